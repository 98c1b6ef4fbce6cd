"""Cost of money in a run of a year: time and memory with ``[grid.bill]`` less those without.

    python benchmarks/money.py

Prints the median of twenty; the goal is at most 20 ms and 10 MB a year beside the run without.
"""

from __future__ import annotations

import statistics
import time
import tracemalloc
from collections.abc import Callable, Sequence
from pathlib import Path

import altay_energy as ae

SCENARIO = Path(__file__).parents[1] / "scenarios" / "jeminay-2026.toml"
TIMES = 20


def milliseconds(actions: Sequence[Callable[[], object]]) -> list[float]:
    """Median duration of each action; they take turns, for the machine may slow down."""
    found: list[list[float]] = [[] for _ in actions]
    for _ in range(TIMES):
        for action, spent in zip(actions, found, strict=True):
            begin = time.perf_counter()
            action()
            spent.append(1000.0 * (time.perf_counter() - begin))
    return [statistics.median(spent) for spent in found]


def megabytes(actions: Sequence[Callable[[], object]]) -> list[float]:
    """Largest memory of Python and NumPy during each action."""
    found = []
    for action in actions:
        tracemalloc.start()
        action()
        found.append(tracemalloc.get_traced_memory()[1] / 1e6)
        tracemalloc.stop()
    return found


def main() -> None:
    """Print the table."""
    billed = ae.load(SCENARIO).portfolio
    assert billed.grid is not None
    given = billed.grid.given()
    given["bill"] = None
    plain = billed.with_(grid=ae.Grid(**given))

    def run(portfolio: ae.Portfolio) -> Callable[[], object]:
        # A new connection each time: prices of a period are kept with it.
        assert portfolio.grid is not None
        limit = portfolio.grid.import_limit_mw
        return lambda: portfolio.with_(grid=portfolio.grid.with_(import_limit_mw=limit)).run().kpis

    both = [run(plain), run(billed)]
    milliseconds(both)
    for what, measure, unit in (("time", milliseconds, "ms"), ("memory", megabytes, "MB")):
        without, with_bill = measure(both)
        print(
            f"{what:7s} without {without:8.1f} {unit}   with a bill {with_bill:8.1f} {unit}   "
            f"difference {with_bill - without:6.1f} {unit}"
        )


if __name__ == "__main__":
    main()
