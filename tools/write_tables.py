"""Write the tables of figures and hourly columns into docs/ from their entries.

python tools/write_tables.py            writes the pages
python tools/write_tables.py --check    exit status 1 if a page is not what it would write
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from altay_energy.report.text import words
from altay_energy.run.figures.document import COLUMNS, PLANT_SECTIONS, SECTIONS
from altay_energy.run.figures.hourly import attributes

DOCS = Path(__file__).parents[1] / "docs"
UNITS = {"1": "-", "m3": "m³", "t": "t CO2"}
BLOCK = re.compile(r"(<!-- table: (\w+) -->\n).*?(<!-- end of table -->)", re.DOTALL)


def table(head: str, rows: Iterator[tuple[str, ...]]) -> str:
    """A table of Markdown, with an empty line around it."""
    columns = head.count("|") + 1
    lines = [f"| {head} |", "|" + "---|" * columns, *(f"| {' | '.join(row)} |" for row in rows)]
    return "\n" + "\n".join(lines) + "\n"


def figures(section: str, of_words: str = "") -> Iterator[tuple[str, ...]]:
    """Key, names in reports, definition, sum over the period and unit of each figure."""
    english, chinese = words("en"), words("zh")
    for figure in SECTIONS[section][1]:
        names = []
        if of_words:
            labels = (text(of_words, figure.key) for text in (english, chinese))
            names = [" · ".join(labels).replace("{units}", "n")]
        unit = UNITS.get(figure.unit, figure.unit)
        over = figure.over.replace("none", "-")
        yield (f"`{figure.key}`", *names, figure.definition, over, unit)


def whole() -> str:
    """Figures of a whole run."""
    return table("key | in reports | definition | over the period | unit", figures("whole", "kpi"))


def plants() -> str:
    """Figures of single plants, by the plants that have them."""
    found = ""
    for section in PLANT_SECTIONS:
        rows = figures(section, "plant")
        title = SECTIONS[section][0]
        found += f"\n### {title[0].upper()}{title[1:]}\n"
        found += table("key | in reports | definition | over the period | unit", rows)
    return found


def section(name: str, of_words: str = "") -> Callable[[], str]:
    """Figures of a section of ``kpis.json``, with their names where pages show them."""
    names = "in reports | " if of_words else ""
    head = f"key | {names}definition | over the period | unit"
    return lambda: table(head, figures(name, of_words))


def bill() -> str:
    """Figures of the bill."""
    return table("key | in reports | definition | over the period | unit", figures("bill", "bill"))


def columns() -> str:
    """Columns of ``hourly.nc`` and the runs that have them."""

    def rows() -> Iterator[tuple[str, ...]]:
        for runs, entries in COLUMNS.items():
            for column in entries:
                about = attributes(column.name)
                names = f"{about['long_name']} · {about['long_name_zh']}"
                dims = column.dims.replace(" ", ", ")
                yield f"`{column.name}`", dims, about["units"], names, runs or "all"

    return table("variable | dimensions | unit | meaning | runs", rows())


TABLES: Mapping[str, Callable[[], str]] = {
    "whole": whole,
    "plants": plants,
    "columns": columns,
    "bill": bill,
    "rolling": section("rolling"),
    "solution": section("solution"),
    "earnings": section("earnings", "earnings"),
    "carbon": section("carbon", "carbon"),
    "economics": section("economics", "economics"),
}
PAGES = ("figures.md", "library.md")


def page(name: str) -> str:
    """A page with its tables as the entries say."""
    text = (DOCS / name).read_text(encoding="utf-8")
    return BLOCK.sub(lambda found: found[1] + TABLES[found[2]]() + "\n" + found[3], text)


def main() -> int:
    """Write the pages, or compare them."""
    for name in PAGES:
        text = page(name)
        if "--check" not in sys.argv[1:]:
            (DOCS / name).write_text(text, encoding="utf-8", newline="\n")
        elif text != (DOCS / name).read_text(encoding="utf-8"):
            print(f"docs/{name} is not what its entries say; run: python tools/write_tables.py")
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
