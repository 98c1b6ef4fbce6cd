"""Horizontal bars, one row for each run, for the comparison charts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from altay_energy.core.units import Array
from altay_energy.report.chart import canvas
from altay_energy.report.chart.dates import span_text
from altay_energy.report.chart.flows import Flows
from altay_energy.report.chart.fonts import Lettering
from altay_energy.report.chart.palette import COLOURS, CURTAILED_EDGE, CURTAILED_HATCH
from altay_energy.report.text import Words

if TYPE_CHECKING:
    import xarray as xr

NamedRun: TypeAlias = "tuple[str, Mapping[str, Any], xr.Dataset]"
"""Name, document of ``kpis.json`` and hourly Dataset of a run."""

BAR = 0.6
MARK = 0.38
LABEL_CELLS = 28


def run_labels(runs: Sequence[NamedRun], letters: Lettering) -> list[str]:
    """Return the label of each run: its title, or its name if titles are the same."""
    titles = [canvas.title_of(hourly, letters) for _, _, hourly in runs]
    return [
        title if titles.count(title) == 1 else drawable(name, letters)
        for title, (name, _, _) in zip(titles, runs, strict=True)
    ]


def with_span(note: str, parts: Sequence[Flows], words: Words) -> str:
    """Put the period in front of a note if all runs have the same period."""
    spans = {span_text(words, flow.edges) for flow in parts}
    return " · ".join([*(spans if len(spans) == 1 else ()), *([note] if note else ())])


def drawable(text: str, letters: Lettering) -> str:
    """Replace characters that no font can draw by ``?``."""
    return "".join(char if letters.can_draw(char) else "?" for char in " ".join(text.split()))


def figure(document: Mapping[str, Any], key: str) -> float:
    """Return a figure of a run; zero if it has none."""
    value = document["kpis"].get(key)
    return 0.0 if value is None else float(value)


def energies(parts: Sequence[Flows], kinds: Sequence[str], side: str) -> dict[str, Array]:
    """Return the energy of each kind in each run, shape (runs,). [MWh]"""
    zero = np.zeros(1)
    return {
        kind: np.array([flow.energy(getattr(flow, side).get(kind, zero)) for flow in parts])
        for kind in kinds
    }


def total_of(parts: Mapping[str, Array], count: int) -> Array:
    """Return the sum of all parts, shape (runs,)."""
    total = np.zeros(count)
    for part in parts.values():
        total += np.abs(part)
    return total


def rows_height(count: int) -> float:
    """Return the height of a figure with one row for each run. [inch]"""
    return 2.2 + 0.65 * max(count, 2)


def pair_axes(count: int) -> tuple[Axes, Axes]:
    """Return two axes side by side that share their rows."""
    sheet = canvas.new_figure(12.0, 2.0 + 0.55 * max(count, 2))
    left, right = sheet.subplots(1, 2, sharey=True, width_ratios=[3, 2])
    return left, right


def row_bars(ax: Axes, parts: Mapping[str, Array], factor: float, sign: int) -> Array:
    """Stack the parts of every row away from zero; return the outer edge, shape (runs,)."""
    edge = np.zeros(next(iter(parts.values())).size)
    for kind, values in parts.items():
        if not values.any():
            continue
        hatched = kind == "curtailed"
        ax.barh(
            np.arange(values.size),
            sign * factor * values,
            left=edge,
            height=BAR,
            facecolor=COLOURS[kind],
            edgecolor=CURTAILED_EDGE if hatched else "none",
            hatch=CURTAILED_HATCH if hatched else None,
            linewidth=0.0,
            label=kind,
        )
        edge = edge + sign * factor * values
    return edge


def plain_bars(ax: Axes, values: Array, kind: str, texts: Sequence[str]) -> None:
    """Draw one bar a row, with its value beside it."""
    edge = row_bars(ax, {kind: values}, 1.0, +1)
    for row, text in enumerate(texts):
        write(ax, float(edge[row]), row, text)
    canvas.headroom(ax, "x", 0.0, float(edge.max()), 0.18)


def write_above(ax: Axes, x: float, row: int, text: str) -> None:
    """Write a value above the mark of a row."""
    ax.annotate(
        text,
        xy=(x, row - MARK),
        xytext=(0, 1),
        textcoords="offset points",
        va="bottom",
        ha="center",
        fontsize=9.5,
        fontweight="bold",
        bbox={"facecolor": "#ffffff", "edgecolor": "none", "pad": 0.6},
        annotation_clip=False,
    )


def write(ax: Axes, x: float, row: int, text: str, side: int = +1) -> None:
    """Write a value beside the end of a bar."""
    ax.annotate(
        text,
        xy=(x, row),
        xytext=(5 * side, 0),
        textcoords="offset points",
        va="center",
        ha="left" if side > 0 else "right",
        fontsize=9.5,
        color="#222222",
    )


def marks(ax: Axes, values: Array) -> Line2D:
    """Draw a black mark across each row at its value; return its legend handle."""
    rows = np.arange(values.size)
    ax.vlines(values, rows - MARK, rows + MARK, color="#ffffff", linewidth=4.2)
    ax.vlines(values, rows - MARK, rows + MARK, color=COLOURS["load"], linewidth=2.0, label="mark")
    return Line2D([], [], color=COLOURS["load"], marker="|", ls="none", ms=13, mew=2.0)


def finish(
    ax: Axes,
    runs: Sequence[NamedRun],
    letters: Lettering,
    label: str,
    *,
    names: bool = True,
    sign: bool = False,
) -> None:
    """Label the rows from the top down, and format the value axis."""
    row_axis(ax, label, len(runs), run_labels(runs, letters) if names else (), sign=sign)


def row_axis(
    ax: Axes,
    label: str,
    count: int,
    names: Sequence[str] = (),
    cells: int = LABEL_CELLS,
    *,
    sign: bool = False,
) -> None:
    """Format axes of rows: the value axis and its name, and names of rows from the top down.

    Parameters
    ----------
    ax : Axes
    label : str
        Of the value axis, with its unit.
    count : int
        Number of rows.
    names : sequence of str
        Of the rows; empty where a neighbour shows them.
    cells : int
        Width of a line of a name.
    sign : bool
        Whether negative values have a sign.
    """
    canvas.label_numbers(ax, "x", sign=sign)
    ax.axvline(0.0, color="#444444", linewidth=0.9)  # the zero line serves as axis
    ax.set_xlabel(label)
    ax.set_ylim(count - 0.4, -0.6)
    if names:
        texts = [canvas.plain_lines(canvas.wrap(name, cells)) for name in names]
        ax.set_yticks(range(count), texts)
    else:
        ax.tick_params(axis="y", labelleft=False)
    ax.tick_params(axis="y", length=0)
    ax.spines["left"].set_visible(False)
