"""Charts of a sweep: lines, heat maps, Pareto front, tornado and shares of the variance."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap

from altay_energy.core.units import Array
from altay_energy.report.chart import canvas
from altay_energy.report.chart.canvas import Charts, Plot
from altay_energy.report.chart.palette import COLOURS, WIND_SPEEDS
from altay_energy.report.chart.quantities import key_quantity, quantity
from altay_energy.report.chart.rows import BAR, drawable, write
from altay_energy.report.text import number
from altay_energy.study.sweep.front import sense

if TYPE_CHECKING:
    import xarray as xr

MOST_PANELS = 6
"""Panels of scatter charts."""

MOST_BARS = 16
"""Bars of a tornado; the narrowest are left out."""

LOWER, HIGHER = "#2c6aa0", "#d5581a"


def draw_sweep(
    dataset: xr.Dataset, document: Mapping[str, Any], folder: Path, language: str
) -> Charts:
    """Draw the charts of a sweep and write them as PNG files.

    Parameters
    ----------
    dataset : xarray.Dataset
        ``results.nc``.
    document : mapping
        ``sweep.json``.
    folder : Path
    language : str
        ``"en"`` or ``"zh"``.

    Returns
    -------
    Charts
    """
    return canvas.save_charts(_charts(dataset, document), folder, language)


def _charts(dataset: xr.Dataset, document: Mapping[str, Any]) -> Iterator[tuple[str, Plot]]:
    figures = list(document["figures"])
    numeric = [key for key in document["keys"] if dataset[key].dtype.kind == "f"]
    kind = document["design"]["kind"]
    if document.get("tornado"):
        for figure in figures:
            yield f"tornado_{_file(figure)}", partial(plot_tornado, document["tornado"], figure)
    elif kind == "grid" and len(document["keys"]) == 1 and numeric:
        yield "lines", partial(plot_lines, dataset, numeric[0], figures)
    elif kind == "grid" and len(document["keys"]) == 2 and len(numeric) == 2:
        for figure in figures:
            yield (
                f"map_{_file(figure)}",
                partial(plot_map, dataset, (numeric[0], numeric[1]), figure),
            )
    elif numeric:
        for figure in figures:
            yield (
                f"scatter_{_file(figure)}",
                partial(plot_scatter, dataset, numeric[:MOST_PANELS], figure),
            )
    if document.get("front"):
        yield "front", partial(plot_front, dataset, document["front"])
    for figure, found in (document.get("shares") or {}).items():
        if found:
            yield f"shares_{_file(figure)}", partial(plot_shares, found, figure)


def _file(figure: str) -> str:
    return figure.replace(".", "-")


def plot_lines(
    dataset: xr.Dataset,
    key: str,
    figures: Sequence[str],
    *,
    axes: Sequence[Axes] | None = None,
    language: str = "en",
) -> Sequence[Axes]:
    """Draw figures over one key, a panel each, with the best value marked.

    Parameters
    ----------
    dataset : xarray.Dataset
        Results of a sweep.
    key : str
    figures : sequence of str
    axes : sequence of Axes, optional
        Where to draw; a new figure by default.
    language : str
        ``"en"`` or ``"zh"``.

    Returns
    -------
    sequence of Axes
    """
    with canvas.sheet(language) as letters:
        words = letters.words
        if axes is None:
            page = canvas.new_figure(11.0, 1.2 + 2.6 * len(figures))
            axes = list(page.subplots(len(figures), 1, sharex=True, squeeze=False)[:, 0])
        order = np.argsort(dataset[key].values, kind="stable")
        x = dataset[key].values[order]
        for ax, figure in zip(axes, figures, strict=True):
            stored = dataset[figure].values[order]
            shown = quantity(figure, stored, words)
            y = shown.values(stored)
            ax.plot(x, y, "o-", color=COLOURS["net_load"], ms=4.0, lw=1.6)
            best = _best(figure, stored)
            note = ""
            if best is not None:
                ax.plot(x[best], y[best], "o", ms=9.0, mfc="none", mec=HIGHER, mew=2.0)
                note = words(
                    "study", "best_at", value=shown.text(stored[best]), axis=key, at=number(x[best])
                )
            _pad(ax, y)
            canvas.label_numbers(ax, "y", sign=True)
            ax.set_ylabel(shown.unit)
            canvas.set_titles(ax, shown.name, note or words("study", "no_change"))
        canvas.label_numbers(axes[-1], "x", sign=True)
        axes[-1].set_xlim(*_limits(x))
        axes[-1].set_xlabel(canvas.plain(key_quantity(key, words).label))
    return axes


def _best(figure: str, values: Array) -> int | None:
    """Return the place of the best value; None where all are the same or none is known."""
    known = np.isfinite(values)
    if not known.any() or np.ptp(values[known]) <= 1e-12 * np.abs(values[known]).max():
        return None
    return int(np.nanargmin(sense(figure) * values))


def _pad(ax: Axes, values: Array) -> None:
    """Set limits around the values, wide enough that rounding does not look like a change."""
    known = values[np.isfinite(values)]
    if not known.size:
        ax.set_ylim(0.0, 1.0)
        return
    low, high = float(known.min()), float(known.max())
    room = max(0.08 * (high - low), 1e-3 * max(abs(low), abs(high))) or 1.0
    ax.set_ylim(low - room, high + room)


def _limits(values: Array) -> tuple[float, float]:
    low, high = float(np.min(values)), float(np.max(values))
    room = 0.03 * (high - low) or max(0.1 * abs(low), 1.0)
    return low - room, high + room


def plot_map(
    dataset: xr.Dataset,
    keys: tuple[str, str],
    figure: str,
    *,
    ax: Axes | None = None,
    language: str = "en",
) -> Axes:
    """Draw a figure over two keys as shades with contour lines, and mark the best run.

    Runs that failed are crossed.

    Parameters
    ----------
    dataset : xarray.Dataset
        Results of a sweep over a grid.
    keys : tuple of str
        Along and up.
    figure : str
    ax : Axes, optional
        Where to draw; a new figure by default.
    language : str
        ``"en"`` or ``"zh"``.

    Returns
    -------
    Axes
    """
    along, up = (np.unique(dataset[key].values) for key in keys)
    place = (
        np.searchsorted(up, dataset[keys[1]].values),
        np.searchsorted(along, dataset[keys[0]].values),
    )
    stored = np.full((up.size, along.size), np.nan)
    stored[place] = dataset[figure].values
    with canvas.drawing(ax, language, 9.5, 6.2) as (ax, _, words):
        shown = quantity(figure, stored, words)
        values = shown.values(stored)
        shades = LinearSegmentedColormap.from_list("study", WIND_SPEEDS)
        rows, columns = np.arange(up.size), np.arange(along.size)
        image = ax.imshow(np.ma.masked_invalid(values), origin="lower", aspect="auto", cmap=shades)
        known = np.isfinite(values)
        if min(values.shape) > 1 and known.all() and np.ptp(values) > 1e-9 * np.abs(values).max():
            lines = ax.contour(columns, rows, values, 6, colors="#333333", linewidths=0.7)
            ax.clabel(lines, fmt=lambda value: number(float(value)), fontsize=8.5)
        failed = np.argwhere(~known)
        if failed.size:
            ax.plot(failed[:, 1], failed[:, 0], "x", color=HIGHER, ms=9.0, mew=2.0)
        best = _best(figure, stored.ravel())
        note = words("study", "no_change")
        if best is not None:
            row, column = np.unravel_index(best, stored.shape)
            ax.plot(column, row, "o", ms=13.0, mfc="none", mec=HIGHER, mew=2.4)
            note = words(
                "study",
                "best_at_two",
                value=shown.text(float(stored[row, column])),
                first=number(along[column]),
                second=number(up[row]),
            )
        if failed.size:
            note = f"{note} · {words('study', 'failed', count=len(failed))}"
        _ticks(ax, "x", along)
        _ticks(ax, "y", up)
        ax.set_xlabel(canvas.plain(key_quantity(keys[0], words).label))
        ax.set_ylabel(canvas.plain(key_quantity(keys[1], words).label))
        bar = ax.figure.colorbar(image, ax=ax, pad=0.02)
        bar.set_label(shown.unit)
        bar.outline.set_visible(False)
        canvas.set_titles(ax, shown.name, note, cells_wide=104)
    return ax


def _ticks(ax: Axes, axis: str, values: Array) -> None:
    """Name at most nine of the values of an axis of cells."""
    step = -(-values.size // 9)
    places = np.arange(0, values.size, step)
    which = ax.set_xticks if axis == "x" else ax.set_yticks
    which(places, [number(float(values[place])) for place in places])


def plot_scatter(
    dataset: xr.Dataset,
    keys: Sequence[str],
    figure: str,
    *,
    axes: Sequence[Axes] | None = None,
    language: str = "en",
) -> Sequence[Axes]:
    """Draw a figure over each of several keys, a panel each, one point a run.

    Parameters
    ----------
    dataset : xarray.Dataset
        Results of a sweep.
    keys : sequence of str
    figure : str
    axes : sequence of Axes, optional
        Where to draw; a new figure by default.
    language : str
        ``"en"`` or ``"zh"``.

    Returns
    -------
    sequence of Axes
    """
    stored = dataset[figure].values
    with canvas.sheet(language) as letters:
        words = letters.words
        shown = quantity(figure, stored, words)
        values = shown.values(stored)
        if axes is None:
            columns = min(len(keys), 3)
            rows = -(-len(keys) // columns)
            page = canvas.new_figure(max(4.4 * columns, 8.0), 0.6 + 3.4 * rows)
            cells = page.subplots(rows, columns, sharey=True, squeeze=False).ravel()
            axes = list(cells[: len(keys)])
            for empty in cells[len(keys) :]:
                empty.set_axis_off()
        for ax, key in zip(axes, keys, strict=True):
            ax.plot(dataset[key].values, values, "o", ms=4.0, alpha=0.6, color=LOWER, mew=0.0)
            ax.set_xlim(*_limits(dataset[key].values))
            canvas.label_numbers(ax, "x", sign=True)
            canvas.label_numbers(ax, "y", sign=True)
            ax.set_xlabel(canvas.plain(canvas.shorten(key_quantity(key, words).label, 44)))
        _pad(axes[0], values)
        axes[0].set_ylabel(shown.unit)
        missing = int(np.sum(~np.isfinite(stored)))
        note = words("study", "runs", count=stored.size)
        note += f" · {words('study', 'failed', count=missing)}" if missing else ""
        canvas.set_titles(axes[0], shown.name, note)
    return axes


def plot_front(
    dataset: xr.Dataset,
    front: Mapping[str, Any],
    *,
    ax: Axes | None = None,
    language: str = "en",
) -> Axes:
    """Draw two figures of every run, the Pareto front, and the run at its knee.

    Parameters
    ----------
    dataset : xarray.Dataset
        Results of a sweep.
    front : mapping
        Section ``front`` of ``sweep.json``.
    ax : Axes, optional
        Where to draw; a new figure by default.
    language : str
        ``"en"`` or ``"zh"``.

    Returns
    -------
    Axes
    """
    first, second = front["figures"]
    with canvas.drawing(ax, language, 9.5, 5.6) as (ax, letters, words):
        along = quantity(first, dataset[first].values, words)
        up = quantity(second, dataset[second].values, words)
        x, y = along.values(dataset[first].values), up.values(dataset[second].values)
        ax.plot(x, y, "o", ms=4.5, color="#bdbdbd", mew=0.0)
        runs = list(front["runs"])
        ax.plot(x[runs], y[runs], "o-", ms=5.0, lw=1.6, color=LOWER)
        note = words("study", "front_note", count=len(runs), all=x.size)
        knee = front["knee"]
        if knee is not None:
            ax.plot(x[knee], y[knee], "o", ms=12.0, mfc="none", mec=HIGHER, mew=2.2)
            name = drawable(str(dataset["run_name"].values[knee]), letters)
            texts = (
                one.text(float(dataset[figure].values[knee]))
                for one, figure in ((along, first), (up, second))
            )
            note = words("study", "knee", name=name, values=", ".join(texts))
        _pad(ax, y)
        ax.set_xlim(*_limits(x[np.isfinite(x)] if np.isfinite(x).any() else np.zeros(1)))
        canvas.label_numbers(ax, "x", sign=True)
        canvas.label_numbers(ax, "y", sign=True)
        ax.set_xlabel(along.label)
        ax.set_ylabel(up.label)
        canvas.set_titles(ax, words("study", "front"), note, cells_wide=112)
    return ax


def plot_tornado(
    tornado: Mapping[str, Any],
    figure: str,
    *,
    ax: Axes | None = None,
    language: str = "en",
) -> Axes:
    """Draw by how much a figure changes with each key lower and higher, the widest on top.

    Parameters
    ----------
    tornado : mapping
        Section ``tornado`` of ``sweep.json``.
    figure : str
    ax : Axes, optional
        Where to draw; a new figure by default.
    language : str
        ``"en"`` or ``"zh"``.

    Returns
    -------
    Axes
    """
    found = tornado["figures"][figure]
    bars, base = found["bars"][:MOST_BARS], found["today"]
    ends = np.array([[bar["low"], bar["high"]] for bar in bars], dtype=np.float64).reshape(-1, 2)
    with canvas.drawing(ax, language, 11.0, 1.9 + 0.42 * max(len(bars), 2)) as (ax, letters, words):
        shown = quantity(figure, np.append(ends.ravel(), base), words)
        middle, values = float(shown.values(base)), shown.values(ends)
        rows = np.arange(len(bars))
        for column, (colour, label) in enumerate(((LOWER, "lower"), (HIGHER, "higher"))):
            change = values[:, column] - middle
            ax.barh(
                rows,
                np.nan_to_num(change),
                BAR,
                middle,
                color=colour,
                label=words("study", label, share=number(100.0 * tornado["share"])),
            )
        ax.axvline(middle, color="#111111", lw=1.2)
        known = values[np.isfinite(values)]
        low, high = min(known, default=middle), max(known, default=middle)
        room = 0.14 * (max(high, middle) - min(low, middle)) or max(abs(middle), 1.0)
        ax.set_xlim(min(low, middle) - room, max(high, middle) + room)
        for row, pair in enumerate(values):
            _write_ends(ax, row, pair, middle)
        names = [drawable(bar["name"], letters) for bar in bars]
        ax.set_yticks(rows, [canvas.plain(canvas.shorten(name, 40)) for name in names])
        ax.set_ylim(len(bars) - 0.4, -0.6)
        canvas.label_numbers(ax, "x", sign=True)
        ax.set_xlabel(shown.label)
        handles, labels = ax.get_legend_handles_labels()
        canvas.legend(ax, handles, labels)
        note = words("study", "tornado_note", value=shown.text(base))
        if not np.any(np.abs(values - middle) > 1e-12 * abs(middle)):
            note += f" · {words('study', 'no_change')}"
        left_out = len(found["bars"]) - len(bars)
        note += f" · {words('study', 'left_out', count=left_out)}" if left_out else ""
        title = words("study", "tornado", figure=shown.name)
        canvas.set_titles(ax, title, note)
    return ax


def _write_ends(ax: Axes, row: int, pair: Array, middle: float) -> None:
    """Write both values outside of a bar; where they lie on one side only the outer one."""
    low, high = np.nanmin([*pair, middle]), np.nanmax([*pair, middle])
    if low < middle:
        write(ax, float(low), row, number(float(low)), side=-1)
    if high > middle:
        write(ax, float(high), row, number(float(high)), side=+1)


def plot_shares(
    shares: Mapping[str, Mapping[str, float]],
    figure: str,
    *,
    ax: Axes | None = None,
    language: str = "en",
) -> Axes:
    """Draw the share of the variance of a figure that each key causes, with its interval.

    Parameters
    ----------
    shares : mapping
        Key → share, from section ``shares`` of ``sweep.json``.
    figure : str
    ax : Axes, optional
        Where to draw; a new figure by default.
    language : str
        ``"en"`` or ``"zh"``.

    Returns
    -------
    Axes
    """
    ranked = sorted(shares, key=lambda key: -shares[key]["total"])
    rows = np.arange(len(ranked))
    with canvas.drawing(ax, language, 11.0, 1.9 + 0.6 * max(len(ranked), 2)) as (ax, _, words):
        for shift, kind, colour in ((-0.18, "first", LOWER), (0.18, "total", "#a9bccb")):
            values = np.array([100.0 * shares[key][kind] for key in ranked])
            low = values - [100.0 * shares[key][f"{kind}_low"] for key in ranked]
            high = np.array([100.0 * shares[key][f"{kind}_high"] for key in ranked]) - values
            ax.barh(rows + shift, values, 0.34, color=colour, label=words("study", f"share_{kind}"))
            ax.errorbar(
                values,
                rows + shift,
                xerr=np.clip([low, high], 0.0, None),
                fmt="none",
                ecolor="#333333",
                elinewidth=1.1,
                capsize=3.0,
            )
        ax.set_yticks(rows, [canvas.plain(canvas.shorten(key, 40)) for key in ranked])
        ax.set_ylim(len(ranked) - 0.4, -0.6)
        ax.set_xlim(left=min(0.0, ax.get_xlim()[0]))
        canvas.label_numbers(ax, "x", sign=True)
        ax.set_xlabel("%")
        handles, labels = ax.get_legend_handles_labels()
        canvas.legend(ax, [h for h in handles if hasattr(h, "patches")], labels)
        name = quantity(figure, np.zeros(1), words).name
        top = ranked[0]
        note = words("study", "shares_note", axis=top, share=number(100.0 * shares[top]["first"]))
        canvas.set_titles(ax, words("study", "shares", figure=name), canvas.shorten(note, 120))
    return ax
