"""The hours that are handed over are costed again and held against what the solver says."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from altay_energy.core.errors import NoSolutionError
from altay_energy.dispatch.optimal import optimal
from altay_energy.dispatch.optimal.optimal import dispatch_optimal
from altay_energy.dispatch.problem.period import PeriodTerms
from altay_energy.dispatch.problem.problem import Problem, StorageLimits, ThermalLimits
from altay_energy.dispatch.result.costs import (
    backed_down_cost_cny,
    cost_contradiction,
    end_worth_cny,
    objective_cny,
    operating_cost_cny,
    turnover_cny,
)
from altay_energy.dispatch.result.result import InvariantError
from altay_energy.dispatch.rules.rules import dispatch_by_rules


def problem(**changes):
    """Two hours of 10 MW; a must-run plant of 4 MW, a grid, a battery."""
    series = {
        "step_hours": 0.5,
        "load_mw": np.array([10.0, 1.0]),
        "renewables": {},
        "thermals": (ThermalLimits("thermal.a", 6.0, 4.0, 200.0, 0.8),),
        "storages": (),
        "import_limit_mw": 20.0,
        "export_limit_mw": 0.0,
        "import_price_cny_mwh": 300.0,
        "export_price_cny_mwh": 0.0,
        "unserved_cost_cny_mwh": 10_000.0,
        "grid_emission_factor_t_mwh": 0.5,
    }
    return Problem(**{**series, **changes})


def test_the_objective_counts_must_run_power_that_is_backed_down():
    d = dispatch_by_rules(problem())
    # 6 MW of the plant and 4 of the grid, then 1 MW of the plant, 3 MW of it backed down.
    assert operating_cost_cny(d) == pytest.approx(0.5 * (6 * 200 + 4 * 300 + 1 * 200))
    assert backed_down_cost_cny(d) == pytest.approx(0.5 * 3 * (10_000 + 200))
    assert objective_cny(d) == pytest.approx(operating_cost_cny(d) + backed_down_cost_cny(d))
    assert turnover_cny(d) == pytest.approx(objective_cny(d))  # nothing is earned


def test_the_objective_counts_what_is_stored_at_the_end_in_bands():
    terms = PeriodTerms(water_value_cny_mwh=(300.0, 100.0))
    battery = StorageLimits("battery.a", 8.0, 8.0, 4.0, 1.0, 1.0, 0.0, 3.0)
    idle = StorageLimits("battery.b", 0.0, 8.0, 4.0, 1.0, 1.0, 0.0, 0.0)
    with_storage = problem(storages=(battery, idle), terminal="water_value", terms=terms)
    d = dispatch_optimal(with_storage)
    left = float(d.level_mwh["battery.a"][-1])
    assert end_worth_cny(d) == pytest.approx(300 * min(left, 2) + 100 * max(left - 2, 0))
    assert d.solution.objective_cny == pytest.approx(float(objective_cny(d)), rel=1e-9)


def test_revenue_adds_to_the_turnover():
    sold = dispatch_by_rules(
        problem(
            thermals=(), renewables={"wind.a": 30.0}, export_limit_mw=9.0, export_price_cny_mwh=200
        )
    )
    assert operating_cost_cny(sold) == pytest.approx(-0.5 * 2 * 9 * 200)
    assert turnover_cny(sold) == pytest.approx(0.5 * 2 * 9 * 200)


def dishonest(dispatch_of, who):
    """Reads solutions back wrong where one of these solvers found them."""

    def wrong(formulation, chosen, cheapest, proof):
        if proof.solver in who:
            proof = replace(proof, objective_cny=proof.objective_cny * 1.01)
        return dispatch_of(formulation, chosen, cheapest, proof)

    return wrong


def test_a_dispatch_whose_cost_differs_from_its_solution_is_found():
    d = dispatch_optimal(problem())
    assert cost_contradiction(d) is None
    d.check()
    assert d.solution is not None
    off = replace(d, solution=replace(d.solution, objective_cny=d.solution.objective_cny * 1.001))
    assert cost_contradiction(off) is not None
    with pytest.raises(InvariantError, match=r"the hours of the dispatch cost .* CNY, but"):
        off.check()


def test_the_run_that_is_off_is_named():
    many = dispatch_optimal(problem(load_mw=np.array([[10.0, 1.0], [8.0, 2.0]])))
    assert many.solution is not None
    reported = many.solution.objective_cny * np.array([1.0, 1.001])
    off = replace(many, solution=replace(many.solution, objective_cny=reported))
    assert "run (1,): the hours" in str(cost_contradiction(off))


def test_a_wrong_result_of_the_fast_solver_is_left_to_the_other_one(monkeypatch):
    monkeypatch.setattr(optimal, "dispatch_of", dishonest(optimal.dispatch_of, {"fast"}))
    d = dispatch_optimal(problem())
    assert "highs" in d.solution.solver
    d.check()


def test_a_wrong_result_of_both_solvers_is_an_error(monkeypatch):
    everyone = {"fast", "highs", "highs, fast"}
    monkeypatch.setattr(optimal, "dispatch_of", dishonest(optimal.dispatch_of, everyone))
    with pytest.raises(
        NoSolutionError, match=r"no dispatch is proven: the hours .* orders of magnitude"
    ):
        dispatch_optimal(problem())
