"""Charts of one plant and its weather: loss waterfall and monthly losses.

They need no run: they show the plant alone, without the effects of grid and storage.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import to_rgba_array
from numpy.typing import ArrayLike

from altay_energy.components.solar.solar_plant import SolarPlant
from altay_energy.components.wind.wind_farm import WindFarm
from altay_energy.core.timeline import Timeline
from altay_energy.core.units import Array
from altay_energy.report.chart import canvas
from altay_energy.report.chart.dates import span_text
from altay_energy.report.chart.flows import Times, calendar_periods
from altay_energy.report.chart.fonts import Lettering
from altay_energy.report.chart.palette import CAUSES, COLOURS
from altay_energy.report.plots.stack import label_bars, stacked_bars
from altay_energy.report.text import Scale, energy_text, percent
from altay_energy.weather.series import Weather

STARTS: Mapping[str, str] = {"gross": "wind", "horizontal": "solar"}
"""First stage of a waterfall → kind of plant."""

LABEL_ROOM = 0.24
"""Space right of the longest bar for its label, over its length. [-]"""


def plot_loss_waterfall(
    losses: Mapping[str, ArrayLike],
    *,
    ax: Axes | None = None,
    language: str = "en",
    title: str = "",
) -> Axes:
    """Draw the losses of a plant as a waterfall, from the resource to the bus.

    Parameters
    ----------
    losses : mapping of str to array_like, shape (...)
        From ``WindFarm.losses`` or ``SolarPlant.loss_waterfall``: the start, the loss of each stage
        (a gain is negative), and ``net``. Leading axes (years, members) are averaged. [MWh]
    ax : Axes, optional
        Where to draw; a new figure by default.
    language : str
        ``"en"`` or ``"zh"``.
    title : str
        Name of the plant or the period, below the chart's own title.

    Returns
    -------
    Axes
        One row for each stage, from the top down, in kWh, MWh, GWh or TWh and % of the start.

    Raises
    ------
    ValueError
        If the stages are not those of a wind farm or a solar plant, or do not add up.
    """
    energy = {
        name: float(np.mean(np.asarray(value, dtype=np.float64))) for name, value in losses.items()
    }
    kind = _waterfall_kind(energy)
    names = list(energy)
    start, changes = energy[names[0]], np.array([-energy[name] for name in names[1:-1]])
    levels = start + np.concatenate([[0.0], np.cumsum(changes)])
    with canvas.drawing(ax, language, 11.0, 0.9 + 0.4 * len(names)) as (ax, letters, words):
        scale = words.scale("energy", levels)
        _waterfall_bars(ax, levels * scale.factor, names[1:-1], COLOURS[kind])
        highest = float(levels.max()) * scale.factor or 1.0
        for row, name in enumerate(names):
            step = energy[name] if row in (0, len(names) - 1) else float(changes[row - 1])
            end = max(levels[max(row - 1, 0)], levels[min(row, len(levels) - 1)]) * scale.factor
            change = row not in (0, len(names) - 1)
            ax.annotate(
                _figures(step, start, scale, signed=change),
                xy=(end, row),
                xytext=(5, 0),
                textcoords="offset points",
                va="center",
                fontsize=9.5,
                color="#222222",
                bbox={"facecolor": "#ffffff", "edgecolor": "none", "pad": 1.0},
            )
        ax.set_yticks(range(len(names)), [words("loss", name) for name in names])
        ax.tick_params(axis="y", length=0)
        ax.set_ylim(len(names) - 0.45, -0.55)
        ax.set_xlim(0.0, highest * (1.0 + LABEL_ROOM))
        canvas.label_numbers(ax, "x")
        ax.set_xlabel(words("chart", "energy", unit=scale.unit))
        line = words(
            "plant_chart",
            "waterfall_line",
            net=energy_text(words, energy["net"]),
            start=energy_text(words, start),
        )
        canvas.set_titles(
            ax, words("plant_chart", f"waterfall_{kind}"), joined(letters, title, line)
        )
    return ax


def _waterfall_kind(energy: Mapping[str, float]) -> str:
    """Return the kind of plant of these losses: ``"wind"`` or ``"solar"``."""
    names = list(energy)
    if not names or names[0] not in STARTS or names[-1] != "net":
        raise ValueError(
            f"losses = {', '.join(names) or 'nothing'}: expected what WindFarm.losses or "
            "SolarPlant.loss_waterfall returns, from gross or horizontal to net"
        )
    start, net = energy[names[0]], energy["net"]
    left = start - sum(energy[name] for name in names[1:-1])
    if not abs(left - net) <= 1e-6 * max(abs(start), 1.0):
        raise ValueError(
            f"losses do not add up: {names[0]} less all stages is {left:.6g} MWh, but net is "
            f"{net:.6g} MWh; pass them as the plant returned them"
        )
    return STARTS[names[0]]


def _figures(energy: float, start: float, scale: Scale, *, signed: bool) -> str:
    """Return text of an energy, to about 1e-4 of the start, and of its share of the start."""
    shown = abs(start * scale.factor)
    decimals = max(3 - int(np.floor(np.log10(shown))), 0) + (shown >= 1000.0) if shown else 0
    text = f"{abs(energy * scale.factor):,.{decimals}f}"
    if not float(text.replace(",", "")):
        return f"0 {scale.unit}"
    sign = ("−" if energy < 0 else "+") if signed else ""
    share = percent(round(abs(energy / start), 4)) if start else "–"
    return f"{sign}{text} {scale.unit} · {sign}{share}"


def _waterfall_bars(ax: Axes, levels: Array, stages: Sequence[str], colour: str) -> None:
    """Draw the start, a floating bar for each change, the end, and thin lines between them."""
    rows = np.arange(levels.size + 1)
    before, after = levels[:-1], levels[1:]
    ax.barh(rows[[0, -1]], levels[[0, -1]], height=0.66, color=colour, lw=0.0, label="total")
    taken = [CAUSES.get(stage, COLOURS["loss"]) for stage in stages]
    loss = after <= before
    for label, which, faces in (
        ("loss", loss, to_rgba_array(taken)),
        ("gain", ~loss, to_rgba_array([colour] * len(taken), 0.55)),
    ):
        ax.barh(
            rows[1:-1][which],
            np.abs(after - before)[which],
            left=np.minimum(before, after)[which],
            height=0.66,
            facecolor=faces[which],
            edgecolor=to_rgba_array(faces[which], 1.0),
            linewidth=0.8,
            label=label,
        )
    ax.vlines(levels, rows[:-1] + 0.33, rows[1:] - 0.33, color="#777777", linewidth=0.8)


def plot_monthly_losses(
    plant: WindFarm | SolarPlant,
    weather: Weather,
    timeline: Timeline,
    *,
    elevation_m: float | None = None,
    ax: Axes | None = None,
    language: str = "en",
    title: str = "",
) -> Axes:
    """Draw the energy of each month, with losses to snow, or to ice and cold, on top.

    Parameters
    ----------
    plant : WindFarm or SolarPlant
        With a site.
    weather : Weather
        Of that site; leading axes (years, members) are averaged.
    timeline : Timeline
        The T intervals.
    elevation_m : float, optional
        Ground of a wind farm above sea level, where that differs from the weather's. [m]
    ax : Axes, optional
        Where to draw; a new figure by default.
    language : str
        ``"en"`` or ``"zh"``.
    title : str
        Name of the plant; by default the place of the weather.

    Returns
    -------
    Axes
        Stacked bars, one for each month of the local clock.

    Raises
    ------
    ValueError
        If the plant has a profile, from which losses cannot be found.
    WeatherError
        If the weather covers another period.
    """
    parts = monthly_parts(plant, weather, timeline, elevation_m)
    months = calendar_periods(timeline.local, "month")
    energy = {
        name: months.sums(mean_rows(power)) * timeline.step_hours for name, power in parts.items()
    }
    with canvas.drawing(ax, language, 11.0, 5.0) as (ax, letters, words):
        total = np.sum(list(energy.values()), axis=0)
        scale = words.scale("energy", total)
        shown = {
            name: sums * scale.factor
            for name, sums in energy.items()
            if sums.any() or name == plant.kind
        }
        handles, bottom = stacked_bars(ax, shown, partial(_part_look, kind=plant.kind))
        labels = [words("source" if name == plant.kind else "cause", name) for name in shown]
        canvas.headroom(ax, "y", 0.0, float(bottom.max()))
        canvas.label_numbers(ax, "y")
        label_bars(ax, months, words)
        ax.set_ylabel(words("chart", "energy_per_month", unit=scale.unit))
        canvas.legend(ax, handles[::-1], labels[::-1])
        below = joined(
            letters, title or weather.place, period_text(letters, weather), _taken(letters, energy)
        )
        canvas.set_titles(ax, words("plant_chart", f"monthly_{plant.kind}"), below)
    return ax


def monthly_parts(
    plant: WindFarm | SolarPlant,
    weather: Weather,
    timeline: Timeline,
    elevation_m: float | None = None,
) -> dict[str, Array]:
    """Return the power of a plant and the loss to each cause, found by removing the causes in turn.

    Parameters
    ----------
    plant : WindFarm or SolarPlant
        With a site.
    weather : Weather
        Of that site.
    timeline : Timeline
        The T intervals.
    elevation_m : float, optional
        Ground of a wind farm above sea level. [m]

    Returns
    -------
    dict of str to ndarray, shape (..., T)
        For a wind farm ``wind``, ``ice`` and ``cold``, whose sum is the power without ice and
        cold. For a solar plant ``solar``, ``snow_light`` (gain by reflection from snow on the
        ground) and ``snow`` (loss to snow on modules); their sum is the power without snow on
        the modules. [MW]

    Raises
    ------
    ValueError
        If the plant has a profile.
    """
    if plant.profile is not None:
        raise ValueError(
            f"a {plant.kind} plant with a profile has no losses to show: its power is net of them; "
            "give the plant a site"
        )
    if isinstance(plant, WindFarm):
        power = plant.available_power(weather, timeline, elevation_m)
        without_ice = plant.with_(icing="off")
        clean = without_ice.available_power(weather, timeline, elevation_m)
        warm = in_any_cold(without_ice).available_power(weather, timeline, elevation_m)
        return {"wind": power, "ice": clean - power, "cold": warm - clean}
    power = plant.available_power(weather, timeline)
    # With snow as dark as the ground, only snow on the modules has an effect.
    dull = plant.with_(fresh_snow_albedo=plant.albedo).available_power(weather, timeline)
    bare = plant.with_(snow="off").available_power(weather, timeline)
    light = np.maximum(power - dull, 0.0)
    return {"solar": power - light, "snow_light": light, "snow": bare - dull}


def in_any_cold(farm: WindFarm) -> WindFarm:
    """Return the farm with turbines that do not stop in cold."""
    return farm.with_(package="none", low_temperature_stop_c=None, low_temperature_restart_c=None)


def mean_rows(series: Array) -> Array:
    """Return the mean over all leading axes, shape (T,)."""
    mean: Array = series.reshape(-1, series.shape[-1]).mean(axis=0)
    return mean


def joined(letters: Lettering, *texts: str) -> str:
    """Join the parts of a subtitle, without those that cannot be drawn."""
    return " · ".join(text for text in texts if text.strip() and letters.can_draw(text))


def period_text(letters: Lettering, weather: Weather) -> str:
    """Return text of the first and last day of the weather and its number of years or members."""
    timeline = weather.timeline
    offset = np.timedelta64(round(timeline.utc_offset_hours * 60), "m")
    ends: Times = timeline.utc_edges[[0, -1]].astype("datetime64[m]")
    span = span_text(letters.words, ends + offset)
    count = weather.ghi_w_m2.size // timeline.steps
    if count == 1:
        return span
    return letters.words("plant_chart", "period_years", span=span, count=count)


def _part_look(name: str, kind: str) -> dict[str, Any]:
    if name == kind:
        return {"facecolor": COLOURS[kind], "edgecolor": "none"}
    if name == "snow_light":  # part of the output, owed to snow
        return {"facecolor": COLOURS[kind], "edgecolor": "#ffffff", "hatch": "...."}
    return {"facecolor": CAUSES[name], "edgecolor": "none"}


def _taken(letters: Lettering, energy: Mapping[str, Array]) -> str:
    """Return text of the loss to each cause, as energy and as share of the lossless energy."""
    words = letters.words
    total = float(np.sum(list(energy.values())))
    texts = [
        f"{words('cause', name)} {energy_text(words, -float(sums.sum()))} "
        f"({percent(-float(sums.sum()) / total)})"
        for name, sums in energy.items()
        if name in CAUSES and sums.any()
    ]
    return " · ".join(texts) or words("plant_chart", "monthly_nothing")
