"""Plants on rivers: water and available power, from the highest plant down."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from altay_energy.components.demand.seasons import daily_from_monthly, days_of_year, in_hemisphere
from altay_energy.components.hydro.hydro_plant import HydroPlant
from altay_energy.components.hydro.parts import EVAPORATION_SHARES, ICE_TO_WATER
from altay_energy.components.hydro.river_flow import RiverFlow, days_of
from altay_energy.core.timeline import Integers, Timeline
from altay_energy.core.units import Array
from altay_energy.core.value import Value
from altay_energy.resource.water.hydropower import (
    ReservoirRule,
    WaterUse,
    arrive,
    use_closed_year,
    use_reservoir,
    use_river,
    water_power,
)

SECONDS_PER_HOUR = 3600.0


@dataclass(frozen=True, eq=False)
class PlantWater(Value):
    """Water and available power of a plant.

    Parameters
    ----------
    use : WaterUse
        Flows of shape (..., T) and volumes of shape (..., T + 1).
    natural_m3_s : ndarray, shape (..., T)
        The part of the inflow that comes from no plant upstream. [m³ s⁻¹]
    power_mw : ndarray, shape (..., T)
        Available power at the bus. [MW]
    level_m : ndarray, shape (..., T + 1), optional
        Of the reservoir, above the sea. [m]
    """

    use: WaterUse
    natural_m3_s: Array
    power_mw: Array
    level_m: Array | None


@dataclass(frozen=True, eq=False)
class WaterLimits:
    """Inflow and bounds of a plant, for an optimiser that replaces the rule curve.

    Parameters
    ----------
    natural_m3_s : ndarray, shape (..., T)
        Inflow that comes from no plant upstream. [m³ s⁻¹]
    upstream : str or None
        Plant whose outflow comes as well, ``travel_hours`` later.
    travel_hours : float
        [h]
    least_m3, most_m3 : ndarray, shape (T,)
        Bounds of the volume; both 0 without a reservoir. [m³]
    start_m3 : float
        Volume at the beginning. [m³]
    turbine_m3_s, ecological_m3_s : ndarray, shape (T,)
        Largest turbine flow, and ecological flow. [m³ s⁻¹]
    energy_mwh_m3 : float
        Energy at the bus of a cubic metre at the design head and best efficiency. [MWh m⁻³]
    """

    natural_m3_s: Array
    upstream: str | None
    travel_hours: float
    least_m3: Array
    most_m3: Array
    start_m3: float
    turbine_m3_s: Array
    ecological_m3_s: Array
    energy_mwh_m3: float


def cascade_problems(
    plants: Mapping[str, HydroPlant], rivers: Mapping[str, object]
) -> list[tuple[str, str]]:
    """Return invalid references along rivers, as pairs of key and message.

    Parameters
    ----------
    plants : mapping of str to HydroPlant
        All hydro plants, by name.
    rivers : mapping of str to object
        All rivers, by name.
    """
    found = []
    below: dict[str, str] = {}
    for name, plant in plants.items():
        key = f"hydro.{name}"
        if plant.river is not None and plant.river not in rivers:
            known = ", ".join(rivers) or "none is defined"
            found.append((f"{key}.river", f"there is no river {plant.river!r}; rivers: {known}"))
        above = plant.upstream
        if above is None:
            continue
        others = ", ".join(n for n, p in plants.items() if p.river is not None and n != name)
        if above not in plants or plants[above].river is None:
            text = f"there is no hydro plant {above!r} on a river; there are: {others or 'none'}"
            found.append((f"{key}.upstream", text))
            continue
        if above in below:
            text = f"the water of {above!r} reaches {below[above]!r} already; name that one"
            found.append((f"{key}.upstream", text))
        below.setdefault(above, name)
        share = plants[above].river_share
        if plants[above].river == plant.river and share > plant.river_share:
            text = (
                f"{plant.river_share:g} of the river is less than the {share:g} that pass "
                f"{above!r} above it"
            )
            found.append((f"{key}.river_share", text))
    return found + _circles(plants)


def _circles(plants: Mapping[str, HydroPlant]) -> list[tuple[str, str]]:
    for name in plants:
        path, here = [name], plants[name].upstream
        while here is not None and here in plants and here not in path:
            path.append(here)
            here = plants[here].upstream
        if here == name:
            way = " ← ".join([*path, name])
            return [(f"hydro.{name}.upstream", f"water cannot flow in a circle: {way}")]
    return []


def downstream_order(plants: Mapping[str, HydroPlant]) -> list[str]:
    """Names of the plants on rivers, each after those above it.

    Parameters
    ----------
    plants : mapping of str to HydroPlant
        Without `cascade_problems`.
    """

    def place(name: str) -> int:
        above = plants[name].upstream
        return 0 if above is None else 1 + place(above)

    return sorted((n for n, p in plants.items() if p.river is not None), key=place)


def run_cascade(
    plants: Mapping[str, HydroPlant],
    flows: Mapping[str, RiverFlow],
    timeline: Timeline,
    south: Collection[str] = (),
) -> dict[str, PlantWater]:
    """Water and available power of all plants on rivers, from the highest down.

    Parameters
    ----------
    plants : mapping of str to HydroPlant
        By name; those without a river are left out.
    flows : mapping of str to RiverFlow
        Of every river, on the timeline.
    timeline : Timeline
        The T intervals.
    south : collection of str
        Plants that lie south of the equator, where default seasons are half a year later.
    """
    done: dict[str, PlantWater] = {}
    for name in downstream_order(plants):
        plant = plants[name]
        natural = natural_inflow(plants, flows, name)
        inflow = natural
        if plant.upstream is not None:
            steps = plant.travel_hours / timeline.step_hours
            inflow = inflow + arrive(done[plant.upstream].use.outflow_m3_s, steps)
        done[name] = plant_water(plant, inflow, natural, timeline, south=name in south)
    return {name: done[name] for name in plants if name in done}


def natural_inflow(
    plants: Mapping[str, HydroPlant], flows: Mapping[str, RiverFlow], name: str
) -> Array:
    """Water that joins the river between a plant and the one above it, shape (..., T). [m³ s⁻¹]

    Parameters
    ----------
    plants, flows
        As for `run_cascade`.
    name : str
        The plant.
    """
    plant = plants[name]
    assert plant.river is not None
    share = plant.river_share
    if plant.upstream is not None and plants[plant.upstream].river == plant.river:
        share -= plants[plant.upstream].river_share
    return share * flows[plant.river].flow_m3_s


def plant_water(
    plant: HydroPlant,
    inflow_m3_s: Array,
    natural_m3_s: Array,
    timeline: Timeline,
    *,
    south: bool = False,
) -> PlantWater:
    """Water and available power of one plant.

    Over whole years a reservoir without ``start_level_m`` begins as full as it ends. Its power
    follows the mean head of each interval.

    Parameters
    ----------
    plant : HydroPlant
        On a river.
    inflow_m3_s, natural_m3_s : ndarray, shape (..., T)
        Inflow, and the part of it that comes from no plant upstream. [m³ s⁻¹]
    timeline : Timeline
        The T intervals.
    south : bool
        Whether it lies south of the equator, where default seasons are half a year later.
    """
    turbines, reservoir = plant.turbines, plant.reservoir
    through = plant.ecological_release == "turbine"
    if reservoir is None:
        assert plant.head_m is not None
        usable = np.where(_in_ice(plant, timeline.month), plant.ice_flow_share, 1.0)
        use = use_river(
            inflow_m3_s, plant.head_m, turbines, plant.ecological_flow_m3_s, through, usable
        )
        level = None
    else:
        day = days_of(timeline)
        count = np.bincount(day)
        first = np.searchsorted(day, np.arange(len(count)))
        daily = np.asarray(np.add.reduceat(inflow_m3_s, first, axis=-1) / count)
        seconds = np.asarray(count * (timeline.step_hours * SECONDS_PER_HOUR))
        rule = _rule(plant, timeline, first, seconds, south)
        closed = reservoir.start_level_m is None and timeline.whole_years
        by_day = (use_closed_year if closed else use_reservoir)(daily, seconds, turbines, rule)
        use = _on_steps(by_day, day, count, rule)
        level = reservoir.shape.level(use.volume_m3)
    power = turbines.power(use.turbine_m3_s, use.head_m)
    if plant.ecological_unit_mw:
        best = np.array(plant.efficiency)
        small = water_power(use.ecological_m3_s, use.head_m, best)
        power = power + np.minimum(small, plant.ecological_unit_mw)
    return PlantWater(use, natural_m3_s, np.minimum(power, plant.capacity_mw), level)


def water_limits(
    plants: Mapping[str, HydroPlant],
    flows: Mapping[str, RiverFlow],
    timeline: Timeline,
    name: str,
    *,
    south: bool = False,
) -> WaterLimits:
    """Natural inflow and bounds of a plant, for dispatch with foresight.

    Parameters
    ----------
    plants, flows, timeline
        As for `run_cascade`.
    name : str
        The plant.
    south : bool
        As for `plant_water`.
    """
    plant = plants[name]
    turbines, steps = plant.turbines, timeline.steps
    in_ice = _in_ice(plant, timeline.month)
    least, most, start = np.zeros(steps), np.zeros(steps), 0.0
    if plant.reservoir is not None:
        day = days_of(timeline)
        first = np.searchsorted(day, np.arange(int(day[-1]) + 1))
        rule = _rule(plant, timeline, first, np.ones(len(first)), south)
        least, most = rule.dead_m3 + rule.locked_m3[day], np.full(steps, rule.full_m3)
        start = float(rule.start_m3)
    usable = np.where(in_ice, plant.ice_flow_share, 1.0)
    return WaterLimits(
        natural_m3_s=natural_inflow(plants, flows, name),
        upstream=plant.upstream,
        travel_hours=plant.travel_hours,
        least_m3=least,
        most_m3=most,
        start_m3=start,
        turbine_m3_s=turbines.rated_flow_m3_s * usable,
        ecological_m3_s=np.full(steps, plant.ecological_flow_m3_s),
        energy_mwh_m3=_mwh_of_a_cubic_metre(plant),
    )


LEAST_CHANGE = 0.01
"""Change of volume over inflow from which a notice is given. [-]"""


def water_notices(
    plants: Mapping[str, HydroPlant], water: Mapping[str, PlantWater], timeline: Timeline
) -> list[str]:
    """Reservoirs that end a period much fuller or emptier than they began.

    Parameters
    ----------
    plants : mapping of str to HydroPlant
        By name.
    water : mapping of str to PlantWater
        From `run_cascade`, of the same plants.
    timeline : Timeline
        The T intervals.

    Returns
    -------
    list of str
        Plant, change, and energy of that water at full level and best efficiency; of several
        years the one with the largest change.
    """
    found = []
    for name, one in water.items():
        plant, volume = plants[name], one.use.volume_m3
        if plant.reservoir is None:
            continue
        change = np.ravel(volume[..., -1] - volume[..., 0])
        inflow = np.ravel(one.use.inflow_m3_s.sum(axis=-1)) * timeline.step_hours * SECONDS_PER_HOUR
        worst = int(np.argmax(np.abs(change)))
        share = abs(change[worst]) / max(float(inflow[worst]), 1.0)
        if share <= LEAST_CHANGE:
            continue
        why = (
            "start_level_m is given"
            if plant.reservoir.start_level_m is not None
            else "its rule curve cannot be kept"
            if timeline.whole_years
            else "the period is no whole year"
        )
        energy_gwh = abs(change[worst]) * _mwh_of_a_cubic_metre(plant) / 1000.0
        percent = f"{100.0 * share:,.0f}" if share >= 0.1 else f"{100.0 * share:.2g}"
        found.append(
            f"hydro.{name}: its reservoir ends the period {abs(change[worst]) / 1e6:.4g} Mm³ "
            f"{'fuller' if change[worst] > 0.0 else 'emptier'} than it began "
            f"({percent} % of the inflow, up to {energy_gwh:.3g} GWh, which no figure includes): "
            f"{why}"
        )
    return found


def _mwh_of_a_cubic_metre(plant: HydroPlant) -> float:
    """Energy at the bus at the design head and best efficiency. [MWh m⁻³]"""
    head = np.array(plant.design_head_m - plant.head_loss_m)
    return float(water_power(np.array(1.0), head, np.array(plant.efficiency))) / SECONDS_PER_HOUR


def _in_ice(plant: HydroPlant, month: Integers) -> NDArray[np.bool_]:
    return np.isin(month + 1, plant.ice_months)


def _rule(
    plant: HydroPlant, timeline: Timeline, first: Integers, seconds: Array, south: bool
) -> ReservoirRule:
    """The reservoir of a plant on the days that begin at the intervals ``first``."""
    reservoir = plant.reservoir
    assert reservoir is not None
    shape = reservoir.shape
    dead, full = reservoir.live_m3
    days = timeline.local[first].astype("datetime64[D]")
    months = days.astype("datetime64[M]")
    next_months = months + np.timedelta64(1, "M")
    length = next_months.astype("datetime64[D]") - months.astype("datetime64[D]")
    into = (days - months.astype("datetime64[D]")) / length
    month = timeline.month[first]
    target = reservoir.target_m3(month + into, south)
    in_ice = _in_ice(plant, month)
    ice = ICE_TO_WATER * reservoir.ice_thickness_m * float(shape.area(full))
    start = reservoir.start_level_m
    return ReservoirRule(
        shape=shape,
        dead_m3=dead,
        full_m3=full,
        start_m3=float(target[0] if start is None else shape.volume(start)),
        tailwater_m=reservoir.tailwater_level_m,
        target_m3=target,
        locked_m3=np.where(in_ice, min(ice, full - dead), 0.0),
        evaporation_m=_evaporation(plant, timeline, first, south) * seconds / 86_400.0,
        usable_share=np.where(in_ice, plant.ice_flow_share, 1.0),
        adjust_days=reservoir.adjust_days,
        ecological_m3_s=plant.ecological_flow_m3_s,
        through_turbines=plant.ecological_release == "turbine",
    )


def _evaporation(plant: HydroPlant, timeline: Timeline, first: Integers, south: bool) -> Array:
    """Depth that evaporates in each whole day, shape (D,). [m]"""
    assert plant.reservoir is not None
    depth_m = plant.reservoir.evaporation_mm / 1000.0
    found = np.empty(len(first))
    year, day = timeline.year[first], timeline.day_of_year[first] - 1
    for each in np.unique(year):
        days = days_of_year(int(each))
        curve = daily_from_monthly(in_hemisphere(EVAPORATION_SHARES, south), days)
        here = year == each
        found[here] = depth_m * curve[day[here]] / curve.sum()
    return found


def _on_steps(use: WaterUse, day: Integers, count: Integers, rule: ReservoirRule) -> WaterUse:
    """A reservoir's days on the intervals of a run: even flows, volumes in straight lines."""
    begin = np.concatenate([[0], np.cumsum(count)])
    edge = np.arange(begin[-1] + 1)
    before = np.minimum(np.searchsorted(begin, edge, side="right") - 1, len(count) - 1)
    into = (edge - begin[before]) / count[before]
    volume = use.volume_m3[..., before] * (1.0 - into) + use.volume_m3[..., before + 1] * into
    level = rule.shape.level(volume)
    head = np.maximum(0.5 * (level[..., :-1] + level[..., 1:]) - rule.tailwater_m, 0.0)
    return WaterUse(
        inflow_m3_s=use.inflow_m3_s[..., day],
        turbine_m3_s=use.turbine_m3_s[..., day],
        ecological_m3_s=use.ecological_m3_s[..., day],
        spill_m3_s=use.spill_m3_s[..., day],
        evaporation_m3_s=use.evaporation_m3_s[..., day],
        head_m=head,
        volume_m3=volume,
    )
