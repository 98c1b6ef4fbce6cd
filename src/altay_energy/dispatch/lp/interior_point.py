r"""An interior-point method for `BlockLP`: 8,760 steps take a tenth of a second.

Mehrotra's predictor-corrector method [1]_ in the form with upper bounds [2]_. With the reduced
costs g = c + q x - Aᵀ y, distances to the bounds s = x and w = u - x, and multipliers z, v of the
bounds, the optimality conditions are g = z - v, A x = b, s z = 0 and w v = 0. Newton's method for
products of τ instead of 0 gives

.. math::

    A \Theta A^\top\, \Delta y = (b - A x) + A \Theta h, \quad
    \Delta x = \Theta (A^\top \Delta y - h), \quad h = g - \tau_s / s + \tau_w / w,
    \quad \Theta^{-1} = z / s + v / w + q

The predictor (affine step) aims at products of 0. Its length sets the target of the corrector,
which also corrects the second-order error of the predictor. Both use one factorisation of the
normal matrix (`normal_equations`). Iterative refinement of the corrector removes the residual of
the rows that is due to rounding.

The solution includes its duals, so that `certificate` can prove it from the program alone; only a
proven solution has the status ``optimal``.

References
----------
.. [1] S. Mehrotra, On the implementation of a primal-dual interior point method, SIAM Journal on
   Optimization 2 (1992) 575-601.
.. [2] S. J. Wright, Primal-Dual Interior-Point Methods, SIAM 1997, chapters 10 and 11.
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from altay_energy.core.errors import SeriesError
from altay_energy.core.units import Array
from altay_energy.dispatch.lp import kernel
from altay_energy.dispatch.lp.batch import in_threads, in_workers, joined, parts_of, tasks_of
from altay_energy.dispatch.lp.certificate import PROVEN_GAP, certificate, rounding_of_rows
from altay_energy.dispatch.lp.interior.normal_equations import Elimination
from altay_energy.dispatch.lp.interior.predictor_corrector import (
    PROVEN_RESIDUAL,
    Effort,
    Iteration,
)
from altay_energy.dispatch.lp.interior.standard_form import BoxForm, Point, box_form
from altay_energy.dispatch.lp.interior.workspace import Workspace
from altay_energy.dispatch.lp.matrix import BlockMatrix, Integers
from altay_energy.dispatch.lp.program import BlockLP, BlockSolution

if TYPE_CHECKING:
    from altay_energy.dispatch.lp.interior.by_tiles import TileWorkspace

__all__ = ["PROVEN_GAP", "PROVEN_RESIDUAL", "Effort", "InteriorPoint", "solve_fast"]

_ELEMENTS_AT_ONCE = 150_000
"""Number of variables in one array operation, about those that fit a core's cache."""


_DIGITS = 1e-6
"""Share of the largest variable below which terms cannot be distinguished from rounding. [-]"""


class InteriorPoint:
    """Solver for programs with the matrices of one `BlockLP`, which are analysed once.

    Parameters
    ----------
    lp : BlockLP
        A program, of which only the matrices are kept.
    compiled : bool
        Whether compiled passes may be used; `kernel` decides for which programs.
    """

    def __init__(self, lp: BlockLP, *, compiled: bool = True) -> None:
        self.compiled = compiled
        self.matrix = BlockMatrix(lp)
        self.elimination = Elimination(self.matrix)
        self._free: list[Workspace] = []  # one for each thread
        self._free_tiles: list[TileWorkspace] = []

    def solve(self, lp: BlockLP, effort: Effort | None = None) -> BlockSolution:
        """Solve one program or many of the same structure.

        Parameters
        ----------
        lp : BlockLP
            Program with the matrices for which this solver was made.
        effort : Effort, optional
            Termination criteria.

        Returns
        -------
        BlockSolution
            Solution with status ``optimal`` if the certificate proves it.

        Raises
        ------
        SeriesError
            If the matrices differ from those for which this solver was made.
        """
        if not self.matrix.fits(lp):
            raise SeriesError(
                "the program has other rows or steps than the one this solver was made for; "
                "make a new InteriorPoint of it"
            )
        effort = effort or Effort()
        if self.compiled and kernel.compiled_for(self.matrix.variables):
            return self._solve_by_tiles(lp, effort)
        return self._solve_by_arrays(lp, effort)

    def _solve_by_tiles(self, lp: BlockLP, effort: Effort) -> BlockSolution:
        """Solve programs one by one by compiled passes; threads share a batch."""
        from altay_energy.dispatch.lp.interior.by_tiles import (
            TileIteration,
            TileWorkspace,
            can_solve,
        )

        def solved(numbered: tuple[int, BlockLP]) -> BlockSolution:
            number, part = numbered
            form = box_form(part, self.matrix)
            which, ended = np.arange(number, number + 1), _Ended(self.matrix, form, number)
            if can_solve(form):
                tiles = (
                    self._free_tiles.pop() if self._free_tiles else TileWorkspace(self.elimination)
                )
                ended.take(which, *TileIteration(tiles, form, which, effort).run())
                self._free_tiles.append(tiles)
            else:
                work = Workspace(self.elimination)
                Iteration(work, form, which, ended.take, effort).run()
            return ended.solution(part)

        parts = list(enumerate(parts_of(lp, 1)))
        found = list(in_threads(solved, parts, effort.workers))
        return joined(found, lp.lead) if len(found) > 1 else found[0]

    def _solve_by_arrays(self, lp: BlockLP, effort: Effort) -> BlockSolution:
        """Solve many programs at once by NumPy; processes share a batch."""
        tasks = tasks_of(lp, effort.workers)
        if len(tasks) > 1:
            one_each = partial(solve_fast, effort=replace(effort, workers=1))
            return joined(list(in_workers(one_each, tasks, effort.workers)), lp.lead)
        work = self._free.pop() if self._free else Workspace(self.elimination)
        found, first = [], 0
        for part in parts_of(lp, _ELEMENTS_AT_ONCE // self.matrix.variables):
            form = box_form(part, self.matrix)
            ended = _Ended(self.matrix, form, first)
            which = np.arange(first, first + len(form.cost))
            Iteration(work, form, which, ended.take, effort).run()
            found.append(ended.solution(part))
            first += which.size
        self._free.append(work)
        return joined(found, lp.lead) if len(found) > 1 else found[0]


def solve_fast(lp: BlockLP, effort: Effort | None = None) -> BlockSolution:
    """Solve one program, or one batch, by `InteriorPoint`."""
    return InteriorPoint(lp).solve(lp, effort)


class _Ended:
    """Results of programs from number ``first`` on, filled as programs end."""

    def __init__(self, matrix: BlockMatrix, form: BoxForm, first: int) -> None:
        runs = len(form.cost)
        self.matrix, self.form, self.first = matrix, form, first
        self.status = np.full(runs, "failed", dtype="<U10")
        self.iterations = np.zeros(runs, dtype=np.int64)
        self.x = np.zeros_like(form.cost)
        self.y = np.zeros_like(form.rhs)

    def take(self, which: Integers, point: Point, status: str, iterations: int) -> None:
        """Store programs ``which`` (of all), whose iterates are ``point``."""
        which = which - self.first
        form = self.form.select(which)
        near_lower = (point.below <= point.above) | form.unbounded
        x = np.where(near_lower, point.below, form.width - point.above)
        x[form.fixed] = 0.0
        self.x[which] = form.lower + x * form.power_scale
        self.y[which] = point.y * form.cost_scale
        self.status[which] = status
        self.iterations[which] = iterations

    def solution(self, lp: BlockLP) -> BlockSolution:
        """Return the solution with a proven status."""
        matrix, lead = self.matrix, lp.lead
        x = matrix.by_step(self.x).reshape(*lead, matrix.columns, matrix.steps)
        shared = matrix.tail(self.x)[0].reshape(*lead, matrix.shared_variables)
        np.clip(x, lp.lower, lp.upper, out=x)
        np.clip(shared, lp.shared_lower, lp.shared_upper, out=shared)
        solution = BlockSolution(
            status=self.status.reshape(lead),
            x=x,
            y=shared,
            row_dual=matrix.rows_by_step(self.y).reshape(*lead, matrix.rows, matrix.steps),
            dense_dual=self.y[:, matrix.step_rows :].reshape(*lead, matrix.dense_rows),
            iterations=self.iterations.reshape(lead),
            solver="fast",
        )
        proof = certificate(lp, solution)
        proven = (proof.gap <= PROVEN_GAP) & (proof.primal_residual <= _tolerated(lp, x))
        hoped = np.isin(solution.status, ("optimal", "limit", "failed"))
        solution.status[hoped & proven] = "optimal"
        solution.status[(solution.status == "optimal") & ~proven] = "failed"
        return solution


def _tolerated(lp: BlockLP, x: Array) -> Array:
    """Largest violation of a row due to rounding, shape (...). [unit of the row]

    `PROVEN_RESIDUAL` applies to terms of order one or more in the first row, the balance; below 1
    it is a share of the largest term, but not less than the rounding of the largest variable.
    """
    flow = np.abs(lp.now[0])[:, np.newaxis] * x
    largest = np.maximum(flow.max(axis=(-2, -1)), _DIGITS * np.abs(x).max(axis=(-2, -1)))
    share = PROVEN_RESIDUAL * np.minimum(largest, 1.0)
    return np.asarray(np.maximum(share, rounding_of_rows(lp, x)))
