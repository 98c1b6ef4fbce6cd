"""Monthly climate tables from hourly station files, and the calibration of the climate points.

For developers; the package itself reads only ``data/climate/altay.toml``::

    python tools/derive_climate.py STATION.epw...              # [stations.*] and [process] tables
    python tools/derive_climate.py --calibrate --seeds 100     # wind_mean_m_s, clearness_factor
    python tools/derive_climate.py --check STATION.epw...      # synthetic years beside real ones
    python tools/derive_climate.py --describe                  # the climate points in figures
"""

from __future__ import annotations

import argparse
import sys
import tomllib
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from altay_energy.components.wind_farm import DEFAULT_TURBINE, WindFarm
from altay_energy.timeline import Timeline
from altay_energy.units import Array
from altay_energy.weather.climate import climate_points, climate_weather
from altay_energy.weather.series import Weather
from altay_energy.weather.sun import clear_sky, sun_path

TABLES = Path(__file__).parents[1] / "src/altay_energy/data/climate/altay.toml"
MONTHS = 12
YEAR = 2031
CALIBRATION_YEARS = (2023, 2030, 2031)
DEFAULT_TURBINE_HUB_M = 110.0
STATION_LAG_HOURS = 0.5
"""CSWD irradiance stands for the instant at the label, half an hour before the interval middle."""


@dataclass(frozen=True)
class Station:
    """One common year of hourly records, as arrays of shape (365, 24)."""

    name: str
    latitude: float
    longitude: float
    elevation_m: float
    temperature_c: Array
    humidity_percent: Array
    pressure_pa: Array
    wind_m_s: Array
    ghi_w_m2: Array
    clear_w_m2: Array
    linke: Array
    diffuse_w_m2: Array
    month: Array
    solar_hour: Array

    @property
    def clearness(self) -> Array:
        """Daily irradiation over that of a cloudless sky, shape (365,). [-]"""
        return self.ghi_w_m2.sum(1) / self.clear_w_m2.sum(1)

    def monthly(self, daily: Array) -> Array:
        """Mean of daily values in each month, shape (12,)."""
        return np.array([daily[self.month == m].mean() for m in range(MONTHS)])


def read_station(path: Path) -> Station:
    """Read an EPW of 8760 hours; its year is taken as the common year 2005."""
    from pvlib import atmosphere, iotools

    table, head = iotools.read_epw(path)
    timeline = Timeline.of_year(2005, utc_offset_hours=float(head["TZ"]))
    place = (float(head["latitude"]), float(head["longitude"]), float(head["altitude"]))
    columns = ("temp_air", "relative_humidity", "atmospheric_pressure", "wind_speed", "ghi", "dhi")
    series = [table[c].to_numpy(dtype=float) for c in columns]
    pressure = float(atmosphere.alt2pres(place[2]))
    return _station(
        path.name.split(".")[2].lower(), place, timeline, series, pressure, STATION_LAG_HOURS
    )


def station_of(weather: Weather, name: str) -> Station:
    """A synthetic common year, seen as if a station had recorded it."""
    w = weather
    series = [w.temperature_c, w.relative_humidity_percent, w.pressure_pa, w.wind_speed_m_s]
    series += [w.ghi_w_m2, w.dhi_w_m2]
    place = (w.latitude, w.longitude, w.elevation_m)
    return _station(name, place, w.timeline, series, w.pressure_pa, 0.0)


def _station(
    name: str,
    place: tuple[float, float, float],
    timeline: Timeline,
    series: list[Array],
    pressure_pa: float | Array,
    lag_hours: float,
) -> Station:
    import pandas as pd
    from pvlib import clearsky

    sun = sun_path(*place, timeline.utc, timeline.step_seconds, lag_hours)
    middles = pd.date_range("2005-01-15", periods=MONTHS, freq=pd.DateOffset(months=1))
    linke = clearsky.lookup_linke_turbidity(middles, *place[:2]).to_numpy()
    clear = clear_sky(sun, linke[timeline.month], place[2], pressure_pa)[0]
    t, rh, p, wind, ghi, dhi, clear = (x.reshape(-1, 24) for x in (*series, clear))
    local = timeline.hour + 0.5 - timeline.utc_offset_hours + place[1] / 15.0
    return Station(
        name,
        *place,
        t,
        rh,
        p,
        wind,
        ghi,
        clear,
        linke,
        dhi,
        timeline.month.reshape(-1, 24)[:, 0],
        local.reshape(-1, 24) % 24.0,
    )


def anomaly(daily: Array) -> Array:
    """Departure from three harmonics of the year, shape (D,)."""
    angle = 2.0 * np.pi * np.arange(daily.size) / daily.size
    waves = [f(k * angle) for k in (1, 2, 3) for f in (np.sin, np.cos)]
    basis = np.column_stack([np.ones(daily.size), *waves])
    return daily - basis @ np.linalg.lstsq(basis, daily, rcond=None)[0]


def smooth(monthly: Array) -> Array:
    """A month weighs one half, its neighbours a quarter each: one year gives noisy spreads."""
    return 0.25 * np.roll(monthly, 1) + 0.5 * monthly + 0.25 * np.roll(monthly, -1)


def lag1(values: Array) -> float:
    """Correlation of each value with the one before."""
    return float(np.corrcoef(values[1:], values[:-1])[0, 1])


def correlation(station: Station, a: Array, b: Array) -> Array:
    """Correlation of two daily series within each month, smoothed, shape (12,)."""
    months = [station.month == m for m in range(MONTHS)]
    return smooth(np.array([np.corrcoef(a[m], b[m])[0, 1] for m in months]))


def station_tables(s: Station) -> dict[str, Array]:
    """What ``[stations.*]`` holds, twelve values each."""
    from pvlib import atmosphere

    def spread(daily: Array) -> Array:
        return smooth(np.sqrt(s.monthly(anomaly(daily) ** 2)))

    profile_range = [np.ptp(s.humidity_percent[s.month == m].mean(0)) for m in range(MONTHS)]
    return {
        "temperature_c": s.monthly(s.temperature_c.mean(1)),
        "daily_range_k": smooth(s.monthly(np.ptp(s.temperature_c, axis=1))),
        "temperature_std_k": spread(s.temperature_c.mean(1)),
        "clearness_mean": s.monthly(s.clearness),
        "clearness_std": smooth(np.array([s.clearness[s.month == m].std() for m in range(MONTHS)])),
        "humidity_percent": s.monthly(s.humidity_percent.mean(1)),
        "humidity_range_percent": smooth(np.array(profile_range)),
        "humidity_std_percent": spread(s.humidity_percent.mean(1)),
        "pressure_offset_pa": s.monthly(s.pressure_pa.mean(1))
        - float(atmosphere.alt2pres(s.elevation_m)),
        "pressure_std_pa": spread(s.pressure_pa.mean(1)),
        "linke_turbidity": s.linke,
        "wind_shape": s.monthly(s.wind_m_s.mean(1)) / s.wind_m_s.mean(),
    }


def diurnal_harmonics(s: Station) -> Array:
    """Mean day of temperature over its range, as cos/sin of 24 h and 12 h; shape (12, 4)."""
    rows = []
    for m in range(MONTHS):
        day = s.temperature_c[s.month == m].mean(0)
        mean_range = np.ptp(s.temperature_c[s.month == m], axis=1).mean()
        angle = 2.0 * np.pi * s.solar_hour[0] / 24.0
        waves = np.column_stack(
            [np.cos(angle), np.sin(angle), np.cos(2 * angle), np.sin(2 * angle)]
        )
        rows.append(waves.T @ (day - day.mean()) / 12.0 / mean_range)
    return np.array(rows)


def process_tables(stations: list[Station]) -> dict[str, Array]:
    """What ``[process]`` holds, pooled over the stations."""
    pooled: dict[str, list[Array]] = {}
    for s in stations:
        temperature, clearness = anomaly(s.temperature_c.mean(1)), anomaly(s.clearness)
        humidity, pressure = anomaly(s.humidity_percent.mean(1)), anomaly(s.pressure_pa.mean(1))
        wind = anomaly(s.wind_m_s.mean(1))
        ranges = np.ptp(s.temperature_c, axis=1)
        relative = ranges / s.monthly(ranges)[s.month]
        excess = s.clearness - s.monthly(s.clearness)[s.month]
        bright = s.clear_w_m2 > 100.0
        hourly = s.ghi_w_m2 / np.maximum(s.clear_w_m2, 1.0) - s.clearness[:, None]
        pairs = (bright[:, 1:] & bright[:, :-1]).ravel()
        shape = diurnal_harmonics(s)
        found = {
            "temperature_lag1": np.array(lag1(temperature)),
            "clearness_lag1": np.array(lag1(clearness)),
            "pressure_lag1": np.array(lag1(pressure)),
            "humidity_lag1": np.array(lag1(humidity)),
            "fluctuation_std": np.array(hourly[bright].std()),
            "fluctuation_lag1": np.corrcoef(
                hourly[:, 1:].ravel()[pairs], hourly[:, :-1].ravel()[pairs]
            )[0, 1],
            "range_gain": np.array(np.polyfit(excess, relative, 1)[0]),
            "temperature_clearness": correlation(s, temperature, clearness),
            "temperature_wind": correlation(s, temperature, wind),
            "clearness_wind": correlation(s, clearness, wind),
            "temperature_pressure": correlation(s, temperature, pressure),
            "temperature_humidity": correlation(s, temperature, humidity),
            "clearness_humidity": correlation(s, clearness, humidity),
            **{f"diurnal_{n}": shape[:, i] for i, n in enumerate(("c1", "s1", "c2", "s2"))},
        }
        for key, value in found.items():
            pooled.setdefault(key, []).append(value)
    return {key: np.mean(values, axis=0) for key, values in pooled.items()}


def toml_lines(values: dict[str, Array]) -> str:
    """Tables as TOML."""
    return "\n".join(
        f"{key} = "
        + (f"{v:.3f}" if np.ndim(v) == 0 else "[" + ", ".join(f"{x:.4g}" for x in v) + "]")
        for key, v in values.items()
    )


def derive(paths: list[Path]) -> str:
    """Tables of all stations and of the processes they share, as TOML."""
    stations = [read_station(path) for path in paths]
    parts = [
        f"[stations.{s.name}]\nlatitude = {s.latitude}\nlongitude = {s.longitude}\n"
        f"elevation_m = {s.elevation_m}\n{toml_lines(station_tables(s))}\n"
        for s in stations
    ]
    return "\n".join([*parts, "[process]", toml_lines(process_tables(stations))])


def full_load_hours(weather: Weather, farm: WindFarm, factor: float = 1.0) -> float:
    """Yearly hours at rated power, with the wind taken ``factor`` times as strong."""
    stronger = replace(weather, wind_speed_m_s=factor * weather.wind_speed_m_s)
    return float(farm.available_power(stronger, weather.timeline).mean() / farm.capacity_mw * 8760)


def farm_at(name: str) -> WindFarm:
    """Farm with default losses and the machine for which a point's hours were published."""
    turbine = climate_points()[name].wind_turbine
    hub = {"hub_height_m": DEFAULT_TURBINE_HUB_M} if turbine == DEFAULT_TURBINE else {}
    return WindFarm(site=name, capacity_mw=100.0, turbine=turbine, **hub)


def calibrate(seeds: int) -> str:
    """Mean wind and clearness factor that bring every point to its published level.

    The wind is exact in one round; the factor is a first-order step, to be repeated once.
    """
    from scipy.optimize import brentq

    document = tomllib.loads(TABLES.read_text(encoding="utf-8"))["points"]
    lines = []
    for name, point in climate_points().items():
        farm = farm_at(name)
        years = [
            climate_weather(name, Timeline.of_year(year), seed)
            for year in CALIBRATION_YEARS
            for seed in range(1, seeds + 1)
        ]

        def excess(factor: float, years=years, farm=farm, point=point) -> float:
            hours = np.mean([full_load_hours(w, farm, factor) for w in years])
            return float(hours) - point.wind_full_load_hours

        factor = brentq(excess, 0.5, 2.0, xtol=1e-4)
        ghi = np.mean([w.ghi_w_m2.sum() / 1000.0 for w in years])
        given = document[name]
        clearness = given["clearness_factor"] * given["ghi_kwh_m2"] / ghi
        lines.append(
            f"{name:14s} wind_mean_m_s = {point.wind_mean_m_s * factor:.3f}  "
            f"clearness_factor = {clearness:.4f}  (GHI now {ghi:.0f})"
        )
    return "\n".join(lines)


def lag1_of(daily: Array) -> float:
    """Lag-one-day correlation of the anomaly."""
    return lag1(anomaly(daily))


MEASURES: dict[str, Callable[[Station], float]] = {
    "temperature, year [°C]": lambda s: s.temperature_c.mean(),
    "daily anomaly, std [K]": lambda s: anomaly(s.temperature_c.mean(1)).std(),
    "daily anomaly, lag 1 d [-]": lambda s: lag1_of(s.temperature_c.mean(1)),
    "daily range [K]": lambda s: np.ptp(s.temperature_c, axis=1).mean(),
    "hours below -20 °C [h]": lambda s: (s.temperature_c < -20).sum(),
    "hours below -30 °C [h]": lambda s: (s.temperature_c < -30).sum(),
    "coldest hour [°C]": lambda s: s.temperature_c.min(),
    "warmest hour [°C]": lambda s: s.temperature_c.max(),
    "GHI [kWh/m²]": lambda s: s.ghi_w_m2.sum() / 1000.0,
    "diffuse share [-]": lambda s: s.diffuse_w_m2.sum() / s.ghi_w_m2.sum(),
    "daily clearness, mean [-]": lambda s: s.clearness.mean(),
    "daily clearness, std [-]": lambda s: s.clearness.std(),
    "daily clearness, lag 1 d [-]": lambda s: lag1_of(s.clearness),
    "overcast days, clearness < 0.4": lambda s: (s.clearness < 0.4).sum(),
    "humidity [%]": lambda s: s.humidity_percent.mean(),
    "pressure, std of days [Pa]": lambda s: anomaly(s.pressure_pa.mean(1)).std(),
}


def check(paths: list[Path], seeds: int) -> str:
    """Synthetic years at the stations beside the real one: mean, and range of single years."""
    lines = []
    for real in (read_station(path) for path in paths):
        years = [
            station_of(climate_weather(real.name, Timeline.of_year(YEAR), s), real.name)
            for s in range(1, seeds + 1)
        ]
        lines.append(f"{real.name}: {seeds} synthetic years beside the typical one")
        for label, measure in MEASURES.items():
            found = np.array([measure(s) for s in years])
            lines.append(
                f"  {label:32s} real {measure(real):8.2f}  synthetic {found.mean():8.2f}"
                f"  ({found.min():.2f} to {found.max():.2f})"
            )
        warmth = np.mean([s.monthly(s.temperature_c.mean(1)) for s in years], axis=0)
        light = np.mean([s.monthly(s.ghi_w_m2.sum(1)) for s in years], axis=0)
        warmer = warmth - real.monthly(real.temperature_c.mean(1))
        lighter = light / real.monthly(real.ghi_w_m2.sum(1)) - 1.0
        lines.append("  months, temperature [K]: " + " ".join(f"{x:+.1f}" for x in warmer))
        lines.append("  months, GHI [%]:         " + " ".join(f"{100 * x:+.0f}" for x in lighter))
    return "\n".join(lines)


def describe(seeds: int) -> str:
    """Every climate point: level and spread of its years."""
    lines = [
        "point           T year  Jan   Jul   min    h<-30  GHI   DNI   DHI/GHI  snow m  rain mm"
        "  v100  k     lag1   hours  sd %   first five seeds"
    ]
    for name in climate_points():
        farm = farm_at(name)
        years = [climate_weather(name, Timeline.of_year(YEAR), s) for s in range(1, seeds + 1)]
        t = np.array([w.temperature_c for w in years])
        v = np.array([w.wind_speed_m_s for w in years])
        month = years[0].timeline.month
        hours = np.array([full_load_hours(w, farm) for w in years])
        ghi, dni, dhi = (
            np.mean([getattr(w, c).sum() / 1000.0 for w in years])
            for c in ("ghi_w_m2", "dni_w_m2", "dhi_w_m2")
        )
        snow = np.mean([w.snow_depth_m.max() for w in years])
        rain = np.mean([w.precipitation_mm.sum() for w in years])
        k = (v.std() / v.mean()) ** -1.086  # Justus et al. (1978)
        lines.append(
            f"{name:14s} {t.mean():6.1f} {t[:, month == 0].mean():6.1f} "
            f"{t[:, month == 6].mean():5.1f} {t.min():6.1f} {(t < -30).sum() / seeds:6.0f} "
            f"{ghi:6.0f} {dni:5.0f} {dhi / ghi:7.2f} {snow:8.2f} {rain:7.0f} "
            f"{v.mean():7.2f} {k:5.2f} {lag1(v.ravel()):6.3f} {hours.mean():6.0f} "
            f"{100 * hours.std() / hours.mean():5.1f}   " + " ".join(f"{x:.0f}" for x in hours[:5])
        )
    return "\n".join(lines)


def main(arguments: list[str] | None = None) -> int:
    """Print the tables or the figures that were asked for."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("files", nargs="*", type=Path, help="EPW files of 8760 hours")
    task = parser.add_mutually_exclusive_group()
    task.add_argument("--calibrate", action="store_true", help="levels of wind and sun")
    task.add_argument("--check", action="store_true", help="synthetic beside real years")
    task.add_argument("--describe", action="store_true", help="climate points in figures")
    parser.add_argument("--seeds", type=int, default=20, help="synthetic years to make")
    given = parser.parse_args(arguments)
    if given.calibrate:
        print(calibrate(given.seeds))
    elif given.describe:
        print(describe(given.seeds))
    elif not given.files:
        parser.error("which station files?")
    else:
        print(check(given.files, given.seeds) if given.check else derive(given.files))
    return 0


if __name__ == "__main__":
    sys.exit(main())
