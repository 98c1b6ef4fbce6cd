"""From which share on a wind record counts as rounded or held, and Weibull's shape by hand."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.testing import assert_allclose

from altay_energy.weather.climate.statistics import wind_record as wr


def record(hours=2000, seed=1):
    return np.random.default_rng(seed).uniform(0.0, 15.0, hours)


def test_five_values_in_a_thousand_may_lie_off_the_grid_and_six_may_not():
    rounded = np.round(record(1000))
    assert wr.resolution(np.r_[rounded[5:], np.full(5, 0.33)]) == 1.0
    assert wr.resolution(np.r_[rounded[6:], np.full(6, 0.33)]) == 0.0


def test_the_coarsest_grid_counts():
    assert wr.resolution(np.round(record())) == 1.0
    assert wr.resolution(np.round(record() * 2.0) / 2.0) == 0.5
    assert wr.resolution(np.round(record() * 10.0) / 10.0) == 0.1
    assert wr.resolution(np.round(record() / 0.1) * 0.1 + 2e-8) == 0.1
    assert wr.resolution(np.round(record()) + 2e-6) == 0.0


def test_a_record_needs_a_hundred_changes_to_be_judged():
    blocks = np.arange(101.0)  # a hundred changes, three hours each
    assert wr.held_hours(np.repeat(blocks, 3)) == (3, 0)
    assert wr.held_hours(np.repeat(blocks[:-1], 3)) == (1, 0)


def test_more_than_nine_changes_in_ten_must_fall_on_one_hour():
    def changes(at):
        speed = np.zeros(4000)
        for k in at:
            speed[k:] += 1.0
        return speed

    regular = 6 * np.arange(1, 600)
    assert wr.held_hours(changes([*regular[:91], *(regular[91:100] + 1)])) == (6, 0)
    # Nine in ten are not more than that: neither six hours, nor three, nor two.
    odd = regular[90:100] + 1
    assert wr.held_hours(changes([*regular[:90], *odd])) == (1, 0)


def test_the_longest_block_counts_and_its_phase_is_named():
    blocks = np.r_[np.zeros(5), np.repeat(np.arange(1.0, 200.0), 8)]
    assert wr.held_hours(blocks) == (8, 5)
    assert wr.keeping(blocks) == wr.Keeping(1.0, 8, 5)
    assert not wr.keeping(blocks).hourly
    assert wr.Keeping() == wr.Keeping(0.0, 1, 0)
    assert wr.Keeping().hourly


@pytest.mark.parametrize("resolution", [0.0, 0.5])
def test_a_held_record_repeats_the_first_hour_of_each_block_and_is_then_rounded(resolution):
    speed = record(100)
    kept = wr.as_kept(speed, wr.Keeping(resolution, 4, 3))
    expected = speed[3:99].reshape(-1, 4)[:, :1].repeat(4, axis=1).ravel()
    if resolution:
        expected = np.round(expected * 2.0) / 2.0
    assert_allclose(kept[3:99], expected)


def test_the_shape_by_moments_by_hand():
    """Justus: k = (s / m)^-1.086; an exponential wind has a shape of 1 and a ratio of 1."""
    assert_allclose(wr.weibull_by_moments(np.array([0.0, 2.0])), 1.0)
    assert_allclose(
        wr.weibull_by_moments(np.array([[3.0, 5.0], [9.0, 11.0]])), [4.0**1.086, 10.0**1.086]
    )


def test_the_fit_needs_three_speeds_that_blow():
    assert np.isnan(wr.weibull_fit(np.array([0.0, 2.0, 3.0] * 9), 1.0)).all()
    assert np.isfinite(wr.weibull_fit(np.array([0.0, 2.0, 3.0, 4.0] * 9), 1.0)).all()


def test_the_fit_maximises_the_likelihood_that_is_stated():
    speed = np.round(4.0 * np.random.default_rng(8).weibull(1.8, 3000))
    shape, scale = wr.weibull_fit(speed, 1.0)

    def likelihood(k, c):
        def above(v):
            return np.exp(-((v / c) ** k))

        blows = speed[speed > 0.0]
        cells = np.log((above(blows - 0.5) - above(blows + 0.5)) / above(blows.min() - 0.5))
        return cells.sum()

    best = likelihood(shape, scale)
    for k, c in ((1.01, 1.0), (0.99, 1.0), (1.0, 1.01), (1.0, 0.99)):
        assert likelihood(shape * k, scale * c) < best


@pytest.mark.parametrize("unit", [0.1, 10.0])
def test_an_unrounded_record_keeps_its_shape_at_any_scale(unit):
    # Scales of 0.4 and 40 m/s, both far from where the search begins.
    speed = 4.0 * unit * np.random.default_rng(8).weibull(2.0, 100_000)
    shape, scale = wr.weibull_fit(speed)
    assert_allclose((shape, scale), (2.0, 4.0 * unit), rtol=0.02)


def test_the_scale_that_is_described_gives_the_mean_of_the_speeds():
    from scipy.special import gamma

    from altay_energy.weather.prepare.describe import weibull_scale, weibull_shape

    assert weibull_scale(np.array([0.0, 2.0])) == pytest.approx(1.0)  # a shape of 1: the mean
    speed = np.array([3.0, 5.0, 4.0, 8.0])
    shape = weibull_shape(speed)
    assert weibull_scale(speed) * gamma(1.0 + 1.0 / shape) == pytest.approx(5.0)
    assert weibull_scale(np.full(9, 3.0)) is None
