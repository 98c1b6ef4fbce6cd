"""Runs a study: sends batches to workers, stores results, and writes the folder at the end."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TypeAlias

from altay_energy.core.errors import NoSolutionError, OutputError, ScenarioError
from altay_energy.core.units import Array
from altay_energy.study.runner.estimate import Estimate, check, duration, estimate
from altay_energy.study.runner.jobs import Failure, Job, Result, Study, attempt
from altay_energy.study.runner.store import Store

BUDGET_S = 3600.0
"""Time that a study may take without ``yes``. [s]"""

Finish: TypeAlias = Callable[["Outcome"], None]
"""Writes the folder of results; the store is deleted when it returns."""

Batches: TypeAlias = Callable[[Study, list[range]], Iterator[tuple[range, list[Result]]]]
"""Computes batches of a study, and of later jobs with the same shared data, in any order."""

Later: TypeAlias = Callable[[Sequence[Job], int], list[Result]]
"""Runs later jobs of a study, in batches of a size, and returns the result of each in order."""

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
    later : callable, optional
        Runs further jobs of the same study, which depend on these results; see `Later`. They are
        run and stored as the others are.
    """

    study: Study
    columns: dict[str, Array]
    failures: dict[int, str]
    later: Later | None = field(default=None, compare=False, repr=False)

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
    budget_bytes : float or None
        Memory that it may use without ``yes``; None for three quarters of the machine's. [B]
    """

    workers: int = 1
    cluster: str | None = None
    resume: bool = False
    force: bool = False
    yes: bool = False
    budget_s: float = BUDGET_S
    budget_bytes: float | None = None

    def __post_init__(self) -> None:
        if self.workers < 1:
            raise ScenarioError(f"workers = {self.workers} must be at least 1")
        if not self.budget_s > 0.0:
            raise ScenarioError(f"a budget of {self.budget_s:g} s must be above 0")
        if self.budget_bytes is not None and not self.budget_bytes > 0.0:
            raise ScenarioError(f"a budget of {self.budget_bytes:g} bytes must be above 0")


def run_study(
    study: Study,
    folder: str | Path,
    finish: Finish,
    way: Way | None = None,
    progress: Progress | None = None,
    announce: Callable[[Estimate], None] | None = None,
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
    announce : callable, optional
        Called after the first batch with what the study is expected to need.

    Returns
    -------
    Outcome

    Raises
    ------
    OutputError
        If the folder cannot be written, another study is at work there, or the study would need
        more time, memory or disk space than the budget.
    NoSolutionError
        If all jobs failed.
    """
    way = Way() if way is None else way
    with Store(study, Path(folder), resume=way.resume, force=way.force) as store:
        if way.resume:
            store.forget_failures()
        peaks = [0.0]
        with _workers(study, way, peaks) as batches:
            begin = time.monotonic()

            def judge(seconds: float, left: int, figures: int) -> None:
                expected = estimate(
                    seconds, left, len(study.jobs), figures, way.workers, max(peaks)
                )
                if announce is not None and left > 1:
                    announce(expected)
                if not way.yes:
                    check(expected, store.folder, way.budget_s, way.budget_bytes)

            _run_jobs(study, store, batches, progress, judge)
            later = _LaterJobs(study, store, way, batches, progress, begin)
            outcome = Outcome(study, store.columns(), store.failures(), later)
            if len(outcome.failures) == len(study.jobs):
                number, reason = next(iter(outcome.failures.items()))
                raise NoSolutionError(
                    f"all {len(study.jobs)} jobs failed, the first of them "
                    f"{study.jobs[number].name}: {reason}"
                )
            finish(outcome)
        store.delete()
    return outcome


def _run_jobs(
    study: Study,
    store: Store,
    batches: Batches,
    progress: Progress | None,
    judge: Callable[[float, int, int], None],
) -> None:
    done = store.done()
    left = [part for numbers in study.batches() if (part := _open(numbers, done))]
    count, total, begin = len(done), len(study.jobs), time.monotonic()
    for finished, (numbers, results) in enumerate(batches(study, left), 1):
        store.add([study.jobs[number] for number in numbers], results)
        count += len(numbers)
        if progress is not None:
            progress(count, total, time.monotonic() - begin)
        if finished == 1:
            figures = max(0 if isinstance(row, Failure) else len(row) for row in results)
            judge(time.monotonic() - begin, len(left), figures)


def _open(numbers: range, done: set[int]) -> range:
    """Return the whole batch unless it is done; a part of a batch could change results."""
    return range(0) if all(number in done for number in numbers) else numbers


@dataclass(frozen=True)
class _LaterJobs:
    """Runs jobs that depend on the results of the study; see `Later`."""

    study: Study
    store: Store
    way: Way
    batches: Batches
    progress: Progress | None
    begin: float

    def __call__(self, jobs: Sequence[Job], batch: int) -> list[Result]:
        study = replace(self.study, jobs=jobs, batch=batch)
        addresses = [study.address(job) for job in jobs]
        known = self.store.later(addresses)
        done = {number for number, address in enumerate(addresses) if address in known}
        left = [part for numbers in study.batches() if (part := _open(numbers, done))]
        count, begin = len(done), time.monotonic()
        for numbers, results in self.batches(study, left):
            self.store.add_later(study.of(numbers), results)
            known.update(zip((addresses[number] for number in numbers), results, strict=True))
            count += len(numbers)
            if self.progress is not None:
                self.progress(count, len(jobs), time.monotonic() - begin)
            self._check_time()
        return [known[address] for address in addresses]

    def _check_time(self) -> None:
        """Stop if the study has taken its budget; how many later jobs follow is not known."""
        if time.monotonic() - self.begin > self.way.budget_s and not self.way.yes:
            raise OutputError(
                f"the study has taken its budget of {duration(self.way.budget_s)} and is not at "
                "its end; what is done stays, go on with --resume --yes"
            )


@contextmanager
def _workers(study: Study, way: Way, peaks: list[float]) -> Iterator[Batches]:
    """Provide what computes batches: this process, several, or a cluster.

    ``peaks`` receives the largest memory of each process. [B]
    """
    if way.cluster is not None:
        from altay_energy.study.runner.cluster import Cluster

        with Cluster(study, way.cluster) as cluster:
            yield cluster.results
    elif way.workers > 1:
        from altay_energy.study.runner.workers import Processes

        with Processes(study, way.workers, peaks) as processes:

            def results(study: Study, batches: list[range]) -> Iterator[tuple[range, list[Result]]]:
                alone = len(batches) == 1  # not worth a start of processes
                return _here(study, batches) if alone else processes.results(study, batches)

            yield results
    else:
        yield _here


def _here(study: Study, batches: list[range]) -> Iterator[tuple[range, list[Result]]]:
    """Yield the results of batches computed in this process."""
    for numbers in batches:
        yield numbers, attempt(study.work, study.shared, study.of(numbers))
