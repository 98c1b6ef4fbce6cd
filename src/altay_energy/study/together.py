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
    """Join problems of one shape to one of shape (R, T).

    Parameters
    ----------
    problems : sequence of Problem
        R problems of shape (T,), or problems of Y runs each, shape (Y, T), of which R = Y × number.

    Returns
    -------
    Problem or None
        None if they differ in more than series: powers, limits, prices and inflows by step.
    """
    first = problems[0]
    if not all(_same_structure(first, one) for one in problems):
        return None
    series = [list(same) for same in zip(*map(_series, problems), strict=True)]
    if all(_equal(same) for same in series):
        return first
    joined = iter([_joined(same, first.shape) for same in series])
    return first.with_series(lambda values: next(joined))


def _same_structure(first: Problem, one: Problem) -> bool:
    flat = len(first.shape) == 1 or all(s.in_service.ndim == 2 for s in first.stations)
    return flat and len(first.shape) <= 2 and first.shape == one.shape and _alike(first, one)


def _series(problem: Problem) -> list[Array]:
    found: list[Array] = []

    def seen(values: Array) -> Array:
        found.append(values)
        return values

    problem.with_series(seen)
    return found


def _equal(series: Sequence[Array]) -> bool:
    first = series[0]
    return all(one is first or np.array_equal(one, first) for one in series)


def _joined(series: Sequence[Array], shape: tuple[int, ...]) -> Array:
    """Join a series of every problem to shape (R, T); one series for all runs if it is so."""
    if series[0].ndim < 2 and _equal(series):
        return series[0]
    whole = [np.broadcast_to(one, shape) for one in series]
    return np.stack(whole) if len(shape) == 1 else np.concatenate(whole)


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
class Asked:
    """A portfolio with its problem.

    Parameters
    ----------
    portfolio : Portfolio
    problem : Problem
        From its `problem_of`.
    demand : mapping of str to ndarray
        From its `demand`. [MW]
    """

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
    return dispatched_together([_asked(portfolio) for portfolio in portfolios])


def dispatched_together(asked: Sequence[Asked]) -> list[Run | NoSolutionError]:
    """Run problems of portfolios; those of equal structure and shape are dispatched as one.

    Parameters
    ----------
    asked : sequence of Asked
        Problems of shape (T,), or of several runs, shape (Y, T).

    Returns
    -------
    list of Run or NoSolutionError
        Result of each in order, the same as if run alone.
    """
    found: dict[int, Run | NoSolutionError] = {}
    for group in _groups(asked):
        parts = [asked[number] for number in group]
        whole = _together(parts) if len(parts) > 1 else None
        for number, run in zip(group, whole or map(_alone, parts), strict=True):
            found[number] = run
    return [found[number] for number in range(len(asked))]


def _asked(portfolio: Portfolio) -> Asked:
    available = portfolio.available_power()
    demand = portfolio.demand(available)
    return Asked(portfolio, portfolio.problem_of(available, demand), demand)


def _groups(asked: Sequence[Asked]) -> list[list[int]]:
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


def _may_join(first: Asked, one: Asked) -> bool:
    problem = first.problem
    return (
        first.portfolio.dispatch.method in TOGETHER
        and not problem.committed
        and not problem.flexible_loads
        and not first.portfolio.enforced
        and _same_structure(problem, one.problem)
    )


def _together(parts: Sequence[Asked]) -> list[Run | NoSolutionError] | None:
    """Dispatch portfolios as one problem; None if one of them has no solution."""
    problem = stacked([part.problem for part in parts])
    assert problem is not None
    if problem.shape == parts[0].problem.shape:  # all problems are equal
        first = _alone(parts[0])
        return [_run_of(part, first) for part in parts]
    try:
        whole = dispatched(problem, parts[0].portfolio.dispatch)
    except NoSolutionError:
        return None
    found: list[Run | NoSolutionError] = []
    for number, part in enumerate(parts):
        dispatch = _one(whole, _rows(number, part.problem), part.problem)
        dispatch.check()
        found.append(Run(part.portfolio, part.problem, dispatch, part.demand))
    return found


def _run_of(part: Asked, run: Run | NoSolutionError) -> Run | NoSolutionError:
    """Return the run of a portfolio by the dispatch of an equal problem."""
    if isinstance(run, NoSolutionError):
        return run
    return Run(
        part.portfolio, part.problem, replace(run.dispatch, problem=part.problem), part.demand
    )


def _alone(part: Asked) -> Run | NoSolutionError:
    try:
        dispatch = part.portfolio.dispatch_of(part.problem)
    except NoSolutionError as error:
        return error
    return Run(part.portfolio, part.problem, dispatch, part.demand)


Part = TypeVar("Part", Dispatch, StationOperation, Solution)


def _rows(number: int, problem: Problem) -> int | slice:
    """Return the place of the runs of a problem among those of all."""
    if len(problem.shape) == 1:
        return number
    runs = problem.shape[0]
    return slice(number * runs, (number + 1) * runs)


def _one(whole: Dispatch, number: int | slice, problem: Problem) -> Dispatch:
    """Return the runs of one problem of a dispatch with a leading axis."""
    limits = {station.name: station for station in problem.stations}
    stations = {
        name: _cut(station, number, limits=limits[name]) for name, station in whole.stations.items()
    }
    proof = None if whole.solution is None else _cut(whole.solution, number)
    return _cut(whole, number, problem=problem, stations=stations, solution=proof)


def _cut(part: Part, number: int | slice, **changes: Any) -> Part:
    """Return one entry, or some, of the leading axis of every array of a part."""
    for field in fields(part):
        if field.name in changes:
            continue
        value = getattr(part, field.name)
        if isinstance(value, np.ndarray):
            changes[field.name] = _row(value, number)
        elif isinstance(value, Mapping):
            changes[field.name] = {key: _row(series, number) for key, series in value.items()}
    return replace(part, **changes)


def _row(series: Array, number: int | slice) -> Array:
    """Return one run, or some, of a series of shape (R, T), or (2, R, T) of two reservoirs."""
    return np.asarray(series[..., number, :] if series.ndim > 1 else series[number])
