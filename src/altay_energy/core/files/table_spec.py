"""Declaration of a table of times and values: its rows, columns, clock and cells."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, field_validator, model_validator

from altay_energy.core.files.gaps import GapPolicy

Stamp = Literal["begin", "middle", "end"]

TIME = "time"
"""Name of the column of stamps where none is declared."""

EXCEL = "excel"
"""``time_format`` of stamps that are Excel's numbers of days."""

PARTS = ("year", "month", "day", "hour", "minute")
"""Entries of a list of time columns, in this order: three to five of them."""

Name = Annotated[str, Field(min_length=1)]


class TableSpec(BaseModel):
    """A CSV file with the properties that the file itself does not give.

    Strict and frozen; unknown keys are refused.
    """

    model_config = ConfigDict(frozen=True, strict=True, extra="forbid", allow_inf_nan=False)

    file: str = Field(min_length=1, description="CSV file, relative to the scenario file")
    utc_offset_hours: float | None = Field(
        None, ge=-12, le=14, description="clock of the stamps minus UTC, instead of the file's [h]"
    )
    stamp: Stamp | None = Field(
        None, description="CSV: position of a stamp in its interval: begin, middle or end"
    )
    time: Name | Annotated[list[Name], Field(min_length=3, max_length=5)] = Field(
        TIME,
        description="CSV: name of the column of stamps, or of the columns of year, month, day, "
        "hour and minute",
    )
    time_format: Name | None = Field(
        None,
        description='CSV: how stamps are written, as in "%d.%m.%Y %H:%M", or "excel" for numbers '
        "of days; without it ISO 8601 or year/month/day",
    )
    header_line: Annotated[int, Field(ge=0)] | Annotated[list[int], Field(min_length=1)] | None = (
        Field(
            None,
            description="CSV: line of the header, or its lines, whose cells are joined by a "
            "space; 0 for none, then columns are called 1, 2, …; without it the first line that "
            "names the columns",
        )
    )
    separator: Literal[",", ";", "\t", "|", " "] | None = Field(
        None, description="CSV: separator of columns, if not detected"
    )
    decimal: Literal[".", ","] = Field(".", description="CSV: decimal sign")
    sort: bool = Field(False, description="CSV: sort rows by time")
    max_gap_hours: float = Field(
        0.0, ge=0, le=24, description="gaps up to this length are interpolated linearly [h]"
    )
    same_hour_gap_hours: float = Field(
        0.0,
        ge=0,
        le=240,
        description="longer gaps up to this length take the same hour of neighbouring days [h]",
    )
    encoding: str | None = Field(
        None, min_length=1, max_length=40, description="encoding of the text, if not detected"
    )

    @property
    def gap_policy(self) -> GapPolicy:
        """Which gaps may be filled, and how."""
        return GapPolicy(self.max_gap_hours, self.same_hour_gap_hours)

    @property
    def time_columns(self) -> tuple[str, ...]:
        """Columns that make up a stamp."""
        return (self.time,) if isinstance(self.time, str) else tuple(self.time)

    @field_validator("header_line")
    @classmethod
    def _rising(cls, given: int | list[int] | None) -> int | list[int] | None:
        if isinstance(given, list) and (given[0] < 1 or given != sorted(set(given))):
            raise ValueError("lines of a header are counted from 1 and must rise, as in [1, 2]")
        return given

    @field_validator("time_format")
    @classmethod
    def _format_says_the_day(cls, given: str | None) -> str | None:
        if given is None or given == EXCEL:
            return given
        codes = set(re.findall(r"%-?([A-Za-z])", given))
        parts = ("yY", "mbBj", "dj")
        dated = "c" in codes or all(codes & set(part) for part in parts)
        try:
            sample = datetime(2030, 12, 31, 23, 59, tzinfo=UTC)
            datetime.strptime(sample.strftime(given), given)
        except ValueError:
            dated = False
        if not dated:
            raise ValueError(
                'expected year, month and day as strptime writes them, as in "%d.%m.%Y %H:%M", '
                f'or "{EXCEL}"'
            )
        return given


def _start_text(value: object) -> object:
    """A TOML date and time as text."""
    return value.isoformat() if isinstance(value, datetime) else value


class SeriesRef(TableSpec):
    """A column of a CSV file in place of a number."""

    column: str = Field(
        min_length=1, description="name of the column in the header, or its number without one"
    )
    stamp: Stamp = Field(
        "begin", description="position of a stamp in its interval: begin, middle or end"
    )
    start: Annotated[str | None, BeforeValidator(_start_text)] = Field(
        None,
        description=(
            "for values without stamps: beginning of the first row, on the clock of "
            "utc_offset_hours or of the scenario; rows are consecutive"
        ),
    )
    step_hours: float | None = Field(
        None, ge=1 / 60, le=24, description="with start: step of the rows; default: the run's [h]"
    )
    unit: str | None = Field(
        None,
        min_length=1,
        description="unit of the values, which are converted to that of the key: kW, MW, GW or "
        "an energy of the interval such as kWh; CNY/kWh; m3/h, L/s; %",
    )
    factor: float = Field(
        1.0, description="factor of the values, before the conversion of unit [-]"
    )
    resample: Literal["mean"] | None = Field(
        None, description="policy for steps finer than the run's: mean of those within an interval"
    )
    substeps: Literal["hold"] | None = Field(
        None, description="policy for steps coarser than the run's: the value is held throughout"
    )

    @field_validator("factor")
    @classmethod
    def _not_nothing(cls, given: float) -> float:
        if given == 0.0:
            raise ValueError("0 leaves nothing of the series; write 0 instead of the file")
        return given

    @field_validator("start")
    @classmethod
    def _known_start(cls, given: str | None) -> str | None:
        if given is not None:
            try:
                datetime.fromisoformat(given)
            except ValueError:
                raise ValueError('expected ISO 8601, as in "2030-01-01T00:00"') from None
        return given

    @model_validator(mode="after")
    def _start_or_stamps(self) -> SeriesRef:
        odd = {"time", "time_format", "stamp", "sort"} & self.model_fields_set
        if self.start is not None and odd:
            raise ValueError(
                f"start is for values without stamps; leave out {', '.join(sorted(odd))}, or start"
            )
        if self.step_hours is not None and self.start is None:
            raise ValueError("step_hours goes with start; stamps say their step themselves")
        return self

    def given(self) -> dict[str, Any]:
        """The keys that were given."""
        return self.model_dump(exclude_unset=True)
