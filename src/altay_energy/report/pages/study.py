"""Tables of studies for the screen: runs, fronts, shares, tornados, quantiles."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from altay_energy.report.chart.quantities import Quantity, key_quantity, quantity
from altay_energy.report.pages.fitted import Column, Fitted, Line, on_screen
from altay_energy.report.text import Words, number, percent, words
from altay_energy.run.figures.document import MONEY_SECTIONS

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


def ensemble_tables(
    document: Mapping[str, Any], dataset: xr.Dataset, language: str = "en"
) -> list[Fitted]:
    """Return the table of an ensemble: quantiles of the figures of the whole run and of money.

    Parameters
    ----------
    document : mapping
        ``ensemble.json``.
    dataset : xarray.Dataset
        ``results.nc``.
    language : str
        ``"en"`` or ``"zh"``.

    Returns
    -------
    list of Fitted
        Figures that are 0 in all runs are left out.
    """
    text, parts = words(language), ("p10", "p50", "p90", "mean", "std")
    columns = [Column(text("study", "figure"), "text")]
    columns += [Column(text("study", part)) for part in parts]
    lines = []
    for figure, found in document["quantiles"].items():
        section = figure.rpartition(".")[0]
        values = dataset[figure].values
        if (section and section not in MONEY_SECTIONS) or not np.nan_to_num(values).any():
            continue
        shown = quantity(figure, values, text)
        cells = [_with_interval(shown, found[part]) for part in parts]
        lines.append(Line((shown.label, *map(on_screen, cells))))
    plan = document["plan"]
    title = text("study", "quantiles", years=plan["years"], runs=plan["runs"])
    return [Fitted(title, columns, lines)]


def adequacy_tables(
    document: Mapping[str, Any], dataset: xr.Dataset, language: str = "en"
) -> list[Fitted]:
    """Return the tables of an adequacy study: shortfalls, and what plants carry.

    Parameters
    ----------
    document : mapping
        ``adequacy.json``.
    dataset : xarray.Dataset
        ``results.nc``.
    language : str
        ``"en"`` or ``"zh"``.

    Returns
    -------
    list of Fitted
    """
    text = words(language)
    plan = document["plan"]
    lines = []
    for name, part in document["figures"].items():
        numbers = [part[key] for key in ("value", "low", "high") if part[key] is not None]
        shown = quantity(name, numbers, text)
        cells = [shown.label, _with_interval(shown, part)]
        if "largest" in part:
            cells.append(_value(shown, float(part["largest"])))
        lines.append(Line((cells[0], *map(on_screen, cells[1:]))))
    columns = [Column(text("report", "figure"), "text")]
    columns += [Column(text("study", "mean_interval")), Column(text("study", "largest"))]
    title = text("study", "adequacy", years=plan["years"], draws=plan["draws"])
    found = [Fitted(f"{document['scenario']} · {title}", columns, lines)]
    if plan.get("maintenance_placed"):
        found.append(maintenance_table(plan["maintenance_placed"], language))
    if document.get("elcc"):
        found.append(_elcc(document["elcc"], text))
    return found


def maintenance_table(
    placed: Mapping[str, Sequence[Sequence[str]]], language: str = "en"
) -> Fitted:
    """Return the table of the maintenance that was placed.

    Parameters
    ----------
    placed : mapping of str to sequence of (str, str)
        First and last day of the maintenance of each unit, by plant.
    language : str
        ``"en"`` or ``"zh"``.
    """
    text = words(language)
    heads = ("plant", "first_day", "last_day")
    lines = [Line((plant, first, last)) for plant, days in placed.items() for first, last in days]
    columns = [Column(text("study", head), "text") for head in heads]
    return Fitted(text("study", "maintenance"), columns, lines)


def _elcc(elcc: Mapping[str, Any], text: Words) -> Fitted:
    columns = [Column(text("study", "plant"), "text")]
    heads = ("size", "elcc", "interval", "elcc_share")
    columns += [Column(text("study", head)) for head in heads]
    lines = []
    for plant, curve in elcc["plants"].items():
        for size, value, low, high in zip(
            *(curve[key] for key in ("size_mw", "elcc_mw", "low_mw", "high_mw")), strict=True
        ):
            span = "–" if low is None or high is None else f"{number(low)} … {number(high)}"
            cells = [number(size), number(value), span, percent(value / size)]
            lines.append(Line((plant, *map(on_screen, cells))))
    return Fitted(text("study", "elcc_title"), columns, lines)


def _with_interval(shown: Quantity, part: Mapping[str, float | None]) -> str:
    """A value, and its interval where it has one."""
    value, low, high = (part[key] for key in ("value", "low", "high"))
    if value is None:
        return "–"
    if low is None or high is None or low == high:
        return _value(shown, value)
    return f"{_value(shown, value)} ({_value(shown, low)} … {_value(shown, high)})"


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
