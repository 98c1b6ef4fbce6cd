"""Runs batches of a study in several processes; if one dies, only its job fails."""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from collections.abc import Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from typing import Any

from altay_energy.study.runner.estimate import peak_memory
from altay_energy.study.runner.jobs import Failure, Job, Result, Study, Work, attempt

AHEAD = 2
"""Number of batches queued for each process, so that none is idle."""

DIED = "the process that ran it died, perhaps for lack of memory"

_SHARED: dict[str, Any] = {}


class Processes:
    """Processes that run batches of a study, and of later jobs with the same shared data.

    They are started for the first batches, and end when the context is left.

    Parameters
    ----------
    study : Study
        For its function and shared data.
    workers : int
        Number of processes.
    peaks : list of float
        Receives the largest memory of the process that did a batch, before that is yielded. [B]
    """

    def __init__(self, study: Study, workers: int, peaks: list[float]) -> None:
        self._study, self._workers, self._peaks = study, workers, peaks
        self._pool: ProcessPoolExecutor | None = None

    def __enter__(self) -> Processes:
        return self

    def __exit__(self, *_: object) -> None:
        self._end()

    def _end(self) -> None:
        if self._pool is not None:
            _end(self._pool)
            self._pool = None

    def results(self, study: Study, batches: list[range]) -> Iterator[tuple[range, list[Result]]]:
        """Yield the results of batches; if a process dies, only its job fails.

        Parameters
        ----------
        study : Study
            With the function and shared data of that of the processes.
        batches : list of range
            Numbers of the jobs of each.

        Yields
        ------
        range, list of Row or Failure
            Numbers and results of a batch, in the order of completion.
        """
        waiting = list(reversed(batches))
        while waiting:
            running: dict[Future[tuple[list[Result], float]], range] = {}
            if self._pool is None:
                self._pool = _pool(self._study, self._workers)
            try:
                while waiting or running:
                    while waiting and len(running) < AHEAD * self._workers:
                        numbers = waiting[-1]
                        running[self._pool.submit(_work, study.of(numbers))] = numbers
                        waiting.pop()
                    done, _ = wait(running, return_when=FIRST_COMPLETED)
                    for future in done:
                        found, peak = future.result()
                        self._peaks.append(peak)
                        yield running.pop(future), found
            except BrokenProcessPool:
                self._end()
                for numbers in running.values():
                    yield numbers, _apart(study, numbers)


def _apart(study: Study, numbers: range) -> list[Result]:
    """Run a batch in a new process; if it dies, run each job in a new process."""
    pool = _pool(study, 1)
    try:
        return pool.submit(_work, study.of(numbers)).result()[0]
    except BrokenProcessPool:
        if len(numbers) == 1:
            return [Failure(DIED)]
    finally:
        _end(pool)
    return [result for number in numbers for result in _apart(study, range(number, number + 1))]


def _pool(study: Study, workers: int) -> ProcessPoolExecutor:
    return ProcessPoolExecutor(
        workers,
        mp_context=multiprocessing.get_context("spawn"),
        initializer=_remember,
        initargs=(study.work, study.shared),
    )


def _end(pool: ProcessPoolExecutor) -> None:
    """Stop the processes of a pool at once; their batches remain unfinished."""
    processes = list((getattr(pool, "_processes", None) or {}).values())
    pool.shutdown(wait=False, cancel_futures=True)
    for process in processes:
        process.terminate()
    for process in processes:
        process.join()


def _remember(work: Work, shared: Any) -> None:
    """Keep the shared data, which is sent to each process once."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the main process stops the workers
    threading.Thread(target=_end_with_parent, daemon=True).start()
    _SHARED["parts"] = work, shared


def _end_with_parent() -> None:
    """End this process when the main process ends, even if it is killed."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


def _work(jobs: list[Job]) -> tuple[list[Result], float]:
    work, shared = _SHARED["parts"]
    return attempt(work, shared, jobs), peak_memory()
