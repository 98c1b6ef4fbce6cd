"""Every further format gives back the weather that was written, at the hours it was written for."""

from __future__ import annotations

import numpy as np
import pytest
import xarray as xr

from altay_energy.core.errors import WeatherError
from altay_energy.weather.files.clock import clock_check
from altay_energy.weather.files.spec import WeatherFileSpec
from altay_energy.weather.formats.grid.netcdf import speed_and_direction
from altay_energy.weather.formats.own import write_own
from altay_energy.weather.formats.registry import (
    FORMATS,
    Lines,
    detect_format,
    formats_table,
    reader,
)
from altay_energy.weather.read import read_weather

HOURLY = {"assumed_humidity_percent": 60.0}
CASES = {
    # name: (format, file name, declared, offset of its clock, typical, second height)
    "tmy2": ("tmy2", "a.tm2", {}, -6.0, True, None),
    "pvgis_tmy_csv": ("pvgis", "a.csv", {}, 0.0, True, None),
    "pvgis_tmy_json": ("pvgis", "a.json", {}, 0.0, True, None),
    "pvgis_csv": ("pvgis", "a.csv", HOURLY, 0.0, False, None),
    "pvgis_json": ("pvgis", "a.json", HOURLY, 0.0, False, None),
    "power_json": ("nasa_power", "a.json", {}, 0.0, False, 50.0),
    "power_csv": ("nasa_power", "a.csv", {}, 0.0, False, 50.0),
    "era5": ("era5", "a.nc", {}, 0.0, False, 100.0),
    "merra2": ("merra2", "a.nc", {}, 0.0, False, 50.0),
}


def declared(name, given):
    return WeatherFileSpec.model_validate({"file": name, **given})


def sample(made, offset, hours=8760, **more):
    return made(utc_offset_hours=offset, longitude=-93.0, hours=hours, **more)


OF_ITS_OWN = {"epw", "tmy3", "nsrdb", "srw", "altay", "csv"}
"""Formats whose values are compared by tests of their own."""


def test_the_values_of_every_format_are_compared_with_what_was_written():
    assert {case[0] for case in CASES.values()} | OF_ITS_OWN == set(FORMATS)


@pytest.mark.parametrize("case", CASES)
def test_each_format_gives_back_the_weather_that_was_written(made, put, writers, case):
    kind, name, given, offset, typical, second = CASES[case]
    file = sample(made, offset)
    read = read_weather(put(name, writers[case](file)), declared(name, given))
    assert read.format == kind
    assert read.utc_offset_hours == offset
    assert read.typical == typical
    assert read.elevation_m == (None if case == "merra2" else pytest.approx(700.0))
    assert (read.latitude, read.longitude) == pytest.approx((47.0, -93.0))
    assert read.wind_height_m == 10.0
    assert read.wind_second_height_m == second
    for light in ("ghi_w_m2", "dhi_w_m2"):
        if light in read.series:
            np.testing.assert_allclose(read.series[light], file.series[light], atol=0.51)
    # Stamps were understood: the sun stands where the light is.
    located = read.located(47.0, -93.0, 700.0)
    assert clock_check(located).lag_hours == pytest.approx(0.0, abs=0.05)
    if not typical:
        np.testing.assert_array_equal(read.times, file.times)
    # ERA5's instants are averaged over the ends of each hour, all else is as it was written.
    for series, atol in (("temperature_c", 0.06), ("wind_speed_m_s", 0.06), ("pressure_pa", 51)):
        if series in read.series:
            values = file.series[series]
            if kind == "era5":
                values = 0.5 * (values + np.concatenate((values[:1], values[:-1])))
            np.testing.assert_allclose(read.series[series], values, atol=atol)


def test_a_sam_wind_file_gives_wind_at_the_two_heights_nearest_to_a_hub(made, put, writers):
    file = made()
    read = read_weather(
        put("a.srw", writers["srw"](file)), declared("a", {"utc_offset_hours": 8.0})
    )
    assert read.wind_only
    assert (read.wind_height_m, read.wind_second_height_m) == (80.0, 120.0)
    wind = file.series["wind_speed_m_s"]
    np.testing.assert_allclose(read.series["wind_speed_m_s"], 1.2 * wind, atol=1e-3)
    np.testing.assert_allclose(read.series["wind_speed_second_m_s"], 1.3 * wind, atol=1e-3)
    np.testing.assert_array_equal(read.times, file.times)
    assert any("wind at 40, 80, 120 m" in notice for notice in read.notices)
    low = {"utc_offset_hours": 8.0, "wind_height_m": 40.0, "wind_second_height_m": 80.0}
    read = read_weather(put("a.srw", writers["srw"](file)), declared("a", low))
    np.testing.assert_allclose(read.series["wind_speed_m_s"], wind, atol=1e-3)
    assert (read.wind_height_m, read.wind_second_height_m) == (40.0, 80.0)


def test_a_sam_wind_file_of_a_leap_year_leaves_its_29_february_out(made, put, writers):
    text = writers["srw"](made()).replace("China,2021", "China,2020")
    read = read_weather(put("a.srw", text), declared("a", {"utc_offset_hours": 8.0}))
    assert not read.has_leap_day
    assert any("29 February 2020 is left out" in notice for notice in read.notices)


def test_sums_of_era5_land_run_on_from_midnight_and_are_undone(made, put, writers):
    file = sample(made, 0.0, hours=240)
    plain = read_weather(put("a.nc", writers["era5"](file)))
    land = read_weather(put("b.nc", writers["era5"](file, land=True)))
    assert any("ERA5-Land" in notice for notice in land.notices)
    for name in ("ghi_w_m2", "dhi_w_m2"):
        np.testing.assert_allclose(land.series[name], plain.series[name], atol=1.0)


def test_sums_that_neither_run_on_nor_are_separate_are_refused(made, put, writers):
    dataset = writers["era5"](sample(made, 0.0, hours=240))
    dataset["ssrd"] = dataset["ssrd"] * 10.0
    with pytest.raises(WeatherError, match=r"ssrd falls at .* neither sums of an hour"):
        read_weather(put("a.nc", dataset))


def test_wind_of_era5_blows_from_where_its_components_say(made, put, writers):
    read = read_weather(put("a.nc", writers["era5"](sample(made, 0.0, hours=48))))
    # u = 0.6, v = 0.8 blow toward the north-east, so from 216.87°; 100 m has 1.5 times as much.
    np.testing.assert_allclose(read.series["wind_direction_deg"], 216.87, atol=0.01)
    ratio = read.series["wind_speed_second_m_s"] / read.series["wind_speed_m_s"]
    np.testing.assert_allclose(ratio, 1.5, rtol=1e-5)
    np.testing.assert_allclose(read.series["precipitation_mm"], 0.2, rtol=1e-5)


def test_the_four_winds_have_their_names():
    east, north = np.array([0.0, -1.0, 0.0, 1.0]), np.array([-1.0, 0.0, 1.0, 0.0])
    speed, direction = speed_and_direction(east, north)
    np.testing.assert_allclose(speed, 1.0)
    np.testing.assert_allclose(direction, [0.0, 90.0, 180.0, 270.0], atol=1e-9)


def test_the_nearest_point_of_a_map_is_taken_where_a_place_is_declared(made, put, writers):
    near = writers["era5"](sample(made, 0.0, hours=48))
    far = near.assign_coords(latitude=[48.0]) * 1.0
    for name in near:
        far[name].attrs = near[name].attrs
    both = xr.concat([far, near], dim="latitude", data_vars="all")  # latitudes descend, as ERA5's
    path = put("a.nc", both)
    with pytest.raises(WeatherError, match="is a map of 2 latitudes from 48 to 47; declare lat"):
        read_weather(path)
    read = read_weather(path, declared("a.nc", {"latitude": 47.1, "longitude": -93.1}))
    assert any("latitude 47 of 2 in the file is the nearest to 47.1" in n for n in read.notices)
    with pytest.raises(WeatherError, match="latitude = 30 lies outside its map"):
        read_weather(path, declared("a.nc", {"latitude": 30.0}))


def test_final_and_preliminary_values_side_by_side_are_one_series(made, put, writers):
    whole = writers["era5"](sample(made, 0.0, hours=48))
    first = whole.where(np.arange(48)[:, None, None] < 30)
    rest = whole.where(np.arange(48)[:, None, None] >= 30)
    both = xr.concat([first, rest], dim="expver", data_vars="all")
    for name in whole:
        both[name].attrs = whole[name].attrs
    plain = read_weather(put("a.nc", whole))
    mixed = read_weather(put("b.nc", both))
    for name in plain.series:
        np.testing.assert_allclose(mixed.series[name], plain.series[name], atol=1e-4)


def test_classic_netcdf_is_read_too(made, put, writers, tmp_path):
    dataset = writers["era5"](sample(made, 0.0, hours=48))
    dataset.to_netcdf(tmp_path / "classic.nc", engine="scipy")
    assert read_weather(tmp_path / "classic.nc").format == "era5"


@pytest.mark.parametrize(("minute", "lag"), [(10, 0.25), (30, 0.0), (48, -0.25)])
def test_the_minute_of_a_pvgis_series_is_found_by_the_clock_check(made, put, writers, minute, lag):
    file = sample(made, 0.0, lag_hours=0.5 - minute / 60)
    read = read_weather(put("a.csv", writers["pvgis_csv"](file, minute)), declared("a", HOURLY))
    np.testing.assert_array_equal(read.times, file.times)
    assert clock_check(read).rounded_lag_hours == pytest.approx(lag)
    assert any(f"of minute {minute} " in notice for notice in read.notices)


def test_pvgis_series_have_no_humidity_unless_one_is_assumed(made, put, writers):
    path = put("a.csv", writers["pvgis_csv"](sample(made, 0.0, hours=48)))
    with pytest.raises(WeatherError, match=r"declare a mean .* assumed_humidity_percent = 65"):
        read_weather(path)
    read = read_weather(path, declared("a.csv", HOURLY))
    assert (read.series["relative_humidity_percent"] == 60.0).all()
    assert "relative humidity taken as 60 % throughout (assumed_humidity_percent)" in read.notices


def test_local_solar_time_of_nasa_is_that_of_the_longitude(made, put, writers):
    file = sample(made, -6.0, hours=240)
    read = read_weather(put("a.json", writers["power_json"](file, "LST")))
    assert read.utc_offset_hours == -6.0
    np.testing.assert_array_equal(read.times, file.times)


def test_a_pvgis_typical_year_as_epw_is_in_utc_whatever_its_header_says(made, write, text_of):
    """The header has the clock of the place, the rows are those of the series in UTC."""
    file = made(utc_offset_hours=0.0, hours=2400)
    text = text_of["epw"](file).replace(",0.0,700.0", ",6.0,700.0", 1)
    plain = read_weather(write("plain.epw", text))
    assert plain.utc_offset_hours == 6.0
    text = text.replace("COMMENTS 2,", "COMMENTS 2,Irradiance Time Offset (h):0.1761", 1)
    read = read_weather(write("pvgis.epw", text))
    assert read.utc_offset_hours == 0.0
    assert clock_check(read).lag_hours == pytest.approx(0.0, abs=0.1)
    assert any("taken as UTC: PVGIS" in n and "(UTC+6)" in n for n in read.notices)
    again = read_weather(write("pvgis.epw", text), declared("a", {"utc_offset_hours": 6.0}))
    assert again.utc_offset_hours == 6.0


def test_a_pvgis_typical_year_as_epw_is_an_epw(made, put):
    assert detect_format("LOCATION,unknown,-,unknown,ECMWF/ERA,unknown,47.0,86.0,0,700\n") == "epw"


@pytest.mark.parametrize("name", FORMATS)
def test_every_format_can_be_declared_and_has_readers_and_what_finds_it(name):
    assert WeatherFileSpec.model_validate({"file": "a", "format": name, "stamp": "begin"})
    known = FORMATS[name]
    assert known.text_reader or known.netcdf_reader
    for one in filter(None, (known.text_reader, known.netcdf_reader)):
        assert callable(reader(one))
    if name != "csv":
        assert known.detector or known.variables
    assert all((known.title, known.found_by, known.stamps, known.clock, known.units, known.wind))
    assert f"| `{name}` | {known.title} |" in formats_table()


TEXT_SAMPLES = {
    "epw": ("epw",),
    "tmy2": ("tmy2",),
    "tmy3": ("tmy3",),
    "nsrdb": ("nsrdb",),
    "pvgis": ("pvgis_tmy_csv", "pvgis_tmy_json", "pvgis_csv", "pvgis_json"),
    "nasa_power": ("power_json", "power_csv"),
    "srw": ("srw",),
    "altay": ("altay",),
}
"""Writers of text files by the name of the format that they write."""


def test_the_detector_of_a_format_finds_its_own_sample_and_no_other(
    made, writers, text_of, tmp_path
):
    own = tmp_path / "own.csv"
    file = made()
    write_own(file, own)
    texts = {name: write(file) for name, write in {**writers, **text_of}.items() if name != "csv"}
    texts["altay"] = own.read_text(encoding="utf-8")
    assert set(TEXT_SAMPLES) == {name for name, known in FORMATS.items() if known.detector}
    plain = "time,wind\n" + "\n".join(f"2030-01-01T{hour:02d}:00,5.0" for hour in range(9))
    assert detect_format(plain) == "csv"
    for name, cases in TEXT_SAMPLES.items():
        for case in cases:
            assert detect_format(texts[case]) == name, case
            others = [n for n, known in FORMATS.items() if known.detector and n != name]
            begin = [*texts[case].split("\n", 5), *[""] * 5]
            lines = Lines(*begin[:5], texts[case][:2000])
            assert not [n for n in others if FORMATS[n].detector(lines)], case


def test_real_files_are_recognised(shared_data):
    path = next((shared_data / "wind").glob("*.srw"))
    read = read_weather(path, declared("a", {"utc_offset_hours": -6.0}))
    assert (read.wind_height_m, read.wind_second_height_m) == (100.0, 120.0)
    assert read.series["wind_speed_m_s"].mean() == pytest.approx(6.64, abs=0.005)
    assert read.series["wind_speed_second_m_s"].mean() == pytest.approx(7.06, abs=0.005)


def test_the_documentation_shows_the_table_of_formats(repository):
    assert formats_table() in (repository / "docs" / "weather.md").read_text(encoding="utf-8")


def test_nsrdb_may_be_on_a_clock_of_half_hours(made, write, text_of):
    """As the series of India do: 5.5 h, which pvlib's own reader refuses."""
    file = made(hours=240, utc_offset_hours=5.5, longitude=77.0, latitude=20.0)
    head, values, *rows = text_of["nsrdb"](file).splitlines()
    values = values.replace(",6,700,6,", ",5.5,700.4,5.5,")
    read = read_weather(write("india.csv", "\n".join([head, values, *rows]) + "\n"))
    assert read.utc_offset_hours == 5.5
    assert read.elevation_m == 700.4
    np.testing.assert_array_equal(read.times, file.times)
    assert clock_check(read).lag_hours == pytest.approx(0.0, abs=0.1)


def test_a_list_in_json_is_called_what_it_is(put):
    path = put("rows.json", '[{"time(UTC)": "20180101:0000", "T2m": 2.04, "G(h)": 0.0}]')
    with pytest.raises(WeatherError, match="is a list in JSON"):
        read_weather(path)
