"""Bad series, power curves and weather: exit status 2, one message, nothing written."""

from __future__ import annotations

import re

import numpy as np
import pytest

PROFILE = 'profile = { file = "power.csv", column = "power" }'
SECTOR = 'sector = "mining"\nannual_mwh = 300_000'


def rows(hours=48, start="2030-01-01T00:00", offset="+08:00", minutes=60):
    stamps = np.datetime64(start) + np.arange(hours) * np.timedelta64(minutes, "m")
    return [f"{stamp}{offset},{k % 7 + 1}.5" for k, stamp in enumerate(stamps)]


def table(lines, header="time,power"):
    return "\n".join([header, *lines]) + "\n"


def with_cell(cell):
    lines = rows()
    return table([*lines[:7], f"{lines[7].split(',')[0]},{cell}", *lines[8:]])


SERIES = {
    "missing hours": (
        table(rows()[:9] + rows()[12:]),
        "3 intervals missing in 1 gap: 2030-01-01 0",
    ),
    "too short": (table(rows(40)), "8 intervals without a row"),
    "a year of 365 days": (table(rows(24)), "24 intervals without a row"),
    "a stamp twice": (
        table([*rows()[:5], *rows()[4:]]),
        "duplicate stamps: 2030-01-01 04:00 in lines",
    ),
    "unsorted": (table(rows()[::-1]), "time runs backwards"),
    "naive stamps": (table(rows(offset="")), "does not say its offset from UTC"),
    "UTC labelled as it is": (table(rows(offset="Z")), "covers 2030-01-01 00:00"),
    "stamped at the end": (table(rows(start="2030-01-01T01:00")), "1 interval without a row"),
    "another step": (table(rows(96, minutes=30)), "steps of 30 min"),
    "hour 24": (table(rows()).replace("T23:00", "T24:00"), "hour 24 is hour 00 of the next day"),
    "day first": (table(f"{1 + k // 24}.1.2030 {k % 24}:00,1" for k in range(48)), "is no time"),
    "Excel's numbers": (table(f"{47484 + k / 24},1" for k in range(48)), "is no time"),
    "empty cell": (with_cell(""), "has no value in 1 row"),
    "nan": (with_cell("NaN"), "has no value in 1 row (NaN × 1), first in line 9"),
    "-9999": (with_cell("-9999"), "has no value in 1 row"),
    "#N/A": (with_cell("#N/A"), "has no value in 1 row"),
    "null": (with_cell("null"), "has no value in 1 row"),
    "beyond any quantity": (
        with_cell("1e300"),
        "power.csv: column 'power': a series that holds 1e+300 at 2030-01-01 07:00 is beyond",
    ),
    "infinite": (with_cell("inf"), "line 9, column 'power': 'inf' is infinite"),
    "full width": (with_cell("５"), "is in full-width characters"),
    "thousands": (with_cell('"1,234.5"'), "has a thousands separator"),
    "decimal comma": (with_cell('"3,14"'), "has a decimal comma"),
    "text": (with_cell("much"), "'much' is not a number"),
    "negative load": (
        with_cell("-5"),
        "it must be at least 0 MW (profile: column 'power' of power.csv)",
    ),
    "no such column": (table(rows(), "time,powr"), "did you mean 'powr'?"),
    "no column of time": (table(rows(), "date,power"), "no column is called 'time'"),
    "a column twice": (table([f"{r},1" for r in rows()], "time,power,power"), "more than once"),
    "two header rows": (table(["-,MW", *rows()]), "second header row?"),
    "trailing commas": (table([f"{r}," for r in rows()]), "remove the trailing separator"),
    "no rows": ("time,power\n", "a header but no row"),
    "empty file": ("", "the file is empty"),
    "Latin-1": (table([f"{r},1" for r in rows()], "time,power,é").encode("latin-1"), "declare"),
    "workbook": (b"PK\x03\x04" + b"\0" * 26 + b"xl/styles.xml", "an Excel workbook"),
    "zip": (b"PK\x03\x04" + b"\0" * 99, "a zip archive; unpack it"),
    "pickle": (b"\x80\x04\x95K\x00.", "this is not text"),
    "NumPy's file": (b"\x93NUMPY\x01\x00v\x00", "this is not text"),
    "HDF5": (b"\x89HDF\r\n\x1a\n", "netCDF-4/HDF5; convert it to CSV"),
    "a field without end": (table(["1" * 200_000 + ",1"]), "is no row of a CSV"),
}


@pytest.mark.parametrize("case", SERIES)
def test_a_series_that_cannot_be_used(refused, scenario_file, tmp_path, case):
    content, words = SERIES[case]
    scenario_file(replace=(SECTOR, PROFILE))
    raw = content if isinstance(content, bytes) else content.encode()
    (tmp_path / "power.csv").write_bytes(raw)
    message = refused()
    assert message.startswith("small.toml: load.mine")
    assert "power.csv" in message
    assert words in message


@pytest.mark.parametrize(
    ("profile", "words"),
    [
        ('{ file = "powr.csv", column = "power" }', "there is no such file"),
        ('{ file = "../power.csv", column = "power" }', "is outside the project folder"),
        ('{ file = "/etc/passwd", column = "power" }', "is outside the project folder"),
        ('{ file = "http://example.org/x.csv", column = "power" }', "is an address"),
        ('{ file = "link.csv", column = "power" }', "is outside the project folder"),
        ('{ file = "", column = "power" }', "must not be empty"),
        ('{ file = ".", column = "power" }', "there is no such file"),
        (f'{{ file = "{"x" * 3000}", column = "power" }}', "there is no such file"),
        ('{ file = "power.csv" }', "profile.column is missing: name of the column"),
        ('{ column = "power" }', "profile.file is missing"),
        ('{ file = "power.csv", column = "power", unti = "kW" }', "did you mean unit?"),
        ('{ file = "power.csv", column = 3 }', "must be text in quotes"),
        ('"power.csv"', 'must be a number [MW], or { file = "x.csv"'),
        ("[1, 2, 3]", "profile is a list; a series is read from a file"),
        ("[[1], [2]]", "a list may hold numbers and texts only"),
        ("[{ a = 1 }]", "is a list of tables"),
    ],
)
def test_a_reference_to_no_series(
    refused, scenario_file, tmp_path, tmp_path_factory, profile, words
):
    outside = tmp_path_factory.mktemp("outside") / "power.csv"
    outside.write_text(table(rows()))
    (tmp_path / "link.csv").symlink_to(outside)
    (tmp_path / "power.csv").write_text(table(rows()))
    scenario_file(replace=(SECTOR, f"profile = {profile}"))
    assert words in refused()


def test_a_slip_of_the_unit_is_seen_in_a_series_as_in_a_number(
    refused, command, scenario_file, tmp_path
):
    (tmp_path / "power.csv").write_text(re.sub(r",(\d).5", r",0.\1", table(rows())))
    price = 'import_price_cny_mwh = { file = "power.csv", column = "power" }\n'
    scenario_file(price)
    message = refused()
    assert "is it in CNY/kWh?" in message
    assert "column 'power' of power.csv" in message
    scenario_file(price, replace=("name = ", "allow_unusual = true\nname = "))
    assert command("run", "small.toml").status == 0


def test_each_fault_of_a_file_is_reported_under_the_key_that_asks_for_it(
    refused, scenario_file, tmp_path
):
    (tmp_path / "power.csv").write_text(table(rows()))
    reference = 'profile = { file = "power.csv", column = "%s" }\n'
    scenario_file(
        f"[solar.a]\ncapacity_mw = 1\n{reference % 'powr'}"
        f"[solar.b]\ncapacity_mw = 1\n{reference % 'pwer'}",
        replace=(SECTOR, PROFILE),
    )
    first, second = refused().splitlines()
    assert first.startswith("small.toml: solar.a.profile: power.csv: no column is called 'powr'")
    assert second.startswith("small.toml: solar.b.profile: power.csv: no column is called 'pwer'")


@pytest.mark.parametrize(
    ("curve", "words"),
    [
        ("v,p\n3,0\n2,10\n12,2000\n25,2000\n", "row 3: speed 2 m/s follows 3 m/s"),
        ("v,p\n0,0\n3,0\n3,10\n12,2000\n25,2000\n", "row 4: speed 3 m/s is given twice"),
        ("v,p\n0,0\n3,0\n12,2500\n25,2500\n", "is above rated_mw = 2"),
        ("v,p\n0,0\n3,0\n12,2000000\n25,2000000\n", 'power_unit = "W" would fit'),
        ("v,p\n0,0\n3,-500\n12,2000\n25,2000\n", "is negative"),
        ("v,p\n0,0\n3,nan\n12,2000\n25,2000\n", "expected finite numbers"),
        ("v,p\n0,0\n3,abc\n12,2000\n25,2000\n", "where numbers of v and p belong"),
        ("a,b\n0,0\n3,0\n", "no column 'v'"),
        ("", "the file is empty"),
    ],
)
def test_a_power_curve_of_no_turbine(refused, scenario_file, tmp_path, curve, words):
    (tmp_path / "curve.csv").write_text(curve)
    turbine = (
        'capacity_mw = 100\nhub_height_m = 90\nturbine = { file = "curve.csv", '
        'speed_column = "v", power_column = "p", power_unit = "kW", rated_mw = 2.0 }'
    )
    scenario_file(replace=("capacity_mw = 100", turbine))
    message = refused()
    assert message.startswith("small.toml: wind.farm.turbine: curve.csv")
    assert words in message


DECLARED = (
    '[weather]\nsource = "files"\n[weather.files]\n'
    'jeminay = {{ file = "w.csv", {}stamp = "begin", wind_height_m = 100 }}\n'
)


@pytest.mark.parametrize(
    ("pattern", "change", "words"),
    [
        (r"^(.*?),(.*?),(.*?),", lambda m: f"{m[1]},{m[2]},{float(m[3]) + 273.15:.2f},", "kelvin"),
        (r"^(.*?),(.*?),", lambda m: f"{m[1]},{float(m[2]) / 1000:.4f},", "unit? Looks like kW/m2"),
        (r"^(.*?),(.*?),", lambda m: f"{m[1]},{float(m[2]) * 3600:.0f},", "looks like J/m²"),
        (r"^(.*?),(.*?),", lambda m: f"{m[1]},{float(m[2]) * 2.5:.2f},", "extraterrestrial"),
        (r"^(.*?),(.*?),", lambda m: f"{m[1]},0,", "is 0 throughout"),
        (r"^2030-01-03T1.*\n", "", "10 intervals missing in 1 gap"),
        (r"^(2030-01-03T10.*\n)", r"\1\1", "duplicate stamps"),
        (r"\+08:00", "", "does not say its offset"),
        (r"\+08:00", "+00:00", "w.csv"),
        (r",relative_humidity_percent", ",humidity", "holds neither relative_humidity_percent"),
        (r"ghi_w_m2", "ghi", "no column is called 'ghi_w_m2'"),
    ],
    ids=["K", "kW", "J", "above", "dark", "gap", "twice", "naive", "UTC", "humid", "column"],
)
def test_weather_that_cannot_be(refused, scenario_file, weather_csv, pattern, change, words):
    path = weather_csv("w.csv")
    header, _, body = path.read_text().partition("\n")
    if pattern.startswith((",", "ghi")):
        header = re.sub(pattern, change, header)
    else:
        body = re.sub(pattern, change, body, flags=re.MULTILINE)
    path.write_text(f"{header}\n{body}")
    scenario_file(DECLARED.format(""))
    message = refused()
    assert message.startswith("small.toml: weather.files.jeminay: w.csv: ")
    assert words in message


@pytest.mark.parametrize("verb", ["validate", "run", "explain"])
@pytest.mark.parametrize("roughness", [0.21, 1.0, 1.9, 2.0, 3.0])
def test_wind_from_between_the_roughness_is_refused_at_every_door(
    command, scenario_file, weather_csv, roughness, verb
):
    weather_csv("w.csv")
    declared = DECLARED.format("").replace("wind_height_m = 100", "wind_height_m = 2")
    law = f'capacity_mw = 100\nshear_law = "log"\nroughness_m = {roughness}'
    path = scenario_file(declared, replace=("capacity_mw = 100", law))
    answer = command(verb, path)
    assert answer.status == 2
    message = answer.out + answer.err
    assert f"wind.farm.roughness_m = {roughness:g}: the log law holds from ten" in message
    assert "at most 0.2, or wind at" in message
    assert 'shear_law = "power"' in message


def test_low_wind_over_smooth_ground_is_carried_up_by_the_log_law(
    command, scenario_file, weather_csv
):
    weather_csv("w.csv")
    declared = DECLARED.format("").replace("wind_height_m = 100", "wind_height_m = 2")
    law = 'capacity_mw = 100\nshear_law = "log"\nroughness_m = 0.2'
    answer = command("run", scenario_file(declared, replace=("capacity_mw = 100", law)))
    assert answer.status == 0
    assert "the log law with roughness 0.2 m" in answer.err


@pytest.mark.parametrize(
    ("declared", "words"),
    [
        ("stmp = 1, ", "weather.files.jeminay.stmp is no key here; did you mean stamp?"),
        ('units = { ghi_w_m2 = "kw" }, ', "unit 'kw' of ghi_w_m2 is not known"),
        ('columns = { ghi = "a" }, ', "no series is called ghi"),
        ("latitude = 99, ", "latitude = 99: must be at most 90 [°]"),
        ('format = "grib", ', 'must be "auto", "epw"'),
        ('encoding = "nix", ', "unknown encoding"),
        ("max_gap_hours = 99, ", "must be at most 24 [h]"),
    ],
)
def test_a_weather_file_that_is_declared_wrongly(
    refused, scenario_file, weather_csv, declared, words
):
    weather_csv("w.csv")
    scenario_file(DECLARED.format(declared))
    message = refused()
    assert words in message
    assert len(message.splitlines()) == 1


@pytest.mark.parametrize(
    ("lines", "words"),
    [
        ('source = "files"\n', "needs a file for each site in use"),
        ('source = "files"\n[weather.files]\nother = "w.csv"\n', "there is no such site"),
        ('source = "files"\n[weather.files]\njeminay = "v.csv"\n', "there is no such file"),
        ('source = "files"\n[weather.files]\njeminay = "w.csv"\n', "wind_height_m; declare them"),
        ('[weather.files]\njeminay = "w.csv"\n', "files are given but source is not"),
        ('source = "nasa"\n', 'must be "climate" or "files"'),
    ],
)
def test_weather_settings_that_name_no_weather(refused, scenario_file, weather_csv, lines, words):
    weather_csv("w.csv")
    scenario_file(f"[weather]\n{lines}")
    assert words in refused()


def test_a_place_far_from_altay_has_no_built_in_climate(refused, scenario_file):
    scenario_file(replace=("latitude = 47.43", "latitude = 20.0"))
    message = refused()
    assert 'Use [weather] source = "files"' in message
