"""A pumped-storage station in two forms: two powers and one energy, or units and reservoirs."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import Annotated, Any, ClassVar, Literal, Self

from pydantic import (
    Field,
    ValidationInfo,
    model_validator,
)

from altay_energy.components.base import (
    Efficiency,
    EnergyMWh,
    FileReaders,
    Fraction,
    OwnFile,
    PowerMW,
    Usual,
)
from altay_energy.components.faults import allows_unusual
from altay_energy.components.storage.station import UnitStation
from altay_energy.components.storage.storage import Storage, StorageBand, check_duration, per_hour
from altay_energy.components.storage.unit_form import UnitForm
from altay_energy.core.errors import ScenarioError
from altay_energy.resource.pumped.hill import HILLS

UNIT_FORM_KEYS = frozenset(UnitForm.model_fields)
"""Keys of the form that describes units and two reservoirs."""

UNIT_FORM_NEEDS = ("units", "unit_mw", "upper", "lower")
SIMPLE_FORM_NEEDS = ("pump_mw", "turbine_mw", "energy_mwh")

WaterEfficiency = Annotated[Efficiency, Usual(0.5, 1.0)]


class PumpedStorage(UnitForm, Storage):
    """Reversible pumped-storage station, in one of two forms that its keys decide.

    The simple form has two powers and one energy: `pump_mw`, `turbine_mw`, `energy_mwh`. Levels
    are energy of the water in the upper reservoir above its dead level, and what the bus gets from
    a full reservoir is `turbine_efficiency` times `energy_mwh`. The unit form has `units`,
    `unit_mw` and the tables `upper` and `lower`: pumps run whole or not at all, head, flow and
    efficiency follow from the levels, and the simple form can be derived from it.
    """

    kind: ClassVar[str] = "pumped_storage"
    limit_names: ClassVar[Mapping[str, str]] = {
        "charge_mw": "pump_mw",
        "discharge_mw": "turbine_mw",
    }
    file_readers: ClassVar[FileReaders] = {"hill": (OwnFile, lambda _, path: HILLS.load_own(path))}

    pump_mw: PowerMW | None = Field(
        None, description="simple form, required: rated consumption at the bus [MW]"
    )
    turbine_mw: PowerMW | None = Field(
        None, description="simple form, required: rated generation at the bus [MW]"
    )
    energy_mwh: EnergyMWh | None = Field(
        None,
        description="simple form, required: usable energy of the upper reservoir, as water: "
        "energy at the bus / turbine_efficiency [MWh]",
    )
    # Together 0.75, the round trip by which Fukang (2,410 GWh out of 3,213 GWh,
    # http://pcepaper.cjxww.cn/html/2024-08/05/content_1155_150167.htm) and Huangyang were planned;
    # how it divides between the two ways is assumed.
    pump_efficiency: WaterEfficiency = Field(
        0.833,
        description="simple form: bus to water, waterways included (assumed; round trip 0.75) [-]",
    )
    turbine_efficiency: WaterEfficiency = Field(
        0.90,
        description="simple form: water to bus, waterways included (assumed; round trip 0.75) [-]",
    )
    # Seepage and evaporation are replaced from the river; their stored energy is negligible.
    standing_loss_per_day: Annotated[float, Field(ge=0, lt=1), Usual(0, 0.05)] = Field(
        0.0,
        description="simple form: share of the content lost a day by seepage and evaporation [-]",
    )
    initial_level: Fraction = Field(
        0.5,
        description="simple form: content at the beginning, share of energy_mwh (assumed) [-]",
    )

    @model_validator(mode="before")
    @classmethod
    def _one_form(cls, data: Any) -> Any:
        if not isinstance(data, Mapping):
            return data
        given = {name for name, value in data.items() if value is not None}
        simple = sorted(given & SIMPLE_FORM_KEYS)
        units = sorted(given & UNIT_FORM_KEYS)
        if simple and units:
            raise ValueError(
                f"{', '.join(simple)} belong to the simple form and {', '.join(units)} to the form "
                "with units and two reservoirs, from which powers, energy and efficiencies follow; "
                "keep the keys of one form"
            )
        needs = UNIT_FORM_NEEDS if units else SIMPLE_FORM_NEEDS
        missing = [name for name in needs if name not in given]
        if missing:
            form = "the form with units and two reservoirs" if units else "the simple form"
            other = "" if units else f" (or, for the unit form, {', '.join(UNIT_FORM_NEEDS)})"
            raise ValueError(
                f"{', '.join(missing)} missing: {form} needs {', '.join(needs)}{other}"
            )
        return data

    @model_validator(mode="after")
    def _duration(self, info: ValidationInfo) -> Self:
        if self.form == "units":
            try:
                self.station.check(allow_unusual=allows_unusual(info))
            except ScenarioError as error:
                raise ValueError(str(error)) from None
            return self
        assert self.energy_mwh is not None
        assert self.turbine_mw is not None
        check_duration("energy_mwh", self.energy_mwh, "turbine_mw", self.turbine_mw, info)
        return self

    def keys_in_use(self) -> frozenset[str]:
        """The keys of the station's form."""
        return (UNIT_FORM_KEYS if self.form == "units" else SIMPLE_FORM_KEYS) | {"bus"}

    @property
    def form(self) -> Literal["simple", "units"]:
        """Which of the two forms the station is given in."""
        return "simple" if self.units is None else "units"

    @cached_property
    def station(self) -> UnitStation:
        """The station's units and reservoirs.

        Raises
        ------
        ScenarioError
            If the station is given in its simple form, which has none.
        """
        if self.form == "simple":
            raise ScenarioError("a station in its simple form has no units and no reservoirs")
        return UnitStation(self)

    def simple(self) -> PumpedStorage:
        """The same station in its simple form, derived where it has units and reservoirs."""
        if self.form == "simple":
            return self
        return PumpedStorage.model_validate(
            {**self.station.simple_keys, "bus": self.bus}, context={"allow_unusual": True}
        )

    def derived(self, latitude: float | None) -> dict[str, tuple[object, str]]:
        """The simple form of a station with units and reservoirs, and its rated head."""
        if self.form == "simple":
            return {}
        simple, fields = self.simple(), type(self).model_fields
        names = (*SIMPLE_FORM_NEEDS, "pump_efficiency", "turbine_efficiency")
        found: dict[str, tuple[object, str]] = {
            name: (
                _six(getattr(simple, name)),
                f"of units and reservoirs; {fields[name].description}",
            )
            for name in names
        }
        found["rated_head_m"] = (self.station.rated_head_m, "rated net head in use [m]")
        full = _six(self.station.full_energy_mwh)
        return {**found, "full_energy_mwh": (full, "at the bus, from full to empty [MWh]")}

    @property
    def limits(self) -> StorageBand:
        """The station in its simple form, as a band of energy with two powers."""
        simple = self.simple()
        assert simple.pump_mw is not None
        assert simple.turbine_mw is not None
        assert simple.energy_mwh is not None
        return StorageBand(
            charge_mw=simple.pump_mw,
            discharge_mw=simple.turbine_mw,
            usable_energy_mwh=simple.energy_mwh,
            charge_efficiency=simple.pump_efficiency,
            discharge_efficiency=simple.turbine_efficiency,
            standing_loss_per_hour=per_hour(simple.standing_loss_per_day),
            initial_usable_mwh=simple.initial_level * simple.energy_mwh,
        )

    @property
    def limit_keys(self) -> dict[str, tuple[str, float]]:
        """Keys of the limits; none in the unit form, whose powers and energy follow from others."""
        return super().limit_keys if self.form == "simple" else {}


def _six(value: float) -> float:
    """Six significant figures."""
    return float(f"{value:.6g}")


SIMPLE_FORM_KEYS = frozenset(PumpedStorage.model_fields) - UNIT_FORM_KEYS - {"bus"}
"""Keys of the form with two powers and one energy."""
