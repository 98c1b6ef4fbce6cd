"""Fit the climate generator to a file, generate years, and compare them with the file."""

from __future__ import annotations

import numpy as np

from altay_energy.core.errors import WeatherError
from altay_energy.core.timeline import Timeline
from altay_energy.weather.climate.fit.fit import fit_climate
from altay_energy.weather.climate.fit.station import years_of
from altay_energy.weather.climate.model.generate import check_seed, climate_weather
from altay_energy.weather.climate.model.tables import ClimateTables
from altay_energy.weather.climate.statistics.record import ClimateRecord
from altay_energy.weather.climate.validation.check import FEWEST_YEARS, ClimateCheck, compare
from altay_energy.weather.files.file import WeatherFile

MOST_YEARS = 1000
FIRST_YEAR = 2001
"""Nominal year of the first synthetic year; it changes the random numbers only."""


def check_climate(file: WeatherFile, *, years: int = 30, seed: int = 1) -> ClimateCheck:
    """Fit the generator to a weather file, generate years, and compare them with the file.

    Parameters
    ----------
    file : WeatherFile
        Whole years, its place known.
    years : int
        Number of years, 2 to 1000.
    seed : int
        Seed of the synthetic years, at least 0.

    Returns
    -------
    ClimateCheck

    Raises
    ------
    WeatherError
        If the file cannot be fitted, or years or seed are out of range.
    """
    if not FEWEST_YEARS <= years <= MOST_YEARS:
        raise WeatherError(f"years = {years} must be {FEWEST_YEARS} to {MOST_YEARS}")
    check_seed(seed)
    return compare(years_of([file]).record, made_years(fit_climate([file]), years, seed))


def made_years(tables: ClimateTables, years: int, seed: int) -> ClimateRecord:
    """Consecutive years of the first point of climate tables.

    Parameters
    ----------
    tables : ClimateTables
        As a fit gives them.
    years : int
        How many.
    seed : int
        At least 0.

    Returns
    -------
    ClimateRecord
    """
    point = next(iter(tables.points))
    made = []
    for year in range(FIRST_YEAR, FIRST_YEAR + years):
        timeline = Timeline.of_year(year, utc_offset_hours=tables.utc_offset_hours)
        weather = climate_weather(point, timeline, seed, tables=tables)
        made.append(ClimateRecord.of_weather(weather))
    first = made[0]
    return ClimateRecord(
        first.place,
        first.latitude,
        first.wind_height_m,
        np.concatenate([one.ghi_w_m2 for one in made]),
        np.concatenate([one.temperature_c for one in made]),
        np.concatenate([one.wind_speed_m_s for one in made]),
    )
