"""The hours of a run as one labelled dataset: what charts, CSV and netCDF are made from."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from altay_energy.dispatch.problem import Problem
from altay_energy.dispatch.result import Dispatch
from altay_energy.errors import SeriesError
from altay_energy.timeline import Timeline
from altay_energy.units import Array

if TYPE_CHECKING:
    import xarray as xr

LONG_NAMES: Mapping[str, tuple[str, str]] = {
    "available_mw": ("available power of own renewables", "可用功率"),
    "generation_mw": ("generation of own renewables, after curtailment", "发电功率"),
    "curtailed_mw": ("curtailment", "弃电功率"),
    "thermal_mw": ("thermal generation", "火电功率"),
    "charge_mw": ("charging, at the bus", "充电(抽水)功率"),
    "discharge_mw": ("discharging, at the bus", "放电(发电)功率"),
    "level_mwh": ("usable energy stored, at the edges of the intervals", "储能电量"),
    "demand_mw": ("demand of each load", "分项负荷"),
    "load_mw": ("demand of all loads", "负荷"),
    "served_mw": ("demand served", "已供负荷"),
    "unserved_mw": ("demand not served", "缺供负荷"),
    "import_mw": ("import from the grid", "下网功率"),
    "export_mw": ("export to the grid", "上网功率"),
    "import_price_cny_mwh": ("price of import", "下网电价"),
    "export_price_cny_mwh": ("price of export", "上网电价"),
}
"""Meaning of every variable, English and Chinese."""


UNITS: Mapping[str, str] = {
    "_cny_mwh": "CNY/MWh",
    "_mwh": "MWh",
    "_mw": "MW",
    "_m3_s": "m3 s-1",
    "_m3": "m3",
    "_m": "m",
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
        ``load``; times are UTC, the beginning of each interval. Powers [MW], levels [MWh].

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
        "load_mw": ("time", problem.load_mw),
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
    return _described(xr.Dataset(values, coordinates), timeline)


def _described(dataset: xr.Dataset, timeline: Timeline) -> xr.Dataset:
    """The same with units, names in both languages and the conventions of the file."""
    for name, (english, chinese) in LONG_NAMES.items():
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
    return np.array([name.split(".")[0] for name in names], dtype=str)
