"""Laws of stops, ice and wakes, for any weather."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.testing import assert_allclose

from altay_energy.components.wind.wind_farm import LOSS_STAGES, WindFarm
from altay_energy.core.recurrence import bounded_levels, runs_above, runs_below
from altay_energy.core.timeline import Timeline
from altay_energy.resource.wind.icing import ice_load, ice_loss
from altay_energy.resource.wind.wakes import overlap_share
from altay_energy.weather.series import Weather

HOURS = 36
STEPS = st.sampled_from([1.0, 0.5, 0.25])
winds = arrays(np.float64, (2, HOURS), elements=st.floats(0.0, 40.0))
airs = arrays(np.float64, (2, HOURS), elements=st.floats(-45.0, 15.0))
humidities = arrays(np.float64, (2, HOURS), elements=st.floats(0.0, 100.0))
SETTINGS = st.fixed_dictionaries(
    {
        "icing": st.sampled_from(["on", "off", "heated"]),
        "package": st.sampled_from(["standard", "cold_climate", "none", None]),
        "speed_spread": st.sampled_from([0.0, 0.1]),
        "density_correction": st.sampled_from(["equivalent_speed", "shifted_curve"]),
    }
)


def weather(wind, air, humidity, step_hours=1.0, direction=None):
    timeline = replace(Timeline.of_year(2030, step_hours), steps=HOURS)
    zero = np.zeros_like(wind)
    return Weather(
        place="test",
        latitude=47.4,
        longitude=85.9,
        elevation_m=984.0,
        timeline=timeline,
        ghi_w_m2=zero,
        dni_w_m2=zero,
        dhi_w_m2=zero,
        temperature_c=air,
        wind_speed_m_s=wind,
        wind_height_m=110.0,
        pressure_pa=zero + 90000.0,
        relative_humidity_percent=humidity,
        wind_direction_deg=direction,
    )


def farm(**changes):
    return WindFarm(site="jeminay", capacity_mw=390.0, **changes)


@given(winds, st.floats(15.0, 30.0), st.floats(0.0, 8.0))
def test_a_latch_is_the_obvious_loop(signal, stop, band):
    found = runs_below(signal, stop, stop - band)
    for row, states in zip(signal, found, strict=True):
        running = True
        for value, state in zip(row, states, strict=True):
            running = False if value > stop else True if value <= stop - band else running
            assert state == running


@given(
    arrays(np.float64, (3, 29), elements=st.floats(0.0, 1.0)),
    arrays(np.float64, (3, 29), elements=st.floats(-8.0, 8.0)),
    st.floats(0.5, 10.0),
    st.integers(1, 29),
)
def test_a_bounded_level_is_the_obvious_loop(keep, gain, cap, steps):
    keep, gain = keep[:, :steps], gain[:, :steps]
    start = np.array([0.0, 0.5 * cap, cap])
    level, expected = start, np.empty(gain.shape)
    for t in range(steps):
        level = np.clip(keep[:, t] * level + gain[:, t], 0.0, cap)
        expected[:, t] = level
    assert_allclose(bounded_levels(keep, gain, 0.0, cap, start)[..., 1:], expected, atol=1e-9)


@given(winds, STEPS, st.sampled_from([0.0, 8.0]))
def test_beyond_cut_out_there_is_nothing_until_the_restart_speed(wind, step_hours, warmth):
    air = np.full_like(wind, warmth)
    w = weather(wind, air, np.full_like(wind, 50.0), step_hours)
    power = farm().available_power(w, w.timeline)
    for row, given_mw in zip(wind, power, strict=True):
        waiting = False
        for speed, mw in zip(row, given_mw, strict=True):
            waiting = True if speed > 25.0 else False if speed <= 20.0 else waiting
            assert mw == 0.0 if waiting or speed < 2.5 else mw >= 0.0
            if speed > 13.0 and not waiting:
                assert mw > 0.8 * 390.0


@given(airs, STEPS, st.sampled_from([("standard", -20.0, -17.0), ("cold_climate", -30.0, -27.0)]))
def test_colder_than_the_stop_there_is_nothing_until_the_restart(air, step_hours, case):
    package, stop, restart = case
    w = weather(np.full_like(air, 12.0), air, np.full_like(air, 50.0), step_hours)
    power = farm(package=package).available_power(w, w.timeline)
    for row, given_mw in zip(air, power, strict=True):
        waiting = False
        for degrees, mw in zip(row, given_mw, strict=True):
            waiting = True if degrees < stop else False if degrees >= restart else waiting
            assert (mw == 0.0) == waiting


@given(winds, airs, humidities, STEPS, SETTINGS)
def test_power_stays_between_nothing_and_the_capacity(wind, air, humidity, step_hours, settings):
    w = weather(wind, air, humidity, step_hours)
    power = farm(**settings).available_power(w, w.timeline)
    assert power.shape == wind.shape
    assert power.min() >= 0.0
    assert power.max() <= 390.0


@given(winds, airs, humidities, STEPS, SETTINGS)
def test_gross_less_all_losses_is_the_power_at_the_bus(wind, air, humidity, step_hours, settings):
    w = weather(wind, air, humidity, step_hours)
    one = farm(**settings)
    losses = one.losses(w, w.timeline)
    assert list(losses) == ["gross", *LOSS_STAGES, "net"]
    energy = one.available_power(w, w.timeline).sum(axis=-1) * step_hours
    assert (losses["net"] == energy).all()
    total = losses["gross"] - sum(losses[stage] for stage in LOSS_STAGES)
    assert_allclose(total, losses["net"], atol=1e-7)
    for stage in LOSS_STAGES[1:]:
        assert (losses[stage] >= -1e-9).all(), stage


@given(winds, airs, humidities)
def test_ice_and_cold_never_give_power(wind, air, humidity):
    w = weather(wind, air, humidity)
    warm = farm(icing="off", package="none", storm_restart_m_s=25.0)
    best = warm.available_power(w, w.timeline)
    for worse in (
        warm.with_(icing="on"),
        warm.with_(icing="heated"),
        warm.with_(package="cold_climate"),
        warm.with_(storm_restart_m_s=20.0),
    ):
        assert (worse.available_power(w, w.timeline) <= best + 1e-9).all()


@given(winds, airs, humidities, SETTINGS)
def test_years_in_front_are_a_loop(wind, air, humidity, settings):
    one = farm(**settings)
    w = weather(wind, air, humidity)
    together = one.available_power(w, w.timeline)
    for row in range(len(wind)):
        single = weather(wind[row], air[row], humidity[row])
        assert_allclose(together[row], one.available_power(single, w.timeline), atol=1e-9)


@given(arrays(np.bool_, (2, HOURS)), winds, st.floats(0.0, 10.0), STEPS)
def test_more_ice_to_begin_with_never_loses_less(icing, wind, start, step_hours):
    air = np.where(icing, -3.0, 0.2)
    none = ice_load(icing, air, wind, step_hours)
    some = ice_load(icing, air, wind, step_hours, start)
    assert none.min() >= 0.0
    assert (some >= none - 1e-12).all()
    assert some.max() <= 10.0
    assert (ice_loss(some) >= ice_loss(none) - 1e-12).all()


@given(
    arrays(np.float64, (2, HOURS), elements=st.floats(0.0, 720.0)),
    winds,
    st.floats(0.0, 360.0),
    st.integers(1, 6),
)
def test_wakes_only_ever_take(direction, wind, bearing, columns):
    layout = {"rows": 3, "columns": columns, "bearing_deg": round(bearing, -1)}
    w = weather(wind, np.full_like(wind, 5.0), np.full_like(wind, 50.0), 1.0, direction)
    free = WindFarm(site="jeminay", capacity_mw=6.7 * 3 * columns, wake_loss=0.0)
    waked = free.with_(layout=layout)
    before, after = (f.available_power(w, w.timeline) for f in (free, waked))
    assert (after <= before + 1e-9).all()
    assert (after >= 0.0).all()
    calm = wind < 24.0
    assert (after[calm & (before > 0.95 * before.max())] > 0.0).all()


@given(st.floats(0.0, 400.0), st.floats(1.0, 40.0), st.floats(10.0, 100.0))
def test_the_part_of_a_rotor_in_a_wake_is_a_part(distance, growth, rotor):
    wake = np.array([rotor * growth])
    near, far = overlap_share(np.array([distance, distance + 1.0]), wake, rotor)
    assert 0.0 <= far <= near + 1e-9
    assert near <= 1.0


@pytest.mark.parametrize("runs", [runs_below, runs_above])
@pytest.mark.parametrize("steps", [1, 2, 7])
def test_a_latch_takes_any_number_of_intervals(runs, steps):
    assert runs(np.zeros((3, steps)), 5.0, 5.0).shape == (3, steps)
