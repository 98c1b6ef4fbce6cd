"""Input too large, too deep or too long is refused at once, and few problems are shown."""

from __future__ import annotations

import pytest

from altay_energy.core.errors import AltayError
from altay_energy.scenario.check.problems import MOST_SHOWN
from altay_energy.scenario.toml.source import MOST_PARENTS

MANY = 100_000


def long_key(end=" = 1\n"):
    return ".".join(["a"] * MANY) + end


@pytest.mark.parametrize(
    "text",
    [long_key(), f"[{long_key(']')}\n", "x = {" + long_key(" = 1}\n"), f"# a\n {long_key()}"],
    ids=["key", "table", "inline", "indented"],
)
def test_a_key_of_many_parts(refused, scenario_file, tmp_path, text):
    path = scenario_file()
    path.write_text(text + path.read_text())
    assert "nested too deeply" in refused()


def test_many_keys_that_nobody_knows_are_counted(refused, scenario_file):
    scenario_file("".join(f"k{k} = 1\n" for k in range(MANY // 5)))
    message = refused()
    assert len(message.splitlines()) == MOST_SHOWN + 1
    assert f"{MANY // 5 - MOST_SHOWN} more problems are not shown" in message


def test_many_plants(refused, scenario_file):
    farm = 'site = "jeminay"\ncapacity_mw = 1\n'
    scenario_file("".join(f"[wind.w{k}]\n{farm}" for k in range(3000)))
    assert "has 3004 tables (1 of battery, 1 of load, 1 of sites, 3001 of wind)" in refused()


def test_many_plants_in_many_years(refused, scenario_file):
    farm = 'site = "jeminay"\ncapacity_mw = 1\n'
    scenario_file(
        "".join(f"[wind.w{k}]\n{farm}" for k in range(150)),
        replace=("hours = 48", "hours = 240_000"),
    )
    message = refused()
    assert "in 240000 intervals would need about 9 GB of memory" in message


def test_many_parents(refused, tmp_path):
    for k in range(200):
        (tmp_path / f"p{k}.toml").write_text(f'extends = "p{k + 1}.toml"\n')
    (tmp_path / "small.toml").write_text('extends = "p0.toml"\n')
    assert f"small.toml has more than {MOST_PARENTS} parents" in refused()


def test_parents_as_many_as_people_write_are_followed(command, scenario_file, tmp_path):
    scenario_file(name="p0.toml")
    for k in range(MOST_PARENTS - 1):
        (tmp_path / f"p{k + 1}.toml").write_text(f'extends = "p{k}.toml"\n')
    (tmp_path / "small.toml").write_text(f'extends = "p{MOST_PARENTS - 1}.toml"\n')
    assert command("validate", "small.toml").status == 0


DEEP = "[" * MANY
DIGITS = "9" * 5000
WORDS = {
    "key of many parts": (long_key(""), "nested too deeply"),
    "brackets": (f"x={DEEP}", "nested too deeply"),
    "digits": (f"x={DIGITS}", "thousands of digits"),
    "long word": ("a" * MANY, "expected KEY=VALUE"),
}


@pytest.mark.parametrize("case", WORDS)
@pytest.mark.parametrize("door", ["--set", "--declare"])
def test_words_of_a_command(refused, scenario_file, weather_csv, case, door):
    scenario_file()
    weather_csv("w.csv", days=3)
    text, words = WORDS[case]
    command_words = {"--set": ("run", "small.toml"), "--declare": ("weather", "describe", "w.csv")}
    message = refused(*command_words[door], door, text)
    assert words in message
    assert len(message) < 1000


@pytest.mark.parametrize("number", ["1e16", "-1e200", "1e300", str(2**62)])
@pytest.mark.parametrize(
    "key",
    [
        "grid.export_limit_mw",
        "grid.import_price_cny_mwh",
        "battery.shed.energy_mwh",
        "wind.farm.capacity_mw",
        "dispatch.unserved_cost_cny_mwh",
        "time.hours",
    ],
)
def test_a_number_whose_square_nobody_can_compute(refused, scenario_file, key, number):
    scenario_file(replace=("name = ", "allow_unusual = true\nname = "))
    assert key.split(".")[-1] in refused("run", "small.toml", "--set", f"{key}={number}")


HILL = "[turbine]\nhead = {}\nflow = [1]\nefficiency = [[1]]\n[pump]\nreference_head = 1\n"


@pytest.mark.parametrize("text", [DEEP, DIGITS], ids=["brackets", "digits"])
@pytest.mark.parametrize("door", ["hill", "climate", "own weather", "pvgis", "nasa"])
def test_files_that_are_nested_or_long_beyond_reason(tmp_path, door, text):
    from altay_energy.resource.pumped.hill import HILLS
    from altay_energy.weather.climate.model.file import read_climate
    from altay_energy.weather.read import read_weather

    content = {
        "hill": HILL.format(text),
        "climate": f"schema_version = {text}\n",
        "own weather": f"# altay_energy weather 1\n# place = {text}\ntime,ghi_w_m2\n",
        "pvgis": '{"outputs": {"hourly": ' + text,
        "nasa": '{"type": "Feature", "properties": {"parameter": ' + text,
    }
    path = tmp_path / "file.txt"
    path.write_text(content[door])
    reader = {"hill": HILLS.load_own, "climate": read_climate}.get(door, read_weather)
    with pytest.raises(AltayError, match=r"file\.txt"):
        reader(path)


@pytest.mark.parametrize(
    "encoding", ["idna", "punycode", "base64", "rot13", "undefined", "utf-7", "a\0b", "x" * 10_000]
)
def test_an_encoding_that_is_none(refused, weather_csv, encoding):
    weather_csv("w.csv", days=3)
    message = refused("weather", "describe", "w.csv", "--declare", f"encoding={encoding!r}")
    assert message.startswith(("w.csv: ", "--declare"))
    assert len(message) < 1000


def test_a_stray_quote_in_a_wind_file(tmp_path, refused):
    rows = [
        "loc,city,state,country,2021,47.0,86.0,700,0,8760",
        "made",
        "Temperature,Pressure,Speed,Direction",
        "C,atm,m/s,degrees",
        "10,10,10,10",
        *["1.5,0.91,5.25,180"] * 8760,
    ]
    rows[100] = '1.5,"0.91,5.25,180'
    (tmp_path / "w.srw").write_text("\n".join(rows) + "\n")
    message = refused("weather", "describe", "w.srw", "--declare", "utc_offset_hours=8")
    assert message.startswith("w.srw: cannot be read as SAM wind")
