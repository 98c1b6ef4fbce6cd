"""Costs of a dispatch, computed from its hourly arrays.

Each function takes an `Operation` of shape (..., T) by any method, and returns an array of its
leading shape (...). `objective_cny` is the cost that dispatchers with foresight minimise. It is
compared with the objective of the solver, to check that the returned dispatch is the proven one
(`cost_contradiction`).
"""

from __future__ import annotations

import numpy as np

from altay_energy.core.units import Array
from altay_energy.dispatch.problem.problem import Problem
from altay_energy.dispatch.problem.station import UPPER
from altay_energy.dispatch.problem.thermal_units import ThermalLimits, starts
from altay_energy.dispatch.program.station.water_energy import EnergyScale
from altay_energy.dispatch.result.operation import Operation

ROUNDING = 1e-7
"""Two costs of a dispatch are equal up to this share of its turnover. [-]"""

DIGITS = 64.0 * float(np.finfo(np.float64).eps)
"""Relative rounding error of some sums and differences of a content. [-]"""

_ROUNDING_OF_ENERGY = 1e-9
"""Share of the energy on the bus that a solver may misallocate, at the highest price. [-]"""


def over_period(dispatch: Operation, per_hour: Array) -> Array:
    """Integral over the period of a quantity per hour: MWh of [MW], CNY of [CNY/h]."""
    total: Array = per_hour.sum(axis=-1) * dispatch.problem.step_hours
    return total


def no_amount(dispatch: Operation) -> Array:
    """Zero for each run, shape (...)."""
    return np.zeros(dispatch.problem.shape[:-1])


def import_cost_cny(dispatch: Operation) -> Array:
    """Imports × their price in each step. [CNY]"""
    return over_period(dispatch, dispatch.import_mw * dispatch.problem.import_price_cny_mwh)


def export_revenue_cny(dispatch: Operation) -> Array:
    """Exports × their price in each step, which may be negative. [CNY]"""
    return over_period(dispatch, dispatch.export_mw * dispatch.problem.export_price_cny_mwh)


def variable_cost_cny(dispatch: Operation) -> Array:
    """Fuel, no-load cost and variable O&M of all plants and storages, starts of units. [CNY]"""
    return sum(_variable_costs(dispatch), start=no_amount(dispatch))


def thermal_units_cost_cny(dispatch: Operation, plant: ThermalLimits) -> Array:
    """Fuel, variable O&M, no-load cost and starts of a plant of units, shape (...). [CNY]

    If no units were committed it is the relaxed cost: no starts, and the least cost of energy at
    any power (`ThermalUnits.hull`).
    """
    units, power = plant.units, dispatch.thermal_mw[plant.name]
    assert units is not None
    hours = dispatch.problem.step_hours
    if plant.name not in dispatch.units_running:
        return np.asarray(units.relaxed_cost_cny_h(power).sum(axis=-1) * hours)
    running = dispatch.units_running[plant.name]
    ran = units.running_cost_cny_h(power, running).sum(axis=-1) * hours
    return np.asarray(ran + units.start_cost_cny * starts(running).sum(axis=-1))


def unserved_cost_cny(dispatch: Operation) -> Array:
    """Unserved energy × its cost. [CNY]"""
    return over_period(dispatch, dispatch.unserved_mw) * dispatch.problem.unserved_cost_cny_mwh


def demand_charge_cny(dispatch: Operation) -> Array:
    """Largest import of each month × the demand charge. [CNY]"""
    terms, total = dispatch.problem.terms, no_amount(dispatch)
    if terms.has_demand_charge:
        for month, charge in enumerate(terms.monthly_demand_charge_cny_mw):
            peak = dispatch.import_mw[..., terms.month_of_step == month].max(axis=-1)
            total = total + peak * charge
    return total


def emissions_t(dispatch: Operation) -> Array:
    """CO2 of imports by the grid's factor and of thermal generation by each plant's. [t]"""
    burnt = (
        over_period(dispatch, dispatch.thermal_mw[p.name]) * p.emission_factor_t_mwh
        for p in dispatch.problem.thermals
    )
    imported = over_period(dispatch, dispatch.import_mw)
    return sum(burnt, start=imported * dispatch.problem.grid_emission_factor_t_mwh)


def emission_cost_cny(dispatch: Operation) -> Array:
    """CO2 of imports and thermal plants × the emission price. [CNY]"""
    return emissions_t(dispatch) * dispatch.problem.terms.emission_price_cny_t


def operating_cost_cny(dispatch: Operation) -> Array:
    """Import cost - export revenue + fuel, variable O&M, demand charge, CO2, unserved. [CNY]"""
    paid = import_cost_cny(dispatch) - export_revenue_cny(dispatch)
    paid = paid + demand_charge_cny(dispatch) + emission_cost_cny(dispatch)
    return paid + variable_cost_cny(dispatch) + unserved_cost_cny(dispatch)


def backed_down_cost_cny(dispatch: Operation) -> Array:
    """Penalty on must-run power that is backed down: unserved cost plus fuel. [CNY]

    Nobody pays it; it keeps dispatchers with foresight from saving fuel in this way.
    """
    problem, total = dispatch.problem, no_amount(dispatch)
    for plant, backed in _backed_down(dispatch):
        fuel = plant.marginal_cost_cny_mwh
        fuel += plant.emission_factor_t_mwh * problem.terms.emission_price_cny_t
        total = total + over_period(dispatch, backed) * (problem.unserved_cost_cny_mwh + fuel)
    return total


def end_worth_cny(dispatch: Operation) -> Array:
    """Value of the last contents of storages that can charge or discharge. [CNY]"""
    problem, total = dispatch.problem, no_amount(dispatch)
    if problem.terminal != "water_value":
        return total
    for storage in problem.storages:
        if not storage.is_idle(problem.terminal):  # otherwise its last content is fixed
            left = dispatch.level_mwh[storage.name][..., -1]
            total = total - problem.end_value_cny(storage.energy_mwh, left)
    for station in dispatch.stations.values():
        scale = EnergyScale.of(station.limits)
        left = scale.content(station.volume_m3[UPPER, ..., -1])
        total = total - problem.end_value_cny(scale.capacity_mwh, left)
    return total


def objective_cny(dispatch: Operation) -> Array:
    """Cost that dispatchers with foresight minimise. [CNY]

    The operating cost, plus `backed_down_cost_cny`, less the value of the last contents
    (`end_worth_cny`).
    """
    paid = operating_cost_cny(dispatch) + backed_down_cost_cny(dispatch)
    return paid - end_worth_cny(dispatch)


def turnover_cny(dispatch: Operation) -> Array:
    """Sum of all costs and revenues by absolute value. [CNY]"""
    problem, terms = dispatch.problem, dispatch.problem.terms
    flows = (
        (dispatch.import_mw, problem.import_price_cny_mwh),
        (dispatch.export_mw, problem.export_price_cny_mwh),
    )
    total = sum(
        (over_period(dispatch, power * np.abs(price)) for power, price in flows),
        start=demand_charge_cny(dispatch) + unserved_cost_cny(dispatch),
    )
    total = total + sum((np.abs(cost) for cost in _variable_costs(dispatch)), start=0.0)
    total = total + emissions_t(dispatch) * abs(terms.emission_price_cny_t)
    return np.asarray(total + backed_down_cost_cny(dispatch) + np.abs(end_worth_cny(dispatch)))


def cost_contradiction(dispatch: Operation) -> str | None:
    """Return a message if the cost of a dispatch differs from that of its solution, else None.

    Parameters
    ----------
    dispatch : Operation
        Dispatch by any method; without a ``solution`` the result is None.

    Returns
    -------
    str or None
        Both costs, of the run with the largest difference.

    Notes
    -----
    Costs are equal if they differ by less than `ROUNDING` of the turnover, or by the cost, at the
    highest price, of some billionths of the energy on the bus and of the rounding of contents in
    every step. Must-run power that plants of units cannot give has a price that the arrays do not
    show: such runs are not compared.
    """
    found = dispatch.solution
    if found is None:
        return None
    proven, cost = np.asarray(found.objective_cny), objective_cny(dispatch)
    off = np.abs(cost - proven)
    allowed = ROUNDING * turnover_cny(dispatch)
    energy = _ROUNDING_OF_ENERGY * _on_the_bus(dispatch) + _last_digits_mwh(dispatch)
    allowed = allowed + _highest_price(dispatch.problem) * energy
    off = np.where(_unit_must_run_is_met(dispatch), off, 0.0)
    if np.all(off <= allowed):
        return None
    run = tuple(map(int, np.unravel_index(np.argmax(off - allowed), off.shape)))
    where = f"run {run}: " if run else ""
    return (
        f"{where}the hours of the dispatch cost {float(cost[run]):.10g} CNY, but its solver "
        f"({found.solver}) says {float(proven[run]):.10g} CNY"
    )


def _variable_costs(dispatch: Operation) -> list[Array]:
    """Variable O&M of each plant, storage and station. [CNY]"""
    rates = {p.name: p.marginal_cost_cny_mwh for p in dispatch.problem.thermals if p.units is None}
    rates |= dispatch.problem.variable_om_cny_mwh
    outputs = {**dispatch.generation_mw, **dispatch.thermal_mw, **dispatch.discharge_mw}
    costs = [over_period(dispatch, outputs[name]) * rate for name, rate in rates.items()]
    costs += [np.asarray(station.cost_cny()) for station in dispatch.stations.values()]
    return costs + [thermal_units_cost_cny(dispatch, p) for p in dispatch.problem.committed]


def _backed_down(dispatch: Operation) -> list[tuple[ThermalLimits, Array]]:
    """Must-run power that is backed down at each plant without units, shape (..., T). [MW]"""
    return [
        (plant, np.maximum(plant.must_run_mw - dispatch.thermal_mw[plant.name], 0.0))
        for plant in dispatch.problem.thermals
        if plant.units is None and np.any(plant.must_run_mw > 0.0)
    ]


def _last_digits_mwh(dispatch: Operation) -> float:
    """Rounding error of contents, over all steps. [MWh]"""
    held = sum(float(np.max(level)) for level in dispatch.level_mwh.values())
    return DIGITS * held * dispatch.problem.steps


def _unit_must_run_is_met(dispatch: Operation) -> Array:
    """Whether plants of units generate all their must-run power, shape (...)."""
    met = np.ones(dispatch.problem.shape[:-1], dtype=np.bool_)
    for plant in dispatch.problem.committed:
        power = dispatch.thermal_mw[plant.name]
        met &= np.all(power >= plant.must_run_mw * (1.0 - ROUNDING), axis=-1)
    return np.asarray(met)


def _highest_price(problem: Problem) -> float:
    """Largest price of a MWh. [CNY/MWh]"""
    prices = [problem.import_price_cny_mwh, problem.export_price_cny_mwh]
    rates = [problem.unserved_cost_cny_mwh, *(p.marginal_cost_cny_mwh for p in problem.thermals)]
    return max(*(float(np.max(np.abs(p))) for p in prices), *(abs(rate) for rate in rates))


def _on_the_bus(dispatch: Operation) -> Array:
    """Energy that flows into the bus. [MWh]"""
    into = [*dispatch.generation_mw.values(), *dispatch.thermal_mw.values()]
    into += [*dispatch.discharge_mw.values(), dispatch.import_mw, dispatch.unserved_mw]
    return sum((over_period(dispatch, power) for power in into), start=no_amount(dispatch))
