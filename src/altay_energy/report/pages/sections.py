"""Rows of the sections of money and carbon that a run may have."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from altay_energy.report.pages.figure_rows import Row, figure_row, scales_of
from altay_energy.report.text import Words
from altay_energy.report.text.messages import translated
from altay_energy.run.figures.document import MONEY_SECTIONS

VALUES = "section_value"
"""Section of the words for values that are words themselves."""


def section_rows(
    documents: Sequence[Mapping[str, Any]], words: Words
) -> list[tuple[str, list[Row]]]:
    """Return the rows of each section of `MONEY_SECTIONS` that a run has.

    Parameters
    ----------
    documents : sequence of mapping
        The document of ``kpis.json`` of each run.
    words : Words
        Language.

    Returns
    -------
    list of (str, list of Row)
        Heading and rows. Figures that are null in all runs, lists or tables have none.
    """
    found = []
    for section in MONEY_SECTIONS:
        runs: list[Mapping[str, Any]] = [document.get(section) or {} for document in documents]
        keys = dict.fromkeys(key for run in runs for key in run)
        amounts = [{k: float(v) for k, v in run.items() if _is_number(v)} for run in runs]
        numbers = tuple(key for key in keys if any(key in run for run in amounts))
        scales = scales_of(amounts, numbers, words)
        rows = []
        for key in keys:
            label = words(section, key)
            if key in numbers:
                values = [run.get(key, np.nan) for run in amounts]
                rows.append(figure_row(section, key, label, values, scales[key], words))
            elif any(isinstance(run.get(key), str) for run in runs):
                texts = tuple(_in_words(run.get(key), words) for run in runs)
                rows.append(Row(section, key, label, "", texts, ("",) * len(runs)))
        if rows:
            found.append((words("section", section), rows))
    return found


def _in_words(value: object, words: Words) -> str:
    if not isinstance(value, str):
        return "–"
    return words.get(VALUES, value, translated(value, words.language))


def _is_number(value: object) -> bool:
    return isinstance(value, int | float | np.number) and not isinstance(value, bool)
