"""From weather files to the weather of a run, and descriptions for people."""
