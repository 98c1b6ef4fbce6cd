"""Messages of validation errors, for tables of a file and for values in Python."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, get_args

from pydantic import BaseModel, ValidationError, ValidationInfo
from pydantic_core import ErrorDetails, PydanticCustomError

from altay_energy.core.errors import ScenarioError
from altay_energy.core.wording import closest, plain_number, share_of_percent

WRONG_TYPES = frozenset(
    {
        "string_type",
        "model_type",
        "dict_type",
        "list_type",
        "model_attributes_type",
        "dataclass_exact_type",
        "is_instance_of",
    }
)

SERIES = '{ file = "x.csv", column = "…" }'
"""Form of a series in a file."""


def allows_unusual(info: ValidationInfo) -> bool:
    """Whether values outside their usual range are accepted: ``allow_unusual = true``."""
    return bool((info.context or {}).get("allow_unusual"))


def meant(text: str) -> str:
    """A message on an unusual value, with how to accept it."""
    if text.endswith(("?", ".")):
        return f"{text} If it is meant, say allow_unusual = true at the top of the scenario"
    return f"{text}; if it is meant, say allow_unusual = true at the top of the scenario"


def unusual(text: str) -> PydanticCustomError:
    """Error for a value outside its usual range, mostly one in a wrong unit.

    Parameters
    ----------
    text : str
        What is unusual.
    """
    return PydanticCustomError("unusual", "{text}", {"text": meant(text)})


def unit_of(description: str | None) -> str:
    """Unit of a key as its description ends in, empty if it has none.

    Parameters
    ----------
    description : str or None

    Returns
    -------
    str
    """
    found = re.search(r"\[([^\]]+)\]\s*$", description or "")
    return found[1] if found and found[1] != "-" else ""


def telling_of(problems: Sequence[ErrorDetails], *, deeper: bool) -> list[ErrorDetails]:
    """Select the errors of the type that a value of several possible types has.

    Parameters
    ----------
    problems : sequence of ErrorDetails
        Of one value.
    deeper : bool
        Whether there are problems within it.

    Returns
    -------
    list of ErrorDetails
    """
    telling = [p for p in problems if p["type"] not in WRONG_TYPES]
    return telling or ([] if deeper else list(problems[:1]))


def shown(value: object) -> str:
    """A value as a message shows it: on one line, of 80 characters at most.

    Parameters
    ----------
    value : object

    Returns
    -------
    str
    """
    try:
        text = f'"{value}"' if isinstance(value, str) else str(value)
    except Exception:  # somebody's own type, or a whole number of thousands of digits
        text = f"a {type(value).__name__}"
    if isinstance(value, bool):
        text = text.lower()
    text = text if text.isprintable() else text.encode("unicode_escape").decode()
    return text if len(text) <= 80 else f"{text[:77]}…"


def expected(
    problem: ErrorDetails, *, unit: str = "", table: str = "", of_text: bool = False
) -> str:
    """Message on what is expected instead of the given value.

    Parameters
    ----------
    problem : ErrorDetails
        Of pydantic.
    unit : str
        Of the key.
    table : str
        How a table of that key is written.
    of_text : bool
        Whether a list there holds texts.

    Returns
    -------
    str
    """
    kind, value, context = problem["type"], problem["input"], problem.get("ctx", {})
    in_unit = f" [{unit}]" if unit else ""
    match kind:
        case "value_error":
            return str(context["error"])
        case "greater_than_equal":
            return f"must be at least {context['ge']:g}{in_unit}"
        case "greater_than":
            return f"must be greater than {context['gt']:g}{in_unit}"
        case "less_than" | "less_than_equal":
            limit = context.get("le", context.get("lt"))
            hint = share_of_percent(value) if limit == 1 else ""
            return f"must be at most {limit:g}{in_unit}{hint}"
        case "finite_number":
            return f"must be a finite number{in_unit}"
        case "literal_error" | "enum":
            options = re.findall(r"'([^']*)'", str(context["expected"]))
            return f"must be {_quoted(context['expected'])}{closest(value, options)}"
        case "float_type" | "int_type" | "int_from_float":
            number = "a whole number" if kind.startswith("int") else "a number"
            as_number = plain_number(value, unit) if isinstance(value, str) else ""
            return f"must be {number}{in_unit}{as_number}"
        case "series":
            as_number = plain_number(value, unit) if isinstance(value, str) else ""
            return f"must be a number{in_unit}{as_number}, or {SERIES}"
    return _expected_type(kind, table, of_text) or problem["msg"][0].lower() + problem["msg"][1:]


def _quoted(options: str) -> str:
    return options.replace("'", '"')


def _expected_type(kind: str, table: str, of_text: bool) -> str | None:
    match kind:
        case "string_type":
            return 'must be text in quotes, as in "text"'
        case "string_too_short" | "too_short":
            return "must not be empty"
        case "too_long":
            return "has too many entries"
        case "string_too_long":
            return "is too long"
        case "bool_type":
            return "must be true or false"
        case "date_type":
            return "must be a day, without quotes, as in 2026-08-01"
        case "model_type" | "dict_type" | "model_attributes_type":
            return f"must be a table [{table}]"
        case "list_type" | "tuple_type":
            return "must be a list, as in " + ('["a", "b"]' if of_text else "[1, 2]")
    return None


def in_words(error: ValidationError, model: Any) -> ScenarioError:
    """Convert a validation error of a value in Python to a `ScenarioError`, in words.

    Parameters
    ----------
    error : ValidationError
    model : type of BaseModel
        That refused it.

    Returns
    -------
    ScenarioError
        With every problem.
    """
    name = model.__name__
    found: dict[tuple[str, ...], list[ErrorDetails]] = {}
    for problem in error.errors(include_url=False):
        loc = problem["loc"]
        branch = len(loc) > 1 and problem["type"] != "extra_forbidden"
        key = loc[:1] if branch and not isinstance(problem["input"], Mapping) else loc
        found.setdefault(tuple(map(str, key)), []).append(problem)
    above = {key[:size] for key in found for size in range(len(key))}
    lines: list[str] = []
    for key, problems in found.items():
        field = model.model_fields.get(key[0]) if key else None
        unit = unit_of(getattr(field, "description", None))
        for problem in telling_of(problems, deeper=key in above):
            what = ".".join((name, *key))
            if problem["type"] == "missing":
                lines.append(f"{what} is missing")
            elif problem["type"] == "extra_forbidden":
                hint = closest(key[-1], list(model.model_fields)) if len(key) == 1 else ""
                lines.append(f"{what} is no parameter{hint}")
            else:
                text = expected(problem, unit=unit, table=what)
                value = "" if not key else f" = {shown(problem['input'])}"
                lines.append(f"{what}{value}: {text}")
    return ScenarioError(dict.fromkeys(lines))


def file_problems(error: ValidationError, model: type[BaseModel], where: str) -> list[str]:
    """One line for each problem of a data file of its own, such as a tariff.

    Parameters
    ----------
    error : ValidationError
    model : type of BaseModel
        That refused its content.
    where : str
        What the file holds, before each line: ``tariff my.toml``.

    Returns
    -------
    list of str
        ``tariff my.toml: versions[1].source is missing``; entries of lists are counted from 1.
    """
    found: dict[tuple[int | str, ...], list[ErrorDetails]] = {}
    for problem in error.errors(include_url=False):
        found.setdefault(problem["loc"], []).append(problem)
    above = {key[:size] for key in found for size in range(len(key))}
    return list(
        dict.fromkeys(
            f"{where}: {_line_of_file(problem, model)}"
            for key, problems in found.items()
            for problem in telling_of(problems, deeper=key in above)
            # A list of wrong entries counts as empty, and that is no problem of its own.
            if not (key in above and problem["type"] == "too_short")
        )
    )


def _line_of_file(problem: ErrorDetails, model: type[BaseModel]) -> str:
    key, here, field = "", model, None
    for part in problem["loc"]:
        if isinstance(part, int):
            key += f"[{part + 1}]"
            continue
        key += f".{part}" if key else part
        field = here.model_fields.get(part)
        inner = _model_of(getattr(field, "annotation", None))
        if inner is not None and part != problem["loc"][-1]:
            here = inner
    kind = problem["type"]
    if kind == "missing":
        return f"{key} is missing" + (f": {field.description}" if field else "")
    if kind == "extra_forbidden":
        return f"{key} is no key here{closest(problem['loc'][-1], list(here.model_fields))}"
    text = expected(problem, unit=unit_of(getattr(field, "description", None)), table=key)
    if kind == "value_error" and isinstance(problem["input"], Mapping):
        return f"{key}: {text}" if key else text
    return f"{key} = {shown(problem['input'])}: {text}"


def _model_of(annotation: Any) -> type[BaseModel] | None:
    """The model in ``tuple[X, ...]``, ``dict[str, X]``, ``X | None`` and the like."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    return next((m for a in get_args(annotation) if (m := _model_of(a)) is not None), None)
