"""Tables of figures for the terminal; rich handles colour, width and ``NO_COLOR``."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import numpy as np
from rich.console import Group

from altay_energy.report.chart.quantities import quantity
from altay_energy.report.pages.figure_rows import figure_rows, plant_tables
from altay_energy.report.pages.fitted import MINUS, Column, Fitted, Line, on_screen
from altay_energy.report.pages.sections import section_rows
from altay_energy.report.text import Words, number, words
from altay_energy.run.figures.document import PLANT_SECTIONS, SECTIONS

INPUT_CELLS = 48

_OF_FIGURES = frozenset("0123456789.eE+-")


def kpi_table(document: Mapping[str, Any], language: str = "en") -> Fitted:
    """Return the tables of a run's figures, grouped, each with its unit.

    Parameters
    ----------
    document : mapping
        The document of ``kpis.json``.
    language : str
        ``"en"`` or ``"zh"``.

    Returns
    -------
    Fitted
    """
    text = words(language)
    columns = [
        Column(text("report", "figure"), "text"),
        Column(text("report", "value")),
        Column(text("report", "unit"), "unit"),
    ]
    lines, group = [], None
    for row in figure_rows([document["kpis"]], text):
        if row.group != group:
            group = row.group
            lines.append(Line((text("kpi_group", group),), heading=True))
        lines.append(Line((f"  {row.label}", on_screen(row.values[0]), row.unit)))
    for heading, rows in section_rows([document], text):
        lines.append(Line((heading,), heading=True))
        lines += [Line((f"  {row.label}", on_screen(row.values[0]), row.unit)) for row in rows]
    proof = document.get("solution")
    caption = _proof(proof, text) if proof else ""
    return Fitted(str(document["scenario"]), columns, lines, caption=caption)


def _proof(proof: Mapping[str, Any], text: Words) -> str:
    """Return text of the proven optimality gap, of the worst run."""
    worst = int(np.argmax(proof["gap"]))
    bound, gap = (float(np.ravel(proof[name])[worst]) for name in ("bound_cny", "gap"))
    shown = f"{100.0 * gap:.2g} %" if gap < 1.0 else f"{100.0 * gap:,.0f} %"
    shown = shown if gap >= 1e-6 else "< 0.0001 %"
    scale = text.scale("money", bound)
    digits = round(-np.log10(scale.factor)) - 3  # to thousands of CNY
    amount = f"{bound * scale.factor:,.{digits}f}" if digits > 0 else f"{bound:,.6g}"
    line = text("report", "proof").format(bound=f"{amount} {scale.unit}", gap=shown)
    if proof.get("stopped", "gap") != "gap":
        line += text("report", "proof_asked").format(
            asked=f"{100.0 * float(proof['asked_gap']):.2g} %",
            why=text("stopped", str(proof["stopped"])),
        )
    return line.translate(MINUS)


NOT_ON_SCREEN = frozenset(
    figure.key for kind in PLANT_SECTIONS for figure in SECTIONS[kind][1] if not figure.screen
)
"""Figures of plants that only reports and ``kpis.json`` show, for lack of width. All terms of the
water balance are shown, so that it adds up."""


def plants_table(document: Mapping[str, Any], language: str = "en") -> Group:
    """Return the figures of every plant of a run, a table for each group of plants.

    Parameters
    ----------
    document : mapping
        The document of ``kpis.json``.
    language : str
        ``"en"`` or ``"zh"``.

    Returns
    -------
    rich.console.Group
        All tables; empty if the run has no plant.
    """
    tables = []
    for part in plant_tables(document, words(language), NOT_ON_SCREEN):
        columns = [Column(part.columns[0], "text"), *map(Column, part.columns[1:])]
        lines = [Line((name, *map(on_screen, figures))) for name, *figures in part.rows]
        tables.append(Fitted(part.title, columns, lines))
    return Group(*tables)


def difference_tables(comparison: Mapping[str, Any], language: str = "en") -> list[Fitted]:
    """Return the tables of differences between scenarios, in input and in figures.

    Parameters
    ----------
    comparison : mapping
        ``scenarios``: names; ``inputs``: key → value in each; ``kpis``: figure → value in each.
    language : str
        ``"en"`` or ``"zh"``.

    Returns
    -------
    list of Fitted
        Input and figures; each figure with its difference to the first scenario.
    """
    text = words(language)
    names = [str(name) for name in comparison["scenarios"]]
    columns = [Column(text("report", "key"), "text"), *(Column(name, "text") for name in names)]
    lines = [
        Line((str(key), *(input_text(value, INPUT_CELLS) for value in values)))
        for key, values in comparison["inputs"].items()
    ]
    inputs = Fitted(text("report", "inputs"), columns, lines)
    found = [inputs, _figures_side_by_side(comparison, names, text)]
    for name, parts in comparison.get("contributions", {}).items():
        found += [_contributions(names[0], name, key, part, text) for key, part in parts.items()]
    return found


def _contributions(
    first: str, second: str, figure: str, part: Mapping[str, Any], text: Words
) -> Fitted:
    """What each group of inputs adds to the difference of a figure."""
    groups = part["groups"]
    ends = [part["from"], part["to"], *(group["value"] for group in groups)]
    shown = quantity(figure, ends, text)
    columns = [Column(text("why", "group"), "text"), Column(shown.label)]
    columns.append(Column(text("why", "span")))
    lines = [Line((first, on_screen(number(float(shown.values(part["from"]))))))]
    for group in groups:
        value, low, high = (
            number(float(shown.values(group[key]))) for key in ("value", "low", "high")
        )
        name = " + ".join(text("why", part) for part in group["name"].split(" + "))
        lines.append(Line((name, on_screen(value), on_screen(f"{low} … {high}"))))
    lines.append(Line((second, on_screen(number(float(shown.values(part["to"])))))))
    orders = "every_order" if part["every_order"] else "some_orders"
    note = text("why", orders, count=part["orders"])
    return Fitted(f"{text('why', 'title', figure=shown.name)} · {note}", columns, lines)


def _figures_side_by_side(comparison: Mapping[str, Any], names: list[str], text: Words) -> Fitted:
    columns = [Column(text("report", "figure"), "text"), *map(Column, names)]
    columns.append(Column(text("report", "unit"), "unit"))
    lines, group = [], None
    rows = figure_rows(runs_of(comparison), text)
    headings = {row.group: text("kpi_group", row.group) for row in rows}
    for heading, more in section_rows(sections_of(comparison), text):
        headings[more[0].group] = heading
        rows += more
    for row in rows:
        if row.group != group:
            group = row.group
            lines.append(Line((headings[group],), heading=True))
        shown = [on_screen(row.values[0])]
        for value, delta in zip(row.values[1:], row.deltas[1:], strict=True):
            cell = on_screen(value)
            if delta:
                cell.append(f"\n{delta}".translate(MINUS), style="dim")
            shown.append(cell)
        lines.append(Line((f"  {row.label}", *shown, row.unit)))
    return Fitted(text("report", "figures"), columns, lines)


def runs_of(comparison: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the figures by scenario, from a comparison that has them by figure."""
    count = len(comparison["scenarios"])
    return [{key: values[k] for key, values in comparison["kpis"].items()} for k in range(count)]


def sections_of(comparison: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the sections of money of each scenario, from a comparison that has them by figure."""
    sections: Mapping[str, Mapping[str, Any]] = comparison.get("sections", {})
    count = len(comparison["scenarios"])
    return [
        {name: {key: values[k] for key, values in part.items()} for name, part in sections.items()}
        for k in range(count)
    ]


def input_text(value: object, width: int | None = None) -> str:
    """Return a value as in a scenario file; a dash if it is absent."""
    if value is None:
        return "–"
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
    return text if width is None else shortened(text, width)


def shortened(text: str, width: int) -> str:
    """Shorten a text to a width, with an ellipsis at its end and no number cut.

    Examples
    --------
    >>> shortened("[0.25, 0.3125, 0.5]", 14)
    '[0.25, …'
    """
    if len(text) <= width:
        return text
    kept = text[: width - 1]
    while kept and (kept[-1].isdigit() or kept[-1] in ".+-") and (text[len(kept)] in _OF_FIGURES):
        kept = kept[:-1]
    return f"{kept}…"
