"""Battery: two powers and an energy."""

from __future__ import annotations

from typing import Annotated, ClassVar, Self

from pydantic import Field, ValidationInfo, model_validator

from altay_energy.components.base import Efficiency, EnergyMWh, Fraction, PowerMW, Usual
from altay_energy.components.storage.storage import (
    Storage,
    StorageBand,
    check_duration,
    check_levels,
    per_hour,
)

BatteryEfficiency = Annotated[Efficiency, Usual(0.5, 1.0)]


class Battery(Storage):
    """Battery with power limits at the bus and a band of levels that may be used.

    Levels reported and passed on count from ``min_level`` upwards: they are usable energy.
    """

    kind: ClassVar[str] = "battery"

    charge_mw: PowerMW = Field(description="largest power drawn from the bus [MW]")
    discharge_mw: PowerMW = Field(description="largest power given to the bus [MW]")
    energy_mwh: EnergyMWh = Field(description="energy from empty to full, in the cells [MWh]")
    # 0.955² = 0.912, the round trip of a 4 h station at Urumqi: 1.04 TWh out of 1.14 TWh a year,
    # http://hutangcun.com/news/show-209359.html (2025); an even split between both ways is assumed.
    charge_efficiency: BatteryEfficiency = Field(
        0.955, description="bus to cells; 0.955 gives a round trip of 0.912 [-]"
    )
    discharge_efficiency: BatteryEfficiency = Field(
        0.955, description="cells to bus; 0.955 gives a round trip of 0.912 [-]"
    )
    # Lithium cells lose 2-3 % a month by themselves (assumed).
    standing_loss_per_day: Annotated[float, Field(ge=0, lt=1), Usual(0, 0.05)] = Field(
        0.001, description="share of the usable content lost in a day (assumed) [-]"
    )
    initial_level: Fraction = Field(
        0.5, description="level at the beginning, share of energy_mwh (assumed) [-]"
    )
    # Projects state the energy that they deliver, so the band is open unless it is narrowed.
    min_level: Fraction = Field(0.0, description="lowest level, share of energy_mwh [-]")
    max_level: Fraction = Field(1.0, description="highest level, share of energy_mwh [-]")

    @model_validator(mode="after")
    def _band(self) -> Self:
        check_levels(self.min_level, self.initial_level, self.max_level)
        return self

    @model_validator(mode="after")
    def _duration(self, info: ValidationInfo) -> Self:
        check_duration("energy_mwh", self.energy_mwh, "discharge_mw", self.discharge_mw, info)
        return self

    @property
    def limits(self) -> StorageBand:
        """The battery as a band of energy with two powers."""
        return StorageBand(
            charge_mw=self.charge_mw,
            discharge_mw=self.discharge_mw,
            usable_energy_mwh=(self.max_level - self.min_level) * self.energy_mwh,
            charge_efficiency=self.charge_efficiency,
            discharge_efficiency=self.discharge_efficiency,
            standing_loss_per_hour=per_hour(self.standing_loss_per_day),
            initial_usable_mwh=(self.initial_level - self.min_level) * self.energy_mwh,
        )

    @property
    def limit_keys(self) -> dict[str, tuple[str, float]]:
        """Keys of the limits; only a share of ``energy_mwh`` may be usable."""
        return super().limit_keys | {"energy_mwh": ("energy_mwh", self.max_level - self.min_level)}
