"""Minimal repair: the smallest change of a single key that makes a problem feasible.

The limit becomes a variable; the objective is its increase. One linear program gives the least
increase that satisfies all other limits.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from altay_energy.core.units import Array
from altay_energy.dispatch.infeasible.elastic import Elastic, is_possible
from altay_energy.dispatch.infeasible.keys import without_terminal
from altay_energy.dispatch.infeasible.outages import at_least, raised, rounded_up
from altay_energy.dispatch.lp.program import BlockLP
from altay_energy.dispatch.lp.verdict import solve_surely
from altay_energy.dispatch.problem.period import LIMITS
from altay_energy.dispatch.problem.problem import Problem
from altay_energy.dispatch.problem.reach import wide_mwh
from altay_energy.dispatch.program.columns import Role
from altay_energy.dispatch.program.element import Growth, Key, with_part
from altay_energy.dispatch.program.elements import elements_of


@dataclass(frozen=True)
class Repair:
    """A change of one key that makes the problem feasible.

    Parameters
    ----------
    key : str
        The key that is changed.
    text : str
        The change in words.
    """

    key: str
    text: str


def repairs_of(problem: Problem) -> list[Repair]:
    """Yield single changes that make a problem feasible, each as small as possible.

    Parameters
    ----------
    problem : Problem
        Shape (T,), without a solution.
    """
    return [*_growths(problem), *_limits(problem), *_terminal(problem)]


def limit_change(problem: Problem, name: str, amount: float) -> tuple[str, str]:
    """Return the change of a limit over the period for a given violation: verb and value.

    Parameters
    ----------
    problem : Problem
    name : str
        Field of ``PeriodTerms``.
    amount : float
        Violation, summed over steps. [MW or t/h]
    """
    limit, asked = LIMITS[name], float(getattr(problem.terms, name))
    if limit.unit != "-":
        return "raise", at_least(asked + amount * problem.step_hours)
    whole = sum((problem.on_all(p).sum() for p in problem.renewables.values()), start=0.0)
    off = amount / max(float(whole), 1e-30)
    if limit.sense == "min":
        return "lower", f"{np.floor((asked - off) * 1e4) / 1e4:.4g}"
    return "raise", f"{np.ceil((asked + off) * 1e4) / 1e4:.4g}"


def _limits(problem: Problem) -> Iterator[Repair]:
    elastic = Elastic(problem)
    for name in elastic.slacks:
        amount = elastic.alone(name) if isinstance(name, str) else None
        if isinstance(name, str) and amount is not None:
            verb, to = limit_change(problem, name, amount)
            key = f"dispatch.{name}"
            change = f"{key} lowered to {to}" if verb == "lower" else f"{key} raised to {to}"
            yield Repair(key, change)


def _terminal(problem: Problem) -> Iterator[Repair]:
    if problem.terminal in ("at_least", "equal_initial") and is_possible(without_terminal(problem)):
        yield Repair("dispatch.terminal", 'dispatch.terminal = "free"')


def _growths(problem: Problem) -> Iterator[Repair]:
    """Yield the least increase of a limit of one element, or of power and energy of a storage."""
    for element in elements_of(problem):
        grown = [key for key in element.keys(problem) if key.growth]
        grown.sort(key=lambda key: _growth_of(key).column.role != Role.LEVEL)  # energy, then power
        found = [(key, by) for key in grown if (by := _least_growth(problem, key)) is not None]
        yield from (Repair(key.name, _grown(problem, key, by)) for key, by in found)
        if len(grown) == 2 and not found:
            yield from _grown_in_both(problem, *grown)


def _grown_in_both(problem: Problem, energy: Key, power: Key) -> Iterator[Repair]:
    """Yield the least power of a storage with unlimited energy, then its least energy."""
    name, wide = _growth_of(power).column.owner, wide_mwh(problem)
    begun = _growth_of(energy).begun * wide
    large = with_part("storages", name, energy.without(problem), initial_level_mwh=begun)
    more = _least_growth(large, power)
    if more is None:
        return
    enough = rounded_up(float(_growth_of(power).limit[0]) + more)
    least = _least_growth(with_part("storages", name, problem, discharge_mw=enough), energy)
    if least is not None:
        text = f"{_grown(problem, power, more)} and {_grown(problem, energy, least)} together"
        yield Repair(name, text)


def _growth_of(key: Key) -> Growth:
    assert key.growth is not None
    return key.growth


def _grown(problem: Problem, key: Key, by: float) -> str:
    """Return the increase as a change of the key, in words."""
    growth = _growth_of(key)
    return raised(problem, key.name, growth.limit / growth.per_unit, by / growth.per_unit)


def _least_growth(problem: Problem, key: Key) -> float | None:
    """Return the least increase of a limit in every step; None if no increase is enough.

    Parameters
    ----------
    problem : Problem
    key : Key
        Key that sets the limit.
    """
    growth = _growth_of(key)
    elastic = Elastic(key.without(problem))
    place = elastic.formulation.column.get(growth.column)
    if place is None:
        return None
    lp = _with_growth(elastic.hard(), place, growth.limit)
    if growth.begun and problem.terminal != "cyclic":
        lp = _begun_with_it(elastic, lp, growth.column.owner, growth.begun)
    found = solve_surely(lp, vertex=True)
    return float(found.y[-1]) if str(found.status) == "optimal" else None


def _with_growth(lp: BlockLP, place: int, limit: Array) -> BlockLP:
    """Return the program with the increase as shared variable, rows column ≤ limit + increase."""
    most = float(lp.upper[place].max())
    below = np.zeros((1, lp.columns + 1))
    below[0, [place, lp.columns]] = 1.0
    zero = np.zeros((1, lp.steps))
    growth = np.zeros((lp.rows + 1, 1, lp.steps))
    growth[-1] = -1.0
    return replace(
        lp,
        now=np.concatenate([np.pad(lp.now, ((0, 0), (0, 1))), below]),
        before=np.pad(lp.before, ((0, 1), (0, 1))),
        rhs=np.concatenate([lp.rhs, limit[np.newaxis]]),
        cost=np.concatenate([lp.cost, zero]),
        lower=np.concatenate([lp.lower, zero]),
        upper=np.concatenate([lp.upper, limit[np.newaxis] + most]),
        dense=np.pad(lp.dense, ((0, 0), (0, 1), (0, 0))),
        shared_cost=np.append(lp.shared_cost, 1.0),
        shared_lower=np.append(lp.shared_lower, 0.0),
        shared_upper=np.append(lp.shared_upper, most),
        shared=np.concatenate([np.pad(lp.shared, ((0, 1), (0, 0), (0, 0))), growth], axis=1),
        dense_shared=np.pad(lp.dense_shared, ((0, 0), (0, 1))),
    )


def _begun_with_it(elastic: Elastic, lp: BlockLP, name: str, begun: float) -> BlockLP:
    """Add a share of the increase to the first content and to a required last content."""
    problem, shared, dense = elastic.problem, lp.shared.copy(), lp.dense_shared.copy()
    keep = next(s.keep(problem.step_hours) for s in problem.storages if s.name == name)
    shared[elastic.formulation.row[name], -1, 0] = -keep * begun
    for k, slack in enumerate(elastic.slacks):
        if slack == (name, "short"):
            dense[k, -1] = begun
        elif slack == (name, "over"):
            dense[k, -1] = -begun
    return replace(lp, shared=shared, dense_shared=dense)
