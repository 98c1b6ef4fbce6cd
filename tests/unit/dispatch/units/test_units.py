"""A station in whole units with perfect foresight: cases that can be followed, and refusals."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from numpy.testing import assert_allclose

from altay_energy.components.storage.pumped_storage import PumpedStorage
from altay_energy.core.errors import NoSolutionError, ScenarioError
from altay_energy.core.timeline import Timeline
from altay_energy.dispatch.optimal.proven import percent, proof_notices
from altay_energy.dispatch.problem.period import PeriodTerms
from altay_energy.dispatch.problem.problem import Problem, StorageLimits
from altay_energy.dispatch.problem.station import StationLimits
from altay_energy.dispatch.program.station.water_energy import EnergyScale, pump_line, turbine_line
from altay_energy.dispatch.rules.rules import dispatch_by_rules
from altay_energy.dispatch.units.units import Search, dispatch_units
from altay_energy.run.figures.kpis import kpis

NAME = "pumped_storage.s"
DAY = 24


def station(steps: int, **changes) -> StationLimits:
    timeline = replace(Timeline.of_year(2030), steps=steps)
    basin = {"live_volume_m3": 5.9e6}
    plant = PumpedStorage.model_validate(
        {
            "units": 4,
            "unit_mw": 350.0,
            "upper": {"normal_level_m": 1470.0, "dead_level_m": 1437.0, **basin},
            "lower": {"normal_level_m": 878.0, "dead_level_m": 847.0, **basin},
            **changes,
        }
    )
    return StationLimits.of(NAME, plant, None, timeline)


def problem(days: int = 2, limits: StationLimits | None = None, **changes) -> Problem:
    """Wind by night, a load by day and evening, expensive imports and cheap exports."""
    hour = np.arange(DAY * days) % DAY
    given = {
        "step_hours": 1.0,
        "load_mw": np.where((hour >= 8) & (hour < 22), 900.0, 300.0),
        "renewables": {"wind.w": np.where(hour < 7, 1900.0, 250.0)},
        "thermals": (),
        "storages": (),
        "stations": (limits or station(DAY * days),),
        "import_limit_mw": 3000.0,
        "export_limit_mw": 500.0,
        "import_price_cny_mwh": np.where((hour >= 18) & (hour < 22), 600.0, 300.0),
        "export_price_cny_mwh": 50.0,
        "unserved_cost_cny_mwh": 10_000.0,
        "grid_emission_factor_t_mwh": 0.6,
        "terminal": "cyclic",
    }
    return Problem(**{**given, **changes})


def cost_of(dispatch) -> float:
    """Cost worked out from the powers and the units' starts."""
    return kpis(dispatch)["operating_cost_cny"]


def test_cost_lies_between_the_bound_and_the_rules_and_is_that_of_the_powers():
    asked = problem()
    dispatch = dispatch_units(asked)
    dispatch.check()
    proof = dispatch.solution
    assert proof.bound_cny <= proof.objective_cny
    assert proof.objective_cny < cost_of(dispatch_by_rules(asked))
    assert_allclose(proof.objective_cny, cost_of(dispatch), rtol=1e-9)
    assert_allclose(proof.gap, (proof.objective_cny - proof.bound_cny) / abs(proof.objective_cny))
    assert proof.gap < 0.1


def test_pumps_run_whole_and_turbines_within_their_band():
    dispatch = dispatch_units(problem())
    done = dispatch.stations[NAME]
    limits, row = done.limits, done.limits.pump.row(done.head_m)
    pumps = np.maximum(-done.running, 0)
    assert pumps.max() >= 2
    assert_allclose(done.pump_mw, limits.pump.high_mw[row, pumps])
    turbines = np.maximum(done.running, 0)
    assert turbines.max() >= 2
    assert np.all(done.turbine_mw >= limits.turbine.low_mw[row, turbines] - 1e-9)
    assert np.all(done.turbine_mw <= limits.turbine.high_mw[row, turbines] + 1e-9)
    assert not np.any((done.pump_mw > 0.0) & (done.turbine_mw > 0.0))


@pytest.mark.parametrize("terminal", ["cyclic", "at_least"])
def test_the_reservoir_ends_with_what_it_began_with(terminal):
    done = dispatch_units(problem(terminal=terminal)).stations[NAME]
    assert done.volume_m3[0, -1] >= done.volume_m3[0, 0] - 1e-4 * done.limits.live_m3


def test_water_at_the_end_is_kept_where_its_value_is_above_today_s_price():
    free = dispatch_units(problem(terminal="free"))
    from altay_energy.dispatch.problem.period import PeriodTerms

    terms = PeriodTerms(water_value_cny_mwh=(2_000.0,))
    kept = dispatch_units(problem(terminal="water_value", terms=terms))
    assert free.level_mwh[NAME][-1] < 0.1 * free.level_mwh[NAME].max() + 500.0
    assert kept.level_mwh[NAME][-1] > 0.9 * kept.stations[NAME].limits.energy_mwh
    assert kept.solution.bound_cny <= kept.solution.objective_cny


@pytest.mark.slow
def test_starts_cost_money_and_become_fewer():
    cheap = dispatch_units(problem())
    expensive = station(2 * DAY, start_cost_cny=100_000.0, mode_change_cost_cny=1_000.0)
    dispatch = dispatch_units(problem(limits=expensive))
    dispatch.check()
    before, after = (d.stations[NAME].starts().sum() for d in (cheap, dispatch))
    assert 0 < after < before
    assert_allclose(dispatch.solution.objective_cny, cost_of(dispatch), rtol=1e-9)


@pytest.mark.slow
def test_more_units_are_never_more_expensive():
    costs = [
        float(dispatch_units(problem(limits=station(2 * DAY, units=n))).solution.objective_cny)
        for n in (2, 3, 4)
    ]
    assert costs[0] >= costs[1] * (1.0 - 1e-3) >= costs[2] * (1.0 - 2e-3)


def test_units_out_of_service_are_idle():
    days = {"first_day": "2030-01-01", "last_day": "2030-01-01"}
    out = {f"o{k}": {"unit": k, **days} for k in (2, 3)}
    done = dispatch_units(problem(limits=station(2 * DAY, outages=out))).stations[NAME]
    assert np.abs(done.running[:DAY]).max() <= 2
    assert np.all(done.unit_state[1:3, :DAY] == 0)


@pytest.mark.slow
def test_a_battery_beside_the_station_takes_what_no_pump_takes():
    battery = StorageLimits("battery.b", 300.0, 300.0, 1200.0, 0.95, 0.95)
    alone = dispatch_units(problem()).solution
    with_battery = dispatch_units(problem(storages=(battery,)))
    with_battery.check()
    assert with_battery.solution.objective_cny < alone.objective_cny
    assert with_battery.charge_mw["battery.b"].max() > 0.0


def test_variable_speed_pumps_follow_the_surplus():
    dispatch = dispatch_units(problem(limits=station(2 * DAY, speed="variable")))
    dispatch.check()
    assert dispatch.solution.bound_cny <= dispatch.solution.objective_cny


def test_both_lines_contain_every_operation_of_the_tables():
    limits = station(DAY)
    scale = EnergyScale.of(limits)
    pump, turbine = (f(limits, scale, 1.0) for f in (pump_line, turbine_line))
    rng = np.random.default_rng(1)
    for _ in range(400):
        volume = rng.uniform(*scale.volume_m3[[0, -1]])
        units, load = int(rng.integers(1, 5)), int(rng.integers(0, 33))
        below = sum(limits.start_m3) - volume
        head = limits.curves[0].level(volume) - limits.curves[1].level(below)
        for table, line, sign in ((limits.pump, pump, 1.0), (limits.turbine, turbine, -1.0)):
            row = int(table.row(np.array([head]))[0])
            low, high = table.low_mw[row, units], table.high_mw[row, units]
            power = low + load / 32 * (high - low)
            there = volume + sign * 3600.0 * table.flow_m3_s[row, units, load]
            if not scale.volume_m3[0] <= there <= scale.volume_m3[-1]:
                continue
            change = float(scale.content(there) - scale.content(volume))
            edges = np.concatenate([[0.0], np.cumsum(line.width_mw)])
            values = np.concatenate([[0.0], np.cumsum(line.width_mw * line.slope)])
            drawn = float(np.interp(power, edges, values))
            assert sign * (drawn - abs(change)) >= 0.0 if sign > 0 else drawn <= abs(change)


def test_the_search_ends_at_the_gap_that_is_asked_for():
    near = dispatch_units(problem(), Search(gap=0.5))
    assert near.solution.iterations == 1
    none = dispatch_units(problem(terminal="free"), Search(time_limit_s=1e-9))
    assert none.solution.iterations == 0  # the operation of the rules
    assert none.solution.objective_cny >= near.solution.bound_cny


def test_a_search_says_what_was_asked_what_was_reached_and_why_it_ended():
    near = dispatch_units(problem(), Search(gap=0.5))
    assert (near.solution.asked_gap, near.solution.stopped) == (0.5, "gap")
    assert proof_notices(near) == ()
    none = dispatch_units(problem(terminal="free"), Search(gap=1e-4, time_limit_s=1e-9))
    assert (none.solution.asked_gap, none.solution.stopped) == (1e-4, "time_limit")
    (notice,) = proof_notices(none)
    reached = percent(float(none.solution.gap))
    assert f"the cost is proven to within {reached} of it, and 0.01 % was asked for" in notice
    assert "stopped by dispatch.units.time_limit_s" in notice
    assert [percent(gap) for gap in (0.0071, 2.714, 1e-8)] == ["0.71 %", "271 %", "1e-06 %"]
    free = dispatch_units(problem(), Search(gap=0.0))
    assert free.solution.stopped in ("nothing_cheaper", "rounds", "gap")
    assert (proof_notices(free) == ()) == (free.solution.stopped == "gap")


@pytest.mark.parametrize(
    ("stations", "lead", "message"),
    [
        (0, (), "none is in its unit form"),
        (2, (), "give all but one in the simple form"),
        (1, (3,), "one run at a time"),
    ],
)
def test_problems_that_cannot_run_in_units_are_refused_with_a_reason(stations, lead, message):
    limits = station(2 * DAY)
    others = tuple(replace(limits, name=f"pumped_storage.{k}") for k in range(stations))
    asked = problem(stations=others)
    if lead:
        asked = replace(asked, load_mw=np.broadcast_to(asked.load_mw, (*lead, asked.steps)))
    with pytest.raises(ScenarioError, match=message):
        dispatch_units(asked)


def test_a_problem_without_a_feasible_operation_says_so():
    # 4 GW of must-take load is no problem: it goes unserved; a cap on CO2 that imports break is.
    from altay_energy.dispatch.problem.period import PeriodTerms

    asked = problem(terms=PeriodTerms(self_consumption_rate_min=1.0), export_limit_mw=0.0)
    with pytest.raises(NoSolutionError):
        dispatch_units(replace(asked, load_mw=0.0 * asked.load_mw))


@pytest.mark.slow
def test_load_that_must_be_served_is_served_by_whole_units_too():
    # Serving the evening costs more than leaving it unserved, and is possible.
    scarce = problem(import_limit_mw=200.0, unserved_cost_cny_mwh=400.0)
    left = dispatch_units(scarce).unserved_mw.sum()
    kept = dispatch_units(replace(scarce, terms=PeriodTerms(unserved_max_mwh=0.0)))
    kept.check()
    assert left > 1.0
    assert kept.unserved_mw.max() == 0.0


def test_load_that_no_operation_of_the_units_can_serve_is_reported_with_hours():
    dark = problem(import_limit_mw=0.0, terms=PeriodTerms(unserved_max_mwh=0.0))
    dark = replace(dark, load_mw=3.0 * dark.load_mw)
    with pytest.raises(NoSolutionError, match=r"these are in conflict: wind\.w, grid") as error:
        dispatch_units(dark)
    assert "are not served: in step" in str(error.value)


@pytest.mark.parametrize(
    "limit",
    [
        "self_consumption_rate",
        pytest.param("self_consumption_metered_rate", marks=pytest.mark.slow),
    ],
)
def test_a_limit_on_own_energy_counts_the_loss_of_whole_units(limit):
    base = problem(export_limit_mw=2000.0, export_price_cny_mwh=350.0)
    free = kpis(dispatch_units(base))[limit]
    asked = free + 0.02
    done = dispatch_units(replace(base, terms=PeriodTerms(**{f"{limit}_min": asked})))
    done.check()
    assert kpis(done)[limit] >= asked - 1e-6
    assert done.solution.bound_cny <= done.solution.objective_cny + 1e-3
