"""Charts of wind at a farm: power curve with hourly points, and wind rose."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.projections.polar import PolarAxes
from matplotlib.ticker import FuncFormatter, MaxNLocator
from numpy.typing import NDArray

from altay_energy.components.wind.wind_farm import WindFarm
from altay_energy.core.errors import WeatherError
from altay_energy.core.recurrence import storm_share
from altay_energy.core.timeline import Timeline
from altay_energy.core.units import Array
from altay_energy.report.chart import canvas
from altay_energy.report.chart.canvas import sheet
from altay_energy.report.chart.palette import CAUSES, COLOURS, WIND_SPEEDS
from altay_energy.report.plots.plants import joined, monthly_parts, period_text
from altay_energy.report.text import Words, number, percent
from altay_energy.weather.series import Weather

CURVE_FROM, CURVE_TO = -0.5, 1.06
"""Limits of the power axis; the part below zero holds the bars of hours. [-]"""

HOURS_HEIGHT = 0.42
"""Height of the highest bar of hours, on the power axis. [-]"""

MOST_POINTS = 30_000
"""Most points to draw; of more hours every k-th is drawn, while the bars count all."""

TAKEN_MW = 1e-9
"""Smallest loss that counts, over capacity; less is rounding. [-]"""

CALM_M_S = 0.3
"""Speed below which the air is calm and has no direction; WMO Beaufort 0. [m s⁻¹]"""

SECTORS = (8, 12, 16, 24, 36)
SPEED_STEPS_M_S = (0.5, 1.0, 2.0, 3.0, 4.0, 5.0, 10.0)
SPEED_CLASSES = 6


def plot_power_curve_hours(
    farm: WindFarm,
    weather: Weather,
    timeline: Timeline,
    *,
    elevation_m: float | None = None,
    ax: Axes | None = None,
    language: str = "en",
    title: str = "",
) -> Axes:
    """Draw the power curve of a farm with hourly points, and a histogram of wind speed.

    Hours without stop and ice scatter around the curve less constant losses, above it in dense
    air; hours with losses to storm, cold or ice lie below it, in the colour of the cause.

    Parameters
    ----------
    farm : WindFarm
        With a site.
    weather : Weather
        Of that site; with leading axes (years, members) hours are those of an average year.
    timeline : Timeline
        The T intervals.
    elevation_m : float, optional
        Ground of the farm above sea level, where that differs from the weather's. [m]
    ax : Axes, optional
        Where to draw; a new figure by default. The histogram is on a twin of it, below the curve.
    language : str
        ``"en"`` or ``"zh"``.
    title : str
        Name of the farm; by default the place of the weather.

    Returns
    -------
    Axes

    Raises
    ------
    ValueError
        If the farm has a profile.
    WeatherError
        If the weather covers another period.
    """
    parts = monthly_parts(farm, weather, timeline, elevation_m)
    speed = farm.hub_wind(weather)
    groups = _hours_by_cause(farm, speed, parts)
    share = parts["wind"] / farm.capacity_mw
    hours = timeline.step_hours / (speed.size // timeline.steps)
    with canvas.drawing(ax, language, 11.0, 6.6) as (ax, letters, words):
        lines = _curves(ax, farm, weather, words)
        every = -(-speed.size // MOST_POINTS)
        for name, members in groups.items():
            x, y = speed[members], share[members]
            if name == "none":
                x, y = x[::every], y[::every]
            ax.scatter(x, y, label=name, **_point_look(name, every))
        right = float(np.ceil(max(speed.max(), farm.machine.cut_out_m_s) + 0.5))
        below = _hour_bars(ax, {n: speed[m] for n, m in groups.items()}, hours, right)
        canvas.label_numbers(ax, "x")
        ax.set_xlim(0.0, right)
        ax.set_ylim(CURVE_FROM, CURVE_TO)
        ax.set_yticks(np.linspace(0.0, 1.0, 6))
        ax.grid(color="#dddddd", linewidth=0.7)
        ax.set_xlabel(words("plant_chart", "hub_speed", height=f"{farm.hub_m:g}"))
        ax.set_ylabel(words("plant_chart", "power_of_capacity"), y=0.66)
        below.set_ylabel(words("plant_chart", "hours"), y=0.14)
        handles: list[Any] = list(lines)
        labels = [str(line.get_label()) for line in lines]
        for name, bars in zip(groups, below.containers, strict=True):
            handles.append(bars)
            count = number(round(float(groups[name].sum()) * hours))
            cause = words("cause", name)
            labels.append(words("plant_chart", "hours_of", name=cause, hours=count))
        canvas.legend(ax, handles, labels)
        line = joined(letters, title or weather.place, period_text(letters, weather))
        canvas.set_titles(ax, words("plant_chart", "power_curve"), line)
    return ax


def _hours_by_cause(
    farm: WindFarm, speed: Array, parts: dict[str, Array]
) -> dict[str, NDArray[np.bool_]]:
    """Return masks of hours by cause of loss, shape (..., T); hours without loss first."""
    cut_out = farm.machine.cut_out_m_s
    storm = speed > cut_out
    storm |= storm_share(speed, cut_out, farm.restart_m_s, farm.speed_spread) < 1.0
    least = TAKEN_MW * farm.capacity_mw
    cold = (parts["cold"] > least) & ~storm
    ice = (parts["ice"] > least) & ~storm & ~cold
    groups = {"none": ~(storm | cold | ice), "ice": ice, "cold": cold, "storm": storm}
    return {name: members for name, members in groups.items() if name == "none" or members.any()}


def _curves(ax: Axes, farm: WindFarm, weather: Weather, words: Words) -> list[Any]:
    """Draw the curve of one turbine, and the curve less constant losses."""
    machine = farm.machine
    speed, power = farm.curve()
    speed, power = np.append(speed, speed[-1]), np.append(power, 0.0) / machine.rated_mw
    density = f"{machine.air_density_kg_m3:g}"
    label = words("plant_chart", "curve", density=density)
    lines = ax.plot(speed, power, color="#111111", lw=1.8, label=label, zorder=4)
    if farm.layout is None or weather.wind_direction_deg is None:
        left = (1.0 - farm.wake_loss) * farm.availability * (1.0 - farm.electrical_loss)
        label = words("plant_chart", "curve_net")
        lines += ax.plot(
            speed, left * power, color="#111111", lw=1.3, ls=(0, (4, 2)), label=label, zorder=4
        )
    return lines


def _point_look(name: str, every: int) -> dict[str, Any]:
    if name == "none":
        return {"s": 5.0, "color": COLOURS["generation"], "alpha": 0.25, "linewidths": 0.0}
    return {"s": 11.0, "color": CAUSES[name], "alpha": 0.6 / every**0.5, "linewidths": 0.0}


def _hour_bars(ax: Axes, speeds: dict[str, Array], hours: float, right: float) -> Axes:
    """Draw a histogram of wind speed in bins of 1 m/s, stacked by cause. [h]"""
    below = ax.twinx()
    below.spines["right"].set_visible(False)
    below.yaxis.tick_left()
    below.yaxis.set_label_position("left")
    edges = np.arange(right + 1.0)
    bottom = np.zeros(edges.size - 1)
    for name, values in speeds.items():
        count = np.histogram(values, edges)[0] * hours
        colour = COLOURS["generation"] if name == "none" else CAUSES[name]
        below.bar(edges[:-1] + 0.5, count, bottom=bottom, width=0.9, color=colour, lw=0, label=name)
        bottom = bottom + count
    highest = float(bottom.max())
    canvas.label_numbers(below, "y")
    locator = MaxNLocator(nbins=3, steps=[1, 2, 2.5, 5, 10])
    marks = np.asarray(locator.tick_values(0.0, highest))
    below.set_yticks(marks[marks <= highest])
    below.grid(visible=False)
    below.set_ylim(0.0, highest * (CURVE_TO - CURVE_FROM) / HOURS_HEIGHT)
    return below


def plot_wind_rose(
    weather: Weather,
    *,
    sectors: int = 16,
    ax: Axes | None = None,
    language: str = "en",
    title: str = "",
) -> Axes:
    """Draw a wind rose: frequency of wind by direction and speed.

    Parameters
    ----------
    weather : Weather
        With wind direction.
    sectors : int
        Number of sectors: 8, 12, 16, 24 or 36. Directions reported in 16 steps need 16, in steps
        of 10° or 30° they need 12 or 36; otherwise sectors hold unequal numbers of steps.
    ax : PolarAxes, optional
        Where to draw; a new figure by default.
    language : str
        ``"en"`` or ``"zh"``.
    title : str
        Name of the site; by default the place of the weather.

    Returns
    -------
    PolarAxes
        The length of a bar is its share of all hours, calm hours included. [%]

    Raises
    ------
    WeatherError
        If the weather has no wind direction.
    ValueError
        If ``sectors`` is none of those, or the axes are not polar.
    """
    if weather.wind_direction_deg is None:
        raise WeatherError(
            f"{weather.place}: there is no wind direction, so no wind rose; use a weather file "
            "that holds wind direction (EPW, TMY3 and NSRDB do)"
        )
    if sectors not in SECTORS:
        raise ValueError(f"sectors = {sectors} must be one of {', '.join(map(str, SECTORS))}")
    with sheet(language) as letters:
        words = letters.words
        if ax is None:
            ax = canvas.new_figure(8.0, 6.4).add_subplot(projection="polar")
        if not isinstance(ax, PolarAxes):
            raise ValueError("a wind rose needs polar axes: add_subplot(projection='polar')")
        edges = _speed_edges(weather.wind_speed_m_s)
        shares = _rose_shares(weather.wind_direction_deg, weather.wind_speed_m_s, edges, sectors)
        _rose_bars(ax, 100.0 * shares, sectors)
        _compass(ax, 100.0 * shares.sum(axis=0), words)
        labels = [f"{low:g} – {high:g}" for low, high in pairwise(edges[:-1])]
        labels.append(f"≥ {edges[-2]:g}")
        heading = words("plant_chart", "rose_speed")
        place = {"bbox_to_anchor": (1.14, 1.0), "title": heading, "alignment": "left"}
        canvas.legend(ax, list(ax.containers)[::-1], labels[::-1], **place)
        line = words(
            "plant_chart",
            "rose_line",
            height=f"{weather.wind_height_m:g}",
            speed=f"{weather.wind_speed_m_s.mean():.1f}",
            calm=percent(float((weather.wind_speed_m_s < CALM_M_S).mean())),
        )
        below = joined(letters, title or weather.place, line)
        canvas.set_titles(ax, words("plant_chart", "rose"), below, 96, lift=20.0)
    return ax


def _speed_edges(speed: Array) -> Array:
    """Return the edges of the speed classes; the last class is open. [m s⁻¹]"""
    high = float(np.quantile(speed, 0.99))
    step = next((s for s in SPEED_STEPS_M_S if s * SPEED_CLASSES >= high), SPEED_STEPS_M_S[-1])
    edges = step * np.arange(SPEED_CLASSES + 1.0)
    edges[0], edges[-1] = CALM_M_S, np.inf
    return edges


def _rose_shares(direction_deg: Array, speed: Array, edges: Array, sectors: int) -> Array:
    """Return the share of all hours by speed class and sector, shape (classes, sectors). [-]"""
    width = 360.0 / sectors
    sector = np.floor((direction_deg % 360.0) / width + 0.5).astype(np.int64) % sectors
    counts = [
        np.bincount(sector[(speed >= low) & (speed < high)], minlength=sectors)
        for low, high in pairwise(edges)
    ]
    return np.array(counts) / speed.size


def _rose_bars(ax: PolarAxes, shares: Array, sectors: int) -> None:
    """Draw bars stacked from the centre outwards, a shade for each speed class. [%]"""
    shades = LinearSegmentedColormap.from_list("wind", WIND_SPEEDS)(np.linspace(0, 1, len(shares)))
    angles = 2.0 * np.pi * np.arange(sectors) / sectors
    bottom = np.zeros(sectors)
    for heights, shade in zip(shares, shades, strict=True):
        ax.bar(
            angles,
            heights,
            bottom=bottom,
            width=0.86 * 2.0 * np.pi / sectors,
            color=shade,
            edgecolor="#ffffff",
            linewidth=0.4,
        )
        bottom = bottom + heights


def _compass(ax: PolarAxes, totals: Array, words: Words) -> None:
    """Set north up and east to the right; put the scale where the rose is shortest."""
    ax.set_theta_zero_location("N")
    ax.set_theta_direction(-1)
    ax.set_thetagrids(np.arange(0.0, 360.0, 45.0), words.sequence("plant_chart", "points"))
    ax.set_ylim(0.0, 1.08 * float(totals.max()) or 1.0)
    ax.yaxis.set_major_locator(MaxNLocator(nbins=5, steps=[1, 2, 2.5, 5, 10]))
    ax.yaxis.set_major_formatter(FuncFormatter(lambda value, _position: f"{value:g} %"))
    # between two sectors, where both are short
    pairs = totals + np.roll(totals, -1)
    ax.set_rlabel_position(360.0 * (float(np.argmin(pairs)) + 0.5) / totals.size)
    ax.tick_params(axis="y", labelsize=8.5, labelcolor=canvas.GREY)
    ax.grid(color="#dddddd", linewidth=0.7)
    ax.spines["polar"].set_color("#bbbbbb")
