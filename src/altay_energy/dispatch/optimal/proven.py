"""Notices of proofs with a larger gap than requested."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from altay_energy.dispatch.lp import kernel
from altay_energy.dispatch.result.operation import Solution
from altay_energy.dispatch.result.result import Dispatch

_WHY: Mapping[str, str] = {
    "gap": "",
    "time_limit": "it was stopped by dispatch.units.time_limit_s; a longer limit may come nearer",
    "rounds": "it ended after its largest number of rounds",
    "nothing_cheaper": "no plan that it tried was cheaper, and what is left may be the bound's own "
    "distance from what whole units can do",
    "size": "commitments of so many plants and steps are searched in parts, each to a gap of its "
    "own, and their bound is that of the parts",
    "directions": "in {steps:,} steps running both ways at once would pay (a price below nothing, "
    "or an export that earns more than the import costs), and not all choices of a direction can "
    "be tried",
}


def proof_notices(dispatch: Dispatch) -> tuple[str, ...]:
    """Return notices of a gap larger than requested, and of a kernel that cannot be used.

    Parameters
    ----------
    dispatch : Dispatch
        Dispatch by any method; for rolling dispatch the optimum of the period counts, with which
        the costs of forecast errors and limited look-ahead are compared.

    Returns
    -------
    tuple of str
        The requested gap, the gap reached and the reason why the search ended; empty if the gap is
        small enough or nothing was to be proven.
    """
    found, whose = dispatch.solution, "the cost is proven"
    if found is None and dispatch.rolled is not None and dispatch.rolled.optimum is not None:
        found = dispatch.rolled.optimum.solution
        whose = "the optimum of the period, which guides the windows, is proven"
    if found is None:
        return ()
    gaps = () if found.is_as_asked else (_worded(found, whose),)
    return (*gaps, *kernel.notices())


def _worded(found: Solution, whose: str) -> str:
    gaps = np.atleast_1d(found.gap)
    worst = int(np.argmax(gaps))
    bound = float(np.atleast_1d(found.bound_cny)[worst])
    runs = f" (run {worst} of {gaps.size})" if gaps.size > 1 else ""
    why = _WHY[found.stopped].format(steps=found.exclusive_steps)
    return (
        f"{whose} to within {percent(float(gaps[worst]))} of it{runs}, and "
        f"{percent(found.asked_gap)} was asked for: {why}; no dispatch costs less than "
        f"{bound:{',.0f' if abs(bound) >= 1e5 else ',.6g'}} CNY"
    )


def percent(gap: float) -> str:
    """Return a gap in percent as text: ``0.71 %``, ``271 %``, ``1e-06 %``."""
    return f"{100.0 * gap:,.0f} %" if gap >= 1.0 else f"{100.0 * gap:.2g} %"
