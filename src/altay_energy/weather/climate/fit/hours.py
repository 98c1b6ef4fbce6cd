"""Hours about their daily mean: daily cycles, persistence, rounded and held wind."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import ndtr

from altay_energy.core.units import Array
from altay_energy.weather.climate.fit.days import monthly, ranks, rising, smooth
from altay_energy.weather.climate.model.noise import HOURS, residual_covariance, within_days
from altay_energy.weather.climate.model.station import HOUR_NODES, MONTHS, normal_moments
from altay_energy.weather.climate.model.tables import straight_basis
from altay_energy.weather.climate.statistics.statistics import DAYS, month_of_day
from altay_energy.weather.climate.statistics.wind_record import Keeping, keeping

LEAST_WIND_M_S = 0.05
"""Monthly mean below which no distribution of wind is fitted. [m s⁻¹]"""

LEAST_RISE_M_S = 1e-3

HELD_LAG1 = 0.88
"""Correlation with the hour before within a day that is assumed where wind was observed a few
times a day: decay in 8 h, as in hourly records and in the WIND Toolkit at 47.5° N. [-]"""

LAGS = (1, 2, 3, 4, 6)
"""Hours over which persistence is fitted."""


@dataclass(frozen=True, eq=False)
class WindFit:
    """Wind of a record.

    Parameters
    ----------
    keeping : Keeping
        How it was rounded and held.
    mean : ndarray, shape (12,)
        [m s⁻¹]
    course : dict of str to ndarray, shape (12,)
        ``c1``, ``s1``, ``c2``, ``s2`` of the mean day of ranks, as normal deviates.
    shape : ndarray, shape (12, K)
        Over the mean, at ``HOUR_NODES``.
    day_rank : ndarray, shape (Y, 365)
        Mean rank of each day.
    day_share, hour_std, hour_lag1, white_share : float
    """

    keeping: Keeping
    mean: Array
    course: dict[str, Array]
    shape: Array
    day_rank: Array
    day_share: float
    hour_std: float
    hour_lag1: float
    white_share: float


def fit_wind(speed: Array, solar_hour: Array) -> WindFit:
    """Mean, daily cycle, distribution and persistence of hourly wind.

    Parameters
    ----------
    speed : ndarray, shape (Y, 365, 24)
        [m s⁻¹]
    solar_hour : ndarray, shape (24,)
        Mean solar time at the middles of the hours. [h]

    Returns
    -------
    WindFit

    Notes
    -----
    A rounded speed stands for a cell of speeds: for the distribution its values are spread evenly
    over the cell, for persistence the middle is taken. Of speeds that are held for hours only the
    first hour counts.
    """
    how = keeping(speed.ravel())
    seen = np.arange(HOURS)[(np.arange(HOURS) - how.held_phase) % how.held_hours == 0]
    cell = how.resolution_m_s
    blows = speed > 0.5 * cell
    even = cell * _even(speed.shape)
    spread = np.where(blows, speed + even, np.abs(even))[..., seen]
    middle = np.where(blows, speed, 0.25 * cell)[..., seen]
    month = month_of_day()
    found = np.stack([_quantiles(spread[:, month == m]) for m in range(MONTHS)])
    level = np.array([max(normal_moments(row)[0], LEAST_WIND_M_S) for row in found])
    rank = ranks(middle, found, HOUR_NODES)
    course = _rank_course(rank, seen, solar_hour)
    rank = rank - waves(course, solar_hour)[:, seen]
    day = rank.mean(-1)
    if how.hourly:
        hourly = rank.reshape(-1)
        rest = within_days(np.concatenate([hourly[-HOURS:], hourly, hourly[:HOURS]]))
        lag1, white = persistence(rest.reshape(-1, HOURS))
        hour_std = float(rest.std())
    else:
        lag1, white = HELD_LAG1, 0.0
        hour_std = float((rank - day[..., None]).std())
    share = float(day.var())
    shape = found / level[:, None]
    return WindFit(how, level, course, shape, day, share, hour_std, lag1, white)


def waves(course: dict[str, Array], solar_hour: Array) -> Array:
    """Mean daily cycles of the months on the days of a year, shape (365, 24)."""
    total = np.zeros((DAYS, HOURS))
    for key, values in course.items():
        angle = 2.0 * np.pi * int(key[1]) * solar_hour / HOURS
        wave = np.cos(angle) if key[0] == "c" else np.sin(angle)
        total += (straight_basis(DAYS) @ values)[:, None] * wave
    return total


def harmonics(days: Array, solar_hour: Array, count: int) -> dict[str, Array]:
    """Cosines and sines of mean days.

    Parameters
    ----------
    days : ndarray, shape (12, 24)
    solar_hour : ndarray, shape (24,)
        [h]
    count : int
        Waves of 24 h, 12 h, 8 h …

    Returns
    -------
    dict of str to ndarray, shape (12,)
        ``c1``, ``s1``, … in the unit of the days.
    """
    found = {}
    for k in range(1, count + 1):
        angle = 2.0 * np.pi * k * solar_hour / HOURS
        found[f"c{k}"] = days @ np.cos(angle) / 12.0
        found[f"s{k}"] = days @ np.sin(angle) / 12.0
    return found


def persistence(rest: Array) -> tuple[float, float]:
    """Fit the autoregression and share of white noise to the persistence of hours within days.

    Parameters
    ----------
    rest : ndarray, shape (N, 24)
        Hours of consecutive days about the smooth curve of their daily means.

    Returns
    -------
    lag1, white_share : float
        [-]
    """
    flat = rest.ravel() - rest.mean()
    variance = float((flat**2).mean())
    if variance < 1e-12:
        return 0.0, 0.0
    found = np.array([(flat[lag:] * flat[:-lag]).mean() / variance for lag in LAGS])
    best = (np.inf, 0.0, 0.0)
    for lag1 in np.arange(0.02, 0.985, 0.04):
        for white in (0.0, 0.1, 0.2, 0.3, 0.4, 0.5):
            miss = float(((_persists(float(lag1), white) - found) ** 2 / np.array(LAGS)).sum())
            if miss < best[0]:
                best = (miss, float(lag1), white)
    return best[1], best[2]


def _persists(lag1: float, white: float) -> Array:
    """Autocorrelation at the ``LAGS`` of hours within days."""
    covariance = residual_covariance(lag1, white)
    hour = np.arange(HOURS)
    variance = covariance[hour, hour].mean()
    result: Array = np.array([covariance[hour, hour + lag].mean() for lag in LAGS]) / variance
    return result


def _rank_course(rank: Array, seen: Array, solar_hour: Array) -> dict[str, Array]:
    """Waves of the mean day of ranks, from the hours that were observed."""
    days = smooth(monthly(rank))
    days = days - days.mean(-1, keepdims=True)
    around = np.concatenate([seen, seen[:1] + HOURS])
    hours = (np.arange(HOURS) - seen[0]) % HOURS + seen[0]
    full = np.stack([np.interp(hours, around, np.append(row, row[0])) for row in days])
    return harmonics(full, solar_hour, 2)


def _quantiles(values: Array) -> Array:
    """Speeds at the nodes, rising from zero or above. [m s⁻¹]"""
    found = np.quantile(values, ndtr(HOUR_NODES), method="hazen")
    return rising(np.maximum(found, 0.0), LEAST_RISE_M_S)


def _even(shape: tuple[int, ...]) -> Array:
    """Numbers spread evenly between -1/2 and 1/2, the same whenever they are asked for."""
    golden = 0.6180339887498949
    numbers = np.arange(int(np.prod(shape)), dtype=np.float64) * golden % 1.0 - 0.5
    return np.asarray(numbers.reshape(shape), dtype=np.float64)
