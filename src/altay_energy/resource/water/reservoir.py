"""Level-volume curve of a reservoir."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from altay_energy.core.errors import ScenarioError
from altay_energy.core.units import Array
from altay_energy.core.value import Value


@dataclass(frozen=True, eq=False)
class LevelVolume(Value):
    """Level and volume of a reservoir, linear between surveyed points.

    Parameters
    ----------
    level_m : ndarray, shape (K,)
        Water levels above sea level, rising, K at least 2. [m]
    volume_m3 : ndarray, shape (K,)
        Water in the basin at those levels, rising. [m³]

    Raises
    ------
    ScenarioError
        If the points are fewer than two, not finite, or do not rise together.
    """

    level_m: Array
    volume_m3: Array

    def __post_init__(self) -> None:
        for name in ("level_m", "volume_m3"):
            values = np.array(getattr(self, name), dtype=np.float64)
            if values.ndim != 1 or values.size < 2 or not np.all(np.isfinite(values)):
                raise ScenarioError(
                    f"{name} of a reservoir needs at least two finite points, has {values.tolist()}"
                )
            falls = np.flatnonzero(np.diff(values) <= 0.0)
            if falls.size:
                k = int(falls[0])
                raise ScenarioError(
                    f"{name} of a reservoir must rise from point to point, but {values[k]:g} is "
                    f"followed by {values[k + 1]:g}"
                )
            values.setflags(write=False)
            object.__setattr__(self, name, values)
        if self.level_m.shape != self.volume_m3.shape:
            raise ScenarioError(
                f"a reservoir needs one volume for each level, has {self.level_m.size} levels and "
                f"{self.volume_m3.size} volumes"
            )

    def level(self, volume_m3: Array | float) -> Array:
        """Water level at a volume in the basin, shape of ``volume_m3``; held at the ends. [m]"""
        return np.asarray(np.interp(volume_m3, self.volume_m3, self.level_m))

    def volume(self, level_m: Array | float) -> Array:
        """Volume in the basin at a level, shape of ``level_m``; held at the ends. [m³]"""
        return np.asarray(np.interp(level_m, self.level_m, self.volume_m3))

    def area(self, volume_m3: Array | float) -> Array:
        """Surface of the pool, dV/dz of the piece that holds a volume. [m²]"""
        piece = np.searchsorted(self.volume_m3[1:-1], volume_m3, side="right")
        return np.asarray(self.area_between_m2[piece])

    @cached_property
    def area_between_m2(self) -> Array:
        """Surface between each two points, shape (K - 1,). [m²]"""
        return np.diff(self.volume_m3) / np.diff(self.level_m)
