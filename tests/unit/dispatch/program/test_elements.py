"""Elements are on named buses; they add the parts of a program and read those of a dispatch."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from altay_energy.components.storage.pumped_storage import PumpedStorage
from altay_energy.core.errors import ScenarioError
from altay_energy.core.timeline import Timeline
from altay_energy.dispatch.optimal.optimal import dispatch_optimal
from altay_energy.dispatch.problem.period import FlexibleLoad, PeriodTerms
from altay_energy.dispatch.problem.problem import Problem
from altay_energy.dispatch.problem.station import StationLimits
from altay_energy.dispatch.problem.storage import StorageLimits
from altay_energy.dispatch.problem.thermal_units import ThermalLimits, ThermalUnits
from altay_energy.dispatch.program.assembly import Draft
from altay_energy.dispatch.program.columns import Role
from altay_energy.dispatch.program.element import Element
from altay_energy.dispatch.program.elements import elements_of
from altay_energy.dispatch.program.formulation import formulate
from altay_energy.dispatch.rolling.rolling import dispatch_rolling
from altay_energy.dispatch.units.units import dispatch_units

STEPS = 24


def system(**changes) -> Problem:
    """One element of every kind."""
    given = {
        "step_hours": 1.0,
        "load_mw": 30.0 + 5.0 * np.sin(np.arange(STEPS)),
        "renewables": {"wind.a": 20.0 + 20.0 * np.cos(np.arange(STEPS) / 4.0)},
        "thermals": (ThermalLimits("thermal.c", 12.0, 4.0, 300.0, 0.9),),
        "storages": (
            StorageLimits("hydro.b", 3.0, 6.0, 40.0, 0.9, 0.9, 0.001, 20.0, inflow_mw=1.0),
        ),
        "import_limit_mw": 30.0,
        "export_limit_mw": 20.0,
        "import_price_cny_mwh": 260.0,
        "export_price_cny_mwh": 120.0,
        "unserved_cost_cny_mwh": 10_000.0,
        "grid_emission_factor_t_mwh": 0.6,
        "flexible_loads": (FlexibleLoad("load.f", np.full(STEPS, 3.0), np.full(STEPS, 8.0), 4),),
        "terms": PeriodTerms(demand_charge_cny_mw=1000.0, month_of_step=np.zeros(STEPS, int)),
    }
    return Problem(**{**given, **changes})


def test_every_column_and_row_is_added_by_an_element():
    problem = system()
    formulation, draft = formulate(problem), Draft(problem)
    assert {element.bus for element in elements_of(problem)} == set(problem.buses)
    for element in elements_of(problem):
        before = len(draft.column)
        element.add(draft)
        assert len(draft.column) > before, type(element)
    assert draft.column == formulation.column
    assert draft.row == formulation.row
    window = {Role.BAND, Role.PEAK, Role.RISE, Role.FALL, Role.SPENT, Role.OVER, Role.IDLE}
    assert {column.role for column in draft.column} == set(Role) - window


def test_the_balance_is_the_row_of_the_name_of_the_bus():
    problem = system(buses=("jeminay",))
    formulation = formulate(problem)
    balance = formulation.lp.now[formulation.row["jeminay"]]
    signs = {Role.RENEWABLE: 1, Role.THERMAL: 1, Role.IMPORT: 1, Role.UNSERVED: 1}
    signs |= {
        Role.DISCHARGE: 1,
        Role.CHARGE: -1,
        Role.EXPORT: -1,
        Role.USED: -1,
        Role.BACK_DOWN: -1,
    }
    for column, place in formulation.column.items():
        assert balance[place] == signs.get(column.role, 0)


def test_the_name_of_the_bus_changes_no_figure():
    one, other = dispatch_optimal(system()), dispatch_optimal(system(buses=("jeminay",)))
    other.check()
    assert_array_equal(one.import_mw, other.import_mw)
    assert_array_equal(one.level_mwh["hydro.b"], other.level_mwh["hydro.b"])
    assert_array_equal(one.marginal_price_cny_mwh, other.marginal_price_cny_mwh)


@pytest.mark.parametrize("buses", [(), ("east", "west"), ("wind.a",), ("export_rate_max",)])
def test_there_is_one_bus_with_a_name_of_its_own(buses):
    with pytest.raises(ScenarioError, match=r"expected the name of one bus|is given twice"):
        replace(system(), buses=buses)


@pytest.fixture
def balance_last(monkeypatch):
    """Programs in which the balance of the bus is the last row."""

    def add_row(self, name):
        (bus,) = self.problem.buses
        self.row[name] = self.row.pop(bus)
        self.row[bus] = len(self.row)

    monkeypatch.setattr(Draft, "add_row", add_row)


def one_station(steps):
    """A day with a station in whole units beside a storage."""
    basin = {"live_volume_m3": 8.0e4}
    plant = PumpedStorage(
        units=2,
        unit_mw=10.0,
        upper={"normal_level_m": 1470.0, "dead_level_m": 1437.0, **basin},
        lower={"normal_level_m": 878.0, "dead_level_m": 847.0, **basin},
    )
    timeline = replace(Timeline.of_year(2030), steps=steps)
    return StationLimits.of("pumped_storage.s", plant, None, timeline)


# Where nobody sells, directions and prices of power decide; where export earns more, both ways pay.
EARNED = 300.0 - 420.0 * np.sin(np.arange(STEPS) / 5.0)
CASES = {
    "optimal": (dispatch_optimal, {}),
    "both ways": (dispatch_optimal, {"export_price_cny_mwh": EARNED}),
    "rolling": (dispatch_rolling, {"export_price_cny_mwh": EARNED}),
    "commitment": (
        dispatch_units,
        {
            "thermals": (
                ThermalLimits(
                    "thermal.c", 12.0, 4.0, 300.0, 0.9,
                    ThermalUnits("thermal.c", 2, 6.0, ((6.0, 240.0),), min_load_mw=3.0),
                ),
            ),
        },
    ),
    "station": (
        dispatch_units,
        {"stations": (one_station(STEPS),), "flexible_loads": (), "terms": PeriodTerms()},
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_the_balance_may_be_any_row(case, request):
    method, changes = CASES[case]
    first = method(system(**changes))
    request.getfixturevalue("balance_last")
    formulation = formulate(system(storages=system().storages))
    assert formulation.balance == formulation.lp.rows - 1
    last = method(system(**changes))
    last.check()
    assert_allclose(last.import_mw, first.import_mw, atol=1e-5)
    assert_allclose(last.export_mw, first.export_mw, atol=1e-5)
    assert_allclose(last.level_mwh["hydro.b"], first.level_mwh["hydro.b"], atol=1e-5)
    if first.solution:
        assert_allclose(last.solution.bound_cny, first.solution.bound_cny, rtol=1e-6)


def test_an_element_without_hooks_changes_nothing():
    problem, draft = system(), Draft(system())
    element = Element(problem.buses[0])
    element.add(draft)
    assert not draft.column
    assert not draft.formulation().opposites
