"""When ice grows on blades, how long it stays, and what it takes."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from altay_energy.resource.wind.icing import ice_class, ice_load, ice_loss, icing_hours, icing_of


def test_ice_grows_in_humid_frost_that_is_not_too_cold():
    air = [-5.0, 0.0, -0.1, -20.0, -20.1, -5.0]
    humidity = [95.0, 100.0, 100.0, 100.0, 100.0, 94.9]
    assert_array_equal(icing_hours(air, humidity), [True, False, True, True, False, False])


def test_ice_grows_with_the_wind_up_to_a_largest_load():
    always, frost = np.ones(12, dtype=bool), np.full(12, -5.0)
    assert_allclose(ice_load(always, frost, np.full(12, 5.0)), 0.5 * np.arange(1, 13))
    assert_allclose(ice_load(always, frost, np.full(12, 10.0))[-3:], 10.0)


def test_ice_is_gone_after_six_hours_of_thaw_and_wears_off_in_dry_frost():
    icing = np.zeros(24, dtype=bool)
    thaw = ice_load(icing, np.full(24, 1.0), np.full(24, 8.0), start_h=10.0)
    assert thaw[4] > 0.0
    assert thaw[5] == pytest.approx(0.0, abs=1e-12)
    frost = ice_load(icing, np.full(24, -10.0), np.full(24, 8.0), start_h=10.0)
    assert_allclose(frost, 10.0 * np.exp(-np.arange(1, 25) / 8.0))


def test_quarters_of_an_hour_give_the_ice_of_hours():
    rng = np.random.default_rng(4)
    icing, air = rng.random(200) < 0.2, rng.normal(-3.0, 4.0, 200)
    air = np.where(icing, -1.0, air)
    wind = 8.0 * rng.weibull(2.0, 200)
    hourly = ice_load(icing, air, wind)
    quarters = ice_load(np.repeat(icing, 4), np.repeat(air, 4), np.repeat(wind, 4), 0.25)
    assert_allclose(quarters[3::4], hourly, atol=1e-9)


def test_the_loss_is_that_of_the_published_stages_of_an_event():
    # Turkia et al. (2013): 17 % at the beginning, 18 % after a short and 24 % after a long event.
    assert_allclose(ice_loss([0.0, 1.0, 3.0, 10.0, 99.0]), [0.0, 0.17, 0.18, 0.24, 0.24])


def test_heated_blades_stay_clean_and_take_power_while_ice_would_grow():
    air, humidity = np.full(6, -5.0), np.array([99.0, 99.0, 60.0, 60.0, 99.0, 60.0])
    iced = icing_of(air, humidity, np.full(6, 8.0))
    heated = icing_of(air, humidity, np.full(6, 8.0), heated=True, heating_share=0.04)
    assert iced.iced.all()
    assert (iced.loss > 0.0).all()
    assert not iced.heating.any()
    assert not heated.load_h.any()
    assert not heated.loss.any()
    assert_allclose(heated.heating, [0.04, 0.04, 0.0, 0.0, 0.04, 0.0])


def test_ice_classes_are_those_of_iea_wind():
    assert_array_equal(ice_class([0.0, 0.004, 0.01, 0.04, 0.07, 0.12]), [1, 1, 2, 3, 4, 5])
