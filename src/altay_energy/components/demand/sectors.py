"""Shapes of demand by sector over a calendar year."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Literal

import numpy as np

from altay_energy.components.demand.drivers import (
    heating_degrees,
    snow_making_share,
    wet_bulb_c,
)
from altay_energy.components.demand.seasons import (
    daily_from_monthly,
    day_curve,
    days_of_year,
    first_step,
    in_hemisphere,
    steps_of_year,
    years_of,
)
from altay_energy.core.catalogue import Catalogue, package_toml
from altay_energy.core.errors import SeriesError
from altay_energy.core.timeline import Timeline
from altay_energy.core.units import Array
from altay_energy.core.value import read_only
from altay_energy.weather.series import Weather

Driver = Literal["calendar", "heating", "snow_making"]
WEATHER_DRIVERS: tuple[Driver, ...] = ("heating", "snow_making")


@dataclass(frozen=True)
class Part:
    """One use of energy within a sector.

    Parameters
    ----------
    name : str
        Description.
    share : float
        Of the sector's annual energy. [-]
    driver : str
        Driver of its variation from day to day.
    monthly, hourly : tuple of 12 and 24 float
        Relative mean power of each month and each clock hour. [-]
    weekend : float
        Factor on Saturdays and Sundays. [-]
    """

    name: str
    share: float
    driver: Driver
    monthly: tuple[float, ...]
    hourly: tuple[float, ...]
    weekend: float


@dataclass(frozen=True)
class Sector:
    """A sum of parts whose shares add up to 1."""

    name: str
    title: str
    title_zh: str
    source: str
    parts: tuple[Part, ...]

    @property
    def depends_on_weather(self) -> bool:
        """Whether known weather changes its shape."""
        return any(part.driver in WEATHER_DRIVERS for part in self.parts)


_FILE = "data/sectors.toml"


def _sector(name: str, table: Mapping[str, Any]) -> Sector:
    parts = tuple(_part(p) for p in table.get("parts", []))
    for other, share in table.get("mix", {}).items():
        parts += tuple(
            Part(p.name, share * p.share, p.driver, p.monthly, p.hourly, p.weekend)
            for p in SECTORS.load(other).parts
        )
    return Sector(name, table["title"], table["title_zh"], table["source"], parts)


SECTORS = Catalogue("sector", _FILE, _sector, table="sectors")
"""Sectors of the package."""


def _part(table: Mapping[str, Any]) -> Part:
    driver = table.get("driver", "calendar")
    monthly = package_toml(_FILE)["heating"]["monthly"] if driver == "heating" else table["monthly"]
    return Part(
        name=table["name"],
        share=table["share"],
        driver=driver,
        monthly=tuple(float(m) for m in monthly),
        hourly=tuple(float(h) for h in table["hourly"]),
        weekend=float(table.get("weekend", 1.0)),
    )


@lru_cache(maxsize=128)
def calendar_year(
    name: str, driver: Driver, year: int, step_hours: float, south: bool = False
) -> tuple[Array, Array]:
    """Power of the parts of one driver over a calendar year, and in steady weather.

    Parameters
    ----------
    name : str
        Sector.
    driver : str
        Parts of other drivers are left out.
    year : int
        Calendar year of the local clock.
    step_hours : float
        Length of an interval. [h]
    south : bool
        Whether it lies south of the equator: its months are then half a year later.

    Returns
    -------
    by_calendar : ndarray, shape (N,)
        Power relative to the sector's mean of the year; over all drivers its mean is 1. [-]
    in_steady_weather : ndarray, shape (N,)
        The same before the weather acts on it: heating without its season. [-]
    """
    steps = steps_of_year(year, step_hours)
    by_calendar, steady = np.zeros(steps), np.zeros(steps)
    days = days_of_year(year)
    weekday = (np.arange(days) + Timeline.of_year(year).weekday[0]) % 7
    for part in SECTORS.load(name).parts:
        if part.driver != driver:
            continue
        week = np.where(weekday >= 5, part.weekend, 1.0)
        hours = day_curve(part.hourly, step_hours)
        season = daily_from_monthly(in_hemisphere(part.monthly, south), days)
        shape = np.outer(week * season, hours).ravel()
        by_calendar += part.share / shape.mean() * shape
        planned = week if driver == "heating" else week * season
        steady += part.share * np.outer(planned, hours / hours.mean()).ravel()
    return read_only(by_calendar), read_only(steady)


def sector_years(
    name: str, timeline: Timeline, weather: Weather | None, south: bool = False
) -> list[Array]:
    """Power of a sector relative to its yearly mean, over all calendar years that a period touches.

    Parameters
    ----------
    name : str
        Sector.
    timeline : Timeline
        The T intervals of the period.
    weather : Weather or None
        Within the period, heating follows its temperature and snow-making its wet bulb. In each
        calendar year they use the energy that the calendar has for the same intervals: weather
        moves energy and does not add any. Its latitude gives the hemisphere.
    south : bool
        Without weather: whether the sector lies south of the equator.

    Returns
    -------
    list of ndarray, shape (..., N)
        One array a year, its mean 1. [-]

    Raises
    ------
    SeriesError
        If the weather is not that of the period.
    """
    step, years = timeline.step_hours, years_of(timeline)
    south = weather.latitude < 0.0 if weather is not None else south
    by_calendar = [
        [
            calendar_year(name, driver, year, step, south)
            for driver in ("calendar", *WEATHER_DRIVERS)
        ]
        for year in years
    ]
    result: list[Array] = [np.sum([of[0] for of in d], axis=0) for d in by_calendar]
    if weather is None or not SECTORS.load(name).depends_on_weather:
        return result
    begin = first_step(timeline)
    done = 0
    for index, drivers in enumerate(by_calendar):
        here = slice(begin, min(begin + timeline.steps - done, result[index].size))
        there = slice(done, done + here.stop - here.start)
        change = _weather_change(drivers[1:], here, there, weather, timeline)
        grown = np.broadcast_to(result[index], (*change.shape[:-1], result[index].size)).copy()
        grown[..., here] += change
        result[index] = grown
        done, begin = there.stop, 0
    return result


def winter_share(name: str, south: bool = False) -> float:
    """Mean power of a sector in the middle month of winter over that of the year, by the calendar.

    Parameters
    ----------
    name : str
        Sector.
    south : bool
        July instead of January.
    """
    year = Timeline.of_year(2025)
    shape = sector_years(name, year, None, south)[0]
    return float(shape[year.month == (6 if south else 0)].mean())


def _weather_change(
    drivers: list[tuple[Array, Array]],
    here: slice,
    there: slice,
    weather: Weather,
    timeline: Timeline,
) -> Array:
    """Difference of the weather-driven and the calendar shape in one year's intervals. [-]"""
    signals = _signals(weather, timeline)
    total = np.zeros((*signals[0].shape[:-1], there.stop - there.start))
    for (by_calendar, steady), signal in zip(drivers, signals, strict=True):
        planned = by_calendar[here]
        wanted = steady[here] * signal[..., there]
        size = wanted.sum(axis=-1, keepdims=True)
        # Where no interval is cold enough, the calendar is kept.
        factor = np.divide(planned.sum(), size, out=np.zeros_like(size), where=size > 0.0)
        total += np.where(size > 0.0, factor * wanted, planned) - planned
    return total


def _signals(weather: Weather, timeline: Timeline) -> tuple[Array, Array]:
    """Strength of heating and of snow-making in every interval, shape (..., T) each."""
    if weather.temperature_c.shape[-1] != timeline.steps:
        raise SeriesError(
            f"weather of {weather.place} has {weather.temperature_c.shape[-1]} intervals, "
            f"the period has {timeline.steps}"
        )
    heating, snow = package_toml(_FILE)["heating"], package_toml(_FILE)["snow_making"]
    wet_bulb = wet_bulb_c(
        weather.temperature_c, weather.relative_humidity_percent, weather.pressure_pa
    )
    return (
        heating_degrees(weather.temperature_c, timeline.step_hours, heating["base_c"]),
        snow_making_share(wet_bulb, snow["onset_c"], snow["full_c"]),
    )
