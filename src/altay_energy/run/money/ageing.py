"""Ageing of batteries over the years in which a period repeats, and when they are replaced."""

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
"""Where the search for the end of a life stops. [a]"""

DIGITS = 1e-9
"""By so much a life that ends with a year may be longer, from its last digits. [a]"""


@dataclass(frozen=True, eq=False)
class BatteryAgeing:
    """Ageing of one battery; its figures have the leading shape (...) of the dispatch.

    Parameters
    ----------
    name : str
        The battery by its table name.
    cells : Cells
        How its cells age.
    end_of_life : float
        Capacity at which it is replaced, of that when new. [-]
    calendar, cycling : ndarray, shape (...)
        Damage of a year at rest at its mean level, and of the cycles of a year; the capacity after
        it is ``cells.capacity``. [-]
    depth : ndarray, shape (...)
        Mean depth of its cycles by the energy that they move. [-]
    """

    name: str
    cells: Cells
    end_of_life: float
    calendar: Array
    cycling: Array
    depth: Array

    def capacity(self, years: Array | float) -> Array:
        """Capacity of a battery of some age, of that when new, shape (..., N). [-]

        Parameters
        ----------
        years : float or ndarray, shape (N,)
            Age. [a]
        """
        yearly = self.calendar + self.cycling
        return self.cells.capacity(np.multiply.outer(yearly, np.asarray(years, dtype=np.float64)))

    def replacement_years(self, years: int) -> list[int]:
        """Years of operation, from 1 on, in which a battery of a single run is replaced.

        Parameters
        ----------
        years : int
            Of operation. At their end no battery is bought any more.

        Returns
        -------
        list of int
            Rising; a year twice if the battery lives for less than one.
        """
        life = float(self.life_years)
        count = math.ceil(years / life - DIGITS) - 1
        return [min(math.ceil(k * life - DIGITS), years) for k in range(1, count + 1)]

    def replacement_shares(self, years: int) -> Array:
        """Batteries bought in each year of operation, over those that there are, shape (years,).

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
        """Capacity at the end of each year of operation of a single run, with replacement. [-]

        Parameters
        ----------
        years : int
            Of operation.

        Returns
        -------
        ndarray, shape (years,)
            Of that when new; where a battery is replaced at a year's end, of the old one.
        """
        life, ends = float(self.life_years), np.arange(1.0, years + 1.0)
        replaced = np.ceil(ends / life - DIGITS) - 1.0
        return self.capacity(ends - life * replaced)

    @figure("none")
    def life_years(self) -> Array:
        """Time until the capacity is down to the end of life, if every year is like this one.

        At most 100 years.
        """
        yearly = self.calendar + self.cycling
        lives = [
            life_years(self.cells, float(one), self.end_of_life, LONGEST_LIFE_YEARS)
            for one in np.ravel(yearly)
        ]
        return np.array(lives).reshape(np.shape(yearly))

    @figure("none")
    def capacity_after_1_share(self) -> Array:
        """Capacity after a year of operation, of that when new."""
        return self.capacity(1.0)

    @figure("none")
    def capacity_after_10_share(self) -> Array:
        """Capacity after ten years of operation without replacement, of that when new."""
        return self.capacity(10.0)

    @figure("none")
    def cycle_damage_share(self) -> Array:
        """Part of the damage that cycles do; time does the rest."""
        return ratio(self.cycling, self.calendar + self.cycling)

    @figure("none")
    def mean_cycle_depth_share(self) -> Array:
        """Mean depth of the cycles by rainflow counting, weighted by the energy that they move."""
        return self.depth


AGEING = figures_in(BatteryAgeing)


def ageing_figures(ageing: BatteryAgeing) -> dict[str, Amount]:
    """The figures `AGEING`, floats for a single run.

    Parameters
    ----------
    ageing : BatteryAgeing
    """
    return {key: plain(np.asarray(value)) for key, value in evaluated(AGEING, ageing).items()}


def battery_ageing(
    name: str, battery: Battery, table: Ageing, level_mwh: Array, years: float
) -> BatteryAgeing:
    """Ageing of a battery from the history of its level.

    Parameters
    ----------
    name : str
    battery : Battery
        Its energy, from which depths are shares.
    table : Ageing
    level_mwh : ndarray, shape (..., T + 1)
        Usable content, from the lowest allowed level upwards. [MWh]
    years : float
        Length of the history, which is followed by itself again and again. [a]
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
    """Ageing of each battery that has a table, by its name.

    Parameters
    ----------
    dispatch : Dispatch
        Shape (..., T).
    timeline : Timeline
    plants : mapping of str to component
        By table name.
    tables : mapping of str to Ageing
        By battery; `ageing_problems` has checked their names.
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
    """Tables that name no battery, as pairs of key and message.

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
    """Notices on what the ageing of a run assumes.

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
