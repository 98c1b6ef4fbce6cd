"""Linear programs along time and their solvers; no module here knows the subject of a program."""
