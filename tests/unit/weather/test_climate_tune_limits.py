"""How far one round of tuning moves a fitted climate, on either side of each limit."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.testing import assert_allclose

from altay_energy.weather.climate_fit_tune import _gap, _logarithm, _move_persistence, _ratio


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
