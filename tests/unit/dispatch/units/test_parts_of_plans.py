"""Parts of the plans of units and windows against loops, and limits on both sides."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
from numpy.testing import assert_allclose

from altay_energy.components.settings.rolling import ForecastSettings, RollingSettings
from altay_energy.components.settings.settings import UnitsSettings
from altay_energy.components.storage.pumped_storage import PumpedStorage
from altay_energy.core.errors import NoSolutionError
from altay_energy.core.recurrence import ClippedLine
from altay_energy.core.timeline import Timeline
from altay_energy.dispatch.lp.interior_point import PROVEN_RESIDUAL, _tolerated
from altay_energy.dispatch.lp.program import BlockLP, no_dense
from altay_energy.dispatch.lp.verdict import falls_forever, is_impossible
from altay_energy.dispatch.optimal import optimal
from altay_energy.dispatch.optimal.complementarity import Complementarity
from altay_energy.dispatch.optimal.dynamic_program import _Grid
from altay_energy.dispatch.optimal.optimal import dispatch_optimal
from altay_energy.dispatch.problem.period import PeriodTerms
from altay_energy.dispatch.problem.problem import Problem, StorageLimits
from altay_energy.dispatch.problem.station import UPPER, StationLimits
from altay_energy.dispatch.problem.thermal_units import ThermalUnits
from altay_energy.dispatch.program.assembly import Pair
from altay_energy.dispatch.program.columns import Role
from altay_energy.dispatch.program.formulation import formulate
from altay_energy.dispatch.program.station.residual_cost import IceBand, _Bounds
from altay_energy.dispatch.program.station.water_energy import EnergyScale
from altay_energy.dispatch.program.tie_break import _typical
from altay_energy.dispatch.rolling.balancing import Balancing
from altay_energy.dispatch.rolling.rolling import dispatch_rolling
from altay_energy.dispatch.rolling.window import Windows
from altay_energy.dispatch.rules.rules import dispatch_by_rules
from altay_energy.dispatch.rules.storage import spilled_by_rules
from altay_energy.dispatch.units import commitment
from altay_energy.dispatch.units.commitment_windows import System
from altay_energy.dispatch.units.decomposition import PriceDecomposition
from altay_energy.dispatch.units.station_schedule import PROHIBITIVE, ResidualCost, StationDynamics
from altay_energy.dispatch.units.units import Search


def station(steps: int, units: int = 2, **changes) -> StationLimits:
    timeline = replace(Timeline.of_year(2030), steps=steps)
    basin = {"live_volume_m3": 5.9e6}
    plant = PumpedStorage.model_validate(
        {
            "units": units,
            "unit_mw": 350.0,
            "upper": {"normal_level_m": 1470.0, "dead_level_m": 1437.0, **basin},
            "lower": {"normal_level_m": 878.0, "dead_level_m": 847.0, **basin},
            **changes,
        }
    )
    return StationLimits.of("pumped_storage.s", plant, None, timeline)


def a_problem(steps: int, **changes) -> Problem:
    given = {
        "step_hours": 1.0,
        "load_mw": np.ones(steps),
        "renewables": {},
        "thermals": (),
        "storages": (),
        "import_limit_mw": 9.0,
        "export_limit_mw": 0.0,
        "import_price_cny_mwh": 300.0,
        "export_price_cny_mwh": 0.0,
        "unserved_cost_cny_mwh": 1e4,
        "grid_emission_factor_t_mwh": 0.6,
    }
    return Problem(**{**given, **changes})


@pytest.mark.parametrize("start_cost", [0.0, 9_000.0])
@pytest.mark.parametrize("step_hours", [1.0, 0.5])
def test_values_of_water_are_those_of_trying_every_move(start_cost, step_hours):
    steps, om = 4, 7.0
    limits = station(steps, start_cost_cny=start_cost, mode_change_cost_cny=2.0 * start_cost)
    low, high = limits.dead_m3[UPPER], limits.normal_m3[UPPER]
    dynamics = StationDynamics.of(limits, step_hours, low, high, nodes=5)
    grid = dynamics.volume_m3
    power = np.array([-2000.0, -300.0, 0.0, 400.0, 2000.0])
    prices = (
        step_hours
        * np.array([[5.0, 40.0, 90.0, 700.0]] * steps)
        * np.arange(1, steps + 1)[:, None] ** 0.5
    )
    cost = np.concatenate(
        [np.zeros((steps, 1)), np.cumsum(prices * np.diff(power), axis=1)], axis=1
    )
    rest = ResidualCost(np.tile(power, (steps, 1)), cost)
    end = 1e5 * (1.0 - (grid - low) / (high - low)) ** 2
    found = dynamics.values(rest, end, om)
    units, taken, lifted = dynamics.moves(dynamics.row(grid), 8)
    states = [0] if start_cost == 0.0 else list(range(-2, 3))
    assert list(dynamics.states) == states
    expected = np.empty((steps + 1, 5, len(states)))
    expected[-1] = end[:, None]
    for t in range(steps - 1, -1, -1):
        for n, volume in enumerate(grid):
            for s, before in enumerate(states):
                best = np.inf
                for a, after in enumerate(units):
                    k = 0 if start_cost == 0.0 else states.index(after)
                    there = min(max(volume + lifted[n, a], low), high)
                    worth = np.interp(there, grid, expected[t + 1, :, k])
                    money = np.interp(taken[n, a], power, cost[t])
                    money += om * step_hours * max(-taken[n, a], 0.0)
                    more = abs(after) - abs(before) if after * before > 0 else abs(after)
                    money += start_cost * max(more, 0)
                    if after * before < 0:
                        money += 2.0 * start_cost * min(abs(after), abs(before))
                    fits = low - 1e-6 <= volume + lifted[n, a] <= high + 1e-6
                    # The lower reservoir has as much room as the upper one has water.
                    best = min(best, money + worth + (0.0 if fits else PROHIBITIVE))
                expected[t, n, s] = best
    assert_allclose(found, expected, rtol=1e-9, atol=1e-3)
    assert np.ptp(found[0, :, 0]) > 1e4


def test_the_requested_power_between_whole_pumps_makes_the_rules_run_so_many():
    table = SimpleNamespace(
        low_mw=np.array([[0.0, 90.0]]), high_mw=np.array([[0.0, 90.0]])
    )  # a pump of one load
    band = SimpleNamespace(low_mw=np.array([[0.0, 60.0]]), high_mw=np.array([[0.0, 90.0]]))

    def asked(pump, running, power):
        dynamics = SimpleNamespace(limits=SimpleNamespace(pump=pump))
        return StationDynamics.asked(dynamics, 0, running, power)

    assert asked(table, -2, 180.0) == pytest.approx(207.0)
    assert asked(table, 0, 0.0) == 0.0
    assert asked(table, 1, -50.0) == -50.0
    assert asked(band, -2, 150.0) == 150.0


@pytest.mark.parametrize("terminal", ["cyclic", "at_least", "free"])
def test_a_station_without_ice_is_given_no_water_and_hides_none(terminal):
    limits = station(6)
    problem = a_problem(6, stations=(limits,), terminal=terminal)
    scale = EnergyScale.of(limits)
    band = IceBand.of(problem, limits, scale)
    assert_allclose(band.low_mwh, scale.content(limits.dead_m3[UPPER]), atol=1e-6)
    assert not band.gift_mwh.any()
    assert_allclose(band.waste_mwh, band.low_mwh.max(), atol=1e-9)
    assert band.back_mwh == 0.0


def test_a_long_commitment_is_cut_into_windows_of_so_many_whole_numbers():
    class Seen(System):
        def _bound(self, edges):
            object.__setattr__(self, "edges", edges)
            return 0.0

        def _one_after_another(self, edges):
            assert edges == self.edges
            return np.zeros(1), np.zeros(1)

    units = ThermalUnits(
        "thermal.d",
        units=2,
        unit_mw=30.0,
        curve=((30.0, 200.0),),
        min_load_mw=9.0,
        start_cost_cny=2000.0,
        min_up_steps=3,
        min_down_steps=2,
        ramp_mw=20.0,
    )

    def edges(steps, plants):
        committed = tuple(SimpleNamespace(units=units) for _ in range(plants))
        problem = SimpleNamespace(steps=steps, committed=committed, step_hours=1.0)
        seen = Seen(problem, None, None, 0, None, None, 1e-3)
        seen.solve()
        return seen.edges

    assert edges(1000, 3) == [*range(0, 996, 83), 1000]  # 250 // 3; 4 left are fewer than half
    assert edges(996 + 41, 3) == [*range(0, 1037, 83), 1037]
    assert edges(996 + 40, 3) == [*range(0, 996, 83), 1036]
    assert edges(700, 1) == [0, 250, 500, 700]
    # Never shorter than what is seen beyond a seam: a day.
    assert edges(720, 20) == [*range(0, 720, 24), 720]


@pytest.mark.parametrize(
    ("unit_mw", "short_mw", "fits"),
    [
        (30.0, 0.9e-6, True),  # a watt is rounding
        (30.0, 1.1e-6, False),
        (1e-3, 0.9e-9, True),  # of a small unit as large a share
        (1e-3, 1.1e-9, False),
    ],
)
def test_beside_a_station_units_keep_their_least_load_to_a_watt(
    monkeypatch, unit_mw, short_mw, fits
):
    least = 0.0  # of no unit running: any load below it is short by that much
    whole = SimpleNamespace(
        units_running={"thermal.d": np.array([0.0])},
        thermal_mw={"thermal.d": np.array([least - short_mw])},
    )
    units = SimpleNamespace(min_load_mw=0.4 * unit_mw, unit_mw=unit_mw)
    problem = SimpleNamespace(
        committed=[SimpleNamespace(name="thermal.d", units=units)],
        stations=[SimpleNamespace(name="pumped_storage.s")],
    )
    monkeypatch.setattr(commitment, "_together", lambda *_: whole)
    monkeypatch.setattr(commitment, "_fixed", lambda *_: None)
    args = problem, None, lambda _: None, (0.0, 1e-3)
    if fits:
        assert commitment._with_station(*args) is whole
    else:
        with pytest.raises(NoSolutionError, match="there is no outlet for the least"):
            commitment._with_station(*args)


def test_inflow_that_finds_no_room_is_spilled_by_hand():
    storage = StorageLimits(
        "hydro.h", 0.0, 10.0, 40.0, 1.0, 0.8, 0.0, 20.0, inflow_mw=np.array([6.0, 6.0, 6.0])
    )
    problem = a_problem(3, storages=(storage,), step_hours=0.5)
    discharge = np.array([0.8, 4.0, 0.0])  # takes 1, 5 and 0 MW of content
    level = np.array([20.0, 22.0, 21.0, 24.0])
    found = spilled_by_rules(problem, storage, np.zeros(3), discharge, level)
    # 6 - 4 - 1, 6 + 2 - 5, and 6 - 6 - 0 MW
    assert_allclose(found, [1.0, 3.0, 0.0], atol=1e-12)


def test_a_level_without_loss_stays_only_where_nothing_at_all_is_added():
    line = ClippedLine(1.0, np.array([0.0, 0.5, -0.5]), np.full(3, 1.0), np.full(3, 9.0))
    assert_allclose(line.fixed_point(4.0), [4.0, 9.0, 1.0])
    assert_allclose(line.fixed_point(4.0, 0.5), 4.0)
    assert_allclose(line.fixed_point(4.0, 0.4), [4.0, 9.0, 1.0])


def test_a_direction_with_a_curved_cost_of_its_own_does_not_fall_for_ever():
    lp = BlockLP(
        now=np.array([[1.0, -1.0, 0.0]]),
        before=np.zeros((1, 3)),
        rhs=np.zeros((1, 2)),
        cost=np.array([[-2.0, -2.0], [1.0, 1.0], [0.0, 0.0]]),
        lower=np.zeros((3, 2)),
        upper=np.full((3, 2), np.inf),
        cyclic=False,
        quadratic=np.array([[0.0, 0.0], [0.0, 0.0], [1.0, 1.0]]),
        shared=np.zeros((1, 0, 2)),
        **no_dense(3, 2),
    )
    both = np.array([[3.0, 3.0], [3.0, 3.0], [0.0, 0.0]])
    none = np.zeros(0)
    assert falls_forever(lp, both, none)  # the curved cost stays where it is
    assert falls_forever(replace(lp, quadratic=None), both, none)
    assert not falls_forever(replace(lp, quadratic=np.ones((3, 2))), both, none)
    assert not falls_forever(lp, 0.0 * both, none)
    assert not falls_forever(replace(lp, cost=-lp.cost), both, none)
    assert not falls_forever(lp, both * [[1.0], [0.9], [1.0]], none)  # leaves the rows
    assert not falls_forever(replace(lp, upper=np.full((3, 2), 9.0)), both, none)


def test_rain_of_each_run_is_its_own_at_a_station():
    wanted = np.zeros((2, 4))
    rain = np.zeros((2, 2, 4))
    rain[:, 0], rain[:, 1] = 30.0, 70.0  # m³ a step into each reservoir of two runs
    limits = replace(station(4), rain_m3=rain, evaporation_m3=rain / 10.0)
    both = a_problem(4, load_mw=wanted + 1.0, stations=(limits,), storages=(), terminal="free")
    done = dispatch_by_rules(both).stations["pumped_storage.s"]
    assert_allclose(done.rain_m3, rain)
    assert_allclose(done.evaporation_m3, rain / 10.0)


def test_a_search_for_units_begins_no_round_after_two_minutes():
    assert Search().time_limit_s == 120.0
    assert UnitsSettings().time_limit_s == 120.0
    assert Search().gap == UnitsSettings().gap


def test_rounding_of_a_balance_is_a_share_of_small_flows_and_no_less_than_digits():
    lp = BlockLP(
        now=np.array([[1.0, 0.0]]),
        before=np.zeros((1, 2)),
        rhs=np.zeros((1, 3)),
        cost=np.zeros((2, 3)),
        lower=np.zeros((2, 3)),
        upper=np.full((2, 3), np.inf),
        cyclic=False,
        quadratic=None,
        shared=np.zeros((1, 0, 3)),
        **no_dense(2, 3),
    )

    def tolerated(flow, other):
        return _tolerated(lp, np.array([[0.0, flow, 0.5 * flow], [other, 0.0, other]]))

    assert_allclose(tolerated(50.0, 1.0), PROVEN_RESIDUAL)
    assert_allclose(tolerated(0.02, 1.0), 0.02 * PROVEN_RESIDUAL)
    assert_allclose(tolerated(1e-4, 1e5), 0.1 * PROVEN_RESIDUAL)  # a millionth of the largest


@pytest.mark.parametrize(("rhs", "surely"), [(11.0, True), (9.0, False), (10.0, False)])
def test_a_price_proves_that_a_row_cannot_be_met(rhs, surely):
    # x + y = rhs with both up to 5 MW: at a price of 1 the row asks for more than there is.
    lp = BlockLP(
        now=np.array([[1.0, 1.0]]),
        before=np.zeros((1, 2)),
        rhs=np.full((1, 1), 100.0 * rhs),
        cost=np.ones((2, 1)),
        lower=np.zeros((2, 1)),
        upper=np.full((2, 1), 500.0),
        cyclic=False,
        quadratic=None,
        shared=np.zeros((1, 0, 1)),
        **no_dense(2, 1),
    )
    assert is_impossible(lp, np.ones((1, 1)), np.zeros(0)) is surely
    assert not is_impossible(lp, -np.ones((1, 1)), np.zeros(0))
    assert not is_impossible(lp, np.zeros((1, 1)), np.zeros(0))
    assert is_impossible(lp, np.full((1, 1), 1e-6), np.zeros(0)) is surely
    # A hair more than there is, but far above the digits of the numbers.
    hair = replace(lp, rhs=np.full((1, 1), 1000.0 * (1.0 + 1e-7)))
    assert is_impossible(hair, np.ones((1, 1)), np.zeros(0))
    less = replace(lp, rhs=np.full((1, 1), 1000.0 * (1.0 + 1e-10)))
    assert not is_impossible(less, np.ones((1, 1)), np.zeros(0))


@pytest.mark.parametrize(("name", "pays"), [("grid", [1, 0, 0, 0]), ("battery.b", [0, 1, 0, 0])])
def test_both_ways_pay_where_both_are_open_and_prices_say_so(name, pays):
    # Both open, both open, one closed, both closed; export earns more than import costs at first.
    upper = np.array([[5.0, 5.0, 0.0, 0.0], [5.0, 5.0, 5.0, 0.0]])
    cost = np.array([[100.0, 100.0, 100.0, 100.0], [-150.0, -50.0, -150.0, -150.0]])
    lp = SimpleNamespace(upper=upper, cost=cost)
    search = SimpleNamespace(
        formulation=SimpleNamespace(
            lp=lp, balance=0, opposites=[Pair(name, 0, 1, 0, traded=name == "grid")]
        ),
        asked=np.zeros((1, 4), bool),
    )
    prices = SimpleNamespace(row_dual=np.array([[20.0, -20.0, -20.0, -20.0]]))
    assert Complementarity._pays(search, prices).astype(int).tolist() == [pays]


def test_the_value_of_water_opens_the_last_content_alone():
    limits = station(6)
    curve = PeriodTerms(water_value_cny_mwh=(200.0, 50.0))
    scale = EnergyScale.of(limits)
    low, high = np.full(6, 10.0), np.full(6, 900.0)
    band = IceBand(low, high, np.zeros(6), np.zeros(6), 0.0)

    def bounds(terminal, **changes):
        return _Bounds.of(a_problem(6, terminal=terminal, **changes), limits, scale, band)

    water = bounds("water_value", terms=curve)
    assert_allclose(water.high_mwh[:-1], 900.0)
    assert_allclose(water.high_mwh[-1], scale.capacity_mwh)
    assert water.worth_cny_mwh == -200.0
    start = float(np.clip(scale.content(limits.start_m3[UPPER]), 10.0, 900.0))
    equal, least = bounds("equal_initial"), bounds("at_least")
    assert_allclose(equal.low_mwh, [10.0] * 5 + [start])
    assert_allclose(equal.high_mwh, [900.0] * 5 + [start])
    assert_allclose(least.low_mwh, [10.0] * 5 + [start])
    assert_allclose(least.high_mwh, 900.0)
    assert equal.worth_cny_mwh == least.worth_cny_mwh == bounds("free").worth_cny_mwh == 0.0


@pytest.mark.parametrize(
    ("terminal", "first_fits", "tries"),
    [("cyclic", True, [3.0]), ("cyclic", False, [3.0, 7.0]), ("free", False, [3.0])],
)
def test_a_ring_that_does_not_close_is_tried_again_from_where_it_ended(terminal, first_fits, tries):
    begun = []

    def operated(wanted, start_m3):
        begun.append(start_m3)
        return SimpleNamespace(volume_m3=np.array([[start_m3, 7.0], [0.0, 0.0]]))

    rest = SimpleNamespace(
        problem=SimpleNamespace(terminal=terminal),
        _operated=operated,
        _around=lambda _: "found" if first_fits or len(begun) == 2 else None,
    )
    found = PriceDecomposition._planned(rest, lambda _: None, 3.0)
    assert begun == tries
    assert found == ("found" if terminal == "cyclic" else None)


def test_the_value_of_the_last_content_counts_in_each_run_by_itself():
    curve = PeriodTerms(water_value_cny_mwh=(400.0, 100.0))
    battery = StorageLimits("battery.b", 5.0, 5.0, 10.0, 0.9, 0.9, 0.0, 5.0)
    load = np.array([[1.0, 8.0, 2.0, 9.0], [4.0, 4.0, 1.0, 1.0], [9.0, 1.0, 1.0, 6.0]])
    price = np.array([[90.0, 600.0, 80.0, 300.0]])
    given = {
        "storages": (battery,),
        "terminal": "water_value",
        "terms": curve,
        "import_limit_mw": 20.0,
        "import_price_cny_mwh": price,
    }
    both = dispatch_optimal(a_problem(4, load_mw=load, **given))
    for run in range(3):
        one = {**given, "import_price_cny_mwh": price[0]}
        alone = dispatch_optimal(a_problem(4, load_mw=load[run], **one))
        for key in ("charge_mw", "discharge_mw", "level_mwh"):
            assert_allclose(
                getattr(both, key)["battery.b"][run], getattr(alone, key)["battery.b"], atol=1e-5
            )


def test_a_cost_of_a_hundred_thousandth_is_no_rounding():
    assert_allclose(_typical(np.array([[[0.0, -3.0, 1e-5, 1e-9]]]), 1), (3.0 + 1e-5) / 2.0)


def test_water_moves_as_far_as_both_reservoirs_allow():
    limits = station(3)
    dead, normal = limits.dead_m3, limits.normal_m3
    # 4 of 5.9 Mm³ of live water in both together; of the lower's, ice holds back 0.5.
    limits = replace(
        limits,
        start_m3=(dead[0] + 4e6, dead[1]),
        ice_m3=np.array([[0.0] * 3, [0.5e6] * 3]),
    )
    dynamics = StationDynamics.of(limits, 1.0, dead[UPPER], normal[UPPER], nodes=5)

    def fits(live_m3, moved, units=2):
        return bool(dynamics.open(dead[UPPER] + live_m3, np.array(moved), np.array(units), 1))

    assert fits(1e6, 2.49e6)  # 3 Mm³ below, less the ice
    assert not fits(1e6, 2.51e6)
    assert fits(1e6, -0.99e6)
    assert not fits(1e6, -1.01e6)
    assert fits(1e6, 0.0)
    assert not fits(1e6, 0.0, units=3)  # of two
    assert not fits(1e6, 0.0, units=-3)
    # With all of 5.9 Mm³ in the upper one and none to spare below, nothing can rise.
    assert not fits(3.9e6, 0.1e6)
    full = replace(limits, start_m3=(normal[0], normal[1]), ice_m3=np.zeros((2, 3)))
    brim = StationDynamics.of(full, 1.0, dead[UPPER], normal[UPPER], nodes=5)
    room = np.array([0.89e6, 0.91e6, -0.01e6])
    at = dead[UPPER] + 5e6  # 0.9 Mm³ of room above; the lower one is full
    assert brim.open(at, room, np.zeros(3), 0).tolist() == [True, False, False]


def test_too_much_power_turns_down_what_costs_more_than_load_first():
    asked = []

    def lower(_t, _hour, kind, k, over):
        asked.append((kind, k, over))
        return min(over, 1.0)

    offers = [(12_000.0, 3, 0), (11_000.0, 4, 1), (500.0, 4, 0), (-20.0, 0, 0)]
    balancing = SimpleNamespace(
        unserved_cost=10_000.0,
        _offers=lambda _t, up: offers,
        _lower=lower,
        _curtail=Balancing._curtail,
    )

    def absorbed(over, **changes):
        asked.clear()
        hour = SimpleNamespace(
            **{"unserved": 0.5, "available": 5.0, "curtailed": 4.25, "back_down": 0.0, **changes}
        )
        Balancing._absorb(balancing, 0, hour, over)
        return hour

    hour = absorbed(6.0)
    # 1 + 1 MW above the cost of load, 0.5 MW of load, 1 MW at 500, 0.75 MW curtailed before a
    # price below 0 is used, 1 MW there, and the remainder stays.
    assert asked == [(3, 0, 6.0), (4, 1, 5.0), (4, 0, 3.5), (0, 0, 1.75)]
    assert (hour.unserved, hour.curtailed, hour.back_down) == (0.0, 5.0, 0.75)
    hour = absorbed(2.25)
    assert asked == [(3, 0, 2.25), (4, 1, 1.25)]
    assert (hour.unserved, hour.curtailed, hour.back_down) == (0.25, 4.25, 0.0)


def test_a_grid_of_contents_has_a_cell_more_where_inflow_is_rounded_up():
    def grid(inflow):
        storage = StorageLimits("battery.b", 5.0, 5.0, 10.0, 0.9, 0.8, 0.0, 5.0, inflow_mw=inflow)
        formulation = formulate(a_problem(4, storages=(storage,)))
        return _Grid.of(storage, formulation.lp, formulation, 100)

    late = grid(np.array([0.0, 0.0, 0.7, 0.1]))
    assert late.content[-1] == pytest.approx(10.0 + late.width)
    assert_allclose(np.cumsum(late.gain), np.ceil(np.array([0, 0, 0.7, 0.8]) / late.width - 1e-9))
    none = grid(np.zeros(4))
    assert none.content[-1] == pytest.approx(10.0)
    assert not none.gain.any()
    # 0.9 of what is taken goes in, and what is given was 1 / 0.8 of it.
    assert_allclose(none.power_mw[-1], none.up * none.width / 0.9)
    assert_allclose(none.power_mw[0], -none.down * none.width * 0.8)
    assert none.up == np.ceil(4.5 / none.width - 1e-9)
    assert none.down == np.ceil(6.25 / none.width - 1e-9)


def test_among_equal_plans_a_window_stores_no_more_than_it_needs(monkeypatch):
    extra = []
    true_data = Windows.data

    def seen(self, window, state, end):
        found = true_data(self, window, state, end)
        start = int(self.starts[window])
        own = [j for column, j in self.column.items() if column.role != Role.BAND]
        extra.append((found.cost - self.cost[start : start + self.length])[:, own])
        return found

    monkeypatch.setattr(Windows, "data", seen)
    battery = StorageLimits("battery.b", 5.0, 5.0, 10.0, 0.9, 0.8, 0.0, 5.0)
    hours = np.arange(72)
    problem = a_problem(
        72,
        load_mw=3.0 + hours % 5,
        storages=(battery,),
        import_price_cny_mwh=300.0 + 100.0 * (hours % 24 > 12),
    )
    dispatch_rolling(problem, RollingSettings(), ForecastSettings())
    assert extra
    # What chooses among plans of equal cost is itself a cost, and far below any price.
    assert all((part >= 0.0).all() and part.max() < 0.1 for part in extra)
    assert all(part.max() > 0.0 for part in extra)


def test_a_plan_whose_proof_leaves_a_gap_is_handed_over_where_no_other_way_is_known(monkeypatch):
    true_proof = optimal._proof
    monkeypatch.setattr(
        optimal, "_proof", lambda *args: replace(true_proof(*args), status="within gap")
    )
    battery = StorageLimits("battery.b", 5.0, 5.0, 10.0, 0.7, 0.7, 0.0, 5.0)
    burning = a_problem(6, storages=(battery,), import_price_cny_mwh=-300.0)
    for done in (dispatch_optimal(burning), optimal.optimum_of(formulate(burning))):
        assert done.solution.status == "within gap"
        both = np.minimum(done.charge_mw["battery.b"], done.discharge_mw["battery.b"])
        assert both.max() < 1e-6
