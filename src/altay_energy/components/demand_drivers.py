"""What cold does to demand: degree-hours of heating, and hours in which snow can be made."""

from __future__ import annotations

import numpy as np

from altay_energy.units import Array


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
    r"""How far the air of the last and next half day lies below the heating base.

    Parameters
    ----------
    temperature_c : ndarray, shape (..., T)
        Air temperature. [°C]
    step_hours : float
        Length of an interval. [h]
    base_c : float
        Outdoor temperature above which nobody heats. [°C]

    Returns
    -------
    ndarray, shape (..., T)
        :math:`\max(0, T_\mathrm{base} - \overline{T}_{24\,\mathrm{h}})`. [K]

    Notes
    -----
    Degree-days are counted from daily means [1]_: buildings do not feel the hour. The mean runs
    with the hour here, so that heating does not jump at midnight.

    References
    ----------
    .. [1] GB 50176-2016, Code for thermal design of civil building: heating degree-days on the
       base of 18 °C from daily mean temperatures.
    """
    daily = running_mean(temperature_c, 2 * round(12.0 / step_hours))
    return np.asarray(np.maximum(base_c - daily, 0.0))


def wet_bulb_c(temperature_c: Array, relative_humidity_percent: Array) -> Array:
    """Wet-bulb temperature of air near sea-level pressure, shape (..., T). [°C]

    Parameters
    ----------
    temperature_c, relative_humidity_percent : ndarray, shape (..., T)
        Air temperature [°C]; relative humidity, taken between 5 and 99 as the formula holds. [%]

    References
    ----------
    .. [1] R. Stull, "Wet-bulb temperature from relative humidity and air temperature", Journal of
       Applied Meteorology and Climatology 50(11), 2267-2269, 2011, eq. 1.
    """
    humidity = np.clip(relative_humidity_percent, 5.0, 99.0)
    fitted = (
        temperature_c * np.arctan(0.151977 * np.sqrt(humidity + 8.313659))
        + np.arctan(temperature_c + humidity)
        - np.arctan(humidity - 1.676331)
        + 0.00391838 * humidity**1.5 * np.arctan(0.023101 * humidity)
        - 4.686035
    )
    # Below -20 °C, beyond the data it was fitted to, it may pass the air temperature.
    return np.asarray(np.minimum(fitted, temperature_c))


def snow_making_share(wet_bulb: Array, onset_c: float, full_c: float) -> Array:
    """Share of their full output that snow guns reach, shape (..., T). [-]

    Parameters
    ----------
    wet_bulb : ndarray, shape (..., T)
        [°C]
    onset_c, full_c : float
        Wet bulb at which they begin, and from which on downwards they give all. [°C]
    """
    return np.asarray(np.clip((onset_c - wet_bulb) / (onset_c - full_c), 0.0, 1.0))
