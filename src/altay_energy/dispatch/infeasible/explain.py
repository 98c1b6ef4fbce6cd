"""Why a problem has no solution, in words: the proof, the hours, the smallest change, the clash.

A message has up to four parts:

1. what arithmetic proves (`arithmetic`), before any solver runs;
2. what is missed at the least, and in which hours, from an elastic program (`elastic`);
3. single changes that are enough, each as small as it can be (`mend`);
4. keys that clash: without any one of them there is a solution (`clash`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from altay_energy.core.errors import NoSolutionError
from altay_energy.dispatch.infeasible.conflict import clash_of
from altay_energy.dispatch.infeasible.elastic import Missed, Slack, missed
from altay_energy.dispatch.infeasible.necessary import proofs
from altay_energy.dispatch.infeasible.outages import figure, told_spells
from altay_energy.dispatch.infeasible.repair import limit_told, mends_of
from altay_energy.dispatch.optimal.one_way import missed_one_way
from altay_energy.dispatch.problem.period import LIMITS, METERED_RATE, SERVED
from altay_energy.dispatch.problem.problem import Problem
from altay_energy.dispatch.program.formulation import Formulation

_UNKNOWN = (
    "the limits of the period can only just be kept, if at all: no dispatch was found with them, "
    "and what is missing is less than a ten-millionth of each; relax one of them a little"
)
_ENDS = {"short": "low", "over": "high"}


def refuse_impossible(problem: Problem) -> None:
    """Refuse a problem of which arithmetic alone shows that it has no solution.

    Parameters
    ----------
    problem : Problem
        Shape (..., T), stations as storages (`favourable`).

    Raises
    ------
    NoSolutionError
        With the proof first.
    """
    run, found = proofs(problem)
    if found:
        raise NoSolutionError(_message(problem, run, found, missed(problem.one(run))))


def why_infeasible(formulation: Formulation) -> NoSolutionError:
    """The error to raise for a program that has no solution.

    Parameters
    ----------
    formulation : Formulation
        Of a problem that a solver found infeasible; of several runs the first impossible one is
        explained.

    Returns
    -------
    NoSolutionError
        What cannot be kept, by how much, and the smallest change.
    """
    return why_impossible(formulation.problem)


def why_impossible(problem: Problem) -> NoSolutionError:
    """`why_infeasible` for a problem of shape (..., T), stations as storages."""
    for run in np.ndindex(*problem.shape[:-1]):
        least = missed(problem.one(run))
        if least.amounts:
            return NoSolutionError(_message(problem, run, [], least))
    if METERED_RATE in problem.terms.own_use:  # kept by storage that runs both ways at once alone
        for run in np.ndindex(*problem.shape[:-1]):
            sure = missed(_surely(problem.one(run)))
            if METERED_RATE in sure.amounts:
                only = Missed({METERED_RATE: 0.0}, sure.unserved_mw)
                return NoSolutionError(_message(problem, run, [], only))
    return NoSolutionError(_UNKNOWN)


def _message(problem: Problem, run: tuple[int, ...], found: Sequence[str], least: Missed) -> str:
    one, where = problem.one(run), f"run {run}: " if run else ""
    lines = [*found, *(_told(one, least, name) for name in least.amounts)]
    if least.amounts:  # else what arithmetic shows is within the rounding of a solver
        sure = _surely(one)
        lines += [*_changes(sure, least), *_clash(sure)]
    return "\n".join(where + line for line in lines)


def _told(problem: Problem, least: Missed, name: Slack) -> str:
    """What is missed, by how much, and how to mend it."""
    amount = least.amounts[name]
    if isinstance(name, tuple):
        return _level_told(problem, *name, amount)
    if name == SERVED:
        return _unserved_told(problem, least)
    asked, by = getattr(problem.terms, name), amount * problem.step_hours
    verb, to = limit_told(problem, name, amount)
    if name == METERED_RATE:
        return _metered_told(problem, least, verb, to)
    reached = f"{asked + by:.6g}"
    best = f"at best it is {to}"
    return _in_words(problem, name, by=f"{by:.6g}", reached=reached, verb=verb, to=to, best=best)


def _in_words(problem: Problem, name: str, **words: str) -> str:
    """The message that a limit cannot be kept."""
    return LIMITS[name].missed.format(key=name, asked=getattr(problem.terms, name), **words)


def _metered_told(problem: Problem, least: Missed, verb: str, best: str) -> str:
    """The metered rate: what losing energy both ways at once would add is reported apart."""
    amount = least.amounts[METERED_RATE]
    way = missed_one_way(problem, least.amounts)
    lacking, to = (amount, best) if way is None else (way.missing, "")
    to = to or limit_told(problem, METERED_RATE, lacking)[1]
    if way is not None and amount == 0.0:
        reached = f"storage that does not charge and discharge at once reaches {to}"
    elif way is not None:
        reached = (
            f"at best it is {best}, with storage that charges and discharges at once to waste "
            f"energy; without that {to} is reached"
        )
    else:
        reached = f"at best it is {best}"
    by = figure((amount or lacking) * problem.step_hours)
    return _in_words(problem, METERED_RATE, by=by, best=reached, verb=verb, to=to)


def _surely(problem: Problem) -> Problem:
    """The same with a metered rate that storage keeps one way at a time, whatever it does."""
    return replace(problem, terms=replace(problem.terms, metered_counts_loss=False))


def _level_told(problem: Problem, storage: str, side: str, amount: float) -> str:
    start = next(s.initial_level_mwh for s in problem.storages if s.name == storage)
    return (
        f'{storage}: terminal = "{problem.terminal}" cannot be met: from {start:.6g} MWh the level '
        f'ends at least {amount:.4g} MWh too {_ENDS[side]}; say dispatch.terminal = "free", or '
        "change its initial_level"
    )


def _unserved_told(problem: Problem, least: Missed) -> str:
    """Load that goes without, in which hours."""
    energy = figure(float(least.unserved_mw.sum()) * problem.step_hours)
    hours = told_spells(problem, least.unserved_mw, "load exceeds all sources")
    return _in_words(problem, SERVED, reached=energy, hours=hours)


def _changes(problem: Problem, least: Missed) -> list[str]:
    """Single changes that are enough, but for those that have been told with what is missed."""
    mends = mends_of(problem)
    if len(least.amounts) == 1 and SERVED not in least.amounts:
        mends = [m for m in mends if m.key not in {f"dispatch.{n}" for n in least.amounts}]
    if not mends:
        return []
    return [f"any one of these is enough: {'; '.join(m.told for m in mends)}"]


def _clash(problem: Problem) -> list[str]:
    names = ", ".join(key.told for key in clash_of(problem))
    return [f"these clash: {names}"] if names else []
