"""Rivers, and the plants on them."""

import numpy as np
import pytest
from numpy.testing import assert_allclose
from pydantic import ValidationError

import altay_energy as ae
from altay_energy.components.hydro.parts import EfficiencyCurve, HydroReservoir
from altay_energy.components.hydro.river_flow import RiverFlow, climate_flows
from altay_energy.components.hydro.water import run_cascade, water_limits, water_notices
from altay_energy.components.settings.settings import TimeSettings
from altay_energy.core.errors import ScenarioError

YEAR = ae.Timeline.of_year(2030)
LAKE = {
    "normal_level_m": 760.0,
    "dead_level_m": 740.0,
    "tailwater_level_m": 690.0,
    "normal_volume_m3": 94e6,
    "depth_m": 70.0,
}
PLANT = {"river": "burqin", "capacity_mw": 110.0, "units": 4}


def test_a_week_of_a_river_is_a_slice_of_its_year():
    kelan = {"k": (ae.River(catchment="kelan"), "altay_city", None)}
    week = TimeSettings(start="2030-05-01T05:00", hours=100).timeline()
    year, part = (climate_flows(kelan, t, 1)["k"] for t in (YEAR, week))
    first = 120 * 24 + 5
    assert_allclose(part.flow_m3_s, year.flow_m3_s[first : first + 100], rtol=1e-9)
    assert_allclose(part.snowmelt_m3_s, year.snowmelt_m3_s[first : first + 100], rtol=1e-9)


def test_shorter_steps_have_the_same_water():
    kelan = {"k": (ae.River(catchment="kelan"), "altay_city", None)}
    hours = TimeSettings(start="2030-05-01", hours=48).timeline()
    quarters = TimeSettings(start="2030-05-01", hours=48, step_hours=0.25).timeline()
    one, four = (climate_flows(kelan, t, 1)["k"].flow_m3_s for t in (hours, quarters))
    assert_allclose(four.reshape(-1, 4).mean(axis=1), one)


def test_keys_of_a_table_override_the_built_in_river():
    plain = ae.River(catchment="kelan").parameters(48.0)
    other = ae.River(catchment="kelan", soil_mm=50.0, elevation_m=[900, 2000]).parameters(48.0)
    assert (plain.soil_mm, other.soil_mm) == (250.0, 50.0)
    assert other.band_elevation_m.max() < 2000.0
    assert other.area_km2 == plain.area_km2 == 1655.0


@pytest.mark.parametrize(
    ("table", "words"),
    [
        ({}, "a river needs catchment = .NAME."),
        ({"catchment": "burqn"}, "no catchment 'burqn'; did you mean burqin"),
        ({"area_km2": 100.0, "elevation_m": [500, 900]}, "of your own needs site"),
        ({"area_km2": 100.0, "elevation_m": [900, 500], "site": "x"}, "elevation_m must rise"),
        ({"catchment": "kelan", "inflow_m3_s": 5.0}, "goes with a catchment, not with inflow"),
        ({"inflow_m3_s": -3.0}, "inflow_m3_s is -3; it must be at least 0 m³/s"),
        ({"inflow_m3_s": 108.0 * 86400}, "is it in m³ a day"),
        ({"inflow_m3_s": float("nan")}, "finite number"),
        ({"inflow_m3_s": [1.0, float("inf")]}, "NaN or inf"),
        ({"catchment": "kelan", "lapse_k_km": 0.0065 * 1e4}, "less than or equal to 12"),
        ({"catchment": "kelan", "area_km2": 1655e6}, "is unusual"),
    ],
)
def test_a_faulty_river_is_refused_with_a_remedy(table, words):
    with pytest.raises((ValidationError, ae.SeriesError), match=words):
        ae.River.model_validate(table)


@pytest.mark.parametrize(
    ("table", "words"),
    [
        ({"annual_mwh": 3e5, "head_m": 60.0}, "not both river and annual_mwh"),
        ({}, "needs either head_m .* or reservoir .*, and has neither"),
        ({"head_m": 60.0, "reservoir": LAKE}, "and not both|, not both"),
        ({"head_m": 60.0, "travel_hours": 3.0}, "travel_hours goes with upstream"),
        ({"head_m": 60.0, "travel_hours": -3.0}, "greater than or equal to 0"),
        ({"head_m": 60.0, "ecological_flow_m3_s": 300.0}, "more than the turbines can take"),
        ({"head_m": 60.0, "head_loss_m": 60.0}, "leaves nothing of a head"),
        ({"head_m": 60.0, "rated_flow_m3_s": 2.0}, "is 1.06 MW .*, far from capacity_mw = 110"),
        ({"head_m": 60e3}, "is unusual"),
        ({"head_m": 60.0, "ecological_unit_mw": 200.0}, "cannot be more"),
        ({"head_m": 60.0, "ice_months": [0]}, "greater than or equal to 1"),
        ({"head_m": 60.0, "river_share": 1.2}, "less than or equal to 1"),
        ({"reservoir": {**LAKE, "dead_level_m": 600.0}}, "must rise in this order"),
        ({"reservoir": {**LAKE, "depth_m": 10.0}}, "dead_level_m = 740 is outside the level-vol"),
        ({"reservoir": {**LAKE, "start_level_m": 770.0}}, "start_level_m = 770 must lie between"),
        ({"reservoir": {**LAKE, "normal_volume_m3": 94.0}}, "is it in Mm³. Then write 9.4e"),
        ({"reservoir": {**LAKE, "level_m": [700, 760]}}, "either level_m and volume_m3"),
        (
            {
                "reservoir": {
                    **{k: v for k, v in LAKE.items() if k.endswith("level_m")},
                    "level_m": [700, 750, 745],
                    "volume_m3": [0, 1e6, 2e6],
                }
            },
            "level_m of a reservoir must rise",
        ),
    ],
)
def test_a_faulty_plant_on_a_river_is_refused_with_a_remedy(table, words):
    with pytest.raises(ValidationError, match=words):
        ae.HydroPlant.model_validate({**PLANT, **table})


def test_keys_of_a_river_need_one():
    with pytest.raises(ScenarioError, match="head_m, units goes with river, not with annual_mwh"):
        ae.HydroPlant(capacity_mw=10, annual_mwh=3e4, head_m=50, units=2)


@pytest.mark.parametrize(
    ("table", "words"),
    [
        ({"flow_share": [0.0, 0.5], "efficiency_share": [0, 1]}, "must rise from 0 to 1"),
        ({"flow_share": [0.0, 1.0], "efficiency_share": [0, 0.5, 1]}, "give one for each"),
    ],
)
def test_a_faulty_curve_is_refused(table, words):
    with pytest.raises(ValidationError, match=words):
        EfficiencyCurve.model_validate(table)


def test_turbines_without_a_rated_flow_give_the_capacity_when_the_reservoir_is_full():
    plant = ae.HydroPlant.model_validate({**PLANT, "reservoir": LAKE, "head_loss_m": 2.0})
    units = plant.turbines
    assert_allclose(units.power(np.array(units.rated_flow_m3_s), np.array(70.0)), 110.0)


def test_a_basin_without_a_curve_is_a_valley():
    lake = HydroReservoir.model_validate(LAKE)
    assert_allclose(lake.shape.volume(760.0), 94e6)
    assert_allclose(lake.shape.volume(690.0), 0.0)
    dead, normal = lake.live_m3
    assert_allclose([dead, normal], [94e6 * (50 / 70) ** 2.5, 94e6], rtol=2e-3)


def test_a_small_unit_uses_the_ecological_flow():
    flow = {"burqin": RiverFlow(np.full(YEAR.steps, 8.0))}
    table = {**PLANT, "head_m": 60.0, "ecological_flow_m3_s": 8.0}
    dry, small = (
        run_cascade({"a": ae.HydroPlant.model_validate({**table, **more})}, flow, YEAR)["a"]
        for more in ({}, {"ecological_unit_mw": 2.0})
    )
    assert not dry.power_mw.any()
    assert_allclose(small.power_mw, 2.0)


def test_an_optimiser_finds_natural_inflow_and_bounds():
    plants = {
        "up": ae.HydroPlant.model_validate({**PLANT, "river_share": 0.9, "head_m": 60.0}),
        "down": ae.HydroPlant.model_validate(
            {
                **PLANT,
                "upstream": "up",
                "travel_hours": 3.0,
                "ice_months": [1],
                "reservoir": {**LAKE, "ice_thickness_m": 1.0, "start_level_m": 750.0},
            }
        ),
    }
    flows = {"burqin": RiverFlow(np.full(YEAR.steps, 100.0))}
    found = water_limits(plants, flows, YEAR, "down")
    assert_allclose(found.natural_m3_s, 10.0)
    assert (found.upstream, found.travel_hours) == ("up", 3.0)
    assert found.least_m3[0] > found.least_m3[-1]
    assert_allclose(found.least_m3[-1], plants["down"].reservoir.live_m3[0])
    assert found.least_m3[-1] < found.start_m3 < found.most_m3[0] == 94e6
    assert_allclose(found.energy_mwh_m3, 0.9 * 9806.65 * 70 / 3.6e9)
    assert not water_limits(plants, flows, YEAR, "up").most_m3.any()


FILLING = {
    "river": "burqin",
    "capacity_mw": 40.0,
    "rated_flow_m3_s": 100.0,
    "turbine": "constant",
    "reservoir": {
        "normal_level_m": 150.0,
        "dead_level_m": 130.0,
        "tailwater_level_m": 100.0,
        "start_level_m": 130.0,
        "level_m": [130.0, 150.0],
        "volume_m3": [0.0, 40e6],
        "target_share": [0.0] * 12,
    },
}


def test_each_hour_has_the_head_of_its_own_levels():
    # A lake that fills by 4 m a day: midnight's head all day would give 5 to 7 % less.
    week = TimeSettings(start="2030-06-01", hours=96).timeline()
    plant = ae.HydroPlant.model_validate(FILLING)
    water = run_cascade({"a": plant}, {"burqin": RiverFlow(np.full(96, 200.0))}, week)["a"]
    head = 0.5 * (water.level_m[:-1] + water.level_m[1:]) - 100.0
    expected = 0.9 * 9.80665e-3 * water.use.turbine_m3_s * head
    assert_allclose(water.power_mw, np.minimum(expected, 40.0), rtol=1e-12)
    assert (expected[:72] < 40.0).all()
    assert water.power_mw[23] / water.power_mw[0] > 1.1
    # The largest flow follows the root of the day's mean head; the capacity is reached at 45.3 m.
    midnight = water.level_m[::24] - 100.0
    mean = 0.5 * (midnight[:-1] + midnight[1:])
    rated_m = 40.0 / (0.9 * 9.80665e-3 * 100.0)
    assert_allclose(water.use.turbine_m3_s[:48:24], 100.0 * np.sqrt(mean[:2] / rated_m), rtol=1e-9)


def test_a_reservoir_closes_its_year_unless_its_start_is_given():
    season = 60.0 + 55.0 * np.sin(2.0 * np.pi * (YEAR.day_of_year - 80.0) / 365.0)
    flows = {"burqin": RiverFlow(season)}
    lake = {**LAKE, "normal_volume_m3": 2.4e9}  # more than the year can fill
    free = ae.HydroPlant.model_validate({**PLANT, "reservoir": lake})
    given = free.with_(reservoir=free.reservoir.with_(start_level_m=750.0))
    closed, opened = (run_cascade({"a": p}, flows, YEAR)["a"] for p in (free, given))
    assert abs(np.ptp(closed.use.volume_m3[[0, -1]])) < 1e-5 * 2.4e9
    assert_allclose(closed.use.inflow_m3_s.sum(), closed.use.outflow_m3_s.sum(), rtol=1e-5)
    assert np.ptp(opened.use.volume_m3[[0, -1]]) > 1e7
    assert water_notices({"a": free}, {"a": closed}, YEAR) == []
    (told,) = water_notices({"a": given}, {"a": opened}, YEAR)
    change = opened.use.volume_m3[-1] - opened.use.volume_m3[0]
    assert f"{abs(change) / 1e6:.4g} Mm³ {'fuller' if change > 0 else 'emptier'}" in told
    assert told.endswith("start_level_m is given")


def test_a_part_of_a_year_says_that_its_reservoir_need_not_close_it():
    may = TimeSettings(start="2030-05-01", hours=24 * 31).timeline()
    plant = ae.HydroPlant.model_validate({**PLANT, "reservoir": LAKE})
    flows = {"burqin": RiverFlow(np.full(may.steps, 60.0))}
    water = run_cascade({"a": plant}, flows, may)
    (told,) = water_notices({"a": plant}, water, may)
    assert "Mm³ fuller than it began" in told
    assert told.endswith("the period is no whole year")


def test_a_change_beyond_the_inflow_is_written_in_whole_percent():
    day = TimeSettings(start="2030-05-01", hours=24).timeline()
    plant = ae.HydroPlant.model_validate({**PLANT, "reservoir": {**LAKE, "start_level_m": 759.0}})
    water = run_cascade({"a": plant}, {"burqin": RiverFlow(np.full(24, 0.5))}, day)
    (told,) = water_notices({"a": plant}, water, day)
    change = water["a"].use.volume_m3[-1] - water["a"].use.volume_m3[0]
    inflow = water["a"].use.inflow_m3_s.sum() * 3600.0
    assert abs(change) > 10.0 * inflow
    assert f"({100.0 * abs(change) / inflow:,.0f} % of the inflow" in told


def portfolio(hydro, **changes):
    parts = {
        "timeline": TimeSettings(start="2030-05-01", hours=48).timeline(),
        "river": {"burqin": ae.River(catchment="burqin")},
        "hydro": {n: ae.HydroPlant.model_validate({**PLANT, **t}) for n, t in hydro.items()},
    }
    return ae.Portfolio(**{**parts, **changes})


@pytest.mark.parametrize(
    ("hydro", "words"),
    [
        ({"a": {"river": "haba", "head_m": 9.0}}, "hydro.a.river: there is no river 'haba'"),
        ({"a": {"head_m": 9.0, "upstream": "b"}}, "there is no hydro plant 'b' on a river"),
        ({"a": {"head_m": 9.0, "upstream": "a"}}, "circle: a ← a"),
        (
            {"a": {"head_m": 9.0, "upstream": "b"}, "b": {"head_m": 9.0, "upstream": "a"}},
            "water cannot flow in a circle: a ← b ← a",
        ),
        (
            {
                "a": {"head_m": 9.0},
                "b": {"head_m": 9.0, "upstream": "a"},
                "c": {"head_m": 9.0, "upstream": "a"},
            },
            "the water of 'a' reaches 'b' already",
        ),
        (
            {"a": {"head_m": 9.0}, "b": {"head_m": 9.0, "upstream": "a", "river_share": 0.5}},
            "0.5 of the river is less than the 1 that pass 'a'",
        ),
    ],
)
def test_references_along_a_river_lead_somewhere(hydro, words):
    with pytest.raises(ae.ScenarioError, match=words):
        portfolio(hydro)


def test_curtailed_energy_is_water_that_was_turned_for_nothing():
    free = portfolio({"a": {"head_m": 60.0}}, grid=ae.Grid(export_limit_mw=1000)).run()
    shut = portfolio({"a": {"head_m": 60.0}}, grid=ae.Grid(export_limit_mw=0)).run()
    figures = [run.kpis["plants"]["hydro.a"] for run in (free, shut)]
    assert figures[0]["curtailed_water_m3"] == 0.0
    assert_allclose(figures[1]["curtailed_water_m3"], figures[1]["turbine_m3"])
    assert figures[1]["curtailed_mwh"] == pytest.approx(figures[1]["available_mwh"])
    gone = sum(figures[0][f"{k}_m3"] for k in ("turbine", "ecological", "spill", "evaporation"))
    assert_allclose(figures[0]["inflow_m3"], gone + figures[0]["volume_change_m3"])


def test_under_weather_of_the_user_a_river_needs_precipitation_and_a_year():
    from dataclasses import replace

    site = ae.Site(latitude=47.8, longitude=88.1, elevation_m=887)
    river = {"burqin": ae.River(catchment="kelan", site="s")}
    weather = ae.Climate().weather("altay_city", site, YEAR)
    whole = portfolio(
        {"a": {"head_m": 9.0}},
        timeline=YEAR,
        sites={"s": site},
        river=river,
        weather={"s": weather},
    )
    assert 5.0 < whole.river_flows["burqin"].flow_m3_s.mean() < 60.0
    assert abs(whole.river_flows["burqin"].runoff.residual_mm()) < 1e-9
    assert any("its mean flow under this weather" in text for text in whole.run().notices)
    dry = whole.with_(weather={"s": replace(weather, precipitation_mm=None)})
    with pytest.raises(ae.WeatherError, match=r"river.burqin: .* holds no precipitation"):
        _ = dry.river_flows
    short = TimeSettings(start="2030-05-01", hours=48).timeline()
    brief = whole.with_(
        timeline=short, weather={"s": ae.Climate().weather("altay_city", site, short)}
    )
    with pytest.raises(ae.ScenarioError, match="2 days of weather do not determine how much snow"):
        _ = brief.river_flows
    with pytest.raises(ae.ScenarioError, match=r"river.burqin.site: is missing"):
        whole.with_(river={"burqin": ae.River(catchment="kelan")})
