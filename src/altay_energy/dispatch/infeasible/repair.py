"""The smallest change of a single key that gives a problem a solution, and that it does.

A limit is made a variable, and that it grows is all that costs anything: the least growth with
which all other limits are kept is the answer of one linear program.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from altay_energy.core.units import Array
from altay_energy.dispatch.infeasible.elastic import Elastic, is_possible
from altay_energy.dispatch.infeasible.keys import (
    wide_mw,
    wide_mwh,
    with_storage,
    without_terminal,
)
from altay_energy.dispatch.infeasible.outages import at_least, raised, rounded_up
from altay_energy.dispatch.lp.program import BlockLP
from altay_energy.dispatch.lp.verdict import solve_surely
from altay_energy.dispatch.problem.period import LIMITS
from altay_energy.dispatch.problem.problem import Problem
from altay_energy.dispatch.problem.storage import StorageLimits
from altay_energy.dispatch.program.columns import IMPORT, Column, Role


@dataclass(frozen=True)
class Mend:
    """One change that is enough.

    Parameters
    ----------
    key : str
        What is changed.
    told : str
        The change in words.
    """

    key: str
    told: str


def mends_of(problem: Problem) -> list[Mend]:
    """Single changes that are enough, each as small as it can be.

    Parameters
    ----------
    problem : Problem
        Shape (T,), without a solution.
    """
    return [*_import(problem), *_storages(problem), *_limits(problem), *_terminal(problem)]


def limit_told(problem: Problem, name: str, amount: float) -> tuple[str, str]:
    """What a limit over the period has to become if it is missed by an amount: verb, value.

    Parameters
    ----------
    problem : Problem
    name : str
        In ``PeriodTerms``.
    amount : float
        Steps added up. [MW or t/h]
    """
    limit, asked = LIMITS[name], float(getattr(problem.terms, name))
    if limit.unit != "-":
        return "raise", at_least(asked + amount * problem.step_hours)
    whole = sum((problem.on_all(p).sum() for p in problem.renewables.values()), start=0.0)
    off = amount / max(float(whole), 1e-30)
    if limit.sense == "min":
        return "lower", f"{np.floor((asked - off) * 1e4) / 1e4:.4g}"
    return "raise", f"{np.ceil((asked + off) * 1e4) / 1e4:.4g}"


def _limits(problem: Problem) -> Iterator[Mend]:
    elastic = Elastic(problem)
    for name in elastic.slacks:
        amount = elastic.alone(name) if isinstance(name, str) else None
        if isinstance(name, str) and amount is not None:
            verb, to = limit_told(problem, name, amount)
            key = f"dispatch.{name}"
            change = f"{key} lowered to {to}" if verb == "lower" else f"{key} raised to {to}"
            yield Mend(key, change)


def _terminal(problem: Problem) -> Iterator[Mend]:
    if problem.terminal in ("at_least", "equal_initial") and is_possible(without_terminal(problem)):
        yield Mend("dispatch.terminal", 'dispatch.terminal = "free"')


def _import(problem: Problem) -> Iterator[Mend]:
    limit = problem.on_all(problem.import_limit_mw)
    wide = replace(problem, import_limit_mw=np.asarray(wide_mw(problem)))
    by = _least_growth(wide, IMPORT, limit)
    if by is not None:
        key = "grid.import_limit_mw"
        yield Mend(key, raised(problem, key, limit, by))


def _storages(problem: Problem) -> Iterator[Mend]:
    for storage in problem.storages:
        if problem.origin.without_keys(storage.name):
            continue
        alone = False
        for field in ("energy_mwh", "discharge_mw"):
            by = _growth(problem, storage, field)
            if by is not None:
                alone = True
                key, _ = problem.origin.limit_key(storage.name, field)
                yield Mend(key, _grown(problem, storage, field, by))
        if not alone:
            yield from _grown_in_both(problem, storage)


def _grown_in_both(problem: Problem, storage: StorageLimits) -> Iterator[Mend]:
    """A storage with the least power that is enough with any energy, and the least energy then."""
    wide, name = wide_mwh(problem), storage.name
    begun = _begun(storage) * wide
    large = with_storage(problem, name, energy_mwh=wide, initial_level_mwh=begun)
    power = _growth(large, storage, "discharge_mw")
    if power is None:
        return
    enough = rounded_up(storage.discharge_mw + power)
    energy = _growth(with_storage(problem, name, discharge_mw=enough), storage, "energy_mwh")
    if energy is not None:
        one = _grown(problem, storage, "discharge_mw", power)
        other = _grown(problem, storage, "energy_mwh", energy)
        yield Mend(name, f"{one} and {other} together")


def _begun(storage: StorageLimits) -> float:
    """Share of its energy that a storage holds at the beginning. [-]"""
    return storage.initial_level_mwh / storage.energy_mwh if storage.energy_mwh else 0.0


def _growth(problem: Problem, storage: StorageLimits, field: str) -> float | None:
    """By how much the energy of a storage, begun as full in proportion, or its power has to grow.

    [MWh or MW]
    """
    name, limit = storage.name, np.full(problem.steps, getattr(storage, field))
    if field == "energy_mwh":
        wide = with_storage(problem, name, energy_mwh=wide_mwh(problem))
        return _least_growth(wide, Column(Role.LEVEL, name), limit, _begun(storage))
    wide = with_storage(problem, name, discharge_mw=wide_mw(problem))
    return _least_growth(wide, Column(Role.DISCHARGE, name), limit)


def _grown(problem: Problem, storage: StorageLimits, field: str, by: float) -> str:
    """The growth as a change of a key."""
    key, per_unit = problem.origin.limit_key(storage.name, field)
    now = np.array([getattr(storage, field) / per_unit])
    return raised(problem, key, now, by / per_unit)


def _least_growth(
    problem: Problem, column: Column, limit: Array, begun: float = 0.0
) -> float | None:
    """By how much a limit has to grow in every step; None where that is not enough.

    Parameters
    ----------
    problem : Problem
        In which the limit is wide.
    column : Column
        What is limited.
    limit : ndarray, shape (T,)
        Up to where. [MW or MWh]
    begun : float
        Share of the growth that a storage holds at the beginning. [-]
    """
    elastic = Elastic(problem)
    place = elastic.formulation.column.get(column)
    if place is None:
        return None
    lp = _with_growth(elastic.hard(), place, limit)
    if begun and problem.terminal != "cyclic":
        lp = _begun_with_it(elastic, lp, column.owner, begun)
    found = solve_surely(lp, vertex=True)
    return float(found.y[-1]) if str(found.status) == "optimal" else None


def _with_growth(lp: BlockLP, place: int, limit: Array) -> BlockLP:
    """The program with one more shared variable, the growth, and a row: column ≤ limit + growth."""
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
    """A share of the growth stands in the storage at first, and is asked back where levels are."""
    problem, shared, dense = elastic.problem, lp.shared.copy(), lp.dense_shared.copy()
    keep = next(s.keep(problem.step_hours) for s in problem.storages if s.name == name)
    shared[elastic.formulation.row[name], -1, 0] = -keep * begun
    for k, slack in enumerate(elastic.slacks):
        if slack == (name, "short"):
            dense[k, -1] = begun
        elif slack == (name, "over"):
            dense[k, -1] = -begun
    return replace(lp, shared=shared, dense_shared=dense)
