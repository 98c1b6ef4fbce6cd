"""Parts of the inflow model, each a pure function: bands, sunlight, evaporation, rain, routing."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import gammainc

from altay_energy.core.errors import ScenarioError
from altay_energy.core.units import Array

SECONDS_PER_DAY = 86_400.0
ROUTING_STORES = 2.0
"""Equal linear stores of the routing cascade. [-]"""

LATENT_HEAT_MJ_KG = 2.45
"""Latent heat of vaporisation; 1 kg is 1 mm on a square metre [MJ kg⁻¹]; FAO paper 56."""

_LONGEST = 6.0  # mean travel times; 7e-5 of the water takes longer, and is brought in


def snow_bands(elevation_m: ArrayLike, bands: int = 8) -> Array:
    """Middles of elevation bands of equal area.

    Parameters
    ----------
    elevation_m : array_like, shape (K,)
        Elevations at evenly spaced shares of the area, lowest point first, highest last. [m]
    bands : int
        How many bands, B.

    Returns
    -------
    ndarray, shape (B,)
        [m]

    Raises
    ------
    ScenarioError
        If there are fewer than two elevations, or they do not rise.

    References
    ----------
    .. [1] A. Valéry, V. Andréassian and C. Perrin, "As simple as possible but not simpler: what is
       useful in a temperature-based snow-accounting routine?", Journal of Hydrology 517, 2014.
    """
    given = np.asarray(elevation_m, dtype=np.float64)
    if given.ndim != 1 or given.size < 2 or not np.isfinite(given).all():
        raise ScenarioError("elevation_m needs at least two finite elevations, lowest first")
    if np.any(np.diff(given) < 0.0):
        raise ScenarioError(
            f"elevation_m must rise from the lowest to the highest point, has {given.tolist()}"
        )
    shares = np.linspace(0.0, 1.0, given.size)
    return np.interp((np.arange(bands) + 0.5) / bands, shares, given)


def extraterrestrial_mj(latitude: ArrayLike, day_of_year: ArrayLike) -> Array:
    """Extraterrestrial irradiation of a day on the horizontal. [MJ m⁻² d⁻¹]

    Parameters
    ----------
    latitude : array_like
        [°] north
    day_of_year : array_like
        1 for 1 January; broadcasts against ``latitude``.

    References
    ----------
    .. [1] R. G. Allen et al., "Crop evapotranspiration", FAO Irrigation and Drainage Paper 56,
       Rome, 1998, equations 21-25.
    """
    turn = 2.0 * np.pi * np.asarray(day_of_year, dtype=np.float64) / 365.0
    phi = np.radians(np.asarray(latitude, dtype=np.float64))
    distance = 1.0 + 0.033 * np.cos(turn)
    declination = 0.409 * np.sin(turn - 1.39)
    sunset = np.arccos(np.clip(-np.tan(phi) * np.tan(declination), -1.0, 1.0))
    up = sunset * np.sin(phi) * np.sin(declination)
    across = np.cos(phi) * np.cos(declination) * np.sin(sunset)
    return np.asarray(24.0 * 60.0 / np.pi * 0.0820 * distance * (up + across))


def oudin_evaporation(temperature_c: Array, latitude: ArrayLike, day_of_year: ArrayLike) -> Array:
    """Potential evapotranspiration by temperature, shape of the broadcast inputs. [mm/d]

    Parameters
    ----------
    temperature_c : ndarray
        Daily mean of the air. [°C]
    latitude, day_of_year : array_like
        As in ``extraterrestrial_mj``.

    References
    ----------
    .. [1] L. Oudin et al., Journal of Hydrology 303, 290-306, 2005: Re / (λ ρ) · (T + 5) / 100.
    """
    light = extraterrestrial_mj(latitude, day_of_year)
    return np.asarray(light / LATENT_HEAT_MJ_KG * np.maximum(temperature_c + 5.0, 0.0) / 100.0)


def rain_share(temperature_c: Array, middle_c: ArrayLike, width_k: ArrayLike) -> Array:
    """Rain over precipitation: linear over ``width_k`` around ``middle_c``. [-]

    Parameters
    ----------
    temperature_c : ndarray
        Daily mean of the air. [°C]
    middle_c, width_k : array_like
        Temperature at which half is rain; range from all snow to all rain. [°C], [K]
    """
    width = np.maximum(np.asarray(width_k, dtype=np.float64), 1e-6)
    middle = np.asarray(middle_c, dtype=np.float64)
    return np.asarray(np.clip((temperature_c - middle) / width + 0.5, 0.0, 1.0))


def ice_cover(glacier_share: ArrayLike, bands: int) -> Array:
    """Share of each band under ice when the highest bands are filled first, shape (..., B). [-]

    Parameters
    ----------
    glacier_share : array_like, shape (...)
        Of the whole catchment. [-]
    bands : int
        Bands of equal area, B, the highest last.
    """
    left = np.asarray(glacier_share, dtype=np.float64)[..., None] * bands
    return np.clip(left - np.arange(bands)[::-1], 0.0, 1.0)


def unit_hydrograph(route_days: ArrayLike) -> Array:
    """Share of a day's water that arrives on that and each later day, shape (..., L), sum 1. [-]

    Parameters
    ----------
    route_days : array_like, shape (...)
        Mean travel time. [d]

    References
    ----------
    .. [1] J. E. Nash, "The form of the instantaneous unit hydrograph", IAHS Publication 45(3),
       114-121, 1957; here two equal stores.
    """
    mean = np.asarray(route_days, dtype=np.float64)[..., None]
    longest = int(np.ceil(_LONGEST * mean.max(initial=0.0))) + 1
    store = np.maximum(mean / ROUTING_STORES, 1e-9)
    time = np.minimum(np.arange(longest + 1), np.maximum(_LONGEST * mean, 1.0))
    arrived = gammainc(ROUTING_STORES, time / store)
    return np.asarray(np.diff(arrived, axis=-1) / arrived[..., -1:])


def routed(flow: Array, weights: Array) -> Array:
    """Flow after routing through the river bed, days first, shape (D, ...) as ``flow``.

    Parameters
    ----------
    flow : ndarray, shape (D, ...)
        Of each day.
    weights : ndarray, shape (..., L)
        As ``unit_hydrograph`` makes them.
    """
    late = np.zeros(flow.shape)
    for lag in range(min(weights.shape[-1], len(flow))):
        late[lag:] += weights[..., lag] * flow[: len(flow) - lag]
    return late


def hourly_from_daily(daily: Array, steps_per_day: int) -> Array:
    """Means of the steps of each day, without a jump at midnight where that is possible.

    Parameters
    ----------
    daily : ndarray, shape (..., D)
        Mean of each day, at least 0.
    steps_per_day : int
        24, 48 or 96.

    Returns
    -------
    ndarray, shape (..., D * steps_per_day)
        A straight line within each day that keeps its mean and lies between its neighbours.

    References
    ----------
    .. [1] B. van Leer, "Towards the ultimate conservative difference scheme. IV", Journal of
       Computational Physics 23, 276-299, 1977: the monotonised central slope.
    """
    padded = np.concatenate([daily[..., :1], daily, daily[..., -1:]], axis=-1)
    before, after = np.diff(padded)[..., :-1], np.diff(padded)[..., 1:]
    steepest = 2.0 * np.minimum(np.abs(before), np.abs(after))
    slope = np.where(
        before * after > 0.0,
        np.sign(before) * np.minimum(np.abs(before + after) / 2.0, steepest),
        0.0,
    )
    place = (np.arange(steps_per_day) + 0.5) / steps_per_day - 0.5
    line = daily[..., None] + slope[..., None] * place
    return np.asarray(line.reshape(*daily.shape[:-1], -1))
