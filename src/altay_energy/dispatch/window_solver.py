"""Solvers of windows that keep one model and change its numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, Protocol, TypeAlias, get_args

import numpy as np

from altay_energy.dispatch.block_lp import BlockLP
from altay_energy.dispatch.window import WindowData
from altay_energy.dispatch.window_interior import SmallInterior
from altay_energy.errors import NoSolutionError, ScenarioError
from altay_energy.units import Array

if TYPE_CHECKING:
    import highspy

WindowSolver: TypeAlias = Literal["fast", "highs"]
"""Who solves the windows: the interior-point method made for them, or HiGHS, kept warm."""


class Solver(Protocol):
    """What solves one window after another."""

    name: str

    def solve(self, data: WindowData) -> Array:
        """Variables of the cheapest plan, shape (L, n)."""


def solver_of(name: WindowSolver, template: BlockLP) -> Solver:
    """The solver of that name for windows with the matrices of ``template``.

    Raises
    ------
    ScenarioError
        If there is none of that name.
    """
    if name not in get_args(WindowSolver):
        raise ScenarioError(
            f'solver = "{name}", expected one of {", ".join(get_args(WindowSolver))}'
        )
    return WarmHighs(template) if name == "highs" else FastFirst(template)


class WarmHighs:
    """HiGHS with one model: bounds, costs and right-hand sides change, the basis stays.

    Parameters
    ----------
    template : BlockLP
        With the matrices of every window.
    """

    name = "highs"

    def __init__(self, template: BlockLP) -> None:
        from altay_energy.dispatch.highs import matrix_of, model_of

        matrix = matrix_of(template)
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
        self.model: highspy.Highs = model_of(empty, matrix, "simplex", None)
        self.columns = np.arange(columns, dtype=np.int32)
        self.rows = np.arange(rows, dtype=np.int32)

    def solve(self, data: WindowData) -> Array:
        """Variables of the cheapest plan, shape (L, n).

        Raises
        ------
        NoSolutionError
            If HiGHS proves no optimum.
        """
        import highspy

        model, rhs = self.model, data.rhs.ravel()
        model.changeColsBounds(
            self.columns.size, self.columns, data.lower.ravel(), data.upper.ravel()
        )
        model.changeColsCost(self.columns.size, self.columns, data.cost.ravel())
        model.changeRowsBounds(self.rows.size, self.rows, rhs, rhs)  # type: ignore[attr-defined]
        model.run()
        status = model.getModelStatus()
        if status == highspy.HighsModelStatus.kUnknown:  # a bad basis: begin anew
            model.clearSolver()
            model.run()
            status = model.getModelStatus()
        if status != highspy.HighsModelStatus.kOptimal:
            raise NoSolutionError(f"HiGHS proves no plan for a window (status {status.name})")
        values = np.asarray(model.getSolution().col_value, dtype=np.float64)
        return np.clip(values.reshape(self.shape), data.lower, data.upper)


class FastFirst:
    """The interior-point method of `window_interior`, and HiGHS where that finds no optimum.

    Parameters
    ----------
    template : BlockLP
        With the matrices of every window.
    """

    name = "fast"

    def __init__(self, template: BlockLP) -> None:
        self.template = template
        self.fast = SmallInterior(template)
        self.highs: WarmHighs | None = None

    def solve(self, data: WindowData) -> Array:
        """Variables of the cheapest plan, shape (L, n).

        Raises
        ------
        NoSolutionError
            If HiGHS proves no optimum either.
        """
        plan = self.fast.solve(data)
        if plan is not None:
            return plan
        if self.highs is None:
            self.highs = WarmHighs(self.template)
            self.name = "fast, highs"
        return self.highs.solve(data)
