"""Checks of the earnings tables of ``[economics]`` against the plants that they name."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from altay_energy.components.base import Component
from altay_energy.components.kinds import SOURCES, STORAGES, kind_of
from altay_energy.components.money.earnings import (
    CapacityPrice,
    Certificates,
    Mechanism,
    PumpedStoragePrice,
)
from altay_energy.components.money.economics import Economics
from altay_energy.core.wording import closest

NEW_ENERGY = ("wind", "solar")
"""Kinds of plants to which document 136 applies."""


@dataclass(frozen=True, kw_only=True)
class EarningTables:
    """Earnings tables of a scenario.

    Parameters
    ----------
    mechanism : mapping of str to Mechanism
        By kind or plant; the table of a plant takes precedence over that of its kind.
    capacity_price : mapping of str to CapacityPrice
        By plant.
    pumped_storage : PumpedStoragePrice, optional
    certificates : Certificates, optional
    """

    mechanism: Mapping[str, Mechanism] = field(default_factory=dict)
    capacity_price: Mapping[str, CapacityPrice] = field(default_factory=dict)
    pumped_storage: PumpedStoragePrice | None = None
    certificates: Certificates | None = None

    @classmethod
    def of(cls, economics: Economics | None) -> EarningTables:
        """Return the earnings tables of ``[economics]``; empty without it."""
        if economics is None:
            return cls()
        return cls(
            mechanism=economics.mechanism,
            capacity_price=economics.capacity_price,
            pumped_storage=economics.pumped_storage,
            certificates=economics.certificates,
        )

    @property
    def given(self) -> bool:
        """Whether any of the tables is given."""
        single = self.pumped_storage is not None or self.certificates is not None
        return bool(self.mechanism or self.capacity_price or single)

    def plants_of(self, name: str, plants: Iterable[str]) -> tuple[str, ...]:
        """Names of the plants to which a mechanism table applies.

        Parameters
        ----------
        name : str
            Name of the table: a kind or a plant.
        plants : iterable of str
            Names of all renewable plants.
        """
        if "." in name:
            return (name,)
        return tuple(p for p in plants if kind_of(p) == name and p not in self.mechanism)


def earnings_problems(
    tables: EarningTables, plants: Mapping[str, Component]
) -> list[tuple[str, str]]:
    """Errors of tables that name no plant or one of another kind, as (key, message) pairs.

    Parameters
    ----------
    tables : EarningTables
    plants : mapping of str to component
        Components by table name; the grid connection is ``"grid"``.
    """
    found: list[tuple[str, str]] = []
    if "grid" not in plants:
        found += _without_price(tables)
    for name, table in tables.mechanism.items():
        key, kind = f"economics.mechanism.{quoted(name)}", kind_of(name)
        if kind not in NEW_ENERGY:
            hint = closest(name, (*NEW_ENERGY, *plants))
            found.append((key, f"must name wind, solar or one such plant, as wind.jeminay{hint}"))
        elif "." in name and name not in plants:
            found.append((key, _no_plant(name, plants)))
        elif "." not in name and not tables.plants_of(name, _renewable(plants)):
            found.append((key, f"there is no {name} plant without a table of its own"))
        elif table.dated is not None and kind not in table.dated.kinds:
            found.append((key, _other_kind(table.dated.name, table.dated.kinds, kind)))
    for name, price in tables.capacity_price.items():
        key, kind = f"economics.capacity_price.{quoted(name)}", kind_of(name)
        if name not in plants:
            found.append((key, _no_plant(name, plants)))
        elif kind not in (*STORAGES, "thermal"):
            found.append((key, "a capacity price is for storages and thermal plants"))
        elif kind == "pumped_storage" and tables.pumped_storage is not None:
            text = "its capacity is paid by [economics.pumped_storage] already; leave one out"
            found.append((key, text))
        elif price.dated is not None and kind not in price.dated.kinds:
            found.append((key, _other_kind(price.dated.name, price.dated.kinds, kind)))
    pumped = any(kind_of(name) == "pumped_storage" for name in plants)
    if tables.pumped_storage is not None and not pumped:
        found.append(("economics.pumped_storage", "there is no pumped storage"))
    return found


def _without_price(tables: EarningTables) -> Iterator[tuple[str, str]]:
    """Errors of tables that need the export price as market price where there is no grid."""
    text = (
        "market_price_cny_mwh is missing: it is the export price of [grid] by default, and there "
        "is no [grid]"
    )
    for name, table in tables.mechanism.items():
        if table.market_price_cny_mwh is None:
            yield f"economics.mechanism.{quoted(name)}", text
    if tables.pumped_storage is not None and tables.pumped_storage.market_price_cny_mwh is None:
        yield "economics.pumped_storage", text


def _renewable(plants: Iterable[str]) -> list[str]:
    return [name for name in plants if kind_of(name) in SOURCES]


def quoted(name: str) -> str:
    """Name of a table as a TOML key: quoted if it contains a dot."""
    return f'"{name}"' if "." in name else name


def _no_plant(name: str, plants: Iterable[str]) -> str:
    there = [plant for plant in plants if kind_of(plant) in (*SOURCES, *STORAGES, "thermal")]
    known = ", ".join(there) or "none is defined"
    return f"no plant is called {name} (plants: {known}){closest(name, there)}"


def _other_kind(terms: str, kinds: Sequence[str], kind: str) -> str:
    return f"the terms {terms} are for {' and '.join(kinds)}, not for {kind}"
