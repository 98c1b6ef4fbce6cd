"""Load, price and flow files in the shapes in which public packages ship them, with own numbers."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import pytest

from altay_energy.core.errors import SeriesError
from altay_energy.core.files.table_spec import SeriesRef
from altay_energy.core.files.textfile import read_text
from altay_energy.core.timeline import Timeline
from altay_energy.weather.prepare.series_csv import SeriesFile

DAY = Timeline(Timeline.of_year(2030).start, 24)
HOURS = np.arange(24.0)


def column_of(path, ref, timeline, unit):
    text = read_text(path, error=SeriesError)
    return SeriesFile(text, ref, timeline, [ref.column]).column(ref, unit)


@dataclass(frozen=True)
class Shape:
    """A file, the keys by which it is read, and what must come out for hour k."""

    text: str
    keys: dict[str, object]
    unit: str
    expected: np.ndarray
    timeline: Timeline = DAY
    encoding: str = "utf-8"
    notices: tuple[str, ...] = field(default=())


def lines(row, count=24):
    return "".join(f"{row(k)}\n" for k in range(count))


def naive(k, minutes=60):
    return str(np.datetime64("2030-01-01T00:00") + np.timedelta64(k * minutes, "m"))


def german(k, minutes=60):
    date, clock = naive(k, minutes).split("T")
    return f"{'.'.join(date.split('-')[::-1])} {clock}"


START = {"start": "2030-01-01T00:00"}
LOCAL = {"utc_offset_hours": 8.0}
SHAPES = {
    "values with a header (python-microgrid)": Shape(
        "Electricity:Facility [kW](Hourly)\n" + lines(lambda k: 700 + k),
        {"column": "Electricity:Facility [kW](Hourly)", "unit": "kW", **START},
        "MW",
        (700 + HOURS) / 1e3,
        notices=("24 rows of 60 min from 2030-01-01 00:00 (UTC+8) on", "from kW to MW"),
    ),
    "values without a header (REopt)": Shape(
        lines(lambda k: 230.5 + k),
        {"column": "1", "header_line": 0, "unit": "kW", **START},
        "MW",
        (230.5 + HOURS) / 1e3,
    ),
    "numbered hours (oemof, REopt)": Shape(
        "timestep,demand_el,pv\n" + lines(lambda k: f"{k + 1},{500 + k},0.1"),
        {"column": "demand_el", "unit": "kW", **START},
        "MW",
        (500 + HOURS) / 1e3,
    ),
    "two lines of names (Calliope)": Shape(
        "techs,heat,heat,power,power\nnodes,X1,X2,X1,X2\n"
        + lines(lambda k: f"{naive(k).replace('T', ' ')},1,2,3,{40 + k}"),
        {"column": "power X2", "header_line": [1, 2], "time": "techs nodes", "unit": "kW", **LOCAL},
        "MW",
        (40 + HOURS) / 1e3,
    ),
    "a comment above four lines of names (Calliope)": Shape(
        'comment,"measured, then\nfilled",\nnodes,north,south\ntechs,demand,demand\n'
        "inputs,use,use\ntimesteps,,\n" + lines(lambda k: f"{naive(k)},9,{60 + k}"),
        {
            "column": "south demand use",
            "header_line": [3, 4, 5, 6],
            "time": "nodes techs inputs timesteps",
            **LOCAL,
        },
        "MW",
        60 + HOURS,
    ),
    "a nameless index of stamps (pandas)": Shape(
        "\ufeff,X1\n" + lines(lambda k: f"{naive(k)},{-0.3 - k / 100}"),
        {"column": "X1", "unit": "CNY/kWh", "factor": -1.0, **LOCAL},
        "CNY/MWh",
        300 + 10 * HOURS,
        notices=("those of the first column, which has no name", "× -1 converted from CNY/kWh"),
    ),
    "a nameless index of numbers (PyPSA)": Shape(
        ",1,3\n" + lines(lambda k: f"{k},{200 + k},7"),
        {"column": "1", **START},
        "MW",
        200 + HOURS,
    ),
    "steps of three hours (PyPSA)": Shape(
        ",demand\n" + lines(lambda k: f"{k},{5000 + k}", 8),
        {"column": "demand", "step_hours": 3.0, "substeps": "hold", **START},
        "MW",
        5000 + HOURS // 3,
        notices=("values of 180 min held over 60 min",),
    ),
    "cells that are empty beside the series (GenX)": Shape(
        "Voll,$/MWh,Time_Index,Demand_MW_z1\n"
        + lines(lambda k: f"{'50000,2000' if k == 0 else ','},{k + 1},{7000 + k}"),
        {"column": "Demand_MW_z1", **START},
        "MW",
        7000 + HOURS,
    ),
    "year, month, day and period (RTS-GMLC)": Shape(
        "Year,Month,Day,Period,1\n" + lines(lambda k: f"2030,1,1,{k + 1},{900 + k}"),
        {"column": "1", "time": ["Year", "Month", "Day", "Period"], "stamp": "end", **LOCAL},
        "MW",
        900 + HOURS,
        notices=("a stamp is the end of its interval (declared)",),
    ),
    "quoted names and clock without offset (PLEXOS)": Shape(
        '"time","101","102"\n' + lines(lambda k: f"{naive(k).replace('T', ' ')}:00,{22 + k},1"),
        {"column": "101", "factor": 7.0, **LOCAL},
        "CNY/MWh",
        7 * (22 + HOURS),
    ),
    "semicolons, days first, a quarter of an hour (SimBench)": Shape(
        "time;PV;Wind\n" + lines(lambda k: f"{german(k, 15)};0;{k % 4 / 4}", 96),
        {"column": "Wind", "time_format": "%d.%m.%Y %H:%M", "resample": "mean", **LOCAL},
        "-",
        np.full(24, 0.375),
        notices=("columns are separated by ';'", "means of 15 min over 60 min"),
    ),
    "an average price with a decimal comma (spot market)": Shape(
        "Datum;Preis (EUR/MWh)\n" + lines(lambda k: f"{german(k)};{20 + k},5"),
        {
            **{"column": "Preis (EUR/MWh)", "time": "Datum", "time_format": "%d.%m.%Y %H:%M"},
            **{"decimal": ",", "unit": "CNY/MWh", "factor": 7.8, **LOCAL},
        },
        "CNY/MWh",
        7.8 * (20.5 + HOURS),
        notices=("the name of column 'Preis (EUR/MWh)' says EUR/MWh; taken as CNY/MWh",),
    ),
    "power per power installed (oemof)": Shape(
        "timestep,electricity demand (kW),pv yield (kW/kW)\n"
        + lines(lambda k: f"{naive(k).replace('T', ' ')}:00,3,{k / 100}"),
        {"column": "pv yield (kW/kW)", "time": "timestep", **LOCAL},
        "-",
        HOURS / 100,
    ),
    "energy of a quarter of an hour (meter)": Shape(
        "时间,电量(kWh)\n" + lines(lambda k: f"{naive(k, 15).replace('-', '/')},250", 96),
        {"column": "电量(kWh)", "time": "时间", "unit": "kWh", "resample": "mean", **LOCAL},
        "MW",
        np.ones(24),
        encoding="gbk",
    ),
    "Excel's numbers of days": Shape(
        "date,load\n" + lines(lambda k: f"{47484 + k / 24:.9f},{5 + k}"),
        {"column": "load", "time": "date", "time_format": "excel", **LOCAL},
        "MW",
        5 + HOURS,
    ),
    "hour 24 as the end of the day": Shape(
        "time,load\n" + lines(lambda k: f"2030-01-01 {k + 1:02d}:00,{k}"),
        {"column": "load", "stamp": "end", **LOCAL},
        "MW",
        HOURS,
    ),
    "lines about the place above the header (Open-Meteo)": Shape(
        "latitude,longitude,elevation\n47.4,85.9,900\n\ntime,river_discharge (m³/s)\n"
        + lines(lambda k: f"{naive(k)},{80 + k}"),
        {"column": "river_discharge (m³/s)", **LOCAL},
        "m³/s",
        80 + HOURS,
        notices=("the header is line 4; 3 lines above it left out",),
    ),
    "lines with commas above columns with semicolons": Shape(
        "Station, river, owner, remark\nsource: gauge\ntime;flow_m3_h\n"
        + lines(lambda k: f"{naive(k)};{3600 * k}"),
        {"column": "flow_m3_h", "unit": "m3/h", **LOCAL},
        "m³/s",
        HOURS,
    ),
}


@pytest.mark.parametrize("name", SHAPES)
def test_a_file_as_packages_ship_it_is_read_by_its_keys(write, name):
    shape = SHAPES[name]
    path = write("plan.csv", shape.text, shape.encoding)
    ref = SeriesRef(file="plan.csv", **shape.keys)
    column = column_of(path, ref, shape.timeline, shape.unit)
    np.testing.assert_allclose(column.values, shape.expected, rtol=1e-9, atol=1e-12)
    for words in shape.notices:
        assert words in "\n".join(column.notices)


@pytest.mark.parametrize("name", SHAPES)
def test_without_its_keys_the_message_names_one_that_decides_it(write, name):
    """Or the file is read to the same values: nothing else may come out in silence."""
    shape = SHAPES[name]
    path = write("plan.csv", shape.text, shape.encoding)
    ref = SeriesRef(file="plan.csv", column=str(shape.keys["column"]))
    with pytest.raises(SeriesError) as error:
        column_of(path, ref, shape.timeline, shape.unit)
    settles = [key for key in shape.keys if key != "column" and key in str(error.value)]
    assert settles, str(error.value)
