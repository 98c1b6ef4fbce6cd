"""MERRA-2: hourly means, each stamped at the middle of its hour."""

from __future__ import annotations

import numpy as np

from altay_energy.errors import WeatherError
from altay_energy.units import Array
from altay_energy.weather.file import WeatherFile
from altay_energy.weather.formats.common import Header, assemble
from altay_energy.weather.formats.netcdf import Point, speed_and_direction
from altay_energy.weather.spec import WeatherFileSpec

VAPOUR_RATIO = 0.622
"""Molar mass of water over that of dry air [-]."""


def read_merra2(point: Point, spec: WeatherFileSpec) -> WeatherFile:
    """One grid point of MERRA-2, its collections of surface and radiation together.

    Parameters
    ----------
    point : Point
    spec : WeatherFileSpec

    Returns
    -------
    WeatherFile

    Raises
    ------
    WeatherError
        If variables are missing or in other units, or stamps are not the middle of an hour.

    Notes
    -----
    It holds no direct or diffuse light, which is then derived from ``SWGDN``. Humidity comes from
    ``T2MDEW``, else from specific humidity ``QV2M``, ``PS`` and ``T2M``.

    References
    ----------
    .. [1] R. Gelaro et al., "The Modern-Era Retrospective Analysis for Research and Applications,
       Version 2 (MERRA-2)", Journal of Climate 30, 5419-5454, 2017.
    """
    minute = (point.times - point.times.astype("datetime64[h]")).astype(np.int64)
    if (minute != 1800).any():
        raise WeatherError(
            f"{point.text.name}: a stamp is {minute[minute != 1800][0] // 60} min past the hour; "
            "expected 30, as MERRA-2 stamps its hourly means"
        )
    header = Header(
        kind="merra2",
        place="MERRA-2",
        location=(point.latitude, point.longitude, None),
        utc_offset_hours=0.0,
        wind_height_m=10.0,
        wind_second_height_m=50.0,
        typical=False,
        notices=("a stamp is the middle of its hour (MERRA-2)", *point.notices),
        first_line=0,
        remedy="MERRA-2 has them as SWGDN (tavg1_2d_rad_Nx) and T2M, QV2M, PS, U10M, V10M "
        "(tavg1_2d_slv_Nx): give both collections, in one file or as a list of files",
    )
    begin = point.times - np.timedelta64(1800, "s")
    return assemble(point.text, spec, header, begin, _series(point))


def _series(point: Point) -> dict[str, Array]:
    speed = "m s-1|m/s"
    found = {}
    if point.has("SWGDN"):
        found["ghi_w_m2"] = point.values("SWGDN", "W m-2|W/m2")
    if point.has("T2M"):
        found["temperature_c"] = point.values("T2M", "K") - 273.15
    if point.has("U10M") and point.has("V10M"):
        found["wind_speed_m_s"], found["wind_direction_deg"] = speed_and_direction(
            point.values("U10M", speed), point.values("V10M", speed)
        )
    if point.has("U50M") and point.has("V50M"):
        found["wind_speed_second_m_s"], _ = speed_and_direction(
            point.values("U50M", speed), point.values("V50M", speed)
        )
    if point.has("PS"):
        found["pressure_pa"] = point.values("PS", "Pa")
    if point.has("T2MDEW"):
        found["dew_point_c"] = point.values("T2MDEW", "K") - 273.15
    elif point.has("QV2M") and {"pressure_pa", "temperature_c"} <= set(found):
        found["relative_humidity_percent"] = relative_humidity(
            point.values("QV2M", "kg kg-1|kg/kg|1"), found["pressure_pa"], found["temperature_c"]
        )
    if point.has("PRECTOTCORR"):
        found["precipitation_mm"] = 3600.0 * point.values("PRECTOTCORR", "kg m-2 s-1|kg/m2/s")
    if point.has("SNODP"):
        found["snow_depth_m"] = point.values("SNODP", "m")
    return found


def relative_humidity(specific_humidity: Array, pressure_pa: Array, temperature_c: Array) -> Array:
    """Relative humidity over water from specific humidity.

    Parameters
    ----------
    specific_humidity : ndarray, shape (...)
        Water over moist air. [kg kg⁻¹]
    pressure_pa : ndarray, shape (...)
        [Pa]
    temperature_c : ndarray, shape (...)
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
    vapour = specific_humidity * pressure_pa
    vapour = vapour / (VAPOUR_RATIO + (1.0 - VAPOUR_RATIO) * specific_humidity)
    saturated = 610.94 * np.exp(17.625 * temperature_c / (243.04 + temperature_c))
    humidity: Array = np.minimum(100.0 * vapour / saturated, 100.0)
    return humidity
