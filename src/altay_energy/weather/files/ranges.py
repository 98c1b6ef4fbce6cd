"""Valid range of each series of weather, and the probable unit of values outside."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from altay_energy.core.timeline import Timeline
from altay_energy.core.units import Array

SUNLIGHT = ("ghi_w_m2", "dni_w_m2", "dhi_w_m2")
"""The series that the clock check judges and moves."""

WINDS = ("wind_speed_m_s", "wind_speed_second_m_s")

NIGHT_OFFSET_W_M2 = -5.0
"""Night offset of thermopile pyranometers; it is set to 0 and counted. [W m⁻²]"""

HUMIDITY_ABOVE_100 = 120.0
"""Largest humidity of sensors in fog and of typical years [%]; set to 100, counted."""

BEYOND_ANY_UNIT = 1e9
"""Larger than any quantity of weather in any unit: probably a code for no value."""

WHOLE_DAYS_HOURS = 48.0
"""Length of a record from which its range is checked. [h]"""

WEAKEST_DAY_W_M2 = 1.6
"""Largest irradiance in kW/m²; two days under a sun of 10° exceed it in W/m²."""

HIGH_SUN_DEG = 10.0
"""Height of the noon sun from which the unit of irradiance can be detected. [°]"""


@dataclass(frozen=True)
class Range:
    """Bounds of a series, and how far outside a value still counts as slightly outside.

    Parameters
    ----------
    low, high : float
        In ``unit``.
    below, above : float
        Margin below ``low`` and above ``high`` within which single values are set to the bound.
    unit : str
    question : callable
        From all values of the series to advice on its unit.
    """

    low: float
    high: float
    below: float
    above: float
    unit: str
    question: Callable[[Array], str]


def _temperature_question(values: Array) -> str:
    middle = float(np.median(values))
    if middle > 150.0:
        return "looks like kelvin: declare the unit K"
    if middle < -150.0:
        return "looks like °C declared as K: take the declaration out"
    if values.max() > 55.0 and values.min() > -60.0:
        return "is it in °F? then declare the unit F"
    return "is it a code for no value?"


def _pressure_question(values: Array) -> str:
    middle = float(np.median(values))
    if 300.0 < middle < 1200.0:
        return "looks like hPa (= mbar): declare the unit hPa"
    if 30.0 < middle < 120.0:
        return "looks like kPa: declare the unit kPa"
    if middle > 1e6:
        return "looks 100 times too large: is it in Pa already?"
    return "is it a code for no value?"


def wind_question(values: Array) -> str:
    """Advice on the unit of a wind speed.

    Parameters
    ----------
    values : ndarray, shape (...)
        As read in m/s. [m s⁻¹]

    Returns
    -------
    str
    """
    if values.min() < 0.0:
        return "a speed is never negative: is it a component, or a code for no value?"
    if values.max() > BEYOND_ANY_UNIT:
        return "is it a code for no value?"
    return "is it in km/h or knots? then declare the unit"


def _irradiance_question(values: Array) -> str:
    if values.min() < NIGHT_OFFSET_W_M2:
        return "is it a code for no value, or a net flux?"
    if values.max() > BEYOND_ANY_UNIT:
        return "is it a code for no value?"
    if values.max() > 5e4:
        return "looks like J/m²: declare the unit J/m2"
    return "looks like kJ/m²: declare the unit kJ/m2"


def _plain_question(_: Array) -> str:
    return "is the unit right?"


_IRRADIANCE = Range(NIGHT_OFFSET_W_M2, 1600.0, 15.0, 100.0, "W/m²", _irradiance_question)
RANGES: Mapping[str, Range] = {
    "ghi_w_m2": _IRRADIANCE,
    "dni_w_m2": _IRRADIANCE,
    "dhi_w_m2": _IRRADIANCE,
    "temperature_c": Range(-60.0, 55.0, 5.0, 5.0, "°C", _temperature_question),
    **dict.fromkeys(WINDS, Range(0.0, 75.0, 0.5, 5.0, "m/s", wind_question)),
    "pressure_pa": Range(45e3, 110e3, 2e3, 2e3, "Pa", _pressure_question),
    "relative_humidity_percent": Range(0.0, HUMIDITY_ABOVE_100, 5.0, 30.0, "%", _plain_question),
    "snow_depth_m": Range(0.0, 10.0, 0.05, 1.0, "m", _plain_question),
    "precipitation_mm": Range(0.0, 300.0, 1.0, 30.0, "mm", _plain_question),
    "wind_direction_deg": Range(0.0, 360.0, 5.0, 5.0, "°", _plain_question),
}
"""Range of each series, and the margin of single values."""

SET_TO: Mapping[str, tuple[float, float]] = {
    "relative_humidity_percent": (0.0, 100.0),
    **dict.fromkeys(SUNLIGHT, (0.0, _IRRADIANCE.high)),
}
"""Values to which odd values below and above a range are set, where these are not its bounds."""


_HARD: Mapping[str, tuple[float, float]] = {
    "ghi_w_m2": (-20.0, 3000.0),
    "dni_w_m2": (-20.0, 3000.0),
    "dhi_w_m2": (-20.0, 3000.0),
    "temperature_c": (-120.0, 120.0),
    **dict.fromkeys(WINDS, (0.0, 150.0)),
    "pressure_pa": (2e4, 2e5),
    "relative_humidity_percent": (0.0, 150.0),
    "snow_depth_m": (0.0, 100.0),
    "precipitation_mm": (0.0, 2000.0),
    "wind_direction_deg": (-360.0, 720.0),
}
"""Valid range of air for the models; those of measured files are narrower."""


def unit_problem(name: str, values: Array, hours: float, *, sunlit: bool = True) -> str | None:
    """Message on the unit of a series given in Python, whatever its place and time.

    Parameters
    ----------
    name : str
        A name of ``SERIES_UNITS``.
    values : ndarray, shape (..., T)
        Finite, in that unit.
    hours : float
        Length of the period. [h]
    sunlit : bool
        Whether the sun is high enough in the period to distinguish W/m² from kW/m²; in a polar
        night it is not.

    Returns
    -------
    str or None
    """
    if not values.size:
        return None
    low, high = _HARD[name]
    least, most = float(values.min()), float(values.max())
    allowed = RANGES[name]
    if least < low or most > high:
        worst = least if least < low else most
        return f"{name} = {worst:g} is no value in {allowed.unit}; {allowed.question(values)}"
    if hours < WHOLE_DAYS_HOURS or least == most:
        return None
    if name == "relative_humidity_percent" and 0.0 < most <= 1.0:
        return f"{name} is at most {most:g} %; is it a fraction? Multiply it by 100"
    if name == "ghi_w_m2" and sunlit and 0.0 < most <= WEAKEST_DAY_W_M2:
        return f"{name} is at most {most:g} W/m² in {hours:g} h; is it in kW/m²? Multiply by 1000"
    return None


def highest_sun_deg(latitude: float, timeline: Timeline) -> float:
    r"""Greatest height of the noon sun over the days of a period.

    Parameters
    ----------
    latitude : float
        North positive. [°]
    timeline : Timeline

    Returns
    -------
    float
        Below 0 in a polar night. [°]

    Notes
    -----
    :math:`90° - |\varphi - \delta|` with the declination :math:`\delta` of Cooper [1]_, right to
    half a degree.

    References
    ----------
    .. [1] P. I. Cooper, "The absorption of radiation in solar stills", Solar Energy 12(3),
       333-346, 1969.
    """
    declination = 23.45 * np.sin(2.0 * np.pi * (284 + timeline.day_of_year) / 365.0)
    return float(90.0 - np.abs(latitude - declination).min())
