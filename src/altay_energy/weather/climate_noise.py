"""Seeded Gaussian processes behind the synthetic weather, for all climate points at once.

Noise is drawn for every point of the table in its fixed order, made to agree between neighbours,
and passed through first-order autoregressive filters. So the weather of a point does not depend
on which other points a scenario uses. Slow processes are daily and carried to the hours by
straight lines between days; fast ones are hourly.

Each calendar year has its own random streams from (seed, year). The filters of a year run in
through the noise of the year before, so they meet across New Year without a step.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from altay_energy.units import Array
from altay_energy.weather.climate_tables import ClimateTables, climate_tables

HOURS = 24
STREAM = 0
"""Version of the random streams: another number gives every seed another weather."""

FORGOTTEN = 1e-18
"""Weight of a noise that no longer changes a sum of double precision."""

HOURLY_RUN_IN = 240
"""Hours of the year before through which the hourly filters run in: 30 decay times. [h]"""

DAILY_NOISES: Mapping[str, str] = {
    "cloud": "cloud_length_km",
    "wind": "wind_length_km",
    "temperature": "temperature_length_km",
    "pressure": "temperature_length_km",
    "humidity": "temperature_length_km",
    "rain": "rain_length_km",
}
"""White noises of the days, and the key of the distance over which each is alike."""

HOURLY_NOISES: Mapping[str, str] = {
    "wind_fast": "wind_fast_length_km",
    "fluctuation": "fluctuation_length_km",
    "temperature_fast": "fluctuation_length_km",
}
"""White noises of the hours, likewise."""


@dataclass(frozen=True, eq=False)
class YearNoise:
    """Processes of mean zero and variance one for one year and all P points.

    Parameters
    ----------
    year : int
        Calendar year.
    daily : mapping of str to ndarray, shape (P, D)
        From 1 January of the year before to 1 January of the year after, inclusive.
    hourly : mapping of str to ndarray, shape (P, T)
        Hours of the year.
    """

    year: int
    daily: Mapping[str, Array]
    hourly: Mapping[str, Array]


@dataclass(frozen=True)
class Persistence:
    """Lag-one-day coefficients of the daily processes, solved from the tables. [-]"""

    cloud: float
    wind: float
    temperature: float
    pressure: float
    humidity: float


@lru_cache(maxsize=1)
def persistence() -> Persistence:
    """Coefficients for the tables that ship with the package."""
    process = climate_tables().process
    return Persistence(
        cloud=process["clearness_lag1"],
        wind=process["wind_slow_lag1"],
        temperature=coefficient_for(process["temperature_lag1"]),
        pressure=coefficient_for(process["pressure_lag1"]),
        humidity=coefficient_for(process["humidity_lag1"]),
    )


@lru_cache(maxsize=4)
def year_noise(seed: int, year: int) -> YearNoise:
    """Noise of one calendar year of the local clock.

    Parameters
    ----------
    seed : int
        At least 0.
    year : int
        Calendar year.

    Returns
    -------
    YearNoise
    """
    tables = climate_tables()
    phi = persistence()
    white = _daily_white(tables, seed, year)
    sources = {
        "cloud": ("cloud", phi.cloud),
        "wind": ("wind", phi.wind),
        "wind_of_cloud": ("cloud", phi.wind),
        "temperature": ("temperature", phi.temperature),
        "temperature_of_cloud": ("cloud", phi.temperature),
        "temperature_of_wind": ("wind", phi.temperature),
        "pressure": ("pressure", phi.pressure),
        "humidity": ("humidity", phi.humidity),
        "rain": ("rain", phi.cloud),
    }
    daily = {name: autoregression(white[source], a) for name, (source, a) in sources.items()}
    lags = {
        "wind_fast": float(np.exp(-1.0 / tables.process["wind_fast_hours"])),
        "fluctuation": tables.process["fluctuation_lag1"],
        "temperature_fast": float(np.exp(-1.0 / tables.process["temperature_fast_hours"])),
    }
    hourly = {
        name: autoregression(noise, lags[name])[:, HOURLY_RUN_IN:]
        for name, noise in _hourly_white(tables, seed, year).items()
    }
    return YearNoise(year, daily, hourly)


def autoregression(white: Array, coefficient: float) -> Array:
    r"""First-order autoregressive process of variance one.

    Parameters
    ----------
    white : ndarray, shape (..., T)
        White noise of variance one.
    coefficient : float
        Correlation of each value with the one before. [-]

    Returns
    -------
    ndarray, shape (..., T)
        :math:`x_t = \varphi x_{t-1} + \sqrt{1 - \varphi^2}\, e_t`, with :math:`x_0 = e_0`.
    """
    result: Array = white * np.sqrt(1.0 - coefficient**2)
    result[..., 0] = white[..., 0]
    # After n rounds each value holds its last 2ⁿ noises; those further back have died away.
    # scipy.signal.lfilter does the same, but its import costs more than all climate together.
    reach, weight = 1, coefficient
    while reach < white.shape[-1] and weight > FORGOTTEN:
        result[..., reach:] += weight * result[..., :-reach].copy()
        reach, weight = 2 * reach, weight**2
    return result


def hour_weights(coefficient: float | None = None) -> Array:
    """Weights of yesterday, today and tomorrow for each hour of a day.

    Parameters
    ----------
    coefficient : float, optional
        Lag-one coefficient of the daily process. When given, the weights are scaled so that every
        hour keeps variance one, which straight lines between days would lower.

    Returns
    -------
    ndarray, shape (24, 3)
        Straight lines between the middles of days, taken at the middles of hours.
    """
    away = (np.arange(HOURS) + 0.5) / HOURS - 0.5  # from midday, in days
    weights = np.stack([np.maximum(-away, 0.0), 1.0 - np.abs(away), np.maximum(away, 0.0)], axis=-1)
    if coefficient is None:
        return weights
    variance = np.einsum("hi,ij,hj->h", weights, _alike(coefficient), weights)
    weights /= np.sqrt(variance)[:, None]
    return weights


def day_weights(coefficient: float) -> Array:
    """As ``hour_weights``, but scaled so that the mean of a day has variance one, shape (24, 3)."""
    weights = hour_weights(coefficient)
    mean = weights.mean(0)
    weights /= np.sqrt(mean @ _alike(coefficient) @ mean)
    return weights


def to_hours(daily: Array, weights: Array) -> Array:
    """Daily values carried to hours.

    Parameters
    ----------
    daily : ndarray, shape (..., D + 2)
        With one day before and one after.
    weights : ndarray, shape (24, 3)
        From ``hour_weights`` or ``day_weights``.

    Returns
    -------
    ndarray, shape (..., 24 D)
    """
    three = np.stack([daily[..., :-2], daily[..., 1:-1], daily[..., 2:]], axis=-1)
    hourly: Array = np.einsum("...k,hk->...h", three, weights).reshape(*daily.shape[:-1], -1)
    return hourly


def coefficient_for(lag1: float) -> float:
    """Coefficient of the daily process whose days, once carried to hours, have this lag one.

    Parameters
    ----------
    lag1 : float
        Correlation wanted between the means of following days. [-]

    Returns
    -------
    float
        Smaller than ``lag1``, for the straight lines between days add persistence; 0 where those
        alone give more than is wanted (0.31). [-]
    """
    candidates = np.linspace(0.0, 0.99, 100)
    reached = []
    for a in candidates:
        mean = hour_weights(a).mean(0)
        shifted = a ** np.abs(np.arange(3)[:, None] - np.arange(1, 4))
        reached.append((mean @ shifted @ mean) / (mean @ _alike(a) @ mean))
    return float(np.interp(lag1, reached, candidates))


def shared_correlation(a: float, b: float) -> float:
    """Correlation of two autoregressive processes of coefficients a, b driven by one noise. [-]"""
    return float(np.sqrt((1.0 - a**2) * (1.0 - b**2)) / (1.0 - a * b))


def _alike(coefficient: float) -> Array:
    """Correlation of three following days, shape (3, 3)."""
    result: Array = coefficient ** np.abs(np.arange(3)[:, None] - np.arange(3)).astype(np.float64)
    return result


@lru_cache(maxsize=1)
def _factors() -> dict[str, Array]:
    """Cholesky factor of the correlation between points, for each noise, transposed (P, P)."""
    tables = climate_tables()
    lengths = {**DAILY_NOISES, **HOURLY_NOISES}
    return {
        name: np.asarray(np.linalg.cholesky(tables.correlation(tables.process[key])).T, np.float64)
        for name, key in lengths.items()
    }


def days_in(year: int) -> int:
    """Days of a calendar year: 365 or 366."""
    begin, end = (np.datetime64(f"{y:04d}-01-01", "D") for y in (year, year + 1))
    return int((end - begin).astype(int))


def _stream(seed: int, year: int, kind: int) -> np.random.Generator:
    entropy = np.random.SeedSequence([STREAM, seed, year, kind])
    return np.random.Generator(np.random.PCG64(entropy))


def _daily_white(tables: ClimateTables, seed: int, year: int) -> dict[str, Array]:
    """White noise (P, D) of the year before, the year, and 1 January of the year after."""
    shape = (len(DAILY_NOISES), len(tables.points))
    blocks = [
        _stream(seed, y, 0).standard_normal((days, *shape))
        for y, days in ((year - 1, days_in(year - 1)), (year, days_in(year)), (year + 1, 1))
    ]
    noise = np.concatenate(blocks)
    factors = _factors()
    return {name: _together(noise[:, k], factors[name]) for k, name in enumerate(DAILY_NOISES)}


def _hourly_white(tables: ClimateTables, seed: int, year: int) -> dict[str, Array]:
    """White noise (P, run-in + T). Streams run backwards in time: a year's last hours come first.

    So the run-in of the next year needs no more than the beginning of this year's stream.
    """
    shape = (len(HOURLY_NOISES), len(tables.points))
    before = _stream(seed, year - 1, 1).standard_normal((HOURLY_RUN_IN, *shape))
    within = _stream(seed, year, 1).standard_normal((HOURS * days_in(year), *shape))
    noise = np.concatenate([before[::-1], within[::-1]])
    factors = _factors()
    return {name: _together(noise[:, k], factors[name]) for k, name in enumerate(HOURLY_NOISES)}


def _together(noise: Array, factor: Array) -> Array:
    """Noise (T, P) of points that know nothing of each other, made to agree, shape (P, T)."""
    # Not by matrix product: its library adds up in an order that depends on threads and machine.
    result: Array = np.einsum("tp,pq->qt", noise, factor)
    return result
