"""List every value of a scenario with its unit and its origin."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any

from pydantic import BaseModel

from altay_energy.components.base import Component, OnBus, Series
from altay_energy.run.climate_source import Climate, climate_point
from altay_energy.scenario.load import Scenario
from altay_energy.scenario.toml.names import dotted

DEFAULT, DERIVED = "default", "derived"


@dataclass(frozen=True)
class Value:
    """One value of a scenario.

    Parameters
    ----------
    key : str
        Dotted key: ``"wind.jeminay.capacity_mw"``.
    value : object
        As it is used.
    origin : str
        The file that gave it, ``"command line"``, ``"default"``, or ``"derived"`` from others.
    meaning : str
        What it means, with its unit.
    """

    key: str
    value: object
    origin: str
    meaning: str

    def document(self) -> dict[str, Any]:
        """As JSON."""
        return asdict(self)


def explain(scenario: Scenario) -> list[Value]:
    """List every value that a scenario uses, defaults included.

    Parameters
    ----------
    scenario : Scenario

    Returns
    -------
    list of Value
        In the order of the scenario tables.
    """
    return [*_of_model(scenario, scenario.model, ()), *_derived(scenario)]


def _derived(scenario: Scenario) -> Iterator[Value]:
    """Values that follow from others where the scenario leaves a key out."""
    model, portfolio = scenario.model, scenario.portfolio
    if model.weather.source == "climate":
        for name in portfolio.used_sites():
            if model.sites[name].climate is None:
                climate = portfolio.weather
                tables = climate.tables if isinstance(climate, Climate) else None
                point = climate_point(name, model.sites[name], tables)
                text = "point of the climate, the nearest one"
                yield Value(f"sites.{name}.climate", point, DERIVED, text)
    for key, component in portfolio.components().items():
        weather = portfolio.weather_by_site.get(getattr(component, "site", None) or "")
        latitude = None if weather is None else weather.latitude
        if isinstance(component, OnBus) and component.bus is None:
            meaning = type(component).model_fields["bus"].description or ""
            yield Value(dotted((*key.split(".", 1), "bus")), component.bus_name, DEFAULT, meaning)
        for name, (value, meaning) in component.derived(latitude).items():
            yield Value(dotted((*key.split(".", 1), name)), value, DERIVED, meaning)
    if model.dispatch.storage_order is None and portfolio.storages:
        text = "storages in the order of the file, the first one is used first"
        yield Value("dispatch.storage_order", list(portfolio.storages), DERIVED, text)


def _of_model(scenario: Scenario, model: Component, key: tuple[str, ...]) -> Iterator[Value]:
    for name, field in type(model).model_fields.items():
        if name not in model.keys_in_use():
            continue
        value = getattr(model, name)
        here = (*key, name)
        if isinstance(value, Component):
            yield from _of_model(scenario, value, here)
        elif isinstance(value, dict) and any(isinstance(v, Component) for v in value.values()):
            for owner, part in value.items():
                yield from _of_model(scenario, part, (*here, owner))
        elif value is not None and value not in ("", {}, []):
            meaning = field.description or ""
            yield Value(dotted(here), _plain(value), _origin(scenario, here), meaning)


def _origin(scenario: Scenario, key: tuple[str, ...]) -> str:
    origins = scenario.source.origins
    if key in origins:
        return origins[key]
    below = [origin for k, origin in origins.items() if k[: len(key)] == key]
    return below[0] if below else DEFAULT


def _plain(value: object) -> object:
    if isinstance(value, Series):
        if value.reference is not None:
            return value.reference.given()
        return None if value.values is None else value.values.tolist()
    if isinstance(value, BaseModel):
        return value.model_dump(exclude_none=True)
    if isinstance(value, dict):
        return {k: _plain(v) for k, v in value.items()}
    if hasattr(value, "isoformat"):
        return value.isoformat()
    return value
