"""What makes a table a power curve, and curves from rating and rotor."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.testing import assert_allclose

from altay_energy.core.errors import ScenarioError
from altay_energy.resource.wind.power_curve import (
    BETZ_LIMIT,
    curve_problems,
    generic_curve,
    generic_power_coefficient,
)

SPEED = np.array([3.0, 6.0, 9.0, 12.0, 25.0])
POWER = np.array([0.0, 0.8, 2.6, 4.0, 4.0])


def changed(values, place, value):
    copy = values.copy()
    copy[place] = value
    return copy


def test_a_sound_curve_has_no_problem():
    assert curve_problems(SPEED, POWER, 4.0, 130.0) == []
    ends_at_zero = np.array([0.0, 0.8, 4.0, 0.0])
    assert curve_problems(SPEED[:4], ends_at_zero, 4.0) == []


@pytest.mark.parametrize(
    ("speed", "power", "place", "text"),
    [
        (changed(SPEED, 2, 5.0), POWER, 2, "speed 5 m/s follows 6 m/s; sort by speed"),
        (changed(SPEED, 2, 6.0), POWER, 2, "speed 6 m/s is given twice"),
        (changed(SPEED, 0, -1.0), POWER, 0, "speed -1 m/s is negative"),
        (3.6 * SPEED, POWER, 4, "is it km/h"),
        (SPEED, changed(POWER, 0, -0.21), 0, "power -0.21 MW is negative"),
        (SPEED, changed(POWER, 2, -0.1), 2, "power -0.1 MW is negative"),
        (SPEED, changed(POWER, 3, 4.13), 3, "power 4.13 MW is above rated_mw = 4"),
        (SPEED, 1e3 * POWER, 1, "power 800 MW is above rated_mw = 4; is the unit"),
        (SPEED, POWER / 4.0, 3, "largest power of the curve, 1 MW, is far below"),
        (SPEED, changed(POWER, 2, 0.0026), 2, "power falls from 0.8 to 0.0026 MW"),
        (SPEED, changed(POWER, 0, 0.6), 0, "the curve begins at 3 m/s with 0.6 MW"),
        (SPEED[:4], POWER[:4], 3, "the curve ends at 12 m/s with 4 MW"),
        (SPEED, changed(POWER, 1, np.nan), 1, "expected finite numbers"),
        (changed(SPEED, 4, np.inf), POWER, 4, "expected finite numbers"),
        (SPEED, POWER[:4], 0, "expected as many of one as of the other"),
    ],
)
def test_each_fault_is_named_where_it_is(speed, power, place, text):
    found = curve_problems(speed, power, 4.0)
    assert any(where == place and text in what for where, what in found), found


def test_more_than_the_wind_holds_is_refused():
    found = curve_problems(SPEED, POWER, 4.0, rotor_diameter_m=60.0)
    assert [place for place, _ in found] == [1]
    assert "beyond the Betz limit" in found[0][1]


def test_the_generic_rotor_stays_below_betz_and_peaks_near_a_ratio_of_6():
    ratio = np.linspace(0.5, 20.0, 2000)
    coefficient = generic_power_coefficient(ratio)
    assert coefficient.min() >= 0.0
    assert coefficient.max() == pytest.approx(0.4615, abs=1e-4)
    assert coefficient.max() < BETZ_LIMIT
    assert ratio[coefficient.argmax()] == pytest.approx(6.38, abs=0.02)


def test_a_generic_curve_rises_to_its_rating_and_stays_there():
    speed, power = generic_curve(6.7, 182.0, cut_in_m_s=3.0, cut_out_m_s=24.0)
    assert speed[0] == 3.0
    assert speed[-1] == 24.0
    assert (np.diff(power) >= 0.0).all()
    assert_allclose(power[speed > 16.0], 6.7, rtol=1e-3)
    assert power[-1] == 6.7
    assert curve_problems(speed, power, 6.7, 182.0) == []


def test_a_larger_rotor_gives_more_and_turbulence_rounds_the_knee():
    _, small = generic_curve(6.7, 172.0)
    speed, large = generic_curve(6.7, 191.0)
    _, calm = generic_curve(6.7, 191.0, turbulence_intensity=0.0)
    assert (large >= small)[speed >= 4.0].all()
    knee, foot = np.searchsorted(speed, 10.0), np.searchsorted(speed, 6.0)
    assert large[knee] < calm[knee]
    assert large[foot] > calm[foot]


@pytest.mark.parametrize(
    ("rated_mw", "rotor_m", "options", "text"),
    [
        (6700.0, 182.0, {}, "rated_mw = 6700 is outside"),
        (6.7, 18.2, {}, "rotor_diameter_m = 18.2 is outside"),
        (1.0, 200.0, {}, "rating per swept area = 32 is outside"),
        (6.7, 182.0, {"cut_out_m_s": 90.0}, "cut_out_m_s = 90 is outside"),
        (6.7, 182.0, {"turbulence_intensity": 10.0}, "turbulence_intensity = 10 is outside"),
    ],
)
def test_a_generic_curve_says_where_its_range_ends(rated_mw, rotor_m, options, text):
    with pytest.raises(ScenarioError, match=text):
        generic_curve(rated_mw, rotor_m, **options)
