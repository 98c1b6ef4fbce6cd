"""Linear programs some of whose variables are whole numbers, and what a solver says of them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import sparse

from altay_energy.core.units import Array
from altay_energy.dispatch.lp.certificate import at_bounds
from altay_energy.dispatch.lp.program import Bools

KEPT = 2e-6
"""Share of what is added up in a row by which it may be missed, and most distance of a whole number
from the next one: HiGHS looks for 1e-6. [-]"""


@dataclass(frozen=True, eq=False)
class MixedProgram:
    """A program of M rows and N columns, some of which are whole numbers.

    Parameters
    ----------
    matrix : csc_array, shape (M, N)
    cost, lower, upper : ndarray, shape (N,)
    row_lower, row_upper : ndarray, shape (M,)
    whole : ndarray of bool, shape (N,)
        Columns that are whole numbers.
    """

    matrix: sparse.csc_array
    cost: Array
    lower: Array
    upper: Array
    row_lower: Array
    row_upper: Array
    whole: Bools

    def is_kept(self, x: Array, *, whole: bool) -> bool:
        """Whether a point keeps all rows, bounds and, if asked for, whole numbers.

        Parameters
        ----------
        x : ndarray, shape (N,)
        whole : bool
            Whether whole numbers are asked for.
        """
        rows, size = self.matrix @ x, abs(self.matrix) @ np.abs(x)
        allowed = KEPT * np.maximum(1.0, size)
        inside = np.all((rows >= self.row_lower - allowed) & (rows <= self.row_upper + allowed))
        near = KEPT * np.maximum(1.0, np.abs(x))
        inside &= np.all((x >= self.lower - near) & (x <= self.upper + near))
        part = x[self.whole] if whole else x[:0]
        return bool(inside and np.all(np.abs(part - np.round(part)) <= KEPT))

    def bound_of(self, row_dual: Array) -> float:
        """What no solution of the relaxation can be below, by the prices of its rows.

        Parameters
        ----------
        row_dual : ndarray, shape (M,)
            Any prices; the bound holds for all.
        """
        z = self.cost - self.matrix.T @ row_dual
        pays = row_dual > 0.0
        side = np.where(pays, self.row_lower, self.row_upper)
        with np.errstate(invalid="ignore"):  # 0 · inf: a price of 0 needs no bound
            rows = np.where(row_dual == 0.0, 0.0, row_dual * side)
        return float(rows.sum() + at_bounds(z, self.lower, self.upper).sum())


@dataclass(frozen=True, eq=False)
class MixedSolution:
    """What HiGHS says of a `MixedProgram`.

    Parameters
    ----------
    status : str
        ``optimal``: within the gap that was asked for; ``limit``: stopped by nodes; as `Status`.
    x : ndarray, shape (N,), or None
        The best that was found.
    objective, bound : float
        Its cost, and what no solution can be below.
    row_dual : ndarray, shape (M,)
        Of the relaxation; zeros where whole numbers were asked for.
    """

    status: str
    x: Array | None
    objective: float
    bound: float
    row_dual: Array
