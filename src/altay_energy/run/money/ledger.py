"""Independent computation of the bill: totals of each month by level and version × their prices.

It uses only the tables of tariffs and the energy of the hours: no hourly price and no part of a
bill. The result must equal the sum over hours in `bill`.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from altay_energy.components.base import Series
from altay_energy.components.supply.bill import (
    HOURS_OF_MONTH,
    VAT,
    BillRates,
    GridBill,
)
from altay_energy.components.supply.network_tariff import KW_PER_MW, NetworkVersion, VoltagePrices
from altay_energy.components.supply.tariffs import SLOTS_PER_DAY
from altay_energy.core.timeline import Integers, Timeline
from altay_energy.core.units import Array


def residual_share(one: Array, other: Array, turnover: Array) -> Array:
    """Relative difference of two computations of the same amount; 0 without turnover. [-]

    Parameters
    ----------
    one, other : ndarray, shape (...)
        Results of the two computations. [CNY]
    turnover : ndarray, shape (...)
        Sum of the absolute values of all payments. [CNY]
    """
    off = np.abs(one - other)
    found = np.where(off > 0.0, np.inf, 0.0)
    return np.asarray(np.divide(off, turnover, out=found, where=turnover > 0.0))


def total_of_months_cny(
    bill: GridBill, rates: BillRates, timeline: Timeline, import_mw: Array, consumption_mw: Array
) -> Array:
    """The whole bill from totals of months, shape (...). [CNY]

    Parameters
    ----------
    bill : GridBill
        Bill with the tables.
    rates : BillRates
        Rates, of which only the capacity is used: 0 without a connection.
    timeline : Timeline
        The T intervals.
    import_mw, consumption_mw : ndarray, shape (..., T)
        Import, and consumption of the loads. [MW]
    """
    runs = import_mw.reshape(-1, timeline.steps)
    used = np.broadcast_to(consumption_mw, import_mw.shape).reshape(runs.shape)
    totals = [
        _Totals(bill, rates, timeline, *pair).total() for pair in zip(runs, used, strict=True)
    ]
    return np.array(totals).reshape(import_mw.shape[:-1])


class _Totals:
    """Totals of one run by billing month and version of the day."""

    def __init__(
        self, bill: GridBill, rates: BillRates, timeline: Timeline, power: Array, used: Array
    ) -> None:
        self.bill, self.timeline = bill, timeline
        self.capacity_mva = rates.capacity_mva
        self.connected = rates.capacity_mva != 0.0
        self.tariff = bill.network_tariff
        month = timeline.local.astype("datetime64[M]").astype(np.int64)
        self.place = month - month[0]
        self.calendar = np.arange(month[0], month[-1] + 1)
        self.version = self.tariff.version_on(timeline.local.astype("datetime64[D]"))
        self.mwh = self._split(power)
        self.used_mwh = self._split(used)
        self.hours = self._split(np.ones(timeline.steps))
        self.peak_mw = np.zeros(self.calendar.size)
        np.maximum.at(self.peak_mw, self.place, power)
        self.power = power

    def _split(self, power: Array) -> Array:
        """Sum × hours by month and version of the network tariff, shape (M, V)."""
        size, versions = self.calendar.size, len(self.tariff.versions)
        key = self.place * versions + self.version
        found = np.bincount(key, power, minlength=size * versions)
        return np.asarray(found.reshape(size, versions) * self.timeline.step_hours)

    def total(self) -> float:
        """The whole bill. [CNY]"""
        return self._purchase() + sum(self._of_months())

    def _factor(self) -> float:
        return 1.0 if self.bill.prices_include_vat else 1.0 + VAT

    def _purchase(self) -> float:
        """Energy of each month and quarter of a day × the factor of its level × its price. [CNY]"""
        hours, price = self.bill.hours, self.bill.purchase_price_cny_mwh
        if isinstance(price, Series):
            power = self.power * price.on(self.timeline)
            worth = np.ones(self.calendar.size)
        else:
            power, worth = self.power, np.array(price)[self.calendar % 12]
        if hours is None:
            by_month = np.bincount(self.place, power) * self.timeline.step_hours
            return float(by_month @ worth) * self._factor()
        slots = hours.slots(self.timeline)
        version = hours.version_on(slots.day)
        shape = (self.calendar.size, len(hours.versions), 12, SLOTS_PER_DAY)
        spread = np.repeat(self.timeline.step_hours / slots.per_step * power, slots.per_step)
        place = np.repeat(self.place, slots.per_step)
        key: Integers = np.ravel_multi_index((place, version, slots.month, slots.quarter), shape)
        energy = np.bincount(key, spread, minlength=int(np.prod(shape))).reshape(shape)
        tables = np.stack([one.multiplier_of_slot for one in hours.versions])
        by_month = np.einsum("mvkq,vkq->m", energy, tables)
        return float(by_month @ worth) * self._factor()

    def _of_months(self) -> Iterator[float]:
        """Loss, network, fees and charges of each month, from its totals. [CNY]"""
        loss_base = self._loss_base()
        for month in range(self.calendar.size):
            energy = of_fee = used = demand = capacity = limit = factor = 0.0
            inside = float(self.hours[month].sum())
            for number, version in enumerate(self.tariff.versions):
                mwh, part = self.mwh[month, number], self.hours[month, number] / inside
                row, price = self._prices(version)
                share = version.line_loss_share
                yield loss_base[month, number] * share / (1.0 - share)
                yield mwh * version.government_funds_cny_mwh
                yield mwh * self.bill.system_operation_fee_cny_mwh * self._factor()
                energy += mwh * price
                of_fee += part * price
                used += float(self.used_mwh[month, number]) * price
                if self.bill.parts == "two" and part:
                    demand += part * KW_PER_MW * (row.demand_cny_kw_month or 0.0)
                    capacity += part * KW_PER_MW * (row.capacity_cny_kva_month or 0.0)
                    limit += part * (version.high_use_kwh_kva or np.inf)
                    factor += part * version.high_use_demand_factor
            first = self.calendar[month].astype("datetime64[M]")
            days = (first + np.timedelta64(1, "M")).astype("datetime64[D]") - first
            of_month = inside / (24.0 * days.astype(np.int64))
            yield self._network(energy, of_fee, used, of_month)
            if self.bill.parts == "two":
                yield self._charge(month, demand, capacity, limit * of_month, factor, of_month)

    def _loss_base(self) -> Array:
        """Import × purchase price by month and version, shape (M, V). [CNY]"""
        price = self.bill.purchase_price_cny_mwh
        if isinstance(price, Series):
            return self._split(self.power * price.on(self.timeline)) * self._factor()
        of_month = np.array(price)[self.calendar % 12] * self._factor()
        return np.asarray(self.mwh * of_month[:, np.newaxis])

    def _prices(self, version: NetworkVersion) -> tuple[VoltagePrices, float]:
        """Row of the voltage, and its energy price."""
        row = version.at(self.bill.voltage_kv)
        assert row is not None
        two = self.bill.parts == "two"
        return row, (row.two_part_cny_mwh if two else row.single_part_cny_mwh) or 0.0

    def _network(self, energy: float, price: float, used: float, of_month: float) -> float:
        """The network's energy price on import, or the fee of nearby consumption. [CNY]"""
        if self.bill.way != "nearby":
            return energy
        if not self.connected:
            return 0.0
        if self.bill.fee == "two_part":
            return used
        rate, mva = self.bill.mean_load_rate or 0.0, self.capacity_mva or 0.0
        return price * rate * HOURS_OF_MONTH * of_month * mva

    def _charge(
        self,
        month: int,
        demand: float,
        capacity: float,
        limit_kwh_kva: float,
        factor: float,
        of_month: float,
    ) -> float:
        """The demand or capacity charge of a month. [CNY]"""
        if self.bill.charge == "capacity":
            return capacity * (self.capacity_mva or 0.0) * of_month
        paid = demand * float(self.peak_mw[month])
        if self.capacity_mva is None:
            return paid
        high = float(self.mwh[month].sum()) >= limit_kwh_kva * self.capacity_mva
        return paid * factor if high else paid
