"""One year of weather at some climate points, from seeded noise."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache

import numpy as np
from scipy.special import ndtr

from altay_energy.core.units import Array
from altay_energy.weather.climate.model.daily_basis import (
    FIRN_DAYS,
    Sites,
    sites_of,
    smoothly,
    straight,
    wind_scale,
)
from altay_energy.weather.climate.model.noise import (
    DAILY,
    HOURS,
    RUN_IN_DAYS,
    autoregression,
    daily_white,
    days_in,
    hourly_white,
    residual_covariance,
    vector_autoregression,
    vector_recurrence,
    within_days,
)
from altay_energy.weather.climate.model.station import quantiles
from altay_energy.weather.climate.model.tables import (
    ClimatePoint,
    ClimateTables,
    straight_basis,
    yearly_basis,
)
from altay_energy.weather.sun import SunPath, clear_sky, sun_path

WIND, SKY, WARMTH, GUST = range(4)
"""Places of the ``HOURLY_NOISES``."""

LEAST_CLEARNESS = 0.03
"""Least clearness: irradiance under the thickest cloud over clear-sky irradiance. [-]"""


RAREST = 3.0
"""Largest normal deviate of daily temperature and humidity: half a day of a year. [-]"""

LEAST_REST = 0.2
"""Least share of the variance of wind that is not in its mean daily cycle. [-]"""


@dataclass(frozen=True, eq=False)
class YearAir:
    """Series of Q places in one year on the clock of their table; (Q, T) each, hour by hour."""

    clearness: Array
    temperature_c: Array
    wind_speed_m_s: Array
    pressure_pa: Array
    humidity_percent: Array
    snow_depth_m: Array
    precipitation_mm_h: Array


_NOISES: Mapping[str, tuple[int, ...]] = {
    "clearness": (SKY,),
    "temperature_c": (WARMTH,),
    "wind_speed_m_s": (WIND,),
    "pressure_pa": (),
    "humidity_percent": (WARMTH,),
    "snow_depth_m": (),
    "precipitation_mm_h": (SKY,),
}
"""Hourly noises of each series of `YearAir`."""


@dataclass(frozen=True, eq=False)
class Cloudless:
    """The sky of a place without cloud through one year of the clock, (T,) each."""

    sun: SunPath
    ghi_w_m2: Array
    outside_w_m2: Array


@lru_cache(maxsize=64)
def cloudless_year(place: ClimatePoint, utc_offset_hours: float, year: int) -> Cloudless:
    """Sun and cloudless sky in every hour of a year.

    Parameters
    ----------
    place : ClimatePoint
    utc_offset_hours : float
        Clock of the year. [h]
    year : int

    Returns
    -------
    Cloudless
    """
    hours = np.arange(HOURS * days_in(year)) * np.timedelta64(3600, "s")
    begin = np.datetime64(f"{year:04d}-01-01", "s") + hours
    utc = begin - np.timedelta64(round(3600 * utc_offset_hours), "s")
    sun = sun_path(place.latitude, place.longitude, place.elevation_m, utc, 3600)
    days = np.repeat(_turbidity(place, days_in(year)), HOURS)
    sky = clear_sky(sun, days, place.elevation_m, mean_pressure_pa(place))[0]
    outside = horizontal(sun)
    return Cloudless(sun, np.minimum(sky, outside), outside)


def _turbidity(place: ClimatePoint, days: int) -> Array:
    return straight_basis(days) @ place.station.monthly["linke_turbidity"]


def horizontal(sun: SunPath) -> Array:
    """Irradiance of a level plane outside the atmosphere, interval means, (T,). [W m⁻²]"""
    cosine = np.maximum(np.cos(np.radians(sun.zenith_deg)), 0.0)
    return sun.extraterrestrial_w_m2 * cosine * sun.lit_fraction


def mean_pressure_pa(place: ClimatePoint) -> float:
    """Pressure of a mean year. [Pa]"""
    from pvlib import atmosphere

    offset = place.station.monthly["pressure_offset_pa"].mean()
    return float(atmosphere.alt2pres(place.elevation_m) + offset)


@lru_cache(maxsize=64)
def _sites(
    tables: ClimateTables, places: tuple[ClimatePoint, ...], before: int, days: int
) -> Sites:
    return sites_of(tables, places, before, days)


def year_air(
    tables: ClimateTables, places: tuple[ClimatePoint, ...], seed: int, year: int
) -> YearAir:
    """All hours of one year of the table's clock at some of its points.

    Parameters
    ----------
    tables : ClimateTables
    places : tuple of ClimatePoint
        Q points out of the tables, perhaps warmed.
    seed, year : int

    Returns
    -------
    YearAir
        What a point gets does not depend on which others are asked for.
    """
    return YearAir(**year_series(tables, places, seed, year, tuple(_NOISES)))


def year_series(
    tables: ClimateTables,
    places: tuple[ClimatePoint, ...],
    seed: int,
    year: int,
    wanted: Sequence[str],
) -> dict[str, Array]:
    """Some of the series of `year_air`; only the noise that they need is drawn.

    Parameters
    ----------
    tables, places, seed, year
        As for `year_air`.
    wanted : sequence of str
        Fields of `YearAir`.

    Returns
    -------
    dict of str to ndarray, shape (Q, T)
    """
    sites = _sites(tables, places, days_in(year - 1), days_in(year))
    rows = list(sites.rows)
    daily = _daily(sites, daily_white(tables.daily_factors[:, rows], seed, year))
    drawn = {noise for name in wanted for noise in _NOISES[name]}
    if WIND in drawn and bool(sites.scalar("wind_white_share").any()):
        drawn.add(GUST)
    noise = hourly_white(tables.hourly_factors[:, rows], seed, year, tuple(sorted(drawn)))
    return _Year(tables, sites, daily, noise, year).series(wanted)


def day_air(
    tables: ClimateTables,
    places: tuple[ClimatePoint, ...],
    seeds: Sequence[int],
    year: int,
    last: int | None = None,
) -> tuple[Array, Array]:
    """Temperature and precipitation of whole days, without the noise of the hours.

    Hours depart from their day with a mean of zero, and share out its precipitation: the means and
    sums of the hours of `year_air` are these values, to rounding.

    Parameters
    ----------
    tables, places, year
        As for `year_air`.
    seeds : sequence of int
        M members.
    last : int, optional
        Days that are wanted, from the first of the year; all by default.

    Returns
    -------
    temperature_c, precipitation_mm : ndarray, shape (M, Q, D)
        Mean [°C] and sum [mm] of each day.
    """
    before, days = days_in(year - 1), days_in(year)
    sites = _sites(tables, places, before, days)
    if last is not None:
        sites = sites.first_days(before, last)
    factors = tables.daily_factors[:, list(sites.rows)]
    white = [daily_white(factors, seed, year, last) for seed in seeds]
    anew = np.stack([_innovations(sites, one) for one in white])
    processes = vector_recurrence(anew, sites.memory)
    found = []
    for own, rain in zip(processes, white, strict=True):
        daily = {**dict(zip(DAILY, own / sites.scale, strict=True)), "rain": rain[len(DAILY)]}
        found.append(_Year(tables, sites, daily, np.zeros(0), year).days())
    warmth, fall = (np.stack(one) for one in zip(*found, strict=True))
    return warmth, fall


def _daily(sites: Sites, white: Array) -> dict[str, Array]:
    """Daily processes of mean zero and variance one, shape (Q, W) each."""
    processes = vector_autoregression(_innovations(sites, white), sites.memory) / sites.scale
    return {**dict(zip(DAILY, processes, strict=True)), "rain": white[len(DAILY)]}


def _innovations(sites: Sites, white: Array) -> Array:
    """Innovations of the daily processes from their white noise, shape (5, Q, W)."""
    kinds = len(DAILY)
    anew = np.zeros_like(white[:kinds])
    for i in range(kinds):
        for j in range(i + 1):
            anew[i] += sites.gain[..., i, j] * white[j]
    return anew


class _Year:
    """Q sites in one year: daily series (Q, W), hourly ones (Q, T)."""

    def __init__(
        self, tables: ClimateTables, sites: Sites, daily: dict[str, Array], noise: Array, year: int
    ) -> None:
        self.sites = sites
        self.process = tables.process
        self.daily = daily
        self.noise = noise
        self.curve = sites.curve
        self.clock, self.year = tables.utc_offset_hours, year
        self.shape = (len(sites.places), sites.days * HOURS)
        self.clearness_day = self._clearness_day()
        self.temperature_day_c = self._of_day("temperature", "temperature_c", "temperature_std_k")

    def series(self, wanted: Sequence[str]) -> dict[str, Array]:
        made: dict[str, Callable[[], Array]] = {
            "clearness": self._clearness,
            "temperature_c": self._temperature,
            "wind_speed_m_s": self._wind,
            "pressure_pa": self._pressure,
            "humidity_percent": self._humidity,
            "snow_depth_m": self._snow_depth_m,
            "precipitation_mm_h": self._rain,
        }
        return {name: made[name]() for name in wanted}

    def days(self) -> tuple[Array, Array]:
        """Mean temperature [°C] and precipitation [mm] of each day, (Q, D) each."""
        sites = self.sites
        swing = sites.around(self.swing_day)
        three = (swing[:, :-2], swing[:, 1:-1], swing[:, 2:])
        cycle = sum(k * s for k, s in zip(sites.swing_mean_k, three, strict=True))
        return sites.year(self.temperature_day_c) + cycle, sites.year(self.rain_day_mm)

    @cached_property
    def brightening(self) -> Array:
        """Departure of the hours from the cloud of their day, (Q, D, 24)."""
        process = autoregression(self.noise[SKY], self.sites.scalar("sky_lag1"))
        return self._days(process[..., RUN_IN_DAYS * HOURS : -HOURS])

    @cached_property
    def swing(self) -> Array:
        """Daily range over its mean, (Q, D, 24)."""
        return self._days(straight(self.sites.around(self.swing_day)))

    @cached_property
    def swing_day(self) -> Array:
        """Daily range over its mean at noon, (Q, W)."""
        excess = self.clearness_day - self.curve["clearness_mean"]
        return np.clip(1.0 + self.curve["range_gain"] * excess, 0.3, 1.8)

    @cached_property
    def change(self) -> Array:
        """Departure of temperature from its mean daily cycle, (Q, D, 24). [K]"""
        change = self._residual(WARMTH, self.sites.scalar("temperature_hour_lag1"))
        return change * self._by_day(self.curve["temperature_hour_k"])

    @cached_property
    def rain_day_mm(self) -> Array:
        """Precipitation of each day, (Q, W). [mm]"""
        return self._rain_day_mm()

    def _of_day(self, process: str, mean: str, std: str) -> Array:
        """Daily means: season, and spread at the rank of the process; shape (Q, W)."""
        rank = np.clip(self.daily[process][..., None], -RAREST, RAREST)
        anomaly = quantiles(rank, self.sites.shape[f"{process}_shape"])[..., 0]
        return self.curve[mean] + self.curve[std] * anomaly

    def _clearness_day(self) -> Array:
        rank = self.daily["cloud"][..., None]
        anomaly = quantiles(rank, self.sites.shape["clearness_shape"])[..., 0]
        clearness = self.curve["clearness_mean"] + self.curve["clearness_std"] * anomaly
        return np.clip(clearness, LEAST_CLEARNESS, self.sites.scalar("clearness_cap"))

    def _by_day(self, daily: Array) -> Array:
        """Days of the year, beside their hours, shape (Q, D, 1)."""
        return self.sites.year(daily)[..., None]

    def _days(self, hourly: Array) -> Array:
        return hourly.reshape(*hourly.shape[:-1], -1, HOURS)

    def _residual(self, kind: int, lag1: Array, white: Array | None = None) -> Array:
        """Hours within days about their mean, of variance one over the day, (Q, D, 24)."""
        process = autoregression(self.noise[kind], lag1)
        share = np.zeros_like(lag1) if white is None else white
        if share.any():
            process = np.sqrt(1.0 - share) * process + np.sqrt(share) * self.noise[GUST]
        process = process[..., (RUN_IN_DAYS - 1) * HOURS :]
        level = [
            np.sqrt(np.diagonal(residual_covariance(float(a), float(w))[:, :HOURS]).mean())
            for a, w in zip(lag1.ravel(), share.ravel(), strict=True)
        ]
        return self._days(within_days(process) / np.array(level)[:, None])

    def _clearness(self) -> Array:
        """Share of the cloudless sky, hour by hour; the light of each day is that of its rank."""
        sites = self.sites
        day = self._by_day(self.clearness_day)
        cap = sites.scalar("clearness_cap")[..., None]
        change = self.brightening
        noon = sites.noon[:, None, :]
        change = change - (change * noon).sum(-1, keepdims=True) / noon.sum(-1, keepdims=True)
        x = np.clip(day / cap, 0.0, 1.0)
        spread = self._by_day(self.curve["sky_std"]) * 2.0 * np.sqrt(x * (1.0 - x))
        hourly = np.clip(day + spread * change, LEAST_CLEARNESS, cap)
        places = sites.places
        clear = [cloudless_year(place, self.clock, self.year).ghi_w_m2 for place in places]
        sky = self._days(np.stack(clear))
        light = (sky * hourly).sum(-1, keepdims=True)
        wanted = sky.sum(-1, keepdims=True) * day
        factor = np.where(light > 0.0, wanted / np.where(light > 0.0, light, 1.0), 1.0)
        result: Array = np.minimum(hourly * factor, cap).reshape(self.shape)
        return result

    def _temperature(self) -> Array:
        sites = self.sites
        warmth = self._days(smoothly(sites.around(self.temperature_day_c)))
        temperature = warmth + sites.course["temperature"] * self.swing + self.change
        return temperature.reshape(self.shape)

    def _humidity(self) -> Array:
        sites, curve = self.sites, self.curve
        damp = self._of_day("humidity", "humidity_percent", "humidity_std_percent")
        humidity = self._days(smoothly(sites.around(np.clip(damp, 1.0, 100.0))))
        humidity = humidity + sites.course["humidity"] * self.swing
        humidity += self._by_day(curve["humidity_of_warmth"]) * self.change
        return np.clip(humidity, 1.0, 100.0).reshape(self.shape)

    def _wind(self) -> Array:
        sites = self.sites
        keys = ("wind_day_share", "wind_hour_std", "wind_hour_lag1", "wind_white_share")
        share, std, lag1, white = (sites.scalar(key) for key in keys)
        slow = np.sqrt(share) * sites.around(self.daily["wind"])
        rank = self._days(smoothly(slow))
        rank = rank + std[..., None] * self._residual(WIND, lag1, white)
        wind = DAILY.index("wind")
        scale = [
            wind_scale(*(place.station.scalars[k] for k in keys), place.station.lag1[wind, wind])
            for place in sites.places
        ]
        # The daily cycle moves ranks: at its minimum more hours are calm, none is negative.
        course = sites.course["wind"]
        rest = np.sqrt(np.maximum(1.0 - (course**2).mean(-1, keepdims=True), LEAST_REST))
        rank = course + rest * rank / np.stack(scale)[:, None, :]
        speed = np.maximum(quantiles(rank, self._year_shape("wind_shape")), 0.0)
        return speed.reshape(self.shape)

    def _year_shape(self, key: str) -> Array:
        return self.sites.shape[key][:, -self.sites.days - 1 : -1]

    def _pressure(self) -> Array:
        from pvlib import atmosphere

        heights = np.array([[place.elevation_m] for place in self.sites.places])
        offset = self.curve["pressure_offset_pa"]
        offset = offset + self.curve["pressure_std_pa"] * self.daily["pressure"]
        result: Array = atmosphere.alt2pres(heights) + smoothly(self.sites.around(offset))
        return result

    def _rain_day_mm(self) -> Array:
        """Exponential amounts on wet days, which are cloudy ones, shape (Q, W). [mm]"""
        cloud = self.process["rain_cloud_correlation"]
        wetness = np.sqrt(1.0 - cloud**2) * self.daily["rain"] - cloud * self.daily["cloud"]
        chance = np.maximum(self.curve["wet_day_share"], 1e-6)
        # The rank among wet days is even between 0 and 1; dry days lie above 1.
        rank = ndtr(-wetness) / chance
        amount: Array = np.abs(self.curve["wet_day_mm"] * np.log(np.clip(rank, 1e-12, 1.0)))
        return amount

    def _rain(self) -> Array:
        """The day's amount, spread over the cloudier of its hours, shape (Q, T). [mm h⁻¹]"""
        cloudy = np.maximum(-self.brightening, 0.0) + 1e-3
        hourly = self._by_day(self.rain_day_mm) * cloudy / cloudy.sum(-1, keepdims=True)
        result: Array = hourly.reshape(self.shape)
        return result

    def _snow_depth_m(self) -> Array:
        """Snow depth: accumulation below freezing, melt by degree days, shape (Q, T). [m]

        What is left on the warmest day of the mean year counts as firn, no more as snow.
        """
        process = self.process
        below, above = process["snow_below_c"], process["rain_above_c"]
        snowy = np.clip((above - self.temperature_day_c) / (above - below), 0.0, 1.0)
        gain = snowy * self.rain_day_mm
        melt = process["melt_mm_day_k"] * np.maximum(self.temperature_day_c, 0.0)
        first, last = process["snow_density_early_kg_m3"], process["snow_density_late_kg_m3"]
        depth = np.zeros_like(gain)
        before = gain.shape[-1] - self.sites.days - 1
        for q, place in enumerate(self.sites.places):
            warmest = _warmest_day(place)
            begins = [warmest, before + warmest] if warmest < before else [before + warmest]
            for begin, end in zip(begins, [*begins[1:], gain.shape[-1]], strict=True):
                # With no ground the pack would be x; it never falls below zero, so all that would
                # have been missing by then, the running minimum, is added.
                x = np.cumsum((gain - melt)[q, begin:end])
                water = x - np.minimum(np.minimum.accumulate(x), 0.0)
                age = np.clip((np.arange(end - begin) - FIRN_DAYS) / 160.0, 0.0, 1.0)
                depth[q, begin:end] = water / (first + (last - first) * age)
        yesterday, today = depth[..., -self.sites.days - 2 : -2], self.sites.year(depth)
        passed = (np.arange(HOURS) + 0.5) / HOURS
        hourly = yesterday[..., None] * (1.0 - passed) + today[..., None] * passed
        return hourly.reshape(self.shape)


@lru_cache(maxsize=256)
def _warmest_day(place: ClimatePoint) -> int:
    """Day of the year, 0 for 1 January, on which the mean year is warmest."""
    return int(np.argmax(yearly_basis(365) @ place.station.monthly["temperature_c"]))
