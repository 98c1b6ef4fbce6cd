"""Parts of messages: instants, lists, plurals, similar names."""

from __future__ import annotations

import difflib
import re
import unicodedata
from collections.abc import Iterable, Sequence

import numpy as np

from altay_energy.core.files.quantities import PER_UNIT

SHOWN = 3
"""Number of items that a message lists before it only counts."""

_QUANTITY = re.compile(r"\s*([-+]?\d[\d.,]*(?:[eE][-+]?\d+)?)\s*(\D.*?)?\s*")
_THOUSANDS = re.compile(r"[-+]?\d{1,3}(,\d{3})+(\.\d+)?")
_DECIMAL_COMMA = re.compile(r"[-+]?\d+,\d+")


def stamp(time: np.datetime64) -> str:
    """An instant as text: ``2030-01-01 00:00``, with seconds where there are any.

    Parameters
    ----------
    time : datetime64

    Returns
    -------
    str
    """
    minutes = time.astype("datetime64[m]")
    exact = minutes if minutes == time else time.astype("datetime64[s]")
    return str(exact).replace("T", " ")


def cells(text: str) -> int:
    """Width of a text on a terminal: two cells for each Chinese character.

    Parameters
    ----------
    text : str

    Returns
    -------
    int
    """
    return sum(2 if unicodedata.east_asian_width(letter) in "WF" else 1 for letter in text)


def listing(items: Sequence[object]) -> str:
    """The first items and how many more there are.

    Parameters
    ----------
    items : sequence

    Returns
    -------
    str
    """
    shown = ", ".join(map(str, items[:SHOWN]))
    more = len(items) - SHOWN
    return f"{shown} and {more} more" if more > 0 else shown


def plural(count: int, one: str) -> str:
    """``1 row``, ``3 rows``.

    Parameters
    ----------
    count : int
    one : str
        Word for one.

    Returns
    -------
    str
    """
    return f"{count} {one}" if count == 1 else f"{count} {one}s"


def near(word: object, candidates: Iterable[str]) -> str | None:
    """The candidate most similar to a word.

    Parameters
    ----------
    word : object
        What was written.
    candidates : iterable of str
        The names that exist.

    Returns
    -------
    str or None
        None if no name is similar, or the word is no text.
    """
    if not isinstance(word, str):
        return None
    return next(iter(difflib.get_close_matches(word, list(candidates), n=1)), None)


def closest(word: object, candidates: Iterable[str]) -> str:
    """``; did you mean x?`` or nothing.

    Parameters
    ----------
    word : object
        What was written.
    candidates : iterable of str
        The names that exist.

    Returns
    -------
    str
    """
    found = near(word, candidates)
    return "" if found is None else f"; did you mean {found}?"


def plain_number(text: str, unit: str) -> str:
    """How to write a quantity given as text: `` without quotes or unit, as in 100``.

    Parameters
    ----------
    text : str
        ``"100 MW"``.
    unit : str
        Unit of the key, empty if it has none.

    Returns
    -------
    str
        Empty if the text is no quantity, or its unit is another one than those that are known.
    """
    found = _QUANTITY.fullmatch(text)
    number = _number(found[1]) if found else None
    if found is None or number is None:
        return ""
    written = found[2]
    factor = 1.0 if written is None else PER_UNIT.get(unit, {}).get(written)
    if factor is None:
        return ""
    words = "without quotes" if written is None else "without quotes or unit"
    return f" {words}, as in {factor * number:.12g}"


def _number(text: str) -> float | None:
    if _THOUSANDS.fullmatch(text):
        text = text.replace(",", "")
    elif _DECIMAL_COMMA.fullmatch(text):
        text = text.replace(",", ".")
    try:
        return float(text)
    except ValueError:
        return None


def share_of_percent(value: object) -> str:
    """``; did you mean 0.90 (a share, not percent)?`` for a share that was given in percent.

    Parameters
    ----------
    value : object
        What is given where a number from 0 to 1 is expected.

    Returns
    -------
    str
        Empty for anything but a plausible percentage.
    """
    if not isinstance(value, int | float) or not 2 <= value <= 100:
        return ""
    share = f"{value / 100:.2f}" if value == round(value) else f"{value / 100:g}"
    return f"; did you mean {share} (a share, not percent)?"
