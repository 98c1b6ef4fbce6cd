"""Dated tax rates of the package, each with its source."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from altay_energy.core.catalogue import Catalogue
from altay_energy.core.units import Array

_FILE = "data/taxes.toml"


@dataclass(frozen=True)
class DatedShare:
    """A share that changes from one calendar year to the next.

    Parameters
    ----------
    name, title : str
        Key in the file, and English name.
    last_years : tuple of int or None
        Last calendar year of each period; None if the period has no end.
    shares : tuple of float
        Share in each period. [-]
    sources : tuple of str
        Source of each share.
    """

    name: str
    title: str
    last_years: tuple[int | None, ...]
    shares: tuple[float, ...]
    sources: tuple[str, ...]

    @property
    def last_year(self) -> int | None:
        """Last calendar year with a known share; None if the last period has no end."""
        return self.last_years[-1]

    def on(self, first_year: int, years: int) -> Array:
        """Share in each of consecutive calendar years, shape (years,). [-]

        Parameters
        ----------
        first_year : int
        years : int

        Raises
        ------
        ValueError
            If the last of them is after the last known year.
        """
        last = first_year + years - 1
        if self.last_year is not None and last > self.last_year:
            raise ValueError(
                f"{self.name} ends in {self.last_year}, and nothing is known from "
                f"{self.last_year + 1} on; the project pays tax until {last}"
            )
        ends = [np.inf if year is None else float(year) for year in self.last_years]
        period = np.searchsorted(ends, np.arange(first_year, last + 1))
        return np.asarray(self.shares)[period]


def _dated_share(name: str, table: Mapping[str, Any]) -> DatedShare:
    periods = table["periods"]
    return DatedShare(
        name=name,
        title=table["title"],
        last_years=tuple(period.get("until") for period in periods),
        shares=tuple(period["share"] for period in periods),
        sources=tuple(period["source"] for period in periods),
    )


INCOME_TAXES = Catalogue("income tax rule", _FILE, _dated_share, table="income_tax")
"""Rates of income tax by name."""

VAT_REFUNDS = Catalogue("VAT refund", _FILE, _dated_share, table="vat_refund")
"""Shares of paid VAT that are refunded, by kind of plant."""
