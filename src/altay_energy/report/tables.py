"""Figures on the screen: rich tables, which know of colour, width and ``NO_COLOR`` themselves."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import numpy as np
from rich import box
from rich.console import Group
from rich.table import Table
from rich.text import Text

from altay_energy.report.figures import figure_rows, plant_tables
from altay_energy.report.text import Words, words

MINUS = str.maketrans({"−": "-"})
"""Consoles of some code pages have no true minus sign."""

INPUT_CELLS = 48
NAME_CELLS = 26


def kpi_table(document: Mapping[str, Any], language: str = "en") -> Table:
    """The figures of a run, grouped, each with its unit.

    Parameters
    ----------
    document : mapping
        The document of ``kpis.json``.
    language : str
        ``"en"`` or ``"zh"``.

    Returns
    -------
    rich.table.Table
    """
    text = words(language)
    table = _table(str(document["scenario"]))
    table.add_column(text("report", "figure"))
    table.add_column(text("report", "value"), justify="right", no_wrap=True)
    table.add_column(text("report", "unit"))
    group = None
    for row in figure_rows([document["kpis"]], text):
        if row.group != group:
            group = row.group
            table.add_section()
            table.add_row(Text(text("kpi_group", group), style="bold"))
        table.add_row(Text(f"  {row.label}"), _figure(row.values[0]), Text(row.unit))
    if proof := document.get("solution"):
        table.caption = _proof(proof, text)
    return table


def _proof(proof: Mapping[str, Any], text: Words) -> str:
    """How near the cheapest a dispatch is proven to be, of the worst run."""
    worst = int(np.argmax(proof["gap"]))
    bound, gap = (float(np.ravel(proof[name])[worst]) for name in ("bound_cny", "gap"))
    shown = f"{100.0 * gap:.2g} %" if gap >= 1e-6 else "< 0.0001 %"
    return text("report", "proof").format(bound=f"{bound / 1e6:,.3f}", gap=shown).translate(MINUS)


NOT_ON_SCREEN = frozenset(
    {
        "capacity_factor",
        "start_level_mwh",
        "end_level_mwh",
        "curtailed_water_m3",
        "start_cost_cny",
        "no_load_cost_cny",
        "unit_hours",
        "pump_hours",
        "turbine_hours",
    }
)
"""Figures of plants that a terminal is too narrow for; reports and ``kpis.json`` have them. Water
is shown whole, so that inflow adds up to what leaves and the change of volume."""


def plants_table(document: Mapping[str, Any], language: str = "en") -> Group:
    """The figures of every plant of a run, a table for each sort of plant.

    Parameters
    ----------
    document : mapping
        The document of ``kpis.json``.
    language : str
        ``"en"`` or ``"zh"``.

    Returns
    -------
    rich.console.Group
        Printed as one; empty when the run has no plant.
    """
    tables = []
    for part in plant_tables(document, words(language), NOT_ON_SCREEN):
        table = _table(part.title)
        widest = max(len(row[0]) for row in part.rows)
        table.add_column(Text(part.columns[0]), overflow="fold", min_width=min(widest, NAME_CELLS))
        for column in part.columns[1:]:
            table.add_column(Text(column), justify="right")
        for name, *figures in part.rows:
            table.add_row(Text(name), *(_figure(value) for value in figures))
        tables.append(table)
    return Group(*tables)


def difference_tables(comparison: Mapping[str, Any], language: str = "en") -> list[Table]:
    """What differs between scenarios: in their input, and in their figures.

    Parameters
    ----------
    comparison : mapping
        ``scenarios``: names; ``inputs``: key → value in each; ``kpis``: figure → value in each.
    language : str
        ``"en"`` or ``"zh"``.

    Returns
    -------
    list of rich.table.Table
        Input and figures; behind each figure its difference to the first scenario.
    """
    text = words(language)
    names = [str(name) for name in comparison["scenarios"]]
    inputs = _table(text("report", "inputs"))
    inputs.add_column(text("report", "key"), overflow="fold")
    for name in names:
        inputs.add_column(Text(name), overflow="fold")
    for key, values in comparison["inputs"].items():
        inputs.add_row(Text(str(key)), *(Text(input_text(value, INPUT_CELLS)) for value in values))
    return [inputs, _figures_side_by_side(comparison, names, text)]


def _figures_side_by_side(comparison: Mapping[str, Any], names: list[str], text: Words) -> Table:
    table = _table(text("report", "figures"))
    table.add_column(text("report", "figure"))
    for name in names:
        table.add_column(Text(name), justify="right", overflow="fold")
    table.add_column(text("report", "unit"))
    group = None
    for row in figure_rows(runs_of(comparison), text):
        if row.group != group:
            group = row.group
            table.add_section()
            table.add_row(Text(text("kpi_group", group), style="bold"))
        shown = [_figure(row.values[0])]
        for value, delta in zip(row.values[1:], row.deltas[1:], strict=True):
            cell = _figure(value)
            if delta:
                cell.append(f"\n{delta}".translate(MINUS), style="dim")
            shown.append(cell)
        table.add_row(Text(f"  {row.label}"), *shown, Text(row.unit))
    return table


def runs_of(comparison: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The figures of each scenario, from a comparison that has them the other way about."""
    count = len(comparison["scenarios"])
    return [{key: values[k] for key, values in comparison["kpis"].items()} for k in range(count)]


def input_text(value: object, width: int | None = None) -> str:
    """A value of a scenario as its file would say it; a dash where it is absent."""
    if value is None:
        return "–"
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
    return text if width is None or len(text) <= width else f"{text[: width - 1]}…"


def _table(title: str) -> Table:
    return Table(
        title=Text(title, style="bold"),
        title_justify="left",
        box=box.SIMPLE_HEAD,
        pad_edge=False,
        header_style="bold",
    )


def _figure(value: str) -> Text:
    return Text(value.translate(MINUS))
