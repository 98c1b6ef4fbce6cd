"""Objective, lower bound, residual and gap of a solution, computed from the program alone."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from altay_energy.core.units import Array
from altay_energy.dispatch.lp.program import BlockLP, BlockSolution, steps_after, steps_before

PROVEN_GAP = 1e-8
"""Largest relative gap of an optimal solution, (objective - bound) / max(1, |objective|). [-]"""


_DIGITS = 64.0 * float(np.finfo(np.float64).eps)
"""Relative rounding error of some sums and differences. [-]"""


@dataclass(frozen=True, eq=False)
class Certificate:
    """Proof of a solution; all arrays have the leading shape (...).

    Parameters
    ----------
    objective : ndarray
        Objective of the primal solution, in the program's unit.
    bound : ndarray
        Lower bound of the objective; -inf if the duals prove nothing.
    primal_residual : ndarray
        Largest absolute violation of a row, in the row's unit; dense rows are divided by the
        number of steps.
    gap : ndarray
        (objective - bound) / max(1, |objective|). [-]
    """

    objective: Array
    bound: Array
    primal_residual: Array
    gap: Array


def certificate(lp: BlockLP, solution: BlockSolution) -> Certificate:
    """Compute objective, lower bound, residual and gap of a solution.

    Parameters
    ----------
    lp : BlockLP
        The program.
    solution : BlockSolution
        Solution by any solver; its duals need not be feasible, since any duals give a bound.

    Returns
    -------
    Certificate
        With arrays of the leading shape.
    """
    x, y = solution.x, solution.y
    delta = np.where(lp.dense_equal, solution.dense_dual, np.minimum(solution.dense_dual, 0.0))
    objective = np.sum(lp.cost * x, axis=(-2, -1)) + y @ lp.shared_cost
    bound = np.sum(lp.rhs * solution.row_dual, axis=(-2, -1)) + np.sum(
        lp.dense_rhs * delta, axis=-1
    )
    if lp.quadratic is not None:
        curved = 0.5 * np.sum(lp.quadratic * x * x, axis=(-2, -1))
        objective, bound = objective + curved, bound - curved
    z, z_shared = reduced_costs(lp, x, solution.row_dual, delta)
    bound = bound + at_bounds(z, lp.lower, lp.upper).sum(axis=(-2, -1))
    bound = bound + at_bounds(z_shared, lp.shared_lower, lp.shared_upper).sum(axis=-1)
    return Certificate(
        objective=objective,
        bound=bound,
        primal_residual=primal_residual(lp, x, y),
        gap=(objective - bound) / np.maximum(1.0, np.abs(objective)),
    )


def reduced_costs(lp: BlockLP, x: Array, row_dual: Array, dense_dual: Array) -> tuple[Array, Array]:
    """Reduced costs z, (..., n, T), and z^y, (..., p), as defined in `program`."""
    later = steps_after(row_dual, cyclic=lp.cyclic)
    z = lp.cost - lp.now.T @ row_dual + lp.before.T @ later
    if lp.quadratic is not None:
        z = z + lp.quadratic * x
    if lp.dense_equal.size:
        z = z - np.einsum("knt,...k->...nt", lp.dense, dense_dual)
    z_shared = lp.shared_cost - np.einsum("...mpt,...mt->...p", lp.shared, row_dual)
    return z, z_shared - dense_dual @ lp.dense_shared


def primal_residual(lp: BlockLP, x: Array, y: Array) -> Array:
    """Largest absolute violation of a row, shape (...); dense rows per step. [unit of the row]"""
    rows = lp.now @ x - lp.before @ steps_before(x, cyclic=lp.cyclic) - lp.rhs
    if y.shape[-1]:
        rows = rows + np.einsum("...mpt,...p->...mt", lp.shared, y)
    worst = np.abs(rows).max(axis=(-2, -1), initial=0.0)
    if lp.dense_equal.size:
        dense = np.einsum("knt,...nt->...k", lp.dense, x) + y @ lp.dense_shared.T - lp.dense_rhs
        broken = np.where(lp.dense_equal, np.abs(dense), np.maximum(dense, 0.0)) / lp.steps
        worst = np.maximum(worst, broken.max(axis=-1))
    return np.asarray(worst)


def rounding_of_rows(lp: BlockLP, x: Array) -> Array:
    """Rounding error of the largest term in the rows of the steps, shape (...). [unit of the row]

    A term of 1e11 is accurate to about 1e-4 at best, with any solver.
    """
    largest = np.abs(lp.now).max(axis=0)[:, np.newaxis] * np.abs(x)
    return np.asarray(_DIGITS * largest.max(axis=(-2, -1), initial=0.0))


def at_bounds(z: Array, lower: Array, upper: Array) -> Array:
    """Least value of each product z x within the bounds of x, shape of ``z``."""
    below = np.maximum(z, 0.0) * lower
    with np.errstate(invalid="ignore"):  # 0 · inf: a reduced cost of 0 needs no bound
        above = np.where(z < 0.0, z * upper, 0.0)
    return below + above
