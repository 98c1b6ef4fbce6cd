"""Elements of a system, each on a named bus: the part of each kind in a program.

An element adds its columns and rows to a program (`Element.add`), sets the powers that follow from
its contents in a solution (`Element.follow`), and reads its part of the dispatch
(`Element.read`). The balance of a bus is the row of its name. A new kind of element is one class
here and one line of `elements_of`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np

from altay_energy.components.kinds import kind_of
from altay_energy.core.errors import NoSolutionError
from altay_energy.core.units import Array
from altay_energy.dispatch.problem.aggregate import (
    in_proportion,
    renewable_groups,
    thermal_groups,
    thermal_shares,
)
from altay_energy.dispatch.problem.period import FlexibleLoad
from altay_energy.dispatch.problem.problem import Problem
from altay_energy.dispatch.problem.reach import wide_mw, wide_mwh
from altay_energy.dispatch.problem.station import StationLimits
from altay_energy.dispatch.problem.storage import StorageLimits
from altay_energy.dispatch.program.assembly import EXCHANGED, Draft, Values
from altay_energy.dispatch.program.columns import (
    BACK_DOWN,
    EXPORT,
    IMPORT,
    ROOM,
    UNSERVED,
    Column,
    Role,
    renewable_column,
    thermal_column,
)
from altay_energy.dispatch.program.element import Element, Growth, Key, Reading, with_part
from altay_energy.dispatch.result.costs import DIGITS
from altay_energy.dispatch.rules.station import operate_station
from altay_energy.dispatch.rules.storage import operate_storage, spilled_by_rules

FEW_PLANTS = 3
"""Largest number of plants of a kind that have keys of their own; more form one key."""

# It takes any power and loses nearly all of it, so it is feasible under every terminal rule.
_SINK = StorageLimits(
    "any further load", 1.0, 0.0, 1.0, 1.0, 1.0, standing_loss_per_hour=0.999, is_load=True
)

PEAK_ROW = "grid.peak"
"""Row of the month's peak; only rows of buses have no dot in their name."""


class RenewablePlants(Element):
    """Wind, solar and hydro plants; those of equal cost share a column."""

    def add(self, draft: Draft) -> None:
        """Add a power up to the available power for each cost."""
        problem = draft.problem
        for rate, names in renewable_groups(problem):
            available = sum((problem.renewables[name] for name in names), start=np.zeros(()))
            draft.add(renewable_column(names), available, cost=rate, rows={self.bus: 1.0})

    def read(self, values: Values, found: Reading) -> None:
        """Share the curtailment of a column in proportion to the available power of each plant."""
        problem, used = values.problem, dict[str, Array]()
        for _, names in renewable_groups(problem):
            available = {name: problem.on_all(problem.renewables[name]) for name in names}
            total = values[renewable_column(names)]
            curtailed = sum(available.values(), start=np.zeros(problem.shape)) - total
            lost = in_proportion(np.maximum(curtailed, 0.0), available)
            used |= {name: available[name] - lost[name] for name in names}
        found.generation |= {name: used[name] for name in problem.renewables}

    def keys(self, problem: Problem) -> Iterator[Key]:
        """Return a key for each plant, or one for all plants of a kind (``wind.*``) if many."""
        kinds: dict[str, list[str]] = {}
        for name in () if problem.terms.own_use else problem.renewables:
            kinds.setdefault(kind_of(name), []).append(name)  # a limit on own use asks to take more
        wide = wide_mw(problem)
        for kind, names in kinds.items():
            many = len(names) > FEW_PLANTS
            for shown, group in [(f"{kind}.*", names)] if many else [(n, [n]) for n in names]:
                yield Key(shown, None, partial(without_plant_limits, names=group, wide=wide))


class ThermalPlants(Element):
    """Thermal plants; those of equal cost and emission factor share a column.

    Must-run power is backed down as the last resort: its penalty is that of unserved load, so no
    fuel is saved by it.
    """

    def add(self, draft: Draft) -> None:
        """Add a power between must-run and capacity for each cost, and the power backed down."""
        problem, terms = draft.problem, draft.problem.terms
        must_run = sum((plant.must_run_mw for plant in problem.thermals), start=np.zeros(()))
        for plants in thermal_groups(problem):
            least = sum((plant.must_run_mw for plant in plants), start=np.zeros(()))
            most = sum((plant.capacity_mw for plant in plants), start=np.zeros(()))
            emitted = plants[0].emission_factor_t_mwh
            cost = plants[0].marginal_cost_cny_mwh + emitted * terms.emission_price_cny_t
            column, rows = thermal_column(plants), {self.bus: 1.0}
            draft.add(column, most, lower=least, cost=cost, rows=rows)
        draft.add(BACK_DOWN, must_run, cost=problem.unserved_cost_cny_mwh, rows={self.bus: -1.0})

    def read(self, values: Values, found: Reading) -> None:
        """Share the power above must-run in proportion to the capacity above must-run."""
        problem = values.problem
        totals = [values[thermal_column(plants)] for plants in thermal_groups(problem)]
        found.thermal |= thermal_shares(problem, totals, values[BACK_DOWN])

    def keys(self, problem: Problem) -> Iterator[Key]:
        """Return capacities and must-run shares."""
        wide, none = np.asarray(wide_mw(problem)), np.zeros(())
        for plant in problem.thermals:
            free = partial(with_part, "thermals", plant.name, units=None, capacity_mw=wide)
            yield Key(f"{plant.name}.capacity_mw", _number(plant.capacity_mw), free)
            if np.any(plant.must_run_mw > 0.0):
                free = partial(with_part, "thermals", plant.name, units=None, must_run_mw=none)
                yield Key(f"{plant.name}.must_run_fraction", None, free)


class Connection(Element):
    """The grid connection: import and export at prices."""

    relaxed = 2

    def add(self, draft: Draft) -> None:
        """Add import and export."""
        problem = draft.problem
        paid = problem.grid_emission_factor_t_mwh * problem.terms.emission_price_cny_t
        cost, earned = problem.import_price_cny_mwh + paid, 0.0 - problem.export_price_cny_mwh
        into, out = {self.bus: 1.0}, {self.bus: -1.0}
        draft.add(IMPORT, problem.import_limit_mw, cost=cost, rows=into, throughput=EXCHANGED)
        draft.add(EXPORT, problem.export_limit_mw, cost=earned, rows=out, throughput=EXCHANGED)
        draft.add_opposites("grid", IMPORT, EXPORT, self.bus, traded=True)

    def follow(self, values: Values) -> None:
        """Set import or export to 0, so that only one is above 0."""
        both = [values.column[c] for c in (IMPORT, EXPORT) if c in values.column]
        if len(both) == 2:
            common = values.x[..., both, :].min(axis=-2, keepdims=True)
            values.x[..., both, :] -= np.where(common > 0.0, common, 0.0)

    def read(self, values: Values, found: Reading) -> None:
        """Read import and export."""
        found.imported, found.exported = values[IMPORT], values[EXPORT]

    def keys(self, problem: Problem) -> Iterator[Key]:
        """Return the key of the import limit."""
        limit, free = problem.import_limit_mw, np.asarray(wide_mw(problem))
        growth = Growth(IMPORT, problem.on_all(limit))
        wide = partial(replace, import_limit_mw=free)
        yield Key("grid.import_limit_mw", _number(limit), wide, growth)


class FixedLoad(Element):
    """The fixed load, and its unserved part."""

    relaxed = 3

    def add(self, draft: Draft) -> None:
        """Add the load to the right-hand side of the balance, and the column of unserved load."""
        problem = draft.problem
        movable = sum((load.demand_mw for load in problem.flexible_loads), start=np.zeros(()))
        fixed = np.maximum(problem.load_mw - movable, 0.0)
        cost, rows = problem.unserved_cost_cny_mwh, {self.bus: 1.0}
        draft.add(UNSERVED, fixed * _may_lack(problem), cost=cost, rows=rows)
        draft.add_to_rows(self.bus, fixed)

    def read(self, values: Values, found: Reading) -> None:
        """Read unserved load."""
        found.unserved = values[UNSERVED]

    def keys(self, problem: Problem) -> Iterator[Key]:
        """Return a key for each load, its flexible part included."""
        sink = replace(_SINK, charge_mw=wide_mw(problem), energy_mwh=wide_mwh(problem))
        for name in problem.origin.loads:
            own = name.removeprefix("own_use.")
            shown = f"{own} (own use)" if own != name else name
            yield Key(shown, None, partial(_without_load, name=name, sink=sink))
        if not problem.origin.loads:
            yield Key("load", None, partial(_without_load, name=None, sink=sink))


@dataclass(frozen=True)
class Station(Element):
    """A station of whole units, run by rules; programs replace it by a storage.

    Parameters
    ----------
    bus : str
    limits : StationLimits
        What it can do.
    """

    limits: StationLimits

    @property
    def remainder(self) -> str:
        """Use of a surplus below one whole pump."""
        return self.limits.remainder

    def by_rules(self, problem: Problem, asked: Array, found: Reading) -> None:
        """Run the whole pumps that fit a surplus, or the fewest turbines that serve a deficit."""
        name, done = self.limits.name, operate_station(problem, self.limits, asked)
        found.charge[name], found.discharge[name] = done.pump_mw, done.turbine_mw
        found.level[name], found.stations[name] = done.level_mwh, done


@dataclass(frozen=True)
class Storage(Element):
    """A storage: charge, discharge, spill and content.

    Parameters
    ----------
    bus : str
    limits : StorageLimits
        What it can do.
    """

    relaxed = 1
    remainder = "battery"

    limits: StorageLimits

    def _column(self, role: Role) -> Column:
        return Column(role, self.limits.name)

    def add(self, draft: Draft) -> None:
        """Add its powers, its content and the balance of the content."""
        problem, hours = draft.problem, draft.problem.step_hours
        storage, name = self.limits, self.limits.name
        if storage.is_idle(problem.terminal):
            return
        rate = problem.variable_om_cny_mwh.get(name, 0.0)
        draft.add_row(name)
        draft.add_to_rows(name, storage.inflow_mw * hours)
        into = {self.bus: -1.0, name: -hours * storage.charge_efficiency}
        out = {self.bus: 1.0, name: hours / storage.discharge_efficiency}
        charge, discharge = self._column(Role.CHARGE), self._column(Role.DISCHARGE)
        up, down = (mw * storage.in_service for mw in (storage.charge_mw, storage.discharge_mw))
        draft.add(charge, up, rows=into, throughput=1.0)
        draft.add(discharge, down, cost=rate, rows=out, throughput=1.0)
        draft.add_opposites(name, charge, discharge, name)
        # Spilling charged content has a small cost, so that it is done only where it pays.
        weight = 1.0 if np.any(storage.spill_mw > 0.0) else 0.0
        spill = self._column(Role.SPILL)
        draft.add(spill, storage.most_spill_mw, rows={name: hours}, throughput=weight)
        self._add_level(draft)

    def _add_level(self, draft: Draft) -> None:
        """Add its content, with the terminal rule."""
        problem, storage, name = draft.problem, self.limits, self.limits.name
        least, most = np.zeros(problem.steps), np.full(problem.steps, storage.energy_mwh)
        worth, values = np.zeros(problem.steps), problem.terms.water_value_cny_mwh
        keep, start = storage.keep(problem.step_hours), storage.initial_level_mwh
        if problem.terminal in ("at_least", "equal_initial"):
            least[-1] = start
        if problem.terminal == "equal_initial":
            most[-1] = start
        if problem.terminal == "water_value" and len(values) == 1:
            worth[-1] = -values[0] / problem.step_hours
        elif problem.terminal == "water_value":
            most[-1] = 0.0  # the last content is held by the bands of the water value
            draft.add_bands(name, [-value for value in values], storage.energy_mwh / len(values))
        if problem.terminal != "cyclic":
            draft.add_to_first(name, keep * start)
        draft.add_level(self._column(Role.LEVEL), name, least, most, cost=worth, keep=keep)

    def _levels(self, values: Values) -> Array:
        """Content at the edges of the steps, shape (..., T + 1). [MWh]"""
        problem, column = values.problem, self._column(Role.LEVEL)
        if column not in values.column:
            return _idle_levels(problem, self.limits)
        level, at_end = values[column], values.bands(self.limits.name)
        if at_end is not None:
            level = level.copy()
            level[..., -1] = at_end
        if problem.terminal == "cyclic":
            return np.concatenate([level[..., -1:], level], axis=-1)
        start = np.full((*problem.shape[:-1], 1), self.limits.initial_level_mwh)
        return np.concatenate([start, level], axis=-1)

    def follow(self, values: Values) -> None:
        """Compute charge or discharge from the difference of contents; keep the spill."""
        storage, hours = self.limits, values.problem.step_hours
        level = self._levels(values)
        if self._column(Role.LEVEL) not in values.column:
            return
        kept = level[..., :-1] * storage.keep(hours)
        spilled = values[self._column(Role.SPILL)]
        gain = (level[..., 1:] - kept) / hours - storage.inflow_mw + spilled
        # A difference of rounding is no power.
        gain = np.where(np.abs(gain) <= DIGITS * np.abs(level).max() / hours, 0.0, gain)
        wanted = {
            self._column(Role.CHARGE): gain / storage.charge_efficiency,
            self._column(Role.DISCHARGE): 0.0 - gain * storage.discharge_efficiency,
        }
        for column, power in wanted.items():
            if column in values.column:
                values.put(column, np.maximum(power, 0.0))

    def read(self, values: Values, found: Reading) -> None:
        """Read powers, content and spill."""
        name = self.limits.name
        found.charge[name] = values[self._column(Role.CHARGE)]
        found.discharge[name] = values[self._column(Role.DISCHARGE)]
        found.level[name] = self._levels(values)
        if self.limits.spills:
            found.spilled[name] = values[self._column(Role.SPILL)]

    def by_rules(self, problem: Problem, asked: Array, found: Reading) -> None:
        """Charge and discharge the requested powers within the limits of power and content."""
        storage, name = self.limits, self.limits.name
        done = operate_storage(problem, storage, asked)
        found.charge[name], found.discharge[name], found.level[name] = done
        if storage.spills:
            found.spilled[name] = spilled_by_rules(problem, storage, *done)

    def keys(self, problem: Problem) -> Iterator[Key]:
        """Return keys of powers, energy and initial level; without such keys, the storage."""
        storage, name, own_use = self.limits, self.limits.name, problem.terms.own_use
        power, energy = wide_mw(problem), wide_mwh(problem)
        wide: dict[str, Any] = {"charge_mw": power, "discharge_mw": power, "energy_mwh": energy}
        if problem.origin.without_keys(name):
            yield Key(name, None, partial(with_part, "storages", name, **wide))
            return
        held = storage.initial_level_mwh / storage.energy_mwh if storage.energy_mwh else 0.0
        grown = {"discharge_mw": (Role.DISCHARGE, 0.0), "energy_mwh": (Role.LEVEL, held)}
        for key in wide:
            named, per_unit = problem.origin.limit_key(name, key)
            value, growth = getattr(storage, key), None
            if key in grown:
                role, begun = grown[key]
                limit = np.full(problem.steps, value)
                growth = Growth(self._column(role), limit, per_unit, begun)
            free = partial(with_part, "storages", name, **{key: wide[key]})
            yield Key(named, value / per_unit, free, growth)
        if problem.terminal in ("free", "water_value") and not own_use:
            full = storage.energy_mwh
            free = partial(with_part, "storages", name, initial_level_mwh=full)
            yield Key(f"{name}.initial_level", None, free)


@dataclass(frozen=True)
class ShiftableLoad(Element):
    """A load that may be shifted in time.

    Parameters
    ----------
    bus : str
    limits : FlexibleLoad
        Its demand and the allowed shift.
    """

    limits: FlexibleLoad

    def _column(self, role: Role) -> Column:
        return Column(role, self.limits.name)

    def add(self, draft: Draft) -> None:
        """Add its power, its unserved power and its backlog."""
        problem, load, name = draft.problem, self.limits, self.limits.name
        hours, cost = problem.step_hours, problem.unserved_cost_cny_mwh
        draft.add_row(name)
        draft.add_to_rows(name, load.demand_mw * hours)
        draft.add(self._column(Role.USED), load.limit_mw, rows={self.bus: -1.0, name: hours})
        never = load.demand_mw * _may_lack(problem)
        draft.add(self._column(Role.NEVER), never, cost=cost, rows={name: hours})
        least, most = load.backlog_band_mwh(problem.steps, hours)
        owed = self._column(Role.OWED)
        draft.add_level(owed, name, least, most, cost=np.zeros(()), keep=1.0)

    def follow(self, values: Values) -> None:
        """Compute its power from the backlog."""
        load, column = self.limits, self._column(Role.USED)
        first = np.zeros((*values.shape[:-1], 1))
        owed = np.concatenate([first, values[self._column(Role.OWED)]], axis=-1)
        moved = np.diff(owed) / values.problem.step_hours
        if column in values.column:
            values.put(column, load.demand_mw - moved - values[self._column(Role.NEVER)])

    def read(self, values: Values, found: Reading) -> None:
        """Read its shift and its unserved power."""
        load, never = self.limits, values[self._column(Role.NEVER)]
        found.never[load.name] = never
        found.shift[load.name] = values[self._column(Role.USED)] + never - load.demand_mw


class DemandCharge(Element):
    """The demand charge on the largest import of each month."""

    def add(self, draft: Draft) -> None:
        """Add the monthly peaks, which bound the import in every step."""
        problem, terms = draft.problem, draft.problem.terms
        if terms.has_demand_charge and IMPORT in draft.column:
            draft.add_row(PEAK_ROW)
            draft.add_to_column(IMPORT, {PEAK_ROW: 1.0})
            most = float(np.max(problem.import_limit_mw))
            draft.add(ROOM, np.full(problem.steps, most), rows={PEAK_ROW: 1.0})
            charges = terms.monthly_demand_charge_cny_mw
            draft.add_peaks(PEAK_ROW, terms.month_of_step, charges, most)


def elements_of(problem: Problem) -> Iterator[Element]:
    """Return the elements of a problem in the order of their columns and rows in a program.

    Parameters
    ----------
    problem : Problem
        Problem with stations replaced by storages.
    """
    (bus,) = problem.buses
    yield from (kind(bus) for kind in (RenewablePlants, ThermalPlants, Connection, FixedLoad))
    yield from (Storage(bus, storage) for storage in problem.storages)
    yield from (ShiftableLoad(bus, load) for load in problem.flexible_loads)
    yield DemandCharge(bus)


def stores_in_turn(problem: Problem) -> Iterator[Storage | Station]:
    """Return storages and stations in the order in which rules use them."""
    (bus,) = problem.buses
    for limits in problem.in_order():
        if isinstance(limits, StorageLimits):
            yield Storage(bus, limits)
        else:
            yield Station(bus, limits)


def without_plant_limits(problem: Problem, names: Sequence[str], wide: float) -> Problem:
    """Return the problem with renewable plants of any size; none produces without wind or sun."""
    freed = {n: np.where(problem.renewables[n] > 0.0, wide, 0.0) for n in names}
    return replace(problem, renewables={**problem.renewables, **freed})


def _without_load(problem: Problem, name: str | None, sink: StorageLimits) -> Problem:
    """Return the problem without a load or, with ``sink``, with more load of any size."""
    loads = {key: mw for key, mw in problem.origin.loads.items() if name not in (key, None)}
    storages = problem.storages
    if problem.terms.own_use and sink.name not in {storage.name for storage in storages}:
        storages = (*storages, sink)
    return replace(
        problem,
        load_mw=sum(loads.values(), start=np.zeros(problem.steps)),
        flexible_loads=tuple(f for f in problem.flexible_loads if name not in (f.name, None)),
        storages=storages,
        origin=replace(problem.origin, loads=loads),
    )


def _number(series: Array) -> float | None:
    """Return the value of a constant series, or None."""
    return float(np.max(series)) if np.ptp(series) == 0.0 else None


def _may_lack(problem: Problem) -> float:
    """Return the bound of unserved load: 0 if all must be served, which needs no row."""
    return 0.0 if problem.terms.unserved_max_mwh == 0.0 else 1.0


def _idle_levels(problem: Problem, storage: StorageLimits) -> Array:
    """Return the content of an idle storage, shape (..., T + 1). [MWh]

    Raises
    ------
    NoSolutionError
        If standing losses make the terminal rule impossible.
    """
    keep, start = storage.keep(problem.step_hours), storage.initial_level_mwh
    if problem.terminal == "cyclic" and keep < 1.0:
        start = 0.0
    if problem.terminal in ("at_least", "equal_initial") and keep < 1.0 and start > 0.0:
        raise NoSolutionError(
            f'{storage.name}: terminal = "{problem.terminal}" cannot be met: it begins at '
            f"{start:g} MWh, loses part of it and cannot be charged; give it charge_mw, or begin "
            "at an initial_level of 0"
        )
    return np.broadcast_to(
        start * keep ** np.arange(problem.steps + 1.0), (*problem.shape[:-1], problem.steps + 1)
    )
