"""Water to power: turbines by flow and head, a weir in a river, a reservoir with its rule curve.

Arrays in, arrays out, the last axis is time. A plant at a weir has no memory and no loop; a
reservoir is balanced day by day, all other axes at once. Every cubic metre goes somewhere: inflow
= turbines + ecological release + spill + evaporation + change of volume, to rounding.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from types import MappingProxyType

import numpy as np

from altay_energy.resource.reservoir import LevelVolume
from altay_energy.units import GRAVITY, WATER_DENSITY, Array

WATTS_PER_MW = 1e6

TURBINES: Mapping[str, tuple[tuple[float, ...], tuple[float, ...]]] = MappingProxyType(
    {
        "francis": (
            (0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0),
            (0.0, 0.30, 0.55, 0.71, 0.81, 0.88, 0.93, 0.97, 0.99, 1.0, 0.98),
        ),
        "kaplan": (
            (0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0),
            (0.0, 0.55, 0.83, 0.93, 0.97, 0.985, 0.995, 1.0, 1.0, 0.99, 0.97),
        ),
        "pelton": (
            (0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0),
            (0.0, 0.80, 0.94, 0.975, 0.99, 1.0, 1.0, 1.0, 0.995, 0.99, 0.98),
        ),
        "constant": ((0.0, 1.0), (1.0, 1.0)),
    }
)
"""Flow of a unit over its rated flow, and efficiency over the best one. Generic (assumed): the
shapes that handbooks of small hydropower draw, such as the guide of the European Small Hydropower
Association (2004); a maker's curve may be given instead. [-]"""


def water_power(flow_m3_s: Array, head_m: Array, efficiency: Array) -> Array:
    """Power of falling water at the bus, shape of the broadcast inputs. [MW]

    Parameters
    ----------
    flow_m3_s, head_m, efficiency : ndarray
        Through the turbines [m³ s⁻¹], net [m], water to bus [-].
    """
    return np.asarray(
        efficiency * WATER_DENSITY * GRAVITY * flow_m3_s * np.maximum(head_m, 0.0) / WATTS_PER_MW
    )


@dataclass(frozen=True, eq=False)
class Turbines:
    """The units of a plant, all alike.

    Parameters
    ----------
    capacity_mw, rated_flow_m3_s : float
        Of all units together. [MW], [m³ s⁻¹]
    units : int
        The fewest that can take a flow share it.
    efficiency : float
        Best efficiency from water to bus. [-]
    curve : (ndarray, ndarray), shape (K,) each
        Flow of a unit over its rated flow, and efficiency over the best. [-]
    head_loss_m : float
        Lost in the waterway at rated flow; grows with the square of the flow. [m]
    """

    capacity_mw: float
    rated_flow_m3_s: float
    units: int
    efficiency: float
    curve: tuple[Array, Array]
    head_loss_m: float = 0.0

    def efficiency_at(self, flow_m3_s: Array) -> Array:
        """Water to bus, shape of ``flow_m3_s``. [-]"""
        share = self.units * flow_m3_s / self.rated_flow_m3_s
        running = np.clip(np.ceil(share - 1e-9), 1.0, self.units)
        return np.asarray(self.efficiency * np.interp(share / running, *self.curve))

    def net_head(self, gross_head_m: Array, flow_m3_s: Array) -> Array:
        """Head less the loss of the waterway, at least 0. [m]"""
        loss = self.head_loss_m * (flow_m3_s / self.rated_flow_m3_s) ** 2
        return np.maximum(gross_head_m - loss, 0.0)

    def power(self, flow_m3_s: Array, gross_head_m: Array) -> Array:
        """Power at the bus, from 0 to the capacity. [MW]

        Parameters
        ----------
        flow_m3_s, gross_head_m : ndarray, shape (..., T)
            Through the turbines, and between the two water levels.
        """
        head = self.net_head(gross_head_m, flow_m3_s)
        found = water_power(flow_m3_s, head, self.efficiency_at(flow_m3_s))
        return np.minimum(found, self.capacity_mw)

    def most_flow(self, gross_head_m: Array) -> Array:
        """Flow that the turbines can use at a head: rated, or less where that passes the capacity.

        Parameters
        ----------
        gross_head_m : ndarray
            [m]

        Returns
        -------
        ndarray, shape of ``gross_head_m``
            [m³ s⁻¹]
        """
        at_full = self._full_mw_m * np.maximum(gross_head_m - self.head_loss_m, 1e-9)
        return np.asarray(self.rated_flow_m3_s * np.minimum(self.capacity_mw / at_full, 1.0))

    @cached_property
    def _full_mw_m(self) -> float:
        """Power at rated flow, a metre of net head. [MW m⁻¹]"""
        full = np.array(self.rated_flow_m3_s)
        return float(water_power(full, np.array(1.0), self.efficiency_at(full)))


@dataclass(frozen=True, eq=False)
class WaterUse:
    """Where the water of a plant goes; flows are means of intervals, shape (..., T).

    Parameters
    ----------
    inflow_m3_s, turbine_m3_s, ecological_m3_s, spill_m3_s, evaporation_m3_s : ndarray
        What comes, through the turbines, past them for the river's sake, past them for want of
        room, into the air. An ecological release through the turbines counts as turbine flow.
        [m³ s⁻¹]
    head_m : ndarray
        Gross head. [m]
    volume_m3 : ndarray, shape (..., T + 1)
        In the reservoir, at the edges of the intervals; 0 for a plant without one. [m³]
    """

    inflow_m3_s: Array
    turbine_m3_s: Array
    ecological_m3_s: Array
    spill_m3_s: Array
    evaporation_m3_s: Array
    head_m: Array
    volume_m3: Array

    @property
    def outflow_m3_s(self) -> Array:
        """What flows on down the river, shape (..., T). [m³ s⁻¹]"""
        return self.turbine_m3_s + self.ecological_m3_s + self.spill_m3_s

    def residual_m3(self, seconds: float | Array) -> Array:
        """Water that came less water that went and stayed, each interval: 0 to rounding. [m³]

        Parameters
        ----------
        seconds : float or ndarray, shape (T,)
            Length of the intervals. [s]
        """
        gone = self.outflow_m3_s + self.evaporation_m3_s
        return np.asarray((self.inflow_m3_s - gone) * seconds - np.diff(self.volume_m3, axis=-1))


def use_river(
    inflow_m3_s: Array,
    head_m: float,
    turbines: Turbines,
    ecological_m3_s: Array | float,
    through_turbines: bool,
    usable_share: Array | float = 1.0,
) -> WaterUse:
    """Water of a plant at a weir: first the river's share, then the turbines, the rest is spilled.

    Parameters
    ----------
    inflow_m3_s : ndarray, shape (..., T)
        Of the river. [m³ s⁻¹]
    head_m : float
        Gross head. [m]
    turbines : Turbines
        Units of the plant.
    ecological_m3_s : ndarray or float
        What must flow on. [m³ s⁻¹]
    through_turbines : bool
        Whether it may do so through the turbines.
    usable_share : ndarray or float
        Share of the turbines' flow that ice leaves them, 0 to 1. [-]
    """
    head = np.broadcast_to(np.asarray(head_m, dtype=np.float64), inflow_m3_s.shape)
    reserved = np.minimum(inflow_m3_s, 0.0 if through_turbines else ecological_m3_s)
    turbine = np.minimum(inflow_m3_s - reserved, turbines.most_flow(head) * usable_share)
    spill = inflow_m3_s - reserved - turbine
    nothing = np.zeros(inflow_m3_s.shape)
    edges = np.zeros((*inflow_m3_s.shape[:-1], inflow_m3_s.shape[-1] + 1))
    return WaterUse(inflow_m3_s, turbine, reserved, spill, nothing, head, edges)


@dataclass(frozen=True, eq=False)
class ReservoirRule:
    """How a reservoir stands and is run; series have shape (D,), one value a day.

    Parameters
    ----------
    shape : LevelVolume
        Level and volume of the basin.
    dead_m3, full_m3, start_m3 : float
        Below the first nothing is drawn, above the second all is spilled; the first volume. [m³]
    tailwater_m : float
        Level below the turbines, above the sea. [m]
    target_m3 : ndarray
        Volume that the rule curve asks for. [m³]
    locked_m3 : ndarray
        Volume above the dead one that stands as ice; the turbines may not draw on it. [m³]
    evaporation_m : ndarray
        From the open pool; never more than stands above the dead volume. [m]
    usable_share : ndarray
        Share of the turbines' flow that ice leaves them. [-]
    adjust_days : float
        Time in which a departure from the curve is to be made up. [d]
    ecological_m3_s : float
        What must flow on while there is water. [m³ s⁻¹]
    through_turbines : bool
        Whether it may do so through the turbines.
    """

    shape: LevelVolume
    dead_m3: float
    full_m3: float
    start_m3: float
    tailwater_m: float
    target_m3: Array
    locked_m3: Array
    evaporation_m: Array
    usable_share: Array
    adjust_days: float
    ecological_m3_s: float
    through_turbines: bool


def use_reservoir(
    inflow_m3_s: Array, seconds: Array, turbines: Turbines, rule: ReservoirRule
) -> WaterUse:
    """Run a reservoir by its rule curve, day by day, without foresight.

    Each day the river has its ecological flow first. Then the turbines get the day's inflow, more
    by what stands above the curve over ``adjust_days``, less by what is missing, between nothing
    and what they can take. What does not fit below the full level goes through the turbines as
    far as they can take it, and over the spillway.

    Parameters
    ----------
    inflow_m3_s : ndarray, shape (..., D)
        Means of days. [m³ s⁻¹]
    seconds : ndarray, shape (D,)
        Length of each day, less at the ends of a period. [s]
    turbines : Turbines
        Units of the plant.
    rule : ReservoirRule
        The basin and how it is run.

    Returns
    -------
    WaterUse
        Shapes (..., D) and (..., D + 1).
    """
    days = np.moveaxis(np.asarray(inflow_m3_s, dtype=np.float64), -1, 0)
    turbine, ecological, spill, evaporation, head = (np.empty(days.shape) for _ in range(5))
    volume = np.empty((len(days) + 1, *days.shape[1:]))
    volume[0] = rule.start_m3
    for day, inflow in enumerate(days):
        held = volume[day]
        head[day] = np.maximum(rule.shape.level(held) - rule.tailwater_m, 0.0)
        most = turbines.most_flow(head[day]) * (rule.usable_share[day] * seconds[day])
        come = inflow * seconds[day]
        spare = np.maximum(held + come - rule.dead_m3, 0.0)
        evaporation[day] = 0.0
        if rule.evaporation_m[day] > 0.0:
            evaporation[day] = np.minimum(rule.evaporation_m[day] * rule.shape.area(held), spare)
        water = held + come - evaporation[day]
        due = np.minimum(rule.ecological_m3_s * seconds[day], np.maximum(water - rule.dead_m3, 0.0))
        turned = np.minimum(due, most) if rule.through_turbines else np.zeros(due.shape)
        ecological[day] = due - turned
        left = water - due
        above = (held - rule.target_m3[day]) * min(1.0, 1.0 / rule.adjust_days)
        wanted = np.clip(come - due + above, 0.0, most - turned)
        floor = rule.dead_m3 + rule.locked_m3[day]
        more = np.minimum(wanted, np.maximum(left - floor, 0.0))
        too_much = np.maximum(left - more - rule.full_m3, 0.0)
        relief = np.minimum(too_much, most - turned - more)
        turbine[day] = turned + more + relief
        spill[day] = too_much - relief
        volume[day + 1] = left - more - relief - spill[day]

    def last(series: Array) -> Array:
        return np.moveaxis(series, 0, -1)

    return WaterUse(
        inflow_m3_s=last(days),
        turbine_m3_s=last(turbine) / seconds,
        ecological_m3_s=last(ecological) / seconds,
        spill_m3_s=last(spill) / seconds,
        evaporation_m3_s=last(evaporation) / seconds,
        head_m=last(head),
        volume_m3=last(volume),
    )


def arrive(outflow_m3_s: Array, travel_steps: float) -> Array:
    """Flow further down the river, later by its travel time, shape (..., T). [m³ s⁻¹]

    Parameters
    ----------
    outflow_m3_s : ndarray, shape (..., T)
        What leaves the plant above. [m³ s⁻¹]
    travel_steps : float
        Travel time over the length of an interval, at least 0. [-]

    Returns
    -------
    ndarray, shape (..., T)
        What was on the way at the beginning arrives at the first interval's flow.
    """
    steps = outflow_m3_s.shape[-1]
    whole, part = int(np.floor(travel_steps)), travel_steps - np.floor(travel_steps)
    now = np.arange(steps) - whole
    sooner = outflow_m3_s[..., np.clip(now, 0, steps - 1)]
    later = outflow_m3_s[..., np.clip(now - 1, 0, steps - 1)]
    return np.asarray((1.0 - part) * sooner + part * later)
