"""A climate as the source of weather: which point stands for a site."""

from __future__ import annotations

from dataclasses import dataclass

from altay_energy.components.settings.site import Site
from altay_energy.core.errors import ScenarioError
from altay_energy.core.timeline import Timeline
from altay_energy.core.value import Value
from altay_energy.weather.climate.model.generate import climate_weather
from altay_energy.weather.climate.model.tables import ClimateTables, climate_tables
from altay_energy.weather.climate.model.warming import NO_WARMING, Warming
from altay_energy.weather.series import Weather

MAX_CLIMATE_DISTANCE_KM = 120.0
"""Beyond this a climate point says little about a site: the valleys differ too much."""


@dataclass(frozen=True)
class Climate(Value):
    """A climate as the source of all weather of a portfolio: that of Altay, or one of a file.

    Parameters
    ----------
    seed : int
        Same seed, same weather, whatever else the portfolio holds.
    tables : ClimateTables, optional
        As ``weather.climate_file.read_climate`` gives them; the built-in ones by default.
    warming : Warming, optional
        By how much the months are warmer than those of the tables.
    """

    seed: int = 1
    tables: ClimateTables | None = None
    warming: Warming = NO_WARMING

    def weather(self, name: str, site: Site, timeline: Timeline) -> Weather:
        """Weather of a site: that of the climate point it names, or of the nearest one.

        Raises
        ------
        ScenarioError
            If no climate point is near enough.
        """
        point = climate_point(name, site, self.tables)
        return climate_weather(point, timeline, self.seed, tables=self.tables, warming=self.warming)


def climate_point(name: str, site: Site, tables: ClimateTables | None = None) -> str:
    """Name of the climate point that stands for a site.

    Parameters
    ----------
    name : str
        Of the site.
    site : Site
    tables : ClimateTables, optional
        The built-in ones by default.

    Raises
    ------
    ScenarioError
        If the site names none and none lies within ``MAX_CLIMATE_DISTANCE_KM``.
    """
    if site.climate is not None:
        return site.climate
    known = climate_tables() if tables is None else tables
    point, distance_km = known.nearest(site.latitude, site.longitude)
    if distance_km > MAX_CLIMATE_DISTANCE_KM:
        whose = (
            "the built-in climate covers Altay only"
            if tables is None
            else f"{known.name} is too far"
        )
        raise ScenarioError(
            f"sites.{name}: {whose}; its nearest point, {point}, is "
            f'{distance_km:.0f} km away. Use [weather] source = "files" with a weather file of '
            f"the site, or name a point by sites.{name}.climate"
        )
    return point
