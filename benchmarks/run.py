"""Time of commands: --help, a run from the shell, and the parts of a run in one process.

    python benchmarks/run.py [SCENARIO.toml]

Prints the median of five for commands (each a fresh process) and of twenty for parts in process.
"""

from __future__ import annotations

import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import altay_energy as ae

ROOT = Path(__file__).parents[1]


def seconds(action: Callable[[], object], times: int) -> str:
    """Median, lowest and highest duration of an action."""
    found = []
    for _ in range(times):
        begin = time.perf_counter()
        action()
        found.append(time.perf_counter() - begin)
    return f"{statistics.median(found):8.3f} s   ({min(found):.3f} to {max(found):.3f})"


def shell(*words: str) -> None:
    """Run the command in a process of its own."""
    command = [sys.executable, "-m", "altay_energy", *words]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def main() -> None:
    """Print the table."""
    scenario = sys.argv[1] if len(sys.argv) > 1 else str(ROOT / "scenarios" / "burqin-2030.toml")
    folder = Path(tempfile.mkdtemp())
    results = str(folder / "results")
    print(f"scenario: {Path(scenario).name}")
    print("--help                       ", seconds(lambda: shell("--help"), 5))
    print("run, table only              ", seconds(lambda: shell("run", scenario), 5))
    files = ("run", scenario, "-o", results, "--force")
    print("run to files, no charts      ", seconds(lambda: shell(*files, "--no-charts"), 5))
    print("run to files, charts, report ", seconds(lambda: shell(*files), 3))

    print("load, weather included       ", seconds(lambda: ae.load(scenario), 20))
    portfolio = ae.load(scenario).portfolio
    available, demand = portfolio.available_power(), portfolio.demand()
    print("weather to power, all plants ", seconds(portfolio.available_power, 20))
    print("demand                       ", seconds(portfolio.demand, 20))

    def dispatch() -> None:
        from altay_energy.dispatch.rules.rules import dispatch_by_rules

        dispatch_by_rules(portfolio.problem_of(available, demand))

    print("dispatch by rules            ", seconds(dispatch, 20))
    print("all of a run to its figures  ", seconds(lambda: portfolio.run().kpis, 20))
    shutil.rmtree(folder)


if __name__ == "__main__":
    main()
