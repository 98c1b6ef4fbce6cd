"""Table ``[adequacy]``: outages of plants in an adequacy study."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, ClassVar, Self

import numpy as np
from pydantic import Field, model_validator

from altay_energy.components.base import Component, Usual
from altay_energy.components.settings.policy import Day
from altay_energy.components.storage.pumped_storage import PumpedStorage
from altay_energy.components.supply.thermal_plant import ThermalPlant
from altay_energy.core.timeline import Timeline
from altay_energy.core.units import Array
from altay_energy.core.wording import closest

GRID = "grid"
"""Name of the grid connection among the plants."""

Hours = Annotated[float, Field(gt=0), Usual(1.0, 100_000.0)]


class Maintenance(Component):
    """Days on which some units of a plant are out of service."""

    kind: ClassVar[str] = "maintenance"

    first_day: Day = Field(description="first day, as in 2030-06-01 [-]")
    last_day: Day = Field(description="last day [-]")
    units: Annotated[int, Field(ge=1)] = Field(1, description="units out of service [-]")

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.last_day < self.first_day:
            raise ValueError(f"last_day = {self.last_day} is before first_day = {self.first_day}")
        return self


class Outages(Component):
    """Forced outages of equal units, and their planned maintenance.

    A unit fails and is repaired at random: times in service and out of service are exponential
    with the two means, so that it is out for mean_time_to_repair_h / (mean_time_to_fail_h +
    mean_time_to_repair_h) of the time.
    """

    kind: ClassVar[str] = "outages"

    units: Annotated[int, Field(ge=1, le=1000)] | None = Field(
        None,
        description="equal units; default: those of a pumped storage in its unit form or of a "
        "thermal plant with units, else 1 [-]",
    )
    mean_time_to_fail_h: Hours | None = Field(
        None, description="mean time in service; default: no forced outages [h]"
    )
    mean_time_to_repair_h: Hours | None = Field(
        None, description="mean time out of service; default: no forced outages [h]"
    )
    maintenance: dict[str, Maintenance] = Field(
        default_factory=dict, description="planned maintenance, each a table with a name [-]"
    )
    maintenance_days: Annotated[int, Field(ge=1, le=3660)] | None = Field(
        None,
        description="days of planned maintenance of each unit, which the program places where the "
        "reserve is largest; instead of maintenance [d]",
    )

    @model_validator(mode="after")
    def _both_times(self) -> Self:
        if (self.mean_time_to_fail_h is None) != (self.mean_time_to_repair_h is None):
            raise ValueError(
                "mean_time_to_fail_h and mean_time_to_repair_h go together; give both or neither"
            )
        if self.maintenance_days is not None and self.maintenance:
            raise ValueError(
                f"maintenance_days = {self.maintenance_days} is placed by the program and "
                "maintenance is on days; give one of them"
            )
        if self.mean_time_to_fail_h is None and not self.maintenance and not self.maintenance_days:
            raise ValueError(
                "says nothing; give mean_time_to_fail_h and mean_time_to_repair_h, or maintenance"
            )
        return self

    @property
    def rate(self) -> float:
        """Forced outage rate: share of time out of service. [-]"""
        if self.mean_time_to_fail_h is None or self.mean_time_to_repair_h is None:
            return 0.0
        return self.mean_time_to_repair_h / (self.mean_time_to_fail_h + self.mean_time_to_repair_h)

    def units_of(self, plant: Component) -> int:
        """Return the number of units of a plant.

        Parameters
        ----------
        plant : Component
        """
        own = getattr(plant, "units", None) if _has_units(plant) else None
        return int(own or self.units or 1)

    def maintained(self, timeline: Timeline) -> Array:
        """Units that are out for maintenance on given days in each step, shape (T,). [-]

        Parameters
        ----------
        timeline : Timeline
        """
        days = timeline.local.astype("datetime64[D]")
        found = np.zeros(timeline.steps)
        for part in self.maintenance.values():
            first, last = (np.datetime64(day, "D") for day in (part.first_day, part.last_day))
            found += part.units * ((days >= first) & (days <= last))
        return found


class AdequacySettings(Component):
    """Outages of plants, and how many histories of them are drawn for each weather year."""

    kind: ClassVar[str] = "adequacy"

    draws: Annotated[int, Field(ge=1, le=10_000)] = Field(
        10, description="outage histories for each weather year [-]"
    )
    seed: Annotated[int, Field(ge=0)] = Field(
        1, description="seed of the outages; the same seed gives the same histories [-]"
    )
    outages: dict[str, Outages] = Field(
        default_factory=dict,
        description='outages by plant, as [adequacy.outages."thermal.altay"], or by "grid" [-]',
    )

    def problems(
        self, plants: Mapping[str, Component], timeline: Timeline
    ) -> list[tuple[str, str]]:
        """Return tables that do not fit the plants, as pairs of key and message.

        Parameters
        ----------
        plants : mapping of str to Component
            By table name, with ``"grid"``.
        timeline : Timeline
        """
        found = []
        for name, table in self.outages.items():
            key = f'adequacy.outages."{name}"' if "." in name else f"adequacy.outages.{name}"
            plant = plants.get(name)
            if plant is None or name.startswith(("load.", "river.")):
                able = [k for k in plants if not k.startswith(("load.", "river."))]
                found.append((key, f"there is no plant {name!r}{closest(name, able)}"))
                continue
            own = getattr(plant, "units", None) if _has_units(plant) else None
            if own is not None and table.units not in (None, own):
                found.append((key, f"units = {table.units}, but {name} has units = {own}"))
            units = table.units_of(plant)
            most = table.maintained(timeline).max(initial=0.0)
            if most > units:
                found.append((key, f"{most:.0f} of {units} units are out at once by maintenance"))
            days = np.unique(timeline.local.astype("datetime64[D]")).size
            if (table.maintenance_days or 0) > days:
                found.append(
                    (
                        f"{key}.maintenance_days",
                        f"{table.maintenance_days} days do not fit into the {days} days of the "
                        "period",
                    )
                )
        return found


def _has_units(plant: Component) -> bool:
    """Return whether a plant has units of its own."""
    if isinstance(plant, PumpedStorage):
        return plant.form == "units"
    return isinstance(plant, ThermalPlant)
