"""Figures and hourly series of a run."""
