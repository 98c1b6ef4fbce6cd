"""A station dispatched by rules: cases that can be followed by hand."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from numpy.testing import assert_allclose

from altay_energy.components.storage.pumped_storage import PumpedStorage
from altay_energy.core.errors import NoSolutionError, ScenarioError
from altay_energy.core.timeline import Timeline
from altay_energy.dispatch.problem.problem import Problem, StorageLimits
from altay_energy.dispatch.problem.station import StationLimits
from altay_energy.dispatch.result.result import InvariantError
from altay_energy.dispatch.rules import station as rules_station
from altay_energy.dispatch.rules.rules import dispatch_by_rules


def station(steps: int, **changes) -> StationLimits:
    timeline = replace(Timeline.of_year(2030), steps=steps)
    basin = {"live_volume_m3": 5900000.0}
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


def problem(wanted, limits=None, **changes) -> Problem:
    wanted = np.asarray(wanted, dtype=np.float64)
    limits = limits or station(wanted.shape[-1])
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


def done_of(wanted, limits=None, **changes):
    dispatch = dispatch_by_rules(problem(wanted, limits, **changes))
    dispatch.check()
    return dispatch.stations["pumped_storage.s"]


def test_surplus_is_taken_by_whole_pumps_and_deficit_by_the_fewest_units():
    done = done_of([300.0, 400.0, 1000.0, 2000.0, 0.0, -100.0, -300.0, -500.0, -1400.0])
    assert done.running.tolist() == [0, -1, -2, -4, 0, 0, 1, 2, 4]
    assert_allclose(done.turbine_mw[6:], [300.0, 500.0, 1400.0])
    assert np.all(done.pump_mw[1:4] % 1.0 > 0.0)  # one power each, not what was asked
    assert done.starts().tolist() == [2, 2, 2, 2]
    assert done.mode_changes().tolist() == [0, 0, 0, 0]


def test_the_remainder_goes_to_the_battery_to_export_or_nowhere():
    battery = StorageLimits("battery.b", 500.0, 500.0, 2000.0, 1.0, 1.0)
    found = {}
    for remainder in ("battery", "export", "curtail"):
        limits = replace(station(3), remainder=remainder)
        order = ("pumped_storage.s", "battery.b")
        given = {"storages": (battery,), "storage_order": order}
        dispatch = dispatch_by_rules(problem([500.0, 0.0, 0.0], limits, **given))
        dispatch.check()
        rest = 500.0 - dispatch.charge_mw["pumped_storage.s"][0]
        places = (
            dispatch.charge_mw["battery.b"],
            dispatch.export_mw,
            dispatch.curtailed_mw["wind.w"],
        )
        found[remainder] = [place[0] / rest for place in places]
    assert_allclose(found["battery"], [1.0, 0.0, 0.0])
    assert_allclose(found["export"], [0.0, 1.0, 0.0])
    assert_allclose(found["curtail"], [0.0, 0.0, 1.0])


def test_storages_work_in_the_order_that_is_given():
    battery = StorageLimits("battery.b", 500.0, 500.0, 2000.0, 1.0, 1.0)
    first = problem([500.0], storages=(battery,), storage_order=("battery.b", "pumped_storage.s"))
    dispatch = dispatch_by_rules(first)
    assert dispatch.charge_mw["battery.b"][0] == 500.0
    assert dispatch.charge_mw["pumped_storage.s"][0] == 0.0
    with pytest.raises(
        ScenarioError, match=r"storage_order = battery\.b, x, expected each storage"
    ):
        problem([500.0], storages=(battery,), storage_order=("battery.b", "x"))


def test_pumping_lifts_the_head_hour_by_hour():
    done = done_of(np.full(8, 1500.0))
    busy = done.running < 0
    assert busy.sum() >= 3
    assert np.all(np.diff(done.head_m[busy]) > 0.0)
    assert np.all(np.diff(done.pump_mw[busy]) < 0.0)


def test_a_full_station_gives_its_hours_at_full_power():
    limits = station(10)
    full = replace(limits, start_m3=(limits.normal_m3[0], limits.dead_m3[1]))
    done = done_of(np.full(10, -1400.0), full)
    assert done.turbine_mw[:5].tolist() == [1400.0] * 5
    assert 8_200.0 < done.turbine_mw.sum() < 8_450.0
    assert done.volume_m3[0, -1] - limits.dead_m3[0] < 3600.0 * 40.0  # less than a least load


def test_a_unit_out_of_service_leaves_three():
    limits = station(
        48, outages={"spring": {"unit": 1, "first_day": "2030-01-01", "last_day": "2030-01-01"}}
    )
    full = replace(limits, start_m3=(limits.normal_m3[0], limits.dead_m3[1]))
    done = done_of(np.full(48, -1400.0), full)
    assert done.running[0] == 3
    assert done.unit_state[:, 0].tolist() == [0, 1, 1, 1]


def test_a_cyclic_period_ends_with_the_water_it_began_with():
    rng = np.random.default_rng(2)
    done = done_of(rng.normal(100.0, 1500.0, 800), terminal="cyclic")
    assert np.array_equal(done.volume_m3[:, 0], done.volume_m3[:, -1])


def test_a_terminal_rule_that_cannot_be_kept_says_by_how_much():
    with pytest.raises(NoSolutionError, match=r"ends with 0\.\d+ Mm³, .* Mm³ less, and rules"):
        done_of(np.full(5, -1400.0), terminal="at_least")
    with pytest.raises(NoSolutionError, match=r"Mm³ more.*upper\.start_level_m\) at 14"):
        done_of(np.full(5, 1500.0), terminal="equal_initial")
    assert done_of(np.full(5, 1500.0), terminal="at_least").running[0] == -4


def test_losses_are_made_up_from_the_stream_and_excess_is_spilled():
    limits = replace(station(4), seepage_m3=(100.0, 50.0), make_up_m3=400.0)
    done = done_of(np.zeros(4), limits)
    assert_allclose(done.make_up_m3[1], 150.0)
    assert not done.spill_m3.any()
    wet = replace(limits, seepage_m3=(0.0, 0.0), rain_m3=np.full((2, 4), 30.0))
    assert_allclose(done_of(np.zeros(4), wet).spill_m3[1], 60.0)


def test_ice_takes_its_share_of_a_cycle():
    limits = station(10)
    full = replace(limits, start_m3=(limits.normal_m3[0], limits.dead_m3[1]))
    icy = replace(full, ice_m3=np.full((2, 10), 0.4e6))
    plain, less = (done_of(np.full(10, -1400.0), x).turbine_mw.sum() for x in (full, icy))
    assert_allclose((plain - less) / plain, 0.4 / 5.9, atol=0.03)


def test_starts_and_changes_of_mode_cost_money():
    limits = replace(station(4), start_cost_cny=1000.0, mode_change_cost_cny=300.0)
    done = done_of([400.0, -300.0, 0.0, 400.0], limits)
    assert done.cost_cny() == 3 * 1000.0 + 300.0


def test_a_part_of_many_runs_is_what_it_was_among_them():
    wanted = np.random.default_rng(1).normal(0.0, 1200.0, (5, 30))
    ice = np.random.default_rng(2).uniform(0.0, 1e5, (2, 5, 30))
    limits = replace(station(30), ice_m3=ice)
    whole = problem(wanted, limits)
    done = dispatch_by_rules(whole).stations["pumped_storage.s"]
    parts = [dispatch_by_rules(p).stations["pumped_storage.s"] for p in whole.parts(2)]
    assert np.array_equal(np.concatenate([p.running for p in parts]), done.running)


@pytest.mark.parametrize("terminal", ["free", "cyclic"])
@pytest.mark.parametrize(
    "way",
    ["plain", pytest.param("compiled", marks=pytest.mark.slow)],  # compiling takes seconds
)
def test_one_run_after_another_has_the_same_bits_as_all_side_by_side(way, terminal, monkeypatch):
    if way == "compiled":
        pytest.importorskip("numba")
    rng = np.random.default_rng(7)
    wanted = rng.normal(0.0, 900.0, (4, 200)) + 600.0 * np.sin(np.arange(200) / 4.0)
    limits = replace(
        station(200, make_up_m3_s=0.2),
        ice_m3=rng.uniform(0.0, 4e5, (2, 4, 200)),
        rain_m3=rng.uniform(0.0, 3e3, (2, 4, 200)),
        evaporation_m3=rng.uniform(0.0, 4e3, (2, 4, 200)),
        in_service=rng.random((4, 200)) < 0.9,
    )
    found = {}
    for each in ("arrays", way):
        monkeypatch.setattr(rules_station, "way_of", lambda *_, each=each: each)
        found[each] = done_of(wanted, limits, terminal=terminal)
    one, other = found.values()
    for name in ("running", "pump_mw", "turbine_mw", "volume_m3", "head_m", "spill_m3"):
        assert np.array_equal(getattr(one, name), getattr(other, name)), name
    assert np.unique(one.running).size > 6  # pumps and turbines, several units


@pytest.mark.parametrize("name", ["pumped_m3", "volume_m3", "rain_m3"])
def test_water_from_nowhere_is_found(name):
    dispatch = dispatch_by_rules(problem([1500.0, -700.0, 0.0]))
    done = dispatch.stations["pumped_storage.s"]
    wrong = getattr(done, name).copy()
    wrong[..., -1] += 5.0
    broken = replace(dispatch, stations={"pumped_storage.s": replace(done, **{name: wrong})})
    with pytest.raises(InvariantError, match="5 m³ of water are not accounted for"):
        broken.check()


def test_quarter_hours_move_a_quarter_of_the_water():
    hour = done_of([400.0])
    quarter = done_of([400.0], step_hours=0.25)
    assert_allclose(quarter.pumped_m3, hour.pumped_m3 / 4)


def test_pumps_and_turbines_stop_before_water_runs_over():
    big = {"normal_level_m": 878.0, "dead_level_m": 847.0, "live_volume_m3": 12000000.0}
    limits = station(12, lower={**big, "start_level_m": 878.0})
    done = done_of(np.full(12, 1500.0), limits)
    assert done.running[0] == -4
    assert done.running[-1] == 0
    assert not done.spill_m3.any()
    assert done.volume_m3[1, -1] > 5e6  # there is water enough, but no room
    high = {"normal_level_m": 1470.0, "dead_level_m": 1437.0, "live_volume_m3": 12000000.0}
    other = station(12, upper={**high, "start_level_m": 1470.0})
    down = done_of(np.full(12, -1400.0), other)
    assert down.running[-1] == 0
    assert not down.spill_m3.any()
