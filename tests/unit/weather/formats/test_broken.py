"""Ten and more ways in which a file of each format is broken: one message, never a traceback."""

from __future__ import annotations

import json
import re
from contextlib import suppress
from random import Random

import numpy as np
import pytest

from altay_energy.core.errors import WeatherError
from altay_energy.weather.files.spec import WeatherFileSpec
from altay_energy.weather.formats.registry import FORMATS
from altay_energy.weather.read import read_weather

HUMID = {"assumed_humidity_percent": 60.0}
DECLARED = {
    "pvgis_csv": HUMID,
    "pvgis_json": HUMID,
    "srw": {"utc_offset_hours": -6.0},
    "csv": {"stamp": "begin", "wind_height_m": 10.0},
}
KIND = {
    "epw": "epw",
    "tmy2": "tmy2",
    "tmy3": "tmy3",
    "nsrdb": "nsrdb",
    "pvgis_tmy_csv": "pvgis",
    "pvgis_csv": "pvgis",
    "power_csv": "nasa_power",
    "srw": "srw",
    "altay": "altay",
    "csv": "csv",
}
"""Samples of text, and their formats."""

FIRST_ROW = {
    "epw": 8,
    "tmy2": 1,
    "tmy3": 2,
    "nsrdb": 3,
    "pvgis_tmy_csv": 18,
    "pvgis_csv": 8,
    "srw": 5,
    "csv": 1,
}
JSON = {"pvgis_tmy_json": "pvgis", "pvgis_json": "pvgis", "power_json": "nasa_power"}
NETCDF = {"era5": "era5", "merra2": "merra2"}


def test_every_format_and_every_sample_has_broken_copies(writers):
    broken = {**KIND, **JSON, **NETCDF}
    assert set(broken.values()) == set(FORMATS)
    assert set(broken) == set(writers)


def read(put, name, content, case, **more):
    kind = KIND.get(case, "auto")
    given = {"file": name, "format": kind, **DECLARED.get(case, {}), **more}
    return read_weather(put(name, content), WeatherFileSpec.model_validate(given))


def refused(put, content, case, **more) -> str:
    name = "a.nc" if case in NETCDF else "a.dat"
    with pytest.raises(WeatherError) as caught:
        read(put, name, content, case, **more)
    message = str(caught.value)
    assert message.startswith(name)
    assert "\n" not in message
    assert "Traceback" not in message
    return message


WRITTEN: dict = {}


def sample(made, writers, case, hours=None):
    """Typical years of PVGIS and SAM wind are whole years; the others may be short."""
    whole = case.startswith(("pvgis_tmy", "srw"))
    hours = hours or (8760 if whole else 240)
    if (case, hours) not in WRITTEN:
        offset = -6.0 if case in ("tmy2", "tmy3", "nsrdb") else 0.0
        WRITTEN[case, hours] = writers[case](made(utc_offset_hours=offset, hours=hours))
    written = WRITTEN[case, hours]
    return written.copy(deep=True) if case in NETCDF else written


def first_row(case, lines):
    titles = {"power_csv": "YEAR", "altay": "time,"}
    if case in titles:
        return next(k for k, line in enumerate(lines) if line.startswith(titles[case])) + 1
    return FIRST_ROW[case]


TEXT = tuple(KIND)

# name: (what is done to lines and the index of the first row, what the message says)
EDITS = {
    "cut in a row": (
        lambda x, r: [*x[: r + 60], x[r + 60][: len(x[r + 60]) // 2]],
        r"line \d+ (is|has)",
    ),
    "cut after the header": (lambda x, r: x[:r], r"ends before|0 rows|no row at all|no row below"),
    "cut in the header": (
        lambda x, r: ["\n".join(x[:r])[: len("\n".join(x[:r])) // 3]],
        r"line 1 is|no row that begins|END HEADER|ends too early|ends before|is no TOML|no name",
    ),
    "a row missing": (
        lambda x, r: [*x[: r + 30], *x[r + 31 :]],
        r"1 interval missing|has 8759 rows",
    ),
    "a row twice": (
        lambda x, r: [*x[: r + 30], x[r + 29], *x[r + 30 :]],
        r"duplicate stamps|has 8761 rows",
    ),
    "rows backwards": (lambda x, r: [*x[:r], *x[r:][::-1]], r"runs backwards|line \d+ is"),
    "a word for a number": (
        lambda x, r: [*x[: r + 9], _word(x[r + 9]), *x[r + 10 :]],
        r"line \d+(:| is| has|, column)|could not convert",
    ),
    "NUL bytes": (lambda x, r: [*x[:r], "\x00\x00\x00", *x[r:]], r"this is not text"),
    "twelve hours": (lambda x, r: x[: r + 12], r"12 rows"),
    "another table": (lambda x, r: [*x[:r], *("a,b,c" for _ in x[r:])], r"line \d+ (is|has)"),
}


def _word(row):
    """The row with its last long run of characters replaced: a value that is no number."""
    middle = len(row) // 2
    return row[: middle - 6] + "oh no!x,yz" + row[middle + 6 :]


@pytest.mark.parametrize("edit", EDITS)
@pytest.mark.parametrize("case", TEXT)
def test_a_broken_text_is_one_message(made, put, writers, case, edit):
    lines = sample(made, writers, case).replace("\r\n", "\n").split("\n")
    while lines and not lines[-1].strip():
        lines.pop()
    change, words = EDITS[edit]
    if edit in ("rows backwards",) and case == "srw":
        pytest.skip("rows without stamps have no order")
    text = "\n".join(change(lines, first_row(case, lines)))
    assert re.search(words, refused(put, text, case))


@pytest.mark.parametrize("case", TEXT)
@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "the file is empty"),
        (b"\n \n", "the file is empty"),
        (b"PK\x03\x04" + bytes(200), "zip archive"),
        (b"\x80\x04\x95K\x00.", "this is not text"),
        (b"GRIB" + bytes(range(200)), "GRIB"),
        (b"{", "cannot be read"),
        (b"[" * 100_000, ""),
    ],
)
def test_what_is_no_text_is_reported(put, case, content, words):
    assert words in refused(put, content, case) or case != "pvgis_csv"


@pytest.mark.parametrize("case", JSON)
@pytest.mark.parametrize(
    "edit",
    [
        lambda t: t[: len(t) // 2],
        lambda t: t.replace('"outputs"', '"output"').replace('"parameter"', '"paramter"'),
        lambda t: t.replace('"inputs"', '"input"').replace('"header"', '"heder"'),
        lambda t: t.replace('"latitude": 47.0', '"latitude": "north"').replace("86.0, 47.0", "[]"),
        lambda t: t.replace('"T2m": ', '"T2m": "warm", "x": ').replace(
            '"T2M": {', '"T2M": 5, "x": {'
        ),
        lambda t: t.replace("20210101", "2021x101").replace("19950101", "1995x101"),
        lambda t: t.replace('"WS10m"', '"WS10n"').replace('"WS10M"', '"WS10N"'),
        lambda t: t.replace("20210102", "20210101").replace("19950102", "19950101"),
        lambda t: "null",
        lambda t: "[1, 2, 3]",
        lambda t: '{"outputs": {"hourly": []}, "inputs": {}, "meta": {"inputs": {}}}',
        lambda t: '{"a":' * 50_000,
    ],
)
def test_broken_json_is_one_message(made, put, writers, case, edit):
    kind = "nasa_power" if case == "power_json" else "pvgis"
    refused(put, edit(sample(made, writers, case)), case, format=kind)


@pytest.mark.parametrize(
    ("case", "old", "new", "words"),
    [
        ("power_json", '"units": "Wh/m^2"', '"units": "kW-hr/m^2/day"', "is in 'kW-hr/m^2/day'"),
        ("power_json", '"units": "kPa"', '"units": "hPa"', "PS is in 'hPa'; expected kpa"),
        ("power_csv", "(Wh/m^2)", "(MJ/m^2/day)", "is in 'MJ/m^2/day'"),
        ("power_csv", "YEAR,MO,DY,HR", "YEAR,MO,DY", "expected YEAR, MO, DY, HR"),
        ("power_csv", "-END HEADER-", "", "-END HEADER-"),
        ("power_csv", "T2M,", "T2N,", "holds no temperature_c"),
        ("pvgis_csv", "Slope: 0 deg.", "Slope: 35 deg.", "slope 35, expected 0"),
        ("pvgis_json", '"slope": {"value": 0}', '"slope": {"value": 35}', "slope 35, expected 0"),
        ("pvgis_csv", "Gd(i)", "Gx(i)", "components = 1"),
        ("pvgis_csv", "Elevation (m):\t700", "Elevation (m):\thigh", "cannot be read as PVGIS"),
        ("pvgis_tmy_csv", "T2m,", "T2n,", "holds no temperature_c"),
        ("pvgis_csv", "time,", "tme,", "holds no row that begins with 'time,'"),
        ("pvgis_csv", "20210102:0530", "2021-01-02 05:30", "expected a time and 7 numbers"),
        ("srw", "m/s", "mph", "line 4 gives speed in 'mph'; expected m/s"),
        ("srw", "Pressure", "Presure", "line 3 names 'presure'"),
        ("srw", "80,80,80,40,80,120", "80,80,80,40,80", "6 names, 6 units and 5 heights"),
        ("tmy2", " N 47", " X 47", "expected the header of TMY2"),
    ],
)
def test_wrong_units_and_misspelt_names_are_named(made, put, writers, case, old, new, words):
    text = sample(made, writers, case)
    assert old in text
    assert words in refused(put, text.replace(old, new), case)


@pytest.mark.parametrize("case", ["power_csv", "power_json"])
def test_the_fill_value_counts_as_missing(made, put, writers, case):
    file = made(utc_offset_hours=0.0, hours=240)
    text = writers[case](file)
    value = f"{file.series['pressure_pa'][100] / 1000:.3f}"
    old = value if case == "power_csv" else f": {float(value)}"
    new = "-999" if case == "power_csv" else ": -999.0"
    assert "pressure_pa has no value in 1 interval" in refused(put, text.replace(old, new), case)


def test_a_sam_wind_file_must_have_its_clock_declared(made, put, writers):
    text = sample(made, writers, "srw")
    with pytest.raises(WeatherError, match="does not say its clock; declare utc_offset_hours"):
        read_weather(put("a.srw", text))


def test_a_sam_wind_file_holds_the_heights_that_are_declared(made, put, writers):
    text = sample(made, writers, "srw")
    message = refused(put, text, "srw", wind_height_m=100.0)
    assert "holds no speed at 100 m, only at 40, 80, 120 m" in message


def test_a_daily_series_of_nasa_is_distinguished_from_an_hourly_one(made, put, writers):
    document = json.loads(sample(made, writers, "power_json"))
    days = {"20210101": 5.0, "20210102": 6.0}
    document["properties"]["parameter"] = dict.fromkeys(("T2M", "WS10M"), days)
    assert "is a day: this file is daily" in refused(put, json.dumps(document), "power_json")


NETCDF_EDITS = {
    "no temperature": (lambda d: d.drop_vars([n for n in d if n.lower() == "t2m"]), "holds no"),
    "no sunlight": (lambda d: d.drop_vars([n for n in d if n in ("ssrd", "SWGDN")]), "holds no"),
    "no wind": (lambda d: d.drop_vars([n for n in d if n in ("v10", "V10M")]), "holds no"),
    "no humidity": (
        lambda d: d.drop_vars([n for n in d if n in ("d2m", "QV2M")]),
        "neither relative_humidity_percent nor dew_point_c",
    ),
    "celsius": (lambda d: _units(d, ("t2m", "T2M"), "degC"), "is in 'degC', expected K"),
    "watts": (lambda d: _units(d, ("ssrd", "SWGDN"), "kW m-2"), "is in 'kW m-2', expected"),
    "NaN": (lambda d: _with_hole(d), "has no value in 1 interval"),
    "a stamp twice": (lambda d: _stamps(d, lambda t: _doubled(t)), "duplicate stamps"),
    "backwards": (lambda d: _stamps(d, lambda t: t[::-1].copy()), "runs backwards"),
    "hours missing": (lambda d: d.isel({_time(d): [*range(40), *range(45, 240)]}), "missing"),
    "half an hour off": (
        lambda d: _stamps(d, lambda t: t + np.timedelta64(17, "m")),
        "hour",
    ),
    "a day of three hours": (lambda d: d.isel({_time(d): slice(None, None, 3)}), ""),
    "twelve hours": (lambda d: d.isel({_time(d): slice(0, 12)}), "too few"),
    "no time": (lambda d: d.rename({_time(d): "step"}), "has no dimension"),
    "numbers for time": (
        lambda d: d.assign_coords({_time(d): np.arange(d.sizes[_time(d)])}),
        "holds no instants",
    ),
    "another dimension": (
        lambda d: d.expand_dims(member=3).transpose(..., "member"),
        "dimensions beside time and place: member = 3",
    ),
    "other variables": (lambda d: d.rename({n: f"x_{n}" for n in d}), "neither ERA5"),
}


def _time(dataset):
    return "valid_time" if "valid_time" in dataset.dims else "time"


def _units(dataset, names, unit):
    for name in set(names) & set(dataset):
        dataset[name].attrs["units"] = unit
    return dataset


def _with_hole(dataset):
    name = "t2m" if "t2m" in dataset else "T2M"
    values = dataset[name].values.copy()
    values[100] = np.nan
    dataset[name] = (dataset[name].dims, values, dataset[name].attrs)
    # ERA5's instants are averaged over the ends of the hour, so one hole is two.
    return dataset


def _stamps(dataset, change):
    return dataset.assign_coords({_time(dataset): change(dataset[_time(dataset)].values)})


def _doubled(times):
    times = times.copy()
    times[50] = times[49]
    return times


@pytest.mark.parametrize("edit", NETCDF_EDITS)
@pytest.mark.parametrize("case", NETCDF)
def test_a_broken_netcdf_is_one_message(made, put, writers, case, edit):
    change, words = NETCDF_EDITS[edit]
    if edit == "NaN" and case == "era5":
        words = "has no value in 2 intervals"
    assert words in refused(put, change(sample(made, writers, case)), case)


@pytest.mark.parametrize("case", NETCDF)
@pytest.mark.parametrize("share", [0.02, 0.3, 0.7, 0.98])
def test_a_truncated_netcdf_is_one_message(made, put, writers, case, share):
    whole = put("whole.nc", sample(made, writers, case)).read_bytes()
    assert "cannot be read as netCDF" in refused(put, whole[: int(share * len(whole))], case)


def test_text_keys_and_formats_do_not_fit_netcdf(made, put, writers):
    dataset = sample(made, writers, "era5")
    assert "can be declared for CSV only" in refused(put, dataset, "era5", stamp="end")
    assert "is netCDF, but format = 'epw' is text" in refused(put, dataset, "era5", format="epw")
    with pytest.raises(WeatherError, match="ERA5 comes as netCDF"):
        read(put, "a.csv", "time,x\n1,2\n", "", format="era5")


def test_a_variable_larger_than_a_century_of_hours_is_not_unpacked(made, put, writers, monkeypatch):
    from altay_energy.core.files import inputs
    from altay_energy.weather.formats.grid import netcdf

    monkeypatch.setattr(netcdf, "MAX_VALUES", 239)
    assert "more than 239" in refused(put, sample(made, writers, "era5"), "era5")
    monkeypatch.setattr(inputs, "MAX_BYTES", 1000)
    assert "is more than the 0 MB" in refused(put, sample(made, writers, "era5"), "era5")


@pytest.mark.parametrize("case", [*KIND, *JSON, *NETCDF])
def test_flipped_bytes_are_read_or_refused_and_never_break(made, put, writers, case):
    random = Random(7)
    content = sample(made, writers, case, hours=None if "tmy" in case or case == "srw" else 72)
    whole = put("whole.nc", content).read_bytes()
    for _ in range(3 if case.startswith("pvgis_tmy") else 20):
        damaged = bytearray(whole)
        for _ in range(random.choice([1, 3, 30])):
            damaged[random.randrange(len(damaged))] = random.randrange(256)
        with suppress(WeatherError):
            read(put, "a.nc" if case in NETCDF else "a.dat", bytes(damaged), case)


def test_a_sam_wind_file_without_speed_is_refused(made, put, writers):
    text = sample(made, writers, "srw")
    head, *rest = text.split("\n")
    cut = [line if k == 0 else ",".join(line.split(",")[:3]) for k, line in enumerate(rest)]
    assert "line 3 names no Speed" in refused(put, "\n".join([head, *cut]), "srw")
