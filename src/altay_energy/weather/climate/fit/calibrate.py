"""Last step of a fit: generate years, evaluate them like the record, correct the differences.

Ranks, daily means and limits change the statistics slightly, and the variance of one year about
its own season is smaller than that about the true one. So years are generated with the fitted
parameters, evaluated by the same functions as the record, and the parameters are corrected by
the difference.
"""

from __future__ import annotations

from dataclasses import replace
from types import MappingProxyType

import numpy as np

from altay_energy.core.units import Array
from altay_energy.weather.climate.fit.days import rising, standardised
from altay_energy.weather.climate.fit.station import Fit, FitYears
from altay_energy.weather.climate.model.noise import DAILY
from altay_energy.weather.climate.model.station import Station, normal_moments
from altay_energy.weather.climate.model.tables import ClimatePoint, ClimateTables
from altay_energy.weather.climate.model.year import cloudless_year, year_air
from altay_energy.weather.climate.statistics.record import ClimateRecord, measure, thresholds
from altay_energy.weather.climate.statistics.statistics import (
    DAYS,
    HOURS,
    mean_of_known,
    solar_clock_hours,
)

ROUNDS = (40, 40, 40, 200, 200)
"""Years generated in each round: many, for few winters hold most hours of hard frost."""

YEAR = 2031
FIRST_SEED = 700_001
"""Seed of the years for calibration, unlikely to be used elsewhere."""

CLOUD, WIND, WARMTH = DAILY.index("cloud"), DAILY.index("wind"), DAILY.index("temperature")
TEMPERATURE_COURSE = tuple(f"temperature_{letter}{k}_k" for k in (1, 2, 3) for letter in "cs")
WIND_COURSE = ("wind_c1", "wind_s1", "wind_c2", "wind_s2")
WINDLESS_M_S = 0.1

Figures = dict[str, Array]

FEW_HOURS, FEW_DAYS = 10.0, 3.0
RARE_HOURS = 800.0
"""Hours of hard frost in a year above which they depend on more than the cold tail. [h]"""

FROST_PUSH, DAYS_PUSH = 0.3, 0.2
"""Gains of standard deviation and cold tail per logarithm of hours or days; found by trial. [-]"""

WINTER_C = -3.0
"""Monthly mean below which the standard deviation is fitted to hours of hard frost. [°C]"""


def tuned(fit: Fit, years: FitYears, process: dict[str, float]) -> Fit:
    """Calibrate a fit so that synthetic years have the statistics of the record.

    Parameters
    ----------
    fit : Fit
    years : FitYears
        The record.
    process : dict of str to float
        ``[process]`` of the table.

    Returns
    -------
    Fit
    """
    limits = thresholds(years.record)
    real = {k: v.mean(0) for k, v in measure(years.record, limits, fit.keeping).items()}
    station = fit.station
    for count in ROUNDS:
        record = made_record(station, years, process, count)
        made = {k: mean_of_known(v, 0) for k, v in measure(record, limits, fit.keeping).items()}
        station = _moved(station, real, made)
    return replace(fit, station=station)


def made_record(
    station: Station, years: FitYears, process: dict[str, float], count: int
) -> ClimateRecord:
    """Synthetic years of a station, in the form used by the statistics.

    Parameters
    ----------
    station : Station
    years : FitYears
        For the place.
    process : dict of str to float
    count : int
        How many.

    Returns
    -------
    ClimateRecord
    """
    place = point_at(station, years)
    clock = float(solar_clock_hours(years.longitude))
    tables = ClimateTables("fit", MappingProxyType({"fit": place}), process, clock)
    sky = cloudless_year(place, clock, YEAR).ghi_w_m2
    air = [year_air(tables, (place,), FIRST_SEED + k, YEAR) for k in range(count)]

    def days(values: list[Array]) -> Array:
        return np.concatenate(values).reshape(-1, DAYS, HOURS)

    return ClimateRecord(
        years.name,
        years.latitude,
        years.wind_height_m,
        days([one.clearness * sky for one in air]),
        days([one.temperature_c for one in air]),
        days([one.wind_speed_m_s for one in air]),
    )


def point_at(station: Station, years: FitYears) -> ClimatePoint:
    """A climate point equal to this station."""
    return ClimatePoint(
        name="fit",
        name_zh="",
        latitude=years.latitude,
        longitude=years.longitude,
        elevation_m=years.elevation_m,
        basin="fit",
        station=station,
        wind_height_m=years.wind_height_m,
        wind_full_load_hours=None,
        wind_turbine="",
        sources=MappingProxyType({}),
    )


def _ratio(real: Array, made: Array, low: float, high: float, least: float = 1e-9) -> Array:
    """Factor of correction, within limits; 1 where there is nothing to compare."""
    sound = np.isfinite(real) & np.isfinite(made) & (np.abs(made) > least) & (np.abs(real) > least)
    return np.where(sound, np.clip(real / np.where(sound, made, 1.0), low, high), 1.0)


def _gap(real: Array, made: Array, most: float) -> float:
    """Difference to correct, within limits; 0 where there is nothing to compare."""
    gap = float(real[0] - made[0])
    return float(np.clip(gap, -most, most)) if np.isfinite(gap) else 0.0


def _moved(station: Station, real: Figures, made: Figures) -> Station:
    monthly, shapes = dict(station.monthly), dict(station.shapes)
    scalars, lag1 = dict(station.scalars), station.lag1.copy()
    _move_temperature(monthly, shapes, real, made)
    _move_sun(monthly, real, made)
    _move_wind(monthly, shapes, real, made)
    _move_persistence(scalars, real, made)
    for i, key in ((WARMTH, "temperature_lag1"), (CLOUD, "clearness_anomaly_lag1")):
        lag1[i, i] = np.clip(lag1[i, i] + _gap(real[key], made[key], 0.1), -0.3, 0.95)
    return Station(
        MappingProxyType(monthly),
        MappingProxyType(shapes),
        MappingProxyType(scalars),
        station.correlation,
        lag1,
    )


def _move_temperature(
    monthly: dict[str, Array], shapes: dict[str, Array], real: Figures, made: Figures
) -> None:
    # Means of months are reproduced exactly; here only random differences would be corrected.
    # About its harmonics and about the means of its months: one year does not give both.
    wider = (
        _ratio(real["temperature_std"], made["temperature_std"], 0.8, 1.25) ** 0.7
        * _ratio(real["temperature_month_std"], made["temperature_month_std"], 0.8, 1.25) ** 0.3
    )
    monthly["temperature_std_k"] = monthly["temperature_std_k"] * wider
    # Hard frost depends on the standard deviation in winter, which pooling three months would blur.
    rare = max(0.0, 1.0 - float(real["frost_hours"][0]) / RARE_HOURS)
    frost = _logarithm(real["frost_hours"], made["frost_hours"], FEW_HOURS)
    winter = monthly["temperature_c"] < WINTER_C
    monthly["temperature_std_k"] = monthly["temperature_std_k"] * np.where(
        winter, 1.0 + FROST_PUSH * rare * frost, 1.0
    )
    swing = _ratio(real["temperature_swing"], made["temperature_swing"], 0.8, 1.25, 0.2)
    for key in TEMPERATURE_COURSE:
        monthly[key] = monthly[key] * swing
    shapes["temperature_shape"] = _colder(shapes["temperature_shape"], real, made)


def _move_sun(monthly: dict[str, Array], real: Figures, made: Figures) -> None:
    brighter = _ratio(real["ghi_month"], made["ghi_month"], 0.8, 1.25, 1.0)
    monthly["clearness_mean"] = monthly["clearness_mean"] * brighter
    wider = _ratio(real["clearness_std"], made["clearness_std"], 0.8, 1.25)
    monthly["clearness_std"] = monthly["clearness_std"] * wider


def _move_wind(
    monthly: dict[str, Array], shapes: dict[str, Array], real: Figures, made: Figures
) -> None:
    stronger = _ratio(real["wind_month"], made["wind_month"], 0.5, 2.0, WINDLESS_M_S)
    monthly["wind_m_s"] = monthly["wind_m_s"] * stronger
    swing = _ratio(real["wind_swing"], made["wind_swing"], 0.8, 1.25, 0.05)
    for key in WIND_COURSE:
        monthly[key] = monthly[key] * swing
    wider = float(_ratio(made["weibull_k"], real["weibull_k"], 0.8, 1.25)[0])
    shapes["wind_shape"] = np.stack([_wider(row, wider) for row in shapes["wind_shape"]])


def _wider(shape: Array, factor: float) -> Array:
    """Relative wind with its departures from the mean scaled, mean one."""
    found = rising(np.maximum(1.0 + factor * (shape - 1.0), 0.0), 1e-4)
    return found / normal_moments(found)[0]


def _move_persistence(scalars: dict[str, float], real: Figures, made: Figures) -> None:
    """Correct the persistence of hourly wind and the duration of calms.

    Rounded records do not give both exactly. Calms have the larger weight.
    """
    decay = -1.0 / np.log(np.clip(scalars["wind_hour_lag1"], 0.05, 0.995))
    longer = float(_ratio(real["calm_length"], made["calm_length"], 0.7, 1.4)[0])
    gap = 0.5 * _gap(real["wind_lag1"], made["wind_lag1"], 0.15) + 0.8 * (longer - 1.0)
    scalars["wind_white_share"] = float(np.clip(scalars["wind_white_share"] - gap, 0.0, 0.6))
    scalars["wind_hour_lag1"] = float(np.clip(np.exp(-1.0 / (decay * (1.0 + gap))), 0.05, 0.985))


def _logarithm(real: Array, made: Array, few: float) -> float:
    """Logarithm of the ratio of two counts, a few added to both, within limits."""
    return float(np.clip(np.log((real[0] + few) / (made[0] + few)), -0.5, 0.5))


def _colder(shape: Array, real: Figures, made: Figures) -> Array:
    """Distributions of temperature with as many cold days as on record."""
    often = DAYS_PUSH * _logarithm(real["cold_days"], made["cold_days"], FEW_DAYS)
    found = shape.copy()
    found[:, :3] *= 1.0 + often
    return np.stack([standardised(row) for row in found])
