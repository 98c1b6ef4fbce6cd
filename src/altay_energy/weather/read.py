"""Weather files of every format to a ``WeatherFile``; what stamps mean is decided here."""

from __future__ import annotations

import csv
import io
import warnings
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from altay_energy.errors import WeatherError
from altay_energy.timeline import Times
from altay_energy.units import Array
from altay_energy.weather.complete import complete
from altay_energy.weather.file import WeatherFile, clock_name
from altay_energy.weather.read_csv import read_csv_text
from altay_energy.weather.regular import check_order, gap_message, gaps, plural, stamp, step_of
from altay_energy.weather.spec import WeatherFileSpec
from altay_energy.weather.text import Text, read_text

if TYPE_CHECKING:
    import pandas as pd

NOMINAL_YEAR = 2005
NOMINAL_LEAP_YEAR = 2004

# What pvlib may raise on a file that only looks like its format.
_BROKEN = (
    LookupError,
    ValueError,
    TypeError,
    AttributeError,
    ArithmeticError,
    StopIteration,
    csv.Error,
)

# Our name: (pvlib's name, factor to our unit, codes that stand for no value).
_EPW: Mapping[str, tuple[str, float, tuple[float, ...]]] = {
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
_TMY3: Mapping[str, tuple[str, float, tuple[float, ...]]] = {
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
_NSRDB: Mapping[str, tuple[str, float, tuple[float, ...]]] = {
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
_COMMON_CODES = (-9999.0, -999.0)


def read_weather(path: Path | str, spec: WeatherFileSpec | None = None) -> WeatherFile:
    """Read a weather file of any known format.

    Parameters
    ----------
    path : Path or str
        The file.
    spec : WeatherFileSpec, optional
        What the file cannot say itself (CSV), and what is to be taken instead of what it says.

    Returns
    -------
    WeatherFile

    Raises
    ------
    WeatherError
        With file, line, what stands there, what is expected and how to mend it.

    Notes
    -----
    ======  ==================================================  ========================
    format  what a stamp means                                  wind
    ======  ==================================================  ========================
    EPW     hour k (1 to 24) covers the hour before k o'clock   10 m
    TMY3    end of the hour                                     10 m
    NSRDB   middle of the hour (minute 30), else beginning      2 m (PSM 3 on), 10 m before
    CSV     as declared                                         as declared
    ======  ==================================================  ========================

    EPW as pvlib reads it [1]_: the label is the beginning of the hour. TMY3 [2]_. The wind of the
    NSRDB was computed for 10 m up to PSM 2 and for 2 m since.

    References
    ----------
    .. [1] U.S. Department of Energy, "Auxiliary Programs", EnergyPlus documentation.
    .. [2] S. Wilcox and W. Marion, "Users Manual for TMY3 Data Sets", NREL/TP-581-43156, 2008.
    """
    path = Path(path)
    spec = WeatherFileSpec(file=path.name) if spec is None else spec
    text = read_text(path, encoding=spec.encoding)
    kind = detect_format(text.text) if spec.format == "auto" else spec.format
    if kind == "csv":
        return read_csv_text(text, spec)
    odd = {"stamp", "columns", "units", "time", "decimal", "sort"} & spec.model_fields_set
    if odd:
        raise WeatherError(
            f"{text.name}: {', '.join(sorted(odd))} can be declared for CSV only; "
            f"this is {kind.upper()}, which says so itself"
        )
    reader = {"epw": _read_epw, "tmy3": _read_tmy3, "nsrdb": _read_nsrdb}[kind]
    return reader(text, spec)


def detect_format(text: str) -> str:
    """Format of a weather file by its first lines.

    Parameters
    ----------
    text : str
        Content.

    Returns
    -------
    str
        ``epw``, ``tmy3``, ``nsrdb``, else ``csv``.
    """
    first, second, third = [*text.lstrip().split("\n", 3), "", ""][:3]
    if first.startswith("LOCATION,"):
        return "epw"
    if "Date (MM/DD/YYYY)" in second:
        return "tmy3"
    if third.startswith("Year,Month,Day,Hour"):
        return "nsrdb"
    return "csv"


def _read_epw(text: Text, spec: WeatherFileSpec) -> WeatherFile:
    import pvlib

    _check_epw_rows(text)
    data, stamps, meta = _through_pvlib(text, "EPW", pvlib.iotools.read_epw)
    offset = meta["TZ"] if spec.utc_offset_hours is None else spec.utc_offset_hours
    return _assemble(
        text,
        spec,
        kind="epw",
        columns=_columns(data, _EPW),
        local=_nominal(stamps),  # pvlib labels each hour by its beginning
        offset=offset,
        place=meta["city"].strip(),
        location=(meta["latitude"], meta["longitude"], meta["altitude"]),
        wind_height_m=10.0,
        typical=True,
        first_line=9,
        notices=[
            "a row of hour k covers the hour before k o'clock (EPW)",
            *_clock_notice(meta["TZ"], offset),
        ],
    )


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


def _read_tmy3(text: Text, spec: WeatherFileSpec) -> WeatherFile:
    import pvlib

    data, stamps, meta = _through_pvlib(text, "TMY3", pvlib.iotools.read_tmy3)
    local = stamps - np.timedelta64(3600, "s")  # the label is the end: 01:00 to 24:00
    offset = meta["TZ"] if spec.utc_offset_hours is None else spec.utc_offset_hours
    return _assemble(
        text,
        spec,
        kind="tmy3",
        columns=_columns(data, _TMY3),
        local=_nominal(local),
        offset=offset,
        place=str(meta["Name"]).strip().strip('"'),
        location=(meta["latitude"], meta["longitude"], meta["altitude"]),
        wind_height_m=10.0,
        typical=True,
        first_line=3,
        notices=[
            "a stamp is the end of its hour (TMY3)",
            *_clock_notice(meta["TZ"], offset),
        ],
    )


def _read_nsrdb(text: Text, spec: WeatherFileSpec) -> WeatherFile:
    import pvlib

    data, stamps, meta = _through_pvlib(text, "NSRDB PSM", pvlib.iotools.read_nsrdb_psm4)
    if str(meta.get("Pressure Units", "mbar")).lower() not in ("mbar", "millibar", "hpa"):
        raise WeatherError(
            f"{text.name}: Pressure Units = {meta['Pressure Units']}, expected mbar as NSRDB has it"
        )
    mixed_years = bool((np.diff(stamps) < np.timedelta64(0, "s")).any())
    typical = mixed_years or "tmy" in str(meta.get("Source")).lower()
    local = _nominal(stamps) if typical else stamps
    step = step_of(local) if local.size > 1 else 3600
    middle = bool((local[0] - local[0].astype("datetime64[h]")).astype(np.int64) == step / 2)
    if middle:
        local = local - np.timedelta64(step // 2, "s")
    offset = float(meta["Time Zone"]) if spec.utc_offset_hours is None else spec.utc_offset_hours
    version = str(meta.get("Version", "3")).lower().lstrip("v")
    return _assemble(
        text,
        spec,
        kind="nsrdb",
        columns=_columns(data, _NSRDB),
        local=local,
        offset=offset,
        place=f"NSRDB {meta.get('Location ID', '')}".strip(),
        location=(meta["latitude"], meta["longitude"], float(meta["altitude"])),
        wind_height_m=10.0 if version.startswith(("1", "2")) else 2.0,
        typical=typical,
        first_line=4,
        notices=[
            f"a stamp is the {'middle' if middle else 'beginning'} of its interval (NSRDB)",
            *_clock_notice(float(meta["Time Zone"]), offset),
        ],
    )


def _columns(
    data: pd.DataFrame, names: Mapping[str, tuple[str, float, tuple[float, ...]]]
) -> dict[str, Array]:
    """Columns in our units, NaN where the format's code for no value or no number stands."""
    import pandas as pd

    columns = {}
    for ours, (theirs, factor, codes) in names.items():
        if theirs in data:
            raw = pd.to_numeric(data[theirs], errors="coerce").to_numpy(dtype=np.float64)
            no_value = np.isin(raw, (*codes, *_COMMON_CODES)) | ~np.isfinite(raw)
            columns[ours] = np.where(no_value, np.nan, factor * raw)
    return columns


def _nominal(local: Times) -> Times:
    """The same months, days and hours in one nominal year, as the months of typical years are."""
    month = local.astype("datetime64[M]")
    of_year = month.astype(np.int64) % 12
    leap_day = np.any((of_year == 1) & (local - month >= np.timedelta64(28 * 86400, "s")))
    year = NOMINAL_LEAP_YEAR if leap_day else NOMINAL_YEAR
    first = np.datetime64(f"{year}-01", "M")
    nominal: Times = (first + of_year).astype("datetime64[s]") + (local - month)
    return nominal


def _assemble(
    text: Text,
    spec: WeatherFileSpec,
    *,
    kind: str,
    columns: Mapping[str, Array],
    local: Times,
    offset: float,
    place: str,
    location: tuple[float, float, float],
    wind_height_m: float,
    typical: bool,
    first_line: int,
    notices: list[str],
) -> WeatherFile:
    lines = np.arange(local.size, dtype=np.int64) + first_line
    check_order(local, local, lines, text.name, WeatherError)
    step = _regular_step(text.name, local, lines, notices)
    series, done = complete(
        columns,
        local,
        lines,
        text.name,
        step_hours=step / 3600.0,
        max_gap_hours=spec.max_gap_hours,
    )
    latitude, longitude, elevation_m = (
        given if declared is None else declared
        for given, declared in zip(
            location, (spec.latitude, spec.longitude, spec.elevation_m), strict=True
        )
    )
    return WeatherFile(
        name=text.name,
        format=kind,
        place=place or text.name,
        latitude=float(latitude),
        longitude=float(longitude),
        elevation_m=float(elevation_m),
        utc_offset_hours=float(offset),
        times=local - np.timedelta64(round(offset * 3600), "s"),
        step_hours=step / 3600.0,
        series=series,
        wind_height_m=spec.wind_height_m or wind_height_m,
        wind_second_height_m=spec.wind_second_height_m,
        typical=typical,
        sha256=text.sha256,
        notices=(*text.notices, *notices, *done),
    )


def _regular_step(name: str, local: Times, lines: NDArray[np.int64], notices: list[str]) -> int:
    """Length of an interval [s]; a file may leave 29 February out, but nothing else."""
    if local.size < 24:
        raise WeatherError(f"{name}: {plural(local.size, 'row')} are too few; is it cut off?")
    step = step_of(local)
    if 3600 % step:
        raise WeatherError(
            f"{name}: steps of {step / 60:g} min; expected 60 min or a part of an hour"
        )
    missing = gaps(local, step)
    for k, count in list(missing):
        first = local[k] + np.timedelta64(step, "s")
        if stamp(first)[5:] == "02-29 00:00" and count * step == 86400:
            missing.remove((k, count))
            notices.append(f"29 February {stamp(first)[:4]} is left out, as NSRDB does")
    if missing:
        raise WeatherError(
            f"{name}: {gap_message(missing, local, step)}, first after line "
            f"{lines[missing[0][0]]}; get the complete file"
        )
    return step


def _clock_notice(own: float, taken: float) -> list[str]:
    if own == taken:
        return []
    return [f"clock taken as {clock_name(taken)} as declared; the file says {clock_name(own)}"]


def _through_pvlib(
    text: Text, kind: str, reader: Callable[[io.StringIO], tuple[pd.DataFrame, dict[str, Any]]]
) -> tuple[pd.DataFrame, Times, dict[str, Any]]:
    """Columns, stamps on the file's clock, and the header."""
    import pandas as pd

    try:
        with warnings.catch_warnings():
            # About columns of mixed types: cells that are no numbers are found and told later.
            warnings.simplefilter("ignore")
            data, meta = reader(io.StringIO(text.text.lstrip()))
        if not {"ghi", "temp_air", "wind_speed"} <= set(data.columns):
            raise ValueError("columns of sunlight, temperature or wind are not there")
        index = pd.DatetimeIndex(data.index)
        if data.empty or index.hasnans:
            raise ValueError("rows without a time, or no row at all")
        return data, index.tz_localize(None).to_numpy().astype("datetime64[s]"), meta
    except _BROKEN as problem:
        detail = str(problem).strip().splitlines()[:1]
        said = detail[0] if detail else type(problem).__name__
        raise WeatherError(
            f"{text.name}: cannot be read as {kind}: {said}; is it cut off, edited or another "
            "format? Declare format if it is"
        ) from None
