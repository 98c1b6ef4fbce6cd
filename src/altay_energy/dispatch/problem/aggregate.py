"""Groups of plants of equal cost, and the share of each plant in a total."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import numpy as np

from altay_energy.core.units import Array
from altay_energy.dispatch.problem.problem import Problem
from altay_energy.dispatch.problem.thermal_units import ThermalLimits


def merit_order(
    thermals: Iterable[ThermalLimits], emission_price_cny_t: float = 0.0
) -> list[ThermalLimits]:
    """Thermal plants in the order of marginal cost with CO2, the cheapest first."""
    return sorted(thermals, key=lambda plant: thermal_rate(plant, emission_price_cny_t))


def thermal_rate(plant: ThermalLimits, emission_price_cny_t: float) -> float:
    """Marginal cost of a thermal plant: fuel, variable O&M and CO2. [CNY/MWh]"""
    return plant.marginal_cost_cny_mwh + plant.emission_factor_t_mwh * emission_price_cny_t


def back_down(thermals: Iterable[ThermalLimits], excess: Array) -> dict[str, Array]:
    """Divide a reduction of must-run power among plants, the most expensive first.

    Parameters
    ----------
    thermals : iterable of ThermalLimits
    excess : ndarray, shape (..., T)
        Must-run power of all plants together that cannot be used. [MW]

    Returns
    -------
    dict of str to ndarray, shape (..., T)
        Reduction of each plant. [MW]
    """
    taken = {}
    for plant in reversed(merit_order(thermals)):
        taken[plant.name] = np.minimum(excess, plant.must_run_mw)
        excess = excess - taken[plant.name]
    return taken


def in_proportion(total: Array, whole: Mapping[str, Array]) -> dict[str, Array]:
    """Divide a total in proportion to given amounts, shape (..., T).

    Parameters
    ----------
    total : ndarray, shape (..., T)
        At most the sum of ``whole``.
    whole : mapping of str to ndarray, shape (..., T)
        Amount of each; all have the same relative share.

    Returns
    -------
    dict of str to ndarray, shape (..., T)
        Shares, in the unit of ``total``.
    """
    everything = sum(whole.values(), start=np.zeros(total.shape))
    share = np.minimum(total / np.maximum(everything, np.finfo(np.float64).tiny), 1.0)
    return {name: part * share for name, part in whole.items()}


def renewable_groups(problem: Problem) -> list[tuple[float, Sequence[str]]]:
    """Groups of renewable plants of equal cost: (cost [CNY/MWh], names) pairs."""
    groups: dict[float, list[str]] = {}
    for name in problem.renewables:
        groups.setdefault(problem.variable_om_cny_mwh.get(name, 0.0), []).append(name)
    return sorted(groups.items())


def thermal_groups(problem: Problem) -> list[Sequence[ThermalLimits]]:
    """Groups of thermal plants of equal marginal cost and emission factor, the cheapest first."""
    groups: dict[tuple[float, float], list[ThermalLimits]] = {}
    for plant in problem.thermals:
        key = (plant.marginal_cost_cny_mwh, plant.emission_factor_t_mwh)
        groups.setdefault(key, []).append(plant)
    return [groups[key] for key in sorted(groups)]


def thermal_shares(problem: Problem, totals: Iterable[Array], less: Array) -> dict[str, Array]:
    """Power of each thermal plant: equal plants in proportion to capacity less must-run power.

    Parameters
    ----------
    problem : Problem
    totals : iterable of ndarray, shape (..., T)
        Power of each group, in the order of `thermal_groups`. [MW]
    less : ndarray, shape (..., T)
        Must-run power that is backed down. [MW]
    """
    backed, power = back_down(problem.thermals, less), dict[str, Array]()
    for plants, total in zip(thermal_groups(problem), totals, strict=True):
        room = {p.name: problem.on_all(p.capacity_mw - p.must_run_mw) for p in plants}
        least = sum((p.must_run_mw for p in plants), start=np.zeros(problem.shape))
        shares = in_proportion(np.maximum(total - least, 0.0), room)
        power |= {p.name: p.must_run_mw + shares[p.name] - backed[p.name] for p in plants}
    return {p.name: power[p.name] for p in problem.thermals}
