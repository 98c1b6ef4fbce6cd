"""Wind at the hub where one exponent for all hours is not enough: two heights, or stability.

Arrays in, arrays out; the last axis is time, leading axes are free.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import uniform_filter1d

from altay_energy.core.errors import WeatherError
from altay_energy.core.units import Array
from altay_energy.resource.wind.power import power_law_speed

CALM_M_S = 3.0
"""Least speed at both heights for an exponent of the hour [m s⁻¹]; the least wind of
shear analyses, near the cut-in of turbines (assumed)."""

LEAST_EXPONENT, MOST_EXPONENT = -0.2, 0.8
"""Bounds of an hour's exponent beyond the measured heights [-]; assumed. At a mast of 80 m in
Ireland 98 % of hours lie between -0.1 and 0.6, in a modelled year of Minnesota between -0.1 and 1.0
(docs/validation.md)."""

CLASS_EXPONENTS = np.array([0.07, 0.07, 0.10, 0.15, 0.35, 0.55])
"""Exponents of the power law for the classes A to F over open country [-]; Irwin (1979),
EPA-454/R-99-005."""

CLASS_HEIGHT_M = 10.0
"""Wind height that the classes are defined for. [m]"""

DAY_LIGHT_W_M2 = np.array([175.0, 675.0, 925.0])
DAY_WIND_M_S = np.array([2.0, 3.0, 5.0, 6.0])
# Rows: wind below 2, 2-3, 3-5, 5-6, 6 m/s and more; columns: light from weak to strong.
DAY_CLASSES = np.array([[3, 1, 0, 0], [3, 2, 1, 0], [3, 2, 1, 1], [3, 3, 2, 2], [3, 3, 3, 2]])
"""Classes by day, 0 is A and 3 is D: the radiation method of EPA-454/R-99-005, table 6-7."""

NIGHT_WIND_M_S = np.array([1.85, 2.85, 3.35, 3.85, 4.85, 5.45])
# Rows: wind in the steps of Turner's key; columns: clouded, clear. His class G counts as F.
NIGHT_CLASSES = np.array([[5, 5], [4, 5], [4, 5], [3, 4], [3, 4], [3, 4], [3, 3]])
"""Classes by night: Turner (1964), EPA-454/R-99-005, table 6-4."""

CLEAR_NIGHT_CLOUD = 0.4
"""Cover up to which a night is clear [-]; Turner (1964)."""

OVERCAST_CLOUD = 0.97
"""Cover from which the sky is overcast and the air neutral, by day and by night [-] (assumed)."""

Classes = NDArray[np.intp]


def speed_between_two(
    lower_m_s: Array, lower_m: float, upper_m_s: Array, upper_m: float, hub_height_m: float
) -> Array:
    r"""Wind speed at the hub from wind at two heights.

    Parameters
    ----------
    lower_m_s, upper_m_s : ndarray, shape (..., T)
        At ``lower_m`` and ``upper_m``; which of the two is higher does not matter. [m s⁻¹]
    lower_m, upper_m, hub_height_m : float
        Above ground, the first two not the same. [m]

    Returns
    -------
    ndarray, shape (..., T)
        [m s⁻¹]

    Raises
    ------
    WeatherError
        If a height is not above 0, or the first two are the same.

    Notes
    -----
    The exponent of each hour is :math:`\alpha = \ln(v_2/v_1) / \ln(z_2/z_1)` [1]_. The nearer of
    the two speeds is extrapolated to the hub by the power law with it; between the two heights this
    passes through both. In calm hours (either below 3 m/s) a quotient is noise: between the
    heights the speed is then linear in the logarithm of height, beyond them the exponent is
    that of the two mean speeds. Beyond them it stays within -0.2 to 0.8.

    References
    ----------
    .. [1] Justus, C. G. and Mikhail, A. (1976), Height variation of wind speed and wind
       distributions statistics, Geophysical Research Letters 3(5), 261-264.
    """
    if not min(lower_m, upper_m, hub_height_m) > 0.0 or lower_m == upper_m:
        raise WeatherError(
            f"lower_m = {lower_m:g}, upper_m = {upper_m:g} and hub_height_m = {hub_height_m:g} "
            "must be above 0 m, and the first two must differ"
        )
    if lower_m > upper_m:
        lower_m_s, lower_m, upper_m_s, upper_m = upper_m_s, upper_m, lower_m_s, lower_m
    low = np.asarray(lower_m_s, dtype=np.float64)
    high = np.asarray(upper_m_s, dtype=np.float64)
    span = np.log(upper_m / lower_m)
    share = np.log(hub_height_m / lower_m) / span
    windy = (low >= CALM_M_S) & (high >= CALM_M_S)
    quotient = np.log(np.where(windy, high, 1.0) / np.where(windy, low, 1.0))
    if 0.0 <= share <= 1.0:
        straight = low + share * (high - low)
        return np.asarray(np.where(windy, low * np.exp(share * quotient), straight))
    mean = mean_exponent(low, lower_m, high, upper_m)
    exponent = np.where(windy, quotient / span, mean[..., None])
    exponent = np.clip(exponent, LEAST_EXPONENT, MOST_EXPONENT)
    near, near_m = (low, lower_m) if share < 0.0 else (high, upper_m)
    return power_law_speed(near, near_m, hub_height_m, exponent)


def mean_exponent(lower_m_s: Array, lower_m: float, upper_m_s: Array, upper_m: float) -> Array:
    """Exponent of the power law between two mean speeds.

    Parameters
    ----------
    lower_m_s, upper_m_s : ndarray, shape (..., T)
        [m s⁻¹]
    lower_m, upper_m : float
        Heights, not the same. [m]

    Returns
    -------
    ndarray, shape (...)
        0 where a mean speed is 0. [-]
    """
    low, high = np.mean(lower_m_s, axis=-1), np.mean(upper_m_s, axis=-1)
    some = (low > 0.0) & (high > 0.0)
    rise = np.log(np.where(some, high, 1.0)) - np.log(np.where(some, low, 1.0))
    return np.asarray(rise / np.log(upper_m / lower_m))


def cloud_cover(ghi_w_m2: Array, zenith_deg: Array, step_hours: float) -> Array:
    r"""Share of the sky that cloud covers, from the light of the day around each interval.

    Parameters
    ----------
    ghi_w_m2 : ndarray, shape (..., T)
        Global horizontal irradiance. [W m⁻²]
    zenith_deg : ndarray, shape (T,)
        Of the sun, 90 or more by night. [°]
    step_hours : float
        [h]

    Returns
    -------
    ndarray, shape (..., T)
        0 to 1; by night that of the daylight within twelve hours on either side. [-]

    Notes
    -----
    The light of 24 hours over that of a clear sky [1]_ (pvlib's), by
    :math:`G / G_0 = 1 - 0.75\,N^{3.4}` [2]_.

    References
    ----------
    .. [1] Haurwitz, B. (1945), Insolation in relation to cloudiness and cloud density, Journal of
       Meteorology 2, 154-166; ``pvlib.clearsky.haurwitz``.
    .. [2] Kasten, F. and Czeplak, G. (1980), Solar and terrestrial radiation dependent on the
       amount and type of cloud, Solar Energy 24, 177-189.
    """
    height = np.cos(np.radians(np.minimum(zenith_deg, 90.0)))
    clear = 1098.0 * height * np.exp(-0.059 / np.maximum(height, 1e-3))
    steps = min(max(round(24.0 / step_hours), 1), clear.size)
    given = uniform_filter1d(np.asarray(ghi_w_m2, dtype=np.float64), steps, axis=-1, mode="nearest")
    possible = uniform_filter1d(clear, steps, mode="nearest")
    index = np.clip(given / np.maximum(possible, 1.0), 0.25, 1.0)
    return np.asarray(((1.0 - index) / 0.75) ** (1.0 / 3.4))


def stability_class(
    wind_speed_m_s: Array, ghi_w_m2: Array, cloud: Array, zenith_deg: Array, step_hours: float
) -> Classes:
    """Pasquill's class of stability.

    Parameters
    ----------
    wind_speed_m_s : ndarray, shape (..., T)
        At 10 m. [m s⁻¹]
    ghi_w_m2 : ndarray, shape (..., T)
        [W m⁻²]
    cloud : ndarray, shape (..., T)
        See `cloud_cover`. [-]
    zenith_deg : ndarray, shape (T,)
        Of the sun. [°]
    step_hours : float
        [h]

    Returns
    -------
    ndarray of int, shape (..., T)
        0 is A (very unstable), 3 is D (neutral), 5 is F (stable).

    Notes
    -----
    By day wind and irradiance decide (radiation method [1]_), by night wind and cloud (Turner's
    key [1]_, [2]_); night lasts from an hour before sunset to an hour after sunrise. Under an
    overcast sky the air is neutral. Snow on the ground, which keeps the day's air stable, is not
    known to the method.

    References
    ----------
    .. [1] EPA (2000), Meteorological monitoring guidance for regulatory modeling applications,
       EPA-454/R-99-005, sections 6.4.1 and 6.4.2.
    .. [2] Turner, D. B. (1964), A diffusion model for an urban area, Journal of Applied
       Meteorology 3, 83-91.
    """
    wind = np.asarray(wind_speed_m_s, dtype=np.float64)
    by_day = DAY_CLASSES[
        np.searchsorted(DAY_WIND_M_S, wind, side="right"),
        np.searchsorted(DAY_LIGHT_W_M2, ghi_w_m2, side="right"),
    ]
    clear = (cloud <= CLEAR_NIGHT_CLOUD).astype(np.intp)
    by_night = NIGHT_CLASSES[np.searchsorted(NIGHT_WIND_M_S, wind, side="right"), clear]
    hour = max(round(1.0 / step_hours), 1)
    up = zenith_deg < 90.0
    padded = np.pad(up, hour, mode="edge")
    day = up & padded[: -2 * hour] & padded[2 * hour :]
    found = np.where(day, by_day, by_night)
    return np.asarray(np.where(cloud >= OVERCAST_CLOUD, 3, found), dtype=np.intp)


def stability_speed(
    wind_speed_m_s: Array,
    height_m: float,
    hub_height_m: float,
    ghi_w_m2: Array,
    zenith_deg: Array,
    step_hours: float,
) -> Array:
    """Wind speed at the hub by the power law with the exponent of each hour's stability.

    Parameters
    ----------
    wind_speed_m_s : ndarray, shape (..., T)
        At ``height_m``. [m s⁻¹]
    height_m, hub_height_m : float
        Above ground; the method is meant for 10 to 200 m. [m]
    ghi_w_m2 : ndarray, shape (..., T)
        [W m⁻²]
    zenith_deg : ndarray, shape (T,)
        Of the sun. [°]
    step_hours : float
        [h]

    Returns
    -------
    ndarray, shape (..., T)
        [m s⁻¹]

    Notes
    -----
    Classes of `stability_class`, exponents of ``CLASS_EXPONENTS``. The classes ask for wind at
    10 m; wind of another height is extrapolated there with the exponent of neutral air, which gives
    a first class, and again with the exponent of that class, which gives the class used.
    """
    speed = np.asarray(wind_speed_m_s, dtype=np.float64)
    cloud = cloud_cover(ghi_w_m2, zenith_deg, step_hours)
    exponent: Array | float = CLASS_EXPONENTS[3]
    for _ in range(2 if height_m != CLASS_HEIGHT_M else 1):
        low = power_law_speed(speed, height_m, CLASS_HEIGHT_M, exponent)
        found = stability_class(low, ghi_w_m2, cloud, zenith_deg, step_hours)
        exponent = CLASS_EXPONENTS[found]
    return power_law_speed(speed, height_m, hub_height_m, exponent)
