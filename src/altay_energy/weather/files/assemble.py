"""Shared parts of readers: parsing by pvlib, units, regular steps, assembly of a file."""

from __future__ import annotations

import csv
import io
import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from altay_energy.core.errors import WeatherError
from altay_energy.core.files.gaps import with_missing_rows
from altay_energy.core.files.textfile import Text, library_said
from altay_energy.core.stamps import check_order, gaps, step_of
from altay_energy.core.timeline import Times
from altay_energy.core.units import Array
from altay_energy.core.wording import plural, stamp
from altay_energy.weather.files.complete import complete
from altay_energy.weather.files.file import REQUIRED, WeatherFile, clock_name
from altay_energy.weather.files.spec import WeatherFileSpec

if TYPE_CHECKING:
    import pandas as pd

NOMINAL_YEAR = 2005
NOMINAL_LEAP_YEAR = 2004

BROKEN = (
    LookupError,
    ValueError,
    TypeError,
    AttributeError,
    ArithmeticError,
    StopIteration,
    RecursionError,
    csv.Error,
)
"""Errors of parsers on a file that is not of their format."""

COMMON_CODES = (-9999.0, -999.0)

Names = Mapping[str, tuple[str, float, tuple[float, ...]]]
"""Our name: (name in the format, factor to our unit, codes for no value)."""


@dataclass(frozen=True)
class Header:
    """Properties that a file gives, before a declaration overrides them.

    Parameters
    ----------
    kind : str
        Name of the format.
    place : str
        Name of its place.
    location : tuple of float or None
        Latitude [°], longitude [°], elevation [m]; None where not given.
    utc_offset_hours : float
        Its clock minus UTC. [h]
    wind_height_m : float
        [m]
    typical : bool
        Whether years are mixed or nominal.
    notices : tuple of str
        Meaning of its stamps, and other notices.
    wind_second_height_m : float, optional
        [m]
    first_line : int
        Line of the first row of values; 0 for formats without lines.
    remedy : str
        Advice on a series that a file of this format lacks.
    """

    kind: str
    place: str
    location: tuple[float | None, float | None, float | None]
    utc_offset_hours: float
    wind_height_m: float
    typical: bool
    notices: tuple[str, ...]
    wind_second_height_m: float | None = None
    first_line: int = 1
    remedy: str = ""


def columns(data: pd.DataFrame, names: Names) -> dict[str, Array]:
    """Columns in our units, NaN for the format's code for no value and for text.

    Parameters
    ----------
    data : pandas.DataFrame
        N rows.
    names : Names

    Returns
    -------
    dict of str to ndarray, shape (N,)
    """
    import pandas as pd

    found = {}
    for ours, (theirs, factor, codes) in names.items():
        if theirs in data:
            raw = pd.to_numeric(data[theirs], errors="coerce").to_numpy(dtype=np.float64)
            no_value = np.isin(raw, (*codes, *COMMON_CODES)) | ~np.isfinite(raw)
            found[ours] = np.where(no_value, np.nan, factor * raw)
    return found


def nominal(local: Times) -> Times:
    """The same months, days and hours in one nominal year, as the months of typical years are.

    Parameters
    ----------
    local : ndarray of datetime64[s], shape (N,)

    Returns
    -------
    ndarray of datetime64[s], shape (N,)
    """
    month = local.astype("datetime64[M]")
    of_year = month.astype(np.int64) % 12
    leap_day = np.any((of_year == 1) & (local - month >= np.timedelta64(28 * 86400, "s")))
    year = NOMINAL_LEAP_YEAR if leap_day else NOMINAL_YEAR
    first = np.datetime64(f"{year}-01", "M")
    result: Times = (first + of_year).astype("datetime64[s]") + (local - month)
    return result


def assemble(
    text: Text,
    spec: WeatherFileSpec,
    header: Header,
    local: Times,
    found: Mapping[str, Array],
    required: Sequence[str] = REQUIRED,
) -> WeatherFile:
    """Rows and header to a ``WeatherFile``: in order, regular, without gaps, as declared.

    Parameters
    ----------
    text : Text
        Name and hash of the file.
    spec : WeatherFileSpec
        Overrides of the file's properties, and which gaps may be filled.
    header : Header
    local : ndarray of datetime64[s], shape (N,)
        Beginning of the intervals on the file's own clock.
    found : mapping of str to ndarray, shape (N,)
        Columns in our units, NaN where there is no value.
    required : sequence of str
        Series that must be there.

    Returns
    -------
    WeatherFile

    Raises
    ------
    WeatherError
        If stamps or values are missing, duplicate or out of order.
    """
    offset = header.utc_offset_hours if spec.utc_offset_hours is None else spec.utc_offset_hours
    lines = np.arange(local.size, dtype=np.int64) + header.first_line
    check_order(local, local, lines, text.name, WeatherError)
    notices = [*text.notices, *header.notices, *clock_notice(header.utc_offset_hours, offset)]
    local, lines, rows, step = _regular(text.name, local, lines, found, spec, notices)
    done = complete(
        rows,
        local,
        lines,
        text.name,
        step_hours=step / 3600.0,
        policy=spec.gap_policy,
        required=required,
        assumed_humidity_percent=spec.assumed_humidity_percent,
        remedy=header.remedy,
    )
    latitude, longitude, elevation_m = (
        given if declared is None else declared
        for given, declared in zip(
            header.location, (spec.latitude, spec.longitude, spec.elevation_m), strict=True
        )
    )
    second = header.wind_second_height_m if "wind_speed_second_m_s" in done.series else None
    return WeatherFile(
        name=text.name,
        format=header.kind,
        place=header.place or text.name,
        latitude=_place(text.name, "latitude", latitude, 90.0),
        longitude=_place(text.name, "longitude", longitude, 180.0),
        elevation_m=_place(text.name, "elevation_m", elevation_m, 9000.0),
        utc_offset_hours=float(offset),
        times=local - np.timedelta64(round(offset * 3600), "s"),
        step_hours=step / 3600.0,
        series=done.series,
        wind_height_m=spec.wind_height_m or header.wind_height_m,
        wind_second_height_m=spec.wind_second_height_m or second,
        typical=header.typical,
        sha256=text.sha256,
        notices=(*notices, *done.notices),
        wants=tuple(done.wants),
    )


def _place(name: str, key: str, value: float | None, most: float) -> float | None:
    if value is None:
        return None
    number = float(value)
    if not abs(number) <= most:
        raise WeatherError(
            f"{name}: {key} = {number:g} is no place on Earth; expected {-most:g} to {most:g}, "
            f"so declare {key} for the file"
        )
    return number


def _regular(
    name: str,
    local: Times,
    lines: NDArray[np.int64],
    found: Mapping[str, Array],
    spec: WeatherFileSpec,
    notices: list[str],
) -> tuple[Times, NDArray[np.int64], dict[str, Array], int]:
    """Rows in regular steps [s]; a file may leave 29 February out without any policy."""
    if local.size < 24:
        raise WeatherError(f"{name}: {plural(local.size, 'row')} are too few; is it cut off?")
    step = step_of(local)
    if 3600 % step:
        raise WeatherError(
            f"{name}: steps of {step / 60:g} min; expected 60 min or a part of an hour"
        )
    cuts = [0]
    for k, count in gaps(local, step):
        first = local[k] + np.timedelta64(step, "s")
        if stamp(first)[5:] == "02-29 00:00" and count * step == 86400:
            cuts.append(k + 1)
            notices.append(f"29 February {stamp(first)[:4]} is left out")
    parts = [
        with_missing_rows(
            name,
            local[a:b],
            local[a:b],
            lines[a:b],
            {key: values[a:b] for key, values in found.items()},
            step,
            spec.gap_policy,
        )
        for a, b in zip(cuts, [*cuts[1:], local.size], strict=True)
    ]
    rows = {key: np.concatenate([part[2][key] for part in parts]) for key in found}
    times = np.concatenate([part[0] for part in parts])
    return times, np.concatenate([part[1] for part in parts]), rows, step


def clock_notice(own: float, taken: float) -> list[str]:
    """Notice where a declared clock overrides that of the file.

    Parameters
    ----------
    own, taken : float
        Minus UTC. [h]

    Returns
    -------
    list of str
    """
    if own == taken:
        return []
    return [f"clock taken as {clock_name(taken)} as declared; the file says {clock_name(own)}"]


def through_pvlib(
    text: Text,
    kind: str,
    reader: Callable[[io.StringIO], tuple[pd.DataFrame, dict[str, Any]]],
    needed: frozenset[str] = frozenset(("ghi", "temp_air", "wind_speed")),
) -> tuple[pd.DataFrame, Times, dict[str, Any]]:
    """Columns, stamps on the file's clock, and the header, by a reader of pvlib.

    Parameters
    ----------
    text : Text
    kind : str
        Usual name of the format.
    reader : callable
        From a buffer to data and header.
    needed : frozenset of str
        Columns without any of which the file is another format.

    Returns
    -------
    data : pandas.DataFrame
        N rows.
    stamps : ndarray of datetime64[s], shape (N,)
    header : dict

    Raises
    ------
    WeatherError
        If it cannot be read as that format.
    """
    import pandas as pd

    try:
        with warnings.catch_warnings():
            # On columns of mixed types: cells that are no numbers are found and reported later.
            warnings.simplefilter("ignore")
            data, meta = reader(io.StringIO(text.text.lstrip()))
        if not needed & set(data.columns):
            raise ValueError(f"columns of {', '.join(sorted(needed))} are not there")
        index = pd.DatetimeIndex(data.index)
        if data.empty or index.hasnans:
            raise ValueError("rows without a time, or no row at all")
        return data, index.tz_localize(None).to_numpy().astype("datetime64[s]"), meta
    except BROKEN as problem:
        raise not_readable(text.name, kind, problem) from None


def not_readable(name: str, kind: str, problem: BaseException) -> WeatherError:
    """The error for a file that is not of its format.

    Parameters
    ----------
    name : str
        Of the file.
    kind : str
        Usual name of the format.
    problem : BaseException
        Error of the parser.

    Returns
    -------
    WeatherError
    """
    return WeatherError(
        f"{name}: cannot be read as {kind}: {library_said(problem)}; is it cut off, edited or "
        "another format? Declare format if it is"
    )
