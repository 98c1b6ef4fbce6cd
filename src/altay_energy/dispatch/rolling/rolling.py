"""Rolling dispatch: plans on forecasts, carried out with the actual load and renewable power.

Each window is planned at least cost on its forecasts (`window`). Its first part is carried out,
with forecast errors balanced in each step (`balancing`). The next window begins in the resulting
state: contents, postponed loads, the highest import of the month, and the remainder of each limit
over the period.

The value of content at the end of a window is taken from the optimum of the whole period: the price
of stored energy at that hour, slightly higher below the content of the optimum and slightly lower
above it. A plan thus accounts for the season but not for the wind after its window. The optimum
also gives the monthly peaks that are worth their charge, and the share of limits over the period
for each window. With ``end_value = "other_years"`` all this comes from the optima of other weather
years, and nothing of the year after the window is known. With a number only prices are known.

References
----------
.. [1] Bemporad and Morari, "Control of systems integrating logic, dynamics, and constraints",
   Automatica 35(3), 407-427, 1999 (receding horizon).
.. [2] Stage and Larsson, "Incremental cost of water power", AIEE Transactions 80(3), 1961 (values
   of water between long-term and short-term planning).
"""

from __future__ import annotations

from collections.abc import Sequence

from altay_energy.components.settings.rolling import ForecastSettings, RollingSettings
from altay_energy.core.errors import ScenarioError
from altay_energy.dispatch.infeasible.explain import refuse_impossible
from altay_energy.dispatch.optimal.optimal import dispatch_optimal
from altay_energy.dispatch.problem.problem import Problem
from altay_energy.dispatch.problem.reach import within_reach
from altay_energy.dispatch.program.station.envelope import with_outer_stations
from altay_energy.dispatch.program.thermal_segments import continuous, cut_up, in_pieces, in_whole
from altay_energy.dispatch.result.result import Dispatch
from altay_energy.dispatch.rolling.receding_horizon import needs_optimum, roll


def dispatch_rolling(
    problem: Problem,
    settings: RollingSettings | None = None,
    errors: ForecastSettings | None = None,
    *,
    optimum: Dispatch | None = None,
    others: Sequence[Problem | Dispatch] = (),
) -> Dispatch:
    """Dispatch a period window by window on forecasts.

    Parameters
    ----------
    problem : Problem
        Shape (T,).
    settings : RollingSettings, optional
        Windows and the value of content at their ends.
    errors : ForecastSettings, optional
        Errors of the forecasts.
    optimum : Dispatch, optional
        Result of `dispatch_optimal` for this problem, if already known.
    others : sequence of Problem or Dispatch
        The same system in other weather years, or their optima, for
        ``end_value = "other_years"``; each of shape (T,).

    Returns
    -------
    Dispatch
        The realised dispatch, with the plans in ``rolled``. Windows without forecast errors that
        reach the end of the period give the optimum itself.

    Raises
    ------
    ScenarioError
        If the problem holds several runs, a window is no whole number of steps, or other years are
        asked for and none is given.
    NoSolutionError
        If the whole period has no solution.
    """
    settings, errors = settings or RollingSettings(), errors or ForecastSettings()
    _refuse_short_windows(problem, settings)
    problem = with_outer_stations(problem)
    years = _optima(problem, others) if settings.end_value == "other_years" else ()
    if problem.committed:
        refuse_impossible(continuous(problem))
        known = None if optimum is None else cut_up(optimum)
        done = dispatch_rolling(in_pieces(problem), settings, errors, optimum=known, others=years)
        return in_whole(done, problem)
    if len(problem.shape) > 1:
        raise ScenarioError(
            f"rolling dispatch treats one run at a time, not {problem.shape[:-1]}; dispatch each "
            "on its own"
        )
    refuse_impossible(problem)
    if optimum is None and needs_optimum(problem, settings, errors):
        optimum = dispatch_optimal(within_reach(problem))
    return roll(problem, settings, errors, optimum, years)


def _refuse_short_windows(problem: Problem, settings: RollingSettings) -> None:
    """Refuse plans that end before what they begin has to end."""
    hours, seen = problem.step_hours, settings.look_ahead_hours
    if seen / hours >= problem.steps:
        return
    asked = {f"{load.name}.shift_hours": load.shift_steps for load in problem.flexible_loads}
    for plant in problem.committed:
        if plant.units is not None:
            asked[f"{plant.name}.min_up_hours"] = plant.units.min_up_steps
            asked[f"{plant.name}.min_down_hours"] = plant.units.min_down_steps
    for key, steps in asked.items():
        if steps * hours > seen:
            raise ScenarioError(
                f"dispatch.rolling.look_ahead_hours = {seen:g} is shorter than {key} = "
                f"{steps * hours:g}; a plan must see the end of what it begins, set it to at least "
                f"{steps * hours:g}"
            )


def _optima(problem: Problem, others: Sequence[Problem | Dispatch]) -> tuple[Dispatch, ...]:
    """Return the optima of other weather years."""
    if not others:
        raise ScenarioError(
            'dispatch.rolling.end_value = "other_years" needs other weather years of the same '
            'climate, and none are known; give a number in CNY/MWh, or "optimum"'
        )
    years = [
        year
        if isinstance(year, Dispatch)
        else dispatch_optimal(within_reach(in_pieces(with_outer_stations(year))))
        for year in others
    ]
    if any(year.problem.shape != problem.shape for year in years):
        raise ScenarioError(
            f"other weather years must have the {problem.steps} steps of the period, one run each"
        )
    return tuple(years)
