"""Many weather years and members of one scenario, and how sure their quantiles are."""
