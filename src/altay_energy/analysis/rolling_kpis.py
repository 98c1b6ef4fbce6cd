"""What dispatch day by day costs beyond perfect foresight, and how wrong its forecasts were."""

from __future__ import annotations

from typing import Any

import numpy as np

from altay_energy.components.settings import DispatchSettings
from altay_energy.dispatch.costs import operating_cost_cny
from altay_energy.dispatch.result import Dispatch
from altay_energy.dispatch.rolling import dispatch_rolling
from altay_energy.units import Array


def rolling_figures(dispatch: Dispatch, settings: DispatchSettings) -> dict[str, Any]:
    """The section ``rolling`` of ``kpis.json``; nothing for other ways of dispatch.

    Parameters
    ----------
    dispatch : Dispatch
        Shape (T,).
    settings : DispatchSettings
        By which it was made.

    Returns
    -------
    dict
        Windows; ``forecast_error_cost_cny``, the cost beyond that of the same windows with right
        forecasts; ``short_sight_cost_cny``, what these cost beyond the optimum of the period (None
        where it was not asked for); energies that were carried out otherwise than planned [MWh];
        bias and root mean square error of every forecast [-].
    """
    done = dispatch.rolled
    if done is None:
        return {}
    right = dispatch
    if not settings.forecast.perfect:
        perfect = settings.forecast.with_(perfect=True)
        right = dispatch_rolling(dispatch.problem, settings.rolling, perfect, optimum=done.optimum)
    cost, foreseen = operating_cost_cny(dispatch), operating_cost_cny(right)
    short = None if done.optimum is None else float(foreseen - operating_cost_cny(done.optimum))
    hours = dispatch.problem.step_hours
    return {
        "rolling": {
            "windows": int(done.starts.size),
            "look_ahead_steps": done.look_ahead,
            "step_steps": done.step,
            "solver": done.solver,
            "forecast_error_cost_cny": float(cost - foreseen),
            "short_sight_cost_cny": short,
            "unplanned_mwh": {
                "storage": hours * _unplanned_storage(dispatch),
                "import": hours * _apart(dispatch.import_mw, done.planned_import_mw),
                "export": hours * _apart(dispatch.export_mw, done.planned_export_mw),
            },
            "forecasts": done.errors(),
        }
    }


def _unplanned_storage(dispatch: Dispatch) -> float:
    done = dispatch.rolled
    assert done is not None
    return sum(
        _apart(
            dispatch.discharge_mw[name] - dispatch.charge_mw[name],
            done.planned_discharge_mw[name] - done.planned_charge_mw[name],
        )
        for name in dispatch.charge_mw
    )


def _apart(a: Array, b: Array) -> float:
    return float(np.abs(a - b).sum())
