"""Loops over time that no array operation replaces, and how they run."""
