"""What cold does to demand."""

import numpy as np
import pytest
from numpy.testing import assert_allclose

from altay_energy.components.demand.drivers import (
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


@pytest.mark.parametrize("temperature", [-20.0, -5.0, 0.0, 10.0, 20.0])
@pytest.mark.parametrize("humidity", [5.0, 30.0, 50.0, 70.0, 95.0])
@pytest.mark.parametrize("pressure_hpa", [700.0, 870.0, 950.0, 1013.25])
def test_the_wet_bulb_satisfies_the_psychrometer_equation(temperature, humidity, pressure_hpa):
    # At the wet bulb, evaporation takes the heat that the air gives (Assmann psychrometer); another
    # fit of the vapour pressure and another published coefficient than the package's.
    wet_bulb = np.linspace(temperature - 25.0, temperature, 25_001)
    vapour = vapour_pressure_hpa(wet_bulb) - 6.62e-4 * pressure_hpa * (temperature - wet_bulb)
    exact = np.interp(humidity / 100 * vapour_pressure_hpa(temperature), vapour, wet_bulb)
    found = wet_bulb_c(
        np.array([temperature]), np.array([humidity]), np.array([100.0 * pressure_hpa])
    )
    assert_allclose(found, exact, atol=0.12)


def test_the_wet_bulb_of_the_published_chart_is_met():
    # Stull (2011), who fitted the psychrometric chart at sea level: 20 °C and 50 % give 13.7 °C.
    assert_allclose(wet_bulb_c(np.array([20.0]), np.array([50.0]), 101_325.0), 13.7, atol=0.2)


def test_thinner_air_evaporates_more_and_cools_further():
    pressure = np.array([1050.0, 950.0, 870.0, 700.0]) * 100.0
    found = wet_bulb_c(np.full(4, 0.0), np.full(4, 50.0), pressure)
    assert np.all(np.diff(found) < -0.05)


def test_no_gun_runs_in_air_that_is_too_warm_by_the_psychrometer_equation():
    # At 900 hPa; a fit of the chart at sea level would have 6 to 8 % of the guns run.
    air, humidity = np.array([-1.0, 0.0, 0.5, 1.0]), np.array([85.0, 70.0, 62.0, 55.0])
    found = wet_bulb_c(air, humidity, np.full(4, 90_000.0))
    assert not snow_making_share(found, -2.0, -7.0).any()


@pytest.mark.parametrize("humidity", [0.0, 40.0, 80.0, 100.0])
def test_the_wet_bulb_is_never_warmer_than_the_air(humidity):
    air = np.linspace(-50.0, 40.0, 91)
    assert np.all(wet_bulb_c(air, np.full(91, humidity), np.full(91, 9e4)) <= air)


def test_saturated_air_is_its_own_wet_bulb():
    air = np.linspace(-45.0, 40.0, 18)
    assert_allclose(wet_bulb_c(air, np.full(18, 100.0), np.full(18, 9e4)), air, atol=1e-9)


def test_snow_guns_begin_at_the_onset_and_reach_full_output():
    share = snow_making_share(np.array([5.0, -2.0, -4.5, -7.0, -30.0]), -2.0, -7.0)
    assert_allclose(share, [0.0, 0.0, 0.5, 1.0, 1.0])
