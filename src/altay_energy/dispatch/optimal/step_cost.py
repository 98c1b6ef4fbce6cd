"""Residual cost of a step as a function of a storage's power, one direction at a time.

The columns of the linear program give one convex piecewise linear function with import closed and
one with export closed (`station_schedule.ResidualCost`); the cost is their minimum. Both are
replaced by functions below them whose kinks are at given powers, so that a lower bound computed at
these powers is valid for all powers between them.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from altay_energy.core.units import Array
from altay_energy.dispatch.lp.program import BlockLP, Bools
from altay_energy.dispatch.program.columns import EXPORT, IMPORT
from altay_energy.dispatch.program.formulation import Formulation
from altay_energy.dispatch.units.station_schedule import ResidualCost

_FENCE = 1e8
"""Slope above which a power is infeasible. [CNY/MWh]"""

_STEEP = 1000.0
"""Change of slope above which a moved convex kink keeps its cheaper side. [CNY/MWh]"""


@dataclass(frozen=True, eq=False)
class StepCost:
    """Residual cost of a step for every move of the storage, import or export open.

    Parameters
    ----------
    lines : tuple of ResidualCost
        Functions with export closed and with import closed; only one if there is no choice.
    power_mw : ndarray, shape (M,)
        Power drawn from the bus, increasing. [MW]
    imports : bool
        Whether the only line is that with import open.
    """

    lines: tuple[ResidualCost, ...]
    power_mw: Array
    imports: bool

    @classmethod
    def of(
        cls, formulation: Formulation, lp: BlockLP, cost: Array, own: list[int], power_mw: Array
    ) -> StepCost:
        """Compute it from a program at given costs, shape (n, T), without the storage's columns."""
        column = formulation.column
        upper = np.broadcast_to(lp.upper, (lp.columns, lp.steps)).copy()
        lower = np.broadcast_to(lp.lower, upper.shape).copy()
        upper[own] = lower[own] = 0.0
        both = [column[name] for name in (EXPORT, IMPORT) if name in column]
        lines = []
        for shut in both if len(both) == 2 else [None]:
            one = upper.copy()
            if shut is not None:
                one[shut] = 0.0
            lines.append(ResidualCost.of(lp, formulation.balance, cost, lower, one))
        return cls(tuple(lines), power_mw, IMPORT in column)

    def cost(self, steps: slice) -> tuple[Array, Bools]:
        """Lower bound of the cost at each grid power [CNY], and whether import is open."""
        found = [line_below(line, steps, self.power_mw) for line in self.lines]
        if len(found) == 1:
            return found[0], np.full(found[0].shape, self.imports)
        return np.minimum(*found), found[0] <= found[1]


def line_below(line: ResidualCost, steps: slice, at: Array) -> Array:
    """Return values at given powers whose interpolation is nowhere above the convex functions.

    Parameters
    ----------
    line : ResidualCost
        Residual cost; its first and last piece mark infeasible powers.
    steps : slice
        Selected steps of its T steps.
    at : ndarray, shape (M,)
        Powers, increasing. [MW]

    Returns
    -------
    ndarray, shape (T, M)
        Costs; a line that ends between two powers is extended. [CNY]
    """
    power, money = line.power_mw[steps], line.cost_cny[steps]
    slope = _slopes(power, money)
    value = np.full((len(power), at.size), -np.inf)
    for k in range(slope.shape[1]):
        near = max(k, 1)  # the far ends of outer pieces would lose digits
        off = at - power[:, near, np.newaxis]
        np.maximum(value, money[:, near, np.newaxis] + slope[:, k, np.newaxis] * off, out=value)
    rows = np.arange(len(power))
    lowered = np.zeros_like(value)
    for k in range(1, slope.shape[1]):
        corner, turn = power[:, k], slope[:, k] - slope[:, k - 1]
        cell = np.searchsorted(at, corner, side="right") - 1
        inside = (cell >= 0) & (cell < at.size - 1) & (turn > 0.0)
        r, j, turn, corner = rows[inside], cell[inside], turn[inside], corner[inside]
        before, after = turn * (corner - at[j]), turn * (at[j + 1] - corner)
        # Moving the kink to the point before it lowers the value there; moving it to the point
        # after it lowers the value there. An infeasible or expensive side keeps its slope.
        on = (after < before) | (turn > _STEEP)
        on &= slope[r, k - 1] > -_FENCE
        lowered[r[~on], j[~on]] += before[~on]
        lowered[r[on], j[on] + 1] += after[on]
    return value - lowered


def _slopes(power: Array, money: Array) -> Array:
    """Return slopes of the pieces, (T, K - 1); a piece without width has that of its neighbour."""
    width = np.diff(power, axis=1)
    real = width > 1e-9
    slope = np.where(real, np.diff(money, axis=1) / np.where(real, width, 1.0), 0.0)
    for k in range(1, slope.shape[1]):  # the first piece always has a width
        slope[:, k] = np.where(real[:, k], slope[:, k], slope[:, k - 1])
    return slope
