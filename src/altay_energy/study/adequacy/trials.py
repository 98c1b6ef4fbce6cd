"""Runs of an adequacy study with a plant of another size and a constant load added: trials."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np

from altay_energy.core.errors import NoSolutionError
from altay_energy.core.timeline import Timeline
from altay_energy.core.units import Array
from altay_energy.core.value import Value
from altay_energy.study.adequacy.metrics import shortfalls
from altay_energy.study.adequacy.system import FirmSystem, Variant, unserved_of
from altay_energy.study.runner.jobs import Failure, Job, Result, Row
from altay_energy.study.runner.run import Later

YEARS_AT_ONCE = 8
"""Number of weather years whose supply is computed at once."""

PLANT = "plant"
"""Name of the plant among the values of a job; a job without it is no trial."""

FIGURES = ("eens_mwh", "lolh_h", "lole_days")
"""Figures of a trial."""

Loss: TypeAlias = Mapping[str, Array]
"""Figures of a trial in each weather year, shape (Y,), with the peaks of load and supply."""

Losses: TypeAlias = Callable[[Sequence[Variant]], Sequence[Loss]]
"""Runs trials side by side."""


def trial_jobs(
    axis: str, labels: Sequence[int], draws: int, variants: Sequence[Variant]
) -> list[Job]:
    """Return the runs of trials: blocks of weather years, in each block every trial.

    Parameters
    ----------
    axis : str
        ``"seed"`` or ``"weather_year"``.
    labels : sequence of int
        Weather years.
    draws : int
    variants : sequence of Variant
    """
    found: list[Job] = []
    for first in range(0, len(labels), YEARS_AT_ONCE):
        for one in variants:
            said = f"{one.plant} × {one.factor:g}, {one.more_load_mw:+.6g} MW"
            values: dict[str, float | str] = {
                PLANT: one.plant,
                "factor": one.factor,
                "more_load_mw": one.more_load_mw,
            }
            for label in labels[first : first + YEARS_AT_ONCE]:
                for draw in range(draws):
                    name = f"{axis} {label}, draw {draw}, {said}"
                    given = {axis: int(label), "draw": draw} | values
                    found.append(Job(len(found), name, given))
    return found


def trial_rows(
    systems: Callable[[Sequence[int], Sequence[int]], FirmSystem],
    timeline: Timeline,
    jobs: Sequence[Job],
) -> list[Result]:
    """Return the figures of the runs of some trials.

    Parameters
    ----------
    systems : callable
        From weather years and draws to their system.
    timeline : Timeline
    jobs : sequence of Job
        A batch of `trial_jobs`: every trial of a block of years, or one run.
    """
    axis = next(iter(jobs[0].values))
    labels = list(dict.fromkeys(int(job.values[axis]) for job in jobs))
    draws = list(dict.fromkeys(int(job.values["draw"]) for job in jobs))
    asked = [
        Variant(str(v[PLANT]), float(v["factor"]), float(v["more_load_mw"]))
        for v in (job.values for job in jobs)
    ]
    variants = list(dict.fromkeys(asked))
    system = systems(labels, draws)
    rows: dict[tuple[Variant, int, int], Row] = {}
    for variant, unserved in zip(variants, unserved_of(system, variants), strict=True):
        load = np.maximum(system.load_mw + variant.more_load_mw, 0.0)
        found = shortfalls(unserved, load, timeline)
        columns = {name: found[name] for name in FIGURES}
        columns["peak_load_mw"] = system.load_mw.max(axis=1)
        columns["peak_supply_mw"] = system.of(variant).total_mw().max(axis=1)
        pairs = [(label, draw) for label in labels for draw in draws]
        for k, pair in enumerate(pairs):
            rows[(variant, *pair)] = {name: float(values[k]) for name, values in columns.items()}
    return [
        rows[variant, int(job.values[axis]), int(job.values["draw"])]
        for variant, job in zip(asked, jobs, strict=True)
    ]


@dataclass(frozen=True)
class Trials(Value):
    """Runs trials of an adequacy study over some weather years.

    Parameters
    ----------
    axis : str
        ``"seed"`` or ``"weather_year"``.
    labels : sequence of int
        Weather years.
    draws : int
        Number of draws of each year.
    run : callable
        Runs jobs in batches of a size, as `altay_energy.study.runner.run.Later`.
    """

    axis: str
    labels: Sequence[int]
    draws: int
    run: Later

    def __call__(self, variants: Sequence[Variant]) -> list[Loss]:
        """Return the figures of each trial by weather year; with a single year, by draw.

        Parameters
        ----------
        variants : sequence of Variant

        Raises
        ------
        NoSolutionError
            If a run fails.
        """
        jobs = trial_jobs(self.axis, self.labels, self.draws, variants)
        results = self.run(jobs, YEARS_AT_ONCE * self.draws * len(variants))
        rows: dict[Variant, list[Row]] = {variant: [] for variant in variants}
        for job, result in zip(jobs, results, strict=True):
            if isinstance(result, Failure):
                raise NoSolutionError(f"no ELCC, as a run failed: {job.name}: {result.reason}")
            v = job.values
            key = Variant(str(v[PLANT]), float(v["factor"]), float(v["more_load_mw"]))
            rows[key].append(result)
        return [self._by_year(rows[variant]) for variant in variants]

    def _by_year(self, rows: Sequence[Row]) -> Loss:
        columns = {name: np.array([row[name] for row in rows]) for name in rows[0]}
        if len(self.labels) == 1:
            return columns
        shape = len(self.labels), self.draws
        return {name: values.reshape(shape).mean(axis=1) for name, values in columns.items()}
