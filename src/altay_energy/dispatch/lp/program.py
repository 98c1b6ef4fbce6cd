r"""A linear or convex separable quadratic program whose rows couple neighbouring steps only.

Notation: T steps, n variables and m rows a step, p variables that all steps share (a monthly
maximum), K dense rows (limits over the period). Leading axes (...) are independent programs of
the same structure.

.. math::

    \min_{x, y} \quad & \sum_t c_t \cdot x_t + \tfrac12 \sum_t q_t \cdot x_t^2 + g \cdot y \\
    \text{s.t.} \quad & A x_t - B x_{t-1} + G_t y = b_t, \qquad t = 0 \dots T-1 \\
    & \sum_t D_t x_t + E y \;\{=, \le\}\; d \\
    & l_t \le x_t \le u_t, \quad y^l \le y \le y^u

where x before the first step is x of the last step if ``cyclic``, and 0 otherwise; initial contents
are then part of ``b_0``. Rows of a step are equations; the slack of an inequality is one of the
variables of the step. Typically row 0 is a balance, rows 1 … S are the recurrences of the levels
(with +1 in A and the share kept in B, in the level's column), and a further row limits a variable
by a shared one with a slack.

Duals: the row dual π (m, T) is d objective / d b, the dense dual δ (K,) is d objective / d d and so
never positive for a ≤ row. With them the reduced costs are, for every step and shared variable,

.. math::

    z_t = c_t + q_t x_t - A^\top \pi_t + B^\top \pi_{t+1} - D_t^\top \delta, \qquad
    z^y = g - \sum_t G_t^\top \pi_t - E^\top \delta

(π after the last step is π of the first step if cyclic, and 0 otherwise). At the optimum z > 0 only
if a variable is at its lower bound, and z < 0 only if it is at its upper bound. Any π and δ (δ ≤ 0
on ≤ rows) give a lower bound of the optimum,

.. math::

    b \cdot \pi + d \cdot \delta - \tfrac12 q \cdot x^2
        + z^+ \cdot l - z^- \cdot u + z^{y+} \cdot y^l - z^{y-} \cdot y^u

so a solution can be certified independently of its solver, if bounds are finite; see
`altay_energy.dispatch.lp.certificate`.

A solver is a function of a `BlockLP` that returns a `BlockSolution`. The solvers are designed for
finite bounds, few rows per step, matrix entries between about 0.01 and 4, variables up to 10^6 and
costs from 0 (very often) to 10^4. In a lexicographic tie-break, ``cost`` is of order 1,
``quadratic`` is above 0 for some or all variables, and many bounds are equal.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal, TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

from altay_energy.core.errors import SeriesError
from altay_energy.core.units import Array

Bools: TypeAlias = NDArray[np.bool_]

Status: TypeAlias = Literal["optimal", "infeasible", "unbounded", "limit", "failed"]
"""``limit``: stopped by iterations or time before the tolerances were met; ``failed``: numerical
failure."""


@dataclass(frozen=True, eq=False)
class BlockLP:
    """Program defined at the top of this module. Arrays are float64 and never NaN.

    Leading axes: ``cost``, ``rhs``, ``lower``, ``upper``, ``quadratic``, ``shared`` and
    ``dense_rhs`` may each have the full leading shape or none (they broadcast); ``now``,
    ``before``, ``dense``, ``dense_shared`` and all arrays of y are common to all programs.

    Parameters
    ----------
    now, before : ndarray, shape (m, n)
        A and B, constant in time. B has few nonzero columns (the levels).
    rhs : ndarray, shape (..., m, T)
        b, with initial contents if not cyclic.
    cost : ndarray, shape (..., n, T)
        c.
    lower, upper : ndarray, shape (..., n, T)
        Bounds, lower ≤ upper, lower finite, upper finite or inf. Bounds may be equal in some or all
        steps (a fixed variable).
    cyclic : bool
        Whether the step before the first one is the last one.
    quadratic : ndarray, shape (..., n, T), or None
        q ≥ 0; None for a linear program.
    dense : ndarray, shape (K, n, T)
        D; may be a broadcast view of (K, n, 1). K may be 0.
    dense_rhs : ndarray, shape (..., K)
        d.
    dense_equal : ndarray of bool, shape (K,)
        True for =, False for ≤.
    shared_cost, shared_lower, shared_upper : ndarray, shape (p,)
        g and the bounds of y, lower finite. p may be 0.
    shared : ndarray, shape (..., m, p, T)
        G. Mostly zeros: a monthly peak touches one row in the steps of its month.
    dense_shared : ndarray, shape (K, p)
        E.

    Raises
    ------
    SeriesError
        If shapes do not agree, a number is NaN, or a lower bound exceeds its upper bound.
    """

    now: Array
    before: Array
    rhs: Array
    cost: Array
    lower: Array
    upper: Array
    cyclic: bool
    quadratic: Array | None
    dense: Array
    dense_rhs: Array
    dense_equal: Bools
    shared_cost: Array
    shared_lower: Array
    shared_upper: Array
    shared: Array
    dense_shared: Array

    def __post_init__(self) -> None:
        m, n, steps = *self.now.shape, self.cost.shape[-1]
        dense, shared = self.dense_rhs.shape[-1], self.shared_cost.shape[-1]
        expected = {
            "before": (m, n),
            "rhs": (m, steps),
            "cost": (n, steps),
            "lower": (n, steps),
            "upper": (n, steps),
            "quadratic": (n, steps),
            "dense": (dense, n, steps),
            "dense_rhs": (dense,),
            "dense_equal": (dense,),
            "shared_cost": (shared,),
            "shared_lower": (shared,),
            "shared_upper": (shared,),
            "shared": (m, shared, steps),
            "dense_shared": (dense, shared),
        }
        for name, shape in expected.items():
            values = getattr(self, name)
            if values is None:
                continue
            if values.shape[values.ndim - len(shape) :] != shape:
                raise SeriesError(f"{name} has shape {values.shape}, expected (..., {shape})")
            if np.isnan(values).any():
                raise SeriesError(f"{name} holds NaN; expected numbers")
        if not (self.lower <= self.upper).all():
            raise SeriesError("a lower bound is above its upper bound; no value satisfies both")

    @property
    def lead(self) -> tuple[int, ...]:
        """Common leading shape of all arrays."""
        series = (self.rhs, self.cost, self.lower, self.upper)
        shapes = [a.shape[:-2] for a in series] + [self.dense_rhs.shape[:-1]]
        shapes.append(self.shared.shape[:-3])
        if self.quadratic is not None:
            shapes.append(self.quadratic.shape[:-2])
        return np.broadcast_shapes(*shapes)

    def one(self, run: tuple[int, ...]) -> BlockLP:
        """Return one of the programs, without leading axes.

        Parameters
        ----------
        run : tuple of int
            Its place in the leading shape; () where there is none.
        """

        def cut(values: Array, own: int) -> Array:
            lead = values.shape[: values.ndim - own]
            place = run[len(run) - len(lead) :]
            own_place = tuple(k if n > 1 else 0 for k, n in zip(place, lead, strict=True))
            return np.asarray(values[own_place])

        return replace(
            self,
            rhs=cut(self.rhs, 2),
            cost=cut(self.cost, 2),
            lower=cut(self.lower, 2),
            upper=cut(self.upper, 2),
            quadratic=None if self.quadratic is None else cut(self.quadratic, 2),
            dense_rhs=cut(self.dense_rhs, 1),
            shared=cut(self.shared, 3),
        )

    @property
    def rows(self) -> int:
        """Rows a step, m."""
        return int(self.now.shape[0])

    @property
    def columns(self) -> int:
        """Variables a step, n."""
        return int(self.now.shape[1])

    @property
    def steps(self) -> int:
        """Steps, T."""
        return int(self.cost.shape[-1])


@dataclass(frozen=True, eq=False)
class BlockSolution:
    """Result of a solver for a `BlockLP`; leading axes are those of the program.

    Parameters
    ----------
    status : ndarray of str, shape (...)
        One of `Status` for each program; the values of programs that are not ``optimal`` are those
        at the end of the solver and must not be used.
    x : ndarray, shape (..., n, T)
        Variables, within their bounds exactly.
    y : ndarray, shape (..., p)
        Shared variables, within their bounds exactly.
    row_dual : ndarray, shape (..., m, T)
        π, see the top of this module.
    dense_dual : ndarray, shape (..., K)
        δ.
    iterations : ndarray of int, shape (...)
        Number of iterations of the solver.
    solver : str
        Name of the solver: ``fast`` or ``highs``.
    """

    status: NDArray[np.str_]
    x: Array
    y: Array
    row_dual: Array
    dense_dual: Array
    iterations: NDArray[np.int64]
    solver: str

    def one(self, run: tuple[int, ...]) -> BlockSolution:
        """Return one of the solutions, without leading axes.

        Parameters
        ----------
        run : tuple of int
            Its place in the leading shape; () where there is none.
        """
        return replace(
            self,
            status=np.asarray(self.status[run]),
            x=self.x[run],
            y=self.y[run],
            row_dual=self.row_dual[run],
            dense_dual=self.dense_dual[run],
            iterations=np.asarray(self.iterations[run]),
        )


def no_dense(columns: int, steps: int) -> dict[str, Array | Bools]:
    """Return empty dense rows and shared variables of a `BlockLP`, shapes (0, n, T) and (0,)."""
    return {
        "dense": np.zeros((0, columns, steps)),
        "dense_rhs": np.zeros(0),
        "dense_equal": np.zeros(0, dtype=np.bool_),
        "shared_cost": np.zeros(0),
        "shared_lower": np.zeros(0),
        "shared_upper": np.zeros(0),
        "dense_shared": np.zeros((0, 0)),
    }


def steps_before(values: Array, *, cyclic: bool) -> Array:
    """Shift values to the next step, shape (..., T); the first is the last if cyclic, else 0."""
    earlier = np.roll(values, 1, axis=-1)
    if not cyclic:
        earlier[..., 0] = 0.0
    return earlier


def steps_after(values: ArrayLike, *, cyclic: bool) -> Array:
    """Shift values to the step before, shape (..., T); the last is the first if cyclic, else 0."""
    later = np.roll(np.asarray(values, dtype=np.float64), -1, axis=-1)
    if not cyclic:
        later[..., -1] = 0.0
    return later
