"""Reanalyses: ERA5, ERA5-Land and MERRA-2.

ERA5 and ERA5-Land: sums of energy that end at their stamp, and instants.

MERRA-2: hourly means, each stamped at the middle of its hour.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from altay_energy.core.errors import WeatherError
from altay_energy.core.stamps import check_order
from altay_energy.core.timeline import Times
from altay_energy.core.units import Array
from altay_energy.core.wording import stamp
from altay_energy.weather.files.assemble import Header, assemble
from altay_energy.weather.files.file import WeatherFile
from altay_energy.weather.files.spec import WeatherFileSpec
from altay_energy.weather.formats.grid.netcdf import Point, speed_and_direction

GRAVITY = 9.80665
"""Standard gravity, from geopotential to height [m s⁻²]; ISO 80000-3."""

HOUR = np.timedelta64(3600, "s")

_REMEDY = (
    "ERA5 has them as ssrd, t2m, u10 and v10 (d2m, sp, fdir, tp, u100 and v100 are used too), so "
    "add them to the request. The provider writes instants (t2m) and sums (ssrd) into two files of "
    'one zip: give the zip as it came, or both files as [weather.files] SITE = ["instant.nc", '
    '"accum.nc"]'
)

STRONGEST_HOUR_J_M2 = 1600.0 * 3600.0
"""Irradiation of an hour above which sums are accumulated from midnight."""


def read_era5(point: Point, spec: WeatherFileSpec) -> WeatherFile:
    """One grid point of ERA5 or ERA5-Land.

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
        If variables are missing, in other units, or not hourly.

    Notes
    -----
    ``ssrd``, ``fdir`` and ``tp`` are sums over the hour that ends at the stamp; in ERA5-Land
    they run on from midnight UTC, which is recognised and undone. The first sum of such a file is
    that of hours before it unless it is stamped 01:00; the file then begins at its first stamp.
    All else is an instant: an interval takes the mean of the instants at its ends, the first one
    that at its end. ``fdir`` is direct light on a level plane, so diffuse light is
    ``ssrd - fdir``. The elevation is that of the geopotential ``z``, if the file holds it.

    References
    ----------
    .. [1] H. Hersbach et al., "The ERA5 global reanalysis", Quarterly Journal of the Royal
       Meteorological Society 146, 1999-2049, 2020.
    """
    if point.times.size > 1:
        _check_hourly(point.text.name, point.times)
    sums, running = _sums(point)
    found = sums | _instants(point)
    notices = [
        "a stamp is the end of the interval for sums; instants are averaged over its ends (ERA5)",
        *point.notices,
    ]
    begin = point.times - HOUR
    if running:
        notices.append("sums run on from midnight UTC (ERA5-Land); differences taken")
        if any(np.isnan(values[0]) for values in sums.values()) and _hour(point.times)[0] != 1:
            begin, found = begin[1:], {name: values[1:] for name, values in found.items()}
            notices.append(
                f"begins at {stamp(point.times[0])} UTC: the sums of that stamp are those of hours "
                "before the file"
            )
    header = Header(
        kind="era5",
        place="ERA5",
        location=(point.latitude, point.longitude, _elevation(point)),
        utc_offset_hours=0.0,
        wind_height_m=10.0,
        wind_second_height_m=100.0,
        typical=False,
        notices=tuple(notices),
        first_line=0,
        remedy=_REMEDY,
    )
    return assemble(point.text, spec, header, begin, found)


def _check_hourly(name: str, times: Times) -> None:
    check_order(times, times, np.arange(times.size), name, WeatherError)
    step = int(np.median(np.diff(times).astype(np.int64)))
    if step != 3600:
        raise WeatherError(
            f"{name}: steps of {step / 60:g} min; expected hourly ERA5, so request all 24 hours"
        )
    past = (times - times.astype("datetime64[h]")).astype(np.int64)
    if past.any():
        raise WeatherError(
            f"{name}: {stamp(times[np.argmax(past > 0)])} is no whole hour; ERA5 stamps whole "
            "hours UTC, so get it as the provider writes it"
        )


def _sums(point: Point) -> tuple[dict[str, Array], bool]:
    """Means of the hour that ends at each stamp, and whether sums ran on from midnight."""
    hourly: dict[str, Array] = {}
    for name, unit in (("ssrd", "J m-2"), ("fdir", "J m-2"), ("tp", "m")):
        if point.has(name):
            hourly[name] = point.values(name, unit)
    running = "ssrd" in hourly and _run_on(point.times, hourly["ssrd"])
    if running:
        hourly = {name: _differences(point, name, values) for name, values in hourly.items()}
    found: dict[str, Array] = {}
    if "ssrd" in hourly:
        found["ghi_w_m2"] = hourly["ssrd"] / 3600.0
        # Packing leaves nights at a fraction of a watt below zero.
        packed_night = (found["ghi_w_m2"] < 0.0) & (found["ghi_w_m2"] > -1.0)
        found["ghi_w_m2"] = np.where(packed_night, 0.0, found["ghi_w_m2"])
        if "fdir" in hourly:
            # Packing may leave direct slightly above global irradiance; diffuse is never negative.
            found["dhi_w_m2"] = np.maximum(hourly["ssrd"] - hourly["fdir"], 0.0) / 3600.0
    if "tp" in hourly:
        found["precipitation_mm"] = np.maximum(1000.0 * hourly["tp"], 0.0)
    return found, running


def _run_on(times: Times, sums: Array) -> bool:
    """Whether sums of irradiance are accumulated from midnight UTC.

    They then exceed that of any hour, or, in the short days of winter, never decrease within a day.
    """
    largest = float(np.nanmax(sums, initial=0.0))
    falls = (np.diff(sums) < -1e-3 * largest) & (_hour(times)[1:] != 1)
    return largest > STRONGEST_HOUR_J_M2 or (largest > 0.0 and not falls.any())


def _hour(times: Times) -> NDArray[np.int64]:
    """Hour of the day of each stamp, 0 to 23."""
    hours: NDArray[np.int64] = (times - times.astype("datetime64[D]")).astype(np.int64) // 3600
    return hours


def _differences(point: Point, name: str, sums: Array) -> Array:
    """Sums since midnight UTC to sums of the hour; that of 01:00 stands alone."""
    hour = _hour(point.times)
    before = np.concatenate(([np.nan], sums[:-1]))
    follows = np.concatenate(([False], np.diff(point.times) == HOUR))
    hourly: Array = np.where(hour == 1, sums, np.where(follows, sums - before, np.nan))
    if hour[0] != 1 and sums.size:  # the hour before the first is not in the file
        hourly[0] = 0.0 if sums[0] == 0.0 else hourly[0]
    falling = hourly < -1e-3 * np.nanmax(sums, initial=0.0)
    if falling.any():
        k = int(np.argmax(falling))
        raise WeatherError(
            f"{point.text.name}: {name} falls at {stamp(point.times[k])} UTC, but reaches "
            f"{np.nanmax(sums):.3g} J/m²: neither sums of an hour (ERA5) nor since midnight "
            "(ERA5-Land); get it as the provider writes it"
        )
    return np.where(hourly < 0.0, 0.0, hourly)


def _instants(point: Point) -> dict[str, Array]:
    found = {}
    if point.has("t2m"):
        found["temperature_c"] = point.values("t2m", "K") - 273.15
    if point.has("d2m"):
        found["dew_point_c"] = point.values("d2m", "K") - 273.15
    if point.has("sp"):
        found["pressure_pa"] = point.values("sp", "Pa")
    if point.has("u10") and point.has("v10"):
        east, north = point.values("u10", "m s-1|m/s"), point.values("v10", "m s-1|m/s")
        found["wind_speed_m_s"], _ = speed_and_direction(east, north)
        _, found["wind_direction_deg"] = speed_and_direction(_ends(east), _ends(north))
    if point.has("u100") and point.has("v100"):
        found["wind_speed_second_m_s"], _ = speed_and_direction(
            point.values("u100", "m s-1|m/s"), point.values("v100", "m s-1|m/s")
        )
    if point.has("sde"):
        found["snow_depth_m"] = point.values("sde", "m")
    return {
        name: values if name == "wind_direction_deg" else _ends(values)
        for name, values in found.items()
    }


def _ends(values: Array) -> Array:
    """Mean of the instants at both ends of the hours that end at each stamp."""
    return 0.5 * (values + np.concatenate((values[:1], values[:-1])))


def _elevation(point: Point) -> float | None:
    if not point.has("z"):
        return None
    return float(np.nanmedian(point.values("z", "m2 s-2"))) / GRAVITY


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
    return np.minimum(100.0 * vapour / saturated, 100.0)
