"""What dispatch day by day planned, beside what it did."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from altay_energy.core.units import Array
from altay_energy.core.value import Value

if TYPE_CHECKING:
    from altay_energy.dispatch.result.result import Dispatch


@dataclass(frozen=True, eq=False)
class Rolled(Value):
    """Plans of a rolling dispatch, each only for the steps that it was carried out for.

    Parameters
    ----------
    starts : ndarray of int, shape (W,)
        First step of each window.
    look_ahead, step : int
        How far each window looks, and how much of it is carried out, in steps.
    solver : str
        Who solved the windows.
    planned_charge_mw, planned_discharge_mw : mapping of str to ndarray, shape (T,)
        Of each storage. [MW]
    planned_level_mwh : mapping of str to ndarray, shape (T,)
        At the end of each step. [MWh]
    planned_import_mw, planned_export_mw, planned_curtailed_mw : ndarray, shape (T,)
        [MW]
    forecast_mw : mapping of str to ndarray, shape (T,)
        Available power of each renewable plant, and ``"load"``, as the plan saw them. [MW]
    actual_mw : mapping of str to ndarray, shape (T,)
        The same as it came. [MW]
    optimum : Dispatch or None
        Of the whole period, where it guided the windows.
    """

    starts: NDArray[np.int64]
    look_ahead: int
    step: int
    solver: str
    planned_charge_mw: Mapping[str, Array]
    planned_discharge_mw: Mapping[str, Array]
    planned_level_mwh: Mapping[str, Array]
    planned_import_mw: Array
    planned_export_mw: Array
    planned_curtailed_mw: Array
    forecast_mw: Mapping[str, Array]
    actual_mw: Mapping[str, Array]
    optimum: Dispatch | None = None

    def errors(self) -> dict[str, dict[str, float]]:
        """Of each forecast: mean error and root mean square over the highest actual value.

        Returns
        -------
        dict
            Name → ``{"bias": …, "nrmse": …}``; for sun in hours of light alone. [-]
        """
        found = {}
        for name, seen in self.forecast_mw.items():
            actual = self.actual_mw[name]
            highest = float(actual.max())
            lit = (actual > 0.0) | (seen > 0.0) if name.startswith("solar.") else actual >= 0.0
            if highest > 0.0 and lit.any():
                error = (seen - actual)[lit] / highest
                found[name] = {
                    "bias": float(error.mean()),
                    "nrmse": float(np.sqrt(np.mean(error**2))),
                }
        return found
