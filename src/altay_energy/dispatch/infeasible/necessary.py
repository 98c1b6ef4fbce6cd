r"""Proofs of infeasibility by arithmetic, before any solver runs.

Each proof uses a relaxation, a system that can do everything that the real one can:

- *Power and energy.* All storages and flexible loads form one store, whose content is the energy
  that they can supply to the bus, with the best efficiency and the least loss of any:

  .. math:: X_{t+1} = \mathrm{clip}(\kappa X_t + g_t, 0, K), \qquad K = \sum_s \eta^d_s E_s

  where g is minus the deficit of the bus, up to the total discharging power, or the surplus, up to
  the charging power. Discharging as early as needed is optimal, so a deficit above the discharging
  power or with an empty store is unserved in any dispatch. In a cyclic period the store begins with
  the content to which the period returns, otherwise with that of the storages; a shortfall of the
  last content counts as well.
- *Levels.* No operation of a storage ends higher than permanent charging.
- *Rates and emissions.* Only load and charging take renewable power; must-run power emits.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from altay_energy.core.recurrence import bounded_levels, cyclic_levels
from altay_energy.core.units import Array
from altay_energy.dispatch.infeasible.outages import figure, outage_words, when
from altay_energy.dispatch.problem.period import METERED_RATE, NET_RATE
from altay_energy.dispatch.problem.problem import Problem
from altay_energy.dispatch.problem.storage import StorageLimits

_RETURNS = ("at_least", "equal_initial")

_SURE = 1e-6
"""Least violation that is a proof, as a share of the limit; sums over a year are more exact. [-]"""


def proofs(problem: Problem) -> tuple[tuple[int, ...], list[str]]:
    """Return proofs by arithmetic that a problem is infeasible.

    Parameters
    ----------
    problem : Problem
        Shape (..., T), stations as storages (`program.station.envelope`).

    Returns
    -------
    tuple of int
        Index of the first infeasible run; () if there is none, or only one run.
    list of str
        Each proof in words; empty if arithmetic finds none.
    """
    terms = problem.terms
    limits = (terms.unserved_max_mwh, terms.emissions_max_t)
    asked = terms.own_use or any(limit is not None for limit in limits)
    if problem.terminal not in _RETURNS and not asked:
        return (), []
    for run in np.ndindex(*problem.shape[:-1]):
        one = problem.one(run)
        # A last level that cannot be reached also shows as missing energy at the end.
        found = [*(_not_reached(one) or _not_served(one)), *_not_taken(one), *_emitted(one)]
        if found:
            return run, found
    return (), []


@dataclass(frozen=True, eq=False)
class _Store:
    """One store at the bus that stands for all storages and flexible loads of a problem, (T,).

    Parameters
    ----------
    charge_mw, discharge_mw : ndarray, shape (T,)
        [MW]
    holds_mwh, begins_mwh : float
        Energy for the bus of the full store, and at the start. [MWh]
    efficiency, keep : float
        Round-trip efficiency, and share of the content kept over a step. [-]
    inflow_mw : ndarray, shape (T,)
        [MW]
    """

    charge_mw: Array
    discharge_mw: Array
    holds_mwh: float
    begins_mwh: float
    efficiency: float
    keep: float
    inflow_mw: Array

    @classmethod
    def of(cls, problem: Problem) -> _Store:
        used = [s for s in problem.storages if not s.is_idle(problem.terminal)]
        charge, discharge, inflow = np.zeros((3, problem.steps))
        holds = begins = efficiency = 0.0
        keep = max((s.keep(problem.step_hours) for s in used), default=1.0)
        for s in used:
            charge += s.charge_mw
            discharge += s.discharge_mw
            inflow += s.discharge_efficiency * s.inflow_mw
            holds += s.discharge_efficiency * s.energy_mwh
            begins += s.discharge_efficiency * s.initial_level_mwh
            efficiency = max(efficiency, s.charge_efficiency * s.discharge_efficiency)
        for load in problem.flexible_loads:  # postponed load counts as supply
            least, most = load.backlog_band_mwh(problem.steps, problem.step_hours)
            charge += load.limit_mw - load.demand_mw
            discharge += load.demand_mw
            holds += float(most.max() - least.min())
            begins += float(most.max())
            efficiency = keep = 1.0
        return cls(charge, discharge, holds, begins, efficiency, keep, inflow)

    def levels(self, problem: Problem, gain_mwh: Array) -> Array:
        """Return the energy for the bus at the edges of the steps, shape (T + 1,). [MWh]"""
        if problem.terminal == "cyclic":
            return cyclic_levels(self.keep, gain_mwh, 0.0, self.holds_mwh, self.holds_mwh)
        return bounded_levels(self.keep, gain_mwh, 0.0, self.holds_mwh, self.begins_mwh)


def _not_served(problem: Problem) -> list[str]:
    most = problem.terms.unserved_max_mwh
    if most is None:
        return []
    hours, store = problem.step_hours, _Store.of(problem)
    net = problem.on_all(problem.load_mw) - _sources(problem)
    beyond = np.maximum(net - store.discharge_mw, 0.0)
    charged = store.efficiency * np.minimum(np.maximum(0.0 - net, 0.0), store.charge_mw)
    taken = np.minimum(np.maximum(net, 0.0), store.discharge_mw)
    gain = hours * (charged - taken + store.inflow_mw)
    level = store.levels(problem, gain)
    short = np.maximum(0.0 - (store.keep * level[:-1] + gain), 0.0)
    must_return = problem.terminal in _RETURNS
    at_end = max(level[0] - level[-1], 0.0) if must_return else 0.0
    rounding = _SURE * (most + hours * float(np.max(problem.load_mw)) + store.holds_mwh)
    allowed, lost = most + rounding, hours * float(beyond.sum())
    if lost > allowed:
        words = "load exceeds all sources, with every storage at full discharge,"
        return [outage_words(problem, beyond, words)]
    lost += float(short.sum()) + at_end
    return [_run_out(problem, level, short, store.holds_mwh, at_end)] if lost > allowed else []


def _run_out(problem: Problem, level: Array, short: Array, holds: float, at_end: float) -> str:
    """Return the interval from a full to an empty store with the largest deficit, in words."""
    full = np.flatnonzero(level[:-1] >= holds * (1.0 - _SURE))
    begins = np.unique(np.concatenate([[0], full]))
    missing = np.add.reduceat(short, begins)
    missing[-1] += at_end
    worst = int(np.argmax(missing))
    first = int(begins[worst])
    after = int(begins[worst + 1]) if worst + 1 < begins.size else short.size
    lacking = np.flatnonzero(short[first:after] > 0.0)
    to_the_end = after == short.size and at_end > 0.0
    stop = after if to_the_end or not lacking.size else first + int(lacking[-1]) + 1
    hours, filled = when(problem, first, stop), figure(holds)
    amount, total = float(missing[worst]), float(missing.sum())
    proof = (
        f"{hours} more energy is asked for than all sources and storages can give, even with "
        f"{filled} MWh in store at first: {figure(amount)} MWh are missing"
    )
    more = total > amount * (1.0 + _SURE)
    return f"{proof}, {figure(total)} MWh in the whole period" if more else proof


def _not_reached(problem: Problem) -> list[str]:
    if problem.terminal not in _RETURNS:
        return []
    return [pair for s in problem.storages if s.energy_mwh > 0.0 for pair in _falls(problem, s)]


def _falls(problem: Problem, storage: StorageLimits) -> list[str]:
    """Return the proof that a storage cannot return to its first level, or None."""
    start, full = storage.initial_level_mwh, storage.energy_mwh
    power = storage.charge_efficiency * storage.charge_mw + problem.on_all(storage.inflow_mw)
    keep = storage.keep(problem.step_hours)
    end = float(bounded_levels(keep, power * problem.step_hours, 0.0, full, start)[-1])
    if start - end <= _SURE * full:
        return []
    if not power.any():
        return [
            f'{storage.name}: terminal = "{problem.terminal}" cannot be met: it begins at '
            f"{figure(start)} MWh, loses part of it and cannot be charged; give it charge_mw, "
            "or begin at an initial_level of 0"
        ]
    return [
        f"{storage.name}: charging all the time it still falls from {figure(start)} to "
        f"{figure(end)} MWh by the end, below where it began"
    ]


def _not_taken(problem: Problem) -> list[str]:
    """Return the proof that own energy exceeds what load and charging can take, or nothing."""
    available = sum(problem.renewables.values(), start=np.zeros(problem.steps))
    load = problem.on_all(problem.load_mw)
    for flexible in problem.flexible_loads:
        load = load + flexible.limit_mw - flexible.demand_mw
    charge = sum((s.charge_mw for s in problem.storages), start=0.0)
    at_once = np.minimum(available, load)
    stored = np.minimum(available - at_once, charge)
    whole, direct = float(available.sum()), float(at_once.sum())
    found = []
    for name in problem.terms.own_use:
        share = 1.0 if name == METERED_RATE else _most_kept(problem)
        most = direct + share * float(stored.sum())
        if name == NET_RATE:  # natural inflow offsets losses
            most += sum(float(problem.on_all(s.inflow_mw).sum()) for s in problem.storages)
        if getattr(problem.terms, name) * whole - most > _SURE * whole:
            found.append(_taken_at_most(problem, most, whole, net=name == NET_RATE))
    return found


def _most_kept(problem: Problem) -> float:
    """Return the largest share of charged energy that is discharged or held at the end. [-]"""
    if any(s.is_load for s in problem.storages):
        return 1.0
    if problem.terminal in ("cyclic", "equal_initial"):
        kept = (s.charge_efficiency * s.discharge_efficiency for s in problem.storages)
    else:
        kept = (s.charge_efficiency for s in problem.storages)
    return max(kept, default=0.0)


def _taken_at_most(problem: Problem, most: float, whole: float, *, net: bool) -> str:
    hours = problem.step_hours
    taken, given, share = figure(most * hours), figure(whole * hours), figure(most / whole)
    if net:
        return (
            f"of the {given} MWh of renewable energy {taken} MWh can reach the load at most, hour "
            f"by hour and after the losses of storage: a share of {share}"
        )
    return (
        f"load and charging can take {taken} MWh of the {given} MWh of renewable energy at "
        f"most, hour by hour: a share of {share}"
    )


def _emitted(problem: Problem) -> list[str]:
    cap = problem.terms.emissions_max_t
    if cap is None:
        return []
    forced = {
        plant.name: plant.emission_factor_t_mwh
        * float(problem.on_all(plant.must_run_mw).sum())
        * problem.step_hours
        for plant in problem.thermals
    }
    total = sum(forced.values())
    if total <= cap * (1.0 + _SURE) + _SURE:
        return []
    names = ", ".join(name for name, emitted in forced.items() if emitted > 0.0)
    return [f"what must run emits {figure(total)} t by itself ({names})"]


def _sources(problem: Problem) -> Array:
    """Return the largest power of all sources without storages, shape (T,). [MW]"""
    found = problem.on_all(problem.import_limit_mw)
    for power in (*problem.renewables.values(), *(p.capacity_mw for p in problem.thermals)):
        found = found + power
    return found
