"""A CSV file split into header and cells; what is no regular table is refused with its line."""

from __future__ import annotations

import csv
import difflib
import io
from collections import Counter
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from altay_energy.errors import AltayError, WeatherError
from altay_energy.weather.regular import listing
from altay_energy.weather.text import Text, read_text


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
        What this table raises.
    """

    source: Text
    header: tuple[str, ...]
    rows: list[list[str]] = field(repr=False)
    lines: NDArray[np.int64] = field(repr=False)
    separator: str
    error: type[AltayError]

    @cached_property
    def _columns(self) -> dict[str, tuple[str, ...]]:
        return dict(zip(self.header, zip(*self.rows, strict=True), strict=True))

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
            If the header has no such name; similar names are proposed.
        """
        if column in self._columns:
            return self._columns[column]
        lower = {name.lower(): name for name in self.header}
        close = difflib.get_close_matches(column.lower(), list(lower), n=1)
        hint = (
            f"did you mean {lower[close[0]]!r}?"
            if close
            else f"the header has {listing([repr(name) for name in self.header])}"
        )
        raise self.error(f"{self.name}: no column is called {column!r}; {hint}")


def read_table(
    path: Path, *, encoding: str | None = None, error: type[AltayError] = WeatherError
) -> Table:
    """Read a CSV file with one header row.

    Parameters
    ----------
    path : Path
        The file.
    encoding : str, optional
        Instead of what is found.
    error : type of AltayError
        What to raise.

    Returns
    -------
    Table

    Raises
    ------
    AltayError
        If it is no regular table: names that stand twice or are missing, rows of another width.
    """
    return parse_table(read_text(path, encoding=encoding, error=error), error)


def parse_table(source: Text, error: type[AltayError] = WeatherError) -> Table:
    """Split a text into header and cells.

    Parameters
    ----------
    source : Text
        Of a CSV file.
    error : type of AltayError
        What to raise.

    Returns
    -------
    Table

    Raises
    ------
    AltayError
        As ``read_table``.
    """
    first_line = source.text.lstrip("\r\n").split("\n", 1)[0]
    separator = max(",;\t", key=first_line.count)
    reader = csv.reader(io.StringIO(source.text, newline=""), delimiter=separator)
    rows: list[list[str]] = []
    lines: list[int] = []
    try:
        for row in reader:
            if row:
                rows.append(row)
                lines.append(reader.line_num)
    except csv.Error as problem:
        raise error(
            f"{source.name}: line {reader.line_num} is no row of a CSV: {problem}"
        ) from None
    header = tuple(name.strip() for name in rows[0])
    _check_shape(source.name, header, rows, lines, error)
    numbers = np.array(lines[1:], dtype=np.int64)
    return Table(source, header, rows[1:], numbers, separator, error)


def _check_shape(
    name: str,
    header: tuple[str, ...],
    rows: list[list[str]],
    lines: list[int],
    error: type[AltayError],
) -> None:
    if "" in header:
        raise error(
            f"{name}: column {header.index('') + 1} of the header has no name; "
            "give it one, or remove the trailing separator"
        )
    doubled = [column for column, count in Counter(header).items() if count > 1]
    if doubled:
        raise error(
            f"{name}: the header names columns more than once: "
            f"{listing([repr(column) for column in doubled])}; names must differ"
        )
    if len(rows) < 2:
        raise error(f"{name}: there is a header but no row below it")
    width = len(header)
    for row, line in zip(rows, lines, strict=True):
        if len(row) != width:
            hint = (
                "remove the trailing separator"
                if len(row) == width + 1 and not row[-1].strip()
                else "put text that holds the separator in quotes"
            )
            raise error(f"{name}: line {line} has {len(row)} cells, the header {width}; {hint}")
