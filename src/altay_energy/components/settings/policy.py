"""The rules that a project is judged by, and limits of one's own."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime
from typing import Annotated, Any, ClassVar, NamedTuple, Self

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    PlainSerializer,
    WithJsonSchema,
    model_validator,
)

from altay_energy.components.base import Component, iso_text
from altay_energy.components.settings.rule_set import (
    RULES,
    RuleLimit,
    RuleSet,
    RuleSpec,
    is_own,
)
from altay_energy.core.errors import ScenarioError
from altay_energy.core.wording import share_of_percent

SENSES = ("_min", "_max")
"""Ends of a name in ``[policy.limits]``: least or largest value of the figure before it."""

OWN = "own"
"""Name of the set of limits that ``[policy.limits]`` gives."""


def _as_rule(value: object) -> object:
    if is_own(value):
        return RuleSpec(file=str(value))
    return RULES.load(value).name if isinstance(value, str) else value


def _plain_rule(rule: str | RuleSpec | RuleSet) -> str:
    if isinstance(rule, str):
        return rule
    return rule.file if isinstance(rule, RuleSpec) else rule.name


def _rule_schema() -> dict[str, Any]:
    file = {"type": "string", "pattern": "[.]toml$"}
    return {"anyOf": [{"enum": list(RULES.names)}, file]}


RuleField = Annotated[
    str | RuleSpec | RuleSet,
    BeforeValidator(_as_rule),
    PlainSerializer(_plain_rule),
    WithJsonSchema(_rule_schema()),
]
"""Name of a set of rules, a TOML file of one's own, or (library) a set."""


def _known_day(text: str) -> str:
    try:
        return date.fromisoformat(text).isoformat()
    except ValueError:
        raise ValueError(f'"{text}" is no day; expected ISO 8601, as in 2026-05-20') from None


def _day_text(value: object) -> object:
    return iso_text(value) if isinstance(value, date) and not isinstance(value, datetime) else value


Day = Annotated[str, AfterValidator(_known_day), BeforeValidator(_day_text)]


class AskedLimit(NamedTuple):
    """A limit that a project is judged by.

    Parameters
    ----------
    rules : RuleSet or None
        The set that it is of; None for a limit of one's own.
    limit : RuleLimit
    value : float
        For this project, in the unit of the figure.
    """

    rules: RuleSet | None
    limit: RuleLimit
    value: float

    @property
    def name(self) -> str:
        """Name of the set, figure and sense: ``"green_direct_650.export_rate_max"``."""
        return f"{self.rules.name if self.rules else OWN}.{self.limit.key}"


class PolicySettings(Component):
    """Rules by which the figures of a run are judged; they change no dispatch unless enforced."""

    kind: ClassVar[str] = "policy"

    rules: list[RuleField] = Field(
        [],
        description="sets of rules: names of those that come with the package, or TOML files of "
        'one\'s own, as in "my-rules.toml" [-]',
    )
    limits: dict[str, Annotated[float, Field(ge=0)]] = Field(
        default_factory=dict,
        description="limits of one's own: a figure of kpis.json with _max or _min, as in "
        "curtailment_rate_max = 0.05, in the unit of the figure",
    )
    project_date: Day | None = Field(
        None,
        description="day on which the project counts as new, for rules that ask more of later "
        "projects; default: first day of the period [-]",
    )
    enforce: bool = Field(
        False,
        description="whether limits of the rules that [dispatch] knows bind the dispatch as well, "
        "and a feed-in of 0 closes the export; default: they only judge it [-]",
    )

    @model_validator(mode="after")
    def _something(self) -> Self:
        if not self.rules and not self.limits:
            raise ValueError(
                'names no rule: give rules = ["green_direct_650"] or [policy.limits], or leave '
                f"the table out (rules: {', '.join(RULES.names)})"
            )
        names = [_plain_rule(rule) for rule in self.rules]
        for name in names:
            if names.count(name) > 1:
                raise ValueError(f"rules has {name} twice; once is enough")
        return self

    @model_validator(mode="after")
    def _own(self) -> Self:
        for key, value in self.limits.items():
            if not key.endswith(SENSES):
                raise ValueError(
                    f"limits.{key} says neither least nor largest: end it in _min or _max, as in "
                    f"{key}_max"
                )
            if key.removesuffix(key[-4:]).endswith(("_rate", "_share")) and value > 1.0:
                raise ValueError(
                    f"limits.{key} = {value:g} must be at most 1{share_of_percent(value)}"
                )
        return self

    def sets(self) -> tuple[RuleSet, ...]:
        """The sets of rules, in the order in which they are named.

        Raises
        ------
        ScenarioError
            If one is a file that was not read; `load` reads those of a scenario.
        """
        found = []
        for rule in self.rules:
            if isinstance(rule, RuleSpec):
                raise ScenarioError(
                    f"policy.rules: {rule.file} was not read; load it as a scenario does, with "
                    "RULES.load_own(path)"
                )
            found.append(RULES.load(rule) if isinstance(rule, str) else rule)
        return tuple(found)

    def project_day(self, first: date) -> date:
        """Day on which the project counts as new: as given, else the first day of the period."""
        return first if self.project_date is None else date.fromisoformat(self.project_date)

    def asked(self, first: date) -> Iterator[AskedLimit]:
        """Every limit that the project is judged by.

        Parameters
        ----------
        first : date
            First day of the period.
        """
        project = self.project_day(first)
        for rules in self.sets():
            for limit in rules.limits:
                yield AskedLimit(rules, limit, limit.on(project))
        for key, value in self.limits.items():
            limit = RuleLimit(
                figure=key[:-4], sense="min" if key.endswith("_min") else "max", value=value
            )
            yield AskedLimit(None, limit, value)
