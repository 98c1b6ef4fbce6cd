"""Many weather years at many sites, block by block, in constant memory."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from typing import Any

import numpy as np

from altay_energy.core.errors import WeatherError
from altay_energy.core.timeline import Timeline
from altay_energy.core.units import Array
from altay_energy.weather.climate.model.generate import (
    check_seed,
    check_years,
    place_of,
    point_notices,
    split,
    warmed,
)
from altay_energy.weather.climate.model.noise import HOURS, days_in
from altay_energy.weather.climate.model.tables import ClimatePoint, ClimateTables, climate_tables
from altay_energy.weather.climate.model.warming import NO_WARMING, Warming
from altay_energy.weather.climate.model.year import cloudless_year, day_air, year_series
from altay_energy.weather.series import Weather

CHUNK = 8
"""Members in a block unless said otherwise: 34 MB for six sites."""

SERIES = (
    "ghi_w_m2",
    "dni_w_m2",
    "dhi_w_m2",
    "temperature_c",
    "wind_speed_m_s",
    "pressure_pa",
    "relative_humidity_percent",
    "snow_depth_m",
    "precipitation_mm",
)
"""Series that a block may hold."""

LIGHT = ("ghi_w_m2", "dni_w_m2", "dhi_w_m2")
"""Series that are made of the clearness of the sky."""

_NAMES = {"relative_humidity_percent": "humidity_percent", "precipitation_mm": "precipitation_mm_h"}
"""Series → its name in `YearAir`, where that is another."""


@dataclass(frozen=True, eq=False)
class ClimateBlock:
    """Some members of one calendar year of the table's clock, at all points asked for.

    Parameters
    ----------
    year : int
    seeds : tuple of int
        M members.
    points : tuple of ClimatePoint
        P places.
    utc_offset_hours : float
        Clock on which the year begins and ends. [h]
    series : mapping of str to ndarray, shape (M, P, T)
        By the names of ``SERIES``, hour by hour.
    notices : tuple of str
        Of the warming, if there is one.
    """

    year: int
    seeds: tuple[int, ...]
    points: tuple[ClimatePoint, ...]
    utc_offset_hours: float
    series: Mapping[str, Array]
    notices: tuple[str, ...] = ()

    @property
    def timeline(self) -> Timeline:
        """The T hours of the year."""
        zone = timezone(timedelta(hours=self.utc_offset_hours))
        start = datetime(self.year, 1, 1, tzinfo=zone)
        return Timeline(start, HOURS * days_in(self.year), 1.0, self.utc_offset_hours)

    def weather(self, point: str) -> Weather:
        """All members at one point, series of shape (M, T).

        Parameters
        ----------
        point : str

        Returns
        -------
        Weather

        Raises
        ------
        WeatherError
            If the block does not hold the point, or not all series of a ``Weather``.
        """
        names = [place.name for place in self.points]
        if point not in names:
            raise WeatherError(f"{point!r} is none of the points {', '.join(names)}")
        missing = [name for name in SERIES if name not in self.series]
        if missing:
            raise WeatherError(f"the block was made without {', '.join(missing)}")
        row = names.index(point)
        place = self.points[row]
        return Weather(
            place=f"climate of {point}, {len(self.seeds)} members",
            latitude=place.latitude,
            longitude=place.longitude,
            elevation_m=place.elevation_m,
            timeline=self.timeline,
            wind_height_m=place.wind_height_m,
            notices=(*point_notices(place), *self.notices),
            **{n: values[:, row] for n, values in self.series.items()},  # type: ignore[arg-type]
        )


def climate_years(
    points: Sequence[str],
    years: Iterable[int],
    seeds: Iterable[int] = (1,),
    *,
    tables: ClimateTables | None = None,
    warming: Warming = NO_WARMING,
    series: Sequence[str] = SERIES,
    chunk: int = CHUNK,
    workers: int = 1,
) -> Iterator[ClimateBlock]:
    """Weather of whole years, in blocks.

    Parameters
    ----------
    points : sequence of str
        Names of climate points.
    years : iterable of int
        Calendar years, on the clock of the table.
    seeds : iterable of int
        Members of each year.
    tables : ClimateTables, optional
        Those of the package by default.
    warming : Warming, optional
    series : sequence of str
        Which of ``SERIES`` are wanted; without direct and diffuse light it takes half the time.
    chunk : int
        Most members in a block.
    workers : int
        Processes that make blocks.

    Yields
    ------
    ClimateBlock
        Year by year, and within a year seed by seed. Bytes do not depend on ``chunk``,
        ``workers`` or the other points: each (seed, year) has noise of its own.

    Raises
    ------
    WeatherError
        If a point, series, seed or year is not known, or chunk or workers are below 1.
    """
    tables = climate_tables() if tables is None else tables
    places = tuple(warmed(place_of(tables, point), warming) for point in points)
    wanted, members = tuple(series), tuple(seeds)
    calendar = tuple(years)
    strange = [name for name in wanted if name not in SERIES]
    if not places or strange:
        what = f"{strange[0]!r} is no series; there are {', '.join(SERIES)}" if strange else ""
        raise WeatherError(what or "name at least one climate point")
    for seed in members:
        check_seed(seed)
    if calendar:
        check_years(min(calendar), max(calendar))
    for key, value in (("chunk", chunk), ("workers", workers)):
        if value < 1:
            raise WeatherError(f"{key} = {value} must be at least 1")
    tasks = [
        (year, members[first : first + chunk])
        for year in calendar
        for first in range(0, len(members), chunk)
    ]
    jobs = _made(tables, places, wanted, tasks, workers)
    return (
        ClimateBlock(year, tuple(part), places, tables.utc_offset_hours, found, warming.notices())
        for (year, part), found in jobs
    )


def climate_days(
    points: Sequence[str],
    year: int,
    seeds: Sequence[int],
    *,
    tables: ClimateTables | None = None,
    warming: Warming = NO_WARMING,
    last: int | None = None,
) -> tuple[Array, Array]:
    """Temperature and precipitation of the days of a year, without the cost of its hours.

    Parameters
    ----------
    points, seeds, tables, warming
        As for `climate_years`.
    year : int
    last : int, optional
        Days that are wanted, from the first of the year; all by default.

    Returns
    -------
    temperature_c, precipitation_mm : ndarray, shape (M, P, D)
        Means [°C] and sums [mm] of the hours of `climate_years`, to rounding.
    """
    tables = climate_tables() if tables is None else tables
    places = tuple(warmed(place_of(tables, point), warming) for point in points)
    return day_air(tables, places, seeds, year, last)


Task = tuple[int, tuple[int, ...]]


def _made(
    tables: ClimateTables,
    places: tuple[ClimatePoint, ...],
    wanted: tuple[str, ...],
    tasks: Sequence[Task],
    workers: int,
) -> Iterator[tuple[Task, dict[str, Array]]]:
    if workers == 1:
        for task in tasks:
            yield task, _block(tables, places, wanted, task)
        return
    # At most two blocks a worker are computed at once: memory stays constant.
    waiting: deque[tuple[Task, Future[dict[str, Array]]]] = deque()
    rest = iter(tasks)
    with ProcessPoolExecutor(
        workers, initializer=_remember, initargs=(tables, places, wanted)
    ) as pool:
        for task in rest:
            waiting.append((task, pool.submit(_block_of_worker, task)))
            if len(waiting) >= 2 * workers:
                first, future = waiting.popleft()
                yield first, future.result()
        while waiting:
            first, future = waiting.popleft()
            yield first, future.result()


_WORKER: dict[str, Any] = {}


def _remember(
    tables: ClimateTables, places: tuple[ClimatePoint, ...], wanted: tuple[str, ...]
) -> None:
    """What a worker needs for all its blocks is sent to it once."""
    _WORKER["parts"] = (tables, places, wanted)


def _block_of_worker(task: Task) -> dict[str, Array]:
    tables, places, wanted = _WORKER["parts"]
    return _block(tables, places, wanted, task)


def _block(
    tables: ClimateTables, places: tuple[ClimatePoint, ...], wanted: tuple[str, ...], task: Task
) -> dict[str, Array]:
    year, seeds = task
    found = {name: np.empty((len(seeds), len(places), HOURS * days_in(year))) for name in wanted}
    for m, seed in enumerate(seeds):
        for name, values in _member(tables, places, wanted, seed, year).items():
            found[name][m] = values
    return found


def _member(
    tables: ClimateTables,
    places: tuple[ClimatePoint, ...],
    wanted: tuple[str, ...],
    seed: int,
    year: int,
) -> dict[str, Array]:
    """Series (P, T) of one member."""
    lighted = set(LIGHT) & set(wanted)
    names = {name: _NAMES.get(name, name) for name in wanted if name not in lighted}
    held = [*names.values(), *(("clearness",) if lighted else ())]
    air = year_series(tables, places, seed, year, held)
    found = {name: air[own] for name, own in names.items()}
    light = [name for name in wanted if name in lighted]
    for name in light:
        found[name] = np.empty_like(air["clearness"])
    for p, place in enumerate(places if light else ()):
        sky = cloudless_year(place, tables.utc_offset_hours, year)
        ghi = np.minimum(air["clearness"][p] * sky.ghi_w_m2, sky.outside_w_m2)
        parts = split(sky.sun, ghi) if set(light) - {"ghi_w_m2"} else (ghi,)
        for name, values in zip(LIGHT, parts, strict=False):
            if name in found:
                found[name][p] = values
    return found
