r"""What two dispatches cost at equal stored energy.

A dispatch that ends with less in store than it began has spent energy that another may still hold.
Costs are compared after the change of content is taken at what it is worth: with
``terminal = "water_value"`` by that curve; else at the price that the optimum of the period has for
content at its end, the dual λ of the rule that binds the last level to the first. As the least cost
V is convex in what may be missing at the end,

.. math:: V(\Delta) \ge V(0) - \lambda \Delta,

so no dispatch, whatever it leaves in store, costs less than the optimum after that.
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
    """What a MWh more in store at the end of the period is worth, by storage.

    Parameters
    ----------
    problem : Problem
        Whose optimum it is, stations as storages; shape (..., T).
    stored_value : mapping of str to ndarray, shape (..., T)
        ``stored_value_cny_mwh`` of the optimum; a storage that can do nothing has none.

    Returns
    -------
    dict of str to ndarray, shape (...)
        0 where the end is free; empty with ``terminal = "water_value"``, which has a curve.
        [CNY/MWh]
    """
    if problem.terminal == "water_value":
        return {}
    found = {}
    for storage in problem.storages:
        worth = np.zeros(problem.shape[:-1])
        if storage.name in stored_value and problem.terminal != "free":
            values = stored_value[storage.name]
            # A ring begins with what its end hands on, of which a step keeps a part.
            cyclic = problem.terminal == "cyclic"
            worth = storage.keep(problem.step_hours) * values[..., 0] if cyclic else values[..., -1]
        found[storage.name] = np.asarray(worth)
    return found


def stored_change_mwh(dispatch: Dispatch) -> dict[str, Array]:
    """Last content less first content of every storage, shape (...). [MWh]

    Of a station in its units it is the energy scale in which `optimal` knows it.
    """
    return {name: ends[1] - ends[0] for name, ends in _ends(dispatch).items()}


def stored_worth_cny(dispatch: Dispatch, prices: Mapping[str, Array | float]) -> Array:
    """What the change of content over the period is worth, shape (...). [CNY]

    Parameters
    ----------
    dispatch : Dispatch
        By any method.
    prices : mapping of str to ndarray or float, shape (...)
        From `end_prices_cny_mwh`, or a price of one's own for each storage; not used with
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
