r"""Joint schedule of a station and one other storage, for periods of some weeks.

`station_schedule` fixes the other storage, so it misses changes that pay only if both take part.
Here the state of the dynamic program is the volume v of the upper reservoir and the content b of
the other storage:

.. math:: W_t(v, b) = \min_{a, m} \; f_t(p_a(v) + p_m) + W_{t+1}(v + \Delta v_a(v), b + m)

with the moves a of the station, the moves m of the storage between the points of its grid, and the
power p that each draws from the bus; f is the residual cost of the system without both. Standing
losses of the storage are neglected, and starts of units must cost nothing. The plan is then
simulated, and the rest, the storage included, is dispatched around it.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from altay_energy.core.units import Array
from altay_energy.dispatch.problem.storage import StorageLimits
from altay_energy.dispatch.units.station_schedule import PROHIBITIVE, ResidualCost, StationDynamics

NODES = 641
"""Number of volumes of the grid. [-]"""

CONTENTS = 33
"""Number of contents of the other storage. [-]"""

MOST_STEPS = 400
"""Longest period that is scheduled with two contents, in steps: a week takes seconds. [-]"""

_LOADS = 4


@dataclass(frozen=True, eq=False)
class Pair:
    """A station and a storage that are planned jointly.

    Parameters
    ----------
    dynamics : StationDynamics
        Dynamics of the station; its states of running units are not used.
    storage : StorageLimits
        The storage.
    om_cny_mwh : tuple of float
        Variable O&M of the energy that each of them feeds to the bus. [CNY/MWh]
    """

    dynamics: StationDynamics
    storage: StorageLimits
    om_cny_mwh: tuple[float, float]

    @cached_property
    def contents(self) -> Array:
        """Grid of the storage's content, shape (B,). [MWh]"""
        return np.linspace(0.0, self.storage.energy_mwh, CONTENTS)

    def power(self, change_mwh: Array) -> Array:
        """Power drawn from the bus for a change of the content in one step. [MW]"""
        hours, s = self.dynamics.step_hours, self.storage
        up, down = change_mwh / s.charge_efficiency, change_mwh * s.discharge_efficiency
        return np.asarray(np.where(change_mwh > 0.0, up, down) / hours)

    def _can(self, power: Array) -> Array:
        """Whether a power is within the limits of the storage, bool."""
        s = self.storage
        slack = 1e-9 * max(s.charge_mw, s.discharge_mw)
        return np.asarray((power <= s.charge_mw + slack) & (power >= -s.discharge_mw - slack))

    def _own(self, power: Array, of: int) -> Array:
        """Variable O&M of the station (0) or the storage (1) at a power from the bus. [CNY]"""
        rate = self.om_cny_mwh[of] * self.dynamics.step_hours
        return np.asarray(rate * np.maximum(0.0 - power, 0.0))

    def values(self, rest: ResidualCost, end: Array) -> Array:
        """Cost of the cheapest trajectory from each step on, shape (T + 1, B, N).

        Parameters
        ----------
        rest : ResidualCost
            Residual cost of the system without both.
        end : ndarray, shape (B, N)
            Cost of ending with both contents. [CNY]
        """
        dynamics, grid = self.dynamics, self.dynamics.volume_m3
        units, power, moved = dynamics.moves(dynamics.row(grid), _LOADS)
        cell, part = dynamics.place(grid[:, np.newaxis] + moved)
        cell, part, drawn = (np.ascontiguousarray(a.T) for a in (cell, part, power))
        all_moves = np.arange(1 - CONTENTS, CONTENTS)
        taken = self.power(all_moves * self.contents[1])
        moves = [(int(m), float(p)) for m, p in zip(all_moves, taken, strict=True) if self._can(p)]
        steps = rest.power_mw.shape[0]
        value = np.empty((steps + 1, CONTENTS, grid.size))
        value[-1] = end
        room, known = np.empty(end.shape), None
        for t in range(steps - 1, -1, -1):
            limit = dynamics.limits_of(t)
            if limit != known:
                closed = np.where(
                    dynamics.open(grid[:, np.newaxis], moved, units, t), 0.0, PROHIBITIVE
                )
                closed, known = (closed + self._own(power, 0)).T, limit
            later = value[t + 1]
            reached = [later[:, c] + w * (later[:, c + 1] - later[:, c]) + shut
                       for c, w, shut in zip(cell, part, closed, strict=True)]  # fmt: skip
            best = value[t]
            best.fill(np.inf)
            for m, p in moves:
                now = np.interp(drawn + p, rest.power_mw[t], rest.cost_cny[t])
                now += self._own(np.asarray(p), 1)
                low, high = max(0, -m), CONTENTS - max(0, m)
                for cost, after in zip(now, reached, strict=True):
                    both = np.add(after[low + m : high + m], cost, out=room[low:high])
                    np.minimum(best[low:high], both, out=best[low:high])
        return value

    def follow(
        self, rest: ResidualCost, value: Array, start_m3: float, content_mwh: float
    ) -> Array:
        """Requested power of the station in each step, shape (T,), from given contents on. [MW]

        Parameters
        ----------
        rest, value
            As given to, and found by, `values`.
        start_m3, content_mwh : float
            Water of the upper reservoir and content of the storage at the beginning. [m³], [MWh]
        """
        dynamics, volume, content = self.dynamics, start_m3, content_mwh
        wanted = np.zeros(value.shape[0] - 1)
        for t in range(wanted.size):
            ends = np.append(self.contents, content)
            other = self.power(ends - content)
            ends, other = (a[self._can(other)] for a in (ends, other))
            kinks = (rest.power_mw[t] - other[:, np.newaxis])[:, 1:-1].ravel()
            row = int(dynamics.row(np.array([volume]))[0])
            units, power, moved = dynamics.choices(row, np.concatenate([[0.0], kinks, [0.0]]))
            there = volume + moved + dynamics.gain_m3[t]
            cell, part = dynamics.place(there)
            later = value[t + 1][:, cell] + part * (
                value[t + 1][:, cell + 1] - value[t + 1][:, cell]
            )
            cost = np.stack([np.interp(ends, self.contents, column) for column in later.T])
            both = power[:, np.newaxis] + other
            cost += np.interp(both, rest.power_mw[t], rest.cost_cny[t])
            cost += self._own(power, 0)[:, np.newaxis] + self._own(other, 1)
            cost[~dynamics.open(volume, moved, units, t)] += PROHIBITIVE
            a, m = np.unravel_index(int(np.argmin(cost)), cost.shape)
            wanted[t] = dynamics.asked(row, int(units[a]), float(power[a]))
            volume, content = dynamics.kept(float(there[a])), float(ends[m])
        return wanted
