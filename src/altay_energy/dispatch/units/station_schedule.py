r"""Schedule of a station's units by dynamic programming over the water of its upper reservoir.

The rest of the system is represented by its residual cost in each step (`ResidualCost`): a convex
piecewise linear function of the power at the bus, made of all columns of its linear program, with
contents of other storages at their dual prices or fixed. The least cost from step t on, for a
volume v of the upper reservoir, is

.. math:: W_t(v) = \min_a \; f_t(p_a(v)) + s_a + W_{t+1}(v + \Delta v_a(v))

over the moves a (numbers of pumps, idle, turbine loads), with power p and flow at the head of the
volume and the cost s of starts, for which the number of running units is a second state. W is
computed backwards on a grid of volumes. The operation is then found forwards at the simulated
volumes, among more turbine loads, which include those at the kinks of the residual cost.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from altay_energy.core.units import Array
from altay_energy.dispatch.lp.program import BlockLP
from altay_energy.dispatch.problem.station import LOWER, SECONDS_PER_HOUR, UPPER, StationLimits

NODES = 161
"""Number of volumes of the grid for a year; up to `FINEST` for shorter periods. [-]"""

FINEST = 321

PROHIBITIVE = 1e15
"""Cost of an infeasible move. [CNY]"""

_YEAR = 8760
_LOADS = 8
_FINE = 8

_MARGIN_MW = 3e-4
"""Added to the power at a kink, which is known to a few watts only; too little would leave load
unserved. [MW]"""

_SMALL_MARGIN = 1e-6
"""The same for a station of less than 100 MW, as a share of its power. [-]"""


@dataclass(frozen=True, eq=False)
class ResidualCost:
    """Convex piecewise linear cost of drawing power from the bus, in each step.

    Parameters
    ----------
    power_mw, cost_cny : ndarray, shape (T, K)
        Breakpoints, power increasing. [MW], [CNY]
    """

    power_mw: Array
    cost_cny: Array

    @classmethod
    def of(cls, lp: BlockLP, bus: int, cost: Array, lower: Array, upper: Array) -> ResidualCost:
        """Residual cost of the columns in the balance row of a bus, at costs and bounds (n, T)."""
        sign = lp.now[bus]
        used = np.flatnonzero(sign)
        sign = sign[used, np.newaxis]
        price = cost[used] / sign
        width = (upper - lower)[used]
        least = np.where(sign > 0.0, lower[used], upper[used])
        order = np.argsort(price, axis=0, kind="stable")
        price, width = (np.take_along_axis(a, order, axis=0) for a in (price, width))
        first = (sign * least).sum(axis=0) - lp.rhs[bus]
        steps = np.zeros((1, lp.steps))
        power = first + np.concatenate([steps, np.cumsum(width, axis=0)])
        money = (cost[used] * least).sum(axis=0) + np.concatenate(
            [steps, np.cumsum(price * width, axis=0)]
        )
        return cls(*(np.ascontiguousarray(a.T) for a in _fenced(power, money)))

    def with_slope(self, price_cny_mw: float) -> ResidualCost:
        """Return the cost with a further cost per power drawn in a step. [CNY/MW]"""
        return ResidualCost(self.power_mw, self.cost_cny + price_cny_mw * self.power_mw)


def _fenced(power: Array, money: Array) -> tuple[Array, Array]:
    """Add steep outer pieces that exclude powers beyond the last breakpoints."""
    span = 1e6
    fenced = np.concatenate([power[:1] - span, power, power[-1:] + span])
    beyond = PROHIBITIVE / 1e6 * span
    return fenced, np.concatenate([money[:1] + beyond, money, money[-1:] + beyond])


@dataclass(frozen=True, eq=False)
class StationDynamics:
    """States and moves of a station for dynamic programming over its water.

    Parameters
    ----------
    limits : StationLimits
        The station.
    step_hours : float
        [h]
    volume_m3 : ndarray, shape (N,)
        Grid of the upper reservoir, evenly spaced. [m³]
    """

    limits: StationLimits
    step_hours: float
    volume_m3: Array

    @classmethod
    def of(
        cls, limits: StationLimits, step_hours: float, low: float, high: float, nodes: int = 0
    ) -> StationDynamics:
        """Grid of volumes from low to high [m³]; by default as fine as the period allows."""
        nodes = nodes or min(FINEST, NODES * max(1, _YEAR // limits.in_service.shape[1]))
        return cls(limits, step_hours, np.linspace(low, high, nodes))

    def lower(self, volume: Array | float) -> Array:
        """Volume of the lower reservoir if no water is lost. [m³]"""
        limits = self.limits
        rest = sum(limits.start_m3) - np.asarray(volume)
        return np.clip(rest, limits.dead_m3[LOWER], limits.normal_m3[LOWER])

    def row(self, volume: Array) -> Any:
        """Row of the tables, int, shape of ``volume``."""
        curves = self.limits.curves
        head = curves[UPPER].level(volume) - curves[LOWER].level(self.lower(volume))
        return self.limits.pump.row(head)

    @property
    def seconds(self) -> float:
        """Length of a step. [s]"""
        return SECONDS_PER_HOUR * self.step_hours

    @cached_property
    def gain_m3(self) -> Array:
        """Rain less evaporation and seepage of the upper reservoir, shape (T,). [m³]"""
        limits = self.limits
        gain = limits.rain_m3[UPPER] - limits.evaporation_m3[UPPER] - limits.seepage_m3[UPPER]
        return np.broadcast_to(gain, self.limits.in_service.shape[1:])

    @cached_property
    def floors_m3(self) -> Array:
        """Volume below which no water can be drawn from each reservoir, shape (2, T). [m³]"""
        dead = np.array(self.limits.dead_m3)[:, np.newaxis]
        return np.broadcast_to(dead + self.limits.ice_m3, (2, self.limits.in_service.shape[1]))

    def moves(self, row: Any, parts: int) -> tuple[Any, Array, Array]:
        """Units (negative: pumps), power drawn from the bus [MW] and water lifted [m³].

        Shape (A,) and twice (R, A), for rows of the tables of shape (R,), with ``parts`` loads to
        a turbine.
        """
        pump, turbine = self.limits.pump, self.limits.turbine
        found = [(0, np.zeros(row.shape), np.zeros(row.shape))]
        for k in range(1, self.limits.units + 1):
            low, high = pump.low_mw[row, k], pump.high_mw[row, k]
            for share in _shares(low, high, parts):
                power = low + share * (high - low)
                found.append((-k, power, pump.flow(row, k, power)))
            low = np.maximum(turbine.low_mw[row, k], turbine.high_mw[row, k - 1])
            high = np.maximum(turbine.high_mw[row, k], low)
            for share in np.linspace(0.0, 1.0, parts + 1)[0 if k == 1 else 1 :]:
                power = np.minimum(low + share * (high - low), turbine.high_mw[row, k])
                found.append((k, 0.0 - power, 0.0 - turbine.flow(row, k, power)))
        units, power, flow = zip(*found, strict=True)
        return np.array(units), np.stack(power, axis=-1), self.seconds * np.stack(flow, axis=-1)

    @cached_property
    def _fine(self) -> tuple[Any, Array, Array]:
        """All moves of every row."""
        return self.moves(np.arange(self.limits.pump.low_mw.shape[0]), _FINE)

    def place(self, volume: Array) -> tuple[Any, Array]:
        """Grid cell, int, and position within it from 0 to 1, shape of ``volume``. [-]"""
        grid = self.volume_m3
        place = np.clip((volume - grid[0]) / (grid[1] - grid[0]), 0.0, grid.size - 1.0)
        cell = np.minimum(place.astype(np.intp), grid.size - 2)
        return cell, place - cell

    def limits_of(self, t: int) -> tuple[float, float, int]:
        """Floors of both reservoirs and units in service in a step. [m³], [m³], [-]"""
        upper, lower = self.floors_m3[:, t]
        return float(upper), float(lower), int(self.limits.in_service[:, t].sum())

    def kept(self, volume: float) -> float:
        """The volume, limited to the range of the reservoir. [m³]"""
        return min(max(volume, self.limits.dead_m3[UPPER]), self.limits.normal_m3[UPPER])

    def start_cost(self, before: Array, after: Array) -> Array:
        """Start and mode change cost between numbers of running units, signed, broadcast. [CNY]"""
        limits = self.limits
        same = before * after > 0
        started = np.where(same, np.maximum(np.abs(after) - np.abs(before), 0), np.abs(after))
        turned = np.where(before * after < 0, np.minimum(np.abs(after), np.abs(before)), 0)
        money = limits.start_cost_cny * started + limits.mode_change_cost_cny * turned
        return np.asarray(money, dtype=np.float64)

    @property
    def states(self) -> Any:
        """Numbers of running units that are separate states: all if a start costs anything."""
        limits = self.limits
        if limits.start_cost_cny == 0.0 and limits.mode_change_cost_cny == 0.0:
            return np.zeros(1, dtype=int)
        return np.arange(-limits.units, limits.units + 1)

    def values(self, rest: ResidualCost, end: Array, om_cny_mwh: float, first: int = 0) -> Array:
        """Least cost from each step, volume and state on, shape (T + 1, N, S).

        Parameters
        ----------
        rest : ResidualCost
            Of the system without the station.
        end : ndarray, shape (N,) or (N, S)
            Cost of ending with a volume. [CNY]
        om_cny_mwh : float
            Of generation. [CNY/MWh]
        first : int
            Step of the period at which the T steps of ``rest`` begin.
        """
        grid, states = self.volume_m3, self.states
        units, power, moved = self.moves(self.row(grid), _LOADS)
        own = om_cny_mwh * self.step_hours * np.maximum(0.0 - power, 0.0)
        cell, part = self.place(grid[:, np.newaxis] + moved)
        after = np.clip(units - states[0], 0, states.size - 1)
        groups = [np.flatnonzero(after == s) for s in range(states.size)]
        change = self.start_cost(states[:, np.newaxis], states[np.newaxis, :])
        steps = rest.power_mw.shape[0]
        value = np.empty((steps + 1, grid.size, states.size))
        value[-1] = end if end.ndim > 1 else end[:, np.newaxis]
        flat, known = power.ravel(), None
        for t in range(steps - 1, -1, -1):
            limit = self.limits_of(first + t)
            if limit != known:
                closed = own + np.where(
                    self.open(grid[:, np.newaxis], moved, units, first + t), 0.0, PROHIBITIVE
                )
                known = limit
            now = np.interp(flat, rest.power_mw[t], rest.cost_cny[t]).reshape(power.shape) + closed
            later = value[t + 1]
            shift = self.gain_m3[first + t] / (grid[1] - grid[0])
            if shift:
                slope = np.diff(later, axis=0, append=2.0 * later[-1:] - later[-2:-1])
                later = later + shift * slope
            if states.size == 1:
                one = later[:, 0]
                now += one[cell] + part * (one[cell + 1] - one[cell])
                value[t, :, 0] = now.min(axis=1)
                continue
            now += later[cell, after] + part * (later[cell + 1, after] - later[cell, after])
            best = np.stack([now[:, group].min(axis=1) for group in groups], axis=1)
            value[t] = (best[:, np.newaxis, :] + change).min(axis=2)
        return value

    def open(self, volume: Any, moved: Array, units: Any, t: int) -> Any:
        """Whether water, volume and units suffice for a move, bool."""
        limits, below = self.limits, self.lower(volume)
        normal, floors = limits.normal_m3, self.floors_m3[:, t]
        most_up = np.minimum(below - floors[LOWER], normal[UPPER] - volume)
        most_down = np.minimum(volume - floors[UPPER], normal[LOWER] - below)
        enough = (moved <= np.maximum(most_up, 0.0)) & (0.0 - moved <= np.maximum(most_down, 0.0))
        return enough & (np.abs(units) <= limits.in_service[:, t].sum())

    def follow(
        self,
        rest: ResidualCost,
        value: Array,
        start_m3: float,
        om_cny_mwh: float,
        first: int = 0,
        running: int = 0,
    ) -> tuple[Array, float, int]:
        """Requested power of the station in each step, and its last volume and running units.

        Parameters
        ----------
        rest, value, om_cny_mwh
            As given to, and found by, `values`.
        start_m3 : float
            Water of the upper reservoir at the beginning. [m³]
        first : int
            As given to `values`.
        running : int
            Running units before the first step; negative: pumps. [-]

        Returns
        -------
        wanted : ndarray, shape (T,)
            As `rules.station.operate_station` takes it. [MW]
        float
            Volume at the end. [m³]
        int
            Running units at the end. [-]
        """
        states, grid = self.states, self.volume_m3
        wanted, volume = np.zeros(value.shape[0] - 1), start_m3
        own = om_cny_mwh * self.step_hours
        for t in range(wanted.size):
            row = int(self.row(np.array([volume]))[0])
            units, power, moved = self.choices(row, rest.power_mw[t])
            cost = np.interp(power, rest.power_mw[t], rest.cost_cny[t])
            if own:
                cost += own * np.maximum(0.0 - power, 0.0)
            there = volume + moved + self.gain_m3[first + t]
            if states.size == 1:
                cost += np.interp(there, grid, value[t + 1, :, 0])
            else:
                cost += self.start_cost(np.array(running), units)
                cost += self._between(value[t + 1], there, units - states[0])
            cost[~self.open(volume, moved, units, first + t)] += PROHIBITIVE
            best = int(np.argmin(cost))
            running = int(units[best])
            volume = self.kept(float(there[best]))
            wanted[t] = self.asked(row, running, float(power[best]))
        return wanted, volume, running

    def _between(self, value: Array, there: Array, state: Array) -> Array:
        cell, part = self.place(there)
        below = value[cell, state]
        return np.asarray(below + part * (value[cell + 1, state] - below))

    def choices(self, row: int, kinks: Array) -> tuple[Any, Array, Array]:
        """Moves at a head, turbine loads at kinks of the residual cost included. [-], [MW], [m³]"""
        units, power, moved = (part[..., row, :] if part.ndim > 1 else part for part in self._fine)
        table = self.limits.turbine
        met = min(_MARGIN_MW, _SMALL_MARGIN * float(table.high_mw.max())) - kinks[1:-1]
        met = met[(met >= table.low_mw[row, 1]) & (met <= table.high_mw[row, -1])]
        if met.size == 0:
            return units, power, moved
        rows = np.full(met.size, row)
        running, given = table.by_power(rows, met, self.limits.units)
        flow = table.flow(rows, running, given)
        return (
            np.concatenate([units, running]),
            np.concatenate([power, 0.0 - given]),
            np.concatenate([moved, -self.seconds * flow]),
        )

    def asked(self, row: int, running: int, power: float) -> float:
        """Surplus at which the rules run the same units. [MW]"""
        table = self.limits.pump
        if running >= 0:
            return power
        if table.high_mw[row, 1] > table.low_mw[row, 1]:
            return power
        return power + 0.3 * float(table.high_mw[row, 1])


def _shares(low: Array, high: Array, parts: int) -> Array:
    """Relative loads within the band of a turbine; one load if the band has no width."""
    return np.zeros(1) if np.array_equal(low, high) else np.linspace(0.0, 1.0, parts + 1)
