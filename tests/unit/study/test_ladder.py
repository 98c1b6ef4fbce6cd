"""One scenario on every rung: figures of each, and what a step is worth."""

from __future__ import annotations

import pytest

import altay_energy as ae
from altay_energy.study.ladder import STEPS, ladder


@pytest.fixture(scope="module")
def climbed(repository):
    path = repository / "scenarios" / "ski-resort.toml"
    return ladder(ae.load(path, ["time.hours=240"]))


def test_rungs_stand_from_the_bottom_up(climbed):
    assert list(climbed.runs) == ["rules", "rolling", "rolling_perfect", "optimal"]
    assert not climbed.missing


def test_steps_are_differences_of_costs_and_add_up(climbed):
    document = climbed.document()
    cost = {name: figures["operating_cost_cny"] for name, figures in document["rungs"].items()}
    for step, value in document["values"].items():
        low, high = STEPS[step]
        assert value == pytest.approx(cost[low] - cost[high], abs=1e-6 * abs(cost["rules"]))
    values = document["values"]
    way = values["value_of_day_ahead_planning_cny"] + values["forecast_error_cost_cny"]
    way += values["short_sight_cost_cny"]
    assert way == pytest.approx(values["value_of_foresight_cny"], rel=1e-6)
    assert values["value_of_foresight_cny"] > 0.0


ISLAND = """
schema_version = 1
name = "island"

[time]
start = "2030-01-01T00:00"
hours = 48

[sites.town]
latitude = 47.7
longitude = 86.9
elevation_m = 475

[wind.hill]
site = "town"
capacity_mw = 60
hub_height_m = 100

[thermal.town]
capacity_mw = 120
fuel_cost_cny_mwh = 220
units = 3
min_load_fraction = 0.5
start_cost_cny = 20000
no_load_cost_cny_h = 1200
fuel_curve = { load_fraction = [0.7, 1.0], cost_factor = [0.95, 1.1] }

[load.town]
sector = "households"
annual_mwh = 500000
"""


def test_each_rung_is_what_the_scenario_says_with_that_method(repository, climbed):
    path = repository / "scenarios" / "ski-resort.toml"
    period = "time.hours=240"
    for name, words in {
        "rules": ["dispatch.method='rules'"],
        "rolling": ["dispatch.method='rolling'"],
        "rolling_perfect": ["dispatch.method='rolling'", "dispatch.forecast.perfect=true"],
        "optimal": ["dispatch.method='optimal'"],
    }.items():
        run = ae.load(path, [period, *words]).run()
        assert run.kpis["kpis"] == climbed.runs[name].kpis["kpis"]


def test_a_rung_without_a_result_says_why(repository):
    path = repository / "scenarios" / "ski-resort.toml"
    words = ["time.hours=48", "dispatch.terminal='equal_initial'"]
    found = ladder(ae.load(path, words))
    assert "terminal" in found.missing["rules"]
    assert "value_of_foresight_cny" not in found.document()["values"]


def test_committed_thermal_units_are_a_rung(tmp_path):
    path = tmp_path / "island.toml"
    path.write_text(ISLAND, encoding="utf-8")
    document = ladder(ae.load(path)).document()
    assert list(document["rungs"]) == ["rules", "rolling", "rolling_perfect", "units", "optimal"]
    cost = {name: figures["operating_cost_cny"] for name, figures in document["rungs"].items()}
    assert document["values"]["unit_operation_cost_cny"] == cost["units"] - cost["optimal"] > 0.0
