"""A problem goes one way through the files of the package, as `tools/count_turns.py` counts."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest

TOOL = Path(__file__).parents[3] / "tools" / "count_turns.py"
MOST_FILES, MOST_TURNS = 20, 25


@pytest.fixture(scope="module")
def tool():
    spec = importlib.util.spec_from_file_location("count_turns", TOOL)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("both_ways", [False, True], ids=["ordinary", "both ways would pay"])
def test_a_problem_enters_few_files_and_seldom_turns_back(tool, both_ways):
    found = tool.trace(tool.small(both_ways=both_ways))
    assert "dispatch/program/elements.py" in found.entered
    assert len(found.entered) <= MOST_FILES, list(found.entered)
    assert len(found.turns) <= MOST_TURNS, list(found.turns)
