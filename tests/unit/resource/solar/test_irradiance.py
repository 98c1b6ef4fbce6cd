"""Each link of the photovoltaic chain on cases worked by hand, and the chain against pvlib's."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from pvlib import location, modelchain, pvsystem

from altay_energy.resource.solar import irradiance as solar
from altay_energy.resource.solar import power as solar_power
from altay_energy.weather.sun import SunPath, clear_sky, sun_path

PLACE = (47.73, 88.08, 735.0)


def one_sun(zenith: float, azimuth: float = 180.0, lit: float = 1.0) -> solar.Daylight:
    path = SunPath(*(np.array([value]) for value in (zenith, azimuth, lit, 1366.1)))
    return solar.daylight(path)


def plane(day, dni=800.0, dhi=100.0, ghi=600.0, tilt=35.0, azimuth=180.0, **options):
    parts = (np.array([value]) for value in (dni, dhi, ghi))
    return solar.plane_of_array(day, *parts, tilt_deg=tilt, azimuth_deg=azimuth, **options)


@pytest.fixture(scope="module")
def year():
    begin = np.datetime64("2029-12-31T16", "s") + np.arange(8760) * np.timedelta64(3600, "s")
    return begin, sun_path(*PLACE, begin, 3600)


@pytest.fixture(scope="module")
def sky(year):
    """A year of clear and cloudy days: direct, diffuse, global [W/m²], air [°C], wind [m/s]."""
    _, sun = year
    _, dni, dhi = clear_sky(sun, 3.0, PLACE[2], 92800.0)
    cloud = np.repeat(np.random.default_rng(1).random(365), 24)
    dni, dhi = dni * (1.0 - cloud), dhi * (1.0 + 2.0 * cloud)
    ghi = dni * np.cos(np.radians(np.minimum(sun.zenith_deg, 90.0))) + dhi
    season = -np.cos(np.arange(8760) / 8760 * 2.0 * np.pi)
    return dni, dhi, ghi, 4.0 + 20.0 * season, 3.0 + 2.0 * cloud


def test_daylight_holds_the_lit_intervals_alone(year):
    _, sun = year
    day = solar.daylight(sun)
    assert day.intervals.size == np.count_nonzero(sun.lit_fraction)
    assert (day.zenith_deg < 90.0).all()
    partly = sun.lit_fraction[day.intervals] < 0.5
    assert day.outside_w_m2[partly].max() < 0.5 * 1420.0


def test_a_plane_that_faces_the_sun_takes_the_whole_beam():
    seen = plane(one_sun(35.0), dhi=0.0, ghi=0.0)
    assert seen.direct_w_m2[0] == pytest.approx(800.0)
    assert seen.sky_w_m2[0] == 0.0
    assert seen.incidence_deg[0] == pytest.approx(0.0, abs=1e-5)


def test_a_sun_behind_the_plane_gives_no_direct_light():
    seen = plane(one_sun(80.0, azimuth=10.0), tilt=60.0)
    assert seen.direct_w_m2[0] == 0.0
    assert seen.sky_w_m2[0] > 0.0


@pytest.mark.parametrize("name", solar.TRANSPOSITION)
def test_level_modules_see_the_sky_and_no_ground(name):
    seen = plane(one_sun(40.0), tilt=0.0, sky_model=solar.TRANSPOSITION[name])
    assert seen.ground_w_m2[0] == 0.0
    level = 800.0 * np.cos(np.radians(40.0)) + 100.0
    assert seen.total_w_m2[0] == pytest.approx(level, rel=1e-9)


def test_hay_davies_splits_the_sky_by_the_clearness_of_the_beam():
    # A = 800 / 1366.1; the sun 40° from the zenith, the plane 35° towards it.
    clearness = 800.0 / 1366.1
    ratio = np.cos(np.radians(5.0)) / np.cos(np.radians(40.0))
    seen = plane(one_sun(40.0))
    circumsolar = 100.0 * clearness * ratio
    assert seen.direct_w_m2[0] == pytest.approx(800.0 * np.cos(np.radians(5.0)) + circumsolar)
    rest = 100.0 * (1.0 - clearness) * 0.5 * (1.0 + np.cos(np.radians(35.0)))
    assert seen.sky_w_m2[0] == pytest.approx(rest)
    assert seen.ground_w_m2[0] == pytest.approx(
        0.2 * 600.0 * 0.5 * (1.0 - np.cos(np.radians(35.0)))
    )


def test_an_hour_half_lit_compares_its_mean_beam_with_half_an_hour_of_sun():
    whole = plane(one_sun(85.0), dni=300.0, dhi=40.0, ghi=66.0)
    half = plane(one_sun(85.0, lit=0.5), dni=150.0, dhi=20.0, ghi=33.0)
    np.testing.assert_allclose(half.total_w_m2, 0.5 * whole.total_w_m2)


def test_no_more_beam_is_believed_than_reaches_the_earth():
    believed = plane(one_sun(80.0, lit=0.1), dni=700.0)
    most = plane(one_sun(80.0, lit=0.1), dni=136.61)
    np.testing.assert_allclose(believed.total_w_m2, most.total_w_m2)


def test_a_sun_on_the_horizon_does_not_magnify_the_sky():
    seen = plane(one_sun(89.9), dni=300.0, dhi=50.0, ghi=50.0, tilt=90.0)
    assert seen.total_w_m2[0] < 300.0 + 4.0 * 50.0


def test_snow_on_the_ground_brightens_tilted_modules():
    bare, white = plane(one_sun(60.0)), plane(one_sun(60.0), albedo=0.7)
    assert white.ground_w_m2[0] == pytest.approx(3.5 * bare.ground_w_m2[0])
    assert white.direct_w_m2[0] == bare.direct_w_m2[0]


def test_surface_angles_may_turn_with_the_hours(year, sky):
    _, sun = year
    day = solar.daylight(sun)
    dni, dhi, ghi = (series[day.intervals] for series in sky[:3])
    fixed = solar.plane_of_array(day, dni, dhi, ghi, tilt_deg=35.0, azimuth_deg=180.0)
    turning = solar.plane_of_array(
        day,
        dni,
        dhi,
        ghi,
        tilt_deg=np.full(day.intervals.size, 35.0),
        azimuth_deg=np.full(day.intervals.size, 180.0),
    )
    for one, other in zip(fixed, turning, strict=True):
        np.testing.assert_allclose(one, other)
    np.testing.assert_allclose(
        solar.absorbed(fixed, 35.0), solar.absorbed(turning, np.full(day.intervals.size, 35.0))
    )


def test_glass_passes_less_at_a_slant_and_all_at_a_right_angle():
    upright = plane(one_sun(35.0), dhi=0.0, ghi=0.0)
    assert solar.absorbed(upright, 35.0)[0] == pytest.approx(800.0, rel=1e-6)
    shares = []
    for zenith in (60.0, 85.0):
        slanted = plane(one_sun(zenith, azimuth=100.0), dhi=0.0, ghi=0.0)
        shares.append(solar.absorbed(slanted, 35.0)[0] / slanted.total_w_m2[0])
    assert 1.0 > shares[0] > shares[1] > 0.4


def test_the_best_tilt_is_flat_on_the_equator_and_steep_in_altay():
    assert solar.annual_tilt(0.0) == pytest.approx(1.4, abs=0.1)
    assert solar.annual_tilt(47.43) == pytest.approx(34.5, abs=0.5)
    # The published polynomial of the southern half of the world, by hand.
    assert solar.annual_tilt(-30.0) == pytest.approx(27.31, abs=0.01)
    assert solar.annual_tilt(-10.0) == pytest.approx(12.446, abs=0.01)
    assert solar.annual_tilt(-50.0) == pytest.approx(38.654, abs=0.01)
    assert 0.0 <= solar.annual_tilt(-90.0) <= 90.0


@pytest.mark.parametrize("name", solar_power.CELL_TEMPERATURE)
def test_cells_are_as_warm_as_the_air_without_light_and_cooler_in_wind(name):
    model = solar_power.CELL_TEMPERATURE[name]
    light = np.array([0.0, 800.0, 800.0])
    air, wind = np.full(3, -20.0), np.array([1.0, 1.0, 10.0])
    cells = solar_power.cell_temperature(light, air, wind, 10.0, model=model)
    assert cells[0] == pytest.approx(-20.0)
    assert -20.0 < cells[2] <= cells[1] < 20.0
    # PVsyst's free-standing modules lose 29 W/m²K in any wind.
    assert (cells[2] == cells[1]) == (name == "pvsyst")


def test_wind_is_carried_down_to_the_modules():
    light, air, wind = np.array([800.0]), np.array([10.0]), np.array([5.0])
    at_ten = solar_power.cell_temperature(light, air, wind, 10.0)
    at_two = solar_power.cell_temperature(light, air, wind * 0.2**0.2, 2.0)
    np.testing.assert_allclose(at_ten, at_two)
    # Faiman: 800 / (25 + 6.84 v)
    assert at_two[0] == pytest.approx(10.0 + 800.0 / (25.0 + 6.84 * 5.0 * 0.2**0.2))


def test_direct_current_is_rated_at_a_thousand_watts_and_25_degrees():
    full = solar_power.dc_power(np.array([1000.0]), np.array([25.0]), capacity_mw=12.5, losses=0.0)
    assert full[0] == pytest.approx(12.5)
    cold = solar_power.dc_power(np.array([500.0]), np.array([-15.0]), capacity_mw=1.0)
    assert cold[0] == pytest.approx(0.5 * (1.0 + 0.0035 * 40.0) * 0.86)


def test_inverters_clip_at_their_rating_and_need_a_little_themselves():
    ac = solar_power.ac_power(np.array([0.0, 0.001, 0.5, 2.0]), capacity_mw=1.0)
    assert ac[0] == 0.0
    assert ac[1] == 0.0
    assert 0.46 < ac[2] < 0.5
    assert ac[3] == 1.0


def test_inverters_give_their_rating_at_their_nominal_efficiency():
    # The published curve is 0.9637 at full load, which stands for the efficiency given.
    ac = solar_power.ac_power(np.array([1.0 / 0.97]), capacity_mw=1.0, efficiency=0.97)
    assert ac[0] == pytest.approx(1.0, rel=1e-4)


# pvlib's chain asks pandas for an old name.
@pytest.mark.filterwarnings("ignore:DatetimeIndex.dayofyear")
@pytest.mark.parametrize(
    ("sky_model", "oracle"), [("hay-davies", "haydavies"), ("perez-driesse", "perez-driesse")]
)
def test_the_chain_agrees_with_pvlibs_own_chain(year, sky, sky_model, oracle):
    begin, sun = year
    dni, dhi, ghi, air, wind = sky
    day = solar.daylight(sun)
    dni_day, dhi_day, ghi_day, air_day, wind_day = (series[day.intervals] for series in sky)
    seen = solar.plane_of_array(
        day,
        dni_day,
        dhi_day,
        ghi_day,
        tilt_deg=35.0,
        azimuth_deg=180.0,
        sky_model=solar.TRANSPOSITION[sky_model],
    )
    cells = solar_power.cell_temperature(seen.total_w_m2, air_day, wind_day, 2.0)
    losses = pvsystem.pvwatts_losses() / 100.0
    dc = solar_power.dc_power(seen.total_w_m2, cells, capacity_mw=1.2, losses=losses)
    ours = np.zeros(8760)
    ours[day.intervals] = solar_power.ac_power(dc)

    system = pvsystem.PVSystem(
        surface_tilt=35.0,
        surface_azimuth=180.0,
        albedo=0.2,
        module_parameters={"pdc0": 1.2, "gamma_pdc": -0.0035},
        inverter_parameters={"pdc0": 1.0 / 0.96},
        temperature_model_parameters={"u0": 25.0, "u1": 6.84},
    )
    chain = modelchain.ModelChain(
        system,
        location.Location(PLACE[0], PLACE[1], "UTC", PLACE[2]),
        transposition_model=oracle,
        dc_model="pvwatts",
        ac_model="pvwatts",
        aoi_model="no_loss",
        spectral_model="no_loss",
        temperature_model="faiman",
        losses_model="pvwatts",
    )
    middle = pd.DatetimeIndex(begin).tz_localize("UTC") + pd.Timedelta(minutes=30)
    columns = {"ghi": ghi, "dni": dni, "dhi": dhi, "temp_air": air, "wind_speed": wind}
    chain.run_model(pd.DataFrame(columns, index=middle))
    theirs = chain.results.ac.fillna(0.0).to_numpy()
    high = (sun.lit_fraction == 1.0) & (sun.zenith_deg < 85.0)
    assert high.sum() > 3500
    np.testing.assert_allclose(ours[high], theirs[high], atol=1e-3)
    assert ours.sum() == pytest.approx(theirs.sum(), rel=2e-3)
