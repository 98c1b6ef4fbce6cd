"""Calendar curves."""

import numpy as np
import pytest
from numpy.testing import assert_allclose

from altay_energy.components.demand.seasons import (
    daily_from_monthly,
    day_curve,
    first_step,
    month_of_day,
    steps_of_year,
    years_of,
)
from altay_energy.components.settings.settings import TimeSettings
from altay_energy.core.errors import SeriesError
from altay_energy.core.timeline import Timeline

SNOW_FED = (0.2, 0.2, 0.2, 0.7, 2.3, 3.4, 2.1, 1.1, 0.6, 0.5, 0.3, 0.2)
SUMMER_ONLY = (0.0, 0.0, 0.0, 0.25, 0.9, 1.35, 1.6, 1.3, 0.5, 0.0, 0.0, 0.0)
TWO_HUMPS = tuple(1.0 + 0.4 * np.sin(0.9 * np.arange(24)))


@pytest.mark.parametrize("days", [365, 366])
@pytest.mark.parametrize("monthly", [SNOW_FED, SUMMER_ONLY])
def test_smoothed_months_keep_their_means(monthly, days):
    daily = daily_from_monthly(monthly, days)
    month = month_of_day(days)
    means = np.bincount(month, daily) / np.bincount(month)
    assert daily.shape == (days,)
    assert_allclose(means, monthly, rtol=1e-12, atol=1e-15)
    assert daily.min() >= 0.0


def test_smoothed_months_have_no_step_at_month_ends():
    daily = daily_from_monthly(SNOW_FED, 365)
    round_the_year = np.append(daily, daily[0])
    assert np.abs(np.diff(round_the_year)).max() < 0.04 * max(SNOW_FED)
    largest_step_of_months = np.abs(np.diff(SNOW_FED)).max()
    assert np.abs(np.diff(round_the_year)).max() < 0.1 * largest_step_of_months


def test_a_month_of_zero_stays_zero():
    daily = daily_from_monthly(SUMMER_ONLY, 365)
    assert not daily[month_of_day(365) == 0].any()
    assert not daily[month_of_day(365) == 11].any()


def test_equal_months_make_a_flat_year():
    assert_allclose(daily_from_monthly((2.0,) * 12, 366), 2.0)


@pytest.mark.parametrize("step", [0.5, 0.25])
def test_quarters_of_an_hour_average_to_the_hour(step):
    fine = day_curve(TWO_HUMPS, step).reshape(24, -1).mean(axis=1)
    assert_allclose(fine, day_curve(TWO_HUMPS, 1.0), rtol=1e-12)


def test_the_day_curve_keeps_the_mean_of_the_day_and_has_no_step_at_midnight():
    curve = day_curve(TWO_HUMPS, 0.25)
    assert_allclose(curve.mean(), np.mean(TWO_HUMPS))
    steepest_hour = np.abs(np.diff([*TWO_HUMPS, TWO_HUMPS[0]])).max()
    assert np.abs(np.diff(np.append(curve, curve[0]))).max() <= 0.25 * steepest_hour + 1e-12


def test_a_period_knows_its_years_and_where_it_begins():
    period = TimeSettings(start="2031-12-31T22:00", hours=5).timeline()
    assert list(years_of(period)) == [2031, 2032]
    assert first_step(period) == 8758
    assert (steps_of_year(2031, 1.0), steps_of_year(2032, 0.25)) == (8760, 4 * 8784)


def test_a_period_that_begins_within_a_step_is_refused():
    from datetime import UTC, datetime

    period = Timeline(datetime(2030, 1, 1, 0, 30, tzinfo=UTC), 24)
    with pytest.raises(SeriesError, match="within a step of 1 h; begin it on a whole step"):
        first_step(period)
