"""What a dispatcher returns, and what it costs."""

from altay_energy.core.moved import forward

__getattr__ = forward(__name__, "result")
