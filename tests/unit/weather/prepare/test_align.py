"""From a weather file to the intervals of a run: clock, calendar, leap days and steps."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from altay_energy.core.errors import WeatherError
from altay_energy.core.timeline import Timeline
from altay_energy.weather.climate.model.tables import great_circle_km
from altay_energy.weather.files.clock import cos_zenith
from altay_energy.weather.files.ranges import SUNLIGHT
from altay_energy.weather.prepare.align import align, whole_steps
from altay_energy.weather.read import read_weather
from altay_energy.weather.sun import sun_path_for

SITE = {"site": "jeminay", "latitude": 47.0, "longitude": 86.0, "elevation_m": 700.0}
BEIJING = timezone(timedelta(hours=8))
YEAR = Timeline.of_year(2021)


def numbered(file, with_series):
    """Wind that tells its row."""
    return with_series(file, wind_speed_m_s=np.arange(file.times.size) / 1000.0)


def rows_of(weather):
    return np.rint(weather.wind_speed_m_s * 1000.0).astype(int)


def test_a_file_of_the_same_year_is_taken_as_it_is(made):
    file = made()
    weather = align(file, YEAR, **SITE)
    for name, values in file.series.items():
        np.testing.assert_array_equal(getattr(weather, name), values)
    assert weather.sun_lag_hours == 0.0
    assert weather.wind_height_m == 10.0
    assert weather.place == "made"
    assert weather.timeline is YEAR


def test_a_part_of_a_true_year_is_found_by_its_instants(made, with_series):
    file = numbered(made(), with_series)
    weather = align(file, Timeline(datetime(2021, 5, 3, 7, tzinfo=BEIJING), 30), **SITE)
    np.testing.assert_array_equal(
        rows_of(weather), (31 + 28 + 31 + 30 + 2) * 24 + 7 + np.arange(30)
    )
    # The same instants asked for on another clock.
    utc = Timeline(datetime(2021, 5, 2, 23, tzinfo=UTC), 30, utc_offset_hours=0.0)
    np.testing.assert_array_equal(rows_of(align(file, utc, **SITE)), rows_of(weather))


def test_a_year_represents_another_and_says_so(made, with_series):
    file = numbered(made(), with_series)
    weather = align(file, Timeline.of_year(2030), **SITE)
    np.testing.assert_array_equal(rows_of(weather), np.arange(8760))
    assert "weather of 2021 stands for 2030" in weather.notices
    winter = align(file, Timeline(datetime(2030, 12, 31, tzinfo=BEIJING), 48), **SITE)
    np.testing.assert_array_equal(rows_of(winter), [*range(8736, 8760), *range(24)])


def test_a_typical_year_repeats_over_many_years(made, with_series):
    file = numbered(made(typical=True), with_series)
    three = align(file, Timeline(datetime(2029, 1, 1, tzinfo=BEIJING), 3 * 8760), **SITE)
    np.testing.assert_array_equal(rows_of(three), np.tile(np.arange(8760), 3))


def test_a_leap_year_asks_for_the_choice(made, with_series):
    file = numbered(made(typical=True), with_series)
    leap_year = Timeline.of_year(2028)
    with pytest.raises(WeatherError, match=r'8760 hours and no 29 February.*leap = "repeat_feb28"'):
        align(file, leap_year, **SITE)
    with pytest.raises(WeatherError, match="repeat_feb28"):
        align(file, leap_year, leap="drop_feb29", **SITE)
    weather = align(file, leap_year, leap="repeat_feb28", **SITE)
    expected = np.concatenate([np.arange(59 * 24), np.arange(58 * 24, 8760)])
    np.testing.assert_array_equal(rows_of(weather), expected)
    assert '29 February of 2028 repeats 28 February (leap = "repeat_feb28")' in weather.notices


def test_a_common_year_from_a_leap_year_asks_for_the_choice(made, with_series):
    file = numbered(made(start="2024-01-01", hours=8784), with_series)
    with pytest.raises(WeatherError, match="8784 hours with 29 February, but 2030 has none; say"):
        align(file, Timeline.of_year(2030), **SITE)
    weather = align(file, Timeline.of_year(2030), leap="drop_feb29", **SITE)
    expected = np.concatenate([np.arange(59 * 24), np.arange(60 * 24, 8784)])
    np.testing.assert_array_equal(rows_of(weather), expected)
    assert '29 February of the file is left out (leap = "drop_feb29")' in weather.notices
    # Where no leap day is met nothing need be chosen.
    align(file, Timeline(datetime(2030, 7, 1, tzinfo=BEIJING), 240), **SITE)
    align(file, Timeline.of_year(2028), **SITE)


def test_a_file_that_is_too_short_says_both_spans(made):
    with pytest.raises(WeatherError) as error:
        align(made(start="2021-03-01", hours=2400), YEAR, **SITE)
    assert "covers 2021-03-01 00:00 to 2021-06-09 00:00 (UTC+8)" in str(error.value)
    assert "the run needs 2021-01-01 00:00 to 2022-01-01 00:00" in str(error.value)


def test_several_years_cannot_represent_another(made):
    with pytest.raises(WeatherError, match="exactly one year"):
        align(made(start="2021-01-01", hours=2 * 8760), Timeline.of_year(2030), **SITE)


def test_a_year_of_another_zone_wraps_and_keeps_its_own_sun(made, with_series):
    west = made(utc_offset_hours=-6.0, longitude=-92.5)
    file = numbered(west, with_series)
    weather = align(file, Timeline.of_year(2030), **SITE)
    # Midnight in Altay is ten in the morning of the day before at the file's place.
    assert rows_of(weather)[0] == 364 * 24 + 10
    np.testing.assert_array_equal(np.sort(rows_of(weather)), np.arange(8760))
    sun = sun_path_for(weather)
    assert weather.longitude == -92.5
    assert weather.ghi_w_m2[sun.lit_fraction == 0.0].max() < 25.0
    assert np.corrcoef(weather.ghi_w_m2, np.cos(np.radians(sun.zenith_deg)).clip(0))[0, 1] > 0.98
    assert any("wraps around its end" in notice for notice in weather.notices)


@pytest.mark.parametrize(
    ("lag", "whole", "rest"), [(0.5, 0, 0.5), (0.75, 1, -0.25), (1.5, 1, 0.5), (-2.0, -2, 0.0)]
)
def test_whole_steps_of_a_lag_move_the_sunlight_and_the_rest_moves_the_sun(made, lag, whole, rest):
    late = made(lag_hours=lag, typical=True)
    accepted = None if lag <= 0.75 and lag > 0 else lag
    weather = align(late, YEAR, accepted_lag_hours=accepted, **SITE)
    assert weather.sun_lag_hours == pytest.approx(rest)
    for name in SUNLIGHT:
        np.testing.assert_array_equal(getattr(weather, name), np.roll(late.series[name], -whole))
    np.testing.assert_array_equal(weather.temperature_c, late.series["temperature_c"])
    sun = sun_path_for(weather)
    height = np.cos(np.radians(sun.zenith_deg)).clip(0) * sun.lit_fraction
    assert np.corrcoef(weather.ghi_w_m2, height)[0, 1] > 0.985


@given(lag=st.floats(-12, 12), step=st.sampled_from([1.0, 0.5, 0.25]))
def test_what_is_left_of_a_lag_is_at_most_half_a_step(lag, step):
    assert abs(lag - whole_steps(lag, step) * step) <= step / 2 + 1e-6


def test_a_lag_moves_sunlight_at_the_ends_of_a_true_year_from_the_nearest_day(made):
    late = made(lag_hours=2.0)
    weather = align(late, YEAR, accepted_lag_hours=2.0, **SITE)
    ghi = late.series["ghi_w_m2"]
    np.testing.assert_array_equal(weather.ghi_w_m2[:-2], ghi[2:])
    np.testing.assert_array_equal(weather.ghi_w_m2[-2:], ghi[-24:-22])


def test_finer_steps_ask_for_the_policy_and_keep_each_hours_energy(made):
    file = made()
    quarters = Timeline.of_year(2021, 0.25)
    with pytest.raises(
        WeatherError, match="60 min, but the run has 15 min; say\\nsubsteps".replace("\\n", " ")
    ):
        align(file, quarters, **SITE)
    weather = align(file, quarters, substeps="interpolate", **SITE)
    for name in SUNLIGHT:
        hourly = getattr(weather, name).reshape(-1, 4).mean(axis=1)
        np.testing.assert_allclose(hourly, file.series[name], atol=1e-9)
    sun = sun_path_for(weather)
    assert weather.ghi_w_m2[sun.lit_fraction == 0.0].max() < 5.0
    # Within the hours of the morning the light grows with the sun.
    truth = made(step_hours=0.25).series["ghi_w_m2"]
    assert np.abs(weather.ghi_w_m2 - truth).mean() < 4.0
    assert weather.temperature_c.mean() == pytest.approx(file.series["temperature_c"].mean())
    assert any(
        '60 min values in 15 min steps (substeps = "interpolate")' in n for n in weather.notices
    )


def test_finer_steps_take_up_a_lag_of_half_an_hour(made):
    weather = align(
        made(lag_hours=0.5), Timeline.of_year(2021, 0.25), substeps="interpolate", **SITE
    )
    assert weather.sun_lag_hours == 0.0
    truth = made(step_hours=0.25).series["ghi_w_m2"]
    assert np.abs(weather.ghi_w_m2 - truth).mean() < 6.0


def test_coarser_steps_ask_for_the_policy_and_are_means(made, with_series):
    quarters = made(step_hours=0.25)
    file = with_series(
        quarters,
        precipitation_mm=np.ones(4 * 8760),
        wind_direction_deg=np.tile([350.0, 10.0, 350.0, 10.0], 8760),
    )
    with pytest.raises(
        WeatherError, match="has steps of 15 min, but the run has 60 min; say resam"
    ):
        align(file, YEAR, **SITE)
    weather = align(file, YEAR, resample="mean", **SITE)
    np.testing.assert_allclose(
        weather.ghi_w_m2, quarters.series["ghi_w_m2"].reshape(-1, 4).mean(axis=1)
    )
    np.testing.assert_array_equal(weather.precipitation_mm, np.full(8760, 4.0))
    away = np.minimum(weather.wind_direction_deg, 360.0 - weather.wind_direction_deg)
    assert away.max() < 1e-6


def test_rain_is_shared_out_and_directions_are_held_in_finer_steps(made, with_series):
    file = with_series(
        made(), precipitation_mm=np.full(8760, 2.0), wind_direction_deg=np.tile([350.0, 10.0], 4380)
    )
    weather = align(file, Timeline.of_year(2021, 0.5), substeps="interpolate", **SITE)
    assert weather.precipitation_mm.sum() == pytest.approx(2.0 * 8760)
    assert set(weather.wind_direction_deg) == {350.0, 10.0}


def test_intervals_beside_those_of_the_run_are_refused(made):
    file = made(utc_offset_hours=5.5, longitude=82.5)
    with pytest.raises(WeatherError, match=r"begin 30 min apart from the run's \(file UTC\+5:30"):
        align(file, YEAR, **SITE)
    half_hours = Timeline.of_year(2021, 0.5)
    align(replace(file, typical=True), half_hours, substeps="interpolate", **SITE)


def test_what_is_absent_is_derived_and_named(made, with_series):
    whole = made()
    file = with_series(whole, dni_w_m2=None, dhi_w_m2=None, pressure_pa=None)
    weather = align(file, YEAR, **SITE)
    assert "DNI and DHI are derived from GHI (Erbs et al. 1982)" in weather.notices
    assert "pressure is that of the standard atmosphere at 700 m" in weather.notices
    assert weather.pressure_pa[0] == pytest.approx(93194.0, rel=2e-3)  # ISO 2533, 700 m
    sun = sun_path_for(weather)
    high = sun.zenith_deg < 85.0
    closing = weather.dni_w_m2 * np.cos(np.radians(sun.zenith_deg)) + weather.dhi_w_m2
    np.testing.assert_allclose(closing[high], weather.ghi_w_m2[high], atol=1e-6)


@pytest.mark.parametrize(
    ("name", "words"),
    [("dni_w_m2", "DNI is (GHI - DHI) / cos Z"), ("dhi_w_m2", "DHI is GHI - DNI cos Z")],
)
def test_one_component_follows_from_the_other(made, with_series, name, words):
    whole = made()
    weather = align(with_series(whole, **{name: None}), YEAR, **SITE)
    assert words in weather.notices
    high = cos_zenith(47.0, 86.0, whole.times + np.timedelta64(1800, "s")) > 0.2
    np.testing.assert_allclose(
        getattr(weather, name)[high], whole.series[name][high], rtol=0.12, atol=25.0
    )


def test_a_file_without_place_takes_that_of_the_site(made):
    file = replace(made(), latitude=None, longitude=None, elevation_m=None)
    weather = align(file, YEAR, **SITE)
    assert (weather.latitude, weather.longitude, weather.elevation_m) == (47.0, 86.0, 700.0)


def test_a_place_far_from_the_site_is_noted(made):
    weather = align(made(), YEAR, **(SITE | {"longitude": 89.0, "elevation_m": 900.0}))
    assert "jeminay: weather is that of made, 227 km away, 200 m lower" in weather.notices
    assert not any("away" in notice for notice in align(made(), YEAR, **SITE).notices)
    # A degree of latitude is 111.2 km on a sphere of the mean radius.
    assert great_circle_km(47.0, 86.0, 48.0, 86.0) == pytest.approx(111.19, abs=0.01)


def test_unit_slips_stop_the_alignment(made, with_series):
    file = made()
    kelvin = with_series(file, temperature_c=file.series["temperature_c"] + 273.15)
    with pytest.raises(WeatherError, match=r"made\.csv: temperature_c .* looks like kelvin"):
        align(kelvin, YEAR, **SITE)


def test_real_files_run_and_yining_only_when_its_lag_is_accepted(shared_data):
    timeline = Timeline.of_year(2030)
    site = SITE | {"latitude": 47.43, "longitude": 85.87, "elevation_m": 984.0}
    folder = shared_data / "weather"
    for name, ghi in (("Fuyun.510870", 1498.2), ("Tacheng.511330", 1558.4)):
        weather = align(
            read_weather(folder / f"CHN_Xinjiang.Uygur.{name}_CSWD.epw"), timeline, **site
        )
        assert weather.sun_lag_hours == 0.5
        assert weather.ghi_w_m2.sum() / 1000.0 == pytest.approx(ghi, abs=0.1)
        assert any("0.5 h later than the sun" in notice for notice in weather.notices)
    yining = read_weather(folder / "CHN_Xinjiang.Uygur.Yining.514310_CSWD.epw")
    with pytest.raises(
        WeatherError, match=r"fits best 1\.5 h earlier.*clock_shift_hours\] jeminay = 1"
    ):
        align(yining, timeline, **site)
    weather = align(yining, timeline, accepted_lag_hours=1.5, **site)
    assert weather.sun_lag_hours == 0.5
    with pytest.raises(WeatherError, match=r"expected 1\.5"):
        align(yining, timeline, accepted_lag_hours=8.0, **site)
