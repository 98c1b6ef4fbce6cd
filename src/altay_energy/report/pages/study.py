"""Tables of studies for the screen: runs, fronts, shares, tornados."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from altay_energy.report.chart.quantities import Quantity, key_quantity, quantity
from altay_energy.report.pages.fitted import Column, Fitted, Line, on_screen
from altay_energy.report.text import Words, number, percent, words

if TYPE_CHECKING:
    import xarray as xr

MOST_RUNS = 24
"""Runs in a table; the others are in ``results.csv``."""


def sweep_tables(
    document: Mapping[str, Any], dataset: xr.Dataset, language: str = "en"
) -> list[Fitted]:
    """Return the tables of a sweep.

    Parameters
    ----------
    document : mapping
        ``sweep.json``.
    dataset : xarray.Dataset
        ``results.nc``.
    language : str
        ``"en"`` or ``"zh"``.

    Returns
    -------
    list of Fitted
    """
    text = words(language)
    if document.get("tornado"):
        return [_tornado(document["tornado"], figure, text) for figure in document["figures"]]
    found = [_runs(document, dataset, text)]
    shares: Mapping[str, Any] = document.get("shares") or {}
    found += [_shares(figure, part, text) for figure, part in shares.items() if part]
    return found


def _runs(document: Mapping[str, Any], dataset: xr.Dataset, text: Words) -> Fitted:
    """The first runs: what is special about each, and its figures."""
    keys, figures = list(document["keys"]), list(document["figures"])
    shown = [quantity(figure, dataset[figure].values, text) for figure in figures]
    columns = [Column(text("study", "run"), "text")]
    columns += [Column(key_quantity(key, text).label) for key in keys]
    columns += [Column(one.label) for one in shown]
    lines = []
    for number_ in range(min(dataset.sizes["run"], MOST_RUNS)):
        cells = [_cell(dataset[key].values[number_]) for key in keys]
        cells += [
            _value(one, float(dataset[figure].values[number_]))
            for figure, one in zip(figures, shown, strict=True)
        ]
        name = str(dataset["run_name"].values[number_]) if document["named"] else str(number_)
        lines.append(Line((name, *map(on_screen, cells))))
    more = dataset.sizes["run"] - len(lines)
    title = text("study", "results")
    if more > 0:
        title = f"{title} · {text('study', 'more_runs', count=more)}"
    return Fitted(title, columns, lines)


def _cell(value: object) -> str:
    return number(float(value)) if isinstance(value, float) else str(value)


def _value(one: Quantity, stored: float) -> str:
    return number(float(one.values(stored))) if np.isfinite(stored) else "–"


def _shares(figure: str, shares: Mapping[str, Mapping[str, float]], text: Words) -> Fitted:
    columns = [Column(text("study", "key"), "text")]
    for kind in ("share_first", "share_total"):
        columns += [Column(text("study", kind)), Column(text("study", "interval"))]
    lines = []
    for key, share in sorted(shares.items(), key=lambda pair: -pair[1]["total"]):
        cells = [key]
        for kind in ("first", "total"):
            low, high = percent(share[f"{kind}_low"]), percent(share[f"{kind}_high"])
            cells += [percent(share[kind]), f"{low} … {high}"]
        lines.append(Line((cells[0], *map(on_screen, cells[1:]))))
    name = quantity(figure, np.zeros(1), text).name
    return Fitted(text("study", "shares", figure=name), columns, lines)


def _tornado(tornado: Mapping[str, Any], figure: str, text: Words) -> Fitted:
    found = tornado["figures"][figure]
    ends = [bar[end] for bar in found["bars"] for end in ("low", "high")]
    shown = quantity(figure, np.array([*ends, found["today"]], dtype=np.float64), text)
    share = number(100.0 * tornado["share"])
    columns = [
        Column(text("study", "bar"), "text"),
        Column(text("study", "lower", share=share)),
        Column(text("study", "higher", share=share)),
    ]
    lines = [
        Line(
            (
                str(bar["name"]),
                *(on_screen(_value(shown, float(bar[end]))) for end in ("low", "high")),
            )
        )
        for bar in found["bars"]
    ]
    title = text("study", "tornado", figure=shown.label)
    today = text("study", "tornado_note", value=shown.text(found["today"]))
    return Fitted(f"{title} · {today}", columns, lines)
