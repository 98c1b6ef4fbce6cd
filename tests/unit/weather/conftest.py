"""Weather made for tests: a clear sky by the sun's height, and files of each format with it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from altay_energy.weather.files.clock import cos_zenith
from altay_energy.weather.files.file import WeatherFile

HOUR = np.timedelta64(3600, "s")


def make_file(
    *,
    start: str = "2021-01-01",
    hours: int = 8760,
    step_hours: float = 1.0,
    latitude: float = 47.0,
    longitude: float = 86.0,
    elevation_m: float = 700.0,
    utc_offset_hours: float = 8.0,
    lag_hours: float = 0.0,
    cloud_seed: int | None = None,
    typical: bool = False,
) -> WeatherFile:
    """A file whose sunlight follows the sun, late by ``lag_hours``, from a local start."""
    steps = round(hours / step_hours)
    step = np.timedelta64(round(3600 * step_hours), "s")
    local = np.datetime64(start, "s") + np.arange(steps) * step
    times = local - np.timedelta64(round(3600 * utc_offset_hours), "s")
    sun = times + step // 2 - np.timedelta64(round(3600 * lag_hours), "s")
    height = np.maximum(cos_zenith(latitude, longitude, sun), 0.0)
    clear = np.ones(steps)
    if cloud_seed is not None:
        random = np.random.default_rng(cloud_seed)
        days = np.repeat(random.beta(2.0, 1.0, size=steps // round(24 / step_hours) + 1), 24)
        clear = np.resize(days, steps) * random.uniform(0.6, 1.0, size=steps)
    hour = np.arange(steps) * step_hours
    direct = 900.0 * (height > 0.0) * clear * height**0.2
    diffuse = 110.0 * height**0.5
    return WeatherFile(
        name="made.csv",
        format="csv",
        place="made",
        latitude=latitude,
        longitude=longitude,
        elevation_m=elevation_m,
        utc_offset_hours=utc_offset_hours,
        times=times,
        step_hours=step_hours,
        series={
            "ghi_w_m2": direct * height + diffuse,
            "dni_w_m2": direct,
            "dhi_w_m2": diffuse,
            "temperature_c": 5.0 + 10.0 * np.sin(2.0 * np.pi * hour / 24.0) + hour % 7 * 0.1,
            "wind_speed_m_s": 5.0 + 2.0 * np.sin(hour / 17.0),
            "pressure_pa": 93000.0 + 500.0 * np.sin(hour / 50.0),
            "relative_humidity_percent": 60.0 + 20.0 * np.cos(hour / 30.0),
        },
        wind_height_m=10.0,
        typical=typical,
        sha256="0" * 64,
    )


@pytest.fixture
def made() -> Callable[..., WeatherFile]:
    """Make a file whose sunlight follows the sun."""
    return make_file


@pytest.fixture
def with_series() -> Callable[..., WeatherFile]:
    """The same file with some series replaced; None takes one away."""

    def change(file: WeatherFile, **series: np.ndarray | None) -> WeatherFile:
        merged = {**file.series, **series}
        return replace(file, series={k: v for k, v in merged.items() if v is not None})

    return change


@pytest.fixture
def write(tmp_path: Path) -> Callable[..., Path]:
    """Write text or bytes to a file and return its path."""

    def to(name: str, content: str | bytes, encoding: str = "utf-8") -> Path:
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode(encoding))
        return path

    return to


def epw_text(file: WeatherFile, place: str = "Testburg", year: int = 2005) -> str:
    """EPW by its specification: 8 header lines, 35 fields, hours 1 to 24."""
    lines = [
        f"LOCATION,{place},Xinjiang,CHN,TEST,999999,{file.latitude},{file.longitude},"
        f"{file.utc_offset_hours},{file.elevation_m}",
        "DESIGN CONDITIONS,0",
        "TYPICAL/EXTREME PERIODS,0",
        "GROUND TEMPERATURES,0",
        "HOLIDAYS/DAYLIGHT SAVINGS,No,0,0,0",
        "COMMENTS 1,made for a test",
        "COMMENTS 2,",
        "DATA PERIODS,1,1,Data,Sunday,1/1,12/31",
    ]
    series = file.series
    for k, local in enumerate(file.local):
        month, day, hour = _parts(local)
        lines.append(
            f"{year},{month},{day},{hour + 1},0,?9,{series['temperature_c'][k]:.1f},-5.0,"
            f"{series['relative_humidity_percent'][k]:.0f},{series['pressure_pa'][k]:.0f},"
            f"9999,9999,300,{series['ghi_w_m2'][k]:.0f},{series['dni_w_m2'][k]:.0f},"
            f"{series['dhi_w_m2'][k]:.0f},999900,999900,999900,9999,180,"
            f"{series['wind_speed_m_s'][k]:.1f},5,5,9999,99999,9,999999999,0,0.1,999,88,"
            "999,999,99"
        )
    return "\n".join(lines) + "\n"


def tmy3_text(file: WeatherFile) -> str:
    """TMY3 by its users' manual: hours 01:00 to 24:00, months from different years."""
    years = (1995, 1998, 1991, 2001, 2003, 1993, 1999, 1990, 2004, 1996, 1992, 2000)
    lines = [
        f'999999,"TESTBURG",MN,{file.utc_offset_hours:.1f},{file.latitude},{file.longitude},'
        f"{file.elevation_m:.0f}",
        "Date (MM/DD/YYYY),Time (HH:MM),GHI (W/m^2),DNI (W/m^2),DHI (W/m^2),Dry-bulb (C),"
        "Dew-point (C),RHum (%),Pressure (mbar),Wdir (degrees),Wspd (m/s),Lprecip depth (mm)",
    ]
    series = file.series
    for k, local in enumerate(file.local):
        month, day, hour = _parts(local)
        lines.append(
            f"{month:02d}/{day:02d}/{years[month - 1]},{hour + 1:02d}:00,"
            f"{series['ghi_w_m2'][k]:.0f},{series['dni_w_m2'][k]:.0f},"
            f"{series['dhi_w_m2'][k]:.0f},{series['temperature_c'][k]:.1f},-5.0,"
            f"{series['relative_humidity_percent'][k]:.0f},{series['pressure_pa'][k] / 100:.0f},"
            f"180,{series['wind_speed_m_s'][k]:.1f},-9900"
        )
    return "\n".join(lines) + "\n"


def psm_text(file: WeatherFile, version: str = "3.2.2", minute: int = 30) -> str:
    """NSRDB PSM in the SAM CSV form: two lines of metadata, stamps of the middle of the hour."""
    lines = [
        "Source,Location ID,City,State,Country,Latitude,Longitude,Time Zone,Elevation,"
        "Local Time Zone,Pressure Units,Version",
        f"NSRDB,123456,-,-,-,{file.latitude},{file.longitude},{file.utc_offset_hours:.0f},"
        f"{file.elevation_m:.0f},{file.utc_offset_hours:.0f},mbar,{version}",
        "Year,Month,Day,Hour,Minute,GHI,DHI,DNI,Wind Speed,Temperature,Pressure,Dew Point",
    ]
    series = file.series
    for k, local in enumerate(file.local):
        month, day, hour = _parts(local)
        year = local.astype("datetime64[Y]").astype(int) + 1970
        lines.append(
            f"{year},{month},{day},{hour},{minute},{series['ghi_w_m2'][k]:.0f},"
            f"{series['dhi_w_m2'][k]:.0f},{series['dni_w_m2'][k]:.0f},"
            f"{series['wind_speed_m_s'][k]:.1f},{series['temperature_c'][k]:.1f},"
            f"{series['pressure_pa'][k] / 100:.0f},-10"
        )
    return "\n".join(lines) + "\n"


def csv_text(
    file: WeatherFile, *, separator: str = ",", suffix: str = "+08:00", decimal: str = "."
) -> str:
    """CSV with our names; stamps are the beginning of the interval."""
    names = list(file.series)
    lines = [separator.join(["time", *names])]
    for k, local in enumerate(file.local):
        cells = [f"{file.series[name][k]:.3f}".replace(".", decimal) for name in names]
        lines.append(separator.join([f"{str(local)[:16]}{suffix}", *cells]))
    return "\n".join(lines) + "\n"


def _parts(local: np.datetime64) -> tuple[int, int, int]:
    moment = local.astype("datetime64[s]").item()
    return moment.month, moment.day, moment.hour


@pytest.fixture
def text_of() -> dict[str, Callable[..., str]]:
    """Writers of each format."""
    return {"epw": epw_text, "tmy3": tmy3_text, "nsrdb": psm_text, "csv": csv_text}
