"""What holds for the climate statistics of every record."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from altay_energy.weather.climate.statistics.record import ClimateRecord, measure, thresholds
from altay_energy.weather.climate.statistics.statistics import (
    DAYS,
    HOURS,
    by_day,
    extraterrestrial_wh_m2,
    lag_correlation,
    seasonal_course,
    spells,
)
from altay_energy.weather.climate.statistics.wind_record import (
    Keeping,
    as_kept,
    weibull_by_moments,
    weibull_fit,
)
from altay_energy.weather.climate.validation.check import FIGURES, compare

seeds = st.integers(0, 2**32)


def record(seed: int, years: int = 1, latitude: float = 47.0) -> ClimateRecord:
    rng = np.random.default_rng(seed)
    shape = (years, DAYS, HOURS)
    outside = extraterrestrial_wh_m2(latitude)[:, None] / HOURS
    season = -15.0 * np.cos(2 * np.pi * np.arange(DAYS) / DAYS)[:, None]
    course = 4.0 * np.cos(2 * np.pi * (np.arange(HOURS) - 15) / HOURS)
    days = rng.normal(0.0, 4.0, (years, DAYS, 1))
    return ClimateRecord(
        "somewhere",
        latitude,
        10.0,
        outside * rng.uniform(0.1, 0.8, (years, DAYS, 1)) * np.ones(HOURS),
        season + course + days,
        (3.0 + course / 4.0) * rng.weibull(1.8, shape),
    )


def figures(one: ClimateRecord) -> dict[str, np.ndarray]:
    return measure(one, thresholds(one), Keeping())


@given(seed=seeds, years=st.integers(2, 4))
@settings(max_examples=10)
def test_the_order_of_years_moves_their_figures_with_them_and_changes_none(seed, years):
    one = record(seed, years)
    turned = ClimateRecord(
        one.place,
        one.latitude,
        one.wind_height_m,
        *(np.roll(s, 1, 0) for s in (one.ghi_w_m2, one.temperature_c, one.wind_speed_m_s)),
    )
    straight, other = figures(one), figures(turned)
    for key in FIGURES:
        np.testing.assert_allclose(np.roll(straight[key], 1, 0), other[key], rtol=1e-9, atol=1e-9)


@given(seed=seeds)
@settings(max_examples=10)
def test_a_year_has_the_same_figures_alone_and_among_others(seed):
    many = record(seed, 3)
    alone = ClimateRecord(
        many.place,
        many.latitude,
        many.wind_height_m,
        many.ghi_w_m2[1:2],
        many.temperature_c[1:2],
        many.wind_speed_m_s[1:2],
    )
    limits = thresholds(many)
    among, apart = (measure(each, limits, Keeping()) for each in (many, alone))
    for key in FIGURES:
        np.testing.assert_allclose(among[key][1], apart[key][0], rtol=1e-9, atol=1e-9)


@given(seed=seeds, factor=st.floats(0.5, 4.0))
@settings(max_examples=20)
def test_stronger_wind_of_the_same_form_has_the_same_shape(seed, factor):
    speed = 3.0 * np.random.default_rng(seed).weibull(1.9, 4000)
    np.testing.assert_allclose(
        weibull_by_moments(factor * speed), weibull_by_moments(speed), rtol=1e-9
    )
    shape, scale = weibull_fit(speed)
    stronger, larger = weibull_fit(factor * speed)
    assert abs(stronger - shape) < 0.05  # the cells of 0.1 m/s do not grow with the wind
    assert abs(larger / scale - factor) < 0.02 * factor


@given(seed=seeds, warmer=st.floats(-30.0, 30.0))
@settings(max_examples=10)
def test_a_warmer_place_differs_in_level_and_frost_alone(seed, warmer):
    one = record(seed)
    other = ClimateRecord(
        one.place,
        one.latitude,
        one.wind_height_m,
        one.ghi_w_m2,
        one.temperature_c + warmer,
        one.wind_speed_m_s,
    )
    straight, moved = figures(one), figures(other)
    shift = moved["temperature_month"] - straight["temperature_month"]
    np.testing.assert_allclose(shift, warmer, atol=1e-9)
    same = set(FIGURES) - {"temperature_month", "frost_hours"}
    for key in same:
        np.testing.assert_allclose(straight[key], moved[key], rtol=1e-6, atol=1e-6)
    assert (moved["frost_hours"] - straight["frost_hours"]) * np.sign(warmer) <= 0.0


@given(holds=st.lists(st.booleans(), min_size=1, max_size=80))
def test_periods_hold_every_step_once(holds):
    found = spells(np.array(holds))
    assert found.total == sum(holds)
    assert found.number == len([None for run in "".join("01"[h] for h in holds).split("0") if run])
    assert found.longest <= found.total
    assert found.number == 0 or found.mean <= found.longest
    backwards = spells(np.array(holds[::-1]))
    assert (found.number, found.longest) == (backwards.number, backwards.longest)


@given(seed=seeds, scale=st.floats(-100.0, 100.0).filter(lambda x: abs(x) > 1e-3))
def test_a_lag_correlation_has_no_unit(seed, scale):
    values = np.random.default_rng(seed).standard_normal(50).cumsum()
    np.testing.assert_allclose(
        lag_correlation(scale * values + 7.0), lag_correlation(values), atol=1e-6
    )
    assert -1.0 <= lag_correlation(values) <= 1.0


@given(seed=seeds)
@settings(max_examples=20)
def test_a_seasonal_cycle_taken_twice_takes_nothing_more(seed):
    daily = np.random.default_rng(seed).normal(size=(2, DAYS)).cumsum(-1)
    anomaly = daily - seasonal_course(daily)
    np.testing.assert_allclose(seasonal_course(anomaly), 0.0, atol=1e-8)
    np.testing.assert_allclose(anomaly.mean(-1), 0.0, atol=1e-8)


@given(start=st.integers(0, 8759), clock=st.integers(-12, 12))
@settings(max_examples=25)
def test_every_hour_of_a_year_appears_once_wherever_the_record_begins(start, clock):
    first = np.datetime64("2005-01-01", "s") + np.timedelta64(3600 * start, "s")
    utc = first + np.arange(8760) * np.timedelta64(3600, "s")
    hour_of_year = (np.arange(8760) + start + clock) % 8760
    days = by_day(hour_of_year.astype(float), utc, clock)
    np.testing.assert_array_equal(days.ravel(), np.arange(8760))


@given(seed=seeds, hours=st.sampled_from([1, 3, 6]), phase=st.integers(0, 2))
@settings(max_examples=20)
def test_a_kept_record_holds_only_speeds_that_blew(seed, hours, phase):
    speed = np.random.default_rng(seed).weibull(1.5, (2, 240))
    kept = as_kept(speed, Keeping(0.0, hours, phase % hours))
    assert all(np.isin(k, s).all() for k, s in zip(kept, speed, strict=True))
    assert (np.diff(kept) != 0).sum(-1).max() <= 240 // hours


@given(seed=seeds)
@settings(max_examples=5)
def test_years_compared_with_themselves_are_never_beyond(seed):
    one = record(seed, 3)
    check = compare(one, one)
    assert not check.beyond
    assert {row.key for row in check.rows} == set(FIGURES)
    assert all(row.low <= row.real <= row.high for row in check.rows if row.verdict == "ok")
