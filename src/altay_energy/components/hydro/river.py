"""A river: its flow from the weather over its catchment, or a user's series."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, Self

from pydantic import Field, ValidationInfo, model_validator

from altay_energy.components.base import Component, Positive, SeriesField, Usual
from altay_energy.components.checks import check_within, largest_of
from altay_energy.components.faults import allows_unusual, unusual
from altay_energy.resource.runoff.catchment import RANGES, Catchment
from altay_energy.resource.runoff.processes import snow_bands
from altay_energy.resource.runoff.rivers import RIVERS
from altay_energy.resource.runoff.rivers import River as BuiltIn

LARGEST_FLOW_M3_S = 5e4
"""Flow above which the unit is probably wrong, far above any flood of Asia's rivers at a dam."""


def _parameter(name: str, description: str) -> Any:
    """A parameter of the catchment: within its range, by default that of the built-in river."""
    low, high = RANGES[name]
    return Field(None, ge=low, le=high, description=description)


class River(Component):
    """River that drives hydropower plants: a built-in one, a catchment of your own, or a series."""

    kind: ClassVar[str] = "river"

    catchment: str | None = Field(
        None, description="built-in river whose catchment is used; keys below override it [-]"
    )
    inflow_m3_s: SeriesField | None = Field(
        None, description="natural flow instead of a catchment, a number or a series [m³/s]"
    )
    site: str | None = Field(
        None,
        description=(
            "site of its temperature and precipitation; default, with the built-in climate: "
            "the point for which a built-in river was derived [-]"
        ),
    )
    title_zh: str = Field(
        "", description="name on Chinese charts; without it that of the built-in river [-]"
    )
    area_km2: Annotated[Positive | None, Usual(1.0, 1e6)] = Field(
        None, description="area of the catchment [km²]"
    )
    elevation_m: Annotated[list[float] | None, Field(min_length=2)] = Field(
        None,
        description="elevations at equal shares of the area, lowest point first, highest last [m]",
    )
    precipitation_factor: float | None = _parameter(
        "precipitation_factor", "precipitation over that of the weather [-]"
    )
    snowfall_factor: float | None = _parameter("snowfall_factor", "further factor of snowfall [-]")
    precipitation_gradient_per_km: float | None = _parameter(
        "precipitation_gradient_per_km",
        "increase of precipitation with height, share per km [1/km]",
    )
    lapse_k_km: float | None = _parameter(
        "lapse_k_km", "decrease of temperature with height [K/km]"
    )
    snow_middle_c: float | None = _parameter(
        "snow_middle_c", "daily mean temperature at which half of the precipitation is snow [°C]"
    )
    snow_width_k: float | None = _parameter(
        "snow_width_k", "range of temperature from all snow to all rain [K]"
    )
    melt_mm_day_k: float | None = _parameter(
        "melt_mm_day_k", "degree-day factor at the equinoxes [mm/(d K)]"
    )
    melt_season_share: float | None = _parameter(
        "melt_season_share",
        "relative increase of that factor to midsummer, and decrease to midwinter [-]",
    )
    melt_from_c: float | None = _parameter(
        "melt_from_c", "daily mean temperature above which snow melts [°C]"
    )
    holding_share: float | None = _parameter(
        "holding_share", "liquid water that a snowpack holds, over its snow [-]"
    )
    refreeze_share: float | None = _parameter(
        "refreeze_share", "refreezing over melting for each kelvin [-]"
    )
    soil_mm: float | None = _parameter("soil_mm", "water that the soil holds [mm]")
    evaporation_factor: float | None = _parameter(
        "evaporation_factor", "evaporation over that of Oudin (2005) [-]"
    )
    glacier_share: float | None = _parameter(
        "glacier_share", "share of the area under ice, the highest part [-]"
    )
    ice_melt_ratio: float | None = _parameter("ice_melt_ratio", "melt of ice over snow [-]")
    percolation_mm_day: float | None = _parameter(
        "percolation_mm_day", "largest percolation to the slow store [mm/d]"
    )
    flood_mm: float | None = _parameter(
        "flood_mm", "content of the upper store above which flood runoff begins [mm]"
    )
    flood_days: float | None = _parameter("flood_days", "time constant of flood runoff [d]")
    fast_days: float | None = _parameter("fast_days", "time constant of the upper store [d]")
    slow_days: float | None = _parameter("slow_days", "time constant of the slow store [d]")
    route_days: float | None = _parameter("route_days", "mean travel time in the river bed [d]")

    @model_validator(mode="after")
    def _one_source(self, info: ValidationInfo) -> Self:
        own = self.area_km2 is not None and self.elevation_m is not None
        if self.inflow_m3_s is not None:
            stray = sorted(self.model_fields_set & ({*RANGES, "elevation_m", "catchment"}))
            if stray:
                raise ValueError(f"{', '.join(stray)} goes with a catchment, not with inflow_m3_s")
            self._check_series(allows_unusual(info))
        elif self.catchment is None and not own:
            raise ValueError(
                'a river needs catchment = "NAME" (a built-in river), or area_km2 and elevation_m '
                "of its own, or inflow_m3_s (a series)"
            )
        elif self.catchment is None and self.site is None:
            raise ValueError("a catchment of your own needs site: whose weather falls on it")
        else:
            self.parameters(50.0)
        return self

    def _check_series(self, allow_unusual: bool) -> None:
        assert self.inflow_m3_s is not None
        check_within("inflow_m3_s", self.inflow_m3_s, 0.0, unit="m³/s")
        largest = largest_of(self.inflow_m3_s)
        if largest > LARGEST_FLOW_M3_S and not allow_unusual:
            raise unusual(
                f"inflow_m3_s = {largest:g} m³/s is unusual: is it in m³ a day (divide by 86400) "
                "or in litres a second (divide by 1000)?"
            )

    @property
    def built_in(self) -> BuiltIn | None:
        """The river of the catalogue that it names."""
        return None if self.catchment is None else RIVERS.load(self.catchment)

    @property
    def climate(self) -> str:
        """Climate point for which its built-in river was derived."""
        known = self.built_in
        if known is None:
            raise ValueError("a catchment of your own has a site instead")
        return known.climate

    @property
    def name_zh(self) -> str:
        """Name on Chinese charts; empty if none is given."""
        known = self.built_in
        return self.title_zh or (known.title_zh if known is not None else "")

    def parameters(self, latitude: float) -> Catchment:
        """The catchment with everything that the table says.

        Parameters
        ----------
        latitude : float
            Of the weather, for a catchment of the user's own. [°] north

        Raises
        ------
        ScenarioError
            If the river has a series, or there is no such built-in river.
        """
        given = {n: v for n in RANGES if (v := getattr(self, n, None)) is not None}
        if self.elevation_m is not None:
            given["band_elevation_m"] = snow_bands(self.elevation_m)
        known = self.built_in
        if known is not None:
            return known.catchment.with_(**given)
        return Catchment(**{"latitude": latitude, **given})
