"""How much own energy meters can show as used by storages that run one way at a time.

Meters count what storage loses as used. So the linear program, in which a storage may charge and
discharge at once, meets a limit on the metered rate by losing energy that way, which no storage
does. Which directions come nearest is a question of yes or no in every step; it is answered by
dynamic programming over the content (`direction_search`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from altay_energy.core.errors import NoSolutionError
from altay_energy.dispatch.infeasible.elastic import Elastic, Slack
from altay_energy.dispatch.lp.program import BlockSolution, Bools
from altay_energy.dispatch.lp.verdict import solve_surely
from altay_energy.dispatch.optimal.direction_search import (
    DirectionSearch,
    net_directions,
    one_way,
)
from altay_energy.dispatch.problem.period import METERED_RATE
from altay_energy.dispatch.problem.problem import Problem
from altay_energy.dispatch.program.formulation import Formulation

_CELLS = (100_000,)
_BOTH = 1e-6
"""Share of the available energy that may go through storages both ways at once as rounding."""


@dataclass(frozen=True, eq=False)
class OneWay:
    """What is reached one way at a time.

    Parameters
    ----------
    missing : float
        By how much the limit on the metered rate is missed, steps added up. [MW]
    first_open : ndarray of bool, shape (P, T)
        Directions of all opposite columns: True where the first is open.
    """

    missing: float
    first_open: Bools


def missed_one_way(problem: Problem, amounts: Mapping[Slack, float]) -> OneWay | None:
    """By how little a limit on the metered rate is missed one way at a time; None: as without that.

    Parameters
    ----------
    problem : Problem
        Shape (T,), with such a limit.
    amounts : mapping of Slack to float
        By how much other limits may be missed.

    Raises
    ------
    NoSolutionError
        If nothing could be proven.
    """
    elastic = Elastic(problem)
    lp = elastic.missing(METERED_RATE, amounts)
    formulation = replace(elastic.formulation, lp=lp)
    best = solve_surely(lp)
    if str(best.status) != "optimal" or not _loses_both_ways(formulation, best):
        return None
    search = DirectionSearch(formulation)
    asked = np.ones((len(formulation.opposites), problem.steps), dtype=np.bool_)
    first_open, _ = search.directions(
        lp, asked, best, [net_directions(formulation.opposites, lp.now, best.x)], rounds=_CELLS
    )
    reached = solve_surely(one_way(formulation, lp, asked, first_open))
    if str(reached.status) != "optimal":
        raise NoSolutionError("no dispatch was found that runs one way at a time")
    place = reached.y.size - len(elastic.slacks) + elastic.slacks.index(METERED_RATE)
    return OneWay(float(reached.y[place]), first_open)


def _loses_both_ways(formulation: Formulation, solution: BlockSolution) -> bool:
    """Whether storages charge and discharge at once by more than rounding."""
    both = sum(
        float(np.minimum(solution.x[a], solution.x[b]).sum())
        for _, a, b, _, traded in formulation.opposites
        if not traded
    )
    whole = sum(float(np.sum(p)) for p in formulation.problem.renewables.values())
    return both > _BOTH * max(whole, 1.0)
