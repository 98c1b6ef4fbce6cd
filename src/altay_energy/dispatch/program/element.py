"""Base class of the elements of a system, and the values that its hooks exchange."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any, ClassVar

import numpy as np

from altay_energy.core.units import Array
from altay_energy.dispatch.problem.problem import Problem
from altay_energy.dispatch.problem.station import StationOperation
from altay_energy.dispatch.program.assembly import Draft, Values
from altay_energy.dispatch.program.columns import Column
from altay_energy.dispatch.result.result import Dispatch


@dataclass(eq=False)
class Reading:
    """Parts of a dispatch, named as in `Dispatch`, while they are read, shape (..., T). [MW]

    ``never`` is the unserved power of each flexible load, ``shift`` its draw less its demand;
    levels have shape (..., T + 1). [MWh]
    """

    generation: dict[str, Array] = field(default_factory=dict)
    thermal: dict[str, Array] = field(default_factory=dict)
    charge: dict[str, Array] = field(default_factory=dict)
    discharge: dict[str, Array] = field(default_factory=dict)
    level: dict[str, Array] = field(default_factory=dict)
    spilled: dict[str, Array] = field(default_factory=dict)
    never: dict[str, Array] = field(default_factory=dict)
    shift: dict[str, Array] = field(default_factory=dict)
    stations: dict[str, StationOperation] = field(default_factory=dict)
    imported: Array = field(default_factory=lambda: np.zeros(()))
    exported: Array = field(default_factory=lambda: np.zeros(()))
    unserved: Array = field(default_factory=lambda: np.zeros(()))

    def dispatch(self, problem: Problem, **more: Any) -> Dispatch:
        """Build the dispatch from its parts.

        Parameters
        ----------
        problem : Problem
        **more
            Further fields of `Dispatch`; ``curtailed_mw`` if it is not the unused power of plants.
        """
        load = sum(self.shift.values(), start=problem.on_all(problem.load_mw))
        unserved = sum(self.never.values(), start=self.unserved)
        if "curtailed_mw" not in more:
            used = self.generation.items()
            more["curtailed_mw"] = {name: problem.renewables[name] - p for name, p in used}
        return Dispatch(
            problem=problem,
            generation_mw=self.generation,
            thermal_mw=self.thermal,
            charge_mw=self.charge,
            discharge_mw=self.discharge,
            level_mwh=self.level,
            served_mw=np.maximum(load - unserved, 0.0),  # rounding of two sums may be below 0
            unserved_mw=unserved,
            import_mw=self.imported,
            export_mw=self.exported,
            spilled_mw=self.spilled,
            shift_up_mw={name: np.maximum(moved, 0.0) for name, moved in self.shift.items()},
            shift_down_mw={name: np.maximum(0.0 - mw, 0.0) for name, mw in self.shift.items()},
            stations=self.stations,
            **more,
        )


@dataclass(frozen=True)
class Growth:
    """A limit whose least sufficient increase can be computed.

    Parameters
    ----------
    column : Column
        The limited column.
    limit : ndarray, shape (T,)
        The limit. [MW or MWh]
    per_unit : float
        The limit per unit of its key. [-]
    begun : float
        Share of the increase that a storage contains at the start. [-]
    """

    column: Column
    limit: Array
    per_unit: float = 1.0
    begun: float = 0.0


@dataclass(frozen=True)
class Key:
    """A scenario key that can make a problem infeasible.

    Parameters
    ----------
    name : str
        As in the scenario, ``grid.import_limit_mw``.
    value : float, str or None
        Its value; None where it is no single number.
    without : callable
        Maps a problem of shape (T,) to the same problem without the key.
    growth : Growth or None
        The limit that it sets, if an increase can be proposed.
    """

    name: str
    value: float | str | None
    without: Callable[[Problem], Problem]
    growth: Growth | None = None

    @property
    def text(self) -> str:
        """The key and its value."""
        if self.value is None:
            return self.name
        return f"{self.name} = {self.value if isinstance(self.value, str) else f'{self.value:g}'}"


@dataclass(frozen=True)
class Element:
    """An element on a bus. A hook that is not overridden does nothing.

    Parameters
    ----------
    bus : str
        The bus whose balance it is part of.
    """

    relaxed: ClassVar[int] = 0
    """Position of its keys in the order in which the search for conflicts relaxes keys."""

    bus: str

    def add(self, draft: Draft) -> None:
        """Add its columns and rows to a program."""

    def follow(self, values: Values) -> None:
        """Set the powers of a solution that follow from its contents."""

    def read(self, values: Values, found: Reading) -> None:
        """Read its part of a dispatch from a solution."""

    def keys(self, problem: Problem) -> Iterator[Key]:
        """Return its keys that can make a problem of shape (T,) infeasible."""
        yield from ()


def with_part(kind: str, name: str, problem: Problem, **changes: Any) -> Problem:
    """Return the problem with the limits of one thermal plant or storage replaced."""
    parts = (replace(p, **changes) if p.name == name else p for p in getattr(problem, kind))
    changed: dict[str, Any] = {kind: tuple(parts)}
    return replace(problem, **changed)
