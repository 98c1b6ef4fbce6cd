"""The Park model against cases worked by hand."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.testing import assert_allclose

from altay_energy.core.errors import ScenarioError
from altay_energy.resource.wind.turbines import TURBINES
from altay_energy.resource.wind.wakes import (
    farm_efficiency,
    generic_thrust_coefficient,
    grid_positions,
    overlap_share,
    park_speeds,
    park_table,
)

D = 100.0
CONSTANT_THRUST = (np.array([0.0, 30.0]), np.array([0.8, 0.8]))
SPEEDS = np.array([8.0, 12.0])


def speeds(x, y, direction):
    return park_speeds(np.array(x), np.array(y), D, direction, SPEEDS, *CONSTANT_THRUST)


def test_a_turbine_straight_behind_another_sees_the_deficit_of_jensen():
    # (1 - √0.2) (100 / (100 + 2 · 0.075 · 700))² = 0.13154
    deficit = (1.0 - np.sqrt(0.2)) * (100.0 / 205.0) ** 2
    found = speeds([0.0, 0.0], [0.0, -700.0], 0.0)
    assert_allclose(found[0], SPEEDS)
    assert_allclose(found[1], SPEEDS * (1.0 - deficit), rtol=1e-12)


def test_wakes_add_by_squares():
    near = (1.0 - np.sqrt(0.2)) * (100.0 / 160.0) ** 2
    far = (1.0 - np.sqrt(0.2)) * (100.0 / 220.0) ** 2
    found = speeds([0.0, -400.0, -800.0], [0.0, 0.0, 0.0], 90.0)
    assert_allclose(found[2], SPEEDS * (1.0 - np.hypot(near, far)), rtol=1e-12)


def test_wind_from_the_other_side_slows_the_other_turbine():
    found = speeds([0.0, 0.0], [0.0, -700.0], 180.0)
    assert_allclose(found[1], SPEEDS)
    assert (found[0] < SPEEDS).all()
    assert_allclose(speeds([0.0, 0.0], [0.0, -700.0], 90.0), [SPEEDS, SPEEDS])


def test_half_a_rotor_in_the_wake_sees_half_of_the_deficit_for_a_wide_wake():
    share = overlap_share(np.array([0.0, 5000.0, 5050.1, 4949.0]), np.array(5000.0), 50.0)
    assert_allclose(share, [1.0, 0.5, 0.0, 1.0], atol=0.01)
    # Two equal circles a radius apart: 2/3 - √3 / (2π) of the area.
    same = overlap_share(np.array([50.0]), np.array(50.0), 50.0)
    assert_allclose(same, 2.0 / 3.0 - np.sqrt(3.0) / (2.0 * np.pi))


def test_a_grid_faces_the_wind_that_it_is_given():
    x, y = grid_positions(3, 2, 700.0, 400.0, bearing_deg=270.0)
    assert_allclose(x, [0, 0, 700, 700, 1400, 1400], atol=1e-9)
    assert_allclose(y, [0, 400, 0, 400, 0, 400], atol=1e-9)


def table():
    machine = TURBINES.load("bespoke-6MW-170m")
    x, y = grid_positions(4, 5, 7 * 170.0, 4 * 170.0)
    curve = (machine.curve_speed_m_s, machine.curve_power_mw)
    return park_table(x, y, 170.0, *curve, machine.thrust_speed_m_s, machine.thrust_coefficient)


def test_a_farm_gives_most_in_strong_wind_and_least_along_its_rows():
    found = table()
    assert found.shape == (120, 51)
    assert 0.0 < found.min() < found.max() == 1.0
    assert_allclose(found[:, -1], 1.0)  # all at rated power
    along, across, slanting = (farm_efficiency(found, d, 8.0) for d in (90.0, 0.0, 25.0))
    assert along < across < slanting
    assert 0.80 < farm_efficiency(found, np.arange(0.0, 360.0, 3.0), 8.0).mean() < 0.97


def test_the_table_is_read_round_the_compass():
    found = table()
    assert_allclose(farm_efficiency(found, [0.0, 360.0, -3.0], 9.0), found[[0, 0, -1], 18])
    middle = farm_efficiency(found, 358.5, 9.25)
    assert_allclose(middle, found[[0, 0, -1, -1], [18, 19, 18, 19]].mean())
    assert farm_efficiency(found, 10.0, 60.0) == 1.0


def test_turbines_in_one_place_are_refused():
    machine = TURBINES.load("iea-3.4MW-130m")
    curve = (machine.curve_speed_m_s, machine.curve_power_mw)
    with pytest.raises(ScenarioError, match="turbines 1 and 3 are 90 m apart"):
        park_table(np.array([0.0, 800.0, 90.0]), np.zeros(3), 130.0, *curve, *CONSTANT_THRUST)


def test_the_generic_thrust_is_frandsens():
    assert_allclose(generic_thrust_coefficient([7.0, 10.0]), [0.75, 0.5775])
    assert generic_thrust_coefficient(1.0) == 0.95
