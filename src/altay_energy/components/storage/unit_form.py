"""Keys of a pumped-storage station that is described by its units and its two reservoirs."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Annotated, ClassVar, Literal, Self

from pydantic import BeforeValidator, Field, WithJsonSchema, model_validator

from altay_energy.components.base import (
    Component,
    ComponentOfForms,
    Efficiency,
    Fraction,
    NonNegative,
    OwnFile,
    PowerMW,
    Usual,
    iso_text,
)
from altay_energy.components.storage.basin import Basin
from altay_energy.resource.pumped.hill import FIRST_HILL, HILLS, Hill

MOST_UNITS = 40
"""Most reversible units (Fengning has 12); a larger number is probably in MW."""

LEAST_GENERATION = {"fixed": 0.5, "variable": 0.25}
"""Least power of a turbine over its rated one by kind of set [-]; both are what is quoted for fast
ramping, https://nenpower.com/blog/how-does-the-response-time-of-pumped-hydro-storage-impact-grid-stability/."""


def _known_day(text: object) -> object:
    text = iso_text(text)
    if isinstance(text, str):
        try:
            date.fromisoformat(text)
        except ValueError:
            raise ValueError(f"{text!r} is no day; expected a date as in 2030-04-01") from None
    return text


Day = Annotated[str, BeforeValidator(_known_day)]


class Outage(Component):
    """Days on which a unit is out of service for maintenance."""

    kind: ClassVar[str] = "outage"

    unit: Annotated[int, Field(ge=1)] = Field(description="number of the unit, counted from 1 [-]")
    first_day: Day = Field(description="first day of the outage, as in 2030-04-01 [-]")
    last_day: Day = Field(description="last day of the outage [-]")

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.last_day < self.first_day:
            raise ValueError(f"last_day = {self.last_day} is before first_day = {self.first_day}")
        return self


def _as_hill(value: object) -> object:
    if isinstance(value, Mapping):
        return OwnFile.model_validate(value)
    if isinstance(value, str):
        HILLS.load(value)
    return value


HillField = Annotated[
    str | OwnFile | Annotated[Hill, WithJsonSchema({"not": {}})], BeforeValidator(_as_hill)
]
"""Name in the catalogue, a user's file, or (library) a hill."""

GroupEfficiency = Annotated[Efficiency, Usual(0.8, 1.0)]


class UnitForm(ComponentOfForms):
    """Keys of units, two reservoirs and their weather."""

    units: Annotated[int | None, Field(ge=1, le=MOST_UNITS)] = Field(
        None, description="number of equal reversible units [-]"
    )
    unit_mw: Annotated[PowerMW | None, Field(gt=0)] = Field(
        None, description="rated generation of a unit at the bus [MW]"
    )
    unit_pump_mw: Annotated[PowerMW | None, Field(gt=0)] = Field(
        None,
        description="power of a pump at the bus at its reference head, a little above the rated "
        "one; default: unit_mw (assumed) [MW]",
    )
    upper: Basin | None = Field(None, description="upper reservoir [-]")
    lower: Basin | None = Field(None, description="lower reservoir [-]")
    rated_head_m: Annotated[float | None, Field(gt=0), Usual(20, 2000)] = Field(
        None,
        description="net head at which a unit gives its rated power with its rated flow; default: "
        "0.98 of the difference of the normal levels (assumed) [m]",
    )
    hill: HillField = Field(FIRST_HILL, description="efficiency by head and flow [-]")
    waterway_loss: Annotated[float, Field(ge=0, lt=0.3), Usual(1e-4, 0.15)] = Field(
        0.022,
        description="head that the rated flow of all units loses in the waterway, over "
        "rated_head_m (assumed) [-]",
    )
    generator_efficiency: GroupEfficiency = Field(
        0.985, description="generator or motor, each way (assumed, usual of such machines) [-]"
    )
    transformer_efficiency: GroupEfficiency = Field(
        0.995, description="transformer, each way (assumed, usual) [-]"
    )
    own_use: Annotated[float, Field(ge=0, lt=0.2), Usual(1e-4, 0.05)] = Field(
        0.01,
        description=(
            "own use (cooling, excitation, starting converter) over the power of running "
            "units, each way (assumed) [-]"
        ),
    )
    speed: Literal["fixed", "variable"] = Field(
        "fixed",
        description=(
            "fixed: the power of a pump depends on the head only; variable: any power in "
            "pump_band [-]"
        ),
    )
    pump_band: Annotated[
        list[Annotated[float, Field(gt=0, le=1.5)]] | None, Field(min_length=2, max_length=2)
    ] = Field(
        None,
        description="variable speed: least and largest power of a pump over unit_pump_mw; "
        "default: 0.7 to 1 (assumed) [-]",
    )
    min_generation: Fraction | None = Field(
        None,
        description="least power of a turbine over unit_mw; default: 0.5 at fixed, 0.25 at "
        "variable speed [-]",
    )
    remainder: Literal["battery", "export", "curtail"] = Field(
        "battery",
        description=(
            "use of surplus too small for a whole pump: the storages after this one and then "
            "export, export, or none [-]"
        ),
    )
    start_cost_cny: Annotated[NonNegative, Usual(10, 1e6)] = Field(
        0.0,
        description="cost of wear of one start of one unit in either direction (none found) [CNY]",
    )
    mode_change_cost_cny: Annotated[NonNegative, Usual(10, 1e6)] = Field(
        0.0,
        description=(
            "additional cost where a unit changes between pumping and generating from one "
            "interval to the next (none found) [CNY]"
        ),
    )
    site: str | None = Field(
        None,
        description="site whose weather gives evaporation, rain and ice; default: none of them [-]",
    )
    ice_growth_cm: Annotated[float, Field(ge=0, le=3.5)] = Field(
        2.0,
        description="Stefan's coefficient: 1.7 to 2.4 for an average lake with snow (Ashton 1986); "
        "0: kept free of ice [cm/(°C d)^½]",
    )
    make_up_m3_s: Annotated[NonNegative, Usual(1e-3, 100)] = Field(
        0.1,
        description="water that a stream or pipe can add to the lower reservoir to replace losses "
        "(assumed) [m³/s]",
    )
    forced_outage_rate: Annotated[float, Field(ge=0, lt=0.9), Usual(1e-4, 0.3)] = Field(
        0.0,
        description="forced outage rate of a unit, a share of time; default: none (assumed) [-]",
    )
    forced_outage_hours: Annotated[float, Field(gt=0), Usual(1, 8760)] = Field(
        50.0, description="mean length of such an outage (assumed) [h]"
    )
    outage_seed: Annotated[int, Field(ge=0)] = Field(
        1, description="seed of the random numbers; the same seed gives the same outages [-]"
    )
    outages: dict[str, Outage] = Field(
        default_factory=dict, description="planned outages, each a table with a name [-]"
    )
    stated_energy_mwh: Annotated[float | None, Field(gt=0), Usual(1, 1e6)] = Field(
        None,
        description=(
            "published energy at the bus from full to empty; an error if the reservoirs are "
            "too small for it [MWh]"
        ),
    )

    @model_validator(mode="after")
    def _within_itself(self) -> Self:
        if self.pump_band is not None:
            if self.speed == "fixed":
                raise ValueError('pump_band goes with speed = "variable"; a fixed pump has no band')
            if self.pump_band[0] >= self.pump_band[1]:
                raise ValueError(f"pump_band = {self.pump_band} must rise: least, largest power")
        for name, outage in self.outages.items():
            if self.units is not None and outage.unit > self.units:
                raise ValueError(f"outages.{name}: unit = {outage.unit}, but units = {self.units}")
        return self
