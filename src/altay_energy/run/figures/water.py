"""Hourly series and figures of rivers and of hydro plants on them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from altay_energy.components.hydro.river_flow import RiverFlow
from altay_energy.components.hydro.water import SECONDS_PER_HOUR, PlantWater
from altay_energy.core.timeline import Timeline
from altay_energy.core.units import Array
from altay_energy.dispatch.result.result import Dispatch
from altay_energy.resource.water.hydropower import WaterUse
from altay_energy.run.figures.figure import Amount, evaluated, figure, figures_in, plain
from altay_energy.run.figures.hourly import Column

if TYPE_CHECKING:
    import xarray as xr


@dataclass(frozen=True)
class Waters:
    """Rivers and the plants on them, by table name; series of shape (T,) and (T + 1,)."""

    rivers: Mapping[str, RiverFlow]
    plants: Mapping[str, PlantWater]

    def of_plants(self, value: Callable[[WaterUse], Array]) -> dict[str, Array]:
        """A series of every plant by name, each of shape (..., T)."""
        return {f"hydro.{name}": value(plant.use) for name, plant in self.plants.items()}

    @property
    def flows(self) -> dict[str, Array]:
        """Flow of every river. [m³ s⁻¹]"""
        return {f"river.{name}": flow.flow_m3_s for name, flow in self.rivers.items()}

    @property
    def melts(self) -> dict[str, Array]:
        """Snowmelt in the flow of rivers for which it is known. [m³ s⁻¹]"""
        melts = {f"river.{name}": flow.snowmelt_m3_s for name, flow in self.rivers.items()}
        return {name: melt for name, melt in melts.items() if melt is not None}

    @property
    def levels(self) -> dict[str, Array]:
        """Level of every reservoir, above the sea. [m]"""
        levels = {f"hydro.{name}": plant.level_m for name, plant in self.plants.items()}
        return {name: level for name, level in levels.items() if level is not None}

    @property
    def volumes(self) -> dict[str, Array]:
        """Volume of every reservoir. [m³]"""
        volumes = self.of_plants(lambda use: use.volume_m3)
        return {name: volumes[name] for name in self.levels}


WATER: tuple[Column[Waters], ...] = (
    Column("river_flow_m3_s", "river time", lambda w: w.flows),
    Column("river_snowmelt_m3_s", "river_melt time", lambda w: w.melts),
    Column("hydro_inflow_m3_s", "hydro time", lambda w: w.of_plants(lambda u: u.inflow_m3_s)),
    Column("hydro_turbine_m3_s", "hydro time", lambda w: w.of_plants(lambda u: u.turbine_m3_s)),
    Column(
        "hydro_ecological_m3_s", "hydro time", lambda w: w.of_plants(lambda u: u.ecological_m3_s)
    ),
    Column("hydro_spill_m3_s", "hydro time", lambda w: w.of_plants(lambda u: u.spill_m3_s)),
    Column(
        "hydro_evaporation_m3_s", "hydro time", lambda w: w.of_plants(lambda u: u.evaporation_m3_s)
    ),
    Column("hydro_volume_m3", "hydro_reservoir time_edge", lambda w: w.volumes),
    Column("hydro_level_m", "hydro_reservoir time_edge", lambda w: w.levels),
)


def with_water(
    hourly: xr.Dataset,
    rivers: Mapping[str, RiverFlow],
    plants: Mapping[str, PlantWater],
    names_zh: Mapping[str, str],
) -> xr.Dataset:
    """Add the series of rivers and of the plants on them to the hourly dataset.

    Parameters
    ----------
    hourly : xarray.Dataset
        From `hourly_dataset`.
    rivers : mapping of str to RiverFlow
        Series of shape (T,).
    plants : mapping of str to PlantWater
        Series of shape (T,) and (T + 1,).
    names_zh : mapping of str to str
        Names of the rivers on Chinese charts.

    Returns
    -------
    xarray.Dataset
        With dimensions ``river``, ``river_melt`` (rivers whose melt is known), ``hydro`` (plants
        on rivers), ``hydro_reservoir``, each only where there is one.
    """
    waters, steps = Waters(rivers, plants), hourly.sizes["time"]
    for column in WATER:
        dimension, series = column.dims.split()[0], column.series(waters)
        if isinstance(series, Mapping) and series:
            names = list(series)
            hourly[column.name] = column.variable(waters, {dimension: names}, steps)
            hourly[dimension] = np.array(names, dtype=str)
    if rivers:
        shown = np.array([names_zh[name] for name in rivers], dtype=str)
        hourly = hourly.assign_coords(river_name_zh=("river", shown))
    return hourly


@dataclass(frozen=True)
class RiverPlant:
    """Water of a plant on a river over a run.

    Parameters
    ----------
    water : PlantWater
        Of shape (..., T).
    used_share : ndarray, shape (..., T)
        Generation over available power; 1 where nothing is available. [-]
    timeline : Timeline
        The T intervals.
    """

    water: PlantWater
    used_share: Array
    timeline: Timeline

    def volume(self, flow_m3_s: Array) -> Array:
        """Of a flow over the period, shape (...). [m³]"""
        seconds = self.timeline.step_hours * SECONDS_PER_HOUR
        return np.asarray(flow_m3_s.sum(axis=-1) * seconds)

    @figure("sum")
    def inflow_m3(self) -> Array:
        """Water that reaches the plant = turbine + ecological + spill + evaporation + change."""
        return self.volume(self.water.use.inflow_m3_s)

    @figure("sum")
    def turbine_m3(self) -> Array:
        """Water through the turbines."""
        return self.volume(self.water.use.turbine_m3_s)

    @figure("sum")
    def ecological_m3(self) -> Array:
        """Water past the turbines, for the river."""
        return self.volume(self.water.use.ecological_m3_s)

    @figure("sum")
    def spill_m3(self) -> Array:
        """Water past the turbines, beyond what turbines and reservoir can take."""
        return self.volume(self.water.use.spill_m3_s)

    @figure("sum")
    def evaporation_m3(self) -> Array:
        """Evaporation from the reservoir."""
        return self.volume(self.water.use.evaporation_m3_s)

    @figure("sum", screen=False)
    def curtailed_water_m3(self) -> Array:
        """Part of `turbine_m3` whose energy was curtailed."""
        return self.volume(self.water.use.turbine_m3_s * (1.0 - self.used_share))

    @figure("difference")
    def volume_change_m3(self) -> Array:
        """Volume of the reservoir at the end less that at the beginning."""
        volume = self.water.use.volume_m3
        return np.asarray(volume[..., -1] - volume[..., 0])


RIVER_PLANT = figures_in(RiverPlant)


def water_kpis(water: PlantWater, used_share: Array, timeline: Timeline) -> dict[str, Array]:
    """Figures `RIVER_PLANT` of one plant over the period, shape (...) each. [m³]

    Parameters
    ----------
    water, used_share, timeline
        As for `RiverPlant`.
    """
    return evaluated(RIVER_PLANT, RiverPlant(water, used_share, timeline))


def water_figures(
    dispatch: Dispatch, plants: Mapping[str, PlantWater], timeline: Timeline
) -> dict[str, dict[str, Amount]]:
    """Volumes of every plant on a river over a run, by table name: ``"hydro.chonghuer"``.

    Parameters
    ----------
    dispatch : Dispatch
        Generation and curtailment, shape (..., T).
    plants : mapping of str to PlantWater
        By name.
    timeline : Timeline
        The T intervals.

    Returns
    -------
    dict of str to dict of str to float or ndarray, shape (...)
        The figures `RIVER_PLANT`. [m³]
    """
    found = {}
    for name, water in plants.items():
        key = f"hydro.{name}"
        available, used = dispatch.available_mw[key], dispatch.generation_mw[key]
        share = np.divide(used, available, out=np.ones(available.shape), where=available > 0.0)
        volumes = water_kpis(water, share, timeline)
        found[key] = {n: plain(volume) for n, volume in volumes.items()}
    return found
