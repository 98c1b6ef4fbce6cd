"""Cholesky factor of a matrix that couples neighbouring steps only, by LAPACK's banded routines.

The matrix has S rows in each of T steps. Ordered by step it is banded, with S to 2 S - 1 diagonals
below the main one, and is factored in time proportional to T. (Eliminating odd steps as whole
series before, block cyclic reduction, was measured at 1.0 to 1.2 times the speed of LAPACK alone;
``docs/models/solver.md`` has the table.)
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy.linalg import lapack

from altay_energy.core.units import Array
from altay_energy.dispatch.lp.program import Bools

_LARGER_SHIFTS = (0.0, 1e-11, 1e-8)
"""Added to the diagonal, relative to it, in turn when a pivot is not positive; the residual of the
rows shows the error."""


class BlockCholesky:
    """Factor L Lᵀ of R matrices; `forward` is L⁻¹ and `backward` L⁻ᵀ, for rows step by step.

    Parameters
    ----------
    runs, rows, steps : int
        R, S and T.
    linked : sequence of (int, int)
        Which rows of the next step (first) and of this one (second) are tied to each other: the
        fewer, the narrower is the band.
    """

    def __init__(self, runs: int, rows: int, steps: int, linked: Sequence[tuple[int, int]]) -> None:
        self.rows, self.linked = rows, linked
        self.good: Bools = np.ones(runs, dtype=np.bool_)
        width = max([rows - 1, *(rows + i - j for i, j in linked)])
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
        size, band = self.rows, self.band
        for j in range(size):
            for i in range(j, size):
                band[:, :, j, i - j] = diagonal[:, i, j]
        for i, j in self.linked:
            band[:, :-1, j, size + i - j] = link[:, i, j]
        for shift in _LARGER_SHIFTS:
            if shift:  # for the others nothing changes, not even the last digit
                band[..., 0] *= np.where(self.good, 1.0, 1.0 + shift)[:, None, None]
            self.good[...] = True
            self.lower = [self._cholesky(one, run) for run, one in enumerate(band)]
            if self.good.all():
                break
        return self.good

    def _cholesky(self, band: Array, run: int) -> Array:
        columns = band.reshape(-1, band.shape[-1])
        lower, info = lapack.dpbtrf(columns.T, lower=1)
        if info:
            self.good[run] = False
            lower = np.eye(1, columns.shape[1]).T * np.ones(len(columns))
        return np.asarray(lower)

    def forward(self, rows: Array) -> Array:
        """L⁻¹ times rows.

        Parameters
        ----------
        rows : ndarray, shape (R, S, T)

        Returns
        -------
        ndarray, shape (R, T · S)
            In the order of L.
        """
        half = rows.swapaxes(1, 2).copy().reshape(len(rows), -1)
        for lower, one in zip(self.lower, half, strict=True):
            lapack.dtbtrs(lower, one[:, None], uplo="L", overwrite_b=1)
        return half

    def backward(self, half: Array) -> Array:
        """L⁻ᵀ times what `forward` gave.

        Parameters
        ----------
        half : ndarray, shape (R, T · S)
            Is overwritten.

        Returns
        -------
        ndarray, shape (R, S, T)
        """
        for lower, one in zip(self.lower, half, strict=True):
            lapack.dtbtrs(lower, one[:, None], uplo="L", trans="T", overwrite_b=1)
        return half.reshape(len(half), -1, self.rows).swapaxes(1, 2)
