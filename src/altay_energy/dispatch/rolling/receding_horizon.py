"""Receding horizon: each window is planned on its forecasts, and its first part is carried out."""

from __future__ import annotations

from dataclasses import replace
from typing import Literal

import numpy as np

from altay_energy.components.settings.rolling import ForecastSettings, RollingSettings
from altay_energy.core.errors import ScenarioError
from altay_energy.core.units import Array
from altay_energy.dispatch.problem.period import LIMITS, FlexibleLoad
from altay_energy.dispatch.problem.problem import Problem
from altay_energy.dispatch.problem.reach import within_reach
from altay_energy.dispatch.problem.storage import StorageLimits
from altay_energy.dispatch.program.limits import flows, loss_factor
from altay_energy.dispatch.result.result import Dispatch
from altay_energy.dispatch.rolling.balancing import Balancing
from altay_energy.dispatch.rolling.forecast import Forecasts, Integers, forecasts
from altay_energy.dispatch.rolling.record import Record
from altay_energy.dispatch.rolling.window import BacklogEnd, End, State, Windows
from altay_energy.dispatch.rolling.window_directions import Directions
from altay_energy.dispatch.rolling.window_solver import WarmHighs

VALUE_MARGIN = 0.1
"""Added to the value of content below that of the optimum, subtracted above; of the cost of
backlog it is subtracted below and added above. [CNY/MWh]"""


def needs_optimum(problem: Problem, settings: RollingSettings, errors: ForecastSettings) -> bool:
    """Whether the windows of a problem of shape (T,) need the optimum of the whole period."""
    sees_all = errors.perfect and _look_ahead(problem, settings) == problem.steps
    return settings.end_value == "optimum" or sees_all


def roll(
    whole: Problem,
    settings: RollingSettings,
    errors: ForecastSettings,
    optimum: Dispatch | None,
) -> Dispatch:
    """Plan the windows and carry out the first part of each.

    Parameters
    ----------
    whole : Problem
        Shape (T,), without stations and committed units.
    settings : RollingSettings
    errors : ForecastSettings
    optimum : Dispatch or None
        Optimum of the whole period, if `needs_optimum`.

    Returns
    -------
    Dispatch
        The realised dispatch, with the plans in ``rolled``.
    """
    problem = within_reach(whole)
    look_ahead = _look_ahead(problem, settings)
    step = min(_steps(problem, settings, "step_hours"), problem.steps)
    starts = np.arange(0, problem.steps, step)
    seen = forecasts(problem, errors, starts, look_ahead)
    if errors.perfect and look_ahead == problem.steps and optimum is not None:
        rolled = Record(problem, starts, step, seen).of_plan(optimum)
        return replace(optimum, problem=whole, rolled=rolled)
    guide = _Guide(problem, settings, optimum if settings.end_value == "optimum" else None)
    done = _roll(problem, settings, guide, starts, step, seen)
    return replace(done, problem=whole)


def _look_ahead(problem: Problem, settings: RollingSettings) -> int:
    return min(_steps(problem, settings, "look_ahead_hours"), problem.steps)


def _steps(
    problem: Problem, settings: RollingSettings, name: Literal["look_ahead_hours", "step_hours"]
) -> int:
    steps = getattr(settings, name) / problem.step_hours
    if steps % 1:
        raise ScenarioError(
            f"dispatch.rolling.{name} = {getattr(settings, name):g} is no whole number of steps of "
            f"{problem.step_hours:g} h"
        )
    return int(steps)


def _roll(
    problem: Problem,
    settings: RollingSettings,
    guide: _Guide,
    starts: Integers,
    step: int,
    seen: Forecasts,
) -> Dispatch:
    windows = Windows(problem, seen, starts, guide.floor_mw(), guide.bands)
    solve = WarmHighs(windows.template())
    directions = Directions(windows, solve, guide.optimum)
    balancing = Balancing(problem, settings.balance, guide.reach())
    record = Record(problem, starts, step, seen)
    state = guide.start(windows)
    for w, start in enumerate(starts.tolist()):
        end = guide.end(windows, w)
        values = directions.plan(w, windows.data(w, state, end))
        count = min(step, problem.steps - start)
        plan = record.plan(windows, w, values, count)
        level, owed = list(state.level.values()), list(state.owed.values())
        done = balancing.carry_out(plan, start, level, guide.worth(w, windows), owed)
        record.add(done)
        state = _next(windows, state, start, done.imported, level, owed, record)
    return record.dispatch(guide.start(windows).level, guide.optimum)


def _next(
    windows: Windows,
    state: State,
    start: int,
    imported: Array,
    level: list[float],
    owed: list[float],
    record: Record,
) -> State:
    """State after the steps carried out so far."""
    problem, stop = windows.problem, start + imported.size
    peak = state.peak
    if problem.terms.has_demand_charge:
        month = problem.terms.month_of_step
        last = month[start:stop] == month[stop - 1]
        old = peak if month[start] == month[stop - 1] else 0.0
        peak = max(old, float(imported[last].max()))
        if stop < problem.steps and month[stop] != month[stop - 1]:
            peak = 0.0
    names = [storage.name for storage in problem.storages]
    used = {name: record.used(parts) for name, parts in windows.limits.items()}
    gained = sum(level) - sum(state.level[name] for name in names)
    lost = record.stored_mw() - gained / problem.step_hours
    used = {name: part + loss_factor(name) * lost for name, part in used.items()}
    return State(
        level=dict(zip(names, level, strict=True)),
        owed=dict(zip(state.owed, owed, strict=True)),
        peak=peak,
        used={name: state.used.get(name, 0.0) + value for name, value in used.items()},
    )


class _Guide:
    """End conditions of windows: values of contents and shares of the limits over the period.

    Parameters
    ----------
    problem : Problem
        Shape (T,).
    settings : RollingSettings
    optimum : Dispatch or None
        Optimum of the whole period; None if not used.
    """

    def __init__(
        self, problem: Problem, settings: RollingSettings, optimum: Dispatch | None
    ) -> None:
        self.problem, self.settings, self.optimum = problem, settings, optimum
        self.bands = max(2, len(problem.terms.water_value_cny_mwh))

    def _first(self, storage: StorageLimits) -> float:
        """Content of each storage at the start. [MWh]"""
        if self.problem.terminal == "cyclic" and self.optimum is not None:
            return float(self.optimum.level_mwh[storage.name][0])
        return storage.initial_level_mwh

    def start(self, windows: Windows) -> State:
        """State at the start of the period."""
        return State(
            level={s.name: self._first(s) for s in self.problem.storages},
            owed={load.name: 0.0 for load in self.problem.flexible_loads},
            used=dict.fromkeys(windows.limits, 0.0),
        )

    def reach(self) -> dict[str, tuple[Array, Array]]:
        """Contents from which full power meets the terminal rule, shape (T,) each. [MWh]"""
        if self.problem.terminal in ("free", "water_value"):
            return {}
        every = (self._reach(s) for s in self.problem.storages)
        return {s.name: edges for s, edges in zip(self.problem.storages, every, strict=True)}

    def _reach(self, storage: StorageLimits) -> tuple[Array, Array]:
        problem, hours, full = self.problem, self.problem.step_hours, storage.energy_mwh
        keep = storage.keep(hours)
        inflow, spill = (problem.on_all(a) * hours for a in (storage.inflow_mw, storage.spill_mw))
        charged = problem.on_all(storage.charge_mw * storage.in_service) * hours
        charged = charged * storage.charge_efficiency
        given = problem.on_all(storage.discharge_mw * storage.in_service) * hours
        given = given / storage.discharge_efficiency
        least, most = np.empty((2, problem.steps))
        low = self._first(storage)
        high = full if problem.terminal == "at_least" else low
        for t in reversed(range(problem.steps)):
            least[t], most[t] = low, high
            low = min(max((low - inflow[t] - charged[t]) / keep, 0.0), full)
            high = min(max((high - inflow[t] + given[t] + spill[t]) / keep, 0.0), full)
        return least, most

    def floor_mw(self) -> Array:
        """Import without further demand charge: the monthly peak of the optimum, (T,). [MW]"""
        floor, terms = np.zeros(self.problem.steps), self.problem.terms
        if terms.has_demand_charge and self.optimum is not None:
            peak = np.zeros(int(terms.month_of_step.max()) + 1)
            np.maximum.at(peak, terms.month_of_step, self.optimum.import_mw)
            floor = peak[terms.month_of_step]
        return floor

    def end(self, windows: Windows, window: int) -> End:
        """Conditions at the end of a window."""
        start, steps = int(windows.starts[window]), self.problem.steps
        stop = min(start + windows.length, steps)
        bands = {
            s.name: self._final(s, windows.penalty) if stop == steps else self._worth(s, stop)
            for s in windows.storages
        }
        left = {name: self._left(windows, window, name, stop) for name in windows.limits}
        backlog = {f.name: self._backlog(f, stop) for f in self.problem.flexible_loads}
        return End(stop - start - 1, bands, left, backlog)

    def worth(self, window: int, windows: Windows) -> list[float]:
        """Value of the content of each storage while a window is carried out. [CNY/MWh]"""
        stop = min(int(windows.starts[window]) + windows.length, self.problem.steps - 1)
        if self.optimum is None:
            return [float(self.settings.end_value)] * len(self.problem.storages)
        values = self.optimum.stored_value_cny_mwh
        return [
            float(values[s.name][stop]) if s.name in values else 0.0 for s in self.problem.storages
        ]

    def _worth(self, storage: StorageLimits, stop: int) -> list[tuple[float, float]]:
        full = storage.energy_mwh
        if self.optimum is None:
            return self._padded([(full, float(self.settings.end_value))])
        # The price at the start of the next step; at a bound, that of the last content differs.
        keep = storage.keep(self.problem.step_hours)
        worth = keep * float(self.optimum.stored_value_cny_mwh[storage.name][stop])
        wanted = float(self.optimum.level_mwh[storage.name][stop])
        return self._padded([(wanted, worth + VALUE_MARGIN), (full - wanted, worth - VALUE_MARGIN)])

    def _backlog(self, load: FlexibleLoad, stop: int) -> BacklogEnd:
        """Cost of the backlog at the end of a window: what using it later costs."""
        if stop == self.problem.steps:
            return BacklogEnd(0.0, 0.0, 0.0)
        if self.optimum is None:
            least, most = self._prices_after(stop, load.shift_steps)
            return BacklogEnd(0.0, least, most)
        hours, name = self.problem.step_hours, load.name
        moved = self.optimum.shift_down_mw[name] - self.optimum.shift_up_mw[name]
        cost = float(self.optimum.backlog_cost_cny_mwh[name][stop])
        wanted = float(moved[:stop].sum()) * hours
        return BacklogEnd(wanted, cost - VALUE_MARGIN, cost + VALUE_MARGIN)

    def _prices_after(self, stop: int, count: int) -> tuple[float, float]:
        """Lowest and highest price of import in the steps after a window. [CNY/MWh]

        The connection, thermal plants and the value of content are the alternatives, in this order.
        """
        problem, part = self.problem, slice(stop, stop + max(count, 1))
        open_now = problem.on_all(problem.import_limit_mw)[part] > 0.0
        prices = problem.on_all(problem.import_price_cny_mwh)[part][open_now]
        if not prices.size:
            prices = np.array([plant.marginal_cost_cny_mwh for plant in problem.thermals])
        if not prices.size:
            prices = np.array([float(self.settings.end_value)])
        return float(prices.min()), float(prices.max())

    def _final(self, storage: StorageLimits, penalty: float) -> list[tuple[float, float]]:
        """The terminal rule as penalties, since the realised content may make it infeasible."""
        full, wanted = storage.energy_mwh, self._first(storage)
        values = self.problem.terms.water_value_cny_mwh
        if self.problem.terminal == "water_value":
            return self._padded([(full / len(values), value) for value in values])
        if self.problem.terminal == "free":
            return self._padded([(full, 0.0)])
        beyond = 0.0 if self.problem.terminal == "at_least" else -penalty
        return self._padded([(wanted, penalty), (full - wanted, beyond)])

    def _padded(self, bands: list[tuple[float, float]]) -> list[tuple[float, float]]:
        return bands + [(0.0, 0.0)] * (self.bands - len(bands))

    def _left(self, windows: Windows, window: int, name: str, stop: int) -> float:
        """Largest use of a limit by the end of a window, in MW or t/h, summed over steps."""
        problem, terms = self.problem, self.problem.terms
        start = int(windows.starts[window])
        known = sum(problem.on_all(p)[:start].sum() for p in problem.renewables.values())
        seen = sum(p[window].sum() for p in windows.seen.renewables.values())
        whole = sum(problem.on_all(p).sum() for p in problem.renewables.values())
        limit, asked = LIMITS[name], float(getattr(terms, name))
        most = float(asked * whole) if limit.unit == "-" else asked / problem.step_hours
        most *= limit.sign
        share = 1.0
        if limit.spread == "time":
            share = stop / problem.steps
        elif limit.spread == "available":
            share = float((known + seen) / whole) if whole else 0.0
        if self.optimum is None:
            return most * share
        spent = np.cumsum(sum(flows(self.optimum, limit), start=np.zeros(problem.steps)))
        return float(spent[stop - 1] + most - spent[-1])
