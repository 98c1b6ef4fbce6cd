"""What lies beside the results is what they were made from, whatever happens to the files."""

from __future__ import annotations

import hashlib
import json
import os
import threading

import pytest

from altay_energy.core.errors import AltayError
from altay_energy.report.files.save import save_comparison, save_run
from altay_energy.resource.pumped.hill import HILLS
from altay_energy.scenario.load import load
from altay_energy.study.compare import compare
from altay_energy.weather.climate.model.file import read_climate
from altay_energy.weather.read import read_weather

SECTOR = 'sector = "mining"\nannual_mwh = 300_000'
PROFILE = 'profile = { file = "power.csv", column = "power" }'


def digest(raw: bytes) -> str:
    return hashlib.sha256(raw).hexdigest()


def rows(value):
    return "time,power\n" + "".join(
        f"2030-01-{1 + k // 24:02d}T{k % 24:02d}:00+08:00,{value}\n" for k in range(48)
    )


@pytest.fixture
def made_of_files(scenario_file, weather_csv, tmp_path):
    """A scenario of a parent, a series, a power curve and a weather file."""
    weather_csv("w.csv", days=5)
    (tmp_path / "power.csv").write_text(rows(20))
    (tmp_path / "curve.csv").write_text("v,p\n0,0\n3,0\n12,2000\n25,2000\n")
    scenario_file(
        '[weather]\nsource = "files"\n[weather.files]\n'
        'jeminay = { file = "w.csv", stamp = "begin", wind_height_m = 100 }\n',
        replace=(SECTOR, PROFILE),
        name="parent.toml",
    )
    path = tmp_path / "small.toml"
    path.write_text(
        'extends = "parent.toml"\n[wind.farm]\nhub_height_m = 100\nturbine = { file = "curve.csv", '
        'speed_column = "v", power_column = "p", power_unit = "kW", rated_mw = 2.0 }\n'
    )
    return path


def test_files_saved_again_during_a_run_do_not_reach_its_results(made_of_files, tmp_path):
    names = ("small.toml", "parent.toml", "power.csv", "curve.csv", "w.csv")
    before = {name: (tmp_path / name).read_bytes() for name in names}
    scenario = load(made_of_files)
    for name in names:
        (tmp_path / name).write_text("something else")
    (tmp_path / "curve.csv").unlink()
    save_run(scenario, tmp_path / "out", charts=False)
    said = json.loads((tmp_path / "out" / "manifest.json").read_text())["scenarios"][0]
    assert said["scenario_files"] == {n: digest(before[n]) for n in names[:2]}
    found = {entry["file"]: entry["sha256"] for entry in said["data_files"].values()}
    assert found == {n: digest(before[n]) for n in names[2:]}
    for name in names[2:]:
        assert (tmp_path / "out" / "inputs" / name).read_bytes() == before[name]
    again = load(tmp_path / "out" / "scenario.toml").run().kpis["kpis"]
    assert again == pytest.approx(scenario.run().kpis["kpis"], nan_ok=True)


def test_a_comparison_gives_the_hash_of_what_was_read(made_of_files, tmp_path):
    before = digest((tmp_path / "power.csv").read_bytes())
    scenarios = [load(made_of_files), load(made_of_files, {"battery.shed.energy_mwh": 30})]
    (tmp_path / "power.csv").write_text(rows(3))
    save_comparison(scenarios, compare(scenarios), tmp_path / "out", charts=False)
    said = json.loads((tmp_path / "out" / "manifest.json").read_text())["scenarios"]
    for scenario in said:
        assert scenario["data_files"]["load.mine.profile.file"]["sha256"] == before


def test_a_scenario_from_a_pipe_is_read_once_and_its_hash_is_that_of_the_text(
    command, scenario_file, tmp_path
):
    text = scenario_file().read_bytes()
    os.mkfifo(tmp_path / "pipe.toml")
    writer = threading.Thread(target=(tmp_path / "pipe.toml").write_bytes, args=(text,))
    writer.start()
    answer = command("run", "pipe.toml", "-o", "out", "--no-charts")
    writer.join(timeout=20)
    assert answer.status == 0
    said = json.loads((tmp_path / "out" / "manifest.json").read_text())["scenarios"][0]
    assert said["scenario_files"] == {"pipe.toml": digest(text)}


@pytest.mark.parametrize("reader", [read_weather, HILLS.load_own, read_climate])
def test_data_in_a_pipe_are_refused_and_wait_for_nobody(tmp_path, reader):
    os.mkfifo(tmp_path / "w.csv")
    with pytest.raises(AltayError, match="is a pipe or a device; save the data in a plain file"):
        reader(tmp_path / "w.csv")
