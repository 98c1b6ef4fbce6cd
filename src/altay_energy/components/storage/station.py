"""Pumped-storage station in its unit form: values derived from units and reservoirs."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from altay_energy.components.base import OwnFile
from altay_energy.components.faults import meant
from altay_energy.components.storage.basin import Basin
from altay_energy.components.storage.storage import LONGEST_HOURS, SHORTEST_HOURS
from altay_energy.components.storage.unit_form import LEAST_GENERATION, UnitForm
from altay_energy.core.errors import ScenarioError
from altay_energy.core.timeline import Timeline
from altay_energy.core.units import GRAVITY, WATER_DENSITY, Array
from altay_energy.resource.pumped.hill import FIRST_HILL, HILLS, Hill
from altay_energy.resource.pumped.operating_table import OperatingTable, station_tables
from altay_energy.resource.pumped.pump_turbine import PumpTurbine
from altay_energy.resource.water.open_water import (
    ICE_DENSITY,
    daily_means,
    evaporation_mm_day,
    ice_thickness_m,
    over_days,
)
from altay_energy.weather.series import Weather

JOULES_PER_MWH = 3.6e9
RATED_OF_STATIC = 0.98
"""Rated net head over the difference of the normal levels (assumed) [-]."""

STATED_TOLERANCE = 0.02
"""Relative excess of a stated energy over that of the reservoirs: figures are rounded."""

WHOLE_YEAR_DAYS = 360
"""Length of a period from which the ice at the end equals that at the beginning. [d]"""

_SLICES = 200


@dataclass(frozen=True, eq=False)
class Sky:
    """Rain, evaporation and ice on the two reservoirs, shape (2, ..., T), upper first.

    Parameters
    ----------
    rain_m3, evaporation_m3 : ndarray
        Water of each interval. [m³]
    ice_m3 : ndarray
        Volume of ice at the end of each interval. [m³]
    """

    rain_m3: Array
    evaporation_m3: Array
    ice_m3: Array


class UnitStation:
    """Machines, heads and energies of a station with units and reservoirs.

    Parameters
    ----------
    keys : UnitForm
        With all that the unit form needs.
    """

    def __init__(self, keys: UnitForm) -> None:
        assert keys.units is not None
        assert keys.unit_mw is not None
        assert keys.upper is not None
        assert keys.lower is not None
        self.keys = keys
        self.units: int = keys.units
        self.unit_mw: float = keys.unit_mw
        self.upper: Basin = keys.upper
        self.lower: Basin = keys.lower

    @property
    def head_range_m(self) -> tuple[float, float]:
        """Least and largest static head. [m]"""
        return (
            self.upper.dead_level_m - self.lower.normal_level_m,
            self.upper.normal_level_m - self.lower.dead_level_m,
        )

    @property
    def rated_head_m(self) -> float:
        """Rated net head of the units. [m]"""
        static = self.upper.normal_level_m - self.lower.normal_level_m
        return self.keys.rated_head_m or RATED_OF_STATIC * static

    @property
    def least_generation(self) -> float:
        """Least power of a turbine over its rated one. [-]"""
        given = self.keys.min_generation
        return LEAST_GENERATION[self.keys.speed] if given is None else given

    @property
    def hill(self) -> Hill:
        """The hill curve of the units; the generic one while the user's is still in its file."""
        if isinstance(self.keys.hill, Hill):
            return self.keys.hill
        return HILLS.load(FIRST_HILL if isinstance(self.keys.hill, OwnFile) else self.keys.hill)

    @cached_property
    def machine(self) -> PumpTurbine:
        """The units with their waterway."""
        keys = self.keys
        electrical = keys.generator_efficiency * keys.transformer_efficiency * (1.0 - keys.own_use)
        band = keys.pump_band or [0.7, 1.0]
        return PumpTurbine(
            hill=self.hill,
            units=self.units,
            unit_mw=self.unit_mw,
            unit_pump_mw=keys.unit_pump_mw or self.unit_mw,
            rated_head_m=self.rated_head_m,
            waterway_loss=keys.waterway_loss,
            electrical_efficiency=electrical,
            speed=keys.speed,
            pump_band=(band[0], band[1]),
        )

    @cached_property
    def tables(self) -> tuple[OperatingTable, OperatingTable]:
        """Operating tables of pumps and of turbines by head."""
        return station_tables(self.machine, *self.head_range_m, self.least_generation)

    @property
    def cycle_m3(self) -> float:
        """Water of a full cycle: the smaller of the two live volumes. [m³]"""
        return min(self.upper.live_m3, self.lower.live_m3)

    @cached_property
    def _drain(self) -> tuple[Array, Array]:
        """Static head over a full cycle, and the water of each slice. [m], [m³]"""
        moved = self.cycle_m3 * (np.arange(_SLICES) + 0.5) / _SLICES
        upper = self.upper.curve.level(self.upper.normal_m3 - moved)
        lower = self.lower.curve.level(self.lower.dead_m3 + moved)
        return upper - lower, np.full(_SLICES, self.cycle_m3 / _SLICES)

    @cached_property
    def mean_head_m(self) -> float:
        """Static head of a full cycle, averaged over its water. [m]"""
        return float(self._drain[0].mean())

    @cached_property
    def water_mwh(self) -> float:
        """Energy of a full cycle's water at its mean head, before any loss. [MWh]"""
        return WATER_DENSITY * GRAVITY * self.cycle_m3 * self.mean_head_m / JOULES_PER_MWH

    @cached_property
    def full_energy_mwh(self) -> float:
        """Energy at the bus when all units run from full to empty at their largest power. [MWh]"""
        head, water = self._drain
        table = self.tables[1]
        row = table.row(head)
        flow = table.flow_m3_s[row, self.units, -1]
        return float((table.high_mw[row, self.units] / flow * water).sum() / 3600.0)

    @cached_property
    def simple_keys(self) -> dict[str, float]:
        """Keys of the simple form: powers and efficiencies of all units at the mean head."""
        pump, turbine = self.tables
        row = pump.row(np.array([self.mean_head_m]))[0]
        power, flow = pump.high_mw[row, self.units], pump.flow_m3_s[row, self.units, -1]
        lifted = WATER_DENSITY * GRAVITY * flow * self.mean_head_m / 1e6
        start = (self.start_m3[0] - self.upper.dead_m3) / self.upper.live_m3
        return {
            "pump_mw": float(power),
            "turbine_mw": float(turbine.high_mw[row, self.units]),
            "energy_mwh": self.water_mwh,
            "pump_efficiency": float(lifted / power),
            "turbine_efficiency": self.full_energy_mwh / self.water_mwh,
            "initial_level": float(min(max(start, 0.0), 1.0)),
        }

    @property
    def start_m3(self) -> tuple[float, float]:
        """Water in the upper and the lower reservoir at the beginning. [m³]"""
        upper, lower = self.upper, self.lower
        if upper.start_level_m is not None:
            above = upper.volume_at(upper.start_level_m)
        else:
            above = upper.dead_m3 + 0.5 * self.cycle_m3
        if lower.start_level_m is not None:
            return above, lower.volume_at(lower.start_level_m)
        rest = max(upper.dead_m3 + self.cycle_m3 - above, 0.0)
        return above, min(lower.dead_m3 + rest, lower.normal_m3)

    def check(self, *, allow_unusual: bool = False) -> None:
        """Check levels, volumes, units and duration against each other.

        Parameters
        ----------
        allow_unusual : bool
            Accept an unusual duration at full power.

        Raises
        ------
        ScenarioError
            With the calculation.
        """
        low, high = self.head_range_m
        if low <= 0.0:
            raise ScenarioError(
                f"upper.dead_level_m = {self.upper.dead_level_m:g} must lie above "
                f"lower.normal_level_m = {self.lower.normal_level_m:g}, or there is no head; are "
                "upper and lower exchanged?"
            )
        self.machine.check_heads(low, high)
        self._check_stated()
        hours = self.full_energy_mwh / (self.units * self.unit_mw)
        if not allow_unusual and not SHORTEST_HOURS <= hours <= LONGEST_HOURS:
            text = (
                f"{self.units} units of {self.unit_mw:g} MW empty {self.cycle_m3 / 1e6:.4g} Mm³ in "
                f"{hours:.3g} h (expected {SHORTEST_HOURS:g} to {LONGEST_HOURS:g} h); is unit_mw "
                "in kW, or a volume in another unit?"
            )
            raise ScenarioError(meant(text))

    def _check_stated(self) -> None:
        stated, holds = self.keys.stated_energy_mwh, self.full_energy_mwh
        if stated is None or holds >= (1.0 - STATED_TOLERANCE) * stated:
            return
        names = ("upper", "lower")
        name = names[self.upper.live_m3 > self.lower.live_m3]
        efficiency = holds / self.water_mwh
        needed = self.cycle_m3 * stated / holds / 1e6
        raise ScenarioError(
            f"the reservoirs are too small for these hours: {self.cycle_m3 / 1e6:.4g} Mm³ × "
            f"1000 kg/m³ × {GRAVITY:.4g} m/s² × {self.mean_head_m:.4g} m × {efficiency:.3f} / "
            f"3.6e9 J/MWh = {holds:,.0f} MWh, but stated_energy_mwh = {stated:,.0f} "
            f"({stated / (self.units * self.unit_mw):.3g} h at full power) needs {needed:.4g} Mm³; "
            f"enlarge the live volume (the {name} reservoir is the smaller one) or state less"
        )

    def outage_problems(self, timeline: Timeline) -> list[str]:
        """Planned outages that lie outside the period, one line each."""
        days = timeline.local.astype("datetime64[D]")
        first, last = str(days[0]), str(days[-1])
        return [
            f"outages.{name}: unit {o.unit} from {o.first_day} to {o.last_day} is outside the "
            f"period, {first} to {last}"
            for name, o in self.keys.outages.items()
            if o.last_day < first or o.first_day > last
        ]

    def in_service(self, timeline: Timeline) -> NDArray[np.bool_]:
        """Which unit can run in which interval, bool, shape (U, T)."""
        days = timeline.local.astype("datetime64[D]")
        found = np.ones((self.units, timeline.steps), dtype=np.bool_)
        for outage in self.keys.outages.values():
            first, last = (np.datetime64(d, "D") for d in (outage.first_day, outage.last_day))
            found[outage.unit - 1] &= (days < first) | (days > last)
        rate, hours = self.keys.forced_outage_rate, self.keys.forced_outage_hours
        if rate > 0.0:
            for unit in range(self.units):
                seed = [self.keys.outage_seed, unit]
                found[unit] &= ~_forced(np.random.default_rng(seed), timeline, rate, hours)
        return found

    def sky(self, weather: Weather | None, timeline: Timeline) -> Sky:
        """Effect of the weather of the station's site on its reservoirs.

        Parameters
        ----------
        weather : Weather or None
            Of the site; None if the station has no site.
        timeline : Timeline
            The T intervals.
        """
        if weather is None:
            nothing = np.zeros((2, timeline.steps))
            return Sky(nothing, nothing, nothing)
        warm = daily_means(weather.temperature_c, timeline)
        whole_year = warm.shape[-1] >= WHOLE_YEAR_DAYS
        ice_m = ice_thickness_m(warm, self.keys.ice_growth_cm, None if whole_year else 0.0)
        means = (daily_means(s, timeline) for s in (weather.ghi_w_m2, weather.pressure_pa))
        ghi, pressure = means
        daily_mm = np.where(ice_m > 0.0, 0.0, evaporation_mm_day(ghi, warm, pressure))
        per_step = 1e-3 * timeline.step_hours / 24.0 * over_days(daily_mm, timeline)
        rain_m = 1e-3 * (
            np.zeros((*warm.shape[:-1], timeline.steps))
            if weather.precipitation_mm is None
            else weather.precipitation_mm
        )
        basins = (self.upper, self.lower)
        full = [b.area_m2(b.normal_level_m) for b in basins]
        middle = [b.area_m2(0.5 * (b.normal_level_m + b.dead_level_m)) for b in basins]
        ice = ICE_DENSITY * over_days(ice_m, timeline)
        return Sky(
            # Rain on the dry banks runs into the pool; ice is reserved over the whole basin.
            rain_m3=np.stack([rain_m * area for area in full]),
            evaporation_m3=np.stack([per_step * area for area in middle]),
            ice_m3=np.stack([ice * area for area in full]),
        )

    def notices(self) -> list[str]:
        """Notices on what `optimal` and `rolling` leave out."""
        pump_mw, turbine_mw = (self.simple_keys[key] for key in ("pump_mw", "turbine_mw"))
        low, high = self.head_range_m
        return [
            "rules and units run it unit by unit; optimal and rolling use its best efficiency "
            f"at any power up to about pump_mw = {pump_mw:.4g} and "
            f"turbine_mw = {turbine_mw:.4g}, which leaves out whole pumps, the least load "
            f"of {self.least_generation * self.unit_mw:g} MW a unit, part load, the head from "
            f"{low:.0f} to {high:.0f} m, ice and outages"
        ]


def _forced(
    rng: np.random.Generator, timeline: Timeline, rate: float, hours: float
) -> NDArray[np.bool_]:
    """Intervals that begin within a forced outage, bool, shape (T,)."""
    up_hours = hours * (1.0 - rate) / rate
    count = max(8, int(2 * timeline.hours / (hours + up_hours)) + 8)
    lengths = rng.exponential(1.0, (count, 2)) * (up_hours, hours)
    edges = lengths.ravel().cumsum()
    while edges[-1] < timeline.hours:
        more = (rng.exponential(1.0, (count, 2)) * (up_hours, hours)).ravel().cumsum()
        edges = np.append(edges, edges[-1] + more)
    begins = np.arange(timeline.steps) * timeline.step_hours
    down = np.searchsorted(edges, begins, side="right") % 2
    if rng.random() < rate:  # the period may begin within an outage
        down = np.where(begins < rng.exponential(hours), 1, down)
    return np.asarray(down == 1)
