"""Wind to power: arrays in, arrays out; the last axis is time, leading axes are free.

Speed is extrapolated to hub height, the curve of one turbine is read at the speed of the same
wind power at the curve's air density, and a farm is a number of such turbines less its losses.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import gamma, gammainc, ndtr

from altay_energy.core.errors import WeatherError
from altay_energy.core.units import HOURS_PER_YEAR, REFERENCE_AIR_DENSITY, Array
from altay_energy.resource.wind.air import air_density, hub_density, pressure_at, temperature_at

__all__ = [
    "DENSITY_CORRECTIONS",
    "ROUGHNESS_M",
    "SHEAR_EXPONENT",
    "SHEAR_LAWS",
    "air_density",
    "equivalent_speed",
    "farm_power",
    "full_load_hours",
    "hub_density",
    "log_law_problem",
    "log_law_speed",
    "power_law_speed",
    "pressure_at",
    "smoothed_curve",
    "temperature_at",
    "turbine_power",
    "turbine_power_shifted",
    "weibull_mean_power",
]

SHEAR_EXPONENT = 1.0 / 7.0
"""Shear exponent of flat, open land in neutral air [-]; Justus & Mikhail (1976)."""

ROUGHNESS_M = 0.03
"""Roughness length of open, flat grassland [m]; European Wind Atlas (1989), class 1."""


LEAST_ROUGHNESS_LENGTHS = 10.0
"""Least height over roughness length for the log law [-]: roughness elements are
about ten roughness lengths high, and between them there is no logarithmic profile; Garratt, The
Atmospheric Boundary Layer, Cambridge University Press, 1992, section 4.1."""


def power_law_speed(
    wind_speed_m_s: ArrayLike,
    height_m: float,
    hub_height_m: float,
    shear_exponent: ArrayLike = SHEAR_EXPONENT,
) -> Array:
    r"""Wind speed at hub height by the power law.

    Parameters
    ----------
    wind_speed_m_s : array_like, shape (..., T)
        At ``height_m``. [m s⁻¹]
    height_m, hub_height_m : float
        Above ground. [m]
    shear_exponent : array_like
        One number, or one for each interval. [-]

    Returns
    -------
    ndarray, shape (..., T)
        [m s⁻¹]

    Raises
    ------
    WeatherError
        If a height is not above 0.

    Notes
    -----
    :math:`v_h = v \, (h / z)^\alpha`; one seventh is the value of flat land in neutral air [1]_.

    References
    ----------
    .. [1] Justus, C. G. and Mikhail, A. (1976), Height variation of wind speed and wind
       distributions statistics, Geophysical Research Letters 3(5), 261-264.
    """
    if not (height_m > 0.0 and hub_height_m > 0.0):
        raise WeatherError(
            f"height_m = {height_m:g} and hub_height_m = {hub_height_m:g} must be above 0 m"
        )
    factor = np.power(hub_height_m / height_m, shear_exponent)
    return np.asarray(wind_speed_m_s, dtype=np.float64) * factor


def log_law_speed(
    wind_speed_m_s: ArrayLike,
    height_m: float,
    hub_height_m: float,
    roughness_m: ArrayLike = ROUGHNESS_M,
) -> Array:
    r"""Wind speed at hub height by the logarithmic law of neutral air.

    Parameters
    ----------
    wind_speed_m_s : array_like, shape (..., T)
        At ``height_m``. [m s⁻¹]
    height_m, hub_height_m : float
        Above ground, both at least ten roughness lengths. [m]
    roughness_m : array_like
        Roughness length. [m]

    Returns
    -------
    ndarray, shape (..., T)
        [m s⁻¹]

    Raises
    ------
    WeatherError
        If a height is below ten roughness lengths, where the law does not hold: near the roughness
        length the factor grows without limit.

    Notes
    -----
    :math:`v_h = v \, \ln(h / z_0) / \ln(z / z_0)` [1]_.

    References
    ----------
    .. [1] Troen, I. and Petersen, E. L. (1989), European Wind Atlas, Risø National Laboratory.
    """
    roughness = np.asarray(roughness_m, dtype=np.float64)
    if not np.all(roughness > 0.0):
        raise WeatherError(f"roughness_m = {roughness.min():g} must be above 0 m")
    problem = log_law_problem(height_m, hub_height_m, float(roughness.max()))
    if problem is not None:
        raise WeatherError(problem)
    factor = np.log(hub_height_m / roughness) / np.log(height_m / roughness)
    return np.asarray(np.asarray(wind_speed_m_s, dtype=np.float64) * factor)


def log_law_problem(height_m: float, hub_height_m: float, roughness_m: float) -> str | None:
    """Message on heights at which the log law does not hold; None where it does.

    Parameters
    ----------
    height_m, hub_height_m, roughness_m : float
        As for `log_law_speed`. [m]

    Returns
    -------
    str or None
        The heights that are too low, and the largest roughness length that goes with them.
    """
    least_m = LEAST_ROUGHNESS_LENGTHS * roughness_m
    heights = {"the wind": height_m, "the hub": hub_height_m}
    low = [f"{what} at {z:g} m" for what, z in heights.items() if not z >= least_m]
    if not low:
        return None
    most_m = max(min(heights.values()) / LEAST_ROUGHNESS_LENGTHS, 0.0)
    return (
        f"roughness_m = {roughness_m:g}: the log law holds from ten roughness lengths "
        f"({least_m:g} m) above ground, and {' and '.join(low)} is below; expected a roughness_m "
        f"of at most {most_m:g}, or wind at {least_m:g} m or higher"
    )


SHEAR_LAWS: Mapping[str, Callable[..., Array]] = {"power": power_law_speed, "log": log_law_speed}
"""Laws that extrapolate wind speed to hub height, by name."""


def equivalent_speed(
    wind_speed_m_s: Array,
    air_density_kg_m3: Array,
    curve_density_kg_m3: float = REFERENCE_AIR_DENSITY,
) -> Array:
    r"""Wind speed normalised to the air density of the power curve.

    Parameters
    ----------
    wind_speed_m_s, air_density_kg_m3 : ndarray, shape (..., T)
        At hub height. [m s⁻¹], [kg m⁻³]
    curve_density_kg_m3 : float
        Air density that the power curve was drawn for. [kg m⁻³]

    Returns
    -------
    ndarray, shape (..., T)
        :math:`v\,(\rho/\rho_0)^{1/3}` [1]_. [m s⁻¹]

    References
    ----------
    .. [1] IEC 61400-12-1:2017, Power performance measurements of electricity producing wind
       turbines, section 9.1.5.
    """
    return wind_speed_m_s * np.cbrt(air_density_kg_m3 / curve_density_kg_m3)


def turbine_power(
    wind_speed_m_s: ArrayLike,
    air_density_kg_m3: ArrayLike,
    curve_speed_m_s: ArrayLike,
    curve_power_mw: ArrayLike,
    curve_density_kg_m3: float = REFERENCE_AIR_DENSITY,
) -> Array:
    r"""Electrical power of one pitch-regulated turbine from its power curve.

    Parameters
    ----------
    wind_speed_m_s, air_density_kg_m3 : array_like, shape (..., T)
        At hub height. [m s⁻¹], [kg m⁻³]
    curve_speed_m_s, curve_power_mw : array_like, shape (K,)
        Power curve, speeds increasing; the last one is the cut-out speed. [m s⁻¹], [MW]
    curve_density_kg_m3 : float
        Air density that the curve was drawn for. [kg m⁻³]

    Returns
    -------
    ndarray, shape (..., T)
        Power; zero below the curve's first equivalent speed and above its last speed. [MW]

    Raises
    ------
    WeatherError
        If a speed or density is NaN, inf or negative.

    Notes
    -----
    Up to rated power the curve is read at the speed that carries the same power in the wind [1]_,

    .. math:: v_n = v \, (\rho / \rho_0)^{1/3}.

    Beyond rated power, storm control and cut-out depend on the anemometer, not on the
    power in the wind, so that part is read at the measured speed: dense winter air does not make
    a turbine cut out early. The result is the smaller of the two readings.

    References
    ----------
    .. [1] IEC 61400-12-1:2017, Power performance measurements of electricity producing wind
       turbines, section 9.1.5.
    """
    speed = _sound("wind speed", wind_speed_m_s, "m/s")
    density = _sound("air density", air_density_kg_m3, "kg/m³")
    curve_speed = np.asarray(curve_speed_m_s, dtype=np.float64)
    curve_power = np.asarray(curve_power_mw, dtype=np.float64)
    rated = int(np.argmax(curve_power))
    equivalent = equivalent_speed(speed, density, curve_density_kg_m3)
    rising = np.interp(equivalent, curve_speed[: rated + 1], curve_power[: rated + 1], left=0.0)
    ceiling = np.interp(speed, curve_speed[rated:], curve_power[rated:], right=0.0)
    return np.minimum(rising, ceiling)


def turbine_power_shifted(
    wind_speed_m_s: ArrayLike,
    air_density_kg_m3: ArrayLike,
    curve_speed_m_s: ArrayLike,
    curve_power_mw: ArrayLike,
    curve_density_kg_m3: float = REFERENCE_AIR_DENSITY,
) -> Array:
    r"""Electrical power of one turbine from a curve whose speeds are shifted with air density.

    Parameters
    ----------
    wind_speed_m_s, air_density_kg_m3 : array_like, shape (..., T)
        At hub height. [m s⁻¹], [kg m⁻³]
    curve_speed_m_s, curve_power_mw : array_like, shape (K,)
        Power curve, speeds increasing. [m s⁻¹], [MW]
    curve_density_kg_m3 : float
        Air density that the curve was drawn for. [kg m⁻³]

    Returns
    -------
    ndarray, shape (..., T)
        Power; zero outside the shifted curve. [MW]

    Raises
    ------
    WeatherError
        If a speed or density is NaN, inf or negative.

    Notes
    -----
    Speed :math:`v_k` of the curve moves to :math:`v_k (\rho_0/\rho)^{m(v_k)}` [1]_, where m is 1/3
    up to 7.5 m/s and grows to 2/3 at 12.5 m/s: near rated power real rotors lose more than the
    cube root says, since they pitch before it. The cut-out moves along with the curve.

    References
    ----------
    .. [1] Svenningsen, L. (2010), Proposal of an improved power curve correction, European Wind
       Energy Conference, Warsaw.
    """
    speed = _sound("wind speed", wind_speed_m_s, "m/s")
    density = _sound("air density", air_density_kg_m3, "kg/m³")
    curve_speed = np.asarray(curve_speed_m_s, dtype=np.float64)
    curve_power = np.asarray(curve_power_mw, dtype=np.float64)
    exponent = np.interp(curve_speed, [7.5, 12.5], [1.0 / 3.0, 2.0 / 3.0])
    speed, log_thinness = np.broadcast_arrays(speed, np.log(curve_density_kg_m3 / density))

    def shifted(node: NDArray[np.intp]) -> Array:
        return np.asarray(curve_speed[node] * np.exp(exponent[node] * log_thinness))

    # Every interval has its own shifted curve: find the node below it by bisection, all at once.
    low = np.zeros(speed.shape, dtype=np.intp)
    high = np.full(speed.shape, curve_speed.size - 1)
    for _ in range(int(np.ceil(np.log2(curve_speed.size)))):
        middle = (low + high) // 2
        above = speed >= shifted(middle)
        low, high = np.where(above, middle, low), np.where(above, high, middle)
    low = np.minimum(low, curve_speed.size - 2)
    left, right = shifted(low), shifted(low + 1)
    share = np.clip((speed - left) / (right - left), 0.0, 1.0)
    power = curve_power[low] + share * (curve_power[low + 1] - curve_power[low])
    first, last = shifted(np.zeros_like(low)), shifted(np.full_like(low, curve_speed.size - 1))
    return np.where((speed >= first) & (speed <= last), power, 0.0)


DENSITY_CORRECTIONS: Mapping[str, Callable[..., Array]] = {
    "equivalent_speed": turbine_power,
    "shifted_curve": turbine_power_shifted,
}
"""Ways to read a power curve in air of another density, by name."""


def smoothed_curve(
    curve_speed_m_s: ArrayLike,
    curve_power_mw: ArrayLike,
    spread: float,
    spread_m_s: float = 0.0,
    at_m_s: ArrayLike | None = None,
) -> tuple[Array, Array]:
    r"""Power curve of many turbines whose wind speeds differ from their mean.

    Parameters
    ----------
    curve_speed_m_s, curve_power_mw : array_like, shape (K,)
        Curve of one turbine, zero outside. [m s⁻¹], [MW]
    spread : float
        Standard deviation of speed as a fraction of the mean speed. [-]
    spread_m_s : float
        Part of the standard deviation that does not grow with speed. [m s⁻¹]
    at_m_s : array_like, shape (N,), optional
        Mean speeds, greater than 0, of the curve that is returned; left out, steps of 0.1 m/s
        to where six standard deviations below lie beyond cut-out. [m s⁻¹]

    Returns
    -------
    speed, power : ndarray, shape (N,)
        Mean power against mean speed, per turbine. [m s⁻¹], [MW]

    Notes
    -----
    .. math:: P_s(v) = \int P(u)\, \frac{1}{\sigma\sqrt{2\pi}}
              \exp\left(-\frac{(u - v)^2}{2\sigma^2}\right) du,
              \quad \sigma = s\,v + s_0

    as proposed for turbines of one area [1]_; the integral is taken exactly over the straight
    pieces of the curve.

    References
    ----------
    .. [1] Nørgaard, P. and Holttinen, H. (2004), A multi-turbine power curve approach, Nordic
       Wind Power Conference, Gothenburg.
    """
    curve_speed = np.asarray(curve_speed_m_s, dtype=np.float64)
    curve_power = np.asarray(curve_power_mw, dtype=np.float64)
    if at_m_s is None:
        reach = 6.0 * (spread * curve_speed[-1] + spread_m_s)
        at_m_s = 0.1 * np.arange(1, np.ceil((curve_speed[-1] + reach) / 0.1) + 2)
    speed = np.asarray(at_m_s, dtype=np.float64)
    # A thousandth of a mm/s in place of 0: the integral then equals the curve.
    sigma = np.maximum(spread * speed + spread_m_s, 1e-6)
    # One row for each mean speed, one column for each node of the curve.
    nodes = (curve_speed - speed[:, None]) / sigma[:, None]
    probability = np.diff(ndtr(nodes), axis=-1)
    density = np.exp(-0.5 * nodes**2) / np.sqrt(2.0 * np.pi)
    slope = np.diff(curve_power) / np.diff(curve_speed)
    at_mean = curve_power[:-1] + slope * (speed[:, None] - curve_speed[:-1])
    pieces = at_mean * probability - slope * sigma[:, None] * np.diff(density, axis=-1)
    return speed, np.clip(pieces.sum(axis=-1), 0.0, curve_power.max())


def farm_power(
    turbine_power_mw: Array,
    number: float,
    wake_loss: float = 0.0,
    availability: float = 1.0,
    electrical_loss: float = 0.0,
) -> Array:
    """Power of a farm of equal turbines at its grid connection.

    Parameters
    ----------
    turbine_power_mw : ndarray, shape (..., T)
        Power of one turbine in free wind. [MW]
    number : float
        Number of turbines; not whole where the capacity is no multiple of the rating. [-]
    wake_loss, electrical_loss : float
        Fractions of energy lost to wakes and between turbine and grid connection. [-]
    availability : float
        Availability of the turbines. [-]

    Returns
    -------
    ndarray, shape (..., T)
        [MW]
    """
    return turbine_power_mw * (number * (1.0 - wake_loss) * availability * (1.0 - electrical_loss))


def full_load_hours(power_mw: ArrayLike, rated_mw: float) -> Array:
    """Full-load hours: hours a year at rated power with the same energy.

    Parameters
    ----------
    power_mw : array_like, shape (..., T)
        In intervals of equal length. [MW]
    rated_mw : float
        [MW]

    Returns
    -------
    ndarray, shape (...)
        Mean power over rated power, times the 8760 h of a common year. [h a⁻¹]
    """
    power = np.asarray(power_mw, dtype=np.float64)
    return np.asarray(power.mean(axis=-1) / rated_mw * HOURS_PER_YEAR)


def weibull_mean_power(
    curve_speed_m_s: ArrayLike,
    curve_power_mw: ArrayLike,
    mean_speed_m_s: ArrayLike,
    shape: float = 2.0,
) -> Array:
    r"""Long-term mean power of a turbine whose wind speeds follow a Weibull distribution.

    Parameters
    ----------
    curve_speed_m_s, curve_power_mw : array_like, shape (K,)
        Power curve, zero outside. [m s⁻¹], [MW]
    mean_speed_m_s : array_like, shape (...)
        Mean wind speed at hub height; for air of density ρ give the mean times
        :math:`(\rho/\rho_0)^{1/3}`. [m s⁻¹]
    shape : float
        Shape factor k; 2 is the Rayleigh distribution. [-]

    Returns
    -------
    ndarray, shape (...)
        [MW]

    Notes
    -----
    The integral of curve times density [1]_ is taken exactly over the straight pieces of the
    curve: with :math:`x = (v/c)^k` the mean of v between two nodes is an incomplete gamma function.

    References
    ----------
    .. [1] Justus, C. G., Hargraves, W. R. and Yalcin, A. (1976), Nationwide assessment of
       potential output from wind-powered generators, J. Applied Meteorology 15(7), 673-678.
    """
    speed = np.asarray(curve_speed_m_s, dtype=np.float64)
    power = np.asarray(curve_power_mw, dtype=np.float64)
    mean = np.asarray(mean_speed_m_s, dtype=np.float64)[..., None]
    x = (speed * gamma(1.0 + 1.0 / shape) / mean) ** shape
    probability = -np.diff(np.exp(-x), axis=-1)
    partial_mean = mean * np.diff(gammainc(1.0 + 1.0 / shape, x), axis=-1)
    slope = np.diff(power) / np.diff(speed)
    constant = power[:-1] - slope * speed[:-1]
    return np.asarray((constant * probability + slope * partial_mean).sum(axis=-1))


def _sound(what: str, values: ArrayLike, unit: str) -> Array:
    """Values as an array, or the error that says which of them is no number of this kind."""
    array = np.asarray(values, dtype=np.float64)
    if array.size and not (array.min() >= 0.0 and array.max() < np.inf):  # NaN fails both
        bad = ~((array >= 0.0) & (array < np.inf))
        first = np.argwhere(bad)[0]
        raise WeatherError(
            f"{what} = {array[tuple(first)]:g} {unit} at position {first.tolist()} "
            f"({bad.sum()} such values); expected finite numbers of at least 0"
        )
    return array
