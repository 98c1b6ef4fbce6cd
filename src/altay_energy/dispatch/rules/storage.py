"""Dispatch of a storage by rules: a recurrence of its content, all steps and runs at once."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from altay_energy.core.errors import NoSolutionError
from altay_energy.core.recurrence import bounded_levels, cyclic_levels
from altay_energy.core.units import Array
from altay_energy.dispatch.problem.problem import Problem
from altay_energy.dispatch.problem.storage import StorageLimits
from altay_energy.dispatch.result.costs import DIGITS

# First and last level are equal up to this share of the range of contents.
_LEVEL_TOLERANCE = 1e-6

BEYOND_USE = 2.0**20
"""Storages above this multiple of the energy they can gather are operated as smaller ones. [-]"""


def operate_storage(
    problem: Problem, storage: StorageLimits, asked: Array
) -> tuple[Array, Array, Array]:
    """Charge, discharge [MW] and level [MWh] of a storage that is asked to store some power [MW].

    Parameters
    ----------
    problem : Problem
        For the step and the terminal rule.
    storage : StorageLimits
    asked : ndarray, shape (..., T)
        Requested charging, negative: discharging; never exceeded. [MW]

    Raises
    ------
    NoSolutionError
        If it does not end the period as ``terminal`` demands.
    """
    storage = _of_useful_size(problem, storage, asked)
    into_store = problem.step_hours * storage.charge_efficiency
    out_of_store = problem.step_hours / storage.discharge_efficiency
    charge = _clip(asked, 0.0, _in_service(storage, storage.charge_mw))
    discharge = _clip(0.0 - asked, 0.0, _in_service(storage, storage.discharge_mw))
    gain = charge * into_store - discharge * out_of_store
    inflow = problem.step_hours * storage.inflow_mw
    level = _levels(problem, storage, gain + inflow if storage.has_inflow else gain)
    # Power beyond the bounds of the level is cut off. 0.0 - x instead of -x avoids -0.0 in tables.
    content = level[..., :-1] * storage.keep(problem.step_hours)
    if storage.has_inflow:
        content += inflow
    np.minimum(discharge, content / out_of_store, out=discharge)
    room = np.maximum(storage.energy_mwh - content, 0.0)
    room /= into_store
    np.minimum(charge, room, out=charge)
    return charge, discharge, level


def _of_useful_size(problem: Problem, storage: StorageLimits, wanted: Array) -> StorageLimits:
    """The storage with its energy reduced to what it can gather, if it is far larger.

    A content of 1e12 MWh has a rounding error of 1e-4 MWh, which would be energy from nothing. Only
    a cyclic period has a first content that is not given.
    """
    if problem.terminal != "cyclic":
        return storage
    power = storage.charge_efficiency * min(storage.charge_mw, float(np.max(wanted, initial=0.0)))
    gained = problem.step_hours * problem.steps * (power + float(np.max(storage.inflow_mw)))
    energy = 2.0 * gained
    if energy <= 0.0 or storage.energy_mwh <= BEYOND_USE * energy:
        return storage
    initial = min(storage.initial_level_mwh, energy)
    return replace(storage, energy_mwh=energy, initial_level_mwh=initial)


def spilled_by_rules(
    problem: Problem, storage: StorageLimits, charge: Array, discharge: Array, level: Array
) -> Array:
    """Inflow that is neither stored nor used, shape (..., T). [MW]"""
    hours = problem.step_hours
    kept = (level[..., 1:] - level[..., :-1] * storage.keep(hours)) / hours
    used = discharge / storage.discharge_efficiency - charge * storage.charge_efficiency
    return np.asarray(np.clip(storage.inflow_mw - kept - used, 0.0, storage.most_spill_mw))


def _levels(problem: Problem, storage: StorageLimits, gain: Array) -> Array:
    """Levels [MWh], shape (..., T + 1), under the terminal rule of the problem."""
    keep, full = storage.keep(problem.step_hours), storage.energy_mwh
    if problem.terminal == "cyclic":
        return cyclic_levels(keep, gain, 0.0, full, storage.initial_level_mwh)
    level = bounded_levels(keep, gain, 0.0, full, storage.initial_level_mwh)
    short = level[..., 0] - level[..., -1]
    missed = {"at_least": short, "equal_initial": np.abs(short)}.get(problem.terminal)
    if missed is None:
        return level
    met = _LEVEL_TOLERANCE * np.ptp(level, axis=-1) + DIGITS * level.max(axis=-1)
    if np.any(missed > met):
        run = np.unravel_index(np.argmax(missed), missed.shape)
        steady = cyclic_levels(keep, gain[run], 0.0, full, storage.initial_level_mwh)
        raise NoSolutionError(_unmet(problem, storage, run, float(level[run][-1]), steady[0]))
    return level


def _unmet(
    problem: Problem, storage: StorageLimits, run: tuple[np.intp, ...], end: float, steady: float
) -> str:
    start = storage.initial_level_mwh
    where = f" in run {tuple(map(int, run))}" if run else ""
    return (
        f'{storage.name}: terminal = "{problem.terminal}" is not met{where}: the level begins at '
        f"{start:.6g} MWh and ends at {end:.6g} MWh, {abs(start - end):.6g} MWh "
        f"{'lower' if end < start else 'higher'}, and rules have no foresight to steer it. "
        f'Say terminal = "cyclic", or begin (initial_level) at {steady:.6g} of '
        f"{storage.energy_mwh:.6g} MWh, to which this period returns"
    )


def _in_service(storage: StorageLimits, power_mw: float) -> float | Array:
    """Power of a storage as far as it is in service, a number or shape (..., T). [MW]"""
    whole = storage.in_service.ndim == 0 and float(storage.in_service) == 1.0
    return power_mw if whole else power_mw * storage.in_service


def _clip(values: Array, low: float, high: float | Array) -> Array:
    clipped = np.maximum(values, low)
    return np.minimum(clipped, high, out=clipped)
