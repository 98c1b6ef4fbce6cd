"""The import price by month and hour of the day, over what the dispatch does in these hours."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.lines import Line2D

from altay_energy.core.timeline import Integers
from altay_energy.core.units import Array
from altay_energy.report.chart import canvas
from altay_energy.report.chart.flows import Flows, flows, sum_of
from altay_energy.report.chart.palette import COLOURS, PRICES, STORED
from altay_energy.report.chart.rows import drawable
from altay_energy.report.text import Words

if TYPE_CHECKING:
    import xarray as xr

CLOCKED = ("load", "import", "export", "charge", "discharge")
"""Powers whose mean day is drawn below the prices."""


def mean_day(hourly: xr.Dataset) -> dict[str, Array]:
    """Return the mean power of each hour of the day on the local clock, shape (24,). [MW]

    Parameters
    ----------
    hourly : xarray.Dataset
        Result of a run.

    Returns
    -------
    dict of str to ndarray, shape (24,)
        Those of `CLOCKED` that are not 0; NaN in hours that the period does not have.
    """
    flow = flows(hourly)
    powers = {
        "load": flow.load,
        "import": flow.series("import"),
        "export": flow.series("export"),
        "charge": sum_of([flow.uses.get(kind) for kind in STORED], flow.steps),
        "discharge": sum_of([flow.supply.get(kind) for kind in STORED], flow.steps),
    }
    return {key: _means(_hour(flow), power, 24) for key, power in powers.items() if power.any()}


def price_clock(hourly: xr.Dataset) -> Array:
    """Return the mean import price of each month and hour of the day, shape (12, 24). [CNY/MWh]

    Parameters
    ----------
    hourly : xarray.Dataset
        Result of a run; NaN in months and hours that its period does not have.
    """
    flow = flows(hourly)
    month = flow.begins.astype("datetime64[M]").astype(np.int64) % 12
    price = hourly["import_price_cny_mwh"].to_numpy()
    return _means(24 * month + _hour(flow), price, 12 * 24).reshape(12, 24)


def _hour(flow: Flows) -> Integers:
    begins = flow.begins
    hour = (begins - begins.astype("datetime64[D]")).astype("timedelta64[h]")
    number: Integers = hour.astype(np.int64)
    return number


def _means(group: Integers, values: Array, count: int) -> Array:
    """Mean of the values of each group 0, 1, …, shape (count,); NaN of a group without any."""
    sums = np.bincount(group, values, count)
    counts = np.bincount(group, minlength=count)
    means: Array = np.divide(sums, counts, out=np.full(count, np.nan), where=counts > 0)
    return means


def plot_tariff_clock(
    hourly: xr.Dataset, *, axes: tuple[Axes, Axes] | None = None, language: str = "en"
) -> tuple[Axes, Axes]:
    """Draw the import price by month and hour, and below it the mean day of the dispatch.

    Parameters
    ----------
    hourly : xarray.Dataset
        Result of a run with a grid connection.
    axes : pair of Axes, optional
        Where to draw prices and powers; a new figure by default.
    language : str
        ``"en"`` or ``"zh"``.

    Returns
    -------
    tuple of two Axes
    """
    prices, powers = price_clock(hourly), mean_day(hourly)
    with canvas.sheet(language) as letters:
        words = letters.words
        if axes is None:
            new = canvas.new_figure(11.0, 7.2).subplots(2, 1, sharex=True, height_ratios=[5, 4])
            axes = (new[0], new[1])
        above, below = axes
        _prices(above, prices, words)
        where = drawable(canvas.title_of(hourly, letters), letters)
        canvas.set_titles(above, words("money_chart", "tariff_clock"), where)
        _powers(below, powers, words)
        below.set_xlabel(words("chart", "local_time", zone=flows(hourly).zone))
        canvas.set_titles(below, words("money_chart", "mean_day"))
    return above, below


def _prices(ax: Axes, prices: Array, words: Words) -> None:
    shades = LinearSegmentedColormap.from_list("prices", PRICES)
    mesh = ax.pcolormesh(
        np.arange(25.0), np.arange(13.0), np.ma.masked_invalid(prices), cmap=shades, rasterized=True
    )
    ax.set_ylim(12.0, 0.0)
    ax.set_yticks(np.arange(12) + 0.5, words.sequence("date", "months"))
    ax.tick_params(axis="y", length=0)
    ax.set_xlim(0.0, 24.0)
    ax.set_xticks(np.arange(0, 25, 2), [f"{hour:02d}" for hour in range(0, 25, 2)])
    bar = canvas.figure_of(ax).colorbar(mesh, cax=ax.inset_axes((1.015, 0.0, 0.02, 1.0)))
    bar.set_label(words("money_chart", "price"))


def _powers(ax: Axes, powers: dict[str, Array], words: Words) -> None:
    # A line reaches to the end of its last hour.
    edges = np.arange(25.0)
    scale = words.scale("power", *(np.nan_to_num(power) for power in powers.values()))
    looks = {
        "load": (COLOURS["load"], "-"),
        "import": (COLOURS["import"], "-"),
        "export": (COLOURS["export"], "-"),
        "charge": (COLOURS["battery"], ":"),
        "discharge": (COLOURS["battery"], "-"),
    }
    handles = []
    for key, power in powers.items():
        colour, line = looks[key]
        shown = canvas.steps_out(power * scale.factor)
        ax.plot(edges, shown, color=colour, ls=line, lw=2.0, drawstyle="steps-post")
        handles.append(Line2D([], [], color=colour, ls=line, lw=2.0))
    highest = max((float(np.nanmax(power)) for power in powers.values()), default=0.0)
    canvas.headroom(ax, "y", 0.0, highest * scale.factor)
    canvas.label_numbers(ax, "y")
    ax.set_ylabel(words("chart", "power", unit=scale.unit))
    named = [
        words("source", key) if key in ("load", "import", "export") else words("money_chart", key)
        for key in powers
    ]
    canvas.legend(ax, handles, named)
