"""Passes over a program in tiles of hours, compiled by numba where it is installed.

An iteration of `predictor_corrector` reads each of its arrays some ten times as NumPy computes it.
Here it is four passes, each over tiles that stay in the core's cache: `advance` takes the step,
weighs the variables, factors the normal matrix and solves its lower triangle for the affine step;
`affine` solves the upper triangle; `corrector_rows` and `corrector` do so for the corrector. Only
the recurrence of the levels takes its hours in order; all other loops run over the hours of a tile
and are vectorised by the compiler, which is why each of them writes one array.

Symbols as in `interior_point`: s and w are the distances to the bounds, z and v their prices.
Programs are solved one by one, so no digit depends on the others. Without numba these functions
are plain Python, far too slow for anything but a test.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple, TypeVar

import numpy as np

from altay_energy.core.units import Array
from altay_energy.dispatch.lp.matrix import Integers

_Function = TypeVar("_Function", bound=Callable[..., Any])


def compiled(function: _Function) -> _Function:
    """The function compiled when it is first called, and kept on disk; itself without numba."""
    try:
        from numba import njit
    except ImportError:
        return function
    jit: Any = njit  # typed in some versions of numba only
    found: _Function = jit(cache=True, nogil=True, error_model="numpy", fastmath={"contract"})(
        function
    )
    return found


TILE = 512
"""Steps of a tile: thirteen variables of so many steps are 53 kB an array."""

SHIFT = 2e-15
"""As in `normal_equations`."""

SKIPPED = 1e128
"""Pivot of a row that rounding has made dependent: its dual becomes 0 (Wright 1997, chapter 11)."""


class Plan(NamedTuple):
    """Structure of the programs as flat lists; ``..._from[k]`` is where the entries of k begin."""

    sizes: Integers  # rows, columns, local rows, coupled rows, border, dense rows, shared, cyclic
    column_from: Integers
    column_row: Integers
    column_weight: Array
    carry_row: Integers
    carry_column: Integers
    carry_keep: Array
    pair_from: Integers
    pair_column: Integers
    pair_weight: Array
    later_pair: Integers
    later_column: Integers
    later_weight: Array
    diagonal: Integers
    link_place: Integers  # (L, 3): coupled row of the next step, of this one, column
    link_weight: Array
    local: Integers
    pivot: Integers
    below_from: Integers
    below_pair: Integers
    below_row: Integers
    update_from: Integers
    update: Integers  # (U, 3): pair, multiplier, pair
    kept: Integers
    kept_pair: Integers  # (P, 3): pair, place, place
    ring: Integers
    dense_columns: Integers
    dense: Array
    shared_rows: Integers


class Factor(NamedTuple):
    """Factor of the normal matrix, and right-hand sides behind its lower triangle."""

    multiplier: Array  # (below, T)
    root: Array  # (local, T)
    lower: Array  # (T, S, S), the inverse on its diagonal
    tie: Array  # (T, S, S), to the step before
    local_half: Array  # (border + 1, local, T)
    half: Array  # (T, border + 1, S)
    gram: Array  # (border + 1, border + 1)
    limits: Array  # (K, K): D Θ Dᵀ
    border: Array  # (border,): weights of the variables in it, 1 for the dense rows


class Iterate(NamedTuple):
    """Arrays of the variables of the steps, (n, T) each."""

    cost: Array
    width: Array
    curve: Array  # (n, T), or (n, 0) in a linear program
    s: Array
    w: Array
    z: Array
    v: Array
    h: Array
    theta: Array
    dx: Array
    p: Array
    r: Array


@compiled
def factor_corner(factor: Factor, outside: Array, dense: int, corner: Array, pivots: Array) -> None:
    """Schur complement of the border, scaled, and its LU factors with row pivots in ``corner``.

    ``outside`` has what the dense rows, shared variables and levels of a ring share among
    themselves; ``pivots`` has (border, 2): row of each pivot, and scale.
    """
    size = corner.shape[0]
    for i in range(size):
        for j in range(size):
            free = factor.border[i] > 0.0 and factor.border[j] > 0.0
            corner[i, j] = outside[i, j] if free else 0.0
            if i < dense and j < dense:
                corner[i, j] += factor.limits[i, j]
            corner[i, j] -= factor.gram[max(i, j), min(i, j)]
        if i >= dense:
            corner[i, i] -= 1.0 / factor.border[i] if factor.border[i] > 0.0 else 1.0
    for i in range(size):
        largest = abs(corner[i, i])
        pivots[i, 1] = 1.0 / np.sqrt(largest) if largest > 0.0 else 1.0
        if largest == 0.0:  # a dense row whose variables are all fixed
            empty = True
            for j in range(size):
                empty = empty and corner[i, j] == 0.0
            if empty:
                corner[i, i] = 1.0
    for i in range(size):
        for j in range(size):
            corner[i, j] *= pivots[i, 1] * pivots[j, 1]
    for j in range(size):
        best = j
        for i in range(j + 1, size):
            if abs(corner[i, j]) > abs(corner[best, j]):
                best = i
        pivots[j, 0] = best
        for k in range(size):
            corner[j, k], corner[best, k] = corner[best, k], corner[j, k]
        for i in range(j + 1, size):
            corner[i, j] /= corner[j, j]
            for k in range(j + 1, size):
                corner[i, k] -= corner[i, j] * corner[j, k]


@compiled
def solve_corner(factor: Factor, corner: Array, pivots: Array, right: Array) -> None:
    """Duals of the dense rows and steps of the variables in the border, in ``right``."""
    size = corner.shape[0]
    for i in range(size):
        right[i] = right[i] if factor.border[i] > 0.0 else 0.0
        right[i] = (right[i] - factor.gram[size, i]) * pivots[i, 1]
    for j in range(size):
        best = int(pivots[j, 0])
        right[j], right[best] = right[best], right[j]
    for j in range(size):
        for i in range(j + 1, size):
            right[i] -= corner[i, j] * right[j]
    for j in range(size - 1, -1, -1):
        for k in range(j + 1, size):
            right[j] -= corner[j, k] * right[k]
        right[j] /= corner[j, j]
    for i in range(size):
        right[i] *= pivots[i, 1] if factor.border[i] > 0.0 else 0.0


@compiled
def _less_transposed(plan: Plan, y: Array, limits: Array, j: int, t0: int, out: Array) -> None:
    """Subtract column j of Aᵀ y from ``out``, whose first hour is t0."""
    steps, length = y.shape[1], out.shape[0]
    for e in range(plan.column_from[j], plan.column_from[j + 1]):
        a, row = plan.column_weight[e], y[plan.column_row[e], t0 : t0 + length]
        for k in range(length):
            out[k] -= a * row[k]
    for e in range(plan.carry_row.shape[0]):
        if plan.carry_column[e] == j:
            keep, dual = plan.carry_keep[e], plan.carry_row[e]
            inside = min(length, steps - 1 - t0)
            row = y[dual, t0 + 1 : t0 + 1 + inside]
            for k in range(inside):
                out[k] += keep * row[k]
            if t0 + length == steps and plan.sizes[7]:
                out[length - 1] += keep * y[dual, 0]
    for d in range(plan.dense_columns.shape[0]):
        if plan.dense_columns[d] == j:
            for i in range(plan.sizes[5]):
                delta, row = limits[i], plan.dense[i, d, t0 : t0 + length]
                for k in range(length):
                    out[k] -= delta * row[k]


@compiled
def _add_column(plan: Plan, j: int, values: Array, rows: Array, last: Array) -> None:
    """Add column j of A times ``values`` to the rows of a tile; ``last`` has values before it."""
    length = values.shape[0]
    for e in range(plan.column_from[j], plan.column_from[j + 1]):
        a, row = plan.column_weight[e], rows[plan.column_row[e]]
        for k in range(length):
            row[k] += a * values[k]
    for e in range(plan.carry_row.shape[0]):
        if plan.carry_column[e] == j:
            keep, row = plan.carry_keep[e], rows[plan.carry_row[e]]
            row[0] -= keep * last[e]
            later = row[1:]
            for k in range(length - 1):
                later[k] -= keep * values[k]
            last[e] = values[length - 1]


@compiled
def _assemble(plan: Plan, theta: Array, t0: int, length: int, blocks: Array) -> None:
    """Entries of A Θ Aᵀ within the steps of a tile, (pairs, length)."""
    for pair in range(blocks.shape[0]):
        block = blocks[pair]
        block[:length] = 0.0
        for e in range(plan.pair_from[pair], plan.pair_from[pair + 1]):
            a, weights = plan.pair_weight[e], theta[plan.pair_column[e], t0 : t0 + length]
            for k in range(length):
                block[k] += a * weights[k]
    for e in range(plan.later_pair.shape[0]):
        a, block = plan.later_weight[e], blocks[plan.later_pair[e]]
        column = theta[plan.later_column[e]]
        if t0:
            block[0] += a * column[t0 - 1]
        later, weights = block[1:], column[t0 : t0 + length]
        for k in range(length - 1):
            later[k] += a * weights[k]
    for e in range(plan.diagonal.shape[0]):
        block = blocks[plan.diagonal[e]]
        for k in range(length):
            block[k] = 1.0 if block[k] == 0.0 else block[k] * (1.0 + SHIFT)


@compiled
def _eliminate_local(
    plan: Plan, factor: Factor, blocks: Array, t0: int, length: int, spare: Array
) -> None:
    """Eliminate the rows that see one step only, all steps of the tile alike."""
    for at in range(plan.local.shape[0]):
        pivot = blocks[plan.pivot[at]]
        for k in range(length):
            spare[k] = 1.0 / pivot[k] if pivot[k] > 0.0 else 0.0
        root = factor.root[at, t0 : t0 + length]
        for k in range(length):
            root[k] = np.sqrt(spare[k])
        for e in range(plan.below_from[at], plan.below_from[at + 1]):
            multiplier = factor.multiplier[e, t0 : t0 + length]
            block = blocks[plan.below_pair[e]]
            for k in range(length):
                multiplier[k] = block[k] * spare[k]
        for e in range(plan.update_from[at], plan.update_from[at + 1]):
            target, source = blocks[plan.update[e, 0]], blocks[plan.update[e, 2]]
            multiplier = factor.multiplier[plan.update[e, 1], t0 : t0 + length]
            for k in range(length):
                target[k] -= multiplier[k] * source[k]


@compiled
def _factor_coupled(
    plan: Plan, factor: Factor, theta: Array, blocks: Array, t0: int, n: int
) -> None:
    """Cholesky factor of the rows that are tied to the step before, step by step."""
    size = plan.kept.shape[0]
    lower, tie = factor.lower, factor.tie
    for k in range(n):
        t = t0 + k
        lower[t], tie[t] = 0.0, 0.0
        for e in range(plan.kept_pair.shape[0]):
            lower[t, plan.kept_pair[e, 1], plan.kept_pair[e, 2]] = blocks[plan.kept_pair[e, 0], k]
        if t:
            for e in range(plan.link_place.shape[0]):
                i, j = plan.link_place[e, 0], plan.link_place[e, 1]
                tie[t, i, j] += plan.link_weight[e] * theta[plan.link_place[e, 2], t - 1]
    if size == 1:
        _factor_one(lower, tie, t0, n)
    elif size == 2:
        _factor_two(lower, tie, t0, n)
    else:
        _factor_many(lower, tie, t0, n, size)


@compiled
def _factor_one(lower: Array, tie: Array, t0: int, n: int) -> None:
    before = lower[t0 - 1, 0, 0] if t0 else 0.0
    for t in range(t0, t0 + n):
        w = tie[t, 0, 0] * before
        tie[t, 0, 0] = w
        pivot = lower[t, 0, 0] - w * w
        before = 1.0 / np.sqrt(pivot if pivot > 0.0 else SKIPPED)
        lower[t, 0, 0] = before


@compiled
def _factor_two(lower: Array, tie: Array, t0: int, n: int) -> None:
    a, b, c = 0.0, 0.0, 0.0
    if t0:
        a, b, c = lower[t0 - 1, 0, 0], lower[t0 - 1, 1, 0], lower[t0 - 1, 1, 1]
    for t in range(t0, t0 + n):
        w00 = tie[t, 0, 0] * a
        w01 = (tie[t, 0, 1] - w00 * b) * c
        w10 = tie[t, 1, 0] * a
        w11 = (tie[t, 1, 1] - w10 * b) * c
        tie[t, 0, 0], tie[t, 0, 1], tie[t, 1, 0], tie[t, 1, 1] = w00, w01, w10, w11
        first = lower[t, 0, 0] - w00 * w00 - w01 * w01
        cross = lower[t, 1, 0] - w10 * w00 - w11 * w01
        second = lower[t, 1, 1] - w10 * w10 - w11 * w11
        a = 1.0 / np.sqrt(first if first > 0.0 else SKIPPED)
        b = cross * a
        second -= b * b
        c = 1.0 / np.sqrt(second if second > 0.0 else SKIPPED)
        lower[t, 0, 0], lower[t, 1, 0], lower[t, 1, 1] = a, b, c


@compiled
def _factor_many(lower: Array, tie: Array, t0: int, n: int, size: int) -> None:
    for t in range(t0, t0 + n):
        if t:
            for i in range(size):
                for j in range(size):
                    w = tie[t, i, j]
                    for k in range(j):
                        w -= tie[t, i, k] * lower[t - 1, j, k]
                    tie[t, i, j] = w * lower[t - 1, j, j]
        for j in range(size):
            for i in range(j, size):
                value = lower[t, i, j]
                for k in range(size):
                    value -= tie[t, i, k] * tie[t, j, k]
                for k in range(j):
                    value -= lower[t, i, k] * lower[t, j, k]
                if i == j:
                    lower[t, j, j] = 1.0 / np.sqrt(value if value > 0.0 else SKIPPED)
                else:
                    lower[t, i, j] = value * lower[t, j, j]


@compiled
def _local_forward(plan: Plan, factor: Factor, rows: Array, side: int, t0: int, n: int) -> None:
    """Lower triangle of the local rows; the coupled rows of the tile go to ``factor.half``."""
    for at in range(plan.local.shape[0]):
        row = rows[plan.local[at]]
        for e in range(plan.below_from[at], plan.below_from[at + 1]):
            multiplier, target = factor.multiplier[e, t0 : t0 + n], rows[plan.below_row[e]]
            for k in range(n):
                target[k] -= multiplier[k] * row[k]
        root, half = factor.root[at, t0 : t0 + n], factor.local_half[side, at, t0 : t0 + n]
        for k in range(n):
            half[k] = row[k] * root[k]
    for i in range(plan.kept.shape[0]):
        row = rows[plan.kept[i]]
        for k in range(n):
            factor.half[t0 + k, side, i] = row[k]


@compiled
def _forward(plan: Plan, factor: Factor, first: int, t0: int, n: int) -> None:
    """Lower triangle of the coupled rows for the sides from ``first`` on, and their products."""
    half, lower, tie, gram = factor.half, factor.lower, factor.tie, factor.gram
    sides, size = half.shape[1], half.shape[2]
    for t in range(t0, t0 + n):
        for b in range(first, sides):
            if size == 1:
                value = half[t, b, 0]
                if t:
                    value -= tie[t, 0, 0] * half[t - 1, b, 0]
                half[t, b, 0] = value * lower[t, 0, 0]
            elif size == 2:
                one, two = half[t, b, 0], half[t, b, 1]
                if t:
                    before, behind = half[t - 1, b, 0], half[t - 1, b, 1]
                    one -= tie[t, 0, 0] * before + tie[t, 0, 1] * behind
                    two -= tie[t, 1, 0] * before + tie[t, 1, 1] * behind
                one *= lower[t, 0, 0]
                half[t, b, 0] = one
                half[t, b, 1] = (two - lower[t, 1, 0] * one) * lower[t, 1, 1]
            else:
                for i in range(size):
                    value = half[t, b, i]
                    if t:
                        for j in range(size):
                            value -= tie[t, i, j] * half[t - 1, b, j]
                    for j in range(i):
                        value -= lower[t, i, j] * half[t, b, j]
                    half[t, b, i] = value * lower[t, i, i]
        for b in range(first, sides):
            for other in range(min(b + 1, sides - 1)):
                total = gram[b, other]
                for i in range(size):
                    total += half[t, b, i] * half[t, other, i]
                gram[b, other] = total
    outer = plan.sizes[5] + plan.sizes[6]  # columns of a ring have no local rows
    for b in range(first, sides):
        if outer <= b < sides - 1:
            continue
        for other in range(min(b + 1, outer)):
            for at in range(factor.local_half.shape[1]):
                one = factor.local_half[b, at, t0 : t0 + n]
                two = factor.local_half[other, at, t0 : t0 + n]
                total = 0.0
                for k in range(n):
                    total += one[k] * two[k]
                gram[b, other] += total


@compiled
def _border_sides(
    plan: Plan, factor: Factor, theta: Array, shared: Array, t0: int, n: int,
    rows: Array, spare: Array, last: Array,
) -> None:  # fmt: skip
    """Columns of the border within a tile, behind the local rows."""
    dense = plan.sizes[5]
    for side in range(dense + plan.sizes[6]):
        rows[:, :n] = 0.0
        if side < dense:
            for d in range(plan.dense_columns.shape[0]):
                weights = theta[plan.dense_columns[d], t0 : t0 + n]
                factors = plan.dense[side, d, t0 : t0 + n]
                values = spare[:n]
                for k in range(n):
                    values[k] = weights[k] * factors[k]
                _add_column(plan, plan.dense_columns[d], values, rows[:, :n], last[side])
                for other in range(dense):
                    second = plan.dense[other, d, t0 : t0 + n]
                    total = 0.0
                    for k in range(n):
                        total += values[k] * second[k]
                    factor.limits[other, side] += total
        elif factor.border[side] > 0.0:
            for i in range(plan.shared_rows.shape[0]):
                row, entries = rows[plan.shared_rows[i]], shared[i, side - dense, t0 : t0 + n]
                for k in range(n):
                    row[k] = entries[k]
        _local_forward(plan, factor, rows, side, t0, n)


@compiled
def _ring_sides(plan: Plan, factor: Factor, steps: int, t0: int, n: int) -> None:
    """Columns of the levels at the end of a ring: in coupled rows of the first and last step."""
    outer, half = plan.sizes[5] + plan.sizes[6], factor.half
    for r in range(plan.ring.shape[0]):
        side, column = outer + r, plan.ring[r]
        for k in range(t0, t0 + n):
            for i in range(plan.kept.shape[0]):
                half[k, side, i] = 0.0
        if not factor.border[side] > 0.0:
            continue
        for i in range(plan.kept.shape[0]):
            if t0 == 0:
                for e in range(plan.carry_row.shape[0]):
                    if plan.carry_column[e] == column and plan.carry_row[e] == plan.kept[i]:
                        half[0, side, i] -= plan.carry_keep[e]
            if t0 + n == steps:
                for e in range(plan.column_from[column], plan.column_from[column + 1]):
                    if plan.column_row[e] == plan.kept[i]:
                        half[steps - 1, side, i] += plan.column_weight[e]


@compiled
def _ring_weights(plan: Plan, factor: Factor, theta: Array) -> None:
    """Move the weights of the last levels of a ring from the steps to the border."""
    steps, first = theta.shape[1], plan.sizes[5] + plan.sizes[6]
    for r in range(plan.ring.shape[0]):
        factor.border[first + r] = theta[plan.ring[r], steps - 1]
        theta[plan.ring[r], steps - 1] = 0.0


@compiled
def _factor_tile(
    plan: Plan, factor: Factor, theta: Array, shared: Array, t0: int, n: int,
    blocks: Array, rows: Array, spare: Array, last: Array,
) -> None:  # fmt: skip
    _assemble(plan, theta, t0, n, blocks)
    _eliminate_local(plan, factor, blocks, t0, n, spare)
    _factor_coupled(plan, factor, theta, blocks, t0, n)
    _border_sides(plan, factor, theta, shared, t0, n, rows, spare, last)
    _ring_sides(plan, factor, theta.shape[1], t0, n)


@compiled
def _rows_tile(
    plan: Plan, theta: Array, h: Array, residual: Array, limits: Array, t0: int, n: int,
    rows: Array, spare: Array, last: Array,
) -> None:  # fmt: skip
    """Right-hand side of the rows of a tile: residual + A Θ h; the dense rows in ``limits``."""
    for i in range(residual.shape[0]):
        rows[i, :n] = residual[i, t0 : t0 + n]
    values = spare[:n]
    for j in range(theta.shape[0]):
        weights, target = theta[j, t0 : t0 + n], h[j, t0 : t0 + n]
        for k in range(n):
            values[k] = weights[k] * target[k]
        _add_column(plan, j, values, rows[:, :n], last)
        _add_limits(plan, j, values, t0, limits)


@compiled
def _add_limits(plan: Plan, j: int, values: Array, t0: int, limits: Array) -> None:
    n = values.shape[0]
    for d in range(plan.dense_columns.shape[0]):
        if plan.dense_columns[d] == j:
            for i in range(plan.sizes[5]):
                entries = plan.dense[i, d, t0 : t0 + n]
                total = 0.0
                for k in range(n):
                    total += values[k] * entries[k]
                limits[i] += total


@compiled
def factor_and_solve(
    plan: Plan, factor: Factor, theta: Array, h: Array, residual: Array, shared: Array
) -> Array:
    """Factor for the weights Θ and solve the lower triangle for ``residual`` + A Θ h.

    Returns D Θ h, an ndarray: the part of the variables of the steps in the dense rows.
    """
    steps, m, carries = theta.shape[1], residual.shape[0], plan.carry_row.shape[0]
    rows, spare = np.zeros((m, TILE)), np.zeros(TILE)
    blocks = np.zeros((plan.pair_from.shape[0] - 1, TILE))
    last, lasts = np.zeros(carries), np.zeros((plan.sizes[4] + 1, carries))
    limits = np.zeros(plan.sizes[5])
    _ring_weights(plan, factor, theta)
    factor.gram[:], factor.limits[:] = 0.0, 0.0
    for t0 in range(0, steps, TILE):
        n = min(TILE, steps - t0)
        _factor_tile(plan, factor, theta, shared, t0, n, blocks, rows, spare, lasts)
        _rows_tile(plan, theta, h, residual, limits, t0, n, rows, spare, last)
        _local_forward(plan, factor, rows, plan.sizes[4], t0, n)
        _forward(plan, factor, 0, t0, n)
    return limits


@compiled
def advance(
    plan: Plan, x: Iterate, y: Array, y_limits: Array, primal: float, dual: float, sums: Array
) -> None:
    """Take a step; then reduced costs in ``h``, weights Θ, and four sums over the variables.

    The sums: complementarity products, c · x, width times reduced cost below 0, q · x².
    """
    columns, steps = x.cost.shape
    total = np.zeros((4, TILE))
    curved = x.curve.shape[1] > 0
    for t0 in range(0, steps, TILE):
        n = min(TILE, steps - t0)
        product, priced, bounded, curve = total[0, :n], total[1, :n], total[2, :n], total[3, :n]
        for j in range(columns):
            s, w = x.s[j, t0 : t0 + n], x.w[j, t0 : t0 + n]
            z, v = x.z[j, t0 : t0 + n], x.v[j, t0 : t0 + n]
            c, u = x.cost[j, t0 : t0 + n], x.width[j, t0 : t0 + n]
            g, theta = x.h[j, t0 : t0 + n], x.theta[j, t0 : t0 + n]
            if dual > 0.0:
                dx, p, r = x.dx[j, t0 : t0 + n], x.p[j, t0 : t0 + n], x.r[j, t0 : t0 + n]
                for k in range(n):
                    s[k] += primal * dx[k]
                for k in range(n):
                    w[k] -= primal * dx[k]
                for k in range(n):
                    z[k] *= p[k] * dual + (1.0 - dual)
                for k in range(n):
                    v[k] *= r[k] * dual + (1.0 - dual)
            if curved:
                q = x.curve[j, t0 : t0 + n]
                for k in range(n):
                    g[k] = c[k] + q[k] * s[k]
                for k in range(n):
                    curve[k] += q[k] * s[k] * s[k]
                for k in range(n):
                    theta[k] = z[k] / s[k] + v[k] / w[k] + q[k]
            else:
                for k in range(n):
                    g[k] = c[k]
                for k in range(n):
                    theta[k] = z[k] / s[k] + v[k] / w[k]
            _less_transposed(plan, y, y_limits, j, t0, g)
            for k in range(n):
                product[k] += s[k] * z[k] + w[k] * v[k]
            for k in range(n):
                priced[k] += c[k] * s[k]
            for k in range(n):
                bounded[k] += u[k] * (g[k] if g[k] < 0.0 else 0.0)
            for k in range(n):
                theta[k] = 1.0 / theta[k] if u[k] > 0.0 else 0.0
    for i in range(4):
        sums[i] = total[i].sum()


@compiled
def _duals_tile(
    plan: Plan, factor: Factor, border: Array, dy: Array, t0: int, n: int, after: Array
) -> None:
    """Upper triangle for the last side, less the columns of the border; steps in reverse."""
    lower, tie, half, size = factor.lower, factor.tie, factor.half, plan.kept.shape[0]
    sides, steps = half.shape[1], half.shape[0]
    for t in range(t0 + n - 1, t0 - 1, -1):
        inner = t + 1 < steps
        if size == 1:
            value = half[t, sides - 1, 0]
            for b in range(sides - 1):
                value -= border[b] * half[t, b, 0]
            if inner:
                value -= tie[t + 1, 0, 0] * after[0]
            after[0] = value * lower[t, 0, 0]
            dy[plan.kept[0], t] = after[0]
        elif size == 2:
            one, two = half[t, sides - 1, 0], half[t, sides - 1, 1]
            for b in range(sides - 1):
                one -= border[b] * half[t, b, 0]
                two -= border[b] * half[t, b, 1]
            if inner:
                one -= tie[t + 1, 0, 0] * after[0] + tie[t + 1, 1, 0] * after[1]
                two -= tie[t + 1, 0, 1] * after[0] + tie[t + 1, 1, 1] * after[1]
            two *= lower[t, 1, 1]
            one = (one - lower[t, 1, 0] * two) * lower[t, 0, 0]
            after[0], after[1] = one, two
            dy[plan.kept[0], t], dy[plan.kept[1], t] = one, two
        else:
            for i in range(size):
                value = half[t, sides - 1, i]
                for b in range(sides - 1):
                    value -= border[b] * half[t, b, i]
                if inner:
                    for j in range(size):
                        value -= tie[t + 1, j, i] * after[j]
                dy[plan.kept[i], t] = value
            for i in range(size - 1, -1, -1):
                value = dy[plan.kept[i], t]
                for j in range(i + 1, size):
                    value -= lower[t, j, i] * dy[plan.kept[j], t]
                dy[plan.kept[i], t] = value * lower[t, i, i]
            for i in range(size):
                after[i] = dy[plan.kept[i], t]
    for at in range(plan.local.shape[0] - 1, -1, -1):
        row, root = dy[plan.local[at], t0 : t0 + n], factor.root[at, t0 : t0 + n]
        value_of = factor.local_half[sides - 1, at, t0 : t0 + n]
        for k in range(n):
            row[k] = value_of[k]
        for b in range(plan.sizes[5] + plan.sizes[6]):
            column, weight = factor.local_half[b, at, t0 : t0 + n], border[b]
            for k in range(n):
                row[k] -= weight * column[k]
        for k in range(n):
            row[k] *= root[k]
        for e in range(plan.below_from[at], plan.below_from[at + 1]):
            multiplier, other = factor.multiplier[e, t0 : t0 + n], dy[plan.below_row[e]]
            part = other[t0 : t0 + n]
            for k in range(n):
                row[k] -= multiplier[k] * part[k]


@compiled
def duals(plan: Plan, factor: Factor, border: Array, dy: Array) -> None:
    """Upper triangle for the last side: Δy of the rows of the steps."""
    steps, after = dy.shape[1], np.zeros(plan.kept.shape[0])
    for tile in range((steps - 1) // TILE, -1, -1):
        t0 = tile * TILE
        _duals_tile(plan, factor, border, dy, t0, min(TILE, steps - t0), after)


@compiled
def _powers_tile(
    plan: Plan, x: Iterate, dy: Array, border: Array, j: int, t0: int, dx: Array
) -> None:
    """Δx = Θ (Aᵀ Δy - h) of variable j; the levels at the end of a ring are in the border."""
    n, steps = dx.shape[0], dy.shape[1]
    h, theta = x.h[j, t0 : t0 + n], x.theta[j, t0 : t0 + n]
    for k in range(n):
        dx[k] = h[k]
    _less_transposed(plan, dy, border, j, t0, dx)
    for k in range(n):
        dx[k] *= -theta[k]
    if t0 + n == steps:
        for r in range(plan.ring.shape[0]):
            if plan.ring[r] == j:
                dx[n - 1] = border[plan.sizes[5] + plan.sizes[6] + r]


@compiled
def affine(plan: Plan, factor: Factor, x: Iterate, border: Array, dy: Array, found: Array) -> None:
    """Affine step: Δx / s and Δx / w in ``p`` and ``r``.

    ``found``: how far the bounds are passed, primal and dual; Σ (z - v) Δx; Σ (p z + r v) Δx.
    """
    columns, steps = x.s.shape
    after, step = np.zeros(plan.kept.shape[0]), np.zeros(TILE)
    down, up = np.full(TILE, -np.inf), np.full(TILE, -np.inf)
    above, under = np.full(TILE, -np.inf), np.full(TILE, -np.inf)
    sideways, curved = np.zeros(TILE), np.zeros(TILE)
    for tile in range((steps - 1) // TILE, -1, -1):
        t0 = tile * TILE
        n = min(TILE, steps - t0)
        _duals_tile(plan, factor, border, dy, t0, n, after)
        for j in range(columns):
            dx = step[:n]
            _powers_tile(plan, x, dy, border, j, t0, dx)
            s, w = x.s[j, t0 : t0 + n], x.w[j, t0 : t0 + n]
            z, v = x.z[j, t0 : t0 + n], x.v[j, t0 : t0 + n]
            p, r = x.p[j, t0 : t0 + n], x.r[j, t0 : t0 + n]
            for k in range(n):
                p[k] = dx[k] / s[k]
            for k in range(n):
                r[k] = dx[k] / w[k]
            for k in range(n):
                down[k] = -p[k] if -p[k] > down[k] else down[k]
            for k in range(n):
                up[k] = p[k] if p[k] > up[k] else up[k]
            for k in range(n):
                above[k] = r[k] if r[k] > above[k] else above[k]
            for k in range(n):
                under[k] = -r[k] if -r[k] > under[k] else under[k]
            for k in range(n):
                sideways[k] += (z[k] - v[k]) * dx[k]
            for k in range(n):
                curved[k] += (p[k] * z[k] + r[k] * v[k]) * dx[k]
    found[0] = max(down.max(), above.max())
    found[1] = 1.0 + max(up.max(), under.max())
    found[2], found[3] = sideways.sum(), curved.sum()


@compiled
def corrector_rows(plan: Plan, factor: Factor, x: Iterate, residual: Array, target: float) -> Array:
    """Right-hand side of the corrector behind the lower triangle; returns D Θ h, an ndarray.

    h = g - (z Δs² / s² + ... + τ) / s + ... / w: the second-order terms of the affine step, and τ.
    """
    columns, steps = x.s.shape
    rows, spare, last = (
        np.zeros((residual.shape[0], TILE)),
        np.zeros(TILE),
        np.zeros(plan.carry_row.shape[0]),
    )
    limits, sides = np.zeros(plan.sizes[5]), factor.half.shape[1]
    factor.gram[sides - 1, :] = 0.0
    for t0 in range(0, steps, TILE):
        n = min(TILE, steps - t0)
        for j in range(columns):
            s, w = x.s[j, t0 : t0 + n], x.w[j, t0 : t0 + n]
            z, v = x.z[j, t0 : t0 + n], x.v[j, t0 : t0 + n]
            p, r, h = x.p[j, t0 : t0 + n], x.r[j, t0 : t0 + n], x.h[j, t0 : t0 + n]
            for k in range(n):
                h[k] -= (p[k] + 1.0) * p[k] * z[k] + target / s[k]
            for k in range(n):
                h[k] += (r[k] - 1.0) * r[k] * v[k] + target / w[k]
        _rows_tile(plan, x.theta, x.h, residual, limits, t0, n, rows, spare, last)
        _local_forward(plan, factor, rows, sides - 1, t0, n)
        _forward(plan, factor, sides - 1, t0, n)
    return limits


@compiled
def corrector(
    plan: Plan, factor: Factor, x: Iterate, border: Array, dy: Array, target: float,
    covered: Array, limits: Array, found: Array,
) -> None:  # fmt: skip
    """Corrector step Δx, A Δx in ``covered`` and ``limits``, and the bounds on its lengths.

    ``p`` and ``r`` become the prices after a full step as shares of what they were.
    """
    columns, steps = x.s.shape
    after, values = np.zeros(plan.kept.shape[0]), np.zeros(TILE)
    way, low = np.full(TILE, -np.inf), np.full(TILE, np.inf)
    covered[:] = 0.0
    for tile in range((steps - 1) // TILE, -1, -1):
        t0 = tile * TILE
        n = min(TILE, steps - t0)
        _duals_tile(plan, factor, border, dy, t0, n, after)
        for j in range(columns):
            dx = x.dx[j, t0 : t0 + n]
            _powers_tile(plan, x, dy, border, j, t0, dx)
            for e in range(plan.column_from[j], plan.column_from[j + 1]):
                a, row = plan.column_weight[e], covered[plan.column_row[e], t0 : t0 + n]
                for k in range(n):
                    row[k] += a * dx[k]
            _add_limits(plan, j, dx, t0, limits)
            s, w = x.s[j, t0 : t0 + n], x.w[j, t0 : t0 + n]
            z, v = x.z[j, t0 : t0 + n], x.v[j, t0 : t0 + n]
            p, r, share = x.p[j, t0 : t0 + n], x.r[j, t0 : t0 + n], values[:n]
            for k in range(n):
                share[k] = dx[k] / s[k]
            for k in range(n):
                way[k] = -share[k] if -share[k] > way[k] else way[k]
            for k in range(n):
                p[k] = (p[k] + 1.0) * p[k] + target / (s[k] * z[k]) - share[k]
            for k in range(n):
                low[k] = p[k] if p[k] < low[k] else low[k]
            for k in range(n):
                share[k] = dx[k] / w[k]
            for k in range(n):
                way[k] = share[k] if share[k] > way[k] else way[k]
            for k in range(n):
                r[k] = (r[k] - 1.0) * r[k] + target / (w[k] * v[k]) + share[k]
            for k in range(n):
                low[k] = r[k] if r[k] < low[k] else low[k]
    for e in range(plan.carry_row.shape[0]):
        keep, row, column = (
            plan.carry_keep[e],
            covered[plan.carry_row[e]],
            x.dx[plan.carry_column[e]],
        )
        later = row[1:]
        for k in range(steps - 1):
            later[k] -= keep * column[k]
        if plan.sizes[7]:
            row[0] -= keep * column[steps - 1]
    found[0], found[1] = way.max(), 1.0 - low.min()


@compiled
def solve_lower(plan: Plan, factor: Factor, right: Array) -> None:
    """Lower triangle for another right-hand side of the rows of the steps, (m, T)."""
    steps, sides = right.shape[1], factor.half.shape[1]
    rows = np.zeros((right.shape[0], TILE))
    factor.gram[sides - 1, :] = 0.0
    for t0 in range(0, steps, TILE):
        n = min(TILE, steps - t0)
        for i in range(right.shape[0]):
            rows[i, :n] = right[i, t0 : t0 + n]
        _local_forward(plan, factor, rows, sides - 1, t0, n)
        _forward(plan, factor, sides - 1, t0, n)


@compiled
def changed(x: Iterate, move: Array, found: Array) -> None:
    """Add ``move`` to Δx, and what follows from it."""
    columns, steps = x.s.shape
    way, low = -np.inf, np.inf
    for j in range(columns):
        for t in range(steps):
            x.dx[j, t] += move[j, t]
            x.p[j, t] -= move[j, t] / x.s[j, t]
            x.r[j, t] += move[j, t] / x.w[j, t]
            way = max(way, -x.dx[j, t] / x.s[j, t], x.dx[j, t] / x.w[j, t])
            low = min(low, x.p[j, t], x.r[j, t])
    found[0], found[1] = way, 1.0 - low
