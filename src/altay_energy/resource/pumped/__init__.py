"""Reversible units between two reservoirs."""
