"""Waterfall of a comparison: what each group of inputs adds to the difference of a figure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any

import numpy as np
from matplotlib.axes import Axes

from altay_energy.report.chart import canvas
from altay_energy.report.chart.canvas import Plot
from altay_energy.report.chart.palette import BILL
from altay_energy.report.chart.quantities import quantity
from altay_energy.report.chart.rows import BAR, drawable, write
from altay_energy.report.text import number
from altay_energy.study.sweep.front import sense

WORSE, BETTER = "#d5581a", "#2c6aa0"


def why_charts(
    contributions: Mapping[str, Mapping[str, Any]], first: str
) -> Iterator[tuple[str, Plot]]:
    """Yield the name and the function of each chart.

    Parameters
    ----------
    contributions : mapping
        Section ``contributions`` of ``comparison.json``.
    first : str
        Label of the first scenario.
    """
    for place, (label, parts) in enumerate(contributions.items(), 1):
        for figure, part in parts.items():
            name = "why_curtailed" if figure == "curtailed_mwh" else "why_cost"
            suffix = "" if len(contributions) == 1 else f"_{place}"
            yield f"{name}{suffix}", partial(plot_contributions, part, figure, (first, label))


def plot_contributions(
    part: Mapping[str, Any],
    figure: str,
    labels: tuple[str, str],
    *,
    ax: Axes | None = None,
    language: str = "en",
) -> Axes:
    """Draw a waterfall from one scenario to another, with the spread over orders as whiskers.

    Parameters
    ----------
    part : mapping
        Of one figure, from section ``contributions`` of ``comparison.json``.
    figure : str
        Flat name.
    labels : tuple of str
        Of both scenarios.
    ax : Axes, optional
        Where to draw; a new figure by default.
    language : str
        ``"en"`` or ``"zh"``.

    Returns
    -------
    Axes
    """
    groups = part["groups"]
    values = np.array([group["value"] for group in groups], dtype=np.float64)
    begins = part["from"] + np.concatenate([[0.0], np.cumsum(values)[:-1]])
    with canvas.drawing(ax, language, 11.0, 2.2 + 0.5 * len(groups)) as (ax, letters, words):
        shown = quantity(figure, [part["from"], part["to"], *begins], words)
        ends = shown.values([part["from"], part["to"]])
        last = len(groups) + 1
        ax.barh([0, last], ends, BAR, color=BILL["total"])
        starts, steps = shown.values(begins), shown.values(values)
        worse = sense(figure) * steps > 0.0
        rows = np.arange(1, last)
        ax.barh(rows, steps, BAR, starts, color=[WORSE if bad else BETTER for bad in worse])
        low, high = (
            starts + shown.values([group[end] for group in groups]) for end in ("low", "high")
        )
        ax.hlines(rows, low, high, color="#333333", lw=1.2)
        for edge in (low, high):
            ax.vlines(edge, rows - 0.16, rows + 0.16, color="#333333", lw=1.2)
        edges = starts + steps
        ax.vlines(
            np.concatenate([ends[:1], edges]),
            np.arange(last) + 0.3,
            np.arange(1, last + 1) - 0.3,
            color="#888888",
            lw=0.8,
            ls=":",
        )
        outer = np.max([low, high, starts, edges], axis=0)
        for place, value in enumerate(steps):
            write(ax, float(outer[place]), place + 1, _signed(float(value)))
        for place, value in ((0, ends[0]), (last, ends[1])):
            write(ax, float(max(value, 0.0)), place, number(float(value)))
        everything = np.concatenate([low, high, starts, edges, ends, [0.0]])
        canvas.headroom(ax, "x", float(everything.min()), float(everything.max()), 0.16)
        names = [" + ".join(words("why", key) for key in g["name"].split(" + ")) for g in groups]
        shown_labels = [canvas.shorten(drawable(label, letters), 30) for label in labels]
        ticks = [shown_labels[0], *(canvas.wrap(name, 26) for name in names), shown_labels[1]]
        ax.set_yticks(np.arange(last + 1), [canvas.plain_lines(tick) for tick in ticks])
        ax.set_ylim(last + 0.6, -0.6)
        ax.axvline(0.0, color="#888888", lw=0.8)
        canvas.label_numbers(ax, "x", sign=True)
        ax.set_xlabel(shown.label)
        kind = "every_order" if part["every_order"] else "some_orders"
        orders = words("why", kind, count=part["orders"])
        canvas.set_titles(
            ax,
            words("why", "title", figure=shown.name),
            words("why", "chart_note", orders=orders),
        )
    return ax


def _signed(value: float) -> str:
    return f"+{number(value)}" if value > 0.0 else number(value)
