"""Charts of rivers and reservoirs."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.testing import assert_allclose

import altay_energy as ae
from altay_energy.report.plots.rivers import plot_reservoir, plot_river_inflow


@pytest.fixture(scope="module")
def hourly():
    lake = {
        "normal_level_m": 760.0,
        "dead_level_m": 740.0,
        "tailwater_level_m": 696.0,
        "normal_volume_m3": 94e6,
        "depth_m": 70.0,
    }
    plant = {"river": "burqin", "capacity_mw": 110.0, "reservoir": lake}
    return (
        ae.Portfolio(
            timeline=ae.Timeline.of_year(2030),
            title_zh="一条河",
            river={"burqin": ae.River(catchment="burqin"), "creek": ae.River(inflow_m3_s=2.0)},
            hydro={
                "chonghuer": ae.HydroPlant.model_validate(plant),
                "mill": ae.HydroPlant(river="creek", capacity_mw=0.1, head_m=5),
            },
            grid=ae.Grid(export_limit_mw=500),
        )
        .run()
        .hourly
    )


def test_months_of_a_river_add_up_to_its_flow(hourly, drawn_language):
    language = drawn_language
    ax = plot_river_inflow(hourly, language=language)
    heights = np.array([[bar.get_height() for bar in bars] for bars in ax.containers])
    assert heights.shape == (2, 12)
    flow = hourly["river_flow_m3_s"].sel(river="river.burqin").to_numpy()
    days = np.array([31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31])
    assert_allclose(heights.sum(axis=0) @ days / 365.0, flow.mean())
    assert "m³/s" in ax.get_ylabel()
    names = [text.get_text() for text in ax.get_legend().get_texts()]
    shown = {"en": ["Rain and groundwater", "Snowmelt"], "zh": ["雨水与地下水", "融雪水"]}
    assert names == shown[language]
    assert ("布尔津河" in ax.get_title(loc="left")) is (language == "zh")


def test_a_river_of_a_series_has_no_melt_to_show(hourly):
    ax = plot_river_inflow(hourly, "river.creek")
    assert len(ax.containers) == 1
    assert_allclose([bar.get_height() for bar in ax.containers[0]], 2.0)


@pytest.mark.parametrize("language", ["en", "zh"])
def test_a_reservoir_shows_its_level_and_its_water(hourly, language):
    upper, lower = plot_reservoir(hourly, language=language)
    level = hourly["hydro_level_m"].to_numpy()[0]
    assert_allclose(upper.lines[0].get_ydata(), level)
    assert 740.0 <= level.min() < level.max() <= 760.0
    inflow = hourly["hydro_inflow_m3_s"].sel(hydro="hydro.chonghuer").to_numpy()
    assert_allclose(lower.lines[0].get_ydata(), inflow.reshape(-1, 24).mean(axis=1))
    assert "m³/s" in lower.get_ylabel()


def test_what_is_not_there_is_refused_with_what_is(hourly):
    with pytest.raises(ValueError, match=r"river = 'river.ob' must be one of river.b"):
        plot_river_inflow(hourly, "river.ob")
    with pytest.raises(ValueError, match=r"'hydro.mill' must be one of hydro.chonghuer"):
        plot_reservoir(hourly, "hydro.mill")
    with pytest.raises(ValueError, match="must be one of none"):
        plot_reservoir(hourly.drop_dims("hydro_reservoir"))
