"""Money of a run: cash flows of a feasibility study and their returns."""
