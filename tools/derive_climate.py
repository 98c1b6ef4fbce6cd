"""Fit the stations of the built-in climate to their files, and calibrate its points.

For developers; the package itself reads only ``data/climate/altay.toml``::

    python tools/derive_climate.py --stations fuyun=FILE hoboksar=FILE tacheng=FILE
    python tools/derive_climate.py --calibrate --seeds 100   # into the tables
    python tools/derive_climate.py --describe --seeds 30     # the climate points in figures

Stations are fitted as ``altay-energy weather fit`` does it, and compared with their files by
``altay-energy weather check-climate``.
"""

from __future__ import annotations

import argparse
import re
import sys
import tomllib
from dataclasses import replace
from pathlib import Path

import numpy as np

from altay_energy.components.wind.wind_farm import DEFAULT_TURBINE, WindFarm
from altay_energy.core.timeline import Timeline
from altay_energy.core.units import Array
from altay_energy.weather.climate.fit.fit import fit_document
from altay_energy.weather.climate.model.file import table_lines
from altay_energy.weather.climate.model.generate import climate_points, climate_weather
from altay_energy.weather.read import read_weather
from altay_energy.weather.series import Weather

TABLES = Path(__file__).parents[1] / "src/altay_energy/data/climate/altay.toml"
BEGIN, END = "# stations begin", "# stations end"
YEAR = 2031
CALIBRATION_YEARS = (2023, 2030, 2031)
DEFAULT_TURBINE_HUB_M = 110.0


def stations(pairs: list[str]) -> str:
    """Fit stations from NAME=FILE and put them into the tables."""
    named = dict(pair.split("=", 1) for pair in pairs)
    document = fit_document([read_weather(Path(path)) for path in named.values()], list(named))
    lines: list[str] = []
    for name, table in document["stations"].items():
        lines += ["", f"[stations.{name}]", *table_lines(table)]
    text = TABLES.read_text(encoding="utf-8")
    before, _, rest = text.partition(BEGIN)
    after = rest.partition(END)[2]
    block = "\n".join(lines)
    TABLES.write_text(f"{before}{BEGIN}{block}\n\n{END}{after}", encoding="utf-8")
    return f"{TABLES.name}: {', '.join(named)}"


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
    """Write the mean wind and clearness factor that bring every point to its published level.

    The wind is exact in one round; the factor is a first-order step, to be repeated once.
    """
    from scipy.optimize import brentq

    text = TABLES.read_text(encoding="utf-8")
    document = tomllib.loads(text)["points"]
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
        wind = given["wind_mean_m_s"] * factor
        clearness = given["clearness_factor"] * given["ghi_kwh_m2"] / ghi
        for key, value in (
            ("wind_mean_m_s", f"{wind:.3f}"),
            ("clearness_factor", f"{clearness:.4f}"),
        ):
            pattern = rf"(\[points\.{name}\]\n(?:(?!\[).*\n)*?{key} = )[0-9.]+"
            text, count = re.subn(pattern, rf"\g<1>{value}", text)
            assert count == 1, (name, key)
        lines.append(
            f"{name:14s} wind_mean_m_s = {wind:.3f}  clearness_factor = {clearness:.4f}  "
            f"(GHI was {ghi:.0f})"
        )
    TABLES.write_text(text, encoding="utf-8")
    return "\n".join(lines)


def lag1(values: Array) -> float:
    """Correlation of each value with the one before."""
    return float(np.corrcoef(values[1:], values[:-1])[0, 1])


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
    """Do what was asked for and print its figures."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    task = parser.add_mutually_exclusive_group(required=True)
    task.add_argument("--stations", nargs="+", metavar="NAME=FILE", help="fit stations")
    task.add_argument("--calibrate", action="store_true", help="levels of wind and sun")
    task.add_argument("--describe", action="store_true", help="climate points in figures")
    parser.add_argument("--seeds", type=int, default=20, help="synthetic years to make")
    given = parser.parse_args(arguments)
    if given.stations:
        print(stations(given.stations))
    else:
        print(calibrate(given.seeds) if given.calibrate else describe(given.seeds))
    return 0


if __name__ == "__main__":
    sys.exit(main())
