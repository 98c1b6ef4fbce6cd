"""From the numbers of a solver to a dispatch: every plant its share, every balance closed.

Solvers leave rounding behind. Contents are taken as they are found and powers of storages read off
their differences, so that a storage never runs both ways; what is then missing on the bus, some
1e-9 of the largest power, is put on columns that stand between their bounds. So balances close to
rounding, and no limit is broken.
"""

from __future__ import annotations

import numpy as np

from altay_energy.dispatch.lp.program import BlockSolution
from altay_energy.dispatch.program.columns import Role, places
from altay_energy.dispatch.program.elements import Reading, elements_of
from altay_energy.dispatch.program.formulation import Formulation
from altay_energy.dispatch.program.values import Values
from altay_energy.dispatch.result.operation import Solution
from altay_energy.dispatch.result.result import Dispatch


def dispatch_of(
    formulation: Formulation, chosen: BlockSolution, cheapest: BlockSolution, proof: Solution
) -> Dispatch:
    """The dispatch that a solution stands for.

    Parameters
    ----------
    formulation : Formulation
        The problem and its program.
    chosen : BlockSolution
        Whose powers are taken.
    cheapest : BlockSolution
        Whose duals are taken as prices.
    proof : Solution
        How good it is.

    Returns
    -------
    Dispatch
        With arrays of the problem's shape.
    """
    problem, hours = formulation.problem, formulation.problem.step_hours
    values, found = Values(formulation, chosen), Reading()
    elements = tuple(elements_of(problem))
    for element in elements:
        element.follow(values)
    _close_buses(formulation, values)
    for element in elements:
        element.read(values, found)
    unserved = found.unserved + sum(found.never.values(), start=0.0)
    load_mw = sum(found.shift.values(), start=problem.on_all(problem.load_mw))
    prices = np.broadcast_to(
        cheapest.row_dual, (*problem.shape[:-1], *cheapest.row_dual.shape[-2:])
    )
    generation = found.generation
    return Dispatch(
        problem=problem,
        generation_mw=generation,
        curtailed_mw={name: problem.renewables[name] - p for name, p in generation.items()},
        thermal_mw=found.thermal,
        charge_mw=found.charge,
        discharge_mw=found.discharge,
        level_mwh=found.level,
        served_mw=np.maximum(load_mw - unserved, 0.0),  # what is left of two sums
        unserved_mw=unserved,
        import_mw=found.imported,
        export_mw=found.exported,
        spilled_mw=found.spilled,
        shift_up_mw={name: np.maximum(moved, 0.0) for name, moved in found.shift.items()},
        shift_down_mw={name: np.maximum(0.0 - moved, 0.0) for name, moved in found.shift.items()},
        marginal_price_cny_mwh=prices[..., formulation.row[problem.buses[0]], :] / hours,
        stored_value_cny_mwh={
            s.name: 0.0 - prices[..., formulation.row[s.name], :]
            for s in problem.storages
            if s.name in formulation.row
        },
        solution=proof,
    )


def _close_buses(formulation: Formulation, values: Values) -> None:
    lp = formulation.lp
    for bus in (formulation.row[name] for name in formulation.problem.buses):
        row = lp.now[bus].copy()
        # These follow from contents.
        row[places(formulation.column, Role.CHARGE, Role.DISCHARGE, Role.USED)] = 0.0
        rest = lp.now[bus] - row
        rhs = lp.rhs[..., bus, :] - np.einsum("n,...nt->...t", rest, values.x)
        values.close(row, rhs)
