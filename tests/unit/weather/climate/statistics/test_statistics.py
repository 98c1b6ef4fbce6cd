"""Climate statistics on series whose figures are known."""

from __future__ import annotations

import numpy as np
import pytest

from altay_energy.core.errors import WeatherError
from altay_energy.weather.climate.model.noise import autoregression
from altay_energy.weather.climate.statistics import statistics as st
from altay_energy.weather.sun import sun_path

YEAR = np.arange(
    np.datetime64("2005-01-01T00", "s"), np.datetime64("2006-01-01T00", "s"), np.timedelta64(1, "h")
)


def hours_of(days, course=0.0):
    return np.asarray(days, float)[..., :, None] + np.zeros(24) + course


@pytest.mark.parametrize(
    ("longitude", "clock"), [(89.5, 6), (0.0, 0), (-92.5, -6), (179.9, 12), (181.0, -12), (7.4, 0)]
)
def test_the_clock_is_the_one_nearest_to_the_sun(longitude, clock):
    assert st.solar_clock_hours(longitude) == clock


def test_days_begin_with_the_first_of_january_of_the_clock_and_the_year_turns_round():
    values = np.arange(8760.0)
    assert np.array_equal(st.by_day(values, YEAR, 0.0).ravel(), values)
    turned = st.by_day(values, YEAR, 2.0)  # on this clock the record begins at two o'clock
    assert turned[0, 0, 2] == 0.0
    assert turned[0, 0, 0] == 8758.0
    assert turned.shape == (1, 365, 24)


def test_a_leap_day_is_left_out_and_the_days_after_it_keep_their_date():
    utc = np.arange(
        np.datetime64("2024-01-01", "s"), np.datetime64("2026-01-01", "s"), np.timedelta64(1, "h")
    )
    month = utc.astype("datetime64[M]").astype(int) % 12
    years = st.by_day(month.astype(float), utc, 0.0)
    assert years.shape == (2, 365, 24)
    assert np.array_equal(years[0, :, 0], st.month_of_day())
    assert np.array_equal(years[1], years[0])


def test_parts_of_an_hour_become_hours_and_leading_axes_stay():
    utc = np.arange(
        np.datetime64("2005-01-01", "s"), np.datetime64("2006-01-01", "s"), np.timedelta64(15, "m")
    )
    values = np.broadcast_to(np.arange(utc.size) % 4, (3, utc.size)).astype(float)
    years = st.by_day(values, utc, 0.0)
    assert years.shape == (3, 1, 365, 24)
    assert np.all(years == 1.5)


@pytest.mark.parametrize("keep", [slice(0, 8759), slice(24, 8760), np.r_[0:500, 501:8760]])
def test_a_part_of_a_year_and_a_year_with_a_hole_are_refused(keep):
    with pytest.raises(WeatherError, match="whole years"):
        st.by_day(np.zeros(8760)[keep], YEAR[keep], 0.0)


def test_steps_that_are_no_parts_of_an_hour_are_refused():
    with pytest.raises(WeatherError, match="7200 s"):
        st.by_day(np.zeros(4380), YEAR[::2], 0.0)


def test_a_month_is_the_mean_and_the_sum_of_its_hours():
    hours = hours_of(st.month_of_day())
    assert np.array_equal(st.monthly_means(hours), np.arange(12.0))
    assert st.monthly_sums(np.ones((2, 365, 24)))[1].tolist() == [24 * d for d in st.MONTH_DAYS]


def test_irradiation_outside_the_atmosphere_is_that_of_a_published_example():
    # FAO Irrigation and Drainage Paper 56 (1998), example 8: 20° S, 3 September, with a cruder
    # declination than ours
    assert st.extraterrestrial_wh_m2(-20.0)[245] * 0.0036 == pytest.approx(32.2, rel=0.02)


@pytest.mark.parametrize("latitude", [0.0, 47.0, -35.0, 66.0])
def test_irradiation_outside_the_atmosphere_is_the_sum_over_the_path_of_the_sun(latitude):
    sun = sun_path(latitude, 0.0, 0.0, YEAR, 3600)
    cosine = np.maximum(np.cos(np.radians(sun.zenith_deg)), 0.0)
    daily = (sun.extraterrestrial_w_m2 * cosine * sun.lit_fraction).reshape(365, 24).sum(-1)
    ours = st.extraterrestrial_wh_m2(latitude)
    counted = ours >= st.LEAST_EXTRATERRESTRIAL_WH_M2  # refraction, left out, is 100 Wh/m² a day
    np.testing.assert_allclose(ours[counted], daily[counted], rtol=0.01, atol=120.0)


def test_a_pole_has_half_a_year_without_clearness():
    outside = st.extraterrestrial_wh_m2(90.0)
    assert np.isfinite(outside).all()
    assert outside[350:].max() == 0.0
    clearness = st.daily_clearness(np.zeros((365, 24)), 90.0)
    assert 150 < np.isnan(clearness).sum() < 215


def test_clearness_is_the_share_that_comes_through():
    outside = st.extraterrestrial_wh_m2(47.0)
    clearness = st.daily_clearness(hours_of(0.6 * outside / 24.0), 47.0)
    np.testing.assert_allclose(clearness, 0.6)


def test_the_seasonal_cycle_takes_three_waves_and_leaves_the_rest():
    angle = 2 * np.pi * (np.arange(365) + 0.5) / 365
    season = 5.0 - 20.0 * np.cos(angle) + 3.0 * np.sin(2 * angle) + np.cos(3 * angle)
    np.testing.assert_allclose(st.seasonal_course(season), season, atol=1e-9)
    weather = np.sin(25 * angle)
    np.testing.assert_allclose(st.seasonal_course(season + weather), season, atol=1e-9)


def test_a_seasonal_cycle_leaves_out_days_without_a_value():
    angle = 2 * np.pi * (np.arange(365) + 0.5) / 365
    season = np.stack([np.cos(angle), 2.0 * np.cos(angle)])
    holed = season.copy()
    holed[:, 100:140] = np.nan
    np.testing.assert_allclose(st.seasonal_course(holed), season, atol=1e-9)
    assert np.isnan(st.seasonal_course(np.full(365, np.nan))).all()


@pytest.mark.parametrize("coefficient", [0.3, 0.7, 0.95])
def test_an_autoregressive_process_has_its_lag_correlations(coefficient):
    noise = np.random.default_rng(5).standard_normal((4, 20_000))
    process = autoregression(noise, coefficient)
    np.testing.assert_allclose(st.lag_correlation(process), coefficient, atol=0.02)
    np.testing.assert_allclose(st.lag_correlation(process, 3), coefficient**3, atol=0.04)


def test_a_lag_correlation_leaves_out_pairs_with_a_hole():
    values = autoregression(np.random.default_rng(6).standard_normal(50_000), 0.6)
    values[::10] = np.nan
    assert st.lag_correlation(values) == pytest.approx(0.6, abs=0.02)


def test_the_mean_of_months_leaves_the_slope_within_them():
    steps = hours_of(st.month_of_day())
    assert not st.about_months(steps).any()
    slope = st.about_months(hours_of(np.arange(365)))
    assert (slope[0], slope[30], slope[31]) == (-15.0, 15.0, -13.5)


def test_a_correlation_is_that_of_the_pairs_that_are_known():
    rng = np.random.default_rng(2)
    x = rng.standard_normal((3, 5000))
    y = 0.6 * x + 0.8 * rng.standard_normal((3, 5000))
    holed = np.where(rng.random((3, 5000)) < 0.2, np.nan, y)
    np.testing.assert_allclose(st.correlation(x, holed), 0.6, atol=0.03)
    np.testing.assert_allclose(st.correlation(x, y)[0], np.corrcoef(x[0], y[0])[0, 1])
    assert np.isnan(st.correlation(x, np.full((3, 5000), 0.1))).all()


@pytest.mark.parametrize("level", [0.0, 0.1, 1e5])
def test_a_constant_has_no_lag_correlation(level):
    assert np.isnan(st.lag_correlation(np.full(365, level)))


def test_the_daily_profile_is_reported_by_season():
    wave = np.cos(2 * np.pi * (np.arange(24) - 15) / 24)
    amplitude = 1.0 + st.month_of_day() // 6  # 1 in the first half of the year, 2 in the second
    hours = amplitude[:, None] * wave
    assert st.daily_amplitude(hours, (0, 1)) == pytest.approx(2.0)
    assert st.daily_amplitude(hours, (7, 8)) == pytest.approx(4.0)
    assert int(st.daily_course(hours).argmax()) == 15


def test_periods_of_a_known_series():
    holds = np.array([[1, 1, 0, 1, 0, 0, 1, 1, 1], [0] * 9, [1] * 9], dtype=bool)
    found = st.spells(holds)
    assert found.number.tolist() == [3, 0, 1]
    assert found.total.tolist() == [6, 0, 9]
    assert found.longest.tolist() == [3, 0, 9]
    assert found.mean[[0, 2]].tolist() == [2.0, 9.0]
    assert np.isnan(found.mean[1])


def test_periods_of_one_series_are_single_figures():
    found = st.spells(np.array([False, True, True]))
    assert found.number.shape == ()
    assert (float(found.number), float(found.longest)) == (1.0, 2.0)
