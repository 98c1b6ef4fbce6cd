"""A solver's word is taken only where arithmetic agrees: with solvers that lie."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy import sparse

from altay_energy.components.settings.rolling import ForecastSettings
from altay_energy.core.errors import NoSolutionError
from altay_energy.dispatch.infeasible import elastic
from altay_energy.dispatch.infeasible.conflict import conflict_of
from altay_energy.dispatch.infeasible.elastic import Elastic, is_possible
from altay_energy.dispatch.infeasible.keys import keys_of
from altay_energy.dispatch.lp import highs, verdict
from altay_energy.dispatch.lp.highs import MixedProgram
from altay_energy.dispatch.lp.program import BlockLP, no_dense
from altay_energy.dispatch.lp.verdict import confirmed, proven, solve_surely
from altay_energy.dispatch.optimal import optimal
from altay_energy.dispatch.optimal.optimal import dispatch_optimal
from altay_energy.dispatch.problem.period import METERED_RATE, PeriodTerms
from altay_energy.dispatch.problem.problem import Problem, StorageLimits
from altay_energy.dispatch.program.formulation import formulate
from altay_energy.dispatch.rolling import window_solver
from altay_energy.dispatch.rolling.rolling import dispatch_rolling

TRUE_HIGHS = highs.solve_by_highs


def problem(hours=24, **changes) -> Problem:
    rng = np.random.default_rng(1)
    given = {
        "step_hours": 1.0,
        "load_mw": 20.0 + 10.0 * rng.random(hours),
        "renewables": {"wind.a": 60.0 * rng.random(hours) ** 2},
        "thermals": (),
        "storages": (StorageLimits("battery.a", 10.0, 10.0, 40.0, 0.9, 0.9, 0.001, 10.0),),
        "import_limit_mw": 15.0,
        "export_limit_mw": 30.0,
        "import_price_cny_mwh": 100.0 + 200.0 * rng.random(hours),
        "export_price_cny_mwh": 80.0,
        "unserved_cost_cny_mwh": 10_000.0,
        "grid_emission_factor_t_mwh": 0.6,
    }
    return Problem(**{**given, **changes})


def program(upper=2.0, rhs=1.0, cost=1.0):
    """X = rhs in three steps, 0 ≤ x ≤ upper; and a free y beside it."""
    zeros = np.zeros((2, 3))
    return BlockLP(
        now=np.array([[1.0, 0.0]]),
        before=np.zeros((1, 2)),
        rhs=np.full((1, 3), rhs),
        cost=np.full((2, 3), cost),
        lower=zeros,
        upper=np.array([np.full(3, upper), np.full(3, np.inf)]),
        cyclic=False,
        quadratic=None,
        shared=np.zeros((1, 0, 3)),
        **no_dense(2, 3),
    )


def liar(says, values=None):
    """HiGHS that says the same of every program, where it reduces programs first."""

    def reply(lp, *, presolve=True, **options):
        found = TRUE_HIGHS(lp, presolve=presolve, **options)
        if not presolve:
            return found
        status = np.full(lp.lead, says)
        return replace(found, status=status, **({} if values is None else {"x": values(lp)}))

    return reply


def test_an_optimum_is_a_point_that_keeps_its_rows_and_a_bound_that_is_near():
    lp = formulate(problem()).lp
    found = TRUE_HIGHS(lp)
    assert proven(lp, found)
    assert not proven(lp, replace(found, x=0.5 * found.x))  # rows are broken
    assert not proven(lp, replace(found, x=found.x + 1e3))  # so are bounds
    assert not proven(lp, replace(found, row_dual=0.9 * found.row_dual))  # the bound is far
    assert not proven(lp, replace(found, status=np.array("infeasible")))
    assert not proven(lp, replace(found, status=np.array("unbounded")))


def test_what_is_impossible_is_proven_by_prices_and_not_by_any_prices():
    lp = program(upper=0.5)
    found = TRUE_HIGHS(lp, presolve=False)
    assert str(found.status) == "infeasible"
    assert proven(lp, found)
    assert not proven(lp, replace(found, row_dual=-found.row_dual))
    assert not proven(lp, replace(found, row_dual=0.0 * found.row_dual))
    assert not proven(program(upper=1.5), found)


def test_what_has_no_bound_is_proven_by_a_direction():
    lp = program(cost=-1.0)
    found = TRUE_HIGHS(lp, presolve=False)
    assert str(found.status) == "unbounded"
    assert proven(lp, found)
    assert not proven(lp, replace(found, x=-found.x))
    assert not proven(program(cost=1.0), found)
    assert not proven(replace(lp, upper=np.full((2, 3), 2.0)), found)


@pytest.mark.parametrize("says", ["infeasible", "unbounded", "failed", "limit"])
def test_a_false_verdict_on_the_cheapest_dispatch_is_not_repeated(says, monkeypatch):
    true = dispatch_optimal(problem(), "highs")
    monkeypatch.setattr(highs, "solve_by_highs", liar(says))
    found = dispatch_optimal(problem(), "highs")
    found.check()
    assert found.solution.objective_cny == pytest.approx(true.solution.objective_cny, rel=1e-9)
    assert found.solution.status == "optimal"


def test_a_point_that_is_none_is_not_taken_for_the_optimum(monkeypatch):
    true = dispatch_optimal(problem(), "highs")
    monkeypatch.setattr(highs, "solve_by_highs", liar("optimal", lambda lp: 0.0 * lp.upper))
    found = dispatch_optimal(problem(), "highs")
    found.check()
    assert found.solution.objective_cny == pytest.approx(true.solution.objective_cny, rel=1e-9)


def test_of_many_runs_only_the_doubtful_ones_are_solved_again(monkeypatch):
    one = problem()
    many = replace(one, load_mw=one.load_mw * np.array([[1.0], [0.9], [1.1]]))
    lp = formulate(many).lp
    found = TRUE_HIGHS(lp)
    status = np.array(["optimal", "infeasible", "optimal"])
    assert confirmed(lp, found) is found
    again = confirmed(lp, replace(found, status=status))
    assert again.status.tolist() == ["optimal"] * 3
    np.testing.assert_array_equal(again.x[[0, 2]], found.x[[0, 2]])


@pytest.mark.parametrize("says", ["infeasible", "optimal", "unbounded"])
def test_violations_are_found_although_HiGHS_says_otherwise(says, monkeypatch):
    asked = problem(terms=PeriodTerms(emissions_max_t=1.0, unserved_max_mwh=0.0))
    amounts, _ = Elastic(asked).least()
    values = (lambda lp: 0.0 * lp.upper) if says == "optimal" else None
    monkeypatch.setattr(highs, "solve_by_highs", liar(says, values))
    found, _ = Elastic(asked).least()
    assert found == pytest.approx(amounts, rel=1e-6)
    assert is_possible(problem(terms=PeriodTerms(emissions_max_t=1e6)))
    assert not is_possible(asked)


@pytest.mark.parametrize("hours", [168, 720])
def test_a_load_of_any_size_is_possible_although_presolve_says_not(hours):
    # Its loss of 99.9 % a step makes HiGHS' presolve call a program impossible that is not.
    asked = problem(hours, terms=PeriodTerms(**{METERED_RATE: 0.95}))
    for key in keys_of(asked):
        if key.name == "load":
            assert is_possible(key.without(asked))
    assert {key.name for key in conflict_of(asked)} >= {"load", f"dispatch.{METERED_RATE}"}


def test_where_all_ways_fail_the_message_says_so(monkeypatch):
    def failing(lp, **_):
        found = TRUE_HIGHS(lp)
        status = np.full(lp.lead, "infeasible")
        return replace(found, status=status, x=0.0 * found.x, row_dual=0.0 * found.row_dual)

    monkeypatch.setattr(highs, "solve_by_highs", failing)
    monkeypatch.setattr(verdict, "solve_fast", failing)
    assert str(solve_surely(formulate(problem()).lp).status) == "failed"
    with pytest.raises(NoSolutionError, match="nothing could be proven of what the limits are"):
        elastic.missed(problem(terms=PeriodTerms(emissions_max_t=1.0)))
    with pytest.raises(NoSolutionError, match=r"nothing could be proven of the cheapest dispatch"):
        optimal.dispatch_optimal(problem(), "highs")


@pytest.mark.parametrize("says", ["infeasible", "failed", "optimal"])
def test_a_false_verdict_on_a_window_is_not_repeated(says, monkeypatch):
    right = ForecastSettings(perfect=True)
    true = dispatch_rolling(problem(96), errors=right)
    honest = window_solver.WarmHighs._found

    def lie(self, data):
        found = honest(self, data)
        values = 0.0 * found.x if says == "optimal" else found.x
        return replace(found, status=np.array(says), x=values)

    monkeypatch.setattr(window_solver.WarmHighs, "_found", lie)
    found = dispatch_rolling(problem(96), errors=right)
    found.check()
    assert found.import_mw.sum() == pytest.approx(true.import_mw.sum(), rel=1e-3)


class TestMixedPrograms:
    program = MixedProgram(
        matrix=sparse.csc_array(np.array([[2.0, 1.0]])),
        cost=np.array([-1.0, -0.1]),
        lower=np.zeros(2),
        upper=np.array([3.0, 3.0]),
        row_lower=np.array([-np.inf]),
        row_upper=np.array([3.0]),
        whole=np.array([True, False]),
    )

    def test_a_point_is_tried_on_rows_bounds_and_whole_numbers(self):
        assert self.program.is_kept(np.array([1.0, 1.0]), whole=True)
        assert not self.program.is_kept(np.array([1.5, 0.0]), whole=True)
        assert self.program.is_kept(np.array([1.5, 0.0]), whole=False)
        assert not self.program.is_kept(np.array([1.0, 1.1]), whole=True)
        assert not self.program.is_kept(np.array([-1.0, 1.0]), whole=True)

    def test_the_bound_of_a_relaxation_comes_from_its_prices(self):
        found = highs.solve_mixed(self.program, gap=0.0, nodes=1, relaxed=True)
        assert found.bound == pytest.approx(-1.5)
        assert found.bound == pytest.approx(found.objective)
        assert self.program.bound_of(np.array([-0.4])) == pytest.approx(-1.2 - 0.6)

    def test_a_wrong_solution_is_not_returned(self, monkeypatch):
        monkeypatch.setattr(MixedProgram, "is_kept", lambda *_, **__: False)
        assert highs.solve_mixed(self.program, gap=0.0, nodes=10).x is None

    def test_the_search_finds_the_best_whole_number(self):
        found = highs.solve_mixed(self.program, gap=0.0, nodes=10)
        assert (found.status, found.objective) == ("optimal", pytest.approx(-1.1))
        assert found.bound <= found.objective + 1e-9


def test_a_bound_above_a_cost_that_was_reached_is_dropped(monkeypatch):
    from altay_energy.dispatch.optimal.complementarity import Complementarity

    pays = problem(
        import_limit_mw=50.0,
        import_price_cny_mwh=np.where(np.arange(24) % 2, 50.0, 300.0),
        export_price_cny_mwh=90.0,
    )
    true = dispatch_optimal(pays)
    assert true.solution.exclusive_steps > 0
    honest = Complementarity.rule_out

    def lie(self, *args):
        lp, bound = honest(self, *args)
        return lp, bound + 1e9

    monkeypatch.setattr(Complementarity, "rule_out", lie)
    found = dispatch_optimal(pays).solution
    assert found.bound_cny <= found.objective_cny
    assert found.gap > 1e-8
    assert found.status == "within gap"
