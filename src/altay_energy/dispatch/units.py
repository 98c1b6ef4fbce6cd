"""Dispatch with perfect foresight and whole units: proven to be near the cheapest.

The bound comes from a linear program that contains all operations of the station
(`unit_program`).
The operation comes from dynamic programming over the water of its reservoir (`unit_plan`), which
sees the rest of the system through the prices of that program, and is run through the true water,
heads and tables of the station (`rules_station`). All else is then dispatched anew around it, as
`optimal` does. With the others' contents as they came out the station is planned again, and so on:
each answers the other until neither finds anything cheaper. The operation of the rules, with the
rest dispatched around it, is where it begins, or standing still: no answer is dearer than either.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from altay_energy.dispatch.block_lp import BlockLP, BlockSolution
from altay_energy.dispatch.certificate import certificate, reduced_costs
from altay_energy.dispatch.explain import why_impossible
from altay_energy.dispatch.favourable import with_favourable_stations
from altay_energy.dispatch.interior_point import InteriorPoint
from altay_energy.dispatch.keys import SERVED, without_limit
from altay_energy.dispatch.linear import Formulation, formulate
from altay_energy.dispatch.optimal import PROVEN_GAP, optimum_of
from altay_energy.dispatch.problem import Problem
from altay_energy.dispatch.result import Dispatch, Solution
from altay_energy.dispatch.rules import dispatch_by_rules
from altay_energy.dispatch.rules_station import operate_station
from altay_energy.dispatch.station import UPPER, StationLimits, StationOperation
from altay_energy.dispatch.unit_hull import END_WITHIN, EnergyScale
from altay_energy.dispatch.unit_plan import Course, RestCost
from altay_energy.dispatch.unit_program import Relaxation, end_value, relaxed
from altay_energy.errors import NoSolutionError, ScenarioError
from altay_energy.units import Array

ROUNDS = 8
"""Station and rest answer each other at most so often in a year, more often in less."""

FREEDOM = (0.0, 1.0, 0.2)
"""Share of its range by which each other storage may leave what it did, round by round."""

WORTH_A_ROUND = 1e-6
"""Share of the cost that a round must save for another to follow."""


_YEAR = 8760


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
        Shape (T,), with one station in its unit form.
    search : Search, optional
        When to stop.

    Returns
    -------
    Dispatch
        Its ``solution`` holds cost, bound and gap. It has no stored value of the station.

    Raises
    ------
    ScenarioError
        If there is no station in its unit form, or more than one, or more than one run.
    NoSolutionError
        If no operation of the station was found with which the limits can be kept.
    """
    search, began = search or Search(), time.monotonic()
    limits = _the_station(problem)
    around = _Rest(problem, limits)
    bound, relaxation = around.bound()
    known = [found for found in (around.by_rules(), around.idle()) if found is not None]
    best, rounds = min(known, key=lambda found: found.cost, default=None), 0

    def try_one(prices: RestCost, start_m3: float) -> bool:
        """Whether a round finds something that is worth another."""
        nonlocal best, rounds
        found, rounds = around.answer(prices, start_m3), rounds + 1
        if found is None or (best is not None and found.cost >= best.cost):
            return False
        saved = np.inf if best is None else best.cost - found.cost
        best = found
        return bool(saved > WORTH_A_ROUND * abs(found.cost))

    def goes_on() -> bool:
        near = best is not None and best.cost - bound <= search.gap * abs(best.cost)
        return not near and time.monotonic() - began < search.time_limit_s

    starts = around.starts(relaxation)
    for freedom in FREEDOM:
        first = around.prices(relaxation, freedom)
        for start in starts if freedom == 1.0 else starts[:1]:
            if goes_on():
                try_one(first, start)
    failed = 0
    while best is not None and failed < len(FREEDOM) and rounds < around.most_rounds:
        if not goes_on():
            break
        prices = around.prices(best, FREEDOM[failed])
        failed = 0 if try_one(prices, best.start_m3) else failed + 1
    if best is None:
        raise NoSolutionError(
            f"{limits.name}: no operation in whole units was found with which all limits are kept; "
            'method = "optimal" tells whether the simple form of the station finds one'
        )
    return around.dispatch(best, bound, rounds)


@dataclass(frozen=True, eq=False)
class _Answer:
    """An operation, the program of the rest around it, its solution and the cost of both."""

    operation: StationOperation
    lp: BlockLP
    solution: BlockSolution
    cost: float

    @property
    def start_m3(self) -> float:
        """Water of the upper reservoir at the beginning. [m³]"""
        return float(self.operation.volume_m3[UPPER, 0])


@dataclass(frozen=True, eq=False)
class _Rest:
    """A system with one station, and all of it but the station."""

    problem: Problem
    limits: StationLimits

    @cached_property
    def formulation(self) -> Formulation:
        """The system without the station."""
        p, name = self.problem, self.limits.name
        others = {key: cost for key, cost in p.variable_om_cny_mwh.items() if key != name}
        order = tuple(key for key in p.storage_order if key != name)
        rest = replace(p, stations=(), storage_order=order, variable_om_cny_mwh=others)
        return formulate(rest)

    @cached_property
    def solver(self) -> InteriorPoint:
        """For the system without the station, whatever the station does."""
        return InteriorPoint(self.formulation.lp)

    @cached_property
    def scale(self) -> EnergyScale:
        """The station's water as energy."""
        return EnergyScale.of(self.limits)

    @cached_property
    def course(self) -> Course:
        """The station as dynamic programming sees it."""
        low, high = self.scale.volume_m3[[0, -1]]
        return Course.of(self.limits, self.problem.step_hours, float(low), float(high))

    @property
    def om_cny_mwh(self) -> float:
        """Of generation. [CNY/MWh]"""
        return self.problem.variable_om_cny_mwh.get(self.limits.name, 0.0)

    def bound(self) -> tuple[float, BlockSolution]:
        """What no operation can be below, and the solution of the program that says so."""
        lp = self._relaxed.lp
        solution = InteriorPoint(lp).solve(lp)
        if str(solution.status) != "optimal":
            from altay_energy.dispatch.highs import solve_by_highs

            solution = solve_by_highs(lp)
        if str(solution.status) == "infeasible":
            raise why_impossible(with_favourable_stations(self.problem))
        return float(certificate(lp, solution).bound), solution

    @cached_property
    def _relaxed(self) -> Relaxation:
        return relaxed(self.problem, self.formulation.lp, self.limits, self.scale)

    @property
    def most_rounds(self) -> int:
        """Rounds that take about as long as those of a year."""
        return max(ROUNDS, min(10 * ROUNDS, ROUNDS * _YEAR // self.problem.steps))

    def starts(self, relaxation: BlockSolution) -> list[float]:
        """Water of the upper reservoir to begin with, where it may be chosen. [m³]"""
        if self.problem.terminal != "cyclic":
            return [self.limits.start_m3[UPPER]]
        # A reservoir that begins full cannot be filled again by whole pumps.
        one_pump = self.limits.pump.flow_m3_s[:, 1, -1].max() * self.course.seconds
        low, high = (float(v) for v in self.scale.volume_m3[[0, -1]])
        most = max(high - 2.0 * one_pump, 0.5 * (low + high))
        likely = min(float(self.scale.volume(relaxation.x[self._relaxed.level, -1])), most)
        others = np.linspace(low, most, max(0, self.most_rounds // 4 - 2))
        return [likely, *others.tolist()] if self.most_rounds > ROUNDS else [likely]

    def prices(self, found: BlockSolution | _Answer, freedom: float = 0.0) -> RestCost:
        """What power costs at the bus, contents at their worth.

        Storages and flexible loads may leave what they do there by ``freedom`` of their range.
        """
        lp, own = self.formulation.lp, self.formulation.lp.columns
        program = found.lp if isinstance(found, _Answer) else self._relaxed.lp
        solution = found.solution if isinstance(found, _Answer) else found
        z, _ = reduced_costs(program, solution.x, solution.row_dual, solution.dense_dual)
        cost = z[:own] + lp.now[0][:, np.newaxis] * solution.row_dual[0]
        names = [s.name for s in self.problem.storages]
        names += [load.name for load in self.problem.flexible_loads]
        rows = [self.formulation.row[name] for name in names if name in self.formulation.row]
        kept = np.any(lp.now[rows] != 0.0, axis=0)[:, np.newaxis]
        x, width = solution.x[:own], freedom * (lp.upper - lp.lower)
        lower = np.where(kept, np.maximum(x - width, lp.lower), lp.lower)
        upper = np.where(kept, np.minimum(x + width, lp.upper), lp.upper)
        return RestCost.of(lp, cost, lower, upper)

    def answer(self, prices: RestCost, start_m3: float) -> _Answer | None:
        """The station's answer to prices, with the rest around it; None where there is none."""
        grid, found = self.course.volume_m3, None
        for _ in range(2):
            value = self.course.values(prices, self._end(grid, start_m3), self.om_cny_mwh)
            wanted, _ = self.course.follow(prices, value, start_m3, self.om_cny_mwh)
            total = sum(self.limits.start_m3)
            limits = replace(self.limits, start_m3=(start_m3, total - start_m3))
            free = replace(self.problem, terminal="free")
            done = operate_station(free, limits, wanted)
            found = self._around(done)
            if found is not None or self.problem.terminal != "cyclic":
                return found
            # What cannot be reached at the end is not there at the beginning either.
            start_m3 = float(done.volume_m3[UPPER, -1])
        return found

    def _end(self, grid: Array, start_m3: float) -> Array:
        """Cost of ending with a volume, shape (N,). [CNY]"""
        terminal, scale = self.problem.terminal, self.scale
        dear = self.problem.unserved_cost_cny_mwh * scale.most_mwh_per_m3
        if terminal in ("cyclic", "at_least"):
            return np.asarray(dear * np.maximum(start_m3 - grid, 0.0))
        if terminal == "equal_initial":
            return np.asarray(dear * np.abs(start_m3 - grid))
        return end_value(self.problem, scale, scale.content(grid))

    def by_rules(self) -> _Answer | None:
        """The operation of the rules, if they end as the period has to."""
        try:
            rules = dispatch_by_rules(without_limit(self.problem, SERVED))
        except NoSolutionError:
            return None
        return self._around(rules.stations[self.limits.name])

    def idle(self) -> _Answer | None:
        """A station that stands still, if that ends as the period has to."""
        free = replace(self.problem, terminal="free")
        return self._around(operate_station(free, self.limits, np.zeros(self.problem.shape)))

    def _around(self, done: StationOperation) -> _Answer | None:
        """The cheapest dispatch around an operation; None where a limit is broken."""
        if not self._ends_well(done):
            return None
        lp = self.formulation.lp
        rhs = np.broadcast_to(lp.rhs, (lp.rows, lp.steps)).copy()
        rhs[0] += done.pump_mw - done.turbine_mw
        fixed = replace(lp, rhs=rhs)
        solution = self.solver.solve(fixed)
        if str(solution.status) != "optimal":
            return None
        cost = float(certificate(fixed, solution).objective) + self._own_cost(done)
        return _Answer(done, fixed, solution, cost)

    def _own_cost(self, done: StationOperation) -> float:
        """Starts, variable O&M and what is left at the end. [CNY]"""
        gave = float(done.turbine_mw.sum()) * self.problem.step_hours
        left = self.scale.content(done.volume_m3[UPPER, -1])
        worth = float(end_value(self.problem, self.scale, left))
        return float(done.cost_cny()) + self.om_cny_mwh * gave + worth

    def _ends_well(self, done: StationOperation) -> bool:
        """Whether the upper reservoir ends as ``terminal`` demands, to `END_WITHIN`."""
        first, last = done.volume_m3[UPPER, 0], done.volume_m3[UPPER, -1]
        slack = END_WITHIN * self.limits.live_m3
        if self.problem.terminal in ("cyclic", "at_least"):
            return bool(last >= first - slack)
        return self.problem.terminal != "equal_initial" or bool(last >= first - slack)

    def dispatch(self, best: _Answer, bound: float, rounds: int) -> Dispatch:
        """The answer as a dispatch, with what is proven of it."""
        limits, done = self.limits, best.operation
        around = optimum_of(replace(self.formulation, lp=best.lp))
        proof = around.solution
        assert proof is not None
        cost = float(proof.objective_cny) + self._own_cost(done)
        gap = max(cost - bound, 0.0) / max(1.0, abs(cost))
        solution = Solution(
            solver=f"units, {proof.solver}",
            status="optimal" if gap <= PROVEN_GAP else "within gap",
            usable=True,
            objective_cny=np.asarray(cost),
            bound_cny=np.asarray(min(bound, cost)),
            gap=np.asarray(gap),
            residual_mw=proof.residual_mw,
            iterations=rounds,
            exclusive_steps=proof.exclusive_steps,
        )
        return replace(
            around,
            problem=self.problem,
            charge_mw={**around.charge_mw, limits.name: done.pump_mw},
            discharge_mw={**around.discharge_mw, limits.name: done.turbine_mw},
            level_mwh={**around.level_mwh, limits.name: done.level_mwh},
            stations={limits.name: done},
            solution=solution,
        )


def _the_station(problem: Problem) -> StationLimits:
    if len(problem.stations) != 1:
        names = ", ".join(s.name for s in problem.stations)
        raise ScenarioError(
            'dispatch.method = "units" runs one pumped storage unit by unit, and '
            + (
                f"{names} are in their unit form; give all but one in the simple form"
                if names
                else "none is in its unit form; give it units, unit_mw, upper and lower, or say "
                'method = "optimal"'
            )
        )
    if len(problem.shape) > 1:
        raise ScenarioError(
            f'dispatch.method = "units" takes one run at a time, not {problem.shape[:-1]} of them; '
            "dispatch them one by one"
        )
    return problem.stations[0]
