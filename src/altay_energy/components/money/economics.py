"""The table ``[economics]``: costs of plants, loan, taxes and income of a project."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Annotated, ClassVar, Literal, Self

import numpy as np
from pydantic import AfterValidator, Field, WithJsonSchema, model_validator

from altay_energy.components.base import Component, Fraction, NonNegative, Usual
from altay_energy.components.kinds import KINDS, STORAGES
from altay_energy.components.money.earnings import (
    Ageing,
    CapacityPrice,
    CarbonSettings,
    Certificates,
    Mechanism,
    PriceMWh,
    PumpedStoragePrice,
    UsualPrice,
)
from altay_energy.components.money.taxes import INCOME_TAXES
from altay_energy.components.settings.settings import Year
from altay_energy.core.units import Array
from altay_energy.core.wording import closest

MOST_YEARS = 100
"""Longest plausible life of a project; a longer one is refused as a mistake. [a]"""

VAT_IN_OUTLAYS = 0.85
"""Share of an investment that carries full VAT: equipment and works without land, fees and the
owner's own costs (assumed). [-]"""

CapitalKW = Annotated[float, Field(ge=0), UsualPrice(100.0, 1e5, "CNY/kW", "CNY/W", 1e3)]
CapitalKWh = Annotated[float, Field(ge=0), UsualPrice(20.0, 2e4, "CNY/kWh", "CNY/Wh", 1e3)]
OperationKW = Annotated[float, Field(ge=0), Usual(0.1, 2000.0)]
Rate = Annotated[float, Field(ge=0, le=1)]
Years = Annotated[int, Field(ge=1, le=MOST_YEARS)]
Holiday = Annotated[int, Field(ge=0, le=MOST_YEARS)]


BESIDE_CASH_FLOW = frozenset(
    ("mechanism", "capacity_price", "pumped_storage", "certificates", "carbon", "ageing")
) | {"prices_include_vat"}
"""Keys that are also used without costs, that is, without a cash flow."""


def _known_tax(name: str) -> str:
    INCOME_TAXES.load(name)
    return name


TaxName = Annotated[
    str, AfterValidator(_known_tax), WithJsonSchema({"enum": list(INCOME_TAXES.names)})
]


class PlantCosts(Component):
    """Costs of a kind of plants, or of one plant, per rated power and energy.

    Rated power is ``capacity_mw``; for a storage it is the discharge power. Investment costs
    include VAT; yearly costs do not.
    """

    kind: ClassVar[str] = "economics.costs"

    capital_cny_kw: CapitalKW = Field(
        0.0, description="static investment over rated power [CNY/kW]"
    )
    capital_cny_kwh: CapitalKWh = Field(0.0, description="storage: and over energy_mwh [CNY/kWh]")
    capital_cny: NonNegative = Field(
        0.0, description="and in one amount, as for a line to the grid [CNY]"
    )
    fixed_om_cny_kw_a: OperationKW | list[OperationKW] = Field(
        0.0,
        description="operation and maintenance over rated power; a number, or one for each age of "
        "fixed_om_until_year, as in [10, 18, 28, 32] [CNY/kW·a]",
    )
    fixed_om_until_year: list[Years] | None = Field(
        None, description="last operating year of each age, ascending, as in [5, 10, 20, 25] [a]"
    )
    fixed_om_share: Annotated[Fraction, Usual(0.0, 0.1)] = Field(
        0.0, description="and as a share of the investment: insurance and the like [1/a]"
    )
    life_years: Years | None = Field(
        None, description="after so many years it is replaced; default: it lasts [a]"
    )
    replacement_share: NonNegative = Field(
        1.0, description="what a replacement costs, over the first investment (assumed) [-]"
    )
    degradation_share: Annotated[Fraction, Usual(0.0, 0.05)] = Field(
        0.0, description="wind, solar: share of energy lost with each year of age [1/a]"
    )

    @model_validator(mode="after")
    def _costs_something(self) -> Self:
        given = self.model_fields_set & {"capital_cny_kw", "capital_cny_kwh", "capital_cny"}
        if not given:
            raise ValueError(
                "needs capital_cny_kw, capital_cny_kwh or capital_cny; capital_cny_kw = 0 where "
                "the plant is there already"
            )
        return self

    @model_validator(mode="after")
    def _ages_fit(self) -> Self:
        cost, until = self.fixed_om_cny_kw_a, self.fixed_om_until_year
        if isinstance(cost, list) != (until is not None):
            raise ValueError(
                "fixed_om_cny_kw_a as a list needs fixed_om_until_year, the last year of each age, "
                "and only a list has it"
            )
        if isinstance(cost, list) and until is not None:
            if len(cost) != len(until):
                raise ValueError(
                    f"fixed_om_cny_kw_a has {len(cost)} numbers for {len(until)} ages of "
                    "fixed_om_until_year"
                )
            if until != sorted(set(until)) or not until:
                raise ValueError("fixed_om_until_year must ascend, as in [5, 10, 20, 25]")
        return self

    def investment_cny(self, rated_mw: float, energy_mwh: float) -> float:
        """Static investment, with VAT. [CNY]

        Parameters
        ----------
        rated_mw, energy_mwh : float
            [MW], [MWh]
        """
        of_energy = self.capital_cny_kwh * energy_mwh
        return 1e3 * (self.capital_cny_kw * rated_mw + of_energy) + self.capital_cny

    def fixed_om_cny(self, rated_mw: float, energy_mwh: float, years: int) -> Array:
        """Fixed cost of operation and maintenance in each operating year, shape (years,). [CNY]

        Parameters
        ----------
        rated_mw, energy_mwh : float
            [MW], [MWh]
        years : int
        """
        rate, until = self.fixed_om_cny_kw_a, self.fixed_om_until_year
        ages = np.searchsorted(until or [years], np.arange(1, years + 1))
        by_year = np.atleast_1d(rate)[ages]
        of_capital = self.fixed_om_share * self.investment_cny(rated_mw, energy_mwh)
        return np.asarray(1e3 * rated_mw * by_year + of_capital)


class Economics(Component):
    """Settings of the yearly cash flow of a project: costs, income, loan and taxes.

    The run is one year of operation. Every operating year equals it except for degradation, costs
    that depend on age, and prices that end.
    """

    kind: ClassVar[str] = "economics"

    prices_include_vat: bool | None = Field(
        None,
        description="whether the prices of energy, of the grid and of fuel in this scenario "
        "include VAT; with costs it must be said [-]",
    )
    income: Literal["avoided_bill", "price"] | None = Field(
        None,
        description="what energy delivered to the load earns: avoided_bill, the bill that the load "
        "would have without the plants less the bill with them; or price, supply_price_cny_mwh; "
        "with costs it must be said [-]",
    )
    supply_price_cny_mwh: PriceMWh | None = Field(
        None, description='income = "price": paid for own energy that reaches the load [CNY/MWh]'
    )
    discount_rate: Rate = Field(
        0.08, description="of present values, levelised costs and the annual cost (assumed) [1/a]"
    )
    years: Years = Field(20, description="operating years [a]")
    building_years: Annotated[int, Field(ge=0, le=20)] = Field(
        1, description="years of building before the first operating year [a]"
    )
    building_shares: list[Fraction] | None = Field(
        None, description="share of the investment in each building year; default: equal [-]"
    )
    first_year: Year | None = Field(
        None, description="calendar year of the first operating year; default: that of the run [a]"
    )
    # The least share of capital for power stations: State Council, Guofa 51 of 2015.
    equity_share: Fraction = Field(
        0.20, description="equity over static investment; the rest is borrowed [-]"
    )
    loan_rate: Rate = Field(0.035, description="interest of the loan (assumed) [1/a]")
    loan_years: Holiday = Field(
        15, description="repayment, from the first operating year on (assumed) [a]"
    )
    repayment: Literal["equal_principal", "annuity", "all_cash"] = Field(
        "equal_principal",
        description="equal principal, equal payments, or as much as cash allows and the rest in "
        "the last year [-]",
    )
    vat_rate: Fraction = Field(
        0.13, description="VAT on electricity, fuel and equipment, law of 2026 [-]"
    )
    input_vat_share: Fraction | None = Field(
        None,
        description="deductible VAT over the investment; default: 0.85 × vat_rate / (1 + vat_rate) "
        "(assumed: 85 % of it carries VAT) [-]",
    )
    input_vat_cny: NonNegative | None = Field(
        None, description="or as an amount of the first investment [CNY]"
    )
    # 6, 10 or 12 %: city maintenance 1, 5 or 7 % by place, education 3 + 2 %.
    surtax_share: Fraction = Field(
        0.10, description="surtaxes over VAT paid: 0.06, 0.10 or 0.12 by place (assumed) [-]"
    )
    vat_refund_share: Fraction = Field(
        0.0, description="share of paid VAT that is given back; wind on land: 0 since Nov 2025 [-]"
    )
    recovered_vat_is_cash: bool = Field(
        False,
        description="whether VAT that customers pay and deductions keep counts as a cash inflow; "
        "it is named beside every return [-]",
    )
    income_tax: Fraction | TaxName = Field(
        "xinjiang_west", description="dated rate by name, or one rate for all years [-]"
    )
    # Three free and three half years: Cai Shui 46 of 2008, public infrastructure.
    tax_free_years: Holiday = Field(
        3, description="without income tax, from the first year with income on [a]"
    )
    tax_half_years: Holiday = Field(3, description="and after these with half of it [a]")
    # Enterprise Income Tax Law, Article 18.
    loss_carry_years: Holiday = Field(5, description="for so long losses reduce taxable profit [a]")
    # NB/T 11894-2025 as used in a public program of feasibility studies.
    depreciation_years: Annotated[int, Field(ge=1, le=MOST_YEARS)] = Field(
        20, description="straight line, at most the life of the equipment [a]"
    )
    residual_share: Fraction = Field(0.05, description="of the fixed asset, left at the end [-]")
    working_capital_cny: NonNegative = Field(
        0.0, description="paid before operation, returned at the end [CNY]"
    )
    target_equity_irr: Rate = Field(
        0.08, description="return of equity of which the price and the capital are found [1/a]"
    )
    costs: dict[str, PlantCosts] = Field(
        default_factory=dict,
        description="costs by kind or by plant, as [economics.costs.wind] or "
        '[economics.costs."wind.jeminay"]; every plant needs some [-]',
    )
    mechanism: dict[str, Mechanism] = Field(
        default_factory=dict, description="mechanism price by kind or by plant [-]"
    )
    capacity_price: dict[str, CapacityPrice] = Field(
        default_factory=dict, description="capacity price by plant [-]"
    )
    pumped_storage: PumpedStoragePrice | None = Field(
        None, description="price of pumped storage; default: none [-]"
    )
    certificates: Certificates | None = Field(
        None, description="green certificates; default: not counted [-]"
    )
    carbon: CarbonSettings | None = Field(
        None, description="what emission is avoided against; default: not counted [-]"
    )
    ageing: dict[str, Ageing] = Field(
        default_factory=dict, description="ageing of batteries by plant [-]"
    )

    @model_validator(mode="after")
    def _all_is_said(self) -> Self:
        of_cash_flow = sorted(self.model_fields_set - BESIDE_CASH_FLOW - {"costs"})
        if not self.costs and of_cash_flow:
            raise ValueError(
                f"{of_cash_flow[0]} is for the cash flow, which needs costs of the plants, as in "
                "[economics.costs.wind] capital_cny_kw = 4000"
            )
        if self.costs and self.prices_include_vat is None:
            raise ValueError(
                "prices_include_vat is missing: say whether the prices of energy, of the grid and "
                "of fuel in this scenario include VAT"
            )
        if self.costs and self.income is None:
            raise ValueError(
                'income is missing: say "avoided_bill", or "price" with supply_price_cny_mwh'
            )
        return self

    @model_validator(mode="after")
    def _loan_fits(self) -> Self:
        lent = self.equity_share < 1.0
        if lent and self.building_years == 0 and self.loan_rate > 0.0:
            raise ValueError(
                "building_years = 0 leaves no time in which interest during building accrues; "
                "give at least 1, or equity_share = 1 or loan_rate = 0"
            )
        if lent and self.loan_years == 0:
            raise ValueError(
                "loan_years = 0 leaves no time to repay; give at least 1, or equity_share = 1"
            )
        if lent and self.loan_years > self.years:
            raise ValueError(
                f"loan_years = {self.loan_years} is longer than years = {self.years}: the loan "
                "must be repaid while the project earns"
            )
        return self

    @model_validator(mode="after")
    def _building_adds_up(self) -> Self:
        shares = self.building_shares
        if shares is None:
            return self
        if len(shares) != max(self.building_years, 1):
            raise ValueError(
                f"building_shares has {len(shares)} numbers for building_years = "
                f"{self.building_years}"
            )
        if abs(sum(shares) - 1.0) > 1e-9:
            raise ValueError(f"building_shares must add up to 1, not to {sum(shares):g}")
        return self

    @model_validator(mode="after")
    def _one_of_two(self) -> Self:
        if self.input_vat_share is not None and self.input_vat_cny is not None:
            raise ValueError(
                "input_vat_share and input_vat_cny give one figure twice; leave one out"
            )
        if (self.income == "price") != (self.supply_price_cny_mwh is not None):
            raise ValueError(
                'income = "price" needs supply_price_cny_mwh, as in 350'
                if self.income == "price"
                else 'supply_price_cny_mwh is for income = "price"; with "avoided_bill" the bill '
                "says what energy is worth: leave it out"
            )
        return self

    @model_validator(mode="after")
    def _costs_last(self) -> Self:
        for name, costs in self.costs.items():
            until = costs.fixed_om_until_year
            if until is not None and until[-1] < self.years:
                raise ValueError(
                    f"costs.{name}.fixed_om_until_year ends with year {until[-1]}, and years = "
                    f"{self.years}; give the cost to the last year"
                )
        return self

    def costs_of(self, plant: str) -> PlantCosts | None:
        """Costs of a plant: its own, or those of its kind.

        Parameters
        ----------
        plant : str
            Table name, as ``"wind.jeminay"``.
        """
        return self.costs.get(plant) or self.costs.get(plant.partition(".")[0])

    def problems(self, plants: Collection[str], year: int) -> Iterator[tuple[str, str]]:
        """Errors of keys that do not fit the plants of a portfolio, as (key, message) pairs.

        Parameters
        ----------
        plants : collection of str
            Table names of all plants and storages that can have costs.
        year : int
            Calendar year of the run.
        """
        # Costs of a kind without plants are accepted, since scenarios may share a file of costs.
        known = [*(key for key, kind in KINDS.items() if kind.role != "demand"), *plants]
        for name, costs in self.costs.items():
            if name not in known:
                yield (
                    f"economics.costs.{_quoted(name)}",
                    f"there is no such plant or kind{closest(name, known)}; there are "
                    f"{', '.join(known)}",
                )
            stores = name.partition(".")[0] in STORAGES
            if stores and costs.degradation_share > 0.0:
                yield (
                    f"economics.costs.{_quoted(name)}.degradation_share",
                    "is for plants that generate; a battery ages by [economics.ageing], or is "
                    "replaced after life_years",
                )
            if not stores and costs.capital_cny_kwh > 0.0:
                yield (
                    f"economics.costs.{_quoted(name)}.capital_cny_kwh",
                    "is for storages; give capital_cny_kw",
                )
        without = [plant for plant in plants if self.costs_of(plant) is None]
        if without:
            yield (
                "economics.costs",
                f"has no costs of {', '.join(without)}; give them, as in "
                f"[economics.costs.{without[0].partition('.')[0]}] capital_cny_kw = 4000, or "
                "capital_cny_kw = 0 where a plant is there already",
            )
        try:
            self.tax_rate(year)
        except ValueError as error:
            yield (
                "economics.income_tax",
                f'{error}; say a rule that goes on, as "xinjiang_west" or "china", or a number',
            )

    def tax_rate(self, year: int) -> Array:
        """Income tax rate in each operating year before tax holidays, shape (years,). [-]

        Parameters
        ----------
        year : int
            Calendar year of the run, used as the first operating year unless one is given.

        Raises
        ------
        ValueError
            If the named rule ends before the project does.
        """
        if isinstance(self.income_tax, float):
            return np.full(self.years, self.income_tax)
        return INCOME_TAXES.load(self.income_tax).on(self.first_operating(year), self.years)

    def first_operating(self, year: int) -> int:
        """Calendar year of the first operating year; default: the year of the run."""
        return year if self.first_year is None else self.first_year

    @property
    def vat_share_of_outlays(self) -> float:
        """Deductible VAT as a share of the investment, if it is given so. [-]"""
        if self.input_vat_share is not None:
            return self.input_vat_share
        return VAT_IN_OUTLAYS * self.vat_rate / (1.0 + self.vat_rate)


def _quoted(name: str) -> str:
    return f'"{name}"' if "." in name else name
