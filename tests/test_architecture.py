"""Imports point one way, and heavy libraries stay where they are used."""

from __future__ import annotations

import ast
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest

import altay_energy

PACKAGE = Path(altay_energy.__file__).parent

ORDER = [
    {"_version", "core"},
    {"weather"},
    {"resource"},
    {"components"},
    {"dispatch"},
    {"run"},
    {"scenario"},
    {"study"},
    {"report"},
    {"cli"},
    {"__main__", "__init__"},
]
MOST_FILES = 9
RANK = {room: position for position, rooms in enumerate(ORDER) for room in rooms}


def room_of(module: Path) -> str:
    parts = module.relative_to(PACKAGE).with_suffix("").parts
    return parts[0]


@cache
def imports_of(module: Path) -> tuple[str, ...]:
    found: list[str] = []
    for node in ast.walk(ast.parse(module.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module:
            if node.module == "altay_energy":
                found += [f"altay_energy.{alias.name}" for alias in node.names]
            else:
                found.append(node.module)
    return tuple(found)


MODULES = sorted(PACKAGE.rglob("*.py"))


def test_a_folder_is_small():
    """A reader sees the whole of a folder at once."""
    rooms = [p for p in PACKAGE.iterdir() if p.is_dir() and any(p.glob("*.py"))]
    assert {p.name for p in rooms} == {room for rooms in ORDER for room in rooms if room[0] != "_"}
    for folder in {module.parent for module in MODULES}:
        files = [p.name for p in folder.glob("*.py") if p.name != "__init__.py"]
        assert len(files) <= MOST_FILES, (folder, files)


def test_unit_tests_lie_in_the_room_of_what_they_test(repository):
    unit = repository / "tests" / "unit"
    folders = {path.parent.relative_to(unit) for path in unit.rglob("test_*.py")}
    assert folders
    assert [str(folder) for folder in folders if not (PACKAGE / folder).is_dir()] == []
    assert Path() not in folders


@pytest.mark.parametrize("module", MODULES, ids=lambda m: str(m.relative_to(PACKAGE)))
def test_a_module_uses_only_what_is_left_of_it(module):
    own = room_of(module)
    for name in imports_of(module):
        if name.startswith("altay_energy."):
            used = name.split(".")[1]
            allowed = RANK[used] < RANK[own] or used == own
            assert allowed, f"{own} must not use {used} ({name})"


def graph_of_imports() -> dict[str, set[str]]:
    """Modules of the package that each one imports, also lazily and for types alone."""
    names = {
        ".".join(("altay_energy", *module.relative_to(PACKAGE).with_suffix("").parts)).removesuffix(
            ".__init__"
        ): module
        for module in MODULES
    }
    graph = {}
    for own, module in names.items():
        used = set()
        for node in ast.walk(ast.parse(module.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                used |= {alias.name for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module:
                inner = {f"{node.module}.{alias.name}" for alias in node.names}
                used |= (inner & set(names)) or {node.module}
        graph[own] = {name for name in used if name in names} - {own}
    return graph


def circles(graph: dict[str, set[str]]) -> list[list[str]]:
    """Each circle of imports once, as the modules that cannot be put into any order."""
    left = {name: set(used) for name, used in graph.items()}
    while True:
        leaves = {name for name, used in left.items() if not used & set(left)}
        used_by_any = {one for used in left.values() for one in used}
        gone = leaves | (set(left) - used_by_any)
        if not gone:
            return [sorted(left)] if left else []
        left = {name: used - gone for name, used in left.items() if name not in gone}


def test_circles_are_found():
    graph = {"a": {"b"}, "b": {"c"}, "c": {"b", "d"}, "d": set()}
    assert circles(graph) == [["b", "c"]]
    assert circles({**graph, "c": {"d"}}) == []


def test_no_import_goes_round_in_a_circle_not_even_for_types():
    assert circles(graph_of_imports()) == []


@pytest.mark.parametrize("module", MODULES, ids=lambda m: str(m.relative_to(PACKAGE)))
def test_matplotlib_is_used_by_the_report_alone(module):
    if room_of(module) != "report":
        assert not [name for name in imports_of(module) if name.startswith("matplotlib")]


def test_the_network_is_for_one_command_alone():
    users = {m.stem for m in MODULES if "altay_energy.weather.prepare.fetch" in imports_of(m)}
    assert users == {"weather_commands"}
    for module in MODULES:
        named = {name.split(".")[0] for name in imports_of(module)}
        if module.stem != "fetch":
            assert not named & {"requests", "urllib", "http", "socket"}, module


def test_highs_is_used_in_one_place_alone():
    users = {m.stem for m in MODULES if {n.split(".")[0] for n in imports_of(m)} & {"highspy"}}
    assert users == {"highs"}
    assert "highspy" not in loaded_after("import altay_energy; altay_energy.load")


def test_similar_names_are_found_in_one_place_alone():
    users = [str(m.relative_to(PACKAGE)) for m in MODULES if "difflib" in imports_of(m)]
    assert users == [str(Path("core/wording.py"))]


def test_toml_of_the_package_is_opened_by_the_catalogue_alone():
    """The template of a scenario is copied as text, and the style of a page is no TOML."""
    openers = {
        module.relative_to(PACKAGE).as_posix()
        for module in MODULES
        if any(name.startswith("importlib.resources") for name in imports_of(module))
        or "from importlib import resources" in module.read_text(encoding="utf-8")
    }
    others = {"scenario/template.py", "report/pages/html.py"}
    assert openers == {"core/catalogue.py", *others}
    for name in others:
        assert "tomllib" not in imports_of(PACKAGE / name)
    parsers = {m.relative_to(PACKAGE).as_posix() for m in MODULES if "tomllib" in imports_of(m)}
    of_users = {"core/files/textfile.py", "scenario/toml/text.py"}
    assert parsers == {"core/catalogue.py", *of_users}


def test_csv_is_parsed_in_one_place_alone():
    """Others may write CSV; the reader of weather files knows what a parser raises."""
    parsers = [
        str(module.relative_to(PACKAGE))
        for module in MODULES
        for node in ast.walk(ast.parse(module.read_text(encoding="utf-8")))
        if isinstance(node, ast.Attribute)
        and isinstance(node.value, ast.Name)
        and (node.value.id, node.attr) in {("csv", "reader"), ("csv", "DictReader")}
    ]
    assert set(parsers) == {str(Path("core/files/csvfile.py"))}


def test_everything_that_is_exported_exists_and_nothing_else_is_promised():
    assert sorted(altay_energy._HOMES) == sorted(set(altay_energy.__all__) - {"__version__"})
    for name in altay_energy.__all__:
        assert getattr(altay_energy, name) is not None


def loaded_after(statement: str) -> set[str]:
    code = f"import sys; {statement}; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return {name.split(".")[0] for name in done.stdout.split()}


def test_help_loads_nothing_heavy():
    loaded = loaded_after("from altay_energy.cli.parser import parser; parser().format_help()")
    assert not loaded & {"numpy", "scipy", "pandas", "pvlib", "matplotlib", "xarray", "pydantic"}


def test_a_run_by_rules_loads_no_more_of_scipy_than_it_needs():
    code = "import sys, altay_energy.run.portfolio; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert not {"scipy.signal", "scipy.stats", "numba"} & set(done.stdout.split())


def test_a_run_without_charts_never_loads_matplotlib():
    assert "matplotlib" not in loaded_after("import altay_energy; altay_energy.load")
