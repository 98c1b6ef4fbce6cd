"""Open water: evaporation, ice, and an assumed shape of a basin that was not surveyed."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from altay_energy.core.errors import ScenarioError
from altay_energy.core.timeline import Timeline
from altay_energy.core.units import Array
from altay_energy.resource.water.reservoir import LevelVolume

ICE_DENSITY = 0.917
"""Density of ice over that of water [-]."""

ICE_MELT_M_PER_DEGREE_DAY = 0.005
"""Degree-day melt of ice above 0 °C [m/(°C d)]; assumed: 20 W m⁻² K⁻¹ between air
and ice (Ashton 1986 gives 10 to 30) over the heat of fusion."""

VALLEY_EXPONENT = 2.0
"""Volume of a dammed valley grows with this power of its depth (assumed) [-]."""

_POINTS = 41


def evaporation_mm_day(ghi_w_m2: Array, temperature_c: Array, pressure_pa: Array) -> Array:
    r"""Evaporation of open water from daily means.

    Parameters
    ----------
    ghi_w_m2, temperature_c, pressure_pa : ndarray, shape (..., D)
        Daily means of global irradiance, air temperature and air pressure.
        [W m⁻²], [°C], [Pa]

    Returns
    -------
    ndarray, shape (..., D)
        Never below 0; of water without ice. [mm/d]

    Notes
    -----
    :math:`E = 0.61\, \Delta / (\Delta + \gamma)\, R_s / \lambda - 0.12` [1]_, which holds for small
    lakes without wind and heat storage [2]_; slope :math:`\Delta` of the saturation vapour
    pressure and psychrometric constant :math:`\gamma` as in [3]_.

    References
    ----------
    .. [1] G. F. Makkink, Testing the Penman formula by means of lysimeters, J. Inst. Water
       Engineers 11, 277-288, 1957.
    .. [2] D. O. Rosenberry et al., Comparison of 15 evaporation methods applied to a small mountain
       lake, J. Hydrology 340, 149-166, 2007.
    .. [3] R. G. Allen et al., Crop evapotranspiration, FAO Irrigation and Drainage Paper 56, 1998.
    """
    saturation = 610.8 * np.exp(17.27 * temperature_c / (temperature_c + 237.3))
    slope = 4098.0 * saturation / (temperature_c + 237.3) ** 2
    psychrometric = 0.000665 * pressure_pa
    energy_mm = 0.0864 * ghi_w_m2 / 2.45
    return np.maximum(0.61 * slope / (slope + psychrometric) * energy_mm - 0.12, 0.0)


def ice_thickness_m(
    temperature_c: Array, growth_cm: float, start_m: Array | float | None = None
) -> Array:
    r"""Thickness of ice on a pool at the end of each day.

    Parameters
    ----------
    temperature_c : ndarray, shape (..., D)
        Daily mean air temperature. [°C]
    growth_cm : float
        Stefan's coefficient. [cm/(°C d)^½]
    start_m : ndarray, shape (...), optional
        Ice before the first day; by default as much as after the last one, so that a year
        ends as it began. [m]

    Returns
    -------
    ndarray, shape (..., D)
        [m]

    Notes
    -----
    While it freezes, :math:`h^2` grows by :math:`\alpha^2` for each degree-day of frost (Stefan);
    above 0 °C the ice loses 5 mm for each degree-day. An average lake with snow has an
    :math:`\alpha` of 1.7 to 2.4, a windy one without snow 2.7 [1]_.

    References
    ----------
    .. [1] G. D. Ashton (ed.), River and Lake Ice Engineering, Water Resources Publications, 1986.
    """
    frost = (0.01 * growth_cm) ** 2 * np.maximum(-temperature_c, 0.0)
    melt = ICE_MELT_M_PER_DEGREE_DAY * np.maximum(temperature_c, 0.0)
    if start_m is None:
        start_m = _ice(frost, melt, np.zeros(temperature_c.shape[:-1]))[..., -1]
    return _ice(frost, melt, np.asarray(start_m, dtype=np.float64))


def _ice(frost: Array, melt: Array, thickness: Array) -> Array:
    out = np.empty(frost.shape)
    for day in range(frost.shape[-1]):
        grown = np.sqrt(thickness**2 + frost[..., day])
        thickness = np.maximum(grown - melt[..., day], 0.0)
        out[..., day] = thickness
    return out


def daily_means(series: Array, timeline: Timeline) -> Array:
    """Means over the local days of a timeline, shape (..., D), in the unit of the series."""
    first = first_steps(timeline)
    counts = np.diff(np.append(first, timeline.steps))
    return np.asarray(np.add.reduceat(series, first, axis=-1) / counts)


def over_days(daily: Array, timeline: Timeline) -> Array:
    """A daily value on each interval of its local day, shape (..., T), in its own unit."""
    first = first_steps(timeline)
    return np.repeat(daily, np.diff(np.append(first, timeline.steps)), axis=-1)


def first_steps(timeline: Timeline) -> NDArray[np.intp]:
    """Position of the first interval of each local day, int, shape (D,)."""
    days = timeline.local.astype("datetime64[D]").astype(np.int64)
    return np.flatnonzero(np.diff(days, prepend=days[0] - 1))


def valley_curve(normal_m: float, dead_m: float, total_m3: float, live_m3: float) -> LevelVolume:
    r"""Level-volume curve of a basin of which only two levels and two volumes are known.

    Parameters
    ----------
    normal_m, dead_m : float
        Normal and dead water level above sea level. [m]
    total_m3, live_m3 : float
        Water at the normal level, and the part of it above the dead level. [m³]

    Returns
    -------
    LevelVolume
        From the bottom to the normal level.

    Raises
    ------
    ScenarioError
        If the live volume is not below the total.

    Notes
    -----
    :math:`V = V_{total} ((z - z_0) / (z_n - z_0))^2`, a valley behind a dam (assumed), with the
    bottom :math:`z_0` such that the dead level has its volume. Where all the volume is live the
    basin is a box from dead to normal level.
    """
    if not 0.0 < live_m3 <= total_m3:
        raise ScenarioError(
            f"the live volume of {live_m3 / 1e6:g} Mm³ must be above 0 and at most the total of "
            f"{total_m3 / 1e6:g} Mm³"
        )
    if live_m3 == total_m3:
        return LevelVolume(np.array([dead_m, normal_m]), np.array([0.0, total_m3]))
    ratio = ((total_m3 - live_m3) / total_m3) ** (1.0 / VALLEY_EXPONENT)
    bottom = (dead_m - ratio * normal_m) / (1.0 - ratio)
    share = np.unique(np.append(np.linspace(0.0, 1.0, _POINTS), ratio))
    level = bottom + share * (normal_m - bottom)
    return LevelVolume(level, total_m3 * share**VALLEY_EXPONENT)
