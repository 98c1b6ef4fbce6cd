"""Jobs of a study: their values, and the hash that addresses a job."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, TypeAlias

from altay_energy.core.errors import NoSolutionError
from altay_energy.core.value import Value

Row: TypeAlias = Mapping[str, float]
"""Figures of a job by flat name, as ``curtailment_rate`` or ``wind.jeminay.generation_mwh``."""


@dataclass(frozen=True)
class Job(Value):
    """One run of a study.

    Parameters
    ----------
    number : int
        Position in the study, from 0.
    name : str
        Name in messages.
    values : mapping of str to float or str
        Value of each axis: ``{"battery.jeminay.energy_mwh": 80.0}``.
    """

    number: int
    name: str
    values: Mapping[str, float | str]


@dataclass(frozen=True)
class Failure(Value):
    """Result of a job that failed.

    Parameters
    ----------
    reason : str
    """

    reason: str


Result: TypeAlias = Row | Failure
Work: TypeAlias = Callable[[Any, Sequence[Job]], Sequence[Result]]
"""Function of a module: shared data and a batch of jobs → a result for each job, in order."""


@dataclass(frozen=True)
class Study(Value):
    """Jobs of one kind that share their data.

    Parameters
    ----------
    kind : str
        ``"sweep"``, ``"ensemble"`` or ``"adequacy"``.
    work : callable
        See `Work`; it can be pickled.
    shared : Any
        First argument of ``work``; sent once to each worker.
    jobs : sequence of Job
        Jobs; may be created on access, so that 100,000 runs need no list of objects.
    batch : int
        Number of jobs that ``work`` takes at once; independent of the number of workers, so that
        results are as well.
    identity : mapping of str to Any
        Everything that the figures depend on, as plain values: tables, hashes of files, version.
    """

    kind: str
    work: Work
    shared: Any
    jobs: Sequence[Job]
    batch: int
    identity: Mapping[str, Any]

    @cached_property
    def document(self) -> dict[str, Any]:
        """Identity of the whole study as plain values for JSON."""
        said = {"kind": self.kind, "jobs": len(self.jobs), "batch": self.batch, **self.identity}
        return dict(json.loads(_plain(said)))

    @cached_property
    def _hash(self) -> hashlib._Hash:
        return hashlib.sha256(_plain(self.identity).encode())

    def address(self, job: Job) -> str:
        """Return the hash of all that the figures of a job depend on.

        Parameters
        ----------
        job : Job
        """
        found = self._hash.copy()
        found.update(_plain(job.values).encode())
        return found.hexdigest()

    def batches(self) -> Iterator[range]:
        """Yield the numbers of the jobs of each batch."""
        total = len(self.jobs)
        for first in range(0, total, self.batch):
            yield range(first, min(first + self.batch, total))

    def of(self, numbers: range) -> list[Job]:
        """Return the jobs of a batch.

        Parameters
        ----------
        numbers : range
        """
        return [self.jobs[number] for number in numbers]


def _plain(values: Mapping[str, Any]) -> str:
    return json.dumps(dict(values), sort_keys=True, ensure_ascii=True, default=str)


def attempt(work: Work, shared: Any, jobs: Sequence[Job]) -> list[Result]:
    """Return the result of each job; if the batch raises, each job is run alone.

    Parameters
    ----------
    work : callable
        See `Work`.
    shared : Any
    jobs : sequence of Job

    Returns
    -------
    list of Row or Failure
    """
    try:
        found = list(work(shared, jobs))
        if len(found) != len(jobs):
            raise RuntimeError(f"{len(found)} results for {len(jobs)} jobs")
    except Exception as error:
        if len(jobs) == 1:
            return [Failure(reason_of(error))]
        return [result for job in jobs for result in attempt(work, shared, [job])]
    return found


def reason_of(error: Exception) -> str:
    """Return why a job failed, in one line.

    Parameters
    ----------
    error : Exception
    """
    if isinstance(error, MemoryError):
        return "there was not enough memory"
    said = " ".join(str(error).split())
    if isinstance(error, NoSolutionError | ValueError):
        return said
    return f"{type(error).__name__}: {said}" if said else type(error).__name__
