"""The scenario file as one model: every table, key, unit, range and default in one place."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated, Any, Literal, TypeVar

from pydantic import AfterValidator, BeforeValidator, Field, create_model
from pydantic_core import PydanticCustomError

from altay_energy.components.base import Component
from altay_energy.components.hydro.river import River
from altay_energy.components.kinds import KINDS
from altay_energy.components.money.economics import Economics
from altay_energy.components.settings.adequacy import AdequacySettings
from altay_energy.components.settings.policy import PolicySettings
from altay_energy.components.settings.settings import (
    DispatchSettings,
    TimeSettings,
    WeatherSettings,
)
from altay_energy.components.settings.site import Site
from altay_energy.components.supply.grid import Grid

SCHEMA_VERSION = 1
MAX_NAME = 100

JOINERS = frozenset("\u200c\u200d")
"""Some scripts and signs need them; all other invisible characters only deceive the reader."""

_INVISIBLE = frozenset(("Cc", "Cf", "Cs", "Zl", "Zp"))

C = TypeVar("C")


def _plain_name(name: str) -> str:
    if not name.strip("".join(JOINERS)) or name != name.strip():
        raise ValueError("a name must not be empty, nor begin or end with a space")
    if len(name) > MAX_NAME:
        raise ValueError(f"a name may have {MAX_NAME} characters, this one has {len(name)}")
    for character in name:
        if unicodedata.category(character) in _INVISIBLE and character not in JOINERS:
            raise ValueError(
                f"a name must not hold the control character U+{ord(character):04X}; "
                "use title_zh for what people read"
            )
    return name


def _whole(version: object) -> object:
    if type(version) is not int:  # true and 1.0 are equal to 1, but are not what was meant
        raise PydanticCustomError("version", "expected a whole number")
    return version


Name = Annotated[str, AfterValidator(_plain_name)]
Named = Annotated[dict[Name, C], Field(default_factory=dict)]


class _Head(Component):
    """The keys of a scenario before its plants."""

    schema_version: Annotated[Literal[1], BeforeValidator(_whole)] = Field(
        description="version of these keys: 1"
    )
    name: Name = Field(description="short name, used for files and tables")
    title: str = Field("", description="title in English")
    title_zh: str = Field("", description="title in Chinese")
    description: str = Field("", description="what this scenario is for")
    sources: list[str] = Field([], description="where the figures of this scenario come from")
    allow_unusual: bool = Field(
        False, description="accept values outside their usual range (mostly a wrong unit)"
    )
    time: TimeSettings = Field(description="the period")
    sites: Named[Site] = Field(description="points with latitude, longitude, elevation")
    weather: WeatherSettings = Field(
        default_factory=lambda: WeatherSettings.model_validate({}), description="whose weather"
    )
    river: Named[River] = Field(description="rivers that feed hydropower plants")


if TYPE_CHECKING:
    _WithPlants = _Head
else:
    _WithPlants = create_model(
        "_WithPlants",
        __base__=_Head,
        **{
            key: (Named[kind.model], Field(description=kind.meaning)) for key, kind in KINDS.items()
        },
    )


class ScenarioFile(_WithPlants):
    """One TOML file: one portfolio, one period, one way of dispatch."""

    grid: Grid | None = Field(None, description="the grid connection; without it, an island")
    dispatch: DispatchSettings = Field(
        default_factory=lambda: DispatchSettings.model_validate({}), description="how to dispatch"
    )
    economics: Economics | None = Field(
        None, description="costs, loan and taxes of the cash flow; without it, none is computed"
    )
    policy: PolicySettings | None = Field(
        None, description="rules that the figures are judged by; without it, none"
    )
    adequacy: AdequacySettings | None = Field(
        None, description="outages of plants for adequacy studies; without it, none"
    )

    def components(self) -> Iterator[tuple[tuple[str, ...], Component]]:
        """Every table with its key: ``("wind", "jeminay")``, ``("grid",)``."""
        for kind in type(self).model_fields:
            table = getattr(self, kind)
            if isinstance(table, Component):
                yield (kind,), table
            elif isinstance(table, dict):
                yield from (((kind, name), component) for name, component in table.items())


NAMED_TABLES = tuple(
    key
    for key, entry in ScenarioFile.model_fields.items()
    if getattr(entry.annotation, "__origin__", None) is dict
)
"""Tables that hold tables with names: places, rivers and all kinds of plants."""


def json_schema() -> dict[str, Any]:
    """JSON Schema of the scenario file, for editors that complete and check TOML."""
    schema = ScenarioFile.model_json_schema()
    schema["$schema"] = "https://json-schema.org/draft/2020-12/schema"
    schema["title"] = "altay_energy scenario"
    schema["properties"]["extends"] = {
        "type": "string",
        "description": "parent scenario, relative to this file; tables merge, later wins",
    }
    schema["properties"]["without"] = {
        "type": "array",
        "items": {"type": "string"},
        "description": 'inherited tables or keys to leave out, as in ["battery.jeminay"]',
    }
    return schema
