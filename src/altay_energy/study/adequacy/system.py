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

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from altay_energy.components.settings.adequacy import GRID
from altay_energy.core.units import Array
from altay_energy.core.value import Value
from altay_energy.dispatch.problem.period import PeriodTerms
from altay_energy.dispatch.problem.problem import Problem
from altay_energy.dispatch.problem.storage import StorageLimits
from altay_energy.dispatch.rules.rules import dispatch_by_rules
from altay_energy.study.adequacy.outages import Histories, History

SUPPLY = "supply"
"""Name of the supply without storages."""

AT_ONCE = 64
"""Number of runs dispatched at once."""


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

    def unserved_mw(self, supply_mw: Array, more_load_mw: float = 0.0) -> Array:
        """Unserved load, shape (R, T). [MW]

        Parameters
        ----------
        supply_mw : ndarray, shape (R, T)
            Result of `total_mw`. [MW]
        more_load_mw : float
            Constant load added to that of the system; may be negative. [MW]
        """
        load = np.maximum(self.load_mw + more_load_mw, 0.0)
        storages = tuple(
            self._scaled(s) for s in self.problem.storages if s.name not in self.without
        )
        stations = tuple(s for s in self.problem.stations if s.name not in self.without)
        if not storages and not stations:
            return np.asarray(np.maximum(load - supply_mw, 0.0))
        names = [part.name for part in (*storages, *stations)]
        order = tuple(name for name in self.problem.storage_order if name in names)
        whole = replace(
            self.problem,
            load_mw=load,
            renewables={SUPPLY: supply_mw},
            storages=storages,
            stations=stations,
            storage_order=order,
        )
        found = np.empty(load.shape)
        for first in range(0, self.runs, AT_ONCE):
            rows = slice(first, first + AT_ONCE)
            found[rows] = dispatch_by_rules(_part(whole, rows)).unserved_mw
        return found

    def _scaled(self, storage: StorageLimits) -> StorageLimits:
        factor = self.scale.get(storage.name, 1.0)
        if factor == 1.0:
            return storage
        names = ("charge_mw", "discharge_mw", "energy_mwh", "initial_level_mwh")
        changed: dict[str, Any] = {name: factor * getattr(storage, name) for name in names}
        return replace(storage, **changed)


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
