"""The figures of a whole run: one function and one entry each, for one run or many at once.

Energies are sums over the period, at the bus. Every function takes a ``Dispatch`` of shape (..., T)
and returns an array of its leading shape (...). A rate whose denominator is zero is zero.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import numpy as np

from altay_energy.core.units import Array
from altay_energy.dispatch.result.costs import (
    demand_charge_cny,
    emission_cost_cny,
    emissions_t,
    export_revenue_cny,
    import_cost_cny,
    operating_cost_cny,
    unserved_cost_cny,
    variable_cost_cny,
)
from altay_energy.dispatch.result.costs import no_amount as _nothing
from altay_energy.dispatch.result.costs import over_period as _total
from altay_energy.dispatch.result.result import Dispatch
from altay_energy.run.figures.figure import Amount, Figure, evaluated, figure, plain, ratio

SERVED_WITHIN_MW = 1e-6
"""Unserved load up to this counts as served. [MW]"""


def load_mwh(dispatch: Dispatch) -> Array:
    """Demand after shifting, with the own use of plants. [MWh]"""
    return _total(dispatch, dispatch.load_mw)


def served_mwh(dispatch: Dispatch) -> Array:
    """Load less unserved load. [MWh]"""
    return _total(dispatch, dispatch.served_mw)


def unserved_mwh(dispatch: Dispatch) -> Array:
    """Load that was not served. [MWh]"""
    return _total(dispatch, dispatch.unserved_mw)


def available_mwh(dispatch: Dispatch) -> Array:
    """What the own renewable plants could have generated. [MWh]"""
    return _total_of(dispatch, dispatch.available_mw.values())


def generation_mwh(dispatch: Dispatch) -> Array:
    """What the own renewable plants generated: available less curtailed. [MWh]"""
    return _total_of(dispatch, dispatch.generation_mw.values())


def curtailed_mwh(dispatch: Dispatch) -> Array:
    """Available energy of the own renewable plants that was not used. [MWh]"""
    return _total_of(dispatch, dispatch.curtailed_mw.values())


def curtailment_rate(dispatch: Dispatch) -> Array:
    """Curtailed / available energy. [-]"""
    return ratio(curtailed_mwh(dispatch), available_mwh(dispatch))


def thermal_mwh(dispatch: Dispatch) -> Array:
    """Generation of the thermal plants. [MWh]"""
    return _total_of(dispatch, dispatch.thermal_mw.values())


def renewable_share(dispatch: Dispatch) -> Array:
    """Renewable generation / (renewable generation + thermal generation + imports). [-]"""
    renewable = generation_mwh(dispatch)
    return ratio(renewable, renewable + thermal_mwh(dispatch) + import_mwh(dispatch))


def import_mwh(dispatch: Dispatch) -> Array:
    """Energy drawn from the grid. [MWh]"""
    return _total(dispatch, dispatch.import_mw)


def export_mwh(dispatch: Dispatch) -> Array:
    """Energy fed into the grid. [MWh]"""
    return _total(dispatch, dispatch.export_mw)


def peak_import_mw(dispatch: Dispatch) -> Array:
    """Largest import of any step. [MW]"""
    return np.asarray(dispatch.import_mw.max(axis=-1))


def peak_export_mw(dispatch: Dispatch) -> Array:
    """Largest export of any step. [MW]"""
    return np.asarray(dispatch.export_mw.max(axis=-1))


def exchange_ramp_p99_mw(dispatch: Dispatch) -> Array:
    """99th percentile of the absolute change of import - export from step to step. [MW]

    The smallest change that at least 99 % of the changes do not exceed; 0 of a single step.
    """
    exchange = dispatch.import_mw - dispatch.export_mw
    ramps = np.abs(np.diff(exchange, axis=-1))
    if ramps.shape[-1] == 0:
        return _nothing(dispatch)
    return np.asarray(np.quantile(ramps, 0.99, axis=-1, method="inverted_cdf"))


def charge_mwh(dispatch: Dispatch) -> Array:
    """Energy that all storages drew from the bus. [MWh]"""
    return _total_of(dispatch, dispatch.charge_mw.values())


def discharge_mwh(dispatch: Dispatch) -> Array:
    """Energy that all storages fed to the bus. [MWh]"""
    return _total_of(dispatch, dispatch.discharge_mw.values())


def storage_loss_mwh(dispatch: Dispatch) -> Array:
    """Charge - discharge - (last level - first level) of all storages. [MWh]

    The sum of charging, discharging and standing losses. Energy still stored at the end is not
    lost, and energy stored at the beginning is not a gain.
    """
    gained = (level[..., -1] - level[..., 0] for level in dispatch.level_mwh.values())
    stored = sum(gained, start=_nothing(dispatch))
    return charge_mwh(dispatch) - discharge_mwh(dispatch) - stored


def export_rate(dispatch: Dispatch) -> Array:
    """Export / available energy. [-]"""
    return ratio(export_mwh(dispatch), available_mwh(dispatch))


def self_consumption_rate(dispatch: Dispatch) -> Array:
    """max(generation - export - storage loss, 0) / available, at most 1. [-]

    Own energy that reaches the load, net of storage losses; energy still stored at the end counts
    as used. At most 1, because rain into a reservoir is not generation of own plants.
    """
    available = available_mwh(dispatch)
    return ratio(np.minimum(_reaches_the_load(dispatch), available), available)


def self_consumption_metered_rate(dispatch: Dispatch) -> Array:
    """max(generation - export, 0) / available. [-]

    As metered at plants and connection: storage losses count as used.
    """
    kept = np.maximum(generation_mwh(dispatch) - export_mwh(dispatch), 0.0)
    return ratio(kept, available_mwh(dispatch))


def self_supply_rate(dispatch: Dispatch) -> Array:
    """max(generation - export - storage loss, 0) / load, at most 1. [-]

    If contents end as they began, it is 1 - (import + thermal + unserved) / load.
    """
    load = load_mwh(dispatch)
    return ratio(np.minimum(_reaches_the_load(dispatch), load), load)


def avoided_emissions_t(dispatch: Dispatch) -> Array:
    """(Served + export) × emission factor of the grid - emissions. [t]"""
    delivered = served_mwh(dispatch) + export_mwh(dispatch)
    return delivered * dispatch.problem.grid_emission_factor_t_mwh - emissions_t(dispatch)


def lolh_h(dispatch: Dispatch) -> Array:
    """Time in which more than 1e-6 MW of the load is not served. [h]"""
    short = np.count_nonzero(dispatch.unserved_mw > SERVED_WITHIN_MW, axis=-1)
    return np.asarray(short * dispatch.problem.step_hours)


def eens_mwh(dispatch: Dispatch) -> Array:
    """Unserved load; its mean over many runs is the expected energy not served. [MWh]"""
    return unserved_mwh(dispatch)


def balance_residual_mw(dispatch: Dispatch) -> Array:
    """Largest absolute imbalance of any step. [MW]"""
    return dispatch.balance_residual_mw()


FIGURES: Mapping[str, Figure[Dispatch, Array]] = {
    entry.key: entry
    for entry in (
        figure("sum", "energy")(load_mwh),
        figure("sum", "reliability")(served_mwh),
        figure("sum", "reliability")(unserved_mwh),
        figure("sum", "energy")(available_mwh),
        figure("sum", "energy")(generation_mwh),
        figure("sum", "energy")(curtailed_mwh),
        figure("ratio", "energy")(curtailment_rate),
        figure("sum", "energy")(thermal_mwh),
        figure("ratio", "energy")(renewable_share),
        figure("sum", "grid")(import_mwh),
        figure("sum", "grid")(export_mwh),
        figure("largest", "grid", 1)(peak_import_mw),
        figure("largest", "grid", 1)(peak_export_mw),
        figure("percentile", "grid", 1)(exchange_ramp_p99_mw),
        figure("sum", "storage")(charge_mwh),
        figure("sum", "storage")(discharge_mwh),
        figure("sum", "storage")(storage_loss_mwh),
        figure("ratio", "grid")(export_rate),
        figure("ratio", "energy")(self_consumption_rate),
        figure("ratio", "energy")(self_consumption_metered_rate),
        figure("ratio", "energy")(self_supply_rate),
        figure("sum", "cost")(import_cost_cny),
        figure("sum", "cost")(export_revenue_cny),
        figure("sum", "cost")(variable_cost_cny),
        figure("sum", "cost")(demand_charge_cny),
        figure("sum", "cost")(emission_cost_cny),
        figure("sum", "cost")(unserved_cost_cny),
        figure("sum", "cost")(operating_cost_cny),
        figure("sum", "emissions")(emissions_t),
        figure("sum", "emissions")(avoided_emissions_t),
        figure("sum", "reliability")(lolh_h),
        figure("sum", "reliability")(eens_mwh),
        figure("largest", "check")(balance_residual_mw),
    )
}
"""Every figure of a whole run, in the order of ``kpis.json``."""


def kpis(dispatch: Dispatch) -> dict[str, Amount]:
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
    return {name: plain(value) for name, value in evaluated(FIGURES.values(), dispatch).items()}


def _reaches_the_load(dispatch: Dispatch) -> Array:
    """Own energy that reaches the load, or is stored for it. [MWh]"""
    kept = generation_mwh(dispatch) - export_mwh(dispatch)
    return np.maximum(kept - storage_loss_mwh(dispatch), 0.0)


def _total_of(dispatch: Dispatch, powers: Iterable[Array]) -> Array:
    return sum((_total(dispatch, power) for power in powers), start=_nothing(dispatch))
