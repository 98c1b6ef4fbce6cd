"""HiGHS [1]_ as the reference solver of block programs; the only place where it is imported.

References
----------
.. [1] Huangfu and Hall, "Parallelizing the dual revised simplex method", Mathematical Programming
   Computation 10(1), 119-142, 2018.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

import numpy as np
from scipy import sparse

from altay_energy.dispatch.block_lp import BlockLP, BlockSolution
from altay_energy.errors import AltayError
from altay_energy.units import Array

if TYPE_CHECKING:
    import highspy

HighsMethod: TypeAlias = Literal["simplex", "ipm", "choose", "qpasm"]
"""Algorithms of HiGHS; all end in a vertex, the interior-point method by its crossover."""

# One thread and a fixed seed: same input, same bytes. Tolerances are HiGHS' tightest useful ones.
OPTIONS: Mapping[str, Any] = {
    "output_flag": False,
    "threads": 1,
    "random_seed": 0,
    "primal_feasibility_tolerance": 1e-9,
    "dual_feasibility_tolerance": 1e-9,
    "ipm_optimality_tolerance": 1e-10,
}


def solve_by_highs(
    lp: BlockLP, *, method: HighsMethod = "choose", time_limit_s: float | None = None
) -> BlockSolution:
    """Solve block programs by HiGHS, one after another.

    Parameters
    ----------
    lp : BlockLP
        Leading axes are solved each on its own. With ``quadratic`` HiGHS uses its active-set
        method, which is meant for small programs.
    method : {"choose", "simplex", "ipm"}
        Algorithm.
    time_limit_s : float, optional
        For each program. [s]

    Returns
    -------
    BlockSolution
        With the status of each program.
    """
    matrix = matrix_of(lp)
    solved = [_solve(one, matrix, method, time_limit_s) for one in _programs(lp)]
    lead = lp.lead

    def together(part: int) -> Any:
        values = np.array([run[part] for run in solved])
        return values.reshape((*lead, *values.shape[1:]))

    return BlockSolution(
        status=together(0),
        x=together(1),
        y=together(2),
        row_dual=together(3),
        dense_dual=together(4),
        iterations=together(5),
        solver="highs",
    )


def matrix_of(lp: BlockLP) -> sparse.csc_array:
    """All rows of a program without leading axes of G: steps, then dense; columns x, then y."""
    steps = lp.steps
    earlier = sparse.eye_array(steps, k=-1, format="lil")
    if lp.cyclic:
        earlier[0, steps - 1] += 1.0
    blocks = sparse.kron(sparse.eye_array(steps), lp.now) - sparse.kron(earlier, lp.before)
    shared = lp.shared[(0,) * (lp.shared.ndim - 3)]
    coupling = np.moveaxis(shared, -1, 0).reshape(steps * lp.rows, -1)
    dense = np.moveaxis(lp.dense, -1, 1).reshape(lp.dense.shape[0], steps * lp.columns)
    return sparse.csc_array(
        sparse.block_array(
            [
                [blocks, sparse.csc_array(coupling)],
                [sparse.csc_array(dense), sparse.csc_array(lp.dense_shared)],
            ],
            format="csc",
        )
    )


def _programs(lp: BlockLP) -> Iterator[dict[str, Any]]:
    """Costs, bounds and right-hand sides of each program, flat: step by step."""

    def flat(values: Array) -> Array:
        """Shape (R, T · n)."""
        whole = np.broadcast_to(values, (*lp.lead, *values.shape[-2:]))
        ordered = np.moveaxis(whole.reshape(-1, *values.shape[-2:]), -1, -2)
        return np.ascontiguousarray(ordered).reshape(ordered.shape[0], -1)

    if lp.shared.ndim > 3 and np.prod(lp.shared.shape[:-3]) > 1:
        raise AltayError("HiGHS is given programs one by one; shared columns differ between them")
    runs = math.prod(lp.lead)
    dense_rhs = np.broadcast_to(lp.dense_rhs, (*lp.lead, lp.dense_rhs.shape[-1]))
    dense_rhs = dense_rhs.reshape(runs, lp.dense_rhs.shape[-1])
    series = [flat(values) for values in (lp.cost, lp.lower, lp.upper, lp.rhs)]
    curves = [None] * runs if lp.quadratic is None else flat(lp.quadratic)
    for cost, lower, upper, rhs, dense, curve in zip(*series, dense_rhs, curves, strict=True):
        yield {
            "lp": lp,
            "cost": np.concatenate([cost, lp.shared_cost]),
            "lower": np.concatenate([lower, lp.shared_lower]),
            "upper": np.concatenate([upper, lp.shared_upper]),
            "row_lower": np.concatenate([rhs, np.where(lp.dense_equal, dense, -np.inf)]),
            "row_upper": np.concatenate([rhs, dense]),
            "curve": curve,
        }


def model_of(
    one: Mapping[str, Any], matrix: sparse.csc_array, method: HighsMethod, limit: float | None
) -> highspy.Highs:
    """A HiGHS model of one program, ready to run."""
    import highspy

    model = highspy.HighsLp()
    model.num_row_, model.num_col_ = matrix.shape
    model.col_cost_, model.col_lower_, model.col_upper_ = one["cost"], one["lower"], one["upper"]
    model.row_lower_, model.row_upper_ = one["row_lower"], one["row_upper"]
    model.a_matrix_.format_ = highspy.MatrixFormat.kColwise
    model.a_matrix_.start_ = matrix.indptr
    model.a_matrix_.index_ = matrix.indices
    model.a_matrix_.value_ = matrix.data
    highs = highspy.Highs()  # type: ignore[no-untyped-call]  # its own stub forgot it
    for name, value in {**OPTIONS, "solver": method}.items():
        highs.setOptionValue(name, value)
    if limit is not None:
        highs.setOptionValue("time_limit", float(limit))
    highs.passModel(model)
    if one["curve"] is not None:
        _pass_curve(highs, one["curve"], matrix.shape[1])
    return highs


def _pass_curve(highs: highspy.Highs, curve: Array, columns: int) -> None:
    import highspy

    hessian = highspy.HighsHessian()
    hessian.dim_ = columns
    hessian.format_ = highspy.HessianFormat.kTriangular
    whole = np.concatenate([curve, np.zeros(columns - curve.size)])
    where = np.flatnonzero(whole)
    hessian.start_ = np.concatenate([[0], np.cumsum(whole != 0.0)]).astype(np.int32)
    hessian.index_ = where.astype(np.int32)
    hessian.value_ = whole[where]
    highs.passHessian(hessian)


def _solve(
    one: Mapping[str, Any], matrix: sparse.csc_array, method: HighsMethod, limit: float | None
) -> tuple[Any, ...]:
    lp: BlockLP = one["lp"]
    highs = model_of(one, matrix, "qpasm" if one["curve"] is not None else method, limit)
    highs.run()
    solution, info = highs.getSolution(), highs.getInfo()
    values = np.asarray(solution.col_value, dtype=np.float64)
    duals = np.asarray(solution.row_dual, dtype=np.float64)
    flat, rows = lp.steps * lp.columns, lp.steps * lp.rows
    values = values if values.size == one["cost"].size else one["lower"].copy()
    duals = duals if duals.size == one["row_lower"].size else np.zeros(one["row_lower"].size)
    values = np.clip(values, one["lower"], one["upper"])
    return (
        _status(highs),
        values[:flat].reshape(lp.steps, lp.columns).T,
        values[flat:],
        duals[:rows].reshape(lp.steps, lp.rows).T,
        duals[rows:],
        max(info.simplex_iteration_count, 0)
        + max(info.ipm_iteration_count, 0)
        + max(info.qp_iteration_count, 0),
    )


def _status(highs: highspy.Highs) -> str:
    import highspy

    known = {
        highspy.HighsModelStatus.kOptimal: "optimal",
        highspy.HighsModelStatus.kInfeasible: "infeasible",
        highspy.HighsModelStatus.kUnbounded: "unbounded",
        highspy.HighsModelStatus.kUnboundedOrInfeasible: "infeasible",
        highspy.HighsModelStatus.kTimeLimit: "limit",
        highspy.HighsModelStatus.kIterationLimit: "limit",
    }
    return known.get(highs.getModelStatus(), "failed")
