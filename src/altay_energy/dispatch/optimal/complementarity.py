"""Complementarity of opposite flows: closes one direction in each hour in which both would pay.

In ordinary hours the tie-break nets charging against discharging, and import against export, at no
cost. In hours in which both at once would reduce the cost (the price of energy is negative, or
export earns more than import costs) one direction must be closed, a binary decision for each such
hour. Few decisions are made by the mixed-integer method of HiGHS; many, and those for which HiGHS
proves nothing, by dynamic programming over the content of a storage (`direction_search`). Both give
a lower bound. Both start with the directions of the net flows and of the rules, so the result never
costs more than the dispatch by rules.
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial

import numpy as np

from altay_energy.core.errors import NoSolutionError
from altay_energy.core.units import Array
from altay_energy.dispatch.lp.program import BlockLP, BlockSolution, Bools
from altay_energy.dispatch.optimal.direction_search import (
    BOTH_WAYS,
    DirectionSearch,
    at_rest,
    net_directions,
    one_way,
)
from altay_energy.dispatch.optimal.one_way import missed_one_way
from altay_energy.dispatch.problem.period import SERVED
from altay_energy.dispatch.program.formulation import Formulation
from altay_energy.dispatch.result.result import Dispatch
from altay_energy.dispatch.rules.rules import dispatch_by_rules

FEW_CHOICES = 200
"""Largest number of binary decisions for mixed-integer programming."""


def violations(formulation: Formulation, solution: BlockSolution) -> Bools:
    """Violations of complementarity: steps in which both columns of a pair run, (P, ..., T).

    Simultaneous import and export without gain does not count, since it is netted at no cost.
    """
    shape = (len(formulation.opposites), *formulation.problem.shape)
    found = np.zeros(shape, dtype=np.bool_)
    on_bus = np.flatnonzero(formulation.lp.now[formulation.balance])
    flow = np.max(solution.x[..., on_bus, :], initial=0.0)
    for k, (_, a, b, _, traded) in enumerate(formulation.opposites):
        least = np.minimum(solution.x[..., a, :], solution.x[..., b, :])
        limits = np.minimum(formulation.lp.upper[..., a, :], formulation.lp.upper[..., b, :])
        found[k] = least > BOTH_WAYS * min(float(np.max(limits)), float(flow))
        if traded:
            cost = formulation.lp.cost
            found[k] &= cost[..., a, :] + cost[..., b, :] < 0.0
    return found


class Complementarity:
    """Pairs of opposite columns with the steps in which one direction is closed.

    Parameters
    ----------
    formulation : Formulation
        The problem, its program and its opposite columns.
    """

    def __init__(self, formulation: Formulation) -> None:
        self.formulation = formulation
        shape = (len(formulation.opposites), *formulation.problem.shape)
        self.asked: Bools = np.zeros(shape, dtype=np.bool_)
        self._by_rules = self._directions_by_rules()
        self._others: list[Bools] = []
        self._search = DirectionSearch(formulation)
        self._prices: BlockSolution | None = None

    @property
    def steps(self) -> int:
        """Number of steps in which a direction is closed, over all programs."""
        return int(self.asked.any(axis=0).sum())

    def add_start(self, dispatch: Dispatch) -> None:
        """Add the directions of a dispatch of the same problem to the starting points."""
        self._others.append(at_rest(self.formulation.opposites, dispatch))

    def rule_out(
        self, found: Bools, cheapest: BlockSolution, chosen: BlockSolution
    ) -> tuple[BlockLP, Array]:
        """Close one direction of every pair that violates complementarity.

        Parameters
        ----------
        found : ndarray of bool, shape (P, ..., T)
            Result of `violations`.
        cheapest : BlockSolution
            A solution with the directions closed so far.
        chosen : BlockSolution
            The solution with violations; its net flows are a starting point of the search.

        Returns
        -------
        BlockLP
            The program with one column of each pair closed where any round has found a violation.
        ndarray, shape (...)
            Proven lower bound of the cost without violations. [CNY]
        """
        lp = self.formulation.lp
        if self._prices is None:
            self._prices = self._search.prices(cheapest)
        self.asked |= found | (found.any(axis=-1, keepdims=True) & self._pays(self._prices))
        net = net_directions(self.formulation.opposites, lp.now, chosen.x)
        starts = [net, *self._by_rules, *self._others]
        upper = np.broadcast_to(lp.upper, (*lp.lead, lp.columns, lp.steps)).copy()
        bound = np.full(lp.lead, -np.inf)
        for run in np.ndindex(*lp.lead):
            part: tuple[slice | int, ...] = (slice(None), *run)
            asked, directions = self.asked[part], [start[part] for start in starts]
            if not asked.any():
                continue
            if np.count_nonzero(asked) <= FEW_CHOICES:
                try:
                    exact, bound[run] = self._exactly(run, asked, directions)
                    directions = [exact]
                except NoSolutionError:
                    pass  # keep the starting directions; the search below may improve them
            one, prices = lp.one(run), self._prices.one(run)
            first_open, bound[run] = self._search.directions(
                one,
                asked,
                prices,
                directions,
                float(bound[run]),
                within_limits=partial(self._within_limits, run),
            )
            upper[run] = one_way(self.formulation, one, asked, first_open).upper
        return replace(lp, upper=upper), bound

    def _exactly(
        self, run: tuple[int, ...], asked: Bools, starts: list[Bools]
    ) -> tuple[Bools, float]:
        """Return the best directions and a lower bound by mixed-integer programming."""
        from altay_energy.dispatch.lp.highs import best_directions

        tight = replace(self.formulation.lp, upper=self.tightened())
        pairs = [(pair.first, pair.second) for pair in self.formulation.opposites]
        first_open, bound = best_directions(tight, run, pairs, asked, starts)
        if first_open is None:
            raise NoSolutionError(
                "no dispatch was found that runs one way at a time in the "
                f"{np.count_nonzero(asked)} steps where running both ways would pay"
            )
        return first_open, bound

    def _pays(self, cheapest: BlockSolution) -> Bools:
        """Return where running both ways would pay at the dual prices, shape (P, ..., T)."""
        lp = self.formulation.lp
        price = cheapest.row_dual[..., self.formulation.balance, :]
        pays = np.zeros_like(self.asked)
        for k, (_, a, b, _, traded) in enumerate(self.formulation.opposites):
            open_both = (lp.upper[..., a, :] > 0.0) & (lp.upper[..., b, :] > 0.0)
            earned = lp.cost[..., a, :] + lp.cost[..., b, :]
            pays[k] = open_both & ((earned if traded else price) < 0.0)
        return pays

    def tightened(self) -> Array:
        """Return upper bounds, shape (..., n, T), with the grid limited to one direction at a time.

        Without export, import is at most load (flexible loads at their limit) plus charging, less
        own power that costs less. Without import, export is at most the power of all plants and
        storages less the fixed load. These bounds tighten the relaxation considerably.
        """
        problem, lp = self.formulation.problem, self.formulation.lp
        upper = np.broadcast_to(lp.upper, (*lp.lead, lp.columns, lp.steps)).copy()
        traded = [k for k, pair in enumerate(self.formulation.opposites) if pair.traded]
        if not traded:
            return upper
        _, imported, exported, bus, _ = self.formulation.opposites[traded[0]]
        asked = self.asked[traded[0]]
        rates = [problem.variable_om_cny_mwh.get(name, 0.0) for name in problem.renewables]
        dearest = max(rates, default=0.0) * problem.step_hours
        own = sum(problem.renewables.values(), start=np.zeros(()))
        thermal = sum((plant.capacity_mw for plant in problem.thermals), start=np.zeros(()))
        charge = sum(storage.charge_mw for storage in problem.storages)
        discharge = sum(storage.discharge_mw for storage in problem.storages)
        drawn = lp.rhs[..., bus, :]  # load and net power of a station in whole units
        waiting = sum((load.limit_mw for load in problem.flexible_loads), start=np.zeros(()))
        need = drawn + waiting + charge - own
        rest = own + thermal + discharge - drawn
        use_own = asked & (lp.cost[..., imported, :] >= dearest)
        lost = problem.unserved_cost_cny_mwh * problem.step_hours
        serve_first = asked & (lp.cost[..., exported, :] + lost >= 0.0)
        for column, most, where in ((imported, need, use_own), (exported, rest, serve_first)):
            high = upper[..., column, :]
            upper[..., column, :] = np.where(where, np.clip(most, 0.0, high), high)
        return upper

    def _within_limits(self, run: tuple[int, ...]) -> Bools | None:
        """Return directions that satisfy a limit on the metered rate; net flows may break it."""
        problem = self.formulation.problem
        if problem.terms.self_consumption_metered_rate_min is None:
            return None
        known = missed_one_way(problem.one(run), {})
        return None if known is None else known.first_open

    def _directions_by_rules(self) -> list[Bools]:
        """Return the directions of the dispatch by rules; none if the rules find no dispatch."""
        try:
            rules = dispatch_by_rules(self.formulation.problem.without_limit(SERVED))
        except NoSolutionError:
            return []
        return [at_rest(self.formulation.opposites, rules)]
