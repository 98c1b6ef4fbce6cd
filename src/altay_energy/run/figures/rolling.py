"""What dispatch day by day costs beyond perfect foresight, and how wrong its forecasts were."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from altay_energy.components.settings.settings import DispatchSettings
from altay_energy.core.units import Array
from altay_energy.dispatch.result.costs import operating_cost_cny
from altay_energy.dispatch.result.result import Dispatch
from altay_energy.dispatch.rolling.rolling import dispatch_rolling
from altay_energy.run.figures.stored import end_prices_cny_mwh, stored_worth_cny


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
        where it was not asked for), both at equal stored energy; energies that were carried out
        otherwise than planned [MWh]; bias and root mean square error of every forecast [-].
    """
    done = dispatch.rolled
    if done is None:
        return {}
    right = dispatch
    if not settings.forecast.perfect:
        perfect = settings.forecast.with_(perfect=True)
        right = dispatch_rolling(dispatch.problem, settings.rolling, perfect, optimum=done.optimum)
    cost, foreseen = (_at_equal_content(d, settings) for d in (dispatch, right))
    short = None
    if done.optimum is not None:
        short = foreseen - _at_equal_content(dispatch, settings, done.optimum)
    hours = dispatch.problem.step_hours
    return {
        "rolling": {
            "windows": int(done.starts.size),
            "look_ahead_steps": done.look_ahead,
            "step_steps": done.step,
            "solver": done.solver,
            "forecast_error_cost_cny": cost - foreseen,
            "short_sight_cost_cny": short,
            "unplanned_mwh": {
                "storage": hours * _unplanned_storage(dispatch),
                "import": hours * _apart(dispatch.import_mw, done.planned_import_mw),
                "export": hours * _apart(dispatch.export_mw, done.planned_export_mw),
            },
            "forecasts": done.errors(),
        }
    }


def _at_equal_content(
    dispatch: Dispatch, settings: DispatchSettings, other: Dispatch | None = None
) -> float:
    """Operating cost less what the change of content is worth. [CNY]

    Parameters
    ----------
    dispatch : Dispatch
        Day by day; its optimum, or else the worth at the end of its plans, gives the price.
    settings : DispatchSettings
    other : Dispatch, optional
        Whose cost is wanted instead.
    """
    assert dispatch.rolled is not None
    optimum, value = dispatch.rolled.optimum, settings.rolling.end_value
    prices: Mapping[str, Array | float] = {}
    if optimum is not None:
        prices = end_prices_cny_mwh(optimum.problem, optimum.stored_value_cny_mwh)
    elif value != "optimum":
        prices = dict.fromkeys(dispatch.level_mwh, float(value))
    one = dispatch if other is None else other
    return float(operating_cost_cny(one) - stored_worth_cny(one, prices))


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
