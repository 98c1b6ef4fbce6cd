"""Flow of a snow-fed river from precipitation and temperature, with a closed water balance.

The chain is snow by degree days on elevation bands, soil moisture, two linear stores and a unit
hydrograph. Water that was once snow is tracked through all stores, so the share of melt in the flow
is a result. Only days run in a loop; bands, catchments, years and parameter sets are array axes.
"""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import ArrayLike

from altay_energy.core.errors import WeatherError
from altay_energy.core.units import Array
from altay_energy.core.value import Value
from altay_energy.resource.runoff.catchment import Catchment
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


@dataclass(frozen=True, eq=False)
class Runoff(Value):
    """Result of a catchment over D days, shapes (..., D) unless said otherwise.

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
        """One catchment of several along the last leading axis."""
        by_day = {f.name: getattr(self, f.name)[..., index, :] for f in fields(self)[:-1]}
        return Runoff(**by_day, area_km2=self.area_km2[..., index])

    def _flow(self, depth_mm: Array) -> Array:
        return np.asarray(depth_mm * (self.area_km2[..., None] * 1e3 / SECONDS_PER_DAY))

    def residual_mm(self) -> Array:
        """Residual of the water balance, shape (...): 0 to rounding. [mm]"""
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
        Spin-up days at the beginning, left out of the result. All
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
    air_c, fall = np.broadcast_arrays(
        np.asarray(temperature_c, dtype=np.float64), np.asarray(precipitation_mm, dtype=np.float64)
    )
    _check_weather(air_c, fall, spin_up_days)
    forcing = _forcing(catchment, air_c, fall, day_of_year, np.asarray(gauge_elevation_m))
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
    catchment: Catchment, air_c: Array, fall: Array, day_of_year: ArrayLike, gauge_m: Array
) -> Forcing:
    """Weather on the bands, days first: shapes (D, ..., B)."""
    c = {f.name: getattr(catchment, f.name)[..., None] for f in fields(Catchment)}
    above_km = (catchment.band_elevation_m - gauge_m[..., None]) / 1000.0
    lead = np.broadcast_shapes(catchment.shape, air_c.shape[:-1], gauge_m.shape)
    air_c = np.moveaxis(np.broadcast_to(air_c, (*lead, air_c.shape[-1])), -1, 0)[..., None]
    fall = np.moveaxis(np.broadcast_to(fall, (*lead, fall.shape[-1])), -1, 0)[..., None]
    season = np.asarray(day_of_year, dtype=np.float64)
    season = np.moveaxis(np.broadcast_to(season, (*lead, season.shape[-1])), -1, 0)[..., None]
    air_c = air_c - c["lapse_k_km"] * above_km
    more = np.maximum(1.0 + c["precipitation_gradient_per_km"] * above_km, 0.0)
    fall = fall * (c["precipitation_factor"] * more)
    rain = rain_share(air_c, c["snow_middle_c"], c["snow_width_k"])
    summer = np.where(c["latitude"] < 0.0, -1.0, 1.0) * c["melt_season_share"]
    swing = 1.0 + summer * np.sin(2.0 * np.pi / 365.25 * (season - EQUINOX_DAY))
    degrees = air_c - c["melt_from_c"]
    melt = c["melt_mm_day_k"] * swing * np.maximum(degrees, 0.0)
    freeze = c["refreeze_share"] * c["melt_mm_day_k"] * np.maximum(-degrees, 0.0)
    icy = ice_cover(catchment.glacier_share, catchment.band_elevation_m.shape[-1])
    return Forcing(
        snow=c["snowfall_factor"] * (1.0 - rain) * fall,
        rain=rain * fall,
        melt=melt,
        freeze=freeze,
        ice_melt=np.broadcast_to(c["ice_melt_ratio"] * icy * melt, fall.shape),
        evaporation=c["evaporation_factor"] * oudin_evaporation(air_c, c["latitude"], season),
    )
