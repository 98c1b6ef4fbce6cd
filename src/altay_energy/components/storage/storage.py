"""What every storage has in common: limits at the bus, a usable band, and how its level moves."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from pydantic import ValidationInfo
from pydantic_core import PydanticCustomError

from altay_energy.core.units import Array

SHORTEST_HOURS, LONGEST_HOURS = 0.1, 200.0
"""Hours of full discharge between which a storage is ordinary: from grid-stabilising batteries
to weekly and monthly reservoirs (assumed). Beyond, a unit was probably mistaken. [h]"""


@dataclass(frozen=True)
class StorageBand:
    """A storage as a dispatcher sees it; levels count from the lowest level that is allowed.

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
        What stood in the store at the beginning loses its share; what flows in during the step
        begins to lose in the next one.
        """
        kept = (1.0 - self.standing_loss_per_hour) ** hours
        gain = self.charge_efficiency * charge_mw - discharge_mw / self.discharge_efficiency
        return np.asarray(kept * level_mwh + hours * gain)


def per_hour(loss_per_day: float) -> float:
    """Hourly share that adds up to a daily one over 24 hours. [-]"""
    return float(1.0 - (1.0 - loss_per_day) ** (1.0 / 24.0))


def check_duration(
    energy_key: str, energy_mwh: float, power_key: str, power_mw: float, info: ValidationInfo
) -> None:
    """Refuse a storage that would run for seconds or for months: a unit slip, mostly.

    Raises
    ------
    PydanticCustomError
        Of type ``unusual``, unless the scenario says ``allow_unusual = true``.
    """
    if not energy_mwh or not power_mw or (info.context or {}).get("allow_unusual"):
        return
    hours = energy_mwh / power_mw
    if SHORTEST_HOURS <= hours <= LONGEST_HOURS:
        return
    raise PydanticCustomError(
        "unusual",
        "{energy_key} = {energy} MWh over {power_key} = {power} MW is {hours} h at full power "
        "(expected {low} to {high} h); is the unit of one of them right? If it is meant, say "
        "allow_unusual = true at the top of the scenario",
        {
            "energy_key": energy_key,
            "energy": f"{energy_mwh:g}",
            "power_key": power_key,
            "power": f"{power_mw:g}",
            "hours": f"{hours:.4g}",
            "low": f"{SHORTEST_HOURS:g}",
            "high": f"{LONGEST_HOURS:g}",
        },
    )
