"""Small parts of weather files at their limits, on either side of each."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest
from numpy.testing import assert_allclose

from altay_energy.core.errors import WeatherError
from altay_energy.core.files.csvfile import _last
from altay_energy.core.files.table_spec import TableSpec
from altay_energy.weather.files.checks import check, held_hours, is_whole
from altay_energy.weather.formats.text.typical_year import _tmy2_header, _whole_numbers
from altay_energy.weather.prepare.describe_text import _wind_lines
from altay_energy.weather.sun import sun_path


@pytest.mark.parametrize(
    ("zone", "height", "good"),
    [
        ("5.5", "9000", True),
        ("-14", "-400.5", True),
        ("14", "0", True),
        ("14.5", "0", False),
        ("-14.5", "0", False),
        ("8", "9001", False),
        ("8", "-9001", False),
    ],
)
def test_zone_and_elevation_of_an_nsrdb_file(zone, height, good):
    text = f"Source,Time Zone,Elevation\nNSRDB,{zone},{height}\nYear,Month\n2020,1\n"
    if not good:
        with pytest.raises(ValueError, match=r"(Time Zone|Elevation) is"):
            _whole_numbers(text)
        return
    plain, numbers = _whole_numbers(text)
    assert numbers == {"Time Zone": float(zone), "Elevation": float(height)}
    assert plain.splitlines()[1:] == ["NSRDB,0,0", "Year,Month", "2020,1"]


@pytest.mark.parametrize(("given", "above"), [(None, 0), (0, 0), (3, 3), ([2, 5], 5)])
def test_lines_above_the_values_of_a_declared_header(given, above):
    assert _last(TableSpec(file="a.csv", header_line=given)) == above


@pytest.mark.parametrize("longitude", [-360.0, 360.0])
def test_a_longitude_may_be_counted_once_round(made, longitude):
    times = made(hours=24).local
    turned = sun_path(0.0, longitude, 0.0, times, 3600)
    assert_allclose(turned.zenith_deg, sun_path(0.0, 0.0, 0.0, times, 3600).zenith_deg, atol=1e-6)
    with pytest.raises(WeatherError, match="no place on Earth"):
        sun_path(0.0, longitude * 1.001, 0.0, times, 3600)


def test_lines_of_wind_in_words():
    plain = {
        "weibull_k": 1.8,
        "weibull_a_m_s": 5.25,
        "height_m": 10.0,
        "held_hours": None,
        "whole_m_s": False,
    }
    assert _wind_lines([plain]) == ["          at 10 m: Weibull k 1.80, A 5.25 m/s"]
    odd = {**plain, "held_hours": 3, "whole_m_s": True}
    assert _wind_lines([odd])[0].endswith("A 5.25 m/s (held for 3 h, in whole m/s)")
    assert _wind_lines([{**plain, "weibull_k": None}]) == []


def test_wind_in_whole_metres_a_second_and_held_for_hours():
    whole = np.resize([1.0, 2.0, 0.0], 1000)
    assert is_whole(whole)
    assert not is_whole(np.minimum(whole, 1.0))  # calm and 1 m/s say nothing
    assert is_whole(0.6 * np.minimum(whole, 0.0) + np.minimum(whole, 1.0) + (whole == 2.0) * 1.0)
    breath = np.resize([0.0, 1.0], 1000)
    assert not is_whole(breath)
    breath[:5] = 1.2
    assert is_whole(breath)  # some wind above 1 m/s, and 995 of 1000 whole
    part = whole.copy()
    part[:10] += 0.25
    assert not is_whole(part)  # 1 in 100
    part[0] -= 0.25
    assert is_whole(part)
    held = np.repeat(np.arange(150.0) % 7.0, 3)
    assert held_hours(held, 1.0) == 3
    assert held_hours(np.repeat(held, 2), 1.0) == 6
    assert held_hours(held[: 3 * 100], 1.0) is None  # 99 changes
    assert held_hours(held[: 3 * 101], 1.0) == 3


def test_a_second_year_that_repeats_the_first_is_seen_though_some_hours_are_calm(made, with_series):
    file = made(hours=2 * 8760)
    wind = np.tile(np.abs(np.sin(np.arange(8760.0))) * 8.0, 2)
    wind[::50] = 0.0
    wind[8760:] = wind[:8760]
    words = "the second year repeats the first"
    assert words in check(with_series(file, wind_speed_m_s=wind), 0.0).notices
    other = wind.copy()
    other[8760 : 8760 + 100] += 1.0  # more than a hundredth of the year differs
    assert words not in check(with_series(file, wind_speed_m_s=other), 0.0).notices
    assert words not in check(with_series(file, wind_speed_m_s=0.0 * wind), 0.0).notices


@pytest.mark.parametrize(("share", "said"), [(0.029, False), (0.031, True), (-0.031, True)])
def test_missing_light_is_named_from_three_hundredths_on(made, with_series, share, said):
    file = made()
    ghi = file.series["ghi_w_m2"]
    dhi, dni = ghi * (1.0 - share), np.zeros(ghi.size)
    notices = check(with_series(file, dhi_w_m2=dhi, dni_w_m2=dni), 0.0).notices
    assert (
        any("over the file, and solar power would be as much" in text for text in notices) == said
    )


@pytest.mark.parametrize(
    ("place", "expected"),
    [("N 47 30 E 88 06", (47.5, 88.1)), ("S 33 56 W 70 45", (-33.0 - 56.0 / 60.0, -70.75))],
)
def test_degrees_and_minutes_of_a_tmy2_header(place, expected):
    text = SimpleNamespace(name="a.tm2", text=f" 12345 SOME PLACE XX  -7 {place}  1234\nrow")
    header = _tmy2_header(text)
    assert_allclose(header.location, (*expected, 1234.0))
    assert (header.place, header.utc_offset_hours) == ("Some Place", -7.0)
