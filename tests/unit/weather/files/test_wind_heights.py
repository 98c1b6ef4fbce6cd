"""Wind at two heights: both stand in the file, both reach the run, and half a pair is refused."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import numpy as np
import pytest
from pydantic import ValidationError

from altay_energy.core.errors import WeatherError
from altay_energy.core.timeline import Timeline
from altay_energy.weather.files.checks import check
from altay_energy.weather.files.spec import WeatherFileSpec
from altay_energy.weather.prepare.align import align
from altay_energy.weather.prepare.describe import describe
from altay_energy.weather.prepare.describe_text import describe_text
from altay_energy.weather.read import read_weather
from altay_energy.weather.series import Weather

SPEC = {"file": "w.csv", "stamp": "begin", "wind_height_m": 10.0}


def two_heights(file, factor=1.4, height_m=80.0):
    series = {**file.series, "wind_speed_second_m_s": factor * file.series["wind_speed_m_s"]}
    return replace(file, series=series, wind_second_height_m=height_m)


def csv_of(file, names):
    """CSV text of some series with stamps in UTC."""
    rows = [",".join(["time", *names])]
    for k, time in enumerate(file.times):
        rows.append(",".join([f"{time}+00:00", *(f"{file.series[n][k]:.3f}" for n in names)]))
    return "\n".join(rows) + "\n"


def test_a_second_column_of_wind_is_read_with_its_height_and_unit(made, write):
    file = two_heights(made(hours=48), factor=3.6 * 1.4)
    path = write("w.csv", csv_of(file, [*file.series]))
    spec = WeatherFileSpec.model_validate(
        {**SPEC, "wind_second_height_m": 80.0, "units": {"wind_speed_second_m_s": "km/h"}}
    )
    read = read_weather(path, spec)
    assert (read.wind_height_m, read.wind_second_height_m) == (10.0, 80.0)
    np.testing.assert_allclose(
        read.series["wind_speed_second_m_s"], 1.4 * file.series["wind_speed_m_s"], atol=1e-3
    )
    assert "wind      at 10 and 80 m" in describe_text(describe(read))


def test_two_winds_reach_the_run_hour_by_hour(made):
    file = two_heights(made(hours=24 * 40, start="2030-01-01T00:00:00"))
    timeline = Timeline(datetime(2030, 1, 5, tzinfo=UTC), 48)
    weather = align(file, timeline, site="made", latitude=47.0, longitude=90.0, elevation_m=700.0)
    assert weather.wind_second_height_m == 80.0
    np.testing.assert_allclose(weather.wind_speed_second_m_s, 1.4 * weather.wind_speed_m_s)
    assert "wind_speed_second_m_s" in weather.series()


def test_a_column_without_its_height_is_refused(made, write):
    file = two_heights(made(hours=48))
    path = write("w.csv", csv_of(file, [*file.series]))
    with pytest.raises(WeatherError, match=r"w\.csv: holds wind_speed_second_m_s, .*declare wind_"):
        read_weather(path, WeatherFileSpec.model_validate(SPEC))


def test_a_height_without_its_column_is_refused(made, write):
    file = made(hours=48)
    path = write("w.csv", csv_of(file, [*file.series]))
    with pytest.raises(WeatherError, match="wind_second_height_m = 80, but there is no"):
        read_weather(path, WeatherFileSpec.model_validate({**SPEC, "wind_second_height_m": 80.0}))


@pytest.mark.parametrize("height_m", [0.0, -80.0, float("nan"), float("inf")])
def test_heights_are_above_the_ground(made, height_m):
    with pytest.raises(WeatherError, match="expected a height above 0 m"):
        two_heights(made(hours=24), height_m=height_m)
    with pytest.raises(ValidationError):
        WeatherFileSpec.model_validate({**SPEC, "wind_second_height_m": height_m})


def test_two_equal_heights_say_nothing_of_shear(made):
    with pytest.raises(WeatherError, match="are both 10; two different heights"):
        two_heights(made(hours=24), height_m=10.0)


def test_a_weather_value_keeps_to_the_same_rules(made):
    file = made(hours=24 * 40, start="2030-01-01T00:00:00")
    timeline = Timeline(datetime(2030, 1, 5, tzinfo=UTC), 24)
    weather = align(file, timeline, site="made", latitude=47.0, longitude=90.0, elevation_m=700.0)
    assert weather.wind_speed_second_m_s is None
    assert isinstance(weather, Weather)
    with pytest.raises(WeatherError, match="declare wind_second_height_m"):
        replace(weather, wind_speed_second_m_s=weather.wind_speed_m_s)
    with pytest.raises(WeatherError, match="wind_speed_second_m_s has shape"):
        replace(
            weather, wind_speed_second_m_s=weather.wind_speed_m_s[:-1], wind_second_height_m=50.0
        )


def test_the_second_wind_is_checked_like_the_first(made):
    file = two_heights(made(hours=240), factor=30.0)
    problems = check(file, 0.0).problems
    assert any("wind_speed_second_m_s" in text for text in problems), problems
