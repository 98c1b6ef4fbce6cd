"""Linear programs along time and their solvers; nothing here knows of energy."""
