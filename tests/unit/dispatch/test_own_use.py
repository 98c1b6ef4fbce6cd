"""Limits on the use of own energy: what a dispatch keeps is what its figures say."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from altay_energy.components.settings.rolling import ForecastSettings
from altay_energy.dispatch.optimal.optimal import dispatch_optimal
from altay_energy.dispatch.problem.period import METERED_RATE, NET_RATE, FlexibleLoad, PeriodTerms
from altay_energy.dispatch.problem.problem import Problem, StorageLimits
from altay_energy.dispatch.rolling.rolling import dispatch_rolling
from altay_energy.run.figures.kpis import kpis

LIMITS = {NET_RATE: "self_consumption_rate", METERED_RATE: "self_consumption_metered_rate"}
TERMINALS = ("cyclic", "free", "at_least", "equal_initial", "water_value")
STEPS = 72
TRICKLE = np.full(STEPS, 2.0)

LEAKY = StorageLimits("battery.a", 30.0, 25.0, 90.0, 0.8, 0.85, 0.004, 30.0)
LAKE = StorageLimits("pumped_storage.b", 20.0, 20.0, 200.0, 0.85, 0.9, 0.0, 80.0, TRICKLE)
WANING = StorageLimits("battery.c", 0.0, 0.0, 40.0, 0.9, 0.9, 0.01, 20.0)


def windy(terminal="cyclic", storages=(LEAKY, LAKE), **changes) -> Problem:
    """Three days of wind that earns more outside than it saves at home."""
    rng = np.random.default_rng(5)
    given = {
        "step_hours": 0.5,
        "load_mw": 40.0 + 20.0 * rng.random(STEPS),
        "renewables": {"wind.a": 120.0 * rng.random(STEPS) ** 2},
        "thermals": (),
        "storages": storages,
        "import_limit_mw": 100.0,
        "export_limit_mw": 100.0,
        "import_price_cny_mwh": 200.0,
        "export_price_cny_mwh": np.resize([150.0, 190.0, 330.0], STEPS),
        "unserved_cost_cny_mwh": 10_000.0,
        "grid_emission_factor_t_mwh": 0.5,
        "terminal": terminal,
    }
    if terminal == "water_value":
        given["terms"] = PeriodTerms(water_value_cny_mwh=(240.0, 120.0))
    return Problem(**{**given, **changes})


def asking(problem, **limits):
    return replace(problem, terms=replace(problem.terms, **limits))


def rate(dispatch, limit):
    return float(kpis(dispatch)[LIMITS[limit]])


@pytest.mark.parametrize("terminal", TERMINALS)
@pytest.mark.parametrize("limit", LIMITS)
def test_a_limit_that_binds_is_what_the_figure_says(terminal, limit):
    problem = windy(terminal)
    free = rate(dispatch_optimal(problem), limit)
    asked = free + 0.02
    kept = dispatch_optimal(asking(problem, **{limit: asked}))
    kept.check()
    assert rate(kept, limit) == pytest.approx(asked, abs=1e-6)
    assert kept.solution.status == "optimal"


def test_a_storage_that_only_leaks_counts_with_what_it_leaks():
    problem = windy("free", (LEAKY, WANING))
    asked = rate(dispatch_optimal(problem), NET_RATE) + 0.02
    kept = dispatch_optimal(asking(problem, **{NET_RATE: asked}))
    assert rate(kept, NET_RATE) == pytest.approx(asked, abs=1e-6)


def test_many_runs_keep_the_net_rate_each_on_its_own():
    problem = windy()
    wind = problem.renewables["wind.a"] * np.array([[1.0], [0.8]])
    many = replace(problem, renewables={"wind.a": wind})
    asked = asking(many, **{NET_RATE: 0.7})
    together = kpis(dispatch_optimal(asked))["self_consumption_rate"]
    alone = [rate(dispatch_optimal(asked.one((run,))), NET_RATE) for run in (0, 1)]
    assert together == pytest.approx(alone, abs=1e-6)
    assert together.min() >= 0.7 - 1e-9


def test_a_metered_limit_can_be_met_by_losing_energy_and_a_net_one_cannot():
    problem = windy(export_price_cny_mwh=330.0)
    asked = rate(dispatch_optimal(problem), METERED_RATE) + 0.1
    metered = dispatch_optimal(asking(problem, **{METERED_RATE: asked}))
    net = dispatch_optimal(asking(problem, **{NET_RATE: asked}))
    assert rate(metered, NET_RATE) < asked - 1e-3
    assert rate(net, METERED_RATE) >= asked
    assert kpis(net)["operating_cost_cny"] > kpis(metered)["operating_cost_cny"]


@pytest.mark.parametrize("limit", LIMITS)
def test_day_by_day_the_limit_is_kept_as_well(limit):
    steps = 24 * 12
    rng = np.random.default_rng(2)
    base = windy(
        storages=(LEAKY, replace(LAKE, inflow_mw=np.full(steps, 2.0))),
        step_hours=1.0,
        load_mw=40.0 + 20.0 * rng.random(steps),
        renewables={"wind.a": 120.0 * rng.random(steps) ** 2},
        export_price_cny_mwh=np.resize([150.0, 190.0, 330.0], steps),
    )
    movable = FlexibleLoad("load.f", 0.2 * base.load_mw, base.load_mw, 6)
    base = replace(base, flexible_loads=(movable,))
    asked = rate(dispatch_optimal(base), limit) + 0.02
    problem = asking(base, **{limit: asked})
    done = dispatch_rolling(problem, errors=ForecastSettings(perfect=True))
    done.check()
    assert rate(done, limit) >= asked - 1e-3
    assert rate(done, limit) <= asked + 0.01
