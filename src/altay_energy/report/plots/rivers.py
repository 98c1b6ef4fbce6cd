"""Charts of rivers and reservoirs: monthly flow and snowmelt, daily level and release."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from matplotlib.axes import Axes

from altay_energy.core.units import Array
from altay_energy.report.chart import canvas
from altay_energy.report.chart.canvas import sheet
from altay_energy.report.chart.flows import Flows, Periods, chosen, flows, periods
from altay_energy.report.chart.palette import COLOURS, WATERS
from altay_energy.report.plots.stack import label_bars, stacked_bars
from altay_energy.report.text import Words, number, percent

if TYPE_CHECKING:
    import xarray as xr

FLOOD_MONTHS = (3, 4, 5)
"""April to June, 0 for January: the main flood of the Irtysh."""

PARTS = ("turbine", "ecological", "spill")
"""Outflows of a reservoir, in stacking order from the bottom up."""


def plot_river_inflow(
    hourly: xr.Dataset,
    river: str | None = None,
    *,
    ax: Axes | None = None,
    language: str = "en",
) -> Axes:
    """Draw the mean flow of a river in each month, and the part that is snowmelt.

    Parameters
    ----------
    hourly : xarray.Dataset
        Result of a run with rivers.
    river : str, optional
        Name as in ``hourly.river``; by default the one whose flow varies most.
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
        If the scenario has no such river.
    """
    river = _varying(hourly, "river", "river_flow_m3_s", river)
    flow = _row(hourly, "river", "river_flow_m3_s", river)
    parts = {"all_water": flow}
    if "river_melt" in hourly.sizes and river in hourly["river_melt"].to_numpy():
        melt = _row(hourly, "river_melt", "river_snowmelt_m3_s", river)
        parts = {"snowmelt": melt, "other_water": flow - melt}
    run = flows(hourly)
    months = periods(run, "month")
    with canvas.drawing(ax, language, 11.0, 4.6) as (ax, letters, words):
        means = {name: _means(series, months) for name, series in parts.items()}
        handles, bottom = stacked_bars(ax, means, lambda name: {"color": WATERS[name]})
        labels = [words("water_chart", name) for name in means]
        canvas.headroom(ax, "y", 0.0, float(bottom.max()))
        canvas.label_numbers(ax, "y")
        label_bars(ax, months, words)
        ax.set_ylabel(words("water_chart", "flow"))
        canvas.legend(ax, handles[::-1], labels[::-1])
        line = _river_line(run, flow, parts.get("snowmelt"), words)
        chinese = str(hourly["river_name_zh"].sel(river=river).item())
        name = chinese if letters.language == "zh" and chinese else _plain_name(river)
        name = name if letters.can_draw(name) else ""
        title = words("water_chart", "river_title", river=name)
        canvas.set_titles(ax, title, f"{canvas.title_of(hourly, letters)} · {line}")
    return ax


def plot_reservoir(
    hourly: xr.Dataset, plant: str | None = None, *, language: str = "en"
) -> list[Axes]:
    """Draw a reservoir's level, and below it its inflow and outflows.

    Parameters
    ----------
    hourly : xarray.Dataset
        Result of a run with a reservoir on a river.
    plant : str, optional
        Name as in ``hourly.hydro_reservoir``; by default the one whose volume varies most.
    language : str
        ``"en"`` or ``"zh"``.

    Returns
    -------
    list of Axes
        Level and daily mean flows, on a new figure.

    Raises
    ------
    ValueError
        If the scenario has no such reservoir.
    """
    plant = _varying(hourly, "hydro_reservoir", "hydro_volume_m3", plant)
    series = {
        part: _row(hourly, "hydro", f"hydro_{part}_m3_s", plant) for part in ("inflow", *PARTS)
    }
    level = _row(hourly, "hydro_reservoir", "hydro_level_m", plant)
    run = flows(hourly)
    with sheet(language) as letters:
        words = letters.words
        upper, lower = canvas.new_figure(11.0, 6.4).subplots(2, 1, height_ratios=[2, 3])
        upper.plot(canvas.day_numbers(run.edges), level, color=COLOURS["hydro"], lw=1.8)
        room = 0.06 * max(float(np.ptp(level)), 1.0)
        upper.set_ylim(float(level.min()) - room, float(level.max()) + room)
        canvas.label_numbers(upper, "y", sign=True)
        canvas.date_axis(upper, run.edges, words, run.zone)
        upper.set_xlabel("")
        upper.set_ylabel(words("water_chart", "level"))
        _release(lower, run, series, words)
        inflow, spill = _volume(run, series["inflow"]), _volume(run, series["spill"])
        scale = words.scale("volume", inflow)
        line = words(
            "water_chart",
            "reservoir_line",
            inflow=f"{number(inflow * scale.factor)} {scale.unit}",
            spill=f"{number(spill * scale.factor)} {scale.unit}",
        )
        name = _plain_name(plant)
        title = words(
            "water_chart", "reservoir_title", plant=name if letters.can_draw(name) else ""
        )
        canvas.set_titles(upper, title, f"{canvas.title_of(hourly, letters)} · {line}")
    return [upper, lower]


def _release(ax: Axes, run: Flows, series: dict[str, Array], words: Words) -> None:
    """Draw daily means: inflow as a line, outflows as a stack."""
    days = periods(run, "day")
    noons = canvas.day_numbers(days.begins) + 0.5
    means = {part: _means(values, days) for part, values in series.items()}
    shown = [part for part in PARTS if means[part].any()]
    areas = ax.stackplot(
        noons,
        [means[part] for part in shown],
        colors=[WATERS[part] for part in shown],
        linewidth=0.0,
    )
    (line,) = ax.plot(noons, means["inflow"], color=WATERS["inflow"], lw=1.3)
    gone = np.sum([means[part] for part in PARTS], axis=0)
    highest = max(float(means["inflow"].max()), float(gone.max()))
    canvas.headroom(ax, "y", 0.0, highest)
    canvas.label_numbers(ax, "y")
    canvas.date_axis(ax, run.edges, words, run.zone)
    ax.set_ylabel(words("water_chart", "flow_axis"))
    names = [words("water_chart", part) for part in ("inflow", *reversed(shown))]
    canvas.legend(ax, [line, *areas[::-1]], names)


def _river_line(run: Flows, flow: Array, melt: Array | None, words: Words) -> str:
    month = run.begins.astype("datetime64[M]").astype(np.int64) % 12
    whole = max(float(flow.sum()), 1e-9)
    flood = percent(float(flow[np.isin(month, FLOOD_MONTHS)].sum()) / whole)
    mean = number(round(float(flow.mean()), 1))
    if melt is None:
        return words("water_chart", "river_line_plain", mean=mean, flood=flood)
    share = percent(float(melt.sum()) / whole)
    return words("water_chart", "river_line", mean=mean, share=share, flood=flood)


def _means(series: Array, parts: Periods) -> Array:
    length = np.diff(np.append(parts.firsts, series.size))
    return np.asarray(np.add.reduceat(series, parts.firsts) / length)


def _volume(run: Flows, flow: Array) -> float:
    return float(flow.sum()) * run.step_hours * 3600.0


def _row(hourly: xr.Dataset, dimension: str, variable: str, name: str) -> Array:
    names = [str(n) for n in hourly[dimension].to_numpy()]
    return np.asarray(hourly[variable].to_numpy()[names.index(name)], dtype=np.float64)


def _varying(hourly: xr.Dataset, dimension: str, variable: str, name: str | None) -> str:
    return chosen(hourly, dimension, name, lambda: np.ptp(hourly[variable].to_numpy(), axis=1))


def _plain_name(key: str) -> str:
    """Return the readable name of a key: ``irtysh burqin`` for ``river.irtysh_burqin``."""
    return key.partition(".")[2].replace("_", " ")
