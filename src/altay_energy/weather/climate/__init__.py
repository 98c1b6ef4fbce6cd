"""Synthetic weather years: the model, its statistics, its fit, its validation."""

from altay_energy.core.moved import forward

__getattr__ = forward(__name__, "model.generate")
