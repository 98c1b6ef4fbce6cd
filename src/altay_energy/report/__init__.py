"""Charts, tables and pages: what people see of a run.

Matplotlib is imported by ``fonts``, ``canvas`` and the ``plots`` modules alone; tables and pages
do without it.
"""
