"""Rounding and holding of a wind record, and its Weibull distribution."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from altay_energy.core.units import Array

RESOLUTIONS_M_S = (1.0, 0.5, 0.1)
ON_GRID_SHARE = 0.995
"""Share of values on a grid, from which the record counts as rounded to it."""

HELD_HOURS = (12, 8, 6, 4, 3, 2)
HELD_SHARE = 0.9
"""Share of all changes at one hour of a block, from which values count as held."""

FEWEST_CHANGES = 100

FINEST_CELL_M_S = 0.1
"""Width of the cells in which an unrounded record is counted. [m s⁻¹]"""


@dataclass(frozen=True)
class Keeping:
    """Rounding and holding of a wind record.

    Parameters
    ----------
    resolution_m_s : float
        To which values are rounded; 0 where they are not. [m s⁻¹]
    held_hours : int
        Hours for which each observation is held; 1 in a true hourly record. [h]
    held_phase : int
        Hour of the record, modulo ``held_hours``, with which an observation begins.
    """

    resolution_m_s: float = 0.0
    held_hours: int = 1
    held_phase: int = 0

    @property
    def hourly(self) -> bool:
        """Whether every hour was observed."""
        return self.held_hours == 1


def keeping(speed: Array) -> Keeping:
    """Detect rounding and holding of a wind record.

    Parameters
    ----------
    speed : ndarray, shape (T,)
        Hourly. [m s⁻¹]

    Returns
    -------
    Keeping
    """
    hours, phase = held_hours(speed)
    return Keeping(resolution(speed), hours, phase)


def resolution(speed: Array) -> float:
    """Grid to which speeds are rounded.

    Parameters
    ----------
    speed : ndarray, shape (T,)
        [m s⁻¹]

    Returns
    -------
    float
        1, 0.5 or 0.1; 0 where values lie between. [m s⁻¹]
    """
    for grid in RESOLUTIONS_M_S:
        off = np.abs(speed / grid - np.round(speed / grid))
        if np.mean(off < 1e-6) >= ON_GRID_SHARE:
            return grid
    return 0.0


def held_hours(speed: Array) -> tuple[int, int]:
    """Hours for which each observation is held, where only some hours of the day were observed.

    Parameters
    ----------
    speed : ndarray, shape (T,)
        Hourly. [m s⁻¹]

    Returns
    -------
    hours : int
        Longest block of hours at whose beginning nearly all changes fall; 1 where there is none,
        or too few changes to tell. [h]
    phase : int
        Position of the first such beginning.
    """
    changes = np.flatnonzero(np.diff(speed) != 0.0) + 1
    if changes.size < FEWEST_CHANGES:
        return 1, 0
    for hours in HELD_HOURS:
        at = np.bincount(changes % hours, minlength=hours)
        if at.max() > HELD_SHARE * changes.size:
            return hours, int(at.argmax())
    return 1, 0


def as_kept(speed: Array, how: Keeping) -> Array:
    """Wind rounded and held like that of a record.

    Parameters
    ----------
    speed : ndarray, shape (..., T)
        Hourly. [m s⁻¹]
    how : Keeping

    Returns
    -------
    ndarray, shape (..., T)
        The first hour of each block is held for all of it; then rounded. [m s⁻¹]
    """
    if how.held_hours > 1:
        hour = np.arange(speed.shape[-1])
        first = hour - (hour - how.held_phase) % how.held_hours
        speed = speed[..., first]  # before the first beginning: from the end, as years turn round
    if how.resolution_m_s > 0.0:
        speed = np.round(speed / how.resolution_m_s) * how.resolution_m_s
    return np.asarray(speed, np.float64)


def weibull_by_moments(speed: Array) -> Array:
    """Weibull shape from mean and deviation of all hours, calms included.

    Parameters
    ----------
    speed : ndarray, shape (..., T)
        [m s⁻¹]

    Returns
    -------
    ndarray, shape (...)
        [-]; NaN where the wind does not vary. Good to 1 % for shapes from 1 to 10.

    References
    ----------
    .. [1] C. G. Justus et al., "Methods for estimating wind speed frequency distributions",
       J. Appl. Meteorol. 17, 350-353, 1978.
    """
    mean, deviation = speed.mean(-1), speed.std(-1)
    alive = deviation > 1e-9 * np.maximum(mean, 1e-9)
    ratio = np.where(alive, deviation, 1.0) / np.where(alive, mean, 1.0)
    return np.where(alive, ratio**-1.086, np.nan)


def weibull_fit(speed: Array, resolution_m_s: float = 0.0) -> tuple[float, float]:
    r"""Weibull shape and scale of the hours in which the wind blows, by maximum likelihood.

    Parameters
    ----------
    speed : ndarray, shape (T,)
        [m s⁻¹]
    resolution_m_s : float
        To which speeds are rounded, 0 where they are not. [m s⁻¹]

    Returns
    -------
    shape : float
        [-]; NaN where fewer than three different speeds blow.
    scale : float
        [m s⁻¹]

    Notes
    -----
    A rounded speed means a wind in a cell of the width :math:`r`, and a calm means that the
    anemometer did not turn. So cells are counted, calms are left out, and the likelihood of the
    others is that of a Weibull distribution above the lower edge :math:`a` of the lowest cell:

    .. math:: \ln L = \sum_i n_i \ln \frac{S(v_i - r/2) - S(v_i + r/2)}{S(a)},
              \quad S(v) = e^{-(v/c)^k}

    Unrounded speeds are counted in cells of 0.1 m/s.
    """
    from scipy.optimize import minimize

    width = max(resolution_m_s, FINEST_CELL_M_S)
    cell, count = np.unique(np.round(speed / width).astype(np.int64), return_counts=True)
    cell, count = cell[cell > 0], count[cell > 0]
    if cell.size < 3:
        return float("nan"), float("nan")
    low, high = (cell - 0.5) * width, (cell + 0.5) * width

    def surprise(parameters: Array) -> float:
        shape, scale = np.exp(parameters)
        a, b = (low / scale) ** shape, (high / scale) ** shape
        logarithm = a[0] - a + np.log(np.maximum(-np.expm1(a - b), 1e-300))
        return -float(count @ logarithm) / float(count.sum())

    middle = cell * width
    mean = float(count @ middle) / count.sum()
    start = np.log([2.0, mean * 1.13])
    bounds = [(np.log(0.2), np.log(30.0)), (np.log(mean / 50.0), np.log(mean * 10.0))]
    best = minimize(surprise, start, method="L-BFGS-B", bounds=bounds)
    shape, scale = np.exp(best.x)
    return float(shape), float(scale)
