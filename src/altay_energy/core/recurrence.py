"""Recurrences over time, solved exactly and without a loop over steps.

Machines that stop on one event and restart on another keep the state of the last event, which
a running maximum finds. The level of a store that neither overflows nor runs below its floor obeys

    x[t + 1] = clip(keep · x[t] + gain[t], low, high).

Each step is thus a map x → clip(slope · x + offset, low, high), and the composition of two such
maps is a map of the same form. Neighbouring steps are joined in pairs, pairs in fours, up to the
whole period; on the way down, each map passes its middle level to the two maps that it joins. That
is O(T) work in about 2 log2(T) vectorised operations.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import repeat

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import ndtri

from altay_energy.core.units import Array

Flags = NDArray[np.bool_]

SPREAD_QUANTILES = 9
"""Groups of turbines, of equal number, that represent the scatter of wind within a farm."""

# One operation works on this many numbers, so that its operands stay in the processor's cache.
_BLOCK = 1 << 18
# Gains and losses of a period that cancel to this share of the band, or of what they move where
# that is less, count as balanced: the sums that lead there are no better than that.
_BALANCED = 1e-12


@dataclass(frozen=True)
class ClippedLine:
    """The map x → clip(slope · x + offset, low, high) of a level over some time.

    Parameters
    ----------
    slope : float or ndarray, shape (...)
        Share of the content that is left after the standing loss, 0 to 1. [-]
    offset, low, high : ndarray, shape (...)
        Energy added, and the bounds of the level. [MWh]
    """

    slope: Array | float
    offset: Array
    low: Array
    high: Array

    def __call__(self, level: Array) -> Array:
        """Level at the end, from the level at the beginning, shape (...). [MWh]"""
        return _clip(self.slope * level + self.offset, self.low, self.high)

    def fixed_point(self, preferred: float, rounding: Array | float = 0.0) -> Array:
        """Level at the beginning that equals the level at the end, shape (...). [MWh]

        Parameters
        ----------
        preferred : float
            Taken, clipped into the band, where every level of the band comes back. [MWh]
        rounding : ndarray, shape (...), or float
            Offsets no larger than this are zero. [MWh]
        """
        # A line of slope < 1 crosses the diagonal once, at offset / (1 - slope), and the band cuts
        # that crossing off where it lies outside. At slope 1 the level drifts to one end or stays.
        if np.all(self.slope < 1.0):
            crossing = self.offset / (1.0 - self.slope)
        else:
            crossing = np.where(
                np.abs(self.offset) <= rounding, preferred, np.copysign(np.inf, self.offset)
            )
        return _clip(crossing, self.low, self.high)


@dataclass(frozen=True)
class _Rung:
    """All maps of one length in time, shape (..., steps of that length)."""

    slope: Array | float
    offset: Array
    low: Array
    high: Array

    def every_other(self, first: int, stop: int) -> _Rung:
        part = (..., slice(first, stop, 2))
        slope = self.slope if isinstance(self.slope, float) else self.slope[part]
        return _Rung(slope, self.offset[part], self.low[part], self.high[part])

    def last(self) -> ClippedLine:
        slope = self.slope if isinstance(self.slope, float) else self.slope[..., -1]
        return ClippedLine(slope, *(a[..., -1] for a in (self.offset, self.low, self.high)))


def bounded_levels(
    keep: Array | float, gain: Array, low: float, high: float, start: ArrayLike
) -> Array:
    r"""Levels of a store that decays, gains, runs empty and overflows, from a given start.

    Parameters
    ----------
    keep : float or ndarray, shape (..., T)
        Share of the content that is left after each step, at least 0. [-]
    gain : ndarray, shape (..., T)
        What would be added in each step if the store had no bounds. [MWh]
    low, high : float
        The store's bounds. [MWh]
    start : array_like, shape (...)
        First level, within the bounds. [MWh]

    Returns
    -------
    ndarray, shape (..., T + 1)
        Level at each edge of the steps. [MWh]

    Notes
    -----
    :math:`x_t = \min(\max(k_t x_{t-1} + g_t, l), h)`, solved as a prefix scan [1]_.

    References
    ----------
    .. [1] Blelloch, G. E. (1990), Prefix sums and their applications, CMU-CS-90-190.
    """
    shares: Iterable[Array | float] = repeat(keep) if isinstance(keep, float) else ()
    if not isinstance(keep, float):
        keep, gain = np.broadcast_arrays(keep, gain)
        shares = _blocks(_as_rows(keep))
    rows = _as_rows(gain)
    first = np.broadcast_to(np.asarray(start, dtype=np.float64), gain.shape[:-1]).reshape(-1, 1)
    levels = np.empty((rows.shape[0], rows.shape[1] + 1))
    steps = rows.shape[1]
    parts = zip(shares, _blocks(rows), _blocks(first, steps), _blocks(levels, steps), strict=False)
    for share, block, begin, out in parts:
        _descend(_climb(share, block, low, high), begin[:, 0], out)
    return levels.reshape(*gain.shape[:-1], levels.shape[1])


def cyclic_levels(keep: float, gain: Array, low: float, high: float, preferred: float) -> Array:
    """Levels that end the period exactly where they began it.

    Parameters
    ----------
    keep : float
        Share of the content that is left after one step, 0 to 1. [-]
    gain, low, high
        As in `bounded_levels`.
    preferred : float
        First level where several would do, as without loss and with balanced gains. [MWh]

    Returns
    -------
    ndarray, shape (..., T + 1)
        Level at each edge of the steps. [MWh]
    """
    rows = _as_rows(gain)
    levels = np.empty((rows.shape[0], rows.shape[1] + 1))
    for block, out in zip(_blocks(rows), _blocks(levels, rows.shape[1]), strict=True):
        rungs = _climb(keep, block, low, high)
        rounding = _BALANCED * np.minimum(high - low, np.abs(block).sum(axis=1))
        _descend(rungs, _whole(rungs).fixed_point(preferred, rounding), out)
        out[:, -1] = out[:, 0]  # equal already but for rounding
    return levels.reshape(*gain.shape[:-1], levels.shape[1])


def _climb(keep: Array | float, gain: Array, low: float, high: float) -> list[_Rung]:
    """Rungs from single steps up to one map; a left-over last step stays on its rung."""
    # Offsets may grow far beyond the store, but only where low and high have met, and then they no
    # longer matter: a map that moves every level past an end of the band leads all to that end.
    # So the rounding of sums over a year is no larger than that of the levels themselves.
    band = (np.broadcast_to(np.float64(end), gain.shape) for end in (low, high))
    rungs = [_Rung(keep, gain, *band)]
    while (count := rungs[-1].offset.shape[-1]) > 1:
        paired = count - count % 2
        first, second = rungs[-1].every_other(0, paired), rungs[-1].every_other(1, paired)
        slope = first.slope * second.slope
        reached = [second.slope * a + second.offset for a in (first.offset, first.low, first.high)]
        bounds = (_clip(a, second.low, second.high, out=a) for a in reached[1:])
        rungs.append(_Rung(slope, reached[0], *bounds))
    return rungs


def _whole(rungs: list[_Rung]) -> ClippedLine:
    """All maps one after another: the top one, then the left-over steps in order of time."""
    line = rungs[-1].last()
    for rung in reversed(rungs[:-1]):
        if rung.offset.shape[-1] % 2:
            later = rung.last()
            line = ClippedLine(
                line.slope * later.slope,
                later.slope * line.offset + later.offset,
                later(line.low),
                later(line.high),
            )
    return line


def _descend(rungs: list[_Rung], start: Array, out: Array) -> None:
    """Fill ``out``, shape (R, T + 1), with the levels that follow from ``start``, shape (R,)."""
    levels = start[:, np.newaxis]
    for rung in reversed(rungs):
        count = rung.offset.shape[-1]
        finer = out if rung is rungs[0] else np.empty((out.shape[0], count + 1))
        finer[:, 0::2] = levels[:, : count // 2 + 1]
        before, after = finer[:, 0:count:2], finer[:, 1::2]
        step = rung.every_other(0, count)
        np.multiply(before, step.slope, out=after)
        after += step.offset
        _clip(after, step.low, step.high, out=after)
        levels = finer


def _clip(
    values: Array, low: Array | float, high: Array | float, out: Array | None = None
) -> Array:
    # Two plain operations take half the time of np.clip.
    return np.minimum(np.maximum(values, low, out=out), high, out=out)


def _as_rows(series: Array) -> Array:
    return series.reshape(-1, series.shape[-1])


def _blocks(rows: Array, steps: int | None = None) -> Iterator[Array]:
    """Views of several rows each; ``steps`` sets their height if the rows are longer."""
    height = max(1, _BLOCK // (steps or rows.shape[1]))
    for first in range(0, rows.shape[0], height):
        yield rows[first : first + height]


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
        It stops above the first and restarts at the second or below; ``restart_at`` is not
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
        If the thresholds are in the wrong order.
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
        It stops below the first and restarts at the second or above; ``restart_at`` is not
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
        If the thresholds are in the wrong order.
    """
    if restart_at < stop_below:
        raise ValueError(f"restart_at = {restart_at:g} must not be below stop_below = {stop_below}")
    values = np.asarray(signal, dtype=np.float64)
    return latched(values < stop_below, values >= restart_at, running)


def storm_share(
    wind_speed_m_s: Array, cut_out_m_s: float, restart_m_s: float, spread: float = 0.0
) -> Array:
    """Share of a farm's power that remains while turbines wait to restart after a storm.

    Parameters
    ----------
    wind_speed_m_s : ndarray, shape (..., T)
        Mean over the farm, at the hub. [m s⁻¹]
    cut_out_m_s, restart_m_s : float
        Each turbine stops above the first and restarts at the second. [m s⁻¹]
    spread : float
        Standard deviation of wind among the turbines over its mean. [-]

    Returns
    -------
    ndarray, shape (..., T)
        Running turbines over turbines whose wind is below cut-out: the farm's curve, smoothed by
        the same deviation, already contains those above cut-out. [-]
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
