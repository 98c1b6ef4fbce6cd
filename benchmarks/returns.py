"""Time and memory of internal rates of return: one array call against numpy-financial in a loop.

Run with ``python benchmarks/returns.py`` in an environment with the extra ``bench``. Flows of an
outlay and years of income as in the tests, and the same with replacements, which change their sign
several times.
"""

from __future__ import annotations

import os
import time
import tracemalloc
from collections.abc import Callable

import numpy as np
import numpy_financial as peer

from altay_energy.run.money.returns import internal_rates


def flows_of(scenarios: int, years: int, replaced: tuple[int, ...] = ()) -> np.ndarray:
    """An outlay, years of income, and outlays of 400 in the years that are replaced."""
    rng = np.random.default_rng(1)
    outlay = -rng.uniform(500.0, 1500.0, (scenarios, 1))
    flows = np.concatenate([outlay, rng.uniform(50.0, 250.0, (scenarios, years))], axis=1)
    flows[:, list(replaced)] = -400.0
    return flows


def best_ms(work: Callable[[], object], repeats: int) -> float:
    """Shortest of several times. [ms]"""
    times = []
    for _ in range(repeats):
        begin = time.perf_counter()
        work()
        times.append(time.perf_counter() - begin)
    return 1e3 * min(times)


def memory_ratio(flows: np.ndarray) -> float:
    """Peak of one call over the size of the flows. [-]"""
    tracemalloc.start()
    before = tracemalloc.get_traced_memory()[0]
    internal_rates(flows)
    peak = tracemalloc.get_traced_memory()[1] - before
    tracemalloc.stop()
    return peak / flows.nbytes


def main() -> None:
    """Print one row for each size."""
    print(f"NumPy {np.__version__}, numpy-financial {peer.__version__}, {os.cpu_count()} cores")
    print("flows × years        replaced    one call [ms]    loop [ms]   faster   memory / flows")
    for scenarios, years, replaced in (
        (100, 20, ()),
        (1000, 25, ()),
        (100, 20, (12,)),
        (100, 20, (8, 15)),
    ):
        flows = flows_of(scenarios, years, replaced)
        found = internal_rates(flows)
        ours = best_ms(lambda f=flows: internal_rates(f), 20)
        loop = best_ms(lambda f=flows: [peer.irr(flow) for flow in f], 3)
        one = found.count == 1
        off = max(abs(peer.irr(f) - r) for f, r in zip(flows[one], found.only[one], strict=True))
        assert off < 1e-9, "the two do not agree"
        print(
            f"{scenarios:5d} × {years:2d}  {replaced!s:>16s}  {ours:12.3f}  {loop:12.1f} "
            f"{loop / ours:8.0f}  {memory_ratio(flows):12.2f}"
        )


if __name__ == "__main__":
    main()
