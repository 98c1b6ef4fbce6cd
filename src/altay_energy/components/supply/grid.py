"""The grid connection: how much may flow, at which price, with which emissions."""

from __future__ import annotations

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
from altay_energy.components.supply.emission_factors import newest_emission_factor
from altay_energy.components.supply.tariffs import TARIFFS, tariff_price
from altay_energy.core.timeline import Timeline
from altay_energy.core.units import Array

IMPORT_FACTOR = newest_emission_factor("xinjiang")
"""CO2 of imported energy where a scenario says nothing; ``data/emission_factors.toml``."""


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


class Grid(OnBus):
    """One connection to the grid; a scenario without it is an island."""

    kind: ClassVar[str] = "grid"

    # A connection is agreed for each direction, so what is not agreed is not there.
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
    # The coal benchmark price; see the tariff xinjiang_coal_benchmark for its source.
    export_price_cny_mwh: PriceField = Field(
        250.0,
        validate_default=True,
        description="price paid for export: number, series or name of a tariff; "
        "default: coal benchmark of Xinjiang [CNY/MWh]",
    )
    # Large consumers pay by the kW of their monthly peak, in most tariffs 30 to 48 CNY/kW.
    demand_charge_cny_mw: Annotated[float, Field(ge=0), Usual(1e3, 1e6)] = Field(
        0.0,
        description="paid for the largest import of each calendar month; default: none [CNY/MW]",
    )
    emission_factor_t_mwh: Annotated[float, Field(ge=0), Usual(1e-3, 2.0)] = Field(
        IMPORT_FACTOR.t_mwh,
        description=f"CO2 of imported energy; default: {IMPORT_FACTOR.label()} [t/MWh]",
    )

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
        # A surplus may be worth nothing, or next to nothing in a market, but not all the year.
        if largest == 0.0 or low <= largest <= high:
            return []
        unusual = f"{key} = {largest:g} CNY/MWh is unusual"
        if largest > high:
            return [f"{unusual}; expected at most {high:g}"]
        return [f"{unusual}: is it in CNY/kWh? {in_unit(price, 'CNY/kWh', 1e3)}"]

    def import_price(self, timeline: Timeline) -> Array:
        """Price of import, shape (..., T). [CNY/MWh]"""
        return _price(self.import_price_cny_mwh, timeline)

    def export_price(self, timeline: Timeline) -> Array:
        """Price paid for export, shape (..., T). [CNY/MWh]"""
        return _price(self.export_price_cny_mwh, timeline)

    def notices(self, timeline: Timeline) -> tuple[str, ...]:
        """Notices on limits and prices in this period."""
        found = []
        for key in self._price_keys:
            name = getattr(self, key)
            if isinstance(name, str) and not TARIFFS.load(name).covers(timeline):
                found.append(
                    f"{key}: tariff {name} holds from {TARIFFS.load(name).validity()}; the period "
                    f"{timeline.describe()} is not within and takes its prices all the same"
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
        """Intervals in which power could be bought and sold at once for gain, shape (..., T)."""
        both_ways = (self.import_limit_mw.on(timeline) > 0) & (
            self.export_limit_mw.on(timeline) > 0
        )
        pays = self.export_price(timeline) > self.import_price(timeline)
        return np.asarray(both_ways & pays)


def _price(price: Series | str, timeline: Timeline) -> Array:
    return tariff_price(price, timeline) if isinstance(price, str) else price.on(timeline)
