"""Why a problem has no solution, in words, with the smallest change that gives it one.

A dispatch may always curtail, back must-run power down or leave load unserved, so what can be
impossible are limits over the period and levels that storages must end at. All of them are made
elastic: the program is solved once more with what they may be missed by as its only cost. What is
missed at the least is what has to give.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from altay_energy.dispatch.block_lp import BlockLP
from altay_energy.dispatch.highs import solve_by_highs
from altay_energy.dispatch.linear import Formulation
from altay_energy.errors import NoSolutionError
from altay_energy.units import Array

_MISSED = 1e-7
"""Share of the limit from which on missing it is no rounding."""

_ROUND_UP = 1.0001


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
    for run in np.ndindex(*formulation.lp.lead):
        elastic, names = _elastic(formulation.lp.one(run), formulation)
        solution = solve_by_highs(elastic)
        if str(solution.status) != "optimal":
            continue
        missed = dict(zip(names, solution.y[-len(names) :], strict=True)) if names else {}
        where = f"run {run}: " if run else ""
        lines = [
            line
            for name, amount in missed.items()
            for line in _told(formulation, run, name, float(amount))
        ]
        if lines:
            return NoSolutionError("\n".join(where + line for line in lines))
    return NoSolutionError(
        "no dispatch satisfies all limits, and no single limit could be found that stands in the "
        "way 没有任何调度方案满足全部约束"
    )


def _elastic(lp: BlockLP, formulation: Formulation) -> tuple[BlockLP, list[str]]:
    """The program with a shared variable for all that may be missed, and their names."""
    limits, problem = list(formulation.limits), formulation.problem
    ends = []
    if problem.terminal in ("at_least", "equal_initial"):
        signs = (-1.0, 1.0) if problem.terminal == "equal_initial" else (-1.0,)
        rows = [name for name in formulation.row if f"level {name}" in formulation.column]
        ends = [(name, sign) for name in rows for sign in signs]
    count = len(limits) + len(ends)
    shared = np.zeros((lp.rows, count, lp.steps))
    for k, (name, sign) in enumerate(ends):
        shared[formulation.row[name], len(limits) + k, -1] = sign
    dense_shared = np.zeros((len(limits), count))
    dense_shared[:, : len(limits)] = -np.eye(len(limits))
    scale = np.concatenate([np.maximum(np.abs(lp.dense_rhs), 1.0), np.ones(len(ends))])
    elastic = replace(
        lp,
        cost=np.zeros((lp.columns, lp.steps)),
        shared_cost=np.concatenate([np.zeros_like(lp.shared_cost), 1.0 / scale]),
        shared_lower=np.concatenate([lp.shared_lower, np.zeros(count)]),
        shared_upper=np.concatenate([lp.shared_upper, np.full(count, np.inf)]),
        shared=np.concatenate([lp.shared, shared], axis=-2),
        dense_shared=np.concatenate([lp.dense_shared, dense_shared], axis=-1),
    )
    return elastic, [*limits, *(f"{name} {'short' if s < 0 else 'over'}" for name, s in ends)]


def _told(
    formulation: Formulation, run: tuple[int, ...], name: str, amount: float
) -> tuple[str, ...]:
    """What is missed and how to mend it, English and Chinese; nothing if it is kept."""
    problem, terms = formulation.problem, formulation.problem.terms
    if name.endswith((" short", " over")):
        storage = next(s for s in problem.storages if name.startswith(f"{s.name} "))
        if amount <= _MISSED * storage.energy_mwh:
            return ()
        return (
            f'{storage.name}: terminal = "{problem.terminal}" cannot be met: from '
            f"{storage.initial_level_mwh:.6g} MWh the level ends at least {amount:.4g} MWh too "
            f'{"low" if name.endswith(" short") else "high"}; say dispatch.terminal = "free", or '
            "change its initial_level",
            f"{storage.name}：无法满足 terminal = {problem.terminal}，期末电量至少相差 "
            f"{amount:.4g} MWh；请改用 dispatch.terminal = free，或调整初始电量",
        )
    limit = formulation.lp.dense_rhs[..., list(formulation.limits).index(name)]
    if amount <= _MISSED * max(abs(float(np.broadcast_to(limit, problem.shape[:-1])[run])), 1.0):
        return ()
    energy = amount * problem.step_hours
    if name == "emissions_max_t":
        assert terms.emissions_max_t is not None
        least = terms.emissions_max_t + energy
        return (
            f"dispatch.emissions_max_t = {terms.emissions_max_t:g} cannot be kept: at least "
            f"{least:.6g} t are emitted whatever is done; raise it to {least * _ROUND_UP:.6g}, or "
            "lower must_run_fraction of thermal plants",
            f"dispatch.emissions_max_t = {terms.emissions_max_t:g} 无法满足：至少排放 "
            f"{least:.6g} t；请提高到 {least * _ROUND_UP:.6g}，或降低火电 must_run_fraction",
        )
    most = _rate_met(formulation, run, name, amount)
    asked = getattr(terms, name)
    verb = "lower" if name.endswith("_min") else "raise"
    return (
        f"dispatch.{name} = {asked:g} cannot be kept: {energy:.6g} MWh are missing, at best it is "
        f"{most:.4g}; {verb} it to {most:.4g}, or add storage, load or import_limit_mw",
        f"dispatch.{name} = {asked:g} 无法满足：相差 {energy:.6g} MWh，最多只能达到 {most:.4g}；"
        f"请将其改为 {most:.4g}，或增加储能、负荷或下网能力",
    )


def _rate_met(formulation: Formulation, run: tuple[int, ...], name: str, amount: float) -> float:
    problem = formulation.problem
    whole: Array = sum(
        (problem.on_all(power)[run].sum() for power in problem.renewables.values()),
        start=np.zeros(()),
    )
    off = amount / max(float(whole), 1e-30)
    asked = float(getattr(problem.terms, name))
    met = asked - off if name.endswith("_min") else asked + off
    rounded = np.floor(met * 1e4) if name.endswith("_min") else np.ceil(met * 1e4)
    return float(rounded) / 1e4
