"""Readers of every format on small files that keep to their specification, and on real ones."""

from __future__ import annotations

from dataclasses import replace
from random import Random

import numpy as np
import pytest
from pydantic import ValidationError

from altay_energy.core.errors import WeatherError
from altay_energy.weather.files.clock import clock_check
from altay_energy.weather.files.complete import humidity_from_dew_point
from altay_energy.weather.files.spec import WeatherFileSpec, conversion
from altay_energy.weather.prepare.describe import describe
from altay_energy.weather.prepare.describe_text import describe_text
from altay_energy.weather.read import read_weather

CSV = {"file": "w.csv", "stamp": "begin", "wind_height_m": 10.0}


def spec(**more):
    return WeatherFileSpec.model_validate({**CSV, **more})


@pytest.mark.parametrize(
    ("kind", "offset", "wind_height_m", "notice"),
    [
        ("epw", 8.0, 10.0, "hour k covers the hour before k o'clock"),
        ("tmy3", -6.0, 10.0, "a stamp is the end of its hour"),
        ("nsrdb", -6.0, 2.0, "a stamp is the middle of its interval"),
    ],
)
def test_each_format_gives_back_the_weather_that_was_written(
    made, write, text_of, kind, offset, wind_height_m, notice
):
    file = made(utc_offset_hours=offset, longitude=15.0 * offset - 30.0)
    read = read_weather(write("made.dat", text_of[kind](file)))
    assert read.format == kind
    assert read.utc_offset_hours == offset
    assert read.location() == (47.0, 15.0 * offset - 30.0, 700.0)
    assert read.wind_height_m == wind_height_m
    assert read.typical == (kind != "nsrdb")
    assert any(notice in text for text in read.notices)
    assert len(read.sha256) == 64
    for name in ("ghi_w_m2", "dni_w_m2", "dhi_w_m2"):
        np.testing.assert_allclose(read.series[name], file.series[name], atol=0.51)
    np.testing.assert_allclose(read.series["pressure_pa"], file.series["pressure_pa"], atol=51)
    np.testing.assert_allclose(
        read.series["wind_speed_m_s"], file.series["wind_speed_m_s"], atol=0.051
    )
    # The sunlight stands where the sun is: stamps were understood.
    assert clock_check(read).lag_hours == pytest.approx(0.0, abs=0.05)
    shift = np.timedelta64(round(3600 * offset), "s")
    assert str((read.times + shift)[0])[5:] == "01-01T00:00:00"


def test_csv_gives_back_the_weather_that_was_written(made, write, text_of):
    file = made(hours=240)
    read = read_weather(write("w.csv", text_of["csv"](file)), spec())
    np.testing.assert_array_equal(read.times, file.times)
    assert read.series.keys() == file.series.keys()
    for name, values in file.series.items():
        np.testing.assert_allclose(read.series[name], values, atol=1e-3)
    assert read.latitude is None
    assert read.utc_offset_hours == 8.0


@pytest.mark.parametrize(("stamp", "minutes"), [("begin", 0), ("middle", 30), ("end", 60)])
def test_a_declared_stamp_moves_the_interval(made, write, text_of, stamp, minutes):
    file = made(hours=240)
    read = read_weather(write("w.csv", text_of["csv"](file)), spec(stamp=stamp))
    np.testing.assert_array_equal(read.times, file.times - np.timedelta64(minutes * 60, "s"))


def test_naive_stamps_need_a_declared_clock(made, write, text_of):
    file = made(hours=240)
    path = write("w.csv", text_of["csv"](file, suffix=""))
    with pytest.raises(WeatherError, match=r"does not say its offset.*declare utc_offset_hours"):
        read_weather(path, spec())
    np.testing.assert_array_equal(read_weather(path, spec(utc_offset_hours=8.0)).times, file.times)


def test_stamps_of_excel_are_read(made, write, text_of):
    text = text_of["csv"](made(hours=240), suffix="").replace("2021-01-0", "2021/1/")
    text = text.replace("2021-01-10T", "2021/1/10 ").replace("T", " ")
    assert read_weather(write("w.csv", text), spec(utc_offset_hours=8.0)).times.size == 240


def test_semicolons_and_decimal_commas_are_read_as_declared(made, write, text_of):
    file = made(hours=240)
    path = write("w.csv", text_of["csv"](file, separator=";", decimal=","))
    with pytest.raises(WeatherError, match="decimal comma"):
        read_weather(path, spec())
    read = read_weather(path, spec(decimal=","))
    np.testing.assert_allclose(
        read.series["temperature_c"], file.series["temperature_c"], atol=1e-3
    )
    assert "columns are separated by ';'" in read.notices


def test_columns_and_units_are_converted_as_declared(made, with_series, write, text_of):
    file = made(hours=240)
    odd = with_series(
        file,
        ghi_w_m2=file.series["ghi_w_m2"] * 3.6,
        temperature_c=file.series["temperature_c"] + 273.15,
        wind_speed_m_s=file.series["wind_speed_m_s"] * 3.6,
        pressure_pa=file.series["pressure_pa"] / 100.0,
        relative_humidity_percent=file.series["relative_humidity_percent"] / 100.0,
    )
    text = text_of["csv"](odd)
    header, rest = text.split("\n", 1)
    header = header.replace("ghi_w_m2", "GHI").replace("temperature_c", "气温")
    names = {name: name for name in file.series} | {"ghi_w_m2": "GHI", "temperature_c": "气温"}
    units = {
        "ghi_w_m2": "kJ/m2",
        "temperature_c": "K",
        "wind_speed_m_s": "km/h",
        "pressure_pa": "hPa",
        "relative_humidity_percent": "1",
    }
    read = read_weather(write("w.csv", f"{header}\n{rest}"), spec(columns=names, units=units))
    for name, values in file.series.items():
        np.testing.assert_allclose(read.series[name], values, atol=0.11)
    assert "temperature_c converted from K (declared)" in read.notices


@pytest.mark.parametrize(
    ("series", "unit", "step_hours", "given", "ours"),
    [
        ("ghi_w_m2", "J/m2", 1.0, 3.6e6, 1000.0),
        ("ghi_w_m2", "MJ/m2", 0.5, 1.8, 1000.0),
        ("dni_w_m2", "kWh/m2", 0.25, 0.25, 1000.0),
        ("dhi_w_m2", "kW/m2", 0.25, 1.0, 1000.0),
        ("temperature_c", "F", 1.0, -40.0, -40.0),
        ("dew_point_c", "K", 1.0, 273.15, 0.0),
        ("wind_speed_m_s", "knot", 1.0, 36.0, 18.52),
        ("pressure_pa", "kPa", 1.0, 93.0, 93000.0),
        ("snow_depth_m", "mm", 1.0, 300.0, 0.3),
        ("precipitation_mm", "m", 1.0, 0.002, 2.0),
    ],
)
def test_each_unit_is_worth_what_it_is(series, unit, step_hours, given, ours):
    factor, offset = conversion(series, unit, step_hours)
    assert factor * given + offset == pytest.approx(ours)


def test_what_a_csv_cannot_say_must_be_declared(made, write, text_of):
    path = write("w.csv", text_of["csv"](made(hours=48)))
    with pytest.raises(WeatherError, match="does not say stamp nor wind_height_m; declare them"):
        read_weather(path)
    with pytest.raises(WeatherError, match=r"units can be declared for CSV only; this is EPW"):
        read_weather(
            write("a.epw", text_of["epw"](made(hours=48))),
            WeatherFileSpec(file="a.epw", units={"pressure_pa": "hPa"}),
        )


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"columns": {"ghi": "GHI"}}, "no series is called ghi; expected some of ghi_w_m2"),
        ({"columns": {"ghi_w_m2": "GHI"}}, "columns lacks temperature_c, wind_speed_m_s"),
        ({"units": {"pressure_pa": "bar"}}, "unit 'bar' of pressure_pa is not known"),
        ({"units": {"frost": "C"}}, "no series is called frost"),
        ({"wind_heigth_m": 10.0}, "Extra inputs are not permitted"),
        ({"stamp": None, "format": "csv"}, "stamp is missing"),
        ({"max_gap_hours": float("nan")}, "finite"),
    ],
)
def test_a_wrong_declaration_says_what_is_expected(given, words):
    with pytest.raises(ValidationError, match=words):
        spec(**given)


def test_a_file_name_alone_is_a_declaration():
    assert WeatherFileSpec.model_validate("a.epw") == WeatherFileSpec(file="a.epw")


def test_rows_that_are_missing_are_refused_or_filled_by_the_named_policy(made, write, text_of):
    file = made(hours=240)
    lines = text_of["csv"](file).splitlines()
    path = write("w.csv", "\n".join(lines[:50] + lines[52:]))
    with pytest.raises(WeatherError, match=r"2 intervals missing in 1 gap.*max_gap_hours = 3"):
        read_weather(path, spec())
    read = read_weather(path, spec(max_gap_hours=2.0))
    np.testing.assert_array_equal(read.times, file.times)
    wind = file.series["wind_speed_m_s"]
    np.testing.assert_allclose(
        read.series["wind_speed_m_s"][49:51], np.interp([1, 2], [0, 3], wind[[48, 51]]), atol=1e-3
    )
    assert "wind_speed_m_s: 2 intervals in gaps of up to 2 h interpolated" in read.notices
    with pytest.raises(WeatherError, match="2 intervals missing"):
        read_weather(path, spec(max_gap_hours=1.0))


def test_cells_without_value_are_refused_or_filled_by_the_named_policy(made, write, text_of):
    lines = text_of["csv"](made(hours=240)).splitlines()
    column = lines[0].split(",").index("temperature_c")
    for number in (100, 101, 102):
        cells = lines[number - 1].split(",")
        cells[column] = "-9999"
        lines[number - 1] = ",".join(cells)
    path = write("w.csv", "\n".join(lines))
    with pytest.raises(
        WeatherError, match=r"temperature_c has no value in 3 intervals.*\(line 100, 3 intervals\)"
    ):
        read_weather(path, spec())
    assert read_weather(path, spec(max_gap_hours=3.0)).series["temperature_c"].size == 240
    with pytest.raises(WeatherError, match="longer than max_gap_hours allows"):
        read_weather(path, spec(max_gap_hours=2.0))


def test_a_gap_at_an_end_is_never_filled(made, write, text_of):
    lines = text_of["csv"](made(hours=240)).splitlines()
    lines[-1] = lines[-1].rsplit(",", 1)[0] + ","
    with pytest.raises(WeatherError, match="at an end of the file"):
        read_weather(write("w.csv", "\n".join(lines)), spec(max_gap_hours=3.0))


def test_rows_out_of_order_are_refused_or_sorted_by_the_named_policy(made, write, text_of):
    file = made(hours=240)
    lines = text_of["csv"](file).splitlines()
    path = write("w.csv", "\n".join([lines[0], *lines[100:], *lines[1:100]]))
    with pytest.raises(WeatherError, match="time runs backwards"):
        read_weather(path, spec())
    read = read_weather(path, spec(sort=True))
    np.testing.assert_array_equal(read.times, file.times)
    assert any("put into the order of time" in notice for notice in read.notices)


def test_required_series_are_required(made, with_series, write, text_of):
    whole = made(hours=48)
    for name in ("ghi_w_m2", "temperature_c", "wind_speed_m_s"):
        path = write("w.csv", text_of["csv"](with_series(whole, **{name: None})))
        with pytest.raises(WeatherError, match=f"no column is called '{name}'"):
            read_weather(path, spec())
    path = write("w.csv", text_of["csv"](with_series(whole, relative_humidity_percent=None)))
    with pytest.raises(WeatherError, match="neither relative_humidity_percent nor dew_point_c"):
        read_weather(path, spec())


def test_humidity_comes_from_the_dew_point(made, with_series, write, text_of):
    file = with_series(made(hours=48), relative_humidity_percent=None, dew_point_c=np.zeros(48))
    read = read_weather(write("w.csv", text_of["csv"](file)), spec())
    assert "dew_point_c" not in read.series
    assert "relative humidity computed from the dew point" in read.notices
    # 20 °C and 9.3 °C of dew point are 50 % (psychrometric tables).
    warm, dew = np.array([20.0, 20.0]), np.array([9.26, 25.0])
    np.testing.assert_allclose(humidity_from_dew_point(warm, dew), [50.0, 100.0], atol=0.1)


def test_codes_for_no_value_in_used_columns_of_epw_are_errors(made, write, text_of):
    lines = text_of["epw"](made(hours=96)).splitlines()
    for number, field, code, name in (
        (20, 6, "99.9", "temperature_c"),
        (30, 13, "9999", "ghi_w_m2"),
        (40, 21, "999", "wind_speed_m_s"),
    ):
        cells = lines[number - 1].split(",")
        cells[field] = code
        broken = [*lines[: number - 1], ",".join(cells), *lines[number:]]
        with pytest.raises(WeatherError, match=rf"{name} has no value in 1 .*line {number}"):
            read_weather(write("a.epw", "\n".join(broken)))


def test_a_column_of_codes_is_absent(made, with_series, write, text_of):
    file = made(hours=96)
    sky = with_series(file, dni_w_m2=np.full(96, 9999.0), dhi_w_m2=np.full(96, 9999.0))
    read = read_weather(write("a.epw", text_of["epw"](sky)))
    assert "dni_w_m2" not in read.series
    assert "snow_depth_m" not in read.series


def test_snow_that_never_lies_in_hard_frost_was_not_observed(made, with_series, write, text_of):
    file = made(hours=96)
    cold = with_series(file, temperature_c=file.series["temperature_c"] - 30.0)
    text = text_of["epw"](cold).replace(",999,88,", ",0,88,")
    read = read_weather(write("a.epw", text))
    assert "snow_depth_m" not in read.series
    assert any("not observed" in notice for notice in read.notices)
    mild = text_of["epw"](file).replace(",999,88,", ",0,88,")
    assert "snow_depth_m" in read_weather(write("a.epw", mild)).series


@pytest.mark.parametrize(
    ("edit", "words"),
    [
        (lambda lines: lines[:8], r"ends before the first hour \(line 9\)"),
        (lambda lines: [*lines[:40], lines[40][:30]], "line 41 has .* fields, expected 35"),
        (lambda lines: [*lines[:40], *lines[41:]], "1 interval missing in 1 gap.*after line 40"),
        (lambda lines: [*lines[:40], lines[39], *lines[40:]], "duplicate stamps: .*40 and 41"),
        (lambda lines: ["LOCATION,Nowhere", *lines[1:]], "cannot be read as EPW"),
        (lambda lines: [*lines[:12], lines[12].replace(",1,5,", ",x,5,"), *lines[13:]], "as EPW"),
        (lambda lines: [x.replace("S,1,1,", "S,1,4,") for x in lines], "4 records an hour"),
        (lambda lines: lines[:20], "12 rows are too few"),
    ],
)
def test_broken_epw_is_an_error_of_ours(made, write, text_of, edit, words):
    lines = text_of["epw"](made(hours=96)).splitlines()
    with pytest.raises(WeatherError, match=words):
        read_weather(write("a.epw", "\n".join(edit(lines)) + "\n"))


@pytest.mark.parametrize("kind", ["tmy3", "nsrdb"])
def test_broken_american_files_are_errors_of_ours(made, write, text_of, kind):
    text = text_of[kind](made(hours=96, utc_offset_hours=-6.0))
    for cut in (text[:150], text.replace("-6", "west", 1), text.replace(",0,0,", ",x,0,", 3)):
        with pytest.raises(WeatherError, match=r"made\.csv: "):
            read_weather(write("made.csv", cut), WeatherFileSpec(file="made.csv", format=kind))


def test_another_clock_may_be_declared_for_an_epw(made, write, text_of):
    path = write("a.epw", text_of["epw"](made(hours=96)))
    read = read_weather(path, WeatherFileSpec(file="a.epw", utc_offset_hours=0.0))
    assert read.utc_offset_hours == 0.0
    assert str(read.times[0]) == "2005-01-01T00:00:00"
    assert "clock taken as UTC as declared; the file says UTC+8" in read.notices


def test_nsrdb_may_leave_the_leap_day_out(made, with_series, write, text_of):
    file = made(start="2020-01-01", hours=8784, utc_offset_hours=-6.0)
    lines = text_of["nsrdb"](file).splitlines()
    kept = [line for line in lines if not line.startswith("2020,2,29,")]
    read = read_weather(write("p.csv", "\n".join(kept) + "\n"))
    assert read.times.size == 8760
    assert not read.has_leap_day
    assert any("29 February 2020 is left out" in notice for notice in read.notices)


def test_the_wind_of_old_nsrdb_files_is_at_ten_metres(made, write, text_of):
    text = text_of["nsrdb"](made(hours=96, utc_offset_hours=-6.0), version="2.0.1")
    assert read_weather(write("p.csv", text)).wind_height_m == 10.0


def test_accents_in_the_place_of_an_epw_do_no_harm(made, write, text_of):
    text = text_of["epw"](made(hours=48), place="Besançon")
    read = read_weather(write("a.epw", text, "latin-1"))
    assert read.place == "Besançon"
    assert "text is Latin-1, not UTF-8" in read.notices


def test_daylight_saving_time_of_china_is_noted(made, write, text_of):
    text = text_of["csv"](made(start="1988-06-01", hours=48), suffix="")
    read = read_weather(write("w.csv", text), spec(utc_offset_hours=8.0))
    assert any("1986-1991 is not applied" in notice for notice in read.notices)


def test_offsets_that_change_are_taken_to_utc(made, write, text_of):
    file = made(start="1988-06-01", hours=48)
    lines = text_of["csv"](file).splitlines()
    summer = [
        f"{np.datetime64(line[:16]) + np.timedelta64(1, 'h')}+09:00{line[22:]}"
        for line in lines[25:]
    ]
    read = read_weather(write("w.csv", "\n".join(lines[:25] + summer)), spec())
    np.testing.assert_array_equal(read.times, file.times)
    assert any("different offsets (UTC+8, UTC+9)" in notice for notice in read.notices)


def test_a_file_value_refuses_series_it_does_not_know(made):
    file = made(hours=48)
    with pytest.raises(WeatherError, match="no series is called frost"):
        replace(file, series={**file.series, "frost": np.zeros(48)})
    with pytest.raises(WeatherError, match="differ in length"):
        replace(file, series={"ghi_w_m2": np.zeros(47)})


MANGLES = [
    "x",
    ",",
    ";",
    '"',
    "\n",
    "\x00",
    "é",
    "中文",
    "-9999",
    "inf",
    "1e400",
    "\r",
    "9" * 30,
    "２",
]


def mangled(text, random):
    """One to three random edits: cut, insert, repeat, drop the end, double a line."""
    for _ in range(random.randint(1, 3)):
        at = random.randrange(len(text))
        end = min(len(text), at + random.randint(1, 40))
        text = random.choice(
            [
                text[:at] + text[end:],
                text[:at] + random.choice(MANGLES) + text[at:],
                text[:at] + 3 * text[at:end] + text[end:],
                text[: at + 1],
                text[:200].replace(random.choice(",0189-"), random.choice(["", "x"]), 1)
                + text[200:],
            ]
        )
    return text


@pytest.mark.parametrize("kind", ["epw", "tmy3", "nsrdb", "csv"])
def test_a_mangled_file_is_read_or_refused_and_never_breaks(made, write, text_of, kind):
    random = Random(20)
    offset = 8.0 if kind in ("epw", "csv") else -6.0
    text = text_of[kind](made(hours=72, utc_offset_hours=offset))
    declared = spec(format="csv") if kind == "csv" else WeatherFileSpec(file="a", format=kind)
    refused = []
    for _ in range(80):
        path = write("a", mangled(text, random), random.choice(["utf-8", "utf-8", "gb18030"]))
        try:
            describe_text(describe(read_weather(path, declared)))
        except WeatherError as error:
            refused.append(str(error))
    assert len(refused) > 30
    assert all(message.startswith("a: ") for message in refused)
