r"""Linear program of a system with the numbers of running units fixed: powers and prices.

With the running units n of each committed plant given, no whole numbers are left. What remains is a
linear program in the powers q of the pieces of the fuel curve above the least load:

.. math::

    & p_t = n_t p^{\min} + \textstyle\sum_k q_{kt}, \qquad 0 \le q_{kt} \le n_t \Delta_k \\
    & -R^{\downarrow}_t \le p_t - p_{t-1} \le R^{\uparrow}_t

with the ramps of the plant, which follow from the numbers that run, start and stop
(`ThermalUnits.ramp_limits`). The dual of the power balance is the price of power [1]_: at these
prices no plant would earn more with another power. Costs of starts and of running at no load are
not part of it.

A price may not be unique: if all running units are at full load, one MWh more costs as much as
unserved load, and one MWh less saves fuel only. Of all valid prices those nearest to zero are
taken, in the sum over all steps. They are found by adding a power of a few watts to the balance, in
either direction, at no cost. The price of unserved load then occurs only where load is unserved.

References
----------
.. [1] O'Neill, Sotkiewicz, Hobbs, Rothkopf and Stewart, "Efficient market-clearing prices in
   markets with nonconvexities", European Journal of Operational Research 164(1), 269-285, 2005.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np

from altay_energy.core.units import Array
from altay_energy.dispatch.lp.highs import solve_by_highs
from altay_energy.dispatch.lp.interior_point import Effort, InteriorPoint
from altay_energy.dispatch.lp.program import BlockLP, BlockSolution
from altay_energy.dispatch.lp.verdict import confirmed, proven, solve_surely
from altay_energy.dispatch.problem.problem import Problem
from altay_energy.dispatch.problem.thermal_units import ThermalLimits, ThermalUnits

NUDGE = 1e-6
"""Power that selects among valid prices, as a share of the largest power on the bus. [-]"""

MANY_ROWS = 16
"""Rows of a step above which HiGHS solves the program. [-]"""

# Costs of the free power of a few watts are far below those of all others.
_SHARP = Effort(gap=1e-12, residual=1e-8)


@dataclass(frozen=True, eq=False)
class FixedCommitment:
    """A system whose running units are given.

    Parameters
    ----------
    problem : Problem
        Shape (T,), with P committed plants.
    rest : BlockLP
        Program of the system without these plants.
    bus : int
        Row of the power balance.
    counted : ndarray, shape (K, P)
        Coefficient per MW of each committed plant in each limit over the period.
    running : ndarray, shape (P, T)
        Running units. [-]
    """

    problem: Problem
    rest: BlockLP
    bus: int
    counted: Array
    running: Array

    def power_mw(self) -> Array | None:
        """Power of each committed plant at least cost, shape (P, T); None if unproven. [MW]"""
        draft, pieces = self._draft()
        found = _solved(draft.program())
        if str(found.status) != "optimal":
            return None
        each = zip(self.problem.committed, self.running, pieces, strict=True)
        power = [
            _units(plant).min_load_mw * running + found.x[part].sum(axis=0)
            for plant, running, part in each
        ]
        return np.array(power)

    def prices(self) -> BlockSolution | None:
        """Return a solution whose row duals are the prices, shape (m, T); None if unproven."""
        draft, _ = self._draft()
        rhs = draft.rhs[: self.rest.rows]
        most = NUDGE * max(float(np.abs(rhs[self.bus]).max()), float(np.max(self.problem.load_mw)))
        rhs[self.bus] += most  # the power is between -most and most
        draft.add({self.bus: 1.0}, 0.0, np.full(self.rest.steps, 2.0 * most))
        found = _solved(draft.program())
        return found if str(found.status) == "optimal" else None

    def _draft(self) -> tuple[_Draft, list[slice]]:
        """Return the program, and the columns of the pieces of each plant."""
        draft, pieces = _Draft(self.rest), list[slice]()
        each = zip(self.problem.committed, self.running, self.counted.T, strict=True)
        for plant, running, counted in each:
            pieces.append(self._add(draft, plant, running, counted))
        return draft, pieces

    def _add(self, draft: _Draft, plant: ThermalLimits, running: Array, counted: Array) -> slice:
        problem, units, hours = self.problem, _units(plant), self.problem.step_hours
        least, above = units.min_load_mw * running, running * (units.unit_mw - units.min_load_mw)
        draft.rhs[self.bus] -= least
        draft.dense_rhs -= counted * least.sum()
        rows, before = {self.bus: 1.0}, dict[int, float]()
        if units.ramp_mw is not None:
            ramp, most = _ramp(units, running)
            row = draft.add_row(ramp)
            draft.add({row: 1.0}, 0.0, most)
            rows[row] = before[row] = 1.0
        must = np.clip(problem.on_all(plant.must_run_mw) - least, 0.0, above)
        if must.any():
            row = draft.add_row(must)
            rows[row] = 1.0
            price = problem.unserved_cost_cny_mwh + units.curve[0][1]
            draft.add({row: 1.0}, hours * price, must)
            draft.add({row: -1.0}, 0.0, above)
        first = draft.columns
        taxed = plant.emission_factor_t_mwh * problem.terms.emission_price_cny_t
        for width, price in units.above_least:
            draft.add(rows, hours * (price + taxed), width * running, before, counted)
        return slice(first, draft.columns)


def _solved(lp: BlockLP) -> BlockSolution:
    """Solve a program; HiGHS is the faster one if many rows couple two steps."""
    if lp.rows > MANY_ROWS:
        return confirmed(lp, solve_by_highs(lp))
    found = InteriorPoint(lp).solve(lp, _SHARP)
    return found if str(found.status) == "optimal" and proven(lp, found) else solve_surely(lp)


def _units(plant: ThermalLimits) -> ThermalUnits:
    assert plant.units is not None
    return plant.units


def _ramp(units: ThermalUnits, running: Array) -> tuple[Array, Array]:
    """Return the right-hand side and the largest slack of a plant's ramp, shape (T,). [MW]

    The row is q - q before + slack; the power of the first step is free.
    """
    whole = units.units * units.unit_mw
    up, down = units.ramp_limits(running)
    rhs, most = np.full(running.shape, whole), np.full(running.shape, 2.0 * whole)
    rhs[1:] = up - units.min_load_mw * np.diff(running)
    most[1:] = np.maximum(up + down, 0.0)
    return rhs, most


@dataclass(eq=False)
class _Draft:
    """A block program to which columns and rows are added."""

    base: BlockLP
    rhs: Array = field(init=False)
    dense_rhs: Array = field(init=False)

    def __post_init__(self) -> None:
        self.rhs = np.broadcast_to(self.base.rhs, (self.base.rows, self.base.steps)).copy()
        self.dense_rhs = self.base.dense_rhs.copy()
        self._now: list[Mapping[int, float]] = []
        self._before: list[Mapping[int, float]] = []
        self._series: list[tuple[float, Array]] = []
        self._counted: list[Array] = []

    @property
    def columns(self) -> int:
        return self.base.columns + len(self._now)

    def add_row(self, rhs: Array) -> int:
        """Add a row; return its index."""
        self.rhs = np.concatenate([self.rhs, rhs[np.newaxis]])
        return len(self.rhs) - 1

    def add(
        self,
        now: Mapping[int, float],
        cost: float,
        upper: Array,
        before: Mapping[int, float] | None = None,
        counted: Array | None = None,
    ) -> None:
        """Add a column from 0 to ``upper``, shape (T,), with coefficients by row."""
        self._now.append(dict(now))
        self._before.append(dict(before or {}))
        self._series.append((cost, upper))
        self._counted.append(np.zeros(self.dense_rhs.size) if counted is None else counted)

    def program(self) -> BlockLP:
        """Return the complete program."""
        lp, steps = self.base, self.base.steps
        more, new = len(self.rhs) - lp.rows, len(self._now)
        if not new:
            return replace(lp, rhs=self.rhs, dense_rhs=self.dense_rhs)
        cost, upper = zip(*self._series, strict=True)
        counted = np.array(self._counted).reshape(new, -1).T[..., np.newaxis]
        return replace(
            lp,
            now=self._matrix(lp.now, self._now),
            before=self._matrix(lp.before, self._before),
            rhs=self.rhs,
            cost=np.concatenate([lp.cost, np.repeat(np.array(cost)[:, np.newaxis], steps, axis=1)]),
            lower=np.concatenate([lp.lower, np.zeros((new, steps))]),
            upper=np.concatenate([lp.upper, np.array(upper)]),
            dense=np.concatenate(
                [lp.dense, np.broadcast_to(counted, (*counted.shape[:2], steps))], axis=1
            ),
            dense_rhs=self.dense_rhs,
            shared=np.concatenate([lp.shared, np.zeros((more, *lp.shared.shape[1:]))]),
        )

    def _matrix(self, base: Array, columns: list[Mapping[int, float]]) -> Array:
        found = np.zeros((len(self.rhs), self.columns))
        found[: base.shape[0], : base.shape[1]] = base
        for j, entries in enumerate(columns, start=base.shape[1]):
            for row, value in entries.items():
                found[row, j] = value
        return found
