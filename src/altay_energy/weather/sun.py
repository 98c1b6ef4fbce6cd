"""Position of the sun in every interval, and clear-sky irradiance.

The position is that of the NREL Solar Position Algorithm (SPA) as pvlib computes it. Its long
series of planetary terms change slowly, so they are evaluated every fourth day and interpolated
by splines; only the rotation of the Earth is computed for each interval. That takes an eighth of
the time of the plain algorithm and moves the sun by some 0.00001°.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from functools import lru_cache

import numpy as np

from altay_energy.core.errors import WeatherError
from altay_energy.core.timeline import Times
from altay_energy.core.units import Array
from altay_energy.weather.series import Weather

SOLAR_CONSTANT = 1366.1
"""Extraterrestrial normal irradiance at one astronomical unit [W m⁻²]; ASTM E490-00."""

DELTA_T_SECONDS = 67.0
"""Terrestrial time minus UT1 [s]. It was 57 s in 1990 and may be 90 s in 2060: below 0.0003°."""

REFRACTION_TEMPERATURE_C = 12.0
"""Yearly mean air temperature for refraction [°C]; 30 K more or less move the horizon by 0.06°."""

HORIZON_REFRACTION_DEG = 0.5667
"""Refraction below which SPA corrects no more [°]; Reda and Andreas (2004)."""

DEGREES_PER_SECOND = 360.0 / 86400.0
DAY_SECONDS = 86400.0
NODE_SECONDS = 4.0 * DAY_SECONDS

SLIVER_DEG = 0.004
"""Light of less than two seconds counts as none: sunrise is not known more exactly. [°]"""


@dataclass(frozen=True, eq=False)
class SunPath:
    """The sun at the middle of the lit part of every interval; read-only arrays of shape (T,).

    An interval is lit while the centre of the sun, raised by refraction, is above a level
    horizon: ``lit_fraction > 0`` and ``zenith_deg < 90`` say the same.

    Parameters
    ----------
    zenith_deg : ndarray, shape (T,)
        Apparent zenith angle, refraction included; 90 or more where nothing is lit. [°]
    azimuth_deg : ndarray, shape (T,)
        Clockwise from north, 0 to 360. [°]
    lit_fraction : ndarray, shape (T,)
        Share of the interval in which the sun is up, 0 to 1. [-]
    extraterrestrial_w_m2 : ndarray, shape (T,)
        Irradiance normal to the rays outside the atmosphere, by day and by night. [W m⁻²]
    """

    zenith_deg: Array
    azimuth_deg: Array
    lit_fraction: Array
    extraterrestrial_w_m2: Array

    def __post_init__(self) -> None:
        for item in fields(self):
            values = np.asarray(getattr(self, item.name), dtype=np.float64).view()
            values.setflags(write=False)
            object.__setattr__(self, item.name, values)


class _Ephemeris:
    """The slow part of the sun's motion: splines through SPA at 0 h UT of every fourth day.

    Parameters
    ----------
    first, last : float
        Numbers of the first and the last node. [4 d]
    """

    def __init__(self, first: float, last: float) -> None:
        from pvlib import spa
        from scipy.interpolate import CubicSpline

        nodes = np.arange(first, last + 1.0) * NODE_SECONDS
        no_place = (0.0, 0.0, 0.0, 1013.25, REFRACTION_TEMPERATURE_C, DELTA_T_SECONDS, 0.0)
        sidereal, ascension, declination = spa.solar_position(
            nodes, *no_place, numthreads=1, sst=True
        )
        distance = spa.solar_position(nodes, *no_place, numthreads=1, esd=True)[0]
        # At 0 h UT the hour angle at Greenwich is 180° plus the equation of time (±4°), so it
        # never wraps from one node to the next.
        clock_angle = (sidereal - ascension) % 360.0
        self._spline = CubicSpline(nodes, np.stack([clock_angle, declination, distance], axis=-1))

    def at(self, seconds: Array, longitude: float) -> tuple[Array, Array, Array]:
        """Hour angle [°, -180 to 180, westward], declination [°] and distance [au]."""
        clock_angle, declination, distance = np.moveaxis(self._spline(seconds), -1, 0)
        hour_angle = clock_angle + seconds % DAY_SECONDS * DEGREES_PER_SECOND + longitude
        return (hour_angle + 180.0) % 360.0 - 180.0, declination, distance


@lru_cache(maxsize=16)
def _ephemeris(first: float, last: float) -> _Ephemeris:
    """Cached for all places."""
    return _Ephemeris(first, last)


def _ephemeris_over(first_second: float, last_second: float) -> _Ephemeris:
    """Ephemeris for all instants between two, Unix time. [s]"""
    # Two nodes to spare at both ends keep the loose ends of the spline out of sight.
    first = np.floor(first_second / NODE_SECONDS) - 2.0
    return _ephemeris(float(first), float(np.ceil(last_second / NODE_SECONDS) + 2.0))


def sun_path(
    latitude: float,
    longitude: float,
    elevation_m: float,
    utc_begin: Times,
    step_seconds: int,
    lag_hours: float = 0.0,
) -> SunPath:
    r"""Sun at the middle of the lit part of every interval.

    Parameters
    ----------
    latitude, longitude : float
        [°] north, east
    elevation_m : float
        Above sea level; gives the pressure for refraction. [m]
    utc_begin : ndarray of datetime64, shape (T,)
        Beginning of the intervals, UTC.
    step_seconds : int
        Length of an interval. [s]
    lag_hours : float
        The sun of an interval is at its position so much earlier: for irradiance that is late on
        its own clock. [h]

    Returns
    -------
    SunPath
        Arrays of shape (T,).

    Raises
    ------
    WeatherError
        If the place is not on Earth.

    Notes
    -----
    The sun is up while its hour angle is within :math:`\pm\omega_0`,

    .. math:: \cos\omega_0 = \frac{\sin h_0 - \sin\varphi \sin\delta}{\cos\varphi \cos\delta},

    with :math:`h_0` the true elevation that refraction lifts to zero, about -0.57°. The span of
    the interval is clipped to that, and the position is computed at the middle of the rest; an
    interval without light keeps its own middle. Where a short night leaves light at both ends
    of one interval, the longer piece counts.

    References
    ----------
    .. [1] I. Reda and A. Andreas, "Solar position algorithm for solar radiation applications",
       Solar Energy 76(5), 577-589, 2004; through ``pvlib.spa``.
    """
    if not (-90.0 <= latitude <= 90.0 and -360.0 <= longitude <= 360.0):
        raise WeatherError(
            f"latitude = {latitude}, longitude = {longitude} is no place on Earth; "
            "expected degrees north (-90 to 90) and degrees east (-180 to 180)"
        )
    begin = np.asarray(utc_begin).astype("datetime64[s]").astype(np.float64)
    middle = begin + (0.5 * step_seconds - 3600.0 * lag_hours)
    if middle.size == 0:
        raise WeatherError("a sun path needs at least one interval")
    half_width = 0.5 * step_seconds * DEGREES_PER_SECOND
    ephemeris = _ephemeris_over(middle.min() - step_seconds, middle.max() + step_seconds)
    hectopascal = _pressure_hpa(elevation_m)
    horizon = _horizon_deg(hectopascal)

    hour_angle, declination, _ = ephemeris.at(middle, longitude)
    lit, shift = _lit_part(hour_angle, half_width, _sunset_angle(latitude, declination, horizon))
    seconds = middle + shift / DEGREES_PER_SECOND
    sun_hour_angle, declination, distance = ephemeris.at(seconds, longitude)
    # The declination of the lit part decides where its edge is, not that of the whole interval.
    lit, again = _lit_part(hour_angle, half_width, _sunset_angle(latitude, declination, horizon))
    zenith, azimuth = _topocentric(
        (latitude, elevation_m, hectopascal),
        sun_hour_angle + (again - shift),
        declination,
        distance,
    )
    # Against rounding: no sun below the horizon in a lit interval, nor the reverse.
    lit = np.where(zenith < 90.0, lit, 0.0)
    zenith = np.where(lit > 0.0, zenith, np.maximum(zenith, 90.0))
    return SunPath(zenith, azimuth, lit, SOLAR_CONSTANT / distance**2)


def sun_path_for(weather: Weather) -> SunPath:
    """Sun over the place and timeline of a ``Weather``, cached for all plants that share it.

    Parameters
    ----------
    weather : Weather
        Its place, timeline and ``sun_lag_hours`` count; its series do not.

    Returns
    -------
    SunPath
        Arrays of shape (T,).
    """
    timeline = weather.timeline
    return _remembered(
        float(weather.latitude),
        float(weather.longitude),
        float(weather.elevation_m),
        int(timeline.utc[0].astype(np.int64)),
        timeline.steps,
        timeline.step_seconds,
        float(weather.sun_lag_hours),
    )


def clear_sky(
    sun: SunPath, linke_turbidity: float | Array, elevation_m: float, pressure_pa: float | Array
) -> tuple[Array, Array, Array]:
    """Clear-sky irradiance, as means over the whole intervals.

    Parameters
    ----------
    sun : SunPath
        Arrays of shape (T,).
    linke_turbidity : float or ndarray, shape (..., T)
        About 2 (clear winter air) to 5 (dust). [-]
    elevation_m : float
        Above sea level. [m]
    pressure_pa : float or ndarray, shape (..., T)
        At the ground. [Pa]

    Returns
    -------
    ghi_w_m2, dni_w_m2, dhi_w_m2 : ndarray, shape (..., T)
        Global horizontal, direct normal and diffuse horizontal irradiance: the value at the sun's
        place times the lit share, so an hour of sunrise holds what a data file would. [W m⁻²]

    References
    ----------
    .. [1] P. Ineichen and R. Perez, "A new airmass independent formulation for the Linke
       turbidity coefficient", Solar Energy 73, 151-157, 2002; ``pvlib.clearsky.ineichen``.
    .. [2] F. Kasten and A. T. Young, "Revised optical air mass tables and approximation
       formula", Applied Optics 28, 4735-4738, 1989; ``pvlib.atmosphere``.
    """
    from pvlib import atmosphere, clearsky

    # The air mass has no value below the horizon; the lit share makes those intervals zero.
    zenith = np.minimum(sun.zenith_deg, 90.0)
    relative = atmosphere.get_relative_airmass(zenith, model="kastenyoung1989")
    absolute = atmosphere.get_absolute_airmass(relative, pressure_pa)
    sky = clearsky.ineichen(
        zenith, absolute, linke_turbidity, elevation_m, sun.extraterrestrial_w_m2
    )
    ghi, dni, dhi = (np.maximum(sky[key], 0.0) * sun.lit_fraction for key in ("ghi", "dni", "dhi"))
    return ghi, dni, dhi


def decompose(sun: SunPath, ghi_w_m2: Array) -> tuple[Array, Array]:
    """Direct and diffuse parts of global irradiance, for data without them.

    Parameters
    ----------
    sun : SunPath
        Arrays of shape (T,).
    ghi_w_m2 : ndarray, shape (..., T)
        Global horizontal irradiance, interval means. [W m⁻²]

    Returns
    -------
    dni_w_m2, dhi_w_m2 : ndarray, shape (..., T)
        Direct normal and diffuse horizontal irradiance, interval means, zero without sun. All is
        diffuse while the sun is lower than 3°, where the quotient is not defined well.
        [W m⁻²]

    References
    ----------
    .. [1] D. G. Erbs, S. A. Klein and J. A. Duffie, "Estimation of the diffuse radiation fraction
       for hourly, daily and monthly-average global radiation", Solar Energy 28(4), 293-302, 1982;
       in the smooth form of A. Driesse et al., Solar Energy 267, 112093, 2024, through
       ``pvlib.irradiance.erbs_driesse``.
    """
    from pvlib import irradiance

    lit = sun.lit_fraction > 0.0
    # Means over the interval on both sides: extraterrestrial irradiance is 0 as long.
    outside = np.where(lit, sun.extraterrestrial_w_m2 * sun.lit_fraction, SOLAR_CONSTANT)
    zenith = np.where(lit, sun.zenith_deg, 90.0)
    parts = irradiance.erbs_driesse(np.where(lit, ghi_w_m2, 0.0), zenith, dni_extra=outside)
    return parts["dni"], parts["dhi"]


@lru_cache(maxsize=64)
def _remembered(
    latitude: float,
    longitude: float,
    elevation_m: float,
    first_second: int,
    steps: int,
    step_seconds: int,
    lag_hours: float,
) -> SunPath:
    seconds = first_second + step_seconds * np.arange(steps)
    begin = seconds.astype("datetime64[s]")
    return sun_path(latitude, longitude, elevation_m, begin, step_seconds, lag_hours)


def _pressure_hpa(elevation_m: float) -> float:
    from pvlib import atmosphere

    return float(atmosphere.alt2pres(elevation_m)) / 100.0


def _horizon_deg(hectopascal: float) -> float:
    """True elevation that refraction lifts to the horizon. [°]"""
    from pvlib import spa

    horizon = 0.0
    for _ in range(8):  # contracts by a tenth in each round
        horizon = -float(
            spa.atmospheric_refraction_correction(
                hectopascal, REFRACTION_TEMPERATURE_C, horizon, HORIZON_REFRACTION_DEG
            )
        )
    return horizon


def _sunset_angle(latitude: float, declination: Array, horizon: float) -> Array:
    """Hour angle of sunset [°]: 0 in the polar night, 180 in the polar day."""
    phi, delta = np.radians(latitude), np.radians(declination)
    cosine = (np.sin(np.radians(horizon)) - np.sin(phi) * np.sin(delta)) / (
        np.cos(phi) * np.cos(delta)
    )
    result: Array = np.degrees(np.arccos(np.clip(cosine, -1.0, 1.0)))
    return result


def _lit_part(hour_angle: Array, half_width: float, sunset_angle: Array) -> tuple[Array, Array]:
    """Lit share of intervals [-], and how far its middle is from theirs [°]."""
    # Morning mirrors afternoon, so that only the coming sunset and the sunrise after it count.
    after_noon = np.abs(hour_angle)
    begin, end = after_noon - half_width, after_noon + half_width
    day_begin, day_end = np.maximum(begin, -sunset_angle), np.minimum(end, sunset_angle)
    day = np.maximum(day_end - day_begin, 0.0)
    next_begin = 360.0 - sunset_angle
    next_day = np.maximum(end - next_begin, 0.0)

    middle = np.where(day >= next_day, 0.5 * (day_begin + day_end), 0.5 * (next_begin + end))
    lit = (day + next_day) / (2.0 * half_width)
    always = sunset_angle >= 180.0
    lit = np.where(always, 1.0, np.where(lit * half_width > SLIVER_DEG, np.minimum(lit, 1.0), 0.0))
    shift = np.where(always | (lit <= 0.0), 0.0, middle - after_noon)
    return lit, np.where(hour_angle < 0.0, -shift, shift)


def _topocentric(
    place: tuple[float, float, float], hour_angle: Array, declination: Array, distance: Array
) -> tuple[Array, Array]:
    """Apparent zenith and azimuth [°] as seen from the ground instead of the Earth's centre."""
    from pvlib import spa

    latitude, elevation_m, hectopascal = place
    parallax = spa.equatorial_horizontal_parallax(distance)
    u = spa.uterm(latitude)
    x = spa.xterm(u, latitude, elevation_m)
    y = spa.yterm(u, latitude, elevation_m)
    aside = spa.parallax_sun_right_ascension(x, parallax, hour_angle, declination)
    seen_declination = spa.topocentric_sun_declination(
        declination, x, y, parallax, aside, hour_angle
    )
    seen_hour_angle = spa.topocentric_local_hour_angle(hour_angle, aside)
    true_elevation = spa.topocentric_elevation_angle_without_atmosphere(
        latitude, seen_declination, seen_hour_angle
    )
    refraction = spa.atmospheric_refraction_correction(
        hectopascal, REFRACTION_TEMPERATURE_C, true_elevation, HORIZON_REFRACTION_DEG
    )
    zenith = spa.topocentric_zenith_angle(true_elevation + refraction)
    azimuth = spa.topocentric_azimuth_angle(
        spa.topocentric_astronomers_azimuth(seen_hour_angle, seen_declination, latitude)
    )
    return zenith, azimuth
