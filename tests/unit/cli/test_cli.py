"""Each command: what it prints where, what it writes, and its exit status."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

import altay_energy
from altay_energy.cli import commands
from altay_energy.cli import parser as cli
from altay_energy.report.files import results
from altay_energy.run.portfolio import Portfolio

RESULTS = {"kpis.json", "hourly.nc", "hourly.csv", "scenario.toml", "manifest.json"}


def names(folder):
    return {path.name for path in folder.iterdir()}


def process(*words, **options):
    """The same in a process of its own."""
    defaults = {"capture_output": True, "text": True, "encoding": "utf-8", "timeout": 60}
    call = [sys.executable, "-m", "altay_energy", *map(str, words)]
    return subprocess.run(call, check=False, **{**defaults, **options})


def test_run_prints_the_table_and_leaves_the_files(command, scenario_file, tmp_path):
    answer = command("run", scenario_file(), "-o", "out", "--no-charts")
    assert answer.status == 0
    assert "Operating cost" in answer.out
    assert "wind.farm" in answer.out
    assert "note: " not in answer.out
    assert answer.err.endswith("small: results in out\n")
    assert names(tmp_path / "out") == RESULTS
    assert names(tmp_path) == {"small.toml", "out"}


def test_run_without_a_folder_writes_nothing(command, scenario_file, tmp_path):
    assert command("run", scenario_file()).status == 0
    assert names(tmp_path) == {"small.toml"}


def test_charts_and_report_speak_the_language_that_was_asked_for(command, scenario_file, tmp_path):
    answer = command("run", scenario_file(), "-o", "out", "--language", "zh")
    assert answer.status == 0
    assert "弃电" in answer.out
    assert names(tmp_path / "out") == {*RESULTS, "charts", "report.html"}
    assert list((tmp_path / "out" / "charts").iterdir())
    assert 'lang="zh' in (tmp_path / "out" / "report.html").read_text(encoding="utf-8")


def test_json_is_all_output_on_stdout(command, scenario_file, tmp_path):
    path = scenario_file()
    answer = command("run", path, "-o", "out", "--no-charts", "--json")
    assert json.loads(answer.out) == json.loads((tmp_path / "out" / "kpis.json").read_text())
    several = command("run", path, path, "--json")
    assert [document["scenario"] for document in json.loads(several.out)] == ["small", "small"]


def test_set_changes_the_scenario_and_is_in_the_results(command, scenario_file, tmp_path):
    change = ("--set", "wind.farm.capacity_mw=50", "--set", "name=half")
    assert command("run", scenario_file(), "-o", "out", "--no-charts", *change).status == 0
    resolved = tomllib.loads((tmp_path / "out" / "scenario.toml").read_text(encoding="utf-8"))
    assert (resolved["name"], resolved["wind"]["farm"]["capacity_mw"]) == ("half", 50)
    manifest = json.loads((tmp_path / "out" / "manifest.json").read_text())
    assert manifest["command"][1:] == [
        "run",
        str(tmp_path / "small.toml"),
        *(["-o", "out", "--no-charts", *change]),
    ]


def test_several_scenarios_go_to_folders_by_name(command, scenario_file, tmp_path):
    first = scenario_file()
    second = scenario_file(replace=('"small"', '"a/b: 布尔津"'), name="second.toml")
    assert command("run", first, second, "-o", "out", "--no-charts").status == 0
    assert names(tmp_path / "out") == {"small", "a-b-布尔津"}
    assert command("run", first, first, "-o", "twice", "--no-charts").status == 0
    assert names(tmp_path / "twice") == {"small-1", "small-2"}


@pytest.mark.parametrize("words", [("run",), ("compare", "small.toml")])
def test_results_that_exist_are_refused_before_anything_is_simulated(
    command, scenario_file, tmp_path, monkeypatch, words
):
    scenario_file()
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "old.txt").write_text("old")

    def never(portfolio):
        raise AssertionError("simulated in vain")

    monkeypatch.setattr(Portfolio, "run", never)
    answer = command(*words, "small.toml", "-o", "out", "--no-charts")
    assert answer.status == 2
    assert "out: exists already" in answer.err
    assert names(tmp_path / "out") == {"old.txt"}


def test_force_replaces_older_results(command, scenario_file, tmp_path):
    path = scenario_file()
    assert command("run", path, "-o", "out", "--no-charts").status == 0
    again = ("run", path, "-o", "out", "--no-charts", "--set", "name=new")
    assert command(*again).status == 2
    assert command(*again, "--force").status == 0
    assert json.loads((tmp_path / "out" / "kpis.json").read_text())["scenario"] == "new"
    assert names(tmp_path) == {"small.toml", "out"}


def test_results_can_be_replaced_by_a_run_of_their_own_scenario(command, scenario_file, tmp_path):
    assert command("run", scenario_file(), "-o", "out", "--no-charts").status == 0
    figures = (tmp_path / "out" / "kpis.json").read_bytes()
    again = command("run", "out/scenario.toml", "-o", "out", "--no-charts", "--force")
    assert again.status == 0, again.err
    assert (tmp_path / "out" / "kpis.json").read_bytes() == figures


def test_compare_tells_what_differs(command, scenario_file, tmp_path):
    scenario_file()
    child = tmp_path / "bigger.toml"
    child.write_text('extends = "small.toml"\nname = "bigger"\nwind.farm.capacity_mw = 150\n')
    answer = command("compare", child, "small.toml", "-o", "out", "--no-charts")
    assert answer.status == 0
    assert "wind.farm.capacity_mw" in answer.out
    assert names(tmp_path / "out") == {"comparison.json", "comparison.csv", "manifest.json"}
    document = json.loads((tmp_path / "out" / "comparison.json").read_text())
    assert document["scenarios"] == ["small", "bigger"]  # the base comes first
    assert document["inputs"] == {"wind.farm.capacity_mw": [100, 150]}
    assert document["deltas"]["available_mwh"][0] == 0
    assert document["deltas"]["available_mwh"][1] > 0
    as_json = command("compare", child, "small.toml", "-o", "again", "--no-charts", "--json")
    assert json.loads(as_json.out) == document


def test_compare_draws_charts_and_a_report(command, scenario_file, tmp_path):
    path = scenario_file()
    assert command("compare", path, path, "-o", "out").status == 0
    assert {"charts", "report.html"} < names(tmp_path / "out")


def test_compare_needs_two_scenarios(command, scenario_file, tmp_path):
    answer = command("compare", scenario_file(), "-o", "out")
    assert answer.status == 2
    assert "at least two" in answer.err
    assert not (tmp_path / "out").exists()


def test_validate_shows_every_problem_of_every_scenario(command, scenario_file):
    sound = scenario_file()
    faulty = scenario_file(
        "[solar.s]\nsite = 'nowhere'\n", replace=("energy_mwh", "energy"), name="faulty.toml"
    )
    assert command("validate", sound).status == 0
    answer = command("validate", faulty, sound)
    assert answer.status == 2
    assert answer.err == ""
    lines = answer.out.splitlines()
    assert lines[0] == f"{faulty}: 4 problems"
    assert lines[-1].startswith(f"{sound}: valid; 2030-01-01 00:00 to 2030-01-03 00:00")


def test_explain_shows_values_with_their_origin(command, scenario_file):
    answer = command("explain", scenario_file(), "--set", "battery.shed.energy_mwh=40")
    assert answer.status == 0
    assert "command line" in answer.out
    assert "default" in answer.out
    as_json = command("explain", "small.toml", "--json")
    values = {value["key"]: value for value in json.loads(as_json.out)}
    assert values["wind.farm.capacity_mw"]["value"] == 100


def test_weather_describe_reads_a_file_as_its_scenario_declares_it(
    command, scenario_file, weather_csv
):
    weather_csv("w.csv")
    declared = (
        '[weather]\nsource = "files"\n[weather.files]\n'
        'jeminay = { file = "w.csv", stamp = "begin", wind_height_m = 100 }\n'
    )
    scenario_file(declared)
    answer = command("weather", "describe", "w.csv", "--spec", "small.toml:jeminay")
    assert answer.status == 0
    assert "ghi_w_m2" in answer.out
    as_json = command("weather", "describe", "w.csv", "--spec", "small.toml:jeminay", "--json")
    assert json.loads(as_json.out)
    undeclared = command("weather", "describe", "w.csv")
    assert undeclared.status == 2
    assert "wind_height_m" in undeclared.err


def test_what_is_declared_on_the_command_line_is_written_as_with_set(command, weather_csv):
    weather_csv("w.csv")
    plain = ("weather", "describe", "w.csv", "--json")
    quoted = command(*plain, "--declare", 'stamp="begin"', "--declare", "wind_height_m=100")
    bare = command(*plain, "--declare", "stamp=begin", "--declare", "wind_height_m = 100")
    assert quoted.status == bare.status == 0
    assert quoted.out == bare.out
    parts = ("ghi_w_m2", "temperature_c", "wind_speed_m_s", "relative_humidity_percent")
    dotted = [word for part in parts for word in ("--declare", f"columns.{part}={part}")]
    assert command(*plain, "--declare=stamp=begin", "--declare=wind_height_m=100", *dotted).out


def test_lines_above_the_header_of_a_weather_file_are_left_out_and_said(
    command, weather_csv, tmp_path
):
    path = weather_csv("w.csv")
    above = "latitude,longitude,elevation\n47.4,85.9,900\n\n"
    (tmp_path / "m.csv").write_text(above + path.read_text())
    declared = ("--declare", "stamp=begin", "--declare", "wind_height_m=100", "--json")
    found = command("weather", "describe", "m.csv", *declared)
    given = command("weather", "describe", "m.csv", *declared, "--declare", "header_line=4")
    assert found.status == given.status == 0, found.err
    assert "the header is line 4; 3 lines above it left out" in found.out
    plain = json.loads(command("weather", "describe", "w.csv", *declared).out)
    assert json.loads(found.out)["series"] == plain["series"]
    assert json.loads(given.out)["series"] == plain["series"]


def test_weather_may_give_year_month_day_and_hour_in_columns(command, weather_csv, tmp_path):
    path = weather_csv("w.csv")
    header, *rows = path.read_text().splitlines()
    parts = [row.split(",", 1) for row in rows]
    split = [f"{t[:4]},{int(t[5:7])},{int(t[8:10])},{int(t[11:13])},30,{rest}" for t, rest in parts]
    wtk = ["SiteID,9,Timezone,8", header.replace("time", "Year,Month,Day,Hour,Minute"), *split]
    (tmp_path / "m.csv").write_text("\n".join(wtk) + "\n")
    declared = ("--declare", "wind_height_m=100", "--json")
    answer = command(
        *("weather", "describe", "m.csv", *declared, "--declare", "stamp=middle"),
        *("--declare", "utc_offset_hours=8"),
        *("--declare", 'time=["Year","Month","Day","Hour","Minute"]'),
    )
    assert answer.status == 0, answer.err
    plain = json.loads(
        command("weather", "describe", "w.csv", *declared, "--declare=stamp=begin").out
    )
    assert json.loads(answer.out)["series"] == plain["series"]


@pytest.mark.parametrize(
    ("spec", "words"),
    [
        ("small.toml", "expected SCENARIO.toml:SITE"),
        ("small.toml:jeminay", "weather.files has no site"),
        ("nowhere.toml:jeminay", "no such file"),
    ],
)
def test_a_declaration_that_is_not_there_is_said(command, scenario_file, weather_csv, spec, words):
    scenario_file()
    weather_csv("w.csv")
    answer = command("weather", "describe", "w.csv", "--spec", spec)
    assert answer.status == 2
    assert words in answer.err


def test_a_faulty_declaration_is_explained_like_any_other_key(command, scenario_file, weather_csv):
    weather_csv("w.csv")
    path = scenario_file('[weather.files]\njeminay = { file = "w.csv", stamp = "begn" }\n')
    answer = command("weather", "describe", "w.csv", "--spec", f"{path}:jeminay")
    assert answer.status == 2
    assert f'{path}: weather.files.jeminay.stamp = "begn"' in answer.err
    assert "did you mean begin?" in answer.err


def test_a_new_scenario_runs_as_it_is(command, tmp_path):
    answer = command("new", "布尔津-2031")
    assert answer.status == 0
    assert "altay-energy run 布尔津-2031.toml" in answer.out
    assert command("run", "布尔津-2031.toml").status == 0


def test_new_overwrites_by_force_only(command, tmp_path):
    path = tmp_path / "mine.toml"
    path.write_text("precious")
    answer = command("new", "mine.TOML")
    assert answer.status == 2
    assert "exists already" in answer.err
    assert path.read_text() == "precious"
    assert command("new", "mine", "--force").status == 0
    assert 'name = "mine"' in path.read_text()


@pytest.mark.parametrize("name", ["a/b", "..", "", "CON", "a b", ".toml", "x" * 80])
def test_new_takes_plain_file_names_only(command, tmp_path, name):
    answer = command("new", name)
    assert answer.status == 2
    assert "no plain file name" in answer.err
    assert names(tmp_path) == set()


def test_schema_prints_json_schema(command):
    schema = json.loads(command("schema").out)
    assert schema["$schema"].startswith("https://json-schema.org/")
    assert {"wind", "extends", "schema_version"} < set(schema["properties"])


def test_doctor_finds_this_installation_sound(command):
    answer = command("doctor")
    assert answer.status == 0, answer.out
    assert "FAIL" not in answer.out
    assert all(check["sound"] for check in json.loads(command("doctor", "--json").out))


def test_doctor_names_what_is_broken_and_checks_the_rest(command, monkeypatch):
    from altay_energy.cli import doctor

    def broken():
        raise ImportError("no numpy here")

    monkeypatch.setattr(doctor, "_simulation", broken)
    answer = command("doctor")
    assert answer.status == 2
    assert "FAIL simulation: ImportError: no numpy here" in answer.out
    assert "ok   netCDF" in answer.out


def test_an_interrupt_gives_130_and_leaves_nothing_half_done(
    command, scenario_file, tmp_path, monkeypatch
):
    def interrupted(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(results, "write_csv", interrupted)
    answer = command("run", scenario_file(), "-o", "out", "--no-charts")
    assert answer.status == 130
    assert answer.err.endswith("interrupted; what was finished stays\n")
    assert names(tmp_path) == {"small.toml"}


def test_what_was_finished_before_an_interrupt_stays(command, scenario_file, tmp_path, monkeypatch):
    write = results.write_scenario

    def second_is_interrupted(scenario, folder):
        if scenario.name == "b":
            raise KeyboardInterrupt
        write(scenario, folder)

    monkeypatch.setattr(results, "write_scenario", second_is_interrupted)
    first = scenario_file(replace=('"small"', '"a"'), name="a.toml")
    second = scenario_file(replace=('"small"', '"b"'), name="b.toml")
    assert command("run", first, second, "-o", "out", "--no-charts").status == 130
    assert names(tmp_path / "out") == {"a"}


def test_a_fault_of_the_program_keeps_its_traceback(command, monkeypatch):
    def broken(args):
        raise RuntimeError("a bug")

    monkeypatch.setattr(commands, "schema", broken)
    with pytest.raises(RuntimeError, match="a bug"):
        command("schema")


@pytest.mark.parametrize(
    "words",
    [
        (),
        ("rnu", "small.toml"),
        ("run",),
        ("run", "small.toml", "--jsn"),
        ("run", "small.toml", "--no-chart"),
        ("run", "small.toml", "--language", "de"),
        ("compare", "a.toml", "b.toml"),
        ("weather",),
    ],
)
def test_words_that_are_no_command_give_status_2_and_the_usage(command, words):
    answer = command(*words)
    assert answer.status == 2
    assert answer.out == ""
    assert "usage: altay-energy" in answer.err


def test_help_names_the_commands_and_imports_nothing_heavy():
    code = (
        "import sys; from altay_energy.cli.parser import main\n"
        "try: main(['--help'])\n"
        "except SystemExit as leave: assert not leave.code\n"
        "heavy = {'numpy', 'pandas', 'pydantic', 'matplotlib', 'xarray', 'rich'}\n"
        "heavy &= set(sys.modules)\n"
        "assert not heavy, heavy"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert all(f"\n    {name} " in done.stdout for name in ("run", "compare", "weather", "doctor"))


def test_the_module_is_the_command():
    assert process("--version").stdout == f"altay-energy {altay_energy.__version__}\n"
    assert process("rnu").returncode == 2


def test_a_reader_that_leaves_early_is_no_error():
    with subprocess.Popen(
        [sys.executable, "-m", "altay_energy", "schema"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as run:
        run.stdout.close()
        assert run.stderr.read() == b""
    assert run.returncode == 0


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="a device of Linux")
def test_output_that_cannot_be_written_is_said_in_words():
    with Path("/dev/full").open("w") as full:
        done = process("schema", capture_output=False, stdout=full, stderr=subprocess.PIPE)
    assert done.returncode == 2
    assert "cannot write to the screen: No space left" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.skipif(os.name != "posix", reason="closes a stream as a shell does")
def test_a_closed_stdout_is_no_error():
    call = f"{sys.executable} -m altay_energy schema >&-"
    done = subprocess.run(["sh", "-c", call], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize(
    "encoding",
    ["gbk", *(pytest.param(name, marks=pytest.mark.slow) for name in ("ascii", "cp437"))],
)
def test_json_stays_json_in_a_terminal_of_another_code_page(scenario_file, encoding):
    path = scenario_file(replace=("[wind.farm]", '[wind."布尔津é😀"]'))
    environment = {**os.environ, "PYTHONIOENCODING": encoding, "PYTHONUTF8": "0"}
    done = process("explain", path, "--json", encoding=encoding, env=environment)
    assert done.returncode == 0, done.stderr
    assert 'wind."布尔津é😀".capacity_mw' in {value["key"] for value in json.loads(done.stdout)}


def test_every_command_has_its_function():
    root = cli.parser()
    for words in (["schema"], ["doctor"], ["new", "x"], ["weather", "describe", "x"]):
        assert callable(cli.function_of(root.parse_args(words).call))


def test_ladder_prints_the_rungs_and_leaves_a_whole_folder(command, scenario_file, tmp_path):
    answer = command("ladder", scenario_file(), "-o", "out", "--no-charts")
    assert answer.status == 0
    assert "Value of each step" in answer.out
    files = {"ladder.json", "ladder.csv", "scenario.toml", "manifest.json"}
    assert names(tmp_path / "out") == files
    again = command("ladder", scenario_file(), "-o", "out")
    assert again.status == 2
    assert "--force" in again.err
    asked = command("ladder", scenario_file(), "-o", "out", "--force", "--json")
    document = json.loads(asked.out)
    assert set(document["rungs"]) == {"rules", "rolling", "rolling_perfect", "optimal"}
    assert names(tmp_path / "out") == {*files, "charts"}


def test_rolling_writes_plans_and_forecast_errors(command, scenario_file, tmp_path):
    words = ("--set", "dispatch.method='rolling'", "--set", "dispatch.rolling.step_hours=12")
    answer = command("run", scenario_file(), "-o", "out", "--no-charts", *words)
    assert answer.status == 0
    document = json.loads((tmp_path / "out" / "kpis.json").read_text(encoding="utf-8"))
    assert document["rolling"]["windows"] == 4
    assert "wind.farm" in document["rolling"]["forecasts"]
    header = (tmp_path / "out" / "hourly.csv").read_text(encoding="utf-8-sig").splitlines()
    assert any("planned_import_mw" in line for line in header[:3])


MUST_SERVE = ("--set", "dispatch.unserved_max_mwh=0", "--set", "grid.import_limit_mw=20")


@pytest.mark.parametrize("method", ["rules", "optimal", "rolling"])
@pytest.mark.parametrize("json_only", [[], ["--json"]])
@pytest.mark.parametrize("language", ["en", "zh"])
def test_what_has_no_solution_gives_status_3_one_language_and_no_results(
    command, scenario_file, tmp_path, method, json_only, language
):
    asked = (*MUST_SERVE, "--set", f"dispatch.method={method}")
    answer = command(
        "run", scenario_file(), "-o", "out", *asked, *json_only, "--language", language
    )
    assert answer.status == 3
    assert answer.out == ""
    assert names(tmp_path) == {"small.toml"}
    assert "dispatch.unserved_max_mwh = 0" in answer.err
    english = "January", "grid.import_limit_mw raised to "
    chinese = "1月", "将 grid.import_limit_mw 提高至 "
    said, other = (english, chinese) if language == "en" else (chinese, english)
    assert all(text in answer.err for text in said)
    assert not any(text in answer.err for text in other)
    assert "Traceback" not in answer.err


def test_an_optimum_that_cannot_be_names_the_keys_in_conflict(command, scenario_file):
    asked = (*MUST_SERVE, "--set", "dispatch.method=optimal")
    error = command("run", scenario_file(), *asked).err
    clash = next(line for line in error.splitlines() if line.startswith("these are in conflict: "))
    assert "grid.import_limit_mw = 20" in clash
    assert "load." in clash
    error = command("--language", "zh", "run", scenario_file(), *asked).err
    assert "以下条件互相冲突：" in error
    assert "these are in conflict" not in error


def test_load_that_goes_without_is_a_note_beside_the_figures(command, scenario_file):
    answer = command("run", scenario_file(), "--set", "grid.import_limit_mw=20", "--json")
    assert answer.status == 0
    assert json.loads(answer.out)["kpis"]["unserved_mwh"] > 0.0
    assert "note: dispatch: " in answer.err
    assert "load is not served, by up to " in answer.err


def test_the_reference_solver_leaves_stdout_to_json(scenario_file):
    done = process("run", scenario_file(), "--json", "--set", "dispatch.method=rolling")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["scenario"] == "small"
