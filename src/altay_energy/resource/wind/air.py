"""Air temperature, pressure and density at hub height."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from altay_energy.core.units import DRY_AIR_GAS_CONSTANT, GRAVITY, ZERO_CELSIUS, Array

LAPSE_RATE = 0.0065
"""Fall of temperature with height in the standard atmosphere [K m⁻¹]; ISO 2533:1975."""

WATER_VAPOUR_GAS_CONSTANT = 461.5
"""Specific gas constant of water vapour [J kg⁻¹ K⁻¹]; IEC 61400-12-1:2017."""

TEMPERATURE_HEIGHT_M = 2.0
"""Height of a weather station's thermometer above ground [m]; WMO-No. 8."""


def temperature_at(temperature_c: ArrayLike, rise_m: float) -> Array:
    r"""Air temperature at a height above (or below) the measurement.

    Parameters
    ----------
    temperature_c : array_like, shape (..., T)
        Where it was measured. [°C]
    rise_m : float
        Height above that point, negative below it. [m]

    Returns
    -------
    ndarray, shape (..., T)
        [°C]

    Notes
    -----
    :math:`T(z) = T - 6.5\ \mathrm{K\,km^{-1}}\, z`, the standard atmosphere [1]_. Under a winter
    inversion the air aloft is warmer; 10 K of error in 100 m would move the density by 4 %.

    References
    ----------
    .. [1] ISO 2533:1975, Standard Atmosphere.
    """
    return np.asarray(temperature_c, dtype=np.float64) - LAPSE_RATE * rise_m


def pressure_at(pressure_pa: ArrayLike, temperature_c: ArrayLike, rise_m: float) -> Array:
    r"""Air pressure at a height above (or below) the measurement.

    Parameters
    ----------
    pressure_pa, temperature_c : array_like, shape (..., T)
        Where they were measured. [Pa], [°C]
    rise_m : float
        Height above that point, negative below it. [m]

    Returns
    -------
    ndarray, shape (..., T)
        [Pa]

    Notes
    -----
    The hypsometric equation [1]_ with the mean temperature of the layer,

    .. math:: p(z) = p \, \exp\left(-\frac{g z}{R_d \bar T}\right).

    References
    ----------
    .. [1] Wallace, J. M. and Hobbs, P. V. (2006), Atmospheric Science, 2nd ed., eq. 3.29.
    """
    layer_kelvin = temperature_at(temperature_c, 0.5 * rise_m) + ZERO_CELSIUS
    rise = -GRAVITY * rise_m / DRY_AIR_GAS_CONSTANT
    return np.asarray(pressure_pa, dtype=np.float64) * np.exp(rise / layer_kelvin)


def air_density(
    temperature_c: ArrayLike,
    pressure_pa: ArrayLike,
    relative_humidity_percent: ArrayLike | None = None,
) -> Array:
    r"""Density of air, dry or moist.

    Parameters
    ----------
    temperature_c, pressure_pa : array_like, shape (..., T)
        [°C], [Pa]
    relative_humidity_percent : array_like, shape (..., T), optional
        Dry air when left out: at most 1 % too dense at 30 °C, 0.1 % below 0 °C. [%]

    Returns
    -------
    ndarray, shape (..., T)
        [kg m⁻³]

    Notes
    -----
    .. math:: \rho = \frac{1}{T}\left[\frac{p}{R_d}
              - \varphi p_w \left(\frac{1}{R_d} - \frac{1}{R_w}\right)\right], \quad
              p_w = 2.05 \cdot 10^{-5}\, e^{0.0631846\, T}\ \mathrm{Pa}

    with the vapour pressure of the power-performance standard [1]_.

    References
    ----------
    .. [1] IEC 61400-12-1:2017, Power performance measurements of electricity producing wind
       turbines, section 9.1.5.
    """
    kelvin = np.asarray(temperature_c, dtype=np.float64) + ZERO_CELSIUS
    dry = np.asarray(pressure_pa, dtype=np.float64) / DRY_AIR_GAS_CONSTANT
    if relative_humidity_percent is None:
        return dry / kelvin
    vapour_pressure = 2.05e-5 * np.exp(0.0631846 * kelvin)
    lighter = 1.0 / DRY_AIR_GAS_CONSTANT - 1.0 / WATER_VAPOUR_GAS_CONSTANT
    return (
        dry - np.asarray(relative_humidity_percent) / 100.0 * vapour_pressure * lighter
    ) / kelvin


def hub_density(
    temperature_c: ArrayLike,
    pressure_pa: ArrayLike,
    hub_height_m: float,
    ground_rise_m: float = 0.0,
) -> Array:
    """Density of dry air at hub height from a station's temperature and pressure.

    Parameters
    ----------
    temperature_c, pressure_pa : array_like, shape (..., T)
        At 2 m and at the ground of the station. [°C], [Pa]
    hub_height_m : float
        Above the ground of the farm. [m]
    ground_rise_m : float
        Ground of the farm above that of the station, negative below it. [m]

    Returns
    -------
    ndarray, shape (..., T)
        [kg m⁻³]
    """
    rise_m = ground_rise_m + hub_height_m
    pressure = pressure_at(pressure_pa, temperature_c, rise_m)
    return air_density(temperature_at(temperature_c, rise_m - TEMPERATURE_HEIGHT_M), pressure)
