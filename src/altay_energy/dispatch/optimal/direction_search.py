"""Search for the directions of opposite flows in many hours.

Each round runs a dynamic program over the content of one storage after another (`dynamic_program`),
with the other elements at the prices of the round before. The linear program with the proposed
directions gives the cost and new prices. In hours without flow the direction is then reversed if
the other one would pay. The result is the best trial, with the largest bound as its proof.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from altay_energy.core.units import Array
from altay_energy.dispatch.lp.certificate import certificate, reduced_costs
from altay_energy.dispatch.lp.interior_point import InteriorPoint
from altay_energy.dispatch.lp.program import BlockLP, BlockSolution, Bools
from altay_energy.dispatch.lp.verdict import solve_surely
from altay_energy.dispatch.optimal.dynamic_program import Trajectory, cheapest_trajectory
from altay_energy.dispatch.problem.storage import StorageLimits
from altay_energy.dispatch.program.assembly import Pair
from altay_energy.dispatch.program.columns import Column, Role, places
from altay_energy.dispatch.program.formulation import Formulation
from altay_energy.dispatch.result.operation import Operation

BOTH_WAYS = 1e-6
"""Flow both ways up to this share of the smaller of two opposite limits, or of the largest flow if
that is less, is rounding. [-]"""

NEAR = 1e-6
"""Relative gap at which the search ends. [-]"""

ROUNDS = (100_000, 400_000)
"""Cells of the grid of `dynamic_program` in each round, which uses prices of the last trial. [-]"""

MOST_STORAGES = 2
"""Largest number of storages for which the dynamic program runs, one after another."""

MOST_REPAIRS = 5
"""Largest number of repetitions of reversing directions in hours without flow."""


def one_way(formulation: Formulation, lp: BlockLP, asked: Bools, first_open: Bools) -> BlockLP:
    """Return the program with one of each pair of opposite columns closed in the given steps.

    Parameters
    ----------
    formulation : Formulation
        Formulation with the pairs.
    lp : BlockLP
        One program of it, without leading axes.
    asked, first_open : ndarray of bool, shape (P, T)
        In which steps, and whether the first of the pair stays open there.
    """
    upper = np.broadcast_to(lp.upper, (lp.columns, lp.steps)).copy()
    close(formulation.opposites, upper, asked, first_open)
    return replace(lp, upper=upper)


def close(pairs: Sequence[Pair], upper: Array, asked: Bools, first_open: Bools) -> None:
    """Set the upper bound of one of each pair to 0 in the given steps.

    Parameters
    ----------
    pairs : sequence of Pair
    upper : ndarray, shape (n, T)
        Changed in place. [MW]
    asked, first_open : ndarray of bool, shape (P, T)
        In which steps, and whether the first of the pair stays open there.
    """
    for k, (_, a, b, *_) in enumerate(pairs):
        upper[b, asked[k] & first_open[k]] = 0.0
        upper[a, asked[k] & ~first_open[k]] = 0.0


def net_directions(pairs: Sequence[Pair], now: Array, x: Array) -> Bools:
    """Return whether the net flow of each pair is that of the first column, shape (P, ..., T).

    Parameters
    ----------
    pairs : sequence of Pair
    now : ndarray, shape (m, n)
        Matrix of the program.
    x : ndarray, shape (..., n, T)
        Its columns.
    """
    directions = np.zeros((len(pairs), *x.shape[:-2], x.shape[-1]), dtype=np.bool_)
    for k, (_, a, b, row, traded) in enumerate(pairs):
        flow = now[row, a] * x[..., a, :] + now[row, b] * x[..., b, :]
        directions[k] = flow >= 0.0 if traded else flow <= 0.0
    return directions


def at_rest(pairs: Sequence[Pair], done: Operation) -> Bools:
    """Return whether the second column of each pair is 0 in a dispatch, shape (P, ..., T).

    Parameters
    ----------
    pairs : sequence of Pair
    done : Operation
    """
    found = [
        (done.export_mw if pair.traded else done.discharge_mw[pair.owner]) <= 0.0 for pair in pairs
    ]
    return np.array(found, dtype=np.bool_).reshape(len(found), *done.problem.shape)


@dataclass(frozen=True, eq=False)
class _Trial:
    """Directions, the cheapest dispatch with them, and its cost (inf if there is none)."""

    cost: float
    first_open: Bools
    solution: BlockSolution


class DirectionSearch:
    """Directions for the programs of a formulation.

    Parameters
    ----------
    formulation : Formulation
        The problem, its program and its opposite columns.
    """

    def __init__(self, formulation: Formulation) -> None:
        self.formulation = formulation
        self._solver = InteriorPoint(formulation.lp)

    def prices(self, otherwise: BlockSolution) -> BlockSolution:
        """Return a solution whose duals are the prices without closed directions.

        It is always found by the same solver, so that directions do not depend on the choice.

        Parameters
        ----------
        otherwise : BlockSolution
            Returned if the interior-point method proves nothing.
        """
        found = self._solver.solve(self.formulation.lp)
        return found if np.all(found.status == "optimal") else otherwise

    def directions(
        self,
        lp: BlockLP,
        asked: Bools,
        cheapest: BlockSolution,
        starts: list[Bools],
        bound: float = -np.inf,
        rounds: tuple[int, ...] = ROUNDS,
        within_limits: Callable[[], Bools | None] | None = None,
    ) -> tuple[Bools, float]:
        """Return the best directions found, and a lower bound of the cost with any directions.

        Parameters
        ----------
        lp : BlockLP
            One program of the formulation, without leading axes.
        asked : ndarray of bool, shape (P, T)
            Steps in which one of each pair has to be closed.
        cheapest : BlockSolution
            Gives the prices of the first round.
        starts : list of ndarray of bool, shape (P, T)
            Starting points: True where the first column is open.
        bound : float
            A known lower bound. [CNY]
        rounds : tuple of int
            Cells of the grid in each round.
        within_limits : callable, optional
            Returns directions that satisfy the limits; called if no starting point does.

        Returns
        -------
        ndarray of bool, shape (P, T)
            True where the first column is open.
            float
                Lower bound of the cost. [CNY]
        """
        best, prices = self._best([self._evaluated(lp, asked, start) for start in starts]), cheapest
        if not np.isfinite(best.cost) and within_limits is not None:
            kept = within_limits()
            best = best if kept is None else self._best([best, self._evaluated(lp, asked, kept)])
        for cells in rounds:
            if best.cost - bound <= NEAR * max(1.0, abs(best.cost)):
                break
            for storage in self._storages(lp, prices):
                trajectory = cheapest_trajectory(self.formulation, lp, prices, storage, cells)
                known = trajectory
                if storage is not None and np.any(storage.spill_mw > 0.0):
                    # Spilling is not a move of the grid, so the bound is that without the storage.
                    known = cheapest_trajectory(self.formulation, lp, prices, None, cells)
                bound = max(bound, known.bound)
                wanted = self._of_trajectory(trajectory, storage, best.first_open)
                best = self._best([best, self._evaluated(lp, asked, wanted)])
            best = self._repaired(lp, asked, best)
            prices = best.solution
        return best.first_open, bound

    def _storages(self, lp: BlockLP, prices: BlockSolution) -> list[StorageLimits | None]:
        """Return storages by throughput, the largest first; None in place of storages if none."""
        column, problem = self.formulation.column, self.formulation.problem
        moved = {
            s.name: sum(
                float(prices.x[place].sum())
                for place in places(column, Role.CHARGE, Role.DISCHARGE, owner=s.name)
            )
            for s in problem.storages
            if Column(Role.LEVEL, s.name) in column
        }
        known = sorted(
            (s for s in problem.storages if s.name in moved), key=lambda s: -moved[s.name]
        )
        return [*known[:MOST_STORAGES]] or [None]

    def _of_trajectory(
        self, trajectory: Trajectory, storage: StorageLimits | None, else_: Bools
    ) -> Bools:
        """Return the directions of a trajectory; pairs outside of it keep those of ``else_``."""
        first_open = else_.copy()
        for k, pair in enumerate(self.formulation.opposites):
            if pair.traded:
                first_open[k] = trajectory.imports
            elif storage is not None and pair.owner == storage.name:
                first_open[k] = np.where(
                    trajectory.change == 0.0, else_[k], trajectory.change > 0.0
                )
        return first_open

    def _repaired(self, lp: BlockLP, asked: Bools, best: _Trial) -> _Trial:
        """Reverse directions without flow if the other one has a negative reduced cost."""
        for _ in range(MOST_REPAIRS):
            solution, first_open = best.solution, best.first_open.copy()
            z, _ = reduced_costs(lp, solution.x, solution.row_dual, solution.dense_dual)
            for k, (_, a, b, *_) in enumerate(self.formulation.opposites):
                opened = np.where(first_open[k], solution.x[a], solution.x[b])
                limit = BOTH_WAYS * max(float(np.max(lp.upper[a])), float(np.max(lp.upper[b])))
                pays = np.where(first_open[k], z[b], z[a]) < 0.0
                first_open[k] ^= asked[k] & (opened <= limit) & pays
            if np.array_equal(first_open, best.first_open):
                break
            other = self._evaluated(lp, asked, first_open)
            if other.cost >= best.cost:
                break
            best = other
        return best

    def _evaluated(self, lp: BlockLP, asked: Bools, first_open: Bools) -> _Trial:
        """Return the cheapest dispatch with given directions."""
        closed = one_way(self.formulation, lp, asked, first_open)
        solution = solve_surely(closed, self._solver)
        solved = str(solution.status) == "optimal"
        cost = float(certificate(closed, solution).objective) if solved else np.inf
        return _Trial(cost, first_open, solution)

    @staticmethod
    def _best(tries: list[_Trial]) -> _Trial:
        return min(tries, key=lambda one: one.cost)
