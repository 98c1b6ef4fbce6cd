"""Capacity of a battery after time and cycles: a Wöhler curve, and the model of Xu and others."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from altay_energy.core.units import HOURS_PER_YEAR, Array
from altay_energy.resource.battery.rainflow import Cycles

SECONDS_OF_YEAR = HOURS_PER_YEAR * 3600.0
"""Seconds of a year of 8,760 hours. [s]"""

_HALVINGS = 60
"""Steps of a bisection, enough for the last digit of a double."""


@dataclass(frozen=True)
class WohlerCells:
    r"""Cells whose losses add up (Palmgren-Miner), those of cycles by a power law of depth.

    Parameters
    ----------
    loss_per_year : float
        Capacity that a year at rest takes, of that when new. [1/a]
    loss_per_cycle : float
        Capacity that a cycle of depth 1 takes. [-]
    depth_exponent : float
        :math:`k`: a cycle of depth δ takes :math:`\delta^k` of that. [-]

    Notes
    -----
    The damage is the lost capacity itself,
    :math:`D = l_t t + l_1 \sum_i n_i \delta_i^k`: a cell that lives for :math:`N` full cycles down
    to the capacity :math:`c` has :math:`l_1 = (1 - c) / N`; its Wöhler curve is
    :math:`N(\delta) = N \delta^{-k}`.
    """

    loss_per_year: float
    loss_per_cycle: float
    depth_exponent: float

    def calendar(self, years: float, mean_level: float) -> float:
        """Damage of so many years, whatever the level. [-]"""
        return self.loss_per_year * years

    def cycling(self, cycles: Cycles) -> float:
        """Damage of cycles. [-]"""
        done = cycles.count * cycles.depth**self.depth_exponent
        return float(np.sum(done) * self.loss_per_cycle)

    def capacity(self, damage: Array) -> Array:
        """Capacity after a damage, of that when new, at least 0. [-]"""
        return np.asarray(np.maximum(1.0 - damage, 0.0))


@dataclass(frozen=True)
class XuCells:
    r"""Cells by the semi-empirical model of Xu and others.

    Parameters
    ----------
    sei_share, sei_rate : float
        :math:`\alpha, \beta`: capacity that forming the film on the anode takes, and how much
        faster it is than the rest. [-]
    depth_factor, depth_exponent, depth_offset : float
        :math:`k_{\delta 1}, k_{\delta 2}, k_{\delta 3}` of the stress of depth. [-]
    level_factor, level_reference : float
        :math:`k_\sigma, \sigma_{ref}` of the stress of the mean level. [-]
    temperature_factor : float
        :math:`k_T` of the stress of temperature. [1/K]
    temperature_reference_k, temperature_k : float
        Of the tests, and of the cells. [K]
    time_factor : float
        :math:`k_t`. [1/s]

    Notes
    -----
    With damage :math:`f = S_t(t) S_\sigma S_T + \sum_i n_i S_\delta(\delta_i) S_\sigma S_T` the
    capacity is :math:`\alpha e^{-\beta f} + (1 - \alpha) e^{-f}`, where
    :math:`S_\delta = (k_{\delta 1} \delta^{k_{\delta 2}} + k_{\delta 3})^{-1}`,
    :math:`S_\sigma = e^{k_\sigma (\sigma - \sigma_{ref})}`, :math:`S_t = k_t t` and
    :math:`S_T = e^{k_T (T - T_{ref}) T_{ref} / T}` [1]_. Temperatures are
    absolute in the ratio.

    References
    ----------
    .. [1] B. Xu, A. Oudalov, A. Ulbig, G. Andersson, D. S. Kirschen, Modeling of Lithium-Ion
       Battery Degradation for Cell Life Assessment, IEEE Trans. Smart Grid 9 (2018) 1131-1140.
    """

    sei_share: float
    sei_rate: float
    depth_factor: float
    depth_exponent: float
    depth_offset: float
    level_factor: float
    level_reference: float
    temperature_factor: float
    temperature_reference_k: float
    temperature_k: float
    time_factor: float

    def _level(self, level: Array) -> Array:
        return np.asarray(np.exp(self.level_factor * (level - self.level_reference)))

    @property
    def _temperature(self) -> float:
        reference, own = self.temperature_reference_k, self.temperature_k
        return float(np.exp(self.temperature_factor * (own - reference) * reference / own))

    def calendar(self, years: float, mean_level: float) -> float:
        """Damage of so many years at a mean level. [-]"""
        time = self.time_factor * years * SECONDS_OF_YEAR
        return float(time * self._level(np.asarray(mean_level)) * self._temperature)

    def cycling(self, cycles: Cycles) -> float:
        """Damage of cycles. [-]"""
        depth = np.clip(cycles.depth, 1e-12, 1.0)  # beyond both the fit means nothing
        stress = 1.0 / (self.depth_factor * depth**self.depth_exponent + self.depth_offset)
        done = cycles.count * stress * self._level(cycles.mean)
        return float(np.sum(done) * self._temperature)

    def capacity(self, damage: Array) -> Array:
        """Capacity after a damage, of that when new. [-]"""
        film = self.sei_share * np.exp(-self.sei_rate * damage)
        return np.asarray(film + (1.0 - self.sei_share) * np.exp(-damage))


Cells = WohlerCells | XuCells
"""Cells by either model."""


def life_years(cells: Cells, damage_per_year: float, end_of_life: float, longest: float) -> float:
    """Time until the capacity is down to an end of life, when every year does the same damage.

    Parameters
    ----------
    cells : Cells
    damage_per_year : float
        [-]
    end_of_life : float
        Capacity, of that when new. [-]
    longest : float
        Where to stop looking. [a]

    Returns
    -------
    float
        At most ``longest``. [a]
    """

    def holds(years: float) -> bool:
        return float(cells.capacity(np.asarray(damage_per_year * years))) > end_of_life

    if holds(longest):
        return longest
    low, high = 0.0, longest
    for _ in range(_HALVINGS):
        middle = 0.5 * (low + high)
        low, high = (middle, high) if holds(middle) else (low, middle)
    return high
