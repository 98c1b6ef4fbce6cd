"""A week of dispatch and energy by source: what is drawn is what happened."""

from __future__ import annotations

import numpy as np
import pytest
from matplotlib.figure import Figure

from altay_energy.report.chart.flows import busiest_week, flows
from altay_energy.report.chart.palette import COLOURS
from altay_energy.report.plots import plot_dispatch, plot_energy


def labels_of(ax):
    return [text.get_text() for text in ax.get_legend().get_texts()]


def areas(ax):
    """Label → area of the stack in unit × days, from its corners."""
    found = {}
    for part in ax.collections:
        found[part.get_label()] = found.get(part.get_label(), 0.0) + sum(
            shoelace(path.vertices) for path in part.get_paths()
        )
    return found


def shoelace(corners):
    x, y = corners[:, 0], corners[:, 1]
    return abs(np.dot(x, np.roll(y, 1)) - np.dot(y, np.roll(x, 1))) / 2


def bar_heights(ax):
    """Label → signed heights of its bars."""
    return {
        container.get_label(): np.array([bar.get_height() for bar in container])
        for container in ax.containers
    }


def test_areas_of_the_stack_are_the_energy_of_each_source(year):
    first = busiest_week(year)
    flow = flows(year).part(first, first + 168)
    drawn = areas(plot_dispatch(year))
    for kind in ("wind", "solar", "hydro", "thermal"):
        assert drawn[kind] * 24 == pytest.approx(flow.energy(flow.supply[kind]), rel=1e-7)
    both = flow.supply["pumped_storage"] + flow.uses["pumped_storage"]
    assert drawn["pumped_storage"] * 24 == pytest.approx(flow.energy(both), rel=1e-7)
    assert drawn["curtailed"] * 24 == pytest.approx(flow.energy(flow.curtailed), rel=1e-7)


def test_supply_is_above_the_axis_and_use_below(year):
    ax = plot_dispatch(year)
    for part in ax.collections:
        heights = np.concatenate([path.vertices[:, 1] for path in part.get_paths()])
        assert heights.min() >= 0 or heights.max() <= 0
    below = {p.get_label() for p in ax.collections if p.get_paths()[0].vertices[:, 1].min() < 0}
    assert below == {"pumped_storage", "battery", "export"}


def test_the_line_is_the_load_step_by_step(week):
    line = next(line for line in plot_dispatch(week).lines if len(line.get_xdata()) > 2)
    np.testing.assert_allclose(line.get_ydata()[:-1], week["load_mw"])
    assert line.get_drawstyle() == "steps-post"
    assert line.get_xdata()[-1] - line.get_xdata()[0] == pytest.approx(7.0)


def test_each_source_has_its_colour_in_every_chart(year):
    for ax in (plot_dispatch(year), plot_energy(year)):
        handles = ax.get_legend().legend_handles
        shown = dict(zip(labels_of(ax), handles, strict=True))
        for label, kind in (("Wind", "wind"), ("Export", "export"), ("Hydro", "hydro")):
            red, green, blue, _ = shown[label].get_facecolor()
            assert [round(255 * c) for c in (red, green, blue)] == [
                int(COLOURS[kind][k : k + 2], 16) for k in (1, 3, 5)
            ]


def test_the_legend_follows_the_stack_from_the_top_down(year):
    order = ["Load", "Curtailed", "Not served", "Import", "Battery", "Pumped storage"]
    order += ["Solar", "Wind", "Thermal", "Hydro", "Export"]
    assert labels_of(plot_energy(year)) == order


def test_titles_say_what_and_when_and_axes_say_their_unit(year):
    ax = plot_dispatch(year, week="winter")
    assert ax.get_title(loc="left") == "Dispatch in the winter week of highest load"
    below = ax.texts[-1].get_text()
    assert below.startswith("Burqin base 2030 · ")
    assert below.endswith(" 2030")
    assert ax.get_ylabel() == "Power [MW]"
    assert ax.get_xlabel() == "Local time (UTC+8)"


def test_a_kilowatt_system_is_drawn_in_kilowatts(make):
    hourly = make(hours=168, size=1e-5)
    assert plot_dispatch(hourly).get_ylabel() == "Power [kW]"
    assert plot_energy(hourly).get_ylabel() == "Energy per day [kWh]"


def test_bars_add_up_to_the_energy_of_the_run(year):
    ax = plot_energy(year)
    flow, bars = flows(year), bar_heights(ax)
    assert ax.get_ylabel() == "Energy per month [GWh]"
    assert bars["wind"].size == 12
    assert bars["wind"].sum() * 1000 == pytest.approx(flow.energy(flow.supply["wind"]))
    assert bars["export"].sum() * 1000 == pytest.approx(-flow.energy(flow.uses["export"]))
    assert bars["curtailed"].sum() * 1000 == pytest.approx(flow.energy(flow.curtailed))


def test_supply_bars_reach_as_far_as_load_and_use_together(year):
    ax = plot_energy(year)
    load = next(line for line in ax.lines if line.get_label() == "load").get_ydata()
    patches = [
        (round(p.get_x() + p.get_width() / 2), p.get_height())
        for c in ax.containers
        if c.get_label() != "curtailed"
        for p in c
    ]
    up, down = np.zeros(12), np.zeros(12)
    for month, height in patches:
        (up if height > 0 else down)[month] += abs(height)
    np.testing.assert_allclose(up, load + down, rtol=1e-9)


@pytest.mark.parametrize(
    ("hours", "unit", "bars"),
    [(1, "hour", 1), (36, "hour", 36), (168, "day", 7), (8784, "month", 12), (35064, "year", 4)],
)
def test_bars_follow_the_length_of_the_run(make, hours, unit, bars):
    hourly = make(start="2028-01-01T00:00", hours=hours, storages={})
    ax = plot_energy(hourly)
    assert f"Energy per {unit}" in ax.get_ylabel()
    load = next(line for line in ax.lines if line.get_label() == "load")
    assert load.get_ydata().size == bars


def test_a_chart_is_drawn_on_the_axes_that_are_given(week):
    figure = Figure()
    ax = figure.add_subplot()
    assert plot_dispatch(week, ax=ax) is ax
    assert plot_energy(week, ax=figure.add_subplot()).figure is figure


def test_a_dollar_in_a_title_starts_no_formula(make):
    hourly = make(hours=24, title="cost $x_1$ & 100 $")
    ax = plot_dispatch(hourly)
    assert ax.texts[-1].get_text().startswith(r"cost \$x_1\$ & 100 \$ · ")
    ax.figure.draw_without_rendering()


def test_a_very_long_title_is_cut(make):
    ax = plot_energy(make(hours=24, title="long " * 100))
    assert len(ax.texts[-1].get_text()) <= 130
    assert ax.texts[-1].get_text().endswith("…")
