"""What is in a weather file, for people and for programs: ``altay-energy weather describe``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from altay_energy.units import Array
from altay_energy.weather.checks import check, closure_rms, settle
from altay_energy.weather.clock import ClockReport, clock_check
from altay_energy.weather.file import RAW_UNITS, SUNLIGHT, WeatherFile, clock_name
from altay_energy.weather.regular import stamp

_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def describe(file: WeatherFile) -> dict[str, Any]:
    """Figures of a weather file; a file that a run would refuse is described too.

    Parameters
    ----------
    file : WeatherFile
        From ``read_weather``.

    Returns
    -------
    dict
        Plain values, ready for JSON: ``file``, ``format``, ``place``, ``clock``, ``coverage``,
        ``series``, ``months``, ``year``, ``problems`` (why a run would refuse it) and ``notices``.
        Without a place in the file ``clock`` says so and is not checked.
    """
    file = settle(file)
    located = None not in (file.latitude, file.longitude, file.elevation_m)
    report = clock_check(file) if located else None
    lag = report.rounded_lag_hours if report else 0.0
    problems: list[str] = []
    notices = list(file.notices)
    if report is None:
        notices.append("the file does not say its place: clock and sunlight were not checked")
    else:
        findings = check(file, lag)
        problems = list(findings.problems)
        notices += findings.notices
        if not report.within_tolerance:
            problems.insert(0, report.refusal())
    closure = closure_rms(file, lag) if located else None
    return {
        "file": file.name,
        "sha256": file.sha256,
        "format": file.format,
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
        "year": _whole(file) | {"closure_rms_w_m2": _rounded(closure)},
        "problems": problems,
        "notices": notices,
    }


def describe_text(description: Mapping[str, Any]) -> str:
    """The same as plain text.

    Parameters
    ----------
    description : mapping
        From ``describe``.

    Returns
    -------
    str
        Lines without a final newline.
    """
    place, clock, coverage = (description[key] for key in ("place", "clock", "coverage"))
    lines = [
        f"{description['file']}  ({description['format'].upper()})",
        f"place     {place['name']}, {_place(place)}",
        f"covers    {coverage['span']}, {coverage['intervals']} intervals of "
        f"{60 * coverage['step_hours']:g} min",
        f"clock     {clock['name']}; {clock['summary']}",
        f"wind      at {_heights(description)} m",
        "",
        *_series_table(description["series"]),
        "",
        *_month_table(description["months"]),
        "",
        *_year_lines(description["year"]),
    ]
    for title in ("problems", "notices"):
        if description[title]:
            lines += ["", title, *(f"  - {sentence}" for sentence in description[title])]
    return "\n".join(lines)


def _clock(file: WeatherFile, report: ClockReport | None) -> dict[str, Any]:
    clock: dict[str, Any] = {
        "name": clock_name(file.utc_offset_hours),
        "utc_offset_hours": file.utc_offset_hours,
    }
    if report is None:
        return clock | {"checked": False, "summary": "not checked, as the place is not known"}
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
    rows = []
    for k, name in enumerate(_MONTHS):
        here = month == k
        if not here.any():
            continue
        temperature = file.series["temperature_c"][here]
        row: dict[str, Any] = {
            "month": name,
            "temperature_mean_c": _rounded(temperature.mean()),
            "temperature_min_c": _rounded(temperature.min()),
            "temperature_max_c": _rounded(temperature.max()),
            "wind_mean_m_s": _rounded(file.series["wind_speed_m_s"][here].mean()),
        }
        rows.append(row | _sunlight_sums(file, here))
    return rows


def _whole(file: WeatherFile) -> dict[str, Any]:
    wind = file.series["wind_speed_m_s"]
    everything = np.ones(wind.shape, dtype=bool)
    temperature = file.series["temperature_c"]
    return {
        "temperature_mean_c": _rounded(temperature.mean()),
        "temperature_min_c": _rounded(temperature.min()),
        "temperature_max_c": _rounded(temperature.max()),
        "wind_mean_m_s": _rounded(wind.mean()),
        "wind_calm_share": _rounded(float(np.mean(wind == 0.0))),
        "wind_weibull_k": _rounded(weibull_shape(wind)),
        **_sunlight_sums(file, everything),
    }


def _sunlight_sums(file: WeatherFile, here: np.ndarray) -> dict[str, float | None]:
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
        [-]; None where the speed does not vary.

    References
    ----------
    .. [1] C. G. Justus et al., "Methods for estimating wind speed frequency distributions",
       J. Appl. Meteorol. 17, 350-353, 1978.
    """
    mean, deviation = float(speed.mean()), float(speed.std())
    if mean <= 0.0 or deviation <= 0.0:
        return None
    return float((deviation / mean) ** -1.086)


def _rounded(value: float | None) -> float | None:
    """Three decimals, so that the same file gives the same text everywhere."""
    return None if value is None else round(float(value), 3) + 0.0


def _place(place: Mapping[str, Any]) -> str:
    if None in (place["latitude"], place["longitude"], place["elevation_m"]):
        return "place not known"
    north = "N" if place["latitude"] >= 0 else "S"
    east = "E" if place["longitude"] >= 0 else "W"
    return (
        f"{abs(place['latitude']):.2f}° {north} {abs(place['longitude']):.2f}° {east}, "
        f"{place['elevation_m']:.0f} m"
    )


def _heights(description: Mapping[str, Any]) -> str:
    heights = (description["wind_height_m"], description["wind_second_height_m"])
    return " and ".join(f"{height:g}" for height in heights if height is not None)


def _series_table(series: Mapping[str, Mapping[str, Any]]) -> list[str]:
    rows = [["series", "unit", "min", "mean", "max", "at the maximum"]]
    rows += [
        [name, one["unit"], *(f"{one[key]:g}" for key in ("min", "mean", "max")), one["max_at"]]
        for name, one in series.items()
    ]
    return _columns(rows, left=2)


def _month_table(months: Sequence[Mapping[str, Any]]) -> list[str]:
    titles = {
        "temperature_mean_c": "T mean °C",
        "temperature_min_c": "T min",
        "temperature_max_c": "T max",
        "ghi_kwh_m2": "GHI kWh/m²",
        "dni_kwh_m2": "DNI",
        "dhi_kwh_m2": "DHI",
        "wind_mean_m_s": "wind m/s",
    }
    keys = [key for key in titles if key in months[0]]
    rows = [["month", *(titles[key] for key in keys)]]
    rows += [[month["month"], *(f"{month[key]:.1f}" for key in keys)] for month in months]
    return _columns(rows, left=1)


def _year_lines(year: Mapping[str, Any]) -> list[str]:
    light = ", ".join(
        f"{name.upper()} {year[f'{name}_kwh_m2']:.0f}"
        for name in ("ghi", "dni", "dhi")
        if f"{name}_kwh_m2" in year
    )
    shape = year["wind_weibull_k"]
    lines = [
        f"in all    T {year['temperature_mean_c']:.1f} °C ({year['temperature_min_c']:.1f} to "
        f"{year['temperature_max_c']:.1f}); {light} kWh/m²",
        f"          wind {year['wind_mean_m_s']:.2f} m/s, "
        f"calm {100 * year['wind_calm_share']:.0f} %"
        + (f", Weibull k {shape:.2f}" if shape is not None else ""),
    ]
    if year["closure_rms_w_m2"] is not None:
        lines.append(f"          GHI - DHI - DNI cos Z: {year['closure_rms_w_m2']:.0f} W/m² rms")
    return lines


def _columns(rows: Sequence[Sequence[str]], left: int) -> list[str]:
    """Cells in columns; the first ``left`` begin at the left, numbers end at the right."""
    widths = [max(len(cell) for cell in column) for column in zip(*rows, strict=True)]
    return [
        "  ".join(
            cell.ljust(width) if k < left else cell.rjust(width)
            for k, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    ]
