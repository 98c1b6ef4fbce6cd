"""Thermal plants with units for dispatchers without unit commitment.

Such a plant is split into the pieces of its hull (`ThermalUnits.hull`), each a plant of one cost,
and their powers are added up afterwards. A problem without units is returned unchanged.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from altay_energy.core.units import Array
from altay_energy.dispatch.problem.problem import Problem
from altay_energy.dispatch.problem.thermal_units import ThermalLimits
from altay_energy.dispatch.result.result import Dispatch


def in_pieces(problem: Problem) -> Problem:
    """Return the problem with every plant of units split into the pieces of its hull.

    Parameters
    ----------
    problem : Problem
        Shape (..., T).
    """
    if not problem.committed:
        return problem
    return replace(problem, thermals=tuple(p for plant in problem.thermals for p in _pieces(plant)))


def continuous(problem: Problem) -> Problem:
    """Return the problem without units of thermal plants; feasibility does not depend on them."""
    if not problem.committed:
        return problem
    return replace(
        problem, thermals=tuple(replace(plant, units=None) for plant in problem.thermals)
    )


def in_whole(dispatch: Dispatch, problem: Problem) -> Dispatch:
    """Convert a dispatch of `in_pieces(problem)` to one of the problem.

    Parameters
    ----------
    dispatch : Dispatch
    problem : Problem
        Problem with the original plants.
    """
    if not problem.committed:
        return dispatch
    power = {
        plant.name: sum(
            (dispatch.thermal_mw[piece.name] for piece in _pieces(plant)),
            start=np.zeros(problem.shape),
        )
        for plant in problem.thermals
    }
    return replace(dispatch, problem=problem, thermal_mw=power)


def cut_up(dispatch: Dispatch) -> Dispatch:
    """Convert a dispatch of whole plants to one of their pieces, the cheapest pieces first.

    Parameters
    ----------
    dispatch : Dispatch
        Dispatch of a problem with or without units.
    """
    problem = dispatch.problem
    if not problem.committed:
        return dispatch
    power: dict[str, Array] = {}
    for plant in problem.thermals:
        rest = dispatch.thermal_mw[plant.name]
        for piece in _pieces(plant):
            power[piece.name] = np.minimum(rest, piece.capacity_mw)
            rest = rest - power[piece.name]
    return replace(dispatch, problem=in_pieces(problem), thermal_mw=power)


def _pieces(plant: ThermalLimits) -> list[ThermalLimits]:
    """Yield the pieces of a plant, the cheapest first; must-run power fills them in that order."""
    if plant.units is None:
        return [plant]
    found, below = [], 0.0
    for k, (width, price) in enumerate(plant.units.hull):
        name = plant.name if k == 0 else f"{plant.name} {k + 1}"
        must = np.clip(plant.must_run_mw - below, 0.0, width)
        found.append(plant.part(name, np.asarray(width), must, price))
        below += width
    return found
