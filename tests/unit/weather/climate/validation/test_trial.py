"""The command that fits, makes years and compares them with the file."""

from __future__ import annotations

import json

import numpy as np
import pytest

from altay_energy.cli.parser import main
from altay_energy.core.errors import WeatherError
from altay_energy.core.timeline import Timeline
from altay_energy.weather.climate.fit.fit import fit_climate
from altay_energy.weather.climate.fit.station import years_of
from altay_energy.weather.climate.model.generate import climate_weather
from altay_energy.weather.climate.validation.check import compare
from altay_energy.weather.climate.validation.table import check_text
from altay_energy.weather.climate.validation.trial import check_climate, made_years
from altay_energy.weather.read import read_weather


@pytest.fixture(scope="module")
def epw(tmp_path_factory):
    """A year at Habahe as an EPW file."""
    weather = climate_weather("habahe", Timeline.of_year(2025), 4)
    path = tmp_path_factory.mktemp("epw") / "habahe.epw"
    head = ["LOCATION,Habahe,XJ,CHN,made,0,48.05,86.40,8.0,534.0"]
    head += ["DESIGN CONDITIONS,0", "TYPICAL/EXTREME PERIODS,0", "GROUND TEMPERATURES,0"]
    head += ["HOLIDAYS/DAYLIGHT SAVINGS,No,0,0,0", "COMMENTS 1,made", "COMMENTS 2,made"]
    head += ["DATA PERIODS,1,1,Data,Sunday, 1/ 1,12/31"]
    local = weather.timeline.local
    month = local.astype("datetime64[M]").astype(int) % 12 + 1
    day = (local.astype("datetime64[D]") - local.astype("datetime64[M]")).astype(int) + 1
    dew = weather.temperature_c - (100.0 - weather.relative_humidity_percent) / 5.0
    rows = [
        f"2025,{month[k]},{day[k]},{k % 24 + 1},60,?,{weather.temperature_c[k]:.1f},{dew[k]:.1f},"
        f"{weather.relative_humidity_percent[k]:.0f},{weather.pressure_pa[k]:.0f},9999,9999,9999,"
        f"{weather.ghi_w_m2[k]:.0f},{weather.dni_w_m2[k]:.0f},{weather.dhi_w_m2[k]:.0f},"
        f"999999,999999,999999,9999,180,{weather.wind_speed_m_s[k]:.1f},"
        "5,5,9999,99999,9,999999999,99,0.1,0,88,999,999,99"
        for k in range(8760)
    ]
    path.write_text("\n".join([*head, *rows]) + "\n", encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def tables(epw):
    return fit_climate([read_weather(epw)])


def test_the_same_seed_makes_the_same_years_and_another_seed_others(tables):
    one, again, other = (made_years(tables, 2, seed) for seed in (1, 1, 2))
    assert np.array_equal(one.temperature_c, again.temperature_c)
    assert not np.array_equal(one.temperature_c, other.temperature_c)
    assert one.years == 2
    assert not np.array_equal(one.wind_speed_m_s[0], one.wind_speed_m_s[1])


def test_synthetic_years_of_a_synthetic_year_are_like_it(epw, tables):
    real = years_of([read_weather(epw)]).record
    check = compare(real, made_years(tables, 30, 1))
    assert len(check.beyond) <= 0.05 * check.judged, check.beyond


@pytest.mark.slow
def test_the_command_prints_the_comparison_and_writes_the_page(epw, tmp_path, capsys):
    folder = tmp_path / "out"
    words = ["weather", "check-climate", str(epw), "--years", "4", "-o", str(folder)]
    assert main([*words, "--language", "zh", "--json"]) == 0
    (document,) = json.loads(capsys.readouterr().out)
    assert document == json.loads((folder / "habahe.json").read_text(encoding="utf-8"))
    assert (document["place"], document["made_years"]) == ("Habahe", 4)
    table = (folder / "habahe.txt").read_text(encoding="utf-8")
    assert table.startswith("Habahe: 1 year of record, 4 years synthetic\n")
    assert "figures are within what is allowed" in table
    assert (folder / "habahe.png").read_bytes()[:4] == b"\x89PNG"
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    assert {"habahe.json", "habahe.txt", "habahe.png"} == set(manifest["files"])


def test_the_table_has_every_figure_once(epw, tables):
    check = compare(years_of([read_weather(epw)]).record, made_years(tables, 3, 1))
    lines = check_text(check).splitlines()
    for row in check.rows:
        name = f"{row.figure.label} {row.part}".rstrip()
        begins = row.part if row.key.endswith("_month") else name
        assert sum(line.split("  ")[0] == begins for line in lines) == 1, begins
    for row in check.beyond:
        assert row.figure.label in lines[-1 - len({r.why for r in check.rows if r.why})]


@pytest.mark.parametrize("years", [-1, 0, 1, 1001])
def test_too_few_and_too_many_years_are_refused(epw, years):
    with pytest.raises(WeatherError, match=rf"years = {years} must be 2 to 1000"):
        check_climate(read_weather(epw), years=years)


def test_wrong_words_end_the_command_before_any_work(epw, tmp_path, capsys):
    older = tmp_path / "older"
    older.mkdir()
    (older / "mine.txt").write_text("mine", encoding="utf-8")
    for words, told in (
        (["nowhere.epw"], "there is no such file"),
        ([str(epw), "-o", str(older)], "exists already"),
        ([str(epw), str(epw), "--years", "2"], "two files are called habahe"),
        ([str(epw), "--seed", "-1", "--years", "2"], "seed = -1"),
    ):
        assert main(["weather", "check-climate", *words]) == 2
        assert told in capsys.readouterr().err
    assert (older / "mine.txt").read_text(encoding="utf-8") == "mine"


def test_a_file_of_less_than_a_year_is_refused(epw, tmp_path):
    lines = epw.read_text(encoding="utf-8").splitlines()
    short = tmp_path / "short.epw"
    short.write_text("\n".join(lines[: 8 + 24 * 59]) + "\n", encoding="utf-8")
    with pytest.raises(WeatherError, match="year"):
        check_climate(read_weather(short))
