"""Dispatch of adequacy studies: all supply in service first, storages cover the shortfall.

Prices and priorities have no effect: renewable and thermal plants and the import limit, each as far
as it is in service, serve the load and charge the storages; storages discharge only if these fall
short, and never for export. An empty battery or upper reservoir therefore matters. This is the
greedy storage policy of resource adequacy tools; it serves the most energy that a single storage
can [1]_.

References
----------
.. [1] M. P. Evans, S. H. Tindemans, D. Angeli, Minimizing unserved energy using heterogeneous
   storage units, IEEE Trans. Power Systems 34(5), 2019.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar

import numpy as np

from altay_energy.components.settings.adequacy import GRID
from altay_energy.core.units import Array
from altay_energy.core.value import Value
from altay_energy.dispatch.problem.period import PeriodTerms
from altay_energy.dispatch.problem.problem import Problem
from altay_energy.dispatch.problem.station import StationLimits
from altay_energy.dispatch.problem.storage import StorageLimits
from altay_energy.dispatch.rules.rules import dispatch_by_rules
from altay_energy.study.adequacy.outages import Histories, History

SUPPLY = "supply"
"""Name of the supply without storages."""

AT_ONCE = 64
"""Number of runs dispatched at once."""

_Limits = TypeVar("_Limits", StorageLimits, StationLimits)


@dataclass(frozen=True)
class Variant(Value):
    """A change of a system: a plant of another size, and a constant load.

    Parameters
    ----------
    plant : str
        Table name of the plant.
    factor : float
        Factor of its size; 0: without it. [-]
    more_load_mw : float
        Constant load that is added; may be negative. [MW]
    """

    plant: str
    factor: float
    more_load_mw: float


@dataclass(frozen=True, eq=False)
class FirmSystem(Value):
    """Supply, load and storages of R runs.

    Parameters
    ----------
    problem : Problem
        Storages and stations with their outages, shape (R, T); its load and supply are not used.
    load_mw : ndarray, shape (R, T)
        Load. [MW]
    supply_mw : dict of str to ndarray, shape (R, T)
        Power in service of every plant except storages, and of the grid connection. [MW]
    without : frozenset of str
        Plants that are left out.
    scale : dict of str to float
        Factor of the size of plants; 1 if absent. [-]
    """

    problem: Problem
    load_mw: Array
    supply_mw: dict[str, Array]
    without: frozenset[str] = frozenset()
    scale: dict[str, float] = field(default_factory=dict)

    @property
    def runs(self) -> int:
        """Number of runs, R."""
        return int(self.load_mw.shape[0])

    def total_mw(self) -> Array:
        """Supply of all plants except storages, shape (R, T). [MW]"""
        found = np.zeros(self.load_mw.shape)
        for name, power in self.supply_mw.items():
            if name not in self.without:
                found += self.scale.get(name, 1.0) * power
        return found

    def of(self, variant: Variant) -> FirmSystem:
        """Return the system with a plant of another size; without it if the factor is 0.

        Parameters
        ----------
        variant : Variant
            Its load is not added here.

        Raises
        ------
        KeyError
            If the plant has no part of its own in the system.
        """
        stores = {part.name for part in (*self.problem.storages, *self.problem.stations)}
        if variant.plant not in self.supply_mw.keys() | stores:
            raise KeyError(variant.plant)
        if variant.factor == 0.0:
            return replace(self, without=self.without | {variant.plant})
        return replace(self, scale={**self.scale, variant.plant: variant.factor})

    def merged(self, apart: Collection[str]) -> FirmSystem:
        """Return the system with the supply of all plants but some as one series.

        Parameters
        ----------
        apart : collection of str
            Plants whose supply stays apart.
        """
        some = {name: power for name, power in self.supply_mw.items() if name in apart}
        others = replace(self, without=frozenset(some)).total_mw()
        return replace(self, supply_mw={SUPPLY: others, **some})

    def size_bytes(self) -> int:
        """Memory of its series, about. [bytes]"""
        series = [self.load_mw, *self.supply_mw.values(), self.problem.load_mw]
        found = sum(values.nbytes for values in series)
        for part in self.problem.storages:
            found += sum(values.nbytes for _, values in part.series())
        return found + sum(int(part.in_service.nbytes) for part in self.problem.stations)

    def unserved_mw(self) -> Array:
        """Unserved load, shape (R, T). [MW]"""
        return self._unserved(self.load_mw, self.total_mw(), self._storages(), self._stations())

    def _unserved(
        self,
        load_mw: Array,
        supply_mw: Array,
        storages: tuple[StorageLimits, ...],
        stations: tuple[StationLimits, ...],
    ) -> Array:
        """Unserved load with given storages and stations, shape of ``load_mw``. [MW]"""
        if not storages and not stations:
            return np.asarray(np.maximum(load_mw - supply_mw, 0.0))
        names = [part.name for part in (*storages, *stations)]
        order = tuple(name for name in self.problem.storage_order if name in names)
        whole = replace(
            self.problem,
            load_mw=load_mw,
            renewables={SUPPLY: supply_mw},
            storages=storages,
            stations=stations,
            storage_order=order,
        )
        found = np.empty(load_mw.shape)
        for first in range(0, load_mw.shape[0], AT_ONCE):
            rows = slice(first, first + AT_ONCE)
            found[rows] = dispatch_by_rules(_part(whole, rows)).unserved_mw
        return found

    def _storages(self) -> tuple[StorageLimits, ...]:
        return tuple(self._scaled(s) for s in self.problem.storages if s.name not in self.without)

    def _stations(self) -> tuple[StationLimits, ...]:
        return tuple(self._built(s) for s in self.problem.stations if s.name not in self.without)

    def _built(self, station: StationLimits) -> StationLimits:
        """Return a station with its first units only; its reservoirs stay."""
        factor = self.scale.get(station.name, 1.0)
        if factor == 1.0:
            return station
        number = np.arange(station.in_service.shape[0])
        built = number < round(factor * number.size)
        shape = (-1,) + (1,) * (station.in_service.ndim - 1)
        return replace(station, in_service=station.in_service & built.reshape(shape))

    def _scaled(self, storage: StorageLimits) -> StorageLimits:
        factor = self.scale.get(storage.name, 1.0)
        if factor == 1.0:
            return storage
        names = ("charge_mw", "discharge_mw", "energy_mwh", "initial_level_mwh")
        changed: dict[str, Any] = {name: factor * getattr(storage, name) for name in names}
        return replace(storage, **changed)


def unserved_of(system: FirmSystem, variants: Sequence[Variant]) -> list[Array]:
    """Return the unserved load of variants of a system, shape (R, T) each. [MW]

    Variants whose storages are equal are runs of one array: those that differ in load, in the size
    of a plant without storage, or in the number of units of a station.

    Parameters
    ----------
    system : FirmSystem
    variants : sequence of Variant
    """
    changed = [system.of(variant) for variant in variants]
    groups: dict[object, list[int]] = {}
    for place, one in enumerate(changed):
        stores = {s.name for s in (*system.problem.storages, *system.problem.stations)}
        sizes = [one.scale.get(s.name, 1.0) for s in system.problem.storages]
        groups.setdefault((one.without & stores, *sizes), []).append(place)
    found: dict[int, Array] = {}
    for places in groups.values():
        load = [np.maximum(system.load_mw + variants[k].more_load_mw, 0.0) for k in places]
        first = changed[places[0]]
        stations = [changed[k]._stations() for k in places]
        unserved = first._unserved(
            np.concatenate(load),
            np.concatenate([changed[k].total_mw() for k in places]),
            tuple(_repeated(s, system.runs, len(places)) for s in first._storages()),
            tuple(_joined(same, system.runs) for same in zip(*stations, strict=True)),
        )
        parts = np.split(unserved, len(places))
        found.update(zip(places, parts, strict=True))
    return [found[place] for place in range(len(variants))]


def _repeated(limits: _Limits, runs: int, times: int) -> _Limits:
    """Return the limits of R runs several times, one after another."""

    def tiled(series: Array) -> Array:
        return np.tile(series, (times, 1)) if series.ndim == 2 and len(series) == runs else series

    return limits.with_series(tiled) if times > 1 else limits


def _joined(same: Sequence[StationLimits], runs: int) -> StationLimits:
    """Return stations that differ in their units in service as one with the runs of all."""
    if len(same) == 1:
        return same[0]
    units = [
        s.in_service if s.in_service.ndim == 3 else np.repeat(s.in_service[:, np.newaxis], runs, 1)
        for s in same
    ]
    return replace(_repeated(same[0], runs, len(same)), in_service=np.concatenate(units, axis=1))


def _part(problem: Problem, rows: slice) -> Problem:
    """Return some runs of a problem, including outages of stations."""

    def cut(series: Array) -> Array:
        return series[rows] if series.ndim == 2 and series.shape[0] > 1 else series

    part = problem.with_series(cut)
    stations = tuple(
        replace(s, in_service=s.in_service[:, rows] if s.in_service.ndim == 3 else s.in_service)
        for s in part.stations
    )
    return replace(part, stations=stations)


def firm_system(
    problem: Problem, outages: Histories, years: Sequence[int], draws: Sequence[int]
) -> FirmSystem:
    """Return the system of some weather years, each with some draws of outages.

    Parameters
    ----------
    problem : Problem
        Shape (Y, T), or (T,) if nothing depends on weather.
    outages : Histories
    years : sequence of int
        Labels of the Y weather years.
    draws : sequence of int
        Draws of each weather year.

    Returns
    -------
    FirmSystem
        System of R = Y × draws runs; the draws of a year are consecutive.
    """
    histories: list[History] = [(year, draw) for year in years for draw in draws]
    runs, steps = len(histories), problem.steps

    def spread(series: Array) -> Array:
        """Broadcast shape (Y, T), (T,) or () to (R, T)."""
        whole = np.broadcast_to(series, (len(years), steps))
        return np.repeat(whole, len(draws), axis=0)

    def in_service(name: str) -> Array:
        return outages.share_in_service(name, histories)

    supply = {name: spread(power) * in_service(name) for name, power in problem.renewables.items()}
    for plant in problem.thermals:
        supply[plant.name] = spread(np.asarray(plant.capacity_mw)) * in_service(plant.name)
    if np.any(problem.import_limit_mw > 0.0):
        supply[GRID] = spread(problem.import_limit_mw) * in_service(GRID)
    bare = replace(
        problem,
        renewables={},
        thermals=(),
        load_mw=np.zeros(problem.shape),
        flexible_loads=(),
        import_limit_mw=np.zeros(()),
        export_limit_mw=np.zeros(()),
        import_price_cny_mwh=np.zeros(()),
        export_price_cny_mwh=np.zeros(()),
        variable_om_cny_mwh={},
        terms=PeriodTerms(),
        terminal="cyclic",
        storage_serves="load",
    )
    wide = bare.with_series(lambda series: spread(series) if series.ndim > 1 else series)
    storages = tuple(
        replace(s, in_service=np.broadcast_to(in_service(s.name), (runs, steps)))
        if s.name in outages.tables
        else s
        for s in wide.storages
    )
    stations = tuple(
        replace(
            s,
            in_service=_units_in_service(s.in_service, outages, s.name, histories),
            serves_below_least=True,
        )
        for s in wide.stations
    )
    whole = replace(wide, load_mw=np.zeros((runs, steps)), storages=storages, stations=stations)
    return FirmSystem(whole, spread(problem.load_mw), supply)


def _units_in_service(
    planned: Any, outages: Histories, name: str, histories: Sequence[History]
) -> Any:
    """Return which units of a station can run, bool, shape (U, R, T), or (U, T) without outages."""
    if name not in outages.tables:
        return planned
    out = np.stack([outages.units_out(name, history) for history in histories], axis=1)
    return planned[:, np.newaxis] & ~out
