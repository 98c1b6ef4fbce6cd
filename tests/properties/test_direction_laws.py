"""Laws of dispatch in which one direction at a time is open and running both ways would pay."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose

from altay_energy.dispatch.lp.highs import best_directions, solve_by_highs
from altay_energy.dispatch.lp.interior_point import solve_fast
from altay_energy.dispatch.optimal.complementarity import Complementarity
from altay_energy.dispatch.optimal.direction_search import DirectionSearch, one_way
from altay_energy.dispatch.optimal.dynamic_program import cheapest_trajectory
from altay_energy.dispatch.optimal.step_cost import line_below
from altay_energy.dispatch.problem.period import PeriodTerms
from altay_energy.dispatch.problem.problem import Problem, StorageLimits
from altay_energy.dispatch.program.formulation import formulate
from altay_energy.dispatch.units.station_schedule import ResidualCost

sys.path.insert(0, str(Path(__file__).parent))
from systems import system

SEEDS = range(60)


def odd(seed, steps=24):
    """A system in which running both ways would pay in many hours, without flexible loads."""
    problem = system(seed, steps, most_storages=1 + seed % 2)
    rng = np.random.default_rng(seed)
    prices = problem.import_price_cny_mwh - rng.choice([0.0, 250.0, 500.0], problem.steps)
    inflow = rng.uniform(0.0, 8.0, steps) if seed % 3 == 0 else np.zeros(())
    storages = tuple(replace(s, inflow_mw=inflow) for s in problem.storages)
    return replace(
        problem,
        import_price_cny_mwh=prices,
        export_price_cny_mwh=250.0,
        flexible_loads=(),
        storages=storages,
    )


def asked_of(formulation):
    """Every pair in every step."""
    return np.ones((len(formulation.opposites), *formulation.problem.shape), dtype=bool)


def exact(formulation):
    """The least cost with one direction in every step that mixed-integer programming finds."""
    asked = asked_of(formulation)
    pairs = [(pair.first, pair.second) for pair in formulation.opposites]
    starts = [np.ones_like(asked), *Complementarity(formulation)._by_rules]
    first_open, _ = best_directions(formulation.lp, (), pairs, asked, starts)
    closed = one_way(formulation, formulation.lp, asked, first_open)
    solved = solve_by_highs(closed)
    return float(np.sum(closed.cost * solved.x) + solved.y @ closed.shared_cost)


def solved_by(problem):
    formulation = formulate(problem)
    cheapest = solve_fast(formulation.lp)
    if str(cheapest.status) != "optimal" or not formulation.opposites:
        pytest.skip("no solution at all, or nothing that could run both ways")
    return formulation, cheapest


@pytest.mark.parametrize("seed", SEEDS)
def test_no_dispatch_is_below_the_bound_and_the_result_is_near_the_best(seed):
    formulation, cheapest = solved_by(odd(seed))
    least = exact(formulation)
    asked, lp = asked_of(formulation), formulation.lp
    search = DirectionSearch(formulation)
    first_open, bound = search.directions(lp, asked, cheapest, [np.ones_like(asked)])
    found = solve_fast(one_way(formulation, lp, asked, first_open))
    cost = np.sum(lp.cost * found.x) + found.y @ lp.shared_cost
    scale = max(float(np.abs(lp.cost * found.x).sum()), 1.0)
    assert bound <= least + 1e-7 * scale
    assert cost >= bound - 1e-7 * scale
    assert cost <= least + 0.02 * scale


@pytest.mark.parametrize("seed", SEEDS)
def test_the_bound_of_every_storage_holds_at_any_prices(seed):
    problem = odd(seed, 16)
    formulation, cheapest = solved_by(problem)
    least = exact(formulation)
    rng = np.random.default_rng(seed)
    noisy = cheapest.row_dual * rng.uniform(0.7, 1.3, cheapest.row_dual.shape)
    storages = [s for s in problem.storages if not s.is_idle(problem.terminal)]
    for storage in (None, *storages):
        for prices in (cheapest, replace(cheapest, row_dual=noisy)):
            trajectory = cheapest_trajectory(formulation, formulation.lp, prices, storage, 20_000)
            assert trajectory.bound <= least + 1e-7 * max(abs(least), 1e4)


def trader(prices, **changes):
    """One storage of whole numbers between prices to buy and to sell at, and nothing else."""
    limits = {"charge_mw": 2.0, "discharge_mw": 1.0, "energy_mwh": 4.0, **changes}
    storage = StorageLimits(
        "battery.a",
        charge_efficiency=1.0,
        discharge_efficiency=1.0,
        initial_level_mwh=1.0,
        **limits,
    )
    return Problem(
        step_hours=1.0,
        load_mw=np.zeros(len(prices)),
        renewables={},
        thermals=(),
        storages=(storage,),
        import_limit_mw=10.0,
        export_limit_mw=10.0,
        import_price_cny_mwh=np.array(prices),
        export_price_cny_mwh=np.array(prices) + 5.0,
        unserved_cost_cny_mwh=10_000.0,
        grid_emission_factor_t_mwh=0.0,
        terminal="free",
    )


def test_powers_that_are_points_of_the_grid_give_the_exact_cost():
    # Content 1. Sell 1 at 55, buy 2 at -20, leave 10, sell 1 at 105, sell 1 at 95.
    formulation, cheapest = solved_by(trader([50.0, -20.0, 10.0, 100.0, 90.0]))
    storage = formulation.problem.storages[0]
    trajectory = cheapest_trajectory(formulation, formulation.lp, cheapest, storage, 20_000)
    assert_allclose(trajectory.bound, -55.0 - 40.0 - 105.0 - 95.0, atol=1e-6)
    assert_allclose(trajectory.change, [-1.0, 2.0, 0.0, -1.0, -1.0], atol=1e-9)
    assert trajectory.imports[1]
    assert not trajectory.imports[[0, 3, 4]].any()


def test_content_at_the_end_counts_with_its_band():
    problem = replace(
        trader([30.0, 30.0], energy_mwh=4.0),
        terminal="water_value",
        terms=PeriodTerms(water_value_cny_mwh=(100.0, 40.0, 20.0, 0.0)),
    )
    formulation, cheapest = solved_by(problem)
    least = exact(formulation)  # sell the one at 35, buy two at 30 that are worth 100 and 40
    assert_allclose(least, -35.0 + 60.0 - 140.0)
    storage = formulation.problem.storages[0]
    bounds = [
        cheapest_trajectory(formulation, formulation.lp, cheapest, storage, cells).bound
        for cells in (500, 100_000)
    ]
    assert bounds[0] <= bounds[1] <= least
    assert least - bounds[1] < 1.0


@pytest.mark.parametrize("energy", [3.1, 3.3, 3.7, 4.3, 5.9])
@pytest.mark.parametrize("cells", [500, 2000])
def test_bands_that_end_between_points_leave_the_bound_below(energy, cells):
    problem = replace(
        trader([30.0, 30.0, 30.0], energy_mwh=energy),
        terminal="water_value",
        terms=PeriodTerms(water_value_cny_mwh=(900.0, 36.0, 0.0)),
    )
    formulation, cheapest = solved_by(problem)
    storage = formulation.problem.storages[0]
    bound = cheapest_trajectory(formulation, formulation.lp, cheapest, storage, cells).bound
    assert bound <= exact(formulation) + 1e-9


def one_storage_bound(problem, **changes):
    """Bound and least cost with another storage."""
    storage = replace(problem.storages[0], **changes)
    formulation, cheapest = solved_by(replace(problem, storages=(storage,)))
    trajectory = cheapest_trajectory(formulation, formulation.lp, cheapest, storage, 20_000)
    return trajectory.bound, exact(formulation)


def test_what_a_full_storage_loses_may_be_charged_again():
    paid = trader([-100.0] * 6)
    bound, least = one_storage_bound(paid, initial_level_mwh=4.0, standing_loss_per_hour=0.02)
    assert least < -40.0
    assert bound <= least + 1e-9


def test_inflow_may_be_spilled_to_make_room():
    paid = trader([-100.0] * 6)
    bound, least = one_storage_bound(
        paid, initial_level_mwh=4.0, discharge_mw=0.0, inflow_mw=np.full(6, 0.8)
    )
    assert_allclose(least, 0.0, atol=1e-9)  # full from the start: inflow goes, nothing is charged
    assert -30.0 <= bound <= least + 1e-9
    bound, least = one_storage_bound(
        paid, initial_level_mwh=0.0, discharge_mw=0.0, inflow_mw=np.array([1.0, 0, 0, 0, 1.0, 0])
    )
    assert_allclose(least, -400.0)  # all inflow is spilled and all of the content bought
    assert -430.0 <= bound <= least + 1e-9


@st.composite
def convex_lines(draw):
    """A line of some pieces, fences at both ends, and powers to look at."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    count = draw(st.integers(1, 6))
    width = rng.uniform(0.0, 3.0, count) * (rng.random(count) < 0.8)
    slope = np.sort(rng.choice([0.0, 180.0, 250.0, 10_000.0, -50.0], count))
    corner = rng.uniform(-5.0, 0.0) + np.concatenate([[0.0], np.cumsum(width)])
    money = np.concatenate([[0.0], np.cumsum(slope * width)])
    corner = np.concatenate([corner[:1] - 1e6, corner, corner[-1:] + 1e6])
    money = np.concatenate([money[:1] + 1e15, money, money[-1:] + 1e15])
    at = np.sort(rng.uniform(-6.0, 8.0, draw(st.integers(2, 12))))
    return ResidualCost(corner[np.newaxis], money[np.newaxis]), at


@given(convex_lines(), st.floats(0.0, 1.0))
def test_interpolation_between_the_powers_is_nowhere_above_the_line(lines, part):
    line, at = lines
    below = line_below(line, slice(None), at)[0]
    between = at[0] + part * (at[-1] - at[0])
    true = np.interp(between, line.power_mw[0], line.cost_cny[0])
    assert np.interp(between, at, below) <= true + 1e-6 * max(1.0, abs(true))


def test_a_line_whose_corners_are_the_powers_is_kept():
    line = ResidualCost(
        np.array([[-1e6, 0.0, 1.0, 3.0, 1e6]]), np.array([[1e15, 0.0, 100.0, 700.0, 1e15]])
    )
    at = np.array([0.0, 0.5, 1.0, 2.0, 3.0])
    assert_allclose(line_below(line, slice(None), at), [[0.0, 50.0, 100.0, 400.0, 700.0]])
