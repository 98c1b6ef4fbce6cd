"""Charts of a pumped-storage station: levels, unit states, heads and operating points."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.patches import Patch

from altay_energy.core.timeline import Integers
from altay_energy.core.units import Array
from altay_energy.dispatch.problem.station import SECONDS_PER_HOUR, StationOperation
from altay_energy.report.chart import canvas
from altay_energy.report.chart.canvas import sheet
from altay_energy.report.chart.dates import span_text
from altay_energy.report.chart.flows import Week, chosen, find_week, flows
from altay_energy.report.chart.fonts import Lettering
from altay_energy.report.chart.palette import BASINS, EFFICIENCY, POINTS, UNIT_STATES
from altay_energy.report.plots.time import component_text, level_lines
from altay_energy.report.text import Words, number, percent, volume_text

if TYPE_CHECKING:
    import xarray as xr

ROOM_M = 4.0
"""Margin above and below the range of levels. [m]"""

MOST_POINTS = 20_000
"""Most points to draw; of more hours every k-th is drawn."""

STATE_NAMES = {1: "generate", -1: "pump", 0: "stand"}


def plot_basin_levels(
    hourly: xr.Dataset, station: str | None = None, *, language: str = "en"
) -> list[Axes]:
    """Draw the water levels of both reservoirs over the run, one below the other.

    Parameters
    ----------
    hourly : xarray.Dataset
        Result of a run with pumped storage in its unit form.
    station : str, optional
        Name as in ``hourly.station``; by default the first.
    language : str
        ``"en"`` or ``"zh"``.

    Returns
    -------
    list of Axes
        Upper, lower. [m]

    Raises
    ------
    ValueError
        If the run has no such station.
    """
    one, name = _station(hourly, station)
    flow = flows(hourly)
    with sheet(language) as letters:
        words = letters.words
        axes = list(canvas.new_figure(11.0, 6.0).subplots(2, 1))
        for basin, ax in zip(("upper", "lower"), axes, strict=True):
            level = one["basin_level_m"].sel(basin=basin).to_numpy()
            low, high = float(level.min()), float(level.max())
            handles, labels = level_lines(ax, flow, level, BASINS[basin], words, low)
            ax.set_ylim(low - ROOM_M, high + ROOM_M)
            canvas.label_numbers(ax, "y")
            canvas.date_axis(ax, flow.edges, words, flow.zone)
            ax.set_ylabel(words("station_chart", basin))
            canvas.legend(ax, handles, labels)
        axes[0].set_xlabel("")
        moved = float(one["generated_m3"].sum())
        live = _swing(one["basin_volume_m3"].sel(basin="upper").to_numpy())
        below = words(
            "station_chart",
            "levels_line",
            moved=volume_text(words, moved),
            cycles=number(moved / live if live else 0.0),
            ice=volume_text(words, float(one["ice_m3"].sel(basin="upper").max())),
        )
        title = words("station_chart", "levels", station=_text(name, letters))
        canvas.set_titles(axes[0], title, below)
    return axes


def _swing(volume: Array) -> float:
    return float(volume.max() - volume.min())


def plot_unit_states(
    hourly: xr.Dataset,
    station: str | None = None,
    *,
    week: Week | int = "busiest",
    language: str = "en",
) -> list[Axes]:
    """Draw a week of unit states (pumping, generating, idle), and the power of the station.

    Parameters
    ----------
    hourly : xarray.Dataset
        Result of a run with pumped storage in its unit form.
    station : str, optional
        Name as in ``hourly.station``; by default the first.
    week : str or int
        ``"busiest"``, ``"winter"``, ``"summer"``, or the index of the first step.
    language : str
        ``"en"`` or ``"zh"``.

    Returns
    -------
    list of Axes
        States of the units; power of the station, generating upwards, pumping downwards [MW].

    Raises
    ------
    ValueError
        If the run has no such station, or no week of that season.
    """
    one, name = _station(hourly, station)
    flow = flows(hourly)
    first, stop = find_week(flow, week)
    part = flow.part(first, stop)
    every: Integers = one["unit_state"].to_numpy().astype(np.int64)
    used = np.flatnonzero((every != 0).any(axis=1))
    state = every[: used[-1] + 1 if used.size else 1, first:stop]
    unit_mw = np.asarray(one["unit_power_mw"].to_numpy(), dtype=np.float64)
    power: Array = np.multiply(unit_mw, every, dtype=np.float64)[:, first:stop].sum(axis=0)
    with sheet(language) as letters:
        words = letters.words
        figure = canvas.new_figure(11.0, 2.8 + 0.5 * max(len(state), 2))
        ratios = [0.5 * max(len(state), 2), 1.6]
        axes = list(figure.subplots(2, 1, height_ratios=ratios))
        _state_bars(axes[0], canvas.day_numbers(part.edges), state, words)
        _power_area(axes[1], canvas.day_numbers(part.edges), power, words)
        for ax in axes:
            canvas.date_axis(ax, part.edges, words, part.zone)
        axes[0].set_xlabel("")
        axes[0].set_xticklabels([])
        before = np.concatenate([np.zeros_like(state[:, :1]), state[:, :-1]], axis=1)
        starts = int(((state != before) & (state != 0)).sum())
        span = span_text(words, part.edges)
        below = words("station_chart", "states_line", span=span, starts=starts)
        title = words("station_chart", "states", station=_text(name, letters))
        canvas.set_titles(axes[0], title, below)
    return axes


def _state_bars(ax: Axes, x: Array, state: Any, words: Words) -> None:
    """Draw a row for each unit, shaded by its state."""
    for unit, row in enumerate(state, start=1):
        edges = np.flatnonzero(np.diff(row, prepend=9, append=9))
        for begin, end in pairwise(edges):
            colour = UNIT_STATES[STATE_NAMES[int(row[begin])]]
            ax.barh(unit, x[end] - x[begin], left=x[begin], height=0.8, color=colour, lw=0)
    ax.set_ylim(len(state) + 0.55, 0.45)
    numbers = range(1, len(state) + 1)
    ax.set_yticks(numbers, [words("station_chart", "unit", number=k) for k in numbers])
    kinds = ("generate", "pump", "stand")
    patches = [Patch(color=UNIT_STATES[kind]) for kind in kinds]
    canvas.legend(ax, patches, [words("station_chart", kind) for kind in kinds])


def _power_area(ax: Axes, x: Array, power: Array, words: Words) -> None:
    """Draw the power of the station, generation above the axis, pumping below. [MW]"""
    for sign, kind in ((1.0, "generate"), (-1.0, "pump")):
        shown = canvas.steps_out(sign * np.maximum(sign * power, 0.0))
        ax.fill_between(x, 0.0, shown, step="post", color=UNIT_STATES[kind], lw=0)
    canvas.headroom(ax, "y", float(power.min()), float(power.max()))
    canvas.label_numbers(ax, "y")
    ax.axhline(0.0, color="#888888", lw=0.8)
    ax.set_ylabel(words("station_chart", "station_power"))


def plot_head_duration(
    hourly: xr.Dataset,
    station: str | None = None,
    *,
    ax: Axes | None = None,
    language: str = "en",
) -> Axes:
    """Draw duration curves of the static head at which a station generates and pumps.

    Parameters
    ----------
    hourly : xarray.Dataset
        Result of a run with pumped storage in its unit form.
    station : str, optional
        Name as in ``hourly.station``; by default the first.
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
        If the run has no such station.
    """
    one, name = _station(hourly, station)
    hours = float(hourly.attrs["step_hours"])
    state, head = one["unit_state"].to_numpy(), one["head_m"].to_numpy()
    with canvas.drawing(ax, language, 11.0, 4.6) as (ax, letters, words):
        handles, labels, used = [], [], []
        for value, kind in ((1, "generate"), (-1, "pump")):
            heads = np.sort(head[(state == value).any(axis=0)])[::-1]
            used.append(heads)
            x = hours * np.arange(heads.size + 1)
            colour = UNIT_STATES[kind]
            (line,) = ax.plot(x, canvas.steps_out(heads) if heads.size else [0.0], color=colour)
            line.set(drawstyle="steps-post", linewidth=2.2)
            handles.append(line)
            count = number(round(heads.size * hours))
            labels.append(words("station_chart", f"head_{kind}", hours=count))
        every = np.concatenate(used)
        low, high = (float(f(every)) if every.size else 0.0 for f in (np.min, np.max))
        ax.set_ylim(low - ROOM_M, high + ROOM_M)
        ax.set_xlim(0.0, max(hours * max(h.size for h in used), hours))
        canvas.label_numbers(ax, "y")
        canvas.label_numbers(ax, "x")
        ax.set_xlabel(words("station_chart", "hours_at_least"))
        ax.set_ylabel(words("station_chart", "head_axis"))
        canvas.legend(ax, handles, labels)
        mean = f"{every.mean():.1f}" if every.size else "–"
        below = words("station_chart", "head_line", mean=mean)
        title = words("station_chart", "head", station=_text(name, letters))
        canvas.set_titles(ax, title, f"{canvas.title_of(hourly, letters)} · {below}")
    return ax


def plot_operating_points(
    done: StationOperation, *, ax: Axes | None = None, language: str = "en"
) -> Axes:
    """Draw the operating points of a station on the efficiency hill chart of its units.

    The hill chart is that of the turbine; points of fixed-speed pumps lie on the pump
    characteristic, at the static head plus losses.

    Parameters
    ----------
    done : StationOperation
        ``run.dispatch.stations[name]``, of one run.
    ax : Axes, optional
        Where to draw; a new figure by default.
    language : str
        ``"en"`` or ``"zh"``.

    Returns
    -------
    Axes
    """
    machine = done.limits.machine
    points = {sign: _points(done, sign) for sign in (1, -1)}
    with canvas.drawing(ax, language, 11.0, 6.0) as (ax, letters, words):
        every = [np.concatenate([points[s][axis] for s in (1, -1)]) for axis in (0, 1)]
        if not every[0].size:
            every = [np.array([1.0, machine.largest_flow_m3_s]), machine.rated_head_m + np.ones(2)]
        flow = np.linspace(0.85 * every[0].min(), 1.06 * every[0].max(), 160)
        head = np.linspace(every[1].min() - 8.0, every[1].max() + 8.0, 120)
        _hill(ax, done, flow, head, words)
        handles: list[Any] = []
        for sign, kind in ((1, "generate"), (-1, "pump")):
            x, y = points[sign]
            every_k = -(-max(x.size, 1) // MOST_POINTS)
            colour = POINTS[kind]
            handles.append(ax.scatter(x[::every_k], y[::every_k], s=9, color=colour, zorder=3))
        labels = [words("station_chart", f"hill_{kind}") for kind in ("turbine", "pump")]
        ax.set_xlabel(words("station_chart", "hill_flow"))
        ax.set_ylabel(words("station_chart", "hill_head"))
        pumped, gave = float(done.pump_mw.sum()), float(done.turbine_mw.sum())
        round_trip = percent(gave / pumped) if pumped else "–"
        ax.legend(handles, labels, loc="lower left", frameon=True, framealpha=0.9)
        below = words("station_chart", "hill_line", round_trip=round_trip)
        title = words("station_chart", "hill", station=_text(done.limits.name, letters))
        canvas.set_titles(ax, title, below)
    return ax


def _points(done: StationOperation, sign: int) -> tuple[Array, Array]:
    """Return flow and head of a unit in the hours of one direction. [m³ s⁻¹], [m]"""
    busy = np.sign(done.running) == sign
    water = done.generated_m3 if sign == 1 else done.pumped_m3
    total = water[busy] / (SECONDS_PER_HOUR * done.step_hours)
    lost = done.limits.machine.resistance * total**2
    return total / np.abs(done.running[busy]), done.head_m[busy] - sign * lost


def _hill(ax: Axes, done: StationOperation, flow: Array, head: Array, words: Words) -> None:
    """Draw the turbine's efficiency as filled contours and contour lines."""
    machine = done.limits.machine
    share = head[:, np.newaxis] / machine.rated_head_m, flow / machine.rated_flow_m3_s
    efficiency = 100.0 * machine.hill.turbine(*share)
    shades = LinearSegmentedColormap.from_list("efficiency", EFFICIENCY)
    top = float(efficiency.max())
    levels = np.unique(np.round(top - np.array([30, 20, 15, 10, 7, 5, 3, 2, 1, 0.5, 0.1]), 1))
    filled = ax.contourf(flow, head, efficiency, levels=levels, cmap=shades, extend="both")
    lines = ax.contour(flow, head, efficiency, levels=levels, colors="#7d9a93", linewidths=0.7)
    ax.clabel(lines, fontsize=8, fmt="%g")
    bar = canvas.figure_of(ax).colorbar(filled, ax=ax, pad=0.01, fraction=0.04)
    bar.set_label(words("station_chart", "hill_efficiency"))
    ax.set_xlim(flow[0], flow[-1])
    ax.set_ylim(head[0], head[-1])


def _station(hourly: xr.Dataset, station: str | None) -> tuple[xr.Dataset, str]:
    """Return one station of a run, and its name."""
    name = chosen(hourly, "station", station)
    return hourly.sel(station=name), name


def _text(name: str, letters: Lettering) -> str:
    kind = name.partition(".")[0]
    text = component_text(name, kind, letters.words)
    return text if letters.can_draw(text) else letters.words("source", kind)
