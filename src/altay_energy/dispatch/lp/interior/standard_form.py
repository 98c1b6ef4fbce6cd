"""A `BlockLP` as the interior-point method sees it: bounds 0 … u, numbers of order one, flat."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from altay_energy.core.units import Array
from altay_energy.dispatch.lp.matrix import BlockMatrix, Selection, dots
from altay_energy.dispatch.lp.program import BlockLP, Bools

_TIGHT = 1e-13
"""Widths below this share of the largest one are fixed variables."""

_CENTRALITY = 0.1
"""First complementarity product, as a share of mean cost times mean width. From 0.1 to 1 the number
of iterations hardly changes; too small a value costs many more than too large a one (measured)."""


@dataclass(eq=False)
class BoxForm:
    """R programs min c·x + ½ q·x² subject to A x = b and 0 ≤ x ≤ u, in units of their own.

    Variables are divided by a power of two near the largest width, costs by one near the
    largest cost: the iterates do not depend on the units, and no digit is lost.

    Parameters
    ----------
    cost, width : ndarray, shape (R, N)
        c and u; both are 0 where a variable is fixed, and u is 0 where it is without upper bound.
    quadratic : ndarray, shape (R, N), or None
        q.
    rhs : ndarray, shape (R, M)
        b.
    fixed, unbounded : ndarray of bool, shape (R, N)
        Variables with equal bounds, and without upper bound.
    lower : ndarray, shape (R, N)
        What was taken off, in the program's unit.
    constant : ndarray, shape (R,)
        Objective at the lower bounds, in the program's unit.
    power_scale, cost_scale : ndarray, shape (R, 1)
        What variables and costs were divided by.
    """

    cost: Array
    width: Array
    quadratic: Array | None
    rhs: Array
    fixed: Bools
    unbounded: Bools
    lower: Array
    constant: Array
    power_scale: Array
    cost_scale: Array

    @property
    def objective_scale(self) -> Array:
        """What the objective was divided by, shape (R,)."""
        return (self.power_scale * self.cost_scale)[:, 0]

    def select(self, which: Selection) -> BoxForm:
        """Some of the programs."""
        kept: dict[str, Any] = {
            name: None if values is None else values[which] for name, values in vars(self).items()
        }
        return BoxForm(**kept)


def box_form(lp: BlockLP, matrix: BlockMatrix) -> BoxForm:
    """The program, flat, shifted to lower bounds of 0 and scaled.

    Parameters
    ----------
    lp : BlockLP
        The program.
    matrix : BlockMatrix
        Of this program, or of one with the same matrices.
    """
    lower = _flat(lp, matrix, lp.lower, lp.shared_lower, 0.0)
    width = _flat(lp, matrix, lp.upper, lp.shared_upper, np.inf)
    width -= lower
    cost = _flat(lp, matrix, lp.cost, lp.shared_cost, 0.0)
    rhs = np.empty((len(cost), matrix.all_rows))
    matrix.rows_by_step(rhs)[...] = _together(lp, lp.rhs, 2)
    rhs[:, matrix.step_rows :] = _together(lp, lp.dense_rhs, 1)
    constant = np.zeros(len(cost))
    quadratic = None
    if lp.quadratic is not None:
        quadratic = _flat(lp, matrix, lp.quadratic, 0.0, 0.0)
    if lower.any():
        rhs -= matrix.times(lower, np.empty_like(rhs))
        constant += dots(cost, lower)
        if quadratic is not None:
            constant += 0.5 * dots(quadratic * lower, lower)
            cost += quadratic * lower
    unbounded = np.isinf(width)
    if unbounded.any():
        width[unbounded] = 0.0
    power = np.maximum(width.max(axis=1, initial=0.0), np.abs(rhs).max(axis=1, initial=0.0))
    power_scale = _power_of_two(power)
    fixed = (width <= _TIGHT * power_scale) & ~unbounded
    cost[fixed] = 0.0
    width[fixed] = 0.0
    if quadratic is not None:
        quadratic[fixed] = 0.0
    largest = np.abs(cost).max(axis=1, initial=0.0)
    if quadratic is not None:
        largest = np.maximum(largest, quadratic.max(axis=1, initial=0.0) * power_scale[:, 0])
    cost_scale = _power_of_two(largest)
    cost /= cost_scale
    width /= power_scale
    rhs /= power_scale
    if quadratic is not None:
        quadratic *= power_scale / cost_scale
    form = BoxForm(
        cost, width, quadratic, rhs, fixed, unbounded, lower, constant, power_scale, cost_scale
    )
    _fix_idle_levels(form, matrix)
    return form


def _fix_idle_levels(form: BoxForm, matrix: BlockMatrix) -> None:
    """Fix levels that nothing can move.

    Where no variable of its row can move, a level follows from the first one. Closed to a ring such
    rows depend on each other, and their duals would grow without limit; where the level costs
    nothing, they are 0.
    """
    for place, column in enumerate(matrix.carried):
        rows = np.flatnonzero((matrix.now[:, column] != 0.0) | (matrix.before[:, place] != 0.0))
        if (
            rows.size != 1
            or column in matrix.dense_columns
            or np.isin(rows, matrix.shared_rows).any()
        ):
            continue
        row = int(rows[0])
        others = np.flatnonzero((matrix.now[row] != 0.0) & (np.arange(matrix.columns) != column))
        if matrix.before[row].nonzero()[0].size > 1:
            continue
        fixed = matrix.by_step(form.fixed)
        priced = matrix.by_step(form.cost)[:, column].any(axis=-1)
        if form.quadratic is not None:
            priced |= matrix.by_step(form.quadratic)[:, column].any(axis=-1)
        for run in np.flatnonzero(fixed[:, others].all(axis=(1, 2)) & ~priced):
            _fix_level(form, matrix, int(run), row, place)


def _fix_level(form: BoxForm, matrix: BlockMatrix, run: int, row: int, place: int) -> None:
    from scipy.signal import lfilter

    column = int(matrix.carried[place])
    scale = matrix.now[row, column]
    keep = matrix.before[row, place] / scale if scale else np.inf
    if not 0.0 < keep <= 1.0:
        return
    view = slice(run, run + 1)
    width = matrix.by_step(form.width[view])[0, column]
    capped = ~matrix.by_step(form.unbounded[view])[0, column]
    gain = matrix.rows_by_step(form.rhs[view])[0, row]
    level = lfilter([1.0], [1.0, -keep], gain / scale)
    share = keep ** np.arange(1.0, gain.size + 1.0)
    first = 0.0
    if matrix.cyclic:
        if keep < 1.0:
            first = level[-1] / (1.0 - share[-1])
        elif abs(level[-1]) > _TIGHT * gain.size:
            return  # has no solution; the iteration will find that
        else:
            first = np.max(-level)
    level = level + share * first
    if (level < -_TIGHT).any() or (capped & (level > width + _TIGHT)).any():
        return
    matrix.by_step(form.lower[view])[0, column] += level * form.power_scale[run]
    matrix.by_step(form.fixed[view])[0, column] = True
    matrix.by_step(form.unbounded[view])[0, column] = False
    matrix.by_step(form.width[view])[0, column] = 0.0
    gain[...] = 0.0


@dataclass(eq=False)
class Point:
    """An iterate of the interior-point method; all arrays (R, N), ``y`` (R, M), all but y above 0.

    ``below`` and ``above`` are the distances to the lower and the upper bound, ``z`` and ``v`` the
    prices of the two bounds. Bounds that do not exist have distance 1
    and a negligible price.
    """

    below: Array
    above: Array
    z: Array
    v: Array
    y: Array

    def select(self, which: Selection) -> Point:
        """Some of the programs."""
        return Point(**{name: values[which] for name, values in vars(self).items()})


class LeastSquares(Protocol):
    """What fits row duals to costs."""

    def fitted(self, theta: Array, cost: Array) -> Array:
        """Row duals y, shape (R, M), of the least sum of θ (c - Aᵀ y)²; overwrites ``theta``."""


NO_PRICE = 1e-200
"""Price of an upper bound that does not exist."""


def starting_point(form: BoxForm, matrix: BlockMatrix, normal: LeastSquares) -> Point:
    """A central starting point whose row duals fit the costs.

    Row duals are the weighted least-squares fit to the costs (weights: room to move, less where a
    cost is far above the mean). Given the reduced costs g, every variable is
    put where g = μ/x - μ/(u - x): all complementarity products are then the same and the duals are
    feasible; the rows are not, which the Newton steps correct.

    Parameters
    ----------
    form : BoxForm
        The programs.
    matrix : BlockMatrix
        Their rows.
    normal : LeastSquares
        Fits row duals to costs.
    """
    wide = form.width + form.unbounded  # 1 where there is no bound
    moving = (~form.fixed).astype(np.float64)
    size = np.abs(form.cost)
    typical = size.sum(axis=1, keepdims=True)
    typical /= np.maximum(np.count_nonzero(size, axis=1, keepdims=True), 1)
    typical[typical == 0.0] = 1.0
    theta = size / typical
    theta *= theta
    theta += 1.0
    np.divide(wide, theta, out=theta)
    theta *= moving
    y = normal.fitted(theta, form.cost)
    y[~np.isfinite(y)] = 0.0
    g = matrix.transposed_times(y, theta)
    np.subtract(form.cost, g, out=g)
    count = np.maximum(moving.sum(axis=1, keepdims=True), 1)
    mu = _CENTRALITY * typical * np.multiply(wide, moving, out=moving).sum(axis=1, keepdims=True)
    mu = np.maximum(mu / count, 1e-12)
    near, far = _balanced(g, wide, mu, size, moving)
    up = g > 0.0
    if form.unbounded.any():
        pull = mu / np.maximum(np.abs(g), 1e-12)
        np.copyto(near, np.where(up, np.minimum(pull, 1.0), 1.0), where=form.unbounded)
        np.copyto(far, near, where=form.unbounded)
    below, above = np.where(up, near, far), np.where(up, far, near)
    below[form.fixed] = 1.0
    above[form.fixed | form.unbounded] = 1.0
    v = mu / above
    v[form.unbounded] = NO_PRICE
    return Point(below, above, mu / below, v, y)


def _balanced(g: Array, wide: Array, mu: Array, near: Array, far: Array) -> tuple[Array, Array]:
    """Distances to the nearer and the farther bound at which μ / near - μ / far = abs(g).

    Both are written to ``near`` and ``far``, so that nothing is allocated.
    """
    twice = np.abs(g)
    np.maximum(twice, 1e-12, out=twice)
    np.divide(2.0 * mu, twice, out=twice)
    np.multiply(wide, wide, out=near)
    near += np.multiply(twice, twice, out=far)
    np.sqrt(near, out=near)
    near += wide
    near += twice
    np.divide(np.multiply(twice, wide, out=twice), near, out=near)
    np.subtract(wide, near, out=far)
    np.maximum(far, near, out=far)
    return near, far


def _together(lp: BlockLP, values: Array | float, own: int) -> Array:
    """In the shape of all programs, leading axes in one."""
    values = np.asarray(values, dtype=np.float64)
    if not lp.lead:
        return values[np.newaxis]
    shape = (*lp.lead, *values.shape[values.ndim - own :])
    runs = int(np.prod(lp.lead, dtype=int))
    return np.broadcast_to(values, shape).reshape(runs, *shape[len(lp.lead) :])


def _flat(
    lp: BlockLP, matrix: BlockMatrix, steps: Array, shared: Array | float, slack: float
) -> Array:
    flat = np.empty((int(np.prod(lp.lead, dtype=int)), matrix.variables))
    matrix.by_step(flat)[...] = _together(lp, steps, 2)
    tail = matrix.tail(flat)
    tail[0][...] = shared
    tail[1][...] = slack
    return flat


def _power_of_two(values: Array) -> Array:
    safe = np.where(values > 0.0, values, 1.0)
    return np.exp2(np.round(np.log2(safe)))[:, None]
