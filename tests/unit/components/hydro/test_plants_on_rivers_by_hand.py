"""Tables of hydropower plants to water and power: calendar, ice, air, limits, each by hand."""

from dataclasses import replace
from datetime import date, datetime, timedelta

import numpy as np
import pytest
from numpy.testing import assert_allclose
from pydantic import ValidationError

import altay_energy as ae
from altay_energy.components.demand.seasons import daily_from_monthly
from altay_energy.components.hydro.hydro_plant import ALTAY_WATER
from altay_energy.components.hydro.parts import (
    EVAPORATION_SHARES,
    EfficiencyCurve,
    HydroReservoir,
)
from altay_energy.components.hydro.river_flow import RiverFlow
from altay_energy.components.hydro.water import (
    cascade_problems,
    downstream_order,
    natural_inflow,
    plant_water,
    run_cascade,
    water_limits,
    water_notices,
)
from altay_energy.components.settings.settings import TimeSettings
from altay_energy.run.figures.water import water_kpis

TARGET = [0.45, 0.30, 0.20, 0.15, 0.40, 0.80, 1.0, 1.0, 1.0, 0.90, 0.75, 0.60]
LAKE = {
    "normal_level_m": 150.0,
    "dead_level_m": 130.0,
    "tailwater_level_m": 100.0,
    "level_m": [120.0, 140.0, 160.0],
    "volume_m3": [0.0, 20e6, 60e6],  # dead 10 Mm³, full 40 Mm³; 1 km² below 140 m, 2 km² above
    "evaporation_mm": 900.0,
    "ice_thickness_m": 0.5,
}
PLANT = {
    "river": "r",
    "capacity_mw": 30.0,
    "rated_flow_m3_s": 80.0,
    "turbine": "constant",
    "ice_months": [1, 2],
    "ice_flow_share": 0.5,
    "ecological_flow_m3_s": 6.0,
}


def hydro(**changes):
    return ae.HydroPlant.model_validate({**PLANT, "reservoir": LAKE, **changes})


def period(start, hours, step=1.0):
    return TimeSettings(start=start, hours=hours, step_hours=step).timeline()


@pytest.mark.parametrize("year", [2030, 2032])
@pytest.mark.parametrize("south", [False, True])
@pytest.mark.parametrize("step", [1.0, 0.25])
def test_rule_ice_and_evaporation_of_each_day_of_a_period(year, south, step):
    # Six days over the end of February, the first and the last of them cut.
    timeline = period(f"{year}-02-26T05:00", 24 * 5, step)
    plant = hydro(reservoir={**LAKE, "ice_thickness_m": 4.0 * 0.5 / 2.0})
    limits = water_limits(
        {"a": plant}, {"r": RiverFlow(np.full(timeline.steps, 9.0))}, timeline, "a", south=south
    )
    clock = [datetime(year, 2, 26, 5) + timedelta(hours=step * k) for k in range(timeline.steps)]
    ice = np.array([moment.month in (1, 2) for moment in clock])
    # 1 m of ice on 2 km² is 1.834 Mm³ of water.
    assert_allclose(limits.least_m3, np.where(ice, 10e6 + 0.917 * 2e6, 10e6))
    assert_allclose(limits.most_m3, 40e6)
    assert_allclose(limits.turbine_m3_s, np.where(ice, 40.0, 80.0))
    assert_allclose(limits.ecological_m3_s, 6.0)
    # The rule curve at the first midnight, which lies 25 days into a month of 28 or 29.
    shares = TARGET[6:] + TARGET[:6] if south else TARGET
    length = 29 if year == 2032 else 28
    place = 1.0 + 25.0 / length
    expected = shares[1] + (place - 1.5) * (shares[2] - shares[1])
    assert_allclose(limits.start_m3, 10e6 + expected * 30e6, rtol=1e-12)


@pytest.mark.parametrize("south", [False, True])
def test_water_of_a_lake_evaporates_by_the_share_of_each_day(south):
    # Two years touched, one of them a leap year; a full lake on its curve stays where it is.
    timeline = period("2031-12-31T12:00", 24 * 62)
    lake = {**LAKE, "target_share": [1.0] * 12, "start_level_m": 145.0}
    inflow = np.full(timeline.steps, 20.0)
    water = plant_water(hydro(reservoir=lake), inflow, inflow, timeline, south=south)
    shares = EVAPORATION_SHARES[6:] + EVAPORATION_SHARES[:6] if south else EVAPORATION_SHARES
    depth = []
    for moment in (datetime(2031, 12, 31, 12) + timedelta(hours=k) for k in range(timeline.steps)):
        days = 366 if moment.year == 2032 else 365
        curve = daily_from_monthly(tuple(shares), days)
        into = (moment.date() - date(moment.year, 1, 1)).days
        depth.append(0.9 * curve[into] / curve.sum())
    assert_allclose(water.use.evaporation_m3_s, np.array(depth) * 2e6 / 86_400.0, rtol=1e-9)
    assert (np.array(depth)[1000:] > 0.0).any()
    assert_allclose(water.use.ecological_m3_s, 6.0)
    assert_allclose(water.use.residual_m3(3600.0), 0.0, atol=1e-6)


def test_a_run_within_days_has_the_water_of_each_day_and_levels_between():
    timeline = period("2030-06-01T18:00", 36, 0.5)
    inflow = np.linspace(10.0, 30.0, 72)
    lake = {**LAKE, "start_level_m": 140.0, "target_share": [1.0] * 12, "evaporation_mm": 0.0}
    plant = hydro(reservoir=lake, ecological_flow_m3_s=0.0)
    water = plant_water(plant, inflow, inflow, timeline)
    day = np.repeat([0, 1, 2], [12, 48, 12])
    mean = np.array([inflow[day == d].mean() for d in range(3)])
    assert_allclose(water.use.inflow_m3_s, mean[day])
    # 20 of 40 Mm³ are missing to the curve: a tenth a day is more than what comes. All is kept.
    assert not water.use.turbine_m3_s.any()
    volume = 20e6 + np.concatenate([[0.0], np.cumsum(mean[day] * 1800.0)])
    assert_allclose(water.use.volume_m3, volume)
    assert_allclose(water.level_m, 140.0 + (volume - 20e6) / 2e6)
    assert_allclose(water.use.head_m, (water.level_m[1:] + water.level_m[:-1]) / 2.0 - 100.0)


def test_power_of_a_weir_with_ice_and_a_small_unit():
    timeline = period("2030-02-28T22:00", 4)
    plant = hydro(
        reservoir=None, head_m=40.0, ecological_unit_mw=2.0, head_loss_m=4.0, efficiency=0.92
    )
    inflow = np.array([20.0, 70.0, 70.0, 200.0])
    water = plant_water(plant, inflow, inflow, timeline)
    # Gates are fully open at 36 m net, where 80 m³/s are 25.98 of the 30 MW.
    assert_allclose(water.use.turbine_m3_s, [14, 40, 64, 80])
    flow = water.use.turbine_m3_s
    main = 0.92 * 9.80665e-3 * flow * (40.0 - 4.0 * (flow / 80.0) ** 2)
    assert_allclose(water.power_mw, main + np.minimum(0.92 * 9.80665e-3 * 6.0 * 40.0, 2.0))
    assert water.level_m is None
    through = plant.with_(ecological_release="turbine", ecological_unit_mw=0.0)
    assert_allclose(
        plant_water(through, inflow, inflow, timeline).use.turbine_m3_s, [20, 40, 70, 80]
    )
    # Both together never pass the capacity.
    small = plant.with_(capacity_mw=27.0, ecological_unit_mw=20.0)
    assert_allclose(plant_water(small, inflow, inflow, timeline).power_mw[-1], 27.0)


def test_water_of_a_cascade_by_hand():
    timeline = period("2030-06-01", 6)
    flow = np.array([10.0, 20.0, 40.0, 40.0, 20.0, 10.0])
    upper = hydro(reservoir=None, head_m=40.0, river_share=0.5, ecological_flow_m3_s=0.0)
    lower = hydro(
        reservoir=None, head_m=40.0, river_share=0.8, upstream="u", travel_hours=1.5,
        ecological_flow_m3_s=0.0,
    )  # fmt: skip
    side = hydro(reservoir=None, head_m=40.0, river="s", river_share=0.3, upstream="l")
    plants = {"x": side, "l": lower, "u": upper}
    flows = {"r": RiverFlow(flow), "s": RiverFlow(10.0 * np.ones(6))}
    assert downstream_order(plants) == ["u", "l", "x"]
    done = run_cascade(plants, flows, timeline)
    assert list(done) == ["x", "l", "u"]
    assert_allclose(natural_inflow(plants, flows, "u"), 0.5 * flow)
    assert_allclose(natural_inflow(plants, flows, "l"), 0.3 * flow)
    assert_allclose(natural_inflow(plants, flows, "x"), 3.0)
    late = 0.5 * np.array([10.0, 10.0, 15.0, 30.0, 40.0, 30.0])
    assert_allclose(done["l"].use.inflow_m3_s, 0.3 * flow + late)
    assert_allclose(done["x"].use.inflow_m3_s, 3.0 + 0.3 * flow + late)
    assert_allclose(done["l"].natural_m3_s, 0.3 * flow)
    half = period("2030-06-01", 3, 0.5)
    done = run_cascade(plants, flows, half)
    late = 0.5 * np.array([10.0, 10.0, 10.0, 10.0, 20.0, 40.0])
    assert_allclose(done["l"].use.inflow_m3_s, 0.3 * flow + late)


def test_volumes_of_a_period_and_the_water_turned_for_nothing():
    timeline = period("2030-06-01", 2, 0.5)
    inflow = np.array([10.0, 20.0, 100.0, 40.0])
    plant = hydro(reservoir=None, head_m=60.0)
    water = plant_water(plant, inflow, inflow, timeline)
    turbine = np.minimum(inflow - 6.0, plant.turbines.most_flow(np.array(60.0)))
    used = np.array([1.0, 0.5, 0.25, 1.0])
    found = water_kpis(water, used, timeline)
    assert_allclose(found["inflow_m3"], 170.0 * 1800.0)
    assert_allclose(found["turbine_m3"], turbine.sum() * 1800.0)
    assert_allclose(found["ecological_m3"], 24.0 * 1800.0)
    assert_allclose(found["spill_m3"], (146.0 - turbine.sum()) * 1800.0)
    assert_allclose(found["curtailed_water_m3"], (0.5 * turbine[1] + 0.75 * turbine[2]) * 1800.0)
    assert found["evaporation_m3"] == found["volume_change_m3"] == 0.0
    lake = {**LAKE, "start_level_m": 140.0, "target_share": [1.0] * 12, "evaporation_mm": 0.0}
    kept = plant_water(hydro(reservoir=lake, ecological_flow_m3_s=0.0), inflow, inflow, timeline)
    assert_allclose(water_kpis(kept, used, timeline)["volume_change_m3"], 170.0 * 1800.0)


def test_a_change_of_volume_is_worth_a_notice_above_a_hundredth_of_the_inflow():
    timeline = period("2030-06-01", 240)
    lake = {**LAKE, "start_level_m": 140.0, "target_share": [1.0] * 12, "evaporation_mm": 0.0}
    plant = hydro(reservoir=lake, ecological_flow_m3_s=0.0)
    inflow = np.full((2, 240), 20.0)
    water = plant_water(plant, inflow, inflow, timeline)
    volume = np.zeros((2, 241))
    volume[0, -1], volume[1, 0] = 0.0099 * 17.28e6, 0.0101 * 17.28e6  # of 17.28 Mm³ that came

    def told(volume):
        use = replace(water.use, volume_m3=volume)
        return water_notices({"a": plant}, {"a": replace(water, use=use)}, timeline)

    assert told(volume[[0, 0]]) == []
    (text,) = told(volume)
    # 0.1745 Mm³ · 0.9 · 9806.65 N/m³ · 50 m / 3.6e9 J/MWh = 21.4 MWh
    assert "0.1745 Mm³ emptier than it began (1 % of the inflow, up to 0.0214 GWh" in text
    assert text.endswith("start_level_m is given")
    (text,) = told(-volume)
    assert "0.1745 Mm³ fuller" in text
    weir = hydro(reservoir=None, head_m=40.0)
    assert water_notices({"a": weir}, {"a": water}, timeline) == []


@pytest.mark.parametrize(
    ("share", "words"),
    [(0.5, []), (0.50001, ["0.5 of the river is less than the 0.50001 that pass 'u' above it"])],
)
def test_more_of_a_river_passes_below_or_as_much(share, words):
    upper = hydro(reservoir=None, head_m=40.0, river_share=share)
    lower = hydro(reservoir=None, head_m=40.0, river_share=0.5, upstream="u")
    assert [t for _, t in cascade_problems({"u": upper, "l": lower}, {"r": 1})] == words
    other = lower.with_(river="s", river_share=0.1)
    assert cascade_problems({"u": upper, "l": other}, {"r": 1, "s": 1}) == []


def test_problems_of_a_cascade_name_key_and_choices():
    base = {"reservoir": None, "head_m": 40.0}
    known = ae.HydroPlant(capacity_mw=10, annual_mwh=30_000)
    plants = {"k": known, "a": hydro(**base, upstream="k"), "b": hydro(**base)}
    assert cascade_problems(plants, {"r": 1}) == [
        ("hydro.a.upstream", "there is no hydro plant 'k' on a river; there are: b")
    ]
    alone = {"a": hydro(**base, upstream="z")}
    assert cascade_problems(alone, {}) == [
        ("hydro.a.river", "there is no river 'r'; rivers: none is defined"),
        ("hydro.a.upstream", "there is no hydro plant 'z' on a river; there are: none"),
    ]


@pytest.mark.parametrize(
    ("changes", "good"),
    [
        ({"ecological_flow_m3_s": 80.0}, True),  # as much as the turbines take
        ({"ecological_flow_m3_s": 80.01}, False),
        ({"head_loss_m": 49.9}, True),
        ({"head_loss_m": 50.0}, False),  # all of it
        ({"ecological_unit_mw": 30.0}, True),
        ({"ecological_unit_mw": 30.01}, False),
        ({"upstream": "b", "travel_hours": 3.0}, True),
        ({"travel_hours": 0.0}, True),
        ({"travel_hours": 0.5}, False),
        ({"units": 1}, True),
        ({"units": 101}, False),
        ({"efficiency": 1.01}, False),
        ({"ice_months": [12]}, True),
        ({"ice_months": [13]}, False),
        ({"travel_hours": 720.0, "upstream": "b"}, True),
        ({"travel_hours": 720.5, "upstream": "b"}, False),
        ({"river_share": 0.0}, False),
        ({"river_share": 1.0}, True),
    ],
)
def test_limits_of_a_plant(changes, good):
    context = {"allow_unusual": True}
    table = {**PLANT, "reservoir": LAKE, **changes}
    if good:
        ae.HydroPlant.model_validate(table, context=context)
    else:
        with pytest.raises(ValidationError):
            ae.HydroPlant.model_validate(table, context=context)


@pytest.mark.parametrize("factor", [0.49, 0.51, 1.98, 2.02])
def test_a_rated_flow_far_from_the_capacity_is_unusual_from_twice_on(factor):
    full = 30.0 / (0.9 * 9.80665e-3 * 50.0)  # m³/s that give the capacity at 50 m
    table = {**PLANT, "reservoir": LAKE, "rated_flow_m3_s": factor * full}
    if 0.5 < factor < 2.0:
        ae.HydroPlant.model_validate(table)
    else:
        with pytest.raises(ValidationError, match="far from capacity_mw = 30"):
            ae.HydroPlant.model_validate(table)
    ae.HydroPlant.model_validate(table, context={"allow_unusual": True})


def test_ratings_of_turbines_by_hand():
    weight = 0.9 * 9.80665e-3
    # Without a flow: what gives the capacity at full level, with the curve's last efficiency.
    plain = hydro(rated_flow_m3_s=None, turbine="francis", head_loss_m=5.0).turbines
    assert_allclose(plain.rated_flow_m3_s, 30.0 / (weight * 0.98 * 45.0))
    assert_allclose(plain.rated_head_m, 45.0)
    # More flow than that: the rating is reached at a lower head.
    more = hydro(rated_flow_m3_s=80.0, head_loss_m=5.0).turbines
    assert_allclose(more.rated_head_m, 30.0 / (weight * 80.0))
    # Less: the turbines never reach the capacity; their rated head is the full one.
    less = hydro(rated_flow_m3_s=60.0, head_loss_m=5.0).turbines
    assert_allclose(less.rated_head_m, 45.0)
    own = hydro(efficiency_curve={"flow_share": [0, 0.5, 1], "efficiency_share": [0, 1, 0.9]})
    assert_allclose(own.turbines.efficiency_at(np.array([40.0, 80.0])), [0.9, 0.81])
    nothing = hydro(capacity_mw=0.0, rated_flow_m3_s=None, ecological_flow_m3_s=0.0).turbines
    assert 0.0 < nothing.rated_flow_m3_s < 1e-8


@pytest.mark.parametrize(
    ("changes", "good"),
    [
        ({"dead_level_m": 100.0}, False),  # no higher than the tailwater
        ({"dead_level_m": 120.0}, True),
        ({"dead_level_m": 119.9}, False),
        ({"normal_level_m": 160.0}, True),
        ({"normal_level_m": 160.1}, False),
        ({"normal_level_m": 130.0}, False),
        ({"start_level_m": 130.0}, True),
        ({"start_level_m": 150.0}, True),
        ({"start_level_m": 150.1}, False),
        ({"start_level_m": 129.9}, False),
        ({"volume_m3": [0.0, 5e3, 1e4]}, True),
        ({"volume_m3": [0.0, 5e3, 9999.0]}, False),
        ({"adjust_days": 1.0}, True),
        ({"adjust_days": 0.9}, False),
        ({"adjust_days": 365.0}, True),
        ({"adjust_days": 366.0}, False),
        ({"evaporation_mm": 4000.0}, True),
        ({"evaporation_mm": 4001.0}, False),
        ({"ice_thickness_m": 3.0}, True),
        ({"ice_thickness_m": 3.1}, False),
        ({"target_share": [0.5] * 11}, False),
        ({"target_share": [0.5] * 13}, False),
        ({"depth_m": 70.0}, False),
        ({"normal_volume_m3": 1e6}, False),
        ({"level_m": None}, False),
    ],
)
def test_limits_of_a_reservoir(changes, good):
    table = {**LAKE, **changes}
    if good:
        HydroReservoir.model_validate(table)
    else:
        with pytest.raises(ValidationError):
            HydroReservoir.model_validate(table)


def test_curve_and_valley_exclude_each_other():
    plain = {k: v for k, v in LAKE.items() if k not in ("level_m", "volume_m3")}
    valley = {**plain, "normal_volume_m3": 40e6, "depth_m": 50.0}
    lake = HydroReservoir.model_validate(valley)
    # A valley fills with the power 2.5 of its depth, drawn through 25 points.
    depth = np.arange(25) / 24.0
    assert_allclose(lake.shape.level_m, 100.0 + 50.0 * depth)
    assert_allclose(lake.shape.volume_m3, 40e6 * depth**2.5)
    with pytest.raises(ValidationError, match="must rise in this order"):
        HydroReservoir.model_validate({**valley, "dead_level_m": 100.0})  # that of the tailwater
    HydroReservoir.model_validate({**valley, "dead_level_m": 100.1})
    for stray in ({"level_m": [100.0, 150.0]}, {"volume_m3": [0.0, 1e6]}):
        with pytest.raises(ValidationError, match="needs either"):
            HydroReservoir.model_validate({**valley, **stray})
    for key in ("normal_volume_m3", "depth_m"):
        with pytest.raises(ValidationError, match="needs either"):
            HydroReservoir.model_validate({k: v for k, v in valley.items() if k != key})
    pond = {**valley, "normal_volume_m3": 5e3}
    with pytest.raises(ValidationError, match=r"Then write 5e\+09"):
        HydroReservoir.model_validate(pond)
    HydroReservoir.model_validate(pond, context={"allow_unusual": True})


def test_the_rule_curve_runs_round_the_year():
    lake = HydroReservoir.model_validate({**LAKE, "target_share": [k / 12.0 for k in range(12)]})
    place = np.array([0.0, 0.5, 1.0, 6.5, 11.5, 11.75, 12.0])
    share = np.array([5.5, 0.0, 0.5, 6.0, 11.0, 8.25, 5.5]) / 12.0
    assert_allclose(lake.target_m3(place), 10e6 + 30e6 * share)
    plain = HydroReservoir.model_validate(LAKE)
    assert_allclose(plain.target_m3(np.arange(12) + 0.5), 10e6 + 30e6 * np.array(TARGET))
    turned = 10e6 + 30e6 * np.array(TARGET[6:] + TARGET[:6])
    assert_allclose(plain.target_m3(np.arange(12) + 0.5, south=True), turned)
    assert_allclose(lake.live_m3, [10e6, 40e6])


@pytest.mark.parametrize(
    ("flow", "share", "good"),
    [
        ([0.0, 1.0], [0.0, 1.0], True),
        ([0.1, 1.0], [0.0, 1.0], False),
        ([0.0, 0.9], [0.0, 1.0], False),
        ([0.0, 0.5, 0.5, 1.0], [0.0, 0.5, 0.7, 1.0], False),
        ([0.0, 0.6, 0.5, 1.0], [0.0, 0.5, 0.7, 1.0], False),
        ([0.0], [0.0], False),
        ([0.0, 1.0], [0.0, 0.5, 1.0], False),
    ],
)
def test_points_of_an_own_efficiency_curve(flow, share, good):
    if good:
        EfficiencyCurve(flow_share=flow, efficiency_share=share)
    else:
        with pytest.raises(ae.ScenarioError):
            EfficiencyCurve(flow_share=flow, efficiency_share=share)


@pytest.mark.parametrize(
    ("changes", "good"),
    [
        ({"annual_mwh": 2000.0}, True),  # 200 full-load hours
        ({"annual_mwh": 1999.0}, False),
        ({"annual_mwh": 0.0}, True),
        ({"annual_mwh": 87_600.0}, True),
        ({"annual_mwh": 87_601.0}, False),
        ({"annual_mwh": 3e4, "monthly_shares": [1.0049, *[0.0] * 11]}, False),  # in one month
        ({"annual_mwh": 3e4, "monthly_shares": [0.1049, *[0.1] * 9, 0.0, 0.0]}, True),
        ({"annual_mwh": 3e4, "monthly_shares": [0.1051, *[0.1] * 9, 0.0, 0.0]}, False),
        ({"annual_mwh": 3e4, "monthly_shares": [0.0951, *[0.1] * 9, 0.0, 0.0]}, True),
        ({"annual_mwh": 3e4, "monthly_shares": [0.0949, *[0.1] * 9, 0.0, 0.0]}, False),
    ],
)
def test_limits_of_a_plant_known_by_its_year(changes, good):
    table = {"capacity_mw": 10.0, **changes}
    if good:
        ae.HydroPlant.model_validate(table)
    else:
        with pytest.raises(ValidationError):
            ae.HydroPlant.model_validate(table)


def test_a_plant_that_gives_nothing_in_a_year_gives_nothing_on_any_day():
    plant = ae.HydroPlant(capacity_mw=10.0, annual_mwh=0.0)
    assert not plant.available_power(None, ae.Timeline.of_year(2030)).any()


def test_the_season_of_altay():
    assert_allclose(sum(ALTAY_WATER), 1.0)
    # Two thirds of the year's water come from May to July, two hundredths each winter month.
    assert_allclose(ALTAY_WATER[4:7], [0.20, 0.28, 0.18])
    assert_allclose(ALTAY_WATER[:4], [0.02, 0.02, 0.02, 0.06])
    assert_allclose(ALTAY_WATER[7:], [0.09, 0.05, 0.04, 0.025, 0.015])


def test_energy_of_months_follows_water_up_to_the_rating_in_both_halves_of_the_world():
    timeline = ae.Timeline.of_year(2030)
    plant = ae.HydroPlant(capacity_mw=110, annual_mwh=391_000)
    for south in (False, True):
        power = plant.available_power(None, timeline, south=south).reshape(365, 24)
        assert np.ptp(power, axis=1).max() == 0.0
        shares = ALTAY_WATER[6:] + ALTAY_WATER[:6] if south else ALTAY_WATER
        length = np.array([31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31])
        flow = daily_from_monthly(tuple(np.array(shares) * 365.0 / length), 365)
        daily = power[:, 0]
        factor = (daily / flow)[daily < 110.0]
        assert_allclose(factor, factor[0], rtol=1e-9)
        assert_allclose(np.minimum(factor[0] * flow, 110.0), daily, rtol=1e-9)
        assert_allclose(power.sum(), 391_000.0)


def test_what_a_table_leaves_out_is_as_the_reference_says():
    lake = {k: v for k, v in LAKE.items() if k not in ("evaporation_mm", "ice_thickness_m")}
    reservoir = HydroReservoir.model_validate(lake)
    assert (reservoir.ice_thickness_m, reservoir.evaporation_mm) == (0.0, 0.0)
    assert (reservoir.adjust_days, reservoir.start_level_m) == (10.0, None)
    plant = ae.HydroPlant(capacity_mw=30.0, river="r", head_m=40.0)
    assert (plant.efficiency, plant.units, plant.turbine) == (0.9, 1, "francis")
    assert (plant.river_share, plant.ice_flow_share, plant.ice_months) == (1.0, 1.0, [])
    assert plant.head_loss_m == plant.travel_hours == plant.ecological_flow_m3_s == 0.0
    assert (plant.ecological_unit_mw, plant.ecological_release) == (0.0, "bypass")


def test_ice_never_locks_more_than_the_live_water():
    timeline = period("2030-01-15", 24)
    lake = {**LAKE, "dead_level_m": 149.0, "ice_thickness_m": 3.0}  # 5.5 of 2 Mm³
    flows = {"r": RiverFlow(np.full(24, 9.0))}
    limits = water_limits({"a": hydro(reservoir=lake)}, flows, timeline, "a")
    assert_allclose(limits.least_m3, 40e6)
    assert_allclose(limits.most_m3, 40e6)
