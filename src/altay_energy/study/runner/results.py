"""Results of a study as a dataset: one variable per figure along the runs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from altay_energy._version import __version__
from altay_energy.core.units import Array
from altay_energy.study.runner.rows import named
from altay_energy.study.runner.run import Outcome

if TYPE_CHECKING:
    import xarray as xr

RUN = "run"
"""Name of the dimension along the runs."""

MONTH, MONTHS = "month", 12
"""Name and length of the dimension along the months of the year."""

IN_MONTHS = "in_months."
"""How the flat name of a figure of one month begins; after it ``FIGURE.m`` with m from 1."""


HOUR, HOURS = "hour", 24
"""Name and length of the dimension along the hours of a day."""

IN_HOURS = "in_hours."
"""How the flat name of the hours with loss in an hour of the day begins; after it ``m.h``."""


def of_hours(columns: Mapping[str, Array]) -> Array | None:
    """Return the hours with loss by month and hour, shape (n, 12, 24); None if there are none.

    Parameters
    ----------
    columns : mapping of str to ndarray, shape (n,)
        By flat name.
    """
    if f"{IN_HOURS}1.0" not in columns:
        return None
    cells = [columns[f"{IN_HOURS}{m}.{h}"] for m in range(1, MONTHS + 1) for h in range(HOURS)]
    return np.stack(cells, axis=-1).reshape(-1, MONTHS, HOURS)


def of_months(columns: Mapping[str, Array]) -> dict[str, Array]:
    """Return the columns that are figures of one month.

    Parameters
    ----------
    columns : mapping of str to ndarray, shape (n,)
        By flat name.
    """
    return {name: values for name, values in columns.items() if name.startswith(IN_MONTHS)}


def dataset_of(outcome: Outcome) -> xr.Dataset:
    """Return the figures of all runs, with the varied values of each.

    Parameters
    ----------
    outcome : Outcome

    Returns
    -------
    xarray.Dataset
        Dimension ``run``; a coordinate for each key that is varied; a variable for each figure,
        with its unit and names, NaN where a run failed. Figures by month, as
        ``curtailed_mwh_of_month``, also have the dimension ``month``; ``lolh_h_of_hour`` of an
        adequacy study has ``month`` and ``hour``.
    """
    import xarray as xr

    jobs, count = outcome.study.jobs, len(outcome.study.jobs)
    axes = dict.fromkeys(key for number in range(min(count, 2)) for key in jobs[number].values)
    values: dict[str, list[float | str]] = {key: [] for key in axes}
    names = []
    for number in range(count):
        job = jobs[number]
        names.append(job.name)
        for key in axes:
            values[key].append(job.values[key])
    coordinates: dict[str, Any] = {
        RUN: np.arange(count),
        "run_name": (RUN, np.array(names, dtype=object)),
        **{key: (RUN, _typed(given)) for key, given in values.items()},
    }
    variables: dict[str, Any] = {}
    monthly = of_months(outcome.columns)
    for name, column in outcome.columns.items():
        if name in monthly or name.startswith(IN_HOURS):
            continue
        unit, long_name, long_name_zh = named(name)
        attributes = {"units": unit, "long_name": long_name, "long_name_zh": long_name_zh}
        variables[name] = (RUN, column, attributes)
    for key in dict.fromkeys(name.split(".")[1] for name in monthly):
        unit, long_name, long_name_zh = named(key)
        attributes = {"units": unit, "long_name": long_name, "long_name_zh": long_name_zh}
        series = [monthly[f"{IN_MONTHS}{key}.{m}"] for m in range(1, MONTHS + 1)]
        variables[f"{key}_of_month"] = ((RUN, MONTH), np.stack(series, axis=-1), attributes)
        coordinates[MONTH] = np.arange(1, MONTHS + 1)
    lost = of_hours(outcome.columns)
    if lost is not None:
        unit, long_name, long_name_zh = named("lolh_h")
        attributes = {"units": unit, "long_name": long_name, "long_name_zh": long_name_zh}
        variables["lolh_h_of_hour"] = ((RUN, MONTH, HOUR), lost, attributes)
        coordinates |= {MONTH: np.arange(1, MONTHS + 1), HOUR: np.arange(HOURS)}
    about = {"Conventions": "CF-1.11", "kind": outcome.study.kind, "version": __version__}
    return xr.Dataset(variables, coordinates, about)


def _typed(values: list[float | str]) -> np.ndarray[tuple[int], np.dtype[np.generic]]:
    """Return values as numbers where all are numbers, else as text."""
    if any(isinstance(value, str) for value in values):
        return np.array([str(value) for value in values], dtype=object)
    return np.array(values, dtype=np.float64)


def as_grid(dataset: xr.Dataset, keys: tuple[str, ...]) -> xr.Dataset:
    """Return the results of a grid with one dimension for each of its keys.

    Parameters
    ----------
    dataset : xarray.Dataset
        Result of `dataset_of` for a sweep over a grid.
    keys : tuple of str
        The keys that are varied, without those that follow.

    Raises
    ------
    ValueError
        If the runs are not every combination of the values of the keys.
    """
    sizes = [len(np.unique(dataset[key].values)) for key in keys]
    if int(np.prod(sizes)) != dataset.sizes[RUN]:
        raise ValueError(
            f"{dataset.sizes[RUN]} runs are no full grid of {' × '.join(map(str, sizes))}"
        )
    others = [name for name in dataset.coords if name not in (*keys, RUN)]
    flat = dataset.reset_coords(others).drop_vars([RUN])
    return flat.set_index(run=list(keys)).unstack(RUN)
