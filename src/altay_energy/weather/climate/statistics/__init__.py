"""Figures of a record or of synthetic years."""
