"""All charts as functions that take and return Axes.

>>> from altay_energy.report import plots
>>> ax = plots.plot_dispatch(run.hourly, week="winter")  # doctest: +SKIP
"""

from altay_energy.report.chart.flows import busiest_week, season_week
from altay_energy.report.plots.compare import (
    draw_comparison,
    plot_cost_comparison,
    plot_curtailment_comparison,
    plot_energy_comparison,
    plot_grid_comparison,
    plot_storage_comparison,
)
from altay_energy.report.plots.money.bill import plot_bill
from altay_energy.report.plots.money.cash_flow import plot_cash_flow
from altay_energy.report.plots.money.rules import plot_rules
from altay_energy.report.plots.money.tariff import plot_tariff_clock
from altay_energy.report.plots.plants import plot_loss_waterfall, plot_monthly_losses
from altay_energy.report.plots.rivers import plot_reservoir, plot_river_inflow
from altay_energy.report.plots.run import draw_run_charts, plot_storage_levels
from altay_energy.report.plots.stack import plot_dispatch, plot_energy
from altay_energy.report.plots.station import (
    plot_basin_levels,
    plot_head_duration,
    plot_operating_points,
    plot_unit_states,
)
from altay_energy.report.plots.time import plot_duration, plot_heat_map, plot_storage_level
from altay_energy.report.plots.weather.climate import (
    plot_climate_clearness,
    plot_climate_course,
    plot_climate_months,
    plot_climate_persistence,
    plot_climate_spells,
    plot_climate_wind,
)
from altay_energy.report.plots.weather.climate_page import (
    draw_climate_check,
    plot_climate_page,
    plot_climate_years,
)
from altay_energy.report.plots.wind import plot_power_curve_hours, plot_wind_rose

__all__ = [
    "busiest_week",
    "draw_climate_check",
    "draw_comparison",
    "draw_run_charts",
    "plot_basin_levels",
    "plot_bill",
    "plot_cash_flow",
    "plot_climate_clearness",
    "plot_climate_course",
    "plot_climate_months",
    "plot_climate_page",
    "plot_climate_persistence",
    "plot_climate_spells",
    "plot_climate_wind",
    "plot_climate_years",
    "plot_cost_comparison",
    "plot_curtailment_comparison",
    "plot_dispatch",
    "plot_duration",
    "plot_energy",
    "plot_energy_comparison",
    "plot_grid_comparison",
    "plot_head_duration",
    "plot_heat_map",
    "plot_loss_waterfall",
    "plot_monthly_losses",
    "plot_operating_points",
    "plot_power_curve_hours",
    "plot_reservoir",
    "plot_river_inflow",
    "plot_rules",
    "plot_storage_comparison",
    "plot_storage_level",
    "plot_storage_levels",
    "plot_tariff_clock",
    "plot_unit_states",
    "plot_wind_rose",
    "season_week",
]
