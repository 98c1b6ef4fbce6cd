"""Scenario keys that can stand in the way, and what a problem is without each of them.

Without a limit the limit is so wide that it never counts; without a load nothing is asked for.
What is not listed here (weather, efficiencies, prices) is taken as given.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from operator import methodcaller
from typing import Any

import numpy as np

from altay_energy.components.kinds import kind_of
from altay_energy.core.units import Array
from altay_energy.dispatch.problem.problem import Problem
from altay_energy.dispatch.problem.storage import StorageLimits

_FEW_PLANTS = 3
"""Of a kind with more plants than these all are one key."""

# Takes any power and loses nearly all of it, under every terminal rule.
_SINK = StorageLimits(
    "any further load", 1.0, 0.0, 1.0, 1.0, 1.0, standing_loss_per_hour=0.999, is_load=True
)


@dataclass(frozen=True)
class Key:
    """One key of a scenario.

    Parameters
    ----------
    name : str
        As in the scenario, ``grid.import_limit_mw``.
    value : float, str or None
        What it says; None where that is no single figure.
    without : callable
        Makes a problem of shape (T,) into the same without the key.
    """

    name: str
    value: float | str | None
    without: Callable[[Problem], Problem]

    @property
    def told(self) -> str:
        """The key and its value."""
        if self.value is None:
            return self.name
        return f"{self.name} = {self.value if isinstance(self.value, str) else f'{self.value:g}'}"


def keys_of(problem: Problem) -> list[Key]:
    """Keys that can make a problem of shape (T,) infeasible, in the order of their relaxation."""
    found = [*_plants(problem), *_storages(problem), *_connection(problem), *_loads(problem)]
    return [*found, *_terms(problem)]


def wide_mw(problem: Problem) -> float:
    """A power that no step of a problem can ask for. [MW]"""
    parts = [problem.load_mw, problem.import_limit_mw, *problem.renewables.values()]
    parts += [plant.capacity_mw for plant in problem.thermals]
    parts += [load.limit_mw for load in problem.flexible_loads]
    powers = sum(float(np.max(part)) for part in parts)
    return 2.0 * (powers + sum(s.charge_mw + s.discharge_mw for s in problem.storages)) + 1.0


def wide_mwh(problem: Problem) -> float:
    """An energy that no storage of a problem can ask for. [MWh]"""
    load = float(problem.on_all(problem.load_mw).sum()) * problem.step_hours
    return 2.0 * (load + sum(s.energy_mwh for s in problem.storages)) + 1.0


def with_storage(problem: Problem, name: str, **changes: Any) -> Problem:
    """The same with one storage changed."""
    storages = (replace(s, **changes) if s.name == name else s for s in problem.storages)
    return replace(problem, storages=tuple(storages))


def _plants(problem: Problem) -> Iterator[Key]:
    wide = wide_mw(problem)
    if not problem.terms.own_use:  # else more power is more to be taken
        for told, names in _by_kind(problem):
            yield Key(told, None, partial(_without_plant_limits, names=names, wide=wide))
    for plant in problem.thermals:
        most = _number(plant.capacity_mw)
        free = partial(_without_capacity, name=plant.name, wide=wide)
        yield Key(f"{plant.name}.capacity_mw", most, free)
        if np.any(plant.must_run_mw > 0.0):
            free = partial(_without_must_run, name=plant.name)
            yield Key(f"{plant.name}.must_run_fraction", None, free)


def _by_kind(problem: Problem) -> Iterator[tuple[str, list[str]]]:
    """Renewable plants one by one; those of a kind with many of them all at once, as ``wind.*``."""
    kinds: dict[str, list[str]] = {}
    for name in problem.renewables:
        kinds.setdefault(kind_of(name), []).append(name)
    for kind, names in kinds.items():
        if len(names) > _FEW_PLANTS:
            yield f"{kind}.*", names
        else:
            yield from ((name, [name]) for name in names)


def _without_plant_limits(problem: Problem, names: Sequence[str], wide: float) -> Problem:
    """Renewable plants of any size; where there is no wind or sun they give nothing."""
    freed = {n: np.where(problem.renewables[n] > 0.0, wide, 0.0) for n in names}
    return replace(problem, renewables={**problem.renewables, **freed})


def _without_capacity(problem: Problem, name: str, wide: float) -> Problem:
    return _with_thermal(problem, name, capacity_mw=np.asarray(wide))


def _without_must_run(problem: Problem, name: str) -> Problem:
    return _with_thermal(problem, name, must_run_mw=np.zeros(()))


def _with_thermal(problem: Problem, name: str, **changes: Any) -> Problem:
    plants = (replace(p, units=None, **changes) if p.name == name else p for p in problem.thermals)
    return replace(problem, thermals=tuple(plants))


def _storages(problem: Problem) -> Iterator[Key]:
    power, energy = wide_mw(problem), wide_mwh(problem)
    wide = {"charge_mw": power, "discharge_mw": power, "energy_mwh": energy}
    for storage in problem.storages:
        name = storage.name
        if problem.origin.without_keys(name):
            yield Key(name, None, partial(_with_limits, name=name, limits=wide))
            continue
        for field, most in wide.items():
            key, per_unit = problem.origin.limit_key(name, field)
            freed = partial(_with_limits, name=name, limits={field: most})
            yield Key(key, getattr(storage, field) / per_unit, freed)
        free_end = problem.terminal in ("free", "water_value")
        if free_end and not problem.terms.own_use:
            yield Key(f"{name}.initial_level", None, partial(_begun_full, name=name))


def _with_limits(problem: Problem, name: str, limits: Mapping[str, float]) -> Problem:
    return with_storage(problem, name, **limits)


def _begun_full(problem: Problem, name: str) -> Problem:
    full = next(s.energy_mwh for s in problem.storages if s.name == name)
    return with_storage(problem, name, initial_level_mwh=full)


def _connection(problem: Problem) -> Iterator[Key]:
    wide = partial(replace, import_limit_mw=np.asarray(wide_mw(problem)))
    yield Key("grid.import_limit_mw", _number(problem.import_limit_mw), wide)


def _loads(problem: Problem) -> Iterator[Key]:
    sink = replace(_SINK, charge_mw=wide_mw(problem), energy_mwh=wide_mwh(problem))
    for name in problem.origin.loads:
        own = name.removeprefix("own_use.")
        told = f"{own} (own use)" if own != name else name
        yield Key(told, None, partial(_without_load, name=name, sink=sink))
    if not problem.origin.loads:
        yield Key("load", None, partial(_without_load, name=None, sink=sink))


def _without_load(problem: Problem, name: str | None, sink: StorageLimits) -> Problem:
    """A load that may be anything: nothing, or more where a limit asks for use."""
    loads = {key: mw for key, mw in problem.origin.loads.items() if name not in (key, None)}
    storages = problem.storages
    if problem.terms.own_use and sink.name not in {storage.name for storage in storages}:
        storages = (*storages, sink)
    return replace(
        problem,
        load_mw=sum(loads.values(), start=np.zeros(problem.steps)),
        flexible_loads=tuple(f for f in problem.flexible_loads if name not in (f.name, None)),
        storages=storages,
        origin=replace(problem.origin, loads=loads),
    )


def _terms(problem: Problem) -> Iterator[Key]:
    rule, terms = problem.terminal, problem.terms
    if rule in ("at_least", "equal_initial"):
        yield Key("dispatch.terminal", f'"{rule}"', without_terminal)
    if rule == "cyclic" and problem.storages and not terms.own_use:
        yield Key("dispatch.terminal", f'"{rule}"', _begun_full_and_free)
    for limit, asked in sorted(terms.limits(), key=lambda given: given[0].relaxed):
        yield Key(f"dispatch.{limit.key}", asked, methodcaller("without_limit", limit.key))


def without_terminal(problem: Problem) -> Problem:
    """The same where storages may end anywhere."""
    return replace(problem, terminal="free")


def _begun_full_and_free(problem: Problem) -> Problem:
    """Begun as it is best, and ended anywhere."""
    full = (replace(s, initial_level_mwh=s.energy_mwh) for s in problem.storages)
    return replace(problem, terminal="free", storages=tuple(full))


def _number(series: Array) -> float | None:
    """The value of a series that never changes."""
    return float(np.max(series)) if np.ptp(series) == 0.0 else None
