"""Notices of what a dispatch method does not model, in hours and money.

Rules ignore prices except where an export would earn less than its variable cost; methods that
model the units of a thermal plant as continuous violate the limits of the units.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from altay_energy.core.errors import AltayError
from altay_energy.core.units import Array
from altay_energy.dispatch.infeasible.outages import figure
from altay_energy.dispatch.lp.certificate import certificate
from altay_energy.dispatch.lp.interior_point import InteriorPoint
from altay_energy.dispatch.lp.program import BlockSolution
from altay_energy.dispatch.optimal.complementarity import violations
from altay_energy.dispatch.optimal.direction_search import close, net_directions
from altay_energy.dispatch.problem.period import SERVED, PeriodTerms
from altay_energy.dispatch.problem.problem import Problem
from altay_energy.dispatch.problem.reach import within_reach
from altay_energy.dispatch.problem.thermal_units import starts
from altay_energy.dispatch.program.formulation import Formulation, formulate
from altay_energy.dispatch.program.station.envelope import with_outer_stations
from altay_energy.dispatch.program.thermal_segments import in_pieces
from altay_energy.dispatch.result.costs import operating_cost_cny
from altay_energy.dispatch.result.result import Dispatch
from altay_energy.run.figures.stored_energy import end_prices_cny_mwh, stored_worth_cny

QUICK_STEPS = 9000
"""Most steps, about a year of hours, for which the least cost is computed for a notice."""

_ROUNDS = 4
_SAME = 1e-6

KEPT_WITHIN = 1e-6
"""Share of a limit by which a run may exceed it and still keep it."""

WORTH_SAYING = 0.01
"""Least saving by foresight that a notice reports, as a share of the cost."""


def broken_limits(figures: Mapping[str, float], terms: PeriodTerms) -> dict[str, float]:
    """Return the limits over the period that a run violates, and its values.

    Parameters
    ----------
    figures : mapping of str to float
        Of the whole run, by the keys of `FIGURES`.
    terms : PeriodTerms

    Returns
    -------
    dict of str to float
        By key of the limit, in the unit of the limit.
    """
    found = {}
    for limit, bound in terms.limits():
        value = float(figures[limit.figure])
        if limit.sign * (value - bound) > KEPT_WITHIN * max(1.0, abs(bound)):
            found[limit.key] = value
    return found


def limit_notices(figures: Mapping[str, float], terms: PeriodTerms) -> tuple[str, ...]:
    """Report the limits over the period that a run violates; unserved load has its own notice.

    Parameters
    ----------
    figures : mapping of str to float
        Of the whole run, by the keys of `FIGURES`.
    terms : PeriodTerms
    """
    return tuple(
        f"{key} = {getattr(terms, key):g} is broken: {value:.6g}; optimal keeps it, rolling only "
        "as far as its forecasts are right, and rules do not look ahead"
        for key, value in broken_limits(figures, terms).items()
        if key != SERVED
    )


def kept_from_export_notices(dispatch: Dispatch) -> tuple[str, ...]:
    """Report energy that rules curtailed because its export costs more than it earns.

    Parameters
    ----------
    dispatch : Dispatch
        By rules. Of several runs, the one with the most such energy is reported.
    """
    problem = dispatch.problem
    price, rates = problem.on_all(problem.export_price_cny_mwh), problem.variable_om_cny_mwh
    lossy = {name: price < rates.get(name, 0.0) for name in problem.renewables}
    room = problem.on_all(problem.export_limit_mw) - dispatch.export_mw
    lost = sum(
        (dispatch.curtailed_mw[name] * lossy[name] for name in lossy), start=np.zeros(problem.shape)
    )
    kept = np.minimum(lost, np.maximum(room, 0.0))
    run = _most(kept)
    energy, hours = kept[run].sum() * problem.step_hours, _hours(problem, kept[run] > 0.0)
    if energy <= 0.0:
        return ()
    least = float(np.min(price[run][kept[run] > 0.0]))
    return (
        f"{figure(energy)} MWh were curtailed in {hours:g} h in which the export price is below "
        f"the variable cost of the plant (down to {least:g} CNY/MWh): rules do not export at a "
        "loss",
    )


def ignored_prices(problem: Problem) -> str:
    """Describe the prices that rules ignore; empty if there are none.

    Parameters
    ----------
    problem : Problem
        Without a storage or a flexible load the result is empty.
    """
    storages = [s for s in problem.storages if s.energy_mwh > 0.0 and s.discharge_mw > 0.0]
    if not (storages or problem.stations or problem.flexible_loads):
        return ""
    found = []
    for what, limit, price in (
        ("import", problem.import_limit_mw, problem.import_price_cny_mwh),
        ("export", problem.export_limit_mw, problem.export_price_cny_mwh),
    ):
        open_at = problem.on_all(limit) > 0.0
        prices = problem.on_all(price)[open_at]
        if prices.size and float(np.ptp(prices)) > 0.0:
            found.append(f"a price of {what} between {prices.min():g} and {prices.max():g} CNY/MWh")
    if problem.terms.has_demand_charge and np.any(problem.import_limit_mw > 0.0):
        least, most = (float(f(problem.terms.demand_charge_cny_mw)) for f in (np.min, np.max))
        charge = f"{most:g}" if least == most else f"{least:g} to {most:g}"
        found.append(f"a demand charge of {charge} CNY/MW")
    return " and ".join(found)


@dataclass(frozen=True)
class Saving:
    """Difference between the cost of a dispatch and the least cost.

    Parameters
    ----------
    saved_cny : float
        At equal stored energy. [CNY]
    share : float
        Of the absolute cost of the dispatch. [-]
    bound : {"", "at least ", "at most "}
        How it relates to the saving of ``optimal``: a lower bound if the directions of storages
        and grid were chosen heuristically; an upper bound if the efficiency of a station is
        approximated from above.
    """

    saved_cny: float
    share: float
    bound: str


def saving_by_foresight(dispatch: Dispatch) -> Saving | None:
    """Compute how much a dispatch costs beyond the least cost of the period.

    Parameters
    ----------
    dispatch : Dispatch
        By any method.

    Returns
    -------
    Saving or None
        None for several runs, for more than `QUICK_STEPS`, or if the interior point finds no
        optimum.
    """
    problem = dispatch.problem
    if len(problem.shape) > 1 or problem.steps > QUICK_STEPS:
        return None
    try:
        pieces = in_pieces(with_outer_stations(problem))
        formulation = formulate(within_reach(pieces))
        found = _one_way(formulation)
    except AltayError:  # infeasibility is reported elsewhere
        return None
    if found is None:
        return None
    solution, least, exact = found
    values = {
        s.name: 0.0 - solution.row_dual[..., formulation.row[s.name], :]
        for s in formulation.problem.storages
        if s.name in formulation.row
    }
    prices = end_prices_cny_mwh(formulation.problem, values)
    cost = float(operating_cost_cny(dispatch) - stored_worth_cny(dispatch, prices))
    if problem.terminal == "water_value":  # the objective values the last content, not its change
        least += _worth_of_first(formulation.problem)
    bound = "at most " if problem.stations else "" if exact else "at least "
    return Saving(cost - least, (cost - least) / max(abs(cost), 1e-9), bound)


def _one_way(formulation: Formulation) -> tuple[BlockSolution, float, bool] | None:
    """Find a solution without simultaneous opposite flows, its cost, and whether it is optimal.

    Steps in which opposite flows would pay keep the direction of the net flow, so the solution is
    feasible but perhaps not the cheapest.
    """
    lp = formulation.lp
    solver = InteriorPoint(lp, compiled=False)  # loading takes longer than one solution
    upper = np.broadcast_to(lp.upper, lp.cost.shape).copy()
    bound: float | None = None  # of the first program, without fixed directions
    for _ in range(_ROUNDS):
        one = replace(lp, upper=upper)
        solution = solver.solve(one)
        if str(solution.status) != "optimal":
            return None
        proof = certificate(one, solution)
        cost = float(proof.objective)
        bound = float(proof.bound) if bound is None else bound
        both = violations(formulation, solution)
        if not both.any():
            return solution, cost, cost - bound <= _SAME * max(1.0, abs(cost))
        pairs = formulation.opposites
        pays = np.array([lp.cost[a] + lp.cost[b] < 0.0 for _, a, b, *_ in pairs])
        closed = both | (both.any(axis=1, keepdims=True) & pays)
        close(pairs, upper, closed, net_directions(pairs, lp.now, solution.x))
    return None


def _worth_of_first(problem: Problem) -> float:
    """Value of the initial contents of storages by the water value curve. [CNY]"""
    values, total = problem.terms.water_value_cny_mwh, 0.0
    for storage in problem.storages:
        width = storage.energy_mwh / len(values)
        for band, value in enumerate(values):
            held = min(max(storage.initial_level_mwh - band * width, 0.0), width)
            total += value * held
    return total


def price_notices(dispatch: Dispatch) -> tuple[str, ...]:
    """Report the prices that rules ignore, and what optimising against them would save.

    Parameters
    ----------
    dispatch : Dispatch
        By rules.
    """
    prices = ignored_prices(dispatch.problem)
    if not prices:
        return ()
    said = f"rules ignore {prices}: storages charge from surplus and discharge into deficits"
    if dispatch.problem.flexible_loads:
        said += ", and no load is moved"
    saving = saving_by_foresight(dispatch)
    if saving is None:
        return (f'{said}; method = "optimal" takes them into account',)
    if saving.share < WORTH_SAYING:
        return ()
    return (
        f'{said}; method = "optimal", which knows the whole period, would save '
        f"{saving.bound}{figure(saving.saved_cny)} CNY "
        f"({100.0 * saving.share:.2g} % of the operating cost)",
    )


def unit_notices(dispatch: Dispatch, method: str) -> tuple[str, ...]:
    """Report the unit limits that a dispatch violates by modelling thermal plants as continuous.

    Parameters
    ----------
    dispatch : Dispatch
        By any method; plants whose units it committed violate nothing.
    method : str
        Its name.

    Returns
    -------
    tuple of str
        One line for each plant, with the hours of the worst run.
    """
    problem, found = dispatch.problem, []
    for plant in problem.committed:
        if plant.units is None or plant.name in dispatch.units_running:
            continue
        power = problem.on_all(dispatch.thermal_mw[plant.name])
        running = plant.units.fewest_starts(power)
        broken = plant.units.broken_steps(power, running)
        began = starts(running)
        any_step = sum((b.astype(float) for b in broken.values()), start=began)
        run = _most(any_step)
        violated = [
            f"{key} is broken in {_hours(problem, steps[run]):g} h"
            for key, steps in broken.items()
            if np.any(steps[run])
        ]
        count = float(began[run].sum())
        if count and plant.units.start_cost_cny:
            cost = figure(count * plant.units.start_cost_cny)
            violated.append(f"{count:g} starts of units for {cost} CNY are left out of the cost")
        if violated:
            found.append(
                f"{plant.name}: {method} treats its units as one plant of any power; with as few "
                "starts as that takes, "
                f'{", ".join(violated)}; method = "units" keeps all of these limits'
            )
    return tuple(found)


def _hours(problem: Problem, steps: Array) -> float:
    return float(np.count_nonzero(steps) * problem.step_hours)


def _most(series: Array) -> tuple[int, ...]:
    """Index of the run with the largest sum, in the leading shape."""
    total = series.sum(axis=-1)
    return tuple(map(int, np.unravel_index(np.argmax(total), total.shape)))
