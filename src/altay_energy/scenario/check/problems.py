"""From what the checker found to lines a planner can act on."""

from __future__ import annotations

import re
import typing
from collections.abc import Mapping, Sequence
from types import UnionType
from typing import Any, Union

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from altay_energy._version import __version__
from altay_energy.components.base import Series, SeriesRef
from altay_energy.components.faults import expected, shown, telling_of, unit_of
from altay_energy.core.wording import closest
from altay_energy.scenario.model import NAMED_TABLES, SCHEMA_VERSION, ScenarioFile
from altay_energy.scenario.toml.names import dotted
from altay_energy.scenario.toml.source import COMMAND_LINE, Key, Source

MOST_SHOWN = 20
"""Problems of a scenario that are shown at once."""


def explain_errors(error: ValidationError, source: Source) -> list[str]:
    """One line for each problem, in the order of the file.

    Parameters
    ----------
    error : ValidationError
        What pydantic found in ``source.tables``.
    source : Source
        Where the values came from.

    Returns
    -------
    list of str
        ``file: key = value: what is expected``.
    """
    found: dict[Key, list[ErrorDetails]] = {}
    for problem in error.errors(include_url=False):
        found.setdefault(_key(problem, source.tables), []).append(problem)
    above = {key[:size] for key in found for size in range(len(key))}
    lines: list[str] = []
    for number, (key, problems) in enumerate(found.items()):
        if len(lines) >= MOST_SHOWN:  # looking for similar names takes time
            return [*lines, _more(source, len(found) - number)]
        telling = telling_of(problems, deeper=key in above)
        lines += dict.fromkeys(_explain(key, problem, source) for problem in telling)
    return lines


def few(problems: list[str], source: Source) -> list[str]:
    """The first `MOST_SHOWN` problems, and the number of the others.

    Parameters
    ----------
    problems : list of str
    source : Source
        Of the scenario.

    Returns
    -------
    list of str
    """
    most = MOST_SHOWN + 10  # what `explain_errors` shows, and some of each data file
    if len(problems) <= most:
        return problems
    return [*problems[:most], _more(source, len(problems) - most)]


def _more(source: Source, count: int) -> str:
    return f"{source.path}: {count} more problems are not shown; fix these first"


def at(source: Source, key: Sequence[str], text: str) -> str:
    """A problem in our own words, with the file that gave the key."""
    return f"{source.origin(key) or source.path}: {dotted(key)}{text}"


def _key(problem: ErrorDetails, tables: Mapping[str, Any]) -> Key:
    """Key path without the names of union branches that pydantic puts in between."""
    key: list[str] = []
    here: Any = tables
    last = len(problem["loc"]) - 1
    for position, part in enumerate(problem["loc"]):
        if _has(here, part):
            here = here[part]
            key.append(str(part))
        elif position == last and problem["type"] in ("missing", "extra_forbidden"):
            key.append(str(part))
    return tuple(key)


def _has(here: Any, part: str | int) -> bool:
    if isinstance(here, Mapping):
        return part in here
    return isinstance(here, list) and isinstance(part, int) and part < len(here)


def _explain(key: Key, problem: ErrorDetails, source: Source) -> str:
    kind, value = problem["type"], problem["input"]
    where = source.origin(key) or str(source.path)
    if kind == "missing":
        return f"{where}: {dotted(key)} is missing{_meaning(key)}{_mistyped(key, source)}"
    if kind == "extra_forbidden":
        return f"{where}: {_unknown(key)}"
    if key == ("schema_version",):
        return f"{where}: schema_version = {shown(value)}: {_version(value)}"
    expected = _expected(problem, key)
    if kind in ("value_error", "unusual") and isinstance(value, Mapping):
        where = _givers(key, value, expected, source)
        return f"{where}: {dotted(key)}: {expected}{_mistyped(key, source)}"
    return f"{where}: {dotted(key)} = {shown(value)}: {expected}"


def _givers(key: Key, table: Mapping[str, Any], text: str, source: Source) -> str:
    """Who gave the values of a table that a message speaks of."""
    words = set(re.findall(r"\w+", text))
    given = [source.origin((*key, name)) for name in table if name in words]
    return ", ".join(dict.fromkeys(o for o in given if o)) or source.origin(key) or str(source.path)


def _mistyped(key: Key, source: Source) -> str:
    """Hint at the table that was meant by one that only the command line knows."""
    named = len(key) >= 2 and key[0] in NAMED_TABLES
    if not named or source.origins.get(key[:2]) != COMMAND_LINE:
        return ""
    tables = source.tables[key[0]]
    others = [
        dotted((key[0], name))
        for name, table in tables.items()
        if isinstance(table, Mapping) and source.origins.get((key[0], name)) != COMMAND_LINE
    ]
    return closest(dotted(key[:2]), others)


def _version(value: object) -> str:
    if isinstance(value, int) and not isinstance(value, bool) and value > SCHEMA_VERSION:
        return (
            f"this file needs a newer altay_energy than {__version__}, which knows "
            f"schema_version {SCHEMA_VERSION}; upgrade it"
        )
    return f"expected schema_version = {SCHEMA_VERSION}"


def _unknown(key: Key) -> str:
    word = key[-1]
    known = sorted(_fields(key[:-1]))
    hint = closest(word, known)
    if not hint and known:
        hint = f"; known here: {', '.join(known)}"
    return f"{dotted(key)} is no key here{hint}"


def _expected(problem: ErrorDetails, key: Key) -> str:
    of_text = "str" in str(getattr(_field(key), "annotation", ""))
    return expected(problem, unit=unit_of_key(key), table=dotted(key), of_text=of_text)


def _meaning(key: Key) -> str:
    text = getattr(_field(key), "description", None)
    return f": {text}" if text else ""


def unit_of_key(key: Key) -> str:
    """Unit of a key as its description ends in, empty if it has none.

    Parameters
    ----------
    key : tuple of str
        ``("load", "mine", "profile")``

    Returns
    -------
    str
        ``"MW"``
    """
    return unit_of(getattr(_field(key), "description", None))


def _field(key: Key) -> Any:
    return _fields(key[:-1]).get(key[-1]) if key else None


def _fields(key: Sequence[str]) -> dict[str, Any]:
    """Fields of the model at a key path, empty if there is no model."""
    here: Any = ScenarioFile
    for part in key:
        if isinstance(here, type) and issubclass(here, BaseModel):
            field = here.model_fields.get(part)
            here = field.annotation if field else None
        else:  # the name in [kind.name]
            here = typing.get_args(here)[-1] if typing.get_args(here) else None
        here = _model_in(here)
    if isinstance(here, type) and issubclass(here, BaseModel):
        return dict(here.model_fields)
    return {}


def _model_in(annotation: Any) -> Any:
    """The model among the branches of ``X | None`` or ``str | X``, through ``Annotated``."""
    if annotation is Series:
        return SeriesRef
    if typing.get_origin(annotation) is typing.Annotated:
        return _model_in(typing.get_args(annotation)[0])
    if typing.get_origin(annotation) in (Union, UnionType):
        branches = [_model_in(b) for b in typing.get_args(annotation)]
        models = [b for b in branches if isinstance(b, type) and issubclass(b, BaseModel)]
        return models[0] if models else None
    return annotation
