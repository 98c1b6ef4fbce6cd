"""Time-of-use levels: factors of the purchase price by hour of the day and month."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from typing import Annotated, ClassVar, Self

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, field_validator, model_validator

from altay_energy.components.base import Component, NonNegative
from altay_energy.components.supply.tariffs import (
    SLOTS_PER_DAY,
    SLOTS_PER_HOUR,
    Slots,
    slots_of,
)
from altay_energy.components.supply.versions import DatedTable, Version
from altay_energy.core.catalogue import Catalogue
from altay_energy.core.timeline import BEIJING_OFFSET_HOURS, Integers, Timeline
from altay_energy.core.units import Array
from altay_energy.core.value import read_only
from altay_energy.core.wording import closest, listing

MONTHS = tuple(range(1, 13))
MOST_MULTIPLIER = 5.0
"""Largest accepted factor; a larger one is probably in percent. Sharp peaks have 2. [-]"""


Pair = Annotated[tuple[float, float], Field(strict=False)]


class Hours(Component):
    """Hours of the day that have one level."""

    level: str = Field(description="name of the level, one of multipliers")
    hours: Annotated[tuple[Pair, ...], Field(strict=False, min_length=1)] = Field(
        description="pairs from-to on the clock, as [[8, 11], [19, 24]] [h]"
    )
    months: Annotated[tuple[int, ...], Field(strict=False, min_length=1)] = Field(
        MONTHS, description="months of the year, 1 to 12; default: all [-]"
    )

    @field_validator("hours")
    @classmethod
    def _within_a_day(cls, pairs: tuple[Pair, ...]) -> tuple[Pair, ...]:
        for begin, end in pairs:
            pair = f"[{begin:g}, {end:g}]"
            if not (0.0 <= begin <= 24.0 and 0.0 <= end <= 24.0):
                raise ValueError(f"{pair} is no part of a day; hours are from 0 to 24")
            if begin * SLOTS_PER_HOUR % 1 or end * SLOTS_PER_HOUR % 1:
                raise ValueError(f"{pair} does not begin and end on quarters of an hour")
            if end < begin and end:
                raise ValueError(
                    f"{pair} passes midnight; split it into [{begin:g}, 24] and [0, {end:g}]"
                )
            if end <= begin:
                mend = f"; for the end of the day write [{begin:g}, 24]" if begin < 24.0 else ""
                raise ValueError(f"{pair} has no length{mend if not end else ''}")
        return pairs

    @field_validator("months")
    @classmethod
    def _of_a_year(cls, months: tuple[int, ...]) -> tuple[int, ...]:
        for month in months:
            if month not in MONTHS:
                raise ValueError(f"there is no month {month}; months are 1 to 12")
        return months

    def cells(self) -> Iterator[tuple[int, slice]]:
        """Month (from 0) and quarters of the day of each pair of hours."""
        for month in self.months:
            for begin, end in self.hours:
                yield (
                    month - 1,
                    slice(round(begin * SLOTS_PER_HOUR), round(end * SLOTS_PER_HOUR)),
                )


class TimeOfUseVersion(Version):
    """Levels and their hours from one day on."""

    utc_offset_hours: float = Field(
        BEIJING_OFFSET_HOURS, ge=-12, le=14, description="clock of the hours minus UTC [h]"
    )
    # A dict: pydantic 2.11 checks no item of a strict Mapping.
    multipliers: dict[str, NonNegative] = Field(
        min_length=1, description="level → factor of the purchase price [-]"
    )
    periods: Annotated[tuple[Hours, ...], Field(strict=False, min_length=1)] = Field(
        description="hours of the levels; together they cover each hour of a day once"
    )
    exceptions: Annotated[tuple[Hours, ...], Field(strict=False)] = Field(
        (), description="hours in some months that replace what the periods say"
    )

    @field_validator("multipliers")
    @classmethod
    def _no_percent(cls, multipliers: dict[str, float]) -> dict[str, float]:
        for level, factor in multipliers.items():
            if factor > MOST_MULTIPLIER:
                share = factor / 100.0
                hint = f"; did you mean {share:g} (a factor, not percent)?"
                raise ValueError(
                    f"{level} = {factor:g} is above {MOST_MULTIPLIER:g}"
                    f"{hint if share <= MOST_MULTIPLIER else ''}"
                )
        return multipliers

    @model_validator(mode="after")
    def _levels_are_known(self) -> Self:
        for part in (*self.periods, *self.exceptions):
            if part.level not in self.multipliers:
                known = ", ".join(self.multipliers)
                raise ValueError(
                    f'there is no level "{part.level}" in multipliers'
                    f"{closest(part.level, self.multipliers)} (levels: {known})"
                )
        return self

    @model_validator(mode="after")
    def _cover_the_day(self) -> Self:
        for parts, what in ((self.periods, "periods"), (self.exceptions, "exceptions")):
            times = np.zeros((12, SLOTS_PER_DAY), dtype=np.int64)
            for part in parts:
                for month, slots in part.cells():
                    times[month, slots] += 1
            wrong = times != 1 if what == "periods" else times > 1
            if wrong.any():
                raise ValueError(self._not_once(parts, what, wrong, times))
        return self

    @staticmethod
    def _not_once(
        parts: tuple[Hours, ...], what: str, wrong: NDArray[np.bool_], times: Integers
    ) -> str:
        """Error message for the first quarter of a day in no period or in several; or None."""
        month, slot = (int(i) for i in np.unravel_index(np.argmax(wrong), wrong.shape))
        end = slot
        while end < SLOTS_PER_DAY and wrong[month, end] and times[month, end] == times[month, slot]:
            end += 1
        hours = f"{_clock(slot)} to {_clock(end)}"
        if not wrong.any(axis=-1).all():
            hours = f"{hours} of month {month + 1}"
        if times[month, slot] == 0:
            return f"{what} leave a gap: {hours} has no level; every hour needs one"
        both = [
            part.level
            for part in parts
            for m, slots in part.cells()
            if m == month and slots.start <= slot < slots.stop
        ]
        return f"{what} overlap: {hours} is in {listing(both)}; every hour needs one level"

    @cached_property
    def levels(self) -> tuple[str, ...]:
        """Names of the levels in the order of their factors."""
        return tuple(sorted(self.multipliers, key=lambda level: self.multipliers[level]))

    @cached_property
    def level_of_slot(self) -> Integers:
        """Index in `levels` for each month and quarter of the day, shape (12, 96)."""
        place = np.zeros((12, SLOTS_PER_DAY), dtype=np.int64)
        for part in (*self.periods, *self.exceptions):
            for cell in part.cells():
                place[cell] = self.levels.index(part.level)
        return read_only(place)

    @cached_property
    def multiplier_of_slot(self) -> Array:
        """Factor for each month and quarter of the day, shape (12, 96). [-]"""
        factors = np.array([self.multipliers[level] for level in self.levels])
        return read_only(factors[self.level_of_slot])


class TimeOfUse(DatedTable):
    """Time-of-use levels in versions with dates."""

    kind_of_table: ClassVar[str] = "time-of-use table"

    versions: Annotated[tuple[TimeOfUseVersion, ...], Field(strict=False, min_length=1)] = Field(
        description="the versions, the oldest first"
    )

    @model_validator(mode="after")
    def _one_clock(self) -> Self:
        if len({version.utc_offset_hours for version in self.versions}) > 1:
            raise ValueError("versions have different utc_offset_hours; all need the same clock")
        return self

    def slots(self, timeline: Timeline) -> Slots:
        """Split a period into quarters of an hour on the clock of the levels.

        Parameters
        ----------
        timeline : Timeline
            The T intervals.
        """
        return slots_of(self.name, timeline, self.versions[0].utc_offset_hours)

    def multipliers(self, timeline: Timeline) -> Array:
        """Mean factor of the purchase price in each interval, shape (T,). [-]

        Parameters
        ----------
        timeline : Timeline
            The T intervals.
        """
        slots = self.slots(timeline)
        tables = np.stack([version.multiplier_of_slot for version in self.versions])
        factors = tables[self.version_on(slots.day), slots.month, slots.quarter]
        return np.asarray(factors.reshape(-1, slots.per_step).mean(axis=1))

    def levels(self, timeline: Timeline) -> NDArray[np.str_]:
        """Name of the level at the start of each interval, shape (T,).

        Parameters
        ----------
        timeline : Timeline
            The T intervals.
        """
        slots = self.slots(timeline)
        first = slice(None, None, slots.per_step)
        tables = np.stack([np.array(v.levels)[v.level_of_slot] for v in self.versions])
        version = self.version_on(slots.day[first])
        return np.asarray(tables[version, slots.month[first], slots.quarter[first]])


def _clock(slot: int) -> str:
    return f"{slot // SLOTS_PER_HOUR:02d}:{slot % SLOTS_PER_HOUR * 15:02d}"


TIMES_OF_USE = Catalogue(
    TimeOfUse.kind_of_table,
    "data/tariffs/time_of_use",
    TimeOfUse.of_table,
    own='time_of_use = { file = "my-hours.toml" }',
)
"""Time-of-use levels shipped with the package."""
