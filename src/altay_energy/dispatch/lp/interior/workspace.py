"""Memory that the interior-point method works in."""

from __future__ import annotations

import numpy as np

from altay_energy.dispatch.lp.interior.normal_equations import Elimination, NormalMatrix
from altay_energy.dispatch.lp.interior.standard_form import BoxForm


class Workspace:
    """Arrays of an iteration, allocated once: allocation would take longer than the arithmetic.

    Parameters
    ----------
    elimination : Elimination
        Of the rows of the programs.
    """

    def __init__(self, elimination: Elimination) -> None:
        self.normal = NormalMatrix(elimination)
        self._shape: tuple[int, ...] = ()

    def fit(self, form: BoxForm) -> None:
        """Allocate arrays in the shape of some programs; those of this shape are kept as they are.

        ``g`` reduced costs; ``theta`` Θ; ``dx`` Δx; ``p`` and ``r`` Δx relative to the distances to
        the lower and the upper bound; ``pull`` and ``push`` corrector terms of the two bounds;
        ``residual`` b - A x; ``covered`` A Δx; ``spare`` and ``on_rows`` intermediate values.
        """
        if self._shape == form.cost.shape:
            return
        self._shape = form.cost.shape
        columns = np.zeros((8, *form.cost.shape))
        self.g, self.theta, self.spare, self.dx, self.p, self.r, self.pull, self.push = columns
        self.residual, self.covered, self.on_rows = np.zeros((3, *form.rhs.shape))
