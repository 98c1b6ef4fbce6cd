"""One entry a figure: key, definition, formula and place on pages; everything else reads it.

The unit of a figure is part of its key. Its names in words are in ``report/text``, under its key.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Generic, Literal, NamedTuple, TypeAlias, TypeVar

import numpy as np

from altay_energy.core.units import Array

_NOTHING = 1e-290
"""A whole smaller than this share of its part counts as this share: the ratio stays a number."""

Amount: TypeAlias = float | Array
"""One number of a single run, an array of the leading shape of many."""

Over = Literal["sum", "difference", "ratio", "mean", "largest", "percentile", "instant", "none"]
"""How a figure sums up the steps of the period; ``"none"`` of what is no sum, such as a name."""

Group = Literal["energy", "storage", "grid", "reliability", "cost", "emissions", "check"]
"""Groups of the figures of a whole run, in the order in which pages show them."""


class Ending(NamedTuple):
    """What the end of a key says: its unit as CF writes it, and how pages show it."""

    end: str
    unit: str
    quantity: str


ENDINGS = tuple(
    Ending(*row)
    for row in (
        ("_cny_mwh", "CNY/MWh", "price"),
        ("_t_mwh", "t/MWh", "intensity"),
        ("_cny", "CNY", "money"),
        ("_mwh", "MWh", "energy"),
        ("_mw", "MW", "power"),
        ("_m3_s", "m3 s-1", "flow"),
        ("_m3", "m3", "volume"),
        ("_m", "m", "length"),
        ("_t", "t", "mass"),
        ("_hours", "h", "hours"),
        ("_h", "h", "hours"),
        ("_days", "d", "days"),
        ("_years", "a", "years"),
        ("_rate", "1", "share"),
        ("_share", "1", "share"),
        ("_factor", "1", "share"),
        ("_efficiency", "1", "share"),
        ("irr", "1", "share"),
    )
)
COUNT = Ending("", "1", "count")


def ending_of(key: str) -> Ending:
    """Unit and quantity of a figure or an hourly series, from its key; a count without ending.

    Examples
    --------
    >>> ending_of("import_price_cny_mwh").unit, ending_of("unit_starts").unit
    ('CNY/MWh', '1')
    """
    return next((ending for ending in ENDINGS if key.endswith(ending.end)), COUNT)


S = TypeVar("S", contravariant=True)
V = TypeVar("V", covariant=True)


@dataclass(frozen=True)
class Figure(Generic[S, V]):
    """A figure of ``kpis.json``, made by `figure` from the function that computes it.

    In a class it is read like a property.

    Parameters
    ----------
    key : str
        Its key; the ending is the unit (`ENDINGS`).
    over : str
        How it sums up the steps of the period.
    definition : str
        One line, for the documentation.
    value : callable
        The figure of a subject (a dispatch, or one plant in it). A tuple has an entry for 1, 2, …
        units, which are appended to the key.
    group : str
        Where pages show it: a `Group`, or for plants ``"station"`` for the table of a station's
        units and water.
    rank : int
        Order within the group on pages; figures of the same rank keep that of ``kpis.json``.
    screen : bool
        Whether the table on the screen, which is narrower than a page, shows it.
    """

    key: str
    over: Over
    definition: str
    value: Callable[[S], V]
    group: str = ""
    rank: int = 0
    screen: bool = True

    @property
    def unit(self) -> str:
        """As CF writes it: ``"MWh"``, ``"1"``."""
        return ending_of(self.key).unit

    def __get__(self, subject: S, owner: type[S]) -> V:
        return self.value(subject)


def figure(
    over: Over, group: str = "", rank: int = 0, *, screen: bool = True
) -> Callable[[Callable[[S], V]], Figure[S, V]]:
    """Make the function below an entry: its name is the key, its summary line the definition.

    Parameters
    ----------
    over, group, rank, screen
        As for `Figure`.
    """

    def entry(function: Callable[[S], V]) -> Figure[S, V]:
        summary = (inspect.getdoc(function) or "").partition("\n\n")[0].replace("\n", " ")
        definition = re.sub(r"\.?( \[[^\]]*\])?$", "", summary)
        if definition[1:2].islower():
            definition = definition[0].lower() + definition[1:]
        return Figure(function.__name__, over, definition, function, group, rank, screen)

    return entry


def figures_in(subject: type) -> tuple[Figure[Any, Any], ...]:
    """The entries among the attributes of a class, in their order."""
    return tuple(part for part in vars(subject).values() if isinstance(part, Figure))


def by_rank(figures: Iterable[Figure[S, V]]) -> list[Figure[S, V]]:
    """Figures in the order in which pages show them."""
    return sorted(figures, key=lambda figure: figure.rank)


def evaluated(figures: Iterable[Figure[S, V]], subject: S) -> dict[str, V]:
    """Every figure of a subject, by key.

    Parameters
    ----------
    figures : iterable of Figure
    subject : S
        What the figures are of: a dispatch, or one plant in it.
    """
    found: dict[str, V] = {}
    for figure in figures:
        value = figure.value(subject)
        if isinstance(value, tuple):
            found |= {f"{figure.key}_{units}": part for units, part in enumerate(value, 1)}
        else:
            found[figure.key] = value
    return found


def plain(value: Array) -> Amount:
    """A float of a single run; the array of many."""
    return value if np.ndim(value) else float(value)


def ratio(part: Array, whole: Array | np.float64) -> Array:
    """Part / whole, at most 1e290; 0 where the whole is 0.

    Parameters
    ----------
    part, whole : ndarray, shapes that broadcast
        In the same unit, the whole at least 0.

    Returns
    -------
    ndarray
        Finite. [-]
    """
    part, whole = np.broadcast_arrays(part, whole)
    least = np.maximum(whole, _NOTHING * np.abs(part))
    return np.divide(part, least, out=np.zeros(part.shape), where=whole > 0.0)
