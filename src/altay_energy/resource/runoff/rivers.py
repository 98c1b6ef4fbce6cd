"""The rivers of the package: their catchments and published figures."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from altay_energy.core.catalogue import Catalogue
from altay_energy.resource.runoff.catchment import Catchment
from altay_energy.resource.runoff.processes import snow_bands

FAST_DAYS, SLOW_DAYS, ROUTE_DAYS = 10.0, 100.0, 3.0
"""Time constants of the stores and travel in the bed of all rivers here (assumed). [d]"""

SOIL_MM = 250.0
"""Water that the soil of all rivers here holds (assumed). [mm]"""


@dataclass(frozen=True, eq=False)
class River:
    """A river of the catalogue.

    Parameters
    ----------
    name, title, title_zh : str
        Name in scenarios, and display name.
    climate : str
        Point of the built-in climate for which its catchment was derived.
    catchment : Catchment
        With the parameters from weather to flow.
    mean_flow_m3_s, snowmelt_share : float
        Published or assumed mean flow and snowmelt share. [m³ s⁻¹], [-]
    sources : mapping of str to str
        Where area, elevation, flow and share come from.
    """

    name: str
    title: str
    title_zh: str
    climate: str
    catchment: Catchment
    mean_flow_m3_s: float
    snowmelt_share: float
    sources: Mapping[str, str]


def _river(name: str, table: Mapping[str, Any]) -> River:
    published = table["published"]
    return River(
        name=name,
        title=table["title"],
        title_zh=table["title_zh"],
        climate=table["climate"],
        catchment=Catchment(
            area_km2=table["area_km2"],
            band_elevation_m=snow_bands(table["elevation_m"]),
            latitude=table["latitude"],
            soil_mm=SOIL_MM,
            fast_days=FAST_DAYS,
            slow_days=SLOW_DAYS,
            route_days=ROUTE_DAYS,
            **table["derived"],
        ),
        mean_flow_m3_s=published["mean_flow_m3_s"],
        snowmelt_share=published["snowmelt_share"],
        sources={
            "area": table["area_source"],
            "elevation": table["elevation_source"],
            "mean flow": published["mean_flow_source"],
            "snowmelt share": published["snowmelt_source"],
        },
    )


RIVERS = Catalogue("catchment", "data/rivers/altay.toml", _river)
"""Rivers of the package, as ``catchment`` of a scenario names them."""
