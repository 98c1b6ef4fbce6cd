"""From the numbers of a solver to a dispatch: every plant its share, every balance closed.

Solvers leave rounding behind. Contents are taken as they are found and powers of storages read off
their differences, so that a storage never runs both ways; what is then missing on the bus, some
1e-9 of the largest power, is put on columns that stand between their bounds. So balances close to
rounding, and no limit is broken.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from altay_energy.core.errors import NoSolutionError
from altay_energy.core.units import Array
from altay_energy.dispatch.lp.program import BlockSolution
from altay_energy.dispatch.problem.aggregate import (
    back_down,
    in_proportion,
    renewable_groups,
    thermal_groups,
)
from altay_energy.dispatch.problem.problem import Problem
from altay_energy.dispatch.problem.storage import StorageLimits
from altay_energy.dispatch.program.columns import (
    BACK_DOWN,
    EXPORT,
    IMPORT,
    UNSERVED,
    Column,
    Role,
    places,
    renewable_column,
    thermal_column,
)
from altay_energy.dispatch.program.formulation import Formulation
from altay_energy.dispatch.result.costs import DIGITS
from altay_energy.dispatch.result.operation import Solution
from altay_energy.dispatch.result.result import Dispatch

DUST = 1e-9
"""Share of a column's largest bound, or of the largest flow on the bus where that is smaller, below
which a distance to a bound is rounding."""


class _Columns:
    """Columns of a solution by name, snapped to their bounds; zeros where there is none."""

    def __init__(self, formulation: Formulation, x: Array) -> None:
        lp = formulation.lp
        self.column = formulation.column
        self.shape = formulation.problem.shape
        series = (*self.shape[:-1], lp.columns, lp.steps)
        self.lower = np.broadcast_to(lp.lower, series)
        self.upper = np.broadcast_to(lp.upper, series)
        self.x = np.clip(np.broadcast_to(x, series), self.lower, self.upper)
        largest = np.abs(lp.upper).max(axis=-1, keepdims=True)
        scale = largest.reshape(-1, lp.columns).max(axis=0)
        on_bus = np.flatnonzero(lp.now[0])
        flow = max(float(np.abs(lp.rhs[..., 0, :]).max()), self.x[..., on_bus, :].max(initial=0.0))
        scale[on_bus] = np.minimum(scale[on_bus], flow)
        self.dust = DUST * scale
        # Powers are read off the differences of contents.
        self.dust[places(self.column, Role.LEVEL, Role.OWED)] = 0.0
        dust = self.dust[:, np.newaxis]
        self.x = np.where(self.x - self.lower <= dust, self.lower, self.x)
        self.x = np.where(self.upper - self.x <= dust, self.upper, self.x)

    def __getitem__(self, name: Column) -> Array:
        """Values of a column, shape (..., T)."""
        if name not in self.column:
            return np.zeros(self.shape)
        values: Array = self.x[..., self.column[name], :]
        return values

    def put(self, name: Column, values: Array) -> None:
        """Replace a column, within its bounds."""
        j = self.column[name]
        self.x[..., j, :] = np.clip(values, self.lower[..., j, :], self.upper[..., j, :])

    def close(self, row: Array, rhs: Array) -> None:
        """Close an equation by columns between their bounds, then by any that has room."""
        for inside_only in (True, False):
            for j in np.flatnonzero(row):
                missing = rhs - np.einsum("n,...nt->...t", row, self.x)
                x, low, high = self.x[..., j, :], self.lower[..., j, :], self.upper[..., j, :]
                inside = (x - low > self.dust[j]) & (high - x > self.dust[j])
                may = inside if inside_only else x > low
                moved = np.clip(x + missing / row[j], low, high)
                self.x[..., j, :] = np.where(may, moved, x)


def dispatch_of(
    formulation: Formulation, chosen: BlockSolution, cheapest: BlockSolution, proof: Solution
) -> Dispatch:
    """The dispatch that a solution stands for.

    Parameters
    ----------
    formulation : Formulation
        The problem and its program.
    chosen : BlockSolution
        Whose powers are taken.
    cheapest : BlockSolution
        Whose duals are taken as prices.
    proof : Solution
        How good it is.

    Returns
    -------
    Dispatch
        With arrays of the problem's shape.
    """
    problem, hours = formulation.problem, formulation.problem.step_hours
    columns = _Columns(formulation, chosen.x)
    levels = {s.name: _levels(formulation, columns, chosen.y, s) for s in problem.storages}
    for storage in problem.storages:
        _from_levels(columns, storage, levels[storage.name], hours)
    for load in problem.flexible_loads:
        owed = np.concatenate(
            [np.zeros((*problem.shape[:-1], 1)), columns[Column(Role.OWED, load.name)]], -1
        )
        used = load.demand_mw - np.diff(owed) / hours - columns[Column(Role.NEVER, load.name)]
        if Column(Role.USED, load.name) in columns.column:
            columns.put(Column(Role.USED, load.name), used)
    _close_bus(formulation, columns)
    shift = {
        load.name: columns[Column(Role.USED, load.name)]
        + columns[Column(Role.NEVER, load.name)]
        - load.demand_mw
        for load in problem.flexible_loads
    }
    never = sum(
        (columns[Column(Role.NEVER, load.name)] for load in problem.flexible_loads), start=0.0
    )
    unserved = columns[UNSERVED] + never
    load_mw = sum(shift.values(), start=problem.on_all(problem.load_mw))
    generation = _generation(formulation, columns)
    prices = np.broadcast_to(
        cheapest.row_dual, (*problem.shape[:-1], *cheapest.row_dual.shape[-2:])
    )
    return Dispatch(
        problem=problem,
        generation_mw=generation,
        curtailed_mw={name: problem.renewables[name] - p for name, p in generation.items()},
        thermal_mw=_thermal(formulation, columns),
        charge_mw={s.name: columns[Column(Role.CHARGE, s.name)] for s in problem.storages},
        discharge_mw={s.name: columns[Column(Role.DISCHARGE, s.name)] for s in problem.storages},
        level_mwh=levels,
        served_mw=np.maximum(load_mw - unserved, 0.0),  # what is left of two sums
        unserved_mw=unserved,
        import_mw=columns[IMPORT],
        export_mw=columns[EXPORT],
        spilled_mw={
            s.name: columns[Column(Role.SPILL, s.name)] for s in problem.storages if s.spills
        },
        shift_up_mw={name: np.maximum(moved, 0.0) for name, moved in shift.items()},
        shift_down_mw={name: np.maximum(0.0 - moved, 0.0) for name, moved in shift.items()},
        marginal_price_cny_mwh=prices[..., 0, :] / hours,
        stored_value_cny_mwh={
            s.name: 0.0 - prices[..., formulation.row[s.name], :]
            for s in problem.storages
            if s.name in formulation.row
        },
        solution=proof,
    )


def _levels(formulation: Formulation, columns: _Columns, y: Array, storage: StorageLimits) -> Array:
    """Content at the edges of the steps, shape (..., T + 1). [MWh]"""
    problem, name = formulation.problem, storage.name
    if Column(Role.LEVEL, name) not in columns.column:
        return idle_levels(problem, storage)
    level = columns[Column(Role.LEVEL, name)]
    if name in formulation.bands:
        stored = np.broadcast_to(y, (*problem.shape[:-1], y.shape[-1]))
        level = level.copy()
        level[..., -1] = stored[..., formulation.bands[name]].sum(axis=-1)
    if problem.terminal == "cyclic":
        return np.concatenate([level[..., -1:], level], axis=-1)
    start = np.full((*problem.shape[:-1], 1), storage.initial_level_mwh)
    return np.concatenate([start, level], axis=-1)


def idle_levels(problem: Problem, storage: StorageLimits) -> Array:
    """Content of a storage that does nothing, shape (..., T + 1). [MWh]

    Raises
    ------
    NoSolutionError
        If it loses content that it would have to keep.
    """
    keep, start = storage.keep(problem.step_hours), storage.initial_level_mwh
    if problem.terminal == "cyclic" and keep < 1.0:
        start = 0.0
    if problem.terminal in ("at_least", "equal_initial") and keep < 1.0 and start > 0.0:
        raise NoSolutionError(
            f'{storage.name}: terminal = "{problem.terminal}" cannot be met: it begins at '
            f"{start:g} MWh, loses part of it and cannot be charged; give it charge_mw, or begin "
            "at an initial_level of 0"
        )
    return np.broadcast_to(
        start * keep ** np.arange(problem.steps + 1.0), (*problem.shape[:-1], problem.steps + 1)
    )


def _from_levels(columns: _Columns, storage: StorageLimits, level: Array, hours: float) -> None:
    """Charge or discharge, whichever the contents ask for; spill as it was found."""
    name, kept = storage.name, level[..., :-1] * storage.keep(hours)
    if Column(Role.LEVEL, name) not in columns.column:
        return
    gain = (level[..., 1:] - kept) / hours - storage.inflow_mw + columns[Column(Role.SPILL, name)]
    # Contents that differ in their last digits alone are equal: nothing has moved.
    gain = np.where(np.abs(gain) <= DIGITS * np.abs(level).max() / hours, 0.0, gain)
    wanted = {
        Column(Role.CHARGE, name): gain / storage.charge_efficiency,
        Column(Role.DISCHARGE, name): 0.0 - gain * storage.discharge_efficiency,
    }
    for column, power in wanted.items():
        if column in columns.column:
            columns.put(column, np.maximum(power, 0.0))


def _close_bus(formulation: Formulation, columns: _Columns) -> None:
    lp = formulation.lp
    opposites = [formulation.column[n] for n in (IMPORT, EXPORT) if n in formulation.column]
    if len(opposites) == 2:
        both = columns.x[..., opposites, :].min(axis=-2, keepdims=True)
        columns.x[..., opposites, :] -= np.where(both > 0.0, both, 0.0)
    row = lp.now[0].copy()
    # These follow from contents.
    row[places(formulation.column, Role.CHARGE, Role.DISCHARGE, Role.USED)] = 0.0
    rest = lp.now[0] - row
    rhs = lp.rhs[..., 0, :] - np.einsum("n,...nt->...t", rest, columns.x)
    columns.close(row, rhs)


def _generation(formulation: Formulation, columns: _Columns) -> dict[str, Array]:
    problem = formulation.problem
    used: dict[str, Array] = {}
    for _, names in renewable_groups(problem):
        available = {name: problem.on_all(problem.renewables[name]) for name in names}
        total = columns[renewable_column(names)]
        curtailed = sum(available.values(), start=np.zeros(problem.shape)) - total
        lost = in_proportion(np.maximum(curtailed, 0.0), available)
        used |= {name: available[name] - lost[name] for name in names}
    return {name: used[name] for name in problem.renewables}


def _thermal(formulation: Formulation, columns: _Columns) -> dict[str, Array]:
    problem = formulation.problem
    less: Mapping[str, Array] = back_down(problem.thermals, columns[BACK_DOWN])
    power: dict[str, Array] = {}
    for plants in thermal_groups(problem):
        room = {p.name: problem.on_all(p.capacity_mw - p.must_run_mw) for p in plants}
        least = sum((p.must_run_mw for p in plants), start=np.zeros(problem.shape))
        above = np.maximum(columns[thermal_column(plants)] - least, 0.0)
        shares = in_proportion(above, room)
        power |= {p.name: p.must_run_mw + shares[p.name] - less[p.name] for p in plants}
    return {p.name: power[p.name] for p in problem.thermals}
