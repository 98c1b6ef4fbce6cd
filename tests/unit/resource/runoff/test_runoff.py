"""The inflow model: its parts by hand, its ledger, its faults."""

from dataclasses import replace

import numpy as np
import pytest
from numpy.testing import assert_allclose

from altay_energy.core.errors import ScenarioError, SeriesError, WeatherError
from altay_energy.resource.runoff.calibrate import FITTED, Record, fit_catchment, nash_sutcliffe
from altay_energy.resource.runoff.catchment import Catchment, stack_catchments
from altay_energy.resource.runoff.processes import (
    extraterrestrial_mj,
    hourly_from_daily,
    ice_cover,
    oudin_evaporation,
    rain_share,
    routed,
    snow_bands,
    unit_hydrograph,
)
from altay_energy.resource.runoff.runoff import simulate
from altay_energy.resource.runoff.stores import Stores

DAYS = np.arange(730) % 365 + 1
WARMTH = 3.0 - 18.0 * np.cos(2.0 * np.pi * (DAYS - 20) / 365.0)
FALL = np.where(np.arange(730) % 3 == 0, 4.0, 0.0)
PLAIN = Catchment(area_km2=1000.0, band_elevation_m=snow_bands([500, 1500, 2500], 4), latitude=48.0)


def test_bands_have_equal_areas():
    assert_allclose(snow_bands([0, 1000], 4), [125, 375, 625, 875])
    assert_allclose(snow_bands([0, 100, 1000], 2), [50, 550])


def test_sunlight_above_the_air_is_that_of_the_textbook():
    # FAO paper 56, example 8: 20° south, 3 September, 32.2 MJ/m² a day
    assert_allclose(extraterrestrial_mj(-20.0, 246), 32.2, atol=0.1)


def test_evaporation_by_hand():
    light = extraterrestrial_mj(48.0, 172)
    assert_allclose(oudin_evaporation(np.array([15.0, -5.0]), 48.0, 172), [light / 2.45 * 0.2, 0.0])
    assert 3.0 < light / 2.45 * 0.2 < 4.0


def test_snow_turns_to_rain_along_a_line():
    assert_allclose(
        rain_share(np.array([-2.0, -1.0, 1.0, 2.0, 3.0, 9.0]), 1.0, 4.0)[[0, 2, 5]], [0, 0.5, 1]
    )


def test_ice_lies_on_the_highest_bands_first():
    assert_allclose(ice_cover(0.3, 5), [0, 0, 0, 0.5, 1])


@pytest.mark.parametrize("mean_days", [0.0, 0.4, 2.0, 9.0])
def test_a_unit_hydrograph_delays_by_its_mean_and_loses_nothing(mean_days):
    weights = unit_hydrograph(mean_days)
    assert_allclose(weights.sum(), 1.0)
    assert_allclose((np.arange(weights.size) + 0.5) @ weights, max(mean_days, 0.5), atol=0.3)
    pulse = np.zeros((100, 1))
    pulse[10] = 1.0
    assert_allclose(routed(pulse, weights[None]).sum(), 1.0)


def test_hours_keep_the_mean_of_each_day_and_stay_between_their_neighbours():
    daily = np.array([3.0, 5.0, 9.0, 9.0, 2.0, 0.0, 0.0])
    hourly = hourly_from_daily(daily, 24)
    assert_allclose(hourly.reshape(-1, 24).mean(axis=1), daily)
    assert hourly.min() >= 0.0
    assert hourly.max() <= 9.0
    assert np.abs(np.diff(hourly)).max() < np.abs(np.diff(daily)).max()


def test_a_pack_that_melts_in_one_warm_period_by_hand():
    """10 mm of snow in frost, then 1 K a day: 4 mm a day at the equinox, a tenth is held."""
    level = Catchment(
        area_km2=86.4,
        band_elevation_m=np.zeros(1),
        latitude=48.0,
        melt_season_share=0.0,
        evaporation_factor=0.0,
        refreeze_share=0.0,
    )
    warmth = np.array([-5.0, -5.0, 1.0, 1.0, 1.0, -5.0])
    fall = np.array([10.0, 0.0, 0.0, 0.0, 0.0, 0.0])
    found = simulate(level, warmth, fall, np.full(6, 81), 0.0)
    assert_allclose(found.snow_mm, [0, 10, 10, 6.6, 2.2, 0, 0], atol=1e-12)
    assert_allclose(found.flow_m3_s, found.flow_mm)  # 86.4 km²: 1 mm a day is 1 m³/s
    assert_allclose(found.residual_mm(), 0.0, atol=1e-12)


def test_every_millimetre_is_accounted_for_with_ice_and_spin_up():
    icy = PLAIN.with_(glacier_share=0.2, precipitation_factor=1.7, snowfall_factor=0.8)
    found = simulate(icy, WARMTH, FALL, DAYS, 600.0, 365)
    assert found.flow_mm.shape == (365,)
    assert found.ice_melt_mm.sum() > 0.0
    assert_allclose(found.residual_mm(), 0.0, atol=1e-9)


def test_melt_water_is_a_part_of_the_flow_and_all_of_it_where_nothing_else_falls():
    found = simulate(PLAIN, WARMTH, FALL, DAYS, 600.0, 365)
    assert np.all(found.snowmelt_mm >= 0.0)
    assert np.all(found.snowmelt_mm <= found.flow_mm + 1e-12)
    only_snow = PLAIN.with_(snow_middle_c=6.0, snow_width_k=0.0)
    cold = np.where(FALL > 0.0, -3.0, 12.0)  # warm only where nothing falls
    found = simulate(only_snow, cold, FALL, DAYS, 600.0, 365)
    assert_allclose(found.snowmelt_share, 1.0, atol=1e-6)


def test_catchments_together_are_the_same_as_each_alone():
    two = [PLAIN, PLAIN.with_(area_km2=50.0, lapse_k_km=7.0, soil_mm=80.0, route_days=5.0)]
    weather = np.stack([WARMTH, WARMTH + 1.0]), np.stack([FALL, 2.0 * FALL])
    both = simulate(stack_catchments(two), *weather, DAYS, np.array([600.0, 900.0]), 365)
    for k, (one, gauge) in enumerate(zip(two, (600.0, 900.0), strict=True)):
        alone = simulate(one, weather[0][k], weather[1][k], DAYS, gauge, 365)
        assert_allclose(both.flow_m3_s[k], alone.flow_m3_s, rtol=1e-12)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"area_km2": -5.0}, "area_km2 = -5, expected 0.001 to 1e"),
        ({"melt_mm_day_k": np.nan}, "melt_mm_day_k = nan, expected 0 to 20"),
        ({"lapse_k_km": 0.006 * 1e4}, "lapse_k_km = 60"),
        ({"band_elevation_m": np.array([1e5])}, "band_elevation_m = 100000"),
    ],
)
def test_a_catchment_out_of_range_is_refused(change, words):
    with pytest.raises(ScenarioError, match=words):
        PLAIN.with_(**change)


@pytest.mark.parametrize("given", [[500.0], [500.0, np.nan], [900.0, 500.0]])
def test_elevations_that_make_no_bands_are_refused(given):
    with pytest.raises(ScenarioError, match="elevation_m"):
        snow_bands(given)


def test_weather_that_cannot_be_is_refused():
    with pytest.raises(WeatherError, match=r"precipitation_mm = -1 on day 3"):
        simulate(PLAIN, WARMTH, np.where(np.arange(730) == 3, -1.0, FALL), DAYS, 0.0)
    with pytest.raises(WeatherError, match=r"temperature_c = nan on day 5"):
        simulate(PLAIN, np.where(np.arange(730) == 5, np.nan, WARMTH), FALL, DAYS, 0.0)
    with pytest.raises(WeatherError, match="730 days of weather leave nothing after 730"):
        simulate(PLAIN, WARMTH, FALL, DAYS, 0.0, 730)


def test_efficiency_by_hand():
    measured = np.array([1.0, 2.0, 3.0])
    assert nash_sutcliffe(measured, measured) == 1.0
    assert nash_sutcliffe(np.full(3, 2.0), measured) == 0.0
    assert nash_sutcliffe(np.array([1.0, 2.0, 4.0]), measured) == 0.5
    with pytest.raises(SeriesError, match="2 modelled flows against 3"):
        nash_sutcliffe(np.ones(2), measured)
    with pytest.raises(SeriesError, match="NaN or inf"):
        nash_sutcliffe(np.array([1.0, np.nan, 1.0]), measured)
    with pytest.raises(SeriesError, match="never changes"):
        nash_sutcliffe(measured, np.ones(3))


@pytest.mark.slow
def test_a_fit_finds_the_river_that_made_its_record():
    truth = PLAIN.with_(precipitation_factor=1.6, melt_mm_day_k=3.0, soil_mm=120.0)
    flow = simulate(
        truth, *(np.concatenate([s[:365], s]) for s in (WARMTH, FALL, DAYS)), 600.0, 365
    )
    record = Record(WARMTH, FALL, DAYS, 600.0, flow.flow_m3_s, np.arange(730))
    few = {n: FITTED[n] for n in ("precipitation_factor", "melt_mm_day_k", "soil_mm")}
    found = fit_catchment(PLAIN, record, few, samples=24, rounds=12)
    assert found.efficiency > 0.999
    assert_allclose(found.catchment.precipitation_factor, 1.6, rtol=0.02)
    assert_allclose(found.catchment.melt_mm_day_k, 3.0, rtol=0.02)
    again = fit_catchment(PLAIN, record, few, samples=2, rounds=1)
    once_more = fit_catchment(PLAIN, record, few, samples=2, rounds=1)
    assert again.catchment.soil_mm == once_more.catchment.soil_mm


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"flow_m3_s": np.full(730, -1.0)}, "flow_m3_s = -1 at period 0"),
        ({"flow_m3_s": np.full(730, np.nan)}, "flow_m3_s = nan"),
        ({"period": np.arange(730)[::-1]}, "in their order"),
        ({"temperature_c": WARMTH[:-1]}, "make equal"),
    ],
)
def test_a_record_that_does_not_go_together_is_refused(change, words):
    whole = {
        "temperature_c": WARMTH,
        "precipitation_mm": FALL,
        "day_of_year": DAYS,
        "gauge_elevation_m": 600.0,
        "flow_m3_s": np.ones(730),
        "period": np.arange(730),
    }
    with pytest.raises(SeriesError, match=words):
        Record(**{**whole, **change})


LIMITS = {
    "area_km2": (1e-3, 1e7),
    "latitude": (-66.0, 66.0),
    "precipitation_factor": (0.0, 20.0),
    "snowfall_factor": (0.0, 5.0),
    "precipitation_gradient_per_km": (-1.0, 5.0),
    "lapse_k_km": (-5.0, 12.0),
    "snow_middle_c": (-5.0, 6.0),
    "snow_width_k": (0.0, 12.0),
    "melt_mm_day_k": (0.0, 20.0),
    "melt_season_share": (0.0, 0.9),
    "melt_from_c": (-5.0, 5.0),
    "holding_share": (0.0, 0.5),
    "refreeze_share": (0.0, 1.0),
    "soil_mm": (1.0, 5000.0),
    "evaporation_factor": (0.0, 3.0),
    "glacier_share": (0.0, 1.0),
    "ice_melt_ratio": (0.0, 5.0),
    "percolation_mm_day": (0.0, 100.0),
    "flood_mm": (0.0, 1000.0),
    "flood_days": (0.1, 100.0),
    "fast_days": (0.1, 400.0),
    "slow_days": (1.0, 5000.0),
    "route_days": (0.0, 60.0),
}


@pytest.mark.parametrize("name", LIMITS)
def test_a_parameter_may_be_at_its_limits_and_not_beyond(name):
    for limit, sign in zip(LIMITS[name], (-1.0, 1.0), strict=True):
        replace(PLAIN, **{name: limit})
        with pytest.raises(ScenarioError, match=f"{name} = .*, expected"):
            replace(PLAIN, **{name: limit + sign * max(abs(limit), 1.0) * 1e-6})


def test_a_catchment_begins_empty_but_for_half_its_soil():
    wet = replace(PLAIN, soil_mm=240.0)
    snow, all_stores = Stores(wet, (4,)).held()
    assert_allclose((snow, all_stores), (0.0, 120.0))
