"""Keys of a photovoltaic plant, their checks, and values derived from them without weather."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal, Self

from pydantic import Field, model_validator

from altay_energy.components.base import (
    Efficiency,
    Fraction,
    OnBus,
    Positive,
    PowerMW,
    SeriesField,
)
from altay_energy.components.checks import check_within

TABLE_KEYS = frozenset({"bus", "site", "profile", "capacity_mw", "title_zh"})
"""Keys that a plant with a profile may have; all others describe modules under a sky."""

FIXED_KEYS = frozenset({"tilt_deg", "azimuth_deg"})
TRACKING_KEYS = frozenset({"axis_azimuth_deg", "axis_tilt_deg", "max_angle_deg", "backtracking"})
"""Keys that belong to one way of mounting alone."""

TO_THE_SOUTH_DEG, TO_THE_NORTH_DEG = 180.0, 0.0
"""Azimuth of the equator in the northern and the southern hemisphere. [°]"""

DIRT_IN_LOSSES = 0.02
"""Soiling within the default of ``losses`` [-]; Dobos (2014), PVWatts Version 5 Manual."""

Angle = Annotated[float, Field(ge=0, le=90)]
Azimuth = Annotated[float, Field(ge=0, lt=360)]


class SolarPlantKeys(OnBus):
    """Keys of a photovoltaic plant."""

    kind: ClassVar[str] = "solar"

    capacity_mw: PowerMW = Field(description="rated AC power at the bus [MW]")
    site: str | None = Field(
        None, min_length=1, description="site whose weather is used; or give profile [-]"
    )
    profile: SeriesField | None = Field(
        None, description="available power per unit of capacity, 0 to 1; or give site [-]"
    )
    # Assumed, the low end of what is built; more would leave the 1,619 h published for 200 MW at
    # Tacheng far behind.
    dc_ac_ratio: Annotated[float, Field(ge=1.0, le=2.0)] = Field(
        1.1, description="module power at 1000 W/m² and 25 °C over rated AC power (assumed) [-]"
    )
    mounting: Literal["fixed", "tracking"] = Field(
        "fixed", description="fixed racks, or rows that track the sun about one axis [-]"
    )
    tilt_deg: Angle | None = Field(
        None,
        description=(
            "tilt of the modules from horizontal; default: optimum of the year by Jacobson & "
            "Jadhav (2018), 34° at 47° N [°]"
        ),
    )
    azimuth_deg: Azimuth | None = Field(
        None,
        description=(
            "azimuth of the modules, clockwise from north; default: towards the equator, 180 "
            "(south), and 0 south of the equator [°]"
        ),
    )
    axis_azimuth_deg: Azimuth | None = Field(
        None,
        description=(
            "azimuth of a tracker's axis, clockwise from north; default: towards the "
            "equator, as for the modules [°]"
        ),
    )
    axis_tilt_deg: Angle = Field(
        0.0, description="downward tilt of a tracker's axis in its direction [°]"
    )
    max_angle_deg: Annotated[float, Field(gt=0, le=90)] = Field(
        60.0,
        description="largest rotation of a tracker from horizontal, to either side (assumed) [°]",
    )
    backtracking: bool = Field(
        True, description="trackers rotate back at low sun until no row shades the next [-]"
    )
    albedo: Fraction = Field(0.2, description="albedo of ground without snow [-]")
    snow: Literal["on", "off"] = Field(
        "on",
        description=(
            "snow on modules (Marion et al. 2013) and on the ground, where the weather has "
            "precipitation or snow depth [-]"
        ),
    )
    fresh_snow_albedo: Fraction = Field(
        0.85,
        description="albedo of new snow, decreasing with age (US Army Corps of Engineers 1956) [-]",
    )
    # Two half-cut modules one above the other: each half is a string of its own.
    snow_strings: Annotated[int, Field(ge=1, le=24)] = Field(
        4,
        description=(
            "strings in parallel up the slope: a partly covered one gives no power (assumed) [-]"
        ),
    )
    bifaciality: Fraction = Field(
        0.0,
        description="efficiency of the rear over that of the front; 0 for monofacial modules [-]",
    )
    rear_loss: Fraction = Field(
        0.10,
        description="loss of rear irradiance by racks and non-uniform light (assumed) [-]",
    )
    row_height_m: Positive = Field(
        2.0,
        description=(
            "height of the middle of the modules above ground, for the rear side (assumed) [m]"
        ),
    )
    slope_length_m: Positive = Field(
        4.6,
        description="length of the modules across a row, two upright, for the rear side "
        "(assumed) [m]",
    )
    soiling: Annotated[list[Fraction], Field(min_length=12, max_length=12)] | None = Field(
        None,
        description=(
            "soiling loss of each month, January first; default: the soiling within losses "
            "all year; with it those 2 % are taken out of the default of losses [-]"
        ),
    )
    age_years: Annotated[float, Field(ge=0, le=60)] = Field(
        0.0, description="time since the modules were new [a]"
    )
    # Jordan et al., Progress in Photovoltaics 24, 978-989, 2016: median 0.5-0.6 % a year.
    degradation_per_year: Annotated[float, Field(ge=0, le=0.05)] = Field(
        0.005,
        description=(
            "degradation of module power a year; that by first light is within losses "
            "(Jordan et al. 2016) [1/a]"
        ),
    )
    # PVWatts 8 takes 0.4 beside its 3 % of shade in the losses: that is for near objects.
    ground_cover_ratio: Annotated[float, Field(ge=0, lt=1)] = Field(
        0.4,
        description=(
            "module length up the slope over distance of rows, for row shading (PVWatts); 0 "
            "for a single row or a roof [-]"
        ),
    )
    temperature_coefficient: Annotated[float, Field(ge=-0.01, le=0)] = Field(
        -0.0035, description="relative change of module power (PVWatts, premium module) [1/°C]"
    )
    losses: Annotated[float, Field(ge=0, lt=1)] = Field(
        0.14,
        description=(
            "losses between modules and inverters: soiling 2 %, shading 3, mismatch 2, "
            "wiring 2, connections 0.5, light-induced degradation 1.5, rating 1, downtime 3 "
            "(PVWatts) [-]"
        ),
    )
    inverter_efficiency: Efficiency = Field(
        0.96, description="efficiency at rated power; below it by the curve of PVWatts [-]"
    )
    # CEC's inverter list as SAM has it (2019): 0.03 % is the median of inverters of every size, and
    # the value of the list where none was measured. The default keeps demand that of the loads.
    night_consumption: Annotated[float, Field(ge=0, le=0.05)] = Field(
        0.0,
        description=(
            "power of inverters from the bus while the plant gives none, over its rating; "
            "0.0003 is the median of the CEC inverter list; default: none, so that all "
            "demand is that of the loads [-]"
        ),
    )
    transposition: Literal["hay-davies", "perez-driesse"] = Field(
        "hay-davies", description="model of diffuse irradiance on the modules [-]"
    )
    cell_temperature: Literal["faiman", "pvsyst", "sapm", "noct"] = Field(
        "faiman", description="model of cell temperature on open racks [-]"
    )
    title_zh: str = Field("", description="name on Chinese charts [-]")

    @model_validator(mode="after")
    def _one_source(self) -> Self:
        if (self.site is None) == (self.profile is None):
            raise ValueError("give exactly one of site (modules under its sky) and profile")
        if self.profile is None:
            return self
        idle = sorted(self.model_fields_set - TABLE_KEYS)
        if idle:
            raise ValueError(
                f"{', '.join(idle)} describes modules, but profile describes the whole plant; "
                "leave out one or the other"
            )
        check_within("profile", self.profile, 0.0, 1.0, "of capacity")
        return self

    @model_validator(mode="after")
    def _one_mounting(self) -> Self:
        other = FIXED_KEYS if self.mounting == "tracking" else TRACKING_KEYS
        idle = sorted(self.model_fields_set & other)
        if idle:
            raise ValueError(
                f'{", ".join(idle)} means nothing with mounting = "{self.mounting}"; '
                "leave it out or change mounting"
            )
        if self.ground_cover_ratio == 0 and (self.mounting == "tracking" or self.bifaciality):
            raise ValueError(
                "ground_cover_ratio = 0 means modules without rows; trackers and rear sides "
                "need rows, expected above 0, say 0.4"
            )
        return self

    @property
    def system_losses(self) -> float:
        """Losses between modules and inverters, without soiling where `soiling` is given. [-]"""
        if self.soiling is None or "losses" in self.model_fields_set:
            return self.losses
        return 1.0 - (1.0 - self.losses) / (1.0 - DIRT_IN_LOSSES)

    def facing_deg(self, latitude: float) -> float:
        """Direction that fixed modules, or a tracker's axis, face, clockwise from north. [°]

        Parameters
        ----------
        latitude : float
            Of the weather; without a direction of their own they face the equator. [°] north
        """
        given = self.axis_azimuth_deg if self.mounting == "tracking" else self.azimuth_deg
        if given is not None:
            return given
        return TO_THE_NORTH_DEG if latitude < 0.0 else TO_THE_SOUTH_DEG

    @property
    def youth(self) -> float:
        """Power of the modules over that when they were new. [-]"""
        return max(1.0 - self.degradation_per_year * self.age_years, 0.0)

    @property
    def rear_share(self) -> float:
        """Power from light on the rear over that from the same light on the front. [-]"""
        return self.bifaciality * (1.0 - self.rear_loss)

    @property
    def height_over_pitch(self) -> float:
        """Height of the middle of the modules over the distance of rows. [-]"""
        return self.row_height_m * self.ground_cover_ratio / self.slope_length_m
