"""A river's record: its means by hand, its limits, and a fit that finds what made it."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.testing import assert_allclose

from altay_energy.core.errors import SeriesError
from altay_energy.resource.runoff.calibrate import (
    FITTED,
    Record,
    _SideBySide,
    fit_catchment,
    nash_sutcliffe,
    predict,
)
from altay_energy.resource.runoff.catchment import Catchment
from altay_energy.resource.runoff.processes import snow_bands
from altay_energy.resource.runoff.runoff import simulate

PLAIN = Catchment(area_km2=1000.0, band_elevation_m=snow_bands([500, 1500, 2500], 4), latitude=48.0)


def record(days=365, flow=None, period=None, seed=5):
    rng = np.random.default_rng(seed)
    day = np.arange(days) % 365 + 1
    warmth = 3.0 - 18.0 * np.cos(2.0 * np.pi * (day - 20) / 365.0) + rng.normal(0.0, 2.0, days)
    fall = np.where(rng.random(days) < 0.35, rng.gamma(1.0, 6.0, days), 0.0)
    flow = np.ones(days) if flow is None else np.asarray(flow, dtype=float)
    period = np.arange(days) if period is None else period
    return Record(warmth, fall, day, 600.0, flow, period)


def test_means_of_periods_leave_out_days_without_a_measurement():
    period = np.full(365, -1)
    period[3:6], period[10:12], period[20] = 0, 1, 2
    kept = record(flow=[1.0, 2.0, 3.0], period=period)
    daily = np.arange(365.0)
    assert_allclose(kept.means(daily), [4.0, 10.5, 20.0])
    assert_allclose(kept.means(np.stack([daily, 2.0 * daily])), [[4, 10.5, 20], [8, 21, 40]])


def test_a_record_of_a_year_is_enough_and_a_day_less_is_not():
    assert record(365).flow_m3_s.size == 365
    with pytest.raises(SeriesError, match="364 days are less than a year"):
        record(364)


def test_a_flow_of_nothing_is_a_flow_and_each_period_needs_one():
    record(flow=np.zeros(365))
    with pytest.raises(SeriesError, match=r"flow_m3_s = -1e-06 at period 7 \(first of 1\)"):
        record(flow=np.where(np.arange(365) == 7, -1e-6, 1.0))
    with pytest.raises(SeriesError, match="period must count the 2 flows"):
        record(flow=[1.0, 2.0], period=np.zeros(365, dtype=int))
    with pytest.raises(SeriesError, match="period must count the 1 flows"):
        record(flow=[1.0], period=np.where(np.arange(365) < 9, 0, 1))
    with pytest.raises(SeriesError, match="period must count"):
        record(flow=[1.0, 2.0], period=np.where(np.arange(365) < 9, 1, 0))


def test_a_prediction_is_what_the_model_gives_after_the_first_year_once_over():
    asked = record(500)
    twice = [np.concatenate([s[:365], s]) for s in (asked.temperature_c, asked.precipitation_mm)]
    day = np.concatenate([asked.day_of_year[:365], asked.day_of_year])
    expected = simulate(PLAIN, *twice, day.astype(float), 600.0, 365).flow_m3_s
    assert_allclose(predict(PLAIN, asked), expected, rtol=1e-12)


@pytest.mark.parametrize("days", [365, 730, 900])
def test_years_side_by_side_are_each_the_model_after_the_year_before(days):
    asked = record(days)
    names = ["melt_mm_day_k", "precipitation_factor"]
    low, high = np.array([2.0, 0.5]), np.array([6.0, 2.5])
    sets = np.array([[0.5, 0.25], [0.0, 1.0], *([[0.25, 0.5]] * 8)])
    found = _SideBySide(PLAIN, asked, names, low, high).flows(sets)
    assert found.shape == (10, days)
    for k, (melt, factor) in enumerate([(4.0, 1.0), (2.0, 2.5), (3.0, 1.5)]):
        one = PLAIN.with_(melt_mm_day_k=melt, precipitation_factor=factor)
        for first in range(0, days, 365):
            before = max(first - 365, 0)
            year = np.r_[before : before + 365, first : min(first + 365, days)]
            alone = simulate(
                one,
                asked.temperature_c[year],
                asked.precipitation_mm[year],
                asked.day_of_year[year].astype(float),
                600.0,
                365,
            )
            assert_allclose(found[k, first : first + 365], alone.flow_m3_s, rtol=1e-9)


def test_a_fit_of_one_year_finds_two_parameters_again():
    truth = PLAIN.with_(precipitation_factor=1.4, melt_mm_day_k=3.1)
    asked = record()
    asked = record(flow=predict(truth, asked))
    bounds = {name: FITTED[name] for name in ("precipitation_factor", "melt_mm_day_k")}
    found = fit_catchment(PLAIN, asked, bounds, samples=4, rounds=6)
    assert_allclose(found.catchment.precipitation_factor, 1.4, rtol=2e-3)
    assert_allclose(found.catchment.melt_mm_day_k, 3.1, rtol=2e-3)
    own = nash_sutcliffe(predict(found.catchment, asked), asked.flow_m3_s)
    assert found.efficiency == own > 0.9999
    # What is not fitted stays as it was given.
    assert found.catchment.soil_mm == PLAIN.soil_mm
    assert found.catchment.area_km2 == PLAIN.area_km2


def test_a_fit_never_leaves_the_bounds_it_was_given():
    truth = PLAIN.with_(precipitation_factor=1.8)
    asked = record()
    asked = record(flow=predict(truth, asked))
    found = fit_catchment(PLAIN, asked, {"precipitation_factor": (0.6, 1.2)}, samples=3, rounds=6)
    assert 1.15 < found.catchment.precipitation_factor <= 1.2


def test_a_fit_is_never_worse_than_where_it_began():
    truth = PLAIN.with_(precipitation_factor=1.1, melt_mm_day_k=4.5)
    asked = record()
    asked = record(flow=predict(truth, asked))
    begun = nash_sutcliffe(predict(truth, asked), asked.flow_m3_s)
    bounds = {name: FITTED[name] for name in ("precipitation_factor", "melt_mm_day_k")}
    found = fit_catchment(truth, asked, bounds, samples=0, rounds=3)
    assert begun == pytest.approx(1.0)
    assert found.efficiency == pytest.approx(1.0, abs=1e-6)
