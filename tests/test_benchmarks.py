"""Benchmarks are not run by tests: their imports exist, and the ratios of house.py are right."""

from __future__ import annotations

import ast
import importlib.util
from importlib import import_module
from pathlib import Path

import pytest

HERE = Path(__file__).parents[1] / "benchmarks"


def names_used(path: Path) -> list[tuple[str, str]]:
    """Modules of the package that a file imports outside ``try``, and the name from each."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    tried = {id(n) for t in ast.walk(tree) if isinstance(t, ast.Try) for n in ast.walk(t)}
    return [
        (node.module, alias.name)
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and id(node) not in tried
        for alias in node.names
        if (node.module or "").startswith("altay_energy")
    ]


@pytest.mark.parametrize("path", sorted(HERE.glob("*.py")), ids=lambda path: path.stem)
def test_a_benchmark_imports_names_that_exist(path):
    for module, name in names_used(path):
        if not hasattr(import_module(module), name):
            import_module(f"{module}.{name}")


def test_some_benchmarks_use_the_package():
    assert sum(bool(names_used(path)) for path in HERE.glob("*.py")) > 5


def test_the_spread_of_ratios_is_that_of_the_turns():
    spec = importlib.util.spec_from_file_location("house", HERE / "house.py")
    house = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(house)
    assert house.spread([2.0, 4.0, 5.0], [1.0, 4.0, 10.0]) == (1.0, 0.5, 2.0)
    with pytest.raises(ValueError, match="zip"):
        house.spread([1.0], [1.0, 2.0])
