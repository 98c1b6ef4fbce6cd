"""Values of the columns of a solution, within their bounds and free of rounding."""

from __future__ import annotations

import numpy as np

from altay_energy.core.units import Array
from altay_energy.dispatch.lp.program import BlockSolution
from altay_energy.dispatch.program.assembly import Formulation
from altay_energy.dispatch.program.columns import Column, Role, places

DUST = 1e-9
"""Share of a column's largest bound, or of the largest flow on the bus where that is smaller, below
which a distance to a bound is rounding."""


class Values:
    """Columns of a solution, snapped to their bounds; zeros where there is none.

    Parameters
    ----------
    formulation : Formulation
        The problem and its program.
    solution : BlockSolution
        Whose powers are taken.
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

    def bands(self, name: str) -> Array | None:
        """Content of a storage at the end of the last step where it is in bands, shape (...)."""
        part = self.formulation.bands.get(name)
        return None if part is None else self.shared[..., part].sum(axis=-1)

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
