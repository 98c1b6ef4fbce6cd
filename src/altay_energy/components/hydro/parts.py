"""Parts of a hydropower plant's table: the curve of its turbines, its reservoir."""

from __future__ import annotations

from typing import Annotated, Self

import numpy as np
from pydantic import Field, ValidationInfo, model_validator

from altay_energy.components.base import Component, Fraction, NonNegative, Positive, Usual
from altay_energy.components.demand.seasons import in_hemisphere
from altay_energy.components.faults import allows_unusual, unusual
from altay_energy.core.units import Array
from altay_energy.resource.water.reservoir import LevelVolume

TARGET_FILL = (0.45, 0.30, 0.20, 0.15, 0.40, 0.80, 1.0, 1.0, 1.0, 0.90, 0.75, 0.60)
"""Share of the live volume in the middle of each month: empty before the flood, full after
it, drawn down through winter (assumed). [-]"""

# assumed: shape of open-water evaporation in a dry continental climate, ice from December to March
EVAPORATION_SHARES = (0.0, 0.0, 0.02, 0.08, 0.15, 0.19, 0.20, 0.17, 0.11, 0.06, 0.02, 0.0)
"""Share of a year's evaporation in each month. [-]"""

VALLEY_EXPONENT = 2.5
"""Volume of a valley grows with this power of depth (assumed, between a trench and a cone). [-]"""

ICE_TO_WATER = 0.917
"""Density of ice over that of water at 0 °C. [-]"""

_SMALLEST_M3 = 1e4
_CURVE_POINTS = 25


class EfficiencyCurve(Component):
    """Efficiency of a unit by its flow."""

    flow_share: list[Fraction] = Field(
        min_length=2, description="flow of a unit over its rated flow, rising from 0 to 1 [-]"
    )
    efficiency_share: list[Fraction] = Field(
        min_length=2, description="efficiency there over the best one [-]"
    )

    @model_validator(mode="after")
    def _rises(self) -> Self:
        flow = np.array(self.flow_share)
        if len(flow) != len(self.efficiency_share):
            raise ValueError(
                f"flow_share has {len(flow)} values and efficiency_share has "
                f"{len(self.efficiency_share)}; give one for each"
            )
        if flow[0] != 0.0 or flow[-1] != 1.0 or np.any(np.diff(flow) <= 0.0):
            raise ValueError(f"flow_share = {self.flow_share} must rise from 0 to 1")
        return self


class HydroReservoir(Component):
    """Reservoir of a hydropower plant: levels, level-volume curve and rule curve."""

    normal_level_m: float = Field(description="highest level in normal operation, above sea [m]")
    dead_level_m: float = Field(description="lowest level of the turbines' intake, above sea [m]")
    tailwater_level_m: float = Field(description="level below the turbines, above sea [m]")
    start_level_m: float | None = Field(
        None,
        description=(
            "level at the beginning; default: that of the rule curve, or in a run over whole "
            "years the one with which it also ends [m]"
        ),
    )
    level_m: list[float] | None = Field(
        None, min_length=2, description="levels of the level-volume curve, rising [m]"
    )
    volume_m3: list[NonNegative] | None = Field(
        None, min_length=2, description="volumes at those levels, rising [m³]"
    )
    normal_volume_m3: Positive | None = Field(
        None, description="without a curve: volume at the normal level [m³]"
    )
    depth_m: Annotated[Positive | None, Usual(1.0, 350.0)] = Field(
        None, description="without a curve: depth of the basin below the normal level [m]"
    )
    target_share: Annotated[list[Fraction] | None, Field(min_length=12, max_length=12)] = Field(
        None,
        description="rule curve: share of the live volume in the middle of each month; default: "
        "empty in April, full from July, half a year later south of the equator (assumed) [-]",
    )
    # A reservoir that follows its curve within days would not store any flood.
    adjust_days: Annotated[float, Field(ge=1, le=365)] = Field(
        10.0, description="time in which a deviation from the rule curve is corrected (assumed) [d]"
    )
    evaporation_mm: Annotated[float, Field(ge=0, le=4000)] = Field(
        0.0, description="evaporation from the open water less rain on it, in a year [mm]"
    )
    ice_thickness_m: Annotated[float, Field(ge=0, le=3)] = Field(
        0.0, description="thickness of ice in ice_months, whose water cannot be used [m]"
    )

    @model_validator(mode="after")
    def _one_shape(self, info: ValidationInfo) -> Self:
        curve = (self.level_m, self.volume_m3)
        plain = (self.normal_volume_m3, self.depth_m)
        if not (
            (None not in curve and plain == (None, None))
            or (None not in plain and curve == (None, None))
        ):
            raise ValueError(
                "a reservoir needs either level_m and volume_m3 (its curve), or normal_volume_m3 "
                "and depth_m"
            )
        largest = float(self.shape.volume_m3[-1])
        if largest < _SMALLEST_M3 and not allows_unusual(info):
            raise unusual(
                f"a reservoir of {largest:g} m³ is unusual: is it in Mm³? Then write "
                f"{largest * 1e6:g}"
            )
        return self

    @model_validator(mode="after")
    def _levels(self) -> Self:
        if not self.tailwater_level_m < self.dead_level_m < self.normal_level_m:
            raise ValueError(
                f"tailwater_level_m = {self.tailwater_level_m:g}, dead_level_m = "
                f"{self.dead_level_m:g} and normal_level_m = {self.normal_level_m:g} must rise in "
                "this order"
            )
        low, high = self.shape.level_m[0], self.shape.level_m[-1]
        for name in ("dead_level_m", "normal_level_m"):
            if not low <= getattr(self, name) <= high:
                raise ValueError(
                    f"{name} = {getattr(self, name):g} is outside the level-volume curve, which "
                    f"reaches from {low:g} to {high:g} m"
                )
        start = self.start_level_m
        if start is not None and not self.dead_level_m <= start <= self.normal_level_m:
            raise ValueError(
                f"start_level_m = {start:g} must lie between dead_level_m = {self.dead_level_m:g} "
                f"and normal_level_m = {self.normal_level_m:g}"
            )
        return self

    @property
    def shape(self) -> LevelVolume:
        """Level and volume of the basin."""
        if self.level_m is not None and self.volume_m3 is not None:
            return LevelVolume(np.array(self.level_m), np.array(self.volume_m3))
        assert self.normal_volume_m3 is not None
        assert self.depth_m is not None
        depth = np.linspace(0.0, 1.0, _CURVE_POINTS)
        level = self.normal_level_m - self.depth_m * (1.0 - depth)
        return LevelVolume(level, self.normal_volume_m3 * depth**VALLEY_EXPONENT)

    @property
    def live_m3(self) -> tuple[float, float]:
        """Volumes at the dead and at the normal level. [m³]"""
        dead, normal = self.shape.volume(np.array([self.dead_level_m, self.normal_level_m]))
        return float(dead), float(normal)

    def target_m3(self, month_place: Array, south: bool = False) -> Array:
        """Volume that the rule curve asks for. [m³]

        Parameters
        ----------
        month_place : ndarray
            Time of the year in months, 0.5 for the middle of January.
        south : bool
            Whether it lies south of the equator: the default curve is then half a year later.
        """
        shares = np.array(self.target_share or in_hemisphere(TARGET_FILL, south))
        share = np.interp(month_place, np.arange(12) + 0.5, shares, period=12.0)
        dead, normal = self.live_m3
        return np.asarray(dead + share * (normal - dead))
