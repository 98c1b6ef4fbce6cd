"""Stations of units in a program: outer approximation, energy of water, residual cost."""
