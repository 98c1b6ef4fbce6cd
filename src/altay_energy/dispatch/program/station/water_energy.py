r"""Energy of water, and lines that bound all operations of a station's units.

The upper reservoir is counted in energy instead of water. With the static head H of its volume v,

.. math:: \varphi(v) = \rho g \int H(v')\, dv'

so that a pump or turbine changes the content by nearly the same share of its power at every head.
Over all volumes and numbers of units, the energy stored for a power is below a concave line, and
the energy drawn from store for a power is above a convex line (the convex envelope); both are
piecewise linear and computed from the tables. Pumps store less in a fuller reservoir: the energy
stored by all pumps in a step is below a line that decreases with the content before it
(`fill_limit`).

`most_waste_mwh` bounds the difference of a real operation to the lines, evaporation and seepage.
`gained_mwh` counts rain at the largest head. Heads cover every deficit of water that can occur, and
`SAFETY` covers volumes between the grid points. `residual_cost` uses the lines in a program,
`envelope` in a storage.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from altay_energy.core.units import GRAVITY, WATER_DENSITY, Array
from altay_energy.dispatch.problem.station import LOWER, UPPER, StationLimits
from altay_energy.resource.pumped.operating_table import OperatingTable

END_WITHIN = 1e-4
"""Tolerance of the terminal rule, as a share of the live water. [-]"""

SAFETY = 1e-4
"""Share by which both lines are moved to the optimistic side. [-]"""

_WASTE = 1.05
_VOLUMES = 1201
_DEFICITS = 3
_LOADS = 9
_SHORT = 0.02
_JOULES_PER_MWH = 3.6e9


@dataclass(frozen=True, eq=False)
class EnergyScale:
    """Energy of the water in the upper reservoir by volume.

    Parameters
    ----------
    volume_m3, energy_mwh : ndarray, shape (V,)
        Rising. [m³], [MWh]
    head_m : ndarray, shape (D, V)
        Static heads that each volume can have. [m]
    """

    volume_m3: Array
    energy_mwh: Array
    head_m: Array

    @classmethod
    def of(cls, limits: StationLimits) -> EnergyScale:
        """Compute the scale of a station over the volumes that its water allows."""
        total, deficit, excess = (
            float(sum(limits.start_m3)),
            _deficit(limits),
            lost_m3(limits).max(),
        )
        low = max(limits.dead_m3[UPPER], total - deficit - limits.normal_m3[LOWER])
        high = min(limits.normal_m3[UPPER], total + excess - limits.dead_m3[LOWER])
        volume = np.linspace(low, high, _VOLUMES)
        missing = np.linspace(-excess, deficit, _DEFICITS)[:, np.newaxis]
        below = np.clip(total - missing - volume, limits.dead_m3[LOWER], limits.normal_m3[LOWER])
        head = limits.curves[UPPER].level(volume) - limits.curves[LOWER].level(below)
        middle = head[_DEFICITS // 2]
        slices = 0.5 * (middle[1:] + middle[:-1]) * np.diff(volume)
        weight = WATER_DENSITY * GRAVITY / _JOULES_PER_MWH
        return cls(volume, weight * np.concatenate([[0.0], np.cumsum(slices)]), head)

    @property
    def capacity_mwh(self) -> float:
        """Content when full. [MWh]"""
        return float(self.energy_mwh[-1])

    @property
    def most_mwh_per_m3(self) -> float:
        """Energy of a cubic metre at the largest head. [MWh]"""
        return float((np.diff(self.energy_mwh) / np.diff(self.volume_m3)).max())

    def row(self, table: OperatingTable) -> Any:
        """Row of a table for every head, int, shape (D, V)."""
        return table.row(self.head_m)

    def content(self, volume_m3: Array | float) -> Array:
        """Energy of a volume. [MWh]"""
        return np.asarray(np.interp(volume_m3, self.volume_m3, self.energy_mwh))

    def volume(self, content_mwh: Array | float) -> Array:
        """Volume of an energy. [m³]"""
        return np.asarray(np.interp(content_mwh, self.energy_mwh, self.volume_m3))


@dataclass(frozen=True, eq=False)
class Line:
    """Change of the content by power, in pieces of decreasing (pump) or increasing (turbine) slope.

    Parameters
    ----------
    width_mw, slope : ndarray, shape (P,)
        Width and slope of each piece, from power 0 on. [MW], [MWh content per MWh at the bus]
    most_mw : ndarray, shape (U + 1,)
        Largest power of 0, 1, … U units. [MW]
    """

    width_mw: Array
    slope: Array
    most_mw: Array

    def at(self, power_mw: Array) -> Array:
        """Change of the content in an hour, shape of ``power_mw``. [MWh]"""
        ends = np.concatenate([[0.0], np.cumsum(self.width_mw)])
        changed = np.concatenate([[0.0], np.cumsum(self.width_mw * self.slope)])
        return np.asarray(np.interp(power_mw, ends, changed))

    def upper(self, units: Array) -> Array:
        """Upper bound of each piece for the units in service, shape (P, T). [MW]"""
        ends = np.cumsum(self.width_mw)
        begins = (ends - self.width_mw)[:, np.newaxis]
        most = self.most_mw[units]
        return np.asarray(np.clip(most - begins, 0.0, self.width_mw[:, np.newaxis]))


def pump_line(limits: StationLimits, scale: EnergyScale, step_hours: float) -> Line:
    """Upper bound of the content stored for a pump power."""
    power, change, most = _points(limits.pump, scale, step_hours, sign=1.0)
    return _line(power, change * (1.0 + SAFETY), most, 1.0)


def turbine_line(limits: StationLimits, scale: EnergyScale, step_hours: float) -> Line:
    """Lower bound of the content drawn for a turbine power."""
    power, change, most = _points(limits.turbine, scale, step_hours, sign=-1.0)
    line = _line(power, change * (1.0 - SAFETY), most, -1.0)
    return replace(line, slope=0.0 - line.slope)


def gained_mwh(limits: StationLimits, scale: EnergyScale) -> Array:
    """Largest addition of rain to the content in each step, shape (..., T). [MWh]"""
    rain = np.maximum(limits.rain_m3[UPPER] - limits.evaporation_m3[UPPER], 0.0)
    return np.asarray(rain * scale.most_mwh_per_m3)


def most_waste_mwh(
    limits: StationLimits, scale: EnergyScale, step_hours: float, pump: Line, turbine: Line
) -> Array:
    """Largest difference of a real operation to the two lines in each step, shape (..., T). [MWh]

    Parameters
    ----------
    limits, scale, step_hours
        The station.
    pump, turbine : Line
        Lines that contain its operations.
    """
    power, change, _ = _points(limits.pump, scale, step_hours, sign=1.0)
    behind = float((pump.at(power) - change).max(initial=0.0))
    power, change, _ = _points(limits.turbine, scale, step_hours, sign=-1.0)
    behind = max(behind, float((0.0 - change - turbine.at(power)).max(initial=0.0)))
    lost = limits.evaporation_m3[UPPER] + limits.seepage_m3[UPPER]
    return np.asarray(step_hours * _WASTE * behind + lost * scale.most_mwh_per_m3)


def fill_limit(limits: StationLimits, scale: EnergyScale, step_hours: float) -> tuple[float, float]:
    """Most energy that pumps store in a step at content 0, its decrease by content. [MWh], [-]"""
    table, row = limits.pump, scale.row(limits.pump)
    moved = 3600.0 * step_hours * table.flow_m3_s[row, :, -1]
    there = scale.volume_m3[:, np.newaxis] + moved
    gain = scale.content(there) - scale.energy_mwh[:, np.newaxis]
    content = np.broadcast_to(scale.energy_mwh[:, np.newaxis], gain.shape)
    fits = there <= scale.volume_m3[-1]
    all_run = fits[..., -1]
    if np.count_nonzero(all_run) < 2:
        return float(gain[fits].max()) * (1.0 + SAFETY), 0.0
    slope = np.polyfit(content[..., -1][all_run], gain[..., -1][all_run], 1)[0]
    falls = max(0.0 - float(slope), 0.0)
    return float((gain + falls * content)[fits].max()) * (1.0 + SAFETY), falls


def lost_m3(limits: StationLimits) -> Array:
    """Largest evaporation and seepage of both reservoirs in each step, shape (..., T). [m³]"""
    seepage = np.array(limits.seepage_m3).reshape(2, *[1] * (limits.evaporation_m3.ndim - 1))
    return np.asarray((limits.evaporation_m3 + seepage).sum(axis=0))


def _deficit(limits: StationLimits) -> float:
    """Largest deficit of water: losses not yet made up. [m³]"""
    loss = lost_m3(limits)
    moved = np.cumsum(loss - limits.make_up_m3, axis=-1)
    least = np.minimum(np.minimum.accumulate(moved, axis=-1), 0.0)
    return float((moved - least).max() + loss.max())


def _points(
    table: OperatingTable, scale: EnergyScale, step_hours: float, *, sign: float
) -> tuple[Array, Array, Array]:
    """Powers, their change of the content in an hour at each volume, and the largest powers."""
    volume, row = scale.volume_m3, scale.row(table)
    loads = np.linspace(0.0, 1.0, _LOADS)
    cells = np.linspace(0, table.flow_m3_s.shape[2] - 1, _LOADS).astype(int)
    low, high = table.low_mw[row][..., 1:, np.newaxis], table.high_mw[row][..., 1:, np.newaxis]
    power = low + loads * (high - low)
    moved = sign * 3600.0 * step_hours * table.flow_m3_s[row][..., 1:, :][..., cells]
    there = volume[:, np.newaxis, np.newaxis] + moved
    fits = (there >= volume[0]) & (there <= volume[-1])
    change = (scale.content(there) - scale.energy_mwh[:, np.newaxis, np.newaxis]) / step_hours
    most = np.concatenate([[0.0], table.high_mw[row][..., 1:].max(axis=(0, 1))])
    return power[fits], change[fits], most


def _line(power: Array, change: Array, most: Array, sign: float) -> Line:
    """Upper concave hull of the points (power, change) and (0, 0), up to the largest power."""
    order = np.lexsort((-change, power))
    hull = [(0.0, 0.0)]
    for p, c in zip(power[order].tolist(), change[order].tolist(), strict=True):
        if p <= hull[-1][0] + 1e-9:
            continue
        while len(hull) > 1 and _above(hull[-2], hull[-1], (p, c)):
            hull.pop()
        hull.append((p, c))
    if len(hull) == 1:  # the water does not suffice for one unit during a step
        return Line(np.zeros(1), np.array([sign]), np.zeros_like(most))
    x, y = np.array(hull).T
    return _fewer(x, y, most)


def _fewer(x: Array, y: Array, most: Array) -> Line:
    """Remove the short edges of a hull; long ones are extended to their intersection."""
    width, slope = np.diff(x), np.diff(y) / np.diff(x)
    keep = width >= _SHORT * x[-1]
    slope, fixed = slope[keep], (y[:-1] - slope * x[:-1])[keep]
    meets = (fixed[1:] - fixed[:-1]) / (slope[:-1] - slope[1:])
    ends = np.concatenate([[0.0], meets, [most[-1]]])
    return Line(np.diff(ends), slope, most)


def _above(a: tuple[float, float], b: tuple[float, float], c: tuple[float, float]) -> bool:
    """Whether b is on or below the chord from a to c."""
    return (b[1] - a[1]) * (c[0] - a[0]) <= (c[1] - a[1]) * (b[0] - a[0])
