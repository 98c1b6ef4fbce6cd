"""Seeded synthetic weather for the points of a climate table, built from monthly figures.

The generator works in years and hours of the clock of its table. Gaussian processes
(``climate_noise``) give each day its cloud, temperature, wind, humidity, pressure and rain and
each hour its departure from them; the tables give mean, standard deviation and correlations.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from functools import lru_cache

import numpy as np

from altay_energy.core.errors import WeatherError
from altay_energy.core.timeline import Timeline
from altay_energy.core.units import Array
from altay_energy.core.wording import closest
from altay_energy.weather.climate.model.tables import (
    ClimatePoint,
    ClimateTables,
    climate_tables,
    straight_basis,
)
from altay_energy.weather.climate.model.warming import NO_WARMING, Warming
from altay_energy.weather.climate.model.year import YearAir, horizontal, mean_pressure_pa, year_air
from altay_energy.weather.series import Weather
from altay_energy.weather.sun import SunPath, clear_sky, decompose, sun_path

FIRST_YEAR, LAST_YEAR = 1600, 9998
"""Years that can be generated: the sun's position and the calendar are valid there."""


def climate_points() -> Mapping[str, ClimatePoint]:
    """The climate points of the package, by name.

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
    return climate_tables().nearest(latitude, longitude)


def climate_weather(
    point: str,
    timeline: Timeline,
    seed: int,
    *,
    tables: ClimateTables | None = None,
    warming: Warming = NO_WARMING,
) -> Weather:
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
    tables : ClimateTables, optional
        As ``climate_file.read_climate`` gives them; those of the package by default.
    warming : Warming, optional
        By how much the months are warmer than those of the tables.

    Returns
    -------
    Weather
        Series of shape (T,). Wind is at the height of the table.

    Raises
    ------
    WeatherError
        If there is no such point, or the seed or the years are out of range.

    Notes
    -----
    Processes are hourly. For shorter steps they are interpolated linearly between the middles
    of hours (held over the half hour at either end of a year), while the sun is computed for
    every step. Irradiance is the clear-sky irradiance times clearness, and is split by
    ``weather.sun.decompose``, for the diffuse shares of the stations are modelled and too low.
    """
    tables = climate_tables() if tables is None else tables
    air = _air(point, timeline, seed, tables, warming)
    place = warmed(place_of(tables, point), warming)
    sun = sun_path(
        place.latitude, place.longitude, place.elevation_m, timeline.utc, timeline.step_seconds
    )
    ghi, dni, dhi = _irradiance(tables, place, sun, timeline, air["clearness"])
    return Weather(
        place=f"climate of {point}, seed {seed}",
        latitude=place.latitude,
        longitude=place.longitude,
        elevation_m=place.elevation_m,
        timeline=timeline,
        ghi_w_m2=ghi,
        dni_w_m2=dni,
        dhi_w_m2=dhi,
        temperature_c=air["temperature_c"],
        wind_speed_m_s=air["wind_speed_m_s"],
        wind_height_m=place.wind_height_m,
        pressure_pa=air["pressure_pa"],
        relative_humidity_percent=air["humidity_percent"],
        snow_depth_m=air["snow_depth_m"],
        precipitation_mm=air["precipitation_mm_h"] * timeline.step_hours,
        notices=(*point_notices(place), *warming.notices()),
    )


def climate_air(
    point: str,
    timeline: Timeline,
    seed: int,
    *,
    tables: ClimateTables | None = None,
    warming: Warming = NO_WARMING,
) -> tuple[Array, Array]:
    """Temperature and precipitation of ``climate_weather``, without the cost of irradiance.

    Parameters
    ----------
    point, timeline, seed, tables, warming
        As for ``climate_weather``.

    Returns
    -------
    temperature_c, precipitation_mm : ndarray, shape (T,)
        The same values as there. [°C], [mm]
    """
    air = _air(point, timeline, seed, tables or climate_tables(), warming)
    return air["temperature_c"], air["precipitation_mm_h"] * timeline.step_hours


def _air(
    point: str, timeline: Timeline, seed: int, tables: ClimateTables, warming: Warming
) -> dict[str, Array]:
    """Series of a point, shape (T,), after checks of the arguments."""
    check_seed(seed)
    check_years(int(timeline.year.min()), int(timeline.year.max()))
    return _on_timeline(tables, warmed(place_of(tables, point), warming), timeline, seed)


@lru_cache(maxsize=64)
def warmed(place: ClimatePoint, warming: Warming) -> ClimatePoint:
    """A place in a warmer climate.

    Parameters
    ----------
    place : ClimatePoint
    warming : Warming

    Returns
    -------
    ClimatePoint
        The place itself without warming.
    """
    return place.warmer(np.array(warming.monthly_k)) if any(warming.monthly_k) else place


@lru_cache(maxsize=16)
def _site_year(tables: ClimateTables, place: ClimatePoint, year: int, seed: int) -> YearAir:
    """All hours of one year of the table's clock at one point, (1, T) each."""
    return year_air(tables, (place,), seed, year)


def _on_timeline(
    tables: ClimateTables, place: ClimatePoint, timeline: Timeline, seed: int
) -> dict[str, Array]:
    """Series at the middles of the intervals of a timeline, shape (T,)."""
    middles = _clock(tables, timeline)
    years = middles.astype("datetime64[Y]")
    pieces = []
    for year in np.unique(years):
        air = _site_year(tables, place, int(year.astype(int)) + 1970, seed)
        since = (middles[years == year] - year.astype("datetime64[s]")).astype(np.float64)
        pieces.append(_at_hours(air, since / 3600.0))
    return {key: np.concatenate([piece[key] for piece in pieces]) for key in pieces[0]}


def _clock(tables: ClimateTables, timeline: Timeline):  # type: ignore[no-untyped-def]
    """Middles of the intervals on the clock of the table."""
    offset = np.timedelta64(round(tables.utc_offset_hours * 3600), "s")
    return timeline.utc + offset + np.timedelta64(timeline.step_seconds // 2, "s")


def _at_hours(air: YearAir, hours: Array) -> dict[str, Array]:
    """A year's series at instants given in hours since its beginning."""
    values = {f.name: getattr(air, f.name)[0] for f in fields(YearAir)}
    middles = np.arange(values["clearness"].size) + 0.5
    within = hours.astype(np.int64)
    if np.array_equal(hours, middles[within]):
        return {name: series[within] for name, series in values.items()}
    joined = {name: np.interp(hours, middles, series) for name, series in values.items()}
    return {**joined, "precipitation_mm_h": values["precipitation_mm_h"][within]}


def _irradiance(
    tables: ClimateTables, place: ClimatePoint, sun: SunPath, timeline: Timeline, clearness: Array
) -> tuple[Array, Array, Array]:
    """Global, direct and diffuse irradiance that close: GHI = DNI cos Z + DHI. [W m⁻²]"""
    day = _clock(tables, timeline).astype("datetime64[D]")
    year = day.astype("datetime64[Y]")
    number = (day - year).astype(np.int64)
    turbidity = place.station.monthly["linke_turbidity"]
    ends = (year + np.timedelta64(1, "Y")).astype("datetime64[D]") - year.astype("datetime64[D]")
    leap = ends.astype(np.int64) == 366
    linke = np.where(
        leap,
        (straight_basis(366) @ turbidity)[number],
        (straight_basis(365) @ turbidity)[np.minimum(number, 364)],
    )
    cloudless = clear_sky(sun, linke, place.elevation_m, mean_pressure_pa(place))[0]
    return split(sun, np.minimum(clearness * cloudless, horizontal(sun)))


def split(sun: SunPath, ghi_w_m2: Array) -> tuple[Array, Array, Array]:
    """Global irradiance with its direct and diffuse parts.

    Parameters
    ----------
    sun : SunPath
        Arrays of shape (T,).
    ghi_w_m2 : ndarray, shape (..., T)
        [W m⁻²]

    Returns
    -------
    ghi_w_m2, dni_w_m2, dhi_w_m2 : ndarray, shape (..., T)
        [W m⁻²]
    """
    return (ghi_w_m2, *decompose(sun, ghi_w_m2))


def place_of(tables: ClimateTables, point: str) -> ClimatePoint:
    """A point of the tables, or an error that proposes similar names.

    Parameters
    ----------
    tables : ClimateTables
    point : str

    Returns
    -------
    ClimatePoint

    Raises
    ------
    WeatherError
        If there is none of that name.
    """
    if point not in tables.points:
        raise WeatherError(
            f"{point!r} is no climate point{closest(point, tables.points)}; "
            f"there are {', '.join(tables.points)}"
        )
    return tables.points[point]


def check_seed(seed: object) -> None:
    """Raise unless the value is a whole number of at least 0.

    Raises
    ------
    WeatherError
    """
    if not isinstance(seed, int | np.integer) or isinstance(seed, bool) or seed < 0:
        raise WeatherError(f"seed = {seed!r} must be a whole number of at least 0")


def check_years(first: int, last: int) -> None:
    """Raise for years outside the valid range.

    Raises
    ------
    WeatherError
    """
    if first < FIRST_YEAR or last > LAST_YEAR:
        raise WeatherError(
            f"the climate makes years {FIRST_YEAR} to {LAST_YEAR}, not {first} to {last}"
        )


def point_notices(place: ClimatePoint) -> tuple[str, ...]:
    """Notices on a point for readers of the results: its level of wind, what is assumed."""
    assumed = [what for what, source in place.sources.items() if source.startswith("assumed")]
    notice = f"{place.name}: synthetic weather, wind at {place.wind_height_m:g} m "
    if place.wind_full_load_hours is None:
        notice += "as its record has it"
    else:
        notice += f"set to {place.wind_full_load_hours:g} full-load hours of {place.wind_turbine}"
    if assumed:
        notice += f"; assumed without a source: {', '.join(assumed)}"
    return (notice,)
