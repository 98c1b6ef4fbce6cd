"""Rolling dispatch on forecasts."""

from altay_energy.core.moved import forward

__getattr__ = forward(__name__, "rolling")
