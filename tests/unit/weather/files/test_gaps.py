"""Gaps are filled by the policy that is named, and by no other."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from altay_energy.core.errors import WeatherError
from altay_energy.core.files.gaps import GapPolicy, filled
from altay_energy.weather.files.spec import WeatherFileSpec
from altay_energy.weather.read import read_weather

HOURS = np.datetime64("2021-01-01T00", "s") + np.arange(240) * np.timedelta64(3600, "s")
LINES = np.arange(240) + 2


def fill(values, **policy):
    return filled("x", values, HOURS, LINES, "w.csv", 1.0, GapPolicy(**policy))


@given(begin=st.integers(25, 150), hours=st.integers(1, 60))
def test_a_daily_cycle_is_given_back_by_the_same_hour_of_neighbouring_days(begin, hours):
    whole = 5.0 + np.sin(2 * np.pi * np.arange(240) / 24.0)
    holed = whole.copy()
    holed[begin : begin + hours] = np.nan
    found, notices = fill(holed, same_hour_hours=72.0)
    np.testing.assert_allclose(found, whole, atol=1e-12)
    assert "same hour of neighbouring days" in notices[0]


def test_the_nearer_day_counts_more():
    values = np.repeat(np.arange(10.0), 24)
    values[48:96] = np.nan  # days 2 and 3; day 1 and day 4 are their neighbours
    found, _ = fill(values, same_hour_hours=48.0)
    np.testing.assert_allclose(found[48:72], 2.0)
    np.testing.assert_allclose(found[72:96], 3.0)


def test_short_gaps_are_interpolated_and_longer_ones_take_neighbouring_days():
    values = np.repeat(np.arange(10.0), 24)
    values[100:102] = np.nan
    values[130:140] = np.nan
    _, notices = fill(values, interpolate_hours=2.0, same_hour_hours=24.0)
    assert notices == [
        "x: 2 intervals in gaps of up to 2 h interpolated",
        "x: 10 intervals in gaps of up to 24 h taken from the same hour of neighbouring days",
    ]


@pytest.mark.parametrize(
    ("begin", "end", "policy", "words"),
    [
        (50, 60, {}, "allow short ones to be interpolated with max_gap_hours = 3"),
        (50, 60, {"interpolate_hours": 3.0}, "longer than max_gap_hours allows"),
        (50, 160, {"same_hour_hours": 72.0}, "longer than same_hour_gap_hours allows"),
        (0, 3, {"same_hour_hours": 72.0}, "at an end of the file"),
        (230, 240, {"same_hour_hours": 72.0}, "at an end of the file"),
        (2, 60, {"same_hour_hours": 72.0}, "nor at this hour of any day before"),
    ],
)
def test_what_the_policy_does_not_allow_is_refused_with_column_and_hours(begin, end, policy, words):
    values = np.arange(240.0)
    values[begin:end] = np.nan
    with pytest.raises(WeatherError, match=r"^w\.csv: x has no value") as caught:
        fill(values, **policy)
    assert words in str(caught.value)
    assert "2021-01-" in str(caught.value)


def test_rows_that_an_epw_lacks_may_be_filled_as_well(made, write, text_of):
    file = made(hours=240, start="2005-01-01")
    lines = text_of["epw"](file).split("\n")
    path = write("a.epw", "\n".join([*lines[:100], *lines[120:]]))
    with pytest.raises(WeatherError, match="20 intervals missing in 1 gap"):
        read_weather(path)
    given = {"file": "a.epw", "same_hour_gap_hours": 24.0}
    read = read_weather(path, WeatherFileSpec.model_validate(given))
    np.testing.assert_array_equal(read.times, file.times)
    np.testing.assert_allclose(read.series["ghi_w_m2"], file.series["ghi_w_m2"], atol=8.0)
    assert any("20 intervals in gaps of up to 24 h" in notice for notice in read.notices)
