"""Batteries and pumped-storage stations."""

from altay_energy.core.moved import forward

__getattr__ = forward(__name__, "storage")
