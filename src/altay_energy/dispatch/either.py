"""One program, by whichever solver proves its optimum."""

from __future__ import annotations

from altay_energy.dispatch.block_lp import BlockLP, BlockSolution
from altay_energy.dispatch.interior_point import InteriorPoint


def solve_by_either(lp: BlockLP, fast: InteriorPoint | None = None) -> BlockSolution:
    """By the interior-point method, or by HiGHS where that proves nothing.

    Parameters
    ----------
    lp : BlockLP
        Without leading axes.
    fast : InteriorPoint, optional
        Made for programs with these matrices, if there is one already.

    Returns
    -------
    BlockSolution
        With the status of the solver that was asked last.
    """
    solution = (fast or InteriorPoint(lp)).solve(lp)
    if str(solution.status) == "optimal":
        return solution
    from altay_energy.dispatch.highs import solve_by_highs

    return solve_by_highs(lp)
