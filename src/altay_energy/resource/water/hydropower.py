"""Water to power: turbines by flow and head, a weir in a river, a reservoir with its rule curve.

Arrays in, arrays out, the last axis is time. A plant at a weir has no memory and no loop; a
reservoir is balanced day by day, here with all other axes at once, in `reservoir_loop` one run
after another, compiled or where there are few. The water balance closes: inflow
= turbines + ecological release + spill + evaporation + change of volume, to rounding.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from types import MappingProxyType
from typing import Any, NamedTuple

import numpy as np

from altay_energy.core.loops.compiled import compiled, way_of
from altay_energy.core.units import GRAVITY, WATER_DENSITY, Array
from altay_energy.core.value import Value
from altay_energy.resource.water.reservoir import LevelVolume
from altay_energy.resource.water.reservoir_loop import run_reservoir

WATTS_PER_MW = 1e6

# of the full volume: largest difference between the end of a day and the end assumed for its head
_SETTLED = 1e-10
_MOST_TURNS = 90  # at least every third one halves the interval
_CLOSED = 1e-6  # of the live volume: largest difference between beginning and end of a closed year
_MOST_ROUNDS = 8
_HOURS = 24  # steps of a dispatch that take as long as a day of a reservoir, about

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
    """The equal units of a plant.

    Parameters
    ----------
    capacity_mw, rated_flow_m3_s : float
        Of all units together. [MW], [m³ s⁻¹]
    units : int
        The fewest that can pass a flow share it.
    efficiency : float
        Best efficiency from water to bus. [-]
    curve : (ndarray, ndarray), shape (K,) each
        Flow of a unit over its rated flow, and efficiency over the best. [-]
    head_loss_m : float
        Lost in the waterway at rated flow; grows with the square of the flow. [m]
    rated_head_m : float, optional
        Net head from which on the rated flow passes; left out, the one at which it gives the
        capacity. [m]
    """

    capacity_mw: float
    rated_flow_m3_s: float
    units: int
    efficiency: float
    curve: tuple[Array, Array]
    head_loss_m: float = 0.0
    rated_head_m: float | None = None

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
            Flow through the turbines, and head between the two water levels.
        """
        head = self.net_head(gross_head_m, flow_m3_s)
        found = water_power(flow_m3_s, head, self.efficiency_at(flow_m3_s))
        return np.minimum(found, self.capacity_mw)

    def most_flow(self, gross_head_m: Array) -> Array:
        r"""Flow that the turbines can use at a head.

        Parameters
        ----------
        gross_head_m : ndarray
            [m]

        Returns
        -------
        ndarray, shape of ``gross_head_m``
            At most the rated flow; less above the rated head, where that would pass the capacity,
            and below it. [m³ s⁻¹]

        Notes
        -----
        Through open gates a turbine passes a flow that grows with the root of its net head, for its
        unit discharge :math:`Q / (D^2 \sqrt{H})` stays [1]_. With a loss that grows with the
        square of the flow,

        .. math:: Q = Q_r \sqrt{\frac{H}{H_r + h_r}},

        of the gross head :math:`H`, the rated net head :math:`H_r` and the loss :math:`h_r` at
        rated flow.

        References
        ----------
        .. [1] IEC 60193:2019, Hydraulic turbines, storage pumps and pump-turbines - Model
           acceptance tests, discharge factor.
        """
        head = np.maximum(gross_head_m, 0.0)
        passing = np.sqrt(head / self._rated_gross_m)
        at_full = self._full_mw_m * np.maximum(head - self.head_loss_m, 1e-9)
        share = np.minimum(np.minimum(passing, self.capacity_mw / at_full), 1.0)
        return np.asarray(self.rated_flow_m3_s * share)

    @cached_property
    def _rated_gross_m(self) -> float:
        """Gross head from which on the rated flow passes. [m]"""
        net = self.rated_head_m
        if net is None:
            net = self.capacity_mw / self._full_mw_m
        return max(net + self.head_loss_m, 1e-9)

    @cached_property
    def _full_mw_m(self) -> float:
        """Power at rated flow, a metre of net head. [MW m⁻¹]"""
        full = np.array(self.rated_flow_m3_s)
        return float(water_power(full, np.array(1.0), self.efficiency_at(full)))


@dataclass(frozen=True, eq=False)
class WaterUse(Value):
    """Water balance of a plant; flows are means of intervals, shape (..., T).

    Parameters
    ----------
    inflow_m3_s, turbine_m3_s, ecological_m3_s, spill_m3_s, evaporation_m3_s : ndarray
        Inflow; through the turbines; ecological release past them; spill; evaporation. An
        ecological release through the turbines counts as turbine flow. [m³ s⁻¹]
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
        """Outflow into the river below, shape (..., T). [m³ s⁻¹]"""
        return self.turbine_m3_s + self.ecological_m3_s + self.spill_m3_s

    def residual_m3(self, seconds: float | Array) -> Array:
        """Residual of the water balance of each interval: 0 to rounding. [m³]

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
    """Water of a plant at a weir: ecological flow first, then the turbines; the rest is spilled.

    Parameters
    ----------
    inflow_m3_s : ndarray, shape (..., T)
        Of the river. [m³ s⁻¹]
    head_m : float
        Gross head. [m]
    turbines : Turbines
        Units of the plant.
    ecological_m3_s : ndarray or float
        Ecological flow. [m³ s⁻¹]
    through_turbines : bool
        Whether it may do so through the turbines.
    usable_share : ndarray or float
        Share of the turbines' flow that is possible under ice, 0 to 1. [-]
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
    """Basin, limits and rule curve of a reservoir; series have shape (D,), one value a day.

    Parameters
    ----------
    shape : LevelVolume
        Level and volume of the basin.
    dead_m3, full_m3 : float
        Dead volume, below which nothing is drawn, and full volume, above which all is spilled. [m³]
    start_m3 : float or ndarray, shape (...)
        The first volume. [m³]
    tailwater_m : float
        Level below the turbines, above the sea. [m]
    target_m3 : ndarray
        Volume that the rule curve asks for. [m³]
    locked_m3 : ndarray
        Volume of ice above the dead volume; the turbines may not draw on it. [m³]
    evaporation_m : ndarray
        From the open water; at most the water above the dead volume. [m]
    usable_share : ndarray
        Share of the turbines' flow that is possible under ice. [-]
    adjust_days : float
        Time in which a departure from the curve is to be made up. [d]
    ecological_m3_s : float
        Ecological flow, while there is water. [m³ s⁻¹]
    through_turbines : bool
        Whether it may do so through the turbines.
    """

    shape: LevelVolume
    dead_m3: float
    full_m3: float
    start_m3: float | Array
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

    Each day the ecological flow is released first. Then the turbines get the day's inflow, plus
    the volume above the curve over ``adjust_days``, or less what is missing below it, between 0
    and their largest flow. What does not fit below the full level goes through the turbines as
    far as they can pass it, and over the spillway.

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
        Shapes (..., D) and (..., D + 1); ``head_m`` is the mean of both midnights.

    Notes
    -----
    What the turbines can take and what evaporates follow the mean of the day's two midnights, and
    the second of them follows from what they take: each day is iterated until both agree.
    """
    if (fast := _one_by_one(inflow_m3_s)) is not None:
        return _run_by_run(inflow_m3_s, seconds, turbines, rule, 1, fast)
    inflow = np.moveaxis(np.asarray(inflow_m3_s, dtype=np.float64), -1, 0)
    flows = np.empty((4, *inflow.shape))
    head = np.empty(inflow.shape)
    volume = np.empty((len(inflow) + 1, *inflow.shape[1:]))
    volume[0] = rule.start_m3
    for day, flow in enumerate(inflow):
        done = _settled_day(volume[day], flow * seconds[day], seconds[day], day, turbines, rule)
        flows[:, day] = done.turbine, done.ecological, done.spill, done.evaporation
        head[day], volume[day + 1] = done.head_m, done.end
    turbine, ecological, spill, evaporation = np.moveaxis(flows, 1, -1) / seconds
    return WaterUse(
        inflow_m3_s=np.moveaxis(inflow, 0, -1),
        turbine_m3_s=turbine,
        ecological_m3_s=ecological,
        spill_m3_s=spill,
        evaporation_m3_s=evaporation,
        head_m=np.moveaxis(head, 0, -1),
        volume_m3=np.moveaxis(volume, 0, -1),
    )


def use_closed_year(
    inflow_m3_s: Array, seconds: Array, turbines: Turbines, rule: ReservoirRule
) -> WaterUse:
    """Run a reservoir by its rule curve, from the volume with which it also ends.

    Parameters
    ----------
    inflow_m3_s, seconds, turbines, rule
        As for `use_reservoir`, over a year or years; ``rule.start_m3`` is the first guess.

    Returns
    -------
    WaterUse
        As of `use_reservoir`; it ends as it began, to 1e-6 of the live volume, unless eight rounds
        do not reach that.

    Notes
    -----
    Each round begins where the last one ended. A reservoir forgets its beginning: it makes up a
    departure from its curve within ``adjust_days``, and at once when it is full or empty, so that
    two rounds mostly do.
    """
    if (fast := _one_by_one(inflow_m3_s)) is not None:
        return _run_by_run(inflow_m3_s, seconds, turbines, rule, _MOST_ROUNDS, fast)
    close = _closed(rule)
    for _ in range(_MOST_ROUNDS):
        use = use_reservoir(inflow_m3_s, seconds, turbines, rule)
        first, last = use.volume_m3[..., 0], use.volume_m3[..., -1]
        closed = np.abs(last - first) <= close
        if np.all(closed):
            break
        rule = replace(rule, start_m3=np.where(closed, first, last))  # a closed year stays as it is
    return use


def _closed(rule: ReservoirRule) -> float:
    """Largest difference between beginning and end of a closed year. [m³]"""
    return _CLOSED * (rule.full_m3 - rule.dead_m3)


def _one_by_one(inflow_m3_s: Array) -> bool | None:
    """Return whether compiled loops run one after another, or plain ones; None for array steps."""
    *runs, days = np.shape(inflow_m3_s)
    way = way_of(run_reservoir, int(np.prod(runs)), _HOURS * days)
    return None if way == "arrays" else way == "compiled"


def _run_by_run(
    inflow_m3_s: Array,
    seconds: Array,
    turbines: Turbines,
    rule: ReservoirRule,
    rounds: int,
    fast: bool,
) -> WaterUse:
    """Run a reservoir on plain numbers, one run after another."""
    *axes, days = np.shape(inflow_m3_s)
    inflow = np.ascontiguousarray(inflow_m3_s, dtype=np.float64).reshape(-1, days)
    runs = len(inflow)
    basin = (
        float(rule.dead_m3),
        float(rule.full_m3),
        float(rule.tailwater_m),
        min(1.0, 1.0 / rule.adjust_days),
        float(rule.ecological_m3_s),
        float(rule.through_turbines),
    )
    machine = (
        turbines._rated_gross_m,
        turbines._full_mw_m,
        float(turbines.head_loss_m),
        float(turbines.capacity_mw),
        float(turbines.rated_flow_m3_s),
    )
    accuracy = (_SETTLED * rule.full_m3, _closed(rule), _MOST_TURNS)
    series: list[Any] = [rule.shape.level_m, rule.shape.volume_m3, rule.shape.area_between_m2]
    series += [seconds, rule.target_m3, rule.locked_m3, rule.evaporation_m, rule.usable_share]
    series = [np.ascontiguousarray(one, dtype=np.float64) for one in series]
    volume = np.empty((runs, days + 1))
    volume[:, 0] = np.broadcast_to(rule.start_m3, axes).ravel()
    filled = np.empty((5, runs, days))
    loop: Any = (compiled(run_reservoir) if fast else None) or run_reservoir
    if not fast:
        series = [one.tolist() for one in series]
    for r in range(runs):
        own: list[Any] = [volume[r], *filled[:, r]]
        if fast:
            loop(basin, machine, accuracy, rounds, *series, inflow[r], *own)
            continue
        lists = [one.tolist() for one in own]
        loop(basin, machine, accuracy, rounds, *series, inflow[r].tolist(), *lists)
        for values, found in zip(own, lists, strict=True):
            values[:] = found
    turbine, ecological, spill, evaporation, head = filled.reshape(5, *axes, days)
    return WaterUse(
        inflow_m3_s=inflow.reshape(*axes, days),
        turbine_m3_s=turbine / seconds,
        ecological_m3_s=ecological / seconds,
        spill_m3_s=spill / seconds,
        evaporation_m3_s=evaporation / seconds,
        head_m=head,
        volume_m3=volume.reshape(*axes, days + 1),
    )


class _Day(NamedTuple):
    """Water balance of a day [m³], and its head [m]; shapes (...)."""

    turbine: Array
    ecological: Array
    spill: Array
    evaporation: Array
    end: Array
    head_m: Array


def _settled_day(
    held: Array, come: Array, seconds: float, day: int, turbines: Turbines, rule: ReservoirRule
) -> _Day:
    """Solve for the day whose computed end volume equals the one assumed for its head.

    The end as a function of itself stays between dead and full volume, so that a solution lies
    between them: secants, with a bisection in every third round for whatever they do not reach.
    """
    level = rule.shape.level(held)
    exact = _SETTLED * rule.full_m3
    low, high = np.asarray(rule.dead_m3), np.asarray(rule.full_m3)
    end, end_before, miss_before = held, held, held
    for turn in range(_MOST_TURNS):
        found = _one_day(held, level, end, come, seconds, day, turbines, rule)
        miss = found.end - end
        open_ = np.abs(miss) > exact
        if not open_.any():
            break
        if turn == 0:  # a first guess, exact where the head does not matter
            end_before, miss_before = end, miss
            end = np.where(open_, found.end, end)
            continue
        low = np.where(miss > 0.0, np.maximum(low, end), low)
        high = np.where(miss < 0.0, np.minimum(high, end), high)
        bent = miss_before - miss
        step = np.divide(miss * (end - end_before), bent, out=np.array(miss), where=bent != 0.0)
        after = end + step
        kept = (after >= low) & (after <= high) & (turn % 3 < 2)
        end_before, miss_before = end, miss
        end = np.where(open_, np.where(kept, after, 0.5 * (low + high)), end)
    return found


def _one_day(
    held: Array,
    level_m: Array,
    end: Array,
    come: Array,
    seconds: float,
    day: int,
    turbines: Turbines,
    rule: ReservoirRule,
) -> _Day:
    """A day that begins with a volume ``held``, whose head is that of an end with ``end``. [m³]"""
    head = np.maximum(0.5 * (level_m + rule.shape.level(end)) - rule.tailwater_m, 0.0)
    most = turbines.most_flow(head) * (rule.usable_share[day] * seconds)
    evaporated = np.zeros(held.shape)
    if rule.evaporation_m[day] > 0.0:
        open_pool = rule.evaporation_m[day] * rule.shape.area(0.5 * (held + end))
        evaporated = np.minimum(open_pool, np.maximum(held + come - rule.dead_m3, 0.0))
    water = held + come - evaporated
    due = np.minimum(rule.ecological_m3_s * seconds, np.maximum(water - rule.dead_m3, 0.0))
    turned = np.minimum(due, most) if rule.through_turbines else np.zeros(held.shape)
    left = water - due
    above = (held - rule.target_m3[day]) * min(1.0, 1.0 / rule.adjust_days)
    wanted = np.minimum(np.maximum(come - due + above, 0.0), most - turned)
    floor = rule.dead_m3 + rule.locked_m3[day]
    more = np.minimum(wanted, np.maximum(left - floor, 0.0))
    too_much = np.maximum(left - more - rule.full_m3, 0.0)
    relief = np.minimum(too_much, most - turned - more)
    spill = too_much - relief
    return _Day(
        turned + more + relief, due - turned, spill, evaporated, left - more - too_much, head
    )


def arrive(outflow_m3_s: Array, travel_steps: float) -> Array:
    """Flow further downstream, delayed by its travel time, shape (..., T). [m³ s⁻¹]

    Parameters
    ----------
    outflow_m3_s : ndarray, shape (..., T)
        Outflow of the plant upstream. [m³ s⁻¹]
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
