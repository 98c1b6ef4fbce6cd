"""Years of a batch: each as it would be alone; one that fails does not take the others along."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from altay_energy.dispatch.lp import highs
from altay_energy.dispatch.lp.interior_point import InteriorPoint
from altay_energy.dispatch.optimal.optimal import dispatch_optimal
from altay_energy.dispatch.problem.problem import Problem, StorageLimits

YEARS, HOURS = 4, 96


def some_years() -> Problem:
    rng = np.random.default_rng(4)
    hour = np.arange(HOURS)
    return Problem(
        step_hours=1.0,
        load_mw=100.0 + 20.0 * np.cos(2.0 * np.pi * hour / 24.0),
        renewables={"wind.a": rng.uniform(0.0, 250.0, (YEARS, HOURS))},
        thermals=(),
        storages=(StorageLimits("battery.b", 40.0, 40.0, 160.0, 0.95, 0.95),),
        import_limit_mw=60.0,
        export_limit_mw=50.0,
        import_price_cny_mwh=np.array([180.0, 300.0, 450.0])[(hour % 24) // 8],
        export_price_cny_mwh=150.0,
        unserved_cost_cny_mwh=10_000.0,
        grid_emission_factor_t_mwh=0.6,
    )


def one_of(problem: Problem, year: int) -> Problem:
    return replace(problem, renewables={k: v[year] for k, v in problem.renewables.items()})


def test_a_year_that_the_fast_solver_does_not_prove_is_solved_alone(monkeypatch):
    problem, solved, by_highs = some_years(), [], []
    reference = dispatch_optimal(problem)
    fast, slow = InteriorPoint.solve, highs.solve_by_highs

    def failing(self, lp, effort=None):
        found = fast(self, lp, effort)
        solved.append(lp.lead)
        if lp.quadratic is None:  # the second year, whether with the others or alone
            status = found.status.copy()
            if lp.lead:
                status[1] = "failed"
            elif len(solved) < 4:
                status = np.array("failed")
            found = replace(found, status=status)
        return found

    def counted(lp, *rest, **more):
        by_highs.append(lp.lead)
        return slow(lp, *rest, **more)

    monkeypatch.setattr(InteriorPoint, "solve", failing)
    monkeypatch.setattr(highs, "solve_by_highs", counted)
    found = dispatch_optimal(problem)
    assert by_highs == [()]  # one program, not the batch
    assert found.solution.solver == "fast, highs"
    assert found.solution.objective_cny == pytest.approx(reference.solution.objective_cny, rel=1e-8)
    others = [0, 2, 3]
    assert np.array_equal(found.import_mw[others], reference.import_mw[others])
    assert found.import_mw[1] == pytest.approx(reference.import_mw[1], abs=1e-4)


def test_each_year_is_what_it_is_alone():
    problem = some_years()
    together = dispatch_optimal(problem)
    for year in range(YEARS):
        alone = dispatch_optimal(one_of(problem, year))
        cost = together.solution.objective_cny[year]
        assert float(alone.solution.objective_cny) == pytest.approx(cost, rel=1e-8)
        assert alone.import_mw == pytest.approx(together.import_mw[year], abs=1e-5)
