"""The electricity bill of a run or of any import, by month and part."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from altay_energy.components.supply.bill import HOURS_OF_MONTH, BillRates
from altay_energy.components.supply.grid import Grid
from altay_energy.core.timeline import Integers, Timeline
from altay_energy.core.units import Array
from altay_energy.core.value import Value
from altay_energy.dispatch.result.costs import demand_charge_cny, import_cost_cny
from altay_energy.dispatch.result.result import Dispatch
from altay_energy.run.figures.figure import evaluated, figure, figures_in, plain, ratio
from altay_energy.run.money.ledger import residual_share, total_of_months_cny

ENERGY = ("purchase", "line_loss", "network_energy", "system_operation", "government_funds")
"""Parts of a bill that are paid per MWh imported."""

PARTS = (*ENERGY, "charge", "nearby_fee")
"""All parts of a bill; their sum is the bill."""


@dataclass(frozen=True, eq=False)
class Bill(Value):
    """Cost of the grid connection in each of M billing months by part, value-added tax included.

    Parameters
    ----------
    rates : BillRates
        Prices in the T intervals and M months.
    import_mwh : ndarray, shape (..., M)
        Import of each month. [MWh]
    peak_mw : ndarray, shape (..., M)
        Largest import of each month. [MW]
    energy : mapping of str to ndarray, shape (..., M)
        Cost of each of the parts `ENERGY`. [CNY]
    levels_cny : ndarray, shape (..., M)
        Part of the purchase cost that is due to time-of-use levels. [CNY]
    fee_two_part_cny : ndarray, shape (..., M)
        Two-part fee of nearby consumption on all consumed energy. [CNY]
    by_months_cny : ndarray, shape (...)
        The whole bill computed a second way, from totals of the months. [CNY]
    in_dispatch_cny : ndarray, shape (...), or None
        Cost of import and peaks in the dispatch; None for an import without a dispatch. [CNY]
    """

    rates: BillRates
    import_mwh: Array
    peak_mw: Array
    energy: Mapping[str, Array]
    levels_cny: Array
    fee_two_part_cny: Array
    by_months_cny: Array
    in_dispatch_cny: Array | None = None

    @property
    def high_use(self) -> Array:
        """Whether each month has the lower demand price, shape (..., M)."""
        return np.asarray(self.import_mwh >= self.rates.high_use_mwh)

    @property
    def peak_charge_cny(self) -> Array:
        """Largest import of each month × its price, before any rebate, shape (..., M). [CNY]"""
        price = self.rates.demand_cny_mw
        return np.zeros(self.peak_mw.shape) if price is None else self.peak_mw * price

    @property
    def rebate_cny(self) -> Array:
        """Reduction of the demand charge in months of high use, shape (..., M). [CNY]"""
        off = np.where(self.high_use, 1.0 - self.rates.high_use_factor, 0.0)
        return np.asarray(self.peak_charge_cny * off)

    @property
    def capacity_charge_by_month_cny(self) -> Array | None:
        """Capacity charge of each month, shape (M,); None if the capacity is not known. [CNY]"""
        rates = self.rates
        if rates.capacity_mva is None:
            return None
        if rates.capacity_cny_mva is None:
            return np.zeros(rates.months.size)
        return rates.capacity_mva * rates.capacity_cny_mva * rates.month_share

    @property
    def charge_by_month_cny(self) -> Array:
        """The demand or capacity charge that is paid, shape (..., M). [CNY]"""
        if self.rates.charge == "demand":
            return self.peak_charge_cny - self.rebate_cny
        nothing = np.zeros(self.peak_mw.shape)
        return (
            nothing
            if self.capacity_charge_by_month_cny is None
            else nothing + self.capacity_charge_by_month_cny
        )

    @property
    def capacity_fee_by_month_cny(self) -> Array | None:
        """Fee of nearby consumption by capacity and mean load rate, shape (M,). [CNY]

        None if one of the two is not given, or ``way`` is not nearby consumption.
        """
        rates = self.rates
        if rates.fee == "none" or rates.mean_load_rate is None or rates.capacity_mva is None:
            return None
        hours = HOURS_OF_MONTH * rates.month_share * rates.mean_load_rate
        return _mean_of_months(rates.consumption_cny_mwh, rates) * hours * rates.capacity_mva

    @property
    def fee_by_month_cny(self) -> Array:
        """The fee of nearby consumption that is paid, shape (..., M). [CNY]"""
        nothing = np.zeros(self.peak_mw.shape)
        if self.rates.fee == "two_part":
            return self.fee_two_part_cny
        return (
            nothing
            if self.capacity_fee_by_month_cny is None
            else nothing + self.capacity_fee_by_month_cny
        )

    @property
    def parts(self) -> Mapping[str, Array]:
        """Parts (`PARTS`) of the bill, each of shape (..., M). [CNY]"""
        return {
            **self.energy,
            "charge": self.charge_by_month_cny,
            "nearby_fee": self.fee_by_month_cny,
        }

    @property
    def by_month_cny(self) -> Array:
        """The bill of each month, shape (..., M). [CNY]"""
        return sum(self.parts.values(), start=np.zeros(self.peak_mw.shape))

    @figure("sum")
    def purchase_cny(self) -> Array:
        """Import × purchase price × time-of-use factor."""
        return _over(self.energy["purchase"])

    @figure("sum")
    def time_of_use_cny(self) -> Array:
        """Part of `purchase_cny` that is due to time-of-use levels; negative if they save."""
        return _over(self.levels_cny)

    @figure("sum")
    def line_loss_cny(self) -> Array:
        """Import × purchase price × l / (1 - l), l the network's loss; levels do not change it."""
        return _over(self.energy["line_loss"])

    @figure("sum")
    def network_energy_cny(self) -> Array:
        """Import × the network's energy price; 0 with nearby consumption, which has a fee."""
        return _over(self.energy["network_energy"])

    @figure("sum")
    def system_operation_cny(self) -> Array:
        """Import × system operation fee."""
        return _over(self.energy["system_operation"])

    @figure("sum")
    def government_funds_cny(self) -> Array:
        """Import × government funds and surcharges."""
        return _over(self.energy["government_funds"])

    @figure("sum")
    def energy_cny(self) -> Array:
        """Cost of the energy imported: the five parts above, `time_of_use_cny` included."""
        return _over(sum(self.energy.values(), start=np.zeros(self.peak_mw.shape)))

    @figure("sum")
    def charge_by_demand_cny(self) -> Array:
        """Largest import of each month × demand price, lower in months of high use."""
        return _over(self.peak_charge_cny - self.rebate_cny)

    @figure("sum")
    def charge_by_capacity_cny(self) -> Array | None:
        """Capacity × capacity price × months; null without `capacity_mva`; outside of dispatch."""
        return (
            None
            if self.capacity_charge_by_month_cny is None
            else _over(self.capacity_charge_by_month_cny)
        )

    @figure("none")
    def cheaper_charge(self) -> str | None:
        """The cheaper of the two charges, `demand` or `capacity`; null if one is not known."""
        demand, capacity = self.charge_by_demand_cny, self.charge_by_capacity_cny
        if capacity is None or self.rates.charge == "none" or np.ndim(demand):
            return None
        return "demand" if demand <= capacity else "capacity"

    @figure("sum")
    def charge_cny(self) -> Array:
        """The one of the two charges that is paid."""
        return _over(self.charge_by_month_cny)

    @figure("sum")
    def high_use_rebate_cny(self) -> Array:
        """Reduction of `charge_by_demand_cny` in months of high use; outside of dispatch."""
        return _over(self.rebate_cny)

    @figure("sum")
    def high_use_months(self) -> Array:
        """Months with enough import per capacity for the lower demand price."""
        return np.asarray(self.high_use.sum(axis=-1, dtype=np.float64))

    @figure("sum")
    def fee_by_capacity_cny(self) -> Array | None:
        """Nearby consumption: energy price × mean load rate × 730 h × capacity; null elsewhere."""
        return (
            None
            if self.capacity_fee_by_month_cny is None
            else _over(self.capacity_fee_by_month_cny)
        )

    @figure("sum")
    def fee_by_consumption_cny(self) -> Array | None:
        """Nearby consumption: energy price × consumption of the loads; null elsewhere."""
        return None if self.rates.fee == "none" else _over(self.fee_two_part_cny)

    @figure("sum")
    def nearby_fee_cny(self) -> Array:
        """The one of the two fees of nearby consumption that is paid; outside of dispatch."""
        return _over(self.fee_by_month_cny)

    @figure("sum")
    def total_cny(self) -> Array:
        """The whole bill: `energy_cny` + `charge_cny` + `nearby_fee_cny`."""
        return _over(self.by_month_cny)

    @figure("ratio")
    def mean_price_cny_mwh(self) -> Array:
        """The whole bill / import."""
        return ratio(self.total_cny, _over(self.import_mwh))

    @figure("sum")
    def outside_dispatch_cny(self) -> Array:
        """Part of the bill outside of dispatch and of `operating_cost_cny`: fees, rebate."""
        fixed = -self.rebate_cny if self.rates.charge == "demand" else self.charge_by_month_cny
        return _over(fixed + self.fee_by_month_cny)

    @figure("largest")
    def ledger_residual_share(self) -> Array:
        """Largest difference of the bill by hours, by months and in dispatch / the bill."""
        total, whole = self.total_cny, self.turnover_cny
        found = residual_share(total, self.by_months_cny, whole)
        if self.in_dispatch_cny is None:
            return found
        seen = self.in_dispatch_cny + self.outside_dispatch_cny
        return np.asarray(np.maximum(found, residual_share(total, seen, whole)))

    @figure("none")
    def by_month(self) -> dict[str, Any]:
        """Months, import, peak and every part of the bill by month."""
        return {
            "month": self.rates.months.astype(str).tolist(),
            "import_mwh": self.import_mwh.tolist(),
            "peak_import_mw": self.peak_mw.tolist(),
            **{f"{name}_cny": part.tolist() for name, part in self.parts.items()},
        }

    def with_dispatch(self, in_dispatch_cny: Array) -> Bill:
        """Return the bill with the cost in a dispatch, for comparison.

        Parameters
        ----------
        in_dispatch_cny : ndarray, shape (...)
            Import cost and demand charge. [CNY]
        """
        return replace(self, in_dispatch_cny=in_dispatch_cny)

    def notices(self) -> list[str]:
        """Notice of a charge that would have cost less for this import."""
        cheaper = self.cheaper_charge
        if cheaper is None or cheaper == self.rates.charge:
            return []
        demand, capacity = float(self.charge_by_demand_cny), float(self.charge_by_capacity_cny or 0)
        paid, less = (demand, capacity) if cheaper == "capacity" else (capacity, demand)
        key = "charge"
        return [
            f'{key} = "{self.rates.charge}" costs {paid:,.0f} CNY; {key} = "{cheaper}" would cost '
            f"{less:,.0f} CNY with this import"
        ]

    @property
    def turnover_cny(self) -> Array:
        """Sum of the absolute values of all parts, shape (...). [CNY]"""
        return _over(sum(map(np.abs, self.parts.values()), start=np.zeros(self.peak_mw.shape)))


FIGURES = figures_in(Bill)


def bill_of(
    grid: Grid, timeline: Timeline, import_mw: Array, consumption_mw: Array | None = None
) -> Bill | None:
    """Compute the bill of an import through a grid connection; None without ``bill``.

    Parameters
    ----------
    grid : Grid
        The connection with its bill.
    timeline : Timeline
        The T intervals.
    import_mw : ndarray, shape (..., T)
        Power drawn from the grid, by a run or by a whole load that is bought. [MW]
    consumption_mw : ndarray, shape (..., T), optional
        Power that the loads use, for the fee of nearby consumption; default: the import. [MW]

    Returns
    -------
    Bill or None
    """
    rates = grid.bill_rates(timeline)
    if rates is None or grid.bill is None:
        return None
    used = import_mw if consumption_mw is None else consumption_mw
    months = rates.month_of_step
    floats = import_mw * rates.purchase_cny_mwh
    prices: Mapping[str, Array | float] = {
        "line_loss": rates.line_loss_cny_mwh,
        "network_energy": rates.network_cny_mwh,
        "system_operation": rates.system_operation_cny_mwh,
        "government_funds": rates.government_funds_cny_mwh,
    }
    hours = timeline.step_hours
    base = by_months(floats, months) * hours
    purchase = by_months(floats * rates.multiplier, months) * hours
    energy = {name: by_months(import_mw * price, months) * hours for name, price in prices.items()}
    return Bill(
        rates=rates,
        import_mwh=by_months(import_mw, months) * hours,
        peak_mw=np.maximum.reduceat(import_mw, _first_steps(months), axis=-1),
        energy={"purchase": purchase, **energy},
        levels_cny=purchase - base,
        fee_two_part_cny=by_months(used * rates.consumption_cny_mwh, months) * hours,
        by_months_cny=total_of_months_cny(grid.bill, rates, timeline, import_mw, used),
    )


def bill_of_run(grid: Grid | None, timeline: Timeline, dispatch: Dispatch) -> Bill | None:
    """Compute the bill of a run; None if its grid connection has no ``bill``.

    Parameters
    ----------
    grid : Grid or None
    timeline : Timeline
        The T intervals.
    dispatch : Dispatch
        Shape (..., T).
    """
    if grid is None:
        return None
    found = bill_of(grid, timeline, dispatch.import_mw, dispatch.served_mw)
    if found is None:
        return None
    seen = import_cost_cny(dispatch) + demand_charge_cny(dispatch)
    return found.with_dispatch(seen)


def bill_figures(bill: Bill | None) -> dict[str, Any]:
    """Section ``bill`` of ``kpis.json``: `FIGURES`; empty without a bill.

    Parameters
    ----------
    bill : Bill or None
    """
    if bill is None:
        return {}
    return {"bill": {key: _plain(value) for key, value in evaluated(FIGURES, bill).items()}}


def by_months(series: Array, month_of_step: Integers) -> Array:
    """Sum a series over consecutive billing months.

    Parameters
    ----------
    series : ndarray, shape (..., T)
    month_of_step : ndarray of int, shape (T,)
        0, 1, … in order. [-]

    Returns
    -------
    ndarray, shape (..., M)
    """
    return np.add.reduceat(series, _first_steps(month_of_step), axis=-1)


def _first_steps(month_of_step: Integers) -> Integers:
    return np.searchsorted(month_of_step, np.arange(month_of_step[-1] + 1)).astype(np.int64)


def _mean_of_months(of_step: Array, rates: BillRates) -> Array:
    """Mean over the intervals of each month, shape (M,)."""
    sizes = np.bincount(rates.month_of_step)
    return by_months(of_step, rates.month_of_step) / sizes


def _over(by_month: Array) -> Array:
    return np.asarray(by_month.sum(axis=-1))


def _plain(value: Any) -> Any:
    return plain(value) if isinstance(value, np.ndarray) else value
