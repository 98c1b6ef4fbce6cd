"""Laws that hold for every turbine, every wind and every air."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.testing import assert_allclose, assert_array_equal

from altay_energy.core.errors import WeatherError
from altay_energy.resource.wind.power import (
    equivalent_speed,
    farm_power,
    smoothed_curve,
    turbine_power,
    turbine_power_shifted,
    weibull_mean_power,
)
from altay_energy.resource.wind.power_curve import generic_curve
from altay_energy.resource.wind.turbines import TURBINES

MACHINES = [TURBINES.load(name) for name in TURBINES.names]
POWER_OF = st.sampled_from([turbine_power, turbine_power_shifted])

turbines = st.sampled_from(MACHINES)
winds = arrays(np.float64, (2, 3, 24), elements=st.floats(0.0, 60.0))
airs = arrays(np.float64, (2, 3, 24), elements=st.floats(0.8, 1.6))
fractions = st.floats(0.0, 1.0)


def curve_of(turbine):
    return turbine.curve_speed_m_s, turbine.curve_power_mw


@given(turbines, winds, airs, POWER_OF)
def test_power_lies_between_nothing_and_the_rating(turbine, wind, air, power_of):
    power = power_of(wind, air, *curve_of(turbine))
    assert power.shape == wind.shape
    assert power.min() >= 0.0
    assert power.max() <= turbine.rated_mw


@given(turbines, winds, airs, st.floats(0.7, 1.0), POWER_OF)
def test_thinner_air_never_gives_more_below_the_rating(turbine, wind, air, thinning, power_of):
    dense = power_of(wind, air, *curve_of(turbine))
    thin = power_of(wind, thinning * air, *curve_of(turbine))
    # A shifted curve moves its cut-out too: in thin air it runs on into stronger wind.
    rising = wind < 16.0
    assert (thin[rising] <= dense[rising] + 1e-12).all()


@given(turbines, winds, airs)
def test_nothing_comes_from_outside_cut_in_and_cut_out(turbine, wind, air):
    power = turbine_power(wind, air, *curve_of(turbine))
    assert (power[wind > turbine.cut_out_m_s] == 0.0).all()
    assert (power[equivalent_speed(wind, air) < turbine.cut_in_m_s] == 0.0).all()
    running = (equivalent_speed(wind, air) > turbine.cut_in_m_s + 0.3) & (
        wind <= turbine.cut_out_m_s
    )
    assert (power[running] > 0.0).all()


@given(turbines, winds, airs, POWER_OF)
def test_leading_axes_are_a_loop(turbine, wind, air, power_of):
    together = power_of(wind, air, *curve_of(turbine))
    for place in np.ndindex(wind.shape[:-1]):
        assert_array_equal(together[place], power_of(wind[place], air[place], *curve_of(turbine)))


@given(turbines, winds, airs, st.data(), POWER_OF)
def test_a_gap_in_wind_or_air_is_refused(turbine, wind, air, data, power_of):
    place = tuple(data.draw(st.integers(0, n - 1)) for n in wind.shape)
    gap = data.draw(st.sampled_from([np.nan, np.inf, -np.inf, -1.0]))
    series = data.draw(st.sampled_from([wind, air]))
    series[place] = gap
    with pytest.raises(WeatherError, match=str(list(place)).replace("[", r"\[")):
        power_of(wind, air, *curve_of(turbine))


@given(st.floats(0.0, 21.0), airs, turbines)
def test_more_wind_never_gives_less_below_cut_out(speed, air, turbine):
    power = turbine_power(np.array([speed, speed + 1.0]), air[0, 0, :1], *curve_of(turbine))
    assert power[1] >= power[0]


@given(turbines, st.floats(0.0, 0.25), st.floats(0.0, 1.0))
def test_smoothing_keeps_between_nothing_and_the_rating(turbine, spread, spread_m_s):
    speed, power = smoothed_curve(*curve_of(turbine), spread, spread_m_s)
    assert (np.diff(speed) > 0.0).all()
    assert power.min() >= 0.0
    assert power.max() <= turbine.rated_mw
    assert power[-1] < 0.01 * turbine.rated_mw


@given(winds, fractions, fractions, fractions, st.floats(0.0, 100.0))
def test_a_farm_never_gives_more_than_its_turbines(one, wake, ready, wiring, number):
    farm = farm_power(one, number, wake, ready, wiring)
    assert (farm >= 0.0).all()
    assert (farm <= number * one + 1e-9).all()
    assert_allclose(farm_power(2.0 * one, number, wake, ready, wiring), 2.0 * farm, atol=1e-12)


@given(
    st.floats(1.0, 8.0),
    st.floats(200.0, 450.0),
    st.floats(2.0, 4.0),
    st.floats(20.0, 30.0),
    st.floats(0.0, 0.2),
)
def test_a_generic_curve_is_a_power_curve(rated_mw, specific, cut_in, cut_out, turbulence):
    rotor_m = np.sqrt(1e6 * rated_mw / specific / (np.pi / 4.0))
    speed, power = generic_curve(
        rated_mw,
        rotor_m,
        cut_in_m_s=cut_in,
        cut_out_m_s=cut_out,
        turbulence_intensity=turbulence,
    )
    assert (np.diff(speed) > 0.0).all()
    assert (np.diff(power) >= -1e-9 * rated_mw).all()
    assert power.min() >= 0.0
    assert 0.99 * rated_mw < power.max() <= rated_mw


@given(turbines, st.floats(4.0, 8.0), st.floats(1.5, 3.0))
def test_windier_places_give_more(turbine, mean, shape):
    power = weibull_mean_power(*curve_of(turbine), np.array([mean, mean + 0.5]), shape)
    assert 0.0 < power[0] < power[1] < turbine.rated_mw
