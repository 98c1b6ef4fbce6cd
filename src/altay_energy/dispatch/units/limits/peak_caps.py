r"""Schedule of a station under a demand charge: dynamic programming over volume and monthly peak.

A demand charge is paid for the largest import of each billing month. If that is at most a cap c,
each step of the month can be planned on its own with the import limited to c. The cap is chosen at
the beginning of the month, with the volume of the upper reservoir known:

.. math:: W_m(v) = \min_{c \in C_m} \; g_m c + V_m^c(v), \qquad
    V_m^c(v) = \min \textstyle\sum_{t \in m} f_t^c + W_{m+1}(v_{\text{end}})

with the charge g, the residual cost f of the rest of the system with the import limited to c, and
V by the dynamic program of `station_schedule`. The caps C are a few values, which are refined
around those of the last plan.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from altay_energy.core.units import Array
from altay_energy.dispatch.units.station_schedule import ResidualCost, StationDynamics

CAPS = 6
"""Number of caps of each month in a plan. [-]"""

PASSES = 4
"""Number of plans, each with closer caps than the one before. [-]"""


@dataclass(frozen=True, eq=False)
class Month:
    """A billing month of a schedule.

    Parameters
    ----------
    steps : slice
        Its steps.
    charge_cny_mw : float
        Charge for its largest import. [CNY/MW]
    """

    steps: slice
    charge_cny_mw: float


@dataclass(frozen=True, eq=False)
class PeakPlan:
    """A station with its dynamics, the residual cost under a cap, and the billing months.

    Parameters
    ----------
    dynamics : StationDynamics
    rest : callable
        Maps a cap of the import [MW] and some steps to the residual cost of these steps.
    months : tuple of Month
        In their order; together they are the period.
    om_cny_mwh : float
        Variable O&M of generation. [CNY/MWh]
    """

    dynamics: StationDynamics
    rest: Callable[[float, slice], ResidualCost]
    months: tuple[Month, ...]
    om_cny_mwh: float

    def plan(self, caps: Array, end: Array, start_m3: float) -> tuple[Array, Array]:
        """Return the requested power of the station, (T,), and the chosen caps, (M,). [MW]

        Parameters
        ----------
        caps : ndarray, shape (M, C)
            Caps of each month. [MW]
        end : ndarray, shape (N,)
            Cost of ending with a volume. [CNY]
        start_m3 : float
            Water of the upper reservoir at the beginning. [m³]
        """
        states = self.dynamics.states
        later = [np.repeat(end[:, np.newaxis], states.size, axis=1)]
        first: list[Array] = []
        for m in range(len(self.months) - 1, -1, -1):
            costs = [
                self._values(m, cap, later[0])[0] + self.months[m].charge_cny_mw * cap
                for cap in caps[m]
            ]
            first.insert(0, np.stack(costs))
            later.insert(0, first[0].min(axis=0))
        wanted, chosen = list[Array](), np.zeros(len(self.months))
        volume, running = start_m3, 0
        for m, month in enumerate(self.months):
            state = running - int(states[0]) if states.size > 1 else 0
            costs = [
                float(np.interp(volume, self.dynamics.volume_m3, v[:, state])) for v in first[m]
            ]
            chosen[m] = caps[m][int(np.argmin(costs))]
            value = self._values(m, chosen[m], later[m + 1])
            part, volume, running = self.dynamics.follow(
                self._rest(m, chosen[m]),
                value,
                volume,
                self.om_cny_mwh,
                first=month.steps.start,
                running=running,
            )
            wanted.append(part)
        return np.concatenate(wanted), chosen

    def _values(self, m: int, cap: float, end: Array) -> Array:
        first = self.months[m].steps.start
        return self.dynamics.values(self._rest(m, cap), end, self.om_cny_mwh, first=first)

    def _rest(self, m: int, cap: float) -> ResidualCost:
        return self.rest(cap, self.months[m].steps)


def first_caps(least: Array, most: Array) -> Array:
    """Return evenly spaced caps of each month, shape (M, `CAPS`). [MW]

    Parameters
    ----------
    least, most : ndarray, shape (M,)
        Smallest and largest cap. [MW]
    """
    return np.linspace(least, np.maximum(most, least), CAPS, axis=-1)


def closer_caps(caps: Array, chosen: Array) -> Array:
    """Return caps between the neighbours of those chosen, shape (M, `CAPS`). [MW]

    Parameters
    ----------
    caps : ndarray, shape (M, C)
        Caps of the last plan. [MW]
    chosen : ndarray, shape (M,)
        Those that it chose. [MW]
    """
    apart = (caps[:, -1] - caps[:, 0]) / (caps.shape[1] - 1)
    low = np.maximum(chosen - 0.8 * apart, 0.0)
    return np.linspace(low, chosen + 0.8 * apart, CAPS, axis=-1)


def months_of(month_of_step: NDArray[np.int64], charge_cny_mw: Array) -> Iterator[Month]:
    """Yield the billing months; their steps must follow each other.

    Parameters
    ----------
    month_of_step : ndarray of int, shape (T,)
    charge_cny_mw : ndarray, shape (M,)
        [CNY/MW]
    """
    edges = np.searchsorted(month_of_step, np.arange(charge_cny_mw.size + 1))
    for m, charge in enumerate(charge_cny_mw.tolist()):
        yield Month(slice(int(edges[m]), int(edges[m + 1])), charge)
