"""Products with the matrix of a `BlockLP`, with all variables of a program in one flat vector.

A flat vector of variables has shape (R, n·T + p + Q): R programs, the variables of the steps (each
variable is a contiguous series), the p shared variables and the slacks of the Q dense ≤ rows. A
flat vector of rows has shape (R, m·T + K). Most operations of an interior-point iteration treat all
variables alike, and one long array operation is faster than many short ones.
"""

from __future__ import annotations

from typing import TypeAlias, TypeVar

import numpy as np
from numpy.typing import NDArray

from altay_energy.core.units import Array
from altay_energy.dispatch.lp.program import BlockLP, Bools

Integers: TypeAlias = NDArray[np.int64]
Selection: TypeAlias = slice | Integers | Bools
"""Some of the programs."""

_MULTIPLICATIONS = 2**18
"""Size of a product for which BLAS libraries use one thread (OpenBLAS: up to 262,144
multiplications). Several threads wait for each other longer than the product takes; on a busy
machine that takes three times as long as all other work."""

_PIECE = 8192
"""Length of scalar products; OpenBLAS splits those of more than 10,000 elements."""

_Entry = TypeVar("_Entry", np.float64, np.bool_)


class BlockMatrix:
    """The rows of a `BlockLP` as an operator; dense ≤ rows are equations with a slack.

    Parameters
    ----------
    lp : BlockLP
        The program; only its matrices are read.
    """

    def __init__(self, lp: BlockLP) -> None:
        self.rows, self.columns, self.steps = lp.rows, lp.columns, lp.steps
        self.cyclic = lp.cyclic
        self.now = np.ascontiguousarray(lp.now)
        self.carried = np.flatnonzero(lp.before.any(axis=0))
        """Columns that enter the rows of the next step: the levels."""
        self.before = np.ascontiguousarray(lp.before[:, self.carried])
        self.carries = [
            (int(row), int(column), float(lp.before[row, column]))
            for row, column in np.argwhere(lp.before != 0.0)
        ]
        """Entries of B: row, column, share kept."""
        self.dense_rows = lp.dense_equal.size
        self.dense_columns = np.flatnonzero(lp.dense.any(axis=(0, 2)))
        self.dense = np.ascontiguousarray(lp.dense[:, self.dense_columns])
        self.shared_variables = lp.shared_cost.size
        self.dense_shared = np.ascontiguousarray(lp.dense_shared)
        self.inequalities = np.flatnonzero(~lp.dense_equal)
        self.step_variables = self.columns * self.steps
        self.step_rows = self.rows * self.steps
        self.variables = self.step_variables + self.shared_variables + self.inequalities.size
        self.all_rows = self.step_rows + self.dense_rows
        self.has_tail = self.variables > self.step_variables or self.dense_rows > 0
        self.shared_rows = np.flatnonzero(
            lp.shared.any(axis=(-2, -1)).reshape(-1, lp.rows).any(axis=0)
        )
        """Rows that contain shared variables: one with monthly peaks."""
        shared = lp.shared[..., self.shared_rows, :, :]
        if shared.ndim > 3:
            shared = np.broadcast_to(shared, (*lp.lead, *shared.shape[-3:]))
        runs = -1 if shared.size else 1
        self.shared = np.ascontiguousarray(shared).reshape(runs, *shared.shape[-3:])

    def shared_of(self, which: Selection) -> Array:
        """Entries of the shared variables, shape (R or 1, their rows, p, T)."""
        return self.shared if len(self.shared) == 1 else self.shared[which]

    def by_step(self, x: NDArray[_Entry]) -> NDArray[_Entry]:
        """The variables of the steps, shape (R, n, T), a view of flat variables."""
        return x[:, : self.step_variables].reshape(-1, self.columns, self.steps)

    def tail(self, x: Array) -> tuple[Array, Array]:
        """Shared variables, shape (R, p), and slacks, shape (R, Q), views of flat variables."""
        first_slack = self.step_variables + self.shared_variables
        return x[:, self.step_variables : first_slack], x[:, first_slack:]

    def rows_by_step(self, y: Array) -> Array:
        """The rows of the steps, shape (R, m, T), a view of flat rows."""
        return y[:, : self.step_rows].reshape(-1, self.rows, self.steps)

    def fits(self, lp: BlockLP) -> bool:
        """Return whether a program has these matrices."""
        return (
            lp.steps == self.steps
            and lp.cyclic == self.cyclic
            and lp.dense.shape[0] == self.dense_rows
            and lp.shared_cost.size == self.shared_variables
            and np.array_equal(lp.now, self.now)
            and np.array_equal(lp.before[:, self.carried], self.before)
            and np.array_equal(np.flatnonzero(~lp.dense_equal), self.inequalities)
        )

    def times(self, x: Array, out: Array, which: Selection = slice(None)) -> Array:
        """Matrix times flat variables.

        Parameters
        ----------
        x : ndarray, shape (R, n·T + p + Q)
            Flat variables.
        out : ndarray, shape (R, m·T + K)
            Written and returned.
        which : slice or ndarray
            Which of all programs these R are.
        """
        series, result = self.by_step(x), self.rows_by_step(out)
        multiplied(self.now, series, result)
        for row, column, keep in self.carries:
            moved = series[:, column] if keep == 1.0 else keep * series[:, column]
            result[:, row, 1:] -= moved[:, :-1]
            if self.cyclic:
                result[:, row, 0] -= moved[:, -1]
        if self.has_tail:
            self._tail_times(x, out, which)
        return out

    def _tail_times(self, x: Array, out: Array, which: Selection) -> None:
        shared, slacks = self.tail(x)
        if self.shared_variables:
            entries = self.shared_of(which)
            added = np.matmul(shared[:, None, None, :], entries)[:, :, 0]
            self.rows_by_step(out)[:, self.shared_rows] += added
        if self.dense_rows:
            series = self.by_step(x)[:, self.dense_columns]
            limits = out[:, self.step_rows :]
            for k, dense in enumerate(self.dense):
                limits[:, k] = dots(dense, series).sum(axis=-1)
            limits += (shared[:, None] * self.dense_shared).sum(axis=-1)
            limits[:, self.inequalities] += slacks

    def transposed_times(self, y: Array, out: Array, which: Selection = slice(None)) -> Array:
        """Transposed matrix times flat rows.

        Parameters
        ----------
        y : ndarray, shape (R, m·T + K)
            Flat rows.
        out : ndarray, shape (R, n·T + p + Q)
            Written and returned.
        which : slice or ndarray
            Which of all programs these R are.
        """
        duals, result = self.rows_by_step(y), self.by_step(out)
        multiplied(self.now.T, duals, result)
        for row, column, keep in self.carries:
            back = duals[:, row] if keep == 1.0 else keep * duals[:, row]
            result[:, column, :-1] -= back[:, 1:]
            if self.cyclic:
                result[:, column, -1] -= back[:, 0]
        if self.has_tail:
            self._tail_transposed_times(y, out, which)
        return out

    def _tail_transposed_times(self, y: Array, out: Array, which: Selection) -> None:
        shared, slacks = self.tail(out)
        limits = y[:, self.step_rows :]
        shared[...] = (limits[..., None] * self.dense_shared).sum(axis=1)
        if self.shared_variables:
            touched = self.rows_by_step(y)[:, self.shared_rows]
            shared += np.matmul(self.shared_of(which), touched[..., None])[..., 0].sum(axis=1)
        if self.dense_rows:
            self.by_step(out)[:, self.dense_columns] += np.einsum("knt,rk->rnt", self.dense, limits)
            slacks[...] = limits[:, self.inequalities]


def dots(a: Array, b: Array) -> Array:
    """Scalar products along the last axis; shape of the others.

    Unlike with `numpy.einsum`, the last bit does not depend on the other rows. Each product is
    summed in pieces so short that no BLAS library splits them between threads.
    """
    count = a.shape[-1] // _PIECE
    if not count:
        return np.asarray(np.vecdot(a, b))
    whole = count * _PIECE
    first, second = (
        values[..., :whole].reshape(*values.shape[:-1], count, _PIECE) for values in (a, b)
    )
    total = np.vecdot(first, second).sum(axis=-1)
    return np.asarray(total + np.vecdot(a[..., whole:], b[..., whole:]))


def pieces(multiplications: int) -> int:
    """Number of steps per product, given the multiplications of a step."""
    return max(1, _MULTIPLICATIONS // max(1, multiplications))


def multiplied(weights: Array, series: Array, out: Array) -> Array:
    """Small matrix times series, by one thread.

    Parameters
    ----------
    weights : ndarray, shape (m, n)
    series : ndarray, shape (R, n, T)
    out : ndarray, shape (R, m, T)
        Written and returned.
    """
    if series.shape[-1] * weights.size <= _MULTIPLICATIONS:
        return np.matmul(weights, series, out=out)
    at_once = pieces(weights.size)
    for first in range(0, series.shape[-1], at_once):
        part = slice(first, first + at_once)
        np.matmul(weights, series[..., part], out=out[..., part])
    return out
