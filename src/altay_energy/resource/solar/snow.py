"""Snow on modules and on the ground: arrays in, arrays out, the last axis is time.

Snow falls (`fresh_snow` from precipitation, or `depth_increase` from a snow gauge), covers the
modules (`covering`), and slides off depending on sun and air (`module_coverage`). Snow on
the ground raises its albedo (`snow_age`, `snow_albedo`). None of these loops over hours: whatever
remembers an earlier hour is a running sum or a running maximum.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from pvlib.tools import sind

from altay_energy.core.units import Array

SNOW_BELOW_C, RAIN_ABOVE_C = -1.0, 3.0
"""All snow below, all rain above [°C]. Their middle, 1.0 °C, is the mean of the northern
hemisphere, Jennings et al., Nature Communications 9, 1148, 2018; the width is assumed."""

COVERING_M = 0.01
"""Snowfall of an hour that covers modules, and least snow depth on the ground that counts [m];
Marion et al. (2013), Ryberg and Freeman (2017)."""

COVERING_DAY_M, DAY_HOURS = 0.0254, 24.0
"""Snowfall of a day that covers modules [m]: an inch, the snow event of Townsend and Powers (2011).
Dry snow of a few millimetres an hour never reaches the limit of an hour."""

SNOWFALL_RATE_M_H = 0.001
"""Least rate of snowfall [m h⁻¹] (assumed)."""

SLIDE_W_M2_K, SLIDE_SHARE_PER_HOUR = -80.0, 0.197
"""Snow slides where air is warmer than irradiance over the first [W m⁻² °C⁻¹], by the second times
the sine of the tilt [h⁻¹]; Marion et al. (2013)."""

DRIFT_M_S = (9.43, 0.18, 0.0033)
"""Wind at 10 m that moves dry snow, a polynomial of air temperature [m s⁻¹, °C]; Li and Pomeroy
(1997), from 16 stations of the Canadian prairies."""

WHITE_GROUND_M = 0.10
"""Snow depth from which the ground is fully covered [m]; Verseghy, Int. J. Climatology 11, 1991."""

FIRST_AGE_DAYS = 7.0
"""Age of the snow on the ground at the beginning (assumed). [d]"""

NOTHING_LEFT = 1e-9
"""A share of cover this small counts as none (rounding). [-]"""

Flags = NDArray[np.bool_]


def fresh_snow(precipitation_mm: Array, temperature_c: Array) -> Array:
    r"""Depth of new snow from precipitation.

    Parameters
    ----------
    precipitation_mm : ndarray, shape (..., T)
        Rain and melted snow of each interval. [mm]
    temperature_c : ndarray, shape (..., T)
        Of the air. [°C]

    Returns
    -------
    ndarray, shape (..., T)
        [m]

    Notes
    -----
    .. math:: \rho = 67.92 + 51.25\, e^{T / 2.59}

    References
    ----------
    .. [1] N. R. Hedstrom and J. W. Pomeroy, "Measurements and modelling of snow interception in
       the boreal forest", Hydrological Processes 12, 1611-1625, 1998.
    """
    share = np.clip((RAIN_ABOVE_C - temperature_c) / (RAIN_ABOVE_C - SNOW_BELOW_C), 0.0, 1.0)
    # The fit ends at the freezing point; one millimetre of water is a kilogram on a square metre.
    density = 67.92 + 51.25 * np.exp(np.minimum(temperature_c, 0.0) / 2.59)
    return share * precipitation_mm / density


def depth_increase(snow_depth_m: Array) -> Array:
    """New snow as a snow gauge shows it, for data without precipitation.

    Parameters
    ----------
    snow_depth_m : ndarray, shape (..., T)
        [m]

    Returns
    -------
    ndarray, shape (..., T)
        By how much each interval is deeper than the one before; 0 in the first. [m]
    """
    change = np.diff(snow_depth_m, axis=-1, prepend=snow_depth_m[..., :1])
    return np.maximum(change, 0.0)


def covering(
    snowfall_m: Array,
    step_hours: float,
    snow_depth_m: Array | None = None,
    *,
    day_limit_m: float = COVERING_DAY_M,
) -> Flags:
    """Whether enough new snow falls to cover the modules.

    Parameters
    ----------
    snowfall_m : ndarray, shape (..., T)
        Depth of new snow of each interval. [m]
    step_hours : float
        [h]
    snow_depth_m : ndarray, shape (..., T), optional
        On the ground; where the ground stays bare, so do the modules. [m]
    day_limit_m : float
        Snow of the last 24 hours that covers while more is falling; without a limit (``inf``)
        only that of an hour counts, as in ``pvlib.snow.fully_covered_nrel``. [m]

    Returns
    -------
    ndarray of bool, shape (..., T)

    References
    ----------
    .. [1] B. Marion, R. Schaefer, H. Caine and G. Sanchez, "Measured and modeled photovoltaic
       system energy losses from snow for Colorado and Wisconsin locations", Solar Energy 97,
       112-121, 2013.
    .. [2] T. Townsend and L. Powers, "Photovoltaics and snow: an update from two winters of
       measurements in the Sierra", 37th IEEE Photovoltaic Specialists Conference, 2011.
    """
    steps = max(round(DAY_HOURS / step_hours), 1)
    fallen = np.cumsum(snowfall_m, axis=-1)
    recent = fallen.copy()
    recent[..., steps:] -= fallen[..., :-steps]
    rate = snowfall_m / step_hours
    result = (rate > COVERING_M) | ((recent > day_limit_m) & (rate > SNOWFALL_RATE_M_H))
    if snow_depth_m is not None:
        result &= snow_depth_m >= COVERING_M
    return result


def module_coverage(
    covered: Flags,
    irradiance_w_m2: Array,
    temperature_c: Array,
    tilt_deg: float | Array,
    step_hours: float,
    *,
    snow_depth_m: Array | None = None,
    wind_10m_m_s: Array | None = None,
    first: float = 0.0,
) -> Array:
    r"""Share of the modules' slope that snow covers, hour by hour.

    Parameters
    ----------
    covered : ndarray of bool, shape (..., T)
        Where new snow covers all, see `covering`.
    irradiance_w_m2, temperature_c : ndarray, shape (..., T)
        On the plane of the modules [W m⁻²]; air [°C].
    tilt_deg : float or ndarray, shape (T,)
        Of the modules from horizontal. [°]
    step_hours : float
        [h]
    snow_depth_m : ndarray, shape (..., T), optional
        On the ground; where less than 1 cm is left, modules are free. [m]
    wind_10m_m_s : ndarray, shape (..., T), optional
        Wind at 10 m, which removes dry snow, see `drifts`. [m s⁻¹]
    first : float
        Share covered before the first interval. [-]

    Returns
    -------
    ndarray, shape (..., T)
        At the end of each interval, 0 to 1. [-]

    Notes
    -----
    Snow slides in an hour by :math:`0.197 \sin\beta` of the slope where :math:`T > -G/80`. The
    cover never grows between snowfalls, so it is what the last one left less all sliding since:
    the equations of ``pvlib.snow.coverage_nrel`` for arrays, to which the tests hold them.

    The threshold was found in Colorado and Wisconsin. In harder frost it is never met (-20 °C would
    need 1600 W/m²) and snow would stay until the thaw, whereas in fact wind removes it. With
    ``wind_10m_m_s`` snow also leaves, at the same pace (assumed), while that wind drifts snow.

    References
    ----------
    .. [1] B. Marion, R. Schaefer, H. Caine and G. Sanchez, "Measured and modeled photovoltaic
       system energy losses from snow for Colorado and Wisconsin locations", Solar Energy 97,
       112-121, 2013.
    .. [2] D. Ryberg and J. Freeman, "Integration, validation, and application of a PV snow
       coverage model in SAM", NREL/TP-6A20-68705, 2017.
    """
    slides = temperature_c > irradiance_w_m2 / SLIDE_W_M2_K
    if wind_10m_m_s is not None:
        slides = slides | drifts(wind_10m_m_s, temperature_c)
    slide = np.where(slides, SLIDE_SHARE_PER_HOUR * step_hours * sind(tilt_deg), 0.0)
    slide[..., 0] = 0.0
    if snow_depth_m is not None:
        slide[snow_depth_m < COVERING_M] = 1.0
    gone = np.cumsum(slide, axis=-1)
    gone_before = np.maximum.accumulate(np.where(covered, gone, first - 1.0), axis=-1)
    left = np.clip(1.0 - (gone - gone_before), 0.0, 1.0)
    return np.where(left < NOTHING_LEFT, 0.0, left)


def drifts(wind_10m_m_s: Array, temperature_c: Array) -> Flags:
    r"""Whether wind moves dry snow.

    Parameters
    ----------
    wind_10m_m_s, temperature_c : ndarray, shape (..., T)
        At 10 m [m s⁻¹]; air at 2 m [°C].

    Returns
    -------
    ndarray of bool, shape (..., T)

    Notes
    -----
    In frost, from :math:`9.43 + 0.18\,T + 0.0033\,T^2` on: 9.4 m/s at 0 °C, 7.2 at -20 °C, least,
    7.0, at -27 °C, held at that below.

    References
    ----------
    .. [1] L. Li and J. W. Pomeroy, "Estimates of threshold wind speeds for snow transport using
       meteorological data", J. Applied Meteorology 36, 205-213, 1997.
    """
    constant, linear, square = DRIFT_M_S
    cold = np.maximum(temperature_c, -0.5 * linear / square)
    threshold = constant + linear * cold + square * cold**2
    return (temperature_c < 0.0) & (wind_10m_m_s > threshold)


def snow_age(covered: Flags, temperature_c: Array, step_hours: float) -> tuple[Array, Flags]:
    """Return the age of the uppermost snow, and whether it has thawed since it fell.

    Parameters
    ----------
    covered : ndarray of bool, shape (..., T)
        Intervals in which new snow covers the old, see `covering`.
    temperature_c : ndarray, shape (..., T)
        Of the air. [°C]
    step_hours : float
        [h]

    Returns
    -------
    age_days : ndarray, shape (..., T)
        [d]
    thawed : ndarray of bool, shape (..., T)
    """
    step = np.arange(covered.shape[-1], dtype=np.float64)
    before = -FIRST_AGE_DAYS * 24.0 / step_hours
    last_snow = np.maximum.accumulate(np.where(covered, step, before), axis=-1)
    last_thaw = np.maximum.accumulate(np.where(temperature_c > 0.0, step, before), axis=-1)
    age: Array = (step - last_snow) * (step_hours / 24.0)
    return age, last_thaw > last_snow


def snow_albedo(
    age_days: Array,
    thawed: Flags,
    snow_depth_m: Array,
    *,
    bare: float = 0.2,
    fresh: float = 0.85,
) -> Array:
    r"""Share of light that ground with snow reflects.

    Parameters
    ----------
    age_days, thawed : ndarray, shape (..., T)
        Of the snow, see `snow_age`. [d]
    snow_depth_m : ndarray, shape (..., T)
        On the ground; white from 10 cm on, in proportion below. [m]
    bare, fresh : float
        Albedo of the ground and of new snow. [-]

    Returns
    -------
    ndarray, shape (..., T)
        Never below ``bare``. [-]

    Notes
    -----
    .. math:: \alpha = \alpha_0\, 0.94^{N^{0.58}}, \quad \alpha = \alpha_0\, 0.82^{N^{0.46}}

    for N days in frost and since a thaw: 0.75 and 0.61 after three days, 0.54 and 0.33 after a
    month.

    References
    ----------
    .. [1] U.S. Army Corps of Engineers, "Snow Hydrology", Portland, 1956.
    .. [2] R. L. Laramie and J. C. Schaake, "Simulation of the continuous snowmelt process",
       Massachusetts Institute of Technology, 1972.
    """
    aged = fresh * np.where(thawed, 0.82 ** (age_days**0.46), 0.94 ** (age_days**0.58))
    white = np.minimum(snow_depth_m / WHITE_GROUND_M, 1.0)
    return bare + white * np.maximum(aged - bare, 0.0)
