"""Range checks catch unit slips; notices tell what a reader of results should know."""

from __future__ import annotations

import re
from dataclasses import replace

import numpy as np
import pytest

from altay_energy.weather.files.checks import check, standard_pressure
from altay_energy.weather.files.clock import clock_check
from altay_energy.weather.files.closure import closure
from altay_energy.weather.files.odd_values import settle
from altay_energy.weather.read import read_weather


def problems(file):
    return "\n".join(check(file).problems)


@pytest.mark.parametrize(
    ("name", "slip", "words"),
    [
        ("temperature_c", lambda v: v + 273.15, "looks like kelvin: declare the unit K"),
        ("temperature_c", lambda v: v - 273.15, "looks like °C declared as K"),
        ("temperature_c", lambda v: v * 1.8 + 50.0, "is it in °F?"),
        ("ghi_w_m2", lambda v: v / 1000.0, r"daily maximum .* unit\? Looks like kW/m2"),
        ("ghi_w_m2", lambda v: v * 0.0036, "Looks like MJ/m2"),
        ("ghi_w_m2", lambda v: v * 3600.0, "looks like J/m²: declare the unit J/m2"),
        ("ghi_w_m2", lambda v: v * 3.6, "looks like kJ/m²"),
        ("ghi_w_m2", lambda v: 0.0 * v, "ghi_w_m2 is 0 throughout"),
        ("ghi_w_m2", lambda v: v - 50.0, "a net flux"),
        ("ghi_w_m2", lambda v: v * 1.6, "exceeds extraterrestrial irradiance"),
        ("ghi_w_m2", lambda v: v + 60.0, "exceeds extraterrestrial irradiance"),
        ("dni_w_m2", lambda v: v * 3.6, "dni_w_m2 = .* is outside -5 to 1600"),
        ("pressure_pa", lambda v: v / 100.0, r"looks like hPa \(= mbar\)"),
        ("pressure_pa", lambda v: v / 1000.0, "looks like kPa"),
        ("pressure_pa", lambda v: v * 100.0, "is it in Pa already"),
        ("wind_speed_m_s", lambda v: v * 12.0, "is it in km/h or knots"),
        ("wind_speed_m_s", lambda v: v * 5.0, "25.0 m/s on average, more than any place"),
        ("wind_speed_m_s", lambda v: v - 20.0, "a speed is never negative"),
        ("relative_humidity_percent", lambda v: v / 100.0, "looks like a fraction"),
        ("relative_humidity_percent", lambda v: v * 2.0, "is outside 0 to 120 %"),
    ],
)
def test_a_slip_is_named_with_its_remedy(made, with_series, name, slip, words):
    file = made()
    assert not check(file).problems
    found = problems(with_series(file, **{name: slip(file.series[name])}))
    assert found.startswith("made.csv: ")
    assert re.search(words, found), found


def test_bounds_of_optional_series_count_too(made, with_series):
    file = made()
    ones = np.ones(8760)
    assert "snow_depth_m = 30" in problems(with_series(file, snow_depth_m=30.0 * ones))
    assert "wind_direction_deg = 400" in problems(with_series(file, wind_direction_deg=400 * ones))
    assert "precipitation_mm = -1" in problems(with_series(file, precipitation_mm=-ones))


def test_darkness_of_the_polar_night_is_no_missing_sunlight(made, with_series):
    night = made(start="2021-12-01", hours=240, latitude=78.0, longitude=16.0)
    assert not check(with_series(night, ghi_w_m2=np.zeros(240))).problems


def test_night_offsets_and_fog_are_set_and_counted(made, with_series):
    file = made()
    ghi = np.where(file.series["ghi_w_m2"] == 0.0, -2.0, file.series["ghi_w_m2"])
    humid = file.series["relative_humidity_percent"] + 25.0
    settled = settle(with_series(file, ghi_w_m2=ghi, relative_humidity_percent=humid))
    assert settled.series["ghi_w_m2"].min() == 0.0
    assert settled.series["relative_humidity_percent"].max() == 100.0
    night = int((ghi == -2.0).sum())
    fog = int((humid > 100.0).sum())
    assert f"ghi_w_m2: {night} values from -5 to 0 set to 0 (night offset of pyranometers)" in (
        settled.notices
    )
    assert f"relative_humidity_percent: {fog} values from 100 to 120 set to 100 (fog)" in (
        settled.notices
    )
    assert settle(file).notices == file.notices


def test_closure_is_zero_where_the_components_close(made, with_series):
    file = made()
    assert closure(file).rms_w_m2 == pytest.approx(0.0, abs=5.0)
    assert not any("close" in notice for notice in check(file).notices)
    off = with_series(file, dhi_w_m2=file.series["dhi_w_m2"] + 80.0 * (file.series["dni_w_m2"] > 0))
    assert closure(off).rms_w_m2 == pytest.approx(80.0, rel=0.05)
    assert any("W/m² rms only: DHI + DNI cos Z is" in notice for notice in check(off).notices)
    assert closure(with_series(file, dni_w_m2=None)) is None


def test_pressure_reduced_to_the_sea_is_noted(made, with_series):
    file = made(elevation_m=1300.0)
    sea = with_series(file, pressure_pa=np.full(8760, 101325.0))
    assert any("(reduced to sea level?)" in notice for notice in check(sea).notices)
    own = with_series(file, pressure_pa=np.full(8760, standard_pressure(1300.0)))
    assert not any("standard atmosphere" in notice for notice in check(own).notices)


def test_a_sensor_that_is_stuck_is_noted_with_its_span(made, with_series):
    file = made()
    temperature = file.series["temperature_c"].copy()
    temperature[1000:1100] = 3.0
    noted = check(with_series(file, temperature_c=temperature)).notices
    assert any(
        "temperature_c does not change for more than 3 days: 2021-02-11 16:00 for 100 h" in n
        for n in noted
    )
    constant = check(with_series(file, wind_speed_m_s=np.full(8760, 5.0))).notices
    assert "wind_speed_m_s is 5 throughout" in constant


def test_held_rounded_and_calm_wind_is_noted(made, with_series):
    file = made()
    random = np.random.default_rng(1).integers(0, 4, 1460).astype(float)
    noted = check(with_series(file, wind_speed_m_s=np.repeat(random, 6))).notices
    assert any("held for 6 h" in notice for notice in noted)
    assert "wind is in whole m/s" in noted
    assert any("calm in 2" in notice for notice in noted)
    three = check(with_series(file, wind_speed_m_s=np.repeat(np.arange(2920) % 7 + 0.5, 3))).notices
    assert any("held for 3 h" in notice for notice in three)
    assert not any("wind" in notice for notice in check(file).notices)


def test_spikes_and_repeated_years_are_noted(made, with_series):
    file = made()
    temperature = file.series["temperature_c"].copy()
    temperature[500] += 30.0
    assert any(
        "jumps by more than 20 K" in n
        for n in check(with_series(file, temperature_c=temperature)).notices
    )
    two = made(hours=2 * 8760)
    wind = np.tile(file.series["wind_speed_m_s"], 2)
    assert (
        "the second year repeats the first" in check(with_series(two, wind_speed_m_s=wind)).notices
    )
    assert "the second year repeats the first" not in check(two).notices


def test_real_files_pass_and_their_oddities_are_noted(shared_data):
    notices = {}
    for path in sorted((shared_data / "weather").glob("*.[ec][ps][wv]")):
        file = settle(read_weather(path))
        findings = check(file, clock_check(file).rounded_lag_hours)
        assert findings.problems == ()
        notices[file.place] = " | ".join(findings.notices)
    assert len(notices) == 5
    assert "held for 6 h" in notices["Fuyun"]
    assert "calm in 55 %" in notices["Fuyun"]
    assert "held for 6 h" in notices["Hoboksar"]
    for place in ("Tacheng", "Yining"):
        assert "held" not in notices[place]
        assert "whole m/s" in notices[place]


def test_a_wrong_place_shows_as_sun_at_night(made):
    file = made()
    moved = replace(file, longitude=-90.0)
    assert "exceeds extraterrestrial irradiance" in problems(moved)
