"""Studies: several runs of a scenario or of several scenarios."""
