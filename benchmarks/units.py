"""Time and optimality gap of a station in whole units, compared with the bound of HiGHS.

Run with ``python benchmarks/units.py [--weeks 6]``. The year is that of
``scenarios/burqin-2030.toml``: 4 × 350 MW, a battery and a grid connection. For weeks of it, HiGHS'
mixed-integer solver proves a bound on the program of `unit_program` with whole pumps, least loads
and one mode at a time, and with cuts from the tables that tie power, content moved and content
before the step for each number of units: so many pumps draw what they draw at that head, so many
turbines take what they take at that load. Without these cuts HiGHS proves some 0.1 % less. Goals: a
year within 0.5 % of its bound in 20 s, a week within 0.1 % of what HiGHS proves.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import highspy
import numpy as np

import altay_energy as ae
from altay_energy.dispatch.lp.certificate import certificate
from altay_energy.dispatch.lp.highs import solve_by_highs
from altay_energy.dispatch.problem.problem import Problem
from altay_energy.dispatch.program.formulation import formulate
from altay_energy.dispatch.program.station.residual_cost import IceBand, relaxed
from altay_energy.dispatch.program.station.water_energy import (
    SAFETY,
    EnergyScale,
    pump_line,
    turbine_line,
)
from altay_energy.dispatch.units.units import dispatch_units

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
    limits, rest = problem.stations[0], formulate(_without(problem))
    scale = EnergyScale.of(limits)
    program = relaxed(problem, rest, limits, scale)
    model = _model(program.lp)
    hours = problem.step_hours
    pump, turbine = (line(limits, scale, hours) for line in (pump_line, turbine_line))
    ups = program.columns + np.arange(pump.slope.size)
    downs = ups[-1] + 1 + np.arange(turbine.slope.size)
    modes = _add_modes(model, program.lp.columns, (ups, downs), limits, scale)
    band = IceBand.of(problem, limits, scale)
    unseen = band.back_mwh + float(band.gift_mwh.max())
    pumps, turbines = np.split(modes, 2, axis=1)
    for way in (
        Way(1, ups, pump.slope, pumps, list(_points(limits.pump, scale, hours, 1))),
        Way(-1, downs, turbine.slope, turbines, list(_points(limits.turbine, scale, hours, -1))),
    ):
        for per_mw, per_mwh in CUTS[way.sign]:
            _add_cut(model, program, way, per_mw, per_mwh, unseen)
    model.setOptionValue("mip_rel_gap", 1e-5)
    model.setOptionValue("time_limit", limit_s)
    model.run()
    return float(model.getInfo().mip_dual_bound)


@dataclass(frozen=True)
class Way:
    """One direction: its sign, columns with their slopes, modes, and points of the tables."""

    sign: int
    columns: Any
    slope: Any
    modes: Any
    points: Any


# A pump draws some 3 kW less for each MWh that stands above it.
_FALLS = [k * m for k in (1, 2, 3, 4) for m in (0.0028, 0.0033)]
CUTS = {
    1: [(0.865, s) for s in (0.0, 4e-4, 8e-4, 1.4e-3)]
    + [(sign * 1e3, sign * 1e3 * m) for sign in (1.0, -1.0) for m in _FALLS],
    -1: [(d, s) for d in (0.7, 0.9, 1.0, 1.06, 1.1, 1.14, 1.2, 1.3, 1.5)
         for s in (-8e-3, -4e-3, -2e-3, -1e-3, 0.0, 1e-3, 2e-3)],
}  # fmt: skip
"""Directions of cuts: content per power, and per content before the step; pumps and turbines."""


def _points(table: Any, scale: EnergyScale, hours: float, sign: int) -> Any:
    """Power, content moved and content before, of each number of units at all heads and loads."""
    row, volume = scale.row(table), scale.volume_m3[:, np.newaxis]
    for k in range(1, table.low_mw.shape[1]):
        loads = np.linspace(0.0, 1.0, table.flow_m3_s.shape[2])
        low, high = (a[row, k][..., np.newaxis] for a in (table.low_mw, table.high_mw))
        there = volume + sign * 3600.0 * hours * table.flow_m3_s[row, k]
        moved = sign * (scale.content(there) - scale.energy_mwh[:, np.newaxis]) / hours
        fits = (there >= volume[0]) & (there <= volume[-1])
        power = np.broadcast_to(low + loads * (high - low), fits.shape)
        content = np.broadcast_to(scale.energy_mwh[:, np.newaxis], fits.shape)
        yield power[fits], moved[fits], content[fits]


def _add_cut(
    model: Any, program: Any, way: Way, per_mw: float, per_mwh: float, unseen: float
) -> None:
    """What k pumps store at most (turbines take at least) by power and content, in every step."""
    sign, width = way.sign, program.lp.columns
    capacity = float(program.lp.upper[program.level].max())
    over = [sign * (m - per_mw * p - per_mwh * x) for p, m, x in way.points]
    slack = 2.0 * SAFETY * max(float(p.max()) for p, _, _ in way.points) * max(1.0, abs(per_mw))
    worst = np.array([float(o.max()) + slack + abs(per_mwh) * unseen for o in over])
    none = max(0.0, 0.0 - sign * per_mwh * capacity)
    steps, waste = len(way.modes), width - 1
    for t, mode in enumerate(way.modes):
        before = (t - 1) % steps * width + program.level
        columns = np.concatenate([t * width + np.append(way.columns, waste), [before], mode])
        values = [sign * (way.slope - per_mw), [-1.0], [-sign * per_mwh], none - worst]
        _row(model, columns, np.concatenate(values), -np.inf, none)


def _without(problem: Problem) -> Problem:
    name = problem.stations[0].name
    order = tuple(key for key in problem.storage_order if key != name)
    return replace(problem, stations=(), storage_order=order)


def _model(lp: Any) -> Any:
    from altay_energy.dispatch.lp.highs import _programs, matrix_of, model_of

    return model_of(next(_programs(lp)), matrix_of(lp), "choose", None)


def _add_modes(model: Any, width: int, columns: Any, limits: Any, scale: EnergyScale) -> Any:
    """Columns of 0 or 1 for each number of pumps and of turbines, shape (T, 2 · U)."""
    steps, units = limits.in_service.shape[1], limits.units
    row, service = scale.row(limits.pump), limits.in_service.sum(axis=0)
    number = np.arange(1, units + 1)
    bands = [
        (
            np.array([float(table.low_mw[row, k].min()) for k in number]),
            np.array([float(table.high_mw[row, k].max()) for k in number]),
        )
        for table in (limits.pump, limits.turbine)
    ]
    upper = np.tile(number, 2) <= service[:, np.newaxis]
    count, offset, none = upper.size, model.getNumCol(), np.zeros(0)
    nothing = np.zeros(0, dtype=np.int32)
    starts = np.zeros(count, dtype=np.int32)
    zeros = np.zeros(count)
    model.addCols(count, zeros, zeros, upper.ravel().astype(float), 0, starts, nothing, none)
    which = np.arange(offset, offset + count, dtype=np.int32)
    model.changeColsIntegrality(count, which, np.full(count, highspy.HighsVarType.kInteger))
    modes = which.reshape(steps, 2 * units)
    for t, mode in enumerate(modes):
        _row(model, mode, np.ones(mode.size), -np.inf, 1.0)
        for group, own, (low, high) in zip(np.split(mode, 2), columns, bands, strict=True):
            both, ones = np.concatenate([t * width + own, group]), np.ones(own.size)
            _row(model, both, np.append(ones, 0.0 - high), -np.inf, 0.0)
            _row(model, both, np.append(ones, 0.0 - low), 0.0, np.inf)
    return modes


def _row(model: Any, index: Any, value: Any, low: float, high: float) -> None:
    model.addRow(low, high, index.size, index.astype(np.int32), value)


def timed(call: Callable[[], Any]) -> tuple[Any, float]:
    """What a call gives, and its seconds of the processor."""
    begin = time.process_time()
    found = call()
    return found, time.process_time() - begin


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--weeks", type=int, default=6)
    parser.add_argument("--limit", type=float, default=120.0, help="seconds of HiGHS for a week")
    given = parser.parse_args()
    for name in ("burqin-2030", "fukang", "huangyang"):
        problem = ae.load(SCENARIO.with_stem(name)).portfolio.problem()
        dispatch, seconds = timed(lambda p=problem: dispatch_units(p))
        dispatch.check()
        proof, alone = dispatch.solution, formulate(_without(problem)).lp
        none = float(certificate(alone, solve_by_highs(alone)).bound)
        saved = (none - proof.objective_cny) / (none - proof.bound_cny)
        print(
            f"{name}, a year: {seconds:.1f} s, {proof.iterations} rounds, gap "
            f"{100 * proof.gap:.3f} % of the cost; saves {100 * saved:.1f} % of what any "
            "operation could",
            flush=True,
        )
    problem = ae.load(SCENARIO).portfolio.problem()
    for first in np.linspace(WEEK, problem.steps - 2 * WEEK, given.weeks).astype(int) // 24 * 24:
        week = part_of(problem, int(first), WEEK)
        dispatch, seconds = timed(lambda w=week: dispatch_units(w))
        bound, by_highs = timed(lambda w=week: bound_by_highs(w, given.limit))
        cost = float(dispatch.solution.objective_cny)
        print(
            f"week from hour {first}: {seconds:.1f} s, gap {100 * dispatch.solution.gap:.3f} %; "
            f"{100 * (cost - bound) / abs(cost):.3f} % above what HiGHS proves in {by_highs:.0f} s",
            flush=True,
        )


if __name__ == "__main__":
    main()
