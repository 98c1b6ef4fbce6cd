"""Machines that remember: stops that wait for a restart, and stores with a floor and a lid.

Both are recurrences over time, solved exactly and without a loop over intervals.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import ndtri

from altay_energy.core.units import Array

Flags = NDArray[np.bool_]

SPREAD_QUANTILES = 9
"""Groups of turbines, of equal number, that stand for the scatter of wind within a farm."""


def latched(stop: ArrayLike, restart: ArrayLike, running: ArrayLike = True) -> Flags:
    """State of a machine that stops on one event and starts again on another.

    Parameters
    ----------
    stop, restart : array_like of bool, shape (..., T)
        Events of each interval; where both are true, the stop counts.
    running : array_like of bool, shape (...)
        State before the first interval.

    Returns
    -------
    ndarray of bool, shape (..., T)
        True where the machine runs. An event acts in its own interval already.

    Notes
    -----
    The state is that of the last interval in which anything happened. The running maximum of the
    positions of such intervals finds it for all intervals at once.
    """
    off, on = np.broadcast_arrays(
        np.asarray(stop, dtype=np.bool_), np.asarray(restart, dtype=np.bool_)
    )
    before = np.broadcast_to(np.asarray(running, dtype=np.bool_)[..., None], (*off.shape[:-1], 1))
    if not off.any() and before.all():
        return np.ones(off.shape, dtype=np.bool_)
    position = np.arange(off.shape[-1], dtype=np.int32)
    last = np.maximum.accumulate(np.where(off | on, position, np.int32(-1)), axis=-1)
    started = np.take_along_axis(on & ~off, np.maximum(last, 0), axis=-1)
    return np.where(last >= 0, started, before)


def runs_below(
    signal: ArrayLike, stop_above: float, restart_at: float, running: ArrayLike = True
) -> Flags:
    """State of a machine that a large signal stops, as a storm stops a turbine.

    Parameters
    ----------
    signal : array_like, shape (..., T)
        Wind speed, for one.
    stop_above, restart_at : float
        It stops above the one and starts again at the other or below; ``restart_at`` is no
        larger. In the unit of the signal.
    running : array_like of bool, shape (...)
        State before the first interval.

    Returns
    -------
    ndarray of bool, shape (..., T)
        True where the machine runs.

    Raises
    ------
    ValueError
        If the thresholds stand the wrong way round.
    """
    if restart_at > stop_above:
        raise ValueError(f"restart_at = {restart_at:g} must not be above stop_above = {stop_above}")
    values = np.asarray(signal, dtype=np.float64)
    return latched(values > stop_above, values <= restart_at, running)


def runs_above(
    signal: ArrayLike, stop_below: float, restart_at: float, running: ArrayLike = True
) -> Flags:
    """State of a machine that a small signal stops, as cold stops a turbine.

    Parameters
    ----------
    signal : array_like, shape (..., T)
        Temperature, for one.
    stop_below, restart_at : float
        It stops below the one and starts again at the other or above; ``restart_at`` is no
        smaller. In the unit of the signal.
    running : array_like of bool, shape (...)
        State before the first interval.

    Returns
    -------
    ndarray of bool, shape (..., T)
        True where the machine runs.

    Raises
    ------
    ValueError
        If the thresholds stand the wrong way round.
    """
    if restart_at < stop_below:
        raise ValueError(f"restart_at = {restart_at:g} must not be below stop_below = {stop_below}")
    values = np.asarray(signal, dtype=np.float64)
    return latched(values < stop_below, values >= restart_at, running)


def storm_share(
    wind_speed_m_s: Array, cut_out_m_s: float, restart_m_s: float, spread: float = 0.0
) -> Array:
    """Share of a farm's power that is left when turbines wait for calmer wind after a storm.

    Parameters
    ----------
    wind_speed_m_s : ndarray, shape (..., T)
        Mean over the farm, at the hub. [m s⁻¹]
    cut_out_m_s, restart_m_s : float
        Each turbine stops above the one and starts again at the other. [m s⁻¹]
    spread : float
        Standard deviation of wind among the turbines over its mean. [-]

    Returns
    -------
    ndarray, shape (..., T)
        Turbines that run over turbines whose wind is below cut-out: the farm's curve, smoothed by
        the same spread, knows of those above cut-out already. [-]
    """
    if spread == 0.0:
        return runs_below(wind_speed_m_s, cut_out_m_s, restart_m_s).astype(np.float64)
    quantiles = ndtri((np.arange(SPREAD_QUANTILES) + 0.5) / SPREAD_QUANTILES)
    below, running = np.zeros_like(wind_speed_m_s), np.zeros_like(wind_speed_m_s)
    for quantile in quantiles:
        wind = max(1.0 + spread * quantile, 0.0) * wind_speed_m_s
        below += wind <= cut_out_m_s
        running += runs_below(wind, cut_out_m_s, restart_m_s)
    return np.divide(running, below, out=np.zeros_like(below), where=below > 0.0)


def bounded_levels(keep: Array, gain: Array, cap: float, start: ArrayLike = 0.0) -> Array:
    r"""Level of a store that decays, gains, runs empty and overflows.

    Parameters
    ----------
    keep : ndarray, shape (..., T)
        Share of the level that is left after each interval, at least 0. [-]
    gain : ndarray, shape (..., T)
        What is added in each interval, negative where it is taken away.
    cap : float
        Largest level, greater than 0; the smallest is 0.
    start : array_like, shape (...)
        Level before the first interval, 0 to ``cap``.

    Returns
    -------
    ndarray, shape (..., T)
        Level at the end of each interval, in the unit of ``gain``.

    Notes
    -----
    :math:`x_t = \min(\max(k_t x_{t-1} + g_t, 0), c)`. Such a map followed by another is a map
    :math:`x \mapsto \min(\max(k x + g, l), h)` again, so neighbours are joined in pairs, the
    pairs are solved in the same way, and each pair hands its level to its first half [1]_.

    References
    ----------
    .. [1] Blelloch, G. E. (1990), Prefix sums and their applications, CMU-CS-90-190.
    """
    keep, gain = np.broadcast_arrays(keep, gain)
    low, high = np.zeros_like(gain, dtype=np.float64), np.full(gain.shape, float(cap))
    first = np.broadcast_to(np.asarray(start, dtype=np.float64), gain.shape[:-1])
    return _scan(keep, gain, low, high, first)


def _scan(keep: Array, gain: Array, low: Array, high: Array, start: Array) -> Array:
    """Levels after each of T maps x → clip(keep · x + gain, low, high), shape (..., T)."""
    steps = gain.shape[-1]
    if steps == 1:
        return np.minimum(np.maximum(keep * start[..., None] + gain, low), high)
    whole = steps // 2 * 2
    k1, g1, l1, h1 = (x[..., 0:whole:2] for x in (keep, gain, low, high))
    k2, g2, l2, h2 = (x[..., 1:whole:2] for x in (keep, gain, low, high))
    shift = k2 * g1 + g2
    levels = np.empty(gain.shape)
    levels[..., 1::2] = _scan(
        k2 * k1,
        shift,
        np.minimum(np.maximum(k2 * l1 + g2, l2), h2),
        np.minimum(np.maximum(k2 * h1 + g2, l2), h2),
        start,
    )
    before = np.concatenate([start[..., None], levels[..., 1 : steps - 1 : 2]], axis=-1)
    even = keep[..., 0::2] * before + gain[..., 0::2]
    levels[..., 0::2] = np.minimum(np.maximum(even, low[..., 0::2]), high[..., 0::2])
    return levels
