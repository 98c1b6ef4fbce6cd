"""Columns are named by role and owner, in one module."""

from __future__ import annotations

import ast
from pathlib import Path

import numpy as np
import pytest

import altay_energy.dispatch
from altay_energy.dispatch.problem.problem import Problem
from altay_energy.dispatch.problem.storage import StorageLimits
from altay_energy.dispatch.program.columns import EXPORT, IMPORT, Column, Role, places
from altay_energy.dispatch.program.formulation import formulate

MODULES = sorted(Path(altay_energy.dispatch.__file__).parent.rglob("*.py"))
ROLES = {str(role) for role in Role}


def names_made_by_hand(tree):
    """Texts that begin with a role and go on with a name, as f-strings make them."""
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr) and isinstance(node.values[0], ast.Constant):
            first, _, rest = str(node.values[0].value).partition(" ")
            if first in ROLES and not rest and len(node.values) > 1:
                yield ast.unparse(node)


@pytest.mark.parametrize("module", MODULES, ids=lambda m: str(m.relative_to(MODULES[0].parent)))
def test_no_module_makes_the_name_of_a_column_by_hand(module):
    assert not list(names_made_by_hand(ast.parse(module.read_text(encoding="utf-8"))))


def test_a_name_made_by_hand_would_be_found():
    assert list(names_made_by_hand(ast.parse('f"charge {name}"')))


def two_storages():
    stores = [StorageLimits(n, 2.0, 2.0, 8.0, 0.9, 0.9) for n in ("battery.a", "battery.b")]
    return Problem(
        step_hours=1.0,
        load_mw=np.full(24, 3.0),
        renewables={"wind.x": np.linspace(0.0, 6.0, 24)},
        thermals=(),
        storages=tuple(stores),
        import_limit_mw=5.0,
        export_limit_mw=5.0,
        import_price_cny_mwh=400.0,
        export_price_cny_mwh=200.0,
        unserved_cost_cny_mwh=20000.0,
        grid_emission_factor_t_mwh=0.5,
    )


def test_places_are_those_of_the_roles_and_the_owner_that_are_asked_for():
    column = formulate(two_storages()).column
    assert column[IMPORT] != column[EXPORT]
    both = places(column, Role.CHARGE)
    assert both == [column[Column(Role.CHARGE, f"battery.{n}")] for n in "ab"]
    held = places(column, Role.CHARGE, Role.LEVEL, owner="battery.b")
    assert held == [column[Column(role, "battery.b")] for role in (Role.CHARGE, Role.LEVEL)]
    assert places(column, Role.OWED) == []
    assert sorted(column.values()) == list(range(len(column)))
