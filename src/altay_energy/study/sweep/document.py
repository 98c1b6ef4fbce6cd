"""Content of ``sweep.json``: the design of a sweep, and what follows from its runs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from altay_energy.core.errors import ScenarioError
from altay_energy.core.value import Value
from altay_energy.core.wording import closest
from altay_energy.scenario.load import Scenario
from altay_energy.study.runner.rows import columns_of
from altay_energy.study.runner.run import Outcome
from altay_energy.study.sweep.front import front
from altay_energy.study.sweep.samples import Design, Listed, Sample
from altay_energy.study.sweep.shares import shares_document
from altay_energy.study.sweep.sweep import design_document
from altay_energy.study.sweep.tornado import Tornado

COSTS = ("economics.annual_cost_cny", "operating_cost_cny")
"""Figures of cost, the first that a scenario has is shown unless others are asked for."""


@dataclass(frozen=True)
class Wanted(Value):
    """Figures of a sweep that tables and charts show.

    Parameters
    ----------
    figures : tuple of str
        Flat names.
    front : tuple of str
        Two, of the Pareto front.
    """

    figures: tuple[str, ...]
    front: tuple[str, str]

    @classmethod
    def of(cls, scenario: Scenario, figures: Sequence[str], front: str | None) -> Wanted:
        """Return what is asked for; the scenario is run to know its figures.

        Parameters
        ----------
        scenario : Scenario
        figures : sequence of str
            None: cost and curtailment.
        front : str or None
            Two, with a comma between; None: the first two figures.

        Raises
        ------
        ScenarioError
            If the scenario has no such figure.
        """
        usual = (COSTS[1], "curtailment_rate")
        if scenario.portfolio.economics is not None and scenario.portfolio.economics.costs:
            usual = (COSTS[0], "curtailment_rate")
        pair = tuple(part.strip() for part in front.split(",")) if front else ()
        if front and (len(pair) != 2 or pair[0] == pair[1]):
            raise ScenarioError(
                f"--front {front}: expected two figures, as in --front {usual[0]},{usual[1]}"
            )
        chosen = tuple(dict.fromkeys(figures)) or usual
        if figures or front:
            known = columns_of(scenario.run())
            problems = [
                f"{option} {name}: there is no such figure{closest(name, known)}"
                for option, names in (("--figure", chosen), ("--front", pair))
                for name in names
                if name not in known
            ]
            if problems:
                raise ScenarioError(problems)
        both = (*pair, *chosen, *usual)[:2] if pair else tuple(dict.fromkeys((*chosen, *usual)))[:2]
        return cls(chosen, (both[0], both[1]))


def sweep_document(
    scenario: Scenario, outcome: Outcome, wanted: Wanted, tornado: Tornado | None, seed: int
) -> dict[str, Any]:
    """Return the content of ``sweep.json``.

    Parameters
    ----------
    scenario : Scenario
        As it is, with nothing varied.
    outcome : Outcome
    wanted : Wanted
    tornado : Tornado or None
    seed : int
        Of the bootstrap of shares.

    Raises
    ------
    ScenarioError
        If no run has a figure that is asked for.
    """
    design, columns = outcome.study.jobs, outcome.columns
    assert isinstance(design, Design)
    missing = [name for name in {*wanted.figures, *wanted.front} if name not in columns]
    if missing:
        raise ScenarioError(f"sweep: no run has the figure {missing[0]}")
    found: dict[str, Any] = {
        "scenario": scenario.name,
        "runs": len(design),
        "failed": len(outcome.failures),
        "keys": list(design.keys),
        "named": isinstance(design, Listed) and bool(design.names),
        "figures": list(wanted.figures),
        "design": {"kind": kind_of(design), **design_document(design)},
    }
    if tornado is not None:
        return found | {"tornado": tornado.document(columns, wanted.figures)}
    first, second = wanted.front
    found["front"] = front(columns[first], columns[second], (first, second)).document()
    if isinstance(design, Sample) and design.method == "saltelli":
        found["shares"] = shares_document(columns, wanted.figures, design.keys, seed)
    return found


def kind_of(design: Design) -> str:
    """Return what a design is called: ``"grid"``, ``"sample"`` or ``"list"``.

    Parameters
    ----------
    design : Design
    """
    return {"Grid": "grid", "Sample": "sample"}.get(type(design).__name__, "list")
