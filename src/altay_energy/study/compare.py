"""Comparison of scenarios: differences of their input and of their figures."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from altay_energy.core.errors import ScenarioError
from altay_energy.run.figures.document import MONEY_SECTIONS
from altay_energy.scenario.load import Scenario

_NARRATIVE = frozenset({"name", "title", "title_zh", "description", "sources"})
"""Keys that describe a scenario and do not affect its figures."""


@dataclass(frozen=True)
class Comparison:
    """Input and figures of two or more scenarios.

    Parameters
    ----------
    labels : tuple of str
        One for each scenario, all different.
    inputs : dict
        Dotted key → its value in every scenario (None where it is absent), only where they differ.
    kpis : dict
        Figure → its value in every scenario.
    deltas : dict
        Figure → its value minus that of the first scenario.
    sections : dict
        Section of money or carbon that a scenario has → figure → its value in every scenario, a
        number or a text; None where there is none.
    """

    labels: tuple[str, ...]
    inputs: dict[str, tuple[object, ...]]
    kpis: dict[str, tuple[float, ...]]
    deltas: dict[str, tuple[float, ...]]
    sections: dict[str, dict[str, tuple[object, ...]]] = field(default_factory=dict)

    def document(self) -> dict[str, Any]:
        """The content of ``comparison.json``."""
        return {
            "scenarios": list(self.labels),
            "inputs": {key: list(values) for key, values in self.inputs.items()},
            "kpis": {key: list(values) for key, values in self.kpis.items()},
            "deltas": {key: list(values) for key, values in self.deltas.items()},
            **({"sections": self.sections} if self.sections else {}),
        }


def base_first(scenarios: Sequence[Scenario]) -> list[Scenario]:
    """Return the scenarios with the one that all others extend first, if there is one."""

    def is_base(one: Scenario) -> bool:
        path = one.source.path.resolve()
        others = [other for other in scenarios if other is not one]
        return all(path in {f.resolve() for f in o.source.files[1:]} for o in others)

    return sorted(scenarios, key=lambda scenario: not is_base(scenario))


def compare(scenarios: Sequence[Scenario]) -> Comparison:
    """Run scenarios and compare their input and figures.

    Parameters
    ----------
    scenarios : sequence of Scenario
        At least two; the first is the one that deltas refer to (see `base_first`).

    Returns
    -------
    Comparison

    Raises
    ------
    ScenarioError
        If fewer than two are given.
    """
    if len(scenarios) < 2:
        raise ScenarioError("compare needs at least two scenarios, as in: compare A.toml B.toml")
    tables = [dict(_flat(scenario.model.model_dump(exclude_none=True))) for scenario in scenarios]
    keys = dict.fromkeys(key for table in tables for key in table)
    inputs = {key: tuple(table.get(key) for table in tables) for key in keys}
    documents = [scenario.run().kpis for scenario in scenarios]
    figures = [document["kpis"] for document in documents]
    kpis = {key: tuple(f[key] for f in figures) for key in figures[0]}
    return Comparison(
        labels=labels(scenarios),
        inputs={key: values for key, values in inputs.items() if not _same(values)},
        kpis=kpis,
        deltas={key: tuple(v - values[0] for v in values) for key, values in kpis.items()},
        sections=_sections(documents),
    )


def _sections(documents: Sequence[Mapping[str, Any]]) -> dict[str, dict[str, tuple[object, ...]]]:
    """Figures of the sections of money by section and key; tables and lists are left out."""
    found: dict[str, dict[str, tuple[object, ...]]] = {}
    for name in MONEY_SECTIONS:
        parts: list[Mapping[str, Any]] = [document.get(name, {}) for document in documents]
        rows = {key: tuple(part.get(key) for part in parts) for part in parts for key in part}
        plain = {key: row for key, row in rows.items() if not any(map(_is_table, row))}
        if plain:
            found[name] = plain
    return found


def _is_table(value: object) -> bool:
    return isinstance(value, Mapping | list)


def labels(scenarios: Sequence[Scenario]) -> tuple[str, ...]:
    """Return a distinct label for each: its name, with a number if names are the same."""
    names = [scenario.name for scenario in scenarios]
    numbered = []
    for position, name in enumerate(names):
        again = names[:position].count(name)
        numbered.append(f"{name} ({again + 1})" if names.count(name) > 1 else name)
    return tuple(numbered)


def _flat(table: Mapping[str, Any], above: str = "") -> Iterator[tuple[str, object]]:
    for key, value in table.items():
        here = f"{above}.{key}" if above else key
        if not above and key in _NARRATIVE:
            continue
        if isinstance(value, Mapping) and "file" not in value:
            yield from _flat(value, here)
        else:
            yield here, value


def _same(values: Sequence[object]) -> bool:
    return all(value == values[0] for value in values)
