"""What a dispatcher is given: arrays, limits, prices."""

from altay_energy.core.moved import forward

__getattr__ = forward(__name__, "problem")
