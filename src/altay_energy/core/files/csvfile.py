"""A CSV file split into header and cells; what is no regular table is refused with its line."""

from __future__ import annotations

import csv
import io
import re
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from altay_energy.core.errors import AltayError, WeatherError
from altay_energy.core.files.table_spec import TableSpec
from altay_energy.core.files.textfile import Text
from altay_energy.core.wording import listing, near, plural


@dataclass(frozen=True, eq=False)
class Table:
    """Cells of a CSV file by column, as text.

    Parameters
    ----------
    source : Text
        The file.
    header : tuple of str
        Names of the columns, each once.
    rows : list of list of str
        Cells, as many in each row as the header has.
    lines : ndarray of int, shape (N,)
        Line of each row in the file, 1 for the first.
    separator : str
        ``,``, ``;`` or tab.
    error : type of AltayError
        Class of the errors of this table.
    notices : tuple of str
        How it was split, where that is not by commas below a header in the first line.
    """

    source: Text
    header: tuple[str, ...]
    rows: list[list[str]] = field(repr=False)
    lines: NDArray[np.int64] = field(repr=False)
    separator: str
    error: type[AltayError]
    notices: tuple[str, ...] = ()

    @cached_property
    def _columns(self) -> tuple[tuple[str, ...], ...]:
        return tuple(zip(*self.rows, strict=True))

    @property
    def name(self) -> str:
        """File name."""
        return self.source.name

    def cells(self, column: str) -> tuple[str, ...]:
        """Cells of one column.

        Parameters
        ----------
        column : str
            Its name in the header.

        Returns
        -------
        tuple of str

        Raises
        ------
        AltayError
            If the header has no such name, and similar names are proposed; or has it twice.
        """
        count = self.header.count(column)
        if count == 1:
            return self._columns[self.header.index(column)]
        if count > 1:
            raise self.error(
                f"{self.name}: the header names columns more than once: {column!r} × {count}; "
                "give them names that differ, or join two lines of names by header_line = [1, 2]"
            )
        lower = {name.lower(): name for name in self.header}
        close = near(column.lower(), lower)
        hint = (
            f"did you mean {lower[close]!r}?"
            if close
            else f"the header has {listing([repr(name) for name in self.header])}"
        )
        raise self.error(f"{self.name}: no column is called {column!r}; {hint}")


SEARCHED_LINES = 60
"""Number of lines in which a header is searched; lines above it are text about the file."""

_SEPARATORS = (",", ";", "\t")
_JSON = re.compile(r"\s*(?:\{|\[\s*[\[{\d\"-])")
NOTHING_DECLARED = TableSpec(file="-")


def parse_table(
    source: Text,
    error: type[AltayError] = WeatherError,
    spec: TableSpec = NOTHING_DECLARED,
    wanted: Sequence[str] = (),
) -> Table:
    """Split a text into header and cells.

    Parameters
    ----------
    source : Text
        Of a CSV file.
    error : type of AltayError
        Class of the error.
    spec : TableSpec
        Its ``header_line`` and ``separator``, if they are declared.
    wanted : sequence of str
        Names by which the header is found below lines of text.

    Returns
    -------
    Table
        Its notices say which lines were left out, and that columns are not separated by commas.

    Raises
    ------
    AltayError
        If it is no regular table: names that are missing, rows of another width, no such line.
    """
    _refuse_json(source, error)
    separator, found_line = _found(source.text, spec, wanted)
    rows, begins, ends = _rows(source, separator, error)
    declared = spec.header_line if spec.header_line is not None else found_line
    notices = []
    if separator != "," and spec.separator is None:
        notices.append(f"columns are separated by {separator!r}")
    if declared == 0:
        header = tuple(str(number) for number in range(1, len(rows[0]) + 1))
        first = 0
    else:
        heads = _header_rows(source.name, declared, begins, ends, error)
        header = _joined([rows[k] for k in heads])
        first = heads[-1] + 1
        if spec.header_line is None and heads[0] > 0:
            above = begins[heads[0]] - 1
            notices.append(
                f"the header is line {begins[heads[0]]}; {plural(above, 'line')} above it left out"
            )
    rows, numbers = rows[first:], ends[first:]
    _check_shape(source.name, header, rows, numbers, error)
    lines = np.array(numbers, dtype=np.int64)
    return Table(source, header, rows, lines, separator, error, tuple(notices))


def csv_rows(text: str) -> list[list[str]]:
    """Cells of each line of a text that is separated by commas; an empty line is an empty row.

    Parameters
    ----------
    text : str
        Of any shape: rows may differ in their number of cells.

    Returns
    -------
    list of list of str
        Cells may be in quotes, within which commas and line ends are part of the cell.

    Raises
    ------
    ValueError
        If a line is no row of a CSV.
    """
    try:
        return list(csv.reader(io.StringIO(text)))
    except csv.Error as problem:
        raise ValueError(str(problem)) from None


def _refuse_json(source: Text, error: type[AltayError]) -> None:
    if _JSON.match(source.text):
        raise error(f"{source.name}: this is JSON, not CSV; save it as a table with one header row")


def _found(text: str, spec: TableSpec, wanted: Sequence[str]) -> tuple[str, int | None]:
    """Separator, and the line of the first row that holds most of the names that are wanted."""
    head = text.lstrip("\r\n").split("\n", SEARCHED_LINES)[:SEARCHED_LINES]
    line = head[0]
    if spec.header_line is not None:
        line = "".join(text.split("\n", _last(spec) + 1)[_last(spec) :][:1])
    usual: str = spec.separator or max(_SEPARATORS, key=line.count)
    if spec.header_line is not None:
        return usual, None
    candidates = [usual]
    if spec.separator is None:
        candidates += [one for one in _SEPARATORS if one != usual]
    names = set(wanted)
    best: tuple[int, str, int | None] = (0, usual, None)
    skipped = len(text) - len(text.lstrip("\r\n"))
    offset = text[:skipped].count("\n")
    for separator in candidates:
        reader = csv.reader(io.StringIO("\n".join(head)), **_dialect(separator))
        begin = 1
        try:
            for row in reader:
                score = len(names & {name.strip() for name in row})
                if score > best[0]:
                    best = (score, separator, begin + offset)
                begin = reader.line_num + 1
        except csv.Error:  # reported when the whole is read
            continue
    return best[1], best[2]


def _last(spec: TableSpec) -> int:
    """Number of lines above the values, by a declared header."""
    given = spec.header_line
    return given[-1] if isinstance(given, list) else int(given or 0)


def _dialect(separator: str) -> dict[str, Any]:
    return {"delimiter": separator, "skipinitialspace": separator == " "}


def _rows(
    source: Text, separator: str, error: type[AltayError]
) -> tuple[list[list[str]], list[int], list[int]]:
    """Rows that hold anything, with their first and last lines in the file."""
    reader = csv.reader(io.StringIO(source.text, newline=""), **_dialect(separator))
    rows: list[list[str]] = []
    begins: list[int] = []
    ends: list[int] = []
    begin = 1
    try:
        for row in reader:
            if row:
                rows.append(row)
                begins.append(begin)
                ends.append(reader.line_num)
            begin = reader.line_num + 1
    except csv.Error as problem:
        raise error(
            f"{source.name}: line {reader.line_num} is no row of a CSV: {problem}"
        ) from None
    return rows, begins, ends


def _header_rows(
    name: str,
    declared: int | list[int] | None,
    begins: list[int],
    ends: list[int],
    error: type[AltayError],
) -> list[int]:
    """Which rows are the header."""
    if declared is None:
        return [0]
    found = []
    for line in declared if isinstance(declared, list) else [declared]:
        k = bisect_left(ends, line)
        if k == len(ends) or begins[k] > line:
            raise error(
                f"{name}: header_line = {line}, but line {line} is "
                f"{'empty' if line <= ends[-1] else f'beyond the last, {ends[-1]}'}"
            )
        found.append(k)
    return found


def _joined(rows: list[list[str]]) -> tuple[str, ...]:
    """Names of columns; cells of several header lines are joined by a space."""
    width = max(len(row) for row in rows)
    cells = [[cell.strip() for cell in [*row, *[""] * (width - len(row))]] for row in rows]
    return tuple(" ".join(filter(None, parts)) for parts in zip(*cells, strict=True))


def _check_shape(
    name: str,
    header: tuple[str, ...],
    rows: list[list[str]],
    lines: list[int],
    error: type[AltayError],
) -> None:
    if "" in header[1:]:  # the first may be pandas' index, which has no name
        raise error(
            f"{name}: column {header[1:].index('') + 2} of the header has no name; "
            "give it one, remove the trailing separator, or declare header_line if lines of text "
            "are above the header"
        )
    if not rows:
        raise error(f"{name}: there is a header but no row below it")
    width = len(header)
    for row, line in zip(rows, lines, strict=True):
        if len(row) != width:
            hint = "put text that holds the separator in quotes"
            if len(row) == width + 1 and not row[-1].strip():
                hint = "remove the trailing separator"
            elif line - lines[0] < SEARCHED_LINES:
                hint += ", or declare header_line if lines of text are above the header"
            raise error(f"{name}: line {line} has {len(row)} cells, the header {width}; {hint}")
