"""Figure style, titles, axis units, date axes on the local clock, and legends of all charts."""

from __future__ import annotations

import textwrap
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MaxNLocator
from numpy.typing import ArrayLike, NDArray

from altay_energy.report.chart.dates import date_ticks
from altay_energy.report.chart.flows import Times, title_wanted
from altay_energy.report.chart.fonts import Lettering, lettering
from altay_energy.report.text import Words, words

if TYPE_CHECKING:
    import xarray as xr

Plot: TypeAlias = Callable[..., Axes | Sequence[Axes]]

DPI = 150
GREY = "#555555"
TITLE_CELLS = 128
"""Characters of the subtitle on a figure 11 inches wide; the title holds fewer."""


STYLE: dict[str, Any] = {
    "font.size": 10.0,
    "axes.titlesize": 12.5,
    "axes.titleweight": "bold",
    "axes.titlelocation": "left",
    "axes.labelsize": 10.0,
    "axes.labelcolor": "#222222",
    "axes.edgecolor": "#888888",
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.axisbelow": True,
    "axes.formatter.use_locale": False,
    "axes.unicode_minus": True,
    "axes.xmargin": 0.0,
    "xtick.labelsize": 9.5,
    "ytick.labelsize": 9.5,
    "xtick.color": "#444444",
    "ytick.color": "#444444",
    "legend.fontsize": 9.5,
    "legend.frameon": False,
    "legend.handlelength": 1.4,
    "legend.labelspacing": 0.55,
    "figure.facecolor": "white",
    "figure.dpi": DPI,
    "savefig.dpi": DPI,
    "hatch.linewidth": 0.6,
    "text.usetex": False,
    "text.parse_math": True,
    "path.simplify": True,
}


@contextmanager
def sheet(language: str) -> Iterator[Lettering]:
    """Context in which charts get the package's style and fonts for the language."""
    letters = lettering(language)
    style: Any = {**STYLE, "font.family": list(letters.families)}  # the stubs list every key
    with matplotlib.rc_context(style):
        yield letters


@contextmanager
def drawing(
    ax: Axes | None, language: str, width: float = 11.0, height: float = 5.0
) -> Iterator[tuple[Axes, Lettering, Words]]:
    """Context in which a chart is drawn: its axes, fonts and words.

    Parameters
    ----------
    ax : Axes, optional
        Where to draw; axes on a new figure by default.
    language : str
        ``"en"`` or ``"zh"``.
    width, height : float
        Of the new figure. [inch]

    Yields
    ------
    ax : Axes
    letters : Lettering
    words : Words
        Those of ``letters``.
    """
    with sheet(language) as letters:
        ax = new_figure(width, height).add_subplot() if ax is None else ax
        yield ax, letters, letters.words


def new_figure(width: float, height: float) -> Figure:
    """Return an empty figure that pyplot does not know, sizes in inches."""
    return Figure(figsize=(width, height), layout="constrained", dpi=DPI)


@dataclass(frozen=True)
class Charts:
    """Chart files that were written.

    Parameters
    ----------
    paths : list of Path
        The PNG files, in the order in which a report shows them.
    notices : list of str
        Notices about text that could not be drawn; at most one.
    """

    paths: list[Path]
    notices: list[str]


def save(figure: Figure, path: Path) -> Path:
    """Write a figure as PNG; the same figure gives the same bytes."""
    figure.savefig(path, format="png", dpi=DPI, metadata={"Software": None})
    return path


def save_charts(
    charts: Iterable[tuple[str, Plot]],
    folder: Path,
    language: str,
    hourlies: Sequence[xr.Dataset] = (),
) -> Charts:
    """Draw charts and write them as PNG files.

    Parameters
    ----------
    charts : iterable of (str, callable)
        Name of each file, and its function; called with ``language``.
    folder : Path
        Existing or new folder.
    language : str
        ``"en"`` or ``"zh"``.
    hourlies : sequence of xarray.Dataset
        The runs that are drawn, for notices about their titles.

    Returns
    -------
    Charts
        The files, and notices about them.
    """
    folder.mkdir(parents=True, exist_ok=True)
    paths = []
    with sheet(language):  # Matplotlib creates some ticks only when it saves the figure
        for name, plot in charts:
            drawn = plot(language=language)
            figure = figure_of(drawn if isinstance(drawn, Axes) else drawn[0])
            paths.append(save(figure, folder / f"{name}.png"))
    return Charts(paths, chart_notices(hourlies, language))


def plain(text: str) -> str:
    """Escape user text for Matplotlib: no dollar formulas, no line breaks."""
    return " ".join(text.split()).replace("$", r"\$")


def plain_lines(text: str) -> str:
    """Escape text like ``plain``, but keep its line breaks."""
    return "\n".join(plain(line) for line in text.split("\n"))


def cells(text: str) -> int:
    """Return the width of a text in cells; a Chinese character takes two."""
    return sum(2 if unicodedata.east_asian_width(char) in "WF" else 1 for char in text)


def shorten(text: str, width: int) -> str:
    """Cut a text to a width in cells and end it with … where it was cut."""
    if cells(text) <= width:
        return text
    kept = ""
    for char in text:
        if cells(kept + char) > width - 1:
            break
        kept += char
    return kept.rstrip() + "…"


def wrap(text: str, width: int, lines: int = 3) -> str:
    """Break a label into at most ``lines`` lines of ``width`` cells."""
    if cells(text) == len(text):
        parts = textwrap.wrap(text, width) or [""]
    else:
        parts, rest = [], text
        # balance the lines, so that the last one does not hold a single character
        even = -(-cells(text) // -(-cells(text) // width)) + 1
        while rest:
            line = ""
            while rest and cells(line + rest[0]) <= min(width, even):
                line, rest = line + rest[0], rest[1:]
            parts.append(line)
    if len(parts) > lines:
        parts = [*parts[: lines - 1], shorten(" ".join(parts[lines - 1 :]), width)]
    return "\n".join(parts)


def title_of(hourly: xr.Dataset, letters: Lettering) -> str:
    """Return the title of a run in the drawn language, else the scenario's name."""
    wanted = title_wanted(hourly, letters.language)
    name = str(hourly.attrs.get("scenario", ""))
    for text in (wanted, str(hourly.attrs.get("title", "")), name):
        if text.strip() and letters.can_draw(" ".join(text.split())):
            return " ".join(text.split())
    return "".join(char if letters.can_draw(char) else "?" for char in " ".join(name.split()))


def set_titles(
    ax: Axes, title: str, below: str = "", cells_wide: int = TITLE_CELLS, lift: float = 0.0
) -> None:
    """Set a bold title and a grey subtitle; ``lift`` leaves room for labels above the axes [pt]."""
    title = plain(shorten(title, round(cells_wide * 0.7)))
    ax.set_title(title, pad=lift + (24 if below else 8))
    if below:
        line = ax.annotate(
            plain(shorten(below, cells_wide)),
            xy=(0, 1),
            xytext=(0, lift + 8),
            xycoords="axes fraction",
            textcoords="offset points",
            color=GREY,
            fontsize=9.5,
        )
        line.set_in_layout(False)  # it may overlap the legend; the title's pad leaves room


def label_numbers(ax: Axes, axis: str, *, sign: bool = False) -> None:
    """Format ticks with thousands separators; without ``sign`` negative values lose their sign."""

    def text(value: float, _position: int | None = None) -> str:
        shown = f"{abs(value):,.6g}" if abs(value) < 1e5 else f"{abs(value):,.0f}"
        return f"−{shown}" if sign and value < 0 else shown

    which = ax.yaxis if axis == "y" else ax.xaxis
    which.set_major_locator(MaxNLocator(nbins=9 if axis == "y" else 7, steps=[1, 2, 2.5, 5, 10]))
    which.set_major_formatter(FuncFormatter(text))
    ax.grid(axis="y" if axis == "y" else "x", color="#dddddd", linewidth=0.7)


def headroom(ax: Axes, axis: str, low: float, high: float, share: float = 0.05) -> None:
    """Set limits that include zero and the drawn range; 0 to 1 where nothing is drawn."""
    low, high = min(low, 0.0), max(high, 0.0)
    if low == high:
        low, high = 0.0, 1.0
    room = share * (high - low)
    limits = (low - room if low < 0 else 0.0, high + room if high > 0 else 0.0)
    if axis == "y":
        ax.set_ylim(*limits)
    else:
        ax.set_xlim(*limits)


def legend(ax: Axes, handles: Sequence[Any], labels: Sequence[str], **options: Any) -> None:
    """Add a legend to the right of the axes, in the given order."""
    if handles:
        place = {"loc": "upper left", "bbox_to_anchor": (1.005, 1.0), "borderaxespad": 0.0}
        ax.legend(handles, labels, **{**place, **options})


def date_axis(ax: Axes, edges: Times, words: Words, zone: str, *, days_only: bool = False) -> None:
    """Set date ticks along x for a period, and name its time zone."""
    # a tick at the end belongs to the next period
    ticks, labels = date_ticks(
        edges[0], edges[-1] - np.timedelta64(1, "m"), words, days_only=days_only
    )
    ax.set_xlim(*day_numbers(edges[[0, -1]]))
    ax.set_xticks(day_numbers(ticks), aligned(labels), ha="left")
    for label in ax.get_xticklabels():
        label.set_multialignment("left")
    ax.tick_params(axis="x", length=5)
    ax.set_xlabel(words("chart", "local_time", zone=zone))


def aligned(labels: list[str]) -> list[str]:
    """Return labels with two lines each if any has two, so that they align."""
    if not any("\n" in label for label in labels):
        return labels
    return [label if "\n" in label else f"{label}\n " for label in labels]


def day_numbers(instants: Times) -> NDArray[np.float64]:
    """Return instants as Matplotlib dates, shape of ``instants``. [days since 1970]"""
    return instants.astype("datetime64[m]").astype(np.float64) / 1440.0


def steps_out(values: ArrayLike) -> NDArray[np.float64]:
    """Repeat the last value for a step plot to the end of the last step, shape (T + 1,)."""
    array = np.asarray(values, dtype=np.float64)
    return np.append(array, array[-1:])


def chart_notices(hourlies: Sequence[xr.Dataset], language: str = "en") -> list[str]:
    """Return notices about chart text that cannot be drawn; at most one.

    Parameters
    ----------
    hourlies : sequence of xarray.Dataset
        The runs that are drawn.
    language : str
        The language that was asked for.

    Returns
    -------
    list of str
        Empty if all text can be drawn.
    """
    letters = lettering(language)
    if letters.notice is not None:
        return [letters.notice]
    for hourly in hourlies:
        wanted = " ".join(title_wanted(hourly, language).split())
        if not letters.can_draw(wanted):
            shown = title_of(hourly, letters)
            return [words(language)("font", "title_replaced", shown=shown)]
    return []


def figure_of(ax: Axes) -> Figure:
    """Return the top-level figure of axes."""
    figure = ax.get_figure(root=True)
    if figure is None:
        raise ValueError("these axes have no figure")
    return figure
