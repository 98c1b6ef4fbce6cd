"""The bound by dynamic programming with true units is below every operation."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from numpy.testing import assert_allclose

from altay_energy.components.storage.pumped_storage import PumpedStorage
from altay_energy.core.timeline import Timeline
from altay_energy.dispatch.problem.period import PeriodTerms
from altay_energy.dispatch.problem.problem import Problem, StorageLimits
from altay_energy.dispatch.problem.station import StationLimits
from altay_energy.dispatch.rules.station import operate_station
from altay_energy.dispatch.units.decomposition import PriceDecomposition
from altay_energy.dispatch.units.station_bound import (
    Grid,
    _containing,
    _convex_and_falling,
    _shifted,
)
from altay_energy.dispatch.units.units import Search, dispatch_units

STEPS = 48
QUICK = Search(gap=0.02)
TERMINALS = ("cyclic", "free", "at_least", "water_value")


def station(**changes) -> StationLimits:
    basin = {"live_volume_m3": 3e6}
    plant = PumpedStorage.model_validate(
        {
            "units": 3,
            "unit_mw": 350.0,
            "upper": {"normal_level_m": 1470.0, "dead_level_m": 1437.0, **basin},
            "lower": {"normal_level_m": 878.0, "dead_level_m": 847.0, **basin},
            **changes,
        },
        context={"allow_unusual": True},
    )
    timeline = replace(Timeline.of_year(2030), steps=STEPS)
    return StationLimits.of("pumped_storage.s", plant, None, timeline)


FIXED, VARIABLE = station(), station(speed="variable")


def system(seed: int, limits: StationLimits = FIXED, **changes) -> Problem:
    rng, hour = np.random.default_rng(seed), np.arange(STEPS) % 24
    prices = rng.uniform(100.0, 700.0, STEPS)
    battery = StorageLimits("battery.b", 150.0, 150.0, 500.0, 0.95, 0.95, 0.0, 200.0)
    given = {
        "step_hours": 1.0,
        "load_mw": np.where((hour >= 8) & (hour < 22), 900.0, 400.0) + rng.uniform(0, 200, STEPS),
        "renewables": {"wind.w": rng.uniform(0.0, 1500.0, STEPS)},
        "thermals": (),
        "storages": (battery,) if seed % 2 else (),
        "stations": (limits,),
        "import_limit_mw": 2000.0,
        "export_limit_mw": 900.0,
        "import_price_cny_mwh": prices,
        "export_price_cny_mwh": 0.7 * prices,
        "unserved_cost_cny_mwh": 10_000.0,
        "grid_emission_factor_t_mwh": 0.6,
        "variable_om_cny_mwh": {"pumped_storage.s": 6.0},
    }
    return Problem(**{**given, **changes})


@pytest.mark.slow
@pytest.mark.parametrize("terminal", TERMINALS)
@pytest.mark.parametrize("seed", [0, 1])
def test_no_operation_costs_less_than_the_bound(seed, terminal):
    terms = PeriodTerms(water_value_cny_mwh=(400.0, 150.0) if terminal == "water_value" else ())
    problem = system(seed, FIXED if seed else VARIABLE, terminal=terminal, terms=terms)
    around = PriceDecomposition(problem, problem.stations[0])
    _, solution = around.bound()
    bound = around.unit_bound(solution)
    found = dispatch_units(problem, QUICK).solution
    assert max(bound, float(found.bound_cny)) <= float(found.objective_cny)
    rng = np.random.default_rng(9)
    for _ in range(6):
        wanted = rng.uniform(-1100.0, 1300.0, STEPS) * (rng.random(STEPS) < 0.5)
        done = operate_station(replace(problem, terminal="free"), around.limits, wanted)
        other = around._around(done)
        assert other is None or bound <= other.cost


@pytest.mark.slow
@pytest.mark.parametrize("key", ["emissions_max_t", "self_consumption_rate_min"])
def test_the_bound_holds_with_limits_over_the_period_and_any_price_of_them(key):
    asked = {"emissions_max_t": 6000.0, "self_consumption_rate_min": 0.8}[key]
    problem = system(1, terms=PeriodTerms(**{key: asked}))
    around = PriceDecomposition(problem, problem.stations[0])
    _, solution = around.bound()
    cost = float(dispatch_units(problem, QUICK).solution.objective_cny)
    for price in (0.0, 50.0, 400.0):
        assert around.unit_bound(solution, np.array([-price])) <= cost


def test_whole_pumps_make_a_bound_that_any_power_does_not():
    # A surplus of half a pump: it can be stored only together with as much import.
    hour = np.arange(STEPS) % 24
    surplus = np.where(hour < 12, 160.0, 0.0)
    problem = system(
        0,
        load_mw=np.where(hour < 12, 0.0, 300.0),
        renewables={"wind.w": surplus},
        import_price_cny_mwh=500.0,
        export_price_cny_mwh=0.0,
        variable_om_cny_mwh={},
    )
    around = PriceDecomposition(problem, problem.stations[0])
    relaxed, solution = around.bound()
    cost = float(dispatch_units(problem).solution.objective_cny)
    bound = around.unit_bound(solution)
    assert relaxed < 0.85 * cost
    assert 0.95 * cost < bound <= cost


@pytest.mark.parametrize("limits", [FIXED, VARIABLE])
def test_modes_contain_every_operation_of_the_tables(limits):
    problem = system(0, limits)
    around = PriceDecomposition(problem, limits)
    scale = around.scale
    grid = Grid.of(limits, scale, 1.0, 40)
    rng = np.random.default_rng(2)
    volume = rng.uniform(*scale.volume_m3[[0, -1]], 300)
    head = np.interp(volume, scale.volume_m3, scale.head_m[scale.head_m.shape[0] // 2])
    cell = np.minimum((scale.content(volume) / grid.width).astype(int), 39)
    for table, sign in ((limits.pump, 1.0), (limits.turbine, -1.0)):
        row = table.row(head)
        for k in range(1, limits.units + 1):
            low, high = table.low_mw[row, k], table.high_mw[row, k]
            power = low + rng.random(300) * (high - low)
            there = volume + sign * 3600.0 * table.flow(row, np.full(300, k), power)
            change = scale.content(there) - scale.content(volume)
            fits = (there >= scale.volume_m3[0]) & (there <= scale.volume_m3[-1])
            for i in np.flatnonzero(fits):
                # As many units or fewer change the content by at least as much.
                best = max(
                    np.interp(
                        sign * power[i],
                        mode.drawn_mw[:, cell[i]],
                        mode.change_mwh[:, cell[i]],
                        left=-np.inf,
                        right=-np.inf,
                    )
                    for mode in grid.modes[1:]
                    if mode.units <= k and mode.possible[cell[i]]
                )
                assert best >= change[i]


def test_values_between_nodes_are_contained():
    rng = np.random.default_rng(0)
    power, change = rng.uniform(100.0, 200.0, 50), rng.uniform(0.0, 1.0, 50)
    nodes, most = _containing(power, change, 5)
    assert np.all(np.interp(power, nodes, most) >= change - 1e-12)


def test_the_greatest_convex_falling_function_below_values():
    found = _convex_and_falling(np.array([10.0, 9.0, 5.0, 6.0, 6.0]))
    assert_allclose(found, [10.0, 7.5, 5.0, 5.0, 5.0])


def test_a_function_moved_by_part_of_a_cell_is_nowhere_above_itself():
    values = np.array([9.0, 4.0, 2.0, 1.0, 1.0])
    moved = _shifted(values, 0.4)
    at = np.linspace(0.0, 4.0, 401)
    there = np.interp(at + 0.4, np.arange(5), values)
    assert np.all(np.interp(at, np.arange(5), moved) <= there + 1e-12)
    assert np.array_equal(_shifted(values, 0.0), values)
