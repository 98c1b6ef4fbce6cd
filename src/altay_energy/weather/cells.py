"""Cells of a CSV file to numbers and instants, with every oddity named by line and column."""

from __future__ import annotations

import re
from collections import Counter
from datetime import datetime, timedelta, timezone

import numpy as np
from numpy.typing import NDArray

from altay_energy.errors import WeatherError
from altay_energy.timeline import Times
from altay_energy.units import Array
from altay_energy.weather.csv_table import Table
from altay_energy.weather.regular import listing, plural, stamp

MISSING_WORDS = frozenset(
    ("", "-", "--", "nan", "na", "n/a", "nat", "null", "none", "missing", "#n/a", "#na", "#ref!")
)
"""Cells that say there is no value, in lower case; the empty cell is one."""

MISSING_CODES = (-9999.0, -9900.0, -999.9, -999.0, -99.9, -99.0, 9999.0, 99999.0, 999999.0)
"""Numbers that stand for no value where they lie outside all other values of the column."""

DECIMAL_COMMA = re.compile(r"[+-]?\d+,\d+$")
THOUSANDS = re.compile(r"[+-]?\d{1,3}(,\d{3})+(\.\d+)?$")
SLASHED = re.compile(
    r"(\d{4})[/-](\d{1,2})[/-](\d{1,2})(?:[ T](\d{1,2}):(\d{2})(?::(\d{2}))?)?", re.ASCII
)


def numbers(table: Table, column: str, *, decimal: str = ".") -> Array:
    """A column as numbers; cells that say "no value" become NaN for the caller to judge.

    Parameters
    ----------
    table : Table
    column : str
        Its name in the header.
    decimal : str
        Decimal sign: ``.`` or ``,``.

    Returns
    -------
    ndarray, shape (N,)
        NaN for an empty cell, a word of ``MISSING_WORDS`` or a code of ``MISSING_CODES`` that
        lies outside all other values.

    Raises
    ------
    AltayError
        If a cell is no number: text, inf, decimal comma, thousands separator, full-width digits.
    """
    cells = [cell.strip() for cell in table.cells(column)]
    if decimal == ",":
        cells = [_with_point(cell) for cell in cells]
    joined = "".join(cells)
    try:
        # float() would read 1_000 and full-width digits, which people do not mean.
        plain = joined.isascii() and "_" not in joined
        values = np.array([float(cell) for cell in cells]) if plain else None
    except ValueError:
        values = None
    if values is None or not np.isfinite(values).all():
        values = _carefully(table, column, cells)
    return _without_codes(values)


def _with_point(cell: str) -> str:
    return cell.replace(",", ".") if DECIMAL_COMMA.match(cell) else cell


def _carefully(table: Table, column: str, cells: list[str]) -> Array:
    values = np.full(len(cells), np.nan)
    for k, cell in enumerate(cells):
        if cell.lower() in MISSING_WORDS:
            continue
        problem = _what_is_wrong(cell)
        if problem:
            alike = sum(_what_is_wrong(other) == problem for other in cells[k:])
            many = f" ({alike} such cells)" if alike > 1 else ""
            raise table.error(
                f"{table.name}: line {table.lines[k]}, column {column!r}: {cell!r} {problem}{many}"
            )
        values[k] = float(cell)
    return values


def _what_is_wrong(cell: str) -> str | None:
    """Why a cell that says something is no number, and how to mend it."""
    if not cell.isascii() and cell.translate(_TO_ASCII).isascii():
        return "is in full-width characters; write plain digits"
    if THOUSANDS.match(cell):
        return "has a thousands separator or a decimal comma; write 1234.5"
    if DECIMAL_COMMA.match(cell):
        return "has a decimal comma; write a point, as in 3.14"
    try:
        value = float(cell)
    except ValueError:
        value = None
    if value is None or "_" in cell or not cell.isascii():
        return "is not a number"
    if np.isinf(value):
        return "is infinite; every interval needs a number"
    return None


_TO_ASCII = {0xFF01 + k: 0x21 + k for k in range(94)} | {0x3000: 0x20}


def _without_codes(values: Array) -> Array:
    is_code = np.isin(values, MISSING_CODES)
    if not is_code.any():
        return values
    others = values[~is_code & ~np.isnan(values)]
    if others.size:
        is_code &= (values < others.min()) | (values > others.max())
    return np.where(is_code, np.nan, values)


def refuse_missing(
    table: Table,
    column: str,
    values: Array,
    rows: NDArray[np.intp],
    written: Times,
    remedy: str,
) -> None:
    """Refuse NaN in the given rows, with what stands there and where.

    Parameters
    ----------
    table : Table
    column : str
    values : ndarray, shape (N,)
        From ``numbers``.
    rows : ndarray of int
        Rows that are needed.
    written : ndarray of datetime64[s], shape (N,)
        Stamps as they stand in the file.
    remedy : str
        How to mend it.

    Raises
    ------
    AltayError
    """
    bad = rows[np.isnan(values[rows])]
    if not bad.size:
        return
    cells = table.cells(column)
    codes = Counter(cells[k].strip() or "empty" for k in bad)
    what = listing([f"{code} × {count}" for code, count in codes.most_common()])
    where = listing([f"line {table.lines[k]} ({stamp(written[k])})" for k in bad])
    raise table.error(
        f"{table.name}: column {column!r} has no value in {plural(bad.size, 'row')} ({what}), "
        f"first in {where}; {remedy}"
    )


def stamps(
    table: Table, column: str, utc_offset_hours: float | None
) -> tuple[Times, Times, frozenset[float]]:
    """Instants of a column of stamps.

    Parameters
    ----------
    table : Table
    column : str
        Its name in the header.
    utc_offset_hours : float or None
        Clock of stamps that carry no offset; None if there must be none. [h]

    Returns
    -------
    utc, written : ndarray of datetime64[s], shape (N,)
        In UTC, and as they stand in the file.
    offsets : frozenset of float
        Offsets from UTC that occur. [h]

    Raises
    ------
    AltayError
        If a stamp cannot be read or its clock is not known.
    """
    cells = table.cells(column)
    moments = [_moment(cell.strip()) for cell in cells]
    parsed = [moment for moment in moments if moment is not None]
    if len(parsed) < len(cells):
        raise table.error(_stamp_problem(table, column, moments.index(None)))
    naive = next((k for k, moment in enumerate(parsed) if moment.tzinfo is None), None)
    if naive is not None and utc_offset_hours is None:
        # Only a weather file has a place where its clock can be declared.
        declare = ", or declare utc_offset_hours for the file"
        raise table.error(
            f"{table.name}: line {table.lines[naive]}, column {column!r}: {cells[naive]!r} does "
            "not say its offset from UTC; write it, as in 2030-01-01T00:00+08:00"
            + (declare if table.error is WeatherError else "")
        )
    zone = timezone(timedelta(hours=utc_offset_hours or 0.0))
    aware = [moment if moment.tzinfo else moment.replace(tzinfo=zone) for moment in parsed]
    utc = np.array([moment.timestamp() for moment in aware])
    shift = np.array([(moment.utcoffset() or timedelta()).total_seconds() for moment in aware])
    return _instants(utc), _instants(utc + shift), frozenset((np.unique(shift) / 3600.0).tolist())


def _instants(seconds: Array) -> Times:
    return np.rint(seconds).astype(np.int64).astype("datetime64[s]")


def _moment(cell: str) -> datetime | None:
    """ISO 8601, or year/month/day as a Chinese Excel writes it; nothing that could be two days."""
    try:
        return datetime.fromisoformat(cell)
    except ValueError:
        pass
    match = SLASHED.fullmatch(cell)
    if match is None:
        return None
    try:
        year, month, day, hour, minute, second = (int(part or 0) for part in match.groups())
        return datetime(year, month, day, hour, minute, second)
    except ValueError:
        return None


def _stamp_problem(table: Table, column: str, k: int) -> str:
    cells = table.cells(column)
    where = f"{table.name}: line {table.lines[k]}, column {column!r}: {cells[k]!r}"
    if k == 0 and len(cells) > 1 and _moment(cells[1].strip()) is not None:
        return f"{where} is no time: is this a second header row? keep one row of names"
    if re.search(r"[T ]24:", cells[k]):
        return f"{where}: hour 24 is hour 00 of the next day; write it so"
    return f"{where} is no time; write ISO 8601, as in 2030-01-01T00:00+08:00"
