"""The hours of a run as one labelled dataset: what charts, CSV and netCDF are made from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from altay_energy.components.kinds import kind_of
from altay_energy.core.errors import SeriesError
from altay_energy.core.timeline import Timeline
from altay_energy.core.units import Array
from altay_energy.dispatch.problem.problem import Problem
from altay_energy.dispatch.problem.station import StationOperation
from altay_energy.dispatch.result.result import Dispatch

if TYPE_CHECKING:
    import xarray as xr

LONG_NAMES: Mapping[str, tuple[str, str]] = {
    "available_mw": ("available power of own renewables", "可用功率"),
    "generation_mw": ("generation of own renewables, after curtailment", "发电功率"),
    "curtailed_mw": ("curtailment", "弃电功率"),
    "thermal_mw": ("thermal generation", "火电功率"),
    "units_running": ("units of each thermal plant that run", "运行机组台数"),
    "charge_mw": ("charging, at the bus", "充电(抽水)功率"),
    "discharge_mw": ("discharging, at the bus", "放电(发电)功率"),
    "level_mwh": ("usable energy stored, at the edges of the intervals", "储能电量"),
    "demand_mw": ("demand of each load", "分项负荷"),
    "load_mw": ("demand of all loads, after shifting", "负荷"),
    "shift_up_mw": ("drawn beyond the demand, by shifting", "移入负荷"),
    "shift_down_mw": ("drawn below the demand, by shifting", "移出负荷"),
    "served_mw": ("demand served", "已供负荷"),
    "unserved_mw": ("demand not served", "缺供负荷"),
    "import_mw": ("import from the grid", "购电功率"),
    "export_mw": ("export to the grid", "上网功率"),
    "import_price_cny_mwh": ("price of import", "购电电价"),
    "export_price_cny_mwh": ("price of export", "上网电价"),
    "marginal_price_cny_mwh": ("cost of one more MWh of load", "边际电价"),
    "stored_value_cny_mwh": ("worth of one more MWh stored (water value)", "储能边际价值"),
    "forecast_mw": ("available power of each plant as the day's plan saw it", "可用功率预测"),
    "load_forecast_mw": ("demand as the day's plan saw it", "负荷预测"),
    "planned_charge_mw": ("charging (pumping) of the day's plan", "计划充电(抽水)功率"),
    "planned_discharge_mw": ("discharging of the day's plan", "计划放电(发电)功率"),
    "planned_import_mw": ("import of the day's plan", "计划购电功率"),
    "planned_export_mw": ("export of the day's plan", "计划上网功率"),
    "basin_level_m": ("water level of each reservoir, at the edges of the intervals", "水位"),
    "basin_volume_m3": ("water in each reservoir, at the edges of the intervals", "水库蓄水量"),
    "head_m": ("static head at the beginning of the interval", "静水头"),
    "unit_state": ("what each unit does: -1 pumps, 0 stands, 1 generates", "机组状态"),
    "unit_power_mw": ("power of each unit at the bus, in either direction", "机组功率"),
    "unit_flow_m3_s": ("flow of each unit, in either direction", "机组流量"),
    "pumped_m3": ("water lifted in the interval", "抽水量"),
    "generated_m3": ("water let down in the interval", "发电用水量"),
    "rain_m3": ("rain on each reservoir", "降水量"),
    "evaporation_m3": ("evaporation of each reservoir", "蒸发量"),
    "seepage_m3": ("seepage of each reservoir", "渗漏量"),
    "make_up_m3": ("water added to each reservoir", "补水量"),
    "spill_m3": ("water let go of each reservoir", "弃水量"),
    "ice_m3": ("water that ice holds back in each reservoir", "冰冻水量"),
}
"""Meaning of every variable, English and Chinese."""


UNITS: Mapping[str, str] = {
    "_cny_mwh": "CNY/MWh",
    "_mwh": "MWh",
    "_mw": "MW",
    "_m3_s": "m3 s-1",
    "_m3": "m3",
    "_m": "m",
    "_state": "1",
    "_running": "1",
}
"""End of a name → unit as CF writes it."""


def unit_of(variable: str) -> str:
    """Unit of a variable from its name, as CF writes it."""
    for suffix, unit in UNITS.items():
        if variable.endswith(suffix):
            return unit
    raise ValueError(f"{variable} does not end in a known unit")


def hourly_dataset(
    timeline: Timeline, problem: Problem, dispatch: Dispatch, demand: Mapping[str, Array]
) -> xr.Dataset:
    """All series of one run, labelled.

    Parameters
    ----------
    timeline : Timeline
        The T intervals.
    problem, dispatch : Problem, Dispatch
        Limits and outcome, series of shape (T,).
    demand : mapping of str to ndarray, shape (T,)
        What each load asks for. [MW]

    Returns
    -------
    xarray.Dataset
        Dimensions ``time`` (T), ``time_edge`` (T + 1), ``plant``, ``thermal``, ``storage``,
        ``load``; times are UTC, the beginning of each interval. Powers [MW], levels [MWh]. With
        pumped storage unit by unit also ``station``, ``basin`` (upper, lower) and ``unit``.

    Raises
    ------
    SeriesError
        If the run holds several years or members.
    """
    import xarray as xr

    if problem.load_mw.ndim != 1 or dispatch.served_mw.ndim != 1:
        raise SeriesError(
            f"the hours of {dispatch.served_mw.shape[:-1]} runs do not fit into one table; take "
            "the weather of one year or member (figures of many are in kpis)"
        )
    plants, thermals, storages = (
        list(dispatch.available_mw),
        list(dispatch.thermal_mw),
        list(dispatch.charge_mw),
    )
    steps = timeline.steps

    def rows(series: Mapping[str, Array], names: list[str], width: int = steps) -> Array:
        return np.array([series[name] for name in names]).reshape(len(names), width)

    values: dict[str, tuple[str | tuple[str, ...], Any]] = {
        "available_mw": (("plant", "time"), rows(dispatch.available_mw, plants)),
        "generation_mw": (("plant", "time"), rows(dispatch.generation_mw, plants)),
        "curtailed_mw": (("plant", "time"), rows(dispatch.curtailed_mw, plants)),
        "thermal_mw": (("thermal", "time"), rows(dispatch.thermal_mw, thermals)),
        "charge_mw": (("storage", "time"), rows(dispatch.charge_mw, storages)),
        "discharge_mw": (("storage", "time"), rows(dispatch.discharge_mw, storages)),
        "level_mwh": (("storage", "time_edge"), rows(dispatch.level_mwh, storages, steps + 1)),
        "demand_mw": (("load", "time"), rows(demand, list(demand))),
        "load_mw": ("time", dispatch.load_mw),
        "served_mw": ("time", dispatch.served_mw),
        "unserved_mw": ("time", dispatch.unserved_mw),
        "import_mw": ("time", dispatch.import_mw),
        "export_mw": ("time", dispatch.export_mw),
        "import_price_cny_mwh": ("time", np.broadcast_to(problem.import_price_cny_mwh, steps)),
        "export_price_cny_mwh": ("time", np.broadcast_to(problem.export_price_cny_mwh, steps)),
    }
    coordinates = {
        "time": timeline.utc.astype("datetime64[ns]"),
        "time_edge": timeline.utc_edges.astype("datetime64[ns]"),
        "plant": np.array(plants, dtype=str),
        "thermal": np.array(thermals, dtype=str),
        "storage": np.array(storages, dtype=str),
        "load": np.array(list(demand), dtype=str),
        "plant_kind": ("plant", _kinds(plants)),
        "storage_kind": ("storage", _kinds(storages)),
    }
    values |= _values_of_plans(dispatch, storages, list(demand))
    if dispatch.stations:
        values |= _station_values(dispatch.stations)
        units = max(done.limits.units for done in dispatch.stations.values())
        coordinates |= {
            "station": np.array(list(dispatch.stations), dtype=str),
            "basin": np.array(["upper", "lower"]),
            "unit": np.arange(1, units + 1),
        }
    return _described(xr.Dataset(values, coordinates), timeline)


def _values_of_plans(
    dispatch: Dispatch, storages: list[str], loads: list[str]
) -> dict[str, tuple[str | tuple[str, ...], Any]]:
    """Prices, shifts and plans, where the way of dispatch has them."""
    found: dict[str, tuple[str | tuple[str, ...], Any]] = {}
    nothing = np.zeros(dispatch.problem.steps)

    def rows(series: Mapping[str, Array], names: Sequence[str]) -> Array:
        chosen = [series.get(name, nothing) for name in names]
        return np.array(chosen).reshape(len(names), nothing.size)

    if dispatch.marginal_price_cny_mwh is not None:
        found["marginal_price_cny_mwh"] = ("time", dispatch.marginal_price_cny_mwh)
        worth = rows(dispatch.stored_value_cny_mwh, storages)
        found["stored_value_cny_mwh"] = (("storage", "time"), worth)
    if dispatch.units_running:
        counts = rows(dispatch.units_running, list(dispatch.thermal_mw))
        found["units_running"] = (("thermal", "time"), counts)
    if dispatch.shift_up_mw:
        for name in ("shift_up_mw", "shift_down_mw"):
            found[name] = (("load", "time"), rows(getattr(dispatch, name), loads))
    if dispatch.rolled is not None:
        planned = dispatch.rolled
        plants = list(dispatch.available_mw)
        found |= {
            "forecast_mw": (("plant", "time"), rows(planned.forecast_mw, plants)),
            "load_forecast_mw": ("time", planned.forecast_mw["load"]),
            "planned_import_mw": ("time", planned.planned_import_mw),
            "planned_export_mw": ("time", planned.planned_export_mw),
        }
        for name in ("planned_charge_mw", "planned_discharge_mw"):
            found[name] = (("storage", "time"), rows(getattr(planned, name), storages))
    return found


def _station_values(
    stations: Mapping[str, StationOperation],
) -> dict[str, tuple[str | tuple[str, ...], Any]]:
    """Units and water of every station; units that a smaller station does not have stand still."""
    every = list(stations.values())
    most = max(done.limits.units for done in every)

    def of_units(name: str) -> Any:
        rows = [getattr(done, name) for done in every]
        return np.stack([np.pad(row, ((0, most - row.shape[0]), (0, 0))) for row in rows])

    place, basins = ("station", "time"), ("station", "basin", "time")
    found: dict[str, tuple[str | tuple[str, ...], Any]] = {
        "basin_level_m": ((*basins[:2], "time_edge"), np.stack([d.level_m for d in every])),
        "basin_volume_m3": ((*basins[:2], "time_edge"), np.stack([d.volume_m3 for d in every])),
    }
    for name in ("unit_state", "unit_power_mw", "unit_flow_m3_s"):
        found[name] = (("station", "unit", "time"), of_units(name))
    for name in ("head_m", "pumped_m3", "generated_m3"):
        found[name] = (place, np.stack([getattr(d, name) for d in every]))
    for name in ("rain_m3", "evaporation_m3", "seepage_m3", "make_up_m3", "spill_m3"):
        found[name] = (basins, np.stack([getattr(d, name) for d in every]))
    found["ice_m3"] = (basins, np.stack([d.limits.ice_m3 for d in every]))
    return found


def _described(dataset: xr.Dataset, timeline: Timeline) -> xr.Dataset:
    """The same with units, names in both languages and the conventions of the file."""
    for name, (english, chinese) in LONG_NAMES.items():
        if name not in dataset:
            continue
        dataset[name].attrs = {
            "units": unit_of(name),
            "long_name": english,
            "long_name_zh": chinese,
        }
    dataset["time"].attrs = {"long_name": "beginning of the interval, UTC", "axis": "T"}
    dataset["time_edge"].attrs = {"long_name": "edge of the intervals, UTC"}
    dataset.attrs = {
        "Conventions": "CF-1.11",
        "utc_offset_hours": timeline.utc_offset_hours,
        "step_hours": timeline.step_hours,
    }
    return dataset


def _kinds(names: list[str]) -> Any:
    return np.array([kind_of(name) for name in names], dtype=str)
