"""What cold does to demand."""

import numpy as np
import pytest
from numpy.testing import assert_allclose

from altay_energy.components.demand_drivers import (
    heating_degrees,
    running_mean,
    snow_making_share,
    wet_bulb_c,
)


def test_the_running_mean_equals_the_obvious_loop():
    values = np.random.default_rng(1).normal(size=(2, 40))
    expected = [[row[max(0, i - 6) : min(40, i + 6)].mean() for i in range(40)] for row in values]
    assert_allclose(running_mean(values, 12), expected, atol=1e-12)


def test_a_steady_frost_of_minus_twelve_is_thirty_degrees_of_heating():
    assert_allclose(heating_degrees(np.full(48, -12.0), 1.0, 18.0), 30.0)


def test_nobody_heats_above_the_base():
    assert not heating_degrees(np.full(48, 18.5), 1.0, 18.0).any()


def test_heating_feels_the_day_and_not_the_hour():
    hour = np.arange(24 * 10)
    frosty_nights = 3.0 + 12.0 * np.cos(2 * np.pi * hour / 24)
    degrees = heating_degrees(frosty_nights, 1.0, 18.0)[24:-24]
    assert_allclose(degrees, 15.0, atol=0.01)


def test_quarters_of_an_hour_heat_as_hours_do():
    temperature = np.linspace(-20.0, 5.0, 96)
    hourly = heating_degrees(temperature, 1.0, 18.0)
    quarters = heating_degrees(np.repeat(temperature, 4), 0.25, 18.0).reshape(-1, 4).mean(axis=1)
    assert_allclose(quarters[24:-24], hourly[24:-24], atol=0.2)


def vapour_pressure_hpa(temperature_c):
    """Saturation over water, Magnus formula as fitted by Alduchov and Eskridge (1996)."""
    return 6.1094 * np.exp(17.625 * temperature_c / (temperature_c + 243.04))


@pytest.mark.parametrize("temperature", [-5.0, 0.0, 10.0, 20.0])
@pytest.mark.parametrize("humidity", [30.0, 50.0, 70.0, 95.0])
def test_the_wet_bulb_satisfies_the_psychrometer_equation(temperature, humidity):
    # At the wet bulb, evaporation takes the heat that the air gives (Assmann psychrometer).
    wet_bulb = np.linspace(temperature - 15.0, temperature, 15_001)
    vapour = vapour_pressure_hpa(wet_bulb) - 6.62e-4 * 1013.25 * (temperature - wet_bulb)
    exact = np.interp(humidity / 100 * vapour_pressure_hpa(temperature), vapour, wet_bulb)
    found = wet_bulb_c(np.array([temperature]), np.array([humidity]))
    assert -1.0 < found[0] - exact < 0.65  # as good as the fit is stated to be


def test_the_wet_bulb_of_the_published_example_is_met():
    # Stull (2011): 20 °C and 50 % give 13.7 °C.
    assert_allclose(wet_bulb_c(np.array([20.0]), np.array([50.0])), 13.7, atol=0.05)


@pytest.mark.parametrize("humidity", [0.0, 40.0, 80.0, 100.0])
def test_the_wet_bulb_is_never_warmer_than_the_air(humidity):
    air = np.linspace(-50.0, 40.0, 91)
    assert np.all(wet_bulb_c(air, np.full(91, humidity)) <= air)


def test_snow_guns_begin_at_the_onset_and_reach_full_output():
    share = snow_making_share(np.array([5.0, -2.0, -4.5, -7.0, -30.0]), -2.0, -7.0)
    assert_allclose(share, [0.0, 0.0, 0.5, 1.0, 1.0])
