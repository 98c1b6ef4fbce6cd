"""Charts of a plant and its weather: what is drawn adds up to what the plant gives and loses."""

from __future__ import annotations

import re
from dataclasses import replace

import numpy as np
import pytest
from matplotlib.figure import Figure

from altay_energy.components.solar.solar_plant import SolarPlant
from altay_energy.components.wind.wind_farm import LOSS_STAGES, WindFarm
from altay_energy.core.errors import WeatherError
from altay_energy.core.timeline import Timeline
from altay_energy.report.plots import (
    plot_loss_waterfall,
    plot_monthly_losses,
    plot_power_curve_hours,
    plot_wind_rose,
)
from altay_energy.report.text import words
from altay_energy.weather.climate.model.generate import climate_weather
from altay_energy.weather.series import SERIES_UNITS

YEAR = Timeline.of_year(2030)
FARM = WindFarm(site="fuyun", capacity_mw=400.0)
SUN = SolarPlant(site="fuyun", capacity_mw=200.0)


@pytest.fixture(scope="module")
def weather():
    """A year at the coldest place, with a cold spell, a gale and a wind direction of its own."""
    made = climate_weather("fuyun", YEAR, 1)
    speed = made.wind_speed_m_s.copy()
    speed[3000:3004] = [22.0, 30.0, 24.0, 22.5]
    turn = 360.0 * np.random.default_rng(3).random(YEAR.steps)
    return replace(made, wind_speed_m_s=speed, wind_direction_deg=turn)


def twice(weather):
    """Two equal years, stacked on a leading axis."""
    series = {name: np.stack([values] * 2) for name, values in weather.series().items()}
    assert set(series) <= set(SERIES_UNITS)
    return replace(weather, **series)


def bars(ax):
    """Label → heights (or lengths) of the bars that bear it."""
    wide = ax.containers[0].orientation == "horizontal"
    return {
        container.get_label(): np.array(
            [bar.get_width() if wide else bar.get_height() for bar in container]
        )
        for container in ax.containers
    }


def names_of(ax):
    return [label.get_text() for label in ax.get_yticklabels()]


def legend_of(ax):
    return [text.get_text() for text in ax.get_legend().get_texts()]


# ------------------------------------------------------------------ waterfall


def test_a_waterfall_of_wind_falls_from_gross_to_net(weather):
    losses = FARM.losses(weather, YEAR)
    ax = plot_loss_waterfall(losses)
    drawn = bars(ax)
    np.testing.assert_allclose(drawn["total"], [losses["gross"] / 1e3, losses["net"] / 1e3])
    fall = drawn["loss"].sum() - drawn["gain"].sum()
    assert fall == pytest.approx((losses["gross"] - losses["net"]) / 1e3)
    assert len(drawn["loss"]) + len(drawn["gain"]) == len(LOSS_STAGES)
    assert ax.get_xlabel() == "Energy [GWh]"


def test_every_bar_of_a_waterfall_begins_where_the_one_before_ends(weather):
    losses = SUN.with_(bifaciality=0.7).loss_waterfall(weather, YEAR)
    ax = plot_loss_waterfall(losses)
    floating = sorted(
        (bar for container in ax.containers[1:] for bar in container),
        key=lambda bar: bar.get_y(),
    )
    level = float(losses["horizontal"]) / 1e3
    for bar, name in zip(floating, list(losses)[1:-1], strict=True):
        ends = {round(bar.get_x(), 6), round(bar.get_x() + bar.get_width(), 6)}
        after = level - float(losses[name]) / 1e3
        assert ends == {round(level, 6), round(after, 6)}
        level = after
    assert level == pytest.approx(float(losses["net"]) / 1e3)


def test_what_gives_energy_has_a_plus_and_what_takes_it_a_minus(weather):
    losses = SUN.loss_waterfall(weather, YEAR)
    ax = plot_loss_waterfall(losses, title="Fuyun")
    texts = dict(zip(losses, (text.get_text() for text in ax.texts), strict=False))
    share = -float(losses["transposition"] / losses["horizontal"])
    assert texts["transposition"].startswith("+")
    assert texts["transposition"].endswith(f"· +{100 * share:.1f} %")
    assert re.fullmatch(r"−[\d.]+ GWh · −[\d.]+ %", texts["snow"])
    assert texts["soiling"] == "0 GWh"
    assert texts["horizontal"].endswith("100.0 %")


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("kind", ["wind", "solar"])
def test_every_stage_has_its_name_in_both_languages(kind, language, weather):
    losses = FARM.losses(weather, YEAR) if kind == "wind" else SUN.loss_waterfall(weather, YEAR)
    for name in losses:
        assert words(language)("loss", name)
    assert len(set(names_of(plot_loss_waterfall(losses, language=language)))) == len(losses)


def test_a_waterfall_of_many_years_is_that_of_the_mean_year():
    losses = {"gross": [10.0, 30.0], "wake": [1.0, 3.0], "net": [9.0, 27.0]}
    ax = plot_loss_waterfall(losses)
    np.testing.assert_allclose(bars(ax)["total"], [20.0, 18.0])
    assert ax.get_xlabel() == "Energy [MWh]"


def test_a_plant_without_wind_has_a_waterfall_of_nothing():
    ax = plot_loss_waterfall({"gross": 0.0, "wake": 0.0, "net": 0.0})
    assert [text.get_text() for text in ax.texts][:3] == ["0 MWh"] * 3


@pytest.mark.parametrize(
    ("losses", "text"),
    [
        ({}, "losses = nothing: expected what WindFarm.losses"),
        ({"wake": 1.0, "net": 2.0}, "from gross or horizontal to net"),
        ({"gross": 10.0, "wake": 1.0, "net": 8.0}, "do not add up: gross less all stages is 9 MWh"),
        ({"gross": 10.0, "wake": np.nan, "net": 8.0}, "do not add up"),
    ],
)
def test_losses_that_are_none_are_refused(losses, text):
    with pytest.raises(ValueError, match=re.escape(text)):
        plot_loss_waterfall(losses)


# ------------------------------------------------------------------ months


def test_months_of_wind_add_up_to_the_year_and_to_a_farm_without_ice_and_cold(weather):
    ax = plot_monthly_losses(FARM, weather, YEAR)
    drawn = bars(ax)
    assert ax.get_ylabel() == "Energy per month [GWh]"
    assert drawn["wind"].size == 12
    assert drawn["wind"].sum() == pytest.approx(FARM.available_power(weather, YEAR).sum() / 1e3)
    free = FARM.with_(icing="off", package="none").available_power(weather, YEAR)
    assert sum(heights.sum() for heights in drawn.values()) == pytest.approx(free.sum() / 1e3)
    assert drawn["cold"][5:8].sum() == 0.0 < drawn["cold"][0]


def test_each_month_is_that_of_the_local_clock(weather):
    power = FARM.available_power(weather, YEAR)
    drawn = bars(plot_monthly_losses(FARM, weather, YEAR))["wind"]
    by_month = np.bincount(YEAR.month, power) / 1e3
    np.testing.assert_allclose(drawn, by_month)


def test_months_of_sun_show_what_snow_takes_and_gives(weather):
    ax = plot_monthly_losses(SUN, weather, YEAR)
    drawn = bars(ax)
    given = (drawn["solar"] + drawn["snow_light"]).sum()
    assert given == pytest.approx(SUN.available_power(weather, YEAR).sum() / 1e3)
    bare = SUN.with_(snow="off").available_power(weather, YEAR)
    assert (drawn["solar"] + drawn["snow"]).sum() == pytest.approx(bare.sum() / 1e3)
    assert drawn["snow"].min() > -1e-12
    assert drawn["snow"][5:8].sum() == 0.0 < drawn["snow"][0]
    assert legend_of(ax) == ["Snow on modules", "Gain by reflection from snow", "Solar"]


def test_what_is_not_lost_has_no_place_in_the_legend(weather):
    warm = replace(weather, temperature_c=np.full(YEAR.steps, 25.0))
    ax = plot_monthly_losses(FARM, warm, YEAR)
    assert legend_of(ax) == ["Wind"]
    assert any("no losses" in text.get_text() for text in ax.texts)


def test_a_stop_in_cold_of_ones_own_is_switched_off_as_well(weather):
    own = FARM.with_(low_temperature_stop_c=-15.0, low_temperature_restart_c=-12.0)
    drawn = bars(plot_monthly_losses(own, weather, YEAR))
    usual = bars(plot_monthly_losses(FARM, weather, YEAR))
    assert drawn["cold"].sum() > usual["cold"].sum()
    both = [sum(h.sum() for h in parts.values()) for parts in (drawn, usual)]
    assert both[0] == pytest.approx(both[1])


def test_months_of_equal_years_are_those_of_one(weather):
    one = bars(plot_monthly_losses(FARM, weather, YEAR))
    ax = plot_monthly_losses(FARM, twice(weather), YEAR)
    for name, heights in bars(ax).items():
        np.testing.assert_allclose(heights, one[name])
    assert any("mean of 2" in text.get_text() for text in ax.texts)


def test_a_profile_has_no_losses_to_draw(weather):
    farm = WindFarm.model_validate({"capacity_mw": 5.0, "profile": 0.3})
    with pytest.raises(ValueError, match="its power is net of them; give the plant a site"):
        plot_monthly_losses(farm, weather, YEAR)


# ------------------------------------------------------------------ power curve


def twin_of(ax):
    return next(other for other in ax.figure.axes if other is not ax)


def test_every_hour_is_on_the_power_curve_chart_once(weather):
    ax = plot_power_curve_hours(FARM, weather, YEAR)
    points = np.concatenate([group.get_offsets() for group in ax.collections])
    assert len(points) == YEAR.steps
    assert points[:, 1].sum() * 400.0 == pytest.approx(FARM.available_power(weather, YEAR).sum())
    hours = sum(heights.sum() for heights in bars(twin_of(ax)).values())
    assert hours == pytest.approx(8760.0)


def test_hours_of_storm_and_cold_lie_at_zero_and_those_of_ice_below_the_clean_ones(weather):
    ax = plot_power_curve_hours(FARM, weather, YEAR)
    groups = {group.get_label(): group.get_offsets() for group in ax.collections}
    assert set(groups) == {"none", "ice", "cold", "storm"}
    assert groups["cold"][:, 1].max() == 0.0
    assert groups["cold"][:, 0].min() > 2.5  # in a calm nothing is lost; dense air starts early
    # the gale stops it, and so do the hours after it until the restart speed
    hub = FARM.hub_wind(weather)
    assert {round(s, 6) for s in hub[3001:3004]} <= {round(s, 6) for s in groups["storm"][:, 0]}
    assert groups["storm"][:, 1].max() == 0.0
    clean = FARM.with_(icing="off").available_power(weather, YEAR) / 400.0
    for speed, power in groups["ice"]:
        assert power < clean[np.argmin(np.abs(hub - speed))]


def test_hours_of_many_years_are_those_of_the_mean_year(weather):
    ax = plot_power_curve_hours(FARM, twice(weather), YEAR)
    hours = sum(heights.sum() for heights in bars(twin_of(ax)).values())
    assert hours == pytest.approx(8760.0)


def test_curves_and_axes_of_the_power_curve_have_names_and_units(weather):
    ax = plot_power_curve_hours(FARM, weather, YEAR)
    assert ax.get_xlabel() == "Wind speed at the hub, 110 m above ground [m/s]"
    assert ax.get_ylabel() == "Power over capacity [-]"
    assert twin_of(ax).get_ylabel() == "Hours [h]"
    assert legend_of(ax)[:2] == ["Curve at 1.225 kg/m³", "Less wakes, availability, cables"]
    full, left = ax.lines[:2]
    np.testing.assert_allclose(left.get_ydata(), 0.92 * 0.97 * 0.98 * full.get_ydata())


def test_with_a_layout_wakes_are_no_constant_and_the_second_curve_is_left_out(weather):
    layout = {"rows": 4, "columns": 5, "row_spacing": 7.0, "column_spacing": 5.0}
    farm = FARM.with_(layout={**layout, "bearing_deg": 0.0})
    ax = plot_power_curve_hours(farm, weather, YEAR)
    assert [text for text in legend_of(ax) if text.startswith("Less")] == []


# ------------------------------------------------------------------ rose


def test_a_rose_holds_all_hours_but_the_calm_ones(weather):
    ax = plot_wind_rose(weather)
    total = sum(heights.sum() for heights in rose(ax))
    assert total == pytest.approx(100.0 * (weather.wind_speed_m_s >= 0.3).mean())


def rose(ax):
    return [np.array([bar.get_height() for bar in container]) for container in ax.containers]


def test_wind_from_the_west_is_in_the_west(weather):
    about = np.where(np.arange(YEAR.steps) % 2, 250.0, 290.0)
    west = replace(weather, wind_direction_deg=about)
    ax = plot_wind_rose(west, sectors=8)
    share = np.sum(rose(ax), axis=0)
    assert np.flatnonzero(share).tolist() == [6]
    bar = ax.containers[0][6]
    assert np.degrees(bar.get_x() + bar.get_width() / 2) == pytest.approx(270.0)
    assert ax.get_theta_direction() == -1
    assert ax.get_theta_offset() == pytest.approx(np.pi / 2)
    assert [label.get_text() for label in ax.get_xticklabels()][6] == "W"


def test_0_and_360_degrees_are_both_north(weather):
    steps = np.arange(YEAR.steps)
    north = replace(weather, wind_direction_deg=np.where(steps % 2, 0.0, 360.0))
    assert np.flatnonzero(np.sum(rose(plot_wind_rose(north)), axis=0)).tolist() == [0]


def test_speed_classes_of_a_rose_part_the_hours(weather):
    ax = plot_wind_rose(weather)
    labels = legend_of(ax)[::-1]
    speed = weather.wind_speed_m_s
    for label, heights in zip(labels[:-1], rose(ax)[:-1], strict=True):
        low, high = map(float, label.split(" – "))
        share = ((speed >= low) & (speed < high)).mean()
        assert heights.sum() == pytest.approx(100.0 * share)
    last = float(labels[-1].removeprefix("≥ "))
    assert rose(ax)[-1].sum() == pytest.approx(100.0 * (speed >= last).mean())


def test_without_wind_direction_there_is_no_rose_and_the_message_says_what_has_it(weather):
    with pytest.raises(WeatherError, match=r"no wind direction.*use a weather file"):
        plot_wind_rose(replace(weather, wind_direction_deg=None))


def test_a_rose_refuses_odd_sectors_and_square_axes(weather):
    with pytest.raises(ValueError, match="sectors = 7 must be one of 8, 12, 16"):
        plot_wind_rose(weather, sectors=7)
    with pytest.raises(ValueError, match="polar"):
        plot_wind_rose(weather, ax=Figure().add_subplot())


# ------------------------------------------------------------------ all


def test_every_chart_draws_on_the_axes_it_is_given(weather):
    figure = Figure()
    first, second, third = (figure.add_subplot(2, 2, k) for k in (1, 2, 3))
    polar = figure.add_subplot(2, 2, 4, projection="polar")
    assert plot_loss_waterfall(FARM.losses(weather, YEAR), ax=first) is first
    assert plot_monthly_losses(SUN, weather, YEAR, ax=second) is second
    assert plot_power_curve_hours(FARM, weather, YEAR, ax=third) is third
    assert plot_wind_rose(weather, ax=polar) is polar


def test_chinese_charts_have_chinese_titles(weather):
    for ax in (
        plot_loss_waterfall(FARM.losses(weather, YEAR), language="zh"),
        plot_monthly_losses(SUN, weather, YEAR, language="zh"),
        plot_power_curve_hours(FARM, weather, YEAR, language="zh"),
        plot_wind_rose(weather, language="zh"),
    ):
        title = ax.get_title(loc="left")
        drawn = words("zh").tables["plant_chart"].values()
        in_english = words("en").tables["plant_chart"].values()  # where no font has Chinese
        assert title in [*drawn, *in_english]
