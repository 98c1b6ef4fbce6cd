"""Prices of the limits over the period at which a plan of whole units keeps them.

A plan sees a limit (CO2, export, own use, unserved load) as a price per unit of what it counts. At
the price of the relaxation, whole units use more of it or less than the relaxation does; the rest
of the system then has to keep the limit alone, if need be by leaving load unserved. The price is
therefore found by bisection: with the operation of the plan fixed, the dual of the limit is what
the rest of the system would pay for more of it. If that is above the price of the plan, the plan
uses too much and the price rises; else it falls. Several limits are searched at the same time, each
with an interval of its own.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from altay_energy.core.units import Array
from altay_energy.dispatch.lp.program import Bools

ROUNDS = 10
"""Largest number of plans to find the prices of limits."""

NEAR = 2e-3
"""Relative width of the interval of a price at which the search ends. [-]"""

_FIRST_STEP = 0.1


@dataclass(eq=False)
class LimitPrices:
    """Search for the prices of K limits; interval and present price of each.

    Parameters
    ----------
    price : ndarray, shape (K,)
        Present price of each limit, never negative. [CNY per unit of the limit's row]
    """

    price: Array
    low: Array = field(init=False)
    high: Array = field(init=False)
    done: bool = field(init=False)

    def __post_init__(self) -> None:
        self.low, self.high = np.zeros(self.price.size), np.full(self.price.size, np.inf)
        self.done = self.price.size == 0
        self._rounds, self._step = 0, _FIRST_STEP

    @classmethod
    def of(cls, duals: Array) -> LimitPrices:
        """Begin with the duals of a relaxation, shape (K,), none of them positive."""
        return cls(np.maximum(0.0 - duals, 0.0))

    @property
    def duals(self) -> Array:
        """Present prices as duals of the limits, shape (K,)."""
        return 0.0 - self.price

    def learn(self, duals: Array | None) -> None:
        """Move the prices after a plan.

        Parameters
        ----------
        duals : ndarray, shape (K,), or None
            Duals of the limits with the operation of the plan fixed; None if no dispatch of the
            rest keeps them.
        """
        self._rounds += 1
        paid = np.full(self.price.size, np.inf) if duals is None else np.maximum(0.0 - duals, 0.0)
        more: Bools = paid > self.price * (1.0 + NEAR)
        less: Bools = paid < self.price * (1.0 - NEAR)
        self.low = np.where(more, self.price, self.low)
        self.high = np.where(less, self.price, self.high)
        wide = self.high - self.low > NEAR * np.maximum(self.low, self.price)
        moves = (more | less) & wide
        self.price = np.where(moves, self._next(paid), self.price)
        self.done = not moves.any() or self._rounds >= ROUNDS

    def _next(self, paid: Array) -> Array:
        """Price to try next: the middle of the interval, or a step from its only known end."""
        bounded = np.isfinite(self.high)
        high = np.where(bounded, self.high, 2.0 * self.low)
        further = np.minimum(self.low * (1.0 + self._step), np.maximum(paid, self.low))
        begun = np.where(np.isfinite(paid), 0.01 * paid, 1.0)
        up = np.where(self.low > 0.0, further, begun)
        down = high * max(1.0 - self._step, 0.0)
        middle = 0.5 * (self.low + high)
        self._step = min(2.0 * self._step, 4.0)
        return np.where(bounded & (self.low > 0.0), middle, np.where(bounded, down, up))
