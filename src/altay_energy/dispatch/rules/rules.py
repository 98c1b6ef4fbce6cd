r"""Dispatch by fixed rules: no foresight, a priority order, exact, for all hours and runs at once.

Own generation (renewables and must-run heat and power) serves the load. What is left over goes into
the storages in their order, then over the grid connection, and the rest is curtailed. What is
missing comes from the storages in their order, then from thermal plants that are no dearer than the
grid, from the grid, and from dearer plants; the rest is load that goes unserved.

Nobody pays to export what may stay: in steps in which the price of export is below what a MWh costs
its plant (0, or its variable O&M) its surplus is stored or curtailed, before that of any other
plant, and a storage does not discharge for export. Must-run power has no such choice.

A station takes the surplus in whole pumps and leaves the remainder to the next storages, to export
or to nobody, as it says.

With ``storage_serves = "load_and_export"`` the storages relieve the connection: a surplus is first
exported, only what is beyond the limit or would not be exported for the price is stored, and
storages also discharge into the room that is left for export. They do not discharge for export in
steps in which a plant has a surplus that would not be exported for the price.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

import numpy as np

from altay_energy.core.errors import NoSolutionError
from altay_energy.core.recurrence import bounded_levels, cyclic_levels
from altay_energy.core.units import Array
from altay_energy.dispatch.infeasible.unserved import refuse_unserved
from altay_energy.dispatch.problem.aggregate import (
    back_down,
    in_proportion,
    merit_order,
    thermal_rate,
)
from altay_energy.dispatch.problem.problem import Problem
from altay_energy.dispatch.problem.storage import StorageLimits
from altay_energy.dispatch.program.thermal_segments import in_pieces, in_whole
from altay_energy.dispatch.result.costs import DIGITS
from altay_energy.dispatch.result.result import Dispatch
from altay_energy.dispatch.rules.station import operate_station

# A last level that misses the first by less than this share of the range of contents has met it.
_LEVEL_TOLERANCE = 1e-6


BEYOND_USE = 2.0**20
"""Storages of so many times what they can gather in the period are operated as smaller ones."""


def dispatch_by_rules(problem: Problem) -> Dispatch:
    """Dispatch a period in the fixed priority order described at the top of this module.

    Parameters
    ----------
    problem : Problem
        Powers, limits and prices; leading axes are dispatched each on its own.

    Returns
    -------
    Dispatch
        With arrays of the problem's shape.

    Raises
    ------
    NoSolutionError
        If a storage does not end the period as ``terminal`` demands, or more load goes without
        than ``unserved_max_mwh`` allows; rules cannot look ahead.
    """
    dispatch = _dispatched(problem)
    if problem.terms.unserved_max_mwh is not None:
        refuse_unserved(dispatch)
    return dispatch


def _dispatched(problem: Problem) -> Dispatch:
    if problem.committed:
        return in_whole(_dispatched(in_pieces(problem)), problem)
    available = _sum(problem, problem.renewables.values())
    must_run = _sum(problem, (plant.must_run_mw for plant in problem.thermals))
    # Storages charge where own generation less load is above the threshold and discharge below it.
    relieve = problem.storage_serves == "load_and_export"
    losing = _losing_plants(problem)
    net = available + must_run - problem.load_mw
    unsold = np.minimum(_sum(problem, losing.values()), np.maximum(net, 0.0)) if losing else None
    threshold = _exported_first(problem, net, unsold) if relieve else np.zeros(())
    wanted = net - threshold
    charge, discharge, level, stations = {}, {}, {}, {}
    kept_for = {"export": np.zeros(problem.shape), "curtail": np.zeros(problem.shape)}
    for storage in problem.in_order():
        name = storage.name
        asked = _asked(problem, name, wanted, threshold) if relieve else wanted
        if isinstance(storage, StorageLimits):
            used = _of_useful_size(problem, storage, asked)
            charge[name], discharge[name], level[name] = _operate(problem, used, asked)
        else:
            done = operate_station(problem, storage, asked)
            charge[name], discharge[name] = done.pump_mw, done.turbine_mw
            level[name], stations[name] = done.level_mwh, done
        wanted -= charge[name]  # the next storage sees what this one has left
        wanted += discharge[name]
        if not isinstance(storage, StorageLimits) and storage.remainder != "battery":
            rest = np.where(charge[name] > 0.0, np.maximum(wanted, 0.0), 0.0)
            kept_for[storage.remainder] += rest
            wanted -= rest

    balance = wanted + threshold + kept_for["export"]
    surplus, spilt = balance, kept_for["curtail"]
    if unsold is not None:  # what of it was not stored is curtailed, and nothing else in its place
        surplus = np.where(unsold > 0.0, np.minimum(balance, net - unsold), balance)
        spilt = spilt + (balance - surplus)
    spilt = np.maximum(surplus - problem.export_limit_mw, 0.0) + spilt
    curtailed = np.minimum(spilt, available)
    backed_down = back_down(problem.thermals, spilt - curtailed)
    exported = np.clip(surplus, 0.0, problem.export_limit_mw)
    lost = _curtailed(problem, curtailed, losing)
    cheap, deficit = _call_thermal(problem, np.maximum(0.0 - balance, 0.0), dear=False)
    imported = np.minimum(deficit, problem.import_limit_mw)
    dear, lack = _call_thermal(problem, deficit - imported, dear=True)
    unserved = np.minimum(lack, problem.load_mw)  # sums may exceed it in their last digit
    return Dispatch(
        problem=problem,
        generation_mw={k: problem.renewables[k] - mw for k, mw in lost.items()},
        curtailed_mw=lost,
        thermal_mw={
            p.name: p.must_run_mw - backed_down[p.name] + cheap[p.name] + dear[p.name]
            for p in problem.thermals
        },
        charge_mw=charge,
        discharge_mw=discharge,
        level_mwh=level,
        served_mw=problem.load_mw - unserved,
        unserved_mw=unserved,
        import_mw=imported,
        export_mw=exported,
        stations=stations,
        spilled_mw={
            s.name: _spilled(problem, s, charge[s.name], discharge[s.name], level[s.name])
            for s in problem.storages
            if s.spills
        },
    )


def _losing_plants(problem: Problem) -> dict[str, Array]:
    """Available power of each plant in steps in which export earns less than it costs. [MW]

    Empty where there is no such step.
    """
    price, rates = problem.export_price_cny_mwh, problem.variable_om_cny_mwh
    rate = {name: rates.get(name, 0.0) for name in problem.renewables}
    if np.all(price >= max(rate.values(), default=0.0)):
        return {}
    return {name: (price < rate[name]) * mw for name, mw in problem.renewables.items()}


def _exported_first(problem: Problem, net: Array, unsold: Array | None) -> Array:
    """Export above which storages charge and below which they discharge, shape (..., T). [MW]

    The export limit; 0 where no plant would export for the price. Where a part ``unsold`` of the
    own generation less load, ``net``, would not be exported, the export of the rest of it: then
    storages charge and do not discharge.
    """
    limit = problem.export_limit_mw
    rates = (problem.variable_om_cny_mwh.get(name, 0.0) for name in problem.renewables)
    pays = problem.export_price_cny_mwh >= min(rates, default=0.0)
    if unsold is not None:
        limit = np.where(unsold > 0.0, np.clip(net - unsold, 0.0, limit), limit)
    return limit if np.all(pays) else pays * limit


def _asked(problem: Problem, name: str, wanted: Array, threshold: Array) -> Array:
    """What is asked of a storage, which gives nothing to an export that does not pay it. [MW]"""
    pays = problem.export_price_cny_mwh >= problem.variable_om_cny_mwh.get(name, 0.0)
    if np.all(pays):
        return wanted
    for_load = np.maximum(wanted, 0.0) + np.minimum(wanted + threshold, 0.0)
    return np.where(pays, wanted, for_load)


def _curtailed(problem: Problem, curtailed: Array, losing: dict[str, Array]) -> dict[str, Array]:
    """Curtailment of each plant, shape (..., T): ``losing`` power first, then all others. [MW]"""
    if not losing:
        return in_proportion(curtailed, problem.renewables)
    first = np.minimum(curtailed, _sum(problem, losing.values()))
    lost = in_proportion(first, losing)
    others = {name: mw - losing[name] for name, mw in problem.renewables.items()}
    more = in_proportion(curtailed - first, others)
    return {
        name: np.minimum(lost[name] + more[name], mw) for name, mw in problem.renewables.items()
    }


def _of_useful_size(problem: Problem, storage: StorageLimits, wanted: Array) -> StorageLimits:
    """The storage with no more energy than it can ever hold, where it is beyond all use.

    A content of 1e12 MWh is known to 1e-4 MWh only, which would be energy from nothing. Only a
    cyclic period begins with a content that nobody gave.
    """
    if problem.terminal != "cyclic":
        return storage
    power = storage.charge_efficiency * min(storage.charge_mw, float(np.max(wanted, initial=0.0)))
    gained = problem.step_hours * problem.steps * (power + float(np.max(storage.inflow_mw)))
    energy = 2.0 * gained
    if energy <= 0.0 or storage.energy_mwh <= BEYOND_USE * energy:
        return storage
    initial = min(storage.initial_level_mwh, energy)
    return replace(storage, energy_mwh=energy, initial_level_mwh=initial)


def _operate(problem: Problem, storage: StorageLimits, wanted: Array) -> tuple[Array, Array, Array]:
    """Charge, discharge [MW] and level [MWh] of a storage that is asked to store ``wanted`` [MW].

    Where ``wanted`` is negative the storage is asked to give. It never does more than it is asked.
    """
    into_store = problem.step_hours * storage.charge_efficiency
    out_of_store = problem.step_hours / storage.discharge_efficiency
    charge = _clip(wanted, 0.0, storage.charge_mw)
    discharge = _clip(0.0 - wanted, 0.0, storage.discharge_mw)
    gain = charge * into_store - discharge * out_of_store
    inflow = problem.step_hours * storage.inflow_mw
    level = _levels(problem, storage, gain + inflow if storage.has_inflow else gain)
    # What the bounds of the level cut off was never charged or discharged. Zero is written as
    # 0.0 - x rather than -x, so that no table ever shows -0.0.
    content = level[..., :-1] * storage.keep(problem.step_hours)
    if storage.has_inflow:
        content += inflow
    np.minimum(discharge, content / out_of_store, out=discharge)
    room = np.maximum(storage.energy_mwh - content, 0.0)
    room /= into_store
    np.minimum(charge, room, out=charge)
    return charge, discharge, level


def _spilled(
    problem: Problem, storage: StorageLimits, charge: Array, discharge: Array, level: Array
) -> Array:
    """Inflow that finds neither room nor use, shape (..., T). [MW]"""
    hours = problem.step_hours
    kept = (level[..., 1:] - level[..., :-1] * storage.keep(hours)) / hours
    used = discharge / storage.discharge_efficiency - charge * storage.charge_efficiency
    return np.asarray(np.clip(storage.inflow_mw - kept - used, 0.0, storage.most_spill_mw))


def _levels(problem: Problem, storage: StorageLimits, gain: Array) -> Array:
    """Levels [MWh], shape (..., T + 1), under the terminal rule of the problem."""
    keep, full = storage.keep(problem.step_hours), storage.energy_mwh
    if problem.terminal == "cyclic":
        return cyclic_levels(keep, gain, 0.0, full, storage.initial_level_mwh)
    level = bounded_levels(keep, gain, 0.0, full, storage.initial_level_mwh)
    short = level[..., 0] - level[..., -1]
    missed = {"at_least": short, "equal_initial": np.abs(short)}.get(problem.terminal)
    if missed is None:
        return level
    met = _LEVEL_TOLERANCE * np.ptp(level, axis=-1) + DIGITS * level.max(axis=-1)
    if np.any(missed > met):
        run = np.unravel_index(np.argmax(missed), missed.shape)
        steady = cyclic_levels(keep, gain[run], 0.0, full, storage.initial_level_mwh)
        raise NoSolutionError(_unmet(problem, storage, run, float(level[run][-1]), steady[0]))
    return level


def _unmet(
    problem: Problem, storage: StorageLimits, run: tuple[np.intp, ...], end: float, steady: float
) -> str:
    start = storage.initial_level_mwh
    where = f" in run {tuple(map(int, run))}" if run else ""
    return (
        f'{storage.name}: terminal = "{problem.terminal}" is not met{where}: the level begins at '
        f"{start:.6g} MWh and ends at {end:.6g} MWh, {abs(start - end):.6g} MWh "
        f"{'lower' if end < start else 'higher'}, and rules have no foresight to steer it. "
        f'Say terminal = "cyclic", or begin (initial_level) at {steady:.6g} of '
        f"{storage.energy_mwh:.6g} MWh, to which this period returns"
    )


def _call_thermal(
    problem: Problem, deficit: Array, *, dear: bool
) -> tuple[dict[str, Array], Array]:
    """Power [MW] above must-run of the plants on one side of the import price, cheapest first.

    Also returns the deficit that is left. [MW]
    """
    taken, carbon = {}, problem.terms.emission_price_cny_t
    grid = problem.import_price_cny_mwh + carbon * problem.grid_emission_factor_t_mwh
    for plant in merit_order(problem.thermals, carbon):
        is_dear = thermal_rate(plant, carbon) > grid
        room = np.where(is_dear == dear, plant.capacity_mw - plant.must_run_mw, 0.0)
        taken[plant.name] = np.minimum(deficit, room)
        deficit = deficit - taken[plant.name]
    return taken, deficit


def _sum(problem: Problem, powers: Iterable[Array]) -> Array:
    return sum(powers, start=np.zeros(problem.shape))


def _clip(values: Array, low: float, high: float) -> Array:
    clipped = np.maximum(values, low)
    return np.minimum(clipped, high, out=clipped)
