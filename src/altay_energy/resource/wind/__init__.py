"""Wind to power: air, shear, power curves, wakes, ice."""

from altay_energy.core.moved import forward

__getattr__ = forward(__name__, "power")
