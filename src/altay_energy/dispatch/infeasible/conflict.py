"""Irreducible conflict of scenario keys: infeasible together, feasible without any one of them.

An irreducible infeasible set of a linear program names rows and bounds of single hours, hundreds of
them in a year. A user can change keys, so the set is irreducible over keys: the rows and bounds of
each key are one group, and the deletion filter [1]_ runs over the groups. Each step of the filter
is an elastic program, solved by HiGHS.

References
----------
.. [1] J. W. Chinneck and E. W. Dravnieks, Locating minimal infeasible constraint sets in linear
   programs, ORSA Journal on Computing 3(2), 157-168, 1991.
"""

from __future__ import annotations

from altay_energy.dispatch.infeasible.elastic import is_possible
from altay_energy.dispatch.infeasible.keys import keys_of
from altay_energy.dispatch.problem.problem import Problem
from altay_energy.dispatch.program.element import Key


def conflict_of(problem: Problem) -> list[Key]:
    """Keys that are infeasible together and feasible if any one of them is waived.

    Parameters
    ----------
    problem : Problem
        Shape (T,), without a solution.

    Returns
    -------
    list of Key
        The conflict; all other keys are waived.
    """
    kept = []
    for key in keys_of(problem):
        freer = key.without(problem)
        if is_possible(freer):
            kept.append(key)
        else:
            problem = freer
    return kept
