"""A thermal plant: a rating, a share that heat demand forces to run, and a marginal cost."""

from __future__ import annotations

from typing import Annotated, ClassVar, Self

import numpy as np
from pydantic import Field, model_validator

from altay_energy.components.base import (
    Component,
    NonNegative,
    PowerMW,
    PriceCNY,
    SeriesField,
    Usual,
)
from altay_energy.components.checks import check_within
from altay_energy.timeline import Timeline
from altay_energy.units import Array

Month = Annotated[int, Field(ge=1, le=12)]


class ThermalPlant(Component):
    """Thermal plant; with ``must_run_fraction`` a heat-led one.

    Altay heats from mid-October to mid-April, so a heat-led plant has
    ``must_run_months = [10, 11, 12, 1, 2, 3, 4]``.
    """

    kind: ClassVar[str] = "thermal"

    capacity_mw: PowerMW = Field(description="rated power at the bus [MW]")
    must_run_fraction: SeriesField = Field(
        0.0,
        validate_default=True,
        description="share of capacity that runs regardless, for heat or stability: number or "
        "series; default: none [-]",
    )
    must_run_months: list[Month] = Field(
        list(range(1, 13)),
        description="months in which must_run_fraction holds, 1 for January; default: all [-]",
    )
    fuel_cost_cny_mwh: Annotated[PriceCNY, Field(ge=0)] = Field(
        description="fuel per energy generated [CNY/MWh]"
    )
    variable_om_cny_mwh: NonNegative = Field(
        0.0, description="variable O&M per energy generated; default: within the fuel [CNY/MWh]"
    )
    # Fossil power of China 2022, https://daydaynews.cc/zh-hant/finance/3899452.html (2024-12).
    emission_factor_t_mwh: Annotated[float, Field(ge=0), Usual(1e-3, 2.0)] = Field(
        0.8325, description="CO2 per energy generated; default: fossil power of China 2022 [t/MWh]"
    )

    @model_validator(mode="after")
    def _must_run(self) -> Self:
        check_within("must_run_fraction", self.must_run_fraction, 0.0, 1.0)
        twice = sorted({m for m in self.must_run_months if self.must_run_months.count(m) > 1})
        if twice:
            raise ValueError(f"must_run_months names {twice[0]} twice; once is enough")
        return self

    @property
    def marginal_cost_cny_mwh(self) -> float:
        """Fuel and variable O&M per energy generated. [CNY/MWh]"""
        return self.fuel_cost_cny_mwh + self.variable_om_cny_mwh

    def must_run_mw(self, timeline: Timeline) -> Array:
        """Power that runs regardless of the load.

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
