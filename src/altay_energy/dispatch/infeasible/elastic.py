"""Elastic program: the least violation of the limits over the period.

A dispatch can always curtail, back down must-run power or leave load unserved. Only limits over the
period (emissions, rates, unserved load) and the last levels of storages can make a problem
infeasible. Each of them has a slack, and the objective is the sum of the slacks. The program always
has a solution, and its cost is 0 if the problem is feasible, see [1]_, chapters 6 and 7.

References
----------
.. [1] J. W. Chinneck, Feasibility and Infeasibility in Optimization, Springer 2008.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TypeAlias

import numpy as np

from altay_energy.core.errors import NoSolutionError
from altay_energy.core.units import Array
from altay_energy.dispatch.lp.interior_point import solve_fast
from altay_energy.dispatch.lp.program import BlockLP, BlockSolution
from altay_energy.dispatch.lp.verdict import solve_surely, unproven
from altay_energy.dispatch.problem.period import SERVED
from altay_energy.dispatch.problem.problem import Problem
from altay_energy.dispatch.program.columns import Column, Role, places
from altay_energy.dispatch.program.formulation import Formulation, formulate

Slack: TypeAlias = str | tuple[str, str]
"""Key of a limit over the period; or a storage and ``"short"`` or ``"over"``, the side on which its
last level misses."""

_MISSED = 1e-7
"""A violation up to this share of a limit is rounding. [-]"""

_BLURRED = 1e-3
"""Share of all violations below which an amount may be a residual of the solver. [-]"""

_HOURS_OF_LOAD = 10.0
"""Least scale of the limit on unserved load, in hours of the highest load. [h]"""

# Weight of last levels: reaching a possible last level has priority over serving load.
_END_COST = 10.0
# Weight that spreads the least unserved load evenly, so that no outage is deeper than needed.
_EVEN = 1e-4


@dataclass(frozen=True, eq=False)
class Missed:
    """Least violations of a problem of shape (T,); empty if it is feasible.

    Parameters
    ----------
    amounts : mapping of Slack to float
        Violation of each limit, summed over steps, and of each last level. [MW or t/h; MWh]
    unserved_mw : ndarray, shape (T,)
        Least unserved load, spread as evenly as possible. [MW]
    """

    amounts: Mapping[Slack, float]
    unserved_mw: Array


def missed(problem: Problem) -> Missed:
    """Return the least violations of the limits of a problem, and the unserved load.

    Parameters
    ----------
    problem : Problem
        Shape (T,).
    """
    elastic = Elastic(problem)
    amounts, x = elastic.least()
    columns = unserved_columns(elastic.formulation)
    if SERVED in amounts:
        x = elastic.evenly(amounts, x)
    return Missed(amounts, x[columns].sum(axis=0))


def is_possible(problem: Problem) -> bool:
    """Return whether a problem of shape (T,) is feasible."""
    amounts, _ = Elastic(problem).least()
    return not amounts


def unserved_columns(formulation: Formulation) -> list[int]:
    """Return the indices of the columns of unserved load."""
    return places(formulation.column, Role.UNSERVED, Role.NEVER)


class Elastic:
    """Return the elastic program of a problem of shape (T,)."""

    def __init__(self, problem: Problem) -> None:
        terms = replace(problem.terms, unserved_max_mwh=None, demand_charge_cny_mw=0.0)
        self.rule = problem.terminal
        loose = "free" if self.rule in ("at_least", "equal_initial") else self.rule
        self.problem = problem
        self.formulation = formulate(replace(problem, terms=terms, terminal=loose))
        self.slacks: list[Slack] = []
        self._rows: list[Array] = []
        self._most: list[float] = []
        self._size: list[float] = []
        self._cost: list[float] = []
        self._add_limits()
        self._add_ends()

    def _add(self, name: Slack, row: Array, most: float, size: float, cost: float) -> None:
        self.slacks.append(name)
        self._rows.append(row)
        self._most.append(most)
        self._size.append(size)
        self._cost.append(cost)

    def _add_limits(self) -> None:
        lp, problem = self.formulation.lp, self.problem
        for k, name in enumerate(self.formulation.limits):
            most = float(lp.dense_rhs[k])
            self._add(name, lp.dense[k], most, max(abs(most), 1.0), 1.0 / max(abs(most), 1.0))
        if problem.terms.unserved_max_mwh is not None:
            row = np.zeros((lp.columns, lp.steps))
            row[unserved_columns(self.formulation)] = 1.0
            most = problem.terms.unserved_max_mwh / problem.step_hours
            size = _HOURS_OF_LOAD * float(np.max(problem.load_mw)) / problem.step_hours
            self._add(SERVED, row, most, max(most, size), 1.0)

    def _add_ends(self) -> None:
        lp, column = self.formulation.lp, self.formulation.column
        sides = {"at_least": (-1.0,), "equal_initial": (-1.0, 1.0)}.get(self.rule, ())
        for storage in self.problem.storages:
            for sign in sides if Column(Role.LEVEL, storage.name) in column else ():
                row = np.zeros((lp.columns, lp.steps))
                row[column[Column(Role.LEVEL, storage.name)], -1] = sign
                name = (storage.name, "short" if sign < 0.0 else "over")
                most = sign * storage.initial_level_mwh
                self._add(name, row, most, storage.energy_mwh, _END_COST)

    def least(self) -> tuple[dict[Slack, float], Array]:
        """Return the least violations, and the columns, shape (n, T), of a solution with them.

        Raises
        ------
        NoSolutionError
            If it cannot be proven.
        """
        most = np.array(self._most_slack)
        found = solve_surely(self._program(self._cost, most), vertex=True)
        if str(found.status) != "optimal":
            raise NoSolutionError(unproven("what the limits are missed by"))
        used = self._used(found)
        spent = used * np.array(self._cost)
        # Small amounts next to large ones may be noise: kept only if others grow without them.
        doubtful = (used > 0.0) & (spent < _BLURRED * spent.sum())
        if doubtful.any():
            sharper = solve_surely(self._program(self._cost, np.where(doubtful, 0.0, most)))
            again = self._used(sharper)
            least = float(again @ np.array(self._cost))
            if str(sharper.status) == "optimal" and least <= spent.sum() * (1.0 + _MISSED):
                found, used = sharper, again
        measured = zip(self.slacks, used.tolist(), self._size, strict=True)
        return {name: y for name, y, size in measured if y > _MISSED * size}, found.x

    def _used(self, solution: BlockSolution) -> Array:
        """Return the values of the slacks in a solution."""
        return solution.y[solution.y.size - len(self.slacks) :]

    @property
    def _most_slack(self) -> list[float]:
        """Return the upper bound of each slack, at which the program is always feasible."""
        lp = self.formulation.lp
        pairs = zip(self._rows, self._most, strict=True)
        ups = (np.maximum(row * lp.lower, row * lp.upper).sum() - most for row, most in pairs)
        return [max(float(up), 0.0) for up in ups]

    def alone(self, name: Slack) -> float | None:
        """Return the least violation of one limit if all others are kept; None: infeasible."""
        cost = [float(slack == name) for slack in self.slacks]
        most = np.where(cost, self._most_slack, 0.0)
        solution = solve_surely(self._program(cost, most), vertex=True)
        if str(solution.status) != "optimal":  # infeasible, or not proven
            return None
        return float(self._used(solution)[self.slacks.index(name)])

    def missing(self, name: Slack, amounts: Mapping[Slack, float]) -> BlockLP:
        """Return the program that minimises the violation of one limit.

        Parameters
        ----------
        name : Slack
            The limit.
        amounts : mapping of Slack to float
            Allowed violation of each of the others.
        """
        cost = [float(slack == name) / self._size[k] for k, slack in enumerate(self.slacks)]
        may = [amounts.get(slack, 0.0) * (1.0 + _MISSED) for slack in self.slacks]
        return self._program(cost, np.where(cost, self._most_slack, may))

    def hard(self) -> BlockLP:
        """Return the program without slacks and with zero costs."""
        count = len(self.slacks)
        return self._program([0.0] * count, np.zeros(count))

    def evenly(self, amounts: Mapping[Slack, float], x: Array) -> Array:
        """Return columns, (..., n, T), with the least unserved load spread evenly; or ``x``."""
        kept = [k for k, name in enumerate(self.slacks) if name != SERVED]
        most = np.array([amounts.get(self.slacks[k], 0.0) * (1.0 + _MISSED) for k in kept])
        lp = self._program([0.0] * len(kept), most, kept)
        cost, curve = np.zeros((2, lp.columns, lp.steps))
        for j in unserved_columns(self.formulation):
            cost[j], curve[j] = 1.0, _EVEN / float(lp.upper[j].max())
        solution = solve_fast(replace(lp, cost=cost, quadratic=curve))
        return solution.x if str(solution.status) == "optimal" else x

    def _program(self, cost: list[float], most: Array, kept: list[int] | None = None) -> BlockLP:
        """Return the program with some or all limits, each with a slack up to ``most``."""
        lp = self.formulation.lp
        kept = list(range(len(self.slacks))) if kept is None else kept
        count, old = len(kept), lp.shared_cost.size
        shape = (0, lp.columns, lp.steps)
        return replace(
            lp,
            cost=np.zeros((lp.columns, lp.steps)),
            dense=np.array([self._rows[k] for k in kept]) if kept else np.zeros(shape),
            dense_rhs=np.array([self._most[k] for k in kept]),
            dense_equal=np.zeros(count, dtype=np.bool_),
            shared_cost=np.concatenate([np.zeros(old), cost]),
            shared_lower=np.concatenate([lp.shared_lower, np.zeros(count)]),
            shared_upper=np.concatenate([lp.shared_upper, most]),
            shared=np.concatenate([lp.shared, np.zeros((lp.rows, count, lp.steps))], axis=-2),
            dense_shared=np.concatenate([np.zeros((count, old)), -np.eye(count)], axis=-1),
        )
