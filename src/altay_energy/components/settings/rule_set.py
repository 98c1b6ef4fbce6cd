"""Dated sets of rules for a project, each limit with its document and source.

A set is a TOML file: those of the package are in ``data/policy``, one's own are named by path. Each
of its limits names a figure of a run and the value that the figure must not exceed, or must reach.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, Self, TypeAlias

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from altay_energy.components.faults import expected, shown
from altay_energy.core.catalogue import Catalogue
from altay_energy.core.errors import ScenarioError
from altay_energy.core.wording import closest, share_of_percent

Sense: TypeAlias = Literal["min", "max"]
"""Whether a figure must be at least or at most the value of its limit."""


class _Strict(BaseModel):
    model_config = ConfigDict(frozen=True, strict=True, extra="forbid", allow_inf_nan=False)


class RuleSpec(_Strict):
    """A set of rules in a file of one's own that was not read yet."""

    file: str = Field(min_length=1, description="TOML file, relative to the scenario file")


def is_own(rule: object) -> bool:
    """Whether what stands among rules is a file: a text that ends in ``.toml``."""
    return isinstance(rule, str) and rule.endswith(".toml")


class LaterValue(_Strict):
    """The value of a limit for projects that are new from a day on."""

    start: dt.date = Field(alias="from", description="first day [-]")
    value: float = Field(description="limit from that day on, in the unit of the figure")


class RuleLimit(_Strict):
    """One limit on a figure of a run."""

    figure: str = Field(min_length=1, description="figure of kpis.json, or a ratio of capacities")
    sense: Sense = Field(description="whether the value is the least or the largest allowed")
    value: float = Field(ge=0, description="limit, in the unit of the figure")
    new_projects: tuple[LaterValue, ...] = Field(
        (), strict=False, description="other values for projects that are new from a day on"
    )
    source: str = Field("", description="where the value comes from")
    assumed: str = Field("", description="what is assumed of it")

    @model_validator(mode="after")
    def _shares(self) -> Self:
        for value in (self.value, *(step.value for step in self.new_projects)):
            if self.figure.endswith(("_rate", "_share")) and value > 1.0:
                raise ValueError(
                    f"value = {value:g} of {self.figure} must be at most 1{share_of_percent(value)}"
                )
        days = [step.start for step in self.new_projects]
        if days != sorted(set(days)):
            raise ValueError("new_projects must be in the order of their days, each day once")
        return self

    @property
    def key(self) -> str:
        """Figure and sense as one name: ``"export_rate_max"``."""
        return f"{self.figure}_{self.sense}"

    def on(self, project: dt.date) -> float:
        """The limit for a project, in the unit of the figure.

        Parameters
        ----------
        project : date
            Day on which the project counts as new.
        """
        later = [step.value for step in self.new_projects if step.start <= project]
        return later[-1] if later else self.value


class RuleSet(_Strict):
    """A set of rules: its limits, the days on which it is in force, its document and source."""

    name: str = Field(min_length=1, description="name of the file")
    title: str = Field("", description="title in English")
    title_zh: str = Field("", description="title in Chinese")
    document: str = Field(min_length=1, description="the text that sets the rules")
    date: dt.date = Field(description="day of the text")
    valid_from: dt.date = Field(description="first day on which the rules are in force")
    valid_until: dt.date | None = Field(
        None, description="last day; without it until further notice"
    )
    ended_by: str = Field("", description="text that ended the rules")
    of_projects: bool = Field(
        False,
        description="whether the day on which a project is new decides if the rules are in force, "
        "instead of the period of the run",
    )
    region: str = Field("", description="region whose projects it is for, as in data/regions.toml")
    without_spot_market: str = Field(
        "", description="set that also holds where no spot market runs continuously"
    )
    source: str = Field(min_length=1, description="where the text was seen, or assumed")
    assumed: str = Field("", description="what is assumed of the set as a whole")
    limits: tuple[RuleLimit, ...] = Field(min_length=1, strict=False, description="its limits")

    @model_validator(mode="after")
    def _sound(self) -> Self:
        if self.valid_until is not None and self.valid_until < self.valid_from:
            raise ValueError(
                f"valid_until = {self.valid_until} is before valid_from = {self.valid_from}"
            )
        keys = [limit.key for limit in self.limits]
        twice = [key for key in keys if keys.count(key) > 1]
        if twice:
            raise ValueError(f"limits has {twice[0]} twice; once is enough")
        if self.region:
            REGIONS.load(self.region)
        if self.without_spot_market:
            RULES.load(self.without_spot_market)
        return self

    def covers(self, first: dt.date, last: dt.date) -> bool:
        """Whether the rules are in force on all days from the first to the last."""
        return self.valid_from <= first and (self.valid_until is None or last <= self.valid_until)

    def validity(self) -> str:
        """First and last day, as text."""
        if self.valid_until is None:
            return f"{self.valid_from} to further notice"
        return f"{self.valid_from} to {self.valid_until}"


@dataclass(frozen=True)
class Region:
    """A region as a box of degrees that holds it.

    Parameters
    ----------
    name, title, title_zh : str
    latitude, longitude : (float, float)
        From and to. [°]
    """

    name: str
    title: str
    title_zh: str
    latitude: tuple[float, float]
    longitude: tuple[float, float]

    def holds(self, latitude: float, longitude: float) -> bool:
        """Whether a point lies within the box. [°]"""
        south, north = self.latitude
        west, east = self.longitude
        return south <= latitude <= north and west <= longitude <= east


def _region(name: str, table: Mapping[str, Any]) -> Region:
    box = tuple(table["latitude"]), tuple(table["longitude"])
    return Region(name, table["title"], table["title_zh"], *box)


REGIONS = Catalogue("region", "data/regions.toml", _region)
"""Regions of rules."""


def _rule_set(name: str, tables: Mapping[str, Any]) -> RuleSet:
    """A set from the table of its file; a user's file gives its name without its ending."""
    if "name" in tables:
        raise ScenarioError(f"rule {name}: name is no key here; rules are called after their file")
    try:
        return RuleSet.model_validate({**tables, "name": name.removesuffix(".toml")})
    except ValidationError as error:
        raise ScenarioError(
            f"rule {name}: {_problem(problem)}" for problem in error.errors(include_url=False)
        ) from None


RULES = Catalogue("rule", "data/policy", _rule_set, own='rules = ["my-rules.toml"]')
"""Sets of rules that come with the package, and files of one's own."""


def _problem(problem: Any) -> str:
    """One line on one problem of a file of rules."""
    key = ".".join(str(part + 1) if isinstance(part, int) else part for part in problem["loc"])
    if problem["type"] == "missing":
        model = RuleLimit if key.startswith("limits.") else RuleSet
        field = model.model_fields.get(key.rpartition(".")[2])
        meaning = f": {field.description}" if field and field.description else ""
        return f"{key} is missing{meaning}"
    if problem["type"] == "extra_forbidden":
        known = (RuleLimit if key.startswith("limits.") else RuleSet).model_fields
        return f"{key} is no key here{closest(key.rpartition('.')[2], known)}"
    text = expected(problem, table=key)
    if problem["type"] == "value_error":
        return f"{key}: {text}" if key else text
    return f"{key} = {shown(problem['input'])}: {text}"
