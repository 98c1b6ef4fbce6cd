"""One page that compares synthetic years with their record: all panels and the record's rank."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from altay_energy.report.chart import canvas
from altay_energy.report.chart.canvas import Charts, sheet
from altay_energy.report.chart.fonts import Lettering, lettering
from altay_energy.report.plots.weather.climate import (
    BAND_ALPHA,
    MADE,
    RECORD,
    Quantity,
    Spell,
    plot_climate_clearness,
    plot_climate_course,
    plot_climate_months,
    plot_climate_persistence,
    plot_climate_spells,
    plot_climate_wind,
)
from altay_energy.weather.climate.validation.check import ClimateCheck, Row

PAGE_INCHES = (15.0, 19.0)
PANELS_IN_A_ROW = 6

STRIP = (
    "ghi_year",
    "clearness_mean",
    "clearness_std",
    "clearness_lag1",
    "temperature_std",
    "temperature_lag1",
    "frost_hours",
    "weibull_k",
    "wind_swing",
    "cold_length",
    "cold_longest",
    "overcast_length",
    "calm_length",
)
"""Statistics of the strip chart, from the top."""

QUANTITIES: tuple[Quantity, ...] = ("temperature", "ghi", "wind")
SPELLS: tuple[Spell, ...] = ("cold", "overcast", "calm")

STRIP_REACH = 3.2
"""Half width of the strip; values outside are drawn at its edge. [half widths of the band]"""


def plot_climate_years(
    check: ClimateCheck, *, ax: Axes | None = None, language: str = "en"
) -> Axes:
    """Draw where the record lies among the synthetic years, for each statistic.

    Parameters
    ----------
    check : ClimateCheck
    ax : Axes, optional
        Where to draw; a new figure by default.
    language : str
        ``"en"`` or ``"zh"``.

    Returns
    -------
    Axes
        Each statistic is scaled: zero is the mean of the synthetic years, and about 90 % of them
        lie from -1 to 1. Dots are synthetic years, the diamond is the record.
    """
    rows = {row.key: row for row in check.rows if not row.part}
    shown = [rows[key] for key in STRIP if key in rows and rows[key].made is not None]
    shown = [row for row in shown if row.verdict != "does not apply"]
    with canvas.drawing(ax, language, 14.0, 5.0) as (ax, _, words):
        ax.axvspan(-1.0, 1.0, color=MADE, alpha=0.12, lw=0)
        for place, row in enumerate(shown):
            _strip(ax, place, row, check.made_years[row.key][:, 0])
        names = [words("climate_figure", row.key) for row in shown]
        ax.set_yticks(range(len(shown)), names)
        ax.set_ylim(len(shown) - 0.4, -0.6)
        ax.set_xlim(-STRIP_REACH, STRIP_REACH)
        ax.set_xticks([-1.0, 0.0, 1.0], words.sequence("climate_chart", "strip_ticks"))
        ax.set_title(words("climate_chart", "strip_title"), fontsize=11.0)
        ax.tick_params(axis="y", length=0)
        ax.grid(axis="y", color="#e8e8e8", linewidth=0.7)
    return ax


def _strip(ax: Axes, place: int, row: Row, years: np.ndarray) -> None:
    if row.low is None or row.high is None or row.made is None or row.real is None:
        return
    half = 0.5 * (row.high - row.low)
    half = half if half > 0.0 else max(abs(row.made), 1.0) * 1e-6

    def at(value: np.ndarray | float) -> np.ndarray:
        return np.clip((np.asarray(value) - row.made) / half, -STRIP_REACH, STRIP_REACH)

    known = years[np.isfinite(years)]
    # Spread dots of equal value, so that none is hidden.
    up = 0.22 * np.sin(2.4 * np.arange(known.size))
    ax.plot(at(known), place + up, "o", ms=3.5, color=MADE, alpha=0.55, mew=0)
    ax.plot([at(row.real)], [place], "D", ms=7.0, color=RECORD, clip_on=False, zorder=4)
    decimals = row.figure.decimals
    text = f"{row.real:.{decimals}f}  ({row.made:.{decimals}f})  {row.figure.unit.strip('-')}"
    ax.annotate(
        text,
        (1.0, place),
        xycoords=("axes fraction", "data"),
        xytext=(8, 0),
        textcoords="offset points",
        va="center",
        fontsize=9.0,
    )


def plot_climate_page(check: ClimateCheck, *, language: str = "en", title: str = "") -> Figure:
    """Draw every panel on one page.

    Parameters
    ----------
    check : ClimateCheck
    language : str
        ``"en"`` or ``"zh"``.
    title : str
        Name of the place; by default that of the record.

    Returns
    -------
    Figure
    """
    with sheet(language) as letters:
        figure = canvas.new_figure(*PAGE_INCHES)
        grid = figure.add_gridspec(5, PANELS_IN_A_ROW, height_ratios=(1, 1, 1, 1, 1.35))
        thirds = [[figure.add_subplot(grid[r, c : c + 2]) for c in (0, 2, 4)] for r in (0, 1, 3)]
        halves = [figure.add_subplot(grid[2, c : c + 3]) for c in (0, 3)]
        for ax, quantity in zip(thirds[0], QUANTITIES, strict=True):
            plot_climate_months(check, quantity, ax=ax, language=language)
        plot_climate_clearness(check, ax=thirds[1][0], language=language)
        plot_climate_wind(check, ax=thirds[1][1], language=language)
        plot_climate_persistence(check, ax=thirds[1][2], language=language)
        plot_climate_course(check, "temperature", ax=halves[0], language=language)
        plot_climate_course(check, "wind", ax=halves[1], language=language)
        for ax, kind in zip(thirds[2], SPELLS, strict=True):
            plot_climate_spells(check, kind, ax=ax, language=language)
        plot_climate_years(check, ax=figure.add_subplot(grid[4, :]), language=language)
        _heading(figure, check, letters, title)
    return figure


def _heading(figure: Figure, check: ClimateCheck, letters: Lettering, title: str) -> None:
    words = letters.words
    name = title or check.real.place
    place = name if letters.can_draw(name) else "?"
    line = words(
        "climate_chart",
        "title",
        place=canvas.plain(canvas.shorten(place, 60)),
        years=check.made.years,
        record=check.real.years,
        inside=check.judged - len(check.beyond),
        judged=check.judged,
    )
    figure.suptitle(line, fontsize=14.0, fontweight="bold", x=0.01, ha="left")
    handles = [
        Line2D([], [], color=RECORD, lw=1.6, marker="o", ms=4),
        Line2D([], [], color=MADE, lw=1.8),
        Patch(color=MADE, alpha=BAND_ALPHA, lw=0),
    ]
    labels = [words("climate_chart", key) for key in ("record", "made", "made_band")]
    figure.legend(handles, labels, loc="outside lower left", ncols=3)


def draw_climate_check(
    check: ClimateCheck, path: Path, language: str = "en", title: str = ""
) -> Charts:
    """Write the page as a PNG file.

    Parameters
    ----------
    check : ClimateCheck
    path : Path
        File to write, in an existing folder.
    language : str
        ``"en"`` or ``"zh"``; English, with a notice, where no Chinese font is installed.
    title : str
        Name of the place; by default that of the record.

    Returns
    -------
    Charts
        The file, and notices about it.
    """
    with sheet(language):
        canvas.save(plot_climate_page(check, language=language, title=title), path)
    notice = lettering(language).notice
    return Charts([path], [notice] if notice else [])
