"""A thermal plant: rating, must-run share, cost and units."""

from __future__ import annotations

from typing import Annotated, ClassVar, Self

import numpy as np
from pydantic import (
    Field,
    model_validator,
)

from altay_energy.components.base import (
    Component,
    ComponentOfForms,
    CostCNY,
    Fraction,
    NonNegative,
    OnBus,
    Positive,
    PowerMW,
    SeriesField,
    Usual,
)
from altay_energy.components.checks import check_within
from altay_energy.components.supply.emission_factors import newest_emission_factor
from altay_energy.core.timeline import Timeline
from altay_energy.core.units import Array

Month = Annotated[int, Field(ge=1, le=12)]

FOSSIL_FACTOR = newest_emission_factor("china_fossil")
"""Default emission factor of thermal generation (``data/emission_factors.toml``)."""

OF_UNITS = (
    "min_load_fraction",
    "start_cost_cny",
    "no_load_cost_cny_h",
    "min_up_hours",
    "min_down_hours",
    "ramp_mw_h",
    "fuel_curve",
)
"""Keys that need ``units``."""


class FuelCurve(Component):
    """Fuel curve of a unit: piecewise constant incremental cost by load."""

    load_fraction: list[Fraction] = Field(
        min_length=1,
        description="upper end of each piece as load over rating, rising to 1 [-]",
    )
    cost_factor: list[NonNegative] = Field(
        min_length=1,
        description="incremental cost of each piece over fuel_cost_cny_mwh, never falling [-]",
    )

    @model_validator(mode="after")
    def _rises(self) -> Self:
        loads, factors = self.load_fraction, self.cost_factor
        if len(loads) != len(factors):
            raise ValueError(
                f"load_fraction has {len(loads)} values and cost_factor has {len(factors)}; give "
                "one for each piece"
            )
        if loads[-1] != 1.0 or np.any(np.diff(loads, prepend=0.0) <= 0.0):
            raise ValueError(f"load_fraction = {loads} must rise from above 0 to 1")
        if np.any(np.diff(factors) < 0.0):
            raise ValueError(
                f"cost_factor = {factors} must never fall; what a unit burns at any load is "
                "no_load_cost_cny_h"
            )
        return self


class ThermalPlant(OnBus, ComponentOfForms):
    """Thermal plant, heat-led if it has a ``must_run_fraction``.

    The heating season of Altay lasts from mid-October to mid-April, so a heat-led plant has
    ``must_run_months = [10, 11, 12, 1, 2, 3, 4]``. With ``units`` the plant consists of equal units
    that ``dispatch.method = "units"`` starts and stops; other methods run it at any power.
    """

    kind: ClassVar[str] = "thermal"

    capacity_mw: PowerMW = Field(description="rated power at the bus [MW]")
    must_run_fraction: SeriesField = Field(
        0.0,
        validate_default=True,
        description=(
            "must-run share of the capacity, for heat or stability: number or series; "
            "default: none [-]"
        ),
    )
    must_run_months: list[Month] = Field(
        list(range(1, 13)),
        description="months in which must_run_fraction holds, 1 for January; default: all [-]",
    )
    fuel_cost_cny_mwh: CostCNY = Field(description="fuel per energy generated [CNY/MWh]")
    variable_om_cny_mwh: NonNegative = Field(
        0.0, description="variable O&M per energy generated; default: within the fuel [CNY/MWh]"
    )
    emission_factor_t_mwh: Annotated[float, Field(ge=0), Usual(1e-3, 2.0)] = Field(
        FOSSIL_FACTOR.t_mwh,
        description=f"CO2 per energy generated; default: {FOSSIL_FACTOR.label()} [t/MWh]",
    )

    units: int | None = Field(
        None,
        ge=1,
        le=1000,
        description="equal units that method = units starts and stops; default: one continuous "
        "plant [-]",
    )
    min_load_fraction: Fraction = Field(
        0.0, description="least power of a running unit over its rating; default: none [-]"
    )
    start_cost_cny: NonNegative = Field(
        0.0, description="cost of each start of a unit; default: none [CNY]"
    )
    no_load_cost_cny_h: NonNegative = Field(
        0.0, description="cost of a running unit at any load; default: none [CNY/h]"
    )
    min_up_hours: NonNegative = Field(
        0.0, description="least time that a unit runs after a start; default: none [h]"
    )
    min_down_hours: NonNegative = Field(
        0.0, description="least time that a unit stays off after a stop; default: none [h]"
    )
    ramp_mw_h: Positive | None = Field(
        None,
        description="most by which a running unit changes its power in an hour; default: no limit "
        "[MW/h]",
    )
    fuel_curve: FuelCurve | None = Field(
        None,
        description="fuel of a unit by its load: load_fraction, cost_factor; default: "
        "fuel_cost_cny_mwh at any load [-]",
    )

    @model_validator(mode="after")
    def _must_run(self) -> Self:
        check_within("must_run_fraction", self.must_run_fraction, 0.0, 1.0)
        twice = sorted({m for m in self.must_run_months if self.must_run_months.count(m) > 1})
        if twice:
            raise ValueError(f"must_run_months names {twice[0]} twice; once is enough")
        return self

    @model_validator(mode="after")
    def _units(self) -> Self:
        given = [name for name in OF_UNITS if name in self.model_fields_set and self._says(name)]
        if self.units is None and given:
            raise ValueError(
                f"{given[0]} is of a unit: say units, how many equal ones the plant has, or leave "
                f"{given[0]} out"
            )
        if self.units is not None and self.capacity_mw == 0.0:
            raise ValueError(f"units = {self.units} of capacity_mw = 0; leave units out")
        least = 0.0 if self.units is None else self.min_load_fraction / self.units
        must = self.must_run_fraction.values
        if must is not None and np.any((must > 0.0) & (must < least * (1.0 - 1e-9))):
            raise ValueError(
                f"must_run_fraction = {np.min(must[must > 0.0]):g} is less than one unit can run "
                f"at (min_load_fraction / units = {least:g}); raise it to {least:g} or lower "
                "min_load_fraction"
            )
        return self

    def keys_in_use(self) -> frozenset[str]:
        """Names of the keys in use; without units, those of units are left out."""
        return super().keys_in_use() - (frozenset(OF_UNITS) if self.units is None else frozenset())

    def _says(self, name: str) -> bool:
        """Whether a key that needs units differs from its default."""
        return bool(getattr(self, name) != type(self).model_fields[name].default)

    @property
    def curve_cny_mwh(self) -> list[tuple[float, float]]:
        """Incremental cost of fuel and variable O&M as (load [-], cost [CNY/MWh]) pairs."""
        fuel, om = self.fuel_cost_cny_mwh, self.variable_om_cny_mwh
        if self.fuel_curve is None:
            return [(1.0, fuel + om)]
        pieces = zip(self.fuel_curve.load_fraction, self.fuel_curve.cost_factor, strict=True)
        return [(load, factor * fuel + om) for load, factor in pieces]

    @property
    def marginal_cost_cny_mwh(self) -> float:
        """Cost of fuel and variable O&M per energy generated, at full load. [CNY/MWh]"""
        if self.fuel_curve is None:
            return self.fuel_cost_cny_mwh + self.variable_om_cny_mwh
        loads, prices = np.array(self.curve_cny_mwh).T
        return float(np.diff(loads, prepend=0.0) @ prices)

    def must_run_mw(self, timeline: Timeline) -> Array:
        """Must-run power in every interval.

        Parameters
        ----------
        timeline : Timeline
            The T intervals; months are those of its local clock.

        Returns
        -------
        ndarray, shape (..., T)
            [MW]
        """
        in_season = np.isin(timeline.month + 1, self.must_run_months)
        return np.asarray(self.capacity_mw * self.must_run_fraction.on(timeline) * in_season)
