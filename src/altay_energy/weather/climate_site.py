"""One year of weather at one climate point, from Gaussian processes and monthly curves."""

from __future__ import annotations

from functools import cached_property, lru_cache

import numpy as np
from scipy.special import betaincinv, gamma, log_ndtr, ndtr

from altay_energy.timeline import BEIJING_OFFSET_HOURS
from altay_energy.units import Array
from altay_energy.weather.climate_noise import (
    HOURS,
    YearNoise,
    day_weights,
    days_in,
    hour_weights,
    persistence,
    shared_correlation,
    to_hours,
)
from altay_energy.weather.climate_tables import ClimatePoint, ClimateTables, yearly_basis

SNOW_YEAR_BEGINS = 212
"""Days from 1 January to the beginning of August; no place of the table keeps snow before it."""

DAYS_TO_NOVEMBER = 92
"""Days from 1 August to 1 November."""

STRONGEST_COUPLING = 0.8
"""Limit of the share that one process takes from another, so that both keep a life of their own."""


class SiteYear:
    """One place in one year: days from 1 August before to 1 January after, hours of the year.

    Daily series have shape (D,); their last but one value is 31 December.
    """

    def __init__(self, place: ClimatePoint, tables: ClimateTables, noise: YearNoise) -> None:
        self.place = place
        self.process = tables.process
        self.phi = persistence()
        row = list(tables.points).index(place.name)
        self.daily = {k: v[row, SNOW_YEAR_BEGINS:] for k, v in noise.daily.items()}
        self.hourly = {k: v[row] for k, v in noise.hourly.items()}
        self.days = self.hourly["wind_fast"].size // HOURS
        curves = {**place.monthly, **tables.monthly_process}
        basis = _window_basis(noise.year)
        self.curve: dict[str, Array] = {
            name: np.asarray(basis @ monthly, np.float64) for name, monthly in curves.items()
        }
        self.solar_hour = (
            np.arange(HOURS) + 0.5 - BEIJING_OFFSET_HOURS + place.longitude / 15.0
        ) % HOURS

    def hours(self, daily: Array, weights: Array) -> Array:
        """Days carried to the hours of the year, shape (T,)."""
        return to_hours(daily[-self.days - 2 :], weights)

    def each_hour(self, daily: Array) -> Array:
        """Days of the year, each value repeated over its hours, shape (T,)."""
        return np.repeat(daily[-self.days - 1 : -1], HOURS)

    @cached_property
    def clearness_day(self) -> Array:
        """Daily irradiation over that of a cloudless sky: a beta distribution, shape (D,). [-]"""
        low, high = self.process["clearness_low"], self.process["clearness_high"]
        mean = np.clip((self.curve["clearness_mean"] - low) / (high - low), 0.05, 0.97)
        # A beta distribution cannot spread wider than all or nothing.
        variance = np.minimum(
            (self.curve["clearness_std"] / (high - low)) ** 2, 0.8 * mean * (1.0 - mean)
        )
        total = mean * (1.0 - mean) / variance - 1.0
        rank = betaincinv(mean * total, (1.0 - mean) * total, ndtr(self.daily["cloud"]))
        return np.asarray(low + (high - low) * rank, dtype=np.float64)

    @cached_property
    def warmth(self) -> Array:
        """Temperature anomaly in standard deviations, coupled to cloud and wind, shape (D,). [-]"""
        phi = self.phi
        clear = self._coupling("temperature_clearness", phi.temperature, phi.cloud)
        windy = self._coupling("temperature_wind", phi.temperature, phi.wind)
        own = np.sqrt(np.maximum(1.0 - clear**2 - windy**2, 0.1))
        return (
            clear * self.daily["temperature_of_cloud"]
            + windy * self.daily["temperature_of_wind"]
            + own * self.daily["temperature"]
        )

    def _coupling(self, key: str, a: float, b: float) -> Array:
        """Weight of another process's noise that gives the correlation of the tables, (D,)."""
        wanted = self.curve[key] / shared_correlation(a, b)
        weight: Array = np.clip(wanted, -STRONGEST_COUPLING, STRONGEST_COUPLING)
        return weight

    @cached_property
    def temperature_day_c(self) -> Array:
        """Daily mean of the anomaly on its seasonal course, shape (D,). [°C]"""
        mean: Array = self.curve["temperature_c"] + self.curve["temperature_std_k"] * self.warmth
        return mean

    @cached_property
    def _day_course(self) -> Array:
        """Course of temperature through the hours in shares of its range, shape (T,). [-]"""
        angle = 2.0 * np.pi * self.solar_hour / HOURS
        waves = np.stack([np.cos(angle), np.sin(angle), np.cos(2 * angle), np.sin(2 * angle)])
        names = ("diurnal_c1", "diurnal_s1", "diurnal_c2", "diurnal_s2")
        weights = np.stack([self.curve[n][-self.days - 1 : -1] for n in names], axis=-1)
        excess = self.clearness_day - self.curve["clearness_mean"]
        swing = np.clip(1.0 + self.process["range_gain"] * excess, 0.3, 1.7)
        result: Array = (weights @ waves).ravel() * self.hours(swing, hour_weights())
        return result

    def temperature_c(self) -> Array:
        """Season, anomaly, time of day and small changes by the hour, shape (T,). [°C]"""
        anomaly = self.curve["temperature_std_k"] * self.warmth
        fast = self.process["temperature_fast_share"] * self.hourly["temperature_fast"]
        result: Array = (
            self.hours(self.curve["temperature_c"], hour_weights())
            + self.hours(anomaly, day_weights(self.phi.temperature))
            + self.each_hour(self.curve["daily_range_k"]) * (self._day_course + fast)
        )
        return result

    def clearness(self) -> Array:
        """Irradiance over that of a cloudless sky, shape (T,). [-]

        Departures within a day are largest on partly cloudy days and vanish over the day, weighed
        by the height of the sun.
        """
        day = self.clearness_day[-self.days - 1 : -1]
        low, high = self.process["clearness_low"], self.process["clearness_high"]
        noon = np.maximum(np.cos(2.0 * np.pi * (self.solar_hour - 12.0) / HOURS), 0.0) ** 2
        change = self.hourly["fluctuation"].reshape(-1, HOURS)
        change = change - (change @ noon)[:, None] / noon.sum()
        x = (day - low) / (high - low)
        spread = self.process["fluctuation_std"] * 2.0 * np.sqrt(x * (1.0 - x))
        hourly = day[:, None] + spread[:, None] * change
        result: Array = np.clip(hourly, 0.5 * low, self.process["clearness_hour_high"]).ravel()
        return result

    def wind_speed_m_s(self) -> Array:
        """Weibull-distributed wind of slow weather systems and fast changes, shape (T,). [m s⁻¹]"""
        process = self.process
        clear = self._coupling("clearness_wind", self.phi.wind, self.phi.cloud)
        slow = clear * self.daily["wind_of_cloud"] + np.sqrt(1.0 - clear**2) * self.daily["wind"]
        share = process["wind_slow_share"]
        z = np.sqrt(share) * self.hours(slow, hour_weights(self.phi.wind))
        z += np.sqrt(1.0 - share) * self.hourly["wind_fast"]
        shape = process["wind_weibull_k"]
        relative = (-log_ndtr(-z)) ** (1.0 / shape) / gamma(1.0 + 1.0 / shape)
        angle = 2.0 * np.pi * (self.solar_hour - process["wind_peak_solar_hour"]) / HOURS
        swing = self.curve["wind_diurnal"][-self.days - 1 : -1, None] * np.cos(angle)
        season = self.each_hour(self.curve["wind_season"])
        result: Array = self.place.wind_mean_m_s * season * (1.0 + swing.ravel()) * relative
        return result

    def pressure_pa(self) -> Array:
        """Standard pressure of the height, its season, and highs that come with cold, (T,). [Pa]"""
        from pvlib import atmosphere

        cold = self.curve["temperature_pressure"]
        highs = cold * self.warmth + np.sqrt(1.0 - cold**2) * self.daily["pressure"]
        return (
            float(atmosphere.alt2pres(self.place.elevation_m))
            + self.hours(self.curve["pressure_offset_pa"], hour_weights())
            + self.hours(self.curve["pressure_std_pa"] * highs, day_weights(self.phi.pressure))
        )

    def humidity_percent(self) -> Array:
        """Relative humidity: low in warm hours and under clear skies, shape (T,). [%]"""
        warm, clear = self.curve["temperature_humidity"], self.curve["clearness_humidity"]
        both = self.curve["temperature_clearness"]
        # Weights of the two for which humidity has both correlations, and what is its own.
        of_warmth = (warm - both * clear) / (1.0 - both**2)
        of_clearness = (clear - both * warm) / (1.0 - both**2)
        own = np.sqrt(np.maximum(1.0 - warm * of_warmth - clear * of_clearness, 0.05))
        anomaly = (
            of_warmth * self.warmth
            + of_clearness * self.daily["cloud"]
            + own * self.daily["humidity"]
        )
        humidity = (
            self.hours(self.curve["humidity_percent"], hour_weights())
            + self.hours(
                self.curve["humidity_std_percent"] * anomaly, day_weights(self.phi.humidity)
            )
            - self.each_hour(self.curve["humidity_range_percent"]) * self._day_course
        )
        return np.clip(humidity, 5.0, 100.0)

    @cached_property
    def precipitation_day_mm(self) -> Array:
        """Exponential amounts on wet days, which are cloudy ones, shape (D,). [mm]"""
        cloud = self.process["rain_cloud_correlation"]
        wetness = np.sqrt(1.0 - cloud**2) * self.daily["rain"] - cloud * self.daily["cloud"]
        chance = self.curve["wet_day_share"]
        per_day = self.place.precipitation_mm * self.curve["precipitation_share"] * 12.0 / 365.25
        # The rank among wet days is even between 0 and 1; dry days lie above 1.
        rank = ndtr(-wetness) / chance
        amount: Array = per_day / chance * -np.log(np.minimum(rank, 1.0))
        return amount

    def precipitation_mm_h(self) -> Array:
        """The day's amount, spread over the cloudier of its hours, shape (T,). [mm h⁻¹]"""
        cloudy = np.maximum(-self.hourly["fluctuation"].reshape(-1, HOURS), 0.0) + 1e-3
        share = cloudy / cloudy.sum(1, keepdims=True)
        hourly: Array = (self.precipitation_day_mm[-self.days - 1 : -1, None] * share).ravel()
        return hourly

    def snow_depth_m(self) -> Array:
        """Snow on the ground: gathered below freezing, melted by degree days, shape (T,). [m]"""
        process = self.process
        below, above = process["snow_below_c"], process["rain_above_c"]
        snowy = np.clip((above - self.temperature_day_c) / (above - below), 0.0, 1.0)
        melt = process["melt_mm_day_k"] * np.maximum(self.temperature_day_c, 0.0)
        # With no ground the pack would be x_t; it never falls below zero, so all that would have
        # been missing by then, the running minimum, is added.
        x = np.cumsum(snowy * self.precipitation_day_mm - melt)
        water_mm = x - np.minimum(np.minimum.accumulate(x), 0.0)
        first, last = process["snow_density_early_kg_m3"], process["snow_density_late_kg_m3"]
        since_november = (np.arange(x.size) - DAYS_TO_NOVEMBER) % 365.0
        age = np.where(since_november < 270.0, since_november / 160.0, 0.0)
        density = first + (last - first) * np.minimum(age, 1.0)
        return np.maximum(self.hours(water_mm / density, hour_weights()), 0.0)


@lru_cache(maxsize=4)
def _window_basis(year: int) -> Array:
    """Seasonal basis from August of the year before to 1 January of the year after, (D, 12)."""
    before, within, after = (yearly_basis(days_in(y)) for y in (year - 1, year, year + 1))
    return np.concatenate([before[SNOW_YEAR_BEGINS:], within, after[:1]])
