"""Time a year of optimal dispatch when many weather years are dispatched in one call.

    python benchmarks/optimal_years.py [--scenario burqin-2030] [--years 100] [--rounds 5]
        [--kernel numba] [--workers 1]

All ways get the same arrays of the same weather years and are timed from these arrays to the
powers: building, solving, reading back. Ours takes all years of a round at once, by each kernel
that is here (``numpy``; ``numba`` with the extra ``[fast]``), with ``--workers``; "one answer" also
chooses among the cheapest dispatches and checks the result, "least cost" does not, as the others.
HiGHS, by each of its methods, and PyPSA with HiGHS take one year after the other, ``--peers`` years
a round, others in each. Rounds alternate between the ways, because a machine has other work too;
shown are the median and the range of the rounds [ms a year], elapsed and of the processor, and the
median of the ratios within a round. A method that misses the tolerance, or takes more than half a
minute a year, is named and left out afterwards.
"""

from __future__ import annotations

import argparse
import importlib.util
import logging
import os
import time
import warnings
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

import altay_energy as ae
from altay_energy.dispatch.lp import kernel
from altay_energy.dispatch.lp.certificate import certificate
from altay_energy.dispatch.lp.highs import HighsMethod, solve_by_highs
from altay_energy.dispatch.lp.interior_point import Effort, solve_fast
from altay_energy.dispatch.optimal.optimal import dispatch_optimal
from altay_energy.dispatch.problem.problem import Problem
from altay_energy.dispatch.program.formulation import formulate
from altay_energy.dispatch.program.station.envelope import with_outer_stations
from altay_energy.dispatch.program.thermal_segments import in_pieces
from altay_energy.report.files.pypsa import to_pypsa
from altay_energy.study.ensemble.years import one_year, year_block

SCENARIOS = Path(__file__).parents[1] / "scenarios"
LONGEST_S = 30.0

Solve = Callable[[], np.ndarray]
"""Solves some years; their least costs [CNY]."""


@dataclass
class Way:
    """One way to dispatch years, with what its rounds took. [s a year]"""

    name: str
    elapsed: list[float] = field(default_factory=list)
    processor: list[float] = field(default_factory=list)
    left_out: str = ""

    def timed(self, solve: Solve, expected: np.ndarray) -> None:
        """Take one round; a wrong cost ends the benchmark."""
        begin, used = time.perf_counter(), time.process_time()
        costs = solve()
        took = (time.perf_counter() - begin) / costs.size
        self.elapsed.append(took)
        self.processor.append((time.process_time() - used) / costs.size)
        worst = float(np.max(np.abs(costs / expected - 1.0)))
        if not worst < 1e-6:
            self.left_out = f"its cost is off by {worst:.0e}"
        elif took > LONGEST_S:
            self.left_out = f"a year took {took:.0f} s"


def answers(problem: Problem, workers: int) -> np.ndarray:
    """Cost of each year by the whole method: both objectives, and the checks."""
    found = dispatch_optimal(problem, workers=workers)
    assert found.solution is not None
    return np.asarray(found.solution.objective_cny)


def least_cost(problem: Problem, workers: int) -> np.ndarray:
    """Least cost of each year, by one program."""
    lp = formulate(in_pieces(with_outer_stations(problem))).lp
    return np.asarray(certificate(lp, solve_fast(lp, Effort(workers=workers))).objective)


def by_highs(problems: list[Problem], method: HighsMethod) -> np.ndarray:
    """Least cost of each year by one of HiGHS' methods."""
    costs = []
    for problem in problems:
        lp = formulate(in_pieces(with_outer_stations(problem))).lp
        costs.append(float(certificate(lp, solve_by_highs(lp, method=method)).objective))
    return np.array(costs)


def by_pypsa(problems: list[Problem]) -> np.ndarray:
    """Least cost of each year by PyPSA with HiGHS."""
    costs = []
    for problem in problems:
        network = to_pypsa(problem)
        network.optimize(solver_name="highs", log_to_console=False)
        costs.append(float(network.objective))
    return np.array(costs)


def main() -> None:
    """Time every way in turn, some rounds, and print a table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--scenario", default="burqin-2030")
    parser.add_argument("--years", type=int, default=100, help="years that ours takes in a round")
    parser.add_argument("--peers", type=int, default=2, help="years of HiGHS and PyPSA in a round")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--kernel", choices=("numpy", "numba"), help="only this one of ours")
    given = parser.parse_args()
    logging.disable(logging.WARNING)
    warnings.simplefilter("ignore")
    block = year_block(
        ae.load(SCENARIOS / f"{given.scenario}.toml").portfolio, range(1, given.years + 1)
    )
    problem = block.problem()
    single = [one_year(block, year).problem() for year in range(given.years)]
    expected = answers(problem, given.workers)
    there = ["numpy", "numba"] if kernel.compiled_for(10**6) else ["numpy"]
    kernels = [name for name in there if given.kernel in (None, name)]
    peers = [f"HiGHS {method}" for method in ("simplex", "ipm", "pdlp")]
    if importlib.util.find_spec("pypsa"):
        peers.append("PyPSA")
    ours = [f"ours, {kind}, {name}" for name in kernels for kind in ("one answer", "least cost")]
    ways = {name: Way(name) for name in (*ours, *peers)}
    for turn in range(given.rounds):
        at = [(turn * given.peers + k) % given.years for k in range(given.peers)]
        some = [single[year] for year in at]
        for way in ways.values():
            if way.left_out:
                continue
            _, *rest = way.name.split(", ")
            if rest:
                os.environ[kernel.VARIABLE] = rest[1]
                work = answers if rest[0] == "one answer" else least_cost
                way.timed(lambda w=work: w(problem, given.workers), expected)
            elif way.name == "PyPSA":
                way.timed(lambda s=some: by_pypsa(s), expected[at])
            else:
                method = way.name.split()[1]
                first = some[:1] if turn == 0 else some  # a slow method shows it soon
                way.timed(lambda s=first, m=method: by_highs(s, m), expected[at][: len(first)])
    report(ways, given)


def report(ways: dict[str, Way], given: argparse.Namespace) -> None:
    """Print the table, and the ratios to the best method of HiGHS and to PyPSA."""
    threads = os.environ.get("OMP_NUM_THREADS", "free")
    print(f"{given.scenario}: {given.years} years at once, {given.workers} workers; peers "
          f"{given.peers} years a round; {given.rounds} rounds; {os.cpu_count()} cores, "
          f"OMP_NUM_THREADS {threads}")  # fmt: skip
    print(f"{'':26}{'elapsed [ms a year]':>30}{'processor [ms a year]':>30}")
    for way in ways.values():
        cells = "".join(
            f"{1e3 * np.median(s):12.1f} ({1e3 * min(s):.1f} to {1e3 * max(s):.1f})".rjust(30)
            for s in (way.elapsed, way.processor)
        )
        print(f"{way.name:26}{cells}  {way.left_out}")
    methods = [w for w in ways.values() if w.name.startswith("HiGHS") and not w.left_out]
    best = min(methods, key=lambda way: float(np.median(way.elapsed)))
    for peer in (best, *(w for w in ways.values() if w.name == "PyPSA" and not w.left_out)):
        for way in ways.values():
            if way.name.startswith("ours"):
                ratio = np.array(peer.elapsed) / np.array(way.elapsed)
                print(f"{peer.name} / {way.name}: {np.median(ratio):.1f} "
                      f"({ratio.min():.1f} to {ratio.max():.1f})")  # fmt: skip


if __name__ == "__main__":
    main()
