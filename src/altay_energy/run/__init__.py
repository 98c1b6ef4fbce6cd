"""Portfolios, their dispatch problem, and the run."""
