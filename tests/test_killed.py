"""Whatever ends a command leaves the older result or the new one, and nothing hidden."""

from __future__ import annotations

import json
import os
import resource
import signal
import subprocess
import sys
import time

import numpy as np
import pytest

from altay_energy.core.errors import OutputError
from altay_energy.dispatch.result.result import Dispatch, InvariantError
from altay_energy.report.files import folder as folders
from altay_energy.report.files.folder import STALE_SECONDS, check_free, whole_folder
from altay_energy.report.files.single import whole_file
from altay_energy.scenario.load import load

SMALL = """schema_version = 1
name = "a"
[time]
start = "2030-01-01T00:00"
hours = 24
[load.x]
profile = 1
[grid]
import_limit_mw = 2
"""


@pytest.fixture
def result(tmp_path, command):
    """A folder of results."""
    (tmp_path / "s.toml").write_text(SMALL)
    assert command("run", "s.toml", "--no-charts", "-o", "out").status == 0
    return tmp_path / "out"


def test_part_of_an_older_result_never_comes_back(result, command, tmp_path):
    remnant = tmp_path / ".out.partial-killed-old"
    remnant.mkdir()
    (remnant / "kpis.json").write_bytes((result / "kpis.json").read_bytes())
    result.rename(tmp_path / "keep")
    assert command("run", "s.toml", "--no-charts", "-o", "out").status == 0
    assert (result / "manifest.json").is_file()


def test_a_whole_older_result_comes_back_before_anything_is_computed(result, refused, tmp_path):
    result.rename(tmp_path / ".out.partial-killed-old")
    with pytest.raises(OutputError, match="exists already"):
        check_free(result, force=False)
    assert (result / "manifest.json").is_file()


def test_a_damaged_older_result_does_not_come_back(result, tmp_path):
    remnant = result.rename(tmp_path / ".out.partial-killed-old")
    (remnant / "kpis.json").write_text("{}")
    check_free(result, force=False)
    assert not result.exists()


def test_a_kill_while_the_older_result_is_deleted_leaves_nothing_to_come_back(
    result, tmp_path, monkeypatch
):
    before = (result / "manifest.json").read_bytes()

    class Killed(BaseException):
        pass

    def killed(path, **_):
        (path / "kpis.json").unlink(missing_ok=True)
        raise Killed

    def replace_it():
        with whole_folder(result, force=True) as partial:
            (partial / "manifest.json").write_text('{"altay_energy": "1", "files": {}}')
            monkeypatch.setattr(folders.shutil, "rmtree", killed)

    with pytest.raises(Killed):
        replace_it()
    monkeypatch.undo()
    assert (result / "manifest.json").read_bytes() != before  # the new one stands
    result.rename(tmp_path / "moved")
    check_free(result, force=False)
    assert not result.exists()


def test_a_signal_to_end_leaves_no_hidden_folder(tmp_path):
    number = signal.SIGTERM
    code = f"""
import os, signal, sys
from pathlib import Path
from altay_energy import cli, commands
from altay_energy.report.files.folder import whole_folder
def run(args):
    with whole_folder(Path("out")) as partial:
        (partial / "x").write_text("x")
        os.kill(os.getpid(), {int(number)})
        import time; time.sleep(20)
    return 0
commands.run = run
sys.argv = ["altay-energy", "run", "s.toml"]
cli.entry()
"""
    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, check=False, timeout=60)
    assert done.returncode == 128 + number
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_a_killed_command_left_is_deleted_later(tmp_path):
    remnant = tmp_path / ".altay-x.partial.nc"
    remnant.write_text("x")
    with whole_file(tmp_path / "a.csv") as partial:
        partial.write_text("a")
    assert remnant.exists()  # it may be another command's
    long_ago = time.time() - STALE_SECONDS - 1
    os.utime(remnant, (long_ago, long_ago))
    with whole_file(tmp_path / "b.csv") as partial:
        partial.write_text("b")
    assert not remnant.exists()


def test_a_disk_that_is_full_ends_a_conversion_with_a_message(tmp_path, weather_csv):
    weather_csv("w.csv", days=60)
    (tmp_path / "s.toml").write_text(
        SMALL + '[weather]\nsource = "files"\n[sites.a]\nlatitude = 47.43\nlongitude = 85.87\n'
        'elevation_m = 984\n[weather.files]\na = { file = "w.csv", stamp = "begin", '
        "wind_height_m = 100 }\n"
    )
    before = sorted(tmp_path.iterdir())
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "altay_energy",
            *["weather", "convert", "w.csv", "-o", "x.nc", "--spec", "s.toml:a"],
        ],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (16_384, 16_384)),
    )
    assert done.returncode == 2, done
    assert done.stderr.startswith("altay-energy: x.nc: cannot be written: File too large")
    assert sorted(tmp_path.iterdir()) == before


def test_a_broken_law_ends_with_one_sentence_and_what_led_to_it_is_kept(
    command, scenario_file, tmp_path, monkeypatch
):
    scenario_file()

    def broken(self):
        raise InvariantError("the power balance is off by 3 MW")

    monkeypatch.setattr(Dispatch, "_check", broken)
    answer = command("run", "small.toml", "-o", "out")
    assert answer.status == 70
    assert answer.err.count("\n") == 1
    assert "a law of physics was broken inside (the power balance is off by 3 MW)" in answer.err
    (kept,) = tmp_path.glob("altay-energy-fault-*")
    assert str(kept) in answer.err
    document = json.loads((kept / "fault.json").read_text())
    assert document["command"][:2] == ["altay-energy", "run"]
    assert any("InvariantError" in line for line in document["traceback"])
    with np.load(kept / "problem.npz", allow_pickle=False) as arrays:
        assert arrays["dispatch.problem.load_mw"].shape == (48,)
    monkeypatch.undo()
    again = load(kept / "scenario.toml").run().kpis["kpis"]
    assert again == load(tmp_path / "small.toml").run().kpis["kpis"]
    assert not (tmp_path / "out").exists()


def test_any_other_fault_keeps_its_traceback(command, scenario_file, monkeypatch):
    scenario_file()
    monkeypatch.setattr(Dispatch, "_check", lambda self: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        command("run", "small.toml")
