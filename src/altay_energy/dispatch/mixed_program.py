"""Linear programs some of whose variables are whole numbers, and what a solver says of them."""

from __future__ import annotations

from dataclasses import dataclass

from scipy import sparse

from altay_energy.dispatch.block_lp import Bools
from altay_energy.units import Array


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
