"""The interior-point method with the passes of `tiles`: one program after the other.

The same method as `predictor_corrector`, to the formula; only sums are added up in another order,
so that results differ by rounding.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

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

LANES, STEPS = tiles.LANES, tiles.STEPS


class Lanes:
    """How the steps of a program lie in lanes and tiles.

    Parameters
    ----------
    length : int
        Steps of the program. If they cannot be divided evenly, the first lane begins with steps in
        which nothing can move.
    """

    def __init__(self, length: int) -> None:
        self.length = length
        self.steps = -(-length // LANES)
        self.tiles = -(-self.steps // STEPS)
        self.head = LANES * self.steps - length
        self.first, self.offset = divmod(self.head, self.steps)
        """First lane that has steps of the program, and where they begin in it."""

    def before(self, *, cyclic: bool) -> Integers:
        """Return the lane whose end precedes the first step of each lane, else -1."""
        lanes = np.arange(LANES) - 1
        lanes[: self.first + 1] = -1
        if cyclic:
            lanes[self.first] = LANES - 1
        return lanes

    def spread(self, series: Array, fill: float = 0.0) -> Array:
        """Return series (..., T) in the order of the passes, (..., tiles · SIZE)."""
        padded = np.full((*series.shape[:-1], LANES * self.steps), fill)
        padded[..., self.head :] = series
        by_lane = padded.reshape(*series.shape[:-1], LANES, self.steps)
        found = np.zeros((*series.shape[:-1], self.tiles * STEPS, LANES))
        found[..., : self.steps, :] = by_lane.swapaxes(-1, -2)
        return found.reshape(*series.shape[:-1], self.tiles * tiles.SIZE)

    def gather(self, spread: Array) -> Array:
        """Return series (..., T) of such in the order of the passes."""
        lead = spread.shape[:-1]
        by_step = spread.reshape(*lead, self.tiles * STEPS, LANES)[..., : self.steps, :]
        return by_step.swapaxes(-1, -2).reshape(*lead, -1)[..., self.head :]


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
    lanes, size = Lanes(matrix.steps), len(elimination.kept)
    before = lanes.before(cyclic=matrix.cyclic)
    start = np.where(np.arange(LANES) == lanes.first, lanes.offset, 0)
    after = np.full(LANES, -1)
    after[before[before >= 0]] = np.flatnonzero(before >= 0)
    return tiles.Plan(
        rows=matrix.rows,
        columns=matrix.columns,
        border=matrix.dense_rows + matrix.shared_variables + size * LANES,
        limits=matrix.dense_rows,
        shared=matrix.shared_variables,
        steps=lanes.steps,
        tiles=lanes.tiles,
        stride=(3 * size * size + 2 * size) * LANES,
        short=size if size in (1, 2) else 0,
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
        lane_before=_whole(before),
        start_tile=_whole(start // STEPS),
        start_place=_whole(start % STEPS * LANES + np.arange(LANES)),
        lane_after=_whole(after),
        dense_columns=_whole(matrix.dense_columns),
        dense=lanes.spread(matrix.dense),
        shared_rows=_whole(matrix.shared_rows),
    )


def _aligned(length: int) -> Array:
    """Zeros that begin at a line of the cache, so that no vector lies across two lines."""
    spare = np.zeros(length + 7)
    first = -(spare.ctypes.data // 8) % 8
    return spare[first : first + length]


def _whole(values: Any) -> Integers:
    return np.ascontiguousarray(values, dtype=np.int64)


def can_solve(form: BoxForm) -> bool:
    """Whether the passes know all kinds of variables of some programs: each has two bounds."""
    return not form.unbounded.any()


class _Step(NamedTuple):
    """Duals and lengths of a step, and what sums it gives."""

    y: Array
    limits: Array
    rhs: Array
    primal: float
    dual: float
    sums: Array


class TileWorkspace:
    """Arrays of one program at a time, allocated once.

    Parameters
    ----------
    elimination : Elimination
        Of the rows of the programs.
    """

    def __init__(self, elimination: Elimination) -> None:
        self.elimination, self.matrix = elimination, elimination.matrix
        self.plan = plan = plan_of(elimination)
        self.lanes = lanes = Lanes(self.matrix.steps)
        local, kept = elimination.local.size, elimination.kept.size
        length, everywhere = lanes.tiles * tiles.SIZE, plan.limits + plan.shared
        self.factor = tiles.Factor(
            multiplier=np.zeros((lanes.tiles, int(plan.below_from[-1]), tiles.SIZE)),
            root=np.zeros((lanes.tiles, local, tiles.SIZE)),
            chain=_aligned(lanes.steps * plan.stride),
            local_half=np.zeros((everywhere + 1, local, length)),
            half=np.zeros((everywhere, lanes.steps * kept * LANES)),
            end_half=np.zeros((kept, kept, LANES)),
            start=np.zeros((kept, kept, LANES)),
            first=np.zeros((everywhere + 1, kept, LANES)),
            gram=np.zeros((plan.border + 1, plan.border + 1)),
            limits=np.zeros((plan.limits, plan.limits)),
            border=np.ones(plan.border),
        )
        self.factor.border[everywhere:] = np.inf
        self.x = _aligned(lanes.tiles * plan.columns * tiles.BLOCK)
        blocks = self.x.reshape(lanes.tiles, plan.columns, tiles.FIELDS, tiles.SPACING)
        self.fields = blocks[..., : tiles.SIZE]
        rows = lanes.tiles * plan.rows * tiles.SIZE
        self.dy, self.covered, self.no_rows = _aligned(rows), _aligned(rows), _aligned(rows)
        self.outside = self._outside()
        self.corner = np.zeros((plan.border, plan.border))
        self.pivots = np.zeros((plan.border, 2))
        self.which: Selection = slice(0, 1)
        self.tail_weights = np.zeros(0)

    def set(self, field: int, series: Array, fill: float = 0.0) -> None:
        """Write a part of all variables of the steps from a flat vector."""
        spread = self.lanes.spread(self.by_step(series), fill)
        self.fields[:, :, field // tiles.SPACING] = spread.reshape(
            self.plan.columns, self.lanes.tiles, tiles.SIZE
        ).swapaxes(0, 1)

    def get(self, field: int) -> Array:
        """Return a part of all variables of the steps, (n, T)."""
        part = self.fields[:, :, field // tiles.SPACING].swapaxes(0, 1)
        return self.lanes.gather(part.reshape(self.plan.columns, -1))

    def rows_from(self, flat: Array) -> Array:
        """Return rows of the steps, from a flat vector in the order of the passes, an ndarray."""
        rows = flat[: self.matrix.step_rows].reshape(self.matrix.rows, -1)
        spread = self.lanes.spread(rows).reshape(self.matrix.rows, self.lanes.tiles, -1)
        return np.ascontiguousarray(spread.swapaxes(0, 1)).ravel()

    def flat_rows(self, rows: Array) -> Array:
        """Return rows that are in the order of the passes as rows of the steps, shape (m·T,)."""
        by_tile = rows.reshape(self.lanes.tiles, self.matrix.rows, -1).swapaxes(0, 1)
        return self.lanes.gather(by_tile.reshape(self.matrix.rows, -1)).ravel()

    def shared(self) -> Array:
        """Entries of the shared variables in the program that is solved, (rows, p, T)."""
        return self.lanes.spread(self.matrix.shared_of(self.which)[0])

    def by_step(self, flat: Array) -> Array:
        """The variables of the steps of a flat vector, (n, T)."""
        return flat[: self.matrix.step_variables].reshape(self.matrix.columns, -1)

    def fitted(self, theta: Array, cost: Array) -> Array:
        """Row duals that fit costs best, as `NormalMatrix.fitted`; shape (1, M)."""
        matrix = self.matrix
        tail = matrix.step_variables
        self.set(tiles.THETA, theta[0])
        self.set(tiles.H, cost[0])
        limits = self.factored(theta[0, tail:], self.no_rows, self.shared(), _given(self))
        found = self.closed(limits, theta[0, tail:] * cost[0, tail:], cost[0, tail:])
        tiles.duals(self.plan, self.factor, found, self.dy)
        return np.concatenate([self.flat_rows(self.dy), found[: matrix.dense_rows]])[None]

    def factored(self, tail: Array, residual: Array, shared: Array, step: _Step) -> Array:
        """Take a step and factor for the weights; returns D Θ h, an ndarray."""
        dense, count = self.matrix.dense_rows, self.matrix.shared_variables
        self.factor.border[dense : dense + count] = tail[:count]
        self.tail_weights = tail
        limits = tiles.factor_and_solve(self.plan, self.factor, self.x, residual, shared, *step)
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
        """Entries that the dense rows and shared variables share."""
        matrix, plan = self.matrix, self.plan
        dense, outer = plan.limits, plan.limits + plan.shared
        outside = np.zeros((plan.border, plan.border))
        outside[:dense, dense:outer] = matrix.dense_shared
        outside[dense:, :dense] = outside[:dense, dense:].T
        return outside

    def closed(self, limits: Array, tail_rows: Array, tail_h: Array) -> Array:
        """Duals of the dense rows, steps of the shared variables, duals of the first rows of lanes.

        Parameters
        ----------
        limits : ndarray, shape (K,)
            Right-hand side of the dense rows without slacks.
        tail_rows, tail_h : ndarray, shape (p + Q,)
            Θ h and h of the shared variables and slacks.
        """
        if not len(self.corner):
            return np.zeros(0)
        matrix, shared = self.matrix, self.matrix.shared_variables
        right = np.zeros(self.plan.border)
        if tail_h.size or limits.size:
            right[: limits.size] = limits
            right[matrix.inequalities] += tail_rows[shared:]
            right[limits.size : limits.size + shared] = tail_h[:shared]
        tiles.solve_corner(self.factor, self.corner, self.pivots, right)
        return right


def _given(work: TileWorkspace) -> _Step:
    """No step: weights and h are given."""
    return _Step(work.no_rows, np.zeros(work.plan.limits), work.no_rows, 0.0, -1.0, np.zeros(5))


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
        point = starting_point(form, self.matrix, work)
        tail = self.matrix.step_variables
        curve = np.zeros_like(form.cost) if form.quadratic is None else form.quadratic
        product = float(point.below[0, 0] * point.z[0, 0])  # the same of all variables
        for field, values, fill in (
            (tiles.COST, form.cost, 0.0),
            (tiles.WIDTH, form.width, 0.0),
            (tiles.CURVE, curve, 0.0),
            (tiles.S, point.below, 1.0),
            (tiles.W, point.above, 1.0),
            (tiles.Z, point.z, product),
            (tiles.V, point.v, product),
        ):
            work.set(field, values[0], fill)
        self.tail = _Tail(
            form.cost[0, tail:], form.width[0, tail:], curve[0, tail:],
            point.below[0, tail:], point.above[0, tail:], point.z[0, tail:], point.v[0, tail:],
        )  # fmt: skip
        self.shared = work.shared()
        self.y = work.rows_from(point.y[0])
        self.limits = point.y[0, self.matrix.step_rows :].copy()
        self.rhs = work.rows_from(form.rhs[0])
        self.limit_rhs = form.rhs[0, self.matrix.step_rows :]
        self.bounds = 2.0 * (LANES * work.lanes.steps * work.plan.columns + self.tail.s.size)
        self.unit = max(float(form.power_scale[0, 0]), 1.0)
        self._renew_residual()
        self.last_gap, self.stalls = np.inf, 0

    def run(self) -> tuple[Point, str, int]:
        """Iterate to the end: the last iterate, its status and the number of iterations."""
        count, lengths = 0, (0.0, 0.0)
        with np.errstate(all="ignore"):
            while True:
                sums = self._advance(*lengths)
                status = self._terminated(count, sums)
                if status or count == self.effort.iterations:
                    return self._point(), status or "limit", count
                lengths = self._step(sums[0])
                count += 1

    def _point(self) -> Point:
        work, tail = self.work, self.tail

        def flat(field: int, last: Array) -> Array:
            return np.concatenate([work.get(field).ravel(), last])[None]

        return Point(
            below=flat(tiles.S, tail.s),
            above=flat(tiles.W, tail.w),
            z=flat(tiles.Z, tail.z),
            v=flat(tiles.V, tail.v),
            y=self._flat_duals()[None],
        )

    def _flat_duals(self) -> Array:
        return np.concatenate([self.work.flat_rows(self.y), self.limits])

    def _renew_residual(self) -> None:
        """Primal residual b - A x, computed anew: its updates add up rounding."""
        covered, limits = self._rows_of(tiles.S, self.tail.s * (self.tail.width > 0.0), moving=True)
        self.residual = self.rhs - covered
        self.limit_residual = self.limit_rhs - limits

    def _rows_of(self, field: int, tail: Array, *, moving: bool = False) -> tuple[Array, Array]:
        """A times a part of the variables: rows of the steps, and dense rows."""
        work, matrix = self.work, self.matrix
        limits = np.zeros(matrix.dense_rows)
        tiles.rows_of(work.plan, work.x, field, moving, work.covered, limits)
        self._add_tail(work.covered, limits, tail)
        return work.covered, limits

    def _add_tail(self, rows: Array, limits: Array, tail: Array) -> None:
        """Add A times shared variables and slacks to rows."""
        work, matrix = self.work, self.matrix
        shared = matrix.shared_variables
        if shared:
            by_tile = rows.reshape(work.lanes.tiles, matrix.rows, -1)
            added = np.einsum("rpt,p->rt", self.shared, tail[:shared])
            for at, row in enumerate(matrix.shared_rows):
                by_tile[:, row] += added[at].reshape(work.lanes.tiles, -1)
        if limits.size:
            limits += matrix.dense_shared @ tail[:shared]
            limits[matrix.inequalities] += tail[shared:]

    def _advance(self, primal: float, dual: float) -> Array:
        """Take a step, factor for its weights and solve the lower triangle; sums over it."""
        tail, sums = self.tail, np.zeros(5)
        if dual and tail.s.size:
            tail.s += primal * self.tail_dx
            tail.w -= primal * self.tail_dx
            tail.z *= self.tail_p * dual + (1.0 - dual)
            tail.v *= self.tail_r * dual + (1.0 - dual)
        self.tail_h = tail.cost + tail.curve * tail.s - self._tail_of(self.y, self.limits)
        theta = 1.0 / (tail.z / tail.s + tail.v / tail.w + tail.curve)
        self.tail_theta = np.where(tail.width > 0.0, theta, 0.0)
        step = _Step(self.y, self.limits, self.rhs, primal, dual, sums)
        self.affine_limits = self.work.factored(self.tail_theta, self.residual, self.shared, step)
        sums += (
            tail.s @ tail.z + tail.w @ tail.v,
            tail.cost @ tail.s,
            np.minimum(self.tail_h, 0.0) @ tail.width,
            (tail.curve * tail.s) @ tail.s,
            self.limit_rhs @ self.limits,
        )
        return sums

    def _tail_of(self, y: Array, limits: Array) -> Array:
        """Aᵀ y of the shared variables and slacks."""
        matrix = self.matrix
        shared = limits @ matrix.dense_shared
        if matrix.shared_variables:
            by_tile = y.reshape(self.work.lanes.tiles, matrix.rows, -1)
            for at, row in enumerate(matrix.shared_rows):
                shared = shared + dots(self.shared[at], by_tile[:, row].ravel())
        return np.concatenate([shared, limits[matrix.inequalities]])

    def _terminated(self, count: int, sums: Array) -> str:
        """Status if the program has ended, else empty."""
        objective, gap = self._gap(sums)
        self.objective = objective
        if gap <= PROVEN_GAP:
            self._renew_residual()
        worst = self._worst(self.residual, self.limit_residual)
        if not (np.isfinite(objective) and np.isfinite(worst)):
            return "failed"
        self.stalls = self.stalls + 1 if gap <= PROVEN_GAP and gap >= 0.5 * self.last_gap else 0
        self.last_gap = gap
        if gap <= self.effort.gap and worst <= self.effort.residual:
            return "optimal"
        if worst <= 0.1 * PROVEN_RESIDUAL and (self.stalls >= 2 or self._only_rounding(gap, sums)):
            return "optimal"
        if count % 5 == 4 and worst > PROVEN_RESIDUAL and self._proves_infeasible():
            return "infeasible"
        return ""

    def _only_rounding(self, gap: float, sums: Array) -> bool:
        """Whether a proven gap is not due to the products, which have become far smaller."""
        share = (
            self.effort.gap * max(1.0, abs(self.objective)) / float(self.form.objective_scale[0])
        )
        return gap <= PROVEN_GAP and float(sums[0]) <= 0.1 * share

    def _gap(self, sums: Array) -> tuple[float, float]:
        """Objective and relative gap in the program's own unit (inf while far from small)."""
        product, primal, bounded, curved, dual = map(float, sums)
        scale = float(self.form.objective_scale[0])
        self.far = FAR * PROVEN_GAP * max(1.0, abs(primal) * scale) / scale
        if self.form.quadratic is None and product > self.far:
            return primal, np.inf
        dual += bounded - 0.5 * curved
        primal += 0.5 * curved
        objective = primal * scale + float(self.form.constant[0])
        return objective, abs(primal - dual) * scale / max(1.0, abs(objective))

    def _worst(self, rows: Array, limits: Array) -> float:
        """Largest violation of a row; dense rows per step. [unit of the row]"""
        worst = max(rows.max(initial=0.0), -rows.min(initial=0.0))
        if limits.size:
            worst = max(worst, np.abs(limits).max() / self.matrix.steps)
        return float(worst) * self.unit

    def _proves_infeasible(self) -> bool:
        """Whether the row duals prove that no x within the bounds satisfies the rows (Farkas)."""
        form, y = self.form, self._flat_duals()[None]
        rows = self.matrix.transposed_times(y, np.empty_like(form.cost), self.which)
        most = float(dots(np.maximum(np.where(form.fixed, 0.0, rows), 0.0), form.width)[0])
        least = float(dots(form.rhs, y)[0])
        size = float(dots(np.abs(form.rhs), np.abs(y))[0]) + most
        return least - most > 1e-7 * size

    def _step(self, product: float) -> tuple[float, float]:
        """One predictor-corrector step; returns its primal and dual length."""
        work, plan, factor, x = self.work, self.work.plan, self.work.factor, self.work.x
        dense = self.matrix.dense_rows
        at_end = self._closed(self.affine_limits + self.limit_residual)
        found = np.zeros(4)
        tiles.affine(plan, factor, x, at_end, work.dy, found)
        target = self._target(product, found, at_end)
        far = target * self.bounds > self.far
        limits = tiles.corrector_rows(plan, factor, x, self.residual, target)
        if self.tail.s.size:
            p, r, tail = self.tail_p, self.tail_r, self.tail
            self.tail_h = self.tail_h - ((p + 1.0) * p * tail.z + target / tail.s)
            self.tail_h += (r - 1.0) * r * tail.v + target / tail.w
        at_end = self._closed(limits + self.limit_residual)
        found, limits = np.zeros(2), np.zeros(dense)
        tiles.corrector(plan, factor, x, at_end, work.dy, target, work.covered, limits, found)
        self._tail_corrector(at_end, target, found)
        self._add_tail(work.covered, limits, self.tail_dx)
        self.missing, self.limit_missing = (
            self.residual - work.covered,
            self.limit_residual - limits,
        )
        way, limit_way = self._refined(at_end[:dense], found, far)
        primal, dual = self._lengths(found[0], found[1], TO_THE_BOUND)
        self.residual -= primal * (self.residual - self.missing)
        self.limit_residual = self.limit_residual - primal * (
            self.limit_residual - self.limit_missing
        )
        self.y += dual * way
        self.limits = self.limits + dual * limit_way
        return primal, dual

    def _closed(self, limits: Array) -> Array:
        rows = self.tail_theta * self.tail_h
        return self.work.closed(limits, rows, self.tail_h)

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

    def _tail_corrector(self, at_end: Array, target: float, found: Array) -> None:
        tail = self.tail
        self.tail_dx = np.zeros(0)
        if not tail.s.size:
            return
        dx = self.tail_dx = self._tail_step(at_end)
        p, r = dx / tail.s, dx / tail.w
        self.tail_p = (self.tail_p + 1.0) * self.tail_p + target / (tail.s * tail.z) - p
        self.tail_r = (self.tail_r - 1.0) * self.tail_r + target / (tail.w * tail.v) + r
        self._found_of_tail(found)

    def _found_of_tail(self, found: Array) -> None:
        dx, tail = self.tail_dx, self.tail
        found[0] = max(found[0], (-dx / tail.s).max(), (dx / tail.w).max())
        found[1] = max(found[1], 1.0 - self.tail_p.min(), 1.0 - self.tail_r.min())

    def _refined(self, limit_way: Array, found: Array, far: bool) -> tuple[Array, Array]:
        """Refine the corrector by conjugate gradients until Δx satisfies the rows.

        Returns Δy; what Δx leaves of the residual is then in ``missing`` and ``limit_missing``.
        """
        tolerated = RESIDUAL_ON_THE_WAY if far else REFINED_RESIDUAL
        work, matrix = self.work, self.matrix
        way = work.dy
        if not self._worst(self.missing, self.limit_missing) > tolerated:
            return way, limit_way
        way = way.copy()
        no_tail = np.zeros_like(self.tail_h)
        direction, limit_direction, size = np.zeros(0), np.zeros(0), 0.0
        for _ in range(MOST_REFINEMENTS):
            tiles.solve_lower(work.plan, work.factor, self.missing)
            at_end = work.closed(self.limit_missing, no_tail, no_tail)
            tiles.duals(work.plan, work.factor, at_end, work.dy)
            limit_dy = at_end[: matrix.dense_rows]
            last, size = size, float(dots(self.missing, work.dy) + self.limit_missing @ limit_dy)
            if direction.size:
                more = size / last if last > 0.0 else 0.0
                direction = direction * more + work.dy
                limit_direction = limit_direction * more + limit_dy
            else:
                direction, limit_direction = work.dy.copy(), limit_dy.copy()
            tiles.move_along(work.plan, work.factor, work.x, direction, limit_direction)
            tail_move = self.tail_theta * self._tail_of(direction, limit_direction)
            effect, limit_effect = self._rows_of(tiles.H, tail_move)
            length = size / float(dots(direction, effect) + limit_direction @ limit_effect)
            if not np.isfinite(length):
                break
            tiles.add_move(work.plan, work.x, length)
            if self.tail.s.size:
                self.tail_dx = self.tail_dx + length * tail_move
                self.tail_p = self.tail_p - length * tail_move / self.tail.s
                self.tail_r = self.tail_r + length * tail_move / self.tail.w
            way += length * direction
            limit_way = limit_way + length * limit_direction
            self.missing = self.missing - length * effect
            self.limit_missing = self.limit_missing - length * limit_effect
            if not self._worst(self.missing, self.limit_missing) > tolerated:
                break
        tiles.reaches(work.plan, work.x, found)
        if self.tail.s.size:
            self._found_of_tail(found)
        return way, limit_way

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
    tiles.move_along(work.plan, work.factor, work.x, work.dy, np.zeros(0))
    tiles.add_move(work.plan, work.x, 0.0)
    tiles.reaches(work.plan, work.x, np.zeros(2))
