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

if TYPE_CHECKING:
    from altay_energy.climate_source import Climate
    from altay_energy.components.battery import Battery
    from altay_energy.components.grid import Grid
    from altay_energy.components.hydro_plant import HydroPlant
    from altay_energy.components.load import Load
    from altay_energy.components.pumped_storage import PumpedStorage
    from altay_energy.components.river import River
    from altay_energy.components.settings import DispatchSettings
    from altay_energy.components.site import Site
    from altay_energy.components.solar_plant import SolarPlant
    from altay_energy.components.thermal_plant import ThermalPlant
    from altay_energy.components.wind_farm import WindFarm
    from altay_energy.errors import (
        AltayError,
        NoSolutionError,
        OutputError,
        ScenarioError,
        SeriesError,
        WeatherError,
    )
    from altay_energy.portfolio import Portfolio, Run
    from altay_energy.saving import save_comparison, save_run
    from altay_energy.scenario.load import Scenario, load
    from altay_energy.study.compare import compare
    from altay_energy.timeline import Timeline
    from altay_energy.weather.series import Weather

_HOMES = {
    "AltayError": "errors",
    "Battery": "components.battery",
    "Climate": "climate_source",
    "DispatchSettings": "components.settings",
    "Grid": "components.grid",
    "HydroPlant": "components.hydro_plant",
    "Load": "components.load",
    "NoSolutionError": "errors",
    "OutputError": "errors",
    "Portfolio": "portfolio",
    "PumpedStorage": "components.pumped_storage",
    "River": "components.river",
    "Run": "portfolio",
    "Scenario": "scenario.load",
    "ScenarioError": "errors",
    "SeriesError": "errors",
    "Site": "components.site",
    "SolarPlant": "components.solar_plant",
    "ThermalPlant": "components.thermal_plant",
    "Timeline": "timeline",
    "Weather": "weather.series",
    "WeatherError": "errors",
    "WindFarm": "components.wind_farm",
    "compare": "study.compare",
    "load": "scenario.load",
    "save_comparison": "saving",
    "save_run": "saving",
}

__all__ = [
    "AltayError",
    "Battery",
    "Climate",
    "DispatchSettings",
    "Grid",
    "HydroPlant",
    "Load",
    "NoSolutionError",
    "OutputError",
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
