"""Time of a year of a station unit by unit by rules, alone and many years at once.

Run with ``python benchmarks/station.py [--years 200]``. Years are synthetic; the station is that of
``scenarios/burqin-2030.toml`` with the ice of the built-in climate. Goals: 0.5 s for one year
(terminal rule cyclic included), 20 ms a year for 200 at once.
"""

from __future__ import annotations

import argparse
import time
from dataclasses import replace
from pathlib import Path

import numpy as np

import altay_energy as ae
from altay_energy.dispatch.problem.problem import Problem
from altay_energy.dispatch.rules.rules import dispatch_by_rules

SCENARIO = Path(__file__).parents[1] / "scenarios" / "burqin-2030.toml"
HOURS = 8760


def some_years(count: int) -> Problem:
    """The scenario's problem with other winds: steps of a day, hours of noise, sun by day."""
    problem = ae.load(SCENARIO).portfolio.problem()
    rng = np.random.default_rng(count)
    days = np.repeat(rng.uniform(0.0, 1.0, (count, HOURS // 24)), 24, axis=1)
    wind = 6800.0 * np.clip(days + rng.normal(0.0, 0.1, (count, HOURS)), 0.0, 1.0)
    sun = 2200.0 * np.maximum(-np.cos(2.0 * np.pi * np.arange(HOURS) / 24.0), 0.0)
    return replace(problem, renewables={"wind.all": wind, "solar.all": sun}, storage_order=())


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--years", type=int, default=200)
    years = parser.parse_args().years
    for count in (1, years):
        problem = some_years(count)
        best = np.inf
        for _ in range(3):
            begin = time.perf_counter()
            dispatch = dispatch_by_rules(problem)
            best = min(best, time.perf_counter() - begin)
        dispatch.check()
        done = next(iter(dispatch.stations.values()))
        pumped, gave = done.pump_mw.sum(), done.turbine_mw.sum()
        print(
            f"{count} years: {best:.3f} s, {1000 * best / count:.1f} ms a year; round trip "
            f"{gave / pumped:.4f}, water open by {float(np.max(done.water_residual_m3())):.1e} m³"
        )


if __name__ == "__main__":
    main()
