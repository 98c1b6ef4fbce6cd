"""Settings of rolling dispatch: windows and forecast errors."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, Literal, Self

import numpy as np
from pydantic import Field, field_validator, model_validator

from altay_energy.components.base import Component, Fraction, PriceCNY
from altay_energy.core.wording import share_of_percent

Share = Annotated[float, Field(ge=0, le=0.5)]
Hours = Annotated[float, Field(gt=0, le=8784)]


class RollingSettings(Component):
    """Windows of dispatch day by day, and what happens at their ends."""

    kind: ClassVar[str] = "dispatch.rolling"

    look_ahead_hours: Hours = Field(
        48.0, description="length of each plan from its first hour on [h]"
    )
    step_hours: Hours = Field(
        24.0, description="part of each plan that is carried out before the next one [h]"
    )
    end_value: Literal["optimum", "other_years"] | PriceCNY = Field(
        "optimum",
        description=(
            "value of stored energy at the end of a plan: that of the optimum of the whole "
            "period at that hour, which knows the year; those of the optima of other weather years "
            "of the same climate; or a number [CNY per MWh of content]"
        ),
    )
    other_years: Annotated[int, Field(ge=1, le=50)] = Field(
        5, description='number of other weather years with `end_value = "other_years"` [-]'
    )
    balance: Literal["price", "grid", "storage"] = Field(
        "price",
        description=(
            "what balances forecast errors: the cheapest in the hour, stored energy at its "
            "value; or first the grid connection, so that storages keep to the plan; or "
            "first storages, so that import and export do [-]"
        ),
    )

    @field_validator("end_value", mode="after")
    @classmethod
    def _worth_something(cls, value: float | str) -> float | str:
        if not isinstance(value, str) and value < 0.0:
            raise ValueError(
                f"{value:g} is below 0; stored energy can be left unused, give 0 or more"
            )
        return value

    @model_validator(mode="after")
    def _overlap(self) -> Self:
        if self.look_ahead_hours < self.step_hours:
            raise ValueError(
                f"look_ahead_hours = {self.look_ahead_hours:g} is less than step_hours = "
                f"{self.step_hours:g}; a plan must reach as far as it is carried out"
            )
        return self


class ForecastSettings(Component):
    """Errors of the forecasts of wind, sun and load."""

    kind: ClassVar[str] = "dispatch.forecast"

    perfect: bool = Field(
        False, description="forecasts without any error; the errors below are then not used [-]"
    )
    seed: Annotated[int, Field(ge=0)] = Field(
        1, description="seed of the random numbers; the same seed gives the same errors [-]"
    )
    # Rules of North China for connected plants (2019): a day-ahead accuracy, 1 - RMSE / rated
    # power, of at least 85 % is asked of wind farms; good single farms reach 88 to 90 %.
    wind_error: Share = Field(
        0.12,
        description="RMSE of each wind farm's forecast 24 h ahead over rated power, North China "
        "allows 0.15; single farms reach 0.10 to 0.15 (assumed) [-]",
    )
    solar_error: Share = Field(
        0.09,
        description="RMSE of each solar plant's forecast 24 h ahead over rated power, hours of "
        "light; usual are 0.08 to 0.10 (assumed) [-]",
    )
    load_error: Share = Field(
        0.025,
        description="RMSE of the load's forecast 24 h ahead over the load; usual are 0.02 to "
        "0.03 (assumed) [-]",
    )
    saturation: Annotated[float, Field(gt=1, le=5)] = Field(
        1.4, description="error many days ahead over that 24 h ahead (assumed) [-]"
    )
    # Forecasts of the next day, from midnight on, are handed in by 9:00 in North China (2019).
    gate_hours: Annotated[float, Field(ge=0, le=168)] = Field(
        15.0,
        description=(
            "time from a forecast to the first hour of its plan; North China: by 9:00 for "
            "the next day [h]"
        ),
    )
    correlation_hours: Annotated[float, Field(gt=0, le=168)] = Field(
        6.0, description="correlation time of the errors of one forecast, 1/e (assumed) [h]"
    )
    issue_correlation: Fraction = Field(
        0.5,
        description="correlation of the errors of two forecasts of the same hour (assumed) [-]",
    )
    plant_correlation: Fraction = Field(
        0.5,
        description="correlation of the errors of two plants of a kind; wind farms tens of "
        "kilometres apart (assumed) [-]",
    )

    @field_validator("wind_error", "solar_error", "load_error", mode="before")
    @classmethod
    def _is_a_share(cls, value: Any) -> Any:
        if isinstance(value, int | float) and 1.0 < value < np.inf:
            hint = share_of_percent(value)
            raise ValueError(f"{value:g} is above 1; an error is a share, at most 0.5{hint}")
        return value
