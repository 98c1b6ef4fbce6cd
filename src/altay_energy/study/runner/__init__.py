"""Runs the jobs of a study and keeps their rows."""
