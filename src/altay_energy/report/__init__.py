"""Charts, tables, pages and result files of a run.

Only ``chart`` and ``plots`` import Matplotlib; tables and pages do not need it.
"""
