"""Turbines, weirs, reservoirs, and water on its way, by hand."""

from dataclasses import fields, replace

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from altay_energy.resource.water import hydropower
from altay_energy.resource.water.hydropower import (
    TURBINES,
    ReservoirRule,
    Turbines,
    arrive,
    use_closed_year,
    use_reservoir,
    use_river,
    water_power,
)
from altay_energy.resource.water.reservoir import LevelVolume

CURVE = tuple(np.array(part) for part in TURBINES["francis"])
FLAT = tuple(np.array(part) for part in TURBINES["constant"])
PLANT = Turbines(50.0, 100.0, 4, 0.9, FLAT, rated_head_m=40.0)
DAY = 86_400.0


def test_power_by_hand():
    assert_allclose(water_power(np.array(100.0), np.array(50.0), np.array(0.9)), 44.129925)


@pytest.mark.parametrize("name", TURBINES)
def test_curves_rise_from_nothing_to_one(name):
    flow, efficiency = TURBINES[name]
    assert (flow[0], flow[-1], max(efficiency)) == (0.0, 1.0, 1.0)
    assert np.all(np.diff(flow) > 0.0)


def test_the_fewest_units_share_a_flow():
    four = Turbines(50.0, 100.0, 4, 0.9, CURVE)
    one = Turbines(50.0, 100.0, 1, 0.9, CURVE)
    assert_allclose(four.efficiency_at(np.array([25.0, 50.0])), 0.9 * 0.98)  # one, two at full load
    assert_allclose(four.efficiency_at(np.array(30.0)), 0.9 * 0.93)  # two at 0.6 each
    assert_allclose(one.efficiency_at(np.array(30.0)), 0.9 * 0.71)


def test_head_is_lost_with_the_square_of_the_flow():
    plant = Turbines(50.0, 100.0, 4, 0.9, FLAT, head_loss_m=4.0)
    assert_allclose(plant.net_head(np.array(50.0), np.array([0.0, 50.0, 100.0])), [50, 49, 46])


def test_more_head_than_the_rating_needs_takes_less_water():
    assert_allclose(PLANT.most_flow(np.array(40.0)), 100.0)
    most = PLANT.most_flow(np.array(80.0))
    assert most < 100.0
    assert_allclose(PLANT.power(most, np.array(80.0)), 50.0)


def test_a_weir_by_hand():
    river = np.array([5.0, 20.0, 90.0, 400.0])
    use = use_river(river, 40.0, PLANT, 10.0, through_turbines=False)
    assert_allclose(use.ecological_m3_s, [5, 10, 10, 10])
    assert_allclose(use.turbine_m3_s, [0, 10, 80, 100])
    assert_allclose(use.spill_m3_s, [0, 0, 0, 290])
    through = use_river(river, 40.0, PLANT, 10.0, through_turbines=True)
    assert_allclose(through.turbine_m3_s, [5, 20, 90, 100])
    iced = use_river(river, 40.0, PLANT, 10.0, False, usable_share=0.5)
    assert_allclose(iced.turbine_m3_s, [0, 10, 50, 50])


def rule(days, **changes):
    plain = {
        "shape": LevelVolume(np.array([0.0, 50.0]), np.array([0.0, 100e6])),
        "dead_m3": 20e6,
        "full_m3": 90e6,
        "start_m3": 50e6,
        "tailwater_m": -20.0,
        "target_m3": np.full(days, 50e6),
        "locked_m3": np.zeros(days),
        "evaporation_m": np.zeros(days),
        "usable_share": np.ones(days),
        "adjust_days": 10.0,
        "ecological_m3_s": 0.0,
        "through_turbines": False,
    }
    return ReservoirRule(**{**plain, **changes})


def run(inflow, **changes):
    inflow = np.asarray(inflow, dtype=float)
    return use_reservoir(inflow, np.full(inflow.size, DAY), PLANT, rule(inflow.size, **changes))


def test_on_its_curve_a_reservoir_passes_what_comes():
    use = run([30.0, 60.0, 0.0])
    assert_allclose(use.turbine_m3_s, [30, 60, 0])
    assert_allclose(use.volume_m3, 50e6)


def test_what_is_above_the_curve_is_released_over_its_time():
    use = run([0.0], start_m3=60e6)
    assert_allclose(use.turbine_m3_s, 1e6 / DAY)


def test_a_flood_fills_the_reservoir_then_the_turbines_then_the_spillway():
    use = run([2000.0], start_m3=80e6, target_m3=np.array([90e6]))
    assert_allclose(use.volume_m3[-1], 90e6)
    most = float(PLANT.most_flow(use.head_m)[0])
    assert_allclose(use.turbine_m3_s, most)
    assert_allclose(use.spill_m3_s, 2000.0 - most - 10e6 / DAY)


def test_ecological_flow_goes_before_the_turbines_and_stops_at_the_dead_volume():
    use = run([5.0] * 3, start_m3=20.5e6, target_m3=np.full(3, 20e6), ecological_m3_s=8.0)
    second = 5.0 + (0.5e6 - 3.0 * DAY) / DAY  # what is left of the first day, and the inflow
    assert_allclose(use.ecological_m3_s, [8.0, second, 5.0])
    assert use.volume_m3.min() >= 20e6 - 1e-6


def test_ice_locks_water_away_from_the_turbines():
    free = run([0.0] * 5, target_m3=np.full(5, 20e6))
    locked = run([0.0] * 5, target_m3=np.full(5, 20e6), locked_m3=np.full(5, 28e6))
    assert locked.volume_m3.min() >= 48e6 - 1e-6
    assert free.volume_m3.min() < 48e6


def test_evaporation_by_hand():
    use = run([0.0], evaporation_m=np.array([0.005]), target_m3=np.array([90e6]))
    assert_allclose(use.evaporation_m3_s, 0.005 * 2e6 / DAY)  # 2 km² at all levels


def test_the_largest_flow_follows_the_root_of_the_head():
    plant = Turbines(50.0, 100.0, 4, 0.9, FLAT, head_loss_m=4.0, rated_head_m=50.0)
    head = np.array([0.0, 13.5, 24.0, 54.0])
    assert_allclose(plant.most_flow(head), 100.0 * np.sqrt(head / 54.0))
    # The same unit discharge Q / sqrt(net head), whatever the loss takes at that flow.
    flow = plant.most_flow(head[1:])
    assert_allclose(flow / np.sqrt(plant.net_head(head[1:], flow)), 100.0 / np.sqrt(50.0))


def test_without_a_rated_head_it_is_the_one_that_gives_the_capacity():
    plant = Turbines(50.0, 100.0, 4, 0.9, FLAT)
    head = 50.0 / (0.9 * 9.80665e-3 * 100.0)
    assert_allclose(plant.most_flow(np.array([head, head / 4.0])), [100.0, 50.0])
    assert_allclose(plant.power(np.array(100.0), np.array(head)), 50.0)


def test_each_day_has_the_mean_head_of_its_two_midnights():
    use = run([300.0] * 3, start_m3=20e6, target_m3=np.full(3, 20e6))
    level = use.volume_m3 / 2e6
    assert_allclose(use.head_m, 0.5 * (level[:-1] + level[1:]) + 20.0, rtol=1e-9)
    assert np.all(np.diff(level) > 0.0)
    assert_allclose(use.turbine_m3_s, PLANT.most_flow(use.head_m), rtol=1e-9)
    assert_allclose(use.residual_m3(DAY), 0.0, atol=1e-4)


def test_a_small_pond_that_turns_over_within_a_day_converges_too():
    inflow = np.random.default_rng(4).uniform(0.0, 250.0, (3, 40))
    shape = LevelVolume(np.array([0.0, 20.0, 50.0]), np.array([0.0, 1e6, 3e6]))
    changes = {"shape": shape, "dead_m3": 0.2e6, "full_m3": 2.9e6, "tailwater_m": -5.0}
    plain = rule(40, start_m3=1e6, target_m3=np.full(40, 0.5e6), **changes)
    use = use_reservoir(inflow, np.full(40, DAY), PLANT, plain)
    level = shape.level(use.volume_m3)
    mean = 0.5 * (level[:, :-1] + level[:, 1:]) + 5.0
    assert_allclose(use.head_m, mean, atol=1e-6)
    assert np.all(use.turbine_m3_s <= PLANT.most_flow(use.head_m) * (1.0 + 1e-9))
    assert_allclose(use.residual_m3(DAY), 0.0, atol=1e-6)
    one = use_reservoir(inflow[1], np.full(40, DAY), PLANT, plain)
    assert_allclose(use.volume_m3[1], one.volume_m3, rtol=1e-8)


def test_a_pool_evaporates_by_its_mean_area_of_the_day():
    shape = LevelVolume(np.array([0.0, 10.0, 20.0]), np.array([0.0, 10e6, 40e6]))
    use = run(
        [300.0],
        shape=shape,
        start_m3=8e6,
        full_m3=40e6,
        dead_m3=0.0,
        evaporation_m=np.array([0.01]),
        target_m3=np.array([40e6]),
    )  # ends near 34 Mm³, where the pool has 3 km² instead of 1
    assert_allclose(use.evaporation_m3_s * DAY, 0.01 * 3e6)


def test_a_closed_year_ends_as_it_began():
    season = 60.0 + 60.0 * np.sin(2.0 * np.pi * np.arange(365) / 365.0)
    year = rule(365, start_m3=20e6, target_m3=np.full(365, 60e6))
    inflow = np.stack([season, 0.5 * season, 3.0 * season])
    use = use_closed_year(inflow, np.full(365, DAY), PLANT, year)
    assert_allclose(use.volume_m3[:, -1], use.volume_m3[:, 0], atol=70.0)
    assert_allclose(use.inflow_m3_s.sum(axis=-1), use.outflow_m3_s.sum(axis=-1), rtol=1e-6)
    alone = use_closed_year(inflow[2], np.full(365, DAY), PLANT, year)
    assert_allclose(alone.volume_m3, use.volume_m3[2], rtol=1e-6)


def test_a_year_that_is_closed_does_not_change_with_the_rounds_of_others():
    """The first ends 45 m³ below its beginning, which is closed; the second needs more rounds."""
    seconds, start = np.full(365, DAY), np.array([60e6 + 50.0, 20e6])
    year = rule(365, start_m3=start, target_m3=np.full(365, 60e6), adjust_days=150.0)
    both = use_closed_year(np.full((2, 365), 30.0), seconds, PLANT, year)
    for k in range(2):
        alone = use_closed_year(
            np.full(365, 30.0), seconds, PLANT, replace(year, start_m3=start[k])
        )
        assert_array_equal(alone.volume_m3, both.volume_m3[k])


@pytest.mark.parametrize("through", [False, True])
@pytest.mark.parametrize(
    "way",
    ["plain", pytest.param("compiled", marks=pytest.mark.slow)],  # compiling takes seconds
)
def test_one_run_after_another_has_the_same_bits_as_all_side_by_side(way, through, monkeypatch):
    if way == "compiled":
        pytest.importorskip("numba")
    rng = np.random.default_rng(3)
    inflow = rng.gamma(0.5, 90.0, (3, 2, 120))
    winter = np.arange(120) < 40
    year = rule(
        120,
        shape=LevelVolume(np.array([0.0, 9.0, 30.0, 50.0]), np.array([0.0, 25e6, 60e6, 100e6])),
        start_m3=rng.uniform(20e6, 90e6, (3, 2)),
        target_m3=50e6 + 30e6 * np.sin(np.arange(120) / 19.0),
        locked_m3=np.where(winter, 8e6, 0.0),
        evaporation_m=np.where(winter, 0.0, 0.02),
        usable_share=np.where(winter, 0.6, 1.0),
        ecological_m3_s=6.0,
        through_turbines=through,
    )
    for use in (use_reservoir, use_closed_year):
        found = {}
        for each in ("arrays", way):
            monkeypatch.setattr(hydropower, "way_of", lambda *_, each=each: each)
            found[each] = use(inflow, np.full(120, DAY), PLANT, year)
        one, other = found.values()
        for name in (field.name for field in fields(one)):
            assert_array_equal(getattr(one, name), getattr(other, name), err_msg=name)
        assert (one.spill_m3_s > 0.0).any()


def test_water_arrives_later_by_whole_and_part_steps():
    out = np.array([1.0, 2.0, 4.0, 8.0])
    assert_allclose(arrive(out, 0.0), out)
    assert_allclose(arrive(out, 2.0), [1, 1, 1, 2])
    assert_allclose(arrive(out, 0.5), [1, 1.5, 3, 6])
    assert_allclose(arrive(out, 9.0), 1.0)
