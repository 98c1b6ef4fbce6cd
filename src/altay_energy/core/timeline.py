"""Time axis of a run: UTC inside, a local clock of fixed offset for input and output."""

from __future__ import annotations

import numbers
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from altay_energy.core.errors import ScenarioError, kind_of
from altay_energy.core.units import Array
from altay_energy.core.value import Value, read_only

BEIJING_OFFSET_HOURS = 8.0
STEPS_HOURS = (1.0, 0.5, 0.25)

MOST_STEPS = 100_000_000
"""A thousand years of quarter hours and more."""

Times = NDArray[np.datetime64]
Integers = NDArray[np.int64]


@dataclass(frozen=True)
class Timeline(Value):
    """``steps`` equal intervals; a value at position ``k`` is the mean over interval ``k``.

    Parameters
    ----------
    start : datetime
        Beginning of the first interval, with its zone.
    steps : int
        Number of intervals, T.
    step_hours : float
        Length of an interval: 1, 0.5 or 0.25. [h]
    utc_offset_hours : float
        Local clock of the plants' users minus UTC, the whole year through. [h]
    """

    start: datetime
    steps: int
    step_hours: float = 1.0
    utc_offset_hours: float = BEIJING_OFFSET_HOURS

    def __post_init__(self) -> None:
        if not isinstance(self.start, datetime) or self.start != self.start:  # pandas' NaT is one
            raise ScenarioError(f"start must be a datetime, but is {kind_of(self.start)}")
        if self.start.tzinfo is None:
            raise ScenarioError("start must carry its zone, as in 2030-01-01T00:00+08:00")
        if not _is_number(self.step_hours) or self.step_hours not in STEPS_HOURS:
            raise ScenarioError(f"step_hours must be one of {STEPS_HOURS} [h]")
        if not isinstance(self.steps, numbers.Integral) or isinstance(self.steps, bool):
            raise ScenarioError(f"steps must be a whole number, but is {kind_of(self.steps)}")
        if not 1 <= self.steps <= MOST_STEPS:
            raise ScenarioError(f"steps must be 1 to {MOST_STEPS}; a step is an interval")
        if not _is_number(self.utc_offset_hours) or not -12.0 <= self.utc_offset_hours <= 14.0:
            raise ScenarioError("utc_offset_hours must be a number from -12 to 14 [h]")

    @classmethod
    def of_year(
        cls,
        year: int,
        step_hours: float = 1.0,
        utc_offset_hours: float = BEIJING_OFFSET_HOURS,
    ) -> Timeline:
        """All intervals of one calendar year of the local clock: 8760 or 8784 hours."""
        if not isinstance(year, numbers.Integral) or isinstance(year, bool):
            raise ScenarioError(f"year must be a whole number, but is {kind_of(year)}")
        if not 1 <= year <= 9998:
            raise ScenarioError("year must be 1 to 9998")
        if not _is_number(utc_offset_hours) or not -12.0 <= utc_offset_hours <= 14.0:
            raise ScenarioError("utc_offset_hours must be a number from -12 to 14 [h]")
        zone = timezone(timedelta(hours=utc_offset_hours))
        start = datetime(int(year), 1, 1, tzinfo=zone)
        hours = (datetime(year + 1, 1, 1, tzinfo=zone) - start) / timedelta(hours=1)
        return cls(start, round(hours / step_hours), step_hours, utc_offset_hours)

    @property
    def hours(self) -> float:
        """Length of the whole period. [h]"""
        return self.steps * self.step_hours

    @property
    def step_seconds(self) -> int:
        """Length of an interval. [s]"""
        return round(self.step_hours * 3600)

    @cached_property
    def utc(self) -> Times:
        """Beginning of each interval in UTC, ``datetime64[s]``, shape (T,)."""
        return self.utc_edges[:-1]

    @cached_property
    def utc_edges(self) -> Times:
        """Edges of the intervals in UTC, ``datetime64[s]``, shape (T + 1,): instants of levels."""
        first = np.datetime64(self.start.astimezone(UTC).replace(tzinfo=None), "s")
        return read_only(first + np.arange(self.steps + 1) * np.timedelta64(self.step_seconds, "s"))

    @cached_property
    def local(self) -> Times:
        """Beginning of each interval on the local clock, ``datetime64[s]``, shape (T,)."""
        return read_only(self.utc + np.timedelta64(round(self.utc_offset_hours * 3600), "s"))

    @cached_property
    def year(self) -> Integers:
        """Local calendar year of each interval, shape (T,)."""
        return read_only(self.local.astype("datetime64[Y]").astype(np.int64) + 1970)

    @cached_property
    def month(self) -> Integers:
        """Local month of each interval, 0 for January, shape (T,)."""
        return read_only(self.local.astype("datetime64[M]").astype(np.int64) % 12)

    @cached_property
    def day_of_year(self) -> Integers:
        """Local day of the year of each interval, 1 for 1 January, shape (T,)."""
        days = self.local.astype("datetime64[D]")
        return read_only((days - days.astype("datetime64[Y]")).astype(np.int64) + 1)

    @cached_property
    def hour(self) -> Array:
        """Local clock at the beginning of each interval, 0 ≤ hour < 24, shape (T,). [h]"""
        seconds = (self.local - self.local.astype("datetime64[D]")).astype(np.int64)
        return read_only(seconds / 3600.0)

    @cached_property
    def weekday(self) -> Integers:
        """Local day of the week of each interval, 0 for Monday, shape (T,)."""
        days = self.local.astype("datetime64[D]").astype(np.int64)
        return read_only((days + 3) % 7)  # 1970-01-01 was a Thursday

    @property
    def whole_years(self) -> bool:
        """Whether the period ends on the local date and hour of its beginning, years later."""
        zone = timezone(timedelta(hours=self.utc_offset_hours))
        first = self.start.astimezone(zone)
        last = first + timedelta(hours=self.hours)
        return last.year > first.year and first.replace(year=2000) == last.replace(year=2000)

    def describe(self) -> str:
        """First and last local instant, as text."""
        zone = timezone(timedelta(hours=self.utc_offset_hours))
        first = self.start.astimezone(zone)
        last = first + timedelta(hours=self.hours)
        return f"{first:%Y-%m-%d %H:%M} to {last:%Y-%m-%d %H:%M} ({self.zone})"

    @property
    def zone(self) -> str:
        """The local clock as text: ``UTC+8``, ``UTC-3:30``."""
        minutes = round(abs(self.utc_offset_hours) * 60)
        sign = "-" if self.utc_offset_hours < 0 else "+"
        rest = f":{minutes % 60:02d}" if minutes % 60 else ""
        return f"UTC{sign}{minutes // 60}{rest}"


def _is_number(value: object) -> bool:
    return isinstance(value, numbers.Real) and not isinstance(value, bool)
