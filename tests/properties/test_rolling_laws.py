"""Laws of rolling dispatch on systems made at random: equal to the optimum, and never below it."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from altay_energy.components.settings.rolling import ForecastSettings, RollingSettings
from altay_energy.core.errors import NoSolutionError
from altay_energy.dispatch.optimal.optimal import dispatch_optimal
from altay_energy.dispatch.problem.period import FlexibleLoad
from altay_energy.dispatch.problem.problem import Problem
from altay_energy.dispatch.problem.reach import within_reach
from altay_energy.dispatch.result.costs import operating_cost_cny
from altay_energy.dispatch.result.result import Dispatch
from altay_energy.dispatch.rolling.forecast import forecasts
from altay_energy.dispatch.rolling.guide import Guide
from altay_energy.dispatch.rolling.receding_horizon import roll_windows
from altay_energy.dispatch.rolling.rolling import dispatch_rolling
from altay_energy.run.figures.stored_energy import end_prices_cny_mwh, stored_worth_cny

sys.path.insert(0, str(Path(__file__).parent))
from systems import system

RIGHT = ForecastSettings(perfect=True)
TERMINALS = ("cyclic", "free", "at_least", "equal_initial", "water_value")


def made(seed: int) -> Problem:
    """A system with any terminal rule, often with a demand charge and flexible loads."""
    rng = np.random.default_rng([seed, 25])
    problem = system(seed, int(rng.choice([36, 48, 72])))
    charge = float(rng.choice([0.0, 3_000.0, 30_000.0]))
    flexible = problem.flexible_loads
    if rng.random() < 0.7:
        part = float(rng.choice([0.2, 0.5])) * problem.load_mw
        flexible = (FlexibleLoad("load.a", part, part + 30.0, int(rng.integers(1, 25))),)
    return replace(
        problem,
        terminal=str(rng.choice(TERMINALS)),
        flexible_loads=flexible,
        terms=replace(problem.terms, demand_charge_cny_mw=charge),
    )


def through_windows(
    problem: Problem, optimum: Dispatch | None, step: int, end_value: float | str
) -> Dispatch:
    """All windows are planned to the end of the period; none takes the optimum as its plan."""
    inner, hours = within_reach(problem), problem.step_hours
    asked = RollingSettings(
        look_ahead_hours=problem.steps * hours, step_hours=step * hours, end_value=end_value
    )
    starts = np.arange(0, inner.steps, step)
    seen = forecasts(inner, RIGHT, starts, inner.steps)
    guide = Guide(inner, asked, () if optimum is None else (optimum,))
    return replace(roll_windows(inner, asked, guide, starts, step, seen), problem=problem)


def cost(done: Dispatch, prices: dict | None = None) -> float:
    return float(operating_cost_cny(done) - stored_worth_cny(done, prices or {}))


def check_full_sight(seed: int, step: int) -> None:
    problem = made(seed)
    try:
        optimum = dispatch_optimal(problem)
    except NoSolutionError:
        assume(False)
    least = cost(optimum)
    tolerance = 1e-6 * max(1.0, abs(least))
    done = through_windows(problem, optimum, step, "optimum")
    done.check()
    assert abs(cost(done) - least) <= tolerance
    if problem.terminal != "cyclic":  # without the optimum its first content is not known
        assert abs(cost(through_windows(problem, None, step, 100.0)) - least) <= tolerance


def check_bound(seed: int, wrong: float) -> None:
    problem = made(seed)
    try:
        optimum = dispatch_optimal(problem)
    except NoSolutionError:
        assume(False)
    hours, prices = problem.step_hours, {}
    if problem.terminal != "water_value":
        prices = end_prices_cny_mwh(optimum.problem, optimum.stored_value_cny_mwh)
    windows = RollingSettings(look_ahead_hours=24.0 * hours, step_hours=12.0 * hours)
    errors = ForecastSettings(wind_error=wrong, solar_error=wrong, load_error=wrong, seed=seed)
    done = dispatch_rolling(problem, windows, errors, optimum=optimum)
    done.check()
    assert np.max(done.unserved_mw - problem.load_mw) <= 1e-6
    broken = any(
        limit.key == "export_rate_max" and done.export_mw.sum() > asked * _available(problem) + 1e-6
        for limit, asked in problem.terms.limits()
    )
    assume(not broken)
    assert cost(done, prices) >= cost(optimum, prices) - 1e-6 * max(1.0, abs(cost(optimum)))


def _available(problem: Problem) -> float:
    return float(sum(problem.on_all(p).sum() for p in problem.renewables.values()))


@settings(max_examples=2, deadline=None)
@given(seed=st.integers(0, 100_000), step=st.sampled_from([7, 12, 24]))
def test_with_full_sight_and_right_forecasts_the_windows_find_the_optimum(seed, step):
    check_full_sight(seed, step)


@settings(max_examples=2, deadline=None)
@given(seed=st.integers(0, 100_000), wrong=st.sampled_from([0.0, 0.1, 0.4]))
def test_no_rolling_dispatch_costs_less_than_the_optimum_at_equal_stored_energy(seed, wrong):
    check_bound(seed, wrong)


@pytest.mark.slow
@settings(max_examples=300, deadline=None)
@given(seed=st.integers(0, 10_000_000), step=st.sampled_from([7, 12, 24]))
def test_windows_with_full_sight_find_the_optimum_of_300_systems(seed, step):
    check_full_sight(seed, step)


@pytest.mark.slow
@settings(max_examples=300, deadline=None)
@given(seed=st.integers(0, 10_000_000), wrong=st.sampled_from([0.0, 0.1, 0.4]))
def test_rolling_is_never_below_the_optimum_of_300_systems(seed, wrong):
    check_bound(seed, wrong)
