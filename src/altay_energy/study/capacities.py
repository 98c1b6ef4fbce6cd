"""Capacities of a portfolio that a study varies one at a time, and the resulting figures.

Weather, and the available power of every plant that does not change, are computed once. With the
method rules, all values of a capacity are dispatched as the leading axis of one problem.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, get_args

import numpy as np

from altay_energy.components.base import Component, EnergyMWh, PowerMW, Series, Usual
from altay_energy.components.kinds import STORAGES
from altay_energy.components.storage.pumped_storage import PumpedStorage
from altay_energy.components.storage.storage import LIMITS, Storage
from altay_energy.core.errors import NoSolutionError, ScenarioError
from altay_energy.core.units import Array
from altay_energy.dispatch.problem.problem import Problem
from altay_energy.run.figures.kpis import kpis
from altay_energy.run.methods import dispatched
from altay_energy.run.money.rules import with_ratios
from altay_energy.run.portfolio import Portfolio
from altay_energy.scenario.toml.names import dotted
from altay_energy.scenario.toml.source import Key
from altay_energy.study.together import stacked

MOST = 10.0
"""Largest multiple of today's value that studies try. [-]"""

WEATHERED = ("wind", "solar")
"""Kinds of renewable plants whose capacity may change; hydropower depends on its river."""


@dataclass(frozen=True)
class Capacity:
    """A capacity, with the keys of one table that change in proportion to it.

    Parameters
    ----------
    keys : mapping of Key to float
        Today's values; the first is the leading key.
    most : float
        Largest value of the leading key that studies try.
    """

    keys: Mapping[Key, float]
    most: float

    @property
    def key(self) -> Key:
        """The leading key."""
        return next(iter(self.keys))

    @property
    def name(self) -> str:
        """Table, as ``"battery.jeminay"``; for the grid connection, the key."""
        return dotted(self.key if self.key[0] == "grid" else self.key[:-1])

    @property
    def today(self) -> float:
        """Today's value of the leading key."""
        return self.keys[self.key]

    def at(self, value: float) -> dict[Key, float]:
        """Return all keys for a value of the leading key.

        Parameters
        ----------
        value : float
        """
        if self.today == 0.0:
            return {self.key: value}
        return {key: float(f"{value / self.today * now:.10g}") for key, now in self.keys.items()}


def varied(portfolio: Portfolio, changes: Mapping[Key, float]) -> Portfolio:
    """Return a portfolio with some values changed and the same weather.

    Parameters
    ----------
    portfolio : Portfolio
    changes : mapping of Key to float
        New values, all of one table.

    Raises
    ------
    ScenarioError
        If the table cannot have these values.
    """
    values = {key[-1]: value for key, value in changes.items()}
    table = next(iter(changes))[:-1]
    if table == ("grid",):
        assert portfolio.grid is not None
        return portfolio.with_same_weather(grid=portfolio.grid.with_(**values))
    kind, name = table
    parts: Mapping[str, Component] = getattr(portfolio, kind)
    return portfolio.with_same_weather(**{kind: {**parts, name: parts[name].with_(**values)}})


def capacities(portfolio: Portfolio) -> tuple[list[Capacity], dict[str, str]]:
    """Return the capacities that can change alone, and the reason for those that cannot.

    Parameters
    ----------
    portfolio : Portfolio

    Returns
    -------
    list of Capacity, dict of str to str
        Wind and solar plants, storages (powers and energy in proportion), loads, and both limits of
        the grid connection; table → why it is left out.
    """
    found, left_out = [], {}
    for table, keys in _tables(portfolio):
        if isinstance(keys, str):
            left_out[dotted(table)] = keys
        else:
            found.append(_capacity(portfolio, {(*table, key): now for key, now in keys.items()}))
    return found, left_out


def _tables(portfolio: Portfolio) -> Iterator[tuple[Key, dict[str, float] | str]]:
    """Yield every table with today's values of its keys, or the reason why it cannot change."""
    for kind in WEATHERED:
        for name, plant in getattr(portfolio, kind).items():
            zero = plant.capacity_mw == 0.0
            yield (kind, name), "it is 0" if zero else {"capacity_mw": plant.capacity_mw}
    for kind in STORAGES:
        for name, storage in getattr(portfolio, kind).items():
            yield (kind, name), _storage_keys(storage)
    for name, load in portfolio.load.items():
        keys = ("annual_mwh", "peak_mw", "profile", "shifted_peak_mw")
        given = {key: getattr(load, key) for key in keys if getattr(load, key) is not None}
        yield ("load", name), _numbers(given)
    if portfolio.grid is not None:
        for key in ("import_limit_mw", "export_limit_mw"):
            yield ("grid",), _numbers({key: getattr(portfolio.grid, key)})


def _storage_keys(storage: Storage) -> dict[str, float] | str:
    if isinstance(storage, PumpedStorage) and storage.form == "units":
        return "it has whole units and reservoirs, which do not change in proportion"
    names = [storage.limit_names.get(limit, limit) for limit in reversed(LIMITS)]
    names += ["compressor_mw"] if getattr(storage, "compressor_mw", None) is not None else []
    keys = {name: float(getattr(storage, name)) for name in names}
    return keys if keys["energy_mwh"] > 0.0 else "it is 0"


def _numbers(given: Mapping[str, Any]) -> dict[str, float] | str:
    found = {}
    for key, value in given.items():
        if isinstance(value, Series) and not value.is_constant:
            return f"{key} is a series"
        found[key] = float(np.asarray(value.values if isinstance(value, Series) else value))
    return found


def _capacity(portfolio: Portfolio, keys: Mapping[Key, float]) -> Capacity:
    now = next(iter(keys.values()))
    if now == 0.0:  # only a grid connection: more than this power has no effect
        return Capacity(keys, max(portfolio.largest_supply_mw(), _peak(portfolio)))
    return Capacity(keys, now * MOST)


def _peak(portfolio: Portfolio) -> float:
    demand = portfolio.demand().values()
    return float(sum(demand, start=np.zeros(portfolio.timeline.steps)).max())


def is_unusual(key: str, value: float) -> bool:
    """Return whether a scenario file needs ``allow_unusual`` for a value.

    Parameters
    ----------
    key : str
        ``"capacity_mw"``.
    value : float
        Value in its unit.
    """
    kind = EnergyMWh if key.endswith("_mwh") else PowerMW
    return any(value > part.high for part in get_args(kind) if isinstance(part, Usual))


@dataclass(frozen=True, eq=False)
class Runs:
    """Computes and stores the figures of a portfolio with one capacity changed.

    Parameters
    ----------
    portfolio : Portfolio
    """

    portfolio: Portfolio

    @cached_property
    def _known(self) -> dict[tuple[Key, float], dict[str, float] | None]:
        return {}

    @cached_property
    def _available(self) -> dict[str, Array]:
        return self.portfolio.available_power()

    def at_once(self, capacity: Capacity) -> bool:
        """Return whether values of a capacity are dispatched together.

        Parameters
        ----------
        capacity : Capacity
        """
        return self.portfolio.dispatch.method == "rules" and capacity.key[0] not in STORAGES

    def seen(self) -> Iterator[tuple[Key, float, dict[str, float]]]:
        """Results so far: leading key, its value, figures."""
        for (key, value), figures in self._known.items():
            if figures is not None:
                yield key, value, figures

    def figures(self, capacity: Capacity, values: Sequence[float]) -> list[dict[str, float] | None]:
        """Return figures, and ratios of capacities, for values of the leading key.

        Parameters
        ----------
        capacity : Capacity
        values : sequence of float

        Returns
        -------
        list of dict of str to float
            None if the table cannot have the value, or no dispatch satisfies the limits.
        """
        new = [v for v in dict.fromkeys(values) if (capacity.key, v) not in self._known]
        for value, figures in zip(new, self._computed(capacity, new), strict=True):
            self._known[capacity.key, value] = figures
        return [self._known[capacity.key, value] for value in values]

    def _computed(
        self, capacity: Capacity, values: Sequence[float]
    ) -> list[dict[str, float] | None]:
        variants: list[Portfolio | None] = []
        for value in values:
            try:
                variants.append(varied(self.portfolio, capacity.at(value)))
            except ScenarioError:
                variants.append(None)
        sound = [variant for variant in variants if variant is not None]
        problems = [self._problem(variant, capacity) for variant in sound]
        found = self._dispatched(problems, capacity)
        complete = iter(
            None if figures is None else with_ratios(figures, variant.sizes)
            for figures, variant in zip(found, sound, strict=True)
        )
        parts = [None if variant is None else next(complete) for variant in variants]
        return [
            None if part is None else {key: float(value) for key, value in part.items()}
            for part in parts
        ]

    def _problem(self, variant: Portfolio, capacity: Capacity) -> Problem:
        available, table = self._available, ".".join(capacity.key[:-1])
        if table in available:
            available = {**available, table: variant.available_power_of(table)}
        return variant.problem_of(available, variant.demand(available))

    def _dispatched(
        self, problems: Sequence[Problem], capacity: Capacity
    ) -> list[dict[str, Any] | None]:
        settings = self.portfolio.dispatch
        together = self.at_once(capacity) and len(problems) > 1 and stacked(problems)
        if together and not together.committed and not together.flexible_loads:
            try:
                figures = kpis(dispatched(together, settings))
            except NoSolutionError:  # one of them has none: compute each alone
                pass
            else:
                shape = (len(problems),)
                rows = {key: np.broadcast_to(value, shape) for key, value in figures.items()}
                return [{key: row[k] for key, row in rows.items()} for k in range(len(problems))]
        found: list[dict[str, Any] | None] = []
        for problem in problems:
            try:
                found.append(kpis(dispatched(problem, settings)))
            except NoSolutionError:
                found.append(None)
        return found
