"""Complementarity by dynamic programming with a bound, compared with HiGHS' MILP.

    python benchmarks/directions.py [SCENARIO.toml ...] [--limit 60]

For years in which the export price exceeds the import price in many hours. Both have the same
program and start from the same directions; HiGHS stops after 50 nodes or at the time limit.
"""

from __future__ import annotations

import argparse
import time
from dataclasses import replace
from pathlib import Path

import numpy as np

import altay_energy as ae
from altay_energy.dispatch.lp import highs
from altay_energy.dispatch.lp.certificate import certificate
from altay_energy.dispatch.lp.interior_point import solve_fast
from altay_energy.dispatch.optimal.complementarity import Complementarity, violations
from altay_energy.dispatch.optimal.direction_search import DirectionSearch, one_way
from altay_energy.dispatch.program.formulation import formulate

SCENARIOS = Path(__file__).parents[1] / "scenarios"
DEFAULT = ("jeminay-2023", "green-mine", "ski-resort")


def compare(path: Path) -> None:
    """Print a line for each way."""
    formulation = formulate(ae.load(path).portfolio.problem())
    lp = formulation.lp
    cheapest = solve_fast(lp)
    exclusion = Complementarity(formulation)
    exclusion.rule_out(violations(formulation, cheapest), cheapest, cheapest)
    asked = exclusion.asked
    start = [np.ones_like(asked)]
    for name in ("ours", "HiGHS"):
        begin = time.process_time()
        if name == "ours":
            search = DirectionSearch(formulation)
            first_open, bound = search.directions(lp, asked, cheapest, start)
        else:
            pairs = [(a, b) for _, a, b in formulation.opposites]
            tight = replace(lp, upper=exclusion.tightened())
            first_open, bound = highs.best_directions(tight, (), pairs, asked, start)
        took = time.process_time() - begin
        closed = one_way(formulation, lp, asked, first_open)
        cost = float(certificate(closed, solve_fast(closed)).objective)
        gap = (cost - bound) / abs(cost)
        print(
            f"{path.stem:16}{name:8}{int(asked.sum()):7}{took:8.1f}{cost:18.0f}{bound:18.0f}"
            f"{gap:9.3%}",
            flush=True,
        )


def main() -> None:
    """Print a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("scenarios", nargs="*", type=Path)
    parser.add_argument("--limit", type=float, default=60.0, help="of HiGHS [s]")
    given = parser.parse_args()
    highs.MIXED_TIME_LIMIT_S = given.limit
    print(f"{'':24}{'hours':>7}{'cpu s':>8}{'cost [CNY]':>18}{'bound [CNY]':>18}{'gap':>9}")
    for path in given.scenarios or [SCENARIOS / f"{name}.toml" for name in DEFAULT]:
        compare(path)


if __name__ == "__main__":
    main()
