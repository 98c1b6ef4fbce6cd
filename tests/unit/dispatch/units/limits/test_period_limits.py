"""Limits over the period are kept by whole units, and without leaving load unserved for it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from numpy.testing import assert_allclose

from altay_energy.components.storage.pumped_storage import PumpedStorage
from altay_energy.core.timeline import Timeline
from altay_energy.dispatch.optimal.optimal import dispatch_optimal
from altay_energy.dispatch.problem.period import PeriodTerms
from altay_energy.dispatch.problem.problem import Problem, ThermalLimits
from altay_energy.dispatch.problem.station import StationLimits
from altay_energy.dispatch.problem.thermal_units import ThermalUnits
from altay_energy.dispatch.rules.rules import dispatch_by_rules
from altay_energy.dispatch.units import commitment_windows
from altay_energy.dispatch.units.limits.limit_prices import LimitPrices
from altay_energy.dispatch.units.limits.peak_caps import closer_caps, first_caps, months_of
from altay_energy.dispatch.units.units import Search, dispatch_units
from altay_energy.run.figures.kpis import kpis

STEPS = 72
DIRTY = 0.6


def with_station(**terms) -> Problem:
    """Wind by night, a load by day, and a station of 4 × 350 MW that also buys at night."""
    hour = np.arange(STEPS) % 24
    basin = {"live_volume_m3": 5.9e6}
    plant = PumpedStorage.model_validate(
        {
            "units": 4,
            "unit_mw": 350.0,
            "upper": {"normal_level_m": 1470.0, "dead_level_m": 1437.0, **basin},
            "lower": {"normal_level_m": 878.0, "dead_level_m": 847.0, **basin},
        }
    )
    timeline = replace(Timeline.of_year(2030), steps=STEPS)
    rng = np.random.default_rng(5)
    return Problem(
        step_hours=1.0,
        load_mw=np.where((hour >= 8) & (hour < 22), 900.0, 400.0) + rng.uniform(0.0, 90.0, STEPS),
        renewables={"wind.w": np.where(hour < 8, 1500.0, 150.0) * rng.uniform(0.1, 1.0, STEPS)},
        thermals=(),
        storages=(),
        stations=(StationLimits.of("pumped_storage.s", plant, None, timeline),),
        import_limit_mw=2000.0,
        export_limit_mw=900.0,
        import_price_cny_mwh=np.where((hour >= 18) & (hour < 22), 900.0, 250.0),
        export_price_cny_mwh=np.where((hour >= 18) & (hour < 22), 600.0, 100.0),
        unserved_cost_cny_mwh=10_000.0,
        grid_emission_factor_t_mwh=DIRTY,
        terms=PeriodTerms(**terms),
    )


@pytest.mark.parametrize(
    ("key", "figure", "share"),
    [
        ("emissions_max_t", "emissions_t", 0.9),
        pytest.param("export_rate_max", "export_rate", 0.7, marks=pytest.mark.slow),
    ],
)
def test_a_station_keeps_a_limit_by_its_plan_and_serves_the_load(key, figure, share):
    without = kpis(dispatch_optimal(with_station()))
    asked = share * float(without[figure])
    problem = with_station(**{key: asked})
    done = dispatch_units(problem)
    done.check()
    assert float(kpis(done)[figure]) <= asked * (1.0 + 1e-9)
    assert done.unserved_mw.sum() < 1e-3
    best = dispatch_optimal(problem).solution
    cost = float(done.solution.objective_cny)
    assert float(best.bound_cny) <= cost
    assert cost - float(best.objective_cny) < 0.1 * abs(cost)


@pytest.mark.slow
def test_a_station_plans_below_the_peaks_that_a_demand_charge_makes_expensive():
    months = (np.arange(STEPS) >= 36).astype(np.int64)
    problem = with_station(demand_charge_cny_mw=np.array([30e3, 60e3]), month_of_step=months)
    done = dispatch_units(problem)
    done.check()
    rules = kpis(dispatch_by_rules(problem))
    cost, best = (float(d.solution.objective_cny) for d in (done, dispatch_optimal(problem)))
    assert best <= cost < float(rules["operating_cost_cny"])
    assert cost - best < 0.2 * (float(rules["operating_cost_cny"]) - best)
    assert done.unserved_mw.sum() < 0.002 * problem.load_mw.sum()


def test_the_price_of_a_limit_is_found_by_bisection():
    search, tried = LimitPrices.of(np.array([-80.0, 0.0])), []
    while not search.done:
        tried.append(search.price.copy())
        # The first limit is kept from a price of 101.5 on, the second is never near.
        search.learn(np.array([-16_000.0 if search.price[0] < 101.5 else 0.0, 0.0]))
    assert_allclose(tried[-1], [101.5, 0.0], rtol=0.01)
    assert tried[0].tolist() == [80.0, 0.0]
    assert len(tried) <= 12


def test_a_price_that_the_rest_pays_as_well_needs_no_search():
    search = LimitPrices.of(np.array([-80.0]))
    search.learn(np.array([-80.01]))
    assert search.done
    assert LimitPrices.of(np.zeros(0)).done


def test_a_plan_without_a_dispatch_raises_the_price():
    search = LimitPrices.of(np.array([-80.0]))
    search.learn(None)
    assert search.price[0] > 80.0
    assert not search.done


def test_caps_come_closer_to_those_chosen():
    caps = first_caps(np.array([100.0, 0.0]), np.array([200.0, 0.0]))
    assert caps.shape == (2, 6)
    closer = closer_caps(caps, np.array([120.0, 0.0]))
    assert_allclose(closer[0, [0, -1]], [104.0, 136.0])
    assert np.all(closer[1] == 0.0)
    months = list(months_of(np.array([0, 0, 1, 1, 1]), np.array([10.0, 20.0])))
    assert [(m.steps.start, m.steps.stop, m.charge_cny_mw) for m in months] == [
        (0, 2, 10.0),
        (2, 5, 20.0),
    ]


def thermal_system(**terms) -> Problem:
    """Two plants of units, one of coal and one of gas, and no grid."""
    coal = ThermalUnits("thermal.c", 2, 100.0, ((100.0, 250.0),), 50.0, 4000.0, 60_000.0, 6, 6)
    gas = ThermalUnits("thermal.g", 4, 40.0, ((40.0, 480.0),), 12.0, 1500.0, 4000.0, 2, 2)
    rng, hour = np.random.default_rng(1), np.arange(STEPS)
    return Problem(
        step_hours=1.0,
        load_mw=180.0 + 50.0 * np.sin(hour / 24.0 * 2.0 * np.pi) + rng.uniform(0.0, 30.0, STEPS),
        renewables={"wind.w": rng.uniform(0.0, 120.0, STEPS)},
        thermals=(
            ThermalLimits("thermal.c", 200.0, 0.0, 250.0, 0.9, coal),
            ThermalLimits("thermal.g", 160.0, 0.0, 480.0, 0.4, gas),
        ),
        storages=(),
        import_limit_mw=0.0,
        export_limit_mw=0.0,
        import_price_cny_mwh=0.0,
        export_price_cny_mwh=0.0,
        unserved_cost_cny_mwh=10_000.0,
        grid_emission_factor_t_mwh=0.0,
        terms=PeriodTerms(**terms),
    )


@pytest.mark.parametrize("share", [pytest.param(0.9, marks=pytest.mark.slow), 0.75])
def test_windows_of_a_commitment_share_a_cap_of_co2(share, monkeypatch):
    free = dispatch_units(thermal_system(), Search(gap=0.01))
    asked = share * float(kpis(free)["emissions_t"])
    for name in ("WHOLE_FEW", "WHOLE_STEPS"):
        monkeypatch.setattr(commitment_windows, name, 0)
    monkeypatch.setattr(commitment_windows, "IN_A_WINDOW", 40)
    done = dispatch_units(thermal_system(emissions_max_t=asked), Search(gap=0.01))
    done.check()
    assert float(kpis(done)["emissions_t"]) <= asked * (1.0 + 1e-9)
    assert done.unserved_mw.sum() < 2e-4 * done.load_mw.sum()
    assert float(done.solution.gap) < 0.06
