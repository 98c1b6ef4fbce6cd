"""Pareto front of two figures of a sweep, and its knee."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from altay_energy.core.units import Array
from altay_energy.core.value import Value

MORE_IS_BETTER = frozenset(
    {
        "self_consumption_rate",
        "self_consumption_metered_rate",
        "self_supply_rate",
        "renewable_share",
        "served_mwh",
        "generation_mwh",
        "export_mwh",
        "export_revenue_cny",
        "avoided_emissions_t",
        "avoided_t",
        "capacity_factor",
        "full_load_hours",
        "npv_cny",
        "irr",
        "before_tax_irr",
        "equity_irr",
        "least_debt_service_coverage",
        "affordable_capital_cny",
    }
)
"""Figures for which a larger value is better; for all others a smaller one is."""


def sense(figure: str) -> float:
    """Return 1 if a smaller value of a figure is better, else -1.

    Parameters
    ----------
    figure : str
        Flat name.
    """
    return -1.0 if figure.rpartition(".")[2] in MORE_IS_BETTER else 1.0


@dataclass(frozen=True)
class Front(Value):
    """Pareto front: runs that no other run beats in both of two figures.

    Parameters
    ----------
    figures : tuple of str
        The two.
    runs : tuple of int
        Numbers of the runs, from the best first figure on.
    knee : int or None
        The run at the knee; None for fewer than three runs, or where the front is straight.
    """

    figures: tuple[str, str]
    runs: tuple[int, ...]
    knee: int | None

    def document(self) -> dict[str, Any]:
        """Return the fields as plain values."""
        return {"figures": list(self.figures), "runs": list(self.runs), "knee": self.knee}


def front(first: Array, second: Array, figures: tuple[str, str]) -> Front:
    """Return the runs of a Pareto front.

    Of runs with the same two values the one with the lowest number counts. The knee is the run
    that lies farthest from the line between the two ends of the front, both figures scaled to
    their range on it (Das, Structural Optimization 18 (1999) 107-115).

    Parameters
    ----------
    first, second : ndarray, shape (n,)
        Values; NaN is left out.
    figures : tuple of str
        Their names, which decide whether a smaller or a larger value is better.
    """
    costs = np.stack([sense(name) * x for name, x in zip(figures, (first, second), strict=True)])
    known: NDArray[np.int64] = np.flatnonzero(np.isfinite(costs).all(axis=0))
    order = known[np.lexsort((known, costs[1, known], costs[0, known]))]
    best = np.minimum.accumulate(costs[1, order]) if order.size else np.zeros(0)
    better = costs[1, order[1:]] < best[:-1]
    runs = order[np.concatenate([[True], better])] if order.size else order
    return Front(figures, tuple(map(int, runs)), _knee(costs[:, runs], runs))


def _knee(costs: Array, runs: NDArray[np.int64]) -> int | None:
    if len(runs) < 3:
        return None
    low, high = costs.min(axis=1, keepdims=True), costs.max(axis=1, keepdims=True)
    x, y = (costs - low) / (high - low)
    depth = 1.0 - x - y  # the ends are (0, 1) and (1, 0)
    deepest = int(np.argmax(depth))
    return int(runs[deepest]) if depth[deepest] > 1e-9 else None
