"""The command ensemble: what it writes, prints and refuses."""

from __future__ import annotations

import csv
import json

import numpy as np
import pytest
import xarray as xr

WEEK = """
schema_version = 1
name = "week"
title = "A week of wind"
title_zh = "风电一周"
time = { start = "2030-01-07T00:00", hours = 192 }
dispatch = { method = "rules" }
[sites.jeminay]
latitude = 47.43
longitude = 85.87
elevation_m = 984
[wind.a]
site = "jeminay"
capacity_mw = 100
[battery.b]
charge_mw = 20
discharge_mw = 20
energy_mwh = 40
[load.l]
sector = "mining"
annual_mwh = 400000
[grid]
import_limit_mw = 60
export_limit_mw = 10
import_price_cny_mwh = 300
"""

MEMBERS = """name,weight,load.l.annual_mwh,grid.import_price_cny_mwh
today,2,400000,300
growth,1,500000,330
"""


@pytest.fixture
def week(tmp_path):
    (tmp_path / "week.toml").write_text(WEEK, encoding="utf-8")
    (tmp_path / "members.csv").write_text(MEMBERS, encoding="utf-8")
    return "week.toml"


def test_a_folder_has_every_run_the_quantiles_and_the_worst_year(command, week, tmp_path):
    words = ("--years", 4, "--members", "members.csv", "--worst", "unserved_mwh")
    answer = command("ensemble", week, *words, "-o", "out")
    assert answer.status == 0, answer.err
    assert "4 weather years, 8 runs" in answer.out
    assert "ensemble in out" in answer.err
    results = xr.load_dataset(tmp_path / "out" / "results.nc")
    assert results.sizes["run"] == 8
    assert list(results["seed"].values) == [1, 1, 2, 2, 3, 3, 4, 4]
    assert list(results["member"].values[:2]) == ["today", "growth"]
    document = json.loads((tmp_path / "out" / "ensemble.json").read_text(encoding="utf-8"))
    values, weight = results["import_mwh"].values, results["weight"].values
    p90 = np.quantile(values, 0.9, weights=weight, method="inverted_cdf")
    assert document["quantiles"]["import_mwh"]["p90"]["value"] == p90
    worst = document["worst"]
    assert worst["run"] == int(np.argmax(results["unserved_mwh"].values))
    assert worst["name"] == str(results["run_name"].values[worst["run"]])
    hourly = xr.load_dataset(tmp_path / "out" / "worst" / "hourly.nc")
    assert float(hourly["unserved_mw"].sum()) == pytest.approx(worst["value"])
    assert hourly["wind_speed_m_s"].sizes == {"site": 1, "time": 192}
    with (tmp_path / "out" / "results.csv").open(encoding="utf-8-sig") as file:
        rows = list(csv.reader(file))
    assert rows[0][:5] == ["run", "name", "seed", "member", "weight"]
    assert len(rows) == 9


def test_json_is_the_document(command, week, tmp_path):
    answer = command("ensemble", week, "--years", 3, "-o", "out", "--json", "--no-charts")
    assert answer.status == 0, answer.err
    document = json.loads(answer.out)
    assert document == json.loads((tmp_path / "out" / "ensemble.json").read_text())
    assert document["plan"]["runs"] == 3
    assert "too few for an interval of P10 and P90, which need 29" in answer.err
    assert document["quantiles"]["available_mwh"]["p90"]["low"] is None


@pytest.mark.slow
def test_two_processes_give_the_same_bytes(command, week, tmp_path):
    for name, workers in (("one", 1), ("two", 2)):
        words = ("--years", 150, "--workers", workers, "--no-charts", "-o", name)
        assert command("ensemble", week, *words).status == 0
    for file in ("results.nc", "results.csv", "ensemble.json"):
        assert (tmp_path / "one" / file).read_bytes() == (tmp_path / "two" / file).read_bytes()


def test_every_problem_of_the_input_comes_at_once_and_nothing_is_written(command, week, tmp_path):
    (tmp_path / "members.csv").write_text("name,weight,grid.x_mw\na,0,1\na,1,nan\n")
    words = ("--years", 0, "--members", "members.csv", "--worst", "unserved")
    answer = command("ensemble", week, *words, "-o", "out")
    assert answer.status == 2
    for part in (
        "--worst unserved: there is no figure 'unserved'; did you mean unserved_mwh?",
        "members.csv: lines 2, 3: 2 members are called 'a'",
        "members.csv: line 2: weight = 0: must be a number above 0",
        "members.csv: line 3: grid.x_mw = nan: has no value",
        "--years 0: must be 1 to",
    ):
        assert part in answer.err
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ((), "--years is missing"),
        (("--years", "-3"), "--years -3: must be 1 to"),
        (("--years", "2", "--members", "absent.csv"), "absent.csv"),
        (("--years", "2", "--worst", "curtailment_rate:up"), "expected FIGURE, FIGURE:low"),
        (("--years", "2", "--workers", "0"), "--workers 0: must be at least 1"),
    ],
)
def test_input_that_cannot_be(command, week, tmp_path, words, message):
    answer = command("ensemble", week, *words, "-o", "out")
    assert answer.status == 2
    assert message in answer.err
    assert not (tmp_path / "out").exists()


def test_messages_in_chinese(command, week):
    answer = command("ensemble", week, "--years", 0, "-o", "out", "--language", "zh")
    assert "--years 0：必须为 1 至 100000" in answer.err
    answer = command("ensemble", week, "--years", 2, "-o", "out", "--language", "zh")
    assert "2 个气象年不足以给出 P10 与 P90 的区间" in answer.err
    assert "2 个气象年，共 2 次计算" in answer.out
