"""Seeded synthetic weather for the climate points of Altay, built from monthly tables.

The generator thinks in years and hours of Beijing time. Gaussian processes (``climate_noise``)
give each day its cloud, temperature, pressure, humidity and rain and each hour its wind; the
tables (``climate_tables``) give them their level, spread and couplings through the year.
"""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from dataclasses import dataclass, fields
from functools import lru_cache

import numpy as np

from altay_energy.errors import WeatherError
from altay_energy.timeline import BEIJING_OFFSET_HOURS, Timeline
from altay_energy.units import Array
from altay_energy.weather.climate_noise import year_noise
from altay_energy.weather.climate_site import SiteYear
from altay_energy.weather.climate_tables import ClimatePoint, climate_tables
from altay_energy.weather.series import Weather
from altay_energy.weather.sun import SunPath, clear_sky, decompose, sun_path

FIRST_YEAR, LAST_YEAR = 1600, 9998
"""Years that can be made: the sun's position and the calendar hold there."""


def climate_points() -> Mapping[str, ClimatePoint]:
    """The places for which the package can make weather, by name.

    Returns
    -------
    mapping of str to ClimatePoint
        Read-only; the names are those of the sites in the shipped scenarios.
    """
    return climate_tables().points


def nearest_point(latitude: float, longitude: float) -> tuple[str, float]:
    """Climate point that lies nearest to a place.

    Parameters
    ----------
    latitude, longitude : float
        [°] north, east

    Returns
    -------
    name : str
        Of the climate point.
    distance_km : float
        Along the great circle. [km]
    """
    distances = {n: p.distance_km(latitude, longitude) for n, p in climate_points().items()}
    name = min(distances, key=distances.__getitem__)
    return name, distances[name]


def climate_weather(point: str, timeline: Timeline, seed: int) -> Weather:
    """Synthetic weather at a climate point.

    Parameters
    ----------
    point : str
        Name of a climate point.
    timeline : Timeline
        Any start, length and step. A part of a year is the same part of the whole year
        (irradiance to 0.001 W/m², for the sun's path is a spline over the period).
    seed : int
        At least 0. The same seed gives the same weather to the last bit, whichever other points
        are used, and different points share their weather systems.

    Returns
    -------
    Weather
        Series of shape (T,). Wind stands at 100 m above ground.

    Raises
    ------
    WeatherError
        If there is no such point, or the seed or the years are out of range.

    Notes
    -----
    Processes are hourly. For shorter steps they are joined by straight lines between the middles
    of hours (held over the half hour at either end of a year), while the sun is computed for
    every step. Irradiance is that of a cloudless sky times clearness, and is split by
    ``weather.sun.decompose``, for the diffuse shares of the stations are modelled and too low.
    """
    place = _place(point)
    _check(timeline, seed)
    air = _on_timeline(place, timeline, seed)
    sun = sun_path(
        place.latitude, place.longitude, place.elevation_m, timeline.utc, timeline.step_seconds
    )
    ghi, dni, dhi = _irradiance(place, sun, air)
    return Weather(
        place=f"climate of {point}, seed {seed}",
        latitude=place.latitude,
        longitude=place.longitude,
        elevation_m=place.elevation_m,
        timeline=timeline,
        ghi_w_m2=ghi,
        dni_w_m2=dni,
        dhi_w_m2=dhi,
        temperature_c=air.temperature_c,
        wind_speed_m_s=air.wind_speed_m_s,
        wind_height_m=climate_tables().wind_height_m,
        pressure_pa=air.pressure_pa,
        relative_humidity_percent=air.humidity_percent,
        snow_depth_m=air.snow_depth_m,
        precipitation_mm=air.precipitation_mm_h * timeline.step_hours,
        notices=_notices(place),
    )


def climate_air(point: str, timeline: Timeline, seed: int) -> tuple[Array, Array]:
    """Temperature and precipitation alone of ``climate_weather``, without the sun it takes.

    Parameters
    ----------
    point, timeline, seed
        As for ``climate_weather``.

    Returns
    -------
    temperature_c, precipitation_mm : ndarray, shape (T,)
        The same values as there. [°C], [mm]
    """
    place = _place(point)
    _check(timeline, seed)
    air = _on_timeline(place, timeline, seed)
    return air.temperature_c, air.precipitation_mm_h * timeline.step_hours


@dataclass(frozen=True, eq=False)
class _Air:
    """Series of one place; (T,) each."""

    clearness: Array
    linke_turbidity: Array
    temperature_c: Array
    wind_speed_m_s: Array
    pressure_pa: Array
    humidity_percent: Array
    snow_depth_m: Array
    precipitation_mm_h: Array


@lru_cache(maxsize=16)
def _site_year(point: str, year: int, seed: int) -> _Air:
    """All hours of one year of Beijing time at one point."""
    tables = climate_tables()
    site = SiteYear(tables.points[point], tables, year_noise(seed, year))
    return _Air(
        clearness=site.clearness(),
        linke_turbidity=site.each_hour(site.curve["linke_turbidity"]),
        temperature_c=site.temperature_c(),
        wind_speed_m_s=site.wind_speed_m_s(),
        pressure_pa=site.pressure_pa(),
        humidity_percent=site.humidity_percent(),
        snow_depth_m=site.snow_depth_m(),
        precipitation_mm_h=site.precipitation_mm_h(),
    )


def _on_timeline(place: ClimatePoint, timeline: Timeline, seed: int) -> _Air:
    """Series at the middles of the intervals of a timeline, shape (T,)."""
    offset = np.timedelta64(round(BEIJING_OFFSET_HOURS * 3600), "s")
    middles = timeline.utc + offset + np.timedelta64(timeline.step_seconds // 2, "s")
    years = middles.astype("datetime64[Y]")
    pieces = []
    for year in np.unique(years):
        air = _site_year(place.name, int(year.astype(int)) + 1970, seed)
        since = (middles[years == year] - year.astype("datetime64[s]")).astype(np.float64)
        pieces.append(_at_hours(air, since / 3600.0))
    return _Air(*(np.concatenate([getattr(p, f.name) for p in pieces]) for f in fields(_Air)))


def _at_hours(air: _Air, hours: Array) -> _Air:
    """A year's series at instants given in hours since its beginning."""
    middles = np.arange(air.temperature_c.size) + 0.5
    within = hours.astype(np.int64)
    values = {f.name: getattr(air, f.name) for f in fields(_Air)}
    if np.array_equal(hours, middles[within]):
        return _Air(**{name: series[within] for name, series in values.items()})
    joined = {name: np.interp(hours, middles, series) for name, series in values.items()}
    return _Air(**{**joined, "precipitation_mm_h": air.precipitation_mm_h[within]})


def _irradiance(place: ClimatePoint, sun: SunPath, air: _Air) -> tuple[Array, Array, Array]:
    """Global, direct and diffuse irradiance that close: GHI = DNI cos Z + DHI. [W m⁻²]"""
    cloudless = clear_sky(sun, air.linke_turbidity, place.elevation_m, air.pressure_pa)[0]
    cosine = np.maximum(np.cos(np.radians(sun.zenith_deg)), 0.0)
    outside = sun.extraterrestrial_w_m2 * cosine * sun.lit_fraction
    ghi = np.minimum(air.clearness * cloudless, outside)
    return (ghi, *decompose(sun, ghi))


def _place(point: str) -> ClimatePoint:
    points = climate_points()
    if point not in points:
        close = difflib.get_close_matches(point, points, n=1)
        raise WeatherError(
            f"{point!r} is no climate point"
            + (f"; did you mean {close[0]}?" if close else "")
            + f"; there are {', '.join(points)}"
        )
    return points[point]


def _check(timeline: Timeline, seed: int) -> None:
    if not isinstance(seed, int | np.integer) or isinstance(seed, bool) or seed < 0:
        raise WeatherError(f"seed = {seed!r} must be a whole number of at least 0")
    first, last = int(timeline.year.min()), int(timeline.year.max())
    if first < FIRST_YEAR or last > LAST_YEAR:
        raise WeatherError(
            f"the climate makes years {FIRST_YEAR} to {LAST_YEAR}, not {first} to {last}"
        )


def _notices(place: ClimatePoint) -> tuple[str, ...]:
    assumed = [what for what, source in place.sources.items() if source.startswith("assumed")]
    notice = (
        f"{place.name}: synthetic weather, wind at {climate_tables().wind_height_m:g} m set to "
        f"{place.wind_full_load_hours:g} full-load hours of {place.wind_turbine}"
    )
    if assumed:
        notice += f"; assumed without a source: {', '.join(assumed)}"
    return (notice,)
