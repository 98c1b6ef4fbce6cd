"""Statistics of a climate: means, standard deviations, persistence, daily cycles and spells.

Every statistic is computed year by year, from years of 365 days, so that one typical year is
comparable with thirty synthetic ones: with their mean, and by its rank among them. Series come in
as days and hours, shape (..., 365, 24), on the clock that ``by_day`` gives them; figures leave with
the leading axes.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from altay_energy.core.errors import WeatherError
from altay_energy.core.timeline import Times
from altay_energy.core.units import Array
from altay_energy.weather.sun import SOLAR_CONSTANT

DAYS, HOURS = 365, 24
MONTH_DAYS = (31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
FEBRUARY_29 = 59
"""Day of a leap year, 0 for 1 January."""

SEASONS = {"DJF": (11, 0, 1), "MAM": (2, 3, 4), "JJA": (5, 6, 7), "SON": (8, 9, 10)}
"""Season → months, 0 for January; by first letters, since seasons are reversed in the south."""

HARMONICS = 3
"""Number of harmonics of the seasonal cycle that is subtracted: a year, half a year and a third."""

LEAST_EXTRATERRESTRIAL_WH_M2 = 1000.0
"""Least extraterrestrial irradiation of a day with clearness: noon sun of some 12°. [Wh m⁻²]"""

Flags = NDArray[np.bool_]


def solar_clock_hours(longitude: float) -> int:
    """Offset from UTC of the whole-hour clock that is nearest to the sun of a place.

    Parameters
    ----------
    longitude : float
        [°] east

    Returns
    -------
    int
        -12 to 12. On this clock no sunlit day is cut in two, whatever clock a file uses. [h]
    """
    return round(((longitude + 180.0) % 360.0 - 180.0) / 15.0)


def by_day(values: Array, utc: Times, clock_hours: float) -> Array:
    """Whole years of a regular series, cut into years, days and hours of one clock.

    Parameters
    ----------
    values : ndarray, shape (..., T)
        Interval means.
    utc : ndarray of datetime64[s], shape (T,)
        Beginning of the intervals, one regular step of an hour or a part of it.
    clock_hours : float
        Clock minus UTC, as from ``solar_clock_hours``. [h]

    Returns
    -------
    ndarray, shape (..., Y, 365, 24)
        29 February is left out. A record that begins at another time than 1 January is turned
        round: the part before the first 1 January follows the end.

    Raises
    ------
    WeatherError
        If the record is no whole number of years without holes.
    """
    stamps: Times = np.asarray(utc).astype("datetime64[s]")
    step = int((stamps[1] - stamps[0]).astype(np.int64)) if stamps.size > 1 else 0
    if step <= 0 or 3600 % step or stamps.size % (3600 // step):
        raise WeatherError(f"steps of {step} s: expected whole hours or even parts of them")
    parts = 3600 // step
    local: Times = stamps[::parts] + np.timedelta64(round(3600 * clock_hours), "s")
    hourly = np.asarray(values, np.float64).reshape(*values.shape[:-1], -1, parts).mean(-1)
    key, leap = _hour_of_year(local)
    hourly, key = hourly[..., ~leap], key[~leap]
    years, rest = divmod(key.size, DAYS * HOURS)
    expected = (key[0] + np.arange(key.size)) % (DAYS * HOURS) if key.size else key
    if not years or rest or not np.array_equal(key, expected):
        raise WeatherError(
            f"{key.size} hours without 29 February from {local[0]}: the statistics of a climate "
            "need whole years without holes"
        )
    turned = np.roll(hourly, key[0], axis=-1)
    result: Array = turned.reshape(*hourly.shape[:-1], years, DAYS, HOURS)
    return result


def _hour_of_year(local: Times) -> tuple[NDArray[np.int64], Flags]:
    """Hour of a year of 365 days, and which hours are of 29 February."""
    day = local.astype("datetime64[D]")
    year = day.astype("datetime64[Y]")
    day_of_year = (day - year.astype("datetime64[D]")).astype(np.int64)
    next_year = year + np.timedelta64(1, "Y")
    length = (next_year.astype("datetime64[D]") - year.astype("datetime64[D]")).astype(np.int64)
    leap = (length == DAYS + 1) & (day_of_year == FEBRUARY_29)
    day_of_year -= (length == DAYS + 1) & (day_of_year > FEBRUARY_29)
    hour = (local - day.astype("datetime64[s]")).astype(np.int64) // 3600
    return day_of_year * HOURS + hour, leap


def mean_of_known(values: Array, axis: int | tuple[int, ...]) -> Array:
    """Mean of the finite values along some axes, NaN where there is none.

    Parameters
    ----------
    values : ndarray, shape (...)
        Any unit.
    axis : int or tuple of int

    Returns
    -------
    ndarray
        In the unit of ``values``.
    """
    known = np.isfinite(values)
    count = known.sum(axis)
    total = np.where(known, values, 0.0).sum(axis)
    return np.where(count > 0, total / np.maximum(count, 1), np.nan)


def month_of_day() -> NDArray[np.int64]:
    """Month of each day of a year of 365 days, 0 for January, shape (365,)."""
    return np.repeat(np.arange(12), MONTH_DAYS)


def monthly_means(hours: Array) -> Array:
    """Mean of each month.

    Parameters
    ----------
    hours : ndarray, shape (..., 365, 24)

    Returns
    -------
    ndarray, shape (..., 12)
        In the unit of the series.
    """
    sums = np.add.reduceat(hours.mean(-1), np.cumsum((0, *MONTH_DAYS[:-1])), axis=-1)
    result: Array = sums / np.asarray(MONTH_DAYS)
    return result


def monthly_sums(hours: Array) -> Array:
    """Sum over the hours of each month: W m⁻² become Wh m⁻².

    Parameters
    ----------
    hours : ndarray, shape (..., 365, 24)

    Returns
    -------
    ndarray, shape (..., 12)
    """
    result: Array = monthly_means(hours) * np.asarray(MONTH_DAYS) * HOURS
    return result


def extraterrestrial_wh_m2(latitude: float) -> Array:
    r"""Extraterrestrial irradiation on the horizontal, day by day.

    Parameters
    ----------
    latitude : float
        [°] north

    Returns
    -------
    ndarray, shape (365,)
        [Wh m⁻²]

    Notes
    -----
    .. math:: H_0 = \frac{24}{\pi} S_0 E_0
              (\omega_s \sin\varphi \sin\delta + \cos\varphi \cos\delta \sin\omega_s)

    with declination :math:`\delta` and distance factor :math:`E_0` by Spencer and the sunset hour
    angle :math:`\omega_s` clipped to polar day and night [1]_.

    References
    ----------
    .. [1] M. Iqbal, An Introduction to Solar Radiation, Academic Press, 1983, chapters 1 and 4.
    """
    a = 2.0 * np.pi * np.arange(DAYS) / DAYS
    declination = (
        0.006918
        - 0.399912 * np.cos(a)
        + 0.070257 * np.sin(a)
        - 0.006758 * np.cos(2 * a)
        + 0.000907 * np.sin(2 * a)
        - 0.002697 * np.cos(3 * a)
        + 0.00148 * np.sin(3 * a)
    )
    distance = 1.00011 + 0.034221 * np.cos(a) + 0.00128 * np.sin(a)
    distance += 0.000719 * np.cos(2 * a) + 0.000077 * np.sin(2 * a)
    up = np.sin(np.radians(latitude)) * np.sin(declination)
    along = np.cos(np.radians(latitude)) * np.cos(declination)
    # At a pole the sun turns without rising or setting, and the quotient has no value.
    sunset = np.arccos(np.clip(-up / np.maximum(along, 1e-12), -1.0, 1.0))
    daily = HOURS / np.pi * SOLAR_CONSTANT * distance * (sunset * up + along * np.sin(sunset))
    result: Array = np.maximum(daily, 0.0)
    return result


def daily_clearness(ghi_w_m2: Array, latitude: float) -> Array:
    """Daily clearness index: irradiation over extraterrestrial irradiation.

    Parameters
    ----------
    ghi_w_m2 : ndarray, shape (..., 365, 24)
        On a clock near the sun's. [W m⁻²]
    latitude : float
        [°] north

    Returns
    -------
    ndarray, shape (..., 365)
        [-]; NaN on days with less than ``LEAST_EXTRATERRESTRIAL_WH_M2`` outside.
    """
    outside = extraterrestrial_wh_m2(latitude)
    outside = np.where(outside >= LEAST_EXTRATERRESTRIAL_WH_M2, outside, np.nan)
    result: Array = ghi_w_m2.sum(-1) / outside
    return result


def seasonal_course(daily: Array, harmonics: int = HARMONICS) -> Array:
    """Least-squares seasonal cycle of a year: its mean and the first harmonics.

    Parameters
    ----------
    daily : ndarray, shape (..., 365)
        NaN is left out, the same days in all years.
    harmonics : int
        Waves of 365, 365/2, … days.

    Returns
    -------
    ndarray, shape (..., 365)
        The fit of each year to itself: seven figures out of 365 days, whether there is one year
        or thirty. So a mild year among many has no larger anomalies than a single year.
    """
    angle = 2.0 * np.pi * (np.arange(DAYS) + 0.5) / DAYS
    waves = [np.ones(DAYS)]
    for k in range(1, harmonics + 1):
        waves += [np.cos(k * angle), np.sin(k * angle)]
    basis = np.stack(waves, axis=-1)
    known = np.isfinite(daily).reshape(-1, DAYS).all(0)
    if known.sum() < basis.shape[1]:
        return np.full_like(daily, np.nan)
    return daily[..., known] @ np.linalg.pinv(basis[known]).T @ basis.T


def about_months(hours: Array) -> Array:
    """Daily means less the mean of their month in the same year.

    Parameters
    ----------
    hours : ndarray, shape (..., 365, 24)

    Returns
    -------
    ndarray, shape (..., 365)
        In the unit of the series. Part of the season, its slope through a month, stays in it.
    """
    result: Array = hours.mean(-1) - monthly_means(hours)[..., month_of_day()]
    return result


def lag_correlation(values: Array, lag: int = 1) -> Array:
    """Correlation of each value with the one ``lag`` before.

    Parameters
    ----------
    values : ndarray, shape (..., T)
        Pairs with a NaN are left out.
    lag : int
        Steps, at least 1.

    Returns
    -------
    ndarray, shape (...)
        Pearson's coefficient of the pairs, each side about its own mean [-]; NaN where the values
        do not vary.
    """
    return correlation(values[..., :-lag], values[..., lag:])


def correlation(first: Array, second: Array) -> Array:
    """Pearson's correlation of two series.

    Parameters
    ----------
    first, second : ndarray, shape (..., T)
        Pairs with a NaN are left out.

    Returns
    -------
    ndarray, shape (...)
        [-]; NaN where one of the two does not vary.
    """
    paired = np.isfinite(first) & np.isfinite(second)
    count = np.maximum(paired.sum(-1, keepdims=True), 1)
    x, y = (np.where(paired, side, 0.0) for side in (first, second))
    # Rounding leaves some 1e-16 of a constant; that is no variation.
    alive = np.ones(np.broadcast(x, y).shape[:-1], dtype=bool)
    parts = []
    for side in (x, y):
        about = np.where(paired, side - side.sum(-1, keepdims=True) / count, 0.0)
        alive &= np.abs(about).max(-1) > 1e-10 * np.maximum(np.abs(side).max(-1), 1e-6)
        parts.append(about)
    x, y = parts
    scale = np.sqrt((x * x).sum(-1) * (y * y).sum(-1))
    return np.where(alive, (x * y).sum(-1) / np.where(alive, scale, 1.0), np.nan)


def daily_course(hours: Array, months: tuple[int, ...] | None = None) -> Array:
    """Mean of each hour of the day, over a season or the year.

    Parameters
    ----------
    hours : ndarray, shape (..., 365, 24)
    months : tuple of int, optional
        0 for January; the whole year by default.

    Returns
    -------
    ndarray, shape (..., 24)
    """
    here = np.isin(month_of_day(), range(12) if months is None else months)
    result: Array = hours[..., here, :].mean(-2)
    return result


def daily_amplitude(hours: Array, months: tuple[int, ...] | None = None) -> Array:
    """Highest less lowest hour of the mean daily cycle, shape (...).

    Parameters
    ----------
    hours : ndarray, shape (..., 365, 24)
    months : tuple of int, optional
        0 for January; the whole year by default.

    Returns
    -------
    ndarray, shape (...)
        In the unit of the series.
    """
    course = daily_course(hours, months)
    result: Array = course.max(-1) - course.min(-1)
    return result


@dataclass(frozen=True, eq=False)
class Spells:
    """Spells: uninterrupted runs of a condition; arrays of shape (...).

    Parameters
    ----------
    number : ndarray
        Number of spells, one at the beginning included.
    total : ndarray
        Steps in all of them.
    mean : ndarray
        Steps of one; NaN where there is none.
    longest : ndarray
        Steps of the longest; 0 where there is none.
    """

    number: Array
    total: Array
    mean: Array
    longest: Array


def spells(holds: Flags) -> Spells:
    """Number, total, mean and longest of the runs of True.

    Parameters
    ----------
    holds : ndarray of bool, shape (..., T)

    Returns
    -------
    Spells
        In steps of the series. A run that the beginning or the end of the series cuts counts
        with the part inside.
    """
    lead, steps = holds.shape[:-1], holds.shape[-1]
    rows = holds.reshape(-1, steps)
    edged = np.zeros((rows.shape[0], steps + 2), dtype=np.int8)
    edged[:, 1:-1] = rows
    change = np.diff(edged, axis=-1)
    row, begin = np.nonzero(change == 1)
    length = np.nonzero(change == -1)[1] - begin
    number = np.bincount(row, minlength=rows.shape[0]).astype(np.float64)
    total = rows.sum(-1, dtype=np.float64)
    longest = np.zeros(rows.shape[0])
    np.maximum.at(longest, row, length)
    mean = np.where(number > 0.0, total / np.maximum(number, 1.0), np.nan)
    return Spells(*(each.reshape(lead) for each in (number, total, mean, longest)))
