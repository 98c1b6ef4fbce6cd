"""`weather describe` shows what a file holds, and lists what it lacks among the problems."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest

from altay_energy.core.errors import WeatherError
from altay_energy.report.plots.weather.file import draw_weather
from altay_energy.weather.files.spec import WeatherFileSpec
from altay_energy.weather.prepare.describe import describe
from altay_energy.weather.prepare.describe_text import describe_text
from altay_energy.weather.read import read_weather

PLACE = {"latitude": 47.0, "longitude": 86.0, "elevation_m": 700.0}


def declared(**more):
    return WeatherFileSpec.model_validate(
        {"file": "w.csv", "stamp": "begin", "wind_height_m": 10.0, **PLACE, **more}
    )


def csv_without(file, text_of, *names):
    kept = {name: values for name, values in file.series.items() if name not in names}
    return text_of["csv"](replace(file, series=kept))


def test_a_file_without_humidity_is_described_and_its_clock_checked(made, write, text_of):
    path = write("w.csv", csv_without(made(hours=2400), text_of, "relative_humidity_percent"))
    with pytest.raises(WeatherError, match="holds neither relative_humidity_percent nor dew_point"):
        read_weather(path, declared())
    found = describe(read_weather(path, declared(), whole=False))
    assert found["clock"]["checked"]
    assert found["clock"]["rounded_lag_hours"] == 0.0
    assert found["months"][0]["temperature_mean_c"] is not None
    (problem,) = found["problems"]
    assert problem.startswith("w.csv: holds neither relative_humidity_percent nor dew_point_c")
    assert "clock     UTC+8; sunlight agrees with the sun" in describe_text(found)


def test_a_file_without_elevation_is_described_and_its_clock_checked(made):
    found = describe(replace(made(hours=2400), elevation_m=None))
    assert found["clock"]["checked"]
    assert found["place"]["elevation_m"] is None
    assert found["year"]["closure_rms_w_m2"] is not None
    (problem,) = found["problems"]
    assert problem.startswith("made.csv: does not say its elevation_m; a run takes it from the")
    assert "47.00° N 86.00° E, elevation not known" in describe_text(found)


@pytest.mark.parametrize(
    ("lacking", "words"),
    [
        (("ghi_w_m2",), "no column is called 'ghi_w_m2'"),
        (("temperature_c",), "no column is called 'temperature_c'"),
        (("wind_speed_m_s",), "no column is called 'wind_speed_m_s'"),
        (("temperature_c", "wind_speed_m_s", "relative_humidity_percent"), "'wind_speed_m_s'"),
    ],
)
def test_whatever_is_lacking_the_rest_is_described_and_drawn(made, write, text_of, lacking, words):
    path = write("w.csv", csv_without(made(hours=240), text_of, *lacking))
    with pytest.raises(WeatherError, match=words):
        read_weather(path, declared())
    file = read_weather(path, declared(), whole=False)
    found = describe(file)
    assert json.loads(json.dumps(found, allow_nan=False))["problems"]
    assert sum(words in problem for problem in found["problems"]) == 1
    assert not set(lacking) & set(found["series"])
    assert describe_text(found)
    figure, _ = draw_weather(file)
    assert len(figure.axes) == 6


def test_light_alone_of_a_satellite_is_described(made, write, text_of):
    """As the polar series of the NSRDB can be had: GHI and nothing else."""
    lines = text_of["nsrdb"](made(hours=240, utc_offset_hours=-6.0, longitude=-93.0)).splitlines()
    rows = [",".join(line.split(",")[:6]) for line in lines[2:]]
    found = describe(read_weather(write("p.csv", "\n".join([*lines[:2], *rows])), whole=False))
    assert list(found["series"]) == ["ghi_w_m2"]
    assert found["clock"]["checked"]
    assert "holds no temperature_c, wind_speed_m_s" in found["problems"][0]
    assert "neither relative_humidity_percent nor dew_point_c" in found["problems"][1]


def test_the_command_describes_it_and_other_commands_refuse_it(
    made, write, text_of, command, refused, tmp_path
):
    write("w.csv", csv_without(made(hours=240), text_of, "relative_humidity_percent"))
    said = ("--declare", "stamp='begin'", "--declare", "wind_height_m=10")
    answer = command("weather", "describe", "w.csv", *said, "-o", "chart.png")
    assert answer.status == 0
    assert "holds neither relative_humidity_percent" in answer.out
    (tmp_path / "chart.png").unlink()
    assert "holds neither" in refused("weather", "convert", "w.csv", *said, "-o", "o.nc")


@pytest.mark.parametrize("fill", [9.96921e36, -9.96921e36, 1e20, 32767.0])
def test_a_fill_value_does_not_set_the_scale_of_the_chart(made, with_series, fill):
    """A histogram up to 1e36 m/s in steps of 1 would not fit into any memory."""
    file = made(hours=480)
    wind = file.series["wind_speed_m_s"].copy()
    wind[100] = fill
    odd = with_series(file, wind_speed_m_s=wind, ghi_w_m2=np.where(wind == fill, fill, 300.0))
    figure, notices = draw_weather(odd)
    assert any("drawn at the bound: ghi_w_m2 (1), wind_speed_m_s (1)" in text for text in notices)
    assert max(ax.get_xlim()[1] for ax in figure.axes[4:5]) <= 80.0
    found = describe(odd)
    assert any(f"wind_speed_m_s = {fill:g} at" in problem for problem in found["problems"])
    assert json.dumps(found, allow_nan=False)
