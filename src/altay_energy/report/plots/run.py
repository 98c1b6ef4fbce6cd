"""Writes the charts of one run as PNG files."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from matplotlib.axes import Axes

from altay_energy.dispatch.problem.station import StationOperation
from altay_energy.report.chart import canvas
from altay_energy.report.chart.canvas import Charts, Plot, sheet
from altay_energy.report.chart.flows import flows, season_week
from altay_energy.report.chart.fonts import lettering
from altay_energy.report.plots.money.bill import plot_bill
from altay_energy.report.plots.money.cash_flow import plot_cash_flow
from altay_energy.report.plots.money.rules import gauges, plot_rules
from altay_energy.report.plots.money.tariff import plot_tariff_clock
from altay_energy.report.plots.rivers import plot_reservoir, plot_river_inflow
from altay_energy.report.plots.stack import plot_dispatch, plot_energy
from altay_energy.report.plots.station import (
    plot_basin_levels,
    plot_head_duration,
    plot_operating_points,
    plot_unit_states,
)
from altay_energy.report.plots.time import plot_duration, plot_heat_map, plot_storage_level
from altay_energy.run.money.project import ProjectReturns

if TYPE_CHECKING:
    import xarray as xr

MOST_STORAGES = 6
"""Most panels on one figure; of more storages the most used are drawn."""


def draw_run_charts(
    hourly: xr.Dataset,
    folder: Path,
    language: str = "en",
    stations: Mapping[str, StationOperation] | None = None,
    document: Mapping[str, Any] | None = None,
    project: ProjectReturns | None = None,
) -> Charts:
    """Write the charts of a run.

    Charts without content are left out: no winter week in a run of July, no storage level
    without storage, no heat map of curtailment where nothing is curtailed.

    Parameters
    ----------
    hourly : xarray.Dataset
        Result of a run.
    folder : Path
        Existing or new folder; files of the same names are replaced.
    language : str
        ``"en"`` or ``"zh"``; English, with a notice, where no Chinese font is installed.
    stations : mapping of str to StationOperation, optional
        ``run.dispatch.stations``, for the charts of operating points.
    document : mapping, optional
        ``run.kpis``, for the charts of the bill and of rules.
    project : ProjectReturns, optional
        ``run.project``, of a run with costs.

    Returns
    -------
    Charts
        The files, and notices about them.
    """
    charts = (
        *_run_charts(hourly),
        *_station_charts(hourly, stations or {}),
        *_money_charts(hourly, document or {}, project),
    )
    return canvas.save_charts(charts, folder, language, [hourly])


def _run_charts(hourly: xr.Dataset) -> Iterator[tuple[str, Plot]]:
    """Yield the name and drawing function of each chart that has content in this run."""
    flow = flows(hourly)
    yield "dispatch_week_busiest", partial(plot_dispatch, hourly)
    if season_week(hourly, "winter") is not None:
        yield "dispatch_week_winter", partial(plot_dispatch, hourly, week="winter")
    if season_week(hourly, "summer") is not None:
        yield "dispatch_week_summer", partial(plot_dispatch, hourly, week="summer")
    yield "energy_by_period", partial(plot_energy, hourly)
    if hourly.sizes["storage"]:
        yield "storage_level", partial(plot_storage_levels, hourly)
    yield "duration_curves", partial(plot_duration, hourly)
    if flow.curtailed.any():
        yield "curtailment_heatmap", partial(plot_heat_map, hourly, "curtailed")
    if "river" in hourly.sizes:
        yield "river_inflow", partial(plot_river_inflow, hourly)
    if "hydro_reservoir" in hourly.sizes:
        yield "reservoir", partial(plot_reservoir, hourly)
    if flow.series("import").any():
        yield "import_heatmap", partial(plot_heat_map, hourly, "import")


def _station_charts(
    hourly: xr.Dataset, stations: Mapping[str, StationOperation]
) -> Iterator[tuple[str, Plot]]:
    """Yield the charts of every station in its unit form; numbered if there are several."""
    names = [str(n) for n in hourly["station"].to_numpy()] if "station" in hourly.coords else []
    for place, name in enumerate(names, start=1):
        number = f"_{place}" if len(names) > 1 else ""
        yield f"station_levels{number}", partial(plot_basin_levels, hourly, name)
        yield f"station_units{number}", partial(plot_unit_states, hourly, name)
        yield f"station_heads{number}", partial(plot_head_duration, hourly, name)
        if name in stations:
            yield f"station_hill{number}", partial(plot_operating_points, stations[name])


def _money_charts(
    hourly: xr.Dataset, document: Mapping[str, Any], project: ProjectReturns | None
) -> Iterator[tuple[str, Plot]]:
    """Yield the charts of bill, cash flow and rules that a run has."""

    def titled(plot: Callable[..., Axes | Sequence[Axes]], *what: Any, **more: Any) -> Plot:
        def draw(*, language: str) -> Axes | Sequence[Axes]:
            title = canvas.title_of(hourly, lettering(language))
            return plot(*what, title=title, language=language, **more)

        return draw

    if document.get("bill"):
        yield "bill", titled(plot_bill, document["bill"])
        yield "tariff_clock", partial(plot_tariff_clock, hourly)
    if project is not None:
        first_year = project.table.first_operating(project.year)
        yield "cash_flow", titled(plot_cash_flow, project.flow, first_year=first_year)
    if gauges(document.get("policy", {})):
        yield "rules", titled(plot_rules, document["policy"])


def plot_storage_levels(hourly: xr.Dataset, *, language: str = "en") -> list[Axes]:
    """Draw the level of every storage on a new figure, one below the other.

    Parameters
    ----------
    hourly : xarray.Dataset
        Result of a run with at least one storage.
    language : str
        ``"en"`` or ``"zh"``.

    Returns
    -------
    list of Axes
        One for each storage; of more than six, the six that charge most.

    Raises
    ------
    ValueError
        If the scenario has no storage.
    """
    names = [str(name) for name in hourly["storage"].to_numpy()]
    if not names:
        raise ValueError("this run has no storage whose level could be drawn")
    moved = hourly["charge_mw"].transpose("storage", "time").to_numpy().sum(axis=1)
    kept = set(sorted(names, key=lambda name: -moved[names.index(name)])[:MOST_STORAGES])
    names = [name for name in names if name in kept]
    with sheet(language):
        figure = canvas.new_figure(11.0, 0.3 + 3.2 * len(names))
        axes = list(figure.subplots(len(names), 1, squeeze=False)[:, 0])
    for name, ax in zip(names, axes, strict=True):
        plot_storage_level(hourly, name, ax=ax, language=language)
    for ax in axes[:-1]:
        ax.set_xlabel("")
    return axes
