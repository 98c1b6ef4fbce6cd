"""Tables for terminals of any width: never a cut number.

Where a table is too wide, its columns stand in several tables one below another, each with the
names of the rows and their units again; where not even one column fits, every row is a block of
lines. All text is text: square brackets are never taken for markup.
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
"""``text`` wraps between words, ``value`` and ``unit`` never; units stand in every part."""

_GAP, _EDGES = 3, 2
_LONGEST_WORD = 26
_LETTERS_OF_CHINESE = 8
_FIGURE = re.compile(r"""[\[("'+-]*[0-9][0-9.,:eE+-]*[\])"',;%]*""")


@dataclass(frozen=True)
class Column:
    """One column.

    Parameters
    ----------
    head : str
        Its name, with the unit in square brackets where it has one.
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
        One for each column; those left out at the end are empty. A line break parts a figure from
        its difference.
    heading : bool
        Whether it names a group of rows.
    """

    cells: tuple[str | Text, ...]
    heading: bool = False


class Fitted:
    """A table that is laid out when the width is known.

    Parameters
    ----------
    title : str
    columns : sequence of Column
        The first names the rows.
    lines : sequence of Line
    caption : str
        Under the table.
    parted : bool
        Whether columns may stand in several tables; else a table that is too wide is blocks.
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
        """The parts, one below another."""
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
        """Cells that a column needs."""
        head = max(map(_word_cells, self.columns[k].head.split()), default=1)
        cells = [self._cell(line, k) for line in self.lines if not line.heading]
        if self.columns[k].kind == "text":
            words = (word for cell in cells for word in cell.split())
            return max([head, *map(_word_cells, words)])
        return max([head, *(cell_len(part) for cell in cells for part in cell.splitlines())])

    def _natural(self, k: int) -> int:
        """Cells that a column would take."""
        parts = [self.columns[k].head, *(self._cell(line, k) for line in self.lines)]
        return max(cell_len(row) for part in parts for row in part.splitlines() or [""])

    def _widths(self, chosen: list[int], least: list[int], width: int) -> dict[int, int]:
        """Cells of each column: what it needs; the rest goes to names, to texts, to figures."""
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
        """Every row as lines: its name, then what it says in each column."""
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
    """Cells below which a word may not be cut; a figure is never cut."""
    size = cell_len(word)
    if _FIGURE.fullmatch(word):
        return size
    most = _LONGEST_WORD if word.isascii() else _LETTERS_OF_CHINESE
    if any(letter.isdigit() for letter in word) and size <= _LONGEST_WORD:
        return size
    return min(size, most)
