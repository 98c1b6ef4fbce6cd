"""Load a scenario file: read and check everything, and report all problems at once."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from altay_energy.components.base import Component
from altay_energy.components.kinds import STORAGES
from altay_energy.components.settings.settings import TimeSettings, WeatherSettings
from altay_energy.core.errors import ScenarioError, kind_of
from altay_energy.core.files.inputs import Kept, keeping
from altay_energy.core.timeline import Timeline
from altay_energy.core.value import Value
from altay_energy.dispatch.result.operation import InvariantError
from altay_energy.run.climate_source import Climate
from altay_energy.run.portfolio import Portfolio, Run
from altay_energy.scenario.check.external import Files
from altay_energy.scenario.check.problems import explain_errors, few
from altay_energy.scenario.check.references import names_of, reference_problems
from altay_energy.scenario.model import NAMED_TABLES, ScenarioFile
from altay_energy.scenario.toml.source import Key, Overrides, Source, read_source
from altay_energy.weather.climate.model.tables import ClimateTables
from altay_energy.weather.climate.model.warming import NO_WARMING
from altay_energy.weather.files.spec import WeatherFileSpec
from altay_energy.weather.series import Weather


@dataclass(frozen=True, eq=False)
class Scenario(Value):
    """A scenario file that was read without a problem.

    Parameters
    ----------
    source : Source
        The tables as written and the origin of each value.
    model : ScenarioFile
        The tables as checked values, defaults included, series still named by file and column.
    portfolio : Portfolio
        The same with every series read: ready to run.
    files : mapping of key to Path
        Data files that the scenario names, by the key that names them.
    kept : Kept
        Bytes of all files that the scenario was read from.
    """

    source: Source
    model: ScenarioFile
    portfolio: Portfolio
    files: Mapping[Key, Path]
    kept: Kept = field(default_factory=Kept, repr=False)

    @property
    def name(self) -> str:
        """Short name of the scenario."""
        return self.model.name

    @cached_property
    def _run(self) -> Run:
        try:
            return self.portfolio.run()
        except InvariantError as error:
            error.scenario = self
            raise

    def run(self) -> Run:
        """Simulate the scenario; a second call returns the same run."""
        return self._run


def load(
    path: str | Path,
    overrides: Overrides = (),
    folders: Sequence[str | Path] = (),
    like: Scenario | None = None,
) -> Scenario:
    """Read a scenario file and everything that it names.

    Parameters
    ----------
    path : path
        TOML file.
    overrides : mapping or iterable of str
        ``{"wind.jeminay.capacity_mw": 500}`` or ``["wind.jeminay.capacity_mw=500"]``.
    folders : sequence of path
        Folders besides the scenario's own that it may read data from.
    like : Scenario, optional
        The same file with other overrides, loaded before. Files are taken as they were then, and
        the weather, rivers and power of plants with equal tables are not computed again.

    Returns
    -------
    Scenario

    Raises
    ------
    ScenarioError
        With every problem of the file, its parents and its data files, one a line.

    Examples
    --------
    >>> import altay_energy as ae
    >>> run = ae.load("scenarios/jeminay-2023.toml", {"battery.jeminay.energy_mwh": 160}).run()
    >>> round(run.kpis["kpis"]["unserved_mwh"])
    0
    """
    if not isinstance(path, str | os.PathLike):
        raise ScenarioError(f"a scenario is the name of a file, not {kind_of(path)}")
    if isinstance(folders, str | bytes) or not isinstance(folders, Sequence):
        raise ScenarioError('folders must be a list, as in ["../data"]')
    for folder in folders:
        if not isinstance(folder, str | os.PathLike):
            raise ScenarioError(f"a folder is given by its name, not {kind_of(folder)}")
    with keeping(None if like is None else like.kept) as kept:
        return _load(Path(path), overrides, folders, kept, like)


def _load(
    path: Path,
    overrides: Overrides,
    folders: Sequence[str | Path],
    kept: Kept,
    like: Scenario | None,
) -> Scenario:
    allowed = [Path(folder) for folder in folders]
    for folder in allowed:
        if not folder.is_dir():
            raise ScenarioError(f"--allow-folder {folder}: there is no such folder")
    source = read_source(path, overrides, allowed)
    _check_size(source)
    model, problems = _checked(source)
    parts = _sound_components(source) if model is None else dict(model.components())
    files = Files(source, allowed)
    problems += reference_problems(source)
    timeline = _timeline(parts)
    if timeline is not None:
        _check_size(source, timeline.steps)
    complete: dict[Key, Component] = {}
    if timeline is not None:
        complete = files.complete(parts, timeline)
    weather = files.weather(parts, timeline) if timeline is not None else None
    tables = files.climate(parts)
    problems += files.problems
    if problems or model is None or timeline is None:
        raise ScenarioError(few(list(dict.fromkeys(problems)), source))
    try:
        portfolio = _portfolio(source, model, complete, timeline, weather, tables)
        if like is not None:
            _share(like, source, portfolio)
        _ = portfolio.weather_by_site  # a site beyond the climate is a fault of the file
        _ = portfolio.river_flows  # and so is a catchment without precipitation
    except ScenarioError as error:
        raise ScenarioError([f"{source.path}: {line}" for line in error.problems]) from None
    return Scenario(source, model, portfolio, files.paths, kept)


def read_weather_spec(path: str | Path, site: str) -> WeatherFileSpec:
    """Return the declaration of the weather file of a site in a scenario.

    Parameters
    ----------
    path : path
        Scenario file.
    site : str
        Name in ``[weather.files]``.

    Raises
    ------
    ScenarioError
        If the scenario declares none, or wrongly.
    """
    return _weather_spec(read_source(path), site)


def beside_weather_spec(path: str | Path, site: str) -> list[str]:
    """Settings of a scenario for the weather of a site besides the declaration of its file.

    Parameters
    ----------
    path : path
        Scenario file.
    site : str
        Name in ``[weather.files]``.

    Returns
    -------
    list of str
        One sentence, or none: commands that look at one file do not take these.

    Raises
    ------
    ScenarioError
        If the scenario declares weather wrongly.
    """
    settings = _weather_settings(read_source(path))
    found = []
    wind = settings.wind_files.get(site)
    if wind is not None:
        spec = wind if isinstance(wind, WeatherFileSpec) else WeatherFileSpec.model_validate(wind)
        found.append(f"wind from {', '.join(spec.all_files)} (wind_files)")
    if site in settings.clock_shift_hours:
        found.append(f"clock_shift_hours = {settings.clock_shift_hours[site]:g}")
    if settings.weather_year is not None:
        found.append(f"weather_year = {settings.weather_year}")
    if settings.irradiance != "as_given":
        found.append(f'irradiance = "{settings.irradiance}"')
    if not found:
        return []
    return [
        f"a run of {Path(path).name} also takes for {site}: {'; '.join(found)}. This command looks "
        "at the file alone, with its own wind, all its years and its light as they are"
    ]


def declared_weather_spec(declaration: Mapping[str, Any]) -> WeatherFileSpec:
    """Return the declaration of a weather file from the command line.

    Parameters
    ----------
    declaration : mapping
        As a table of ``[weather.files]``.

    Raises
    ------
    ScenarioError
        If a key or a value is not known, in the words of a scenario's own problems.
    """
    tables = {"weather": {"source": "files", "files": {"FILE": dict(declaration)}}}
    origin: dict[Key, str] = {("weather",): "--declare"}
    return _weather_spec(Source(Path("--declare"), tables, origin), "FILE")


def _weather_settings(source: Source) -> WeatherSettings:
    alone = {**_SKELETON, "weather": source.tables.get("weather", {})}
    try:
        return ScenarioFile.model_validate(alone).weather
    except ValidationError as error:
        raise ScenarioError(explain_errors(error, source)) from None


def _weather_spec(source: Source, site: str) -> WeatherFileSpec:
    files = _weather_settings(source).files
    if site not in files:
        known = ", ".join(files) or "none"
        raise ScenarioError(f'{source.path}: weather.files has no site "{site}"; it has: {known}')
    given = files[site]
    return given if isinstance(given, WeatherFileSpec) else WeatherFileSpec.model_validate(given)


def _checked(source: Source) -> tuple[ScenarioFile | None, list[str]]:
    try:
        return ScenarioFile.model_validate(source.tables, context=source.context), []
    except ValidationError as error:
        return None, explain_errors(error, source)


def _sound_components(source: Source) -> dict[Key, Component]:
    """Valid tables of a faulty scenario, so that their data are checked as well."""
    sound: dict[Key, Component] = {}
    for kind in ScenarioFile.model_fields:
        table = source.tables.get(kind)
        if not isinstance(table, dict):
            continue
        alone = (
            {name: {name: part} for name, part in table.items()}
            if kind in NAMED_TABLES
            else {"": table}
        )
        for name, part in alone.items():
            partial = {**_SKELETON, kind: part}
            try:
                model = ScenarioFile.model_validate(partial, context=source.context)
            except ValidationError:
                continue
            value = getattr(model, kind)
            sound[(kind, name) if name else (kind,)] = value[name] if name else value
    return sound


_SKELETON = {"schema_version": 1, "name": "partial", "time": {"year": 2030}}

MOST_TABLES = 1000
"""Plants, loads, sites and the like of a scenario."""

MOST_VALUES = 20_000_000
"""Tables times intervals: a run needs some 250 bytes for each, thus 5 GB."""


def _check_size(source: Source, steps: int = 0) -> None:
    """Check that the scenario fits into memory, before anything is computed.

    Raises
    ------
    ScenarioError
    """
    written = [kind for kind in NAMED_TABLES if kind in source.tables]
    tables = {kind: len(names_of(source.tables, kind)) for kind in written}
    count = sum(tables.values())
    of = ", ".join(f"{number} of {kind}" for kind, number in sorted(tables.items()))
    if count > MOST_TABLES:
        raise ScenarioError(
            f"{source.path}: has {count} tables ({of}), and {MOST_TABLES} are the most; put plants "
            "of one kind and place together"
        )
    if count * steps > MOST_VALUES:
        raise ScenarioError(
            f"{source.path}: {count} tables ({of}) in {steps} intervals would need about "
            f"{250e-9 * count * steps:.0f} GB of memory; {MOST_VALUES // count} intervals are the "
            "most for so many: split the period into several runs, or put plants together"
        )


def _timeline(parts: Mapping[Key, Component]) -> Timeline | None:
    settings = parts.get(("time",))
    return settings.timeline() if isinstance(settings, TimeSettings) else None


def _portfolio(
    source: Source,
    model: ScenarioFile,
    complete: Mapping[Key, Component],
    timeline: Timeline,
    weather: Mapping[str, Weather] | None,
    climate_tables: ClimateTables | None,
) -> Portfolio:
    tables: dict[str, Any] = {
        kind: {key[1]: part for key, part in complete.items() if key[0] == kind and len(key) == 2}
        for kind in NAMED_TABLES
    }
    dispatch = model.dispatch
    if dispatch.storage_order is None:
        written = [k for k in source.tables if k in STORAGES]
        order = [f"{kind}.{name}" for kind in written for name in names_of(source.tables, kind)]
        dispatch = dispatch.model_copy(update={"storage_order": order})
    if weather is None:
        settings = model.weather.warming
        warming = NO_WARMING if settings is None else settings.warming()
        climate = Climate(model.weather.seed, climate_tables, warming)
    return Portfolio(
        timeline=timeline,
        name=model.name,
        title=model.title,
        title_zh=model.title_zh,
        weather=climate if weather is None else weather,
        **tables,
        grid=complete.get(("grid",)),  # type: ignore[arg-type]  # the key determines the class
        dispatch=dispatch,
        economics=complete.get(("economics",)),  # type: ignore[arg-type]  # as above
        policy=complete.get(("policy",)),  # type: ignore[arg-type]  # as above
        adequacy=complete.get(("adequacy",)),  # type: ignore[arg-type]  # as above
        given=frozenset(f"time.{name}" for name in model.time.model_fields_set),
    )


_OF_WEATHER = ("time", "sites", "weather", "river")
"""Tables that weather and the flow of rivers follow from."""


def _share(like: Scenario, source: Source, portfolio: Portfolio) -> None:
    """Give a portfolio the weather, rivers and powers of another whose tables are the same."""

    def same(*key: str) -> bool:
        mine: Any = source.tables
        its: Any = like.source.tables
        for part in key:
            mine, its = mine.get(part, {}), its.get(part, {})
        return bool(mine == its)

    other = like.portfolio
    if not all(map(same, _OF_WEATHER)) or portfolio.used_sites() != other.used_sites():
        return
    equal = [
        key
        for key in other.renewables
        if key in portfolio.renewables
        and same(*(("hydro",) if key.startswith("hydro.") else key.split(".", 1)))
    ]
    portfolio.take_from(other, equal, water=same("hydro"))
