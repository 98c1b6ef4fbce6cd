"""The clock check on five real files and on sunlight made for every corner of the Earth."""

from __future__ import annotations

import time
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from altay_energy.core.errors import WeatherError
from altay_energy.weather.files.clock import clock_check, cos_zenith, night_intervals, settled_lag
from altay_energy.weather.read import read_weather

REAL = {
    "CHN_Xinjiang.Uygur.Fuyun.510870_CSWD.epw": 0.5,
    "CHN_Xinjiang.Uygur.Hoboksar.511560_CSWD.epw": 0.5,
    "CHN_Xinjiang.Uygur.Tacheng.511330_CSWD.epw": 0.5,
    "CHN_Xinjiang.Uygur.Yining.514310_CSWD.epw": 1.5,
    "nsrdb_psm3_47.5233_-92.5366_2013.csv": 0.0,
}
YINING, NSRDB = list(REAL)[3:]


@pytest.fixture(scope="module")
def real(shared_data):
    return {name: read_weather(shared_data / "weather" / name) for name in REAL}


def shifted(file, hours):
    """Only the sunlight moved, positive is later."""
    steps = round(hours / file.step_hours)
    moved = {k: np.roll(v, steps) if k.endswith("w_m2") else v for k, v in file.series.items()}
    return replace(file, series=moved)


def apart(a, b):
    """Distance of two lags on the day's circle."""
    return abs((a - b + 12.0) % 24.0 - 12.0)


@pytest.mark.parametrize(("name", "lag"), REAL.items(), ids=lambda v: str(v)[-25:])
def test_the_lateness_of_each_real_file_is_found_within_a_quarter_hour(real, name, lag):
    report = clock_check(real[name])
    assert report.can_tell
    assert report.lag_hours == pytest.approx(lag, abs=0.25)
    assert report.rounded_lag_hours == lag
    assert report.correlation_best > 0.9
    assert report.within_tolerance == (name != YINING)


@pytest.mark.parametrize("hours", [-10, -8, -2, -1, 1, 2, 8, 10])
@pytest.mark.parametrize("name", REAL, ids=lambda v: str(v)[-25:])
def test_a_real_file_shifted_by_hours_says_so_within_a_quarter_hour(real, name, hours):
    report = clock_check(shifted(real[name], hours))
    assert apart(report.lag_hours, REAL[name] + hours) <= 0.25
    if abs(hours) != 1 or name == NSRDB:
        assert not report.within_tolerance
        with pytest.raises(WeatherError, match=r"sunlight runs .* and fits best"):
            settled_lag(report)


def test_a_file_declared_on_another_clock_is_refused_as_well(real):
    for name, file in real.items():
        for hours in (-8, -2, 2, 8):
            moved = replace(file, times=file.times + np.timedelta64(hours * 3600, "s"))
            report = clock_check(moved)
            assert apart(report.lag_hours, REAL[name] + hours) <= 0.25
            assert not report.within_tolerance


def test_utc_data_labelled_beijing_time_are_recognised(real):
    name = NSRDB.replace("nsrdb", "jeminay")
    file = replace(real[NSRDB], name=name, utc_offset_hours=8.0)
    # The same rows read as +8: 14 h earlier than they are.
    moved = replace(file, times=file.times - np.timedelta64(8 * 3600, "s"), utc_offset_hours=8.0)
    with pytest.raises(WeatherError, match=r"fits best 8\.0 h later \(r 0\.9\d; -0\.\d\d as label"):
        settled_lag(clock_check(moved))


@pytest.mark.parametrize(
    ("offset", "lag", "words"),
    [
        (8.0, -8.0, "is it UTC?"),
        (8.0, -2.0, r"is it Xinjiang time \(UTC\+6\)\?"),
        (0.0, 8.0, "is it Beijing time?"),
        (8.0, 1.0, "are stamps the end of the hour"),
        (8.0, -1.0, "are stamps the beginning of the hour"),
        (8.0, 5.0, r"is the clock UTC\+13"),
        (8.0, 1.5, r"as labelled\)\. If its clock"),
    ],
)
def test_the_refusal_asks_for_the_mistake_that_fits(made, offset, lag, words):
    report = clock_check(made(lag_hours=lag, utc_offset_hours=offset))
    with pytest.raises(WeatherError, match=words) as refusal:
        settled_lag(report, None, "jeminay")
    assert f"[weather.clock_shift_hours] jeminay = {lag}" in str(refusal.value)
    assert "declare utc_offset_hours" in str(refusal.value)


@pytest.mark.parametrize(
    "place",
    [
        {"latitude": 47.0, "longitude": 86.0},
        {"latitude": -33.9, "longitude": 151.2, "utc_offset_hours": 10.0},
        {"latitude": 1.3, "longitude": 103.8},
        {"latitude": -54.8, "longitude": -68.3, "utc_offset_hours": -3.0},
        {"latitude": 66.0, "longitude": 25.7, "utc_offset_hours": 2.0},
        {"latitude": 69.6, "longitude": 18.9, "utc_offset_hours": 1.0},
    ],
    ids=["Altay", "Sydney", "Singapore", "Ushuaia", "Rovaniemi", "Tromsø"],
)
@pytest.mark.parametrize(
    ("step_hours", "cloud_seed"), [(1.0, 7), (0.25, None)], ids=["cloudy hours", "clear quarters"]
)
@pytest.mark.parametrize("lag", [-10.0, -1.0, 0.0, 0.5, 3.25, 8.0])
def test_the_lag_is_found_everywhere(made, place, lag, step_hours, cloud_seed):
    file = made(lag_hours=lag, step_hours=step_hours, cloud_seed=cloud_seed, **place)
    report = clock_check(file)
    assert report.can_tell
    assert apart(report.lag_hours, lag) <= 0.25


def test_a_week_of_sun_is_enough_and_three_days_are_not(made):
    assert clock_check(made(start="2021-06-01", hours=168)).can_tell
    few = clock_check(made(start="2021-06-01", hours=72))
    assert not few.can_tell
    assert few.within_tolerance
    assert "could not be checked: 3 sunny days" in settled_lag(few)[1]


@pytest.mark.parametrize("level", [0.0, 300.0])
def test_constant_light_tells_nothing(made, with_series, level):
    file = with_series(made(), ghi_w_m2=np.full(8760, level))
    report = clock_check(file)
    assert not report.can_tell
    assert report.lag_hours == 0.0


def test_the_polar_night_tells_nothing(made):
    file = made(start="2021-12-01", hours=30 * 24, latitude=78.0, longitude=16.0)
    assert not clock_check(file).can_tell


def test_noise_tells_nothing(made, with_series):
    noise = np.random.default_rng(3).uniform(0.0, 800.0, 8760)
    assert not clock_check(with_series(made(), ghi_w_m2=noise)).can_tell


def test_an_accepted_lag_must_be_the_one_that_is_found(made):
    report = clock_check(made(lag_hours=1.5))
    assert settled_lag(report, 1.5)[0] == 1.5
    assert settled_lag(report, 1.2)[0] == 1.2
    assert "accepted as clock_shift_hours = 1.5" in settled_lag(report, 1.5)[1]
    with pytest.raises(WeatherError, match=r"clock_shift_hours = -1\.5 of x does not fit.*ed 1\.5"):
        settled_lag(report, -1.5, "x")
    with pytest.raises(WeatherError, match="leave it out"):
        settled_lag(clock_check(made()), 1.0)


def test_lags_of_half_a_day_meet_on_the_other_side(made):
    report = clock_check(made(lag_hours=12.0))
    assert apart(report.lag_hours, 12.0) <= 0.25
    assert settled_lag(report, -12.0)[0] == -12.0
    assert settled_lag(report, 12.0)[0] == 12.0


def test_small_lags_pass_and_are_corrected_to_the_quarter_hour(made):
    for lag, corrected in ((0.0, 0.0), (0.1, 0.0), (0.25, 0.25), (0.5, 0.5), (-0.25, -0.25)):
        settled, notice = settled_lag(clock_check(made(lag_hours=lag)))
        assert settled == corrected
        assert ("corrected" in notice) == (corrected != 0.0)


def test_night_light_is_counted(made):
    # Diffuse light of my own sky ends with the sun, so a clock four hours late is seen at night.
    assert night_intervals(made()) == 0
    late = made(lag_hours=4.0)
    assert night_intervals(late) > 300
    assert night_intervals(late, lag_hours=4.0) == 0


def test_the_cheap_sun_agrees_with_the_full_algorithm():
    from pvlib import solarposition

    utc = np.datetime64("2024-01-01", "s") + np.arange(0, 8784, 5) * np.timedelta64(3600, "s")
    full = solarposition.spa_python(pd.DatetimeIndex(utc, tz="UTC"), 47.4, 85.9)[
        "zenith"
    ].to_numpy()
    assert np.abs(cos_zenith(47.4, 85.9, utc) - np.cos(np.radians(full))).max() < 0.012


def test_a_year_is_checked_in_well_under_a_fifth_of_a_second(made):
    file = made()
    clock_check(file)
    begin = time.perf_counter()
    clock_check(file)
    assert time.perf_counter() - begin < 0.5  # measured 0.02 s; room for a busy machine


def test_a_file_without_place_cannot_be_checked(made):
    with pytest.raises(WeatherError, match="declare latitude"):
        clock_check(replace(made(), latitude=None))
