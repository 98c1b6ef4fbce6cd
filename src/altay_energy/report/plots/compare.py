"""Comparison charts of several runs, a row for each scenario."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.patches import Patch

from altay_energy.report.chart import canvas
from altay_energy.report.chart.canvas import Charts, Plot, sheet
from altay_energy.report.chart.flows import flows
from altay_energy.report.chart.palette import COLOURS, STORED, SUPPLY, USES
from altay_energy.report.chart.rows import (
    NamedRun,
    energies,
    figure,
    finish,
    marks,
    pair_axes,
    plain_bars,
    row_bars,
    rows_height,
    total_of,
    with_span,
    write,
    write_above,
)
from altay_energy.report.plots.stack import source_patch
from altay_energy.report.plots.study.contributions import why_charts
from altay_energy.report.text import number, percent

COST_PARTS = {
    "import_cost_cny": "import",
    "variable_cost_cny": "thermal",
    "demand_charge_cny": "net_load",
    "emission_cost_cny": "loss",
    "unserved_cost_cny": "unserved",
    "export_revenue_cny": "export",
}
"""Component of the operating cost → its colour; revenue is subtracted."""


def plot_energy_comparison(
    runs: Sequence[NamedRun], *, ax: Axes | None = None, language: str = "en"
) -> Axes:
    """Draw energy by source of several runs: supply to the right, charging and export to the left.

    Parameters
    ----------
    runs : sequence of (name, document, hourly)
        The runs, drawn from the top down.
    ax : Axes, optional
        Where to draw; a new figure by default.
    language : str
        ``"en"`` or ``"zh"``.

    Returns
    -------
    Axes
    """
    parts = [flows(hourly) for _, _, hourly in runs]
    up = energies(parts, SUPPLY, "supply")
    up["curtailed"] = np.array([flow.energy(flow.curtailed) for flow in parts])
    down = energies(parts, USES, "uses")
    load = np.array([flow.energy(flow.load) for flow in parts])
    with canvas.drawing(ax, language, 11.0, rows_height(len(runs))) as (ax, letters, words):
        scale = words.scale("energy", total_of(up, len(runs)), load)
        right = row_bars(ax, up, scale.factor, +1)
        left = row_bars(ax, down, scale.factor, -1)
        mark = marks(ax, load * scale.factor)
        canvas.headroom(
            ax, "x", float(left.min()), float(max(right.max(), load.max() * scale.factor))
        )
        finish(ax, runs, letters, words("chart", "energy", unit=scale.unit))
        kinds = [kind for kind, energy in up.items() if energy.any()]
        kinds += [kind for kind, energy in down.items() if energy.any() and kind not in kinds]
        handles = [mark, *(source_patch(kind) for kind in kinds)]
        canvas.legend(ax, handles, [words("source", kind) for kind in ("load", *kinds)])
        note = with_span(words("chart", "compare_energy_note"), parts, words)
        canvas.set_titles(ax, words("chart", "compare_energy"), note)
    return ax


def plot_curtailment_comparison(
    runs: Sequence[NamedRun],
    *,
    axes: tuple[Axes, Axes] | None = None,
    language: str = "en",
) -> tuple[Axes, Axes]:
    """Draw curtailed energy of several runs, and its share of the available energy.

    Parameters
    ----------
    runs : sequence of (name, document, hourly)
        The runs, drawn from the top down.
    axes : pair of Axes, optional
        Where to draw energy and share; a new figure by default.
    language : str
        ``"en"`` or ``"zh"``.

    Returns
    -------
    tuple of two Axes
    """
    parts = [flows(hourly) for _, _, hourly in runs]
    energy = np.array([flow.energy(flow.curtailed) for flow in parts])
    available = np.array([flow.energy(flow.available) for flow in parts])
    share = np.divide(energy, available, out=np.zeros_like(energy), where=available > 0)
    with sheet(language) as letters:
        words = letters.words
        left, right = pair_axes(len(runs)) if axes is None else axes
        scale = words.scale("energy", energy)
        shown = energy * scale.factor
        plain_bars(left, shown, "curtailed", [number(value) for value in shown])
        finish(left, runs, letters, words("chart", "energy", unit=scale.unit))
        note = with_span("", parts, words)
        canvas.set_titles(left, words("chart", "compare_curtailment"), note, cells_wide=72)
        plain_bars(right, 100 * share, "curtailed", [percent(value) for value in share])
        finish(right, runs, letters, words("chart", "share"), names=False)
        title = words("chart", "compare_curtailment_rate")
        canvas.set_titles(right, title, note and " ", cells_wide=72)
    return left, right


def plot_cost_comparison(
    runs: Sequence[NamedRun], *, ax: Axes | None = None, language: str = "en"
) -> Axes:
    """Draw the operating cost of several runs and its components.

    Parameters
    ----------
    runs : sequence of (name, document, hourly)
        The runs, drawn from the top down; costs from their documents.
    ax : Axes, optional
        Where to draw; a new figure by default.
    language : str
        ``"en"`` or ``"zh"``.

    Returns
    -------
    Axes
    """
    signed = {
        key: np.array([figure(document, key) for _, document, _ in runs]) for key in COST_PARTS
    }
    signed["export_revenue_cny"] = -signed["export_revenue_cny"]
    net = np.array([figure(document, "operating_cost_cny") for _, document, _ in runs])
    # a cost at a negative price is a gain: draw each part on the side of its sign
    costs = {COST_PARTS[key]: np.maximum(part, 0.0) for key, part in signed.items()}
    gains = {COST_PARTS[key]: np.maximum(-part, 0.0) for key, part in signed.items()}
    with canvas.drawing(ax, language, 11.0, rows_height(len(runs))) as (ax, letters, words):
        scale = words.scale("money", total_of(costs, len(runs)), total_of(gains, len(runs)), net)
        right = row_bars(ax, costs, scale.factor, +1)
        left = row_bars(ax, gains, scale.factor, -1)
        mark = marks(ax, net * scale.factor)
        for row, value in enumerate(net * scale.factor):
            write_above(ax, float(value), row, number(value))
        low = min(float(left.min()), float(net.min()) * scale.factor)
        high = max(float(right.max()), float(net.max()) * scale.factor)
        canvas.headroom(ax, "x", low, high)
        finish(ax, runs, letters, words("chart", "cost", unit=scale.unit), sign=True)
        shown = [key for key in COST_PARTS if signed[key].any()]
        handles: list[Any] = [mark, *(Patch(fc=COLOURS[COST_PARTS[key]], lw=0.0) for key in shown)]
        labels = [words("kpi", key) for key in ("operating_cost_cny", *shown)]
        canvas.legend(ax, handles, [canvas.wrap(label, 22) for label in labels])
        parts = [flows(hourly) for _, _, hourly in runs]
        note = with_span(words("chart", "compare_cost_note"), parts, words)
        canvas.set_titles(ax, words("chart", "compare_cost"), note)
    return ax


def plot_storage_comparison(
    runs: Sequence[NamedRun],
    *,
    axes: tuple[Axes, Axes] | None = None,
    language: str = "en",
) -> tuple[Axes, Axes]:
    """Draw energy charged, discharged and lost by storage in several runs.

    Parameters
    ----------
    runs : sequence of (name, document, hourly)
        The runs, drawn from the top down; losses from ``storage_loss_mwh``.
    axes : pair of Axes, optional
        Where to draw throughput and loss; a new figure by default.
    language : str
        ``"en"`` or ``"zh"``.

    Returns
    -------
    tuple of two Axes
    """
    parts = [flows(hourly) for _, _, hourly in runs]
    given, taken = energies(parts, STORED, "supply"), energies(parts, STORED, "uses")
    loss = np.array([figure(document, "storage_loss_mwh") for _, document, _ in runs])
    with sheet(language) as letters:
        words = letters.words
        left, right = pair_axes(len(runs)) if axes is None else axes
        scale = words.scale("energy", total_of(given, len(runs)), total_of(taken, len(runs)))
        high = row_bars(left, given, scale.factor, +1)
        low = row_bars(left, taken, scale.factor, -1)
        canvas.headroom(left, "x", float(low.min()), float(high.max()), 0.2)
        for row in range(len(runs)):
            text = number(float(high[row])) if high[row] else words("chart", "no_storage")
            write(left, float(high[row]), row, text)
            if low[row]:
                write(left, float(low[row]), row, number(float(-low[row])), side=-1)
        finish(left, runs, letters, words("chart", "energy", unit=scale.unit))
        shown = [kind for kind in STORED if given[kind].any() or taken[kind].any()]
        title = words("chart", "compare_storage")
        note = with_span(words("chart", "compare_storage_note"), parts, words)
        canvas.set_titles(left, title, note, cells_wide=72)
        plain_bars(right, loss * scale.factor, "loss", [number(v) for v in loss * scale.factor])
        finish(right, runs, letters, words("chart", "energy", unit=scale.unit), names=False)
        canvas.set_titles(right, words("chart", "compare_loss"), " ", cells_wide=72)
        handles = [source_patch(kind) for kind in shown]
        canvas.legend(right, handles, [words("source", kind) for kind in shown])
    return left, right


def plot_grid_comparison(
    runs: Sequence[NamedRun],
    *,
    axes: tuple[Axes, Axes] | None = None,
    language: str = "en",
) -> tuple[Axes, Axes]:
    """Draw energy and peak power at the grid connection of several runs.

    Parameters
    ----------
    runs : sequence of (name, document, hourly)
        The runs, drawn from the top down.
    axes : pair of Axes, optional
        Where to draw energy and power; a new figure by default.
    language : str
        ``"en"`` or ``"zh"``.

    Returns
    -------
    tuple of two Axes
    """
    parts = [flows(hourly) for _, _, hourly in runs]
    names = ("import", "export")
    energy = {n: np.array([flow.energy(flow.series(n)) for flow in parts]) for n in names}
    peak = {n: np.array([float(flow.series(n).max()) for flow in parts]) for n in names}
    with sheet(language) as letters:
        words = letters.words
        pair = pair_axes(len(runs)) if axes is None else axes
        titles = (words("chart", "compare_grid"), words("chart", "compare_peak"))
        for ax, values, quantity, key, title in (
            (pair[0], energy, "energy", "energy", titles[0]),
            (pair[1], peak, "power", "power", titles[1]),
        ):
            scale = words.scale(quantity, *values.values())
            high = row_bars(ax, {"import": values["import"]}, scale.factor, +1)
            low = row_bars(ax, {"export": values["export"]}, scale.factor, -1)
            canvas.headroom(ax, "x", float(low.min()), float(high.max()), 0.2)
            for row in range(len(runs)):
                if high[row] or not low[row]:
                    write(ax, float(high[row]), row, number(float(high[row])))
                if low[row]:
                    write(ax, float(low[row]), row, number(float(-low[row])), side=-1)
            finish(ax, runs, letters, words("chart", key, unit=scale.unit), names=ax is pair[0])
            note = with_span(words("chart", "compare_grid_note"), parts, words)
            canvas.set_titles(ax, title, note if ax is pair[0] else " ", cells_wide=72)
        canvas.legend(
            pair[1], [source_patch(n) for n in names], [words("source", n) for n in names]
        )
    return pair


def draw_comparison(
    runs: Sequence[NamedRun],
    folder: Path,
    language: str = "en",
    contributions: Mapping[str, Mapping[str, Any]] | None = None,
) -> Charts:
    """Write the comparison charts of several runs.

    Parameters
    ----------
    runs : sequence of (name, document, hourly)
        Name, ``run.kpis`` and ``run.hourly`` of each run, in the order in which they are drawn.
    folder : Path
        Existing or new folder; files of the same names are replaced.
    language : str
        ``"en"`` or ``"zh"``.
    contributions : mapping, optional
        Section of ``comparison.json``: what each group of inputs adds to the differences.

    Returns
    -------
    Charts
        The files, and notices about them.

    Raises
    ------
    ValueError
        If there is no run.
    """
    if not runs:
        raise ValueError("a comparison needs at least one run")
    plots: dict[str, Plot] = {
        "compare_energy": plot_energy_comparison,
        "compare_curtailment": plot_curtailment_comparison,
        "compare_cost": plot_cost_comparison,
        "compare_storage": plot_storage_comparison,
        "compare_grid": plot_grid_comparison,
    }
    hourlies = [hourly for _, _, hourly in runs]
    if not any(hourly.sizes["storage"] for hourly in hourlies):
        del plots["compare_storage"]
    charts: list[tuple[str, Plot]] = [(name, partial(plot, runs)) for name, plot in plots.items()]
    charts += why_charts(contributions or {}, runs[0][0])
    return canvas.save_charts(charts, folder, language, hourlies)
