"""Dated emission factors of electricity: official figures by region and year, each with source."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources
from typing import Any


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


@lru_cache
def emission_factors(region: str) -> tuple[EmissionFactor, ...]:
    """All dated factors of a region, the newest first.

    Parameters
    ----------
    region : str
        A key of the table, as ``"xinjiang"``.

    Raises
    ------
    KeyError
        If the table holds no such region.
    """
    table = _table()
    found = [
        EmissionFactor(region, table["regions"][region], f["year"], f["t_mwh"], f["source"])
        for f in table["factors"]
        if f["region"] == region
    ]
    return tuple(sorted(found, key=lambda factor: -factor.year))


def newest_emission_factor(region: str) -> EmissionFactor:
    """The factor of the last year that is published.

    Parameters
    ----------
    region : str
        As for `emission_factors`.
    """
    return emission_factors(region)[0]


@lru_cache(maxsize=1)
def _table() -> dict[str, Any]:
    file = resources.files("altay_energy") / "data" / "emission_factors.toml"
    return tomllib.loads(file.read_text(encoding="utf-8"))
