"""One scenario on every rung of the dispatch ladder: what foresight, units and forecasts are worth.

From the bottom up: ``rules``, without foresight; ``rolling``, day by day on forecasts that are
wrong; ``rolling_perfect``, the same with right forecasts; ``units``, the exact operation of a
station's units or of thermal units with foresight; ``optimal``, the least cost with foresight. What
a step is worth is the difference of operating costs.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from altay_energy.analysis.kpis import plant_kpis
from altay_energy.dispatch.result import Dispatch
from altay_energy.dispatch.rolling import dispatch_rolling
from altay_energy.dispatching import DISPATCHERS, Way
from altay_energy.errors import NoSolutionError
from altay_energy.portfolio import Portfolio, Run
from altay_energy.scenario.load import Scenario

RUNGS = ("rules", "rolling", "rolling_perfect", "units", "optimal")
"""Names of the rungs, from the bottom up."""

FIGURES = (
    "operating_cost_cny",
    "curtailed_mwh",
    "curtailment_rate",
    "charge_mwh",
    "discharge_mwh",
    "storage_loss_mwh",
    "import_mwh",
    "export_mwh",
    "peak_import_mw",
    "unserved_mwh",
    "emissions_t",
)
"""Figures of `kpis.json` that a ladder shows for every rung."""

ROUNDING = 1e-9
"""Share of a cost up to which two are equal."""

STEPS: Mapping[str, tuple[str, str]] = {
    "value_of_foresight_cny": ("rules", "optimal"),
    "value_of_day_ahead_planning_cny": ("rules", "rolling"),
    "forecast_error_cost_cny": ("rolling", "rolling_perfect"),
    "short_sight_cost_cny": ("rolling_perfect", "optimal"),
    "unit_operation_cost_cny": ("units", "optimal"),
}
"""What a step is called → two rungs: it is the cost of the first less that of the second."""


@dataclass(frozen=True)
class Ladder:
    """A scenario on its rungs.

    Parameters
    ----------
    scenario : str
        Its name.
    runs : mapping of str to Run
        By rung, from the bottom up; rungs that the scenario does not have are absent.
    missing : mapping of str to str
        Rungs without a result, and why.
    """

    scenario: str
    runs: Mapping[str, Run]
    missing: Mapping[str, str]

    def document(self) -> dict[str, Any]:
        """The content of ``ladder.json``."""
        rungs = {name: _figures(run) for name, run in self.runs.items()}
        cost = {name: figures["operating_cost_cny"] for name, figures in rungs.items()}
        for name, figures in rungs.items():
            figures["beyond_optimum_cny"] = _apart(cost[name], cost["optimal"])
        values = {
            step: _apart(cost[low], cost[high])
            for step, (low, high) in STEPS.items()
            if low in cost and high in cost
        }
        return {
            "scenario": self.scenario,
            "rungs": rungs,
            "values": values,
            "missing": dict(self.missing),
        }


def ladder(scenario: Scenario) -> Ladder:
    """Run a scenario on every rung that it has.

    Parameters
    ----------
    scenario : Scenario
        Its ``dispatch.method`` does not matter; ``dispatch.rolling`` and ``dispatch.forecast`` do.

    Returns
    -------
    Ladder

    Raises
    ------
    NoSolutionError
        If no dispatch satisfies the limits.
    """
    portfolio = scenario.portfolio
    available = portfolio.available_power()
    demand = portfolio.demand(available)
    problem = portfolio.problem_of(available, demand)
    optimum = DISPATCHERS["optimal"](problem, portfolio.dispatch)
    ways = _ways(portfolio, optimum)
    runs, missing = {}, {}
    for name in RUNGS:
        if name not in ways:
            continue
        try:
            dispatch = ways[name](problem, portfolio.dispatch)
        except NoSolutionError as error:  # the optimum exists: it is this rung that cannot
            missing[name] = str(error)
            continue
        dispatch.check()
        runs[name] = Run(_on(portfolio, name), problem, dispatch, demand)
    return Ladder(scenario.name, runs, missing)


def _ways(portfolio: Portfolio, optimum: Dispatch) -> dict[str, Way]:
    """How each rung dispatches a problem."""
    settings = portfolio.dispatch

    def day_by_day(*, perfect: bool) -> Way:
        errors = settings.forecast.with_(perfect=perfect)
        return lambda problem, asked: dispatch_rolling(
            problem, asked.rolling, errors, optimum=optimum
        )

    ways = {
        "rules": DISPATCHERS["rules"],
        "rolling_perfect": day_by_day(perfect=True),
        "optimal": lambda problem, asked: optimum,
    }
    if not settings.forecast.perfect:
        ways["rolling"] = day_by_day(perfect=False)
    # units takes one station, and commits thermal units
    if len(portfolio.stations) == 1 or (portfolio.thermal_units and not portfolio.stations):
        ways["units"] = DISPATCHERS["units"]
    return ways


def _on(portfolio: Portfolio, rung: str) -> Portfolio:
    """The portfolio as it would say the rung itself."""
    method, _, perfect = rung.partition("_")
    changes: dict[str, Any] = {"method": method}
    if method == "rolling":
        changes["forecast"] = portfolio.dispatch.forecast.with_(perfect=bool(perfect))
    return portfolio.with_(dispatch=portfolio.dispatch.model_copy(update=changes))


def _apart(one: float, other: float) -> float:
    """The difference of two costs; 0 where it is rounding."""
    rounding = ROUNDING * max(abs(one), abs(other))
    return one - other if abs(one - other) > rounding else 0.0


def _figures(run: Run) -> dict[str, Any]:
    """Figures of a rung; ``storage_cycles`` are full cycles of each storage."""
    figures = run.kpis["kpis"]
    plants = plant_kpis(run.dispatch, run.capacities)
    cycles = {n: f["equivalent_cycles"] for n, f in plants.items() if "equivalent_cycles" in f}
    return {
        **{name: figures[name] for name in FIGURES},
        "storage_cycles": {name: float(value) for name, value in cycles.items()},
    }
