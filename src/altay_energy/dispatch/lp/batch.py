"""Splits batches of programs for parallel workers, and joins their solutions.

Programs solved by NumPy run in processes, since an iteration consists of some hundred array
operations of 20 µs each, and threads would exchange the interpreter's lock as often. Compiled
passes release the lock and run in threads, which share memory. Programs are independent, so results
do not depend on the split.
"""

from __future__ import annotations

import math
import signal
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from dataclasses import replace
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from altay_energy.dispatch.lp.program import BlockLP, BlockSolution

_VARIABLES_OF_A_TASK = 500_000
"""Largest task, some 40,000 steps: sending arrays and allocating memory then take little time
(tasks of two fifths of that took 6 % longer), and workers still share the load evenly."""

_FEWEST_VARIABLES = 1_000_000
"""Smallest batch for worker processes, some 90,000 steps; others are solved before they start."""

_OWN_AXES = {
    "rhs": 2,
    "cost": 2,
    "lower": 2,
    "upper": 2,
    "quadratic": 2,
    "dense_rhs": 1,
    "shared": 3,
}

_Task = TypeVar("_Task")
_Found = TypeVar("_Found")


def tasks_of(lp: BlockLP, workers: int) -> list[BlockLP]:
    """Split a batch into parts for different workers.

    Parameters
    ----------
    lp : BlockLP
        Leading shape (...).
    workers : int
        Number of processes.

    Returns
    -------
    list of BlockLP
        Parts with one leading axis each, in order; only ``lp`` itself if splitting would take
        longer than it saves.
    """
    runs, variables = math.prod(lp.lead), lp.columns * lp.steps
    if workers == 1 or runs * variables < _FEWEST_VARIABLES:
        return [lp]
    tasks = -(-runs // max(1, _VARIABLES_OF_A_TASK // variables))
    tasks = min(-(-tasks // workers) * workers, runs)  # as many for each worker
    return parts_of(lp, -(-runs // tasks))


def parts_of(lp: BlockLP, most: int) -> list[BlockLP]:
    """Split a batch into parts of at most ``most`` programs, with one leading axis each.

    Parameters
    ----------
    lp : BlockLP
        Leading shape (...).
    most : int
        Largest number of programs of a part; at least one.

    Returns
    -------
    list of BlockLP
        Parts in order; ``lp`` itself if there is only one.
    """
    runs, most = math.prod(lp.lead), max(1, most)
    if runs <= most:
        return [lp]
    return [_part(lp, slice(first, first + most)) for first in range(0, runs, most)]


def _part(lp: BlockLP, which: slice) -> BlockLP:
    changed: dict[str, Any] = {}
    for name, own in _OWN_AXES.items():
        values = getattr(lp, name)
        if values is not None and values.ndim > own:
            whole = np.broadcast_to(values, (*lp.lead, *values.shape[values.ndim - own :]))
            lead = len(lp.lead)
            changed[name] = whole.reshape(-1, *whole.shape[lead:])[which]
    return replace(lp, **changed)


def joined(parts: Sequence[BlockSolution], lead: tuple[int, ...]) -> BlockSolution:
    """Join the solutions of parts.

    Parameters
    ----------
    parts : sequence of BlockSolution
        Solutions with one leading axis each.
    lead : tuple of int
        Leading shape of all together.
    """
    return _together(parts, lead, np.concatenate)


def stacked(runs: Sequence[BlockSolution], lead: tuple[int, ...]) -> BlockSolution:
    """Join solutions of single programs, without leading axes.

    Parameters
    ----------
    runs : sequence of BlockSolution
        In order.
    lead : tuple of int
        Leading shape of all together.
    """
    return _together(runs, lead, np.stack)


def with_one(solutions: BlockSolution, place: tuple[int, ...], one: BlockSolution) -> BlockSolution:
    """Return the solutions of a batch with that of one program replaced.

    Parameters
    ----------
    solutions : BlockSolution
        Solutions of all programs.
    place : tuple of int
        Index of the program in the leading axes.
    one : BlockSolution
        New solution of the program.
    """

    def mended(name: str) -> Any:
        values = getattr(solutions, name).copy()
        values[place] = getattr(one, name)
        return values

    return replace(solutions, **{name: mended(name) for name in _ARRAYS})


_ARRAYS = ("status", "x", "y", "row_dual", "dense_dual", "iterations")


def _together(
    solutions: Sequence[BlockSolution],
    lead: tuple[int, ...],
    join: Callable[[list[Any]], NDArray[Any]],
) -> BlockSolution:
    def of(name: str) -> Any:
        values = join([getattr(one, name) for one in solutions])
        return values.reshape((*lead, *values.shape[1:]))

    solver = ", ".join(dict.fromkeys(one.solver for one in solutions))
    return BlockSolution(solver=solver, **{name: of(name) for name in _ARRAYS})


def in_workers(
    function: Callable[[_Task], _Found], tasks: Sequence[_Task], workers: int
) -> Iterator[_Found]:
    """Call a function in processes; return its results in the order of the tasks.

    An error in a task, or Ctrl-C, ends the workers after their current tasks.

    Parameters
    ----------
    function : callable
        Function that can be pickled: defined at the top of a module.
    tasks : sequence
        Its arguments, one each.
    workers : int
        Number of processes; started by the platform's default method.
    """
    pool = ProcessPoolExecutor(min(workers, len(tasks)), initializer=_leave_interrupts)
    try:
        for future in [pool.submit(function, task) for task in tasks]:
            yield future.result()
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def in_threads(
    function: Callable[[_Task], _Found], tasks: Sequence[_Task], workers: int
) -> Iterator[_Found]:
    """Call a function in threads; return its results in the order of the tasks.

    Parameters
    ----------
    function : callable
        Function that releases the interpreter's lock.
    tasks : sequence
        Its arguments, one each.
    workers : int
        Number of threads.
    """
    if min(workers, len(tasks)) == 1:
        yield from map(function, tasks)
        return
    with ThreadPoolExecutor(min(workers, len(tasks))) as pool:
        yield from pool.map(function, tasks)


def _leave_interrupts() -> None:
    """Ignore Ctrl-C, which reaches all processes of a terminal; the parent handles it."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
