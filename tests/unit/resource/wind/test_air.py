"""Density of air at hub height, against the standard atmosphere and hand-worked cases."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.testing import assert_allclose

from altay_energy.resource.wind.air import air_density, hub_density, pressure_at, temperature_at


def test_standard_air_has_the_density_of_standard_power_curves():
    assert_allclose(air_density(15.0, 101325.0), 1.225, rtol=2e-4)


@pytest.mark.parametrize(
    ("height_m", "pressure_pa"), [(500.0, 95461.0), (1000.0, 89874.0), (2000.0, 79495.0)]
)
def test_pressure_follows_the_tables_of_the_standard_atmosphere(height_m, pressure_pa):
    assert_allclose(pressure_at(101325.0, 15.0, height_m), pressure_pa, rtol=2e-4)


def test_going_down_undoes_going_up():
    up = pressure_at(91000.0, -12.0, 300.0)
    assert_allclose(pressure_at(up, temperature_at(-12.0, 300.0), -300.0), 91000.0, rtol=1e-12)


def test_moist_air_is_lighter_by_what_the_power_standard_says():
    # 30 °C and saturated: vapour pressure 4.27 kPa, 1.9 % of the density.
    dry, moist = air_density(30.0, 1e5), air_density(30.0, 1e5, 100.0)
    assert 1.0 - moist / dry == pytest.approx(0.378 * 4270.0 / 1e5, rel=0.02)
    assert_allclose(air_density(30.0, 1e5, 0.0), dry, rtol=1e-12)


def test_winter_air_of_altay_is_denser_than_summer_air():
    density = hub_density(np.array([-35.0, 35.0]), np.full(2, 90000.0), 110.0)
    assert_allclose(density, [1.301, 1.007], rtol=5e-3)


def test_a_farm_above_its_station_is_in_thinner_air():
    below, same, above = (hub_density(5.0, 95000.0, 100.0, rise) for rise in (-200.0, 0.0, 200.0))
    assert below > same > above
    assert_allclose(same - above, 0.023, atol=0.002)
