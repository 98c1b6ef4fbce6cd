"""EPW, the format of EnergyPlus: typical years, hours 1 to 24."""

from __future__ import annotations

from altay_energy.errors import WeatherError
from altay_energy.weather.file import WeatherFile, clock_name
from altay_energy.weather.formats.common import (
    Header,
    Names,
    assemble,
    columns,
    nominal,
    through_pvlib,
)
from altay_energy.weather.spec import WeatherFileSpec
from altay_energy.weather.text import Text

_NAMES: Names = {
    "ghi_w_m2": ("ghi", 1.0, (9999.0,)),
    "dni_w_m2": ("dni", 1.0, (9999.0,)),
    "dhi_w_m2": ("dhi", 1.0, (9999.0,)),
    "temperature_c": ("temp_air", 1.0, (99.9,)),
    "dew_point_c": ("temp_dew", 1.0, (99.9,)),
    "wind_speed_m_s": ("wind_speed", 1.0, (999.0,)),
    "pressure_pa": ("atmospheric_pressure", 1.0, (999999.0,)),
    "relative_humidity_percent": ("relative_humidity", 1.0, (999.0,)),
    "snow_depth_m": ("snow_depth", 0.01, (999.0,)),
    "precipitation_mm": ("liquid_precipitation_depth", 1.0, (999.0,)),
    "wind_direction_deg": ("wind_direction", 1.0, (999.0,)),
}


def read_epw(text: Text, spec: WeatherFileSpec) -> WeatherFile:
    """An EPW file; pvlib labels each of its hours by the beginning.

    PVGIS writes its typical years as EPW with the clock of the place in the header, but with the
    rows of its own series in UTC; such a file is taken as UTC, with a notice.

    Parameters
    ----------
    text : Text
    spec : WeatherFileSpec

    Returns
    -------
    WeatherFile

    Raises
    ------
    WeatherError
        If it is cut off, irregular or holds no value where one is needed.

    References
    ----------
    .. [1] U.S. Department of Energy, "Auxiliary Programs", EnergyPlus documentation.
    """
    import pvlib

    _check_epw_rows(text)
    data, stamps, meta = through_pvlib(text, "EPW", pvlib.iotools.read_epw)
    found = columns(data, _NAMES)
    offset, notices = meta["TZ"], ["a row of hour k covers the hour before k o'clock (EPW)"]
    if _is_pvgis(text):
        notices.append(
            "clock taken as UTC: PVGIS writes the rows of its EPW in UTC, whatever the header says "
            f"({clock_name(offset)})"
        )
        offset = 0.0
    header = Header(
        kind="epw",
        place=meta["city"].strip(),
        location=(meta["latitude"], meta["longitude"], meta["altitude"]),
        utc_offset_hours=offset,
        wind_height_m=10.0,
        typical=True,
        notices=tuple(notices),
        first_line=9,
    )
    return assemble(text, spec, header, nominal(stamps), found)


def _is_pvgis(text: Text) -> bool:
    """Whether PVGIS wrote it: its own comment, or its name for the source of data."""
    head = text.text.lstrip().split("\n", 8)[:8]
    return ",ECMWF/ERA," in head[0] or any("Irradiance Time Offset" in line for line in head)


def _check_epw_rows(text: Text) -> None:
    lines = text.text.lstrip().split("\n")
    periods = next((line for line in lines[:8] if line.upper().startswith("DATA PERIODS")), "")
    per_hour = periods.split(",")[2].strip() if periods.count(",") > 1 else ""
    if per_hour not in ("", "1"):
        raise WeatherError(
            f"{text.name}: has {per_hour} records an hour; only hourly EPW can be read, so "
            "convert it to CSV"
        )
    rows = [line for line in lines[8:] if line.strip()]
    if not rows:
        raise WeatherError(f"{text.name}: ends before the first hour (line 9); is it cut off?")
    width = rows[0].count(",") + 1
    for k, row in enumerate(rows):
        if row.count(",") + 1 != width or not 22 <= width <= 35:
            raise WeatherError(
                f"{text.name}: line {k + 9} has {row.count(',') + 1} fields, expected 35 as EPW "
                "has them; is the file cut off?"
            )
