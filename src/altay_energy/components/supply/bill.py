r"""The electricity bill of a grid user: prices of each part by hour and month.

A MWh imported in hour h costs

.. math::

    p_h = b_h \, m_h + b_h \frac{l}{1 - l} + n + f + g,

with the purchase price b, the time-of-use factor m, the line loss l of the network, its energy
price n, the system operation fee f and government funds g. Only the purchase price depends on the
time of use. Each month also has a demand charge for its peak or a capacity charge for the
transformers.

References
----------
National Development and Reform Commission, price documents 1077 of 2026 and 526 of 2023 (network
tariffs), 1192 of 2025 (nearby consumption), energy document 1656 of 2025 (no administrative periods
for users in direct trade from 1 March 2026); Xinjiang, document 11 of 2023 (time of use).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Annotated, Any, ClassVar, Literal, Self

import numpy as np
from numpy.typing import NDArray
from pydantic import (
    BeforeValidator,
    Field,
    PlainSerializer,
    ValidationInfo,
    WithJsonSchema,
    model_validator,
)

from altay_energy.components.base import (
    USUAL_PRICE_CNY_MWH,
    Component,
    FileReaders,
    OwnFile,
    Series,
    Usual,
    as_series,
    plain_series,
    series_schema,
)
from altay_energy.components.checks import check_within, largest_of
from altay_energy.components.faults import allows_unusual, unusual
from altay_energy.components.supply.network_tariff import (
    KW_PER_MW,
    NETWORK_TARIFFS,
    NetworkTariff,
    VoltagePrices,
)
from altay_energy.components.supply.time_of_use import TIMES_OF_USE, TimeOfUse
from altay_energy.components.supply.versions import DatedTable
from altay_energy.core.timeline import Integers, Timeline
from altay_energy.core.units import Array
from altay_energy.core.value import Value

VAT = 0.13
"""Value-added tax on electricity [-]; announcement 39 of 2019, Ministry of Finance."""

HOURS_OF_MONTH = 730.0
"""Hours of a month, as the fee of nearby consumption counts them [h]; document 1192 of 2025."""

LARGEST_SINGLE_PART_MVA = 0.315
LEAST_TWO_PART_MVA = 0.1
"""New users from 315 kVA have the two-part price, those up to 100 kVA the single-part price, and
those between may choose; document 526 of 2023. [MVA]"""

Months = NDArray[np.datetime64]


@dataclass(frozen=True, eq=False)
class BillRates(Value):
    """Prices of a bill in the T intervals and M months of a period.

    Parameters
    ----------
    step_hours : float
        Length of an interval. [h]
    month_of_step : ndarray of int, shape (T,)
        Billing month of each interval: 0, 1, … [-]
    months : ndarray of datetime64[M], shape (M,)
        The billing months on the local clock.
    month_share : ndarray, shape (M,)
        Share of each calendar month that lies within the period. [-]
    purchase_cny_mwh : ndarray, shape (..., T)
        Purchase price before the time-of-use factor. [CNY/MWh]
    multiplier : ndarray, shape (T,)
        Time-of-use factor of the purchase price. [-]
    line_loss_cny_mwh : ndarray, shape (..., T)
        [CNY/MWh]
    network_cny_mwh : ndarray, shape (T,)
        Transmission and distribution price per MWh imported. [CNY/MWh]
    consumption_cny_mwh : ndarray, shape (T,)
        The same per MWh consumed, in the two-part fee of nearby consumption. [CNY/MWh]
    system_operation_cny_mwh : float
        [CNY/MWh]
    government_funds_cny_mwh : ndarray, shape (T,)
        [CNY/MWh]
    demand_cny_mw, capacity_cny_mva : ndarray, shape (M,), or None
        Charges for the peak of a month and for the transformers in a full month; None with the
        single-part price. [CNY/MW], [CNY/MVA]
    high_use_mwh : ndarray, shape (M,)
        Monthly import above which the demand price is lower; infinite if there is no such rule or
        the capacity is not known. [MWh]
    high_use_factor : ndarray, shape (M,)
        Factor of the demand price in such a month. [-]
    capacity_mva : float or None
        Capacity of the transformers; None if not known. [MVA]
    charge : {"demand", "capacity", "none"}
        Which of the two charges is paid.
    fee : {"capacity", "two_part", "none"}
        Which fee of nearby consumption is paid.
    mean_load_rate : float or None
        Mean load rate in the fee of nearby consumption. [-]
    """

    step_hours: float
    month_of_step: Integers
    months: Months
    month_share: Array
    purchase_cny_mwh: Array
    multiplier: Array
    line_loss_cny_mwh: Array
    network_cny_mwh: Array
    consumption_cny_mwh: Array
    system_operation_cny_mwh: float
    government_funds_cny_mwh: Array
    demand_cny_mw: Array | None
    capacity_cny_mva: Array | None
    high_use_mwh: Array
    high_use_factor: Array
    capacity_mva: float | None
    charge: Literal["demand", "capacity", "none"]
    fee: Literal["capacity", "two_part", "none"]
    mean_load_rate: float | None

    @property
    def import_price_cny_mwh(self) -> Array:
        """Price of imported energy without monthly charges, shape (..., T). [CNY/MWh]"""
        price = self.purchase_cny_mwh * self.multiplier + self.line_loss_cny_mwh
        price = price + self.network_cny_mwh + self.government_funds_cny_mwh
        return np.asarray(price + self.system_operation_cny_mwh)

    @property
    def demand_charge_cny_mw(self) -> Array:
        """Demand charge of each month, zero if another charge is paid, shape (M,). [CNY/MW]"""
        if self.charge != "demand" or self.demand_cny_mw is None:
            return np.zeros(self.months.size)
        return self.demand_cny_mw

    def unconnected(self) -> BillRates:
        """The same rates without a grid connection: no capacity and no price per consumption."""
        nothing = np.zeros_like(self.consumption_cny_mwh)
        return replace(self, capacity_mva=0.0, consumption_cny_mwh=nothing)


def _one(what: str, hint: str) -> BeforeValidator:
    """Return a validator that refuses a list where one value is expected."""

    def check(value: object) -> object:
        if isinstance(value, list | tuple | set) or value in ("both", "demand and capacity"):
            raise ValueError(f"a bill has {what}; {hint}")
        return value

    return BeforeValidator(check)


def _named(kind: type[DatedTable], load: Any) -> BeforeValidator:
    """Return a validator of a catalogue name, a ``{ file }``, or (library) the table itself."""

    def check(value: object) -> object:
        if isinstance(value, Mapping):
            return OwnFile.model_validate(value)
        if isinstance(value, str):
            load(value)
        elif not isinstance(value, OwnFile | kind):
            raise ValueError(f"must be the name of a {kind.kind_of_table}, or {{ file }}")
        return value

    return BeforeValidator(check)


def _catalogue_schema(names: Sequence[str]) -> WithJsonSchema:
    own = OwnFile.model_json_schema()
    table = {key: own[key] for key in ("type", "properties", "required", "additionalProperties")}
    return WithJsonSchema({"anyOf": [{"enum": list(names)}, table]})


NetworkField = Annotated[
    str | OwnFile | NetworkTariff,
    _named(NetworkTariff, NETWORK_TARIFFS.load),
    _catalogue_schema(NETWORK_TARIFFS.names),
]
TimeOfUseField = Annotated[
    str | OwnFile | TimeOfUse,
    _named(TimeOfUse, TIMES_OF_USE.load),
    _catalogue_schema(TIMES_OF_USE.names),
]
"""Name of a shipped table, a user's file, or (library) the table."""

MonthlyPrice = tuple[float, ...]


def _as_purchase(value: object) -> object:
    if not isinstance(value, list | tuple):
        return as_series(value)
    if len(value) != 12 or not all(type(v) in (int, float) for v in value):
        raise ValueError(
            f"is a list of {len(value)}; give one number, 12 numbers from January to December, or "
            'a series { file = "x.csv", column = "…" }'
        )
    return tuple(float(v) for v in value)


def _plain_purchase(price: Series | MonthlyPrice) -> object:
    return list(price) if isinstance(price, tuple) else plain_series(price)


PurchaseField = Annotated[
    Series | MonthlyPrice,
    BeforeValidator(_as_purchase),
    PlainSerializer(_plain_purchase),
    WithJsonSchema(
        {
            "anyOf": [
                {"type": "number"},
                {"type": "array", "items": {"type": "number"}, "minItems": 12, "maxItems": 12},
                series_schema(),
            ]
        }
    ),
]
"""A number, 12 numbers by month, or a series."""


class GridBill(Component):
    """Bill of the grid connection, part by part."""

    kind: ClassVar[str] = "bill"

    file_readers: ClassVar[FileReaders] = {
        "network": (OwnFile, lambda _, path: NETWORK_TARIFFS.load_own(path)),
        "time_of_use": (OwnFile, lambda _, path: TIMES_OF_USE.load_own(path)),
    }

    way: Literal["grid_agent", "direct_trade", "nearby"] = Field(
        description="who sells the energy: the grid company as agent, a contract in direct trade, "
        "or a contract beside nearby consumption (1192) [-]"
    )
    network: NetworkField = Field(
        description="network tariff: name of a shipped one, or a file of your own [-]"
    )
    time_of_use: TimeOfUseField | None = Field(
        None,
        description='with way = "grid_agent", required: levels of the hours, a name or a file of '
        "your own; they float the purchase price only [-]",
    )
    voltage_kv: Annotated[
        float,
        Field(gt=0),
        Usual(0.2, 1100.0),
        _one("one voltage, that of its meter", "compare two scenarios to see the other"),
    ] = Field(description="voltage of the metering point, picks the row of the network tariff [kV]")
    purchase_price_cny_mwh: PurchaseField = Field(
        description="price of the energy itself, without network, loss and funds: number, 12 "
        "numbers from January to December, or series [CNY/MWh]"
    )
    prices_include_vat: bool = Field(
        description="whether purchase price and system operation fee are with value-added tax; "
        "false: 13 % is added [-]"
    )
    # Published in the monthly notice of the Xinjiang grid company; no figure was found.
    system_operation_fee_cny_mwh: Annotated[float, Field(ge=0), Usual(1.0, 1000.0)] = Field(
        0.0, description="system operation fee; default: none (assumed) [CNY/MWh]"
    )
    parts: Literal["single", "two"] = Field(
        "two", description="single-part price, or two-part: energy and demand or capacity [-]"
    )
    charge: Annotated[
        Literal["demand", "capacity"],
        _one(
            'charge = "demand" or charge = "capacity"', "the figure of the other is given as well"
        ),
    ] = Field("demand", description="two-part price: what is charged beside energy [-]")
    capacity_mva: Annotated[float, Field(gt=0), Usual(1e-2, 1e4)] | None = Field(
        None,
        description="of the transformers; needed for the capacity charge, for the lower demand "
        "price at high use and for nearby consumption [MVA]",
    )
    fee: Literal["capacity", "two_part"] | None = Field(
        None,
        description='with way = "nearby", required: a network fee by capacity and mean load rate, '
        "or the two-part price on all that is consumed [-]",
    )
    # Published by each province for its two-part users at 110 kV and above; not found for Xinjiang.
    mean_load_rate: Annotated[float, Field(gt=0, le=1)] | None = Field(
        None,
        description='with way = "nearby", required for fee = "capacity": mean load rate of the '
        "province [-]",
    )

    @model_validator(mode="after")
    def _of_its_way(self) -> Self:
        if self.way == "grid_agent" and self.time_of_use is None:
            names = ", ".join(TIMES_OF_USE.names)
            raise ValueError(
                'time_of_use is missing: way = "grid_agent" has levels by hour; give a name '
                f'({names}) or {{ file = "my-hours.toml" }}'
            )
        if self.way != "grid_agent" and self.time_of_use is not None:
            raise ValueError(
                f'time_of_use does not go with way = "{self.way}": since 2026-03-01 users in '
                "direct trade have no administrative periods; leave it out, and give the prices of "
                "the contract by hour as purchase_price_cny_mwh = { file, column }"
            )
        nearby = {"fee": self.fee, "mean_load_rate": self.mean_load_rate}
        if self.way != "nearby":
            for key, value in nearby.items():
                if value is not None:
                    raise ValueError(f'{key} goes with way = "nearby" only; leave it out')
        elif self.fee is None:
            raise ValueError('fee is missing: way = "nearby" pays "capacity" or "two_part"')
        elif self.fee == "capacity" and self.mean_load_rate is None:
            raise ValueError(
                'mean_load_rate is missing: fee = "capacity" is by the mean load rate of the '
                "province's two-part users at 110 kV and above, which was not found for Xinjiang"
            )
        elif self.parts == "single":
            raise ValueError('way = "nearby" has a two-part price only; leave parts out')
        return self

    @model_validator(mode="after")
    def _capacity_is_known(self) -> Self:
        if self.capacity_mva is not None:
            return self
        if self.parts == "two" and self.charge == "capacity":
            raise ValueError('charge = "capacity" needs capacity_mva, that of the transformers')
        if self.way == "nearby" and self.fee == "capacity":
            raise ValueError('fee = "capacity" needs capacity_mva, that of the connection')
        return self

    @model_validator(mode="after")
    def _usual_price(self, info: ValidationInfo) -> Self:
        key, price = "purchase_price_cny_mwh", self.purchase_price_cny_mwh
        series = Series(np.array(price)) if isinstance(price, tuple) else price
        # The price of a contract may follow a market with negative prices.
        low = 0.0 if series.is_constant or isinstance(price, tuple) else -1e4
        check_within(key, series, 0.0 if self.way == "grid_agent" else low, np.inf, "CNY/MWh")
        largest = largest_of(series)
        low, high = USUAL_PRICE_CNY_MWH
        if largest and not low <= largest <= high and not allows_unusual(info):
            meant = largest * 1000.0 if largest < low else largest / 1000.0
            hint = f"; did you mean {meant:g}? Prices are for a MWh, not for a kWh."
            raise unusual(
                f"{key} = {largest:g} CNY/MWh is unusual{hint if low <= meant <= high else ''}"
            )
        return self

    @model_validator(mode="after")
    def _row_is_known(self) -> Self:
        if not isinstance(self.network, OwnFile):
            for version in self.network_tariff.versions:
                self._row(version.at(self.voltage_kv))
        return self

    def _row(self, row: VoltagePrices | None) -> VoltagePrices:
        """Tariff row of the voltage; raises if it lacks the price that ``parts`` selects."""
        name = self.network_tariff.name
        if row is None:
            raise ValueError(f"{name} has no price at {self.voltage_kv:g} kV (voltage_kv)")
        if self.parts == "two" and row.two_part_cny_mwh is None:
            raise ValueError(
                f'{name} has no two-part price at {self.voltage_kv:g} kV; say parts = "single"'
            )
        if self.parts == "single" and row.single_part_cny_mwh is None:
            raise ValueError(
                f"{name} has no single-part price at {self.voltage_kv:g} kV; leave parts out"
            )
        return row

    @property
    def network_tariff(self) -> NetworkTariff:
        """The network tariff, read from its file."""
        found = self.network
        assert not isinstance(found, OwnFile)
        return NETWORK_TARIFFS.load(found) if isinstance(found, str) else found

    @property
    def hours(self) -> TimeOfUse | None:
        """The time-of-use levels, read from their file; None if ``way`` has none."""
        found = self.time_of_use
        assert not isinstance(found, OwnFile)
        return TIMES_OF_USE.load(found) if isinstance(found, str) else found

    @property
    def _vat(self) -> float:
        return 1.0 if self.prices_include_vat else 1.0 + VAT

    def purchase_price(self, timeline: Timeline) -> Array:
        """Purchase price of energy, value-added tax included, shape (..., T) or (). [CNY/MWh]

        Parameters
        ----------
        timeline : Timeline
            The T intervals.
        """
        price = self.purchase_price_cny_mwh
        if isinstance(price, tuple):
            return np.array(price)[timeline.month] * self._vat
        return price.on(timeline) * self._vat

    @property
    def system_operation_cny_mwh(self) -> float:
        """System operation fee, value-added tax included. [CNY/MWh]"""
        return self.system_operation_fee_cny_mwh * self._vat

    def rates(self, timeline: Timeline) -> BillRates:
        """Prices in the intervals and months of a period.

        Energy prices change on the first day of a new version. The charge of a month in which
        versions change is their mean, weighted by the days of the month within the period.

        Parameters
        ----------
        timeline : Timeline
            The T intervals.
        """
        tariff, hours = self.network_tariff, self.hours
        version = tariff.version_on(timeline.local.astype("datetime64[D]"))
        rows = [self._row(one.at(self.voltage_kv)) for one in tariff.versions]
        two = self.parts == "two"
        energy = np.array([r.two_part_cny_mwh if two else r.single_part_cny_mwh for r in rows])
        loss = np.array([one.loss_on_delivered for one in tariff.versions])
        funds = np.array([one.government_funds_cny_mwh for one in tariff.versions])
        purchase = self.purchase_price(timeline)
        nearby, nothing = self.way == "nearby", np.zeros(timeline.steps)
        months = _Months.of(timeline)
        weight = months.weights(version, len(rows))

        def by_month(values: Sequence[float | None]) -> Array:
            parts = np.zeros(weight.shape)
            np.multiply(weight, np.array(values, dtype=np.float64), out=parts, where=weight > 0.0)
            return np.asarray(parts.sum(axis=1))

        demand = capacity = None
        if two:
            demand = KW_PER_MW * by_month([row.demand_cny_kw_month for row in rows])
            capacity = KW_PER_MW * by_month([row.capacity_cny_kva_month for row in rows])
        used = [one.high_use_kwh_kva or np.inf for one in tariff.versions]
        known = self.capacity_mva if self.capacity_mva is not None else np.inf
        return BillRates(
            step_hours=timeline.step_hours,
            month_of_step=months.of_step,
            months=months.months,
            month_share=months.share,
            purchase_cny_mwh=purchase,
            multiplier=np.ones(timeline.steps) if hours is None else hours.multipliers(timeline),
            line_loss_cny_mwh=purchase * loss[version],
            network_cny_mwh=nothing if nearby else energy[version],
            consumption_cny_mwh=energy[version] if nearby else nothing,
            system_operation_cny_mwh=self.system_operation_cny_mwh,
            government_funds_cny_mwh=funds[version],
            demand_cny_mw=demand,
            capacity_cny_mva=capacity,
            high_use_mwh=by_month(used) * known * months.share,  # kWh/kVA is MWh/MVA
            high_use_factor=by_month([one.high_use_demand_factor for one in tariff.versions]),
            capacity_mva=self.capacity_mva,
            charge=self.charge if two else "none",
            fee=self.fee or "none",
            mean_load_rate=self.mean_load_rate,
        )

    def problems(self, timeline: Timeline) -> list[tuple[str, str]]:
        """Errors of tables that cover only a part of the period, as (key, message) pairs.

        Parameters
        ----------
        timeline : Timeline
            The T intervals.
        """
        tables: dict[str, DatedTable | None] = {
            "network": self.network_tariff,
            "time_of_use": self.hours,
        }
        return [
            (key, text)
            for key, table in tables.items()
            if table is not None and (text := table.problem(timeline)) is not None
        ]

    def notices(self, timeline: Timeline) -> list[str]:
        """Notices of assumed values and of tables used outside their dates, each with its key.

        Parameters
        ----------
        timeline : Timeline
            The T intervals.
        """
        found = []
        for key, table in (("network", self.network_tariff), ("time_of_use", self.hours)):
            text = None if table is None else table.notice(timeline)
            if text is not None:
                found.append(f"{key}: {text}")
        price = self.purchase_price_cny_mwh
        if isinstance(price, Series):
            found += [f"purchase_price_cny_mwh: {text}" for text in price.notices]
        fee, tax = "system_operation_fee_cny_mwh", "prices_include_vat"
        if fee not in self.model_fields_set:
            found.append(
                f"{fee} is not given: none is assumed; the monthly notice of the grid company has "
                "it"
            )
        if not self.prices_include_vat:
            found.append(
                f"{tax} = false: {VAT:.0%} is added to purchase price and system operation fee; "
                "the prices of network tariffs include it"
            )
        return found + self._notices_on_capacity()

    def _notices_on_capacity(self) -> list[str]:
        key, parts, mva = "capacity_mva", "parts", self.capacity_mva
        lower = any(one.high_use_kwh_kva is not None for one in self.network_tariff.versions)
        if mva is None:
            if self.parts == "two" and lower:
                return [
                    f"{key} is not given: the lower demand price of months of high use is not "
                    "applied, and the capacity charge is not computed"
                ]
            return []
        if self.parts == "single" and mva >= LARGEST_SINGLE_PART_MVA:
            return [
                f'{parts} = "single" with {key} = {mva:g}: from 315 kVA on the two-part price '
                "is the rule; only users who had the single-part price before may keep it"
            ]
        if self.parts == "two" and mva <= LEAST_TWO_PART_MVA:
            return [
                f'{parts} = "two" with {key} = {mva:g}: up to 100 kVA there is the '
                "single-part price"
            ]
        return []


@dataclass(frozen=True, eq=False)
class _Months:
    """Billing months of a period: calendar months of the local clock."""

    of_step: Integers
    months: Months
    share: Array

    @classmethod
    def of(cls, timeline: Timeline) -> _Months:
        month = timeline.local.astype("datetime64[M]")
        place = (month - month[0]).astype(np.int64)
        edges = month[0] + np.arange(place[-1] + 2).astype("timedelta64[M]")
        months, days = edges[:-1], np.diff(edges.astype("datetime64[D]")).astype(np.int64)
        within = np.bincount(place) * timeline.step_hours
        return cls(place, months, within / (24.0 * days))

    def weights(self, version: Integers, versions: int) -> Array:
        """Share of the intervals of a month in which a version applies, (M, versions). [-]"""
        size = self.months.size
        steps = np.bincount(self.of_step * versions + version, minlength=size * versions)
        count = steps.reshape(size, versions)
        return np.asarray(count / count.sum(axis=1, keepdims=True))
