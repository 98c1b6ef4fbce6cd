"""Ageing and replacement of batteries over years in which the period repeats."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from altay_energy.components.base import Component
from altay_energy.components.money.earning_plants import quoted
from altay_energy.components.money.earnings import Ageing
from altay_energy.components.storage.battery import Battery
from altay_energy.core.timeline import Timeline
from altay_energy.core.units import Array
from altay_energy.core.wording import closest
from altay_energy.dispatch.result.result import Dispatch
from altay_energy.resource.battery.cells import CELLS
from altay_energy.resource.battery.degradation import Cells, life_years
from altay_energy.resource.battery.rainflow import rainflow
from altay_energy.run.figures.figure import Amount, evaluated, figure, figures_in, plain, ratio
from altay_energy.run.money.earnings import Months

LONGEST_LIFE_YEARS = 100.0
"""Longest life that is searched for. [a]"""

DIGITS = 1e-9
"""Tolerance by which rounding may extend a life beyond the end of a year. [a]"""


@dataclass(frozen=True, eq=False)
class BatteryAgeing:
    """Ageing of one battery; its figures have the leading shape (...) of the dispatch.

    Parameters
    ----------
    name : str
        Table name of the battery.
    cells : Cells
        Ageing model of its cells.
    end_of_life : float
        Share of the initial capacity at which it is replaced. [-]
    calendar, cycling : ndarray, shape (...)
        Damage in a year by rest at the mean level and by cycles; ``cells.capacity`` converts damage
        to capacity. [-]
    depth : ndarray, shape (...)
        Mean depth of its cycles, weighted by energy. [-]
    """

    name: str
    cells: Cells
    end_of_life: float
    calendar: Array
    cycling: Array
    depth: Array

    def capacity(self, years: Array | float) -> Array:
        """Capacity by age, as a share of the initial capacity, shape (..., N). [-]

        Parameters
        ----------
        years : float or ndarray, shape (N,)
            Age. [a]
        """
        yearly = self.calendar + self.cycling
        return self.cells.capacity(np.multiply.outer(yearly, np.asarray(years, dtype=np.float64)))

    def replacement_years(self, years: int) -> list[int]:
        """Operating years, from 1, in which the battery of a single run is replaced.

        Parameters
        ----------
        years : int
            Number of operating years. No battery is bought at the end of the last one.

        Returns
        -------
        list of int
            Ascending; a year appears twice if the battery lives for less than a year.
        """
        life = float(self.life_years)
        count = math.ceil(years / life - DIGITS) - 1
        return [min(math.ceil(k * life - DIGITS), years) for k in range(1, count + 1)]

    def replacement_shares(self, years: int) -> Array:
        """Batteries bought in each operating year per battery installed, shape (years,). [-]

        Parameters
        ----------
        years : int
            Of operation.
        """
        found = np.zeros(years)
        for year in self.replacement_years(years):
            found[year - 1] += 1.0
        return found

    def capacity_by_year(self, years: int) -> Array:
        """Capacity of a single run at the end of each operating year, with replacement. [-]

        Parameters
        ----------
        years : int
            Of operation.

        Returns
        -------
        ndarray, shape (years,)
            Share of the initial capacity; of the old battery if replaced at the end of a year.
        """
        life, ends = float(self.life_years), np.arange(1.0, years + 1.0)
        replaced = np.ceil(ends / life - DIGITS) - 1.0
        return self.capacity(ends - life * replaced)

    @figure("none")
    def life_years(self) -> Array:
        """Time until the capacity reaches the end of life, period repeated; at most 100 years."""
        yearly = self.calendar + self.cycling
        lives = [
            life_years(self.cells, float(one), self.end_of_life, LONGEST_LIFE_YEARS)
            for one in np.ravel(yearly)
        ]
        return np.array(lives).reshape(np.shape(yearly))

    @figure("none")
    def capacity_after_1_share(self) -> Array:
        """Capacity after a year of operation / initial capacity."""
        return self.capacity(1.0)

    @figure("none")
    def capacity_after_10_share(self) -> Array:
        """Capacity after ten years of operation without replacement / initial capacity."""
        return self.capacity(10.0)

    @figure("none")
    def cycle_damage_share(self) -> Array:
        """Damage by cycles / damage by cycles and time."""
        return ratio(self.cycling, self.calendar + self.cycling)

    @figure("none")
    def mean_cycle_depth_share(self) -> Array:
        """Mean depth of the cycles by rainflow counting, weighted by energy."""
        return self.depth


AGEING = figures_in(BatteryAgeing)


def ageing_figures(ageing: BatteryAgeing) -> dict[str, Amount]:
    """Figures of `AGEING`; floats for a single run.

    Parameters
    ----------
    ageing : BatteryAgeing
    """
    return {key: plain(np.asarray(value)) for key, value in evaluated(AGEING, ageing).items()}


def battery_ageing(
    name: str, battery: Battery, table: Ageing, level_mwh: Array, years: float
) -> BatteryAgeing:
    """Compute the ageing of a battery from the history of its level.

    Parameters
    ----------
    name : str
    battery : Battery
        The battery; depths are shares of its energy.
    table : Ageing
    level_mwh : ndarray, shape (..., T + 1)
        Usable content above the lowest permitted level. [MWh]
    years : float
        Length of the history, which repeats. [a]
    """
    cells, shape = table.model, level_mwh.shape[:-1]
    share = battery.min_level + level_mwh / battery.energy_mwh if battery.energy_mwh else level_mwh
    share = np.clip(share, 0.0, 1.0)
    found = []
    for one in share.reshape(-1, share.shape[-1]):
        cycles = rainflow(one, repeats=True)
        moved = np.sum(cycles.count * cycles.depth)
        mean = np.sum(cycles.count * cycles.depth**2) / moved if moved else 0.0
        calendar = cells.calendar(1.0, float(one.mean()))
        found.append((calendar, cells.cycling(cycles) / years, float(mean)))
    parts = np.array(found).T.reshape(3, *shape)
    return BatteryAgeing(name, cells, table.end_of_life, *parts)


def ageing_of(
    dispatch: Dispatch,
    timeline: Timeline,
    plants: Mapping[str, Component],
    tables: Mapping[str, Ageing],
) -> dict[str, BatteryAgeing]:
    """Compute the ageing of each battery that has a table, by table name.

    Parameters
    ----------
    dispatch : Dispatch
        Shape (..., T).
    timeline : Timeline
    plants : mapping of str to component
        By table name.
    tables : mapping of str to Ageing
        Tables by battery, with names checked by `ageing_problems`.
    """
    years = float(Months.of(timeline).share_of_year.sum())
    found = {}
    for name, table in tables.items():
        battery = plants[name]
        assert isinstance(battery, Battery)
        level = dispatch.level_mwh[name]
        found[name] = battery_ageing(name, battery, table, level, years)
    return found


def ageing_problems(
    tables: Mapping[str, Ageing], plants: Mapping[str, Component]
) -> list[tuple[str, str]]:
    """Errors of tables that name no battery, as (key, message) pairs.

    Parameters
    ----------
    tables : mapping of str to Ageing
    plants : mapping of str to component
        By table name.
    """
    there = [name for name, plant in plants.items() if isinstance(plant, Battery)]
    known = ", ".join(there) or "none is defined"
    return [
        (
            f"economics.ageing.{quoted(name)}",
            f"no battery is called {name} (batteries: {known}){closest(name, there)}",
        )
        for name in tables
        if name not in there
    ]


def ageing_notices(
    ageing: Mapping[str, BatteryAgeing], tables: Mapping[str, Ageing], timeline: Timeline
) -> list[str]:
    """Notices on assumptions of the ageing of a run.

    Parameters
    ----------
    ageing : mapping of str to BatteryAgeing
    tables : mapping of str to Ageing
    timeline : Timeline
    """
    found = []
    for name in ageing:
        key, cells = f"economics.ageing.{quoted(name)}", CELLS.load(tables[name].cells)
        if cells.assumed:
            found.append(f"{key}: the figures of the cells {cells.name} are assumed")
        if not timeline.whole_years:
            found.append(
                f"{key}: the period {timeline.describe()} is no whole year, and its cycles are "
                "taken to repeat all the year"
            )
        found.append(
            f"{key}: the dispatch has the capacity of a new battery in every year; what is lost "
            "with age is not taken from its earnings"
        )
    return found
