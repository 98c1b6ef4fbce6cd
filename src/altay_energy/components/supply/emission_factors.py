"""Dated emission factors of electricity: official figures by region and year, each with source."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

from altay_energy.core.catalogue import Catalogue, package_toml

Convention: TypeAlias = Literal["all", "without_traded"]
"""Of all electricity, or without the non-fossil electricity that was traded."""


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
    convention : {"all", "without_traded"}
        What electricity it is the mean of: for users who count the green electricity that they buy
        apart, that which was traded is left out.
    """

    region: str
    title: str
    year: int
    t_mwh: float
    source: str
    convention: Convention = "all"

    def label(self) -> str:
        """Region and year, as descriptions name it."""
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
"""All dated factors of each region, the newest first."""


def newest_emission_factor(region: str) -> EmissionFactor:
    """The factor of all electricity in the last year that is published.

    Parameters
    ----------
    region : str
        A name in `EMISSION_FACTORS`, as ``"xinjiang"``.
    """
    return emission_factor(region)


def emission_factor(
    region: str, convention: Convention = "all", year: int | None = None
) -> EmissionFactor:
    """The published factor of a region, by one convention.

    Parameters
    ----------
    region : str
        A name in `EMISSION_FACTORS`.
    convention : {"all", "without_traded"}
    year : int, optional
        Of the generation; default: the newest. [a]

    Raises
    ------
    ValueError
        If none is published; the message says which are.
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
