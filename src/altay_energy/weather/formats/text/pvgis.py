"""PVGIS hourly series and typical years, as JSON or CSV, through pvlib."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from altay_energy.core.errors import WeatherError
from altay_energy.core.files.textfile import Text
from altay_energy.core.timeline import Times
from altay_energy.weather.files.assemble import (
    BROKEN,
    Header,
    Names,
    assemble,
    columns,
    nominal,
    not_readable,
    through_pvlib,
)
from altay_energy.weather.files.file import REQUIRED, WeatherFile
from altay_energy.weather.files.spec import WeatherFileSpec

if TYPE_CHECKING:
    import pandas as pd

_NAMES: Names = {
    "ghi_w_m2": ("ghi", 1.0, ()),
    "dni_w_m2": ("dni", 1.0, ()),
    "dhi_w_m2": ("dhi", 1.0, ()),
    "temperature_c": ("temp_air", 1.0, ()),
    "relative_humidity_percent": ("relative_humidity", 1.0, ()),
    "pressure_pa": ("pressure", 1.0, ()),
    "wind_speed_m_s": ("wind_speed", 1.0, ()),
    "wind_direction_deg": ("wind_direction", 1.0, ()),
}
_ROW = re.compile(r"\d{8}:\d{4}(,\s*[+-]?\d+(\.\d*)?([eE][+-]?\d+)?)+", re.ASCII)
_PLANE = frozenset(("poa_direct", "poa_sky_diffuse", "poa_ground_diffuse"))


def read_pvgis(text: Text, spec: WeatherFileSpec) -> WeatherFile:
    """A PVGIS file: an hourly series on the horizontal plane, or a typical year.

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
        If it is cut off, for an inclined plane, or holds no value where one is needed.

    Notes
    -----
    Each value belongs to the hour of its stamp, in UTC. Sunlight is that of the stamp's minute
    (hourly series: minute 10 or so of satellite images, 30 of reanalysis) or of the header's
    irradiance time offset (typical years); that is a lag against the middle of the hour, which
    the clock check finds and corrects. An hourly series holds no humidity.

    References
    ----------
    .. [1] T. Huld, R. Müller and A. Gambardella, "A new solar radiation database for estimating
       PV performance in Europe and Africa", Solar Energy 86, 1803-1815, 2012.
    """
    is_json = text.text.lstrip().startswith("{")
    try:
        outputs = json.loads(text.text)["outputs"] if is_json else {}
        typical = "tmy_hourly" in outputs if is_json else "month,year" in text.text[:2000]
    except BROKEN as problem:
        raise not_readable(text.name, "PVGIS", problem) from None
    return _typical(text, spec, is_json) if typical else _series(text, spec, is_json)


def _typical(text: Text, spec: WeatherFileSpec, is_json: bool) -> WeatherFile:
    import pvlib

    def reader(_: io.StringIO) -> tuple[pd.DataFrame, dict[str, Any]]:
        source: Any = io.StringIO(text.text) if is_json else io.BytesIO(text.text.encode())
        found: tuple[pd.DataFrame, dict[str, Any]] = pvlib.iotools.read_pvgis_tmy(
            source, pvgis_format="json" if is_json else "csv"
        )
        return found

    if not is_json:
        count = _check_rows(text, "time(UTC)")
        if count != 8760:
            raise WeatherError(
                f"{text.name}: has {count} rows, expected 8760 of a typical year; is it cut off?"
            )
    data, stamps, meta = through_pvlib(text, "PVGIS typical year", reader)
    first_line = 0 if is_json else _first_line(text, "time(UTC)")
    return typical_year(text, spec, data, stamps, meta, first_line)


def typical_year(
    text: Text,
    spec: WeatherFileSpec,
    data: pd.DataFrame,
    stamps: Times,
    meta: Mapping[str, Any],
    first_line: int = 0,
) -> WeatherFile:
    """A typical year of PVGIS as pvlib gives it.

    Parameters
    ----------
    text : Text
        Name and hash.
    spec : WeatherFileSpec
    data : pandas.DataFrame
        N rows, pvlib's names.
    stamps : ndarray of datetime64[s], shape (N,)
    meta : mapping
        With ``inputs``.
    first_line : int
        Line of the first row, 0 if there are no lines.

    Returns
    -------
    WeatherFile

    Raises
    ------
    WeatherError
        If rows or values are missing.
    """
    inputs = meta["inputs"]
    location = _location(text.name, inputs)
    given = inputs.get("location", inputs)
    offset = given.get("irradiance_time_offset", inputs.get("irradiance time offset"))
    said = f"; sunlight is that of {60 * float(offset):.0f} min after it" if offset else ""
    header = Header(
        kind="pvgis",
        place="PVGIS typical year",
        location=location,
        utc_offset_hours=0.0,
        wind_height_m=10.0,
        typical=True,
        notices=(f"a stamp is the beginning of its hour in UTC (PVGIS){said}",),
        first_line=first_line,
    )
    return assemble(text, spec, header, nominal(stamps), columns(data, _NAMES))


def _series(text: Text, spec: WeatherFileSpec, is_json: bool) -> WeatherFile:
    import pvlib

    def reader(_: io.StringIO) -> tuple[pd.DataFrame, dict[str, Any]]:
        found: tuple[pd.DataFrame, dict[str, Any]] = pvlib.iotools.read_pvgis_hourly(
            io.StringIO(text.text.replace("\r\n", "\n")), pvgis_format="json" if is_json else "csv"
        )
        return found

    if not is_json:
        _check_rows(text, "time,")
    data, stamps, meta = through_pvlib(
        text, "PVGIS hourly series", reader, frozenset(("temp_air", "wind_speed"))
    )
    first_line = 0 if is_json else _first_line(text, "time,")
    return hourly_series(text, spec, data, stamps, meta, first_line)


def hourly_series(
    text: Text,
    spec: WeatherFileSpec,
    data: pd.DataFrame,
    stamps: Times,
    meta: Mapping[str, Any],
    first_line: int = 0,
    required: Sequence[str] = REQUIRED,
) -> WeatherFile:
    """An hourly series of PVGIS as pvlib gives it.

    Parameters
    ----------
    text : Text
        Name and hash.
    spec : WeatherFileSpec
    data : pandas.DataFrame
        N rows, pvlib's names.
    stamps : ndarray of datetime64[s], shape (N,)
    meta : mapping
        With ``inputs``.
    first_line : int
        Line of the first row, 0 if there are no lines.
    required : sequence of str
        Series that must be there.

    Returns
    -------
    WeatherFile

    Raises
    ------
    WeatherError
        If the plane is inclined, or rows or values are missing.
    """
    if not set(data.columns) >= _PLANE:
        raise WeatherError(
            f"{text.name}: holds no Gb(i), Gd(i) and Gr(i); download it with components = 1"
        )
    _refuse_slope(text.name, meta["inputs"])
    found = columns(data, _NAMES)
    parts = columns(data, {name: (name, 1.0, ()) for name in _PLANE})
    found["ghi_w_m2"] = sum(parts.values(), np.zeros(stamps.size))
    found["dhi_w_m2"] = parts["poa_sky_diffuse"]
    begin = stamps.astype("datetime64[h]").astype("datetime64[s]")
    minutes = np.unique((stamps - begin).astype(np.int64) // 60)
    header = Header(
        kind="pvgis",
        place="PVGIS series",
        location=_location(text.name, meta["inputs"]),
        utc_offset_hours=0.0,
        wind_height_m=10.0,
        typical=False,
        notices=(
            f"sunlight is that of minute {', '.join(map(str, minutes[:3]))} of the hour that "
            "holds the stamp, in UTC (PVGIS)",
        ),
        first_line=first_line,
    )
    return assemble(text, spec, header, begin, found, required=required)


def _refuse_slope(name: str, inputs: Mapping[str, Any]) -> None:
    """Raise for an inclined plane: global irradiance cannot be derived from it."""
    mounting = inputs.get("mounting_system")
    slopes = [
        part["slope"]["value"]
        for part in (mounting.values() if isinstance(mounting, Mapping) else ())
        if isinstance(part, Mapping) and isinstance(part.get("slope"), Mapping)
    ]
    slopes += [str(value).split()[0] for key, value in inputs.items() if key.startswith("Slope")]
    for slope in slopes:
        try:
            degrees = float(str(slope).replace("deg.", ""))
        except ValueError:
            degrees = float("nan")
        if degrees != 0.0:
            raise WeatherError(
                f"{name}: is for a plane of slope {slope}, expected 0: download the series for a "
                "horizontal plane (slope 0), the model tilts it itself"
            )


def _location(name: str, inputs: Mapping[str, Any]) -> tuple[float, float, float]:
    place = inputs.get("location", inputs)
    try:
        return float(place["latitude"]), float(place["longitude"]), float(place["elevation"])
    except BROKEN:
        raise WeatherError(
            f"{name}: the header does not say latitude, longitude and elevation; "
            "is it cut off or edited?"
        ) from None


def _check_rows(text: Text, start: str) -> int:
    """Number of rows below the header row; each must have all its cells, all of them numbers."""
    first = _first_line(text, start)
    lines = text.text.splitlines()
    if first < 2:
        raise WeatherError(f"{text.name}: holds no row that begins with {start!r}; is it cut off?")
    width = lines[first - 2].count(",")
    count = 0
    for number, line in enumerate(lines[first - 1 :], first):
        if not line.strip():
            break
        if line.count(",") != width or not _ROW.fullmatch(line.strip()):
            raise WeatherError(
                f"{text.name}: line {number} is {line[:60]!r}; expected a time and {width} "
                "numbers, so is it cut off or edited?"
            )
        count += 1
    return count


def _first_line(text: Text, start: str) -> int:
    """Line of the first row of values: the one below the header row."""
    lines = text.text.splitlines()
    return next((k + 2 for k, line in enumerate(lines) if line.startswith(start)), 1)
