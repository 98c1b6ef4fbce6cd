"""Snow on modules and on the ground: cases worked by hand, and pvlib's own model."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pvlib import snow as oracle

from altay_energy.resource.solar import snow

FROST, THAW = -10.0, 5.0


def hours(*values: float) -> np.ndarray:
    return np.array(values, dtype=float)


@pytest.fixture(scope="module")
def winter():
    """Sixty days by the hour: snowfall [m], irradiance [W/m²], air [°C], depth [m]."""
    random = np.random.default_rng(3)
    steps = 60 * 24
    fall = np.where(random.random(steps) < 0.02, random.random(steps) * 0.04, 0.0)
    light = np.maximum(np.sin(np.arange(steps) / 24 * 2 * np.pi), 0.0) * 900 * random.random(steps)
    air = -6.0 + 6.0 * np.sin(np.arange(steps) / 240 * 2 * np.pi) + random.normal(0, 2, steps)
    depth = np.maximum(0.03 + 0.03 * np.sin(np.arange(steps) / 300), 0.0)
    return fall, light, air, depth


# pvlib asks pandas in an old way.
@pytest.mark.filterwarnings("ignore:A future version of pandas will return a BaseOffset")
@pytest.mark.parametrize("with_depth", [False, True])
@pytest.mark.parametrize("step", [1.0, 0.5])
def test_coverage_is_that_of_pvlib(winter, with_depth, step):
    fall, light, air, depth = winter
    depth = depth if with_depth else None
    covered = snow.covering(fall, step, depth, day_limit_m=np.inf)
    ours = snow.module_coverage(covered, light, air, 34.0, step, snow_depth_m=depth, first=0.4)
    times = pd.date_range("2022-01-01", periods=fall.size, freq=pd.Timedelta(hours=step))
    series = [pd.Series(values, times) for values in (100.0 * fall, light, air)]
    theirs = oracle.coverage_nrel(
        *series,
        34.0,
        snow_depth=None if depth is None else pd.Series(100.0 * depth, times),
        initial_coverage=0.4,
    )
    assert covered.sum() > 10
    assert 0.1 < ours.mean() < 0.9
    np.testing.assert_allclose(ours, theirs.to_numpy(), atol=1e-9)


def test_all_that_falls_in_frost_is_snow_and_none_above_three_degrees():
    depth = snow.fresh_snow(hours(1.0, 1.0, 1.0), hours(-30.0, 1.0, 3.0))
    assert depth[0] == pytest.approx(1.0 / 67.92, rel=1e-3)
    assert depth[1] == pytest.approx(0.5 / (67.92 + 51.25))
    assert depth[2] == 0.0


def test_a_gauge_shows_new_snow_by_its_rise_alone():
    np.testing.assert_allclose(
        snow.depth_increase(hours(0.3, 0.3, 0.35, 0.2)), hours(0.0, 0.0, 0.05, 0.0)
    )


def test_a_centimetre_in_an_hour_covers_modules():
    covered = snow.covering(hours(0.009, 0.011, 0.0), 1.0)
    assert covered.tolist() == [False, True, False]


def test_an_inch_in_a_day_covers_modules_while_it_snows():
    fall = np.zeros(30)
    fall[:9] = 0.003
    covered = snow.covering(fall, 1.0)
    assert covered.tolist() == [False] * 8 + [True] + [False] * 21
    fall[9:] = 0.0005  # a dusting is no snowfall
    assert snow.covering(fall, 1.0).sum() == 1


def test_no_snow_on_modules_over_bare_ground():
    assert not snow.covering(hours(0.05), 1.0, hours(0.0)).any()


def test_snow_slides_by_a_fifth_of_the_sine_in_each_mild_hour():
    covered = np.array([True, False, False, False])
    left = snow.module_coverage(covered, hours(0, 0, 800, 800), hours(-20, -20, -9, -11), 30.0, 1.0)
    np.testing.assert_allclose(left, hours(1.0, 1.0, 1.0 - 0.197 * 0.5, 1.0 - 0.197 * 0.5))


def test_level_modules_keep_their_snow_until_the_ground_is_bare():
    covered = np.array([True, False, False, False])
    depth = hours(0.1, 0.1, 0.02, 0.0)
    left = snow.module_coverage(
        covered, np.full(4, 500.0), np.full(4, 9.0), 0.0, 1.0, snow_depth_m=depth
    )
    np.testing.assert_allclose(left, hours(1.0, 1.0, 1.0, 0.0))


def test_new_snow_ages_by_the_day_and_a_thaw_stays():
    covered = np.zeros(96, dtype=bool)
    covered[24] = True
    air = np.full(96, FROST)
    air[60] = THAW
    age, thawed = snow.snow_age(covered, air, 1.0)
    assert age[0] == snow.FIRST_AGE_DAYS
    assert age[24] == 0.0
    assert age[72] == 2.0
    assert not thawed[:60].any()
    assert thawed[60:].all()


def test_albedo_falls_with_age_faster_after_a_thaw():
    days, depth = hours(0.0, 3.0, 30.0), np.full(3, 0.5)
    dry = snow.snow_albedo(days, np.zeros(3, dtype=bool), depth)
    wet = snow.snow_albedo(days, np.ones(3, dtype=bool), depth)
    np.testing.assert_allclose(dry, [0.85, 0.75613, 0.54477], atol=2e-5)
    np.testing.assert_allclose(wet, [0.85, 0.61172, 0.32916], atol=2e-5)


def test_a_little_snow_leaves_the_ground_partly_dark():
    half = snow.snow_albedo(hours(0.0), np.array([False]), hours(0.05), bare=0.2, fresh=0.8)
    assert half[0] == pytest.approx(0.5)
    none = snow.snow_albedo(hours(0.0), np.array([False]), hours(0.0), bare=0.2)
    assert none[0] == pytest.approx(0.2)


def test_old_snow_is_never_darker_than_the_ground():
    old = snow.snow_albedo(hours(300.0), np.array([True]), hours(0.5), bare=0.4)
    assert old[0] == pytest.approx(0.4)


@pytest.mark.parametrize(
    ("air", "wind"), [(-0.01, 9.43), (-10.0, 7.96), (-20.0, 7.15), (-40.0, 6.98)]
)
def test_wind_drifts_dry_snow_from_the_published_threshold_on(air, wind):
    found = snow.drifts(np.array([wind - 0.02, wind + 0.02]), np.full(2, air))
    assert found.tolist() == [False, True]


def test_wind_moves_no_wet_snow():
    assert not snow.drifts(np.array([30.0]), np.array([0.5])).any()


def test_in_hard_frost_snow_leaves_with_the_wind_and_stays_without():
    covered = np.zeros(48, dtype=bool)
    covered[0] = True
    air, light = np.full(48, -25.0), np.full(48, 600.0)
    still = snow.module_coverage(covered, light, air, 34.0, 1.0)
    assert (still == 1.0).all()
    wind = np.where(np.arange(48) >= 24, 9.0, 2.0)
    blown = snow.module_coverage(covered, light, air, 34.0, 1.0, wind_10m_m_s=wind)
    assert (blown[:24] == 1.0).all()
    assert blown[24] == pytest.approx(1.0 - 0.197 * np.sin(np.radians(34.0)))
    assert blown[-1] == 0.0


@given(
    wind=st.lists(st.floats(0.0, 20.0), min_size=24, max_size=24),
    more=st.floats(0.0, 10.0),
    air=st.floats(-35.0, 5.0),
)
def test_more_wind_never_leaves_more_snow(wind, more, air):
    covered = np.arange(24) % 9 == 0
    light = np.full(24, 300.0)
    left = [
        snow.module_coverage(
            covered, light, np.full(24, air), 30.0, 1.0, wind_10m_m_s=np.array(wind) + extra
        )
        for extra in (0.0, more)
    ]
    assert (left[1] <= left[0] + 1e-12).all()
