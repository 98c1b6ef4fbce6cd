"""Sunlight to power: plane of the modules, rows, snow, modules and inverters."""

from altay_energy.core.moved import forward

__getattr__ = forward(__name__, "irradiance")
