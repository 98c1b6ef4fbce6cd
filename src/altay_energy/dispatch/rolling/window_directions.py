"""Complementarity in a window where running both ways would pay.

Running both ways pays if the price of energy is negative or export earns more than import costs.
One direction must then be closed in each such step. Three choices are tried, each for all steps at
once, and the cheapest plan is used: the directions of the net flows in the plan that runs both
ways; for the grid connection, export where own power exceeds the load, else import; and the
directions of the optimum of the whole period, if known.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from altay_energy.core.units import Array
from altay_energy.dispatch.lp.program import Bools
from altay_energy.dispatch.optimal.direction_search import BOTH_WAYS, at_rest, close, net_directions
from altay_energy.dispatch.program.columns import Role, places
from altay_energy.dispatch.result.result import Dispatch
from altay_energy.dispatch.rolling.window import WindowData, Windows
from altay_energy.dispatch.rolling.window_solver import WarmHighs

_BETTER = 1e-9
"""Relative saving by which a later candidate must be cheaper than an earlier one. [-]"""


class Directions:
    """Planner of windows that never run both ways.

    Parameters
    ----------
    windows : Windows
        Programs of the windows.
    solver : WarmHighs
    optimum : Dispatch or None
        Optimum of the whole period.
    """

    def __init__(self, windows: Windows, solver: WarmHighs, optimum: Dispatch | None) -> None:
        self.windows, self.solver = windows, solver
        self.pairs = windows.formulation.opposites
        self._optimum = self._of(optimum)

    def plan(self, window: int, data: WindowData) -> Array:
        """The cheapest plan among the candidates, shape (L, n).

        Parameters
        ----------
        window : int
            Which one.
        data : WindowData
            Data of the window.
        """
        values = self.solver.solve(data)
        closed = self._found(data, values)
        if not closed.any():
            return values
        closed |= closed.any(axis=1, keepdims=True) & self._pays(data)
        best, least = values, np.inf
        for first_open in self._candidates(window, data, values):
            for _ in range(3):  # closing some steps may make others run both ways
                upper = data.upper.copy()
                close(self.pairs, upper.T, closed, first_open)
                one = replace(data, upper=upper)
                plan = self.solver.solve(one)
                more = self._found(one, plan)
                if not more.any():
                    break
                closed = closed | more
            cost = float(np.sum(data.cost * plan))
            if cost < least - _BETTER * abs(cost):
                best, least = plan, cost
        return best

    def _found(self, data: WindowData, values: Array) -> Bools:
        """Whether both columns of a pair are above 0, shape (P, L)."""
        both = [
            np.minimum(values[:, a], values[:, b])
            > BOTH_WAYS * np.max(np.minimum(data.upper[:, a], data.upper[:, b]))
            for _, a, b, *_ in self.pairs
        ]
        return np.array(both, dtype=np.bool_).reshape(len(both), len(values))

    def _pays(self, data: WindowData) -> Bools:
        costs = [data.cost[:, a] + data.cost[:, b] < 0.0 for _, a, b, *_ in self.pairs]
        return np.array(costs, dtype=np.bool_)

    def _candidates(self, window: int, data: WindowData, values: Array) -> list[Bools]:
        """True where the first of each pair stays open, shape (P, L) each."""
        net = net_directions(self.pairs, self.windows.now, values.T)
        own = net.copy()
        own[[pair.traded for pair in self.pairs]] = self._short(data)
        candidates = [net, own]
        if self._optimum is not None:
            start = int(self.windows.starts[window])
            candidates.append(self._optimum[:, start : start + len(values)])
        return candidates

    def _short(self, data: WindowData) -> Bools:
        """Whether own power is less than the load, shape (L,)."""
        own = data.upper[:, places(self.windows.column, Role.RENEWABLE)].sum(axis=1)
        must, bus = places(self.windows.column, Role.THERMAL), self.windows.formulation.balance
        return np.asarray(own + data.lower[:, must].sum(axis=1) < data.rhs[:, bus])

    def _of(self, optimum: Dispatch | None) -> Bools | None:
        if optimum is None:
            return None
        known = at_rest(self.pairs, optimum)
        return np.pad(known, ((0, 0), (0, self.windows.length)), constant_values=True)
