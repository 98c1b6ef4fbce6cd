"""Dispatch with perfect foresight and whole units, with a proven distance from the least cost.

A linear relaxation that contains all operations of the station gives the lower bound
(`program.station.residual_cost`). Dynamic programming over the water of the upper reservoir
(`station_schedule`) plans the units against the prices of the relaxation. The plan is simulated
with the heads and tables of the station (`rules.station`), and the rest of the system is dispatched
around the result as in `optimal`. The prices of that dispatch give the next plan. The two steps
alternate until neither finds a cheaper operation. In periods of some weeks the station and the
largest other storage are then planned jointly (`joint_schedule`). The search starts with the
operation of the rules and with an idle station, so its result never costs more than either.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, replace

import numpy as np

from altay_energy.core.errors import NoSolutionError, ScenarioError
from altay_energy.core.units import Array
from altay_energy.dispatch.problem.problem import Problem
from altay_energy.dispatch.problem.reach import within_reach
from altay_energy.dispatch.problem.station import StationLimits
from altay_energy.dispatch.result.operation import Stop
from altay_energy.dispatch.result.result import Dispatch
from altay_energy.dispatch.units.commitment import (
    dispatch_committed,
    dispatch_committed_with_station,
)
from altay_energy.dispatch.units.decomposition import (
    REFILL,
    Candidate,
    PriceDecomposition,
    Proof,
)
from altay_energy.dispatch.units.limits.limit_prices import LimitPrices
from altay_energy.dispatch.units.limits.peak_caps import PASSES, closer_caps, first_caps

LEAST_SAVING = 1e-6
"""Share of the cost that a round must save for another round to follow. [-]"""

JOINT_PLANS = 2
"""Largest number of joint schedules of the station and another storage, in short periods."""


@dataclass(frozen=True)
class Search:
    """Termination of the search for a cheaper operation.

    Parameters
    ----------
    gap : float
        Relative gap to the bound at which the search ends. [-]
    time_limit_s : float
        Time after which no round begins. [s]
    """

    gap: float = 1e-4
    time_limit_s: float = 120.0


def dispatch_units(problem: Problem, search: Search | None = None) -> Dispatch:
    """Dispatch a station in whole units, or thermal units, with a proven distance from the optimum.

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
    improved = _Improvement(PriceDecomposition(problem, limits), search)
    improved.tighten()
    improved.try_relaxation_prices()
    improved.price_limits()
    improved.cap_peaks()
    improved.alternate()
    improved.plan_jointly()
    if improved.best is None:
        raise NoSolutionError(
            f"{improved.around.limits.name}: no operation in whole units was found with which all "
            'limits are kept; method = "optimal" shows whether the favourable form of the station '
            "finds one"
        )
    proof = Proof(improved.bound, improved.rounds, search.gap, improved.stopped)
    return improved.around.dispatch(improved.best, proof)


class _Improvement:
    """Iterative improvement: the best operation so far, and the number of rounds."""

    def __init__(self, around: PriceDecomposition, search: Search) -> None:
        self.around, self.search, self.began = around, search, time.monotonic()
        self.bound, self.relaxation = around.bound()
        known = [found for found in (around.by_rules(), around.idle()) if found is not None]
        self.best = min(known, key=lambda found: found.cost, default=None)
        self.limit_duals: Array | None = None
        self.rounds = self.searched = 0
        self.stopped: Stop = "nothing_cheaper"

    def tighten(self) -> None:
        """Raise the bound by the dynamic program with true units, unless the gap is small."""
        if self._continues():
            other = self.around.unit_bound(self.relaxation, self.limit_duals)
            self.bound = max(self.bound, other)

    def try_relaxation_prices(self) -> None:
        """Plan at the prices of the relaxation, from several first volumes."""
        starts = self.around.starts(self.relaxation)
        freedoms = self.around.freedoms
        for freedom in freedoms:
            prices = self.around.prices(self.relaxation, freedom)
            for start in starts if freedom == 1.0 or len(freedoms) == 1 else starts[:1]:
                if self._continues():
                    self._accept(self.around.plan_at(prices, start))

    def price_limits(self) -> None:
        """Plan at prices of the limits over the period that are found by bisection.

        The limits have the prices of the relaxation first. What the rest of the system would pay
        for more of a limit, with the operation of the plan, shows whether the plan uses too much.
        """
        duals = self.relaxation.dense_dual[: len(self.around.formulation.limits)]
        search = LimitPrices.of(duals)
        start, freedom = self.around.starts(self.relaxation)[0], self.around.freedoms[-1]
        highest = REFILL * self.around.problem.unserved_cost_cny_mwh
        while not search.done and self._continues():
            prices = self.around.prices(self.relaxation, freedom, limit_duals=search.duals)
            found = self.around.plan_at(prices, start, highest)
            better = found is not None and (self.best is None or found.cost < self.best.cost)
            if better:
                self.limit_duals = search.duals
            self._accept(found)
            self.searched += 1
            search.learn(None if found is None else found.solution.dense_dual[: duals.size])
        if self.limit_duals is not None and np.any(self.limit_duals != duals):
            self.tighten()

    def cap_peaks(self) -> None:
        """Plan with the import of each billing month below a cap, with closer and closer caps."""
        around = self.around
        if not around.peaks_in_order:
            return
        least = self.relaxation.y[around.formulation.peaks]
        most = least + around.limits.pump.high_mw.max()
        if self.best is not None:
            most = np.maximum(most, self.best.solution.y[around.formulation.peaks])
        caps, start = first_caps(least, most), around.starts(self.relaxation)[0]
        for _ in range(PASSES):
            if not self._continues():
                return
            found, chosen = around.plan_within_caps(
                self.relaxation, around.freedoms[-1], caps, start
            )
            self._accept(found)
            self.searched += 1
            caps = closer_caps(caps, chosen)

    def alternate(self) -> None:
        """Plan at the prices of the best operation until no plan is cheaper."""
        failed, freedoms = 0, self.around.freedoms
        while self.best is not None and failed < len(freedoms) and self._continues():
            if self.rounds - self.searched >= self.around.most_rounds:
                self.stopped = "rounds"
                break
            prices = self.around.prices(self.best, freedoms[failed], limit_duals=self.limit_duals)
            found = self.around.plan_at(prices, self.best.start_m3)
            failed = 0 if self._accept(found) else failed + 1

    def plan_jointly(self) -> None:
        """Plan the station and another storage jointly, in short periods."""
        for _ in range(JOINT_PLANS):
            if self.best is None or self.around.partner is None or not self._continues():
                return
            if not self._accept(self.around.plan_jointly(self.best, self.around.partner)):
                return
            self.alternate()

    def _accept(self, found: Candidate | None) -> bool:
        """Keep a cheaper operation; return whether it saves enough for another round."""
        self.rounds += 1
        if found is None or (self.best is not None and found.cost >= self.best.cost):
            return False
        saved = np.inf if self.best is None else self.best.cost - found.cost
        self.best = found
        return bool(saved > LEAST_SAVING * abs(found.cost))

    def _continues(self) -> bool:
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
