"""Laws of committed thermal units on systems made up at random."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from altay_energy.components.storage.pumped_storage import PumpedStorage
from altay_energy.core.errors import NoSolutionError
from altay_energy.core.timeline import Timeline
from altay_energy.dispatch.optimal.optimal import dispatch_optimal
from altay_energy.dispatch.problem.problem import Problem, ThermalLimits
from altay_energy.dispatch.problem.station import StationLimits
from altay_energy.dispatch.problem.thermal_units import ThermalUnits
from altay_energy.dispatch.rolling.rolling import dispatch_rolling
from altay_energy.dispatch.rules.rules import dispatch_by_rules
from altay_energy.dispatch.units import commitment, commitment_windows
from altay_energy.dispatch.units.units import Search, dispatch_units
from altay_energy.run.figures.kpis import kpis, operating_cost_cny

sys.path.insert(0, str(Path(__file__).parent))
from systems import system

SEEDS = range(8)


def own_units(rng, name):
    unit_mw, units = float(rng.choice([20.0, 40.0, 60.0])), int(rng.integers(1, 4))
    price = float(rng.choice([200.0, 280.0, 420.0]))
    curve = ((unit_mw, price),)
    if rng.random() < 0.5:
        curve = ((0.6 * unit_mw, price), (unit_mw, price + 40.0))
    least = float(rng.choice([0.0, 0.4, 0.6])) * unit_mw
    return ThermalUnits(
        name,
        units,
        unit_mw,
        curve,
        min_load_mw=least,
        no_load_cost_cny_h=float(rng.choice([0.0, 900.0])),
        start_cost_cny=float(rng.choice([0.0, 8000.0, 30_000.0])),
        min_up_steps=int(rng.choice([1, 4, 12])),
        min_down_steps=int(rng.choice([1, 3, 8])),
        ramp_mw=float(0.5 * unit_mw) if rng.random() < 0.3 else None,
    )


def committed_system(seed, steps=48, *, limits=True):
    """A system of `systems` with one to three plants of units besides its own."""
    rng = np.random.default_rng(1000 + seed)
    base = system(seed, steps, limits=limits, most_storages=2)
    plants = []
    for k in range(int(rng.integers(1, 4))):
        name = f"thermal.unit{k}"
        own = own_units(rng, name)
        whole = own.units * own.unit_mw
        must = np.full(base.shape, 0.4 * whole) if rng.random() < 0.25 else 0.0
        mean = float(np.mean([price for _, price in own.curve]))
        plants.append(ThermalLimits(name, whole, must, mean, 0.8, own))
    return replace(base, thermals=(*base.thermals, *plants))


def not_above(low, high):
    return low <= high + 1e-8 * max(1.0, abs(high))


@pytest.fixture(scope="module")
def both():
    found = {}
    for seed in SEEDS:
        problem = committed_system(seed)
        found[seed] = dispatch_optimal(problem), dispatch_units(problem)
    return found


@pytest.mark.parametrize("seed", SEEDS)
def test_units_cost_no_less_than_the_optimum_and_their_bound(seed, both):
    best, units = both[seed]
    scale = max(1.0, abs(float(units.solution.objective_cny)))
    assert units.solution.objective_cny >= best.solution.objective_cny - 1e-7 * scale
    assert units.solution.bound_cny >= best.solution.bound_cny - 1e-7 * scale
    assert units.solution.bound_cny <= units.solution.objective_cny
    assert units.solution.gap < 0.02


@pytest.mark.parametrize("seed", SEEDS)
def test_balance_limits_and_rules_of_units_hold(seed, both):
    _, units = both[seed]
    units.check()
    assert units.balance_residual_mw() < 1e-6
    for plant in units.problem.committed:
        running = units.units_running[plant.name]
        power = units.thermal_mw[plant.name]
        assert np.all(power[running == 0.0] <= 1e-6)
        assert not list(plant.units.breaches(power, running, 1e-6))


@pytest.mark.parametrize("seed", SEEDS)
def test_power_costs_as_much_as_unserved_load_only_where_load_is_unserved(seed, both):
    _, units = both[seed]
    scarce = units.marginal_price_cny_mwh >= 0.999 * units.problem.unserved_cost_cny_mwh
    # A storage that could serve the unserved load makes power scarce in other hours as well.
    assert not scarce.any() or np.any(units.unserved_mw > 0.0)


@pytest.mark.parametrize("seed", SEEDS)
def test_figures_add_up_to_what_was_minimised(seed, both):
    _, units = both[seed]
    figures, problem = kpis(units), units.problem
    short = sum(
        np.maximum(p.must_run_mw - units.thermal_mw[p.name], 0.0).sum() for p in problem.thermals
    )
    worth = 0.0
    if problem.terminal == "water_value":
        values = problem.terms.water_value_cny_mwh
        for store in problem.storages:
            width, level = store.energy_mwh / len(values), units.level_mwh[store.name][-1]
            worth += sum(v * np.clip(level - k * width, 0.0, width) for k, v in enumerate(values))
    cost = figures["operating_cost_cny"] - worth
    expected = float(units.solution.objective_cny)
    if short < 1e-6:
        assert abs(cost - expected) <= 1e-6 * max(1.0, abs(expected))
    else:  # what must run and does not is priced, but is no operating cost
        assert cost <= expected


@pytest.mark.parametrize("seed", range(4))
def test_looser_units_cost_no_more_than_the_gap_allows(seed, both):
    _, tight = both[seed]
    problem = tight.problem

    def with_units(change):
        thermals = tuple(
            p if p.units is None else replace(p, units=change(p.units)) for p in problem.thermals
        )
        return dispatch_units(replace(problem, thermals=thermals)).solution

    for change in (
        lambda u: replace(u, min_load_mw=0.5 * u.min_load_mw, ramp_mw=None),
        lambda u: replace(u, min_up_steps=1, min_down_steps=1),
        lambda u: replace(u, start_cost_cny=0.0),
    ):
        looser = with_units(change)
        assert not_above(looser.bound_cny, tight.solution.objective_cny)


@pytest.mark.parametrize("seed", range(3))
def test_cutting_a_plant_into_smaller_units_costs_no_more_than_the_gap_allows(seed):
    problem = committed_system(seed, 24, limits=False)

    def halved(u):
        return replace(
            u,
            units=2 * u.units,
            unit_mw=0.5 * u.unit_mw,
            curve=tuple((0.5 * end, price) for end, price in u.curve),
            min_load_mw=0.5 * u.min_load_mw,
            no_load_cost_cny_h=0.5 * u.no_load_cost_cny_h,
            start_cost_cny=0.5 * u.start_cost_cny,
            ramp_mw=None if u.ramp_mw is None else 0.5 * u.ramp_mw,
        )

    fine = tuple(
        p if p.units is None else replace(p, units=halved(p.units)) for p in problem.thermals
    )
    coarse = dispatch_units(problem).solution
    small = dispatch_units(replace(problem, thermals=fine)).solution
    assert not_above(small.bound_cny, coarse.objective_cny)


@pytest.mark.parametrize("seed", range(5))
def test_windows_find_nearly_what_one_program_finds(seed, monkeypatch):
    problem = committed_system(seed, 96)
    whole = dispatch_units(problem)
    monkeypatch.setattr(commitment_windows, "WHOLE_FEW", 0)
    monkeypatch.setattr(commitment_windows, "WHOLE_STEPS", 0)
    monkeypatch.setattr(commitment_windows, "IN_A_WINDOW", 1)
    parted = dispatch_units(problem)
    parted.check()
    one, many = whole.solution, parted.solution
    scale = max(1.0, abs(float(one.objective_cny)))
    assert many.bound_cny <= one.objective_cny + 1e-7 * scale
    assert one.bound_cny <= many.objective_cny + 1e-7 * scale
    assert many.objective_cny - one.objective_cny <= 0.02 * scale
    assert one.bound_cny - many.bound_cny <= 0.02 * scale


def test_the_same_problem_has_the_same_result_to_the_last_bit(both):
    _, units = both[1]
    again = dispatch_units(units.problem)
    assert again.solution.bound_cny == units.solution.bound_cny
    for name, running in units.units_running.items():
        assert np.array_equal(again.units_running[name], running)
        assert np.array_equal(again.thermal_mw[name], units.thermal_mw[name])


@pytest.mark.parametrize("seed", range(6))
def test_prices_at_seams_lose_next_to_nothing_where_units_are_not_whole(seed, monkeypatch):
    """Without least loads, costs and times of units the linear program is the truth."""
    problem = committed_system(seed, 96)
    thermals = tuple(
        p
        if p.units is None
        else replace(
            p,
            units=replace(
                p.units,
                min_load_mw=0.0,
                no_load_cost_cny_h=0.0,
                start_cost_cny=0.0,
                min_up_steps=1,
                min_down_steps=1,
                ramp_mw=None,
            ),
        )
        for p in problem.thermals
    )
    problem = replace(problem, thermals=thermals)
    for name in ("WHOLE_FEW", "WHOLE_STEPS", "WINDOW_GAP"):
        monkeypatch.setattr(commitment_windows, name, 0)
    monkeypatch.setattr(commitment_windows, "IN_A_WINDOW", 1)
    relaxation = commitment._Relaxation(problem)
    bound, guide = relaxation.bound()
    rest, counted = relaxation.rest
    bus = relaxation.hull.balance
    parted = commitment_windows.System(
        problem, rest, guide, bus, counted, np.zeros((len(counted), problem.steps)), 1e-9
    ).solve()
    scale = max(1.0, abs(bound))
    assert -1e-3 * scale <= parted.bound_cny - bound <= 1e-7 * scale


@pytest.mark.parametrize("seed", range(3))
def test_other_methods_run_the_same_problem_without_commitment(seed):
    problem = committed_system(seed, 24, limits=False)
    best = dispatch_optimal(problem)
    ways = [dispatch_rolling]
    if problem.terminal in ("cyclic", "free"):
        ways.append(dispatch_by_rules)
    for way in ways:
        try:
            done = way(problem)
        except NoSolutionError:
            continue
        done.check()
        assert done.units_running == {}
        if problem.terminal == "cyclic":
            cost, least = operating_cost_cny(done), operating_cost_cny(best)
            assert cost >= least - 1e-6 * abs(least) or way is dispatch_rolling


def system_with_station(seed, steps=36):
    """A pumped-storage station by its units, wind, and two plants of units."""
    rng = np.random.default_rng(seed)
    basin = {"live_volume_m3": 1.5e6}
    plant = PumpedStorage.model_validate(
        {
            "units": 4,
            "unit_mw": 350.0,
            "upper": {"normal_level_m": 1470.0, "dead_level_m": 1437.0, **basin},
            "lower": {"normal_level_m": 878.0, "dead_level_m": 847.0, **basin},
        },
        context={"allow_unusual": True},
    )
    timeline = replace(Timeline.of_year(2030), steps=steps)
    coal = ThermalUnits("thermal.c", 3, 300.0, ((300.0, 280.0),), 150.0, 9000.0, 200_000.0, 6, 4)
    gas = ThermalUnits("thermal.g", 2, 100.0, ((100.0, 520.0),), 40.0, 3000.0, 15_000.0)
    return Problem(
        step_hours=1.0,
        load_mw=rng.uniform(500.0, 1500.0, steps),
        renewables={"wind.w": rng.uniform(0.0, 1500.0, steps) * (rng.random(steps) < 0.6)},
        thermals=(
            ThermalLimits("thermal.c", 900.0, 0.0, 280.0, 0.8, coal),
            ThermalLimits("thermal.g", 200.0, 0.0, 520.0, 0.4, gas),
        ),
        storages=(),
        stations=(StationLimits.of("pumped_storage.s", plant, None, timeline),),
        import_limit_mw=400.0,
        export_limit_mw=300.0,
        import_price_cny_mwh=rng.uniform(250.0, 700.0, steps),
        export_price_cny_mwh=100.0,
        unserved_cost_cny_mwh=5_000.0,
        grid_emission_factor_t_mwh=0.6,
        terminal="cyclic",
    )


@pytest.mark.parametrize("seed", range(3))
def test_a_station_and_thermal_units_are_run_together(seed):
    problem = system_with_station(seed)
    done = dispatch_units(problem, Search(gap=0.01))
    done.check()
    proof = done.solution
    assert set(done.units_running) == {"thermal.c", "thermal.g"}
    assert set(done.stations) == {"pumped_storage.s"}
    assert proof.bound_cny <= proof.objective_cny
    assert abs(proof.objective_cny - operating_cost_cny(done)) <= 1e-6 * proof.objective_cny
    assert proof.gap < 0.1
    idle = replace(problem, stations=())
    assert proof.objective_cny <= dispatch_units(idle).solution.objective_cny
