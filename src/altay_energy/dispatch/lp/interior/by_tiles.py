"""The interior-point method with the passes of `tiles`: one program after the other.

The same method as `predictor_corrector`, to the formula; only sums are added up in another order,
so that results differ by rounding.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from altay_energy.core.units import Array
from altay_energy.dispatch.lp.certificate import PROVEN_GAP
from altay_energy.dispatch.lp.interior import tiles
from altay_energy.dispatch.lp.interior.normal_equations import Elimination
from altay_energy.dispatch.lp.interior.predictor_corrector import (
    FAR,
    MOST_REFINEMENTS,
    PROVEN_RESIDUAL,
    REFINED_RESIDUAL,
    RESIDUAL_ON_THE_WAY,
    TO_THE_BOUND,
    Effort,
)
from altay_energy.dispatch.lp.interior.standard_form import (
    BoxForm,
    Point,
    box_form,
    starting_point,
)
from altay_energy.dispatch.lp.matrix import BlockMatrix, Integers, Selection, dots
from altay_energy.dispatch.lp.program import BlockLP, no_dense


def plan_of(elimination: Elimination) -> tiles.Plan:
    """The structure of programs as lists.

    Parameters
    ----------
    elimination : Elimination
        Of their rows.
    """
    matrix, local = elimination.matrix, [int(row) for row in elimination.local]
    columns = [np.flatnonzero(column) for column in matrix.now.T]
    pairs = [np.flatnonzero(weights) for weights in elimination.diagonal_weights]
    below = [elimination.below[row] for row in local]
    first = np.cumsum([0, *map(len, below)])
    updates = [
        [
            (elimination.at[(i, j) if (i, j) in elimination.at else (j, i)],
             first[at] + a, elimination.at[j, local[at]])
            for a, i in enumerate(rows)
            for j in rows[: a + 1]
        ]
        for at, rows in enumerate(below)
    ]  # fmt: skip
    links = [
        (i, j, int(matrix.carried[place]), float(weights[place]))
        for (i, j), weights in zip(elimination.link_place, elimination.link_weights, strict=True)
        for place in np.flatnonzero(weights)
    ]
    sizes = (
        matrix.rows, matrix.columns, len(local), elimination.kept.size, elimination.border,
        matrix.dense_rows, matrix.shared_variables, matrix.cyclic,
    )  # fmt: skip
    return tiles.Plan(
        sizes=_whole(sizes),
        column_from=_whole(np.cumsum([0, *map(len, columns)])),
        column_row=_whole(np.concatenate(columns)),
        column_weight=np.concatenate([matrix.now[rows, j] for j, rows in enumerate(columns)]),
        carry_row=_whole([row for row, _, _ in matrix.carries]),
        carry_column=_whole([column for _, column, _ in matrix.carries]),
        carry_keep=np.array([keep for _, _, keep in matrix.carries], dtype=np.float64),
        pair_from=_whole(np.cumsum([0, *map(len, pairs)])),
        pair_column=_whole(np.concatenate(pairs)),
        pair_weight=np.concatenate(
            [elimination.diagonal_weights[k][at] for k, at in enumerate(pairs)]
        ),
        later_pair=_whole([pair for pair, _, _ in elimination.later]),
        later_column=_whole([matrix.carried[place] for _, place, _ in elimination.later]),
        later_weight=np.array([weight for _, _, weight in elimination.later], dtype=np.float64),
        diagonal=_whole(
            [elimination.at[row, row] for row in (*local, *map(int, elimination.kept))]
        ),
        link_place=_whole([link[:3] for link in links]).reshape(-1, 3),
        link_weight=np.array([link[3] for link in links], dtype=np.float64),
        local=_whole(local),
        pivot=_whole([elimination.at[row, row] for row in local]),
        below_from=_whole(first),
        below_pair=_whole(
            [elimination.at[i, row] for row, rows in zip(local, below, strict=True) for i in rows]
        ),
        below_row=_whole([i for rows in below for i in rows]),
        update_from=_whole(np.cumsum([0, *map(len, updates)])),
        update=_whole([update for some in updates for update in some]).reshape(-1, 3),
        kept=_whole(elimination.kept),
        kept_pair=_whole(elimination.kept_place).reshape(-1, 3),
        ring=_whole(elimination.ring),
        dense_columns=_whole(matrix.dense_columns),
        dense=np.ascontiguousarray(matrix.dense),
        shared_rows=_whole(matrix.shared_rows),
    )


def _whole(values: Any) -> Integers:
    return np.ascontiguousarray(values, dtype=np.int64)


def can_solve(form: BoxForm) -> bool:
    """Whether the passes know all kinds of variables of some programs: each has two bounds."""
    return not form.unbounded.any()


class TileWorkspace:
    """Arrays of one program at a time, allocated once.

    Parameters
    ----------
    elimination : Elimination
        Of the rows of the programs.
    """

    def __init__(self, elimination: Elimination) -> None:
        self.elimination, self.matrix = elimination, elimination.matrix
        self.plan = plan_of(elimination)
        matrix, border = self.matrix, elimination.border
        local, kept, steps = elimination.local.size, elimination.kept.size, matrix.steps
        self.factor = tiles.Factor(
            multiplier=np.zeros((int(self.plan.below_from[-1]), steps)),
            root=np.zeros((local, steps)),
            lower=np.zeros((steps, kept, kept)),
            tie=np.zeros((steps, kept, kept)),
            local_half=np.zeros((border + 1, local, steps)),
            half=np.zeros((steps, border + 1, kept)),
            gram=np.zeros((border + 1, border + 1)),
            limits=np.zeros((matrix.dense_rows, matrix.dense_rows)),
            border=np.ones(border),
        )
        names = ("h", "theta", "dx", "p", "r")
        self.own = {n: np.zeros((matrix.columns, steps)) for n in names}
        self.dy = np.zeros((matrix.rows, steps))
        self.covered = np.zeros((matrix.rows, steps))
        self.no_rows = np.zeros((matrix.rows, steps))
        self.outside = self._outside()
        self.corner, self.pivots = np.zeros((border, border)), np.zeros((border, 2))
        self.which: Selection = slice(0, 1)
        self.tail_weights = np.zeros(0)

    @property
    def shared(self) -> Array:
        """Entries of the shared variables in the program that is solved, (rows, p, T)."""
        return np.ascontiguousarray(self.matrix.shared_of(self.which)[0])

    def by_step(self, flat: Array) -> Array:
        """The variables of the steps of a flat vector, (n, T)."""
        return flat[: self.matrix.step_variables].reshape(self.matrix.columns, -1)

    def fitted(self, theta: Array, cost: Array) -> Array:
        """Row duals that fit costs best, as `NormalMatrix.fitted`; shape (1, M)."""
        matrix = self.matrix
        tail = matrix.step_variables
        weights, wanted = self.by_step(theta[0]), self.by_step(cost[0])
        at_ring = wanted[self.elimination.ring, -1]
        limits = self.factored(weights, theta[0, tail:], wanted, self.no_rows)
        found = self.closed(limits, theta[0, tail:] * cost[0, tail:], cost[0, tail:], at_ring)
        tiles.duals(self.plan, self.factor, found, self.dy)
        return np.concatenate([self.dy.ravel(), found[: matrix.dense_rows]])[None]

    def factored(self, theta: Array, tail: Array, h: Array, residual: Array) -> Array:
        """Factor for weights of the variables of steps and others; returns D Θ h, an ndarray."""
        dense, shared = self.matrix.dense_rows, self.matrix.shared_variables
        self.factor.border[dense : dense + shared] = tail[:shared]
        self.tail_weights = tail
        limits = tiles.factor_and_solve(
            self.plan, self.factor, theta, h, residual, self.shared if shared else _NO_SHARED
        )
        self._close_corner()
        return np.asarray(limits)

    def _close_corner(self) -> None:
        """Schur complement of the border, factored."""
        matrix = self.matrix
        at = matrix.inequalities
        if at.size:
            self.outside[at, at] = self.tail_weights[matrix.shared_variables :]
        tiles.factor_corner(self.factor, self.outside, matrix.dense_rows, self.corner, self.pivots)

    def _outside(self) -> Array:
        """Entries that the dense rows, shared variables and ring share among themselves."""
        matrix, plan = self.matrix, self.elimination
        dense, outer = matrix.dense_rows, plan.outer
        outside = np.zeros((plan.border, plan.border))
        outside[:dense, dense:outer] = matrix.dense_shared
        outside[:dense, outer:] = plan.ring_dense
        outside[dense:, :dense] = outside[:dense, dense:].T
        return outside

    def closed(self, limits: Array, tail_rows: Array, tail_h: Array, at_ring: Array) -> Array:
        """Duals of the dense rows and steps of the variables in the border.

        Parameters
        ----------
        limits : ndarray, shape (K,)
            Right-hand side of the dense rows without slacks.
        tail_rows, tail_h : ndarray, shape (p + Q,)
            Θ h and h of the shared variables and slacks.
        at_ring : ndarray, shape (ring,)
            h of the levels at the end of a ring.
        """
        if not len(self.corner):
            return np.zeros(0)
        matrix, shared = self.matrix, self.matrix.shared_variables
        if not tail_h.size and not limits.size:
            right = at_ring.copy()
        else:
            rows = limits.copy()
            rows[matrix.inequalities] += tail_rows[shared:]
            right = np.concatenate([rows, tail_h[:shared], at_ring])
        tiles.solve_corner(self.factor, self.corner, self.pivots, right)
        return right


_NO_SHARED = np.zeros((0, 0, 0))


@dataclass
class _Tail:
    """Shared variables and slacks of an iterate, (p + Q,) each."""

    cost: Array
    width: Array
    curve: Array
    s: Array
    w: Array
    z: Array
    v: Array


class TileIteration:
    """Predictor-corrector steps for one program.

    Parameters
    ----------
    work : TileWorkspace
    form : BoxForm
        One program, R = 1.
    which : slice or ndarray
        Which of all programs it is.
    effort : Effort
    """

    def __init__(
        self, work: TileWorkspace, form: BoxForm, which: Selection, effort: Effort
    ) -> None:
        self.work, self.form, self.effort = work, form, effort
        self.matrix: BlockMatrix = work.matrix
        work.which = self.which = which
        self.point = starting_point(form, self.matrix, work)
        tail = self.matrix.step_variables
        point, curve = self.point, form.quadratic
        self.x = tiles.Iterate(
            cost=work.by_step(form.cost[0]),
            width=work.by_step(form.width[0]),
            curve=np.zeros((self.matrix.columns, 0)) if curve is None else work.by_step(curve[0]),
            s=work.by_step(point.below[0]),
            w=work.by_step(point.above[0]),
            z=work.by_step(point.z[0]),
            v=work.by_step(point.v[0]),
            **work.own,
        )
        self.tail = _Tail(
            form.cost[0, tail:], form.width[0, tail:],
            np.zeros(form.cost.shape[1] - tail) if curve is None else curve[0, tail:],
            point.below[0, tail:], point.above[0, tail:], point.z[0, tail:], point.v[0, tail:],
        )  # fmt: skip
        self.bounds = 2.0 * form.cost.shape[1]
        self.unit = max(float(form.power_scale[0, 0]), 1.0)
        self.residual = self._primal_residual()
        self.last_gap, self.stalls = np.inf, 0

    def run(self) -> tuple[Point, str, int]:
        """Iterate to the end: the last iterate, its status and the number of iterations."""
        count, lengths = 0, (0.0, 0.0)
        with np.errstate(all="ignore"):
            while True:
                sums = self._advance(*lengths)
                status = self._terminated(count, sums)
                if status or count == self.effort.iterations:
                    return self.point, status or "limit", count
                lengths = self._step(sums[0])
                count += 1

    def _primal_residual(self) -> Array:
        x = np.where(self.form.fixed, 0.0, self.point.below)
        rows = self.matrix.times(x, np.empty_like(self.form.rhs), self.which)
        return np.asarray((self.form.rhs - rows)[0])

    def _rows(self, flat: Array) -> Array:
        """Rows of the steps, (m, T)."""
        return flat[: self.matrix.step_rows].reshape(self.matrix.rows, -1)

    def _advance(self, primal: float, dual: float) -> Array:
        """Take a step; reduced costs and weights of all variables; the four sums over them."""
        y, tail, sums = self.point.y[0], self.tail, np.zeros(4)
        tiles.advance(
            self.work.plan, self.x, self._rows(y), y[self.matrix.step_rows :], primal, dual, sums
        )
        if not tail.s.size:
            self.tail_h = self.tail_theta = np.zeros(0)
            return sums
        if dual:
            tail.s += primal * self.tail_dx
            tail.w -= primal * self.tail_dx
            tail.z *= self.tail_p * dual + (1.0 - dual)
            tail.v *= self.tail_r * dual + (1.0 - dual)
        self.tail_h = tail.cost + tail.curve * tail.s - self._tail_of(y)
        theta = 1.0 / (tail.z / tail.s + tail.v / tail.w + tail.curve)
        self.tail_theta = np.where(tail.width > 0.0, theta, 0.0)
        sums[0] += tail.s @ tail.z + tail.w @ tail.v
        sums[1] += tail.cost @ tail.s
        sums[2] += np.minimum(self.tail_h, 0.0) @ tail.width
        sums[3] += (tail.curve * tail.s) @ tail.s
        return sums

    def _tail_of(self, y: Array) -> Array:
        """Aᵀ y of the shared variables and slacks."""
        matrix, limits = self.matrix, y[self.matrix.step_rows :]
        shared = limits @ matrix.dense_shared
        if matrix.shared_variables:
            touched = self._rows(y)[matrix.shared_rows]
            shared = shared + np.matmul(self.work.shared, touched[..., None])[..., 0].sum(axis=0)
        return np.concatenate([shared, limits[matrix.inequalities]])

    def _terminated(self, count: int, sums: Array) -> str:
        """Status if the program has ended, else empty."""
        objective, gap = self._gap(sums)
        if gap <= PROVEN_GAP:
            self.residual = self._primal_residual()
        worst = self._worst(self.residual)
        if not (np.isfinite(objective) and np.isfinite(worst)):
            return "failed"
        self.stalls = self.stalls + 1 if gap <= PROVEN_GAP and gap >= 0.5 * self.last_gap else 0
        self.last_gap = gap
        if gap <= self.effort.gap and worst <= self.effort.residual:
            return "optimal"
        if self.stalls >= 2 and worst <= 0.1 * PROVEN_RESIDUAL:
            return "optimal"
        if count % 5 == 4 and worst > PROVEN_RESIDUAL and self._proves_infeasible():
            return "infeasible"
        return ""

    def _gap(self, sums: Array) -> tuple[float, float]:
        """Objective and relative gap in the program's own unit (inf while far from small)."""
        product, primal, bounded, curved = map(float, sums)
        scale = float(self.form.objective_scale[0])
        self.far = FAR * PROVEN_GAP * max(1.0, abs(primal) * scale) / scale
        if self.form.quadratic is None and product > self.far:
            return primal, np.inf
        dual = float(dots(self.form.rhs, self.point.y)[0]) + bounded - 0.5 * curved
        primal += 0.5 * curved
        objective = primal * scale + float(self.form.constant[0])
        return objective, abs(primal - dual) * scale / max(1.0, abs(objective))

    def _worst(self, rows: Array) -> float:
        """Largest violation of a row; dense rows per step. [unit of the row]"""
        first = self.matrix.step_rows
        worst = max(rows[:first].max(initial=0.0), -rows[:first].min(initial=0.0))
        if self.matrix.dense_rows:
            worst = max(worst, np.abs(rows[first:]).max() / self.matrix.steps)
        return float(worst) * self.unit

    def _proves_infeasible(self) -> bool:
        """Whether the row duals prove that no x within the bounds satisfies the rows (Farkas)."""
        form, y = self.form, self.point.y
        rows = self.matrix.transposed_times(y, np.empty_like(form.cost), self.which)
        most = float(dots(np.maximum(np.where(form.fixed, 0.0, rows), 0.0), form.width)[0])
        least = float(dots(form.rhs, y)[0])
        size = float(dots(np.abs(form.rhs), np.abs(y))[0]) + most
        return least - most > 1e-7 * size

    def _step(self, product: float) -> tuple[float, float]:
        """One predictor-corrector step; returns its primal and dual length."""
        work, x, plan, factor = self.work, self.x, self.work.plan, self.work.factor
        first, residual = self.matrix.step_rows, self.residual
        ring = work.elimination.ring
        limits = work.factored(x.theta, self.tail_theta, x.h, self._rows(residual))
        at_end = self._closed(limits + residual[first:], ring)
        found = np.zeros(4)
        tiles.affine(plan, factor, x, at_end, work.dy, found)
        target = self._target(product, found, at_end)
        far = target * self.bounds > self.far
        limits = tiles.corrector_rows(plan, factor, x, self._rows(residual), target)
        if self.tail.s.size:
            p, r, tail = self.tail_p, self.tail_r, self.tail
            self.tail_h = self.tail_h - ((p + 1.0) * p * tail.z + target / tail.s)
            self.tail_h += (r - 1.0) * r * tail.v + target / tail.w
        at_end = self._closed(limits + residual[first:], ring)
        covered_limits, found = np.zeros(self.matrix.dense_rows), np.zeros(2)
        tiles.corrector(
            plan, factor, x, at_end, work.dy, target, work.covered, covered_limits, found
        )
        dense = self.matrix.dense_rows
        dy = np.concatenate([work.dy.ravel(), at_end[:dense]])
        covered = np.concatenate([work.covered.ravel(), covered_limits])
        self._tail_corrector(at_end, target, covered, found)
        dy, covered = self._refined(dy, covered, found, far)
        primal, dual = self._lengths(found[0], found[1], TO_THE_BOUND)
        self.residual = residual - primal * covered
        self.point.y[0] += dual * dy
        return primal, dual

    def _closed(self, limits: Array, ring: Integers) -> Array:
        rows = self.tail_theta * self.tail_h
        return self.work.closed(limits, rows, self.tail_h, self.x.h[ring, -1])

    def _tail_step(self, at_end: Array) -> Array:
        """Δx of the shared variables and slacks."""
        matrix = self.matrix
        dense, shared = matrix.dense_rows, matrix.shared_variables
        slack = self.tail_theta[shared:] * (
            at_end[:dense][matrix.inequalities] - self.tail_h[shared:]
        )
        return np.concatenate([at_end[dense : dense + shared], slack])

    def _target(self, product: float, found: Array, at_end: Array) -> float:
        """σ μ with Mehrotra's σ = (μ_affine / μ)³."""
        tail = self.tail
        if tail.s.size:
            dx = self._tail_step(at_end)
            p, r = dx / tail.s, dx / tail.w
            self.tail_p, self.tail_r = p, r
            found[0] = max(found[0], (-p).max(), r.max())
            found[1] = max(found[1], 1.0 + p.max(), 1.0 - r.min())
            found[2] += (tail.z - tail.v) @ dx
            found[3] += (p * tail.z + r * tail.v) @ dx
        primal, dual = self._lengths(found[0], found[1], 1.0)
        left = (1.0 - dual) * product + (primal * (1.0 - dual) - dual) * found[2]
        left -= primal * dual * found[3]
        return float(product / self.bounds * min(max(left / product, 0.0), 1.0) ** 3)

    def _tail_corrector(self, at_end: Array, target: float, covered: Array, found: Array) -> None:
        tail = self.tail
        if not tail.s.size:
            return
        dx = self.tail_dx = self._tail_step(at_end)
        p, r = dx / tail.s, dx / tail.w
        self.tail_p = (self.tail_p + 1.0) * self.tail_p + target / (tail.s * tail.z) - p
        self.tail_r = (self.tail_r - 1.0) * self.tail_r + target / (tail.w * tail.v) + r
        self._found_of_tail(found)
        self._cover(dx, covered)

    def _found_of_tail(self, found: Array) -> None:
        dx, tail = self.tail_dx, self.tail
        found[0] = max(found[0], (-dx / tail.s).max(), (dx / tail.w).max())
        found[1] = max(found[1], 1.0 - self.tail_p.min(), 1.0 - self.tail_r.min())

    def _cover(self, dx: Array, rows: Array) -> None:
        """Add A Δx of the shared variables and slacks to flat rows."""
        matrix = self.matrix
        shared, first = matrix.shared_variables, matrix.step_rows
        if shared:
            added = np.matmul(dx[None, None, :shared], self.work.shared)[:, 0]
            self._rows(rows)[matrix.shared_rows] += added
        rows[first:] += matrix.dense_shared @ dx[:shared]
        rows[first:][matrix.inequalities] += dx[shared:]

    def _refined(self, dy: Array, covered: Array, found: Array, far: bool) -> tuple[Array, Array]:
        """Refine the corrector by conjugate gradients until Δx satisfies the rows."""
        tolerated = RESIDUAL_ON_THE_WAY if far else REFINED_RESIDUAL
        missing = self.residual - covered
        if not self._worst(missing) > tolerated:
            return dy, covered
        work, matrix, first = self.work, self.matrix, self.matrix.step_rows
        weights = np.concatenate([self.x.theta.ravel(), self.tail_theta])
        outside = matrix.dense_rows + matrix.shared_variables
        work.by_step(weights)[work.elimination.ring, -1] = work.factor.border[outside:]
        moved = np.zeros_like(weights)
        no_tail, no_ring = np.zeros_like(self.tail_h), np.zeros(work.elimination.ring.size)
        direction, size = np.zeros(0), 0.0
        for _ in range(MOST_REFINEMENTS):
            tiles.solve_lower(work.plan, work.factor, self._rows(missing))
            at_end = work.closed(missing[first:], no_tail, no_tail, no_ring)
            tiles.duals(work.plan, work.factor, at_end, work.dy)
            way = np.concatenate([work.dy.ravel(), at_end[: matrix.dense_rows]])
            last, size = size, float(dots(missing, way))
            direction = (
                way
                if not direction.size
                else direction * (size / last if last > 0.0 else 0.0) + way
            )
            move = matrix.transposed_times(direction[None], np.empty((1, weights.size)), self.which)
            move *= weights
            effect = matrix.times(move, np.empty((1, covered.size)), self.which)[0]
            length = size / float(dots(direction, effect))
            if not np.isfinite(length):
                break
            moved += length * move[0]
            dy = dy + length * direction
            missing = missing - length * effect
            if not self._worst(missing) > tolerated:
                break
        tiles.changed(self.x, work.by_step(moved), found)
        if self.tail.s.size:
            change = moved[matrix.step_variables :]
            self.tail_dx = self.tail_dx + change
            self.tail_p = self.tail_p - change / self.tail.s
            self.tail_r = self.tail_r + change / self.tail.w
            self._found_of_tail(found)
        return dy, self.residual - missing

    def _lengths(self, primal: float, dual: float, share: float) -> tuple[float, float]:
        """Primal and dual step length: at most 1, ``share`` of the way to a bound."""
        if self.form.quadratic is not None:  # unequal steps would leave the duals infeasible
            primal = dual = max(primal, dual)
        return min(1.0, share / max(primal, share)), min(1.0, share / max(dual, share))


def compile_passes() -> None:
    """Compile all passes, or load them from the cache, by solving a program of two steps."""
    now, before = np.array([[1.0, -1.0, 0.0], [0.0, -1.0, 1.0]]), np.zeros((2, 3))
    before[1, 2] = 1.0
    lp = BlockLP(
        now=now,
        before=before,
        rhs=np.array([[1.0, 1.0], [0.0, 0.0]]),
        cost=np.array([[1.0, 2.0], [0.0, 0.0], [0.0, 0.0]]),
        lower=np.zeros((3, 2)),
        upper=np.full((3, 2), 4.0),
        cyclic=True,
        quadratic=None,
        shared=np.zeros((2, 0, 2)),
        **no_dense(3, 2),  # type: ignore[arg-type]
    )
    matrix = BlockMatrix(lp)
    work = TileWorkspace(Elimination(matrix))
    iteration = TileIteration(work, box_form(lp, matrix), slice(0, 1), Effort())
    iteration.run()
    tiles.solve_lower(work.plan, work.factor, work.no_rows)
    tiles.changed(iteration.x, np.zeros_like(iteration.x.h), np.zeros(2))
