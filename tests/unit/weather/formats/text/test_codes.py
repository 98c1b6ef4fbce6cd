"""Codes for no value and units of each column, held against the manuals of the formats.

EPW: EnergyPlus "Auxiliary Programs", weather file format. TMY2: "User's Manual for TMY2s", table
3-3. TMY3: "Users Manual for TMY3 Data Sets", NREL/TP-581-43156. NSRDB: hPa. NASA POWER: its API.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose

from altay_energy.weather.files.assemble import columns
from altay_energy.weather.formats.text import nasa_power, pvgis, typical_year

LIGHT = ("ghi_w_m2", "dni_w_m2", "dhi_w_m2")
# Column: (what ten of the file's units are in ours, the code for no value or None).
EPW = {
    **{name: (10.0, 9999.0) for name in LIGHT},
    "temperature_c": (10.0, 99.9),
    "dew_point_c": (10.0, 99.9),
    "wind_speed_m_s": (10.0, 999.0),
    "pressure_pa": (10.0, 999999.0),
    "relative_humidity_percent": (10.0, 999.0),
    "snow_depth_m": (0.10, 999.0),  # cm
    "precipitation_mm": (10.0, 999.0),
    "wind_direction_deg": (10.0, 999.0),
}
TMY2 = {
    **{name: (10.0, 9999.0) for name in LIGHT},
    "temperature_c": (1.0, 9999.0),  # tenths
    "dew_point_c": (1.0, 9999.0),
    "wind_speed_m_s": (1.0, 999.0),
    "pressure_pa": (1000.0, 9999.0),  # mbar
    "relative_humidity_percent": (10.0, 999.0),
    "wind_direction_deg": (10.0, 999.0),
    "snow_depth_m": (0.10, 999.0),
}
TMY3 = {
    **{name: (10.0, -9900.0) for name in LIGHT},
    "temperature_c": (10.0, -9900.0),
    "dew_point_c": (10.0, -9900.0),
    "wind_speed_m_s": (10.0, -9900.0),
    "pressure_pa": (1000.0, -9900.0),
    "relative_humidity_percent": (10.0, -9900.0),
    "precipitation_mm": (10.0, -9900.0),
    "wind_direction_deg": (10.0, -9900.0),
}
NSRDB = {
    name: (1000.0 if name == "pressure_pa" else 10.0, None)
    for name in (
        *LIGHT,
        "temperature_c",
        "dew_point_c",
        "wind_speed_m_s",
        "pressure_pa",
        "relative_humidity_percent",
        "wind_direction_deg",
    )
}
PVGIS = {name: (10.0, None) for name in NSRDB if name != "dew_point_c"}
FORMATS = {
    "epw": (typical_year._EPW_NAMES, EPW),
    "tmy2": (typical_year._TMY2, TMY2),
    "tmy3": (typical_year._TMY3, TMY3),
    "nsrdb": (typical_year._NSRDB_NAMES, NSRDB),
    "pvgis": (pvgis._NAMES, PVGIS),
}
CASES = [(name, column) for name, (_, expected) in FORMATS.items() for column in expected]


@pytest.mark.parametrize("name", FORMATS)
def test_the_columns_of_a_format_are_those_of_its_manual(name):
    names, expected = FORMATS[name]
    assert names.keys() == expected.keys()
    assert len({theirs for theirs, _, _ in names.values()}) == len(names)


@pytest.mark.parametrize(("name", "column"), CASES)
def test_a_column_has_its_unit_and_its_code_for_no_value(name, column):
    names, expected = FORMATS[name]
    theirs = names[column][0]
    ten, code = expected[column]
    codes = [-9999.0, -999.0, np.nan] + ([] if code is None else [code])
    found = columns(pd.DataFrame({theirs: [10.0, 0.0, *codes]}), names)[column]
    assert_allclose(found[:2], [ten, 0.0])
    assert np.isnan(found[2:]).all()
    if code is not None:
        near = [value for value in (code + 1.0, -code) if value not in (-9999.0, -999.0)]
        assert np.isfinite(columns(pd.DataFrame({theirs: near}), names)[column]).all()


@pytest.mark.parametrize(
    ("column", "unit", "ten"),
    [
        *((name, unit, 10.0) for name in LIGHT for unit in ("wh/m^2", "w/m^2")),
        *((name, "mj/hr", 1e7 / 3600.0) for name in LIGHT),
        ("temperature_c", "c", 10.0),
        ("dew_point_c", "c", 10.0),
        ("relative_humidity_percent", "%", 10.0),
        ("pressure_pa", "kpa", 10_000.0),
        ("wind_speed_m_s", "m/s", 10.0),
        ("wind_speed_second_m_s", "m/s", 10.0),
        ("wind_direction_deg", "degrees", 10.0),
        ("wind_direction_deg", "degree", 10.0),
        ("precipitation_mm", "mm/hour", 10.0),
        ("precipitation_mm", "mm/hr", 10.0),
        ("precipitation_mm", "mm", 10.0),
    ],
)
def test_units_of_nasa_power(column, unit, ten):
    assert_allclose(10.0 * nasa_power.NAMES[column][1][unit], ten)


def test_no_further_units_of_nasa_power_are_taken():
    units = sum(len(factors) for _, factors in nasa_power.NAMES.values())
    assert units == 20
