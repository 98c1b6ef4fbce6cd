"""A catchment: the parameters that turn weather into flow, with their ranges."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from altay_energy.core.errors import ScenarioError

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
    """Parameters from weather to flow: numbers or arrays of the same leading axes (...).

    Parameters
    ----------
    area_km2 : ndarray, shape (...)
        [km²]
    band_elevation_m : ndarray, shape (..., B)
        Elevation of B bands of equal area, as ``snow_bands`` makes them. [m]
    latitude : ndarray, shape (...)
        For the sun above the evaporating ground. [°] north
    precipitation_factor, snowfall_factor : ndarray, shape (...)
        Precipitation over that of the gauge; a further factor of snowfall. [-]
    precipitation_gradient_per_km : ndarray, shape (...)
        Growth of precipitation with height above the gauge, share of the gauge's. [1/km]
    lapse_k_km : ndarray, shape (...)
        Fall of temperature with height. [K/km]
    snow_middle_c, snow_width_k : ndarray, shape (...)
        Temperature at which half of the precipitation is snow; range from all snow to all rain.
        [°C], [K]
    melt_mm_day_k, melt_season_share, melt_from_c : ndarray, shape (...)
        Degree-day factor at the equinoxes, its swing to midsummer as a share, and the temperature
        from which it counts. [mm/(d K)], [-], [°C]
    holding_share, refreeze_share : ndarray, shape (...)
        Liquid water that the snowpack holds, over its snow; refreezing over melting for one kelvin.
        [-]
    soil_mm, evaporation_factor : ndarray, shape (...)
        Water that the soil holds; evaporation over that of Oudin. [mm], [-]
    glacier_share, ice_melt_ratio : ndarray, shape (...)
        Share of the area under ice, the highest part; melt of ice over that of snow. [-]
    percolation_mm_day, flood_mm, flood_days, fast_days, slow_days : ndarray, shape (...)
        Largest percolation from the upper to the lower store; content of the upper one above which
        floods run off; time constants of flood, upper and lower store. [mm/d], [mm], [d]
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
    alone [3]_. Water is tagged as [4]_ defines the snowmelt share of a flow: water that has once
    been snow is followed through every store, which is fully mixed. Meant for mountains with snow
    and daily steps; frozen soil, lakes, wind drift and sublimation are left out.

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
