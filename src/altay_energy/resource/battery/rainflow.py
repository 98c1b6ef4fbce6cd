"""Rainflow counting: the cycles of which a history of levels is made."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from altay_energy.core.units import Array


@dataclass(frozen=True, eq=False)
class Cycles:
    """Cycles of one history, in no particular order.

    Parameters
    ----------
    depth, mean : ndarray, shape (K,)
        Range from low to high, and middle between the two, in the unit of the history.
    count : ndarray, shape (K,)
        1 for a full cycle, 0.5 for a half cycle. [-]
    """

    depth: Array
    mean: Array
    count: Array


def turning_points(level: Array) -> Array:
    """First and last value of a history, and each value between where it turns.

    Parameters
    ----------
    level : ndarray, shape (T,)
        A constant history has one turning point.

    Returns
    -------
    ndarray, shape (P,)
        Rising and falling by turns.
    """
    if level.size < 2:
        return level
    moved: Array = level[np.concatenate([[True], np.diff(level) != 0.0])]
    if moved.size < 3:
        return moved
    rises = np.diff(moved) > 0.0
    turns: Array = moved[np.concatenate([[True], rises[1:] != rises[:-1], [True]])]
    return turns


def rainflow(level: Array, *, repeats: bool = False) -> Cycles:
    r"""Cycles of a history by rainflow counting of ASTM E1049.

    Parameters
    ----------
    level : ndarray, shape (T,)
        History, as a share of the capacity. [-]
    repeats : bool
        Whether the history is followed by itself for ever, as the year of a simulation is: then it
        is turned to begin and end at its highest level, and every cycle closes (E1049, 5.4.5).
        Otherwise what does not close within the history counts as half cycles (5.4.4).

    Returns
    -------
    Cycles

    Notes
    -----
    A range between two neighbouring turning points that is no larger than the ranges before and
    after it is a full cycle, and its two points leave the history: the four-point form of the rule,
    which gives the cycles of E1049 whatever the order of removal [1]_. All such ranges that have no
    point in common leave at once; some ten rounds are enough for a year of hours. What remains
    grows and then shrinks, and its ranges are half cycles.

    References
    ----------
    .. [1] ASTM E1049-85(2017), Standard Practices for Cycle Counting in Fatigue Analysis; Amzallag
       and others, Int. J. Fatigue 16 (1994) 287-293, for the four-point form.
    """
    points = turning_points(np.asarray(level, dtype=np.float64))
    if repeats and points.size > 1:
        first = int(np.argmax(points))
        points = turning_points(np.concatenate([points[first:], points[: first + 1]]))
    depths, means = [], []
    while points.size >= 4:
        span = np.abs(np.diff(points))
        closed = 1 + _apart((span[1:-1] <= span[:-2]) & (span[1:-1] <= span[2:]))
        if closed.size == 0:
            break
        depths.append(span[closed])
        means.append(0.5 * (points[closed] + points[closed + 1]))
        points = np.delete(points, np.concatenate([closed, closed + 1]))
    rest = np.abs(np.diff(points))
    full = np.concatenate([*depths, rest[:0]])
    middle = 0.5 * (points[1:] + points[:-1])
    return Cycles(
        depth=np.concatenate([full, rest]),
        mean=np.concatenate([*means, middle]),
        count=np.concatenate([np.ones(full.size), np.full(rest.size, 0.5)]),
    )


def _apart(chosen: NDArray[np.bool_]) -> NDArray[np.intp]:
    """Positions that are chosen, every other one where several follow each other."""
    place = np.arange(chosen.size)
    begins = np.maximum.accumulate(np.where(chosen, -1, place))
    return np.flatnonzero(chosen & ((place - begins) % 2 == 1))
