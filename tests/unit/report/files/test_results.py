"""The files of a run say what it was, give the same bytes each time, and can be run again."""

from __future__ import annotations

import csv
import hashlib
import json
import shutil
import tomllib

import numpy as np
import pytest
import xarray as xr

import altay_energy as ae
from altay_energy.report.files import results
from altay_energy.report.files.results import write_csv, write_kpis, write_netcdf

PROFILE = 'profile = { file = "data/power.csv", column = "power" }'
SECTOR = 'sector = "mining"\nannual_mwh = 300_000'


def power_csv(path, base=0.0, scale=1.0, hours=48):
    stamps = np.datetime64("2030-01-01T00:00") + np.arange(hours) * np.timedelta64(1, "h")
    path.parent.mkdir(parents=True, exist_ok=True)
    rows = "".join(f"{stamp}+08:00,{base + scale * (k % 7)}\n" for k, stamp in enumerate(stamps))
    path.write_text(f"time,power\n{rows}", encoding="utf-8")


def files_of(folder):
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


@pytest.fixture
def small(scenario_file):
    return ae.load(scenario_file()).run()


def test_kpis_json_holds_the_figures_exactly(small, tmp_path):
    write_kpis(small, tmp_path / "kpis.json")
    assert json.loads((tmp_path / "kpis.json").read_text(encoding="utf-8")) == small.kpis


def test_hourly_nc_gives_back_what_went_in(small, tmp_path):
    write_netcdf(small.hourly, tmp_path / "hourly.nc")
    with xr.open_dataset(tmp_path / "hourly.nc", engine="h5netcdf") as back:
        xr.testing.assert_identical(back.load().astype(small.hourly.dtypes), small.hourly)
        assert back.attrs["Conventions"] == "CF-1.11"


def test_every_variable_of_hourly_nc_has_unit_and_names(small, tmp_path):
    write_netcdf(small.hourly, tmp_path / "hourly.nc")
    units = {"_mw": "MW", "_mwh": "MWh", "_cny_mwh": "CNY/MWh"}
    with xr.open_dataset(tmp_path / "hourly.nc", engine="h5netcdf") as back:
        for name, variable in back.data_vars.items():
            ending = max((e for e in units if name.endswith(e)), key=len)
            assert variable.attrs["units"] == units[ending]
            assert variable.attrs["long_name"]
            assert variable.attrs["long_name_zh"]


def test_times_of_hourly_nc_are_in_utc_and_levels_are_at_edges(small, tmp_path):
    write_netcdf(small.hourly, tmp_path / "hourly.nc")
    with xr.open_dataset(tmp_path / "hourly.nc", engine="h5netcdf", decode_times=False) as raw:
        assert raw["time"].attrs["units"] == "minutes since 1970-01-01"
    with xr.open_dataset(tmp_path / "hourly.nc", engine="h5netcdf") as back:
        assert back["time"].values[0] == np.datetime64("2029-12-31T16:00")
        assert (back.sizes["time"], back.sizes["time_edge"]) == (48, 49)
        assert back["level_mwh"].dims == ("storage", "time_edge")
        assert back["time_edge"].values[-1] == np.datetime64("2030-01-02T16:00")


@pytest.mark.parametrize(
    "absent",
    [
        ["battery.shed"],
        ["wind.farm", "sites.jeminay"],
        ["load.mine"],
        ["grid"],
        ["battery.shed", "wind.farm", "sites.jeminay", "load.mine", "grid"],
    ],
    ids=lambda absent: absent[0] if len(absent) < 3 else "everything",
)
def test_what_a_scenario_lacks_is_a_dimension_of_size_0(scenario_file, tmp_path, absent):
    scenario_file(name="parent.toml")
    child = tmp_path / "child.toml"
    child.write_text(f'extends = "parent.toml"\nwithout = {json.dumps(absent)}\n')
    hourly = ae.load(child).run().hourly
    write_netcdf(hourly, tmp_path / "hourly.nc")
    write_csv(hourly, tmp_path / "hourly.csv")
    with xr.open_dataset(tmp_path / "hourly.nc", engine="h5netcdf") as back:
        assert dict(back.sizes) == dict(hourly.sizes)
        assert back.sizes["thermal"] == 0
    assert (tmp_path / "hourly.csv").read_text(encoding="utf-8-sig").count("\n") == 49


def test_hourly_csv_is_a_year_that_a_spreadsheet_and_a_scenario_read(scenario_file, tmp_path):
    year = ('start = "2030-01-01T00:00"\nhours = 48', "year = 2030")
    run = ae.load(scenario_file(replace=year)).run()
    write_csv(run.hourly, tmp_path / "hourly.csv")
    raw = (tmp_path / "hourly.csv").read_bytes()
    assert raw.startswith(b"\xef\xbb\xbf")  # without it a spreadsheet guesses the encoding
    rows = list(csv.DictReader(raw.decode("utf-8-sig").splitlines()))
    assert len(rows) == 8760
    assert rows[0]["time"] == "2030-01-01T00:00+08:00"
    assert rows[-1]["time"] == "2030-12-31T23:00+08:00"
    column = "load.mine demand_mw 分项负荷"
    assert float(rows[5][column]) == pytest.approx(float(run.hourly["demand_mw"][0, 5]))
    again = f'profile = {{ file = "hourly.csv", column = "{column}" }}'
    second = ae.load(scenario_file(replace=(SECTOR, again)), {"time.hours": 72}).run()
    np.testing.assert_allclose(
        second.hourly["demand_mw"][0], run.hourly["demand_mw"][0, :72], rtol=1e-8
    )


def test_stamps_of_hourly_csv_follow_step_and_clock(scenario_file, tmp_path):
    path = scenario_file(replace=("hours = 48", "hours = 1\nstep_hours = 0.25"))
    hourly = ae.load(path, {"time.utc_offset_hours": -3.5}).run().hourly
    write_csv(hourly, tmp_path / "hourly.csv")
    lines = (tmp_path / "hourly.csv").read_text(encoding="utf-8-sig").splitlines()
    assert [line.split(",")[0] for line in lines[1:]] == [
        f"2030-01-01T00:{minute:02d}-03:30" for minute in (0, 15, 30, 45)
    ]


def test_the_same_input_gives_the_same_bytes(scenario_file, tmp_path):
    for name in ("one", "two"):
        ae.save_run(ae.load(scenario_file()), tmp_path / name, charts=False)
    one, two = files_of(tmp_path / "one"), files_of(tmp_path / "two")
    assert one.keys() == two.keys()
    assert [name for name in one if one[name] != two[name]] in ([], ["manifest.json"])


@pytest.fixture
def rich_scenario(scenario_file, weather_csv, tmp_path):
    """A scenario that names every sort of data file, two of them by the same name."""
    power_csv(tmp_path / "data" / "power.csv")
    power_csv(tmp_path / "prices" / "power.csv", base=300.0)
    weather_csv("weather/Jeminay 2030.CSV")
    (tmp_path / "curve.csv").write_text("v,p\n0,0\n3,0\n5,200\n8,900\n12,2000\n25,2000\n25.1,0\n")
    added = (
        'import_price_cny_mwh = { file = "prices/power.csv", column = "power" }\n'
        '[weather]\nsource = "files"\n[weather.files]\njeminay = { '
        'file = "weather/Jeminay 2030.CSV", stamp = "begin", wind_height_m = 100 }\n'
        '[wind.own]\nsite = "jeminay"\ncapacity_mw = 40\nhub_height_m = 90\n'
        'turbine = { file = "curve.csv", speed_column = "v", power_column = "p", '
        'power_unit = "kW", rated_mw = 2.0 }\n'
    )
    return scenario_file(added, replace=(SECTOR, PROFILE))


def test_a_resolved_scenario_runs_again_from_anywhere(
    rich_scenario, tmp_path, tmp_path_factory, monkeypatch
):
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    power_csv(elsewhere / "sun.csv", scale=0.1)
    changes = {
        "battery.shed.energy_mwh": 33,
        "solar.s.capacity_mw": 5,
        "solar.s.profile": {"file": elsewhere / "sun.csv", "column": "power"},
    }
    first = tmp_path / "out"
    ae.save_run(ae.load(rich_scenario, changes), first, charts=False)
    assert {path.name for path in (first / "inputs").iterdir()} == {
        "power.csv",
        "power-2.csv",
        "sun.csv",
        "Jeminay-2030.csv",
        "curve.csv",
    }
    moved = tmp_path_factory.mktemp("moved") / "results"
    shutil.move(first, moved)
    for path in [*tmp_path.iterdir(), elsewhere]:
        shutil.rmtree(path) if path.is_dir() else path.unlink()
    monkeypatch.chdir(tmp_path)
    ae.save_run(ae.load(moved / "scenario.toml"), tmp_path / "again", charts=False)
    was, now = files_of(moved), files_of(tmp_path / "again")
    assert was.keys() == now.keys()
    assert [name for name in was if was[name] != now[name]] in ([], ["manifest.json"])


def test_a_weather_file_is_declared_in_the_resolved_scenario_as_it_was(rich_scenario, tmp_path):
    ae.save_run(ae.load(rich_scenario), tmp_path / "out", charts=False)
    resolved = tomllib.loads((tmp_path / "out" / "scenario.toml").read_text(encoding="utf-8"))
    # a default of CSV, such as the name of its column of stamps, would be refused for an EPW file
    assert resolved["weather"]["files"]["jeminay"] == {
        "file": "inputs/Jeminay-2030.csv",
        "stamp": "begin",
        "wind_height_m": 100,
    }


def test_the_manifest_is_the_last_file_and_its_hashes_are_right(
    rich_scenario, tmp_path, monkeypatch
):
    written = []
    write = results.write_manifest

    def noted(folder, *rest, **more):
        written.extend(files_of(folder))
        write(folder, *rest, **more)

    monkeypatch.setattr(results, "write_manifest", noted)
    ae.save_run(ae.load(rich_scenario), tmp_path / "out", charts=False, command=["a", "\udcff"])
    files = files_of(tmp_path / "out")
    assert set(files) - set(written) == {"manifest.json"}
    manifest = json.loads(files.pop("manifest.json"))
    assert manifest["files"] == {
        name: hashlib.sha256(content).hexdigest() for name, content in files.items()
    }
    (scenario,) = manifest["scenarios"]
    assert (scenario["name"], scenario["steps"], scenario["weather"]) == ("small", 48, "files")
    source = hashlib.sha256(rich_scenario.read_bytes()).hexdigest()
    assert scenario["scenario_files"] == {"small.toml": source}
    assert set(scenario["data_files"]) == {
        "load.mine.profile.file",
        "grid.import_price_cny_mwh.file",
        "weather.files.jeminay.file",
        "wind.own.turbine.file",
    }
    assert manifest["command"][0] == "a"
    assert manifest["seconds"]["simulation"] >= 0
    assert manifest["libraries"]["numpy"] == np.__version__


def test_labels_in_a_comparison_are_no_formulas(scenario_file, tmp_path):
    odd = ae.load(scenario_file(), {"name": "=1+1"})
    plain = ae.load(scenario_file())
    ae.save_comparison([plain, odd], ae.compare([plain, odd]), tmp_path / "out", charts=False)
    text = (tmp_path / "out" / "comparison.csv").read_text(encoding="utf-8-sig")
    rows = list(csv.reader(text.splitlines()))
    assert rows[0] == ["figure", "small", "'=1+1"]
    figures = {name: value for name, value, _ in rows[1:]}
    assert float(figures["load_mwh"]) == pytest.approx(plain.run().kpis["kpis"]["load_mwh"])
    document = json.loads((tmp_path / "out" / "comparison.json").read_text(encoding="utf-8"))
    assert document["scenarios"] == ["small", "=1+1"]  # raw JSON is kept exact


def test_a_plant_named_like_a_formula_is_no_formula(scenario_file, tmp_path):
    added = '[solar."=1+1"]\nsite = "jeminay"\ncapacity_mw = 1\n'
    write_csv(ae.load(scenario_file(added)).run().hourly, tmp_path / "hourly.csv")
    header = (tmp_path / "hourly.csv").read_text(encoding="utf-8-sig").splitlines()[0]
    assert not any(name[:1] in "=+-@" for name in next(csv.reader([header])))
