"""Foresight is never more expensive than rules, from a herder's lamp to a hundred gigawatts.

Sizes of plants and loads run from 0.3 kW to 100 GW, of one size or each of its own; limits of
connections, plants and storages may be of the system's size or mean "no limit", up to 1e12.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import altay_energy as ae
from altay_energy.components.settings.rolling import ForecastSettings
from altay_energy.dispatch.optimal.optimal import dispatch_optimal
from altay_energy.dispatch.problem.problem import Problem, StorageLimits, ThermalLimits
from altay_energy.dispatch.result.costs import objective_cny, turnover_cny
from altay_energy.dispatch.rolling.rolling import dispatch_rolling
from altay_energy.dispatch.rules.rules import dispatch_by_rules

SCENARIOS = Path(__file__).parents[2] / "scenarios"
STEPS = 24
HOURS = np.arange(STEPS)
SIZES = st.floats(-3.5, 5.0).map(lambda power: 10.0**power)
BEYOND = st.sampled_from([1e5, 1e9, 1e10, 1e11, 1e12])


@st.composite
def systems(draw):
    """A day of wind, sun, heat, storages and a connection."""
    load = draw(SIZES)
    together = draw(st.booleans())

    def size():
        return load * draw(st.sampled_from([0.3, 1.0, 3.0])) if together else draw(SIZES)

    def limit(own):
        return draw(st.one_of(st.sampled_from([0.0, own, 100.0 * own]), BEYOND))

    def storage(k):
        power = size()
        energy = 4.0 * power
        if draw(st.booleans()):
            power = limit(power)
        if draw(st.integers(0, 4)) == 0:
            energy = limit(energy)
        return StorageLimits(f"battery.{k}", power, power, energy, 0.95, 0.9)

    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    thermal, price = size(), draw(st.sampled_from([200.0, 350.0, 500.0]))
    plants = (ThermalLimits("thermal.a", limit(thermal), 0.0, price, 0.8),)
    return Problem(
        step_hours=draw(st.sampled_from([1.0, 0.25])),
        load_mw=load * (1.0 + 0.3 * np.sin(HOURS / 4.0)),
        renewables={
            "wind.a": size() * rng.random(STEPS),
            "solar.b": size() * np.maximum(np.sin((HOURS - 6) / 12 * np.pi), 0.0),
        },
        thermals=plants if draw(st.booleans()) else (),
        storages=tuple(storage(k) for k in range(draw(st.integers(0, 2)))),
        import_limit_mw=limit(load),
        export_limit_mw=limit(load),
        import_price_cny_mwh=np.where((HOURS // 8) == 1, 450.0, 250.0),
        export_price_cny_mwh=draw(st.sampled_from([0.0, 200.0, 240.0])),
        unserved_cost_cny_mwh=1e4,
        grid_emission_factor_t_mwh=0.6,
        terminal=draw(st.sampled_from(["cyclic", "free"])),
    )


def foresight_is_no_dearer(problem):
    rules, best = dispatch_by_rules(problem), dispatch_optimal(problem)
    best.check()
    assert best.solution.status == "optimal"
    money = np.maximum(turnover_cny(rules), turnover_cny(best))
    assert objective_cny(best) <= objective_cny(rules) + 1e-7 * money
    flows = np.max(problem.load_mw) + sum(np.max(p) for p in problem.renewables.values())
    assert best.balance_residual_mw() <= 1e-6 * max(flows, best.export_mw.max())


@given(systems())
@settings(max_examples=60, deadline=None)
def test_foresight_is_never_more_expensive_than_rules_at_any_scale(problem):
    foresight_is_no_dearer(problem)


@pytest.mark.slow
@given(systems())
@settings(max_examples=1500, deadline=None)
def test_foresight_is_never_more_expensive_than_rules_in_many_systems_of_any_scale(problem):
    foresight_is_no_dearer(problem)


@pytest.mark.slow
def test_foresight_costs_no_more_than_rolling_where_loads_shift_and_export_earns_more():
    """A valley price below that of export opens the connection both ways: a choice each hour."""
    waiting = {"load.resort.flexible_share": 0.3, "load.resort.shift_hours": 12}
    spring = {"time.start": "2030-03-01T00:00", "time.hours": 2160}
    problem = ae.load(SCENARIOS / "ski-resort.toml", {**waiting, **spring}).portfolio.problem()
    best = dispatch_optimal(problem)
    best.check()
    assert best.solution.exclusive_steps > 700
    rolling = dispatch_rolling(problem, errors=ForecastSettings(perfect=True), optimum=best)
    rolling.check()
    assert objective_cny(best) <= objective_cny(rolling) + 1e-6 * turnover_cny(best)
    assert rolling.unserved_mw.max() <= 1e-6
