"""Old names of modules work for one release, each with one warning that names the new one."""

from __future__ import annotations

import importlib
import re
import sys
import warnings
from importlib.util import find_spec
from pathlib import Path

import pytest

import altay_energy
from altay_energy.core.moved import MOVED

PACKAGE = Path(altay_energy.__file__).parent

BECAME_PACKAGES = {
    "cli": ("parser", "main"),
    "components.settings": ("settings", "DispatchSettings"),
    "components.storage": ("storage", "StorageBand"),
    "dispatch.optimal": ("optimal", "dispatch_optimal"),
    "dispatch.problem": ("problem", "Problem"),
    "dispatch.result": ("result", "Dispatch"),
    "dispatch.rolling": ("rolling", "dispatch_rolling"),
    "dispatch.rules": ("rules", "dispatch_by_rules"),
    "dispatch.units": ("units", "dispatch_units"),
    "resource.solar": ("irradiance", "plane_of_array"),
    "resource.wind": ("power", "farm_power"),
    "weather.climate": ("model.generate", "climate_weather"),
}
"""Packages that were modules, the module that they forward to, and a name of it."""

OLD_IMPORTS = """
from altay_energy.components.rolling import ForecastSettings, RollingSettings
from altay_energy.dispatch.interior_point import solve_fast
from altay_energy.dispatch.optimal import dispatch_optimal
from altay_energy.dispatch.origin import Origin
from altay_energy.dispatch.period import PeriodTerms
from altay_energy.dispatch.problem import Problem, StorageLimits
from altay_energy.dispatch.rolling import dispatch_rolling
from altay_energy.dispatch.rules import dispatch_by_rules
from altay_energy.errors import NoSolutionError
from altay_energy.interop.pypsa import to_pypsa
from altay_energy.interop.results import write_csv, write_kpis, write_netcdf
from altay_energy.report import plots
from altay_energy.report.palette import COLOURS, CURTAILED_EDGE, CURTAILED_HATCH
from altay_energy.resource.inflow_fit import Record, fit_catchment
from altay_energy.timeline import Timeline
from altay_energy.weather.align import align
from altay_energy.weather.climate import climate_points, climate_weather, nearest_point
from altay_energy.weather.climate_years import climate_years
from altay_energy.weather.clock import clock_check
from altay_energy.weather.read import read_weather
from altay_energy.weather.sun import clear_sky, decompose, sun_path
"""
"""What the pages of documentation imported before the modules moved."""


IMPORT = re.compile(r"^ *(?:from|import) (altay_energy[.\w]*)", re.MULTILINE)


def warned(statement: str) -> list[warnings.WarningMessage]:
    """Deprecations that a statement raises when it is run as a user's own line."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        exec(compile(statement, "users.py", "exec"), {})
    assert all(w.category is DeprecationWarning for w in caught)
    return caught


@pytest.fixture
def not_imported():
    """Forget that old names were imported, and leave no trace of importing them."""

    def forget() -> None:
        for name in MOVED:
            sys.modules.pop(name, None)

    forget()
    yield
    forget()


@pytest.mark.parametrize("old", MOVED)
def test_an_old_name_gives_the_new_module_and_warns_once(old, not_imported):
    caught = warned(f"import {old}")
    own = [w for w in caught if str(w.message).startswith(f"{old} is now ")]
    assert len(own) == 1
    assert MOVED[old] in str(own[0].message).split(";")[0].split()
    assert own[0].filename == "users.py"
    assert sys.modules[old] is importlib.import_module(MOVED[old])
    assert warned(f"import {old}") == []
    parents = {old.rpartition(".")[0]} & set(MOVED)
    assert len(caught) == 1 + len(parents)


@pytest.mark.parametrize("old", MOVED)
def test_an_old_name_is_no_module_any_more_and_its_new_one_is(old):
    place = PACKAGE.parent / old.replace(".", "/")
    assert not place.with_suffix(".py").exists()
    assert not (place / "__init__.py").exists()
    assert MOVED[old] not in MOVED
    assert find_spec(MOVED[old]).origin.startswith(str(PACKAGE))


def test_every_package_that_was_a_module_is_listed_here():
    forwarding = {
        ".".join(path.parent.relative_to(PACKAGE).parts)
        for path in PACKAGE.rglob("__init__.py")
        if "forward(__name__" in path.read_text(encoding="utf-8")
    }
    assert forwarding == set(BECAME_PACKAGES)


@pytest.mark.parametrize("package", BECAME_PACKAGES)
def test_a_package_that_was_a_module_forwards_its_names(package):
    module, name = BECAME_PACKAGES[package]
    old, new = f"altay_energy.{package}", f"altay_energy.{package}.{module}"
    (warning,) = {str(w.message) for w in warned(f"from {old} import {name}")}
    assert warning.startswith(f"{old}.{name} is now {new}.{name};")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        there = getattr(importlib.import_module(old), name)
    assert there is getattr(importlib.import_module(new), name)
    for absent in ("no_such_name", "__path_of_nothing__"):
        with pytest.raises(AttributeError, match=absent):
            getattr(importlib.import_module(old), absent)


@pytest.mark.parametrize("statement", OLD_IMPORTS.strip().splitlines())
def test_imports_of_the_older_pages_work(statement, not_imported):
    for warning in warned(statement):
        assert "the old name goes with the next release" in str(warning.message)
        assert warning.filename == "users.py"


@pytest.mark.parametrize("folder", ["src", "tests", "tools", "examples", "benchmarks", "docs"])
def test_the_project_itself_uses_new_names_alone(folder, repository):
    files = [p for p in (repository / folder).rglob("*") if p.suffix in {".py", ".md"}]
    assert files
    for path in files:
        if path != Path(__file__):
            imported = IMPORT.findall(path.read_text(encoding="utf-8"))
            assert not MOVED.keys() & set(imported), path
