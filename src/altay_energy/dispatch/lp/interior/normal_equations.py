r"""The normal matrix of a `BlockLP`, factored along time.

An interior-point iteration solves, for rows r and weights θ > 0 of the variables,

.. math:: A \Theta A^\top \lambda = r

with A all rows of the program. The matrix is block tridiagonal in time, apart from three things
that form its border: dense rows, variables that all steps share, and the levels of the last
step where the year is closed to a ring. What is left is factored in two parts: rows of
one step only (a balance, a maximum) are diagonal in time and are eliminated as whole series;
the others (one a storage) are tied to the step before and are factored in time proportional to T
(`block_cholesky`). The border is closed by its Schur complement.

References
----------
.. [1] S. J. Wright, Primal-Dual Interior-Point Methods, SIAM 1997, chapter 11 (normal equations,
   sparse Cholesky with small pivots, dense columns by Schur complement).
"""

from __future__ import annotations

import numpy as np

from altay_energy.core.units import Array
from altay_energy.dispatch.lp.interior.block_cholesky import BlockCholesky
from altay_energy.dispatch.lp.matrix import BlockMatrix, Selection, dots, multiplied, pieces
from altay_energy.dispatch.lp.program import Bools

_SHIFT = 2e-15
"""Added to the diagonal, relative to it: some roundings, so that rows which nearly depend on each
other leave a positive pivot. More would cost accuracy, and that further conjugate gradients."""


class Elimination:
    """Which rows meet which, and in what order they are eliminated; found once for a matrix.

    Parameters
    ----------
    matrix : BlockMatrix
        The rows of the program.
    """

    def __init__(self, matrix: BlockMatrix) -> None:
        self.matrix = matrix
        now, before, carried = matrix.now, matrix.before, matrix.carried
        coupled = before.any(axis=1) | now[:, carried].any(axis=1)
        self.kept = np.flatnonzero(coupled)
        """Rows that see two steps: the band."""
        self.local = np.flatnonzero(~coupled)
        self.local_at = {int(row): at for at, row in enumerate(self.local)}
        self.kept_at = place = {int(row): at for at, row in enumerate(self.kept)}
        order = [*map(int, self.local), *map(int, self.kept)]
        self._find_pairs(order)
        self.diagonal_weights = np.array([now[i] * now[j] for i, j in self.pairs])
        self.later = [
            (at, place, float(before[i, place] * before[j, place]))
            for at, (i, j) in enumerate(self.pairs)
            for place in np.flatnonzero(before[i] * before[j])
        ]
        """Pairs of rows that meet in the levels of the step before: pair, level, weight."""
        self.links = [
            (int(i), int(j))
            for i in self.kept
            for j in self.kept
            if (before[i] * now[j, carried]).any()
        ]
        self.link_weights = np.array([-before[i] * now[j, carried] for i, j in self.links])
        self.link_place = [(place[i], place[j]) for i, j in self.links]
        self.kept_place = [
            (at, place[i], place[j])
            for at, (i, j) in enumerate(self.pairs)
            if i in place and j in place
        ]
        self.ring = carried if matrix.cyclic else carried[:0]
        self.outside = matrix.shared_variables + self.ring.size
        """Variables in the border."""
        self.outer = matrix.dense_rows + matrix.shared_variables
        self.ring_dense = np.zeros((matrix.dense_rows, self.ring.size))
        for at, column in enumerate(self.ring):
            for known in np.flatnonzero(matrix.dense_columns == column):
                self.ring_dense[:, at] = matrix.dense[:, known, -1]
        self.border = matrix.dense_rows + self.outside

    def _find_pairs(self, order: list[int]) -> None:
        """Pairs of rows (later, earlier) that meet in a step, with what elimination adds."""
        now, before = self.matrix.now != 0.0, self.matrix.before != 0.0
        rank = {row: at for at, row in enumerate(order)}
        meets = (now.astype(int) @ now.T) + (before.astype(int) @ before.T) > 0
        np.fill_diagonal(meets, True)
        self.below: dict[int, list[int]] = {}
        for at, row in enumerate(order[: len(self.local)]):
            self.below[row] = [other for other in order[at + 1 :] if meets[other, row]]
            for i in self.below[row]:
                meets[i, self.below[row]] = True
        self.pairs = [(i, j) for j in order for i in order if meets[i, j] and rank[i] >= rank[j]]
        self.at = {pair: at for at, pair in enumerate(self.pairs)}


class NormalMatrix:
    """A Θ Aᵀ of some programs: `factor` and `solve` as often as weights change.

    Parameters
    ----------
    elimination : Elimination
        Of the rows of the programs.
    """

    def __init__(self, elimination: Elimination) -> None:
        self.plan, self.matrix = elimination, elimination.matrix
        self.border, self.outside = elimination.border, elimination.outside
        self.runs = -1

    def at_border(self, x: Array) -> Array:
        """The variables in the border, shape (R, p + ring), of flat variables."""
        shared = self.matrix.tail(x)[0]
        if not self.plan.ring.size:
            return shared
        return np.concatenate([shared, self.matrix.by_step(x)[:, self.plan.ring, -1]], axis=1)

    def put_border(self, x: Array, border: Array | float) -> None:
        """Write the variables in the border into flat variables."""
        if not self.outside:
            return
        values = np.broadcast_to(border, (len(x), self.outside))
        shared = self.matrix.shared_variables
        self.matrix.tail(x)[0][...] = values[:, :shared]
        self.matrix.by_step(x)[:, self.plan.ring, -1] = values[:, shared:]

    def factor(self, theta: Array, which: Selection = slice(None)) -> Bools:
        """Factor for new weights.

        Parameters
        ----------
        theta : ndarray, shape (R, n·T + p + Q)
            Weights θ ≥ 0 of the flat variables, 0 where one is fixed.
        which : slice or ndarray
            Which of all programs these R are.

        Returns
        -------
        ndarray of bool, shape (R,)
            False where a pivot was not positive: `solve` is then meaningless.
        """
        matrix = self.matrix
        border = self.at_border(theta).copy()
        self.put_border(theta, 0.0)
        self.good = np.ones(len(theta), dtype=np.bool_)
        weights = matrix.by_step(theta)
        if len(theta) != self.runs:
            self._allocate(len(theta))
        blocks = multiplied(self.plan.diagonal_weights, weights, self.blocks)
        if matrix.carried.size:
            carried = weights[:, matrix.carried]
            for pair, place, weight in self.plan.later:
                blocks[:, pair, 1:] += weight * carried[:, place, :-1]
        for row in (*self.plan.local, *self.plan.kept):
            diagonal = blocks[:, self.plan.at[int(row), int(row)]]
            diagonal *= 1.0 + _SHIFT
            np.copyto(diagonal, 1.0, where=diagonal == 0.0)  # all variables of the row are fixed
        self._eliminate_local(blocks)
        if self.plan.kept.size:
            self._factor_coupled(blocks, carried)
        if self.border:
            self._close_border(theta, border, which)
        self.put_border(theta, border)
        return self.good

    def _allocate(self, runs: int) -> None:
        """Allocate the arrays of `factor` once: allocation takes longer than the arithmetic."""
        plan, steps, size = self.plan, self.matrix.steps, self.plan.kept.size
        self.runs = runs
        self.blocks = np.empty((runs, len(plan.pairs), steps))
        self.diagonal = np.zeros((runs, size, size, steps))
        self.ties = np.empty((runs, len(plan.links), steps))
        self.link = np.zeros((runs, size, size, steps - 1))
        self.coupled = BlockCholesky(runs, size, steps, plan.link_place) if size else None

    def _eliminate_local(self, blocks: Array) -> None:
        self.multipliers: dict[tuple[int, int], Array] = {}
        self.roots: dict[int, Array] = {}
        for row in self.plan.local_at:
            pivot = blocks[:, self.plan.at[row, row]]
            if not pivot.min() > 0.0:
                self.good &= (pivot > 0.0).all(axis=1)
                np.copyto(pivot, 1.0, where=~(pivot > 0.0))
            below = self.plan.below[row]
            for i in below:
                self.multipliers[i, row] = blocks[:, self.plan.at[i, row]] / pivot
            for a, i in enumerate(below):
                for j in below[: a + 1]:
                    pair = (i, j) if (i, j) in self.plan.at else (j, i)
                    blocks[:, self.plan.at[pair]] -= (
                        self.multipliers[i, row] * blocks[:, self.plan.at[j, row]]
                    )
            self.roots[row] = 1.0 / np.sqrt(pivot)

    def _factor_coupled(self, blocks: Array, carried: Array) -> None:
        for at, i, j in self.plan.kept_place:
            self.diagonal[:, i, j] = blocks[:, at]
            self.diagonal[:, j, i] = blocks[:, at]
        ties = multiplied(self.plan.link_weights, carried, self.ties)
        for at, (i, j) in enumerate(self.plan.link_place):
            self.link[:, i, j] = ties[:, at, :-1]
        if self.coupled is not None:
            self.good &= self.coupled.factor(self.diagonal, self.link)

    def _forward(self, rows: Array) -> tuple[Array, Array]:
        """Lower triangle inverted: local rows (R, local, T) and coupled ones (R, kept·T)."""
        local = rows.take(self.plan.local, axis=1)  # contiguous: solve changes it flat
        kept = rows.take(self.plan.kept, axis=1)
        for at, row in enumerate(self.plan.local_at):
            for i in self.plan.below[row]:
                changed = self.multipliers[i, row] * local[:, at]
                if i in self.plan.kept_at:
                    kept[:, self.plan.kept_at[i]] -= changed
                else:
                    local[:, self.plan.local_at[i]] -= changed
            local[:, at] *= self.roots[row]
        return local, self.coupled.forward(kept) if self.coupled else kept.reshape(len(rows), -1)

    def _backward(self, local: Array, band: Array, out: Array) -> Array:
        """Upper triangle inverted, in place; rows, shape (R, m, T), in ``out``."""
        if self.coupled:
            out[:, self.plan.kept] = self.coupled.backward(band)
        for at in range(self.plan.local.size - 1, -1, -1):
            row = int(self.plan.local[at])
            series = np.multiply(local[:, at], self.roots[row], out=out[:, row])
            for i in self.plan.below[row]:
                series -= self.multipliers[i, row] * out[:, i]
        return out

    def _close_border(self, theta: Array, border: Array, which: Selection) -> None:
        """Schur complement of the border: [dense rows, shared variables, levels of the ring]."""
        matrix = self.matrix
        runs, dense, outer = len(theta), matrix.dense_rows, self.plan.outer
        self.free = border > 0.0
        corner = np.zeros((runs, self.border, self.border))
        columns = self._border_columns(theta, corner, which)
        columns[dense:] *= self.free.T[:, :, None, None]
        self.local_half = np.empty((runs, self.border, self.plan.local.size * matrix.steps))
        self.band_half = np.empty((runs, self.border, self.plan.kept.size * matrix.steps))
        for at, column in enumerate(columns):
            half, self.band_half[:, at] = self._forward(column)
            self.local_half[:, at] = half.reshape(runs, -1)
        corner[:, :dense, outer:] = self.plan.ring_dense
        corner[:, outer:, :dense] = self.plan.ring_dense.T
        corner[:, dense:] *= self.free[:, :, None]
        corner[:, :, dense:] *= self.free[:, None, :]
        diagonal = np.arange(dense, self.border)
        corner[:, diagonal, diagonal] = -1.0 / np.where(self.free, border, 1.0)
        corner -= _gram(self.local_half) + _gram(self.band_half)
        size = np.sqrt(np.abs(np.diagonal(corner, axis1=1, axis2=2)))
        size[size == 0.0] = 1.0
        everything = np.arange(self.border)
        empty = ~corner.any(axis=2)  # a dense row whose variables are all fixed
        corner[:, everything, everything] += empty
        self.border_scale = 1.0 / size
        self.corner = corner * self.border_scale[:, :, None] * self.border_scale[:, None, :]

    def _border_columns(self, theta: Array, corner: Array, which: Selection) -> Array:
        """Columns (border, R, m, T) of the normal matrix; fills ``corner`` of the dense rows."""
        matrix = self.matrix
        runs, dense, outer = len(theta), matrix.dense_rows, self.plan.outer
        columns = np.zeros((self.border, runs, matrix.rows, matrix.steps))
        columns[dense:outer, :, matrix.shared_rows] = matrix.shared_of(which).transpose(2, 0, 1, 3)
        if self.plan.ring.size:  # levels of the last step are in the first rows as well
            columns[outer:, :, :, 0] -= matrix.before.T[:, None]
            columns[outer:, :, :, -1] += matrix.now[:, self.plan.ring].T[:, None]
        if not dense:
            return columns
        weights = matrix.by_step(theta)[:, matrix.dense_columns]
        flat = np.zeros((runs, matrix.variables))
        rows = np.empty((runs, matrix.all_rows))
        for k in range(dense):
            matrix.by_step(flat)[:, matrix.dense_columns] = matrix.dense[k] * weights
            matrix.times(flat, rows, which)
            columns[k] = matrix.rows_by_step(rows)
            corner[:, :dense, k] = rows[:, matrix.step_rows :]
        corner[:, matrix.inequalities, matrix.inequalities] += matrix.tail(theta)[1]
        corner[:, :dense, dense:outer] = matrix.dense_shared
        corner[:, dense:outer, :dense] = matrix.dense_shared.T
        return columns

    def solve(self, rows: Array, border: Array) -> tuple[Array, Array]:
        """Row duals and the variables in the border.

        Parameters
        ----------
        rows : ndarray, shape (R, m·T + K)
            Right-hand side of the rows.
        border : ndarray, shape (R, p + ring)
            Right-hand side of the variables in the border.

        Returns
        -------
        tuple of ndarray
            λ, shape (R, m·T + K), and the steps of the variables in the border, (R, p + ring).
        """
        matrix = self.matrix
        local, band = self._forward(matrix.rows_by_step(rows))
        result = np.empty_like(rows)
        if not self.border:
            self._backward(local, band, matrix.rows_by_step(result))
            return result, border
        dense, flat = matrix.dense_rows, local.reshape(len(rows), -1)
        right = np.concatenate([rows[:, matrix.step_rows :], border * self.free], axis=1)
        right -= dots(self.local_half, flat[:, None]) + dots(self.band_half, band[:, None])
        at_end = self._solve_corner(right * self.border_scale) * self.border_scale
        flat -= np.einsum("rb,rbk->rk", at_end, self.local_half)
        band -= np.einsum("rb,rbk->rk", at_end, self.band_half)
        self._backward(local, band, matrix.rows_by_step(result))
        result[:, matrix.step_rows :] = at_end[:, :dense]
        return result, at_end[:, dense:] * self.free

    def fitted(self, theta: Array, cost: Array) -> Array:
        """Row duals that fit costs best.

        Parameters
        ----------
        theta : ndarray, shape (R, n·T + p + Q)
            Weights θ of the flat variables; overwritten.
        cost : ndarray, shape (R, n·T + p + Q)
            Costs c.

        Returns
        -------
        ndarray, shape (R, m·T + K)
            y with the least sum of θ (c - Aᵀ y)².
        """
        self.factor(theta)
        theta *= cost
        self.put_border(theta, 0.0)
        rhs = self.matrix.times(theta, np.empty((len(cost), self.matrix.all_rows)))
        return self.solve(rhs, self.at_border(cost))[0]

    def _solve_corner(self, right: Array) -> Array:
        try:
            return np.asarray(np.linalg.solve(self.corner, right[:, :, None]))[:, :, 0]
        except np.linalg.LinAlgError:  # dependent limits; NaN ends the iteration as failed
            return np.full_like(right, np.nan)


def _gram(half: Array) -> Array:
    """Products of all pairs of columns, shape (R, B, B), of columns (R, B, K)."""
    runs, count, length = half.shape
    total = np.zeros((runs, count, count))
    at_once = pieces(count * count)
    for first in range(0, length, at_once):
        part = half[..., first : first + at_once]
        total += np.matmul(part, part.transpose(0, 2, 1))
    return total
