"""Derive the catchments of the built-in rivers from their published figures.

    python tools/derive_rivers.py            shows what it finds
    python tools/derive_rivers.py --write    and writes it into data/rivers/altay.toml

A hundred years of the built-in climate, each after the year before it, shall give the published
mean flow and snowmelt share, the main flood from April to June, with more water in April than in
July and as much in June as in May, as far as the rest allows.
"""

from __future__ import annotations

import argparse
import re
from pathlib import Path

import numpy as np
from scipy.optimize import least_squares

from altay_energy.core.timeline import Timeline
from altay_energy.resource.runoff.catchment import Catchment
from altay_energy.resource.runoff.rivers import RIVERS, River
from altay_energy.resource.runoff.runoff import simulate
from altay_energy.weather.climate.model.generate import climate_air, climate_points

FILE = Path(__file__).parents[1] / "src" / "altay_energy" / "data" / "rivers" / "altay.toml"
YEARS, SEEDS, DAYS = range(2001, 2021), range(1, 6), 365
FLOOD_SHARE = 0.55
EARLY = 0.03
"""April's share of the year less that of July (assumed). [-]"""
BOUNDS = {
    "precipitation_factor": (0.3, 15.0),
    "snowfall_factor": (0.2, 1.5),
    "melt_mm_day_k": (1.5, 7.0),
    "percolation_mm_day": (0.3, 4.0),
    "lapse_k_km": (4.5, 7.5),
}
AIMS = ("mean flow", "snowmelt share", "April-June", "April less July", "June less May")
WEIGHTS = np.array([50.0, 50.0, 8.0, 16.0, 2.0])
"""Flow and share are published and are met; the season is in words and gives way."""

REGULARISATION = 0.02  # keeps what the aims leave open near its first guess


def daily_climate(point: str) -> tuple[np.ndarray, np.ndarray]:
    """Temperature and precipitation of two years running, (100, 730), as a run sees them."""
    pairs = [
        np.concatenate([one_year(point, y, seed) for y in (year - 1, year)], axis=-1)
        for seed in SEEDS
        for year in YEARS
    ]
    warmth, fall = np.stack(pairs, axis=1)
    return warmth, fall


def one_year(point: str, year: int, seed: int) -> np.ndarray:
    """Mean temperature and sum of precipitation of 365 days, (2, 365); leap years end early."""
    warmth, fall = climate_air(point, Timeline.of_year(year), seed)
    days = warmth.reshape(-1, 24).mean(axis=1), fall.reshape(-1, 24).sum(axis=1)
    return np.array(days)[:, :DAYS]


def figures(catchment: Catchment, weather, gauge_m: float, mean_flow: float) -> np.ndarray:
    """The figures that are aimed at, shape (..., 5); flow over its published mean.

    Parameters of the catchment have shape (..., 1), the years of the weather stand last.
    """
    warmth, fall = weather
    day = np.tile(np.arange(1, DAYS + 1), 2)
    found = simulate(catchment, warmth, fall, day, gauge_m, DAYS)
    month = Timeline.of_year(2001).month[::24]
    water = found.flow_mm.sum(axis=(-1, -2))
    shares = np.stack(
        [found.flow_mm[..., month == m].sum(axis=(-1, -2)) / water for m in range(12)], axis=-1
    )
    return np.stack(
        [
            found.flow_m3_s.mean(axis=(-1, -2)) / mean_flow,
            found.snowmelt_mm.sum(axis=(-1, -2)) / water,
            shares[..., 3:6].sum(axis=-1),
            shares[..., 3] - shares[..., 6],
            shares[..., 5] - shares[..., 4],
        ],
        axis=-1,
    )


def derive(river: River) -> tuple[dict[str, float], np.ndarray]:
    """Parameters of a river and the figures that they give."""
    weather = daily_climate(river.climate)
    gauge_m = climate_points()[river.climate].elevation_m
    low, high = np.array(list(BOUNDS.values())).T
    aims = np.array([1.0, river.snowmelt_share, FLOOD_SHARE, EARLY, 0.0])

    def misses(sets: np.ndarray) -> np.ndarray:
        values = (low + sets * (high - low)).T[..., None]
        catchment = river.catchment.with_(**dict(zip(BOUNDS, values, strict=True)))
        found = figures(catchment, weather, gauge_m, river.mean_flow_m3_s)
        return np.hstack([WEIGHTS * (found - aims), REGULARISATION * (sets - first)])

    def slopes(x: np.ndarray) -> np.ndarray:
        step = np.where(x < 0.5, 1e-3, -1e-3)
        found = misses(np.vstack([x, x + np.diag(step)]))
        return (found[1:] - found[0]).T / step

    first = np.array([0.25, 0.2, 0.5, 0.3, 0.4])
    now = np.array([float(getattr(river.catchment, name)) for name in BOUNDS])
    begin = np.clip((now - low) / (high - low), 0.01, 0.99)
    best = least_squares(
        lambda x: misses(x[None])[0], begin, slopes, bounds=(0, 1), max_nfev=8, ftol=1e-4
    )
    chosen = {
        n: float(f"{v:.4g}") for n, v in zip(BOUNDS, low + best.x * (high - low), strict=True)
    }
    found = figures(river.catchment.with_(**chosen), weather, gauge_m, river.mean_flow_m3_s)
    return chosen, found


def main() -> None:
    """Derive every river, show it, and write it if asked."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--write", action="store_true", help="write data/rivers/altay.toml")
    write = parser.parse_args().write
    text = FILE.read_text(encoding="utf-8")
    for name in RIVERS.names:
        river = RIVERS.load(name)
        chosen, found = derive(river)
        print(name, chosen)
        print("  ", {aim: round(float(value), 3) for aim, value in zip(AIMS, found, strict=True)})
        lines = "".join(f"{key} = {value}\n" for key, value in chosen.items())
        text = re.sub(
            rf"(?<=\[{name}\.derived\]\n)(?:\w+ = [\d.]+\n)+", lines, text, flags=re.MULTILINE
        )
    if write:
        FILE.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
