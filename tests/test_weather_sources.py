"""Weather files in scenarios and on the command line: second wind files, policies, conversion."""

from __future__ import annotations

import json

import numpy as np
import pytest

from altay_energy import load
from altay_energy.weather.files.clock import cos_zenith
from altay_energy.weather.read import read_weather

FILES = (
    '[weather]\nsource = "files"\n{}[weather.files]\n'
    'jeminay = {{ file = "w.csv", stamp = "begin", wind_height_m = 100 }}\n'
)
MAST = 'jeminay = { file = "mast.csv", stamp = "begin", wind_height_m = 80, wind_only = true }\n'


def mast(folder, days=40, speed=7.0, start="2030-01-01"):
    stamps = np.datetime64(start) + np.arange(days * 24) * np.timedelta64(1, "h")
    rows = [f"{stamp}:00+08:00,{speed + k % 5}" for k, stamp in enumerate(stamps)]
    (folder / "mast.csv").write_text("\n".join(["time,wind_speed_m_s", *rows]) + "\n")


def site_weather(path):
    return load(path).portfolio.weather_by_site["jeminay"]


def test_wind_comes_from_the_second_file_and_all_else_from_the_first(
    scenario_file, weather_csv, tmp_path
):
    weather_csv("w.csv")
    mast(tmp_path)
    alone = site_weather(scenario_file(FILES.format("")))
    both = site_weather(scenario_file(FILES.format("") + "[weather.wind_files]\n" + MAST))
    np.testing.assert_array_equal(both.wind_speed_m_s, 7.0 + np.arange(48) % 5)
    assert both.wind_height_m == 80.0
    for name in ("ghi_w_m2", "temperature_c", "pressure_pa"):
        np.testing.assert_array_equal(getattr(both, name), getattr(alone, name))
    assert any("mast.csv: wind from this file alone" in notice for notice in both.notices)


@pytest.mark.parametrize(
    ("wind", "words"),
    [
        ('other = "mast.csv"\n', "wind_files.other gives the wind, but files has no other"),
        ('jeminay = "absent.csv"\n', "there is no such file"),
        ('jeminay = "mast.csv"\n', "does not say stamp nor wind_height_m"),
        ('jeminay = "../mast.csv"\n', "outside the project folder"),
        (MAST.replace("wind_only = true", "wind_only = false"), "no column is called 'ghi_w_m2'"),
        (MAST.replace("wind_height_m = 80, ", ""), "does not say wind_height_m"),
        (MAST.replace("wind_only", "wind_olny"), "did you mean wind_only?"),
        ("jeminay = 3\n", "must be"),
    ],
)
def test_a_second_file_that_cannot_be_used(
    refused, scenario_file, weather_csv, tmp_path, wind, words
):
    weather_csv("w.csv")
    mast(tmp_path)
    scenario_file(FILES.format("") + "[weather.wind_files]\n" + wind)
    assert words in refused()


def test_wind_of_another_period_or_too_strong_is_refused(
    refused, scenario_file, weather_csv, tmp_path
):
    weather_csv("w.csv")
    scenario_file(FILES.format("") + "[weather.wind_files]\n" + MAST)
    mast(tmp_path, start="2031-01-01")
    assert "covers 2031-01-01" in refused()
    mast(tmp_path, speed=30.0)
    assert "more than any place on Earth" in refused()


def test_a_file_of_wind_alone_is_not_enough(refused, scenario_file, tmp_path):
    mast(tmp_path)
    scenario_file('[weather]\nsource = "files"\n[weather.files]\n' + MAST)
    message = refused()
    assert "holds wind alone" in message
    assert "[weather.wind_files] jeminay" in message


def test_light_that_does_not_add_up_is_noted_and_derived_from_ghi_on_demand(
    scenario_file, shared_data, tmp_path
):
    epw = shared_data / "weather" / "CHN_Xinjiang.Uygur.Fuyun.510870_CSWD.epw"
    (tmp_path / "f.epw").write_bytes(epw.read_bytes())
    text = '[weather]\nsource = "files"\n{}[weather.files]\njeminay = "f.epw"\n'
    given = site_weather(scenario_file(text.format("")))
    assert any("14 % below GHI" in notice and "from_ghi" in notice for notice in given.notices)
    again = site_weather(scenario_file(text.format('irradiance = "from_ghi"\n')))
    np.testing.assert_array_equal(again.ghi_w_m2, given.ghi_w_m2)
    assert not np.array_equal(again.dni_w_m2, given.dni_w_m2)
    assert any('(irradiance = "from_ghi")' in notice for notice in again.notices)


def test_irradiance_from_ghi_closes(shared_data):
    from altay_energy.weather.files.clock import clock_check
    from altay_energy.weather.files.closure import closure
    from altay_energy.weather.prepare.derive import derive

    for path in (shared_data / "weather").glob("*.epw"):
        file = read_weather(path)
        lag = clock_check(file).rounded_lag_hours
        assert abs(closure(file, lag).share_missing) > 0.1
        assert abs(closure(derive(file, lag, "from_ghi"), lag).share_missing) < 0.02


@pytest.fixture
def declared(weather_csv):
    weather_csv("w.csv")
    return ("w.csv", "--declare", 'stamp = "begin"', "--declare", "wind_height_m = 100")


@pytest.mark.parametrize("ending", ["nc", "csv"])
def test_convert_writes_what_reads_back(command, declared, tmp_path, ending):
    answer = command("weather", "convert", *declared, "-o", f"out.{ending}")
    assert answer.status == 0, answer.err
    assert "960 intervals in out" in answer.out
    read = read_weather(tmp_path / f"out.{ending}")
    assert read.times.size == 960
    assert read.wind_height_m == 100.0
    assert command("weather", "describe", f"out.{ending}").status == 0
    assert not list(tmp_path.glob("*.partial*"))


def test_convert_as_json_prints_json_alone(command, declared):
    document = json.loads(command("weather", "convert", *declared, "-o", "o.nc", "--json").out)
    assert document["intervals"] == 960
    assert "ghi_w_m2" in document["series"]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("convert", "w.csv", "-o", "o.xlsx"), "expected .nc or .csv"),
        (("convert", "w.csv", "-o", "none/o.nc"), "does not say stamp"),
        (("convert", "absent.csv", "-o", "o.nc"), "there is no such file"),
        (("convert", "nul\0.csv", "-o", "o.nc"), "there is no such file"),
        (("describe", "w.csv", "--declare", "stamp end"), "expected KEY=VALUE"),
        (
            ("describe", "w.csv", "--declare", "stmp = 1"),
            "stmp is no key here; did you mean stamp?",
        ),
        (("describe", "w.csv", "--declare", "latitude = 99"), "latitude = 99: must be at most 90"),
        (("describe", "w.csv", "--declare", "sort=true", "--spec", "a:b"), "give one of them"),
        (("describe", "w.csv", "-o", "chart.pdf"), "does not say stamp"),
    ],
)
def test_wrong_words_are_one_message(refused, weather_csv, words, said):
    weather_csv("w.csv")
    assert said in refused("weather", *words)


def test_an_older_file_is_replaced_by_force_alone(command, refused, declared, tmp_path):
    (tmp_path / "o.nc").write_text("older")
    assert "exists already" in refused("weather", "convert", *declared, "-o", "o.nc")
    assert command("weather", "convert", *declared, "-o", "o.nc", "--force").status == 0
    (tmp_path / "d.nc").mkdir()
    assert "is a folder" in refused("weather", "convert", *declared, "-o", "d.nc", "--force")
    assert "there is no folder" in refused("weather", "convert", *declared, "-o", "no/o.nc")


def test_describe_draws_one_page_the_same_each_time(command, declared, tmp_path):
    answer = command("weather", "describe", *declared, "--declare", "latitude=47.43", "-o", ".")
    assert answer.status == 0, answer.err
    first = (tmp_path / "w.png").read_bytes()
    assert first.startswith(b"\x89PNG")
    command("weather", "describe", *declared, "--declare", "latitude=47.43", "-o", "b.png")
    assert (tmp_path / "b.png").read_bytes() == first
    as_json = command("weather", "describe", *declared, "-o", "c.png", "--json", "--language", "zh")
    assert json.loads(as_json.out)["wind"][0]["weibull_k"] > 1.0


def test_one_year_of_a_long_file_represents_the_run_by_its_number(
    refused, scenario_file, weather_csv, tmp_path
):
    weather_csv("w.csv", days=800)
    chosen = scenario_file(FILES.format("weather_year = 2031\n"))
    weather = site_weather(chosen)
    assert any("weather of 2031 stands for 2030 (weather_year" in n for n in weather.notices)
    plain = site_weather(scenario_file(FILES.format("")))
    assert not np.array_equal(weather.temperature_c, plain.temperature_c)
    scenario_file(FILES.format("weather_year = 2019\n"))
    assert "holds no weather of 2019; it holds 2030 to 2032" in refused()
    scenario_file(FILES.format("weather_year = 2032\n"))
    assert "covers 2032-01-01 00:00 to 2032-03-11" in refused()
    scenario_file(FILES.format('weather_year = "2031"\n'))
    assert "weather_year" in refused()


def test_a_list_of_files_for_a_site_is_read_as_one_and_runs_again(
    command, scenario_file, weather_csv, tmp_path
):
    lines = weather_csv("w.csv").read_text().splitlines()
    (tmp_path / "a.csv").write_text("\n".join(lines[:25]) + "\n")
    (tmp_path / "b.csv").write_text("\n".join([lines[0], *lines[25:]]) + "\n")
    whole = site_weather(scenario_file(FILES.format("")))
    parts = FILES.format("").replace('"w.csv"', '"a.csv", more_files = ["b.csv"]')
    path = scenario_file(parts)
    np.testing.assert_array_equal(site_weather(path).temperature_c, whole.temperature_c)
    assert command("run", path, "-o", "out", "--no-charts").status == 0
    assert (tmp_path / "out" / "inputs" / "b.csv").is_file()
    manifest = json.loads((tmp_path / "out" / "manifest.json").read_text())
    assert "weather.files.jeminay.more_files.0" in json.dumps(manifest)
    again = command("run", tmp_path / "out" / "scenario.toml", "-o", "again", "--no-charts")
    assert again.status == 0, again.err
    for name in ("out", "again"):
        assert (tmp_path / name / "kpis.json").is_file()
    first, second = ((tmp_path / n / "kpis.json").read_bytes() for n in ("out", "again"))
    assert first == second


def test_a_plain_list_of_converted_years_is_read_as_one(command, scenario_file, weather_csv):
    said = ("--declare", "stamp='begin'", "--declare", "wind_height_m=100")
    lines = weather_csv("w.csv").read_text().splitlines()
    folder = scenario_file("").parent
    for name, rows in (("a", lines[:25]), ("b", [lines[0], *lines[25:]])):
        (folder / f"{name}.csv").write_text("\n".join(rows) + "\n")
        assert command("weather", "convert", f"{name}.csv", *said, "-o", f"{name}.nc").status == 0
    whole = site_weather(scenario_file(FILES.format("")))
    text = '[weather]\nsource = "files"\n[weather.files]\njeminay = ["a.nc", "b.nc"]\n'
    path = scenario_file(text)
    np.testing.assert_allclose(site_weather(path).temperature_c, whole.temperature_c)
    assert command("run", path, "-o", "out", "--no-charts").status == 0
    again = command("run", "out/scenario.toml", "-o", "again", "--no-charts")
    assert again.status == 0, again.err
    described = command("weather", "describe", "a.nc", "b.nc", "--json")
    assert json.loads(described.out)["coverage"]["intervals"] == 960


def test_a_file_of_a_list_that_is_not_there_is_named(refused, scenario_file, weather_csv):
    weather_csv("w.csv")
    text = '[weather]\nsource = "files"\n[weather.files]\njeminay = {}\n'
    scenario_file(text.format('["w.csv", "absent.csv"]'))
    assert 'weather.files.jeminay.1 = "absent.csv": there is no such file' in refused()
    scenario_file(text.format("[]"))
    assert "names no file" in refused()


def test_what_a_command_does_not_take_from_a_scenario_is_reported(
    command, scenario_file, weather_csv, tmp_path
):
    """A run would take the wind of the mast; a command that looks at one file does not."""
    weather_csv("w.csv")
    mast(tmp_path)
    path = scenario_file(
        FILES.format('irradiance = "from_ghi"\n') + "[weather.wind_files]\n" + MAST
    )
    for words in (("describe", "w.csv"), ("convert", "w.csv", "-o", "o.nc")):
        answer = command("weather", *words, "--spec", f"{path}:jeminay", "--json")
        assert answer.status == 0, answer.err
        assert "also takes for jeminay: wind from mast.csv (wind_files)" in answer.err
        assert 'irradiance = "from_ghi"' in answer.err
        json.loads(answer.out)
    refused = command("weather", "check-climate", "w.csv", "--spec", f"{path}:jeminay")
    assert "wind from mast.csv (wind_files)" in refused.err
    plain = scenario_file(FILES.format(""))
    assert (
        "also takes"
        not in command("weather", "describe", "w.csv", "--spec", f"{plain}:jeminay").err
    )


@pytest.mark.parametrize(
    ("percent", "words"), [(65, "ice never grows"), (97, "ice grows whenever it is cold enough")]
)
def test_a_constant_humidity_says_what_it_does_to_ice(scenario_file, weather_csv, percent, words):
    lines = weather_csv("w.csv").read_text().splitlines()
    column = lines[0].split(",").index("relative_humidity_percent")
    dry = [",".join(c for k, c in enumerate(line.split(",")) if k != column) for line in lines]
    path = scenario_file(
        FILES.format("").replace("100 }", f"100, assumed_humidity_percent = {percent} }}")
    )
    (path.parent / "w.csv").write_text("\n".join(dry) + "\n")
    (notice,) = [text for text in load(path).run().notices if " ice " in text]
    assert notice.startswith(f"wind.farm: relative humidity is {percent} % throughout")
    assert words in notice
    assert 'icing = "off"' in notice
    off = load(path, {"wind.farm.icing": "off"}).run().notices
    assert not any(" ice " in text for text in off)


def test_a_humidity_that_changes_says_nothing_of_ice(scenario_file, weather_csv):
    weather_csv("w.csv")
    assert not any(" ice " in text for text in load(scenario_file(FILES.format(""))).run().notices)


SOUTHERN = """
schema_version = 1
name = "south"
[time]
start = "2029-06-01T00:00"
hours = 240
[sites.b]
latitude = -30.0
longitude = 150.0
elevation_m = 300
[weather]
source = "files"
[weather.files.b]
file = "w.csv"
stamp = "begin"
wind_height_m = 10
[solar.a]
site = "b"
capacity_mw = 1
[grid]
export_limit_mw = 10
"""


def test_a_scenario_south_of_the_equator_faces_north_and_names_what_is_of_china(command, tmp_path):
    first = np.datetime64("2029-05-31T16:00")
    utc = first + np.arange(240) * np.timedelta64(1, "h")
    sun = np.maximum(cos_zenith(-30.0, 150.0, utc + np.timedelta64(30, "m")), 1e-6)
    light = 1098.0 * sun * np.exp(-0.059 / sun)  # clear sky of Haurwitz
    rows = [f"{t}:00Z,{g:.1f},12,5,50" for t, g in zip(utc, light, strict=True)]
    header = "time,ghi_w_m2,temperature_c,wind_speed_m_s,relative_humidity_percent"
    (tmp_path / "w.csv").write_text("\n".join([header, *rows]) + "\n")
    (tmp_path / "s.toml").write_text(SOUTHERN)
    explained = json.loads(command("explain", "s.toml", "--json").out)
    (facing,) = (v for v in explained if v["key"] == "solar.a.azimuth_deg")
    assert (facing["value"], facing["origin"]) == (0.0, "derived")
    answers = {
        deg: command("run", "s.toml", "--json", *(() if deg is None else ("--set", deg)))
        for deg in (None, "solar.a.azimuth_deg=0", "solar.a.azimuth_deg=180")
    }
    energy = [json.loads(a.out)["kpis"]["available_mwh"] for a in answers.values()]
    assert energy[0] == energy[1] > 40.0
    assert energy[2] < 0.3 * energy[0]
    for key in (
        "time.utc_offset_hours is not given: the clock is Beijing time, UTC+8, while the sun of b "
        "runs by UTC+10.0",
        "grid.emission_factor_t_mwh is not given",
        "grid.export_price_cny_mwh is not given",
    ):
        assert key in answers[None].err
    given = command("run", "s.toml", "--json", "--set", "time.utc_offset_hours=8")
    assert "utc_offset_hours" not in given.err
