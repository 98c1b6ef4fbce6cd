"""Climate tables fitted to hourly records."""
