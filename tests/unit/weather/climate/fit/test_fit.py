"""Climates fitted to files: round trips, odd places, odd records, and files that are no climate."""

from __future__ import annotations

import tomllib
from dataclasses import replace
from functools import lru_cache
from pathlib import Path

import numpy as np
import pytest

from altay_energy.core.errors import WeatherError
from altay_energy.core.timeline import Timeline
from altay_energy.weather.climate.fit.fit import fit_climate, fit_document
from altay_energy.weather.climate.fit.station import fit_station, years_of
from altay_energy.weather.climate.model.file import climate_toml, read_climate
from altay_energy.weather.climate.model.generate import climate_weather
from altay_energy.weather.climate.model.many_years import climate_years
from altay_energy.weather.climate.model.tables import climate_tables
from altay_energy.weather.climate.statistics.statistics import monthly_means
from altay_energy.weather.files.clock import cos_zenith
from altay_energy.weather.files.file import WeatherFile


@lru_cache(maxsize=1)
def record() -> WeatherFile:
    """Three years of the built-in climate of Tacheng, as a station would have written them."""
    blocks = list(climate_years(("tacheng",), (2029, 2030, 2031), (11,)))
    made = [block.weather("tacheng") for block in blocks]
    names = ("ghi_w_m2", "temperature_c", "wind_speed_m_s", "pressure_pa")
    names = (*names, "relative_humidity_percent", "precipitation_mm")
    return WeatherFile(
        name="made.csv",
        format="csv",
        place="Made, nowhere",
        latitude=made[0].latitude,
        longitude=made[0].longitude,
        elevation_m=made[0].elevation_m,
        utc_offset_hours=8.0,
        times=np.concatenate([w.timeline.utc for w in made]),
        step_hours=1.0,
        series={n: np.concatenate([w.series()[n][0] for w in made]) for n in names},
        wind_height_m=made[0].wind_height_m,
        typical=False,
        sha256="0" * 64,
    )


@lru_cache(maxsize=1)
def document():  # type: ignore[no-untyped-def]
    return fit_document([record()])


def test_what_was_made_is_found_again() -> None:
    real = climate_tables().points["tacheng"].station
    found = fit_station(years_of([record()])).station
    gap = found.monthly["temperature_c"] - real.monthly["temperature_c"]
    assert np.abs(gap).mean() < 1.2  # a month of three years is known to 1.3 K
    for key, near in (("temperature_std_k", 0.25), ("clearness_std", 0.25), ("wind_m_s", 0.12)):
        ratio = found.monthly[key].mean() / real.monthly[key].mean()
        assert ratio == pytest.approx(1.0, abs=near), key
    assert found.monthly["clearness_mean"].mean() == pytest.approx(
        real.monthly["clearness_mean"].mean(), abs=0.03
    )
    assert np.abs(np.diag(found.lag1 - real.lag1)).max() < 0.2
    assert np.abs(found.correlation - real.correlation).mean() < 0.15
    assert found.scalars["wind_hour_lag1"] == pytest.approx(0.94, abs=0.05)
    wet = found.monthly["wet_day_share"].mean() / real.monthly["wet_day_share"].mean()
    assert wet > 0.3


@pytest.mark.slow
def test_a_climate_file_makes_the_same_weather_as_the_fit(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(climate_toml(document()), encoding="utf-8")
    tables = read_climate(path)
    assert list(tables.points) == ["made"]
    weather = climate_weather("made", Timeline.of_year(2030), 1, tables=tables)
    assert weather.wind_height_m == 100.0
    assert "as its record has it" in weather.notices[0]
    source = tomllib.loads(path.read_text(encoding="utf-8"))["stations"]["made"]["files"][0]
    assert "made.csv" in source
    assert "0" * 64 in source


@pytest.mark.slow
def test_the_southern_hemisphere_has_its_winter_in_july() -> None:
    file = record()
    half = 182 * 24
    series = {key: np.roll(values, half) for key, values in file.series.items()}
    south = replace(file, latitude=-46.73, series=series)
    tables = fit_climate([south])
    weather = climate_weather(
        "made", Timeline.of_year(2030, utc_offset_hours=6.0), 1, tables=tables
    )
    months = monthly_means(weather.temperature_c.reshape(365, 24))
    assert months[[5, 6, 7]].mean() < months[[0, 1, 11]].mean() - 15.0
    assert weather.snow_depth_m is not None
    assert weather.snow_depth_m.reshape(365, 24)[:40].max() == 0.0


@pytest.mark.slow
def test_a_warm_sea_has_no_frost_and_no_snow() -> None:
    file = record()
    hour = np.arange(file.times.size)
    series = {**file.series, "temperature_c": 27.0 + 1.5 * np.cos(2 * np.pi * (hour - 14) / 24)}
    series["relative_humidity_percent"] = np.full(hour.size, 85.0)
    # A record is fitted only if its light can fall at its place: that of the tropics.
    sun = cos_zenith(5.0, file.coordinates()[1], file.times + np.timedelta64(1800, "s"))
    sky = np.repeat(np.random.default_rng(3).uniform(0.3, 0.75, hour.size // 24 + 1), 24)
    series["ghi_w_m2"] = 1361.0 * np.maximum(sun, 0.0) * sky[: hour.size]
    del series["pressure_pa"], series["precipitation_mm"]
    sea = replace(file, latitude=5.0, elevation_m=3.0, series=series)
    found = fit_document([sea])
    notes = " ".join(found["stations"]["made"]["notes"])
    assert "pressure is not on record" in notes
    assert "precipitation is not on record" in notes
    weather = climate_weather("made", Timeline.of_year(2030), 1, tables=fit_climate([sea]))
    assert weather.temperature_c.min() > 20.0
    assert weather.snow_depth_m is not None
    assert weather.snow_depth_m.max() == 0.0


def test_held_wind_and_a_late_clock_are_reported(shared_data: Path) -> None:
    from altay_energy.weather.read import read_weather

    folder = shared_data / "weather"
    fuyun = fit_station(
        years_of([read_weather(folder / "CHN_Xinjiang.Uygur.Fuyun.510870_CSWD.epw")])
    )
    assert fuyun.keeping.held_hours == 6
    assert any("held for 6 h" in note for note in fuyun.notices)
    yining = fit_station(
        years_of([read_weather(folder / "CHN_Xinjiang.Uygur.Yining.514310_CSWD.epw")])
    )
    assert yining.keeping.held_hours == 1
    assert any("1.5 h late" in note for note in yining.notices)


def test_less_than_a_year_is_refused() -> None:
    file = record()
    short = replace(
        file, times=file.times[:5000], series={k: v[:5000] for k, v in file.series.items()}
    )
    with pytest.raises(WeatherError, match="208 days; a climate needs at least one whole year"):
        fit_climate([short])


def test_places_are_kept_apart_and_named_once() -> None:
    with pytest.raises(WeatherError, match="2 names for 1 places"):
        fit_document([record(), record()], ["a", "b"])
    with pytest.raises(WeatherError, match="at least one weather file"):
        fit_document([])


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("schema_version = 2", "schema_version = 9", "schema_version = 9"),
        ("[process]", "[proces]", "proces is no key here; did you mean process"),
        ("melt_mm_day_k = 4", "melt_mm_day = 4", "did you mean melt_mm_day_k"),
        ("clearness_cap = ", "clearness_cap = -", "stations.made.clearness_cap"),
        ("temperature_c = [", "temperature_c = [999.0, ", "expected numbers of shape 12"),
        ("latitude = 46.73", "latitude = 146.73", "expected a number from -90 to 90"),
        ("latitude = 46.73", "latitude = nan", "latitude = nan"),
        ("made = 1", "made = 0.5", "shares must sum to 1"),
        ("made = 1", "other = 1", "of which there is no"),
        ("[stations.made]", "[stations.made", "is no TOML"),
    ],
)
def test_a_broken_climate_file_says_where_and_what(
    tmp_path: Path, old: str, new: str, message: str
) -> None:
    text = climate_toml(document())
    assert old in text
    path = tmp_path / "mine.toml"
    path.write_text(text.replace(old, new), encoding="utf-8")
    with pytest.raises(WeatherError, match=message):
        read_climate(path)
