"""Charts of a station: what is drawn is what its units and its water did."""

from __future__ import annotations

import numpy as np
import pytest

import altay_energy as ae
from altay_energy.report.chart import canvas
from altay_energy.report.plots import (
    draw_run_charts,
    plot_basin_levels,
    plot_head_duration,
    plot_operating_points,
    plot_unit_states,
)

NAME = "pumped_storage.burqin"


@pytest.fixture(scope="module")
def run(repository):
    scenario = repository / "scenarios" / "burqin-2030.toml"
    loaded = ae.load(scenario, {"dispatch.terminal": "free"})
    return loaded.portfolio.with_(timeline=ae.Timeline(loaded.portfolio.timeline.start, 960)).run()


def test_both_levels_are_drawn_within_their_reservoirs(run):
    upper, lower = plot_basin_levels(run.hourly)
    level = run.hourly["basin_level_m"].sel(station=NAME)
    for ax, basin in ((upper, "upper"), (lower, "lower")):
        low, high = ax.get_ylim()
        assert low < level.sel(basin=basin).min() <= level.sel(basin=basin).max() < high
    assert "water levels" in upper.get_title(loc="left")


def test_each_hour_of_each_unit_has_the_shade_of_what_it_does(run):
    states, power = plot_unit_states(run.hourly, week=0)
    shown = run.hourly["unit_state"].sel(station=NAME).to_numpy()[:, :168]
    for value, kind in ((1, "generate"), (-1, "pump"), (0, "stand")):
        from matplotlib.colors import to_rgba

        from altay_energy.report.chart.palette import UNIT_STATES

        colour = to_rgba(UNIT_STATES[kind])
        width = sum(b.get_width() for b in states.patches if b.get_facecolor() == colour)
        assert width * 24 == pytest.approx((shown == value).sum())
    assert [t.get_text() for t in states.get_yticklabels()] == [f"Unit {k}" for k in range(1, 5)]
    assert power.get_ylabel() == "Power [MW]"


def test_the_head_curves_have_an_hour_for_each_hour_in_use(run):
    ax = plot_head_duration(run.hourly)
    state = run.hourly["unit_state"].sel(station=NAME).to_numpy()
    for line, value in zip(ax.lines, (1, -1), strict=True):
        assert line.get_xdata()[-1] == (state == value).any(axis=0).sum()
        assert np.all(np.diff(line.get_ydata()) <= 0.0)


def test_a_point_on_the_hill_is_flow_and_head_of_a_unit_in_an_hour(run):
    done = run.dispatch.stations[NAME]
    ax = plot_operating_points(done)
    turbine, pump = (np.asarray(c.get_offsets()) for c in ax.collections[-2:])
    assert len(turbine) == (done.running > 0).sum()
    assert len(pump) == (done.running < 0).sum()
    one = np.flatnonzero(done.running > 0)[0]
    flow = done.generated_m3[one] / 3600.0
    lost = done.limits.machine.resistance * flow**2
    np.testing.assert_allclose(turbine[0], [flow / done.running[one], done.head_m[one] - lost])


@pytest.mark.parametrize("language", ["zh", pytest.param("en", marks=pytest.mark.slow)])
def test_a_run_draws_the_charts_of_its_station(language, run, tmp_path):
    drawn = draw_run_charts(run.hourly, tmp_path, language, run.dispatch.stations)
    names = {path.stem for path in drawn.paths}
    assert {"station_levels", "station_units", "station_heads", "station_hill"} <= names


def test_without_a_station_there_is_nothing_to_draw(week):
    for plot in (plot_basin_levels, plot_unit_states, plot_head_duration):
        with pytest.raises(ValueError, match="station = None must be one of none"):
            plot(week)


def test_a_station_that_never_runs_has_an_empty_sheet(run):
    still = run.hourly.copy(deep=True)
    still["unit_state"][:] = 0
    assert plot_head_duration(still).get_ylabel() == "Static head [m]"
    states, _ = plot_unit_states(still, week=0)
    assert canvas.figure_of(states) is not None
