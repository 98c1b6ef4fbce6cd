"""Ageing of batteries: cycles of a level history, and the capacity that they and time take."""
