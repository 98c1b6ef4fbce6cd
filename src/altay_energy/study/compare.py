"""Comparison of scenarios: differences of their input and of their figures."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from altay_energy.core.errors import ScenarioError
from altay_energy.run.figures.document import MONEY_SECTIONS
from altay_energy.scenario.load import Scenario
from altay_energy.study.contributions import contributions, runs_needed

_NARRATIVE = frozenset({"name", "title", "title_zh", "description", "sources"})
"""Keys that describe a scenario and do not affect its figures."""


@dataclass(frozen=True)
class Comparison:
    """Input and figures of two or more scenarios.

    Parameters
    ----------
    labels : tuple of str
        Distinct label of each scenario.
    inputs : dict
        Dotted key → its value in every scenario (None if absent), for keys that differ.
    kpis : dict
        Figure → its value in every scenario.
    deltas : dict
        Figure → its value minus that of the first scenario.
    contributions : dict
        Label of each scenario after the first → figure → contribution of each group of inputs to
        the difference from the first (`study.contributions`); empty if not requested.
    sections : dict
        Section of money or carbon → figure → its value in every scenario, a number or a text; None
        if there is none.
    """

    labels: tuple[str, ...]
    inputs: dict[str, tuple[object, ...]]
    kpis: dict[str, tuple[float, ...]]
    deltas: dict[str, tuple[float, ...]]
    sections: dict[str, dict[str, tuple[object, ...]]] = field(default_factory=dict)
    contributions: dict[str, dict[str, dict[str, Any]]] = field(default_factory=dict)

    def document(self) -> dict[str, Any]:
        """Content of ``comparison.json``."""
        return {
            "scenarios": list(self.labels),
            "inputs": {key: list(values) for key, values in self.inputs.items()},
            "kpis": {key: list(values) for key, values in self.kpis.items()},
            "deltas": {key: list(values) for key, values in self.deltas.items()},
            **({"sections": self.sections} if self.sections else {}),
            **({"contributions": self.contributions} if self.contributions else {}),
        }


def base_first(scenarios: Sequence[Scenario]) -> list[Scenario]:
    """Return the scenarios with the one that all others extend first, if there is one."""

    def is_base(one: Scenario) -> bool:
        path = one.source.path.resolve()
        others = [other for other in scenarios if other is not one]
        return all(path in {f.resolve() for f in o.source.files[1:]} for o in others)

    return sorted(scenarios, key=lambda scenario: not is_base(scenario))


FEW_RUNS = 64
"""Number of runs up to which contributions of groups of inputs are found by default."""


def is_quick(scenarios: Sequence[Scenario]) -> bool:
    """Return whether the contributions of groups of inputs take few runs, each by rules.

    Parameters
    ----------
    scenarios : sequence of Scenario
        As for `compare`.
    """
    first, *others = (scenario.portfolio for scenario in scenarios)
    needed = sum(runs_needed(first, other) for other in others)
    return needed <= FEW_RUNS and all(p.dispatch.method == "rules" for p in (first, *others))


def compare(scenarios: Sequence[Scenario], why: bool | None = None) -> Comparison:
    """Run scenarios and compare their input and figures.

    Parameters
    ----------
    scenarios : sequence of Scenario
        At least two; deltas refer to the first (see `base_first`).
    why : bool, optional
        Whether to find the contribution of each group of inputs to the differences; by default if
        that is quick (`is_quick`).

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
        contributions=_contributions(scenarios) if _asked(scenarios, why) else {},
    )


def _asked(scenarios: Sequence[Scenario], why: bool | None) -> bool:
    return is_quick(scenarios) if why is None else why


def _contributions(scenarios: Sequence[Scenario]) -> dict[str, dict[str, dict[str, Any]]]:
    """Contributions of each group of inputs, for each scenario after the first."""
    first, *others = scenarios
    names = labels(scenarios)[1:]
    found = {
        name: {part.figure: part.document() for part in contributions(first.run(), other.run())}
        for name, other in zip(names, others, strict=True)
    }
    return {name: parts for name, parts in found.items() if parts}


def _sections(documents: Sequence[Mapping[str, Any]]) -> dict[str, dict[str, tuple[object, ...]]]:
    """Figures of the sections of money by section and key, without tables and lists."""
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
    """Return a distinct label for each scenario: its name, numbered if names are equal."""
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
