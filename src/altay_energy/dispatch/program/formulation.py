r"""Formulates a dispatch problem as a linear program, and reads the solution as a dispatch.

In every step, with powers in MW and the step h in hours,

.. math::

    & \textstyle\sum r + \sum g - w + i - e + u + \sum_s (d_s - c_s) = \ell + \sum_f (f - a_f)\\
    & x_s - \kappa_s x_s^- - h \eta^c_s c_s + h d_s / \eta^d_s + h v_s = h q_s\\
    & b_f - b_f^- + h (f_f + n_f) = h a_f\\
    & i + s - y_{\mathrm{month}} = 0

with renewable power r, thermal power g between must-run and capacity, must-run power w that is
backed down, import i, export e and unserved load u; for each storage the discharge d, the charge c,
the content x and the spill v of the inflow q (for stations also of content, see `envelope`); for
each flexible load with demand a the draw f, the unserved power n and the backlog b; and, with a
demand charge, the difference s of the month's peak y and the import. Plants of equal cost share a
column; their total is divided in proportion afterwards, which does not change the cost.

Must-run power is backed down as the last resort: its penalty is that of unserved load, so no fuel
is saved by it.

`dispatch_of` turns a solution into a dispatch. To remove the rounding of solvers, powers of
storages are computed from differences of the contents, so that a storage never runs both ways; the
remaining imbalance of the bus, some 1e-9 of the largest power, is added to columns between their
bounds. Balances then close to rounding, and no limit is broken.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from altay_energy.core.units import Array
from altay_energy.dispatch.lp.program import BlockLP, BlockSolution
from altay_energy.dispatch.problem.problem import Problem
from altay_energy.dispatch.program.assembly import Draft, Formulation, Values
from altay_energy.dispatch.program.columns import Role, places
from altay_energy.dispatch.program.element import Reading
from altay_energy.dispatch.program.elements import elements_of
from altay_energy.dispatch.program.limits import loss_factor, period_rows
from altay_energy.dispatch.result.operation import Solution
from altay_energy.dispatch.result.result import Dispatch

__all__ = ["Formulation", "beside_station", "dispatch_of", "formulate"]


def formulate(problem: Problem) -> Formulation:
    """Return the linear program of a problem.

    Parameters
    ----------
    problem : Problem
        Shape (..., T).

    Returns
    -------
    Formulation
        Program with the leading shape of the problem; all bounds are finite.
    """
    draft = Draft(problem)
    for element in elements_of(problem):
        element.add(draft)
    for key, columns, bound in period_rows(problem):
        draft.add_limit(key, columns, bound)
    return draft.formulation()


def dispatch_of(
    formulation: Formulation, chosen: BlockSolution, cheapest: BlockSolution, proof: Solution
) -> Dispatch:
    """Return the dispatch of a solution.

    Parameters
    ----------
    formulation : Formulation
        The problem and its program.
    chosen : BlockSolution
        Solution that gives the powers.
    cheapest : BlockSolution
        Solution whose duals give the prices.
    proof : Solution
        Proof of the cost.

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
    prices = np.broadcast_to(
        cheapest.row_dual, (*problem.shape[:-1], *cheapest.row_dual.shape[-2:])
    )
    return found.dispatch(
        problem,
        marginal_price_cny_mwh=prices[..., formulation.balance, :] / hours,
        stored_value_cny_mwh={
            s.name: 0.0 - prices[..., formulation.row[s.name], :]
            for s in problem.storages
            if s.name in formulation.row
        },
        backlog_cost_cny_mwh={
            load.name: prices[..., formulation.row[load.name], :] for load in problem.flexible_loads
        },
        solution=proof,
    )


def _close_buses(formulation: Formulation, values: Values) -> None:
    lp = formulation.lp
    for bus in (formulation.row[name] for name in formulation.problem.buses):
        row = lp.now[bus].copy()
        # The powers of these columns follow from contents and stay.
        row[places(formulation.column, Role.CHARGE, Role.DISCHARGE, Role.USED)] = 0.0
        rest = lp.now[bus] - row
        rhs = lp.rhs[..., bus, :] - np.einsum("n,...nt->...t", rest, values.x)
        values.close(row, rhs)


def beside_station(formulation: Formulation, taken_mw: Array, gained_mwh: float = 0.0) -> BlockLP:
    """Return the program with a station's power added to the load and its losses counted.

    Parameters
    ----------
    formulation : Formulation
        Formulation of a problem of shape (T,) without the station.
    taken_mw : ndarray, shape (T,)
        Net power that the station draws from the bus. [MW]
    gained_mwh : float
        Last content of the station less the first. [MWh]
    """
    lp = formulation.lp
    rhs = np.broadcast_to(lp.rhs, (lp.rows, lp.steps)).copy()
    rhs[formulation.balance] += taken_mw
    dense_rhs = lp.dense_rhs.copy()
    lost = float(taken_mw.sum()) - gained_mwh / formulation.problem.step_hours
    for row, name in enumerate(formulation.limits):
        dense_rhs[row] -= loss_factor(name) * lost
    return replace(lp, rhs=rhs, dense_rhs=dense_rhs)
