"""The grid connection: limits, prices and emissions."""

from __future__ import annotations

from functools import cached_property
from typing import Annotated, Any, ClassVar, Self

import numpy as np
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
    ComponentOfForms,
    OnBus,
    Series,
    SeriesField,
    Usual,
    series_schema,
)
from altay_energy.components.base import as_series as as_series
from altay_energy.components.base import plain_series as plain_series
from altay_energy.components.checks import check_within, in_unit, largest_of, odd_power
from altay_energy.components.faults import allows_unusual, unusual
from altay_energy.components.supply.bill import BillRates, GridBill
from altay_energy.components.supply.emission_factors import newest_emission_factor
from altay_energy.components.supply.tariffs import TARIFFS, tariff_price
from altay_energy.core.timeline import Timeline
from altay_energy.core.units import Array

IMPORT_FACTOR = newest_emission_factor("xinjiang")
"""Default emission factor of imported energy (``data/emission_factors.toml``)."""


def _as_price(value: object) -> object:
    if isinstance(value, str):
        return TARIFFS.load(value).name
    return as_series(value)


def _plain_price(price: Series | str) -> object:
    return price if isinstance(price, str) else plain_series(price)


def _price_schema() -> dict[str, Any]:
    return {
        "anyOf": [
            {"type": "number"},
            {"enum": list(TARIFFS.names)},
            series_schema(),
        ]
    }


PriceField = Annotated[
    Series | str,
    BeforeValidator(_as_price),
    PlainSerializer(_plain_price),
    WithJsonSchema(_price_schema()),
]
"""A number, an array, ``{ file, column }``, or the name of a dated tariff."""


REPLACED_BY_BILL = ("import_price_cny_mwh", "demand_charge_cny_mw")
"""Keys that a bill replaces."""


class Grid(OnBus, ComponentOfForms):
    """The grid connection; a scenario without it is an island."""

    kind: ClassVar[str] = "grid"

    # Import and export are agreed separately; without an agreement the limit is 0.
    import_limit_mw: SeriesField = Field(
        0.0,
        validate_default=True,
        description="largest power drawn from the grid: number or series [MW]",
    )
    export_limit_mw: SeriesField = Field(
        0.0,
        validate_default=True,
        description="largest power given to the grid: number or series [MW]",
    )
    import_price_cny_mwh: PriceField = Field(
        280.0,
        validate_default=True,
        description="price of import: number, series or name of a tariff (default assumed) "
        "[CNY/MWh]",
    )
    # Default: the coal benchmark price; its source is in the tariff xinjiang_coal_benchmark.
    export_price_cny_mwh: PriceField = Field(
        250.0,
        validate_default=True,
        description="price paid for export: number, series or name of a tariff; "
        "default: coal benchmark of Xinjiang [CNY/MWh]",
    )
    # Large consumers pay by the kW of their monthly peak, in most tariffs 30 to 48 CNY/kW.
    demand_charge_cny_mw: Annotated[float, Field(ge=0), Usual(1e3, 1e6)] = Field(
        0.0,
        description=(
            "demand charge for the largest import of each calendar month; default: none [CNY/MW]"
        ),
    )
    emission_factor_t_mwh: Annotated[float, Field(ge=0), Usual(1e-3, 2.0)] = Field(
        IMPORT_FACTOR.t_mwh,
        description=f"CO2 of imported energy; default: {IMPORT_FACTOR.label()} [t/MWh]",
    )
    bill: GridBill | None = Field(
        None,
        description="the bill part by part, in place of import_price_cny_mwh and "
        "demand_charge_cny_mw [-]",
    )

    def keys_in_use(self) -> frozenset[str]:
        """Names of the fields in use; with a bill, those that it replaces are left out."""
        unused = () if self.bill is None else REPLACED_BY_BILL
        return super().keys_in_use().difference(unused)

    @model_validator(mode="after")
    def _price_or_bill(self) -> Self:
        given = [key for key in REPLACED_BY_BILL if key in self.model_fields_set]
        if self.bill is not None and given:
            out = ", ".join(f'"grid.{key}"' for key in given)
            raise ValueError(
                f"{' and '.join(given)} and bill are both given; a bill has the prices of import: "
                f"leave the former out (where it is inherited: without = [{out}])"
            )
        return self

    @model_validator(mode="after")
    def _limits(self) -> Self:
        check_within("import_limit_mw", self.import_limit_mw, 0.0, unit="MW")
        check_within("export_limit_mw", self.export_limit_mw, 0.0, unit="MW")
        return self

    @model_validator(mode="after")
    def _units(self, info: ValidationInfo) -> Self:
        if allows_unusual(info):
            return self
        odd = [text for key in self._limit_keys for text in odd_power(key, getattr(self, key))]
        odd += [text for key in self._price_keys for text in self._odd_price(key)]
        if odd:
            raise unusual(f"{'; '.join(odd)}.")
        return self

    _limit_keys: ClassVar[tuple[str, ...]] = ("import_limit_mw", "export_limit_mw")
    _price_keys: ClassVar[tuple[str, ...]] = ("import_price_cny_mwh", "export_price_cny_mwh")

    def _odd_price(self, key: str) -> list[str]:
        price = getattr(self, key)
        largest = 0.0 if isinstance(price, str) else largest_of(price)
        low, high = USUAL_PRICE_CNY_MWH
        # Export may earn nothing or little in some hours, but hardly throughout the year.
        if largest == 0.0 or low <= largest <= high:
            return []
        unusual = f"{key} = {largest:g} CNY/MWh is unusual"
        if largest > high:
            return [f"{unusual}; expected at most {high:g}"]
        return [f"{unusual}: is it in CNY/kWh? {in_unit(price, 'CNY/kWh', 1e3)}"]

    def import_price(self, timeline: Timeline) -> Array:
        """Price of import, shape (..., T). [CNY/MWh]"""
        rates = self.bill_rates(timeline)
        if rates is not None:
            return rates.import_price_cny_mwh
        return _price(self.import_price_cny_mwh, timeline)

    def export_price(self, timeline: Timeline) -> Array:
        """Price paid for export, shape (..., T). [CNY/MWh]"""
        return _price(self.export_price_cny_mwh, timeline)

    def demand_charge(self, timeline: Timeline) -> float | Array:
        """Demand charge for the largest import of a month: one number, or shape (M,). [CNY/MW]"""
        rates = self.bill_rates(timeline)
        return self.demand_charge_cny_mw if rates is None else rates.demand_charge_cny_mw

    def bill_rates(self, timeline: Timeline) -> BillRates | None:
        """Prices of the bill in a period; None without a bill.

        Parameters
        ----------
        timeline : Timeline
            The T intervals.
        """
        if self.bill is None:
            return None
        if timeline not in self._rates_on:
            rates = self.bill.rates(timeline)
            limits = (self.import_limit_mw, self.export_limit_mw)
            connected = any(np.any(limit.on(timeline) > 0.0) for limit in limits)
            self._rates_on.clear()
            self._rates_on[timeline] = rates if connected else rates.unconnected()
        return self._rates_on[timeline]

    @cached_property
    def _rates_on(self) -> dict[Timeline, BillRates]:
        """Prices of the bill in a period; the last result is cached."""
        return {}

    def problems(self, timeline: Timeline) -> list[tuple[str, str]]:
        """Errors of tables that cover only a part of the period, as (key, message) pairs."""
        if self.bill is None:
            return []
        return [(f"bill.{key}", text) for key, text in self.bill.problems(timeline)]

    def notices(self, timeline: Timeline) -> tuple[str, ...]:
        """Notices on limits and prices in this period."""
        found = []
        if self.bill is not None:
            found += [f"bill.{text}" for text in self.bill.notices(timeline)]
        for key in self._price_keys:
            name = getattr(self, key)
            if not isinstance(name, str) or TARIFFS.load(name).covers(timeline):
                continue
            chosen = TARIFFS.load(name)
            found.append(
                f"{key}: tariff {name} holds from {chosen.validity()}; the period "
                f"{timeline.describe()} is not within and takes its prices all the same"
            )
            if chosen.followed_by:
                found.append(
                    f"{key}: tariff {name} is of {chosen.valid_from} and is no longer in force; "
                    f'bill, with time_of_use = "{chosen.followed_by}", has the levels that '
                    "followed it"
                )
        earns = self._earns_by_trading(timeline)
        if earns.any():
            first = np.argmax(earns.any(axis=tuple(range(earns.ndim - 1))))
            hours = earns.sum(axis=-1).max() * timeline.step_hours
            found.append(
                f"export pays more than import costs in {hours:g} h, first at "
                f"{timeline.local[first]}; dispatch by rules does not trade between the two"
            )
        return tuple(found)

    def _earns_by_trading(self, timeline: Timeline) -> np.ndarray[Any, np.dtype[np.bool_]]:
        """Whether export earns more than import costs, shape (..., T)."""
        both_ways = (self.import_limit_mw.on(timeline) > 0) & (
            self.export_limit_mw.on(timeline) > 0
        )
        pays = self.export_price(timeline) > self.import_price(timeline)
        return np.asarray(both_ways & pays)


def _price(price: Series | str, timeline: Timeline) -> Array:
    return tariff_price(price, timeline) if isinstance(price, str) else price.on(timeline)
