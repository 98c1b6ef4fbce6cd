"""TMY3 with the February of a leap year, and as SolarAnywhere writes it."""

from __future__ import annotations

import numpy as np
import pytest

from altay_energy.core.errors import WeatherError
from altay_energy.weather.read import read_weather

FEBRUARY_OF_1998 = "/1998,"
"""Years of the months in the text that ``text_of`` writes: February is that of 1998."""


def american(made, **more):
    return made(utc_offset_hours=-6.0, longitude=-93.0, **more)


@pytest.mark.parametrize("year", [1976, 1996, 2000, 2004])
def test_a_february_of_a_leap_year_has_28_days(made, write, text_of, year):
    text = text_of["tmy3"](american(made, start="2021-02-20", hours=19 * 24))
    common = read_weather(write("common.csv", text))
    leap = read_weather(write("leap.csv", text.replace(FEBRUARY_OF_1998, f"/{year},")))
    assert leap.times.size == 19 * 24
    assert not leap.has_leap_day
    np.testing.assert_array_equal(leap.times, common.times)
    for name, values in common.series.items():
        np.testing.assert_array_equal(leap.series[name], values)
    assert leap.notices == common.notices


def test_a_29_february_in_the_file_stays(made, write, text_of):
    file = american(made, start="2020-02-20", hours=20 * 24)
    text = text_of["tmy3"](file).replace(FEBRUARY_OF_1998, "/2020,").replace("/1991,", "/2020,")
    read = read_weather(write("t.csv", text))
    assert read.times.size == 20 * 24
    assert read.has_leap_day
    np.testing.assert_allclose(read.series["ghi_w_m2"], file.series["ghi_w_m2"], atol=0.51)


def solaranywhere(made, text_of):
    """Midnight as 00:00 of the next day, one year, a stray bracket, a sign that is no UTF-8."""
    file = american(made, start="2021-01-01", hours=72)
    head, names, *rows = text_of["tmy3"](file).splitlines()
    head = head.replace('"TESTBURG"', "Testburg") + ',"Type: Timeseries / Copyright ®"'
    names = names.replace("DNI (W/m^2)", "DNI (W/m^2))")
    rows = [row.replace("/1995,", "/2021,") for row in rows]
    for k, row in enumerate(rows):
        if ",24:00," in row:
            day = int(row[3:5]) + 1
            rows[k] = f"01/{day:02d}/2021,00:00,{row.split(',24:00,')[1]}"
    return file, "\n".join([head, names, *rows]) + "\n"


def test_a_time_series_of_solaranywhere_keeps_its_year(made, write, text_of):
    file, text = solaranywhere(made, text_of)
    read = read_weather(write("s.csv", text, "latin-1"))
    assert read.format == "tmy3"
    assert not read.typical
    np.testing.assert_array_equal(read.times, file.times)
    np.testing.assert_allclose(read.series["dni_w_m2"], file.series["dni_w_m2"], atol=0.51)
    assert "text is Latin-1, not UTF-8" in read.notices


def test_a_time_that_is_none_is_named_with_its_line(made, write, text_of):
    text = text_of["tmy3"](american(made, hours=96)).replace(",03:00,", ",03:0x,", 1)
    with pytest.raises(WeatherError, match=r"t\.csv: "):
        read_weather(write("t.csv", text))
