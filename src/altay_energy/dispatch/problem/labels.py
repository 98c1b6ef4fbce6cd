"""What the figures of a problem are called in the scenario that it was made of."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from altay_energy.core.units import Array
from altay_energy.core.value import Value


@dataclass(frozen=True, eq=False)
class Origin(Value):
    """Clock, loads and keys of a scenario. Nothing is dispatched by them; messages use them.

    Parameters
    ----------
    start : datetime or None
        Beginning of the first step on the local clock, without a zone; None: messages count steps.
    loads : mapping of str to ndarray, shape (..., T)
        What ``load_mw`` is made of, by name. [MW]
    usable : mapping of str to float
        Usable share of ``energy_mwh`` of storages that do not use all of it. [-]
    unit_form : frozenset of str
        Storages that are described by units and reservoirs: no single key is their power or energy.
    """

    start: datetime | None = None
    loads: Mapping[str, Array] = field(default_factory=dict)
    usable: Mapping[str, float] = field(default_factory=dict)
    unit_form: frozenset[str] = frozenset()
