r"""Lexicographic tie-break: selects one dispatch among all of least cost.

The cheapest dispatch is rarely unique, since curtailment costs nothing and prices repeat. Among all
cheapest dispatches the tie-break selects the one that minimises

.. math::

    \sum_t h \Bigl[ \sum_s (c_s + d_s) + \tfrac{\epsilon}{2} \sum_p \frac{p^2}{\hat p}
        + \gamma (i + e) + \delta \sum_s x_s \Bigr]

with charge c, discharge d and content x [MWh] of every storage s, import i, export e and every
power p (also of imports, exports, plants), hats for upper bounds, ε = 0.1, γ = 0.01 and δ = 0.00001
per hour. It has the least storage throughput, and so the least losses; among equals the least
exchange with the grid, the most even powers, and no content held longer than needed. Every power
has a strictly convex term, and contents follow from powers up to a constant that is minimised, so
the result is unique.

The set of cheapest dispatches follows from the duals: with z the reduced costs of any optimal dual
solution, it contains the feasible x at the lower bound where z > 0, at the upper bound where z < 0,
and with equality in every limit over the period whose dual is not 0 (complementarity). A distance
to such a bound is not fixed at 0 but has a penalty ten times that of a MWh through a storage: an
exact penalty [1]_, which leaves the feasible set unchanged. Afterwards the cost of the result is
checked against the least cost.

References
----------
.. [1] Mangasarian and Meyer, "Nonlinear perturbation of linear programs", SIAM Journal on Control
   and Optimization 17(6), 745-752, 1979; Nocedal and Wright, Numerical Optimization, 2006, ch. 17.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from altay_energy.core.units import Array
from altay_energy.dispatch.lp.certificate import reduced_costs
from altay_energy.dispatch.lp.program import BlockLP, BlockSolution, Bools
from altay_energy.dispatch.program.formulation import Formulation

PENALTIES = (10.0, 100.0)
"""Penalties per MWh of distance to a bound of all cheapest dispatches, relative to that of a MWh
charged. The second is used if the first is too small. [-]"""

_ON_THE_FACE = 1e-6
"""Tolerance of these penalties, as a share of the second objective. [-]"""

_ROUNDING = 1e-7
"""Reduced costs up to this are zero. [CNY/MWh]"""


def tie_break_program(
    formulation: Formulation,
    lp: BlockLP,
    cheapest: BlockSolution,
    penalty: float = PENALTIES[0],
) -> BlockLP:
    """Return the quadratic program of the tie-break among the cheapest solutions.

    Parameters
    ----------
    formulation : Formulation
        Gives the weights of the second objective.
    lp : BlockLP
        The program that was solved; without leading axes if it has shared variables, whose costs
        are the same in all programs.
    cheapest : BlockSolution
        One optimal solution with its duals.
    penalty : float
        One of `PENALTIES`.

    Returns
    -------
    BlockLP
        The same rows and bounds with the second objective, quadratic.
    """
    hours = formulation.problem.step_hours
    z, z_shared = reduced_costs(lp, cheapest.x, cheapest.row_dual, cheapest.dense_dual)
    held = _held(z / hours, cheapest.x, lp.lower, lp.upper, own=2)
    # A limit over the period with a nonzero dual is binding in all optima.
    tight = lp.dense_equal | (np.abs(cheapest.dense_dual) > _ROUNDING * hours)
    rows = np.einsum("...k,knt->...nt", tight.astype(np.float64), lp.dense)
    y_held = _held(z_shared / hours, cheapest.y, lp.shared_lower, lp.shared_upper, own=1)
    return replace(
        lp,
        cost=formulation.throughput[:, np.newaxis] + penalty * hours * (held - rows),
        quadratic=np.broadcast_to(formulation.curve[:, np.newaxis], (lp.columns, lp.steps)),
        shared_cost=penalty * hours * y_held if y_held.size else lp.shared_cost,
    )


def stays_optimal(
    formulation: Formulation, program: BlockLP, cheapest: BlockSolution, chosen: BlockSolution
) -> Bools:
    """Return whether a tie-break solution is at every bound of the cheapest dispatches, (...).

    Parameters
    ----------
    formulation : Formulation
    program : BlockLP
        Program of `tie_break_program`.
    cheapest : BlockSolution
        Solution from which it was made.
    chosen : BlockSolution
        Solution of ``program``.
    """
    wish = formulation.throughput[:, np.newaxis]
    priced = program.cost - wish
    paid = np.sum(priced * (chosen.x - cheapest.x), axis=(-2, -1))
    paid = paid + (chosen.y - cheapest.y) @ program.shared_cost
    curve = formulation.curve[:, np.newaxis]
    counted = np.sum((wish + curve * chosen.x) * chosen.x, axis=(-2, -1))
    return np.asarray(paid <= _ON_THE_FACE * counted * PENALTIES[0] + 1e-9)


def plain_tie_break(formulation: Formulation, lp: BlockLP, cheapest: BlockSolution) -> BlockLP:
    """`tie_break_program` without its quadratic terms: least throughput, for any LP solver."""
    return replace(tie_break_program(formulation, lp, cheapest), quadratic=None)


def _held(z: Array, x: Array, lower: Array, upper: Array, *, own: int) -> Array:
    """Return 1 where all optima are at the lower bound, -1 at the upper bound, else 0."""
    # Of a strictly complementary pair one tends to 0. An interior solution leaves both above 0;
    # the one that is smaller relative to its scale is taken as 0.
    slack = np.where(z > 0.0, x - lower, upper - x)
    width = np.maximum(upper - lower, 1e-30)
    strong = np.abs(z) / np.maximum(_typical(z, own), 1e-30) > slack / width
    return np.where(strong & (np.abs(z) > _ROUNDING), np.sign(z), 0.0)


def _typical(z: Array, own: int) -> Array:
    """Return the median of the nonzero absolute values of each program; last axes of length 1."""
    lead = z.shape[: z.ndim - own]
    typical = np.ones((*lead, *([1] * own)))
    for run in np.ndindex(*lead):
        size = np.abs(z[run])
        if (size > _ROUNDING).any():
            typical[run] = np.median(size[size > _ROUNDING])
    return typical
