"""CSV as people save it: encodings, separators, decimal signs, line ends."""

from __future__ import annotations

import numpy as np
import pytest

from altay_energy.core.errors import WeatherError
from altay_energy.weather.files.spec import WeatherFileSpec
from altay_energy.weather.read import read_weather

COLUMNS = {
    "ghi_w_m2": "总辐射",
    "temperature_c": "气温",
    "wind_speed_m_s": "风速㐂",
    "relative_humidity_percent": "湿度",
}


def chinese(file, separator=",", decimal=".", end="\n"):
    rows = [separator.join(["时间", *COLUMNS.values()])]
    for k, local in enumerate(file.local):
        cells = [f"{file.series[name][k]:.2f}".replace(".", decimal) for name in COLUMNS]
        rows.append(separator.join([str(local).replace("T", " ").replace("-", "/"), *cells]))
    return end.join(rows) + end


def spec(**more):
    given = {"file": "w.csv", "stamp": "begin", "wind_height_m": 10.0, "utc_offset_hours": 8.0}
    return WeatherFileSpec.model_validate({**given, "time": "时间", "columns": COLUMNS, **more})


@pytest.mark.parametrize(
    ("encoding", "notice"),
    [
        ("utf-8", None),
        ("utf-8-sig", None),
        ("gb18030", "text is GBK, not UTF-8"),
        ("utf-16", "text is UTF-16"),
        ("utf-16-le", "text is UTF-16 without a mark"),
    ],
)
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_chinese_headers_are_read_in_every_encoding(made, write, encoding, notice, end):
    file = made(hours=96)
    read = read_weather(write("w.csv", chinese(file, end=end), encoding), spec())
    np.testing.assert_array_equal(read.times, file.times)
    np.testing.assert_allclose(read.series["ghi_w_m2"], file.series["ghi_w_m2"], atol=0.006)
    assert notice is None or notice in read.notices


@pytest.mark.parametrize("separator", [";", "\t"])
def test_semicolons_and_tabs_go_with_decimal_commas(made, write, separator):
    file = made(hours=96)
    path = write("w.csv", chinese(file, separator, ","), "gb18030")
    with pytest.raises(WeatherError, match="has a decimal comma; write a point"):
        read_weather(path, spec())
    read = read_weather(path, spec(decimal=","))
    np.testing.assert_allclose(
        read.series["wind_speed_m_s"], file.series["wind_speed_m_s"], atol=6e-3
    )
    assert f"columns are separated by {separator!r}" in read.notices


def test_a_declared_encoding_that_does_not_fit_is_said(made, write):
    path = write("w.csv", chinese(made(hours=96)), "gb18030")
    with pytest.raises(WeatherError, match="encoding = 'utf-8' does not fit"):
        read_weather(path, spec(encoding="utf-8"))
