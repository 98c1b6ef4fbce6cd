"""TMY3 and TMY2, the typical years of the United States: stamps are the end of the hour."""

from __future__ import annotations

import io
import re
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import numpy as np

from altay_energy.errors import WeatherError
from altay_energy.timeline import Times
from altay_energy.weather.file import WeatherFile
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

if TYPE_CHECKING:
    import pandas as pd

_TMY3: Names = {
    "ghi_w_m2": ("ghi", 1.0, (-9900.0,)),
    "dni_w_m2": ("dni", 1.0, (-9900.0,)),
    "dhi_w_m2": ("dhi", 1.0, (-9900.0,)),
    "temperature_c": ("temp_air", 1.0, (-9900.0,)),
    "dew_point_c": ("temp_dew", 1.0, (-9900.0,)),
    "wind_speed_m_s": ("wind_speed", 1.0, (-9900.0,)),
    "pressure_pa": ("pressure", 100.0, (-9900.0,)),
    "relative_humidity_percent": ("relative_humidity", 1.0, (-9900.0,)),
    "precipitation_mm": ("Lprecip depth (mm)", 1.0, (-9900.0,)),
    "wind_direction_deg": ("wind_direction", 1.0, (-9900.0,)),
}

_OF_SOLARANYWHERE = {"DNI (W/m^2))": "dni"}
"""Columns that SolarAnywhere writes otherwise in its files of this format."""

# Tenths of a degree and of m/s; 9999 and 999 stand for no value.
_TMY2: Names = {
    "ghi_w_m2": ("GHI", 1.0, (9999.0,)),
    "dni_w_m2": ("DNI", 1.0, (9999.0,)),
    "dhi_w_m2": ("DHI", 1.0, (9999.0,)),
    "temperature_c": ("DryBulb", 0.1, (9999.0,)),
    "dew_point_c": ("DewPoint", 0.1, (9999.0,)),
    "wind_speed_m_s": ("Wspd", 0.1, (999.0,)),
    "pressure_pa": ("Pressure", 100.0, (9999.0,)),
    "relative_humidity_percent": ("RHum", 1.0, (999.0,)),
    "wind_direction_deg": ("Wdir", 1.0, (999.0,)),
    "snow_depth_m": ("SnowDepth", 0.01, (999.0,)),
}

_PLAIN_HEADER = " 00000 CITY ST 0 N 0 0 E 0 0 0"
"""Stands for the file's own, which is read here."""

_NUMBERS = (4, 4, 4, 4, 4, 4, 4, 2, 2, 4, 4, 3, 4, 3, 3, 4, 5)
"""Characters of the values from global light to ceiling, each with two of source and quality."""

_TMY2_ROW = re.compile(
    r" [ \d]{8}[ \d-]{8}"
    + "".join(rf"[ \d-]{{{width}}}.\d" for width in _NUMBERS)
    + r"[ \d]{10}"
    + "".join(rf"[ \d-]{{{width}}}.\d" for width in (3, 3, 3, 2))
)
"""A row of 142 characters, the blank before the year included."""

_TMY2_HEADER = re.compile(
    r"\s*\d{5}\s+(.{1,22}?)\s+[A-Z]{2}\s+(-?\d{1,2})\s+([NS])\s+(\d{1,2})\s+(\d{1,2})\s+([EW])\s+"
    r"(\d{1,3})\s+(\d{1,2})\s+(-?\d{1,4})\s*$"
)


def read_tmy3(text: Text, spec: WeatherFileSpec) -> WeatherFile:
    """A TMY3 file; its stamps are the end of the hour, 01:00 to 24:00.

    A typical year has no 29 February, also where its February is that of a leap year. Files of
    SolarAnywhere in this format are read too; midnight is 00:00 of the next day in them, and
    a time series (``Type: Timeseries`` in line 1) keeps its year.

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
    .. [1] S. Wilcox and W. Marion, "Users Manual for TMY3 Data Sets", NREL/TP-581-43156, 2008.
    """
    import pvlib

    data, _, meta = through_pvlib(text, "TMY3", pvlib.iotools.read_tmy3)
    data = data.rename(columns=_OF_SOLARANYWHERE)
    local = _tmy3_ends(text.name, data) - np.timedelta64(3600, "s")
    typical = "Type: Timeseries" not in text.text.split("\n", 1)[0]
    header = Header(
        kind="tmy3",
        place=str(meta["Name"]).strip().strip('"'),
        location=(meta["latitude"], meta["longitude"], meta["altitude"]),
        utc_offset_hours=meta["TZ"],
        wind_height_m=10.0,
        typical=typical,
        notices=("a stamp is the end of its hour (TMY3)",),
        first_line=3,
    )
    local = nominal(local) if typical else local
    return assemble(text, spec, header, local, columns(data, _TMY3))


def _tmy3_ends(name: str, data: pd.DataFrame) -> Times:
    """Ends of the hours as the file writes them, shape (N,).

    The index that pvlib makes is no use here: it moves 24:00 of 28 February of a leap year on to
    1 March, and 29 February with it, so one hour less is no longer the hour of the row.
    """
    days = data["Date (MM/DD/YYYY)"].astype(str).str.strip()
    clock = data["Time (HH:MM)"].astype(str).str.strip()
    odd = ~clock.str.fullmatch(r"\d{1,2}:\d{2}").to_numpy(dtype=bool)
    if odd.any():
        k = int(np.argmax(odd))
        raise WeatherError(
            f"{name}: line {k + 3}: Time (HH:MM) is {clock.iloc[k]!r}; expected 01:00 to 24:00"
        )
    part = days.str.split("/", expand=True)
    iso = part[2] + "-" + part[0].str.zfill(2) + "-" + part[1].str.zfill(2)
    hour, minute = (clock.str.split(":").str[k].to_numpy(dtype=np.int64) for k in (0, 1))
    day = iso.to_numpy(dtype=str).astype("datetime64[D]").astype("datetime64[s]")
    ends: Times = day + (60 * (60 * hour + minute)).astype("timedelta64[s]")
    return ends


def read_tmy2(text: Text, spec: WeatherFileSpec) -> WeatherFile:
    """A TMY2 file: rows of 142 characters, hours 1 to 24 that end at their number.

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

    Notes
    -----
    Columns come through ``pvlib.iotools.read_tmy2``. Of the header it knows only cities of one
    word and whole hours, and it takes the year of the first row for all, so header and stamps
    are read here.

    References
    ----------
    .. [1] W. Marion and K. Urban, "User's Manual for TMY2s", NREL/SP-463-7668, 1995.
    """
    import pvlib

    header = _tmy2_header(text)
    rows = [line for line in text.text.splitlines()[1:] if line.strip()]
    _check_tmy2_rows(text.name, rows)

    def reader(_: io.StringIO) -> tuple[pd.DataFrame, dict[str, Any]]:
        with TemporaryDirectory() as folder:  # pvlib reads TMY2 from a path alone
            path = Path(folder) / "file.tm2"
            body = text.text.split("\n", 1)[-1]
            path.write_text(f"{_PLAIN_HEADER}\n{body}", encoding="utf-8")
            found: tuple[pd.DataFrame, dict[str, Any]] = pvlib.iotools.read_tmy2(path)
            return found

    data, _, _ = through_pvlib(text, "TMY2", reader, frozenset(("GHI", "DryBulb", "Wspd")))
    month, day, hour = (data[name].to_numpy(dtype=np.int64) for name in ("month", "day", "hour"))
    first = np.array(["2004-01"], dtype="datetime64[M]") + (month - 1)
    local = first.astype("datetime64[s]") + ((day - 1) * 24 + hour - 1) * np.timedelta64(3600, "s")
    return assemble(text, spec, header, nominal(local), columns(data, _TMY2))


def _check_tmy2_rows(name: str, rows: list[str]) -> None:
    if not rows:
        raise WeatherError(f"{name}: ends before the first hour (line 2); is it cut off?")
    for k, row in enumerate(rows):
        if not _TMY2_ROW.match(row):
            raise WeatherError(
                f"{name}: line {k + 2} has {len(row)} characters and does not keep to the columns "
                "of TMY2 (142, numbers with two letters of source and quality each); is it cut off "
                "or edited?"
            )


def _tmy2_header(text: Text) -> Header:
    """WBAN, city, state, clock, N degrees minutes, W degrees minutes, elevation."""
    line = text.text.splitlines()[0]
    match = _TMY2_HEADER.match(line)
    if match is None:
        raise WeatherError(
            f"{text.name}: line 1 is {line[:60]!r}; expected the header of TMY2: WBAN number, "
            "city, state, clock, N or S, degrees, minutes, E or W, degrees, minutes, elevation"
        )
    city, clock, north, lat, lat_min, east, lon, lon_min, elevation = match.groups()
    latitude = (float(lat) + float(lat_min) / 60.0) * (1.0 if north == "N" else -1.0)
    longitude = (float(lon) + float(lon_min) / 60.0) * (1.0 if east == "E" else -1.0)
    return Header(
        kind="tmy2",
        place=city.strip().title(),
        location=(latitude, longitude, float(elevation)),
        utc_offset_hours=float(clock),
        wind_height_m=10.0,
        typical=True,
        notices=("hour k ends at k o'clock (TMY2)",),
        first_line=2,
    )
