"""Row of a weather file for each instant: by the instant itself, or by month, day and hour."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from altay_energy.core.errors import WeatherError
from altay_energy.core.timeline import Timeline, Times
from altay_energy.core.wording import plural, stamp
from altay_energy.weather.files.file import WeatherFile, clock_name

Leap = Literal["refuse", "repeat_feb28", "drop_feb29"]
Rows = NDArray[np.int64]

FEBRUARY_29 = 31 + 28
"""Day of a leap year, 0 for 1 January."""


@dataclass(frozen=True)
class Reading:
    """How the rows of a file are found.

    Parameters
    ----------
    direct : bool
        Whether by the instant itself, since the file covers the period; else by month, day and
        hour.
    notices : tuple of str
        Notices on the choice.
    """

    direct: bool
    notices: tuple[str, ...]


def of_year(file: WeatherFile, weather_year: int | None) -> WeatherFile:
    """One calendar year of a file, on its own clock, used for the run's period.

    Parameters
    ----------
    file : WeatherFile
    weather_year : int or None
        None leaves the file as it is.

    Returns
    -------
    WeatherFile

    Raises
    ------
    WeatherError
        If the file holds nothing of that year, or is a typical year.

    Notes
    -----
    Where stamps are the end of their interval, a file of exactly one year begins with the last
    hour of the year before and lacks its own last hour. Such a file is left as it is: by month,
    day and hour it is a year without holes.
    """
    if weather_year is None:
        return file
    if file.typical:
        raise WeatherError(
            f"{file.name}: is a typical year, whose months come from different years; "
            "take weather_year out"
        )
    year = file.local.astype("datetime64[Y]").astype(np.int64) + 1970
    here = year == weather_year
    if not here.any():
        raise WeatherError(
            f"{file.name}: holds no weather of {weather_year}; it holds {year[0]} to {year[-1]}"
        )
    outside = int((~here).sum())
    if 0 < outside <= _per_hour(file) and _is_one_year(file) and not _missing(file).size:
        return file
    series = {name: values[here] for name, values in file.series.items()}
    return replace(file, times=file.times[here], series=series)


def closed_year(file: WeatherFile, timeline: Timeline) -> WeatherFile:
    """The same file; a missing last hour of a year is added.

    Parameters
    ----------
    file : WeatherFile
        After ``of_year``.
    timeline : Timeline
        The period; a file that covers it is left as it is.

    Returns
    -------
    WeatherFile
        With the same hour of the day before in place of the missing one, and a notice.

    Notes
    -----
    Stamps at the end of the interval put the last hour of a year into the next one: a download
    of a calendar year, or the last year of a longer one, cannot hold it.
    """
    if file.typical or not _is_one_year(file) or _covers(file, timeline):
        return file
    count = int(_missing(file).size)
    whole = (file.times[-1] - file.times[0]).astype(np.int64) == (
        file.times.size - 1
    ) * file.step_seconds
    if not 0 < count <= _per_hour(file) or not whole:
        return file
    step = np.timedelta64(file.step_seconds, "s")
    added = file.times[-1] + step * np.arange(1, count + 1)
    rows = np.arange(file.times.size - file.per_day, file.times.size - file.per_day + count)
    first = stamp(added[0] + (file.local[0] - file.times[0]))
    return replace(
        file,
        times=np.concatenate([file.times, added]),
        series={name: np.append(values, values[rows]) for name, values in file.series.items()},
        notices=(
            *file.notices,
            f"the hour from {first} ({clock_name(file.utc_offset_hours)}), which would make the "
            "year whole, is not in the file: the same hour of the day before taken",
        ),
    )


def _per_hour(file: WeatherFile) -> int:
    return max(3600 // file.step_seconds, 1)


def _is_one_year(file: WeatherFile) -> bool:
    """Whether it holds no more than the steps of a leap year."""
    return bool(file.times.size <= 366 * file.per_day)


def _missing(file: WeatherFile) -> Rows:
    """Steps of a year without a row in the file; 29 February does not count."""
    table = _year_table(file).reshape(366, file.per_day)
    table[FEBRUARY_29] = 0
    return np.flatnonzero(table.ravel() < 0)


def _covers(file: WeatherFile, timeline: Timeline) -> bool:
    """Whether it contains every instant of the period."""
    step = np.timedelta64(file.step_seconds, "s")
    whole = file.times[-1] - file.times[0] == (file.times.size - 1) * step
    covers = file.times[0] <= timeline.utc[0] and timeline.utc_edges[-1] <= file.times[-1] + step
    return bool(not file.typical and whole and covers)


def choose_reading(
    file: WeatherFile, timeline: Timeline, leap: Leap, weather_year: int | None = None
) -> Reading:
    """Decide how the rows of a file are found for a period.

    A file of true years that covers the period is read directly. Else month, day and hour of the
    file's own clock are looked up, so that the sun stays that of the file's longitude: this takes
    a year without holes, typical or of another year, to any start and length.

    Parameters
    ----------
    file : WeatherFile
    timeline : Timeline
        The period.
    leap : {"refuse", "repeat_feb28", "drop_feb29"}
        Policy where the file has no 29 February but the period has, and the reverse.
    weather_year : int, optional
        The year that was chosen by ``of_year``, for the notice.

    Returns
    -------
    Reading

    Raises
    ------
    WeatherError
        If the file holds neither the period nor exactly one year, or a leap choice is missing.
    """
    if _covers(file, timeline):
        return Reading(True, ())
    if not _is_one_year(file) or _missing(file).size:
        raise WeatherError(
            f"{file.name}: covers {file.span()}, but the run needs {timeline.describe()}; give a "
            "file that covers the period, or exactly one year of 8760 or 8784 hours that can "
            "stand for any"
        )
    notices = []
    if not file.typical:
        # Stamps at the end of the interval put an hour of the year before into the file.
        inner = file.local[[_per_hour(file), -1 - _per_hour(file)]]
        years = _years(inner)
        stand = f"weather of {years} stands for {_years(timeline.local[[0, -1]])}"
        notices.append(stand + (f" (weather_year = {weather_year})" if weather_year else ""))
    if file.utc_offset_hours != timeline.utc_offset_hours:
        notices.append(
            "the year is read by the file's own clock and wraps around its end, so that the sun "
            "stays that of its longitude"
        )
    notices += _leap_notices(file, timeline, leap)
    return Reading(False, tuple(notices))


def source_rows(file: WeatherFile, utc: Times, reading: Reading) -> Rows:
    """Row of the file for each instant.

    Parameters
    ----------
    file : WeatherFile
    utc : ndarray of datetime64[s], shape (N,)
        On the grid of the file's steps. Instants outside a file that is read directly take the
        same hour of the nearest day.
    reading : Reading

    Returns
    -------
    ndarray of int, shape (N,)
    """
    if reading.direct:
        row = (utc - file.times[0]).astype(np.int64) // file.step_seconds
        size, day = file.times.size, file.per_day
        before = np.minimum(row, 0) // day * -day
        after = np.maximum(row - size, -1) // day * day + day
        inside: Rows = np.clip(row + before - after, 0, size - 1)
        return inside
    table = _year_table(file).reshape(366, file.per_day)
    if (table[FEBRUARY_29] < 0).any():
        table[FEBRUARY_29] = table[FEBRUARY_29 - 1]
    offset = np.timedelta64(round(file.utc_offset_hours * 3600), "s")
    return table.ravel()[_year_key(utc + offset, file.per_day)]


def _year_table(file: WeatherFile) -> Rows:
    """Row for every step of a leap year, -1 where there is none."""
    table = np.full(366 * file.per_day, -1, dtype=np.int64)
    table[_year_key(file.local, file.per_day)] = np.arange(file.times.size)
    return table


def _year_key(local: Times, per_day: int) -> Rows:
    """Position in a leap year by month, day and time of day."""
    day = local.astype("datetime64[D]")
    month = day.astype("datetime64[M]")
    first_of_month = np.array([0, 31, 60, 91, 121, 152, 182, 213, 244, 274, 305, 335])
    day_of_year = first_of_month[month.astype(np.int64) % 12] + (day - month).astype(np.int64)
    in_day = (local - day).astype("timedelta64[s]").astype(np.int64) * per_day // 86400
    key: Rows = day_of_year * per_day + in_day
    return key


def _leap_notices(file: WeatherFile, timeline: Timeline, leap: Leap) -> list[str]:
    offset = np.timedelta64(round(file.utc_offset_hours * 3600), "s")
    local = timeline.utc + offset
    key = _year_key(local, 1)
    in_leap_day = key == FEBRUARY_29
    # Common years in which the period steps from 28 February to 1 March.
    day = local.astype("datetime64[D]")
    crossed = bool(
        (
            (key[:-1] == FEBRUARY_29 - 1) & (np.diff(day).astype(np.int64) == 1) & (key[1:] == 60)
        ).any()
    )
    if in_leap_day.any() and not file.has_leap_day:
        year = _years(local[in_leap_day][:1])
        if leap != "repeat_feb28":
            raise WeatherError(
                f"{file.name}: has {plural(round(file.times.size * file.step_hours), 'hour')} and "
                f"no 29 February, but the period holds 29 February {year}; say leap = "
                '"repeat_feb28" under [weather] to use 28 February twice'
            )
        return [f'29 February of {year} repeats 28 February (leap = "repeat_feb28")']
    if crossed and file.has_leap_day:
        if leap != "drop_feb29":
            raise WeatherError(
                f"{file.name}: has {plural(round(file.times.size * file.step_hours), 'hour')} with "
                f"29 February, but {_years(local[[0, -1]])} has none; say leap = "
                '"drop_feb29" under [weather] to leave it out'
            )
        return ['29 February of the file is left out (leap = "drop_feb29")']
    return []


def _years(times: Times) -> str:
    years = np.unique(times.astype("datetime64[Y]").astype(np.int64) + 1970)
    return str(years[0]) if years.size == 1 else f"{years[0]}-{years[-1]}"
