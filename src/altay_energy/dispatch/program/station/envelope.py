r"""A station as a storage that can do all that its units can, and more.

`optimal` and `rolling` know storages of two powers, one energy and two efficiencies. A station in
its unit form is given to them as favourable as any of its units ever works, in the energy scale of
`unit_hull`: it charges along the steepest slope of the pump line and discharges along the flattest
one of the turbine line, at any power up to the largest that units in service ever have. What a true
operation stores less or takes more than that it lets go (`StorageLimits.spill_mw`), so with the
powers p and g of pumps and turbines and the volumes v of an operation

.. math:: c = p, \quad d = g, \quad x = \varphi(v)

keeps every equation and bound of the program of `linear`, for every terminal rule: there is nothing
that units can do and this storage cannot, and the cheapest dispatch with it is never dearer. Rain
counts with the largest head. A period whose reservoir has to return may end lower by `END_WITHIN`,
as units may, and higher by anything.
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


def with_favourable_stations(problem: Problem) -> Problem:
    """The same with every station as a storage that contains all operations of its units.

    Parameters
    ----------
    problem : Problem
        Shape (..., T).

    Returns
    -------
    Problem
        Without stations; storages stand in the order in which they are used.
    """
    if not problem.stations:
        return problem
    storages = tuple(
        favourable_storage(problem, s) if isinstance(s, StationLimits) else s
        for s in problem.in_order()
    )
    return replace(problem, storages=storages, stations=(), storage_order=())


def favourable_storage(problem: Problem, limits: StationLimits) -> StorageLimits:
    """A storage that can do all that a station can.

    Parameters
    ----------
    problem : Problem
        For the terminal rule and the steps, shape (..., T).
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
    """The first piece of a line, the best one, for all powers of the units in service."""
    most = line.most_mw[limits.in_service.sum(axis=0).max()]
    return Line(np.array([most]), line.slope[:1], line.most_mw)
