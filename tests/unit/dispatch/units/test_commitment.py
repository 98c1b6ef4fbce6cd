"""Commitment of thermal units by hand, by trying every pattern, and its words of refusal."""

from __future__ import annotations

import itertools
from dataclasses import replace

import numpy as np
import pytest
from numpy.testing import assert_allclose

from altay_energy.core.errors import NoSolutionError, ScenarioError
from altay_energy.dispatch.lp.highs import solve_mixed
from altay_energy.dispatch.optimal.optimal import dispatch_optimal
from altay_energy.dispatch.problem.period import LIMITS, PeriodTerms
from altay_energy.dispatch.problem.problem import Problem, StorageLimits, ThermalLimits
from altay_energy.dispatch.problem.thermal_units import ThermalUnits
from altay_energy.dispatch.program.formulation import formulate
from altay_energy.dispatch.result.result import InvariantError
from altay_energy.dispatch.rolling.rolling import dispatch_rolling
from altay_energy.dispatch.rules.rules import dispatch_by_rules
from altay_energy.dispatch.units import commitment_windows
from altay_energy.dispatch.units.commitment_model import Edges, Past, Window, commitment_of
from altay_energy.dispatch.units.units import dispatch_units
from altay_energy.run.figures.kpis import operating_cost_cny
from altay_energy.run.figures.plants import plant_kpis


def plant(name="thermal.a", units=1, unit_mw=100.0, price=300.0, must_run=0.0, **more):
    curve = more.pop("curve", ((unit_mw, price),))
    own = ThermalUnits(name, units, unit_mw, curve, **more)
    return ThermalLimits(name, units * unit_mw, must_run, price, 0.8, own)


def system(load, *plants, imported=0.0, exported=0.0, import_price=800.0, **more):
    return Problem(
        step_hours=more.pop("step_hours", 1.0),
        load_mw=np.asarray(load, dtype=float),
        renewables=more.pop("renewables", {}),
        thermals=plants,
        storages=more.pop("storages", ()),
        import_limit_mw=imported,
        export_limit_mw=exported,
        import_price_cny_mwh=import_price,
        export_price_cny_mwh=0.0,
        unserved_cost_cny_mwh=10_000.0,
        grid_emission_factor_t_mwh=0.6,
        **more,
    )


def allowed(running, own):
    """Whether counts keep the least times, one unit at a time: first in, first out."""
    ages = [99] * int(running[0])
    rests = [99] * int(own.units - running[0])
    for n in running[1:]:
        ages, rests = [a + 1 for a in ages], [r + 1 for r in rests]
        while len(ages) > n:
            oldest = max(ages)
            if oldest < own.min_up_steps:
                return False
            ages.remove(oldest)
            rests.append(0)
        while len(ages) < n:
            longest = max(rests)
            if longest < own.min_down_steps:
                return False
            rests.remove(longest)
            ages.append(0)
    return True


def best_of_all(problem):
    """The least cost over every pattern of running units, each dispatched step by step."""
    loads, steps = problem.load_mw, problem.steps
    ranges = [range(p.units.units + 1) for p in problem.thermals]
    hourly = list(itertools.product(*ranges))
    cost_of = {}
    for t in range(steps):
        for counts in hourly:
            cost_of[t, counts] = cheapest_hour(problem, loads[t], counts)
    best = np.inf
    for pattern in itertools.product(hourly, repeat=steps):
        counts = np.array(pattern)
        if not all(allowed(counts[:, k], p.units) for k, p in enumerate(problem.thermals)):
            continue
        cost = sum(cost_of[t, c] for t, c in enumerate(pattern))
        for k, p in enumerate(problem.thermals):
            begun = np.maximum(np.diff(counts[:, k]), 0).sum()
            cost += p.units.start_cost_cny * begun
        best = min(best, cost)
    return best


def cheapest_hour(problem, load, counts):
    """Merit order above the least loads; import, then nothing; what is over goes to the grid."""
    units = [p.units for p in problem.thermals]
    given = sum(n * u.min_load_mw for n, u in zip(counts, units, strict=True))
    cost = sum(n * u.least_cost_cny_h for n, u in zip(counts, units, strict=True))
    if given > load + float(problem.export_limit_mw) + 1e-9:
        return np.inf
    pieces = [
        (price, n * width)
        for n, u in zip(counts, units, strict=True)
        for width, price in u.above_least
    ]
    pieces.append((float(problem.import_price_cny_mwh), float(problem.import_limit_mw)))
    pieces.append((problem.unserved_cost_cny_mwh, 1e9))
    missing = max(load - given, 0.0)
    for price, most in sorted(pieces):
        used = min(most, missing)
        cost, missing = cost + used * price, missing - used
    return cost


@pytest.mark.parametrize(
    ("start", "running", "cost"),
    [(100.0, [1.0, 0.0, 1.0], 74_500.0), (600.0, [1.0, 1.0, 1.0], 74_700.0)],
)
def test_a_unit_stays_on_where_starting_again_costs_more(start, running, cost):
    # At 40 MW it costs 40 x 300 + 900 = 12,900 and the other plant 40 x 315 = 12,600; at 100 MW
    # 30,900 and 31,500.
    base = plant(min_load_mw=40.0, no_load_cost_cny_h=900.0, start_cost_cny=start)
    near = plant("thermal.b", price=315.0)
    found = dispatch_units(system([100.0, 40.0, 100.0], base, near))
    assert found.units_running["thermal.a"].tolist() == running
    assert_allclose(found.solution.objective_cny, cost)


def test_the_cost_of_three_hours_by_hand():
    own = plant(min_load_mw=50.0, no_load_cost_cny_h=2000.0, start_cost_cny=5000.0)
    problem = system([20.0, 80.0, 80.0], own, imported=100.0)
    found = dispatch_units(problem)
    found.check()
    # Import in the first hour (20 x 800), a start, then 80 x 300 + 2000 twice.
    assert_allclose(found.solution.objective_cny, 16_000 + 5000 + 2 * 26_000)
    assert_allclose(operating_cost_cny(found), found.solution.objective_cny)
    assert found.units_running["thermal.a"].tolist() == [0.0, 1.0, 1.0]
    figures = plant_kpis(found, {})["thermal.a"]
    assert figures["unit_starts"] == 1.0
    assert figures["running_hours"] == figures["unit_hours"] == 2.0
    assert figures["start_cost_cny"] == 5000.0
    assert figures["no_load_cost_cny"] == 4000.0
    assert figures["variable_cost_cny"] == 57_000.0


@pytest.mark.parametrize(
    ("up", "down", "start"), [(1, 1, 4000.0), (3, 1, 4000.0), (1, 3, 500.0), (2, 2, 0.0)]
)
def test_no_pattern_of_on_and_off_is_cheaper(up, down, start):
    own = {"min_up_steps": up, "min_down_steps": down, "start_cost_cny": start}
    one = plant(min_load_mw=40.0, no_load_cost_cny_h=1500.0, **own)
    two = plant(
        "thermal.b",
        2,
        50.0,
        curve=((30.0, 350.0), (50.0, 420.0)),
        min_load_mw=20.0,
        no_load_cost_cny_h=400.0,
        min_up_steps=1,
        min_down_steps=2,
        start_cost_cny=1500.0,
    )
    problem = system([90.0, 30.0, 140.0, 35.0, 180.0], one, two, imported=60.0)
    found = dispatch_units(problem)
    found.check()
    least = best_of_all(problem)
    assert found.solution.bound_cny <= least * (1.0 + 1e-9)
    assert least <= found.solution.objective_cny * (1.0 + 1e-9)
    assert_allclose(found.solution.objective_cny, least, rtol=1e-4)
    assert_allclose(operating_cost_cny(found), found.solution.objective_cny, rtol=1e-9)


def test_a_plant_with_ramps_prepares_for_the_peak():
    slow = plant(unit_mw=100.0, min_load_mw=20.0, ramp_mw=30.0)
    problem = system([50.0, 50.0, 100.0], slow, exported=50.0)
    found = dispatch_units(problem)
    found.check()
    # 100 MW in the last hour need 70 before: 20 MW too much, sold for nothing.
    assert_allclose(found.thermal_mw["thermal.a"], [50.0, 70.0, 100.0])
    assert_allclose(found.solution.objective_cny, 220.0 * 300.0)


def test_a_unit_that_starts_reaches_its_least_load_whatever_its_ramp():
    slow = plant(unit_mw=100.0, min_load_mw=60.0, ramp_mw=10.0)
    found = dispatch_units(system([0.0, 60.0, 70.0], slow))
    found.check()
    assert_allclose(found.thermal_mw["thermal.a"], [0.0, 60.0, 70.0])


def test_a_unit_stops_within_its_ramp_or_its_least_load():
    slow = plant(unit_mw=100.0, min_load_mw=20.0, ramp_mw=30.0)
    found = dispatch_units(system([90.0, 90.0, 0.0], slow, imported=100.0))
    found.check()
    assert_allclose(found.thermal_mw["thermal.a"], [60.0, 30.0, 0.0])


def test_no_price_below_nothing_backs_down_a_least_load():
    # On in the second hour for its load, kept on in the third by its least time.
    own = plant(price=5.0, min_load_mw=40.0, min_up_steps=2)
    problem = system([100.0] * 3, own, imported=np.array([200.0, 0.0, 200.0]), import_price=-50.0)
    found = dispatch_units(replace(problem, unserved_cost_cny_mwh=40.0))
    found.check()
    assert_allclose(found.thermal_mw["thermal.a"], [0.0, 100.0, 40.0])


@pytest.mark.parametrize(
    ("past", "price", "expected"),
    [
        ([0.0, 0.0, 1.0], 100.0, [1.0, 1.0, 1.0, 0.0, 0.0]),  # three of four hours to go
        ([0.0, 1.0, 1.0], 100.0, [1.0, 1.0, 0.0, 0.0, 0.0]),
        ([1.0, 1.0, 1.0], 100.0, [0.0] * 5),
        ([1.0, 1.0, 0.0], 900.0, [0.0, 0.0, 1.0, 1.0, 1.0]),  # two of three hours of rest are left
        ([1.0, 0.0, 0.0], 900.0, [0.0, 1.0, 1.0, 1.0, 1.0]),
    ],
)
def test_a_window_remembers_what_started_and_stopped_before_it(past, price, expected):
    own = plant(min_load_mw=10.0, no_load_cost_cny_h=10.0, min_up_steps=4, min_down_steps=3)
    problem = system([50.0] * 8, own, imported=100.0, import_price=price)
    rest = formulate(replace(system([50.0] * 5, imported=100.0, import_price=price)))
    before = Past(np.array(past), 10.0 * np.array(past))
    edges, none = [Edges(past=before)], np.zeros((0, 1))
    window = Window(problem, 3, rest.lp, rest.balance, edges, none, np.zeros(len(edges)))
    model = commitment_of(window)
    found = solve_mixed(model.program, gap=0.0, nodes=100)
    assert model.running(found.x)[0].tolist() == expected


def test_a_limit_on_thermal_power_is_kept_by_the_units(monkeypatch):
    # An entry of the table is enough: with a factor of 1 tonne a MWh it is a limit on energy.
    capped = replace(LIMITS["emissions_max_t"], key="export_rate_max", unit="MWh")
    monkeypatch.setitem(LIMITS, "export_rate_max", capped)
    monkeypatch.setattr(PeriodTerms, "__post_init__", lambda self: None)
    own = replace(plant(min_load_mw=40.0), emission_factor_t_mwh=1.0)
    terms = PeriodTerms(export_rate_max=130.0)
    price = np.array([500.0, 900.0, 400.0, 800.0])
    problem = system([60.0] * 4, own, imported=100.0, import_price=price, terms=terms)
    found = dispatch_units(replace(problem, grid_emission_factor_t_mwh=0.0))
    found.check()
    assert_allclose(found.thermal_mw["thermal.a"], [0.0, 60.0, 0.0, 60.0], atol=1e-6)
    assert found.units_running["thermal.a"].tolist() == [0.0, 1.0, 0.0, 1.0]


def test_windows_of_a_long_commitment_pay_for_a_limit_over_the_period(monkeypatch):
    monkeypatch.setattr(commitment_windows, "WHOLE_FEW", 0)
    monkeypatch.setattr(commitment_windows, "WHOLE_STEPS", 0)
    monkeypatch.setattr(commitment_windows, "IN_A_WINDOW", 24)
    own = replace(plant(min_load_mw=40.0, unit_mw=50.0), emission_factor_t_mwh=1.0)
    price = np.repeat([400.0, 900.0, 500.0, 800.0], 24)
    capped = PeriodTerms(emissions_max_t=2.5 * 24.0 * 50.0)
    problem = system([60.0] * 96, own, imported=100.0, import_price=price, terms=capped)
    found = dispatch_units(replace(problem, grid_emission_factor_t_mwh=0.0))
    found.check()
    ran = found.units_running["thermal.a"].reshape(4, 24).sum(axis=1)
    assert ran.tolist()[:2] == [0.0, 24.0]
    assert ran[3] == 24.0


def test_must_run_power_keeps_enough_units_on():
    heat = plant(units=4, unit_mw=50.0, must_run=np.array([120.0, 60.0, 0.0]), min_load_mw=20.0)
    heat = replace(heat, units=replace(heat.units, no_load_cost_cny_h=10.0))
    found = dispatch_units(system([150.0, 150.0, 150.0], heat, imported=200.0, import_price=100.0))
    found.check()
    assert_allclose(found.thermal_mw["thermal.a"], [120.0, 60.0, 0.0], atol=1e-6)
    assert found.units_running["thermal.a"].tolist() == [3.0, 2.0, 0.0]


def test_must_run_power_without_outlet_is_backed_down_at_its_price():
    heat = plant(units=2, unit_mw=50.0, must_run=80.0, min_load_mw=30.0)
    found = dispatch_units(system([100.0, 45.0, 100.0], heat))
    found.check()
    assert_allclose(found.thermal_mw["thermal.a"], [100.0, 45.0, 100.0])
    assert found.units_running["thermal.a"][1] == 1.0
    # 5 MW that run and find no outlet, 30 MW for which no unit runs at all.
    cost = 2 * 30_000 + 50 * 300 + 5 * 10_000 + 30 * (10_000 + 300)
    assert_allclose(found.solution.objective_cny, cost)
    assert found.solution.bound_cny <= found.solution.objective_cny


def test_a_storage_spares_a_unit_a_start():
    peak = plant("thermal.b", price=600.0, min_load_mw=50.0, start_cost_cny=20_000.0)
    base = plant(unit_mw=100.0, min_load_mw=40.0, start_cost_cny=90_000.0)
    battery = StorageLimits("battery.a", 40.0, 40.0, 120.0, 1.0, 1.0)
    load = [60.0, 130.0, 60.0, 130.0]
    with_it = dispatch_units(system(load, base, peak, storages=(battery,)))
    without = dispatch_units(system(load, base, peak))
    with_it.check()
    assert np.all(with_it.units_running["thermal.b"] == 0.0)
    assert np.all(without.units_running["thermal.b"][[1, 3]] == 1.0)
    assert_allclose(with_it.solution.objective_cny, 380.0 * 300.0)


def test_emissions_are_limited_where_only_committed_plants_emit():
    terms = PeriodTerms(emissions_max_t=80.0, emission_price_cny_t=10.0)
    own = plant(min_load_mw=30.0)
    problem = replace(system([100.0, 100.0], own), terms=terms)
    found = dispatch_units(problem)
    found.check()
    assert_allclose(found.thermal_mw["thermal.a"].sum(), 100.0)
    assert_allclose(
        operating_cost_cny(found), 100.0 * 300.0 + 80.0 * 10.0 + 100.0 * 10_000.0, rtol=1e-9
    )
    assert found.solution.gap < 1e-3


def test_other_methods_run_the_plant_at_its_least_cost_per_energy():
    # At full load 300 + 4000 / 100 = 340; there is no cheaper load.
    own = plant(min_load_mw=50.0, no_load_cost_cny_h=4000.0, start_cost_cny=1e6)
    problem = system([30.0, 70.0], own, imported=100.0, import_price=330.0)
    free = replace(problem, import_price_cny_mwh=np.asarray(350.0))
    for way in (dispatch_by_rules, dispatch_optimal, dispatch_rolling):
        assert way(problem).thermal_mw["thermal.a"].sum() == 0.0
        done = way(free)
        done.check()
        assert_allclose(done.thermal_mw["thermal.a"], [30.0, 70.0])
        assert_allclose(operating_cost_cny(done), 100.0 * 340.0)
        assert "unit_starts" not in plant_kpis(done, {})["thermal.a"]


def test_a_curve_is_run_piece_by_piece_where_units_are_not_committed():
    own = plant(curve=((60.0, 200.0), (100.0, 400.0)), min_load_mw=20.0, no_load_cost_cny_h=3000.0)
    # Best at 60 MW: 200 + 3000 / 60 = 250; above it 400.
    assert own.units.hull == ((60.0, 250.0), (40.0, 400.0))
    problem = system([50.0, 90.0], own, imported=100.0, import_price=300.0)
    for way in (dispatch_by_rules, dispatch_optimal, dispatch_rolling):
        done = way(problem)
        done.check()
        assert done.problem is problem
        assert_allclose(done.thermal_mw["thermal.a"], [50.0, 60.0])
        assert_allclose(operating_cost_cny(done), 110.0 * 250.0 + 30.0 * 300.0)


def test_a_plan_that_knows_the_optimum_needs_no_other():
    own = plant(curve=((60.0, 200.0), (100.0, 400.0)), min_load_mw=20.0, no_load_cost_cny_h=3000.0)
    problem = system([50.0, 90.0], own, imported=100.0, import_price=300.0)
    best = dispatch_optimal(problem)
    done = dispatch_rolling(problem, optimum=best)
    assert_allclose(done.thermal_mw["thermal.a"], dispatch_rolling(problem).thermal_mw["thermal.a"])


def test_half_hours_cost_half():
    own = plant(min_load_mw=50.0, no_load_cost_cny_h=2000.0, start_cost_cny=5000.0)
    found = dispatch_units(system([0.0, 80.0, 80.0], own, step_hours=0.5))
    found.check()
    assert_allclose(found.solution.objective_cny, 5000 + 26_000)
    assert_allclose(operating_cost_cny(found), 31_000)


def test_a_problem_without_units_names_both_ways_to_have_some():
    bare = ThermalLimits("thermal.a", 100.0, 0.0, 300.0, 0.8)
    with pytest.raises(
        ScenarioError, match=r"give a pumped storage units.*or a thermal plant units"
    ):
        dispatch_units(system([50.0], bare))


def test_several_runs_are_refused():
    with pytest.raises(ScenarioError, match="one run at a time, not"):
        dispatch_units(system(np.full((2, 3), 50.0), plant()))


def test_a_least_load_that_leaves_no_room_for_a_limit_is_reported():
    terms = PeriodTerms(self_consumption_rate_min=1.0)
    sun = {"solar.a": np.full(3, 100.0)}
    with pytest.raises(NoSolutionError, match="at best"):
        dispatch_units(replace(system([50.0] * 3, plant(), renewables=sun), terms=terms))


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"units": 0}, "units = 0, expected a finite number, at least 1"),
        (
            {"min_load_mw": 120.0},
            "min_load_mw = 120, expected a finite number, at least 0, at most",
        ),
        ({"start_cost_cny": float("nan")}, "start_cost_cny = nan"),
        ({"no_load_cost_cny_h": -1.0}, "no_load_cost_cny_h = -1"),
        ({"ramp_mw": 0.0}, "ramp_mw = 0, expected a finite number, above 0"),
        ({"curve": ((50.0, 300.0),)}, "expected powers that rise to unit_mw = 100"),
        ({"curve": ((50.0, 300.0), (100.0, 200.0))}, "costs that never fall"),
        ({"curve": ()}, "expected powers that rise"),
    ],
)
def test_impossible_units_are_refused(change, words):
    given = {"units": 1, "unit_mw": 100.0, "curve": ((100.0, 300.0),), **change}
    with pytest.raises(ScenarioError, match=words):
        ThermalUnits("thermal.a", **given)


def test_units_that_do_not_make_up_the_capacity_are_refused():
    own = ThermalUnits("thermal.a", 2, 100.0, ((100.0, 300.0),))
    with pytest.raises(ScenarioError, match="2 units of 100 MW make 200 MW"):
        ThermalLimits("thermal.a", 150.0, 0.0, 300.0, 0.8, own)


@pytest.mark.parametrize(
    ("running", "power", "words"),
    [
        ([1, 1, 1, 1], [50, 10, 50, 50], "runs below the least load"),
        ([1, 1, 1, 1], [50, 120, 50, 50], "gives more than its running units"),
        ([1, 0.5, 1, 1], [50, 50, 50, 50], "no whole numbers"),
        ([0, 1, 0, 0], [0, 50, 0, 0], "stops before its least time on"),
        ([1, 0, 1, 1], [50, 0, 50, 50], "starts before its least time off"),
        ([1, 1, 1, 1], [30, 90, 90, 90], "changes its power faster"),
        ([1, 1, 1, 1], [90, 90, 30, 30], "changes its power faster"),
    ],
)
def test_a_dispatch_that_breaks_a_rule_of_its_units_is_found_out(running, power, words):
    own = plant(min_load_mw=20.0, min_up_steps=2, min_down_steps=2, ramp_mw=50.0)
    problem = system(np.asarray(power, dtype=float), replace(own, capacity_mw=own.capacity_mw))
    done = dispatch_optimal(replace(problem, load_mw=np.minimum(problem.load_mw, 100.0)))
    found = replace(
        done,
        problem=problem,
        thermal_mw={"thermal.a": np.asarray(power, dtype=float)},
        served_mw=problem.load_mw,
        unserved_mw=np.zeros(4),
        units_running={"thermal.a": np.asarray(running, dtype=float)},
    )
    with pytest.raises(InvariantError, match=words if max(power) <= 100 else "above its limit"):
        found.check()


@pytest.mark.parametrize(
    "way", [dispatch_optimal, dispatch_units, dispatch_rolling, dispatch_by_rules]
)
def test_infeasibility_is_explained_in_words_of_plants(way):
    own = plant(curve=((60.0, 200.0), (100.0, 400.0)), min_load_mw=20.0, no_load_cost_cny_h=3000.0)
    terms = PeriodTerms(unserved_max_mwh=0.0)
    with pytest.raises(NoSolutionError, match=r"unserved_max_mwh = 0") as caught:
        way(replace(system([150.0, 90.0], own), terms=terms))
    assert "thermal.a.capacity_mw" in str(caught.value) or way is dispatch_by_rules
    assert "thermal.a 2" not in str(caught.value)


def test_a_limit_that_no_commitment_keeps_is_reported():
    # At any load 80 MWh emit 64 t and are allowed; whole units give 100 MWh or nothing.
    stiff = plant(min_load_mw=100.0)
    sun = {"solar.a": np.array([0.0, 90.0])}
    terms = PeriodTerms(unserved_max_mwh=0.0, emissions_max_t=88.0)
    asked = system([100.0, 100.0], stiff, renewables=sun)
    assert dispatch_optimal(replace(asked, terms=terms)).unserved_mw.sum() == 0.0
    with pytest.raises(NoSolutionError, match="no commitment of thermal units was found"):
        dispatch_units(replace(asked, terms=terms))
