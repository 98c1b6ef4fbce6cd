"""Loads: series and sectors."""
