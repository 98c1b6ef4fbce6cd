"""Series of a scenario from CSV: aligned to the run, or refused with line and remedy."""

from __future__ import annotations

import numpy as np
import pytest

from altay_energy.core.errors import SeriesError
from altay_energy.core.files.table_spec import SeriesRef
from altay_energy.core.files.textfile import read_text
from altay_energy.core.timeline import Timeline
from altay_energy.weather.prepare.series_csv import SeriesFile

WEEK = Timeline.of_year(2030)
WEEK = Timeline(WEEK.start, 168)


def lines_of(timeline=WEEK, suffix="+08:00"):
    rows = [f"{str(t)[:16]}{suffix},{k % 10 / 10:.1f},{k}" for k, t in enumerate(timeline.local)]
    return ["time,wind,load", *rows]


def read_series_csv(path, names, timeline):
    refs = [SeriesRef(file=path.name, column=name, factor=1.0) for name in names]
    file = SeriesFile(read_text(path, error=SeriesError), refs[0], timeline, names)
    return {ref.column: file.column(ref).values for ref in refs}


@pytest.fixture
def read(write):
    def to(lines, columns=("wind",), timeline=WEEK, encoding="utf-8"):
        text = lines if isinstance(lines, str) else "\n".join(lines) + "\n"
        return read_series_csv(write("plan.csv", text, encoding), columns, timeline)

    return to


def edited(number, cell, column=1):
    """The week with one cell changed; ``number`` is the line in the file."""
    lines = lines_of()
    cells = lines[number - 1].split(",")
    cells[column] = cell
    lines[number - 1] = ",".join(cells)
    return lines


def test_columns_come_back_in_the_intervals_of_the_run(read):
    series = read(lines_of(), ("wind", "load"))
    assert set(series) == {"wind", "load"}
    np.testing.assert_array_equal(series["load"], np.arange(168))


def test_a_longer_file_serves_a_part_of_it(read):
    part = Timeline(Timeline.of_year(2030, 1.0, 6.0).start, 24, utc_offset_hours=6.0)
    # Midnight of UTC+6 is two o'clock of UTC+8.
    np.testing.assert_array_equal(read(lines_of(), ("load",), part)["load"], np.arange(2, 26))


@pytest.mark.parametrize("suffix", ["Z", "+00:00"])
def test_stamps_in_utc_are_as_good(read, suffix):
    hours = [str(t)[:16] for t in WEEK.utc]
    lines = ["time,wind", *(f"{hour}{suffix},{k}" for k, hour in enumerate(hours))]
    np.testing.assert_array_equal(read(lines)["wind"], np.arange(168))


@pytest.mark.parametrize(
    "text",
    [
        "\ufeff" + "\n".join(lines_of()),
        "\r\n".join(lines_of()),
        "\n".join(lines_of()).replace(",", ";"),
        "\n".join(lines_of()).replace(",", "\t"),
        "\n".join(lines_of()) + "\n\n\n",
        "\n".join(f'"{line}"'.replace(",", '","') for line in lines_of()),
    ],
    ids=["mark", "CRLF", "semicolon", "tab", "blank lines", "quotes"],
)
def test_ordinary_dialects_are_read(read, text):
    np.testing.assert_array_equal(read(text, ("load",))["load"], np.arange(168))


@pytest.mark.parametrize("encoding", ["gbk", "utf-16", "utf-16-le"])
def test_chinese_encodings_are_read(read, encoding):
    text = "\n".join(lines_of()).replace("load", "用电负荷")
    assert read(text, ("用电负荷",), encoding=encoding)["用电负荷"][-1] == 167


@pytest.mark.parametrize(
    ("column", "words"),
    [
        ("wnd", "no column is called 'wnd'; did you mean 'wind'?"),
        ("Load", "did you mean 'load'?"),
        ("price", "the header has 'time', 'wind', 'load'"),
    ],
)
def test_a_wrong_column_is_answered_with_the_right_one(read, column, words):
    with pytest.raises(SeriesError) as error:
        read(lines_of(), (column,))
    assert words in str(error.value)


@pytest.mark.parametrize(
    ("cell", "words"),
    [
        ("", r"no value in 1 row \(empty × 1\), first in line 50 \(2030-01-03 00:00\); fill"),
        ("-9999", r"no value in 1 row \(-9999 × 1\), first in line 50"),
        ("99999", r"no value in 1 row \(99999 × 1\)"),
        ("#N/A", r"no value in 1 row \(#N/A × 1\)"),
        ("null", r"no value in 1 row \(null × 1\)"),
        ("NaN", r"no value in 1 row \(NaN × 1\)"),
        ("inf", "line 50, column 'wind': 'inf' is infinite"),
        ('"1,234.5"', "line 50, column 'wind': '1,234.5' has a thousands separator"),
        ('"3,14"', "'3,14' has a decimal comma; write a point"),
        ("１２", "full-width characters; write plain digits"),
        ("1_000", "'1_000' is not a number"),
        ("calm", "'calm' is not a number"),
        ("45%", "'45%' is not a number"),
    ],
)
def test_a_cell_that_is_no_number_is_named(read, cell, words):
    with pytest.raises(SeriesError, match=words):
        read(edited(50, cell))


def test_many_bad_cells_are_counted(read):
    lines = lines_of()
    for k in range(20, 30):
        lines[k] = lines[k].rsplit(",", 2)[0] + ",-999,0"
    with pytest.raises(SeriesError, match=r"in 10 rows \(-999 × 10\).*and 7 more"):
        read(lines)


def test_a_value_that_only_looks_like_a_code_is_a_value(read):
    lines = ["time,price"] + [
        f"{str(t)[:16]}+08:00,{(k - 84) * 2 - 1}" for k, t in enumerate(WEEK.local)
    ]
    prices = read(lines, ("price",))["price"]
    assert -99.0 in prices


@pytest.mark.parametrize(
    ("lines", "words"),
    [
        (lines_of(suffix=""), "does not say its offset from UTC; write it, as in 2030-01-01T00:00"),
        (lines_of()[:100] + lines_of()[103:], "3 intervals missing in 1 gap: 2030-01-05 03:00"),
        (lines_of()[:100] + lines_of()[99:], "duplicate stamps: 2030-01-05 02:00 in lines 100 and"),
        ([lines_of()[0], *lines_of()[100:], *lines_of()[1:100]], "time runs backwards 1 time"),
        (lines_of()[:-1], "covers 2030-01-01 00:00 to 2030-01-07 23:00"),
        ([lines_of()[0], "ISO 8601,pu,MW", *lines_of()[1:]], "is this a second header row?"),
        (["time,wind,wind", *lines_of()[1:]], "names columns more than once: 'wind'"),
        (["time,wind,", *lines_of()[1:]], "column 3 of the header has no name"),
        ([lines_of()[0], *(f"{x}," for x in lines_of()[1:])], "remove the trailing separator"),
        (["time,wind,load"], "a header but no row below it"),
        (edited(7, "01/02/2030 06:00", 0), "line 7, column 'time': '01/02/2030 06:00' is no time"),
        (edited(7, "2030-01-01T24:00+08:00", 0), "hour 24 is hour 00 of the next day"),
        (edited(7, "2030-02-29T06:00+08:00", 0), "is no time"),
        ("", "the file is empty"),
    ],
    ids=lambda v: v[:25] if isinstance(v, str) else "lines",
)
def test_a_table_that_does_not_fit_is_refused(read, lines, words):
    with pytest.raises(SeriesError) as error:
        read(lines)
    assert words in str(error.value)
    assert str(error.value).startswith("plan.csv: ")


def test_another_year_is_reported_by_both_spans(read):
    with pytest.raises(SeriesError) as error:
        read(lines_of(), timeline=Timeline.of_year(2031))
    assert "covers 2030-01-01 00:00 to 2030-01-08 00:00 (UTC+8)" in str(error.value)
    assert "needs 2031-01-01 00:00 to 2032-01-01 00:00" in str(error.value)


def test_another_step_is_refused(read):
    with pytest.raises(SeriesError, match="steps of 60 min, but the run has 30 min"):
        read(lines_of(), timeline=Timeline(WEEK.start, 48, 0.5))


def test_stamps_beside_the_grid_are_refused(read):
    lines = [lines_of()[0]] + [
        line.replace(":00+", ":30+") for line in lines_of(Timeline(WEEK.start, 200))[1:]
    ]
    later = Timeline(WEEK.start.replace(day=2), 24)
    with pytest.raises(SeriesError, match="is not the beginning of an interval of the run"):
        read(lines, timeline=later)


def test_daylight_saving_time_is_recognised(read):
    hours = [f"2030-03-31T{h:02d}:00+00:00" for h in (0, 1, 3, 4, 5)]
    days = np.datetime64("2030-03-31T06:00") + np.arange(7000) * np.timedelta64(1, "h")
    hours += [f"{t}+00:00" for t in days]
    autumn = next(k for k, hour in enumerate(hours) if hour.startswith("2030-10-27T02"))
    hours.insert(autumn, hours[autumn])
    with pytest.raises(SeriesError, match="the clock is on daylight saving time"):
        read(["time,wind", *(f"{hour},1" for hour in hours)])


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"PK\x03\x04" + b"\x00" * 50, "not text but a zip archive; unpack it"),
        (b"PK\x03\x04" + b"\x00" * 26 + b"xl/workbook.xml", "not text but an Excel workbook"),
        (b"\x89HDF\r\n\x1a\n", "netCDF-4/HDF5"),
        (b"time,\x00\x01wind", "this is not text"),
        ("time,caf\u00e9\n".encode("latin-1"), "neither UTF-8, UTF-16 nor GBK"),
    ],
)
def test_files_that_are_no_text_are_named(write, content, words):
    with pytest.raises(SeriesError, match=words):
        read_series_csv(write("plan.csv", content), ["wind"], WEEK)


def test_a_file_that_is_too_large_is_not_opened(write, monkeypatch):
    monkeypatch.setattr("altay_energy.core.files.inputs.MAX_BYTES", 100)
    with pytest.raises(SeriesError, match="read at once; keep the columns and the period"):
        read_series_csv(write("plan.csv", "\n".join(lines_of())), ["wind"], WEEK)


def test_an_absent_file_is_an_error_of_ours(tmp_path):
    with pytest.raises(SeriesError, match=r"plan\.csv: cannot be read: No such file"):
        read_series_csv(tmp_path / "plan.csv", ["wind"], WEEK)


def test_a_cell_that_never_closes_its_quote_does_not_pass(read):
    with pytest.raises(SeriesError, match="line"):
        read(edited(50, '"0.5'))
