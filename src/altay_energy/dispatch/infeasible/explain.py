"""Why a problem has no solution, in words: the proof, the hours, the smallest change, the clash.

A message has up to four parts, each in English and in Chinese:

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
from altay_energy.dispatch.infeasible.outages import Pair, figure, told_spells
from altay_energy.dispatch.infeasible.repair import limit_told, mends_of
from altay_energy.dispatch.optimal.one_way import missed_one_way
from altay_energy.dispatch.problem.period import LIMITS, METERED_RATE, SERVED
from altay_energy.dispatch.problem.problem import Problem
from altay_energy.dispatch.program.formulation import Formulation

_UNKNOWN = (
    "the limits of the period can only just be kept, if at all: no dispatch was found with them, "
    "and what is missing is less than a ten-millionth of each; relax one of them a little",
    "期内各项约束几乎无法同时满足：未找到可行的调度方案，而任一约束的缺口均小于其千万分之一；请略微放宽其中一项",
)
_ENDS = {"short": ("low", "低"), "over": ("high", "高")}


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
        What cannot be kept, by how much, and the smallest change, in English and in Chinese.
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
    return NoSolutionError("\n".join(_UNKNOWN))


def _message(problem: Problem, run: tuple[int, ...], found: Sequence[Pair], least: Missed) -> str:
    one, where = problem.one(run), f"run {run}: " if run else ""
    pairs = [*found, *(_told(one, least, name) for name in least.amounts)]
    if least.amounts:  # else what arithmetic shows is within the rounding of a solver
        sure = _surely(one)
        pairs += [*_changes(sure, least), *_clash(sure)]
    return "\n".join(where + line for pair in pairs for line in pair)


def _told(problem: Problem, least: Missed, name: Slack) -> Pair:
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
    best = f"at best it is {to}", f"最多只能达到 {to}"
    return _in_words(
        problem, name, by=f"{by:.6g}", reached=f"{asked + by:.6g}", verb=verb, to=to, best=best
    )


def _in_words(problem: Problem, name: str, **words: str | Pair) -> Pair:
    """The message that a limit cannot be kept; a pair of words is English and Chinese."""
    first = {"key": name, "asked": getattr(problem.terms, name)}
    english, chinese = (
        text.format(**first, **{k: w if isinstance(w, str) else w[n] for k, w in words.items()})
        for n, text in enumerate(LIMITS[name].missed)
    )
    return english, chinese


def _metered_told(problem: Problem, least: Missed, verb: str, best: str) -> Pair:
    """The metered rate: what losing energy both ways at once would add is reported apart."""
    amount = least.amounts[METERED_RATE]
    way = missed_one_way(problem, least.amounts)
    lacking, to = (amount, best) if way is None else (way.missing, "")
    to = to or limit_told(problem, METERED_RATE, lacking)[1]
    english = f"at best it is {best}"
    chinese = f"最多只能达到 {best}"
    if way is not None and amount == 0.0:
        english = f"storage that does not charge and discharge at once reaches {to}"
        chinese = f"储能不同时充放电时可达到 {to}"
    elif way is not None:
        english += (
            f", with storage that charges and discharges at once to waste energy; without that "
            f"{to} is reached"
        )
        chinese += f"，且须储能同时充放电以消耗电量；不同时充放电时可达到 {to}"
    by = figure((amount or lacking) * problem.step_hours)
    return _in_words(problem, METERED_RATE, by=by, best=(english, chinese), verb=verb, to=to)


def _surely(problem: Problem) -> Problem:
    """The same with a metered rate that storage keeps one way at a time, whatever it does."""
    return replace(problem, terms=replace(problem.terms, metered_counts_loss=False))


def _level_told(problem: Problem, storage: str, side: str, amount: float) -> Pair:
    start = next(s.initial_level_mwh for s in problem.storages if s.name == storage)
    english, chinese = _ENDS[side]
    return (
        f'{storage}: terminal = "{problem.terminal}" cannot be met: from {start:.6g} MWh the level '
        f'ends at least {amount:.4g} MWh too {english}; say dispatch.terminal = "free", or change '
        "its initial_level",
        f"{storage}：无法满足 terminal = {problem.terminal}，期末电量至少偏{chinese} "
        f"{amount:.4g} MWh；请改用 dispatch.terminal = free，或调整初始电量",
    )


def _unserved_told(problem: Problem, least: Missed) -> Pair:
    """Load that goes without, in which hours."""
    energy = figure(float(least.unserved_mw.sum()) * problem.step_hours)
    words = ("load exceeds all sources", "负荷超过全部电源")
    hours = told_spells(problem, least.unserved_mw, words)
    return _in_words(problem, SERVED, reached=energy, hours=hours)


def _changes(problem: Problem, least: Missed) -> list[Pair]:
    """Single changes that are enough, but for those that have been told with what is missed."""
    mends = mends_of(problem)
    if len(least.amounts) == 1 and SERVED not in least.amounts:
        mends = [m for m in mends if m.key not in {f"dispatch.{n}" for n in least.amounts}]
    if not mends:
        return []
    told = [m.told for m in mends]
    return [
        (
            "any one of these is enough: " + "; ".join(en for en, _ in told),
            "以下任一项即可：" + "；".join(zh for _, zh in told),
        )
    ]


def _clash(problem: Problem) -> list[Pair]:
    names = ", ".join(key.told for key in clash_of(problem))
    return [(f"these clash: {names}", f"以下条件互相冲突：{names}")] if names else []
