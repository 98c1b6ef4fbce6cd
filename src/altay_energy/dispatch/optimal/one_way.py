"""Largest metered self-consumption with storages that run one way at a time.

Meters count storage losses as used. In a linear program a storage may charge and discharge at once,
so it can satisfy a limit on the metered rate by losses that no real storage has. The directions
with the least violation are binary decisions in every step; dynamic programming over the content
finds them (`direction_search`).
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
"""Throughput both ways up to this share of the available energy is rounding. [-]"""


@dataclass(frozen=True, eq=False)
class OneWay:
    """Least violation of the limit with one direction at a time.

    Parameters
    ----------
    missing : float
        Violation of the limit on the metered rate, summed over steps. [MW]
    first_open : ndarray of bool, shape (P, T)
        Directions of all opposite columns: True where the first is open.
    """

    missing: float
    first_open: Bools


def missed_one_way(problem: Problem, amounts: Mapping[Slack, float]) -> OneWay | None:
    """Return the least violation of the metered rate, one way at a time; None: no change.

    Parameters
    ----------
    problem : Problem
        Problem of shape (T,) with such a limit.
    amounts : mapping of Slack to float
        Allowed violation of the other limits.

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
    """Return whether storages charge and discharge at once by more than rounding."""
    both = sum(
        float(np.minimum(solution.x[a], solution.x[b]).sum())
        for _, a, b, _, traded in formulation.opposites
        if not traded
    )
    whole = sum(float(np.sum(p)) for p in formulation.problem.renewables.values())
    return both > _BOTH * max(whole, 1.0)
