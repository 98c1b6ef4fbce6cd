"""Readers of weather files, and one table of the formats.

``text`` reads the text files of providers, ``grid`` netCDF; plain CSV and the package's own files
are beside them.
"""
