"""Series derived from others: beam and diffuse irradiance, pressure."""

from __future__ import annotations

from dataclasses import replace
from typing import Literal

import numpy as np

from altay_energy.core.units import Array
from altay_energy.weather.files.checks import standard_pressure
from altay_energy.weather.files.file import WeatherFile
from altay_energy.weather.sun import SunPath, decompose, sun_path

Irradiance = Literal["as_given", "from_ghi"]

LOWEST_SUN_COS = 0.0523
"""Cosine of zenith 87°: nearer to the horizon beam irradiance is not derived from a quotient."""


def chosen_light(file: WeatherFile, irradiance: Irradiance) -> WeatherFile:
    """The same file; without its DNI and DHI where these are to be derived from its GHI.

    Parameters
    ----------
    file : WeatherFile
    irradiance : {"as_given", "from_ghi"}

    Returns
    -------
    WeatherFile
        With a notice where something was left out.
    """
    left = {"dni_w_m2", "dhi_w_m2"} & set(file.series)
    if irradiance == "as_given" or not left:
        return file
    series = {name: values for name, values in file.series.items() if name not in left}
    notice = 'DNI and DHI of the file are left out (irradiance = "from_ghi")'
    return replace(file, series=series, notices=(*file.notices, notice))


def derive(file: WeatherFile, lag_hours: float, irradiance: Irradiance = "as_given") -> WeatherFile:
    """Derive absent series by named models, with notices.

    Without DNI and DHI both come from GHI by the Erbs decomposition [1]_; with one of them the
    other closes GHI = DHI + DNI cos Z. Pressure is that of the standard atmosphere [2]_.

    Parameters
    ----------
    file : WeatherFile
        With its place known.
    lag_hours : float
        How late its sunlight runs. [h]
    irradiance : {"as_given", "from_ghi"}
        Whether DNI and DHI of the file are kept, or left out and derived from its GHI.

    Returns
    -------
    WeatherFile
        With GHI, DNI, DHI and pressure.

    References
    ----------
    .. [1] D. G. Erbs, S. A. Klein and J. A. Duffie, "Estimation of the diffuse radiation fraction
       for hourly, daily and monthly-average global radiation", Solar Energy 28, 293-302, 1982.
    .. [2] ISO 2533:1975, Standard Atmosphere.
    """
    file = chosen_light(file, irradiance)
    series = dict(file.series)
    notices: list[str] = []
    latitude, longitude, elevation_m = file.location()
    if "dni_w_m2" not in series or "dhi_w_m2" not in series:
        sun = sun_path(latitude, longitude, elevation_m, file.times, file.step_seconds, lag_hours)
        dni, dhi, how = _beam_and_diffuse(series, sun)
        series |= {"dni_w_m2": dni, "dhi_w_m2": dhi}
        notices.append(how)
    if "pressure_pa" not in series:
        series["pressure_pa"] = np.full(file.times.shape, standard_pressure(elevation_m))
        notices.append(f"pressure is that of the standard atmosphere at {elevation_m:.0f} m")
    return replace(file, series=series, notices=(*file.notices, *notices))


def _beam_and_diffuse(series: dict[str, Array], sun: SunPath) -> tuple[Array, Array, str]:
    """DNI and DHI, each a mean over the whole interval, and a notice on their origin."""
    ghi = series["ghi_w_m2"]
    # A mean of DNI contains the lit share, so the height of the lit part converts it to the mean
    # on the horizontal.
    height = np.maximum(np.cos(np.radians(sun.zenith_deg)), 0.0)
    if "dni_w_m2" in series:
        dni = series["dni_w_m2"]
        return dni, np.maximum(ghi - dni * height, 0.0), "DHI is GHI - DNI cos Z"
    if "dhi_w_m2" in series:
        dhi = series["dhi_w_m2"]
        outside = sun.extraterrestrial_w_m2 * sun.lit_fraction
        dni = np.clip((ghi - dhi) / np.maximum(height, LOWEST_SUN_COS), 0.0, outside)
        return dni, dhi, "DNI is (GHI - DHI) / cos Z"
    dni, dhi = decompose(sun, ghi)
    return dni, dhi, "DNI and DHI are derived from GHI (Erbs et al. 1982)"
