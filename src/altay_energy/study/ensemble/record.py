"""Weather years of measured records: the whole years in the weather files of a scenario."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property, reduce
from typing import Any

import numpy as np

from altay_energy.components.base import Component
from altay_energy.components.settings.settings import WeatherSettings
from altay_energy.core.errors import ScenarioError
from altay_energy.core.timeline import Timeline
from altay_energy.core.value import Value
from altay_energy.scenario.check.external import Files
from altay_energy.scenario.load import Scenario
from altay_energy.scenario.toml.source import Key, Source
from altay_energy.weather.files.file import WeatherFile
from altay_energy.weather.series import Weather

WEATHER: Key = ("weather",)

DAYS = 365


@dataclass(frozen=True, eq=False)
class Record(Value):
    """Weather files of a scenario, year by year.

    Parameters
    ----------
    source : Source
        The scenario as text.
    parts : mapping of Key to Component
        Its tables.
    folders : tuple of Path
        Folders of its files.
    timeline : Timeline
        The period that each year represents.
    years : tuple of int
        Calendar years that are whole at all sites, in order.
    """

    source: Source
    parts: Mapping[Key, Component]
    folders: tuple[Any, ...]
    timeline: Timeline
    years: tuple[int, ...]

    @classmethod
    def of(cls, scenario: Scenario) -> Record | None:
        """Return the record of a scenario; None if its weather is a climate.

        Parameters
        ----------
        scenario : Scenario

        Raises
        ------
        ScenarioError
            If its files have no whole year in common.
        """
        if scenario.model.weather.source != "files":
            return None
        folders = tuple(dict.fromkeys(path.parent for path in scenario.files.values()))
        parts = dict(scenario.model.components())
        timeline = scenario.portfolio.timeline
        record = cls(scenario.source, parts, folders, timeline, ())
        files = record._files.weather_files(record.parts).values()
        common = reduce(np.intersect1d, [whole_years(file) for file in files])
        if not common.size:
            raise ScenarioError(
                f"{scenario.source.path}: weather.files: no calendar year is whole in the files of "
                "all sites; an ensemble takes each whole year as a member"
            )
        return cls(scenario.source, parts, folders, timeline, tuple(map(int, common)))

    @cached_property
    def _files(self) -> Files:
        return Files(self.source, self.folders)

    def weather(self, year: int) -> dict[str, Weather]:
        """Return the weather of every site in use, as with ``weather_year`` of that year, (T,).

        Parameters
        ----------
        year : int

        Raises
        ------
        ScenarioError
            If a file cannot be used for it.
        """
        settings = self.parts[WEATHER]
        assert isinstance(settings, WeatherSettings)
        files = self._files
        files.problems.clear()
        chosen = {**self.parts, WEATHER: settings.with_(weather_year=year)}
        found = files.weather(chosen, self.timeline)
        if files.problems or found is None:
            raise ScenarioError(list(files.problems))
        return found


def whole_years(file: WeatherFile) -> np.ndarray[Any, np.dtype[np.int64]]:
    """Return the calendar years, on a file's own clock, of which it has at least 365 days.

    Parameters
    ----------
    file : WeatherFile
        A typical year, with months of different years, has none. The last hour of a year may be
        missing, as it is if stamps are the end of the interval.
    """
    if file.typical:
        return np.array([], dtype=np.int64)
    year = file.local.astype("datetime64[Y]").astype(np.int64) + 1970
    found, count = np.unique(year, return_counts=True)
    least = DAYS * file.per_day - max(file.per_day // 24, 1)
    return np.asarray(found[count >= least])
