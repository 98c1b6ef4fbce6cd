"""Linear programs along time and their solvers, independent of the subject of a program."""
