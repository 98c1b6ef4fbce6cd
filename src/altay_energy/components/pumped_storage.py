"""A pumped-storage station: what it is, not what it is doing."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, Self

from pydantic import Field, ValidationInfo, model_validator

from altay_energy.components.base import (
    Component,
    Efficiency,
    EnergyMWh,
    Fraction,
    PowerMW,
    Usual,
)
from altay_energy.components.storage import StorageBand, check_duration, per_hour
from altay_energy.units import Array

UNIT_FORM_KEYS = frozenset(
    {"units", "unit_mw", "unit_pump_mw", "unit_turbine_mw", "upper", "lower", "head_m"}
)
"""Keys of the form that describes units and two reservoirs."""

WaterEfficiency = Annotated[Efficiency, Usual(0.5, 1.0)]


class PumpedStorage(Component):
    """Reversible pumped-storage station in its simple form: two powers and one energy.

    Levels are energy of the water in the upper reservoir above its dead level. What the bus gets
    from a full reservoir is ``turbine_efficiency`` times ``energy_mwh``.
    """

    kind: ClassVar[str] = "pumped_storage"

    pump_mw: PowerMW = Field(description="rated consumption at the bus [MW]")
    turbine_mw: PowerMW = Field(description="rated generation at the bus [MW]")
    energy_mwh: EnergyMWh = Field(
        description="usable energy of the upper reservoir, as water: "
        "energy at the bus / turbine_efficiency [MWh]"
    )
    # Together 0.75, the round trip by which Fukang (2,410 GWh out of 3,213 GWh,
    # http://pcepaper.cjxww.cn/html/2024-08/05/content_1155_150167.htm) and Huangyang were planned;
    # how it divides between the two ways is assumed.
    pump_efficiency: WaterEfficiency = Field(
        0.833, description="bus to water, waterways included (assumed; round trip 0.75) [-]"
    )
    turbine_efficiency: WaterEfficiency = Field(
        0.90, description="water to bus, waterways included (assumed; round trip 0.75) [-]"
    )
    # Seepage and evaporation are made up from the river and cost no stored energy to speak of.
    standing_loss_per_day: Annotated[float, Field(ge=0, lt=1), Usual(0, 0.05)] = Field(
        0.0, description="share of the content lost in a day by seepage and evaporation [-]"
    )
    initial_level: Fraction = Field(
        0.5, description="content at the beginning, share of energy_mwh (assumed) [-]"
    )

    @model_validator(mode="before")
    @classmethod
    def _simple_form(cls, data: Any) -> Any:
        if not isinstance(data, Mapping):
            return data
        given = sorted(UNIT_FORM_KEYS & data.keys())
        if not given:
            return data
        rated = "pump_mw, turbine_mw"
        units, unit_mw = data.get("units"), data.get("unit_mw")
        if isinstance(units, int) and isinstance(unit_mw, int | float):
            rated = f"pump_mw = {units * unit_mw:g}, turbine_mw = {units * unit_mw:g}"
        raise ValueError(
            f"{', '.join(given)} belong to the form with units and two reservoirs; this version "
            f"knows the simple form: give {rated} and energy_mwh instead"
        )

    @model_validator(mode="after")
    def _duration(self, info: ValidationInfo) -> Self:
        check_duration("energy_mwh", self.energy_mwh, "turbine_mw", self.turbine_mw, info)
        return self

    @property
    def limits(self) -> StorageBand:
        """The station as a dispatcher sees it."""
        return StorageBand(
            charge_mw=self.pump_mw,
            discharge_mw=self.turbine_mw,
            usable_energy_mwh=self.energy_mwh,
            charge_efficiency=self.pump_efficiency,
            discharge_efficiency=self.turbine_efficiency,
            standing_loss_per_hour=per_hour(self.standing_loss_per_day),
            initial_usable_mwh=self.initial_level * self.energy_mwh,
        )

    def next_level(
        self, level_mwh: Array, pump_mw: Array, turbine_mw: Array, hours: float = 1.0
    ) -> Array:
        """Water energy after one step, shape of ``level_mwh``; see `StorageBand`. [MWh]"""
        return self.limits.next_level(level_mwh, pump_mw, turbine_mw, hours)
