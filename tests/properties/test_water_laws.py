"""Laws of water: it is never lost, never made, and flows down."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.testing import assert_allclose

from altay_energy.components.hydro.hydro_plant import HydroPlant
from altay_energy.components.hydro.river_flow import RiverFlow
from altay_energy.components.hydro.water import run_cascade
from altay_energy.components.settings.settings import TimeSettings
from altay_energy.resource.runoff.catchment import Catchment
from altay_energy.resource.runoff.processes import hourly_from_daily, snow_bands
from altay_energy.resource.runoff.runoff import simulate
from altay_energy.resource.water.hydropower import arrive
from altay_energy.run.figures.water import water_kpis

DAYS = np.arange(2 * 365)
SEASON = DAYS % 365 + 1
TIMELINE = TimeSettings(start="2030-03-20T07:00", hours=24 * 30).timeline()
SECONDS = 3600.0

shares = st.floats(0.0, 1.0)


@st.composite
def catchments(draw, **fixed):
    def between(low, high):
        return draw(st.floats(low, high))

    return Catchment(
        **{
            "area_km2": between(1.0, 1e5),
            "band_elevation_m": snow_bands(
                sorted(draw(st.lists(st.floats(0, 3500), min_size=3, max_size=3))), 3
            ),
            "latitude": between(-60.0, 60.0),
            "precipitation_factor": between(0.2, 5.0),
            "snowfall_factor": between(0.2, 2.0),
            "lapse_k_km": between(3.0, 9.0),
            "melt_mm_day_k": between(1.0, 9.0),
            "melt_season_share": between(0.0, 0.7),
            "holding_share": between(0.0, 0.3),
            "refreeze_share": between(0.0, 0.3),
            "soil_mm": between(20.0, 900.0),
            "evaporation_factor": between(0.0, 2.0),
            "glacier_share": between(0.0, 0.5),
            "percolation_mm_day": between(0.0, 10.0),
            "flood_mm": between(0.0, 100.0),
            "fast_days": between(1.0, 60.0),
            "slow_days": between(20.0, 500.0),
            "route_days": between(0.0, 10.0),
            **fixed,
        }
    )


@st.composite
def weathers(draw):
    rng = np.random.default_rng(draw(st.integers(0, 1000)))
    mean, swing = draw(st.floats(-6.0, 12.0)), draw(st.floats(2.0, 22.0))
    course = mean - swing * np.cos(2.0 * np.pi * (SEASON - 20) / 365.0)
    warmth = course + 3.0 * rng.standard_normal(DAYS.size)
    fall = np.where(rng.random(DAYS.size) < 0.3, rng.exponential(5.0, DAYS.size), 0.0)
    return warmth, fall


@settings(max_examples=15)
@given(catchment=catchments(), weather=weathers(), spin_up=st.integers(0, 400))
def test_every_millimetre_of_a_catchment_is_accounted_for(catchment, weather, spin_up):
    found = simulate(catchment, *weather, SEASON, 800.0, spin_up)
    scale = found.precipitation_mm.sum() + found.ice_melt_mm.sum() + found.stored_mm.max()
    assert abs(found.residual_mm()) <= 1e-9 * (1.0 + scale)
    for series in (found.flow_mm, found.evaporation_mm, found.stored_mm, found.snow_mm):
        assert series.min() >= -1e-9
    assert np.all(found.snowmelt_mm <= found.flow_mm + 1e-9)
    assert np.all(found.snowmelt_mm >= 0.0)


@settings(max_examples=10)
@given(catchment=catchments(glacier_share=0.0), weather=weathers(), more=st.floats(1.0, 3.0))
def test_more_precipitation_never_gives_less_flow_over_the_years(catchment, weather, more):
    warmth, fall = weather
    less = simulate(catchment, warmth, fall, SEASON, 800.0)
    greater = simulate(catchment, warmth, more * fall, SEASON, 800.0)
    # What a deeper pack still holds at the end has not flowed yet.
    kept = greater.stored_mm[-1] - less.stored_mm[-1]
    assert greater.flow_mm.sum() + max(kept, 0.0) >= less.flow_mm.sum() - 1e-6


@settings(max_examples=10)
@given(
    catchment=catchments(glacier_share=0.0, evaporation_factor=0.0, refreeze_share=0.0),
    frost=st.floats(-20.0, -8.0),
    earlier=st.integers(0, 15),
)
def test_where_all_is_snow_a_warmer_spring_never_brings_the_flood_later(catchment, frost, earlier):
    """Snow falls in deep frost alone; then the air warms day by day.

    Warmer by whole days of warming: the model works day by day, and what a part of a day shifts
    between its fast and slow ways is not ordered (0.003 of 65 mm were seen).
    """
    warmer = 0.4 * earlier
    days = np.arange(400)
    fall = np.where(days < 100, 3.0, 0.0)
    warmth = np.where(days < 120, -40.0, frost + 0.4 * (days - 120.0))

    def centre(rise):
        found = simulate(
            catchment, warmth + np.where(days < 120, 0.0, rise), fall, days % 365 + 1, 0.0
        )
        flow = found.flow_mm[120:]
        return np.cumsum(flow)

    # At every instant at least as much has flowed: so the centre of the flood is no later.
    assert np.all(centre(warmer) >= centre(0.0) - 1e-6)


@given(daily=arrays(float, st.integers(1, 40), elements=st.floats(0.0, 5000.0)))
def test_hours_keep_every_cubic_metre_of_their_day(daily):
    hourly = hourly_from_daily(daily, 24)
    assert_allclose(hourly.reshape(-1, 24).mean(axis=1), daily, atol=1e-9)
    assert hourly.min() >= -1e-9
    assert hourly.max() <= daily.max() + 1e-9


@st.composite
def reservoirs(draw):
    depth, live = draw(st.floats(10.0, 150.0)), draw(st.floats(0.1, 0.9))
    dead = 500.0 - live * depth
    return {
        "normal_level_m": 500.0,
        "dead_level_m": dead,
        "tailwater_level_m": dead - draw(st.floats(2.0, 100.0)),
        "start_level_m": dead + draw(shares) * (500.0 - dead),
        "normal_volume_m3": draw(st.floats(1e5, 3e9)),
        "depth_m": depth,
        "evaporation_mm": draw(st.floats(0.0, 2000.0)),
        "ice_thickness_m": draw(st.floats(0.0, 1.5)),
        "adjust_days": draw(st.floats(1.0, 90.0)),
        "target_share": draw(st.lists(shares, min_size=12, max_size=12)),
    }


@st.composite
def plants(draw, **fixed):
    lake = draw(st.booleans())
    table = {
        "river": "river",
        "capacity_mw": draw(st.floats(1.0, 400.0)),
        "units": draw(st.integers(1, 6)),
        "turbine": draw(st.sampled_from(["francis", "kaplan", "pelton", "constant"])),
        "efficiency": draw(st.floats(0.5, 0.95)),
        "head_loss_m": draw(st.floats(0.0, 1.5)),
        "ecological_release": draw(st.sampled_from(["bypass", "turbine"])),
        "ice_months": draw(st.lists(st.integers(1, 12), max_size=4, unique=True)),
        "ice_flow_share": draw(shares),
        **({"reservoir": draw(reservoirs())} if lake else {"head_m": draw(st.floats(3.0, 500.0))}),
        **fixed,
    }
    plant = HydroPlant.model_validate(table, context={"allow_unusual": True})
    flow = draw(shares) * plant.turbines.rated_flow_m3_s
    return plant.with_(ecological_flow_m3_s=flow)


flows = arrays(float, TIMELINE.steps, elements=st.floats(0.0, 3000.0), fill=st.floats(0.0, 800.0))


@settings(max_examples=60)
@given(plant=plants(), flow=flows)
def test_every_cubic_metre_of_a_plant_is_accounted_for_within_its_bounds(plant, flow):
    water = run_cascade({"one": plant}, {"river": RiverFlow(flow)}, TIMELINE)["one"]
    use = water.use
    scale = 1.0 + flow.max() * SECONDS + np.abs(use.volume_m3).max()
    assert np.abs(use.residual_m3(SECONDS)).max() <= 1e-9 * scale
    assert_allclose(use.inflow_m3_s.sum(), flow.sum(), rtol=1e-9, atol=1e-6)
    parts = (use.turbine_m3_s, use.ecological_m3_s, use.spill_m3_s, use.evaporation_m3_s)
    assert min(part.min() for part in parts) >= -1e-9
    assert water.power_mw.min() >= 0.0
    assert water.power_mw.max() <= plant.capacity_mw * (1.0 + 1e-12)
    assert use.turbine_m3_s.max() <= plant.turbines.rated_flow_m3_s * (1.0 + 1e-9)
    figures = water_kpis(water, np.ones(TIMELINE.steps), TIMELINE)
    gone = sum(figures[f"{part}_m3"] for part in ("turbine", "ecological", "spill", "evaporation"))
    assert abs(figures["inflow_m3"] - gone - figures["volume_change_m3"]) <= 1e-8 * scale * 720
    if plant.reservoir is not None:
        dead, full = plant.reservoir.live_m3
        assert use.volume_m3.min() >= dead - 1e-9 * scale
        assert use.volume_m3.max() <= full + 1e-9 * scale


@settings(max_examples=60)
@given(plant=plants(), flow=flows)
def test_the_river_has_its_flow_while_there_is_water(plant, flow):
    use = run_cascade({"one": plant}, {"river": RiverFlow(flow)}, TIMELINE)["one"].use
    due = plant.ecological_flow_m3_s
    left = use.outflow_m3_s
    if plant.reservoir is None:
        assert np.all(left >= np.minimum(due, use.inflow_m3_s) - 1e-9)
    else:
        dead, _ = plant.reservoir.live_m3
        short = left < due - 1e-6
        # Where less flows on, the day ends at the dead volume: check the last hour of each day.
        last = np.flatnonzero(short & (np.append(TIMELINE.hour[1:], 0) == 0))
        assert_allclose(use.volume_m3[last + 1], dead, rtol=1e-9, atol=1.0)


@settings(max_examples=40)
@given(plant=plants(), flow=flows, higher=st.floats(1.0, 3.0))
def test_the_same_water_gives_more_from_more_head(plant, flow, higher):
    units = plant.turbines
    through = np.minimum(flow, units.rated_flow_m3_s)
    head = np.array(plant.design_head_m)
    low, high = units.power(through, head), units.power(through, higher * head)
    assert np.all(high >= low - 1e-9)


@settings(max_examples=40)
@given(
    upper=plants(river_share=0.6),
    lower=plants(upstream="upper", river_share=1.0),
    flow=flows,
    hours=st.floats(0.0, 100.0),
)
def test_a_cascade_passes_on_all_its_water(upper, lower, flow, hours):
    both = {"lower": lower.with_(travel_hours=hours), "upper": upper}
    water = run_cascade(both, {"river": RiverFlow(flow)}, TIMELINE)
    assert list(water) == ["lower", "upper"]
    out = water["upper"].use.outflow_m3_s
    come = water["lower"].use.inflow_m3_s.sum() - water["lower"].natural_m3_s.sum()
    whole, part = int(hours), hours - int(hours)
    on_the_way_first = hours * out[0]
    on_the_way_last = out[out.size - whole :].sum() + part * out[max(out.size - whole - 1, 0)]
    assert_allclose(out.sum() + on_the_way_first, come + on_the_way_last, rtol=1e-9, atol=1e-6)
    assert_allclose(arrive(out, 0.0), out)
    assert_allclose(water["lower"].natural_m3_s, 0.4 * flow, atol=1e-9)
