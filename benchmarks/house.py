"""Time of whole commands with the code of two revisions, alternately in one run.

    python benchmarks/house.py [REVISION] [--alternations 5] [--years 1000] [--only NAME ...]

compares the working tree with a revision of git (``HEAD`` if none is given). Each sample is a
process of its own that imports the package, loads ``scenarios/burqin-2030.toml`` of the working
tree and then times one task; imports and loading are not timed. The two revisions take turns and
swap who begins. Printed are medians of elapsed and processor time, and of the ratios, new to old,
within each turn the median and in brackets the smallest and the largest. The ratio of processor
time means more on a machine that others use. Exit status 1 if a median ratio of processor time is
above 1.05.

- ``rules``, ``optimal``, ``units``, ``rolling``: one year of the scenario by this method;
- ``rule years``: synthetic years of load, wind and sun with the storages of Burqin, at once.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

ROOT = Path(__file__).parents[1]
SCENARIO = ROOT / "scenarios" / "burqin-2030.toml"
METHODS = ("rules", "optimal", "units", "rolling")
GOAL = 1.05
"""Largest ratio of processor time, new to old, that counts as no loss of speed."""


def one_run(method: str) -> Callable[[], object]:
    """A run of the scenario by a method, ready to be timed."""
    import altay_energy as ae

    scenario = ae.load(SCENARIO, [f'dispatch.method="{method}"'])
    return scenario.run


def rule_years(years: int) -> Callable[[], object]:
    """Dispatch by rules of many years at once, ready to be timed."""
    import numpy as np

    try:
        from altay_energy.dispatch.problem.problem import Problem, StorageLimits
        from altay_energy.dispatch.rules.rules import dispatch_by_rules
    except ImportError:  # before the modules moved
        from altay_energy.dispatch.problem import Problem, StorageLimits
        from altay_energy.dispatch.rules import dispatch_by_rules
    rng = np.random.default_rng(1)
    hour = np.arange(8760)
    wind = 3000.0 * rng.uniform(size=(years, 365)).repeat(24, axis=1)
    sun = 2000.0 * np.maximum(-np.cos(2.0 * np.pi * hour / 24.0), 0.0)
    problem = Problem(
        step_hours=1.0,
        load_mw=1500.0 + 300.0 * np.cos(2.0 * np.pi * hour / 24.0),
        renewables={"wind.a": wind, "solar.b": sun},
        thermals=(),
        storages=(
            StorageLimits("pumped_storage.a", 1400.0, 1400.0, 9333.0, 0.833, 0.90),
            StorageLimits("battery.b", 200.0, 200.0, 800.0, 0.955, 0.955, 4e-5),
        ),
        import_limit_mw=1000.0,
        export_limit_mw=2000.0,
        import_price_cny_mwh=300.0,
        export_price_cny_mwh=150.0,
        unserved_cost_cny_mwh=10_000.0,
        grid_emission_factor_t_mwh=0.6,
    )
    return lambda: dispatch_by_rules(problem)


def sample(task: str, years: int) -> None:
    """Time one task in this process and print elapsed and processor time as JSON. [s]"""
    import time

    work = rule_years(years) if task == "rule years" else one_run(task)
    begin, used = time.perf_counter(), time.process_time()
    work()
    print(json.dumps([time.perf_counter() - begin, time.process_time() - used]))


def sampled(code: Path, task: str, years: int) -> list[float]:
    """Elapsed and processor time of a task by the package in ``code``. [s]"""
    environment = os.environ | {
        "PYTHONPATH": str(code / "src"),
        "OMP_NUM_THREADS": "1",
        "OPENBLAS_NUM_THREADS": "1",
    }
    command = [sys.executable, __file__, "--sample", task, "--years", str(years)]
    done = subprocess.run(command, env=environment, check=True, stdout=subprocess.PIPE, text=True)
    times: list[float] = json.loads(done.stdout.splitlines()[-1])
    return times


def spread(old: Sequence[float], new: Sequence[float]) -> tuple[float, float, float]:
    """Median, smallest and largest of the ratios new / old, turn by turn."""
    ratios = [n / o for o, n in zip(old, new, strict=True)]
    return statistics.median(ratios), min(ratios), max(ratios)


def compare(before: Path, task: str, alternations: int, years: int) -> float:
    """Print the times of a task; return the median ratio of processor time, new to old."""
    times: dict[Path, list[list[float]]] = {before: [], ROOT: []}
    for turn in range(alternations):
        for code in (before, ROOT) if turn % 2 == 0 else (ROOT, before):
            times[code].append(sampled(code, task, years))
    line = f"{task:<12s}"
    for k, kind in enumerate(("elapsed", "processor")):
        old, new = ([turn[k] for turn in times[code]] for code in (before, ROOT))
        ratio, low, high = spread(old, new)
        line += f" {statistics.median(old):8.2f} {statistics.median(new):8.2f} s {kind}"
        line += f" {ratio:6.3f} [{low:.3f}, {high:.3f}] "
    print(line.rstrip(), flush=True)
    return ratio


def main() -> int:
    """Print one line a task; 0 if none is slower than `GOAL`."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("revision", nargs="?", default="HEAD")
    parser.add_argument("--alternations", type=int, default=5)
    parser.add_argument("--years", type=int, default=1000)
    parser.add_argument("--only", nargs="+", choices=[*METHODS, "rule years"])
    parser.add_argument("--sample", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.sample:
        sample(options.sample, options.years)
        return 0
    print(f"{'':<12s} {'before':>8s} {'now':>8s}")
    with tempfile.TemporaryDirectory() as kept:
        before = Path(kept) / "before"
        git = ["git", "-C", str(ROOT), "worktree"]
        subprocess.run([*git, "add", "-q", "--detach", str(before), options.revision], check=True)
        try:
            tasks = options.only or [*METHODS, "rule years"]
            ratios = [compare(before, t, options.alternations, options.years) for t in tasks]
        finally:
            subprocess.run([*git, "remove", "--force", str(before)], check=True)
    return 1 if max(ratios) > GOAL else 0


if __name__ == "__main__":
    sys.exit(main())
