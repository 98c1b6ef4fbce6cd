"""Sweep: a scenario with some of its keys varied, as a grid, a list or a sample."""
