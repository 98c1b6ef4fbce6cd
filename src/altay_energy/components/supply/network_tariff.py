"""Network tariffs: transmission and distribution by voltage, line loss, government funds."""

from __future__ import annotations

from typing import Annotated, ClassVar, Self

from pydantic import AfterValidator, Field, model_validator

from altay_energy.components.base import Component, Fraction
from altay_energy.components.supply.versions import DatedTable, Version
from altay_energy.core.catalogue import Catalogue

KW_PER_MW = 1000.0

_ENERGY = (1.0, 1000.0)
_CHARGE = (1.0, 500.0)


def _per_mwh(price: float) -> float:
    low, high = _ENERGY
    if price and not low <= price <= high:
        meant = price * 1000.0 if price < low else price / 1000.0
        hint = f"; did you mean {meant:g}?" if low <= meant <= high else ""
        raise ValueError(f"is unusual for a network (expected {low:g} to {high:g} CNY/MWh){hint}")
    return price


def _a_month(price: float) -> float:
    low, high = _CHARGE
    if price and not low <= price <= high:
        hint = f"; did you mean {price / 1000.0:g}?" if low <= price / 1000.0 <= high else ""
        raise ValueError(f"is unusual (expected {low:g} to {high:g} for each kW or kVA{hint})")
    return price


PerMWh = Annotated[float, Field(ge=0), AfterValidator(_per_mwh)]
AMonth = Annotated[float, Field(ge=0), AfterValidator(_a_month)]


class VoltagePrices(Component):
    """Network prices at one voltage."""

    title: str = Field("", description="as the table calls it, such as 110 kV")
    from_kv: float = Field(
        ge=0, le=1200, description="lowest voltage, up to that of the next entry [kV]"
    )
    single_part_cny_mwh: PerMWh | None = Field(
        None, description="single-part users: per energy [CNY/MWh]"
    )
    two_part_cny_mwh: PerMWh | None = Field(
        None, description="two-part users: per energy [CNY/MWh]"
    )
    demand_cny_kw_month: AMonth | None = Field(
        None, description="two-part users: for the peak of a month [CNY/kW]"
    )
    capacity_cny_kva_month: AMonth | None = Field(
        None, description="two-part users: for the capacity of the transformers [CNY/kVA]"
    )

    @model_validator(mode="after")
    def _whole(self) -> Self:
        two = (self.two_part_cny_mwh, self.demand_cny_kw_month, self.capacity_cny_kva_month)
        if None in two and two != (None, None, None):
            raise ValueError(
                "a two-part price needs two_part_cny_mwh, demand_cny_kw_month and "
                "capacity_cny_kva_month"
            )
        if two == (None, None, None) and self.single_part_cny_mwh is None:
            raise ValueError("has no price; give single_part_cny_mwh, or the two-part prices")
        return self


class NetworkVersion(Version):
    """Network prices from one day on."""

    line_loss_share: Fraction = Field(
        description="lost of what is fed into the network, billed outside of its prices [-]"
    )
    government_funds_cny_mwh: PerMWh = Field(description="funds and surcharges [CNY/MWh]")
    high_use_kwh_kva: float | None = Field(
        None,
        gt=0,
        description="energy of a month for each kVA from which the demand price is lower; default: "
        "no such rule [kWh/kVA]",
    )
    high_use_demand_factor: Fraction = Field(
        1.0, description="factor of the demand price in such a month [-]"
    )
    export_fee_cny_mwh: PerMWh | None = Field(
        None, description="for energy sent out of the province; no part of a bill here [CNY/MWh]"
    )
    export_loss_share: Fraction | None = Field(
        None, description="loss of energy sent out of the province [-]"
    )
    regional_energy_cny_mwh: PerMWh | None = Field(
        None, description="of the regional network; no part of a bill here [CNY/MWh]"
    )
    voltages: Annotated[tuple[VoltagePrices, ...], Field(strict=False, min_length=1)] = Field(
        description="prices by voltage, the lowest first"
    )

    @model_validator(mode="after")
    def _by_voltage(self) -> Self:
        pairs = zip(self.voltages[:-1], self.voltages[1:], strict=True)
        for number, (one, other) in enumerate(pairs, 1):
            if other.from_kv <= one.from_kv:
                raise ValueError(
                    f"voltages[{number}] from {one.from_kv:g} kV and voltages[{number + 1}] from "
                    f"{other.from_kv:g} kV overlap; give one entry for each voltage, lowest first"
                )
        if self.line_loss_share >= 1.0:
            raise ValueError("line_loss_share = 1 leaves no energy; it must be below 1")
        return self

    def at(self, voltage_kv: float) -> VoltagePrices | None:
        """Prices at a voltage; None below the lowest of the table.

        Parameters
        ----------
        voltage_kv : float
            Voltage of the metering point. [kV]
        """
        below = [row for row in self.voltages if row.from_kv <= voltage_kv]
        return below[-1] if below else None

    @property
    def loss_on_delivered(self) -> float:
        """Lost energy over delivered energy, l / (1 - l). [-]"""
        return self.line_loss_share / (1.0 - self.line_loss_share)


class NetworkTariff(DatedTable):
    """A network tariff in versions with dates."""

    kind_of_table: ClassVar[str] = "network tariff"

    versions: Annotated[tuple[NetworkVersion, ...], Field(strict=False, min_length=1)] = Field(
        description="the versions, the oldest first"
    )


NETWORK_TARIFFS = Catalogue(
    NetworkTariff.kind_of_table,
    "data/tariffs/network",
    NetworkTariff.of_table,
    own='network = { file = "my-network.toml" }',
)
"""Network tariffs shipped with the package."""
