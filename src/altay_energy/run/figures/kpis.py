"""The figures of a dispatch: one function each, all of one run or of many at once.

Energies are sums over the period, at the bus. Every function takes a ``Dispatch`` of shape (..., T)
and returns an array of its leading shape (...). A rate whose denominator is zero is zero.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import TypeAlias

import numpy as np

from altay_energy.core.units import Array
from altay_energy.dispatch.problem.problem import Problem
from altay_energy.dispatch.problem.storage import StorageLimits
from altay_energy.dispatch.problem.thermal_units import ThermalLimits
from altay_energy.dispatch.result.costs import (
    demand_charge_cny,
    emission_cost_cny,
    emissions_t,
    export_revenue_cny,
    import_cost_cny,
    operating_cost_cny,
    thermal_units_cost_cny,
    unserved_cost_cny,
    variable_cost_cny,
)
from altay_energy.dispatch.result.costs import no_amount as _nothing
from altay_energy.dispatch.result.costs import over_period as _total
from altay_energy.dispatch.result.result import Dispatch
from altay_energy.run.figures.plants import station_kpis, thermal_units_kpis
from altay_energy.run.figures.ratio import ratio

Figure: TypeAlias = float | Array
"""One number for a single run, an array of the leading shape for many."""

SERVED_WITHIN_MW = 1e-6
"""Load that goes short by no more than this counts as served. [MW]"""


def load_mwh(dispatch: Dispatch) -> Array:
    """Demand, after shifting. [MWh]"""
    return _total(dispatch, dispatch.load_mw)


def served_mwh(dispatch: Dispatch) -> Array:
    """Load that was served: load less unserved. [MWh]"""
    return _total(dispatch, dispatch.served_mw)


def unserved_mwh(dispatch: Dispatch) -> Array:
    """Load that went without. [MWh]"""
    return _total(dispatch, dispatch.unserved_mw)


def available_mwh(dispatch: Dispatch) -> Array:
    """What the own renewable plants could have given. [MWh]"""
    return _total_of(dispatch, dispatch.available_mw.values())


def generation_mwh(dispatch: Dispatch) -> Array:
    """What the own renewable plants gave: available less curtailed. [MWh]"""
    return _total_of(dispatch, dispatch.generation_mw.values())


def curtailed_mwh(dispatch: Dispatch) -> Array:
    """Available energy of the own renewable plants that was not used. [MWh]"""
    return _total_of(dispatch, dispatch.curtailed_mw.values())


def curtailment_rate(dispatch: Dispatch) -> Array:
    """Curtailed / available. [-]"""
    return ratio(curtailed_mwh(dispatch), available_mwh(dispatch))


def thermal_mwh(dispatch: Dispatch) -> Array:
    """Generation of the thermal plants. [MWh]"""
    return _total_of(dispatch, dispatch.thermal_mw.values())


def renewable_share(dispatch: Dispatch) -> Array:
    """Renewable generation / (renewable generation + thermal generation + imports). [-]"""
    renewable = generation_mwh(dispatch)
    return ratio(renewable, renewable + thermal_mwh(dispatch) + import_mwh(dispatch))


def import_mwh(dispatch: Dispatch) -> Array:
    """Energy taken from the grid. [MWh]"""
    return _total(dispatch, dispatch.import_mw)


def export_mwh(dispatch: Dispatch) -> Array:
    """Energy given to the grid. [MWh]"""
    return _total(dispatch, dispatch.export_mw)


def peak_import_mw(dispatch: Dispatch) -> Array:
    """Largest import of any step. [MW]"""
    return np.asarray(dispatch.import_mw.max(axis=-1))


def peak_export_mw(dispatch: Dispatch) -> Array:
    """Largest export of any step. [MW]"""
    return np.asarray(dispatch.export_mw.max(axis=-1))


def charge_mwh(dispatch: Dispatch) -> Array:
    """Energy that all storages took from the bus. [MWh]"""
    return _total_of(dispatch, dispatch.charge_mw.values())


def discharge_mwh(dispatch: Dispatch) -> Array:
    """Energy that all storages gave to the bus. [MWh]"""
    return _total_of(dispatch, dispatch.discharge_mw.values())


def storage_loss_mwh(dispatch: Dispatch) -> Array:
    """Energy lost in all storages: charge - discharge - (last level - first level). [MWh]

    It holds the losses of both directions and the standing loss. What is still stored at the end
    is not lost, and what was stored at the beginning is not gained.
    """
    gained = (level[..., -1] - level[..., 0] for level in dispatch.level_mwh.values())
    stored = sum(gained, start=_nothing(dispatch))
    return charge_mwh(dispatch) - discharge_mwh(dispatch) - stored


def export_rate(dispatch: Dispatch) -> Array:
    """Export / available. [-]"""
    return ratio(export_mwh(dispatch), available_mwh(dispatch))


def self_consumption_rate(dispatch: Dispatch) -> Array:
    """(Generation - export - storage loss, not below 0) / available. [-]

    Own energy that reaches the load. What is lost in storage is not used, and what is still stored
    at the end is not lost. Never above 1: rain into a reservoir is a gain, no use of own plants.
    """
    available = available_mwh(dispatch)
    return ratio(np.minimum(_reaches_the_load(dispatch), available), available)


def self_consumption_metered_rate(dispatch: Dispatch) -> Array:
    """(Generation - export, not below 0) / available. [-]

    As the meters of plants and connection show it: what is lost in storage counts as used.
    """
    kept = np.maximum(generation_mwh(dispatch) - export_mwh(dispatch), 0.0)
    return ratio(kept, available_mwh(dispatch))


def self_supply_rate(dispatch: Dispatch) -> Array:
    """(Generation - export - storage loss, between 0 and the load) / load. [-]

    Where contents end as they began it is 1 - (import + thermal + unserved) / load.
    """
    load = load_mwh(dispatch)
    return ratio(np.minimum(_reaches_the_load(dispatch), load), load)


def avoided_emissions_t(dispatch: Dispatch) -> Array:
    """CO2 had the grid given all that was served and exported, less the emissions. [t]"""
    delivered = served_mwh(dispatch) + export_mwh(dispatch)
    return delivered * dispatch.problem.grid_emission_factor_t_mwh - emissions_t(dispatch)


def lolh_h(dispatch: Dispatch) -> Array:
    """Loss-of-load hours: time in which more than 1e-6 MW of the load goes unserved. [h]"""
    short = np.count_nonzero(dispatch.unserved_mw > SERVED_WITHIN_MW, axis=-1)
    return np.asarray(short * dispatch.problem.step_hours)


def eens_mwh(dispatch: Dispatch) -> Array:
    """Energy not served; its mean over many runs is the expected energy not served. [MWh]"""
    return unserved_mwh(dispatch)


def balance_residual_mw(dispatch: Dispatch) -> Array:
    """Largest absolute imbalance of any step; see `Dispatch.balance_residual_mw`. [MW]"""
    return dispatch.balance_residual_mw()


FIGURES: Mapping[str, Callable[[Dispatch], Array]] = {
    figure.__name__: figure
    for figure in (
        load_mwh,
        served_mwh,
        unserved_mwh,
        available_mwh,
        generation_mwh,
        curtailed_mwh,
        curtailment_rate,
        thermal_mwh,
        renewable_share,
        import_mwh,
        export_mwh,
        peak_import_mw,
        peak_export_mw,
        charge_mwh,
        discharge_mwh,
        storage_loss_mwh,
        export_rate,
        self_consumption_rate,
        self_consumption_metered_rate,
        self_supply_rate,
        import_cost_cny,
        export_revenue_cny,
        variable_cost_cny,
        demand_charge_cny,
        emission_cost_cny,
        unserved_cost_cny,
        operating_cost_cny,
        emissions_t,
        avoided_emissions_t,
        lolh_h,
        eens_mwh,
        balance_residual_mw,
    )
}
"""Every figure of a whole run, in the order in which reports show them."""


def kpis(dispatch: Dispatch) -> dict[str, Figure]:
    """All figures of a run.

    Parameters
    ----------
    dispatch : Dispatch
        The result, shape (..., T).

    Returns
    -------
    dict of str to float or ndarray, shape (...)
        The keys of `FIGURES`; floats for a single run.
    """
    return {name: _plain(figure(dispatch)) for name, figure in FIGURES.items()}


def kpis_of_many(
    problem: Problem, dispatcher: Callable[[Problem], Dispatch], runs_at_once: int = 8
) -> dict[str, Array]:
    """All figures of many runs, without ever holding the series of more than a few.

    Parameters
    ----------
    problem : Problem
        Shape (R, ..., T).
    dispatcher : callable
        `dispatch_by_rules` or one of its like.
    runs_at_once : int
        How many entries of the first axis are dispatched together.

    Returns
    -------
    dict of str to ndarray, shape (R, ...)
        The keys of `FIGURES`.
    """
    parts = [kpis(dispatcher(part)) for part in problem.parts(runs_at_once)]
    return {name: np.concatenate([np.atleast_1d(part[name]) for part in parts]) for name in FIGURES}


def plant_kpis(
    dispatch: Dispatch, capacity_mw: Mapping[str, float]
) -> dict[str, dict[str, Figure]]:
    """Figures of each plant, by name.

    Parameters
    ----------
    dispatch : Dispatch
        The result, shape (..., T).
    capacity_mw : mapping of str to float
        Rated power of every renewable plant. [MW]

    Returns
    -------
    dict of str to dict of str to float or ndarray, shape (...)
        Those of `renewable_kpis`, `thermal_kpis`, `storage_kpis` and `station_kpis`.
    """
    problem = dispatch.problem
    figures = {
        name: renewable_kpis(dispatch, name, capacity_mw[name]) for name in problem.renewables
    }
    figures |= {plant.name: thermal_kpis(dispatch, plant) for plant in problem.thermals}
    figures |= {storage.name: storage_kpis(dispatch, storage) for storage in problem.storages}
    figures |= {name: station_kpis(dispatch, done) for name, done in dispatch.stations.items()}
    return {name: {k: _plain(v) for k, v in row.items()} for name, row in figures.items()}


def renewable_kpis(dispatch: Dispatch, name: str, capacity_mw: float) -> dict[str, Array]:
    """Figures of one wind, solar or hydro plant.

    Parameters
    ----------
    dispatch : Dispatch
        The result, shape (..., T).
    name : str
        The plant.
    capacity_mw : float
        Its rated power. [MW]

    Returns
    -------
    dict of str to ndarray, shape (...)
        ``available_mwh``, ``generation_mwh``, ``curtailed_mwh`` [MWh]; ``curtailment_rate``
        (curtailed / available) [-]; ``full_load_hours`` (generation / rated power) and
        ``available_full_load_hours`` (available / rated power) of the period [h];
        ``capacity_factor`` (full-load hours / hours of the period) [-].
    """
    available = _total(dispatch, dispatch.available_mw[name])
    generation = _total(dispatch, dispatch.generation_mw[name])
    curtailed = _total(dispatch, dispatch.curtailed_mw[name])
    rated = np.float64(capacity_mw)
    return {
        "available_mwh": available,
        "generation_mwh": generation,
        "curtailed_mwh": curtailed,
        "curtailment_rate": ratio(curtailed, available),
        "full_load_hours": ratio(generation, rated),
        "available_full_load_hours": ratio(available, rated),
        "capacity_factor": ratio(generation, rated * dispatch.problem.hours),
    }


def thermal_kpis(dispatch: Dispatch, plant: ThermalLimits) -> dict[str, Array]:
    """Figures of one thermal plant.

    Parameters
    ----------
    dispatch : Dispatch
        The result, shape (..., T).
    plant : ThermalLimits
        The plant.

    Returns
    -------
    dict of str to ndarray, shape (...)
        ``generation_mwh`` [MWh]; ``capacity_factor`` (generation / what full power throughout
        would give) [-]; ``variable_cost_cny`` [CNY]; ``emissions_t`` [t]; where its units are
        committed those of `thermal_units_kpis`.
    """
    generation = _total(dispatch, dispatch.thermal_mw[plant.name])
    full = _total(dispatch, dispatch.problem.on_all(plant.capacity_mw))
    cost = generation * plant.marginal_cost_cny_mwh
    if plant.units is not None:
        cost = thermal_units_cost_cny(dispatch, plant)
    return {
        "generation_mwh": generation,
        "capacity_factor": ratio(generation, full),
        "variable_cost_cny": cost,
        "emissions_t": generation * plant.emission_factor_t_mwh,
        **thermal_units_kpis(dispatch, plant),
    }


def storage_kpis(dispatch: Dispatch, storage: StorageLimits) -> dict[str, Array]:
    """Figures of one storage.

    Parameters
    ----------
    dispatch : Dispatch
        The result, shape (..., T).
    storage : StorageLimits
        The storage.

    Returns
    -------
    dict of str to ndarray, shape (...)
        ``charge_mwh``, ``discharge_mwh`` at the bus, ``loss_mwh`` (as `storage_loss_mwh`),
        ``start_level_mwh``, ``end_level_mwh`` [MWh]; ``equivalent_cycles`` (content drawn for
        discharging / usable content) [-].
    """
    level = dispatch.level_mwh[storage.name]
    charge = _total(dispatch, dispatch.charge_mw[storage.name])
    discharge = _total(dispatch, dispatch.discharge_mw[storage.name])
    drawn = discharge / storage.discharge_efficiency
    return {
        "charge_mwh": charge,
        "discharge_mwh": discharge,
        "loss_mwh": charge - discharge - (level[..., -1] - level[..., 0]),
        "equivalent_cycles": ratio(drawn, np.float64(storage.energy_mwh)),
        "start_level_mwh": level[..., 0],
        "end_level_mwh": level[..., -1],
    }


def _reaches_the_load(dispatch: Dispatch) -> Array:
    """Own energy that reaches the load, or is stored for it. [MWh]"""
    kept = generation_mwh(dispatch) - export_mwh(dispatch)
    return np.maximum(kept - storage_loss_mwh(dispatch), 0.0)


def _total_of(dispatch: Dispatch, powers: Iterable[Array]) -> Array:
    return sum((_total(dispatch, power) for power in powers), start=_nothing(dispatch))


def _plain(figure: Array) -> Figure:
    return figure if np.ndim(figure) else float(figure)
