"""Cost of a run against the number of runs of a study: the runner alone, a sweep, two processes.

Run with ``python benchmarks/studies.py [--most 100000] [--sweep 200]``. The runner is timed with
jobs that compute nothing; the peak of memory is that of the process so far.
"""

from __future__ import annotations

import argparse
import resource
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from altay_energy.study.runner.jobs import Job, Study
from altay_energy.study.runner.run import Outcome, Way, run_study
from altay_energy.study.sweep.axes import Axis
from altay_energy.study.sweep.sweep import base_of, grid_of, sweep_of

FIGURES = [f"figure_{k}" for k in range(60)]
"""As many as a run of a small scenario has."""

SCENARIO = Path(__file__).parent.parent / "scenarios" / "jeminay-2023.toml"


class Numbers(Sequence[Job]):
    """Jobs that are made when they are asked for."""

    def __init__(self, count: int) -> None:
        self.count = count

    def __len__(self) -> int:
        return self.count

    def __getitem__(self, number: Any) -> Any:
        if not 0 <= number < self.count:
            raise IndexError(number)
        return Job(number, f"x = {number}", {"x": float(number)})


def nothing(shared: None, jobs: Sequence[Job]) -> list[dict[str, float]]:
    """Return made-up figures at once."""
    return [{name: float(job.number) for name in FIGURES} for job in jobs]


def drop(outcome: Outcome) -> None:
    """Write nothing."""


def timed(study: Study, folder: Path, way: Way | None = None) -> float:
    """Return the time of a study. [s]"""
    begin = time.perf_counter()
    run_study(study, folder / "out", drop, way)
    return time.perf_counter() - begin


def peak_mb() -> float:
    """Return the peak of memory of this process. [MB]"""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024.0


def main() -> None:
    """Print the times."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--most", type=int, default=100_000)
    options.add_argument("--sweep", type=int, default=200)
    asked = options.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        print("runner alone         ms a job   peak MB")
        count = 1
        while count <= asked.most:
            study = Study("sweep", nothing, None, Numbers(count), 32, {})
            seconds = timed(study, folder)
            print(f"  {count:9,d} jobs  {1e3 * seconds / count:9.3f}  {peak_mb():8.0f}")
            count *= 10
        base = base_of(SCENARIO)
        values = tuple(float(200 + k) for k in range(asked.sweep))
        sweep = sweep_of(base, grid_of([Axis("grid.export_limit_mw", values)]))
        alone, both = timed(sweep, folder), timed(sweep, folder, Way(workers=2))
        print(f"sweep of jeminay-2023 by rules, {asked.sweep} runs    ms a run")
        print(f"  one process           {1e3 * alone / asked.sweep:9.2f}   peak {peak_mb():.0f} MB")
        print(f"  two processes         {1e3 * both / asked.sweep:9.2f}   ({alone / both:.2f} ×)")


if __name__ == "__main__":
    main()
