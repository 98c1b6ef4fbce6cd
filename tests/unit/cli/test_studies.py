"""Commands of many jobs: what they write, print and refuse."""

import csv
import json
import signal
import subprocess
import sys

import numpy as np
import pytest
import xarray as xr

from altay_energy.cli.parser import main
from altay_energy.study.runner.results import as_grid

pytestmark = pytest.mark.usefixtures("no_terminal")

WEEK = """
schema_version = 1
name = "week"
title = "A week of wind"
title_zh = "风电一周"
time = { start = "2030-01-07T00:00", hours = 168 }
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


@pytest.fixture
def no_terminal(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "week.toml").write_text(WEEK, encoding="utf-8")


GRID = ["--vary", "wind.a.capacity_mw=50:150:50", "--vary", "grid.export_limit_mw=0,20"]


def sweep(*options):
    return main(["sweep", "week.toml", *options, "-o", "out"])


def content(folder):
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.name != "manifest.json"
    }


def rows_of(path):
    return list(csv.reader(path.read_text(encoding="utf-8-sig").splitlines()))


def test_a_grid_is_written_whole(tmp_path, capsys):
    assert sweep(*GRID) == 0
    written = set(content(tmp_path / "out"))
    assert written == {
        "results.nc",
        "results.csv",
        "sweep.json",
        "scenario.toml",
        "charts/map_operating_cost_cny.png",
        "charts/map_curtailment_rate.png",
        "charts/front.png",
    }
    assert not list(tmp_path.glob("*.unfinished*"))
    with xr.open_dataset(tmp_path / "out" / "results.nc", engine="h5netcdf") as dataset:
        grid = as_grid(dataset, ("wind.a.capacity_mw", "grid.export_limit_mw"))
        assert grid["operating_cost_cny"].shape == (3, 2)
        assert dataset["operating_cost_cny"].attrs["units"] == "CNY"
    table = rows_of(tmp_path / "out/results.csv")
    assert len(table) == 7
    assert table[1][2:4] == ["50", "0"]
    place = next(k for k, head in enumerate(table[0]) if head.startswith("operating_cost_cny "))
    assert float(table[4][place]) == pytest.approx(
        float(grid["operating_cost_cny"].values[1, 1]), rel=1e-8
    )
    assert "Runs" in capsys.readouterr().out


def test_the_same_command_gives_the_same_bytes(tmp_path):
    assert sweep(*GRID) == 0
    before = content(tmp_path / "out")
    assert sweep(*GRID, "--force") == 0
    assert content(tmp_path / "out") == before


@pytest.mark.parametrize("language", ["en", "zh"])
def test_tables_and_documents_of_every_design(tmp_path, capsys, language):
    (tmp_path / "runs.csv").write_text("name,wind.a.capacity_mw\nlow,50\nhigh,150\n")
    ranges = ["--vary", "wind.a.capacity_mw=50:150", "--vary", "battery.b.energy_mwh=10:80"]
    for options, words in (
        (["--list", "runs.csv"], {"en": "high", "zh": "各方案结果"}),
        (["--tornado", "20%"], {"en": "What changes it most", "zh": "影响最大的因素"}),
        (
            ["--sample", "saltelli:16", *ranges],
            {"en": "Which key decides it", "zh": "由哪个参数决定"},
        ),
        (["--sample", "lhs:5", *ranges], {"en": "Runs", "zh": "各方案结果"}),
    ):
        assert sweep(*options, "--no-charts", "--force", "--language", language) == 0
        assert words[language] in capsys.readouterr().out
        document = json.loads((tmp_path / "out/sweep.json").read_text(encoding="utf-8"))
        assert document["runs"] > 0
        assert document["failed"] == 0


def test_runs_that_fail_are_named_and_the_others_stay(tmp_path, capsys):
    assert (
        sweep("--vary", "battery.b.charge_efficiency=0.8,0.9,1.5", "--figure", "unserved_mwh") == 0
    )
    assert "1 of 3 jobs failed" in capsys.readouterr().err
    rows = rows_of(tmp_path / "out/failures.csv")
    assert rows[1][0] == "2"
    assert "charge_efficiency = 1.5" in rows[1][2]
    with xr.open_dataset(tmp_path / "out/results.nc", engine="h5netcdf") as dataset:
        assert np.isnan(dataset["unserved_mwh"].values).tolist() == [False, False, True]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ([], "name at least one key"),
        (["--vary", "wind.a.capacity_mw=1,2", "--workers", "0"], "--workers 0"),
        (["--vary", "wind.a.capacity_mw=1,2", "--budget-minutes", "0"], "--budget-minutes 0"),
        (["--vary", "wind.a.capacity_mw=1,2", "--budget-gb", "-1"], "--budget-gb -1"),
        (["--vary", "wind.a.capacity_mw=1,2", "--seed", "-1"], "--seed -1"),
        (["--vary", "wind.a.capacity_mw=1,2", "--figure", "curtailment"], "did you mean"),
        (["--vary", "wind.a.capacity_mw=1,2", "--front", "irr"], "expected two figures"),
        (["--vary", "wind.a.capacity_mw=0:1e7:1"], "is the step too small?"),
        (["--vary", "wind.a.capacity_mw=0:1e7:1"], "about 14 h on one core"),
        (["--vary", "wind.b.x=1,2", "--figure", "curtail_rate"], "the scenario has no wind.b"),
        (["--vary", "wind.b.x=1,2", "--figure", "curtail_rate"], "--figure curtail_rate: there"),
        (["--vary", "wind.a.capacity_mw=1:2:0", "--tie", "x"], "--tie x: expected KEY="),
        (["--vary", "wind.b.capacity_mw=1,2"], "the scenario has no wind.b"),
        (["--sample", "lhs:5", "--tornado", "20%"], "exclude each other"),
        (["--list", "none.csv"], "none.csv"),
        (["--vary", "name=a,b", "--workers", "2", "--cluster", "tcp://127.0.0.1:9"], "exclude"),
    ],
)
def test_what_is_wrong_is_one_message_and_nothing_is_written(tmp_path, capsys, options, message):
    assert sweep(*options) == 2
    said = capsys.readouterr().err
    assert message in said
    assert "Traceback" not in said
    assert sorted(path.name for path in tmp_path.iterdir()) == ["week.toml"]


def test_keys_that_go_in_step(tmp_path, capsys):
    wind = ["--vary", "wind.a.capacity_mw=50,100"]
    joined = ["--tie", "wind.a.capacity_mw,battery.b.energy_mwh", "--no-charts"]
    assert sweep(*wind, "--vary", "battery.b.energy_mwh=20,40,80", *joined) == 2
    assert "has 2 values and battery.b.energy_mwh has 3" in capsys.readouterr().err
    assert sweep(*wind, "--vary", "battery.b.energy_mwh=80,20", *joined) == 0
    rows = rows_of(tmp_path / "out/results.csv")
    assert [row[2:4] for row in rows[1:]] == [["50", "80"], ["100", "20"]]


def test_an_older_folder_is_kept_without_force(capsys):
    assert sweep(*GRID, "--no-charts") == 0
    assert sweep(*GRID, "--no-charts") == 2
    assert "exists already" in capsys.readouterr().err
    assert sweep(*GRID, "--no-charts", "--force") == 0


def test_a_budget_that_is_too_small_keeps_what_is_done(tmp_path, capsys):
    many = ["--vary", "wind.a.capacity_mw=50:200:1", "--no-charts"]
    assert sweep(*many, "--budget-minutes", "1e-9") == 2
    assert "more than the budget" in capsys.readouterr().err
    assert (tmp_path / "out.unfinished").exists()
    assert sweep(*many) == 2
    assert "go on with --resume" in capsys.readouterr().err
    assert sweep(*many, "--resume", "--yes") == 0
    assert not (tmp_path / "out.unfinished").exists()


OUTAGES = """
[thermal.t]
capacity_mw = 45
fuel_cost_cny_mwh = 400
[adequacy]
draws = 3
[adequacy.outages."thermal.t"]
units = 3
mean_time_to_fail_h = 90
mean_time_to_repair_h = 30
[adequacy.outages.grid]
mean_time_to_fail_h = 200
mean_time_to_repair_h = 20
"""


def test_a_plant_without_capacity_credit_leaves_the_rest(tmp_path, capsys):
    (tmp_path / "outages.toml").write_text(WEEK + OUTAGES, encoding="utf-8")
    words = ["adequacy", "outages.toml", "--years", "2", "--elcc", "battery.b", "--no-charts"]
    assert main([*words, "-o", "out"]) == 0
    assert "ELCC of battery.b: all load is served" in capsys.readouterr().err
    document = json.loads((tmp_path / "out/adequacy.json").read_text(encoding="utf-8"))
    assert "elcc" not in document
    assert document["figures"]["lolh_h"]["value"] == 0.0


def adequacy(tmp_path, *options):
    (tmp_path / "outages.toml").write_text(WEEK + OUTAGES, encoding="utf-8")
    more = ["--set", "load.l.annual_mwh=1100000"]
    return main(["adequacy", "outages.toml", *options, *more, "-o", "out"])


@pytest.mark.parametrize("language", ["en", "zh"])
def test_adequacy_is_written_whole_and_repeats(tmp_path, capsys, language):
    options = ["--years", "3", "--elcc", "battery.b,thermal.t", "--elcc-sizes", "0.5,1"]
    assert adequacy(tmp_path, *options, "--language", language) == 0
    shown = capsys.readouterr().out
    assert {"en": "Effective load-carrying", "zh": "有效载荷能力"}[language] in shown
    before = content(tmp_path / "out")
    assert {
        *("adequacy.json", "charts/unserved_by_run.png"),
        *("charts/lost_hours.png", "charts/elcc.png"),
    } < set(before)
    document = json.loads(before["adequacy.json"])
    assert document["plan"]["runs"] == 9
    assert document["figures"]["eens_mwh"]["value"] > 0.0
    lost = np.array(document["lost_hours"])
    assert lost.shape == (12, 24)
    assert lost.sum() == pytest.approx(document["figures"]["lolh_h"]["value"], rel=1e-12)
    with xr.open_dataset(tmp_path / "out/results.nc", engine="h5netcdf") as dataset:
        by_hour = dataset["lolh_h_of_hour"].sum(("month", "hour"))
        assert by_hour.values == pytest.approx(dataset["lolh_h"].values, rel=1e-12)
    assert adequacy(tmp_path, *options, "--language", language, "--force") == 0
    assert content(tmp_path / "out") == before


CARRIED = ["--elcc", "battery.b,thermal.t", "--elcc-sizes", "0.5,1", "--elcc-at-lolh", "20"]


def test_what_plants_carry_goes_on_where_it_was_stopped(tmp_path, capsys):
    options = ["--years", "9", *CARRIED, "--no-charts"]
    assert adequacy(tmp_path, *options) == 0
    whole = content(tmp_path / "out")
    assert json.loads(whole["adequacy.json"])["elcc"]["plants"]["battery.b"]["elcc_mw"][0] > 0.0
    stopped = [*options, "--force", "--budget-minutes", "1e-9"]
    assert adequacy(tmp_path, *stopped) == 2
    assert adequacy(tmp_path, *stopped, "--resume") == 2
    assert "the study would take about" in capsys.readouterr().err
    for _ in range(4):  # each time one batch of trials further
        assert adequacy(tmp_path, *stopped, "--resume") == 2
        assert "has taken its budget" in capsys.readouterr().err
    assert content(tmp_path / "out") == whole  # the older result
    assert adequacy(tmp_path, *options, "--force", "--resume", "--yes") == 0
    assert content(tmp_path / "out") == whole
    assert not (tmp_path / "out.unfinished").exists()


KILLED = """
import os, signal, sys
from altay_energy.cli.parser import main
from altay_energy.study.runner.store import Store
record, trials = Store._record, []
def killed(store, job, result):
    trials.extend(["plant"] * ("plant" in job.values))
    if len(trials) == {number}:
        os.kill(os.getpid(), signal.SIGKILL)
    return record(store, job, result)
Store._record = killed
if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
"""


@pytest.mark.slow
def test_what_plants_carry_is_the_same_after_kills_and_with_workers(tmp_path):
    """Killed at five moments while results of trials are being stored."""
    (tmp_path / "outages.toml").write_text(WEEK + OUTAGES, encoding="utf-8")
    words = ["adequacy", "outages.toml", "--years", "20", *CARRIED, "--no-charts"]
    words += ["--set", "load.l.annual_mwh=1100000", "-o"]
    assert main([*words, "whole"]) == 0
    for number in np.random.default_rng(4).integers(2, 800, 5):
        (tmp_path / "killed.py").write_text(KILLED.format(number=number))
        command = [sys.executable, "killed.py", *words, "out", "--workers", "2", "--resume"]
        assert subprocess.run(command, check=False).returncode == -signal.SIGKILL
        assert (tmp_path / "out.unfinished").exists()
        assert not (tmp_path / "out").exists()
    assert main([*words, "out", "--workers", "2", "--resume"]) == 0
    assert content(tmp_path / "out") == content(tmp_path / "whole")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ([], "--years is missing"),
        (["--years", "0"], "--years 0"),
        (["--years", "2", "--draws", "0"], "--draws 0"),
        (["--years", "2", "--elcc", "battery.x"], "there is no such plant"),
        (["--years", "2", "--elcc", "battery.b,battery.b"], "expected different plants"),
        (["--years", "2", "--elcc", "battery.b", "--elcc-sizes", "0,1"], "factors above 0"),
        (["--years", "2", "--elcc", "battery.b", "--elcc-at-lolh", "200"], "below the 168 h"),
        (["--years", "2", "--set", "adequacy.outages.grid.units=0"], "units = 0"),
        (
            [
                "--years",
                "2",
                "--set",
                "adequacy.outages.gird={mean_time_to_fail_h=9,mean_time_to_repair_h=1}",
            ],
            "no plant 'gird'",
        ),
    ],
)
def test_adequacy_that_is_wrong_is_one_message(tmp_path, capsys, options, message):
    assert adequacy(tmp_path, *options) == 2
    said = capsys.readouterr().err
    assert message in said
    assert not (tmp_path / "out").exists()
