"""Tables of ``[economics]`` for mechanism and capacity prices, certificates, carbon and ageing."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar, Literal, Self

import numpy as np
from pydantic import (
    AfterValidator,
    Field,
    ValidationInfo,
    WithJsonSchema,
    model_validator,
)

from altay_energy.components.base import (
    USUAL_PRICE_CNY_MWH,
    Component,
    Fraction,
    Series,
    Usual,
)
from altay_energy.components.checks import largest_of
from altay_energy.components.faults import allows_unusual, unusual
from altay_energy.components.money.dated_prices import (
    CAPACITY_TERMS,
    MECHANISM_TERMS,
    CapacityTerms,
    MechanismTerms,
)
from altay_energy.components.supply.bill import MonthlyPrice, PurchaseField
from altay_energy.components.supply.emission_factors import (
    EMISSION_FACTORS,
    Convention,
    EmissionFactor,
    emission_factor,
)
from altay_energy.core.catalogue import Catalogue
from altay_energy.core.timeline import Timeline
from altay_energy.core.units import ZERO_CELSIUS, Array
from altay_energy.resource.battery.cells import CELLS
from altay_energy.resource.battery.degradation import Cells, WohlerCells, XuCells

FOSSIL = "china_fossil"
"""Key of the national emission factor of fossil power."""
CELLS_AT_C = 25.0
"""Default cell temperature, at which most cells are tested. [°C]"""


@dataclass(frozen=True)
class UsualPrice(Usual):
    """Usual range of a price, and the unit that was probably meant by a value outside of it.

    Parameters
    ----------
    unit, other : str
        Unit of the key, and the other unit in which such prices are often quoted.
    factor : float
        Conversion from the other unit to that of the key.
    """

    unit: str = "CNY/MWh"
    other: str = "CNY/kWh"
    factor: float = 1000.0

    def _text(self, value: float) -> str:
        text = f"is unusual (expected {self.low:g} to {self.high:g} {self.unit})"
        meant = value * self.factor
        if self.low <= abs(meant) <= self.high:
            return f"{text}: is it in {self.other}? did you mean {meant:g}?"
        return text


PriceMWh = Annotated[float, Field(ge=0), UsualPrice(*USUAL_PRICE_CNY_MWH)]
CapacityPriceKW = Annotated[
    float, Field(ge=0), UsualPrice(10.0, 5000.0, "CNY/kW·a", "CNY/MW·a", 1e-3)
]
CertificatePrice = Annotated[float, Field(ge=0), UsualPrice(0.1, 1000.0, "CNY each", "CNY/kWh")]


def price_on(price: Series | MonthlyPrice, timeline: Timeline) -> Array:
    """Price in every interval, shape (..., T). [CNY/MWh]

    Parameters
    ----------
    price : Series, or 12 floats by month
        [CNY/MWh]
    timeline : Timeline
        The T intervals.
    """
    if isinstance(price, tuple):
        return np.asarray(price)[timeline.month]
    return price.on(timeline)


def _odd_price(key: str, price: Series | MonthlyPrice | None) -> str | None:
    """Error message for a price that was probably given in CNY/kWh."""
    largest = max(map(abs, price)) if isinstance(price, tuple) else 0.0
    largest = largest_of(price) if isinstance(price, Series) else largest
    low, high = USUAL_PRICE_CNY_MWH
    if largest == 0.0 or low <= largest <= high:
        return None
    text = f"{key} = {largest:g} CNY/MWh is unusual"
    if largest > high:
        return f"{text}; expected at most {high:g}."
    return f"{text}: is it in CNY/kWh? did you mean {largest * 1000.0:g}?"


def _check_price(key: str, price: Series | MonthlyPrice | None, info: ValidationInfo) -> None:
    text = None if allows_unusual(info) else _odd_price(key, price)
    if text:
        raise unusual(text)


def _known(catalogue: Catalogue[Any]) -> AfterValidator:
    """Return a validator that accepts only names in a catalogue."""

    def known(name: str) -> str:
        catalogue.load(name)
        return name

    return AfterValidator(known)


def _names(catalogue: Catalogue[Any]) -> WithJsonSchema:
    return WithJsonSchema({"enum": list(catalogue.names)})


MechanismName = Annotated[str, _known(MECHANISM_TERMS), _names(MECHANISM_TERMS)]
CapacityName = Annotated[str, _known(CAPACITY_TERMS), _names(CAPACITY_TERMS)]
CellsName = Annotated[str, _known(CELLS), _names(CELLS)]
RegionName = Annotated[str, _known(EMISSION_FACTORS), _names(EMISSION_FACTORS)]


class Mechanism(Component):
    """Difference settlement of a kind of plants or of one plant (document 136 of 2025)."""

    kind: ClassVar[str] = "economics.mechanism"

    terms: MechanismName | None = Field(
        None,
        description="dated terms by name; they give price, share, years and cap where the keys "
        "below are left out [-]",
    )
    price_cny_mwh: PriceMWh | None = Field(None, description="mechanism price [CNY/MWh]")
    share: Fraction | None = Field(
        None, description="settled share of the on-grid energy; without it all, up to the cap [-]"
    )
    cap_mwh: Annotated[float, Field(ge=0)] | None = Field(
        None, description="largest settled energy of a calendar year [MWh]"
    )
    cap_hours: Annotated[float, Field(ge=0, le=8784)] | None = Field(
        None, description="the same over rated power, as 0.8 × mean hours of the kind [h]"
    )
    market_price_cny_mwh: PurchaseField | None = Field(
        None,
        description="market price of the kind: number, 12 numbers by month, or series, of which "
        "the mean by generation counts; default: the export price [CNY/MWh]",
    )
    on_grid: Literal["export", "generation"] = Field(
        "export",
        description="what is metered as on-grid energy: the plant's part of the export of the "
        "connection, or, for a plant with a connection of its own, its generation [-]",
    )
    years: Annotated[int, Field(ge=1, le=40)] | None = Field(
        None, description="years of operation in which it is settled [a]"
    )

    @model_validator(mode="after")
    def _complete(self) -> Self:
        if self.price is None:
            of_terms = "" if self.terms is None else f', which the terms "{self.terms}" leave open'
            raise ValueError(f"price_cny_mwh is missing{of_terms}; give it in CNY/MWh, as in 250")
        bids = self._of_terms("bids_cny_mwh")
        if bids is not None and not bids[0] <= self.price <= bids[1]:
            raise ValueError(
                f"price_cny_mwh = {self.price:g} is no bid of the auction {self.terms}, from "
                f"{bids[0]:g} to {bids[1]:g}; leave terms out for a contract of another kind"
            )
        if self.cap_mwh is not None and self.cap_hours is not None:
            raise ValueError("cap_mwh and cap_hours are two ways to give one cap; leave one out")
        if self.share is None and not self._has_cap and self._of_terms("share") is None:
            raise ValueError(
                "share and cap are both missing: give share (of the on-grid energy), cap_mwh or "
                "cap_hours; share = 1 settles all of it"
            )
        if self.contract_years is None:
            of_terms = "" if self.terms is None else f', which the terms "{self.terms}" leave open'
            raise ValueError(f"years is missing{of_terms}; a new contract has 10")
        return self

    @model_validator(mode="after")
    def _units(self, info: ValidationInfo) -> Self:
        _check_price("market_price_cny_mwh", self.market_price_cny_mwh, info)
        return self

    @property
    def dated(self) -> MechanismTerms | None:
        """Dated terms by name, or None."""
        return None if self.terms is None else MECHANISM_TERMS.load(self.terms)

    def _of_terms(self, name: str) -> Any:
        return None if self.dated is None else getattr(self.dated, name)

    @property
    def _has_cap(self) -> bool:
        given = self.cap_mwh is not None or self.cap_hours is not None
        return given or self._of_terms("cap_hours") is not None

    @property
    def price(self) -> float | None:
        """Mechanism price of the table or of its dated terms. [CNY/MWh]"""
        found: float | None = self._of_terms("price_cny_mwh")
        return found if self.price_cny_mwh is None else self.price_cny_mwh

    @property
    def settled_share(self) -> float:
        """Share of the on-grid energy that is settled. [-]"""
        found = self._of_terms("share") if self.share is None else self.share
        return 1.0 if found is None else float(found)

    @property
    def contract_years(self) -> int | None:
        """Number of operating years with settlement, of the table or of its dated terms. [a]"""
        found: int | None = self._of_terms("years")
        return found if self.years is None else self.years

    def cap(self, capacity_mw: float) -> float:
        """Largest settled energy of a calendar year, inf without a cap. [MWh]

        Parameters
        ----------
        capacity_mw : float
            Rated power of the plants of the contract. [MW]
        """
        if self.cap_mwh is not None:
            return self.cap_mwh
        hours = self._of_terms("cap_hours") if self.cap_hours is None else self.cap_hours
        return math.inf if hours is None else float(hours) * capacity_mw


class CapacityPrice(Component):
    """Capacity price of a plant (document 114 of 2026)."""

    kind: ClassVar[str] = "economics.capacity_price"

    terms: CapacityName | None = Field(
        None, description="dated price by name; it gives what the keys below leave out [-]"
    )
    cny_kw_a: CapacityPriceKW | None = Field(
        None, description="price of a kW that is there through the whole peak [CNY/kW·a]"
    )
    peak_hours: Annotated[float, Field(gt=0, le=24)] | None = Field(
        None,
        description="longest net-load peak of the year; a storage is paid by its hours at full "
        "power over these, at most in full; default: paid in full [h]",
    )
    full_power_hours: Annotated[float, Field(ge=0, le=1000)] | None = Field(
        None,
        description="storage: hours at full power as measured; default: usable energy over the "
        "rated power of discharge [h]",
    )

    @model_validator(mode="after")
    def _priced(self) -> Self:
        if self.terms is None and self.cny_kw_a is None:
            raise ValueError(
                "cny_kw_a is missing: give it, or the name of dated terms, as in "
                'terms = "xinjiang_storage_2026"'
            )
        return self

    @property
    def dated(self) -> CapacityTerms | None:
        """Dated terms by name, or None."""
        return None if self.terms is None else CAPACITY_TERMS.load(self.terms)

    @property
    def full_cny_kw_a(self) -> float:
        """Price of a kW that is available throughout the peak. [CNY/kW·a]"""
        if self.cny_kw_a is not None:
            return self.cny_kw_a
        assert self.dated is not None
        return self.dated.cny_kw_a

    @property
    def longest_peak_hours(self) -> float | None:
        """Duration of the longest net-load peak of the year; None: every kW is paid in full. [h]"""
        if self.peak_hours is not None:
            return self.peak_hours
        return None if self.dated is None else self.dated.peak_hours


class PumpedStoragePrice(Component):
    """Price of pumped storage built after document 633: a capacity price and a market share."""

    kind: ClassVar[str] = "economics.pumped_storage"

    # No default: neither the price of Xinjiang nor the share is published.
    capacity_price_cny_kw_a: CapacityPriceKW = Field(
        description="capacity price of the province (that of Xinjiang is not published) [CNY/kW·a]"
    )
    market_share: Fraction = Field(
        description="share of what the market earns that the station keeps; the rest lowers the "
        "capacity price of all [-]"
    )
    market_price_cny_mwh: PurchaseField | None = Field(
        None,
        description="market price: number, 12 numbers by month, or series; default: the export "
        "price [CNY/MWh]",
    )

    @model_validator(mode="after")
    def _units(self, info: ValidationInfo) -> Self:
        _check_price("market_price_cny_mwh", self.market_price_cny_mwh, info)
        return self


class Certificates(Component):
    """Green electricity certificates, one per MWh."""

    kind: ClassVar[str] = "economics.certificates"

    price_cny_each: CertificatePrice | None = Field(
        None, description="price of a certificate; default: none, they are counted only [CNY]"
    )
    on_grid: Literal["export", "generation"] = Field(
        "export",
        description="what is metered as on-grid energy, whose certificates can be traded; as for "
        "[economics.mechanism] [-]",
    )


class CarbonSettings(Component):
    """Baseline of avoided emissions and the published factors used for it."""

    kind: ClassVar[str] = "economics.carbon"

    baseline: Annotated[str, Field(min_length=1)] = Field(
        "grid_average",
        description='what would give the energy otherwise: "grid_average", "fossil" for fossil '
        'power of the nation, or a thermal plant, as "thermal.town" [-]',
    )
    region: RegionName = Field(
        "xinjiang", description="whose grid average, that of imports too [-]"
    )
    convention: Convention = Field(
        "all",
        description="grid average of all electricity, or without the non-fossil electricity that "
        "was traded, which is published for the nation alone [-]",
    )
    year: Annotated[int, Field(ge=2000, le=2100)] | None = Field(
        None, description="year of the generation that the factors describe; default: newest [a]"
    )

    @model_validator(mode="after")
    def _published(self) -> Self:
        if self.region == FOSSIL:
            raise ValueError(
                f'region = "{FOSSIL}" is no grid; for fossil power say baseline = "fossil"'
            )
        _ = self.grid_factor
        if self.baseline == "fossil":
            emission_factor(FOSSIL, year=self.year)
        return self

    @property
    def grid_factor(self) -> EmissionFactor:
        """Emission factor of the region's grid average."""
        return emission_factor(self.region, self.convention, self.year)

    @property
    def fossil_factor(self) -> EmissionFactor:
        """Emission factor of the nation's fossil power."""
        return emission_factor(FOSSIL, year=self.year)


class Ageing(Component):
    """Calendar and cycle ageing of a battery."""

    kind: ClassVar[str] = "economics.ageing"

    cells: CellsName = Field(
        "lfp", description="kind of cells; its parameters are used where keys are left out [-]"
    )
    calendar_years: Annotated[float, Field(gt=0, le=100)] | None = Field(
        None, description="years at rest until the end of life; of cells with a Wöhler curve [a]"
    )
    full_cycles: Annotated[float, Field(gt=0), Usual(100.0, 1e5)] | None = Field(
        None, description="full cycles until the end of life; of the same cells [-]"
    )
    depth_exponent: Annotated[float, Field(gt=0, le=5)] | None = Field(
        None,
        description="a cycle of depth d takes d to this power of a full one; of the same cells [-]",
    )
    end_of_life: Annotated[float, Field(gt=0, lt=1)] = Field(
        0.8, description="capacity at which the battery is replaced, of that when new (assumed) [-]"
    )
    temperature_c: Annotated[float, Field(ge=-20, le=60)] | None = Field(
        None, description="of the cells, where their model knows it; default: 25 [°C]"
    )

    @model_validator(mode="after")
    def _of_the_model(self) -> Self:
        data = CELLS.load(self.cells)
        curve = ("calendar_years", "full_cycles", "depth_exponent")
        foreign = ("temperature_c",) if data.model == "wohler" else curve
        for key in foreign:
            if getattr(self, key) is not None:
                raise ValueError(
                    f'{key} is no parameter of the cells "{self.cells}" ({data.title}); leave it '
                    "out, or choose other cells"
                )
        return self

    @property
    def model(self) -> Cells:
        """Ageing model of the cells with the parameters of this table."""
        data = CELLS.load(self.cells)
        known = data.parameters
        if data.model == "xu":
            kelvin = ZERO_CELSIUS + (
                CELLS_AT_C if self.temperature_c is None else self.temperature_c
            )
            return XuCells(**known, temperature_k=kelvin)
        exponent = known["depth_exponent"] if self.depth_exponent is None else self.depth_exponent
        return WohlerCells(
            loss_per_year=self._loss_by("calendar_years", known),
            loss_per_cycle=self._loss_by("full_cycles", known),
            depth_exponent=exponent,
        )

    def _loss_by(self, key: str, known: Mapping[str, float]) -> float:
        """Loss of capacity per year or cycle that ends life after ``key`` of them. [-]"""
        given = getattr(self, key)
        if given is None:
            return (1.0 - known["end_of_life"]) / known[key]
        return (1.0 - self.end_of_life) / float(given)
