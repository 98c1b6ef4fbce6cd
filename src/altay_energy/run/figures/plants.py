"""Figures of stations whose units and water are known, and of thermal plants with units.

The figures of a station whose units and water are known.

The figures of a thermal plant whose units are known.
"""

from __future__ import annotations

import numpy as np

from altay_energy.core.units import Array
from altay_energy.dispatch.problem.station import LOWER, UPPER, StationOperation
from altay_energy.dispatch.problem.thermal_units import ThermalLimits, starts
from altay_energy.dispatch.result.result import Dispatch
from altay_energy.run.figures.ratio import ratio


def station_kpis(dispatch: Dispatch, done: StationOperation) -> dict[str, Array]:
    """Figures of one station.

    Parameters
    ----------
    dispatch : Dispatch
        The result, shape (..., T).
    done : StationOperation
        What the station did.

    Returns
    -------
    dict of str to ndarray, shape (...)
        Those that every storage has (``charge_mwh``, ``discharge_mwh``, ``loss_mwh``,
        ``equivalent_cycles``, ``start_level_mwh``, ``end_level_mwh``), where cycles are water let
        down over the live volume; ``round_trip_efficiency``: energy out over energy in, corrected
        for water that was there at the end and not at the beginning by the mean yield of a cubic
        metre [-]; ``pumped_m3``, ``generated_m3``, ``rain_m3``, ``evaporation_m3``,
        ``seepage_m3``, ``make_up_m3``, ``spill_m3`` [m³]; ``largest_ice_m3``: water
        that ice held back in the upper reservoir at most [m³]; ``mean_head_m`` of the hours
        in use [m]; ``unit_starts``, ``mode_changes`` [-]; ``start_cost_cny`` [CNY];
        ``pump_hours_1`` … and ``turbine_hours_1`` …: hours with that many units [h];
        ``water_residual_m3``: largest gap of the water ledger [m³].
    """
    hours, limits = dispatch.problem.step_hours, done.limits
    charge, discharge = (p.sum(axis=-1) * hours for p in (done.pump_mw, done.turbine_mw))
    pumped, gave = (w.sum(axis=-1) for w in (done.pumped_m3, done.generated_m3))
    level = done.level_mwh
    gained = done.volume_m3[UPPER, ..., -1] - done.volume_m3[UPPER, ..., 0]
    yields = ratio(discharge, gave)
    busy = done.running != 0
    used = busy.sum(axis=-1)
    sums = {
        "rain_m3": done.rain_m3,
        "evaporation_m3": done.evaporation_m3,
        "seepage_m3": done.seepage_m3,
        "make_up_m3": done.make_up_m3,
        "spill_m3": done.spill_m3,
    }
    figures = {
        "charge_mwh": charge,
        "discharge_mwh": discharge,
        "loss_mwh": charge - discharge - (level[..., -1] - level[..., 0]),
        "equivalent_cycles": gave / limits.live_m3,
        "start_level_mwh": level[..., 0],
        "end_level_mwh": level[..., -1],
        "round_trip_efficiency": ratio(discharge + yields * gained, charge),
        "pumped_m3": pumped,
        "generated_m3": gave,
    }
    figures |= {name: (w[UPPER] + w[LOWER]).sum(axis=-1) for name, w in sums.items()}
    ice = limits.ice_m3[UPPER].max(axis=-1)
    figures |= {
        "largest_ice_m3": np.broadcast_to(ice, charge.shape),
        "mean_head_m": ratio((done.head_m * busy).sum(axis=-1), used),
        "unit_starts": done.starts().sum(axis=-1),
        "mode_changes": done.mode_changes().sum(axis=-1),
        "start_cost_cny": done.cost_cny(),
    }
    for name, sign in (("pump_hours", -1), ("turbine_hours", 1)):
        for units in range(1, limits.units + 1):
            count = (done.running == sign * units).sum(axis=-1)
            figures[f"{name}_{units}"] = count * hours
    figures["water_residual_m3"] = done.water_residual_m3()
    return {name: np.asarray(value, dtype=np.float64) for name, value in figures.items()}


def thermal_units_kpis(dispatch: Dispatch, plant: ThermalLimits) -> dict[str, Array]:
    """Figures of a plant whose units were committed; none of another.

    Parameters
    ----------
    dispatch : Dispatch
        The result, shape (..., T).
    plant : ThermalLimits
        The plant.

    Returns
    -------
    dict of str to ndarray, shape (...)
        ``running_hours``: with at least one unit, and ``unit_hours``: of all units together [h];
        ``unit_starts`` [-]; ``start_cost_cny`` and ``no_load_cost_cny``, both within
        ``variable_cost_cny`` [CNY].
    """
    if plant.units is None or plant.name not in dispatch.units_running:
        return {}
    running, hours = dispatch.units_running[plant.name], dispatch.problem.step_hours
    started = np.asarray(starts(running).sum(axis=-1))
    unit_hours = np.asarray(running.sum(axis=-1) * hours)
    return {
        "running_hours": np.asarray((running > 0.0).sum(axis=-1) * hours),
        "unit_hours": unit_hours,
        "unit_starts": started,
        "start_cost_cny": started * plant.units.start_cost_cny,
        "no_load_cost_cny": unit_hours * plant.units.no_load_cost_cny_h,
    }
