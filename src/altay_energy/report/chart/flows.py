"""Power of every source and use on the local clock, as charts draw it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

import numpy as np
from numpy.typing import NDArray

from altay_energy.components.kinds import stacked
from altay_energy.core.units import Array
from altay_energy.report.chart.palette import STORED, SUPPLY, USES

if TYPE_CHECKING:
    import xarray as xr

Times = NDArray[np.datetime64]
Week = Literal["busiest", "winter", "summer"]

WEEK_HOURS = 168.0
MINUTE = np.timedelta64(1, "m")
SEASONS: Mapping[str, tuple[int, int]] = {"winter": (12, 1), "summer": (6, 7)}
"""Season → its first month and its middle month (1 for January), north of the equator; seasons
last three months."""
OTHER_SEASON: Mapping[str, str] = {"winter": "summer", "summer": "winter"}


@dataclass(frozen=True)
class Flows:
    """Power by source and use over a run or a part of it; shapes (T,), edges (T + 1,).

    Parameters
    ----------
    edges : ndarray of datetime64[m]
        Edges of the steps on the local clock.
    step_hours : float
        Length of a step. [h]
    utc_offset_hours : float
        Local clock minus UTC. [h]
    supply, uses : dict
        Kind of source → power above the axis; kind of use → power below it. Only kinds in
        the scenario, in the order of ``palette.SUPPLY`` and ``palette.USES``. [MW]
    load, curtailed, available : ndarray
        Demand, unused and available power of own renewables. [MW]
    south : bool
        Whether the run is south of the equator, where winter is in the middle of the year.
    """

    edges: Times
    step_hours: float
    utc_offset_hours: float
    supply: Mapping[str, Array]
    uses: Mapping[str, Array]
    load: Array
    curtailed: Array
    available: Array
    south: bool = False

    @property
    def steps(self) -> int:
        """Number of steps, T."""
        return int(self.load.size)

    @property
    def begins(self) -> Times:
        """Beginning of each step on the local clock."""
        return self.edges[:-1]

    @property
    def zone(self) -> str:
        """Name of the local clock, such as ``UTC+8``."""
        hours, minutes = divmod(round(abs(self.utc_offset_hours) * 60), 60)
        sign = "−" if self.utc_offset_hours < 0 else "+"
        return f"UTC{sign}{hours}" + (f":{minutes:02d}" if minutes else "")

    @property
    def generation(self) -> Array:
        """Total power of the scenario's renewables. [MW]"""
        return sum_of([self.supply.get(k) for k in stacked("source")], self.steps)

    @property
    def stored(self) -> Array:
        """Sum of charging and discharging power of all storage. [MW]"""
        sides = (self.supply, self.uses)
        return sum_of([side.get(k) for side in sides for k in STORED], self.steps)

    def series(self, name: str) -> Array:
        """Return the power of one kind of the palette; zero if the scenario has none. [MW]"""
        lines = {"load": self.load, "curtailed": self.curtailed, "generation": self.generation}
        if name in lines:
            return lines[name]
        side = self.uses if name == "export" else self.supply
        return side.get(name, np.zeros(self.steps))

    def energy(self, power_mw: Array) -> float:
        """Return the energy of a power over all steps. [MWh]"""
        return float(power_mw.sum() * self.step_hours)

    def part(self, first: int, stop: int) -> Flows:
        """Return the steps from ``first`` up to, but not including, ``stop``."""
        cut = slice(first, stop)
        return replace(
            self,
            edges=self.edges[first : min(stop, self.steps) + 1],
            supply={kind: power[cut] for kind, power in self.supply.items()},
            uses={kind: power[cut] for kind, power in self.uses.items()},
            load=self.load[cut],
            curtailed=self.curtailed[cut],
            available=self.available[cut],
        )


def flows(hourly: xr.Dataset) -> Flows:
    """Sum the plants of each kind, and convert times to the local clock.

    Parameters
    ----------
    hourly : xarray.Dataset
        Result of a run, dimensions time (T), time_edge (T + 1), plant, thermal, storage, load.

    Returns
    -------
    Flows
        Power by kind. [MW]
    """
    steps = hourly.sizes["time"]
    offset = float(hourly.attrs["utc_offset_hours"])
    edges: Times = hourly["time_edge"].to_numpy().astype("datetime64[m]")
    discharge = _by_kind(hourly, "discharge_mw", "storage")
    supply = {
        **_by_kind(hourly, "generation_mw", "plant"),
        **discharge,
        "import": _line(hourly, "import_mw"),
        "unserved": _line(hourly, "unserved_mw"),
    }
    if hourly.sizes["thermal"]:
        supply["thermal"] = _rows(hourly, "thermal_mw", "thermal").sum(axis=0)
    uses = {**_by_kind(hourly, "charge_mw", "storage"), "export": _line(hourly, "export_mw")}
    return Flows(
        edges=edges + round(offset * 60) * MINUTE,
        step_hours=float(hourly.attrs["step_hours"]),
        utc_offset_hours=offset,
        supply=_in_order(supply, SUPPLY),
        uses=_in_order(uses, USES),
        load=_line(hourly, "load_mw"),
        curtailed=sum_of(list(_rows(hourly, "curtailed_mw", "plant")), steps),
        available=sum_of(list(_rows(hourly, "available_mw", "plant")), steps),
        south=hourly.attrs.get("hemisphere") == "south",
    )


def chosen(
    hourly: xr.Dataset, dimension: str, name: str | None, size: Callable[[], Array] | None = None
) -> str:
    """Return a name of a dimension of a run, checked.

    Parameters
    ----------
    hourly : xarray.Dataset
        Result of a run.
    dimension : str
        Such as ``"storage"``.
    name : str or None
        None for the largest.
    size : callable, optional
        Returns a value of shape (N,) by which names are compared; without it the first is taken.

    Raises
    ------
    ValueError
        If there is no such name.
    """
    names = [str(n) for n in hourly[dimension].to_numpy()] if dimension in hourly.sizes else []
    if name is None and names:
        return names[0 if size is None else int(np.argmax(size()))]
    if name not in names:
        raise ValueError(f"{dimension} = {name!r} must be one of {', '.join(names) or 'none'}")
    return name


def sum_of(parts: Sequence[Array | None], steps: int) -> Array:
    """Return the sum of the parts that are not None, shape (T,); zero if there are none."""
    total = np.zeros(steps)
    for part in parts:
        if part is not None:
            total += part
    return total


def _line(hourly: xr.Dataset, name: str) -> Array:
    return np.asarray(hourly[name].to_numpy(), dtype=np.float64)


def _rows(hourly: xr.Dataset, name: str, dim: str) -> Array:
    values = hourly[name].transpose(dim, "time").to_numpy()
    return np.asarray(values, dtype=np.float64)


def _in_order(parts: Mapping[str, Array], order: Sequence[str]) -> dict[str, Array]:
    """The parts in the order of a stack; one that has no place in it is an error, not lost."""
    unknown = sorted(set(parts) - set(order))
    if unknown:
        raise ValueError(f"no place in a stack for {', '.join(unknown)}; known: {', '.join(order)}")
    return {kind: parts[kind] for kind in order if kind in parts}


def _by_kind(hourly: xr.Dataset, name: str, dim: str) -> dict[str, Array]:
    power = _rows(hourly, name, dim)
    kinds = [str(kind) for kind in hourly[f"{dim}_kind"].to_numpy()]
    return {
        kind: power[[i for i, other in enumerate(kinds) if other == kind]].sum(axis=0)
        for kind in dict.fromkeys(kinds)
    }


def title_wanted(hourly: xr.Dataset, language: str) -> str:
    """Return the title of a run in a language, else in the other one, else its name."""
    attrs = hourly.attrs
    keys = ("title_zh", "title") if language == "zh" else ("title",)
    texts = [str(attrs.get(key, "")) for key in (*keys, "scenario")]
    return next((text for text in texts if text.strip()), "")


def busiest_week(hourly: xr.Dataset) -> int:
    """Return the first step of the seven days in which storage moves the most energy.

    If storage is not used, the seven days with the most exchange, curtailment and unserved load
    are taken. Weeks begin at local midnight.

    Parameters
    ----------
    hourly : xarray.Dataset
        Result of a run.

    Returns
    -------
    int
        Index of the first step; 0 if the run is not longer than a week.
    """
    return _busiest(flows(hourly))


def season_week(hourly: xr.Dataset, season: Literal["winter", "summer"]) -> int | None:
    """Return the first step of the seven days of a season with the highest load.

    Weeks begin at local midnight and lie within December to February (winter) or June to August
    (summer); south of the equator the seasons are exchanged. Of equal weeks the one nearest to the
    middle of the season is taken, so that scenarios with the same load show the same week.

    Parameters
    ----------
    hourly : xarray.Dataset
        Result of a run.
    season : str
        ``"winter"`` or ``"summer"``.

    Returns
    -------
    int or None
        Index of the first step; None if the run holds no whole week of this season.
    """
    return _season(flows(hourly), season)


def find_week(flow: Flows, week: Week | int) -> tuple[int, int]:
    """Return the first step of a week and the step after its last.

    Raises
    ------
    ValueError
        If the run has no week of that season, or no such step.
    """
    length = _week_steps(flow)
    if isinstance(week, str):
        first = _busiest(flow) if week == "busiest" else _season(flow, week)
        if first is None:
            raise ValueError(f"week = {week!r}: the run holds no whole week of that season")
    else:
        first = week
        if not 0 <= first < flow.steps:
            raise ValueError(f"week = {week} must be a step of the run, 0 to {flow.steps - 1}")
    return first, min(first + length, flow.steps)


def stores_energy(flow: Flows) -> bool:
    """Return whether any storage is used."""
    return bool(flow.stored.any())


def _week_steps(flow: Flows) -> int:
    return round(WEEK_HOURS / flow.step_hours)


def _week_starts(flow: Flows) -> NDArray[np.intp]:
    """Return the steps at local midnight that are followed by a whole week."""
    midnight = flow.begins == flow.begins.astype("datetime64[D]")
    starts = np.flatnonzero(midnight)
    return starts[starts + _week_steps(flow) <= flow.steps]


def _week_sums(flow: Flows, power: Array, starts: NDArray[np.intp]) -> Array:
    running = np.concatenate([[0.0], np.cumsum(power)])
    sums: Array = running[starts + _week_steps(flow)] - running[starts]
    return sums


def _busiest(flow: Flows) -> int:
    starts = _week_starts(flow)
    if not starts.size:
        return 0
    score = flow.stored
    if not stores_energy(flow):
        names = ("import", "export", "curtailed", "unserved")
        score = sum_of([flow.series(name) for name in names], flow.steps)
    return int(starts[np.argmax(_week_sums(flow, score, starts))])


def _season(flow: Flows, season: str) -> int | None:
    starts = _week_starts(flow)
    first_month, middle_month = SEASONS[OTHER_SEASON[season] if flow.south else season]

    def in_season(when: Times) -> NDArray[np.bool_]:
        month = when.astype("datetime64[M]").astype(np.int64) % 12 + 1
        return (month - first_month) % 12 < 3

    last = starts + _week_steps(flow) - 1
    starts = starts[in_season(flow.begins[starts]) & in_season(flow.begins[last])]
    if not starts.size:
        return None
    sums = _week_sums(flow, flow.load, starts)
    best = starts[sums >= sums.max() * (1 - 1e-9)]
    begins = flow.begins[best]
    january = begins.astype("datetime64[Y]").astype("datetime64[M]")
    middles = january + np.timedelta64(middle_month - 1, "M")
    # a December week belongs to the January that follows
    late = (middles - begins.astype("datetime64[M]")).astype(np.int64) < -6
    middles = middles + np.where(late, 12, 0).astype("timedelta64[M]")
    middle_day = middles.astype("datetime64[D]") + np.timedelta64(11, "D")  # a week around the 15th
    return int(best[np.argmin(np.abs(begins - middle_day))])


@dataclass(frozen=True)
class Periods:
    """Calendar periods that a run is divided into.

    Parameters
    ----------
    unit : str
        ``"hour"``, ``"day"``, ``"month"`` or ``"year"``.
    firsts : ndarray of int
        First step of each period, shape (P,).
    begins : ndarray of datetime64[m]
        Local beginning of each calendar period, shape (P,).
    """

    unit: str
    firsts: NDArray[np.intp]
    begins: Times

    def sums(self, values: Array) -> Array:
        """Return sums over the steps of each period, shape (..., P)."""
        return np.add.reduceat(values, self.firsts, axis=-1)


def periods(flow: Flows, unit: str | None = None) -> Periods:
    """Divide a run into calendar periods of the local clock.

    Parameters
    ----------
    flow : Flows
        The run.
    unit : str, optional
        ``"hour"``, ``"day"``, ``"month"`` or ``"year"``; by default the one that gives a readable
        number of bars: hours up to two days, days up to two months, months up to three years.
    """
    days = flow.steps * flow.step_hours / 24
    if unit is None:
        unit = "hour" if days <= 2 else "day" if days <= 62 else "month" if days <= 1100 else "year"
    return calendar_periods(flow.begins, unit)


def calendar_periods(begins: Times, unit: str) -> Periods:
    """Parts of a series that lie in the same hour, day, month or year.

    Parameters
    ----------
    begins : ndarray of datetime64, shape (T,)
        Beginning of the intervals on the local clock.
    unit : {"hour", "day", "month", "year"}

    Returns
    -------
    Periods
    """
    code = {"hour": "h", "day": "D", "month": "M", "year": "Y"}[unit]
    begins = begins.astype(f"datetime64[{code}]").astype("datetime64[m]")
    firsts = np.flatnonzero(np.concatenate([[True], begins[1:] != begins[:-1]]))
    return Periods(unit, firsts, begins[firsts])


def day_grid(flow: Flows, power: Array) -> Array:
    """Arrange power by day and time of day.

    Parameters
    ----------
    flow : Flows
        The run.
    power : ndarray, shape (T,)
        Power of each step. [MW]

    Returns
    -------
    ndarray, shape (steps of a day, days)
        Row 0 begins at local midnight; NaN outside the run. [MW]
    """
    day = flow.begins.astype("datetime64[D]")
    column = (day - day[0]).astype(np.int64)
    minutes = (flow.begins - day).astype(np.int64)
    row = (minutes / (flow.step_hours * 60)).astype(np.int64)
    grid = np.full((round(24 / flow.step_hours), int(column[-1]) + 1), np.nan)
    grid[row, column] = power
    return grid
