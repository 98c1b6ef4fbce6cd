"""Time of a year of rolling dispatch, by each way to solve its windows.

    python benchmarks/rolling.py [SCENARIO.toml] [--rebuilt]

365 windows of 48 h, of which 24 h are executed. Prints seconds (best of three, of the wall clock
and of the processor) for perfect and imperfect forecasts, the realised cost of each way and its
excess over perfect foresight. ``--rebuilt`` also rebuilds every window's model in HiGHS. Goal:
1 s, the same cost to 1e-6, within 2 % of perfect foresight with right forecasts.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import altay_energy as ae
from altay_energy.components.settings.rolling import ForecastSettings
from altay_energy.dispatch.optimal.optimal import dispatch_optimal
from altay_energy.dispatch.program.station.envelope import with_outer_stations
from altay_energy.dispatch.result.costs import operating_cost_cny
from altay_energy.dispatch.rolling import rolling
from altay_energy.dispatch.rolling.window_solver import WarmHighs

SCENARIO = Path(__file__).parents[1] / "scenarios" / "burqin-2030.toml"


def best(action: Callable[[], Any], times: int = 3) -> tuple[float, float, Any]:
    """Least seconds of the wall clock and of the processor, and what came out."""
    wall = used = float("inf")
    for _ in range(times):
        begin, cpu = time.perf_counter(), time.process_time()
        result = action()
        wall = min(wall, time.perf_counter() - begin)
        used = min(used, time.process_time() - cpu)
    return wall, used, result


class Rebuilt:
    """HiGHS with a new model for every window: what keeping the model saves."""

    def __init__(self, template: Any) -> None:
        self.template = template

    def solve(self, data: Any) -> Any:
        """One window."""
        return WarmHighs(self.template).solve(data)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("scenario", nargs="?", default=SCENARIO)
    parser.add_argument("--rebuilt", action="store_true")
    words = parser.parse_args()
    problem = with_outer_stations(ae.load(words.scenario).portfolio.problem())
    wall, used, optimum = best(lambda: dispatch_optimal(problem))
    least = float(operating_cost_cny(optimum))
    print(f"optimum of the period             {wall:7.3f} s  {used:7.3f} s cpu  {least:16.2f} CNY")
    kept = rolling.WarmHighs
    for perfect in (True, False):
        errors = ForecastSettings(perfect=perfect)
        for way in ("warm", *(["rebuilt"] if words.rebuilt else [])):
            if way == "rebuilt":
                rolling.WarmHighs = Rebuilt

            def run(errors: Any = errors) -> Any:
                return rolling.dispatch_rolling(problem, errors=errors, optimum=optimum)

            wall, used, done = best(run, 1 if way == "rebuilt" else 3)
            rolling.WarmHighs = kept
            cost = float(operating_cost_cny(done))
            print(
                f"{'right' if perfect else 'wrong'} forecasts, {way:<17s} {wall:7.3f} s  "
                f"{used:7.3f} s cpu  {cost:16.2f} CNY  {100 * (cost - least) / abs(least):+.4f} %"
            )


if __name__ == "__main__":
    main()
