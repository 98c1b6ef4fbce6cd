"""Dispatch with perfect foresight: proven least cost, and unique by a tie-break.

There are three stages. First the fast interior-point method finds the least cost and its prices, or
HiGHS if the fast method proves nothing. Then a lexicographic tie-break selects one dispatch among
all of that cost (`tie_break`). Last, if running both ways at once would pay in some hours (a
negative price, or export that earns more than import costs), one direction is closed in each of
them (`complementarity`); its cost is part of the reported gap.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Literal, TypeAlias, get_args

import numpy as np

from altay_energy.components.settings.rolling import ForecastSettings, RollingSettings
from altay_energy.core.errors import NoSolutionError, ScenarioError
from altay_energy.core.units import Array
from altay_energy.dispatch.infeasible.explain import (
    refuse_impossible,
    why_impossible,
    why_infeasible,
)
from altay_energy.dispatch.lp.batch import stacked, with_one
from altay_energy.dispatch.lp.certificate import PROVEN_GAP, certificate
from altay_energy.dispatch.lp.interior_point import PROVEN_RESIDUAL, Effort, InteriorPoint
from altay_energy.dispatch.lp.program import BlockLP, BlockSolution, Bools
from altay_energy.dispatch.lp.verdict import any_impossible, confirmed, unproven
from altay_energy.dispatch.optimal.complementarity import Complementarity, violations
from altay_energy.dispatch.optimal.direction_search import NEAR
from altay_energy.dispatch.problem.problem import Problem
from altay_energy.dispatch.problem.reach import within_cost, within_reach
from altay_energy.dispatch.program.formulation import Formulation, dispatch_of, formulate
from altay_energy.dispatch.program.station.envelope import with_outer_stations
from altay_energy.dispatch.program.thermal_segments import continuous, in_pieces, in_whole
from altay_energy.dispatch.program.tie_break import (
    PENALTIES,
    plain_tie_break,
    stays_optimal,
    tie_break_program,
)
from altay_energy.dispatch.result.costs import cost_contradiction
from altay_energy.dispatch.result.operation import Solution
from altay_energy.dispatch.result.result import Dispatch
from altay_energy.dispatch.rolling.receding_horizon import roll

Solver: TypeAlias = Literal["auto", "fast", "highs"]
"""``auto``: fast, or HiGHS if fast proves nothing; ``fast`` or ``highs``: only that one."""

_MOST_ROUNDS = 20
# Smaller than needed elsewhere, since the duals define the set of cheapest dispatches.
_SHARP = Effort(gap=1e-12, residual=1e-8)


def dispatch_optimal(problem: Problem, solver: Solver = "auto", *, workers: int = 1) -> Dispatch:
    """Dispatch a period at least cost, with perfect foresight.

    Parameters
    ----------
    problem : Problem
        Problem of shape (..., T); each run is dispatched on its own, in batches if that is faster.
    solver : {"auto", "fast", "highs"}
        Solver of the linear program; the result is the same.
    workers : int
        Processes that share a batch of ten years or more; the result is the same.

    Returns
    -------
    Dispatch
        Dispatch with prices, and with its proof in ``solution``.

    Raises
    ------
    NoSolutionError
        If no dispatch satisfies the limits, or none could be proven within the tolerances.
    """
    if solver not in get_args(Solver):
        raise ScenarioError(f'solver = "{solver}", expected one of {", ".join(get_args(Solver))}')
    if workers < 1:
        raise ScenarioError(f"workers = {workers} must be at least 1")
    problem = with_outer_stations(problem)
    refuse_impossible(continuous(problem))
    pieces = in_pieces(problem)
    try:
        formulation = formulate(within_reach(pieces))
        found = optimum_of(formulation, solver, workers=workers, other=_by_windows)
        return in_whole(replace(found, problem=pieces), problem)
    except NoSolutionError as error:
        if not problem.committed:
            raise
        raise why_impossible(continuous(problem)) from error  # names plants, not their pieces


def _by_windows(optimum: Dispatch) -> Dispatch | None:
    """Dispatch flexible loads by windows with perfect forecasts, guided by a dispatch.

    The best directions depend on the time at which flexible loads draw. The dynamic program over
    the content of one storage sees that only through prices; the program of a window contains it.
    """
    if not optimum.problem.flexible_loads or len(optimum.problem.shape) > 1:
        return None
    right = ForecastSettings(perfect=True)
    try:
        return roll(optimum.problem, RollingSettings(), right, optimum)
    except NoSolutionError:
        return None


def optimum_of(
    formulation: Formulation,
    solver: Solver = "auto",
    *,
    workers: int = 1,
    other: Callable[[Dispatch], Dispatch | None] | None = None,
) -> Dispatch:
    """Dispatch a formulated problem at least cost; its program may have been changed.

    Parameters
    ----------
    formulation : Formulation
        Program that may differ from that of `formulate`: the net power of a station may be on the
        right-hand side of the balance.
    solver : {"auto", "fast", "highs"}
        As `dispatch_optimal` takes it.
    workers : int
        As `dispatch_optimal` takes it.
    other : callable, optional
        Maps a dispatch whose directions are not proven to one whose directions may be better, or
        None.

    Returns
    -------
    Dispatch

    Raises
    ------
    NoSolutionError
        As `dispatch_optimal`.
    """
    found = _proven(formulation, solver, workers, other)
    contradiction = cost_contradiction(found)
    if contradiction and solver == "auto":  # orders of magnitude differ too much for fast
        found = _proven(formulation, "highs", workers, other)
        contradiction = cost_contradiction(found)
    if contradiction:
        raise NoSolutionError(
            f"no dispatch is proven: {contradiction}; limits, powers or contents of the scenario "
            "differ by too many orders of magnitude; reduce the largest to what can flow"
        )
    return found


def _proven(
    formulation: Formulation,
    solver: Solver,
    workers: int,
    other: Callable[[Dispatch], Dispatch | None] | None,
) -> Dispatch:
    """Return the cheapest dispatch with its proof."""
    stage, directions = _Stages(formulation, solver, workers), None
    lp = formulation.lp
    cheapest, chosen = stage.solve(lp)
    first, bound = cheapest, np.full(formulation.lp.lead, -np.inf)
    for _ in range(_MOST_ROUNDS):
        found = violations(formulation, chosen)
        if not found.any():
            steps = directions.steps if directions else 0
            proof = _proof(formulation, stage, lp, chosen, first, bound, steps)
            best = dispatch_of(formulation, chosen, cheapest, proof)
            if other is None or directions is None or proof.status == "optimal":
                return best
            known, other = other(best), None
            if known is None:
                return best
            directions.add_start(known)
            found = directions.asked
        directions = directions or Complementarity(formulation)
        lp, lowest = directions.rule_out(found, cheapest, chosen)
        bound = np.maximum(bound, lowest)
        cheapest, chosen = stage.solve(lp)
    raise NoSolutionError(
        "storages or the grid connection still run both ways at once after "
        f"{_MOST_ROUNDS} rounds of ruling it out; look for strongly negative prices"
    )


def _proof(
    formulation: Formulation,
    stage: _Stages,
    lp: BlockLP,
    chosen: BlockSolution,
    first: BlockSolution,
    searched: Array,
    exclusive_steps: int,
) -> Solution:
    """Return cost, lower bound and gap of the chosen solution of ``lp``.

    ``first`` solves the program without closed directions.
    """
    objective = certificate(formulation.lp, chosen).objective
    relaxed = certificate(formulation.lp, first).bound
    if np.any(objective - relaxed > PROVEN_GAP * np.maximum(1.0, np.abs(objective))):
        relaxed = np.maximum(relaxed, _bound_within_cost(formulation, first, objective))
    # The bound of a search among directions cannot be checked. If it exceeds a cost that was
    # reached it is wrong and is ignored.
    false = searched > objective + PROVEN_GAP * np.maximum(1.0, np.abs(objective))
    lowest = np.maximum(relaxed, np.where(false, -np.inf, searched))
    gap = np.maximum(objective - lowest, 0.0) / np.maximum(1.0, np.abs(objective))
    asked = NEAR if exclusive_steps else PROVEN_GAP
    return Solution(
        solver=stage.names,
        status="optimal" if np.all(gap <= PROVEN_GAP) else "within gap",
        usable=True,
        objective_cny=objective,
        bound_cny=lowest,
        gap=gap,
        residual_mw=certificate(lp, chosen).primal_residual,
        iterations=stage.iterations,
        exclusive_steps=exclusive_steps,
        asked_gap=asked,
        stopped="gap" if np.all(gap <= asked) else "directions",
    )


def _bound_within_cost(formulation: Formulation, first: BlockSolution, objective: Array) -> Array:
    """Return a lower bound of the cost, with limits reduced to what a cheaper dispatch can use.

    The rounding error of a dual is significant times a limit of 1e9 MW, but not times a possible
    flow.
    """
    narrow = within_cost(formulation.problem, float(np.max(objective)))
    if narrow is formulation.problem:
        return np.full(formulation.lp.lead, -np.inf)
    lp, other = formulation.lp, formulate(narrow).lp
    if other.columns != lp.columns:
        return np.full(formulation.lp.lead, -np.inf)
    bound = certificate(replace(lp, upper=np.minimum(lp.upper, other.upper)), first).bound
    return np.minimum(bound, objective)  # the reduced limits are valid for cheaper dispatches only


@dataclass
class _Stages:
    """The solvers of one formulation, with their names and iterations."""

    formulation: Formulation
    solver: Solver
    workers: int = 1

    def __post_init__(self) -> None:
        self.effort = replace(_SHARP, workers=self.workers)
        self.fast = InteriorPoint(self.formulation.lp)
        self.used: dict[str, None] = {}
        self.iterations = 0

    @property
    def names(self) -> str:
        """Names of the solvers in the order of their first use."""
        return ", ".join(self.used)

    def solve(self, lp: BlockLP) -> tuple[BlockSolution, BlockSolution]:
        """Return a cheapest solution with its duals, and the solution of the tie-break."""
        if lp.lead and self.solver != "highs":
            return self._solve_batch(lp)
        return self._solve_one(lp)

    def _solve_batch(self, lp: BlockLP) -> tuple[BlockSolution, BlockSolution]:
        """Run `solve` for all programs together; those not proven by the fast solver run alone."""
        cheapest = self._recorded(self.fast.solve(lp, self.effort))
        if any_impossible(lp, cheapest):
            raise why_infeasible(self.formulation)
        proven = cheapest.status == "optimal"
        if lp.shared_cost.size:  # costs of shared variables differ between programs
            chosen, proven = cheapest, np.zeros_like(proven)
        else:
            program = tie_break_program(self.formulation, lp, cheapest)
            chosen = self._recorded(self.fast.solve(program, self.effort))
            proven &= self._accepted(lp, program, cheapest, chosen)
        for run in np.argwhere(~proven):
            place = tuple(map(int, run))
            one, its_choice = self._solve_one(lp.one(place))
            cheapest = with_one(cheapest, place, one)
            chosen = with_one(chosen, place, its_choice)
        return cheapest, chosen

    def _solve_one(self, lp: BlockLP) -> tuple[BlockSolution, BlockSolution]:
        if self.solver != "highs":
            cheapest = self._recorded(self.fast.solve(lp, self.effort))
            if np.all(cheapest.status == "optimal"):
                chosen = self._tie_break(lp, cheapest)
                if chosen is not None:
                    return cheapest, chosen
            if any_impossible(lp, cheapest):
                raise why_infeasible(self.formulation)
            if self.solver == "fast":
                raise NoSolutionError(
                    "the fast solver proves no dispatch within its tolerances (status "
                    f'{", ".join(sorted(set(cheapest.status.flat)))}); try solver = "auto"'
                )
        from altay_energy.dispatch.lp.highs import solve_by_highs

        second = None if self.solver == "highs" else self.fast
        cheapest = self._recorded(confirmed(lp, solve_by_highs(lp), second))
        if np.any(cheapest.status == "infeasible"):
            raise why_infeasible(self.formulation)
        if np.any(cheapest.status != "optimal"):
            raise NoSolutionError(unproven("the cheapest dispatch"))
        chosen = self._tie_break(lp, cheapest)
        if chosen is None:  # duals near the central path make the tie-break easier
            central = self._recorded(self.fast.solve(lp, self.effort))
            if np.all(central.status == "optimal"):
                chosen = self._tie_break(lp, central)
        if chosen is None:  # if the quadratic tie-break fails, minimise the throughput
            simple = plain_tie_break(self.formulation, lp, cheapest)
            chosen = self._recorded(solve_by_highs(simple))
            if not (np.all(_costs_nothing(lp, cheapest, chosen)) and _keeps_rows(lp, chosen)):
                chosen = cheapest
        return cheapest, chosen

    def _tie_break(self, lp: BlockLP, cheapest: BlockSolution) -> BlockSolution | None:
        """Return the solution of the tie-break; None if it would increase the cost."""
        if lp.lead and lp.shared_cost.size:  # costs of shared variables differ between programs
            runs = [self._tie_break(one, best) for one, best in _one_by_one(lp, cheapest)]
            return _together([run for run in runs if run is not None], lp.lead, len(runs))
        for penalty in PENALTIES:
            program = tie_break_program(self.formulation, lp, cheapest, penalty)
            chosen = self._recorded(self.fast.solve(program, self.effort))
            if np.all(self._accepted(lp, program, cheapest, chosen)):
                return chosen
        return None

    def _accepted(
        self, lp: BlockLP, program: BlockLP, cheapest: BlockSolution, chosen: BlockSolution
    ) -> Bools:
        """Return whether the solution of a tie-break is one of the cheapest, shape (...)."""
        good = (chosen.status == "optimal") & _costs_nothing(lp, cheapest, chosen)
        return np.asarray(good & stays_optimal(self.formulation, program, cheapest, chosen))

    def _recorded(self, solution: BlockSolution) -> BlockSolution:
        self.used[solution.solver] = None
        self.iterations += int(solution.iterations.sum())
        return solution


def _costs_nothing(lp: BlockLP, cheapest: BlockSolution, chosen: BlockSolution) -> Bools:
    least, cost = certificate(lp, cheapest), certificate(lp, chosen)
    allowed = PROVEN_GAP * np.maximum(1.0, np.abs(least.objective))
    return np.asarray(cost.objective - least.bound <= allowed)


def _keeps_rows(lp: BlockLP, chosen: BlockSolution) -> bool:
    return bool(np.all(certificate(lp, chosen).primal_residual <= PROVEN_RESIDUAL))


def _one_by_one(lp: BlockLP, solution: BlockSolution) -> list[tuple[BlockLP, BlockSolution]]:
    return [(lp.one(run), solution.one(run)) for run in np.ndindex(*lp.lead)]


def _together(
    runs: list[BlockSolution], lead: tuple[int, ...], expected: int
) -> BlockSolution | None:
    """Join solutions of single programs; None if one of them is missing."""
    return None if len(runs) < expected else stacked(runs, lead)
