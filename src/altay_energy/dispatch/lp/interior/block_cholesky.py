r"""Cholesky factor of a matrix that couples neighbouring steps only, odd steps first.

The matrix has S rows in each of T steps. Eliminating all odd steps at once leaves a matrix of the
same kind on the even ones, half as long (cyclic reduction [1]_, [2]_): every operation is one on
whole series, where elimination step after step would wait for the step before. After a few such
levels what is left is short, and LAPACK's banded Cholesky ends it. It is the Cholesky factor of the
same matrix in another order of its rows, and as stable. How many levels there are depends on T and
S alone, so a program has the same digits whatever is solved beside it.

References
----------
.. [1] R. W. Hockney, A fast direct solution of Poisson's equation using Fourier analysis, Journal
   of the ACM 12 (1965) 95-113.
.. [2] D. Heller, Some aspects of the cyclic reduction algorithm for block tridiagonal linear
   systems, SIAM Journal on Numerical Analysis 13 (1976) 484-496.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy.linalg import lapack

from altay_energy.core.units import Array
from altay_energy.dispatch.lp.matrix import Integers
from altay_energy.dispatch.lp.program import Bools

_LARGER_SHIFTS = (0.0, 1e-11, 1e-8)
"""Added to the diagonal, relative to it, in turn when a pivot is not positive; the residual of the
rows shows the error."""

_SHORT = 1200
"""Up to so many steps LAPACK is as fast as a further level (measured with two rows a step)."""

_MANY_ROWS = 4
"""With more rows a step LAPACK is faster from the beginning."""


class _Level:
    """Odd steps that are eliminated, and memory for what is left on the even ones.

    Parameters
    ----------
    runs, rows, steps : int
        R and S, and how many steps there are before.
    """

    def __init__(self, runs: int, rows: int, steps: int) -> None:
        self.steps, self.odd, self.after = steps, steps // 2, (steps - 1) // 2
        blocks = (runs, rows, rows)
        self.lower = np.zeros((*blocks, self.odd))
        """Cholesky factors L of the odd blocks; the diagonal holds 1 / L_ii."""
        self.beside = np.zeros((runs, rows, 2 * rows, self.odd))
        """L⁻¹ times what ties odd steps to the even one before, and to the one after."""
        self.even = np.zeros((*blocks, steps - self.odd))
        self.link = np.zeros((*blocks, self.after))
        self.spare = np.zeros((*blocks, self.odd))


class BlockCholesky:
    """Factor L Lᵀ of R matrices; `forward` is L⁻¹ and `backward` L⁻ᵀ, for rows in L's order.

    Parameters
    ----------
    runs, rows, steps : int
        R, S and T.
    linked : sequence of (int, int)
        Which rows of the next step (first) and of this one (second) are tied to each other: the
        fewer, the narrower is LAPACK's band.
    """

    def __init__(self, runs: int, rows: int, steps: int, linked: Sequence[tuple[int, int]]) -> None:
        self.rows, self.steps, self.linked = rows, steps, linked
        self.good: Bools = np.ones(runs, dtype=np.bool_)
        self.levels: list[_Level] = []
        while steps > _SHORT and rows <= _MANY_ROWS:
            self.levels.append(_Level(runs, rows, steps))
            self.linked = [(i, j) for i in range(rows) for j in range(rows)]
            steps -= steps // 2
        self.left = steps
        self.ends_at = self._places_of_ends()
        """Rows in L's order that rows of the first and last step lead to: see `forward_of_ends`."""
        width = max([rows - 1, *(rows + i - j for i, j in self.linked)])
        self.band = np.zeros((runs, steps, rows, width + 1))

    def factor(self, diagonal: Array, link: Array) -> Bools:
        """Factor; what is stored before is forgotten.

        Parameters
        ----------
        diagonal : ndarray, shape (R, S, S, T)
            Blocks of the steps; of each the lower triangle is read.
        link : ndarray, shape (R, S, S, T - 1)
            What ties a row of the next step (first axis of S) to a row of this one (second).

        Returns
        -------
        ndarray of bool, shape (R,)
            False where a pivot was not positive, whatever was added to the diagonal.
        """
        for shift in _LARGER_SHIFTS:
            if shift:  # for the others nothing changes, not even the last digit
                larger = np.where(self.good, 1.0, 1.0 + shift)[:, None]
                diagonal = diagonal.copy()
                for i in range(self.rows):
                    diagonal[:, i, i] *= larger
            self._factor(diagonal, link)
            if self.good.all():
                break
        return self.good

    def _factor(self, diagonal: Array, link: Array) -> None:
        self.good[...] = True
        for level in self.levels:
            self._eliminate_odd(level, diagonal, link)
            diagonal, link = level.even, level.link
        size, band = self.rows, self.band
        for j in range(size):
            for i in range(j, size):
                band[:, :, j, i - j] = diagonal[:, i, j]
        for i, j in self.linked:
            band[:, :-1, j, size + i - j] = link[:, i, j]
        self.ends = [self._cholesky(one, run) for run, one in enumerate(band)]

    def _eliminate_odd(self, level: _Level, diagonal: Array, link: Array) -> None:
        size, after, spare = self.rows, level.after, level.spare
        level.lower[...] = diagonal[..., 1::2]
        self._cholesky_of_blocks(level.lower)
        level.beside[:, :, :size] = link[..., 0::2]
        level.beside[:, :, size:, :after] = link[..., 1::2].swapaxes(1, 2)
        _solve_lower(level.lower, level.beside)
        level.even[...] = diagonal[..., 0::2]
        shorter = spare[..., :after]
        for i in range(size):
            before, behind = level.beside[:, i, :size], level.beside[:, i, size:, :after]
            for j in range(size):  # lower triangles
                to = level.even[:, j:, j]
                part = spare[:, j:, j]
                to[..., : level.odd] -= np.multiply(before[:, j:], before[:, j, None], out=part)
                part = shorter[:, j:, j]
                to[..., 1 : after + 1] -= np.multiply(behind[:, j:], behind[:, j, None], out=part)
            tied = np.multiply(
                behind[:, :, None], before[:, None, :, :after], out=shorter if i else level.link
            )
            if i:
                level.link += tied
        np.negative(level.link, out=level.link)

    def _cholesky_of_blocks(self, blocks: Array) -> None:
        size = self.rows
        for j in range(size):
            pivot = blocks[:, j, j]
            if not pivot.min() > 0.0:
                pivot = self._positive(pivot)
            inverse = np.divide(1.0, np.sqrt(pivot), out=blocks[:, j, j])
            blocks[:, j + 1 :, j] *= inverse[:, None]
            for i in range(j + 1, size):
                blocks[:, i, j + 1 : i + 1] -= blocks[:, i, j, None] * blocks[:, j + 1 : i + 1, j]

    def _positive(self, pivot: Array) -> Array:
        """Pivots with 1 where rounding left nothing above 0; programs of which are not good."""
        bad = ~(pivot > 0.0)
        self.good &= ~bad.any(axis=-1)
        return np.where(bad, 1.0, pivot)

    def _cholesky(self, band: Array, run: int) -> Array:
        columns = band.reshape(-1, band.shape[-1])
        lower, info = lapack.dpbtrf(columns.T, lower=1)
        if info:
            self.good[run] = False
            lower = np.eye(1, columns.shape[1]).T * np.ones(len(columns))
        return np.asarray(lower)

    def _parts(self, half: Array) -> list[Array]:
        """Views (R, S, odd steps) of all levels and (R, S · steps left) of the end."""
        parts, first = [], 0
        for level in self.levels:
            odd = level.steps // 2
            last = first + self.rows * odd
            parts.append(half[:, first:last].reshape(-1, self.rows, odd))
            first = last
        return [*parts, half[:, first:]]

    def forward(self, rows: Array) -> Array:
        """L⁻¹ times rows.

        Parameters
        ----------
        rows : ndarray, shape (R, S, T)

        Returns
        -------
        ndarray, shape (R, S · T)
            In the order of L.
        """
        half = np.empty((len(rows), self.rows * self.steps))
        *odds, end = self._parts(half)
        for level, odd in zip(self.levels, odds, strict=True):
            odd[...] = rows[..., 1::2]
            _solve_lower(level.lower, odd[:, :, None])
            moved = level.beside[:, 0] * odd[:, :1]
            for i in range(1, self.rows):
                moved += level.beside[:, i] * odd[:, i, None]
            rows = rows[..., 0::2].copy()
            rows[..., : odd.shape[-1]] -= moved[:, : self.rows]
            rows[..., 1:] -= moved[:, self.rows :, : rows.shape[-1] - 1]
        end.reshape(-1, self.left, self.rows)[...] = rows.swapaxes(1, 2)
        for factor, one in zip(self.ends, end, strict=True):
            lapack.dtbtrs(factor, one[:, None], uplo="L", overwrite_b=1)
        return half

    def _places_of_ends(self) -> Integers:
        places, first = [], 0
        for level in self.levels:
            if level.steps % 2 == 0:
                places += [first + level.odd * (row + 1) - 1 for row in range(self.rows)]
            first += self.rows * level.odd
        return np.array([*places, *range(first, self.rows * self.steps)], dtype=np.int64)

    def forward_of_ends(self, first: Array, last: Array) -> Array:
        """`forward` of rows that are 0 in all steps but the first and the last one.

        Parameters
        ----------
        first, last : ndarray, shape (R, C, S)
            Of C right-hand sides; they are added where both steps are the same one.

        Returns
        -------
        ndarray, shape (R, C, len(ends_at))
            At `ends_at`; 0 elsewhere.
        """
        runs, count, size = first.shape
        found = np.zeros((runs, count, self.ends_at.size))
        at = 0
        for level in self.levels:
            if level.steps % 2 == 0:  # the last step is an odd one; it is tied to one before
                odd = last.swapaxes(1, 2).copy()
                _solve_lower(level.lower[..., -1:], odd[..., None])
                found[:, :, at : at + size] = odd.swapaxes(1, 2)
                last = -(level.beside[:, :, :size, -1, None] * odd[:, :, None]).sum(axis=1)
                last = last.swapaxes(1, 2)
                at += size
        end = found[:, :, at:]
        end[:, :, :size] = first
        end[:, :, end.shape[2] - size :] += last
        for factor, columns in zip(self.ends, end, strict=True):
            columns[...] = lapack.dtbtrs(factor, columns.T, uplo="L")[0].T
        return found

    def backward(self, half: Array) -> Array:
        """L⁻ᵀ times what `forward` gave.

        Parameters
        ----------
        half : ndarray, shape (R, S · T)
            Is overwritten.

        Returns
        -------
        ndarray, shape (R, S, T)
        """
        *odds, end = self._parts(half)
        for factor, one in zip(self.ends, end, strict=True):
            lapack.dtbtrs(factor, one[:, None], uplo="L", trans="T", overwrite_b=1)
        rows = end.reshape(-1, self.left, self.rows).swapaxes(1, 2)
        for level, odd in zip(reversed(self.levels), reversed(odds), strict=True):
            count = odd.shape[-1]
            after = rows.shape[-1] - 1
            for j in range(self.rows):
                odd -= level.beside[:, :, j] * rows[:, j, None, :count]
                tied = level.beside[:, :, self.rows + j, :after]
                odd[..., :after] -= tied * rows[:, j, None, 1:]
            _solve_upper(level.lower, odd)
            whole = np.empty((len(half), self.rows, level.steps))
            whole[..., 0::2], whole[..., 1::2] = rows, odd
            rows = whole
        return rows


def _solve_lower(lower: Array, right: Array) -> None:
    """L⁻¹ times ``right``, shape (R, S, C, steps), in place."""
    for i in range(right.shape[1]):
        for j in range(i):
            right[:, i] -= lower[:, i, j, None] * right[:, j]
        right[:, i] *= lower[:, i, i, None]


def _solve_upper(lower: Array, right: Array) -> None:
    """L⁻ᵀ times ``right``, shape (R, S, steps), in place."""
    for i in reversed(range(right.shape[1])):
        for j in range(i + 1, right.shape[1]):
            right[:, i] -= lower[:, j, i] * right[:, j]
        right[:, i] *= lower[:, i, i]
