"""What cannot be is said in words, with the smallest change that makes it possible."""

from __future__ import annotations

import re

import numpy as np
import pytest

from altay_energy.dispatch.optimal import dispatch_optimal
from altay_energy.dispatch.period import PeriodTerms
from altay_energy.dispatch.problem import Problem, StorageLimits, ThermalLimits
from altay_energy.errors import NoSolutionError

STEPS = 24


def problem(**changes):
    series = {
        "step_hours": 1.0,
        "load_mw": np.full(STEPS, 10.0),
        "renewables": {"wind.a": np.full(STEPS, 40.0)},
        "thermals": (ThermalLimits("thermal.a", 20.0, 5.0, 250.0, 0.8),),
        "storages": (),
        "import_limit_mw": 0.0,
        "export_limit_mw": 100.0,
        "import_price_cny_mwh": 0.0,
        "export_price_cny_mwh": 200.0,
        "unserved_cost_cny_mwh": 10_000.0,
        "grid_emission_factor_t_mwh": 0.5,
    }
    return Problem(**{**series, **changes})


def mended(message, key):
    return float(re.search(rf"{key} = [\d.]+ .*?(?:lower|raise) it to ([\d.]+)", message)[1])


@pytest.mark.parametrize("solver", ["auto", "highs"])
def test_a_self_consumption_that_the_load_cannot_take_is_told_with_the_best_there_is(solver):
    asked = problem(terms=PeriodTerms(self_consumption_rate_min=0.6))
    with pytest.raises(NoSolutionError) as error:
        dispatch_optimal(asked, solver)
    message = str(error.value)
    assert "无法满足" in message
    best = mended(message, r"dispatch\.self_consumption_rate_min")
    # Must-run power may be exported instead, so the load takes 10 of 40 MW at most.
    assert best == pytest.approx(0.25, abs=1e-3)
    dispatch_optimal(problem(terms=PeriodTerms(self_consumption_rate_min=best))).check()


def test_a_cap_below_what_must_run_emits_is_told_with_the_least_there_is():
    # 5 MW of must-run power at 0.8 t/MWh over 24 h, whatever the wind does.
    capped = problem(terms=PeriodTerms(emissions_max_t=50.0))
    with pytest.raises(NoSolutionError, match="at least 96 t are emitted") as error:
        dispatch_optimal(capped)
    assert error.value.exit_status == 3
    enough = mended(str(error.value), r"dispatch\.emissions_max_t")
    dispatch_optimal(problem(terms=PeriodTerms(emissions_max_t=enough))).check()


def test_a_storage_that_loses_more_than_it_gets_is_told_by_how_much():
    leaky = StorageLimits("battery.a", 1.0, 10.0, 500.0, 1.0, 1.0, 0.05, 400.0)
    with pytest.raises(NoSolutionError, match=r"battery\.a: terminal = .* MWh too low") as error:
        dispatch_optimal(problem(storages=(leaky,), terminal="at_least"))
    kept = 0.95 ** np.arange(STEPS)
    short = 400.0 - 400.0 * 0.95**STEPS - kept.sum()
    missing = float(re.search(r"at least ([\d.]+) MWh too low", str(error.value))[1])
    assert missing == pytest.approx(short, rel=1e-3)


def test_of_many_years_the_first_impossible_one_is_named():
    wind = np.stack([np.full(STEPS, 12.0), np.full(STEPS, 40.0)])
    asked = problem(renewables={"wind.a": wind}, terms=PeriodTerms(self_consumption_rate_min=0.6))
    with pytest.raises(NoSolutionError, match=r"run \(1,\): dispatch\.self_consumption"):
        dispatch_optimal(asked)
