"""One scenario on every rung: figures of each, and what a step is worth."""

from __future__ import annotations

import pytest

import altay_energy as ae
from altay_energy.study.ladder import STEPS, ladder


@pytest.fixture(scope="module")
def climbed(repository):
    path = repository / "scenarios" / "ski-resort.toml"
    return ladder(ae.load(path, ["time.hours=240"]))


def test_rungs_are_listed_from_the_bottom_up(climbed):
    assert list(climbed.runs) == ["rules", "rolling", "rolling_perfect", "optimal"]
    assert not climbed.missing


def at_equal_content(document):
    rungs = document["rungs"].items()
    return {name: f["operating_cost_cny"] - f["stored_worth_cny"] for name, f in rungs}


def test_steps_are_differences_of_costs_and_add_up(climbed):
    document = climbed.document()
    cost = at_equal_content(document)
    for step, value in document["values"].items():
        low, high = STEPS[step]
        assert value == pytest.approx(cost[low] - cost[high], abs=1e-6 * abs(cost["rules"]))
    values = document["values"]
    way = values["value_of_day_ahead_planning_cny"] + values["forecast_error_cost_cny"]
    way += values["short_sight_cost_cny"]
    assert way == pytest.approx(values["value_of_foresight_cny"], rel=1e-6)
    assert values["value_of_foresight_cny"] > 0.0


def test_a_run_day_by_day_says_the_same_of_its_steps(climbed):
    said, values = climbed.runs["rolling"].kpis["rolling"], climbed.document()["values"]
    scale = abs(climbed.cost_cny("optimal"))
    for step in ("forecast_error_cost_cny", "short_sight_cost_cny"):
        assert said[step] == pytest.approx(values[step], abs=1e-8 * scale)
    level = climbed.runs["rolling"].dispatch.level_mwh["battery.resort"]
    assert level[-1] == pytest.approx(level[0], abs=1e-6)
    assert said["terminal_missing_mwh"] == {"battery.resort": 0.0}


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
    cost = at_equal_content(document)
    assert document["values"]["unit_operation_cost_cny"] == cost["units"] - cost["optimal"] > 0.0


TERMINALS = {
    "cyclic": {},
    "free": {},
    "equal_initial": {},
    "at_least": {},
    "water_value": {"water_value_cny_mwh": [260.0, 120.0]},
}


@pytest.mark.parametrize("terminal", TERMINALS)
@pytest.mark.parametrize("seed", [1, 2])
def test_no_rung_is_below_the_optimum_whatever_it_leaves_in_store(repository, terminal, seed):
    """Rules that leave the end open end a period fuller or emptier; energy is worth what it is."""
    path = repository / "scenarios" / "ski-resort.toml"
    words = ["time.hours=336", f"dispatch.terminal='{terminal}'", f"dispatch.forecast.seed={seed}"]
    words += ["battery.resort.energy_mwh=400", "dispatch.forecast.wind_error=0.3"]
    words += ["grid.import_price_cny_mwh=400"]
    words += [f"dispatch.{key}={value}" for key, value in TERMINALS[terminal].items()]
    climbed = ladder(ae.load(path, words))
    document = climbed.document()
    assert all(f["beyond_optimum_cny"] >= 0.0 for f in document["rungs"].values())
    least = climbed.cost_cny("optimal")
    for rung in climbed.runs:
        assert climbed.cost_cny(rung) >= least - 1e-7 * abs(least)
    changed = document["rungs"]["rolling"]["stored_change_mwh"]["battery.resort"]
    if terminal in ("cyclic", "equal_initial"):
        assert changed == pytest.approx(0.0, abs=1e-4)
    elif terminal == "at_least":
        assert changed >= -1e-4
    else:
        assert abs(changed) > 0.1


STATION = """
schema_version = 1
name = "station"

[time]
start = "2030-04-01T00:00"
hours = 96

[sites.hill]
latitude = 47.9
longitude = 87.3
elevation_m = 1200

[wind.plain]
site = "hill"
capacity_mw = 400

[pumped_storage.mine]
units = 2
unit_mw = 100
site = "hill"
upper = { normal_level_m = 1500, dead_level_m = 1475, live_volume_m3 = 2_000_000 }
lower = { normal_level_m = 1180, dead_level_m = 1160, live_volume_m3 = 2_000_000 }

[load.town]
sector = "prefecture"
annual_mwh = 1_500_000

[grid]
import_limit_mw = 300
export_limit_mw = 100
"""


def test_foresight_is_not_mixed_with_whole_units(tmp_path):
    path = tmp_path / "station.toml"
    path.write_text(STATION, encoding="utf-8")
    document = ladder(ae.load(path)).document()
    rungs = ["rules", "rules_continuous", "rolling", "rolling_perfect", "units", "optimal"]
    assert list(document["rungs"]) == rungs
    assert all(f["beyond_optimum_cny"] >= 0.0 for f in document["rungs"].values())
    cost, values = at_equal_content(document), document["values"]
    # One storage on both rungs, then whole units on both rungs, then units alone.
    assert values["value_of_foresight_cny"] == pytest.approx(
        cost["rules_continuous"] - cost["optimal"]
    )
    assert values["value_of_foresight_of_units_cny"] == pytest.approx(cost["rules"] - cost["units"])
    assert values["unit_operation_cost_cny"] == pytest.approx(cost["units"] - cost["optimal"])
    optimism = values["optimism_of_one_storage_cny"]
    assert 0.0 <= optimism <= values["unit_operation_cost_cny"]
    at_most = values["foresight_of_units_at_most_cny"]
    assert at_most == pytest.approx(cost["rules"] - cost["optimal"] - optimism)
    assert at_most >= values["value_of_foresight_of_units_cny"]
    both = (
        ("value_of_foresight_of_units_cny", "unit_operation_cost_cny"),
        ("unit_operation_by_rules_cost_cny", "value_of_foresight_cny"),
    )
    ways = [sum(values[step] for step in way) for way in both]
    assert ways[0] == pytest.approx(ways[1])


def test_a_rung_that_breaks_a_limit_says_so(repository):
    path = repository / "scenarios" / "ski-resort.toml"
    climbed = ladder(ae.load(path, ["time.hours=240", "dispatch.export_rate_max=0.01"]))
    assert "export_rate_max" in climbed.breaks("rules")
    assert climbed.breaks("optimal") == {}
    assert any("rules breaks export_rate_max = 0.01" in note for note in climbed.notices())
    assert "rules" in climbed.document()["breaks"]
