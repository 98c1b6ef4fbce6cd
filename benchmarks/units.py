"""How near the cheapest does a station in whole units come, how soon, and what does HiGHS prove?

Run with ``python benchmarks/units.py [--weeks 4]``. The year is that of
``scenarios/burqin-2030.toml``: 4 × 350 MW, a battery and a grid connection. For weeks of it, HiGHS'
mixed-integer solver proves a bound on a program with whole pumps, least loads and one mode at a
time, in the energy scale of `unit_hull`; goals: a year within 0.5 % of its bound in 20 s, a week
within 0.1 % of what HiGHS proves.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import highspy
import numpy as np

import altay_energy as ae
from altay_energy.dispatch.certificate import certificate
from altay_energy.dispatch.highs import solve_by_highs
from altay_energy.dispatch.linear import formulate
from altay_energy.dispatch.problem import Problem
from altay_energy.dispatch.unit_hull import EnergyScale, pump_line, turbine_line
from altay_energy.dispatch.unit_program import relaxed
from altay_energy.dispatch.units import dispatch_units

SCENARIO = Path(__file__).parents[1] / "scenarios" / "burqin-2030.toml"
WEEK = 168


def part_of(problem: Problem, first: int, steps: int) -> Problem:
    """Some steps of a problem, as a period of its own."""

    def cut(series: Any) -> Any:
        return series[..., first : first + steps] if np.ndim(series) else series

    station, month = problem.stations[0].with_series(cut), cut(problem.terms.month_of_step)
    return replace(
        problem,
        load_mw=cut(problem.load_mw),
        renewables={name: cut(power) for name, power in problem.renewables.items()},
        thermals=tuple(
            replace(p, capacity_mw=cut(p.capacity_mw), must_run_mw=cut(p.must_run_mw))
            for p in problem.thermals
        ),
        stations=(replace(station, in_service=cut(station.in_service)),),
        import_limit_mw=cut(problem.import_limit_mw),
        export_limit_mw=cut(problem.export_limit_mw),
        import_price_cny_mwh=cut(problem.import_price_cny_mwh),
        export_price_cny_mwh=cut(problem.export_price_cny_mwh),
        terms=replace(problem.terms, month_of_step=month - month[0]),
    )


def bound_by_highs(problem: Problem, limit_s: float) -> float:
    """What HiGHS proves of the program of the bound with whole pumps and least loads. [CNY]"""
    limits, lp = problem.stations[0], formulate(_without(problem)).lp
    scale = EnergyScale.of(limits)
    program = relaxed(problem, lp, limits, scale)
    model = _model(program.lp)
    pieces = [line(limits, scale, problem.step_hours) for line in (pump_line, turbine_line)]
    first, pumps = program.columns, pieces[0].slope.size
    columns = [
        np.arange(first, first + pumps),
        first + pumps + np.arange(pieces[1].slope.size),
    ]
    _add_modes(model, program.lp.columns, columns, limits, scale)
    model.setOptionValue("mip_rel_gap", 1e-5)
    model.setOptionValue("time_limit", limit_s)
    model.run()
    return float(model.getInfo().mip_dual_bound)


def _without(problem: Problem) -> Problem:
    name = problem.stations[0].name
    order = tuple(key for key in problem.storage_order if key != name)
    return replace(problem, stations=(), storage_order=order)


def _model(lp: Any) -> Any:
    from altay_energy.dispatch.highs import _programs, matrix_of, model_of

    return model_of(next(_programs(lp)), matrix_of(lp), "choose", None)


def _add_modes(model: Any, width: int, columns: Any, limits: Any, scale: EnergyScale) -> None:
    """One column of 0 or 1 for each number of pumps and one for generation, in each step."""
    steps, units = limits.in_service.shape[1], limits.units
    row, service = scale.row(limits.pump), limits.in_service.sum(axis=0)
    low = [float(limits.pump.low_mw[row, k].min()) for k in range(1, units + 1)]
    high = [float(limits.pump.high_mw[row, k].max()) for k in range(1, units + 1)]
    low.append(float(limits.turbine.low_mw[row, 1].min()))
    high.append(float(limits.turbine.high_mw.max()))
    upper = np.array([[float(service[t] >= min(k, units)) for k in range(1, units + 2)]
                      for t in range(steps)])  # fmt: skip
    upper[:, -1] = service > 0
    count, offset, none = upper.size, model.getNumCol(), np.zeros(0)
    nothing = np.zeros(0, dtype=np.int32)
    starts = np.zeros(count, dtype=np.int32)
    zeros = np.zeros(count)
    model.addCols(count, zeros, zeros, upper.ravel(), 0, starts, nothing, none)
    which = np.arange(offset, offset + count, dtype=np.int32)
    model.changeColsIntegrality(count, which, np.full(count, highspy.HighsVarType.kInteger))
    for t in range(steps):
        mode = offset + t * (units + 1) + np.arange(units + 1)
        _row(model, mode, np.ones(mode.size), -np.inf, 1.0)
        for group, own in ((mode[:units], columns[0]), (mode[units:], columns[1])):
            part = slice(0, units) if group.size == units else slice(units, None)
            both = np.concatenate([t * width + own, group])
            ones = np.ones(own.size)
            _row(model, both, np.append(ones, 0.0 - np.array(high[part])), -np.inf, 0.0)
            _row(model, both, np.append(ones, 0.0 - np.array(low[part])), 0.0, np.inf)


def _row(model: Any, index: Any, value: Any, low: float, high: float) -> None:
    model.addRow(low, high, index.size, index.astype(np.int32), value)


def timed(call: Callable[[], Any]) -> tuple[Any, float]:
    """What a call gives, and its seconds."""
    begin = time.perf_counter()
    found = call()
    return found, time.perf_counter() - begin


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--weeks", type=int, default=4)
    parser.add_argument("--limit", type=float, default=120.0, help="seconds of HiGHS for a week")
    given = parser.parse_args()
    problem = ae.load(SCENARIO).portfolio.problem()
    dispatch, seconds = timed(lambda: dispatch_units(problem))
    dispatch.check()
    proof, alone = dispatch.solution, formulate(_without(problem)).lp
    none = float(certificate(alone, solve_by_highs(alone)).bound)
    saved = (none - proof.objective_cny) / (none - proof.bound_cny)
    print(
        f"year: {seconds:.1f} s, {proof.iterations} rounds, gap {100 * proof.gap:.3f} % of the "
        f"cost; saves {100 * saved:.1f} % of what any operation could"
    )
    for first in np.linspace(WEEK, problem.steps - 2 * WEEK, given.weeks).astype(int) // 24 * 24:
        week = part_of(problem, int(first), WEEK)
        dispatch, seconds = timed(lambda w=week: dispatch_units(w))
        bound, by_highs = timed(lambda w=week: bound_by_highs(w, given.limit))
        cost = float(dispatch.solution.objective_cny)
        print(
            f"week from hour {first}: {seconds:.1f} s, gap {100 * dispatch.solution.gap:.3f} %; "
            f"{100 * (cost - bound) / abs(cost):.3f} % above what HiGHS proves in {by_highs:.0f} s"
        )


if __name__ == "__main__":
    main()
