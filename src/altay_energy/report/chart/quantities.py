"""A figure of a study on an axis or in a table: its name and unit, and its values in that unit."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from altay_energy.core.units import Array
from altay_energy.report.text import Scale, Words, number
from altay_energy.run.figures.figure import ending_of
from altay_energy.study.runner.rows import named


@dataclass(frozen=True)
class Quantity:
    """A figure as it is shown.

    Parameters
    ----------
    name : str
        In the language.
    unit : str
        Empty where it has none.
    factor : float
        From the stored to the shown value.
    """

    name: str
    unit: str
    factor: float

    @property
    def label(self) -> str:
        """Name with its unit in brackets."""
        return f"{self.name} [{self.unit}]" if self.unit else self.name

    def values(self, stored: ArrayLike) -> Array:
        """Return values in the unit that is shown, shape of ``stored``.

        Parameters
        ----------
        stored : array_like
        """
        return np.asarray(stored, dtype=np.float64) * self.factor

    def text(self, stored: float) -> str:
        """Return one value with its unit.

        Parameters
        ----------
        stored : float
        """
        shown = number(round(float(stored) * self.factor, 12))
        space = "" if self.unit == "%" else " "
        return f"{shown}{space}{self.unit}" if self.unit else shown


def quantity(column: str, values: ArrayLike, words: Words) -> Quantity:
    """Return how a figure of a study is shown.

    Parameters
    ----------
    column : str
        Flat name, as in ``results.nc``.
    values : array_like
        All values that are shown together; NaN is left out.
    words : Words
    """
    in_words = named(column)
    name = in_words.long_name_zh if words.language == "zh" else in_words.long_name
    scale = _scale(column, values, words)
    return Quantity(name, scale.unit, scale.factor)


def key_quantity(key: str, words: Words) -> Quantity:
    """Return how a key of a scenario is shown: by its name, in the unit of its ending.

    Parameters
    ----------
    key : str
    words : Words
    """
    unit = ending_of(key).unit
    return Quantity(key, "" if unit == "1" else unit, 1.0)


def _scale(column: str, values: ArrayLike, words: Words) -> Scale:
    ending = ending_of(column)
    if ending.quantity == "share":
        return Scale("%", 100.0)
    if ending.quantity in words.tables["scale"]:
        known = np.asarray(values, dtype=np.float64)
        return words.scale(ending.quantity, known[np.isfinite(known)])
    if ending.quantity == "price":
        return Scale(words("study", "price_unit"), 1.0)
    return Scale("" if ending.unit == "1" else ending.unit, 1.0)
