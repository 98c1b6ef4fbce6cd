"""Adequacy: how often, how long and how deep load goes without, and what a plant is worth."""
