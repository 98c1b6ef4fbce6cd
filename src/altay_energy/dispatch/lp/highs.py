"""HiGHS [1]_ for block programs and mixed-integer programs; the only module that imports it.

References
----------
.. [1] Huangfu and Hall, "Parallelizing the dual revised simplex method", Mathematical Programming
   Computation 10(1), 119-142, 2018.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

import numpy as np
from scipy import sparse

from altay_energy.core.errors import AltayError
from altay_energy.core.units import Array
from altay_energy.dispatch.lp.batch import stacked
from altay_energy.dispatch.lp.certificate import at_bounds
from altay_energy.dispatch.lp.matrix import Integers
from altay_energy.dispatch.lp.program import BlockLP, BlockSolution, Bools

if TYPE_CHECKING:
    import highspy

HighsMethod: TypeAlias = Literal["simplex", "ipm", "hipo", "choose", "qpasm"]
"""Algorithms of HiGHS; all end in a vertex, the interior-point methods by crossover. Not every
build has ``hipo``; others use ``choose``."""

KEPT = 2e-6
"""Largest violation of a row relative to the sum of its absolute terms, and largest distance of an
integer column from an integer; the tolerance of HiGHS is 1e-6. [-]"""

MIXED_GAP = 1e-8
"""Relative gap at which the search over binary columns ends. [-]"""

MIXED_NODES = 50
"""Largest number of nodes of that search; unlike a time limit it gives reproducible results."""

# Sub-MIP heuristics find little here and take ten times as long as all other parts together.
MIXED_OPTIONS: Mapping[str, Any] = {
    "mip_heuristic_run_rins": False,
    "mip_heuristic_run_rens": False,
    "mip_heuristic_run_root_reduced_cost": False,
    "mip_abs_gap": 1e-6,
}

MIXED_TIME_LIMIT_S = 60.0
"""Time limit of searches that would not end. [s]"""

# One thread and a fixed seed make results reproducible. Tolerances are the tightest useful ones.
OPTIONS: Mapping[str, Any] = {
    "output_flag": False,
    "threads": 1,
    "random_seed": 0,
    "primal_feasibility_tolerance": 1e-9,
    "dual_feasibility_tolerance": 1e-9,
    "ipm_optimality_tolerance": 1e-10,
}

MOST_PIVOTS, MOST_STEPS = 50, 1000
"""Limits of simplex iterations per row and column, and of interior-point iterations; a year takes
about 1 and 50. Without a limit the simplex method can cycle on a badly scaled program."""


def solve_by_highs(
    lp: BlockLP,
    *,
    method: HighsMethod = "choose",
    time_limit_s: float | None = None,
    presolve: bool = True,
) -> BlockSolution:
    """Solve block programs by HiGHS, one after another.

    The status is that of HiGHS, which `verdict` checks.

    Parameters
    ----------
    lp : BlockLP
        Programs, solved one by one. With ``quadratic`` HiGHS uses its active-set method, which is
        meant for small programs.
    method : {"choose", "simplex", "ipm"}
        Algorithm.
    time_limit_s : float, optional
        Time limit of each program. [s]
    presolve : bool
        Whether programs are first reduced. Without it an infeasible or unbounded program comes
        with its proof: the dual ray as row duals, or the primal ray as variables.

    Returns
    -------
    BlockSolution
        Solutions with the status of each program.
    """
    matrix = matrix_of(lp)
    solved = [_solve(one, matrix, method, time_limit_s, presolve) for one in _programs(lp)]
    return stacked(solved, lp.lead)


def matrix_of(lp: BlockLP) -> sparse.csc_array:
    """Return the matrix of a program: rows of steps, then dense rows; columns x, then y."""
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
    """Costs, bounds and right-hand sides of each program as flat arrays, step by step."""

    def flat(values: Array) -> Array:
        """Shape (R, T · n)."""
        whole = np.broadcast_to(values, (*lp.lead, *values.shape[-2:]))
        ordered = np.moveaxis(whole.reshape(-1, *values.shape[-2:]), -1, -2)
        return np.ascontiguousarray(ordered).reshape(ordered.shape[0], -1)

    if lp.shared.ndim > 3 and np.prod(lp.shared.shape[:-3]) > 1:
        raise AltayError("HiGHS solves programs one by one; shared columns differ between them")
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
    """Return a HiGHS model of one program."""
    import highspy

    model = highspy.HighsLp()
    model.num_row_, model.num_col_ = matrix.shape
    model.col_cost_, model.col_lower_, model.col_upper_ = one["cost"], one["lower"], one["upper"]
    model.row_lower_, model.row_upper_ = one["row_lower"], one["row_upper"]
    model.a_matrix_.format_ = highspy.MatrixFormat.kColwise
    model.a_matrix_.start_ = matrix.indptr
    model.a_matrix_.index_ = matrix.indices
    model.a_matrix_.value_ = matrix.data
    highs = _silent()
    for name, value in {**OPTIONS, "solver": method}.items():
        highs.setOptionValue(name, value)
    highs.setOptionValue("simplex_iteration_limit", MOST_PIVOTS * sum(matrix.shape))
    highs.setOptionValue("ipm_iteration_limit", MOST_STEPS)
    if limit is not None:
        highs.setOptionValue("time_limit", float(limit))
    highs.passModel(model)
    if one["curve"] is not None:
        _pass_curve(highs, one["curve"], matrix.shape[1])
    return highs


def _silent() -> highspy.Highs:
    """Return a HiGHS object without the banner that its constructor prints to stdout."""
    import highspy

    class Silent(highspy.Highs):
        def enableCallbacks(self) -> None:
            self.silent()
            super().enableCallbacks()  # type: ignore[no-untyped-call]

    return Silent()  # type: ignore[no-untyped-call]  # missing in the stub


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
    one: Mapping[str, Any],
    matrix: sparse.csc_array,
    method: HighsMethod,
    limit: float | None,
    presolve: bool,
) -> BlockSolution:
    lp: BlockLP = one["lp"]
    highs = model_of(one, matrix, "qpasm" if one["curve"] is not None else method, limit)
    if not presolve:
        highs.setOptionValue("presolve", "off")
    highs.run()
    solution, info = highs.getSolution(), highs.getInfo()
    values = np.asarray(solution.col_value, dtype=np.float64)
    duals = np.asarray(solution.row_dual, dtype=np.float64)
    flat, rows = lp.steps * lp.columns, lp.steps * lp.rows
    values = values if values.size == one["cost"].size else one["lower"].copy()
    duals = duals if duals.size == one["row_lower"].size else np.zeros(one["row_lower"].size)
    values = np.clip(values, one["lower"], one["upper"])
    status = status_of(highs)
    if status == "infeasible" and not presolve:
        duals = _ray(highs, "getDualRay", duals)
    elif status == "unbounded" and not presolve:
        values = _ray(highs, "getPrimalRay", values)
    counts = (info.simplex_iteration_count, info.ipm_iteration_count, info.qp_iteration_count)
    return BlockSolution(
        status=np.array(status),
        x=values[:flat].reshape(lp.steps, lp.columns).T,
        y=values[flat:],
        row_dual=duals[:rows].reshape(lp.steps, lp.rows).T,
        dense_dual=duals[rows:],
        iterations=np.array(sum(max(count, 0) for count in counts)),
        solver="highs",
    )


def _ray(highs: highspy.Highs, question: str, otherwise: Array) -> Array:
    """Return the ray with which HiGHS proves a status, or None."""
    _, known, ray = getattr(highs, question)()  # missing in the stub
    return np.asarray(ray, dtype=np.float64) if known and len(ray) else otherwise


def status_of(highs: highspy.Highs) -> str:
    """Return the status of a model after a run, one of `Status`."""
    import highspy

    known = {
        highspy.HighsModelStatus.kOptimal: "optimal",
        highspy.HighsModelStatus.kInfeasible: "infeasible",
        highspy.HighsModelStatus.kUnbounded: "unbounded",
        highspy.HighsModelStatus.kUnboundedOrInfeasible: "infeasible",
        highspy.HighsModelStatus.kTimeLimit: "limit",
        highspy.HighsModelStatus.kIterationLimit: "limit",
        highspy.HighsModelStatus.kSolutionLimit: "limit",
    }
    return known.get(highs.getModelStatus(), "failed")


def best_directions(
    lp: BlockLP,
    run: tuple[int, ...],
    pairs: Sequence[tuple[int, int]],
    asked: Bools,
    starts: Sequence[Bools],
) -> tuple[Bools | None, float]:
    """Find the column of each pair that stays open, by mixed-integer programming.

    Parameters
    ----------
    lp : BlockLP
        The program; the lower bounds of the pairs' columns are 0.
    run : tuple of int
        Index of the program in the leading axes.
    pairs : sequence of (int, int)
        Columns of which only one may be above 0.
    asked : ndarray of bool, shape (P, T)
        Steps in which one column of a pair has to be closed.
    starts : sequence of ndarray of bool, shape (P, T)
        Starting directions: True where the first column is open.

    Returns
    -------
    ndarray of bool, shape (P, T)
        True where the first column is open; None if no solution was found.
    float
        Lower bound of the cost.
    """
    matrix = matrix_of(lp)
    one = next(itertools.islice(_programs(lp), _flat_index(lp, run), None))
    pair, step = np.nonzero(asked)
    first, second = (step * lp.columns + np.array([p[k] for p in pairs])[pair] for k in (0, 1))
    highs = model_of(one, matrix, "choose", MIXED_TIME_LIMIT_S)
    begin = _best_start(one, matrix, first, second, [start[pair, step] for start in starts])
    _add_binaries(highs, one["upper"], first, second)
    limits = {"mip_rel_gap": MIXED_GAP, "mip_max_nodes": MIXED_NODES}
    for name, value in {**MIXED_OPTIONS, **limits}.items():
        highs.setOptionValue(name, value)
    if begin is not None:
        _pass_start(highs, begin)
    highs.run()
    values = np.asarray(highs.getSolution().col_value, dtype=np.float64)
    if values.size == 0:
        return None, -math.inf
    open_first = np.zeros(asked.shape, dtype=np.bool_)
    open_first[pair, step] = values[-pair.size :] > 0.5
    return open_first, float(highs.getInfo().mip_dual_bound)


def _add_binaries(highs: highspy.Highs, upper: Array, first: Integers, second: Integers) -> None:
    """Add a binary column for each pair: 1 opens the first, 0 the second."""
    import highspy

    count, offset = first.size, highs.getNumCol()
    zero, none = np.zeros(count, dtype=np.int32), np.zeros(0)
    free = np.zeros(0, dtype=np.int32)
    highs.addCols(count, np.zeros(count), np.zeros(count), np.ones(count), 0, zero, free, none)
    binary = offset + np.arange(count)
    highs.changeColsIntegrality(
        count, binary.astype(np.int32), np.full(count, highspy.HighsVarType.kInteger)
    )
    starts = np.arange(0, 2 * count, 2, dtype=np.int32)
    for column, sign in ((first, -1.0), (second, 1.0)):
        most = upper[column]
        index = np.stack([column, binary], axis=1).ravel().astype(np.int32)
        value = np.stack([np.ones(count), sign * most], axis=1).ravel()
        high = np.zeros(count) if sign < 0.0 else most
        low = np.full(count, -np.inf)
        highs.addRows(count, low, high, 2 * count, starts, index, value)


def _best_start(
    one: Mapping[str, Any],
    matrix: sparse.csc_array,
    first: Integers,
    second: Integers,
    starts: Sequence[Bools],
) -> Array | None:
    """Return the cheapest solution among some directions, and the directions after it."""
    best, values = np.inf, None
    for start in starts:
        upper = one["upper"].copy()
        upper[np.where(start, second, first)] = 0.0
        highs = model_of({**one, "upper": upper}, matrix, "choose", MIXED_TIME_LIMIT_S)
        highs.run()
        cost = highs.getInfo().objective_function_value
        if status_of(highs) == "optimal" and cost < best:
            best, values = cost, np.concatenate([highs.getSolution().col_value, start])
    return values


def _pass_start(highs: highspy.Highs, values: Array) -> None:
    import highspy

    solution = highspy.HighsSolution()
    solution.col_value = values
    highs.setSolution(solution)


def _flat_index(lp: BlockLP, run: tuple[int, ...]) -> int:
    return int(np.ravel_multi_index(run, lp.lead)) if run else 0


def flat_program(lp: BlockLP) -> dict[str, Any]:
    """Costs, bounds and right-hand sides of a program in the order of `matrix_of`."""
    return next(_programs(lp))


@dataclass(frozen=True, eq=False)
class MixedProgram:
    """A linear program of M rows and N columns, some of which may be integers.

    Parameters
    ----------
    matrix : csc_array, shape (M, N)
    cost, lower, upper : ndarray, shape (N,)
    row_lower, row_upper : ndarray, shape (M,)
    whole : ndarray of bool, shape (N,)
        Columns that are integers.
    """

    matrix: sparse.csc_array
    cost: Array
    lower: Array
    upper: Array
    row_lower: Array
    row_upper: Array
    whole: Bools

    def is_kept(self, x: Array, *, whole: bool) -> bool:
        """Whether a point satisfies all rows, bounds and, on request, integrality.

        Parameters
        ----------
        x : ndarray, shape (N,)
        whole : bool
            Whether integrality is checked.
        """
        rows, size = self.matrix @ x, abs(self.matrix) @ np.abs(x)
        allowed = KEPT * np.maximum(1.0, size)
        inside = np.all((rows >= self.row_lower - allowed) & (rows <= self.row_upper + allowed))
        near = KEPT * np.maximum(1.0, np.abs(x))
        inside &= np.all((x >= self.lower - near) & (x <= self.upper + near))
        part = x[self.whole] if whole else x[:0]
        return bool(inside and np.all(np.abs(part - np.round(part)) <= KEPT))

    def bound_of(self, row_dual: Array) -> float:
        """Return a lower bound of the relaxation by any duals of its rows.

        Parameters
        ----------
        row_dual : ndarray, shape (M,)
            Any values; each gives a valid bound.
        """
        z = self.cost - self.matrix.T @ row_dual
        pays = row_dual > 0.0
        side = np.where(pays, self.row_lower, self.row_upper)
        with np.errstate(invalid="ignore"):  # 0 · inf: a dual of 0 needs no bound
            rows = np.where(row_dual == 0.0, 0.0, row_dual * side)
        return float(rows.sum() + at_bounds(z, self.lower, self.upper).sum())


@dataclass(frozen=True, eq=False)
class MixedSolution:
    """Solution of a `MixedProgram`.

    Parameters
    ----------
    status : str
        One of `Status`; ``optimal``: within the requested gap; ``limit``: stopped by nodes.
    x : ndarray, shape (N,), or None
        The best solution found.
    objective, bound : float
        Its cost and the lower bound.
    row_dual : ndarray, shape (M,)
        Duals of the relaxation; zeros for an integer program.
    """

    status: str
    x: Array | None
    objective: float
    bound: float
    row_dual: Array


def solve_mixed(
    program: MixedProgram,
    *,
    gap: float,
    nodes: int,
    relaxed: bool = False,
) -> MixedSolution:
    """Solve a mixed-integer program, or its linear relaxation.

    A solution is checked against every row, bound and integrality, and its cost is computed again.
    If HiGHS finds none, it runs again without presolve. The bound of a relaxation is computed from
    its duals; that of a search is reported by HiGHS and cannot be checked, so it is ignored if it
    exceeds the cost of a solution.

    Parameters
    ----------
    program : MixedProgram
    gap : float
        Relative gap at which the search ends. [-]
    nodes : int
        Largest number of nodes of the search.
    relaxed : bool
        Whether the integrality of columns is ignored.
    """
    found = _solve_mixed(program, gap, nodes, relaxed=relaxed, presolve=True)
    if found.x is None:
        found = _solve_mixed(program, gap, nodes, relaxed=relaxed, presolve=False)
    return found


def _solve_mixed(
    program: MixedProgram, gap: float, nodes: int, *, relaxed: bool, presolve: bool
) -> MixedSolution:
    import highspy

    flat = {
        name: getattr(program, name)
        for name in ("cost", "lower", "upper", "row_lower", "row_upper")
    }
    highs = model_of({**flat, "curve": None}, program.matrix, "choose", None)
    limits = {"mip_rel_gap": gap, "mip_max_nodes": nodes, "mip_abs_gap": 1e-6}
    # This heuristic takes a sixth of the time without finding solutions.
    limits["mip_heuristic_run_root_reduced_cost"] = False
    for name, value in limits.items():
        highs.setOptionValue(name, value)
    if not presolve:
        highs.setOptionValue("presolve", "off")
    if not relaxed:
        where = np.flatnonzero(program.whole).astype(np.int32)
        kinds = np.full(where.size, highspy.HighsVarType.kInteger)
        highs.changeColsIntegrality(where.size, where, kinds)
    highs.run()
    info, solution = highs.getInfo(), highs.getSolution()
    x = np.asarray(solution.col_value, dtype=np.float64)
    duals = np.asarray(solution.row_dual, dtype=np.float64)
    size = program.row_lower.size
    duals = duals if relaxed and duals.size == size else np.zeros(size)
    found = solution.value_valid and x.size == program.cost.size
    found = found and program.is_kept(x, whole=not relaxed)
    objective = float(program.cost @ x) if found else float("inf")
    bound = program.bound_of(duals) if relaxed else float(info.mip_dual_bound)
    false = found and bound > objective + MIXED_GAP * max(1.0, abs(objective))
    return MixedSolution(
        status=status_of(highs),
        x=x if found else None,
        objective=objective,
        bound=-float("inf") if false else bound,
        row_dual=duals,
    )
