r"""Linear program of a window of a longer period: all windows share one matrix.

The program of a window differs from `altay_energy.dispatch.program.formulation` in three ways.
First, charges and limits over the period become states that one window passes to the next, so that
every row couples only neighbouring steps and all windows have the same matrix:

.. math::

    & P_t - P_{t-1} - a_t + r_t = 0, \quad i_t + s_t - P_t = 0 \\
    & G_t - G_{t-1} - \textstyle\sum_j k_j x_{j,t} + o_t = 0

with the month's peak P so far, which rises by a at the demand charge; in the first step of a month
a and r are free and P itself pays the charge, so that the peaks of months are independent. G is the
use of a limit over the period; at the end of the window it is at most the remainder of the limit,
except for the excess o, which has a penalty. Second, the content at the end of the window is a sum
of bands, each with its own value, and the backlog of a flexible load has one cost up to a given
amount and a higher one above it.

Third, small costs below the resolution of any tariff make the optimum unique: 0.01 CNY for a MWh
charged or discharged, 0.0001 to 0.0002 CNY/h for a MWh held, 0.2 CNY for a MWh of content spilled
(more than the end of a window pays for less content), and at most 0.001 CNY/MWh for any power, with
weights that differ by plant and hour. The optimum is then one vertex, whatever solver finds it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace

import numpy as np

from altay_energy.core.units import Array
from altay_energy.dispatch.lp.program import BlockLP, no_dense
from altay_energy.dispatch.problem.aggregate import renewable_groups
from altay_energy.dispatch.problem.period import PeriodTerms
from altay_energy.dispatch.problem.problem import Problem
from altay_energy.dispatch.program.columns import (
    FALL,
    IMPORT,
    PEAK,
    RISE,
    ROOM,
    UNSERVED,
    Column,
    Role,
    renewable_column,
)
from altay_energy.dispatch.program.elements import PEAK_ROW
from altay_energy.dispatch.program.formulation import Formulation, formulate
from altay_energy.dispatch.program.limits import coefficients, loss_factor, storage_losses
from altay_energy.dispatch.rolling.forecast import Forecasts, Integers

MONTH_ROW = "grid.month"

THROUGHPUT_COST, HOLDING_COST, SPILL_COST, ORDER_COST = 0.01, 1e-4, 0.2, 1e-3
_GOLDEN = 0.5 * (np.sqrt(5.0) - 1.0)


@dataclass(eq=False)
class State:
    """State that one window passes to the next.

    Parameters
    ----------
    level : dict of str to float
        Content of each storage. [MWh]
    owed : dict of str to float
        Backlog of each flexible load. [MWh]
    peak : float
        Highest import of the month so far. [MW]
    used : dict of str to float
        Use of each limit over the period, in its own unit.
    """

    level: dict[str, float]
    owed: dict[str, float]
    peak: float = 0.0
    used: dict[str, float] = field(default_factory=dict)

    def carried(self) -> Iterator[tuple[Column, float]]:
        """Columns of the step before the window, with their values."""
        yield from ((Column(Role.LEVEL, name), mwh) for name, mwh in self.level.items())
        yield from ((Column(Role.OWED, name), mwh) for name, mwh in self.owed.items())
        yield PEAK, self.peak


@dataclass(frozen=True)
class BacklogEnd:
    """Cost of the backlog of a flexible load at the end of a window.

    Parameters
    ----------
    wanted_mwh : float
        Backlog at which its cost rises; below 0: energy used in advance. [MWh]
    below_cny_mwh, above_cny_mwh : float
        Cost of a MWh of backlog up to that and beyond it. [CNY/MWh]
    """

    wanted_mwh: float
    below_cny_mwh: float
    above_cny_mwh: float


@dataclass(frozen=True, eq=False)
class End:
    """Conditions at the end of a window.

    Parameters
    ----------
    step : int
        Last step in use; later steps of the window are empty.
    bands : mapping of str to list of (float, float)
        Width [MWh] and value [CNY/MWh] of the bands of each storage's content, value decreasing.
    left : mapping of str to float
        Largest use of each limit over the period by that step.
    backlog : mapping of str to BacklogEnd
        Cost of the backlog of each flexible load.
    """

    step: int
    bands: dict[str, list[tuple[float, float]]]
    left: dict[str, float]
    backlog: dict[str, BacklogEnd]


@dataclass(frozen=True, eq=False)
class WindowData:
    """Data of one window, shape (L, n); ``rhs`` (L, m)."""

    cost: Array
    lower: Array
    upper: Array
    rhs: Array


class Windows:
    """Programs of all windows of a problem.

    Parameters
    ----------
    problem : Problem
        Shape (T,).
    seen : Forecasts
        Forecasts of W issues, each L steps ahead.
    starts : ndarray of int, shape (W,)
        First step of each window.
    floor_mw : ndarray, shape (T,)
        Import up to which the monthly peak has no further charge. [MW]
    bands : int
        Number of bands of the content at the end of a window.
    """

    def __init__(
        self, problem: Problem, seen: Forecasts, starts: Integers, floor_mw: Array, bands: int
    ) -> None:
        self.problem, self.starts, self.seen = problem, starts, seen
        self.length = seen.load_mw.shape[-1]
        self.formulation = _formulated(problem)
        self.column = dict(self.formulation.column)
        self.row = dict(self.formulation.row)
        self.storages = [s for s in problem.storages if s.name in self.row]
        self.limits = _limit_columns(problem, self.column)
        self.loss = {name: loss_factor(name) for name in self.limits if loss_factor(name)}
        self._matrices(bands)
        self._series(floor_mw)
        self._tie_break_costs()

    def _matrices(self, bands: int) -> None:
        """Matrices A and B with the additional rows and columns."""
        lp = self.formulation.lp
        extra: list[tuple[Column, dict[str, float], dict[str, float]]] = [
            (Column(Role.BAND, storage.name, band), {storage.name: 1.0}, {})
            for storage in self.storages
            for band in range(bands)
        ]
        extra += [
            (Column(Role.BAND, load.name), {load.name: 1.0}, {})
            for load in self.problem.flexible_loads
        ]
        if self.problem.terms.has_demand_charge and IMPORT in self.column:
            self.row |= {PEAK_ROW: len(self.row), MONTH_ROW: len(self.row) + 1}
            extra += [
                (ROOM, {PEAK_ROW: 1.0}, {}),
                (PEAK, {PEAK_ROW: -1.0, MONTH_ROW: 1.0}, {MONTH_ROW: 1.0}),
                (RISE, {MONTH_ROW: -1.0}, {}),
                (FALL, {MONTH_ROW: 1.0}, {}),
            ]
        for name in self.limits:
            self.row[name] = len(self.row)
            extra += [
                (Column(Role.SPENT, name), {name: 1.0}, {name: 1.0}),
                (Column(Role.OVER, name), {name: 1.0}, {}),
            ]
        rows, first = len(self.row), lp.columns
        self.column |= {name: first + k for k, (name, _, _) in enumerate(extra)}
        self.now = np.zeros((rows, len(self.column)))
        self.before = np.zeros_like(self.now)
        self.now[: lp.rows, :first], self.before[: lp.rows, :first] = lp.now, lp.before
        for added, now, before in extra:
            for matrix, entries in ((self.now, now), (self.before, before)):
                for row, value in entries.items():
                    matrix[self.row[row], self.column[added]] = value
        if PEAK_ROW in self.row:
            self.now[self.row[PEAK_ROW], self.column[IMPORT]] = 1.0
        for name, parts in self.limits.items():
            for column, value in parts.items():
                self.now[self.row[name], self.column[column]] = -value
        for name, factor in self.loss.items():
            for storage in self.storages:
                standing = storage_losses(storage, self.problem.step_hours)[1]
                level = self.column[Column(Role.LEVEL, storage.name)]
                self.before[self.row[name], level] = factor * standing

    def _series(self, floor_mw: Array) -> None:
        """Costs, bounds and right-hand sides of the period, padded at the end, (T + L, …)."""
        lp, steps, column = self.formulation.lp, self.problem.steps, self.column
        rows, columns = self.now.shape
        shape = (steps + self.length, columns)
        self.cost, self.lower, self.upper = np.zeros((3, *shape))
        self.rhs = np.zeros((steps + self.length, rows))
        first = lp.columns
        for whole, part in ((self.cost, lp.cost), (self.lower, lp.lower), (self.upper, lp.upper)):
            whole[:steps, :first] = part.T
        self.rhs[:steps, : lp.rows] = lp.rhs.T
        terms, hours = self.problem.terms, self.problem.step_hours
        if PEAK_ROW in self.row:
            most = float(np.max(self.problem.import_limit_mw)) + float(np.max(floor_mw))
            month = terms.month_of_step
            begins = np.append(True, month[1:] != month[:-1])
            charge = terms.monthly_demand_charge_cny_mw[month]
            self.lower[:steps, column[PEAK]] = floor_mw
            self.upper[:steps, [column[ROOM], column[PEAK], column[RISE]]] = most
            self.upper[:, column[FALL]] = most
            self.upper[:steps, column[FALL]] = np.where(begins, most, 0.0)
            self.cost[:steps, column[RISE]] = np.where(begins, ORDER_COST, charge)
            self.cost[:steps, column[FALL]] = ORDER_COST  # makes the optimum unique
            self.cost[:steps, column[PEAK]] = np.where(begins, charge, 0.0)
        for name, parts in self.limits.items():
            reach = sum(abs(v) * self.upper[:steps, column[c]] for c, v in parts.items())
            for storage in self.storages if name in self.loss else ():
                inflow = self.problem.on_all(storage.inflow_mw)
                self.rhs[:steps, self.row[name]] -= self.loss[name] * inflow
                reach = reach + inflow + storage_losses(storage, hours)[1] * storage.energy_mwh
            most = float(np.sum(np.sort(reach)[-self.length :])) + 1.0
            self.lower[:, column[Column(Role.SPENT, name)]] = -most
            self.upper[:, column[Column(Role.SPENT, name)]] = most
            self.cost[:, column[Column(Role.OVER, name)]] = self.penalty * hours

    @property
    def penalty(self) -> float:
        """Penalty price of violating a limit or the terminal rule. [CNY/MWh]"""
        return 10.0 * max(self.problem.unserved_cost_cny_mwh, 1000.0)

    def _tie_break_costs(self) -> None:
        """Small costs that make the optimum unique, shape (L, n)."""
        hours, place = self.problem.step_hours, np.arange(1, self.length + 1) / self.length
        self.ties = np.zeros((self.length, len(self.column)))
        for found, j in self.formulation.column.items():
            own = (j + 1) * _GOLDEN % 1.0
            if found.role in (Role.LEVEL, Role.OWED):
                self.ties[:, j] = HOLDING_COST * (1.0 + own) * hours
            else:
                self.ties[:, j] = ORDER_COST * hours * place ** (1.0 + own)
            if found.role in (Role.CHARGE, Role.DISCHARGE):
                self.ties[:, j] += THROUGHPUT_COST * hours
        for storage in self.storages:
            if np.any(storage.spill_mw > 0.0):
                self.ties[:, self.column[Column(Role.SPILL, storage.name)]] += SPILL_COST * hours

    def template(self) -> BlockLP:
        """The block program with the matrices of all windows."""
        columns, steps = self.now.shape[1], self.length
        data = [np.ascontiguousarray(a[:steps].T) for a in (self.rhs, self.cost, self.lower)]
        return BlockLP(
            now=self.now,
            before=self.before,
            rhs=data[0],
            cost=data[1],
            lower=data[2],
            upper=np.full((columns, steps), np.inf),
            cyclic=False,
            quadratic=None,
            shared=np.zeros((len(self.row), 0, steps)),
            **no_dense(columns, steps),  # type: ignore[arg-type]  # Array or Bools
        )

    def data(self, window: int, state: State, end: End) -> WindowData:
        """Data of a window that begins in a given state.

        Parameters
        ----------
        window : int
            Which one.
        state : State
            State at the start of the window.
        end : End
            Conditions at its end.

        Returns
        -------
        WindowData
            Steps after ``end.step`` are empty: all their powers are 0.
        """
        start, column = int(self.starts[window]), self.column
        part = slice(start, start + self.length)
        cost = self.cost[part] + self.ties
        lower, upper, rhs = self.lower[part].copy(), self.upper[part].copy(), self.rhs[part].copy()
        self._insert_forecasts(window, upper, rhs)
        for storage in self.storages:
            name = storage.name
            upper[end.step, column[Column(Role.LEVEL, name)]] = 0.0
            lower[end.step, column[Column(Role.LEVEL, name)]] = 0.0
            for band, (width, worth) in enumerate(end.bands[name]):
                j = column[Column(Role.BAND, name, band)]
                upper[end.step, j], cost[end.step, j] = width, -worth
        for name, backlog in end.backlog.items():
            owed, more = column[Column(Role.OWED, name)], column[Column(Role.BAND, name)]
            least, most = lower[end.step, owed], upper[end.step, owed]
            upper[end.step, owed] = np.clip(backlog.wanted_mwh, least, most)
            upper[end.step, more] = most - upper[end.step, owed]
            cost[end.step, owed] += backlog.below_cny_mwh
            cost[end.step, more] = backlog.above_cny_mwh
        for carried, value in state.carried():
            if carried in column:
                rhs[0] += self.before[:, column[carried]] * value
        for name in self.limits:
            j = column[Column(Role.SPENT, name)]
            most, left = upper[end.step, j], end.left[name] - state.used[name]
            upper[end.step, j] = np.clip(left, -most, most)
            upper[end.step, column[Column(Role.OVER, name)]] = 2.0 * most
        return WindowData(cost, lower, upper, rhs)

    def _insert_forecasts(self, window: int, upper: Array, rhs: Array) -> None:
        """Put the forecasts into bounds and balance."""
        for _, names in renewable_groups(self.problem):
            j = self.column.get(renewable_column(names))
            if j is not None:
                upper[:, j] = sum(self.seen.renewables[name][window] for name in names)
        fixed = self.fixed_load(window)
        rhs[:, self.formulation.balance] = fixed
        if UNSERVED in self.column:
            upper[:, self.column[UNSERVED]] = fixed

    def fixed_load(self, window: int) -> Array:
        """Forecast of the fixed load, shape (L,). [MW]"""
        start, count = int(self.starts[window]), self.length
        movable = np.zeros(count)
        for load in self.problem.flexible_loads:
            demand = self.problem.on_all(load.demand_mw)[start : start + count]
            movable[: demand.size] += demand
        return np.asarray(np.maximum(self.seen.load_mw[window] - movable, 0.0))


def _formulated(problem: Problem) -> Formulation:
    """Return the program of the period without the charges and limits that windows treat as states.

    Storages that are idle over the period are left out.
    """
    terms = PeriodTerms(emission_price_cny_t=problem.terms.emission_price_cny_t)
    empty = tuple(
        replace(storage, initial_level_mwh=0.0)
        for storage in problem.storages
        if not storage.is_idle(problem.terminal)
    )
    return formulate(
        replace(problem, terminal="free", terms=terms, storages=empty, storage_order=())
    )


def _limit_columns(problem: Problem, column: dict[Column, int]) -> dict[str, dict[Column, float]]:
    """Coefficients of each limit over the period, by column."""
    kept = {
        limit.key: {c: v for c, v in coefficients(problem, limit).items() if c in column and v}
        for limit, _ in problem.terms.limits()
    }
    return {name: parts for name, parts in kept.items() if parts}
