"""The page on synthetic years: what is drawn is what was measured, in both languages."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from matplotlib.figure import Figure

from altay_energy.core.timeline import Timeline
from altay_energy.report import plots
from altay_energy.report.plots.weather.climate_page import (
    STRIP,
    draw_climate_check,
    plot_climate_page,
)
from altay_energy.report.text import words
from altay_energy.weather.climate.model.generate import climate_weather
from altay_energy.weather.climate.statistics.record import ClimateRecord
from altay_energy.weather.climate.statistics.statistics import monthly_means, monthly_sums
from altay_energy.weather.climate.validation.check import FIGURES, compare


def record(first: int, count: int) -> ClimateRecord:
    years = [
        ClimateRecord.of_weather(climate_weather("burqin", Timeline.of_year(first + k), 3))
        for k in range(count)
    ]
    series = ("ghi_w_m2", "temperature_c", "wind_speed_m_s")
    return replace(years[0], **{n: np.concatenate([getattr(y, n) for y in years]) for n in series})


@pytest.fixture(scope="module")
def check():
    return compare(record(2040, 1), record(2020, 6))


def line_named(ax, label):
    return next(line for line in ax.get_lines() if line.get_label() == label)


@pytest.mark.parametrize("quantity", ["temperature", "ghi", "wind"])
def test_months_are_those_of_the_record_and_the_middle_of_the_synthetic_years(check, quantity):
    ax = plots.plot_climate_months(check, quantity)
    of = {
        "temperature": lambda r: monthly_means(r.temperature_c),
        "ghi": lambda r: monthly_sums(r.ghi_w_m2) / 1000,
        "wind": lambda r: monthly_means(r.wind_speed_m_s),
    }[quantity]
    np.testing.assert_allclose(line_named(ax, "Record").get_ydata(), of(check.real)[0])
    made = line_named(ax, "Synthetic years, median").get_ydata()
    np.testing.assert_allclose(made, np.median(of(check.made), 0))


def test_shares_of_days_and_hours_add_up_to_all_of_them(check):
    for ax in (plots.plot_climate_clearness(check), plots.plot_climate_wind(check)):
        bars = ax.containers[0]
        assert sum(bar.get_height() for bar in bars) == pytest.approx(100.0, abs=0.3)


def test_the_first_step_of_periods_is_their_number(check):
    for kind in ("cold", "overcast", "calm"):
        ax = plots.plot_climate_spells(check, kind)
        shown = line_named(ax, "Record").get_ydata()
        assert shown[0] == check.real_years[f"{kind}_number"][0, 0]
        assert np.all(np.diff(shown) <= 0)


def test_the_strip_puts_the_record_where_it_lies_among_the_synthetic_years(check):
    ax = plots.plot_climate_years(check)
    rows = {row.key: row for row in check.rows if not row.part}
    diamonds = [line for line in ax.get_lines() if line.get_marker() == "D"]
    shown = [rows[key] for key in STRIP if rows[key].verdict != "does not apply"]
    assert len(diamonds) == len(shown)
    for line, row in zip(diamonds, shown, strict=True):
        within = row.low <= row.real <= row.high
        middle = 0.5 * (row.low + row.high)
        lopsided = abs(row.made - middle) / (row.high - row.low)
        assert within == (abs(line.get_xdata()[0]) <= 1.0) or lopsided > 0.02


def test_the_page_has_every_panel_in_both_languages(check, drawn_language):
    page = plot_climate_page(check, language=drawn_language)
    assert isinstance(page, Figure)
    titles = [ax.get_title(loc="left") or ax.get_title() for ax in page.axes]
    assert len(titles) == 12
    assert all(titles)
    if drawn_language == "zh":
        assert all(any("一" <= char <= "鿿" for char in title) for title in titles)


@pytest.mark.slow
def test_the_page_is_a_file_that_is_the_same_twice(check, tmp_path):
    for name in ("a.png", "b.png"):
        assert draw_climate_check(check, tmp_path / name).paths == [tmp_path / name]
    assert (tmp_path / "a.png").read_bytes() == (tmp_path / "b.png").read_bytes()


def test_a_place_name_with_a_formula_or_without_glyphs_is_drawn_as_text(check):
    for name, shown in (("$\\frac$ {x}", r"\$\frac\$ {x}"), ("\U0001f32c" * 3, "?")):
        page = plot_climate_page(check, title=name)
        assert page.get_suptitle().startswith(f"{shown}:")


def test_a_place_without_frost_sun_or_wind_can_be_drawn(check, tmp_path):
    flat = {"ghi_w_m2": 0.0, "temperature_c": 27.0, "wind_speed_m_s": 0.0}
    real, made = (
        replace(one, **{n: np.full_like(getattr(one, n), value) for n, value in flat.items()})
        for one in (check.real, check.made)
    )
    draw_climate_check(compare(real, made), tmp_path / "page.png")


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("key", STRIP)
def test_every_figure_of_the_strip_has_a_name(key, language):
    assert key in FIGURES
    assert words(language)("climate_figure", key)
