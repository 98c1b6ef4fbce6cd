"""Weather years, synthetic or measured, as the leading axis of a portfolio."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from altay_energy.components.hydro.river import River
from altay_energy.components.hydro.river_flow import (
    RiverFlow,
    daily_means,
    daily_sums,
    days_before,
    flows_under,
    series_flow,
)
from altay_energy.core.errors import ScenarioError
from altay_energy.core.timeline import Timeline
from altay_energy.core.units import Array
from altay_energy.run.climate_source import Climate, climate_point
from altay_energy.run.portfolio import Portfolio
from altay_energy.weather.climate.model.many_years import (
    climate_days,
    climate_years,
)
from altay_energy.weather.climate.model.noise import HOURS
from altay_energy.weather.climate.model.tables import ClimateTables, climate_tables
from altay_energy.weather.series import Weather

BLOCK = 32
"""Default number of weather years computed at once."""

AIR = ("temperature_c", "precipitation_mm")
"""Series that rivers need."""

Melting = Mapping[str, tuple[River, str, ClimateTables | None]]


def year_block(portfolio: Portfolio, seeds: Sequence[int]) -> Portfolio:
    """Return the portfolio with several synthetic weather years.

    Parameters
    ----------
    portfolio : Portfolio
        Portfolio with a `Climate` as the source of its weather.
    seeds : sequence of int
        R members of the climate; each replaces the seed of the portfolio.

    Returns
    -------
    Portfolio
        Weather and river flows have shape (R, T), and so have all results. Row r equals the
        portfolio with seed r alone: weather to the last bit, powers and figures to 1e-12.

    Raises
    ------
    ScenarioError
        If weather does not come from a climate, or there is no seed.
    """
    if not isinstance(portfolio.weather, Climate):
        raise ScenarioError(
            "weather: is given as series, which have no seed; an ensemble of synthetic years needs "
            '[weather] source = "climate"'
        )
    if not len(seeds):
        raise ScenarioError("years: there is none; an ensemble needs at least one weather year")
    climate = portfolio.weather
    if _is_year_of_the_table(portfolio.timeline, climate.tables or climate_tables()):
        return _with_weather(portfolio, *_of_blocks(portfolio, climate, seeds))
    every = [portfolio.with_(weather=replace(climate, seed=int(seed))) for seed in seeds]
    return _with_weather(
        portfolio,
        stacked_weather([one.weather_by_site for one in every]),
        _stacked_flows([one.river_flows for one in every]),
    )


def record_block(portfolio: Portfolio, years: Sequence[Mapping[str, Weather]]) -> Portfolio:
    """Return the portfolio with several years of measured weather.

    Parameters
    ----------
    portfolio : Portfolio
        Portfolio with weather by site.
    years : sequence of mapping of str to Weather
        R years, each with the weather of every site in use, shape (T,).

    Returns
    -------
    Portfolio
        Weather has shape (R, T), and so have all results.
    """
    return portfolio.with_(weather=stacked_weather(years))


def stacked_weather(years: Sequence[Mapping[str, Weather]]) -> dict[str, Weather]:
    """Stack the weather of several years by site, shape (R, T).

    Parameters
    ----------
    years : sequence of mapping of str to Weather
        The same sites with the same series, shape (T,).
    """
    found = {}
    for site, first in years[0].items():
        every = [year[site] for year in years]
        series: dict[str, Any] = {
            name: np.stack([getattr(one, name) for one in every]) for name in first.series()
        }
        found[site] = replace(first, **series)
    return found


def one_year(portfolio: Portfolio, row: int) -> Portfolio:
    """Return one of several weather years, shape (T,).

    Parameters
    ----------
    portfolio : Portfolio
        Result of `year_block` or `record_block`.
    row : int
        Index of the year.
    """
    weather = {}
    for site, held in portfolio.weather_by_site.items():
        series: dict[str, Any] = {name: values[row] for name, values in held.series().items()}
        weather[site] = replace(held, **series)

    def cut(series: Array | None) -> Array | None:  # a river with a series has no axis of years
        return series[row] if series is not None and series.ndim > 1 else series

    flows = {}
    for name, flow in portfolio.river_flows.items():
        water = cut(flow.flow_m3_s)
        assert water is not None
        flows[name] = RiverFlow(water, cut(flow.snowmelt_m3_s))
    return _with_weather(portfolio, weather, flows)


def _with_weather(
    portfolio: Portfolio, weather: Mapping[str, Weather], flows: Mapping[str, RiverFlow]
) -> Portfolio:
    new = portfolio.with_()
    new.__dict__.update(weather_by_site=weather, river_flows=flows)
    return new


def _is_year_of_the_table(timeline: Timeline, tables: ClimateTables) -> bool:
    """Return whether the period is one calendar year in hours on the clock of the climate."""
    whole = Timeline.of_year(int(timeline.year[0]), 1.0, tables.utc_offset_hours)
    return timeline == whole


def _of_blocks(
    portfolio: Portfolio, climate: Climate, seeds: Sequence[int]
) -> tuple[dict[str, Weather], dict[str, RiverFlow]]:
    """Compute weather by site and flow by river, all points of a member at once."""
    timeline, tables = portfolio.timeline, climate.tables
    sites = portfolio.sites
    points = {name: climate_point(name, sites[name], tables) for name in portfolio.used_sites()}
    melting = _melting(portfolio, tables)
    names = list(dict.fromkeys([*points.values(), *(point for _, point, _ in melting.values())]))
    if not names:
        return {}, {n: series_flow(r, timeline) for n, r in portfolio.river.items()}

    year = int(timeline.year[0])
    warming = climate.warming
    (here,) = climate_years(names, [year], seeds, tables=tables, warming=warming, chunk=len(seeds))
    weather = {site: here.weather(point) for site, point in points.items()}
    flows = {
        name: series_flow(river, timeline)
        for name, river in portfolio.river.items()
        if name not in melting
    }
    if melting:
        wanted = [point for _, point, _ in melting.values()]
        rows = [names.index(point) for point in wanted]
        unique = list(dict.fromkeys(wanted))
        back = [unique.index(point) for point in wanted]
        days = days_before(timeline).steps // HOURS

        def beside(year: int, last: int | None) -> Array:
            found = climate_days(unique, year, seeds, tables=tables, warming=warming, last=last)
            return np.stack(found)[:, :, back]

        warmth, fall = (here.series[name][:, rows] for name in AIR)
        now = np.stack([daily_means(warmth), daily_sums(fall)])
        parts = [beside(year - 1, None), now, beside(year + 1, 1)]
        flows |= flows_under(melting, timeline, *np.concatenate(parts, axis=-1)[..., :days])
    return weather, {name: flows[name] for name in portfolio.river}


def _melting(portfolio: Portfolio, tables: ClimateTables | None) -> Melting:
    """Return rivers with a catchment, with the climate point of each and its tables."""
    found: dict[str, tuple[River, str, ClimateTables | None]] = {}
    for name, river in portfolio.river.items():
        if river.inflow_m3_s is not None:
            continue
        if river.site is None:
            found[name] = river, river.climate, None
        else:
            found[name] = (
                river,
                climate_point(river.site, portfolio.sites[river.site], tables),
                tables,
            )
    return found


def _stacked_flows(years: Sequence[Mapping[str, RiverFlow]]) -> dict[str, RiverFlow]:
    def together(series: Sequence[Array | None]) -> Array | None:
        known = [one for one in series if one is not None]
        return np.stack(known) if known else None

    found = {}
    for name in years[0]:
        flow = together([year[name].flow_m3_s for year in years])
        assert flow is not None
        found[name] = RiverFlow(flow, together([year[name].snowmelt_m3_s for year in years]))
    return found
