"""Small parts of the climate generator and of its fit, each by hand or by counting."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy.signal import lfilter
from scipy.special import gamma

from altay_energy.weather.climate.fit.hours import LAGS, _persists
from altay_energy.weather.climate.model.daily_basis import (
    residual_covariance,
    smooth_weights,
    wind_scale,
)
from altay_energy.weather.climate.model.file import _point_problems
from altay_energy.weather.climate.model.many_years import climate_days, climate_years
from altay_energy.weather.climate.model.noise import _together, autoregression, within_days
from altay_energy.weather.climate.model.station import DAY_NODES, blended, hub_wind
from altay_energy.weather.climate.model.tables import (
    block_basis,
    climate_tables,
    great_circle_km,
    straight_basis,
)
from altay_energy.weather.climate.model.warming import NO_WARMING, documented_warming
from altay_energy.weather.climate.model.year import _Year

LENGTHS = {365: 28, 366: 29}


def month_lengths(days):
    return np.array([31, LENGTHS[days], 31, 30, 31, 30, 31, 31, 30, 31, 30, 31])


@pytest.mark.parametrize("days", [365, 366])
def test_straight_lines_meet_each_month_at_its_middle_and_turn_round_with_the_year(days):
    basis = straight_basis(days)
    assert basis.shape == (days, 12)
    assert_allclose(basis.sum(axis=-1), 1.0)
    lengths = month_lengths(days)
    middle = np.cumsum(lengths) - lengths / 2.0
    day = np.arange(days) + 0.5
    for month in range(12):
        later = middle[(month + 1) % 12] + (days if month == 11 else 0)
        for d in np.flatnonzero((day >= middle[month]) & (day < later)):
            share = (day[d] - middle[month]) / (later - middle[month])
            assert_allclose(basis[d, month], 1.0 - share, atol=1e-12)
            assert_allclose(basis[d, (month + 1) % 12], share, atol=1e-12)


@pytest.mark.parametrize("days", [365, 366])
def test_blocks_represent_their_month_but_for_six_days_at_each_side(days):
    basis, lengths = block_basis(days), month_lengths(days)
    assert_allclose(basis.sum(axis=-1), 1.0)
    ends = np.cumsum(lengths)
    for month in range(12):
        inside = basis[ends[month] - lengths[month] + 6 : ends[month] - 6, month]
        assert_allclose(inside, 1.0)
        joint = basis[ends[month] - 6 : ends[month], month]
        assert_allclose(joint, 1.0 - (np.arange(6) + 0.5) / 12.0)


def test_distances_on_the_globe_by_hand():
    quarter = np.pi / 2.0 * 6371.0
    assert_allclose(great_circle_km(0.0, 0.0, 0.0, 90.0), quarter, rtol=2e-4)
    assert_allclose(great_circle_km(90.0, 12.0, 0.0, 77.0), quarter, rtol=2e-4)
    assert_allclose(great_circle_km(47.0, 179.5, 47.0, -179.5), 75.8, atol=0.3)
    assert great_circle_km(47.0, 86.0, 47.0, 86.0) == 0.0


@pytest.mark.parametrize(("day_share", "lag1", "day_lag1"), [(0.5, 0.8, 0.4), (0.8, 0.5, 0.0)])
def test_the_spread_of_each_hour_of_wind_is_that_of_what_is_added_up(day_share, lag1, day_lag1):
    """Days as normal deviates joined smoothly, hours about them: counted over many days."""
    rng = np.random.default_rng(1)
    draws, hour_std, white = 60_000, 0.6, 0.2
    alike = day_lag1 ** np.abs(np.arange(3)[:, None] - np.arange(3))
    days = rng.multivariate_normal(np.zeros(3), alike, draws)
    slow = np.sqrt(day_share) * days @ smooth_weights().T
    covariance = residual_covariance(lag1, white)[:, :24]
    assert_allclose(covariance, covariance.T, atol=1e-12)
    within = rng.multivariate_normal(np.zeros(24), covariance, draws)
    within *= hour_std / np.sqrt(np.trace(covariance) / 24.0)
    expected = (slow + within).std(axis=0)
    assert_allclose(wind_scale(day_share, hour_std, lag1, white, day_lag1), expected, rtol=0.02)


def test_noise_of_points_is_added_with_its_factors_and_their_sign():
    noise = np.array([[1.0, -2.0], [10.0, 20.0]])
    factor = np.array([[1.0, 0.0], [0.6, 0.8]])
    assert_allclose(_together(noise, factor), [[1.0, -2.0], [8.6, 14.8]])


def test_an_autoregression_begins_as_it_goes_on_and_keeps_its_spread():
    white = np.random.default_rng(3).standard_normal(200_000)
    found = autoregression(white, 0.8)
    assert_allclose(found.std(), 1.0, atol=0.02)
    assert_allclose(np.corrcoef(found[1:], found[:-1])[0, 1], 0.8, atol=0.01)
    assert_allclose(np.corrcoef(found, white)[0, 1], 0.6, atol=0.01)
    assert_allclose(found[0], white[0])
    assert_allclose(found[1], 0.8 * found[0] + 0.6 * white[1])


def test_wind_at_the_hub_has_the_stated_profile_of_the_day_and_no_second_wave():
    point = next(iter(climate_tables().points.values()))
    given = {
        "weibull_k": 2.0,
        "peak_solar_hour": 15.0,
        "diurnal": np.linspace(0.05, 0.2, 12),
        "day_share": 0.5,
        "hour_std": 0.4,
        "hour_lag1": 0.7,
        "white_share": 0.1,
        "day_lag1": 0.35,
    }
    level = np.linspace(5.0, 9.0, 12)
    found = hub_wind(point.station, level, given)
    assert_allclose(found.monthly["wind_m_s"], level)
    for key in ("wind_c2", "wind_s2"):
        assert not found.monthly[key].any()
    # The first wave is largest at the stated hour, by as much as the slope of the ranks asks.
    amplitude = np.hypot(found.monthly["wind_c1"], found.monthly["wind_s1"])
    angle = np.arctan2(found.monthly["wind_s1"], found.monthly["wind_c1"])
    assert_allclose(angle % (2.0 * np.pi) * 24.0 / (2.0 * np.pi), 15.0)

    def speed(deviate):
        from scipy.stats import norm

        return np.sqrt(-np.log(norm.sf(deviate))) / gamma(1.5)

    slope = speed(0.5) - speed(-0.5)
    assert_allclose(amplitude, given["diurnal"] / slope, rtol=0.01)
    wind = ("cloud", "temperature", "wind", "humidity", "pressure").index("wind")
    assert found.lag1[wind, wind] == 0.35
    others = np.delete(np.delete(found.lag1, wind, 0), wind, 1)
    assert_allclose(others, np.delete(np.delete(point.station.lag1, wind, 0), wind, 1))
    assert found.scalars["wind_hour_std"] == 0.4
    assert found.scalars["wind_white_share"] == 0.1


def test_a_blend_is_the_weighted_mean_of_everything():
    points = list(climate_tables().points.values())
    one, two, three = (p.station for p in (points[0], points[-1], points[1]))
    found = blended([(0.5, one), (0.2, two), (0.3, three)])

    def mean(a, b, c):
        return 0.5 * a + 0.2 * b + 0.3 * c

    for name in ("monthly", "shapes", "scalars"):
        for key, value in getattr(found, name).items():
            expected = mean(*(getattr(s, name)[key] for s in (one, two, three)))
            assert_allclose(value, expected, err_msg=key)
    assert_allclose(found.correlation, mean(one.correlation, two.correlation, three.correlation))
    assert_allclose(found.lag1, mean(one.lag1, two.lag1, three.lag1))


@pytest.mark.parametrize(
    ("shares", "faulty"),
    [
        ({"a": 1.0}, False),
        ({"a": 0.4, "b": 0.6}, False),
        ({"a": 0.4, "b": 0.6000009}, False),
        ({"a": 0.4, "b": 0.60001}, True),
        ({"a": 0.4, "b": 0.59}, True),
        ({"a": 1.5, "b": -0.5}, True),
        ({"a": True}, True),
        ({"a": 0.0, "b": 1.0}, False),
    ],
)
def test_shares_of_stations_are_numbers_from_nothing_on_that_sum_to_one(shares, faulty):
    point = {"stations": shares, "sources": {}, "latitude": 47.0, "longitude": 86.0}
    problems = list(_point_problems("points.x", point, {"stations": {"a": {}, "b": {}}}))
    assert any("shares must sum to 1" in problem for problem in problems) == faulty


@pytest.mark.parametrize(("lag1", "white"), [(0.9, 0.0), (0.7, 0.3)])
def test_hours_within_days_persist_as_a_long_series_of_them_does(lag1, white):
    noise = np.random.default_rng(5).normal(size=(2, 24 * 20_000))
    steady = lfilter([np.sqrt(1.0 - lag1**2)], [1.0, -lag1], noise[0])
    course = np.sqrt(1.0 - white) * steady + np.sqrt(white) * noise[1]
    rest = within_days(course).ravel()
    variance = np.mean(rest**2)
    found = [np.mean(rest[lag:] * rest[:-lag]) / variance for lag in LAGS]
    assert_allclose(_persists(lag1, white), found, atol=0.012)


@pytest.mark.parametrize("process", ["temperature", "wind"])
def test_days_of_higher_rank_are_warmer_and_windier(process):
    rank = np.array([[-2.0, -1.0, 0.0, 0.5, 2.0]])
    shape = DAY_NODES + 0.1 * DAY_NODES**2 / DAY_NODES.max()  # skewed, rising
    year = SimpleNamespace(
        daily={process: rank},
        curve={"mean": np.full((1, 5), 10.0), "std": np.full((1, 5), 2.0)},
        sites=SimpleNamespace(shape={f"{process}_shape": np.tile(shape, (1, 5, 1))}),
    )
    found = _Year._of_day(year, process, "mean", "std")
    expected = 10.0 + 2.0 * np.interp(rank[0], DAY_NODES, shape)
    assert_allclose(found[0], expected, atol=1e-9)
    assert np.all(np.diff(found[0]) > 0.0)


@pytest.mark.parametrize("warming", [NO_WARMING, documented_warming(2050)])
def test_days_are_the_means_and_sums_of_their_hours(warming):
    points, seeds = ("hemu", "jeminay"), (3, 8)
    (block,) = climate_years(points, [2028], seeds, warming=warming, chunk=2)
    warmth, fall = climate_days(points, 2028, seeds, warming=warming)
    hourly = {name: values.reshape(2, 2, 366, 24) for name, values in block.series.items()}
    assert_allclose(warmth, hourly["temperature_c"].mean(-1), rtol=0.0, atol=1e-13)
    assert_allclose(fall, hourly["precipitation_mm"].sum(-1), rtol=1e-12, atol=1e-15)
    part = climate_days(points, 2028, seeds[1:], warming=warming, last=3)
    assert_array_equal(part, [warmth[1:, :, :3], fall[1:, :, :3]])
