"""A dispatch problem as a linear program, and the solution as a dispatch."""
