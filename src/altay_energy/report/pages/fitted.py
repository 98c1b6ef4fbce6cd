"""Tables for terminals of any width, in which no number is cut.

If a table is too wide, its columns are split into several tables, each with the row names and
units again; if not even one column fits, every row becomes a block of lines. Square brackets
are not read as markup.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

from rich import box
from rich.cells import cell_len
from rich.console import Console, ConsoleOptions, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from altay_energy.weather.prepare.describe_text import groups_of_columns

Kind: TypeAlias = Literal["text", "value", "unit"]
"""``text`` wraps between words, ``value`` and ``unit`` never; units are repeated in every part."""

_GAP, _EDGES = 3, 2
_LONGEST_WORD = 26
_LETTERS_OF_CHINESE = 8
_FIGURE = re.compile(r"""[\[("'+-]*[0-9][0-9.,:eE+-]*[\])"',;%]*""")


MINUS = str.maketrans({"−": "-"})
"""Replacement of the minus sign on consoles whose code page lacks it."""


def on_screen(text: str) -> Text:
    """Text with the minus sign that every console has."""
    return Text(text.translate(MINUS))


@dataclass(frozen=True)
class Column:
    """One column.

    Parameters
    ----------
    head : str
        Its name, with its unit in square brackets.
    kind : {"text", "value", "unit"}
    """

    head: str
    kind: Kind = "value"


@dataclass(frozen=True)
class Line:
    """One row.

    Parameters
    ----------
    cells : tuple of str or Text
        One for each column; missing ones at the end are empty. A line break separates a figure
        from its difference.
    heading : bool
        Whether it names a group of rows.
    """

    cells: tuple[str | Text, ...]
    heading: bool = False


class Fitted:
    """A table that is laid out when it is printed, for the width of the console.

    Parameters
    ----------
    title : str
    columns : sequence of Column
        The first names the rows.
    lines : sequence of Line
    caption : str
        Text below the table.
    parted : bool
        Whether columns may be split into several tables; else a wide table becomes blocks.
    """

    def __init__(
        self,
        title: str,
        columns: Sequence[Column],
        lines: Sequence[Line],
        *,
        caption: str = "",
        parted: bool = True,
    ) -> None:
        self.title, self.caption, self.parted = title, caption, parted
        self.columns, self.lines = list(columns), list(lines)

    def __rich_console__(
        self, console: Console, options: ConsoleOptions
    ) -> Iterator[RenderableType]:
        """Yield the parts, one below the other."""
        width = options.max_width
        least = [self._least(k) for k in range(len(self.columns))]
        kept = [k for k, c in enumerate(self.columns) if k == 0 or c.kind == "unit"]
        free = [k for k in range(len(self.columns)) if k not in kept]
        groups = groups_of_columns(least, kept, free, width - _EDGES, _GAP)
        if groups is None or (len(groups) > 1 and not self.parted):
            yield from self._blocks()
        else:
            for place, group in enumerate(groups):
                yield self._table(sorted(kept + group), least, width, first=place == 0)
        if self.caption:
            yield Text(self.caption, style="italic dim")

    def _cell(self, line: Line, k: int) -> str:
        return str(line.cells[k]) if k < len(line.cells) else ""

    def _least(self, k: int) -> int:
        """Return the smallest width of a column. [cells]"""
        head = max(map(_word_cells, self.columns[k].head.split()), default=1)
        cells = [self._cell(line, k) for line in self.lines if not line.heading]
        if self.columns[k].kind == "text":
            words = (word for cell in cells for word in cell.split())
            return max([head, *map(_word_cells, words)])
        return max([head, *(cell_len(part) for cell in cells for part in cell.splitlines())])

    def _natural(self, k: int) -> int:
        """Return the natural width of a column. [cells]"""
        parts = [self.columns[k].head, *(self._cell(line, k) for line in self.lines)]
        return max(cell_len(row) for part in parts for row in part.splitlines() or [""])

    def _widths(self, chosen: list[int], least: list[int], width: int) -> dict[int, int]:
        """Distribute the width: each column's minimum, the rest to names, texts, figures."""
        wide = {k: least[k] for k in chosen}
        natural = {k: self._natural(k) for k in chosen}
        room = width - _EDGES - _GAP * (len(chosen) - 1) - sum(wide.values())
        texts = [k for k in chosen if self.columns[k].kind == "text"]
        for columns in (chosen[:1], texts, [k for k in chosen if k not in texts]):
            short = [k for k in columns if wide[k] < natural[k]]
            while short and room >= len(short):
                for k in short:
                    wide[k] += 1
                room -= len(short)
                short = [k for k in short if wide[k] < natural[k]]
        return wide

    def _table(self, chosen: list[int], least: list[int], width: int, *, first: bool) -> Table:
        table = Table(
            title=Text(self.title, style="bold") if first and self.title else None,
            title_justify="left",
            box=box.SIMPLE_HEAD,
            pad_edge=False,
            header_style="bold",
        )
        wide = self._widths(chosen, least, width)
        for k in chosen:
            table.add_column(
                Text(self.columns[k].head),
                justify="right" if self.columns[k].kind == "value" else "left",
                width=wide[k],
                overflow="fold",
            )
        for line in self.lines:
            if line.heading:
                table.add_section()
                table.add_row(Text(self._cell(line, 0), style="bold"))
                continue
            cells = (line.cells[k] if k < len(line.cells) else "" for k in chosen)
            table.add_row(*(cell if isinstance(cell, Text) else Text(cell) for cell in cells))
        return table

    def _blocks(self) -> Iterator[RenderableType]:
        """Yield every row as lines: its name, then its cell of each column."""
        if self.title:
            yield Text(f"\n{self.title}", style="bold")
        units = [k for k, column in enumerate(self.columns) if column.kind == "unit"]
        others = [k for k in range(1, len(self.columns)) if k not in units]
        for line in self.lines:
            name = self._cell(line, 0)
            yield Text(name, style="bold" if line.heading else "")
            for k in others:
                said = " ".join(self._cell(line, k).split("\n"))
                if not said:
                    continue
                unit = "".join(f" {self._cell(line, u)}" for u in units)
                head = f"{self.columns[k].head}: " if len(others) > 1 else ""
                indent = len(name) - len(name.lstrip()) + 2
                yield Padding(Text(f"{head}{said}{unit}", overflow="fold"), (0, 0, 0, indent))


def _word_cells(word: str) -> int:
    """Return the smallest width of a word; a number is never broken. [cells]"""
    size = cell_len(word)
    if _FIGURE.fullmatch(word):
        return size
    most = _LONGEST_WORD if word.isascii() else _LETTERS_OF_CHINESE
    if any(letter.isdigit() for letter in word) and size <= _LONGEST_WORD:
        return size
    return min(size, most)
