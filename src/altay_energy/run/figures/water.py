"""Rivers and the water of hydro plants, beside the other hours of a run."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from altay_energy.components.hydro.river_flow import RiverFlow
from altay_energy.components.hydro.water import SECONDS_PER_HOUR, PlantWater
from altay_energy.core.timeline import Timeline
from altay_energy.core.units import Array
from altay_energy.dispatch.result.result import Dispatch
from altay_energy.run.figures.figure import Amount, evaluated, figure, figures_in, plain
from altay_energy.run.figures.hourly import unit_of

if TYPE_CHECKING:
    import xarray as xr

LONG_NAMES: Mapping[str, tuple[str, str]] = {
    "river_flow_m3_s": ("natural flow of the river", "河流天然流量"),
    "river_snowmelt_m3_s": ("part of that flow that has once been snow", "其中融雪流量"),
    "hydro_inflow_m3_s": ("inflow of the plant", "电站入流"),
    "hydro_turbine_m3_s": ("flow through the turbines", "发电流量"),
    "hydro_ecological_m3_s": ("ecological flow past the turbines", "生态流量"),
    "hydro_spill_m3_s": ("spill", "弃水流量"),
    "hydro_evaporation_m3_s": ("evaporation from the pool", "蒸发损失"),
    "hydro_volume_m3": ("volume of the reservoir, at the edges of the intervals", "水库蓄水量"),
    "hydro_level_m": ("level of the reservoir, at the edges of the intervals", "水库水位"),
}
"""Meaning of every variable, English and Chinese."""


def with_water(
    hourly: xr.Dataset,
    rivers: Mapping[str, RiverFlow],
    plants: Mapping[str, PlantWater],
    names_zh: Mapping[str, str],
) -> xr.Dataset:
    """The hours of a run with those of its rivers and of the plants on them.

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
    for dimension, name, series in _variables(rivers, plants):
        if not series:
            continue
        over = "time" if len(next(iter(series.values()))) == hourly.sizes["time"] else "time_edge"
        hourly[name] = ((dimension, over), np.array(list(series.values())))
        hourly[dimension] = np.array(list(series), dtype=str)
        english, chinese = LONG_NAMES[name]
        hourly[name].attrs = {"units": unit_of(name), "long_name": english, "long_name_zh": chinese}
    if rivers:
        shown = np.array([names_zh[name] for name in rivers], dtype=str)
        hourly = hourly.assign_coords(river_name_zh=("river", shown))
    return hourly


def _variables(
    rivers: Mapping[str, RiverFlow], plants: Mapping[str, PlantWater]
) -> Iterator[tuple[str, str, dict[str, Array]]]:
    """Dimension, name and the series of every variable, by river or plant."""
    known = {f"river.{n}": f for n, f in rivers.items()}
    yield "river", "river_flow_m3_s", {n: f.flow_m3_s for n, f in known.items()}
    melt = {n: f.snowmelt_m3_s for n, f in known.items() if f.snowmelt_m3_s is not None}
    yield "river_melt", "river_snowmelt_m3_s", melt
    uses = {f"hydro.{n}": plant.use for n, plant in plants.items()}
    for part in ("inflow", "turbine", "ecological", "spill", "evaporation"):
        flows = {n: getattr(use, f"{part}_m3_s") for n, use in uses.items()}
        yield "hydro", f"hydro_{part}_m3_s", flows
    levels = {f"hydro.{n}": p.level_m for n, p in plants.items() if p.level_m is not None}
    volumes = {n: uses[n].volume_m3 for n in levels}
    yield "hydro_reservoir", "hydro_volume_m3", volumes
    yield "hydro_reservoir", "hydro_level_m", levels


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
        What was generated and what curtailed, shape (..., T).
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
