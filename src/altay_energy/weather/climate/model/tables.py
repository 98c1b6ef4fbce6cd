"""The climate tables: stations, points, their correlations, and monthly parameters.

A table is a TOML file: ``data/climate/altay.toml`` of the package, or one that
``altay-energy weather fit`` wrote. Its stations hold statistics of hourly records; its points mix
stations and are adjusted to published means. Here both become arrays.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.interpolate import CubicSpline

from altay_energy.core.catalogue import package_toml
from altay_energy.core.units import Array
from altay_energy.core.value import Value, read_only
from altay_energy.weather.climate.model.noise import DAILY_NOISES, HOURLY_NOISES
from altay_energy.weather.climate.model.station import Station, blended, hub_wind, station_from

SHIPPED = "data/climate/altay.toml"
"""The climate of the package."""

MONTHS = 12
JOINT_DAYS = 6.0
"""Days at either end of a month in which its wind is interpolated to the next. [d]"""

EARTH_RADIUS_KM = 6371.0
"""Mean radius of the Earth [km]; IUGG."""


@dataclass(frozen=True, eq=False)
class ClimatePoint(Value):
    """A climate point: a place for which weather can be generated.

    Parameters
    ----------
    name, name_zh : str
        Key in the table, and Chinese name.
    latitude, longitude : float
        [°] north, east
    elevation_m : float
        Ground above sea level. [m]
    basin : str
        Points of one basin are more correlated than points on both sides of a ridge.
    station : Station
        Its parameters, month by month.
    wind_height_m : float
        Height of the wind. [m]
    wind_full_load_hours : float or None
        Yearly hours at rated power that the wind level was solved from; None where the wind is
        that of a record. [h]
    wind_turbine : str
        Machine of the catalogue for which those hours hold; empty without.
    sources : mapping of str to str
        Where the figures come from; ``assumed`` without a source.
    """

    name: str
    name_zh: str
    latitude: float
    longitude: float
    elevation_m: float
    basin: str
    station: Station
    wind_height_m: float
    wind_full_load_hours: float | None
    wind_turbine: str
    sources: Mapping[str, str]

    def distance_km(self, latitude: float, longitude: float) -> float:
        """Great-circle distance to a place. [km]"""
        return float(great_circle_km(self.latitude, self.longitude, latitude, longitude))

    def warmer(self, monthly_k: Array) -> ClimatePoint:
        """The same place with a warming of each month, shape (12,). [K]"""
        monthly = {**self.station.monthly}
        monthly["temperature_c"] = monthly["temperature_c"] + monthly_k
        station = replace(self.station, monthly=MappingProxyType(monthly))
        return replace(self, station=station)


@dataclass(frozen=True, eq=False)
class ClimateTables(Value):
    """All data of the generator.

    Parameters
    ----------
    name : str
        Of the file.
    points : mapping of str to ClimatePoint
        In the fixed order in which their noise is drawn.
    process : mapping of str to float
        Figures shared by all points; units in their names.
    utc_offset_hours : float
        The generator's clock: its days and years begin at midnight there. [h]
    """

    name: str
    points: Mapping[str, ClimatePoint]
    process: Mapping[str, float]
    utc_offset_hours: float

    def nearest(self, latitude: float, longitude: float) -> tuple[str, float]:
        """Name of the nearest point, and its distance. [km]"""
        distances = {n: p.distance_km(latitude, longitude) for n, p in self.points.items()}
        name = min(distances, key=distances.__getitem__)
        return name, distances[name]

    def correlation(self, noise: str) -> Array:
        """Correlation of a noise between points, shape (P, P). [-]

        It falls with distance as exp(-d / L) and with difference in height as exp(-h / H), and is
        less by a factor between basins. All three are correlations, and so is their product.
        """
        places = list(self.points.values())
        latitude = np.array([p.latitude for p in places])
        longitude = np.array([p.longitude for p in places])
        height = np.array([p.elevation_m for p in places])
        basin = np.array([p.basin for p in places])
        length, rise, other = (
            self.process[f"{noise}_{key}"] for key in ("length_km", "rise_m", "other_basin")
        )
        distance = great_circle_km(latitude[:, None], longitude[:, None], latitude, longitude)
        result: Array = np.exp(-distance / length - np.abs(height[:, None] - height) / rise)
        return result * np.where(basin[:, None] == basin, 1.0, other)

    @cached_property
    def daily_factors(self) -> Array:
        """Cholesky factors for the noises of the days, shape (N, P, P)."""
        return np.stack([np.linalg.cholesky(self.correlation(n)) for n in DAILY_NOISES])

    @cached_property
    def hourly_factors(self) -> Array:
        """Cholesky factors for the noises of the hours, shape (N, P, P)."""
        kinds = [f"{noise}_hour" for noise in HOURLY_NOISES]
        return np.stack([np.linalg.cholesky(self.correlation(n)) for n in kinds])


@lru_cache(maxsize=1)
def climate_tables() -> ClimateTables:
    """The tables that ship with the package, read once.

    Returns
    -------
    ClimateTables
    """
    return tables_from(package_toml(SHIPPED), "the built-in climate")


def tables_from(document: Mapping[str, Any], name: str) -> ClimateTables:
    """Climate tables from the content of their TOML file.

    Parameters
    ----------
    document : mapping
        Checked content, as ``climate_file.read_climate`` passes it on.
    name : str
        How messages call it.

    Returns
    -------
    ClimateTables
    """
    process = {k: float(v) for k, v in document["process"].items() if not isinstance(v, str)}
    stations = {key: station_from(given) for key, given in document["stations"].items()}
    points = {
        key: _point(key, given, document, stations) for key, given in document["points"].items()
    }
    return ClimateTables(
        name, MappingProxyType(points), process, float(document["utc_offset_hours"])
    )


def _point(
    name: str,
    given: Mapping[str, Any],
    document: Mapping[str, Any],
    stations: Mapping[str, Station],
) -> ClimatePoint:
    weights = given["stations"]
    tables = document["stations"]
    station = blended([(weight, stations[key]) for key, weight in weights.items()])
    monthly = dict(station.monthly)
    if "lapse" in document:
        rise_km = given["elevation_m"] / 1000.0 - sum(
            weight * tables[key]["elevation_m"] / 1000.0 for key, weight in weights.items()
        )
        monthly["temperature_c"] -= np.array(document["lapse"]["temperature_k_km"]) * rise_km
    anchors = (given.get(key) for key in ("january_c", "july_c", "year_c"))
    monthly["temperature_c"] = anchored(monthly["temperature_c"], *anchors)
    monthly["clearness_mean"] = monthly["clearness_mean"] * given.get("clearness_factor", 1.0)
    height = next(iter(tables[key]["wind_height_m"] for key in weights))
    station = replace(station, monthly=MappingProxyType(monthly))
    station = _with_rain(station, given, document.get("rain"))
    if "wind_mean_m_s" in given:
        height = document["hub_wind"]["height_m"]
        season = np.array(document["wind_seasons"][given["wind_season"]])
        level = given["wind_mean_m_s"] * season / season.mean()
        station = hub_wind(station, level, document["hub_wind"])
    hours = given.get("wind_full_load_hours")
    return ClimatePoint(
        name=name,
        name_zh=given.get("name_zh", ""),
        latitude=float(given["latitude"]),
        longitude=float(given["longitude"]),
        elevation_m=float(given["elevation_m"]),
        basin=given.get("basin", name),
        station=station,
        wind_height_m=float(height),
        wind_full_load_hours=None if hours is None else float(hours),
        wind_turbine=given.get("wind_turbine", ""),
        sources=MappingProxyType(dict(given["sources"])),
    )


def _with_rain(
    station: Station, given: Mapping[str, Any], rain: Mapping[str, Any] | None
) -> Station:
    """The station's rain, or that of ``[rain]``, scaled to the point's yearly sum if it has one."""
    monthly = dict(station.monthly)
    lengths = np.array([31, 28.25, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31])
    if rain is not None:
        monthly["wet_day_share"] = np.array(rain["wet_day_share"])
        fallen_mm = np.array(rain["precipitation_share"])
        monthly["wet_day_mm"] = fallen_mm / lengths / monthly["wet_day_share"]
    if "precipitation_mm" in given:
        fallen = float((lengths * monthly["wet_day_share"] * monthly["wet_day_mm"]).sum())
        factor = given["precipitation_mm"] / fallen if fallen > 0.0 else 0.0
        monthly["wet_day_mm"] = monthly["wet_day_mm"] * factor
    return replace(station, monthly=MappingProxyType(monthly))


def anchored(
    monthly_c: Array,
    january_c: float | None = None,
    july_c: float | None = None,
    year_c: float | None = None,
) -> Array:
    """Monthly temperatures adjusted to published means, with the shape of the months kept.

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
    lengths = _month_lengths(days)
    ends = np.cumsum(lengths)
    middles = ends - 0.5 * lengths
    nodes = np.append(middles, middles[0] + days)
    unit = np.vstack([np.eye(MONTHS), np.eye(MONTHS)[:1]])
    spline = CubicSpline(nodes, unit, bc_type="periodic")
    # Days before the first node belong to the end of the period.
    day = np.arange(days) + 0.5
    daily = spline(np.where(day < middles[0], day + days, day))
    means = np.add.reduceat(daily, ends - lengths) / lengths[:, None]
    return read_only(daily @ np.linalg.inv(means))


@lru_cache(maxsize=2)
def straight_basis(days: int) -> Array:
    """Return non-negative weights that interpolate mid-months linearly, shape (days, 12)."""
    lengths = _month_lengths(days)
    middles = np.cumsum(lengths) - 0.5 * lengths
    nodes = np.concatenate([[middles[-1] - days], middles, [middles[0] + days]])
    unit = np.eye(MONTHS)[np.arange(-1, MONTHS + 1) % MONTHS]
    return _interpolated(days, nodes, unit)


@lru_cache(maxsize=2)
def block_basis(days: int) -> Array:
    """Return weights constant in a month, linear over six days at its ends, shape (days, 12)."""
    lengths = _month_lengths(days)
    ends = np.cumsum(lengths)
    nodes = np.stack([ends - lengths + JOINT_DAYS, ends - JOINT_DAYS], axis=-1).ravel()
    nodes = np.concatenate([[nodes[-1] - days], nodes, [nodes[0] + days]])
    unit = np.repeat(np.eye(MONTHS), 2, axis=0)
    unit = np.concatenate([unit[-1:], unit, unit[:1]])
    return _interpolated(days, nodes, unit)


def _month_lengths(days: int) -> NDArray[np.int64]:
    return np.array([31, days - 337, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31])


def _interpolated(days: int, nodes: Array, unit: Array) -> Array:
    """Columns of ``unit``, given at ``nodes``, in the middle of each day; read-only."""
    day = np.arange(days) + 0.5
    return read_only(np.stack([np.interp(day, nodes, column) for column in unit.T], axis=-1))


def great_circle_km(lat1: Any, lon1: Any, lat2: Any, lon2: Any) -> Any:
    """Great-circle distance by the haversine formula.

    Parameters
    ----------
    lat1, lon1, lat2, lon2 : float or ndarray
        Two places, shapes that broadcast. [°] north, east

    Returns
    -------
    float or ndarray
        [km]
    """
    phi1, phi2 = np.radians(lat1), np.radians(lat2)
    half = np.radians(np.asarray(lon2) - lon1) / 2.0
    chord = np.sin((phi2 - phi1) / 2.0) ** 2 + np.cos(phi1) * np.cos(phi2) * np.sin(half) ** 2
    return 2.0 * EARTH_RADIUS_KM * np.arcsin(np.sqrt(chord))
