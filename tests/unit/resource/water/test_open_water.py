"""Pools under the sky: evaporation, ice, days and the shape of a valley."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.testing import assert_allclose

from altay_energy.core.errors import ScenarioError
from altay_energy.core.timeline import Timeline
from altay_energy.resource.water.open_water import (
    daily_means,
    evaporation_mm_day,
    ice_thickness_m,
    over_days,
    valley_curve,
)


def test_ice_grows_with_the_root_of_the_frost():
    ice = ice_thickness_m(np.full(100, -20.0), 2.0, 0.0)
    assert_allclose(ice[-1], 0.02 * np.sqrt(2000.0))
    assert_allclose(ice[24], ice[99] / 2)


def test_ice_melts_by_five_millimetres_a_degree_day_and_never_below_nothing():
    ice = ice_thickness_m(np.full(30, 4.0), 2.0, 0.5)
    assert_allclose(ice[9], 0.3)
    assert ice[-1] == 0.0


def test_a_year_ends_in_the_ice_it_began_with():
    warm = 5.0 - 22.0 * np.cos(2.0 * np.pi * np.arange(365) / 365.0)
    ice = ice_thickness_m(np.stack([warm, warm + 3.0]), 2.0)
    again = ice_thickness_m(np.stack([warm, warm + 3.0]), 2.0, ice[:, -1])
    assert_allclose(ice, again)
    assert ice[0, 0] > ice[1, 0] > 0.0
    assert ice[0, 200] == 0.0


def test_without_growth_a_pool_stays_open():
    assert not ice_thickness_m(np.full(50, -30.0), 0.0).any()


def test_evaporation_follows_makkink():
    # By hand: es(20 °C) = 2338.3 Pa, slope 144.74 Pa/K, gamma 67.38 Pa/K at 101,325 Pa,
    # 200 W/m² are 7.0531 mm/d: 0.61 · 0.68236 · 7.0531 - 0.12.
    found = evaporation_mm_day(np.array(200.0), np.array(20.0), np.array(101325.0))
    assert_allclose(found, 2.816, atol=2e-3)


def test_dark_and_cold_days_evaporate_nothing():
    assert evaporation_mm_day(np.array(5.0), np.array(-30.0), np.array(9e4)) == 0.0


def test_days_are_those_of_the_local_clock():
    timeline = Timeline.of_year(2030)
    day = timeline.day_of_year.astype(float)
    means = daily_means(day, timeline)
    assert_allclose(means, np.arange(1, 366))
    assert_allclose(over_days(means, timeline), day)
    both = daily_means(np.stack([day, 2 * day]), timeline)
    assert both.shape == (2, 365)


def test_a_valley_holds_the_stated_volumes_at_the_stated_levels():
    curve = valley_curve(1470.0, 1437.0, 8.21e6, 5.9e6)
    assert_allclose(curve.volume(1470.0), 8.21e6)
    assert_allclose(curve.volume(1437.0), 2.31e6, rtol=1e-9)
    upper_half = curve.volume(1470.0) - curve.volume(1453.5)
    assert upper_half > curve.volume(1453.5) - curve.volume(1437.0)


def test_a_basin_that_is_all_live_is_a_box():
    curve = valley_curve(110.0, 100.0, 2e6, 2e6)
    assert_allclose(curve.volume(105.0), 1e6)


def test_a_live_volume_above_the_total_is_refused():
    with pytest.raises(ScenarioError, match=r"live volume of 9 Mm³ must be .* at most the total"):
        valley_curve(110.0, 100.0, 8e6, 9e6)
