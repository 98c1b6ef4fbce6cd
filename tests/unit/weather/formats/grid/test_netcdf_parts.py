"""netCDF in parts, as providers send it: zip archives, lists of files, sums since midnight."""

from __future__ import annotations

import zipfile
from dataclasses import replace

import h5py
import numpy as np
import pytest

from altay_energy.core.errors import WeatherError
from altay_energy.weather.files.spec import WeatherFileSpec
from altay_energy.weather.formats.grid import netcdf
from altay_energy.weather.formats.own import write_own
from altay_energy.weather.read import read_weather

SUMS = ("ssrd", "fdir", "tp")


def whole(made, writers, hours=72, **more):
    return writers["era5"](made(utc_offset_hours=0.0, longitude=-93.0, hours=hours, **more))


def split(dataset, put):
    """Instants in one file and sums in the other, as the Climate Data Store splits a request."""
    instants = put("instant.nc", dataset.drop_vars(SUMS))
    sums = put("accum.nc", dataset[list(SUMS)])
    return instants, sums


def archive(path, members):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
        for member in members:
            file.write(member, member.name)
    return path


def alike(read, expected):
    np.testing.assert_array_equal(read.times, expected.times)
    assert read.series.keys() == expected.series.keys()
    for name, values in expected.series.items():
        np.testing.assert_allclose(read.series[name], values, atol=1e-6)


@pytest.mark.parametrize("name", ["download.nc", "download.zip"])
def test_a_zip_of_instants_and_sums_is_read_as_one(made, put, writers, tmp_path, name):
    dataset = whole(made, writers)
    expected = read_weather(put("whole.nc", dataset))
    read = read_weather(archive(tmp_path / name, split(dataset, put)))
    alike(read, expected)
    assert read.name == name
    assert read.sha256 != expected.sha256


def test_a_list_of_the_parts_is_read_as_one_in_any_order(made, put, writers):
    dataset = whole(made, writers)
    expected = read_weather(put("whole.nc", dataset))
    parts = split(dataset, put)
    alike(read_weather(parts), expected)
    alike(read_weather(parts[::-1]), expected)


def test_days_of_merra_2_in_two_collections_are_read_as_one(made, put, writers):
    dataset = writers["merra2"](made(utc_offset_hours=0.0, longitude=-93.0, hours=48))
    expected = read_weather(put("whole.nc", dataset))
    days = [dataset.isel(time=slice(0, 24)), dataset.isel(time=slice(24, 48))]
    files = [put(f"rad{k}.nc", day[["SWGDN"]]) for k, day in enumerate(days)]
    files += [put(f"slv{k}.nc", day.drop_vars("SWGDN")) for k, day in enumerate(days)]
    alike(read_weather(files), expected)


def test_one_part_alone_says_how_to_put_both_together(made, put, writers):
    instants, sums = split(whole(made, writers), put)
    for path, words in ((instants, "holds no ghi_w_m2"), (sums, "holds no temperature_c, wind")):
        with pytest.raises(WeatherError, match=words) as refusal:
            read_weather(path)
        assert "two files of one zip: give the zip as it came" in str(refusal.value)
        assert read_weather(path, whole=False).wants


def test_parts_of_two_points_or_two_downloads_are_refused(made, put, writers):
    dataset = whole(made, writers)
    moved = dataset.assign_coords(latitude=[48.0])
    with pytest.raises(WeatherError, match=r"latitude is 47\.0 in a\.nc and 48\.0 in b\.nc"):
        read_weather([put("a.nc", dataset), put("b.nc", moved)])
    other = dataset.copy(deep=True)
    other["t2m"] = dataset["t2m"] + 1.0
    other["t2m"].attrs = dataset["t2m"].attrs
    with pytest.raises(WeatherError, match=r"t2m at .* is not the same in b\.nc"):
        read_weather([put("a.nc", dataset), put("b.nc", other)])


def test_archives_that_hold_no_weather_are_called_what_they_are(put, tmp_path, monkeypatch):
    text = put("notes.txt", "hello")
    with pytest.raises(WeatherError, match="zip archive"):
        read_weather(archive(tmp_path / "a.zip", [text]))
    nc = put("a.nc", b"CDF\x01" + b"x" * 100)
    path = archive(tmp_path / "b.zip", [nc])
    with pytest.raises(WeatherError, match="cannot be read as netCDF"):
        read_weather(path)
    content = path.read_bytes()
    path.write_bytes(content[:-20])
    with pytest.raises(WeatherError, match=r"zip archive: .*is the download complete"):
        read_weather(path)
    path.write_bytes(content)
    monkeypatch.setattr(netcdf, "MAX_PARTS", 0)
    with pytest.raises(
        WeatherError, match="1 netCDF files of 0 MB together, more than the 0 files"
    ):
        read_weather(path)


def test_a_download_of_era5_land_begins_at_its_first_stamp(made, put, writers):
    """The sum stamped 00:00 is that of the day before, which nobody asked for."""
    file = made(utc_offset_hours=0.0, longitude=-93.0, hours=240, start="2021-05-31")
    every = writers["era5"](file, land=True)
    expected = read_weather(put("every.nc", every))
    day = every.sel(valid_time=slice("2021-06-01T00:00", None))
    read = read_weather(put("land.nc", day))
    assert str(read.times[0]) == "2021-06-01T00:00:00"
    assert any("begins at 2021-06-01 00:00 UTC" in notice for notice in read.notices)
    rows = np.isin(expected.times, read.times)
    for name, values in read.series.items():
        np.testing.assert_allclose(values, expected.series[name][rows], atol=1e-6)


def test_short_days_of_winter_are_still_sums_since_midnight(made, put, writers):
    """In December a whole day holds less than the strongest hour of summer."""
    file = made(utc_offset_hours=0.0, longitude=86.0, latitude=55.0, start="2021-12-10", hours=240)
    assert file.series["ghi_w_m2"].reshape(-1, 24).sum(axis=1).max() < 1600.0
    plain = read_weather(put("a.nc", writers["era5"](file)))
    land = read_weather(put("b.nc", writers["era5"](file, land=True)))
    assert any("ERA5-Land" in notice for notice in land.notices)
    np.testing.assert_allclose(land.series["ghi_w_m2"], plain.series["ghi_w_m2"], atol=1.0)


@pytest.mark.parametrize("name", ["valid_time", "latitude", "other"])
def test_a_length_beyond_all_reason_is_refused_by_the_header(tmp_path, monkeypatch, name):
    """A file of some kilobytes may declare 2e8 stamps; nothing of it may be unpacked."""
    import xarray as xr

    path = tmp_path / "big.nc"
    with h5py.File(path, "w") as file:
        file.create_dataset(name, shape=(200_000_000,), dtype="f8", chunks=(100_000,))
    monkeypatch.setattr(xr, "open_dataset", lambda *_, **__: pytest.fail("was opened"))
    with pytest.raises(WeatherError, match=r"declares 200000000 .*, more than 10000000"):
        read_weather(path)


def test_years_of_any_format_that_follow_each_other_are_one_file(made, write, text_of):
    both = made(hours=72)
    lines = text_of["csv"](both).splitlines()
    spec = WeatherFileSpec(file="a.csv", stamp="begin", wind_height_m=10.0)
    first = write("a.csv", "\n".join(lines[:25]) + "\n")
    second = write("b.csv", "\n".join([lines[0], *lines[25:]]) + "\n")
    read = read_weather([second, first], spec)
    np.testing.assert_array_equal(read.times, both.times)
    np.testing.assert_allclose(read.series["ghi_w_m2"], both.series["ghi_w_m2"], atol=1e-3)
    assert read.name == "b.csv, a.csv"
    for rows, words in ((lines[26:], "leave a gap"), (lines[20:], "overlap")):
        write("b.csv", "\n".join([lines[0], *rows]) + "\n")
        with pytest.raises(WeatherError, match=words):
            read_weather([first, second], spec)


def test_converted_years_are_joined_only_where_their_winds_are_at_one_height(made, tmp_path):
    first = made(hours=48)
    second = replace(made(start="2021-01-03", hours=48), name="second")
    paths = [tmp_path / "a.nc", tmp_path / "b.nc"]
    for path, file in zip(paths, (first, second), strict=True):
        write_own(file, path)
    assert read_weather(paths).times.size == 96
    write_own(replace(second, wind_height_m=100.0), paths[1])
    with pytest.raises(WeatherError, match=r"wind_height_m is 100\.0, but a\.nc has 10\.0"):
        read_weather(paths)


def test_two_stamps_of_era5_have_a_step_too(made, writers, put):
    dataset = whole(made, writers, hours=6)
    (time,) = (name for name in dataset.ssrd.dims if "time" in name)
    with pytest.raises(WeatherError, match="steps of 180 min; expected hourly ERA5"):
        read_weather(put("two.nc", dataset.isel({time: [0, 3]})))
