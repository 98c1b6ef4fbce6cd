"""Single values slightly out of range: one policy, with its key, in every command."""

from __future__ import annotations

import numpy as np
import pytest

from altay_energy.core.errors import WeatherError
from altay_energy.core.timeline import Timeline
from altay_energy.weather.climate.validation.trial import check_climate
from altay_energy.weather.files.checks import check
from altay_energy.weather.files.odd_values import settle
from altay_energy.weather.files.ranges import RANGES
from altay_energy.weather.files.spec import WeatherFileSpec
from altay_energy.weather.prepare.align import align
from altay_energy.weather.prepare.describe import describe
from altay_energy.weather.read import read_weather


def with_values(file, with_series, name, *values):
    series = file.series[name].copy()
    series[1000 : 1000 + len(values)] = values
    return with_series(file, **{name: series})


@pytest.mark.parametrize(
    ("name", "value", "bound"),
    [
        ("relative_humidity_percent", 121.0, 100.0),  # as the official typical year of Altay has
        ("relative_humidity_percent", -1.0, 0.0),
        ("temperature_c", 56.0, 55.0),
        ("wind_speed_m_s", -0.1, 0.0),
        ("pressure_pa", 110_500.0, 110_000.0),
        ("dni_w_m2", 1650.0, 1600.0),
        ("dhi_w_m2", -12.0, 0.0),
    ],
)
def test_a_single_value_slightly_outside_is_set_to_the_bound_and_counted(
    made, with_series, name, value, bound
):
    file = with_values(made(), with_series, name, value)
    settled = settle(file)
    assert settled.series[name][1000] == bound
    assert not check(settled).problems
    assert any(
        text.startswith(f"{name}: 1 value slightly outside") and "odd_value_share" in text
        for text in settled.notices
    )
    assert settle(settled).notices == settled.notices


def test_more_values_or_values_far_outside_are_refused_with_the_key(made, with_series):
    name = "relative_humidity_percent"
    allowed = with_values(made(), with_series, name, *[121.0] * 8)
    assert not check(settle(allowed)).problems
    many = with_values(made(), with_series, name, *[121.0] * 9)
    (problem,) = check(settle(many)).problems
    assert "as are 9 values of 8760" in problem
    assert "8 values between -5 and 150 % would be set to the bound (odd_value_share = 0.001)" in (
        problem
    )
    far = with_values(made(), with_series, name, 999.0)
    (problem,) = check(settle(far)).problems
    assert "odd_value_share" not in problem


def test_a_few_odd_values_of_a_series_that_no_model_needs_cost_that_series_alone(made, with_series):
    rain = np.zeros(8760)
    rain[700:702] = 500.0
    settled = settle(with_series(made(), precipitation_mm=rain))
    assert "precipitation_mm" not in settled.series
    assert "precipitation_mm left out: 2 values outside 0 to 300 mm, first 500 at 2021-01-30" in (
        " ".join(settled.notices)
    )


def epw_of(made, with_series, text_of, *values):
    file = made(cloud_seed=4)
    humid = with_values(file, with_series, "relative_humidity_percent", *values)
    return text_of["epw"](humid)


def test_every_command_takes_the_file_and_says_the_same(
    made, with_series, text_of, command, tmp_path
):
    (tmp_path / "odd.epw").write_text(epw_of(made, with_series, text_of, 121.0))
    said = "relative_humidity_percent: 1 value slightly outside 0 to 120 % set to the bound"
    assert said in " ".join(describe(read_weather(tmp_path / "odd.epw"))["notices"])
    answer = command("weather", "convert", "odd.epw", "-o", "odd.nc")
    assert answer.status == 0
    assert said in answer.err
    assert read_weather(tmp_path / "odd.nc").series["relative_humidity_percent"].max() <= 100.0
    strict = ("--declare", "odd_value_share=0")
    for words in (
        ("convert", "odd.epw", *strict, "-o", "b.nc"),
        ("fit", "odd.epw", *strict, "-o", "b.toml"),
        ("check-climate", "odd.epw", *strict, "--years", "2"),
    ):
        refusal = command("weather", *words)
        assert refusal.status == 2
        assert "relative_humidity_percent = 121 at" in refusal.err
    spec = WeatherFileSpec(file="x", odd_value_share=0.0)
    document = describe(read_weather(tmp_path / "odd.epw", spec))
    assert "relative_humidity_percent = 121 at" in document["problems"][0]


@pytest.mark.slow
def test_a_fit_takes_the_file_too(made, with_series, text_of, command, tmp_path):
    (tmp_path / "odd.epw").write_text(epw_of(made, with_series, text_of, 121.0))
    assert command("weather", "fit", "odd.epw", "-o", "odd.toml").status == 0
    assert command("weather", "check-climate", "odd.epw", "--years", "2").status == 0


def test_a_file_out_of_range_is_refused_by_a_fit_as_by_a_run(made, with_series):
    file = with_values(made(cloud_seed=4), with_series, "temperature_c", 300.0)
    place = {"site": "here", "latitude": 47.0, "longitude": 86.0, "elevation_m": 700.0}
    messages = []
    for use in (
        lambda: align(file, Timeline.of_year(2021), **place),
        lambda: check_climate(file, years=2),
    ):
        with pytest.raises(WeatherError, match="temperature_c = 300 at") as refusal:
            use()
        messages.append(str(refusal.value))
    assert messages[0] == messages[1]


def test_the_documentation_shows_the_ranges(repository):
    page = (repository / "docs" / "weather.md").read_text(encoding="utf-8")
    words = {
        "ghi_w_m2": "GHI, DNI, DHI",
        "temperature_c": "temperature",
        "wind_speed_m_s": "wind",
        "pressure_pa": "pressure",
        "relative_humidity_percent": "relative humidity",
        "snow_depth_m": "snow depth",
        "precipitation_mm": "precipitation",
        "wind_direction_deg": "wind direction",
    }
    for name, word in words.items():
        allowed = RANGES[name]
        scale = 0.01 if name == "pressure_pa" else 1.0
        low, high, least, most = (
            f"{scale * bound:g}"
            for bound in (
                allowed.low,
                allowed.high,
                allowed.low - allowed.below,
                allowed.high + allowed.above,
            )
        )
        unit = "hPa" if name == "pressure_pa" else allowed.unit
        space = "" if unit == "°" else " "
        assert f"| {word} | {low} to {high}{space}{unit} | {least} | {most} |" in page
