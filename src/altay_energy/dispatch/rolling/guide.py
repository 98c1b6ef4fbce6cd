"""Conditions at the end of windows: values of content and backlog, monthly peaks, shares of limits.

They come from the optimum of the period itself, from the optima of other weather years, or from
stated numbers. Of several years, content is worth the highest of their values in the first of
equal bands and the lowest in the last: one more MWh replaces what is most expensive. Costs of
backlog, monthly peaks, first contents and later use of limits are means.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np

from altay_energy.components.settings.rolling import RollingSettings
from altay_energy.core.units import Array
from altay_energy.dispatch.problem.period import LIMITS, FlexibleLoad
from altay_energy.dispatch.problem.problem import Problem
from altay_energy.dispatch.problem.storage import StorageLimits
from altay_energy.dispatch.program.limits import flows
from altay_energy.dispatch.result.result import Dispatch
from altay_energy.dispatch.rolling.window import BacklogEnd, End, State, Windows

VALUE_MARGIN = 0.1
"""Added to the value of content below that of the optimum, subtracted above; of the cost of
backlog it is subtracted below and added above. [CNY/MWh]"""


class Guide:
    """End conditions of windows: values of contents and shares of the limits over the period.

    Parameters
    ----------
    problem : Problem
        Shape (T,).
    settings : RollingSettings
    years : tuple of Dispatch
        The optimum of the period itself, or the optima of other weather years; empty if not used.
    """

    def __init__(
        self, problem: Problem, settings: RollingSettings, years: tuple[Dispatch, ...]
    ) -> None:
        self.problem, self.settings, self.years = problem, settings, years
        self.bands = max(2, len(years), len(problem.terms.water_value_cny_mwh))

    @property
    def own(self) -> Dispatch | None:
        """The optimum of the period itself, if it is the guide."""
        return self.years[0] if self.years and self.settings.end_value == "optimum" else None

    def _mean(self, value: Callable[[Dispatch], Array | float]) -> float:
        return float(np.mean([float(value(year)) for year in self.years]))

    def _first(self, storage: StorageLimits) -> float:
        """Content of each storage at the start. [MWh]"""
        if self.problem.terminal == "cyclic" and self.years:
            return self._mean(lambda year: year.level_mwh[storage.name][0])
        return storage.initial_level_mwh

    def start(self, windows: Windows) -> State:
        """State at the start of the period."""
        return State(
            level={s.name: self._first(s) for s in self.problem.storages},
            owed={load.name: 0.0 for load in self.problem.flexible_loads},
            used=dict.fromkeys(windows.limits, 0.0),
        )

    def reach(self) -> dict[str, tuple[Array, Array]]:
        """Contents from which full power meets the terminal rule, shape (T,) each. [MWh]"""
        if self.problem.terminal in ("free", "water_value"):
            return {}
        every = (self._reach(s) for s in self.problem.storages)
        return {s.name: edges for s, edges in zip(self.problem.storages, every, strict=True)}

    def _reach(self, storage: StorageLimits) -> tuple[Array, Array]:
        problem, hours, full = self.problem, self.problem.step_hours, storage.energy_mwh
        keep = storage.keep(hours)
        inflow, spill = (problem.on_all(a) * hours for a in (storage.inflow_mw, storage.spill_mw))
        charged = problem.on_all(storage.charge_mw * storage.in_service) * hours
        charged = charged * storage.charge_efficiency
        given = problem.on_all(storage.discharge_mw * storage.in_service) * hours
        given = given / storage.discharge_efficiency
        least, most = np.empty((2, problem.steps))
        low = self._first(storage)
        high = full if problem.terminal == "at_least" else low
        for t in reversed(range(problem.steps)):
            least[t], most[t] = low, high
            low = min(max((low - inflow[t] - charged[t]) / keep, 0.0), full)
            high = min(max((high - inflow[t] + given[t] + spill[t]) / keep, 0.0), full)
        return least, most

    def floor_mw(self) -> Array:
        """Import without further demand charge: the mean monthly peak of the optima, (T,). [MW]"""
        floor, terms = np.zeros(self.problem.steps), self.problem.terms
        if terms.has_demand_charge:
            for year in self.years:
                peak = np.zeros(int(terms.month_of_step.max()) + 1)
                np.maximum.at(peak, terms.month_of_step, year.import_mw)
                floor += peak[terms.month_of_step] / len(self.years)
        return floor

    def end(self, windows: Windows, window: int) -> End:
        """Conditions at the end of a window."""
        start, steps = int(windows.starts[window]), self.problem.steps
        stop = min(start + windows.length, steps)
        bands = {
            s.name: self._final(s, windows.penalty) if stop == steps else self._worth(s, stop)
            for s in windows.storages
        }
        left = {name: self._left(windows, window, name, stop) for name in windows.limits}
        backlog = {f.name: self._backlog(f, stop) for f in self.problem.flexible_loads}
        return End(stop - start - 1, bands, left, backlog)

    def worth(self, window: int, windows: Windows) -> list[float]:
        """Value of the content of each storage while a window is carried out. [CNY/MWh]"""
        stop = min(int(windows.starts[window]) + windows.length, self.problem.steps - 1)
        if not self.years:
            return [float(self.settings.end_value)] * len(self.problem.storages)
        every = [year.stored_value_cny_mwh for year in self.years]
        names = [storage.name for storage in self.problem.storages]
        return [float(np.mean([_at(values, name, stop) for values in every])) for name in names]

    def _worth(self, storage: StorageLimits, stop: int) -> list[tuple[float, float]]:
        full = storage.energy_mwh
        if not self.years:
            return self._padded([(full, float(self.settings.end_value))])
        # The price at the start of the next step; at a bound, that of the last content differs.
        keep, name = storage.keep(self.problem.step_hours), storage.name
        worth = [keep * _at(year.stored_value_cny_mwh, name, stop) for year in self.years]
        if len(worth) > 1:  # content is worth the highest of the years' values first
            return self._padded([(full / len(worth), value) for value in sorted(worth)[::-1]])
        wanted = _at(self.years[0].level_mwh, name, stop)
        bands = [(wanted, worth[0] + VALUE_MARGIN), (full - wanted, worth[0] - VALUE_MARGIN)]
        return self._padded(bands)

    def _backlog(self, load: FlexibleLoad, stop: int) -> BacklogEnd:
        """Cost of the backlog at the end of a window: what using it later costs."""
        if stop == self.problem.steps:
            return BacklogEnd(0.0, 0.0, 0.0)
        if not self.years:
            least, most = self._prices_after(stop, load.shift_steps)
            return BacklogEnd(0.0, least, most)
        hours, name = self.problem.step_hours, load.name
        cost = self._mean(lambda year: year.backlog_cost_cny_mwh[name][stop])
        wanted = hours * self._mean(
            lambda year: (year.shift_down_mw[name] - year.shift_up_mw[name])[:stop].sum()
        )
        return BacklogEnd(wanted, cost - VALUE_MARGIN, cost + VALUE_MARGIN)

    def _prices_after(self, stop: int, count: int) -> tuple[float, float]:
        """Lowest and highest price of import in the steps after a window. [CNY/MWh]

        The connection, thermal plants and the value of content are the alternatives, in this order.
        """
        problem, part = self.problem, slice(stop, stop + max(count, 1))
        open_now = problem.on_all(problem.import_limit_mw)[part] > 0.0
        prices = problem.on_all(problem.import_price_cny_mwh)[part][open_now]
        if not prices.size:
            prices = np.array([plant.marginal_cost_cny_mwh for plant in problem.thermals])
        if not prices.size:
            prices = np.array([float(self.settings.end_value)])
        return float(prices.min()), float(prices.max())

    def _final(self, storage: StorageLimits, penalty: float) -> list[tuple[float, float]]:
        """The terminal rule as penalties, since the realised content may make it infeasible."""
        full, wanted = storage.energy_mwh, self._first(storage)
        values = self.problem.terms.water_value_cny_mwh
        if self.problem.terminal == "water_value":
            return self._padded([(full / len(values), value) for value in values])
        if self.problem.terminal == "free":
            return self._padded([(full, 0.0)])
        beyond = 0.0 if self.problem.terminal == "at_least" else -penalty
        return self._padded([(wanted, penalty), (full - wanted, beyond)])

    def _padded(self, bands: list[tuple[float, float]]) -> list[tuple[float, float]]:
        return bands + [(0.0, 0.0)] * (self.bands - len(bands))

    def _left(self, windows: Windows, window: int, name: str, stop: int) -> float:
        """Largest use of a limit by the end of a window, in MW or t/h, summed over steps."""
        problem, terms = self.problem, self.problem.terms
        start = int(windows.starts[window])
        known = sum(problem.on_all(p)[:start].sum() for p in problem.renewables.values())
        seen = sum(p[window].sum() for p in windows.seen.renewables.values())
        whole = sum(problem.on_all(p).sum() for p in problem.renewables.values())
        limit, asked = LIMITS[name], float(getattr(terms, name))
        most = float(asked * whole) if limit.unit == "-" else asked / problem.step_hours
        most *= limit.sign
        share = 1.0
        if limit.spread == "time":
            share = stop / problem.steps
        elif limit.spread == "available":
            share = float((known + seen) / whole) if whole else 0.0
        if not self.years:
            return most * share
        later = [sum(flows(year, limit), start=np.zeros(problem.steps)) for year in self.years]
        return most - float(np.mean([spent[stop:].sum() for spent in later]))


def _at(series: Mapping[str, Array], name: str, step: int) -> float:
    """Value of a series at a step; 0 where a storage is idle and has none."""
    return float(series[name][step]) if name in series else 0.0
