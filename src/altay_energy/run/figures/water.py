"""Rivers and the water of hydro plants, beside the other hours of a run."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

import numpy as np

from altay_energy.components.hydro.river_flow import RiverFlow
from altay_energy.components.hydro.water import PlantWater, water_kpis
from altay_energy.core.timeline import Timeline
from altay_energy.core.units import Array
from altay_energy.dispatch.result.result import Dispatch
from altay_energy.run.figures.hourly import unit_of
from altay_energy.run.figures.kpis import Figure

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
        hourly[name].attrs = {
            "units": unit_of(name),
            "long_name": english,
            "long_name_zh": chinese,
        }
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


def water_figures(
    dispatch: Dispatch, plants: Mapping[str, PlantWater], timeline: Timeline
) -> dict[str, dict[str, Figure]]:
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
        The figures of `water_kpis`; ``curtailed_water_m3`` follows from the dispatch. [m³]
    """
    found: dict[str, dict[str, Figure]] = {}
    for name, water in plants.items():
        key = f"hydro.{name}"
        available, used = dispatch.available_mw[key], dispatch.generation_mw[key]
        share = np.divide(used, available, out=np.ones(available.shape), where=available > 0.0)
        volumes = water_kpis(water, share, timeline)
        found[key] = {n: volume if volume.ndim else float(volume) for n, volume in volumes.items()}
    return found
