"""The kinds of plants, one entry each: every other list of kinds in the package is read from here.

A new kind is a component (its scenario table), a field of `Plants`, its name in ``report/text``,
a public name in ``altay_energy``, a strategy in ``tests/properties/test_plant_laws.py`` and an
example in ``tests/conftest.py``; tests fail where one of them is missing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from types import MappingProxyType
from typing import Any, Literal, TypeAlias, get_args, get_type_hints

from altay_energy.components.base import Component
from altay_energy.components.demand.load import Load
from altay_energy.components.hydro.hydro_plant import HydroPlant
from altay_energy.components.solar.solar_plant import SolarPlant
from altay_energy.components.storage.battery import Battery
from altay_energy.components.storage.hydrogen import HydrogenStorage
from altay_energy.components.storage.pumped_storage import PumpedStorage
from altay_energy.components.supply.thermal_plant import ThermalPlant
from altay_energy.components.wind.wind_farm import WindFarm

Role: TypeAlias = Literal["source", "supply", "storage", "demand"]
"""Role at the bus: power that follows the weather, dispatchable power, storage, or load."""


NOTHING: Mapping[str, Any] = MappingProxyType({})
"""No component of a kind."""


def _kind(role: Role, meaning: str, colour: str, place: int = 0) -> Any:
    """A field of `Plants`, empty by default, with what `Kind` says of it."""
    about = {"role": role, "meaning": meaning, "colour": colour, "place": place}
    return field(default_factory=lambda: NOTHING, metadata=about)


@dataclass(frozen=True, kw_only=True)
class Plants:
    """Components by name, a field for each kind; its name is that of the scenario table.

    Each field has its role, its meaning, the colour of its charts and its place in stacks.
    """

    wind: Mapping[str, WindFarm] = _kind("source", "wind farms", "#6bb7e6", 3)
    solar: Mapping[str, SolarPlant] = _kind("source", "photovoltaic plants", "#f6c927", 4)
    hydro: Mapping[str, HydroPlant] = _kind("source", "hydropower plants", "#12436d", 1)
    thermal: Mapping[str, ThermalPlant] = _kind("supply", "thermal plants", "#5a4d46", 2)
    pumped_storage: Mapping[str, PumpedStorage] = _kind(
        "storage", "pumped-storage stations", "#0f9f80", 5
    )
    battery: Mapping[str, Battery] = _kind("storage", "batteries", "#b04fa0", 6)
    hydrogen: Mapping[str, HydrogenStorage] = _kind("storage", "hydrogen stores", "#7cc14a", 7)
    load: Mapping[str, Load] = _kind("demand", "loads", "#111111")


@dataclass(frozen=True)
class Kind:
    """One kind of plant.

    Parameters
    ----------
    key : str
        Name of the scenario table, of the field of `Plants` and of the words in ``report/text``.
    model : type of Component
        Class of the table.
    role : {"source", "supply", "storage", "demand"}
    meaning : str
        Description in the schema and the reference, plural.
    colour : str
        In every chart, ``#rrggbb``.
    place : int
        From the axis outwards in a stack of supply or use; 0 for a load, which is a line.
    """

    key: str
    model: type[Component]
    role: Role
    meaning: str
    colour: str
    place: int


def _kinds() -> dict[str, Kind]:
    models = {key: get_args(hint)[1] for key, hint in get_type_hints(Plants).items()}
    return {f.name: Kind(f.name, models[f.name], **f.metadata) for f in fields(Plants)}


KINDS: Mapping[str, Kind] = _kinds()
"""Scenario table → its kind, in the order of tables and results."""

SOURCES = tuple(key for key, kind in KINDS.items() if kind.role == "source")
"""Kinds of renewable plants, in the order of results."""

STORAGES = tuple(key for key, kind in KINDS.items() if kind.role == "storage")
"""Kinds of storage, in the order in which rules use them by default."""


def stacked(*roles: Role) -> tuple[str, ...]:
    """Kinds of these roles, in the order of a stack, from the axis outwards."""
    found = [kind for kind in KINDS.values() if kind.role in roles and kind.place]
    return tuple(kind.key for kind in sorted(found, key=lambda kind: kind.place))


def kind_of(name: str) -> str:
    """Kind of a component by its table name: ``"wind"`` of ``"wind.jeminay"``."""
    return name.partition(".")[0]
