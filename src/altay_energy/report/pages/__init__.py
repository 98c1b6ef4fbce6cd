"""Tables on the screen and HTML reports."""
