"""SAM wind files (``.srw``): wind at several heights, without any sunlight."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from altay_energy.core.errors import WeatherError
from altay_energy.core.files.csvfile import csv_rows
from altay_energy.core.files.textfile import Text
from altay_energy.core.units import Array
from altay_energy.weather.files.assemble import (
    BROKEN,
    COMMON_CODES,
    NOMINAL_YEAR,
    Header,
    assemble,
    not_readable,
)
from altay_energy.weather.files.file import WIND, WeatherFile
from altay_energy.weather.files.spec import WeatherFileSpec

USUAL_HUB_M = 100.0
"""The two heights nearest to this are read; modern turbines are about as high. [m]"""

_UNITS = {"speed": "m/s", "temperature": "c", "pressure": "atm", "direction": "degrees"}
_YEAR_HOURS = (8760, 8784)


def read_srw(text: Text, spec: WeatherFileSpec) -> WeatherFile:
    """A SAM wind file: five lines of header, then rows without stamps.

    Parameters
    ----------
    text : Text
    spec : WeatherFileSpec
        ``utc_offset_hours`` must be declared: the file does not say its clock.

    Returns
    -------
    WeatherFile
        With wind at the two heights nearest to 100 m and, where given at the lower of these, its
        direction. It holds no sunlight, so it serves as ``[weather.wind_files]`` only.

    Raises
    ------
    WeatherError
        If the header is not SAM's, the clock is not declared, or rows are cut off.

    Notes
    -----
    Temperature and pressure are those of heights above ground and are left to the file that
    gives the sunlight, which has them at 2 m and at the ground.

    References
    ----------
    .. [1] National Renewable Energy Laboratory, System Advisor Model, "SRW format for wind".
    """
    try:
        rows = [row for row in csv_rows(text.text.replace("\r", "")) if row]
        return _read(text, spec, rows)
    except WeatherError:
        raise
    except BROKEN as problem:
        raise not_readable(text.name, "SAM wind (.srw)", problem) from None


def _read(text: Text, spec: WeatherFileSpec, rows: list[list[str]]) -> WeatherFile:
    if spec.utc_offset_hours is None:
        raise WeatherError(
            f"{text.name}: a SAM wind file does not say its clock; declare utc_offset_hours for "
            "it: 0 where it was downloaded in UTC, else that of its place"
        )
    head, names, units, heights = rows[0], rows[2], rows[3], [float(cell) for cell in rows[4]]
    names = [name.strip().lower() for name in names]
    _check_units(text.name, names, units, len(heights))
    table = _table(text.name, rows[5:], len(names))
    level, second = _heights(text.name, names, heights, spec)
    found = {"wind_speed_m_s": table[:, _at(names, heights, "speed", level)]}
    if second is not None:
        found["wind_speed_second_m_s"] = table[:, _at(names, heights, "speed", second)]
    if ("direction", level) in zip(names, heights, strict=True):
        found["wind_direction_deg"] = table[:, _at(names, heights, "direction", level)]
    hours = next((h for h in _YEAR_HOURS if _fits(table.shape[0], h)), None)
    if hours is None:
        raise WeatherError(
            f"{text.name}: has {table.shape[0]} rows, expected one year: 8760 or 8784 hours, or a "
            "multiple; is it cut off?"
        )
    year = int(head[4]) if head[4].strip().isdigit() else NOMINAL_YEAR
    step = 3600 * hours // table.shape[0]
    steps = np.arange(table.shape[0]) * np.timedelta64(step, "s")
    local = np.datetime64(f"{year:04d}-01-01", "s") + steps
    notices = ["a SAM wind file has no stamps; its first row begins the year"]
    if hours == 8760 and _is_leap(year):
        local = local + np.where(local >= np.datetime64(f"{year}-02-29"), 86400, 0).astype("m8[s]")
    others = sorted({h for n, h in zip(names, heights, strict=True) if n == "speed"})
    if len(others) > 2:
        notices.append(
            f"wind at {', '.join(f'{h:g}' for h in others)} m; the two nearest 100 m read"
        )
    header = Header(
        kind="srw",
        place=" ".join(part.strip(" ?") for part in head[1:4]).strip() or text.name,
        location=(_number(head[5]), _number(head[6]), _number(head[7])),
        utc_offset_hours=spec.utc_offset_hours,
        wind_height_m=level,
        wind_second_height_m=second,
        typical=not head[4].strip().isdigit(),
        notices=tuple(notices),
        first_line=6,
    )
    return assemble(text, spec, header, local, found, required=WIND[:1])


def _check_units(name: str, names: list[str], units: list[str], count: int) -> None:
    if not len(names) == len(units) == count:
        raise WeatherError(
            f"{name}: lines 3, 4 and 5 hold {len(names)} names, {len(units)} units and {count} "
            "heights; expected one of each for every column"
        )
    for column, unit in zip(names, units, strict=True):
        expected = _UNITS.get(column)
        if expected is None:
            raise WeatherError(
                f"{name}: line 3 names {column!r}; expected Temperature, Pressure, Speed, Direction"
            )
        if unit.strip().lower().rstrip("s") != expected.rstrip("s"):
            raise WeatherError(
                f"{name}: line 4 gives {column} in {unit.strip()!r}; expected {expected}"
            )


def _table(name: str, rows: list[list[str]], width: int) -> Array:
    for k, row in enumerate(rows):
        if len(row) != width:
            raise WeatherError(
                f"{name}: line {k + 6} has {len(row)} cells, the header {width}; is it cut off?"
            )
    cells: NDArray[np.float64] = np.array([[float(x or "nan") for x in row] for row in rows])
    if not cells.size:
        raise WeatherError(f"{name}: there is a header but no row below it")
    return np.where(np.isin(cells, COMMON_CODES) | ~np.isfinite(cells), np.nan, cells)


def _heights(
    name: str, names: list[str], heights: list[float], spec: WeatherFileSpec
) -> tuple[float, float | None]:
    """Lower and upper of the two heights of speed nearest to 100 m, or as declared."""
    speeds = {h for n, h in zip(names, heights, strict=True) if n == "speed"}
    if not speeds:
        raise WeatherError(f"{name}: line 3 names no Speed; a wind file needs it")
    declared = [h for h in (spec.wind_height_m, spec.wind_second_height_m) if h is not None]
    for height in declared:
        if height not in speeds:
            known = ", ".join(f"{h:g}" for h in sorted(speeds))
            raise WeatherError(f"{name}: holds no speed at {height:g} m, only at {known} m")
    nearest = sorted(speeds - set(declared), key=lambda h: (abs(h - USUAL_HUB_M), h))
    chosen = [*declared, *nearest][:2]
    if not declared:
        chosen.sort()
    return chosen[0], chosen[1] if len(chosen) > 1 else None


def _at(names: list[str], heights: list[float], name: str, height: float) -> int:
    return next(
        k for k, pair in enumerate(zip(names, heights, strict=True)) if pair == (name, height)
    )


def _fits(rows: int, hours: int) -> bool:
    return rows % hours == 0 and 3600 % (rows // hours) == 0


def _is_leap(year: int) -> bool:
    return year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)


def _number(cell: str) -> float | None:
    try:
        return float(cell)
    except ValueError:
        return None
