"""The hourly series of a run as one labelled dataset, the source of charts, CSV and netCDF.

Each column is one entry. Its unit is the end of its name; its names in words are in
``report/text``, under its name.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Generic, TypeAlias, TypeVar

import numpy as np
from numpy.typing import NDArray

from altay_energy.components.kinds import kind_of
from altay_energy.core.catalogue import package_toml
from altay_energy.core.errors import SeriesError
from altay_energy.core.timeline import Timeline
from altay_energy.core.units import Array
from altay_energy.dispatch.problem.problem import Problem
from altay_energy.dispatch.problem.station import StationOperation
from altay_energy.dispatch.result.result import Dispatch, Rolled
from altay_energy.run.figures.figure import ending_of

if TYPE_CHECKING:
    import xarray as xr

Series: TypeAlias = Array | Mapping[str, Array]
"""One array, or a series by name of plant, storage, load, …"""

Variable: TypeAlias = tuple[tuple[str, ...], NDArray[Any], dict[str, str]]
"""Dimensions, values and attributes, as xarray takes them."""

S = TypeVar("S", contravariant=True)


@dataclass(frozen=True)
class Column(Generic[S]):
    """An hourly series of ``hourly.nc`` and ``hourly.csv``.

    Parameters
    ----------
    name : str
        Its name; the end is the unit (`altay_energy.run.figures.figure.ENDINGS`).
    dims : str
        Dimensions, the last of them ``time`` or ``time_edge``.
    series : callable
        Its values of a subject: an array of these dimensions, or a series by name.
    partial : bool
        Whether a name without a series is 0 throughout, instead of an error.
    """

    name: str
    dims: str
    series: Callable[[S], Series]
    partial: bool = False

    def variable(self, subject: S, names: Mapping[str, Sequence[str]], steps: int) -> Variable:
        """Dimensions, values and attributes of the column.

        Parameters
        ----------
        subject : S
            What the column is of.
        names : mapping of str to sequence of str
            Names along each dimension of series by name.
        steps : int
            Number of intervals T.
        """
        dims, found = tuple(self.dims.split()), self.series(subject)
        if isinstance(found, Mapping):
            width = steps if dims[-1] == "time" else steps + 1
            along = names[dims[0]]
            if self.partial:
                found = {**dict.fromkeys(along, np.zeros(width)), **found}
            found = np.array([found[name] for name in along]).reshape(len(along), width)
        return dims, np.asarray(found), attributes(self.name)


def attributes(name: str) -> dict[str, str]:
    """Unit as CF writes it and names in words of a column."""
    return {
        "units": ending_of(name).unit,
        "long_name": package_toml("report/text/en.toml")["hourly"][name],
        "long_name_zh": package_toml("report/text/zh.toml")["hourly"][name],
    }


@dataclass(frozen=True)
class Hours:
    """The parts of a run that every run has; series of shape (T,)."""

    problem: Problem
    dispatch: Dispatch
    demand: Mapping[str, Array]

    def price(self, series: Array) -> Array:
        """A price, which may be one number, in every step. [CNY/MWh]"""
        return np.broadcast_to(series, self.problem.steps)


EVERY_RUN: tuple[Column[Hours], ...] = (
    Column("available_mw", "plant time", lambda h: h.dispatch.available_mw),
    Column("generation_mw", "plant time", lambda h: h.dispatch.generation_mw),
    Column("curtailed_mw", "plant time", lambda h: h.dispatch.curtailed_mw),
    Column("thermal_mw", "thermal time", lambda h: h.dispatch.thermal_mw),
    Column("charge_mw", "storage time", lambda h: h.dispatch.charge_mw),
    Column("discharge_mw", "storage time", lambda h: h.dispatch.discharge_mw),
    Column("level_mwh", "storage time_edge", lambda h: h.dispatch.level_mwh),
    Column("demand_mw", "load time", lambda h: h.demand),
    Column("load_mw", "time", lambda h: h.dispatch.load_mw),
    Column("served_mw", "time", lambda h: h.dispatch.served_mw),
    Column("unserved_mw", "time", lambda h: h.dispatch.unserved_mw),
    Column("import_mw", "time", lambda h: h.dispatch.import_mw),
    Column("export_mw", "time", lambda h: h.dispatch.export_mw),
    Column("import_price_cny_mwh", "time", lambda h: h.price(h.problem.import_price_cny_mwh)),
    Column("export_price_cny_mwh", "time", lambda h: h.price(h.problem.export_price_cny_mwh)),
)


def _marginal_price(dispatch: Dispatch) -> Array:
    assert dispatch.marginal_price_cny_mwh is not None
    return dispatch.marginal_price_cny_mwh


PRICES: tuple[Column[Dispatch], ...] = (
    Column("marginal_price_cny_mwh", "time", _marginal_price),
    Column("stored_value_cny_mwh", "storage time", lambda d: d.stored_value_cny_mwh, partial=True),
)

COMMITMENT: tuple[Column[Dispatch], ...] = (
    Column("units_running", "thermal time", lambda d: d.units_running, partial=True),
)

SHIFTS: tuple[Column[Dispatch], ...] = (
    Column("shift_up_mw", "load time", lambda d: d.shift_up_mw, partial=True),
    Column("shift_down_mw", "load time", lambda d: d.shift_down_mw, partial=True),
)

PLANS: tuple[Column[Rolled], ...] = (
    Column("forecast_mw", "plant time", lambda r: r.forecast_mw, partial=True),
    Column("load_forecast_mw", "time", lambda r: r.forecast_mw["load"]),
    Column("planned_import_mw", "time", lambda r: r.planned_import_mw),
    Column("planned_export_mw", "time", lambda r: r.planned_export_mw),
    Column("planned_charge_mw", "storage time", lambda r: r.planned_charge_mw, partial=True),
    Column("planned_discharge_mw", "storage time", lambda r: r.planned_discharge_mw, partial=True),
)

Stations: TypeAlias = Sequence[StationOperation]
_BASIN, _EDGES, _UNIT = "station basin time", "station basin time_edge", "station unit time"


def _each(value: Callable[[StationOperation], Array]) -> Callable[[Stations], Array]:
    """Series of all stations; units that a smaller station does not have are 0."""

    def stacked(stations: Stations) -> Array:
        series = [np.asarray(value(station)) for station in stations]
        most = np.max([one.shape for one in series], axis=0)
        return np.stack(
            [
                np.pad(one, [(0, int(m - n)) for m, n in zip(most, one.shape, strict=True)])
                for one in series
            ]
        )

    return stacked


UNITS_AND_WATER: tuple[Column[Stations], ...] = (
    Column("basin_level_m", _EDGES, _each(lambda s: s.level_m)),
    Column("basin_volume_m3", _EDGES, _each(lambda s: s.volume_m3)),
    Column("unit_state", _UNIT, _each(lambda s: s.unit_state)),
    Column("unit_power_mw", _UNIT, _each(lambda s: s.unit_power_mw)),
    Column("unit_flow_m3_s", _UNIT, _each(lambda s: s.unit_flow_m3_s)),
    Column("head_m", "station time", _each(lambda s: s.head_m)),
    Column("pumped_m3", "station time", _each(lambda s: s.pumped_m3)),
    Column("generated_m3", "station time", _each(lambda s: s.generated_m3)),
    Column("rain_m3", _BASIN, _each(lambda s: s.rain_m3)),
    Column("evaporation_m3", _BASIN, _each(lambda s: s.evaporation_m3)),
    Column("seepage_m3", _BASIN, _each(lambda s: s.seepage_m3)),
    Column("make_up_m3", _BASIN, _each(lambda s: s.make_up_m3)),
    Column("spill_m3", _BASIN, _each(lambda s: s.spill_m3)),
    Column("ice_m3", _BASIN, _each(lambda s: s.limits.ice_m3)),
)


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
        Demand of each load. [MW]

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
    names = {
        "plant": list(dispatch.available_mw),
        "thermal": list(dispatch.thermal_mw),
        "storage": list(dispatch.charge_mw),
        "load": list(demand),
    }
    values: dict[str, Variable] = {}

    def add(columns: Iterable[Column[S]], subject: S) -> None:
        values.update({c.name: c.variable(subject, names, timeline.steps) for c in columns})

    add(EVERY_RUN, Hours(problem, dispatch, demand))
    if dispatch.marginal_price_cny_mwh is not None:
        add(PRICES, dispatch)
    if dispatch.units_running:
        add(COMMITMENT, dispatch)
    if dispatch.shift_up_mw:
        add(SHIFTS, dispatch)
    if dispatch.rolled is not None:
        add(PLANS, dispatch.rolled)
    coordinates: dict[str, Any] = {
        "time": timeline.utc.astype("datetime64[ns]"),
        "time_edge": timeline.utc_edges.astype("datetime64[ns]"),
        **{dimension: np.array(along, dtype=str) for dimension, along in names.items()},
        "plant_kind": ("plant", _kinds(names["plant"])),
        "storage_kind": ("storage", _kinds(names["storage"])),
    }
    if dispatch.stations:
        add(UNITS_AND_WATER, list(dispatch.stations.values()))
        units = max(done.limits.units for done in dispatch.stations.values())
        coordinates |= {
            "station": np.array(list(dispatch.stations), dtype=str),
            "basin": np.array(["upper", "lower"]),
            "unit": np.arange(1, units + 1),
        }
    dataset = xr.Dataset(values, coordinates)
    dataset["time"].attrs = {"long_name": "beginning of the interval, UTC", "axis": "T"}
    dataset["time_edge"].attrs = {"long_name": "edge of the intervals, UTC"}
    dataset.attrs = {
        "Conventions": "CF-1.11",
        "utc_offset_hours": timeline.utc_offset_hours,
        "step_hours": timeline.step_hours,
    }
    return dataset


def _kinds(names: Sequence[str]) -> NDArray[np.str_]:
    return np.array([kind_of(name) for name in names], dtype=str)
