"""Quantiles of an ensemble are numpy's, and their intervals hold the true ones."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy.stats import binom

from altay_energy.study.ensemble.quantiles import (
    PERCENTS,
    Runs,
    convergence,
    exceedance,
    quantile_interval,
    ranks,
    summary,
    weighted_quantiles,
)

STUDIES = 1000


@pytest.mark.parametrize("share", [0.1, 0.5, 0.9])
@pytest.mark.parametrize("runs", [100, 1000])
def test_the_interval_covers_the_true_quantile_in_93_to_97_percent_of_1000_studies(share, runs):
    rng = np.random.default_rng(7)
    drawn = np.sort(rng.exponential(size=(STUDIES, runs)), axis=1)
    true = -np.log1p(-share)
    found = [quantile_interval(study, share) for study in drawn]
    held = sum(part.low <= true <= part.high for part in found)
    assert 930 <= held <= 970


@pytest.mark.parametrize("share", [0.1, 0.5, 0.9, 0.99])
@pytest.mark.parametrize("runs", [8, 36, 47, 150])
def test_ranks_are_the_narrowest_pair_that_the_binomial_allows(share, runs):
    low, high = ranks(runs, share)
    below = binom.cdf(np.arange(-1, runs + 1), runs, share)
    pairs = [
        high - low
        for low in range(1, runs)
        for high in range(low + 1, runs + 1)
        if below[high] - below[low] >= 0.95
    ]
    if pairs:
        assert high - low == min(pairs)
        assert below[high] - below[low] >= 0.95
    else:
        assert (low, high) == (0, runs + 1)


def test_quantiles_are_those_of_numpy():
    values = np.random.default_rng(1).gamma(2.0, size=321)
    found = summary(values, Runs.alike(321))
    for percent in PERCENTS:
        part = found[f"p{percent}"]
        assert part.value == np.quantile(values, percent / 100)
        assert part.low <= part.value <= part.high
    assert found["mean"].value == values.mean()
    assert found["std"].value == values.std(ddof=1)


def test_weighted_quantiles_are_those_of_numpy_and_of_repeated_runs():
    rng = np.random.default_rng(2)
    values, weight = rng.normal(size=60), rng.integers(1, 4, size=60).astype(float)
    found = summary(values, Runs(np.repeat(np.arange(20), 3), weight))
    again = np.repeat(values, weight.astype(int))
    for percent in PERCENTS:
        expected = np.quantile(again, percent / 100, method="inverted_cdf")
        assert found[f"p{percent}"].value == expected
        (numpys,) = weighted_quantiles(values, weight, [percent / 100])
        assert numpys == expected
    assert_allclose(found["mean"].value, again.mean())
    assert_allclose(found["std"].value, again.std())


def test_members_of_equal_weight_that_share_years_keep_numpys_quantiles():
    values = np.random.default_rng(3).normal(size=200)
    found = summary(values, Runs(np.repeat(np.arange(50), 4), np.ones(200)))
    assert found["p90"].value == np.quantile(values, 0.9)


def test_members_that_share_a_weather_year_do_not_make_the_interval_narrower():
    """Forty years counted ten times each say no more than forty years."""
    years = np.random.default_rng(4).normal(size=40)
    alone = summary(years, Runs.alike(40))["p50"]
    shared = summary(np.repeat(years, 10), Runs(np.repeat(np.arange(40), 10), np.ones(400)))["p50"]
    naive = summary(np.repeat(years, 10), Runs.alike(400))["p50"]
    assert shared.high - shared.low > 0.6 * (alone.high - alone.low)
    assert naive.high - naive.low < 0.6 * (alone.high - alone.low)


@pytest.mark.slow
@pytest.mark.parametrize("key", ["p10", "p50", "p90"])
def test_the_interval_of_members_covers_the_true_quantile(key):
    """Of a mixture of three members that share a hundred years."""
    rng = np.random.default_rng(5)
    shift, weight = np.array([0.0, 0.5, 1.0]), np.array([1.0, 2.0, 1.0])
    many = rng.normal(size=200_000)[:, None] + shift
    values, weights = many.ravel(), np.broadcast_to(weight, many.shape).ravel()
    (true,) = weighted_quantiles(values, weights, [int(key[1:]) / 100])
    runs, held = Runs(np.repeat(np.arange(100), 3), np.tile(weight, 100)), 0
    for _ in range(300):
        part = summary((rng.normal(size=100)[:, None] + shift).ravel(), runs)[key]
        held += part.low <= true <= part.high
    assert 0.91 <= held / 300 <= 0.98


def test_mean_and_deviation_cover_the_true_ones():
    rng, held = np.random.default_rng(6), np.zeros(2)
    for _ in range(400):
        found = summary(rng.normal(5.0, 2.0, size=200), Runs.alike(200))
        held += [
            found["mean"].low <= 5.0 <= found["mean"].high,
            found["std"].low <= 2.0 <= found["std"].high,
        ]
    assert np.all((held / 400 >= 0.92) & (held / 400 <= 0.98))


def test_too_few_runs_have_no_interval():
    part = summary(np.arange(10.0), Runs.alike(10))["p90"]
    assert part.value == np.quantile(np.arange(10.0), 0.9)
    assert part.document() == {"value": part.value, "low": None, "high": None}
    assert summary(np.arange(29.0), Runs.alike(29))["p90"].high == 28.0
    alone = summary(np.array([3.0]), Runs.alike(1))
    assert alone["p50"].value == 3.0
    assert alone["std"].document()["value"] is None


def test_runs_without_the_figure_are_left_out():
    values = np.array([np.nan, 1.0, 2.0, np.nan, 3.0])
    assert summary(values, Runs.alike(5))["p50"].value == 2.0
    assert summary(np.full(3, np.nan), Runs.alike(3))["p50"].document()["value"] is None


def test_exceedance_counts_the_weight_that_reaches_a_value():
    value, share = exceedance(np.array([1.0, 3.0, np.nan, 2.0]), np.array([1.0, 1.0, 9.0, 2.0]))
    assert_allclose(value, [3.0, 2.0, 1.0])
    assert_allclose(share, [0.25, 0.75, 1.0])


def test_convergence_ends_with_the_quantiles_of_all_runs():
    values = np.random.default_rng(8).normal(size=130)
    found = convergence(values, Runs.alike(130))
    assert found["n"] == [5.0, 10.0, 20.0, 50.0, 100.0, 130.0]
    assert found["p90"][-1] == np.quantile(values, 0.9)
    assert found["p50"][1] == np.quantile(values[:10], 0.5)
    width = [
        high - low for low, high in zip(found["p50_low"], found["p50_high"], strict=True) if low
    ]
    assert width[-1] < width[0]
