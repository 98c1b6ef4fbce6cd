"""Keys of a scenario that clash: together they leave no solution, without any one there is one.

An irreducible infeasible set of a linear program names rows and bounds of single hours, in a year
hundreds of them. A user can change keys. So the set is irreducible in keys: one group of rows and
bounds for each key, and the deletion filter [1]_ over the groups. Each question of the filter is an
elastic program, solved by HiGHS.

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


def clash_of(problem: Problem) -> list[Key]:
    """Keys that leave no solution together, and do if any one of them is waived.

    Parameters
    ----------
    problem : Problem
        Shape (T,), without a solution.

    Returns
    -------
    list of Key
        With all keys that are not in it waived.
    """
    kept = []
    for key in keys_of(problem):
        freer = key.without(problem)
        if is_possible(freer):
            kept.append(key)
        else:
            problem = freer
    return kept
