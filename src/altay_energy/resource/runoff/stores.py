"""The stores of a catchment from one day to the next: snow, soil, upper and lower water.

``Catchment`` explains the model. Each store holds its water and the part of it that was once snow
(its mark); outflow takes the mark along in proportion.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from altay_energy.core.units import Array
from altay_energy.resource.runoff.catchment import Catchment

_TINY = 1e-30  # an empty store gives nothing, instead of dividing by zero


@dataclass(frozen=True, eq=False)
class Forcing:
    """Weather on the bands, shapes (D, ..., B), all in mm of water a day.

    Parameters
    ----------
    snow, rain : ndarray
        What falls.
    melt, freeze : ndarray
        Potential melt, and potential refreezing.
    ice_melt : ndarray
        Potential melt of the ice of the band when it is bare.
    evaporation : ndarray
        Potential evaporation.
    """

    snow: Array
    rain: Array
    melt: Array
    freeze: Array
    ice_melt: Array
    evaporation: Array


def mean_of_bands(values: Array) -> Array:
    """Mean over the bands, shape (...) of (..., B); ``mean`` is slower on few numbers."""
    return np.asarray(np.add.reduce(values, axis=-1) / values.shape[-1])


class Stores:
    """Water of a catchment at one instant, updated day by day in place.

    It begins empty but for the soil, which is half full.

    Parameters
    ----------
    catchment : Catchment
        Parameters of leading axes (...).
    shape : tuple of int
        Leading axes and bands: (..., B).
    """

    def __init__(self, catchment: Catchment, shape: tuple[int, ...]) -> None:
        c = catchment
        self.solid, self.liquid, self.liquid_melt = np.zeros((3, *shape))
        self.size = np.broadcast_to(c.soil_mm[..., None], shape)
        self.soil, self.soil_melt = 0.5 * self.size, np.zeros(shape)
        self.upper, self.upper_melt, self.lower, self.lower_melt = np.zeros((4, *shape[:-1]))
        self.holding = c.holding_share[..., None]
        self.percolation, self.flood_from = c.percolation_mm_day, c.flood_mm
        # A linear store empties by exp(-1 d / time constant) in a day.
        self.flood, self.fast, self.slow = (
            -np.expm1(-1.0 / days) for days in (c.flood_days, c.fast_days, c.slow_days)
        )

    def held(self) -> tuple[Array, Array]:
        """Water in the snow, and in all stores, means over the catchment, shape (...). [mm]"""
        snow = mean_of_bands(self.solid + self.liquid)
        return snow, snow + mean_of_bands(self.soil) + self.upper + self.lower

    def next_day(self, forcing: Forcing, day: int) -> tuple[Array, Array, Array, Array]:
        """Advance by one day.

        Parameters
        ----------
        forcing : Forcing
            Weather on the bands.
        day : int
            Which of its days.

        Returns
        -------
        flow, flow_melt, evaporation, ice_melt : ndarray, shape (...)
            Means over the catchment; the second is the part of the first that was snow. [mm/d]
        """
        water, melt = self._snow(forcing, day)
        bare = self.solid <= 0.0
        ice = forcing.ice_melt[day] * bare
        water += ice
        recharge, recharge_melt = self._fill_soil(water, melt)
        gone = self._dry_soil(forcing.evaporation[day] * bare)
        flow, flow_melt = self._release(mean_of_bands(recharge), mean_of_bands(recharge_melt))
        return flow, flow_melt, mean_of_bands(gone), mean_of_bands(ice)

    def _snow(self, forcing: Forcing, day: int) -> tuple[Array, Array]:
        """Water that leaves the pack, and its mark, shape (..., B)."""
        self.solid += forcing.snow[day]
        melted = np.minimum(forcing.melt[day], self.solid)
        self.solid -= melted
        frozen = np.minimum(forcing.freeze[day], self.liquid)
        self.liquid_melt *= 1.0 - frozen / (self.liquid + _TINY)
        self.solid += frozen
        self.liquid += melted + forcing.rain[day] - frozen
        self.liquid_melt += melted
        water = np.maximum(self.liquid - self.holding * self.solid, 0.0)
        mark = self.liquid_melt * (water / (self.liquid + _TINY))
        self.liquid -= water
        self.liquid_melt -= mark
        return water, mark

    def _fill_soil(self, water: Array, mark: Array) -> tuple[Array, Array]:
        """Water that the soil passes on, and its mark: GR4J's production store, d/dp = 1 - x²."""
        x, t = self.soil / self.size, np.tanh(water / self.size)
        kept = self.size * (1.0 - x * x) * t / (1.0 + x * t)
        kept_mark = mark * (kept / (water + _TINY))
        self.soil += kept
        self.soil_melt += kept_mark
        return water - kept, mark - kept_mark

    def _dry_soil(self, wanted: Array) -> Array:
        """Water that evaporates from the soil, shape (..., B)."""
        x, t = self.soil / self.size, np.tanh(wanted / self.size)
        share = (2.0 - x) * t / (1.0 + (1.0 - x) * t)
        gone = self.soil * share
        self.soil -= gone
        self.soil_melt *= 1.0 - share
        return np.asarray(gone)

    def _release(self, recharge: Array, mark: Array) -> tuple[Array, Array]:
        """Flow of the day and its mark, shape (...)."""
        self.upper += recharge
        self.upper_melt += mark
        seeping = np.minimum(self.percolation, self.upper)
        seeping_mark = self.upper_melt * (seeping / (self.upper + _TINY))
        self.upper -= seeping
        self.upper_melt -= seeping_mark
        self.lower += seeping
        self.lower_melt += seeping_mark
        flood = self.flood * np.maximum(self.upper - self.flood_from, 0.0)
        shallow = flood + self.fast * (self.upper - flood)
        shallow_mark = self.upper_melt * (shallow / (self.upper + _TINY))
        self.upper -= shallow
        self.upper_melt -= shallow_mark
        deep, deep_mark = self.slow * self.lower, self.slow * self.lower_melt
        self.lower -= deep
        self.lower_melt -= deep_mark
        return shallow + deep, shallow_mark + deep_mark
