"""Receding horizon: each window is planned on its forecasts, and its first part is carried out."""

from __future__ import annotations

from dataclasses import replace
from typing import Literal

import numpy as np

from altay_energy.components.settings.rolling import ForecastSettings, RollingSettings
from altay_energy.core.errors import ScenarioError
from altay_energy.core.units import Array
from altay_energy.dispatch.problem.problem import Problem
from altay_energy.dispatch.problem.reach import within_reach
from altay_energy.dispatch.program.limits import loss_factor
from altay_energy.dispatch.result.result import Dispatch
from altay_energy.dispatch.rolling.balancing import Balancing
from altay_energy.dispatch.rolling.forecast import Forecasts, Integers, forecasts
from altay_energy.dispatch.rolling.guide import Guide
from altay_energy.dispatch.rolling.record import Record
from altay_energy.dispatch.rolling.window import State, Windows
from altay_energy.dispatch.rolling.window_directions import Directions
from altay_energy.dispatch.rolling.window_solver import WarmHighs


def needs_optimum(problem: Problem, settings: RollingSettings, errors: ForecastSettings) -> bool:
    """Whether the windows of a problem of shape (T,) need the optimum of the whole period."""
    sees_all = errors.perfect and _look_ahead(problem, settings) == problem.steps
    return settings.end_value in ("optimum", "other_years") or sees_all


def roll(
    whole: Problem,
    settings: RollingSettings,
    errors: ForecastSettings,
    optimum: Dispatch | None,
    others: tuple[Dispatch, ...] = (),
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
    others : tuple of Dispatch
        Optima of other weather years, for ``end_value = "other_years"``.

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
    known = {"optimum": (optimum,), "other_years": others}.get(str(settings.end_value), ())
    guide = Guide(problem, settings, tuple(year for year in known if year is not None))
    done = roll_windows(problem, settings, guide, starts, step, seen)
    assert done.rolled is not None
    yardstick = optimum if isinstance(settings.end_value, str) else None
    rolled = replace(done.rolled, optimum=yardstick, others=others)
    return replace(done, problem=whole, rolled=rolled)


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


def roll_windows(
    problem: Problem,
    settings: RollingSettings,
    guide: Guide,
    starts: Integers,
    step: int,
    seen: Forecasts,
) -> Dispatch:
    """Plan and carry out every window.

    Parameters
    ----------
    problem : Problem
        Shape (T,), with limits no wider than what can flow.
    settings : RollingSettings
    guide : Guide
        Conditions at the ends of windows.
    starts : ndarray of int, shape (W,)
        First step of each window.
    step : int
        Steps of a window that are carried out.
    seen : Forecasts
        Shape (W, L).
    """
    windows = Windows(problem, seen, starts, guide.floor_mw(), guide.bands)
    solve = WarmHighs(windows.template())
    directions = Directions(windows, solve, guide.own)
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
    return record.dispatch(guide.start(windows).level, guide.own)


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
