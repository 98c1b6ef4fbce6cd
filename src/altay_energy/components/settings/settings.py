"""Settings of a scenario: period, weather and dispatch."""

from __future__ import annotations

import re
from datetime import datetime, timedelta, timezone
from itertools import pairwise
from typing import Annotated, ClassVar, Literal, Self

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    field_validator,
    model_validator,
)

from altay_energy.components.base import Component, CostCNY, Fraction, PriceCNY, Usual, iso_text
from altay_energy.components.kinds import STORAGES
from altay_energy.components.settings.rolling import ForecastSettings, RollingSettings
from altay_energy.core.timeline import BEIJING_OFFSET_HOURS, STEPS_HOURS, Timeline
from altay_energy.weather.climate.model.warming import Warming, documented_warming
from altay_energy.weather.files.spec import WeatherFileSpec

FIRST_YEAR, LAST_YEAR = 1900, 2200
MAX_YEARS = 30
_MAX_HOURS = MAX_YEARS * 366 * 24

_DATE = re.compile(r"^\s*(\d{1,6})-(\d{1,2})-(\d{1,2})")
_QUARTER_HOURS = 4.0


def _known_start(text: str) -> str:
    try:
        start = datetime.fromisoformat(text)
    except ValueError as error:
        raise ValueError(_why_no_date(text, error)) from None
    _check_year(start.year)
    return text


def _why_no_date(text: str, error: ValueError) -> str:
    found = _DATE.match(text)
    if found:
        year, month, day = (int(part) for part in found.groups())
        if (month, day) == (2, 29):
            return f"there is no 29 February in {year}, it is no leap year"
        if not FIRST_YEAR <= year <= LAST_YEAR:
            return _year_message(year)
        if "day" in str(error) or "month" in str(error) or "hour" in str(error):
            return f"there is no such date or time ({error})"
    return "expected ISO 8601, as in 2030-01-01T00:00 or 2030-01-01T00:00+08:00"


def _year_message(year: int) -> str:
    return f"year {year} is out of range; expected {FIRST_YEAR} to {LAST_YEAR}"


def _check_year(year: int) -> int:
    if not FIRST_YEAR <= year <= LAST_YEAR:
        raise ValueError(_year_message(year))
    return year


def _known_step(step_hours: float) -> float:
    if step_hours not in STEPS_HOURS:
        raise ValueError("must be 1, 0.5 or 0.25 [h]")
    return step_hours


Start = Annotated[str, AfterValidator(_known_start), BeforeValidator(iso_text)]
Year = Annotated[int, AfterValidator(_check_year)]
Step = Annotated[float, AfterValidator(_known_step)]


class TimeSettings(Component):
    """The period: a calendar year, or a start and a number of hours."""

    kind: ClassVar[str] = "time"

    year: Year | None = Field(
        None, description="calendar year of the local clock, 8760 or 8784 hours [a]"
    )
    start: Start | None = Field(
        None,
        description="instead of year: first instant, ISO 8601; without an offset it is on the "
        "local clock [-]",
    )
    hours: Annotated[float, Field(gt=0)] | None = Field(
        None, description="with start: length of the period [h]"
    )
    # Weather files and tariffs are hourly.
    step_hours: Step = Field(1.0, description="length of an interval: 1, 0.5 or 0.25 [h]")
    # Beijing time is the official clock all over China; it knows no daylight saving.
    utc_offset_hours: Annotated[float, Field(ge=-12, le=14)] = Field(
        BEIJING_OFFSET_HOURS,
        description="local clock minus UTC all the year, default: Beijing time [h]",
    )

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        if (self.year is None) == (self.start is None):
            raise ValueError(
                'the period needs either year = 2030 or start = "2030-01-01T00:00" with hours = '
                f"168, {'not both' if self.year is not None else 'and has neither'}"
            )
        if self.year is not None and self.hours is not None:
            raise ValueError(
                "hours goes with start, while year means the whole year; for a part of it say "
                f'start = "{self.year}-01-01T00:00" instead of year'
            )
        if self.start is not None and self.hours is None:
            raise ValueError("start needs hours: the length of the period, as in hours = 168")
        return self

    @model_validator(mode="after")
    def _whole_steps(self) -> Self:
        if self.utc_offset_hours * _QUARTER_HOURS % 1:
            raise ValueError(
                f"utc_offset_hours = {self.utc_offset_hours:g} must be whole quarters of an hour"
            )
        if self.start is None or self.hours is None:
            return self
        if self.hours > _MAX_HOURS:
            raise ValueError(
                f"hours = {self.hours:g} is more than {MAX_YEARS} years; is it in minutes? "
                "Split a longer period into several runs"
            )
        if self.hours / self.step_hours % 1:
            raise ValueError(
                f"hours = {self.hours:g} is no whole number of steps of {self.step_hours:g} h"
            )
        first = self._start()
        past_midnight = timedelta(
            hours=first.hour,
            minutes=first.minute,
            seconds=first.second,
            microseconds=first.microsecond,
        )
        if past_midnight % timedelta(hours=self.step_hours):
            raise ValueError(
                f"start = {self.start} is {first:%H:%M:%S} on the local clock, within a step of "
                f"{self.step_hours:g} h; begin on a whole step"
            )
        return self

    def _start(self) -> datetime:
        """First instant on the local clock."""
        assert self.start is not None
        zone = timezone(timedelta(hours=self.utc_offset_hours))
        start = datetime.fromisoformat(self.start)
        return start.replace(tzinfo=zone) if start.tzinfo is None else start.astimezone(zone)

    def timeline(self) -> Timeline:
        """The intervals of the period."""
        if self.year is not None:
            return Timeline.of_year(self.year, self.step_hours, self.utc_offset_hours)
        assert self.hours is not None
        steps = round(self.hours / self.step_hours)
        return Timeline(self._start(), steps, self.step_hours, self.utc_offset_hours)


class WarmingSettings(Component):
    """A warmer climate: documented months of a coming year, or months of one's own."""

    kind: ClassVar[str] = "weather.warming"

    horizon: Literal[2030, 2050] | None = Field(
        None,
        description="documented warming of Xinjiang by then, CMIP6 under SSP2-4.5 against "
        "1995-2014 [year]",
    )
    monthly_k: tuple[Annotated[float, Field(ge=-20, le=20)], ...] | None = Field(
        None,
        min_length=12,
        max_length=12,
        description="or twelve figures of your own, January first [K]",
    )
    source: str = Field("", description="source of these figures [-]")

    @model_validator(mode="after")
    def _one_of_two(self) -> Self:
        if (self.horizon is None) == (self.monthly_k is None):
            raise ValueError("say either horizon = 2030 or 2050, or monthly_k with twelve figures")
        return self

    def warming(self) -> Warming:
        """Warming of each month of the climate."""
        if self.horizon is not None:
            return documented_warming(self.horizon)
        assert self.monthly_k is not None
        return Warming("as given", self.monthly_k, self.source or "assumed: no source given")


WeatherFiles = dict[str, str | list[str] | WeatherFileSpec]
"""By site: a file, files that are read as one, or a file with its declaration."""


class WeatherSettings(Component):
    """Weather: the built-in climate of Altay, or a file for each site."""

    kind: ClassVar[str] = "weather"

    # Needs no file.
    source: Literal["climate", "files"] = Field(
        "climate", description="built-in seeded climate of Altay, or files [-]"
    )
    seed: Annotated[int, Field(ge=0)] = Field(
        1,
        description="climate: seed of the random numbers; the same seed gives the same weather [-]",
    )
    climate: str | None = Field(
        None,
        min_length=1,
        description="climate: file of another climate, as `weather fit` writes it; default: that "
        "of Altay [-]",
    )
    warming: WarmingSettings | None = Field(
        None, description="climate: warming of each month; default: none [-]"
    )
    files: WeatherFiles = Field(
        default_factory=dict,
        description="files: site = file name, a list of files that are read as one, or a table "
        "{ file, format, … } [-]",
    )
    wind_files: WeatherFiles = Field(
        default_factory=dict,
        description=(
            "files: site = second file, of which only the wind is used; declared like files [-]"
        ),
    )
    irradiance: Literal["as_given", "from_ghi"] = Field(
        "as_given",
        description=(
            "files: DNI and DHI of the file, or derived from its GHI where the three do not "
            "close [-]"
        ),
    )
    weather_year: Annotated[int, Field(ge=1900, le=2200)] | None = Field(
        None,
        description=(
            "files: year of a longer file that is used for the run's period; without it a "
            "file must cover the period or have one year [-]"
        ),
    )
    clock_shift_hours: dict[str, Annotated[float, Field(ge=-14, le=14)]] = Field(
        default_factory=dict,
        description=(
            "files: site = lag of its sunlight, as the clock check found it; it is then "
            "accepted and corrected [h]"
        ),
    )
    leap: Literal["refuse", "repeat_feb28", "drop_feb29"] = Field(
        "refuse",
        description=(
            "files: policy where only one of file and period has a 29 February; default: error [-]"
        ),
    )
    substeps: Literal["refuse", "interpolate"] = Field(
        "refuse",
        description="files: policy where steps are shorter than the file's; default: error [-]",
    )
    resample: Literal["refuse", "mean"] = Field(
        "refuse",
        description="files: policy where steps are longer than the file's; default: error [-]",
    )

    @field_validator("files", "wind_files")
    @classmethod
    def _named(cls, files: WeatherFiles) -> WeatherFiles:
        for site, file in files.items():
            names = file.all_files if isinstance(file, WeatherFileSpec) else file
            names = [names] if isinstance(names, str) else names
            if not names or not all(name.strip() for name in names):
                raise ValueError(f'{site} = "" names no file')
        return files

    @model_validator(mode="after")
    def _files_are_used(self) -> Self:
        if self.source == "files":
            aside = [key for key in ("climate", "warming") if getattr(self, key) is not None]
            if aside:
                raise ValueError(
                    f'{aside[0]} is for source = "climate"; with source = "files" the files are '
                    "the weather"
                )
            if not self.files:
                raise ValueError(
                    'source = "files" needs a file for each site in use, as in '
                    '[weather.files] jeminay = "jeminay.epw"'
                )
            alone = sorted(set(self.wind_files) - set(self.files))
            if alone:
                raise ValueError(
                    f"wind_files.{alone[0]} gives the wind, but files has no {alone[0]} to give "
                    "sunlight and temperature; name a file there"
                )
            stray = sorted(set(self.clock_shift_hours) - set(self.files))
            if stray:
                raise ValueError(
                    f"clock_shift_hours.{stray[0]} has no file to shift; files are given for "
                    f"{', '.join(self.files)}"
                )
        elif (self.files or self.wind_files) and "source" not in self.model_fields_set:
            # source = "climate" beside files, as on the command line, sets the files aside on
            # purpose.
            raise ValueError(
                "files are given but source is not, so they would not be used: say "
                'source = "files", or source = "climate" to set them aside'
            )
        return self


class UnitsSettings(Component):
    """Termination of the search for an optimum in whole units."""

    kind: ClassVar[str] = "dispatch.units"

    gap: Annotated[float, Field(ge=0, lt=1)] = Field(
        1e-4, description="optimality gap, over the cost, at which the search ends [-]"
    )
    # Rounds end the search long before; a binding limit makes results depend on the computer.
    time_limit_s: Annotated[float, Field(gt=0)] = Field(
        120.0, description="time after which no further round of the search begins [s]"
    )


LOOK_AHEAD = (
    "emissions_max_t",
    "export_rate_max",
    "self_consumption_rate_min",
    "self_consumption_metered_rate_min",
)
"""Limits over the period that only a dispatcher with foresight can keep."""


class DispatchSettings(Component):
    """Method and limits of dispatch."""

    kind: ClassVar[str] = "dispatch"

    method: Literal["rules", "optimal", "units", "rolling"] = Field(
        "rules",
        description=(
            "method of dispatch: rules, without foresight; optimal, least cost with perfect "
            "foresight; units, the same with whole units of a station and a proven gap; "
            "rolling, day by day with forecasts [-]"
        ),
    )
    # So the period neither gains nor loses stored energy.
    terminal: Literal["cyclic", "free", "at_least", "equal_initial", "water_value"] = Field(
        "cyclic", description="condition on the storage levels at the end of the period [-]"
    )
    water_value_cny_mwh: list[PriceCNY] | PriceCNY | None = Field(
        None,
        description=(
            'value of stored energy at the end, with terminal = "water_value": a number, or '
            "one for each of equally wide bands of content from the bottom up, never rising "
            "[CNY/MWh]"
        ),
    )
    unserved_cost_cny_mwh: CostCNY = Field(
        10_000.0, description="cost of unserved energy (assumed) [CNY/MWh]"
    )
    unserved_max_mwh: Annotated[float, Field(ge=0)] | None = Field(
        None,
        description=(
            "largest unserved energy of the period, 0: all load must be served; default: "
            "only its cost decides [MWh]"
        ),
    )
    emission_price_cny_t: Annotated[float, Field(ge=0), Usual(1.0, 5000.0)] = Field(
        0.0,
        description="price of CO2 of thermal plants and imports; default: none [CNY/t]",
    )
    emissions_max_t: Annotated[float, Field(ge=0)] | None = Field(
        None, description="largest CO2 emission of the period, kept by optimal [t]"
    )
    export_rate_max: Fraction | None = Field(
        None, description="largest export / available energy of the period, kept by optimal [-]"
    )
    self_consumption_rate_min: Fraction | None = Field(
        None,
        description="least (generation - export - storage loss) / available energy of the "
        "period, kept by optimal [-]",
    )
    self_consumption_metered_rate_min: Fraction | None = Field(
        None,
        description="least (generation - export) / available energy of the period, as meters "
        "show it, kept by optimal [-]",
    )
    storage_order: list[str] | None = Field(
        None,
        description='storages in the order in which rules use them, as "battery.jeminay"; '
        "default: in the order of the scenario [-]",
    )
    storage_serves: Literal["load", "load_and_export"] = Field(
        "load", description="loads that storages discharge for: load, or load and export [-]"
    )
    units: UnitsSettings = Field(
        default_factory=lambda: UnitsSettings.model_validate({}),
        description='termination of the search of method = "units" [-]',
    )
    rolling: RollingSettings = Field(
        default_factory=lambda: RollingSettings.model_validate({}),
        description="windows of dispatch day by day [-]",
    )
    forecast: ForecastSettings = Field(
        default_factory=lambda: ForecastSettings.model_validate({}),
        description="errors of the forecasts that rolling plans on [-]",
    )

    def keys_in_use(self) -> frozenset[str]:
        """All keys; tables for dispatch day by day where that is asked for, or they are given."""
        day_by_day = {"rolling", "forecast"} - self.model_fields_set
        unused = day_by_day if self.method != "rolling" else set()
        return super().keys_in_use() - unused

    @property
    def water_values(self) -> tuple[float, ...]:
        """`water_value_cny_mwh` as one value for each band. [CNY/MWh]"""
        value = self.water_value_cny_mwh
        return () if value is None else tuple(value) if isinstance(value, list) else (value,)

    @model_validator(mode="after")
    def _valued(self) -> Self:
        values = self.water_values
        if (self.terminal == "water_value") != bool(values):
            raise ValueError(
                'terminal = "water_value" and water_value_cny_mwh go together; '
                f"{'the value' if not values else 'that terminal'} is missing"
            )
        if any(value < 0.0 for value in values):
            raise ValueError(
                f"water_value_cny_mwh = {list(values)} goes below 0; stored energy can be left "
                "unused, so give 0 or more"
            )
        if any(later > earlier for earlier, later in pairwise(values)):
            raise ValueError(
                f"water_value_cny_mwh = {list(values)} rises; what a fuller storage adds is never "
                "worth more, so order the values from high to low"
            )
        return self

    def notices(self) -> tuple[str, ...]:
        """Notices on limits that the method does not keep."""
        asked = [name for name in LOOK_AHEAD if getattr(self, name) is not None]
        if self.method == "rules" and asked:
            return (
                f"{' and '.join(asked)} looks over the whole period, which rules cannot: the "
                'limit may be broken; method = "optimal" keeps it',
            )
        return ()

    @field_validator("storage_order")
    @classmethod
    def _order(cls, order: list[str] | None) -> list[str] | None:
        for name in order or ():
            kind, _, rest = name.partition(".")
            if kind not in STORAGES or not rest:
                raise ValueError(
                    f'"{name}" is no storage; expected names as "pumped_storage.burqin" or '
                    '"battery.jeminay"'
                )
            if order and order.count(name) > 1:
                raise ValueError(f'"{name}" is listed twice; once is enough')
        return order
