"""Wind at the hub from two heights and from stability, against cases worked by hand."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose

from altay_energy.resource.wind.shear import (
    CLASS_EXPONENTS,
    MOST_EXPONENT,
    cloud_cover,
    mean_exponent,
    speed_between_two,
    stability_class,
    stability_speed,
)

DAYS = 3
NOON_SUN = np.tile(90.0 - 50.0 * np.sin(np.pi * (np.arange(24) - 6) / 12.0), DAYS)
SPEEDS = st.lists(st.tuples(st.floats(0.0, 30.0), st.floats(0.0, 30.0)), min_size=1, max_size=24)


def pair(rows):
    low, high = np.array(rows).T
    return low, high


@given(rows=SPEEDS, hub_m=st.floats(40.0, 80.0))
def test_between_two_heights_the_speed_lies_between_the_two_speeds(rows, hub_m):
    low, high = pair(rows)
    hub = speed_between_two(low, 40.0, high, 80.0, hub_m)
    assert (hub >= np.minimum(low, high) - 1e-9).all()
    assert (hub <= np.maximum(low, high) + 1e-9).all()


@given(rows=SPEEDS)
def test_at_a_measured_height_it_is_the_measured_speed(rows):
    low, high = pair(rows)
    assert_allclose(speed_between_two(low, 40.0, high, 80.0, 40.0), low, atol=1e-12)
    assert_allclose(speed_between_two(low, 40.0, high, 80.0, 80.0), high, atol=1e-12)


@given(rows=SPEEDS, hub_m=st.floats(10.0, 200.0))
def test_it_does_not_matter_which_height_is_named_first(rows, hub_m):
    low, high = pair(rows)
    assert_allclose(
        speed_between_two(low, 40.0, high, 80.0, hub_m),
        speed_between_two(high, 80.0, low, 40.0, hub_m),
    )


@given(
    speeds=st.lists(st.floats(4.0, 12.0), min_size=1, max_size=9),
    exponent=st.floats(-0.15, 0.7),
    hub_m=st.floats(10.0, 200.0),
)
def test_a_power_law_is_found_again_at_every_height(speeds, exponent, hub_m):
    def at(height_m):
        return np.array(speeds) * (height_m / 40.0) ** exponent

    assert_allclose(speed_between_two(at(40.0), 40.0, at(80.0), 80.0, hub_m), at(hub_m))


def test_an_exponent_beyond_its_bounds_is_held_at_them_outside_the_heights():
    found = speed_between_two(np.array([4.0]), 40.0, np.array([12.0]), 80.0, 160.0)
    assert_allclose(found, 12.0 * 2.0**MOST_EXPONENT)


def test_calm_hours_take_the_exponent_of_the_means():
    low, high = np.array([8.0, 8.0, 0.0]), np.array([10.0, 10.0, 2.0])
    mean = np.log(22.0 / 16.0) / np.log(2.0)
    assert_allclose(mean_exponent(low, 40.0, high, 80.0), mean)
    found = speed_between_two(low, 40.0, high, 80.0, 160.0)
    assert_allclose(found, [12.5, 12.5, 2.0 * 2.0**mean])
    straight = speed_between_two(low, 40.0, high, 80.0, np.sqrt(3200.0))
    assert_allclose(straight[2], 1.0)


def test_two_still_heights_give_still_air():
    still = np.zeros((2, 5))
    assert_allclose(speed_between_two(still, 40.0, still, 80.0, 160.0), 0.0)


@pytest.mark.parametrize(
    ("wind", "ghi", "cloud", "letter"),
    [
        (1.9, 1000.0, 0.2, "A"),
        (2.5, 800.0, 0.2, "B"),
        (4.0, 800.0, 0.2, "B"),
        (2.5, 300.0, 0.7, "C"),
        (5.5, 700.0, 0.2, "C"),
        (7.0, 950.0, 0.2, "C"),
        (7.0, 500.0, 0.2, "D"),
        (1.0, 100.0, 0.8, "D"),
        (1.0, 900.0, 1.0, "D"),
    ],
)
def test_by_day_the_class_is_that_of_the_radiation_method(wind, ghi, cloud, letter):
    cloud = np.full(72, cloud)
    found = stability_class(np.full(72, wind), np.full(72, ghi), cloud, NOON_SUN, 1.0)
    assert "ABCDEF"[found[12]] == letter


@pytest.mark.parametrize(
    ("wind", "cloud", "letter"),
    [
        (1.0, 0.2, "F"),
        (2.0, 0.2, "F"),
        (2.0, 0.8, "E"),
        (3.0, 0.2, "F"),
        (3.0, 0.8, "E"),
        (4.0, 0.2, "E"),
        (4.0, 0.8, "D"),
        (6.0, 0.2, "D"),
        (2.0, 1.0, "D"),
    ],
)
def test_by_night_the_class_is_that_of_turners_key(wind, cloud, letter):
    cloud = np.full(72, cloud)
    found = stability_class(np.full(72, wind), np.zeros(72), cloud, NOON_SUN, 1.0)
    assert "ABCDEF"[found[24]] == letter
    # An hour after sunrise the night still counts, two hours after it does not.
    assert found[31] == found[24]
    assert found[32] <= 3


def test_light_of_a_clear_sky_means_no_cloud_and_none_means_overcast():
    height = np.cos(np.radians(np.minimum(NOON_SUN, 90.0)))
    clear = 1098.0 * height * np.exp(-0.059 / np.maximum(height, 1e-3))
    assert_allclose(cloud_cover(clear, NOON_SUN, 1.0), 0.0, atol=1e-6)
    assert_allclose(cloud_cover(0.25 * clear, NOON_SUN, 1.0), 1.0)
    half = cloud_cover((1.0 - 0.75 * 0.5**3.4) * clear, NOON_SUN, 1.0)
    assert_allclose(half, 0.5, atol=1e-6)


def test_hub_wind_by_stability_is_steeper_by_night_than_by_day():
    height = np.cos(np.radians(np.minimum(NOON_SUN, 90.0)))
    clear = 1098.0 * height * np.exp(-0.059 / np.maximum(height, 1e-3))
    wind = np.full(72, 3.0)
    hub = stability_speed(wind, 10.0, 110.0, clear, NOON_SUN, 1.0)
    night, noon = hub[24] / 3.0, hub[12] / 3.0
    assert_allclose(night, 11.0 ** CLASS_EXPONENTS[5])
    assert_allclose(noon, 11.0 ** CLASS_EXPONENTS[1])
    quarters = stability_speed(
        np.repeat(wind, 4), 10.0, 110.0, np.repeat(clear, 4), np.repeat(NOON_SUN, 4), 0.25
    )
    assert_allclose(quarters[4 * 12 + 2], hub[12])


def test_wind_from_high_up_is_brought_down_before_it_is_classed():
    wind = np.full(72, 6.0)
    hub = stability_speed(wind, 100.0, 120.0, np.zeros(72), NOON_SUN, 1.0)
    # 6 m/s at 100 m is 4.2 m/s at 10 m in neutral air: no light, so overcast and neutral.
    assert_allclose(hub, 6.0 * 1.2 ** CLASS_EXPONENTS[3])


@given(
    wind=st.lists(st.floats(0.0, 30.0), min_size=72, max_size=72),
    light=st.floats(0.0, 1.0),
    heights=st.tuples(st.floats(2.0, 100.0), st.floats(60.0, 160.0)),
)
def test_any_weather_gives_some_wind_that_grows_with_height(wind, light, heights):
    speed = np.array(wind)
    ghi = light * 1000.0 * np.cos(np.radians(np.minimum(NOON_SUN, 90.0)))
    hub = stability_speed(speed, heights[0], heights[1], ghi, NOON_SUN, 1.0)
    assert np.isfinite(hub).all()
    low, high = sorted((0.07, 0.55))
    ratio = heights[1] / heights[0]
    least, most = min(ratio**low, ratio**high), max(ratio**low, ratio**high)
    assert (hub >= speed * least - 1e-9).all()
    assert (hub <= speed * most + 1e-9).all()
