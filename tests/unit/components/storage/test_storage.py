"""Batteries and pumped storage."""

import numpy as np
import pytest
from numpy.testing import assert_allclose
from pydantic import ValidationError

from altay_energy.components.storage.battery import Battery
from altay_energy.components.storage.pumped_storage import PumpedStorage
from altay_energy.components.storage.storage import per_hour
from altay_energy.core.errors import ScenarioError

BATTERY = {"charge_mw": 40.0, "discharge_mw": 40.0, "energy_mwh": 80.0}
STATION = {"pump_mw": 1400.0, "turbine_mw": 1400.0, "energy_mwh": 9333.0}


def test_default_efficiencies_are_the_published_round_trips():
    # Urumqi: 1.04 TWh out of 1.14 TWh; Fukang: 2,410 GWh out of 3,213 GWh.
    battery, station = Battery(**BATTERY).limits, PumpedStorage(**STATION).limits
    assert_allclose(
        battery.charge_efficiency * battery.discharge_efficiency, 1.04 / 1.14, atol=1e-3
    )
    assert_allclose(
        station.charge_efficiency * station.discharge_efficiency, 2410 / 3213, atol=1e-3
    )


def test_both_kinds_look_alike_to_a_dispatcher():
    station = PumpedStorage(**STATION, initial_level=0.25).limits
    assert (station.charge_mw, station.discharge_mw) == (1400.0, 1400.0)
    assert (station.usable_energy_mwh, station.initial_usable_mwh) == (9333.0, 9333.0 / 4)
    assert (station.charge_efficiency, station.discharge_efficiency) == (0.833, 0.90)
    assert station.standing_loss_per_hour == 0.0


def test_levels_of_a_battery_count_from_its_lowest_level():
    limits = Battery(**BATTERY, min_level=0.1, max_level=0.9, initial_level=0.5).limits
    assert_allclose(limits.usable_energy_mwh, 64.0)
    assert_allclose(limits.initial_usable_mwh, 32.0)


@pytest.mark.parametrize("level", [0.1, 0.3, 0.7])
def test_the_initial_content_never_exceeds_the_band(level):
    limits = Battery(**BATTERY, min_level=0.1, max_level=level + 0.2, initial_level=level).limits
    assert 0.0 <= limits.initial_usable_mwh <= limits.usable_energy_mwh
    full = Battery(**BATTERY, min_level=level, max_level=0.9, initial_level=0.9).limits
    assert full.initial_usable_mwh == full.usable_energy_mwh


def test_charging_and_discharging_lose_on_the_way():
    battery = Battery(
        **BATTERY, charge_efficiency=0.9, discharge_efficiency=0.8, standing_loss_per_day=0.0
    )
    assert_allclose(battery.next_level(np.array(20.0), np.array(10.0), np.array(0.0)), 29.0)
    assert_allclose(battery.next_level(np.array(20.0), np.array(0.0), np.array(8.0)), 10.0)
    quarter = battery.next_level(np.array(20.0), np.array(10.0), np.array(0.0), hours=0.25)
    assert_allclose(quarter, 22.25)


def test_pumping_and_generating_move_water():
    station = PumpedStorage(**STATION)
    level = station.next_level(
        np.array([4000.0, 4000.0]), np.array([100.0, 0.0]), np.array([0.0, 90.0])
    )
    assert_allclose(level, [4083.3, 3900.0])


def test_the_standing_loss_of_a_day_is_that_of_24_hours():
    assert_allclose((1.0 - per_hour(0.02)) ** 24, 0.98)
    battery = Battery(**BATTERY, standing_loss_per_day=0.02)
    level = np.array(50.0)
    for _ in range(24):
        level = battery.next_level(level, np.array(0.0), np.array(0.0))
    assert_allclose(level, 49.0)


def test_a_plant_of_no_size_is_allowed_so_that_sweeps_may_begin_at_zero():
    assert Battery(charge_mw=0, discharge_mw=0, energy_mwh=0).limits.usable_energy_mwh == 0.0
    assert PumpedStorage(pump_mw=0, turbine_mw=0, energy_mwh=0).limits.charge_mw == 0.0


def test_a_variant_is_a_new_checked_value():
    station = PumpedStorage(**STATION)
    larger = station.with_(energy_mwh=12_000)
    assert (station.energy_mwh, larger.energy_mwh) == (9333.0, 12_000.0)
    with pytest.raises(ScenarioError, match="pump_efficiency"):
        station.with_(pump_efficiency=1.2)
    with pytest.raises(ValidationError, match="frozen"):
        station.energy_mwh = 1.0


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"charge_efficiency": 1.2}, "charge_efficiency\n.*less than or equal to 1"),
        ({"charge_efficiency": 0.0}, "charge_efficiency\n.*greater than 0"),
        ({"discharge_efficiency": 0.09}, "discharge_efficiency\n  is unusual"),
        ({"charge_mw": -1.0}, "charge_mw\n.*greater than or equal to 0"),
        ({"energy_mwh": float("inf")}, "energy_mwh\n.*finite number"),
        ({"energy_mwh": 80_000.0}, "80000 MWh over discharge_mw = 40 MW is 2000 h at full power"),
        ({"energy_mwh": 0.08}, "0.08 MWh over discharge_mw = 40 MW is 0.002 h at full power"),
        ({"min_level": 0.9, "max_level": 0.1}, "min_level = 0.9 must be below max_level = 0.1"),
        (
            {"min_level": 0.2, "initial_level": 0.1},
            "initial_level = 0.1 must lie between min_level = 0.2 and max_level = 1",
        ),
        ({"standing_loss_per_day": 1.0}, "standing_loss_per_day\n.*less than 1"),
        ({"standing_loss_per_day": 0.5}, "standing_loss_per_day\n  is unusual"),
        ({"effciency": 0.9}, "effciency\n.*Extra inputs are not permitted"),
        ({"energy_mwh": "80 MWh"}, "energy_mwh\n.*valid number"),
    ],
)
def test_a_faulty_battery_is_refused_with_a_remedy(change, message):
    with pytest.raises(ValidationError, match=message):
        Battery.model_validate({**BATTERY, **change})


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"pump_efficiency": 88.0}, "pump_efficiency\n.*less than or equal to 1"),
        ({"energy_mwh": 9_333_000.0}, "over turbine_mw = 1400 MW is 6666 h at full power"),
        ({"pump_mw": 1_400_000.0}, "pump_mw\n  is unusual"),
        ({"initial_level": 1.5}, "initial_level\n.*less than or equal to 1"),
        (
            {"units": 4, "unit_mw": 350.0},
            "energy_mwh, pump_mw, turbine_mw belong to the simple form and unit_mw, units to the "
            "form with units and two reservoirs, .* keep the keys of one form",
        ),
        ({"pump_mw": None}, "pump_mw missing: the simple form needs pump_mw, turbine_mw, energy"),
    ],
)
def test_a_faulty_pumped_storage_is_refused_with_a_remedy(change, message):
    with pytest.raises(ValidationError, match=message):
        PumpedStorage.model_validate({**STATION, **change})


def test_unusual_durations_pass_when_they_are_meant():
    table = {**BATTERY, "energy_mwh": 80_000.0}
    assert Battery.model_validate(table, context={"allow_unusual": True}).energy_mwh == 80_000.0
