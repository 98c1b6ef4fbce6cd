"""Hill curves of pump-turbines as data: efficiency by relative head and relative flow.

A catalogue entry is one TOML file with its source; a user's own file has the same form.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from altay_energy.core.catalogue import Catalogue
from altay_energy.core.errors import ScenarioError
from altay_energy.core.units import Array
from altay_energy.core.value import Value

FIRST_HILL = "generic-580m-fixed-speed"
"""Name of the default hill."""

MOST_EFFICIENT = 0.97
"""Largest plausible efficiency [-]; a larger value is probably from another column."""


@dataclass(frozen=True, eq=False)
class Hill(Value):
    """Efficiencies of one type of pump-turbine, in shares of its rated point.

    Parameters
    ----------
    name : str
        Name in the catalogue, or of the user's file.
    turbine_head, turbine_flow : ndarray, shape (H,), (Q,)
        Net head over rated net head, flow over the flow that gives rated power there; rising. [-]
    turbine_efficiency : ndarray, shape (H, Q)
        Of the runner. [-]
    pump_head, pump_flow, pump_efficiency : ndarray, shape (K,)
        The pump's line at its one speed, over head and flow of its reference point: heads rise,
        flows fall. [-]
    reference_head : float
        Head of the pump's reference point over the turbine's rated net head. [-]
    title, title_zh, source, note : str
        What it is and where it comes from.

    Raises
    ------
    ScenarioError
        If a table is invalid; the message names table and position.
    """

    name: str
    turbine_head: Array
    turbine_flow: Array
    turbine_efficiency: Array
    pump_head: Array
    pump_flow: Array
    pump_efficiency: Array
    reference_head: float
    title: str = ""
    title_zh: str = ""
    source: str = ""
    note: str = ""

    def __post_init__(self) -> None:
        for key in _ARRAYS:
            values = np.array(getattr(self, key), dtype=np.float64)
            if values.size < 2 or not np.all(np.isfinite(values)) or np.any(values <= 0.0):
                self._refuse(key, "needs at least two numbers, all finite and above 0")
            values.setflags(write=False)
            object.__setattr__(self, key, values)
        for key in ("turbine_head", "turbine_flow", "pump_head"):
            if np.any(np.diff(getattr(self, key)) <= 0.0):
                self._refuse(key, "must rise from number to number")
        if np.any(np.diff(self.pump_flow) >= 0.0):
            self._refuse("pump_flow", "must fall as the head rises: a pump against more head")
        expected = (self.turbine_head.size, self.turbine_flow.size)
        if self.turbine_efficiency.shape != expected:
            self._refuse("turbine_efficiency", f"needs {expected[0]} rows of {expected[1]} numbers")
        if not self.pump_head.shape == self.pump_flow.shape == self.pump_efficiency.shape:
            self._refuse("pump", "needs as many flows and efficiencies as heads")
        for key in ("turbine_efficiency", "pump_efficiency"):
            largest = float(np.max(getattr(self, key)))
            if largest > MOST_EFFICIENT:
                percent = f"; in percent? Then write {largest / 100:g}" if largest <= 100 else ""
                self._refuse(key, f"holds {largest:g}, expected at most {MOST_EFFICIENT}{percent}")
        if not 0.8 <= self.reference_head <= 1.3:
            self._refuse("reference_head", f"= {self.reference_head:g}, expected 0.8 to 1.3")

    def _refuse(self, key: str, text: str) -> None:
        raise ScenarioError(f"hill {self.name}: {key.replace('_', '.', 1)} {text}")

    def turbine(self, head: Array, flow: Array) -> Array:
        """Efficiency of the runner as a turbine, held at the ends of the grid. [-]

        Parameters
        ----------
        head, flow : ndarray, shape (...)
            Over rated net head and rated flow. [-]
        """
        return bilinear(head, flow, self.turbine_head, self.turbine_flow, self.turbine_efficiency)


_ARRAYS = (
    "turbine_head",
    "turbine_flow",
    "turbine_efficiency",
    "pump_head",
    "pump_flow",
    "pump_efficiency",
)


def bilinear(x: Array, y: Array, x_grid: Array, y_grid: Array, values: Array) -> Array:
    """Values between the points of a grid, held at its ends.

    Parameters
    ----------
    x, y : ndarray, shape (...)
        Where; they broadcast.
    x_grid, y_grid : ndarray, shape (X,), (Y,)
        Rising coordinates of the grid.
    values : ndarray, shape (X, Y)
        On the grid, any unit.

    Returns
    -------
    ndarray, shape (...)
        In the unit of ``values``.
    """
    i, u = _cell(x, x_grid)
    j, v = _cell(y, y_grid)
    low = values[i, j] + u * (values[i + 1, j] - values[i, j])
    high = values[i, j + 1] + u * (values[i + 1, j + 1] - values[i, j + 1])
    return np.asarray(low + v * (high - low))


def _cell(x: Array, grid: Array) -> tuple[Any, Array]:
    i = np.clip(np.searchsorted(grid, x, side="right") - 1, 0, grid.size - 2)
    return i, np.clip((x - grid[i]) / (grid[i + 1] - grid[i]), 0.0, 1.0)


def _hill(name: str, tables: Mapping[str, Any]) -> Hill:
    given = {}
    for table, keys in _KEYS.items():
        for key in keys:
            try:
                given[f"{table}_{key}"] = np.array(tables[table][key], dtype=np.float64)
            except (KeyError, TypeError):
                raise ScenarioError(
                    f"hill {name}: [{table}] {key} is missing; a hill has [turbine] head, flow, "
                    "efficiency (a row for each head) and [pump] reference_head, head, flow, "
                    "efficiency"
                ) from None
            except ValueError:
                raise ScenarioError(
                    f"hill {name}: [{table}] {key} is no table of numbers with rows of one length"
                ) from None
    reference = given["pump_reference_head"]
    if reference.ndim:
        raise ScenarioError(f"hill {name}: [pump] reference_head must be one number")
    return Hill(
        name=name,
        **{key: given[key] for key in _ARRAYS},
        reference_head=float(reference),
        title=str(tables.get("title", "")),
        title_zh=str(tables.get("title_zh", "")),
        source=str(tables.get("source", "")),
        note=str(tables.get("note", "")),
    )


HILLS = Catalogue("hill", "data/hills", _hill, own='hill = { file = "hill.toml" }')
"""Hills of the package."""

_KEYS = {
    "turbine": ("head", "flow", "efficiency"),
    "pump": ("head", "flow", "efficiency", "reference_head"),
}
