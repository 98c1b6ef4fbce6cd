"""Dispatches portfolios with problems of equal structure as one problem with a leading axis."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, is_dataclass, replace
from typing import Any, TypeVar

import numpy as np

from altay_energy.core.errors import NoSolutionError
from altay_energy.core.units import Array
from altay_energy.dispatch.problem.checks import Limits
from altay_energy.dispatch.problem.problem import Problem
from altay_energy.dispatch.problem.station import StationOperation
from altay_energy.dispatch.result.operation import Solution
from altay_energy.dispatch.result.result import Dispatch
from altay_energy.run.methods import dispatched
from altay_energy.run.portfolio import Portfolio, Run

TOGETHER = ("rules",)
"""Methods that are faster with runs as a leading axis.

`optimal` accepts a leading axis but is not faster: runs that differ in prices take 0.19 s each with
it and 0.14 to 0.25 s alone, and up to twice as long if directions have to be searched (measured for
a year of `jeminay-2023`).
"""

LATEST_GROUPS = 4
"""Number of latest groups with which a run is compared, to bound the number of comparisons."""


def stacked(problems: Sequence[Problem]) -> Problem | None:
    """Join problems without leading axes to one of shape (R, T).

    Parameters
    ----------
    problems : sequence of Problem
        R problems of shape (T,).

    Returns
    -------
    Problem or None
        None if they differ in more than series: powers, limits, prices and inflows by step.
    """
    first = problems[0]
    if not all(_same_structure(first, one) for one in problems):
        return None
    series = [_series(one) for one in problems]
    joined = iter([_joined(same, first.steps) for same in zip(*series, strict=True)])
    return first.with_series(lambda values: next(joined))


def _same_structure(first: Problem, one: Problem) -> bool:
    return len(first.shape) == len(one.shape) == 1 and _alike(first, one)


def _series(problem: Problem) -> list[Array]:
    found: list[Array] = []

    def seen(values: Array) -> Array:
        found.append(values)
        return values

    problem.with_series(seen)
    return found


def _joined(series: Sequence[Array], steps: int) -> Array:
    """Join a series of every problem to shape (R, T); one series if all are equal."""
    first = series[0]
    if all(one is first or np.array_equal(one, first) for one in series):
        return first
    return np.stack([np.broadcast_to(one, (steps,)) for one in series])


def _alike(one: Any, other: Any) -> bool:
    """Return whether two values are equal except for the series of a problem and its parts."""
    if one is other:
        return True
    if type(one) is not type(other):
        return False
    if isinstance(one, np.ndarray):
        return np.array_equal(one, other)
    if isinstance(one, Mapping):
        return list(one) == list(other) and all(_alike(one[key], other[key]) for key in one)
    if isinstance(one, tuple | list):
        return len(one) == len(other) and all(map(_alike, one, other))
    if isinstance(one, Problem) and list(one.renewables) != list(other.renewables):
        return False
    if is_dataclass(one):
        names = {part.name for part in fields(one)} - _series_of(one)
        return all(_alike(getattr(one, name), getattr(other, name)) for name in names)
    return bool(one == other)


def _series_of(part: Any) -> set[str]:
    """Return the names of the fields of a problem or a part of it that may differ."""
    if isinstance(part, Problem):
        return {*Problem.SERIES, "renewables", "origin"}
    return set(part.SERIES) if isinstance(part, Limits) else set()


@dataclass(frozen=True)
class _Asked:
    """A portfolio with its problem."""

    portfolio: Portfolio
    problem: Problem
    demand: Mapping[str, Array]


def runs_of(portfolios: Sequence[Portfolio]) -> list[Run | NoSolutionError]:
    """Run portfolios; those with problems of equal structure are dispatched as one.

    Parameters
    ----------
    portfolios : sequence of Portfolio

    Returns
    -------
    list of Run or NoSolutionError
        Result of each portfolio in order, the same as if run alone.
    """
    asked = [_asked(portfolio) for portfolio in portfolios]
    found: dict[int, Run | NoSolutionError] = {}
    for group in _groups(asked):
        parts = [asked[number] for number in group]
        whole = _together(parts) if len(parts) > 1 else None
        for number, run in zip(group, whole or map(_alone, parts), strict=True):
            found[number] = run
    return [found[number] for number in range(len(asked))]


def _asked(portfolio: Portfolio) -> _Asked:
    available = portfolio.available_power()
    demand = portfolio.demand(available)
    return _Asked(portfolio, portfolio.problem_of(available, demand), demand)


def _groups(asked: Sequence[_Asked]) -> list[list[int]]:
    """Return groups of the numbers of portfolios that can be dispatched together."""
    groups: list[list[int]] = []
    for number, one in enumerate(asked):
        for group in reversed(groups[-LATEST_GROUPS:]):
            first = asked[group[0]]
            if one.portfolio.dispatch == first.portfolio.dispatch and _may_join(first, one):
                group.append(number)
                break
        else:
            groups.append([number])
    return groups


def _may_join(first: _Asked, one: _Asked) -> bool:
    problem = first.problem
    return (
        first.portfolio.dispatch.method in TOGETHER
        and not problem.committed
        and not problem.flexible_loads
        and not first.portfolio.enforced
        and _same_structure(problem, one.problem)
    )


def _together(parts: Sequence[_Asked]) -> list[Run | NoSolutionError] | None:
    """Dispatch portfolios as one problem; None if one of them has no solution."""
    problem = stacked([part.problem for part in parts])
    assert problem is not None
    if len(problem.shape) == 1:  # all problems are equal
        first = _alone(parts[0])
        return [_run_of(part, first) for part in parts]
    try:
        whole = dispatched(problem, parts[0].portfolio.dispatch)
    except NoSolutionError:
        return None
    found: list[Run | NoSolutionError] = []
    for number, part in enumerate(parts):
        dispatch = _one(whole, number, part.problem)
        dispatch.check()
        found.append(Run(part.portfolio, part.problem, dispatch, part.demand))
    return found


def _run_of(part: _Asked, run: Run | NoSolutionError) -> Run | NoSolutionError:
    """Return the run of a portfolio by the dispatch of an equal problem."""
    if isinstance(run, NoSolutionError):
        return run
    return Run(
        part.portfolio, part.problem, replace(run.dispatch, problem=part.problem), part.demand
    )


def _alone(part: _Asked) -> Run | NoSolutionError:
    try:
        dispatch = part.portfolio.dispatch_of(part.problem)
    except NoSolutionError as error:
        return error
    return Run(part.portfolio, part.problem, dispatch, part.demand)


Part = TypeVar("Part", Dispatch, StationOperation, Solution)


def _one(whole: Dispatch, number: int, problem: Problem) -> Dispatch:
    """Return one run of a dispatch with a leading axis."""
    limits = {station.name: station for station in problem.stations}
    stations = {
        name: _cut(station, number, limits=limits[name]) for name, station in whole.stations.items()
    }
    proof = None if whole.solution is None else _cut(whole.solution, number)
    return _cut(whole, number, problem=problem, stations=stations, solution=proof)


def _cut(part: Part, number: int, **changes: Any) -> Part:
    """Return one entry of the leading axis of every array of a part."""
    for field in fields(part):
        if field.name in changes:
            continue
        value = getattr(part, field.name)
        if isinstance(value, np.ndarray):
            changes[field.name] = _row(value, number)
        elif isinstance(value, Mapping):
            changes[field.name] = {key: _row(series, number) for key, series in value.items()}
    return replace(part, **changes)


def _row(series: Array, number: int) -> Array:
    """Return one run of a series of shape (R, T), or (2, R, T) of two reservoirs."""
    return np.asarray(series[..., number, :] if series.ndim > 1 else series[number])
