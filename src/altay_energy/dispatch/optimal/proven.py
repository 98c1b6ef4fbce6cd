"""How near the cheapest a dispatch is proven to be, in words, where that is not what was asked."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

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
    """What a reader ought to know of a proof that is not as near as it was to be.

    Parameters
    ----------
    dispatch : Dispatch
        By any method; day by day it is the optimum of the period that counts, which the figures of
        forecasts and short sight are held against.

    Returns
    -------
    tuple of str
        What was asked for, what was reached and why the search ended; empty where nothing is
        missing or nothing was to be proven.
    """
    found, whose = dispatch.solution, "the cost is proven"
    if found is None and dispatch.rolled is not None and dispatch.rolled.optimum is not None:
        found = dispatch.rolled.optimum.solution
        whose = "the optimum of the period, which guides the windows, is proven"
    if found is None or found.is_as_asked:
        return ()
    return (_told(found, whose),)


def _told(found: Solution, whose: str) -> str:
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
    """A gap as people read it: ``0.71 %``, ``271 %``, ``1e-06 %``."""
    return f"{100.0 * gap:,.0f} %" if gap >= 1.0 else f"{100.0 * gap:.2g} %"
