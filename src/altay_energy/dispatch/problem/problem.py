"""Input of every dispatcher: powers, limits, prices and storages of one period as arrays.

Every dispatcher takes the same ``Problem`` and returns the same ``Dispatch``. Series have shape
(..., T): the last axis is time, leading axes (weather years, scenarios) are free and broadcast.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, ClassVar, Literal, TypeAlias, get_args

import numpy as np
from numpy.typing import ArrayLike

from altay_energy.components.base import MAIN_BUS
from altay_energy.core.errors import ScenarioError, SeriesError
from altay_energy.core.units import Array
from altay_energy.core.value import Value
from altay_energy.dispatch.problem.checks import Limits, check_number, checked_series
from altay_energy.dispatch.problem.labels import Origin
from altay_energy.dispatch.problem.period import LIMITS, FlexibleLoad, PeriodTerms
from altay_energy.dispatch.problem.station import StationLimits
from altay_energy.dispatch.problem.storage import StorageLimits, Terminal
from altay_energy.dispatch.problem.thermal_units import ThermalLimits

StorageServes: TypeAlias = Literal["load", "load_and_export"]
"""Use of storages: for the load alone, or for the load and then for export within its limit."""

_POWERS = ("load_mw", "import_limit_mw", "export_limit_mw")
_PARTS = ("thermals", "storages", "stations", "flexible_loads")
_PRICES = ("import_price_cny_mwh", "export_price_cny_mwh")


@dataclass(frozen=True, eq=False)
class Problem(Value):
    """A system in one period, as a dispatcher receives it.

    A series may be a number; every series broadcasts to (..., T) and is read-only.

    Parameters
    ----------
    step_hours : float
        Length of a step. [h]
    load_mw : ndarray, shape (..., T)
        Demand. [MW]
    renewables : mapping of str to ndarray, shape (..., T)
        Available power of wind, solar and hydro plants, by name. [MW]
    thermals : tuple of ThermalLimits
        Thermal plants.
    storages : tuple of StorageLimits
        Storages, the first to be used first.
    import_limit_mw, export_limit_mw : ndarray, shape (..., T), or a number
        Limits of the grid connection; 0 without grid. [MW]
    import_price_cny_mwh, export_price_cny_mwh : ndarray, shape (..., T), or a number
        Price paid for imports and received for exports; may be negative. [CNY/MWh]
    unserved_cost_cny_mwh : float
        Cost of load that is not served. [CNY/MWh]
    grid_emission_factor_t_mwh : float
        CO2 per energy imported. [t/MWh]
    terminal : {"cyclic", "free", "at_least", "equal_initial", "water_value"}
        How the last level of every storage relates to its first.
    storage_serves : {"load", "load_and_export"}
        Use of storages: for the load, or also for export.
    variable_om_cny_mwh : mapping of str to float
        Variable O&M of renewable plants per energy generated and of storages per energy
        discharged, by name, 0 where absent. [CNY/MWh]
    flexible_loads : tuple of FlexibleLoad
        Parts of ``load_mw`` that may be used earlier or later.
    terms : PeriodTerms
        Charges and limits over the period.
    stations : tuple of StationLimits
        Pumped storage unit by unit.
    storage_order : tuple of str
        Names of storages and stations in the order in which rules use them; others follow in the
        order of ``storages`` and then of ``stations``.
    origin : Origin
        Names of hours and limits in messages.
    buses : tuple of str
        Names of the buses, whose powers must balance; exactly one.

    Raises
    ------
    ScenarioError, SeriesError
        If a value is not finite, negative where it may not be, or of another length.
    """

    SERIES: ClassVar[tuple[str, ...]] = (*_POWERS, *_PRICES)

    step_hours: float
    load_mw: Array
    renewables: Mapping[str, Array]
    thermals: tuple[ThermalLimits, ...]
    storages: tuple[StorageLimits, ...]
    import_limit_mw: Array
    export_limit_mw: Array
    import_price_cny_mwh: Array
    export_price_cny_mwh: Array
    unserved_cost_cny_mwh: float
    grid_emission_factor_t_mwh: float
    terminal: Terminal = "cyclic"
    storage_serves: StorageServes = "load"
    variable_om_cny_mwh: Mapping[str, float] = field(default_factory=dict)
    flexible_loads: tuple[FlexibleLoad, ...] = ()
    terms: PeriodTerms = field(default_factory=PeriodTerms)
    stations: tuple[StationLimits, ...] = ()
    storage_order: tuple[str, ...] = ()
    origin: Origin = field(default_factory=Origin)
    buses: tuple[str, ...] = (MAIN_BUS,)

    def __post_init__(self) -> None:
        check_number("problem", "step_hours", self.step_hours, 0.0, above=True)
        for name in ("unserved_cost_cny_mwh", "grid_emission_factor_t_mwh"):
            check_number("problem", name, getattr(self, name), 0.0)
        for name, choices in (("terminal", Terminal), ("storage_serves", StorageServes)):
            if getattr(self, name) not in get_args(choices):
                raise ScenarioError(
                    f"problem: {name} = {getattr(self, name)!r}, "
                    f"expected one of {', '.join(get_args(choices))}"
                )
        for name in _POWERS:
            object.__setattr__(self, name, checked_series(name, getattr(self, name)))
        for name in _PRICES:
            object.__setattr__(self, name, checked_series(name, getattr(self, name), negative=True))
        object.__setattr__(
            self,
            "renewables",
            {name: checked_series(name, p) for name, p in self.renewables.items()},
        )
        for name in _PARTS:
            object.__setattr__(self, name, tuple(getattr(self, name)))
        self._check_names()
        _ = self.shape  # raises if shapes of series do not agree
        self._check_terms()

    @cached_property
    def shape(self) -> tuple[int, ...]:
        """Leading axes and T."""
        if self.load_mw.ndim == 0 or self.load_mw.shape[-1] == 0:
            raise SeriesError("load_mw holds no steps; expected an array of shape (..., T), T ≥ 1")
        shape, steps = self.load_mw.shape, self.load_mw.shape[-1]
        for name, series in self._named_series():
            if series.ndim and series.shape[-1] != steps:
                raise SeriesError(
                    f"{name} has {series.shape[-1]} steps, but load_mw has {steps}; "
                    "give one value a step, or one number for all"
                )
            try:
                shape = np.broadcast_shapes(shape, series.shape)
            except ValueError:
                raise SeriesError(
                    f"{name} has shape {series.shape}, which does not go with {shape}; "
                    "leading axes must be equal or absent"
                ) from None
        return shape

    @property
    def steps(self) -> int:
        """Number of steps, T."""
        return self.shape[-1]

    @property
    def hours(self) -> float:
        """Length of the period. [h]"""
        return self.steps * self.step_hours

    def in_order(self) -> Iterator[StorageLimits | StationLimits]:
        """Storages and stations in the order in which rules use them."""
        everyone: dict[str, StorageLimits | StationLimits] = {s.name: s for s in self.storages}
        everyone |= {s.name: s for s in self.stations}
        yield from (everyone.pop(name) for name in self.storage_order)
        yield from everyone.values()

    @property
    def committed(self) -> tuple[ThermalLimits, ...]:
        """Thermal plants with units that may be committed."""
        return tuple(plant for plant in self.thermals if plant.units is not None)

    def on_all(self, series: ArrayLike) -> Array:
        """A number or series in the shape of the problem, without copying. [its own unit]"""
        return np.broadcast_to(np.asarray(series, dtype=np.float64), self.shape)

    def end_value_cny(self, capacity_mwh: float, content_mwh: Array) -> Array:
        """Cost of a storage's content at the end, not above 0: its water value. [CNY]"""
        values = self.terms.water_value_cny_mwh
        if self.terminal != "water_value":
            return np.zeros_like(content_mwh)
        width = capacity_mwh / len(values)
        filled = (np.clip(content_mwh - k * width, 0.0, width) for k in range(len(values)))
        return 0.0 - sum((v * f for v, f in zip(values, filled, strict=True)), start=np.zeros(()))

    def without_limit(self, key: str) -> Problem:
        """Return the problem without one of its limits over the period."""
        changes: dict[str, Any] = {key: None}
        return replace(self, terms=replace(self.terms, **changes))

    def parts(self, runs_at_once: int) -> Iterator[Problem]:
        """Split the problem along its first leading axis; without leading axes return it whole.

        Parameters
        ----------
        runs_at_once : int
            Largest number of entries of the first axis in one part.
        """
        if len(self.shape) == 1:
            yield self
            return
        for first in range(0, self.shape[0], runs_at_once):
            yield self._part(slice(first, first + runs_at_once))

    def one(self, run: tuple[int, ...]) -> Problem:
        """Return one run by its index in the leading axes, without leading axes."""
        lead = self.shape[:-1]

        def cut(series: Array) -> Array:
            return self.on_all(series)[run] if series.ndim > 1 else series

        return self.with_series(cut) if lead else self

    def between(self, first: int, last: int) -> Problem:
        """Return steps ``first`` to ``last`` - 1, without charges and limits over the period."""

        def cut(series: Array) -> Array:
            whole = series.ndim > 0 and series.shape[-1] == self.steps
            return series[..., first:last] if whole else series

        return replace(self, terms=PeriodTerms()).with_series(cut)

    def _part(self, rows: slice) -> Problem:
        def cut(series: Array) -> Array:
            whole = series.ndim == len(self.shape) and series.shape[0] == self.shape[0]
            return series[rows] if whole else series

        return self.with_series(cut)

    def with_series(self, cut: Callable[[Array], Array]) -> Problem:
        """Return the problem with each of its series replaced.

        Parameters
        ----------
        cut : callable
            Maps a series to its replacement; called once for each, always in the same order.
        """
        loads = {name: cut(mw) for name, mw in self.origin.loads.items()}
        changed: dict[str, Any] = {
            **{name: cut(getattr(self, name)) for name in (*_POWERS, *_PRICES)},
            **{k: tuple(part.with_series(cut) for part in getattr(self, k)) for k in _PARTS},
            "renewables": {name: cut(power) for name, power in self.renewables.items()},
            "origin": replace(self.origin, loads=loads),
        }
        return replace(self, **changed)

    def _named_series(self) -> Iterator[tuple[str, Array]]:
        for name in (*_POWERS, *_PRICES):
            yield name, getattr(self, name)
        yield from self.renewables.items()
        for part in self._parts():
            yield from ((f"{part.name}: {key}", series) for key, series in part.series())

    def _parts(self) -> Iterator[Limits]:
        """Limits of all elements."""
        for kind in _PARTS:
            yield from getattr(self, kind)

    def _check_names(self) -> None:
        stores = [part.name for part in (*self.storages, *self.stations)]
        names = [*self.renewables, *(part.name for part in self._parts())]
        names += (*self.buses, *LIMITS)  # names of rows of a program
        if len(self.buses) != 1 or "." in self.buses[0]:
            raise ScenarioError(
                f"problem: buses = {', '.join(self.buses) or 'none'}, expected the name of one "
                "bus, without a dot"
            )
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise ScenarioError(f"problem: {', '.join(twice)} is given twice; names must differ")
        order = self.storage_order
        if len(set(order)) < len(order) or not set(order) <= set(stores):
            raise ScenarioError(
                f"problem: storage_order = {', '.join(order)}, expected each storage at most once; "
                f"storages: {', '.join(stores) or 'none is defined'}"
            )
        for name, cost in self.variable_om_cny_mwh.items():
            check_number(name, "variable_om_cny_mwh", cost)
            if name not in self.renewables and name not in stores:
                raise ScenarioError(
                    f"problem: variable_om_cny_mwh of {name}, expected a renewable plant or a "
                    "storage; thermal plants carry theirs in marginal_cost_cny_mwh"
                )

    def _check_terms(self) -> None:
        terms, months = self.terms, self.terms.month_of_step.size
        if terms.has_demand_charge and months != self.steps:
            raise SeriesError(
                f"month_of_step has {months} steps, but load_mw has {self.steps}; a demand charge "
                "needs the billing month of every step"
            )
        if self.terminal == "water_value" and not terms.water_value_cny_mwh:
            raise ScenarioError(
                'problem: terminal = "water_value" needs water_value_cny_mwh, what a MWh stored '
                "at the end is worth"
            )
        movable = sum((load.demand_mw for load in self.flexible_loads), start=np.zeros(()))
        if np.any(movable > self.load_mw * (1.0 + 1e-9)):
            raise SeriesError(
                "load_mw is below the demand of its flexible loads; they are part of it"
            )
