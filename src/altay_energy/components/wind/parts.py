"""Parts of a wind farm's table: the turbine in its four forms, and the layout."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Annotated, Self

import numpy as np
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, WithJsonSchema, model_validator

from altay_energy.core.errors import ScenarioError
from altay_energy.core.units import Array
from altay_energy.resource.wind.power import smoothed_curve
from altay_energy.resource.wind.turbines import (
    TURBINES,
    GenericTurbineSpec,
    Turbine,
    TurbineSpec,
    generic_turbine,
)
from altay_energy.resource.wind.wakes import grid_positions, park_table
from altay_energy.weather.series import Weather

LOW_WIND_HEIGHT_M = 20.0
HIGH_HUB_M = 60.0
"""Measured below the first, extrapolated above the second: the shear law is then uncertain."""


def _as_turbine(value: object) -> object:
    if isinstance(value, Mapping):
        spec = TurbineSpec if "file" in value else GenericTurbineSpec
        turbine = spec.model_validate(value)
        if isinstance(turbine, GenericTurbineSpec):
            generic_turbine(turbine)  # its range is checked here, where the table stands
        return turbine
    if isinstance(value, str):
        TURBINES.load(value)
    return value


TurbineField = Annotated[
    str | TurbineSpec | GenericTurbineSpec | Annotated[Turbine, WithJsonSchema({"not": {}})],
    BeforeValidator(_as_turbine),
]
"""Name in the catalogue, a user's curve, rating and rotor, or (library) a turbine."""


class WindLayout(BaseModel):
    """Positions of the turbines: coordinates, or a regular grid."""

    model_config = ConfigDict(frozen=True, strict=True, extra="forbid", allow_inf_nan=False)

    x_m: Annotated[tuple[float, ...] | None, Field(strict=False)] = Field(
        None, description="east of any point, one number for each turbine [m]"
    )
    y_m: Annotated[tuple[float, ...] | None, Field(strict=False)] = Field(
        None, description="north of that point, one number for each turbine [m]"
    )
    rows: int | None = Field(None, ge=1, description="rows, one behind the other [-]")
    columns: int | None = Field(None, ge=1, description="turbines in a row [-]")
    # 7 and 4 rotor diameters are usual (assumed).
    row_spacing: float = Field(
        7.0, ge=1, le=50, description="from row to row, in rotor diameters (assumed) [-]"
    )
    column_spacing: float = Field(
        4.0, ge=1, le=50, description="within a row, in rotor diameters (assumed) [-]"
    )
    bearing_deg: float = Field(
        0.0, ge=0, le=360, description="direction that the rows face, clockwise from north [°]"
    )

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        listed, grid = (self.x_m, self.y_m), (self.rows, self.columns)
        whole = (None not in listed and grid == (None, None)) or (
            None not in grid and listed == (None, None)
        )
        if not whole:
            raise ValueError("a layout needs either x_m and y_m or rows and columns")
        if self.x_m is not None and self.y_m is not None and len(self.x_m) != len(self.y_m):
            raise ValueError(f"x_m has {len(self.x_m)} turbines and y_m has {len(self.y_m)}")
        return self

    def positions(self, rotor_diameter_m: float) -> tuple[Array, Array]:
        """East and north of all N turbines, shape (N,) each. [m]

        Parameters
        ----------
        rotor_diameter_m : float
            [m]
        """
        if self.x_m is not None and self.y_m is not None:
            return np.array(self.x_m), np.array(self.y_m)
        return grid_positions(
            self.rows or 1,
            self.columns or 1,
            self.row_spacing * rotor_diameter_m,
            self.column_spacing * rotor_diameter_m,
            self.bearing_deg,
        )


@lru_cache(maxsize=32)
def spread_curve(turbine: Turbine, spread: float) -> tuple[Array, Array]:
    """Power curve smoothed over turbines with different wind; cached, read-only arrays.

    Parameters
    ----------
    turbine : Turbine
        With the curve of one.
    spread : float
        Standard deviation of wind among the turbines over its mean. [-]

    Returns
    -------
    speed, power : ndarray, shape (N,)
        As ``resource.wind.smoothed_curve``. [m s⁻¹], [MW]
    """
    found = smoothed_curve(turbine.curve_speed_m_s, turbine.curve_power_mw, spread)
    for values in found:
        values.setflags(write=False)
    return found


@lru_cache(maxsize=32)
def wake_table(layout: WindLayout, turbine: Turbine, wake_decay: float) -> Array:
    """Efficiency of a layout by wind direction and speed; cached.

    Parameters
    ----------
    layout : WindLayout
        Positions of the turbines.
    turbine : Turbine
        With rotor, power curve and thrust curve.
    wake_decay : float
        Growth of a wake's radius per metre. [-]

    Returns
    -------
    ndarray, shape (D, S)
        As ``resource.wakes.park_table``. [-]

    Raises
    ------
    ScenarioError
        If the turbine's rotor is unknown, or turbines are closer than one rotor diameter.
    """
    rotor_m = turbine.rotor_diameter_m
    if rotor_m is None or turbine.thrust_speed_m_s is None or turbine.thrust_coefficient is None:
        raise ScenarioError(f"turbine {turbine.name}: a layout needs rotor_diameter_m")
    return park_table(
        *layout.positions(rotor_m),
        rotor_m,
        turbine.curve_speed_m_s,
        turbine.curve_power_mw,
        turbine.thrust_speed_m_s,
        turbine.thrust_coefficient,
        wake_decay,
    )


def low_wind_notice(low_m: float, hub_m: float, law: str, factor: float) -> str:
    """Notice on wind that was measured far below the hub.

    Parameters
    ----------
    low_m, hub_m : float
        Heights of the measurement and of the hub. [m]
    law : str
        The shear law, in words.
    factor : float
        Wind speed at the hub over the measured one. [-]
    """
    return (
        f"wind measured at {low_m:g} m is extrapolated to the hub at {hub_m:g} m by {law} "
        f"(× {factor:.2f}); town stations are mostly sheltered, so the level of this wind is "
        "uncertain: prefer wind measured or modelled near hub height"
    )


def layout_notices(
    layout: WindLayout | None, turbines: float, weather: Weather, wake_loss: float
) -> tuple[str, ...]:
    """Notices on a layout: that it is not used, or that its turbines do not make the capacity.

    Parameters
    ----------
    layout : WindLayout, optional
        Positions of the turbines.
    turbines : float
        Capacity over the rating of one turbine. [-]
    weather : Weather
        Of the farm's site.
    wake_loss : float
        Taken where the direction of the wind is unknown. [-]
    """
    if layout is None:
        return ()
    if weather.wind_direction_deg is None:
        return (
            "the direction of the wind is unknown, so the layout is not used and wakes take "
            f"{100.0 * wake_loss:g} % (wake_loss)",
        )
    placed = layout.positions(1.0)[0].size
    if abs(placed - turbines) <= 1.0:
        return ()
    return (
        f"the layout has {placed} turbines where the capacity makes {turbines:.1f}; its wakes are "
        "taken as they are",
    )
