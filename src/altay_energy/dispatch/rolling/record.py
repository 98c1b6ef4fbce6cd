"""Collects the window plans and the realised dispatch."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import fields
from typing import Any

import numpy as np

from altay_energy.core.units import Array
from altay_energy.dispatch.problem.aggregate import (
    in_proportion,
    renewable_groups,
    thermal_groups,
    thermal_shares,
)
from altay_energy.dispatch.problem.problem import Problem
from altay_energy.dispatch.program.columns import (
    BACK_DOWN,
    EXPORT,
    IMPORT,
    UNSERVED,
    Column,
    Role,
    places,
    renewable_column,
    thermal_column,
)
from altay_energy.dispatch.program.element import Reading
from altay_energy.dispatch.result.result import Dispatch, Rolled
from altay_energy.dispatch.rolling.balancing import Plan, Realised
from altay_energy.dispatch.rolling.forecast import Forecasts, Integers
from altay_energy.dispatch.rolling.window import Windows


class Record:
    """Plans and realised operation so far.

    Parameters
    ----------
    problem : Problem
        Shape (T,).
    starts : ndarray of int, shape (W,)
        First step of each window.
    step : int
        Number of steps of a window that are carried out.
    seen : Forecasts
        Shape (W, L).
    """

    def __init__(self, problem: Problem, starts: Integers, step: int, seen: Forecasts) -> None:
        self.problem, self.starts, self.step, self.seen = problem, starts, step, seen
        self._plans: list[Plan] = []
        self._done: list[Realised] = []

    def plan(self, windows: Windows, window: int, values: Array, count: int) -> Plan:
        """Plan of the first steps of a window, from its solution.

        Parameters
        ----------
        windows : Windows
        window : int
            Which one.
        values : ndarray, shape (L, n)
            Solution of its program.
        count : int
            Number of steps carried out, K.

        Returns
        -------
        Plan
        """
        problem, start = self.problem, int(self.starts[window])
        part = slice(start, start + count)
        values = values[:count]

        def of(name: Column) -> Array:
            place = windows.column.get(name)
            return np.zeros(count) if place is None else values[:, place]

        def each(*powers: Array) -> Array:
            return np.array(powers).reshape(len(powers), count)

        flexible = problem.flexible_loads
        movable = sum((problem.on_all(f.demand_mw)[part] for f in flexible), np.zeros(count))
        seen = sum((p[window, :count] for p in self.seen.renewables.values()), np.zeros(count))
        used = sum((of(renewable_column(n)) for _, n in renewable_groups(problem)), np.zeros(count))
        names = [storage.name for storage in problem.storages]
        given = (of(Column(Role.DISCHARGE, n)) - of(Column(Role.CHARGE, n)) for n in names)
        available = [problem.on_all(p)[part] for p in problem.renewables.values()]
        plan = Plan(
            storage=each(*given),
            planned_level=each(*(self._held(windows, Role.LEVEL, n, values) for n in names)),
            planned_spill=each(*(of(Column(Role.SPILL, name)) for name in names)),
            thermal=each(*(of(thermal_column(group)) for group in thermal_groups(problem))),
            back_down=of(BACK_DOWN),
            imported=of(IMPORT),
            exported=of(EXPORT),
            curtailed=np.maximum(seen - used, 0.0),
            unserved=of(UNSERVED),
            load=np.maximum(problem.on_all(problem.load_mw)[part] - movable, 0.0),
            available=sum(available, start=np.zeros(count)),
            drawn=each(*(of(Column(Role.USED, load.name)) for load in flexible)),
            never=each(*(of(Column(Role.NEVER, load.name)) for load in flexible)),
            owed=each(*(self._held(windows, Role.OWED, f.name, values) for f in flexible)),
        )
        self._plans.append(plan)
        return plan

    @staticmethod
    def _held(windows: Windows, role: Role, owner: str, values: Array) -> Array:
        """Content or backlog after each step; at the end of a window with its bands. [MWh]"""
        held = places(windows.column, role, Role.BAND, owner=owner)
        return np.asarray(values[:, held].sum(axis=1))

    def add(self, done: Realised) -> None:
        """Add the realised operation of the latest plan."""
        self._done.append(done)

    def used(self, parts: Mapping[Column, float]) -> float:
        """Use of a limit over the period in the latest steps, summed over steps."""
        plan, done = self._plans[-1], self._done[-1]
        if UNSERVED in parts:
            return float(done.unserved.sum() + plan.never.sum())
        total = parts.get(IMPORT, 0.0) * done.imported + parts.get(EXPORT, 0.0) * done.exported
        for group, power in zip(thermal_groups(self.problem), done.thermal, strict=True):
            total = total + parts.get(thermal_column(group), 0.0) * power
        for name, value in parts.items():
            if name.role == Role.RENEWABLE:  # plants of all costs have the same coefficient
                return float((total + value * (plan.available - done.curtailed)).sum())
        return float(total.sum())

    def stored_mw(self) -> float:
        """Net charging of all storages in the latest steps, summed over steps. [MW]"""
        return 0.0 - float(self._done[-1].storage.sum())

    def dispatch(self, first: Mapping[str, float], optimum: Dispatch | None) -> Dispatch:
        """Return the realised operation as a dispatch.

        Parameters
        ----------
        first : mapping of str to float
            Contents at the start. [MWh]
        optimum : Dispatch or None
            Optimum that guided the windows.
        """
        problem, storages = self.problem, self.problem.storages
        done = {f.name: self._joined(self._done, f.name) for f in fields(Realised)}
        curtailed = self._curtailed(done["curtailed"])
        flexible, never = problem.flexible_loads, self._joined(self._plans, "never")
        asked = np.array([problem.on_all(load.demand_mw) for load in flexible])
        shift = done["drawn"] + never - asked.reshape(never.shape)
        _lacking_when_demanded(problem, shift, done["unserved"], never.sum(axis=0))
        names = [load.name for load in flexible]
        charge, discharge = self._both_ways(done["storage"])
        found = Reading(
            generation={n: problem.on_all(p) - curtailed[n] for n, p in problem.renewables.items()},
            thermal=thermal_shares(problem, done["thermal"], done["back_down"]),
            charge=charge,
            discharge=discharge,
            level={
                s.name: np.append(first[s.name], x)
                for s, x in zip(storages, done["level"], strict=True)
            },
            spilled={s.name: x for s, x in zip(storages, done["spilled"], strict=True) if s.spills},
            never=dict(zip(names, never, strict=True)),
            shift=dict(zip(names, shift, strict=True)),
            imported=done["imported"],
            exported=done["exported"],
            unserved=done["unserved"],
        )
        return found.dispatch(problem, curtailed_mw=curtailed, rolled=self._rolled(optimum))

    def _both_ways(self, given: Array) -> tuple[dict[str, Array], dict[str, Array]]:
        """Charge and discharge of each storage from its net discharge. [MW]"""
        by_name = {s.name: p for s, p in zip(self.problem.storages, given, strict=True)}
        charge = {name: np.maximum(0.0 - p, 0.0) for name, p in by_name.items()}
        return charge, {name: np.maximum(p, 0.0) for name, p in by_name.items()}

    def _joined(self, parts: Sequence[Plan | Realised], name: str) -> Array:
        return np.concatenate([getattr(part, name) for part in parts], axis=-1)

    def _curtailed(self, total: Array) -> dict[str, Array]:
        """Curtailment of each plant: by cost, the highest first; in proportion at equal cost."""
        lost: dict[str, Array] = {}
        for _, names in reversed(renewable_groups(self.problem)):
            available = {name: self.problem.on_all(self.problem.renewables[name]) for name in names}
            taken = np.minimum(total, sum(available.values(), start=np.zeros(total.shape)))
            lost |= in_proportion(taken, available)
            total = total - taken
        return {name: lost[name] for name in self.problem.renewables}

    def _rolled(self, optimum: Dispatch | None) -> Rolled:
        plan = {f.name: self._joined(self._plans, f.name) for f in fields(Plan)}
        names = [s.name for s in self.problem.storages]
        charge, discharge = self._both_ways(plan["storage"])
        return self._with_forecasts(
            solver="highs",
            optimum=optimum,
            planned_charge_mw=charge,
            planned_discharge_mw=discharge,
            planned_level_mwh=dict(zip(names, plan["planned_level"], strict=True)),
            planned_import_mw=plan["imported"],
            planned_export_mw=plan["exported"],
            planned_curtailed_mw=plan["curtailed"],
        )

    def of_plan(self, optimum: Dispatch) -> Rolled:
        """Return the record of one plan with perfect forecasts that is carried out unchanged."""
        return self._with_forecasts(
            solver=optimum.solution.solver if optimum.solution else "",
            optimum=optimum,
            planned_charge_mw=optimum.charge_mw,
            planned_discharge_mw=optimum.discharge_mw,
            planned_level_mwh={name: x[1:] for name, x in optimum.level_mwh.items()},
            planned_import_mw=optimum.import_mw,
            planned_export_mw=optimum.export_mw,
            planned_curtailed_mw=sum(
                optimum.curtailed_mw.values(), start=np.zeros(self.problem.steps)
            ),
        )

    def _with_forecasts(self, **planned: Any) -> Rolled:
        problem, steps = self.problem, self.problem.steps
        kept = {
            name: power[:, : self.step].reshape(-1)[:steps]
            for name, power in {**self.seen.renewables, "load": self.seen.load_mw}.items()
        }
        actual = {name: problem.on_all(p) for name, p in problem.renewables.items()}
        return Rolled(
            starts=self.starts,
            look_ahead=self.seen.load_mw.shape[-1],
            step=self.step,
            forecast_mw=kept,
            actual_mw={**actual, "load": problem.on_all(problem.load_mw)},
            **planned,
        )


def _lacking_when_demanded(problem: Problem, shift: Array, unserved: Array, never: Array) -> None:
    """Count energy that is shifted and then not served as unserved in the step of its demand.

    No step then has more unserved load than demand.

    Parameters
    ----------
    problem : Problem
        Shape (T,).
    shift : ndarray, shape (F, T)
        Draw of each flexible load less its demand; changed in place. [MW]
    unserved : ndarray, shape (T,)
        Unserved load without ``never``; changed in place. [MW]
    never : ndarray, shape (T,)
        Unserved part of the demand of flexible loads. [MW]
    """
    load = problem.on_all(problem.load_mw)
    for t in np.flatnonzero(unserved + never > load):
        for moved in shift:
            excess = min(float(unserved[t] + never[t] - load[t]), float(moved[t]))
            if excess <= 0.0:
                continue
            backlog = np.cumsum(0.0 - moved)  # in MW times steps
            late = min(excess, max(float(backlog[t - 1]), 0.0)) if t else 0.0
            places = [(range(t - 1, -1, -1), late), (range(t + 1, moved.size), excess - late)]
            for steps, left in places:
                for s in steps:
                    part = min(left, max(0.0 - float(moved[s]), 0.0))
                    moved[s] += part
                    unserved[s] += part
                    moved[t] -= part
                    unserved[t] -= part
                    left -= part
                    if left <= 0.0:
                        break
