r"""One answer among many that cost the same.

The cheapest dispatch is rarely unique: curtailed energy is free, prices repeat. Among all cheapest
dispatches this one is chosen that minimises

.. math::

    \sum_t h \Bigl[ \sum_s (c_s + d_s) + \tfrac{\epsilon}{2} \sum_p \frac{p^2}{\hat p}
        + \gamma (i + e) + \delta \sum_s x_s \Bigr]

with charge c, discharge d and content x [MWh] of every storage s, import i, export e and every
power p (also of imports, exports, plants), hats for the largest that each can be, ε = 0.1,
γ = 0.01 and δ = 0.00001 per hour. So it moves the least energy through storages, and thereby
loses the least; among equals it exchanges little with the grid, runs the most evenly, and keeps
nothing stored for longer than it must. Every power has a term that is strictly convex, and
contents follow from powers but for a constant that is as small as it can be: there is one answer,
whoever computes it.

Which dispatches are cheapest is read off the duals: with z the reduced costs of any optimal dual
solution, they are those feasible x that stand at their lower bound wherever z > 0 and at their
upper one wherever z < 0, and that meet every limit of the period whose dual is not 0 exactly
(complementarity). Leaving such a bound is priced at ten times what
moving a MWh through a storage is, rather than forbidden: an exact penalty [1]_, which keeps the
feasible set as wide as before. What the choice costs is worked out afterwards and must be nothing.

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
from altay_energy.dispatch.lp.program import BlockLP, BlockSolution
from altay_energy.dispatch.program.formulation import Formulation

PENALTIES = (10.0, 100.0)
"""Prices of leaving a bound that all cheapest dispatches keep, per MWh; a MWh charged has 1. The
second is for programs in which the first is too little."""

_ON_THE_FACE = 1e-6
"""Energy that may be off such bounds, as a share of what the second objective counts."""

_ROUNDING = 1e-7
"""Reduced costs up to this are zero. [CNY/MWh]"""


def second_program(
    formulation: Formulation,
    lp: BlockLP,
    cheapest: BlockSolution,
    penalty: float = PENALTIES[0],
) -> BlockLP:
    """The program that chooses among the cheapest solutions.

    Parameters
    ----------
    formulation : Formulation
        With the weights of the second objective.
    lp : BlockLP
        The program that was solved; without leading axes if it has shared variables, whose costs
        all programs have in common.
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
    # A limit of the period that has a price is met exactly by all optima.
    tight = lp.dense_equal | (np.abs(cheapest.dense_dual) > _ROUNDING * hours)
    rows = np.einsum("...k,knt->...nt", tight.astype(np.float64), lp.dense)
    y_held = _held(z_shared / hours, cheapest.y, lp.shared_lower, lp.shared_upper, own=1)
    return replace(
        lp,
        cost=formulation.throughput[:, np.newaxis] + penalty * hours * (held - rows),
        quadratic=np.broadcast_to(formulation.curve[:, np.newaxis], (lp.columns, lp.steps)),
        shared_cost=penalty * hours * y_held if y_held.size else lp.shared_cost,
    )


def is_on_the_face(
    formulation: Formulation, program: BlockLP, cheapest: BlockSolution, chosen: BlockSolution
) -> bool:
    """Whether a choice keeps every bound that all cheapest dispatches keep.

    Parameters
    ----------
    formulation : Formulation
    program : BlockLP
        From `second_program`.
    cheapest : BlockSolution
        The solution that it was made from.
    chosen : BlockSolution
        Its solution.
    """
    wish = formulation.throughput[:, np.newaxis]
    priced = program.cost - wish
    paid = np.sum(priced * (chosen.x - cheapest.x), axis=(-2, -1))
    paid = paid + (chosen.y - cheapest.y) @ program.shared_cost
    curve = formulation.curve[:, np.newaxis]
    counted = np.sum((wish + curve * chosen.x) * chosen.x, axis=(-2, -1))
    return bool(np.all(paid <= _ON_THE_FACE * counted * PENALTIES[0] + 1e-9))


def simple_second_program(
    formulation: Formulation, lp: BlockLP, cheapest: BlockSolution
) -> BlockLP:
    """`second_program` without its quadratic terms: the least throughput, by any LP solver."""
    return replace(second_program(formulation, lp, cheapest), quadratic=None)


def _held(z: Array, x: Array, lower: Array, upper: Array, *, own: int) -> Array:
    """1 where all optima stand at the lower bound, -1 where at the upper one, else 0."""
    # Of a strictly complementary pair one tends to 0 and the other does not; interior solutions
    # leave both above 0, and the smaller share of its scale is the one that tends to 0.
    slack = np.where(z > 0.0, x - lower, upper - x)
    width = np.maximum(upper - lower, 1e-30)
    strong = np.abs(z) / np.maximum(_typical(z, own), 1e-30) > slack / width
    return np.where(strong & (np.abs(z) > _ROUNDING), np.sign(z), 0.0)


def _typical(z: Array, own: int) -> Array:
    """Median size of those that are not zero, of each program alone; the last axes are 1 long."""
    lead = z.shape[: z.ndim - own]
    typical = np.ones((*lead, *([1] * own)))
    for run in np.ndindex(*lead):
        size = np.abs(z[run])
        if (size > _ROUNDING).any():
            typical[run] = np.median(size[size > _ROUNDING])
    return typical
