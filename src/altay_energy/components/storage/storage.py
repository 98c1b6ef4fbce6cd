"""Base of storages: limits at the bus, a band of levels, and an equation for the level."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from pydantic import ValidationInfo

from altay_energy.components.base import OnBus
from altay_energy.components.faults import allows_unusual, unusual
from altay_energy.core.units import Array

SHORTEST_HOURS, LONGEST_HOURS = 0.1, 200.0
"""Usual hours of full discharge: from grid-stabilising batteries to weekly and monthly reservoirs
(assumed). Outside this range a unit is probably wrong. [h]"""

LIMITS = ("charge_mw", "discharge_mw", "energy_mwh")
"""Names of the limits of a storage in dispatch."""


@dataclass(frozen=True)
class StorageBand:
    """A storage in dispatch: a band of energy with two powers; levels count from its lowest.

    Parameters
    ----------
    charge_mw, discharge_mw : float
        Largest power drawn from the bus and given to it. [MW]
    usable_energy_mwh : float
        Energy between the lowest and the highest level. [MWh]
    charge_efficiency, discharge_efficiency : float
        Bus to store, store to bus. [-]
    standing_loss_per_hour : float
        Share of the usable content that is lost in an hour. [-]
    initial_usable_mwh : float
        Content at the beginning. [MWh]
    """

    charge_mw: float
    discharge_mw: float
    usable_energy_mwh: float
    charge_efficiency: float
    discharge_efficiency: float
    standing_loss_per_hour: float
    initial_usable_mwh: float

    def next_level(
        self, level_mwh: Array, charge_mw: Array, discharge_mw: Array, hours: float = 1.0
    ) -> Array:
        """Usable content after one step, shape of ``level_mwh``. [MWh]

        Parameters
        ----------
        level_mwh : ndarray, shape (...)
            Usable content at the beginning. [MWh]
        charge_mw, discharge_mw : ndarray, shape (...)
            Mean powers at the bus, never negative. [MW]
        hours : float
            Length of the step. [h]

        Notes
        -----
        The content at the beginning loses its share; what flows in during the step begins to lose
        in the next one.
        """
        kept = (1.0 - self.standing_loss_per_hour) ** hours
        gain = self.charge_efficiency * charge_mw - discharge_mw / self.discharge_efficiency
        return np.asarray(kept * level_mwh + hours * gain)


class Storage(OnBus):
    """A storage: a component that dispatch models as one band of energy with two powers."""

    limit_names: ClassVar[Mapping[str, str]] = {}
    """Limit in dispatch → key of the table, where they differ."""

    @property
    def limits(self) -> StorageBand:
        """The storage as a band of energy with two powers."""
        raise NotImplementedError(f"{type(self).__name__} has no limits")

    @property
    def limit_keys(self) -> dict[str, tuple[str, float]]:
        """Key that sets each of `LIMITS`, and the limit per unit of that key [-].

        Empty if no single key sets them. Explanations of problems without a solution name them.
        """
        return {limit: (self.limit_names.get(limit, limit), 1.0) for limit in LIMITS}

    def next_level(
        self, level_mwh: Array, charge_mw: Array, discharge_mw: Array, hours: float = 1.0
    ) -> Array:
        """Usable content after one step, shape of ``level_mwh``; see `StorageBand`. [MWh]"""
        return self.limits.next_level(level_mwh, charge_mw, discharge_mw, hours)


def per_hour(loss_per_day: float) -> float:
    """Hourly share that adds up to a daily one over 24 hours. [-]"""
    return float(1.0 - (1.0 - loss_per_day) ** (1.0 / 24.0))


def check_duration(
    energy_key: str,
    energy_mwh: float,
    power_key: str,
    power_mw: float,
    info: ValidationInfo,
    longest_hours: float = LONGEST_HOURS,
) -> None:
    """Raise for a storage with an unusual duration at full power, mostly a wrong unit.

    Parameters
    ----------
    energy_key, power_key : str
        Names of the fields.
    energy_mwh, power_mw : float
        Energy and power of discharging. [MWh], [MW]
    info : ValidationInfo
        Of the check, whose context may allow unusual values.
    longest_hours : float
        Longest usual duration; the shortest is `SHORTEST_HOURS`. [h]

    Raises
    ------
    PydanticCustomError
        Of type ``unusual``, unless the scenario says ``allow_unusual = true``.
    """
    if not energy_mwh or not power_mw or allows_unusual(info):
        return
    hours = energy_mwh / power_mw
    if not SHORTEST_HOURS <= hours <= longest_hours:
        raise unusual(
            f"{energy_key} = {energy_mwh:g} MWh over {power_key} = {power_mw:g} MW is {hours:.4g} "
            f"h at full power (expected {SHORTEST_HOURS:g} to {longest_hours:g} h); is the unit of "
            "one of them right?"
        )


def check_levels(low: float, start: float, high: float) -> None:
    """Check that a band of levels is open and holds the level at the beginning. [-]

    Raises
    ------
    ValueError
    """
    if low >= high:
        raise ValueError(f"min_level = {low:g} must be below max_level = {high:g}")
    if not low <= start <= high:
        raise ValueError(
            f"initial_level = {start:g} must lie between min_level = {low:g} and max_level = "
            f"{high:g}"
        )
