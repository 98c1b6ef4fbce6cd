r"""Units of a thermal plant: costs of starting and running, minimum times and ramps.

A plant of U equal units has n of them running in a step, all at the same load (with rising
incremental costs no other sharing is cheaper). With p the plant's power, per step of h hours,

.. math::

    n \, p^{\min} \le p \le n \, p^{\max}, \qquad
    h \, [ n \, c^0 + n \, C(p / n) ] + c^{\mathrm{start}} v

are its limits and its cost, with the no-load cost c⁰ of a running unit, its convex, piecewise
linear fuel curve C, and the number v of units that start. A unit has a minimum time on after a
start and a minimum time off after a stop. Counts of units keep these rules exactly if the starts
within each minimum time on are at most n, and the stops within each minimum time off are at most
U - n [1]_. Counts instead of single units are the clusters of [2]_.

Dispatchers without unit commitment use the lower convex hull of 0 and the cost curve of a unit: the
least average cost up to the load at which it is reached, and the curve above. Starts cost nothing.
Their cost is a lower bound of the cost with commitment.

The state before the first step is unknown: any number of units may run in the first step without a
start cost, and all minimum times have passed.

References
----------
.. [1] Rajan and Takriti, "Minimum up/down polytopes of the unit commitment problem with start-up
   costs", IBM Research Report RC23628, 2005.
.. [2] Palmintier and Webster, "Heterogeneous unit clustering for efficient operational flexibility
   modeling", IEEE Transactions on Power Systems 29(3), 1089-1098, 2014.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import ClassVar

import numpy as np

from altay_energy.core.errors import ScenarioError, SeriesError
from altay_energy.core.units import Array
from altay_energy.core.value import Value
from altay_energy.dispatch.lp.program import Bools
from altay_energy.dispatch.problem.checks import Limits, check_number


@dataclass(frozen=True)
class ThermalUnits(Value):
    """Parameters of the equal units of one thermal plant.

    Parameters
    ----------
    name : str
        Name of the plant.
    units : int
        Number of units.
    unit_mw, min_load_mw : float
        Largest and least power of a running unit. [MW]
    curve : tuple of (float, float)
        Fuel and variable O&M of a unit: upper power of a piece [MW] and its incremental cost
        [CNY/MWh], both increasing; the last piece ends at ``unit_mw``.
    no_load_cost_cny_h : float
        Cost of a running unit at any load. [CNY/h]
    start_cost_cny : float
        Cost of each start of a unit. [CNY]
    min_up_steps, min_down_steps : int
        Minimum time on after a start and off after a stop, in steps. [-]
    ramp_mw : float or None
        Largest change of the plant's power per running unit from step to step; a unit starts and
        stops within this or its least load, whichever is larger. [MW]

    Raises
    ------
    ScenarioError
        If a value is not finite, out of range, or the curve falls.
    """

    name: str
    units: int
    unit_mw: float
    curve: tuple[tuple[float, float], ...]
    min_load_mw: float = 0.0
    no_load_cost_cny_h: float = 0.0
    start_cost_cny: float = 0.0
    min_up_steps: int = 1
    min_down_steps: int = 1
    ramp_mw: float | None = None

    def __post_init__(self) -> None:
        for name in ("units", "min_up_steps", "min_down_steps"):
            check_number(self.name, name, getattr(self, name), 1)
        check_number(self.name, "unit_mw", self.unit_mw, 0.0, above=True)
        check_number(self.name, "min_load_mw", self.min_load_mw, 0.0, self.unit_mw)
        for name in ("no_load_cost_cny_h", "start_cost_cny"):
            check_number(self.name, name, getattr(self, name), 0.0)
        if self.ramp_mw is not None:
            check_number(self.name, "ramp_mw", self.ramp_mw, 0.0, above=True)
        ends, prices = np.array(self.curve, dtype=np.float64).reshape(-1, 2).T
        whole = ends.size and abs(ends[-1] - self.unit_mw) <= 1e-9 * self.unit_mw
        rises = np.all(np.diff(ends, prepend=0.0) > 0.0) and np.all(np.diff(prices) >= 0.0)
        if not (whole and rises and np.isfinite(prices).all()):
            raise ScenarioError(
                f"{self.name}: curve = {list(self.curve)}, expected powers that rise to unit_mw = "
                f"{self.unit_mw:g} with finite costs that never fall"
            )

    @cached_property
    def above_least(self) -> tuple[tuple[float, float], ...]:
        """Pieces of the curve above the least load of a unit: width [MW] and cost [CNY/MWh]."""
        found, done = [], self.min_load_mw
        for end, price in self.curve:
            if end > done:
                found.append((end - done, price))
                done = end
        return tuple(found)

    @cached_property
    def least_cost_cny_h(self) -> float:
        """Cost of a unit at its least load. [CNY/h]"""
        return self.no_load_cost_cny_h + float(self._fuel(np.asarray(self.min_load_mw)))

    @cached_property
    def hull(self) -> tuple[tuple[float, float], ...]:
        """Pieces of the plant's cost without commitment: width [MW] and cost [CNY/MWh], rising.

        The lower convex hull of an idle unit and of a unit between its least and largest load.
        """
        loads = np.unique([self.min_load_mw, self.unit_mw, *(end for end, _ in self.curve)])
        loads = loads[(loads >= self.min_load_mw) & (loads > 0.0) & (loads <= self.unit_mw)]
        cost = self.no_load_cost_cny_h + self._fuel(loads)
        best = int(np.argmin(cost / loads))
        found = [(float(loads[best]), float(cost[best] / loads[best]))]
        found += [
            (
                float(loads[k + 1] - loads[k]),
                float((cost[k + 1] - cost[k]) / (loads[k + 1] - loads[k])),
            )
            for k in range(best, loads.size - 1)
        ]
        return tuple((self.units * width, price) for width, price in found)

    def _fuel(self, load_mw: Array) -> Array:
        """Cost of fuel and variable O&M of one unit at a load. [CNY/h]"""
        cost, done = np.zeros(load_mw.shape), 0.0
        for end, price in self.curve:
            cost = cost + price * np.clip(load_mw - done, 0.0, end - done)
            done = end
        return cost

    def running_cost_cny_h(self, power_mw: Array, running: Array) -> Array:
        """Cost of the plant's running units: fuel, variable O&M and no-load cost. [CNY/h]

        Parameters
        ----------
        power_mw : ndarray, shape (..., T)
            [MW]
        running : ndarray, shape (..., T)
            Units that run. [-]
        """
        each = power_mw / np.maximum(running, 1.0)
        return np.asarray(running * (self.no_load_cost_cny_h + self._fuel(each)))

    def relaxed_cost_cny_h(self, power_mw: Array) -> Array:
        """Cost of the plant without unit commitment, on the hull. [CNY/h]

        Parameters
        ----------
        power_mw : ndarray, shape (..., T)
            [MW]
        """
        cost, done = np.zeros(power_mw.shape), 0.0
        for width, price in self.hull:
            cost = cost + price * np.clip(power_mw - done, 0.0, width)
            done += width
        return cost

    def breaches(self, power_mw: Array, running: Array, slack_mw: float) -> Iterator[str]:
        """Yield the violations of a commitment in words.

        Parameters
        ----------
        power_mw, running : ndarray, shape (..., T)
            Power of the plant [MW] and its running units.
        slack_mw : float
            Deviations up to this are rounding. [MW]
        """
        if np.any(running != np.round(running)) or running.min() < 0 or running.max() > self.units:
            yield f"running units are no whole numbers from 0 to {self.units}"
        if np.max(running * self.min_load_mw - power_mw) > slack_mw:
            yield "runs below the least load of its units"
        if np.max(power_mw - running * self.unit_mw) > slack_mw:
            yield "gives more than its running units can"
        started, stopped = starts(running), stops(running)
        if np.any(recent(started, self.min_up_steps) > running):
            yield "a unit stops before its least time on has passed"
        if np.any(recent(stopped, self.min_down_steps) > self.units - running):
            yield "a unit starts before its least time off has passed"
        if self.ramp_mw is not None:
            rise = np.diff(power_mw, axis=-1)
            up, down = self.ramp_limits(running)
            if max(np.max(rise - up, initial=0.0), np.max(-down - rise, initial=0.0)) > slack_mw:
                yield "changes its power faster than its units can"

    def fewest_starts(self, power_mw: Array) -> Array:
        """Number of running units with the fewest starts for a given power, shape (..., T). [-]

        Each step keeps the number of the step before, limited to between the fewest units that can
        give the power and the most that can run at their least load. If no number is possible, it
        is the fewest that can give the power.

        Parameters
        ----------
        power_mw : ndarray, shape (..., T)
            Power by a dispatch that does not commit units. [MW]
        """
        low, high = self._numbers_at(power_mw)
        high = np.maximum(high, low)
        running = np.empty(power_mw.shape)
        now = low[..., 0]
        for t in range(power_mw.shape[-1]):
            now = np.minimum(np.maximum(now, low[..., t]), high[..., t])
            running[..., t] = now
        return running

    def broken_steps(self, power_mw: Array, running: Array) -> dict[str, Bools]:
        """Steps in which the limits of running units are violated.

        Parameters
        ----------
        power_mw, running : ndarray, shape (..., T)
            Power of the plant [MW], and from `fewest_starts` its running units.

        Returns
        -------
        dict of str to ndarray of bool, shape (..., T)
            By violated key: ``min_load_fraction``, ``min_up_hours``, ``min_down_hours`` and
            ``ramp_mw_h``; keys without a violation are left out.
        """
        low, high = self._numbers_at(power_mw)
        found: dict[str, Bools] = {
            "min_load_fraction": low > high,
            "min_up_hours": recent(starts(running), self.min_up_steps) > running,
            "min_down_hours": recent(stops(running), self.min_down_steps) > self.units - running,
        }
        if self.ramp_mw is not None:
            rise, slack = np.diff(power_mw, axis=-1), 1e-6 * self.unit_mw
            up, down = self.ramp_limits(running)
            broken = np.zeros(power_mw.shape, dtype=np.bool_)
            broken[..., 1:] = (rise > up + slack) | (-rise > down + slack)
            # Ramps to and from a power that no number of units can run at are not checked.
            amiss = found["min_load_fraction"]
            broken[..., 1:] &= ~(amiss[..., 1:] | amiss[..., :-1])
            found["ramp_mw_h"] = broken
        return {key: steps for key, steps in found.items() if np.any(steps)}

    def _numbers_at(self, power_mw: Array) -> tuple[Array, Array]:
        """Fewest and most units that can run at a power, shape (..., T); low > high if none can."""
        slack = 1e-6 * self.unit_mw
        low = np.ceil(np.maximum(power_mw - slack, 0.0) / self.unit_mw)
        high = np.full(power_mw.shape, float(self.units))
        if self.min_load_mw > 0.0:
            high = np.minimum(high, np.floor((power_mw + slack) / self.min_load_mw))
        return low, high

    def ramp_limits(self, running: Array) -> tuple[Array, Array]:
        """Largest rise and fall of the plant's power into steps 1 …, (..., T - 1). [MW]"""
        ramp = self.unit_mw if self.ramp_mw is None else self.ramp_mw
        edge = max(ramp, self.min_load_mw)
        on, off = starts(running)[..., 1:], stops(running)[..., 1:]
        stay = running[..., 1:] - on
        up = ramp * stay + edge * on - self.min_load_mw * off
        return up, ramp * stay + edge * off - self.min_load_mw * on


def starts(running: Array) -> Array:
    """Number of units that start in each step, 0 in the first; shape (..., T). [-]"""
    return np.maximum(np.diff(running, axis=-1, prepend=running[..., :1]), 0.0)


def stops(running: Array) -> Array:
    """Number of units that stop in each step, 0 in the first; shape (..., T). [-]"""
    return np.maximum(0.0 - np.diff(running, axis=-1, prepend=running[..., :1]), 0.0)


def recent(events: Array, steps: int) -> Array:
    """Sum over the last ``steps`` steps, this one included; shape (..., T)."""
    total = np.cumsum(events, axis=-1)
    before = np.zeros_like(total)
    before[..., steps:] = total[..., :-steps]
    return total - before


@dataclass(frozen=True, eq=False)
class ThermalLimits(Limits):
    """Limits of one thermal plant.

    Parameters
    ----------
    name : str
        As in the scenario, ``thermal.altay_chp``.
    capacity_mw, must_run_mw : ndarray, shape (..., T), or a number
        Largest power, and its must-run part (heat, stability). [MW]
    marginal_cost_cny_mwh : float
        Fuel and variable O&M per energy generated. [CNY/MWh]
    emission_factor_t_mwh : float
        CO2 per energy generated. [t/MWh]
    units : ThermalUnits or None
        Units that may be committed; their curve then gives the cost, and the marginal cost is its
        mean at full load.

    Raises
    ------
    ScenarioError, SeriesError
        If a value is not finite or out of range, or the capacity is not that of the units.
    """

    SERIES: ClassVar[tuple[str, ...]] = ("capacity_mw", "must_run_mw")

    capacity_mw: Array
    must_run_mw: Array
    marginal_cost_cny_mwh: float
    emission_factor_t_mwh: float
    units: ThermalUnits | None = None

    def __post_init__(self) -> None:
        self.check_series()
        check_number(self.name, "marginal_cost_cny_mwh", self.marginal_cost_cny_mwh)
        check_number(self.name, "emission_factor_t_mwh", self.emission_factor_t_mwh, 0.0)
        if not np.all(self.must_run_mw <= self.capacity_mw):
            raise SeriesError(
                f"{self.name}: must_run_mw is above capacity_mw; no hour can run more than it has"
            )
        if self.units is not None:
            whole = self.units.units * self.units.unit_mw
            if not np.allclose(self.capacity_mw, whole, rtol=1e-9, atol=0.0):
                raise ScenarioError(
                    f"{self.name}: {self.units.units} units of {self.units.unit_mw:g} MW make "
                    f"{whole:g} MW, expected capacity_mw in every step"
                )

    def part(
        self, name: str, capacity_mw: Array, must_run_mw: Array, price_cny_mwh: float
    ) -> ThermalLimits:
        """Return a part of the plant as a plant without units.

        Parameters
        ----------
        name : str
        capacity_mw, must_run_mw : ndarray, shape (..., T), or a number
            [MW]
        price_cny_mwh : float
            Marginal cost of the part. [CNY/MWh]
        """
        factor = self.emission_factor_t_mwh
        return ThermalLimits(name, capacity_mw, must_run_mw, price_cny_mwh, factor)
