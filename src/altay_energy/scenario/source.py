"""From files and ``--set`` to one merged table, with the origin of every value."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from altay_energy.errors import ScenarioError
from altay_energy.scenario.paths import inside

COMMAND_LINE = "command line"
MAX_BYTES = 16 * 2**20  # a scenario is text that people write; series belong in CSV files

Key = tuple[str, ...]


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
        """Who gave the value at ``key``, or the nearest value above it; None if nobody did."""
        parts = tuple(str(part) for part in key)
        for size in range(len(parts), 0, -1):
            if parts[:size] in self.origins:
                return self.origins[parts[:size]]
        below = [o for k, o in self.origins.items() if k[: len(parts)] == parts]
        return below[0] if below else None


def read_source(
    path: str | Path, overrides: Iterable[str] = (), folders: Sequence[Path] = ()
) -> Source:
    """Read a scenario file, its parents, and the overrides of the command line.

    Parameters
    ----------
    path : path
        Scenario file.
    overrides : iterable of str
        ``"wind.jeminay.capacity_mw=500"``: applied last, in order.
    folders : sequence of Path
        Folders besides the scenario's own that it may read from.

    Raises
    ------
    ScenarioError
        If a file cannot be read or parsed, a parent is outside the allowed folders, parents form
        a loop, or an override is no ``KEY=VALUE``.
    """
    path = Path(path)
    home = path.parent
    chain = _chain(path, home, folders)
    tables: dict[str, Any] = {}
    origins: dict[Key, str] = {}
    for file, layer in reversed(chain):
        name = str(file)
        for dotted in layer.pop("without", []):
            _remove(tables, origins, dotted, name)
        layer.pop("extends", None)
        _merge(tables, layer, origins, name)
    for text in overrides:
        _merge(tables, parse_override(text), origins, COMMAND_LINE)
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
        real = path.resolve()
        if real in seen:
            loop = " → ".join(file.name for file in [*seen[seen.index(real) :], real])
            raise ScenarioError(f"{chain[-1][0]}: extends forms a loop: {loop}; break it somewhere")
        seen.append(real)
        layer = parse_file(path)
        chain.append((path, layer))
        problems = _layer_problems(path, layer)
        if problems:
            raise ScenarioError(problems)
        parent = layer.get("extends")
        if parent is None:
            return chain
        path = inside(path.parent, parent, f"{path}: extends", [home, *folders])


def _layer_problems(path: Path, layer: Mapping[str, Any]) -> list[str]:
    problems = []
    if "extends" in layer and not isinstance(layer["extends"], str):
        problems.append(f'{path}: extends = {layer["extends"]!r} must be text: "parent.toml"')
    without = layer.get("without", [])
    if not isinstance(without, list) or not all(isinstance(key, str) for key in without):
        problems.append(f'{path}: without = {without!r} must be a list: ["battery.jeminay"]')
    return problems


def parse_file(path: Path) -> dict[str, Any]:
    """Parse one TOML file; a mistake is shown with its line and a caret.

    Raises
    ------
    ScenarioError
        If the file is missing, not text, too large or not TOML.
    """
    try:
        if path.stat().st_size > MAX_BYTES:
            raise ScenarioError(
                f"{path}: {path.stat().st_size / 2**20:.0f} MB is no scenario text; "
                "keep series in CSV files and name them by { file, column }"
            )
        raw = path.read_bytes()
    except FileNotFoundError:
        close = _similar_files(path)
        hint = f"; did you mean {close}?" if close else ""
        raise ScenarioError(f"{path}: there is no such file{hint}") from None
    except OSError as error:
        raise ScenarioError(f"{path}: cannot be read: {error.strerror}") from None
    try:
        text = raw.decode("utf-8-sig").replace("\r\n", "\n")
    except UnicodeDecodeError as error:
        raise ScenarioError(
            f"{path}: is not UTF-8 text (byte {error.start}); save it as UTF-8 in your editor"
        ) from None
    _refuse_tabs(path, text)
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ScenarioError(_syntax_message(path, text, str(error))) from None


def _similar_files(path: Path) -> str | None:
    import difflib

    if not path.parent.is_dir():
        return None
    names = [file.name for file in path.parent.glob("*.toml")]
    close = difflib.get_close_matches(path.name, names, n=1)
    return str(path.parent / close[0]) if close else None


_TAB = re.compile(r"""^ *\t\s*(\[|[\w\-."']+\s*=)""")


def _refuse_tabs(path: Path, text: str) -> None:
    inside_text = False
    for number, line in enumerate(text.splitlines(), 1):
        if not inside_text and _TAB.match(line):
            raise ScenarioError(
                f"{path}: line {number} is indented with a tab; use spaces, or no indent at all"
            )
        if (line.count('"""') + line.count("'''")) % 2:
            inside_text = not inside_text


def _syntax_message(path: Path, text: str, message: str) -> str:
    found = re.search(r"\(at line (\d+), column (\d+)\)", message)
    what = message.split(" (at ")[0]
    lines = text.splitlines()
    if found:
        row, column = int(found[1]), int(found[2])
    else:
        row, column = len(lines), len(lines[-1]) + 1 if lines else 1
    if what.startswith("Cannot ") or "multiple times" in what:
        # the parser stops behind the value, or on the next line; the reader wants the key
        row = row if column > 1 else row - 1
        what = f"{what}: {_key_of(lines[row - 1])} stands twice; keep one"
        column = 1
    line = lines[row - 1] if 0 < row <= len(lines) else ""
    return f"{path}: line {row}, column {column}: {what}\n    {line}\n    {' ' * (column - 1)}^"


def _key_of(line: str) -> str:
    return line.split("=")[0].strip() or "a key"


def parse_override(text: str) -> dict[str, Any]:
    """``wind.jeminay.capacity_mw=500`` as nested tables; a bare word is taken as text.

    Raises
    ------
    ScenarioError
        If there is no ``=`` or no key.
    """
    key, equals, value = text.partition("=")
    if not equals or not key.strip() or "\n" in text:
        raise ScenarioError(
            f"--set {text}: expected KEY=VALUE, as in --set wind.jeminay.capacity_mw=500"
        )
    parts = _dotted(key.strip())
    try:
        parsed = tomllib.loads(f"value = {value.strip()}")["value"]
    except tomllib.TOMLDecodeError:
        parsed = value.strip()
    for part in reversed(parts):
        parsed = {part: parsed}
    return dict(parsed)


def _dotted(key: str) -> list[str]:
    """Parts of a dotted key; parts with dots of their own stand in quotes."""
    parts = [quoted or bare for quoted, bare in re.findall(r'"([^"]+)"|([^."]+)', key)]
    if not parts:
        raise ScenarioError(f"--set {key}: this is no key; expected e.g. wind.jeminay.capacity_mw")
    return parts


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
        for old in [k for k in origins if k[: len(here)] == here]:
            del origins[old]
        if isinstance(value, Mapping) and not _is_series(value):
            base[key] = {}
            origins[here] = name
            _merge(base[key], value, origins, name, here)
        else:
            base[key] = dict(value) if isinstance(value, Mapping) else value
            origins[here] = name


def _is_series(value: Mapping[str, Any]) -> bool:
    """A file reference is one value: its parts must not mix with those of a parent."""
    return "file" in value


def _remove(tables: dict[str, Any], origins: dict[Key, str], dotted: str, name: str) -> None:
    parts = tuple(_dotted(dotted))
    table: Any = tables
    for part in parts[:-1]:
        table = table.get(part) if isinstance(table, dict) else None
    if not isinstance(table, dict) or parts[-1] not in table:
        raise ScenarioError(f"{name}: without: the parents have no {dotted}; check the spelling")
    del table[parts[-1]]
    for old in [k for k in origins if k[: len(parts)] == parts]:
        del origins[old]
    if len(parts) > 1 and not table:  # the last of its kind
        _remove(tables, origins, ".".join(parts[:-1]), name)
