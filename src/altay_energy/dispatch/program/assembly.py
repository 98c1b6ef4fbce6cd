"""Linear program with named columns and rows: builder, formulation and solution."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from altay_energy.core.units import Array
from altay_energy.dispatch.lp.program import BlockLP, BlockSolution
from altay_energy.dispatch.problem.problem import Problem
from altay_energy.dispatch.program.columns import Column, Role, places

# Weights of the second objective, see altay_energy.dispatch.program.tie_break.
EVENNESS = 0.1
STORED = 1e-5
EXCHANGED = 0.01

DUST = 1e-9
"""A distance to a bound below this share of the column's largest bound, or of the largest flow on
the bus if that is smaller, is rounding. [-]"""


class Pair(NamedTuple):
    """Two columns of which only one may be above 0 in a step.

    Parameters
    ----------
    owner : str
        Name of the storage, or of the grid connection.
    first, second : int
        Their column indices.
    row : int
        Row of their net flow: the content of a storage, the balance for the connection.
    traded : bool
        Whether running both ways can pay by the costs of the two columns alone, as at the grid
        connection; for a storage it pays by the price of the bus times the losses.
    """

    owner: str
    first: int
    second: int
    row: int
    traded: bool


@dataclass(frozen=True, eq=False)
class Formulation:
    """A problem, its linear program, and the meaning of its columns and rows.

    Parameters
    ----------
    problem : Problem
    lp : BlockLP
        Costs in CNY.
    column : mapping of Column to int
        Index of each quantity among the n variables; quantities that are always 0 have no column.
    row : mapping of str to int
        Index of the balance of each bus, storage and flexible load, by name, and of the row of
        monthly peaks.
    limits : tuple of str
        Names of the dense rows.
    bands : mapping of str to slice
        Shared variables that hold the content at the end, by storage.
    peaks : slice
        Shared variables that are the monthly peaks.
    opposites : tuple of Pair
    throughput, curve : ndarray, shape (n,)
        Weights of the second objective, see `altay_energy.dispatch.program.tie_break`.
    """

    problem: Problem
    lp: BlockLP
    column: Mapping[Column, int]
    row: Mapping[str, int]
    limits: tuple[str, ...]
    bands: Mapping[str, slice]
    peaks: slice
    opposites: tuple[Pair, ...]
    throughput: Array
    curve: Array

    @property
    def balance(self) -> int:
        """Row of the balance of the one bus."""
        (bus,) = self.problem.buses
        return self.row[bus]


class _Entry(NamedTuple):
    """A column of a draft: coefficients of this step and the one before, numbers of a step."""

    now: dict[str, float]
    before: dict[str, float]
    lower: Array
    upper: Array
    cost: Array
    throughput: float
    curve: float


class Draft:
    """Builder of a program: collects rows and columns by name; `formulation` makes the arrays.

    Parameters
    ----------
    problem : Problem
        Gives the shape and the step length of every column.
    """

    def __init__(self, problem: Problem) -> None:
        self.problem = problem
        self.row = {bus: place for place, bus in enumerate(problem.buses)}
        self.column: dict[Column, int] = {}
        self.bands: dict[str, slice] = {}
        self.peaks = slice(0, 0)
        self._entries: list[_Entry] = []
        self._opposites: list[tuple[str, int, int, str, bool]] = []
        self._rhs: dict[str, Array] = {}
        self._first: dict[str, float] = {}
        self._limits: dict[str, tuple[Mapping[Column, ArrayLike], Array]] = {}
        self._shared: list[tuple[str, Array, float, float]] = []

    def add_row(self, name: str) -> None:
        """Add an equation to each step, with 0 on the right-hand side."""
        self.row[name] = len(self.row)

    def add_to_rows(self, name: str, values: Array) -> None:
        """Add to the right-hand side of a row, shape (..., T)."""
        self._rhs[name] = self._rhs.get(name, np.zeros(())) + values

    def add_to_first(self, name: str, value: float) -> None:
        """Add an initial value to the right-hand side of a row in the first step."""
        self._first[name] = value

    def add_to_column(self, name: Column, rows: Mapping[str, float]) -> None:
        """Add coefficients of a column in further rows."""
        self._entries[self.column[name]].now.update(rows)

    def add(
        self,
        name: Column,
        upper: ArrayLike,
        *,
        lower: ArrayLike = 0.0,
        cost: ArrayLike = 0.0,
        rows: Mapping[str, float],
        throughput: float = 0.0,
    ) -> None:
        """Add a power column, unless it can never be above 0.

        Parameters
        ----------
        name : Column
        upper, lower : array_like, shape (..., T)
            Bounds. [MW]
        cost : array_like, shape (..., T)
            Cost per energy. [CNY/MWh]
        rows : mapping of str to float
            Coefficients by row: in the balance of a bus 1 for supply and -1 for use.
        throughput : float
            Linear weight in the second objective.
        """
        most = float(np.asarray(upper).max())
        if most <= 0.0:
            return
        low, high, hours = np.asarray(lower), np.asarray(upper), self.problem.step_hours
        price, curve = np.asarray(cost) * hours, EVENNESS * hours / most
        self._put(name, _Entry(dict(rows), {}, low, high, price, throughput * hours, curve))

    def add_level(
        self, name: Column, row: str, lower: Array, upper: Array, *, cost: Array, keep: float
    ) -> None:
        """Add a column of contents at the end of each step; ``keep`` of it remains a step later.

        Parameters
        ----------
        name : Column
        row : str
            Row of its recurrence.
        lower, upper : ndarray, shape (..., T)
            Bounds. [MWh]
        cost : ndarray, shape (..., T)
            Per content and hour. [CNY/MWh/h]
        keep : float
            Share that remains after a step. [-]
        """
        hours = self.problem.step_hours
        price = np.asarray(cost) * hours
        self._put(name, _Entry({row: 1.0}, {row: keep}, lower, upper, price, STORED * hours, 0.0))

    def add_limit(self, name: str, columns: Mapping[Column, ArrayLike], most: Array) -> None:
        """Σ over steps of Σ coefficient · column ≤ most, shape (...); a coefficient may change."""
        self._limits[name] = (columns, most)

    def add_bands(self, row: str, costs: Sequence[float], width: float) -> None:
        """Add shared variables for the content at the end of the last step."""
        first = len(self._shared)
        last_step = np.zeros(self.problem.steps)
        last_step[-1] = 1.0
        self._shared += [(row, last_step, cost, width) for cost in costs]
        self.bands[row] = slice(first, len(self._shared))

    def add_peaks(
        self, row: str, month_of_step: NDArray[np.int64], costs: Array, most: float
    ) -> None:
        """Add shared variables for monthly peaks, with a row that bounds its columns by them."""
        first = len(self._shared)
        for month, cost in enumerate(costs.tolist()):
            within = -(month_of_step == month).astype(np.float64)
            self._shared.append((row, within, cost, most))
        self.peaks = slice(first, len(self._shared))

    def _put(self, name: Column, entry: _Entry) -> None:
        self.column[name] = len(self.column)
        self._entries.append(entry)

    def add_opposites(
        self, owner: str, first: Column, second: Column, row: str, *, traded: bool = False
    ) -> None:
        """Record two columns of which only one may be above 0 in a step (`Pair`), if both exist."""
        if first in self.column and second in self.column:
            self._opposites.append((owner, self.column[first], self.column[second], row, traded))

    def formulation(self) -> Formulation:
        """Build the formulation; a program without columns gets one that is always 0."""
        if not self.column:
            none = np.zeros(())
            self._put(Column(Role.IDLE), _Entry({}, {}, none, none, none, 0.0, 0.0))
        # A limit over the period without columns needs no row.
        limits = tuple(n for n, (parts, _) in self._limits.items() if self.column.keys() & parts)
        pairs = ((who, a, b, self.row[row], traded) for who, a, b, row, traded in self._opposites)
        return Formulation(
            problem=self.problem,
            lp=self._program(limits),
            column=self.column,
            row=self.row,
            limits=limits,
            bands=self.bands,
            peaks=self.peaks,
            opposites=tuple(Pair(*pair) for pair in pairs),
            throughput=np.array([entry.throughput for entry in self._entries]),
            curve=np.array([entry.curve for entry in self._entries]),
        )

    def _program(self, limits: Sequence[str]) -> BlockLP:
        steps, entries = self.problem.steps, self._entries
        rhs = _stack([self._rhs.get(name, np.zeros(())) for name in self.row], steps)
        if self._first:
            rhs = rhs.copy()
            for name, value in self._first.items():
                rhs[..., self.row[name], 0] += value
        most = [self._limits[name][1][..., np.newaxis] for name in limits]
        return BlockLP(
            now=self._matrix([entry.now for entry in entries]),
            before=self._matrix([entry.before for entry in entries]),
            rhs=rhs,
            cost=_stack([entry.cost for entry in entries], steps),
            lower=_stack([entry.lower for entry in entries], steps),
            upper=_stack([entry.upper for entry in entries], steps),
            cyclic=self.problem.terminal == "cyclic",
            quadratic=None,
            dense=self._dense(limits),
            dense_rhs=_stack(most, 1)[..., 0] if limits else np.zeros(0),
            dense_equal=np.zeros(len(limits), dtype=np.bool_),
            shared_cost=np.array([cost for _, _, cost, _ in self._shared]),
            shared_lower=np.zeros(len(self._shared)),
            shared_upper=np.array([most for _, _, _, most in self._shared]),
            shared=self._shared_columns(),
            dense_shared=np.zeros((len(limits), len(self._shared))),
        )

    def _matrix(self, columns: Sequence[Mapping[str, float]]) -> Array:
        matrix = np.zeros((len(self.row), len(columns)))
        for j, entries in enumerate(columns):
            for row, value in entries.items():
                matrix[self.row[row], j] = value
        return matrix

    def _dense(self, limits: Sequence[str]) -> Array:
        steps = self.problem.steps
        parts = [self._limits[name][0] for name in limits]
        by_step = any(np.ndim(value) for columns in parts for value in columns.values())
        dense = np.zeros((len(limits), len(self.column), steps if by_step else 1))
        for k, columns in enumerate(parts):
            for column, value in columns.items():
                if column in self.column:
                    dense[k, self.column[column]] = value
        return np.broadcast_to(dense, (*dense.shape[:2], steps))

    def _shared_columns(self) -> Array:
        shared = np.zeros((len(self.row), len(self._shared), self.problem.steps))
        for k, (row, coefficients, _, _) in enumerate(self._shared):
            shared[self.row[row], k] = coefficients
        return shared


class Values:
    """Columns of a solution by name, rounded to their bounds; zeros where there is no column.

    Parameters
    ----------
    formulation : Formulation
        The problem and its program.
    solution : BlockSolution
        Solution that gives the powers.
    """

    def __init__(self, formulation: Formulation, solution: BlockSolution) -> None:
        lp, x = formulation.lp, solution.x
        self.formulation, self.problem = formulation, formulation.problem
        self.column, self.shape = formulation.column, formulation.problem.shape
        self.shared = np.broadcast_to(solution.y, (*self.shape[:-1], solution.y.shape[-1]))
        balances = [formulation.row[bus] for bus in self.problem.buses]
        series = (*self.shape[:-1], lp.columns, lp.steps)
        self.lower = np.broadcast_to(lp.lower, series)
        self.upper = np.broadcast_to(lp.upper, series)
        self.x = np.clip(np.broadcast_to(x, series), self.lower, self.upper)
        largest = np.abs(lp.upper).max(axis=-1, keepdims=True)
        scale = largest.reshape(-1, lp.columns).max(axis=0)
        on_bus = np.flatnonzero(lp.now[balances].any(axis=0))
        drawn = float(np.abs(lp.rhs[..., balances, :]).max())
        flow = max(drawn, self.x[..., on_bus, :].max(initial=0.0))
        scale[on_bus] = np.minimum(scale[on_bus], flow)
        self.dust = DUST * scale
        # Powers are computed from differences of contents.
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

    def bands(self, name: str) -> Array | None:
        """Content of a storage at the end of the last step, summed over its bands, shape (...)."""
        part = self.formulation.bands.get(name)
        return None if part is None else self.shared[..., part].sum(axis=-1)

    def close(self, row: Array, rhs: Array) -> None:
        """Close an equation: first by columns between their bounds, then by any with room."""
        for inside_only in (True, False):
            for j in np.flatnonzero(row):
                missing = rhs - np.einsum("n,...nt->...t", row, self.x)
                x, low, high = self.x[..., j, :], self.lower[..., j, :], self.upper[..., j, :]
                inside = (x - low > self.dust[j]) & (high - x > self.dust[j])
                may = inside if inside_only else x > low
                moved = np.clip(x + missing / row[j], low, high)
                self.x[..., j, :] = np.where(may, moved, x)


def _stack(series: Sequence[Array], steps: int) -> Array:
    """Stack N series of shape (..., T), T or 1 into an array of shape (..., N, T)."""
    lead = np.broadcast_shapes(*(values.shape[:-1] for values in series))
    return np.stack([np.broadcast_to(values, (*lead, steps)) for values in series], axis=-2)
