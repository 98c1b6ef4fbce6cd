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

_FOLDERS = {
    ("", "run"): "analysis:figures climate_source dispatching:methods limits:problem portfolio",
    ("analysis", "run.figures"): (
        "document hourly kpis left_out:method_notices ratio:figure rolling_kpis:rolling "
        "station_kpis:plants stored:stored_energy thermal_kpis:plants water"
    ),
    ("", "cli"): "commands doctor fault screen weather_commands",
    ("components", "components.storage"): "basin battery pumped_storage station unit_form",
    ("components", "components.demand"): "demand_drivers:drivers load odd_series seasons sectors",
    ("components", "components.supply"): "emission_factors grid tariffs thermal_plant",
    ("components", "core"): "hints:wording",
    ("components", "components.hydro"): (
        "hydro_parts:parts hydro_plant hydro_water:water river river_flow"
    ),
    ("components", "components.settings"): "rolling site",
    ("components", "components.solar"): "solar_output:output solar_plant",
    ("components", "components.wind"): "wind_farm wind_output:output wind_parts:parts",
    ("dispatch", "dispatch.infeasible"): (
        "arithmetic:necessary clash:conflict elastic explain keys mend:repair served:unserved "
        "spells:outages"
    ),
    ("dispatch", "dispatch.lp"): (
        "batch block_lp:program block_matrix:matrix certificate highs interior_point "
        "mixed_program:highs verdict"
    ),
    ("dispatch", "dispatch.lp.interior"): (
        "bench:workspace interior_form:standard_form normal_matrix:normal_equations "
        "odd_even:block_cholesky predictor_corrector"
    ),
    ("dispatch", "dispatch.problem"): (
        "checks origin:labels period reach shares:aggregate station thermal_units"
    ),
    ("dispatch", "dispatch.program"): (
        "choice:tie_break columns:assembly linear:formulation pieces:thermal_segments "
        "readback:formulation"
    ),
    ("dispatch", "dispatch.units"): (
        "commitment commitment_model commitment_windows unit_pair:joint_schedule "
        "unit_plan:station_schedule unit_rest:decomposition"
    ),
    ("dispatch", "dispatch.result"): "costs rolled:result",
    ("dispatch", "dispatch.optimal"): (
        "direction_search exclusive:complementarity grid_course:dynamic_program one_way proven "
        "step_cost"
    ),
    ("dispatch", "dispatch.program.station"): (
        "favourable:envelope unit_hull:water_energy unit_program:residual_cost"
    ),
    ("dispatch", "dispatch.rolling"): (
        "forecast rolling_record:record settle:balancing window window_directions window_solver"
    ),
    ("dispatch", "dispatch.rules"): "rules_station:station",
    ("dispatch", "core"): "scan:recurrence",
    ("", "core"): "errors timeline units",
    ("", "report"): "interop:files",
    ("interop", "report.files"): "folder pypsa results single",
    ("report", "report.chart"): "canvas dates flows fonts palette rows",
    ("report", "report.pages"): "figures:figure_rows fitted html ladder tables",
    ("report", "report.plots.weather"): (
        "plots_climate:climate plots_climate_page:climate_page plots_weather:file"
    ),
    ("report", "report.plots"): (
        "plots_compare:compare plots_plants:plants plots_rivers:rivers plots_run:run "
        "plots_stack:stack plots_station:station plots_time:time plots_wind:wind"
    ),
    ("resource", "resource.wind"): "air icing power_curve shear turbines wakes",
    ("resource", "resource.pumped"): "hill operating_table pump_turbine",
    ("resource", "resource.water"): "hydro:hydropower pool:open_water reservoir",
    ("resource", "core"): "hysteresis:recurrence",
    ("resource", "resource.runoff"): (
        "inflow:runoff inflow_fit:calibrate inflow_parts:processes inflow_stores:stores rivers"
    ),
    ("resource", "resource.solar"): "snow solar_power:power solar_rows:rows",
    ("", "report.files"): "saving:save",
    ("scenario", "scenario.check"): "external problems references",
    ("scenario", "scenario.toml"): "names paths source text",
    ("weather", "weather.prepare"): (
        "align derive describe describe_text fetch joined table:series_csv years"
    ),
    ("weather", "core.files"): (
        "cells csv_table:csvfile gaps inputs netcdf_bytes quantities table_spec text:textfile"
    ),
    ("weather", "weather.files"): "checks clock closure complete file spec",
    ("weather", "weather.climate.validation"): (
        "climate_check:check climate_table:table climate_trial:trial"
    ),
    ("weather", "weather.climate.model"): (
        "climate_file:file climate_noise:noise climate_site:daily_basis climate_station:station "
        "climate_tables:tables climate_warming:warming climate_year:year "
        "climate_years:many_years"
    ),
    ("weather", "weather.climate.fit"): (
        "climate_fit:fit climate_fit_days:days climate_fit_hours:hours "
        "climate_fit_station:station climate_fit_tune:calibrate"
    ),
    ("weather", "weather.climate.statistics"): "climate_record:record statistics wind_record",
    ("weather.formats", "weather.formats"): "columns:csv known:registry",
    ("weather.formats", "weather.formats.text"): (
        "epw:typical_year nasa_power nsrdb:typical_year pvgis srw tmy:typical_year"
    ),
    ("weather.formats", "weather.formats.grid"): "era5:reanalysis merra2:reanalysis netcdf",
    ("weather.formats", "weather.files"): "common:assemble",
    ("weather", "core"): "regular:stamps",
}
"""Old and new folder, and the modules that moved: ``old:new`` where the name is another one."""

MOVED = {
    ".".join(filter(None, (_PACKAGE, old_folder, old))): f"{_PACKAGE}.{new_folder}.{new or old}"
    for (old_folder, new_folder), names in _FOLDERS.items()
    for old, _, new in (name.partition(":") for name in names.split())
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
