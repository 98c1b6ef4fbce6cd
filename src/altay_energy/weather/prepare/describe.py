"""Description of a weather file as plain values: ``altay-energy weather describe``."""

from __future__ import annotations

from math import gamma
from typing import Any

import numpy as np
from numpy.typing import NDArray

from altay_energy.core.units import Array
from altay_energy.core.wording import stamp
from altay_energy.weather.climate.statistics.wind_record import weibull_by_moments
from altay_energy.weather.files.checks import check, held_hours, is_whole, light_in_range
from altay_energy.weather.files.clock import ClockReport, clock_check
from altay_energy.weather.files.closure import closure, lost_beam
from altay_energy.weather.files.file import RAW_UNITS, WIND, WeatherFile, clock_name
from altay_energy.weather.files.odd_values import settle
from altay_energy.weather.files.ranges import SUNLIGHT
from altay_energy.weather.formats.registry import FORMATS

COLD_C = -20.0
"""Temperature below which hours are counted as cold. [°C]"""

FASTEST_M_S = 1000.0
"""Speed above which a value is a code for no value, whatever its unit. [m s⁻¹]"""

_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def describe(file: WeatherFile) -> dict[str, Any]:
    """Figures of a weather file; a file that a run would refuse is described too.

    Parameters
    ----------
    file : WeatherFile
        From ``read_weather``, with ``whole=False`` for one that may lack what a run needs.

    Returns
    -------
    dict
        Plain values, ready for JSON: ``file``, ``format``, ``place``, ``clock``, ``coverage``,
        ``series``, ``months``, ``year``, ``wind``, ``problems`` (why a run would refuse it) and
        ``notices``. Missing series are among the problems; the other figures are given. Without
        latitude and longitude ``clock`` says so and is not checked.
    """
    file = settle(file)
    located = None not in (file.latitude, file.longitude)
    report = clock_check(file) if located and "ghi_w_m2" in file.series else None
    lag = report.rounded_lag_hours if report else 0.0
    findings = check(file, lag)
    problems = [*file.wants, *_place_wanted(file), *findings.problems]
    notices = [*file.notices, *findings.notices]
    if file.wind_only:
        notices.append("holds wind alone: for [weather.wind_files]; its clock cannot be checked")
    elif not located:
        notices.append("the file does not say its place: clock and sunlight were not checked")
    elif report is not None and not report.within_tolerance:
        problems.insert(0, report.refusal())
    found, lost = None, None
    if located and light_in_range(file):
        found, lost = closure(file, lag), lost_beam(file, lag)
    return {
        "file": file.name,
        "sha256": file.sha256,
        "format": file.format,
        "meaning": _meaning(file.format),
        "place": {
            "name": file.place,
            "latitude": file.latitude,
            "longitude": file.longitude,
            "elevation_m": file.elevation_m,
        },
        "clock": _clock(file, report),
        "coverage": {
            "span": file.span(),
            "first": stamp(file.local[0]),
            "intervals": int(file.times.size),
            "step_hours": file.step_hours,
            "typical": file.typical,
            "leap_day": file.has_leap_day,
        },
        "series": {name: _extremes(file, name) for name in file.series},
        "wind_height_m": file.wind_height_m,
        "wind_second_height_m": file.wind_second_height_m,
        "months": _months(file),
        "year": _whole(file)
        | {
            "closure_rms_w_m2": _rounded(found.rms_w_m2 if found else None),
            "closure_missing_share": _rounded(found.share_missing if found else None),
            "clear_hours": _rounded(lost.clear_hours if lost else None),
            "clear_hours_without_beam": _rounded(lost.lost_hours if lost else None),
        },
        "wind": _wind(file),
        "problems": problems,
        "notices": notices,
    }


def _place_wanted(file: WeatherFile) -> list[str]:
    """Message on a place that the file does not give."""
    missing = [
        key for key in ("latitude", "longitude", "elevation_m") if getattr(file, key) is None
    ]
    if not missing or file.wind_only:
        return []
    one = "it" if len(missing) == 1 else "them"
    return [
        f"{file.name}: does not say its {' nor '.join(missing)}; a run takes {one} from the site, "
        f"weather fit and weather check-climate need {one} declared"
    ]


def _meaning(kind: str) -> dict[str, str]:
    """Meaning of stamps, clock, units and wind of a format."""
    known = FORMATS[kind]
    return {
        "title": known.title,
        "stamps": known.stamps,
        "clock": known.clock,
        "units": known.units,
        "wind": known.wind,
    }


def _clock(file: WeatherFile, report: ClockReport | None) -> dict[str, Any]:
    clock: dict[str, Any] = {
        "name": clock_name(file.utc_offset_hours),
        "utc_offset_hours": file.utc_offset_hours,
    }
    if report is None:
        why = "the place is not known" if "ghi_w_m2" in file.series else "there is no sunlight"
        return clock | {"checked": False, "summary": f"not checked, as {why}"}
    return clock | {
        "checked": report.can_tell,
        "lag_hours": _rounded(report.lag_hours),
        "rounded_lag_hours": report.rounded_lag_hours,
        "correlation_best": _rounded(report.correlation_best),
        "correlation_as_labelled": _rounded(report.correlation_as_labelled),
        "night_intervals": report.night_intervals,
        "sunny_days": report.sunny_days,
        "accepted": report.within_tolerance,
        "summary": report.summary(),
    }


def _extremes(file: WeatherFile, name: str) -> dict[str, Any]:
    values = file.series[name]
    low, high = int(np.argmin(values)), int(np.argmax(values))
    return {
        "unit": RAW_UNITS[name],
        "min": _rounded(values[low]),
        "mean": _rounded(values.mean()),
        "max": _rounded(values[high]),
        "min_at": stamp(file.local[low]),
        "max_at": stamp(file.local[high]),
    }


def _months(file: WeatherFile) -> list[dict[str, Any]]:
    """One row a month of the calendar that the file touches; sums are those of its hours."""
    month = file.local.astype("datetime64[M]").astype(np.int64) % 12
    return [
        {"month": name, "hours": int((month == k).sum()) * file.step_hours}
        | _figures(file, month == k)
        for k, name in enumerate(_MONTHS)
        if (month == k).any()
    ]


def _figures(file: WeatherFile, here: NDArray[np.bool_]) -> dict[str, float | None]:
    """Means, extremes and sums of the series that are there, over some intervals."""
    row: dict[str, float | None] = {}
    if "temperature_c" in file.series:
        temperature = file.series["temperature_c"][here]
        row = {
            "temperature_mean_c": _rounded(temperature.mean()),
            "temperature_min_c": _rounded(temperature.min()),
            "temperature_max_c": _rounded(temperature.max()),
        }
    if "wind_speed_m_s" in file.series:
        row["wind_mean_m_s"] = _rounded(file.series["wind_speed_m_s"][here].mean())
    if "wind_speed_second_m_s" in file.series:
        row["wind_second_mean_m_s"] = _rounded(file.series["wind_speed_second_m_s"][here].mean())
    return row | _sunlight_sums(file, here)


def _whole(file: WeatherFile) -> dict[str, Any]:
    year: dict[str, Any] = _figures(file, np.ones(file.times.shape, dtype=bool))
    if "temperature_c" in file.series:
        cold = file.series["temperature_c"] < COLD_C
        year["hours_below_minus_20_c"] = _rounded(float(cold.sum()) * file.step_hours)
    wind = file.series.get("wind_speed_m_s")
    if wind is not None:
        year["wind_calm_share"] = _rounded(float(np.mean(wind == 0.0)))
        year["wind_weibull_k"] = _rounded(weibull_shape(wind))
    return year


def _wind(file: WeatherFile) -> list[dict[str, Any]]:
    """Weibull fit of each height, with rounding and holding."""
    heights = (file.wind_height_m, file.wind_second_height_m)
    return [
        {
            "height_m": height,
            "mean_m_s": _rounded(file.series[name].mean()),
            "weibull_k": _rounded(weibull_shape(file.series[name])),
            "weibull_a_m_s": _rounded(weibull_scale(file.series[name])),
            "held_hours": held_hours(file.series[name], file.step_hours),
            "whole_m_s": is_whole(file.series[name]),
        }
        for name, height in zip(WIND, heights, strict=False)
        if name in file.series
    ]


def _sunlight_sums(file: WeatherFile, here: NDArray[np.bool_]) -> dict[str, float | None]:
    return {
        f"{name.split('_')[0]}_kwh_m2": _rounded(
            file.series[name][here].sum() * file.step_hours / 1000.0
        )
        for name in SUNLIGHT
        if name in file.series
    }


def weibull_shape(speed: Array) -> float | None:
    """Shape parameter of a Weibull distribution of wind speed, from mean and deviation.

    Parameters
    ----------
    speed : ndarray, shape (N,)
        [m s⁻¹]

    Returns
    -------
    float or None
        [-]; None where the speed does not vary, or some of it is no speed of air.
    """
    if speed.min() < 0.0 or speed.max() > FASTEST_M_S:
        return None
    shape = float(weibull_by_moments(speed))
    return shape if np.isfinite(shape) else None


def weibull_scale(speed: Array) -> float | None:
    """Scale parameter of the same distribution, so that its mean is that of the speeds.

    Parameters
    ----------
    speed : ndarray, shape (N,)
        [m s⁻¹]

    Returns
    -------
    float or None
        [m s⁻¹]; None where the speed does not vary.
    """
    shape = weibull_shape(speed)
    return None if shape is None else float(speed.mean()) / gamma(1.0 + 1.0 / shape)


def _rounded(value: float | None) -> float | None:
    """Three decimals, so that the same file gives the same text everywhere."""
    known = value is not None and bool(np.isfinite(value))
    return round(float(value), 3) + 0.0 if known and value is not None else None
