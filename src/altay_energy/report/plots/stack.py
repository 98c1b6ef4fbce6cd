"""Stacked charts of one run: a week of dispatch, and energy by source."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from altay_energy.core.units import Array
from altay_energy.report.chart import canvas
from altay_energy.report.chart.dates import day_text, span_text
from altay_energy.report.chart.flows import (
    Flows,
    Periods,
    Week,
    find_week,
    flows,
    periods,
    stores_energy,
)
from altay_energy.report.chart.fonts import Lettering
from altay_energy.report.chart.palette import (
    COLOURS,
    CURTAILED_EDGE,
    CURTAILED_HATCH,
    STORED,
    UNSERVED_HATCH,
)
from altay_energy.report.text import Words, energy_text

if TYPE_CHECKING:
    import xarray as xr

HATCHED: Mapping[str, tuple[str, str]] = {
    "curtailed": (CURTAILED_EDGE, CURTAILED_HATCH),
    "unserved": ("#ffffff", UNSERVED_HATCH),
}
"""Hatched kinds → colour of the hatching, and its pattern."""


def plot_dispatch(
    hourly: xr.Dataset,
    *,
    week: Week | int = "busiest",
    ax: Axes | None = None,
    language: str = "en",
    titles: tuple[str, str] | None = None,
) -> Axes:
    """Draw a week of dispatch: supply above zero, charging and export below, load as a line.

    Curtailed power is hatched on top of the supply.

    Parameters
    ----------
    hourly : xarray.Dataset
        Result of a run. Powers in MW; drawn in kW, MW or GW.
    week : str or int
        ``"busiest"`` (most use of storage), ``"winter"`` or ``"summer"`` (highest load of the
        season), or the index of the first step. Shorter runs are drawn whole.
    ax : Axes, optional
        Where to draw; a new figure by default.
    language : str
        ``"en"`` or ``"zh"``.
    titles : tuple of str, optional
        Title, and the line below it, in place of its own.

    Returns
    -------
    Axes

    Raises
    ------
    ValueError
        If the run has no week of that season.
    """
    whole = flows(hourly)
    flow = whole.part(*find_week(whole, week))
    with canvas.drawing(ax, language, 11.0, 5.4) as (ax, letters, words):
        scale = words.scale("power", *flow.supply.values(), *flow.uses.values(), flow.load)
        # a step extends from its edge to the next
        x = canvas.day_numbers(flow.edges)
        top = _stack(ax, x, _drawn(flow.supply, scale.factor))
        ceiling = _stack(ax, x, _drawn({"curtailed": flow.curtailed}, scale.factor), top)
        bottom = _stack(ax, x, _drawn(flow.uses, -scale.factor))
        ax.axhline(0.0, color="#444444", linewidth=0.9)
        load = flow.load * scale.factor
        ax.plot(x, canvas.steps_out(load), color=COLOURS["load"], lw=1.6, drawstyle="steps-post")
        canvas.headroom(ax, "y", float(bottom.min()), float(max(ceiling.max(), load.max())))
        canvas.label_numbers(ax, "y")
        canvas.date_axis(ax, flow.edges, words, flow.zone)
        ax.set_ylabel(words("chart", "power", unit=scale.unit))
        _name_sides(ax, flow, words)
        _source_legend(ax, flow, words, line=True)
        title = words("chart", _week_title(whole, week))
        where = f"{canvas.title_of(hourly, letters)} · {span_text(words, flow.edges)}"
        canvas.set_titles(ax, *((title, where) if titles is None else titles))
    return ax


def _week_title(flow: Flows, week: Week | int) -> str:
    if not isinstance(week, str) or flow.steps * flow.step_hours <= 168:
        return "week_chosen"
    if week == "busiest" and not stores_energy(flow):
        return "week_busiest_plain"
    return f"week_{week}"


def _stack(ax: Axes, x: Array, parts: Mapping[str, Array], edge: Array | float = 0.0) -> Array:
    """Stack areas away from an edge; return the outer edge, shape (T,)."""
    edge = np.broadcast_to(edge, x.size - 1)
    for kind, power in parts.items():
        outer = edge + power
        ax.fill_between(
            x, canvas.steps_out(edge), canvas.steps_out(outer), step="post", **_look(kind)
        )
        edge = outer
    return edge


def _name_sides(ax: Axes, flow: Flows, words: Words) -> None:
    """Label the areas above and below the axis."""
    stores = any(flow.uses[k].any() for k in STORED if k in flow.uses)
    exports = bool(flow.series("export").any())
    if not (stores or exports):
        return
    key = "use_side" if stores and exports else f"use_side_{'storage' if stores else 'export'}"
    for text, height, align in (
        (words("chart", "supply_side"), 4, "bottom"),
        (words("chart", key), -4, "top"),
    ):
        ax.annotate(
            text,
            xy=(1.0, 0.0),
            xycoords=("axes fraction", "data"),
            xytext=(6, height),
            textcoords="offset points",
            va=align,
            color=canvas.GREY,
            fontsize=9,
            annotation_clip=False,
        )


def _source_legend(ax: Axes, flow: Flows, words: Words, *, line: bool) -> None:
    """Add a legend: the stack from the top down, then uses without an entry so far."""
    shown = [kind for kind, power in flow.supply.items() if power.any()]
    below = [kind for kind, power in flow.uses.items() if power.any() and kind not in shown]
    kinds = ["curtailed"] * bool(flow.curtailed.any()) + shown[::-1] + below
    marker = (
        Line2D([], [], color=COLOURS["load"], lw=1.6)
        if line
        else Line2D([], [], color=COLOURS["load"], marker="D", ls="none", ms=5)
    )
    handles = [marker, *(source_patch(kind) for kind in kinds)]
    canvas.legend(ax, handles, [words("source", kind) for kind in ("load", *kinds)])


def _look(kind: str) -> dict[str, Any]:
    """Return colour, hatching and name of the area or bars of a source."""
    edge, hatch = HATCHED.get(kind, ("none", None))
    return {
        "facecolor": COLOURS[kind],
        "edgecolor": edge,
        "hatch": hatch,
        "linewidth": 0.0,
        "label": kind,
    }


def source_patch(kind: str) -> Patch:
    """Return the legend patch of a source, in its colour and hatching."""
    look = _look(kind)
    if kind == "curtailed":
        look["hatch"] = CURTAILED_HATCH * 2
    return Patch(**look)


def plot_energy(
    hourly: xr.Dataset,
    *,
    ax: Axes | None = None,
    language: str = "en",
) -> Axes:
    """Draw energy by source as stacked bars, one for each month.

    Short runs have a bar for each day or hour, very long ones for each year. Charging and export
    are below the axis, curtailed energy is hatched on top, a diamond marks the load.

    Parameters
    ----------
    hourly : xarray.Dataset
        Result of a run. Drawn in kWh, MWh, GWh or TWh.
    ax : Axes, optional
        Where to draw; a new figure by default.
    language : str
        ``"en"`` or ``"zh"``.

    Returns
    -------
    Axes
    """
    flow = flows(hourly)
    bins = periods(flow)
    up = {kind: bins.sums(power) * flow.step_hours for kind, power in flow.supply.items()}
    down = {kind: bins.sums(power) * flow.step_hours for kind, power in flow.uses.items()}
    curtailed = bins.sums(flow.curtailed) * flow.step_hours
    load = bins.sums(flow.load) * flow.step_hours
    with canvas.drawing(ax, language, 11.0, 5.4) as (ax, letters, words):
        scale = words.scale("energy", sum(up.values(), start=curtailed), load)
        _, top = stacked_bars(ax, _drawn(up, scale.factor), _look)
        if curtailed.any():
            stacked_bars(ax, {"curtailed": curtailed * scale.factor}, _look, top)
        _, bottom = stacked_bars(ax, _drawn(down, -scale.factor), _look)
        ax.axhline(0.0, color="#444444", linewidth=0.9)
        ax.plot(
            np.arange(load.size),
            load * scale.factor,
            color=COLOURS["load"],
            marker="D",
            markersize=5.5,
            markeredgecolor="#ffffff",
            linestyle="none",
            label="load",
        )
        high = max(float((top + curtailed * scale.factor).max()), float(load.max()) * scale.factor)
        canvas.headroom(ax, "y", float(bottom.min()), high)
        canvas.label_numbers(ax, "y")
        label_bars(ax, bins, words)
        ax.set_ylabel(words("chart", f"energy_per_{bins.unit}", unit=scale.unit))
        _name_sides(ax, flow, words)
        _source_legend(ax, flow, words, line=False)
        canvas.set_titles(
            ax, words("chart", f"by_{bins.unit}"), _balance_line(hourly, flow, letters)
        )
    return ax


def _drawn(parts: Mapping[str, Array], factor: float) -> dict[str, Array]:
    return {kind: factor * energy for kind, energy in parts.items() if energy.any()}


def stacked_bars(
    ax: Axes,
    parts: Mapping[str, Array],
    look: Callable[[str], Mapping[str, Any]],
    bottom: Array | float = 0.0,
) -> tuple[list[Any], Array]:
    """Stack bars at 0, 1, 2, … from ``bottom`` on, the first part nearest to the axis.

    Parameters
    ----------
    ax : Axes
    parts : mapping of str to ndarray, shape (N,)
        Heights by name, negative ones downwards.
    look : callable
        Colours and hatching of a name.
    bottom : ndarray, shape (N,), or float

    Returns
    -------
    handles : list
        A bar of each part, for the legend.
    edge : ndarray, shape (N,)
        Outer edge of the stack.
    """
    handles, edge = [], np.asarray(bottom, dtype=np.float64)
    for name, heights in parts.items():
        shown = {"linewidth": 0.0, "label": name, **look(name)}
        bars = ax.bar(np.arange(heights.size), heights, bottom=edge, width=0.78, **shown)
        edge = edge + heights
        handles.append(bars[0])
    return handles, edge


def label_bars(ax: Axes, bins: Periods, words: Words) -> None:
    """Label bars at 0, 1, 2, … with hours, days, months or years."""
    count = bins.firsts.size
    every = -(-count // 16)  # more labels would overlap
    shown = range(0, count, every)
    months = words.sequence("date", "months")
    texts, year_before = [], None
    for k in shown:
        moment = bins.begins[k].astype("datetime64[m]").item()
        year = words("date", "year", year=moment.year)
        if bins.unit == "hour":
            text = f"{moment:%H:%M}"
            text += f"\n{day_text(words, bins.begins[k])}" if k == 0 else ""
        elif bins.unit == "day":
            text = day_text(words, bins.begins[k])
        elif bins.unit == "month":
            text = months[moment.month - 1] + (f"\n{year}" if moment.year != year_before else "")
        else:
            text = year
        year_before = moment.year
        texts.append(text)
    ax.set_xticks(list(shown), canvas.aligned(texts))
    ax.tick_params(axis="x", length=0)
    ax.set_xlim(-0.6, max(count, 3) - 0.4)


def _balance_line(hourly: xr.Dataset, flow: Flows, letters: Lettering) -> str:
    words = letters.words
    sums = {
        name: energy_text(words, flow.energy(flow.series(name)))
        for name in ("generation", "curtailed", "load")
    }
    balance = words("chart", "balance_line", **sums)
    return f"{canvas.title_of(hourly, letters)} · {balance}"
