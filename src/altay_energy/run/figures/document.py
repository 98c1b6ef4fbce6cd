"""The content of ``kpis.json``, and lists of all figures and hourly columns."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from altay_energy.core.wording import near
from altay_energy.dispatch.result.operation import Solution
from altay_energy.dispatch.result.result import Dispatch
from altay_energy.run.figures.figure import Figure, Over, evaluated
from altay_energy.run.figures.hourly import (
    COMMITMENT,
    EVERY_RUN,
    PLANS,
    PRICES,
    SHIFTS,
    UNITS_AND_WATER,
    Column,
)
from altay_energy.run.figures.kpis import FIGURES
from altay_energy.run.figures.plants import (
    OWN_USE,
    RENEWABLE,
    STATION,
    STORAGE,
    THERMAL,
    THERMAL_UNITS,
)
from altay_energy.run.figures.rolling import ROLLING
from altay_energy.run.figures.water import RIVER_PLANT, WATER
from altay_energy.run.money.ageing import AGEING
from altay_energy.run.money.bill import FIGURES as BILL
from altay_energy.run.money.carbon import CARBON
from altay_energy.run.money.earnings import EARNINGS
from altay_energy.run.money.project import ECONOMICS


class Kpis(dict[str, Any]):
    """The content of ``kpis.json``; a figure of the portfolio is also found by its bare name.

    ``kpis["curtailment_rate"]`` is ``kpis["kpis"]["curtailment_rate"]``.
    """

    def __missing__(self, name: str) -> Any:
        figures = self.get("kpis", {})
        if name in figures:
            return figures[name]
        close = near(str(name), figures)
        raise KeyError(f"no figure is called {name!r}" + (f"; {close!r}?" if close else ""))


_PROOF: tuple[tuple[str, Over, str], ...] = (
    ("solver", "none", "solver that found the dispatch"),
    ("status", "none", "`optimal`, or what stopped the solver"),
    ("gap", "ratio", "(objective - bound) / max(1, absolute objective)"),
    ("asked_gap", "ratio", "gap at which the search was to end"),
    ("stopped", "none", "why the search ended"),
    ("objective_cny", "sum", "minimised cost"),
    ("bound_cny", "sum", "no dispatch costs less"),
    ("iterations", "sum", "iterations of all solves"),
    ("exclusive_steps", "sum", "steps in which running both ways would pay and was ruled out"),
)


def _part(key: str) -> Callable[[Solution], object]:
    def value(found: Solution) -> object:
        part: object = getattr(found, key)
        return part.tolist() if isinstance(part, np.ndarray) else part

    return value


SOLUTION = tuple(Figure(key, over, text, _part(key)) for key, over, text in _PROOF)

SECTIONS: Mapping[str, tuple[str, Sequence[Figure[Any, Any]]]] = {
    "whole": ("every run", tuple(FIGURES.values())),
    "renewable": ("wind, solar, hydro", RENEWABLE),
    "own_use": ("plants that draw power themselves", OWN_USE),
    "river": ("hydro on a river", RIVER_PLANT),
    "thermal": ("thermal", THERMAL),
    "thermal_units": ("thermal, units committed", THERMAL_UNITS),
    "storage": ("storage", STORAGE),
    "station": ("pumped storage unit by unit", STATION),
    "bill": ("bill", BILL),
    "ageing": ("battery with ageing", AGEING),
    "rolling": ("rolling dispatch", ROLLING),
    "solution": ("dispatch with a proof", SOLUTION),
    "earnings": ("what energy earns outside of dispatch", EARNINGS),
    "carbon": ("emission and its baseline", CARBON),
    "economics": ("a project with costs", ECONOMICS),
}
"""Section → the runs or plants that have its figures, and their entries."""

PLANT_SECTIONS = (
    *("renewable", "own_use", "river", "thermal", "thermal_units", "storage", "station", "ageing"),
)
"""Sections of single plants."""

MONEY_SECTIONS = ("bill", "earnings", "economics", "carbon")
"""Sections of ``kpis.json`` with figures of a whole run beside ``kpis``, as pages order them."""


COLUMNS: Mapping[str, Sequence[Column[Any]]] = {
    "": EVERY_RUN,
    "methods with prices": PRICES,
    "thermal units committed": COMMITMENT,
    "loads that shift": SHIFTS,
    "rolling dispatch": PLANS,
    "pumped storage unit by unit": UNITS_AND_WATER,
    "rivers and hydro on them": WATER,
}
"""The runs that have them, ``""`` for all → columns of ``hourly.nc``, in their order."""


def solution_figures(dispatch: Dispatch) -> dict[str, Any]:
    """The section ``solution`` of ``kpis.json``: `SOLUTION`; nothing where nothing is proven.

    Parameters
    ----------
    dispatch : Dispatch
        The result.
    """
    found = dispatch.solution
    return {} if found is None else {"solution": evaluated(SOLUTION, found)}
