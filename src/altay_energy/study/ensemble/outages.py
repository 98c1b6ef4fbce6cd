"""Outages in the dispatch of an ensemble: one history per plant and weather year."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from altay_energy.components.settings.adequacy import GRID
from altay_energy.core.units import Array
from altay_energy.dispatch.problem.problem import Problem
from altay_energy.run.methods import dispatched
from altay_energy.run.portfolio import Portfolio, Run
from altay_energy.study.adequacy.outages import Bools, Histories, History
from altay_energy.study.together import Asked

DRAW = 0
"""Number of the history that an ensemble draws: the first draw of an adequacy study."""


def has_outages(portfolio: Portfolio) -> bool:
    """Return whether runs draw outages: with ``[adequacy.outages]`` and the method rules.

    Parameters
    ----------
    portfolio : Portfolio
    """
    adequacy = portfolio.adequacy
    return adequacy is not None and bool(adequacy.outages) and portfolio.dispatch.method == "rules"


def outage_problems(portfolio: Portfolio) -> list[str]:
    """Yield error messages for outages that an ensemble cannot draw.

    Parameters
    ----------
    portfolio : Portfolio
    """
    if not has_outages(portfolio):
        return []
    assert portfolio.adequacy is not None
    return [
        f'adequacy.outages."{name}": a plant whose units are committed has whole units in every '
        f"step of a dispatch; leave units out of [{name}] and give them in this table"
        for name in portfolio.adequacy.outages
        if name in portfolio.thermal_units
    ]


def run_of(portfolio: Portfolio, available: Mapping[str, Array], labels: Sequence[int]) -> Run:
    """Run a portfolio with its outages, if any.

    Parameters
    ----------
    portfolio : Portfolio
        Portfolio with weather of shape (R, T), or (T,) for a single year.
    available : mapping of str to ndarray, shape (..., T)
        Available power by plant. [MW]
    labels : sequence of int
        Seed or year of each of the R weather years.

    Raises
    ------
    NoSolutionError
        If no dispatch satisfies the limits.
    """
    if not has_outages(portfolio):
        return portfolio.run(available)
    asked = asked_of(portfolio, available, labels)
    dispatch = dispatched(asked.problem, portfolio.dispatch)
    dispatch.check()
    return Run(portfolio=portfolio, problem=asked.problem, dispatch=dispatch, demand=asked.demand)


def asked_of(portfolio: Portfolio, available: Mapping[str, Array], labels: Sequence[int]) -> Asked:
    """Return a portfolio with its problem, reduced by its outages, if any.

    Parameters
    ----------
    portfolio, available, labels
        As for `run_of`.
    """
    demand = portfolio.demand(available)
    problem = portfolio.problem_of(available, demand)
    if has_outages(portfolio) and portfolio.adequacy is not None:
        tables, seed = portfolio.adequacy.outages, portfolio.adequacy.seed
        histories = Histories.of(tables, portfolio.components(), portfolio.timeline, seed)
        problem = with_outages(problem, histories, labels)
    return Asked(portfolio, problem, demand)


def with_outages(problem: Problem, outages: Histories, labels: Sequence[int]) -> Problem:
    """Return a problem reduced to the plants, storages and grid limits in service.

    Parameters
    ----------
    problem : Problem
        Shape (R, T); or (T,) for one weather year, or if nothing depends on weather.
    outages : Histories
    labels : sequence of int
        Labels of the R weather years.

    Returns
    -------
    Problem
        Shape (R, T), or (T,) for one weather year without an axis.
    """
    alone = len(problem.shape) == 1 and len(labels) == 1
    drawn: list[History] = [(int(label), DRAW) for label in labels]

    def share(name: str) -> Array:
        found = outages.share_in_service(name, drawn)
        return found[0] if alone else found

    def units(name: str) -> Bools:
        out = np.stack([outages.units_out(name, history) for history in drawn], axis=1)
        return out[:, 0] if alone else out

    def reduced(name: str, power: Array) -> Array:
        return power * share(name) if name in outages.tables else power

    stations = []
    for station in problem.stations:
        planned = station.in_service
        if station.name in outages.tables:
            planned = (planned if alone else planned[:, np.newaxis]) & ~units(station.name)
        stations.append(replace(station, in_service=planned))
    thermals = []
    for plant in problem.thermals:
        capacity = reduced(plant.name, plant.capacity_mw)
        must_run = np.minimum(plant.must_run_mw, capacity)
        thermals.append(replace(plant, capacity_mw=capacity, must_run_mw=must_run))
    return replace(
        problem,
        renewables={name: reduced(name, power) for name, power in problem.renewables.items()},
        thermals=tuple(thermals),
        storages=tuple(
            replace(s, in_service=share(s.name)) if s.name in outages.tables else s
            for s in problem.storages
        ),
        stations=tuple(stations),
        import_limit_mw=reduced(GRID, problem.import_limit_mw),
        export_limit_mw=reduced(GRID, problem.export_limit_mw),
    )
