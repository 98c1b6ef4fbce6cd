"""Weather files: their content as a value, and the checks of it."""
