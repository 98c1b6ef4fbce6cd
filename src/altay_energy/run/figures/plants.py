"""Figures of single plants: one entry each, in the order of ``kpis.json``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from altay_energy.core.units import Array
from altay_energy.dispatch.problem.problem import Problem
from altay_energy.dispatch.problem.station import LOWER, UPPER, StationOperation
from altay_energy.dispatch.problem.storage import StorageLimits
from altay_energy.dispatch.problem.thermal_units import ThermalLimits, ThermalUnits, starts
from altay_energy.dispatch.result.costs import over_period, thermal_units_cost_cny
from altay_energy.dispatch.result.result import Dispatch
from altay_energy.run.figures.figure import Amount, evaluated, figure, figures_in, plain, ratio


@dataclass(frozen=True)
class Renewable:
    """A wind, solar or hydro plant of a dispatch; its figures have shape (...)."""

    dispatch: Dispatch
    name: str
    capacity_mw: float

    @figure("sum")
    def available_mwh(self) -> Array:
        """What it could have generated."""
        return over_period(self.dispatch, self.dispatch.available_mw[self.name])

    @figure("sum")
    def generation_mwh(self) -> Array:
        """Available less curtailed."""
        return over_period(self.dispatch, self.dispatch.generation_mw[self.name])

    @figure("sum")
    def curtailed_mwh(self) -> Array:
        """Available energy that was not used."""
        return over_period(self.dispatch, self.dispatch.curtailed_mw[self.name])

    @figure("ratio")
    def curtailment_rate(self) -> Array:
        """Curtailed / available energy."""
        return ratio(self.curtailed_mwh, self.available_mwh)

    @figure("sum")
    def full_load_hours(self) -> Array:
        """Generation / rated power."""
        return ratio(self.generation_mwh, np.float64(self.capacity_mw))

    @figure("sum")
    def available_full_load_hours(self) -> Array:
        """Available energy / rated power."""
        return ratio(self.available_mwh, np.float64(self.capacity_mw))

    @figure("ratio", screen=False)
    def capacity_factor(self) -> Array:
        """Generation / (rated power × hours of the period)."""
        full = np.float64(self.capacity_mw) * self.dispatch.problem.hours
        return ratio(self.generation_mwh, full)


@dataclass(frozen=True)
class OwnUse:
    """Power that a plant draws from the bus, shape (..., T). [MW]"""

    power_mw: Array
    step_hours: float

    @figure("sum")
    def own_use_mwh(self) -> Array:
        """Drawn from the bus by the plant itself; part of `load_mwh`."""
        return np.asarray(self.power_mw.sum(axis=-1) * self.step_hours)


@dataclass(frozen=True)
class Thermal:
    """A thermal plant of a dispatch; its figures have shape (...)."""

    dispatch: Dispatch
    plant: ThermalLimits

    @figure("sum")
    def generation_mwh(self) -> Array:
        """Energy generated."""
        return over_period(self.dispatch, self.dispatch.thermal_mw[self.plant.name])

    @figure("ratio", screen=False)
    def capacity_factor(self) -> Array:
        """Generation / energy at full available capacity throughout."""
        full = self.dispatch.problem.on_all(self.plant.capacity_mw)
        return ratio(self.generation_mwh, over_period(self.dispatch, full))

    @figure("sum")
    def variable_cost_cny(self) -> Array:
        """Generation × marginal cost; with units: fuel by load, no-load cost and starts."""
        if self.plant.units is not None:
            return thermal_units_cost_cny(self.dispatch, self.plant)
        return self.generation_mwh * self.plant.marginal_cost_cny_mwh

    @figure("sum")
    def emissions_t(self) -> Array:
        """Generation × emission factor."""
        return self.generation_mwh * self.plant.emission_factor_t_mwh


@dataclass(frozen=True)
class CommittedUnits:
    """Units of a thermal plant: how many run, shape (..., T); its figures have shape (...)."""

    units: ThermalUnits
    running: Array
    step_hours: float

    @figure("sum")
    def running_hours(self) -> Array:
        """Time with at least one unit running."""
        return np.asarray((self.running > 0.0).sum(axis=-1) * self.step_hours)

    @figure("sum", screen=False)
    def unit_hours(self) -> Array:
        """Running hours of all units together."""
        return np.asarray(self.running.sum(axis=-1) * self.step_hours)

    @figure("sum")
    def unit_starts(self) -> Array:
        """Starts of units after the first step."""
        return np.asarray(starts(self.running).sum(axis=-1))

    @figure("sum", screen=False)
    def start_cost_cny(self) -> Array:
        """Cost of these starts; part of `variable_cost_cny`."""
        return self.unit_starts * self.units.start_cost_cny

    @figure("sum", screen=False)
    def no_load_cost_cny(self) -> Array:
        """No-load cost of running units; part of `variable_cost_cny`."""
        return self.unit_hours * self.units.no_load_cost_cny_h


@dataclass(frozen=True)
class Stored:
    """A storage of a dispatch, or a station as one.

    Parameters
    ----------
    charge, discharge : ndarray, shape (...)
        At the bus. [MWh]
    level : ndarray, shape (..., T + 1)
        Usable content. [MWh]
    cycles : ndarray, shape (...)
        [-]
    """

    charge: Array
    discharge: Array
    level: Array
    cycles: Array

    @classmethod
    def of(cls, dispatch: Dispatch, storage: StorageLimits) -> Stored:
        """A storage that is one content."""
        charge = over_period(dispatch, dispatch.charge_mw[storage.name])
        discharge = over_period(dispatch, dispatch.discharge_mw[storage.name])
        drawn = discharge / storage.discharge_efficiency
        cycles = ratio(drawn, np.float64(storage.energy_mwh))
        return cls(charge, discharge, dispatch.level_mwh[storage.name], cycles)

    @figure("sum")
    def charge_mwh(self) -> Array:
        """Energy drawn from the bus."""
        return self.charge

    @figure("sum")
    def discharge_mwh(self) -> Array:
        """Energy fed to the bus."""
        return self.discharge

    @figure("sum")
    def loss_mwh(self) -> Array:
        """Charge - discharge - (last level - first level)."""
        return self.charge - self.discharge - (self.level[..., -1] - self.level[..., 0])

    @figure("sum")
    def equivalent_cycles(self) -> Array:
        """Content drawn (discharge / discharge efficiency) / usable content.

        Of a station in its units: water through the turbines / live volume.
        """
        return self.cycles

    @figure("instant", screen=False)
    def start_level_mwh(self) -> Array:
        """Usable content at the beginning of the period."""
        return self.level[..., 0]

    @figure("instant", screen=False)
    def end_level_mwh(self) -> Array:
        """Usable content at the end of the period."""
        return self.level[..., -1]


@dataclass(frozen=True)
class Station:
    """Units and water of a station; its figures have shape (...)."""

    done: StationOperation
    step_hours: float

    @property
    def stored(self) -> Stored:
        """The station as a storage."""
        charge, discharge = (
            power.sum(axis=-1) * self.step_hours
            for power in (self.done.pump_mw, self.done.turbine_mw)
        )
        cycles = self.generated_m3 / self.done.limits.live_m3
        return Stored(charge, discharge, self.done.level_mwh, cycles)

    @figure("ratio", "station", -1)
    def round_trip_efficiency(self) -> Array:
        """Energy out / energy in, corrected by the mean yield of a cubic metre for water gained."""
        energy, upper = self.stored, self.done.volume_m3[UPPER]
        yields = ratio(energy.discharge, self.generated_m3)
        gained = upper[..., -1] - upper[..., 0]
        return ratio(energy.discharge + yields * gained, energy.charge)

    @figure("sum", "station")
    def pumped_m3(self) -> Array:
        """Water pumped up."""
        return np.asarray(self.done.pumped_m3.sum(axis=-1))

    @figure("sum", "station")
    def generated_m3(self) -> Array:
        """Water through the turbines."""
        return np.asarray(self.done.generated_m3.sum(axis=-1))

    @figure("sum", "station")
    def rain_m3(self) -> Array:
        """Rain on both reservoirs."""
        return _of_both(self.done.rain_m3)

    @figure("sum", "station")
    def evaporation_m3(self) -> Array:
        """Evaporation of both reservoirs."""
        return _of_both(self.done.evaporation_m3)

    @figure("sum", "station")
    def seepage_m3(self) -> Array:
        """Seepage of both reservoirs."""
        return _of_both(self.done.seepage_m3)

    @figure("sum", "station")
    def make_up_m3(self) -> Array:
        """Water added to both reservoirs."""
        return _of_both(self.done.make_up_m3)

    @figure("sum", "station")
    def spill_m3(self) -> Array:
        """Water released unused."""
        return _of_both(self.done.spill_m3)

    @figure("largest", "station")
    def largest_ice_m3(self) -> Array:
        """Water that ice holds back in the upper reservoir."""
        ice = self.done.limits.ice_m3[UPPER].max(axis=-1)
        return np.broadcast_to(ice, self.generated_m3.shape)

    @figure("mean", "station", -1)
    def mean_head_m(self) -> Array:
        """Static head of the hours in use."""
        busy = self.done.running != 0
        return ratio((self.done.head_m * busy).sum(axis=-1), busy.sum(axis=-1))

    @figure("sum", "station")
    def unit_starts(self) -> Array:
        """Starts of units."""
        return np.asarray(self.done.starts().sum(axis=-1))

    @figure("sum", "station")
    def mode_changes(self) -> Array:
        """Changes of units from pump to turbine or back without a pause."""
        return np.asarray(self.done.mode_changes().sum(axis=-1))

    @figure("sum", "station", screen=False)
    def start_cost_cny(self) -> Array:
        """Cost of starts and changes."""
        return self.done.cost_cny()

    @figure("sum", "station", screen=False)
    def pump_hours(self) -> tuple[Array, ...]:
        """Time with that many units pumping: `pump_hours_1`, `pump_hours_2`, …."""
        return self._hours_with(-1)

    @figure("sum", "station", screen=False)
    def turbine_hours(self) -> tuple[Array, ...]:
        """Time with that many units generating: `turbine_hours_1`, `turbine_hours_2`, …."""
        return self._hours_with(1)

    @figure("largest", "station")
    def water_residual_m3(self) -> Array:
        """Gap of the water balance."""
        return self.done.water_residual_m3()

    def _hours_with(self, sign: int) -> tuple[Array, ...]:
        """Hours in which 1, 2, … units pump (-1) or generate (1). [h]"""
        units = range(1, self.done.limits.units + 1)
        return tuple((self.done.running == sign * u).sum(axis=-1) * self.step_hours for u in units)


def _of_both(water_m3: Array) -> Array:
    """Sum of a series of both reservoirs, shape (2, ..., T)."""
    return np.asarray((water_m3[UPPER] + water_m3[LOWER]).sum(axis=-1))


RENEWABLE, OWN_USE, THERMAL = map(figures_in, (Renewable, OwnUse, Thermal))
THERMAL_UNITS, STORAGE, STATION = map(figures_in, (CommittedUnits, Stored, Station))


def plant_kpis(
    dispatch: Dispatch, capacity_mw: Mapping[str, float]
) -> dict[str, dict[str, Amount]]:
    """Figures of each plant, by name.

    Parameters
    ----------
    dispatch : Dispatch
        The result, shape (..., T).
    capacity_mw : mapping of str to float
        Rated power of every renewable plant. [MW]

    Returns
    -------
    dict of str to dict of str to float or ndarray, shape (...)
        Those of `RENEWABLE`, `THERMAL`, `THERMAL_UNITS`, `STORAGE` and `STATION`.
    """
    problem = dispatch.problem
    figures = {
        name: evaluated(RENEWABLE, Renewable(dispatch, name, capacity_mw[name]))
        for name in problem.renewables
    }
    for plant in problem.thermals:
        figures[plant.name] = evaluated(THERMAL, Thermal(dispatch, plant))
        figures[plant.name] |= thermal_units_kpis(dispatch, plant)
    figures |= {s.name: evaluated(STORAGE, Stored.of(dispatch, s)) for s in problem.storages}
    figures |= {name: station_kpis(dispatch, done) for name, done in dispatch.stations.items()}
    return _plain(figures)


def station_kpis(dispatch: Dispatch, done: StationOperation) -> dict[str, Array]:
    """Figures of one station: those of `STORAGE` and of `STATION`, shape (...).

    Parameters
    ----------
    dispatch : Dispatch
        The result, shape (..., T).
    done : StationOperation
        What the station did.
    """
    station = Station(done, dispatch.problem.step_hours)
    figures = evaluated(STORAGE, station.stored) | evaluated(STATION, station)
    return {name: np.asarray(value, dtype=np.float64) for name, value in figures.items()}


def thermal_units_kpis(dispatch: Dispatch, plant: ThermalLimits) -> dict[str, Array]:
    """Figures `THERMAL_UNITS` of a plant whose units were committed, shape (...); else none.

    Parameters
    ----------
    dispatch : Dispatch
        The result, shape (..., T).
    plant : ThermalLimits
        The plant.
    """
    if plant.units is None or plant.name not in dispatch.units_running:
        return {}
    running, hours = dispatch.units_running[plant.name], dispatch.problem.step_hours
    return evaluated(THERMAL_UNITS, CommittedUnits(plant.units, running, hours))


def own_use_kpis(problem: Problem, use_mw: Mapping[str, Array]) -> dict[str, dict[str, Amount]]:
    """Figures `OWN_USE` of each plant that draws power from the bus, by name.

    Parameters
    ----------
    problem : Problem
        For the length of a step.
    use_mw : mapping of str to ndarray, shape (..., T)
        By plant. [MW]
    """
    found = {name: OwnUse(power, problem.step_hours) for name, power in use_mw.items()}
    return _plain({name: evaluated(OWN_USE, use) for name, use in found.items()})


def _plain(figures: Mapping[str, Mapping[str, Array]]) -> dict[str, dict[str, Amount]]:
    return {name: {key: plain(v) for key, v in row.items()} for name, row in figures.items()}
