"""Laws of what cannot be: proofs hold, changes suffice and are no larger than needed."""

from __future__ import annotations

import re
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from altay_energy.core.errors import NoSolutionError
from altay_energy.dispatch.infeasible.conflict import conflict_of
from altay_energy.dispatch.infeasible.elastic import is_possible, missed
from altay_energy.dispatch.infeasible.explain import why_impossible
from altay_energy.dispatch.infeasible.keys import keys_of
from altay_energy.dispatch.infeasible.necessary import proofs
from altay_energy.dispatch.infeasible.repair import repairs_of
from altay_energy.dispatch.lp.highs import solve_by_highs
from altay_energy.dispatch.optimal.optimal import dispatch_optimal
from altay_energy.dispatch.program.formulation import formulate
from altay_energy.report.text.messages import translated
from altay_energy.scenario.load import load

sys.path.insert(0, str(Path(__file__).parent))
from systems import system


def tight_system(seed, steps=48):
    """A system that may serve all its load, or not quite, or not nearly, with further limits."""
    rng = np.random.default_rng(1000 + seed)
    problem = system(seed, steps, most_storages=2)
    changes = {"unserved_max_mwh": float(rng.choice([0.0, 0.0, 50.0]))}
    if rng.random() < 0.2:
        changes["emissions_max_t"] = float(rng.choice([300.0, 1500.0]))
    if rng.random() < 0.2:
        rate = ("self_consumption_rate_min", "self_consumption_metered_rate_min")[seed % 2]
        changes[rate] = float(rng.choice([0.7, 0.95]))
    terminal = problem.terminal
    if rng.random() < 0.4 and terminal != "water_value":
        terminal = str(rng.choice(["at_least", "equal_initial"]))
    own = sum(problem.renewables.values()) + sum(p.capacity_mw for p in problem.thermals)
    missing = np.maximum(problem.load_mw - own, 0.0)
    loss = float(rng.choice([0.0, 0.0, 0.05]))
    return replace(
        problem,
        terminal=terminal,
        import_limit_mw=float(np.quantile(missing, rng.choice([0.5, 0.8, 0.9, 0.97]))),
        storages=tuple(replace(s, standing_loss_per_hour=loss) for s in problem.storages),
        terms=replace(problem.terms, **changes),
    )


def changed(problem, key, value):
    """A problem with one key at another value, as a scenario would change it."""
    table, _, field = key.rpartition(".")
    if key == "grid.import_limit_mw":
        return replace(problem, import_limit_mw=value)
    if key == "dispatch.terminal":
        return replace(problem, terminal="free")
    if table == "dispatch":
        return replace(problem, terms=replace(problem.terms, **{field: value}))
    return replace(
        problem,
        storages=tuple(
            replace(
                s,
                **{field: value},
                initial_level_mwh=s.initial_level_mwh
                * (value / s.energy_mwh if field == "energy_mwh" and s.energy_mwh else 1.0),
            )
            if s.name == table
            else s
            for s in problem.storages
        ),
    )


def value_of(problem, key):
    table, _, field = key.rpartition(".")
    if key == "grid.import_limit_mw":
        return float(np.max(problem.import_limit_mw))
    owner = problem.terms if table == "dispatch" else None
    return getattr(owner or next(s for s in problem.storages if s.name == table), field)


def key_and_value(told):
    found = re.match(r"(\S+) raised to ([\d.,]+)", told)
    return found[1], float(found[2].replace(",", ""))


SEEDS = range(80)


@pytest.mark.parametrize("seed", SEEDS)
def test_nothing_is_missed_exactly_where_the_program_has_a_solution(seed):
    problem = tight_system(seed)
    lp = formulate(problem).lp
    assert is_possible(problem) == (str(solve_by_highs(lp).status) == "optimal")


@pytest.mark.parametrize("seed", SEEDS)
def test_what_arithmetic_proves_is_impossible(seed):
    problem = tight_system(seed)
    _, found = proofs(problem)
    if found:
        assert not is_possible(problem)


def test_arithmetic_finds_most_of_what_is_impossible_and_not_all():
    problems = [tight_system(seed) for seed in SEEDS]
    impossible = [p for p in problems if not is_possible(p)]
    proven = [p for p in impossible if proofs(p)[1]]
    assert 15 < len(impossible) < 50
    assert 0.6 * len(impossible) < len(proven)


@pytest.mark.parametrize("seed", SEEDS)
def test_every_change_that_is_proposed_is_enough_and_clearly_less_is_not(seed):
    problem = tight_system(seed)
    if is_possible(problem):
        return
    for repair in repairs_of(problem):
        if repair.key == "dispatch.terminal":
            assert is_possible(changed(problem, repair.key, None))
            continue
        if repair.text.endswith(" together"):
            one, other = repair.text.split(" and ")
            stronger = changed(problem, *key_and_value(one))
            assert is_possible(changed(stronger, *key_and_value(other))), repair
            assert not is_possible(stronger)
            assert not is_possible(changed(problem, *key_and_value(other)))
            continue
        old = value_of(problem, repair.key)
        new = float(re.search(r"(?:raised|lowered) to ([\d.,]+)", repair.text)[1].replace(",", ""))
        assert is_possible(changed(problem, repair.key, new)), repair
        clearly = 2e-4 if "_rate_" in repair.key else 0.02 * (new - old)  # rates have four digits
        less = new - np.copysign(clearly, new - old)
        assert not is_possible(changed(problem, repair.key, less)), repair


@pytest.mark.parametrize("seed", range(0, 80, 2))
def test_keys_in_conflict_do_so_without_the_others_and_no_longer_without_any_of_them(seed):
    problem = tight_system(seed)
    if is_possible(problem):
        return
    named = conflict_of(problem)
    alone = problem
    for key in keys_of(problem):
        if key.name not in {k.name for k in named}:
            alone = key.without(alone)
    assert not is_possible(alone)
    for key in named:
        assert is_possible(key.without(alone)), key.name


@pytest.mark.parametrize("seed", range(0, 80, 3))
def test_the_least_unserved_load_is_that_of_the_cheapest_dispatch(seed):
    problem = tight_system(seed)
    least = missed(problem)
    if set(least.amounts) != {"unserved_max_mwh"}:
        return
    energy = float(least.unserved_mw.sum()) * problem.step_hours
    enough = replace(problem, terms=replace(problem.terms, unserved_max_mwh=energy * 1.001))
    found = dispatch_optimal(enough)
    found.check()
    assert found.unserved_mw.sum() * problem.step_hours <= energy * 1.001 * (1.0 + 1e-6)
    with pytest.raises(NoSolutionError):
        dispatch_optimal(
            replace(problem, terms=replace(enough.terms, unserved_max_mwh=0.99 * energy))
        )


@pytest.mark.parametrize("seed", range(12))
def test_waiving_a_key_never_makes_a_possible_problem_impossible(seed):
    problem = tight_system(seed)
    problem = problem if is_possible(problem) else problem.without_limit("unserved_max_mwh")
    if is_possible(problem):
        for key in keys_of(problem):
            assert is_possible(key.without(problem)), key.name


@pytest.mark.parametrize("seed", range(0, 80, 6))
def test_a_message_says_everything_in_either_language(seed):
    problem = tight_system(seed)
    if is_possible(problem):
        return
    lines = str(why_impossible(problem)).splitlines()
    for line in lines:
        assert not re.search(r"[\u4e00-\u9fff]", line)
        assert re.search(r"[\u4e00-\u9fff]", translated(line, "zh"))
        assert not re.search(r"[a-z]+ [a-z]+ [a-z]+", translated(line, "zh"))
    assert "these are in conflict: " in lines[-1]


@pytest.mark.parametrize("seed", range(40))
def test_no_more_load_is_unserved_than_allowed_at_any_prices(seed):
    rng = np.random.default_rng(seed)
    problem = tight_system(seed)
    if not is_possible(problem):
        return
    price = rng.choice([-50.0, 100.0, 20_000.0], problem.steps)  # also above unserved load
    found = dispatch_optimal(replace(problem, import_price_cny_mwh=price))
    found.check()
    lost = float(found.unserved_mw.sum()) * problem.step_hours
    assert lost <= problem.terms.unserved_max_mwh + 1e-4


SHORT_OF_ENERGY = [
    "grid.import_limit_mw=4",
    "battery.resort.energy_mwh=60",
    "battery.resort.charge_mw=9",
    "battery.resort.discharge_mw=9",
    "dispatch.unserved_max_mwh=0",
]


@pytest.mark.slow
def test_in_a_year_of_a_scenario_changes_are_enough_and_keys_conflict(repository):
    problem = load(
        repository / "scenarios" / "ski-resort.toml", SHORT_OF_ENERGY
    ).portfolio.problem()
    assert proofs(problem)[1]
    repairs = {repair.key: repair.text for repair in repairs_of(problem)}
    assert set(repairs) == {
        "grid.import_limit_mw",
        "battery.resort.energy_mwh",
        "dispatch.unserved_max_mwh",
    }
    for key, told in repairs.items():
        old, new = value_of(problem, key), float(told.rpartition(" ")[2].replace(",", ""))
        assert is_possible(changed(problem, key, new))
        assert not is_possible(changed(problem, key, old + 0.98 * (new - old)))
    named, alone = conflict_of(problem), problem
    for key in keys_of(problem):
        if key.name not in {k.name for k in named}:
            alone = key.without(alone)
    assert not is_possible(alone)
    assert all(is_possible(key.without(alone)) for key in named)
