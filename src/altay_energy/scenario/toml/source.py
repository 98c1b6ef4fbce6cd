"""From files and ``--set`` to one merged table, with the origin of every value."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from altay_energy.core.errors import ScenarioError
from altay_energy.scenario.toml.paths import inside, is_file
from altay_energy.scenario.toml.text import (
    alike_file,
    key_parts,
    nested,
    parse_file,
    parse_override,
    refuse_odd,
)

COMMAND_LINE = "command line"

MOST_PARENTS = 32
"""Scenario files one above the other by ``extends``."""

Key = tuple[str, ...]
Overrides = Mapping[str, Any] | Iterable[str]


@dataclass(frozen=True)
class Source:
    """A scenario as it was written: merged tables, and where each value comes from.

    Parameters
    ----------
    path : Path
        The file that was asked for.
    tables : dict
        All values after ``extends`` and ``--set``.
    origins : dict
        Key path of every value → name of the file that gave it, or ``"command line"``.
    files : tuple of Path
        All scenario files that were read, the asked one first.
    """

    path: Path
    tables: dict[str, Any]
    origins: dict[Key, str]
    files: tuple[Path, ...] = field(default=())

    def origin(self, key: Sequence[str | int]) -> str | None:
        """Origin of the value at ``key``, or of the nearest value above it; None without one."""
        parts = tuple(str(part) for part in key)
        for size in range(len(parts), 0, -1):
            if parts[:size] in self.origins:
                return self.origins[parts[:size]]
        below = [o for k, o in self.origins.items() if k[: len(parts)] == parts]
        return below[0] if below else None

    @property
    def context(self) -> dict[str, bool]:
        """Validation context: settings of the file that checks of values depend on."""
        return {"allow_unusual": self.tables.get("allow_unusual") is True}


def read_source(
    path: str | Path, overrides: Overrides = (), folders: Sequence[Path] = ()
) -> Source:
    """Read a scenario file, its parents, and the overrides of the command line.

    Parameters
    ----------
    path : path
        Scenario file.
    overrides : mapping or iterable of str
        ``{"wind.jeminay.capacity_mw": 500}`` or ``["wind.jeminay.capacity_mw=500"]``: applied
        last, in order.
    folders : sequence of Path
        Folders besides the scenario's own that it may read from.

    Returns
    -------
    Source

    Raises
    ------
    ScenarioError
        If a file cannot be read or parsed, a parent is outside the allowed folders, parents form
        a loop, or an override is no ``KEY=VALUE``.
    """
    path = Path(path)
    chain = _chain(path, path.parent, folders)
    tables: dict[str, Any] = {}
    origins: dict[Key, str] = {}
    for file, layer in reversed(chain):
        name = str(file)
        for dotted in layer.pop("without", []):
            _remove(tables, origins, dotted, name)
        layer.pop("extends", None)
        _merge(tables, layer, origins, name)
    for layer in _override_layers(overrides):
        _merge(tables, layer, origins, COMMAND_LINE)
    if not tables:
        raise ScenarioError(
            f"{path}: is empty; a scenario needs at least schema_version, name and [time] "
            "('altay-energy new NAME' writes a template)"
        )
    return Source(path, tables, origins, tuple(file for file, _ in chain))


def _chain(path: Path, home: Path, folders: Sequence[Path]) -> list[tuple[Path, dict[str, Any]]]:
    """The file and its parents, nearest first."""
    chain: list[tuple[Path, dict[str, Any]]] = []
    seen: list[Path] = []
    while True:
        layer = parse_file(path)
        seen.append(path.resolve())
        chain.append((path, layer))
        problems = _layer_problems(path, layer)
        if problems:
            raise ScenarioError(problems)
        text = layer.get("extends")
        if text is None:
            return chain
        where = f"{path}: extends"
        if len(chain) > MOST_PARENTS:
            raise ScenarioError(
                f"{where}: {chain[0][0]} has more than {MOST_PARENTS} parents, one above the "
                "other; put some of them together"
            )
        parent = inside(path.parent, text, where, [home, *folders])
        if not is_file(parent):
            hint = alike_file(parent, seen)
            raise ScenarioError(f'{where} = "{text}": there is no such file ({parent}){hint}')
        real = parent.resolve()
        if real in seen:
            loop = " → ".join(file.name for file in [*seen[seen.index(real) :], real])
            raise ScenarioError(f"{where} forms a loop: {loop}; break it somewhere")
        path = parent


def _layer_problems(path: Path, layer: Mapping[str, Any]) -> list[str]:
    problems = []
    if "extends" in layer and not isinstance(layer["extends"], str):
        problems.append(f'{path}: extends = {layer["extends"]!r} must be text: "parent.toml"')
    without = layer.get("without", [])
    if not isinstance(without, list) or not all(isinstance(key, str) for key in without):
        problems.append(f'{path}: without = {without!r} must be a list: ["battery.jeminay"]')
    return problems


def _override_layers(overrides: Overrides) -> Iterator[dict[str, Any]]:
    if isinstance(overrides, Mapping):
        for key, value in overrides.items():
            layer = nested(key_parts(str(key), "overrides"), _plain(value))
            refuse_odd(layer, "overrides")
            yield layer
        return
    if not isinstance(overrides, Iterable) or isinstance(overrides, bytes):
        raise ScenarioError(_NO_OVERRIDES)
    for text in [overrides] if isinstance(overrides, str) else overrides:
        if not isinstance(text, str):
            raise ScenarioError(_NO_OVERRIDES)
        yield parse_override(text)


_NO_OVERRIDES = (
    'overrides must be texts or a table, as in ["wind.jeminay.capacity_mw=500"] or '
    '{"wind.jeminay.capacity_mw": 500}'
)


def _plain(value: Any) -> Any:
    """Convert a value of a library user, a NumPy number or path too, to a TOML value."""
    if isinstance(value, Mapping):
        return {str(key): _plain(part) for key, part in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(part) for part in value]
    if hasattr(value, "tolist"):
        return value.tolist()
    return str(value) if isinstance(value, Path) else value


def _merge(
    base: dict[str, Any],
    layer: Mapping[str, Any],
    origins: dict[Key, str],
    name: str,
    above: Key = (),
) -> None:
    """Lay ``layer`` over ``base``: tables merge, anything else is replaced."""
    for key, value in layer.items():
        here = (*above, key)
        if isinstance(value, Mapping) and isinstance(base.get(key), dict) and not _is_series(value):
            _merge(base[key], value, origins, name, here)
            continue
        if key in base:
            _forget(origins, here, base[key])
        origins[here] = name
        if isinstance(value, Mapping) and not _is_series(value):
            base[key] = {}
            _merge(base[key], value, origins, name, here)
        else:
            base[key] = dict(value) if isinstance(value, Mapping) else value


def _is_series(value: Mapping[str, Any]) -> bool:
    """A file reference is one value: its parts must not mix with those of a parent."""
    return "file" in value


def _remove(tables: dict[str, Any], origins: dict[Key, str], dotted: str, name: str) -> None:
    key = key_parts(dotted, f"{name}: without")
    above: list[dict[str, Any]] = []
    table: Any = tables
    for part in key:
        if not isinstance(table, dict) or part not in table:
            raise ScenarioError(
                f"{name}: without: the parents have no {dotted}; check the spelling"
            )
        above.append(table)
        table = table[part]
    for size in range(len(key), 0, -1):
        del above[size - 1][key[size - 1]]
        _forget(origins, key[:size], above)
        if above[size - 1]:  # else the table goes with the last of its kind
            return


def _forget(origins: dict[Key, str], key: Key, value: object) -> None:
    """Drop who gave a value, and all below it where it is a table."""
    if not isinstance(value, Mapping | list):
        origins.pop(key, None)
        return
    for old in [k for k in origins if k[: len(key)] == key]:
        del origins[old]
