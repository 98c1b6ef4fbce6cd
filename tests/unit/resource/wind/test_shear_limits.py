"""Stability class by class against the published tables, and the limits of each method."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.testing import assert_allclose

from altay_energy.resource.wind.shear import (
    CLASS_EXPONENTS,
    cloud_cover,
    mean_exponent,
    speed_between_two,
    stability_class,
    stability_speed,
)

# EPA-454/R-99-005, table 6-7: wind at 10 m against sunlight, written as it is printed there
# (sunlight from strong to weak), with the least wind and the least light of each row and column.
BY_DAY = {0.0: "AABD", 2.0: "ABCD", 3.0: "BBCD", 5.0: "CCDD", 6.0: "CDDD"}
LIGHT = (925.0, 675.0, 175.0, 0.0)
# Table 6-4, Turner's key in knots: net radiation index -1 (clouded) and -2 (clear), G as F.
# Least wind of each row in m/s, between the whole knots of the key.
BY_NIGHT = {0.0: "FF", 1.85: "EF", 2.85: "EF", 3.35: "DE", 3.85: "DE", 4.85: "DE", 5.45: "DD"}
IRWIN = {"A": 0.07, "B": 0.07, "C": 0.10, "D": 0.15, "E": 0.35, "F": 0.55}

NOON = np.full(5, 30.0)
NIGHT = np.full(5, 100.0)


def letter(wind, ghi, cloud, zenith):
    five = np.ones(5)
    return "ABCDEF"[stability_class(wind * five, ghi * five, cloud * five, zenith, 1.0)[2]]


@pytest.mark.parametrize("wind", BY_DAY)
@pytest.mark.parametrize("column", range(4))
def test_every_cell_of_the_table_by_day_from_its_lower_limits_on(wind, column):
    light = LIGHT[column]
    assert letter(wind, light, 0.2, NOON) == BY_DAY[wind][column]
    assert letter(wind + 0.5, light + 100.0, 0.2, NOON) == BY_DAY[wind][column]


@pytest.mark.parametrize("wind", list(BY_DAY)[1:])
@pytest.mark.parametrize("column", range(4))
def test_just_below_a_limit_of_wind_the_row_above_counts(wind, column):
    before = list(BY_DAY)[list(BY_DAY).index(wind) - 1]
    assert letter(np.nextafter(wind, 0.0), LIGHT[column], 0.2, NOON) == BY_DAY[before][column]


@pytest.mark.parametrize("wind", BY_DAY)
@pytest.mark.parametrize("column", range(3))
def test_just_below_a_limit_of_light_the_next_column_counts(wind, column):
    light = np.nextafter(LIGHT[column], 0.0)
    assert letter(wind, light, 0.2, NOON) == BY_DAY[wind][column + 1]


@pytest.mark.parametrize("wind", BY_NIGHT)
@pytest.mark.parametrize(("cloud", "column"), [(0.0, 1), (0.4, 1), (0.41, 0), (0.96, 0)])
def test_every_cell_of_the_key_by_night_from_its_lower_limits_on(wind, cloud, column):
    assert letter(wind, 0.0, cloud, NIGHT) == BY_NIGHT[wind][column]


@pytest.mark.parametrize("wind", list(BY_NIGHT)[1:])
def test_just_below_a_limit_of_wind_the_night_before_counts(wind):
    before = list(BY_NIGHT)[list(BY_NIGHT).index(wind) - 1]
    below = np.nextafter(wind, 0.0)
    assert letter(below, 0.0, 0.9, NIGHT) + letter(below, 0.0, 0.1, NIGHT) == BY_NIGHT[before]


@pytest.mark.parametrize("zenith", [NOON, NIGHT])
def test_an_overcast_sky_is_neutral_from_0_97_on(zenith):
    assert letter(1.0, 1000.0, 0.97, zenith) == "D"
    assert letter(1.0, 1000.0, 0.9699, zenith) != "D"


def test_exponents_are_irwins_over_open_country():
    assert dict(zip("ABCDEF", CLASS_EXPONENTS, strict=True)) == IRWIN


@pytest.mark.parametrize("step_hours", [1.0, 0.5, 0.25])
def test_night_lasts_from_an_hour_before_sunset_to_an_hour_after_sunrise(step_hours):
    hour = np.arange(0.0, 48.0, step_hours)
    zenith = np.where((hour % 24 >= 8.0) & (hour % 24 < 18.0), 60.0, 100.0)
    steady = np.ones(hour.size)
    found = stability_class(1.0 * steady, 1000.0 * steady, 0.2 * steady, zenith, step_hours)
    day = (hour % 24 >= 9.0) & (hour % 24 < 17.0)
    assert np.array_equal(found, np.where(day, 0, 5))


def test_the_sun_on_the_horizon_is_night():
    assert letter(1.0, 1000.0, 0.2, np.full(5, 90.0)) == "F"
    assert letter(1.0, 1000.0, 0.2, np.full(5, 89.999)) == "A"


@pytest.mark.parametrize("step_hours", [1.0, 0.5])
def test_cloud_is_that_of_the_light_within_twelve_hours_on_either_side(step_hours):
    rng = np.random.default_rng(2)
    steps = round(72 / step_hours)
    hour = np.arange(steps) * step_hours
    zenith = 90.0 - 45.0 * np.sin(np.pi * (hour - 6.0) / 12.0)
    height = np.maximum(np.cos(np.radians(zenith)), 0.0)
    clear = np.where(height > 0.0, 1098.0 * height * np.exp(-0.059 / np.maximum(height, 1e-9)), 0)
    light = clear * np.repeat([0.9, 0.5, 0.7], steps // 3) * rng.uniform(0.8, 1.0, steps)
    found = cloud_cover(light, zenith, step_hours)
    width = round(24 / step_hours)
    for t in range(width // 2, steps - width // 2, 5):
        around = slice(t - width // 2, t + width // 2)
        index = np.clip(light[around].mean() / clear[around].mean(), 0.25, 1.0)
        assert_allclose(found[t], ((1.0 - index) / 0.75) ** (1.0 / 3.4), rtol=1e-6)


def test_years_side_by_side_have_each_their_own_cloud_and_wind():
    hour = np.arange(72)
    zenith = 90.0 - 45.0 * np.sin(np.pi * (hour - 6.0) / 12.0)
    light = np.maximum(np.cos(np.radians(zenith)), 0.0) * np.array([[900.0], [300.0]])
    wind = np.random.default_rng(1).uniform(0.0, 9.0, (2, 72))
    cover = cloud_cover(light, zenith, 1.0)
    hub = stability_speed(wind, 60.0, 140.0, light, zenith, 1.0)
    for year in range(2):
        assert_allclose(cover[year], cloud_cover(light[year], zenith, 1.0))
        alone = stability_speed(wind[year], 60.0, 140.0, light[year], zenith, 1.0)
        assert_allclose(hub[year], alone)


def test_a_polar_night_counts_as_overcast_and_never_as_more():
    cover = cloud_cover(np.zeros(72), np.full(72, 110.0), 1.0)
    assert_allclose(cover, 1.0)


def test_wind_of_exactly_three_metres_a_second_is_no_calm():
    # 3 and 6 m/s at 10 and 20 m: an exponent of 1, which between the heights is used as it is.
    low, high = np.array([3.0, 2.999, 6.0]), np.array([6.0, 6.0, 3.0])
    found = speed_between_two(low, 10.0, high, 20.0, np.sqrt(200.0))
    assert_allclose(found, [np.sqrt(18.0), (2.999 + 6.0) / 2.0, np.sqrt(18.0)])


def test_beyond_the_heights_an_exponent_stays_within_its_bounds():
    """Above from the upper wind, below from the lower; -0.2 and 0.8 are the bounds."""
    low, high = np.array([4.0, 10.0]), np.array([10.0, 4.0])
    above = speed_between_two(low, 40.0, high, 80.0, 160.0)
    assert_allclose(above, [10.0 * 2.0**0.8, 4.0 * 2.0**-0.2])
    below = speed_between_two(low, 40.0, high, 80.0, 20.0)
    assert_allclose(below, [4.0 * 0.5**0.8, 10.0 * 0.5**-0.2])


def test_calms_of_each_run_take_the_exponent_of_that_run():
    low = np.array([[8.0, 1.0], [8.0, 1.0]])
    high = np.array([[10.0, 2.0], [9.0, 2.0]])
    found = speed_between_two(low, 40.0, high, 80.0, 160.0)
    for run, top in enumerate((12.0, 11.0)):
        assert_allclose(found[run, 1], 2.0 * (top / 9.0))


def test_the_exponent_of_means_by_hand_and_of_still_air():
    assert_allclose(mean_exponent(np.array([2.0, 4.0]), 10.0, np.array([5.0, 7.0]), 20.0), 1.0)
    still = np.zeros(3)
    assert mean_exponent(still, 10.0, np.ones(3), 20.0) == 0.0
    assert mean_exponent(np.ones(3), 10.0, still, 20.0) == 0.0


def test_wind_of_another_height_is_classed_twice():
    """By clear night 10 m/s at 100 m are 7.1 at 10 m in neutral air: D; 7 are 5.0: E, so 3.1: F."""
    clear = 1098.0 * 0.5 * np.exp(-0.059 / 0.5)
    hours = np.arange(72)
    zenith = np.where(hours % 24 < 12, 60.0, 100.0)
    ghi = np.where(hours % 24 < 12, clear, 0.0)
    night = 42  # in the middle of the second night
    for speed, name in ((10.0, "D"), (7.0, "F"), (7.6, "E")):
        hub = stability_speed(np.full(72, speed), 100.0, 150.0, ghi, zenith, 1.0)
        assert_allclose(hub[night], speed * 1.5 ** IRWIN[name], err_msg=name)
    at_ten = stability_speed(np.full(72, 4.2), 10.0, 150.0, ghi, zenith, 1.0)
    assert_allclose(at_ten[night], 4.2 * 15.0 ** IRWIN["E"])  # once, as the key asks for 10 m
