"""Charts of weather files and climates."""
