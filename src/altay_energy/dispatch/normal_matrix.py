r"""The normal matrix of a `BlockLP`, factored along time.

An interior-point iteration solves, for rows r and weights θ > 0 of the variables,

.. math:: A \Theta A^\top \lambda = r

with A all rows of the program. The matrix is block tridiagonal in time, apart from three things
that are put to its border: dense rows, variables that all steps share, and the levels of the last
step where the year is closed to a ring. What is left is factored in two parts: rows that stand in
one step only (the power balance, a peak) are diagonal in time and are eliminated as whole series;
the others (one a storage) make a band that is as wide as there are storages, which LAPACK's banded
Cholesky factors in time proportional to T. The border is closed by its Schur complement.

References
----------
.. [1] S. J. Wright, Primal-Dual Interior-Point Methods, SIAM 1997, chapter 11 (normal equations,
   sparse Cholesky with small pivots, dense columns by Schur complement).
.. [2] E. Anderson et al., LAPACK Users' Guide, 3rd ed., SIAM 1999: dpbtrf, dtbtrs.
"""

from __future__ import annotations

import numpy as np
from scipy.linalg import lapack

from altay_energy.dispatch.block_lp import Bools
from altay_energy.dispatch.block_matrix import BlockMatrix
from altay_energy.units import Array

_SHIFT = 1e-14
"""Added to every pivot, relative to its diagonal: dependent rows leave a pivot of rounding only."""


_LARGER_SHIFTS = (0.0, 1e-11, 1e-8)
"""Tried in turn when a pivot is not positive; the residual of the rows tells what it cost."""

class NormalMatrix:
    """Symbolic part once, then `factor` and `solve` as often as weights change.

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
        place = {int(row): at for at, row in enumerate(self.kept)}
        order = [*map(int, self.local), *map(int, self.kept)]
        self._find_pairs(order)
        self.diagonal_weights = np.array([now[i] * now[j] for i, j in self.pairs])
        self.later_weights = np.array([before[i] * before[j] for i, j in self.pairs])
        self.links = [
            (int(i), int(j))
            for i in self.kept
            for j in self.kept
            if (before[i] * now[j, carried]).any()
        ]
        self.link_weights = np.array([-before[i] * now[j, carried] for i, j in self.links])
        size = len(self.kept)
        self.link_place = [(place[j], size + place[i] - place[j]) for i, j in self.links]
        self.kept_place = [
            (at, place[j], place[i] - place[j])
            for at, (i, j) in enumerate(self.pairs)
            if i in place and j in place
        ]
        offsets = [offset for _, offset in self.link_place]
        self.bandwidth = max([*offsets, *(offset for *_, offset in self.kept_place), 0])
        self.ring = carried if matrix.cyclic else carried[:0]
        self.outside = matrix.shared_variables + self.ring.size
        """Variables in the border."""
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
        self.pairs = [
            (i, j) for j in order for i in order if meets[i, j] and rank[i] >= rank[j]
        ]
        self.at = {pair: at for at, pair in enumerate(self.pairs)}

    def at_border(self, x: Array) -> Array:
        """The variables in the border, shape (R, p + ring), of flat variables."""
        shared = self.matrix.tail(x)[0]
        if not self.ring.size:
            return shared
        return np.concatenate([shared, self.matrix.by_step(x)[:, self.ring, -1]], axis=1)

    def put_border(self, x: Array, border: Array | float) -> None:
        """Write the variables in the border into flat variables."""
        values = np.broadcast_to(border, (len(x), self.outside))
        shared = self.matrix.shared_variables
        self.matrix.tail(x)[0][...] = values[:, :shared]
        self.matrix.by_step(x)[:, self.ring, -1] = values[:, shared:]

    def take_border(self, theta: Array) -> Array:
        """1 / θ of the variables in the border (inf: fixed); they are 0 in ``theta`` afterwards."""
        border = self.at_border(theta).copy()
        self.put_border(theta, 0.0)
        return np.divide(1.0, border, out=np.full_like(border, np.inf), where=border > 0.0)

    def factor(
        self, theta: Array, inverse_border: Array, which: slice | Array = slice(None)
    ) -> Bools:
        """Factor for new weights.

        Parameters
        ----------
        theta : ndarray, shape (R, n·T + p + Q)
            Weights θ ≥ 0 of the flat variables, 0 where one is fixed or in the border.
        inverse_border : ndarray, shape (R, p + ring)
            1 / θ of the variables in the border; inf where one is fixed.
        which : slice or ndarray of int
            Which of all programs these R are.

        Returns
        -------
        ndarray of bool, shape (R,)
            False where a pivot was not positive: what `solve` then says is not to be used.
        """
        matrix = self.matrix
        self.good = np.ones(len(theta), dtype=np.bool_)
        weights = matrix.by_step(theta)
        blocks = np.matmul(self.diagonal_weights, weights)
        if matrix.carried.size:
            carried = weights[:, matrix.carried]
            later = np.matmul(self.later_weights, carried)
            blocks[..., 1:] += later[..., :-1]
            links = np.matmul(self.link_weights, carried)
        for row in (*self.local, *self.kept):
            diagonal = blocks[:, self.at[int(row), int(row)]]
            diagonal *= 1.0 + _SHIFT
            np.copyto(diagonal, 1.0, where=diagonal == 0.0)  # all variables of the row are fixed
        self._eliminate_local(blocks)
        if self.kept.size:
            self._factor_band(blocks, links)
        if self.border:
            self._close_border(theta, inverse_border, which)
        return self.good

    def _eliminate_local(self, blocks: Array) -> None:
        self.multipliers: dict[tuple[int, int], Array] = {}
        self.roots: dict[int, Array] = {}
        for row in map(int, self.local):
            pivot = blocks[:, self.at[row, row]]
            if not pivot.min() > 0.0:
                self.good &= (pivot > 0.0).all(axis=1)
                np.copyto(pivot, 1.0, where=~(pivot > 0.0))
            below = self.below[row]
            for i in below:
                self.multipliers[i, row] = blocks[:, self.at[i, row]] / pivot
            for a, i in enumerate(below):
                for j in below[: a + 1]:
                    pair = (i, j) if (i, j) in self.at else (j, i)
                    blocks[:, self.at[pair]] -= self.multipliers[i, row] * blocks[:, self.at[j, row]]
            self.roots[row] = np.sqrt(pivot)

    def _factor_band(self, blocks: Array, links: Array) -> None:
        runs, size, steps = blocks.shape[0], self.kept.size, self.matrix.steps
        band = np.zeros((runs, steps, size, self.bandwidth + 1))
        for at, column, offset in self.kept_place:
            band[:, :, column, offset] = blocks[:, at]
        for link, (column, offset) in enumerate(self.link_place):
            band[:, :-1, column, offset] = links[:, link, :-1]
        self.factors = [self._cholesky(band[run], run) for run in range(runs)]

    def _cholesky(self, band: Array, run: int) -> Array:
        lower: Array
        columns = band.reshape(-1, self.bandwidth + 1)
        for shift in _LARGER_SHIFTS:
            shifted = columns.copy()
            shifted[:, 0] *= 1.0 + shift
            lower, info = lapack.dpbtrf(shifted.T, lower=1, overwrite_ab=1)
            if info == 0:
                return lower
        self.good[run] = False
        columns[...] = np.eye(1, self.bandwidth + 1)
        return columns.T

    def _forward(self, rows: Array) -> tuple[Array, Array]:
        """Lower triangle inverted: local rows (R, local, T) and the band (R, T·kept)."""
        rest = rows.copy()
        local = np.empty((rows.shape[0], self.local.size, self.matrix.steps))
        for at, row in enumerate(map(int, self.local)):
            for i in self.below[row]:
                rest[:, i] -= self.multipliers[i, row] * rest[:, row]
            np.divide(rest[:, row], self.roots[row], out=local[:, at])
        band = np.ascontiguousarray(rest[:, self.kept].transpose(0, 2, 1)).reshape(len(rows), -1)
        for run in range(len(rows) if self.kept.size else 0):
            band[run] = lapack.dtbtrs(self.factors[run], band[run, :, None], uplo="L")[0][:, 0]
        return local, band

    def _backward(self, local: Array, band: Array) -> Array:
        """Upper triangle inverted: rows, shape (R, m, T)."""
        runs, steps = len(local), self.matrix.steps
        result = np.empty((runs, self.matrix.rows, steps))
        for run in range(runs if self.kept.size else 0):
            solved = lapack.dtbtrs(self.factors[run], band[run, :, None], uplo="L", trans="T")[0]
            result[run, self.kept] = solved.reshape(steps, -1).T
        for at in range(self.local.size - 1, -1, -1):
            row = int(self.local[at])
            series = local[:, at] / self.roots[row]
            for i in self.below[row]:
                series -= self.multipliers[i, row] * result[:, i]
            result[:, row] = series
        return result

    def _close_border(self, theta: Array, inverse_border: Array, which: slice | Array) -> None:
        matrix = self.matrix
        runs, dense, shared = len(theta), matrix.dense_rows, matrix.shared_variables
        columns = np.zeros((self.border, runs, matrix.rows, matrix.steps))
        corner = np.zeros((runs, self.border, self.border))
        if dense:
            weights = matrix.by_step(theta)[:, matrix.dense_columns]
            flat = np.zeros((runs, matrix.variables))
            rows = np.empty((runs, matrix.all_rows))
            for k in range(dense):
                matrix.by_step(flat)[:, matrix.dense_columns] = matrix.dense[k] * weights
                matrix.times(flat, rows, which)
                columns[k] = matrix.rows_by_step(rows)
                corner[:, :dense, k] = rows[:, matrix.step_rows :]
            corner[:, matrix.inequalities, matrix.inequalities] += matrix.tail(theta)[1]
            corner[:, :dense, dense : dense + shared] = matrix.dense_shared
            corner[:, dense : dense + shared, :dense] = matrix.dense_shared.T
        if shared:
            columns[dense : dense + shared] = matrix.shared[which].transpose(2, 0, 1, 3)
        for at, column in enumerate(self.ring):
            place = dense + shared + at
            columns[place, :, :, -1] += matrix.now[:, column]
            columns[place, :, :, 0] -= matrix.before[:, at]
            if dense and column in matrix.dense_columns:
                known = int(np.flatnonzero(matrix.dense_columns == column)[0])
                corner[:, :dense, place] = corner[:, place, :dense] = matrix.dense[:, known, -1]
        diagonal = np.arange(dense, self.border)
        fixed = np.isinf(inverse_border)
        columns[dense:] *= ~fixed.T[:, :, None, None]
        corner[:, dense:] *= ~fixed[:, :, None]
        corner[:, :, dense:] *= ~fixed[:, None, :]
        corner[:, diagonal, diagonal] = -np.where(fixed, 1.0, inverse_border)
        self.free = ~fixed
        halves = [self._forward(column) for column in columns]
        self.halves = [
            np.stack([half[part].reshape(runs, -1) for half in halves], axis=1) for part in (0, 1)
        ]
        for half in self.halves:
            corner -= np.matmul(half, half.transpose(0, 2, 1))
        size = np.sqrt(np.abs(np.diagonal(corner, axis1=1, axis2=2)))
        self.border_scale = 1.0 / np.where(size > 0.0, size, 1.0)
        self.corner = corner * self.border_scale[:, :, None] * self.border_scale[:, None, :]

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
            matrix.rows_by_step(result)[...] = self._backward(local, band)
            return result, border
        dense = matrix.dense_rows
        right = np.concatenate([rows[:, matrix.step_rows :], border * self.free], axis=1)
        flat = local.reshape(len(rows), -1)
        right -= np.matmul(self.halves[0], flat[:, :, None])[:, :, 0]
        right -= np.matmul(self.halves[1], band[:, :, None])[:, :, 0]
        outer = np.linalg.solve(self.corner, (right * self.border_scale)[:, :, None])[:, :, 0]
        outer *= self.border_scale
        flat -= np.matmul(outer[:, None, :], self.halves[0])[:, 0]
        band -= np.matmul(outer[:, None, :], self.halves[1])[:, 0]
        matrix.rows_by_step(result)[...] = self._backward(local, band)
        result[:, matrix.step_rows :] = outer[:, :dense]
        return result, outer[:, dense:] * self.free
