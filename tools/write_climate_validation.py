"""Write the climate table of docs/validation.md from weather files of real stations.

    python tools/write_climate_validation.py FILE.epw FILE.epw …

Fits the generator to each file, generates thirty years, and writes statistics of record and
synthetic years between the two marks of the page. Only derived statistics are written, no rows of
the files. ``altay-energy weather check-climate FILE.epw … -o DIR`` also draws charts.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

from altay_energy.weather.climate.validation.check import FIGURES, ClimateCheck, Row
from altay_energy.weather.climate.validation.trial import check_climate
from altay_energy.weather.read import read_weather

PAGE = Path(__file__).parents[1] / "docs" / "validation.md"
BEGIN, END = "<!-- climate table: begin -->", "<!-- climate table: end -->"
SHOWN_SEASONS = ("DJF", "JJA")
"""Of figures by season that are not judged."""


def main(paths: list[str]) -> None:
    """Check every file and write the table."""
    checks = [check_climate(read_weather(path)) for path in map(Path, paths)]
    text = PAGE.read_text(encoding="utf-8")
    before, rest = text.split(BEGIN)
    after = rest.split(END)[1]
    PAGE.write_text(
        f"{before}{BEGIN}\n{table(checks)}\n{END}{after}", encoding="utf-8", newline="\n"
    )


def table(checks: Sequence[ClimateCheck]) -> str:
    """A row a figure, a column a station."""
    head = ["", "allowed", *(check.real.place for check in checks)]
    lines = [head, ["---"] * len(head)]
    for key, figure in FIGURES.items():
        columns = [[row for row in check.rows if row.key == key] for check in checks]
        allowed = figure.tolerance.text() if figure.tolerance else "–"
        unit = "" if figure.unit == "-" else f" [{figure.unit}]"
        if len(columns[0]) == 1:
            cells = [beside(rows[0]) for rows in columns]
            lines.append([f"{figure.label}{unit}", allowed, *cells])
        elif figure.tolerance:
            unit = "%" if figure.tolerance.relative else "K"
            cells = [furthest(rows) for rows in columns]
            lines.append([f"{figure.label}, furthest [{unit}]", allowed, *cells])
        elif figure.unit == "-":
            for season in SHOWN_SEASONS:
                cells = [beside(row) for rows in columns for row in rows if row.part == season]
                lines.append([f"{figure.label} {season}", allowed, *cells])
    lines.append(["within what is allowed", "", *map(inside, checks)])
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def beside(row: Row) -> str:
    """Record / synthetic years (90 % of them)."""
    if row.verdict == "does not apply" or row.real is None or row.made is None:
        return "–"
    digits = row.figure.decimals
    shown = f"{row.real:.{digits}f} / {row.made:.{digits}f}"
    return f"{shown} ({row.low:.{digits}f} to {row.high:.{digits}f})" + missed(row)


def furthest(rows: list[Row]) -> str:
    """Difference of the month or season that lies furthest from the record."""
    known = [row for row in rows if row.verdict in ("ok", "beyond")]
    if not known:
        return "–"
    relative = known[0].figure.tolerance is not None and known[0].figure.tolerance.relative > 0.0
    parts = [(row, difference(row, relative=relative)) for row in known]
    row, most = max(parts, key=lambda part: abs(part[1]))
    return f"{most:+.1f} ({row.part})" + missed(row)


def difference(row: Row, *, relative: bool) -> float:
    """Synthetic years less record, in the unit or in per cent."""
    real, made = float(row.real or 0.0), float(row.made or 0.0)
    return 100.0 * (made / real - 1.0) if relative else made - real


def missed(row: Row) -> str:
    """A mark where the tolerance is not kept."""
    return " **no**" if row.verdict == "beyond" else ""


def inside(check: ClimateCheck) -> str:
    """Figures within their tolerance, of those that are judged."""
    return f"{check.judged - len(check.beyond)} of {check.judged}"


if __name__ == "__main__":
    main(sys.argv[1:])
