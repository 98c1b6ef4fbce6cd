r"""An interior-point method for `BlockLP`: a year of dispatch in a tenth of a second.

Mehrotra's predictor-corrector method [1]_ in the form with upper bounds [2]_. With the reduced
costs g = c + q x - Aᵀ y, distances to the bounds s = x and w = u - x, and prices z, v of the
bounds, the optimum is where g = z - v, A x = b, s z = 0 and w v = 0. Newton's method for products
of τ instead of 0 gives

.. math::

    A \Theta A^\top\, \Delta y = (b - A x) + A \Theta h, \quad
    \Delta x = \Theta (A^\top \Delta y - h), \quad h = g - \tau_s / s + \tau_w / w,
    \quad \Theta^{-1} = z / s + v / w + q

The predictor aims at products of 0; how far it gets sets the corrector's target, which also
corrects for the predictor's second-order error. Both use one factorisation of the normal matrix
(`normal_matrix`). What rounding leaves of the rows is removed by refining the corrector.

The result carries its duals, so that `certificate` can prove it from the program alone; status
``optimal`` is given to what that proof covers, and nothing else.

References
----------
.. [1] S. Mehrotra, On the implementation of a primal-dual interior point method, SIAM Journal on
   Optimization 2 (1992) 575-601.
.. [2] S. J. Wright, Primal-Dual Interior-Point Methods, SIAM 1997, chapters 10 and 11.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from altay_energy.dispatch.block_lp import BlockLP, BlockSolution, Bools
from altay_energy.dispatch.block_matrix import BlockMatrix
from altay_energy.dispatch.certificate import certificate
from altay_energy.dispatch.interior_form import (
    NO_PRICE,
    BoxForm,
    Point,
    box_form,
    starting_point,
)
from altay_energy.dispatch.normal_matrix import NormalMatrix
from altay_energy.units import Array

PROVEN_GAP = 1e-8
"""Largest relative gap of an optimal solution, (objective - bound) / max(1, |objective|)."""

PROVEN_RESIDUAL = 1e-6
"""Largest violation of a row of an optimal solution. [MW or MWh]"""

_SMALLEST_RESIDUAL = 1e-8
"""The corrector is refined while it leaves more than this in a row. [MW or MWh]"""

_TO_THE_BOUND = 0.9995
"""Share of the way to the nearest bound that a step goes at most (Mehrotra)."""

_ELEMENTS_AT_ONCE = 150_000
"""Variables treated in one array operation: about what fits a core's cache."""


@dataclass(frozen=True)
class Effort:
    """When to stop.

    Parameters
    ----------
    gap : float
        Relative gap that is aimed at; smaller than what has to be proven, so that the figures of
        a solution are as sharp as its cost. [-]
    residual : float
        Violation of rows that is aimed at. [MW or MWh]
    iterations : int
        Most iterations.
    """

    gap: float = 1e-9
    residual: float = 1e-7
    iterations: int = 100


class InteriorPoint:
    """Solver for programs that have the matrices of one `BlockLP`; analysed once, used often.

    Parameters
    ----------
    lp : BlockLP
        A program; of it only the matrices are kept.
    """

    def __init__(self, lp: BlockLP) -> None:
        self.matrix = BlockMatrix(lp)

    def solve(self, lp: BlockLP, effort: Effort | None = None) -> BlockSolution:
        """Solve one program or many of the same structure.

        Parameters
        ----------
        lp : BlockLP
            With the same matrices as the one this solver was made for.
        effort : Effort, optional
            When to stop.

        Returns
        -------
        BlockSolution
            ``optimal`` where the certificate covers it.
        """
        effort = effort or Effort()
        form = box_form(lp, self.matrix)
        runs = len(form.cost)
        ended = _Ended(self.matrix, form)
        at_once = max(1, _ELEMENTS_AT_ONCE // self.matrix.variables)
        for first in range(0, runs, at_once):
            which = np.arange(first, min(first + at_once, runs))
            _Iteration(self.matrix, form.select(which), which, ended, effort).run()
        return ended.solution(lp)


def solve_fast(lp: BlockLP, effort: Effort | None = None) -> BlockSolution:
    """`InteriorPoint` for one program (or batch of programs) that is solved once."""
    return InteriorPoint(lp).solve(lp, effort)


class _Ended:
    """Results of all programs, filled as they end."""

    def __init__(self, matrix: BlockMatrix, form: BoxForm) -> None:
        runs = len(form.cost)
        self.matrix, self.form = matrix, form
        self.status = np.full(runs, "failed", dtype="<U10")
        self.iterations = np.zeros(runs, dtype=np.int64)
        self.x = np.zeros_like(form.cost)
        self.y = np.zeros_like(form.rhs)

    def take(self, which: Array, point: Point, status: str, iterations: int) -> None:
        """Store programs ``which`` (of all), whose iterates are ``point``."""
        form = self.form.select(which)
        near_lower = (point.below <= point.above) | form.unbounded
        x = np.where(near_lower, point.below, form.width - point.above)
        x[form.fixed] = 0.0
        self.x[which] = form.lower + x * form.power_scale
        self.y[which] = point.y * form.cost_scale
        self.status[which] = status
        self.iterations[which] = iterations

    def solution(self, lp: BlockLP) -> BlockSolution:
        """The solution with its status proven."""
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
        proven = (proof.gap <= PROVEN_GAP) & (proof.primal_residual <= PROVEN_RESIDUAL)
        hoped = np.isin(solution.status, ("optimal", "limit", "failed"))
        solution.status[hoped & proven] = "optimal"
        solution.status[(solution.status == "optimal") & ~proven] = "failed"
        return solution


class _Iteration:
    """Predictor-corrector steps for some programs at once."""

    def __init__(
        self, matrix: BlockMatrix, form: BoxForm, which: Array, ended: _Ended, effort: Effort
    ) -> None:
        self.matrix, self.form, self.which, self.ended = matrix, form, which, ended
        self.effort = effort
        self.normal = NormalMatrix(matrix)
        with np.errstate(all="ignore"):
            self.point = starting_point(form, matrix, self.normal)
        self._prepare()

    def _prepare(self) -> None:
        """What depends on which programs are left."""
        form = self.form
        self.g = np.empty_like(form.cost)
        self.theta = np.empty_like(form.cost)
        self.spare = np.empty_like(form.cost)
        self.on_rows = np.empty_like(form.rhs)
        self.moves = None if not form.fixed.any() else ~form.fixed
        self.capped = None if not form.unbounded.any() else ~form.unbounded
        bounds = 2.0 * form.cost.shape[1] - form.unbounded.sum(axis=1)
        self.bounds = bounds[:, None]
        self.rows_per_step = np.ones(self.matrix.all_rows)
        self.rows_per_step[self.matrix.step_rows :] = 1.0 / self.matrix.steps
        x = self._x()
        self.residual = form.rhs - self.matrix.times(x, self.on_rows, self.which)

    def _x(self) -> Array:
        return np.where(self.form.fixed, 0.0, self.point.below)

    def run(self) -> None:
        """Iterate until every program has ended."""
        with np.errstate(all="ignore"):
            for count in range(self.effort.iterations + 1):
                self._reduced_costs()
                if not self._drop(count) or count == self.effort.iterations:
                    break
                self._step()
        if self.which.size:
            self.ended.take(self.which, self.point, "limit", self.effort.iterations)

    def _reduced_costs(self) -> None:
        form, point = self.form, self.point
        self.matrix.transposed_times(point.y, self.g, self.which)
        np.subtract(form.cost, self.g, out=self.g)
        if form.quadratic is not None:
            self.g += np.multiply(form.quadratic, self._x(), out=self.spare)
        self.mu = (_dot(point.below, point.z) + _dot(point.above, point.v)) / self.bounds

    def _drop(self, count: int) -> bool:
        """Store what has ended; whether anything is left."""
        worst = (np.abs(self.residual) * self.rows_per_step).max(axis=1) * self.form.power_scale[:, 0]
        objective, gap = self._gap()
        near = (gap <= self.effort.gap) & (worst <= self.effort.residual)
        lost = ~(np.isfinite(objective) & np.isfinite(worst))
        impossible = self._impossible() if count > 8 else np.zeros_like(near)
        ends = near | lost | impossible
        if not ends.any():
            return True
        for flag, status in ((near, "optimal"), (lost, "failed"), (impossible, "infeasible")):
            if flag.any():
                self.ended.take(self.which[flag], self.point.select(flag), status, count)
        stay = np.flatnonzero(~ends)
        if not stay.size:
            self.which = self.which[:0]
            return False
        self.which, self.form = self.which[stay], self.form.select(stay)
        self.point, self.mu = self.point.select(stay), self.mu[stay]
        g = self.g[stay]
        self._prepare()
        self.g = g
        return True

    def _gap(self) -> tuple[Array, Array]:
        """Objective and relative gap in the program's own unit."""
        form, x = self.form, self._x()
        primal = _dot(form.cost, x)
        dual = _dot(form.rhs, self.point.y)
        dual += _dot(np.minimum(self.g, 0.0, out=self.spare), form.width)
        if form.quadratic is not None:
            curved = 0.5 * _dot(np.multiply(form.quadratic, x, out=self.spare), x)
            primal += curved
            dual -= curved
        scale = form.objective_scale
        objective = primal[:, 0] * scale + form.constant
        gap = np.abs(primal - dual)[:, 0] * scale
        return objective, gap / np.maximum(1.0, np.abs(objective))

    def _impossible(self) -> Bools:
        """Whether the row duals prove that no x between its bounds satisfies the rows."""
        form, y = self.form, self.point.y
        self.matrix.transposed_times(y, self.spare, self.which)
        self.spare[form.fixed] = 0.0
        np.maximum(self.spare, 0.0, out=self.spare)
        most = _dot(self.spare, form.width)
        beyond = np.where(form.unbounded, self.spare, 0.0).max(axis=1, keepdims=True)
        least = _dot(form.rhs, y)
        size = _dot(np.abs(form.rhs), np.abs(y)) + most
        largest = np.abs(y).max(axis=1, keepdims=True)
        proof = (least - most > 1e-7 * size) & (beyond <= 1e-12 * largest)
        return np.asarray(proof[:, 0])

    def _weights(self) -> None:
        point, form = self.point, self.form
        self.z_s = point.z / point.below
        self.v_w = point.v / point.above
        self.weight = self.z_s + self.v_w
        if form.quadratic is not None:
            self.weight += form.quadratic
        np.divide(1.0, self.weight, out=self.theta)
        if self.moves is not None:
            self.theta *= self.moves
        self.inverse_border = self.normal.take_border(self.theta)
        self.normal.factor(self.theta, self.inverse_border, self.which)

    def _newton(self, h: Array) -> tuple[Array, Array]:
        """Δy and Δx for the target behind ``h``."""
        matrix, normal = self.matrix, self.normal
        np.multiply(self.theta, h, out=self.spare)
        rows = matrix.times(self.spare, self.on_rows, self.which)
        rows += self.residual
        dy, border = normal.solve(rows, normal.at_border(h))
        dx = matrix.transposed_times(dy, np.empty_like(h), self.which)
        dx -= h
        if normal.outside:
            self.border_error = self._border_error(normal.at_border(dx), border)
        dx *= self.theta
        normal.put_border(dx, border)
        return dy, dx

    def _border_error(self, reduced: Array, border: Array) -> Array:
        free = np.isfinite(self.inverse_border)
        return np.where(free, np.where(free, self.inverse_border, 0.0) * border - reduced, 0.0)

    def _refine(self, dy: Array, dx: Array) -> Array:
        """Mend dy and dx until Δx satisfies the rows; A Δx."""
        matrix, normal, form = self.matrix, self.normal, self.form
        covered = matrix.times(dx, np.empty_like(dy), self.which)
        for _ in range(2):
            missing = self.residual - covered
            worst = (np.abs(missing) * self.rows_per_step).max(axis=1) * form.power_scale[:, 0]
            if not (worst > _SMALLEST_RESIDUAL).any():
                break
            error = self.border_error if normal.outside else normal.at_border(dx)
            more_dy, border = normal.solve(missing, error)
            reduced = matrix.transposed_times(more_dy, self.spare, self.which)
            if normal.outside:
                self.border_error = error + self._border_error(normal.at_border(reduced), border)
            reduced *= self.theta
            normal.put_border(reduced, border)
            dx += reduced
            dy += more_dy
            covered += matrix.times(reduced, self.on_rows, self.which)
        return covered

    def _step(self) -> None:
        point, form = self.point, self.form
        self._weights()
        _, dx = self._newton(self.g)
        p, r = dx / point.below, dx / point.above
        if self.capped is not None:
            r *= self.capped
        primal, dual = _reach(p, r, 1.0 + p.max(axis=1), 1.0 - r.min(axis=1), 1.0)
        if form.quadratic is not None:
            primal = dual = np.minimum(primal, dual)
        target = self._target(dx, primal, dual)

        # Targets over distances: (τ - Δs Δz) / s and (τ - Δw Δv) / w of the predictor.
        pull = target / point.below
        self.spare[...] = p
        p += 1.0
        p *= self.spare
        p *= point.z
        pull += p
        push = target / point.above
        np.subtract(1.0, r, out=self.spare)
        r *= self.spare
        r *= point.v
        push -= r
        if self.capped is not None:
            push *= self.capped
        h = self.g
        h -= pull
        h += push
        dy, dx = self._newton(h)
        covered = self._refine(dy, dx)
        self._move(dy, dx, pull, push, covered)

    def _target(self, dx: Array, primal: Array, dual: Array) -> Array:
        """σ μ, Mehrotra's cube of how much of the products the predictor leaves."""
        now = self.mu * self.bounds
        sideways = _dot(self.point.z, dx) - _dot(self.point.v, dx)
        np.multiply(self.weight, dx, out=self.spare)
        if self.form.quadratic is not None:
            self.spare -= self.form.quadratic * dx
        curved = _dot(self.spare, dx)
        left = (1.0 - dual) * now + (primal * (1.0 - dual) - dual) * sideways
        left -= primal * dual * curved
        return np.asarray(self.mu * np.clip(left / now, 0.0, 1.0) ** 3)

    def _move(self, dy: Array, dx: Array, pull: Array, push: Array, covered: Array) -> None:
        point = self.point
        dz, dv = pull, push
        dz -= point.z
        dz -= np.multiply(self.z_s, dx, out=self.spare)
        dv -= point.v
        dv += np.multiply(self.v_w, dx, out=self.spare)
        ratio = np.divide(dx, point.below, out=self.z_s)
        against = np.divide(dx, point.above, out=self.v_w)
        if self.capped is not None:
            against *= self.capped
        primal, dual = _reach(
            ratio,
            against,
            -np.divide(dz, point.z, out=self.spare).min(axis=1),
            -np.divide(dv, point.v, out=self.weight).min(axis=1),
            _TO_THE_BOUND,
        )
        if self.form.quadratic is not None:
            primal = dual = np.minimum(primal, dual)
        self.residual -= primal * covered
        dx *= primal
        point.below += dx
        point.above -= dx
        dz *= dual
        point.z += dz
        dv *= dual
        point.v += dv
        dy *= dual
        point.y += dy
        if self.capped is not None:
            np.copyto(point.above, 1.0, where=self.form.unbounded)
            np.copyto(point.v, NO_PRICE, where=self.form.unbounded)


def _dot(a: Array, b: Array) -> Array:
    """Row by row, shape (R, 1)."""
    return np.einsum("rn,rn->r", a, b)[:, None]


def _reach(
    ratio: Array, against: Array, dual_lower: Array, dual_upper: Array, share: float
) -> tuple[Array, Array]:
    """Longest primal and dual steps up to 1, shape (R, 1): ``share`` of the way to a bound."""
    primal = np.maximum(-ratio.min(axis=1), against.max(axis=1))
    dual = np.maximum(dual_lower, dual_upper)
    return (
        np.minimum(1.0, share / np.maximum(primal, 1e-300))[:, None],
        np.minimum(1.0, share / np.maximum(dual, 1e-300))[:, None],
    )
