"""Figures of runs as flat rows: one number per name, one row per run."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np

from altay_energy.core.catalogue import package_toml
from altay_energy.core.units import Array
from altay_energy.run.figures.document import MONEY_SECTIONS, SECTIONS
from altay_energy.run.figures.figure import Figure, ending_of
from altay_energy.run.portfolio import Run
from altay_energy.study.runner.jobs import Row

_NO_NUMBER = re.compile(r"\b(str|dict|list|Mapping)\b")
_UNITS_RUNNING = re.compile(r"_hours_(\d+)$")


class Named(NamedTuple):
    """A figure of a row in words.

    Parameters
    ----------
    units : str
        Units in CF notation: ``"MWh"``, ``"1"``.
    long_name, long_name_zh : str
        Name in English and Chinese; with the plant for a plant's figure.
    """

    units: str
    long_name: str
    long_name_zh: str


def columns_of(run: Run) -> dict[str, Array]:
    """Return every numeric figure of a run: of the whole, of plants and of money.

    Parameters
    ----------
    run : Run
        Series of shape (..., T).

    Returns
    -------
    dict of str to ndarray, shape (...)
        Values by name. Figures of the whole run have their key as name, those of a plant begin with
        its table, those of money with the section. NaN if a figure has no value, such as a rate of
        return that does not exist. Texts, tables and sums by month are left out.
    """
    document, shape = run.kpis, run.problem.shape[:-1]
    found = {key: _number(value, shape) for key, value in document["kpis"].items()}
    for plant, figures in document["plants"].items():
        found |= {f"{plant}.{key}": _number(value, shape) for key, value in figures.items()}
    for section in MONEY_SECTIONS:
        part: Mapping[str, Any] = document.get(section, {})
        numbers = [figure.key for figure in SECTIONS[section][1] if _is_number(figure)]
        found |= {f"{section}.{key}": _number(part[key], shape) for key in numbers if key in part}
    return found


def rows_of(run: Run) -> list[Row]:
    """Return one row for each run: the figures of `columns_of`.

    Parameters
    ----------
    run : Run
        One run, or many along leading axes.

    Returns
    -------
    list of dict of str to float
        In the order of the leading axes; one row without any.
    """
    columns = {key: values.ravel() for key, values in columns_of(run).items()}
    count = int(np.prod(run.problem.shape[:-1], dtype=np.int64))
    return [{key: float(values[k]) for key, values in columns.items()} for k in range(count)]


def named(column: str) -> Named:
    """Return the unit and names of a column.

    Parameters
    ----------
    column : str
        As in `columns_of`.

    Examples
    --------
    >>> named("wind.jeminay.generation_mwh")[:2]
    ('MWh', 'wind.jeminay: Generation')
    """
    owner, _, key = column.rpartition(".")
    section = owner if owner in MONEY_SECTIONS else "plant" if owner else "kpi"
    stem, units = key, _UNITS_RUNNING.search(key)
    if section == "plant" and units:
        stem = key.removesuffix(f"_{units[1]}")
    in_words = [
        str(_word(language, section, stem)).replace("{units}", units[1] if units else "")
        for language in ("en", "zh")
    ]
    if section == "plant":
        in_words = [f"{owner}: {in_words[0]}", f"{owner}: {in_words[1]}"]
    return Named(ending_of(stem).unit, *in_words)


def _word(language: str, section: str, stem: str) -> str:
    """Return the name of a figure; for shortfalls that of an adequacy study."""
    tables = _words(language)
    more = tables["shortfall"] if section == "kpi" else {}
    return str(tables[section].get(stem, more.get(stem, stem)))


def _words(language: str) -> Mapping[str, Any]:
    return package_toml(f"report/text/{language}.toml")


@lru_cache(maxsize=512)
def _is_number(figure: Figure[Any, Any]) -> bool:
    """Return whether a figure is a number or None, by the return type of its function."""
    returned = getattr(figure.value, "__annotations__", {}).get("return", "")
    return not _NO_NUMBER.search(str(returned))


def _number(value: Any, shape: tuple[int, ...]) -> Array:
    found = np.asarray(np.nan if value is None else value, dtype=np.float64)
    return np.broadcast_to(found, shape)
