"""Placement of planned maintenance that a scenario gives only as a length.

The reserve is levelised by effective loads [1]_: a day counts by the load without outages that has
the risk of its hours, and a unit by its effective capacity, the load that it carries beside the
others. Units are placed one by one, the largest first, in the window whose highest effective load,
with the units that are already out, is least.

References
----------
.. [1] L. L. Garver, Adjusting maintenance schedules to levelize risk, IEEE Trans. Power Apparatus
   and Systems PAS-91(5), 1972; effective capacity: L. L. Garver, Effective load carrying
   capability of generating units, PAS-85(8), 1966.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from altay_energy.components.settings.adequacy import (
    GRID,
    AdequacySettings,
    Maintenance,
    Outages,
)
from altay_energy.core.timeline import Timeline
from altay_energy.core.units import Array
from altay_energy.core.value import Value
from altay_energy.dispatch.problem.problem import Problem
from altay_energy.run.portfolio import Portfolio

PLACED = "placed"
"""Beginning of the names of maintenance that is placed by the program."""

CELLS = 2000
"""Number of steps of the capacity outage table."""

RISKS = (0.1, 0.001)
"""Risks between which the slope of the capacity outage table is taken. [-]"""

LEAST_SLOPE = 0.01
"""Slope without forced outages, as a share of the highest load. [-]"""


@dataclass(frozen=True, eq=False)
class Unit(Value):
    """A unit whose maintenance is to be placed.

    Parameters
    ----------
    plant : str
        Table name.
    days : int
        Length of its maintenance.
    effective_mw : ndarray, shape (D,)
        Load that it carries on each of the D days of the period. [MW]
    """

    plant: str
    days: int
    effective_mw: Array


def placed(portfolio: Portfolio, settings: AdequacySettings) -> AdequacySettings:
    """Return the outages with all maintenance on days.

    Parameters
    ----------
    portfolio : Portfolio
        Plants, load and the weather year of the scenario, which is the only one that is looked at.
    settings : AdequacySettings
        Outages, of which some may have ``maintenance_days``.

    Returns
    -------
    AdequacySettings
        The same where no table has ``maintenance_days``; otherwise each has a table of maintenance
        for each unit in its place.
    """
    waiting = {name: one for name, one in settings.outages.items() if one.maintenance_days}
    if not waiting:
        return settings
    available = portfolio.available_power()
    problem = portfolio.problem_of(available, portfolio.demand(available))
    plants, timeline = portfolio.components(), portfolio.timeline
    units = {name: table.units_of(plants[name]) for name, table in settings.outages.items()}
    power = {name: unit_power(problem, name) / units[name] for name in settings.outages}
    slope = risk_slope(settings.outages, units, power, float(problem.load_mw.max()))
    net = problem.load_mw - sum(problem.renewables.values(), start=np.zeros(problem.shape))
    load = effective_load(net, slope, timeline)
    effective = {
        name: daily_mean(effective_capacity(power[name], table.rate, slope), timeline)
        for name, table in settings.outages.items()
    }
    out = {
        name: np.ceil(daily_mean(table.maintained(timeline), timeline))
        for name, table in settings.outages.items()
    }
    asked = [
        Unit(name, days, effective[name])
        for name, table in waiting.items()
        if (days := table.maintenance_days) is not None
        for _ in range(units[name])
    ]
    first = placed_units(
        asked,
        load + sum((out[name] * effective[name] for name in out), start=np.zeros(load.size)),
        sum(out.values(), start=np.zeros(load.size)),
    )
    begins: dict[str, list[int]] = {name: [] for name in waiting}
    for unit, day in zip(asked, first, strict=True):
        begins[unit.plant].append(day)
    return settings.with_(
        outages={
            name: _with_days(table, sorted(begins.get(name, ())), timeline)
            for name, table in settings.outages.items()
        }
    )


def _with_days(table: Outages, begins: Sequence[int], timeline: Timeline) -> Outages:
    """Return a table with maintenance of one unit from each of some days on."""
    if table.maintenance_days is None:
        return table
    days, first = table.maintenance_days, _days(timeline)[0]
    parts = {
        f"{PLACED}_{number}": Maintenance(
            first_day=str(first + np.timedelta64(begin, "D")),
            last_day=str(first + np.timedelta64(begin + days - 1, "D")),
        )
        for number, begin in enumerate(begins, 1)
    }
    return table.with_(maintenance_days=None, maintenance=parts)


def placed_days(settings: AdequacySettings) -> dict[str, list[tuple[str, str]]]:
    """Return first and last day of all maintenance that was placed, by plant.

    Parameters
    ----------
    settings : AdequacySettings
        Result of `placed`.
    """
    found = {
        plant: [
            (str(one.first_day), str(one.last_day))
            for name, one in table.maintenance.items()
            if name.startswith(PLACED)
        ]
        for plant, table in settings.outages.items()
    }
    return {plant: days for plant, days in found.items() if days}


def placed_units(units: Sequence[Unit], load_mw: Array, out: Array) -> list[int]:
    """Return the first day of the maintenance of each unit.

    Units do not overlap as long as days are left in which those that follow fit; where they do not,
    as few units as possible are out at once. Among these windows that with the least highest
    effective load is taken, then that with the least sum, then the earliest.

    Parameters
    ----------
    units : sequence of Unit
    load_mw : ndarray, shape (D,)
        Effective load of each day, with units that are out already. [MW]
    out : ndarray, shape (D,)
        Number of units that are out already.
    """
    load, out = load_mw.copy(), out.copy()
    order = sorted(
        range(len(units)), key=lambda k: (-units[k].effective_mw.mean() * units[k].days, k)
    )
    found = [0] * len(units)
    for place, number in enumerate(order):
        unit = units[number]
        rest = [units[k].days for k in order[place + 1 :]]
        begin = _window(unit, load, out, rest)
        days = slice(begin, begin + unit.days)
        load[days] += unit.effective_mw[days]
        out[days] += 1
        found[number] = begin
    return found


def _window(unit: Unit, load: Array, out: Array, rest: Sequence[int]) -> int:
    """Return the best first day for a unit."""
    count = load.size - unit.days + 1
    windows = np.lib.stride_tricks.sliding_window_view
    beside = windows(out, unit.days)
    level = windows(load + unit.effective_mw, unit.days)
    keys = zip(
        beside.max(axis=1), beside.sum(axis=1), level.max(axis=1), level.sum(axis=1), strict=True
    )
    order = [begin for _, begin in sorted(zip(keys, range(count), strict=True))]
    free = [begin for begin in order if beside[begin].max() == 0]
    if free and _fit(out == 0, [unit.days, *rest]):
        for begin in free:
            left = out == 0
            left[begin : begin + unit.days] = False
            if _fit(left, rest):
                return begin
    return order[0]


def _fit(free: Array, lengths: Sequence[int]) -> bool:
    """Return whether windows of some lengths fit into the free days, the longest first."""
    gaps = list(_gaps(free))
    if sum(lengths) > sum(gaps):
        return False
    for length in sorted(lengths, reverse=True):
        able = [gap for gap in gaps if gap >= length]
        if not able:
            return False
        least = min(able)
        gaps.remove(least)
        gaps.append(least - length)
    return True


def _gaps(free: Array) -> Iterator[int]:
    """Yield the lengths of the sequences of free days."""
    padded = np.concatenate([[0], free.astype(np.int8), [0]])
    edge = np.diff(padded)
    yield from (np.flatnonzero(edge == -1) - np.flatnonzero(edge == 1)).tolist()


def unit_power(problem: Problem, plant: str) -> Array:
    """Return the power of all units of a plant in each step, shape (T,). [MW]

    Parameters
    ----------
    problem : Problem
        Shape (T,).
    plant : str
        Its table name, or ``"grid"``: the import limit.
    """
    if plant == GRID:
        return np.broadcast_to(problem.import_limit_mw, problem.shape)
    if plant in problem.renewables:
        return problem.renewables[plant]
    for thermal in problem.thermals:
        if thermal.name == plant:
            return np.broadcast_to(thermal.capacity_mw, problem.shape)
    for storage in problem.storages:
        if storage.name == plant:
            return np.full(problem.shape, storage.discharge_mw)
    station = next(one for one in problem.stations if one.name == plant)
    return np.full(problem.shape, float(station.turbine.high_mw[:, -1].max()))


def risk_slope(
    outages: Mapping[str, Outages],
    units: Mapping[str, int],
    power_mw: Mapping[str, Array],
    peak_mw: float,
) -> float:
    """Return the change of reserve by which the risk of forced outages changes by a factor e. [MW]

    It is Garver's m: the slope of the logarithm of the capacity outage table between `RISKS`.

    Parameters
    ----------
    outages : mapping of str to Outages
    units : mapping of str to int
    power_mw : mapping of str to ndarray, shape (T,)
        Power of one unit. [MW]
    peak_mw : float
        Highest load. [MW]
    """
    sizes = [
        (float(power_mw[name].max()), table.rate)
        for name, table in outages.items()
        if table.rate > 0.0
        for _ in range(units[name])
    ]
    total = sum(size for size, _ in sizes)
    least = max(LEAST_SLOPE * peak_mw, 1e-6)
    if total <= 0.0:
        return least
    cell, table = total / CELLS, np.ones(1)
    for size, rate in sizes:
        shift = round(size / cell)
        more = np.zeros(table.size + shift)
        more[: table.size] += (1.0 - rate) * table
        more[shift:] += rate * table
        table = more
    beyond = np.cumsum(table[::-1])[::-1]  # probability that at least so much is out
    high, low = (int(np.searchsorted(-beyond, -risk)) for risk in RISKS)
    return max((low - high) * cell / float(np.log(RISKS[0] / RISKS[1])), least)


def effective_capacity(power_mw: Array, rate: float, slope_mw: float) -> Array:
    """Return the load that a unit carries: C - m ln(1 - r + r exp(C / m)), shape (T,). [MW]

    Parameters
    ----------
    power_mw : ndarray, shape (T,)
        Power C. [MW]
    rate : float
        Forced outage rate r. [-]
    slope_mw : float
        Garver's m. [MW]
    """
    if rate == 0.0:
        return power_mw
    parts = np.log1p(-rate), np.log(rate) + power_mw / slope_mw
    return np.asarray(power_mw - slope_mw * np.logaddexp(*parts))


def effective_load(load_mw: Array, slope_mw: float, timeline: Timeline) -> Array:
    """Return the constant load of each day with the same risk: m ln(mean of exp(L / m)). [MW]

    Parameters
    ----------
    load_mw : ndarray, shape (T,)
        Load less renewable power. [MW]
    slope_mw : float
        Garver's m. [MW]
    timeline : Timeline

    Returns
    -------
    ndarray, shape (D,)
    """
    most = float(load_mw.max())
    means = daily_mean(np.exp((load_mw - most) / slope_mw), timeline)
    return np.asarray(most + slope_mw * np.log(np.maximum(means, np.finfo(float).tiny)))


def daily_mean(values: Array, timeline: Timeline) -> Array:
    """Return the mean of each local day, shape (D,).

    Parameters
    ----------
    values : ndarray, shape (T,)
    timeline : Timeline
    """
    place = (_days(timeline) - _days(timeline)[0]).astype(np.int64)
    return np.asarray(np.bincount(place, values) / np.bincount(place))


def _days(timeline: Timeline) -> Array:
    return timeline.local.astype("datetime64[D]")
