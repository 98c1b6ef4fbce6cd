"""Ice on rotor blades: growth, duration, and loss of power.

Meteorological icing is the time in which ice grows; rotor icing is the time in which it is there.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from altay_energy.core.recurrence import Flags, bounded_levels
from altay_energy.core.units import Array

ICING_BELOW_C = 0.0
"""Ice grows below this temperature [°C]."""

ICING_ABOVE_C = -20.0
"""Below it fog holds ice crystals, which do not stick, instead of droplets [°C]; the lower end of
rime in ISO 12494:2001 as other works quote it: the standard itself was not at hand."""

ICING_HUMIDITY_PERCENT = 95.0
"""Relative humidity from which a cloud is taken to reach the rotor [%] (assumed). NREL's SAM and
reV have the same switch, whose value users set. Air that is this humid at 2 m is saturated some
80 m higher."""

ICING_WIND_M_S = 10.0
"""Wind in which an hour of icing counts as one hour; growth is proportional to wind [m s⁻¹]. The
proportion is that of ISO 12494:2001, the speed is assumed."""

MELTING_ABOVE_C = 0.5
"""Ice melts and falls from here on [°C]; Finnish Icing Atlas (VTT, FMI)."""

MELTING_HOURS = 6.0
"""Time of melting that frees a rotor of any ice [h]; Finnish Icing Atlas."""

DECAY_HOURS = 8.0
"""Time constant of loss of ice by wear and sublimation [h]; assumed, so that ice stays
two to three times as long as it grows, as in the ice classes of IEA Wind."""

LARGEST_LOAD_H = 10.0
"""Ice load above which ice falls off as fast as it grows [h]; assumed."""

ICED_ABOVE_H = 0.25
"""Load from which a rotor counts as iced [h]; assumed."""

LOSS_LOAD_H = np.array([0.0, 1.0, 3.0, LARGEST_LOAD_H])
"""Loads of the loss table [h]; the hours are assumed, Turkia et al. name stages of an event."""

LOSS_FRACTION = np.array([0.0, 0.17, 0.18, 0.24])
"""Power lost below rated power at the beginning, after a short and after a long event [-];
Turkia, Huttunen and Wallenius (2013), VTT Technology 114."""

HEATING_SHARE = 0.05
"""Power of blade heating over the turbine's rating [-]; assumed."""

# Of the table of IEA Wind as it is commonly quoted; "more than 20 % of a year's energy" in class 5
# was checked against a second text, the edges of the others were not.
_CLASS_EDGES = np.array([0.005, 0.03, 0.05, 0.10])


def icing_hours(temperature_c: ArrayLike, relative_humidity_percent: ArrayLike) -> Flags:
    """Intervals of meteorological icing: freezing air, so humid that cloud reaches the rotor.

    Parameters
    ----------
    temperature_c, relative_humidity_percent : array_like, shape (..., T)
        At 2 m; humidity over water. [°C], [%]

    Returns
    -------
    ndarray of bool, shape (..., T)
        True where ice grows: -20 °C ≤ T < 0 °C and at least 95 % [1]_, [2]_.

    References
    ----------
    .. [1] ISO 12494:2001, Atmospheric icing of structures.
    .. [2] Maclaurin, G. et al. (2019), The Renewable Energy Potential (reV) Model,
       NREL/TP-6A20-73067.
    """
    temperature = np.asarray(temperature_c, dtype=np.float64)
    humid = np.asarray(relative_humidity_percent, dtype=np.float64) >= ICING_HUMIDITY_PERCENT
    return (temperature < ICING_BELOW_C) & (temperature >= ICING_ABOVE_C) & humid


def ice_load(
    icing: ArrayLike,
    temperature_c: ArrayLike,
    wind_speed_m_s: ArrayLike,
    step_hours: float = 1.0,
    start_h: ArrayLike = 0.0,
) -> Array:
    r"""Ice on the blades, as hours of growth at 10 m/s.

    Parameters
    ----------
    icing : array_like of bool, shape (..., T)
        Meteorological icing.
    temperature_c, wind_speed_m_s : array_like, shape (..., T)
        Temperature, and wind at hub height. [°C], [m s⁻¹]
    step_hours : float
        Length of an interval. [h]
    start_h : array_like, shape (...)
        Ice before the first interval. [h]

    Returns
    -------
    ndarray, shape (..., T)
        At the end of each interval, 0 to 10. [h]

    Notes
    -----
    While icing lasts the load grows by :math:`\Delta t\, v / 10\ \mathrm{m\,s^{-1}}`: the droplets
    that meet a surface are proportional to wind [1]_. Above +0.5 °C it melts, all of it within six
    hours [2]_. In dry frost it decays by :math:`e^{-\Delta t / 8\,\mathrm h}` (assumed).

    References
    ----------
    .. [1] ISO 12494:2001, Atmospheric icing of structures.
    .. [2] Finnish Icing Atlas (2012), VTT and Finnish Meteorological Institute.
    """
    growing = np.asarray(icing, dtype=np.bool_)
    melting = np.asarray(temperature_c, dtype=np.float64) > MELTING_ABOVE_C
    growth = step_hours / ICING_WIND_M_S * np.asarray(wind_speed_m_s, dtype=np.float64)
    melt = LARGEST_LOAD_H * step_hours / MELTING_HOURS
    gain = np.where(growing, growth, np.where(melting, -melt, 0.0))
    keep = np.where(growing | melting, 1.0, np.exp(-step_hours / DECAY_HOURS))
    return bounded_levels(keep, gain, 0.0, LARGEST_LOAD_H, start_h)[..., 1:]


def ice_loss(load_h: ArrayLike) -> Array:
    """Share of power below the rating that is lost to ice on the blades.

    Parameters
    ----------
    load_h : array_like, shape (..., T)
        Ice as hours of growth. [h]

    Returns
    -------
    ndarray, shape (..., T)
        0 to 0.24 [1]_. [-]

    References
    ----------
    .. [1] Turkia, V., Huttunen, S. and Wallenius, T. (2013), Method for estimating wind turbine
       production losses due to icing, VTT Technology 114.
    """
    return np.asarray(np.interp(np.asarray(load_h, np.float64), LOSS_LOAD_H, LOSS_FRACTION))


@dataclass(frozen=True, eq=False)
class Icing:
    """Ice on a turbine through time.

    Parameters
    ----------
    meteorological : ndarray of bool, shape (..., T)
        Where ice grows, or would without heating.
    load_h : ndarray, shape (..., T)
        Ice on the blades as hours of growth. [h]
    loss : ndarray, shape (..., T)
        Share of power below the rating that is lost. [-]
    heating : ndarray, shape (..., T)
        Power that blade heating takes over the rating. [-]
    """

    meteorological: Flags
    load_h: Array
    loss: Array
    heating: Array

    @property
    def iced(self) -> Flags:
        """Where there is ice on the blades, shape (..., T)."""
        return self.load_h > ICED_ABOVE_H


def icing_of(
    temperature_c: ArrayLike,
    relative_humidity_percent: ArrayLike,
    wind_speed_m_s: ArrayLike,
    step_hours: float = 1.0,
    *,
    heated: bool = False,
    heating_share: float = HEATING_SHARE,
) -> Icing:
    """Ice on rotor blades from the weather, and its loss of power.

    Parameters
    ----------
    temperature_c, relative_humidity_percent : array_like, shape (..., T)
        At 2 m. [°C], [%]
    wind_speed_m_s : array_like, shape (..., T)
        At hub height. [m s⁻¹]
    step_hours : float
        Length of an interval. [h]
    heated : bool
        With blade heating no ice grows; heating takes power while ice would grow.
    heating_share : float
        That power over the turbine's rating. [-]

    Returns
    -------
    Icing
        Series of shape (..., T); there is no ice before the first interval.
    """
    growing = icing_hours(temperature_c, relative_humidity_percent)
    if heated or not growing.any():
        none = np.zeros(growing.shape)
        heating = np.where(growing, heating_share, 0.0) if heated else none
        return Icing(growing, none, none, heating)
    load = ice_load(growing, temperature_c, wind_speed_m_s, step_hours)
    return Icing(growing, load, ice_loss(load), np.zeros(growing.shape))


def ice_class(meteorological_share: ArrayLike) -> NDArray[np.intp]:
    """Ice class of a site by the share of the year in which ice grows.

    Parameters
    ----------
    meteorological_share : array_like
        Meteorological icing over all time. [-]

    Returns
    -------
    ndarray of int
        1 (up to 0.5 % of the year, production loss up to 0.5 %) to 5 (more than 10 %, loss more
        than 20 %), the classes of IEA Wind [1]_.

    References
    ----------
    .. [1] Baring-Gould, I. et al. (2012), Expert group study on recommended practices 13: Wind
       energy projects in cold climates, IEA Wind, 1st ed. 2011.
    """
    return np.searchsorted(_CLASS_EDGES, np.asarray(meteorological_share), side="left") + 1
