"""Rows, trackers and rear sides on cases drawn by hand, and against pvlib's own models."""

from __future__ import annotations

import numpy as np
import pytest
from pvlib.bifacial import infinite_sheds

from altay_energy.resource.solar import irradiance as solar
from altay_energy.resource.solar import rows as solar_rows
from altay_energy.weather.sun import SunPath, clear_sky, sun_path


def one_sun(zenith: float, azimuth: float = 180.0) -> solar.Daylight:
    path = SunPath(*(np.array([value]) for value in (zenith, azimuth, 1.0, 1366.1)))
    return solar.daylight(path)


def plane(day, dni=800.0, dhi=100.0, ghi=600.0, tilt=35.0):
    parts = (np.array([value]) for value in (dni, dhi, ghi))
    return solar.plane_of_array(day, *parts, tilt_deg=tilt, azimuth_deg=180.0)


@pytest.fixture(scope="module")
def clear_year():
    begin = np.datetime64("2029-12-31T16", "s") + np.arange(8760) * np.timedelta64(3600, "s")
    sun = sun_path(47.43, 85.87, 984.0, begin, 3600)
    day = solar.daylight(sun)
    return day, *(part[day.intervals] for part in clear_sky(sun, 3.0, 984.0, 90000.0))


def test_rows_far_apart_do_not_see_each_other():
    alone = plane(one_sun(60.0))
    far = solar_rows.row_shading(alone, one_sun(60.0), solar_rows.fixed_rows(35.0, 180.0, 1e-3))
    np.testing.assert_allclose(far.total_w_m2, alone.total_w_m2, rtol=2e-3)


def test_the_shadow_of_a_row_is_what_the_drawing_says():
    # Rows of length 1 at 40°, 2.5 apart, sun 10° high in the south. On the drawing the shadow of
    # the upper edge falls 1 - 2.5 sin(10°) / sin(50°) up the next row.
    day = one_sun(80.0)
    alone = plane(day, dni=500.0, dhi=0.0, ghi=0.0, tilt=40.0)
    behind = solar_rows.row_shading(alone, day, solar_rows.fixed_rows(40.0, 180.0, 0.4))
    shaded = 1.0 - 2.5 * np.sin(np.radians(10.0)) / np.sin(np.radians(50.0))
    assert behind.direct_w_m2[0] == pytest.approx((1.0 - shaded) * alone.direct_w_m2[0])


def test_level_rows_cast_no_shadow():
    day = one_sun(50.0)
    alone = plane(day, tilt=0.0)
    behind = solar_rows.row_shading(alone, day, solar_rows.fixed_rows(0.0, 180.0, 0.5))
    np.testing.assert_allclose(behind.total_w_m2, alone.total_w_m2)


def test_a_tracker_faces_the_sun_of_the_afternoon():
    rows = solar_rows.tracking_rows(one_sun(40.0, azimuth=270.0))
    assert rows.tilt_deg[0] == pytest.approx(40.0)
    assert rows.azimuth_deg[0] == pytest.approx(270.0)


def test_a_tracker_turns_no_farther_than_it_can():
    rows = solar_rows.tracking_rows(
        one_sun(85.0, azimuth=90.0), max_angle_deg=50.0, backtracking=False
    )
    assert rows.tilt_deg[0] == pytest.approx(50.0)
    assert rows.azimuth_deg[0] == pytest.approx(90.0)


def test_backtracking_turns_back_until_no_row_shades_the_next(clear_year):
    day, ghi, dni, dhi = clear_year
    for backtracking, shaded in ((True, False), (False, True)):
        rows = solar_rows.tracking_rows(day, backtracking=backtracking)
        alone = solar.plane_of_array(
            day, dni, dhi, ghi, tilt_deg=rows.tilt_deg, azimuth_deg=rows.azimuth_deg
        )
        behind = solar_rows.row_shading(alone, day, rows)
        loss = alone.direct_w_m2.sum() - behind.direct_w_m2.sum()
        assert (loss > 1e-3 * alone.direct_w_m2.sum()) == shaded


STANDS = {
    "fixed": lambda day: solar_rows.fixed_rows(34.0, 180.0, 0.4),
    "level": lambda day: solar_rows.fixed_rows(0.0, 180.0, 0.4),
    "steep, to the south-east": lambda day: solar_rows.fixed_rows(60.0, 150.0, 0.6),
    "tracking": lambda day: solar_rows.tracking_rows(day, ground_cover_ratio=0.4),
}


@pytest.mark.parametrize("stand", STANDS)
def test_rear_sides_see_what_pvlibs_infinite_sheds_see(stand, clear_year):
    day, ghi, dni, dhi = clear_year
    rows = STANDS[stand](day)
    ours = solar_rows.rear_irradiance(day, dni, dhi, ghi, rows, albedo=0.5, height_over_pitch=0.2)
    theirs = infinite_sheds.get_irradiance_poa(
        180.0 - rows.tilt_deg,
        np.asarray(rows.azimuth_deg) + 180.0,
        day.zenith_deg,
        day.azimuth_deg,
        rows.ground_cover_ratio,
        0.2,
        1.0,
        ghi,
        dhi,
        dni,
        0.5,
    )["poa_global"]
    np.testing.assert_allclose(ours, theirs, atol=0.01)


def test_the_rear_sees_more_over_snow_and_nothing_over_black_ground_but_sky(clear_year):
    day, ghi, dni, dhi = clear_year
    rows = solar_rows.fixed_rows(34.0, 180.0, 0.4)
    black, grey, white = (
        solar_rows.rear_irradiance(day, dni, dhi, ghi, rows, albedo=a, height_over_pitch=0.2).sum()
        for a in (0.0, 0.2, 0.8)
    )
    assert 0.0 < black < grey < white
    assert white - black == pytest.approx(4.0 * (grey - black))
