"""Parameters of one station: means, deviations, distributions, daily cycles, correlations."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any

import numpy as np
from scipy.special import gamma, log_ndtr, ndtri

from altay_energy.core.units import Array
from altay_energy.core.value import Value
from altay_energy.weather.climate.model.noise import DAILY

MONTHS = 12
DAY_NODES = np.linspace(-2.0, 2.0, 9)
"""Ranks, as normal deviates, at which the distribution of daily values is given."""

HOUR_NODES = np.linspace(-3.0, 3.0, 25)
"""The same for hourly wind."""

MONTHLY = {
    "linke_turbidity": "turbidity of the cloudless sky [-]",
    "clearness_mean": "daily irradiation over that of a cloudless sky [-]",
    "clearness_std": "spread of its days [-]",
    "sky_std": "spread of clearness within a partly cloudy day [-]",
    "temperature_c": "mean [°C]",
    "temperature_std_k": "spread of daily means about the season [K]",
    "temperature_hour_k": "spread of hours about the course of their day [K]",
    "temperature_c1_k": "course of a mean day: cosine of 24 h, solar time from midnight [K]",
    "temperature_s1_k": "sine of 24 h [K]",
    "temperature_c2_k": "cosine of 12 h [K]",
    "temperature_s2_k": "sine of 12 h [K]",
    "temperature_c3_k": "cosine of 8 h [K]",
    "temperature_s3_k": "sine of 8 h [K]",
    "range_gain": "relative growth of the course with a unit of clearness [-]",
    "humidity_percent": "mean [%]",
    "humidity_std_percent": "spread of daily means [%]",
    "humidity_c1_percent": "course of a mean day, as for temperature [%]",
    "humidity_s1_percent": "[%]",
    "humidity_c2_percent": "[%]",
    "humidity_s2_percent": "[%]",
    "humidity_of_warmth": "change of humidity with a kelvin within the day [% K⁻¹]",
    "pressure_offset_pa": "mean, less the standard atmosphere at this height [Pa]",
    "pressure_std_pa": "spread of daily means [Pa]",
    "wind_m_s": "mean [m s⁻¹]",
    "wind_c1": "course of a mean day of ranks, as normal deviates, as for temperature [-]",
    "wind_s1": "[-]",
    "wind_c2": "[-]",
    "wind_s2": "[-]",
    "wet_day_share": "share of days with precipitation [-]",
    "wet_day_mm": "mean of those [mm]",
}
"""Quantities of each month, January first, and what they mean."""

SCALARS = {
    "clearness_cap": "highest hourly share of the cloudless sky [-]",
    "sky_lag1": "correlation of the departure of clearness with the hour before [-]",
    "temperature_hour_lag1": "the same for temperature [-]",
    "wind_day_share": "variance of the daily mean of wind, as a normal deviate [-]",
    "wind_hour_std": "spread of the hours about it [-]",
    "wind_hour_lag1": "correlation of those with the hour before [-]",
    "wind_white_share": "share of what the next hour forgets [-]",
}
"""Quantities of the whole year."""

SHAPES = {
    "clearness_shape": DAY_NODES,
    "temperature_shape": DAY_NODES,
    "humidity_shape": DAY_NODES,
    "wind_shape": HOUR_NODES,
}
"""Distributions: twelve rows of values at these normal deviates, in standard deviations from the
mean, for wind in shares of the mean."""

PAIRS = tuple((a, b) for k, a in enumerate(DAILY) for b in DAILY[k + 1 :])
"""Pairs of daily processes, for their correlation month by month."""


@dataclass(frozen=True, eq=False)
class Station(Value):
    """Means, standard deviations, distributions and correlations of the weather of a place.

    Parameters
    ----------
    monthly : mapping of str to ndarray, shape (12,)
        By the names of ``MONTHLY``.
    shapes : mapping of str to ndarray, shape (12, K)
        By the names of ``SHAPES``.
    scalars : mapping of str to float
        By the names of ``SCALARS``.
    correlation : ndarray, shape (12, 5, 5)
        Between the processes ``DAILY`` on one day, in each month. [-]
    lag1 : ndarray, shape (5, 5)
        Of row's process with column's on the day before. [-]
    """

    monthly: Mapping[str, Array]
    shapes: Mapping[str, Array]
    scalars: Mapping[str, float]
    correlation: Array
    lag1: Array


def station_from(given: Mapping[str, Any]) -> Station:
    """A station from its table of the TOML file.

    Parameters
    ----------
    given : mapping
        ``[stations.NAME]`` with all keys of ``MONTHLY``, ``SCALARS`` and ``SHAPES``, one list of
        twelve for each pair, and ``lag1``.

    Returns
    -------
    Station
    """
    correlation = np.tile(np.eye(len(DAILY)), (MONTHS, 1, 1))
    for a, b in PAIRS:
        i, j = DAILY.index(a), DAILY.index(b)
        correlation[:, i, j] = correlation[:, j, i] = given[f"{a}_{b}"]
    return Station(
        MappingProxyType({key: np.array(given[key], dtype=np.float64) for key in MONTHLY}),
        MappingProxyType({key: np.array(given[key], dtype=np.float64) for key in SHAPES}),
        MappingProxyType({key: float(given[key]) for key in SCALARS}),
        correlation,
        np.array(given["lag1"], dtype=np.float64),
    )


def blended(parts: Sequence[tuple[float, Station]]) -> Station:
    """Weighted mean of stations.

    Parameters
    ----------
    parts : sequence of (float, Station)
        Weights that sum to one. [-]

    Returns
    -------
    Station
        Means of correlation matrices are correlation matrices, and means of quantiles quantiles.
    """

    def mean(values: Sequence[Any]) -> Any:
        total = parts[0][0] * values[0]
        for (weight, _), value in zip(parts[1:], values[1:], strict=True):
            total = total + weight * value
        return total

    stations = [station for _, station in parts]
    return Station(
        MappingProxyType({k: mean([s.monthly[k] for s in stations]) for k in MONTHLY}),
        MappingProxyType({k: mean([s.shapes[k] for s in stations]) for k in SHAPES}),
        MappingProxyType({k: mean([s.scalars[k] for s in stations]) for k in SCALARS}),
        mean([s.correlation for s in stations]),
        mean([s.lag1 for s in stations]),
    )


def hub_wind(station: Station, level_m_s: Array, given: Mapping[str, Any]) -> Station:
    """The same station with wind at hub height instead of that of its mast.

    Parameters
    ----------
    station : Station
    level_m_s : ndarray, shape (12,)
        Mean of each month. [m s⁻¹]
    given : mapping
        ``[hub_wind]`` of the table: Weibull shape, persistence, course of the day.

    Returns
    -------
    Station
        Wind keeps the correlation of the station's daily wind with the other daily processes.
    """
    shape = float(given["weibull_k"])
    speeds = (-log_ndtr(-HOUR_NODES)) ** (1.0 / shape) / gamma(1.0 + 1.0 / shape)
    angle = 2.0 * np.pi * given["peak_solar_hour"] / 24.0
    # From shares of the mean to ranks, by the slope of the distribution at its middle.
    slope = float(np.interp(0.5, HOUR_NODES, speeds) - np.interp(-0.5, HOUR_NODES, speeds))
    swing = np.array(given["diurnal"], dtype=np.float64) / slope
    monthly = {
        **station.monthly,
        "wind_m_s": level_m_s,
        "wind_c1": swing * np.cos(angle),
        "wind_s1": swing * np.sin(angle),
        "wind_c2": 0.0 * swing,
        "wind_s2": 0.0 * swing,
    }
    scalars = {**station.scalars}
    for key in ("wind_day_share", "wind_hour_std", "wind_hour_lag1", "wind_white_share"):
        scalars[key] = float(given[key.removeprefix("wind_")])
    lag1 = station.lag1.copy()
    wind = DAILY.index("wind")
    lag1[wind, wind] = given["day_lag1"]
    return replace(
        station,
        monthly=MappingProxyType(monthly),
        scalars=MappingProxyType(scalars),
        shapes=MappingProxyType({**station.shapes, "wind_shape": np.tile(speeds, (MONTHS, 1))}),
        lag1=lag1,
    )


def quantiles(rank: Array, shape: Array) -> Array:
    """Values at ranks that are given as normal deviates, joined by straight lines.

    Parameters
    ----------
    rank : ndarray, shape (..., M)
        Normal deviates; beyond the outer nodes the outer lines go on.
    shape : ndarray, shape (..., K)
        Values at the K nodes of ``DAY_NODES`` or ``HOUR_NODES``.

    Returns
    -------
    ndarray, shape (..., M)
    """
    nodes = DAY_NODES if shape.shape[-1] == DAY_NODES.size else HOUR_NODES
    place = (rank - nodes[0]) / (nodes[1] - nodes[0])
    left = np.clip(place.astype(np.intp), 0, nodes.size - 2)
    # One number for each node in the flat array: faster than an index for every axis.
    flat = np.ascontiguousarray(shape).reshape(-1)
    rows = flat.size // nodes.size
    first = (np.arange(rows) * nodes.size).reshape(*shape.shape[:-1], 1)
    at = left + first
    low = flat.take(at)
    at += 1
    high = flat.take(at)
    high -= low
    place -= left
    place *= high
    place += low
    return np.asarray(place)


def normal_moments(shape: Array) -> tuple[float, float]:
    """Mean and standard deviation of ``quantiles`` of a normal deviate.

    Parameters
    ----------
    shape : ndarray, shape (K,)

    Returns
    -------
    mean, std : float
    """
    values = quantiles(ndtri((np.arange(4000) + 0.5) / 4000.0), shape)
    return float(values.mean()), float(values.std())
