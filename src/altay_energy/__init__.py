"""Hour-by-hour simulation of clean-energy portfolios: wind, sun, water, storage, load and grid.

>>> import altay_energy as ae
>>> run = ae.load("scenarios/jeminay-2023.toml").run()
>>> kpis, hourly = run.kpis, run.hourly

Names are loaded when they are first used, so that importing the package costs next to nothing.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from altay_energy._version import __version__
from altay_energy.core.moved import accept_old_names

if TYPE_CHECKING:
    from altay_energy.components.demand.load import Load
    from altay_energy.components.hydro.hydro_plant import HydroPlant
    from altay_energy.components.hydro.river import River
    from altay_energy.components.settings.policy import PolicySettings
    from altay_energy.components.settings.settings import DispatchSettings
    from altay_energy.components.settings.site import Site
    from altay_energy.components.solar.solar_plant import SolarPlant
    from altay_energy.components.storage.battery import Battery
    from altay_energy.components.storage.hydrogen import HydrogenStorage
    from altay_energy.components.storage.pumped_storage import PumpedStorage
    from altay_energy.components.supply.grid import Grid
    from altay_energy.components.supply.thermal_plant import ThermalPlant
    from altay_energy.components.wind.wind_farm import WindFarm
    from altay_energy.core.errors import (
        AltayError,
        NoSolutionError,
        OutputError,
        ScenarioError,
        SeriesError,
        WeatherError,
    )
    from altay_energy.core.timeline import Timeline
    from altay_energy.report.files.save import save_comparison, save_run
    from altay_energy.run.climate_source import Climate
    from altay_energy.run.portfolio import Portfolio, Run
    from altay_energy.scenario.load import Scenario, load
    from altay_energy.study.compare import compare
    from altay_energy.weather.series import Weather

accept_old_names()

_HOMES = {
    "AltayError": "core.errors",
    "Battery": "components.storage.battery",
    "Climate": "run.climate_source",
    "DispatchSettings": "components.settings.settings",
    "Grid": "components.supply.grid",
    "HydroPlant": "components.hydro.hydro_plant",
    "HydrogenStorage": "components.storage.hydrogen",
    "Load": "components.demand.load",
    "NoSolutionError": "core.errors",
    "OutputError": "core.errors",
    "PolicySettings": "components.settings.policy",
    "Portfolio": "run.portfolio",
    "PumpedStorage": "components.storage.pumped_storage",
    "River": "components.hydro.river",
    "Run": "run.portfolio",
    "Scenario": "scenario.load",
    "ScenarioError": "core.errors",
    "SeriesError": "core.errors",
    "Site": "components.settings.site",
    "SolarPlant": "components.solar.solar_plant",
    "ThermalPlant": "components.supply.thermal_plant",
    "Timeline": "core.timeline",
    "Weather": "weather.series",
    "WeatherError": "core.errors",
    "WindFarm": "components.wind.wind_farm",
    "compare": "study.compare",
    "load": "scenario.load",
    "save_comparison": "report.files.save",
    "save_run": "report.files.save",
}

__all__ = [
    "AltayError",
    "Battery",
    "Climate",
    "DispatchSettings",
    "Grid",
    "HydroPlant",
    "HydrogenStorage",
    "Load",
    "NoSolutionError",
    "OutputError",
    "PolicySettings",
    "Portfolio",
    "PumpedStorage",
    "River",
    "Run",
    "Scenario",
    "ScenarioError",
    "SeriesError",
    "Site",
    "SolarPlant",
    "ThermalPlant",
    "Timeline",
    "Weather",
    "WeatherError",
    "WindFarm",
    "__version__",
    "compare",
    "load",
    "save_comparison",
    "save_run",
]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'altay_energy' has no attribute {name!r}")
    value = getattr(importlib.import_module(f"altay_energy.{_HOMES[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
