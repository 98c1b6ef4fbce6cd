"""Hydropower plant: on a river, from a series, or from its annual energy."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal, Self

import numpy as np
from pydantic import Field, ValidationInfo, model_validator

from altay_energy.components.base import (
    Efficiency,
    EnergyMWh,
    Fraction,
    NonNegative,
    OnBus,
    Positive,
    PowerMW,
    SeriesField,
    Usual,
)
from altay_energy.components.checks import check_within
from altay_energy.components.demand.seasons import (
    HOURS_PER_DAY,
    daily_from_monthly,
    days_of_year,
    first_step,
    in_hemisphere,
    month_of_day,
    years_of,
)
from altay_energy.components.faults import allows_unusual, unusual
from altay_energy.components.hydro.parts import EfficiencyCurve, HydroReservoir
from altay_energy.core.errors import ScenarioError
from altay_energy.core.timeline import Timeline
from altay_energy.core.units import Array
from altay_energy.resource.water.hydropower import TURBINES, Turbines, water_power
from altay_energy.weather.series import Weather

# assumed: consistent with a flood from April, mostly April-June (Irtysh,
# http://xjzwz.com/xinjiang/jingdian/200712/1630.html), and a share of snowmelt of 41 % (region,
# http://www.bcdt.ac.cn/CN/abstract/abstract2732.shtml) to 45 % (Kelan). No gauge was found.
ALTAY_WATER = (0.02, 0.02, 0.02, 0.06, 0.20, 0.28, 0.18, 0.09, 0.05, 0.04, 0.025, 0.015)
"""Share of the year's water in each month, January first. [-]"""

_FEWEST_HOURS = 200.0  # a tenth of the hours of Altay's plants; fewer are probably a wrong unit
_DRY = 1e-6  # of the mean flow: too little for a turbine
_SUM_TOLERANCE = 0.005  # rounding of twelve shares printed with two or three digits


_ODD_RATIO = 2.0  # between the power from flow and head and the rating: probably a wrong unit
_LEAST_MW = 1e-9  # a plant of no capacity has turbines of next to no flow

_RIVER_KEYS = frozenset(
    {
        "river_share",
        "upstream",
        "travel_hours",
        "head_m",
        "reservoir",
        "head_loss_m",
        "turbine",
        "efficiency_curve",
        "efficiency",
        "units",
        "rated_flow_m3_s",
        "ecological_flow_m3_s",
        "ecological_release",
        "ecological_unit_mw",
        "ice_months",
        "ice_flow_share",
    }
)
"""Keys of a plant on a river."""


class HydroPlant(OnBus):
    """Hydropower plant on a river, or from a series, or from its annual energy and season."""

    kind: ClassVar[str] = "hydro"

    capacity_mw: PowerMW = Field(description="rated power at the bus [MW]")
    annual_mwh: EnergyMWh | None = Field(
        None, description="energy of a calendar year at the bus, before curtailment [MWh]"
    )
    monthly_shares: Annotated[list[Fraction] | None, Field(min_length=12, max_length=12)] = Field(
        None,
        description="share of the year's water in each month, January first, sum 1; water beyond "
        "the rating is spilled; default: snow-fed river of Altay, half a year later south of the "
        "equator (assumed) [-]",
    )
    profile: SeriesField | None = Field(
        None, description="or available power per unit of capacity, 0 to 1 [-]"
    )
    site: str | None = Field(
        None, description="its site; its power does not depend on the weather there [-]"
    )
    river: str | None = Field(None, description="or its river, a table [river.NAME] [-]")
    river_share: Annotated[float, Field(gt=0, le=1)] = Field(
        1.0, description="share of that river's natural flow that passes the plant [-]"
    )
    upstream: str | None = Field(
        None, description="next hydro plant upstream, whose outflow it receives [-]"
    )
    travel_hours: Annotated[float, Field(ge=0, le=720)] = Field(
        0.0, description="travel time of the water from there [h]"
    )
    head_m: Annotated[Positive | None, Usual(1.0, 2000.0)] = Field(
        None, description="gross head of a plant without reservoir [m]"
    )
    reservoir: HydroReservoir | None = Field(
        None, description="its reservoir; without one it is a run-of-river plant [-]"
    )
    head_loss_m: NonNegative = Field(
        0.0,
        description=(
            "head loss of the waterway at rated flow; it grows with the square of the flow [m]"
        ),
    )
    # Most plants of the region have 30 to 200 m of head.
    turbine: Literal["francis", "kaplan", "pelton", "constant"] = Field(
        "francis", description="shape of the efficiency curve, generic [-]"
    )
    efficiency_curve: EfficiencyCurve | None = Field(
        None, description="efficiency curve, instead of that of turbine [-]"
    )
    # 0.93 of a turbine, 0.98 of a generator, 0.99 of a transformer.
    efficiency: Efficiency = Field(
        0.90, description="best efficiency from water to bus (assumed) [-]"
    )
    units: Annotated[int, Field(ge=1, le=100)] = Field(
        1, description="number of equal units; the fewest that can pass the flow share it [-]"
    )
    rated_flow_m3_s: Annotated[Positive | None, Usual(0.01, 1e5)] = Field(
        None,
        description=(
            "flow of all units at full load; default: the flow that gives capacity_mw at the "
            "head of a full reservoir; at less head it decreases with the root of the head "
            "[m³/s]"
        ),
    )
    ecological_flow_m3_s: NonNegative = Field(
        0.0, description="ecological flow, released while there is water [m³/s]"
    )
    ecological_release: Literal["bypass", "turbine"] = Field(
        "bypass", description="ecological flow past the turbines, or through them [-]"
    )
    ecological_unit_mw: PowerMW = Field(
        0.0, description="small unit in the bypass, part of capacity_mw [MW]"
    )
    ice_months: list[Annotated[int, Field(ge=1, le=12)]] = Field(
        [], description="months of ice cover, 1 for January [-]"
    )
    ice_flow_share: Fraction = Field(
        1.0, description="share of the turbines' flow that is possible in those months [-]"
    )

    @model_validator(mode="after")
    def _one_source(self) -> Self:
        given = [n for n in ("river", "annual_mwh", "profile") if getattr(self, n) is not None]
        if len(given) != 1:
            raise ValueError(
                "a hydro plant needs either river, or annual_mwh (with monthly_shares if its "
                "river is known), or profile (per unit of capacity), "
                f"{'not both ' + ' and '.join(given) if given else 'and has neither'}"
            )
        if self.profile is not None:
            check_within("profile", self.profile, 0.0, 1.0)
        if self.monthly_shares is not None and self.annual_mwh is None:
            raise ValueError(f"monthly_shares goes with annual_mwh, not with {given[0]}")
        stray = sorted(self.model_fields_set & _RIVER_KEYS)
        if self.river is None and stray:
            raise ValueError(f"{', '.join(stray)} goes with river, not with {given[0]}")
        return self

    @model_validator(mode="after")
    def _on_a_river(self, info: ValidationInfo) -> Self:
        if self.river is None:
            return self
        if (self.head_m is None) == (self.reservoir is None):
            raise ValueError(
                "a plant on a river needs either head_m (it uses what comes) or reservoir (whose "
                f"levels give the head), {'and has neither' if self.head_m is None else 'not both'}"
            )
        if self.upstream is None and self.travel_hours > 0.0:
            raise ValueError("travel_hours goes with upstream: the plant whose water it is")
        if self.ecological_unit_mw > self.capacity_mw:
            raise ValueError(
                f"ecological_unit_mw = {self.ecological_unit_mw:g} is part of capacity_mw = "
                f"{self.capacity_mw:g} and cannot be more"
            )
        if self.head_loss_m >= self.design_head_m:
            raise ValueError(
                f"head_loss_m = {self.head_loss_m:g} leaves nothing of a head of "
                f"{self.design_head_m:g} m"
            )
        self._check_flows(allows_unusual(info))
        return self

    def _check_flows(self, allow_unusual: bool) -> None:
        rated, due = self.turbines.rated_flow_m3_s, self.ecological_flow_m3_s
        if due > rated:
            raise ValueError(
                f"ecological_flow_m3_s = {due:g} is more than the turbines can take, {rated:.4g} "
                "m³/s; is it in litres a second?"
            )
        if self.rated_flow_m3_s is None or self.capacity_mw == 0.0 or allow_unusual:
            return
        head = self.design_head_m - self.head_loss_m
        found = float(water_power(np.array(rated), np.array(head), np.array(self.efficiency)))
        if not 1.0 / _ODD_RATIO <= found / self.capacity_mw <= _ODD_RATIO:
            raise unusual(
                f"rated_flow_m3_s = {rated:g} at {head:g} m of net head is {found:.3g} MW (9.81 · "
                f"{rated:g} · {head:g} · {self.efficiency:g} / 1000), far from capacity_mw = "
                f"{self.capacity_mw:g}"
            )

    @property
    def design_head_m(self) -> float:
        """Gross head with a full reservoir, or that of the weir. [m]"""
        if self.reservoir is not None:
            return self.reservoir.normal_level_m - self.reservoir.tailwater_level_m
        assert self.head_m is not None
        return self.head_m

    @property
    def turbines(self) -> Turbines:
        """Turbines of a plant on a river, for ``resource.water``."""
        own = self.efficiency_curve
        flow, share = (
            TURBINES[self.turbine] if own is None else (own.flow_share, own.efficiency_share)
        )
        curve = np.array(flow, dtype=np.float64), np.array(share, dtype=np.float64)
        rated, head_m = self.rated_flow_m3_s, self.design_head_m - self.head_loss_m
        full = np.array(self.efficiency * curve[1][-1])
        each = float(water_power(np.array(1.0), np.array(head_m), full))
        capacity = max(self.capacity_mw, _LEAST_MW)
        if rated is None:
            rated = capacity / each
        return Turbines(
            self.capacity_mw,
            rated,
            self.units,
            self.efficiency,
            curve,
            self.head_loss_m,
            # More flow than the capacity needs at full level means the rating is for less head.
            rated_head_m=head_m * min(capacity / (each * rated), 1.0),
        )

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
        if 0.0 < hours < _FEWEST_HOURS and not allows_unusual(info):
            raise unusual(
                f"annual_mwh = {self.annual_mwh:g} from capacity_mw = {self.capacity_mw:g} is "
                f"{hours:.3g} full-load hours; is it in GWh?"
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

    def _daily_water(self, days: int, south: bool = False) -> Array:
        """Flow of each day relative to the year's mean, shape (days,). [-]"""
        shares = np.array(self.monthly_shares or in_hemisphere(ALTAY_WATER, south))
        length = np.bincount(month_of_day(days))
        flow = daily_from_monthly(tuple(shares / shares.sum() * days / length), days)
        return np.where(flow < _DRY, 0.0, flow)

    def _daily_power(self, days: int, south: bool) -> Array:
        """Mean power of each day of a year, shape (days,). [MW]

        The power follows the flow up to the rating, min(capacity, k · flow), with k such that the
        year has its energy. That energy grows with k along straight lines that bend where one
        more day reaches the rating, so k is read off that broken line.
        """
        assert self.annual_mwh is not None
        flow = self._daily_water(days, south)
        annual_mwh = min(self.annual_mwh, self.capacity_mw * HOURS_PER_DAY * np.count_nonzero(flow))
        wettest = np.sort(flow[flow > 0.0])[::-1]
        bends = self.capacity_mw / wettest
        rated = np.arange(wettest.size)
        rest = wettest[::-1].cumsum()[::-1]
        energy = HOURS_PER_DAY * (self.capacity_mw * rated + bends * rest)
        factor = np.interp(annual_mwh, [0.0, *energy], [0.0, *bends])
        return np.asarray(np.minimum(self.capacity_mw, factor * flow))

    def available_power(
        self, weather: Weather | None, timeline: Timeline, *, south: bool = False
    ) -> Array:
        """Available power in every interval.

        Parameters
        ----------
        weather : Weather or None
            Not needed: the season is that of the calendar.
        timeline : Timeline
            The T intervals.
        south : bool
            Whether the plant is south of the equator: the default of ``monthly_shares`` is then
            half a year later.

        Returns
        -------
        ndarray, shape (..., T)
            Between 0 and ``capacity_mw``; over a whole calendar year it sums to ``annual_mwh``.
            [MW]

        Raises
        ------
        ScenarioError
            If the plant is on a river: ``components.hydro.water.run_cascade`` gives its power.
        """
        if self.profile is not None:
            return self.capacity_mw * self.profile.on(timeline)
        if self.river is not None:
            raise ScenarioError(
                f"a plant on the river {self.river!r} gets its water through components.hydro_water"
            )
        per_day = round(HOURS_PER_DAY / timeline.step_hours)
        years = [self._daily_power(days_of_year(year), south) for year in years_of(timeline)]
        power = np.repeat(np.concatenate(years), per_day)
        first = first_step(timeline)
        return power[first : first + timeline.steps]
