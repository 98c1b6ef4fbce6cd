"""A photovoltaic plant: what it is, not what it is doing."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal, Self

import numpy as np
from pydantic import Field, model_validator

from altay_energy.components.base import Component, Efficiency, PowerMW, SeriesField
from altay_energy.components.checks import check_within
from altay_energy.errors import WeatherError
from altay_energy.timeline import Timeline
from altay_energy.units import Array
from altay_energy.weather.series import Weather

TABLE_KEYS = frozenset({"site", "profile", "capacity_mw", "title_zh"})
"""Keys that a plant with a profile may have; all others describe modules under a sky."""


class SolarPlant(Component):
    """Fixed modules on open racks behind inverters, or a profile that stands for them."""

    kind: ClassVar[str] = "solar"

    capacity_mw: PowerMW = Field(description="rated AC power at the bus [MW]")
    site: str | None = Field(
        None, min_length=1, description="site whose weather it sees; or give profile [-]"
    )
    profile: SeriesField | None = Field(
        None, description="available power per unit of capacity, 0 to 1; or give site [-]"
    )
    # Assumed, the low end of what is built; more would leave the 1,619 h published for 200 MW at
    # Tacheng far behind.
    dc_ac_ratio: Annotated[float, Field(ge=1.0, le=2.0)] = Field(
        1.1, description="module power at 1000 W/m² and 25 °C over rated AC power (assumed) [-]"
    )
    tilt_deg: Annotated[float, Field(ge=0, le=90)] | None = Field(
        None,
        description="of the modules from horizontal; without it the best of the year by "
        "Jacobson & Jadhav (2018), 34° at 47° N [°]",
    )
    azimuth_deg: Annotated[float, Field(ge=0, lt=360)] = Field(
        180.0, description="direction the modules face, clockwise from north; 180 is south [°]"
    )
    albedo: Annotated[float, Field(ge=0, le=1)] = Field(
        0.2, description="share of light that bare ground reflects, the year through [-]"
    )
    # PVWatts 8 takes 0.4 beside its 3 % of shade in the losses: that is for near objects.
    ground_cover_ratio: Annotated[float, Field(ge=0, lt=1)] = Field(
        0.4,
        description="module length up the slope over distance of rows, by which rows shade each "
        "other (PVWatts); 0 for modules that stand alone or on a roof [-]",
    )
    temperature_coefficient: Annotated[float, Field(ge=-0.01, le=0)] = Field(
        -0.0035, description="relative change of module power (PVWatts, premium module) [1/°C]"
    )
    losses: Annotated[float, Field(ge=0, lt=1)] = Field(
        0.14,
        description="lost between modules and inverters: dirt 2 %, shade 3, mismatch 2, wiring 2, "
        "connections 0.5, first light 1.5, rating 1, downtime 3 (PVWatts) [-]",
    )
    inverter_efficiency: Efficiency = Field(
        0.96, description="at rated power, on PVWatts' curve below it [-]"
    )
    transposition: Literal["hay-davies", "perez-driesse"] = Field(
        "hay-davies", description="model of the sky's diffuse light on the modules [-]"
    )
    cell_temperature: Literal["faiman", "sapm", "noct"] = Field(
        "faiman", description="model of the cells' temperature on open racks [-]"
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
                f"{', '.join(idle)} describes modules, but profile stands for the whole plant; "
                "leave out one or the other"
            )
        check_within("profile", self.profile, 0.0, 1.0, "of capacity")
        return self

    def available_power(self, weather: Weather | None, timeline: Timeline) -> Array:
        """Power the plant could give, before curtailment.

        Parameters
        ----------
        weather : Weather, optional
            At the plant's site, on the same timeline; a plant with a profile needs none.
        timeline : Timeline
            The T intervals.

        Returns
        -------
        ndarray, shape (..., T)
            From 0 to ``capacity_mw``, exactly 0 without sun. [MW]

        Raises
        ------
        WeatherError
            If the weather is missing or on another timeline.
        """
        if self.profile is not None:
            return self.capacity_mw * self.profile.on(timeline)
        if weather is None:
            raise WeatherError(f"site {self.site}: a solar plant needs the weather of its site")
        if weather.timeline != timeline:
            raise WeatherError(
                f"{weather.place}: the weather covers {weather.timeline.describe()}, "
                f"but the plant is asked for {timeline.describe()}"
            )
        return self.capacity_mw * self._per_unit(weather)

    def _per_unit(self, weather: Weather) -> Array:
        """Output over rated AC power, shape (..., T). [-]"""
        from altay_energy.resource import solar, solar_power
        from altay_energy.weather.sun import sun_path_for

        tilt = solar.annual_tilt(weather.latitude) if self.tilt_deg is None else self.tilt_deg
        day = solar.daylight(sun_path_for(weather))

        def lit(series: Array) -> Array:
            return series[..., day.intervals]

        plane = solar.plane_of_array(
            day,
            lit(weather.dni_w_m2),
            lit(weather.dhi_w_m2),
            lit(weather.ghi_w_m2),
            tilt_deg=tilt,
            azimuth_deg=self.azimuth_deg,
            albedo=self.albedo,
            sky_model=solar.TRANSPOSITION[self.transposition],
        )
        if self.ground_cover_ratio > 0:
            plane = solar.row_shading(
                plane,
                day,
                tilt_deg=tilt,
                azimuth_deg=self.azimuth_deg,
                ground_cover_ratio=self.ground_cover_ratio,
            )
        cells = solar_power.cell_temperature(
            plane.total_w_m2,
            lit(weather.temperature_c),
            lit(weather.wind_speed_m_s),
            weather.wind_height_m,
            model=solar_power.CELL_TEMPERATURE[self.cell_temperature],
        )
        direct_current = solar_power.dc_power(
            solar.absorbed(plane, tilt),
            cells,
            capacity_mw=self.dc_ac_ratio,
            temperature_coefficient=self.temperature_coefficient,
            losses=self.losses,
        )
        output = np.zeros(weather.ghi_w_m2.shape)
        output[..., day.intervals] = solar_power.ac_power(
            direct_current, efficiency=self.inverter_efficiency
        )
        return output
