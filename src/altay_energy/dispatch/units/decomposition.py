"""Price decomposition of a system into one station of whole units and the other elements.

The station is scheduled at the prices of the other elements (`PriceDecomposition.plan_at`), or
jointly with one other storage (`PriceDecomposition.plan_jointly`). The schedule is simulated with
the station's heads and tables. The other elements are then dispatched around the result, which
gives new prices.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from altay_energy.core.errors import NoSolutionError
from altay_energy.core.units import Array
from altay_energy.dispatch.infeasible.explain import why_impossible
from altay_energy.dispatch.lp.certificate import at_bounds, certificate, reduced_costs
from altay_energy.dispatch.lp.interior_point import InteriorPoint
from altay_energy.dispatch.lp.program import BlockLP, BlockSolution
from altay_energy.dispatch.lp.verdict import solve_surely, unproven
from altay_energy.dispatch.optimal.optimal import optimum_of
from altay_energy.dispatch.problem.period import SERVED
from altay_energy.dispatch.problem.problem import Problem
from altay_energy.dispatch.problem.station import UPPER, StationLimits, StationOperation
from altay_energy.dispatch.problem.storage import StorageLimits
from altay_energy.dispatch.program.columns import IMPORT, Column, Role, places
from altay_energy.dispatch.program.elements import PEAK_ROW
from altay_energy.dispatch.program.formulation import Formulation, beside_station, formulate
from altay_energy.dispatch.program.limits import loss_factor
from altay_energy.dispatch.program.station.envelope import with_outer_stations
from altay_energy.dispatch.program.station.residual_cost import RETURNS, Relaxation, relaxed
from altay_energy.dispatch.program.station.water_energy import END_WITHIN, EnergyScale
from altay_energy.dispatch.result.operation import Solution, Stop
from altay_energy.dispatch.result.result import Dispatch
from altay_energy.dispatch.rules.rules import dispatch_by_rules
from altay_energy.dispatch.rules.station import operate_station
from altay_energy.dispatch.units.joint_schedule import MOST_STEPS, NODES, Pair
from altay_energy.dispatch.units.limits.peak_caps import PeakPlan, months_of
from altay_energy.dispatch.units.station_bound import station_bound
from altay_energy.dispatch.units.station_schedule import ResidualCost, StationDynamics

ROUNDS = 8
"""Largest number of rounds of planning and dispatch for a year; shorter periods allow more."""

SHORTFALL_FACTOR = 4.0
"""Price of water missing at the end, as a multiple of the highest price of power."""

FREEDOM = (0.0, 1.0, 0.2)
"""Largest deviation of other storages from their last schedule in each round, as a share of their
range. [-]"""

REFILL = 2.0
"""Price of water missing at the end while limits are priced, as a multiple of that of unserved
load: refilling it at that price costs more than its energy. [-]"""

_YEAR = 8760
_WAYS = (Role.CHARGE, Role.DISCHARGE)


@dataclass(frozen=True, eq=False)
class Candidate:
    """An operation of the station, the program around it, its solution and the total cost."""

    operation: StationOperation
    lp: BlockLP
    solution: BlockSolution
    cost: float

    @property
    def start_m3(self) -> float:
        """Water of the upper reservoir at the start. [m³]"""
        return float(self.operation.volume_m3[UPPER, 0])


@dataclass(frozen=True, eq=False)
class _Priced:
    """Columns of a program at given prices: costs and bounds, shape (n, T), of power at the bus.

    ``toll_cny_mw`` is a further cost of the power that the station draws.
    """

    lp: BlockLP
    bus: int
    cost: Array
    lower: Array
    upper: Array
    toll_cny_mw: float

    def limited(self, column: int, most_mw: float, steps: slice) -> _Priced:
        """Some steps, with a lower upper bound of one column."""
        upper = self.upper[:, steps].copy()
        upper[column] = np.minimum(upper[column], most_mw)
        lower = np.minimum(self.lower[:, steps], upper)
        part = replace(
            self.lp,
            rhs=self.lp.rhs[:, steps],
            cost=self.cost[:, steps],
            lower=lower,
            upper=upper,
            dense=self.lp.dense[..., steps],
            shared=self.lp.shared[..., steps],
        )
        return replace(self, lp=part, cost=self.cost[:, steps], lower=lower, upper=upper)

    def curve(self) -> ResidualCost:
        """The residual cost of power at the bus."""
        found = ResidualCost.of(self.lp, self.bus, self.cost, self.lower, self.upper)
        return found.with_slope(self.toll_cny_mw) if self.toll_cny_mw else found


@dataclass(frozen=True)
class Proof:
    """Proof of a result: lower bound [CNY], rounds, gap asked for, reason for stopping."""

    bound: float
    rounds: int
    asked_gap: float
    stopped: Stop


def formulate_without(problem: Problem, station: StationLimits) -> Formulation:
    """Return the linear program of a system without its station.

    Parameters
    ----------
    problem : Problem
        Shape (T,).
    station : StationLimits
        Its station.
    """
    name = station.name
    others = {key: cost for key, cost in problem.variable_om_cny_mwh.items() if key != name}
    order = tuple(key for key in problem.storage_order if key != name)
    return formulate(replace(problem, stations=(), storage_order=order, variable_om_cny_mwh=others))


@dataclass(frozen=True, eq=False)
class PriceDecomposition:
    """A system with one station, split into the station and the other elements."""

    problem: Problem
    limits: StationLimits

    @cached_property
    def formulation(self) -> Formulation:
        """The linear program of the system without the station."""
        return formulate_without(self.problem, self.limits)

    @cached_property
    def solver(self) -> InteriorPoint:
        """Solver of that program; the station changes only its right-hand side."""
        return InteriorPoint(self.formulation.lp)

    @cached_property
    def scale(self) -> EnergyScale:
        """Energy of the station's water."""
        return EnergyScale.of(self.limits)

    @cached_property
    def dynamics(self) -> StationDynamics:
        """States and moves of the station for dynamic programming."""
        low, high = self.scale.volume_m3[[0, -1]]
        return StationDynamics.of(self.limits, self.problem.step_hours, float(low), float(high))

    @property
    def om_cny_mwh(self) -> float:
        """Variable O&M of generation. [CNY/MWh]"""
        return self.problem.variable_om_cny_mwh.get(self.limits.name, 0.0)

    def bound(self) -> tuple[float, BlockSolution]:
        """Lower bound of the cost [CNY], and the solution of the relaxation that gives it."""
        lp = self._relaxed.lp
        solution = solve_surely(lp)
        if str(solution.status) == "infeasible":
            raise why_impossible(with_outer_stations(self.problem))
        if str(solution.status) != "optimal":
            raise NoSolutionError(unproven("the bound of the cost"))
        return float(certificate(lp, solution).bound), solution

    def unit_bound(self, relaxation: BlockSolution, limit_duals: Array | None = None) -> float:
        """Lower bound of the cost by dynamic programming with true units. [CNY]

        All rows but the power balance have the duals of the relaxation, limits over the period
        optionally those given, shape (K,).
        """
        priced = self._priced(relaxation, 1.0, limit_duals)
        lp, rest, bus = self._relaxed.lp, self.formulation.lp, self.formulation.balance
        duals = relaxation.dense_dual.copy()
        if limit_duals is not None:
            duals[: limit_duals.size] = limit_duals
        duals = np.where(lp.dense_equal, duals, np.minimum(duals, 0.0))
        rows = np.delete(relaxation.row_dual[: rest.rows], bus, axis=0)
        z, z_shared = reduced_costs(lp, relaxation.x, relaxation.row_dual, duals)
        fixed = float((np.delete(rest.rhs, bus, axis=0) * rows).sum())
        limits = len(self.formulation.limits)
        fixed += float(lp.dense_rhs[:limits] @ duals[:limits])
        fixed += float(at_bounds(z_shared, lp.shared_lower, lp.shared_upper).sum())
        beside = np.flatnonzero(rest.now[bus] == 0.0)  # contents and other columns without power
        fixed += float(at_bounds(z[beside], rest.lower[beside], rest.upper[beside]).sum())
        content = relaxation.row_dual[rest.rows + 1, 0]  # rows of a station: fill, content
        return fixed + station_bound(
            self.problem, self.limits, self.scale, priced.curve(), 0.0 - float(content)
        )

    @cached_property
    def _relaxed(self) -> Relaxation:
        return relaxed(self.problem, self.formulation, self.limits, self.scale)

    @property
    def most_rounds(self) -> int:
        """Largest number of rounds, for about the computing time of a year."""
        return max(ROUNDS, min(10 * ROUNDS, ROUNDS * _YEAR // self.problem.steps))

    def starts(self, relaxation: BlockSolution) -> list[float]:
        """First volumes of the upper reservoir to try; one if it is given. [m³]"""
        if self.problem.terminal != "cyclic":
            return [self.limits.start_m3[UPPER]]
        # A reservoir that begins full cannot be filled again by whole pumps.
        one_pump = self.limits.pump.flow_m3_s[:, 1, -1].max() * self.dynamics.seconds
        low, high = (float(v) for v in self.scale.volume_m3[[0, -1]])
        most = max(high - 2.0 * one_pump, 0.5 * (low + high))
        likely = min(float(self.scale.volume(relaxation.x[self._relaxed.level, -1])), most)
        others = np.linspace(low, most, max(0, self.most_rounds // 4 - 2))
        return [likely, *others.tolist()] if self.most_rounds > ROUNDS else [likely]

    @cached_property
    def partner(self) -> StorageLimits | None:
        """Storage that is scheduled jointly with the station, or None."""
        limits, problem = self.limits, self.problem
        if problem.steps > MOST_STEPS or limits.start_cost_cny or limits.mode_change_cost_cny:
            return None
        able = [
            s
            for s in problem.storages
            if len(places(self.formulation.column, *_WAYS, owner=s.name)) == len(_WAYS)
            and not s.spills
        ]
        return max(able, key=lambda s: s.energy_mwh, default=None)

    def prices(
        self,
        found: BlockSolution | Candidate,
        freedom: float = 0.0,
        without: StorageLimits | None = None,
        limit_duals: Array | None = None,
    ) -> ResidualCost:
        """Residual cost of power at the bus, with contents at their dual prices.

        Storages and flexible loads may deviate from the solution by ``freedom`` of their range;
        one of them may be left out. Limits over the period have the duals of the solution, or those
        given, shape (K,).
        """
        return self._priced(found, freedom, limit_duals, without).curve()

    def _priced(
        self,
        found: BlockSolution | Candidate,
        freedom: float,
        limit_duals: Array | None,
        without: StorageLimits | None = None,
        *,
        peaks: bool = True,
    ) -> _Priced:
        """Costs and bounds of the columns; without ``peaks`` the demand charge has no price."""
        lp, own, bus = self.formulation.lp, self.formulation.lp.columns, self.formulation.balance
        program = found.lp if isinstance(found, Candidate) else self._relaxed.lp
        solution = found.solution if isinstance(found, Candidate) else found
        duals, rows = solution.dense_dual.copy(), solution.row_dual
        if limit_duals is not None:
            duals[: limit_duals.size] = limit_duals
        if not peaks:
            rows = rows.copy()
            rows[self.formulation.row[PEAK_ROW]] = 0.0
        z, _ = reduced_costs(program, solution.x, rows, duals)
        cost = z[:own] + lp.now[bus][:, np.newaxis] * rows[bus]
        names = [s.name for s in self.problem.storages]
        names += [load.name for load in self.problem.flexible_loads]
        held = [self.formulation.row[name] for name in names if name in self.formulation.row]
        kept = np.any(lp.now[held] != 0.0, axis=0)[:, np.newaxis]
        x, width = solution.x[:own], freedom * (lp.upper - lp.lower)
        lower = np.where(kept, np.maximum(x - width, lp.lower), lp.lower)
        upper = np.where(kept, np.minimum(x + width, lp.upper), lp.upper)
        if without is not None:
            gone = places(self.formulation.column, *_WAYS, owner=without.name)
            lower[gone] = upper[gone] = 0.0
        lost = sum(
            loss_factor(name) * float(dual)
            for name, dual in zip(self.formulation.limits, duals, strict=False)
        )
        return _Priced(lp, bus, cost, lower, upper, 0.0 - lost)

    def plan_within_caps(
        self, found: BlockSolution | Candidate, freedom: float, caps: Array, start_m3: float
    ) -> tuple[Candidate | None, Array]:
        """Plan the station with the import of each month below a cap, then dispatch the rest.

        Returns
        -------
        Candidate or None
            None where infeasible.
        ndarray, shape (M,)
            The cap that the plan chose for each month. [MW]
        """
        priced, terms = self._priced(found, freedom, None, peaks=False), self.problem.terms
        imported = self.formulation.column[IMPORT]
        months = tuple(months_of(terms.month_of_step, terms.monthly_demand_charge_cny_mw))
        plan = PeakPlan(
            self.dynamics,
            lambda cap, steps: priced.limited(imported, cap, steps).curve(),
            months,
            self.om_cny_mwh,
        )
        shortfall = REFILL * self.problem.unserved_cost_cny_mwh
        chosen = caps[:, 0]

        def planned(start: float) -> Array:
            nonlocal chosen
            end = self._end(self.dynamics.volume_m3, start, shortfall)
            wanted, chosen = plan.plan(caps, end, start)
            return wanted

        return self._planned(planned, start_m3), chosen

    def plan_at(
        self, prices: ResidualCost, start_m3: float, shortfall_cny_mwh: float | None = None
    ) -> Candidate | None:
        """Plan the station at given prices, then dispatch the rest; None where infeasible.

        Water missing at the end costs what unserved load costs, or the price given.
        """
        grid = self.dynamics.volume_m3

        def planned(start: float) -> Array:
            end = self._end(grid, start, shortfall_cny_mwh)
            value = self.dynamics.values(prices, end, self.om_cny_mwh)
            return self.dynamics.follow(prices, value, start, self.om_cny_mwh)[0]

        return self._planned(planned, start_m3)

    def _planned(self, plan: Callable[[float], Array], start_m3: float) -> Candidate | None:
        """Simulate the power planned from a first volume, then dispatch the rest."""
        found = None
        for _ in range(2):
            done = self._operated(plan(start_m3), start_m3)
            found = self._around(done)
            if found is not None or self.problem.terminal != "cyclic":
                return found
            # In a cyclic period the last volume reached is the first volume of the next simulation.
            start_m3 = float(done.volume_m3[UPPER, -1])
        return found

    @property
    def peaks_in_order(self) -> bool:
        """Whether there is a demand charge, and billing months are in the order of their steps."""
        rising = np.all(np.diff(self.problem.terms.month_of_step) >= 0)
        return PEAK_ROW in self.formulation.row and bool(rising)

    @cached_property
    def freedoms(self) -> tuple[float, ...]:
        """Deviations to plan with, as `FREEDOM`; one if no other element has a content."""
        held = self.problem.storages or self.problem.flexible_loads
        return FREEDOM if held else FREEDOM[:1]

    def plan_jointly(self, found: Candidate, storage: StorageLimits) -> Candidate | None:
        """Plan the station and a storage jointly; None where no plan is feasible."""
        prices = self.prices(found, without=storage)
        low, high = self.scale.volume_m3[[0, -1]]
        dynamics = StationDynamics.of(
            self.limits, self.problem.step_hours, float(low), float(high), NODES
        )
        rates = self.problem.variable_om_cny_mwh
        pair = Pair(dynamics, storage, (self.om_cny_mwh, rates.get(storage.name, 0.0)))
        content = storage.initial_level_mwh
        if self.problem.terminal == "cyclic":
            column = self.formulation.column[Column(Role.LEVEL, storage.name)]
            content = float(found.solution.x[column, -1])
        price = found.solution.row_dual[self.formulation.balance]
        highest = float(np.abs(price).max()) / self.problem.step_hours
        shortfall = SHORTFALL_FACTOR * highest
        end = self._end(dynamics.volume_m3, found.start_m3, shortfall)
        left, capacity = pair.contents, storage.energy_mwh
        also = self.problem.end_value_cny(capacity, left)
        if self.problem.terminal in RETURNS:
            also = shortfall * np.maximum(content - left, 0.0)
        value = pair.values(prices, also[:, np.newaxis] + end)
        wanted = pair.follow(prices, value, found.start_m3, content)
        return self._around(self._operated(wanted, found.start_m3))

    def _operated(self, wanted: Array, start_m3: float) -> StationOperation:
        """Simulate the station with the requested power."""
        total = sum(self.limits.start_m3)
        limits = replace(self.limits, start_m3=(start_m3, total - start_m3))
        return operate_station(replace(self.problem, terminal="free"), limits, wanted)

    def _end(self, grid: Array, start_m3: float, shortfall_cny_mwh: float | None = None) -> Array:
        """Cost of each last volume, shape (N,); missing water at a price. [CNY]"""
        terminal, scale = self.problem.terminal, self.scale
        price = (
            self.problem.unserved_cost_cny_mwh if shortfall_cny_mwh is None else shortfall_cny_mwh
        )
        price *= scale.most_mwh_per_m3
        if terminal in ("cyclic", "at_least"):
            return np.asarray(price * np.maximum(start_m3 - grid, 0.0))
        if terminal == "equal_initial":
            return np.asarray(price * np.abs(start_m3 - grid))
        return self.problem.end_value_cny(scale.capacity_mwh, scale.content(grid))

    def by_rules(self) -> Candidate | None:
        """The operation by rules; None where it misses the terminal condition."""
        try:
            rules = dispatch_by_rules(self.problem.without_limit(SERVED))
        except NoSolutionError:
            return None
        return self._around(rules.stations[self.limits.name])

    def idle(self) -> Candidate | None:
        """An idle station; None where it misses the terminal condition."""
        free = replace(self.problem, terminal="free")
        return self._around(operate_station(free, self.limits, np.zeros(self.problem.shape)))

    def _around(self, done: StationOperation) -> Candidate | None:
        """Dispatch the rest around an operation; None where a limit cannot be kept."""
        if not self._meets_terminal(done):
            return None
        level = done.level_mwh
        gained = float(level[-1] - level[0])
        fixed = beside_station(self.formulation, done.pump_mw - done.turbine_mw, gained)
        solution = solve_surely(fixed, self.solver)
        if str(solution.status) != "optimal":
            return None
        cost = float(certificate(fixed, solution).objective) + self._own_cost(done)
        return Candidate(done, fixed, solution, cost)

    def _own_cost(self, done: StationOperation) -> float:
        """Cost of starts and variable O&M, less the value of the last content. [CNY]"""
        gave = float(done.turbine_mw.sum()) * self.problem.step_hours
        left = self.scale.content(done.volume_m3[UPPER, -1])
        worth = float(self.problem.end_value_cny(self.scale.capacity_mwh, left))
        return float(done.cost_cny()) + self.om_cny_mwh * gave + worth

    def _meets_terminal(self, done: StationOperation) -> bool:
        """Whether the upper reservoir ends as ``terminal`` demands, to `END_WITHIN`."""
        first, last = done.volume_m3[UPPER, 0], done.volume_m3[UPPER, -1]
        slack = END_WITHIN * self.limits.live_m3
        if self.problem.terminal in ("cyclic", "at_least"):
            return bool(last >= first - slack)
        return self.problem.terminal != "equal_initial" or bool(last >= first - slack)

    def dispatch(self, best: Candidate, known: Proof) -> Dispatch:
        """The result as a dispatch, with its proof."""
        limits, done = self.limits, best.operation
        around = optimum_of(replace(self.formulation, lp=best.lp))
        proof = around.solution
        assert proof is not None
        cost = float(proof.objective_cny) + self._own_cost(done)
        solution = Solution.around(
            proof,
            "units",
            cost,
            known.bound,
            known.rounds,
            asked_gap=known.asked_gap,
            stopped=known.stopped,
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
