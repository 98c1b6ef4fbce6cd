"""Stations of reversible units in a program: outer approximation, energy of water, relaxed cost."""
