"""Storage levels, duration curves and heat maps: what is drawn is what happened."""

from __future__ import annotations

import numpy as np
import pytest

from altay_energy.report.chart.flows import flows
from altay_energy.report.plots import (
    plot_duration,
    plot_heat_map,
    plot_storage_level,
    plot_storage_levels,
)


def test_a_short_run_shows_its_level_at_every_instant(week):
    ax = plot_storage_level(week, "battery.altay")
    np.testing.assert_allclose(
        ax.lines[0].get_ydata(), week["level_mwh"].sel(storage="battery.altay")
    )
    assert ax.get_ylabel() == "Level [MWh]"


def test_a_long_run_shows_range_and_mean_of_its_days(make):
    hourly = make(hours=60 * 24)
    ax = plot_storage_level(hourly, "battery.altay")
    level = hourly["level_mwh"].sel(storage="battery.altay").to_numpy()
    days = np.lib.stride_tricks.sliding_window_view(level, 25)[::24]
    edges = ax.collections[0].get_paths()[0].vertices[:, 1]
    assert edges.max() == pytest.approx(days.max(axis=1).max())
    assert edges.min() == pytest.approx(days.min(axis=1).min())
    means = ((days[:, :-1] + days[:, 1:]) / 2).mean(axis=1)
    np.testing.assert_allclose(ax.lines[0].get_ydata(), means)


def test_a_year_shows_the_mean_of_weeks(year):
    ax = plot_storage_level(year)
    assert ax.get_legend().get_texts()[0].get_text() == "Mean of 7 days"
    assert ax.lines[0].get_ydata().size == 365
    assert "Pumped storage burqin" in ax.get_title(loc="left")


def test_a_storage_that_does_not_exist_is_refused_with_those_that_do(week):
    with pytest.raises(ValueError, match=r"must be one of pumped_storage\.burqin, battery\.altay"):
        plot_storage_level(week, "battery.nobody")


def test_without_storage_there_is_no_level_to_draw(make):
    hourly = make(hours=24, storages={})
    with pytest.raises(ValueError, match="must be one of none"):
        plot_storage_level(hourly)
    with pytest.raises(ValueError, match="no storage"):
        plot_storage_levels(hourly)


def test_every_storage_gets_its_panel_up_to_six(make):
    many = {f"battery.b{k}": (10.0 + k, 50.0) for k in range(9)}
    assert len(plot_storage_levels(make(hours=24, storages=many))) == 6
    assert len(plot_storage_levels(make(hours=24))) == 2


def test_duration_curves_fall_and_hold_all_the_energy(year):
    ax = plot_duration(year)
    drawn = {line.get_label(): line for line in ax.lines if not line.get_label().startswith("_")}
    flow = flows(year)
    for name in ("load", "generation", "import", "export", "curtailed"):
        power = drawn[name].get_ydata()
        assert np.all(np.diff(power) <= 0)
        assert power[:-1].sum() == pytest.approx(flow.series(name).sum())
        hours = drawn[name].get_xdata()[-1]
        assert hours == np.count_nonzero(flow.series(name))
    assert drawn["net_load"].get_ydata().min() == pytest.approx((flow.load - flow.available).min())


def test_hours_of_a_duration_curve_are_hours_whatever_the_step(make):
    ax = plot_duration(make(hours=48, step_hours=0.25))
    assert ax.get_xlim() == (0.0, 48.0)


def test_a_negative_net_load_keeps_its_sign(year):
    ax = plot_duration(year)
    formatter = ax.yaxis.get_major_formatter()
    assert formatter(-1500.0) == "−1,500"
    assert plot_heat_map(year).get_ylabel() == "Hour of the day (UTC+8)"


def test_a_heat_map_shows_each_hour_at_its_day_and_hour(year):
    ax = plot_heat_map(year, "curtailed")
    grid = np.asarray(ax.images[0].get_array())
    power = flows(year).curtailed
    assert grid.shape == (24, 365)
    np.testing.assert_allclose(grid, power.reshape(365, 24).T)
    assert ax.images[0].get_extent()[2:] == [0.0, 24.0]


def test_a_heat_map_says_how_much_and_its_scale_has_a_unit(year):
    ax = plot_heat_map(year, "curtailed")
    share = flows(year).curtailed.sum() / flows(year).available.sum()
    assert f"{100 * share:.2f} % of available" in ax.get_title(loc="left")
    assert ax.figure.axes[-1].get_ylabel() == "Power [MW]"


def test_nothing_is_white_and_something_is_not(year):
    image = plot_heat_map(year, "import").images[0]
    assert image.to_rgba(np.array([[0.0]]))[0, 0].tolist() == [1.0, 1.0, 1.0, 1.0]
    assert image.to_rgba(np.array([[0.02 * image.get_clim()[1]]]))[0, 0, 2] < 0.85


def test_where_nothing_happens_the_title_says_so(make):
    hourly = make(hours=48, plants={})
    title = plot_heat_map(hourly, "curtailed").get_title(loc="left")
    assert title == "Nothing is curtailed in this period"


def test_an_unknown_heat_map_is_refused(week):
    with pytest.raises(ValueError, match="what = 'wind' must be one of curtailed, import"):
        plot_heat_map(week, "wind")


def test_a_heat_map_of_a_few_days_has_no_hours_along_its_days(make):
    ax = plot_heat_map(make(hours=72), "import")
    assert [t.get_text().split("\n")[1] for t in ax.get_xticklabels()] == [
        "1 Jan",
        "2 Jan",
        "3 Jan",
    ]
