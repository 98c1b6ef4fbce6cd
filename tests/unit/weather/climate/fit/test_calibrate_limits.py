"""How far one round of tuning moves a fitted climate, on either side of each limit."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.testing import assert_allclose

from altay_energy.weather.climate.fit.calibrate import (
    WIND_COURSE,
    _gap,
    _logarithm,
    _move_persistence,
    _move_wind,
    _ratio,
)


def test_the_logarithm_of_counts_stays_within_a_half_on_either_side():
    def found(real, made):
        return _logarithm(np.array([real]), np.array([made]), 5.0)

    assert found(1e9, 0.0) == 0.5
    assert found(0.0, 1e9) == -0.5
    assert found(7.0, 7.0) == 0.0
    assert found(3.0, 2.0) == pytest.approx(np.log(8.0 / 7.0))


def test_a_ratio_stays_within_its_limits_and_is_one_where_nothing_can_be_compared():
    real = np.array([1.0, 9.0, 1.0, np.nan, 1.0, 0.0, 3.0])
    made = np.array([2.0, 1.0, 1.1, 1.0, np.inf, 1.0, 0.04])
    found = _ratio(real, made, 0.8, 1.25, 0.05)
    assert_allclose(found, [0.8, 1.25, 1.0 / 1.1, 1.0, 1.0, 1.0, 1.0])


def test_a_gap_stays_within_its_limit_on_either_side_and_is_nothing_where_unknown():
    def found(real, made):
        return _gap(np.array([real]), np.array([made]), 0.1)

    assert found(0.75, 0.7) == pytest.approx(0.05)
    assert found(0.7, 0.75) == pytest.approx(-0.05)
    assert (found(0.9, 0.1), found(0.1, 0.9)) == (0.1, -0.1)
    assert found(np.nan, 0.5) == 0.0


@pytest.mark.parametrize(("longer", "later"), [(1.0, 0.0), (1.2, 0.0), (1.0, 0.1), (0.9, -0.05)])
def test_wind_that_must_keep_longer_flickers_less_and_remembers_more(longer, later):
    """A gap of half the lag's and 0.8 of the calms' share goes to flicker and memory."""
    real = {"calm_length": np.array([longer]), "wind_lag1": np.array([0.8 + later])}
    made = {"calm_length": np.array([1.0]), "wind_lag1": np.array([0.8])}
    scalars = {"wind_hour_lag1": 0.8, "wind_white_share": 0.3}
    _move_persistence(scalars, real, made)
    gap = 0.5 * later + 0.8 * (longer - 1.0)
    assert scalars["wind_white_share"] == pytest.approx(0.3 - gap)
    assert scalars["wind_hour_lag1"] == pytest.approx(0.8 ** (1.0 / (1.0 + gap)))


def test_a_daily_profile_of_wind_below_five_hundredths_is_not_compared():
    def moved(real, made):
        monthly = {key: np.ones(1) for key in ("wind_m_s", *WIND_COURSE)}
        one = {"wind_month": np.ones(1), "weibull_k": np.full(1, 2.0)}
        shapes = {"wind_shape": np.linspace(0.1, 1.9, 25)[np.newaxis]}
        _move_wind(
            monthly,
            shapes,
            {**one, "wind_swing": np.array([real])},
            {**one, "wind_swing": np.array([made])},
        )
        assert_allclose(monthly["wind_m_s"], 1.0)
        (factor,) = {float(monthly[key][0]) for key in WIND_COURSE}
        return factor

    assert moved(0.06, 0.055) == pytest.approx(0.06 / 0.055)
    assert moved(0.06, 0.049) == moved(0.049, 0.06) == 1.0
    assert moved(0.9, 0.1) == 1.25
    assert moved(0.1, 0.9) == 0.8
