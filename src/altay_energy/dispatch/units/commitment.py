"""Unit commitment with perfect foresight: which thermal units run in each hour.

The commitment comes from mixed-integer programs (`commitment_model`): one for the whole period if
it is short, else for windows one after another (`commitment_windows`). The system is then
dispatched as in `optimal` with the committed units fixed, between their least and largest load.
Powers of plants with ramps, and the prices, come from the linear program with the running units
fixed (`fixed_commitment`). The bound is the higher one of the mixed-integer programs and the linear
relaxation.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from altay_energy.core.errors import NoSolutionError, ScenarioError
from altay_energy.core.units import Array
from altay_energy.dispatch.infeasible.explain import refuse_impossible, why_impossible
from altay_energy.dispatch.lp.certificate import certificate
from altay_energy.dispatch.lp.program import BlockLP, BlockSolution, Bools
from altay_energy.dispatch.lp.verdict import solve_surely, unproven
from altay_energy.dispatch.optimal.direction_search import at_rest, one_way
from altay_energy.dispatch.optimal.optimal import optimum_of
from altay_energy.dispatch.problem.period import LIMITS
from altay_energy.dispatch.problem.problem import Problem
from altay_energy.dispatch.problem.thermal_units import ThermalLimits, starts
from altay_energy.dispatch.program.assembly import Pair
from altay_energy.dispatch.program.columns import BACK_DOWN, thermal_column
from altay_energy.dispatch.program.formulation import Formulation, beside_station, formulate
from altay_energy.dispatch.program.limits import coefficients
from altay_energy.dispatch.program.station.envelope import with_outer_stations
from altay_energy.dispatch.program.station.residual_cost import relaxed
from altay_energy.dispatch.program.station.water_energy import EnergyScale
from altay_energy.dispatch.program.thermal_segments import continuous, in_pieces
from altay_energy.dispatch.result.operation import Solution
from altay_energy.dispatch.result.result import Dispatch
from altay_energy.dispatch.units.commitment_windows import Committed, System
from altay_energy.dispatch.units.decomposition import formulate_without
from altay_energy.dispatch.units.fixed_commitment import FixedCommitment


def dispatch_committed(problem: Problem, gap: float) -> Dispatch:
    """Commit thermal units and dispatch the system around them, with a lower bound of the cost.

    Parameters
    ----------
    problem : Problem
        Shape (T,), with committed plants and without stations in their unit form.
    gap : float
        Relative gap at which the search ends. [-]

    Returns
    -------
    Dispatch
        With ``units_running``; its ``solution`` holds cost, bound and gap.

    Raises
    ------
    ScenarioError
        If there is more than one run.
    NoSolutionError
        If no dispatch satisfies the limits, or no feasible commitment was found.
    """
    if len(problem.shape) > 1:
        raise ScenarioError(
            f'dispatch.method = "units" takes one run at a time, not {problem.shape[:-1]} of them; '
            "dispatch them one by one"
        )
    refuse_impossible(continuous(problem))
    relaxation = _Relaxation(problem)
    bound, found = _committed(relaxation, gap)
    found = _at_least_cost(relaxation, found)
    try:
        around = optimum_of(_not_below_least(_fixed(problem, found), problem, found))
    except NoSolutionError as error:
        raise NoSolutionError(
            "no commitment of thermal units was found with which all limits of the period are "
            'kept; method = "optimal" keeps them without whole units: lower min_load_fraction or '
            "min_up_hours, or relax the limits"
        ) from error
    return _priced(relaxation, _together(problem, found, around, (bound, gap)))


def dispatch_committed_with_station(
    problem: Problem, gap: float, by_units: Callable[[Problem], Dispatch]
) -> Dispatch:
    """Commit thermal units beside a station that runs in whole units.

    Units are committed first with the relaxation of the station, then with the operation of the
    station that was found around that commitment. The cheaper result is returned; the bound is
    that of the first commitment.

    Parameters
    ----------
    problem : Problem
        Shape (T,), with committed plants and one station in its unit form.
    gap : float
        Relative gap at which the search ends. [-]
    by_units : callable
        Dispatches a problem with one station in its unit form.

    Returns
    -------
    Dispatch

    Raises
    ------
    NoSolutionError
        As in `dispatch_committed`, or if the station leaves less than the least load of the units.
    """
    bound, found = _committed(_Relaxation(problem), gap)
    first = _with_station(problem, found, by_units, (bound, gap))
    done = first.stations[problem.stations[0].name]
    try:
        _, again = _committed(_Relaxation(problem, done.pump_mw - done.turbine_mw), gap)
        second = _with_station(problem, again, by_units, (bound, gap))
    except NoSolutionError:
        return _priced_beside_station(problem, first)
    return _priced_beside_station(problem, min(first, second, key=_cost))


def _committed(relaxation: _Relaxation, gap: float) -> tuple[float, Committed]:
    """Return the commitment and its lower bound. [CNY]"""
    bound, guide = relaxation.bound()
    rest, counted = relaxation.rest
    bus, limits = relaxation.hull.balance, relaxation.hull.lp.dense[: len(counted)]
    used = np.einsum("knt,nt->kt", limits, guide.x)
    found = System(relaxation.problem, rest, guide, bus, counted, used, gap).solve()
    return max(bound, found.bound_cny), found


def _with_station(
    problem: Problem,
    found: Committed,
    by_units: Callable[[Problem], Dispatch],
    bound_and_gap: tuple[float, float],
) -> Dispatch:
    """Dispatch the station in whole units around a commitment."""
    whole = _together(problem, found, by_units(_fixed(problem, found)), bound_and_gap)
    for plant in problem.committed:
        assert plant.units is not None
        least = plant.units.min_load_mw * whole.units_running[plant.name]
        watts = 1e-6 * min(1.0, plant.units.unit_mw)  # relative for units below 1 MW
        if np.any(whole.thermal_mw[plant.name] < least * (1.0 - 1e-9) - watts):
            raise NoSolutionError(
                f"{plant.name}: beside {problem.stations[0].name} there is no outlet for the least "
                'load of its units; lower min_load_fraction, or say method = "optimal"'
            )
    return whole


def _priced_beside_station(problem: Problem, whole: Dispatch) -> Dispatch:
    """Return the dispatch with the prices of its running units beside its station."""
    (done,) = whole.stations.values()
    gained = float(done.level_mwh[-1] - done.level_mwh[0])
    return _priced(_Relaxation(problem, done.pump_mw - done.turbine_mw, gained), whole)


def _at_least_cost(relaxation: _Relaxation, found: Committed) -> Committed:
    """Return the commitment with its powers at least cost over the whole period."""
    if all(plant.units.ramp_mw is None for plant in relaxation.problem.committed if plant.units):
        return found  # these powers are not used
    power = relaxation.with_running(found.running).power_mw()
    return found if power is None else replace(found, power_mw=power)


def _priced(relaxation: _Relaxation, whole: Dispatch) -> Dispatch:
    """Return the dispatch with the prices of its running units.

    Of storages and the grid connection that would run both ways at once, the direction of the
    dispatch is open.
    """
    problem, rest, solution = relaxation.problem, relaxation.without, whole.solution
    running = np.array([whole.units_running[plant.name] for plant in problem.committed])
    fixed = relaxation.with_running(running)
    if solution is not None and solution.exclusive_steps:
        first, runs = at_rest(rest.opposites, whole), _running(rest.opposites, whole)
        fixed = replace(fixed, rest=one_way(rest, fixed.rest, runs, first))
    found = fixed.prices()
    if found is None:
        return whole
    stored = {name: 0.0 - found.row_dual[rest.row[name]] for name in whole.stored_value_cny_mwh}
    return replace(
        whole,
        marginal_price_cny_mwh=found.row_dual[fixed.bus] / problem.step_hours,
        stored_value_cny_mwh=stored,
    )


def _running(pairs: Sequence[Pair], done: Dispatch) -> Bools:
    """Return whether either column of each pair runs in a dispatch, shape (P, T)."""
    flows = [
        (done.import_mw + done.export_mw)
        if pair.traded
        else (done.charge_mw[pair.owner] + done.discharge_mw[pair.owner])
        for pair in pairs
    ]
    return np.array(flows).reshape(len(flows), *done.problem.shape) > 0.0


def _cost(dispatch: Dispatch) -> float:
    assert dispatch.solution is not None
    return float(dispatch.solution.objective_cny)


@dataclass(frozen=True, eq=False)
class _Relaxation:
    """Return the relaxation without commitment, and the program without the committed plants.

    Parameters
    ----------
    problem : Problem
        Problem; a station is represented by its relaxation.
    taken_mw : ndarray, shape (T,), or None
        Net power that the station draws from the bus, if known. [MW]
    gained_mwh : float
        Last content of the station less the first, if its power is known. [MWh]
    """

    problem: Problem
    taken_mw: Array | None = None
    gained_mwh: float = 0.0

    @cached_property
    def hull(self) -> Formulation:
        """Return the program in which these plants run at any power."""
        return self._with_station(in_pieces(self.problem))

    def _with_station(self, problem: Problem) -> Formulation:
        """Return the program of a problem with its station relaxed or at a fixed power."""
        if not problem.stations:
            return formulate(problem)
        (station,) = problem.stations
        rest = formulate_without(problem, station)
        if self.taken_mw is None:
            lp = relaxed(problem, rest, station, EnergyScale.of(station)).lp
        else:
            lp = beside_station(rest, self.taken_mw, self.gained_mwh)
        return replace(rest, lp=lp)

    def bound(self) -> tuple[float, BlockSolution]:
        """Return a lower bound of the cost of all commitments [CNY], and its solution."""
        lp = self.hull.lp
        solution = solve_surely(lp)
        if str(solution.status) == "infeasible":
            raise why_impossible(with_outer_stations(continuous(self.problem)))
        if str(solution.status) != "optimal":
            raise NoSolutionError(unproven("the bound of the cost"))
        return float(certificate(lp, solution).bound), solution

    @cached_property
    def without(self) -> Formulation:
        """Return the program without the committed plants."""
        others = tuple(plant for plant in self.problem.thermals if plant.units is None)
        return self._with_station(replace(self.problem, thermals=others))

    def with_running(self, running: Array) -> FixedCommitment:
        """Return the program with given numbers of running units, shape (P, T)."""
        lp, counted = self.rest
        return FixedCommitment(self.problem, lp, self.hull.balance, counted, running)

    @cached_property
    def rest(self) -> tuple[BlockLP, Array]:
        """Return the program without the committed plants, and their coefficients in each limit."""
        problem, hull, rest = self.problem, self.hull, self.without
        lp, counted = rest.lp, np.zeros((len(hull.limits), len(problem.committed)))
        for at, name in enumerate(hull.limits):
            if name not in rest.limits:  # the limit counts only committed plants
                lp = _with_row(lp, at, float(hull.lp.dense_rhs[at]))
            per_mw = coefficients(problem, LIMITS[name])
            counted[at] = [per_mw.get(thermal_column([p]), 0.0) for p in problem.committed]
        return lp, counted


def _with_row(lp: BlockLP, at: int, most: float) -> BlockLP:
    """Insert an empty dense row at position ``at``."""
    return replace(
        lp,
        dense=np.insert(lp.dense, at, 0.0, axis=0),
        dense_rhs=np.insert(lp.dense_rhs, at, most),
        dense_equal=np.insert(lp.dense_equal, at, False),
        dense_shared=np.insert(lp.dense_shared, at, 0.0, axis=0),
    )


def _fixed(problem: Problem, found: Committed) -> Problem:
    """Return the problem with committed units as ordinary thermal plants.

    The least load of the running units becomes a must-run plant, and each piece of the fuel curve
    above it another plant.
    """
    cheapest = min(plant.marginal_cost_cny_mwh for plant in in_pieces(problem).thermals)
    series = zip(found.running, found.power_mw, strict=True)
    thermals: list[ThermalLimits] = []
    for plant in problem.thermals:
        if plant.units is None:
            thermals.append(plant)
        else:
            thermals += _running_parts(plant, *next(series), cheapest - 1.0)
    return replace(problem, thermals=tuple(thermals))


def _not_below_least(fixed: Problem, problem: Problem, found: Committed) -> Formulation:
    """Return the program with fixed units: must-run power may be backed down, least loads not."""
    formulation = formulate(fixed)
    lp, column = formulation.lp, formulation.column.get(BACK_DOWN)
    if column is None:
        return formulation
    kept = np.zeros(problem.steps)
    for plant, running, power in zip(problem.committed, found.running, found.power_mw, strict=True):
        assert plant.units is not None
        ramps = plant.units.ramp_mw is not None
        kept = kept + (power if ramps else running * plant.units.min_load_mw)
    upper = lp.upper.copy()
    upper[column] = np.maximum(upper[column] - kept, 0.0)
    return replace(formulation, lp=replace(lp, upper=upper))


def _running_parts(
    plant: ThermalLimits, running: Array, power: Array, first_cost: float
) -> list[ThermalLimits]:
    """Return the parts of a committed plant: its least load, then the pieces above it.

    The cost of the least load is set below that of all pieces, so that it is backed down last. The
    power of a plant with ramp limits is fixed by the commitment.
    """
    units = plant.units
    assert units is not None
    least = running * units.min_load_mw
    below, found = least, [plant.part(f"{plant.name} at least load", least, least, first_cost)]
    for k, (width, price) in enumerate(units.above_least):
        most = running * width
        must = np.clip(plant.must_run_mw - below, 0.0, most)
        if units.ramp_mw is not None:
            must = most = np.clip(power - below, 0.0, most)
        below = below + running * width
        found.append(plant.part(f"{plant.name} piece {k + 1}", most, must, price))
    return found


def _together(
    problem: Problem, found: Committed, around: Dispatch, bound_and_gap: tuple[float, float]
) -> Dispatch:
    """Return the dispatch of the original problem with its proof."""
    proof = around.solution
    assert proof is not None
    power = {p.name: around.thermal_mw[p.name] for p in problem.thermals if p.units is None}
    cost = float(proof.objective_cny)
    for plant, running in zip(problem.committed, found.running, strict=True):
        assert plant.units is not None
        least, *pieces = _running_parts(plant, running, running, 0.0)
        names = [least.name, *(piece.name for piece in pieces)]
        power[plant.name] = sum(
            (around.thermal_mw[name] for name in names), start=np.zeros(problem.shape)
        )
        cost += _own_cost(problem, plant, running, power[plant.name], around.problem)
    bound, asked = bound_and_gap
    solution = Solution.around(
        proof,
        "commitment",
        cost,
        bound,
        proof.iterations,
        asked_gap=asked,
        stopped="time_limit" if proof.stopped == "time_limit" else "size",
    )
    names = [plant.name for plant in problem.committed]
    return replace(
        around,
        problem=problem,
        thermal_mw={plant.name: power[plant.name] for plant in problem.thermals},
        units_running=dict(zip(names, found.running, strict=True)),
        solution=solution,
    )


def _own_cost(
    problem: Problem, plant: ThermalLimits, running: Array, power: Array, fixed: Problem
) -> float:
    """Return the cost of a plant that the program around a commitment lacks. [CNY]

    It is the cost of least loads and starts, and must-run power without a running unit at the price
    of unserved load.
    """
    units = plant.units
    assert units is not None
    hours = problem.step_hours
    least = next(p for p in fixed.thermals if p.name == f"{plant.name} at least load")
    per_unit = units.least_cost_cny_h - units.min_load_mw * least.marginal_cost_cny_mwh
    there = running * units.unit_mw if units.ramp_mw is None else power
    missing = np.maximum(plant.must_run_mw - there, 0.0)
    taxed = plant.emission_factor_t_mwh * problem.terms.emission_price_cny_t
    dear = problem.unserved_cost_cny_mwh + taxed + max(units.curve[-1][1], units.hull[-1][1])
    return float(
        hours * per_unit * running.sum()
        + hours * dear * missing.sum()
        + units.start_cost_cny * starts(running).sum()
    )
