"""Synthetic years compared with the record that they were fitted to, with tolerances.

One typical year is a single draw. So each figure of the record is compared with the mean of the
synthetic years, and with the range of single synthetic years, in which the record should not be a
stranger.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal

import numpy as np

from altay_energy.core.errors import WeatherError
from altay_energy.core.units import Array
from altay_energy.weather.climate.statistics.record import (
    ClimateRecord,
    Thresholds,
    measure,
    thresholds,
)
from altay_energy.weather.climate.statistics.statistics import SEASONS
from altay_energy.weather.climate.statistics.wind_record import Keeping, keeping

MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
FEWEST_YEARS = 2

Verdict = Literal["ok", "beyond", "shown", "does not apply"]


@dataclass(frozen=True)
class Tolerance:
    """Tolerance of the mean of the synthetic years.

    Parameters
    ----------
    absolute : float
        In the unit of the figure; with ``relative`` the larger of the two is allowed.
    relative : float
        Share of the record's figure. [-]
    """

    absolute: float = 0.0
    relative: float = 0.0

    def allows(self, real: float) -> float:
        """Largest difference, in the unit of the figure."""
        return max(self.absolute, self.relative * abs(real))

    def text(self) -> str:
        """``10 %`` or ``1.5``."""
        return f"{100 * self.relative:g} %" if self.relative else f"{self.absolute:g}"


@dataclass(frozen=True)
class Figure:
    """A figure that is compared.

    Parameters
    ----------
    label, unit : str
        For people.
    tolerance : Tolerance or None
        None where it is shown without a verdict.
    decimals : int
        Of the printed value.
    least : float
        Below this in the record there is nothing to compare.
    """

    label: str
    unit: str
    tolerance: Tolerance | None
    decimals: int = 2
    least: float = 0.0


_SPELL = Tolerance(relative=0.30)
_DAILY = Tolerance(relative=0.20)

FIGURES: Mapping[str, Figure] = {
    "temperature_month": Figure("temperature of the month", "°C", Tolerance(1.5), 1),
    "ghi_year": Figure("GHI of the year", "kWh/m²", Tolerance(relative=0.05), 0),
    # A tenth of a polar winter month is too little: 1 kWh/m² is a tenth of the darkest at 60°.
    "ghi_month": Figure("GHI of the month", "kWh/m²", Tolerance(1.0, 0.10), 1),
    "clearness_mean": Figure("daily clearness, mean", "-", Tolerance(0.02), 3),
    "clearness_std": Figure("daily clearness, deviation", "-", Tolerance(0.03), 3),
    "clearness_lag1": Figure("daily clearness, lag 1 d", "-", Tolerance(0.1)),
    "clearness_anomaly_lag1": Figure("clearness without season, lag 1 d", "-", None),
    "temperature_std": Figure("temperature anomaly, deviation", "K", Tolerance(0.6), 2, 0.05),
    "temperature_lag1": Figure("temperature anomaly, lag 1 d", "-", Tolerance(0.1)),
    "temperature_month_std": Figure(
        "temperature about the month's mean, deviation", "K", Tolerance(0.6), 2, 0.05
    ),
    "temperature_clearness": Figure("temperature with clearness, same day", "-", None),
    "temperature_wind": Figure("temperature with wind, same day", "-", None),
    "clearness_wind": Figure("clearness with wind, same day", "-", None),
    "wind_month": Figure("wind of the month", "m/s", Tolerance(relative=0.10), 2, 0.05),
    "weibull_k": Figure("Weibull k, moments of all hours", "-", Tolerance(0.2)),
    "weibull_k_blowing": Figure("Weibull k, likelihood without calm", "-", Tolerance(0.2)),
    "wind_lag1": Figure("wind, lag 1 h", "-", None),
    "temperature_swing": Figure("daily cycle of temperature", "K", _DAILY, 1, 0.5),
    "temperature_swing_season": Figure("daily cycle of temperature, season", "K", _DAILY, 1, 0.5),
    "wind_swing": Figure("daily cycle of wind", "m/s", _DAILY, 2, 0.1),
    # Over 90 days chance alone moves the course of wind by more than the tolerance.
    "wind_swing_season": Figure("daily cycle of wind, season", "m/s", None, 2, 0.1),
    # Fewer than 30 hours a year vary from year to year, so 10 h more or less are allowed.
    "frost_hours": Figure("hours below -20 °C", "h", Tolerance(10.0, 0.35), 0),
    "cold_days": Figure("cold spells, days", "d", _SPELL, 1, 5.0),
    "cold_length": Figure("cold spells, mean length", "d", _SPELL),
    "cold_number": Figure("cold spells, number", "-", None, 1),
    "cold_longest": Figure("cold spells, longest", "d", None, 1),
    "overcast_days": Figure("overcast spells, days", "d", _SPELL, 1, 5.0),
    "overcast_length": Figure("overcast spells, mean length", "d", _SPELL),
    "overcast_number": Figure("overcast spells, number", "-", None, 1),
    "overcast_longest": Figure("overcast spells, longest", "d", None, 1),
    "calm_hours": Figure("calm spells, hours", "h", _SPELL, 0, 100.0),
    "calm_length": Figure("calm spells, mean length", "h", _SPELL, 1),
    "calm_number": Figure("calm spells, number", "-", None, 0),
    "calm_longest": Figure("calm spells, longest", "h", None, 0),
}
"""What is compared, in the order of the table."""

_NEEDS_TRUE_HOURS = ("weibull_k", "weibull_k_blowing")


@dataclass(frozen=True)
class Row:
    """One figure of the record and of the synthetic years.

    Parameters
    ----------
    key, part : str
        Figure, and the month or season it is of; ``""`` for the year.
    real : float or None
        Of the record: mean of its years.
    made : float or None
        Mean of the synthetic years.
    low, high : float or None
        Range of 90 % of the single synthetic years.
    rank : float or None
        Share of the synthetic years below the record, ties counted half; 0.05 to 0.95 is usual. [-]
    verdict : {"ok", "beyond", "shown", "does not apply"}
    why : str
        Why a figure does not apply.
    """

    key: str
    part: str
    real: float | None
    made: float | None
    low: float | None
    high: float | None
    rank: float | None
    verdict: Verdict
    why: str = ""

    @property
    def figure(self) -> Figure:
        """Label, unit and tolerance."""
        return FIGURES[self.key]

    def document(self) -> dict[str, Any]:
        """Plain values, ready for JSON."""
        figure = self.figure
        tolerance = asdict(figure.tolerance) if figure.tolerance else None
        return asdict(self) | {"label": figure.label, "unit": figure.unit, "tolerance": tolerance}


@dataclass(frozen=True, eq=False)
class ClimateCheck:
    """Comparison of a record with synthetic years.

    Parameters
    ----------
    real, made : ClimateRecord
        What was compared.
    keeping : Keeping
        Rounding and holding of the wind of the record.
    thresholds : Thresholds
        From which days are cold and overcast and hours are calm.
    rows : tuple of Row
    real_years, made_years : mapping of str to ndarray, shape (Y, parts)
        The figures of single years, from ``measure``.
    """

    real: ClimateRecord
    made: ClimateRecord
    keeping: Keeping
    thresholds: Thresholds
    rows: tuple[Row, ...]
    real_years: Mapping[str, Array]
    made_years: Mapping[str, Array]

    @property
    def beyond(self) -> tuple[Row, ...]:
        """Rows outside their tolerance."""
        return tuple(row for row in self.rows if row.verdict == "beyond")

    @property
    def judged(self) -> int:
        """How many rows have a tolerance and apply."""
        return sum(row.verdict in ("ok", "beyond") for row in self.rows)


def compare(real: ClimateRecord, made: ClimateRecord) -> ClimateCheck:
    """Compare synthetic years with the record they were fitted to.

    Parameters
    ----------
    real : ClimateRecord
        One year or more.
    made : ClimateRecord
        Two years or more, with wind at the record's height.

    Returns
    -------
    ClimateCheck

    Raises
    ------
    WeatherError
        If there are fewer than two synthetic years, or the heights of the wind differ.

    Notes
    -----
    The thresholds of spells come from the record: days on which the temperature anomaly is below
    its 10th percentile are cold, days below the 20th percentile of clearness are overcast, hours
    below half of the mean speed are calm. Except for its level, synthetic wind is rounded and held
    as the record's was (``measure``).
    """
    if made.years < FEWEST_YEARS:
        raise WeatherError(
            f"{made.years} synthetic year has no range: generate at least {FEWEST_YEARS}"
        )
    if real.wind_height_m != made.wind_height_m:
        raise WeatherError(
            f"synthetic wind is at {made.wind_height_m:g} m, but that of the record at "
            f"{real.wind_height_m:g} m"
        )
    how = keeping(real.wind_speed_m_s.reshape(-1))
    limits = thresholds(real)
    real_years, made_years = (measure(one, limits, how) for one in (real, made))
    rows = tuple(
        _row(key, part, real_years[key][:, k], made_years[key][:, k], how)
        for key in FIGURES
        if key in real_years and key in made_years
        for k, part in enumerate(_parts(real_years[key].shape[1]))
    )
    return ClimateCheck(real, made, how, limits, rows, real_years, made_years)


def _parts(count: int) -> tuple[str, ...]:
    return {1: ("",), len(SEASONS): tuple(SEASONS), len(MONTHS): MONTHS}[count]


def _row(key: str, part: str, real: Array, made: Array, how: Keeping) -> Row:
    figure = FIGURES[key]
    value, known = float(real.mean()), made[np.isfinite(made)]
    if not np.isfinite(value):
        why = "it has no value in the record"
        return Row(key, part, None, None, None, None, None, "does not apply", why)
    if known.size < FEWEST_YEARS:
        verdict: Verdict = "beyond" if figure.tolerance else "shown"
        why = "it has no value in the synthetic years"
        return Row(key, part, value, None, None, None, None, verdict, why)
    mean = float(known.mean())
    low, high = (float(q) for q in np.quantile(known, (0.05, 0.95)))
    rank = float(np.mean(known < value) + 0.5 * np.mean(known == value))
    verdict, why = _verdict(key, value, mean, how)
    return Row(key, part, value, mean, low, high, rank, verdict, why)


def _verdict(key: str, real: float, made: float, how: Keeping) -> tuple[Verdict, str]:
    figure = FIGURES[key]
    if key in _NEEDS_TRUE_HOURS and not how.hourly:
        return "does not apply", f"wind observations are held for {how.held_hours} h"
    if abs(real) < figure.least:
        return "does not apply", f"less than {figure.least:g} {figure.unit} in the record"
    if real == 0.0 and made == 0.0:
        return "does not apply", "none in the record and none in the synthetic years"
    if figure.tolerance is None:
        return "shown", ""
    return ("ok" if abs(made - real) <= figure.tolerance.allows(real) else "beyond"), ""
