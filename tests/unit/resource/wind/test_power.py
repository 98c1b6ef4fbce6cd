"""Hub speed, power curve, smoothing, farm losses and full-load hours."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.testing import assert_allclose

from altay_energy.core.errors import WeatherError
from altay_energy.resource.wind.power import (
    equivalent_speed,
    farm_power,
    full_load_hours,
    log_law_speed,
    power_law_speed,
    smoothed_curve,
    turbine_power,
    turbine_power_shifted,
    weibull_mean_power,
)
from altay_energy.resource.wind.shear import speed_between_two

SPEED = np.array([3.0, 6.0, 9.0, 12.0, 25.0])
POWER = np.array([0.0, 0.8, 2.6, 4.0, 4.0])


def test_the_power_law_carries_wind_to_the_hub():
    assert_allclose(power_law_speed([5.0, 0.0], 10.0, 100.0, 1.0 / 7.0), [6.947, 0.0], rtol=1e-3)
    assert_allclose(power_law_speed([5.0, 5.0], 10.0, 100.0, [0.0, 1.0]), [5.0, 50.0])


def test_the_log_law_carries_wind_to_the_hub():
    assert_allclose(log_law_speed(5.0, 10.0, 100.0, 0.1), 5.0 * 3.0 / 2.0)


@pytest.mark.parametrize(
    ("height", "hub", "roughness"), [(10.0, 100.0, 12.0), (2.0, 110.0, 1.9), (2.0, 110.0, 0.21)]
)
def test_wind_below_ten_roughness_lengths_is_refused_by_the_log_law(height, hub, roughness):
    with pytest.raises(WeatherError, match=rf"roughness_m = {roughness:g}: the log law holds from"):
        log_law_speed(5.0, height, hub, roughness)


def test_a_hub_below_ten_roughness_lengths_is_refused_as_the_wind_is():
    with pytest.raises(WeatherError, match=r"the hub at 10 m is below; .* at most 1, or"):
        log_law_speed(5.0, 50.0, 10.0, 2.0)


def test_ten_roughness_lengths_are_enough():
    assert_allclose(log_law_speed(5.0, 2.0, 20.0, 0.2), 10.0)


def test_one_rough_interval_among_many_is_found():
    with pytest.raises(WeatherError, match=r"roughness_m = 1.5: "):
        log_law_speed([5.0, 5.0], 10.0, 100.0, [0.1, 1.5])


def test_no_law_takes_a_height_that_is_none():
    with pytest.raises(WeatherError, match=r"roughness_m = 0 must be above 0 m"):
        log_law_speed(5.0, 10.0, 100.0, 0.0)
    with pytest.raises(WeatherError, match=r"height_m = 0 and hub_height_m = 100 must be above"):
        power_law_speed(5.0, 0.0, 100.0)
    with pytest.raises(WeatherError, match="the first two must differ"):
        speed_between_two(np.ones(3), 10.0, np.ones(3), 10.0, 100.0)


def test_the_curve_is_read_straight_between_its_points():
    assert_allclose(
        turbine_power([2.9, 3.0, 4.5, 9.0, 24.0], 1.225, SPEED, POWER), [0.0, 0.0, 0.4, 2.6, 4.0]
    )


def test_thin_air_is_read_at_the_speed_of_equal_power():
    density = 1.225 * 0.9**3
    assert equivalent_speed(np.array(10.0), np.array(density)) == pytest.approx(9.0)
    assert turbine_power(10.0, density, SPEED, POWER) == pytest.approx(2.6)


def test_the_density_of_the_curve_itself_changes_nothing():
    assert_allclose(turbine_power(8.0, 1.1, SPEED, POWER, 1.1), 2.0)


def test_dense_winter_air_makes_no_turbine_cut_out_early():
    assert turbine_power(24.8, 1.45, SPEED, POWER) == 4.0
    assert turbine_power(25.0, 0.9, SPEED, POWER) == 4.0
    assert turbine_power(25.001, 0.9, SPEED, POWER) == 0.0


def test_storm_control_answers_to_the_wind_speed_itself():
    speed, power = np.append(SPEED, 34.0), np.append(POWER, 0.0)
    thin, standard, dense = (turbine_power(29.5, rho, speed, power) for rho in (1.0, 1.225, 1.4))
    assert thin == standard == dense == pytest.approx(2.0)


def test_a_shifted_curve_gives_the_same_in_air_of_its_own_density():
    wind = np.linspace(0.0, 26.0, 300)
    assert_allclose(
        turbine_power_shifted(wind, 1.225, SPEED, POWER),
        turbine_power(wind, 1.225, SPEED, POWER),
        atol=1e-12,
    )


def test_a_shifted_curve_moves_its_points_by_one_third_to_two_thirds():
    density = 1.0
    for node, exponent in ((6.0, 1.0 / 3.0), (9.0, 1.0 / 3.0 + 0.1), (25.0, 2.0 / 3.0)):
        wind = node * 1.225**exponent
        expected = np.interp(node, SPEED, POWER)
        assert turbine_power_shifted(wind - 1e-12, density, SPEED, POWER) == pytest.approx(expected)


@pytest.mark.parametrize("power_of", [turbine_power, turbine_power_shifted])
@pytest.mark.parametrize("bad", [np.nan, np.inf, -0.1])
def test_no_number_is_no_wind(power_of, bad):
    wind = np.array([[5.0, 5.0], [5.0, bad]])
    with pytest.raises(WeatherError, match=r"wind speed = .* m/s at position \[1, 1\] \(1 such"):
        power_of(wind, 1.225, SPEED, POWER)
    with pytest.raises(WeatherError, match="air density"):
        power_of(5.0, [1.2, bad], SPEED, POWER)


def test_no_hours_give_no_power():
    assert turbine_power(np.zeros((3, 0)), 1.2, SPEED, POWER).shape == (3, 0)


def test_smoothing_is_the_average_over_scattered_speeds():
    generator = np.random.default_rng(7)
    scatter = generator.normal(size=200_000)
    speed, power = smoothed_curve(SPEED, POWER, 0.1, 0.3)
    for mean in (4.0, 8.0, 12.0, 24.0):
        sampled = turbine_power(
            np.maximum(mean + scatter * (0.1 * mean + 0.3), 0.0), 1.225, SPEED, POWER
        ).mean()
        assert np.interp(mean, speed, power) == pytest.approx(sampled, abs=0.01)


def test_smoothing_by_nothing_leaves_the_curve():
    at = np.array([4.0, 7.5, 12.0, 20.0])
    _, power = smoothed_curve(SPEED, POWER, 0.0, at_m_s=at)
    assert_allclose(power, turbine_power(at, 1.225, SPEED, POWER), atol=1e-6)


def test_losses_of_a_farm_multiply():
    assert_allclose(farm_power(np.array([2.0]), 10, 0.1, 0.9, 0.05), [20.0 * 0.9 * 0.9 * 0.95])
    assert_allclose(farm_power(np.array([2.0]), 58.2), [116.4])


def test_full_load_hours_refer_to_a_common_year():
    assert full_load_hours(np.full(8784, 3.0), 6.0) == 4380.0
    assert full_load_hours(np.full((2, 96), [[1.0], [2.0]]), 4.0).tolist() == [2190.0, 4380.0]


def test_weibull_mean_power_is_the_mean_over_a_weibull_year():
    quantile = (np.arange(100_000) + 0.5) / 100_000
    rayleigh = 7.0 / np.sqrt(np.pi / 4.0) * np.sqrt(-np.log1p(-quantile))
    sampled = turbine_power(rayleigh, 1.225, SPEED, POWER).mean()
    assert weibull_mean_power(SPEED, POWER, 7.0) == pytest.approx(sampled, rel=1e-4)
    assert weibull_mean_power(SPEED, POWER, [6.0, 7.0]).shape == (2,)
