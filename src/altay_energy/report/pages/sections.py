"""Rows of the sections of money and carbon that a run may have."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from altay_energy.report.pages.figure_rows import Row, figure_row, scales_of
from altay_energy.report.text import Words
from altay_energy.report.text.messages import translated

MONEY_SECTIONS = ("bill", "earnings", "economics", "carbon")
"""Sections of ``kpis.json`` with figures of a whole run beside ``kpis``, as pages order them."""

VALUES = "section_value"
"""Section of the words for values that are words themselves."""


def section_rows(document: Mapping[str, Any], words: Words) -> list[tuple[str, list[Row]]]:
    """Return the rows of each section of `MONEY_SECTIONS` that a run has.

    Parameters
    ----------
    document : mapping
        The document of ``kpis.json``.
    words : Words
        Language.

    Returns
    -------
    list of (str, list of Row)
        Heading and rows. Figures that are null, lists or tables have none.
    """
    found = []
    for section in MONEY_SECTIONS:
        figures: Mapping[str, Any] = document.get(section) or {}
        numbers = {key: value for key, value in figures.items() if _is_number(value)}
        scales = scales_of([numbers], tuple(numbers), words)
        rows = []
        for key, value in figures.items():
            label = words(section, key)
            if key in numbers:
                rows.append(figure_row(section, key, label, [float(value)], scales[key], words))
            elif isinstance(value, str):
                text = words.get(VALUES, value, translated(value, words.language))
                rows.append(Row(section, key, label, "", (text,), ("",)))
        if rows:
            found.append((words("section", section), rows))
    return found


def _is_number(value: object) -> bool:
    return isinstance(value, int | float | np.number) and not isinstance(value, bool)
