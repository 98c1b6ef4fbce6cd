"""Cells of a CSV file to numbers and instants; messages name line and column."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta, timezone

import numpy as np
from numpy.typing import NDArray

from altay_energy.core.errors import SeriesError
from altay_energy.core.files.csvfile import Table
from altay_energy.core.files.table_spec import EXCEL, TIME, TableSpec
from altay_energy.core.timeline import Times
from altay_energy.core.units import Array
from altay_energy.core.wording import listing, near, plural, stamp

MISSING_WORDS = frozenset(
    ("", "-", "--", "nan", "na", "n/a", "nat", "null", "none", "missing", "#n/a", "#na", "#ref!")
)
"""Cells that say there is no value, in lower case; the empty cell is one."""

MISSING_CODES = (-9999.0, -9900.0, -999.9, -999.0, -99.9, -99.0, 9999.0, 99999.0, 999999.0)
"""Numbers that stand for no value where they lie outside all other values of the column."""

DECIMAL_COMMA = re.compile(r"[+-]?\d+,\d+$")
THOUSANDS = re.compile(r"[+-]?\d{1,3}(,\d{3})+(\.\d+)?$")
SLASHED = re.compile(
    r"(\d{4})[/-](\d{1,2})[/-](\d{1,2})(?:[ T](\d{1,2}):(\d{2})(?::(\d{2}))?)?"
    r"(Z|[+-]\d{2}:?\d{2})?",
    re.ASCII,
)
MIDNIGHT = re.compile(r"[T ](24)(?::?00){0,2}(?![\d:]*[1-9])", re.ASCII)
_DAY_FIRST = re.compile(r"\d{1,2}([./-])\d{1,2}\1\d{4}", re.ASCII)
_EXCEL_ZERO = datetime(1899, 12, 30)


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
        If cells are no numbers: text, inf, decimal comma, thousands separator, full-width digits.
        Each kind is named once, one a line.
    """
    cells = [cell.strip() for cell in table.cells(column)]
    joined = "".join(cells)
    try:
        # float() would read 1_000 and full-width digits, which are probably mistakes.
        plain = joined.isascii() and "_" not in joined and not (decimal == "," and "." in joined)
        points = cells if decimal == "." else map(_with_point, cells)
        values = np.array([float(cell) for cell in points]) if plain else None
    except ValueError:
        values = None
    if values is None or not np.isfinite(values).all():
        values = _carefully(table, column, cells, decimal)
    return _without_codes(values)


def _with_point(cell: str) -> str:
    return cell.replace(",", ".") if DECIMAL_COMMA.match(cell) else cell


def _carefully(table: Table, column: str, cells: list[str], decimal: str) -> Array:
    values = np.full(len(cells), np.nan)
    first: dict[str, int] = {}
    count: Counter[str] = Counter()
    for k, cell in enumerate(cells):
        if cell.lower() in MISSING_WORDS:
            continue
        problem = _what_is_wrong(cell, decimal)
        if problem is None:
            values[k] = float(_with_point(cell) if decimal == "," else cell)
        else:
            first.setdefault(problem, k)
            count[problem] += 1
    if first:
        raise table.error(
            "\n".join(
                f"{table.name}: line {table.lines[k]}, column {column!r}: {_shown(cells[k])} "
                f"{problem}" + (f" ({count[problem]} such cells)" if count[problem] > 1 else "")
                for problem, k in first.items()
            )
        )
    return values


def _shown(cell: str) -> str:
    return repr(cell if len(cell) <= 60 else f"{cell[:57]}…")


def _what_is_wrong(cell: str, decimal: str) -> str | None:
    """Message on a cell with text that is no number."""
    if not cell.isascii() and cell.translate(_TO_ASCII).isascii():
        return "is in full-width characters; write plain digits"
    if decimal == ",":
        if "." in cell:
            return 'has a point, but decimal = "," is declared; write 1234,5'
        cell = _with_point(cell)
    if THOUSANDS.match(cell):
        return (
            'has a thousands separator or a decimal comma; write 1234.5, or declare decimal = ","'
        )
    if DECIMAL_COMMA.match(cell):
        return 'has a decimal comma; write a point, as in 3.14, or declare decimal = ","'
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
    """Raise for NaN in the given rows, naming cell and line.

    Parameters
    ----------
    table : Table
    column : str
    values : ndarray, shape (N,)
        From ``numbers``.
    rows : ndarray of int
        Rows that are needed.
    written : ndarray of datetime64[s], shape (N,)
        Stamps as written in the file.
    remedy : str
        Advice for the user.

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


def stamps(table: Table, spec: TableSpec) -> tuple[Times, Times, frozenset[float]]:
    """Instants of the rows, from one column of stamps or from columns of year, month, day, hour.

    Parameters
    ----------
    table : Table
    spec : TableSpec
        Its ``time``, ``time_format``, ``stamp`` and ``utc_offset_hours``: the clock of stamps that
        carry no offset, None if there must be none.

    Returns
    -------
    utc, written : ndarray of datetime64[s], shape (N,)
        In UTC, and as written in the file.
    offsets : frozenset of float
        Offsets from UTC that occur. [h]

    Raises
    ------
    AltayError
        If a stamp cannot be read or its clock is not known.
    """
    cells, column = _written_stamps(table, spec)
    reader = _reader(spec)
    moments = [reader(cell) for cell in cells]
    parsed = [moment for moment in moments if moment is not None]
    if len(parsed) < len(cells):
        raise table.error(_stamp_problem(table, column, cells, moments, spec))
    naive = next((k for k, moment in enumerate(parsed) if moment.tzinfo is None), None)
    if naive is not None and spec.utc_offset_hours is None:
        raise table.error(
            f"{table.name}: line {table.lines[naive]}, column {column!r}: {_shown(cells[naive])} "
            "does not say its offset from UTC; write it, as in 2030-01-01T00:00+08:00, or declare "
            "utc_offset_hours for the file"
        )
    zone = timezone(timedelta(hours=spec.utc_offset_hours or 0.0))
    aware = [moment if moment.tzinfo else moment.replace(tzinfo=zone) for moment in parsed]
    utc = np.array([moment.timestamp() for moment in aware])
    shift = np.array([(moment.utcoffset() or timedelta()).total_seconds() for moment in aware])
    return _instants(utc), _instants(utc + shift), frozenset((np.unique(shift) / 3600.0).tolist())


def _written_stamps(table: Table, spec: TableSpec) -> tuple[list[str], str]:
    """Stamps as text, and what the column is called."""
    names = spec.time_columns
    if len(names) > 1:
        columns = [[cell.strip() for cell in table.cells(name)] for name in names]
        return [" ".join(parts) for parts in zip(*columns, strict=True)], " ".join(names)
    name = names[0]
    if name == TIME and name not in table.header:
        if table.header[0] == "" and _looks_like_stamps(table.cells("")):
            name = ""  # the index that pandas writes
        else:
            _refuse_without_stamps(table)
    return [cell.strip() for cell in table.cells(name)], name


def _looks_like_stamps(cells: Sequence[str]) -> bool:
    return any(_moment(cell.strip()) is not None for cell in cells[:2])


def _refuse_without_stamps(table: Table) -> None:
    """Message on a missing column of stamps, with what to declare."""
    names = [name for name in table.header if name]
    lower = {name.lower(): name for name in names}
    close = near(TIME, lower)
    stamped = next((name for name in names if _looks_like_stamps(_cells(table, name))), None)
    parts = [lower[part] for part in ("year", "month", "day", "hour", "minute") if part in lower]
    if stamped is not None:
        hint = f'declare time = "{stamped}", whose cells are stamps'
        if close and lower[close] == stamped:
            hint = f'did you mean {stamped!r}? Its cells are stamps; declare time = "{stamped}"'
    elif len(parts) > 2:
        hint = f"declare time = {json.dumps(parts, ensure_ascii=False)}"
    else:
        hint = (
            f"did you mean {lower[close]!r}? Then declare time for the file"
            if close
            else f"the header has {listing([repr(name) for name in names])}; declare time, the "
            "name of the column of stamps"
        )
        if table.error is SeriesError:
            hint += ', or, for values without stamps, start = "2030-01-01T00:00"'
    raise table.error(f"{table.name}: no column is called {TIME!r}; {hint}")


def _cells(table: Table, name: str) -> Sequence[str]:
    return table.cells(name) if table.header.count(name) == 1 else ()


def _instants(seconds: Array) -> Times:
    return np.rint(seconds).astype(np.int64).astype("datetime64[s]")


def _reader(spec: TableSpec) -> Callable[[str], datetime | None]:
    """Function from a stamp to an instant, by the declared format."""
    # An interval that ends at 24:00 ends with its day; as a beginning there is no such hour.
    midnight = spec.stamp == "end"
    if len(spec.time_columns) > 1:
        return lambda cell: _of_parts(cell, midnight)
    if spec.time_format == EXCEL:
        return _of_days
    if spec.time_format is not None:
        written = spec.time_format
        return lambda cell: _day_after(cell, lambda c: _of_format(c, written), midnight)
    return lambda cell: _day_after(cell, _moment, midnight)


def _moment(cell: str) -> datetime | None:
    """ISO 8601, or year/month/day as a Chinese Excel writes it; no ambiguous format."""
    try:
        return datetime.fromisoformat(cell)
    except ValueError:
        pass
    match = SLASHED.fullmatch(cell)
    if match is None:
        return None
    *parts, offset = match.groups()
    try:
        year, month, day, hour, minute, second = (int(part or 0) for part in parts)
        return datetime.fromisoformat(
            f"{year:04d}-{month:02d}-{day:02d}T{hour:02d}:{minute:02d}:{second:02d}{offset or ''}"
        )
    except ValueError:
        return None


def _day_after(
    cell: str, reader: Callable[[str], datetime | None], midnight: bool
) -> datetime | None:
    """An instant; 24:00 is the end of its day, where stamps are ends."""
    found = MIDNIGHT.search(cell) if midnight else None
    if found is None:
        return reader(cell)
    moment = reader(f"{cell[: found.start(1)]}00{cell[found.end(1) :]}")
    return None if moment is None else moment + timedelta(days=1)


def _of_format(cell: str, written: str) -> datetime | None:
    try:
        return datetime.strptime(cell, written)
    except ValueError:
        return None


def _of_days(cell: str) -> datetime | None:
    """Excel's number of days since the last day of 1899, to the second."""
    try:
        days = float(cell)
    except ValueError:
        return None
    if not 1.0 <= days < 200_000.0:  # to the year 2447
        return None
    return _EXCEL_ZERO + timedelta(seconds=round(days * 86400.0))


def _of_parts(cell: str, midnight: bool) -> datetime | None:
    """Year, month, day, hour and minute; hour 24 is the end of the day, where stamps are ends."""
    try:
        numbers = [float(part) for part in cell.split(" ")]
    except ValueError:
        return None
    if not all(np.isfinite(number) and number == int(number) for number in numbers):
        return None
    year, month, day, hour, minute = [int(n) for n in [*numbers, 0, 0][:5]]
    late = midnight and hour == 24 and minute == 0
    try:
        moment = datetime(year, month, day, 0 if late else hour, minute)
    except ValueError:
        return None
    return moment + timedelta(days=1) if late else moment


def _stamp_problem(
    table: Table,
    column: str,
    cells: Sequence[str],
    moments: Sequence[datetime | None],
    spec: TableSpec,
) -> str:
    k = moments.index(None)
    where = f"{table.name}: line {table.lines[k]}, column {column!r}: {_shown(cells[k])}"
    count = moments.count(None)
    many = f" ({count} such cells)" if count > 1 else ""
    if k == 0 and count == 1 and len(cells) > 1:
        return (
            f"{where} is no time: is this a second header row? keep one row of names, or declare "
            f"header_line = [{table.lines[0] - 1}, {table.lines[0]}]"
        )
    if MIDNIGHT.search(cells[k]) or (len(spec.time_columns) > 3 and cells[k].split(" ")[3] == "24"):
        return (
            f"{where}: hour 24 is hour 00 of the next day{many}; write it so, or declare "
            'stamp = "end" where stamps are the ends of their intervals'
        )
    if spec.time_format is not None or len(spec.time_columns) > 1:
        declared = spec.time_format or "year, month, day, hour, minute"
        return f"{where} is no time as declared ({declared}){many}"
    hint = ""
    if _of_days(cells[k]) is not None:
        hint = f', or declare time_format = "{EXCEL}" if these are Excel\'s numbers of days'
        if table.error is SeriesError:
            hint += ', or start = "2030-01-01T00:00" if these only count the rows'
    elif match := _DAY_FIRST.match(cells[k]):
        sign, clock = match[1], ":".join(("%H", "%M", "%S")[: cells[k].count(":") + 1])
        clock = f" {clock}" if ":" in cells[k] else ""
        days = [f"%d{sign}%m{sign}%Y{clock}"]
        days += [f"%m{sign}%d{sign}%Y{clock}"] if sign == "/" else []
        hint = ", or declare " + " or ".join(f'time_format = "{day}"' for day in days)
    return f"{where} is no time; write ISO 8601, as in 2030-01-01T00:00+08:00{hint}{many}"
