"""Dispatch of a station by rules, step by step, since the head depends on earlier steps.

A surplus runs as many whole pumps as it can supply; a deficit is covered by the fewest turbines
within their band, as long as there is water. Here a step of all runs is computed together;
`station_loop` computes one run after another, compiled or where there are few.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from altay_energy.core.errors import NoSolutionError
from altay_energy.core.loops.compiled import compiled, way_of
from altay_energy.core.units import Array
from altay_energy.dispatch.problem.problem import Problem
from altay_energy.dispatch.problem.station import (
    LOWER,
    SECONDS_PER_HOUR,
    UPPER,
    StationLimits,
    StationOperation,
)
from altay_energy.dispatch.rules.station_loop import COMPARE_EVERY, Tables, run_station
from altay_energy.resource.pumped.operating_table import OperatingTable

PASSES = 8
"""Most repetitions of a cyclic period, each from the last content of the one before."""

EQUAL_WITHIN = 0.01
"""First and last volume are equal up to this share of the live volume, which is less than one pump
moves in an hour. [-]"""

_CELLS = 2048
_FILLED = ("head", "running", "power", "moved", "topped")


@dataclass(eq=False)
class _Track:
    """Operation in every step, runs on the last axis: shape (T, R), volumes (T + 1, 2, R)."""

    volume: Array
    head: Array
    running: Any
    power: Array
    moved: Array
    topped: Array

    @classmethod
    def empty(cls, steps: int, runs: int) -> _Track:
        """A track without operation."""
        series = [np.zeros((steps, runs)) for _ in range(4)]
        running = np.zeros((steps, runs), dtype=np.int8)
        return cls(np.zeros((steps + 1, 2, runs)), series[0], running, *series[1:])

    @classmethod
    def by_run(cls, steps: int, runs: int) -> _Track:
        """The same with the steps of a run beside each other in memory."""
        series = [np.zeros((runs, steps)).T for _ in range(4)]
        running = np.zeros((runs, steps), dtype=np.int8).T
        volume = np.moveaxis(np.zeros((2, runs, steps + 1)), -1, 0)
        return cls(volume, series[0], running, *series[1:])

    def copy_from(self, other: _Track, step: int) -> None:
        """Copy the remaining steps of a track that has reached the same volumes."""
        for name in _FILLED:
            getattr(self, name)[step:] = getattr(other, name)[step:]
        self.volume[step:] = other.volume[step:]


@dataclass(frozen=True, eq=False)
class _Station:
    """Data of a station for the loop: series by step, piecewise linear level curves.

    ``table`` has the rows of the pumps and then those of the turbines, so that runs that pump and
    runs that generate are looked up together. ``up``, ``asked`` and ``strong`` follow from
    ``wanted``: whether a surplus is to be pumped, its size or that of the deficit, and whether one
    unit can run on it.
    """

    limits: StationLimits
    step_seconds: float
    wanted: Array
    exchange: Array
    floor: Array
    units: Any
    table: OperatingTable
    up: Any
    asked: Array
    strong: Any
    piece_from: Array
    piece_per_m3: Array
    level_at: Array
    level_rise: Array

    @classmethod
    def of(cls, problem: Problem, limits: StationLimits, wanted: Array) -> _Station:
        """From a problem and the requested power, shape (..., T). [MW]"""
        exchange = limits.rain_m3 - limits.evaporation_m3
        exchange -= _per_basin(limits.seepage_m3, exchange.ndim)
        floor = limits.ice_m3 + _per_basin(limits.dead_m3, limits.ice_m3.ndim)
        low, high = (np.array(v)[:, np.newaxis] for v in (limits.dead_m3, limits.normal_m3))
        grid = low + (high - low) * np.linspace(0.0, 1.0, _CELLS + 1)
        level = np.stack([c.level(v) for c, v in zip(limits.curves, grid, strict=True)])
        by_step = _by_step(wanted, problem)
        up, asked = by_step > 0.0, np.abs(by_step)
        if limits.serves_below_least:
            enough = float(limits.turbine.low_mw[:, 1].max())  # at every head
            asked = np.where(by_step < 0.0, np.maximum(asked, enough), asked)
        least = [table.least[0] for table in (limits.pump, limits.turbine)]
        return cls(
            limits=limits,
            step_seconds=SECONDS_PER_HOUR * problem.step_hours,
            wanted=by_step,
            exchange=_basins_by_step(exchange, problem),
            floor=_basins_by_step(floor, problem),
            units=_units_by_step(limits.in_service.sum(axis=0), problem),
            table=limits.pump.followed_by(limits.turbine),
            up=up,
            asked=asked,
            strong=asked >= np.where(up, *least),
            piece_from=low,
            piece_per_m3=_CELLS / (high - low),
            level_at=level[:, :-1].ravel(),
            level_rise=np.diff(level, axis=1).ravel(),
        )

    def tables(self) -> Tables:
        """What does not depend on the run, for the loop of one run."""
        limits, table = self.limits, self.table
        first, last = self.piece_from.ravel(), self.piece_per_m3.ravel()
        return Tables(
            sizes=(limits.pump.low_mw.shape[0], *table.flow_m3_s.shape[1:], _CELLS),
            water=(
                *limits.dead_m3,
                *limits.normal_m3,
                float(sum(limits.start_m3)),
                float(limits.make_up_m3),
            ),
            scale=(
                self.step_seconds,
                float(table.first_head_m),
                float(table.head_step_m),
                *first.tolist(),
                *last.tolist(),
                limits.pump.least[1],
                limits.turbine.least[1],
            ),
            low_mw=np.ascontiguousarray(table.low_mw).ravel(),
            high_mw=np.ascontiguousarray(table.high_mw).ravel(),
            flow_m3_s=np.ascontiguousarray(table.flow_m3_s).ravel(),
            level_at=self.level_at,
            level_rise=self.level_rise,
        )

    def head(self, volume: Array) -> Array:
        """Static head, shape (R,), of volumes of shape (2, R). [m]"""
        place = (volume - self.piece_from) * self.piece_per_m3
        cell = np.minimum(place.astype(np.intp), _CELLS - 1)
        part = place - cell
        cell[LOWER] += _CELLS
        level = self.level_at[cell] + part * self.level_rise[cell]
        return np.asarray(level[UPPER] - level[LOWER])


def operate_station(problem: Problem, limits: StationLimits, wanted: Array) -> StationOperation:
    """Operate a station with a requested power: positive to pump, negative to generate.

    Parameters
    ----------
    problem : Problem
        For the period and its terminal rule.
    limits : StationLimits
        The station.
    wanted : ndarray, shape (..., T)
        Surplus, never exceeded by pumps; negative: deficit, never exceeded by turbines. [MW]

    Returns
    -------
    StationOperation

    Raises
    ------
    NoSolutionError
        If the upper reservoir does not end as ``terminal`` demands.
    """
    station = _Station.of(problem, limits, wanted)
    passes = PASSES if problem.terminal == "cyclic" else 0
    steps, runs = station.wanted.shape
    way = way_of(run_station, runs, steps)
    if way == "arrays":
        track = _side_by_side(station, passes)
    else:
        track = _one_by_one(station, passes, way == "compiled")
    if problem.terminal in ("at_least", "equal_initial"):
        _check_end(problem, limits, track)
    return _operation(problem, station, track)


def _one_by_one(station: _Station, passes: int, fast: bool) -> _Track:
    """Operate one run after another on plain numbers, by a compiled loop or by Python's."""
    steps, runs = station.wanted.shape
    loop = (compiled(run_station) if fast else None) or run_station
    tables = station.tables()
    track = _Track.by_run(steps, runs)
    track.volume[0] = np.array(station.limits.start_m3)[:, np.newaxis]
    given = (station.units, station.up, station.asked, station.strong)
    basins = (station.exchange, station.floor)
    for r in range(runs):
        series = [s if s.ndim == 1 else s[:, r] for s in given]
        series += [s[:, basin, min(r, s.shape[2] - 1)] for s in basins for basin in (UPPER, LOWER)]
        filled = [track.volume[:, basin, r] for basin in (UPPER, LOWER)]
        filled += [getattr(track, name)[:, r] for name in _FILLED]
        if fast:
            loop(tables, passes, *[np.ascontiguousarray(s) for s in series], *filled)
            continue
        lists = [s.tolist() for s in filled]
        if r == 0:
            tables = Tables(*[s if isinstance(s, tuple) else s.tolist() for s in tables])
        loop(tables, passes, *[s.tolist() for s in series], *lists)
        for values, found in zip(filled, lists, strict=True):
            values[:] = found
    return track


def _side_by_side(station: _Station, passes: int) -> _Track:
    """Operate a step of all runs at once, again from the last volumes until they are the first."""
    runs = station.wanted.shape[1]
    start = np.repeat(np.array(station.limits.start_m3)[:, np.newaxis], runs, axis=1)
    track = _run(station, start, None)
    for _ in range(passes):
        if np.array_equal(track.volume[-1], track.volume[0]):
            break
        track = _run(station, track.volume[-1], track)
    return track


def _run(station: _Station, start: Array, before: _Track | None) -> _Track:
    """Operate all steps from the first volumes, shape (2, R). [m³]

    Once the volumes equal those of an earlier track, its remaining steps are copied.
    """
    limits = station.limits
    steps, runs = station.wanted.shape
    track = _Track.empty(steps, runs)
    target = float(sum(limits.start_m3))
    dead, normal = (np.array(v)[:, np.newaxis] for v in (limits.dead_m3, limits.normal_m3))
    works = np.any(station.strong, axis=1)
    volume = track.volume[0] = start
    for t in range(steps):
        if (
            before is not None
            and t % COMPARE_EVERY == 0
            and np.array_equal(volume, before.volume[t])
        ):
            track.copy_from(before, t)
            break
        track.head[t] = head = station.head(volume)
        volume = volume + station.exchange[t]
        if works[t]:
            _move(station, track, t, head)
        volume[UPPER] += track.moved[t]
        volume[LOWER] -= track.moved[t]
        topped = np.minimum(target - volume.sum(axis=0), limits.make_up_m3)
        track.topped[t] = topped
        volume[LOWER] += topped
        volume = track.volume[t + 1] = np.minimum(np.maximum(volume, dead), normal)
    return track


def _move(station: _Station, track: _Track, t: int, head: Array) -> None:
    """Pump or generate in step ``t`` in the runs with a request and enough water."""
    limits, volume, up = station.limits, track.volume[t], station.up[t]
    full = np.array(limits.normal_m3)[:, np.newaxis]
    above, room = volume - station.floor[t], full - volume
    lifted = np.minimum(above[LOWER], room[UPPER])
    water = np.where(up, lifted, np.minimum(above[UPPER], room[LOWER]))
    water /= station.step_seconds
    least = np.where(up, limits.pump.least[1], limits.turbine.least[1])
    runs = (station.strong[t] & (water >= least)).nonzero()[0]
    if runs.size == 0:
        return
    asked, water, up = station.asked[t, runs], water[runs], up[runs]
    row = limits.pump.row(head[runs])
    row += np.where(up, 0, limits.pump.low_mw.shape[0])
    units = station.units[t] if station.units.ndim == 1 else station.units[t, runs]
    running, power, flow = _operate(station.table, row, asked, water, units)
    sign = np.where(up, -1, 1)
    track.running[t, runs] = sign * running
    track.power[t, runs] = power
    track.moved[t, runs] = (-sign * station.step_seconds) * flow


def _operate(
    table: OperatingTable, row: Any, asked: Array, limit: Array, units: Any
) -> tuple[Any, Array, Array]:
    """Running units, their power [MW] and flow [m³ s⁻¹] for the request, limited by water."""
    running, power = table.by_power(row, asked, units)
    flow = table.flow(row, running, power)
    dry = (flow > limit).nonzero()[0]
    if dry.size:
        most = units if np.ndim(units) == 0 else units[dry]
        running[dry], power[dry], flow[dry] = table.by_flow(row[dry], limit[dry], most)
    return running, power, flow


def _per_basin(values: tuple[float, float], axes: int) -> Array:
    """A number for each reservoir, shape (2, 1, …) of that many axes."""
    return np.array(values).reshape(2, *[1] * (axes - 1))


def _units_by_step(units: Any, problem: Problem) -> Any:
    """Units in service, shape (T,) or (..., T), as (T,) or (T, R)."""
    return units if units.ndim == 1 else _by_step(units, problem).astype(np.int64)


def _by_step(series: Array, problem: Problem) -> Array:
    """Shape (..., T) as (T, R), the runs of a step side by side."""
    whole = np.broadcast_to(series, problem.shape)
    return np.ascontiguousarray(whole.reshape(-1, problem.steps).T)


def _basins_by_step(series: Array, problem: Problem) -> Array:
    """Shape (2, ..., T) as (T, 2, R); R is 1 where all runs share the series."""
    if series.ndim == 2:
        return np.ascontiguousarray(series.T[:, :, np.newaxis])
    whole = np.broadcast_to(series, (2, *problem.shape)).reshape(2, -1, problem.steps)
    return np.ascontiguousarray(np.moveaxis(whole, -1, 0))


def _operation(problem: Problem, station: _Station, track: _Track) -> StationOperation:
    """The operation in the shape of the problem, with the water balance."""
    limits, shape = station.limits, problem.shape

    def back(series: Array) -> Array:
        return np.ascontiguousarray(series.T).reshape(*shape[:-1], series.shape[0])

    volume = np.stack([back(track.volume[:, basin]) for basin in (UPPER, LOWER)])
    moved, topped, running = back(track.moved), back(track.topped), back(track.running)
    power = back(track.power)
    rain, evaporation = (
        np.broadcast_to(s, (2, *shape)) if s.ndim > 2 else _spread(s, shape)
        for s in (limits.rain_m3, limits.evaporation_m3)
    )
    seepage = _spread(np.array(limits.seepage_m3)[:, np.newaxis], shape)
    made_up = np.stack([np.zeros(shape), np.maximum(topped, 0.0)])
    spilt = np.stack([np.zeros(shape), np.maximum(0.0 - topped, 0.0)])
    reckoned = volume[..., :-1] + np.stack([moved, 0.0 - moved]) + rain + made_up
    reckoned -= evaporation + seepage + spilt
    gap = volume[..., 1:] - reckoned
    # A full reservoir spills the rest; one at its dead level can neither spill nor lose water.
    spilt += np.maximum(0.0 - gap, 0.0)
    kept = np.minimum(np.maximum(gap, 0.0), spilt)
    spilt -= kept
    loss = evaporation + seepage
    share = np.divide(np.maximum(gap, 0.0) - kept, loss, out=np.zeros_like(loss), where=loss > 0.0)
    np.minimum(share, 1.0, out=share)
    return StationOperation(
        limits=limits,
        step_hours=problem.step_hours,
        volume_m3=volume,
        head_m=back(track.head),
        running=running,
        pump_mw=np.where(running < 0, power, 0.0),
        turbine_mw=np.where(running > 0, power, 0.0),
        pumped_m3=np.maximum(moved, 0.0),
        generated_m3=np.maximum(0.0 - moved, 0.0),
        rain_m3=rain,
        evaporation_m3=evaporation * (1.0 - share),
        seepage_m3=seepage * (1.0 - share),
        make_up_m3=made_up,
        spill_m3=spilt,
    )


def _spread(series: Array, shape: tuple[int, ...]) -> Array:
    """Shape (2, T) or (2, 1) over all leading axes of a problem."""
    between = [1] * (len(shape) - 1)
    return np.broadcast_to(series.reshape(2, *between, series.shape[-1]), (2, *shape))


def _check_end(problem: Problem, limits: StationLimits, track: _Track) -> None:
    """Refuse a last volume of the upper reservoir that the terminal rule forbids."""
    first, last = track.volume[0, UPPER], track.volume[-1, UPPER]
    short = first - last if problem.terminal == "at_least" else np.abs(first - last)
    run = int(np.argmax(short))
    if short[run] <= EQUAL_WITHIN * limits.live_m3:
        return
    where = f" in run {run}" if short.size > 1 else ""
    direction = "less" if last[run] < first[run] else "more"
    raise NoSolutionError(
        f'{limits.name}: terminal = "{problem.terminal}" is not met{where}: the upper reservoir '
        f"begins with {first[run] / 1e6:.3f} Mm³ and ends with {last[run] / 1e6:.3f} Mm³, "
        f"{abs(first[run] - last[run]) / 1e6:.3f} Mm³ {direction}"
        ', and rules have no foresight to steer it. Say terminal = "cyclic", or begin '
        f"(upper.start_level_m) at {float(limits.curves[UPPER].level(last[run])):.6g} m"
    )
