"""Water of a snow-fed river: precipitation and warmth in, flow out, every millimetre accounted for.

The chain is snow by degree days on elevation bands, soil moisture, two linear stores and a unit
hydrograph. Every water carries a mark if it was once snow, so the share of melt in the flow is a
result. Only days run in a loop; bands, catchments, years and parameter sets are array axes.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from altay_energy.core.errors import ScenarioError, WeatherError
from altay_energy.core.units import Array
from altay_energy.core.value import Value
from altay_energy.resource.runoff.processes import (
    SECONDS_PER_DAY,
    ice_cover,
    oudin_evaporation,
    rain_share,
    routed,
    unit_hydrograph,
)
from altay_energy.resource.runoff.stores import Forcing, Stores

EQUINOX_DAY = 81.0
"""Day of the year on which the degree-day factor has its mean: 22 March. From there it rises to
June north of the equator, and falls to June south of it. [d]"""

RANGES: Mapping[str, tuple[float, float]] = {
    "area_km2": (1e-3, 1e7),
    "latitude": (-66.0, 66.0),
    "precipitation_factor": (0.0, 20.0),
    "snowfall_factor": (0.0, 5.0),
    "precipitation_gradient_per_km": (-1.0, 5.0),
    "lapse_k_km": (-5.0, 12.0),
    "snow_middle_c": (-5.0, 6.0),
    "snow_width_k": (0.0, 12.0),
    "melt_mm_day_k": (0.0, 20.0),
    "melt_season_share": (0.0, 0.9),
    "melt_from_c": (-5.0, 5.0),
    "holding_share": (0.0, 0.5),
    "refreeze_share": (0.0, 1.0),
    "soil_mm": (1.0, 5000.0),
    "evaporation_factor": (0.0, 3.0),
    "glacier_share": (0.0, 1.0),
    "ice_melt_ratio": (0.0, 5.0),
    "percolation_mm_day": (0.0, 100.0),
    "flood_mm": (0.0, 1000.0),
    "flood_days": (0.1, 100.0),
    "fast_days": (0.1, 400.0),
    "slow_days": (1.0, 5000.0),
    "route_days": (0.0, 60.0),
}
"""Smallest and largest value of each parameter of a catchment."""


@dataclass(frozen=True, eq=False)
class Catchment:
    """What turns weather into flow. Numbers or arrays of the same leading axes (...).

    Parameters
    ----------
    area_km2 : ndarray, shape (...)
        [km²]
    band_elevation_m : ndarray, shape (..., B)
        Elevation of B bands of equal area, as ``snow_bands`` makes them. [m]
    latitude : ndarray, shape (...)
        For the sun above the evaporating ground. [°] north
    precipitation_factor, snowfall_factor : ndarray, shape (...)
        What falls over what the gauge says, all of it and snow beyond that. [-]
    precipitation_gradient_per_km : ndarray, shape (...)
        Growth of precipitation with height above the gauge, share of the gauge's. [1/km]
    lapse_k_km : ndarray, shape (...)
        Fall of temperature with height. [K/km]
    snow_middle_c, snow_width_k : ndarray, shape (...)
        Half of what falls is snow at the one; from all to none over the other. [°C], [K]
    melt_mm_day_k, melt_season_share, melt_from_c : ndarray, shape (...)
        Degree-day factor at the equinoxes, its swing to midsummer as a share, and the temperature
        from which it counts. [mm/(d K)], [-], [°C]
    holding_share, refreeze_share : ndarray, shape (...)
        Water that a pack holds over its snow; refreezing over melting for one kelvin. [-]
    soil_mm, evaporation_factor : ndarray, shape (...)
        Water that the soil holds; evaporation over that of Oudin. [mm], [-]
    glacier_share, ice_melt_ratio : ndarray, shape (...)
        Area under ice, the highest of it; melt of ice over that of snow. [-]
    percolation_mm_day, flood_mm, flood_days, fast_days, slow_days : ndarray, shape (...)
        Most that seeps from the upper to the lower store; what the upper one holds before floods
        run off; time constants of flood, upper and lower store. [mm/d], [mm], [d]
    route_days : ndarray, shape (...)
        Mean travel time in the river's own bed. [d]

    Raises
    ------
    ScenarioError
        If a value is not finite or out of range, naming all of them.

    Notes
    -----
    Snow with its liquid water, and the two stores, follow the HBV model [1]_; the soil is the
    production store of GR4J [2]_, whose closed form cannot overshoot; evaporation needs temperature
    alone [3]_. Water is tagged as [4]_ defines the snowmelt share of a flow: what has once been
    snow is followed through every store, which is fully mixed. Meant for mountains with snow and
    daily steps; frozen soil, lakes, wind drift and sublimation are left out.

    References
    ----------
    .. [1] S. Bergström, "The HBV model - its structure and applications", SMHI Reports Hydrology
       4, Norrköping, 1992.
    .. [2] C. Perrin, C. Michel and V. Andréassian, "Improvement of a parsimonious model for
       streamflow simulation", Journal of Hydrology 279, 275-289, 2003.
    .. [3] L. Oudin et al., "Which potential evapotranspiration input for a lumped rainfall-runoff
       model? Part 2", Journal of Hydrology 303, 290-306, 2005.
    .. [4] M. Weiler, J. Seibert and K. Stahl, "Magic components - why quantifying rain, snowmelt,
       and icemelt in river discharge is not easy", Hydrological Processes 32, 160-166, 2018.
    """

    area_km2: Any
    band_elevation_m: Any
    latitude: Any
    precipitation_factor: Any = 1.0
    snowfall_factor: Any = 1.0
    precipitation_gradient_per_km: Any = 0.2
    lapse_k_km: Any = 6.0
    snow_middle_c: Any = 1.0
    snow_width_k: Any = 4.0
    melt_mm_day_k: Any = 4.0
    melt_season_share: Any = 0.3
    melt_from_c: Any = 0.0
    holding_share: Any = 0.1
    refreeze_share: Any = 0.05
    soil_mm: Any = 200.0
    evaporation_factor: Any = 1.0
    glacier_share: Any = 0.0
    ice_melt_ratio: Any = 1.5
    percolation_mm_day: Any = 2.0
    flood_mm: Any = 20.0
    flood_days: Any = 3.0
    fast_days: Any = 10.0
    slow_days: Any = 80.0
    route_days: Any = 2.0

    def __post_init__(self) -> None:
        wrong = []
        for field in fields(self):
            values = np.asarray(getattr(self, field.name), dtype=np.float64)
            object.__setattr__(self, field.name, values)
            low, high = RANGES.get(field.name, (-500.0, 9000.0))
            bad = ~((values >= low) & (values <= high))
            if bad.any():
                shown = values[bad].flat[0]
                wrong.append(f"{field.name} = {shown:g}, expected {low:g} to {high:g}")
        if self.band_elevation_m.ndim == 0:
            wrong.append("band_elevation_m needs one elevation a band; see snow_bands")
        if wrong:
            raise ScenarioError([f"catchment: {text}" for text in wrong])

    def with_(self, **changes: ArrayLike) -> Catchment:
        """The same with some parameters changed, checked again."""
        return replace(self, **changes)

    @cached_property
    def shape(self) -> tuple[int, ...]:
        """Leading axes of the parameters."""
        own = [getattr(self, f.name) for f in fields(self) if f.name != "band_elevation_m"]
        return np.broadcast_shapes(self.band_elevation_m.shape[:-1], *(v.shape for v in own))


def stack_catchments(catchments: list[Catchment]) -> Catchment:
    """Several catchments as one with a leading axis, to be simulated together.

    Parameters
    ----------
    catchments : list of Catchment
        Of single values and equally many bands.
    """
    names = [field.name for field in fields(Catchment)]
    return Catchment(**{n: np.stack([getattr(c, n) for c in catchments]) for n in names})


@dataclass(frozen=True, eq=False)
class Runoff(Value):
    """What a catchment made of its weather; D days, shapes (..., D) unless said otherwise.

    Parameters
    ----------
    flow_mm, snowmelt_mm : ndarray
        Flow, and the part of it that has once been snow. [mm/d]
    precipitation_mm, ice_melt_mm, evaporation_mm : ndarray
        Means over the catchment. [mm/d]
    stored_mm : ndarray, shape (..., D + 1)
        Water in snow, soil, stores and river bed at the edges of the days. [mm]
    snow_mm : ndarray, shape (..., D + 1)
        Water of the snow. [mm]
    area_km2 : ndarray, shape (...)
        [km²]
    """

    flow_mm: Array
    snowmelt_mm: Array
    precipitation_mm: Array
    ice_melt_mm: Array
    evaporation_mm: Array
    stored_mm: Array
    snow_mm: Array
    area_km2: Array

    @property
    def flow_m3_s(self) -> Array:
        """Flow of each day, shape (..., D). [m³ s⁻¹]"""
        return self._flow(self.flow_mm)

    @property
    def snowmelt_m3_s(self) -> Array:
        """Flow of each day that has once been snow, shape (..., D). [m³ s⁻¹]"""
        return self._flow(self.snowmelt_mm)

    @property
    def snowmelt_share(self) -> Array:
        """Share of the whole period's flow that has once been snow, shape (...). [-]"""
        return np.asarray(
            self.snowmelt_mm.sum(axis=-1) / np.maximum(self.flow_mm.sum(axis=-1), 1e-9)
        )

    def one(self, index: int) -> Runoff:
        """One catchment of several along the first leading axis."""
        return Runoff(**{f.name: getattr(self, f.name)[index] for f in fields(self)})

    def _flow(self, depth_mm: Array) -> Array:
        return np.asarray(depth_mm * (self.area_km2[..., None] * 1e3 / SECONDS_PER_DAY))

    def residual_mm(self) -> Array:
        """Water that came less water that went and stayed, shape (...): 0 to rounding. [mm]"""
        came = self.precipitation_mm.sum(axis=-1) + self.ice_melt_mm.sum(axis=-1)
        went = self.flow_mm.sum(axis=-1) + self.evaporation_mm.sum(axis=-1)
        return np.asarray(came - went - (self.stored_mm[..., -1] - self.stored_mm[..., 0]))


def simulate(
    catchment: Catchment,
    temperature_c: Array,
    precipitation_mm: Array,
    day_of_year: ArrayLike,
    gauge_elevation_m: ArrayLike,
    spin_up_days: int = 0,
) -> Runoff:
    """Run a catchment, or many at once, day by day.

    Parameters
    ----------
    catchment : Catchment
        Leading axes broadcast against those of the weather.
    temperature_c, precipitation_mm : ndarray, shape (..., D)
        Mean [°C] and sum [mm/d] of each day at the gauge.
    day_of_year : array_like, shape (D,) or (..., D)
        1 for 1 January.
    gauge_elevation_m : array_like, shape (...)
        Where temperature and precipitation were measured. [m]
    spin_up_days : int
        Days at the beginning that only fill the stores; they are left out of the result. All
        stores begin empty but for the soil, which is half full.

    Returns
    -------
    Runoff
        Of D - ``spin_up_days`` days.

    Raises
    ------
    WeatherError
        If the weather is not finite, precipitation is negative, or nothing is left of it.
    """
    warmth, fall = np.broadcast_arrays(
        np.asarray(temperature_c, dtype=np.float64), np.asarray(precipitation_mm, dtype=np.float64)
    )
    _check_weather(warmth, fall, spin_up_days)
    forcing = _forcing(catchment, warmth, fall, day_of_year, np.asarray(gauge_elevation_m))
    days, lead = forcing.rain.shape[0], forcing.rain.shape[1:-1]
    stores = Stores(catchment, forcing.rain.shape[1:])
    flow, melt, dry, ice = (np.empty((days, *lead)) for _ in range(4))
    snow, held = (np.empty((days + 1, *lead)) for _ in range(2))
    snow[0], held[0] = stores.held()
    for day in range(days):
        flow[day], melt[day], dry[day], ice[day] = stores.next_day(forcing, day)
        snow[day + 1], held[day + 1] = stores.held()
    weights = unit_hydrograph(catchment.route_days)
    on_the_way = flow
    flow, melt = routed(flow, weights), routed(melt, weights)
    held[1:] += np.cumsum(on_the_way - flow, axis=0)
    fallen = (forcing.rain + forcing.snow).mean(axis=-1)

    def kept(series: Array) -> Array:
        return np.moveaxis(series[spin_up_days:], 0, -1)

    return Runoff(
        flow_mm=kept(flow),
        snowmelt_mm=kept(melt),
        precipitation_mm=kept(fallen),
        ice_melt_mm=kept(ice),
        evaporation_mm=kept(dry),
        stored_mm=kept(held),
        snow_mm=kept(snow),
        area_km2=np.broadcast_to(catchment.area_km2, lead),
    )


def _check_weather(temperature_c: Array, precipitation_mm: Array, spin_up_days: int) -> None:
    for name, values in (("temperature_c", temperature_c), ("precipitation_mm", precipitation_mm)):
        good = np.isfinite(values)
        if name == "precipitation_mm":
            good &= values >= 0.0
        if not good.all():
            where = np.unravel_index(np.argmin(good), values.shape)
            raise WeatherError(
                f"{name} = {values[where]:g} on day {int(where[-1])} (first of "
                f"{good.size - good.sum()}); a catchment needs finite weather, and no less than "
                "0 mm of precipitation"
            )
    if not 0 <= spin_up_days < temperature_c.shape[-1]:
        raise WeatherError(
            f"{temperature_c.shape[-1]} days of weather leave nothing after {spin_up_days} days "
            "that only fill the stores"
        )


def _forcing(
    catchment: Catchment, warmth: Array, fall: Array, day_of_year: ArrayLike, gauge_m: Array
) -> Forcing:
    """Weather on the bands, days first: shapes (D, ..., B)."""
    c = {f.name: getattr(catchment, f.name)[..., None] for f in fields(Catchment)}
    above_km = (catchment.band_elevation_m - gauge_m[..., None]) / 1000.0
    lead = np.broadcast_shapes(catchment.shape, warmth.shape[:-1], gauge_m.shape)
    warmth = np.moveaxis(np.broadcast_to(warmth, (*lead, warmth.shape[-1])), -1, 0)[..., None]
    fall = np.moveaxis(np.broadcast_to(fall, (*lead, fall.shape[-1])), -1, 0)[..., None]
    season = np.asarray(day_of_year, dtype=np.float64)
    season = np.moveaxis(np.broadcast_to(season, (*lead, season.shape[-1])), -1, 0)[..., None]
    warmth = warmth - c["lapse_k_km"] * above_km
    more = np.maximum(1.0 + c["precipitation_gradient_per_km"] * above_km, 0.0)
    fall = fall * (c["precipitation_factor"] * more)
    rain = rain_share(warmth, c["snow_middle_c"], c["snow_width_k"])
    summer = np.where(c["latitude"] < 0.0, -1.0, 1.0) * c["melt_season_share"]
    swing = 1.0 + summer * np.sin(2.0 * np.pi / 365.25 * (season - EQUINOX_DAY))
    degrees = warmth - c["melt_from_c"]
    melt = c["melt_mm_day_k"] * swing * np.maximum(degrees, 0.0)
    freeze = c["refreeze_share"] * c["melt_mm_day_k"] * np.maximum(-degrees, 0.0)
    icy = ice_cover(catchment.glacier_share, catchment.band_elevation_m.shape[-1])
    return Forcing(
        snow=c["snowfall_factor"] * (1.0 - rain) * fall,
        rain=rain * fall,
        melt=melt,
        freeze=freeze,
        ice_melt=np.broadcast_to(c["ice_melt_ratio"] * icy * melt, fall.shape),
        evaporation=c["evaporation_factor"] * oudin_evaporation(warmth, c["latitude"], season),
    )
