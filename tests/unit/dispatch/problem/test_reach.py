"""Limits far beyond a system are cut to what can flow, and change nothing."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numpy.testing import assert_allclose

import altay_energy as ae
from altay_energy.dispatch.optimal.optimal import dispatch_optimal
from altay_energy.dispatch.problem.period import FlexibleLoad, PeriodTerms
from altay_energy.dispatch.problem.problem import Problem, StorageLimits, ThermalLimits
from altay_energy.dispatch.problem.reach import ROOM, _Reach, within_cost, within_reach
from altay_energy.dispatch.program.station.envelope import with_outer_stations
from altay_energy.dispatch.result.costs import objective_cny, operating_cost_cny
from altay_energy.dispatch.rolling.rolling import dispatch_rolling
from altay_energy.dispatch.rules.rules import dispatch_by_rules

sys.path.insert(0, str(Path(__file__).parents[3] / "properties"))
from systems import system

SCENARIOS = sorted((Path(__file__).parents[4] / "scenarios").glob("*.toml"))
BEYOND = [1e9, 1e12, 1e15]


def farm(**changes):
    """Two days of 100 MW of wind, 30 MW of load and a battery."""
    hours = np.arange(48)
    series = {
        "step_hours": 1.0,
        "load_mw": np.full(48, 30.0),
        "renewables": {"wind.a": 50.0 + 50.0 * np.sin(hours / 5.0)},
        "thermals": (ThermalLimits("thermal.a", 20.0, 0.0, 320.0, 0.8),),
        "storages": (StorageLimits("battery.a", 10.0, 10.0, 20.0, 0.95, 0.95),),
        "import_limit_mw": 50.0,
        "export_limit_mw": 100.0,
        "import_price_cny_mwh": 400.0,
        "export_price_cny_mwh": 250.0,
        "unserved_cost_cny_mwh": 10_000.0,
        "grid_emission_factor_t_mwh": 0.5,
    }
    return Problem(**{**series, **changes})


def test_a_problem_whose_limits_are_of_its_own_size_passes_as_it_is():
    one = farm()
    assert within_reach(one) is one
    for seed in range(20):
        one = system(seed, 24)
        one = replace(one, storages=[s for s in one.storages if s.energy_mwh * s.charge_mw > 0.0])
        assert within_reach(one) is one


@pytest.mark.slow
@pytest.mark.parametrize("path", SCENARIOS, ids=lambda path: path.stem)
def test_no_limit_of_a_scenario_that_comes_with_the_package_is_cut(path):
    problem = with_outer_stations(ae.load(path).portfolio.problem())
    assert within_reach(problem) is problem


@pytest.mark.parametrize("seed", range(12))
def test_nothing_that_flows_is_above_what_is_left_of_a_limit(seed):
    rng = np.random.default_rng(seed)
    wide = replace(
        system(seed, 48),
        import_limit_mw=1e12,
        export_limit_mw=1e12 * rng.choice([0.0, 1.0]),
        storages=tuple(
            replace(s, charge_mw=1e12, discharge_mw=1e12) if rng.random() < 0.5 else s
            for s in system(seed, 48).storages
        ),
    )
    cut = within_reach(wide)
    assert cut.import_limit_mw.max() < 1e6
    d = dispatch_by_rules(replace(wide, terminal="free", terms=PeriodTerms()))
    assert d.import_mw.max() <= cut.import_limit_mw.max() / ROOM
    assert d.export_mw.max() <= cut.export_limit_mw.max() / ROOM
    for s in cut.storages:
        assert d.charge_mw[s.name].max() <= s.charge_mw
        assert d.discharge_mw[s.name].max() <= s.discharge_mw


@pytest.mark.parametrize("limit", BEYOND)
@pytest.mark.parametrize("key", ["import_limit_mw", "export_limit_mw"])
def test_a_limit_that_means_no_limit_costs_what_a_sufficient_one_does(key, limit):
    enough = dispatch_optimal(farm(**{key: 200.0}))
    wide = dispatch_optimal(farm(**{key: limit}))
    wide.check()
    assert wide.solution.objective_cny == pytest.approx(enough.solution.objective_cny, rel=1e-9)
    assert objective_cny(wide) == pytest.approx(float(objective_cny(enough)), rel=1e-9)
    assert wide.problem.export_limit_mw.max() == (limit if key[0] == "e" else 100.0)
    assert objective_cny(wide) <= objective_cny(dispatch_by_rules(farm(**{key: limit})))


@pytest.mark.parametrize("limit", BEYOND)
@pytest.mark.parametrize(
    "plant",
    [
        lambda most: {"thermals": (ThermalLimits("thermal.a", most, 0.0, 320.0, 0.8),)},
        lambda most: {"storages": (StorageLimits("battery.a", most, most, 20.0, 0.95, 0.95),)},
        lambda most: {"storages": (StorageLimits("battery.a", 10.0, 10.0, most, 0.95, 0.95),)},
        lambda most: {
            "flexible_loads": (FlexibleLoad("load.a", np.full(48, 5.0), np.full(48, most), 3),)
        },
    ],
    ids=["thermal", "power", "energy", "waiting"],
)
def test_a_plant_far_beyond_the_system_does_what_a_large_one_does(plant, limit):
    large, wide = dispatch_optimal(farm(**plant(5000.0))), dispatch_optimal(farm(**plant(limit)))
    wide.check()
    assert wide.solution.objective_cny == pytest.approx(large.solution.objective_cny, rel=1e-8)


def test_three_kilowatts_beside_a_connection_of_99999_megawatts():
    small = 1e-4
    tiny = farm(
        load_mw=np.full(48, 30.0 * small),
        renewables={"wind.a": farm().renewables["wind.a"] * small},
        thermals=(),
        storages=(StorageLimits("battery.a", 10 * small, 10 * small, 20 * small, 0.95, 0.95),),
        import_limit_mw=50 * small,
        export_limit_mw=99_999.0,
    )
    tiny_cost = dispatch_optimal(tiny).solution.objective_cny
    cost = dispatch_optimal(farm(thermals=(), export_limit_mw=99_999.0)).solution.objective_cny
    assert tiny_cost == pytest.approx(cost * small, rel=1e-7)


def test_day_by_day_and_many_years_know_limits_beyond_the_system_as_well():
    rolling = [dispatch_rolling(farm(export_limit_mw=m)) for m in (200.0, 1e12)]
    for d in rolling:
        d.check()
    a, b = (float(objective_cny(d)) for d in rolling)
    assert b == pytest.approx(a, rel=1e-4)  # ties within a window may fall otherwise
    load = np.linspace(20.0, 40.0, 3)[:, np.newaxis] * np.ones(48)
    many = dispatch_optimal(farm(load_mw=load, export_limit_mw=1e11))
    many.check()
    for run in range(3):
        one = dispatch_optimal(farm(load_mw=load[run], export_limit_mw=1e11))
        assert_allclose(many.solution.objective_cny[run], one.solution.objective_cny, rtol=1e-8)


def test_must_run_power_and_units_are_never_cut():
    plant = ThermalLimits("thermal.a", 1e6, 1e5, 320.0, 0.8)
    cut = within_reach(farm(thermals=(plant,)))
    assert cut.thermals[0].must_run_mw == 1e5
    assert 1e5 <= cut.thermals[0].capacity_mw <= 1e6


@pytest.mark.parametrize("terminal", ["cyclic", "free"])
@pytest.mark.parametrize("export_price", [0.0, 200.0])
@pytest.mark.parametrize("beyond", [1e9, 1e11])
def test_the_least_cost_is_proven_where_storage_and_connection_have_no_limit(
    terminal, export_price, beyond
):
    """Rounding of a dual times 1e9 MW hides no proof: a better dispatch uses far less."""
    hours = np.arange(24.0)
    own = np.random.default_rng(3).random(24)
    narrow, wide = (
        Problem(
            step_hours=1.0,
            load_mw=1.0 + 0.3 * np.sin(hours / 4.0),
            renewables={"wind.a": 0.3 * own},
            thermals=(ThermalLimits("thermal.a", most, 0.0, 350.0, 0.8),),
            storages=(StorageLimits("battery.a", most, most, most, 0.95, 0.9),),
            import_limit_mw=most,
            export_limit_mw=most if export_price else 0.0,
            import_price_cny_mwh=np.where((hours // 8) == 1, 450.0, 250.0),
            export_price_cny_mwh=export_price,
            unserved_cost_cny_mwh=1e4,
            grid_emission_factor_t_mwh=0.6,
            terminal=terminal,
        )
        for most in (50.0, beyond)
    )
    cheapest = [dispatch_optimal(problem) for problem in (narrow, wide)]
    assert [d.solution.status for d in cheapest] == ["optimal", "optimal"]
    costs = [float(operating_cost_cny(d)) for d in cheapest]
    assert costs[1] == pytest.approx(costs[0], rel=1e-7)  # an unserved watt costs money


def test_limits_within_a_cost_exclude_no_dispatch_of_that_cost():
    """Limits are cut above every flow of the dispatch whose cost is asked for."""
    for problem in (_priced(200.0), _priced(0.0)):
        done = dispatch_by_rules(problem)
        spent = float(operating_cost_cny(done))
        reach = _Reach.of(problem)
        reach.afford(spent)  # what the whole period may use, as the power of one step
        assert done.import_mw.sum() <= reach.imported
        assert done.thermal_mw["thermal.a"].sum() <= reach.thermal["thermal.a"]
        assert reach.imported < 1e6
        narrow = within_cost(problem, spent)
        assert narrow is not problem
        assert np.all(done.import_mw <= narrow.import_limit_mw)
        assert np.all(done.export_mw <= narrow.export_limit_mw)
        (plant,), (storage,) = narrow.thermals, narrow.storages
        assert np.all(done.thermal_mw[plant.name] <= plant.capacity_mw)
        assert np.all(done.charge_mw[storage.name] <= storage.charge_mw)
        assert np.all(done.discharge_mw[storage.name] <= storage.discharge_mw)
        assert np.max(narrow.import_limit_mw) < 1e6  # 1e9 was given


def _priced(export_price):
    hours = np.arange(24.0)
    return Problem(
        step_hours=1.0,
        load_mw=1.0 + 0.3 * np.sin(hours / 4.0),
        renewables={"wind.a": 3.0 * np.random.default_rng(3).random(24)},
        thermals=(ThermalLimits("thermal.a", 1e9, 0.0, 350.0, 0.8),),
        storages=(StorageLimits("battery.a", 1e9, 1e9, 4.0, 0.95, 0.9),),
        import_limit_mw=1e9,
        export_limit_mw=1e9,
        import_price_cny_mwh=np.where((hours // 8) == 1, 450.0, 250.0),
        export_price_cny_mwh=export_price,
        unserved_cost_cny_mwh=1e4,
        grid_emission_factor_t_mwh=0.6,
        terminal="free",
    )
