"""Old names of modules, which work for one release with a warning."""

from __future__ import annotations

import importlib
import sys
import warnings
from collections.abc import Callable, Sequence
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from importlib.util import find_spec
from types import ModuleType
from typing import Any

_PACKAGE = __name__.split(".", maxsplit=1)[0]

_TABLE = """
    analysis run.figures
    analysis.document run.figures.document
    analysis.hourly run.figures.hourly
    analysis.kpis run.figures.kpis
    analysis.left_out run.figures.method_notices
    analysis.ratio run.figures.figure
    analysis.rolling_kpis run.figures.rolling
    analysis.station_kpis run.figures.plants
    analysis.stored run.figures.stored_energy
    analysis.thermal_kpis run.figures.plants
    analysis.water run.figures.water
    climate_source run.climate_source
    commands cli.commands
    components.basin components.storage.basin
    components.battery components.storage.battery
    components.demand_drivers components.demand.drivers
    components.emission_factors components.supply.emission_factors
    components.grid components.supply.grid
    components.hints core.wording
    components.hydro_parts components.hydro.parts
    components.hydro_plant components.hydro.hydro_plant
    components.hydro_water components.hydro.water
    components.load components.demand.load
    components.odd_series components.demand.odd_series
    components.pumped_storage components.storage.pumped_storage
    components.river components.hydro.river
    components.river_flow components.hydro.river_flow
    components.rolling components.settings.rolling
    components.seasons components.demand.seasons
    components.sectors components.demand.sectors
    components.site components.settings.site
    components.solar_output components.solar.output
    components.solar_plant components.solar.solar_plant
    components.station components.storage.station
    components.tariffs components.supply.tariffs
    components.thermal_plant components.supply.thermal_plant
    components.unit_form components.storage.unit_form
    components.wind_farm components.wind.wind_farm
    components.wind_output components.wind.output
    components.wind_parts components.wind.parts
    dispatch.arithmetic dispatch.infeasible.necessary
    dispatch.batch dispatch.lp.batch
    dispatch.bench dispatch.lp.interior.workspace
    dispatch.block_lp dispatch.lp.program
    dispatch.block_matrix dispatch.lp.matrix
    dispatch.certificate dispatch.lp.certificate
    dispatch.checks dispatch.problem.checks
    dispatch.choice dispatch.program.tie_break
    dispatch.clash dispatch.infeasible.conflict
    dispatch.columns dispatch.program.assembly
    dispatch.commitment dispatch.units.commitment
    dispatch.commitment_model dispatch.units.commitment_model
    dispatch.commitment_windows dispatch.units.commitment_windows
    dispatch.costs dispatch.result.costs
    dispatch.direction_search dispatch.optimal.direction_search
    dispatch.elastic dispatch.infeasible.elastic
    dispatch.exclusive dispatch.optimal.complementarity
    dispatch.explain dispatch.infeasible.explain
    dispatch.favourable dispatch.program.station.envelope
    dispatch.forecast dispatch.rolling.forecast
    dispatch.grid_course dispatch.optimal.dynamic_program
    dispatch.highs dispatch.lp.highs
    dispatch.interior_form dispatch.lp.interior.standard_form
    dispatch.interior_point dispatch.lp.interior_point
    dispatch.keys dispatch.infeasible.keys
    dispatch.linear dispatch.program.formulation
    dispatch.mend dispatch.infeasible.repair
    dispatch.mixed_program dispatch.lp.highs
    dispatch.normal_matrix dispatch.lp.interior.normal_equations
    dispatch.odd_even dispatch.lp.interior.block_cholesky
    dispatch.one_way dispatch.optimal.one_way
    dispatch.origin dispatch.problem.labels
    dispatch.period dispatch.problem.period
    dispatch.pieces dispatch.program.thermal_segments
    dispatch.predictor_corrector dispatch.lp.interior.predictor_corrector
    dispatch.proven dispatch.optimal.proven
    dispatch.reach dispatch.problem.reach
    dispatch.readback dispatch.program.formulation
    dispatch.rolled dispatch.result.result
    dispatch.rolling_record dispatch.rolling.record
    dispatch.rules_station dispatch.rules.station
    dispatch.scan core.recurrence
    dispatch.served dispatch.infeasible.unserved
    dispatch.settle dispatch.rolling.balancing
    dispatch.shares dispatch.problem.aggregate
    dispatch.spells dispatch.infeasible.outages
    dispatch.station dispatch.problem.station
    dispatch.step_cost dispatch.optimal.step_cost
    dispatch.thermal_units dispatch.problem.thermal_units
    dispatch.unit_hull dispatch.program.station.water_energy
    dispatch.unit_pair dispatch.units.joint_schedule
    dispatch.unit_plan dispatch.units.station_schedule
    dispatch.unit_program dispatch.program.station.residual_cost
    dispatch.unit_rest dispatch.units.decomposition
    dispatch.verdict dispatch.lp.verdict
    dispatch.window dispatch.rolling.window
    dispatch.window_directions dispatch.rolling.window_directions
    dispatch.window_solver dispatch.rolling.window_solver
    dispatching run.methods
    doctor cli.doctor
    errors core.errors
    fault cli.fault
    interop report.files
    interop.folder report.files.folder
    interop.pypsa report.files.pypsa
    interop.results report.files.results
    interop.single report.files.single
    limits run.problem
    portfolio run.portfolio
    report.canvas report.chart.canvas
    report.dates report.chart.dates
    report.figures report.pages.figure_rows
    report.fitted report.pages.fitted
    report.flows report.chart.flows
    report.fonts report.chart.fonts
    report.html report.pages.html
    report.ladder report.pages.ladder
    report.palette report.chart.palette
    report.plots_climate report.plots.weather.climate
    report.plots_climate_page report.plots.weather.climate_page
    report.plots_compare report.plots.compare
    report.plots_plants report.plots.plants
    report.plots_rivers report.plots.rivers
    report.plots_run report.plots.run
    report.plots_stack report.plots.stack
    report.plots_station report.plots.station
    report.plots_time report.plots.time
    report.plots_weather report.plots.weather.file
    report.plots_wind report.plots.wind
    report.rows report.chart.rows
    report.tables report.pages.tables
    resource.air resource.wind.air
    resource.hill resource.pumped.hill
    resource.hydro resource.water.hydropower
    resource.hysteresis core.recurrence
    resource.icing resource.wind.icing
    resource.inflow resource.runoff.runoff
    resource.inflow_fit resource.runoff.calibrate
    resource.inflow_parts resource.runoff.processes
    resource.inflow_stores resource.runoff.stores
    resource.operating_table resource.pumped.operating_table
    resource.pool resource.water.open_water
    resource.power_curve resource.wind.power_curve
    resource.pump_turbine resource.pumped.pump_turbine
    resource.reservoir resource.water.reservoir
    resource.rivers resource.runoff.rivers
    resource.shear resource.wind.shear
    resource.snow resource.solar.snow
    resource.solar_power resource.solar.power
    resource.solar_rows resource.solar.rows
    resource.turbines resource.wind.turbines
    resource.wakes resource.wind.wakes
    saving report.files.save
    scenario.external scenario.check.external
    scenario.names scenario.toml.names
    scenario.paths scenario.toml.paths
    scenario.problems scenario.check.problems
    scenario.references scenario.check.references
    scenario.source scenario.toml.source
    scenario.text scenario.toml.text
    screen cli.screen
    timeline core.timeline
    units core.units
    weather.align weather.prepare.align
    weather.cells core.files.cells
    weather.checks weather.files.checks
    weather.climate_check weather.climate.validation.check
    weather.climate_file weather.climate.model.file
    weather.climate_fit weather.climate.fit.fit
    weather.climate_fit_days weather.climate.fit.days
    weather.climate_fit_hours weather.climate.fit.hours
    weather.climate_fit_station weather.climate.fit.station
    weather.climate_fit_tune weather.climate.fit.calibrate
    weather.climate_noise weather.climate.model.noise
    weather.climate_record weather.climate.statistics.record
    weather.climate_site weather.climate.model.daily_basis
    weather.climate_station weather.climate.model.station
    weather.climate_table weather.climate.validation.table
    weather.climate_tables weather.climate.model.tables
    weather.climate_trial weather.climate.validation.trial
    weather.climate_warming weather.climate.model.warming
    weather.climate_year weather.climate.model.year
    weather.climate_years weather.climate.model.many_years
    weather.clock weather.files.clock
    weather.closure weather.files.closure
    weather.complete weather.files.complete
    weather.csv_table core.files.csvfile
    weather.derive weather.prepare.derive
    weather.describe weather.prepare.describe
    weather.describe_text weather.prepare.describe_text
    weather.fetch weather.prepare.fetch
    weather.file weather.files.file
    weather.formats.columns weather.formats.csv
    weather.formats.common weather.files.assemble
    weather.formats.epw weather.formats.typical_year
    weather.formats.era5 weather.formats.reanalysis
    weather.formats.known weather.formats.registry
    weather.formats.merra2 weather.formats.reanalysis
    weather.formats.nsrdb weather.formats.typical_year
    weather.formats.tmy weather.formats.typical_year
    weather.gaps core.files.gaps
    weather.inputs core.files.inputs
    weather.joined weather.prepare.joined
    weather.netcdf_bytes core.files.netcdf_bytes
    weather.quantities core.files.quantities
    weather.regular core.stamps
    weather.spec weather.files.spec
    weather.statistics weather.climate.statistics.statistics
    weather.table weather.prepare.series_csv
    weather.table_spec core.files.table_spec
    weather.text core.files.textfile
    weather.wind_record weather.climate.statistics.wind_record
    weather.years weather.prepare.years
    weather_commands cli.weather_commands
"""

MOVED = {
    f"{_PACKAGE}.{old}": f"{_PACKAGE}.{new}"
    for old, new in (line.split() for line in _TABLE.split("\n") if line)
}
"""New name of every module that has moved, by its old name."""


def _warn(old: str, new: str, depth: int) -> None:
    warnings.warn(
        f"{old} is now {new}; the old name goes with the next release",
        DeprecationWarning,
        stacklevel=depth,
    )


class _Moved(MetaPathFinder, Loader):
    """Imports the new module where the old name is asked for."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """A module to be replaced by the new one, where the name is an old one."""
        return ModuleSpec(fullname, self) if fullname in MOVED else None

    def create_module(self, spec: ModuleSpec) -> None:
        """The usual empty module."""

    def exec_module(self, module: ModuleType) -> None:
        """Put the new module in the place of the empty one."""
        new = MOVED[module.__name__]
        _warn(module.__name__, new, 3)
        sys.modules[module.__name__] = importlib.import_module(new)


def accept_old_names() -> None:
    """Make ``import`` accept the old names."""
    if not any(isinstance(finder, _Moved) for finder in sys.meta_path):
        sys.meta_path.insert(0, _Moved())


def forward(package: str, module: str) -> Callable[[str], Any]:
    """``__getattr__`` of a package that was a module, now its module of the name ``module``.

    Parameters
    ----------
    package : str
    module : str

    Returns
    -------
    callable
    """

    def attribute(name: str) -> Any:
        if name.startswith("__") or find_spec(f"{package}.{name}"):  # import looks here first
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        new = f"{package}.{module}"
        value = getattr(importlib.import_module(new), name)
        _warn(f"{package}.{name}", f"{new}.{name}", 3)
        return value

    return attribute
