"""Columns of a dispatch program: what a variable is, and whose.

Roles are defined here and nowhere else. A program maps each `Column` to its place among the n
variables of a step; a quantity that can never be above 0 has no column.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import NamedTuple

from altay_energy.dispatch.problem.thermal_units import ThermalLimits


class Role(StrEnum):
    """What a variable means."""

    RENEWABLE = "renewable"
    """Power used of plants of equal cost. [MW]"""
    THERMAL = "thermal"
    """Power of plants of equal cost and emission factor. [MW]"""
    BACK_DOWN = "back down"
    """Must-run power that is not generated. [MW]"""
    IMPORT = "import"
    EXPORT = "export"
    UNSERVED = "unserved"
    """Load that cannot be moved and is not served. [MW]"""
    CHARGE = "charge"
    DISCHARGE = "discharge"
    SPILL = "spill"
    LEVEL = "level"
    """Content at the end of a step. [MWh]"""
    BAND = "band"
    """Content at the end of a window, by its worth. [MWh]"""
    USED = "used"
    """Power that a flexible load draws. [MW]"""
    NEVER = "never"
    """Power that a flexible load asks for and never gets. [MW]"""
    OWED = "owed"
    """Backlog of a flexible load at the end of a step. [MWh]"""
    ROOM = "room"
    """Room of the import below the month's peak. [MW]"""
    PEAK = "peak"
    """Largest import of the month so far. [MW]"""
    RISE = "rise"
    FALL = "fall"
    SPENT = "spent"
    """What a limit over the period has used by the end of a step."""
    OVER = "over"
    """By how much a limit over the period is missed."""
    IDLE = "idle"
    """Always 0."""


class Column(NamedTuple):
    """One variable of every step.

    Parameters
    ----------
    role : Role
        What it means.
    owner : str
        Whose it is: a plant, the first of plants that share it, a limit; empty for the bus.
    part : int
        Which band, counted from 0. [-]
    """

    role: Role
    owner: str = ""
    part: int = 0


IMPORT, EXPORT = Column(Role.IMPORT), Column(Role.EXPORT)
UNSERVED, BACK_DOWN = Column(Role.UNSERVED), Column(Role.BACK_DOWN)
ROOM, PEAK, RISE, FALL = (Column(r) for r in (Role.ROOM, Role.PEAK, Role.RISE, Role.FALL))


def renewable_column(names: Sequence[str]) -> Column:
    """The column that renewable plants of equal cost share, by their names."""
    return Column(Role.RENEWABLE, names[0])


def thermal_column(plants: Sequence[ThermalLimits]) -> Column:
    """The column that thermal plants of equal cost and emission factor share."""
    return Column(Role.THERMAL, plants[0].name)


def places(column: Mapping[Column, int], *roles: Role, owner: str | None = None) -> list[int]:
    """Places of all columns of some roles, in order; ``owner``: of one owner alone."""
    return [
        place
        for found, place in column.items()
        if found.role in roles and owner in (None, found.owner)
    ]
