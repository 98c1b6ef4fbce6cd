"""Dated terms of mechanism and capacity prices shipped with the package, each with its source."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from altay_energy.core.catalogue import Catalogue
from altay_energy.core.timeline import Timeline


@dataclass(frozen=True)
class DatedTerms:
    """Fields that the terms of every price have.

    Parameters
    ----------
    name, title, title_zh : str
        Key in the file, and names in English and Chinese.
    province : str
        Province in which the terms apply, as ``"xinjiang"``.
    kinds : tuple of str
        Kinds of plants to which the terms apply.
    valid_from : date
        First day on which the terms apply.
    source, note : str
        Where the figures come from, and which figures are not published.
    """

    name: str
    title: str
    title_zh: str
    province: str
    kinds: tuple[str, ...]
    valid_from: date
    source: str
    note: str

    def begins_after(self, timeline: Timeline) -> bool:
        """Whether the terms begin after the first interval of a period."""
        first = timeline.local[0].astype("datetime64[D]")
        return date.fromisoformat(str(first)) < self.valid_from


@dataclass(frozen=True)
class MechanismTerms(DatedTerms):
    """Terms of the difference settlement of a kind of plants; None where not published.

    Parameters
    ----------
    price_cny_mwh : float or None
        Mechanism price. [CNY/MWh]
    share : float or None
        Settled share of the on-grid energy. [-]
    years : int or None
        Duration of the contract. [a]
    cap_hours : float or None
        Largest settled energy of a year over rated power. [h]
    bids_cny_mwh : tuple of float, or None
        Lowest and highest price of the auction. [CNY/MWh]
    """

    price_cny_mwh: float | None
    share: float | None
    years: int | None
    cap_hours: float | None
    bids_cny_mwh: tuple[float, float] | None


@dataclass(frozen=True)
class CapacityTerms(DatedTerms):
    """Terms of a capacity price.

    Parameters
    ----------
    cny_kw_a : float
        Price of a kW that is available throughout the peak. [CNY/kW·a]
    peak_hours : float or None
        Duration of the longest net-load peak of the year; None: every kW is paid in full. [h]
    """

    cny_kw_a: float
    peak_hours: float | None


def _mechanism(name: str, table: Mapping[str, Any]) -> MechanismTerms:
    share, hours, bids = (table.get(k) for k in ("cap_share", "mean_hours", "bids_cny_mwh"))
    return MechanismTerms(
        **_common(name, table),
        price_cny_mwh=_number(table.get("price_cny_mwh")),
        share=_number(table.get("share")),
        years=table.get("years"),
        cap_hours=None if share is None or hours is None else share * hours,
        bids_cny_mwh=None if bids is None else (float(bids[0]), float(bids[1])),
    )


def _capacity(name: str, table: Mapping[str, Any]) -> CapacityTerms:
    return CapacityTerms(
        **_common(name, table),
        cny_kw_a=float(table["cny_kw_a"]),
        peak_hours=_number(table.get("peak_hours")),
    )


def _common(name: str, table: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "name": name,
        "title": table["title"],
        "title_zh": table["title_zh"],
        "province": table["province"],
        "kinds": tuple(table["kinds"]),
        "valid_from": table["valid_from"],
        "source": table["source"],
        "note": table.get("note", ""),
    }


def _number(value: Any) -> float | None:
    return None if value is None else float(value)


MECHANISM_TERMS = Catalogue(
    "mechanism price", "data/prices/mechanism.toml", _mechanism, table="terms"
)
"""Terms of mechanism prices by name."""

CAPACITY_TERMS = Catalogue("capacity price", "data/prices/capacity.toml", _capacity, table="terms")
"""Terms of capacity prices by name."""
