"""What ``weather describe`` says, as data and as text."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest

from altay_energy.weather.prepare.describe import describe, weibull_shape
from altay_energy.weather.prepare.describe_text import describe_text
from altay_energy.weather.read import read_weather


def test_figures_are_those_of_the_series(made):
    file = made()
    found = describe(file)
    assert found["year"]["ghi_kwh_m2"] == pytest.approx(
        file.series["ghi_w_m2"].sum() / 1000, abs=1e-3
    )
    assert len(found["months"]) == 12
    for key in ("ghi_kwh_m2", "dni_kwh_m2", "dhi_kwh_m2"):
        total = sum(month[key] for month in found["months"])
        assert total == pytest.approx(found["year"][key], abs=0.01)
    january = file.series["temperature_c"][: 31 * 24]
    assert found["months"][0]["temperature_min_c"] == pytest.approx(january.min(), abs=1e-3)
    assert found["series"]["wind_speed_m_s"]["unit"] == "m s-1"
    assert found["clock"]["accepted"]
    assert found["problems"] == []


def test_a_description_is_plain_json(made):
    again = json.loads(json.dumps(describe(made(hours=240)), allow_nan=False))
    assert again["coverage"]["intervals"] == 240


def test_a_file_that_would_be_refused_is_described_with_the_reason(made, with_series):
    file = made(lag_hours=1.5)
    found = describe(with_series(file, pressure_pa=file.series["pressure_pa"] / 100.0))
    assert not found["clock"]["accepted"]
    assert "fits best 1.5 h earlier" in found["problems"][0]
    assert "looks like hPa" in found["problems"][1]
    text = describe_text(found)
    assert "problems\n  - made.csv: sunlight runs 1.5 h later" in text


def test_a_file_without_place_is_described_unchecked(made):
    found = describe(replace(made(hours=240), latitude=None))
    assert not found["clock"]["checked"]
    assert "place not known" in describe_text(found)
    assert any("were not checked" in notice for notice in found["notices"])


def test_the_text_shows_the_place_the_clock_and_the_months(made, with_series):
    text = describe_text(describe(made(latitude=-33.9, longitude=-70.0, utc_offset_hours=-4.0)))
    assert "33.90° S 70.00° W, 700 m" in text
    assert "clock     UTC-4; sunlight" in text
    assert "month  hours  T mean °C  T min  T max  GHI kWh/m²" in text
    assert text.count("\nJan ") == 1
    bare = describe_text(describe(with_series(made(hours=240), dni_w_m2=None, dhi_w_m2=None)))
    assert "DNI" not in bare


def test_a_real_file_is_described_as_its_sources_say(shared_data):
    path = shared_data / "weather" / "CHN_Xinjiang.Uygur.Fuyun.510870_CSWD.epw"
    found = describe(read_weather(path))
    assert found["place"]["name"] == "Fuyun"
    assert found["year"]["temperature_mean_c"] == pytest.approx(3.1, abs=0.05)
    assert found["year"]["temperature_min_c"] == -37.4
    assert found["year"]["ghi_kwh_m2"] == pytest.approx(1498, abs=1)
    assert found["year"]["dni_kwh_m2"] == pytest.approx(1747, abs=1)
    assert found["year"]["wind_mean_m_s"] == pytest.approx(1.65, abs=0.01)
    assert found["clock"]["rounded_lag_hours"] == 0.5


def test_the_weibull_shape_of_a_rayleigh_wind_is_two():
    speed = np.random.default_rng(5).weibull(2.0, 200_000) * 7.0
    assert weibull_shape(speed) == pytest.approx(2.0, abs=0.03)
    assert weibull_shape(np.full(10, 5.0)) is None
