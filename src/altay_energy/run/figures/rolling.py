"""Figures of rolling dispatch: its cost beyond perfect foresight, and its forecast errors."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from altay_energy.components.settings.settings import DispatchSettings
from altay_energy.core.units import Array
from altay_energy.dispatch.result.costs import operating_cost_cny
from altay_energy.dispatch.result.result import Dispatch, Rolled
from altay_energy.run.figures.figure import evaluated, figure, figures_in
from altay_energy.run.figures.stored_energy import end_prices_cny_mwh, stored_worth_cny

KEPT = 1e-6
"""Share of the usable content by which the last content may miss the terminal rule. [-]"""


@dataclass(frozen=True)
class Rolling:
    """A rolling dispatch of shape (T,) beside the same windows with right forecasts.

    Parameters
    ----------
    dispatch : Dispatch
        What was done.
    done : Rolled
        What was planned.
    settings : DispatchSettings
        By which it was made.
    """

    dispatch: Dispatch
    done: Rolled
    settings: DispatchSettings

    @cached_property
    def foreseen_cny(self) -> float:
        """Cost of the same windows with right forecasts, at equal stored energy. [CNY]"""
        right, settings = self.dispatch, self.settings
        if not settings.forecast.perfect:
            perfect, optimum = settings.forecast.with_(perfect=True), self.done.optimum
            from altay_energy.dispatch.rolling.rolling import dispatch_rolling

            right = dispatch_rolling(
                right.problem,
                settings.rolling,
                perfect,
                optimum=optimum,
                others=self.done.others,
            )
        return _at_equal_content(self.dispatch, settings, right)

    @figure("none")
    def windows(self) -> int:
        """Number of windows."""
        return int(self.done.starts.size)

    @figure("none")
    def look_ahead_steps(self) -> int:
        """Steps in a window."""
        return self.done.look_ahead

    @figure("none")
    def step_steps(self) -> int:
        """Steps from one window to the next."""
        return self.done.step

    @figure("none")
    def solver(self) -> str:
        """Solver of the windows."""
        return self.done.solver

    @figure("difference")
    def forecast_error_cost_cny(self) -> float:
        """Cost less that of the same windows with right forecasts, at equal stored energy."""
        return _at_equal_content(self.dispatch, self.settings) - self.foreseen_cny

    @figure("difference")
    def short_sight_cost_cny(self) -> float | None:
        """Cost of right forecasts less that of the optimum, at equal stored energy.

        None where no optimum of the period was asked for.
        """
        optimum = self.done.optimum
        if optimum is None:
            return None
        return self.foreseen_cny - _at_equal_content(self.dispatch, self.settings, optimum)

    @figure("difference")
    def unknown_season_cost_cny(self) -> float | None:
        """Cost less that of plans that end with values of the optimum of the year itself.

        At equal stored energy; None if plans do not end with values of other weather years.
        """
        if not self.done.others or self.done.optimum is None:
            return None
        from altay_energy.dispatch.rolling.rolling import dispatch_rolling

        settings, optimum = self.settings, self.done.optimum
        knowing = settings.rolling.with_(end_value="optimum")
        known = dispatch_rolling(self.dispatch.problem, knowing, settings.forecast, optimum=optimum)
        mine = _at_equal_content(self.dispatch, settings)
        return mine - _at_equal_content(self.dispatch, settings, known)

    @figure("sum")
    def terminal_missing_mwh(self) -> dict[str, float]:
        """Content of each storage that the terminal rule asks for and that is missing at the end.

        Negative: content beyond a rule that asks for the first content exactly; 0 where the rule
        is kept to a millionth of the usable content.
        """
        return terminal_missing_mwh(self.dispatch)

    @figure("difference")
    def terminal_missing_cny(self) -> float:
        """Value of the content that the terminal rule misses, at the price of stored energy."""
        missing, prices = self.terminal_missing_mwh, _end_prices(self.dispatch, self.settings)
        return sum((float(prices.get(n, 0.0)) * mwh for n, mwh in missing.items()), start=0.0)

    @figure("sum")
    def unplanned_mwh(self) -> dict[str, float]:
        """Absolute difference of dispatch and plans: `storage`, `import`, `export`."""
        dispatch, done, hours = self.dispatch, self.done, self.dispatch.problem.step_hours
        return {
            "storage": hours * _unplanned_storage(dispatch, done),
            "import": hours * _apart(dispatch.import_mw, done.planned_import_mw),
            "export": hours * _apart(dispatch.export_mw, done.planned_export_mw),
        }

    @figure("mean")
    def forecasts(self) -> Mapping[str, Mapping[str, float]]:
        """Bias and root mean square error of the forecast of each plant and of the load."""
        return self.done.errors()


ROLLING = figures_in(Rolling)


def rolling_figures(dispatch: Dispatch, settings: DispatchSettings) -> dict[str, Any]:
    """The section ``rolling`` of ``kpis.json``: `ROLLING`; nothing for other methods.

    Parameters
    ----------
    dispatch : Dispatch
        Shape (T,).
    settings : DispatchSettings
        By which it was made.
    """
    done = dispatch.rolled
    if done is None:
        return {}
    return {"rolling": evaluated(ROLLING, Rolling(dispatch, done, settings))}


def _at_equal_content(
    dispatch: Dispatch, settings: DispatchSettings, other: Dispatch | None = None
) -> float:
    """Operating cost less the value of the change of content. [CNY]

    Parameters
    ----------
    dispatch : Dispatch
        By rolling dispatch; the price of content is that of its optimum, or the end value of its
        plans.
    settings : DispatchSettings
    other : Dispatch, optional
        The dispatch whose cost is computed instead.
    """
    prices = _end_prices(dispatch, settings)
    one = dispatch if other is None else other
    return float(operating_cost_cny(one) - stored_worth_cny(one, prices))


def _end_prices(dispatch: Dispatch, settings: DispatchSettings) -> Mapping[str, Array | float]:
    """Price of the content of each storage at the end of the period. [CNY/MWh]"""
    assert dispatch.rolled is not None
    optimum, value = dispatch.rolled.optimum, settings.rolling.end_value
    if optimum is not None:
        return end_prices_cny_mwh(optimum.problem, optimum.stored_value_cny_mwh)
    return {} if value == "optimum" else dict.fromkeys(dispatch.level_mwh, float(value))


def terminal_missing_mwh(dispatch: Dispatch) -> dict[str, float]:
    """Return the content that each storage lacks at the end by the terminal rule. [MWh]

    Parameters
    ----------
    dispatch : Dispatch
        Shape (T,).

    Returns
    -------
    dict of str to float
        As `Rolling.terminal_missing_mwh`; empty where no rule names a content.
    """
    problem, found = dispatch.problem, {}
    if problem.terminal in ("free", "water_value"):
        return {}
    for storage in problem.storages:
        first, last = (float(dispatch.level_mwh[storage.name][k]) for k in (0, -1))
        missing = first - last
        kept = missing < 0.0 and problem.terminal == "at_least"
        rounding = abs(missing) <= KEPT * storage.energy_mwh
        found[storage.name] = 0.0 if kept or rounding else missing
    return found


def _unplanned_storage(dispatch: Dispatch, done: Rolled) -> float:
    return sum(
        _apart(
            dispatch.discharge_mw[name] - dispatch.charge_mw[name],
            done.planned_discharge_mw[name] - done.planned_charge_mw[name],
        )
        for name in dispatch.charge_mw
    )


def _apart(a: Array, b: Array) -> float:
    return float(np.abs(a - b).sum())
