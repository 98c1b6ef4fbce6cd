"""What is carried out where a plan meets what really happens, hour by hour.

Storages are asked for the power of the plan, and give it as far as their content allows. What is
then too little or too much on the bus is settled in a fixed order, each as far as it goes:

- too little: power that would be curtailed; storages (charge less, discharge more) and the
  connection (export less, import more), in the order that is asked for; thermal plants, the
  cheapest first; load that is not served;
- too much: load that would not be served; storages and the connection (import less, export more)
  likewise, the connection only at prices of at least 0; thermal plants down to what must run, the
  dearest first; curtailment; the connection at any price; must-run power backed down.

Power that would still be curtailed first brings storages back to the content of the plan, where
they have fallen below it. With forecasts that are right there is nothing to settle, and the plan is
what happens. Loads that can wait follow the plan.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np

from altay_energy.dispatch.problem import Problem
from altay_energy.dispatch.shares import thermal_groups
from altay_energy.units import Array

First = Literal["storage", "grid"]

DUST = 1e-7
"""Share of a storage's power below which a planned power is rounding."""


@dataclass(frozen=True, eq=False)
class Plan:
    """What is asked of every hour that is carried out, arrays of shape (K,). [MW]

    Parameters
    ----------
    storage : ndarray, shape (S, K)
        Discharge less charge.
    wanted : ndarray, shape (S, K)
        Content of each storage at the end of the step. [MWh]
    thermal : ndarray, shape (G, K)
        Power of each group of equal thermal plants, the cheapest first.
    back_down, imported, exported, curtailed, unserved : ndarray, shape (K,)
    load : ndarray, shape (K,)
        What really happens: demand after the shifts of the plan, less what these never serve.
    available : ndarray, shape (K,)
        What really happens: power of all renewable plants.
    """

    storage: Array
    wanted: Array
    thermal: Array
    back_down: Array
    imported: Array
    exported: Array
    curtailed: Array
    unserved: Array
    load: Array
    available: Array


@dataclass(frozen=True, eq=False)
class Settled:
    """What was done, fields as in `Plan`, and the contents and spills of the storages.

    Parameters
    ----------
    level : ndarray, shape (S, K)
        At the end of each step. [MWh]
    spilled : ndarray, shape (S, K)
        [MW]
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


class Settlement:
    """The order in which a problem's plants settle what a plan got wrong.

    Parameters
    ----------
    problem : Problem
        Shape (T,).
    first : {"storage", "grid"}
        Who comes first.
    """

    def __init__(self, problem: Problem, first: First) -> None:
        self.problem, self.first = problem, first
        hours = problem.step_hours
        self.storages = [
            (
                s.charge_mw,
                s.discharge_mw,
                s.energy_mwh,
                s.keep(hours),
                hours * s.charge_efficiency,
                hours / s.discharge_efficiency,
                (problem.on_all(s.inflow_mw) * hours).tolist(),
            )
            for s in problem.storages
        ]
        groups = thermal_groups(problem)
        self.least = [problem.on_all(sum(p.must_run_mw for p in g)).tolist() for g in groups]
        self.most = [problem.on_all(sum(p.capacity_mw for p in g)).tolist() for g in groups]
        series = ("import_limit_mw", "export_limit_mw", "import_price_cny_mwh")
        self.import_limit, self.export_limit, self.import_price = (
            problem.on_all(getattr(problem, name)).tolist() for name in series
        )
        self.export_price = problem.on_all(problem.export_price_cny_mwh).tolist()

    def carry_out(self, plan: Plan, start: int, level: list[float]) -> Settled:
        """Settle some steps one after another.

        Parameters
        ----------
        plan : Plan
            Of K steps.
        start : int
            Where they begin in the period.
        level : list of float
            Contents at the beginning. [MWh]

        Returns
        -------
        Settled
            Balanced in every step.
        """
        columns = [np.atleast_2d(getattr(plan, name)).T.tolist() for name in _NAMES]
        done = [
            self._step(start + k, _Hour(*row), level)
            for k, row in enumerate(zip(*columns, strict=True))
        ]
        return _gathered(done, len(self.storages), len(self.least))

    def _step(self, t: int, hour: _Hour, level: list[float]) -> _Hour:
        self._follow(t, hour, level)
        hour.curtailed = min(hour.curtailed, hour.available)
        over = hour.over()
        if over < 0.0:
            self._fill(t, hour, -over)
        elif over > 0.0:
            self._absorb(t, hour, over)
        if hour.curtailed > 0.0:
            self._catch_up(t, hour, level)
        for k, (_, _, full, keep, into, out, inflow) in enumerate(self.storages):
            power = hour.storage[k]
            gain = -into * power if power < 0.0 else -out * power
            content = keep * level[k] + inflow[t] + gain
            hour.spilled[k] = min(max(content - full, 0.0), inflow[t]) / self.problem.step_hours
            level[k] = min(max(content, 0.0), full)
        hour.level = list(level)
        return hour

    def _follow(self, t: int, hour: _Hour, level: list[float]) -> None:
        """Bounds of each storage's power, and the planned power between them."""
        for k, (charge, discharge, full, keep, into, out, inflow) in enumerate(self.storages):
            content = keep * level[k] + inflow[t]
            low = -min(charge, max(full - content, 0.0) / into)
            high = min(discharge, content / out)
            power = hour.storage[k]
            if abs(power) <= DUST * max(charge, discharge):
                power = 0.0
            hour.storage[k] = min(max(power, low), high)
            hour.low.append(low)
            hour.high.append(high)

    def _fill(self, t: int, hour: _Hour, missing: float) -> None:
        used = min(missing, hour.curtailed)
        hour.curtailed -= used
        missing -= used
        order: list[Callable[[int, _Hour, float], float]] = [_more_storage, self._more_grid]
        for settle in order if self.first == "storage" else order[::-1]:
            missing = settle(t, hour, missing)
        used = min(missing, hour.back_down)
        hour.back_down -= used
        missing -= used
        for g, most in enumerate(self.most):
            used = min(missing, most[t] - hour.thermal[g])
            hour.thermal[g] += used
            missing -= used
        hour.unserved = min(hour.unserved + missing, hour.load)

    def _absorb(self, t: int, hour: _Hour, over: float) -> None:
        used = min(over, hour.unserved)
        hour.unserved -= used
        over -= used
        order: list[Callable[[int, _Hour, float], float]] = [_less_storage, self._less_grid]
        for settle in order if self.first == "storage" else order[::-1]:
            over = settle(t, hour, over)
        for g in range(len(self.least) - 1, -1, -1):
            used = min(over, max(hour.thermal[g] - self.least[g][t], 0.0))
            hour.thermal[g] -= used
            over -= used
        used = min(over, hour.available - hour.curtailed)
        hour.curtailed += used
        over = self._less_grid(t, hour, over - used, at_any_price=True)
        hour.back_down += over

    def _catch_up(self, t: int, hour: _Hour, level: list[float]) -> None:
        for k, (_, _, _, keep, into, _, inflow) in enumerate(self.storages):
            power = hour.storage[k]
            if power <= 0.0:
                short = hour.wanted[k] - keep * level[k] - inflow[t] + into * power
                used = min(max(short, 0.0) / into, hour.curtailed, power - hour.low[k])
                hour.storage[k] -= used
                hour.curtailed -= used

    def _more_grid(self, t: int, hour: _Hour, missing: float) -> float:
        used = min(missing, hour.exported)
        hour.exported -= used
        missing -= used
        used = min(missing, max(self.import_limit[t] - hour.imported, 0.0))
        hour.imported += used
        return missing - used

    def _less_grid(self, t: int, hour: _Hour, over: float, *, at_any_price: bool = False) -> float:
        if at_any_price or self.import_price[t] >= 0.0:
            used = min(over, hour.imported)
            hour.imported -= used
            over -= used
        if hour.imported <= 0.0 and (at_any_price or self.export_price[t] >= 0.0):
            used = min(over, max(self.export_limit[t] - hour.exported, 0.0))
            hour.exported += used
            over -= used
        return float(over)


_NAMES = (
    "storage",
    "wanted",
    "thermal",
    "back_down",
    "imported",
    "exported",
    "curtailed",
    "unserved",
    "load",
    "available",
)


class _Hour:
    """One hour while it is settled, in plain numbers. [MW]"""

    __slots__ = (*_NAMES, "high", "level", "low", "spilled")

    def __init__(
        self,
        storage: list[float],
        wanted: list[float],
        thermal: list[float],
        *rest: list[float],
    ) -> None:
        self.storage, self.wanted, self.thermal = storage, wanted, thermal
        self.back_down, imported, exported = rest[0][0], rest[1][0], rest[2][0]
        both = min(imported, exported)
        self.imported, self.exported = imported - both, exported - both
        self.curtailed, self.unserved, self.load, self.available = (r[0] for r in rest[3:])
        self.low: list[float] = []
        self.high: list[float] = []
        self.level: list[float] = []
        self.spilled = [0.0] * len(storage)

    def over(self) -> float:
        """What is too much on the bus; below 0: what is missing."""
        into = self.available - self.curtailed + sum(self.thermal) - self.back_down
        into += self.imported + self.unserved + sum(self.storage)
        return into - self.exported - self.load


def _more_storage(_: int, hour: _Hour, missing: float) -> float:
    for k, high in enumerate(hour.high):
        used = min(missing, high - hour.storage[k])
        hour.storage[k] += used
        missing -= used
    return missing


def _less_storage(_: int, hour: _Hour, over: float) -> float:
    for k, low in enumerate(hour.low):
        used = min(over, hour.storage[k] - low)
        hour.storage[k] -= used
        over -= used
    return over


def _gathered(done: list[_Hour], storages: int, groups: int) -> Settled:
    def rows(name: str, count: int) -> Array:
        values = np.array([getattr(hour, name) for hour in done], dtype=np.float64)
        return values.reshape(len(done), count).T

    def row(name: str) -> Array:
        return np.array([getattr(hour, name) for hour in done], dtype=np.float64)

    return Settled(
        storage=rows("storage", storages),
        thermal=rows("thermal", groups),
        back_down=row("back_down"),
        imported=row("imported"),
        exported=row("exported"),
        curtailed=row("curtailed"),
        unserved=row("unserved"),
        level=rows("level", storages),
        spilled=rows("spilled", storages),
    )
