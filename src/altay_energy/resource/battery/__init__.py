"""Ageing of batteries: cycles of a level history, and the capacity lost with cycles and time."""
