"""A wind farm: turbines of one type at one site, or a series of its power per unit."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, ClassVar, Literal, Self

import numpy as np
from pydantic import BeforeValidator, Field, WithJsonSchema, model_validator

from altay_energy.components.base import (
    Component,
    Efficiency,
    Fraction,
    Positive,
    PowerMW,
    SeriesField,
    Usual,
)
from altay_energy.components.checks import check_within
from altay_energy.errors import ScenarioError, WeatherError
from altay_energy.resource.air import hub_density
from altay_energy.resource.turbines import (
    GenericTurbineSpec,
    Turbine,
    TurbineSpec,
    generic_turbine,
    load_turbine,
)
from altay_energy.resource.wind import (
    DENSITY_CORRECTIONS,
    ROUGHNESS_M,
    SHEAR_EXPONENT,
    SHEAR_LAWS,
    farm_power,
    smoothed_curve,
)
from altay_energy.timeline import Timeline
from altay_energy.units import Array
from altay_energy.weather.series import Weather

DEFAULT_TURBINE = "generic-6.7MW-182m"

LOW_WIND_HEIGHT_M = 20.0
HIGH_HUB_M = 60.0
"""From below the one to above the other, a shear law is a guess about the site."""


def _as_turbine(value: object) -> object:
    if isinstance(value, Mapping):
        spec = TurbineSpec if "file" in value else GenericTurbineSpec
        turbine = spec.model_validate(value)
        if isinstance(turbine, GenericTurbineSpec):
            generic_turbine(turbine)  # its range is checked here, where the table stands
        return turbine
    if isinstance(value, str):
        load_turbine(value)
    return value


TurbineField = Annotated[
    str | TurbineSpec | GenericTurbineSpec | Annotated[Turbine, WithJsonSchema({"not": {}})],
    BeforeValidator(_as_turbine),
]
"""Name in the catalogue, a user's curve, rating and rotor, or (library) a turbine."""


class WindFarm(Component):
    """Wind farm: what it is, and the power that the wind offers it."""

    kind: ClassVar[str] = "wind"

    capacity_mw: PowerMW = Field(description="rated power of all turbines [MW]")
    site: str | None = Field(None, description="site whose wind it takes [-]")
    profile: SeriesField | None = Field(
        None,
        description="available power at the bus per unit of capacity, 0 to 1, instead of a site; "
        "no loss is taken from it [-]",
    )
    turbine: TurbineField = Field(
        DEFAULT_TURBINE,
        description='name in the catalogue; or { file = "curve.csv", speed_column, power_column, '
        "power_unit, rated_mw }; or { rated_mw, rotor_diameter_m } for a generic curve [-]",
    )
    hub_height_m: Annotated[Positive | None, Usual(10.0, 250.0)] = Field(
        None, description="hub above ground; without it the usual one of the turbine [m]"
    )
    shear_law: Literal["power", "log"] = Field(
        "power", description="law that carries wind to the hub: power or log [-]"
    )
    # Justus and Mikhail (1976): flat, open land, neutral air.
    shear_exponent: Annotated[float, Field(ge=-0.5, le=1.0)] = Field(
        SHEAR_EXPONENT, description="exponent of the power law [-]"
    )
    # European Wind Atlas (1989), roughness class 1: open, flat grassland.
    roughness_m: Annotated[float, Field(gt=0, le=3.0)] = Field(
        ROUGHNESS_M, description="roughness length of the log law [m]"
    )
    density_correction: Literal["equivalent_speed", "shifted_curve"] = Field(
        "equivalent_speed",
        description="how the curve is read in air of another density: IEC 61400-12-1 or "
        "Svenningsen (2010) [-]",
    )
    # The three losses are assumed, each at a usual value. Their sum, 12.5 %, stands within the
    # 10-20 % of the European Wind Energy Association's "Wind Energy - The Facts", table I.2.5.
    wake_loss: Fraction = Field(
        0.08, description="energy lost to the wakes of other turbines (assumed) [-]"
    )
    availability: Efficiency = Field(
        0.97, description="share of turbines that stand ready (assumed) [-]"
    )
    electrical_loss: Fraction = Field(
        0.02, description="energy lost between turbines and bus (assumed) [-]"
    )
    speed_spread: Annotated[float, Field(ge=0, le=0.3)] = Field(
        0.0,
        description="standard deviation of wind speed among the turbines over its mean; smooths "
        "the farm's curve [-]",
    )

    @model_validator(mode="after")
    def _one_source(self) -> Self:
        if (self.profile is None) == (self.site is None):
            raise ValueError(
                "a wind farm needs either site (its power follows from the wind there) or profile "
                "(per unit of capacity), "
                f"{'not both' if self.profile is not None else 'and has neither'}"
            )
        if self.profile is not None:
            unused = self.model_fields_set - {"capacity_mw", "profile", "site"}
            if unused:
                raise ValueError(
                    f"{', '.join(sorted(unused))} goes with site; a profile holds all of it already"
                )
            check_within("profile", self.profile, 0.0, 1.0)
        return self

    @model_validator(mode="after")
    def _has_hub(self) -> Self:
        if self.site is None:
            return self
        turbine = self.turbine if isinstance(self.turbine, TurbineSpec) else self.machine
        hubs = turbine.hub_heights_m if isinstance(turbine, Turbine) else ()
        if self.hub_height_m is None and not hubs:
            raise ValueError("hub_height_m is missing; only turbines of the catalogue bring one")
        rotor_m = turbine.rotor_diameter_m
        if rotor_m is not None and self.hub_m <= rotor_m / 2.0:
            raise ValueError(
                f"hub_height_m = {self.hub_m:g} is too low for a rotor of {rotor_m:g} m"
            )
        return self

    @property
    def machine(self) -> Turbine:
        """The turbine itself.

        Raises
        ------
        ScenarioError
            If it is still in its file.
        """
        if isinstance(self.turbine, Turbine):
            return self.turbine
        if isinstance(self.turbine, GenericTurbineSpec):
            return generic_turbine(self.turbine)
        if isinstance(self.turbine, TurbineSpec):
            raise ScenarioError(f"the power curve {self.turbine.file} has not been read yet")
        return load_turbine(self.turbine)

    @property
    def hub_m(self) -> float:
        """Hub above ground. [m]"""
        if self.hub_height_m is not None:
            return self.hub_height_m
        return self.machine.hub_heights_m[0]

    @property
    def turbines(self) -> float:
        """Number of turbines; a fraction where the capacity is no multiple of the rating. [-]"""
        return self.capacity_mw / self.machine.rated_mw

    def hub_speed(self, wind_speed_m_s: Array, height_m: float) -> Array:
        """Wind speed at the hub, shape (..., T). [m s⁻¹]

        Parameters
        ----------
        wind_speed_m_s : ndarray, shape (..., T)
            [m s⁻¹]
        height_m : float
            Where that was measured, above ground. [m]
        """
        parameter = self.shear_exponent if self.shear_law == "power" else self.roughness_m
        return SHEAR_LAWS[self.shear_law](wind_speed_m_s, height_m, self.hub_m, parameter)

    def curve(self) -> tuple[Array, Array]:
        """Speed [m s⁻¹] and mean power of one turbine [MW], smoothed over the farm if asked."""
        speed, power = self.machine.curve_speed_m_s, self.machine.curve_power_mw
        if self.speed_spread == 0.0:
            return speed, power
        return smoothed_curve(speed, power, self.speed_spread)

    def available_power(
        self, weather: Weather | None, timeline: Timeline, elevation_m: float | None = None
    ) -> Array:
        """Power that the wind offers at the bus, before curtailment.

        Parameters
        ----------
        weather : Weather, optional
            Of the farm's site; None for a farm with a profile.
        timeline : Timeline
            The T intervals.
        elevation_m : float, optional
            Ground of the farm above sea level, where that differs from the weather's. [m]

        Returns
        -------
        ndarray, shape (..., T)
            [MW]

        Raises
        ------
        WeatherError
            If a farm at a site gets no weather, or weather of another period.
        SeriesError
            If the profile is of another length.
        """
        if self.profile is not None:
            return self.capacity_mw * self.profile.on(timeline)
        if weather is None:
            raise WeatherError(f"the wind farm at site {self.site!r} needs weather")
        if weather.timeline != timeline:
            raise WeatherError(
                f"{weather.place}: weather of {weather.timeline.describe()} was given for a run of "
                f"{timeline.describe()}"
            )
        rise_m = 0.0 if elevation_m is None else elevation_m - weather.elevation_m
        density = hub_density(weather.temperature_c, weather.pressure_pa, self.hub_m, rise_m)
        speed = self.hub_speed(weather.wind_speed_m_s, weather.wind_height_m)
        one = DENSITY_CORRECTIONS[self.density_correction](
            speed, density, *self.curve(), self.machine.air_density_kg_m3
        )
        losses = (self.wake_loss, self.availability, self.electrical_loss)
        # Rounding of capacity over rating must not lift a loss-free farm above its capacity.
        return np.minimum(farm_power(one, self.turbines, *losses), self.capacity_mw)

    def notices(self, weather: Weather) -> tuple[str, ...]:
        """What a reader of this farm's power ought to know about its wind.

        Parameters
        ----------
        weather : Weather
            Of the farm's site.
        """
        low_m = weather.wind_height_m
        if self.site is None or low_m > LOW_WIND_HEIGHT_M or self.hub_m <= HIGH_HUB_M:
            return ()
        law = (
            f"the power law with exponent {self.shear_exponent:.3g}"
            if self.shear_law == "power"
            else f"the log law with roughness {self.roughness_m:g} m"
        )
        factor = float(self.hub_speed(np.ones(1), low_m)[0])
        return (
            f"wind measured at {low_m:g} m is carried to the hub at {self.hub_m:g} m by {law} "
            f"(× {factor:.2f}); town stations mostly lie sheltered, so the level of this wind is "
            "uncertain: prefer wind measured or modelled near hub height",
        )
