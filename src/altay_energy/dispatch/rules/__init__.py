"""Dispatch by fixed rules."""

from altay_energy.core.moved import forward

__getattr__ = forward(__name__, "rules")
