"""Memory that an interior-point method works in."""

from __future__ import annotations

import numpy as np

from altay_energy.dispatch.lp.interior.normal_equations import Elimination, NormalMatrix
from altay_energy.dispatch.lp.interior.standard_form import BoxForm


class Bench:
    """What an iteration works with; kept from one to the next, since new memory is dear.

    Parameters
    ----------
    elimination : Elimination
        Of the rows of the programs.
    """

    def __init__(self, elimination: Elimination) -> None:
        self.normal = NormalMatrix(elimination)
        self._room: Room | None = None

    def room_for(self, form: BoxForm) -> Room:
        """Arrays in the shape of some programs, with any figures in them."""
        if self._room is None or self._room.g.shape != form.cost.shape:
            self._room = Room(form)
        return self._room


class Room:
    """Arrays of an iteration; new ones would cost more than what is computed in them."""

    def __init__(self, form: BoxForm) -> None:
        names = ("g", "theta", "spare", "dx", "p", "r", "pull", "push")
        (
            self.g,
            self.theta,
            self.spare,
            self.dx,
            self.p,
            self.r,
            self.pull,
            self.push,
        ) = np.zeros((len(names), *form.cost.shape))
        self.residual, self.covered, self.on_rows = np.zeros((3, *form.rhs.shape))
