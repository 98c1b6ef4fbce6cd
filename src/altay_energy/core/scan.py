"""Levels of a bounded store over the whole period, exactly and without a loop over hours.

The level of a store that neither overflows nor runs below its floor obeys

    x[t + 1] = clip(keep · x[t] + gain[t], low, high).

Each hour is thus a map of the form x → clip(slope · x + offset, low, high), and doing one such map
after another is again a map of that form. So neighbouring hours can be joined in pairs, pairs in
fours, and so on up to the whole period; going down again, each map hands its middle level to the
two it was made of. That is O(T) work in about 2 log2(T) vectorised strokes.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from altay_energy.core.units import Array

# One stroke works on this many numbers, so that its operands stay in the processor's cache.
_BLOCK = 1 << 18
# Gains and losses of a period that cancel to this share of the band, or of what they move where
# that is less, count as balanced: the sums that lead there are no better than that.
_BALANCED = 1e-12


@dataclass(frozen=True)
class ClippedLine:
    """The map x → clip(slope · x + offset, low, high) of a level over some time.

    Parameters
    ----------
    slope : float
        Share of the content that is left after the standing loss, 0 to 1. [-]
    offset, low, high : ndarray, shape (...)
        What is added, and the band of levels that can be reached. [MWh]
    """

    slope: float
    offset: Array
    low: Array
    high: Array

    def __call__(self, level: Array) -> Array:
        """Level at the end, from the level at the beginning, shape (...). [MWh]"""
        return _clip(self.slope * level + self.offset, self.low, self.high)

    def fixed_point(self, preferred: float, rounding: Array | float = 0.0) -> Array:
        """Level that ends where it began, shape (...). [MWh]

        Parameters
        ----------
        preferred : float
            Taken, clipped into the band, where every level of the band comes back. [MWh]
        rounding : ndarray, shape (...), or float
            Offsets no larger than this are zero. [MWh]
        """
        # A line of slope < 1 crosses the diagonal once, at offset / (1 - slope), and the band cuts
        # that crossing off where it lies outside. At slope 1 the level drifts to one end or stays.
        if self.slope < 1.0:
            crossing = self.offset / (1.0 - self.slope)
        else:
            crossing = np.where(
                np.abs(self.offset) <= rounding, preferred, np.copysign(np.inf, self.offset)
            )
        return _clip(crossing, self.low, self.high)


@dataclass(frozen=True)
class _Rung:
    """All maps of one length in time, shape (..., steps of that length)."""

    slope: float
    offset: Array
    low: Array
    high: Array

    def every_other(self, first: int, stop: int) -> _Rung:
        part = (..., slice(first, stop, 2))
        return _Rung(self.slope, self.offset[part], self.low[part], self.high[part])

    def last(self) -> ClippedLine:
        return ClippedLine(self.slope, *(a[..., -1] for a in (self.offset, self.low, self.high)))


def whole_period(keep: float, gain: Array, low: float, high: float) -> ClippedLine:
    """The map from the first level to the last.

    Parameters
    ----------
    keep : float
        Share of the content that is left after one step, 0 to 1. [-]
    gain : ndarray, shape (..., T)
        Energy that would be added in each step if the store had no bounds. [MWh]
    low, high : float
        The store's bounds. [MWh]

    Returns
    -------
    ClippedLine
        With arrays of shape (...); exact for levels between ``low`` and ``high``.
    """
    return _whole(_climb(keep, gain, low, high))


def bounded_levels(keep: float, gain: Array, low: float, high: float, start: float) -> Array:
    """Levels from a given start.

    Parameters
    ----------
    keep, gain, low, high
        As in `whole_period`.
    start : float
        First level, within the bounds. [MWh]

    Returns
    -------
    ndarray, shape (..., T + 1)
        Level at each edge of the steps. [MWh]
    """
    rows = _as_rows(gain)
    levels = np.empty((rows.shape[0], rows.shape[1] + 1))
    for block, out in zip(_blocks(rows), _blocks(levels, rows.shape[1]), strict=True):
        _descend(_climb(keep, block, low, high), np.full(block.shape[0], start), out)
    return levels.reshape(*gain.shape[:-1], levels.shape[1])


def cyclic_levels(keep: float, gain: Array, low: float, high: float, preferred: float) -> Array:
    """Levels that end the period exactly where they began it.

    Parameters
    ----------
    keep, gain, low, high
        As in `whole_period`.
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


def _climb(keep: float, gain: Array, low: float, high: float) -> list[_Rung]:
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
    # Two plain strokes take half the time of np.clip.
    return np.minimum(np.maximum(values, low, out=out), high, out=out)


def _as_rows(series: Array) -> Array:
    return series.reshape(-1, series.shape[-1])


def _blocks(rows: Array, steps: int | None = None) -> Iterator[Array]:
    """Views of several rows each; ``steps`` sets their height if the rows are longer."""
    height = max(1, _BLOCK // (steps or rows.shape[1]))
    for first in range(0, rows.shape[0], height):
        yield rows[first : first + height]
