"""HiGHS for successive windows: one model with changing data."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from altay_energy.core.errors import NoSolutionError
from altay_energy.core.units import Array
from altay_energy.dispatch.lp.program import BlockLP, BlockSolution
from altay_energy.dispatch.lp.verdict import proven, solve_surely, unproven
from altay_energy.dispatch.rolling.window import WindowData


class WarmHighs:
    """HiGHS with one model: bounds, costs and right-hand sides change, the basis is kept.

    Parameters
    ----------
    template : BlockLP
        Program with the matrices of every window.
    """

    def __init__(self, template: BlockLP) -> None:
        from altay_energy.dispatch.lp.highs import matrix_of, model_of

        matrix, self.template = matrix_of(template), template
        rows, columns = matrix.shape
        self.shape = (template.steps, template.columns)
        empty = {
            "cost": np.zeros(columns),
            "lower": np.zeros(columns),
            "upper": np.zeros(columns),
            "row_lower": np.zeros(rows),
            "row_upper": np.zeros(rows),
            "curve": None,
        }
        self.model: Any = model_of(empty, matrix, "simplex", None)
        self.columns = np.arange(columns, dtype=np.int32)
        self.rows = np.arange(rows, dtype=np.int32)

    def solve(self, data: WindowData) -> Array:
        """Variables of the cheapest plan, shape (L, n).

        Raises
        ------
        NoSolutionError
            If no optimum can be proven.
        """
        model, rhs = self.model, data.rhs.ravel()
        model.changeColsBounds(
            self.columns.size, self.columns, data.lower.ravel(), data.upper.ravel()
        )
        model.changeColsCost(self.columns.size, self.columns, data.cost.ravel())
        model.changeRowsBounds(self.rows.size, self.rows, rhs, rhs)
        lp = program_of(self.template, data)
        for anew in (False, True):  # from the last basis, then from scratch
            if anew:
                model.clearSolver()
            model.run()
            found = self._found(data)
            if proven(lp, found):
                return found.x.T
        found = solve_surely(lp)
        if str(found.status) != "optimal":
            raise NoSolutionError(unproven("a plan of dispatch day by day"))
        return found.x.T

    def _found(self, data: WindowData) -> BlockSolution:
        """Solution of the last run of HiGHS."""
        from altay_energy.dispatch.lp.highs import status_of

        solution = self.model.getSolution()
        values = np.asarray(solution.col_value, dtype=np.float64)
        duals = np.asarray(solution.row_dual, dtype=np.float64)
        x = values.reshape(self.shape) if values.size else data.lower
        y = duals.reshape(data.rhs.shape) if duals.size else np.zeros(data.rhs.shape)
        return BlockSolution(
            status=np.array(status_of(self.model)),
            x=np.clip(x, data.lower, data.upper).T,
            y=np.zeros(0),
            row_dual=y.T,
            dense_dual=np.zeros(0),
            iterations=np.zeros((), dtype=np.int64),
            solver="highs",
        )


def program_of(template: BlockLP, data: WindowData) -> BlockLP:
    """The program of a window.

    Parameters
    ----------
    template : BlockLP
        With the matrices of every window.
    data : WindowData
        Its data.
    """
    return replace(
        template, rhs=data.rhs.T, cost=data.cost.T, lower=data.lower.T, upper=data.upper.T
    )
