"""Figures of shortfalls of a run, and their means over many runs with intervals.

Names and definitions follow NERC, Probabilistic Adequacy and Measures (2018), and the EPRI
explainers of resource adequacy: LOLE counts days with loss, LOLH hours, EENS is the energy; a
shortfall is a sequence of hours with loss, LOLD the mean length of shortfalls.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from scipy.stats import t as student

from altay_energy.core.timeline import Timeline
from altay_energy.core.units import Array
from altay_energy.core.value import Value
from altay_energy.study.runner.results import HOURS, IN_HOURS, MONTHS

LEVEL = 0.95
"""Confidence of an interval. [-]"""

ROUNDING = 1e-9
"""Share of the highest load up to which a shortfall is rounding. [-]"""


def shortfalls(unserved_mw: Array, load_mw: Array, timeline: Timeline) -> dict[str, Array]:
    """Return the figures of the shortfalls of each run.

    Parameters
    ----------
    unserved_mw, load_mw : ndarray, shape (R, T)
        Unserved load, and load. [MW]
    timeline : Timeline
        The T intervals.

    Returns
    -------
    dict of str to ndarray, shape (R,)
        ``lolh_h``, ``eens_mwh``, ``lole_days``, ``shortfalls`` (their number), ``lold_h``,
        ``longest_shortfall_h`` and ``deepest_shortfall_mw``. The mean length is NaN without a
        shortfall; the longest and deepest are 0.
    """
    hours = timeline.step_hours
    short = unserved_mw > ROUNDING * np.max(load_mw, initial=0.0)
    padded = np.zeros((short.shape[0], short.shape[1] + 2), dtype=np.int8)
    padded[:, 1:-1] = short
    edge = np.diff(padded, axis=1)
    begins = (edge == 1).sum(axis=1)
    days = timeline.local.astype("datetime64[D]").astype(np.int64)
    firsts = np.flatnonzero(np.diff(days, prepend=days[0] - 1))
    lost_days = np.logical_or.reduceat(short, firsts, axis=1).sum(axis=1)
    lost = short.sum(axis=1) * hours
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = np.where(begins > 0, lost / begins, np.nan)
    return {
        "lolh_h": lost,
        "eens_mwh": np.where(short, unserved_mw, 0.0).sum(axis=1) * hours,
        "lole_days": lost_days.astype(np.float64),
        "shortfalls": begins.astype(np.float64),
        "lold_h": mean,
        "longest_shortfall_h": _longest(edge) * hours,
        "deepest_shortfall_mw": np.where(short, unserved_mw, 0.0).max(axis=1, initial=0.0),
    }


def lost_hours(unserved_mw: Array, load_mw: Array, timeline: Timeline) -> dict[str, Array]:
    """Return the hours with loss of each run by month and hour of the day.

    Parameters
    ----------
    unserved_mw, load_mw : ndarray, shape (R, T)
        Unserved load, and load. [MW]
    timeline : Timeline
        The T intervals, by whose local clock months and hours are counted.

    Returns
    -------
    dict of str to ndarray, shape (R,)
        ``in_hours.m.h`` for month m from 1 and hour h from 0. [h]
    """
    short = unserved_mw > ROUNDING * np.max(load_mw, initial=0.0)
    run, step = np.nonzero(short)
    cells = MONTHS * HOURS
    cell = timeline.month[step] * HOURS + timeline.hour[step].astype(np.int64)
    counted = np.bincount(run * cells + cell, minlength=short.shape[0] * cells)
    lost = np.multiply(counted, timeline.step_hours).reshape(-1, MONTHS, HOURS)
    return {f"{IN_HOURS}{m + 1}.{h}": lost[:, m, h] for m in range(MONTHS) for h in range(HOURS)}


def _longest(edge: Array) -> Array:
    """Return the length of the longest sequence of ones in each run, shape (R,), in steps."""
    found = np.zeros(edge.shape[0])
    rows, first = np.nonzero(edge == 1)
    _, last = np.nonzero(edge == -1)
    np.maximum.at(found, rows, (last - first).astype(np.float64))
    return found


@dataclass(frozen=True)
class Estimate(Value):
    """A mean over many runs with its interval.

    Parameters
    ----------
    value, low, high : float
    runs : int
        Number of independent runs behind the mean.
    """

    value: float
    low: float
    high: float
    runs: int

    def document(self) -> dict[str, float | int | None]:
        """Return its fields as plain values; NaN as None."""
        return {
            name: None if isinstance(value, float) and not np.isfinite(value) else value
            for name, value in self.__dict__.items()
        }


def mean_of(values: Array, years: Array, *, least: float = 0.0) -> Estimate:
    """Return the mean of a figure, with an interval by Student's t over the weather years.

    Draws of the same weather year are not independent, so each year counts as one; with a single
    weather year the draws count. [1]_

    Parameters
    ----------
    values : ndarray, shape (R,)
    years : ndarray, shape (R,)
        Label of the weather year of each run.
    least : float
        Smallest possible value of the figure.

    References
    ----------
    .. [1] W. G. Cochran, Sampling Techniques, 3rd ed., Wiley, 1977, chapter 9 (single-stage cluster
       sampling).
    """
    groups = _grouped(values, years)
    middle, half = float(groups.mean()), _half(groups)
    return Estimate(middle, max(middle - half, least), middle + half, groups.size)


def ratio_of(above: Array, below: Array, years: Array) -> Estimate:
    """Return the ratio of two means with its interval, linearised (Cochran, chapter 6).

    Parameters
    ----------
    above, below : ndarray, shape (R,)
    years : ndarray, shape (R,)
    """
    top, bottom = _grouped(above, years), _grouped(below, years)
    mean = float(bottom.mean())
    if mean == 0.0:
        return Estimate(np.nan, np.nan, np.nan, top.size)
    ratio = float(top.mean()) / mean
    half = _half((top - ratio * bottom) / mean)
    return Estimate(ratio, max(ratio - half, 0.0), ratio + half, top.size)


def _grouped(values: Array, years: Array) -> Array:
    """Return the mean of each weather year; with a single one the values themselves."""
    labels, place = np.unique(years, return_inverse=True)
    if labels.size == 1:
        return values
    return np.asarray(np.bincount(place, values) / np.bincount(place))


def _half(groups: Array) -> float:
    """Return half of the width of the interval of a mean; infinite for a single value."""
    if groups.size < 2:
        return np.inf
    spread = float(groups.std(ddof=1)) / np.sqrt(groups.size)
    return float(student.ppf(0.5 * (1.0 + LEVEL), groups.size - 1) * spread)


MEANS = ("lolh_h", "eens_mwh", "lole_days", "shortfalls")
"""Figures for which the mean over the runs is given."""

MOST = ("longest_shortfall_h", "deepest_shortfall_mw")
"""Figures for which the mean and the largest value of all runs are given."""


def estimates(columns: Mapping[str, Array], years: Array) -> dict[str, dict[str, object]]:
    """Return the figures of an adequacy study.

    Parameters
    ----------
    columns : mapping of str to ndarray, shape (R,)
        Result of `shortfalls`.
    years : ndarray, shape (R,)
    """
    found: dict[str, dict[str, object]] = {
        name: dict(mean_of(columns[name], years).document()) for name in (*MEANS, *MOST)
    }
    found["lold_h"] = dict(ratio_of(columns["lolh_h"], columns["shortfalls"], years).document())
    for name in MOST:
        found[name]["largest"] = float(columns[name].max())
    return found
