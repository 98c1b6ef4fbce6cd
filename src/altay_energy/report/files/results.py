"""Writes the files of a run: figures, hourly series, the resolved scenario, and provenance."""

from __future__ import annotations

import csv
import hashlib
import itertools
import json
import os
import platform
import sys
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from pydantic import ValidationError

from altay_energy._version import __version__
from altay_energy.components.base import Component
from altay_energy.core.files.netcdf_bytes import write_netcdf4
from altay_energy.dispatch.lp import kernel
from altay_energy.report.files.folder import MANIFEST
from altay_energy.run.portfolio import Run
from altay_energy.scenario.load import Scenario
from altay_energy.scenario.toml.names import slug
from altay_energy.scenario.toml.source import Key
from altay_energy.study.compare import Comparison
from altay_energy.weather.files.spec import WeatherFileSpec

if TYPE_CHECKING:
    import xarray as xr
    from numpy.typing import NDArray

LIBRARIES = ("numpy", "scipy", "pvlib", "pydantic", "xarray", "h5netcdf", "h5py", "matplotlib")


def write_kpis(run: Run, path: Path) -> None:
    """Write ``kpis.json``."""
    write_document(run.kpis, path)


def write_document(document: Mapping[str, Any], path: Path) -> None:
    """Write a document as JSON."""
    text = json.dumps(document, indent=2, ensure_ascii=False, allow_nan=False)
    # a lone surrogate, from an argument that is not UTF-8, is written as its JSON escape
    path.write_bytes((text + "\n").encode("utf-8", "backslashreplace"))


def write_netcdf(hourly: xr.Dataset, path: Path) -> None:
    """Write ``hourly.nc``: netCDF-4, times in UTC, units as attributes, compressed."""
    encoding: dict[str, dict[str, Any]] = {
        str(name): {"zlib": True, "complevel": 4, "shuffle": True}
        for name, variable in hourly.data_vars.items()
        if variable.size
    }
    for name in ("time", "time_edge"):
        encoding[name] = {"units": "minutes since 1970-01-01T00:00:00", "dtype": "int64"}
    write_netcdf4(hourly, path, encoding)


def write_csv(hourly: xr.Dataset, path: Path) -> None:
    """Write ``hourly.csv``: local clock with offset, one column a series, bilingual headers.

    The byte-order mark makes spreadsheet programs read the Chinese. Levels are those at the
    beginning of each interval, since a table of T rows cannot hold the last one.
    """
    header: list[str] = ["time"]
    columns: list[NDArray[np.float64]] = []
    for name, variable in hourly.data_vars.items():
        title = f"{name} {variable.attrs['long_name_zh']}"
        owners = itertools.product(*(variable[dim].values for dim in variable.dims[:-1]))
        header += [" ".join([*map(str, owner), title]) for owner in owners]
        table = variable.values.reshape(-1, variable.shape[-1])
        columns += list(table[:, : hourly.sizes["time"]])
    rows = np.array(columns).T.tolist()
    # One format string for a whole row takes a third of the time of pandas.
    line = ",".join(["%s", *["%.9g"] * len(columns)]) + "\n"
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        csv.writer(file, lineterminator="\n").writerow(header)
        stamps = _local_stamps(hourly)
        file.writelines(line % (stamp, *row) for stamp, row in zip(stamps, rows, strict=True))


def _local_stamps(hourly: xr.Dataset) -> list[str]:

    offset = float(hourly.attrs["utc_offset_hours"])
    minutes = round(offset * 60)
    utc: NDArray[np.datetime64] = hourly["time"].values.astype("datetime64[m]")
    local = utc + np.timedelta64(minutes, "m")
    zone = f"{'+' if minutes >= 0 else '-'}{abs(minutes) // 60:02d}:{abs(minutes) % 60:02d}"
    return [f"{stamp}{zone}" for stamp in np.datetime_as_string(local, unit="m")]


def write_scenario(scenario: Scenario, folder: Path) -> None:
    """Write ``scenario.toml`` with all defaults, and the data it names under ``inputs/``.

    The copy gives the same figures wherever the folder is moved.
    """
    import tomli_w

    tables = scenario.model.model_dump(exclude_none=True)
    for key, component in scenario.model.components():
        _set(tables, key, _resolved(component))
    for kind in ("files", "wind_files"):
        for site, spec in getattr(scenario.model.weather, kind).items():
            if isinstance(spec, WeatherFileSpec):  # some formats need keys that others refuse
                given = spec.model_dump(exclude_none=True, exclude_unset=True)
                _set(tables, ("weather", kind, site), given)
    tables["dispatch"] = scenario.portfolio.dispatch.model_dump(exclude_none=True)
    tables = {key: value for key, value in tables.items() if value not in ({}, [], "")}
    copied: dict[Path, str] = {}
    for key, path in scenario.files.items():
        real = path.resolve()
        if real not in copied:
            copied[real] = _copy(real, scenario.kept.of(path), folder / "inputs")
        _set(tables, key, copied[real])
    note = "# Every value of this run, defaults included; runs again to the same figures.\n\n"
    (folder / "scenario.toml").write_text(note + tomli_w.dumps(tables), encoding="utf-8")


def _resolved(component: Component) -> dict[str, Any]:
    """Return a table with its defaults, except those that exclude a given key.

    A plant with a profile has a default turbine or tilt as well, but refuses these keys.
    """
    tables = component.model_dump(exclude_none=True)
    try:
        type(component).model_validate(tables, context={"allow_unusual": True})
    except ValidationError:
        return component.model_dump(exclude_none=True, exclude_unset=True)
    return tables


def _copy(path: Path, content: bytes, inputs: Path) -> str:
    """Copy a file as it was read and return its name; files of the same name get a number."""
    inputs.mkdir(exist_ok=True)
    stem, ending = slug(path.stem), path.suffix.lower()
    taken = {file.name.lower() for file in inputs.iterdir()}
    numbered = (f"{stem}-{number}{ending}" for number in itertools.count(2))
    name = next(n for n in itertools.chain([f"{stem}{ending}"], numbered) if n.lower() not in taken)
    (inputs / name).write_bytes(content)
    return f"{inputs.name}/{name}"


def _set(tables: dict[str, Any], key: Key, value: object) -> None:
    """Set the value of a key; a number is an index of a list."""
    place: Any = tables
    for part in key[:-1]:
        place = place[part]
    place[int(key[-1]) if isinstance(place, list) else key[-1]] = value


def write_comparison(comparison: Comparison, folder: Path) -> None:
    """Write ``comparison.json`` and ``comparison.csv`` (figures as rows, scenarios as columns)."""
    document = comparison.document()
    write_document(json.loads(json.dumps(document, default=str)), folder / "comparison.json")
    rows = comparison.kpis.items()
    _write_table(folder / "comparison.csv", map(text_cell, comparison.labels), rows)


def write_ladder(document: Mapping[str, Any], folder: Path) -> None:
    """Write ``ladder.json`` and ``ladder.csv`` (figures as rows, rungs as columns)."""
    write_document(document, folder / "ladder.json")
    rungs: Mapping[str, Mapping[str, Any]] = document["rungs"]
    rows: dict[str, list[float]] = {}
    for name, value in next(iter(rungs.values())).items():
        if isinstance(value, Mapping):
            for part in value:
                rows[f"{name} {part}"] = [f[name].get(part, 0.0) for f in rungs.values()]
        else:
            rows[name] = [figures[name] for figures in rungs.values()]
    _write_table(folder / "ladder.csv", rungs, rows.items())


def write_rules(document: Mapping[str, Any], folder: Path) -> None:
    """Write ``rules.json``."""
    write_document(document, folder / "rules.json")


def _write_table(
    path: Path, names: Iterable[str], rows: Iterable[tuple[str, Iterable[float]]]
) -> None:
    """Write figures as rows and what they are of as columns; spreadsheet programs read it."""
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        table = csv.writer(file, lineterminator="\n")
        table.writerow(["figure", *names])
        table.writerows([name, *(f"{value:.9g}" for value in values)] for name, values in rows)


def text_cell(text: str) -> str:
    """Return text that a spreadsheet program does not read as a formula."""
    return f"'{text}" if text[:1] in "=+-@\t\r" else text


def write_manifest(
    folder: Path,
    scenarios: Sequence[Scenario],
    *,
    command: Sequence[str],
    started: datetime,
    seconds: Mapping[str, float],
    notices: Sequence[str],
) -> None:
    """Write ``manifest.json`` last: provenance of the results, and their hashes."""
    document = {
        **provenance(scenarios),
        "kernel": kernel.name(),
        "command": list(command),
        "started": started.astimezone(UTC).isoformat(timespec="seconds"),
        "seconds": {name: round(value, 4) for name, value in seconds.items()},
        "peak_memory_mb": peak_memory_mb(),
        "notices": list(notices),
        "files": {
            path.relative_to(folder).as_posix(): sha256(path)
            for path in sorted(folder.rglob("*"))
            if path.is_file()
        },
    }
    write_document(document, folder / MANIFEST)


def provenance(scenarios: Sequence[Scenario]) -> dict[str, Any]:
    """Return the provenance of results: versions, period, weather, hash of every input file."""
    return {
        "altay_energy": __version__,
        "python": platform.python_version(),
        "platform": platform.platform(),
        "libraries": {name: metadata.version(name) for name in LIBRARIES},
        "scenarios": [_origin_of(scenario) for scenario in scenarios],
    }


def _origin_of(scenario: Scenario) -> dict[str, Any]:
    timeline = scenario.portfolio.timeline
    return {
        "name": scenario.name,
        "period": timeline.describe(),
        "steps": timeline.steps,
        "weather": scenario.model.weather.source,
        "seed": scenario.model.weather.seed,
        "scenario_files": {file.name: scenario.kept.sha256(file) for file in scenario.source.files},
        "data_files": {
            ".".join(key): {"file": path.name, "sha256": scenario.kept.sha256(path)}
            for key, path in scenario.files.items()
        },
    }


def sha256(path: Path) -> str:
    """Return the SHA-256 hash of a file in hexadecimal digits."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def peak_memory_mb() -> float | None:
    """Return the peak resident memory of this process [MB]; None if it is unknown."""
    if os.name != "posix":
        return None
    import resource

    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return round(peak / (2**20 if sys.platform == "darwin" else 2**10), 1)
