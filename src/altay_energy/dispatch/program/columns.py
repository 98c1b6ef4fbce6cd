"""Columns of a dispatch program: role and owner of each variable.

All roles are defined here. A program maps each `Column` to its index among the n variables of a
step; a quantity that can never be above 0 has no column.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import NamedTuple

from altay_energy.dispatch.problem.thermal_units import ThermalLimits


class Role(StrEnum):
    """What a variable means."""

    RENEWABLE = "renewable"
    """Power used of renewable plants of equal cost. [MW]"""
    THERMAL = "thermal"
    """Power of plants of equal cost and emission factor. [MW]"""
    BACK_DOWN = "back down"
    """Must-run power that is not generated. [MW]"""
    IMPORT = "import"
    EXPORT = "export"
    UNSERVED = "unserved"
    """Unserved fixed load. [MW]"""
    CHARGE = "charge"
    DISCHARGE = "discharge"
    SPILL = "spill"
    LEVEL = "level"
    """Content at the end of a step. [MWh]"""
    BAND = "band"
    """Content at the end of a window in a band of its water value. [MWh]"""
    USED = "used"
    """Power that a flexible load draws. [MW]"""
    NEVER = "never"
    """Unserved power of a flexible load. [MW]"""
    OWED = "owed"
    """Backlog of a flexible load at the end of a step. [MWh]"""
    ROOM = "room"
    """Difference of the month's peak and the import. [MW]"""
    PEAK = "peak"
    """Largest import of the month so far. [MW]"""
    RISE = "rise"
    FALL = "fall"
    SPENT = "spent"
    """Amount of a limit over the period that is used by the end of a step."""
    OVER = "over"
    """Shortfall of a limit over the period."""
    IDLE = "idle"
    """Always 0."""


class Column(NamedTuple):
    """One variable of every step.

    Parameters
    ----------
    role : Role
        Meaning of the variable.
    owner : str
        Name of its plant or limit; of plants that share it, the first; empty for the bus.
    part : int
        Index of the band, from 0. [-]
    """

    role: Role
    owner: str = ""
    part: int = 0


IMPORT, EXPORT = Column(Role.IMPORT), Column(Role.EXPORT)
UNSERVED, BACK_DOWN = Column(Role.UNSERVED), Column(Role.BACK_DOWN)
ROOM, PEAK, RISE, FALL = (Column(r) for r in (Role.ROOM, Role.PEAK, Role.RISE, Role.FALL))


def renewable_column(names: Sequence[str]) -> Column:
    """Column that the named renewable plants of equal cost share."""
    return Column(Role.RENEWABLE, names[0])


def thermal_column(plants: Sequence[ThermalLimits]) -> Column:
    """Column that thermal plants of equal cost and emission factor share."""
    return Column(Role.THERMAL, plants[0].name)


def places(column: Mapping[Column, int], *roles: Role, owner: str | None = None) -> list[int]:
    """Indices of the columns with the given roles, in order; optionally of one owner."""
    return [
        place
        for found, place in column.items()
        if found.role in roles and owner in (None, found.owner)
    ]
