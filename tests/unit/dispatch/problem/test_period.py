"""Every limit over a day, a week and a year: just met, just missed, missed by far.

What is at best possible is worked out by a program of its own, whose only cost is the figure that
is limited. A message has to name it, and the change that it proposes has to be enough.
"""

from __future__ import annotations

import re
from dataclasses import replace

import numpy as np
import pytest

from altay_energy.core.errors import NoSolutionError
from altay_energy.dispatch.lp.certificate import certificate
from altay_energy.dispatch.lp.interior_point import solve_fast
from altay_energy.dispatch.optimal.optimal import dispatch_optimal
from altay_energy.dispatch.problem.period import LIMITS, METERED_RATE, NET_RATE, PeriodTerms
from altay_energy.dispatch.problem.problem import Problem, StorageLimits, ThermalLimits
from altay_energy.dispatch.program.columns import EXPORT, IMPORT, UNSERVED, Column, Role
from altay_energy.dispatch.program.formulation import formulate
from altay_energy.run.figures.kpis import kpis
from altay_energy.scenario.load import load

HOURS = [
    pytest.param(24, id="day"),
    pytest.param(168, id="week"),
    pytest.param(8760, id="year", marks=pytest.mark.slow),
]
LOOKING = [
    HOURS[0],
    *(
        pytest.param(h, id=name, marks=pytest.mark.slow)
        for h, name in ((168, "week"), (8760, "year"))
    ),
]
"""The same where directions are looked for, which takes longer."""

BATTERY = StorageLimits("battery.a", 20.0, 20.0, 60.0, 0.9, 0.9, 0.001, 20.0)


def project(hours, **changes) -> Problem:
    """Wind and sun beside a load, with a battery, a plant that must run and a weak connection."""
    rng = np.random.default_rng(7)
    clock = np.arange(hours) % 24
    gusts = np.clip(np.repeat(rng.standard_normal(hours // 6 + 1), 6)[:hours] + 0.8, 0.0, 2.0)
    given = {
        "step_hours": 1.0,
        "load_mw": 50.0 + 10.0 * np.sin(clock / 24 * 2 * np.pi) + 2.0 * rng.random(hours),
        "renewables": {
            "wind.a": 40.0 * gusts,
            "solar.b": 60.0 * np.clip(np.sin((clock - 6) / 12 * np.pi), 0.0, None),
        },
        "thermals": (ThermalLimits("thermal.c", 12.0, 4.0, 300.0, 0.9),),
        "storages": (BATTERY,),
        "import_limit_mw": 30.0,
        "export_limit_mw": 60.0,
        "import_price_cny_mwh": 260.0,
        "export_price_cny_mwh": 120.0,
        "unserved_cost_cny_mwh": 10_000.0,
        "grid_emission_factor_t_mwh": 0.6,
    }
    return Problem(**{**given, **changes})


def asking(problem, limit, value):
    return replace(problem, terms=replace(problem.terms, **{limit: value}))


def least_of(problem, coefficients):
    """Least sum of columns over the period, as a program of its own. [column's unit · h]"""
    formulation = formulate(problem)
    lp, column = formulation.lp, formulation.column
    cost = np.zeros((lp.columns, lp.steps))
    for name, value in coefficients(problem).items():
        if name in column:
            cost[column[name]] = value
    found = solve_fast(replace(lp, cost=cost))
    assert str(found.status) == "optimal"
    return float(certificate(replace(lp, cost=cost), found).objective) * problem.step_hours


def own_use(problem):
    used = {Column(Role.RENEWABLE, name): -1.0 for name in problem.renewables}
    return {EXPORT: 1.0, **used}


def own_use_net(problem):
    (s,) = problem.storages
    lost = {Column(Role.CHARGE, s.name): 0.1, Column(Role.DISCHARGE, s.name): 1.0 / 0.9 - 1.0}
    return {**own_use(problem), **lost, Column(Role.LEVEL, s.name): 0.001}


def emitted(problem):
    return {IMPORT: 0.6, Column(Role.THERMAL, "thermal.c"): 0.9}


def whole(problem):
    return float(sum(np.sum(p) for p in problem.renewables.values()))


def best_of(limit, problem):
    """What the figure of a limit is at best."""
    if limit == "unserved_max_mwh":
        return least_of(problem, lambda _: {UNSERVED: 1.0})
    if limit == "emissions_max_t":
        return least_of(problem, emitted)
    net = limit == NET_RATE
    return -least_of(problem, own_use_net if net else own_use) / whole(problem)


FIGURES = {key: limit.figure for key, limit in LIMITS.items()}
SINGLE = (NET_RATE, "emissions_max_t", "unserved_max_mwh")


def case(limit, hours):
    """A problem in which the limit can be missed, its best, and which way is harder."""
    problem = project(hours)
    if limit == "unserved_max_mwh":
        problem = replace(problem, import_limit_mw=5.0)
    return problem, best_of(limit, problem), 1.0 if limit.endswith("_min") else -1.0


def beyond(best, harder, share, limit):
    """A limit that is missed by a share; of a rate that of the way to 1."""
    if limit.endswith("_min") and share > 0.1:
        return best + share * (1.0 - best)
    return best * (1.0 + harder * share)


def message_of(problem):
    with pytest.raises(NoSolutionError) as error:
        dispatch_optimal(problem)
    return str(error.value)


def number(text):
    return float(text.replace(",", ""))


def proposed(message, limit):
    """What the limit has to become."""
    key = rf"dispatch\.{limit}"
    found = re.search(rf"{key} (?:raised|lowered) to ([\d.,]*\d)", message)
    found = found or re.search(rf"{key} = .*?; (?:raise|lower) it to ([\d.,]*\d)", message)
    return number(found[1])


@pytest.mark.parametrize("hours", HOURS)
@pytest.mark.parametrize("limit", SINGLE)
def test_a_limit_that_can_just_be_met_is_met(limit, hours):
    problem, best, harder = case(limit, hours)
    asked = best * (1.0 - harder * 1e-5)
    done = dispatch_optimal(asking(problem, limit, asked))
    done.check()
    reached = float(kpis(done)[FIGURES[limit]])
    assert harder * (reached - asked) >= -1e-7 * abs(asked)


@pytest.mark.parametrize("share", [1e-3, 0.5], ids=["just missed", "far"])
@pytest.mark.parametrize("hours", HOURS)
@pytest.mark.parametrize("limit", SINGLE)
def test_a_limit_that_is_missed_is_reported_with_the_best_there_is(limit, hours, share):
    problem, best, harder = case(limit, hours)
    asked = beyond(best, harder, share, limit)
    message = message_of(asking(problem, limit, asked))
    value = proposed(message, limit)
    assert value == pytest.approx(best, abs=5e-4 if limit == NET_RATE else 1e-3 * best)
    assert "these are in conflict: " in message
    dispatch_optimal(asking(problem, limit, value)).check()


@pytest.mark.parametrize("share", [1e-3, 0.5], ids=["just missed", "far"])
@pytest.mark.parametrize("hours", LOOKING)
def test_the_metered_rate_is_reported_with_and_without_losing_energy_both_ways(hours, share):
    problem, best, harder = case(METERED_RATE, hours)
    asked = beyond(best, harder, share, METERED_RATE)
    message = message_of(asking(problem, METERED_RATE, asked))
    assert number(re.search(r"at best it is ([\d.]*\d)", message)[1]) == pytest.approx(
        best, abs=5e-4
    )
    value = proposed(message, METERED_RATE)
    assert best_of(NET_RATE, problem) - 5e-4 <= value <= best
    done = dispatch_optimal(asking(problem, METERED_RATE, value))
    done.check()
    assert float(kpis(done)[FIGURES[METERED_RATE]]) >= value * (1.0 - 1e-9)


@pytest.mark.parametrize("hours", LOOKING)
def test_a_metered_rate_that_only_running_both_ways_reaches_is_reported_as_such(hours):
    problem, best, _ = case(METERED_RATE, hours)
    message = message_of(asking(problem, METERED_RATE, best * (1.0 - 1e-5)))
    assert "storage that does not charge and discharge at once reaches" in message
    value = proposed(message, METERED_RATE)
    dispatch_optimal(asking(problem, METERED_RATE, value)).check()


@pytest.mark.parametrize("hours", HOURS)
def test_exports_can_always_be_kept_low(hours):
    done = dispatch_optimal(asking(project(hours), "export_rate_max", 0.0))
    done.check()
    assert float(kpis(done)["export_rate"]) <= 1e-9


@pytest.mark.parametrize("terminal", ["at_least", "equal_initial"])
@pytest.mark.parametrize("hours", HOURS)
def test_a_level_that_losses_just_allow_is_kept_and_a_higher_one_is_reported(terminal, hours):
    # Charging all the time holds the level at which a step loses what it gains.
    leaky = replace(BATTERY, charge_mw=1.0, standing_loss_per_hour=0.02)
    held = 0.9 * 1.0 / 0.02
    for level, possible in ((held * (1.0 - 1e-5), True), (held * 1.001, False), (59.0, False)):
        asked = project(
            hours, storages=(replace(leaky, initial_level_mwh=level),), terminal=terminal
        )
        if possible:
            dispatch_optimal(asked).check()
        else:
            message = message_of(asked)
            assert "dispatch.terminal" in message or "by the end, below where it began" in message
            dispatch_optimal(replace(asked, terminal="free")).check()


@pytest.mark.parametrize("share", [-1e-5, 1e-3, 0.5], ids=["just met", "just missed", "far"])
@pytest.mark.parametrize("hours", HOURS)
def test_the_import_that_serves_all_load_is_found(hours, share):
    problem = project(hours, terms=PeriodTerms(unserved_max_mwh=0.0), storages=())
    own = sum(problem.renewables.values()) + 12.0
    need = float(np.max(problem.load_mw - own))
    asked = replace(problem, import_limit_mw=need * (1.0 - share))
    if share < 0.0:
        dispatch_optimal(asked).check()
        return
    found = re.search(r"grid\.import_limit_mw raised to ([\d.,]*\d)", message_of(asked))
    value = number(found[1])
    assert need <= value <= need * 1.001 + 0.01
    dispatch_optimal(replace(problem, import_limit_mw=value)).check()


@pytest.mark.slow
def test_the_official_limit_on_a_year_of_jeminay_is_reported_with_a_change_that_passes(repository):
    scenario = repository / "scenarios" / "jeminay-2023.toml"
    year = load(scenario, ["dispatch.method=optimal"]).portfolio.problem()
    message = message_of(asking(year, METERED_RATE, 0.6))
    best = number(re.search(r"at best it is ([\d.]*\d)", message)[1])
    assert best == pytest.approx(0.5268, abs=5e-4)
    value = proposed(message, METERED_RATE)
    assert 0.5213 <= value <= 0.5218  # beyond it nothing runs one way at a time
    dispatch_optimal(asking(year, METERED_RATE, value)).check()
    net = proposed(message_of(asking(year, NET_RATE, 0.6)), NET_RATE)
    assert net == pytest.approx(0.5143, abs=5e-4)
    done = dispatch_optimal(asking(year, NET_RATE, net))
    done.check()
    assert float(kpis(done)["self_consumption_rate"]) >= net * (1.0 - 1e-9)
