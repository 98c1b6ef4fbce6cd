"""Charts of an adequacy study: energy not served in all runs, and what plants carry."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap

from altay_energy.components.kinds import kind_of
from altay_energy.report.chart import canvas
from altay_energy.report.chart.canvas import Charts, Plot
from altay_energy.report.chart.palette import COLOURS
from altay_energy.report.chart.quantities import quantity
from altay_energy.report.chart.rows import drawable
from altay_energy.study.runner.results import HOURS, MONTHS

if TYPE_CHECKING:
    import xarray as xr


def draw_adequacy(
    dataset: xr.Dataset, document: Mapping[str, Any], folder: Path, language: str
) -> Charts:
    """Draw the charts of an adequacy study and write them as PNG files.

    Parameters
    ----------
    dataset : xarray.Dataset
        ``results.nc``.
    document : mapping
        ``adequacy.json``.
    folder : Path
    language : str
        ``"en"`` or ``"zh"``.

    Returns
    -------
    Charts
    """
    return canvas.save_charts(_charts(dataset, document), folder, language)


def _charts(dataset: xr.Dataset, document: Mapping[str, Any]) -> Iterator[tuple[str, Plot]]:
    yield "unserved_by_run", partial(plot_unserved, dataset, document)
    if np.any(document.get("lost_hours", ())):
        yield "lost_hours", partial(plot_lost_hours, document)
    if document.get("elcc"):
        yield "elcc", partial(plot_elcc, document["elcc"])


def plot_unserved(
    dataset: xr.Dataset,
    document: Mapping[str, Any],
    *,
    ax: Axes | None = None,
    language: str = "en",
) -> Axes:
    """Draw the energy not served that each share of the runs reaches.

    Parameters
    ----------
    dataset : xarray.Dataset
        ``results.nc``.
    document : mapping
        ``adequacy.json``.
    ax : Axes, optional
        Where to draw; a new figure by default.
    language : str
        ``"en"`` or ``"zh"``.

    Returns
    -------
    Axes
    """
    stored = np.sort(dataset["eens_mwh"].values[np.isfinite(dataset["eens_mwh"].values)])[::-1]
    with canvas.drawing(ax, language, 10.0, 4.6) as (ax, letters, words):
        shown = quantity("eens_mwh", stored, words)
        edges = 100.0 * np.arange(stored.size + 1) / stored.size
        values = canvas.steps_out(shown.values(stored))
        ax.step(edges, values, where="post", color=COLOURS["unserved"], lw=1.8)
        ax.fill_between(edges, values, step="post", color=COLOURS["unserved"], alpha=0.18, lw=0.0)
        mean = float(document["figures"]["eens_mwh"]["value"])
        ax.axhline(float(shown.values(mean)), color="#111111", lw=1.1, ls="--")
        canvas.headroom(ax, "y", 0.0, float(values.max()))
        ax.set_xlim(0.0, 100.0)
        canvas.label_numbers(ax, "y")
        canvas.label_numbers(ax, "x")
        ax.set_xlabel(words("study", "share_of_runs"))
        ax.set_ylabel(shown.unit)
        note = words("study", "eens_note", mean=shown.text(mean), worst=shown.text(stored[0]))
        name = drawable(str(document["scenario"]), letters)
        note = note if stored[0] > 0.0 else words("study", "no_loss")
        canvas.set_titles(ax, words("study", "eens_chart"), f"{name} · {note}", cells_wide=116)
    return ax


def plot_lost_hours(
    document: Mapping[str, Any], *, ax: Axes | None = None, language: str = "en"
) -> Axes:
    """Draw the mean hours with loss by month and hour of the day.

    Parameters
    ----------
    document : mapping
        ``adequacy.json``.
    ax : Axes, optional
        Where to draw; a new figure by default.
    language : str
        ``"en"`` or ``"zh"``.

    Returns
    -------
    Axes
    """
    lost = np.array(document["lost_hours"], dtype=np.float64)
    with canvas.drawing(ax, language, 10.0, 5.0) as (ax, letters, words):
        shades = LinearSegmentedColormap.from_list("lost", ["#ffffff", COLOURS["unserved"]])
        edges = np.arange(HOURS + 1.0), np.arange(MONTHS + 1.0)
        mesh = ax.pcolormesh(*edges, lost, cmap=shades, vmin=0.0, rasterized=True)
        ax.set_ylim(float(MONTHS), 0.0)
        ax.set_yticks(np.arange(MONTHS) + 0.5, words.sequence("date", "months"))
        ax.tick_params(axis="y", length=0)
        ax.set_xlim(0.0, float(HOURS))
        ticks = range(0, HOURS + 1, 2)
        ax.set_xticks(list(ticks), [f"{hour:02d}" for hour in ticks])
        ax.set_xlabel(words("study", "hour_of_day"))
        bar = canvas.figure_of(ax).colorbar(mesh, cax=ax.inset_axes((1.015, 0.0, 0.02, 1.0)))
        bar.set_label(words("study", "lost_hours_unit"))
        month, hour = np.unravel_index(int(np.argmax(lost)), lost.shape)
        name = drawable(str(document["scenario"]), letters)
        note = words(
            "study",
            "lost_hours_note",
            month=words.sequence("date", "months")[month],
            hour=f"{hour:02d}:00",
            share=f"{100.0 * lost.max() / lost.sum():.0f}",
        )
        title = words("study", "lost_hours")
        canvas.set_titles(ax, title, f"{name} · {note}", cells_wide=116)
    return ax


def plot_elcc(elcc: Mapping[str, Any], *, ax: Axes | None = None, language: str = "en") -> Axes:
    """Draw the load that plants carry over their power, with intervals.

    Parameters
    ----------
    elcc : mapping
        Section ``elcc`` of ``adequacy.json``.
    ax : Axes, optional
        Where to draw; a new figure by default.
    language : str
        ``"en"`` or ``"zh"``.

    Returns
    -------
    Axes
    """
    with canvas.drawing(ax, language, 10.0, 5.2) as (ax, letters, words):
        most = 0.0
        handles, labels = [], []
        marks = "os^Dvp*h"
        for place, (plant, curve) in enumerate(elcc["plants"].items()):
            size = np.array([0.0, *curve["size_mw"]])
            value = np.array([0.0, *curve["elcc_mw"]])
            low, high = (
                np.array([0.0, *curve[end]], dtype=np.float64) for end in ("low_mw", "high_mw")
            )
            colour = COLOURS[kind_of(plant)]
            mark = marks[place % len(marks)]
            (line,) = ax.plot(size, value, marker=mark, ms=6.0, lw=1.8, color=colour)
            ax.fill_between(size, low, high, color=colour, alpha=0.2, lw=0.0)
            handles.append(line)
            labels.append(canvas.plain(canvas.shorten(drawable(plant, letters), 32)))
            most = max(most, float(size.max()))
        ax.plot([0.0, most], [0.0, most], color="#7a7a7a", lw=1.0, ls="--")
        ax.set_xlim(0.0, 1.03 * most)
        ax.set_ylim(0.0, 1.03 * most)
        canvas.label_numbers(ax, "x")
        canvas.label_numbers(ax, "y")
        ax.set_xlabel(words("study", "size"))
        ax.set_ylabel(words("study", "elcc"))
        canvas.legend(ax, handles, labels)
        canvas.set_titles(
            ax, words("study", "elcc_chart"), words("study", "elcc_note"), cells_wide=116
        )
    return ax
