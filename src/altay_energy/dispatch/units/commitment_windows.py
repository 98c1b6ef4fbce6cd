r"""Unit commitment of a long period, window by window, with a lower bound for the period.

**The bound** is a Lagrangian relaxation in time [1]_. The period is cut into windows. The states
that two windows share (contents of storages, running units) are duplicated, at a price that one
window pays and the other receives; limits over the period are priced as well, and peak charges are
divided among the windows of their month. For any prices the sum of the least costs of the windows
is a lower bound. Each window is a mixed-integer program, so the bound is tighter than that of the
linear relaxation. Prices are taken from the linear program without commitment and, at the
boundaries of windows, from a relaxation with starts and minimum times over a day or two on either
side.

**The commitment** comes from a receding horizon [2]_: each window begins in the last state of the
window before and extends beyond the part that is kept; contents at its end have their price. Of a
limit over the period that is near, each window has an allowance: what the linear program uses up to
its end, less what the windows before have used.

References
----------
.. [1] Geoffrion, "Lagrangean relaxation for integer programming", Mathematical Programming Study 2,
   82-114, 1974; Muckstadt and Koenig, "An application of Lagrangian relaxation to scheduling in
   power-generation systems", Operations Research 25(3), 387-403, 1977.
.. [2] Palmintier and Webster, "Heterogeneous unit clustering for efficient operational flexibility
   modeling", IEEE Transactions on Power Systems 29(3), 1089-1098, 2014.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import pairwise

import numpy as np

from altay_energy.core.errors import NoSolutionError
from altay_energy.core.units import Array
from altay_energy.dispatch.lp.highs import MixedSolution, solve_mixed
from altay_energy.dispatch.lp.program import BlockLP, BlockSolution, Bools
from altay_energy.dispatch.problem.problem import Problem
from altay_energy.dispatch.units.commitment_model import (
    Commitment,
    Edges,
    Past,
    Window,
    commitment_of,
)

WHOLE_STEPS, WHOLE_MOST, WHOLE_FEW = 192, 8000, 600
"""Largest numbers of steps and integers (plants × steps) for which the period is one program, as it
also is with very few integers. Many plants are no obstacle: each is a small part of the whole."""

IN_A_WINDOW = 250
"""Number of integers in a window of a longer period."""

OVERLAP_HOURS = (24.0, 48.0)
"""Bounds of the overlap of windows, which otherwise is the longest minimum time of a unit: on
either side of a boundary for its price, and beyond the part of a window that is kept. [h]"""

NEAR_A_LIMIT = 0.1
"""Distance from a limit over the period, as a share of it, up to which the continuous relaxation
counts as near it, so that windows keep it. [-]"""

OVER_AN_ALLOWANCE = 3.0
"""Price of exceeding the allowance of a window, as a multiple of the highest price of power per
what a MWh counts. [-]"""

NODES, NODES_OF_FEW = 20, 2000
"""Largest number of nodes of a search, in general and with very few integers; a limit on nodes
instead of time gives the same result on every computer."""

LEAST_GAP, WINDOW_GAP = 1e-3, 3e-3
"""Smallest relative gap requested for a program of the whole period and of a window, unless it has
very few integers. Closing the last part of a gap takes most of the time. [-]"""


@dataclass(frozen=True, eq=False)
class Committed:
    """A commitment and its lower bound.

    Parameters
    ----------
    running, power_mw : ndarray, shape (P, T)
        Running units, and the power of their plants in the programs of the windows. [MW]
    bound_cny : float
        Lower bound of the cost of all commitments. [CNY]
    """

    running: Array
    power_mw: Array
    bound_cny: float


@dataclass(frozen=True, eq=False)
class System:
    """A system whose thermal plants are to be committed.

    Parameters
    ----------
    problem : Problem
        Shape (T,).
    rest : BlockLP
        Program of the system without these plants.
    guide : BlockSolution
        Solution of the continuous relaxation with the same rows; its duals are the prices.
    bus : int
        Index of the balance row.
    counted : ndarray, shape (K, P)
        Coefficient per MW of each committed plant in each limit over the period.
    used : ndarray, shape (K, T)
        What the continuous relaxation uses of each limit in each step.
    gap : float
        Relative gap at which each program ends. [-]
    """

    problem: Problem
    rest: BlockLP
    guide: BlockSolution
    bus: int
    counted: Array
    used: Array
    gap: float

    def solve(self) -> Committed:
        """Return the commitment and its lower bound."""
        steps, plants = self.problem.steps, len(self.problem.committed)
        numbers = steps * plants
        if numbers <= WHOLE_FEW or (steps <= WHOLE_STEPS and numbers <= WHOLE_MOST):
            window = self._window(0, self.rest, [Edges()] * plants)
            few = numbers <= WHOLE_FEW
            model, found = self._solved(
                window,
                self.gap if few else max(self.gap, LEAST_GAP),
                NODES_OF_FEW if few else NODES,
            )
            assert found.x is not None
            power = model.power_mw(found.x, self.problem.committed)
            return Committed(model.running(found.x), power, found.bound)
        length = max(IN_A_WINDOW // plants, self._seam)
        firsts = list(range(0, steps, length))
        if steps - firsts[-1] < length // 2 and len(firsts) > 1:
            firsts.pop()
        bound = self._bound([*firsts, steps])
        running, power = self._one_after_another([*firsts, steps])
        return Committed(running, power, bound)

    def _window(self, first: int, lp: BlockLP, edges: Sequence[Edges]) -> Window:
        """Return a window; the limits of ``lp`` are rows of it, and the others are priced."""
        prices = self.guide.dense_dual[: len(self.counted)]
        rows = np.zeros(len(self.counted), dtype=np.bool_)
        if lp.dense_rhs.size:
            rows = self._tight if lp is not self.rest else ~rows
        tolls = np.where(rows, 0.0, prices) @ self.counted
        return Window(self.problem, first, lp, self.bus, edges, self.counted[rows], tolls)

    @property
    def _seam(self) -> int:
        units = [plant.units for plant in self.problem.committed if plant.units is not None]
        longest = max(max(one.min_up_steps, one.min_down_steps) for one in units)
        low, high = (round(hours / self.problem.step_hours) for hours in OVERLAP_HOURS)
        return max(1, low, min(longest, high))

    def _solved(
        self, window: Window, gap: float, nodes: int = NODES
    ) -> tuple[Commitment, MixedSolution]:
        model = commitment_of(window)
        found = solve_mixed(model.program, gap=gap, nodes=nodes)
        if found.x is None:
            last = window.first + window.lp.steps - 1
            raise NoSolutionError(
                f"no commitment of thermal units was found for steps {window.first} to {last} "
                f"(HiGHS: {found.status}); relax their least times, ramps or least loads"
            )
        return model, found

    def _bound(self, edges: Sequence[int]) -> float:
        """Sum of the least costs of all windows, with prices at their boundaries. [CNY]"""
        seams = {step: self._seam_prices(step) for step in edges[1:-1]}
        total = float(self.rest.dense_rhs @ self.guide.dense_dual)
        duals = self.guide.row_dual.copy()
        for step, (rows, _) in seams.items():
            duals[:, step] = rows
        for first, last in pairwise(edges):
            before = seams[first][1] if first in seams else None
            after = seams[last][1] if last in seams else None
            lp = self._cut(first, last, duals, None)
            sides = [
                Edges(
                    price_before=None if before is None else -before[k],
                    price_after=None if after is None else after[k],
                )
                for k in range(len(self.problem.committed))
            ]
            window = self._window(first, lp, sides)
            _, found = self._solved(window, max(self.gap, WINDOW_GAP))
            total += found.bound
        return total

    def _seam_prices(self, step: int) -> tuple[Array, Array]:
        """Prices of the rows, shape (m,), and of running units, shape (P,), at a boundary. [CNY]"""
        first = max(step - self._seam, 0)
        last = min(step + self._seam, self.problem.steps)
        free = [Edges(price_before=0.0 if first else None)] * len(self.problem.committed)
        lp = self._cut(first, last, self.guide.row_dual, None)
        model = commitment_of(self._window(first, lp, free))
        found = solve_mixed(model.program, gap=0.0, nodes=1, relaxed=True)
        at = step - first
        rows = found.row_dual[at * lp.rows : (at + 1) * lp.rows]
        return rows, np.array([found.row_dual[row[at]] for row in model.logic])

    def _one_after_another(self, edges: Sequence[int]) -> tuple[Array, Array]:
        """Running units and powers, shape (P, T), by a receding horizon."""
        plants, steps = self.problem.committed, self.problem.steps
        running, power = np.zeros((2, len(plants), steps))
        carry: Array | None = None
        planned, spent = self._planned_use(), np.zeros(len(self.counted))
        for first, last in pairwise(edges):
            seen = min(last + self._seam, steps)
            lp = self._cut(first, seen, self.guide.row_dual, carry, planned[:, seen] - spent)
            past = [Past(running[k, :first], power[k, :first]) for k in range(len(plants))]
            sides = [Edges(past=one) for one in past]
            window = self._window(first, lp, sides)
            model, found = self._solved(window, max(self.gap, WINDOW_GAP))
            assert found.x is not None
            kept = last - first
            running[:, first:last] = model.running(found.x)[:, :kept]
            power[:, first:last] = model.power_mw(found.x, plants)[:, :kept]
            carry = found.x[(kept - 1) * lp.columns : kept * lp.columns]
            x = found.x[: kept * lp.columns].reshape(kept, lp.columns)
            spent += np.einsum("knt,tn->k", self._limits[..., first:last], x)
            spent += (self.counted @ power[:, first:last]).sum(axis=1)
        return running, power

    @property
    def _limits(self) -> Array:
        """Coefficients of the limits over the period, shape (K, n, T)."""
        return self.rest.dense[: len(self.counted)]

    @cached_property
    def _tight(self) -> Bools:
        """Limits that windows keep by an allowance, shape (K,)."""
        most, used = self.rest.dense_rhs[: len(self.counted)], self.used.sum(axis=1)
        size = np.maximum(np.abs(self.used).sum(axis=1), np.abs(most))
        return np.asarray(most - used <= NEAR_A_LIMIT * size)

    def _planned_use(self) -> Array:
        """Allowance of each limit up to the beginning of each step, shape (K, T + 1).

        That is the use of the relaxation, and a part of what it leaves, in proportion to time.
        """
        steps = self.problem.steps
        so_far = np.concatenate(
            [np.zeros((len(self.used), 1)), np.cumsum(self.used, axis=1)], axis=1
        )
        left = np.maximum(self.rest.dense_rhs[: len(self.used)] - so_far[:, -1], 0.0)
        return np.asarray(so_far + np.multiply.outer(left, np.arange(steps + 1) / steps))

    @cached_property
    def _over_price(self) -> Array:
        """Cost of exceeding an allowance, above that of leaving load unserved, shape (K,). [CNY]"""
        problem = self.problem
        highest = problem.step_hours * problem.unserved_cost_cny_mwh
        highest += float(np.abs(self.rest.cost).max(initial=0.0))
        rates = np.abs(self.counted).max(axis=1, initial=0.0)
        rates = np.maximum(rates, np.abs(self._limits).max(axis=(1, 2), initial=0.0))
        return np.asarray(OVER_AN_ALLOWANCE * highest / np.maximum(rates, 1e-9))

    def _cut(
        self,
        first: int,
        last: int,
        duals: Array,
        carry: Array | None,
        allowance: Array | None = None,
    ) -> BlockLP:
        """Return the program of a window with prices for the states that it shares with others.

        Parameters
        ----------
        first, last : int
            First step of the window, and the step after its last.
        duals : ndarray, shape (m, T)
            Prices of rows at the boundaries.
        carry : ndarray, shape (n,), or None
            Columns of the step before the window; None if they are free and priced.
        allowance : ndarray, shape (K,), or None
            What the window may use of each limit over the period that is tight; other limits, and
            all if None, are priced.
        """
        lp, guide = self.rest, self.guide
        part = slice(first, last)
        kept = np.zeros(lp.dense_rhs.size, dtype=np.bool_)
        if allowance is not None:
            kept[: self._tight.size] = self._tight
        tolls = np.where(kept, 0.0, guide.dense_dual)
        cost = lp.cost[:, part] - np.einsum("knt,k->nt", lp.dense[..., part], tolls)
        if last < lp.steps or lp.cyclic:
            cost[:, -1] += lp.before.T @ duals[:, last % lp.steps]
        rhs = lp.rhs[:, part].copy()
        shared, shared_cost, lower, upper = self._shared(part)
        if carry is not None:
            rhs[:, 0] += lp.before @ carry
        elif first or lp.cyclic:
            held = np.flatnonzero(lp.before.any(axis=0))
            copies = np.zeros((lp.rows, held.size, last - first))
            copies[:, :, 0] = -lp.before[:, held]
            shared = np.concatenate([shared, copies], axis=1)
            worth = lp.before[:, held].T @ duals[:, first]
            shared_cost = np.concatenate([shared_cost, -worth])
            lower = np.concatenate([lower, lp.lower[held, first - 1]])
            upper = np.concatenate([upper, lp.upper[held, first - 1]])
        dense_rhs, over = np.zeros(0), np.zeros((0, shared_cost.size))
        if allowance is not None and kept.any():
            # Each allowance may be exceeded, at a high price.
            number = int(kept.sum())
            dense_rhs = allowance[self._tight]
            over = np.concatenate([np.zeros((number, shared_cost.size)), -np.eye(number)], axis=1)
            shared = np.concatenate([shared, np.zeros((lp.rows, number, last - first))], axis=1)
            shared_cost = np.concatenate([shared_cost, self._over_price[self._tight]])
            lower = np.concatenate([lower, np.zeros(number)])
            upper = np.concatenate([upper, np.full(number, np.inf)])
        return replace(
            lp,
            rhs=rhs,
            cost=cost,
            lower=lp.lower[:, part],
            upper=lp.upper[:, part],
            cyclic=False,
            dense=lp.dense[kept][..., part],
            dense_rhs=dense_rhs,
            dense_equal=np.zeros(dense_rhs.size, dtype=np.bool_),
            shared=shared,
            shared_cost=shared_cost,
            shared_lower=lower,
            shared_upper=upper,
            dense_shared=over,
        )

    def _shared(self, part: slice) -> tuple[Array, Array, Array, Array]:
        """Return the columns of shared variables in a window, and its part of their cost.

        A window pays the dual value of the variable in its own rows, and its share by steps of the
        remaining cost: all windows together pay the whole cost.
        """
        lp, guide = self.rest, self.guide
        touched = (lp.shared != 0.0).any(axis=0)
        worth = np.einsum("mpt,mt->pt", lp.shared, guide.row_dual)
        cost = lp.shared_cost - guide.dense_dual @ lp.dense_shared
        left = (cost - worth.sum(axis=1)) / np.maximum(touched.sum(axis=1), 1)
        here = touched[:, part].any(axis=1)
        paid = (worth + left[:, np.newaxis] * touched)[here, part].sum(axis=1)
        return lp.shared[:, here, part], paid, lp.shared_lower[here], lp.shared_upper[here]
