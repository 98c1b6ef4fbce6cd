"""Charts of an ensemble: exceedance, convergence of the quantiles, and the worst week."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.axes import Axes

from altay_energy.report.chart import canvas
from altay_energy.report.chart.canvas import Charts, Plot
from altay_energy.report.chart.flows import flows
from altay_energy.report.chart.palette import COLOURS
from altay_energy.report.chart.quantities import quantity
from altay_energy.report.chart.rows import drawable
from altay_energy.report.plots.stack import plot_dispatch

if TYPE_CHECKING:
    import xarray as xr

SHOWN = (
    "economics.annual_cost_cny",
    "operating_cost_cny",
    "curtailment_rate",
    "self_supply_rate",
    "unserved_mwh",
)
"""Figures that are drawn, of those that change."""

QUANTILES = {"p10": "#2c6aa0", "p50": "#111111", "p90": "#d5581a"}

MOST_SITES = 4
"""Sites whose weather is drawn in the worst week."""


def draw_ensemble(
    dataset: xr.Dataset,
    document: Mapping[str, Any],
    folder: Path,
    language: str,
    worst: xr.Dataset | None = None,
) -> Charts:
    """Draw the charts of an ensemble and write them as PNG files.

    Parameters
    ----------
    dataset : xarray.Dataset
        ``results.nc``.
    document : mapping
        ``ensemble.json``.
    folder : Path
    language : str
        ``"en"`` or ``"zh"``.
    worst : xarray.Dataset, optional
        ``worst/hourly.nc``.

    Returns
    -------
    Charts
    """
    hourlies = [] if worst is None else [worst]
    return canvas.save_charts(_charts(dataset, document, worst), folder, language, hourlies)


def _charts(
    dataset: xr.Dataset, document: Mapping[str, Any], worst: xr.Dataset | None
) -> Iterator[tuple[str, Plot]]:
    figures = changing(dataset)
    if document.get("worst") and document["worst"]["figure"] not in figures:
        figures.append(document["worst"]["figure"])
    for figure in figures:
        name = figure.replace(".", "-")
        part = document["quantiles"][figure]
        yield f"exceedance_{name}", partial(plot_exceedance, dataset, figure, part)
        found = document["convergence"].get(figure)
        if found and len(found["n"]) > 1:
            yield f"convergence_{name}", partial(plot_convergence, found, figure)
    for figure, months in document.get("months", {}).items():
        values = dataset[f"{figure}_of_month"].values
        known = values[np.isfinite(values)]
        if known.size and known.max() > 1e-6 and np.isfinite(values).all(axis=0).sum() > 1:
            number = document["worst"]["run"] if document.get("worst") else None
            yield f"fan_{figure}", partial(plot_fan, dataset, figure, months, number)
    if worst is not None and document["worst"].get("week"):
        yield "worst_week", partial(plot_worst_week, worst, document["worst"])


def changing(dataset: xr.Dataset) -> list[str]:
    """Return the figures that are drawn: those of `SHOWN` that are not the same in all runs.

    Parameters
    ----------
    dataset : xarray.Dataset
        ``results.nc``.
    """
    found = []
    for figure in SHOWN:
        if figure in dataset:
            values = dataset[figure].values
            known = values[np.isfinite(values)]
            if known.size and np.ptp(known) > 1e-9 * np.abs(known).max():
                found.append(figure)
    return found


def plot_exceedance(
    dataset: xr.Dataset,
    figure: str,
    quantiles: Mapping[str, Any],
    *,
    ax: Axes | None = None,
    language: str = "en",
) -> Axes:
    """Draw the value that each share of the runs reaches, with P10, P50, P90 and their intervals.

    Parameters
    ----------
    dataset : xarray.Dataset
        ``results.nc``.
    figure : str
    quantiles : mapping
        Of the figure, from ``ensemble.json``.
    ax : Axes, optional
        Where to draw; a new figure by default.
    language : str
        ``"en"`` or ``"zh"``.

    Returns
    -------
    Axes
    """
    stored = dataset[figure].values
    weight = dataset["weight"].values if "weight" in dataset else np.ones(stored.size)
    known = np.isfinite(stored)
    order = np.argsort(-stored[known], kind="stable")
    values, share = stored[known][order], weight[known][order]
    edges = 100.0 * np.concatenate([[0.0], np.cumsum(share)]) / share.sum()
    with canvas.drawing(ax, language, 10.0, 4.8) as (ax, _, words):
        shown = quantity(figure, values, words)
        ax.step(
            edges,
            canvas.steps_out(shown.values(values)),
            where="post",
            lw=1.8,
            color=COLOURS["net_load"],
        )
        for name, colour in QUANTILES.items():
            part, at = quantiles[name], 100.0 - float(name[1:])
            value = float(shown.values(part["value"]))
            text = f"{name.upper()} {shown.text(part['value'])}"
            ax.plot([at], [value], "o", color=colour, ms=6.0, label=text)
            if part["low"] is not None and part["high"] is not None:
                low, high = shown.values([part["low"], part["high"]])
                ax.vlines(at, low, high, color=colour, lw=2.0)
        ax.set_xlim(0.0, 100.0)
        _around(ax, shown.values(values))
        canvas.label_numbers(ax, "x")
        canvas.label_numbers(ax, "y", sign=True)
        ax.set_xlabel(words("study", "share_of_runs"))
        ax.set_ylabel(shown.unit)
        handles, labels = ax.get_legend_handles_labels()
        canvas.legend(ax, handles, labels)
        note = words("study", "exceedance_note", count=int(known.sum()))
        canvas.set_titles(ax, shown.name, note, cells_wide=112)
    return ax


def plot_fan(
    dataset: xr.Dataset,
    figure: str,
    months: Sequence[Mapping[str, Any]],
    worst: int | None = None,
    *,
    ax: Axes | None = None,
    language: str = "en",
) -> Axes:
    """Draw P10, P50 and P90 of an energy by month with their intervals, and the worst year.

    Parameters
    ----------
    dataset : xarray.Dataset
        ``results.nc``.
    figure : str
        Such as ``curtailed_mwh``.
    months : sequence of mapping
        Quantiles of the twelve months, from ``ensemble.json``.
    worst : int, optional
        Number of the run of the worst year.
    ax : Axes, optional
        Where to draw; a new figure by default.
    language : str
        ``"en"`` or ``"zh"``.

    Returns
    -------
    Axes
    """
    there = [place for place, part in enumerate(months) if part["p50"]["value"] is not None]
    stored = dataset[f"{figure}_of_month"].values
    with canvas.drawing(ax, language, 10.0, 4.8) as (ax, _, words):
        shown = quantity(figure, stored, words)

        def line(name: str, end: str) -> np.ndarray[Any, Any]:
            values = [months[place][name][end] for place in there]
            return shown.values(np.array(values, dtype=np.float64))

        ax.fill_between(
            there, line("p10", "value"), line("p90", "value"), color="#8fb8de", alpha=0.45, lw=0.0
        )
        for name, colour in QUANTILES.items():
            ax.plot(
                there, line(name, "value"), "o-", color=colour, ms=4, lw=1.6, label=name.upper()
            )
            low, high = line(name, "low"), line(name, "high")
            ax.vlines(there, low, high, color=colour, lw=2.0, alpha=0.6)
        if worst is not None:
            values = shown.values(stored[worst, there])
            ax.plot(there, values, "--", color="#7a3b8f", lw=1.5, label=words("study", "worst_run"))
        ax.set_xlim(there[0] - 0.3, there[-1] + 0.3)
        ax.set_xticks(there, [words.sequence("date", "months")[place] for place in there])
        ax.set_ylim(bottom=min(0.0, float(np.nanmin(shown.values(stored)))))
        canvas.label_numbers(ax, "y", sign=True)
        ax.set_ylabel(shown.unit)
        canvas.legend(ax, *ax.get_legend_handles_labels())
        note = words("study", "fan_note", count=int(np.isfinite(stored).all(axis=-1).sum()))
        title = words("study", "fan", figure=shown.name)
        canvas.set_titles(ax, title, note, cells_wide=112)
    return ax


def plot_convergence(
    found: Mapping[str, Sequence[float | None]],
    figure: str,
    *,
    ax: Axes | None = None,
    language: str = "en",
) -> Axes:
    """Draw the quantiles of the first n years over n, with the bands of their intervals.

    Parameters
    ----------
    found : mapping
        Of the figure, section ``convergence`` of ``ensemble.json``.
    figure : str
    ax : Axes, optional
        Where to draw; a new figure by default.
    language : str
        ``"en"`` or ``"zh"``.

    Returns
    -------
    Axes
    """
    count = np.array(found["n"], dtype=np.float64)
    stored = np.array([v for name in QUANTILES for v in found[name]], dtype=np.float64)
    with canvas.drawing(ax, language, 10.0, 4.8) as (ax, _, words):
        shown = quantity(figure, stored, words)
        everything = [shown.values(stored)]
        for name, colour in QUANTILES.items():
            values = shown.values(np.array(found[name], dtype=np.float64))
            low, high = (
                shown.values(np.array(found[f"{name}_{end}"], dtype=np.float64))
                for end in ("low", "high")
            )
            ax.fill_between(count, low, high, color=colour, alpha=0.15, lw=0.0)
            ax.plot(count, values, "o-", color=colour, ms=4.0, lw=1.6, label=name.upper())
            everything += [low, high]
        ax.set_xscale("log")
        ax.set_xlim(count.min(), count.max())
        ticks = [n for n in count if n == count[-1] or n < 0.75 * count[-1]]
        ax.set_xticks(ticks, [f"{n:,.0f}" for n in ticks])
        ax.set_xticks([], minor=True)
        _around(ax, np.concatenate(everything))
        canvas.label_numbers(ax, "y", sign=True)
        ax.set_xlabel(words("study", "years"))
        ax.set_ylabel(shown.unit)
        handles, labels = ax.get_legend_handles_labels()
        canvas.legend(ax, handles, labels)
        note = words("study", "convergence_note")
        title = words("study", "convergence", figure=shown.name)
        canvas.set_titles(ax, title, note, cells_wide=112)
    return ax


def plot_worst_week(
    worst: xr.Dataset,
    document: Mapping[str, Any],
    *,
    axes: Sequence[Axes] | None = None,
    language: str = "en",
) -> Sequence[Axes]:
    """Draw the worst week of the worst year: dispatch above, temperature and wind below.

    Parameters
    ----------
    worst : xarray.Dataset
        ``worst/hourly.nc``.
    document : mapping
        Section ``worst`` of ``ensemble.json``.
    axes : sequence of three Axes, optional
        Where to draw; a new figure by default.
    language : str
        ``"en"`` or ``"zh"``.

    Returns
    -------
    sequence of Axes
    """
    week = document["week"]
    first = int(week["first_step"])
    last = first + int(week["steps"])
    with canvas.sheet(language) as letters:
        words = letters.words
        weathered = "temperature_c" in worst
        if axes is None:
            page = canvas.new_figure(11.0, 9.0 if weathered else 5.4)
            heights = [3.0, 1.1, 1.1] if weathered else [1.0]
            axes = list(page.subplots(len(heights), 1, height_ratios=heights, squeeze=False)[:, 0])
        shown = quantity(document["figure"], [document["value"]], words)
        note = words(
            "study",
            "worst_note",
            name=drawable(str(document["name"]), letters),
            figure=shown.name,
            year=shown.text(document["value"]),
            week="–" if week["value"] is None else shown.text(week["value"]),
        )
        titles = words("study", "worst"), note
        plot_dispatch(worst, week=first, ax=axes[0], language=language, titles=titles)
        if not weathered:
            return axes
        whole = flows(worst)
        x = canvas.day_numbers(whole.edges[first : last + 1])
        sites = [str(site) for site in worst["site"].values][:MOST_SITES]
        for ax, name, label in (
            (axes[1], "temperature_c", "°C"),
            (axes[2], "wind_speed_m_s", "m/s"),
        ):
            for place, site in enumerate(sites):
                series = worst[name].values[place, first:last]
                style = ("-", "--", "-.", ":")[place]
                ax.plot(
                    x[:-1], series, style, lw=1.3, color="#444444", label=drawable(site, letters)
                )
            ax.set_xlim(x[0], x[-1])
            ax.set_xticks([])
            canvas.label_numbers(ax, "y", sign=True)
            ax.set_ylabel(label)
            canvas.legend(ax, *ax.get_legend_handles_labels())
            ax.set_title(words("study", name), fontsize=10.5)
    return axes


def _around(ax: Axes, values: np.ndarray[Any, Any]) -> None:
    """Set limits a little beyond the values."""
    known = values[np.isfinite(values)]
    low, high = float(known.min()), float(known.max())
    room = 0.06 * (high - low) or max(0.1 * abs(high), 1.0)
    ax.set_ylim(low - room, high + room)
