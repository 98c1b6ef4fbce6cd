"""Which way of dispatch a scenario asks for."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

from altay_energy.components.settings.settings import DispatchSettings
from altay_energy.dispatch.optimal.optimal import dispatch_optimal
from altay_energy.dispatch.problem.problem import Problem
from altay_energy.dispatch.result.result import Dispatch
from altay_energy.dispatch.rolling.rolling import dispatch_rolling
from altay_energy.dispatch.rules.rules import dispatch_by_rules
from altay_energy.dispatch.units.units import Search, dispatch_units

Way = Callable[[Problem, DispatchSettings], Dispatch]

DISPATCHERS: Mapping[str, Way] = MappingProxyType(
    {
        "rules": lambda problem, asked: dispatch_by_rules(problem),
        "optimal": lambda problem, asked: dispatch_optimal(problem),
        "units": lambda problem, asked: dispatch_units(
            problem, Search(gap=asked.units.gap, time_limit_s=asked.units.time_limit_s)
        ),
        "rolling": lambda problem, asked: dispatch_rolling(problem, asked.rolling, asked.forecast),
    }
)
"""Ways of dispatch by the name that ``dispatch.method`` gives them."""


def dispatched(problem: Problem, asked: DispatchSettings) -> Dispatch:
    """A problem, dispatched in the way that is asked for.

    Parameters
    ----------
    problem : Problem
    asked : DispatchSettings
        With the method and its settings.

    Raises
    ------
    NoSolutionError
        If no dispatch satisfies the limits.
    """
    return DISPATCHERS[asked.method](problem, asked)
