"""Ensembles: many weather years and members of one scenario, with quantiles and intervals."""
