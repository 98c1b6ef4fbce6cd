"""Laws of a station dispatched unit by unit: water, heads, modes, whole pumps."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose

from altay_energy.components.storage.pumped_storage import PumpedStorage
from altay_energy.core.timeline import Timeline
from altay_energy.dispatch.problem.problem import Problem, StorageLimits
from altay_energy.dispatch.problem.station import StationLimits
from altay_energy.dispatch.rules.rules import dispatch_by_rules
from altay_energy.dispatch.rules.station import operate_station

STEPS = 60
LIVE = 5.9e6


def station(live_m3: float = LIVE, **changes) -> StationLimits:
    timeline = replace(Timeline.of_year(2030), steps=STEPS)
    basin = {"live_volume_m3": live_m3}
    plant = PumpedStorage.model_validate(
        {
            "units": 4,
            "unit_mw": 350.0,
            "upper": {"normal_level_m": 1470.0, "dead_level_m": 1437.0, **basin},
            "lower": {"normal_level_m": 878.0, "dead_level_m": 847.0, **basin},
            **changes,
        }
    )
    return StationLimits.of("pumped_storage.s", plant, None, timeline)


FIXED, VARIABLE = station(), station(speed="variable")


def problem(wanted: np.ndarray, limits: StationLimits, **changes) -> Problem:
    """Surplus and deficit as generation and load; import and export have room for all."""
    given = {
        "step_hours": 1.0,
        "load_mw": np.maximum(-wanted, 0.0),
        "renewables": {"wind.w": np.maximum(wanted, 0.0)},
        "thermals": (),
        "storages": (),
        "stations": (limits,),
        "import_limit_mw": 1e4,
        "export_limit_mw": 1e4,
        "import_price_cny_mwh": 1.0,
        "export_price_cny_mwh": 0.0,
        "unserved_cost_cny_mwh": 100.0,
        "grid_emission_factor_t_mwh": 0.6,
        "terminal": "free",
    }
    return Problem(**{**given, **changes})


def series(runs: int = 1):
    """Surpluses and deficits, of the seed of a generator: quick, and shrinks to a seed."""
    shape = (STEPS,) if runs == 1 else (runs, STEPS)

    def draw(seed: int) -> np.ndarray:
        rng = np.random.default_rng(seed)
        spread = rng.choice([200.0, 800.0, 2000.0])
        idle = rng.random(shape) < rng.choice([0.0, 0.3])
        return np.where(idle, 0.0, rng.normal(rng.normal(0.0, 300.0), spread, shape))

    return st.integers(0, 10**6).map(draw)


@st.composite
def skies(draw, limits: StationLimits) -> StationLimits:
    """Rain, evaporation, ice and seepage far beyond what weather does."""
    rng = np.random.default_rng(draw(st.integers(0, 10**6)))
    most = draw(st.sampled_from([0.0, 1e3, 4e5]))
    return replace(
        limits,
        rain_m3=rng.uniform(0.0, most, (2, STEPS)),
        evaporation_m3=rng.uniform(0.0, draw(st.sampled_from([most, 0.0])), (2, STEPS)),
        ice_m3=rng.uniform(0.0, draw(st.sampled_from([most, 3e6])), (2, STEPS)),
        seepage_m3=(draw(st.floats(0.0, 1e5)), draw(st.floats(0.0, 1e5))),
        make_up_m3=draw(st.floats(0.0, 1e5)),
    )


@given(wanted=series(), limits=skies(FIXED), terminal=st.sampled_from(["free", "cyclic"]))
@settings(deadline=None, max_examples=40)
def test_every_cubic_metre_is_accounted_for_and_stays_in_its_basin(wanted, limits, terminal):
    done = operate_station(problem(wanted, limits, terminal=terminal), limits, wanted)
    assert np.max(done.water_residual_m3()) <= 1e-6
    for basin in (0, 1):
        volume = done.volume_m3[basin]
        assert np.min(volume) >= limits.dead_m3[basin]
        assert np.max(volume) <= limits.normal_m3[basin]
    for came_or_went in (done.rain_m3, done.evaporation_m3, done.seepage_m3, done.make_up_m3):
        assert np.min(came_or_went) >= 0.0
    assert np.min(done.spill_m3) >= -1e-6
    assert np.all(done.evaporation_m3 <= limits.evaporation_m3 * (1.0 + 1e-12))


@given(wanted=series(), limits=skies(FIXED))
@settings(deadline=None, max_examples=25)
def test_turbines_and_pumps_leave_the_water_bound_in_ice(wanted, limits):
    done = operate_station(problem(wanted, limits), limits, wanted)
    floor = np.array(limits.dead_m3)[:, np.newaxis] + limits.ice_m3
    before = done.volume_m3[..., :-1]
    assert np.all(done.generated_m3 <= np.maximum(before[0] - floor[0], 0.0) + 1e-3)
    assert np.all(done.pumped_m3 <= np.maximum(before[1] - floor[1], 0.0) + 1e-3)


@given(wanted=series(), limits=st.sampled_from([FIXED, VARIABLE]))
@settings(deadline=None, max_examples=40)
def test_head_is_the_difference_of_the_levels_and_within_their_range(wanted, limits):
    done = operate_station(problem(wanted, limits), limits, wanted)
    level = done.level_m
    assert_allclose(done.head_m, (level[0] - level[1])[:-1], atol=1e-6)
    assert 1437.0 - 878.0 - 1e-9 <= done.head_m.min() <= done.head_m.max() <= 1470.0 - 847.0 + 1e-9


@given(wanted=series(), limits=st.sampled_from([FIXED, VARIABLE]))
@settings(deadline=None, max_examples=40)
def test_no_unit_pumps_and_generates_in_one_hour_nor_works_against_what_is_asked(wanted, limits):
    done = operate_station(problem(wanted, limits), limits, wanted)
    assert not np.any((done.pump_mw > 0.0) & (done.turbine_mw > 0.0))
    assert np.all(done.pump_mw <= np.maximum(wanted, 0.0))
    assert np.all(done.turbine_mw <= np.maximum(-wanted, 0.0))
    state = done.unit_state
    assert not np.any((state > 0).any(axis=-2) & (state < 0).any(axis=-2))
    assert_allclose(state.sum(axis=-2), done.running)
    assert_allclose(done.unit_power_mw.sum(axis=-2), done.pump_mw + done.turbine_mw)


@given(wanted=series())
@settings(deadline=None, max_examples=40)
def test_fixed_pumps_run_whole_and_turbines_within_their_band(wanted):
    done = operate_station(problem(wanted, FIXED), FIXED, wanted)
    units, row = np.abs(done.running), FIXED.pump.row(done.head_m)
    pumping, generating = done.running < 0, done.running > 0
    assert_allclose(
        done.pump_mw[pumping], FIXED.pump.high_mw[row, units][pumping], rtol=0.0, atol=0.0
    )
    each = done.turbine_mw[generating] / units[generating]
    assert np.all(each >= 175.0 - 1e-9)
    assert np.all(each <= 350.0 + 1e-9)


@given(wanted=series())
@settings(deadline=None, max_examples=40)
def test_one_more_whole_pump_never_fits(wanted):
    done = operate_station(problem(wanted, FIXED), FIXED, wanted)
    row = FIXED.pump.row(done.head_m)
    units = np.abs(done.running)
    could = (wanted > 0.0) & (units < 4)
    more = np.minimum(units + 1, 4)
    volume = done.volume_m3[..., :-1]
    water = np.minimum(volume[1] - FIXED.dead_m3[1], FIXED.normal_m3[0] - volume[0]) / 3600.0
    fits = (FIXED.pump.high_mw[row, more] < wanted - 1e-6) & (
        FIXED.pump.flow_m3_s[row, more, -1] < water - 1e-6
    )
    assert not np.any(could & fits)


@given(low=st.floats(1e6, 8e6), extra=st.floats(0.0, 4e6))
@settings(deadline=None, max_examples=15)
def test_more_live_volume_never_gives_less_energy_a_cycle(low, extra):
    def energy(live: float) -> float:
        limits = station(live)
        full = replace(limits, start_m3=(limits.normal_m3[0], limits.dead_m3[1]))
        wanted = np.full(STEPS, -1400.0)
        return float(operate_station(problem(wanted, full), full, wanted).turbine_mw.sum())

    assert energy(low + extra) >= energy(low) * (1.0 - 2e-3)


@given(wanted=series(runs=3), terminal=st.sampled_from(["free", "cyclic"]))
@settings(deadline=None, max_examples=15)
def test_runs_side_by_side_do_what_each_does_alone(wanted, terminal):
    together = operate_station(problem(wanted, FIXED, terminal=terminal), FIXED, wanted)
    for run, own in enumerate(wanted):
        alone = operate_station(problem(own, FIXED, terminal=terminal), FIXED, own)
        assert np.array_equal(alone.running, together.running[run])
        assert_allclose(alone.volume_m3, together.volume_m3[:, run], atol=1e-6)


@given(
    wanted=series(),
    remainder=st.sampled_from(["battery", "export", "curtail"]),
    first=st.booleans(),
    limit=st.floats(0.0, 3000.0),
)
@settings(deadline=None, max_examples=40)
def test_power_balances_whatever_becomes_of_the_remainder(wanted, remainder, first, limit):
    battery = StorageLimits("battery.b", 200.0, 200.0, 800.0, 0.95, 0.95, 0.0, 400.0)
    limits = replace(FIXED, remainder=remainder)
    order = (limits.name, "battery.b") if first else ("battery.b", limits.name)
    given = {"storages": (battery,), "storage_order": order, "export_limit_mw": limit}
    dispatch = dispatch_by_rules(problem(wanted, limits, **given))
    dispatch.check()
    pumping = dispatch.charge_mw[limits.name] > 0.0
    if first and remainder != "battery":
        assert not dispatch.charge_mw["battery.b"][pumping].any()
    if remainder == "curtail":
        assert not dispatch.export_mw[pumping].any()


@pytest.mark.parametrize("limits", [FIXED, VARIABLE], ids=["fixed", "variable"])
def test_the_round_trip_of_a_full_cycle_emerges_near_three_quarters(limits):
    full = replace(limits, start_m3=(limits.dead_m3[0], limits.normal_m3[1]))
    wanted = np.where(np.arange(STEPS) < 30, 1500.0, -1400.0)
    done = operate_station(problem(wanted, full), full, wanted)
    yields = done.turbine_mw.sum() / done.generated_m3.sum()
    costs = done.pump_mw.sum() / done.pumped_m3.sum()
    assert 0.74 <= yields / costs <= 0.78
