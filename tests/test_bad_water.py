"""Rivers and their plants in a scenario file: faults are told once, nothing is written."""

from __future__ import annotations

import numpy as np
import pytest

RIVER = """
[river.kelan]
catchment = "kelan"

[hydro.upper]
river = "kelan"
capacity_mw = 10
head_m = 50

[hydro.lower]
river = "kelan"
upstream = "upper"
travel_hours = 2
capacity_mw = 10
head_m = 50
"""


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ('catchment = "kelan"', 'catchment = "kelam"', "did you mean kelan?"),
        ('catchment = "kelan"', 'catchmnt = "kelan"', "did you mean catchment?"),
        ('upstream = "upper"', 'upstream = "uper"', "there is no such other hydro plant; did you"),
        ('upstream = "upper"', 'upstream = "lower"', "there is no such other hydro plant"),
        ("travel_hours = 2", "travel_hours = -2", "travel_hours = -2"),
        ("travel_hours = 2", 'travel_hours = "2 h"', "must be a number"),
        ("travel_hours = 2", "ecological_flow_m3_s = 500", "more than the turbines can take"),
        ("travel_hours = 2", "rated_flow_m3_s = nan", "rated_flow_m3_s"),
        ("travel_hours = 2", "annual_mwh = 30_000", "not both river and annual_mwh"),
        ("travel_hours = 2", 'ecological_release = "fish"', "ecological_release"),
    ],
)
def test_a_river_with_a_fault(refused, scenario_file, old, new, words):
    assert old in RIVER
    scenario_file(RIVER.replace(old, new, 1))
    assert words in refused()


def test_a_river_that_no_table_defines(refused, scenario_file):
    scenario_file(RIVER.replace("[river.kelan]", "[river.kelun]"))
    message = refused()
    assert 'hydro.upper.river = "kelan": there is no such river; did you mean kelun?' in message


def test_a_circle_of_plants(refused, scenario_file):
    scenario_file(RIVER.replace("[hydro.upper]\n", '[hydro.upper]\nupstream = "lower"\n'))
    assert "water cannot flow in a circle: upper ← lower ← upper" in refused()


def series(tmp_path, values):
    stamps = np.datetime64("2030-01-01T00:00") + np.arange(48) * np.timedelta64(60, "m")
    rows = [f"{stamp}+08:00,{value}" for stamp, value in zip(stamps, values, strict=True)]
    (tmp_path / "flow.csv").write_text("\n".join(["time,flow", *rows]) + "\n")


MEASURED = RIVER.replace(
    'catchment = "kelan"', 'inflow_m3_s = { file = "flow.csv", column = "flow" }'
)


@pytest.mark.parametrize(
    ("value", "words"),
    [("-1", "it must be at least 0 m³/s"), ("nan", "has no value"), ("9e6", "is it in m³ a day")],
)
def test_a_measured_flow_that_cannot_be(refused, scenario_file, tmp_path, value, words):
    series(tmp_path, ["5.0"] * 20 + [value] + ["5.0"] * 27)
    scenario_file(MEASURED)
    message = refused()
    assert "river.kelan" in message
    assert words in message


def test_a_measured_flow_runs_and_runs_again_from_its_results(command, scenario_file, tmp_path):
    series(tmp_path, [f"{5.0 + k % 3}" for k in range(48)])
    scenario_file(MEASURED)
    assert command("run", "small.toml", "-o", "one", "--no-charts").status == 0
    again = command("run", "one/scenario.toml", "-o", "two", "--no-charts")
    assert again.status == 0, again.err
    one, two = ((tmp_path / name / "kpis.json").read_text() for name in ("one", "two"))
    assert one == two
    assert '"inflow_m3"' in one
    header = (tmp_path / "one" / "hourly.csv").read_text("utf-8-sig").splitlines()[0]
    assert "river.kelan river_flow_m3_s 河流天然流量" in header


def test_a_river_under_weather_files_needs_a_site(refused, scenario_file, weather_csv):
    weather_csv("jeminay.csv")
    file = '{ file = "jeminay.csv", stamp = "begin", wind_height_m = 100 }'
    scenario_file(f'{RIVER}[weather]\nsource = "files"\nfiles.jeminay = {file}\n')
    assert "river.kelan.site: is missing" in refused()
