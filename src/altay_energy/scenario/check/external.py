"""The data files a scenario names: series, power curves, weather. All problems are collected."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from altay_energy.components.base import Component, Series, SeriesRef
from altay_energy.components.faults import SERIES
from altay_energy.components.settings.policy import PolicySettings
from altay_energy.components.settings.rule_set import RULES, RuleSet, RuleSpec
from altay_energy.components.settings.settings import WeatherSettings
from altay_energy.components.settings.site import Site
from altay_energy.core.errors import AltayError, ScenarioError, SeriesError
from altay_energy.core.timeline import Timeline
from altay_energy.scenario.check.problems import at, unit_of_key
from altay_energy.scenario.check.references import (
    CLIMATE_KEY,
    climate_point_problems,
    named_files,
    used_sites,
)
from altay_energy.scenario.toml.names import dotted
from altay_energy.scenario.toml.paths import inside, is_file
from altay_energy.scenario.toml.source import COMMAND_LINE, Key, Source
from altay_energy.weather.climate.model.tables import ClimateTables
from altay_energy.weather.files.file import WeatherFile
from altay_energy.weather.files.spec import WeatherFileSpec
from altay_energy.weather.series import Weather


class Files:
    """Reads what a scenario names and gathers every problem instead of stopping at the first.

    Parameters
    ----------
    source : Source
        Where each name was written: a path is relative to the file that names it, and a path
        from the command line to the folder one stands in.
    folders : sequence of Path
        Folders besides the scenario's own that may be read.
    """

    def __init__(self, source: Source, folders: Sequence[Path]) -> None:
        self.source = source
        self.folders = [source.path.parent, *folders]
        self.problems: list[str] = []
        self._read: dict[tuple[Path, ...], WeatherFile] = {}
        self.paths: dict[Key, Path] = {}
        for key, text in named_files(source.tables):
            try:
                self.paths[key] = self._path(key, text)
            except ScenarioError as error:
                self.problems += error.problems

    def _path(self, key: Key, text: str) -> Path:
        origin = self.source.origin(key)
        where = f"{origin or self.source.path}: {dotted(key)}"
        if origin == COMMAND_LINE:
            path = Path(text)
            path = path if is_file(path) else self.source.path.parent / text
        else:
            base = Path(origin).parent if origin else self.source.path.parent
            path = inside(base, text, where, self.folders)
        if not is_file(path):
            raise ScenarioError(f'{where} = "{text}": there is no such file ({path})')
        return path

    def complete(self, parts: Mapping[Key, Component], timeline: Timeline) -> dict[Key, Component]:
        """Components with every series and power curve read; faulty ones are left out."""
        every = dict(_with_inner(parts))
        columns = self._columns(every, timeline)
        done: dict[Key, Component] = {}
        for key, part in sorted(every.items(), key=lambda item: -len(item[0])):
            self.problems += [at(self.source, (*key, n), _NO_LIST) for n in _lists(part)]
            try:
                whole = self._with_inner(key, part, done)
                done[key] = self._with_curve(key, self._with_series(key, whole, columns))
            except ValueError as error:  # of the component, or of what its file holds
                self._add(key, error)
        return {key: done[key] for key in parts if key in done}

    def _with_inner(self, key: Key, part: Component, done: Mapping[Key, Component]) -> Component:
        """The component with the tables inside it completed, as ``[grid.bill]`` in ``[grid]``."""
        inner: dict[str, Any] = {}
        for place, table in _inner(part).items():
            whole = done.get((*key, *place), table)
            if whole is table:
                continue
            if len(place) == 1:
                inner[place[0]] = whole
            else:  # a table with a name, as [economics.mechanism.wind]
                name, own = place
                inner[name] = {**inner.get(name, getattr(part, name)), own: whole}
        if not inner:
            return part
        return type(part).model_validate({**part.given(), **inner}, context=self.source.context)

    def _add(self, key: Key, error: Exception) -> None:
        """Note what is wrong with a value or its file, under its key."""
        self.problems += [at(self.source, key, f": {line}") for line in _lines(error)]

    def _columns(self, parts: Mapping[Key, Component], timeline: Timeline) -> dict[Key, Series]:
        """Every series that a file gives, by its key; faulty ones are left out."""
        from altay_energy.core.files.textfile import read_text
        from altay_energy.weather.prepare.series_csv import SeriesFile

        wanted: dict[Path, dict[Key, SeriesRef]] = {}
        for key, part in parts.items():
            for name, ref in _references(part).items():
                path = self.paths.get((*key, name, "file"))
                if path is not None:
                    wanted.setdefault(path, {})[*key, name] = ref
        found: dict[Key, Series] = {}
        for path, refs in wanted.items():
            reported: set[str] = set()
            names = [ref.column for ref in refs.values()]
            files: dict[str, SeriesFile] = {}
            for key, ref in refs.items():
                shared = str(ref.model_dump(exclude={"file", "column", "unit", "factor"}))
                try:
                    if shared not in files:
                        text = read_text(path, encoding=ref.encoding, error=SeriesError)
                        files[shared] = SeriesFile(text, ref, timeline, names)
                    column = files[shared].column(ref, unit_of_key(key) or "-")
                except AltayError as error:  # a fault of the whole file is reported once
                    lines = [line for line in _lines(error) if line not in reported]
                    reported.update(lines)
                    self.problems += [at(self.source, key, f": {line}") for line in lines]
                    continue
                notices = tuple(f"{path.name}: {text}" for text in column.notices)
                try:
                    found[key] = Series(column.values, labels=timeline.local, notices=notices)
                except SeriesError as error:
                    where = f": {path.name}: column {ref.column!r}: "
                    self.problems += [at(self.source, key, where + line) for line in _lines(error)]
        return found

    def _with_series(self, key: Key, part: Component, columns: Mapping[Key, Series]) -> Component:
        changes, places = {}, []
        for name, ref in _references(part).items():
            if (*key, name) in columns:
                changes[name] = columns[*key, name]
                places.append(f"{name}: column {ref.column!r} of {Path(ref.file).name}")
        if not changes:
            return part
        tables = {**part.given(), **changes}
        try:
            return type(part).model_validate(tables, context=self.source.context)
        except ValueError as error:
            where = "; ".join(places)
            raise ScenarioError(f"{line} ({where})" for line in _lines(error)) from None

    def _with_curve(self, key: Key, part: Component) -> Component:
        """The component with its turbine, hill and the like read from the files that they name."""
        for name, (declaration, read) in part.file_readers.items():
            given, path = getattr(part, name), self.paths.get((*key, name, "file"))
            if path is None or not isinstance(given, declaration):
                continue
            try:
                part = part.with_(**{name: read(given, path)})
            except ValueError as error:
                self._add((*key, name), error)
        return self._with_rules(key, part) if isinstance(part, PolicySettings) else part

    def _with_rules(self, key: Key, policy: PolicySettings) -> PolicySettings:
        """The policy with the sets of rules read from the files that it names."""
        found: list[str | RuleSpec | RuleSet] = []
        for k, rule in enumerate(policy.rules):
            place = (*key, "rules", str(k))
            path = self.paths.get(place)
            if path is None or not isinstance(rule, RuleSpec):
                found.append(rule)
                continue
            try:
                found.append(RULES.load_own(path))
            except ValueError as error:
                self._add(place, error)
        try:
            return policy.with_(rules=found) if len(found) == len(policy.rules) else policy
        except ValueError as error:
            self._add((*key, "rules"), error)
            return policy

    def weather(
        self, parts: Mapping[Key, Component], timeline: Timeline
    ) -> dict[str, Weather] | None:
        """Weather of every site in use from files; None when the climate is the source."""
        settings = parts.get(("weather",))
        if not isinstance(settings, WeatherSettings) or settings.source != "files":
            return None
        sites = {k[1]: p for k, p in parts.items() if k[0] == "sites" and isinstance(p, Site)}
        used = used_sites(self.source.tables)
        found = {}
        for name, site in sites.items():
            if name not in used:
                continue
            if name not in settings.files:
                self.problems.append(
                    at(
                        self.source,
                        ("weather", "files", name),
                        f" is missing: site {name} is in use, so name its file",
                    )
                )
                continue
            paths = [self._weather_paths(settings, kind, name) for kind in ("files", "wind_files")]
            if not paths[0] or (not paths[1] and name in settings.wind_files):
                continue  # noted already
            try:
                found[name] = self._site_weather(name, site, settings, timeline, paths[0], paths[1])
            except AltayError as error:
                self._add(("weather", "files", name), error)
        return found

    def weather_files(self, parts: Mapping[Key, Component]) -> dict[str, WeatherFile]:
        """Weather file of every site in use, as it was read, wind files left out."""
        settings, used = parts[("weather",)], used_sites(self.source.tables)
        assert isinstance(settings, WeatherSettings)
        return {
            name: self._weather_file(self._weather_paths(settings, "files", name), given)
            for name, given in settings.files.items()
            if name in used
        }

    def _weather_file(
        self, paths: Sequence[Path], given: str | list[str] | WeatherFileSpec
    ) -> WeatherFile:
        """A weather file, read once."""
        from altay_energy.weather.read import read_weather

        key = tuple(paths)
        if key not in self._read:
            self._read[key] = read_weather(paths, _spec(given))
        return self._read[key]

    def climate(self, parts: Mapping[Key, Component]) -> ClimateTables | None:
        """Tables of the climate file; None where the built-in climate or files are the source.

        Points that sites name are looked up here, for only now their names are known.
        """
        settings = parts.get(("weather",))
        path = self.paths.get(CLIMATE_KEY)
        if path is None or not isinstance(settings, WeatherSettings):
            return None
        from altay_energy.weather.climate.model.file import read_climate

        try:
            tables = read_climate(path)
        except AltayError as error:
            self._add(CLIMATE_KEY, error)
            return None
        self.problems += climate_point_problems(self.source, list(tables.points))
        return tables

    def _weather_paths(self, settings: WeatherSettings, kind: str, name: str) -> list[Path]:
        """Paths of the files of a site; empty if none is named or one is missing."""
        key: Key = ("weather", kind, name)
        given = getattr(settings, kind).get(name)
        if given is None:
            return []
        if isinstance(given, str):
            keys = [key]
        elif isinstance(given, list):
            keys = [(*key, str(k)) for k in range(len(given))]
        else:
            keys = [(*key, "file")]
            keys += [(*key, "more_files", str(k)) for k in range(len(given.more_files))]
        found = [self.paths[one] for one in keys if one in self.paths]
        return found if len(found) == len(keys) else []

    def _site_weather(
        self,
        name: str,
        site: Site,
        settings: WeatherSettings,
        timeline: Timeline,
        paths: Sequence[Path],
        wind_paths: Sequence[Path],
    ) -> Weather:
        from altay_energy.weather.prepare.align import align, with_wind

        place = (site.latitude, site.longitude, site.elevation_m)
        weather = align(
            self._weather_file(paths, settings.files[name]),
            timeline,
            site=name,
            latitude=site.latitude,
            longitude=site.longitude,
            elevation_m=site.elevation_m,
            leap=settings.leap,
            substeps=settings.substeps,
            resample=settings.resample,
            irradiance=settings.irradiance,
            weather_year=settings.weather_year,
            accepted_lag_hours=settings.clock_shift_hours.get(name),
        )
        if not wind_paths:
            return weather
        return with_wind(
            weather,
            self._weather_file(wind_paths, settings.wind_files[name]),
            site=name,
            place=place,
            leap=settings.leap,
            substeps=settings.substeps,
            resample=settings.resample,
            weather_year=settings.weather_year,
        )


def _spec(given: str | list[str] | WeatherFileSpec) -> WeatherFileSpec:
    return given if isinstance(given, WeatherFileSpec) else WeatherFileSpec.model_validate(given)


_NO_LIST = f" is a list; a series is read from a file: {SERIES}"


def _lists(part: Component) -> list[str]:
    """Fields in which a scenario file gives a series as a list: files are for that."""
    fields = {name: getattr(part, name) for name in part.model_fields_set}
    return [
        name
        for name, value in fields.items()
        if isinstance(value, Series) and value.values is not None and value.values.ndim > 0
    ]


def _inner(part: Component) -> dict[Key, Component]:
    """Tables inside a component, by the rest of their key."""
    found: dict[Key, Component] = {}
    for name in type(part).model_fields:
        value = getattr(part, name)
        if isinstance(value, Component):
            found[name,] = value
        elif isinstance(value, dict):
            tables = {own: table for own, table in value.items() if isinstance(table, Component)}
            found |= {(name, own): table for own, table in tables.items()}
    return found


def _with_inner(parts: Mapping[Key, Component]) -> Iterator[tuple[Key, Component]]:
    """The components and all tables inside them, with their keys."""
    for key, part in parts.items():
        yield key, part
        yield from _with_inner({(*key, *rest): table for rest, table in _inner(part).items()})


def _references(part: Component) -> dict[str, SeriesRef]:
    """Fields of a component that name a column of a file."""
    fields = {name: getattr(part, name) for name in type(part).model_fields}
    return {
        name: value.reference
        for name, value in fields.items()
        if isinstance(value, Series) and value.values is None and value.reference is not None
    }


def _lines(error: Exception) -> list[str]:
    from pydantic import ValidationError

    if isinstance(error, ScenarioError):
        return list(error.problems)
    if isinstance(error, ValidationError):
        found = error.errors(include_url=False)
        return [str(problem.get("ctx", {}).get("error", problem["msg"])) for problem in found]
    return str(error).splitlines()
