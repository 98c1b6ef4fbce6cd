"""Laws of a station in whole units with perfect foresight."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose

import altay_energy as ae
from altay_energy.components.settings.rolling import ForecastSettings, RollingSettings
from altay_energy.components.storage.pumped_storage import PumpedStorage
from altay_energy.core.errors import NoSolutionError
from altay_energy.core.timeline import Timeline
from altay_energy.dispatch.optimal.optimal import dispatch_optimal
from altay_energy.dispatch.problem.period import PeriodTerms
from altay_energy.dispatch.problem.problem import Problem, StorageLimits
from altay_energy.dispatch.problem.station import StationLimits, StationOperation
from altay_energy.dispatch.program.formulation import formulate
from altay_energy.dispatch.program.station.envelope import (
    outer_storage,
    with_outer_stations,
)
from altay_energy.dispatch.program.station.residual_cost import relaxed
from altay_energy.dispatch.program.station.water_energy import END_WITHIN, EnergyScale, gained_mwh
from altay_energy.dispatch.rolling.rolling import dispatch_rolling
from altay_energy.dispatch.rules.rules import dispatch_by_rules
from altay_energy.dispatch.rules.station import operate_station
from altay_energy.dispatch.units.decomposition import PriceDecomposition
from altay_energy.dispatch.units.units import Search, dispatch_units
from altay_energy.run.figures.kpis import kpis

STEPS = 36
NAME = "pumped_storage.s"
QUICK = Search(gap=0.02)
TERMINALS = ("free", "cyclic", "at_least", "equal_initial", "water_value")


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
        terminal=draw(st.sampled_from(TERMINALS)),
        terms=PeriodTerms(water_value_cny_mwh=(300.0, 150.0)),
    )


@pytest.mark.slow
@settings(max_examples=8, deadline=None)
@given(problems())
def test_units_lie_between_the_bound_and_what_the_rules_do(asked):
    dispatch = dispatch_units(asked, QUICK)
    dispatch.check()
    proof = dispatch.solution
    assert proof.bound_cny <= proof.objective_cny
    if asked.terminal != "water_value":  # the last content has no value in the operating cost
        cost = kpis(dispatch)["operating_cost_cny"]
        assert_allclose(proof.objective_cny, cost, rtol=1e-9, atol=1e-3)
    assert float(np.max(dispatch.stations[NAME].water_residual_m3())) < 1.0
    rules = rules_that_end_well(asked)
    if rules is not None:
        assert proof.objective_cny <= rules + 1e-6 * abs(rules)


def rules_that_end_well(asked: Problem) -> float | None:
    """Cost of the rules, where they meet the terminal condition and contents have no value."""
    try:
        dispatch = dispatch_by_rules(asked)
    except NoSolutionError:
        return None
    done = dispatch.stations[NAME]
    fallen = done.volume_m3[0, 0] - done.volume_m3[0, -1]
    ends_well = asked.terminal == "free" or fallen <= END_WITHIN * done.limits.live_m3
    if asked.terminal == "water_value" or not ends_well:
        return None
    return kpis(dispatch)["operating_cost_cny"]


@pytest.mark.slow
@settings(max_examples=40, deadline=None)
@given(
    problems(),
    st.sampled_from([0.0, 400.0]),
    st.sampled_from([{}, {"emissions_max_t": 8e3}, {"export_rate_max": 0.1}]),
)
def test_no_operation_costs_less_than_the_bound_with_true_units(asked, below, limits):
    """The bound itself, before it is limited by the cost that was found."""
    price = asked.import_price_cny_mwh - below
    terms = replace(asked.terms, **limits)
    asked = replace(asked, import_price_cny_mwh=price, export_price_cny_mwh=-50.0, terms=terms)
    try:
        around = PriceDecomposition(asked, asked.stations[0])
        _, relaxation = around.bound()
        units = dispatch_units(asked, QUICK).solution
    except NoSolutionError:
        return
    number = len(around.formulation.limits)
    for duals in (None, np.full(number, -20.0), np.full(number, -300.0)):
        bound = around.unit_bound(relaxation, duals)
        assert bound <= float(units.objective_cny) + 1e-6 * abs(bound)
    rules = rules_that_end_well(asked)
    if rules is not None and not limits:
        assert bound <= rules + 1e-6 * abs(rules)


@pytest.mark.slow
@settings(max_examples=4, deadline=None)
@given(problems(), st.sampled_from([0.0, 400.0]))
def test_optimal_is_never_more_expensive_than_units(asked, below):
    """Whatever the terminal rule, also where power must be got rid of."""
    optimal_is_not_dearer(asked, below)


@pytest.mark.slow
@pytest.mark.parametrize("terminal", TERMINALS)
@settings(max_examples=12, deadline=None)
@given(asked=problems(), below=st.sampled_from([0.0, 400.0]))
def test_optimal_is_never_more_expensive_than_units_in_many_cases(terminal, asked, below):
    """Twelve systems for each terminal rule, which run beside each other; the load differs too."""
    load = np.roll(asked.load_mw, 7 * TERMINALS.index(terminal))
    optimal_is_not_dearer(replace(asked, load_mw=load, terminal=terminal), below)


def optimal_is_not_dearer(asked: Problem, below: float) -> None:
    price = asked.import_price_cny_mwh
    asked = replace(asked, import_price_cny_mwh=price - below, export_price_cny_mwh=-50.0)
    least, units = dispatch_optimal(asked), dispatch_units(asked, QUICK)
    least.check()
    lowest = float(least.solution.bound_cny) - 1e-3
    assert lowest <= units.solution.objective_cny + 1e-7 * abs(lowest)
    if least.solution.status == "optimal":
        assert least.solution.objective_cny <= units.solution.objective_cny + 1e-7 * abs(lowest)


def test_power_that_must_be_got_rid_of_leaves_a_dispatch_around_the_station():
    """Closing a direction of the connection counts what the station takes and gives."""
    asked = flat(np.random.default_rng(58))
    price = asked.import_price_cny_mwh - 400.0
    asked = replace(asked, import_price_cny_mwh=price, export_price_cny_mwh=-50.0)
    dispatch = dispatch_units(replace(asked, terminal="equal_initial"), QUICK)
    dispatch.check()
    assert dispatch.solution.exclusive_steps > 0


@settings(max_examples=25, deadline=None)
@given(problems(), st.integers(0, 2**32 - 1))
def test_every_operation_is_one_of_the_storage_that_optimal_takes(asked, seed):
    """Powers and contents of an operation keep every bound, with a spill that may be."""
    free, done = any_operation(asked, seed)
    limits = free.stations[0]
    storage, scale = outer_storage(free, limits), EnergyScale.of(limits)
    level = scale.content(done.volume_m3[0])
    assert_allclose(level[:, 0], storage.initial_level_mwh)
    assert level.max() <= storage.energy_mwh
    assert done.pump_mw.max() <= storage.charge_mw
    assert done.turbine_mw.max() <= storage.discharge_mw
    stored = done.pump_mw * storage.charge_efficiency + storage.inflow_mw
    spilled = stored - done.turbine_mw / storage.discharge_efficiency - np.diff(level)
    assert spilled.min() >= -1e-9 * storage.energy_mwh
    assert np.all(spilled <= storage.most_spill_mw + 1e-9 * storage.energy_mwh)


@pytest.mark.slow
@settings(max_examples=25, deadline=None)
@given(problems(), st.integers(0, 2**32 - 1))
def test_every_operation_keeps_every_row_of_the_program_of_the_bound(asked, seed):
    """Its powers laid along both lines, its contents, and what it stays behind the lines."""
    free, done = any_operation(asked, seed, runs=1)
    limits = free.stations[0]
    scale = EnergyScale.of(limits)
    program = relaxed(free, formulate(replace(free, stations=())), limits, scale)
    lp, own = program.lp, program.columns
    bus, changes = lp.now[0, own:], lp.now[-1, own:]
    x = np.zeros((lp.columns - own, STEPS))
    for sign, power in ((-1.0, done.pump_mw), (1.0, done.turbine_mw)):
        left = power.copy()
        for j in np.flatnonzero(bus == sign):
            x[j] = np.minimum(left, lp.upper[own + j])
            left -= x[j]
        assert left.max() <= 1e-6
    level = scale.content(done.volume_m3[0])
    slack, back, content, gift, waste = len(x) - 5 + np.arange(5)
    lower, upper = lp.lower[own:], lp.upper[own:]
    x[content] = np.clip(level[1:], lower[content], upper[content])
    before = np.append(level[0], x[content, :-1])
    rise, moved = x[content] - before, 0.0 - changes[:slack] @ x[:slack]
    # Rain and what the content rises by beside the operation are given, all else is spilled.
    given = np.maximum(rise - np.diff(level), 0.0) + gained_mwh(limits, scale)
    x[gift] = np.minimum(given, upper[gift])
    x[back], x[waste] = given - x[gift], moved + given - rise
    x[slack] = lp.rhs[-2] + lp.before[-2, own + content] * np.append(0.0, before[1:])
    x[slack] -= lp.now[-2, own : own + slack] @ x[:slack] - x[waste]
    room = 1e-9 * scale.capacity_mwh
    assert np.all(x >= lower - room)
    assert np.all(x <= upper + room)
    assert np.all(
        lp.dense[:, own:].reshape(len(lp.dense_rhs), -1) @ x.ravel() <= lp.dense_rhs + room
    )


def any_operation(asked: Problem, seed: int, runs: int = 3) -> tuple[Problem, StationOperation]:
    """What a station does that is asked for anything, in weather with outages."""
    rng = np.random.default_rng(seed)
    weather = {
        name: rng.uniform(0.0, most, (2, runs, STEPS))
        for name, most in (("rain_m3", 2e3), ("evaporation_m3", 1e3), ("ice_m3", 1e5))
    }
    lead = (runs,) if runs > 1 else ()
    weather = {name: series.reshape(2, *lead, STEPS) for name, series in weather.items()}
    limits = asked.stations[0]
    service = rng.random((limits.units, STEPS)) < 0.9
    limits = replace(limits, in_service=service, seepage_m3=(200.0, 0.0), **weather)
    load = np.ones((*lead, STEPS))
    free = replace(asked, terminal="free", storages=(), load_mw=load, stations=(limits,))
    wanted = rng.uniform(-1600.0, 1600.0, (*lead, STEPS))
    done = operate_station(free, limits, wanted)
    return free, done


def test_many_weather_years_see_the_station_of_each():
    rng = np.random.default_rng(3)
    rain = np.stack([rng.uniform(0.0, 5e4, STEPS), np.zeros(STEPS)])
    limits = replace(STATIONS[0], rain_m3=np.stack([rain, rain]))
    asked = replace(flat(rng), stations=(limits,), load_mw=rng.uniform(200.0, 1200.0, (2, STEPS)))
    both = dispatch_optimal(asked)
    both.check()
    for run in range(2):
        alone = replace(limits, rain_m3=limits.rain_m3[:, run])
        one = replace(asked, stations=(alone,), load_mw=asked.load_mw[run])
        cost = dispatch_optimal(one).solution.objective_cny
        assert_allclose(both.solution.objective_cny[run], cost, rtol=1e-7)
    assert both.solution.objective_cny[0] != both.solution.objective_cny[1]


def test_rolling_with_full_sight_is_optimal_for_a_station_as_well():
    asked = flat(np.random.default_rng(4))
    whole = RollingSettings(look_ahead_hours=STEPS, step_hours=STEPS)
    days = RollingSettings(look_ahead_hours=24.0, step_hours=12.0)
    least = dispatch_optimal(asked)
    rolled = [dispatch_rolling(asked, s, ForecastSettings(perfect=True)) for s in (whole, days)]
    for dispatch in rolled:
        dispatch.check()
    costs = [kpis(dispatch)["operating_cost_cny"] for dispatch in (least, *rolled)]
    assert costs[1] == costs[0]
    assert costs[2] >= costs[0] - 1e-9 * abs(costs[0])


def test_planned_spill_is_carried_out():
    """Surplus that costs money: plans with spill are carried out unchanged."""
    rng = np.random.default_rng(6)
    asked = replace(flat(rng), import_price_cny_mwh=-300.0, export_limit_mw=0.0)
    right = ForecastSettings(perfect=True)
    done = dispatch_rolling(asked, RollingSettings(look_ahead_hours=24.0, step_hours=12.0), right)
    done.check()
    assert done.spilled_mw[NAME].max() > 1.0
    assert_allclose(done.level_mwh[NAME][1:], done.rolled.planned_level_mwh[NAME], atol=1e-3)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["burqin-2030", "fukang", "huangyang"])
def test_the_ladder_of_shipped_scenarios_is_in_order(name):
    scenario = ae.load(Path(__file__).parents[2] / "scenarios" / f"{name}.toml")
    asked = scenario.portfolio.problem()
    whole = dispatch_units(asked)
    least, units = dispatch_optimal(asked).solution, whole.solution
    assert np.all(whole.unserved_mw <= 1e-6)  # the load lacks nothing, not even a watt
    assert least.objective_cny <= units.bound_cny <= units.objective_cny
    rules = dispatch_by_rules(asked)
    done = rules.stations[asked.stations[0].name]
    assert done.volume_m3[0, 0] - done.volume_m3[0, -1] <= END_WITHIN * done.limits.live_m3
    assert units.objective_cny <= kpis(rules)["operating_cost_cny"]
    assert with_outer_stations(asked).stations == ()


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
    program = relaxed(asked, rest, limits, scale)
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


def flat(rng: np.random.Generator) -> Problem:
    """The first station alone, with noise around it, that may end anywhere."""
    return Problem(
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


def test_all_prices_times_k_is_cost_times_k():
    k = 0.5
    asked = flat(np.random.default_rng(5))
    scaled = replace(
        asked,
        import_price_cny_mwh=k * asked.import_price_cny_mwh,
        export_price_cny_mwh=k * asked.export_price_cny_mwh,
        unserved_cost_cny_mwh=k * asked.unserved_cost_cny_mwh,
    )
    whole, part = (dispatch_units(p).solution for p in (asked, scaled))
    assert_allclose(part.bound_cny, k * whole.bound_cny, rtol=1e-6)
    assert_allclose(part.objective_cny, k * whole.objective_cny, rtol=5e-3)
