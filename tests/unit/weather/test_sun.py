"""The sun path against pvlib's full algorithm, and the lit part of intervals against counting."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from pvlib import solarposition

from altay_energy.core.errors import WeatherError
from altay_energy.core.timeline import Timeline
from altay_energy.weather.series import Weather
from altay_energy.weather.sun import clear_sky, decompose, sun_path, sun_path_for

HOUR = 3600
ALTAY = (47.73, 88.08, 735.0)

PLACES = {
    "Altay": (47.73, 88.08, 735.0, "2030-01-01", 8760, HOUR),
    "Altay in quarters": (47.73, 88.08, 735.0, "2024-02-20", 4 * 500, HOUR // 4),
    "Altay in 1990": (47.73, 88.08, 735.0, "1990-01-01", 8760, HOUR),
    "Altay in 2060": (47.73, 88.08, 735.0, "2060-01-01", 8784, HOUR),
    "three years": (47.73, -92.5, 445.0, "2012-01-01", 3 * 8766, HOUR),
    "the south": (-33.9, 151.2, 10.0, "2025-01-01", 8760, HOUR),
    "under the sun": (12.0, 8.5, 470.0, "2025-01-01", 8760, HOUR // 2),
    "on the equator and the date line": (0.0, 180.0, 0.0, "2025-03-01", 2000, HOUR),
    "polar day and night": (78.2, 15.6, 5.0, "2025-01-01", 8760, HOUR),
    "near the south pole": (-89.0, 0.0, 2835.0, "2025-01-01", 8760, HOUR),
    "a high mountain": (19.8, -155.5, 4200.0, "2025-01-01", 8760, HOUR),
}


def intervals(start: str, count: int, step: int) -> np.ndarray:
    return np.datetime64(start, "s") + np.arange(count) * np.timedelta64(step, "s")


def pointing(zenith: np.ndarray, azimuth: np.ndarray) -> np.ndarray:
    z, a = np.radians(zenith), np.radians(azimuth)
    return np.stack([np.sin(z) * np.sin(a), np.sin(z) * np.cos(a), np.cos(z)])


def pvlib_position(latitude, longitude, elevation, instants):
    times = pd.DatetimeIndex(instants).tz_localize("UTC")
    return solarposition.get_solarposition(
        times, latitude, longitude, altitude=elevation, method="nrel_numpy"
    )


@pytest.mark.parametrize("place", PLACES.values(), ids=PLACES)
def test_the_sun_of_a_lit_interval_is_where_the_full_algorithm_puts_it(place):
    latitude, longitude, elevation, start, count, step = place
    begin = intervals(start, count, step)
    sun = sun_path(latitude, longitude, elevation, begin, step)
    middle = begin + np.timedelta64(step // 2, "s")
    full = pvlib_position(latitude, longitude, elevation, middle)
    whole = sun.lit_fraction == 1.0
    assert whole.any()
    ours = pointing(sun.zenith_deg, sun.azimuth_deg)
    theirs = pointing(full["apparent_zenith"].to_numpy(), full["azimuth"].to_numpy())
    apart = np.degrees(np.linalg.norm(ours - theirs, axis=0))
    assert apart[whole].max() < 1e-3
    dark = sun.lit_fraction == 0.0
    assert np.median(apart[dark]) < 1e-3
    assert full["apparent_zenith"].to_numpy()[dark].min() > 89.9


@pytest.mark.parametrize("place", PLACES.values(), ids=PLACES)
def test_lit_and_above_the_horizon_mean_the_same(place):
    latitude, longitude, elevation, start, count, step = place
    sun = sun_path(latitude, longitude, elevation, intervals(start, count, step), step)
    np.testing.assert_array_equal(sun.lit_fraction > 0.0, sun.zenith_deg < 90.0)
    assert sun.lit_fraction.min() >= 0.0
    assert sun.lit_fraction.max() <= 1.0
    assert np.isfinite(sun.azimuth_deg).all()


@pytest.mark.parametrize(
    ("latitude", "longitude", "start"),
    [(47.73, 88.08, "2030-03-05"), (-33.9, 151.2, "2025-06-21"), (66.0, 25.0, "2025-05-25")],
)
def test_the_lit_share_and_its_middle_agree_with_counting_every_ten_seconds(
    latitude, longitude, start
):
    begin = intervals(start, 48, HOUR)
    sun = sun_path(latitude, longitude, 300.0, begin, HOUR)
    instants = intervals(start, 48 * 360, 10) + np.timedelta64(5, "s")
    up = pvlib_position(latitude, longitude, 300.0, instants)["apparent_zenith"].to_numpy() < 90.0
    counted = up.reshape(48, 360)
    np.testing.assert_allclose(sun.lit_fraction, counted.mean(axis=1), atol=0.004)
    partly = np.flatnonzero((sun.lit_fraction > 0.01) & (sun.lit_fraction < 1.0))
    assert partly.size >= 3
    for k in partly:
        lit = np.flatnonzero(counted[k])
        if lit[-1] - lit[0] + 1 != lit.size:
            continue  # a short night inside the hour: two pieces
        middle = begin[k : k + 1] + np.timedelta64(int(5 * (lit[0] + lit[-1] + 1)), "s")
        there = pvlib_position(latitude, longitude, 300.0, middle).iloc[0]
        assert sun.zenith_deg[k] == pytest.approx(there["apparent_zenith"], abs=0.03)
        assert sun.azimuth_deg[k] == pytest.approx(there["azimuth"], abs=0.05)


def test_a_short_night_inside_one_hour_leaves_the_longer_piece():
    # Near the polar circle the sun dips for minutes before midnight UTC.
    begin = intervals("2025-06-15T23:00", 1, HOUR)
    sun = sun_path(66.0, 7.5, 0.0, begin, HOUR)
    instants = intervals("2025-06-15T23:00:05", 360, 10)
    seen = pvlib_position(66.0, 7.5, 0.0, instants)["apparent_zenith"].to_numpy()
    up = seen < 90.0
    assert up[0]
    assert up[-1]
    assert not up.all()
    assert sun.lit_fraction[0] == pytest.approx(up.mean(), abs=0.01)
    pieces = np.split(seen, np.flatnonzero(np.diff(up)) + 1)
    longer = max(pieces[0], pieces[-1], key=len)
    assert sun.zenith_deg[0] == pytest.approx(np.median(longer), abs=0.01)


def test_the_polar_night_is_dark_and_the_polar_day_is_light():
    sun = sun_path(80.0, 15.0, 0.0, intervals("2025-01-01", 8760, HOUR), HOUR)
    december, june = slice(8400, 8700), slice(4000, 4300)
    assert sun.lit_fraction[december].max() == 0.0
    assert sun.lit_fraction[june].min() == 1.0


def test_a_lag_puts_the_sun_where_it_stood_before():
    begin = intervals("2030-06-01", 100, HOUR)
    late = sun_path(*ALTAY, begin, HOUR, lag_hours=0.5)
    earlier = sun_path(*ALTAY, begin - np.timedelta64(1800, "s"), HOUR)
    np.testing.assert_allclose(late.zenith_deg, earlier.zenith_deg, atol=1e-9)
    np.testing.assert_allclose(late.lit_fraction, earlier.lit_fraction, atol=1e-9)


def test_the_year_is_as_light_as_the_almanac_says():
    # Refraction lengthens the day: 12 h 5 min on average at 47.7° N, centre of the sun.
    sun = sun_path(*ALTAY, intervals("2030-01-01", 8760, HOUR), HOUR)
    assert sun.lit_fraction.mean() * 24.0 == pytest.approx(12.14, abs=0.05)


def test_the_sun_is_nearest_in_january():
    sun = sun_path(*ALTAY, intervals("2030-01-01", 8760, HOUR), HOUR)
    assert sun.extraterrestrial_w_m2.max() == pytest.approx(1366.1 / 0.9833**2, rel=1e-3)
    assert sun.extraterrestrial_w_m2.min() == pytest.approx(1366.1 / 1.0167**2, rel=1e-3)
    hours_from_new_year = np.minimum(np.arange(8760), 8760 - np.arange(8760))
    assert hours_from_new_year[np.argmax(sun.extraterrestrial_w_m2)] < 24 * 8


def test_the_path_is_read_only():
    sun = sun_path(*ALTAY, intervals("2030-01-01", 24, HOUR), HOUR)
    with pytest.raises(ValueError, match="read-only"):
        sun.zenith_deg[0] = 0.0


def test_a_place_off_the_earth_is_refused():
    with pytest.raises(WeatherError, match="no place on Earth"):
        sun_path(88.08 + 10.0, 47.73, 735.0, intervals("2030-01-01", 24, HOUR), HOUR)


def weather(**changes) -> Weather:
    timeline = Timeline.of_year(2030)
    none = np.zeros(timeline.steps)
    given = {
        "place": "Altay",
        "latitude": 47.73,
        "longitude": 88.08,
        "elevation_m": 735.0,
        "timeline": timeline,
        "ghi_w_m2": none,
        "dni_w_m2": none,
        "dhi_w_m2": none,
        "temperature_c": none,
        "wind_speed_m_s": none,
        "wind_height_m": 10.0,
        "pressure_pa": none + 92000.0,
        "relative_humidity_percent": none + 60.0,
    }
    return Weather(**{**given, **changes})


def test_plants_at_one_site_share_one_sun():
    one, other = weather(), weather(temperature_c=np.full(8760, -20.0))
    assert sun_path_for(one) is sun_path_for(other)
    assert sun_path_for(one) is not sun_path_for(weather(sun_lag_hours=0.5))


def test_the_sun_of_a_local_year_is_highest_near_local_noon_in_june():
    sun = sun_path_for(weather())
    highest = int(np.argmin(sun.zenith_deg))
    assert Timeline.of_year(2030).local[highest].astype(str).startswith("2030-06-2")
    # Altay lies 32° west of the meridian of Beijing time: noon comes at 14:08.
    assert Timeline.of_year(2030).hour[highest] in (13.0, 14.0)
    # The middle of its hour is 22 minutes from noon, so a third of a degree lower than culmination.
    assert 0.0 < sun.zenith_deg.min() - (47.73 - 23.44) < 0.5


def test_a_clear_sky_is_brighter_when_it_is_cleaner_and_dark_without_sun():
    sun = sun_path_for(weather())
    clean = clear_sky(sun, 2.0, 735.0, 92000.0)
    dusty = clear_sky(sun, 5.0, 735.0, 92000.0)
    night = sun.lit_fraction == 0.0
    for part in (*clean, *dusty):
        assert np.isfinite(part).all()
        assert part[night].max() == 0.0
        assert part.min() >= 0.0
    high = sun.zenith_deg < 80.0
    assert (clean[0][high] > dusty[0][high]).all()
    assert (clean[1][high] > dusty[1][high]).all()
    assert 900.0 < clean[0].max() < 1100.0


def test_the_parts_of_a_clear_sky_close():
    sun = sun_path_for(weather())
    ghi, dni, dhi = clear_sky(sun, np.full((2, 8760), 3.0), 735.0, 92000.0)
    assert ghi.shape == (2, 8760)
    whole = sun.lit_fraction == 1.0
    closed = dhi + dni * np.cos(np.radians(sun.zenith_deg))
    np.testing.assert_allclose(ghi[:, whole], closed[:, whole], atol=1e-6)


def test_decomposed_irradiance_closes_and_knows_cloud_from_clear():
    sun = sun_path_for(weather())
    clear = clear_sky(sun, 3.0, 735.0, 92000.0)[0]
    ghi = np.stack([clear, 0.15 * clear])
    dni, dhi = decompose(sun, ghi)
    lit = sun.lit_fraction > 0.0
    closed = dhi + dni * np.cos(np.radians(sun.zenith_deg))
    np.testing.assert_allclose(closed[:, lit], ghi[:, lit], atol=1e-9)
    high = sun.zenith_deg < 60.0
    assert (dhi[0, high] / ghi[0, high]).max() < 0.35
    assert (dhi[1, high] / ghi[1, high]).min() > 0.95
    assert dni[:, ~lit].max() == 0.0
    assert dhi[:, ~lit].max() == 0.0
    assert (dni <= sun.extraterrestrial_w_m2).all()
