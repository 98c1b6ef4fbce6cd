"""Laws of a station in whole units with perfect foresight."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose

from altay_energy.analysis.kpis import kpis
from altay_energy.components.pumped_storage import PumpedStorage
from altay_energy.dispatch.linear import formulate
from altay_energy.dispatch.problem import Problem, StorageLimits
from altay_energy.dispatch.rules import dispatch_by_rules
from altay_energy.dispatch.rules_station import operate_station
from altay_energy.dispatch.station import StationLimits
from altay_energy.dispatch.unit_hull import EnergyScale, relaxed
from altay_energy.dispatch.units import Search, dispatch_units
from altay_energy.timeline import Timeline

STEPS = 36
NAME = "pumped_storage.s"
QUICK = Search(gap=0.02)


def station(live_m3: float = 1.5e6, **changes) -> StationLimits:
    timeline = replace(Timeline.of_year(2030), steps=STEPS)
    basin = {"live_volume_m3": live_m3}
    plant = PumpedStorage.model_validate(
        {
            "units": 4,
            "unit_mw": 350.0,
            "upper": {"normal_level_m": 1470.0, "dead_level_m": 1437.0, **basin},
            "lower": {"normal_level_m": 878.0, "dead_level_m": 847.0, **basin},
            **changes,
        },
        context={"allow_unusual": True},
    )
    return StationLimits.of(NAME, plant, None, timeline)


STATIONS = (station(), station(5.9e6, start_cost_cny=5_000.0), station(speed="variable"))


@st.composite
def problems(draw) -> Problem:
    """A station, perhaps a battery, and noise around them."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    battery = StorageLimits("battery.b", 200.0, 200.0, 800.0, 0.95, 0.95, 0.0, 400.0)
    return Problem(
        step_hours=1.0,
        load_mw=rng.uniform(200.0, 1200.0, STEPS),
        renewables={"wind.w": rng.uniform(0.0, 2500.0, STEPS) * (rng.random(STEPS) < 0.6)},
        thermals=(),
        storages=(battery,) if draw(st.booleans()) else (),
        stations=(draw(st.sampled_from(STATIONS)),),
        import_limit_mw=draw(st.sampled_from([3000.0, 800.0])),
        export_limit_mw=draw(st.sampled_from([0.0, 500.0])),
        import_price_cny_mwh=rng.uniform(150.0, 600.0, STEPS),
        export_price_cny_mwh=draw(st.sampled_from([0.0, 100.0])),
        unserved_cost_cny_mwh=5_000.0,
        grid_emission_factor_t_mwh=0.6,
        terminal=draw(st.sampled_from(["free", "cyclic", "at_least"])),
    )


@settings(max_examples=8, deadline=None)
@given(problems())
def test_units_lie_between_the_bound_and_what_the_rules_do(asked):
    dispatch = dispatch_units(asked, QUICK)
    dispatch.check()
    proof = dispatch.solution
    assert proof.bound_cny <= proof.objective_cny
    assert_allclose(proof.objective_cny, kpis(dispatch)["operating_cost_cny"], rtol=1e-9, atol=1e-3)
    assert float(np.max(dispatch.stations[NAME].water_residual_m3())) < 1.0
    if asked.terminal == "free":
        rules = kpis(dispatch_by_rules(asked))["operating_cost_cny"]
        assert proof.objective_cny <= rules + 1e-6 * abs(rules)


@settings(max_examples=15, deadline=None)
@given(problems(), st.integers(0, 2**32 - 1))
def test_every_operation_fits_into_the_program_of_the_bound(asked, seed):
    """Whatever is asked of a station, columns of the program exist that do the same."""
    asked = replace(asked, terminal="free", storages=())
    limits = asked.stations[0]
    rng = np.random.default_rng(seed)
    done = operate_station(asked, limits, rng.uniform(-1600.0, 1600.0, STEPS))
    scale = EnergyScale.of(limits)
    rest = formulate(replace(asked, stations=()))
    program = relaxed(asked, rest.lp, limits, scale)
    lp, own = program.lp, program.columns
    station_now, station_before = lp.now[-2:, own:], lp.before[-2:, own:]
    level = scale.content(done.volume_m3[0])
    changed = np.diff(level)
    ups = [j for j in range(station_now.shape[1]) if lp.now[0, own + j] < 0.0]
    downs = [j for j in range(station_now.shape[1]) if lp.now[0, own + j] > 0.0]
    for t in range(STEPS):
        for columns, power in ((ups, done.pump_mw[t]), (downs, done.turbine_mw[t])):
            width = lp.upper[own + np.array(columns), t]
            ends = np.concatenate([[0.0], np.cumsum(width)])
            slopes = -station_now[1, columns]
            reached = np.concatenate([[0.0], np.cumsum(width * slopes)])
            assert power <= ends[-1] + 1e-6
            if power > 0.0:
                # Pumps store at most, and turbines take at least, what the pieces say.
                assert changed[t] <= np.interp(power, ends, reached) + 1e-6
        # The row of the filling: what was stored, less for a fuller reservoir.
        room = lp.upper[own + max(downs) + 1, t] + station_before[0].min() * level[t]
        assert changed[t] <= room + 1e-6


def test_all_prices_times_k_is_cost_times_k():
    k = 0.5
    rng = np.random.default_rng(5)
    asked = Problem(
        step_hours=1.0,
        load_mw=rng.uniform(200.0, 1200.0, STEPS),
        renewables={"wind.w": rng.uniform(0.0, 2500.0, STEPS)},
        thermals=(),
        storages=(),
        stations=(STATIONS[0],),
        import_limit_mw=3000.0,
        export_limit_mw=500.0,
        import_price_cny_mwh=rng.uniform(150.0, 600.0, STEPS),
        export_price_cny_mwh=100.0,
        unserved_cost_cny_mwh=5_000.0,
        grid_emission_factor_t_mwh=0.6,
        terminal="free",
    )
    scaled = replace(
        asked,
        import_price_cny_mwh=k * asked.import_price_cny_mwh,
        export_price_cny_mwh=k * asked.export_price_cny_mwh,
        unserved_cost_cny_mwh=k * asked.unserved_cost_cny_mwh,
    )
    whole, part = (dispatch_units(p).solution for p in (asked, scaled))
    assert_allclose(part.bound_cny, k * whole.bound_cny, rtol=1e-6)
    assert_allclose(part.objective_cny, k * whole.objective_cny, rtol=5e-3)
