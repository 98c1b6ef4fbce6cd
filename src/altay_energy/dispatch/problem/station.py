"""A station of reversible units between two reservoirs: its limits and its operation.

Water is counted from the bottom of each reservoir. Arrays of both have a leading axis of 2, the
upper reservoir first.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, ClassVar, Literal

import numpy as np

from altay_energy.components.storage.pumped_storage import PumpedStorage
from altay_energy.components.storage.storage import StorageBand
from altay_energy.core.timeline import Timeline
from altay_energy.core.units import GRAVITY, WATER_DENSITY, Array
from altay_energy.core.value import Value
from altay_energy.dispatch.problem.checks import Limits
from altay_energy.dispatch.problem.storage import StorageLimits
from altay_energy.resource.pumped.operating_table import OperatingTable
from altay_energy.resource.pumped.pump_turbine import PumpTurbine
from altay_energy.resource.water.reservoir import LevelVolume
from altay_energy.weather.series import Weather

UPPER, LOWER = 0, 1
SECONDS_PER_HOUR = 3600.0
WATER_TOLERANCE = 1e-9
"""A residual of the water balance up to this share of the largest volume is rounding. [-]"""


def storage_limits(name: str, band: StorageBand) -> StorageLimits:
    """Return the limits of a storage from its component.

    Parameters
    ----------
    name : str
        As in the scenario.
    band : StorageBand
        Limits of the component.
    """
    return StorageLimits(
        name=name,
        charge_mw=band.charge_mw,
        discharge_mw=band.discharge_mw,
        energy_mwh=band.usable_energy_mwh,
        charge_efficiency=band.charge_efficiency,
        discharge_efficiency=band.discharge_efficiency,
        standing_loss_per_hour=band.standing_loss_per_hour,
        initial_level_mwh=band.initial_usable_mwh,
    )


@dataclass(frozen=True, eq=False)
class StationLimits(Limits):
    """Limits of one station: its units and reservoirs.

    Parameters
    ----------
    name : str
        As in the scenario, ``pumped_storage.burqin``.
    machine : PumpTurbine
        The units, from which the tables were computed.
    pump, turbine : OperatingTable
        Powers and flows by static head and number of units, over the same heads.
    curves : tuple of LevelVolume
        Level-volume curves of the upper and the lower reservoir.
    dead_m3, normal_m3, start_m3 : tuple of float
        Water below the dead and the normal level, and at the beginning. [m³]
    mean_head_m : float
        Static head of a full cycle; converts water to ``level_mwh``. [m]
    rain_m3, evaporation_m3, ice_m3 : ndarray, shape (2, ..., T)
        Rain and evaporation of each step, and water bound in ice. [m³]
    seepage_m3 : tuple of float
        Seepage of each step. [m³]
    make_up_m3 : float
        Most water that can be added to the lower reservoir in a step, to keep the first total.
        [m³]
    in_service : ndarray of bool, shape (U, T); for rules also (U, ..., T)
        Whether each unit can run.
    remainder : {"battery", "export", "curtail"}
        Use of a surplus below one whole pump.
    start_cost_cny, mode_change_cost_cny : float
        Cost of one unit's start or mode change. [CNY]
    serves_below_least : bool
        Whether a turbine runs at its least load for a smaller request under rules; the power beyond
        the request displaces other supply. Otherwise the turbine is idle.
    """

    SERIES: ClassVar[tuple[str, ...]] = ("rain_m3", "evaporation_m3", "ice_m3")

    machine: PumpTurbine
    pump: OperatingTable
    turbine: OperatingTable
    curves: tuple[LevelVolume, LevelVolume]
    dead_m3: tuple[float, float]
    normal_m3: tuple[float, float]
    start_m3: tuple[float, float]
    mean_head_m: float
    rain_m3: Array
    evaporation_m3: Array
    ice_m3: Array
    seepage_m3: tuple[float, float]
    make_up_m3: float
    in_service: Any
    remainder: Literal["battery", "export", "curtail"]
    start_cost_cny: float
    mode_change_cost_cny: float
    serves_below_least: bool = False

    @classmethod
    def of(
        cls, name: str, plant: PumpedStorage, weather: Weather | None, timeline: Timeline
    ) -> StationLimits:
        """Return the limits of a station in its unit form.

        Parameters
        ----------
        name : str
            As in the scenario.
        plant : PumpedStorage
            Plant with units and reservoirs.
        weather : Weather or None
            Weather of its site.
        timeline : Timeline
            The T intervals.
        """
        station, hours = plant.station, timeline.step_hours
        basins = (station.upper, station.lower)
        sky = station.sky(weather, timeline)
        pump, turbine = station.tables
        return cls(
            name=name,
            machine=station.machine,
            pump=pump,
            turbine=turbine,
            curves=(basins[0].curve, basins[1].curve),
            dead_m3=(basins[0].dead_m3, basins[1].dead_m3),
            normal_m3=(basins[0].normal_m3, basins[1].normal_m3),
            start_m3=station.start_m3,
            mean_head_m=station.mean_head_m,
            rain_m3=sky.rain_m3,
            evaporation_m3=sky.evaporation_m3,
            ice_m3=sky.ice_m3,
            seepage_m3=(
                basins[0].seepage_m3_s * SECONDS_PER_HOUR * hours,
                basins[1].seepage_m3_s * SECONDS_PER_HOUR * hours,
            ),
            make_up_m3=plant.make_up_m3_s * SECONDS_PER_HOUR * hours,
            in_service=station.in_service(timeline),
            remainder=plant.remainder,
            start_cost_cny=plant.start_cost_cny,
            mode_change_cost_cny=plant.mode_change_cost_cny,
        )

    @property
    def units(self) -> int:
        """Number of units, U."""
        return int(self.in_service.shape[0])

    @property
    def live_m3(self) -> float:
        """Live volume of the upper reservoir. [m³]"""
        return self.normal_m3[UPPER] - self.dead_m3[UPPER]

    @property
    def energy_mwh(self) -> float:
        """Energy of the upper reservoir's live water at the mean head. [MWh]"""
        return self.mwh_per_m3 * self.live_m3

    @property
    def mwh_per_m3(self) -> float:
        """Energy of a cubic metre at the mean head, before any loss. [MWh]"""
        return WATER_DENSITY * GRAVITY * self.mean_head_m / 3.6e9

    def series(self) -> Iterator[tuple[str, Array]]:
        """Series of the upper reservoir, shape (..., T)."""
        yield from ((key, series[UPPER]) for key, series in super().series())

    def with_series(self, change: Callable[[Array], Array]) -> StationLimits:
        """Return the station with changed series of shape (..., T) in both reservoirs."""
        changed: dict[str, Any] = {
            key: np.stack([change(basin) for basin in getattr(self, key)]) for key in self.SERIES
        }
        return replace(self, **changed)


@dataclass(frozen=True, eq=False)
class StationOperation(Value):
    """Operation of a station with its complete water balance.

    Parameters
    ----------
    limits : StationLimits
        Limits of the station.
    step_hours : float
        Length of a step. [h]
    volume_m3 : ndarray, shape (2, ..., T + 1)
        Water in both reservoirs at the edges of the steps. [m³]
    head_m : ndarray, shape (..., T)
        Static head at the beginning of each step, which is used for the whole step. [m]
    running : ndarray of int, shape (..., T)
        Units that pump (negative) or generate (positive). [-]
    pump_mw, turbine_mw : ndarray, shape (..., T)
        Power at the bus. [MW]
    pumped_m3, generated_m3 : ndarray, shape (..., T)
        Water pumped up and released through turbines in each step. [m³]
    rain_m3, evaporation_m3, seepage_m3, make_up_m3, spill_m3 : ndarray, shape (2, ..., T)
        Other inflows and outflows of each step. [m³]
    """

    limits: StationLimits
    step_hours: float
    volume_m3: Array
    head_m: Array
    running: Any
    pump_mw: Array
    turbine_mw: Array
    pumped_m3: Array
    generated_m3: Array
    rain_m3: Array
    evaporation_m3: Array
    seepage_m3: Array
    make_up_m3: Array
    spill_m3: Array

    @cached_property
    def level_m(self) -> Array:
        """Water levels of both reservoirs, shape (2, ..., T + 1). [m]"""
        curves = self.limits.curves
        return np.stack([c.level(v) for c, v in zip(curves, self.volume_m3, strict=True)])

    @property
    def level_mwh(self) -> Array:
        """Live water of the upper reservoir at the mean head, shape (..., T + 1). [MWh]"""
        live = self.volume_m3[UPPER] - self.limits.dead_m3[UPPER]
        return np.asarray(self.limits.mwh_per_m3 * live)

    @cached_property
    def unit_state(self) -> Any:
        """State of each unit, int8, shape (..., U, T): -1 pumping, 0 idle, 1 generating.

        Units in service run in the order of their numbers.
        """
        service = np.moveaxis(self.limits.in_service, 0, -2)
        rank = np.where(service, service.cumsum(axis=-2), self.limits.units + 1)
        running = self.running[..., np.newaxis, :]
        state = np.sign(running) * (rank <= np.abs(running))
        return state.astype(np.int8)

    @property
    def unit_power_mw(self) -> Array:
        """Power of each unit at the bus, in either direction, shape (..., U, T). [MW]"""
        return self._by_unit(self.pump_mw + self.turbine_mw)

    @property
    def unit_flow_m3_s(self) -> Array:
        """Flow of each unit, in either direction, shape (..., U, T). [m³ s⁻¹]"""
        seconds = SECONDS_PER_HOUR * self.step_hours
        return self._by_unit((self.pumped_m3 + self.generated_m3) / seconds)

    def _by_unit(self, total: Array) -> Array:
        each = total / np.maximum(np.abs(self.running), 1)
        return np.asarray(np.abs(self.unit_state) * each[..., np.newaxis, :])

    def starts(self) -> Any:
        """Starts of each unit in either direction, int, shape (..., U)."""
        before = np.roll(self.unit_state, 1, axis=-1)
        before[..., 0] = 0
        return ((self.unit_state != before) & (self.unit_state != 0)).sum(axis=-1)

    def mode_changes(self) -> Any:
        """Steps in which a unit pumps after generating or the other way, int, shape (..., U)."""
        state = self.unit_state
        return (state[..., 1:] * state[..., :-1] < 0).sum(axis=-1)

    def cost_cny(self) -> Array:
        """Cost of starts and mode changes, shape (...). [CNY]"""
        starts = self.limits.start_cost_cny * self.starts().sum(axis=-1)
        changes = self.limits.mode_change_cost_cny * self.mode_changes().sum(axis=-1)
        return np.asarray(starts + changes, dtype=np.float64)

    def water_residual_m3(self) -> Array:
        """Largest residual of the water balance of any reservoir and step, shape (...). [m³]"""
        lifted = self.pumped_m3 - self.generated_m3
        came = self.rain_m3 + self.make_up_m3 + np.stack([lifted, 0.0 - lifted])
        went = self.evaporation_m3 + self.seepage_m3 + self.spill_m3
        gap = np.diff(self.volume_m3, axis=-1) - (came - went)
        return np.asarray(np.abs(gap).max(axis=(0, -1)))
