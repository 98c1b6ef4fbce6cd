"""Scenario keys that can make a problem infeasible, and the problem without each of them.

The problem without a limit is the problem in which it never binds; without a load there is no
demand. Input without a key (weather, efficiencies, prices) is fixed.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from operator import methodcaller

from altay_energy.dispatch.problem.problem import Problem
from altay_energy.dispatch.program.element import Key
from altay_energy.dispatch.program.elements import elements_of


def keys_of(problem: Problem) -> list[Key]:
    """Return the keys that can make a problem infeasible, in the order of their relaxation.

    Parameters
    ----------
    problem : Problem
        Shape (T,).
    """
    elements = sorted(elements_of(problem), key=lambda element: element.relaxed)
    return [*(key for element in elements for key in element.keys(problem)), *_terms(problem)]


def _terms(problem: Problem) -> Iterator[Key]:
    rule, terms = problem.terminal, problem.terms
    if rule in ("at_least", "equal_initial"):
        yield Key("dispatch.terminal", f'"{rule}"', without_terminal)
    if rule == "cyclic" and problem.storages and not terms.own_use:
        yield Key("dispatch.terminal", f'"{rule}"', _begun_full_and_free)
    for limit, asked in sorted(terms.limits(), key=lambda given: given[0].relaxed):
        yield Key(f"dispatch.{limit.key}", asked, methodcaller("without_limit", limit.key))


def without_terminal(problem: Problem) -> Problem:
    """Return the problem with free last levels."""
    return replace(problem, terminal="free")


def _begun_full_and_free(problem: Problem) -> Problem:
    """Return the problem with free first and last levels."""
    full = (replace(s, initial_level_mwh=s.energy_mwh) for s in problem.storages)
    return replace(problem, terminal="free", storages=tuple(full))
