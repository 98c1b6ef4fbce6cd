r"""Finds directions for every hour by dynamic programming over one storage, with a lower bound.

If running both ways would pay, the cost with one direction open (import or export, charge or
discharge) is not a convex function of the flow but the minimum of two convex functions. Steps are
coupled through the content of storages. For one storage of content x this gives the recursion

.. math:: W_{t-1}(x) = \min_\Delta \; F_t(\Delta) + W_t(x + \Delta), \qquad
    F_t(\Delta) = \min(F^{\mathrm{import}}_t(\Delta), F^{\mathrm{export}}_t(\Delta))

with F the residual cost of the step, computed from all columns of its linear program. Contents of
other storages and all limits over the period have their dual prices (Lagrangian relaxation [1]_),
so W is a lower bound of the cost of every dispatch that runs one way at a time.

Contents are points of an even grid. To keep W a lower bound, F is replaced by a function below it
whose convex kinks are grid points (`step_cost`): a chord is below a concave part, and a convex kink
is moved. Powers are rounded up to the next grid point, and standing losses are neglected. The
minimum of such functions also has its convex kinks at grid points. No content between points is
therefore cheaper, and the recursion on the grid is exact for these functions.

References
----------
.. [1] Fisher, "The Lagrangian relaxation method for solving integer programming problems",
   Management Science 27(1), 1-18, 1981; Bellman, Dynamic Programming, 1957.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from altay_energy.core.units import Array
from altay_energy.dispatch.lp.certificate import at_bounds, reduced_costs
from altay_energy.dispatch.lp.program import BlockLP, BlockSolution, Bools
from altay_energy.dispatch.optimal.step_cost import StepCost
from altay_energy.dispatch.problem.storage import StorageLimits
from altay_energy.dispatch.program.columns import Column, Role
from altay_energy.dispatch.program.formulation import Formulation

_MOST_POINTS = 4000
_STEPS_AT_ONCE = 2000


@dataclass(frozen=True, eq=False)
class Trajectory:
    """Cheapest trajectory of the content over the period, on the grid.

    Parameters
    ----------
    bound : float
        Lower bound of the cost of dispatches that run one way at a time. [CNY]
    imports : ndarray of bool, shape (T,)
        Whether the grid connection is open for import; otherwise it is open for export.
    change : ndarray, shape (T,)
        Change of the storage's content in each step; 0 without a storage. [MWh]
    """

    bound: float
    imports: Bools
    change: Array


def cheapest_trajectory(
    formulation: Formulation,
    lp: BlockLP,
    prices: BlockSolution,
    storage: StorageLimits | None,
    cells: int,
) -> Trajectory:
    """Return the cheapest trajectory of one storage and the grid, one direction in each step.

    Parameters
    ----------
    formulation : Formulation
        The program with the meaning of its columns.
    lp : BlockLP
        One program of it, without leading axes.
    prices : BlockSolution
        Solution whose duals price all but the storage; the bound is valid for any duals.
    storage : StorageLimits or None
        Storage with columns in the program; None: steps are coupled by prices only.
    cells : int
        Number of contents times moves in a step; time and memory are proportional to it. [-]

    Returns
    -------
    Trajectory
    """
    if storage is not None and storage.energy_mwh == 0.0:
        storage = None  # the inflow exceeds all limits, so no trajectory on the grid exists
    kept = [formulation.balance]
    kept += [] if storage is None else [formulation.row[storage.name]]
    duals = prices.row_dual.copy()
    duals[kept] = 0.0
    delta = np.where(lp.dense_equal, prices.dense_dual, np.minimum(prices.dense_dual, 0.0))
    z, z_shared = reduced_costs(replace(lp, quadratic=None), prices.x, duals, delta)
    own = _own_columns(formulation, storage)
    apart = np.flatnonzero(lp.now[formulation.balance] == 0.0)
    apart = apart[~np.isin(apart, list(own.values()))]
    shared = np.ones(z_shared.size, dtype=np.bool_)
    if storage is not None and storage.name in formulation.bands:
        shared[formulation.bands[storage.name]] = False
    fixed = (
        float(np.sum(lp.rhs * duals))
        + float(lp.dense_rhs @ delta)
        + float(at_bounds(z[apart], lp.lower[apart], lp.upper[apart]).sum())
        + float(at_bounds(z_shared, lp.shared_lower, lp.shared_upper)[shared].sum())
    )
    if storage is None:
        rest = StepCost.of(formulation, lp, z, list(own.values()), np.zeros(1))
        cost, imports = rest.cost(slice(None))
        return Trajectory(fixed + float(cost.sum()), imports[:, 0], np.zeros(lp.steps))
    grid = _Grid.of(storage, lp, formulation, cells)
    rest = StepCost.of(formulation, lp, z, list(own.values()), grid.power_mw)
    worth = 0.0 if not lp.cyclic else float(prices.row_dual[formulation.row[storage.name], 0])
    ends = _Ends.of(formulation, lp, storage, grid, z, worth)
    value, later = _backwards(rest, grid, ends, z, own)
    start, bound = ends.begin(value)
    imports, change = _forwards(rest, grid, later, start, z, own)
    return Trajectory(fixed + bound, imports, change)


def _own_columns(formulation: Formulation, storage: StorageLimits | None) -> dict[Role, int]:
    """Return the indices of the storage's columns by role."""
    if storage is None:
        return {}
    roles = (Role.CHARGE, Role.DISCHARGE, Role.LEVEL, Role.SPILL)
    column = formulation.column
    return {r: column[Column(r, storage.name)] for r in roles if Column(r, storage.name) in column}


@dataclass(frozen=True, eq=False)
class _Grid:
    """Grid of the content of a storage, and moves between its points.

    Parameters
    ----------
    width : float
        Distance of two points. [MWh]
        content : ndarray, shape (N,)
            Content at the points. [MWh]
    down, up : int
        Largest number of points that discharging and charging move in a step.
    power_mw : ndarray, shape (down + 1 + up,)
        Power drawn from the bus by each move; negative: supplied to it. [MW]
    gain : ndarray of int, shape (T,)
        Points that inflow adds in each step; surplus may be spilled. The cumulative inflow is
        rounded up, so the excess is below one cell; the grid has one more cell for it.
    lost : int
        Largest number of points lost by standing losses in a step.
    """

    width: float
    content: Array
    down: int
    up: int
    power_mw: Array
    gain: Array
    lost: int

    @classmethod
    def of(cls, storage: StorageLimits, lp: BlockLP, formulation: Formulation, cells: int) -> _Grid:
        """Return the finest grid of ``cells``, with full power near a whole number of points."""
        row, column = formulation.row[storage.name], formulation.column
        own = {r: column.get(Column(r, storage.name)) for r in (Role.CHARGE, Role.DISCHARGE)}
        keep = storage.keep(formulation.problem.step_hours)
        reach, per_mw = [], []
        for kind in (Role.DISCHARGE, Role.CHARGE):
            j = own[kind]
            per_mw.append(1.0 if j is None else abs(float(lp.now[row, j])))
            reach.append(0.0 if j is None else per_mw[-1] * float(np.max(lp.upper[j])))
        inflow = np.broadcast_to(lp.rhs[row], (lp.steps,)).copy()
        if not lp.cyclic:  # the first row contains the initial content
            inflow[0] -= keep * storage.initial_level_mwh
        inflow = np.maximum(inflow, 0.0)
        reach = [min(r, storage.energy_mwh + float(inflow.max())) for r in reach]
        points = _cells(float(storage.energy_mwh), reach, cells)
        width = storage.energy_mwh / points
        down, up = (int(np.ceil(r / width - 1e-9)) for r in reach)
        moves = np.arange(-down, up + 1) * width
        power = np.where(moves < 0.0, moves / per_mw[0], moves / per_mw[1])
        gained = np.ceil(np.concatenate([[0.0], np.cumsum(inflow)]) / width - 1e-9)
        return cls(
            width,
            width * np.arange(points + 1 + bool(gained[-1]), dtype=np.float64),
            down,
            up,
            power,
            np.diff(gained).astype(np.int64),
            int(np.ceil((1.0 - keep) * storage.energy_mwh / width - 1e-9)),
        )


def _cells(energy: float, reach: list[float], cells: int) -> int:
    """Return the number of cells for which the moves exceed the power limits least."""
    share = max(sum(reach) / energy, 1e-6)
    middle = min(float(np.sqrt(cells / share)), _MOST_POINTS)
    counts = np.arange(max(int(0.85 * middle), 20), max(int(1.15 * middle), 21) + 1)
    moved = np.array([r for r in reach if r > 0.0])[:, np.newaxis] * counts / energy
    beyond = (np.ceil(moved - 1e-9) / np.maximum(moved, 1e-9)).sum(axis=0)
    return int(counts[np.argmin(beyond)])


@dataclass(frozen=True, eq=False)
class _Ends:
    """Cost of the first and of the last content.

    Parameters
    ----------
    last : ndarray, shape (N,)
        Cost of each last content; inf if not allowed. [CNY]
    first : ndarray, shape (N,), or None
        Cost of each first content in a cyclic period. [CNY]
    start : float
        Otherwise the first content in grid points (not an integer). [-]
    """

    last: Array
    first: Array | None
    start: float

    @classmethod
    def of(
        cls,
        formulation: Formulation,
        lp: BlockLP,
        storage: StorageLimits,
        grid: _Grid,
        cost: Array,
        worth: float,
    ) -> _Ends:
        """Compute the end costs by terminal rule; ``worth``: minus the price of cyclic content."""
        level = formulation.column[Column(Role.LEVEL, storage.name)]
        start = storage.initial_level_mwh / grid.width
        if lp.cyclic:
            given = max(worth, 0.0) * grid.width * float(grid.gain.any())
            return cls(worth * grid.content - given, -worth * grid.content, start)
        if storage.name in formulation.bands:
            part = formulation.bands[storage.name]
            filled = _filled(grid.content + grid.width, lp.shared_upper[part])
            return cls(filled @ lp.shared_cost[part], None, start)
        least, most = lp.lower[level, -1] / grid.width, lp.upper[level, -1] / grid.width
        point = np.arange(grid.content.size)
        most += float(grid.gain.any())
        allowed = (point >= np.floor(least + 1e-9)) & (point <= np.ceil(most - 1e-9))
        ends = np.where(allowed, 0.0, np.inf)
        return cls(ends + cost[level, -1] * grid.content, None, start)

    def begin(self, value: Array) -> tuple[int, float]:
        """Return the first point and the least cost from there."""
        if self.first is not None:
            whole = value + self.first
            best = int(np.argmin(whole))
            return best, float(whole[best])
        cost = float(np.interp(self.start, np.arange(value.size), value))
        return round(self.start), cost


def _filled(content: Array, width: Array) -> Array:
    """Return the part of a content in each band, from the bottom up, shape (N, bands)."""
    below = np.cumsum(width) - width
    return np.clip(content[:, np.newaxis] - below, 0.0, width)


def _backwards(
    rest: StepCost, grid: _Grid, ends: _Ends, cost: Array, own: dict[Role, int]
) -> tuple[Array, Array]:
    """Return W before the first step, (N,), and before every step up to a constant, (T + 1, N)."""
    points, steps = grid.content.size, cost.shape[1]
    later = np.empty((steps + 1, points), dtype=np.float32)
    value = ends.last
    later[-1] = value - value.min()
    room = np.empty(points + grid.down + grid.up)
    moves = sliding_window_view(room, grid.down + grid.up + 1)
    sums = np.empty(moves.shape)
    for chunk in reversed(_chunks(steps)):
        move_cost, _ = _move_cost(rest, grid, cost, own, chunk)
        for t in range(chunk.stop - 1, chunk.start - 1, -1):
            _spread(value, grid, t, room)
            np.add(moves, move_cost[t - chunk.start], out=sums)
            value = sums.min(axis=1)
            if Role.LEVEL in own and t > 0 and (held := cost[own[Role.LEVEL], t - 1]):
                value = value + held * grid.content
            later[t] = value - value.min()
    return value, later


def _spread(value: Array, grid: _Grid, step: int, room: Array) -> None:
    """Fill ``room`` with the cost after a step, indexed by point plus move plus `_Grid.down`."""
    gain = int(grid.gain[step])
    for _ in range(grid.lost):
        value = np.append(value[:1], np.minimum(value[1:], value[:-1]))
    room[...] = np.inf
    if gain:  # inflow may leave in the same step, or be spilled
        walled = np.pad(value, gain, constant_values=np.inf)
        value = sliding_window_view(walled, gain + 1).min(axis=1)
    first = grid.down - gain
    there = slice(max(first, 0), min(first + value.size, room.size))
    room[there] = value[there.start - first : there.stop - first]


def _forwards(
    rest: StepCost, grid: _Grid, later: Array, start: int, cost: Array, own: dict[Role, int]
) -> tuple[Bools, Array]:
    """Return the cheapest trajectory from a point: steps with import open, changes of content."""
    steps, last, point = cost.shape[1], grid.content.size - 1, start
    imports, change = np.zeros(steps, dtype=np.bool_), np.zeros(steps)
    room = np.empty(last + 1 + grid.down + grid.up)
    for chunk in _chunks(steps):
        move_cost, open_import = _move_cost(rest, grid, cost, own, chunk)
        for t in range(chunk.start, chunk.stop):
            _spread(later[t + 1].astype(np.float64), grid, t, room)
            total = move_cost[t - chunk.start] + room[point : point + grid.down + grid.up + 1]
            move = int(np.argmin(total))
            imports[t] = open_import[t - chunk.start, move]
            change[t] = (move - grid.down) * grid.width
            point = min(point + move - grid.down + int(grid.gain[t]), last)
    return imports, change


def _move_cost(
    rest: StepCost, grid: _Grid, cost: Array, own: dict[Role, int], steps: slice
) -> tuple[Array, Bools]:
    """Return the cost of every move in some steps, (T, M), and whether import is open. [CNY]"""
    found, imports = rest.cost(steps)
    for role, power in ((Role.CHARGE, grid.power_mw), (Role.DISCHARGE, -grid.power_mw)):
        if role in own:
            found = found + cost[own[role], steps, np.newaxis] * np.maximum(power, 0.0)
    return found, imports


def _chunks(steps: int) -> list[slice]:
    """Yield slices of steps that fit into memory."""
    return [
        slice(first, min(first + _STEPS_AT_ONCE, steps))
        for first in range(0, steps, _STEPS_AT_ONCE)
    ]
