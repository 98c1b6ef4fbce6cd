"""Dispatch with perfect foresight and whole units: proven to be near the cheapest.

The bound comes from a linear program that contains all operations of the station (`unit_program`).
The operation comes from dynamic programming over the water of its reservoir (`unit_plan`), which
sees the rest of the system through the prices of that program, and is run through the true water,
heads and tables of the station (`rules_station`). All else is then dispatched anew around it, as
`optimal` does. With the others' contents as they came out the station is planned again, and so on:
each answers the other until neither finds anything cheaper. In periods of some weeks the station
and the largest other storage are then planned at once (`unit_pair`). The operation of the rules,
with the rest dispatched around it, is where it begins, or standing still: no answer is dearer than
either.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, replace

import numpy as np

from altay_energy.core.errors import NoSolutionError, ScenarioError
from altay_energy.dispatch.problem.problem import Problem
from altay_energy.dispatch.problem.reach import within_reach
from altay_energy.dispatch.problem.station import StationLimits
from altay_energy.dispatch.result.operation import Stop
from altay_energy.dispatch.result.result import Dispatch
from altay_energy.dispatch.units.commitment import (
    dispatch_committed,
    dispatch_committed_with_station,
)
from altay_energy.dispatch.units.decomposition import Answer, Proof, Rest

FREEDOM = (0.0, 1.0, 0.2)
"""Share of its range by which each other storage may leave what it did, round by round."""

WORTH_A_ROUND = 1e-6
"""Share of the cost that a round must save for another to follow."""

TOGETHER = 2
"""Plans of the station and another storage at once, in periods that are short enough."""


@dataclass(frozen=True)
class Search:
    """When to stop looking for a cheaper operation.

    Parameters
    ----------
    gap : float
        Proven distance from the bound that is near enough. [-]
    time_limit_s : float
        No round begins after so many seconds. [s]
    """

    gap: float = 1e-4
    time_limit_s: float = 120.0


def dispatch_units(problem: Problem, search: Search | None = None) -> Dispatch:
    """A dispatch in which a station runs in whole units, and how far from the cheapest it can be.

    Parameters
    ----------
    problem : Problem
        Shape (T,), with one station in its unit form, or with thermal plants of units.
    search : Search, optional
        When to stop.

    Returns
    -------
    Dispatch
        Its ``solution`` holds cost, bound and gap. It has no stored value of the station.

    Raises
    ------
    ScenarioError
        If there is neither a station in its unit form nor a thermal plant of units, more than
        one station, or more than one run.
    NoSolutionError
        If no operation of the station was found with which the limits can be kept.
    """
    found = _by_units(within_reach(problem), search or Search())
    return replace(found, problem=problem)


def _by_units(problem: Problem, search: Search) -> Dispatch:
    if problem.committed and not problem.stations:
        return dispatch_committed(problem, search.gap)
    limits = _the_station(problem)
    if problem.committed:
        return dispatch_committed_with_station(
            problem, search.gap, lambda other: _by_units(other, search)
        )
    hunt = _Hunt(Rest(problem, limits), search)
    hunt.first_answers()
    hunt.answer_each_other()
    hunt.plan_together()
    if hunt.best is None:
        raise NoSolutionError(
            f"{hunt.around.limits.name}: no operation in whole units was found with which all "
            'limits are kept; method = "optimal" shows whether the favourable form of the station '
            "finds one"
        )
    proof = Proof(hunt.bound, hunt.rounds, search.gap, hunt.stopped)
    return hunt.around.dispatch(hunt.best, proof)


class _Hunt:
    """The search for a cheaper operation: the best so far, and the rounds that it took."""

    def __init__(self, around: Rest, search: Search) -> None:
        self.around, self.search, self.began = around, search, time.monotonic()
        self.bound, self.relaxation = around.bound()
        known = [found for found in (around.by_rules(), around.idle()) if found is not None]
        self.best = min(known, key=lambda found: found.cost, default=None)
        self.rounds = 0
        self.stopped: Stop = "nothing_cheaper"

    def first_answers(self) -> None:
        """Answers to the prices of the bound's program, from where it begins and elsewhere."""
        starts = self.around.starts(self.relaxation)
        for freedom in FREEDOM:
            prices = self.around.prices(self.relaxation, freedom)
            for start in starts if freedom == 1.0 else starts[:1]:
                if self._goes_on():
                    self._take(self.around.answer(prices, start))

    def answer_each_other(self) -> None:
        """Answers to the prices of the best, until none is cheaper."""
        failed = 0
        while self.best is not None and failed < len(FREEDOM) and self._goes_on():
            if self.rounds >= self.around.most_rounds:
                self.stopped = "rounds"
                break
            prices = self.around.prices(self.best, FREEDOM[failed])
            found = self.around.answer(prices, self.best.start_m3)
            failed = 0 if self._take(found) else failed + 1

    def plan_together(self) -> None:
        """The station and another storage planned at once, in short periods."""
        for _ in range(TOGETHER):
            if self.best is None or self.around.partner is None or not self._goes_on():
                return
            if not self._take(self.around.together(self.best, self.around.partner)):
                return
            self.answer_each_other()

    def _take(self, found: Answer | None) -> bool:
        """Whether an answer is so much cheaper that another round is worth it."""
        self.rounds += 1
        if found is None or (self.best is not None and found.cost >= self.best.cost):
            return False
        saved = np.inf if self.best is None else self.best.cost - found.cost
        self.best = found
        return bool(saved > WORTH_A_ROUND * abs(found.cost))

    def _goes_on(self) -> bool:
        best = self.best
        near = best is not None and best.cost - self.bound <= self.search.gap * abs(best.cost)
        in_time = time.monotonic() - self.began < self.search.time_limit_s
        if not near and not in_time:
            self.stopped = "time_limit"
        return not near and in_time


def _the_station(problem: Problem) -> StationLimits:
    if len(problem.stations) != 1:
        names = ", ".join(s.name for s in problem.stations)
        raise ScenarioError(
            'dispatch.method = "units" runs one pumped storage unit by unit, or commits units of '
            "thermal plants, and "
            + (
                f"{names} are in their unit form; give all but one in the simple form"
                if names
                else "none is in its unit form; give a pumped storage units, unit_mw, upper and "
                'lower, or a thermal plant units, or say method = "optimal"'
            )
        )
    if len(problem.shape) > 1:
        raise ScenarioError(
            f'dispatch.method = "units" takes one run at a time, not {problem.shape[:-1]} of them; '
            "dispatch them one by one"
        )
    return problem.stations[0]
