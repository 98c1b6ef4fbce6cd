"""Pumped storage described by its units and reservoirs: what follows, and what is refused."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.testing import assert_allclose
from pydantic import ValidationError

from altay_energy.components.settings.settings import TimeSettings
from altay_energy.components.storage.pumped_storage import PumpedStorage
from altay_energy.core.errors import ScenarioError
from altay_energy.core.timeline import Timeline
from altay_energy.core.units import GRAVITY
from altay_energy.resource.water.open_water import evaporation_mm_day
from altay_energy.weather.climate.model.generate import climate_weather

BURQIN = {
    "units": 4,
    "unit_mw": 350.0,
    "upper": {
        "normal_level_m": 1470.0,
        "dead_level_m": 1437.0,
        "total_volume_m3": 8210000.0,
        "live_volume_m3": 5900000.0,
    },
    "lower": {
        "normal_level_m": 878.0,
        "dead_level_m": 847.0,
        "total_volume_m3": 7590000.0,
        "live_volume_m3": 5900000.0,
    },
}
YEAR = Timeline.of_year(2030)


def burqin(**changes) -> PumpedStorage:
    return PumpedStorage.model_validate({**BURQIN, **changes})


def upper(**changes) -> dict:
    return {"upper": {**BURQIN["upper"], **changes}}


def test_the_simple_form_is_derived_from_units_and_reservoirs():
    plant = burqin()
    simple, station = plant.simple(), plant.station
    assert simple.form == "simple"
    assert simple.simple() is simple
    assert simple.turbine_mw == 1400.0
    water = 1000.0 * GRAVITY * 5.9e6 * station.mean_head_m / 3.6e9
    assert_allclose(simple.energy_mwh, water)
    assert_allclose(simple.energy_mwh * simple.turbine_efficiency, station.full_energy_mwh)
    assert plant.limits == simple.limits


def test_the_simple_form_has_no_units_to_speak_of():
    simple = burqin().simple()
    with pytest.raises(ScenarioError, match="no units and no reservoirs"):
        _ = simple.station


def test_each_form_writes_only_its_own_keys():
    plant = burqin()
    table = plant.model_dump(exclude_none=True)
    assert "turbine_efficiency" not in table
    assert table["waterway_loss"] == 0.022
    assert PumpedStorage.model_validate(table).model_dump() == plant.model_dump()
    assert "waterway_loss" not in plant.simple().model_dump()


def test_full_and_empty_reservoirs_bound_the_head():
    low, high = burqin().station.head_range_m
    assert (low, high) == (559.0, 623.0)
    assert low < burqin().station.mean_head_m < high


def test_the_water_of_the_station_is_that_of_one_cycle_unless_levels_are_given():
    above, below = burqin().station.start_m3
    assert_allclose(above, 8.21e6 - 2.95e6)
    assert_allclose(above + below, 8.21e6 + 7.59e6 - 5.9e6)
    full = burqin(**upper(start_level_m=1470.0)).station.start_m3
    assert_allclose(full, [8.21e6, 7.59e6 - 5.9e6])


def test_a_surveyed_curve_replaces_the_volumes():
    surveyed = {
        "normal_level_m": 1470.0,
        "dead_level_m": 1440.0,
        "level_m": [1400.0, 1440.0, 1470.0],
        "volume_m3": [0.0, 2_000_000.0, 8_000_000.0],
    }
    plant = burqin(upper=surveyed)
    assert plant.upper.live_m3 == 6e6
    assert_allclose(plant.upper.area_m2(1470.0), 6e6 / 30.0)


def test_units_in_maintenance_are_out_on_their_days_by_the_local_clock():
    plant = burqin(
        outages={"spring": {"unit": 2, "first_day": "2030-04-01", "last_day": "2030-04-20"}}
    )
    service = plant.station.in_service(YEAR)
    assert service[[0, 2, 3]].all()
    out = ~service[1]
    assert out.sum() == 20 * 24
    assert YEAR.local[out][0] == np.datetime64("2030-04-01T00:00")


def test_units_fail_by_chance_as_often_as_stated_and_the_same_for_the_same_seed():
    plant = burqin(forced_outage_rate=0.1, forced_outage_hours=40.0)
    many = np.mean([plant.with_(outage_seed=s).station.in_service(YEAR).mean() for s in range(12)])
    assert 0.885 < many < 0.915
    assert np.array_equal(plant.station.in_service(YEAR), plant.station.in_service(YEAR))
    other = plant.with_(outage_seed=99).station.in_service(YEAR)
    assert not np.array_equal(plant.station.in_service(YEAR), other)


def test_the_weather_of_a_site_rains_dries_and_freezes():
    weather = climate_weather("burqin", YEAR, 1)
    sky = burqin().station.sky(weather, YEAR)
    area = burqin().upper.area_m2(1470.0)
    assert_allclose(sky.rain_m3[0].sum(), 1e-3 * weather.precipitation_mm.sum() * area)
    winter, summer = YEAR.month == 1, YEAR.month == 6
    assert 0.5 < sky.ice_m3[0, winter].mean() / (0.917 * area) < 1.2
    assert not sky.ice_m3[:, summer].any()
    assert not sky.evaporation_m3[:, winter].any()
    assert sky.evaporation_m3[0].sum() / burqin().upper.area_m2(1453.5) < 1.2
    none = burqin().station.sky(None, YEAR)
    assert not none.rain_m3.any()
    assert not none.ice_m3.any()


def test_reservoirs_that_cannot_hold_the_hours_are_reported_with_the_arithmetic():
    small = {**upper(live_volume_m3=5_000_000), "stated_energy_mwh": 8400.0}
    with pytest.raises(ValidationError) as caught:
        burqin(**small)
    text = str(caught.value)
    assert (
        "the reservoirs are too small for these hours: 5 Mm³ × 1000 kg/m³ × 9.807 m/s² × " in text
    )
    assert "stated_energy_mwh = 8,400 (6 h at full power) needs 5.9" in text
    assert "the upper reservoir is the smaller one" in text
    # The arithmetic that is shown is right.
    factors = text.split("hours: ")[1].split(" MWh")[0].replace(",", "")
    numbers = [float(part.split()[0]) for part in factors.replace("=", "×").split("×")[:-1]]
    product = numbers[0] * 1e6 * numbers[1] * numbers[2] * numbers[3]
    efficiency = float(factors.split("×")[4].split("/")[0])
    assert_allclose(product * efficiency / 3.6e9, float(factors.split("=")[1]), rtol=2e-3)
    assert burqin(stated_energy_mwh=8400.0).station.full_energy_mwh > 8200.0


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (upper(dead_level_m=1480.0), "dead_level_m = 1480 must be below normal_level_m = 1470"),
        (
            upper(start_level_m=1430.0),
            "start_level_m = 1430 must lie between dead_level_m = 1437 and normal_level_m = 1470",
        ),
        (upper(total_volume_m3=8.21), "if it is in million m³, write 8210000"),
        (
            upper(live_volume_m3=9_000_000),
            "live volume of 9 Mm³ must be above 0 and at most the total",
        ),
        (upper(live_volume_m3=float("nan")), "finite number"),
        (upper(live_volume_m3=None), "either live_volume_m3 .* or a curve by level_m and volume"),
        (upper(level_m=[1400.0, 1480.0], volume_m3=[0.0, 9_000_000.0]), "a reservoir needs either"),
        (
            {"upper": {"normal_level_m": 9.0, "dead_level_m": 8.0, "level_m": [8.0, 9.0]}},
            "level_m and volume_m3 go together",
        ),
        (
            {
                "upper": {
                    "normal_level_m": 1470.0,
                    "dead_level_m": 1437.0,
                    "level_m": [1440.0, 1480.0],
                    "volume_m3": [0.0, 9_000_000.0],
                }
            },
            "the curve runs from 1440 to 1480 m and must reach from dead_level_m = 1437",
        ),
        ({"upper": BURQIN["lower"], "lower": BURQIN["upper"]}, "are upper and lower exchanged"),
        (
            {"rated_head_m": 300.0},
            "static heads from 559 to 623 m, but units of rated_head_m = 300",
        ),
        ({"min_generation": 1.2}, "less than or equal to 1"),
        ({"units": 0}, "greater than or equal to 1"),
        ({"units": 1000}, "less than or equal to 40"),
        ({"unit_mw": 350_000.0}, "if it is in a unit 1000 times smaller, write 350"),
        ({"unit_mw": 35_000.0}, "empty 5.9 Mm³ in 0.0.* h .* is unit_mw in kW"),
        ({"hill": "no-such-hill"}, "there is no hill 'no-such-hill'"),
        ({"pump_band": [0.7, 1.0]}, 'pump_band goes with speed = "variable"'),
        ({"speed": "variable", "pump_band": [1.0, 0.7]}, "must rise: least, largest power"),
        (
            {
                "outages": {
                    "spring": {"unit": 5, "first_day": "2030-04-01", "last_day": "2030-04-20"}
                }
            },
            r"outages\.spring: unit = 5, but units = 4",
        ),
        (
            {
                "outages": {
                    "spring": {"unit": 1, "first_day": "2030-04-20", "last_day": "2030-04-01"}
                }
            },
            "last_day = 2030-04-01 is before first_day = 2030-04-20",
        ),
        (
            {
                "outages": {
                    "spring": {"unit": 1, "first_day": "2030-02-30", "last_day": "2030-04-01"}
                }
            },
            "'2030-02-30' is no day; expected a date",
        ),
        ({"pump_mw": 1400.0}, "pump_mw belong to the simple form and .* keep the keys of one form"),
        ({"lower": None}, "lower missing: the form with units and two reservoirs needs units"),
        ({"effciency": 0.9}, "Extra inputs are not permitted"),
    ],
)
def test_a_faulty_station_is_refused_with_a_remedy(change, message):
    with pytest.raises(ValidationError, match=message):
        burqin(**change)


def test_an_outage_outside_the_period_is_named():
    plant = burqin(
        outages={"spring": {"unit": 1, "first_day": "2031-04-01", "last_day": "2031-04-20"}}
    )
    (text,) = plant.station.outage_problems(YEAR)
    assert (
        "unit 1 from 2031-04-01 to 2031-04-20 is outside the period, 2030-01-01 to 2030-12" in text
    )


def test_the_notice_says_what_optimal_and_rolling_leave_out():
    (text,) = burqin().station.notices()
    assert "turbine_mw = 1400" in text
    assert "use its best efficiency" in text
    assert "least load of 175 MW a unit, part load, the head from 559 to 623 m" in text


def test_variable_speed_lowers_the_least_load():
    assert burqin().station.least_generation == 0.5
    assert burqin(speed="variable").station.least_generation == 0.25
    assert burqin(min_generation=0.4).station.least_generation == 0.4


@pytest.mark.parametrize("step", [1.0, 0.5])
def test_a_pool_loses_each_day_what_its_weather_takes(step):
    timeline = TimeSettings(start="2030-07-01", hours=72, step_hours=step).timeline()
    weather = climate_weather("burqin", timeline, 1)
    plant = burqin()
    found = plant.station.sky(weather, timeline).evaporation_m3

    def daily(series):
        return np.asarray(series).reshape(3, -1).mean(axis=1)

    depth_mm = evaporation_mm_day(
        daily(weather.ghi_w_m2), daily(weather.temperature_c), daily(weather.pressure_pa)
    )
    assert (depth_mm > 1.0).all()
    for basin, level, lost in zip((plant.upper, plant.lower), (1453.5, 862.5), found, strict=True):
        by_day = lost.reshape(3, -1).sum(axis=1)
        assert_allclose(by_day, 1e-3 * depth_mm * basin.area_m2(level), rtol=1e-9)
        assert np.ptp(lost.reshape(3, -1), axis=1).max() < 1e-9 * lost.max()
