"""Histories of forced outages of units, and of their planned maintenance."""

from __future__ import annotations

import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from altay_energy.components.base import Component
from altay_energy.components.settings.adequacy import Outages
from altay_energy.core.timeline import Timeline
from altay_energy.core.units import Array
from altay_energy.core.value import Value

Bools: TypeAlias = NDArray[np.bool_]

History: TypeAlias = tuple[int, int]
"""Weather year (its seed or its calendar year) and draw."""


@dataclass(frozen=True)
class Histories(Value):
    """Outages of the units of all plants.

    A history depends only on seed, plant, unit, weather year and draw, not on other plants or the
    order of the runs, so studies with and without a plant have common random numbers.

    Parameters
    ----------
    tables : mapping of str to Outages
        Outages by plant.
    units : mapping of str to int
        Number of units by plant.
    timeline : Timeline
        The T intervals.
    seed : int
    """

    tables: Mapping[str, Outages]
    units: Mapping[str, int]
    timeline: Timeline
    seed: int

    @classmethod
    def of(
        cls,
        tables: Mapping[str, Outages],
        plants: Mapping[str, Component],
        timeline: Timeline,
        seed: int,
    ) -> Histories:
        """Return the outages of plants.

        Parameters
        ----------
        tables : mapping of str to Outages
            With all maintenance on days, as from `altay_energy.study.adequacy.maintenance.placed`.
        plants : mapping of str to Component
            By table name.
        timeline : Timeline
        seed : int
        """
        waiting = [name for name, table in tables.items() if table.maintenance_days is not None]
        if waiting:
            raise ValueError(f"maintenance of {', '.join(waiting)} is not placed")
        units = {name: table.units_of(plants[name]) for name, table in tables.items()}
        return cls(tables, units, timeline, seed)

    def units_out(self, plant: str, history: History) -> Bools:
        """Whether each unit is out of service in each step, bool, shape (U, T).

        Parameters
        ----------
        plant : str
        history : History
        """
        table, units = self.tables[plant], self.units[plant]
        found = self._maintained[plant].copy()
        if table.mean_time_to_fail_h is not None and table.mean_time_to_repair_h is not None:
            means = table.mean_time_to_fail_h, table.mean_time_to_repair_h
            steps, hours = self.timeline.steps, self.timeline.step_hours
            for unit in range(units):
                key = [self.seed, zlib.crc32(plant.encode()), unit, *history]
                found[unit] |= forced(np.random.default_rng(key), means, steps, hours)
        return found

    @cached_property
    def _maintained(self) -> dict[str, Bools]:
        """Whether units are in maintenance, by plant, shape (U, T) each; the first units are."""
        return {
            plant: np.arange(self.units[plant])[:, np.newaxis] < table.maintained(self.timeline)
            for plant, table in self.tables.items()
        }

    def share_in_service(self, plant: str, histories: Sequence[History]) -> Array:
        """Share of the units of a plant that are in service, shape (R, T). [-]

        Parameters
        ----------
        plant : str
        histories : sequence of History
            R of them.
        """
        if plant not in self.tables:
            return np.ones((1, 1))
        units = self.units[plant]
        out = [self.units_out(plant, history).sum(axis=0) for history in histories]
        return np.asarray(1.0 - np.stack(out) / units)


def forced(
    rng: np.random.Generator, means: tuple[float, float], steps: int, step_hours: float
) -> Bools:
    """Simulate whether a unit is out of service at the start of each step, bool, shape (T,).

    It is a two-state Markov process with exponential times in service and out of service [1]_; its
    first state is drawn from the steady state.

    Parameters
    ----------
    rng : numpy.random.Generator
    means : tuple of float
        Mean time to fail, mean time to repair. [h]
    steps : int
        T.
    step_hours : float
        Length of a step. [h]

    References
    ----------
    .. [1] R. Billinton, R. N. Allan, Reliability Evaluation of Power Systems, 2nd ed., Plenum,
       1996, chapters 9 and 10.
    """
    fail, repair = means
    is_out = rng.random() < repair / (fail + repair)
    end, found = steps * step_hours, np.zeros(steps, dtype=np.bool_)
    time = 0.0
    while time < end:
        length = rng.exponential(repair if is_out else fail)
        if is_out:
            first, last = np.ceil(np.array([time, time + length]) / step_hours)
            found[int(first) : int(min(last, steps))] = True
        time += length
        is_out = not is_out
    return found
