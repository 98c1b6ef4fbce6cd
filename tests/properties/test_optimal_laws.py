"""Laws of dispatch with foresight, on systems made up at random."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numpy.testing import assert_allclose

import altay_energy as ae
from altay_energy.core.errors import NoSolutionError
from altay_energy.dispatch.lp.certificate import certificate
from altay_energy.dispatch.lp.highs import solve_by_highs
from altay_energy.dispatch.optimal.optimal import dispatch_optimal
from altay_energy.dispatch.problem.period import PeriodTerms
from altay_energy.dispatch.program.columns import Column, Role
from altay_energy.dispatch.program.formulation import formulate
from altay_energy.dispatch.program.tie_break import tie_break_program
from altay_energy.dispatch.rules.rules import dispatch_by_rules
from altay_energy.run.figures.kpis import kpis

sys.path.insert(0, str(Path(__file__).parent))
from systems import system

SCENARIOS = sorted(path.stem for path in (Path(__file__).parents[2] / "scenarios").glob("*.toml"))

FEW = range(16)
MANY = range(1000, 1200)


def objective(dispatch):
    """What foresight minimises, worked out from the hours of any dispatch. [CNY]"""
    problem, hours = dispatch.problem, dispatch.problem.step_hours
    total = kpis(dispatch)["operating_cost_cny"]
    must_run = {p.name: problem.on_all(p.must_run_mw) for p in problem.thermals}
    for plant in problem.thermals:
        backed = np.maximum(must_run[plant.name] - dispatch.thermal_mw[plant.name], 0.0)
        fuel = plant.marginal_cost_cny_mwh
        fuel += plant.emission_factor_t_mwh * problem.terms.emission_price_cny_t
        total += (problem.unserved_cost_cny_mwh + fuel) * backed.sum() * hours
    values = problem.terms.water_value_cny_mwh
    if problem.terminal == "water_value":
        for s in problem.storages:
            if s.is_idle(problem.terminal):
                continue  # what it holds at the end is no choice
            width = s.energy_mwh / len(values)
            end = dispatch.level_mwh[s.name][-1]
            bands = np.clip(end - width * np.arange(len(values)), 0.0, width)
            total -= float(bands @ np.array(values))
    return total


def solved(problem, solver="auto"):
    try:
        return dispatch_optimal(problem, solver)
    except NoSolutionError:
        pytest.skip("a storage that cannot keep its level")


def assert_same_figures(one, other):
    for name, a in kpis(one).items():
        scale = max(abs(a), 1.0)
        if name != "balance_residual_mw":
            assert abs(a - kpis(other)[name]) <= 1e-5 * scale, name


def agree(seed, steps=None):
    problem = system(seed, steps)
    fast, reference = solved(problem, "fast"), solved(problem, "highs")
    fast.check()
    reference.check()
    least = reference.solution.objective_cny
    assert_allclose(fast.solution.objective_cny, least, rtol=1e-8, atol=1e-4)
    assert fast.solution.gap <= 1e-8
    assert_allclose(objective(fast), fast.solution.objective_cny, rtol=1e-7, atol=1e-3)
    assert_same_figures(fast, reference)


@pytest.mark.parametrize("seed", FEW)
def test_fast_and_highs_agree_on_cost_and_every_figure(seed):
    agree(seed, steps=48)


@pytest.mark.slow
@pytest.mark.parametrize("seed", MANY)
def test_fast_and_highs_agree_on_two_hundred_systems(seed):
    agree(seed)


@pytest.mark.slow
@pytest.mark.parametrize("seed", [2000, 2001, 2002])
def test_fast_and_highs_agree_on_a_year(seed):
    agree(seed, steps=8760)


@pytest.mark.parametrize("seed", FEW)
def test_foresight_is_never_more_expensive_than_rules(seed):
    problem = system(seed, 72)
    # Rules know nothing of limits over a period.
    problem = replace(problem, terms=replace(problem.terms, export_rate_max=None))
    try:
        rules = dispatch_by_rules(problem)
    except NoSolutionError:
        pytest.skip("rules do not reach the level that the terminal asks for")
    best = solved(problem)
    assert objective(best) <= objective(rules) * (1 + np.sign(objective(rules)) * 1e-9) + 1e-3


@pytest.mark.parametrize("seed", FEW)
def test_more_room_never_costs_more(seed):
    problem = system(seed, 48)
    if problem.terminal == "water_value":  # bands of the curve would widen with the storage
        problem = replace(problem, terminal="cyclic")
    if problem.terminal == "at_least":
        problem = replace(problem, terminal="free")
    least = objective(solved(problem))
    wider = [
        replace(problem, import_limit_mw=problem.import_limit_mw + 20.0),
        replace(problem, export_limit_mw=problem.export_limit_mw + 20.0),
        replace(
            problem,
            storages=tuple(
                replace(s, charge_mw=s.charge_mw + 5, energy_mwh=s.energy_mwh + 50)
                for s in problem.storages
            ),
        ),
        replace(problem, terms=replace(problem.terms, export_rate_max=None)),
    ]
    for looser in wider:
        assert objective(solved(looser)) <= least + 1e-8 * abs(least) + 1e-4


def scaled(problem, k):
    return replace(
        problem,
        load_mw=problem.load_mw * k,
        renewables={name: power * k for name, power in problem.renewables.items()},
        thermals=tuple(
            replace(p, capacity_mw=p.capacity_mw * k, must_run_mw=p.must_run_mw * k)
            for p in problem.thermals
        ),
        storages=tuple(
            replace(
                s,
                charge_mw=s.charge_mw * k,
                discharge_mw=s.discharge_mw * k,
                energy_mwh=s.energy_mwh * k,
                initial_level_mwh=s.initial_level_mwh * k,
            )
            for s in problem.storages
        ),
        import_limit_mw=problem.import_limit_mw * k,
        export_limit_mw=problem.export_limit_mw * k,
        flexible_loads=tuple(
            replace(f, demand_mw=f.demand_mw * k, limit_mw=f.limit_mw * k)
            for f in problem.flexible_loads
        ),
    )


@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize("k", [1e-3, 40.0])
def test_everything_times_k_costs_times_k(seed, k):
    problem = system(seed, 48)
    one, many = solved(problem), solved(scaled(problem, k))
    assert_allclose(objective(many), k * objective(one), rtol=1e-7, atol=1e-4 * max(k, 1.0))
    assert_allclose(many.import_mw.sum(), k * one.import_mw.sum(), rtol=1e-5, atol=1e-4 * k)


@pytest.mark.parametrize("seed", range(8))
def test_the_order_of_plants_does_not_matter(seed):
    problem = system(seed, 48)
    turned = replace(
        problem,
        renewables=dict(reversed(problem.renewables.items())),
        thermals=problem.thermals[::-1],
        storages=problem.storages[::-1],
    )
    one, other = solved(problem), solved(turned)
    assert_same_figures(one, other)
    for s in problem.storages:
        assert_allclose(one.charge_mw[s.name], other.charge_mw[s.name], atol=1e-3)


@pytest.mark.parametrize("seed", range(12))
def test_nothing_runs_both_ways_whatever_the_prices(seed):
    problem = system(seed, 24, limits=False, most_storages=2)
    rng = np.random.default_rng(seed)
    prices = problem.import_price_cny_mwh - rng.choice([0.0, 250.0, 500.0], problem.steps)
    odd = replace(problem, import_price_cny_mwh=prices, export_price_cny_mwh=250.0)
    dispatch = solved(odd)
    dispatch.check()
    bound, gap = dispatch.solution.bound_cny, dispatch.solution.gap
    assert objective(dispatch) >= bound - 1e-6 * abs(bound) - 1e-3
    assert gap <= 0.02


@pytest.mark.parametrize("seed", range(6))
def test_the_second_choice_is_that_of_any_exact_solver(seed):
    formulation = formulate(system(seed, 24, limits=False, most_storages=2))
    cheapest = solve_by_highs(formulation.lp)
    program = tie_break_program(formulation, formulation.lp, cheapest)
    reference = solve_by_highs(program)
    if np.all(reference.status == "optimal"):
        chosen = solved(formulation.problem)
        column = formulation.column
        for s in formulation.problem.storages:
            charge = Column(Role.CHARGE, s.name)
            if charge in column:
                x = reference.x[column[charge]]
                assert_allclose(chosen.charge_mw[s.name], x, atol=2e-2)
    assert certificate(formulation.lp, cheapest).gap <= 1e-9


def test_a_limit_that_binds_nowhere_changes_nothing():
    problem = system(3, 48, limits=False)
    loose = PeriodTerms(
        emissions_max_t=1e9,
        export_rate_max=1.0,
        water_value_cny_mwh=problem.terms.water_value_cny_mwh,
    )
    assert_same_figures(solved(problem), solved(replace(problem, terms=loose)))


@pytest.mark.slow
@pytest.mark.parametrize("name", SCENARIOS)
def test_shipped_scenarios_have_the_same_result_from_both_solvers(repository, name):
    problem = ae.load(repository / "scenarios" / f"{name}.toml").portfolio.problem()
    fast, reference = dispatch_optimal(problem, "fast"), dispatch_optimal(problem, "highs")
    fast.check()
    reference.check()
    assert_same_figures(fast, reference)
    closed = fast.solution.exclusive_steps > 0  # a search, whose gap is proven less sharply
    assert fast.solution.gap <= (1e-3 if closed else 1e-8)
