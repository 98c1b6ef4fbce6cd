"""Invalid and confusable names in a scenario, and the files that it names.

These functions read the tables as written, so that no other fault can hide a problem.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from altay_energy.components.kinds import STORAGES
from altay_energy.components.settings.rule_set import is_own
from altay_energy.core.wording import closest
from altay_energy.scenario.check.problems import at
from altay_energy.scenario.model import JOINERS, NAMED_TABLES
from altay_energy.scenario.toml.source import Key, Source
from altay_energy.weather.climate.model.generate import climate_points

_WEATHER_FILES = (("weather", "files"), ("weather", "wind_files"))
CLIMATE_KEY = ("weather", "climate")
"""Key that names the file of another climate."""

RULES_KEY = ("policy", "rules")
"""Key that lists names of rules, and files of rules."""


def reference_problems(source: Source) -> list[str]:
    """Return one line for each name that is undefined or confusable with another."""
    return [
        *_alike(source),
        *_sites(source),
        *_climate(source),
        *_rivers(source),
        *_storages(source),
    ]


def named_files(tables: Mapping[str, Any], above: Key = ()) -> Iterator[tuple[Key, str]]:
    """Every data file that the tables name, with its key: series, curves, weather, rules."""
    for name, value in tables.items():
        key = (*above, name)
        if isinstance(value, Mapping):
            yield from named_files(value, key)
        elif isinstance(value, list) and (name == "more_files" or above in _WEATHER_FILES):
            yield from (
                ((*key, str(k)), text)
                for k, text in enumerate(value)
                if isinstance(text, str) and text
            )
        elif isinstance(value, list) and key == RULES_KEY:
            yield from (((*key, str(k)), text) for k, text in enumerate(value) if is_own(text))
        elif (
            isinstance(value, str)
            and value
            and (name == "file" or above in _WEATHER_FILES or key == CLIMATE_KEY)
        ):
            yield key, value


def names_of(tables: Any, kind: str) -> list[str]:
    """Names of the tables ``[kind.name]``."""
    found = tables.get(kind) if isinstance(tables, Mapping) else None
    return list(found) if isinstance(found, Mapping) else []


def used_sites(tables: Mapping[str, Any]) -> set[str]:
    """Sites that plants and loads name, whether their tables are valid or not."""
    parts = [tables[kind][name] for kind in NAMED_TABLES for name in names_of(tables, kind)]
    sites = [part.get("site") for part in parts if isinstance(part, Mapping)]
    return {site for site in sites if isinstance(site, str)}


def _alike(source: Source) -> Iterator[str]:
    for kind in NAMED_TABLES:
        seen: dict[str, str] = {}
        for name in names_of(source.tables, kind):
            visible = "".join(character for character in name if character not in JOINERS)
            plain = unicodedata.normalize("NFKC", visible).casefold()
            if plain in seen:
                text = f": the names {seen[plain]!r} and {name!r} read alike; rename one"
                yield at(source, (kind, name), text)
            seen[plain] = name


def _sites(source: Source) -> Iterator[str]:
    tables = source.tables
    known = names_of(tables, "sites")
    for kind in NAMED_TABLES:
        for name in names_of(tables, kind):
            table = tables[kind][name]
            site = table.get("site") if isinstance(table, Mapping) else None
            if isinstance(site, str) and site not in known:
                yield at(source, (kind, name, "site"), f' = "{site}": {_none("site", site, known)}')
    for kind in ("files", "wind_files", "clock_shift_hours"):
        for site in names_of(tables.get("weather"), kind):
            if site not in known:
                yield at(source, ("weather", kind, site), f": {_none('site', site, known)}")


def _climate(source: Source) -> Iterator[str]:
    weather = source.tables.get("weather")
    if not (isinstance(weather, Mapping) and isinstance(weather.get("climate"), str)):
        yield from climate_point_problems(source, list(climate_points()))


def climate_point_problems(source: Source, known: Sequence[str]) -> Iterator[str]:
    """Return one line for each site that names an unknown climate point.

    Parameters
    ----------
    source : Source
    known : sequence of str
        Names of the points.

    Yields
    ------
    str
    """
    for name in names_of(source.tables, "sites"):
        table = source.tables["sites"][name]
        point = table.get("climate") if isinstance(table, Mapping) else None
        if isinstance(point, str) and point not in known:
            key = ("sites", name, "climate")
            yield at(source, key, f' = "{point}": {_none("climate point", point, known)}')


def _rivers(source: Source) -> Iterator[str]:
    tables = source.tables
    plants = names_of(tables, "hydro")
    for name in plants:
        table = tables["hydro"][name]
        others = [plant for plant in plants if plant != name]
        for what, known in (("river", names_of(tables, "river")), ("upstream", others)):
            given = table.get(what) if isinstance(table, Mapping) else None
            if isinstance(given, str) and given not in known:
                word = "river" if what == "river" else "other hydro plant"
                text = f' = "{given}": {_none(word, given, known)}'
                yield at(source, ("hydro", name, what), text)


def _storages(source: Source) -> Iterator[str]:
    tables = source.tables
    known = [f"{kind}.{name}" for kind in STORAGES for name in names_of(tables, kind)]
    dispatch = tables.get("dispatch")
    order = dispatch.get("storage_order") if isinstance(dispatch, Mapping) else None
    for name in order if isinstance(order, list) else []:
        if name not in known:
            key = ("dispatch", "storage_order")
            yield at(source, key, f' has "{name}": {_none("storage", name, known)}')


def _none(what: str, name: object, known: Sequence[str]) -> str:
    listed = ", ".join(known) or "none is defined"
    return f"there is no such {what}{closest(name, known)} ({what}s: {listed})"
