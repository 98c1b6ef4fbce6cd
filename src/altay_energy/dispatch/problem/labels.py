"""Names and keys of the scenario from which a problem was made."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from altay_energy.components.base import Component
from altay_energy.components.kinds import KINDS, kind_of
from altay_energy.core.units import Array
from altay_energy.core.value import Value


@dataclass(frozen=True, eq=False)
class Origin(Value):
    """Start, loads and keys of a scenario, for messages only.

    Parameters
    ----------
    start : datetime or None
        Beginning of the first step on the local clock, without a zone; None: messages count steps.
    loads : mapping of str to ndarray, shape (..., T)
        Parts of ``load_mw`` by name. [MW]
    limit_keys : mapping of str to mapping of str to (str, float)
        Storage → ``charge_mw``, ``discharge_mw`` or ``energy_mwh`` → key of its table that sets it,
        and the limit per unit of that key [-]. An empty mapping: no single key sets them.
    """

    start: datetime | None = None
    loads: Mapping[str, Array] = field(default_factory=dict)
    limit_keys: Mapping[str, Mapping[str, tuple[str, float]]] = field(default_factory=dict)

    def limit_key(self, storage: str, limit: str) -> tuple[str, float]:
        """Key of the scenario that sets a limit of a storage, and the limit per unit of it [-].

        Parameters
        ----------
        storage : str
            ``"battery.jeminay"``; one without an entry has the keys of its kind.
        limit : str
            ``"charge_mw"``, ``"discharge_mw"`` or ``"energy_mwh"``.
        """
        model = KINDS[kind_of(storage)].model if kind_of(storage) in KINDS else Component
        usual = getattr(model, "limit_names", {}).get(limit, limit), 1.0
        key, per_unit = self.limit_keys.get(storage, {}).get(limit, usual)
        return f"{storage}.{key}", per_unit

    def without_keys(self, storage: str) -> bool:
        """Whether no single key sets the power or energy of a storage."""
        return self.limit_keys.get(storage) == {}
