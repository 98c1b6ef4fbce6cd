r"""Dispatch by fixed rules: a priority order without foresight, for all hours and runs at once.

Own generation (renewables and must-run heat and power) serves the load. A surplus goes into the
storages in their order, then to export, and the rest is curtailed. A deficit is covered by the
storages in their order, then by thermal plants that cost no more than import, by import, and by the
other plants; the rest of the load is unserved.

Nothing is exported at a loss: in steps in which the export price is below the variable O&M of a
plant (0 if none is given), its surplus is stored or curtailed, before that of any other plant, and
a storage does not discharge for export. Must-run power is exported at any price.

A station takes the surplus in whole pumps. As it is set, the remainder goes to the next storages or
to export, or is curtailed.

With ``storage_serves = "load_and_export"`` the storages relieve the connection: a surplus is first
exported, only what is beyond the limit or would not be exported for the price is stored, and
storages also discharge into the room that is left for export. They do not discharge for export in
steps in which a plant has a surplus that would not be exported for the price.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from altay_energy.core.units import Array
from altay_energy.dispatch.infeasible.unserved import refuse_unserved
from altay_energy.dispatch.problem.aggregate import (
    back_down,
    in_proportion,
    merit_order,
    thermal_rate,
)
from altay_energy.dispatch.problem.problem import Problem
from altay_energy.dispatch.program.element import Reading
from altay_energy.dispatch.program.elements import stores_in_turn
from altay_energy.dispatch.program.thermal_segments import in_pieces, in_whole
from altay_energy.dispatch.result.result import Dispatch


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
        If a storage does not end the period as ``terminal`` demands, or more load is unserved
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
    found = Reading()
    kept_for = {"export": np.zeros(problem.shape), "curtail": np.zeros(problem.shape)}
    for store in stores_in_turn(problem):
        name = store.limits.name
        asked = _asked(problem, name, wanted, threshold) if relieve else wanted
        store.by_rules(problem, asked, found)
        wanted -= found.charge[name]  # for the next storage
        wanted += found.discharge[name]
        if store.remainder != "battery":
            rest = np.where(found.charge[name] > 0.0, np.maximum(wanted, 0.0), 0.0)
            kept_for[store.remainder] += rest
            wanted -= rest

    balance = wanted + threshold + kept_for["export"]
    surplus, spilt = balance, kept_for["curtail"]
    if unsold is not None:  # the part that was not stored is curtailed, and no other plant
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
    found.generation = {name: problem.renewables[name] - mw for name, mw in lost.items()}
    found.thermal = {
        p.name: p.must_run_mw - backed_down[p.name] + cheap[p.name] + dear[p.name]
        for p in problem.thermals
    }
    found.imported, found.exported, found.unserved = imported, exported, unserved
    return found.dispatch(problem, curtailed_mw=lost)


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
    """Power requested of a storage, without export that does not pay for it. [MW]"""
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
