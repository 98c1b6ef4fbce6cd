"""Range checks that detect wrong units, and notices on oddities."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from altay_energy.core.errors import WeatherError
from altay_energy.core.timeline import Times
from altay_energy.core.units import STANDARD_PRESSURE, Array
from altay_energy.core.wording import listing, plural, stamp
from altay_energy.weather.files.clock import SOLAR_CONSTANT, clock_check, cos_zenith
from altay_energy.weather.files.closure import light_notices
from altay_energy.weather.files.file import WeatherFile
from altay_energy.weather.files.odd_values import odd_values
from altay_energy.weather.files.ranges import RANGES, SUNLIGHT, WINDS, Range, wind_question

EXTRATERRESTRIAL_MARGIN = 1.05
EXTRATERRESTRIAL_MARGIN_W_M2 = 20.0
"""Global irradiance may exceed extraterrestrial irradiance by 5 % and 20 W/m²."""

CONSTANT_HOURS = 72.0
"""Duration from which equal values of a sensor are reported. [h]"""

HELD_SHARE = 0.9
"""Share of all changes at one hour of a block, from which values count as held."""

SPIKE_K_PER_HOUR = 20.0

STRONG_MEAN_M_S, STRONG_HOUR_M_S = 12.0, 40.0
"""Mean and largest wind at 10 m from which the unit is questioned. Few stations on land have a mean
above 8 m/s, or an hour above 33 m/s, where the Beaufort scale ends; in km/h a calm one has both."""

STRONG_WIND_DAYS = 30.0
"""A shorter record may be that of one storm."""

SHEAR_TO_10_M = 1.0 / 7.0
"""Shear exponent to 10 m for these two; the usual one over open land."""

REDUCED_TO_SEA = 1.06
"""Mean pressure over the standard atmosphere's, from which it is probably that of sea level."""


@dataclass(frozen=True)
class Findings:
    """Findings of the checks of a file.

    Parameters
    ----------
    problems : tuple of str
        Why the file cannot be used; empty if it can.
    notices : tuple of str
        Notices for readers of the results.
    """

    problems: tuple[str, ...]
    notices: tuple[str, ...]


def require_sound(file: WeatherFile, lag_hours: float | None = None) -> None:
    """Raise for the problems that ``check`` finds.

    Parameters
    ----------
    file : WeatherFile
        After ``settle``.
    lag_hours : float, optional
        Lag of its sunlight; by default that of the clock check, if known. [h]

    Raises
    ------
    WeatherError
        With every problem.
    """
    if lag_hours is None:
        can_look = None not in (file.latitude, file.longitude) and "ghi_w_m2" in file.series
        lag_hours = clock_check(file).rounded_lag_hours if can_look else 0.0
    problems = check(file, lag_hours).problems
    if problems:
        raise WeatherError("\n".join(problems))


def check(file: WeatherFile, lag_hours: float = 0.0) -> Findings:
    """Check for wrong units, impossible values and oddities.

    Parameters
    ----------
    file : WeatherFile
        After ``settle``. Checks that need its place are made where that is known.
    lag_hours : float
        Lag of its sunlight, from the clock check. [h]

    Returns
    -------
    Findings
    """
    located = None not in (file.latitude, file.longitude)
    problems = [problem for name in file.series if (problem := _range_problem(file, name))]
    if (
        located
        and "ghi_w_m2" in file.series
        and not any(p.startswith("ghi_w_m2") for p in problems)
    ):
        problems += _weak_sun_problem(file) or _above_extraterrestrial(file, lag_hours)
    problems = [f"{file.name}: {problem}" for problem in problems]
    notices = (
        *_pressure_notice(file),
        *(light_notices(file, lag_hours) if located and light_in_range(file) else ()),
        *_constant_notices(file),
        *_held_notices(file),
        *_strong_wind_notices(file),
        *_spike_notice(file),
        *_repeated_notice(file),
    )
    return Findings(tuple(problems), notices)


def light_in_range(file: WeatherFile) -> bool:
    """Whether every value of irradiance is possible at the ground.

    Parameters
    ----------
    file : WeatherFile

    Returns
    -------
    bool
    """
    return not any(_range_problem(file, name) for name in SUNLIGHT if name in file.series)


def _range_problem(file: WeatherFile, name: str) -> str | None:
    values = file.series[name]
    allowed = RANGES.get(name)
    if allowed is None:
        return None
    outside = (values < allowed.low) | (values > allowed.high)
    if outside.any():
        k = int(np.argmax(outside))
        return (
            f"{name} = {values[k]:g} at {stamp(file.local[k])} is outside {allowed.low:g} to "
            f"{allowed.high:g} {allowed.unit}, as are {plural(int(outside.sum()), 'value')} of "
            f"{values.size}; {allowed.question(values)}{_odd_remedy(file, values, allowed)}"
        )
    if name == "relative_humidity_percent" and values.max() <= 1.0:
        return f"{name} is at most {values.max():g} %; looks like a fraction: declare the unit 1"
    if name in WINDS and values.mean() > 20.0:
        return (
            f"{name} is {values.mean():.1f} m/s on average, more than any place on Earth; "
            f"{wind_question(values)}"
        )
    return None


def _odd_remedy(file: WeatherFile, values: Array, allowed: Range) -> str:
    """Advice for values that are only slightly outside."""
    low, high = allowed.low - allowed.below, allowed.high + allowed.above
    if values.min() < low or values.max() > high:
        return ""
    return (
        f". {plural(odd_values(file), 'value')} between {low:g} and {high:g} {allowed.unit} would "
        f"be set to the bound (odd_value_share = {file.odd_value_share:g})"
    )


def _weak_sun_problem(file: WeatherFile) -> list[str]:
    """Detect irradiance in kW/m² or MJ/m², whose values are too small."""
    latitude, longitude = file.coordinates()
    outside = SOLAR_CONSTANT * np.maximum(cos_zenith(latitude, longitude, _middle(file)), 0.0)
    strongest, possible = float(file.series["ghi_w_m2"].max()), float(outside.max())
    if possible < 200.0 or strongest > 0.05 * possible:
        return []
    if strongest == 0.0:
        return ["ghi_w_m2 is 0 throughout; missing sunlight is an error, not night"]
    unit = "kW/m2" if strongest < 1.6 else "MJ/m2" if strongest < 5.0 else "another"
    return [
        f"ghi_w_m2: daily maximum {strongest:.3g} W/m² under a sun of up to {possible:.0f} W/m²: "
        f"unit? Looks like {unit}; declare the unit"
    ]


def _above_extraterrestrial(file: WeatherFile, lag_hours: float) -> list[str]:
    latitude, longitude = file.coordinates()
    ghi = file.series["ghi_w_m2"]
    # Means and instants differ most at sunrise, so the highest sun near the interval counts.
    # A lag of the clock is known to about half of it over the seasons.
    slack = 900.0 + 3600.0 * min(abs(lag_hours) / 2.0, 1.0)
    reach = file.step_seconds / 2.0 + slack
    offsets = (-reach, -reach / 2.0, 0.0, reach / 2.0, reach)
    centre = _middle(file) - np.timedelta64(round(3600 * lag_hours), "s")
    height = np.max(
        [
            cos_zenith(latitude, longitude, centre + np.timedelta64(round(offset), "s"))
            for offset in offsets
        ],
        axis=0,
    )
    limit = (
        EXTRATERRESTRIAL_MARGIN * _extraterrestrial_normal(centre) * np.maximum(height, 0.0)
        + EXTRATERRESTRIAL_MARGIN_W_M2
    )
    above = np.flatnonzero(ghi > limit)
    if not above.size:
        return []
    where = [f"{stamp(file.local[k])} ({ghi[k]:.0f} > {limit[k]:.0f} W/m²)" for k in above[:3]]
    more = f" and {above.size - 3} more" if above.size > 3 else ""
    return [
        f"ghi_w_m2 exceeds extraterrestrial irradiance in "
        f"{plural(above.size, 'interval')}: {', '.join(where)}{more}; are unit, place and clock "
        "right? Look at it with: altay-energy weather describe"
    ]


def _middle(file: WeatherFile) -> Times:
    return file.times + np.timedelta64(file.step_seconds // 2, "s")


def _extraterrestrial_normal(utc: Times) -> Array:
    from pvlib import irradiance

    day = utc.astype("datetime64[D]")
    day_of_year = (day - day.astype("datetime64[Y]")).astype(np.float64) + 1.0
    normal: Array = irradiance.get_extra_radiation(day_of_year, SOLAR_CONSTANT, method="spencer")
    return normal


def _pressure_notice(file: WeatherFile) -> list[str]:
    pressure, elevation = file.series.get("pressure_pa"), file.elevation_m
    if pressure is None or elevation is None:
        return []
    ratio = float(pressure.mean()) / standard_pressure(elevation)
    if 1 / REDUCED_TO_SEA <= ratio <= REDUCED_TO_SEA:
        return []
    hint = " (reduced to sea level?)" if abs(pressure.mean() / STANDARD_PRESSURE - 1) < 0.02 else ""
    return [
        f"pressure is {100 * (ratio - 1):+.0f} % from the standard atmosphere at "
        f"{elevation:.0f} m{hint}"
    ]


def standard_pressure(elevation_m: float) -> float:
    """Pressure of the standard atmosphere. [Pa]

    Parameters
    ----------
    elevation_m : float
        Above sea level. [m]

    Returns
    -------
    float

    References
    ----------
    .. [1] ISO 2533:1975, Standard Atmosphere; through ``pvlib.atmosphere.alt2pres``.
    """
    from pvlib import atmosphere

    return float(atmosphere.alt2pres(elevation_m))


def _constant_notices(file: WeatherFile) -> list[str]:
    """Periods of equal values of a sensor, calm and darkness excepted."""
    notices = []
    for name in ("temperature_c", *WINDS, "pressure_pa", "relative_humidity_percent"):
        if name not in file.series:
            continue
        values = file.series[name]
        begin, length = _runs(values)
        long = (length * file.step_hours > CONSTANT_HOURS) & (length < values.size)
        if name in WINDS:
            long &= values[begin] > 0.0
        if length[0] == values.size:
            notices.append(f"{name} is {values[0]:g} throughout")
        elif long.any():
            spans = [
                f"{stamp(file.local[b])} for {count * file.step_hours:.0f} h"
                for b, count in zip(begin[long], length[long], strict=True)
            ]
            notices.append(f"{name} does not change for more than 3 days: {listing(spans)}")
    return notices


def _runs(values: Array) -> tuple[np.ndarray, np.ndarray]:
    """First position and length of every run of equal values."""
    begin = np.concatenate(([0], np.flatnonzero(np.diff(values) != 0.0) + 1))
    return begin, np.diff(np.append(begin, values.size))


def held_hours(speed: Array, step_hours: float) -> int | None:
    """Hours for which each observation of wind is held; None where every interval has its own.

    Parameters
    ----------
    speed : ndarray, shape (N,)
        [m s⁻¹]
    step_hours : float
        [h]

    Returns
    -------
    int or None
        [h]
    """
    changes = np.flatnonzero(np.diff(speed) != 0.0) + 1
    for hours in (6, 3):
        block = round(hours / step_hours)
        if changes.size < 100 or block < 2:
            continue
        if np.bincount(changes % block).max() > HELD_SHARE * changes.size:
            return hours
    return None


def is_whole(speed: Array) -> bool:
    """Whether wind is rounded to whole m/s.

    Parameters
    ----------
    speed : ndarray, shape (N,)
        [m s⁻¹]

    Returns
    -------
    bool
    """
    return bool(np.mean(speed == np.round(speed)) > 0.99 and speed.max() > 1.0)


def _held_notices(file: WeatherFile) -> list[str]:
    wind = file.series.get("wind_speed_m_s")
    if wind is None:
        return []
    notices = []
    hours = held_hours(wind, file.step_hours)
    if hours is not None:
        notices.append(f"wind observations held for {hours} h: true changes within are lost")
    if is_whole(wind):
        notices.append("wind is in whole m/s")
    calm = float(np.mean(wind == 0.0))
    if calm > 0.2:
        notices.append(f"wind is calm in {100 * calm:.0f} % of all intervals")
    return notices


def _strong_wind_notices(file: WeatherFile) -> list[str]:
    """Wind that is stronger than at nearly all stations: it may be in km/h or knots."""
    if file.times.size * file.step_hours < 24.0 * STRONG_WIND_DAYS:
        return []
    heights = (file.wind_height_m, file.wind_second_height_m)
    notices = []
    for name, height in zip(WINDS, heights, strict=True):
        if name not in file.series or height is None:
            continue
        wind, to_10_m = file.series[name], (10.0 / height) ** SHEAR_TO_10_M
        mean, most = float(wind.mean()), float(wind.max())
        if mean * to_10_m >= STRONG_MEAN_M_S or most * to_10_m >= STRONG_HOUR_M_S:
            notices.append(
                f"{name} is {mean:.1f} m/s on average and up to {most:.1f} m/s at {height:g} m, "
                f"more than nearly all stations on land; is it in km/h (then the mean is "
                f"{mean / 3.6:.1f} m/s) or in knots? Then declare the unit"
            )
    return notices


def _spike_notice(file: WeatherFile) -> list[str]:
    if "temperature_c" not in file.series:
        return []
    jump = np.abs(np.diff(file.series["temperature_c"]))
    spikes = np.flatnonzero(jump > SPIKE_K_PER_HOUR * max(file.step_hours, 0.5))
    if not spikes.size:
        return []
    where = listing([stamp(file.local[k + 1]) for k in spikes])
    return [f"temperature jumps by more than {SPIKE_K_PER_HOUR:g} K at {where}"]


def _repeated_notice(file: WeatherFile) -> list[str]:
    year = 365 * file.per_day
    wind = file.series.get("wind_speed_m_s")
    if wind is None or wind.size < 2 * year or not wind.any():
        return []
    if np.mean(wind[:year] == wind[year : 2 * year]) > 0.99:
        return ["the second year repeats the first"]
    return []
