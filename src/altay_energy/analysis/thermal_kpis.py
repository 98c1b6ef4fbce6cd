"""The figures of a thermal plant whose units are known."""

from __future__ import annotations

import numpy as np

from altay_energy.dispatch.problem import ThermalLimits
from altay_energy.dispatch.result import Dispatch
from altay_energy.dispatch.thermal_units import starts
from altay_energy.units import Array


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
