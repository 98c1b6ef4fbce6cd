"""Components as arrays for a dispatcher: limits, flexible loads, charges."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from altay_energy.components.demand.load import Load
from altay_energy.components.settings.settings import DispatchSettings
from altay_energy.components.storage.storage import Storage
from altay_energy.components.supply.grid import Grid
from altay_energy.components.supply.thermal_plant import ThermalPlant
from altay_energy.core.timeline import Timeline
from altay_energy.core.units import Array
from altay_energy.dispatch.problem.labels import Origin
from altay_energy.dispatch.problem.period import LIMITS, FlexibleLoad, PeriodTerms
from altay_energy.dispatch.problem.thermal_units import ThermalLimits, ThermalUnits


def thermal_limits(
    plants: Mapping[str, ThermalPlant], timeline: Timeline
) -> tuple[ThermalLimits, ...]:
    """Thermal plants as a dispatcher sees them.

    Parameters
    ----------
    plants : mapping of str to ThermalPlant
        By table name.
    timeline : Timeline
        The T intervals.
    """
    return tuple(
        ThermalLimits(
            name=key,
            capacity_mw=np.asarray(plant.capacity_mw, dtype=np.float64),
            must_run_mw=plant.must_run_mw(timeline),
            marginal_cost_cny_mwh=plant.marginal_cost_cny_mwh,
            emission_factor_t_mwh=plant.emission_factor_t_mwh,
            units=_units(key, plant, timeline.step_hours),
        )
        for key, plant in plants.items()
    )


def _units(key: str, plant: ThermalPlant, step_hours: float) -> ThermalUnits | None:
    """The units of a plant that has any; least times are rounded up to whole steps."""
    if plant.units is None:
        return None
    unit_mw = plant.capacity_mw / plant.units
    return ThermalUnits(
        name=key,
        units=plant.units,
        unit_mw=unit_mw,
        curve=tuple((load * unit_mw, price) for load, price in plant.curve_cny_mwh),
        min_load_mw=plant.min_load_fraction * unit_mw,
        no_load_cost_cny_h=plant.no_load_cost_cny_h,
        start_cost_cny=plant.start_cost_cny,
        min_up_steps=max(1, math.ceil(plant.min_up_hours / step_hours)),
        min_down_steps=max(1, math.ceil(plant.min_down_hours / step_hours)),
        ramp_mw=None if plant.ramp_mw_h is None else plant.ramp_mw_h * step_hours,
    )


def flexible_loads(
    loads: Mapping[str, Load], demand: Mapping[str, Array], timeline: Timeline
) -> tuple[FlexibleLoad, ...]:
    """The flexible parts of loads.

    Parameters
    ----------
    loads : mapping of str to Load
        By table name.
    demand : mapping of str to ndarray, shape (..., T)
        Demand of each load. [MW]
    timeline : Timeline
        The T intervals.
    """
    return tuple(
        FlexibleLoad(
            name=key,
            demand_mw=part,
            limit_mw=limit,
            shift_steps=round(load.shift_hours / timeline.step_hours),
        )
        for key, load in loads.items()
        if load.flexible_share > 0.0
        for part, limit in (load.movable(demand[key]),)
    )


def period_terms(grid: Grid | None, dispatch: DispatchSettings, timeline: Timeline) -> PeriodTerms:
    """Charges and limits over the whole period.

    Parameters
    ----------
    grid : Grid or None
        With its demand charge; None for an island.
    dispatch : DispatchSettings
        With limits of the period and the value of water.
    timeline : Timeline
        The T intervals; their months on the local clock are the billing months.
    """
    months = 12 * timeline.year + timeline.month
    limits: dict[str, Any] = {key: getattr(dispatch, key) for key in LIMITS}
    return PeriodTerms(
        demand_charge_cny_mw=grid.demand_charge(timeline) if grid else 0.0,
        month_of_step=months - months[0],
        emission_price_cny_t=dispatch.emission_price_cny_t,
        **limits,
        water_value_cny_mwh=dispatch.water_values,
    )


def origin_of(
    timeline: Timeline,
    demand: Mapping[str, Array],
    storages: Mapping[str, Storage],
) -> Origin:
    """Clock, loads and scenario keys of a problem, for messages.

    Parameters
    ----------
    timeline : Timeline
        The T intervals.
    demand : mapping of str to ndarray, shape (..., T)
        Parts of the load by name. [MW]
    storages : mapping of str to Storage
        By table name.
    """
    return Origin(
        start=timeline.local[0].item(),
        loads=demand,
        limit_keys={key: storage.limit_keys for key, storage in storages.items()},
    )
