"""Rivers and hydropower plants."""
