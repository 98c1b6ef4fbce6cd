"""Dispatch with foresight on cases with a solution by hand."""

from __future__ import annotations

import re
from dataclasses import replace

import numpy as np
import pytest
from numpy.testing import assert_allclose

from altay_energy.core.errors import AltayError, NoSolutionError, ScenarioError
from altay_energy.dispatch.optimal.optimal import dispatch_optimal
from altay_energy.dispatch.problem.period import FlexibleLoad, PeriodTerms
from altay_energy.dispatch.problem.problem import Problem, StorageLimits, ThermalLimits
from altay_energy.dispatch.rolling.rolling import dispatch_rolling
from altay_energy.dispatch.rules.rules import dispatch_by_rules
from altay_energy.run.figures.kpis import demand_charge_cny, emissions_t, operating_cost_cny

SOLVERS = ["fast", "highs"]

BATTERY = StorageLimits("battery.a", 10.0, 10.0, 20.0, 0.9, 0.9)


def plant(name, capacity, cost, must_run=0.0, emitted=0.8):
    return ThermalLimits(name, capacity, must_run, cost, emitted)


def problem(**changes):
    """Four hours, a load of 10 MW, a grid that is cheap in the first two."""
    series = {
        "step_hours": 1.0,
        "load_mw": np.full(4, 10.0),
        "renewables": {},
        "thermals": (),
        "storages": (),
        "import_limit_mw": 100.0,
        "export_limit_mw": 0.0,
        "import_price_cny_mwh": np.array([100.0, 100.0, 400.0, 400.0]),
        "export_price_cny_mwh": 0.0,
        "unserved_cost_cny_mwh": 10_000.0,
        "grid_emission_factor_t_mwh": 0.5,
    }
    return Problem(**{**series, **changes})


@pytest.mark.parametrize("solver", SOLVERS)
def test_a_battery_moves_cheap_energy_into_expensive_hours(solver):
    d = dispatch_optimal(problem(storages=(BATTERY,)), solver)
    d.check()
    drawn = 20.0 / 0.9  # what a full battery took
    assert_allclose(d.charge_mw["battery.a"], [10.0, 10.0, 0.0, 0.0], atol=1e-6)
    given = 20.0 * 0.9 * 0.9
    assert_allclose(d.discharge_mw["battery.a"].sum(), given, atol=1e-6)
    assert_allclose(operating_cost_cny(d), 100.0 * 40.0 + 400.0 * (20.0 - given), rtol=1e-9)
    assert drawn > 20.0  # so power, not content, is what binds


@pytest.mark.parametrize("solver", SOLVERS)
def test_among_equals_storage_runs_evenly(solver):
    d = dispatch_optimal(problem(storages=(BATTERY,)), solver)
    assert_allclose(d.discharge_mw["battery.a"][2:], [8.1, 8.1], atol=0.01)


@pytest.mark.parametrize("solver", SOLVERS)
def test_storage_is_idle_where_it_saves_nothing(solver):
    flat = problem(storages=(BATTERY,), import_price_cny_mwh=300.0, renewables={"wind.a": 25.0})
    d = dispatch_optimal(flat, solver)
    assert_allclose(d.charge_mw["battery.a"], 0.0, atol=1e-6)
    assert_allclose(d.level_mwh["battery.a"], 0.0, atol=1e-6)


@pytest.mark.parametrize("solver", SOLVERS)
def test_prices_are_those_of_the_last_source(solver):
    cheap, expensive = plant("thermal.a", 6.0, 150.0), plant("thermal.b", 20.0, 260.0)
    d = dispatch_optimal(problem(thermals=(expensive, cheap)), solver)
    assert_allclose(d.thermal_mw["thermal.a"], [0.0, 0.0, 6.0, 6.0], atol=1e-6)
    assert_allclose(d.thermal_mw["thermal.b"], [0.0, 0.0, 4.0, 4.0], atol=1e-6)
    assert_allclose(d.marginal_price_cny_mwh, [100.0, 100.0, 260.0, 260.0], atol=1e-3)


def test_the_value_of_content_is_the_price_it_replaces():
    d = dispatch_optimal(problem(storages=(replace(BATTERY, energy_mwh=5.0),)))
    # Full in the second hour, drawn in the expensive ones: 400 CNY/MWh at the bus, 0.9 stored.
    assert_allclose(d.stored_value_cny_mwh["battery.a"][2], 360.0, rtol=1e-6)


def test_an_hour_without_any_source_is_priced_as_load_not_served():
    d = dispatch_optimal(problem(import_limit_mw=np.array([100.0, 4.0, 100.0, 100.0])))
    assert_allclose(d.unserved_mw, [0.0, 6.0, 0.0, 0.0], atol=1e-6)
    assert_allclose(d.marginal_price_cny_mwh[1], 10_000.0, rtol=1e-6)


def test_a_demand_charge_levels_the_months():
    load = np.array([10.0, 30.0, 10.0, 20.0])
    months = np.array([0, 0, 1, 1])
    terms = PeriodTerms(demand_charge_cny_mw=3_000.0, month_of_step=months)
    flat = problem(load_mw=load, import_price_cny_mwh=100.0, terms=terms)
    assert_allclose(demand_charge_cny(dispatch_optimal(flat)), 3_000.0 * (30.0 + 20.0))
    d = dispatch_optimal(replace(flat, storages=(replace(BATTERY, discharge_efficiency=1.0),)))
    # 10 MW out in the second hour want 10 MWh: 9 from the first hour, 1 from the second month,
    # whose peak p then obeys 0.9 (p - 10) - (20 - p) = 1.
    assert_allclose(demand_charge_cny(d), 3_000.0 * (20.0 + 30.0 / 1.9), rtol=1e-7)


@pytest.mark.parametrize(
    ("charges", "peaks"), [([5_000.0, 1_000.0], [20.0, 30.0]), ([1_000.0, 5_000.0], [35.0, 10.0])]
)
def test_each_month_has_its_own_demand_charge(charges, peaks):
    # A lossless battery of 10 MW carries energy from the month that pays less for its peak.
    load, months = np.array([30.0, 30.0, 10.0, 20.0]), np.array([0, 0, 1, 1])
    lossless = replace(BATTERY, charge_efficiency=1.0, discharge_efficiency=1.0)
    terms = PeriodTerms(demand_charge_cny_mw=np.array(charges), month_of_step=months)
    flat = problem(load_mw=load, import_price_cny_mwh=100.0, storages=(lossless,), terms=terms)
    d = dispatch_optimal(flat)
    assert_allclose([d.import_mw[months == m].max() for m in (0, 1)], peaks, atol=1e-4)
    assert_allclose(demand_charge_cny(d), np.dot(charges, peaks), rtol=1e-6)


@pytest.mark.parametrize(
    ("charge", "said"),
    [
        (np.ones(3), "has the shape (3,), but month_of_step names 2 billing months"),
        (np.array([1.0, -2.0]), "demand_charge_cny_mw = -2 at step 1"),
        (-1.0, "demand_charge_cny_mw = -1, expected a finite number, at least 0"),
    ],
)
def test_a_demand_charge_is_one_number_or_one_for_each_month(charge, said):
    with pytest.raises(AltayError, match=re.escape(said)):
        PeriodTerms(demand_charge_cny_mw=charge, month_of_step=np.array([0, 0, 1, 1]))


def test_a_cap_on_co2_calls_the_clean_plant():
    dirty, clean = plant("thermal.dirty", 20.0, 200.0), plant("thermal.gas", 20.0, 500.0, 0.0, 0.4)
    both = problem(thermals=(dirty, clean), import_limit_mw=0.0)
    assert_allclose(emissions_t(dispatch_optimal(both)), 32.0)
    capped = replace(both, terms=PeriodTerms(emissions_max_t=24.0))
    d = dispatch_optimal(capped)
    assert_allclose(emissions_t(d), 24.0, rtol=1e-9)
    assert_allclose(sum(d.thermal_mw["thermal.gas"]), 20.0, rtol=1e-9)
    priced = replace(both, terms=PeriodTerms(emission_price_cny_t=1000.0))
    assert_allclose(emissions_t(dispatch_optimal(priced)), 16.0)  # 200 + 800 is above 500 + 400


def test_export_keeps_to_its_share_of_the_available_energy():
    windy = problem(
        renewables={"wind.a": np.full(4, 50.0)}, export_limit_mw=100.0, export_price_cny_mwh=200.0
    )
    assert_allclose(dispatch_optimal(windy).export_mw.sum(), 160.0, rtol=1e-9)
    limited = replace(windy, terms=PeriodTerms(export_rate_max=0.2))
    d = dispatch_optimal(limited)
    assert_allclose(d.export_mw, 10.0, rtol=1e-6)  # 40 MWh, evenly


def test_a_flexible_load_shifts_to_the_cheap_hour_within_its_limit():
    prices = np.array([400.0, 300.0, 200.0, 100.0])
    movable = FlexibleLoad("load.a", np.full(4, 2.0), np.full(4, 6.0), 1)
    d = dispatch_optimal(problem(import_price_cny_mwh=prices, flexible_loads=(movable,)))
    d.check()
    shift = d.shift_up_mw["load.a"] - d.shift_down_mw["load.a"]
    assert_allclose(shift, [-2.0, 0.0, 0.0, 2.0], atol=1e-6)  # each MWh by an hour
    assert_allclose(d.load_mw.sum(), 40.0)
    longer = replace(movable, shift_steps=3)
    far = dispatch_optimal(problem(import_price_cny_mwh=prices, flexible_loads=(longer,)))
    shift = far.shift_up_mw["load.a"] - far.shift_down_mw["load.a"]
    assert_allclose(shift, [-2.0, -2.0, 0.0, 4.0], atol=1e-6)


def test_water_is_kept_for_later_where_its_value_is_higher_than_now():
    full = replace(BATTERY, initial_level_mwh=20.0, charge_mw=0.0)

    def left(*values):
        terms = PeriodTerms(water_value_cny_mwh=values)
        one = problem(storages=(full,), terminal="water_value", terms=terms)
        return dispatch_optimal(one).level_mwh["battery.a"][-1]

    assert_allclose(left(350.0), 0.0, atol=1e-6)  # 400 · 0.9 = 360 is more
    assert_allclose(left(370.0), 20.0, atol=1e-6)
    assert_allclose(left(370.0, 10.0), 10.0, atol=1e-6)


def test_a_reservoir_spills_what_it_cannot_hold():
    lake = StorageLimits("reservoir.a", 0.0, 5.0, 8.0, 1.0, 1.0, 0.0, 0.0, np.full(4, 9.0))
    d = dispatch_optimal(problem(storages=(lake,), terminal="free"))
    d.check()
    assert_allclose(d.discharge_mw["reservoir.a"], 5.0, atol=1e-6)
    assert_allclose(d.spilled_mw["reservoir.a"].sum(), 36.0 - 20.0 - 8.0, atol=1e-6)


@pytest.mark.parametrize(
    ("terminal", "last"), [("equal_initial", 10.0), ("at_least", 10.0), ("free", 0.0)]
)
def test_the_last_level_is_what_the_terminal_says(terminal, last):
    half = replace(BATTERY, initial_level_mwh=10.0)
    d = dispatch_optimal(problem(storages=(half,), terminal=terminal))
    assert_allclose(d.level_mwh["battery.a"][[0, -1]], [10.0, last], atol=1e-6)


def test_must_run_power_is_backed_down_only_where_nothing_else_is_left():
    heat = plant("thermal.a", 30.0, 300.0, 15.0)
    d = dispatch_optimal(problem(thermals=(heat,), renewables={"wind.a": np.full(4, 5.0)}))
    assert_allclose(d.curtailed_mw["wind.a"], 5.0, atol=1e-6)
    assert_allclose(d.thermal_mw["thermal.a"], 10.0, atol=1e-6)


@pytest.mark.parametrize("solver", SOLVERS)
def test_nothing_is_bought_and_sold_at_once_even_where_it_pays(solver):
    trade = problem(export_limit_mw=30.0, export_price_cny_mwh=250.0, storages=(BATTERY,))
    d = dispatch_optimal(trade, solver)
    d.check()
    assert not np.any((d.import_mw > 0.0) & (d.export_mw > 0.0))
    assert d.solution.exclusive_steps > 0
    # One hour's charge of 10 MW more, 9 stored, sold or used in the expensive hours instead of 400.
    assert_allclose(operating_cost_cny(d), 4000.0 + 400.0 * (20.0 - 16.2), rtol=1e-6)


def test_a_price_below_nothing_does_not_make_a_battery_a_heater():
    burn = problem(import_price_cny_mwh=np.array([-200.0, -200.0, 400.0, 400.0]), load_mw=[2.0] * 4)
    d = dispatch_optimal(replace(burn, storages=(BATTERY,), import_limit_mw=12.0))
    d.check()
    assert not np.any((d.charge_mw["battery.a"] > 0.0) & (d.discharge_mw["battery.a"] > 0.0))
    assert d.solution.gap < 1e-6


def test_a_storage_that_can_do_nothing_does_nothing():
    idle = replace(BATTERY, charge_mw=0.0, discharge_mw=0.0, initial_level_mwh=7.0)
    lossy = replace(idle, name="battery.b", standing_loss_per_hour=0.1)
    d = dispatch_optimal(problem(storages=(idle, lossy), terminal="free"))
    assert_allclose(d.level_mwh["battery.a"], 7.0)
    assert_allclose(d.level_mwh["battery.b"], 7.0 * 0.9 ** np.arange(5.0))
    with pytest.raises(NoSolutionError, match=r"battery\.b: terminal = .* give it charge_mw"):
        dispatch_optimal(problem(storages=(lossy,), terminal="equal_initial"))


def test_the_proof_says_who_found_it_and_how_good_it_is():
    found = dispatch_optimal(problem(storages=(BATTERY,)), "highs").solution
    assert found.usable
    assert found.status == "optimal"
    assert found.solver.startswith("highs")
    assert found.gap < 1e-8
    assert found.bound_cny <= found.objective_cny + 1e-6


def test_an_unknown_solver_is_refused():
    with pytest.raises(ScenarioError, match='solver = "magic", expected one of auto, fast, highs'):
        dispatch_optimal(problem(), "magic")


def test_workers_share_many_years_and_change_no_digit(monkeypatch):
    monkeypatch.setattr("altay_energy.dispatch.lp.batch._FEWEST_VARIABLES", 0)
    load = 10.0 + np.random.default_rng(4).random((4, 48)) * 5.0
    price = np.tile([100.0] * 12 + [400.0] * 12, 2)
    many = problem(load_mw=load, import_price_cny_mwh=price, storages=(BATTERY,))
    alone, shared = dispatch_optimal(many), dispatch_optimal(many, workers=2)
    for name in ("import_mw", "unserved_mw", "marginal_price_cny_mwh"):
        assert np.array_equal(getattr(alone, name), getattr(shared, name))
    assert np.array_equal(alone.level_mwh[BATTERY.name], shared.level_mwh[BATTERY.name])


def test_fewer_than_one_worker_are_refused():
    with pytest.raises(ScenarioError, match="workers = 0 must be at least 1"):
        dispatch_optimal(problem(), workers=0)


def test_many_years_are_dispatched_together_or_apart_with_the_same_result():
    rng = np.random.default_rng(3)
    load = 10.0 + rng.random((3, 48)) * 5.0
    price = np.tile([100.0] * 12 + [400.0] * 12, 2)
    months = np.repeat([0, 1], 24)
    for terms in (PeriodTerms(), PeriodTerms(demand_charge_cny_mw=2000.0, month_of_step=months)):
        many = problem(load_mw=load, import_price_cny_mwh=price, storages=(BATTERY,), terms=terms)
        together = dispatch_optimal(many)
        together.check()
        for run in range(3):
            one = dispatch_optimal(replace(many, load_mw=load[run]))
            assert_allclose(together.import_mw[run], one.import_mw, atol=1e-4)


METHODS = [dispatch_by_rules, dispatch_optimal, dispatch_rolling]


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("seed", range(12))
def test_a_flexible_load_may_be_unserved_in_an_hour_in_which_nothing_is_served(seed, method):
    rng = np.random.default_rng(seed)
    load = rng.uniform(0.3, 3.0, 48)
    sun = np.maximum(np.sin((np.arange(48) - 6) / 24 * 2 * np.pi), 0.0)
    waiting = FlexibleLoad("load.a", 0.3 * load, 0.9 * load, 2)
    island = problem(
        load_mw=load,
        renewables={"solar.a": 5.0 * sun},
        flexible_loads=(waiting,),
        import_limit_mw=0.0,
        import_price_cny_mwh=1.0,
    )
    d = method(island)
    d.check()
    assert d.served_mw[sun == 0.0].max() < 1e-6
    assert d.served_mw.min() >= 0.0


@pytest.mark.parametrize("method", METHODS)
def test_a_scenario_in_which_nothing_can_flow_is_dispatched(method):
    for steps in (1, 4):
        for load in (0.0, 7.0):
            d = method(
                problem(load_mw=np.full(steps, load), import_price_cny_mwh=1.0, import_limit_mw=0)
            )
            d.check()
            assert_allclose(d.unserved_mw, load)
        idle = problem(
            load_mw=np.zeros(steps),
            import_price_cny_mwh=1.0,
            renewables={"wind.a": 5.0},
            import_limit_mw=0,
        )
        assert_allclose(method(idle).curtailed_mw["wind.a"], 5.0)
    many = problem(load_mw=np.zeros((3, 4)), import_limit_mw=0.0)
    if method is not dispatch_rolling:
        assert method(many).import_mw.shape == (3, 4)


@pytest.mark.parametrize("method", METHODS)
def test_a_load_alone_that_must_be_served_is_refused_with_what_would_serve_it(method):
    alone = problem(import_limit_mw=0.0, terms=PeriodTerms(unserved_max_mwh=0.0))
    with pytest.raises(NoSolutionError, match=r"import_limit_mw raised to 10"):
        method(alone)
    nothing = replace(alone, load_mw=np.zeros(4))
    assert method(nothing).unserved_mw.max() == 0.0


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("terminal", ["cyclic", "free", "at_least"])
@pytest.mark.parametrize("energy_mwh", [0.0, 2.0, 50.0])
@pytest.mark.parametrize("discharge_mw", [0.0, 3.0])
def test_no_water_of_an_inflow_is_lost(method, terminal, energy_mwh, discharge_mw):
    inflow = np.array([1.0, 2.0, 3.0, 0.0, 0.0, 2.0])
    river = StorageLimits("s", 1.0, discharge_mw, energy_mwh, 0.9, 0.8, inflow_mw=inflow)
    d = method(
        problem(
            load_mw=np.full(6, 2.0),
            import_price_cny_mwh=100.0,
            storages=(river,),
            terminal=terminal,
        )
    )
    d.check()
    kept = d.level_mwh["s"][-1] - d.level_mwh["s"][0]
    used = d.discharge_mw["s"].sum() / 0.8 - d.charge_mw["s"].sum() * 0.9
    assert d.spilled_mw["s"].sum() + used + kept == pytest.approx(inflow.sum(), rel=1e-6)
    if energy_mwh == 0.0 and discharge_mw:  # at most 2 MW of load, 2.5 MW of water
        assert_allclose(d.discharge_mw["s"], np.minimum(0.8 * inflow, 2.0), atol=1e-6)
