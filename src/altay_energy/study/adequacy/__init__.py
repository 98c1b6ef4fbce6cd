"""Adequacy: frequency, duration and depth of shortfalls, and the load that plants carry."""
