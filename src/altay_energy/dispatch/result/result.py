"""``Dispatch``: power of plants, storages, grid and loads in each step, and its checks."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import reduce

import numpy as np
from numpy.typing import NDArray

from altay_energy.core.units import Array
from altay_energy.core.value import Value
from altay_energy.dispatch.problem.period import FlexibleLoad
from altay_energy.dispatch.problem.station import WATER_TOLERANCE, StationOperation
from altay_energy.dispatch.problem.storage import StorageLimits
from altay_energy.dispatch.result.costs import DIGITS, cost_contradiction
from altay_energy.dispatch.result.operation import InvariantError, Operation

TOLERANCE = 1e-6
"""An imbalance up to this share of the largest flow is rounding. [-]"""


@dataclass(frozen=True, eq=False)
class Rolled(Value):
    """Plans of a rolling dispatch for the steps in which each was carried out.

    Parameters
    ----------
    starts : ndarray of int, shape (W,)
        First step of each window.
    look_ahead, step : int
        Steps of a window, and steps of it that are carried out.
    solver : str
        Solver of the windows.
    planned_charge_mw, planned_discharge_mw : mapping of str to ndarray, shape (T,)
        Planned powers of each storage. [MW]
    planned_level_mwh : mapping of str to ndarray, shape (T,)
        Planned content at the end of each step. [MWh]
    planned_import_mw, planned_export_mw, planned_curtailed_mw : ndarray, shape (T,)
        [MW]
    forecast_mw : mapping of str to ndarray, shape (T,)
        Forecast of the available power of each renewable plant, and of ``"load"``. [MW]
    actual_mw : mapping of str to ndarray, shape (T,)
        The actual values. [MW]
    optimum : Dispatch or None
        Optimum of the whole period: it guided the windows, or is a yardstick beside other years.
    others : tuple of Dispatch
        Optima of other weather years, if they guided the windows.
    """

    starts: NDArray[np.int64]
    look_ahead: int
    step: int
    solver: str
    planned_charge_mw: Mapping[str, Array]
    planned_discharge_mw: Mapping[str, Array]
    planned_level_mwh: Mapping[str, Array]
    planned_import_mw: Array
    planned_export_mw: Array
    planned_curtailed_mw: Array
    forecast_mw: Mapping[str, Array]
    actual_mw: Mapping[str, Array]
    optimum: Dispatch | None = None
    others: tuple[Dispatch, ...] = ()

    def errors(self) -> dict[str, dict[str, float]]:
        """Mean error and root mean square error of each forecast over the highest actual value.

        Returns
        -------
        dict
            Name → ``{"bias": …, "nrmse": …}``; for solar plants in daylight hours only. [-]
        """
        found = {}
        for name, seen in self.forecast_mw.items():
            actual = self.actual_mw[name]
            highest = float(actual.max())
            lit = (actual > 0.0) | (seen > 0.0) if name.startswith("solar.") else actual >= 0.0
            if highest > 0.0 and lit.any():
                error = (seen - actual)[lit] / highest
                found[name] = {
                    "bias": float(error.mean()),
                    "nrmse": float(np.sqrt(np.mean(error**2))),
                }
        return found


@dataclass(frozen=True, eq=False)
class Dispatch(Operation):
    """Result of a dispatcher: an `Operation` whose laws can be checked.

    Parameters
    ----------
    rolled : Rolled or None
        Plans and forecasts of a rolling dispatch; all other parameters are those of `Operation`.
    """

    rolled: Rolled | None = None

    def balance_residual_mw(self) -> Array:
        """Largest absolute imbalance of any step, computed from the arrays.

        Returns
        -------
        ndarray, shape (...)
            The largest of: inflow less outflow of the bus; load less served and unserved load;
            available power less generation and curtailment; the residual of the level equation of
            a storage. 0 up to rounding. [MW]
        """
        worst = np.zeros(self.problem.shape[:-1])
        for imbalance, _ in self._imbalances():
            np.maximum(worst, _largest(imbalance), out=worst)
        return worst + 0.0  # never -0.0

    def check(self) -> None:
        """Check balance, bounds, complementarity, the rules of committed units, and the cost.

        Raises
        ------
        InvariantError
            If a law is broken by more than `TOLERANCE` of the largest load or flow (for the level
            equation of a storage also of its inflow and spill) and the rounding of its content
            (9,000 MWh are known to some 1e-12 MWh), or if the cost differs from that of the
            solution (`costs.cost_contradiction`).
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
        served = used - self.unserved_mw
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
        """Rounding error of the level equation of a storage. [MW]"""
        if storage is None:
            return 0.0
        held = float(np.max(self.level_mwh[storage.name])) / self.problem.step_hours
        added = float(np.max(storage.inflow_mw))
        let_go = float(np.max(self.spilled_mw.get(storage.name, 0.0)))
        return DIGITS * held + TOLERANCE * max(added, let_go)

    def _imbalances(self) -> Iterator[tuple[Array, StorageLimits | None]]:
        """Residual of each equation [MW], and the storage of a level equation."""
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
        """Largest load, available power or flow of any step, without limits. [MW]"""
        flows = [self.problem.load_mw, *self.problem.renewables.values(), self.load_mw]
        flows += [*self.thermal_mw.values(), self.import_mw, self.export_mw]
        flows += [*self.charge_mw.values(), *self.discharge_mw.values()]
        return max(float(np.max(power)) for power in flows)


def _largest(values: Array) -> Array:
    """Largest absolute value over time, without a temporary array of absolute values."""
    largest: Array = np.maximum(values.max(axis=-1), -values.min(axis=-1))
    return largest
