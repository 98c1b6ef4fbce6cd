"""Load: demand from a series, or from the shape of a sector."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, Self

import numpy as np
from pydantic import AfterValidator, Field, ValidationInfo, WithJsonSchema, model_validator

from altay_energy.components.base import EnergyMWh, Fraction, OnBus, PowerMW, SeriesField
from altay_energy.components.checks import check_within, odd_power
from altay_energy.components.demand.seasons import first_step
from altay_energy.components.demand.sectors import SECTORS, sector_years, winter_share
from altay_energy.components.faults import allows_unusual, meant
from altay_energy.core.errors import SeriesError
from altay_energy.core.timeline import Timeline
from altay_energy.core.units import Array
from altay_energy.weather.series import Weather

_COMMON_YEAR = Timeline.of_year(2025)
_FLAT = 1e-9  # a shape whose peak is no more above its mean is flat


def _known_sector(name: str) -> str:
    SECTORS.load(name)
    return name


def _sector_schema() -> dict[str, Any]:
    return {"type": "string", "enum": list(SECTORS.names)}


SectorName = Annotated[str, AfterValidator(_known_sector), WithJsonSchema(_sector_schema())]


class Load(OnBus):
    """Demand at the bus."""

    kind: ClassVar[str] = "load"

    profile: SeriesField | None = Field(
        None, description="demand: number or series, instead of sector [MW]"
    )
    sector: SectorName | None = Field(
        None,
        description=(
            "sector that gives the shape of the demand, with annual_mwh or peak_mw or both [-]"
        ),
    )
    annual_mwh: EnergyMWh | None = Field(
        None, description="energy of a whole calendar year, whatever the length of the period [MWh]"
    )
    peak_mw: PowerMW | None = Field(
        None,
        description="highest demand of a calendar year; with annual_mwh the shape is stretched "
        "about its mean to reach it [MW]",
    )
    flexible_share: Fraction = Field(
        0.0,
        description=(
            "share of the demand of every interval that dispatch with foresight may shift; "
            "default: none [-]"
        ),
    )
    shift_hours: Annotated[float, Field(ge=0, le=168)] = Field(
        0.0, description="with flexible_share: largest shift, earlier or later [h]"
    )
    shifted_peak_mw: PowerMW | None = Field(
        None,
        description=(
            "with flexible_share: largest load after shifting; default: its own peak in the "
            "period [MW]"
        ),
    )
    site: str | None = Field(
        None,
        description=(
            "site whose weather determines heating and snow-making; default: the calendar [-]"
        ),
    )

    @model_validator(mode="after")
    def _one_source(self) -> Self:
        if (self.profile is None) == (self.sector is None):
            raise ValueError(
                "a load needs either profile (a series in MW) or sector with annual_mwh or "
                f"peak_mw, {'not both' if self.sector else 'and has neither'}; sectors: "
                f"{', '.join(SECTORS.names)}"
            )
        if self.profile is not None:
            given = [k for k in ("annual_mwh", "peak_mw") if getattr(self, k) is not None]
            if given:
                raise ValueError(
                    f"{' and '.join(given)} scales the shape of a sector; profile is in MW already"
                )
            check_within("profile", self.profile, 0.0, unit="MW")
        elif self.annual_mwh is None and self.peak_mw is None:
            raise ValueError(f'sector = "{self.sector}" needs annual_mwh, peak_mw or both')
        return self

    @model_validator(mode="after")
    def _shift(self) -> Self:
        if (self.flexible_share > 0.0) != (self.shift_hours > 0.0):
            raise ValueError(
                "flexible_share and shift_hours go together: how much of the demand may move, and "
                "by how many hours"
            )
        if self.shifted_peak_mw is not None and not self.flexible_share:
            raise ValueError("shifted_peak_mw needs flexible_share; nothing of this load may move")
        return self

    @model_validator(mode="after")
    def _megawatts(self, info: ValidationInfo) -> Self:
        odd = [] if self.profile is None else odd_power("profile", self.profile)
        if odd and not allows_unusual(info):
            raise ValueError(meant(odd[0]))
        return self

    @model_validator(mode="after")
    def _reachable(self) -> Self:
        if self.sector is not None and self.annual_mwh is not None and self.peak_mw is not None:
            shape = sector_years(self.sector, _COMMON_YEAR, None)[0]
            self._scaled(shape, _COMMON_YEAR.step_hours)
        return self

    @property
    def depends_on_weather(self) -> bool:
        """Whether the weather of its site changes the demand."""
        return (
            self.site is not None
            and self.sector is not None
            and SECTORS.load(self.sector).depends_on_weather
        )

    def demand(
        self, timeline: Timeline, weather: Weather | None = None, *, south: bool = False
    ) -> Array:
        """Demand in every interval.

        Parameters
        ----------
        timeline : Timeline
            The T intervals.
        weather : Weather or None
            Of the load's site, on the same timeline. With it, heating follows the temperature and
            snow-making the wet bulb; a period's energy is that of the calendar either way. Its
            latitude gives the hemisphere.
        south : bool
            Without weather: whether the load lies south of the equator, where the months of its
            sector are half a year later.

        Returns
        -------
        ndarray, shape (..., T)
            Leading axes are those of profile or weather. A run over a whole calendar year has
            the energy ``annual_mwh``, a shorter one its part of it. [MW]

        Raises
        ------
        SeriesError
            If profile or weather do not fit the timeline, or a shape under this weather cannot
            have both ``annual_mwh`` and ``peak_mw``.
        """
        if self.profile is not None:
            return self.profile.on(timeline)
        assert self.sector is not None
        shapes = sector_years(self.sector, timeline, weather, south)
        try:
            years = [self._scaled(shape, timeline.step_hours) for shape in shapes]
        except ValueError as error:
            weathered = " and the weather" if weather is not None else ""
            raise SeriesError(
                f"with the days{weathered} of {timeline.describe()}, {error}"
            ) from None
        lead = np.broadcast_shapes(*(power.shape[:-1] for power in years))
        power = np.concatenate([np.broadcast_to(p, (*lead, p.shape[-1])) for p in years], axis=-1)
        first = first_step(timeline)
        return power[..., first : first + timeline.steps]

    def notices(self, *, south: bool = False) -> tuple[str, ...]:
        """Notices on the seasons of the demand.

        Parameters
        ----------
        south : bool
            As for `demand`.
        """
        if (
            self.sector is None
            or self.site is not None
            or not SECTORS.load(self.sector).depends_on_weather
        ):
            return ()
        month = "July" if south else "January"
        share = winter_share(self.sector, south)
        return (
            f'site is not given, so that sector "{self.sector}" follows the calendar of a typical '
            f"year of Altay ({month} {share:.2f} times the mean of the year), alike in every year, "
            "and not the weather of the run; give site for heating and snow-making by weather",
        )

    def movable(self, demand: Array) -> tuple[Array, Array]:
        """The part of a demand that may be shifted, and its largest power.

        Parameters
        ----------
        demand : ndarray, shape (..., T)
            From `demand`. [MW]

        Returns
        -------
        tuple of ndarray, shape (..., T)
            Both in MW.

        Raises
        ------
        SeriesError
            If the demand itself is above ``shifted_peak_mw``.
        """
        part = self.flexible_share * demand
        peak = demand.max(axis=-1, keepdims=True)
        if self.shifted_peak_mw is not None:
            if np.any(peak > self.shifted_peak_mw * (1.0 + _FLAT)):
                raise SeriesError(
                    f"shifted_peak_mw = {self.shifted_peak_mw:g} is below the load's own peak of "
                    f"{float(peak.max()):.4g} MW; raise it, or leave it out"
                )
            peak = np.maximum(peak, self.shifted_peak_mw)
        return part, np.maximum(peak - (demand - part), part)

    def _scaled(self, shape: Array, step_hours: float) -> Array:
        """Power of a calendar year, from its shape with a mean of 1, shape (..., N). [MW]"""
        top = shape.max(axis=-1, keepdims=True)
        if self.annual_mwh is None:
            assert self.peak_mw is not None  # one of both is there
            return np.asarray(self.peak_mw * shape / top)
        mean = self.annual_mwh / (shape.shape[-1] * step_hours)
        if self.peak_mw is None:
            return np.asarray(mean * shape)
        if self.peak_mw < mean * (1.0 - _FLAT):
            raise ValueError(
                f"peak_mw = {self.peak_mw:g} is below the mean of {mean:.4g} MW that annual_mwh = "
                f"{self.annual_mwh:g} needs; raise the one or lower the other"
            )
        if np.any((top - 1.0 < _FLAT) & (self.peak_mw - mean > _FLAT * mean)):
            raise ValueError(
                f"peak_mw = {self.peak_mw:g} cannot differ from the mean of {mean:.4g} MW: sector "
                f'"{self.sector}" is flat; leave peak_mw out'
            )
        # power = mean + slope · (shape - 1) keeps the energy and puts the top at the peak.
        slope = (self.peak_mw - mean) / np.maximum(top - 1.0, _FLAT)
        power = mean + slope * (shape - 1.0)
        if power.min() < -_FLAT * mean:
            depth = 1.0 - shape.min(axis=-1, keepdims=True)
            most = float((mean + mean * (top - 1.0) / depth).min())
            raise ValueError(
                f"peak_mw = {self.peak_mw:g} is too far above the mean of {mean:.4g} MW: sector "
                f'"{self.sector}", stretched to it, would fall below 0; with annual_mwh = '
                f"{self.annual_mwh:g} the peak can be at most {most:.4g} MW"
            )
        return np.asarray(np.maximum(power, 0.0))
