"""What convert writes is what a reader gets back."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from altay_energy.core.errors import WeatherError
from altay_energy.weather.formats.own import write_own
from altay_energy.weather.read import read_weather


@pytest.fixture
def whole(made, with_series):
    file = made(hours=72)
    wind = file.series["wind_speed_m_s"]
    file = replace(file, place='A "place", 布尔津\\', notices=("first; thing", "another"))
    file = replace(
        file,
        series={**file.series, "wind_speed_second_m_s": 1.3 * wind},
        wind_second_height_m=80.0,
    )
    return file


@pytest.mark.parametrize(("ending", "rtol"), [("nc", 0.0), ("csv", 1e-8)])
def test_a_round_trip_gives_the_same_file(whole, tmp_path, ending, rtol):
    path = tmp_path / f"a.{ending}"
    write_own(whole, path)
    read = read_weather(path)
    np.testing.assert_array_equal(read.times, whole.times)
    assert read.series.keys() == whole.series.keys()
    for name, values in whole.series.items():
        np.testing.assert_allclose(read.series[name], values, rtol=rtol, atol=1e-12)
    for key in (
        "place",
        "latitude",
        "longitude",
        "elevation_m",
        "utc_offset_hours",
        "wind_height_m",
        "wind_second_height_m",
        "typical",
    ):
        assert getattr(read, key) == getattr(whole, key)
    assert {"first; thing", "another"} <= set(read.notices)
    again = tmp_path / f"b.{ending}"
    write_own(whole, again)
    assert again.read_bytes() == path.read_bytes()


@pytest.mark.parametrize("ending", ["nc", "csv"])
def test_a_typical_year_without_place_and_a_file_of_wind_alone_come_back(made, tmp_path, ending):
    file = made(typical=True, start="2005-01-01")
    bare = replace(file, latitude=None, longitude=None, elevation_m=None)
    write_own(bare, tmp_path / f"a.{ending}")
    read = read_weather(tmp_path / f"a.{ending}")
    assert read.latitude is None
    assert read.typical
    wind = {"wind_speed_m_s": file.series["wind_speed_m_s"]}
    write_own(replace(file, series=wind), tmp_path / f"b.{ending}")
    assert read_weather(tmp_path / f"b.{ending}").wind_only


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("# latitude = 47.0", "# latitude = 470.0", "latitude of its header"),
        ("# wind_height_m = 10.0", "#", "wind_height_m of its header is missing"),
        ("# typical = false", "# typical = ", "is no TOML"),
        ("time,ghi", "tme,ghi", "did you mean 'tme'"),
        ("ghi_w_m2", "ghi", "holds no ghi_w_m2"),
        ("T05:00:00+08:00", "T05:00:00", "does not say its offset from UTC"),
        ("2021-01-02T05", "2021-01-02T04", "duplicate stamps"),
        ("2021-01-02T05", "2021-01-02T55", "is no time"),
        ("utc_offset_hours = 8.0", "utc_offset_hours = nan", "utc_offset_hours of its header"),
    ],
)
def test_an_edited_csv_is_one_message(whole, tmp_path, old, new, words):
    path = tmp_path / "a.csv"
    write_own(whole, path)
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")
    with pytest.raises(WeatherError, match=r"^a\.csv: ") as caught:
        read_weather(path)
    assert words in str(caught.value)


def test_a_csv_cut_after_its_header_is_refused(whole, tmp_path):
    path = tmp_path / "a.csv"
    write_own(whole, path)
    head = [line for line in path.read_text(encoding="utf-8").split("\n") if line.startswith("#")]
    path.write_text("\n".join(head), encoding="utf-8")
    with pytest.raises(WeatherError, match="ends after its header"):
        read_weather(path)


def test_other_endings_are_refused(whole, tmp_path):
    with pytest.raises(WeatherError, match=r"expected \.nc or \.csv"):
        write_own(whole, tmp_path / "a.xlsx")
