"""Real-time balancing: carries out a plan with the actual load and renewable power, step by step.

Storages follow the planned power as far as their content allows. The remaining imbalance of the bus
is then balanced by these measures in turn, each up to its limit:

- deficit: less planned curtailment; then less charging, more discharging, less export, more import
  and more thermal power; then flexible loads wait as long as they may; last unserved load;
- surplus: less planned unserved load; then less discharging, more charging, less import, more
  export and less thermal power, down to must-run power; then curtailment; last must-run power is
  backed down.

Contents stay within the bounds from which the terminal rule can still be met by full power of the
storage. Only where load would be unserved, or must-run power backed down, are they left.

Measures that cost more than unserved load come after it, unless all load must be served. A storage
that is idle over the period stays idle. The measures of the middle group are ordered by the prices
of the step, with content at its value at the end of the plan (``balance = "price"``), or storages
come first, so that import and export follow the plan, or the grid comes first, so that storages
follow the plan. Measures with negative revenue come after curtailment. Power that would still be
curtailed first serves flexible loads that wait, then charges storages whose content is below that
of the plan. Flexible loads follow the plan; what waits is served at the latest at the end of the
allowed shift. With perfect forecasts there is no imbalance and the plan is carried out.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

import numpy as np

from altay_energy.core.units import Array
from altay_energy.dispatch.problem.aggregate import thermal_groups
from altay_energy.dispatch.problem.period import FlexibleLoad
from altay_energy.dispatch.problem.problem import Problem

Balance = Literal["price", "storage", "grid"]

_EXPORT, _CHARGE, _DISCHARGE, _IMPORT, _THERMAL = range(5)
Offer = tuple[float, int, int]

DUST = 1e-7
"""A planned power below this share of the storage's power is rounding. [-]"""


@dataclass(frozen=True, eq=False)
class Plan:
    """Plan of the K steps that are carried out, arrays of shape (K,). [MW]

    Parameters
    ----------
    storage : ndarray, shape (S, K)
        Planned discharge less charge.
    planned_level : ndarray, shape (S, K)
        Planned content of each storage at the end of the step. [MWh]
    planned_spill : ndarray, shape (S, K)
        Planned spill. [MW]
    thermal : ndarray, shape (G, K)
        Power of each group of equal thermal plants, the cheapest first.
    back_down, imported, exported, curtailed, unserved : ndarray, shape (K,)
    load : ndarray, shape (K,)
        Actual demand of fixed loads.
    drawn, never : ndarray, shape (F, K)
        Planned draw of each flexible load, and the part of its demand that is not served.
    owed : ndarray, shape (F, K)
        Planned backlog of each flexible load at the end of the step. [MWh]
    available : ndarray, shape (K,)
        Actual available power of all renewable plants.
    """

    storage: Array
    planned_level: Array
    planned_spill: Array
    thermal: Array
    back_down: Array
    imported: Array
    exported: Array
    curtailed: Array
    unserved: Array
    load: Array
    available: Array
    drawn: Array
    never: Array
    owed: Array


@dataclass(frozen=True, eq=False)
class Realised:
    """Realised operation: fields as in `Plan`, with contents and spills of the storages.

    Parameters
    ----------
    level : ndarray, shape (S, K)
        Content at the end of each step. [MWh]
    drawn : ndarray, shape (F, K)
        Draw of each flexible load, its unserved part included.
    spilled : ndarray, shape (S, K)
        Spill. [MW]
    """

    storage: Array
    thermal: Array
    back_down: Array
    imported: Array
    exported: Array
    curtailed: Array
    unserved: Array
    level: Array
    spilled: Array
    drawn: Array


class Balancing:
    """Real-time balancing of a problem: limits, prices and the order of measures.

    Parameters
    ----------
    problem : Problem
        Shape (T,).
    balance : {"price", "storage", "grid"}
        Order of the measures, see the top of this module.
    reach : mapping of str to (ndarray, ndarray), each of shape (T,)
        Least and largest content of a storage at the end of each step from which the terminal rule
        can be met; absent if it has none. [MWh]
    """

    def __init__(
        self,
        problem: Problem,
        balance: Balance,
        reach: Mapping[str, tuple[Array, Array]] = MappingProxyType({}),
    ) -> None:
        self.problem, self.balance = problem, balance
        hours, carbon = problem.step_hours, problem.terms.emission_price_cny_t
        capped = problem.terms.unserved_max_mwh is not None
        self.unserved_cost = np.inf if capped else problem.unserved_cost_cny_mwh
        idle = {s.name for s in problem.storages if s.is_idle(problem.terminal)}
        self.storages = [
            (
                (problem.on_all(s.charge_mw * s.in_service) * (s.name not in idle)).tolist(),
                (problem.on_all(s.discharge_mw * s.in_service) * (s.name not in idle)).tolist(),
                s.energy_mwh,
                s.keep(hours),
                hours * s.charge_efficiency,
                hours / s.discharge_efficiency,
                (problem.on_all(s.inflow_mw) * hours).tolist(),
                (problem.on_all(s.most_spill_mw) * hours).tolist(),
            )
            for s in problem.storages
        ]
        every = (np.zeros(problem.steps), np.full(problem.steps, np.inf))
        ends = [reach.get(s.name, every) for s in problem.storages]
        self.reach = [(least.tolist(), most.tolist()) for least, most in ends]
        self.flexible = [
            (
                problem.on_all(load.demand_mw).tolist(),
                problem.on_all(load.limit_mw).tolist(),
                *(edge.tolist() for edge in _recoverable(load, problem)),
            )
            for load in problem.flexible_loads
        ]
        groups = thermal_groups(problem)
        self.least = [problem.on_all(sum(p.must_run_mw for p in g)).tolist() for g in groups]
        self.most = [problem.on_all(sum(p.capacity_mw for p in g)).tolist() for g in groups]
        self.rates = [
            g[0].marginal_cost_cny_mwh + carbon * g[0].emission_factor_t_mwh for g in groups
        ]
        paid = problem.import_price_cny_mwh + carbon * problem.grid_emission_factor_t_mwh
        self.import_limit, self.export_limit, self.import_price, self.export_price = (
            problem.on_all(series).tolist()
            for series in (
                problem.import_limit_mw,
                problem.export_limit_mw,
                paid,
                problem.export_price_cny_mwh,
            )
        )

    def carry_out(
        self,
        plan: Plan,
        start: int,
        level: list[float],
        worth: Sequence[float],
        owed: list[float] | None = None,
    ) -> Realised:
        """Carry out and balance some steps one after another.

        Parameters
        ----------
        plan : Plan
            Of K steps.
        start : int
            First step in the period.
        level : list of float
            Contents at the start; replaced by those at the end. [MWh]
        worth : sequence of float
            Value of the content of each storage. [CNY/MWh]
        owed : list of float
            Backlogs at the start; replaced by those at the end. [MWh]

        Returns
        -------
        Realised
            Balanced in every step.
        """
        self.worth, owed = worth, [] if owed is None else owed
        columns = [np.atleast_2d(getattr(plan, name)).T.tolist() for name in _NAMES]
        done = [
            self._step(start + k, _Hour(*row), level, owed)
            for k, row in enumerate(zip(*columns, strict=True))
        ]
        return _gathered(done, len(self.storages), len(self.least), len(self.flexible))

    def _step(self, t: int, hour: _Hour, level: list[float], owed: list[float]) -> _Hour:
        self._follow(t, hour, level)
        self._draw(t, hour, owed)
        hour.curtailed = min(hour.curtailed, hour.available)
        hour.unserved = min(hour.unserved, hour.demand)
        over, planned = hour.surplus(), hour.back_down
        if over < 0.0:
            self._cover_deficit(t, hour, -over)
        elif over > 0.0:
            self._absorb(t, hour, over)
            self._overfill(t, hour, hour.back_down - planned)
        if hour.curtailed > 0.0:
            self._catch_up(hour)
            self._recharge(t, hour, level)
        self._settle_backlogs(t, hour, owed)
        hours = self.problem.step_hours
        for k, (_, _, full, keep, into, out, inflow, spill) in enumerate(self.storages):
            power = hour.storage[k]
            gain = -into * power if power < 0.0 else -out * power
            content = keep * level[k] + inflow[t] + gain
            # Spill as planned while the content is above the plan, and spill what does not fit.
            planned = min(hours * hour.planned_spill[k], max(content - hour.planned_level[k], 0.0))
            gone = min(max(content - full, planned), spill[t])
            hour.spilled[k] = gone / hours
            level[k] = min(max(content - gone, 0.0), full)
        hour.level = list(level)
        return hour

    def _follow(self, t: int, hour: _Hour, level: list[float]) -> None:
        """Set the bounds of each storage's power, and the planned power within them."""
        hours = self.problem.step_hours
        for k, (charge, discharge, full, keep, into, out, inflow, _) in enumerate(self.storages):
            content = keep * level[k] + inflow[t]
            room = full - content + hours * hour.planned_spill[k]
            low = -min(charge[t], max(room, 0.0) / into)
            high = min(discharge[t], content / out)
            power = hour.storage[k]
            if abs(power) <= DUST * max(charge[t], discharge[t]):
                power = 0.0
            hour.physical.append((low, high))
            least, most = (edge[t] for edge in self.reach[k])
            lowest = (content - most) / (into if content < most else out)
            highest = (content - least) / (into if content < least else out)
            low, high = max(low, min(lowest, high)), min(high, max(highest, low))
            hour.storage[k] = min(max(power, low), high)
            hour.low.append(low)
            hour.high.append(high)

    def _draw(self, t: int, hour: _Hour, owed: list[float]) -> None:
        """Set the bounds of the draw of each flexible load, and the planned draw within them."""
        hours = self.problem.step_hours
        for f, (demand, limit, least, most) in enumerate(self.flexible):
            asked = owed[f] / hours + demand[t] - hour.never[f]
            highest = min(max(asked - least[t] / hours, 0.0), limit[t])
            lowest = min(max(asked - most[t] / hours, 0.0), highest)
            hour.drawn[f] = min(max(hour.drawn[f], lowest), highest)
            hour.draw.append((lowest, min(highest, max(asked - hour.owed[f] / hours, lowest))))

    def _settle_backlogs(self, t: int, hour: _Hour, owed: list[float]) -> None:
        hours = self.problem.step_hours
        for f, (demand, _, least, most) in enumerate(self.flexible):
            left = owed[f] + hours * (demand[t] - hour.never[f] - hour.drawn[f])
            owed[f] = min(max(left, least[t]), most[t])

    def _cover_deficit(self, t: int, hour: _Hour, missing: float) -> None:
        used = min(missing, hour.curtailed)
        hour.curtailed -= used
        missing -= used
        offers = self._offers(t, up=True)
        expensive = [offer for offer in offers if offer[0] > self.unserved_cost]
        for _, kind, k in (offer for offer in offers if offer[0] <= self.unserved_cost):
            if missing <= 0.0:
                return
            missing -= self._raise(t, hour, kind, k, missing)
        used = min(missing, hour.back_down)
        hour.back_down -= used
        missing -= used
        missing -= self._postpone(hour, missing)
        missing -= self._beyond_reach(t, hour, missing)
        used = min(missing, hour.demand - hour.unserved)
        hour.unserved += used
        missing -= used
        for _, kind, k in expensive:  # all load is unserved
            if missing <= 0.0:
                return
            missing -= self._raise(t, hour, kind, k, missing)

    def _postpone(self, hour: _Hour, missing: float) -> float:
        """Let flexible loads wait; return the power that they no longer draw. [MW]"""
        waited = 0.0
        for f, (lowest, _) in enumerate(hour.draw):
            used = min(missing - waited, max(hour.drawn[f] - lowest, 0.0))
            hour.drawn[f] -= used
            waited += used
        return waited

    def _catch_up(self, hour: _Hour) -> None:
        """Serve backlogs above those of the plan by power that would be curtailed."""
        for f, (_, highest) in enumerate(hour.draw):
            used = min(hour.curtailed, max(highest - hour.drawn[f], 0.0))
            hour.drawn[f] += used
            hour.curtailed -= used

    def _beyond_reach(self, t: int, hour: _Hour, missing: float) -> float:
        """Draw on contents that the terminal rule needs; return the power. [MW]"""
        hour.high = [high for _, high in hour.physical]
        given = 0.0
        for kind in (_CHARGE, _DISCHARGE):
            for k in range(len(self.storages)):
                if given < missing:
                    given += self._raise(t, hour, kind, k, missing - given)
        return given

    def _overfill(self, t: int, hour: _Hour, over: float) -> None:
        """Store power beyond the terminal rule where must-run power would be backed down."""
        hour.low = [low for low, _ in hour.physical]
        for kind in (_DISCHARGE, _CHARGE):
            for k in range(len(self.storages)):
                if over > 0.0:
                    used = self._lower(t, hour, kind, k, over)
                    hour.back_down -= used
                    over -= used

    def _absorb(self, t: int, hour: _Hour, over: float) -> None:
        offers = self._offers(t, up=False)
        for _, kind, k in (offer for offer in offers if offer[0] > self.unserved_cost):
            over -= self._lower(t, hour, kind, k, over)
        used = min(over, hour.unserved)
        hour.unserved -= used
        over -= used
        curtailed = False
        for price, kind, k in (offer for offer in offers if offer[0] <= self.unserved_cost):
            if over <= 0.0:
                return
            if price < 0.0 and not curtailed:
                over, curtailed = self._curtail(hour, over), True
            over -= self._lower(t, hour, kind, k, over)
        if not curtailed:
            over = self._curtail(hour, over)
        hour.back_down += over

    @staticmethod
    def _curtail(hour: _Hour, over: float) -> float:
        used = min(over, hour.available - hour.curtailed)
        hour.curtailed += used
        return over - used

    def _offers(self, t: int, *, up: bool) -> list[Offer]:
        """Return the marginal cost or saving of each measure, in the order of use. [CNY/MWh]"""
        import_price, export_price = self.import_price[t], self.export_price[t]
        # Import falls to 0 before export begins, and the reverse.
        bought = max(import_price, export_price) if up else import_price
        sold = export_price if up else min(import_price, export_price)
        found = [(bought, _IMPORT, 0), (sold, _EXPORT, 0)]
        hours = self.problem.step_hours
        for k, (_, _, _, _, into, out, _, _) in enumerate(self.storages):
            worth = (self.worth[k] * into / hours, self.worth[k] * out / hours)
            found += [(min(worth), _CHARGE, k), (max(worth), _DISCHARGE, k)]
        found += [(rate, _THERMAL, g) for g, rate in enumerate(self.rates)]
        return sorted(found, key=lambda offer: self._place(offer, up=up))

    def _place(self, offer: Offer, *, up: bool) -> tuple[int, float, int]:
        price, kind, _ = offer
        turn = 0
        if self.balance != "price":
            storage = kind in (_CHARGE, _DISCHARGE)
            turn = 2 if kind == _THERMAL else int(storage != (self.balance == "storage"))
        return (turn, price, kind) if up else (turn, -price, -kind)

    def _raise(self, t: int, hour: _Hour, kind: int, k: int, missing: float) -> float:
        """Increase the supply of the bus by one measure; return the increase. [MW]"""
        if kind == _CHARGE:
            used = min(missing, max(min(0.0, hour.high[k]) - hour.storage[k], 0.0))
            hour.storage[k] += used
        elif kind == _DISCHARGE:
            used = min(missing, hour.high[k] - hour.storage[k])
            hour.storage[k] += used
        elif kind == _EXPORT:
            used = min(missing, hour.exported)
            hour.exported -= used
        elif kind == _IMPORT:
            room = self.import_limit[t] - hour.imported if hour.exported <= 0.0 else 0.0
            used = min(missing, max(room, 0.0))
            hour.imported += used
        else:
            used = min(missing, max(self.most[k][t] - hour.thermal[k], 0.0))
            hour.thermal[k] += used
        return used

    def _lower(self, t: int, hour: _Hour, kind: int, k: int, over: float) -> float:
        """Reduce the supply of the bus by one measure; return the reduction. [MW]"""
        if kind == _DISCHARGE:
            used = min(over, max(hour.storage[k] - max(0.0, hour.low[k]), 0.0))
            hour.storage[k] -= used
        elif kind == _CHARGE:
            used = min(over, hour.storage[k] - hour.low[k])
            hour.storage[k] -= used
        elif kind == _IMPORT:
            used = min(over, hour.imported)
            hour.imported -= used
        elif kind == _EXPORT:
            room = self.export_limit[t] - hour.exported if hour.imported <= 0.0 else 0.0
            used = min(over, max(room, 0.0))
            hour.exported += used
        else:
            used = min(over, max(hour.thermal[k] - self.least[k][t], 0.0))
            hour.thermal[k] -= used
        return used

    def _recharge(self, t: int, hour: _Hour, level: list[float]) -> None:
        for k, (_, _, _, keep, into, _, inflow, _) in enumerate(self.storages):
            power = hour.storage[k]
            if power <= 0.0:
                short = hour.planned_level[k] - keep * level[k] - inflow[t] + into * power
                used = min(max(short, 0.0) / into, hour.curtailed, power - hour.low[k])
                hour.storage[k] -= used
                hour.curtailed -= used


_NAMES = (
    "storage",
    "planned_level",
    "planned_spill",
    "thermal",
    "back_down",
    "imported",
    "exported",
    "curtailed",
    "unserved",
    "load",
    "available",
    "drawn",
    "never",
    "owed",
)


class _Hour:
    """Powers of one step while it is balanced, as plain numbers. [MW]"""

    __slots__ = (*_NAMES, "draw", "high", "level", "low", "physical", "spilled")

    def __init__(
        self,
        storage: list[float],
        planned_level: list[float],
        planned_spill: list[float],
        thermal: list[float],
        *rest: list[float],
    ) -> None:
        self.storage, self.planned_level, self.planned_spill, self.thermal = (
            storage,
            planned_level,
            planned_spill,
            thermal,
        )
        self.back_down, imported, exported = rest[0][0], rest[1][0], rest[2][0]
        both = min(imported, exported)
        self.imported, self.exported = imported - both, exported - both
        self.curtailed, self.unserved, self.load, self.available = (r[0] for r in rest[3:7])
        self.drawn, self.never, self.owed = rest[7:]
        self.draw: list[tuple[float, float]] = []
        self.physical: list[tuple[float, float]] = []
        self.low: list[float] = []
        self.high: list[float] = []
        self.level: list[float] = []
        self.spilled = [0.0] * len(storage)

    @property
    def demand(self) -> float:
        """Load with the draw of flexible loads. [MW]"""
        return self.load + sum(self.drawn)

    def surplus(self) -> float:
        """Surplus on the bus; negative: deficit."""
        into = self.available - self.curtailed + sum(self.thermal) - self.back_down
        into += self.imported + self.unserved + sum(self.storage)
        return into - self.exported - self.demand


def _recoverable(load: FlexibleLoad, problem: Problem) -> tuple[Array, Array]:
    """Backlogs from which no later one leaves its band, shape (T,) each. [MWh]

    Drawing at its limit keeps the load from waiting too long, drawing nothing from using too much
    in advance.
    """
    hours, steps = problem.step_hours, problem.steps
    demand, limit = problem.on_all(load.demand_mw), problem.on_all(load.limit_mw)
    least, most = (edge.copy() for edge in load.backlog_band_mwh(steps, hours))
    for t in reversed(range(steps - 1)):
        least[t] = max(least[t], least[t + 1] - hours * demand[t + 1])
        most[t] = min(most[t], most[t + 1] + hours * (limit[t + 1] - demand[t + 1]))
    return least, most


def _gathered(done: list[_Hour], storages: int, groups: int, flexible: int) -> Realised:
    def rows(name: str, count: int) -> Array:
        values = np.array([getattr(hour, name) for hour in done], dtype=np.float64)
        return values.reshape(len(done), count).T

    def row(name: str) -> Array:
        return np.array([getattr(hour, name) for hour in done], dtype=np.float64)

    return Realised(
        storage=rows("storage", storages),
        thermal=rows("thermal", groups),
        back_down=row("back_down"),
        imported=row("imported"),
        exported=row("exported"),
        curtailed=row("curtailed"),
        unserved=row("unserved"),
        level=rows("level", storages),
        spilled=rows("spilled", storages),
        drawn=rows("drawn", flexible),
    )
