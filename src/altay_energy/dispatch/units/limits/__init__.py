"""Limits and charges over the period in plans of whole units."""
