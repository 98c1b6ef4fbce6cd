"""Contribution of each group of inputs to the difference of the figures of two scenarios.

The groups are changed one after another in a stated order, each from the first scenario to the
second, so that the contributions add up to the whole difference. The contribution of a group
depends on the groups changed before it; its smallest and largest value over all orders show by how
much, and the mean over all orders is its Shapley value [1]_.

References
----------
.. [1] L. S. Shapley, A value for n-person games, in: Contributions to the Theory of Games II,
   Princeton, 1953.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from altay_energy.components.kinds import KINDS, STORAGES
from altay_energy.components.supply.grid import Grid
from altay_energy.core.errors import NoSolutionError, ScenarioError
from altay_energy.core.value import Value
from altay_energy.run.figures.figure import ending_of
from altay_energy.run.portfolio import Portfolio, Run
from altay_energy.study.together import runs_of

WEATHER = "weather"
"""Group of period, sites, weather and rivers."""

PRICES = "prices"
"""Group of the keys of the grid connection for money and CO2."""

GRID_LIMITS = "grid"
"""Group of all other keys of the grid connection."""

SETTINGS = ("dispatch", "policy", "economics")
"""Groups of one table each."""

ORDER = (WEATHER, "load", *(k for k in KINDS if k != "load"), GRID_LIMITS, PRICES, *SETTINGS)
"""Groups in the order in which they are changed."""

ALL_ORDERS = 6
"""Largest number of groups for which every order is computed: 64 runs."""

RANDOM_ORDERS = 12
"""Number of random orders with more groups, besides the stated one and its reverse."""

SEED = 1
"""Seed of the random orders."""

COSTS = ("economics.annual_cost_cny", "operating_cost_cny")
"""Figures of cost: the first if both scenarios have a cash flow, else the second."""

CURTAILED = "curtailed_mwh"

Group = frozenset[str]
"""Names of groups that change together."""


@dataclass(frozen=True)
class Contribution(Value):
    """Contribution of a group to a figure.

    Parameters
    ----------
    name : str
        Name of the group; several joined by `` + `` if they cannot change alone.
    value : float
        Contribution in the stated order.
        low, high : float
            Smallest and largest over the computed orders.
        mean : float
            Mean over these orders.
    """

    name: str
    value: float
    low: float
    high: float
    mean: float


@dataclass(frozen=True)
class Contributions(Value):
    """Contributions of all groups to one figure.

    Parameters
    ----------
    figure : str
        Flat name.
    first, second : float
        Its value in both scenarios.
    groups : tuple of Contribution
        In the stated order.
    orders : int
        Number of computed orders.
    every_order : bool
        Whether these are all orders.
    """

    figure: str
    first: float
    second: float
    groups: tuple[Contribution, ...]
    orders: int
    every_order: bool

    @property
    def residual(self) -> float:
        """Whole difference less the sum of the contributions; 0 up to rounding."""
        return math.fsum([self.second, -self.first, *(-group.value for group in self.groups)])

    def document(self) -> dict[str, Any]:
        """Return the fields as plain values."""
        return {
            "from": self.first,
            "to": self.second,
            "groups": [dict(group.__dict__) for group in self.groups],
            "order": [group.name for group in self.groups],
            "orders": self.orders,
            "every_order": self.every_order,
            "closed_to": self.residual,
        }


def changed_groups(first: Portfolio, second: Portfolio) -> list[str]:
    """Return the groups in which two portfolios differ, in the order of `ORDER`.

    Parameters
    ----------
    first, second : Portfolio
    """
    return [name for name in ORDER if not _same(_part(first, name), _part(second, name))]


def runs_needed(first: Portfolio, second: Portfolio) -> int:
    """Return the largest number of runs that `contributions` takes.

    Parameters
    ----------
    first, second : Portfolio
    """
    groups = len(changed_groups(first, second))
    if groups <= ALL_ORDERS:
        return int(2**groups)
    return 2 + (RANDOM_ORDERS + 2) * (groups - 1)


def contributions(first: Run, second: Run) -> list[Contributions]:
    """Return the contribution of each group of inputs to the difference of cost and curtailment.

    Parameters
    ----------
    first, second : Run

    Returns
    -------
    list of Contributions
        Contributions to the cost and to the curtailed energy; empty if the inputs are equal.

    Raises
    ------
    NoSolutionError
        If a mixture of the two has no dispatch within its limits.
    """
    names = changed_groups(first.portfolio, second.portfolio)
    if not names:
        return []
    mixture = _joined(_Mixtures(first, second, tuple(frozenset([name]) for name in names)))
    count = len(mixture.groups)
    orders = _orders(count)
    mixture.compute({frozenset(order[:k]) for order in orders for k in range(count + 1)})
    paid = all(run.project is not None for run in (first, second))
    return [
        _of_figure(mixture, figure, orders)
        for figure in (COSTS[0] if paid else COSTS[1], CURTAILED)
    ]


def _orders(count: int) -> list[tuple[int, ...]]:
    """Return the orders of groups to compute, the stated one first."""
    if count <= ALL_ORDERS:
        return list(itertools.permutations(range(count)))
    rng = np.random.default_rng(SEED)
    stated = tuple(range(count))
    more = [tuple(map(int, rng.permutation(count))) for _ in range(RANDOM_ORDERS)]
    return list(dict.fromkeys([stated, stated[::-1], *more]))


def _of_figure(mixture: _Mixtures, figure: str, orders: Sequence[tuple[int, ...]]) -> Contributions:
    def value(groups: Iterable[int]) -> float:
        return mixture.figure(frozenset(groups), figure)

    found = []
    for k, group in enumerate(mixture.groups):
        added = []
        for order in orders:
            before = order[: order.index(k)]
            added.append(value((*before, k)) - value(before))
        mean = math.fsum(added) / len(added)
        found.append(Contribution(_name(group), added[0], min(added), max(added), mean))
    ends = value(()), value(range(len(mixture.groups)))
    every = len(mixture.groups) <= ALL_ORDERS
    return Contributions(figure, *ends, tuple(found), len(orders), every)


def _name(group: Group) -> str:
    return " + ".join(name for name in ORDER if name in group)


@dataclass(frozen=True, eq=False)
class _Mixtures:
    """Mixtures: portfolios with some groups of the second scenario, and their runs."""

    first: Run
    second: Run
    groups: tuple[Group, ...]

    @cached_property
    def _runs(self) -> dict[frozenset[int], Run]:
        everything = frozenset(range(len(self.groups)))
        return {frozenset(): self.first, everything: self.second}

    def portfolio(self, chosen: frozenset[int]) -> Portfolio:
        """Return the portfolio with the chosen groups of the second scenario."""
        names = frozenset[str]().union(*(self.groups[k] for k in chosen))
        return _mixed(self.first.portfolio, self.second.portfolio, names)

    def compute(self, wanted: set[frozenset[int]]) -> None:
        """Run the mixtures that are not known yet."""
        new = [chosen for chosen in sorted(wanted, key=sorted) if chosen not in self._runs]
        for chosen, run in zip(new, runs_of([self.portfolio(c) for c in new]), strict=True):
            if isinstance(run, NoSolutionError):
                raise run
            self._runs[chosen] = run

    def figure(self, chosen: frozenset[int], name: str) -> float:
        """Return a figure of a mixture."""
        document: Mapping[str, Any] = self._runs[chosen].kpis
        section, _, key = name.rpartition(".")
        return float(document[section or "kpis"][key])


def _joined(mixture: _Mixtures) -> _Mixtures:
    """Join groups that cannot change alone with the groups that they need.

    Each group is changed alone in the first scenario, and then all others without it. If the
    portfolio is refused, the group is joined with the next one, weather first.
    """
    groups = list(mixture.groups)
    while len(groups) > 1:
        whole = frozenset(range(len(groups)))
        now = _Mixtures(mixture.first, mixture.second, tuple(groups))
        refused = next(
            (
                k
                for k in range(len(groups))
                for chosen in (frozenset([k]), whole - {k})
                if not _stands(now.portfolio, chosen)
            ),
            None,
        )
        if refused is None:
            return now
        other = 0 if refused != 0 else 1
        both = groups[refused] | groups[other]
        groups = [g for k, g in enumerate(groups) if k not in (refused, other)]
        groups.insert(0, both)
    return _Mixtures(mixture.first, mixture.second, tuple(groups))


def _stands(make: Callable[[frozenset[int]], Portfolio], chosen: frozenset[int]) -> bool:
    try:
        portfolio = make(chosen)
        available = portfolio.available_power()
        portfolio.problem_of(available, portfolio.demand(available))
    except ScenarioError:
        return False
    return True


def _mixed(first: Portfolio, second: Portfolio, names: frozenset[str]) -> Portfolio:
    """Return the first portfolio with some groups of the second."""

    def of(name: str) -> Portfolio:
        return second if name in names else first

    sky, other = (second, first) if WEATHER in names else (first, second)
    changes: dict[str, Any] = {kind: getattr(of(kind), kind) for kind in KINDS}
    changes |= {name: getattr(of(name), name) for name in SETTINGS}
    changes["timeline"], changes["weather"] = sky.timeline, sky.weather
    changes["sites"] = {**other.sites, **sky.sites}
    changes["river"] = {**other.river, **sky.river}
    changes["grid"] = _mixed_grid(of(GRID_LIMITS).grid, of(PRICES).grid)
    plants = [f"{kind}.{name}" for kind in KINDS for name in changes[kind]]
    changes["dispatch"] = _with_order(changes["dispatch"], plants)
    changes["economics"] = _with_costs(first, second, changes["economics"], plants)
    mixed = first.with_(**changes)
    _take(mixed, sky, changes)
    return mixed


def _take(mixed: Portfolio, sky: Portfolio, changes: Mapping[str, Any]) -> None:
    """Reuse the weather of a scenario and the power of its plants if they are the same."""
    if mixed.used_sites() != sky.used_sites() or mixed.river != sky.river:
        return
    same = [key for key, plant in mixed.renewables.items() if sky.renewables.get(key) is plant]
    mixed.take_from(sky, same, water=mixed.hydro is sky.hydro)


def _mixed_grid(limits: Grid | None, prices: Grid | None) -> Grid | None:
    """Return a connection with the limits of one and the prices of another, if there is one."""
    if limits is None or prices is None or limits is prices:
        return limits
    changed = {key: getattr(prices, key) for key in _price_keys()}
    given = [key for key in _price_keys() if key in prices.model_fields_set]
    kept = {key: getattr(limits, key) for key in limits.model_fields_set - _price_keys()}
    return Grid(**kept, **{key: changed[key] for key in given})


def _price_keys() -> set[str]:
    """Return the keys of the grid connection for money and CO2."""
    quantities = {"price", "money", "intensity"}
    keys = {key for key in Grid.model_fields if ending_of(key).quantity in quantities}
    return keys | {"bill", "demand_charge_cny_mw"}


def _with_order(dispatch: Any, plants: Sequence[str]) -> Any:
    """Return settings whose order of storages names only existing ones."""
    there = [name for name in plants if name.split(".", 1)[0] in STORAGES]
    asked = [name for name in dispatch.storage_order or () if name in there]
    order = [*asked, *(name for name in there if name not in asked)]
    if list(dispatch.storage_order or ()) == order:
        return dispatch
    return dispatch.model_copy(update={"storage_order": order or None})


def _with_costs(first: Portfolio, second: Portfolio, economics: Any, plants: Sequence[str]) -> Any:
    """Return economics that also has the costs of the other scenario's plants."""
    if economics is None or first.economics is None or second.economics is None:
        return economics
    other = second.economics if economics is first.economics else first.economics
    costs = {**other.costs, **economics.costs}
    kept = {name: cost for name, cost in costs.items() if "." not in name or name in plants}
    if kept == economics.costs:
        return economics
    return economics.model_copy(update={"costs": kept})


def _part(portfolio: Portfolio, name: str) -> Any:
    """Return the parts of a portfolio that form a group."""
    if name == WEATHER:
        return portfolio.timeline, portfolio.sites, portfolio.weather, portfolio.river
    if name in (GRID_LIMITS, PRICES):
        if portfolio.grid is None:
            return None
        chosen = set(Grid.model_fields) & _price_keys()
        keys = chosen if name == PRICES else set(Grid.model_fields) - chosen
        return {key: getattr(portfolio.grid, key) for key in sorted(keys)}
    return getattr(portfolio, name)


def _same(one: Any, other: Any) -> bool:
    """Return whether two values are equal, arrays included."""
    if one is other:
        return True
    if isinstance(one, np.ndarray) and isinstance(other, np.ndarray):
        return np.array_equal(one, other)
    if isinstance(one, Mapping) and isinstance(other, Mapping):
        return list(one) == list(other) and all(_same(one[k], other[k]) for k in one)
    if isinstance(one, list | tuple) and type(one) is type(other):
        return len(one) == len(other) and all(map(_same, one, other))
    if type(one) is not type(other):
        return False
    fields = getattr(type(one), "model_fields", None) or getattr(one, "__dataclass_fields__", None)
    if fields:
        return all(_same(getattr(one, key), getattr(other, key)) for key in fields)
    return bool(one == other)
