"""Limits of one storage: powers, content, efficiencies and inflow."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import ClassVar, Literal, TypeAlias

import numpy as np

from altay_energy.core.errors import ScenarioError
from altay_energy.core.units import Array
from altay_energy.dispatch.problem.checks import Limits, check_number

Terminal: TypeAlias = Literal["cyclic", "free", "at_least", "equal_initial", "water_value"]
"""How the last level of a storage relates to its first; ``water_value``: free, with a value."""


@dataclass(frozen=True, eq=False)
class StorageLimits(Limits):
    """Limits of one storage.

    Parameters
    ----------
    name : str
        As in the scenario, ``battery.jeminay``.
    charge_mw, discharge_mw : float
        Largest power in each direction, at the bus; 0 is allowed. [MW]
    energy_mwh : float
        Usable content between the lowest and the highest permitted level; 0 is allowed. [MWh]
    charge_efficiency, discharge_efficiency : float
        Bus to content and content to bus, above 0 and up to 1. [-]
    standing_loss_per_hour : float
        Share of the content that is lost in each hour, from 0 to below 1. [-]
    initial_level_mwh : float
        First content; not fixed in a cyclic period. [MWh]
    inflow_mw : ndarray, shape (..., T), or a number
        Natural inflow, counted as content; what does not fit is spilled. [MW]
    spill_mw : ndarray, shape (..., T), or a number
        Content that may be spilled besides the inflow; 0 for rules and for plants of a scenario.
        [MW]
    in_service : ndarray, shape (..., T), or a number
        Share of both powers that is available; only rules accept values below 1. [-]
    is_load : bool
        Whether it represents a load of any power; its losses then count as used.

    Raises
    ------
    ScenarioError, SeriesError
        If a value is not finite or out of range.
    """

    SERIES: ClassVar[tuple[str, ...]] = ("inflow_mw", "spill_mw", "in_service")

    charge_mw: float
    discharge_mw: float
    energy_mwh: float
    charge_efficiency: float
    discharge_efficiency: float
    standing_loss_per_hour: float = 0.0
    initial_level_mwh: float = 0.0
    inflow_mw: Array = field(default_factory=lambda: np.zeros(()))
    spill_mw: Array = field(default_factory=lambda: np.zeros(()))
    in_service: Array = field(default_factory=lambda: np.ones(()))
    is_load: bool = False

    def __post_init__(self) -> None:
        self.check_series()
        for name in ("charge_mw", "discharge_mw", "energy_mwh", "initial_level_mwh"):
            check_number(self.name, name, getattr(self, name), 0.0)
        for name in ("charge_efficiency", "discharge_efficiency"):
            check_number(self.name, name, getattr(self, name), 0.0, 1.0, above=True)
        check_number(self.name, "standing_loss_per_hour", self.standing_loss_per_hour, 0.0, 1.0)
        if self.standing_loss_per_hour == 1.0:
            raise ScenarioError(f"{self.name}: standing_loss_per_hour = 1, expected less than 1")
        if self.initial_level_mwh > self.energy_mwh:
            raise ScenarioError(
                f"{self.name}: initial_level_mwh = {self.initial_level_mwh:g} is above "
                f"energy_mwh = {self.energy_mwh:g}; lower the level or enlarge the storage"
            )

    @property
    def has_inflow(self) -> bool:
        """Whether there is natural inflow in any step."""
        return bool(np.any(self.inflow_mw > 0.0))

    @property
    def most_spill_mw(self) -> Array:
        """Largest spill, shape (..., T) or a number. [MW]"""
        return np.asarray(self.inflow_mw + self.spill_mw)

    @property
    def spills(self) -> bool:
        """Whether content may be spilled in any step."""
        return bool(np.any(self.most_spill_mw > 0.0))

    def is_idle(self, terminal: Terminal) -> bool:
        """Whether a terminal rule leaves no operation; the storage then has no columns."""
        if self.energy_mwh == 0.0:
            return not self.has_inflow  # with inflow: discharged at once or spilled
        filled = self.charge_mw > 0.0 or self.has_inflow
        must_return = terminal in ("cyclic", "at_least", "equal_initial")
        kept = self.discharge_mw == 0.0 and not self.spills
        if must_return and kept and self.standing_loss_per_hour == 0.0:
            return True
        return not filled and (must_return or self.discharge_mw == 0.0)

    def keep(self, step_hours: float) -> float:
        """Share of the content that remains after one step. [-]"""
        return math.pow(1.0 - self.standing_loss_per_hour, step_hours)
