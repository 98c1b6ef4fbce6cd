"""Not the light alone: every series of every format comes back as it was written."""

from __future__ import annotations

import numpy as np
import pytest

from altay_energy.core.errors import WeatherError
from altay_energy.weather.files.spec import WeatherFileSpec
from altay_energy.weather.read import read_weather

HUMID = {"assumed_humidity_percent": 60.0}
NAMES = {
    "tmy2": ("a.tm2", {}, -6.0),
    "pvgis_tmy_csv": ("a.csv", {}, 0.0),
    "pvgis_tmy_json": ("a.json", {}, 0.0),
    "pvgis_csv": ("a.csv", HUMID, 0.0),
    "pvgis_json": ("a.json", HUMID, 0.0),
    "power_json": ("a.json", {}, 0.0),
    "power_csv": ("a.csv", {}, 0.0),
    "merra2": ("a.nc", {}, 0.0),
}
WITHIN = {
    "temperature_c": 0.06,
    "wind_speed_m_s": 0.06,
    "relative_humidity_percent": 0.6,
    "pressure_pa": 60.0,
    "dni_w_m2": 0.6,
    "ghi_w_m2": 0.6,
    "dhi_w_m2": 0.6,
}


def declared(name, given):
    return WeatherFileSpec.model_validate({"file": name, **given})


@pytest.mark.parametrize("case", NAMES)
def test_temperature_wind_humidity_and_pressure_come_back_too(made, put, writers, case):
    name, given, offset = NAMES[case]
    whole = case == "tmy2" or case.startswith("pvgis_tmy")
    file = made(utc_offset_hours=offset, longitude=-93.0, hours=8760 if whole else 72)
    read = read_weather(put(name, writers[case](file)), declared(name, given))
    compared = 0
    for series, within in WITHIN.items():
        measured = "assumed" not in str(given) or series != "relative_humidity_percent"
        if series in read.series and series in file.series and measured:
            expected = np.asarray(file.series[series], dtype=float)
            if series == "pressure_pa" and case.startswith(("pvgis_csv", "pvgis_json")):
                continue  # not in the file: from the height
            if series == "dni_w_m2" and case in ("pvgis_csv", "pvgis_json", "merra2"):
                continue  # not in the file: from the sun
            if series == "dhi_w_m2" and case == "merra2":
                continue  # from a model of diffuse light
            np.testing.assert_allclose(
                read.series[series], expected, atol=within, err_msg=f"{case}: {series}"
            )
            compared += 1
    assert compared >= 4


def series_csv(rows, head=()):
    lines = [
        "Latitude (decimal degrees):\t47.000",
        "Longitude (decimal degrees):\t86.000",
        "Elevation (m):\t700",
        "Radiation database:\tPVGIS-SARAH3",
        "",
        *head,
        "time,Gb(i),Gd(i),Gr(i),H_sun,T2m,WS10m,Int",
    ]
    return "\n".join([*lines, *rows, "", "Gb(i): direct light on the plane (W/m2)", ""])


DARK = "0.0,0.0,0.0,0.0,-20.0,2.0,0.0"
ROWS = [
    "20210101:0411,100.0,60.0,4.0,12.0,-18.5,3.2,0.0",
    "20210101:0511,200.0,80.0,6.0,15.0,-17.0,4.1,0.0",
    "20210101:0611,250.5,90.25,7.25,16.0,-15.5,5.0,0.0",
    *(f"20210101:{hour:02d}11,{DARK}" for hour in range(7, 24)),
    *(f"20210102:{hour:02d}11,{DARK}" for hour in range(24)),
]


def test_light_on_the_level_plane_is_the_sum_of_its_three_parts(put):
    text = series_csv(ROWS, ("Slope: 0 deg.", "Azimuth: 0 deg."))
    read = read_weather(put("a.csv", text), declared("a.csv", HUMID))
    np.testing.assert_allclose(read.series["ghi_w_m2"][:3], [164.0, 286.0, 348.0])
    np.testing.assert_allclose(read.series["dhi_w_m2"][:3], [60.0, 80.0, 90.25])
    np.testing.assert_allclose(read.series["temperature_c"][:3], [-18.5, -17.0, -15.5])
    np.testing.assert_allclose(read.series["wind_speed_m_s"][:3], [3.2, 4.1, 5.0])
    first = np.datetime64("2021-01-01T04:00:00")
    hours = np.arange(44) * np.timedelta64(3600, "s")
    np.testing.assert_array_equal(read.times, first + hours)
    assert (read.latitude, read.longitude, read.elevation_m) == (47.0, 86.0, 700.0)
    assert any("of minute 11 of the hour" in notice for notice in read.notices)


@pytest.mark.parametrize("slope", ["1 deg.", "-3 deg.", "0.5 deg.", "optimum"])
def test_a_plane_with_any_slope_is_refused(put, slope):
    text = series_csv(ROWS, (f"Slope: {slope}", "Azimuth: 0 deg."))
    with pytest.raises(WeatherError, match="expected 0: download the series for a horizontal"):
        read_weather(put("a.csv", text), declared("a.csv", HUMID))


@pytest.mark.parametrize("row", [0, 1, 2])
def test_a_row_that_is_no_row_is_named_by_its_line(put, row):
    rows = list(ROWS)
    rows[row] = rows[row].replace(",0.0", "")
    text = series_csv(rows, ("Slope: 0 deg.", "Azimuth: 0 deg."))
    with pytest.raises(WeatherError, match=rf"line {9 + row} is '20210101"):
        read_weather(put("a.csv", text), declared("a.csv", HUMID))


def test_a_typical_year_that_is_an_hour_short_or_long_says_how_many_rows_it_has(made, put, writers):
    lines = writers["pvgis_tmy_csv"](made(utc_offset_hours=0.0)).split("\r\n")
    last = next(k for k, line in enumerate(lines) if not line and k > 20)
    for text, rows in (
        (lines[: last - 1] + lines[last:], 8759),
        (lines[:last] + lines[last - 1 :], 8761),
    ):
        with pytest.raises(WeatherError, match=f"has {rows} rows, expected 8760"):
            read_weather(put("a.csv", "\r\n".join(text)))


def test_minutes_after_the_stamp_are_reported_where_a_typical_year_has_them(made, put, writers):
    text = writers["pvgis_tmy_csv"](made(utc_offset_hours=0.0))
    read = read_weather(put("a.csv", text))
    assert any(note.endswith("sunlight is that of 30 min after it") for note in read.notices)
    without = text.replace("Irradiance Time Offset (h): 0.5", "Irradiance Time Offset (h): 0.0")
    notices = read_weather(put("b.csv", without)).notices
    assert not any("sunlight is that of" in note for note in notices)


def test_merra2_wind_dew_point_rain_and_snow(made, put, writers):
    file = made(utc_offset_hours=0.0, longitude=-93.0, hours=72)
    dataset = writers["merra2"](file).drop_vars("QV2M")
    like = dataset["T2M"]
    dew_c = file.series["temperature_c"] - 5.0

    def over_time(values, units):
        values = np.broadcast_to(np.asarray(values, dtype=float), (72,))
        return (like.dims, values[:, None, None], {"units": units})

    dataset["T2MDEW"] = over_time(dew_c + 273.15, "K")
    dataset["PRECTOTCORR"] = over_time(2.0 / 3600.0, "kg m-2 s-1")
    dataset["SNODP"] = over_time(0.35, "m")
    read = read_weather(put("a.nc", dataset))
    np.testing.assert_allclose(read.series["precipitation_mm"], 2.0)
    np.testing.assert_allclose(read.series["snow_depth_m"], 0.35)
    np.testing.assert_allclose(read.series["wind_speed_m_s"], file.series["wind_speed_m_s"])
    second = read.series["wind_speed_second_m_s"] / read.series["wind_speed_m_s"]
    np.testing.assert_allclose(second, 1.4)
    # It blows to the east and, more so, to the south: from north-north-west.
    north_west = 360.0 - np.degrees(np.arctan2(0.6, 0.8))
    np.testing.assert_allclose(read.series["wind_direction_deg"], north_west)

    def saturated(celsius):
        return np.exp(17.625 * celsius / (243.04 + celsius))

    humidity = 100.0 * saturated(dew_c) / saturated(file.series["temperature_c"])
    np.testing.assert_allclose(read.series["relative_humidity_percent"], humidity, atol=0.3)
