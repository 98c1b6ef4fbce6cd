"""Files of every further format, written by us from its specification."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pytest
import xarray as xr

from altay_energy.weather.files.file import WeatherFile
from altay_energy.weather.formats.own import MARK, write_own

YEARS = (1995, 1998, 1991, 2001, 2003, 1993, 1999, 1990, 2004, 1996, 1992, 2000)
HOUR = np.timedelta64(3600, "s")


def moments(times):
    return [moment.astype("datetime64[s]").item() for moment in times]


def tmy2(file: WeatherFile) -> str:
    """TMY2 by its users' manual: fixed columns, tenths of °C and m/s, flags after each value."""
    north, east = ("N" if file.latitude >= 0 else "S"), ("E" if file.longitude >= 0 else "W")
    degrees = [(int(abs(x)), round(60 * (abs(x) % 1))) for x in (file.latitude, file.longitude)]
    lines = [
        f" 99999 TEST CITY              ND {file.utc_offset_hours:3.0f} {north} "
        f"{degrees[0][0]:2d} {degrees[0][1]:2d} {east} {degrees[1][0]:3d} {degrees[1][1]:2d} "
        f"{file.elevation_m:5.0f}"
    ]
    s = file.series
    for k, t in enumerate(moments(file.local)):
        light = "".join(f"{s[name][k]:4.0f}A7" for name in ("ghi_w_m2", "dni_w_m2", "dhi_w_m2"))
        lines.append(
            f" {YEARS[t.month - 1] % 100:02d}{t.month:2d}{t.day:2d}{t.hour + 1:2d}"
            f"{1000:4d}{1360:4d}{light}{'   0I6' * 4}{' 5A7' * 2}"
            f"{10 * s['temperature_c'][k]:4.0f}A7{-50:4d}A7"
            f"{s['relative_humidity_percent'][k]:3.0f}A7{s['pressure_pa'][k] / 100:4.0f}A7"
            f"{180:3d}A7{10 * s['wind_speed_m_s'][k]:3.0f}A7{160:4d}A7{77777:5d}A7"
            f"{'9' * 10}{10:3d}A7{50:3d}A7{3:3d}A7{5:2d}A7"
        )
    return "\n".join(lines) + "\n"


def pvgis_tmy_csv(file: WeatherFile) -> str:
    """PVGIS typical year as CSV: header, months with their years, rows in UTC, legend."""
    head = [
        f"Latitude (decimal degrees): {file.latitude:.3f}",
        f"Longitude (decimal degrees): {file.longitude:.3f}",
        f"Elevation (m): {file.elevation_m:.1f}",
        "Irradiance Time Offset (h): 0.5",
        "month,year",
        *[f"{m + 1},{YEARS[m]}" for m in range(12)],
        "time(UTC),T2m,RH,G(h),Gb(n),Gd(h),IR(h),WS10m,WD10m,SP",
    ]
    return "\r\n".join([*head, *(",".join(map(str, row)) for row in _tmy_rows(file)), "", "T2m: x"])


def _tmy_rows(file: WeatherFile):
    s = file.series
    for k, t in enumerate(moments(file.times)):
        yield (
            f"{YEARS[t.month - 1]}{t:%m%d:%H%M}",
            round(s["temperature_c"][k], 2),
            round(s["relative_humidity_percent"][k], 2),
            round(s["ghi_w_m2"][k], 2),
            round(s["dni_w_m2"][k], 2),
            round(s["dhi_w_m2"][k], 2),
            300.0,
            round(s["wind_speed_m_s"][k], 2),
            180.0,
            round(s["pressure_pa"][k]),
        )


def _pvgis_inputs(file: WeatherFile) -> dict:
    return {
        "location": {
            "latitude": file.latitude,
            "longitude": file.longitude,
            "elevation": file.elevation_m,
        }
    }


def pvgis_tmy_json(file: WeatherFile) -> str:
    """The same as JSON."""
    names = ("time(UTC)", "T2m", "RH", "G(h)", "Gb(n)", "Gd(h)", "IR(h)", "WS10m", "WD10m", "SP")
    inputs = _pvgis_inputs(file)
    inputs["location"]["irradiance_time_offset"] = 0.5
    return json.dumps(
        {
            "inputs": inputs,
            "outputs": {
                "months_selected": [{"month": m + 1, "year": YEARS[m]} for m in range(12)],
                "tmy_hourly": [dict(zip(names, row, strict=True)) for row in _tmy_rows(file)],
            },
            "meta": {"inputs": {}, "outputs": {}},
        }
    )


def _series_rows(file: WeatherFile, minute: int):
    s = file.series
    for k, t in enumerate(moments(file.times)):
        yield (
            f"{t:%Y%m%d:%H}{minute:02d}",
            round(s["ghi_w_m2"][k] - s["dhi_w_m2"][k], 2),
            round(s["dhi_w_m2"][k], 2),
            0.0,
            30.0,
            round(s["temperature_c"][k], 2),
            round(s["wind_speed_m_s"][k], 2),
            0.0,
        )


def pvgis_csv(file: WeatherFile, minute: int = 30, slope: int = 0) -> str:
    """PVGIS hourly series as CSV on a plane of the given slope."""
    head = [
        f"Latitude (decimal degrees):\t{file.latitude:.3f}",
        f"Longitude (decimal degrees):\t{file.longitude:.3f}",
        f"Elevation (m):\t{file.elevation_m:.0f}",
        "Radiation database:\tPVGIS-ERA5",
        "",
        f"Slope: {slope} deg.",
        "Azimuth: 0 deg.",
        "time,Gb(i),Gd(i),Gr(i),H_sun,T2m,WS10m,Int",
    ]
    rows = [",".join(map(str, row)) for row in _series_rows(file, minute)]
    return "\r\n".join([*head, *rows, "", "Gb(i): direct light on the plane (W/m2)", ""])


def pvgis_json(file: WeatherFile, minute: int = 30, slope: int = 0) -> str:
    """The same as JSON."""
    names = ("time", "Gb(i)", "Gd(i)", "Gr(i)", "H_sun", "T2m", "WS10m", "Int")
    inputs = _pvgis_inputs(file)
    inputs["mounting_system"] = {"fixed": {"slope": {"value": slope}, "azimuth": {"value": 0}}}
    rows = [dict(zip(names, row, strict=True)) for row in _series_rows(file, minute)]
    return json.dumps(
        {"inputs": inputs, "outputs": {"hourly": rows}, "meta": {"inputs": {}, "outputs": {}}}
    )


POWER = {
    "ALLSKY_SFC_SW_DWN": ("ghi_w_m2", 1.0, "Wh/m^2"),
    "ALLSKY_SFC_SW_DNI": ("dni_w_m2", 1.0, "Wh/m^2"),
    "ALLSKY_SFC_SW_DIFF": ("dhi_w_m2", 1.0, "Wh/m^2"),
    "T2M": ("temperature_c", 1.0, "C"),
    "RH2M": ("relative_humidity_percent", 1.0, "%"),
    "PS": ("pressure_pa", 1e-3, "kPa"),
    "WS10M": ("wind_speed_m_s", 1.0, "m/s"),
    "WS50M": ("wind_speed_m_s", 1.4, "m/s"),
}


def power_json(file: WeatherFile, standard: str = "UTC") -> str:
    """NASA POWER hourly point as GeoJSON."""
    times = moments(file.times if standard == "UTC" else file.local)
    return json.dumps(
        {
            "type": "Feature",
            "geometry": {
                "type": "Point",
                "coordinates": [file.longitude, file.latitude, file.elevation_m],
            },
            "properties": {
                "parameter": {
                    name: {
                        f"{t:%Y%m%d%H}": round(f * file.series[ours][k], 3)
                        for k, t in enumerate(times)
                    }
                    for name, (ours, f, _) in POWER.items()
                }
            },
            "header": {"title": "made", "fill_value": -999.0, "time_standard": standard},
            "messages": [],
            "parameters": {
                name: {"units": unit, "longname": "made"} for name, (_, _, unit) in POWER.items()
            },
            "times": {"data": 1.0, "process": 1.0},
        }
    )


def power_csv(file: WeatherFile) -> str:
    """NASA POWER hourly point as CSV."""
    head = [
        "-BEGIN HEADER-",
        "NASA/POWER Source Native Resolution Hourly Data",
        "Dates (month/day/year): 01/01/2021 through 12/31/2021 in UTC",
        f"Location: Latitude  {file.latitude}   Longitude {file.longitude}",
        "elevation from MERRA-2: Average for 0.5 x 0.625 degree lat/lon region = "
        f"{file.elevation_m} meters",
        "The value for missing source data that cannot be computed or is outside of the sources "
        "availability range: -999",
        "Parameter(s):",
        *[f"{name}     made of something ({unit})" for name, (_, _, unit) in POWER.items()],
        "-END HEADER-",
        ",".join(["YEAR", "MO", "DY", "HR", *POWER]),
    ]
    rows = [
        ",".join(
            [
                *map(str, (t.year, t.month, t.day, t.hour)),
                *(f"{f * file.series[ours][k]:.3f}" for ours, f, _ in POWER.values()),
            ]
        )
        for k, t in enumerate(moments(file.times))
    ]
    return "\n".join([*head, *rows]) + "\n"


def srw(file: WeatherFile) -> str:
    """SAM wind file with three heights of speed."""
    columns = [("Temperature", "C", 80), ("Pressure", "atm", 80), ("Direction", "Degrees", 80)]
    columns += [("Speed", "m/s", h) for h in (40, 80, 120)]
    lines = [
        f"1234,Testburg,XJ,China,2021,{file.latitude},{file.longitude},{file.elevation_m},1,8760",
        "made for a test",
        *(",".join(str(column[k]) for column in columns) for k in range(3)),
    ]
    s = file.series
    for k in range(file.times.size):
        v = s["wind_speed_m_s"][k]
        lines.append(f"{s['temperature_c'][k]:.1f},0.91,200,{v:.3f},{1.2 * v:.3f},{1.3 * v:.3f}")
    return "\n".join(lines) + "\n"


def era5(file: WeatherFile, land: bool = False) -> xr.Dataset:
    """ERA5 point: sums end at the stamp, instants in kelvin, packed latitude and longitude."""
    s = file.series
    end = file.times + HOUR
    ghi = 3600.0 * s["ghi_w_m2"]
    direct = 3600.0 * (s["ghi_w_m2"] - s["dhi_w_m2"])
    if land:
        day = (end - HOUR).astype("datetime64[D]")
        ghi, direct = (_since_midnight(x, day) for x in (ghi, direct))
    wind = s["wind_speed_m_s"]

    def over_time(values, units):
        return (
            ("valid_time", "latitude", "longitude"),
            np.asarray(values, dtype=np.float32)[:, None, None],
            {"units": units},
        )

    return xr.Dataset(
        {
            "t2m": over_time(s["temperature_c"] + 273.15, "K"),
            "d2m": over_time(s["temperature_c"] + 268.15, "K"),
            "sp": over_time(s["pressure_pa"], "Pa"),
            "ssrd": over_time(ghi, "J m**-2"),
            "fdir": over_time(direct, "J m**-2"),
            "tp": over_time(np.full(wind.size, 2e-4), "m"),
            "u10": over_time(wind * 0.6, "m s**-1"),
            "v10": over_time(wind * 0.8, "m s**-1"),
            "u100": over_time(wind * 0.9, "m s**-1"),
            "v100": over_time(wind * 1.2, "m s**-1"),
            "z": over_time(np.full(wind.size, file.elevation_m * 9.80665), "m**2 s**-2"),
        },
        coords={
            "valid_time": end.astype("datetime64[ns]"),
            "latitude": [file.latitude],
            "longitude": [file.longitude % 360.0],
        },
    )


def _since_midnight(values, day):
    total = np.cumsum(values)
    first = np.searchsorted(day, day)
    return total - np.where(first > 0, total[first - 1], 0.0)


def merra2(file: WeatherFile) -> xr.Dataset:
    """MERRA-2 point: hourly means at half past, specific humidity."""
    s = file.series
    celsius = s["temperature_c"]
    vapour = (
        s["relative_humidity_percent"]
        / 100
        * 610.94
        * np.exp(17.625 * celsius / (243.04 + celsius))
    )
    wind = s["wind_speed_m_s"]

    def over_time(values, units):
        return (("time", "lat", "lon"), np.asarray(values)[:, None, None], {"units": units})

    return xr.Dataset(
        {
            "T2M": over_time(celsius + 273.15, "K"),
            "QV2M": over_time(0.622 * vapour / (s["pressure_pa"] - 0.378 * vapour), "kg kg-1"),
            "PS": over_time(s["pressure_pa"], "Pa"),
            "SWGDN": over_time(s["ghi_w_m2"], "W m-2"),
            "U10M": over_time(wind * 0.6, "m s-1"),
            "V10M": over_time(-wind * 0.8, "m s-1"),
            "U50M": over_time(wind * 0.84, "m s-1"),
            "V50M": over_time(-wind * 1.12, "m s-1"),
        },
        coords={
            "time": (file.times + HOUR // 2).astype("datetime64[ns]"),
            "lat": [file.latitude],
            "lon": [file.longitude],
        },
    )


def own_csv(file: WeatherFile) -> str:
    """What `weather convert` writes as CSV."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "a.csv"
        write_own(file, path)
        return path.read_text(encoding="utf-8")


WRITERS: dict[str, Callable] = {
    "altay": own_csv,
    "tmy2": tmy2,
    "pvgis_tmy_csv": pvgis_tmy_csv,
    "pvgis_tmy_json": pvgis_tmy_json,
    "pvgis_csv": pvgis_csv,
    "pvgis_json": pvgis_json,
    "power_json": power_json,
    "power_csv": power_csv,
    "srw": srw,
    "era5": era5,
    "merra2": merra2,
}


@pytest.fixture
def writers(text_of: dict[str, Callable]) -> dict[str, Callable]:
    """A writer of each format: text, or a dataset for netCDF."""
    return {**WRITERS, **text_of}


@pytest.fixture
def put(tmp_path: Path) -> Callable[..., Path]:
    """Write text, bytes or a dataset to a file."""

    def to(name: str, content) -> Path:
        path = tmp_path / name
        if isinstance(content, xr.Dataset):
            content.to_netcdf(path, engine="h5netcdf")
        else:
            path.write_bytes(content if isinstance(content, bytes) else content.encode("utf-8"))
        return path

    return to


@pytest.fixture
def mark() -> str:
    """First line of our own CSV."""
    return MARK
