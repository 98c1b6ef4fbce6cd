"""Typical years and the series in their form: EPW, TMY2, TMY3 and NSRDB.

TMY3 and TMY2, the typical years of the United States: stamps are the end of the hour.

EPW, the format of EnergyPlus: typical years, hours 1 to 24.

NSRDB, the satellite series of the Physical Solar Model, versions 1 to 4.
"""

from __future__ import annotations

import csv
import io
import re
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import numpy as np

from altay_energy.core.errors import WeatherError
from altay_energy.core.files.csvfile import csv_rows
from altay_energy.core.files.textfile import Text
from altay_energy.core.stamps import step_of
from altay_energy.core.timeline import Times
from altay_energy.weather.files.assemble import (
    Header,
    Names,
    assemble,
    columns,
    nominal,
    through_pvlib,
)
from altay_energy.weather.files.file import WeatherFile, clock_name
from altay_energy.weather.files.spec import WeatherFileSpec

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
"""In place of the file's own, which is read here."""

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

    _check_fields(text, names_line=2)
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

    The index of pvlib cannot be used: it moves 24:00 of 28 February of a leap year to
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


_EPW_NAMES: Names = {
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
    found = columns(data, _EPW_NAMES)
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


def _check_fields(text: Text, names_line: int) -> None:
    """Refuse a file that has no rows, or a row without a field for each name.

    pvlib shifts the values of such a row, or fails without naming the line.
    """
    lines = text.text.lstrip().split("\n")
    names = len(lines[names_line - 1].rstrip(", \r").split(",")) if len(lines) >= names_line else 0
    rows = [(k, row) for k, row in enumerate(lines[names_line:], names_line + 1) if row.strip()]
    if not rows:
        first = names_line + 1
        raise WeatherError(
            f"{text.name}: ends before the first hour (line {first}); is it cut off?"
        )
    for k, row in rows:
        fields = row.count(",") + 1
        if fields < names or len(row.rstrip(", \r").split(",")) > names:
            raise WeatherError(
                f"{text.name}: line {k} has {fields} fields, but line {names_line} names {names}; "
                "is the file cut off or edited?"
            )


_NSRDB_NAMES: Names = {
    "ghi_w_m2": ("ghi", 1.0, ()),
    "dni_w_m2": ("dni", 1.0, ()),
    "dhi_w_m2": ("dhi", 1.0, ()),
    "temperature_c": ("temp_air", 1.0, ()),
    "dew_point_c": ("temp_dew", 1.0, ()),
    "wind_speed_m_s": ("wind_speed", 1.0, ()),
    "pressure_pa": ("pressure", 100.0, ()),
    "relative_humidity_percent": ("relative_humidity", 1.0, ()),
    "wind_direction_deg": ("wind_direction", 1.0, ()),
}


def read_nsrdb(text: Text, spec: WeatherFileSpec) -> WeatherFile:
    """An NSRDB PSM file (SAM CSV): two lines of metadata, stamps that name their minute.

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
    The wind was computed for 10 m up to PSM 2 and for 2 m since.

    References
    ----------
    .. [1] M. Sengupta et al., "The National Solar Radiation Data Base (NSRDB)", Renewable and
       Sustainable Energy Reviews 89, 51-60, 2018.
    """
    import pvlib

    _check_fields(text, names_line=3)
    about: dict[str, float] = {}

    def reader(_: io.StringIO) -> tuple[pd.DataFrame, dict[str, Any]]:
        plain, numbers = _whole_numbers(text.text.lstrip())
        about.update(numbers)
        found: tuple[pd.DataFrame, dict[str, Any]] = pvlib.iotools.read_nsrdb_psm4(
            io.StringIO(plain)
        )
        return found

    data, stamps, meta = through_pvlib(text, "NSRDB PSM", reader)
    if str(meta.get("Pressure Units", "mbar")).lower() not in ("mbar", "millibar", "hpa"):
        raise WeatherError(
            f"{text.name}: Pressure Units = {meta['Pressure Units']}, expected mbar as NSRDB has it"
        )
    mixed_years = bool((np.diff(stamps) < np.timedelta64(0, "s")).any())
    typical = mixed_years or "tmy" in str(meta.get("Source")).lower()
    local = nominal(stamps) if typical else stamps
    step = step_of(local) if local.size > 1 else 3600
    middle = bool((local[0] - local[0].astype("datetime64[h]")).astype(np.int64) == step / 2)
    if middle:
        local = local - np.timedelta64(step // 2, "s")
    version = str(meta.get("Version", "3")).lower().lstrip("v")
    header = Header(
        kind="nsrdb",
        place=f"NSRDB {meta.get('Location ID', '')}".strip(),
        location=(meta["latitude"], meta["longitude"], about["Elevation"]),
        utc_offset_hours=about["Time Zone"],
        wind_height_m=10.0 if version.startswith(("1", "2")) else 2.0,
        typical=typical,
        notices=(f"a stamp is the {'middle' if middle else 'beginning'} of its interval (NSRDB)",),
        first_line=4,
    )
    return assemble(text, spec, header, local, columns(data, _NSRDB_NAMES))


def _whole_numbers(text: str) -> tuple[str, dict[str, float]]:
    """The file with whole numbers where pvlib accepts no others, and the original values.

    A clock may be 5.5 h from UTC, as that of India.
    """
    names, values, rest = text.split("\n", 2)
    keys, cells = csv_rows(names)[0], csv_rows(values)[0]
    numbers = {}
    for k, key in enumerate(keys):
        if key.strip() in ("Time Zone", "Local Time Zone", "Elevation"):
            numbers[key.strip()] = float(cells[k])
            cells[k] = "0"
            most = 9000.0 if key.strip() == "Elevation" else 14.0
            if not abs(numbers[key.strip()]) <= most:
                raise ValueError(f"{key.strip()} is {numbers[key.strip()]:g}")
    line = io.StringIO()
    csv.writer(line, lineterminator="").writerow(cells)
    return f"{names}\n{line.getvalue()}\n{rest}", numbers
