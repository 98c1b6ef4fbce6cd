"""Time and memory of an ensemble of weather years.

    python benchmarks/ensemble.py [--scenario burqin-2030] [--years 192] [--workers 2]
    python benchmarks/ensemble.py --memory 100 10000 [--scenario jeminay-2023]

The first prints the processor time of each stage of a block of years (weather, rivers' water, power
of plants, dispatch, its checks, figures), in ms a year, then the elapsed time a year of the whole
study with as many processes, quantiles and all figures included. The second runs whole studies in
processes of their own, one after another, and prints the peak of their memory and its ratio to the
first.
"""

from __future__ import annotations

import argparse
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
    os.environ.setdefault(_name, "1")

import altay_energy as ae  # noqa: E402 - after the number of threads
from altay_energy.run.methods import dispatched  # noqa: E402
from altay_energy.run.portfolio import Run  # noqa: E402
from altay_energy.study.ensemble.ensemble import ensemble_of  # noqa: E402
from altay_energy.study.ensemble.years import BLOCK, year_block  # noqa: E402
from altay_energy.study.runner.rows import rows_of  # noqa: E402
from altay_energy.study.runner.run import Way, run_study  # noqa: E402

ROOT = Path(__file__).parents[1]
REPEATS = 3


def portfolio_of(name: str) -> ae.Portfolio:
    """Portfolio of a shipped scenario."""
    return ae.load(ROOT / "scenarios" / f"{name}.toml").portfolio


def stages(portfolio: ae.Portfolio, first: int) -> dict[str, float]:
    """Processor time of each stage of one block, ms a year."""
    found: dict[str, float] = {}

    def timed(stage: str, work: Callable[[], Any]) -> Any:
        begin = time.process_time()
        done = work()
        found[stage] = 1e3 * (time.process_time() - begin) / BLOCK
        return done

    block = timed("weather", lambda: year_block(portfolio, range(first, first + BLOCK)))
    timed("water", lambda: block.water)
    power = timed("power", block.available_power)
    demand = timed("demand", lambda: block.demand(power))
    problem = timed("problem", lambda: block.problem_of(power, demand))
    dispatch = timed("dispatch", lambda: dispatched(problem, block.dispatch))
    timed("checks", dispatch.check)
    run = Run(portfolio=block, problem=problem, dispatch=dispatch, demand=demand)
    timed("figures", lambda: rows_of(run))
    return found


def print_stages(portfolio: ae.Portfolio) -> None:
    """Print the least time of each stage in some blocks."""
    stages(portfolio, 10_000)  # tables that are made once
    runs = [stages(portfolio, 1 + k * BLOCK) for k in range(REPEATS)]
    least = {name: min(run[name] for run in runs) for name in runs[0]}
    for name, value in least.items():
        print(f"  {name:10s} {value:7.2f} ms a year, one core")
    late = ("problem", "dispatch", "checks", "figures")
    print(f"  dispatch and figures {sum(least[name] for name in late):.2f}")
    print(f"  all of it {sum(least.values()):.2f}")


def study(portfolio: ae.Portfolio, years: int, workers: int) -> float:
    """Run a whole study, quantiles included; elapsed time. [s]"""
    ensemble = ensemble_of([portfolio], years=years)
    with tempfile.TemporaryDirectory() as folder:
        begin = time.monotonic()
        way = Way(workers=workers, yes=True)
        run_study(
            ensemble.study(),
            Path(folder) / "study",
            lambda outcome: ensemble.document(outcome.columns),  # type: ignore[arg-type, return-value]
            way,
        )
        return time.monotonic() - begin


def peak_mb(scenario: str, years: int) -> float:
    """Peak memory of a process that runs a study. [MB]"""
    command = [sys.executable, __file__, "--scenario", scenario, "--alone", str(years)]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    return float(done.stdout.splitlines()[-1])


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--scenario", default="burqin-2030")
    parser.add_argument("--years", type=int, default=3 * BLOCK)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--memory", type=int, nargs="+", metavar="YEARS")
    parser.add_argument("--alone", type=int, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.alone is not None:
        study(portfolio_of(options.scenario), options.alone, 1)
        print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024.0)
        return
    if options.memory:
        peaks = [peak_mb(options.scenario, years) for years in options.memory]
        for years, peak in zip(options.memory, peaks, strict=True):
            print(
                f"{options.scenario}: {years:6d} years: peak {peak:.0f} MB, {peak / peaks[0]:.3f}"
            )
        return
    portfolio = portfolio_of(options.scenario)
    print(f"{options.scenario} by {portfolio.dispatch.method}, blocks of {BLOCK} years")
    print_stages(portfolio)
    elapsed = study(portfolio, options.years, options.workers)
    print(
        f"{options.years} years with {options.workers} processes: {elapsed:.1f} s, "
        f"{1e3 * elapsed / options.years:.1f} ms a year"
    )


if __name__ == "__main__":
    main()
