"""A station of a climate table from the hourly files of a place: one typical year or many years."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from altay_energy.core.errors import WeatherError
from altay_energy.core.units import Array
from altay_energy.weather.climate.fit.days import kinship, marginal, monthly, smooth
from altay_energy.weather.climate.fit.hours import fit_wind, harmonics, persistence, waves
from altay_energy.weather.climate.model.noise import HOURS, within_days
from altay_energy.weather.climate.model.station import DAY_NODES, MONTHS, Station
from altay_energy.weather.climate.model.tables import straight_basis, yearly_basis
from altay_energy.weather.climate.statistics.record import ClimateRecord
from altay_energy.weather.climate.statistics.statistics import (
    DAYS,
    by_day,
    mean_of_known,
    solar_clock_hours,
)
from altay_energy.weather.climate.statistics.wind_record import Keeping
from altay_energy.weather.files.checks import require_sound, standard_pressure
from altay_energy.weather.files.clock import clock_check
from altay_energy.weather.files.file import WeatherFile
from altay_energy.weather.files.odd_values import settle
from altay_energy.weather.sun import clear_sky, sun_path

DARK_WH_M2 = 300.0
"""Clear-sky irradiation of a day below which no clearness is computed. [Wh m⁻²]"""

BRIGHT_W_M2 = 100.0
"""Clear-sky irradiance of an hour below which no clearness is computed. [W m⁻²]"""

WET_MM = 0.1
ASSUMED_WET_MM = 3.0
ASSUMED_WET_CLEARNESS = 0.5
"""Where precipitation is not on record: days below this clearness are wet, with this mean."""

SAME_PLACE_KM, SAME_PLACE_M = 10.0, 100.0


@dataclass(frozen=True, eq=False)
class FitYears:
    """Whole years of one place, on the whole-hour clock nearest to its sun; (Y, 365, 24) each."""

    name: str
    latitude: float
    longitude: float
    elevation_m: float
    wind_height_m: float
    ghi_w_m2: Array
    cloudless_w_m2: Array
    temperature_c: Array
    humidity_percent: Array
    wind_m_s: Array
    pressure_pa: Array | None
    precipitation_mm: Array | None
    linke_turbidity: Array
    clock_lag_hours: tuple[float, ...]

    @property
    def solar_hour(self) -> Array:
        """Mean solar time at the middles of the hours, shape (24,). [h]"""
        clock = solar_clock_hours(self.longitude)
        hours = np.arange(HOURS, dtype=np.float64) + 0.5 - clock + self.longitude / 15.0
        return np.asarray(hours % HOURS, dtype=np.float64)

    @property
    def record(self) -> ClimateRecord:
        """The same years in the form used by the statistics."""
        return ClimateRecord(
            self.name,
            self.latitude,
            self.wind_height_m,
            self.ghi_w_m2,
            self.temperature_c,
            self.wind_m_s,
        )


@dataclass(frozen=True, eq=False)
class Fit:
    """Result of a fit.

    Parameters
    ----------
    station : Station
        Ready for a table.
    keeping : Keeping
        Rounding and holding of the wind of the record.
    notices : tuple of str
        Notices for users of the table.
    """

    station: Station
    keeping: Keeping
    notices: tuple[str, ...]


def years_of(files: Sequence[WeatherFile]) -> FitYears:
    """Whole years of the files of one place.

    Parameters
    ----------
    files : sequence of WeatherFile
        Of one place and one height of wind; each with at least a whole year.

    Returns
    -------
    FitYears
        Parts of years at the end of a file are left out. The clear-sky irradiance is shifted
        like the sunlight of the file, if its clock is late.

    Raises
    ------
    WeatherError
        If a file holds less than a year, or the files are of different places.
    """
    parts = [_one(file) for file in files]
    first = parts[0]
    for file, part in zip(files, parts, strict=True):
        near = np.hypot(
            part.latitude - first.latitude,
            (part.longitude - first.longitude) * np.cos(np.radians(first.latitude)),
        )
        if 111.2 * near > SAME_PLACE_KM or abs(part.elevation_m - first.elevation_m) > SAME_PLACE_M:
            raise WeatherError(
                f"{file.name} was measured elsewhere than {files[0].name}; fit each place by itself"
            )
        if part.wind_height_m != first.wind_height_m:
            raise WeatherError(
                f"{file.name}: wind at {part.wind_height_m:g} m, but {files[0].name} has it at "
                f"{first.wind_height_m:g} m"
            )

    def together(key: str) -> Array | None:
        found = [getattr(part, key) for part in parts]
        return None if any(one is None for one in found) else np.concatenate(found)

    keys = ("ghi_w_m2", "cloudless_w_m2", "temperature_c", "humidity_percent", "wind_m_s")
    optional = ("pressure_pa", "precipitation_mm")
    return FitYears(
        first.name,
        first.latitude,
        first.longitude,
        first.elevation_m,
        first.wind_height_m,
        **{key: together(key) for key in (*keys, *optional)},  # type: ignore[arg-type]
        linke_turbidity=first.linke_turbidity,
        clock_lag_hours=tuple(lag for part in parts for lag in part.clock_lag_hours),
    )


def _one(file: WeatherFile) -> FitYears:
    import pandas as pd
    from pvlib import clearsky

    latitude, longitude, elevation_m = file.location()
    file = settle(file)
    clock = solar_clock_hours(longitude)
    used = _whole_years(file)
    times = file.times[:used]
    report = clock_check(file)
    lag = report.rounded_lag_hours if report.can_tell else 0.0
    require_sound(file, lag)
    middles = pd.date_range("2005-01-15", periods=MONTHS, freq=pd.DateOffset(months=1))
    linke = clearsky.lookup_linke_turbidity(
        middles, latitude, longitude, interp_turbidity=False
    ).to_numpy()
    sun = sun_path(latitude, longitude, elevation_m, times, file.step_seconds, lag)
    day = times.astype("datetime64[D]")
    number = (day - day.astype("datetime64[Y]")).astype(np.int64)
    turbidity = (straight_basis(DAYS) @ linke)[np.minimum(number, DAYS - 1)]
    pressure = file.series.get("pressure_pa")
    level = standard_pressure(elevation_m) if pressure is None else float(pressure.mean())
    cloudless = clear_sky(sun, turbidity, elevation_m, level)[0]

    def days(values: Array) -> Array:
        return by_day(values[:used], times, clock)

    rain = file.series.get("precipitation_mm")
    return FitYears(
        name=file.place or file.name,
        latitude=latitude,
        longitude=longitude,
        elevation_m=elevation_m,
        wind_height_m=file.wind_height_m,
        ghi_w_m2=days(file.series["ghi_w_m2"]),
        cloudless_w_m2=days(cloudless),
        temperature_c=days(file.series["temperature_c"]),
        humidity_percent=days(file.series["relative_humidity_percent"]),
        wind_m_s=days(file.series["wind_speed_m_s"]),
        pressure_pa=None if pressure is None else days(pressure),
        precipitation_mm=None if rain is None else days(rain / file.step_hours),
        linke_turbidity=np.asarray(linke, dtype=np.float64),
        clock_lag_hours=(lag,),
    )


def _whole_years(file: WeatherFile) -> int:
    """Intervals from the beginning that make whole years, 29 February not counted."""
    longitude = file.location()[1]
    local = file.times + np.timedelta64(3600 * solar_clock_hours(longitude), "s")
    day = local.astype("datetime64[D]")
    month = day.astype("datetime64[M]")
    leap = (month.astype(np.int64) % 12 == 1) & ((day - month).astype(np.int64) == 28)
    counted = np.cumsum(~leap)
    wanted = DAYS * file.per_day
    years = int(counted[-1]) // wanted
    if years < 1:
        raise WeatherError(
            f"{file.name}: {int(counted[-1]) / file.per_day:.0f} days; a climate needs at least "
            "one whole year, and the more years the better"
        )
    return int(np.searchsorted(counted, years * wanted)) + 1


def fit_station(years: FitYears) -> Fit:
    """Fit means, deviations, distributions, daily cycles and correlations to a record.

    Parameters
    ----------
    years : FitYears

    Returns
    -------
    Fit

    Notes
    -----
    Each quantity is split into its daily mean and the hours about it. Daily means have a season
    (twelve means, interpolated so that months keep theirs), a standard deviation and a distribution
    for each month (pooled with its neighbours'), and ranks in it; the ranks, as normal deviates,
    are a vector whose correlations on one day and with the day before are kept. Hours have a mean
    daily cycle, in solar time, and a persistence. Standard deviations from one year are noisy, so
    they are smoothed over three months.
    """
    from pvlib import atmosphere

    height_pa = float(atmosphere.alt2pres(years.elevation_m))
    clearness = _daily_clearness(years)
    pressure_pa = (
        np.full_like(clearness, height_pa)
        if years.pressure_pa is None
        else years.pressure_pa.mean(-1)
    )
    sun = marginal(clearness, DAY_NODES)
    warmth = marginal(years.temperature_c.mean(-1), DAY_NODES)
    damp = marginal(years.humidity_percent.mean(-1), DAY_NODES)
    push = marginal(pressure_pa, DAY_NODES)
    wind = fit_wind(years.wind_m_s, years.solar_hour)
    scores = {
        "cloud": sun.rank,
        "temperature": warmth.rank,
        "wind": _standardised(wind.day_rank),
        "humidity": damp.rank,
        "pressure": push.rank,
    }
    correlation, lag1 = kinship(scores)
    heat, heat_scalars = _temperature_hours(years, clearness, sun.mean)
    cloud, cloud_scalars = _sky_hours(years, clearness)
    rain, told = _rain(years, clearness)
    monthly_values = {
        "linke_turbidity": years.linke_turbidity,
        "clearness_mean": sun.mean,
        "clearness_std": sun.std,
        "temperature_c": warmth.mean,
        "temperature_std_k": warmth.std,
        "humidity_percent": damp.mean,
        "humidity_std_percent": damp.std,
        "pressure_offset_pa": push.mean - height_pa,
        "pressure_std_pa": push.std,
        "wind_m_s": wind.mean,
        **{f"wind_{key}": values for key, values in wind.course.items()},
        **heat,
        **cloud,
        **rain,
    }
    shapes = {
        "clearness_shape": sun.shape,
        "temperature_shape": warmth.shape,
        "humidity_shape": damp.shape,
        "wind_shape": wind.shape,
    }
    scalars = {
        "wind_day_share": wind.day_share,
        "wind_hour_std": wind.hour_std,
        "wind_hour_lag1": wind.hour_lag1,
        "wind_white_share": wind.white_share,
        **heat_scalars,
        **cloud_scalars,
    }
    station = Station(monthly_values, shapes, scalars, correlation, lag1)
    return Fit(station, wind.keeping, (*_notices(years, wind.keeping), *told))


def _daily_clearness(years: FitYears) -> Array:
    """Daily irradiation over that of a cloudless sky, NaN where there is no sun, (Y, DAYS). [-]"""
    sky = years.cloudless_w_m2.sum(-1)
    clearness = np.where(sky > DARK_WH_M2, years.ghi_w_m2.sum(-1) / np.maximum(sky, 1.0), np.nan)
    known = np.isfinite(clearness).any()
    return np.minimum(clearness, 1.3) if known else np.full_like(clearness, 0.7)


def _notices(years: FitYears, keeping: Keeping) -> list[str]:
    """Notices on the record."""
    notices = []
    if years.pressure_pa is None:
        notices.append("pressure is not on record: that of the standard atmosphere, assumed")
    if not keeping.hourly:
        notices.append(
            f"wind observations are held for {keeping.held_hours} h: persistence from hour to "
            "hour is assumed"
        )
    late = [lag for lag in years.clock_lag_hours if lag]
    if late:
        notices.append(f"sunlight runs {late[0]:g} h late against the sun: clearness allows for it")
    return notices


def _standardised(values: Array) -> Array:
    spread = np.sqrt(smooth(monthly((values - values.mean()) ** 2)))
    centred = values - straight_basis(DAYS) @ monthly(values)
    return centred / np.maximum(straight_basis(DAYS) @ spread, 1e-6)


def _about_the_day(hours: Array) -> Array:
    """Hours less the smooth course of their daily means; years are joined as they follow."""
    flat = hours.reshape(-1)
    flat = np.concatenate([flat[:HOURS], flat, flat[-HOURS:]])
    return within_days(flat).reshape(hours.shape)


def _temperature_hours(
    years: FitYears, clearness: Array, mean_clearness: Array
) -> tuple[dict[str, Array], dict[str, float]]:
    """Daily cycles of temperature and humidity, and departures from them."""
    solar = years.solar_hour
    warm, damp = _about_the_day(years.temperature_c), _about_the_day(years.humidity_percent)
    course = harmonics(monthly(warm), solar, 3)
    damp_course = harmonics(monthly(damp), solar, 2)
    usual, usual_damp = waves(course, solar), waves(damp_course, solar)
    power = np.maximum((usual**2).sum(-1), 1e-6)
    swing = (warm * usual).sum(-1) / power
    excess = clearness - yearly_basis(DAYS) @ mean_clearness
    excess = np.where(np.isfinite(excess), excess, 0.0)
    together = smooth(monthly((swing - 1.0) * excess))
    gain = together / np.maximum(smooth(monthly(excess**2)), 1e-4)
    gain = np.clip(gain, -1.0, 3.0)
    swing = np.clip(1.0 + straight_basis(DAYS) @ gain * excess, 0.3, 1.8)[..., None]
    rest, damp_rest = warm - usual * swing, damp - usual_damp * swing
    variance = smooth(monthly((rest**2).mean(-1)))
    answer = smooth(monthly((rest * damp_rest).mean(-1))) / np.maximum(variance, 1e-6)
    lag1 = persistence(rest.reshape(-1, HOURS))[0]
    found = {f"temperature_{key}_k": values for key, values in course.items()}
    found |= {f"humidity_{key}_percent": values for key, values in damp_course.items()}
    found |= {
        "temperature_hour_k": np.sqrt(variance),
        "range_gain": gain,
        "humidity_of_warmth": np.clip(answer, -20.0, 20.0),
    }
    return found, {"temperature_hour_lag1": lag1}


def _sky_hours(years: FitYears, clearness: Array) -> tuple[dict[str, Array], dict[str, float]]:
    """Variation of clearness within days."""
    sky = years.cloudless_w_m2
    bright = sky > BRIGHT_W_M2
    hourly = np.where(bright, years.ghi_w_m2 / np.maximum(sky, 1.0), np.nan)
    cap = float(np.clip(np.nanquantile(hourly, 0.99), 1.02, 1.2)) if bright.any() else 1.08
    x = np.clip(clearness / cap, 0.02, 0.98)[..., None]
    change = (hourly - clearness[..., None]) / (2.0 * np.sqrt(x * (1.0 - x)))
    square = mean_of_known(np.minimum(change**2, 1.0), -1)
    spread = np.clip(np.sqrt(smooth(monthly(square))), 0.02, 0.35)
    a, b = change[..., 1:].ravel(), change[..., :-1].ravel()
    pairs = np.isfinite(a) & np.isfinite(b)
    lag1 = float(np.corrcoef(a[pairs], b[pairs])[0, 1]) if pairs.sum() > 100 else 0.5
    lag1 = float(np.clip(np.nan_to_num(lag1, nan=0.5), 0.0, 0.95))
    return {"sky_std": spread}, {"sky_lag1": lag1, "clearness_cap": cap}


def _rain(years: FitYears, clearness: Array) -> tuple[dict[str, Array], list[str]]:
    """Share of wet days and their mean, from the record or assumed."""
    if years.precipitation_mm is not None and years.precipitation_mm.any():
        daily = years.precipitation_mm.sum(-1)
        wet = daily >= WET_MM
        share = smooth(monthly(wet.astype(np.float64)))
        fallen = monthly(np.where(wet, daily, 0.0))
        share = np.maximum(share, 1e-3)
        return {"wet_day_share": share, "wet_day_mm": fallen / share}, []
    cloudy = np.where(np.isfinite(clearness), clearness < ASSUMED_WET_CLEARNESS, np.nan)
    share = np.clip(smooth(monthly(cloudy)), 0.02, 0.6)
    return {"wet_day_share": share, "wet_day_mm": np.full(MONTHS, ASSUMED_WET_MM)}, [
        f"precipitation is not on record: {ASSUMED_WET_MM:g} mm on days of clearness below "
        f"{ASSUMED_WET_CLEARNESS:g}, assumed"
    ]
