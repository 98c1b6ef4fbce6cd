"""Weather drivers of demand: degree-hours of heating, and snow-making by wet bulb."""

from __future__ import annotations

import numpy as np

from altay_energy.core.units import Array

PSYCHROMETER_PER_K = 6.53e-4
PSYCHROMETER_GROWTH_PER_K = 9.44e-4
"""Psychrometer coefficient over water at 0 °C [K⁻¹] and its growth with the wet bulb [K⁻¹];
WMO-No. 8, Guide to Instruments and Methods of Observation, volume I, annex 4.B."""

_NEWTON_STEPS = 6  # to rounding from -45 to 55 °C, 0 to 100 % and 600 to 1050 hPa


def running_mean(values: Array, width: int) -> Array:
    """Mean over ``width`` intervals around each one, over fewer at both ends.

    Parameters
    ----------
    values : ndarray, shape (..., T)
        Any unit.
    width : int
        Number of intervals, even.

    Returns
    -------
    ndarray, shape (..., T)
        In the unit of ``values``.
    """
    steps = values.shape[-1]
    total = np.zeros((*values.shape[:-1], steps + 1))
    np.cumsum(values, axis=-1, out=total[..., 1:])
    begin = np.maximum(np.arange(steps) - width // 2, 0)
    end = np.minimum(np.arange(steps) + width // 2, steps)
    return np.asarray((total[..., end] - total[..., begin]) / (end - begin))


def heating_degrees(temperature_c: Array, step_hours: float, base_c: float) -> Array:
    r"""Depth of the running daily mean temperature below the heating base.

    Parameters
    ----------
    temperature_c : ndarray, shape (..., T)
        Air temperature. [°C]
    step_hours : float
        Length of an interval. [h]
    base_c : float
        Outdoor temperature above which there is no heating. [°C]

    Returns
    -------
    ndarray, shape (..., T)
        :math:`\max(0, T_\mathrm{base} - \overline{T}_{24\,\mathrm{h}})`. [K]

    Notes
    -----
    Degree-days are counted from daily means [1]_, for buildings react slowly. A running mean of
    24 hours is used here, so that heating does not jump at midnight.

    References
    ----------
    .. [1] GB 50176-2016, Code for thermal design of civil building: heating degree-days on the
       base of 18 °C from daily mean temperatures.
    """
    daily = running_mean(temperature_c, 2 * round(12.0 / step_hours))
    return np.asarray(np.maximum(base_c - daily, 0.0))


def vapour_pressure_pa(temperature_c: Array) -> Array:
    """Saturation vapour pressure over water, shape of ``temperature_c``. [Pa]

    Parameters
    ----------
    temperature_c : ndarray
        -45 to 60 °C; over water also in frost, as relative humidity is reported. [°C]

    References
    ----------
    .. [1] WMO-No. 8, Guide to Instruments and Methods of Observation, volume I, annex 4.B.
    """
    return np.asarray(611.2 * np.exp(17.62 * temperature_c / (243.12 + temperature_c)))


def wet_bulb_c(temperature_c: Array, relative_humidity_percent: Array, pressure_pa: Array) -> Array:
    r"""Wet-bulb temperature of ventilated air, by the psychrometer equation.

    Parameters
    ----------
    temperature_c, relative_humidity_percent, pressure_pa : ndarray, shape (..., T)
        Air temperature, -45 to 60 °C [°C]; relative humidity over water, 0 to 100 [%]; air
        pressure at the site [Pa].

    Returns
    -------
    ndarray, shape (..., T)
        Never above the air temperature. [°C]

    Notes
    -----
    The temperature :math:`t_w` of a drop of water at which evaporation takes the heat that the air
    gives [1]_,

    .. math:: e = e_w(t_w) - 6.53 \cdot 10^{-4}\,(1 + 0.000944\,t_w)\; p\,(t - t_w).

    The bulb carries water, also below 0 °C: drops freeze after they have left the gun. Newton's
    method from the air temperature downwards: the right side rises with :math:`t_w` and is curved
    upwards, so that every step stays above the solution. The thinner the air, the lower the wet
    bulb, by 0.1 to 0.3 K between the sea and 900 hPa at half the saturation.

    References
    ----------
    .. [1] WMO-No. 8, Guide to Instruments and Methods of Observation, volume I, annex 4.B.
    """
    air = np.asarray(temperature_c, dtype=np.float64)
    pressure = np.asarray(pressure_pa, dtype=np.float64)
    humidity = np.clip(relative_humidity_percent, 0.0, 100.0) / 100.0
    vapour = humidity * vapour_pressure_pa(air)
    found = air
    for _ in range(_NEWTON_STEPS):
        saturated = vapour_pressure_pa(found)
        slope = saturated * 17.62 * 243.12 / (243.12 + found) ** 2
        constant = PSYCHROMETER_PER_K * pressure
        warmed = 1.0 + PSYCHROMETER_GROWTH_PER_K * found
        miss = saturated - constant * warmed * (air - found) - vapour
        rise = slope + constant * (warmed - PSYCHROMETER_GROWTH_PER_K * (air - found))
        found = found - miss / rise
    return np.asarray(np.minimum(found, air))


def snow_making_share(wet_bulb: Array, onset_c: float, full_c: float) -> Array:
    """Output of snow guns relative to full output, shape (..., T). [-]

    Parameters
    ----------
    wet_bulb : ndarray, shape (..., T)
        [°C]
    onset_c, full_c : float
        Wet-bulb temperatures below which they start, and below which output is full. [°C]
    """
    return np.asarray(np.clip((onset_c - wet_bulb) / (onset_c - full_c), 0.0, 1.0))
