r"""Proof of a solver's status from the program alone.

Each status is checked against the program with the numbers that the solver returns:

- ``optimal``: the solution satisfies every row, and the bound of its duals is near its cost
  (`certificate`);
- ``infeasible``: row duals π, δ exist for which no point within the bounds satisfies the rows
  (Farkas' lemma [1]_),

  .. math:: b \cdot \pi + d \cdot \delta
      + \min_{l \le x \le u} -(A^\top \pi + D^\top \delta) \cdot x > 0

- ``unbounded``: a direction exists along which every row holds, bounded variables do not change
  and the cost falls.

If a status has no proof, the next solver is tried: the interior-point method, HiGHS without
presolve (which sometimes reduces programs with coefficients of very different size to infeasible
ones) and with costs scaled to 1, by simplex and by interior points. If none of them proves its
status, the status is ``failed``.

References
----------
.. [1] J. Farkas, Theorie der einfachen Ungleichungen, Journal für die reine und angewandte
   Mathematik 124 (1902), 1-27.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial

import numpy as np

from altay_energy.core.units import Array
from altay_energy.dispatch.lp.batch import stacked
from altay_energy.dispatch.lp.certificate import (
    at_bounds,
    certificate,
    reduced_costs,
    rounding_of_rows,
)
from altay_energy.dispatch.lp.interior.predictor_corrector import PROVEN_RESIDUAL
from altay_energy.dispatch.lp.interior_point import InteriorPoint, solve_fast
from altay_energy.dispatch.lp.program import BlockLP, BlockSolution, steps_before

NEAR = 1e-6
"""Relative gap up to which a feasible point counts as optimal; the gap itself is reported. [-]"""

USABLE = 1e-4
"""Largest relative gap of a feasible point that is accepted if no solver does better. [-]"""

_SURE = 1e-9
"""Margin of a proof relative to the sum of its absolute terms, far above rounding. [-]"""

_FEW_VARIABLES = 10_000
"""Size of the largest program for which HiGHS is fast."""

Route = Callable[[BlockLP], BlockSolution]


def solve_surely(
    lp: BlockLP, fast: InteriorPoint | None = None, *, vertex: bool = False
) -> BlockSolution:
    """Solve one program, first by the interior-point method; its status is proven, or ``failed``.

    Parameters
    ----------
    lp : BlockLP
        Program without leading axes and with finite bounds, which allow a proof of every status.
    fast : InteriorPoint, optional
        Solver for programs with these matrices, if there is one already.
    vertex : bool
        Whether HiGHS solves a small program first: it ends in a vertex, at which variables that are
        not needed are 0.

    Returns
    -------
    BlockSolution
    """
    return _first_proven(lp, _routes(lp, fast, vertex=vertex))


def confirmed(
    lp: BlockLP, found: BlockSolution, fast: InteriorPoint | None = None
) -> BlockSolution:
    """Return the solution if its status is proven, else one by other solvers.

    Parameters
    ----------
    lp : BlockLP
        The program, shape (...).
    found : BlockSolution
        Solution by HiGHS.
    fast : InteriorPoint, optional
        Solver for programs with these matrices, if there is one already.

    Returns
    -------
    BlockSolution
        Solution with a proven status in every run, or ``failed``.
    """
    runs = list(np.ndindex(*lp.lead))
    ones = [found.one(run) for run in runs]
    sure = [proven(lp.one(run), one) for run, one in zip(runs, ones, strict=True)]
    if all(sure):
        return found
    again = [
        one if known else _first_proven(lp.one(run), _second_routes(lp.one(run), fast), one)
        for run, one, known in zip(runs, ones, sure, strict=True)
    ]
    return stacked(again, lp.lead)


def proven(lp: BlockLP, found: BlockSolution) -> bool:
    """Return whether the program proves the status of a solution.

    Parameters
    ----------
    lp : BlockLP
        Without leading axes.
    found : BlockSolution
        If infeasible, its duals are the Farkas proof; if unbounded, ``x`` and ``y`` are the
        direction.
    """
    status = str(found.status)
    if status == "optimal":
        return is_feasible(lp, found) and _gap(lp, found) <= NEAR
    if status == "infeasible":
        return is_impossible(lp, found.row_dual, found.dense_dual)
    return status == "unbounded" and falls_forever(lp, found.x, found.y)


def any_impossible(lp: BlockLP, found: BlockSolution) -> bool:
    """Return whether any run has the proven status ``infeasible``; see `proven`."""
    return any(
        str(found.status[run]) == "infeasible" and proven(lp.one(run), found.one(run))
        for run in np.ndindex(*lp.lead)
    )


def unproven(what: str) -> str:
    """Return the message for a program for which no solver proves a status.

    Parameters
    ----------
    what : str
        Noun for what was to be solved.
    """
    return (
        f"nothing could be proven of {what}: the interior-point method, HiGHS and HiGHS without "
        "its presolve contradict the arithmetic of the program or each other. Limits, capacities "
        "or prices that are far larger than all others are the usual cause: give each the size "
        "that it has"
    )


def is_feasible(lp: BlockLP, found: BlockSolution) -> bool:
    """Return whether a point satisfies all bounds and, to `PROVEN_RESIDUAL`, all rows."""
    residual = certificate(lp, found).primal_residual
    inside = np.all((found.x >= lp.lower) & (found.x <= lp.upper))
    shared = np.all((found.y >= lp.shared_lower) & (found.y <= lp.shared_upper))
    allowed = np.maximum(PROVEN_RESIDUAL, rounding_of_rows(lp, found.x))
    return bool(inside & shared & np.all(residual <= allowed))


def is_impossible(lp: BlockLP, row_dual: Array, dense_dual: Array) -> bool:
    """Return whether row duals prove that a program has no solution (Farkas).

    Parameters
    ----------
    lp : BlockLP
        Without leading axes.
    row_dual : ndarray, shape (m, T)
    dense_dual : ndarray, shape (K,)
    """
    largest = max(float(np.abs(d).max(initial=0.0)) for d in (row_dual, dense_dual))
    if not np.isfinite(largest) or largest == 0.0:
        return False
    price, delta = row_dual / largest, dense_dual / largest
    delta = np.where(lp.dense_equal, delta, np.minimum(delta, 0.0))
    free = replace(
        lp,
        cost=np.zeros((lp.columns, lp.steps)),
        shared_cost=np.zeros(lp.shared_cost.shape),
        quadratic=None,
    )
    z, z_shared = reduced_costs(free, np.zeros_like(free.cost), price, delta)
    parts = (
        lp.rhs * price,
        lp.dense_rhs * delta,
        at_bounds(z, lp.lower, lp.upper),
        at_bounds(z_shared, lp.shared_lower, lp.shared_upper),
    )
    total = sum(float(part.sum()) for part in parts)
    return bool(total > _SURE * sum(float(np.abs(part).sum()) for part in parts))


def falls_forever(lp: BlockLP, x: Array, y: Array) -> bool:
    """Return whether a direction proves that the cost of a program is unbounded.

    Parameters
    ----------
    lp : BlockLP
        Without leading axes.
    x : ndarray, shape (n, T)
    y : ndarray, shape (p,)
        The direction.
    """
    largest = max(float(np.abs(part).max(initial=0.0)) for part in (x, y))
    if not np.isfinite(largest) or largest == 0.0:
        return False
    x, y = x / largest, y / largest
    open_x, open_y = np.isinf(lp.upper), np.isinf(lp.shared_upper)
    inside = np.all(np.where(open_x, x >= -_SURE, np.abs(x) <= _SURE))
    inside &= np.all(np.where(open_y, y >= -_SURE, np.abs(y) <= _SURE))
    rows = lp.now @ x - lp.before @ steps_before(x, cyclic=lp.cyclic)
    rows = rows + np.einsum("mpt,p->mt", lp.shared, y)
    dense = np.einsum("knt,nt->k", lp.dense, x) + lp.dense_shared @ y
    kept = np.all(np.abs(rows) <= _SURE) and np.all(
        np.where(lp.dense_equal, np.abs(dense), dense) <= _SURE * lp.steps
    )
    cost = float(np.sum(lp.cost * x)) + float(lp.shared_cost @ y)
    scale = float(np.abs(lp.cost * x).sum()) + float(np.abs(lp.shared_cost * y).sum())
    curved = lp.quadratic is not None and bool(np.any((lp.quadratic > 0.0) & (x > _SURE)))
    return bool(inside and kept and not curved and cost < -_SURE * scale)


def _routes(lp: BlockLP, fast: InteriorPoint | None, *, vertex: bool) -> Iterator[Route]:
    """Yield the solvers of a program, the likeliest first."""
    from altay_energy.dispatch.lp.highs import solve_by_highs

    own = fast.solve if fast else solve_fast
    if vertex and lp.columns * lp.steps <= _FEW_VARIABLES:
        yield from (solve_by_highs, own)
    else:
        yield from (own, solve_by_highs)
    yield from _second_routes(lp, None)


def _second_routes(lp: BlockLP, fast: InteriorPoint | None) -> Iterator[Route]:
    """Yield further solvers of a program for which HiGHS proved no status."""
    from altay_energy.dispatch.lp.highs import solve_by_highs

    if fast is not None:
        yield fast.solve
    if lp.quadratic is None:
        for method in ("simplex", "ipm"):
            plain = partial(solve_by_highs, method=method, presolve=False)
            yield partial(_scaled, solve=plain)


def _scaled(lp: BlockLP, solve: Route) -> BlockSolution:
    """Solve with costs scaled to 1, and scale the duals back."""
    largest = max(float(np.abs(c).max(initial=0.0)) for c in (lp.cost, lp.shared_cost))
    if largest == 0.0:
        return solve(lp)
    found = solve(replace(lp, cost=lp.cost / largest, shared_cost=lp.shared_cost / largest))
    return replace(found, row_dual=found.row_dual * largest, dense_dual=found.dense_dual * largest)


def _first_proven(
    lp: BlockLP, routes: Iterator[Route], known: BlockSolution | None = None
) -> BlockSolution:
    """Return the first proven solution, else the one of least gap, else a ``failed`` one."""
    tried = [] if known is None else [known]
    for route in routes:
        tried.append(route(lp))
        if proven(lp, tried[-1]):
            return tried[-1]
    points = [found for found in tried if str(found.status) != "failed" and is_feasible(lp, found)]
    nearest = min(points, key=partial(_gap, lp), default=None)
    if nearest is not None and _gap(lp, nearest) <= USABLE:
        return replace(nearest, status=np.array("optimal"))
    return replace(tried[-1], status=np.array("failed"))


def _gap(lp: BlockLP, found: BlockSolution) -> float:
    return float(certificate(lp, found).gap)
