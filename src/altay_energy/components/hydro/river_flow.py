"""Flow of a river on the timeline of a run: daily weather, spin-up, hours."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone

import numpy as np

from altay_energy.components.demand.seasons import HOURS_PER_DAY, first_step
from altay_energy.components.hydro.river import River
from altay_energy.core.errors import ScenarioError, WeatherError
from altay_energy.core.timeline import Integers, Timeline
from altay_energy.core.units import Array
from altay_energy.core.value import Value
from altay_energy.resource.runoff.catchment import stack_catchments
from altay_energy.resource.runoff.processes import hourly_from_daily
from altay_energy.resource.runoff.runoff import Runoff, simulate
from altay_energy.weather.climate.model.generate import climate_air, place_of
from altay_energy.weather.climate.model.tables import ClimateTables, climate_tables
from altay_energy.weather.climate.model.warming import NO_WARMING, Warming
from altay_energy.weather.series import Weather

SPIN_UP_DAYS = 365
"""Spin-up of snow and stores before a run. [d]"""


@dataclass(frozen=True, eq=False)
class RiverFlow(Value):
    """Flow of a river.

    Parameters
    ----------
    flow_m3_s : ndarray, shape (..., T)
        Means of the intervals. [m³ s⁻¹]
    snowmelt_m3_s : ndarray, shape (..., T), optional
        The part that has once been snow; unknown for a series. [m³ s⁻¹]
    runoff : Runoff, optional
        The catchment's days and its water ledger; None for a series.
    """

    flow_m3_s: Array
    snowmelt_m3_s: Array | None = None
    runoff: Runoff | None = None


def days_of(timeline: Timeline) -> Integers:
    """Local day of each interval, counted from that of the first one, shape (T,)."""
    per_day = round(HOURS_PER_DAY / timeline.step_hours)
    first = first_step(timeline) % per_day
    return np.asarray((first + np.arange(timeline.steps)) // per_day)


def series_flow(river: River, timeline: Timeline) -> RiverFlow:
    """Flow of a river with a series.

    Parameters
    ----------
    river : River
        With ``inflow_m3_s``.
    timeline : Timeline
        The T intervals.
    """
    assert river.inflow_m3_s is not None
    return RiverFlow(np.array(river.inflow_m3_s.on(timeline)))


def climate_flows(
    rivers: Mapping[str, tuple[River, str, ClimateTables | None]],
    timeline: Timeline,
    seed: int,
    warming: Warming = NO_WARMING,
) -> dict[str, RiverFlow]:
    """Flow of catchments under a synthetic climate, that of the year before included.

    Parameters
    ----------
    rivers : mapping of str to (River, str, ClimateTables or None)
        Each with a catchment, and the climate point whose temperature and precipitation it gets;
        None for a point of the built-in climate.
    timeline : Timeline
        The T intervals.
    seed, warming
        Of the climate, as for ``climate_weather``.

    Notes
    -----
    The snow that lies at the beginning is that of the climate's own year before: a week of a run
    is the same week of the whole year. All catchments go through the days together.
    """
    if not rivers:
        return {}
    long = days_before(timeline)
    air = [
        climate_air(point, long, seed, tables=tables, warming=warming)
        for _, point, tables in rivers.values()
    ]
    temperature = np.array([daily_means(series) for series, _ in air])
    fall = np.array([daily_sums(series) for _, series in air])
    return flows_under(rivers, timeline, temperature, fall)


def daily_means(hourly: Array) -> Array:
    """Means of whole days of hours, shape (..., D)."""
    return np.asarray(hourly.reshape(*hourly.shape[:-1], -1, HOURS_PER_DAY).mean(axis=-1))


def daily_sums(hourly: Array) -> Array:
    """Sums of whole days of hours, shape (..., D)."""
    return np.asarray(hourly.reshape(*hourly.shape[:-1], -1, HOURS_PER_DAY).sum(axis=-1))


def days_before(timeline: Timeline) -> Timeline:
    """Hours from the beginning of the local year before a run to a day after its end.

    Parameters
    ----------
    timeline : Timeline
        Of the run.
    """
    zone = timezone(timedelta(hours=timeline.utc_offset_hours))
    begin = datetime(int(timeline.year[0]) - 1, 1, 1, tzinfo=zone)
    # A day more on either side, for the slope of the flow within the first and the last.
    days = int(days_of(timeline)[-1]) + 3
    before = (timeline.start.astimezone(zone) - begin).days - 1
    return Timeline(begin, (before + days) * HOURS_PER_DAY, 1.0, timeline.utc_offset_hours)


def flows_under(
    rivers: Mapping[str, tuple[River, str, ClimateTables | None]],
    timeline: Timeline,
    temperature_c: Array,
    precipitation_mm: Array,
) -> dict[str, RiverFlow]:
    """Flow of catchments under daily weather that begins a year earlier.

    Parameters
    ----------
    rivers : mapping of str to (River, str, ClimateTables or None)
        K of them, as for `climate_flows`.
    timeline : Timeline
        The T intervals of the run.
    temperature_c, precipitation_mm : ndarray, shape (..., K, D)
        Means and sums of the D days of `days_before`. [°C], [mm]

    Returns
    -------
    dict of str to RiverFlow
        Shape (..., T).
    """
    long = days_before(timeline)
    before = long.steps // HOURS_PER_DAY - (int(days_of(timeline)[-1]) + 3)
    places = [place_of(tables or climate_tables(), point) for _, point, tables in rivers.values()]
    parameters = [
        river.parameters(place.latitude)
        for (river, _, _), place in zip(rivers.values(), places, strict=True)
    ]
    runoff = simulate(
        stack_catchments(parameters),
        temperature_c,
        precipitation_mm,
        long.day_of_year[::HOURS_PER_DAY],
        np.array([place.elevation_m for place in places]),
        before,
    )
    return {n: _on_hours(runoff.one(k), timeline, margin=1) for k, n in enumerate(rivers)}


def weather_flow(name: str, river: River, weather: Weather) -> RiverFlow:
    """Flow of a catchment under given weather, which repeats its first year beforehand.

    Parameters
    ----------
    name : str
        Of the river, for messages.
    river : River
        With a catchment.
    weather : Weather
        With precipitation, a year or more; leading axes are free.

    Raises
    ------
    WeatherError
        If precipitation is unknown.
    ScenarioError
        If there is less than a year: the snow at its beginning is unknown.
    """
    if weather.precipitation_mm is None:
        raise WeatherError(
            f"river.{name}: the weather of {weather.place} holds no precipitation; use a file that "
            "does, or give inflow_m3_s"
        )
    timeline = weather.timeline
    day = days_of(timeline)
    count = np.bincount(day)
    if len(count) < SPIN_UP_DAYS:
        raise ScenarioError(
            f"river.{name}: {len(count)} days of weather do not determine how much snow lies at "
            "their beginning; run a whole year, or give inflow_m3_s"
        )
    first = np.searchsorted(day, np.arange(len(count)))
    temperature = np.add.reduceat(weather.temperature_c, first, axis=-1) / count
    hours = count * timeline.step_hours
    fall = np.add.reduceat(weather.precipitation_mm, first, axis=-1) * (HOURS_PER_DAY / hours)
    season = timeline.day_of_year[first]

    def twice(series: Array) -> Array:
        return np.concatenate([series[..., :SPIN_UP_DAYS], series], axis=-1)

    runoff = simulate(
        river.parameters(weather.latitude),
        twice(temperature),
        twice(fall),
        twice(season.astype(np.float64)),
        weather.elevation_m,
        SPIN_UP_DAYS,
    )
    return _on_hours(runoff, timeline)


def _on_hours(runoff: Runoff, timeline: Timeline, margin: int = 0) -> RiverFlow:
    """The days of a catchment, of which ``margin`` lie before the run, on its intervals."""
    per_day = round(HOURS_PER_DAY / timeline.step_hours)
    first = first_step(timeline) % per_day + margin * per_day
    kept = slice(first, first + timeline.steps)
    flow = hourly_from_daily(runoff.flow_m3_s, per_day)[..., kept]
    share = runoff.snowmelt_mm / np.maximum(runoff.flow_mm, 1e-30)
    melt = np.repeat(share, per_day, axis=-1)[..., kept] * flow
    return RiverFlow(flow, melt, runoff)
