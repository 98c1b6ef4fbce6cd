r"""Compares the costs of dispatches at equal stored energy.

A dispatch that ends with less stored energy than it began has used energy that another still holds.
Costs are compared after valuing the change of content: with ``terminal = "water_value"`` by that
curve, otherwise at the marginal value of content at the end in the optimum of the period, the dual
λ of the constraint that links the last level to the first. As the least cost V is convex in the
content Δ missing at the end,

.. math:: V(\Delta) \ge V(0) - \lambda \Delta,

so no dispatch costs less than the optimum after this correction.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from altay_energy.core.units import Array
from altay_energy.dispatch.problem.problem import Problem
from altay_energy.dispatch.problem.station import UPPER
from altay_energy.dispatch.program.station.water_energy import EnergyScale
from altay_energy.dispatch.result.result import Dispatch


def end_prices_cny_mwh(problem: Problem, stored_value: Mapping[str, Array]) -> dict[str, Array]:
    """Marginal value of stored energy at the end of the period, by storage.

    Parameters
    ----------
    problem : Problem
        Problem of the optimum, with stations as storages; shape (..., T).
    stored_value : mapping of str to ndarray, shape (..., T)
        ``stored_value_cny_mwh`` of the optimum; an idle storage has none.

    Returns
    -------
    dict of str to ndarray, shape (...)
        0 where the end is free; empty with ``terminal = "water_value"``, which is a curve.
        [CNY/MWh]
    """
    if problem.terminal == "water_value":
        return {}
    found = {}
    for storage in problem.storages:
        worth = np.zeros(problem.shape[:-1])
        if storage.name in stored_value and problem.terminal != "free":
            values = stored_value[storage.name]
            # Cyclic: the last content becomes the first, less the standing loss of a step.
            cyclic = problem.terminal == "cyclic"
            worth = storage.keep(problem.step_hours) * values[..., 0] if cyclic else values[..., -1]
        found[storage.name] = np.asarray(worth)
    return found


def stored_change_mwh(dispatch: Dispatch) -> dict[str, Array]:
    """Change of the content of every storage over the period, shape (...). [MWh]

    Stations in their unit form use the energy scale of `optimal`.
    """
    return {name: ends[1] - ends[0] for name, ends in _ends(dispatch).items()}


def stored_worth_cny(dispatch: Dispatch, prices: Mapping[str, Array | float]) -> Array:
    """Value of the change of content over the period, shape (...). [CNY]

    Parameters
    ----------
    dispatch : Dispatch
        By any method.
    prices : mapping of str to ndarray or float, shape (...)
        From `end_prices_cny_mwh`, or any price for each storage; not used with
        ``terminal = "water_value"``. [CNY/MWh]
    """
    problem, total = dispatch.problem, np.zeros(dispatch.problem.shape[:-1])
    values = problem.terms.water_value_cny_mwh
    full = {s.name: s.energy_mwh for s in problem.storages}
    full |= {s.name: EnergyScale.of(s).capacity_mwh for s in problem.stations}
    for name, (first, last) in _ends(dispatch).items():
        if problem.terminal == "water_value":
            width = full[name] / len(values)
            for band, value in enumerate(values):
                held = [np.clip(x - band * width, 0.0, width) for x in (first, last)]
                total = total + value * (held[1] - held[0])
        else:
            total = total + prices.get(name, 0.0) * (last - first)
    return np.asarray(total)


def _ends(dispatch: Dispatch) -> dict[str, tuple[Array, Array]]:
    """First and last content of every storage, shape (...). [MWh]"""
    found = {}
    for name, level in dispatch.level_mwh.items():
        first, last = level[..., 0], level[..., -1]
        if name in dispatch.stations:
            done = dispatch.stations[name]
            scale, volume = EnergyScale.of(done.limits), done.volume_m3[UPPER]
            first, last = (np.asarray(scale.content(volume[..., k])) for k in (0, -1))
        found[name] = (first, last)
    return found
