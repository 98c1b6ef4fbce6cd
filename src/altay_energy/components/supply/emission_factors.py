"""Dated emission factors of electricity: official figures by region and year, each with source."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

from altay_energy.core.catalogue import Catalogue, package_toml

Convention: TypeAlias = Literal["all", "without_traded"]
"""Average of all electricity, or of that without the traded non-fossil electricity."""


@dataclass(frozen=True)
class EmissionFactor:
    """CO2 emission factor of a region's electricity in one year.

    Parameters
    ----------
    region, title : str
        Key in the table, and name in English.
    year : int
        Year of generation.
    t_mwh : float
        Emission factor. [t/MWh]
    source : str
        Source of the figure.
    convention : {"all", "without_traded"}
        Average of all electricity, or of electricity without traded green electricity; the latter
        is for users who account for their purchases of green electricity separately.
    """

    region: str
    title: str
    year: int
    t_mwh: float
    source: str
    convention: Convention = "all"

    def label(self) -> str:
        """Region and year, as used in descriptions."""
        return f"{self.title} {self.year}"


_FILE = "data/emission_factors.toml"


def _factors(region: str, title: str) -> tuple[EmissionFactor, ...]:
    found = [
        EmissionFactor(
            region, title, f["year"], f["t_mwh"], f["source"], f.get("convention", "all")
        )
        for f in package_toml(_FILE)["factors"]
        if f["region"] == region
    ]
    return tuple(sorted(found, key=lambda factor: -factor.year))


EMISSION_FACTORS = Catalogue("region", _FILE, _factors, table="regions")
"""Dated factors of each region, newest first."""


def newest_emission_factor(region: str) -> EmissionFactor:
    """Emission factor of all electricity in the latest published year.

    Parameters
    ----------
    region : str
        A name in `EMISSION_FACTORS`, as ``"xinjiang"``.
    """
    return emission_factor(region)


def emission_factor(
    region: str, convention: Convention = "all", year: int | None = None
) -> EmissionFactor:
    """Published emission factor of a region by one convention.

    Parameters
    ----------
    region : str
        A name in `EMISSION_FACTORS`.
    convention : {"all", "without_traded"}
    year : int, optional
        Year of generation; default: the latest. [a]

    Raises
    ------
    ValueError
        If no such factor is published; the message lists those that are.
    """
    every = EMISSION_FACTORS.load(region)
    found = [factor for factor in every if factor.convention == convention]
    if not found:
        others = [
            name
            for name in EMISSION_FACTORS.names
            if any(factor.convention == convention for factor in EMISSION_FACTORS.load(name))
        ]
        raise ValueError(
            f'the factor "{convention}" is not published for {region}, but for {", ".join(others)}'
        )
    chosen = [factor for factor in found if year in (None, factor.year)]
    if not chosen:
        years = ", ".join(str(factor.year) for factor in found)
        raise ValueError(f"no factor of {region} is known for {year}; years: {years}")
    return chosen[0]
