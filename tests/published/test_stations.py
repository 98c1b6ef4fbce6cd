"""Pumped storage unit by unit against what was published of Burqin, Fukang and Huangyang."""

from __future__ import annotations

import numpy as np
import pytest

import altay_energy as ae

PUBLISHED_ROUND_TRIP = 0.75
"""Fukang 2,410 of 3,213 GWh, Huangyang 1,600 of 2,133 GWh, both by plan."""


@pytest.fixture(scope="module")
def burqin(repository):
    return ae.load(repository / "scenarios" / "burqin-2030.toml").portfolio


@pytest.fixture(scope="module")
def station(burqin):
    return burqin.pumped_storage["burqin"].station


def at_592_m(station):
    """Power and flow of all units at the difference of the normal levels: pumps, turbines."""
    pump, turbine = station.tables
    row, units = pump.row(np.array([592.0])), np.array([station.units])
    return [
        (float(t.high_mw[row, units][0]), float(t.flow_m3_s[row, units, -1][0]))
        for t in (pump, turbine)
    ]


def test_full_load_at_592_m_takes_268_to_275_cubic_metres_a_second(station):
    _, (power, flow) = at_592_m(station)
    assert power == 1400.0
    assert 268.0 <= flow <= 275.0


def test_six_hours_at_full_load_take_the_live_volume(station):
    _, (power, flow) = at_592_m(station)
    assert power * 6.0 == 8400.0
    assert 5.8e6 <= flow * 6 * 3600.0 <= 5.95e6


def test_the_reservoirs_hold_the_stated_energy_within_a_percent(station):
    assert station.full_energy_mwh == pytest.approx(8400.0, rel=0.01)
    assert station.cycle_m3 == pytest.approx(5.9e6, rel=1e-6)


def test_the_round_trip_at_592_m_emerges_between_0_74_and_0_78(station):
    (pumped_mw, pumped), (power, flow) = at_592_m(station)
    assert 0.74 <= (power / flow) / (pumped_mw / pumped) <= 0.78


@pytest.mark.parametrize("name", ["fukang", "huangyang"])
def test_other_stations_give_their_published_round_trip_with_the_same_curves(repository, name):
    run = ae.load(repository / "scenarios" / f"{name}.toml").run()
    plant = run.portfolio.pumped_storage[name]
    given = plant.given()
    assert not {"hill", "waterway_loss", "generator_efficiency", "own_use"} & given.keys()
    found = run.kpis["plants"][f"pumped_storage.{name}"]
    assert found["discharge_mwh"] > 1_000_000.0
    assert found["round_trip_efficiency"] == pytest.approx(PUBLISHED_ROUND_TRIP, abs=0.02)
    simple = plant.simple()
    full_load = simple.pump_efficiency * simple.turbine_efficiency
    assert full_load == pytest.approx(PUBLISHED_ROUND_TRIP, abs=0.02)


def test_a_year_of_burqin_gives_back_between_0_74_and_0_78_and_accounts_for_its_water(burqin):
    found = burqin.run().kpis["plants"]["pumped_storage.burqin"]
    assert 0.74 <= found["round_trip_efficiency"] <= 0.78
    assert found["water_residual_m3"] <= 1e-6
    assert found["start_level_mwh"] == found["end_level_mwh"]
