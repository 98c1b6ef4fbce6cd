"""From what the checker found to lines a planner can act on."""

from __future__ import annotations

import difflib
import re
import typing
from collections.abc import Collection, Mapping, Sequence
from types import UnionType
from typing import Any, Union

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from altay_energy._version import __version__
from altay_energy.scenario.model import LATER_TABLES, SCHEMA_VERSION, ScenarioFile
from altay_energy.scenario.source import Source

_NUMBER_AND_UNIT = re.compile(r"^\s*([-+]?[\d.,]+)\s*([^\d\s].*)$")
_WRONG_TYPES = {"string_type", "model_type", "dict_type", "model_attributes_type", "is_instance_of"}


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
    found: dict[tuple[str, ...], list[ErrorDetails]] = {}
    for problem in error.errors(include_url=False):
        found.setdefault(_key(problem, source.tables), []).append(problem)
    lines = []
    for key, problems in found.items():
        for text in dict.fromkeys(_explain(key, p, source) for p in _of_one_branch(problems)):
            lines.append(text)
    return lines


def at(source: Source, key: Sequence[str], text: str) -> str:
    """A problem in our own words, with the file that gave the key."""
    return f"{source.origin(key) or source.path}: {dotted(key)}{text}"


def dotted(key: Sequence[str]) -> str:
    """Key path as it is written: ``wind.jeminay.capacity_mw``."""
    return ".".join(part if re.fullmatch(r"[\w\-]+", part) else f'"{part}"' for part in key)


def closest(word: object, candidates: Collection[str]) -> str:
    """``; did you mean x?`` or nothing."""
    found = difflib.get_close_matches(str(word), list(candidates), n=1, cutoff=0.6)
    return f"; did you mean {found[0]}?" if found else ""


def _key(problem: ErrorDetails, tables: Mapping[str, Any]) -> tuple[str, ...]:
    """Key path without the names of union branches that pydantic puts in between."""
    key: list[str] = []
    here: Any = tables
    last = len(problem["loc"]) - 1
    for position, part in enumerate(problem["loc"]):
        if (isinstance(here, Mapping) and part in here) or (
            isinstance(here, list) and isinstance(part, int) and part < len(here)
        ):
            here = here[part]
            key.append(str(part))
        elif position == last and problem["type"] in ("missing", "extra_forbidden"):
            key.append(str(part))
    return tuple(key)


def _of_one_branch(problems: list[ErrorDetails]) -> list[ErrorDetails]:
    """Of a value that may have several types, what the type it has says."""
    telling = [p for p in problems if p["type"] not in _WRONG_TYPES]
    return telling or problems[:1]


def _explain(key: tuple[str, ...], problem: ErrorDetails, source: Source) -> str:
    kind = problem["type"]
    where = source.origin(key) or str(source.path)
    if kind == "missing":
        return f"{where}: {dotted(key)} is missing{_meaning(key)}"
    if kind == "extra_forbidden":
        return f"{where}: {_unknown(key)}"
    if key == ("schema_version",):
        return f"{where}: schema_version = {problem['input']!r}: {_version(problem['input'])}"
    value = problem["input"]
    if kind in ("value_error", "unusual") and isinstance(value, Mapping):
        return f"{where}: {dotted(key)}: {_expected(problem, key)}"
    return f"{where}: {dotted(key)} = {_shown(value)}: {_expected(problem, key)}"


def _version(value: object) -> str:
    if isinstance(value, int) and not isinstance(value, bool) and value > SCHEMA_VERSION:
        return (
            f"this file needs a newer altay_energy than {__version__}, which knows "
            f"schema_version {SCHEMA_VERSION}; upgrade it"
        )
    return f"expected schema_version = {SCHEMA_VERSION}"


def _unknown(key: tuple[str, ...]) -> str:
    word = key[-1]
    if len(key) == 1 and word in LATER_TABLES:
        return (
            f"[{word}] cannot be used yet: altay_energy {__version__} does not compute "
            f"{LATER_TABLES[word]}; remove the table"
        )
    known = sorted(_fields(key[:-1]))
    hint = closest(word, known)
    if not hint and known:
        hint = f"; known here: {', '.join(known)}"
    return f"{dotted(key)} is no key here{hint}"


def _shown(value: object) -> str:
    text = f'"{value}"' if isinstance(value, str) else str(value)
    if isinstance(value, bool):
        text = text.lower()
    text = text.encode("unicode_escape").decode() if not text.isprintable() else text
    return text if len(text) <= 80 else f"{text[:77]}…"


def _expected(problem: ErrorDetails, key: tuple[str, ...]) -> str:
    kind, value, context = problem["type"], problem["input"], problem.get("ctx", {})
    unit = _unit(key)
    match kind:
        case "value_error":
            return str(context["error"])
        case "greater_than_equal":
            return f"must be at least {context['ge']:g}{unit}"
        case "greater_than":
            return f"must be greater than {context['gt']:g}{unit}"
        case "less_than" | "less_than_equal":
            limit = context.get("le", context.get("lt"))
            slip = limit == 1 and isinstance(value, int | float) and 1 < value <= 100
            hint = f"; did you mean {value / 100:.2f} (a share, not percent)?" if slip else ""
            return f"must be at most {limit:g}{unit}{hint}"
        case "finite_number":
            return f"must be a finite number{unit}"
        case "literal_error" | "enum":
            options = re.findall(r"'([^']*)'", str(context["expected"]))
            hint = closest(value, options)
            return f"must be {context['expected'].replace(chr(39), chr(34))}{hint}"
        case "float_type" | "int_type" | "series" | "int_from_float":
            return _number_expected(value, unit, whole=kind.startswith("int"))
        case "string_type":
            return 'must be text in quotes, as in "text"'
        case "bool_type":
            return "must be true or false"
        case "model_type" | "dict_type" | "model_attributes_type":
            return f"must be a table [{dotted(key)}]"
        case "list_type":
            return "must be a list, as in [1, 2]"
    return problem["msg"][0].lower() + problem["msg"][1:]


def _number_expected(value: object, unit: str, *, whole: bool) -> str:
    number = "a whole number" if whole else "a number"
    if isinstance(value, str) and (match := _NUMBER_AND_UNIT.match(value)):
        return f"must be {number}{unit} without quotes or unit, as in {match[1].replace(',', '')}"
    return f"must be {number}{unit}"


def _meaning(key: tuple[str, ...]) -> str:
    field = _fields(key[:-1]).get(key[-1])
    text = getattr(field, "description", None)
    return f": {text}" if text else ""


def _unit(key: tuple[str, ...]) -> str:
    field = _fields(key[:-1]).get(key[-1]) if key else None
    found = re.search(r"\[([^\]]+)\]\s*$", getattr(field, "description", None) or "")
    return f" [{found[1]}]" if found and found[1] != "-" else ""


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
    if typing.get_origin(annotation) is typing.Annotated:
        return _model_in(typing.get_args(annotation)[0])
    if typing.get_origin(annotation) in (Union, UnionType):
        branches = [_model_in(b) for b in typing.get_args(annotation)]
        models = [b for b in branches if isinstance(b, type) and issubclass(b, BaseModel)]
        return models[0] if models else None
    return annotation
