"""Dated emission factors of electricity: official figures by region and year, each with source."""

from __future__ import annotations

from dataclasses import dataclass

from altay_energy.core.catalogue import Catalogue, package_toml


@dataclass(frozen=True)
class EmissionFactor:
    """CO2 of a megawatt-hour of a region's electricity in one year.

    Parameters
    ----------
    region, title : str
        Its key in the table, and what people call it.
    year : int
        Of the generation that it describes.
    t_mwh : float
        [t/MWh]
    source : str
        Where the figure comes from.
    """

    region: str
    title: str
    year: int
    t_mwh: float
    source: str

    def label(self) -> str:
        """Region and year, as descriptions name it."""
        return f"{self.title} {self.year}"


_FILE = "data/emission_factors.toml"


def _factors(region: str, title: str) -> tuple[EmissionFactor, ...]:
    found = [
        EmissionFactor(region, title, f["year"], f["t_mwh"], f["source"])
        for f in package_toml(_FILE)["factors"]
        if f["region"] == region
    ]
    return tuple(sorted(found, key=lambda factor: -factor.year))


EMISSION_FACTORS = Catalogue("region", _FILE, _factors, table="regions")
"""All dated factors of each region, the newest first."""


def newest_emission_factor(region: str) -> EmissionFactor:
    """The factor of the last year that is published.

    Parameters
    ----------
    region : str
        A name in `EMISSION_FACTORS`, as ``"xinjiang"``.
    """
    return EMISSION_FACTORS.load(region)[0]
