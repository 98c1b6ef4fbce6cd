"""Explanations of infeasible problems, and changes that make them feasible."""
