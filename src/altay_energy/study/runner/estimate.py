"""Time, memory and files that a study will need, estimated from its first batch."""

from __future__ import annotations

import math
import os
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path

from altay_energy.core.errors import OutputError
from altay_energy.core.value import Value

MEMORY_SHARE = 0.75
"""Share of the machine's memory that a study may use unless a budget is given. [-]"""

BYTES_IN_MEMORY = 24
"""Memory of a figure of a job while results are written: columns, data set, text. [B]"""

BYTES_IN_FILES = 36
"""Disk space of a figure of a job: store and netCDF 8 each, CSV about 20. [B]"""

_LIMIT_OF_GROUP = Path("/sys/fs/cgroup/memory.max")


@dataclass(frozen=True)
class Estimate(Value):
    """What the whole study will need; NaN where the system does not say.

    Parameters
    ----------
    time_s : float
        Time. [s]
    memory_bytes : float
        Memory of the main process and all workers of this machine. [B]
    files_bytes : float
        Disk space, of the unfinished study and the results together. [B]
    """

    time_s: float
    memory_bytes: float
    files_bytes: float

    @property
    def words(self) -> str:
        """Time, memory and disk space with their units."""
        time, files = duration(self.time_s), size(self.files_bytes)
        if not math.isfinite(self.memory_bytes):
            return f"{time}, memory not known, {files} on disk"
        return f"{time}, {size(self.memory_bytes)} of memory, {files} on disk"


def estimate(
    first_s: float, batches: int, jobs: int, figures: int, workers: int, worker_bytes: float
) -> Estimate:
    """Estimate what a study will need.

    Parameters
    ----------
    first_s : float
        Time of the first batch. [s]
    batches : int
        Number of batches.
    jobs : int
        Number of jobs.
    figures : int
        Number of figures of a job.
    workers : int
        Processes that share the batches; 1 if the main process does all.
    worker_bytes : float
        Largest memory of a worker so far, 0 if the main process does all. [B]
    """
    own = peak_memory() + jobs * figures * BYTES_IN_MEMORY
    return Estimate(
        time_s=first_s * batches / workers,
        memory_bytes=own + workers * worker_bytes,
        files_bytes=float(jobs * figures * BYTES_IN_FILES),
    )


def check(expected: Estimate, folder: Path, budget_s: float, budget_bytes: float | None) -> None:
    """Refuse a study that needs more than its budget.

    Parameters
    ----------
    expected : Estimate
    folder : Path
        Folder of the results.
    budget_s : float
        Longest time. [s]
    budget_bytes : float or None
        Largest memory; None for `MEMORY_SHARE` of the machine's. [B]

    Raises
    ------
    OutputError
        If time, memory or disk space is above the budget.
    """
    if expected.time_s > budget_s:
        raise OutputError(
            f"the study would take about {duration(expected.time_s)}, more than the budget of "
            f"{duration(budget_s)}; go on with --resume --yes, or run fewer jobs"
        )
    memory = MEMORY_SHARE * machine_memory() if budget_bytes is None else budget_bytes
    if expected.memory_bytes > memory:
        raise OutputError(
            f"the study would need about {size(expected.memory_bytes)} of memory, more than the "
            f"budget of {size(memory)}; go on with --resume and fewer --workers, or with --yes"
        )
    free = shutil.disk_usage(folder.resolve().parent).free
    if expected.files_bytes > free:
        raise OutputError(
            f"the study would write about {size(expected.files_bytes)}, but {size(float(free))} "
            f"are free in {folder.resolve().parent}; write to another disk, or run fewer jobs"
        )


def peak_memory() -> float:
    """Return the largest memory of this process so far, NaN where it is not known. [B]"""
    try:
        import resource
    except ImportError:  # Windows
        return math.nan
    unit = 1 if sys.platform == "darwin" else 1024
    return float(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit)


def machine_memory() -> float:
    """Return the memory that processes of this machine may use together, inf if not known. [B]"""
    try:
        memory = float(os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE"))
    except (AttributeError, ValueError, OSError):
        return math.inf
    try:
        return min(memory, float(_LIMIT_OF_GROUP.read_text(encoding="ascii")))
    except (OSError, ValueError):  # no limit of a container, or "max"
        return memory


def duration(seconds: float) -> str:
    """Return a time with the unit that suits it.

    Parameters
    ----------
    seconds : float
    """
    for unit, length in (("days", 86400.0), ("h", 3600.0), ("min", 60.0)):
        if seconds >= 2.0 * length:
            return f"{seconds / length:.3g} {unit}"
    return f"{seconds:.3g} s"


def size(count: float) -> str:
    """Return a size in bytes with the unit that suits it.

    Parameters
    ----------
    count : float
    """
    for unit, length in (("TB", 1e12), ("GB", 1e9), ("MB", 1e6)):
        if count >= length:
            return f"{count / length:.3g} {unit}"
    return f"{count / 1e3:.3g} kB"
