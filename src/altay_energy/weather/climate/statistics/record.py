"""Whole years of one place, and all their statistics."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from altay_energy.core.units import Array
from altay_energy.weather.climate.statistics.statistics import (
    DAYS,
    HOURS,
    SEASONS,
    Spells,
    about_months,
    by_day,
    correlation,
    daily_amplitude,
    daily_clearness,
    lag_correlation,
    mean_of_known,
    month_of_day,
    monthly_means,
    monthly_sums,
    seasonal_course,
    solar_clock_hours,
    spells,
)
from altay_energy.weather.climate.statistics.wind_record import (
    Keeping,
    as_kept,
    weibull_by_moments,
    weibull_fit,
)
from altay_energy.weather.series import Weather

FROST_C = -20.0
COLD_SHARE = 0.1
OVERCAST_SHARE = 0.2
CALM_OF_MEAN = 0.5

ROUNDING_K = 1e-9
"""Deviation below which a temperature counts as constant (rounding). [K]"""


@dataclass(frozen=True, eq=False)
class ClimateRecord:
    """Years of 365 days of one place, on the whole-hour clock nearest to its sun.

    Parameters
    ----------
    place : str
    latitude : float
        [°] north
    wind_height_m : float
        [m]
    ghi_w_m2, temperature_c, wind_speed_m_s : ndarray, shape (Y, 365, 24)
        Hourly means. [W m⁻²], [°C], [m s⁻¹]
    """

    place: str
    latitude: float
    wind_height_m: float
    ghi_w_m2: Array
    temperature_c: Array
    wind_speed_m_s: Array

    @property
    def years(self) -> int:
        """Number of years."""
        return int(self.temperature_c.shape[0])

    @classmethod
    def of_weather(cls, weather: Weather) -> ClimateRecord:
        """Years of synthetic weather; leading axes (seeds, members) become more years.

        Parameters
        ----------
        weather : Weather
            Over whole years.

        Returns
        -------
        ClimateRecord
        """
        clock = solar_clock_hours(weather.longitude)
        ghi, temperature, wind = (
            by_day(series, weather.timeline.utc, clock).reshape(-1, DAYS, HOURS)
            for series in (weather.ghi_w_m2, weather.temperature_c, weather.wind_speed_m_s)
        )
        return cls(weather.place, weather.latitude, weather.wind_height_m, ghi, temperature, wind)


@dataclass(frozen=True)
class Thresholds:
    """Thresholds of cold and overcast days and of calm hours.

    Parameters
    ----------
    cold_k : float
        Anomaly of the daily mean below this. [K]
    overcast : float
        Daily clearness below this. [-]
    calm_m_s : float
        Wind below this. [m s⁻¹]
    """

    cold_k: float
    overcast: float
    calm_m_s: float


def thresholds(record: ClimateRecord) -> Thresholds:
    """Thresholds of cold, overcast and calm spells from a record.

    Parameters
    ----------
    record : ClimateRecord

    Returns
    -------
    Thresholds
        10th percentile of the anomalies of daily temperature, 20th percentile of daily
        clearness (NaN without sun), half of the mean wind.
    """
    clearness = daily_clearness(record.ghi_w_m2, record.latitude)
    known = clearness[np.isfinite(clearness)]
    return Thresholds(
        cold_k=float(np.quantile(temperature_anomaly(record), COLD_SHARE)),
        overcast=float(np.quantile(known, OVERCAST_SHARE)) if known.size else float("nan"),
        calm_m_s=CALM_OF_MEAN * float(record.wind_speed_m_s.mean()),
    )


def temperature_anomaly(record: ClimateRecord) -> Array:
    """Daily mean less the seasonal course of the same year, shape (Y, 365). [K]"""
    daily: Array = record.temperature_c.mean(-1)
    anomaly = daily - seasonal_course(daily)
    return np.where(np.abs(anomaly) < ROUNDING_K, 0.0, anomaly)


def measure(record: ClimateRecord, limits: Thresholds, how: Keeping) -> dict[str, Array]:
    """All figures of each year.

    Parameters
    ----------
    record : ClimateRecord
    limits : Thresholds
    how : Keeping
        Rounding and holding of the wind of the record. Monthly means and the Weibull shape by
        moments are those of the wind itself; the other figures of wind are computed from rounded
        and held wind, like that of the record, so that record and synthetic years are comparable.

    Returns
    -------
    dict of str to ndarray, shape (Y, parts)
        One part for the year, four for seasons, twelve for months; NaN where a figure has no
        value.
    """
    figures = _of_temperature(record, limits) | _of_sun(record, limits)
    figures |= _of_wind(record, limits, how) | _together(record)
    return {key: one.reshape(record.years, -1) for key, one in figures.items()}


def _of_temperature(record: ClimateRecord, limits: Thresholds) -> dict[str, Array]:
    anomaly = temperature_anomaly(record)
    cold = spells(anomaly < limits.cold_k)
    return {
        "temperature_month": monthly_means(record.temperature_c),
        "temperature_std": anomaly.std(-1),
        "temperature_lag1": lag_correlation(anomaly),
        "temperature_month_std": about_months(record.temperature_c).std(-1),
        "temperature_swing": daily_amplitude(record.temperature_c),
        "temperature_swing_season": _by_season(record.temperature_c),
        "frost_hours": (record.temperature_c < FROST_C).sum((-2, -1)).astype(np.float64),
        **_of_spells("cold", "days", cold),
    }


def _of_sun(record: ClimateRecord, limits: Thresholds) -> dict[str, Array]:
    months = monthly_sums(record.ghi_w_m2) / 1000.0
    clearness = daily_clearness(record.ghi_w_m2, record.latitude)
    mean = mean_of_known(clearness, -1)
    square = mean_of_known((clearness - mean[:, None]) ** 2, -1)
    return {
        "ghi_year": months.sum(-1),
        "ghi_month": months,
        "clearness_mean": mean,
        "clearness_std": np.sqrt(square),
        "clearness_lag1": lag_correlation(clearness),
        "clearness_anomaly_lag1": lag_correlation(clearness - seasonal_course(clearness)),
        **_of_spells("overcast", "days", spells(clearness < limits.overcast)),
    }


def _of_wind(record: ClimateRecord, limits: Thresholds, how: Keeping) -> dict[str, Array]:
    hourly = record.wind_speed_m_s.reshape(record.years, -1)
    kept = as_kept(hourly, how)
    by_days = kept.reshape(record.wind_speed_m_s.shape)
    return {
        "wind_month": monthly_means(record.wind_speed_m_s),
        "weibull_k": weibull_by_moments(hourly),
        "weibull_k_blowing": np.array([weibull_fit(y, how.resolution_m_s)[0] for y in kept]),
        "wind_lag1": lag_correlation(kept),
        "wind_swing": daily_amplitude(by_days),
        "wind_swing_season": _by_season(by_days),
        **_of_spells("calm", "hours", spells(kept < limits.calm_m_s)),
    }


def _together(record: ClimateRecord) -> dict[str, Array]:
    """Correlations of daily values on one day, season by season."""
    warmth = temperature_anomaly(record)
    clearness = daily_clearness(record.ghi_w_m2, record.latitude)
    wind = record.wind_speed_m_s.mean(-1)
    pairs = {
        "temperature_clearness": (warmth, clearness),
        "temperature_wind": (warmth, wind),
        "clearness_wind": (clearness, wind),
    }
    seasons = [np.isin(month_of_day(), months) for months in SEASONS.values()]
    return {
        key: np.stack([correlation(a[:, here], b[:, here]) for here in seasons], axis=-1)
        for key, (a, b) in pairs.items()
    }


def _by_season(hours: Array) -> Array:
    return np.stack([daily_amplitude(hours, months) for months in SEASONS.values()], axis=-1)


def _of_spells(name: str, unit: str, found: Spells) -> dict[str, Array]:
    return {
        f"{name}_{unit}": found.total,
        f"{name}_length": found.mean,
        f"{name}_number": found.number,
        f"{name}_longest": found.longest,
    }
