"""Power and flow of a number of units at a static head, tabulated once for a whole run.

A turbine runs between its least and its largest power; a fixed-speed pump is the band whose two
ends meet. Both are looked up in the same way: by power, or by available flow.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any

import numpy as np

from altay_energy.core.errors import ScenarioError
from altay_energy.core.units import Array
from altay_energy.core.value import Value
from altay_energy.resource.pumped.pump_turbine import PumpTurbine

HEAD_STEP_M = 0.1
"""Heads are read to the nearest of these steps [m]: 0.02 % of power at 500 m and less above."""

MOST_HEADS = 4000
LOADS = 33
"""Points between the least and the largest power of a number of units."""

_FLOWS = 240


@dataclass(frozen=True, eq=False)
class OperatingTable(Value):
    """Powers and flows of 0 to N equally loaded units at M static heads.

    Parameters
    ----------
    first_head_m, head_step_m : float
        The heads: first + step · (0 … M - 1). [m]
    low_mw, high_mw : ndarray, shape (M, N + 1)
        Least and largest power of that many units together. [MW]
    flow_m3_s : ndarray, shape (M, N + 1, L)
        Their flow at L powers from the least to the largest, evenly spaced; rising. [m³ s⁻¹]
    """

    first_head_m: float
    head_step_m: float
    low_mw: Array
    high_mw: Array
    flow_m3_s: Array

    @cached_property
    def least(self) -> tuple[float, float]:
        """Least power and least flow of one unit at any head. [MW], [m³ s⁻¹]"""
        return float(self.low_mw[:, 1].min()), float(self.flow_m3_s[:, 1, 0].min())

    def followed_by(self, other: OperatingTable) -> OperatingTable:
        """Rows of both tables in one, those of the other after the M of this one.

        Parameters
        ----------
        other : OperatingTable
            For the same heads and number of units.
        """
        names = ("low_mw", "high_mw", "flow_m3_s")
        both = (np.concatenate([getattr(self, name), getattr(other, name)]) for name in names)
        return OperatingTable(self.first_head_m, self.head_step_m, *both)

    def row(self, head_m: Array) -> Any:
        """Row of the nearest head, int, shape of ``head_m``."""
        nearest = ((head_m - self.first_head_m) / self.head_step_m + 0.5).astype(np.intp)
        return np.minimum(np.maximum(nearest, 0), self.low_mw.shape[0] - 1)

    def by_power(self, row: Any, asked_mw: Array, most: Any) -> tuple[Any, Array]:
        """Return the fewest units that give a power, or the largest power below it.

        Parameters
        ----------
        row : ndarray of int, shape (n,)
            From `row`.
        asked_mw : ndarray, shape (n,)
            Upper limit of the power. [MW]
        most : ndarray of int, shape (n,)
            Units that may run.

        Returns
        -------
        running : ndarray of int, shape (n,)
            Units that run.
        power : ndarray, shape (n,)
            Their power together. [MW]
        """
        high = self.high_mw.take(row, axis=0)
        running = np.minimum((high < asked_mw[:, np.newaxis]).sum(axis=1), most)
        first = row * self._columns  # of the row in the tables, one number after another
        running -= asked_mw < self._low.take(first + running)
        return running, np.minimum(asked_mw, self._high.take(first + running))

    def by_flow(self, row: Any, limit_m3_s: Array, most: Any) -> tuple[Any, Array, Array]:
        """Return the fewest units that use a flow, or the largest flow below it.

        Parameters
        ----------
        row, most
            As in `by_power`.
        limit_m3_s : ndarray, shape (n,)
            Upper limit of the flow. [m³ s⁻¹]

        Returns
        -------
        running, power, flow : ndarray, shape (n,)
            Units that run, their power and their flow together. [-], [MW], [m³ s⁻¹]
        """
        most_flow = self._most_flow.take(row, axis=0)
        running = np.minimum((most_flow < limit_m3_s[:, np.newaxis]).sum(axis=1), most)
        first = row * self._columns
        running -= limit_m3_s < self._least_flow.take(first + running)
        place = first + running
        line = self._lines.take(place, axis=0)
        flow = np.minimum(limit_m3_s, line[:, -1])
        cell = (line[:, 1:-1] <= flow[:, np.newaxis]).sum(axis=1)
        each = np.arange(cell.size)
        below, above = line[each, cell], line[each, cell + 1]
        rise = above - below
        part = np.divide(flow - below, rise, out=np.zeros_like(flow), where=rise > 0.0)
        share = (cell + part) / (line.shape[1] - 1)
        low, high = self._low.take(place), self._high.take(place)
        return running, low + share * (high - low), flow

    def flow(self, row: Any, running: Any, power_mw: Array) -> Array:
        """Flow of units that together have a power within their band, shape (n,). [m³ s⁻¹]"""
        column, loads = row * self._columns + running, self.flow_m3_s.shape[2]
        low = self._low.take(column)
        span = np.maximum(self._high.take(column) - low, 1e-12)
        place = (power_mw - low) / span * (loads - 1)
        cell = np.minimum(place.astype(np.intp), loads - 2)
        at = column * loads + cell
        below = self._flows.take(at)
        return np.asarray(below + (place - cell) * (self._flows.take(at + 1) - below))

    # The tables as lists of numbers: to take from these is faster than by two or three indices.
    @cached_property
    def _columns(self) -> int:
        return int(self.low_mw.shape[1])

    @cached_property
    def _low(self) -> Array:
        return np.ascontiguousarray(self.low_mw).ravel()

    @cached_property
    def _high(self) -> Array:
        return np.ascontiguousarray(self.high_mw).ravel()

    @cached_property
    def _flows(self) -> Array:
        return np.ascontiguousarray(self.flow_m3_s).ravel()

    @cached_property
    def _lines(self) -> Array:
        return np.ascontiguousarray(self.flow_m3_s).reshape(-1, self.flow_m3_s.shape[2])

    @cached_property
    def _least_flow(self) -> Array:
        return np.ascontiguousarray(self.flow_m3_s[:, :, 0]).ravel()

    @cached_property
    def _most_flow(self) -> Array:
        return np.ascontiguousarray(self.flow_m3_s[:, :, -1])


def heads_between(low_m: float, high_m: float) -> Array:
    """Heads of a table from the least to the largest static head, shape (M,). [m]"""
    steps = int(np.clip(np.ceil((high_m - low_m) / HEAD_STEP_M), 1, MOST_HEADS))
    return np.linspace(low_m, high_m, steps + 1)


@lru_cache(maxsize=16)
def station_tables(
    machine: PumpTurbine, low_m: float, high_m: float, least_share: float
) -> tuple[OperatingTable, OperatingTable]:
    """Tables of pumps and of turbines over a range of static heads, made once for all runs.

    Parameters
    ----------
    machine : PumpTurbine
        The units.
    low_m, high_m : float
        Least and largest static head. [m]
    least_share : float
        Least power of a turbine over its rated one. [-]

    Raises
    ------
    ScenarioError
        If a turbine cannot give its least power at the least head.
    """
    heads = heads_between(low_m, high_m)
    turbine = turbine_table(machine, heads, least_share)
    least, most = turbine.low_mw[:, 1], turbine.high_mw[:, 1]
    if np.any(most < least):
        worst = int(np.argmin(most - least))
        raise ScenarioError(
            f"min_generation = {least_share:g} is {least[worst]:.4g} MW, but at a static head of "
            f"{heads[worst]:.4g} m a turbine gives at most {most[worst]:.4g} MW; lower "
            "min_generation or rated_head_m"
        )
    return pump_table(machine, heads), turbine


def turbine_table(machine: PumpTurbine, head_m: Array, least_share: float) -> OperatingTable:
    """Return power and flow of 1 to N turbines.

    Parameters
    ----------
    machine : PumpTurbine
        The units.
    head_m : ndarray, shape (M,)
        Static heads, evenly spaced. [m]
    least_share : float
        Least power of a turbine over its rated one. [-]

    Returns
    -------
    OperatingTable
        Only for heads at which a turbine can give its least power.
    """
    flow = np.linspace(0.0, machine.largest_flow_m3_s, _FLOWS)
    low, high, flows = _empty(head_m, machine.units)
    loads = np.linspace(0.0, 1.0, LOADS)
    for k in range(1, machine.units + 1):
        power = machine.turbine_power(head_m[:, np.newaxis], flow, k)
        # Beyond the opening of largest power more flow gives less power: that range is not used.
        rising = np.maximum.accumulate(power, axis=1)
        best = np.minimum(rising[:, -1], k * machine.unit_mw)
        least = np.full(best.shape, k * least_share * machine.unit_mw)
        low[:, k], high[:, k] = least, best
        wanted = least[:, np.newaxis] + loads * np.maximum(best - least, 0.0)[:, np.newaxis]
        for row, (p, asked) in enumerate(zip(rising, wanted, strict=True)):
            flows[row, k] = k * np.interp(asked, p, flow)
    return _table(head_m, low, high, flows)


def pump_table(machine: PumpTurbine, head_m: Array) -> OperatingTable:
    """Return power and flow of 1 to N pumps.

    Parameters
    ----------
    machine : PumpTurbine
        The units.
    head_m : ndarray, shape (M,)
        Static heads, evenly spaced. [m]

    Returns
    -------
    OperatingTable
        With bands of no width where the speed is fixed.
    """
    low, high, flows = _empty(head_m, machine.units)
    loads = np.linspace(0.0, 1.0, LOADS)
    for k in range(1, machine.units + 1):
        power, flow = machine.pump_points(head_m, k)
        if machine.speed == "fixed":
            low[:, k] = high[:, k] = power[0]
            flows[:, k] = flow[0][:, np.newaxis]
            continue
        least, most = (k * share * machine.unit_pump_mw for share in machine.pump_band)
        for row in range(head_m.size):
            there = np.isfinite(power[:, row])
            p, q = power[there, row], flow[there, row]
            low[row, k], high[row, k] = np.clip(p[0], least, most), np.clip(p[-1], least, most)
            asked = low[row, k] + loads * (high[row, k] - low[row, k])
            flows[row, k] = np.interp(asked, p, q)
    return _table(head_m, low, high, flows)


def _empty(head_m: Array, units: int) -> tuple[Array, Array, Array]:
    shape = (head_m.size, units + 1)
    return np.zeros(shape), np.zeros(shape), np.zeros((*shape, LOADS))


def _table(head_m: Array, low: Array, high: Array, flows: Array) -> OperatingTable:
    for values in (low, high, flows):
        values.setflags(write=False)
    return OperatingTable(float(head_m[0]), float(head_m[1] - head_m[0]), low, high, flows)
