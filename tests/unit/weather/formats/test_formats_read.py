"""Every further format gives back the weather that was written, at the hours it was written for."""

from __future__ import annotations

import numpy as np
import pytest

from altay_energy.weather.clock import clock_check
from altay_energy.weather.read import read_weather
from altay_energy.weather.spec import WeatherFileSpec

HOURLY = {"assumed_humidity_percent": 60.0}
CASES = {
    # name: (format, file name, declared, offset of its clock, typical, second height, tolerance)
    "tmy2": ("tmy2", "a.tm2", {}, -6.0, True, None),
    "pvgis_tmy_csv": ("pvgis", "a.csv", {}, 0.0, True, None),
    "pvgis_tmy_json": ("pvgis", "a.json", {}, 0.0, True, None),
    "pvgis_csv": ("pvgis", "a.csv", HOURLY, 0.0, False, None),
    "pvgis_json": ("pvgis", "a.json", HOURLY, 0.0, False, None),
    "power_json": ("nasa_power", "a.json", {}, 0.0, False, 50.0),
    "power_csv": ("nasa_power", "a.csv", {}, 0.0, False, 50.0),
    "era5": ("era5", "a.nc", {}, 0.0, False, 100.0),
    "merra2": ("merra2", "a.nc", {}, 0.0, False, 50.0),
}


def declared(name, given):
    return WeatherFileSpec.model_validate({"file": name, **given})


def sample(made, offset, hours=8760, **more):
    return made(utc_offset_hours=offset, longitude=-93.0, hours=hours, **more)


@pytest.mark.parametrize("case", CASES)
def test_each_format_gives_back_the_weather_that_was_written(made, put, writers, case):
    kind, name, given, offset, typical, second = CASES[case]
    file = sample(made, offset)
    read = read_weather(put(name, writers[case](file)), declared(name, given))
    assert read.format == kind
    assert read.utc_offset_hours == offset
    assert read.typical == typical
    np.testing.assert_allclose(read.location(), (47.0, -93.0, 700.0), atol=0.01) if (
        case != "merra2"
    ) else None
    assert (read.latitude, read.longitude) == pytest.approx((47.0, -93.0))
    assert read.wind_height_m == 10.0
    assert read.wind_second_height_m == second
    for light in ("ghi_w_m2", "dhi_w_m2"):
        if light in read.series:
            np.testing.assert_allclose(read.series[light], file.series[light], atol=0.51)
    # Stamps were understood: the sun stands where the light is.
    located = read.located(47.0, -93.0, 700.0)
    assert clock_check(located).lag_hours == pytest.approx(0.0, abs=0.05)
    if not typical:
        np.testing.assert_array_equal(read.times, file.times)
    # ERA5's instants are averaged over the ends of each hour, all else is as it was written.
    for series, atol in (("temperature_c", 0.06), ("wind_speed_m_s", 0.06), ("pressure_pa", 51)):
        if series in read.series:
            values = file.series[series]
            if kind == "era5":
                values = 0.5 * (values + np.concatenate((values[:1], values[:-1])))
            np.testing.assert_allclose(read.series[series], values, atol=atol)
