r"""Reduces very large limits, which mean "no limit", to the largest flows that can occur.

The tolerance of a solver is relative to the largest number of its program, and 1e-9 of 1e10 MW is
10 MW. Before a problem is formulated, every limit is therefore cut to about `ROOM` times the
largest flow that can occur in any step. With the largest load :math:`\ell` (flexible loads at
their limit), own generation :math:`g` (renewable and thermal), import :math:`i`, export :math:`e`,
charging :math:`c_s` and discharging :math:`d_s`, content :math:`E_s` and efficiencies, steps of h
hours:

.. math::

    i &\le \ell + \textstyle\sum_s c_s, \qquad e \le g + \sum_s d_s, \qquad
        g_{\mathrm{thermal}} \le \ell + \sum_s c_s + e \\
    c_s &\le \min\bigl(g + \textstyle\sum_{r \ne s} d_r + i,\; (E_s / h + v_s) / \eta^c_s\bigr) \\
    d_s &\le \min\bigl(\ell + \textstyle\sum_{r \ne s} c_r + e,\; (E_s / h + q_s)\,
        \eta^d_s\bigr), \qquad
    E_s \le X_s + h \textstyle\sum_t (\eta^c_s c_s + q_s)

with the inflow q, the spill v and the first content X of a storage. No dispatch imports and
exports, or charges and discharges, at once, so these bounds exclude no dispatch.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeVar

import numpy as np

from altay_energy.core.units import Array
from altay_energy.dispatch.problem.period import FlexibleLoad
from altay_energy.dispatch.problem.problem import Problem
from altay_energy.dispatch.problem.storage import StorageLimits
from altay_energy.dispatch.problem.thermal_units import ThermalLimits

ROOM = 64.0
"""Limits are cut to this multiple of the largest flow, rounded up to a power of two. Ordinary
limits are not affected, and many years together are cut as each of them alone, unless a power of
two lies between them. [-]"""

_ROUNDS = 4
"""Number of tightening rounds; each bound reduces others, and further rounds gain little."""


def within_reach(problem: Problem) -> Problem:
    """Return the problem with limits cut to `ROOM` times the largest flow that can occur.

    Parameters
    ----------
    problem : Problem
        Shape (..., T).

    Returns
    -------
    Problem
        Problem with the same feasible dispatches; the given one if no limit is that large.
    """
    reach = _Reach.of(problem)
    for _ in range(_ROUNDS):
        reach.tighten()
    return reach.cut()


def within_cost(problem: Problem, cost_cny: float) -> Problem:
    r"""Return the problem with limits cut to the largest flows of dispatches up to a given cost.

    A step never imports and exports, so exported energy comes from own plants, from contents of
    storages, or from import that was stored with a loss. With the highest export
    price :math:`p_e`, the lowest import price :math:`p_i`, the best round trip :math:`\eta` of a
    storage, thermal costs :math:`c_k`, and own generation with inflow and first contents G, import
    I and thermal generation :math:`T_k` over the period then obey

    .. math:: (p_i - \eta p_e) I + \textstyle\sum_k (c_k - p_e) T_k \le C + p_e G

    where C is the cost, whose other parts are all at least 0. A flow whose bracket is not positive
    is not bounded.

    Parameters
    ----------
    problem : Problem
        Shape (..., T).
    cost_cny : float
        Upper bound of the cost in every run. [CNY]

    Returns
    -------
    Problem
        Problem that keeps all dispatches up to that cost; limits are cut as by `within_reach`.
    """
    reach = _Reach.of(problem)
    reach.afford(cost_cny)
    for _ in range(_ROUNDS):
        reach.tighten()
    return reach.cut()


def wide_mw(problem: Problem) -> float:
    """Return a power that is larger than any step of a problem can need. [MW]"""
    parts = [problem.load_mw, problem.import_limit_mw, *problem.renewables.values()]
    parts += [plant.capacity_mw for plant in problem.thermals]
    parts += [load.limit_mw for load in problem.flexible_loads]
    powers = sum(_most(part) for part in parts)
    return 2.0 * (powers + sum(s.charge_mw + s.discharge_mw for s in problem.storages)) + 1.0


def wide_mwh(problem: Problem) -> float:
    """Return an energy that is larger than any storage of a problem can need. [MWh]"""
    load = float(problem.on_all(problem.load_mw).sum()) * problem.step_hours
    return 2.0 * (load + sum(s.energy_mwh for s in problem.storages)) + 1.0


@dataclass(eq=False)
class _Reach:
    """Largest powers that can occur in any step and run [MW], and contents [MWh]."""

    problem: Problem
    load: float
    own: float
    imported: float
    exported: float
    thermal: dict[str, float]
    charge: dict[str, float]
    discharge: dict[str, float]
    energy: dict[str, float]

    @classmethod
    def of(cls, problem: Problem) -> _Reach:
        """Compute the largest flows from the limits of a problem."""
        waiting = sum(_most_drawn(load) for load in problem.flexible_loads)
        pumps = sum(_most(station.pump.high_mw) for station in problem.stations)
        turbines = sum(_most(station.turbine.high_mw) for station in problem.stations)
        return cls(
            problem=problem,
            load=_most(problem.load_mw) + waiting + pumps,
            own=sum(_most(power) for power in problem.renewables.values()) + turbines,
            imported=_most(problem.import_limit_mw),
            exported=_most(problem.export_limit_mw),
            thermal={plant.name: _most(plant.capacity_mw) for plant in problem.thermals},
            charge={s.name: s.charge_mw for s in problem.storages},
            discharge={s.name: s.discharge_mw for s in problem.storages},
            energy={s.name: s.energy_mwh for s in problem.storages},
        )

    def tighten(self) -> None:
        """Bound each flow by the supply or use of the others."""
        into = self.load + sum(self.charge.values())
        out = self.own + sum(self.thermal.values()) + sum(self.discharge.values())
        self.imported = min(self.imported, into)
        self.exported = min(self.exported, out)
        for plant in self.problem.thermals:
            must = _most(plant.must_run_mw)
            most = min(self.thermal[plant.name], into + self.exported)
            self.thermal[plant.name] = max(most, must)
        for s in self.problem.storages:
            name, hours = s.name, self.problem.step_hours
            spilled, inflow = _most(s.most_spill_mw), _most(s.inflow_mw)
            filled = (self.energy[name] / hours + spilled) / s.charge_efficiency
            given = out - self.discharge[name] + self.imported
            self.charge[name] = min(self.charge[name], given, filled)
            self.energy[name] = min(self.energy[name], self._gathered(s))
            emptied = (self.energy[name] / hours + inflow) * s.discharge_efficiency
            taken = into - self.charge[name] + self.exported
            self.discharge[name] = min(self.discharge[name], taken, emptied)

    def afford(self, cost_cny: float) -> None:
        """Bound import and thermal generation by a given cost."""
        problem, hours = self.problem, self.problem.step_hours
        if problem.terminal == "water_value" or problem.stations:  # contents have a value
            return
        earned = max(_most(problem.export_price_cny_mwh), 0.0)
        inflow = sum(_most_in_all(problem, s.inflow_mw) for s in problem.storages)
        own = inflow + sum(_most_in_all(problem, p) for p in problem.renewables.values())
        first = sum(s.initial_level_mwh for s in problem.storages)
        if problem.terminal == "cyclic":  # the first content is free
            first = 0.0
        trip = max(
            (s.charge_efficiency * s.discharge_efficiency for s in problem.storages), default=0
        )
        import_worth = float(np.min(problem.import_price_cny_mwh)) - trip * earned
        worth = {p.name: p.marginal_cost_cny_mwh - earned for p in problem.thermals}
        all_hours = hours * problem.steps
        spare = cost_cny + earned * (hours * own + first)
        spare += max(-import_worth, 0.0) * self.imported * all_hours
        spare += sum(max(-w, 0.0) * self.thermal[name] * all_hours for name, w in worth.items())
        if import_worth > 0.0:
            self.imported = min(self.imported, max(spare, 0.0) / (import_worth * hours))
        for name, one in worth.items():
            if one > 0.0:
                self.thermal[name] = min(self.thermal[name], max(spare, 0.0) / (one * hours))

    def _gathered(self, storage: StorageLimits) -> float:
        """Largest content that a storage can reach from its first content. [MWh]"""
        problem = self.problem
        if problem.terminal == "water_value":  # its bands are shares of the capacity
            return storage.energy_mwh
        inflow = float(np.max(problem.on_all(storage.inflow_mw).sum(axis=-1)))
        power = storage.charge_efficiency * self.charge[storage.name]
        gained = problem.step_hours * (power * problem.steps + inflow)
        if gained == 0.0:
            return storage.energy_mwh
        return gained if problem.terminal == "cyclic" else storage.initial_level_mwh + gained

    def cut(self) -> Problem:
        """Return the problem with limits cut to `ROOM` times these flows."""
        problem = self.problem
        plants = [self._cut_thermal(plant) for plant in problem.thermals]
        storages = [self._cut_storage(storage) for storage in problem.storages]
        loads = [
            _with(load, limit_mw=_capped(load.limit_mw, _roomy(_most_drawn(load))))
            for load in problem.flexible_loads
        ]
        return _with(
            problem,
            import_limit_mw=_capped(problem.import_limit_mw, _roomy(self.imported)),
            export_limit_mw=_capped(problem.export_limit_mw, _roomy(self.exported)),
            thermals=_kept(plants, problem.thermals),
            storages=_kept(storages, problem.storages),
            flexible_loads=_kept(loads, problem.flexible_loads),
        )

    def _cut_thermal(self, plant: ThermalLimits) -> ThermalLimits:
        if plant.units is not None:  # units define the capacity
            return plant
        most = _roomy(self.thermal[plant.name])
        return _with(plant, capacity_mw=_capped(plant.capacity_mw, most))

    def _cut_storage(self, storage: StorageLimits) -> StorageLimits:
        name = storage.name
        energy = min(storage.energy_mwh, _roomy(self.energy[name]))
        return _with(
            storage,
            charge_mw=min(storage.charge_mw, _roomy(self.charge[name])),
            discharge_mw=min(storage.discharge_mw, _roomy(self.discharge[name])),
            energy_mwh=energy,
            initial_level_mwh=min(
                storage.initial_level_mwh, energy
            ),  # the first content of a cyclic period is free
        )


Value = TypeVar("Value", Problem, ThermalLimits, StorageLimits, FlexibleLoad)


def _with(value: Value, **parts: Any) -> Value:
    """Return the value with changed fields; the same object if none changes."""
    if all(_is_same(getattr(value, name), part) for name, part in parts.items()):
        return value
    return replace(value, **parts)


def _is_same(one: Any, other: Any) -> bool:
    return one is other or (isinstance(one, float) and one == other)


def _kept(new: Sequence[Any], old: tuple[Any, ...]) -> tuple[Any, ...]:
    """Return the old tuple if nothing has changed."""
    return old if all(a is b for a, b in zip(new, old, strict=True)) else tuple(new)


def _most_drawn(load: FlexibleLoad) -> float:
    """Largest draw of a flexible load in a step. [MW]"""
    return min(_most(load.limit_mw), (2 * load.shift_steps + 1) * _most(load.demand_mw))


def _most_in_all(problem: Problem, series: Array) -> float:
    """Largest sum over steps of any run. [MW steps]"""
    return float(np.max(problem.on_all(series).sum(axis=-1)))


def _most(series: Array) -> float:
    return float(np.max(series))


def _roomy(flow: float) -> float:
    """Return `ROOM` times a flow, rounded up to a power of two."""
    return ROOM * 2.0 ** math.ceil(math.log2(flow)) if flow > 0.0 else 0.0


def _capped(series: Array, most: float) -> Array:
    """Return the series cut to a limit; the same object if nothing is cut."""
    return np.minimum(series, most) if np.any(series > most) else series
