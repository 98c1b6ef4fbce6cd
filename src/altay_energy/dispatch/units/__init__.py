"""Dispatch of whole units, with a bound."""

from altay_energy.core.moved import forward

__getattr__ = forward(__name__, "units")
