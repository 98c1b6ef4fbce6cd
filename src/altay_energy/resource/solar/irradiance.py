"""Irradiance on modules: arrays in, arrays out; the last axis is time, leading axes are free.

A photovoltaic plant is a chain of published models, each one function over pvlib: irradiance on
the plane (`plane_of_array`), what neighbouring rows take away and what their rears see
(`solar_rows`), what passes the glass (`absorbed`), what snow leaves of it (`snow`); then, in
`solar_power`, how warm the cells get and what they and the inverters make of it. Surface angles
may be arrays, and irradiance may be scaled between any two links.

Irradiance is a mean over the whole interval while the sun stands at the middle of its lit part.
Thus the beam on the plane is its mean times the cosine at that place, and what irradiance is
compared with outside the atmosphere is a mean over the whole interval too.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray
from pvlib import iam, irradiance

from altay_energy.core.units import Array
from altay_energy.weather.sun import SunPath

LOWEST_COS_ZENITH = float(np.cos(np.radians(85.0)))
"""Circumsolar light is not magnified beyond that of a sun 5° high; Perez et al. (1990)."""

GLASS_INDEX, GLASS_EXTINCTION_PER_M, GLASS_THICKNESS_M = 1.526, 4.0, 0.002
"""Cover glass of modules; De Soto et al. (2006)."""

COATING_INDEX = 1.3
"""Anti-reflective coating of cover glass [-]; Dobos (2014), PVWatts Version 5 Manual."""

Degrees: TypeAlias = float | Array
"""One angle, or one for every lit interval where something turns. [°]"""


class Daylight(NamedTuple):
    """Position of the sun in lit intervals only.

    Attributes
    ----------
    intervals : ndarray of int, shape (L,)
        Their positions among the T intervals.
    zenith_deg, azimuth_deg : ndarray, shape (L,)
        Apparent zenith, azimuth clockwise from north. [°]
    outside_w_m2 : ndarray, shape (L,)
        Extraterrestrial normal irradiance, mean over the whole interval. [W m⁻²]
    """

    intervals: NDArray[np.intp]
    zenith_deg: Array
    azimuth_deg: Array
    outside_w_m2: Array


class PlaneIrradiance(NamedTuple):
    """Irradiance on the front of the modules, by component.

    Attributes
    ----------
    direct_w_m2 : ndarray, shape (..., L)
        From the sun's disc and the brightness around it. [W m⁻²]
    sky_w_m2, ground_w_m2 : ndarray, shape (..., L)
        From the rest of the sky; reflected by the ground. [W m⁻²]
    incidence_deg : ndarray, shape (L,)
        Angle between the rays of the sun and the normal of the plane. [°]
    """

    direct_w_m2: Array
    sky_w_m2: Array
    ground_w_m2: Array
    incidence_deg: Array

    @property
    def total_w_m2(self) -> Array:
        """All of it, before the glass, shape (..., L). [W m⁻²]"""
        return self.direct_w_m2 + self.sky_w_m2 + self.ground_w_m2


def annual_tilt(latitude: float) -> float:
    """Tilt of fixed modules that catches most sunlight in a year.

    Parameters
    ----------
    latitude : float
        [°] north

    Returns
    -------
    float
        Towards the equator; 34° at 47° N. [°]

    References
    ----------
    .. [1] M. Z. Jacobson and V. Jadhav, "World estimates of PV optimal tilt angles and ratios of
       sunlight incident upon tilted and tracked PV panels relative to horizontal panels", Solar
       Energy 169, 55-66, 2018: third-order fit of PVWatts results.
    """
    if latitude >= 0.0:
        fit = 1.3793 + latitude * (1.2011 + latitude * (-0.014404 + latitude * 0.000080509))
    else:
        fit = 0.41657 - latitude * (1.4216 + latitude * (0.024051 + latitude * 0.00021828))
    return min(max(fit, 0.0), 90.0)


def daylight(sun: SunPath) -> Daylight:
    """The lit intervals of a sun path.

    Parameters
    ----------
    sun : SunPath
        Arrays of shape (T,).

    Returns
    -------
    Daylight
        Arrays of shape (L,), L ≤ T.
    """
    lit = np.flatnonzero(sun.lit_fraction > 0.0)
    outside = sun.extraterrestrial_w_m2[lit] * sun.lit_fraction[lit]
    return Daylight(lit, sun.zenith_deg[lit], sun.azimuth_deg[lit], outside)


def facing(tilt_deg: Degrees, azimuth_deg: Degrees, day: Daylight) -> Array:
    """Cosine of the angle between the rays of the sun and the normal of a plane.

    Parameters
    ----------
    tilt_deg, azimuth_deg : float or ndarray, shape (L,)
        Of the plane: from horizontal, up to 180; clockwise from north. [°]
    day : Daylight
        The sun in L lit intervals.

    Returns
    -------
    ndarray, shape (L,)
        Zero when the sun is behind the plane. [-]
    """
    cosine = irradiance.aoi_projection(tilt_deg, azimuth_deg, day.zenith_deg, day.azimuth_deg)
    result: Array = np.maximum(cosine, 0.0)
    return result


def hay_davies(
    tilt_deg: Degrees, azimuth_deg: Degrees, day: Daylight, dni_w_m2: Array, dhi_w_m2: Array
) -> tuple[Array, Array]:
    """Diffuse irradiance on the plane: isotropic and circumsolar (Hay & Davies).

    Parameters
    ----------
    tilt_deg, azimuth_deg : float or ndarray, shape (L,)
        Of the plane: from horizontal; clockwise from north. [°]
    day : Daylight
        The sun in L lit intervals.
    dni_w_m2, dhi_w_m2 : ndarray, shape (..., L)
        Direct normal and diffuse horizontal irradiance, interval means. [W m⁻²]

    Returns
    -------
    circumsolar_w_m2, rest_w_m2 : ndarray, shape (..., L)
        [W m⁻²]

    References
    ----------
    .. [1] J. E. Hay and J. A. Davies, "Calculations of the solar radiation incident on an
       inclined surface", Proc. First Canadian Solar Radiation Data Workshop, 1980;
       ``pvlib.irradiance.haydavies``.
    """
    ratio = facing(tilt_deg, azimuth_deg, day) / np.maximum(
        np.cos(np.radians(day.zenith_deg)), LOWEST_COS_ZENITH
    )
    sky = irradiance.haydavies(
        tilt_deg,
        azimuth_deg,
        dhi_w_m2,
        dni_w_m2,
        day.outside_w_m2,
        projection_ratio=ratio,
        return_components=True,
    )
    return sky["poa_circumsolar"], sky["poa_isotropic"]


def perez_driesse(
    tilt_deg: Degrees, azimuth_deg: Degrees, day: Daylight, dni_w_m2: Array, dhi_w_m2: Array
) -> tuple[Array, Array]:
    """Diffuse irradiance on the plane: isotropic, circumsolar and horizon brightening (Perez).

    Parameters
    ----------
    tilt_deg, azimuth_deg : float or ndarray, shape (L,)
        Of the plane: from horizontal; clockwise from north. [°]
    day : Daylight
        The sun in L lit intervals.
    dni_w_m2, dhi_w_m2 : ndarray, shape (..., L)
        Direct normal and diffuse horizontal irradiance, interval means. [W m⁻²]

    Returns
    -------
    circumsolar_w_m2, rest_w_m2 : ndarray, shape (..., L)
        [W m⁻²]

    References
    ----------
    .. [1] A. Driesse, A. Jensen and R. Perez, "A continuous form of the Perez diffuse sky model
       for forward and reverse transposition", Solar Energy 267, 112093, 2024;
       ``pvlib.irradiance.perez_driesse``.
    """
    if not day.intervals.size:  # pvlib's splines refuse a polar night
        return np.zeros_like(dhi_w_m2), np.zeros_like(dhi_w_m2)
    sky = irradiance.perez_driesse(
        tilt_deg,
        azimuth_deg,
        dhi_w_m2,
        dni_w_m2,
        day.outside_w_m2,
        day.zenith_deg,
        day.azimuth_deg,
        return_components=True,
    )
    # A negative horizon term may exceed the isotropic one: the rest is taken from the circumsolar
    # term.
    total = sky["poa_sky_diffuse"]
    circumsolar = np.minimum(sky["poa_circumsolar"], total)
    return circumsolar, total - circumsolar


SkyModel: TypeAlias = Callable[[Degrees, Degrees, Daylight, Array, Array], tuple[Array, Array]]

TRANSPOSITION: Mapping[str, SkyModel] = {
    "hay-davies": hay_davies,
    "perez-driesse": perez_driesse,
}
"""Sky models by their names in scenarios."""


def plane_of_array(
    day: Daylight,
    dni_w_m2: Array,
    dhi_w_m2: Array,
    ghi_w_m2: Array,
    *,
    tilt_deg: Degrees,
    azimuth_deg: Degrees,
    albedo: float | Array = 0.2,
    sky_model: SkyModel = hay_davies,
) -> PlaneIrradiance:
    r"""Irradiance on tilted modules in lit intervals.

    Parameters
    ----------
    day : Daylight
        The sun in L lit intervals.
    dni_w_m2, dhi_w_m2, ghi_w_m2 : ndarray, shape (..., L)
        Direct normal, diffuse and global horizontal irradiance, interval means. The global serves
        the ground alone, so the three need not close. [W m⁻²]
    tilt_deg, azimuth_deg : float or ndarray, shape (L,)
        Of the plane: from horizontal; clockwise from north. [°]
    albedo : float or ndarray, shape (..., L)
        Share of light that the ground reflects. [-]
    sky_model : callable
        A value of ``TRANSPOSITION``.

    Returns
    -------
    PlaneIrradiance
        Arrays of shape (..., L).

    Notes
    -----
    The beam is limited to the extraterrestrial irradiance of the lit part of the interval: a file
    whose clock is off by minutes holds strong beams beside a sun on the horizon.

    .. math:: G = \min(B_n, E)\,\max(\cos\theta, 0) + D(\theta, B_n / E)
              + \rho\, G_h \frac{1 - \cos\beta}{2}
    """
    beam_normal = np.minimum(dni_w_m2, day.outside_w_m2)
    cosine = facing(tilt_deg, azimuth_deg, day)
    circumsolar, rest = sky_model(tilt_deg, azimuth_deg, day, beam_normal, dhi_w_m2)
    ground: Array = irradiance.get_ground_diffuse(tilt_deg, ghi_w_m2, albedo)
    incidence = np.degrees(np.arccos(cosine))
    return PlaneIrradiance(beam_normal * cosine + circumsolar, rest, ground, incidence)


def absorbed(plane: PlaneIrradiance, tilt_deg: Degrees) -> Array:
    r"""Irradiance that passes the coated cover glass.

    Parameters
    ----------
    plane : PlaneIrradiance
        Arrays of shape (..., L).
    tilt_deg : float or ndarray, shape (L,)
        Of the plane from horizontal. [°]

    Returns
    -------
    ndarray, shape (..., L)
        Relative to glass hit at a right angle. [W m⁻²]

    Notes
    -----
    Diffuse light passes as a beam would at an angle that stands for the whole sky or ground [2]_:

    .. math:: \theta_s = 59.7 - 0.1388 \beta + 0.001497 \beta^2, \quad
              \theta_g = 90 - 0.5788 \beta + 0.002693 \beta^2

    References
    ----------
    .. [1] W. De Soto, S. A. Klein and W. A. Beckman, "Improvement and validation of a model for
       photovoltaic array performance", Solar Energy 80, 78-88, 2006; ``pvlib.iam.physical``.
    .. [2] M. J. Brandemuehl and W. A. Beckman, "Transmission of diffuse radiation through CPC and
       flat plate collector glazings", Solar Energy 24, 511-513, 1980.
    """
    sky_angle = 59.7 - 0.1388 * tilt_deg + 0.001497 * tilt_deg**2
    ground_angle = 90.0 - 0.5788 * tilt_deg + 0.002693 * tilt_deg**2
    return (
        plane.direct_w_m2 * _passed(plane.incidence_deg)
        + plane.sky_w_m2 * _passed(sky_angle)
        + plane.ground_w_m2 * _passed(ground_angle)
    )


def _passed(incidence_deg: Degrees) -> Array:
    """Light through coated glass, relative to a right angle [-]."""
    result: Array = iam.physical(
        incidence_deg,
        n=GLASS_INDEX,
        K=GLASS_EXTINCTION_PER_M,
        L=GLASS_THICKNESS_M,
        n_ar=COATING_INDEX,
    )
    return result
