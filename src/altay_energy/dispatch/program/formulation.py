r"""A dispatch problem as a linear program, and its solution as a dispatch.

In every step, with powers in MW and the step h in hours,

.. math::

    & \textstyle\sum r + \sum g - w + i - e + u + \sum_s (d_s - c_s) = \ell + \sum_f (f - a_f)\\
    & x_s - \kappa_s x_s^- - h \eta^c_s c_s + h d_s / \eta^d_s + h v_s = h q_s\\
    & b_f - b_f^- + h (f_f + n_f) = h a_f\\
    & i + s - y_{\mathrm{month}} = 0

renewable power r, thermal power g between must-run and capacity, must-run power w that is backed
down, import i, export e, load not served u; of each storage the discharge d, the charge c, the
content x and the spill v of the inflow q (of stations also of content, see `favourable`); of each
flexible load (a asked for) what is used f, what is never served n and what is owed b; and, with a
demand charge, the room s under the month's peak y. Plants of equal cost are one column: what they
give together is shared in proportion afterwards, which costs the same.

Must-run power is backed down only where nothing else is left: it is priced like load that is not
served, so that no fuel is saved by it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from altay_energy.core.units import Array
from altay_energy.dispatch.lp.program import BlockLP
from altay_energy.dispatch.problem.aggregate import renewable_groups, thermal_groups
from altay_energy.dispatch.problem.problem import Problem
from altay_energy.dispatch.problem.storage import StorageLimits
from altay_energy.dispatch.program.assembly import EXCHANGED, Draft
from altay_energy.dispatch.program.columns import (
    BACK_DOWN,
    EXPORT,
    IMPORT,
    ROOM,
    UNSERVED,
    Column,
    Role,
    renewable_column,
    thermal_column,
)
from altay_energy.dispatch.program.limits import add_period_limits, loss_factor


@dataclass(frozen=True, eq=False)
class Formulation:
    """A problem, its linear program, and which column means what.

    Parameters
    ----------
    problem : Problem
    lp : BlockLP
        Costs in CNY.
    column : mapping of Column to int
        Place of each quantity among the n variables; what can never be above 0 has no column.
    row : mapping of str to int
        ``"balance"``, storages and flexible loads by name, ``"peak"``.
    limits : tuple of str
        Names of the dense rows.
    bands : mapping of str to slice
        Shared variables that hold the content at the end, by storage.
    peaks : slice
        Shared variables that are the monthly peaks.
    throughput, curve : ndarray, shape (n,)
        Weights of the second objective, see `altay_energy.dispatch.program.tie_break`.
    """

    problem: Problem
    lp: BlockLP
    column: Mapping[Column, int]
    row: Mapping[str, int]
    limits: tuple[str, ...]
    bands: Mapping[str, slice]
    peaks: slice
    throughput: Array
    curve: Array

    @cached_property
    def opposites(self) -> tuple[tuple[str, int, int], ...]:
        """Columns of which only one may be above 0 in a step, with whose they are."""
        found = [("grid", IMPORT, EXPORT)]
        for storage in self.problem.storages:
            found.append(
                (
                    storage.name,
                    Column(Role.CHARGE, storage.name),
                    Column(Role.DISCHARGE, storage.name),
                )
            )
        both = [t for t in found if t[1] in self.column and t[2] in self.column]
        return tuple((name, self.column[a], self.column[b]) for name, a, b in both)


def formulate(problem: Problem) -> Formulation:
    """The linear program of a problem.

    Parameters
    ----------
    problem : Problem
        Shape (..., T).

    Returns
    -------
    Formulation
        Its program has the leading shape of the problem; all bounds are finite.
    """
    draft = Draft(problem)
    _add_plants(draft)
    _add_exchange(draft)
    for storage in problem.storages:
        if not storage.is_idle(problem.terminal):
            _add_storage(draft, storage)
    _add_flexible_loads(draft)
    _add_demand_charge(draft)
    add_period_limits(draft)
    return Formulation(
        problem=problem,
        lp=draft.program(cyclic=problem.terminal == "cyclic"),
        column=draft.column,
        row=draft.row,
        limits=tuple(draft.limits),
        bands=draft.bands,
        peaks=draft.peaks,
        throughput=draft.throughput,
        curve=draft.curve,
    )


def _add_plants(draft: Draft) -> None:
    problem, terms = draft.problem, draft.problem.terms
    for rate, names in renewable_groups(problem):
        available = sum((problem.renewables[name] for name in names), start=np.zeros(()))
        draft.add(renewable_column(names), available, cost=rate, bus=1.0)
    must_run = sum((plant.must_run_mw for plant in problem.thermals), start=np.zeros(()))
    for plants in thermal_groups(problem):
        least = sum((plant.must_run_mw for plant in plants), start=np.zeros(()))
        most = sum((plant.capacity_mw for plant in plants), start=np.zeros(()))
        emitted = plants[0].emission_factor_t_mwh
        cost = plants[0].marginal_cost_cny_mwh + emitted * terms.emission_price_cny_t
        name = thermal_column(plants)
        draft.add(name, most, lower=least, cost=cost, bus=1.0)
    draft.add(BACK_DOWN, must_run, cost=problem.unserved_cost_cny_mwh, bus=-1.0)


def _add_exchange(draft: Draft) -> None:
    problem = draft.problem
    factor = problem.grid_emission_factor_t_mwh
    cost = problem.import_price_cny_mwh + factor * problem.terms.emission_price_cny_t
    draft.add(
        IMPORT,
        problem.import_limit_mw,
        cost=cost,
        bus=1.0,
        throughput=EXCHANGED,
    )
    earned = 0.0 - problem.export_price_cny_mwh
    draft.add(EXPORT, problem.export_limit_mw, cost=earned, bus=-1.0, throughput=EXCHANGED)
    movable = sum((load.demand_mw for load in problem.flexible_loads), start=np.zeros(()))
    fixed = np.maximum(problem.load_mw - movable, 0.0)
    draft.add(UNSERVED, fixed * _may_lack(problem), cost=problem.unserved_cost_cny_mwh, bus=1.0)
    draft.add_to_rows("balance", fixed)


def _may_lack(problem: Problem) -> float:
    """0 where all load must be served: a bound is better conditioned than a row that says so."""
    return 0.0 if problem.terms.unserved_max_mwh == 0.0 else 1.0


def _add_storage(draft: Draft, storage: StorageLimits) -> None:
    problem, name, hours = draft.problem, storage.name, draft.problem.step_hours
    rate = problem.variable_om_cny_mwh.get(name, 0.0)
    draft.add_row(name)
    draft.add_to_rows(name, storage.inflow_mw * hours)
    into = {name: -hours * storage.charge_efficiency}
    out = {name: hours / storage.discharge_efficiency}
    draft.add(Column(Role.CHARGE, name), storage.charge_mw, bus=-1.0, rows=into, throughput=1.0)
    draft.add(
        Column(Role.DISCHARGE, name),
        storage.discharge_mw,
        cost=rate,
        bus=1.0,
        rows=out,
        throughput=1.0,
    )
    # Content that was charged is let go only where that pays, not to hold less of it.
    dear = 1.0 if np.any(storage.spill_mw > 0.0) else 0.0
    draft.add(Column(Role.SPILL, name), storage.most_spill_mw, rows={name: hours}, throughput=dear)
    least, most = np.zeros(problem.steps), np.full(problem.steps, storage.energy_mwh)
    worth = np.zeros(problem.steps)
    keep, start = storage.keep(hours), storage.initial_level_mwh
    if problem.terminal in ("at_least", "equal_initial"):
        least[-1] = start
    if problem.terminal == "equal_initial":
        most[-1] = start
    values = problem.terms.water_value_cny_mwh
    if problem.terminal == "water_value" and len(values) == 1:
        worth[-1] = -values[0] / hours
    elif problem.terminal == "water_value":
        most[-1] = 0.0  # what is stored at the end stands in the bands of the curve
        draft.add_bands(name, [-value for value in values], storage.energy_mwh / len(values))
    if problem.terminal != "cyclic":
        draft.add_to_first(name, keep * start)
    draft.add_level(Column(Role.LEVEL, name), name, least, most, cost=worth, keep=keep)


def _add_flexible_loads(draft: Draft) -> None:
    problem, hours = draft.problem, draft.problem.step_hours
    for load in problem.flexible_loads:
        name = load.name
        draft.add_row(name)
        draft.add_to_rows(name, load.demand_mw * hours)
        draft.add(Column(Role.USED, name), load.limit_mw, bus=-1.0, rows={name: hours})
        draft.add(
            Column(Role.NEVER, name),
            load.demand_mw * _may_lack(problem),
            cost=problem.unserved_cost_cny_mwh,
            rows={name: hours},
        )
        least, most = load.backlog_band_mwh(problem.steps, hours)
        draft.add_level(Column(Role.OWED, name), name, least, most, cost=np.zeros(()), keep=1.0)


def _add_demand_charge(draft: Draft) -> None:
    problem, terms = draft.problem, draft.problem.terms
    if terms.demand_charge_cny_mw and IMPORT in draft.column:
        draft.add_row("peak")
        draft.add_to_column(IMPORT, {"peak": 1.0})
        most = float(np.max(problem.import_limit_mw))
        draft.add(ROOM, np.full(problem.steps, most), rows={"peak": 1.0})
        draft.add_peaks(terms.month_of_step, terms.demand_charge_cny_mw, most)


def beside_station(formulation: Formulation, taken_mw: Array, gained_mwh: float = 0.0) -> BlockLP:
    """The program around a station that does not stand in it.

    Parameters
    ----------
    formulation : Formulation
        Of a problem of shape (T,), without the station.
    taken_mw : ndarray, shape (T,)
        What the station takes from the bus, less what it gives to it. [MW]
    gained_mwh : float
        By how much its content ends higher than it began. [MWh]
    """
    lp = formulation.lp
    rhs = np.broadcast_to(lp.rhs, (lp.rows, lp.steps)).copy()
    rhs[0] += taken_mw
    dense_rhs = lp.dense_rhs.copy()
    lost = float(taken_mw.sum()) - gained_mwh / formulation.problem.step_hours
    for row, name in enumerate(formulation.limits):
        dense_rhs[row] -= loss_factor(name) * lost
    return replace(lp, rhs=rhs, dense_rhs=dense_rhs)
