"""A site: a point on the map that plants and loads refer to."""

from __future__ import annotations

from typing import Annotated, ClassVar

from pydantic import Field

from altay_energy.components.base import Component


class Site(Component):
    """A point with latitude, longitude and elevation; weather is found for it."""

    kind: ClassVar[str] = "sites"

    latitude: Annotated[float, Field(ge=-90, le=90)] = Field(description="north positive [°]")
    longitude: Annotated[float, Field(ge=-180, le=180)] = Field(description="east positive [°]")
    # From the shore of the Dead Sea to the highest summit.
    elevation_m: Annotated[float, Field(ge=-430, le=8850)] = Field(
        description="ground above sea level [m]"
    )
    climate: str | None = Field(
        None,
        min_length=1,
        description="point of the built-in climate that is used for this site; "
        "without it the nearest point [-]",
    )
    title_zh: str = Field("", description="name on Chinese charts [-]")
