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
from altay_energy.dispatch.lp.interior.workspace import Bench
from altay_energy.dispatch.lp.matrix import Integers, dots
from altay_energy.dispatch.lp.program import Bools

PROVEN_RESIDUAL = 1e-6
"""Largest violation of a row of an optimal solution. [MW or MWh]"""

_SMALLEST_RESIDUAL = 1e-8
"""The corrector is refined while it leaves more than this in a row. [MW or MWh]"""

_RESIDUAL_ON_THE_WAY = 1e-7
"""The same while a step aims at gaps far from proven: the next one mends it. [MW or MWh]"""

_MOST_REFINEMENTS = 6

_FAR = 100.0
"""Gaps above so many times the one to be proven are far from it."""

_TO_THE_BOUND = 0.9995
"""Share of the way to the nearest bound that a step goes at most (Mehrotra)."""


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
    workers : int
        Processes that share a large batch; the result does not depend on it.
    """

    gap: float = 1e-9
    residual: float = 1e-7
    iterations: int = 150
    workers: int = 1


Keep: TypeAlias = Callable[[Integers, Point, str, int], None]
"""Takes programs that have ended: which, where they stand, their status, iterations."""


class Iteration:
    """Predictor-corrector steps for some programs at once."""

    def __init__(
        self, bench: Bench, form: BoxForm, which: Integers, keep: Keep, effort: Effort
    ) -> None:
        self.bench, self.normal = bench, bench.normal
        self.matrix, self.form, self.which = self.normal.matrix, form, which
        self.keep, self.effort = keep, effort
        with np.errstate(all="ignore"):
            self.point = starting_point(form, self.matrix, self.normal)
        self.last_gap = np.full(len(which), np.inf)
        self.far_product = np.zeros(len(which))
        self.stalls = np.zeros(len(which), dtype=np.int64)
        self._prepare()
        self._measure_residual(np.ones(len(which), dtype=np.bool_))

    def _prepare(self) -> None:
        """Room to work in, for the programs that are left."""
        form = self.form
        self.room = self.bench.room_for(form)
        self.moves = None if not form.fixed.any() else 1.0 - form.fixed
        self.capped = None if not form.unbounded.any() else 1.0 - form.unbounded
        bounds = 2.0 * form.cost.shape[1] - form.unbounded.sum(axis=1)
        self.bounds = bounds[:, None]

    def _measure_residual(self, runs: Bools) -> None:
        """What is missing in the rows; a step only counts it down, which gathers rounding."""
        form, room = self.form, self.room
        x = self.point.below if self.moves is None else self.point.below * self.moves
        self.matrix.times(x, room.covered, self.which)
        np.subtract(form.rhs, room.covered, out=room.covered)
        np.copyto(room.residual, room.covered, where=runs[:, np.newaxis])

    def _stalled(self, gap: Array) -> Bools:
        """Whether a proven gap has not halved in two steps: as near as rounding lets it come."""
        still = (gap <= PROVEN_GAP) & (gap >= 0.5 * self.last_gap)  # both may be 0
        self.stalls = np.where(still, self.stalls + 1, 0)
        self.last_gap = gap
        return np.asarray(self.stalls >= 2)

    def run(self) -> None:
        """Iterate until every program has ended."""
        with np.errstate(all="ignore"):
            for count in range(self.effort.iterations + 1):
                self._reduced_costs()
                if not self._drop(count) or count == self.effort.iterations:
                    break
                self._step()
        if self.which.size:
            self.keep(self.which, self.point, "limit", self.effort.iterations)

    def _reduced_costs(self) -> None:
        form, point, room = self.form, self.point, self.room
        self.matrix.transposed_times(point.y, room.g, self.which)
        np.subtract(form.cost, room.g, out=room.g)
        if form.quadratic is not None:
            room.g += np.multiply(form.quadratic, point.below, out=room.spare)
        self.product = _dot(point.below, point.z) + _dot(point.above, point.v)

    def _drop(self, count: int) -> bool:
        """Store what has ended; whether anything is left."""
        objective, gap = self._gap()
        if (gap <= PROVEN_GAP).any():
            self._measure_residual(gap <= PROVEN_GAP)
        worst = self._worst(self.room.residual)
        near = (gap <= self.effort.gap) & (worst <= self.effort.residual)
        near |= self._stalled(gap) & (worst <= 0.1 * PROVEN_RESIDUAL)
        lost = ~(np.isfinite(objective) & np.isfinite(worst))
        never = np.zeros_like(near)
        unmet = worst > PROVEN_RESIDUAL  # where all rows hold, they can
        impossible = unmet & self._impossible() if count % 5 == 4 and unmet.any() else never
        endless = self._endless() if count % 5 == 4 and self.capped is not None else never
        ends = near | lost | impossible | endless
        if not ends.any():
            return True
        for flag, status in (
            (impossible, "infeasible"),
            (endless, "unbounded"),
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
        g, residual = self.room.g[stay], self.room.residual[stay]
        self._prepare()
        self.room.g[...], self.room.residual[...] = g, residual
        return True

    def _worst(self, rows: Array) -> Array:
        """Largest violation of a row, shape (R,); dense rows per step. [MW or MWh]

        In a system of less than 1 MW as a share of its largest number: a watt counts there.
        """
        first_dense, steps = self.matrix.step_rows, self.matrix.steps
        of_steps = rows[:, :first_dense]
        worst = np.maximum(of_steps.max(axis=1, initial=0.0), -of_steps.min(axis=1, initial=0.0))
        if self.matrix.dense_rows:
            worst = np.maximum(worst, np.abs(rows[:, first_dense:]).max(axis=1) / steps)
        return np.asarray(worst * np.maximum(self.form.power_scale[:, 0], 1.0))

    def _gap(self) -> tuple[Array, Array]:
        """Objective and relative gap in the program's own unit (inf while far from small)."""
        form, x, spare = self.form, self.point.below, self.room.spare
        primal = _dot(form.cost, x)
        scale = form.objective_scale
        far = _FAR * PROVEN_GAP * np.maximum(1.0, np.abs(primal[:, 0]) * scale) / scale
        self.far_product = far
        if form.quadratic is None and (self.product[:, 0] > far).all():
            return primal[:, 0], np.full(len(x), np.inf)
        dual = _dot(form.rhs, self.point.y)
        dual += _dot(np.minimum(self.room.g, 0.0, out=spare), form.width)
        if form.quadratic is not None:
            curved = 0.5 * _dot(np.multiply(form.quadratic, x, out=spare), x)
            primal += curved
            dual -= curved
        objective = primal[:, 0] * scale + form.constant
        gap = np.abs(primal - dual)[:, 0] * scale
        if self.capped is not None:  # the bound needs reduced costs of at least 0 there
            gap[(form.unbounded & (self.room.g < 0.0)).any(axis=1)] = np.inf
        return objective, gap / np.maximum(1.0, np.abs(objective))

    def _impossible(self) -> Bools:
        """Whether the row duals prove that no x between its bounds satisfies the rows."""
        form, y, spare = self.form, self.point.y, self.room.spare
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

    def _endless(self) -> Bools:
        """Whether the variables without upper bound point along a ray that costs ever less."""
        form, ray = self.form, self.room.spare
        largest = self.point.below.max(axis=1, keepdims=True)
        np.divide(self.point.below, largest, out=ray)
        ray *= form.unbounded
        rows = np.abs(self.matrix.times(ray, self.room.on_rows, self.which)).max(axis=1)
        return np.asarray(
            (largest[:, 0] > 1e6) & (rows < 1e-5) & (_dot(form.cost, ray)[:, 0] < -1e-8)
        )

    def _weights(self) -> None:
        point, room = self.point, self.room
        np.divide(point.z, point.below, out=room.theta)
        room.theta += np.divide(point.v, point.above, out=room.spare)
        if self.form.quadratic is not None:
            room.theta += self.form.quadratic
        np.divide(1.0, room.theta, out=room.theta)
        if self.moves is not None:
            room.theta *= self.moves
        self.normal.factor(room.theta, self.which)

    def _newton(self, h: Array) -> Array:
        """Δy and, in ``room.dx``, Δx for the target behind ``h``."""
        matrix, normal, room = self.matrix, self.normal, self.room
        np.multiply(room.theta, h, out=room.spare)
        normal.put_border(room.spare, 0.0)
        rows = matrix.times(room.spare, room.covered, self.which)
        rows += room.residual
        dy, border = normal.solve(rows, normal.at_border(h))
        dx = matrix.transposed_times(dy, room.dx, self.which)
        dx -= h
        dx *= room.theta
        normal.put_border(dx, border)
        return dy

    def _refine(self, dy: Array) -> None:
        """Mend Δy and Δx until Δx satisfies the rows; A Δx is then in ``room.covered``.

        Conjugate gradients on the normal equations with their factorisation as preconditioner:
        one step where that is accurate, a few where weights lie far apart.
        """
        matrix, normal, room = self.matrix, self.normal, self.room
        covered = matrix.times(room.dx, room.covered, self.which)
        missing = room.residual - covered
        direction, size = None, np.zeros((len(dy), 1))
        tolerated = np.where(self.far, _RESIDUAL_ON_THE_WAY, _SMALLEST_RESIDUAL)
        for _ in range(_MOST_REFINEMENTS):
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
            move = matrix.transposed_times(direction, room.spare, self.which)
            move *= room.theta
            effect = matrix.times(move, room.on_rows, self.which)
            length = size / _dot(direction, effect)
            length = np.where(np.isfinite(length) & wanting[:, np.newaxis], length, 0.0)
            move *= length
            room.dx += move
            dy += length * direction
            effect *= length
            missing -= effect
        np.subtract(room.residual, missing, out=covered)

    def _step(self) -> None:
        point, room = self.point, self.room
        self._weights()
        self._newton(room.g)
        p = np.divide(room.dx, point.below, out=room.p)
        r = np.divide(room.dx, point.above, out=room.r)
        if self.capped is not None:
            r *= self.capped
        dual_reach = np.maximum(1.0 + p.max(axis=1), 1.0 - r.min(axis=1))
        lengths = self._lengths(p, r, dual_reach, 1.0)

        # Targets over distances: (τ - Δs Δz) / s and (τ - Δw Δv) / w of the predictor.
        pull = np.add(p, 1.0, out=room.pull)
        pull *= p
        pull *= point.z
        push = np.subtract(r, 1.0, out=room.push)
        push *= r
        push *= point.v
        target = self._target(*lengths)
        self.far = (target * self.bounds)[:, 0] > self.far_product
        pull += np.divide(target, point.below, out=room.spare)
        push += np.divide(target, point.above, out=room.spare)
        if self.capped is not None:
            push *= self.capped
        room.g -= pull
        room.g += push
        dy = self._newton(room.g)
        self._refine(dy)
        self._move(dy)

    def _target(self, primal: Array, dual: Array) -> Array:
        """σ μ, Mehrotra's cube of how much of the products the predictor leaves.

        ``pull`` and ``push`` hold -Δs Δz / s and -Δw Δv / w of the predictor.
        """
        point, room, now = self.point, self.room, self.product
        sideways = _dot(point.z, room.dx) - _dot(point.v, room.dx)
        curved = _dot(room.pull, point.below) + _dot(room.push, point.above) - sideways
        left = (1.0 - dual) * now + (primal * (1.0 - dual) - dual) * sideways
        left -= primal * dual * curved
        return np.asarray(now / self.bounds * np.clip(left / now, 0.0, 1.0) ** 3)

    def _move(self, dy: Array) -> None:
        point, room = self.point, self.room
        dx = room.dx
        p = np.divide(dx, point.below, out=room.p)
        r = np.divide(dx, point.above, out=room.r)
        if self.capped is not None:
            r *= self.capped
        # Prices as shares of what they were, after a full step: 1 + Δz / z and 1 + Δv / v.
        share_z = np.divide(room.pull, point.z, out=room.pull)
        share_z -= p
        share_v = np.divide(room.push, point.v, out=room.push)
        share_v += r
        dual_reach = 1.0 - np.minimum(share_z.min(axis=1), share_v.min(axis=1))
        primal, dual = self._lengths(p, r, dual_reach, _TO_THE_BOUND)
        room.covered *= primal
        room.residual -= room.covered
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

    def _lengths(self, p: Array, r: Array, dual: Array, share: float) -> tuple[Array, Array]:
        """Primal and dual step, shape (R, 1): up to 1, and ``share`` of the way to a bound."""
        primal = np.maximum(-p.min(axis=1), r.max(axis=1))
        if self.form.quadratic is not None:  # unequal steps would leave the duals infeasible
            primal = dual = np.maximum(primal, dual)
        lengths = [np.minimum(1.0, share / np.maximum(way, share)) for way in (primal, dual)]
        return lengths[0][:, None], lengths[1][:, None]


def _dot(a: Array, b: Array) -> Array:
    """Row by row, shape (R, 1)."""
    return dots(a, b)[:, None]
