"""A photovoltaic plant as a table of a scenario and as a value."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import get_args

import numpy as np
import pytest
from pydantic import ValidationError

from altay_energy.components.solar.solar_plant import SolarPlant
from altay_energy.core.errors import ScenarioError, WeatherError
from altay_energy.core.timeline import Timeline
from altay_energy.resource.solar.irradiance import TRANSPOSITION
from altay_energy.resource.solar.power import CELL_TEMPERATURE
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
    with pytest.raises(ScenarioError, match="exactly one of site"):
        SolarPlant(capacity_mw=10.0, **sources)


def test_a_profile_beyond_its_range_is_refused():
    with pytest.raises(ScenarioError, match=r"profile has 1 values out of range.*1\.5"):
        SolarPlant(capacity_mw=10.0, profile=np.array([0.0, 1.5]))


def test_keys_of_modules_have_no_meaning_beside_a_profile():
    with pytest.raises(ScenarioError, match="tilt_deg describes modules"):
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


def frosty(**series: np.ndarray) -> Weather:
    """Two June suns over winter air, so that a case of snow can be worked by hand."""
    return replace(clear_june(), temperature_c=np.full(48, -25.0), **series)


def snowy(depth_m: float | None = None) -> Weather:
    fall = np.zeros(48)
    fall[24] = 5.0
    depth = None if depth_m is None else np.full(48, depth_m)
    return frosty(precipitation_mm=fall, snow_depth_m=depth)


def test_snow_hides_the_second_day_and_frost_keeps_it():
    plant = SolarPlant(capacity_mw=10.0, site="jeminay")
    bare = plant.with_(snow="off").available_power(snowy(), JUNE)
    power = plant.available_power(snowy(), JUNE)
    np.testing.assert_allclose(power[:24], bare[:24])
    assert bare[24:].sum() > 60.0
    assert power[24:].sum() == 0.0


def test_a_covered_front_leaves_the_rear_its_light():
    plant = SolarPlant(capacity_mw=10.0, site="jeminay", bifaciality=0.8)
    power = plant.available_power(snowy(depth_m=0.3), JUNE)[24:].sum()
    assert 0.05 * 60.0 < power < 0.6 * 60.0


def test_snow_on_the_ground_brightens_modules_that_are_free_of_it():
    no_snowfall = frosty(precipitation_mm=np.zeros(48), snow_depth_m=np.full(48, 0.3))
    plant = SolarPlant(capacity_mw=10.0, site="jeminay", tilt_deg=60.0)
    white = plant.available_power(no_snowfall, JUNE).sum()
    grey = plant.with_(snow="off").available_power(no_snowfall, JUNE).sum()
    dark = plant.with_(fresh_snow_albedo=0.2).available_power(no_snowfall, JUNE).sum()
    assert white > 1.02 * grey
    assert dark == pytest.approx(grey)


@pytest.mark.parametrize("rain", [{}, {"precipitation_mm": np.zeros(48)}])
def test_a_snow_gauge_alone_tells_of_snow_on_modules(rain):
    depth = np.where(np.arange(48) < 24, 0.1, 0.15)
    power = SolarPlant(capacity_mw=10.0, site="jeminay").available_power(
        frosty(snow_depth_m=depth, **rain), JUNE
    )
    assert power[:24].sum() > 60.0
    assert power[24:].sum() == 0.0


def test_weather_without_snow_is_reported_in_the_cold_alone():
    plant = SolarPlant(capacity_mw=10.0, site="jeminay")
    assert "neither precipitation nor snow depth" in plant.notices(frosty())[0]
    assert "does not raise the albedo" in plant.notices(snowy())[0]
    assert plant.notices(snowy(depth_m=0.3)) == ()
    assert plant.notices(clear_june()) == ()
    assert plant.with_(snow="off").notices(frosty()) == ()


def test_snow_that_is_not_a_number_is_refused():
    with pytest.raises(WeatherError, match="precipitation_mm holds NaN or inf in 1 intervals"):
        frosty(precipitation_mm=np.where(np.arange(48) == 3, np.nan, 0.0))


def test_trackers_give_more_on_a_clear_june_day_than_racks():
    fixed, tracking = (
        SolarPlant(capacity_mw=10.0, site="jeminay", mounting=mounting).available_power(
            clear_june(), JUNE
        )
        for mounting in ("fixed", "tracking")
    )
    assert 1.3 < tracking.sum() / fixed.sum() < 1.6


def test_dust_dims_its_month_alone_and_is_not_counted_twice():
    # All of June's light through a half: half of the year's other losses stay as they are.
    plant = SolarPlant(capacity_mw=10.0, site="jeminay", dc_ac_ratio=1.0, losses=0.1)
    half = plant.with_(soiling=[0.0] * 5 + [0.5] + [0.0] * 6)
    june = half.loss_waterfall(clear_june(), JUNE)
    clean = plant.loss_waterfall(clear_june(), JUNE)
    light = clean["horizontal"] - sum(
        clean[k] for k in ("transposition", "row_shading", "incidence")
    )
    assert june["soiling"] == pytest.approx(0.5 * light)
    assert plant.with_(soiling=[0.0] * 12).available_power(
        clear_june(), JUNE
    ).sum() == pytest.approx(clean["net"])
    default = SolarPlant(capacity_mw=10.0, site="jeminay")
    assert default.with_(soiling=[0.02] * 12).available_power(
        clear_june(), JUNE
    ).sum() == pytest.approx(default.available_power(clear_june(), JUNE).sum(), rel=1e-3)


def test_dust_leaves_the_snow_where_it_lies():
    dusty = SolarPlant(capacity_mw=10.0, site="jeminay", soiling=[0.1] * 12)
    assert dusty.available_power(snowy(), JUNE)[24:].sum() == 0.0


def test_modules_lose_half_a_percent_with_each_year():
    plant = SolarPlant(capacity_mw=10.0, site="jeminay", dc_ac_ratio=1.0)
    old = plant.with_(age_years=20.0).loss_waterfall(clear_june(), JUNE)
    new = plant.loss_waterfall(clear_june(), JUNE)
    assert new["ageing"] == 0.0
    before = old["horizontal"] - sum(old[k] for k in list(old)[1 : list(old).index("ageing")])
    assert old["ageing"] == pytest.approx(0.1 * before)


def test_what_inverters_cannot_take_is_clipped():
    plant = SolarPlant(capacity_mw=10.0, site="jeminay", dc_ac_ratio=2.0)
    steps = plant.loss_waterfall(clear_june(), JUNE)
    assert steps["clipping"] > 10.0
    small = plant.with_(dc_ac_ratio=1.0).loss_waterfall(clear_june(), JUNE)
    assert small["clipping"] == 0.0
    first, *taken, net = steps.values()
    assert first - sum(taken) == pytest.approx(net)


def test_a_profile_has_no_losses_to_tell_of():
    with pytest.raises(ValueError, match="its power is net of them"):
        SolarPlant(capacity_mw=10.0, profile=0.25).loss_waterfall(None, JUNE)


@pytest.mark.parametrize(
    ("keys", "message"),
    [
        ({"mounting": "tracking", "tilt_deg": 30.0}, 'tilt_deg means nothing with mounting = "tra'),
        ({"axis_tilt_deg": 10.0}, 'axis_tilt_deg means nothing with mounting = "fixed"'),
        ({"mounting": "tracking", "ground_cover_ratio": 0.0}, "trackers and rear sides need rows"),
        ({"bifaciality": 0.7, "ground_cover_ratio": 0.0}, "trackers and rear sides need rows"),
        ({"soiling": [0.1] * 11}, "soiling"),
        ({"snow": "yes"}, "'on' or 'off'"),
    ],
)
def test_modules_that_cannot_be_are_refused(keys, message):
    with pytest.raises(ValidationError, match=message):
        SolarPlant.model_validate({"capacity_mw": 10.0, "site": "x", **keys})


def test_every_model_that_can_be_named_exists():
    fields = SolarPlant.model_fields
    assert set(get_args(fields["transposition"].annotation)) == set(TRANSPOSITION)
    assert set(get_args(fields["cell_temperature"].annotation)) == set(CELL_TEMPERATURE)


def test_every_field_says_its_unit():
    for name, field in SolarPlant.model_fields.items():
        assert field.description, name
        assert field.description.endswith("]"), name
