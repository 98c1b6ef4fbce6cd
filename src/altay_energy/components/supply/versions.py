"""Tables that change on known days: versions with dates."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Annotated, ClassVar, Self, TypeVar

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, ValidationError, model_validator

from altay_energy.components.base import Component
from altay_energy.components.faults import file_problems
from altay_energy.core.errors import ScenarioError
from altay_energy.core.timeline import Integers, Timeline

Days = NDArray[np.datetime64]

T = TypeVar("T", bound="DatedTable")


class Version(Component):
    """Fields of a version: its first and last day, document and source."""

    document: str = Field("", description="number of the document")
    source: str = Field(min_length=1, description='where the figures come from, or "assumed"')
    note: str = Field("", description="what to know about them")
    valid_from: date = Field(description="first day, as 2026-08-01 [-]")
    valid_until: date | None = Field(
        None, description="last day; default: until further notice or the next version [-]"
    )

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.valid_until is not None and self.valid_until < self.valid_from:
            raise ValueError(
                f"valid_until = {self.valid_until} is before valid_from = {self.valid_from}"
            )
        return self


class DatedTable(Component):
    """A table in versions with dates."""

    kind_of_table: ClassVar[str] = "table"
    """Name of this kind of table in messages."""

    name: str = Field("", description="what it is called in messages; default: that of its file")
    title: str = Field(description="title in English")
    title_zh: str = Field("", description="title in Chinese")
    versions: Annotated[tuple[Version, ...], Field(strict=False, min_length=1)] = Field(
        description="the versions, the oldest first"
    )

    @model_validator(mode="after")
    def _versions_in_order(self) -> Self:
        pairs = zip(self.versions[:-1], self.versions[1:], strict=True)
        for number, (one, other) in enumerate(pairs, 1):
            last = one.valid_until
            if other.valid_from <= one.valid_from or (last and other.valid_from <= last):
                until = "" if last is None else f" to {last}"
                raise ValueError(
                    f"versions[{number}] from {one.valid_from}{until} and versions[{number + 1}] "
                    f"from {other.valid_from} overlap; order versions by valid_from, and end one "
                    "before the next begins"
                )
        return self

    @property
    def validity(self) -> str:
        """First and last day of all versions as text."""
        last = self.versions[-1].valid_until
        until = "further notice" if last is None else last.isoformat()
        return f"{self.versions[0].valid_from.isoformat()} to {until}"

    def known_on(self, days: Days) -> NDArray[np.bool_]:
        """Whether a version applies on each day.

        Parameters
        ----------
        days : ndarray of datetime64[D], shape (T,)

        Returns
        -------
        ndarray of bool, shape (T,)
        """
        place = self._begun(days)
        lasts = [v.valid_until or date.max - timedelta(days=1) for v in self.versions]
        known: NDArray[np.bool_] = (place >= 0) & (days <= _as_days(lasts)[np.maximum(place, 0)])
        return known

    def version_on(self, days: Days) -> Integers:
        """Index of the version that applies on each day, or of the nearest if none does.

        Parameters
        ----------
        days : ndarray of datetime64[D], shape (T,)

        Returns
        -------
        ndarray of int, shape (T,)
        """
        return np.maximum(self._begun(days), 0)

    def _begun(self, days: Days) -> Integers:
        starts = _as_days([version.valid_from for version in self.versions])
        return np.searchsorted(starts, days, side="right").astype(np.int64) - 1

    def problem(self, timeline: Timeline) -> str | None:
        """Error message for a period of which only a part has a version; otherwise None.

        Parameters
        ----------
        timeline : Timeline
            The T intervals.
        """
        days = _days_of(timeline)
        known = self.known_on(days)
        if known.all() or not known.any():
            return None
        unknown = days[np.argmin(known)]
        period = f"in the period {timeline.describe()}"
        what = f"{self.kind_of_table} {self.name}"
        if known[0]:
            return (
                f"{what}: nothing is known from {unknown} on, {period}; end the period before that "
                "day, or give a file with a version for it"
            )
        return (
            f"{what}: nothing is known before {days[np.argmax(known)]}, {period}; begin the period "
            "on that day or later, or give a file with a version before it"
        )

    def notice(self, timeline: Timeline) -> str | None:
        """Notice of a period that lies entirely outside of all versions; otherwise None.

        Parameters
        ----------
        timeline : Timeline
            The T intervals.
        """
        if self.known_on(_days_of(timeline)).any():
            return None
        return (
            f"{self.kind_of_table} {self.name} holds from {self.validity}; the period "
            f"{timeline.describe()} is not within and takes its prices all the same"
        )

    @classmethod
    def of_table(cls: type[T], name: str, table: object) -> T:
        """Read the table of a file.

        Parameters
        ----------
        name : str
            Name of the entry in the catalogue, or of the user's file.
        table : dict
            Content of the file.

        Raises
        ------
        ScenarioError
            With one line for each problem: key, value and what is expected.
        """
        where = f"{cls.kind_of_table} {name}"
        try:
            given = table if isinstance(table, dict) else {}
            return cls.model_validate({"name": name, **given})
        except ValidationError as error:
            raise ScenarioError(file_problems(error, cls, where)) from None


def _days_of(timeline: Timeline) -> Days:
    """Local days of a period, shape (D,)."""
    first, last = timeline.local[[0, -1]].astype("datetime64[D]")
    return np.arange(first, last + np.timedelta64(1, "D"))


def _as_days(days: Sequence[date]) -> Days:
    return np.array([day.isoformat() for day in days], dtype="datetime64[D]")
