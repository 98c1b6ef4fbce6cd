"""A station and a battery planned together."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from altay_energy.components.storage.pumped_storage import PumpedStorage
from altay_energy.core.timeline import Timeline
from altay_energy.dispatch.problem.period import PeriodTerms
from altay_energy.dispatch.problem.problem import Problem, StorageLimits
from altay_energy.dispatch.problem.station import StationLimits
from altay_energy.dispatch.units import units
from altay_energy.dispatch.units.decomposition import PriceDecomposition
from altay_energy.dispatch.units.joint_schedule import CONTENTS, MOST_STEPS, Pair
from altay_energy.dispatch.units.station_schedule import ResidualCost, StationDynamics
from altay_energy.dispatch.units.units import Search, dispatch_units

NAME = "pumped_storage.s"
BATTERY = StorageLimits("battery.b", 200.0, 200.0, 800.0, 0.95, 0.95, 0.0, 400.0)


def station(steps: int, **changes) -> StationLimits:
    basin = {"live_volume_m3": 1.5e6}
    plant = PumpedStorage.model_validate(
        {
            "units": 4,
            "unit_mw": 350.0,
            "upper": {"normal_level_m": 1470.0, "dead_level_m": 1437.0, **basin},
            "lower": {"normal_level_m": 878.0, "dead_level_m": 847.0, **basin},
            **changes,
        },
        context={"allow_unusual": True},
    )
    timeline = replace(Timeline.of_year(2030), steps=steps)
    return StationLimits.of(NAME, plant, None, timeline)


def problem(seed: int = 7, steps: int = 36, **changes) -> Problem:
    """Noise around a station and a battery."""
    rng = np.random.default_rng(seed)
    given = {
        "step_hours": 1.0,
        "load_mw": rng.uniform(200.0, 1200.0, steps),
        "renewables": {"wind.w": rng.uniform(0.0, 2500.0, steps)},
        "thermals": (),
        "storages": (BATTERY,),
        "stations": (station(steps),),
        "import_limit_mw": 3000.0,
        "export_limit_mw": 500.0,
        "import_price_cny_mwh": rng.uniform(150.0, 600.0, steps),
        "export_price_cny_mwh": 100.0,
        "unserved_cost_cny_mwh": 5_000.0,
        "grid_emission_factor_t_mwh": 0.6,
        "terminal": "water_value",
        "terms": PeriodTerms(water_value_cny_mwh=(300.0, 150.0)),
    }
    return Problem(**{**given, **changes})


def test_both_together_find_what_neither_finds_alone(monkeypatch):
    found = {}
    for together in (0, 2):
        monkeypatch.setattr(units, "JOINT_PLANS", together)
        dispatch = dispatch_units(problem(), Search(gap=0.0))
        dispatch.check()
        found[together] = float(dispatch.solution.objective_cny)
    assert found[2] < found[0] - 1e-4 * abs(found[0])


def line(steps: int) -> ResidualCost:
    """A surplus of 500 MW without value, and then a deficit that costs 300 CNY/MWh."""
    power = np.array([-1e6, 0.0, 500.0, 1e6])
    cost = np.array([[0.0, 0.0, 0.0, 1e9], [-3e8, 0.0, 1.5e5, 3e8]])
    which = np.arange(steps) >= steps // 2
    return ResidualCost(np.tile(power, (steps, 1)), cost[which.astype(int)])


def test_a_pump_takes_its_whole_power_and_the_battery_what_is_left_of_the_surplus():
    steps = 2
    limits = station(steps)
    dynamics = StationDynamics.of(limits, 1.0, limits.dead_m3[0], limits.normal_m3[0], 321)
    pair = Pair(dynamics, BATTERY, (0.0, 0.0))
    end = np.zeros((CONTENTS, 321))
    value = pair.values(line(steps), end)
    start = 0.5 * limits.normal_m3[0]
    wanted = pair.follow(line(steps), value, start, 0.0)
    row = limits.pump.row(np.array([limits.mean_head_m]))[0]
    assert wanted[0] == pytest.approx(1.3 * limits.pump.high_mw[row, 1], rel=0.02)
    alone = dynamics.values(line(steps), np.zeros(321), 0.0)[0, :, 0]
    # Of the 145 MW that are left, 131.6 MW fill five points of the grid: 125 MWh, worth 300 each.
    middle = (alone - value[0, 0])[150:170]
    assert middle.max() == pytest.approx(125.0 * 0.95 * 300.0)
    assert middle.min() > 0.5 * middle.max()
    assert np.all(np.diff(value[0], axis=0) <= 1e-6)  # more in the battery is never worse


def test_power_of_a_change_counts_both_efficiencies():
    pair = Pair(StationDynamics(station(2), 0.5, np.linspace(0.0, 1.0, 3)), BATTERY, (0.0, 0.0))
    assert pair.power(np.array([95.0, -95.0])) == pytest.approx([200.0, -180.5])


@pytest.mark.parametrize(
    "changes",
    [
        {"storages": ()},
        {"stations": (station(36, start_cost_cny=1000.0),)},
        {"storages": (replace(BATTERY, charge_mw=0.0),)},
        {"storages": (replace(BATTERY, inflow_mw=np.ones(36)),)},
    ],
)
def test_a_station_is_planned_alone_where_starts_cost_or_no_storage_can_be_looked_at(changes):
    asked = problem(**changes)
    assert PriceDecomposition(asked, asked.stations[0]).partner is None


def test_the_largest_storage_is_the_partner_in_short_periods():
    small = replace(BATTERY, name="battery.small", energy_mwh=500.0)
    asked = problem(storages=(small, BATTERY))
    assert PriceDecomposition(asked, asked.stations[0]).partner is BATTERY
    long = problem(steps=MOST_STEPS + 1)
    assert PriceDecomposition(long, long.stations[0]).partner is None
