"""The predictor-corrector steps of the interior-point method; `interior_point` says what they are.

All arrays have the programs as their first axis, shape (R, 1) or (R, N), and what is done for one
program does not depend on the others: they take steps of their own and leave when they are done.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np

from altay_energy.core.units import Array
from altay_energy.dispatch.lp.certificate import PROVEN_GAP
from altay_energy.dispatch.lp.interior.standard_form import NO_PRICE, BoxForm, Point, starting_point
from altay_energy.dispatch.lp.interior.workspace import Workspace
from altay_energy.dispatch.lp.matrix import Integers, dots
from altay_energy.dispatch.lp.program import Bools

PROVEN_RESIDUAL = 1e-6
"""Largest violation of a row of an optimal solution. [unit of the row]"""

REFINED_RESIDUAL = 1e-8
"""The corrector is refined while it leaves more than this in a row. [unit of the row]"""

RESIDUAL_ON_THE_WAY = 1e-7
"""The same while a step aims at gaps far from proven; the next corrects it. [unit of the row]"""

MOST_REFINEMENTS = 6

FAR = 100.0
"""Gaps above so many times the one to be proven are far from it."""

TO_THE_BOUND = 0.9995
"""Largest share of the way to the nearest bound that a step takes (Mehrotra 1992)."""


@dataclass(frozen=True)
class Effort:
    """When to stop.

    Parameters
    ----------
    gap : float
        Relative gap that is aimed at; smaller than what has to be proven, so that the variables
        are as accurate as the cost. [-]
    residual : float
        Violation of rows that is aimed at. [unit of the row]
    iterations : int
        Most iterations.
    workers : int
        Processes that share a large batch; the result does not depend on it.
    """

    gap: float = 1e-9
    residual: float = 1e-7
    iterations: int = 150
    workers: int = 1


Keep: TypeAlias = Callable[[Integers, Point, str, int], None]
"""Stores programs that have ended: which, their iterates, status and number of iterations."""


class Iteration:
    """Predictor-corrector steps for some programs at once."""

    def __init__(
        self, work: Workspace, form: BoxForm, which: Integers, keep: Keep, effort: Effort
    ) -> None:
        self.work, self.normal = work, work.normal
        self.matrix, self.form, self.which = self.normal.matrix, form, which
        self.keep, self.effort = keep, effort
        with np.errstate(all="ignore"):
            self.point = starting_point(form, self.matrix, self.normal)
        self.last_gap = np.full(len(which), np.inf)
        self.far_product = np.zeros(len(which))
        self.stalls = np.zeros(len(which), dtype=np.int64)
        self._prepare()
        self._primal_residual(np.ones(len(which), dtype=np.bool_))

    def _prepare(self) -> None:
        """Fit the workspace and the masks to the programs that are left."""
        form = self.form
        self.work.fit(form)
        self.moves = None if not form.fixed.any() else 1.0 - form.fixed
        self.capped = None if not form.unbounded.any() else 1.0 - form.unbounded
        bounds = 2.0 * form.cost.shape[1] - form.unbounded.sum(axis=1)
        self.bounds = bounds[:, None]

    def _primal_residual(self, runs: Bools) -> None:
        """Primal residual b - A x, computed anew: its updates by `_take_step` add up rounding."""
        form, work = self.form, self.work
        x = self.point.below if self.moves is None else self.point.below * self.moves
        self.matrix.times(x, work.covered, self.which)
        np.subtract(form.rhs, work.covered, out=work.covered)
        np.copyto(work.residual, work.covered, where=runs[:, np.newaxis])

    def _stalled(self, gap: Array) -> Bools:
        """Whether a proven gap has not halved in two steps: rounding allows no smaller one."""
        still = (gap <= PROVEN_GAP) & (gap >= 0.5 * self.last_gap)  # both may be 0
        self.stalls = np.where(still, self.stalls + 1, 0)
        self.last_gap = gap
        return np.asarray(self.stalls >= 2)

    def run(self) -> None:
        """Iterate until every program has ended."""
        with np.errstate(all="ignore"):
            for count in range(self.effort.iterations + 1):
                self._dual_residual()
                if not self._terminate(count) or count == self.effort.iterations:
                    break
                self._step()
        if self.which.size:
            self.keep(self.which, self.point, "limit", self.effort.iterations)

    def _dual_residual(self) -> None:
        """Reduced costs g = c + q x - Aᵀ y and the sum of the complementarity products."""
        form, point, work = self.form, self.point, self.work
        self.matrix.transposed_times(point.y, work.g, self.which)
        np.subtract(form.cost, work.g, out=work.g)
        if form.quadratic is not None:
            work.g += np.multiply(form.quadratic, point.below, out=work.spare)
        self.product = _dot(point.below, point.z) + _dot(point.above, point.v)

    def _terminate(self, count: int) -> bool:
        """Termination test: store programs that have ended; return whether any is left."""
        objective, gap = self._gap()
        if (gap <= PROVEN_GAP).any():
            self._primal_residual(gap <= PROVEN_GAP)
        worst = self._worst(self.work.residual)
        near = (gap <= self.effort.gap) & (worst <= self.effort.residual)
        near |= self._stalled(gap) & (worst <= 0.1 * PROVEN_RESIDUAL)
        lost = ~(np.isfinite(objective) & np.isfinite(worst))
        never = np.zeros_like(near)
        unmet = worst > PROVEN_RESIDUAL  # where all rows hold, they can
        infeasible = unmet & self._proves_infeasible() if count % 5 == 4 and unmet.any() else never
        unbounded = (
            self._proves_unbounded() if count % 5 == 4 and self.capped is not None else never
        )
        ends = near | lost | infeasible | unbounded
        if not ends.any():
            return True
        for flag, status in (
            (infeasible, "infeasible"),
            (unbounded, "unbounded"),
            (lost, "failed"),
            (near, "optimal"),
        ):
            if flag.any():
                self.keep(self.which[flag], self.point.select(flag), status, count)
        stay = np.flatnonzero(~ends)
        self.which = self.which[stay]
        if not stay.size:
            return False
        self.form = self.form.select(stay)
        self.point, self.product = self.point.select(stay), self.product[stay]
        self.last_gap, self.stalls = self.last_gap[stay], self.stalls[stay]
        self.far_product = self.far_product[stay]
        g, residual = self.work.g[stay], self.work.residual[stay]
        self._prepare()
        self.work.g[...], self.work.residual[...] = g, residual
        return True

    def _worst(self, rows: Array) -> Array:
        """Largest violation of a row, shape (R,); dense rows per step. [unit of the row]

        In programs whose numbers are all below 1 it is a share of the largest number.
        """
        first_dense, steps = self.matrix.step_rows, self.matrix.steps
        of_steps = rows[:, :first_dense]
        worst = np.maximum(of_steps.max(axis=1, initial=0.0), -of_steps.min(axis=1, initial=0.0))
        if self.matrix.dense_rows:
            worst = np.maximum(worst, np.abs(rows[:, first_dense:]).max(axis=1) / steps)
        return np.asarray(worst * np.maximum(self.form.power_scale[:, 0], 1.0))

    def _gap(self) -> tuple[Array, Array]:
        """Objective and relative gap in the program's own unit (inf while far from small)."""
        form, x, spare = self.form, self.point.below, self.work.spare
        primal = _dot(form.cost, x)
        scale = form.objective_scale
        far = FAR * PROVEN_GAP * np.maximum(1.0, np.abs(primal[:, 0]) * scale) / scale
        self.far_product = far
        if form.quadratic is None and (self.product[:, 0] > far).all():
            return primal[:, 0], np.full(len(x), np.inf)
        dual = _dot(form.rhs, self.point.y)
        dual += _dot(np.minimum(self.work.g, 0.0, out=spare), form.width)
        if form.quadratic is not None:
            curved = 0.5 * _dot(np.multiply(form.quadratic, x, out=spare), x)
            primal += curved
            dual -= curved
        objective = primal[:, 0] * scale + form.constant
        gap = np.abs(primal - dual)[:, 0] * scale
        if self.capped is not None:  # the bound needs reduced costs of at least 0 there
            gap[(form.unbounded & (self.work.g < 0.0)).any(axis=1)] = np.inf
        return objective, gap / np.maximum(1.0, np.abs(objective))

    def _proves_infeasible(self) -> Bools:
        """Whether the row duals prove that no x within the bounds satisfies the rows (Farkas)."""
        form, y, spare = self.form, self.point.y, self.work.spare
        self.matrix.transposed_times(y, spare, self.which)
        if self.moves is not None:
            spare *= self.moves
        np.maximum(spare, 0.0, out=spare)
        most = _dot(spare, form.width)
        beyond = np.where(form.unbounded, spare, 0.0).max(axis=1, keepdims=True)
        least = _dot(form.rhs, y)
        size = _dot(np.abs(form.rhs), np.abs(y)) + most
        largest = np.abs(y).max(axis=1, keepdims=True)
        proof = (least - most > 1e-7 * size) & (beyond <= 1e-12 * largest)
        return np.asarray(proof[:, 0])

    def _proves_unbounded(self) -> Bools:
        """Whether the variables without upper bound form a ray of decreasing cost."""
        form, ray = self.form, self.work.spare
        largest = self.point.below.max(axis=1, keepdims=True)
        np.divide(self.point.below, largest, out=ray)
        ray *= form.unbounded
        rows = np.abs(self.matrix.times(ray, self.work.on_rows, self.which)).max(axis=1)
        return np.asarray(
            (largest[:, 0] > 1e6) & (rows < 1e-5) & (_dot(form.cost, ray)[:, 0] < -1e-8)
        )

    def _update_kkt(self) -> None:
        """KKT update: Θ = (z/s + v/w + q)⁻¹ and the factor of A Θ Aᵀ (Nocedal & Wright, 14.2)."""
        point, work = self.point, self.work
        np.divide(point.z, point.below, out=work.theta)
        work.theta += np.divide(point.v, point.above, out=work.spare)
        if self.form.quadratic is not None:
            work.theta += self.form.quadratic
        np.divide(1.0, work.theta, out=work.theta)
        if self.moves is not None:
            work.theta *= self.moves
        self.normal.factor(work.theta, self.which)

    def _newton_step(self, h: Array) -> Array:
        """Δy and, in ``work.dx``, Δx for the target behind ``h``."""
        matrix, normal, work = self.matrix, self.normal, self.work
        np.multiply(work.theta, h, out=work.spare)
        normal.put_border(work.spare, 0.0)
        rows = matrix.times(work.spare, work.covered, self.which)
        rows += work.residual
        dy, border = normal.solve(rows, normal.at_border(h))
        dx = matrix.transposed_times(dy, work.dx, self.which)
        dx -= h
        dx *= work.theta
        normal.put_border(dx, border)
        return dy

    def _refine(self, dy: Array) -> None:
        """Refine Δy and Δx until Δx satisfies the rows; A Δx is then in ``work.covered``.

        Conjugate gradients on the normal equations with their factorisation as preconditioner:
        one step where that is accurate, a few where weights differ by orders of magnitude.
        """
        matrix, normal, work = self.matrix, self.normal, self.work
        covered = matrix.times(work.dx, work.covered, self.which)
        missing = work.residual - covered
        direction, size = None, np.zeros((len(dy), 1))
        tolerated = np.where(self.far, RESIDUAL_ON_THE_WAY, REFINED_RESIDUAL)
        for _ in range(MOST_REFINEMENTS):
            wanting = self._worst(missing) > tolerated
            if not wanting.any():
                break
            way, _ = normal.solve(missing, np.zeros((len(dy), normal.outside)))
            last, size = size, _dot(missing, way)
            if direction is None:
                direction = way
            else:
                direction *= np.where(last > 0.0, size / last, 0.0)
                direction += way
            move = matrix.transposed_times(direction, work.spare, self.which)
            move *= work.theta
            effect = matrix.times(move, work.on_rows, self.which)
            length = size / _dot(direction, effect)
            length = np.where(np.isfinite(length) & wanting[:, np.newaxis], length, 0.0)
            move *= length
            work.dx += move
            dy += length * direction
            effect *= length
            missing -= effect
        np.subtract(work.residual, missing, out=covered)

    def _step(self) -> None:
        """One predictor-corrector step (Mehrotra 1992; Nocedal & Wright, algorithm 14.3)."""
        self._update_kkt()
        lengths = self._affine_step()
        self._corrector_terms(*lengths)
        dy = self._newton_step(self.work.g)
        self._refine(dy)
        self._take_step(dy)

    def _affine_step(self) -> tuple[Array, Array]:
        """Affine (predictor) step, which aims at products of 0: its primal and dual lengths.

        Also leaves the second-order terms -Δs Δz / s in ``work.pull`` and -Δw Δv / w in
        ``work.push``.
        """
        point, work = self.point, self.work
        self._newton_step(work.g)
        p, r = self._relative_steps()
        dual_reach = np.maximum(1.0 + p.max(axis=1), 1.0 - r.min(axis=1))
        lengths = self._step_lengths(p, r, dual_reach, 1.0)
        pull = np.add(p, 1.0, out=work.pull)
        pull *= p
        pull *= point.z
        push = np.subtract(r, 1.0, out=work.push)
        push *= r
        push *= point.v
        return lengths

    def _corrector_terms(self, primal: Array, dual: Array) -> None:
        """Right-hand side of the corrector step, in ``work.g``: h = g - τ_s / s + τ_w / w."""
        point, work = self.point, self.work
        target = self._centring_target(primal, dual)
        self.far = (target * self.bounds)[:, 0] > self.far_product
        work.pull += np.divide(target, point.below, out=work.spare)
        work.push += np.divide(target, point.above, out=work.spare)
        if self.capped is not None:
            work.push *= self.capped
        work.g -= work.pull
        work.g += work.push

    def _relative_steps(self) -> tuple[Array, Array]:
        """Δx relative to the distances to the lower and to the upper bound, Δx / s and Δx / w."""
        p = np.divide(self.work.dx, self.point.below, out=self.work.p)
        r = np.divide(self.work.dx, self.point.above, out=self.work.r)
        if self.capped is not None:
            r *= self.capped
        return p, r

    def _centring_target(self, primal: Array, dual: Array) -> Array:
        """σ μ with Mehrotra's σ = (μ_affine / μ)³, shape (R, 1).

        ``pull`` and ``push`` hold -Δs Δz / s and -Δw Δv / w of the affine step.
        """
        point, work, now = self.point, self.work, self.product
        sideways = _dot(point.z, work.dx) - _dot(point.v, work.dx)
        curved = _dot(work.pull, point.below) + _dot(work.push, point.above) - sideways
        left = (1.0 - dual) * now + (primal * (1.0 - dual) - dual) * sideways
        left -= primal * dual * curved
        return np.asarray(now / self.bounds * np.clip(left / now, 0.0, 1.0) ** 3)

    def _take_step(self, dy: Array) -> None:
        """Move the iterate by the corrector step, primal and dual each by its own length."""
        point, work = self.point, self.work
        dx = work.dx
        p, r = self._relative_steps()
        # Prices as shares of what they were, after a full step: 1 + Δz / z and 1 + Δv / v.
        share_z = np.divide(work.pull, point.z, out=work.pull)
        share_z -= p
        share_v = np.divide(work.push, point.v, out=work.push)
        share_v += r
        dual_reach = 1.0 - np.minimum(share_z.min(axis=1), share_v.min(axis=1))
        primal, dual = self._step_lengths(p, r, dual_reach, TO_THE_BOUND)
        work.covered *= primal
        work.residual -= work.covered
        dx *= primal
        point.below += dx
        point.above -= dx
        for prices, share in ((point.z, share_z), (point.v, share_v)):
            share *= dual
            share += 1.0 - dual
            prices *= share
        dy *= dual
        point.y += dy
        if self.capped is not None:
            np.copyto(point.above, 1.0, where=self.form.unbounded)
            np.copyto(point.v, NO_PRICE, where=self.form.unbounded)

    def _step_lengths(self, p: Array, r: Array, dual: Array, share: float) -> tuple[Array, Array]:
        """Primal and dual step length, shape (R, 1): at most 1, ``share`` of the way to a bound."""
        primal = np.maximum(-p.min(axis=1), r.max(axis=1))
        if self.form.quadratic is not None:  # unequal steps would leave the duals infeasible
            primal = dual = np.maximum(primal, dual)
        lengths = [np.minimum(1.0, share / np.maximum(way, share)) for way in (primal, dual)]
        return lengths[0][:, None], lengths[1][:, None]


def _dot(a: Array, b: Array) -> Array:
    """Row by row, shape (R, 1)."""
    return dots(a, b)[:, None]
