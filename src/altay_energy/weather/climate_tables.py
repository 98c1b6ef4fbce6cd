"""The climate tables of Altay: stations, points and processes, as the generator needs them.

``data/climate/altay.toml`` holds what real stations show month by month, and for every climate
point how it differs from them. Here a point becomes twelve numbers for each quantity, and twelve
numbers become a smooth curve through the year.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from types import MappingProxyType
from typing import Any

import numpy as np
from scipy.interpolate import CubicSpline

from altay_energy.units import Array

MONTHS = 12
EARTH_RADIUS_KM = 6371.0
"""Mean radius of the Earth [km]; IUGG."""


@dataclass(frozen=True, eq=False)
class ClimatePoint:
    """A place for which the package can make weather.

    Parameters
    ----------
    name, name_zh : str
        Key in the table, and Chinese name.
    latitude, longitude : float
        [°] north, east
    elevation_m : float
        Ground above sea level. [m]
    wind_mean_m_s : float
        Long-term mean at ``ClimateTables.wind_height_m``. [m s⁻¹]
    wind_full_load_hours : float
        Yearly hours at rated power that the wind level was solved from. [h]
    wind_turbine : str
        Machine of the catalogue for which those hours hold.
    precipitation_mm : float
        Of a mean year. [mm]
    monthly : mapping of str to ndarray, shape (12,)
        Quantities that change through the year; units in their names.
    sources : mapping of str to str
        Where the figures come from; ``assumed`` where no source stands.
    """

    name: str
    name_zh: str
    latitude: float
    longitude: float
    elevation_m: float
    wind_mean_m_s: float
    wind_full_load_hours: float
    wind_turbine: str
    precipitation_mm: float
    monthly: Mapping[str, Array]
    sources: Mapping[str, str]

    def distance_km(self, latitude: float, longitude: float) -> float:
        """Great-circle distance to a place. [km]"""
        return float(_distance_km(self.latitude, self.longitude, latitude, longitude))


@dataclass(frozen=True, eq=False)
class ClimateTables:
    """Everything the generator knows.

    Parameters
    ----------
    points : mapping of str to ClimatePoint
        In the fixed order in which their noise is drawn.
    process : mapping of str to float
        Persistence, gains and ranges shared by all points; units in their names.
    monthly_process : mapping of str to ndarray, shape (12,)
        The same, month by month.
    wind_height_m : float
        Height of the wind that is made. [m]
    """

    points: Mapping[str, ClimatePoint]
    process: Mapping[str, float]
    monthly_process: Mapping[str, Array]
    wind_height_m: float

    def correlation(self, length_km: float) -> Array:
        """Correlation between points that falls with distance as exp(-d / L), shape (P, P)."""
        latitude = np.array([p.latitude for p in self.points.values()])
        longitude = np.array([p.longitude for p in self.points.values()])
        distance = _distance_km(latitude[:, None], longitude[:, None], latitude, longitude)
        result: Array = np.exp(-distance / length_km)
        return result


@lru_cache(maxsize=1)
def climate_tables() -> ClimateTables:
    """The tables that ship with the package, read once.

    Returns
    -------
    ClimateTables
    """
    folder = files("altay_energy") / "data" / "climate"
    return tables_from(tomllib.loads((folder / "altay.toml").read_text(encoding="utf-8")))


def tables_from(document: Mapping[str, Any]) -> ClimateTables:
    """Climate tables from the content of their TOML file.

    Parameters
    ----------
    document : mapping
        Tables ``stations``, ``points``, ``wind_seasons``, ``lapse`` and ``process``.

    Returns
    -------
    ClimateTables
    """
    process, monthly_process = {}, {}
    for key, value in document["process"].items():
        if isinstance(value, list):
            monthly_process[key] = np.array(value, dtype=np.float64)
        elif not isinstance(value, str):
            process[key] = float(value)
    points = {name: _point(name, given, document) for name, given in document["points"].items()}
    return ClimateTables(
        MappingProxyType(points),
        MappingProxyType(process),
        MappingProxyType(monthly_process),
        float(document["wind_height_m"]),
    )


def _point(name: str, given: Mapping[str, Any], document: Mapping[str, Any]) -> ClimatePoint:
    stations = {
        key: {k: np.array(v) if isinstance(v, list) else v for k, v in station.items()}
        for key, station in document["stations"].items()
    }
    weights = given["stations"]
    quantities = [k for k, v in next(iter(stations.values())).items() if isinstance(v, np.ndarray)]
    monthly: dict[str, Array] = {
        key: sum(weight * stations[s][key] for s, weight in weights.items()) for key in quantities
    }
    lapse = np.array(document["lapse"]["temperature_k_km"])
    rise_km = given["elevation_m"] / 1000.0 - sum(
        weight * stations[s]["elevation_m"] / 1000.0 for s, weight in weights.items()
    )
    monthly["temperature_c"] = anchored(
        monthly["temperature_c"] - lapse * rise_km,
        given.get("january_c"),
        given.get("july_c"),
        given.get("year_c"),
    )
    monthly["clearness_mean"] = monthly["clearness_mean"] * given["clearness_factor"]
    season = np.array(document["wind_seasons"][given["wind_season"]])
    monthly["wind_season"] = season / season.mean()
    return ClimatePoint(
        name=name,
        name_zh=given["name_zh"],
        latitude=float(given["latitude"]),
        longitude=float(given["longitude"]),
        elevation_m=float(given["elevation_m"]),
        wind_mean_m_s=float(given["wind_mean_m_s"]),
        wind_full_load_hours=float(given["wind_full_load_hours"]),
        wind_turbine=given["wind_turbine"],
        precipitation_mm=float(given["precipitation_mm"]),
        monthly=MappingProxyType(monthly),
        sources=MappingProxyType(dict(given["sources"])),
    )


def anchored(
    monthly_c: Array,
    january_c: float | None = None,
    july_c: float | None = None,
    year_c: float | None = None,
) -> Array:
    """Monthly temperatures bent to published means, with the shape of the months kept.

    Parameters
    ----------
    monthly_c : ndarray, shape (12,)
        Temperatures that give the shape. [°C]
    january_c, july_c, year_c : float, optional
        Means that the result must have. [°C]

    Returns
    -------
    ndarray, shape (12,)
        Stretched and shifted to January and July; what is then missing to the yearly mean goes to
        spring and autumn. With a yearly mean alone all months move alike. [°C]
    """
    if january_c is None and july_c is None:
        return monthly_c + (0.0 if year_c is None else year_c - monthly_c.mean())
    cold = monthly_c[0] if january_c is None else january_c
    warm = monthly_c[6] if july_c is None else july_c
    result: Array = cold + (warm - cold) * (monthly_c - monthly_c[0]) / (
        monthly_c[6] - monthly_c[0]
    )
    if year_c is not None:
        between = np.sin(np.pi * np.arange(MONTHS) / 6.0) ** 2  # zero in January and July
        result += (year_c - result.mean()) * between / between.mean()
    return result


@lru_cache(maxsize=2)
def yearly_basis(days: int) -> Array:
    """Matrix that turns twelve monthly means into a smooth daily curve with those means.

    Parameters
    ----------
    days : int
        365 or 366.

    Returns
    -------
    ndarray, shape (days, 12)
        ``basis @ means``: a periodic cubic spline through nodes at mid-month, which are solved
        so that the mean over each month is kept.
    """
    lengths = np.array([31, days - 337, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31])
    ends = np.cumsum(lengths)
    middles = ends - 0.5 * lengths
    nodes = np.append(middles, middles[0] + days)
    unit = np.vstack([np.eye(MONTHS), np.eye(MONTHS)[:1]])
    spline = CubicSpline(nodes, unit, bc_type="periodic")
    # Days before the first node belong to the end of the period.
    day = np.arange(days) + 0.5
    daily = spline(np.where(day < middles[0], day + days, day))
    means = np.add.reduceat(daily, ends - lengths) / lengths[:, None]
    result: Array = daily @ np.linalg.inv(means)
    result.setflags(write=False)
    return result


def _distance_km(lat1: Any, lon1: Any, lat2: Any, lon2: Any) -> Any:
    """Great-circle distance by the haversine formula. [km]"""
    phi1, phi2 = np.radians(lat1), np.radians(lat2)
    half = np.radians(np.asarray(lon2) - lon1) / 2.0
    chord = np.sin((phi2 - phi1) / 2.0) ** 2 + np.cos(phi1) * np.cos(phi2) * np.sin(half) ** 2
    return 2.0 * EARTH_RADIUS_KM * np.arcsin(np.sqrt(chord))
