"""Figures of a station, each worked out a second time from its hours."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from numpy.testing import assert_allclose

import altay_energy as ae

NAME = "pumped_storage.burqin"


@pytest.fixture(scope="module")
def run(repository):
    settings = {"pumped_storage.burqin.start_cost_cny": 2000, "dispatch.terminal": "free"}
    loaded = ae.load(repository / "scenarios" / "burqin-2030.toml", settings)
    timeline = ae.Timeline(loaded.portfolio.timeline.start, 1200)
    return loaded.portfolio.with_(timeline=timeline).run()


def test_figures_of_a_station_follow_from_its_hours(run):
    figures, hourly = run.kpis["plants"][NAME], run.hourly.sel(station=NAME)
    state = hourly["unit_state"].to_numpy()
    power = hourly["unit_power_mw"].to_numpy()
    assert_allclose(figures["charge_mwh"], power[state < 0].sum())
    assert_allclose(figures["discharge_mwh"], power[state > 0].sum())
    assert_allclose(figures["pumped_m3"], hourly["pumped_m3"].sum())
    for units in range(1, 5):
        count = ((state == 1).sum(axis=0) == units).sum()
        assert figures[f"turbine_hours_{units}"] == count
    starts = sum(
        int(u != 0 and u != b) for row in state for b, u in zip([0, *row], row, strict=False)
    )
    assert figures["unit_starts"] == starts
    assert figures["start_cost_cny"] == 2000 * starts
    busy = (state != 0).any(axis=0)
    assert_allclose(figures["mean_head_m"], hourly["head_m"].to_numpy()[busy].mean())
    assert figures["water_residual_m3"] < 1e-6


def test_the_round_trip_accounts_for_water_that_is_left(run):
    figures, done = run.kpis["plants"][NAME], run.dispatch.stations[NAME]
    left = done.volume_m3[0, -1] - done.volume_m3[0, 0]
    yields = done.turbine_mw.sum() / done.generated_m3.sum()
    expected = (done.turbine_mw.sum() + yields * left) / done.pump_mw.sum()
    assert_allclose(figures["round_trip_efficiency"], expected)
    assert 0.7 < expected < 0.8


def test_starts_are_part_of_the_operating_cost(run):
    costs = run.kpis["plants"][NAME]["start_cost_cny"]
    without = run.kpis["variable_cost_cny"] - costs
    fuel = sum(p.get("variable_cost_cny", 0.0) for p in run.kpis["plants"].values())
    assert_allclose(without, fuel)


def test_the_hours_hold_every_cubic_metre(run):
    hourly = run.hourly.sel(station=NAME)
    volume = hourly["basin_volume_m3"].to_numpy()
    lifted = (hourly["pumped_m3"] - hourly["generated_m3"]).to_numpy()
    came = (hourly["rain_m3"] + hourly["make_up_m3"]).to_numpy()
    went = (hourly["evaporation_m3"] + hourly["seepage_m3"] + hourly["spill_m3"]).to_numpy()
    moved = np.stack([lifted, -lifted]) + came - went
    assert_allclose(np.diff(volume, axis=1), moved, atol=1e-6)
    for name in ("unit_state", "unit_flow_m3_s", "head_m", "basin_volume_m3"):
        assert hourly[name].attrs["units"] in ("1", "m3 s-1", "m", "m3")
        assert hourly[name].attrs["long_name_zh"]


def test_years_at_once_have_each_their_own_ice_and_water(repository):
    changes = {"pumped_storage.fukang.site": "fukang"}
    base = ae.load(repository / "scenarios" / "fukang.toml", changes).portfolio
    years = [ae.Climate(s).weather("fukang", base.sites["fukang"], base.timeline) for s in (1, 2)]
    stacked = {n: np.stack([y.series()[n] for y in years]) for n in years[0].series()}
    both = base.with_(weather={"fukang": replace(years[0], **stacked)}).run()
    found = both.kpis["plants"]["pumped_storage.fukang"]
    assert found["largest_ice_m3"].shape == (2,)
    assert found["largest_ice_m3"][0] != found["largest_ice_m3"][1]
    for place, year in enumerate(years):
        alone = base.with_(weather={"fukang": year}).run().kpis["plants"]["pumped_storage.fukang"]
        for name, value in alone.items():
            assert_allclose(found[name][place], value, rtol=1e-9, atol=1e-6, err_msg=name)
