"""Messages about infeasible problems: proof, hours, smallest changes and conflict of keys.

A message has up to four parts:

1. what arithmetic proves (`necessary`), before any solver runs;
2. the least violations, and the hours of unserved load, from an elastic program (`elastic`);
3. single changes that make the problem feasible, each as small as possible (`repair`);
4. an irreducible conflict of keys (`conflict`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from altay_energy.core.errors import NoSolutionError
from altay_energy.dispatch.infeasible.conflict import conflict_of
from altay_energy.dispatch.infeasible.elastic import Missed, Slack, missed
from altay_energy.dispatch.infeasible.necessary import proofs
from altay_energy.dispatch.infeasible.outages import figure, outage_words
from altay_energy.dispatch.infeasible.repair import limit_change, repairs_of
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
    """Raise if arithmetic alone proves a problem infeasible.

    Parameters
    ----------
    problem : Problem
        Shape (..., T), stations as storages (`program.station.envelope`).

    Raises
    ------
    NoSolutionError
        With the proof as its first part.
    """
    run, found = proofs(problem)
    if found:
        raise NoSolutionError(_message(problem, run, found, missed(problem.one(run))))


def why_infeasible(formulation: Formulation) -> NoSolutionError:
    """Return the error to raise for an infeasible program.

    Parameters
    ----------
    formulation : Formulation
        Formulation that a solver found infeasible; of several runs the first infeasible one is
        explained.

    Returns
    -------
    NoSolutionError
        Names what is violated, by how much, and the smallest change.
    """
    return why_impossible(formulation.problem)


def why_impossible(problem: Problem) -> NoSolutionError:
    """Return `why_infeasible` for a problem of shape (..., T), stations as storages."""
    for run in np.ndindex(*problem.shape[:-1]):
        least = missed(problem.one(run))
        if least.amounts:
            return NoSolutionError(_message(problem, run, [], least))
    # feasible only with storages that run both ways at once
    if METERED_RATE in problem.terms.own_use:
        for run in np.ndindex(*problem.shape[:-1]):
            sure = missed(_surely(problem.one(run)))
            if METERED_RATE in sure.amounts:
                only = Missed({METERED_RATE: 0.0}, sure.unserved_mw)
                return NoSolutionError(_message(problem, run, [], only))
    return NoSolutionError(_UNKNOWN)


def _message(problem: Problem, run: tuple[int, ...], found: Sequence[str], least: Missed) -> str:
    one, where = problem.one(run), f"run {run}: " if run else ""
    lines = [*found, *(_explained(one, least, name) for name in least.amounts)]
    if least.amounts:  # otherwise the violation is within the rounding of a solver
        sure = _surely(one)
        lines += [*_changes(sure, least), *_conflict(sure)]
    return "\n".join(where + line for line in lines)


def _explained(problem: Problem, least: Missed, name: Slack) -> str:
    """Yield violations by amount, each with the change of the limit that would be enough."""
    amount = least.amounts[name]
    if isinstance(name, tuple):
        return _level_words(problem, *name, amount)
    if name == SERVED:
        return _unserved_words(problem, least)
    asked, by = getattr(problem.terms, name), amount * problem.step_hours
    verb, to = limit_change(problem, name, amount)
    if name == METERED_RATE:
        return _metered_words(problem, least, verb, to)
    reached = f"{asked + by:.6g}"
    best = f"at best it is {to}"
    return _in_words(problem, name, by=f"{by:.6g}", reached=reached, verb=verb, to=to, best=best)


def _in_words(problem: Problem, name: str, **words: str) -> str:
    """Return the message that a limit cannot be kept."""
    return LIMITS[name].missed.format(key=name, asked=getattr(problem.terms, name), **words)


def _metered_words(problem: Problem, least: Missed, verb: str, best: str) -> str:
    """Return the message for the metered rate; the effect of running both ways is separate."""
    amount = least.amounts[METERED_RATE]
    way = missed_one_way(problem, least.amounts)
    lacking, to = (amount, best) if way is None else (way.missing, "")
    to = to or limit_change(problem, METERED_RATE, lacking)[1]
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
    """Return the problem with a metered rate that storage losses cannot satisfy."""
    return replace(problem, terms=replace(problem.terms, metered_counts_loss=False))


def _level_words(problem: Problem, storage: str, side: str, amount: float) -> str:
    start = next(s.initial_level_mwh for s in problem.storages if s.name == storage)
    return (
        f'{storage}: terminal = "{problem.terminal}" cannot be met: from {start:.6g} MWh the level '
        f'ends at least {amount:.4g} MWh too {_ENDS[side]}; say dispatch.terminal = "free", or '
        "change its initial_level"
    )


def _unserved_words(problem: Problem, least: Missed) -> str:
    """Return the unserved load by hours, in words."""
    energy = figure(float(least.unserved_mw.sum()) * problem.step_hours)
    hours = outage_words(problem, least.unserved_mw, "load exceeds all sources")
    return _in_words(problem, SERVED, reached=energy, hours=hours)


def _changes(problem: Problem, least: Missed) -> list[str]:
    """Return single changes that are enough, except those reported with the violations."""
    repairs = repairs_of(problem)
    if len(least.amounts) == 1 and SERVED not in least.amounts:
        repairs = [m for m in repairs if m.key not in {f"dispatch.{n}" for n in least.amounts}]
    if not repairs:
        return []
    return [f"any one of these is enough: {'; '.join(m.text for m in repairs)}"]


def _conflict(problem: Problem) -> list[str]:
    names = ", ".join(key.text for key in conflict_of(problem))
    return [f"these are in conflict: {names}"] if names else []
