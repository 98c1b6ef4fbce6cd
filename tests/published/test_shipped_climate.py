"""The stations of the built-in climate are what the fit gives of their files, figure by figure."""

from __future__ import annotations

import tomllib
from dataclasses import replace
from importlib import resources

import numpy as np
import pytest

from altay_energy.weather.climate.fit import station as climate_fit_station
from altay_energy.weather.climate.fit.fit import fit_document
from altay_energy.weather.read import read_weather

FILES = {
    "fuyun": "CHN_Xinjiang.Uygur.Fuyun.510870_CSWD.epw",
    "hoboksar": "CHN_Xinjiang.Uygur.Hoboksar.511560_CSWD.epw",
    "tacheng": "CHN_Xinjiang.Uygur.Tacheng.511330_CSWD.epw",
}
DIGITS = 1e-4
"""Figures are printed with five digits. [-]"""


def as_written(file, path):
    """The record with its humidity as it is written, up to 110 %: so the tables were fitted.

    Reading and fitting have since come to set values above 100 % to 100 %.
    """
    rows = path.read_text(encoding="latin-1").splitlines()[8:]
    humidity = np.array([float(row.split(",")[8]) for row in rows])
    cut = file.series["relative_humidity_percent"]
    np.testing.assert_array_equal(np.minimum(humidity, 100.0), cut)
    return replace(file, series={**file.series, "relative_humidity_percent": humidity})


@pytest.fixture(scope="module")
def shipped():
    data = resources.files("altay_energy") / "data" / "climate" / "altay.toml"
    return tomllib.loads(data.read_text(encoding="utf-8"))["stations"]


@pytest.mark.parametrize(
    "name", [n if n == "fuyun" else pytest.param(n, marks=pytest.mark.slow) for n in FILES]
)
def test_a_shipped_station_is_what_the_fit_gives_of_its_file(
    name, shipped, shared_data, monkeypatch
):
    path = shared_data / "weather" / FILES[name]
    file = as_written(read_weather(path), path)
    monkeypatch.setattr(climate_fit_station, "settle", lambda one: one)
    found = fit_document([file], [name])["stations"][name]
    table = shipped[name]
    assert table.keys() == found.keys()
    assert file.sha256 in table["files"][0]
    for key, value in table.items():
        if key in ("source", "files", "notes"):
            continue
        scale = np.abs(np.asarray(value)).max()
        np.testing.assert_allclose(
            found[key], value, rtol=DIGITS, atol=DIGITS * scale + 1e-6, err_msg=key
        )


def test_every_shipped_station_has_a_file_that_is_tried(shipped):
    assert shipped.keys() == FILES.keys()
