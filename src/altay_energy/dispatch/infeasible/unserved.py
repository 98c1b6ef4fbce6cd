"""Messages about unserved load: hours, amount, and changes that would serve it."""

from __future__ import annotations

import numpy as np

from altay_energy.core.errors import NoSolutionError
from altay_energy.core.units import Array
from altay_energy.dispatch.infeasible.outages import (
    DUST,
    at_least,
    figure,
    outage_words,
    outages_of,
    raised,
)
from altay_energy.dispatch.program.limits import flows
from altay_energy.dispatch.result.result import Dispatch

_NOT_SERVED = "load is not served,"


def unserved_words(dispatch: Dispatch) -> str:
    """Return the unserved load of a dispatch in words; empty if there is none.

    Parameters
    ----------
    dispatch : Dispatch
        Dispatch; of several runs the one with the most unserved energy is reported.
    """
    run = _worst_run(dispatch.unserved_mw)
    problem, missing = dispatch.problem.one(run), dispatch.unserved_mw[run]
    words = outage_words(problem, missing, _NOT_SERVED)
    if not words:
        return ""
    where = f"run {run}: " if run else ""
    return f"{where}{words}; {_would_serve(dispatch, run)}"


def unserved_notices(dispatch: Dispatch) -> tuple[str, ...]:
    """Return one notice of unserved load, or none.

    Parameters
    ----------
    dispatch : Dispatch
        Dispatch by any method; rolling may break the limit if forecasts were wrong.
    """
    words = unserved_words(dispatch)
    if not words:
        return ()
    if np.any(is_broken(dispatch)):
        most = dispatch.problem.terms.unserved_max_mwh
        words = f"unserved_max_mwh = {most:g} is broken, since forecasts were wrong: {words}"
    return (words,)


def refuse_unserved(dispatch: Dispatch) -> None:
    """Raise if a dispatch leaves more load unserved than ``unserved_max_mwh`` allows.

    Parameters
    ----------
    dispatch : Dispatch
        Dispatch by rules, which cannot look ahead and are compared with the limit afterwards.

    Raises
    ------
    NoSolutionError
        With the hours, and the changes that would serve the load.
    """
    most = dispatch.problem.terms.unserved_max_mwh
    if most is None or not np.any(is_broken(dispatch)):
        return
    run = _worst_run(dispatch.unserved_mw)
    energy = float(dispatch.unserved_mw[run].sum()) * dispatch.problem.step_hours
    lost, enough = figure(energy), at_least(energy)
    raise NoSolutionError(
        f"dispatch.unserved_max_mwh = {most:g} is not kept by rules, which cannot look ahead "
        f"({lost} MWh are not served): {unserved_words(dispatch)}; or unserved_max_mwh raised to "
        f'{enough}, or dispatch.method = "optimal", which looks ahead'
    )


def is_broken(dispatch: Dispatch) -> Array:
    """Return whether more load is unserved than ``unserved_max_mwh`` allows, shape (...)."""
    problem, most = dispatch.problem, dispatch.problem.terms.unserved_max_mwh
    energy = dispatch.unserved_mw.sum(axis=-1) * problem.step_hours
    if most is None:
        return np.zeros(energy.shape, dtype=np.bool_)
    dust = DUST * float(np.max(problem.load_mw)) * problem.step_hours
    return np.asarray(energy > most * (1.0 + DUST) + dust)


def _worst_run(unserved_mw: Array) -> tuple[int, ...]:
    energy = unserved_mw.sum(axis=-1)
    return tuple(map(int, np.unravel_index(np.argmax(energy), energy.shape)))


def _would_serve(dispatch: Dispatch, run: tuple[int, ...]) -> str:
    """Return the changes that would serve the load: more import, a higher limit or worth."""
    problem, missing = dispatch.problem.one(run), dispatch.unserved_mw[run]
    dust = DUST * float(np.max(problem.load_mw))
    lacking = missing > dust
    limit = problem.on_all(problem.import_limit_mw)
    room = lacking & (dispatch.import_mw[run] < limit - dust)
    limits = " and ".join(_limits_to_raise(dispatch, run))
    if np.any(room) and not limits:
        return (
            "grid.import_limit_mw has room there: a larger dispatch.unserved_cost_cny_mwh "
            "than serving it costs would serve it"
        )
    if np.any(room):
        carbon = problem.terms.emission_price_cny_t * problem.grid_emission_factor_t_mwh
        price = problem.on_all(problem.import_price_cny_mwh) + carbon
        if np.any(room & (problem.unserved_cost_cny_mwh <= price)):
            return (
                "grid.import_limit_mw has room there, but a limit over the period has not: a "
                "larger dispatch.unserved_cost_cny_mwh than serving it costs, with "
                f"{limits}, would serve it"
            )
        return (
            "grid.import_limit_mw has room there, but a limit over the period has not: "
            f"{limits} would serve it"
        )
    more = raised(problem, "grid.import_limit_mw", limit, float(missing.max()))
    outages = outages_of(missing, problem.step_hours, dust)
    energy = figure(max(outage.energy_mwh for outage in outages))
    if limits:
        more = f"{more} and {limits} together"
    return f"{more} would serve all of it, or {energy} MWh more in store whenever that begins"


def _limits_to_raise(dispatch: Dispatch, run: tuple[int, ...]) -> list[str]:
    """Return the limits over the period that importing all missing energy would break, raised."""
    problem, found = dispatch.problem, []
    energy = float(dispatch.unserved_mw[run].sum()) * problem.step_hours
    for limit, asked in problem.terms.limits():
        co2 = limit.above("co2") * problem.grid_emission_factor_t_mwh
        more = (co2 - limit.above("unserved")) * energy
        counted = sum(flows(dispatch, limit), start=np.zeros(problem.shape))[run]
        total = float(counted.sum()) * problem.step_hours + more
        if more > 0.0 and total > asked * (1.0 + DUST):
            key, to = f"dispatch.{limit.key}", at_least(total)
            found.append(f"{key} raised to {to}")
    return found
