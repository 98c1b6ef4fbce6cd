"""``Dispatch``: who produces, stores, buys, sells and goes without in each hour."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, fields, replace
from functools import reduce
from typing import Literal, TypeAlias, get_args

import numpy as np

from altay_energy.core.units import Array
from altay_energy.core.value import Value
from altay_energy.dispatch.lp.certificate import PROVEN_GAP
from altay_energy.dispatch.problem.period import FlexibleLoad
from altay_energy.dispatch.problem.problem import Problem, StorageLimits
from altay_energy.dispatch.problem.station import WATER_TOLERANCE, StationOperation
from altay_energy.dispatch.result.costs import DIGITS, cost_contradiction
from altay_energy.dispatch.result.rolled import Rolled

TOLERANCE = 1e-6
"""Share of the largest flow up to which an imbalance is rounding."""


Stop: TypeAlias = Literal["gap", "time_limit", "rounds", "nothing_cheaper", "size", "directions"]
"""Why a search ended: the gap that was asked for was reached; its time limit; its most rounds; no
plan was cheaper any more; a period or a search that is too large for one program; directions of
storages or of the connection, of which not all can be tried."""

STOPS: tuple[str, ...] = get_args(Stop)


class InvariantError(AssertionError):
    """A dispatcher broke a law of physics: a fault of this package, never of its input.

    Parameters
    ----------
    text : str
        Which law, by how much.

    Attributes
    ----------
    dispatch : Dispatch or None
        What broke it, with its problem.
    scenario : object
        The scenario it was a run of, where there is one.
    """

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.dispatch: Dispatch | None = None
        self.scenario: object = None


@dataclass(frozen=True, eq=False)
class Solution:
    """How a dispatch was found and how good it is proven to be.

    Arrays have the leading shape (...) of the problem; money is what the dispatcher minimises.

    Parameters
    ----------
    solver : str
        ``fast`` or ``highs``; ``fast, highs`` where one handed over to the other.
    status : str
        ``optimal``: proven within `gap`; else what stopped the solver.
    usable : bool
        Whether the dispatch satisfies all limits, whatever its cost.
    objective_cny, bound_cny : ndarray, shape (...)
        Cost that was minimised, and what no dispatch can be below. [CNY]
    gap : ndarray, shape (...)
        (objective - bound) / max(1, abs(objective)). [-]
    residual_mw : ndarray, shape (...)
        Largest violation of a balance, before rounding was cleared away. [MW]
    iterations : int
        Of all solves together.
    exclusive_steps : int
        Steps in which running both ways at once would pay, and was ruled out.
    asked_gap : float
        Gap at which the search was to end. [-]
    stopped : str
        Why it ended, one of `STOPS`.
    """

    solver: str
    status: str
    usable: bool
    objective_cny: Array
    bound_cny: Array
    gap: Array
    residual_mw: Array
    iterations: int
    exclusive_steps: int = 0
    asked_gap: float = PROVEN_GAP
    stopped: Stop = "gap"

    @property
    def is_as_asked(self) -> bool:
        """Whether every run is proven as near as it was to be."""
        return bool(np.all(self.gap <= max(self.asked_gap, PROVEN_GAP)))

    @classmethod
    def around(
        cls,
        rest: Solution,
        what: str,
        cost: float,
        bound: float,
        iterations: int,
        *,
        asked_gap: float,
        stopped: Stop,
    ) -> Solution:
        """What is proven of a system of which one part was found by other means than the rest.

        Parameters
        ----------
        rest : Solution
            Of all else around that part.
        what : str
            How the part was found.
        cost, bound : float
            Of the whole. [CNY]
        iterations : int
        asked_gap : float
            At which its search was to end. [-]
        stopped : str
            Why it ended above that, one of `STOPS`.
        """
        gap = max(cost - bound, 0.0) / max(1.0, abs(cost))
        return replace(
            rest,
            solver=f"{what}, {rest.solver}",
            status="optimal" if gap <= PROVEN_GAP else "within gap",
            objective_cny=np.asarray(cost),
            bound_cny=np.asarray(min(bound, cost)),
            gap=np.asarray(gap),
            iterations=iterations,
            asked_gap=asked_gap,
            stopped="gap" if gap <= max(asked_gap, PROVEN_GAP) else stopped,
        )


@dataclass(frozen=True, eq=False)
class Dispatch(Value):
    """Power of every plant in every step. All arrays are read-only; none is ever negative.

    Shapes are those of the problem: (..., T) for powers, means over a step, and (..., T + 1) for
    levels, which stand at the edges of the steps.

    Parameters
    ----------
    problem : Problem
        What was dispatched.
    generation_mw, curtailed_mw : mapping of str to ndarray, shape (..., T)
        Used and unused part of each renewable plant's available power. [MW]
    thermal_mw : mapping of str to ndarray, shape (..., T)
        Power of each thermal plant. [MW]
    charge_mw, discharge_mw : mapping of str to ndarray, shape (..., T)
        Power into and out of each storage, at the bus. [MW]
    level_mwh : mapping of str to ndarray, shape (..., T + 1)
        Usable content of each storage. [MWh]
    served_mw, unserved_mw : ndarray, shape (..., T)
        The two parts of the load. [MW]
    import_mw, export_mw : ndarray, shape (..., T)
        At the grid connection. [MW]
    spilled_mw : mapping of str to ndarray, shape (..., T)
        Inflow and content of each storage that were let go; absent where nothing can be. [MW]
    shift_up_mw, shift_down_mw : mapping of str to ndarray, shape (..., T)
        What each flexible load draws beyond and below its demand; absent where it keeps to it. [MW]
    marginal_price_cny_mwh : ndarray, shape (..., T), or None
        Cost of one more MWh of load; None where the dispatcher knows no prices. Where several
        prices are right it is one of them. [CNY/MWh]
    stored_value_cny_mwh : mapping of str to ndarray, shape (..., T)
        Worth of one more MWh of content at the end of each step, by storage (water value).
        [CNY/MWh]
    solution : Solution or None
        How it was found; None for rules and day by day, which prove nothing.
    rolled : Rolled or None
        Plans and forecasts, where they were made day by day.
    stations : mapping of str to StationOperation
        Units, levels, heads and water of each station; its powers and its ``level_mwh`` (live
        water of the upper reservoir at the mean head) stand with those of the storages.
    units_running : mapping of str to ndarray, shape (..., T)
        How many units of each committed thermal plant run; absent where none is committed. [-]
    """

    problem: Problem
    generation_mw: Mapping[str, Array]
    curtailed_mw: Mapping[str, Array]
    thermal_mw: Mapping[str, Array]
    charge_mw: Mapping[str, Array]
    discharge_mw: Mapping[str, Array]
    level_mwh: Mapping[str, Array]
    served_mw: Array
    unserved_mw: Array
    import_mw: Array
    export_mw: Array
    spilled_mw: Mapping[str, Array] = field(default_factory=dict)
    shift_up_mw: Mapping[str, Array] = field(default_factory=dict)
    shift_down_mw: Mapping[str, Array] = field(default_factory=dict)
    marginal_price_cny_mwh: Array | None = None
    stored_value_cny_mwh: Mapping[str, Array] = field(default_factory=dict)
    solution: Solution | None = None
    rolled: Rolled | None = None
    stations: Mapping[str, StationOperation] = field(default_factory=dict)
    units_running: Mapping[str, Array] = field(default_factory=dict)

    def __post_init__(self) -> None:
        lead, steps = self.problem.shape[:-1], self.problem.steps
        for part in fields(self)[1:]:
            shape = (*lead, steps + 1 if part.name == "level_mwh" else steps)
            given = getattr(self, part.name)
            if part.name == "stations":
                continue
            if isinstance(given, Mapping):
                frozen = {
                    key: _frozen(f"{part.name} of {key}", a, shape) for key, a in given.items()
                }
                object.__setattr__(self, part.name, frozen)
            elif isinstance(given, np.ndarray):
                object.__setattr__(self, part.name, _frozen(part.name, given, shape))

    @property
    def available_mw(self) -> dict[str, Array]:
        """Power that each renewable plant could give, shape (..., T). [MW]"""
        return {name: self.problem.on_all(a) for name, a in self.problem.renewables.items()}

    @property
    def load_mw(self) -> Array:
        """Demand after shifting, shape (..., T). [MW]"""
        load = self.problem.on_all(self.problem.load_mw)
        for name, up in self.shift_up_mw.items():
            load = load + up - self.shift_down_mw[name]
        return load

    def balance_residual_mw(self) -> Array:
        """Largest absolute imbalance of any step, worked out anew from the arrays.

        Returns
        -------
        ndarray, shape (...)
            The largest of: what flows into the bus less what flows out; load less its two parts;
            available power less its two parts; the power that is missing between two levels of a
            storage. 0 but for rounding. [MW]
        """
        worst = np.zeros(self.problem.shape[:-1])
        for imbalance, _ in self._imbalances():
            np.maximum(worst, _largest(imbalance), out=worst)
        return worst + 0.0  # never -0.0

    def check(self) -> None:
        """Test balance, bounds, exclusivity, the rules of committed units, and the cost.

        Raises
        ------
        InvariantError
            If a law is broken by more than `TOLERANCE` of the largest load or flow, in a storage's
            equation also of its inflow and spill, and the rounding of its content (9,000 MWh are
            known to some 1e-12 MWh), or
            if the hours cost something else than the solution says (`costs.cost_contradiction`).
        """
        try:
            self._check()
        except InvariantError as error:
            error.dispatch = self
            raise

    def _check(self) -> None:
        tolerance = TOLERANCE * self._largest_flow_mw()
        for imbalance, storage in self._imbalances():
            residual = float(np.max(_largest(imbalance)))
            if residual > tolerance + self._rounding_mw(storage):
                raise InvariantError(f"the power balance is off by {residual:g} MW")
        for name, power, limit in self._limited():
            if np.min(power) < 0.0:
                raise InvariantError(f"{name} is negative: {np.min(power):g} MW")
            if (excess := float(np.max(power - limit))) > tolerance:
                raise InvariantError(f"{name} is {excess:g} MW above its limit")
        for storage in self.problem.storages:
            self._check_storage(storage)
        for station in self.stations.values():
            self._check_water(station)
        for plant in self.problem.committed:
            if plant.units is not None and plant.name in self.units_running:
                power, running = self.thermal_mw[plant.name], self.units_running[plant.name]
                for breach in plant.units.breaches(power, running, tolerance):
                    raise InvariantError(f"{plant.name}: {breach}")
        for load in self.problem.flexible_loads:
            self._check_shift(load, tolerance)
        if np.any((self.import_mw > 0.0) & (self.export_mw > 0.0)):
            raise InvariantError("power is imported and exported in the same step")
        if contradiction := cost_contradiction(self):
            raise InvariantError(contradiction)

    def _check_storage(self, storage: StorageLimits) -> None:
        level = self.level_mwh[storage.name]
        slack = TOLERANCE * float(np.max(level))
        if np.min(level) < -slack or np.max(level) > storage.energy_mwh + slack:
            raise InvariantError(
                f"{storage.name}: level runs from {np.min(level):g} to {np.max(level):g} MWh, "
                f"outside 0 to {storage.energy_mwh:g}"
            )
        if np.any((self.charge_mw[storage.name] > 0.0) & (self.discharge_mw[storage.name] > 0.0)):
            raise InvariantError(f"{storage.name}: charges and discharges in the same step")

    def _check_water(self, station: StationOperation) -> None:
        limits = station.limits
        slack = WATER_TOLERANCE * max(limits.normal_m3)
        gap = float(np.max(station.water_residual_m3()))
        if gap > slack:
            raise InvariantError(f"{limits.name}: {gap:g} m³ of water are not accounted for")
        for place, basin in enumerate(("upper", "lower")):
            least, most = np.min(station.volume_m3[place]), np.max(station.volume_m3[place])
            low, high = limits.dead_m3[place], limits.normal_m3[place]
            if least < low - slack or most > high + slack:
                raise InvariantError(
                    f"{limits.name}: the {basin} reservoir holds {least:g} to {most:g} m³, outside "
                    f"{low:g} to {high:g}"
                )
        if np.any((station.pump_mw > 0.0) & (station.turbine_mw > 0.0)):
            raise InvariantError(f"{limits.name}: pumps and generates in the same step")

    def _check_shift(self, load: FlexibleLoad, tolerance: float) -> None:
        up = self.shift_up_mw.get(load.name, np.zeros(self.problem.shape))
        down = self.shift_down_mw.get(load.name, np.zeros(self.problem.shape))
        used, hours = load.demand_mw + up - down, self.problem.step_hours
        served = used - self.unserved_mw  # what goes without draws nothing
        if np.min(used) < -tolerance or np.max(served - load.limit_mw) > tolerance:
            raise InvariantError(f"{load.name}: what is left of its movable part is out of range")
        backlog = np.cumsum(down - up, axis=-1) * hours
        least, most = load.backlog_band_mwh(self.problem.steps, hours)
        if (
            np.max(least - backlog) > tolerance * hours
            or np.max(backlog - most) > tolerance * hours
        ):
            raise InvariantError(f"{load.name}: energy is moved by more than its shift allows")

    def _rounding_mw(self, storage: StorageLimits | None) -> float:
        """What a storage's content, inflow and spill leave in its equation by rounding. [MW]"""
        if storage is None:
            return 0.0
        held = float(np.max(self.level_mwh[storage.name])) / self.problem.step_hours
        added = float(np.max(storage.inflow_mw))
        let_go = float(np.max(self.spilled_mw.get(storage.name, 0.0)))
        return DIGITS * held + TOLERANCE * max(added, let_go)

    def _imbalances(self) -> Iterator[tuple[Array, StorageLimits | None]]:
        """What is missing in each equation [MW], and the storage whose content it is about."""
        sources = [*self.generation_mw.values(), *self.thermal_mw.values()]
        sources += [*self.discharge_mw.values(), self.import_mw, self.unserved_mw]
        sinks = [*self.charge_mw.values(), self.export_mw, self.load_mw]
        yield reduce(np.add, sources) - reduce(np.add, sinks), None
        yield self.load_mw - self.served_mw - self.unserved_mw, None
        for name, available in self.available_mw.items():
            yield available - self.generation_mw[name] - self.curtailed_mw[name], None
        hours = self.problem.step_hours
        for storage in self.problem.storages:
            level = self.level_mwh[storage.name]
            kept = level[..., :-1] * storage.keep(hours)
            stored = (level[..., 1:] - kept) / hours
            stored -= self.charge_mw[storage.name] * storage.charge_efficiency
            stored += self.discharge_mw[storage.name] / storage.discharge_efficiency
            stored -= storage.inflow_mw
            if storage.name in self.spilled_mw:
                stored += self.spilled_mw[storage.name]
            yield stored, storage

    def _limited(self) -> Iterator[tuple[str, Array, Array | float]]:
        p = self.problem
        yield "served_mw", self.served_mw, self.load_mw
        yield "unserved_mw", self.unserved_mw, self.load_mw
        yield "import_mw", self.import_mw, p.import_limit_mw
        yield "export_mw", self.export_mw, p.export_limit_mw
        for name, available in p.renewables.items():
            yield f"generation_mw of {name}", self.generation_mw[name], available
            yield f"curtailed_mw of {name}", self.curtailed_mw[name], available
        for plant in p.thermals:
            yield f"thermal_mw of {plant.name}", self.thermal_mw[plant.name], plant.capacity_mw
        for storage in p.storages:
            name = storage.name
            yield f"charge_mw of {name}", self.charge_mw[name], storage.charge_mw
            yield f"discharge_mw of {name}", self.discharge_mw[name], storage.discharge_mw
            if name in self.spilled_mw:
                yield f"spilled_mw of {name}", self.spilled_mw[name], storage.most_spill_mw
        for name, done in self.stations.items():
            pump, turbine = done.limits.pump, done.limits.turbine
            units, row = np.abs(done.running), pump.row(done.head_m)
            yield f"charge_mw of {name}", self.charge_mw[name], pump.high_mw[row, units]
            yield f"discharge_mw of {name}", self.discharge_mw[name], turbine.high_mw[row, units]

    def _largest_flow_mw(self) -> float:
        """Largest load, available power or flow of any step; limits are none. [MW]"""
        flows = [self.problem.load_mw, *self.problem.renewables.values(), self.load_mw]
        flows += [*self.thermal_mw.values(), self.import_mw, self.export_mw]
        flows += [*self.charge_mw.values(), *self.discharge_mw.values()]
        return max(float(np.max(power)) for power in flows)


def _largest(values: Array) -> Array:
    """Largest absolute value over time, without a temporary array of absolute values."""
    largest: Array = np.maximum(values.max(axis=-1), -values.min(axis=-1))
    return largest


def _frozen(name: str, values: Array, shape: tuple[int, ...]) -> Array:
    if values.shape != shape:
        raise InvariantError(f"{name} has shape {values.shape}, expected {shape}")
    values = values.view()
    values.setflags(write=False)
    return values
