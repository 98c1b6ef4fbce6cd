"""Writes the folder of a finished study: figures of every run, summary, charts, provenance."""

from __future__ import annotations

import csv
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Unpack

import numpy as np

from altay_energy.core.files.netcdf_bytes import write_netcdf4
from altay_energy.report.files import results as files
from altay_energy.report.files.save import Options, results_folder
from altay_energy.study.runner.results import HOUR, MONTH, RUN, dataset_of

if TYPE_CHECKING:
    import xarray as xr

    from altay_energy.report.chart.canvas import Charts
    from altay_energy.scenario.load import Scenario
    from altay_energy.study.runner.run import Outcome

Draw = Callable[["xr.Dataset", Mapping[str, Any], Path, str], "Charts"]
"""From results, document, folder and language to the charts that were drawn."""


def save_study(
    scenario: Scenario,
    outcome: Outcome,
    document: Mapping[str, Any],
    folder: str | Path,
    draw: Draw,
    more: Callable[[Path], object] | None = None,
    **options: Unpack[Options],
) -> list[str]:
    """Write everything that a study leaves.

    Parameters
    ----------
    scenario : Scenario
        That the runs have in common.
    outcome : Outcome
    document : mapping
        Content of ``sweep.json`` and the like.
    folder : path
        Target; written completely or not at all.
    draw : callable
        See `Draw`.
    more : callable, optional
        Writes further files into the folder.
    **options
        As for `save_run`.

    Returns
    -------
    list of str
        Notices for readers of the figures.

    Raises
    ------
    OutputError
        If the folder exists and may not be replaced, or cannot be written.
    """
    notices = [*outcome.notices(), *document.get("notices", ())]
    with results_folder(folder, [scenario], notices, options) as saved:
        target = saved.folder
        dataset = dataset_of(outcome)
        with saved.watch.part("files"):
            _write_netcdf(dataset, target / "results.nc")
            _write_csv(dataset, target / "results.csv")
            if _in_months(dataset):
                _write_months(dataset, target / "months.csv")
            files.write_document(document, target / f"{outcome.study.kind}.json")
            files.write_scenario(scenario, target)
            if outcome.failures:
                _write_failures(outcome, target / "failures.csv")
            if more is not None:
                more(target)
        if saved.charts:
            saved.draw(lambda: draw(dataset, document, target / "charts", saved.language))
    return saved.notices


def _write_netcdf(dataset: xr.Dataset, path: Path) -> None:
    packed = {"zlib": True, "complevel": 4, "shuffle": True}
    numbers = [name for name, one in dataset.data_vars.items() if one.size]
    write_netcdf4(dataset, path, {str(name): packed for name in numbers})


def _write_csv(dataset: xr.Dataset, path: Path) -> None:
    """Write one row a run: what is special about it, then its figures with their units.

    The byte-order mark makes spreadsheet programs read the Chinese.
    """
    keys = [str(name) for name in dataset.coords if name not in (RUN, "run_name", MONTH, HOUR)]
    figures = [str(name) for name, one in dataset.data_vars.items() if MONTH not in one.dims]
    heads = [_head(name, dataset[name].attrs) for name in figures]
    columns = [_cells(dataset[name].values) for name in (*keys, *figures)]
    names = [files.text_cell(str(name)) for name in dataset["run_name"].values]
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        table = csv.writer(file, lineterminator="\n")
        table.writerow([RUN, "name", *keys, *heads])
        table.writerows(zip(range(len(names)), names, *columns, strict=True))


def _in_months(dataset: xr.Dataset) -> list[str]:
    return [str(name) for name, one in dataset.data_vars.items() if one.dims == (RUN, MONTH)]


def _write_months(dataset: xr.Dataset, path: Path) -> None:
    """Write one row a run and month."""
    figures = _in_months(dataset)
    heads = [_head(name, dataset[name].attrs) for name in figures]
    columns = [_cells(dataset[name].values.ravel()) for name in figures]
    runs, months = dataset.sizes[RUN], dataset.sizes[MONTH]
    places = [(run, month) for run in range(runs) for month in range(1, months + 1)]
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        table = csv.writer(file, lineterminator="\n")
        table.writerow([RUN, MONTH, *heads])
        table.writerows(
            (*place, *row) for place, row in zip(places, zip(*columns, strict=True), strict=True)
        )


def _head(name: str, attributes: Mapping[str, Any]) -> str:
    return f"{name} {attributes['long_name_zh']} [{attributes['units']}]"


def _cells(values: np.ndarray[Any, Any]) -> list[str]:
    if values.dtype == object:
        return [files.text_cell(str(value)) for value in values]
    return ["" if value != value else f"{value:.9g}" for value in values.tolist()]


def _write_failures(outcome: Outcome, path: Path) -> None:
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        table = csv.writer(file, lineterminator="\n")
        table.writerow([RUN, "name", "reason"])
        for number, reason in outcome.failures.items():
            name = outcome.study.jobs[number].name
            table.writerow([number, files.text_cell(name), files.text_cell(reason)])
