"""Dispatch day by day: plans on forecasts, carried out against what really happens.

Every window is the cheapest plan for the hours that it sees (`window`); its first part is carried
out, with what the forecasts got wrong settled hour by hour (`settle`), and the next window begins
where that ended: with its contents, its loads that wait, the month's highest import and what the
limits over the period have left.

What contents are worth at a window's end comes from the optimum of the whole period, which knows
the year: its price of stored energy at that hour, a little more below its content and a little less
above. So a plan knows the season and not the day after tomorrow's wind. The optimum also says which
monthly peaks are worth paying for and how limits over the period are spread over it. With a number
instead nothing is known of the time beyond the window.

References
----------
.. [1] Bemporad and Morari, "Control of systems integrating logic, dynamics, and constraints",
   Automatica 35(3), 407-427, 1999 (receding horizon).
.. [2] Stage and Larsson, "Incremental cost of water power", AIEE Transactions 80(3), 1961 (values
   of water between long-term and short-term planning).
"""

from __future__ import annotations

from altay_energy.components.settings.rolling import ForecastSettings, RollingSettings
from altay_energy.core.errors import ScenarioError
from altay_energy.dispatch.infeasible.explain import refuse_impossible
from altay_energy.dispatch.optimal.optimal import dispatch_optimal
from altay_energy.dispatch.problem.problem import Problem
from altay_energy.dispatch.problem.reach import within_reach
from altay_energy.dispatch.program.station.envelope import with_favourable_stations
from altay_energy.dispatch.program.thermal_segments import continuous, cut_up, in_pieces, in_whole
from altay_energy.dispatch.result.result import Dispatch
from altay_energy.dispatch.rolling.receding_horizon import needs_optimum, roll


def dispatch_rolling(
    problem: Problem,
    settings: RollingSettings | None = None,
    errors: ForecastSettings | None = None,
    *,
    optimum: Dispatch | None = None,
) -> Dispatch:
    """Dispatch a period window by window.

    Parameters
    ----------
    problem : Problem
        Shape (T,).
    settings : RollingSettings, optional
        Windows and the worth of what is stored at their ends.
    errors : ForecastSettings, optional
        Of the forecasts.
    optimum : Dispatch, optional
        `dispatch_optimal` of this problem, if it is at hand.

    Returns
    -------
    Dispatch
        What was carried out, with the plans in ``rolled``. Plans without forecast errors that see
        to the end of the period are the optimum itself.

    Raises
    ------
    ScenarioError
        If the problem holds several runs, or a window is no whole number of steps.
    NoSolutionError
        If the whole period has no solution.
    """
    settings, errors = settings or RollingSettings(), errors or ForecastSettings()
    problem = with_favourable_stations(problem)
    if problem.committed:
        refuse_impossible(continuous(problem))
        known = None if optimum is None else cut_up(optimum)
        done = dispatch_rolling(in_pieces(problem), settings, errors, optimum=known)
        return in_whole(done, problem)
    if len(problem.shape) > 1:
        raise ScenarioError(
            f"rolling dispatch treats one run at a time, not {problem.shape[:-1]}; dispatch each "
            "on its own"
        )
    refuse_impossible(problem)
    if optimum is None and needs_optimum(problem, settings, errors):
        optimum = dispatch_optimal(within_reach(problem))
    return roll(problem, settings, errors, optimum)
