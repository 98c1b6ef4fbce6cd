"""Runs a study: sends batches to workers, stores results, and writes the folder at the end."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

from altay_energy.core.errors import NoSolutionError, OutputError, ScenarioError
from altay_energy.core.units import Array
from altay_energy.study.runner.jobs import Result, Study, attempt
from altay_energy.study.runner.store import Store

BUDGET_S = 3600.0
"""Time that a study may take without ``yes``. [s]"""

Finish: TypeAlias = Callable[["Outcome"], None]
"""Writes the folder of results; the store is deleted when it returns."""

Progress: TypeAlias = Callable[[int, int, float], None]
"""Called with the number of finished jobs, of all jobs, and the seconds since the start."""


@dataclass(frozen=True)
class Outcome:
    """Results of all jobs of a study.

    Parameters
    ----------
    study : Study
    columns : dict of str to ndarray, shape (n,)
        Figure → its value in each of n jobs; NaN if a job failed or has no such figure.
    failures : dict of int to str
        Number of a job → why it failed.
    """

    study: Study
    columns: dict[str, Array]
    failures: dict[int, str]

    def notices(self) -> list[str]:
        """Return notices on failed jobs."""
        if not self.failures:
            return []
        total, number = len(self.study.jobs), next(iter(self.failures))
        return [
            f"{len(self.failures)} of {total} jobs failed and are left out of every figure, the "
            f"first of them {self.study.jobs[number].name}: {self.failures[number]}"
        ]


@dataclass(frozen=True)
class Way:
    """Options of running a study; results do not depend on them.

    Parameters
    ----------
    workers : int
        Number of processes.
    cluster : str or None
        Address of a scheduler of ``dask.distributed``, as ``"tcp://10.0.0.1:8786"``.
    resume : bool
        Continue an unfinished study, and try failed jobs again.
    force : bool
        Replace an unfinished study.
    yes : bool
        Run it even if it exceeds the budget.
    budget_s : float
        Time that it may take without ``yes``. [s]
    """

    workers: int = 1
    cluster: str | None = None
    resume: bool = False
    force: bool = False
    yes: bool = False
    budget_s: float = BUDGET_S

    def __post_init__(self) -> None:
        if self.workers < 1:
            raise ScenarioError(f"workers = {self.workers} must be at least 1")
        if not self.budget_s > 0.0:
            raise ScenarioError(f"a budget of {self.budget_s:g} s must be above 0")


def run_study(
    study: Study,
    folder: str | Path,
    finish: Finish,
    way: Way | None = None,
    progress: Progress | None = None,
) -> Outcome:
    """Run every job of a study and write its results.

    Parameters
    ----------
    study : Study
    folder : path
        Folder of the results; finished jobs are stored beside it until all are done.
    finish : callable
        See `Finish`.
    way : Way, optional
    progress : callable, optional
        See `Progress`.

    Returns
    -------
    Outcome

    Raises
    ------
    OutputError
        If the folder cannot be written, another study is at work there, or the study would take
        longer than the budget.
    NoSolutionError
        If all jobs failed.
    """
    way = Way() if way is None else way
    with Store(study, Path(folder), resume=way.resume, force=way.force) as store:
        if way.resume:
            store.forget_failures()
        _run_jobs(study, store, way, progress)
        outcome = Outcome(study, store.columns(), store.failures())
        if len(outcome.failures) == len(study.jobs):
            number, reason = next(iter(outcome.failures.items()))
            raise NoSolutionError(
                f"all {len(study.jobs)} jobs failed, the first of them "
                f"{study.jobs[number].name}: {reason}"
            )
        finish(outcome)
        store.delete()
    return outcome


def _run_jobs(study: Study, store: Store, way: Way, progress: Progress | None) -> None:
    done = store.done()
    left = [part for numbers in study.batches() if (part := _open(numbers, done))]
    count, total, begin = len(done), len(study.jobs), time.monotonic()
    for finished, (numbers, results) in enumerate(_results(study, left, way), 1):
        store.add([study.jobs[number] for number in numbers], results)
        count += len(numbers)
        if progress is not None:
            progress(count, total, time.monotonic() - begin)
        if finished == 1:
            _check_budget(way, time.monotonic() - begin, len(left))


def _open(numbers: range, done: set[int]) -> range:
    """Return the whole batch unless it is done; a part of a batch could change results."""
    return range(0) if all(number in done for number in numbers) else numbers


def _results(study: Study, batches: list[range], way: Way) -> Iterator[tuple[range, list[Result]]]:
    """Yield the results of each batch, in any order."""
    if way.cluster is not None:
        from altay_energy.study.runner.cluster import on_cluster

        yield from on_cluster(study, batches, way.cluster)
    elif way.workers > 1 and len(batches) > 1:
        from altay_energy.study.runner.workers import in_processes

        yield from in_processes(study, batches, way.workers)
    else:
        for numbers in batches:
            yield numbers, attempt(study.work, study.shared, study.of(numbers))


def _check_budget(way: Way, first_s: float, batches: int) -> None:
    """Refuse a study that takes longer than its budget, by the time of its first batch."""
    expected = first_s * batches / way.workers
    if expected > way.budget_s and not way.yes:
        raise OutputError(
            f"the study would take about {_duration(expected)}, more than the budget of "
            f"{_duration(way.budget_s)}; go on with --resume --yes, or run fewer jobs"
        )


def _duration(seconds: float) -> str:
    for unit, length in (("days", 86400.0), ("h", 3600.0), ("min", 60.0)):
        if seconds >= 2.0 * length:
            return f"{seconds / length:.3g} {unit}"
    return f"{seconds:.3g} s"
