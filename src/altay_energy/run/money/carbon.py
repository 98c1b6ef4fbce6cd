"""Emission that a run avoids compared with a baseline, by published factors."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from altay_energy.components.base import Component
from altay_energy.components.kinds import kind_of
from altay_energy.components.money.earnings import CarbonSettings
from altay_energy.components.supply.thermal_plant import ThermalPlant
from altay_energy.core.units import Array
from altay_energy.core.wording import closest
from altay_energy.dispatch.result.costs import no_amount, over_period
from altay_energy.dispatch.result.result import Dispatch
from altay_energy.run.figures.figure import evaluated, figure, figures_in, plain, ratio
from altay_energy.run.figures.kpis import export_mwh, import_mwh, served_mwh

BASELINES = ("grid_average", "fossil")
"""Baselines that are no thermal plants of the portfolio."""


@dataclass(frozen=True, eq=False)
class Carbon:
    """Emission of a dispatch and of its baseline; its figures have shape (...).

    Parameters
    ----------
    settings : CarbonSettings
    baseline_t_mwh : float
        Emission factor of the baseline. [t/MWh]
    delivered, imported, burnt : ndarray, shape (...)
        Served load and export, imports, and emission of thermal plants. [MWh], [MWh], [t]
    """

    settings: CarbonSettings
    baseline_t_mwh: float
    delivered: Array
    imported: Array
    burnt: Array

    @figure("none")
    def factors(self) -> dict[str, str | int]:
        """Baseline, region, convention, year and source of the factors in words."""
        grid = self.settings.grid_factor
        return {
            "baseline": self.settings.baseline,
            "region": grid.region,
            "convention": grid.convention,
            "year": grid.year,
            "source": grid.source,
        }

    @figure("none")
    def grid_factor_t_mwh(self) -> Array:
        """Grid average of the chosen region, year and convention, also used for imports."""
        return np.float64(self.settings.grid_factor.t_mwh) + 0.0 * self.delivered

    @figure("none")
    def baseline_factor_t_mwh(self) -> Array:
        """Emission factor of the baseline."""
        return np.float64(self.baseline_t_mwh) + 0.0 * self.delivered

    @figure("sum")
    def delivered_mwh(self) -> Array:
        """Served load and export."""
        return self.delivered

    @figure("sum")
    def baseline_emissions_t(self) -> Array:
        """Served load and export × the factor of the baseline."""
        return self.delivered * self.baseline_t_mwh

    @figure("sum")
    def import_emissions_t(self) -> Array:
        """Imports × the grid average."""
        return self.imported * self.settings.grid_factor.t_mwh

    @figure("sum")
    def thermal_emissions_t(self) -> Array:
        """Generation of thermal plants × their factors."""
        return self.burnt

    @figure("sum")
    def avoided_t(self) -> Array:
        """Emission of the baseline less that of imports and thermal plants."""
        return self.baseline_emissions_t - self.import_emissions_t - self.thermal_emissions_t

    @figure("mean")
    def delivered_factor_t_mwh(self) -> Array:
        """Emission of imports and thermal plants over served load and export."""
        return ratio(self.import_emissions_t + self.thermal_emissions_t, self.delivered)


CARBON = figures_in(Carbon)


def carbon_figures(carbon: Carbon) -> dict[str, Any]:
    """Figures of `CARBON`; floats for a single run.

    Parameters
    ----------
    carbon : Carbon
    """
    found = evaluated(CARBON, carbon)
    return {key: value if isinstance(value, dict) else plain(value) for key, value in found.items()}


def carbon_of(
    dispatch: Dispatch, plants: Mapping[str, Component], settings: CarbonSettings
) -> Carbon:
    """Compute the emission of a dispatch and of its baseline.

    Parameters
    ----------
    dispatch : Dispatch
        Shape (..., T).
    plants : mapping of str to component
        By table name.
    settings : CarbonSettings
        Settings, with the baseline checked by `carbon_problems`.
    """
    plant = plants.get(settings.baseline)
    if isinstance(plant, ThermalPlant):
        factor = plant.emission_factor_t_mwh
    else:
        chosen = settings.fossil_factor if settings.baseline == "fossil" else settings.grid_factor
        factor = chosen.t_mwh
    burnt = sum(
        (
            over_period(dispatch, dispatch.thermal_mw[one.name]) * one.emission_factor_t_mwh
            for one in dispatch.problem.thermals
        ),
        start=no_amount(dispatch),
    )
    delivered = served_mwh(dispatch) + export_mwh(dispatch)
    return Carbon(settings, factor, delivered, import_mwh(dispatch), burnt)


def carbon_problems(
    settings: CarbonSettings, plants: Mapping[str, Component]
) -> list[tuple[str, str]]:
    """Error of a baseline that is neither a known word nor a thermal plant, as (key, message).

    Parameters
    ----------
    settings : CarbonSettings
    plants : mapping of str to component
        By table name.
    """
    known = [*BASELINES, *(name for name in plants if kind_of(name) == "thermal")]
    if settings.baseline in known:
        return []
    text = f"must be one of {', '.join(known)}{closest(settings.baseline, known)}"
    return [("economics.carbon.baseline", text)]
