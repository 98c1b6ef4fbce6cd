"""Passes over a program in lanes and tiles of hours, compiled by numba where it is installed.

The period is cut into `LANES` parts of equal length, the lanes. The coupled rows of the first step
of each lane are eliminated last; without them the lanes are independent, so that the recurrence of
the levels, whose steps wait for each other, runs in all lanes at once, one element of a vector each
(substructuring; the same elimination in another order). They join the border of the normal matrix
(`normal_equations`), which a small dense system closes; a ring needs nothing else.

An iteration of `predictor_corrector` reads each of its arrays some ten times as NumPy computes it.
Here it is four passes: `factor_and_solve` takes the step, weighs the variables, factors the normal
matrix and solves its lower triangle for the affine step; `affine` solves the upper one;
`corrector_rows` and `corrector` do so for the corrector. A pass takes `STEPS` steps of all lanes at
a time, a tile, which stays in the core's cache.

All arrays of the variables of a tile are parts of one vector at fixed distances, since the compiler
vectorises a loop that writes several arrays only if it sees that they do not overlap. So the arrays
here are flat: element k · LANES + l of a part is step k of the tile in lane l.

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


LANES = 8
"""Parts of the period; a vector of AVX-512 has eight numbers, other processors take two."""

STEPS = 64
"""Steps of each lane in a tile: the arrays of one variable are then 50 kB."""

SIZE = LANES * STEPS

FIELDS = 12
SPACING = SIZE + LANES
"""Distance of the parts of a variable: at powers of two they would share the same places of the
cache."""

BLOCK = FIELDS * SPACING

S, W, Z, V, H, THETA, DX, P, R, COST, WIDTH, CURVE = range(0, BLOCK, SPACING)
"""Where the parts of a variable begin in its block of a tile."""

_ONE, _TWO = np.uintp(5 * LANES), np.uintp(16 * LANES)
"""Length of a step of the chain with one or two coupled rows, see `Factor`.
Loops over lanes are vectorised if all their places in the chain are at distances known here, and if
no place can be negative, which to Python means from the end: so these are unsigned."""

_LANES = np.uintp(LANES)
_U = tuple(np.uintp(k) for k in range(LANES))
_AT = tuple(np.uintp(k * LANES) for k in range(16))

SHIFT = 2e-15
"""As in `normal_equations`."""

FADED = 1e-140
"""What is left of a level after many steps; numbers below 1e-308 take a hundred times longer."""

SKIPPED = 1e128
"""Pivot of a row that rounding has made dependent: its dual becomes 0 (Wright 1997, chapter 11)."""


class Plan(NamedTuple):
    """Structure of the programs as flat lists; ``..._from[k]`` is where the entries of k begin."""

    rows: int
    columns: int
    border: int
    limits: int  # dense rows
    shared: int
    steps: int  # of a lane
    tiles: int
    stride: int  # length of a step of the chain
    short: int  # coupled rows if there are one or two, else 0
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
    lane_before: Integers  # (LANES,): lane whose end precedes the first step of this one, or -1
    start_tile: Integers  # (LANES,): tile of the first step, and its place there
    start_place: Integers
    lane_after: Integers  # (LANES,): lane that follows the end of this one, or -1
    dense_columns: Integers
    dense: Array  # (K, D, tiles · SIZE)
    shared_rows: Integers


class Factor(NamedTuple):
    """Factor of the normal matrix, and right-hand sides behind its lower triangle.

    A step of the chain holds, for each lane, the lower triangle of the coupled rows (S², inverse on
    the diagonal), their link to the step before (S²), one side for each of the coupled rows of the
    lane's first step (S), the side of the rows themselves (S), and the duals of those first rows.
    Sides of dense rows and shared variables are apart.
    """

    multiplier: Array  # (tiles, below, SIZE)
    root: Array  # (tiles, local, SIZE)
    chain: Array  # (steps · stride,)
    local_half: Array  # (limits + shared + 1, local, tiles · SIZE)
    half: Array  # (limits + shared, steps · S · LANES)
    end_half: Array  # (S, S, LANES): of the rows of the step that follows a lane, in its last step
    start: Array  # (S, S, LANES): the coupled rows of the first steps, lower triangle
    first: Array  # (limits + shared + 1, S, LANES): sides in these rows
    gram: Array  # (border + 1, border + 1)
    limits: Array  # (K, K): D Θ Dᵀ
    border: Array  # (border,): weights of the variables in it, 1 for dense rows, inf for first ones


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
def _block(plan: Plan, x: Array, tile: int, j: int) -> Array:
    """Block of variable j in a tile."""
    at = (tile * plan.columns + j) * BLOCK
    return x[at : at + BLOCK]


@compiled
def _row(plan: Plan, y: Array, tile: int, i: int) -> Array:
    """Row i of a tile."""
    at = (tile * plan.rows + i) * SIZE
    return y[at : at + SIZE]


@compiled
def _size(plan: Plan, tile: int) -> int:
    """Number of elements of a part in a tile."""
    return LANES * min(STEPS, plan.steps - tile * STEPS)


@compiled
def _less_transposed(plan: Plan, y: Array, limits: Array, j: int, tile: int, out: Array) -> None:
    """Subtract column j of Aᵀ y from ``out``."""
    n = _size(plan, tile)
    for e in range(plan.column_from[j], plan.column_from[j + 1]):
        a, row = plan.column_weight[e], _row(plan, y, tile, plan.column_row[e])
        for k in range(n):
            out[k] -= a * row[k]
    for e in range(plan.carry_row.shape[0]):
        if plan.carry_column[e] == j:
            keep, i = plan.carry_keep[e], plan.carry_row[e]
            later = _row(plan, y, tile, i)[LANES:]
            for k in range(n - LANES):
                out[k] += keep * later[k]
            last = out[n - LANES : n]
            if tile + 1 < plan.tiles:
                later = _row(plan, y, tile + 1, i)
                for k in range(LANES):
                    last[k] += keep * later[k]
            else:
                for k in range(LANES):
                    to = plan.lane_after[k]
                    if to >= 0:
                        later = _row(plan, y, plan.start_tile[to], i)
                        last[k] += keep * later[plan.start_place[to]]
    for d in range(plan.dense_columns.shape[0]):
        if plan.dense_columns[d] == j:
            for i in range(plan.limits):
                delta, row = limits[i], plan.dense[i, d, tile * SIZE : tile * SIZE + n]
                for k in range(n):
                    out[k] -= delta * row[k]


@compiled
def _add_column(plan: Plan, j: int, values: Array, n: int, rows: Array, last: Array) -> None:
    """Add column j of A times ``values`` to the rows of a tile; ``last`` has values before it."""
    for e in range(plan.column_from[j], plan.column_from[j + 1]):
        at = plan.column_row[e] * SIZE
        a, row = plan.column_weight[e], rows[at : at + n]
        for k in range(n):
            row[k] += a * values[k]
    for e in range(plan.carry_row.shape[0]):
        if plan.carry_column[e] == j:
            at = plan.carry_row[e] * SIZE
            keep, row = plan.carry_keep[e], rows[at : at + n]
            first = last[e * LANES : (e + 1) * LANES]
            for k in range(LANES):
                row[k] -= keep * first[k]
            later = row[LANES:]
            for k in range(n - LANES):
                later[k] -= keep * values[k]
            ending = values[n - LANES : n]
            for k in range(LANES):
                first[k] = ending[k]


@compiled
def _add_limits(plan: Plan, j: int, values: Array, n: int, tile: int, limits: Array) -> None:
    for d in range(plan.dense_columns.shape[0]):
        if plan.dense_columns[d] == j:
            for i in range(plan.limits):
                entries = plan.dense[i, d, tile * SIZE : tile * SIZE + n]
                total = 0.0
                for k in range(n):
                    total += values[k] * entries[k]
                limits[i] += total


@compiled
def _assemble(plan: Plan, x: Array, tile: int, n: int, blocks: Array) -> None:
    """Entries of A Θ Aᵀ within the steps of a tile, (pairs, SIZE)."""
    for pair in range(blocks.shape[0] // SIZE):
        block = blocks[pair * SIZE : pair * SIZE + n]
        block[:] = 0.0
        for e in range(plan.pair_from[pair], plan.pair_from[pair + 1]):
            a, weights = plan.pair_weight[e], _block(plan, x, tile, plan.pair_column[e])[THETA:]
            for k in range(n):
                block[k] += a * weights[k]
    for e in range(plan.later_pair.shape[0]):
        a, at = plan.later_weight[e], plan.later_pair[e] * SIZE
        block, j = blocks[at : at + n], plan.later_column[e]
        if tile:
            last = _block(plan, x, tile - 1, j)[THETA + SIZE - LANES :]
            for k in range(LANES):
                block[k] += a * last[k]
        later, weights = block[LANES:], _block(plan, x, tile, j)[THETA:]
        for k in range(n - LANES):
            later[k] += a * weights[k]
    for e in range(plan.diagonal.shape[0]):
        block = blocks[plan.diagonal[e] * SIZE : plan.diagonal[e] * SIZE + n]
        for k in range(n):
            block[k] = 1.0 if block[k] == 0.0 else block[k] * (1.0 + SHIFT)


@compiled
def _eliminate_local(
    plan: Plan, factor: Factor, blocks: Array, tile: int, n: int, spare: Array
) -> None:
    """Eliminate the rows that see one step only, all steps of the tile alike."""
    for at in range(plan.local.shape[0]):
        pivot = blocks[plan.pivot[at] * SIZE : plan.pivot[at] * SIZE + n]
        for k in range(n):
            spare[k] = 1.0 / pivot[k] if pivot[k] > 0.0 else 0.0
        root = factor.root[tile, at]
        for k in range(n):
            root[k] = np.sqrt(spare[k])
        for e in range(plan.below_from[at], plan.below_from[at + 1]):
            multiplier = factor.multiplier[tile, e]
            block = blocks[plan.below_pair[e] * SIZE : plan.below_pair[e] * SIZE + n]
            for k in range(n):
                multiplier[k] = block[k] * spare[k]
        for e in range(plan.update_from[at], plan.update_from[at + 1]):
            to, of = plan.update[e, 0] * SIZE, plan.update[e, 2] * SIZE
            target, source = blocks[to : to + n], blocks[of : of + n]
            multiplier = factor.multiplier[tile, plan.update[e, 1]]
            for k in range(n):
                target[k] -= multiplier[k] * source[k]


@compiled
def _factor_coupled(plan: Plan, factor: Factor, x: Array, blocks: Array, tile: int, n: int) -> None:
    """Cholesky factor of the rows that are tied to the step before, step by step in all lanes."""
    size = plan.kept.shape[0]
    if not size:
        return
    chain, first, steps = factor.chain, tile * STEPS, n // LANES
    for t in range(first, first + steps):
        chain[t * plan.stride : t * plan.stride + 3 * size * size * LANES] = 0.0
    for e in range(plan.kept_pair.shape[0]):
        at = plan.kept_pair[e, 0] * SIZE
        block, place = blocks[at : at + n], plan.kept_pair[e, 1] * size + plan.kept_pair[e, 2]
        for t in range(steps):
            to = (first + t) * plan.stride + place * LANES
            for k in range(LANES):
                chain[to + k] = block[t * LANES + k]
    for e in range(plan.link_place.shape[0]):
        place = size * size + plan.link_place[e, 0] * size + plan.link_place[e, 1]
        a, j = plan.link_weight[e], plan.link_place[e, 2]
        weights = _block(plan, x, tile, j)[THETA:]
        for t in range(1, steps):
            to = (first + t) * plan.stride + place * LANES
            for k in range(LANES):
                chain[to + k] += a * weights[(t - 1) * LANES + k]
        if tile:
            weights = _block(plan, x, tile - 1, j)[THETA + SIZE - LANES :]
            to = first * plan.stride + place * LANES
            for k in range(LANES):
                chain[to + k] += a * weights[k]
    _cut_starts(plan, factor, tile, n)
    if plan.short == 1:
        _factor_one(chain, first, steps)
    elif plan.short == 2:
        _factor_two(chain, first, steps)
    else:
        _factor_many(chain, first, steps, size, plan.stride)


@compiled
def _cut_starts(plan: Plan, factor: Factor, tile: int, n: int) -> None:
    """Take the first steps of lanes out of the chain; their links become sides."""
    size, chain = plan.kept.shape[0], factor.chain
    for k in range(LANES):
        step = plan.start_tile[k] * STEPS + plan.start_place[k] // LANES
        if plan.start_tile[k] == tile:
            o = step * plan.stride + k
            for i in range(size):
                for j in range(size):
                    factor.start[i, j, k] = chain[o + (i * size + j) * LANES]
                    chain[o + (i * size + j) * LANES] = 1.0 if i == j else 0.0
                    chain[o + (size * size + i * size + j) * LANES] = 0.0
        inside = step + 1 - tile * STEPS
        if 0 <= inside < n // LANES:
            o = (step + 1) * plan.stride + k
            for i in range(size):
                for j in range(size):
                    at = o + (size * size + i * size + j) * LANES
                    chain[o + (2 * size * size + j * size + i) * LANES] = chain[at]
                    chain[at] = 0.0


@compiled
def _factor_one(c: Array, first: int, steps: int) -> None:
    for t in range(np.uintp(first), np.uintp(first + steps)):
        o = t * _ONE
        q = o - _ONE
        if t:
            for k in range(_LANES):
                w = c[o + _AT[1] + k] * c[q + k]
                c[o + _AT[1] + k] = w
                c[o + k] -= w * w
        for k in range(_LANES):
            c[o + k] = 1.0 / np.sqrt(c[o + k] if c[o + k] > 0.0 else SKIPPED)


@compiled
def _factor_two(c: Array, first: int, steps: int) -> None:
    if first == 0:
        for k in range(_LANES):
            a = 1.0 / np.sqrt(c[k] if c[k] > 0.0 else SKIPPED)
            b = c[_AT[2] + k] * a
            second = c[_AT[3] + k] - b * b
            c[k], c[_AT[2] + k] = a, b
            c[_AT[3] + k] = 1.0 / np.sqrt(second if second > 0.0 else SKIPPED)
    for t in range(np.uintp(max(first, 1)), np.uintp(first + steps)):
        o = t * _TWO
        q = o - _TWO
        for k in range(_LANES):
            a, b, d = c[q + k], c[q + _AT[2] + k], c[q + _AT[3] + k]
            w00 = c[o + _AT[4] + k] * a
            w01 = (c[o + _AT[5] + k] - w00 * b) * d
            w10 = c[o + _AT[6] + k] * a
            w11 = (c[o + _AT[7] + k] - w10 * b) * d
            one = c[o + k] - w00 * w00 - w01 * w01
            cross = c[o + _AT[2] + k] - w10 * w00 - w11 * w01
            two = c[o + _AT[3] + k] - w10 * w10 - w11 * w11
            a = 1.0 / np.sqrt(one if one > 0.0 else SKIPPED)
            b = cross * a
            two -= b * b
            c[o + _AT[4] + k] = w00
            c[o + _AT[5] + k] = w01
            c[o + _AT[6] + k] = w10
            c[o + _AT[7] + k] = w11
            c[o + k] = a
            c[o + _AT[2] + k] = b
            c[o + _AT[3] + k] = 1.0 / np.sqrt(two if two > 0.0 else SKIPPED)


@compiled
def _factor_many(c: Array, first: int, steps: int, size: int, stride: int) -> None:
    tie = size * size * LANES
    w, pivot = np.zeros(LANES), np.zeros(LANES)
    for t in range(first, first + steps):
        o = t * stride
        q = o - stride
        if t:
            for i in range(size):
                for j in range(size):
                    at = o + tie + (i * size + j) * LANES
                    for k in range(LANES):
                        w[k] = c[at + k]
                    for m in range(j):
                        one = o + tie + (i * size + m) * LANES
                        two = q + (j * size + m) * LANES
                        for k in range(LANES):
                            w[k] -= c[one + k] * c[two + k]
                    two = q + (j * size + j) * LANES
                    for k in range(LANES):
                        c[at + k] = w[k] * c[two + k]
        for j in range(size):
            for i in range(j, size):
                at = o + (i * size + j) * LANES
                for k in range(LANES):
                    w[k] = c[at + k]
                for m in range(size):
                    one = o + tie + (i * size + m) * LANES
                    two = o + tie + (j * size + m) * LANES
                    for k in range(LANES):
                        w[k] -= c[one + k] * c[two + k]
                for m in range(j):
                    one, two = o + (i * size + m) * LANES, o + (j * size + m) * LANES
                    for k in range(LANES):
                        w[k] -= c[one + k] * c[two + k]
                if i == j:
                    for k in range(LANES):
                        pivot[k] = 1.0 / np.sqrt(w[k] if w[k] > 0.0 else SKIPPED)
                        c[at + k] = pivot[k]
                else:
                    for k in range(LANES):
                        c[at + k] = w[k] * pivot[k]


@compiled
def _local_forward(plan: Plan, factor: Factor, rows: Array, side: int, tile: int, n: int) -> None:
    """Lower triangle of the local rows, in ``rows`` (m, SIZE)."""
    last = factor.local_half.shape[0] - 1
    for at in range(plan.local.shape[0]):
        row = rows[plan.local[at] * SIZE : plan.local[at] * SIZE + n]
        for e in range(plan.below_from[at], plan.below_from[at + 1]):
            to = plan.below_row[e] * SIZE
            multiplier, target = factor.multiplier[tile, e], rows[to : to + n]
            for k in range(n):
                target[k] -= multiplier[k] * row[k]
        root = factor.root[tile, at]
        half = factor.local_half[min(side, last), at, tile * SIZE : tile * SIZE + n]
        for k in range(n):
            half[k] = row[k] * root[k]


@compiled
def _coupled_rows(plan: Plan, factor: Factor, rows: Array, side: int, tile: int, n: int) -> None:
    """Put the coupled rows of a tile into their side and solve the lower triangle."""
    size = plan.kept.shape[0]
    half, at, stride = _side(plan, factor, side)
    for i in range(size):
        row = rows[plan.kept[i] * SIZE : plan.kept[i] * SIZE + n]
        for t in range(n // LANES):
            to = at + (tile * STEPS + t) * stride + i * LANES
            for k in range(LANES):
                half[to + k] = row[t * LANES + k]
    of = min(side, plan.limits + plan.shared)
    for k in range(LANES):
        if plan.start_tile[k] == tile:
            o = at + (tile * STEPS + plan.start_place[k] // LANES) * stride + k
            for i in range(size):
                factor.first[of, i, k] = half[o + i * LANES]
                half[o + i * LANES] = 0.0
    first, steps = tile * STEPS, n // LANES
    if side < plan.limits + plan.shared or not plan.short:
        _forward(half, at, stride, factor.chain, size, plan.stride, first, steps)
    elif plan.short == 1:
        _forward_one(factor.chain, first, steps)
    else:
        _forward_two(factor.chain, first, steps)


@compiled
def _side(plan: Plan, factor: Factor, side: int) -> tuple[Array, int, int]:
    """Array that holds a side, where the side begins, and the length of a step."""
    everywhere, size = plan.limits + plan.shared, plan.kept.shape[0]
    if side < everywhere:
        return factor.half[side], 0, size * LANES
    return factor.chain, (2 * size * size + (side - everywhere) * size) * LANES, plan.stride


@compiled
def _forward(
    half: Array, at: int, length: int, c: Array, size: int, stride: int, first: int, steps: int
) -> None:
    """Lower triangle of the coupled rows of some steps for a side."""
    for t in range(first, first + steps):
        o, f = at + t * length, t * stride
        q, tie = o - length, f + size * size * LANES
        for i in range(size):
            if t:
                for j in range(size):
                    for k in range(LANES):
                        half[o + i * LANES + k] -= (
                            c[tie + (i * size + j) * LANES + k] * half[q + j * LANES + k]
                        )
            for j in range(i):
                for k in range(LANES):
                    half[o + i * LANES + k] -= (
                        c[f + (i * size + j) * LANES + k] * half[o + j * LANES + k]
                    )
            for k in range(LANES):
                half[o + i * LANES + k] *= c[f + (i * size + i) * LANES + k]


@compiled
def _forward_one(c: Array, first: int, steps: int) -> None:
    """The same of the rows themselves, of one storage."""
    if first == 0:
        for k in range(_LANES):
            c[_AT[3] + k] *= c[k]
    for t in range(np.uintp(max(first, 1)), np.uintp(first + steps)):
        o = t * _ONE
        q = o - _ONE
        for k in range(_LANES):
            value = c[o + _AT[3] + k] - c[o + _AT[1] + k] * c[q + _AT[3] + k]
            c[o + _AT[3] + k] = value * c[o + k]


@compiled
def _forward_two(c: Array, first: int, steps: int) -> None:
    """The same of two storages."""
    if first == 0:
        for k in range(_LANES):
            one = c[_AT[12] + k] * c[k]
            two = c[_AT[13] + k] - c[_AT[2] + k] * one
            c[_AT[12] + k], c[_AT[13] + k] = one, two * c[_AT[3] + k]
    for t in range(np.uintp(max(first, 1)), np.uintp(first + steps)):
        o = t * _TWO
        q = o - _TWO
        for k in range(_LANES):
            before, behind = c[q + _AT[12] + k], c[q + _AT[13] + k]
            one, two = c[o + _AT[12] + k], c[o + _AT[13] + k]
            one -= c[o + _AT[4] + k] * before + c[o + _AT[5] + k] * behind
            two -= c[o + _AT[6] + k] * before + c[o + _AT[7] + k] * behind
            one *= c[o + k]
            two = (two - c[o + _AT[2] + k] * one) * c[o + _AT[3] + k]
            c[o + _AT[12] + k], c[o + _AT[13] + k] = one, two


@compiled
def _levels_one(c: Array, first: int, steps: int) -> None:
    """Lower triangle of the side of the level before a lane, of one storage."""
    if first == 0:
        for k in range(_LANES):
            c[_AT[2] + k] *= c[k]
    for t in range(np.uintp(max(first, 1)), np.uintp(first + steps)):
        o = t * _ONE
        q = o - _ONE
        for k in range(_LANES):
            value = c[o + _AT[2] + k] - c[o + _AT[1] + k] * c[q + _AT[2] + k]
            value *= c[o + k]
            c[o + _AT[2] + k] = value if abs(value) > FADED else 0.0


@compiled
def _levels_two(c: Array, first: int, steps: int) -> None:
    """The same of two storages."""
    if first == 0:
        for k in range(_LANES):
            one = c[_AT[8] + k] * c[k]
            two = c[_AT[9] + k] - c[_AT[2] + k] * one
            c[_AT[8] + k], c[_AT[9] + k] = one, two * c[_AT[3] + k]
            one = c[_AT[10] + k] * c[k]
            two = c[_AT[11] + k] - c[_AT[2] + k] * one
            c[_AT[10] + k], c[_AT[11] + k] = one, two * c[_AT[3] + k]
    for t in range(np.uintp(max(first, 1)), np.uintp(first + steps)):
        o = t * _TWO
        q = o - _TWO
        for k in range(_LANES):
            before, behind = c[q + _AT[8] + k], c[q + _AT[9] + k]
            one, two = c[o + _AT[8] + k], c[o + _AT[9] + k]
            one -= c[o + _AT[4] + k] * before + c[o + _AT[5] + k] * behind
            two -= c[o + _AT[6] + k] * before + c[o + _AT[7] + k] * behind
            one *= c[o + k]
            two = (two - c[o + _AT[2] + k] * one) * c[o + _AT[3] + k]
            c[o + _AT[8] + k] = one if abs(one) > FADED else 0.0
            c[o + _AT[9] + k] = two if abs(two) > FADED else 0.0
            before, behind = c[q + _AT[10] + k], c[q + _AT[11] + k]
            one, two = c[o + _AT[10] + k], c[o + _AT[11] + k]
            one -= c[o + _AT[4] + k] * before + c[o + _AT[5] + k] * behind
            two -= c[o + _AT[6] + k] * before + c[o + _AT[7] + k] * behind
            one *= c[o + k]
            two = (two - c[o + _AT[2] + k] * one) * c[o + _AT[3] + k]
            c[o + _AT[10] + k] = one if abs(one) > FADED else 0.0
            c[o + _AT[11] + k] = two if abs(two) > FADED else 0.0


@compiled
def _lane_products(
    one: Array, at: int, stride: int, two: Array, to: int, step: int, steps: int, found: Array
) -> None:
    """Add sums of products to ``found``, one for each lane."""
    a, b, c, d, e, f, g, h = 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0
    for t in range(steps):
        o, q = np.uintp(at + t * stride), np.uintp(to + t * step)
        a += one[o] * two[q]
        b += one[o + _U[1]] * two[q + _U[1]]
        c += one[o + _U[2]] * two[q + _U[2]]
        d += one[o + _U[3]] * two[q + _U[3]]
        e += one[o + _U[4]] * two[q + _U[4]]
        f += one[o + _U[5]] * two[q + _U[5]]
        g += one[o + _U[6]] * two[q + _U[6]]
        h += one[o + _U[7]] * two[q + _U[7]]
    for k, value in enumerate((a, b, c, d, e, f, g, h)):
        found[k] += value


@compiled
def _place(plan: Plan, side: int, lane: int) -> int:
    """Place in the border of a side in a lane."""
    outer = plan.limits + plan.shared
    if side < outer:
        return side
    row = side - outer
    return outer + row * LANES + lane if row < plan.kept.shape[0] else plan.border


@compiled
def _add_product(factor: Factor, one: int, two: int, value: float) -> None:
    factor.gram[max(one, two), min(one, two)] += value


@compiled
def _products(plan: Plan, factor: Factor, first: int) -> None:
    """Products of the sides from ``first`` on with those before them, and with the lanes' ends.

    What the border has without them is subtracted, so that it is the negative Schur complement.
    """
    size, outer = plan.kept.shape[0], plan.limits + plan.shared
    sides, found = outer + size + 1, np.zeros(LANES)
    for b in range(first, sides):
        half, at, stride = _side(plan, factor, b)
        for other in range(min(b + 1, sides - 1)):
            second, to, step = _side(plan, factor, other)
            found[:] = 0.0
            for i in range(size):
                by = i * LANES
                _lane_products(half, at + by, stride, second, to + by, step, plan.steps, found)
            for k in range(LANES):
                _add_product(factor, _place(plan, b, k), _place(plan, other, k), found[k])
        ending = at + (plan.steps - 1) * stride
        for c in range(size):
            for k in range(LANES):
                total = 0.0
                for i in range(size):
                    total += half[ending + i * LANES + k] * factor.end_half[c, i, k]
                if plan.lane_after[k] >= 0:
                    one, two = _place(plan, b, k), outer + c * LANES + plan.lane_after[k]
                    _add_product(factor, one, two, 2.0 * total if one == two else total)
        if b < outer or b == sides - 1:
            for i in range(size):
                for k in range(LANES):
                    two = outer + i * LANES + k
                    _add_product(
                        factor, _place(plan, b, k), two, -factor.first[min(b, outer), i, k]
                    )
    if first == 0:
        for c in range(size):
            for d in range(c + 1):
                for k in range(LANES):
                    one, two = outer + c * LANES + k, outer + d * LANES + k
                    _add_product(factor, one, two, -factor.start[c, d, k])
                    total = 0.0
                    for i in range(size):
                        total += factor.end_half[c, i, k] * factor.end_half[d, i, k]
                    if plan.lane_after[k] >= 0:
                        one = outer + c * LANES + plan.lane_after[k]
                        _add_product(factor, one, outer + d * LANES + plan.lane_after[k], total)
    last = factor.local_half.shape[0] - 1
    for b in range(min(first, last), last + 1):
        for other in range(min(b + 1, last)):
            total = 0.0
            for at in range(factor.local_half.shape[1]):
                one, two = factor.local_half[b, at], factor.local_half[other, at]
                for k in range(one.shape[0]):
                    total += one[k] * two[k]
            factor.gram[b if b < last else plan.border, other] += total


@compiled
def _border_sides(
    plan: Plan, factor: Factor, x: Array, shared: Array, tile: int, n: int,
    rows: Array, spare: Array, last: Array,
) -> None:  # fmt: skip
    """Columns of the dense rows and shared variables within a tile, behind the local rows."""
    for side in range(plan.limits + plan.shared):
        rows[:] = 0.0
        if side < plan.limits:
            for d in range(plan.dense_columns.shape[0]):
                weights = _block(plan, x, tile, plan.dense_columns[d])[THETA:]
                factors = plan.dense[side, d, tile * SIZE : tile * SIZE + n]
                for k in range(n):
                    spare[k] = weights[k] * factors[k]
                _add_column(plan, plan.dense_columns[d], spare, n, rows, last[side])
                for other in range(plan.limits):
                    second = plan.dense[other, d, tile * SIZE : tile * SIZE + n]
                    total = 0.0
                    for k in range(n):
                        total += spare[k] * second[k]
                    factor.limits[other, side] += total
        elif factor.border[side] > 0.0:
            for i in range(plan.shared_rows.shape[0]):
                at = plan.shared_rows[i] * SIZE
                entries = shared[i, side - plan.limits, tile * SIZE : tile * SIZE + n]
                for k in range(n):
                    rows[at + k] = entries[k]
        _local_forward(plan, factor, rows, side, tile, n)
        _coupled_rows(plan, factor, rows, side, tile, n)


@compiled
def _lane_sides(plan: Plan, factor: Factor, tile: int, n: int) -> None:
    """Columns of the first steps of the lanes, behind the lower triangle of the others."""
    size, chain, first, steps = plan.kept.shape[0], factor.chain, tile * STEPS, n // LANES
    if plan.short == 1:
        _levels_one(chain, first, steps)
    elif plan.short == 2:
        _levels_two(chain, first, steps)
    else:
        for c in range(size):
            to = (2 * size * size + c * size) * LANES
            _forward(chain, to, plan.stride, chain, size, plan.stride, first, steps)


@compiled
def _lane_ends(plan: Plan, factor: Factor, x: Array) -> None:
    """Links of the first steps to the ends of the lanes before them, and what these add to them."""
    size, outer = plan.kept.shape[0], plan.limits + plan.shared
    last_tile = plan.tiles - 1
    ending = THETA + _size(plan, last_tile) - LANES
    f = (plan.steps - 1) * plan.stride
    factor.end_half[:] = 0.0
    for k in range(LANES):
        after = plan.lane_after[k]
        if after < 0:
            continue
        for e in range(plan.link_place.shape[0]):
            c, i, j = plan.link_place[e, 0], plan.link_place[e, 1], plan.link_place[e, 2]
            value = plan.link_weight[e] * _block(plan, x, last_tile, j)[ending + k]
            if plan.start_tile[k] * STEPS + plan.start_place[k] // LANES < plan.steps - 1:
                factor.end_half[c, i, k] += value
            else:  # a lane of one step
                one, two = outer + c * LANES + after, outer + i * LANES + k
                _add_product(factor, one, two, -2.0 * value if one == two else -value)
        for c in range(size):
            for i in range(size):
                value = factor.end_half[c, i, k]
                for m in range(i):
                    value -= factor.chain[f + (i * size + m) * LANES + k] * factor.end_half[c, m, k]
                factor.end_half[c, i, k] = value * factor.chain[f + (i * size + i) * LANES + k]
        for e in range(plan.later_pair.shape[0]):
            value = (
                plan.later_weight[e] * _block(plan, x, last_tile, plan.later_column[e])[ending + k]
            )
            for p in range(plan.kept_pair.shape[0]):
                if plan.kept_pair[p, 0] == plan.later_pair[e]:
                    factor.start[plan.kept_pair[p, 1], plan.kept_pair[p, 2], after] += value
        for p in range(plan.kept_pair.shape[0]):
            if plan.kept_pair[p, 1] == plan.kept_pair[p, 2]:  # 1 where nothing moves in its step
                pair, own, at = plan.kept_pair[p, 0], 0.0, THETA + plan.start_place[after]
                for e in range(plan.pair_from[pair], plan.pair_from[pair + 1]):
                    own += _block(plan, x, plan.start_tile[after], plan.pair_column[e])[at]
                if own == 0.0:
                    factor.start[plan.kept_pair[p, 1], plan.kept_pair[p, 1], after] -= 1.0


@compiled
def _first_after(plan: Plan, factor: Factor, side: int, ends: Array) -> None:
    """Subtract what is kept of values at the ends of lanes from a side of the first steps."""
    for e in range(plan.carry_row.shape[0]):
        for i in range(plan.kept.shape[0]):
            if plan.kept[i] == plan.carry_row[e]:
                for k in range(LANES):
                    before = plan.lane_before[k]
                    if before >= 0:
                        kept = plan.carry_keep[e] * ends[e * LANES + before]
                        factor.first[side, i, k] -= kept


@compiled
def factor_and_solve(
    plan: Plan, factor: Factor, x: Array, residual: Array, shared: Array,
    y: Array, y_limits: Array, rhs: Array, primal: float, dual: float, sums: Array,
) -> Array:  # fmt: skip
    """Factor for the weights Θ and solve the lower triangle for ``residual`` + A Θ h.

    Before that take a step, which gives reduced costs in ``h`` and the weights; where ``dual`` is
    negative, both are given. Returns D Θ h, an ndarray: the part of the variables of the steps in
    the dense rows.

    The sums: complementarity products, c · x, width times reduced cost below 0, q · x², b · y.
    """
    carries, everywhere = plan.carry_row.shape[0], plan.limits + plan.shared
    side = everywhere + plan.kept.shape[0]
    rows, other_rows, spare = np.zeros(plan.rows * SIZE), np.zeros(plan.rows * SIZE), np.zeros(SIZE)
    blocks = np.zeros((plan.pair_from.shape[0] - 1) * SIZE)
    last, lasts = np.zeros(carries * LANES), np.zeros((everywhere + 1, carries * LANES))
    limits, total = np.zeros(plan.limits), np.zeros(4 * SIZE)
    factor.gram[:], factor.limits[:] = 0.0, 0.0
    for tile in range(plan.tiles):
        n, at = _size(plan, tile), tile * plan.rows * SIZE
        rows[:] = residual[at : at + plan.rows * SIZE]
        for j in range(plan.columns):
            b = _block(plan, x, tile, j)
            if dual >= 0.0:
                _advance(plan, b, y, y_limits, j, tile, n, primal, dual, total)
            for k in range(n):
                spare[k] = b[THETA + k] * b[H + k]
            _add_column(plan, j, spare, n, rows, last)
            _add_limits(plan, j, spare, n, tile, limits)
        _assemble(plan, x, tile, n, blocks)
        _eliminate_local(plan, factor, blocks, tile, n, spare)
        _factor_coupled(plan, factor, x, blocks, tile, n)
        _border_sides(plan, factor, x, shared, tile, n, other_rows, spare, lasts)
        _lane_sides(plan, factor, tile, n)
        _local_forward(plan, factor, rows, side, tile, n)
        _coupled_rows(plan, factor, rows, side, tile, n)
    _lane_ends(plan, factor, x)
    for dense in range(plan.limits):
        _first_after(plan, factor, dense, lasts[dense])
    _first_after(plan, factor, everywhere, last)
    _products(plan, factor, 0)
    for i in range(4):
        sums[i] = total[i * SIZE : (i + 1) * SIZE].sum()
    by_row = np.zeros(SIZE)
    for i in range(0, rhs.shape[0], SIZE):
        one, two = rhs[i : i + SIZE], y[i : i + SIZE]
        for k in range(SIZE):
            by_row[k] += one[k] * two[k]
    sums[4] = by_row.sum()
    return limits


@compiled
def _advance(
    plan: Plan, b: Array, y: Array, y_limits: Array, j: int, tile: int, n: int,
    primal: float, dual: float, total: Array,
) -> None:  # fmt: skip
    """Take a step of variable j; then its reduced costs, weights and sums."""
    if dual > 0.0:
        for k in range(n):
            step = primal * b[DX + k]
            b[S + k] += step
            b[W + k] -= step
            b[Z + k] *= b[P + k] * dual + (1.0 - dual)
            b[V + k] *= b[R + k] * dual + (1.0 - dual)
    for k in range(n):
        b[H + k] = b[COST + k] + b[CURVE + k] * b[S + k]
    _less_transposed(plan, y, y_limits, j, tile, b[H:])
    for k in range(n):
        s, w, z, v, q = b[S + k], b[W + k], b[Z + k], b[V + k], b[CURVE + k]
        g, u = b[H + k], b[WIDTH + k]
        total[k] += s * z + w * v
        total[SIZE + k] += b[COST + k] * s
        total[2 * SIZE + k] += u * (g if g < 0.0 else 0.0)
        total[3 * SIZE + k] += q * s * s
        theta = s * w / (z * w + v * s + q * s * w)
        b[THETA + k] = theta if u > 0.0 else 0.0


@compiled
def _first_duals(plan: Plan, border: Array, dy: Array, tile: int) -> None:
    """Write the duals of the first steps of lanes, of one tile, or of all if it is negative."""
    outer = plan.limits + plan.shared
    for k in range(LANES):
        if tile < 0 or plan.start_tile[k] == tile:
            for i in range(plan.kept.shape[0]):
                row = _row(plan, dy, plan.start_tile[k], plan.kept[i])
                row[plan.start_place[k]] = border[outer + i * LANES + k]


@compiled
def _duals_tile(plan: Plan, factor: Factor, border: Array, dy: Array, tile: int, n: int) -> None:
    """Upper triangle for the last side, less the columns of the border; steps in reverse."""
    size, outer, c = plan.kept.shape[0], plan.limits + plan.shared, factor.chain
    steps, first = n // LANES, tile * STEPS
    at, length = 3 * size * size * LANES, size * LANES
    for b in range(outer):
        side, weight = factor.half[b], border[b]
        for t in range(first, first + steps):
            for k in range(length):
                c[t * plan.stride + at + k] -= weight * side[t * length + k]
    if tile == plan.tiles - 1:
        o = (plan.steps - 1) * plan.stride + at
        for s in range(size):
            for k in range(LANES):
                c[o + length + s * LANES + k] = border[outer + s * LANES + k]
                if plan.lane_after[k] >= 0:
                    for i in range(size):
                        weight = border[outer + s * LANES + plan.lane_after[k]]
                        c[o + i * LANES + k] -= weight * factor.end_half[s, i, k]
    if plan.short == 1:
        _backward_one(c, first, steps, plan.steps)
    elif plan.short == 2:
        _backward_two(c, first, steps, plan.steps)
    else:
        _backward(c, at, size, plan.stride, first, steps, plan.steps)
    for i in range(size):
        row = _row(plan, dy, tile, plan.kept[i])
        for t in range(steps):
            of = (first + t) * plan.stride + at + i * LANES
            for k in range(LANES):
                row[t * LANES + k] = c[of + k]
    _first_duals(plan, border, dy, tile)
    for at in range(plan.local.shape[0] - 1, -1, -1):
        row, root = _row(plan, dy, tile, plan.local[at]), factor.root[tile, at]
        value_of = factor.local_half[outer, at, tile * SIZE : tile * SIZE + n]
        for k in range(n):
            row[k] = value_of[k]
        for b in range(outer):
            column, weight = factor.local_half[b, at, tile * SIZE : tile * SIZE + n], border[b]
            for k in range(n):
                row[k] -= weight * column[k]
        for k in range(n):
            row[k] *= root[k]
        for e in range(plan.below_from[at], plan.below_from[at + 1]):
            multiplier, other = factor.multiplier[tile, e], _row(plan, dy, tile, plan.below_row[e])
            for k in range(n):
                row[k] -= multiplier[k] * other[k]


@compiled
def _backward_one(c: Array, first: int, steps: int, all_steps: int) -> None:
    """Less the side of the level before the lane, and the upper triangle, in place."""
    for back in range(1, steps + 1):
        t = np.uintp(first + steps - back)
        o = t * _ONE
        q = o + _ONE
        if first + steps - back + 1 < all_steps:
            for k in range(_LANES):
                level = c[q + _AT[4] + k]
                c[o + _AT[4] + k] = level
                value = c[o + _AT[3] + k] - c[q + _AT[1] + k] * c[q + _AT[3] + k]
                c[o + _AT[3] + k] = (value - level * c[o + _AT[2] + k]) * c[o + k]
        else:
            for k in range(_LANES):
                value = c[o + _AT[3] + k] - c[o + _AT[4] + k] * c[o + _AT[2] + k]
                c[o + _AT[3] + k] = value * c[o + k]


@compiled
def _backward_two(c: Array, first: int, steps: int, all_steps: int) -> None:
    """The same of two storages."""
    for back in range(1, steps + 1):
        t = np.uintp(first + steps - back)
        o = t * _TWO
        q = o + _TWO
        if first + steps - back + 1 < all_steps:
            for k in range(_LANES):
                level, other = c[q + _AT[14] + k], c[q + _AT[15] + k]
                after, behind = c[q + _AT[12] + k], c[q + _AT[13] + k]
                one, two = c[o + _AT[12] + k], c[o + _AT[13] + k]
                one -= level * c[o + _AT[8] + k] + other * c[o + _AT[10] + k]
                two -= level * c[o + _AT[9] + k] + other * c[o + _AT[11] + k]
                one -= c[q + _AT[4] + k] * after + c[q + _AT[6] + k] * behind
                two -= c[q + _AT[5] + k] * after + c[q + _AT[7] + k] * behind
                two *= c[o + _AT[3] + k]
                one = (one - c[o + _AT[2] + k] * two) * c[o + k]
                c[o + _AT[12] + k], c[o + _AT[13] + k] = one, two
                c[o + _AT[14] + k], c[o + _AT[15] + k] = level, other
        else:
            for k in range(_LANES):
                level, other = c[o + _AT[14] + k], c[o + _AT[15] + k]
                one, two = c[o + _AT[12] + k], c[o + _AT[13] + k]
                one -= level * c[o + _AT[8] + k] + other * c[o + _AT[10] + k]
                two -= level * c[o + _AT[9] + k] + other * c[o + _AT[11] + k]
                two *= c[o + _AT[3] + k]
                one = (one - c[o + _AT[2] + k] * two) * c[o + k]
                c[o + _AT[12] + k], c[o + _AT[13] + k] = one, two


@compiled
def _backward(
    c: Array, at: int, size: int, stride: int, first: int, steps: int, all_steps: int
) -> None:
    """The same of any number of storages."""
    levels = (all_steps - 1) * stride + at + size * LANES
    for t in range(first + steps - 1, first - 1, -1):
        f = t * stride
        o = f + at
        for s in range(size):
            side = f + (2 * size * size + s * size) * LANES
            for i in range(size):
                for k in range(LANES):
                    level = c[levels + s * LANES + k]
                    c[o + i * LANES + k] -= level * c[side + i * LANES + k]
        if t + 1 < all_steps:
            q, tie = o + stride, f + stride + size * size * LANES
            for i in range(size):
                for j in range(size):
                    for k in range(LANES):
                        c[o + i * LANES + k] -= (
                            c[tie + (j * size + i) * LANES + k] * c[q + j * LANES + k]
                        )
        for i in range(size - 1, -1, -1):
            for j in range(i + 1, size):
                for k in range(LANES):
                    c[o + i * LANES + k] -= c[f + (j * size + i) * LANES + k] * c[o + j * LANES + k]
            for k in range(LANES):
                c[o + i * LANES + k] *= c[f + (i * size + i) * LANES + k]


@compiled
def duals(plan: Plan, factor: Factor, border: Array, dy: Array) -> None:
    """Upper triangle for the last side: Δy of the rows of the steps."""
    _first_duals(plan, border, dy, -1)
    for tile in range(plan.tiles - 1, -1, -1):
        _duals_tile(plan, factor, border, dy, tile, _size(plan, tile))


@compiled
def _less_duals(plan: Plan, x: Array, dy: Array, border: Array, j: int, tile: int) -> None:
    """Δx = Θ (Aᵀ Δy - h) of variable j."""
    b, n = _block(plan, x, tile, j), _size(plan, tile)
    for k in range(n):
        b[DX + k] = b[H + k]
    _less_transposed(plan, dy, border, j, tile, b[DX:])
    for k in range(n):
        b[DX + k] *= -b[THETA + k]


@compiled
def affine(plan: Plan, factor: Factor, x: Array, border: Array, dy: Array, found: Array) -> None:
    """Affine step, Δx.

    ``found``: how far the bounds are passed, primal and dual; Σ (z - v) Δx; Σ (p z + r v) Δx.
    """
    _first_duals(plan, border, dy, -1)
    total = np.zeros(6 * SIZE)
    total[: 4 * SIZE] = -np.inf
    for tile in range(plan.tiles - 1, -1, -1):
        n = _size(plan, tile)
        _duals_tile(plan, factor, border, dy, tile, n)
        for j in range(plan.columns):
            _less_duals(plan, x, dy, border, j, tile)
            b = _block(plan, x, tile, j)
            for k in range(n):
                dx, z, v, s, w = b[DX + k], b[Z + k], b[V + k], b[S + k], b[W + k]
                share = dx / (s * w)
                p, r = share * w, share * s
                down, up = total[k], total[SIZE + k]
                above, under = total[2 * SIZE + k], total[3 * SIZE + k]
                total[k] = -p if -p > down else down
                total[SIZE + k] = p if p > up else up
                total[2 * SIZE + k] = r if r > above else above
                total[3 * SIZE + k] = -r if -r > under else under
                total[4 * SIZE + k] += (z - v) * dx
                total[5 * SIZE + k] += (p * z + r * v) * dx
    found[0] = max(total[:SIZE].max(), total[2 * SIZE : 3 * SIZE].max())
    found[1] = 1.0 + max(total[SIZE : 2 * SIZE].max(), total[3 * SIZE : 4 * SIZE].max())
    found[2], found[3] = total[4 * SIZE : 5 * SIZE].sum(), total[5 * SIZE :].sum()


@compiled
def corrector_rows(plan: Plan, factor: Factor, x: Array, residual: Array, target: float) -> Array:
    """Right-hand side of the corrector behind the lower triangle; returns D Θ h, an ndarray.

    h = g - (z Δs² / s² + ... + τ) / s + ... / w: the second-order terms of the affine step, and τ.
    """
    rows, spare = np.zeros(plan.rows * SIZE), np.zeros(SIZE)
    last, limits = np.zeros(plan.carry_row.shape[0] * LANES), np.zeros(plan.limits)
    side = plan.limits + plan.shared + plan.kept.shape[0]
    factor.gram[plan.border, :] = 0.0
    for tile in range(plan.tiles):
        n, at = _size(plan, tile), tile * plan.rows * SIZE
        rows[:] = residual[at : at + plan.rows * SIZE]
        for j in range(plan.columns):
            b = _block(plan, x, tile, j)
            for k in range(n):
                s, w = b[S + k], b[W + k]
                one = 1.0 / (s * w)
                one_s, one_w = one * w, one * s
                p, r = b[DX + k] * one_s, b[DX + k] * one_w
                h = b[H + k] - ((p + 1.0) * p * b[Z + k] + target * one_s)
                h += (r - 1.0) * r * b[V + k] + target * one_w
                b[H + k] = h
                spare[k] = b[THETA + k] * h
            _add_column(plan, j, spare, n, rows, last)
            _add_limits(plan, j, spare, n, tile, limits)
        _local_forward(plan, factor, rows, side, tile, n)
        _coupled_rows(plan, factor, rows, side, tile, n)
    _first_after(plan, factor, plan.limits + plan.shared, last)
    _products(plan, factor, side)
    return limits


@compiled
def corrector(
    plan: Plan, factor: Factor, x: Array, border: Array, dy: Array, target: float,
    covered: Array, limits: Array, found: Array,
) -> None:  # fmt: skip
    """Corrector step Δx, A Δx in ``covered`` and ``limits``, and the bounds on its lengths.

    ``p`` and ``r`` become the prices after a full step as shares of what they were.
    """
    _first_duals(plan, border, dy, -1)
    total, spare = np.zeros(2 * SIZE), np.zeros(SIZE)
    total[:SIZE], total[SIZE:] = -np.inf, np.inf
    covered[:], limits[:] = 0.0, 0.0
    ends, none = (
        np.zeros(plan.carry_row.shape[0] * LANES),
        np.zeros(plan.carry_row.shape[0] * LANES),
    )
    for tile in range(plan.tiles - 1, -1, -1):
        n, at = _size(plan, tile), tile * plan.rows * SIZE
        _duals_tile(plan, factor, border, dy, tile, n)
        none[:] = 0.0
        for j in range(plan.columns):
            b = _block(plan, x, tile, j)
            for k in range(n):
                spare[k] = b[DX + k]
            _less_duals(plan, x, dy, border, j, tile)
            for k in range(n):
                z, v, dx = b[Z + k], b[V + k], b[DX + k]
                below, above = b[S + k] * z, b[W + k] * v
                one = 1.0 / (below * above)  # divisions take most of the time
                one_z, one_v = one * above, one * below
                one_s, one_w = one_z * z, one_v * v
                down, up = dx * one_s, dx * one_w
                p, r = spare[k] * one_s, spare[k] * one_w
                p = (p + 1.0) * p + target * one_z - down
                r = (r - 1.0) * r + target * one_v + up
                b[P + k], b[R + k] = p, r
                way = -down if -down > up else up
                least = p if p < r else r
                total[k] = way if way > total[k] else total[k]
                total[SIZE + k] = least if least < total[SIZE + k] else total[SIZE + k]
            part = b[DX : DX + SIZE]
            _add_column(plan, j, part, n, covered[at : at + plan.rows * SIZE], none)
            _add_limits(plan, j, part, n, tile, limits)
        if tile == plan.tiles - 1:
            ends[:] = none
        else:
            for e in range(plan.carry_row.shape[0]):
                row = _row(plan, covered, tile + 1, plan.carry_row[e])
                for k in range(LANES):
                    row[k] -= plan.carry_keep[e] * none[e * LANES + k]
    _after_lanes(plan, ends, covered)
    found[0], found[1] = total[:SIZE].max(), 1.0 - total[SIZE:].min()


@compiled
def _after_lanes(plan: Plan, ends: Array, rows: Array) -> None:
    """Subtract what is kept of the levels at the ends of lanes from the rows that follow."""
    for e in range(plan.carry_row.shape[0]):
        for k in range(LANES):
            before = plan.lane_before[k]
            if before >= 0:
                row = _row(plan, rows, plan.start_tile[k], plan.carry_row[e])
                row[plan.start_place[k]] -= plan.carry_keep[e] * ends[e * LANES + before]


@compiled
def rows_of(plan: Plan, x: Array, field: int, moving: bool, out: Array, limits: Array) -> None:
    """A times a part of the variables of the steps, of those that can move where ``moving``."""
    spare, last = np.zeros(SIZE), np.zeros(plan.carry_row.shape[0] * LANES)
    out[:], limits[:] = 0.0, 0.0
    for tile in range(plan.tiles):
        n, at = _size(plan, tile), tile * plan.rows * SIZE
        for j in range(plan.columns):
            b = _block(plan, x, tile, j)
            part = b[field : field + SIZE]
            for k in range(n):
                spare[k] = part[k]
            if moving:
                for k in range(n):
                    spare[k] = spare[k] if b[WIDTH + k] > 0.0 else 0.0
            _add_column(plan, j, spare, n, out[at : at + plan.rows * SIZE], last)
            _add_limits(plan, j, spare, n, tile, limits)
    _after_lanes(plan, last, out)


@compiled
def move_along(plan: Plan, factor: Factor, x: Array, y: Array, limits: Array) -> None:
    """Θ Aᵀ y of the variables of the steps, in ``h``."""
    for tile in range(plan.tiles):
        n = _size(plan, tile)
        for j in range(plan.columns):
            b = _block(plan, x, tile, j)
            for k in range(n):
                b[H + k] = 0.0
            _less_transposed(plan, y, limits, j, tile, b[H:])
            for k in range(n):
                b[H + k] *= -b[THETA + k]


@compiled
def solve_lower(plan: Plan, factor: Factor, right: Array) -> None:
    """Lower triangle for another right-hand side of the rows of the steps."""
    rows, side = np.zeros(plan.rows * SIZE), plan.limits + plan.shared + plan.kept.shape[0]
    factor.gram[plan.border, :] = 0.0
    for tile in range(plan.tiles):
        n, at = _size(plan, tile), tile * plan.rows * SIZE
        rows[:] = right[at : at + plan.rows * SIZE]
        _local_forward(plan, factor, rows, side, tile, n)
        _coupled_rows(plan, factor, rows, side, tile, n)
    _products(plan, factor, side)


@compiled
def add_move(plan: Plan, x: Array, length: float) -> None:
    """Add ``length`` times ``h`` to Δx, and what follows from it to the prices after a step."""
    for tile in range(plan.tiles):
        n = _size(plan, tile)
        for j in range(plan.columns):
            b = _block(plan, x, tile, j)
            for k in range(n):
                s, w, move = b[S + k], b[W + k], length * b[H + k]
                share = move / (s * w)
                b[DX + k] += move
                b[P + k] -= share * w
                b[R + k] += share * s


@compiled
def reaches(plan: Plan, x: Array, found: Array) -> None:
    """Bounds on the lengths of the corrector step, as `corrector` finds them."""
    total = np.zeros(2 * SIZE)
    total[:SIZE], total[SIZE:] = -np.inf, np.inf
    for tile in range(plan.tiles):
        n = _size(plan, tile)
        for j in range(plan.columns):
            b = _block(plan, x, tile, j)
            for k in range(n):
                s, w = b[S + k], b[W + k]
                share = b[DX + k] / (s * w)
                down, up = share * w, share * s
                way = -down if -down > up else up
                least = b[P + k] if b[P + k] < b[R + k] else b[R + k]
                total[k] = way if way > total[k] else total[k]
                total[SIZE + k] = least if least < total[SIZE + k] else total[SIZE + k]
    found[0], found[1] = total[:SIZE].max(), 1.0 - total[SIZE:].min()
