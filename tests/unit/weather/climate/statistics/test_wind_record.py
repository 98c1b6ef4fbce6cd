"""How a wind record was kept, and its Weibull distribution, on winds that are known."""

from __future__ import annotations

import numpy as np
import pytest

from altay_energy.weather.climate.model.noise import autoregression
from altay_energy.weather.climate.statistics import wind_record as wr


def wind(shape=1.7, scale=3.0, seed=3, hours=8760, lag1=0.7):
    from scipy.special import ndtr

    rank = ndtr(autoregression(np.random.default_rng(seed).standard_normal(hours), lag1))
    return scale * (-np.log1p(-rank)) ** (1.0 / shape)


def independent(shape, scale=4.0, hours=200_000):
    return scale * np.random.default_rng(8).weibull(shape, hours)


@pytest.mark.parametrize(("grid", "found"), [(1.0, 1.0), (0.5, 0.5), (0.1, 0.1), (0.001, 0.0)])
def test_rounding_is_found(grid, found):
    assert wr.resolution(np.round(wind() / grid) * grid) == found


def test_a_few_values_between_do_not_hide_that_a_record_is_rounded():
    record = np.round(wind())
    record[::500] += 0.3
    assert wr.resolution(record) == 1.0


@pytest.mark.parametrize("hours", [2, 3, 4, 6, 8, 12])
@pytest.mark.parametrize("phase", [0, 1])
def test_held_observations_are_found_with_their_first_hour(hours, phase):
    record = np.round(wr.as_kept(wind(), wr.Keeping(0.0, hours, phase)))
    assert wr.held_hours(record) == (hours, phase)


def test_a_true_hourly_record_is_not_taken_for_held():
    for record in (wind(), np.round(wind()), np.round(wind(lag1=0.97))):
        assert wr.held_hours(record) == (1, 0)
        assert wr.keeping(record).hourly


def test_a_record_that_hardly_changes_is_not_taken_for_held():
    record = np.repeat(np.arange(36.0), 240)
    assert wr.held_hours(record) == (1, 0)


def test_synthetic_wind_is_kept_as_the_station_does():
    speed = np.array([[0.2, 1.4, 2.6, 3.6, 4.4, 5.2, 6.1, 7.0]])
    kept = wr.as_kept(speed, wr.Keeping(1.0, 3, 1))
    # the hour before the first observation belongs to the last block of the year before
    assert kept.tolist() == [[6, 1, 1, 1, 4, 4, 4, 7]]
    assert np.array_equal(wr.as_kept(speed, wr.Keeping()), speed)


def test_keeping_a_record_again_changes_nothing():
    how = wr.Keeping(1.0, 6, 2)
    once = wr.as_kept(wind(), how)
    assert np.array_equal(wr.as_kept(once, how)[6:], once[6:])


@pytest.mark.parametrize("shape", [1.2, 1.6, 2.0, 3.0])
def test_the_weibull_fit_finds_the_shape_through_rounding_and_calm(shape):
    speed = independent(shape)
    assert wr.weibull_fit(speed) == pytest.approx((shape, 4.0), rel=0.01)
    assert wr.weibull_fit(np.round(speed), 1.0) == pytest.approx((shape, 4.0), rel=0.015)
    calm = np.where(np.arange(speed.size) % 3 == 0, 0.0, np.round(speed))
    assert wr.weibull_fit(calm, 1.0) == pytest.approx((shape, 4.0), rel=0.015)


def test_moments_miss_the_shape_where_calms_are_many_and_the_fit_does_not():
    speed = independent(2.0)
    calm = np.where(np.arange(speed.size) % 3 == 0, 0.0, speed)
    assert wr.weibull_by_moments(speed) == pytest.approx(2.0, abs=0.05)
    assert wr.weibull_by_moments(calm) < 1.3
    assert wr.weibull_fit(calm)[0] == pytest.approx(2.0, abs=0.03)


def test_wind_that_does_not_vary_has_no_shape():
    assert np.isnan(wr.weibull_fit(np.full(100, 3.0), 1.0)).all()
    assert np.isnan(wr.weibull_by_moments(np.full((2, 100), 3.0))).all()
    assert np.isnan(wr.weibull_by_moments(np.zeros(100)))
    assert np.isnan(wr.weibull_fit(np.zeros(100), 1.0)).all()
