"""A photovoltaic plant as a table of a scenario and as a value."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import get_args

import numpy as np
import pytest
from pydantic import ValidationError

from altay_energy.components.solar_plant import SolarPlant
from altay_energy.errors import WeatherError
from altay_energy.resource.solar import TRANSPOSITION
from altay_energy.resource.solar_power import CELL_TEMPERATURE
from altay_energy.timeline import Timeline
from altay_energy.weather.series import Weather
from altay_energy.weather.sun import clear_sky, sun_path

JUNE = Timeline(datetime(2030, 6, 20, 16, tzinfo=UTC), 48)


def clear_june() -> Weather:
    sun = sun_path(47.4, 85.9, 984.0, JUNE.utc, 3600)
    ghi, dni, dhi = clear_sky(sun, 3.0, 984.0, 90000.0)
    return Weather(
        place="Jeminay",
        latitude=47.4,
        longitude=85.9,
        elevation_m=984.0,
        timeline=JUNE,
        ghi_w_m2=ghi,
        dni_w_m2=dni,
        dhi_w_m2=dhi,
        temperature_c=np.full(48, 25.0),
        wind_speed_m_s=np.full(48, 4.0),
        wind_height_m=10.0,
        pressure_pa=np.full(48, 90000.0),
        relative_humidity_percent=np.full(48, 30.0),
    )


def test_a_clear_june_day_gives_seven_full_hours_and_a_dark_night():
    power = SolarPlant(capacity_mw=10.0, site="jeminay").available_power(clear_june(), JUNE)
    assert power.shape == (48,)
    assert 6.5 < power[:24].sum() / 10.0 < 9.5
    assert power[:4].max() == 0.0


def test_a_profile_is_scaled_by_the_capacity():
    profile = np.linspace(0.0, 1.0, 48)
    plant = SolarPlant(capacity_mw=50.0, profile=profile)
    np.testing.assert_allclose(plant.available_power(None, JUNE), 50.0 * profile)


@pytest.mark.parametrize("sources", [{}, {"site": "jeminay", "profile": 0.2}])
def test_a_plant_has_a_site_or_a_profile_and_not_both(sources):
    with pytest.raises(ValidationError, match="exactly one of site"):
        SolarPlant(capacity_mw=10.0, **sources)


def test_a_profile_beyond_its_range_is_refused():
    with pytest.raises(ValidationError, match=r"profile has 1 values out of range.*1\.5"):
        SolarPlant(capacity_mw=10.0, profile=np.array([0.0, 1.5]))


def test_keys_of_modules_have_no_meaning_beside_a_profile():
    with pytest.raises(ValidationError, match="tilt_deg describes modules"):
        SolarPlant(capacity_mw=10.0, profile=0.2, tilt_deg=40.0)


@pytest.mark.parametrize(
    ("key", "value"),
    [("tilt_deg", 95.0), ("azimuth_deg", -90.0), ("dc_ac_ratio", 0.5), ("losses", 14.0)],
)
def test_a_value_out_of_range_is_refused_by_name(key, value):
    with pytest.raises(ValidationError, match=key):
        SolarPlant.model_validate({"capacity_mw": 10.0, "site": "x", key: value})


def test_missing_weather_is_an_error():
    with pytest.raises(WeatherError, match="site jeminay: a solar plant needs the weather"):
        SolarPlant(capacity_mw=10.0, site="jeminay").available_power(None, JUNE)


def test_weather_of_another_period_is_refused():
    with pytest.raises(WeatherError, match="the weather covers 2030-06-21"):
        SolarPlant(capacity_mw=10.0, site="jeminay").available_power(
            clear_june(), Timeline.of_year(2030)
        )


def test_a_plant_of_no_capacity_gives_nothing():
    plant = SolarPlant(capacity_mw=0.0, site="jeminay")
    assert plant.available_power(clear_june(), JUNE).max() == 0.0


def test_every_model_that_can_be_named_exists():
    fields = SolarPlant.model_fields
    assert set(get_args(fields["transposition"].annotation)) == set(TRANSPOSITION)
    assert set(get_args(fields["cell_temperature"].annotation)) == set(CELL_TEMPERATURE)


def test_every_field_says_its_unit():
    for name, field in SolarPlant.model_fields.items():
        assert field.description, name
        assert field.description.endswith("]"), name
