"""Which way of dispatch a scenario asks for.

A way is imported when it is used: those with a solver take longer to load than rules to run.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType

from altay_energy.components.settings.settings import DispatchSettings
from altay_energy.dispatch.problem.problem import Problem
from altay_energy.dispatch.result.result import Dispatch
from altay_energy.dispatch.rules.rules import dispatch_by_rules

Way = Callable[[Problem, DispatchSettings], Dispatch]


def _optimal(problem: Problem, _: DispatchSettings) -> Dispatch:
    from altay_energy.dispatch.optimal.optimal import dispatch_optimal

    return dispatch_optimal(problem)


def _units(problem: Problem, asked: DispatchSettings) -> Dispatch:
    from altay_energy.dispatch.units.units import Search, dispatch_units

    return dispatch_units(
        problem, Search(gap=asked.units.gap, time_limit_s=asked.units.time_limit_s)
    )


def _rolling(problem: Problem, asked: DispatchSettings, others: Sequence[Problem] = ()) -> Dispatch:
    from altay_energy.dispatch.rolling.rolling import dispatch_rolling

    return dispatch_rolling(problem, asked.rolling, asked.forecast, others=others)


DISPATCHERS: Mapping[str, Way] = MappingProxyType(
    {
        "rules": lambda problem, asked: dispatch_by_rules(problem),
        "optimal": _optimal,
        "units": _units,
        "rolling": _rolling,
    }
)
"""Ways of dispatch by the name that ``dispatch.method`` gives them."""


def dispatched(
    problem: Problem, asked: DispatchSettings, others: Sequence[Problem] = ()
) -> Dispatch:
    """A problem, dispatched in the way that is asked for.

    Parameters
    ----------
    problem : Problem
    asked : DispatchSettings
        With the method and its settings.
    others : sequence of Problem
        The same system in other weather years, which rolling dispatch may ask for.

    Raises
    ------
    NoSolutionError
        If no dispatch satisfies the limits.
    """
    if asked.method == "rolling":
        return _rolling(problem, asked, others)
    return DISPATCHERS[asked.method](problem, asked)
