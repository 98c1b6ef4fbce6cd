"""Snow and rain to river flow, and its calibration."""
