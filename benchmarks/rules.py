"""Time of a year of dispatch by rules, alone and among a thousand, with all its figures.

Run with ``python benchmarks/rules.py [--years 1000]``. The same years are dispatched by a plain
NumPy loop over hours, vectorised over years, in the same run; both keep every series.
"""

from __future__ import annotations

import argparse
import os
import resource
import time
from collections.abc import Callable

import numpy as np

from altay_energy.core.recurrence import bounded_levels, cyclic_levels
from altay_energy.dispatch.problem.problem import Problem, StorageLimits
from altay_energy.dispatch.rules.rules import dispatch_by_rules
from altay_energy.run.figures.kpis import kpis

HOURS = 8760
YEARS_AT_ONCE = 8
LOOP_YEARS_AT_ONCE = 250  # the loop needs long rows to hide its 8760 turns

STORAGES = (
    StorageLimits("pumped_storage.a", 1400.0, 1400.0, 8400.0, 0.866, 0.866, 0.0, 4200.0),
    StorageLimits("battery.b", 40.0, 40.0, 80.0, 0.95, 0.95, 1e-5, 40.0),
)


def some_years(first: int, count: int) -> Problem:
    """Synthetic years of a mix like Burqin's: winds of a few days, sun by day, an even load."""
    rng = np.random.default_rng(first)
    hour = np.arange(HOURS)
    days = np.repeat(rng.uniform(0.0, 1.0, (count, HOURS // 24)), 24, axis=1)
    wind = 4000.0 * np.clip(days + rng.normal(0.0, 0.1, (count, HOURS)), 0.0, 1.0)
    sun = 1600.0 * np.maximum(-np.cos(2.0 * np.pi * hour / 24.0), 0.0)
    return Problem(
        step_hours=1.0,
        load_mw=1500.0 + 300.0 * np.cos(2.0 * np.pi * hour / 24.0),
        renewables={"wind.a": wind, "solar.b": sun * rng.uniform(0.3, 1.0, (count, HOURS))},
        thermals=(),
        storages=STORAGES,
        import_limit_mw=1000.0,
        export_limit_mw=1000.0,
        import_price_cny_mwh=280.0,
        export_price_cny_mwh=250.0,
        unserved_cost_cny_mwh=10_000.0,
        grid_emission_factor_t_mwh=0.6,
        terminal="free",
    )


def plain_loop(problem: Problem) -> dict[str, np.ndarray]:
    """The same rules hour by hour over rows of years; series have shape (T, R)."""
    names = ("curtailed", "import", "export", "unserved")
    shape = (problem.steps, *problem.shape[:-1])
    series = {name: np.empty(shape) for name in names}
    for s in problem.storages:
        series |= {f"{kind} {s.name}": np.empty(shape) for kind in ("charge", "discharge", "level")}
    available = np.ascontiguousarray(sum(problem.renewables.values()).T)
    level = {s.name: np.full(shape[1:], s.initial_level_mwh) for s in problem.storages}
    for t in range(problem.steps):
        net = available[t] - problem.load_mw[t]
        surplus, deficit = np.maximum(net, 0.0), np.maximum(-net, 0.0)
        for s in problem.storages:
            content = level[s.name] * s.keep(1.0)
            room = (s.energy_mwh - content) / s.charge_efficiency
            charge = np.minimum(np.minimum(surplus, s.charge_mw), room)
            most = content * s.discharge_efficiency
            discharge = np.minimum(np.minimum(deficit, s.discharge_mw), most)
            surplus, deficit = surplus - charge, deficit - discharge
            content += s.charge_efficiency * charge - discharge / s.discharge_efficiency
            level[s.name] = content
            series[f"charge {s.name}"][t] = charge
            series[f"discharge {s.name}"][t] = discharge
            series[f"level {s.name}"][t] = content
        series["export"][t] = np.minimum(surplus, problem.export_limit_mw)
        series["curtailed"][t] = surplus - series["export"][t]
        series["import"][t] = np.minimum(deficit, problem.import_limit_mw)
        series["unserved"][t] = deficit - series["import"][t]
    return series


def best_ms(work: Callable[[], object], repeats: int = 7) -> float:
    """Shortest of several times. [ms]"""
    times = []
    for _ in range(repeats):
        begin = time.perf_counter()
        work()
        times.append(time.perf_counter() - begin)
    return 1e3 * min(times)


def single_year() -> None:
    """One year alone: the dispatch, its figures, its check, and the loop."""
    problem = some_years(0, 1)
    single = Problem(
        **{
            **{name: getattr(problem, name) for name in problem.__dataclass_fields__},
            "renewables": {name: power[0] for name, power in problem.renewables.items()},
        }
    )
    dispatch = dispatch_by_rules(single)
    rules = best_ms(lambda: dispatch_by_rules(single))
    loop = best_ms(lambda: plain_loop(problem), 2)
    print("one year alone [ms]")
    print(f"  dispatch by rules        {rules:9.3f}")
    print(f"  all figures              {best_ms(lambda: kpis(dispatch)):9.3f}")
    print(f"  check of every law       {best_ms(dispatch.check):9.3f}")
    print(f"  plain NumPy over hours   {loop:9.3f}   ({loop / rules:.0f} × the rules)")


def many_years(years: int) -> None:
    """Many years in pieces; only their figures are kept."""
    dispatching = counting = looping = 0.0
    curtailed = []
    for first in range(0, years, YEARS_AT_ONCE):
        problem = some_years(first, min(YEARS_AT_ONCE, years - first))
        begin = time.perf_counter()
        dispatch = dispatch_by_rules(problem)
        middle = time.perf_counter()
        curtailed.append(kpis(dispatch)["curtailed_mwh"])
        counting += time.perf_counter() - middle
        dispatching += middle - begin
    peak_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024.0
    looped = 0
    for first in range(0, min(years, 2 * LOOP_YEARS_AT_ONCE), LOOP_YEARS_AT_ONCE):
        problem = some_years(first, min(LOOP_YEARS_AT_ONCE, years - first))
        begin = time.perf_counter()
        plain_loop(problem)
        looping += time.perf_counter() - begin
        looped += problem.shape[0]
    rules, figures, loop = 1e3 * dispatching / years, 1e3 * counting / years, 1e3 * looping / looped
    print(f"{years} years, {YEARS_AT_ONCE} at once [ms a year]")
    print(f"  dispatch by rules        {rules:9.3f}")
    print(f"  all figures              {figures:9.3f}")
    print(f"  together                 {rules + figures:9.3f}   (goal: at most 2)")
    print(
        f"  plain NumPy over hours   {loop:9.3f}   (dispatch only, {LOOP_YEARS_AT_ONCE} at once: "
        f"{loop / rules:.2f} × the rules)"
    )
    print(f"  peak memory              {peak_mb:9.0f} MB, the same for any number of years")
    print(f"  mean curtailment         {np.mean(np.concatenate(curtailed)) / 1e6:9.3f} TWh")


def level_recurrence() -> None:
    """Why there is one way to solve the recurrence: the loop is never much faster."""
    print("levels of one storage [ms a year]     years at once:      1       16      256     1000")
    rows: dict[str, list[float]] = {"doubling scan": [], "the same, cyclic": [], "hour loop": []}
    for years in (1, 16, 256, 1000):
        gain = np.random.default_rng(years).normal(0.0, 500.0, (years, HOURS))
        work = {
            "doubling scan": lambda g=gain: bounded_levels(0.9999, g, 0.0, 8400.0, 0.0),
            "the same, cyclic": lambda g=gain: cyclic_levels(0.9999, g, 0.0, 8400.0, 0.0),
            "hour loop": lambda g=gain: hour_loop(0.9999, g, 0.0, 8400.0, 0.0),
        }
        for name, call in work.items():
            rows[name].append(best_ms(call, 3) / years)
    for name, times in rows.items():
        print(f"  {name:49s}" + "".join(f"{t:9.3f}" for t in times))


def hour_loop(keep: float, gain: np.ndarray, low: float, high: float, start: float) -> np.ndarray:
    """Levels by a loop over hours; turned so that the years of an hour lie side by side."""
    turned = np.ascontiguousarray(gain.T)
    levels = np.empty((gain.shape[1] + 1, gain.shape[0]))
    levels[0] = start
    for t in range(gain.shape[1]):
        after = levels[t + 1]
        np.multiply(levels[t], keep, out=after)
        after += turned[t]
        np.maximum(after, low, out=after)
        np.minimum(after, high, out=after)
    return np.ascontiguousarray(levels.T)


def main() -> None:
    """Print all tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--years", type=int, default=1000)
    years = parser.parse_args().years
    print(f"NumPy {np.__version__}, {os.cpu_count()} cores; wind, sun, two storages, grid")
    single_year()
    many_years(years)
    level_recurrence()


if __name__ == "__main__":
    main()
