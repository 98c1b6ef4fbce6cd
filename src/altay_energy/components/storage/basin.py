"""One of the two reservoirs of a pumped-storage station."""

from __future__ import annotations

import math
from functools import cached_property
from typing import Annotated, ClassVar, Self

import numpy as np
from pydantic import AfterValidator, Field, ValidationInfo, model_validator

from altay_energy.components.base import Component, NonNegative
from altay_energy.components.faults import allows_unusual, unusual
from altay_energy.core.errors import ScenarioError
from altay_energy.resource.water.open_water import valley_curve
from altay_energy.resource.water.reservoir import LevelVolume

MILLION = 1e6

SMALLEST_M3, LARGEST_M3 = 1e3, 1e11
"""Usual volumes of reservoirs. [m³]"""


def _known_volume(value: float, info: ValidationInfo) -> float:
    if allows_unusual(info) or SMALLEST_M3 <= value <= LARGEST_M3:
        return value
    hint = ""
    if SMALLEST_M3 <= value * MILLION <= LARGEST_M3:
        hint = f"; if it is in million m³, write {value * MILLION:.0f}"
    raise unusual(f"is unusual (expected {SMALLEST_M3:g} to {LARGEST_M3:g} m³){hint}")


VolumeM3 = Annotated[float, Field(gt=0), AfterValidator(_known_volume)]
ShoreLevel = Annotated[float, Field(ge=-450, le=6000)]
"""Above sea level, from the Dead Sea to the highest lakes that could be dammed. [m]"""


class Basin(Component):
    """A reservoir: two levels, and the volumes of water below and between them.

    Give either `live_volume_m3`, with `total_volume_m3` where it is known, or a surveyed curve
    by `level_m` and `volume_m3`.
    """

    kind: ClassVar[str] = "basin"

    normal_level_m: ShoreLevel = Field(description="highest level in operation [m]")
    dead_level_m: ShoreLevel = Field(description="lowest level in operation [m]")
    live_volume_m3: VolumeM3 | None = Field(
        None, description="water between dead and normal level [m³]"
    )
    total_volume_m3: VolumeM3 | None = Field(
        None,
        description=(
            "water below the normal level; with it the basin has the shape of a valley "
            "(assumed), without it vertical walls [m³]"
        ),
    )
    level_m: list[ShoreLevel] | None = Field(
        None, min_length=2, description="levels of a surveyed curve, rising [m]"
    )
    volume_m3: list[NonNegative] | None = Field(
        None, min_length=2, description="water below each of them, rising [m³]"
    )
    start_level_m: ShoreLevel | None = Field(
        None,
        description="level at the beginning; default: upper half full (assumed), lower with the "
        "other half [m]",
    )
    seepage_m3_s: Annotated[float, Field(ge=0, le=10)] = Field(
        0.0,
        description="water lost through ground and dam; default: a lined basin (assumed) [m³/s]",
    )

    @model_validator(mode="after")
    def _levels(self) -> Self:
        if self.dead_level_m >= self.normal_level_m:
            raise ValueError(
                f"dead_level_m = {self.dead_level_m:g} must be below normal_level_m = "
                f"{self.normal_level_m:g}"
            )
        start = self.start_level_m
        if start is not None and not self.dead_level_m <= start <= self.normal_level_m:
            raise ValueError(
                f"start_level_m = {start:g} must lie between dead_level_m = "
                f"{self.dead_level_m:g} and normal_level_m = {self.normal_level_m:g}"
            )
        return self

    @model_validator(mode="after")
    def _volumes(self) -> Self:
        surveyed = (self.level_m, self.volume_m3)
        given = (self.live_volume_m3, self.total_volume_m3)
        if (surveyed == (None, None)) == (self.live_volume_m3 is None):
            raise ValueError(
                "a reservoir needs either live_volume_m3 (and total_volume_m3 if it is known) or "
                "a curve by level_m and volume_m3"
            )
        if surveyed != (None, None) and (None in surveyed or given != (None, None)):
            raise ValueError("level_m and volume_m3 go together, and replace the volumes")
        try:
            curve = self.curve
        except ScenarioError as error:
            raise ValueError(str(error)) from None
        levels = float(curve.level_m[0]), float(curve.level_m[-1])
        if self.level_m and not levels[0] <= self.dead_level_m < self.normal_level_m <= levels[1]:
            raise ValueError(
                f"the curve runs from {levels[0]:g} to {levels[1]:g} m and must reach from "
                f"dead_level_m = {self.dead_level_m:g} to normal_level_m = {self.normal_level_m:g}"
            )
        return self

    @cached_property
    def curve(self) -> LevelVolume:
        """Level and volume of the basin."""
        if self.level_m is not None and self.volume_m3 is not None:
            return LevelVolume(np.array(self.level_m), np.array(self.volume_m3))
        assert self.live_volume_m3 is not None
        total = self.total_volume_m3 or self.live_volume_m3
        return valley_curve(self.normal_level_m, self.dead_level_m, total, self.live_volume_m3)

    def volume_at(self, level_m: float) -> float:
        """Water below a level. [m³]"""
        return float(self.curve.volume(level_m))

    @property
    def dead_m3(self) -> float:
        """Water below the dead level. [m³]"""
        return self.volume_at(self.dead_level_m)

    @property
    def normal_m3(self) -> float:
        """Water below the normal level. [m³]"""
        return self.volume_at(self.normal_level_m)

    @property
    def live_m3(self) -> float:
        """Water between dead and normal level. [m³]"""
        return self.normal_m3 - self.dead_m3

    def area_m2(self, level_m: float) -> float:
        """Surface of the pool at a level. [m²]"""
        # A full basin belongs to the piece below it.
        return float(self.curve.area(math.nextafter(self.volume_at(level_m), -math.inf)))
