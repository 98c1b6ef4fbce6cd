"""The page on a weather file."""

from __future__ import annotations

import matplotlib.pyplot as plt
import numpy as np
import pytest

from altay_energy.report.plots.weather.file import draw_weather
from altay_energy.report.text import words
from altay_energy.weather.files.file import WeatherFile
from altay_energy.weather.prepare.describe import weibull_scale, weibull_shape


def weather_file(**more):
    hours = 8760
    times = np.datetime64("2021-01-01", "s") + np.arange(hours) * np.timedelta64(3600, "s")
    sun = np.maximum(np.cos(2 * np.pi * (np.arange(hours) % 24 - 12) / 24), 0.0)
    wind = np.random.default_rng(3).weibull(2.0, hours) * 8.0
    given = {
        "name": "made.csv",
        "format": "csv",
        "place": "made",
        "latitude": 47.0,
        "longitude": 0.0,
        "elevation_m": 500.0,
        "utc_offset_hours": 0.0,
        "times": times,
        "step_hours": 1.0,
        "series": {
            "ghi_w_m2": 800.0 * sun,
            "dni_w_m2": 700.0 * (sun > 0),
            "dhi_w_m2": 100.0 * sun,
            "temperature_c": 10.0 * np.sin(np.arange(hours) / 700.0),
            "wind_speed_m_s": wind,
            "wind_speed_second_m_s": 1.3 * wind,
            "relative_humidity_percent": np.full(hours, 60.0),
        },
        "wind_height_m": 10.0,
        "wind_second_height_m": 100.0,
        "typical": False,
        "sha256": "0" * 64,
    }
    return WeatherFile(**{**given, **more})


@pytest.mark.parametrize("language", ["en", "zh"])
def test_six_charts_are_on_the_page_with_their_figures(language):
    figure, notices = draw_weather(weather_file(), language)
    assert len(figure.axes) == 6
    shown = language if not notices else "en"
    titles = {ax.get_title(loc="left") for ax in figure.axes}
    assert words(shown)("weather_chart", "distribution_title") in titles
    texts = [text.get_text() for text in figure.axes[4].get_legend().get_texts()]
    speed = weather_file().series["wind_speed_m_s"]
    fit = {"k": f"{weibull_shape(speed):.2f}", "a": f"{weibull_scale(speed):.2f}"}
    assert words(shown)("weather_chart", "fit", **fit) in texts[0]
    assert "100 m" in texts[1]
    assert not plt.get_fignums()


def test_a_file_of_wind_alone_has_its_three_charts():
    file = weather_file()
    wind = {name: values for name, values in file.series.items() if name.startswith("wind")}
    figure, _ = draw_weather(weather_file(series=wind, latitude=None))
    assert len(figure.axes) == 3


def test_calm_short_and_odd_files_are_drawn(monkeypatch):
    file = weather_file()
    short = {name: values[:30] for name, values in file.series.items()}
    short["wind_speed_m_s"] = np.zeros(30)
    figure, _ = draw_weather(
        weather_file(
            series=short, times=file.times[:30], typical=True, name="$x^2$ <b>.csv", place="\x07 é"
        )
    )
    figure.canvas.draw()
