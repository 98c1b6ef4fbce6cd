"""Irreducible conflict of scenario keys: infeasible together, feasible without any one of them.

An irreducible infeasible set of a linear program consists of rows and bounds of single hours,
hundreds of them in a year. A user can change only keys, so the set is irreducible over keys: all
rows and bounds of a key form a group, and the deletion filter [1]_ runs over the groups. Each step
of the filter solves an elastic program by HiGHS.

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
    """Return keys that are infeasible together and feasible if any one of them is relaxed.

    Parameters
    ----------
    problem : Problem
        Shape (T,), without a solution.

    Returns
    -------
    list of Key
        The conflict; the problem is infeasible even with all other keys relaxed.
    """
    kept = []
    for key in keys_of(problem):
        freer = key.without(problem)
        if is_possible(freer):
            kept.append(key)
        else:
            problem = freer
    return kept
