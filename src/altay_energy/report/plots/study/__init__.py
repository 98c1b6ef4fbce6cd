"""Charts of studies: sweeps, ensembles, adequacy, and why two scenarios differ."""
