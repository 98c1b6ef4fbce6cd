"""Keys of a wind farm, their checks, and values derived from them without weather."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal, Self

from pydantic import Field, model_validator

from altay_energy.components.base import (
    Efficiency,
    FileReaders,
    Fraction,
    OnBus,
    Positive,
    PowerMW,
    SeriesField,
    Usual,
)
from altay_energy.components.checks import check_within
from altay_energy.components.wind.parts import TurbineField, WindLayout, spread_curve, wake_table
from altay_energy.core.errors import ScenarioError
from altay_energy.core.units import Array
from altay_energy.resource.wind.icing import HEATING_SHARE
from altay_energy.resource.wind.power import ROUGHNESS_M, SHEAR_EXPONENT
from altay_energy.resource.wind.turbines import (
    COLD_PACKAGES,
    TURBINES,
    GenericTurbineSpec,
    Turbine,
    TurbineSpec,
    generic_turbine,
    read_turbine,
)
from altay_energy.resource.wind.wakes import WAKE_DECAY

DEFAULT_TURBINE = "generic-6.7MW-182m"


class WindFarmKeys(OnBus):
    """Keys of a wind farm."""

    kind: ClassVar[str] = "wind"
    file_readers: ClassVar[FileReaders] = {"turbine": (TurbineSpec, read_turbine)}

    capacity_mw: PowerMW = Field(description="rated power of all turbines [MW]")
    site: str | None = Field(None, description="site whose wind is used [-]")
    profile: SeriesField | None = Field(
        None,
        description=(
            "available power at the bus per unit of capacity, 0 to 1, instead of a site; "
            "losses are not applied to it [-]"
        ),
    )
    turbine: TurbineField = Field(
        DEFAULT_TURBINE,
        description='name in the catalogue; or { file = "curve.csv", speed_column, power_column, '
        "power_unit, rated_mw }; or { rated_mw, rotor_diameter_m } for a generic curve [-]",
    )
    hub_height_m: Annotated[Positive | None, Usual(10.0, 250.0)] = Field(
        None, description="hub height above ground; default: the usual one of the turbine [m]"
    )
    shear_law: Literal["power", "log", "stability"] = Field(
        "power",
        description="law that extrapolates wind to the hub: power, log, or power with the "
        "exponent of each hour's stability; default: power, or both heights where the weather "
        "has two [-]",
    )
    # Justus and Mikhail (1976): flat, open land, neutral air.
    shear_exponent: Annotated[float, Field(ge=-0.5, le=1.0)] = Field(
        SHEAR_EXPONENT, description="exponent of the power law [-]"
    )
    # European Wind Atlas (1989), roughness class 1: open, flat grassland.
    roughness_m: Annotated[float, Field(gt=0, le=3.0)] = Field(
        ROUGHNESS_M,
        description="roughness length of the log law; at most a tenth of the height of the wind "
        "and of the hub [m]",
    )
    density_correction: Literal["equivalent_speed", "shifted_curve"] = Field(
        "equivalent_speed",
        description=(
            "correction of the curve for air density: IEC 61400-12-1 or Svenningsen (2010) [-]"
        ),
    )
    # The three losses are assumed, each at a usual value. Their sum, 12.5 %, is within the
    # 10-20 % of the European Wind Energy Association's "Wind Energy - The Facts", table I.2.5.
    wake_loss: Fraction = Field(
        0.08, description="energy lost to the wakes of other turbines (assumed) [-]"
    )
    availability: Efficiency = Field(
        0.97, description="share of turbines that are available (assumed) [-]"
    )
    electrical_loss: Fraction = Field(
        0.02, description="energy lost between turbines and bus (assumed) [-]"
    )
    layout: WindLayout | None = Field(
        None,
        description="positions of the turbines: { x_m, y_m } or { rows, columns, row_spacing, "
        "column_spacing, bearing_deg }; with it and a known wind direction wakes follow the Park "
        "model instead of wake_loss [-]",
    )
    # Katić et al. (1986), on land.
    wake_decay: Annotated[float, Field(gt=0, le=0.2)] = Field(
        WAKE_DECAY, description="increase of a wake's radius per metre, for a layout [-]"
    )
    package: Literal["standard", "cold_climate", "none"] | None = Field(
        None,
        description=(
            "equipment for cold: standard stops at -20 °C, cold_climate at -30 °C, none "
            "never; default: that of the turbine [-]"
        ),
    )
    low_temperature_stop_c: Annotated[float | None, Field(ge=-60, le=5)] = Field(
        None, description="air temperature below which it stops; default: that of the package [°C]"
    )
    low_temperature_restart_c: Annotated[float | None, Field(ge=-60, le=10)] = Field(
        None, description="air temperature at which it restarts; default: that of the package [°C]"
    )
    storm_restart_m_s: Annotated[Positive | None, Usual(10.0, 35.0)] = Field(
        None,
        description=(
            "wind speed at the hub at which it restarts after a stop above cut-out; default: "
            "that of the turbine [m/s]"
        ),
    )
    icing: Literal["on", "off", "heated"] = Field(
        "on",
        description=(
            "ice on the blades: on reduces power, heated consumes heating_share instead, off "
            "ignores ice [-]"
        ),
    )
    heating_share: Fraction = Field(
        HEATING_SHARE, description="power of blade heating over the rating (assumed) [-]"
    )
    speed_spread: Annotated[float, Field(ge=0, le=0.3)] = Field(
        0.0,
        description=(
            "standard deviation of wind speed among the turbines over its mean, which "
            "smooths the farm's curve [-]"
        ),
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
            unused = self.model_fields_set - {"bus", "capacity_mw", "profile", "site"}
            if unused:
                raise ValueError(
                    f"{', '.join(sorted(unused))} goes with site; a profile includes its effect"
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

    @model_validator(mode="after")
    def _restarts(self) -> Self:
        if self.site is None or isinstance(self.turbine, TurbineSpec):
            return self
        stop_c, restart_c = self.low_temperatures_c
        if restart_c < stop_c:
            raise ValueError(
                f"low_temperature_restart_c = {restart_c:g} is below the stop at {stop_c:g} °C"
            )
        if self.restart_m_s > self.machine.cut_out_m_s:
            raise ValueError(
                f"storm_restart_m_s = {self.restart_m_s:g} is above the cut-out speed of "
                f"{self.machine.cut_out_m_s:g} m/s"
            )
        if self.layout is not None:
            wake_table(self.layout, self.machine, self.wake_decay)
        return self

    @property
    def low_temperatures_c(self) -> tuple[float, float]:
        """Temperatures at which its turbines stop for cold and start again. [°C]"""
        of_package = (
            self.machine.low_temperatures_c if self.package is None else COLD_PACKAGES[self.package]
        )
        own_stop, own_restart = self.low_temperature_stop_c, self.low_temperature_restart_c
        stop = of_package[0] if own_stop is None else own_stop
        return stop, max(of_package[1], stop) if own_restart is None else own_restart

    @property
    def restart_m_s(self) -> float:
        """Wind speed at the hub at which its turbines start again after a storm. [m s⁻¹]"""
        own = self.storm_restart_m_s
        return self.machine.restart_m_s if own is None else own

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
        return TURBINES.load(self.turbine)

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

    def curve(self) -> tuple[Array, Array]:
        """Speed [m s⁻¹] and mean power of one turbine [MW], smoothed over the farm if asked."""
        if self.speed_spread == 0.0:
            return self.machine.curve_speed_m_s, self.machine.curve_power_mw
        return spread_curve(self.machine, self.speed_spread)
