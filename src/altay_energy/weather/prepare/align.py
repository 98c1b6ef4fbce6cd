"""A ``WeatherFile`` to the ``Weather`` of a run: checked, clock corrected, mapped, resampled."""

from __future__ import annotations

from dataclasses import replace
from typing import Literal

import numpy as np

from altay_energy.core.errors import WeatherError
from altay_energy.core.timeline import Timeline, Times
from altay_energy.core.units import Array
from altay_energy.weather.climate.model.tables import great_circle_km
from altay_energy.weather.files.checks import check
from altay_energy.weather.files.clock import clock_check, cos_zenith, settled_lag
from altay_energy.weather.files.file import WIND, WeatherFile, clock_name
from altay_energy.weather.files.odd_values import settle
from altay_energy.weather.files.ranges import SUNLIGHT
from altay_energy.weather.prepare.derive import Irradiance, chosen_light, derive
from altay_energy.weather.prepare.years import (
    Leap,
    Reading,
    choose_reading,
    closed_year,
    of_year,
    source_rows,
)
from altay_energy.weather.series import Weather

FAR_KM = 25.0
HIGH_M = 100.0

SAMPLES = 6
"""Points of a substep at which the sun's height is computed."""


def align(
    file: WeatherFile,
    timeline: Timeline,
    *,
    site: str,
    latitude: float,
    longitude: float,
    elevation_m: float,
    leap: Leap = "refuse",
    substeps: Literal["refuse", "interpolate"] = "refuse",
    resample: Literal["refuse", "mean"] = "refuse",
    irradiance: Irradiance = "as_given",
    weather_year: int | None = None,
    accepted_lag_hours: float | None = None,
) -> Weather:
    """Weather of a file in the intervals of a run.

    Parameters
    ----------
    file : WeatherFile
        From ``read_weather``.
    timeline : Timeline
        The T intervals.
    site : str
        Name of the site in messages.
    latitude, longitude, elevation_m : float
        Of the site; used where the file gives none. [°], [°], [m]
    leap : {"refuse", "repeat_feb28", "drop_feb29"}
        For a file without 29 February in a leap year, and for one with it in a common year.
    substeps : {"refuse", "interpolate"}
        For a run in finer steps than the file: irradiance follows the sun's height within each
        interval and keeps the interval's energy; the other series are linear between middles.
    resample : {"refuse", "mean"}
        For a run in coarser steps than the file: means, and sums of precipitation.
    irradiance : {"as_given", "from_ghi"}
        Whether DNI and DHI of the file are kept, or derived from its GHI.
    weather_year : int, optional
        Year of a longer file that is used for the period.
    accepted_lag_hours : float, optional
        Known lag of the sunlight; needed where the clock check refuses the file, and
        within 0.4 h of what it finds. Positive is late. [h]

    Returns
    -------
    Weather
        With notices on all choices, changes and findings.

    Raises
    ------
    WeatherError
        If the clock, the ranges, the period, a leap day or the step do not fit and the choice
        needed was not made.

    Notes
    -----
    A lag of the sunlight is corrected in two parts: whole steps move the irradiance (and only
    that), a rest of at most half a step stays as ``Weather.sun_lag_hours``, by which the sun is
    placed for this weather. So hourly values that are instants at the beginning of their hour
    keep their rows and a rest of 0.5 h.
    """
    if file.wind_only:
        raise WeatherError(
            f"{file.name}: holds wind alone, but sites need sunlight and temperature too; name it "
            f"under [weather.wind_files] {site} and a file with these under [weather.files] {site}"
        )
    file = settle(file.located(latitude, longitude, elevation_m))
    lag, clock_notice = settled_lag(clock_check(file), accepted_lag_hours, site)
    file = chosen_light(file, irradiance)  # no messages on what is left out
    findings = check(file, lag)
    if findings.problems:
        raise WeatherError("\n".join(findings.problems))
    file = derive(file, lag)
    _check_steps(file, timeline, substeps, resample)
    file = closed_year(of_year(file, weather_year), timeline)
    reading = choose_reading(file, timeline, leap, weather_year)

    series, rest = _on_timeline(file, timeline, reading, lag)
    own_latitude, own_longitude, own_elevation_m = file.location()
    return Weather(
        place=file.place,
        latitude=own_latitude,
        longitude=own_longitude,
        elevation_m=own_elevation_m,
        timeline=timeline,
        wind_height_m=file.wind_height_m,
        wind_second_height_m=file.wind_second_height_m,
        sun_lag_hours=rest,
        notices=(
            *_distance_notice(file, site, (latitude, longitude, elevation_m)),
            clock_notice,
            *file.notices,
            *reading.notices,
            *_step_notice(file, timeline),
            *findings.notices,
        ),
        **series,
    )


def with_wind(
    weather: Weather,
    file: WeatherFile,
    *,
    site: str,
    place: tuple[float, float, float],
    leap: Leap = "refuse",
    substeps: Literal["refuse", "interpolate"] = "refuse",
    resample: Literal["refuse", "mean"] = "refuse",
    weather_year: int | None = None,
) -> Weather:
    """The same weather with the wind of another file: speed at one or two heights, direction.

    Parameters
    ----------
    weather : Weather
        From ``align``.
    file : WeatherFile
        Only its wind is used; its clock cannot be checked against the sun.
    site : str
        Name of the site in messages.
    place : tuple of float
        Latitude, longitude [°] and elevation [m] of the site.
    leap, substeps, resample, weather_year
        As for ``align``.

    Returns
    -------
    Weather

    Raises
    ------
    WeatherError
        If ranges, period, a leap day or the step do not fit and no choice settles it.
    """
    wind = {name: values for name, values in file.series.items() if name in WIND}
    file = replace(file.located(*place), series=wind)
    findings = check(file)
    if findings.problems:
        raise WeatherError("\n".join(findings.problems))
    timeline = weather.timeline
    _check_steps(file, timeline, substeps, resample)
    file = closed_year(of_year(file, weather_year), timeline)
    reading = choose_reading(file, timeline, leap, weather_year)
    series, _ = _on_timeline(file, timeline, reading, 0.0)
    mine = (
        "wind from this file alone; that it blew on the days of the other file's sun is not known",
        *_distance_notice(file, site, place),
        *file.notices,
        *reading.notices,
        *_step_notice(file, timeline),
        *findings.notices,
    )
    return replace(
        weather,
        wind_speed_m_s=series["wind_speed_m_s"],
        wind_speed_second_m_s=series.get("wind_speed_second_m_s"),
        wind_direction_deg=series.get("wind_direction_deg"),
        wind_height_m=file.wind_height_m,
        wind_second_height_m=file.wind_second_height_m,
        notices=(*weather.notices, *(f"{file.name}: {text}" for text in mine)),
    )


def _step_notice(file: WeatherFile, timeline: Timeline) -> list[str]:
    if file.step_seconds == timeline.step_seconds:
        return []
    finer = timeline.step_seconds < file.step_seconds
    how = 'substeps = "interpolate"' if finer else 'resample = "mean"'
    return [
        f"{file.step_seconds / 60:g} min values in {timeline.step_seconds / 60:g} min steps ({how})"
    ]


def _on_timeline(
    file: WeatherFile, timeline: Timeline, reading: Reading, lag: float
) -> tuple[dict[str, Array], float]:
    """Series of shape (T,), irradiance moved by whole steps, and the remaining lag [h]."""
    step = min(file.step_seconds, timeline.step_seconds)
    whole = whole_steps(lag, step / 3600.0)
    pad = abs(whole) * step // file.step_seconds + 2
    coarse = _grid(file, timeline, pad)
    rows = source_rows(file, coarse, reading)
    series = {name: values[rows] for name, values in file.series.items()}
    if step < file.step_seconds:
        series = _substeps(file, coarse, series, step, lag)
    first = (timeline.utc[0] - coarse[0]).astype(np.int64) // step
    size = timeline.steps * timeline.step_seconds // step
    # The irradiance in row k + whole belongs to the sun of row k.
    series = {
        name: values[first + (whole if name in SUNLIGHT else 0) :][:size]
        for name, values in series.items()
    }
    if step < timeline.step_seconds:
        series = _means(series, timeline.step_seconds // step)
    return series, lag - whole * step / 3600.0


def whole_steps(lag_hours: float, step_hours: float) -> int:
    """Whole steps in a lag; the rest is at most half a step, and a half stays a rest.

    Parameters
    ----------
    lag_hours, step_hours : float
        [h]

    Returns
    -------
    int
    """
    count = int(np.ceil(abs(lag_hours) / step_hours - 0.5 - 1e-9))
    return count if lag_hours >= 0 else -count


def _check_steps(file: WeatherFile, timeline: Timeline, substeps: str, resample: str) -> None:
    own, run = file.step_seconds, timeline.step_seconds
    if run < own and (substeps == "refuse" or own % run):
        raise WeatherError(
            f"{file.name}: has steps of {own / 60:g} min, but the run has {run / 60:g} min; say "
            'substeps = "interpolate" under [weather], or set time.step_hours = '
            f"{own / 3600:g}"
        )
    if run > own and (resample == "refuse" or run % own):
        raise WeatherError(
            f"{file.name}: has steps of {own / 60:g} min, but the run has {run / 60:g} min; say "
            'resample = "mean" under [weather], or set time.step_hours = '
            f"{own / 3600:g}"
        )
    apart = (timeline.utc[0] - file.times[0]).astype(np.int64) % min(own, run)
    if apart:
        raise WeatherError(
            f"{file.name}: its intervals begin {apart / 60:g} min apart from the run's (file "
            f"{clock_name(file.utc_offset_hours)}, run {timeline.describe()}); is "
            "utc_offset_hours right? If so, run in steps of "
            f"{np.gcd(int(apart), 3600) / 3600:g} h"
        )


def _grid(file: WeatherFile, timeline: Timeline, pad: int) -> Times:
    """Beginnings of the file's intervals that hold the period, and ``pad`` more at both ends."""
    own = file.step_seconds
    start, end = timeline.utc_edges[[0, -1]].astype(np.int64)
    phase = file.times[0].astype(np.int64) % own
    first = (start - phase) // own - pad
    last = -((phase - end) // own) + pad
    grid: Times = (np.arange(first, last) * own + phase).astype("datetime64[s]")
    return grid


def _substeps(
    file: WeatherFile, coarse: Times, series: dict[str, Array], step: int, lag: float
) -> dict[str, Array]:
    """Series in finer steps, shape (N × steps in an interval,)."""
    parts = file.step_seconds // step
    fine = (coarse[:, None] + np.arange(parts) * np.timedelta64(step, "s")).ravel()
    latitude, longitude, _ = file.location()
    samples = (np.arange(SAMPLES) + 0.5) / SAMPLES * step - 3600.0 * lag
    height = np.mean(
        [
            np.maximum(cos_zenith(latitude, longitude, fine + np.timedelta64(round(s), "s")), 0.0)
            for s in samples
        ],
        axis=0,
    )
    by_height, by_light = _weights(height, parts), _weights((height > 0.0).astype(float), parts)
    middle = np.arange(coarse.size) + 0.5
    fine_middle = (np.arange(fine.size) + 0.5) / parts
    result = {}
    for name, values in series.items():
        held = np.repeat(values, parts)
        if name in ("ghi_w_m2", "dhi_w_m2"):
            result[name] = held * by_height
        elif name == "dni_w_m2":
            result[name] = held * by_light
        elif name == "precipitation_mm":
            result[name] = held / parts
        elif name == "wind_direction_deg":  # 350° and 10° have no linear middle
            result[name] = held
        else:
            result[name] = np.interp(fine_middle, middle, values)
    return result


def _weights(shape: Array, parts: int) -> Array:
    """Shape of each interval with mean 1; constant where there is none, as in a bright night."""
    mean = shape.reshape(-1, parts).mean(axis=1)
    spread = np.repeat(np.where(mean > 0.0, mean, 1.0), parts)
    return np.where(np.repeat(mean > 0.0, parts), shape / spread, 1.0)


def _means(series: dict[str, Array], parts: int) -> dict[str, Array]:
    result = {}
    for name, values in series.items():
        blocks = values.reshape(-1, parts)
        if name == "precipitation_mm":
            result[name] = blocks.sum(axis=1)
        elif name == "wind_direction_deg":
            turn = np.exp(1j * np.radians(blocks)).mean(axis=1)
            result[name] = np.degrees(np.angle(turn)) % 360.0
        else:
            result[name] = blocks.mean(axis=1)
    return result


def _distance_notice(file: WeatherFile, site: str, place: tuple[float, float, float]) -> list[str]:
    latitude, longitude, elevation_m = file.location()
    km = float(great_circle_km(latitude, longitude, place[0], place[1]))
    up = elevation_m - place[2]
    if km < FAR_KM and abs(up) < HIGH_M:
        return []
    level = f", {abs(up):.0f} m {'higher' if up > 0 else 'lower'}" if abs(up) >= 1.0 else ""
    return [f"{site}: weather is that of {file.place}, {km:.0f} km away{level}"]
