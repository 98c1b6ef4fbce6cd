"""Ratios of figures, which stay finite whatever the whole is."""

from __future__ import annotations

import numpy as np

from altay_energy.units import Array

_NOTHING = 1e-290
"""A whole smaller than this share of its part is none: the ratio would be no number."""


def ratio(part: Array, whole: Array | np.float64) -> Array:
    """Part / whole; 0 where the whole is 0, or next to nothing beside the part.

    Parameters
    ----------
    part, whole : ndarray, shapes that broadcast
        In the same unit.

    Returns
    -------
    ndarray
        Finite. [-]
    """
    part, whole = np.broadcast_arrays(part, whole)
    some = np.abs(whole) > _NOTHING * np.abs(part)
    return np.divide(part, whole, out=np.zeros(part.shape), where=some)
