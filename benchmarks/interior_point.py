"""Time to solve a year of optimal dispatch: alone, fifty at once, and in HiGHS.

Run with ``python benchmarks/interior_point.py [--years 50] [--workers 2] [--profile] [--shapes]``.
``--shapes`` times programs of every shape that occurs. All solvers
get the same matrices and the same bounds in the same run. Times are the shortest of several; on a
busy machine those of two processes are unreliable, so CPU time is printed as well.
"""

from __future__ import annotations

import argparse
import os
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

import altay_energy as ae
from altay_energy.dispatch.lp.certificate import certificate
from altay_energy.dispatch.lp.highs import solve_by_highs
from altay_energy.dispatch.lp.interior_point import Effort, InteriorPoint, solve_fast
from altay_energy.dispatch.lp.program import BlockLP, no_dense
from altay_energy.dispatch.program.formulation import formulate

SCENARIOS = Path(__file__).parents[1] / "scenarios"

STORAGES = (  # charge, discharge [MW], content [MWh], efficiencies, share kept an hour
    (1400.0, 1400.0, 8400.0, 0.866, 0.866, 1.0),
    (40.0, 40.0, 80.0, 0.95, 0.95, 0.99999),
)


def some_years(
    count: int,
    *,
    hours: int = 8760,
    seed: int = 0,
    market: bool = False,
    storages: Sequence[tuple[float, ...]] = STORAGES,
) -> BlockLP:
    """Wind, sun, load, grid, pumped storage and battery; synthetic, like Burqin's in size.

    Variables of an hour: own generation, import, export, unserved load, and for each storage
    charge, discharge and level. ``count`` 0 gives one year without a leading axis. Prices are a
    tariff of three periods, or those of a ``market``, which differ in every hour.
    """
    rng = np.random.default_rng(seed)
    hour, runs = np.arange(hours), max(count, 1)
    days = np.repeat(rng.uniform(0.0, 1.0, (runs, hours // 24 + 1)), 24, axis=1)[:, :hours]
    wind = 4000.0 * np.clip(days + rng.normal(0.0, 0.1, (runs, hours)), 0.0, 1.0)
    sun = 1600.0 * np.maximum(-np.cos(2.0 * np.pi * hour / 24.0), 0.0)
    load = 1500.0 + 300.0 * np.cos(2.0 * np.pi * hour / 24.0)
    tariff = np.choose(hour % 24 // 8, [180.0, 280.0, 430.0])
    if market:
        tariff = tariff + rng.normal(0.0, 60.0, hours)
    rows, columns = 1 + len(storages), 4 + 3 * len(storages)
    now, before = np.zeros((rows, columns)), np.zeros((rows, columns))
    cost, upper = np.zeros((columns, hours)), np.zeros((runs, columns, hours))
    now[0, :4] = 1.0, 1.0, -1.0, 1.0
    cost[1], cost[2], cost[3] = tariff, -0.6 * tariff, 10_000.0
    upper[:, 0] = wind + sun * rng.uniform(0.3, 1.0, (runs, hours))
    upper[:, 1:3], upper[:, 3] = 1000.0, load
    for s, (charge, discharge, content, into, out, keep) in enumerate(storages):
        at, row = 4 + 3 * s, 1 + s
        now[0, at : at + 2] = -1.0, 1.0
        now[row, at : at + 3] = -into, 1.0 / out, 1.0
        before[row, at + 2] = keep
        for column, most in zip(range(at, at + 3), (charge, discharge, content), strict=True):
            upper[:, column] = most
    rhs = np.zeros((rows, hours))
    rhs[0] = load
    return BlockLP(
        now=now,
        before=before,
        rhs=rhs,
        cost=cost,
        lower=np.zeros((columns, hours)),
        upper=upper if count else upper[0],
        cyclic=True,
        quadratic=None,
        shared=np.zeros((rows, 0, hours)),
        **no_dense(columns, hours),
    )


def best(work: Callable[[], object], repeats: int = 5) -> tuple[float, float]:
    """Shortest elapsed time and processor time of this process and its children. [ms]"""
    elapsed, processor = [], []
    for _ in range(repeats):
        begin, used = time.perf_counter(), sum(os.times()[:4])
        work()
        elapsed.append(time.perf_counter() - begin)
        processor.append(sum(os.times()[:4]) - used)
    return 1e3 * min(elapsed), 1e3 * min(processor)


def one_year(*, market: bool) -> None:
    """A year alone, and what HiGHS takes for it, from arrays to arrays."""
    lp = some_years(0, market=market)
    ours = solve_fast(lp)
    proof = certificate(lp, ours)
    fast, used = best(lambda: solve_fast(lp))
    turns = int(ours.iterations)
    prices = "prices of a market" if market else "tariff of 3 periods"
    print(f"one year, {lp.rows} rows an hour, {prices}   elapsed   processor")
    print(f"  interior point along time              {fast:8.0f} ms {used:8.0f} ms")
    print(f"    {turns} iterations of {used / turns:.1f} ms; gap {proof.gap:.0e}, rows to "
          f"{proof.primal_residual:.0e} MW")  # fmt: skip
    for method in ("simplex", "ipm"):
        theirs = solve_by_highs(lp, method=method)
        objective = certificate(lp, theirs).objective
        took, theirs_used = best(lambda m=method: solve_by_highs(lp, method=m), 2)
        print(
            f"  HiGHS {method:8s}                         {took:8.0f} ms {theirs_used:8.0f} ms"
            f"   {theirs_used / used:5.1f} ×   cost differs by "
            f"{abs(objective / proof.objective - 1.0):.0e}"
        )
    curved = replace(lp, quadratic=np.full((lp.columns, 1), 1e-2) * np.ones(lp.steps))
    _, used = best(lambda: solve_fast(curved), 3)
    print(f"  the same with squares of all variables             {used:8.0f} ms")


def many_years(years: int, workers: int) -> None:
    """Weather years at once, by one process and by several, against some of them one at a time."""
    lp = some_years(years)
    few = [lp.one((k,)) for k in range(min(years, 10))]
    _, alone = best(lambda: [solve_fast(year) for year in few], 2)
    single = alone / len(few)
    solver = InteriorPoint(lp)
    print(f"{len(few)} of the years one at a time                   {single:8.1f} ms each")
    print(f"{years} years at once                              elapsed   processor (a year)")
    for count in sorted({1, workers}):
        took, used = best(lambda n=count: solver.solve(lp, Effort(workers=n)), 2)
        print(
            f"  processes: {count}                           {took / years:8.1f} ms "
            f"{used / years:8.1f} ms   {took / years / single:.2f} × one alone"
            f" (processor {used / count / years / single:.2f} ×)"
        )


def windows() -> None:
    """Two days, as an operator who looks ahead solves them, one after another and at once."""
    lp = replace(some_years(0, hours=48), cyclic=False)
    solver = InteriorPoint(lp)
    _, used = best(lambda: [solver.solve(lp) for _ in range(50)], 5)
    batch = replace(some_years(365, hours=48), cyclic=False)
    _, together = best(lambda: solve_fast(batch), 3)
    print(
        f"48 hours: one {used / 50:.2f} ms, of 365 at once {together / 365:.2f} ms each (processor)"
    )


# Programs: storages, years at once, steps, cyclic; or the name of a shipped scenario. Then the time
# of the whole solve by LAPACK's banded Cholesky over that with block cyclic reduction before it,
# medians of five in turn on one thread. It was worth its length from 1.5 on, so it was taken out.
SHAPES: tuple[tuple[tuple[int, int, int, bool] | str, float], ...] = (
    ((1, 0, 8760, True), 1.11),
    ((2, 0, 8760, True), 1.11),
    ((3, 0, 8760, True), 1.08),
    ((4, 0, 8760, True), 1.02),
    ((1, 0, 35040, True), 1.18),
    ((2, 0, 35040, True), 1.18),
    ((1, 20, 8760, True), 1.17),
    ((2, 20, 8760, True), 1.13),
    ((1, 40, 1464, False), 1.00),
    ((2, 0, 1464, False), 0.84),
    ("burqin-2030", 0.98),
    ("fukang", 1.03),
    ("huangyang", 0.95),
    ("jeminay-2023", 0.92),
    ("ski-resort", 0.99),
    ("hydrogen-village", 1.14),
    ("altay-2024", 1.04),
    ("green-mine", 1.03),
)


def shapes() -> None:
    """Time of each shape, and what block cyclic reduction saved of it."""
    print(
        "shape                               rows   steps   processor   LAPACK / cyclic reduction"
    )
    for shape, ratio in SHAPES:
        if isinstance(shape, str):
            name, lp = shape, formulate(ae.load(SCENARIOS / f"{shape}.toml").portfolio.problem()).lp
        else:
            storages, count, hours, cyclic = shape
            name = f"{storages} storages" + (f", {count} at once" if count else "")
            sizes = tuple(
                (1400.0 / k, 1400.0 / k, 8400.0 / k**1.5, 0.866, 0.866, 1.0 - 1e-5 * k)
                for k in range(1, storages + 1)
            )
            lp = replace(some_years(count, hours=hours, storages=sizes), cyclic=cyclic)
        _, used = best(lambda one=lp: solve_fast(one), 3)
        print(f"  {name:32s} {lp.rows:5d} {lp.steps:7d} {used:8.0f} ms {ratio:12.2f}", flush=True)


def profile() -> None:
    """Where the time goes."""
    import cProfile
    import pstats

    lp, profiler = some_years(0), cProfile.Profile()
    solve_fast(lp)
    profiler.runcall(solve_fast, lp)
    pstats.Stats(profiler).sort_stats("tottime").print_stats(16)


def main() -> None:
    """Print all tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--years", type=int, default=50)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--profile", action="store_true")
    parser.add_argument("--shapes", action="store_true")
    options = parser.parse_args()
    print(f"NumPy {np.__version__}, {os.cpu_count()} cores")
    if options.shapes:
        shapes()
        return
    for market in (False, True):
        one_year(market=market)
    many_years(options.years, options.workers)
    windows()
    if options.profile:
        profile()


if __name__ == "__main__":
    main()
