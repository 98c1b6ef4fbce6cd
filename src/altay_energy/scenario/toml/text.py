"""TOML text to plain tables: what cannot be parsed is shown with its line and a caret."""

from __future__ import annotations

import math
import re
import tomllib
import unicodedata
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from altay_energy.components.base import beyond_reach
from altay_energy.core.errors import ScenarioError
from altay_energy.core.files.inputs import kept_or
from altay_energy.core.files.textfile import no_text, refuse_long_keys
from altay_energy.core.units import LARGEST
from altay_energy.core.wording import near
from altay_energy.scenario.toml.names import dotted

MAX_BYTES = 16 * 2**20
"""A scenario is text that people write; series belong in CSV files."""

MAX_DEPTH = 8
"""Tables within tables; the deepest key of a scenario is five deep."""

MAX_INTEGER = 2**63
"""TOML knows whole numbers of 64 bits."""

_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")
"""Neither tab nor line feed, which texts of several lines hold."""

_CURLY = {"“": '"', "”": '"', "‘": "'", "’": "'", "、": ",", "。": "."}


def parse_file(path: Path) -> dict[str, Any]:
    """Parse one TOML file.

    Parameters
    ----------
    path : Path
        The file.

    Returns
    -------
    dict
        Its tables.

    Raises
    ------
    ScenarioError
        If the file is missing, not text, too large or not TOML.
    """
    text = _read_text(path)
    _refuse_tabs(path, text)
    try:
        refuse_long_keys(text)
        tables = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ScenarioError(_syntax_message(path, text, str(error))) from None
    except (RecursionError, ValueError) as error:
        raise ScenarioError(f"{path}: {_beyond(error)}") from None
    refuse_odd(tables, str(path))
    return tables


def _read_text(path: Path) -> str:
    try:
        raw = kept_or(path, MAX_BYTES)
    except FileNotFoundError:
        raise ScenarioError(f"{path}: there is no such file{alike_file(path)}") from None
    except OSError as error:
        raise ScenarioError(f"{path}: cannot be read: {error.strerror}") from None
    except ValueError as error:  # a NUL in the name
        raise ScenarioError(f"{str(path)!r} is no file name: {error}") from None
    if len(raw) > MAX_BYTES:
        raise ScenarioError(
            f"{path}: more than {MAX_BYTES // 2**20} MB is no scenario text; keep series in CSV "
            "files and name them by { file, column }"
        )
    what = no_text(raw)
    if what is not None:
        raise ScenarioError(f"{path}: this is {what.split(';')[0]}, no scenario; name a TOML file")
    try:
        text = raw.decode("utf-8-sig").replace("\r\n", "\n")
    except UnicodeDecodeError as error:
        raise ScenarioError(
            f"{path}: is not UTF-8 text (byte {error.start}); save it as UTF-8 in your editor"
        ) from None
    if text.lstrip()[:1] == "{":
        raise ScenarioError(
            f"{path}: line 1, column 1: this is JSON, no TOML; a scenario is written as "
            "key = value below [tables] ('altay-energy new NAME' writes one)"
        )
    return text


def alike_file(path: Path, others: Sequence[Path] = ()) -> str:
    """``; did you mean x.toml?`` for a file that is not there, or nothing.

    Parameters
    ----------
    path : Path
        The file that was named.
    others : sequence of Path
        Files that it cannot be.

    Returns
    -------
    str
    """
    if not path.parent.is_dir():
        return ""
    there = [file for file in path.parent.glob("*.toml") if file.resolve() not in others]
    close = near(path.name, [file.name for file in there])
    return f"; did you mean {path.parent / close}?" if close else ""


_TAB = re.compile(r"""^ *\t\s*(\[|[\w\-."']+\s*=)""")


def _refuse_tabs(path: Path, text: str) -> None:
    inside_text = False
    for number, line in enumerate(text.split("\n"), 1):
        if not inside_text and _TAB.match(line):
            raise ScenarioError(
                f"{path}: line {number} is indented with a tab; use spaces, or no indent at all"
            )
        if (line.count('"""') + line.count("'''")) % 2:
            inside_text = not inside_text


def _syntax_message(path: Path, text: str, message: str) -> str:
    found = re.search(r"\(at line (\d+), column (\d+)\)", message)
    what = message.split(" (at ")[0]
    lines = text.split("\n")
    row, column = (int(found[1]), int(found[2])) if found else (len(lines), len(lines[-1]) + 1)
    if what.startswith("Cannot ") or "multiple times" in what:
        # the parser stops behind the value, or on the next line; the reader wants the key
        row = row if column > 1 else row - 1
        what = _said_twice(what, lines[row - 1])
        column = 1
    line = lines[row - 1] if 0 < row <= len(lines) else ""
    what = "the text has no closing quote" if what == r"Illegal character '\n'" else what
    what += _full_width_hint(line[column - 1 : column]) or _unquoted(what, line, column)
    return f"{path}: line {row}, column {column}: {what}\n    {line}\n    {' ' * (column - 1)}^"


_TOKEN = r"\"[^\"]*\"|'[^']*'|#.*|[^\s.=\[\]{},#\"']+"


def _unquoted(what: str, line: str, column: int) -> str:
    """Hint for a text or a name in another script without quotes; empty if it does not apply."""
    header = line.lstrip().startswith("[")
    if what.startswith("Invalid value"):
        found = re.match(r"[^\s\"'\[{#,}][^\"'\[{#,}]*", line[column - 1 :])
        if found is None:
            return ""
        value = found[0].rstrip()
        fixed = f'{line[: column - 1]}"{value}"{line[column - 1 + len(value) :]}'
        rule = "text needs quotes"
    elif line[column - 1 : column].isascii():
        return ""
    else:
        end = "" if header else r"(?=\s*[.=])"
        fixed = re.sub(rf"(?:{_TOKEN}){end}", _in_quotes, line)
        rule = "names in other scripts need quotes"
    try:
        tomllib.loads(fixed)
    except (ValueError, RecursionError):
        return ""
    return f"; {rule}: {fixed.strip()}"


def _in_quotes(part: re.Match[str]) -> str:
    text = part[0]
    return text if text[0] in "\"'#" or text.isascii() else f'"{text}"'


def _said_twice(what: str, line: str) -> str:
    key = line.split("=")[0].strip() or "a key"
    if "immutable" in what:
        return f"{key} adds to a table in braces, which is complete; write it within the braces"
    return f"{key} is given twice; keep one"


def _full_width_hint(character: str) -> str:
    plain = _CURLY.get(character) or unicodedata.normalize("NFKC", character)
    return f"; write {plain} instead of {character}" if plain != character else ""


def _beyond(error: Exception) -> str:
    if isinstance(error, RecursionError):
        return f"tables or lists are nested too deeply; {MAX_DEPTH} levels are the most"
    return "a number has thousands of digits; is a separator missing?"


def refuse_odd(value: object, where: str, key: tuple[str, ...] = ()) -> None:
    """Refuse what TOML can say but no scenario means, before anything builds upon it.

    Parameters
    ----------
    value : object
        Tables, or a value in them.
    where : str
        File, for the message.
    key : tuple of str
        Position of the value.

    Raises
    ------
    ScenarioError
        For tables in tables without end, lists of tables, of lists or of dates, whole numbers
        beyond 64 bits, and control characters, which no results file or terminal should get.
    """
    if len(key) > MAX_DEPTH:
        raise ScenarioError(
            f"{where}: {dotted(key[:3])}… is nested too deeply; {MAX_DEPTH} levels are the most"
        )
    if isinstance(value, Mapping):
        for name, part in value.items():
            refuse_odd(part, where, (*key, name))
    elif isinstance(value, list):
        _refuse_odd_list(value, where, key)
    elif isinstance(value, int) and abs(value) >= MAX_INTEGER:
        raise ScenarioError(
            f"{where}: {dotted(key)} is a whole number beyond 64 bits; is a separator missing?"
        )
    elif isinstance(value, float) and LARGEST < abs(value) < math.inf:
        raise ScenarioError(f"{where}: {beyond_reach(f'{dotted(key)} = {value:g}')}")
    elif isinstance(value, str) and (found := _CONTROL.search(value)):
        raise ScenarioError(
            f"{where}: {dotted(key)} holds the control character U+{ord(found[0]):04X}; remove it"
        )


def _refuse_odd_list(items: list[Any], where: str, key: tuple[str, ...]) -> None:
    name = dotted(key)
    if any(isinstance(item, Mapping) for item in items):
        raise ScenarioError(
            f"{where}: {name} is a list of tables; give each its own name, as in [{name}.a]"
        )
    if not all(isinstance(item, int | float | str) for item in items):
        raise ScenarioError(f"{where}: {name}: a list may hold numbers and texts only")
    for item in items:
        refuse_odd(item, where, key)


_PART = r"""(?:"(?:[^"\\]|\\.)*"|'[^']*'|[^."'=\n]+)"""
_KEY = rf"\s*{_PART}(?:\.{_PART})*\s*"


def parse_override(
    text: str, option: str = "--set", example: str = "wind.jeminay.capacity_mw=500"
) -> dict[str, Any]:
    """``wind.jeminay.capacity_mw=500`` as nested tables; a bare word is taken as text.

    Parameters
    ----------
    text : str
        Text after the option.
    option, example : str
        For the message.

    Returns
    -------
    dict

    Raises
    ------
    ScenarioError
        If there is no ``=`` or no key.
    """
    shown = text if len(text) <= 200 else f"{text[:199]}…"
    try:
        refuse_long_keys(text)
    except RecursionError as error:
        raise ScenarioError(f"{option} {shown}: {_beyond(error)}") from None
    found = re.fullmatch(rf"({_KEY})=([^\n]*)", text)
    if found is None:
        raise ScenarioError(f"{option} {shown}: expected KEY=VALUE, as in {option} {example}")
    key, value = key_parts(found[1], f"{option} {shown}"), found[2].strip()
    try:
        parsed = tomllib.loads(f"value = {value}")["value"]
    except tomllib.TOMLDecodeError:
        parsed = value
    except (RecursionError, ValueError) as error:
        raise ScenarioError(f"{option} {dotted(key)}: {_beyond(error)}") from None
    tables = nested(key, parsed)
    refuse_odd(tables, option)
    return tables


def nested(key: Sequence[str], value: Any) -> dict[str, Any]:
    """A value below the tables of its key.

    Parameters
    ----------
    key : sequence of str
        At least one part.
    value : object

    Returns
    -------
    dict
    """
    for part in reversed(key):
        value = {part: value}
    return dict(value)


def key_parts(text: str, where: str) -> tuple[str, ...]:
    """Parts of a dotted key; a part with a dot of its own is in quotes.

    Parameters
    ----------
    text : str
        ``'wind."a.b".capacity_mw'``.
    where : str
        What to name in the message.

    Returns
    -------
    tuple of str

    Raises
    ------
    ScenarioError
        If it is no key.
    """
    parts: list[str] = []
    if re.fullmatch(_KEY, text):
        parts = [_plain_part(part.strip()) for part in re.findall(_PART, text)]
    if not parts or not all(parts):
        raise ScenarioError(
            f'{where}: "{text.strip()}" is no key; expected one such as wind.jeminay.capacity_mw'
        )
    return tuple(parts)


def _plain_part(part: str) -> str:
    if part[:1] not in ('"', "'"):
        return part
    try:
        return str(tomllib.loads(f"part = {part}")["part"])
    except tomllib.TOMLDecodeError:
        return ""
