"""The worst weather year of an ensemble by a figure, and the worst week of that year."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from altay_energy.components.demand.seasons import HOURS_PER_DAY, first_step
from altay_energy.core.errors import ScenarioError
from altay_energy.core.units import Array
from altay_energy.core.value import Value
from altay_energy.core.wording import closest
from altay_energy.dispatch.result.result import Dispatch
from altay_energy.run.figures.document import MONEY_SECTIONS
from altay_energy.run.figures.kpis import FIGURES
from altay_energy.run.figures.plants import plant_kpis
from altay_energy.run.portfolio import Run
from altay_energy.weather.series import SERIES_UNITS, Weather

if TYPE_CHECKING:
    import xarray as xr

DAYS_OF_A_WEEK = 7

MORE_IS_BETTER = frozenset(
    (
        *("served_mwh", "available_mwh", "generation_mwh", "renewable_share", "full_load_hours"),
        *("available_full_load_hours", "capacity_factor", "self_consumption_rate"),
        *("self_consumption_metered_rate", "self_supply_rate", "export_revenue_cny"),
        *("avoided_emissions_t", "avoided_t", "npv_cny", "irr", "before_tax_irr", "equity_irr"),
        *("end_level_mwh", "turbine_m3", "inflow_m3", "round_trip_efficiency"),
    )
)
"""Figures whose smallest value is the worst; for all others it is the largest."""


@dataclass(frozen=True)
class Asked(Value):
    """Figure that defines the worst year.

    Parameters
    ----------
    figure : str
        Name of a column of the results.
    low : bool
        Whether the smallest value is the worst.
    """

    figure: str
    low: bool

    @classmethod
    def of(cls, text: str, known: Mapping[str, object]) -> Asked:
        """Read ``FIGURE``, ``FIGURE:low`` or ``FIGURE:high``.

        Parameters
        ----------
        text : str
        known : mapping of str to object
            Figures of the scenario.

        Raises
        ------
        ScenarioError
            If there is no such figure.
        """
        figure, colon, end = text.partition(":")
        if colon and end not in ("low", "high"):
            raise ScenarioError(
                f"--worst {text}: expected FIGURE, FIGURE:low or FIGURE:high, the end of the "
                "figure that is worst"
            )
        if figure not in known:
            raise ScenarioError(
                f"--worst {text}: there is no figure {figure!r}{closest(figure, known)}; kpis.json "
                "of a run has them, those of a plant as wind.jeminay.generation_mwh"
            )
        key = figure.rpartition(".")[2]
        return cls(figure, end == "low" if colon else key in MORE_IS_BETTER)

    def worst(self, values: Array) -> int | None:
        """Index of the worst of the values, shape (n,); None if all are NaN."""
        if not np.isfinite(values).any():
            return None
        return int(np.nanargmin(values) if self.low else np.nanargmax(values))


@dataclass(frozen=True, eq=False)
class Worst(Value):
    """The worst year with its run.

    Parameters
    ----------
    asked : Asked
    number : int
        Number of its job.
        value : float
            Figure of the year.
    run : Run
        Series of shape (T,).
    week : tuple of int or None
        First step of the worst week and the step after its last; None if the figure has no value
        for a week, as a rate of return.
    week_value : float
        Figure of that week; NaN without one.
    differs : bool
        Whether the figure differs between runs.
    """

    asked: Asked
    number: int
    value: float
    run: Run
    week: tuple[int, int] | None
    week_value: float
    differs: bool = True

    def hourly(self) -> xr.Dataset:
        """Hourly series of the year as in ``hourly.nc``, and its weather by site."""
        dataset = self.run.hourly
        weather = self.run.portfolio.weather_by_site
        for name, values in weather_columns(weather).items():
            dataset[name] = (("site", "time"), values, {"units": SERIES_UNITS[name]})
        if weather:
            dataset = dataset.assign_coords(site=np.array(list(weather), dtype=str))
        return dataset.assign_attrs(
            worst_by=self.asked.figure,
            worst_value=self.value,
            **({} if self.week is None else {"worst_week_first_step": self.week[0]}),
        )

    def document(self) -> dict[str, Any]:
        """Its entry in ``ensemble.json``."""
        found: dict[str, Any] = {
            "figure": self.asked.figure,
            "end": "low" if self.asked.low else "high",
            "run": self.number,
            "value": self.value,
        }
        if self.week is not None:
            first, last = self.week
            times = self.run.portfolio.timeline.local
            found["week"] = {
                "first_step": first,
                "steps": last - first,
                "start": str(times[first]),
                "value": self.week_value,
            }
        return found


def weather_columns(weather: Mapping[str, Weather]) -> dict[str, Array]:
    """Return the series that all sites have by name, shape (sites, T).

    Parameters
    ----------
    weather : mapping of str to Weather
        By site, shape (T,).
    """
    found = {}
    for name in SERIES_UNITS:
        series = [getattr(one, name) for one in weather.values()]
        if series and all(part is not None for part in series):
            found[name] = np.stack(series)
    return found


def worst_week(run: Run, asked: Asked) -> tuple[tuple[int, int] | None, float]:
    """Return the worst seven days of a run from midnight to midnight, and their figure.

    Parameters
    ----------
    run : Run
        Shape (T,).
    asked : Asked

    Returns
    -------
    week : tuple of int or None
        First step and the step after the last; None if the figure has no value for a week.
    value : float
    """
    timeline = run.portfolio.timeline
    per_day = round(HOURS_PER_DAY / timeline.step_hours)
    begin = -first_step(timeline) % per_day
    length = DAYS_OF_A_WEEK * per_day
    firsts = range(begin, timeline.steps - length + 1, per_day)
    if asked.figure.rpartition(".")[0] in MONEY_SECTIONS or not firsts:
        return None, float("nan")
    values = [_figure(of_steps(run.dispatch, k, k + length), run, asked.figure) for k in firsts]
    place = asked.worst(np.array(values, dtype=np.float64))
    if place is None:
        return None, float("nan")
    return (firsts[place], firsts[place] + length), float(values[place])


def of_steps(dispatch: Dispatch, first: int, last: int) -> Dispatch:
    """Return a part of a dispatch, without charges over the period and starts of station units.

    Parameters
    ----------
    dispatch : Dispatch
        Shape (..., T).
    first, last : int
        First step and the step after the last.
    """
    changes: dict[str, Any] = {"problem": dispatch.problem.between(first, last)}
    changes |= {"stations": {}, "solution": None, "rolled": None}
    for part in fields(dispatch):
        if part.name in changes:
            continue
        end = last + 1 if part.name == "level_mwh" else last
        given = getattr(dispatch, part.name)
        if isinstance(given, Mapping):
            changes[part.name] = {name: a[..., first:end] for name, a in given.items()}
        elif given is not None:
            changes[part.name] = given[..., first:end]
    return replace(dispatch, **changes)


def _figure(dispatch: Dispatch, run: Run, name: str) -> float:
    """Return a figure of the whole or of a plant; NaN if a part of a run does not have it."""
    plant, _, key = name.rpartition(".")
    if not plant:
        return float(FIGURES[key].value(dispatch))
    found = plant_kpis(dispatch, run.capacities).get(plant, {})
    return float(found[key]) if key in found else float("nan")
