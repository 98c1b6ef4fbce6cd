"""Weather files of every known format, and one table of what they mean.

``text`` reads the text files of providers, ``grid`` netCDF; plain CSV and the package's own files
are beside them.
"""
