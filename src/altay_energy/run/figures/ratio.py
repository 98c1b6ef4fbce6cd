"""Ratios of figures, which stay finite whatever the whole is."""

from __future__ import annotations

import numpy as np

from altay_energy.core.units import Array

_NOTHING = 1e-290
"""A whole smaller than this share of its part counts as this share: the ratio stays a number."""


def ratio(part: Array, whole: Array | np.float64) -> Array:
    """Part / whole, at most 1e290; 0 where the whole is 0.

    Parameters
    ----------
    part, whole : ndarray, shapes that broadcast
        In the same unit, the whole at least 0.

    Returns
    -------
    ndarray
        Finite. [-]
    """
    part, whole = np.broadcast_arrays(part, whole)
    least = np.maximum(whole, _NOTHING * np.abs(part))
    return np.divide(part, least, out=np.zeros(part.shape), where=whole > 0.0)
