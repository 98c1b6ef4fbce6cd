"""Energies of each month of the year, beside the figures of whole runs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from altay_energy.core.units import Array
from altay_energy.dispatch.result.result import Dispatch
from altay_energy.run.portfolio import Run
from altay_energy.study.ensemble.quantiles import LEVEL, Runs, documents
from altay_energy.study.runner.jobs import Row
from altay_energy.study.runner.results import IN_MONTHS, MONTHS
from altay_energy.study.runner.rows import rows_of


def _sum(powers: Mapping[str, Array], shape: tuple[int, ...]) -> Array:
    return np.asarray(sum(powers.values(), start=np.zeros(shape)))


MONTHLY: Mapping[str, Callable[[Dispatch], Array]] = {
    "available_mwh": lambda d: _sum(d.available_mw, d.problem.shape),
    "curtailed_mwh": lambda d: _sum(d.curtailed_mw, d.problem.shape),
    "thermal_mwh": lambda d: _sum(d.thermal_mw, d.problem.shape),
    "import_mwh": lambda d: d.import_mw,
    "export_mwh": lambda d: d.export_mw,
    "unserved_mwh": lambda d: d.unserved_mw,
}
"""Figures of a whole run that are also given by month: power, shape (..., T). [MW]"""


def rows_with_months(run: Run) -> list[Row]:
    """Return one row for each run, as `rows_of`, with the energies of each month.

    Parameters
    ----------
    run : Run
        One run, or many along leading axes. A month that is not in its period has no value.

    Returns
    -------
    list of dict of str to float
        The energy of month m is ``in_months.FIGURE.m``, m from 1. [MWh]
    """
    dispatch, timeline = run.dispatch, run.portfolio.timeline
    month = timeline.month
    starts = np.flatnonzero(np.diff(month, prepend=-1))
    shape = run.problem.shape[:-1]
    rows = [dict(row) for row in rows_of(run)]
    for key, power in MONTHLY.items():
        parts = np.add.reduceat(power(dispatch), starts, axis=-1) * timeline.step_hours
        parts = np.broadcast_to(parts, (*shape, starts.size)).reshape(-1, starts.size)
        by_month = np.full((len(parts), MONTHS), np.nan)
        for place, first in enumerate(starts):
            known = by_month[:, month[first]]
            by_month[:, month[first]] = np.where(np.isnan(known), 0.0, known) + parts[:, place]
        for row, values in zip(rows, by_month, strict=True):
            row |= {f"{IN_MONTHS}{key}.{m}": float(v) for m, v in enumerate(values, 1)}
    return [*rows]


def monthly_document(
    columns: Mapping[str, Array], runs: Runs, level: float = LEVEL
) -> dict[str, list[dict[str, Any]]]:
    """Return the quantiles of each month by figure, as in ``ensemble.json``.

    Parameters
    ----------
    columns : mapping of str to ndarray, shape (n,)
        Those of `rows_with_months`, by flat name.
    runs : Runs
    level : float
        Confidence of the intervals. [-]

    Returns
    -------
    dict of str to list of dict
        For each figure twelve entries as those of `documents`, January first.
    """
    found = documents(columns, runs, level)
    return {
        key: [found[f"{IN_MONTHS}{key}.{m}"] for m in range(1, MONTHS + 1)]
        for key in MONTHLY
        if f"{IN_MONTHS}{key}.1" in found
    }
