"""Runs batches of a study on a cluster of ``dask.distributed``, an optional library.

If a worker dies, the scheduler gives its batches to others; a batch that ends several workers is
run again job by job.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from altay_energy.core.errors import OutputError, ScenarioError
from altay_energy.study.runner.jobs import Failure, Job, Result, Study, Work, attempt
from altay_energy.study.runner.workers import AHEAD, DIED

WAIT_S = 10.0
"""Time in which a scheduler must answer. [s]"""

_NAME = "altay-energy-study"


class Cluster:
    """Connection to a cluster whose workers run batches of a study.

    Parameters
    ----------
    study : Study
        For its function and shared data, which every worker is sent.
    address : str
        Address of the scheduler, as ``"tcp://10.0.0.1:8786"``.

    Raises
    ------
    ScenarioError
        If the library is not installed or no scheduler answers.
    """

    def __init__(self, study: Study, address: str) -> None:
        try:
            import distributed
        except ImportError:
            raise ScenarioError(
                "--cluster needs the library dask.distributed; install it with the extra "
                '"cluster": pip install "altay-energy[cluster]"'
            ) from None
        del distributed
        self._address = address
        self._client = _client(address)
        _send(self._client, study)

    def __enter__(self) -> Cluster:
        return self

    def __exit__(self, *_: object) -> None:
        self._client.close()

    def results(self, study: Study, batches: list[range]) -> Iterator[tuple[range, list[Result]]]:
        """Yield the results of batches that the workers compute.

        Parameters
        ----------
        study : Study
            With the function and shared data of that of the cluster.
        batches : list of range
            Numbers of the jobs of each.

        Yields
        ------
        range, list of Row or Failure
            Numbers and results of a batch, in the order of completion.

        Raises
        ------
        OutputError
            If the cluster ends during the study.
        """
        from distributed import KilledWorker, as_completed
        from distributed.client import FutureCancelledError

        client = self._client
        waiting = list(reversed(batches))
        running: dict[Any, range] = {}

        def submit(numbers: range) -> Any:
            future = client.submit(_work, study.of(numbers), pure=False)
            running[future] = numbers
            return future

        most = AHEAD * max(sum(client.nthreads().values()), 1)
        first = [submit(waiting.pop()) for _ in range(min(most, len(waiting)))]
        # Without the loop it would use a default client, which may be the caller's.
        done: Any = as_completed(first, loop=client.loop)  # type: ignore[no-untyped-call]
        for future in done:
            numbers = running.pop(future)
            try:
                yield numbers, future.result()
            except KilledWorker:
                yield (
                    numbers,
                    [_alone(client, KilledWorker, study.jobs[number]) for number in numbers],
                )
            except FutureCancelledError:
                raise OutputError(
                    f"--cluster {self._address}: the scheduler is gone; what is done stays, go on "
                    "with --resume"
                ) from None
            future.release()
            if waiting:
                done.add(submit(waiting.pop()))


def _client(address: str) -> Any:
    from distributed import Client

    try:
        client: Any = Client(  # type: ignore[no-untyped-call]
            address, timeout=WAIT_S, name=_NAME, set_as_default=False
        )
    except (OSError, ValueError, TypeError):  # TimeoutError is an OSError
        raise ScenarioError(
            f"--cluster {address}: no scheduler answered within {WAIT_S:.0f} s; start one with "
            '"dask scheduler" and workers with "dask worker ADDRESS", and give its address, as in '
            "tcp://10.0.0.1:8786"
        ) from None
    try:
        client.wait_for_workers(1, timeout=WAIT_S)
    except TimeoutError:
        client.close()
        raise ScenarioError(
            f'--cluster {address}: it has no workers; start them with "dask worker {address}"'
        ) from None
    return client


def _send(client: Any, study: Study) -> None:
    """Send the shared data to every worker, also to those that join later."""
    from distributed import WorkerPlugin

    class Shared(WorkerPlugin):
        name = _NAME

        def setup(self, worker: Any) -> None:
            worker.altay_energy_shared = parts

    parts: tuple[Work, Any] = study.work, study.shared
    client.register_plugin(Shared())


def _alone(client: Any, killed: type[Exception], job: Job) -> Result:
    """Run one job of a batch that ended several workers."""
    try:
        (result,) = client.submit(_work, [job], pure=False).result()
    except killed:
        return Failure(DIED)
    return result  # type: ignore[no-any-return]


def _work(jobs: list[Job]) -> list[Result]:
    from distributed import get_worker

    worker: Any = get_worker()
    work, shared = worker.altay_energy_shared
    return attempt(work, shared, jobs)
