"""Readers of netCDF: files of a grid, and the reanalyses that come as such."""
