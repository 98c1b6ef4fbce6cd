"""Dispatch ladder of a scenario: the value of foresight, of whole units and of forecasts.

From the bottom up: ``rules``, without foresight; ``rules_continuous``, the same with a station in
its unit form replaced by the continuous storage of plans and the optimum; ``rolling``, day by day
with imperfect forecasts; ``rolling_perfect``, the same with perfect forecasts; ``units``, the exact
operation of a station's units or of thermal units with foresight; ``optimal``, the least cost with
foresight. The value of a step is the difference of operating costs at equal stored energy
(`altay_energy.run.figures.stored_energy`), between rungs with the same model of the plants; whole
units are a separate step. The optimum has a station as one storage, which is cheaper than its units
can be; the proven bound of the rung ``units`` shows by how much at least, and how much foresight
with whole units can be worth at most.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from altay_energy.core.errors import NoSolutionError
from altay_energy.dispatch.problem.problem import Problem
from altay_energy.dispatch.program.station.envelope import with_outer_stations
from altay_energy.dispatch.result.result import Dispatch
from altay_energy.dispatch.rolling.rolling import dispatch_rolling
from altay_energy.dispatch.rules.rules import dispatch_by_rules
from altay_energy.run.figures.method_notices import broken_limits
from altay_energy.run.figures.plants import plant_kpis
from altay_energy.run.figures.stored_energy import (
    end_prices_cny_mwh,
    stored_change_mwh,
    stored_worth_cny,
)
from altay_energy.run.methods import DISPATCHERS, Way
from altay_energy.run.portfolio import Portfolio, Run
from altay_energy.scenario.load import Scenario

RUNGS = ("rules", "rules_continuous", "rolling", "rolling_perfect", "units", "optimal")
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
"""Figures of ``kpis.json`` that a ladder shows for every rung."""

SAME = 1e-8
"""Relative optimality gap, by which another rung may appear cheaper than the optimum. [-]"""

_DIGITS = 6  # significant digits of a price

ROUNDING = 1e-9
"""Relative difference up to which two costs are equal. [-]"""

STEPS: Mapping[str, tuple[str, str]] = {
    "value_of_foresight_cny": ("rules", "optimal"),
    "value_of_day_ahead_planning_cny": ("rules", "rolling"),
    "forecast_error_cost_cny": ("rolling", "rolling_perfect"),
    "short_sight_cost_cny": ("rolling_perfect", "optimal"),
    "unit_operation_cost_cny": ("units", "optimal"),
}
"""Steps: the value of each is the cost of the first rung minus that of the second."""

STEPS_OF_A_STATION: Mapping[str, tuple[str, str]] = {
    **STEPS,
    "value_of_foresight_cny": ("rules_continuous", "optimal"),
    "value_of_foresight_of_units_cny": ("rules", "units"),
    "value_of_day_ahead_planning_cny": ("rules_continuous", "rolling"),
    "unit_operation_by_rules_cost_cny": ("rules", "rules_continuous"),
}
"""Steps with a station in its unit form, whose units only rules and ``units`` operate."""


@dataclass(frozen=True)
class Ladder:
    """Runs of a scenario with every dispatch method.

    Parameters
    ----------
    scenario : str
        Name of the scenario.
        runs : mapping of str to Run
            Run by rung, from the bottom up, without rungs that do not apply to the scenario.
    missing : mapping of str to str
        Rungs without a result, and the reason.
    stored_value_cny_mwh : mapping of str to float
        Value of a further stored MWh at the end, by storage; empty if
        ``terminal = "water_value"`` gives it. [CNY/MWh]
    """

    scenario: str
    runs: Mapping[str, Run]
    missing: Mapping[str, str]
    stored_value_cny_mwh: Mapping[str, float] = field(default_factory=dict)

    @property
    def steps(self) -> Mapping[str, tuple[str, str]]:
        """Two rungs of each step, by name."""
        return STEPS_OF_A_STATION if "rules_continuous" in self.runs else STEPS

    def cost_cny(self, rung: str) -> float:
        """Return the operating cost of a rung at equal stored energy. [CNY]"""
        run = self.runs[rung]
        worth = stored_worth_cny(run.dispatch, self.stored_value_cny_mwh)
        return float(run.kpis["kpis"]["operating_cost_cny"]) - float(worth)

    @property
    def least_of_units_cny(self) -> float | None:
        """Proven lower bound of the cost with the station's whole units. [CNY]

        The higher one of the optimum, which has the station as one storage, and the bound of the
        rung ``units``; None without a station or without that rung.
        """
        proof = self.runs["units"].dispatch.solution if "units" in self.runs else None
        if proof is None or "rules_continuous" not in self.runs:
            return None
        bound = self.cost_cny("units") - float(proof.objective_cny - proof.bound_cny)
        return max(self.cost_cny("optimal"), bound)

    def breaks(self, rung: str) -> dict[str, float]:
        """Return the limits over the period that a rung violates, and its values."""
        run = self.runs[rung]
        return broken_limits(run.kpis["kpis"], run.problem.terms)

    def notices(self) -> list[str]:
        """Return notices for readers of the steps."""
        found = []
        for rung in self.runs:
            for limit, value in self.breaks(rung).items():
                bound = getattr(self.runs[rung].problem.terms, limit)
                found.append(
                    f"ladder: {rung} breaks {limit} = {bound:g} ({value:.4g}), which the optimum "
                    "keeps; its cost may be below that of the optimum"
                )
        least = self.cost_cny("optimal")
        for rung in self.runs:
            below = least - self.cost_cny(rung)
            if below > ROUNDING * abs(least) and self._apart(rung, "optimal") == 0.0:
                found.append(
                    f"ladder: {rung} costs {below:,.0f} CNY less than the dispatch that optimal "
                    "found, within its proven gap; the two count as equal"
                )
        return found

    def document(self) -> dict[str, Any]:
        """Content of ``ladder.json``."""
        rungs = {name: _figures(run) for name, run in self.runs.items()}
        cost = {name: self.cost_cny(name) for name in self.runs}
        for name, figures in rungs.items():
            figures["stored_change_mwh"] = {
                storage: float(change)
                for storage, change in stored_change_mwh(self.runs[name].dispatch).items()
            }
            figures["stored_worth_cny"] = _apart(figures["operating_cost_cny"], cost[name])
            figures["beyond_optimum_cny"] = self._apart(name, "optimal")
        values = {
            step: self._apart(low, high)
            for step, (low, high) in self.steps.items()
            if low in cost and high in cost
        }
        least = self.least_of_units_cny
        if least is not None:
            values["optimism_of_one_storage_cny"] = _apart(least, cost["optimal"])
            if "rules" in cost:
                values["foresight_of_units_at_most_cny"] = _apart(cost["rules"], least)
        return {
            "scenario": self.scenario,
            "rungs": rungs,
            "values": values,
            "stored_value_cny_mwh": dict(self.stored_value_cny_mwh),
            "breaks": {name: broken for name in self.runs if (broken := self.breaks(name))},
            "missing": dict(self.missing),
        }

    def _apart(self, rung: str, other: str) -> float:
        """Return the cost of a rung minus that of another; 0 if that is rounding. [CNY]

        A rung below the optimum by no more than the optimum's proven gap also gives 0.
        """
        cost, least = self.cost_cny(rung), self.cost_cny(other)
        apart = _apart(cost, least)
        proof = self.runs[other].dispatch.solution if other == "optimal" else None
        unproven = 0.0 if proof is None else (float(proof.gap) + SAME) * abs(least)
        return 0.0 if -unproven <= apart < 0.0 else apart


def ladder(scenario: Scenario) -> Ladder:
    """Run a scenario with every dispatch method that applies to it.

    Parameters
    ----------
    scenario : Scenario
        Scenario; ``dispatch.method`` is ignored, ``dispatch.rolling`` and ``dispatch.forecast`` are
        used.

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
    prices = end_prices_cny_mwh(optimum.problem, optimum.stored_value_cny_mwh)
    ways = _ways(portfolio, optimum)
    runs, missing = {}, {}
    for name in RUNGS:
        if name not in ways:
            continue
        try:
            dispatch = ways[name](problem, portfolio.dispatch)
        except NoSolutionError as error:  # a rung may have no solution although the optimum exists
            missing[name] = str(error)
            continue
        dispatch.check()
        runs[name] = Run(_on(portfolio, name), problem, dispatch, demand)
    worth = {name: float(np.round(price, _DIGITS)) for name, price in prices.items()}
    return Ladder(scenario.name, runs, missing, worth)


def _ways(portfolio: Portfolio, optimum: Dispatch) -> dict[str, Way]:
    """Return the dispatch function of each rung."""
    settings = portfolio.dispatch
    others = portfolio.with_(dispatch=settings.model_copy(update={"method": "rolling"})).other_years

    def day_by_day(*, perfect: bool) -> Way:
        errors = settings.forecast.with_(perfect=perfect)
        return lambda problem, asked: dispatch_rolling(
            problem, asked.rolling, errors, optimum=optimum, others=others
        )

    ways = {
        "rules": DISPATCHERS["rules"],
        "rolling_perfect": day_by_day(perfect=True),
        "optimal": lambda problem, asked: optimum,
    }
    if not settings.forecast.perfect:
        ways["rolling"] = day_by_day(perfect=False)
    if portfolio.stations:
        ways["rules_continuous"] = lambda problem, asked: dispatch_by_rules(_as_storages(problem))
    # The method units operates one station, and commits thermal units.
    if len(portfolio.stations) == 1 or (portfolio.thermal_units and not portfolio.stations):
        ways["units"] = DISPATCHERS["units"]
    return ways


def _as_storages(problem: Problem) -> Problem:
    """Replace stations by continuous storages without spill, as in plans."""
    names = {station.name for station in problem.stations}
    none = np.zeros(())
    whole = with_outer_stations(problem)
    return replace(
        whole,
        storages=tuple(
            replace(s, inflow_mw=none, spill_mw=none) if s.name in names else s
            for s in whole.storages
        ),
    )


def _on(portfolio: Portfolio, rung: str) -> Portfolio:
    """Return the portfolio with the settings of the rung."""
    method, _, perfect = rung.partition("_")
    changes: dict[str, Any] = {"method": method}
    if method == "rolling":
        changes["forecast"] = portfolio.dispatch.forecast.with_(perfect=bool(perfect))
    return portfolio.with_(dispatch=portfolio.dispatch.model_copy(update=changes))


def _apart(one: float, other: float) -> float:
    """Return the difference of two costs; 0 if it is rounding. [CNY]"""
    rounding = ROUNDING * max(abs(one), abs(other))
    return one - other if abs(one - other) > rounding else 0.0


def _figures(run: Run) -> dict[str, Any]:
    """Return the figures of a rung; ``storage_cycles`` are full cycles of each storage."""
    figures = run.kpis["kpis"]
    plants = plant_kpis(run.dispatch, run.capacities)
    cycles = {n: f["equivalent_cycles"] for n, f in plants.items() if "equivalent_cycles" in f}
    return {
        **{name: figures[name] for name in FIGURES},
        "storage_cycles": {name: float(value) for name, value in cycles.items()},
    }
