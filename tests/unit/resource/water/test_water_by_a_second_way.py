"""A reservoir and turbines found a second way: one number at a time, ends of days by roots."""

import math
from dataclasses import replace

import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy.optimize import brentq

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

DAY = 86_400.0
FLAT = tuple(np.array(part) for part in TURBINES["constant"])
BASIN = LevelVolume(np.array([100.0, 120.0, 150.0, 160.0]), np.array([0.0, 10e6, 60e6, 100e6]))


def largest_flow(plant, gross_m):
    """Most flow of turbines with a flat curve: gates fully open, or the generators' limit."""
    weight = plant.efficiency * 9.80665e-3  # MW for each m³/s and metre
    rated_m = plant.rated_head_m
    if rated_m is None:
        rated_m = plant.capacity_mw / (weight * plant.rated_flow_m3_s)
    gates = plant.rated_flow_m3_s * math.sqrt(max(gross_m, 0.0) / (rated_m + plant.head_loss_m))
    net = gross_m - plant.head_loss_m
    limit = plant.capacity_mw / (weight * net) if net > 0.0 else math.inf
    return min(gates, limit, plant.rated_flow_m3_s)


def a_day(start, end, flow, seconds, day, plant, rule):
    """Turbines, river, spill, air and the end of a day [m³], head [m], for a supposed end."""
    z0, z1 = (float(np.interp(v, rule.shape.volume_m3, rule.shape.level_m)) for v in (start, end))
    head = max((z0 + z1) / 2.0 - rule.tailwater_m, 0.0)
    room = largest_flow(plant, head) * rule.usable_share[day] * seconds
    come = flow * seconds
    middle = (start + end) / 2.0
    piece = max(k for k in range(3) if middle >= rule.shape.volume_m3[k])
    area = (rule.shape.volume_m3[piece + 1] - rule.shape.volume_m3[piece]) / (
        rule.shape.level_m[piece + 1] - rule.shape.level_m[piece]
    )
    air = min(rule.evaporation_m[day] * area, max(start + come - rule.dead_m3, 0.0))
    held = start + come - air
    river = min(rule.ecological_m3_s * seconds, max(held - rule.dead_m3, 0.0))
    turned = min(river, room) if rule.through_turbines else 0.0
    held -= river
    wish = come - river + (start - rule.target_m3[day]) / max(rule.adjust_days, 1.0)
    more = min(max(wish, 0.0), room - turned, max(held - rule.dead_m3 - rule.locked_m3[day], 0.0))
    held -= more
    over = max(held - rule.full_m3, 0.0)
    relief = min(over, room - turned - more)
    return turned + more + relief, river - turned, over - relief, air, held - over, head


def by_roots(inflow, seconds, plant, rule):
    """All days, one after the other; the end of each is the root of its own equation."""
    volume, rows = [float(rule.start_m3)], []
    for day, flow in enumerate(inflow):
        args = (flow, seconds[day], day, plant, rule)

        def miss(end, args=args, start=volume[-1]):
            return a_day(start, end, *args)[4] - end

        low, high = miss(rule.dead_m3), miss(rule.full_m3)
        end = (
            rule.dead_m3
            if low <= 0.0
            else rule.full_m3
            if high >= 0.0
            else brentq(miss, rule.dead_m3, rule.full_m3, xtol=1e-6, rtol=1e-15)
        )
        rows.append(a_day(volume[-1], end, *args))
        volume.append(rows[-1][4])
    turbine, river, spill, air, _, head = np.array(rows).T
    return (*(part / seconds for part in (turbine, river, spill, air)), head, np.array(volume))


@pytest.mark.parametrize("through", [False, True])
@pytest.mark.parametrize("adjust_days", [1.0, 6.0])
@pytest.mark.parametrize("seed", [1, 2, 3, 5])
def test_a_reservoir_is_what_roots_of_each_day_give(seed, adjust_days, through):
    rng = np.random.default_rng(seed)
    days = 60
    flood = np.where(rng.random(days) < 0.1, 900.0, 60.0)
    inflow = rng.uniform(0.0, 2.0, days) * flood
    inflow[20:26] = 0.0
    seconds = np.full(days, DAY)
    seconds[[0, -1]] = DAY / 4.0, DAY / 3.0  # a period begins and ends within a day
    plant = Turbines(
        45.0, 100.0, 3, 0.9, FLAT, head_loss_m=3.0, rated_head_m=45.0 if seed % 2 else None
    )
    rule = ReservoirRule(
        shape=BASIN,
        dead_m3=4e6,
        full_m3=95e6,
        start_m3=30e6,
        tailwater_m=98.0,
        target_m3=rng.uniform(4e6, 95e6, days).round(-6),
        locked_m3=np.where(np.arange(days) % 20 < 5, 12e6, 0.0),
        evaporation_m=rng.uniform(0.0, 0.012, days) * (np.arange(days) % 3 > 0),
        usable_share=np.where(np.arange(days) % 7 == 0, 0.6, 1.0),
        adjust_days=adjust_days,
        ecological_m3_s=90.0 if through else 25.0,  # the first is more than ice leaves
        through_turbines=through,
    )
    use = use_reservoir(inflow, seconds, plant, rule)
    turbine, river, spill, air, head, volume = by_roots(inflow, seconds, plant, rule)
    assert_allclose(use.volume_m3, volume, rtol=0, atol=1.0)
    assert_allclose(use.head_m, head, rtol=1e-7)
    assert_allclose(use.turbine_m3_s, turbine, atol=0.02)
    assert_allclose(use.ecological_m3_s, river, atol=0.02)
    assert_allclose(use.spill_m3_s, spill, atol=0.02)
    assert_allclose(use.evaporation_m3_s, air, atol=1e-4)
    assert_allclose(use.residual_m3(seconds), 0.0, atol=1e-6)
    for part in (turbine, river, spill, air):
        assert part.max() > 0.0  # each way of the water was tried


def test_all_ends_of_a_day_are_met_to_a_ten_thousandth_of_a_millionth():
    rng = np.random.default_rng(7)
    inflow = rng.uniform(0.0, 400.0, (5, 30))
    plant = Turbines(45.0, 100.0, 3, 0.9, FLAT, head_loss_m=3.0)
    days = np.ones(30)
    rule = ReservoirRule(
        BASIN, 4e6, 95e6, 30e6, 98.0, 40e6 * days, 0.0 * days, 0.01 * days, days, 5.0, 8.0, False
    )
    use = use_reservoir(inflow, DAY * days, plant, rule)
    level = BASIN.level(use.volume_m3)
    assert_allclose(
        use.head_m, 0.5 * (level[:, 1:] + level[:, :-1]) - 98.0, rtol=0, atol=2e-10 * 95e6 / 5e5
    )


def test_turbines_flow_and_power_by_hand():
    plant = Turbines(45.0, 100.0, 3, 0.9, FLAT, head_loss_m=3.0, rated_head_m=48.0)
    heads = np.array([-4.0, 0.0, 1.0, 3.0, 12.75, 51.0, 60.0, 90.0])
    assert_allclose(plant.most_flow(heads), [largest_flow(plant, h) for h in heads])
    assert_allclose(plant.most_flow(np.array(51.0)), 100.0)  # its rated head and loss
    # Full flow at 60 m of gross head: 0.9 · 9.80665 kN/m³ · 100 m³/s · 57 m = 50.3 MW, cut to 45.
    assert_allclose(plant.power(np.array(100.0), np.array(60.0)), 45.0)
    assert_allclose(plant.power(np.array(50.0), np.array(40.0)), 0.9 * 9.80665e-3 * 50.0 * 39.25)
    assert_allclose(plant.net_head(np.array([2.0, 3.5]), np.array(100.0)), [0.0, 0.5])
    assert_allclose(water_power(np.array(5.0), np.array([-1.0, 0.5]), np.array(1.0))[0], 0.0)
    # A waterway that takes more than the head: no limit by power is left, none is divided by 0.
    deep = Turbines(45.0, 100.0, 1, 0.9, FLAT, head_loss_m=9.0, rated_head_m=1.0)
    assert_allclose(deep.most_flow(np.array([5.0, 9.5])), 100.0 * np.sqrt([0.5, 0.95]))


def test_units_start_only_when_the_running_ones_are_full():
    curve = (np.array([0.0, 0.5, 1.0]), np.array([0.0, 1.0, 0.8]))
    plant = Turbines(50.0, 120.0, 3, 1.0, curve)  # units of 40 m³/s
    flow = np.array([0.0, 20.0, 40.0, 40.0 + 1e-7, 44.0, 80.0, 90.0, 120.0, 130.0])
    share = np.array([0.0, 0.5, 1.0, 1.0, 0.55, 1.0, 0.75, 1.0, 1.0])
    share[3] = 0.5  # a drop more than one unit takes: two of them at half
    expected = np.interp(share, *curve)
    assert_allclose(plant.efficiency_at(flow), expected, rtol=1e-6)
    # Rounding of a full unit starts no second one.
    assert_allclose(plant.efficiency_at(np.array(40.0 * (1.0 + 1e-10))), 0.8)


PUBLISHED = {
    # generic curves at 10 to 100 % of a unit's rated flow, relative to the best efficiency
    "francis": [0.30, 0.55, 0.71, 0.81, 0.88, 0.93, 0.97, 0.99, 1.00, 0.98],
    "kaplan": [0.55, 0.83, 0.93, 0.97, 0.985, 0.995, 1.00, 1.00, 0.99, 0.97],
    "pelton": [0.80, 0.94, 0.975, 0.99, 1.00, 1.00, 1.00, 0.995, 0.99, 0.98],
    "constant": [1.0] * 10,
}


@pytest.mark.parametrize("name", TURBINES)
def test_part_load_of_each_kind_of_turbine(name):
    curve = tuple(np.array(part) for part in TURBINES[name])
    plant = Turbines(1.0, 10.0, 1, 0.9, curve)
    flow = np.arange(1.0, 11.0)
    assert_allclose(plant.efficiency_at(flow), 0.9 * np.array(PUBLISHED[name]))
    if name != "constant":
        assert_allclose(plant.efficiency_at(np.array(0.0)), 0.0)
        assert_allclose(plant.efficiency_at(np.array(0.5)), 0.45 * PUBLISHED[name][0])


def test_a_weir_in_several_years_has_no_store_and_loses_nothing():
    river = np.array([[5.0, 20.0, 90.0], [400.0, 0.0, 12.0]])
    plant = Turbines(45.0, 100.0, 3, 0.9, FLAT, head_loss_m=3.0, rated_head_m=48.0)
    use = use_river(river, 51.0, plant, np.array([10.0, 10.0, 30.0]), False, np.array([1, 1, 0.4]))
    assert_allclose(use.ecological_m3_s, [[5, 10, 30], [10, 0, 12]])
    assert_allclose(use.turbine_m3_s, [[0, 10, 40], [100, 0, 0]])
    assert_allclose(use.spill_m3_s, [[0, 0, 20], [290, 0, 0]])
    assert_allclose(use.outflow_m3_s, river)
    assert use.volume_m3.shape == (2, 4)
    assert not use.volume_m3.any()
    assert not use.evaporation_m3_s.any()
    assert_allclose(use.head_m, 51.0)


def test_residual_is_what_the_balance_lacks():
    use = use_river(np.array([10.0, 20.0]), 51.0, Turbines(9, 9, 1, 0.9, FLAT), 4.0, False)
    other = replace(
        use,
        evaporation_m3_s=np.array([1.0, 0.0]),
        volume_m3=np.array([0.0, 100.0, 400.0]),
    )
    assert_allclose(other.residual_m3(np.array([60.0, 30.0])), [-160.0, -300.0])


def test_a_closed_year_is_closed_to_a_millionth_and_gives_up_after_eight_rounds():
    season = 60.0 + 60.0 * np.sin(2.0 * np.pi * np.arange(365) / 365.0)
    plant = Turbines(50.0, 100.0, 4, 0.9, FLAT, rated_head_m=40.0)
    days = np.ones(365)
    shape = LevelVolume(np.array([0.0, 50.0]), np.array([0.0, 100e6]))
    rule = ReservoirRule(
        shape, 20e6, 90e6, 25e6, -20.0, 60e6 * days, 0.0 * days, 0.0 * days, days, 10.0, 0.0, False
    )
    use = use_closed_year(season, DAY * days, plant, rule)
    assert abs(use.volume_m3[-1] - use.volume_m3[0]) <= 70.0  # 1e-6 of 70 Mm³
    assert abs(use.volume_m3[0] - 60e6) < 2e6  # it forgot where it began
    # With only 10 m³/s more than goes to the river, a vast basin fills year after year.
    vast = LevelVolume(np.array([0.0, 50.0]), np.array([0.0, 20e9]))
    slow = replace(
        rule, shape=vast, full_m3=20e9, target_m3=20e9 * days, ecological_m3_s=10.0, start_m3=1e9
    )
    use = use_closed_year(20.0 * days, DAY * days, plant, slow)
    a_year = 10.0 * 365 * DAY
    assert_allclose(use.volume_m3[0], 1e9 + 7.0 * a_year, rtol=1e-9)
    assert_allclose(use.volume_m3[-1], 1e9 + 8.0 * a_year, rtol=1e-9)
    # A year beside it that closes at once ends no rounds for the other.
    both = use_closed_year(np.outer([10.0, 20.0], days), DAY * days, plant, slow)
    assert_allclose(both.volume_m3[0], 1e9, rtol=1e-9)
    assert_allclose(both.volume_m3[1], use.volume_m3, rtol=1e-9)


def test_water_travels_by_parts_of_a_step_in_all_years():
    out = np.array([[1.0, 2.0, 4.0, 8.0], [8.0, 4.0, 2.0, 1.0]])
    assert_allclose(arrive(out, 1.25), [[1, 1, 1.75, 3.5], [8, 8, 5, 2.5]])
    assert_allclose(arrive(out, 0.75), [[1, 1.25, 2.5, 5], [8, 7, 3.5, 1.75]])
    assert_allclose(arrive(out, 3.0), [[1, 1, 1, 1], [8, 8, 8, 8]])
