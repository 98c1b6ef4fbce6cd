"""One page of charts of a weather file: months, days, sunlight against solar position, wind."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from altay_energy.core.timeline import Times
from altay_energy.core.units import Array
from altay_energy.report.chart import canvas
from altay_energy.report.chart.canvas import sheet
from altay_energy.report.chart.palette import COLOURS, WIND_SPEEDS
from altay_energy.report.text import Words
from altay_energy.weather.files.clock import cos_zenith
from altay_energy.weather.files.file import WIND, WeatherFile
from altay_energy.weather.files.odd_values import bounded
from altay_energy.weather.prepare.describe import weibull_scale, weibull_shape

WIDTH, HEIGHT = 13.0, 8.6
WARM = "#c8553d"
LIGHTS = {"ghi_w_m2": COLOURS["solar"], "dni_w_m2": "#d98e04", "dhi_w_m2": "#9db4c0"}
CELLS_WIDE = 58


def draw_weather(file: WeatherFile, language: str = "en") -> tuple[Figure, list[str]]:
    """Draw six charts of a weather file on one page.

    Parameters
    ----------
    file : WeatherFile
        As read; a file of wind alone has three charts.
    language : str
        ``"en"`` or ``"zh"``.

    Returns
    -------
    figure : Figure
    notices : list of str
        Notices about text that could not be drawn.
    """
    given = bounded(file)
    moved = list(given.notices[len(file.notices) :])
    file = given
    with sheet(language) as letters:
        words = letters.words
        rows = 1 if file.wind_only else 2
        figure = canvas.new_figure(WIDTH, HEIGHT * (0.56 if rows == 1 else 1.0))
        axes = figure.subplots(rows, 3, squeeze=False)
        charts = [
            (_temperature, "temperature_c"),
            (_sunlight, "ghi_w_m2"),
            (_mean_day, "ghi_w_m2"),
            (_wind_months, "wind_speed_m_s"),
            (_wind_distribution, "wind_speed_m_s"),
            (_wind_day, "wind_speed_m_s"),
        ]
        for ax, (draw, needed) in zip(axes.flat, charts[-axes.size :], strict=True):
            if needed in file.series:
                draw(ax, file, words)
            else:  # the file lacks it; the description says so
                ax.set_axis_off()
        place = file.place if letters.can_draw(file.place) else file.format.upper()
        name = file.name if letters.can_draw(file.name) else file.format.upper()
        figure.suptitle(
            canvas.plain(canvas.shorten(f"{place} ({name}), {_period(file, words)}", 110)),
            x=0.01,
            ha="left",
            fontweight="bold",
            fontsize=13.5,
        )
        return figure, [*moved, *([] if letters.notice is None else [letters.notice])]


def _period(file: WeatherFile, words: Words) -> str:
    """Return the first and last day on the file's clock; typical years have no date."""
    if file.typical:
        return words("weather_chart", "typical")
    first, last = np.datetime_as_string(file.local[[0, -1]], unit="D")
    return words("weather_chart", "period", first=first, last=last)


def _days(file: WeatherFile, values: Array) -> tuple[Times, Array]:
    """Return the whole days on the file's clock, and the intervals of each."""
    day = file.local.astype("datetime64[D]")
    first = int(np.argmax(file.local == day)) if (file.local == day).any() else 0
    whole = (values.size - first) // file.per_day * file.per_day
    days = day[first : first + whole].reshape(-1, file.per_day)[:, 0]
    return days, values[first : first + whole].reshape(-1, file.per_day)


def _temperature(ax: Axes, file: WeatherFile, words: Words) -> None:
    days, values = _days(file, file.series["temperature_c"])
    x = canvas.day_numbers(days)
    ax.fill_between(x, values.min(axis=1), values.max(axis=1), color="#e2d5cf", linewidth=0)
    ax.plot(x, values.mean(axis=1), color=WARM, linewidth=0.9)
    ax.axhline(0.0, color="#888888", linewidth=0.8)
    canvas.label_numbers(ax, "y", sign=True)
    _month_ticks(ax, days, words)
    ax.set_ylabel(words("weather_chart", "temperature"))
    canvas.set_titles(
        ax,
        words("weather_chart", "temperature_title"),
        words("weather_chart", "temperature_line", mean=f"{values.mean():.1f}".replace("-", "−")),
        CELLS_WIDE,
    )


def _month_ticks(ax: Axes, days: Times, words: Words) -> None:
    """Set ticks at the first day of every third month, or of years in longer files."""
    names = words.sequence("date", "months")
    months = np.unique(days.astype("datetime64[M]"))
    every = max(1, round(months.size / 6))
    shown = months[::every]
    number = shown.astype(np.int64) % 12
    year = shown.astype("datetime64[Y]").astype(np.int64) + 1970
    long = months.size > 14
    labels = [f"{y}" if long else names[m] for m, y in zip(number, year, strict=True)]
    ax.set_xticks(canvas.day_numbers(shown.astype("datetime64[s]")), labels)


def _by_month(file: WeatherFile, name: str) -> tuple[Array, Array]:
    """Return the mean of each calendar month, NaN without data, and its number of days."""
    month = file.local.astype("datetime64[M]").astype(np.int64) % 12
    count = np.bincount(month, minlength=12)
    total = np.bincount(month, file.series[name], minlength=12)
    years = np.maximum(1.0, np.round(file.times.size / (365.25 * file.per_day)))
    mean = np.divide(total, count, out=np.full(12, np.nan), where=count > 0)
    return mean, count / file.per_day / years


def _sunlight(ax: Axes, file: WeatherFile, words: Words) -> None:
    present = [name for name in LIGHTS if name in file.series]
    x = np.arange(12)
    totals = []
    for k, name in enumerate(present):
        mean, days = _by_month(file, name)
        energy = mean * days * 24.0 / 1000.0
        totals.append(float(np.nansum(energy)))
        label = words("weather_chart", name.split("_")[0], total=f"{totals[-1]:,.0f}")
        width = 0.8 / len(present)
        ax.bar(x - 0.4 + (k + 0.5) * width, energy, width, color=LIGHTS[name], label=label)
    ax.set_xticks(x, words.sequence("date", "months"), fontsize=8)
    canvas.label_numbers(ax, "y")
    ax.margins(x=0.02)
    ax.legend(loc="upper left", ncols=1)
    ax.set_ylim(0.0, 1.35 * ax.get_ylim()[1])
    ax.set_ylabel(words("weather_chart", "energy"))
    canvas.set_titles(ax, words("weather_chart", "sunlight_title"), "", CELLS_WIDE)


def _mean_day(ax: Axes, file: WeatherFile, words: Words) -> None:
    """Draw the mean day of sunlight and, to the same sum, of the sine of solar elevation."""
    _, light = _days(file, file.series["ghi_w_m2"])
    hours = (np.arange(file.per_day) + 0.5) * file.step_hours
    mean = light.mean(axis=0)
    ax.fill_between(hours, mean, color=COLOURS["solar"], linewidth=0, alpha=0.85)
    ax.plot(hours, mean, color="#b8860b", linewidth=1.2, label=words("weather_chart", "in_file"))
    if file.latitude is not None and file.longitude is not None:
        middle = file.times + np.timedelta64(file.step_seconds // 2, "s")
        height = np.maximum(cos_zenith(file.latitude, file.longitude, middle), 0.0)
        _, sun = _days(file, height)
        shape = sun.mean(axis=0)
        scale = mean.sum() / shape.sum() if shape.sum() > 0 else 0.0
        label = words("weather_chart", "of_sun")
        ax.plot(hours, scale * shape, color="#111111", linewidth=1.1, linestyle="--", label=label)
    _day_axis(ax, words)
    ax.set_ylabel(words("weather_chart", "irradiance"))
    ax.set_ylim(0.0, 1.3 * max(ax.get_ylim()[1], 1.0))
    ax.legend(loc="upper left")
    canvas.set_titles(ax, words("weather_chart", "day_title"), "", CELLS_WIDE)


def _day_axis(ax: Axes, words: Words) -> None:
    canvas.label_numbers(ax, "y")
    ax.set_xlim(0.0, 24.0)
    ax.set_xticks(range(0, 25, 4))
    ax.set_xlabel(words("weather_chart", "hour"))


def _winds(file: WeatherFile) -> list[tuple[str, float, str]]:
    """Return name, height [m] and colour of each wind series."""
    heights = (file.wind_height_m, file.wind_second_height_m)
    colours = (WIND_SPEEDS[2], WIND_SPEEDS[3])
    return [
        (name, height, colour)
        for name, height, colour in zip(WIND, heights, colours, strict=False)
        if name in file.series and height is not None
    ]


def _at(words: Words, height: float) -> str:
    return words("weather_chart", "at_height", height=f"{height:g}")


def _wind_months(ax: Axes, file: WeatherFile, words: Words) -> None:
    for name, height, colour in _winds(file):
        mean, _ = _by_month(file, name)
        ax.plot(np.arange(12), mean, "o-", color=colour, markersize=4, label=_at(words, height))
    ax.set_xticks(np.arange(12), words.sequence("date", "months"), fontsize=8)
    ax.margins(x=0.04)
    canvas.label_numbers(ax, "y")
    ax.set_ylim(0.0, 1.3 * max(ax.get_ylim()[1], 0.5))
    ax.legend(loc="upper left")
    ax.set_ylabel(words("weather_chart", "speed"))
    canvas.set_titles(ax, words("weather_chart", "wind_months_title"), "", CELLS_WIDE)


def _wind_distribution(ax: Axes, file: WeatherFile, words: Words) -> None:
    top, tallest = 1.0, 1.0
    for name, height, colour in _winds(file):
        speed = file.series[name]
        top = max(top, float(np.ceil(np.quantile(speed, 0.999))) + 1.0)
        edges = np.arange(-0.5, top + 1.0)
        share = np.histogram(speed, edges)[0] / speed.size
        tallest = max(tallest, 100.0 * float(share.max()))
        ax.stairs(100.0 * share, edges, color=colour, fill=True, alpha=0.35)
        shape, scale = weibull_shape(speed), weibull_scale(speed)
        label = _at(words, height)
        if shape is not None and scale is not None:
            x = np.linspace(0.01, top, 200)
            density = shape / scale * (x / scale) ** (shape - 1) * np.exp(-((x / scale) ** shape))
            fit: dict[str, Any] = {"k": f"{shape:.2f}", "a": f"{scale:.2f}"}
            label = f"{label}: {words('weather_chart', 'fit', **fit)}"
            # With a shape below 1 the density is infinite at calm; limit the axis to the bars.
            shown = np.minimum(100.0 * density, 100.0)
            ax.plot(x, shown, color=colour, linewidth=1.6, label=label)
    ax.set_xlim(-0.5, top)
    canvas.label_numbers(ax, "y")
    ax.set_ylim(0.0, 1.35 * tallest)
    ax.legend(loc="upper right")
    ax.set_xlabel(words("weather_chart", "speed"))
    ax.set_ylabel(words("weather_chart", "share"))
    canvas.set_titles(ax, words("weather_chart", "distribution_title"), "", CELLS_WIDE)


def _wind_day(ax: Axes, file: WeatherFile, words: Words) -> None:
    hours = (np.arange(file.per_day) + 0.5) * file.step_hours
    for name, height, colour in _winds(file):
        _, speed = _days(file, file.series[name])
        ax.plot(hours, speed.mean(axis=0), color=colour, linewidth=1.6, label=_at(words, height))
    _day_axis(ax, words)
    ax.set_ylim(0.0, 1.3 * max(ax.get_ylim()[1], 0.5))
    ax.legend(loc="upper left")
    ax.set_ylabel(words("weather_chart", "speed"))
    canvas.set_titles(ax, words("weather_chart", "wind_day_title"), "", CELLS_WIDE)
