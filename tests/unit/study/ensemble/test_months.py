"""Energies by month: their sums are those of the run, and their quantiles are NumPy's."""

from __future__ import annotations

from datetime import timedelta

import numpy as np
import pytest
import xarray as xr

import altay_energy as ae
from altay_energy.report.plots.study.ensemble import plot_fan
from altay_energy.run.figures import kpis
from altay_energy.study.ensemble.ensemble import ensemble_of
from altay_energy.study.ensemble.members import UNCHANGED
from altay_energy.study.ensemble.months import MONTHLY, rows_with_months
from altay_energy.study.runner.jobs import attempt
from altay_energy.study.runner.results import IN_MONTHS, MONTHS, of_months


def by_month(row, key):
    return np.array([row[f"{IN_MONTHS}{key}.{m}"] for m in range(1, MONTHS + 1)])


@pytest.fixture(scope="module")
def plain(valley) -> ae.Portfolio:
    return valley.with_(river={}, hydro={})


@pytest.mark.parametrize("month", [1, 11])
def test_months_add_up_to_the_period(plain, month):
    """Also where the period begins within a year, and lacks months."""
    start = plain.timeline.start.replace(month=month) + timedelta(days=9)
    portfolio = plain.with_(timeline=ae.Timeline(start, 100 * 24))
    run = portfolio.run()
    (row,) = rows_with_months(run)
    for key in MONTHLY:
        months = by_month(row, key)
        total = float(getattr(kpis, key)(run.dispatch))
        assert np.nansum(months) == pytest.approx(total, rel=1e-12, abs=1e-9)
        there = np.unique(portfolio.timeline.month)
        assert np.flatnonzero(np.isfinite(months)).tolist() == there.tolist()


def test_quantiles_of_months_are_of_the_stored_runs(plain, tmp_path):
    january = ae.Timeline(plain.timeline.start, 60 * 24)
    ensemble = ensemble_of([plain.with_(timeline=january)], (UNCHANGED,), 5)
    study = ensemble.study()
    rows = attempt(study.work, study.shared, study.of(range(5)))
    columns = {key: np.array([row[key] for row in rows]) for key in rows[0]}
    document = ensemble.document(columns)
    assert not of_months(document["quantiles"])
    february = columns[f"{IN_MONTHS}available_mwh.2"]
    part = document["months"]["available_mwh"][1]
    for name, share in (("p10", 0.1), ("p50", 0.5), ("p90", 0.9)):
        assert part[name]["value"] == pytest.approx(np.quantile(february, share), rel=1e-12)
    assert part["n"] == 5
    assert document["months"]["available_mwh"][5]["p50"]["value"] is None
    stored = np.stack([by_month(row, "available_mwh") for row in rows])
    dataset = xr.Dataset({"available_mwh_of_month": (("run", "month"), stored)})
    for language in ("en", "zh"):
        ax = plot_fan(
            dataset, "available_mwh", document["months"]["available_mwh"], 0, language=language
        )
        lines = {line.get_label(): line.get_ydata() for line in ax.get_lines()}
        assert lines["P90"][1] == pytest.approx(part["p90"]["value"] / 1000.0)  # GWh
