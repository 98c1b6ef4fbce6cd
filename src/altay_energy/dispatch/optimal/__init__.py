"""Dispatch with perfect foresight, proven least cost."""

from altay_energy.core.moved import forward

__getattr__ = forward(__name__, "optimal")
