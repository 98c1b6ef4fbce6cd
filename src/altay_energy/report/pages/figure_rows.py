"""Rows of figures for tables and pages: grouped, named, in readable units."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, get_args

import numpy as np

from altay_energy.components.kinds import kind_of, stacked
from altay_energy.report.text import Scale, Words, number, percent
from altay_energy.run.figures.figure import Group, by_rank, ending_of
from altay_energy.run.figures.kpis import FIGURES
from altay_energy.run.figures.plants import STATION

GROUPS: Mapping[str, tuple[str, ...]] = {
    group: tuple(figure.key for figure in by_rank(FIGURES.values()) if figure.group == group)
    for group in get_args(Group)
}
"""Group → its figures of ``kpis.json``, in the order in which they are shown."""

PLANT_GROUPS: Mapping[str, tuple[str, ...]] = {
    "renewables": stacked("source"),
    "thermal": stacked("supply"),
    "storages": stacked("storage"),
}
"""Group of plants → the kinds in it."""

STATION_ROWS = tuple(figure.key for figure in by_rank(STATION))
"""Figures of a station's units and water, in a table of their own; hours by number of units."""


@dataclass(frozen=True)
class Row:
    """One figure of one or more runs, formatted.

    Parameters
    ----------
    group, key : str
        Its group, and its key in ``kpis.json``.
    label, unit : str
        Its name and unit in the language.
    values : tuple of str
        The figure of each run.
    deltas : tuple of str
        Its signed difference to the first run; empty where there is none.
    """

    group: str
    key: str
    label: str
    unit: str
    values: tuple[str, ...]
    deltas: tuple[str, ...]


@dataclass(frozen=True)
class PlantTable:
    """Figures of plants of one group: a column for each figure, a row for each plant.

    Parameters
    ----------
    title : str
        Name of the group.
    columns : tuple of str
        Headers with units; the first column holds the plants' names.
    rows : tuple of tuple of str
        Name and figures of each plant.
    """

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


def quantity_of(key: str) -> str:
    """Return the quantity of a figure by the unit in its name; ``"count"`` without unit."""
    return ending_of(_stem(key)).quantity


def figure_rows(runs: Sequence[Mapping[str, Any]], words: Words) -> list[Row]:
    """Return the figures of runs in groups; unknown figures come last.

    Parameters
    ----------
    runs : sequence of mapping
        The table ``kpis`` of each run's document.
    words : Words
        Language.

    Returns
    -------
    list of Row
        Figures that no run has are left out; all energies of a group have one unit.
    """
    known = {key for keys in GROUPS.values() for key in keys}
    there = dict.fromkeys(key for run in runs for key in run)
    groups = {**GROUPS, "other": tuple(key for key in there if key not in known)}
    rows = []
    for group, keys in groups.items():
        keys = tuple(key for key in keys if key in there)
        scales = scales_of(runs, keys, words)
        for key in keys:
            numbers = [_number(run.get(key)) for run in runs]
            label = words.get("kpi", key, key)
            rows.append(figure_row(group, key, label, numbers, scales[key], words))
    return rows


def figure_row(
    group: str, key: str, label: str, numbers: Sequence[float], scale: Scale, words: Words
) -> Row:
    """Return the row of one figure.

    Parameters
    ----------
    group, key, label : str
        As for `Row`.
    numbers : sequence of float
        The figure of each run, in its own unit; NaN where a run has none.
    scale : Scale
        From `scales_of`.
    words : Words
        Language.
    """
    return Row(
        group=group,
        key=key,
        label=label,
        unit=scale.unit,
        values=tuple(_text(key, value, scale) for value in numbers),
        deltas=tuple(_delta(key, v, numbers[0], scale, words) for v in numbers),
    )


def plant_tables(
    document: Mapping[str, Any], words: Words, leave_out: frozenset[str] = frozenset()
) -> list[PlantTable]:
    """Return the figures of the plants of a run, one table for each group.

    Parameters
    ----------
    document : mapping
        The document of ``kpis.json``.
    words : Words
        Language.
    leave_out : frozenset of str
        Figures without a column.
    """
    plants: Mapping[str, Mapping[str, Any]] = document.get("plants", {})
    known = {kind for kinds in PLANT_GROUPS.values() for kind in kinds}
    others = tuple(k for k in dict.fromkeys(map(kind_of, plants)) if k not in known)
    groups = {**PLANT_GROUPS, "other": others}
    tables = []
    for group, kinds in groups.items():
        members = {name: plants[name] for name in plants if kind_of(name) in kinds}
        every = dict.fromkeys(key for figures in members.values() for key in figures)
        apart = STATION_ROWS if group == "storages" else ()
        keys = tuple(k for k in every if k not in leave_out and _stem(k) not in apart)
        water = tuple(key for key in keys if quantity_of(key) == "volume")
        dry = tuple(key for key in keys if key not in water)
        tables += _plant_table(group, members, dry, words)
        wet = {name: figures for name, figures in members.items() if set(water) & set(figures)}
        tables += _plant_table("water", wet, water, words)
        tables += _station_tables(members, words, leave_out)
    return tables


def _plant_table(
    group: str, members: Mapping[str, Mapping[str, Any]], keys: tuple[str, ...], words: Words
) -> list[PlantTable]:
    """Return the table of these plants and figures, or None if it is empty."""
    if not keys or not members:
        return []
    scales = scales_of(list(members.values()), keys, words)
    heads = [_head(words.get("plant", key, key), scales[key].unit) for key in keys]
    rows = tuple(
        (name, *(_text(key, _number(figures.get(key)), scales[key]) for key in keys))
        for name, figures in members.items()
    )
    return [PlantTable(words("plant_group", group), (words("plant", "name"), *heads), rows)]


def _stem(key: str) -> str:
    """Return ``pump_hours`` for ``pump_hours_3`` (with three units); else the key itself."""
    stem, _, number_of_units = key.rpartition("_")
    return stem if number_of_units.isdigit() else key


def _station_tables(
    members: Mapping[str, Mapping[str, Any]], words: Words, leave_out: frozenset[str]
) -> list[PlantTable]:
    """Return the table of units and water, a row for each figure and a column for each station."""
    stations = {n: f for n, f in members.items() if "round_trip_efficiency" in f}
    there = dict.fromkeys(key for figures in stations.values() for key in figures)
    shown = (stem for stem in STATION_ROWS if stem not in leave_out)
    keys = tuple(key for stem in shown for key in there if _stem(key) == stem)
    if not keys:
        return []
    scales = scales_of(list(stations.values()), keys, words)
    rows = []
    for key in keys:
        stem, units = _stem(key), key.rpartition("_")[2]
        label = words("plant", stem, units=units) if stem != key else words("plant", key)
        values = (_text(key, _number(f.get(key)), scales[key]) for f in stations.values())
        rows.append((_head(label, scales[key].unit), *values))
    columns = (words("report", "figure"), *stations)
    return [PlantTable(words("plant_group", "stations"), columns, tuple(rows))]


def _head(label: str, unit: str) -> str:
    return f"{label} [{unit}]" if unit else label


def scales_of(
    runs: Sequence[Mapping[str, Any]], keys: Sequence[str], words: Words
) -> dict[str, Scale]:
    """Return a unit for each figure; energies, money, masses and volumes of a group share one.

    Parameters
    ----------
    runs : sequence of mapping
        Figures of each run by key.
    keys : sequence of str
        The group.
    words : Words
        Language.
    """
    largest = {key: max(abs(_number(run.get(key), 0.0)) for run in runs) for key in keys}
    kinds = {key: quantity_of(key) for key in keys}
    scales = {}
    for key, kind in kinds.items():
        if kind in ("energy", "money", "mass", "volume"):
            shared = words.scale(kind, [largest[k] for k in keys if kinds[k] == kind])
            # a figure that would round to zero in the group's unit gets its own
            small = 0.0 < largest[key] * shared.factor < 1e-3
            scales[key] = words.scale(kind, largest[key]) if small else shared
        elif kind == "power" and key != "balance_residual_mw":
            scales[key] = words.scale("power", largest[key])
        else:
            units = {
                "power": "MW",
                "share": "",
                "price": words("report", "price"),
                "hours": words("report", "hours"),
                "years": words("report", "years"),
                "length": "m",
                "flow": "m³/s",
                "intensity": "t/MWh",
                "count": "",
            }
            scales[key] = Scale(units[kind], 1.0)
    return scales


def _number(value: Any, missing: float = np.nan) -> float:
    return missing if value is None else float(value)


def _text(key: str, value: float, scale: Scale) -> str:
    return percent(value) if quantity_of(key) == "share" else number(value * scale.factor)


def _delta(key: str, value: float, first: float, scale: Scale, words: Words) -> str:
    """Return a signed difference, of shares in percentage points; empty where there is none."""
    difference = value - first
    # rounding of sums is not a difference
    if not np.isfinite(difference) or abs(difference) <= 1e-9 * max(abs(value), abs(first)):
        return ""
    sign = "+" if difference > 0 else ""
    if quantity_of(key) == "share":
        points = percent(difference).removesuffix(" %")
        return f"{sign}{points} {words('report', 'points')}"
    return f"{sign}{number(difference * scale.factor)}"
