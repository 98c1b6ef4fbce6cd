"""What holds for photovoltaic plants under any sky."""

from __future__ import annotations

from datetime import UTC, datetime

import numpy as np
from hypothesis import assume, given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.testing import assert_allclose

from altay_energy.components.solar.solar_plant import SolarPlant
from altay_energy.core.timeline import Timeline
from altay_energy.resource.solar import power as solar_power
from altay_energy.resource.solar import snow
from altay_energy.weather.files.ranges import WEAKEST_DAY_W_M2
from altay_energy.weather.series import Weather
from altay_energy.weather.sun import sun_path, sun_path_for

STEPS = 48


def share(low=0.0, high=1.0):
    return st.floats(low, high, allow_subnormal=False)


def hourly(low, high, shape=(STEPS,)):
    return arrays(np.float64, shape, elements=share(low, high), fill=st.just(low))


@st.composite
def timelines(draw):
    day = draw(st.integers(0, 364))
    start = datetime(2030, 1, 1, tzinfo=UTC).fromordinal(datetime(2030, 1, 1).toordinal() + day)
    return Timeline(start.replace(tzinfo=UTC), STEPS, draw(st.sampled_from([1.0, 0.5, 0.25])))


def weather_of(timeline, latitude, ghi, dni, dhi, air, lag=0.0, **more):
    shape = np.shape(ghi)
    most = np.max(ghi, axis=-1)  # Weather refuses what may be in kW/m²
    assume(not np.any((most > 0.0) & (most <= WEAKEST_DAY_W_M2)))
    return Weather(
        place="anywhere",
        latitude=latitude,
        longitude=88.0,
        elevation_m=700.0,
        timeline=timeline,
        ghi_w_m2=ghi,
        dni_w_m2=dni,
        dhi_w_m2=dhi,
        temperature_c=np.broadcast_to(air, shape),
        wind_speed_m_s=np.full(shape, 2.0),
        wind_height_m=10.0,
        pressure_pa=np.full(shape, 93000.0),
        relative_humidity_percent=np.full(shape, 50.0),
        sun_lag_hours=lag,
        **more,
    )


@st.composite
def wild_weather(draw, shape=(STEPS,)):
    """Irradiance without any regard for the sun, as faulty files hold it; snow at times."""
    snow = {"precipitation_mm": hourly(0.0, 20.0, shape), "snow_depth_m": hourly(0.0, 1.0, shape)}
    known = draw(st.sets(st.sampled_from(sorted(snow))))
    return weather_of(
        draw(timelines()),
        draw(share(-85.0, 85.0)),
        *(draw(hourly(0.0, 1400.0, shape)) for _ in range(3)),
        air=draw(share(-50.0, 50.0)),
        lag=draw(share(-1.5, 1.5)),
        **{name: draw(snow[name]) for name in sorted(known)},
    )


@st.composite
def real_sky(draw):
    """Latitude, timeline and shares of the light outside the air that come through."""
    timeline, latitude = draw(timelines()), draw(share(20.0, 60.0))
    return timeline, latitude, draw(hourly(0.0, 0.8)), draw(hourly(0.0, 0.4))


@st.composite
def plants(draw):
    mounting = draw(st.sampled_from(["fixed", "tracking"]))
    stand = (
        {"tilt_deg": draw(st.none() | share(0.0, 90.0)), "azimuth_deg": draw(share(0.0, 359.0))}
        if mounting == "fixed"
        else {
            "axis_azimuth_deg": draw(share(0.0, 359.0)),
            "axis_tilt_deg": draw(share(0.0, 30.0)),
            "max_angle_deg": draw(share(10.0, 90.0)),
            "backtracking": draw(st.booleans()),
        }
    )
    rows = draw(share(0.05, 0.9))
    bifaciality = draw(st.just(0.0) | share(0.0, 1.0))
    alone = draw(st.booleans()) and mounting == "fixed" and not bifaciality
    return SolarPlant(
        capacity_mw=draw(share(0.1, 1000.0)),
        site="anywhere",
        mounting=mounting,
        **stand,
        dc_ac_ratio=draw(share(1.0, 2.0)),
        albedo=draw(share(0.0, 0.9)),
        ground_cover_ratio=0.0 if alone else rows,
        bifaciality=bifaciality,
        soiling=draw(st.none() | st.lists(share(), min_size=12, max_size=12)),
        age_years=draw(share(0.0, 60.0)),
        transposition=draw(st.sampled_from(["hay-davies", "perez-driesse"])),
        cell_temperature=draw(st.sampled_from(["faiman", "pvsyst", "sapm", "noct"])),
    )


def under(sky, **more):
    """Weather of a real sky with one series changed."""
    timeline, latitude, direct, diffuse = sky
    sun = sun_path(latitude, 88.0, 700.0, timeline.utc, timeline.step_seconds)
    outside = sun.extraterrestrial_w_m2 * sun.lit_fraction
    level = np.cos(np.radians(np.minimum(sun.zenith_deg, 90.0)))
    dni = direct * outside
    dhi = np.minimum(diffuse + more.get("diffuse", 0.0), 0.6) * outside * level
    ghi = dni * level + diffuse * outside * level
    snow = {name: more[name] for name in ("precipitation_mm", "snow_depth_m") if name in more}
    return weather_of(timeline, latitude, ghi, dni, dhi, more.get("air", 0.0), **snow)


@given(plant=plants(), weather=wild_weather())
def test_power_is_from_nothing_to_rated_and_nothing_at_night(plant, weather):
    power = plant.available_power(weather, weather.timeline)
    assert np.isfinite(power).all()
    assert power.min() >= 0.0
    assert power.max() <= plant.capacity_mw
    assert (power[sun_path_for(weather).lit_fraction == 0.0] == 0.0).all()


@given(plant=plants(), weather=wild_weather(shape=(3, STEPS)))
def test_years_side_by_side_give_what_each_gives_alone(plant, weather):
    together = plant.available_power(weather, weather.timeline)
    for year in range(3):
        series = {name: values[year] for name, values in weather.series().items()}
        alone = Weather(
            place="anywhere",
            latitude=weather.latitude,
            longitude=weather.longitude,
            elevation_m=weather.elevation_m,
            timeline=weather.timeline,
            wind_height_m=10.0,
            sun_lag_hours=weather.sun_lag_hours,
            **series,
        )
        assert_allclose(together[year], plant.available_power(alone, alone.timeline), rtol=1e-12)


@given(plant=plants(), sky=real_sky(), more=share(0.0, 0.2))
def test_a_brighter_sky_never_gives_less(plant, sky, more):
    plant = plant.with_(transposition="hay-davies")
    dim, bright = under(sky), under(sky, diffuse=more)
    slack = 1e-9 * plant.capacity_mw
    before = plant.available_power(dim, dim.timeline)
    assert (plant.available_power(bright, bright.timeline) >= before - slack).all()


@given(plant=plants(), sky=real_sky(), extra=share(0.0, 1.0))
def test_more_modules_never_give_less(plant, sky, extra):
    weather = under(sky)
    more = plant.with_(dc_ac_ratio=min(plant.dc_ac_ratio + extra, 2.0))
    slack = 1e-9 * plant.capacity_mw
    before = plant.available_power(weather, weather.timeline)
    assert (more.available_power(weather, weather.timeline) >= before - slack).all()


@given(plant=plants(), sky=real_sky(), warmer=share(0.0, 40.0))
def test_warmer_air_never_gives_more(plant, sky, warmer):
    cool, warm = under(sky, air=-10.0), under(sky, air=-10.0 + warmer)
    slack = 1e-9 * plant.capacity_mw
    before = plant.available_power(cool, cool.timeline)
    assert (plant.available_power(warm, warm.timeline) <= before + slack).all()


@given(plant=plants(), sky=real_sky(), whiter=share(0.0, 0.1))
def test_brighter_ground_never_gives_less(plant, sky, whiter):
    weather = under(sky)
    # On a plane within about a degree of level the ground's light comes so flat that the glass
    # throws it back, while the temperature model takes all of it for heat.
    heat = 1e-9 * whiter * weather.ghi_w_m2
    slack = (1e-9 + heat) * plant.capacity_mw
    before = plant.available_power(weather, weather.timeline)
    after = plant.with_(albedo=plant.albedo + whiter).available_power(weather, weather.timeline)
    assert (after >= before - slack).all()


@given(plant=plants(), sky=real_sky(), ratio=share(0.05, 0.9))
def test_a_row_in_front_never_gives_more(plant, sky, ratio):
    weather = under(sky)
    fixed = SolarPlant(capacity_mw=plant.capacity_mw, site="anywhere", ground_cover_ratio=0.0)
    alone = fixed.available_power(weather, weather.timeline)
    behind = fixed.with_(ground_cover_ratio=ratio).available_power(weather, weather.timeline)
    # But for light at a grazing angle, which warms the cells more than it feeds them.
    assert (behind <= alone + 1e-4 * plant.capacity_mw).all()


@given(
    plant=plants(),
    sky=real_sky(),
    snow=hourly(0.0, 20.0),
    more=hourly(0.0, 20.0),
    air=share(-30.0, 5.0),
)
def test_more_snowfall_never_gives_more_where_the_ground_stays_as_it_is(
    plant, sky, snow, more, air
):
    # Snow without a known depth lies on modules alone, so all it changes is what it hides.
    before = under(sky, air=air, precipitation_mm=snow)
    after = under(sky, air=air, precipitation_mm=snow + more)
    slack = 1e-9 * plant.capacity_mw
    power = plant.available_power(before, before.timeline)
    assert (plant.available_power(after, after.timeline) <= power + slack).all()
    bare = plant.with_(snow="off").available_power(before, before.timeline)
    assert (power <= bare + slack).all()


@given(covered=arrays(bool, STEPS), more=arrays(bool, STEPS), light=hourly(0.0, 1000.0))
def test_more_snow_never_uncovers_modules(covered, more, light):
    air = np.linspace(-20.0, 5.0, STEPS)
    less = snow.module_coverage(covered, light, air, 34.0, 1.0)
    assert (snow.module_coverage(covered | more, light, air, 34.0, 1.0) >= less - 1e-9).all()
    assert ((less >= 0.0) & (less <= 1.0)).all()


@given(depth=hourly(0.0, 1.0), more=hourly(0.0, 1.0))
def test_deeper_snow_brightens_the_ground(depth, more):
    age, thawed = np.linspace(0.0, 60.0, STEPS), np.arange(STEPS) > STEPS // 2
    low = snow.snow_albedo(age, thawed, depth)
    assert (snow.snow_albedo(age, thawed, depth + more) >= low - 1e-12).all()
    assert (low >= 0.2).all()
    assert (low <= 0.85).all()


@given(plant=plants(), weather=wild_weather(), rear=share())
def test_a_rear_side_never_gives_less(plant, weather, rear):
    if plant.ground_cover_ratio == 0.0:
        plant = plant.with_(ground_cover_ratio=0.3)
    one = plant.with_(bifaciality=0.0).available_power(weather, weather.timeline)
    two = plant.with_(bifaciality=rear).available_power(weather, weather.timeline)
    assert (two >= one - 1e-9 * plant.capacity_mw).all()


@given(plant=plants(), weather=wild_weather(shape=(2, STEPS)))
def test_a_waterfall_begins_with_sunlight_and_ends_at_the_bus(plant, weather):
    steps = plant.loss_waterfall(weather, weather.timeline)
    net = plant.available_power(weather, weather.timeline).sum(-1) * weather.timeline.step_hours
    scale = plant.capacity_mw * weather.timeline.hours
    assert_allclose(steps["net"], net, atol=1e-9 * scale)
    first, *taken, last = steps.values()
    assert_allclose(first - sum(taken), last, atol=1e-9 * scale)
    for name in ("snow", "soiling", "ageing", "system", "inverter", "clipping"):
        assert (steps[name] >= -1e-9 * scale).all(), name
    assert (steps["rear_side"] <= 0.0).all()


@given(plant=plants(), sky=real_sky(), factor=share(0.5, 4.0))
def test_a_plant_twice_the_size_gives_twice_as_much(plant, sky, factor):
    weather = under(sky)
    other = plant.with_(capacity_mw=factor * plant.capacity_mw)
    assert_allclose(
        other.available_power(weather, weather.timeline),
        factor * plant.available_power(weather, weather.timeline),
        rtol=1e-12,
    )


@given(low=hourly(0.0, 2.0), more=hourly(0.0, 2.0), efficiency=share(0.8, 1.0))
def test_more_direct_current_never_gives_less_at_the_bus(low, more, efficiency):
    before = solar_power.ac_power(low, efficiency=efficiency)
    after = solar_power.ac_power(low + more, efficiency=efficiency)
    assert (after >= before - 1e-12).all()
    assert (after <= low + more).all()


@given(timeline=timelines(), latitude=share(-89.9, 89.9), longitude=share(-180.0, 180.0))
def test_a_sun_path_knows_day_from_night_everywhere(timeline, latitude, longitude):
    sun = sun_path(latitude, longitude, 700.0, timeline.utc, timeline.step_seconds)
    assert_allclose((sun.lit_fraction > 0.0), (sun.zenith_deg < 90.0))
    assert ((sun.lit_fraction >= 0.0) & (sun.lit_fraction <= 1.0)).all()
    assert ((sun.azimuth_deg >= 0.0) & (sun.azimuth_deg <= 360.0)).all()
