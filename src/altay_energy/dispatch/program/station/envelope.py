r"""Outer approximation of a station by a storage that contains all operations of its units.

`optimal` and `rolling` use storages with two powers, one energy and two efficiencies. For a station
in its unit form these are optimistic, on the energy scale of `water_energy`: it charges along the
steepest slope of the pump line and discharges along the flattest slope of the turbine line, at any
power up to the largest of the units in service. The excess over a real operation is spilled
(`StorageLimits.spill_mw`), so with the powers p and g of pumps and turbines and the volumes v of an
operation

.. math:: c = p, \quad d = g, \quad x = \varphi(v)

satisfies every equation and bound of the program of `formulation`, for every terminal rule: the
storage contains all operations of the units, and its least cost is a lower bound. Rain counts with
the largest head. If the reservoir has to return, the last content may be lower by `END_WITHIN`, as
with whole units, and higher by any amount.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from altay_energy.dispatch.problem.problem import Problem
from altay_energy.dispatch.problem.station import StationLimits
from altay_energy.dispatch.problem.storage import StorageLimits
from altay_energy.dispatch.program.station.water_energy import (
    END_WITHIN,
    EnergyScale,
    Line,
    gained_mwh,
    most_waste_mwh,
    pump_line,
    turbine_line,
)


def with_outer_stations(problem: Problem) -> Problem:
    """Return the problem with every station replaced by a storage that contains its operations.

    Parameters
    ----------
    problem : Problem
        Shape (..., T).

    Returns
    -------
    Problem
        Problem without stations, with storages in the order of use.
    """
    if not problem.stations:
        return problem
    storages = tuple(
        outer_storage(problem, s) if isinstance(s, StationLimits) else s for s in problem.in_order()
    )
    return replace(problem, storages=storages, stations=(), storage_order=())


def outer_storage(problem: Problem, limits: StationLimits) -> StorageLimits:
    """Return a storage that contains all operations of a station.

    Parameters
    ----------
    problem : Problem
        Gives the terminal rule and the steps, shape (..., T).
    limits : StationLimits
        The station.
    """
    hours, scale = problem.step_hours, EnergyScale.of(limits)
    pump, turbine = (f(limits, scale, hours) for f in (pump_line, turbine_line))
    up, down = (_straight(line, limits) for line in (pump, turbine))
    inflow = gained_mwh(limits, scale) / hours
    spill = most_waste_mwh(limits, scale, hours, up, down) / hours
    inflow, spill = (np.array(np.broadcast_to(s, (*s.shape[:-1], problem.steps)))
                     for s in (inflow, spill))  # fmt: skip
    if problem.terminal in ("cyclic", "at_least", "equal_initial"):
        inflow[..., -1] += END_WITHIN * scale.capacity_mwh / hours
        spill[..., -1] += scale.capacity_mwh / hours
    return StorageLimits(
        name=limits.name,
        charge_mw=float(up.width_mw[0]),
        discharge_mw=float(down.width_mw[0]),
        energy_mwh=scale.capacity_mwh,
        charge_efficiency=float(up.slope[0]),
        discharge_efficiency=float(1.0 / down.slope[0]),
        initial_level_mwh=float(scale.content(limits.start_m3[0])),
        inflow_mw=inflow,
        spill_mw=spill,
    )


def _straight(line: Line, limits: StationLimits) -> Line:
    """Return the line with the slope of its first, best piece at all powers of units in service."""
    most = line.most_mw[limits.in_service.sum(axis=0).max()]
    return Line(np.array([most]), line.slope[:1], line.most_mw)
