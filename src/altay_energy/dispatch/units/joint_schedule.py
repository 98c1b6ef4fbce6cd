r"""A station and one other storage planned together, for periods of some weeks.

Where the other storage is kept as it stands while the station is planned (`unit_plan`), neither
begins what pays only if both take part. Here dynamic programming goes over the volume v of the
upper reservoir and the content b of the other storage at once:

.. math:: W_t(v, b) = \min_{a, m} \; f_t(p_a(v) + p_m) + W_{t+1}(v + \Delta v_a(v), b + m)

with the moves a of the station, those m of the storage from point to point of its grid and the
power p that each takes from the bus, whose cost f is that of the system without both. Standing
losses of the storage are left out, and starts of units have to cost nothing. It is a plan like any
other: what comes of it is worked out anew, with the storage free.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from altay_energy.core.units import Array
from altay_energy.dispatch.problem.storage import StorageLimits
from altay_energy.dispatch.units.station_schedule import FAR, Course, RestCost

NODES = 641
"""Volumes of the grid. [-]"""

CONTENTS = 33
"""Contents of the other storage. [-]"""

MOST_STEPS = 400
"""Longest period for which two contents are looked at together: seconds for a week. [-]"""

_LOADS = 4


@dataclass(frozen=True, eq=False)
class Pair:
    """A station and a storage.

    Parameters
    ----------
    course : Course
        The station; its states of running units are left out.
    storage : StorageLimits
        The storage.
    om_cny_mwh : tuple of float
        Variable O&M of what each of them gives. [CNY/MWh]
    """

    course: Course
    storage: StorageLimits
    om_cny_mwh: tuple[float, float]

    @cached_property
    def contents(self) -> Array:
        """Grid of the storage's content, shape (B,). [MWh]"""
        return np.linspace(0.0, self.storage.energy_mwh, CONTENTS)

    def power(self, change_mwh: Array) -> Array:
        """Power from the bus that changes the content by so much in a step. [MW]"""
        hours, s = self.course.step_hours, self.storage
        up, down = change_mwh / s.charge_efficiency, change_mwh * s.discharge_efficiency
        return np.asarray(np.where(change_mwh > 0.0, up, down) / hours)

    def _can(self, power: Array) -> Array:
        """Whether the storage has a power, bool."""
        s = self.storage
        slack = 1e-9 * max(s.charge_mw, s.discharge_mw)
        return np.asarray((power <= s.charge_mw + slack) & (power >= -s.discharge_mw - slack))

    def _own(self, power: Array, of: int) -> Array:
        """Variable O&M of the station (0) or the storage (1) at a power from the bus. [CNY]"""
        rate = self.om_cny_mwh[of] * self.course.step_hours
        return np.asarray(rate * np.maximum(0.0 - power, 0.0))

    def values(self, rest: RestCost, end: Array) -> Array:
        """Cost of the cheapest course from each step on, shape (T + 1, B, N).

        Parameters
        ----------
        rest : RestCost
            Of the system without both.
        end : ndarray, shape (B, N)
            Cost of ending with both contents. [CNY]
        """
        course, grid = self.course, self.course.volume_m3
        units, power, moved = course.moves(course.row(grid), _LOADS)
        cell, part = course.place(grid[:, np.newaxis] + moved)
        cell, part, drawn = (np.ascontiguousarray(a.T) for a in (cell, part, power))
        all_moves = np.arange(1 - CONTENTS, CONTENTS)
        taken = self.power(all_moves * self.contents[1])
        moves = [(int(m), float(p)) for m, p in zip(all_moves, taken, strict=True) if self._can(p)]
        steps = rest.power_mw.shape[0]
        value = np.empty((steps + 1, CONTENTS, grid.size))
        value[-1] = end
        room, known = np.empty(end.shape), None
        for t in range(steps - 1, -1, -1):
            limit = course.limits_of(t)
            if limit != known:
                closed = np.where(course.open(grid[:, np.newaxis], moved, units, t), 0.0, FAR)
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

    def follow(self, rest: RestCost, value: Array, start_m3: float, content_mwh: float) -> Array:
        """What is asked of the station in each step, shape (T,), from both contents on. [MW]

        Parameters
        ----------
        rest, value
            As given to, and found by, `values`.
        start_m3, content_mwh : float
            Water of the upper reservoir and content of the storage at the beginning. [m³], [MWh]
        """
        course, volume, content = self.course, start_m3, content_mwh
        wanted = np.zeros(value.shape[0] - 1)
        for t in range(wanted.size):
            ends = np.append(self.contents, content)
            other = self.power(ends - content)
            ends, other = (a[self._can(other)] for a in (ends, other))
            kinks = (rest.power_mw[t] - other[:, np.newaxis])[:, 1:-1].ravel()
            row = int(course.row(np.array([volume]))[0])
            units, power, moved = course.choices(row, np.concatenate([[0.0], kinks, [0.0]]))
            there = volume + moved + course.gain_m3[t]
            cell, part = course.place(there)
            later = value[t + 1][:, cell] + part * (
                value[t + 1][:, cell + 1] - value[t + 1][:, cell]
            )
            cost = np.stack([np.interp(ends, self.contents, column) for column in later.T])
            both = power[:, np.newaxis] + other
            cost += np.interp(both, rest.power_mw[t], rest.cost_cny[t])
            cost += self._own(power, 0)[:, np.newaxis] + self._own(other, 1)
            cost[~course.open(volume, moved, units, t)] += FAR
            a, m = np.unravel_index(int(np.argmin(cost)), cost.shape)
            wanted[t] = course.asked(row, int(units[a]), float(power[a]))
            volume, content = course.kept(float(there[a])), float(ends[m])
        return wanted
