"""Limits of what counts as a power curve, and of the generic curve, on either side of each."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.testing import assert_allclose

from altay_energy.core.errors import ScenarioError
from altay_energy.resource.wind.power_curve import (
    curve_problems,
    generic_curve,
    generic_power_coefficient,
)

SPEED = np.array([3.0, 6.0, 9.0, 12.0, 25.0])
POWER = np.array([0.0, 0.8, 2.6, 4.0, 4.0])


def places(speed=SPEED, power=POWER, rated=4.0, **options):
    return [k for k, _ in curve_problems(np.asarray(speed), np.asarray(power), rated, **options)]


def put(values, place, value):
    copy = values.copy()
    copy[place] = value
    return copy


def test_three_points_are_a_curve_and_two_are_none():
    assert places([3.0, 12.0, 25.0], [0.0, 4.0, 4.0]) == []
    assert places([12.0, 25.0], [4.0, 4.0]) == [0]
    assert places(np.ones((3, 2)), np.ones((3, 2))) == [0]
    assert places(SPEED[:4], POWER) == [0]


@pytest.mark.parametrize("rated", [0.0, -4.0, float("nan")])
def test_a_rating_must_be_above_nothing(rated):
    found = curve_problems(SPEED, POWER, rated)
    assert len(found) == 1
    assert "must be greater than 0" in found[0][1]


def test_every_number_that_is_not_finite_is_named():
    speed, power = put(SPEED, 1, np.nan), put(POWER, 3, np.inf)
    assert places(speed, power) == [1, 3]


def test_a_speed_of_nothing_is_allowed_and_a_negative_one_is_not():
    assert places(put(SPEED, 0, 0.0)) == []
    assert places(put(SPEED, 0, -0.01)) == [0]


def test_every_speed_that_does_not_rise_is_named():
    assert places([3.0, 6.0, 6.0, 5.0, 25.0]) == [2, 3]


def test_sixty_metres_a_second_is_the_largest_speed():
    assert places(put(SPEED, 4, 60.0)) == []
    assert places(put(SPEED, 4, 60.1)) == [4]


def test_less_than_nothing_is_named_at_every_point():
    power = np.array([-0.001, 0.8, -1e-6, 4.0, 4.0])
    assert places(power=power, below_zero="refuse")[:2] == [0, 2]
    # Standby power of a twentieth of the rating is allowed, but only where the turbine waits.
    assert places(power=power)[0] == 2
    assert places(power=put(POWER, 0, -0.2)) == []
    assert places(power=put(POWER, 0, -0.201)) == [0]
    assert places(power=put(POWER, 4, -0.2)) == []
    assert places(power=put(POWER, 4, -0.2), below_zero="refuse") == [4]


def test_a_thousandth_above_the_rating_is_noise_and_more_is_named():
    assert places(power=put(POWER, 3, 4.0 * (1.0 + 1e-3)), above_rated="refuse") == []
    assert places(power=put(POWER, 3, 4.0041), above_rated="refuse") == [3]
    assert places(power=put(POWER, 3, 4.0 * (1.0 + 0.03))) == []
    assert places(power=put(POWER, 3, 4.1201)) == [3]


def test_the_largest_power_is_at_least_nine_tenths_of_the_rating():
    assert places(power=POWER * 0.9) == []
    assert places(power=POWER * 0.899) == [3]


def test_before_the_rating_a_fall_of_a_fiftieth_of_it_is_noise_and_more_is_named():
    speed = np.array([3.0, 6.0, 7.0, 12.0, 25.0])
    assert places(speed, [0.0, 2.0, 2.0 - 0.0799, 4.0, 4.0]) == []
    assert places(speed, [0.0, 2.0, 2.0 - 0.0801, 4.0, 4.0]) == [2]
    # Behind the peak a turbine may be throttled as far as it likes.
    assert places(speed, [0.0, 2.0, 4.0, 3.0, 2.0]) == []


def test_a_curve_may_begin_with_a_tenth_of_its_rating():
    assert places(power=put(POWER, 0, 0.4)) == []
    assert places(power=put(POWER, 0, 0.401)) == [0]


def test_a_curve_may_end_with_power_from_twenty_metres_a_second_on():
    assert places(put(SPEED, 4, 20.0), ends_early="refuse") == []
    assert places(put(SPEED, 4, 19.99), ends_early="refuse") == [4]
    assert places(put(SPEED, 4, 19.99), put(POWER, 4, 0.0), ends_early="refuse") == []


def test_a_curve_that_has_been_on_its_rating_for_two_metres_a_second_may_end_there():
    assert places(put(SPEED, 4, 14.0)) == []
    assert places(put(SPEED, 4, 13.99)) == [4]
    # On its rating is from 97 % on; at its end it may have come down to 90 %.
    assert places(put(SPEED, 4, 14.0), np.array([0.0, 0.8, 2.6, 0.97 * 4.0, 4.0])) == []
    assert places(put(SPEED, 4, 14.0), np.array([0.0, 0.8, 2.6, 0.969 * 4.0, 4.0])) == [4]
    assert places(put(SPEED, 4, 14.0), put(POWER, 4, 0.9 * 4.0)) == []
    assert places(put(SPEED, 4, 14.0), put(POWER, 4, 0.899 * 4.0)) == [4]


def test_betz_goes_by_rotor_and_density_and_names_the_first_point():
    """At 6 m/s and 1.225 kg/m³ a rotor of 100 m meets 1.039 MW; Betz leaves 0.6157 of them.

    Turbulence of class A+ (IEC 61400-1) is 0.18 (0.75 + 5.6 / v): 30 % at 6 m/s, where the mean of
    the cube is 1 + 3 · 0.303² times the cube of the mean.
    """
    wind_mw = 0.5 * 1.225 * np.pi / 4.0 * 100.0**2 * 6.0**3 / 1e6
    assert_allclose(wind_mw * 16.0 / 27.0, 0.61575, rtol=1e-4)
    limit = wind_mw * 16.0 / 27.0 * (1.0 + 3.0 * (0.18 * (0.75 + 5.6 / 6.0)) ** 2)
    just, over = put(POWER, 1, limit * 0.9999), put(POWER, 1, limit * 1.0001)
    just[2], over[2] = 2.4, 2.7  # 2.56 MW at 9 m/s
    assert places(power=just, rotor_diameter_m=100.0) == []
    assert places(power=over, rotor_diameter_m=100.0) == [1]
    assert places(power=just, rotor_diameter_m=100.0, air_density_kg_m3=1.2) == [1]
    assert places(power=over, rotor_diameter_m=100.0, air_density_kg_m3=1.4) == []
    assert places(power=over) == []


@pytest.mark.parametrize("ratio", [3.0, 5.0, 6.4, 9.0, 12.0])
def test_the_power_coefficient_is_that_of_the_published_family(ratio):
    inverse = 1.0 / ratio - 0.035
    expected = 0.22 * (120.0 * inverse - 5.0) * np.exp(-12.5 * inverse)
    assert_allclose(generic_power_coefficient(ratio), expected)
    assert generic_power_coefficient(60.0) == 0.0


def test_a_generic_curve_without_turbulence_by_hand():
    """4 MW on 130 m: at 7 m/s the tips keep the best ratio; at 3 m/s they cannot run so slowly."""
    speed, power = generic_curve(4.0, 130.0, turbulence_intensity=0.0)
    assert_allclose(np.diff(speed), 0.25)
    area = np.pi / 4.0 * 130.0**2
    for wind in (3.0, 5.0, 7.0, 9.0):
        turn = 130.0 * np.pi / 60.0
        tips = np.clip(6.3807 * wind, 188.8 * 130.0**-0.7081 * turn, 793.7 * 130.0**-0.8504 * turn)
        taken = 0.5e-6 * 1.225 * area * wind**3 * float(generic_power_coefficient(tips / wind))
        expected = min(taken * 0.99 * 0.986 * 0.97 * 0.97, 4.0)
        found = power[np.searchsorted(speed, wind)]
        assert_allclose(found, expected, rtol=2e-3, err_msg=str(wind))
    assert_allclose(power[speed >= 12.0], 4.0)


@pytest.mark.parametrize(
    ("rotor_m", "wind", "turns_a_minute"),
    [
        (250.0, 3.0, 188.8 * 250.0**-0.7081),  # cannot turn as slowly as a light wind asks
        (250.0, 6.0, 188.8 * 250.0**-0.7081),
        (40.0, 13.0, 793.7 * 40.0**-0.8504),  # nor as fast as a strong one
    ],
)
def test_the_slowest_and_the_fastest_turn_of_a_rotor_bind(rotor_m, wind, turns_a_minute):
    rated = (600e-6 if wind > 10.0 else 300e-6) * np.pi / 4.0 * rotor_m**2
    speed, power = generic_curve(rated, rotor_m, turbulence_intensity=0.0)
    wind_mw = 0.5e-6 * 1.225 * np.pi / 4.0 * rotor_m**2 * wind**3
    found = power[np.searchsorted(speed, wind)] / wind_mw / (0.99 * 0.986 * 0.97 * 0.97)
    ratio = turns_a_minute / 60.0 * np.pi * rotor_m / wind
    assert_allclose(found, generic_power_coefficient(ratio), rtol=2e-4)
    assert abs(ratio - 6.38) > 0.3


@pytest.mark.parametrize(
    ("rated_mw", "rotor_m", "options"),
    [
        (0.5, 40.0, {}),
        (15.0, 260.0, {}),
        (5.0, 180.0, {"cut_in_m_s": 1.0}),
        (5.0, 180.0, {"cut_in_m_s": 6.0}),
        (5.0, 180.0, {"cut_out_m_s": 15.0}),
        (5.0, 180.0, {"cut_out_m_s": 40.0}),
        (5.0, 180.0, {"turbulence_intensity": 0.0}),
        (5.0, 180.0, {"turbulence_intensity": 0.3}),
    ],
)
def test_the_ends_of_every_range_are_within_it(rated_mw, rotor_m, options):
    speed, power = generic_curve(rated_mw, rotor_m, **options)
    assert speed[0] == options.get("cut_in_m_s", 3.0)
    assert speed[-1] == options.get("cut_out_m_s", 25.0)
    assert power.max() <= rated_mw


@pytest.mark.parametrize(
    ("rated_mw", "rotor_m", "options", "text"),
    [
        (0.49, 40.0, {}, "rated_mw = 0.49 is outside"),
        (15.1, 260.0, {}, "rated_mw = 15.1 is outside"),
        (0.5, 39.9, {}, "rotor_diameter_m = 39.9 is outside"),
        (15.0, 260.1, {}, "rotor_diameter_m = 260.1 is outside"),
        (1.0, 92.5, {}, "rating per swept area = 149 is outside"),
        (3.0, 79.7, {}, "rating per swept area = 601 is outside"),
        (5.0, 180.0, {"cut_in_m_s": 0.99}, "cut_in_m_s = 0.99 is outside"),
        (5.0, 180.0, {"cut_in_m_s": 6.01}, "cut_in_m_s = 6.01 is outside"),
        (5.0, 180.0, {"cut_out_m_s": 14.9}, "cut_out_m_s = 14.9 is outside"),
        (5.0, 180.0, {"cut_out_m_s": 40.1}, "cut_out_m_s = 40.1 is outside"),
        (5.0, 180.0, {"turbulence_intensity": -0.01}, "turbulence_intensity = -0.01 is outside"),
        (5.0, 180.0, {"turbulence_intensity": 0.301}, "turbulence_intensity = 0.301 is outside"),
    ],
)
def test_just_outside_a_range_is_refused(rated_mw, rotor_m, options, text):
    with pytest.raises(ScenarioError, match=text):
        generic_curve(rated_mw, rotor_m, **options)


@pytest.mark.parametrize(("unit", "factor"), [("W", 1e6), ("kW", 1e3), ("MW", 1.0), ("pu", 0.25)])
def test_the_unit_that_would_fit_a_curve_is_named(unit, factor):
    from altay_energy.resource.wind.turbines import TurbineSpec, _unit_hint

    said = "MW" if unit != "MW" else "kW"
    given = {"file": "a.csv", "speed_column": "v", "power_column": "p", "power_unit": said}
    spec = TurbineSpec.model_validate({**given, "rated_mw": 4.0})
    for share in (1.0, 0.985, 1.015):
        hint = _unit_hint(spec, share * factor * POWER)
        assert hint == f' (power_unit = "{unit}" would fit)'
    assert _unit_hint(spec, 1.03 * factor * POWER) == ""
    own = TurbineSpec.model_validate({**given, "power_unit": unit, "rated_mw": 4.0})
    assert _unit_hint(own, factor * POWER) == ""
