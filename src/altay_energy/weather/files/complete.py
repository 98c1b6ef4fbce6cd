"""From columns with gaps to complete series: filled, left out, derived, or refused."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from altay_energy.core.errors import WeatherError
from altay_energy.core.files.gaps import GapPolicy, filled
from altay_energy.core.timeline import Times
from altay_energy.core.units import Array
from altay_energy.weather.files.file import REQUIRED

OPTIONAL = ("snow_depth_m", "precipitation_mm", "wind_direction_deg")
"""Optional series; they are left out where they have gaps."""

SURELY_SNOW_C = -15.0
"""Frost below which snow is expected: a depth of 0 throughout is a placeholder."""


@dataclass(frozen=True)
class Completed:
    """Result of ``complete``.

    Parameters
    ----------
    series : dict of str to ndarray, shape (N,)
        Free of NaN.
    notices : list of str
        Notices on what was filled, left out, derived or assumed.
    wants : list of str
        What is missing for a run, with the remedy; empty if nothing is.
    """

    series: dict[str, Array]
    notices: list[str]
    wants: list[str]


def complete(
    columns: Mapping[str, Array],
    local: Times,
    lines: NDArray[np.int64],
    name: str,
    *,
    step_hours: float,
    policy: GapPolicy,
    required: Sequence[str] = REQUIRED,
    assumed_humidity_percent: float | None = None,
    remedy: str = "",
) -> Completed:
    """Return series free of NaN, with notices on each change.

    A column without any value counts as absent. Gaps are filled as the policy says, or refused.
    Humidity may be computed from the dew point.

    Parameters
    ----------
    columns : mapping of str to ndarray, shape (N,)
        NaN where there is no value.
    local : ndarray of datetime64[s], shape (N,)
        Beginning of the intervals on the file's clock, for messages.
    lines : ndarray of int, shape (N,)
        Line of each row, 0 for rows that the file lacks.
    name : str
        Of the file.
    step_hours : float
        [h]
    policy : GapPolicy
        Which gaps are filled, and how.
    required : sequence of str
        Series that must be there. A file of wind alone needs no more.
    assumed_humidity_percent : float, optional
        Used where the file has neither humidity nor dew point. [%]
    remedy : str
        Advice on what this format lacks, for the message.

    Returns
    -------
    Completed

    Raises
    ------
    WeatherError
        If values are missing within a series, or there are none.
    """
    present = {key: values for key, values in columns.items() if not np.isnan(values).all()}
    absent = [key for key in required if key not in present]
    wants = []
    if absent:
        wants.append(
            f"{name}: holds no {', '.join(absent)}; every weather file needs {', '.join(required)}"
            + (f"; {remedy}" if remedy else "")
        )
    if not present:
        raise WeatherError(wants[0] if wants else f"{name}: holds no value at all")
    notices: list[str] = []
    if "relative_humidity_percent" in present:
        present.pop("dew_point_c", None)
    elif "dew_point_c" not in present and "temperature_c" in required:
        _assume_humidity(name, present, local.size, assumed_humidity_percent, wants, notices)
    series: dict[str, Array] = {}
    for key, values in present.items():
        holes = int(np.isnan(values).sum())
        if holes and key in OPTIONAL:
            notices.append(f"{key} left out: no value in {holes} of {values.size} rows")
            continue
        if holes:
            values, done = filled(key, values, local, lines, name, step_hours, policy)
            notices += done
        series[key] = values
    _settle_snow(series, notices)
    if {"dew_point_c", "temperature_c"} <= set(series):  # given humidity has priority
        series["relative_humidity_percent"] = humidity_from_dew_point(
            series["temperature_c"], series.pop("dew_point_c")
        )
        notices.append("relative humidity computed from the dew point")
    return Completed(series, notices, wants)


def _assume_humidity(
    name: str,
    present: dict[str, Array],
    rows: int,
    assumed_percent: float | None,
    wants: list[str],
    notices: list[str],
) -> None:
    """Use the declared mean where a file has no humidity."""
    if assumed_percent is None:
        wants.append(
            f"{name}: holds neither relative_humidity_percent nor dew_point_c; missing weather "
            "is never guessed, so add one of them, or declare a mean for the file, as in "
            "assumed_humidity_percent = 65"
        )
        return
    present["relative_humidity_percent"] = np.full(rows, assumed_percent)
    notices.append(
        f"relative humidity taken as {assumed_percent:g} % throughout (assumed_humidity_percent)"
    )


def _settle_snow(series: dict[str, Array], notices: list[str]) -> None:
    """Leave out a snow depth that was not observed."""
    snow = series.get("snow_depth_m")
    coldest = float(series["temperature_c"].min()) if "temperature_c" in series else 0.0
    if snow is not None and not snow.any() and coldest < SURELY_SNOW_C:
        del series["snow_depth_m"]
        notices.append(
            "snow_depth_m left out: 0 throughout in spite of hard frost, so not observed"
        )


def humidity_from_dew_point(temperature_c: Array, dew_point_c: Array) -> Array:
    """Relative humidity over water from air temperature and dew point.

    Parameters
    ----------
    temperature_c, dew_point_c : ndarray, shape (...)
        [°C]

    Returns
    -------
    ndarray, shape (...)
        At most 100. [%]

    References
    ----------
    .. [1] O. A. Alduchov and R. E. Eskridge, "Improved Magnus form approximation of saturation
       vapor pressure", J. Appl. Meteorol. 35, 601-609, 1996.
    """

    def exponent(celsius: Array) -> Array:
        return 17.625 * celsius / (243.04 + celsius)

    ratio = np.exp(exponent(dew_point_c) - exponent(temperature_c))
    return np.minimum(100.0 * ratio, 100.0)
