"""Storage levels, duration curves and heat maps of one run."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import Colormap, LinearSegmentedColormap

from altay_energy.core.units import Array
from altay_energy.report.chart import canvas
from altay_energy.report.chart.dates import span_text
from altay_energy.report.chart.flows import Flows, chosen, day_grid, flows, periods
from altay_energy.report.chart.palette import COLOURS, CURTAILED_EDGE, HEAT
from altay_energy.report.text import Words, energy_text, number, percent, power_text

if TYPE_CHECKING:
    import xarray as xr

SHORT_DAYS = 21
"""Longest run of which a level is drawn step by step rather than day by day. [d]"""

LONG_DAYS = 92
"""Length from which the mean is weekly, because daily cycles would fill the chart. [d]"""


def plot_storage_level(
    hourly: xr.Dataset,
    storage: str | None = None,
    *,
    ax: Axes | None = None,
    language: str = "en",
) -> Axes:
    """Draw the energy in one storage over the run: its mean, and its range in each day.

    Runs of up to three weeks are drawn step by step.

    Parameters
    ----------
    hourly : xarray.Dataset
        Result of a run; levels in MWh at the edges of the steps.
    storage : str, optional
        Name as in ``hourly.storage``; by default the most used.
    ax : Axes, optional
        Where to draw; a new figure by default.
    language : str
        ``"en"`` or ``"zh"``.

    Returns
    -------
    Axes

    Raises
    ------
    ValueError
        If the scenario has no such storage.
    """
    charge = hourly["charge_mw"].transpose("storage", "time")
    storage = chosen(hourly, "storage", storage, lambda: charge.to_numpy().sum(axis=1))
    one = hourly.sel(storage=storage)
    kind, flow = str(one["storage_kind"].item()), flows(hourly)
    level = np.asarray(one["level_mwh"].to_numpy(), dtype=np.float64)
    with canvas.drawing(ax, language, 11.0, 3.6) as (ax, letters, words):
        scale = words.scale("energy", level)
        handles, labels = level_lines(ax, flow, level * scale.factor, COLOURS[kind], words)
        canvas.headroom(ax, "y", 0.0, float(level.max()) * scale.factor)
        canvas.label_numbers(ax, "y")
        canvas.date_axis(ax, flow.edges, words, flow.zone)
        ax.set_ylabel(words("chart", "level", unit=scale.unit))
        canvas.legend(ax, handles, labels)
        charged = flow.energy(np.asarray(one["charge_mw"].to_numpy()))
        discharged = flow.energy(np.asarray(one["discharge_mw"].to_numpy()))
        moved = words.scale("energy", charged, discharged)
        below = words(
            "chart",
            "level_line",
            charged=number(charged * moved.factor),
            discharged=f"{number(discharged * moved.factor)} {moved.unit}",
        )
        name = component_text(storage, kind, words)
        name = name if letters.can_draw(name) else words("source", kind)
        canvas.set_titles(
            ax,
            words("chart", "level_title", storage=name),
            f"{canvas.title_of(hourly, letters)} · {below}",
        )
    return ax


def component_text(name: str, kind: str, words: Words) -> str:
    """Return the readable name of a component: ``Pumped storage burqin``."""
    own = name.partition(".")[2] or name
    return f"{words('source', kind)} {own}"


def level_lines(
    ax: Axes, flow: Flows, level: Array, colour: str, words: Words, ground: float = 0.0
) -> tuple[list[Any], list[str]]:
    """Draw a level: step by step in a short run, else its mean and its range in each day.

    Parameters
    ----------
    ax : Axes
        Where to draw.
    flow : Flows
        The run, for its steps.
    level : ndarray, shape (T + 1,)
        At the edges of the steps, any unit.
    colour : str
        Colour of line and band.
    words : Words
        Language.
    ground : float
        Lower edge of the filled area in a short run, in the unit of the level.

    Returns
    -------
    handles, labels : list
        For the legend.
    """
    if flow.steps * flow.step_hours <= SHORT_DAYS * 24:
        x = canvas.day_numbers(flow.edges)
        ax.fill_between(x, ground, level, color=colour, alpha=0.25, lw=0)
        (line,) = ax.plot(x, level, color=colour, lw=1.6)
        return [line], [words("chart", "level_now")]
    days = periods(flow, "day")
    stops = np.append(days.firsts[1:], flow.steps)
    # the end of a day belongs to that day and to the next
    lows = np.minimum(np.minimum.reduceat(level[:-1], days.firsts), level[stops])
    highs = np.maximum(np.maximum.reduceat(level[:-1], days.firsts), level[stops])
    middles = (level[:-1] + level[1:]) / 2
    means = np.add.reduceat(middles, days.firsts) / (stops - days.firsts)
    week = len(means) >= LONG_DAYS
    if week:
        means = _running_mean(means, 7)
    noons = canvas.day_numbers(days.begins) + 0.5
    band = ax.fill_between(noons, lows, highs, color=colour, alpha=0.3, lw=0)
    (line,) = ax.plot(noons, means, color=colour, lw=1.8)
    mean = words("chart", "weekly_mean" if week else "daily_mean")
    return [line, band], [mean, words("chart", "daily_range")]


def _running_mean(values: Array, width: int) -> Array:
    """Return the mean of the ``width`` values around each; of fewer at the ends."""
    ones = np.ones(width)
    return np.convolve(values, ones, "same") / np.convolve(np.ones(values.size), ones, "same")


DURATION_LINES = ("load", "net_load", "generation", "curtailed", "import", "export", "unserved")


def plot_duration(
    hourly: xr.Dataset,
    *,
    ax: Axes | None = None,
    language: str = "en",
) -> Axes:
    """Draw duration curves of load, net load, generation, curtailment, import and export.

    Net load is load minus available power of the scenario's renewables; negative at a surplus.

    Parameters
    ----------
    hourly : xarray.Dataset
        Result of a run.
    ax : Axes, optional
        Where to draw; a new figure by default.
    language : str
        ``"en"`` or ``"zh"``.

    Returns
    -------
    Axes
    """
    flow = flows(hourly)
    series = {name: flow.series(name) for name in DURATION_LINES if name != "net_load"}
    series["net_load"] = flow.load - flow.available
    with canvas.drawing(ax, language, 11.0, 5.0) as (ax, letters, words):
        scale = words.scale("power", *series.values())
        hours = np.arange(flow.steps + 1) * flow.step_hours
        handles, labels = [], []
        for name in DURATION_LINES:
            if not series[name].any() and name != "load":
                continue
            ordered = np.sort(series[name])[::-1] * scale.factor
            # the curve ends where it reaches zero
            shown = ordered.size if ordered[-1] < 0 else np.count_nonzero(ordered)
            (line,) = ax.plot(
                hours[: shown + 1],
                np.append(ordered[:shown], ordered[-1]),
                color=CURTAILED_EDGE if name == "curtailed" else COLOURS[name],
                lw=1.9,
                ls={"net_load": "--", "curtailed": ":"}.get(name, "-"),
                drawstyle="steps-post",
                label=name,
            )
            handles.append(line)
            key = ("chart", "net_load_label") if name == "net_load" else ("source", name)
            labels.append(words(*key))
        ax.axhline(0.0, color="#444444", linewidth=0.9)
        low = min(float(values.min()) for values in series.values())
        high = max(float(values.max()) for values in series.values())
        canvas.headroom(ax, "y", low * scale.factor, high * scale.factor)
        canvas.label_numbers(ax, "y", sign=True)
        canvas.label_numbers(ax, "x")
        ax.set_xlim(0.0, float(hours[-1]))
        ax.set_xlabel(words("chart", "hours_at_least"))
        ax.set_ylabel(words("chart", "power", unit=scale.unit))
        canvas.legend(ax, handles, labels)
        where = f"{canvas.title_of(hourly, letters)} · {span_text(words, flow.edges)}"
        canvas.set_titles(ax, words("chart", "duration"), where)
    return ax


def plot_heat_map(
    hourly: xr.Dataset,
    what: str = "curtailed",
    *,
    ax: Axes | None = None,
    language: str = "en",
) -> Axes:
    """Draw power by day and hour of the local clock as a heat map.

    Parameters
    ----------
    hourly : xarray.Dataset
        Result of a run.
    what : str
        ``"curtailed"``, ``"import"``, ``"export"`` or ``"unserved"``.
    ax : Axes, optional
        Where to draw; a new figure by default.
    language : str
        ``"en"`` or ``"zh"``.

    Returns
    -------
    Axes

    Raises
    ------
    ValueError
        If there is no heat map of ``what``.
    """
    if what not in HEAT:
        raise ValueError(f"what = {what!r} must be one of {', '.join(HEAT)}")
    flow = flows(hourly)
    power = flow.series(what)
    with canvas.drawing(ax, language, 11.0, 4.0) as (ax, letters, words):
        scale = words.scale("power", power)
        grid = day_grid(flow, power * scale.factor)
        first = flow.edges[0].astype("datetime64[D]")
        # midnight at the bottom, the day runs upwards
        span = np.array([first, first + np.timedelta64(grid.shape[1], "D")])
        left, right = canvas.day_numbers(span)
        picture = ax.imshow(
            grid,
            origin="lower",
            aspect="auto",
            interpolation="nearest",
            extent=(left, right, 0.0, 24.0),
            cmap=_ramp(what),
            vmin=0.0,
            vmax=float(power.max()) * scale.factor or 1.0,
        )
        canvas.date_axis(ax, span.astype("datetime64[m]"), words, flow.zone, days_only=True)
        ax.set_yticks([0, 6, 12, 18, 24], ["0:00", "6:00", "12:00", "18:00", "24:00"])
        ax.set_ylabel(words("chart", "hour_of_day", zone=flow.zone))
        _colour_bar(ax, picture, words("chart", "power", unit=scale.unit))
        where = f"{canvas.title_of(hourly, letters)} · {span_text(words, flow.edges)}"
        canvas.set_titles(ax, _heat_title(flow, what, power, words), where)
    return ax


def _ramp(what: str) -> Colormap:
    """Return a colour map: white for zero, the source's hue above, pale grey outside the run."""
    shades = HEAT[what]
    places = np.linspace(0.004, 1.0, len(shades))
    stops = [(0.0, "#ffffff"), *zip(places.tolist(), shades, strict=True)]
    return LinearSegmentedColormap.from_list(what, stops).with_extremes(bad="#f4f4f4")


def _heat_title(flow: Flows, what: str, power: Array, words: Words) -> str:
    if not power.any():
        return words("chart", f"nothing_{what}")
    energy = energy_text(words, flow.energy(power))
    if what == "curtailed":
        share = float(power.sum() / flow.available.sum())
        return words("chart", "heat_curtailed", energy=energy, share=percent(share))
    peak = power_text(words, float(power.max()))
    return words("chart", f"heat_{what}", energy=energy, peak=peak)


def _colour_bar(ax: Axes, picture: Any, label: str) -> None:
    figure = ax.get_figure(root=True)
    if figure is None:  # axes without a figure have no colour bar
        return
    bar = figure.colorbar(picture, ax=ax, pad=0.015, fraction=0.05, aspect=22)
    bar.outline.set_edgecolor("#888888")
    bar.set_label(label)
    canvas.label_numbers(bar.ax, "y")
    bar.ax.grid(visible=False)
