"""A run-of-river plant: what the season's water gives, up to the rating."""

from __future__ import annotations

from typing import Annotated, ClassVar, Self

import numpy as np
from pydantic import Field, ValidationInfo, model_validator
from pydantic_core import PydanticCustomError

from altay_energy.components.base import (
    Component,
    EnergyMWh,
    Fraction,
    PowerMW,
    SeriesField,
)
from altay_energy.components.checks import check_within
from altay_energy.components.seasons import (
    HOURS_PER_DAY,
    daily_from_monthly,
    days_of_year,
    first_step,
    month_of_day,
    years_of,
)
from altay_energy.timeline import Timeline
from altay_energy.units import Array
from altay_energy.weather.series import Weather

# assumed: consistent with a flood from April, mostly April-June (Irtysh,
# http://xjzwz.com/xinjiang/jingdian/200712/1630.html), and a share of snowmelt of 41 % (region,
# http://www.bcdt.ac.cn/CN/abstract/abstract2732.shtml) to 45 % (Kelan). No gauge was found.
ALTAY_WATER = (0.02, 0.02, 0.02, 0.06, 0.20, 0.28, 0.18, 0.09, 0.05, 0.04, 0.025, 0.015)
"""Share of the year's water in each month, January first. [-]"""

_FEWEST_HOURS = 200.0  # a tenth of what Altay's plants reach; fewer is a unit slip
_DRY = 1e-6  # of the mean flow: that turns no turbine
_SUM_TOLERANCE = 0.005  # twelve shares are printed with two or three digits


class HydroPlant(Component):
    """Hydropower plant without storage, from a series or from its annual energy and season."""

    kind: ClassVar[str] = "hydro"

    capacity_mw: PowerMW = Field(description="rated power at the bus [MW]")
    annual_mwh: EnergyMWh | None = Field(
        None, description="energy of a calendar year at the bus, before curtailment [MWh]"
    )
    monthly_shares: Annotated[list[Fraction] | None, Field(min_length=12, max_length=12)] = Field(
        None,
        description="share of the year's water in each month, January first, sum 1; water beyond "
        "the rating is spilled; default: snow-fed river of Altay (assumed) [-]",
    )
    profile: SeriesField | None = Field(
        None, description="available power per unit of capacity, 0 to 1, instead [-]"
    )
    site: str | None = Field(
        None, description="where it stands; its power does not depend on the weather there [-]"
    )

    @model_validator(mode="after")
    def _one_source(self) -> Self:
        if (self.profile is None) == (self.annual_mwh is None):
            raise ValueError(
                "a hydro plant needs either annual_mwh (with monthly_shares if its river is known) "
                "or profile (per unit of capacity), "
                f"{'not both' if self.profile is not None else 'and has neither'}"
            )
        if self.profile is not None:
            if self.monthly_shares is not None:
                raise ValueError("monthly_shares goes with annual_mwh, not with profile")
            check_within("profile", self.profile, 0.0, 1.0)
        return self

    @model_validator(mode="after")
    def _enough_water(self, info: ValidationInfo) -> Self:
        total = sum(self.monthly_shares or ALTAY_WATER)
        if abs(total - 1.0) > _SUM_TOLERANCE:
            raise ValueError(
                f"monthly_shares add up to {total:.4g}; twelve shares of a year must add up to 1"
            )
        if self.annual_mwh is None:
            return self
        self._check_most()
        hours = self.annual_mwh / self.capacity_mw if self.capacity_mw else 0.0
        unusual = 0.0 < hours < _FEWEST_HOURS and not (info.context or {}).get("allow_unusual")
        if unusual:
            raise PydanticCustomError(
                "unusual",
                "annual_mwh = {energy} from capacity_mw = {power} is {hours} full-load hours; is "
                "it in GWh? If it is meant, say allow_unusual = true at the top of the scenario",
                {
                    "energy": f"{self.annual_mwh:g}",
                    "power": f"{self.capacity_mw:g}",
                    "hours": f"{hours:.3g}",
                },
            )
        return self

    def _check_most(self) -> None:
        assert self.annual_mwh is not None
        wet_days = np.count_nonzero(self._daily_water(365))
        most = self.capacity_mw * HOURS_PER_DAY * wet_days
        if self.annual_mwh > most:
            dry = "" if wet_days == 365 else f" on the {wet_days} days with water"
            raise ValueError(
                f"annual_mwh = {self.annual_mwh:g} is more than capacity_mw = "
                f"{self.capacity_mw:g} can give{dry}: at most {most:g} MWh a year"
            )

    def _daily_water(self, days: int) -> Array:
        """Flow of each day relative to the year's mean, shape (days,). [-]"""
        shares = np.asarray(self.monthly_shares or ALTAY_WATER, dtype=np.float64)
        length = np.bincount(month_of_day(days))
        flow = daily_from_monthly(tuple(shares / shares.sum() * days / length), days)
        return np.where(flow < _DRY, 0.0, flow)

    def _daily_power(self, days: int) -> Array:
        """Mean power of each day of a year, shape (days,). [MW]

        The power follows the flow up to the rating, min(capacity, k · flow), with k such that the
        year has its energy. That energy grows with k along straight lines that bend where one
        more day reaches the rating, so k is read off that broken line.
        """
        assert self.annual_mwh is not None
        flow = self._daily_water(days)
        annual_mwh = min(self.annual_mwh, self.capacity_mw * HOURS_PER_DAY * np.count_nonzero(flow))
        wettest = np.sort(flow[flow > 0.0])[::-1]
        bends = self.capacity_mw / wettest
        rated = np.arange(wettest.size)
        rest = wettest[::-1].cumsum()[::-1]
        energy = HOURS_PER_DAY * (self.capacity_mw * rated + bends * rest)
        factor = np.interp(annual_mwh, [0.0, *energy], [0.0, *bends])
        return np.asarray(np.minimum(self.capacity_mw, factor * flow))

    def available_power(self, weather: Weather | None, timeline: Timeline) -> Array:
        """Power that the water could give in every interval.

        Parameters
        ----------
        weather : Weather or None
            Not needed: the season is that of the calendar.
        timeline : Timeline
            The T intervals.

        Returns
        -------
        ndarray, shape (..., T)
            Between 0 and ``capacity_mw``; over a whole calendar year it sums to ``annual_mwh``.
            [MW]
        """
        if self.profile is not None:
            return self.capacity_mw * self.profile.on(timeline)
        per_day = round(HOURS_PER_DAY / timeline.step_hours)
        years = [self._daily_power(days_of_year(year)) for year in years_of(timeline)]
        power = np.repeat(np.concatenate(years), per_day)
        first = first_step(timeline)
        return power[first : first + timeline.steps]
