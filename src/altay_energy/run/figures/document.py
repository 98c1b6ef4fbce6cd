"""The content of ``kpis.json``: a mapping whose figures are also found by their bare names."""

from __future__ import annotations

import difflib
from typing import Any

import numpy as np

from altay_energy.dispatch.result.result import Dispatch


class Kpis(dict[str, Any]):
    """The content of ``kpis.json``; a figure of the portfolio is also found by its bare name.

    ``kpis["curtailment_rate"]`` is ``kpis["kpis"]["curtailment_rate"]``.
    """

    def __missing__(self, name: str) -> Any:
        figures = self.get("kpis", {})
        if name in figures:
            return figures[name]
        close = difflib.get_close_matches(str(name), figures, n=1)
        raise KeyError(f"no figure is called {name!r}" + (f"; {close[0]!r}?" if close else ""))


def solution_figures(dispatch: Dispatch) -> dict[str, Any]:
    """How a dispatch was found: the section ``solution``, nothing where none is proven.

    Parameters
    ----------
    dispatch : Dispatch
        The result.
    """
    found = dispatch.solution
    if found is None:
        return {}
    return {
        "solution": {
            "solver": found.solver,
            "status": found.status,
            "gap": np.asarray(found.gap).tolist(),
            "asked_gap": found.asked_gap,
            "stopped": found.stopped,
            "objective_cny": np.asarray(found.objective_cny).tolist(),
            "bound_cny": np.asarray(found.bound_cny).tolist(),
            "iterations": found.iterations,
            "exclusive_steps": found.exclusive_steps,
        }
    }
