"""Limits of every weather series and the questions about units, on either side of each."""

from __future__ import annotations

import numpy as np
import pytest

from altay_energy.weather.files.checks import check

LIMITS = {
    "temperature_c": (-60.0, 55.0, "°C"),
    "wind_speed_m_s": (0.0, 75.0, "m/s"),
    "pressure_pa": (45e3, 110e3, "Pa"),
    "snow_depth_m": (0.0, 10.0, "m"),
    "precipitation_mm": (0.0, 300.0, "mm"),
    "wind_direction_deg": (0.0, 360.0, "°"),
}


def problems(made, with_series, name, change):
    file = made(hours=240)
    values = np.array(file.series.get(name, np.zeros(240)), dtype=float)
    if name == "snow_depth_m":
        values[:] = 0.2
    found = check(with_series(file, **{name: change(values)}), 0.0)
    return [p for p in found.problems if p.partition(": ")[2].startswith(name)]


def put(value):
    def change(values):
        values[100] = value
        return values

    return change


@pytest.mark.parametrize("name", LIMITS)
def test_the_ends_of_a_range_are_within_it_and_what_lies_beyond_is_named(made, with_series, name):
    low, high, unit = LIMITS[name]
    for value in (low, high):
        assert problems(made, with_series, name, put(value)) == []
    for value in (np.nextafter(low, -1e9) - 1e-6 * abs(low) - 1e-9, high * (1.0 + 1e-6)):
        found = problems(made, with_series, name, put(value))
        assert len(found) == 1
        assert f"is outside {low:g} to {high:g} {unit}, as are 1 value of 240" in found[0]


@pytest.mark.parametrize("name", ["ghi_w_m2", "dni_w_m2", "dhi_w_m2"])
def test_light_is_refused_above_what_reaches_the_earth(made, with_series, name):
    found = problems(made, with_series, name, put(1600.1))
    assert len(found) == 1
    assert "1600 W/m²" in found[0]


@pytest.mark.parametrize(
    ("name", "change", "question"),
    [
        ("temperature_c", lambda v: v + 273.15, "looks like kelvin"),
        ("temperature_c", lambda v: v * 0.0 + 150.5, "looks like kelvin"),
        ("temperature_c", lambda v: v * 0.0 + 149.5, "is it in °F"),
        ("temperature_c", lambda v: v - 273.15, "declared as K"),
        ("temperature_c", lambda v: v * 0.0 - 150.5, "declared as K"),
        ("temperature_c", lambda v: v * 0.0 - 149.5, "code for no value"),
        ("temperature_c", lambda v: v * 1.8 + 60.0, "is it in °F"),
        ("pressure_pa", lambda v: v / 100.0, "looks like hPa"),
        ("pressure_pa", lambda v: v * 0.0 + 301.0, "looks like hPa"),
        ("pressure_pa", lambda v: v * 0.0 + 299.0, "code for no value"),
        ("pressure_pa", lambda v: v * 0.0 + 1199.0, "looks like hPa"),
        ("pressure_pa", lambda v: v * 0.0 + 1201.0, "code for no value"),
        ("pressure_pa", lambda v: v / 1000.0, "looks like kPa"),
        ("pressure_pa", lambda v: v * 0.0 + 31.0, "looks like kPa"),
        ("pressure_pa", lambda v: v * 0.0 + 29.0, "code for no value"),
        ("pressure_pa", lambda v: v * 0.0 + 119.0, "looks like kPa"),
        ("pressure_pa", lambda v: v * 0.0 + 121.0, "code for no value"),
        ("pressure_pa", lambda v: v * 0.0 + 1.1e6, "100 times too large"),
        ("pressure_pa", lambda v: v * 0.0 + 0.9e6, "code for no value"),
        ("wind_speed_m_s", put(-0.1), "never negative"),
        ("wind_speed_m_s", put(80.0), "km/h or knots"),
        ("ghi_w_m2", put(-900.0), "net flux"),
        ("ghi_w_m2", lambda v: v * 3600.0, "declare the unit J/m2"),
        ("ghi_w_m2", lambda v: v * 20.0, "declare the unit kJ/m2"),
        ("snow_depth_m", put(12.0), "is the unit right?"),
    ],
)
def test_what_a_wrong_unit_may_be_is_asked(made, with_series, name, change, question):
    found = problems(made, with_series, name, change)
    assert len(found) == 1
    assert question in found[0]
