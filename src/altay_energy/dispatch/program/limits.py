"""Limits over the period as coefficients of columns and as sums over a dispatch.

The limits are defined in the table `altay_energy.dispatch.problem.period.LIMITS`.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import assert_never

import numpy as np
from numpy.typing import ArrayLike

from altay_energy.core.units import Array
from altay_energy.dispatch.problem.aggregate import renewable_groups
from altay_energy.dispatch.problem.period import LIMITS, METERED_RATE, SERVED, PeriodLimit
from altay_energy.dispatch.problem.problem import Problem
from altay_energy.dispatch.problem.storage import StorageLimits
from altay_energy.dispatch.program.columns import (
    EXPORT,
    IMPORT,
    UNSERVED,
    Column,
    Role,
    renewable_column,
)
from altay_energy.dispatch.result.operation import Operation


def coefficients(problem: Problem, limit: PeriodLimit) -> dict[Column, float]:
    """Return the coefficient of each power in a limit, written as a maximum.

    Parameters
    ----------
    problem : Problem
    limit : PeriodLimit

    Returns
    -------
    dict of Column to float
        Without standing losses of contents; a column need not be in the program. [-], for CO2
        [t/MWh]
    """
    found: dict[Column, float] = {}
    for quantity in limit.counts:
        factor = limit.above(quantity)
        if quantity == "export":
            part = {EXPORT: factor}
        elif quantity == "renewable":
            part = {renewable_column(n): factor for _, n in renewable_groups(problem)}
        elif quantity == "unserved":
            never = (Column(Role.NEVER, load.name) for load in problem.flexible_loads)
            part = dict.fromkeys((UNSERVED, *never), factor)
        elif quantity == "co2":
            rates = {IMPORT: problem.grid_emission_factor_t_mwh} | {
                Column(Role.THERMAL, p.name): p.emission_factor_t_mwh for p in problem.thermals
            }
            part = {column: factor * rate for column, rate in rates.items() if rate}
        elif quantity == "storage_loss":
            part = _loss_of_powers(problem, factor)
        else:
            assert_never(quantity)
        for column, amount in part.items():
            found[column] = found[column] + amount if column in found else amount
    return found


def flows(done: Operation, limit: PeriodLimit) -> Iterator[Array]:
    """Yield the terms that a limit, written as a maximum, sums over a dispatch.

    Parameters
    ----------
    done : Operation
    limit : PeriodLimit

    Yields
    ------
    ndarray, shape (..., T)
        [MW], for CO2 [t/h]
    """
    problem = done.problem
    for quantity in limit.counts:
        factor = limit.above(quantity)
        if quantity == "export":
            yield factor * done.export_mw
        elif quantity == "renewable":
            yield factor * sum(done.generation_mw.values(), start=np.zeros(problem.shape))
        elif quantity == "unserved":
            yield factor * done.unserved_mw
        elif quantity == "co2":
            yield factor * (done.import_mw * problem.grid_emission_factor_t_mwh)
            for plant in problem.thermals:
                yield factor * (done.thermal_mw[plant.name] * plant.emission_factor_t_mwh)
        elif quantity == "storage_loss":
            for storage in problem.storages:
                taken = done.charge_mw[storage.name] - done.discharge_mw[storage.name]
                yield factor * taken
                yield -factor * (np.diff(done.level_mwh[storage.name]) / problem.step_hours)
        else:
            assert_never(quantity)


def period_rows(problem: Problem) -> Iterator[tuple[str, dict[Column, ArrayLike], Array]]:
    """Yield a row for each limit over the period that is given.

    A limit of 0 on unserved load has no row: the columns of unserved load are bounded by 0.

    Yields
    ------
    str
        The key of the limit.
    dict of Column to array_like, shape (T,) or a number
        Coefficients. [-], for CO2 [t/MWh]
    ndarray, shape (...)
        Upper bound of their sum over steps. [MW], for CO2 [t/h]
    """
    terms = problem.terms
    available = sum(problem.renewables.values(), start=np.zeros(()))
    whole = np.broadcast_to(available, (*available.shape[:-1], problem.steps)).sum(axis=-1)
    for limit, asked in terms.limits():
        if limit.key == SERVED and asked == 0.0:
            continue
        columns: dict[Column, ArrayLike] = {**coefficients(problem, limit)}
        share = limit.unit == "-"
        bound = asked * whole if share else np.asarray(asked / problem.step_hours)
        loss = limit.counts.get("storage_loss", 0.0)
        if limit.key == METERED_RATE and not terms.metered_counts_loss:
            loss = -1.0
            columns |= _loss_of_powers(problem, limit.sign * loss)
        if loss:
            held, always = _loss_of_contents(problem)
            columns |= {column: limit.sign * loss * rate for column, rate in held.items()}
            bound = bound - loss * always
        if "storage_loss" in limit.counts:
            inflow = (problem.on_all(s.inflow_mw).sum(axis=-1) for s in _losing(problem))
            bound = bound + loss * sum(inflow, 0.0)
        yield limit.key, columns, bound if limit.sense == "max" else 0.0 - bound


def loss_factor(name: str) -> float:
    """Return the coefficient of storage losses in a limit, written as a maximum; 0: not counted."""
    return LIMITS[name].above("storage_loss")


def storage_losses(storage: StorageLimits, step_hours: float) -> tuple[dict[Column, float], float]:
    r"""Return the relative loss of each power, and of the content at the start of a step per hour.

    Returns
    -------
    dict of Column to float
        Loss per power charged, discharged and spilled. [-]
    float
        Loss per content and hour. [1/h]

    Notes
    -----
    With :math:`x = \kappa x^- + h \eta^c c - h d / \eta^d + h q - h v` what
    `storage_loss_mwh` counts in a step is

    .. math:: h (c - d) - (x - x^-)
        = h (1 - \eta^c) c + h (1 / \eta^d - 1) d + h v - h q + (1 - \kappa) x^-
    """
    if storage.is_load:
        return {}, 0.0
    powers = {
        Column(Role.CHARGE, storage.name): 1.0 - storage.charge_efficiency,
        Column(Role.DISCHARGE, storage.name): 1.0 / storage.discharge_efficiency - 1.0,
        Column(Role.SPILL, storage.name): 1.0,
    }
    return powers, (1.0 - storage.keep(step_hours)) / step_hours


def _loss_of_powers(problem: Problem, factor: float) -> dict[Column, float]:
    """Return the losses of storages per power, times a factor. [-]"""
    return {
        column: factor * rate
        for storage in problem.storages
        for column, rate in storage_losses(storage, problem.step_hours)[0].items()
    }


def _loss_of_contents(problem: Problem) -> tuple[dict[Column, Array], Array]:
    """Return losses of storages per content, shape (T,), and fixed losses, summed over steps.

    [1/h], [MW]
    """
    parts: dict[Column, Array] = {}
    always, hours = np.zeros(()), problem.step_hours
    for storage in problem.storages:
        start, keep = storage.initial_level_mwh, storage.keep(hours)
        if storage.is_idle(problem.terminal):
            if problem.terminal in ("free", "water_value") and storage.energy_mwh > 0.0:
                always = always + start * (1.0 - keep**problem.steps) / hours
            continue
        standing = storage_losses(storage, hours)[1]
        held = np.full(problem.steps, standing)
        if problem.terminal != "cyclic":
            always, held[-1] = always + standing * start, 0.0
        if standing:
            parts[Column(Role.LEVEL, storage.name)] = held
    return parts, always


def _losing(problem: Problem) -> list[StorageLimits]:
    """Return the storages that have columns, without those that represent loads."""
    return [s for s in problem.storages if not s.is_load and not s.is_idle(problem.terminal)]
