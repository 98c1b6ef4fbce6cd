"""Table and chart of the dispatch ladder: cost, curtailment and cycles of each rung."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.patches import Patch

from altay_energy.core.units import Array
from altay_energy.report.chart import canvas
from altay_energy.report.chart.canvas import Charts, sheet
from altay_energy.report.chart.palette import COLOURS
from altay_energy.report.chart.rows import BAR, plain_bars, row_axis, write
from altay_energy.report.pages.fitted import Column, Fitted, Line, on_screen
from altay_energy.report.text import Words, number, percent, words

_LABEL_CELLS = 20


def ladder_tables(document: Mapping[str, Any], language: str = "en") -> list[Fitted]:
    """Return the tables of the rungs' figures and of the value of each step.

    Parameters
    ----------
    document : mapping
        The document of ``ladder.json``.
    language : str
        ``"en"`` or ``"zh"``.

    Returns
    -------
    list of Fitted
    """
    text = words(language)
    rungs = document["rungs"]
    costs = np.array([figures["operating_cost_cny"] for figures in rungs.values()])
    scale = text.scale("money", costs)
    energy = text.scale("energy", [figures["charge_mwh"] for figures in rungs.values()])
    lost = text.scale("energy", [figures["unserved_mwh"] for figures in rungs.values()])
    stored = np.array([figures.get("stored_worth_cny", 0.0) for figures in rungs.values()])
    heads = [f"{text('kpi', 'operating_cost_cny')} [{scale.unit}]"]
    held = bool(np.any(np.abs(stored) > 1e-9 * np.max(np.abs(costs))))
    if held:
        heads.append(f"{text('ladder', 'stored')} [{scale.unit}]")
    heads += [
        f"{text('ladder', 'beyond')} [{scale.unit}]",
        text("kpi", "curtailment_rate"),
        f"{text('kpi', 'charge_mwh')} [{energy.unit}]",
        f"{text('kpi', 'unserved_mwh')} [{lost.unit}]",
    ]
    lines = []
    for name, figures in rungs.items():
        cells = [number(figures["operating_cost_cny"] * scale.factor)]
        if held:
            cells.append(number(figures["stored_worth_cny"] * scale.factor))
        cells += [
            number(figures["beyond_optimum_cny"] * scale.factor),
            percent(round(figures["curtailment_rate"], 9)),
            number(figures["charge_mwh"] * energy.factor),
            number(figures["unserved_mwh"] * lost.factor),
        ]
        lines.append(Line((text("ladder", name), *map(on_screen, cells))))
    columns = [Column(text("ladder", "rung"), "text"), *map(Column, heads)]
    return [Fitted(str(document["scenario"]), columns, lines), _steps(document, text)]


def _steps(document: Mapping[str, Any], text: Words) -> Fitted:
    columns = [
        Column(text("report", "figure"), "text"),
        Column(text("report", "value")),
        Column(text("report", "unit"), "unit"),
    ]
    lines = []
    for name, value in document["values"].items():
        scale = text.scale("money", value)
        lines.append(
            Line((text("ladder", name), on_screen(number(value * scale.factor)), scale.unit))
        )
    return Fitted(text("ladder", "steps"), columns, lines)


def plot_ladder(
    document: Mapping[str, Any],
    *,
    axes: tuple[Axes, Axes, Axes] | None = None,
    title: str = "",
    language: str = "en",
) -> tuple[Axes, Axes, Axes]:
    """Draw cost beyond the optimum, curtailment and storage cycles, a row for each rung.

    Parameters
    ----------
    document : mapping
        The document of ``ladder.json``.
    axes : three Axes, optional
        Where to draw; a new figure by default.
    title : str
        Title of the scenario; by default its name.
    language : str
        ``"en"`` or ``"zh"``.

    Returns
    -------
    tuple of three Axes
    """
    rungs = document["rungs"]
    cost = np.array([figures["operating_cost_cny"] for figures in rungs.values()])
    beyond = np.array([figures["beyond_optimum_cny"] for figures in rungs.values()])
    rate = np.array([figures["curtailment_rate"] for figures in rungs.values()])
    with sheet(language) as letters:
        text = letters.words
        if axes is None:
            page = canvas.new_figure(13.5, 2.4 + 0.55 * max(len(rungs), 2))
            left, middle, right = page.subplots(1, 3, sharey=True, width_ratios=[5, 3, 4])
        else:
            left, middle, right = axes
        scale = text.scale("money", beyond)
        _signed_bars(left, beyond * scale.factor)
        least = text.scale("money", cost)
        optimum = number(float(rungs["optimal"]["operating_cost_cny"]) * least.factor)
        note = text("ladder", "optimum_line", cost=f"{optimum} {least.unit}")
        name = title if title and letters.can_draw(title) else str(document["scenario"])
        _finish(left, text, list(rungs), f"{text('ladder', 'beyond')} [{scale.unit}]")
        canvas.set_titles(left, text("ladder", "title_cost"), f"{name} · {note}", cells_wide=96)
        shares = [percent(round(float(value), 9)) for value in rate]
        plain_bars(middle, 100.0 * rate, "curtailed", shares)
        # Rounding must not fill the axis.
        middle.set_xlim(right=max(middle.get_xlim()[1], 1.0))
        _finish(middle, text, [], text("chart", "share", unit="%"), len(rungs))
        canvas.set_titles(middle, text("kpi", "curtailment_rate"), " ", cells_wide=48)
        _cycles(right, [figures["storage_cycles"] for figures in rungs.values()], text)
        _finish(right, text, [], text("plant", "equivalent_cycles"), len(rungs))
        canvas.set_titles(right, text("ladder", "title_cycles"), " ", cells_wide=64)
    return left, middle, right


def _signed_bars(ax: Axes, values: Array) -> None:
    """Draw bars on both sides of zero, each with its value."""
    rows = np.arange(values.size)
    ax.barh(rows, values, height=BAR, facecolor=COLOURS["net_load"], linewidth=0.0, label="cost")
    for row, value in enumerate(values):
        write(ax, float(value), row, number(float(value)), side=-1 if value < 0.0 else 1)
    canvas.headroom(ax, "x", float(values.min()), float(values.max()), 0.2)


def _cycles(ax: Axes, cycles: list[Mapping[str, float]], text: Words) -> None:
    """Draw a thin bar for each storage of each rung."""
    names = list(dict.fromkeys(name for rung in cycles for name in rung))
    most = max((value for rung in cycles for value in rung.values()), default=0.0)
    height = BAR / max(len(names), 1)
    for k, name in enumerate(names):
        values = np.array([rung.get(name, 0.0) for rung in cycles])
        rows = np.arange(values.size) + (k - (len(names) - 1) / 2.0) * height
        kind = name.partition(".")[0]
        ax.barh(rows, values, height=0.9 * height, facecolor=COLOURS[kind], lw=0.0, label=name)
        for row, value in zip(rows, values, strict=True):
            write(ax, float(value), row, number(float(value)))
    canvas.headroom(ax, "x", 0.0, most, 0.2)
    kinds = list(dict.fromkeys(name.partition(".")[0] for name in names))
    handles = [Patch(fc=COLOURS[kind], lw=0.0) for kind in kinds]
    canvas.legend(ax, handles, [text("source", kind) for kind in kinds])
    if not names:
        write(ax, 0.0, 0, text("chart", "no_storage"))


def _finish(ax: Axes, text: Words, rungs: list[str], label: str, count: int = 0) -> None:
    names = [text("ladder", name) for name in rungs]
    row_axis(ax, label, count or len(rungs), names, _LABEL_CELLS, sign=True)


def draw_ladder(
    document: Mapping[str, Any], folder: Path, language: str = "en", title: str = ""
) -> Charts:
    """Write the chart of a ladder.

    Parameters
    ----------
    document : mapping
        The document of ``ladder.json``.
    folder : Path
        Existing or new folder.
    language : str
        ``"en"`` or ``"zh"``.
    title : str
        Title of the scenario; by default its name.

    Returns
    -------
    Charts
        The file, and notices about it.
    """
    plot = partial(plot_ladder, document, title=title)
    return canvas.save_charts([("ladder", plot)], folder, language)
