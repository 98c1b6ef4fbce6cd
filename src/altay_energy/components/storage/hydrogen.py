r"""Hydrogen store: electrolyser, compressor, tank or cavern, and fuel cell.

All energies of hydrogen are on the basis of its lower heating value (LHV), 33.33 kWh/kg.

Notes
-----
For a flow of hydrogen :math:`q` [MW] into the store the bus gives

.. math:: p = \frac{q}{\eta_e} + c \, q, \qquad c = \frac{w}{33.33\ \mathrm{kWh/kg}},

where :math:`\eta_e` is the efficiency of the electrolyser [-] and :math:`w` the electricity of
compression [kWh/kg]. Bus to store is therefore

.. math:: \eta = \frac{q}{p} = \frac{\eta_e}{1 + c \, \eta_e}.

Both efficiencies and :math:`w` are constant: part load, start-up and the pressure in the store do
not change them.

- Electrolyser: 55 kWh/kg for a whole alkaline system of 2022 at its outlet pressure [1]_.
- Compression from 20 bar: 1.05 kWh/kg isothermally to 350 bar in theory, 1.7 to 6.4 kWh/kg measured
  where hydrogen is made on site [2]_; the lowest measured value is the default.
- Fuel cell: 0.50 of the LHV to the bus, assumed.

References
----------
.. [1] U.S. Department of Energy, Technical Targets for Liquid Alkaline Electrolysis,
   https://www.energy.gov/eere/fuelcells/technical-targets-liquid-alkaline-electrolysis.
.. [2] M. Gardiner, Energy requirements for hydrogen gas compression and liquefaction as related to
   vehicle storage needs, DOE Hydrogen and Fuel Cells Program Record 9013, 2009.
"""

from __future__ import annotations

from collections.abc import Mapping
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

LHV_KWH_KG = 33.33
"""Lower heating value of hydrogen. [kWh/kg]"""

LONGEST_HOURS = 4400.0
"""Longest usual discharge at full power: half a year, for a store between seasons (assumed). [h]"""


class HydrogenStorage(Storage):
    """Hydrogen store: electrolyser, compressor, store and fuel cell at one bus.

    Energies of hydrogen are on the basis of the lower heating value, 33.33 kWh/kg. Charging is the
    power of the electrolyser and of the compressor that brings its hydrogen into the store; both
    run together. Levels reported and passed on count from ``min_level`` upwards, which is the
    cushion gas: they are usable energy.
    """

    kind: ClassVar[str] = "hydrogen"
    limit_names: ClassVar[Mapping[str, str]] = {
        "charge_mw": "electrolyser_mw",
        "discharge_mw": "fuel_cell_mw",
    }

    electrolyser_mw: PowerMW = Field(description="largest power drawn by the electrolyser [MW]")
    fuel_cell_mw: PowerMW = Field(description="largest power given to the bus [MW]")
    energy_mwh: EnergyMWh = Field(
        description="hydrogen from empty to full, lower heating value [MWh]"
    )
    compressor_mw: PowerMW | None = Field(
        None,
        description="largest power drawn by the compressor; default: what the electrolyser at full "
        "power needs [MW]",
    )
    electrolyser_efficiency: Annotated[Efficiency, Usual(0.4, 0.9)] = Field(
        0.606, description="bus to hydrogen, lower heating value; 0.606 is 55 kWh/kg [-]"
    )
    compression_kwh_kg: Annotated[float, Field(ge=0), Usual(0.1, 10.0)] = Field(
        1.7,
        description="electricity of compression into the store, from 20 to 350 bar by default; "
        "0 for none [kWh/kg]",
    )
    fuel_cell_efficiency: Annotated[Efficiency, Usual(0.3, 0.75)] = Field(
        0.50, description="hydrogen, lower heating value, to bus (assumed) [-]"
    )
    standing_loss_per_day: Annotated[float, Field(ge=0, lt=1), Usual(0, 0.05)] = Field(
        0.0, description="share of the usable content lost in a day (assumed: tight) [-]"
    )
    initial_level: Fraction = Field(
        0.5, description="level at the beginning, share of energy_mwh (assumed) [-]"
    )
    min_level: Fraction = Field(0.0, description="lowest level, share of energy_mwh [-]")
    max_level: Fraction = Field(1.0, description="highest level, share of energy_mwh [-]")

    @model_validator(mode="after")
    def _sound(self, info: ValidationInfo) -> Self:
        check_levels(self.min_level, self.initial_level, self.max_level)
        check_duration(
            "energy_mwh", self.energy_mwh, "fuel_cell_mw", self.fuel_cell_mw, info, LONGEST_HOURS
        )
        return self

    @property
    def compressor_share(self) -> float:
        """Power of the compressor per power of the electrolyser. [-]"""
        return self.compression_kwh_kg / LHV_KWH_KG * self.electrolyser_efficiency

    def derived(self, latitude: float | None) -> dict[str, tuple[object, str]]:
        """The power of the compressor where it is not given."""
        if self.compressor_mw is not None:
            return {}
        power = float(f"{self.compressor_share * self.electrolyser_mw:.6g}")
        return {"compressor_mw": (power, "what the electrolyser at full power needs [MW]")}

    @property
    def limits(self) -> StorageBand:
        """The store as a band of energy; charging is electrolyser and compressor."""
        charge_key, per_unit = self.limit_keys["charge_mw"]
        return StorageBand(
            charge_mw=getattr(self, charge_key) * per_unit,
            discharge_mw=self.fuel_cell_mw,
            usable_energy_mwh=(self.max_level - self.min_level) * self.energy_mwh,
            charge_efficiency=self.electrolyser_efficiency / (1.0 + self.compressor_share),
            discharge_efficiency=self.fuel_cell_efficiency,
            standing_loss_per_hour=per_hour(self.standing_loss_per_day),
            initial_usable_mwh=(self.initial_level - self.min_level) * self.energy_mwh,
        )

    @property
    def limit_keys(self) -> dict[str, tuple[str, float]]:
        """Keys of the limits; the smaller of electrolyser and compressor limits charging."""
        share = self.compressor_share
        if self.compressor_mw is None or self.compressor_mw >= share * self.electrolyser_mw:
            charge = ("electrolyser_mw", 1.0 + share)
        else:
            charge = ("compressor_mw", (1.0 + share) / share)
        return {
            "charge_mw": charge,
            "discharge_mw": ("fuel_cell_mw", 1.0),
            "energy_mwh": ("energy_mwh", self.max_level - self.min_level),
        }
