"""The table [wind.*]: what it refuses, and how weather becomes power at the bus."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from numpy.testing import assert_allclose

from altay_energy.components.wind.wind_farm import WindFarm
from altay_energy.core.errors import ScenarioError, SeriesError, WeatherError
from altay_energy.core.timeline import Timeline
from altay_energy.core.units import DRY_AIR_GAS_CONSTANT
from altay_energy.resource.wind.power import turbine_power
from altay_energy.resource.wind.turbines import TURBINES, Turbine
from altay_energy.weather.series import Weather

HOURS = 48
DAYS = replace(Timeline.of_year(2030), steps=HOURS)
LOSSLESS = {"wake_loss": 0.0, "availability": 1.0, "electrical_loss": 0.0}


def weather(
    speed,
    height_m=110.0,
    temperature_c=5.0,
    pressure_pa=90000.0,
    timeline=DAYS,
    humidity=60.0,
    direction=None,
):
    speed = np.asarray(speed, dtype=float)
    zero = np.zeros_like(speed)
    return Weather(
        place="test",
        latitude=47.4,
        longitude=85.9,
        elevation_m=984.0,
        timeline=timeline,
        ghi_w_m2=zero,
        dni_w_m2=zero,
        dhi_w_m2=zero,
        temperature_c=zero + temperature_c,
        wind_speed_m_s=speed,
        wind_height_m=height_m,
        pressure_pa=zero + pressure_pa,
        relative_humidity_percent=zero + humidity,
        wind_direction_deg=None if direction is None else zero + direction,
    )


def farm(**changes):
    return WindFarm(**{"site": "jeminay", "capacity_mw": 390.0, **changes})


def test_a_farm_needs_no_more_than_a_site_and_a_capacity():
    assert farm().machine == TURBINES.load("generic-6.7MW-182m")
    assert farm().hub_m == 110.0
    assert farm().turbines == pytest.approx(58.2, abs=0.01)


def test_strong_wind_gives_the_capacity_less_the_losses():
    power = farm().available_power(weather(np.full(HOURS, 18.0)), DAYS)
    assert_allclose(power, 390.0 * 0.92 * 0.97 * 0.98)


def test_power_is_that_of_one_turbine_in_the_air_at_its_hub():
    wind = np.linspace(2.0, 14.0, HOURS)
    one = farm(capacity_mw=6.7, hub_height_m=100.0, **LOSSLESS)
    # Hypsometric equation and gas law by hand for 5 °C and 900 hPa at the ground.
    kelvin = 273.15 + 5.0
    pressure = 90000.0 * np.exp(-9.80665 * 100.0 / (DRY_AIR_GAS_CONSTANT * (kelvin - 0.325)))
    density = pressure / (DRY_AIR_GAS_CONSTANT * (kelvin - 0.0065 * 98.0))
    machine = one.machine
    expected = turbine_power(wind, density, machine.curve_speed_m_s, machine.curve_power_mw)
    assert_allclose(one.available_power(weather(wind, 100.0), DAYS), expected)


def test_wind_is_carried_up_by_the_law_that_is_named():
    calm = weather(np.full(HOURS, 5.0), 10.0)
    aloft = weather(np.full(HOURS, 5.0 * 11.0 ** (1.0 / 7.0)), 110.0)
    assert_allclose(farm().available_power(calm, DAYS), farm().available_power(aloft, DAYS))
    by_log = farm(shear_law="log", roughness_m=0.1)
    factor = np.log(1100.0) / np.log(100.0)
    assert_allclose(by_log.hub_wind(calm), 5.0 * factor)


def test_two_heights_count_unless_a_law_is_named():
    mast = replace(
        weather(np.full(HOURS, 8.0), 40.0),
        wind_speed_second_m_s=np.full(HOURS, 9.6),
        wind_second_height_m=80.0,
    )
    exponent = np.log(1.2) / np.log(2.0)
    assert_allclose(farm().hub_wind(mast), 9.6 * (110.0 / 80.0) ** exponent)
    assert "wind at 40 m and 80 m" in farm().notices(mast)[0]
    named = farm(shear_law="power")
    assert_allclose(named.hub_wind(mast), 8.0 * (110.0 / 40.0) ** (1.0 / 7.0))
    assert "wind at 80 m is not used" in named.notices(mast)[0]


def test_stable_nights_carry_more_wind_to_the_hub_than_days():
    noon = np.abs((np.arange(HOURS) + 2.0) % 24.0 - 16.0) < 4.0  # Beijing time at 86° E
    breeze = replace(weather(np.full(HOURS, 2.5), 10.0), ghi_w_m2=np.where(noon, 400.0, 0.0))
    by_hour = farm(shear_law="stability").hub_wind(breeze)
    assert by_hour.min() >= 2.5 * 11.0**0.07
    assert by_hour[~noon].mean() > 1.5 * by_hour[noon].mean()
    assert "each hour's stability" in farm(shear_law="stability").notices(breeze)[0]


def test_a_site_above_its_station_has_thinner_air():
    breeze = weather(np.full(HOURS, 8.0))
    same = farm().available_power(breeze, DAYS, elevation_m=984.0)
    higher = farm().available_power(breeze, DAYS, elevation_m=1484.0)
    assert_allclose(same, farm().available_power(breeze, DAYS))
    assert_allclose(higher / same, np.full(HOURS, 0.952), atol=0.01)


def test_years_in_front_stay_in_front():
    years = weather(np.random.default_rng(3).weibull(2.0, (5, HOURS)) * 8.0)
    together = farm().available_power(years, DAYS)
    apart = [farm().available_power(weather(y), DAYS) for y in years.wind_speed_m_s]
    assert_allclose(together, apart, rtol=1e-12)


def test_a_scattered_farm_starts_earlier_and_reaches_its_rating_later():
    wind = np.array([2.8, 10.5] * (HOURS // 2))
    alike = farm().available_power(weather(wind), DAYS)
    scattered = farm(speed_spread=0.15).available_power(weather(wind), DAYS)
    assert scattered[0] > alike[0]
    assert scattered[1] < alike[1]


def test_the_density_correction_is_a_choice():
    wind = weather(np.full(HOURS, 9.0))
    by_speed = farm().available_power(wind, DAYS)
    by_shift = farm(density_correction="shifted_curve").available_power(wind, DAYS)
    assert (by_shift < by_speed).all()
    assert_allclose(by_shift, by_speed, rtol=0.06)


def test_a_profile_is_used_unchanged():
    share = np.linspace(0.0, 1.0, HOURS)
    plant = WindFarm(capacity_mw=50.0, profile=share)
    assert_allclose(plant.available_power(None, DAYS), 50.0 * share)
    assert_allclose(WindFarm(capacity_mw=50.0, profile=0.3).available_power(None, DAYS), 15.0)
    assert plant.notices(weather(share, 10.0)) == ()


def test_a_profile_of_another_length_is_refused():
    with pytest.raises(SeriesError, match="47 values"):
        WindFarm(capacity_mw=1.0, profile=np.zeros(47)).available_power(None, DAYS)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"site": None}, "either site .* or profile .* and has neither"),
        ({"profile": 0.3}, "either site .* or profile .* not both"),
        ({"site": None, "profile": 0.3, "hub_height_m": 90.0}, "hub_height_m goes with site"),
        ({"site": None, "profile": 1.2}, "profile is 1.2; it must be from 0 to 1"),
        ({"turbine": "generic-6.7mw"}, "no turbine 'generic-6.7mw'; did you mean generic-6.7MW"),
        ({"turbine": {"rated_mw": 6.7, "rotor_diameter_m": 18.2}}, "rotor_diameter_m = 18.2"),
        ({"turbine": {"rated_mw": 6.7, "rotor_diameter_m": 182.0}}, "hub_height_m is missing"),
        ({"turbine": {"file": "a.csv"}}, "(?s)turbine.speed_column.*turbine.rated_mw"),
        ({"turbine": 6.7}, "turbine"),
        ({"hub_height_m": 80.0}, "hub_height_m = 80 is too low for a rotor of 182 m"),
        ({"hub_height_m": 110_000.0}, "hub_height_m = 110000.0: is unusual"),
        ({"capacity_mw": 390_000.0}, "capacity_mw = 390000.0: is unusual"),
        ({"capacity_mw": -1.0}, "must be at least 0"),
        ({"wake_loss": 8.0}, "must be at most 1"),
        ({"availability": 97.0}, "must be at most 1"),
        ({"shear_law": "cubic"}, '"power", "log" or "stability"'),
        ({"hub_hight_m": 110.0}, "hub_hight_m"),
        ({"icing": "yes"}, '"on", "off" or "heated"'),
        ({"package": "arctic"}, '"standard", "cold_climate" or "none"'),
        ({"low_temperature_restart_c": -35.0}, "= -35 is below the stop at -30 °C"),
        ({"storm_restart_m_s": 26.0}, "storm_restart_m_s = 26 is above the cut-out speed of 25"),
        ({"layout": {"rows": 3}}, "either x_m and y_m or rows and columns"),
        ({"layout": {"x_m": [0, 900.0], "y_m": [0.0]}}, "x_m has 2 turbines and y_m has 1"),
        ({"layout": {"x_m": [0, 90.0], "y_m": [0, 0]}}, "turbines 1 and 2 are 90 m apart"),
    ],
)
def test_what_cannot_be_meant_is_refused(given, message):
    with pytest.raises(ScenarioError, match=message):
        farm(**given)


def test_a_curve_in_a_file_must_be_read_before_it_is_used():
    table = {
        "file": "curve.csv",
        "speed_column": "v",
        "power_column": "p",
        "power_unit": "kW",
        "rated_mw": 4.0,
    }
    unread = farm(turbine=table, hub_height_m=100.0)
    with pytest.raises(ScenarioError, match=r"curve.csv has not been read yet"):
        unread.available_power(weather(np.zeros(HOURS)), DAYS)
    read = unread.with_(turbine=TURBINES.load("atb-4MW-150m"))
    assert read.machine.rated_mw == 4.0
    with pytest.raises(ScenarioError, match="hub_height_m is missing"):
        farm(turbine=table)


def test_rating_and_rotor_alone_describe_a_turbine():
    generic = farm(turbine={"rated_mw": 6.7, "rotor_diameter_m": 182}, hub_height_m=110)
    wind = weather(np.linspace(0.0, 30.0, HOURS))
    assert_allclose(generic.available_power(wind, DAYS), farm().available_power(wind, DAYS))


def test_weather_must_be_there_and_of_the_period():
    with pytest.raises(WeatherError, match="'jeminay' needs weather"):
        farm().available_power(None, DAYS)
    with pytest.raises(WeatherError, match=r"weather of 2030-01-01 .* was given for a run of 2030"):
        farm().available_power(weather(np.zeros(HOURS)), replace(DAYS, steps=24))


def test_town_wind_carried_to_the_hub_is_pointed_out():
    low, high = weather(np.zeros(HOURS), 10.0), weather(np.zeros(HOURS), 100.0)
    (notice,) = farm().notices(low)
    assert "measured at 10 m is extrapolated to the hub at 110 m" in notice
    assert "× 1.41" in notice
    assert "log law with roughness 0.03 m" in farm(shear_law="log").notices(low)[0]
    assert farm().notices(high) == ()
    small = {"rated_mw": 0.5, "rotor_diameter_m": 48.0}
    assert farm(turbine=small, hub_height_m=50.0).notices(low) == ()


def test_every_field_says_what_it_is_and_in_which_unit():
    for name, field in WindFarm.model_fields.items():
        assert field.description.endswith("]"), name


def test_editors_get_a_schema():
    assert "hub_height_m" in WindFarm.model_json_schema()["properties"]


# Storm, cold, ice


def test_after_a_storm_the_farm_waits_for_the_restart_speed():
    wind = weather(np.repeat([22.0, 26.0, 22.0, 19.0], HOURS // 4))
    power = farm().available_power(wind, DAYS).reshape(4, -1)
    assert (power[[0, 3]] > 300.0).all()
    assert (power[[1, 2]] == 0.0).all()
    sooner = farm(storm_restart_m_s=23.0).available_power(wind, DAYS).reshape(4, -1)
    assert (sooner[2] == power[0]).all()


def test_each_package_stops_at_its_own_cold():
    cold = weather(np.full(HOURS, 15.0), temperature_c=np.repeat([-19.0, -25.0, -18.0, -31.0], 12))
    running = {
        name: (farm(package=name).available_power(cold, DAYS).reshape(4, -1) > 0.0).all(1).tolist()
        for name in ("standard", "cold_climate", "none")
    }
    assert running["standard"] == [True, False, False, False]
    assert running["cold_climate"] == [True, True, True, False]
    assert running["none"] == [True, True, True, True]
    own = farm(low_temperature_stop_c=-20.0, low_temperature_restart_c=-18.5)
    assert (own.available_power(cold, DAYS).reshape(4, -1) > 0.0).all(1).tolist() == [
        True,
        False,
        True,
        False,
    ]
    assert own.with_(low_temperature_restart_c=None).low_temperatures_c == (-20.0, -20.0)


def test_the_package_of_a_farm_is_that_of_its_turbine_unless_it_has_its_own():
    assert farm().low_temperatures_c == (-30.0, -27.0)
    assert farm(turbine="atb-4MW-150m").low_temperatures_c == (-20.0, -17.0)
    assert farm(turbine="atb-4MW-150m", package="cold_climate").low_temperatures_c[0] == -30.0


def test_ice_takes_its_share_below_the_rating_and_nothing_in_strong_wind():
    fog = {"temperature_c": -5.0, "humidity": 99.0}
    breeze, gale = (weather(np.full(HOURS, v), **fog) for v in (8.0, 20.0))
    clean = farm(icing="off")
    left = farm().available_power(breeze, DAYS) / clean.available_power(breeze, DAYS)
    assert left[0] > 0.8
    # A rotor with 24 % less of the wind's power reads the curve at (0.76)^(1/3) of the wind.
    machine = clean.machine
    v = 8.0 * np.cbrt(np.array([1.0, 0.76]) * 0.9197)
    curve = np.interp(v, machine.curve_speed_m_s, machine.curve_power_mw)
    assert left[-1] == pytest.approx(curve[1] / curve[0], abs=0.02)
    assert_allclose(farm().available_power(gale, DAYS), clean.available_power(gale, DAYS))


def test_heated_blades_take_their_power_from_the_farm_and_never_more():
    fog = {"temperature_c": -5.0, "humidity": 99.0}
    heated, clean = farm(icing="heated", **LOSSLESS), farm(icing="off", **LOSSLESS)
    breeze = weather(np.full(HOURS, 9.0), **fog)
    taken = clean.available_power(breeze, DAYS) - heated.available_power(breeze, DAYS)
    assert_allclose(taken, 0.05 * 390.0)
    calm = weather(np.full(HOURS, 3.2), **fog)
    assert (heated.available_power(calm, DAYS) == 0.0).all()
    dry = weather(np.full(HOURS, 9.0), temperature_c=-5.0)
    assert_allclose(heated.available_power(dry, DAYS), clean.available_power(dry, DAYS))


# Losses and layout


def test_the_waterfall_names_every_loss_by_hand():
    hours = {"temperature_c": np.repeat([5.0, -32.0], HOURS // 2)}
    steady = weather(np.full(HOURS, 18.0), **hours)
    losses = farm().losses(steady, DAYS)
    gross = 390.0 * HOURS
    assert losses["gross"] == pytest.approx(gross)
    assert losses["density"] == pytest.approx(0.0, abs=1e-9)
    assert losses["storm"] == 0.0
    assert losses["wake"] == pytest.approx(0.08 * gross)
    assert losses["cold"] == pytest.approx(0.5 * 0.92 * gross)
    assert losses["ice"] == 0.0
    assert losses["availability"] == pytest.approx(0.5 * 0.92 * 0.03 * gross)
    assert losses["electrical"] == pytest.approx(0.5 * 0.92 * 0.97 * 0.02 * gross)
    assert losses["net"] == pytest.approx(0.5 * 0.92 * 0.97 * 0.98 * gross)


def test_a_profile_has_no_waterfall():
    with pytest.raises(ValueError, match="its power is net of them"):
        WindFarm(capacity_mw=50.0, profile=0.3).losses(None, DAYS)


def test_a_layout_takes_the_direction_of_the_wind():
    rows = farm(capacity_mw=6.7 * 8, layout={"rows": 4, "columns": 2})
    along, across = (
        rows.available_power(weather(np.full(HOURS, 8.0), direction=d), DAYS)[0] for d in (0, 30)
    )
    assert along < 0.95 * across
    same = rows.with_(layout={"x_m": (0, 0, 0, 0), "y_m": (0, -1274, -2548, -3822)}, wake_loss=0.9)
    column = same.available_power(weather(np.full(HOURS, 8.0), direction=0.0), DAYS)[0]
    assert column == pytest.approx(along, rel=0.03)


def test_without_a_direction_the_layout_is_not_used_with_a_notice():
    breeze = weather(np.full(HOURS, 8.0))
    rows = farm(capacity_mw=6.7 * 8, layout={"rows": 4, "columns": 2})
    plain = rows.with_(layout=None).available_power(breeze, DAYS)
    assert_allclose(rows.available_power(breeze, DAYS), plain)
    (notice,) = rows.notices(breeze)
    assert "direction of the wind is unknown" in notice
    assert "8 % (wake_loss)" in notice
    known = weather(np.full(HOURS, 8.0), direction=10.0)
    assert rows.notices(known) == ()
    (other,) = rows.with_(capacity_mw=390.0).notices(known)
    assert "8 turbines where the capacity makes 58.2" in other


def test_what_was_done_to_a_makers_curve_is_a_notice_of_the_farm():
    machine = Turbine("E-82", 2.0, [2, 13, 25], [-0.005, 2.05, 2.05], rotor_diameter_m=82.0)
    found = farm(turbine=machine, hub_height_m=110.0).notices(weather(np.full(HOURS, 8.0)))
    assert [text.split(",")[0] for text in found] == [
        "turbine E-82: its powers reach 2.05 MW",
        "turbine E-82: its standby power",
    ]
