"""The built-in climate: levels, shapes and the coupling of its series."""

from __future__ import annotations

import tomllib
from datetime import datetime, timedelta, timezone
from functools import lru_cache
from importlib.resources import files
from pathlib import Path

import numpy as np
import pytest
from pvlib import iotools

from altay_energy.components.wind.wind_farm import DEFAULT_TURBINE, WindFarm
from altay_energy.core.errors import WeatherError
from altay_energy.core.timeline import Timeline
from altay_energy.core.units import Array
from altay_energy.weather.climate.model.generate import (
    climate_points,
    climate_weather,
    nearest_point,
)
from altay_energy.weather.climate.model.noise import (
    residual_covariance,
    smooth_weights,
    straight_weights,
    to_hours,
    within_days,
)
from altay_energy.weather.climate.model.tables import anchored, climate_tables, yearly_basis
from altay_energy.weather.files.clock import clock_check
from altay_energy.weather.files.file import WeatherFile
from altay_energy.weather.series import Weather
from altay_energy.weather.sun import clear_sky, sun_path_for

BEIJING = timezone(timedelta(hours=8))
POINTS = tuple(climate_points())
VALLEYS = ("jeminay", "burqin", "habahe", "altay_city", "fuyun", "fuhai")
YEAR = 2031
SEEDS = range(1, 21)


@lru_cache(maxsize=128)  # some 100 MB
def year(point: str, seed: int, calendar_year: int = YEAR) -> Weather:
    return climate_weather(point, Timeline.of_year(calendar_year), seed)


def many(point: str, series: str) -> Array:
    return np.array([getattr(year(point, seed), series) for seed in SEEDS])


def full_load_hours(farm: WindFarm, weather: Weather) -> float:
    power = farm.available_power(weather, weather.timeline)
    return float(power.mean() / farm.capacity_mw * 8760.0)


def lag_one(values: Array) -> float:
    return float(np.corrcoef(values[..., 1:].ravel(), values[..., :-1].ravel())[0, 1])


# Points


def test_every_named_site_of_altay_is_a_climate_point() -> None:
    wanted = {
        "jeminay",
        "burqin",
        "habahe",
        "altay_city",
        "fuyun",
        "fuhai",
        "qinghe",
        "hemu",
        "takeshiken",
        "jiangjunshan",
    }
    assert wanted <= set(climate_points())


def test_the_points_cannot_be_changed() -> None:
    with pytest.raises(TypeError):
        climate_points()["x"] = climate_points()["fuyun"]  # type: ignore[index]


def test_the_nearest_point_of_the_jeminay_border_is_jeminay() -> None:
    name, distance_km = nearest_point(47.5, 85.6)
    assert name == "jeminay"
    # 0.0665° of latitude are 7.4 km; 0.268° of longitude at 47.5° N are 20.1 km.
    assert distance_km == pytest.approx(21.4, abs=0.3)


def test_an_unknown_point_names_the_one_that_may_be_meant() -> None:
    with pytest.raises(WeatherError, match="'jemenay' is no climate point; did you mean jeminay"):
        climate_weather("jemenay", Timeline.of_year(2030), 1)


@pytest.mark.parametrize("seed", [-1, 1.5, True])
def test_a_seed_that_is_no_natural_number_is_refused(seed: object) -> None:
    with pytest.raises(WeatherError, match=f"seed = {seed}"):
        climate_weather("fuyun", Timeline.of_year(2030), seed)  # type: ignore[arg-type]


def test_every_figure_of_a_point_has_a_source_or_says_assumed() -> None:
    for point in climate_points().values():
        assert {"position", "elevation", "temperature", "precipitation", "sun", "wind"} == set(
            point.sources
        )
        assert all(len(text) >= len("assumed") for text in point.sources.values())


def test_assumed_figures_are_reported_to_the_reader() -> None:
    told = " ".join(year("hemu", 1).notices)
    assert "assumed without a source" in told
    assert "elevation" in told


# Levels


@pytest.mark.slow
def test_wind_gives_the_published_full_load_hours_without_any_factor() -> None:
    # 1,180 GWh a year less PV over 390 MW; 325.3 GWh from 100 MW. The mean of so many years is
    # known to 0.5 %.
    published = {"jeminay": 2985.0, "burqin": 3253.0}
    hours: dict[str, list[float]] = {point: [] for point in published}
    for calendar_year in (YEAR, 2023):
        for seed in range(50):
            for point, found in hours.items():
                farm = WindFarm(site=point, capacity_mw=100.0, hub_height_m=110.0)
                weather = climate_weather(point, Timeline.of_year(calendar_year), seed)
                found.append(full_load_hours(farm, weather))
    for point, found in hours.items():
        assert np.mean(found) == pytest.approx(published[point], rel=0.012)
        assert 0.04 <= np.std(found) / np.mean(found) <= 0.09


def test_every_one_of_the_first_seeds_is_a_plausible_year_at_jeminay() -> None:
    farm = WindFarm(site="jeminay", capacity_mw=390.0, hub_height_m=110.0)
    hours = [full_load_hours(farm, year("jeminay", seed, 2023)) for seed in range(1, 6)]
    assert min(hours) >= 2600.0
    assert max(hours) <= 3300.0


@pytest.mark.parametrize("point", POINTS)
def test_every_point_gives_the_hours_that_its_table_names(point: str) -> None:
    place = climate_points()[point]
    hub = {"hub_height_m": 110.0} if place.wind_turbine == DEFAULT_TURBINE else {}
    farm = WindFarm(site=point, capacity_mw=100.0, turbine=place.wind_turbine, **hub)
    hours = [full_load_hours(farm, year(point, seed)) for seed in SEEDS]
    assert np.mean(hours) == pytest.approx(place.wind_full_load_hours, rel=0.05)


@pytest.mark.parametrize("point", VALLEYS)
def test_the_valleys_get_their_published_sunshine(point: str) -> None:
    ghi = many(point, "ghi_w_m2").sum(-1).mean() / 1000.0
    assert 1480.0 <= ghi <= 1590.0  # 20 years are known to 0.5 %
    assert 0.3 <= many(point, "dhi_w_m2").sum() / many(point, "ghi_w_m2").sum() <= 0.45


def test_temperature_is_where_it_was_published() -> None:
    for point, january, july in (("altay_city", -16.1, 22.0), ("jeminay", -12.5, 21.1)):
        t = many(point, "temperature_c")
        month = year(point, 1).timeline.month
        assert t[:, month == 0].mean() == pytest.approx(january, abs=1.5)
        assert t[:, month == 6].mean() == pytest.approx(july, abs=1.5)
    assert many("altay_city", "temperature_c").mean() == pytest.approx(4.3, abs=0.6)
    assert many("burqin", "temperature_c").mean() == pytest.approx(4.0, abs=0.6)


def test_fuyun_and_qinghe_know_hours_below_minus_thirty_and_jeminay_hardly_any() -> None:
    for point in ("fuyun", "qinghe"):
        assert 40.0 <= (many(point, "temperature_c") < -30.0).sum() / len(SEEDS) <= 300.0
        assert many(point, "temperature_c").min() > -51.5  # the record of Fuyun
    assert (many("jeminay", "temperature_c") < -30.0).sum() / len(SEEDS) < 5.0


def test_precipitation_of_a_year_is_the_published_sum() -> None:
    for point, published in (("altay_city", 184.3), ("fuyun", 189.6)):
        assert many(point, "precipitation_mm").sum(-1).mean() == pytest.approx(published, rel=0.12)


def test_snow_lies_all_winter_and_melts_away_by_june() -> None:
    snow = many("altay_city", "snow_depth_m")
    month = year("altay_city", 1).timeline.month
    assert (snow[:, month == 0] > 0.02).mean() > 0.95
    assert snow[:, (month >= 5) & (month <= 7)].max() == 0.0
    assert 0.15 <= snow.max(-1).mean() <= 0.6
    assert snow.max() < 0.94  # the record of January 2010
    assert many("hemu", "snow_depth_m").max(-1).mean() > snow.max(-1).mean()


@pytest.mark.parametrize(
    ("point", "station"),
    [("fuyun", "Fuyun.510870"), ("hoboksar", "Hoboksar.511560"), ("tacheng", "Tacheng.511330")],
)
def test_a_station_that_the_tables_came_from_is_met_again(
    shared_data: Path, point: str, station: str
) -> None:
    path = shared_data / "weather" / f"CHN_Xinjiang.Uygur.{station}_CSWD.epw"
    table = iotools.read_epw(path)[0]
    month = year(point, 1).timeline.month
    warm, light = many(point, "temperature_c"), many(point, "ghi_w_m2")
    for m in range(12):
        real = table["temp_air"].to_numpy()[month == m].mean()
        assert warm[:, month == m].mean() == pytest.approx(real, abs=1.5)
        sun = table["ghi"].to_numpy()[month == m].mean()
        assert light[:, month == m].mean() == pytest.approx(sun, rel=0.10)
    assert light.mean() == pytest.approx(table["ghi"].mean(), rel=0.05)
    # One year is one draw: cold hours of the real one lie within what is made.
    cold = (warm < -20.0).sum(-1)
    assert cold.min() <= (table["temp_air"] < -20.0).sum() <= cold.max()


# Shapes


@pytest.mark.parametrize("point", ["jeminay", "burqin", "fuyun"])
def test_hub_height_wind_is_distributed_and_persists_as_measured_wind_does(point: str) -> None:
    wind = many(point, "wind_speed_m_s")
    k = (wind.std() / wind.mean()) ** -1.086
    assert 1.9 <= k <= 2.4
    assert 0.89 <= lag_one(wind) <= 0.96
    assert wind.min() >= 0.0


@pytest.mark.parametrize("point", ["jeminay", "burqin", "habahe"])
def test_the_western_valley_blows_more_in_winter_and_spring(point: str) -> None:
    wind = many(point, "wind_speed_m_s")
    month = year(point, 1).timeline.month
    calm = (month >= 5) & (month <= 10)
    assert 1.02 <= wind[:, ~calm].mean() / wind[:, calm].mean() <= 1.25


def test_summer_wind_peaks_in_the_afternoon() -> None:
    w = year("burqin", 1)
    july = np.isin(w.timeline.month, (5, 6, 7))
    wind = many("burqin", "wind_speed_m_s")[:, july].reshape(len(SEEDS), -1, 24).mean((0, 1))
    assert 14 <= int(np.argmax(wind)) <= 20  # 15 h of solar time is 17:12 in Beijing
    assert np.ptp(wind) / wind.mean() < 0.25


def test_neighbours_share_their_weather_and_distant_places_less() -> None:
    def together(a: str, b: str, series: str) -> float:
        return float(np.corrcoef(many(a, series).ravel(), many(b, series).ravel())[0, 1])

    assert together("burqin", "habahe", "wind_speed_m_s") > 0.3
    assert together("burqin", "habahe", "wind_speed_m_s") > 2 * together(
        "jeminay", "takeshiken", "wind_speed_m_s"
    )


def test_clear_winter_days_are_cold_and_clear_spring_days_are_not() -> None:
    w = year("fuyun", 1)
    sky = np.array([_clear(year("fuyun", s)) for s in SEEDS]).reshape(len(SEEDS), -1, 24).sum(-1)
    clearness = many("fuyun", "ghi_w_m2").reshape(len(SEEDS), -1, 24).sum(-1) / sky
    warmth = many("fuyun", "temperature_c").reshape(len(SEEDS), -1, 24).mean(-1)
    warmth = warmth - warmth.mean(0)
    clearness = clearness - clearness.mean(0)
    month = w.timeline.month[::24]
    winter, may = np.isin(month, (11, 0)), np.isin(month, (4, 5))
    assert np.corrcoef(warmth[:, winter].ravel(), clearness[:, winter].ravel())[0, 1] < -0.3
    assert np.corrcoef(warmth[:, may].ravel(), clearness[:, may].ravel())[0, 1] > 0.05


def _clear(weather: Weather) -> Array:
    return clear_sky(sun_path_for(weather), 2.5, weather.elevation_m, weather.pressure_pa)[0]


def test_days_are_clear_partly_cloudy_and_overcast() -> None:
    clearness = many("fuyun", "ghi_w_m2").reshape(len(SEEDS), -1, 24).sum(-1)
    clearness = clearness / _clear(year("fuyun", 1)).reshape(-1, 24).sum(-1)
    assert 0.04 <= (clearness < 0.4).mean() <= 0.15
    assert 0.35 <= (clearness > 0.85).mean() <= 0.65


# Time


@pytest.mark.parametrize("point", POINTS)
def test_the_sun_of_the_climate_is_on_time(point: str) -> None:
    w = year(point, 1)
    record = WeatherFile(
        name=point,
        format="csv",
        place=point,
        latitude=w.latitude,
        longitude=w.longitude,
        elevation_m=w.elevation_m,
        utc_offset_hours=8.0,
        times=w.timeline.utc,
        step_hours=1.0,
        series={"ghi_w_m2": w.ghi_w_m2},
        wind_height_m=100.0,
        typical=False,
        sha256="",
    )
    assert abs(clock_check(record).lag_hours) <= 0.25


def test_a_leap_year_has_its_day() -> None:
    assert year("burqin", 1, 2032).ghi_w_m2.shape == (8784,)


def test_weather_goes_on_over_new_year() -> None:
    over = climate_weather("fuyun", Timeline(datetime(2030, 12, 30, tzinfo=BEIJING), 96), 4)
    jump = abs(float(np.diff(over.temperature_c)[47]))
    assert jump <= 3.0
    assert jump <= np.abs(np.diff(over.temperature_c)).max()
    assert abs(float(np.diff(over.pressure_pa)[47])) <= np.abs(np.diff(over.pressure_pa)).max()


@pytest.mark.parametrize("step_hours", [0.5, 0.25])
def test_shorter_steps_are_the_same_weather_drawn_finer(step_hours: float) -> None:
    hourly, fine = (
        year("burqin", 2),
        climate_weather("burqin", Timeline.of_year(YEAR, step_hours), 2),
    )
    per_hour = round(1.0 / step_hours)

    def means(values: Array) -> Array:
        return values.reshape(-1, per_hour).mean(-1)

    assert fine.ghi_w_m2.sum() / per_hour == pytest.approx(hourly.ghi_w_m2.sum(), rel=0.005)
    assert fine.precipitation_mm is not None
    assert hourly.precipitation_mm is not None
    np.testing.assert_allclose(
        means(fine.precipitation_mm) * per_hour, hourly.precipitation_mm, atol=1e-12
    )
    assert np.abs(means(fine.temperature_c) - hourly.temperature_c).mean() < 0.2
    assert means(fine.wind_speed_m_s).mean() == pytest.approx(
        hourly.wind_speed_m_s.mean(), rel=1e-3
    )


def test_another_clock_shows_the_same_weather() -> None:
    beijing = climate_weather("fuyun", Timeline(datetime(2030, 6, 1, tzinfo=BEIJING), 48), 1)
    start = datetime(2030, 5, 31, 22, tzinfo=timezone(timedelta(hours=6)))
    xinjiang = climate_weather("fuyun", Timeline(start, 48, utc_offset_hours=6.0), 1)
    for name, values in beijing.series().items():
        np.testing.assert_array_equal(values, xinjiang.series()[name])


# Parts


@pytest.mark.parametrize("days", [365, 366])
def test_the_yearly_curve_keeps_the_means_of_the_months(days: int) -> None:
    means = climate_points()["fuyun"].station.monthly["temperature_c"]
    curve = yearly_basis(days) @ means
    lengths = [31, days - 337, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
    found = [part.mean() for part in np.split(curve, np.cumsum(lengths)[:-1])]
    np.testing.assert_allclose(found, means, atol=1e-9)
    assert abs(curve[0] - curve[-1]) < 0.5  # the year closes
    np.testing.assert_allclose(yearly_basis(days).sum(1), 1.0)


def test_anchors_are_met_and_the_year_follows() -> None:
    shape = climate_points()["fuyun"].station.monthly["temperature_c"]
    bent = anchored(shape, january_c=-16.1, july_c=22.0, year_c=4.3)
    assert (bent[0], bent[6], bent.mean()) == pytest.approx((-16.1, 22.0, 4.3))
    assert anchored(shape, year_c=1.0).mean() == pytest.approx(1.0)
    np.testing.assert_array_equal(anchored(shape), shape)


def test_days_that_are_carried_to_hours_keep_their_means_and_have_no_step() -> None:
    rng = np.random.default_rng(3)
    daily = rng.standard_normal((2, 12))
    hourly = to_hours(daily, smooth_weights())
    np.testing.assert_allclose(hourly.reshape(2, 10, 24).mean(-1), daily[:, 1:-1], atol=1e-12)
    at_midnight = np.abs(np.diff(hourly)[:, 23::24])
    assert at_midnight.max() <= np.abs(np.diff(hourly)).max()
    np.testing.assert_allclose(smooth_weights().sum(1), 1.0)
    np.testing.assert_allclose(straight_weights().sum(1), 1.0)


def test_hours_within_days_have_no_mean_and_the_covariance_that_is_stated() -> None:
    rng = np.random.default_rng(4)
    white = rng.standard_normal(24 * 4002)
    process = np.empty_like(white)
    process[0] = white[0]
    for k in range(1, white.size):
        process[k] = 0.8 * process[k - 1] + 0.6 * white[k]
    rest = within_days(process).reshape(-1, 24)
    np.testing.assert_allclose(rest.mean(-1), 0.0, atol=1e-12)
    found = rest.T @ rest / len(rest)
    np.testing.assert_allclose(found, residual_covariance(0.8, 0.0)[:, :24], atol=0.08)


def test_the_tables_hold_twelve_months_everywhere() -> None:
    for point in climate_tables().points.values():
        assert {values.shape for values in point.station.monthly.values()} == {(12,)}
        assert {len(values) for values in point.station.shapes.values()} == {12}
        assert np.linalg.eigvalsh(point.station.correlation).min() > -1e-9


def test_weights_of_stations_add_up_to_one() -> None:
    folder = files("altay_energy") / "data" / "climate"
    document = tomllib.loads((folder / "altay.toml").read_text(encoding="utf-8"))
    for point in document["points"].values():
        assert sum(point["stations"].values()) == pytest.approx(1.0)
        assert set(point["stations"]) <= set(document["stations"])
