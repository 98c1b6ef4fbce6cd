"""Calendar curves: smooth series from monthly values and from hours of the day."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from functools import lru_cache

import numpy as np

from altay_energy.core.errors import SeriesError
from altay_energy.core.timeline import Integers, Timeline
from altay_energy.core.units import Array
from altay_energy.core.value import read_only

HOURS_PER_DAY = 24
_SMOOTHING_ROUNDS = 120  # converged: more rounds change a day by < 0.1 %


def days_of_year(year: int) -> int:
    """Number of days of a calendar year: 365 or 366."""
    return (date(year + 1, 1, 1) - date(year, 1, 1)).days


def month_of_day(days: int) -> Integers:
    """Month of each day of a year of 365 or 366 days, 0 for January, shape (days,)."""
    lengths = [31, 28 + days - 365, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
    return np.repeat(np.arange(12), lengths)


def in_hemisphere(monthly: Sequence[float], south: bool) -> tuple[float, ...]:
    """Twelve monthly values, shifted by half a year for the southern hemisphere.

    Parameters
    ----------
    monthly : sequence of 12 float
        January first, as north of the equator; any unit.
    south : bool
        Whether to shift them.
    """
    shift = 6 if south else 0
    return (*monthly[shift:], *monthly[:shift])


@lru_cache(maxsize=256)
def daily_from_monthly(monthly: tuple[float, ...], days: int) -> Array:
    """A smooth, cyclic daily curve whose monthly means are the given ones, never negative.

    Parameters
    ----------
    monthly : tuple of 12 float
        Mean of each month, at least 0, any unit.
    days : int
        365 or 366.

    Returns
    -------
    ndarray, shape (days,)
        One value a day, in the unit of ``monthly``; read-only.

    Notes
    -----
    The step curve of the months is smoothed by a running mean over three days; then each month is
    brought back to its mean, and so on [1]_. The correction is a factor, as that work proposes
    where values have a lower bound, so a month of zero stays zero and nothing turns negative.

    References
    ----------
    .. [1] M. D. Rymes and D. R. Myers, "Mean preserving algorithm for smoothly interpolating
       averaged data", Solar Energy 71(4), 225-231, 2001.
    """
    month = month_of_day(days)
    target = np.asarray(monthly, dtype=np.float64)
    length = np.bincount(month)
    curve: Array = target[month]
    for _ in range(_SMOOTHING_ROUNDS):
        curve = (np.roll(curve, 1) + curve + np.roll(curve, -1)) / 3.0
        mean = np.bincount(month, curve) / length
        factor = np.divide(target, mean, out=np.zeros(12), where=mean > 0.0)
        curve = curve * factor[month]
    return read_only(curve)


@lru_cache(maxsize=256)
def day_curve(hourly: tuple[float, ...], step_hours: float) -> Array:
    """Means over the steps of a day of the smooth curve through 24 hourly values.

    The curve runs straight from the middle of one hour to the middle of the next, round the
    clock, so quarters of an hour average to just what the whole hour has.

    Parameters
    ----------
    hourly : tuple of 24 float
        Value of each clock hour, any unit.
    step_hours : float
        1, 0.5 or 0.25. [h]

    Returns
    -------
    ndarray, shape (24 / step_hours,)
        In the unit of ``hourly``; read-only.
    """
    quarters = (np.arange(4 * HOURS_PER_DAY) + 0.5) / 4.0
    knots = np.arange(HOURS_PER_DAY) + 0.5
    # Knots lie on edges of quarters, so the curve is straight within each: its middle is its mean.
    means = np.interp(quarters, knots, np.asarray(hourly), period=HOURS_PER_DAY)
    return read_only(means.reshape(-1, round(4 * step_hours)).mean(axis=1))


def years_of(timeline: Timeline) -> range:
    """Local calendar years that a timeline touches."""
    return range(int(timeline.year[0]), int(timeline.year[-1]) + 1)


def steps_of_year(year: int, step_hours: float) -> int:
    """Number of intervals of a calendar year."""
    return round(days_of_year(year) * HOURS_PER_DAY / step_hours)


def first_step(timeline: Timeline) -> int:
    """Position of the first interval, counted from the beginning of its local calendar year.

    Raises
    ------
    SeriesError
        If the intervals do not begin with the steps of the local clock.
    """
    start = timeline.local[0]
    seconds = int((start - start.astype("datetime64[Y]")).astype(np.int64))
    if seconds % timeline.step_seconds:
        raise SeriesError(
            f"the period begins at {start} on the local clock, within a step of "
            f"{timeline.step_hours:g} h; begin it on a whole step, as at 00:00"
        )
    return seconds // timeline.step_seconds
