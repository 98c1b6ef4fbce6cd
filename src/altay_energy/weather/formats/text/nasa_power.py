"""NASA POWER hourly series, as JSON or CSV."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from altay_energy.core.errors import WeatherError
from altay_energy.core.files.csvfile import csv_rows
from altay_energy.core.files.textfile import Text
from altay_energy.core.timeline import Times
from altay_energy.core.units import Array
from altay_energy.core.wording import listing
from altay_energy.weather.files.assemble import BROKEN, Header, assemble, not_readable
from altay_energy.weather.files.file import WeatherFile
from altay_energy.weather.files.spec import WeatherFileSpec

NAMES: Mapping[str, tuple[str, Mapping[str, float]]] = {
    # Our name: (NASA's name, factor by unit). An hour's Wh/m² is its mean in W/m².
    "ghi_w_m2": ("ALLSKY_SFC_SW_DWN", {"wh/m^2": 1.0, "w/m^2": 1.0, "mj/hr": 1e6 / 3600.0}),
    "dni_w_m2": ("ALLSKY_SFC_SW_DNI", {"wh/m^2": 1.0, "w/m^2": 1.0, "mj/hr": 1e6 / 3600.0}),
    "dhi_w_m2": ("ALLSKY_SFC_SW_DIFF", {"wh/m^2": 1.0, "w/m^2": 1.0, "mj/hr": 1e6 / 3600.0}),
    "temperature_c": ("T2M", {"c": 1.0}),
    "dew_point_c": ("T2MDEW", {"c": 1.0}),
    "relative_humidity_percent": ("RH2M", {"%": 1.0}),
    "pressure_pa": ("PS", {"kpa": 1000.0}),
    "wind_speed_m_s": ("WS10M", {"m/s": 1.0}),
    "wind_speed_second_m_s": ("WS50M", {"m/s": 1.0}),
    "wind_direction_deg": ("WD10M", {"degrees": 1.0, "degree": 1.0}),
    "precipitation_mm": ("PRECTOTCORR", {"mm/hour": 1.0, "mm/hr": 1.0, "mm": 1.0}),
}


@dataclass(frozen=True)
class Content:
    """Content of a file, JSON or CSV.

    Parameters
    ----------
    place : tuple of float or None
        Latitude [°], longitude [°], elevation [m].
    standard : str
        ``UTC`` or ``LST``.
    fill : float
        Code for no value.
    stamps : ndarray of datetime64[s], shape (N,)
    values : mapping of str to ndarray, shape (N,)
        By NASA's names.
    units : mapping of str to str
    first_line : int
        Line of the first row, 0 if there are no lines.
    """

    place: tuple[float | None, float | None, float | None]
    standard: str
    fill: float
    stamps: Times
    values: Mapping[str, NDArray[np.float64]]
    units: Mapping[str, str]
    first_line: int


def read_nasa_power(text: Text, spec: WeatherFileSpec) -> WeatherFile:
    """An hourly file of NASA POWER.

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
        If it is cut off, daily, in other units, or holds no value where one is needed.

    Notes
    -----
    An hour is named by its beginning. In local solar time (LST) the clock is that of the
    longitude in whole hours. The elevation is the mean of a cell of half a degree.

    References
    ----------
    .. [1] NASA Langley Research Center, POWER Project, "Hourly API" and "Methodology".
    """
    is_json = text.text.lstrip().startswith("{")
    try:
        content = _from_json(text) if is_json else _from_csv(text)
    except BROKEN as problem:
        if isinstance(problem, WeatherError):
            raise
        raise not_readable(text.name, "NASA POWER", problem) from None
    return power_series(text, spec, content)


def power_series(text: Text, spec: WeatherFileSpec, content: Content) -> WeatherFile:
    """A series of NASA POWER from its content.

    Parameters
    ----------
    text : Text
        Name and hash.
    spec : WeatherFileSpec
    content : Content

    Returns
    -------
    WeatherFile

    Raises
    ------
    WeatherError
        If units are others, or rows or values are missing.
    """
    found = {
        ours: _converted(text.name, content, theirs, factors)
        for ours, (theirs, factors) in NAMES.items()
        if theirs in content.values
    }
    offset, clock = 0.0, "UTC"
    if content.standard.upper() == "LST":
        offset = float(round((content.place[1] or 0.0) / 15.0))
        clock = "local solar time in whole hours"
    header = Header(
        kind="nasa_power",
        place="NASA POWER",
        location=content.place,
        utc_offset_hours=offset,
        wind_height_m=10.0,
        wind_second_height_m=50.0,
        typical=False,
        notices=(f"a stamp is the beginning of its hour in {clock} (NASA POWER)",),
        first_line=content.first_line,
    )
    return assemble(text, spec, header, content.stamps, found)


def _converted(name: str, content: Content, theirs: str, factors: Mapping[str, float]) -> Array:
    unit = content.units.get(theirs, "").replace(" ", "").lower()
    if unit and unit not in factors:
        raise WeatherError(
            f"{name}: {theirs} is in {content.units[theirs]!r}; expected {' or '.join(factors)}: "
            "download it again for the community RE (renewable energy)"
        )
    raw = content.values[theirs]
    no_value = np.isin(raw, (content.fill, -999.0, -9999.0)) | ~np.isfinite(raw)
    return np.where(no_value, np.nan, factors.get(unit, next(iter(factors.values()))) * raw)


def _from_json(text: Text) -> Content:
    document = json.loads(text.text)
    parameters = document["properties"]["parameter"]
    if not parameters:
        raise ValueError("it holds no parameter")
    keys = list(next(iter(parameters.values())))
    header = document["header"]
    for name, series in parameters.items():
        if list(series) != keys:
            raise ValueError(f"{name} has other hours than the first parameter")
    place = [
        None if value is None else float(value) for value in document["geometry"]["coordinates"]
    ]
    longitude, latitude, elevation = [*place, None, None, None][:3]
    about = document.get("parameters", {})
    return Content(
        place=(latitude, longitude, elevation),
        standard=str(header.get("time_standard", "UTC")),
        fill=float(header.get("fill_value", -999.0)),
        stamps=_stamps(text.name, keys),
        values={
            n: np.array(list(series.values()), dtype=float) for n, series in parameters.items()
        },
        units={n: str(_mapping(about.get(n)).get("units", "")) for n in parameters},
        first_line=0,
    )


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _stamps(name: str, keys: list[str]) -> Times:
    """``2020010100`` to instants; 8 digits are days."""
    odd = next((key for key in keys if not re.fullmatch(r"\d{10}", key, re.ASCII)), None)
    if odd is not None:
        what = "a day: this file is daily" if re.fullmatch(r"\d{8}", odd) else "no hour"
        raise WeatherError(
            f"{name}: {odd!r} is {what}; expected hours as 2020010100: get the hourly series"
        )
    return np.array(
        [f"{key[:4]}-{key[4:6]}-{key[6:8]}T{key[8:10]}" for key in keys], dtype="datetime64[s]"
    )


def _from_csv(text: Text) -> Content:
    lines = text.text.replace("\r\n", "\n").split("\n")
    end = next((k for k, line in enumerate(lines) if "-END HEADER-" in line), None)
    if end is None:
        raise ValueError("line -END HEADER- is not there")
    head = "\n".join(lines[:end])
    rows = csv_rows("\n".join(lines[end + 1 :]))
    names, body = rows[0], [row for row in rows[1:] if row]
    if names[:4] != ["YEAR", "MO", "DY", "HR"]:
        raise WeatherError(
            f"{text.name}: line {end + 2} begins with {listing(names)}; expected YEAR, MO, DY, HR "
            "as the hourly series has them, so download that"
        )
    short = next((k for k, row in enumerate(body) if len(row) != len(names)), None)
    if short is not None:
        raise WeatherError(
            f"{text.name}: line {end + 3 + short} has {len(body[short])} cells, the header "
            f"{len(names)}; is the file cut off?"
        )
    keys = [f"{int(y):04d}{int(m):02d}{int(d):02d}{int(h):02d}" for y, m, d, h, *_ in body]
    cells = np.array([[float(cell) for cell in row[4:]] for row in body], dtype=float)
    cells = cells.reshape(len(body), len(names) - 4)
    return Content(
        place=_csv_place(head),
        standard="LST" if re.search(r"\bLST\b", head) else "UTC",
        fill=float(_first(r"missing source data[^:]*:?\s*(-?\d+(?:\.\d+)?)", head) or -999.0),
        stamps=_stamps(text.name, keys),
        values={name: cells[:, k] for k, name in enumerate(names[4:])},
        units={
            name: (_first(rf"(?m)^\"?{re.escape(name)}\s.*\(([^()]+)\)\s*\"?\s*$", head) or "")
            for name in names[4:]
        },
        first_line=end + 3,
    )


def _csv_place(head: str) -> tuple[float | None, float | None, float | None]:
    number = r"\s*(-?\d+(?:\.\d+)?)"
    place = [_first(rf"{key}[^\n]*?{number}", head) for key in ("[Ll]atitude", "[Ll]ongitude")]
    elevation = _first(rf"[Ee]levation[^\n]*?={number}", head)
    latitude, longitude, level = (
        None if found is None else float(found) for found in (*place, elevation)
    )
    return latitude, longitude, level


def _first(pattern: str, text: str) -> str | None:
    match = re.search(pattern, text)
    return match.group(1) if match else None
